/* SPDX-License-Identifier: GPL-3.0-or-later */
/* depend.c: what a check needs to work. While that is broken, nobody is told of what follows from it, and with `for:
 * [checks]` it is not run either.
 *
 * Semantics of Nagios (notes "checks", 3.5): the master's hard state counts. Beyond them: a problem waits until each
 * master was asked since, so that the order in which checks happen to run makes no second alert; and when the master
 * works again, what depends on it is checked once more before anybody is told of it. */
#include "model/links.h"
#include "model/inner.h"

enum { DEPEND_MANY = 200 }; /* an aggregate of more members is not asked anew, member by member */

static int when_bit(enum state s)
{
    switch (s) {
    case STATE_WARNING:
        return CONF_WHEN_WARNING;
    case STATE_CRITICAL:
    case STATE_DOWN:
    case STATE_UNREACHABLE:
        return CONF_WHEN_CRITICAL;
    case STATE_UNKNOWN:
        return CONF_WHEN_UNKNOWN;
    default:
        return 0;
    }
}

static bool is_broken(const struct item *master, const struct conf_depend *d)
{
    const struct standing *st = &master->st;

    if (!master->enabled)
        return false;
    if (!master->is_host && host_is_bad(master->host))
        return d->when & CONF_WHEN_CRITICAL;
    return when_bit((enum state)(st->hard ? st->state : st->hard_state)) & d->when;
}

struct item *depend_cause(const struct item *it, int purpose)
{
    const struct links *l = it->links;

    for (size_t i = 0, next; l && i < l->masters.n; i = next) {
        const struct conf_depend *d = l->masters.at[i].depend;
        struct item *broken = NULL;
        bool all = true;

        for (next = i; next < l->masters.n && l->masters.at[next].depend == d; next++) {
            bool bad = is_broken(l->masters.at[next].item, d);

            broken = bad && !broken ? l->masters.at[next].item : broken;
            all &= bad;
        }
        if (broken && (d->purpose & purpose) && (all || !d->any))
            return broken;
    }
    return NULL;
}

bool depend_blocks(const struct item *it)
{
    return it->links && depend_cause(it, CONF_FOR_CHECKS) != NULL;
}

/* ---- is a master in doubt? */

static bool is_doubtful(struct model *m, struct item *master, int when, int64_t start_ms, struct moment now);

/* Aggregates may share members on many ways: each is looked at once a question. */
static bool look_once(struct model *m, struct item *it, int when, int64_t start_ms, struct moment now)
{
    struct links *l = it->links;

    if (l->visit != m->visit) {
        l->visit = m->visit;
        l->doubtful = false;
        l->doubtful = is_doubtful(m, it, when, start_ms, now);
    }
    return l->doubtful;
}

/* Bad, and not yet certain; or not asked since then. */
static bool is_doubtful(struct model *m, struct item *master, int when, int64_t start_ms, struct moment now)
{
    struct links *l = master->links;
    enum state state = (enum state)master->st.state;
    bool doubtful = false;

    if (!master->enabled)
        return false;
    l->waiting = true;
    if (l->aggregate) {
        for (size_t i = 0; l->members.n <= DEPEND_MANY && i < l->members.n; i++)
            doubtful |= look_once(m, l->members.at[i].item, when, start_ms, now);
        return doubtful;
    }
    if (state_is_bad(state))
        return !master->st.hard && (when_bit(state) & when);
    if (master->is_host ? master->host->path != NULL : host_doubtful(master->host))
        return true;
    if (!item_is_active(master) || l->asked_ms >= start_ms || depend_blocks(master))
        return false;
    item_recheck(m, master, false, now);
    return true;
}

/* The members of an aggregate have links, since it stands in them. */
static bool masters_are_doubtful(struct model *m, struct item *it, int64_t start_ms, struct moment now)
{
    bool doubtful = false;

    for (size_t i = 0; i < it->links->masters.n; i++) {
        const struct master *one = &it->links->masters.at[i];

        if (!(one->depend->purpose & CONF_FOR_MAILS))
            continue;
        m->visit++;
        doubtful |= is_doubtful(m, one->item, one->depend->when, start_ms, now);
    }
    return doubtful;
}

void depend_note(struct item *it, int64_t start_ms)
{
    struct links *l = it->links;

    if (l == NULL)
        return;
    l->asked_ms = start_ms;
    if (start_ms >= l->verify_ms)
        l->verify_ms = 0;
}

bool depend_waits(struct model *m, struct item *it, int64_t start_ms, struct moment now)
{
    struct links *l = it->links;

    if (l == NULL || !l->masters.n)
        return false;
    if (depend_cause(it, CONF_FOR_MAILS)) {
        l->blocked = true;
        return true;
    }
    if (l->verify_ms && item_is_active(it)) {
        item_recheck(m, it, true, now);
        return true;
    }
    return masters_are_doubtful(m, it, start_ms, now);
}

/* ---- news */

/* What it needs works again: it is asked anew, and a problem that nobody was told of waits for that. */
static void unblocked(struct model *m, struct item *it, struct moment now)
{
    it->links->blocked = false;
    if (item_hard_bad(it) && !it->told)
        it->held = true;
    if (!item_is_active(it))
        return;
    it->links->verify_ms = now.mono_ms;
    item_recheck(m, it, true, now);
}

static void tell_held(struct model *m, struct item *it, struct moment now)
{
    struct transition t = {.from = (enum state)it->st.previous, .to = (enum state)it->st.state, .problem = true};
    bool wait = !it->is_host && (host_is_bad(it->host) || host_doubtful(it->host));

    if (it->held && item_hard_bad(it) && !wait && !depend_waits(m, it, it->links->asked_ms, now))
        item_tell(m, it, &t, false, now);
}

void depend_look(struct model *m, struct item *it, struct moment now)
{
    struct links *l = it->links;

    if (!l->masters.n && !l->blocked)
        return;
    item_count(m, it);
    if (depend_cause(it, CONF_FOR_MAILS | CONF_FOR_CHECKS)) {
        l->blocked = true;
        return;
    }
    if (l->blocked)
        unblocked(m, it, now);
    if (!l->verify_ms)
        tell_held(m, it, now);
}
