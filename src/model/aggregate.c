/* SPDX-License-Identifier: GPL-3.0-or-later */
/* aggregate.c: a check whose state is that of others, taken together.
 *
 * `need` counts weights: enough that are OK make it OK; enough only with those in warning, a warning; only with those
 * that are unknown, unknown; else it is critical. Thresholds (`warn`, `crit`) count what is not OK. What is switched off
 * does not count at all. While members have no result yet and could still turn it, it stays what it was. */
#include "base/msg.h"
#include "model/links.h"
#include "model/relations.h"

struct tally {
    double ok, warning, unknown, critical, pending;
    int n, n_ok;
    const struct item *worst;
    int n_broken;
};

enum state item_member_state(const struct item *aggregate, const struct item *member)
{
    const struct standing *st = &member->st;
    bool soft = aggregate->links->aggregate->soft;

    return (enum state)(soft || st->hard ? st->state : st->hard_state);
}

static void add_to(struct tally *t, enum state s, double weight)
{
    double *const sums[STATE_COUNT] = {
        [STATE_PENDING] = &t->pending,      [STATE_OK] = &t->ok,
        [STATE_WARNING] = &t->warning,      [STATE_CRITICAL] = &t->critical,
        [STATE_UNKNOWN] = &t->unknown,      [STATE_UP] = &t->ok,
        [STATE_DOWN] = &t->critical,        [STATE_UNREACHABLE] = &t->critical,
    };

    *sums[s] += weight;
    t->n++;
    t->n_ok += state_is_good(s);
    t->n_broken += state_is_bad(s);
}

/* What may be left out of the count: what people know of. */
enum spare { SPARE_NONE, SPARE_PLANNED, SPARE_HANDLED };

static bool is_spared(const struct item *it, enum spare spare)
{
    return (spare >= SPARE_PLANNED && it->downtime_depth) || (spare >= SPARE_HANDLED && it->ack);
}

static struct tally tally_of(const struct item *it, enum spare spare)
{
    const struct links *l = it->links;
    struct tally t = {0};

    for (size_t i = 0; i < l->members.n; i++) {
        const struct item *one = l->members.at[i].item;
        enum state s = item_member_state(it, one);

        if (!one->enabled)
            continue;
        if (state_is_bad(s) && is_spared(one, spare))
            s = STATE_OK;
        add_to(&t, s, l->members.at[i].weight);
        if (state_is_bad(s) &&
            (!t.worst || state_rank(s) > state_rank(item_member_state(it, t.worst))))
            t.worst = one;
    }
    return t;
}

static double total_of(const struct tally *t)
{
    return t->ok + t->warning + t->unknown + t->critical + t->pending;
}

static bool is_enough(const struct conf_need *need, double has, double total)
{
    const double grain = 1e-9;

    switch (need->how) {
    case CONF_NEED_ANY:
        return has > 0;
    case CONF_NEED_LEAST:
        return has >= need->least - grain;
    case CONF_NEED_SHARE:
        return has * 100 >= need->least * total - grain;
    default:
        return has >= total - grain;
    }
}

static enum state judge_need(const struct conf_need *need, const struct tally *t)
{
    double total = total_of(t), has = t->ok;

    if (is_enough(need, has, total))
        return STATE_OK;
    if (is_enough(need, has += t->warning, total))
        return STATE_WARNING;
    return is_enough(need, has + t->unknown, total) ? STATE_UNKNOWN : STATE_CRITICAL;
}

static bool is_past(const struct conf_level *l, const struct tally *t)
{
    double total = total_of(t), figure = l->free ? t->ok : total - t->ok;

    if (!l->set)
        return false;
    if (l->percent)
        figure = total > 0 ? figure * 100 / total : 0;
    return l->inside == (figure >= l->low && figure <= l->high);
}

static enum state judge_sure(const struct conf_aggregate *a, const struct tally *t)
{
    enum state s = a->needs ? judge_need(&a->need, t) : STATE_OK;

    if (is_past(&a->crit, t))
        return STATE_CRITICAL;
    if (is_past(&a->warn, t) && state_rank(s) < state_rank(STATE_WARNING))
        return STATE_WARNING;
    return s;
}

/* PENDING: those without a result could still turn it. */
static enum state judge(const struct conf_aggregate *a, const struct tally *t)
{
    struct tally best = *t, worst = *t;

    if (t->n == 0)
        return STATE_UNKNOWN;
    best.ok += t->pending;
    worst.critical += t->pending;
    best.pending = worst.pending = 0;
    return judge_sure(a, &best) == judge_sure(a, &worst) ? judge_sure(a, &best) : STATE_PENDING;
}

/* ---- its text ---- */

static const char *word_of(enum state s)
{
    static const char *const words[STATE_COUNT] = {
        [STATE_PENDING] = MSG("pending"),   [STATE_OK] = MSG("ok"),     [STATE_WARNING] = MSG("warning"),
        [STATE_CRITICAL] = MSG("critical"), [STATE_UNKNOWN] = MSG("unknown"), [STATE_UP] = MSG("up"),
        [STATE_DOWN] = MSG("down"),         [STATE_UNREACHABLE] = MSG("unreachable"),
    };

    return words[s];
}

/* "2 of 3 OK; web2/http critical: connection refused". */
static void say(struct buf *out, const struct item *it, const struct tally *t)
{
    struct buf state = BUF_MAX(100);
    char id[2 * CONF_MAX_NAME + 8];
    const char *text;

    if (t->n == 0) {
        msg_pack(out, it->links->members.n ? MSG("none of its members is switched on") : MSG("it has no members"), "");
        return;
    }
    if (t->worst == NULL) {
        msg_pack(out, MSG("{1} of {2} OK"), "ii", (int64_t)t->n_ok, (int64_t)t->n);
        return;
    }
    item_id(t->worst, id, sizeof(id));
    text = t->worst->text ? t->worst->text : "";
    msg_pack(&state, word_of(item_member_state(it, t->worst)), "");
    if (t->n_broken > 1)
        msg_pack(out, MSG("{1} of {2} OK; {3} {4}: {5} (and {6} more)"), "iismmi", (int64_t)t->n_ok, (int64_t)t->n,
                 id, buf_text(&state), text, (int64_t)t->n_broken - 1);
    else
        msg_pack(out, MSG("{1} of {2} OK; {3} {4}: {5}"), "iismm", (int64_t)t->n_ok, (int64_t)t->n, id,
                 buf_text(&state), text);
    buf_done(&state);
}

static bool says_the_same(const struct item *it, enum state s, const char *text)
{
    return it->st.state == s && it->text && strcmp(it->text, text) == 0;
}

void aggregate_work(struct model *m, struct item *it, struct moment now)
{
    struct links *l = it->links;
    struct tally t = tally_of(it, SPARE_NONE);
    enum state s = judge(l->aggregate, &t);
    struct buf text = BUF_MAX(3000), perf = BUF_MAX(100);
    struct result r = {.state = s, .at_ms = now.wall_ms, .passive = true};
    bool again = l->again;

    l->again = false;
    say(&text, it, &t);
    buf_printf(&perf, "ok=%d;;;0;%d", t.n_ok, t.n);
    r.text = buf_text(&text);
    r.perfdata = buf_text(&perf);
    if (it->enabled && s != STATE_PENDING && !says_the_same(it, s, r.text))
        item_derived(m, it, &r, now);
    if (again) {
        item_count(m, it);
        item_unquiet(m, it, now);
    }
    buf_done(&text);
    buf_done(&perf);
}

/* ---- who is told ---- */

static bool well_without(const struct item *it, enum spare spare)
{
    struct tally t = tally_of(it, spare);

    return judge(it->links->aggregate, &t) == STATE_OK;
}

/* One that needs all its members says the same as they do. */
static bool is_told_already(const struct item *it)
{
    const struct conf_aggregate *a = it->links->aggregate;
    bool told = false;

    if (!a->needs || a->need.how != CONF_NEED_ALL || a->warn.set || a->crit.set)
        return false;
    for (size_t i = 0; !told && i < it->links->members.n; i++) {
        const struct item *one = it->links->members.at[i].item;

        told = one->enabled && one->told && state_rank(item_member_state(it, one)) >= state_rank(it->st.state);
    }
    return told;
}

enum quiet aggregate_quiet(const struct item *it)
{
    if (!it->links || !it->links->aggregate || !state_is_bad((enum state)it->st.state))
        return QUIET_NO;
    if (well_without(it, SPARE_PLANNED))
        return QUIET_DOWNTIME;
    if (well_without(it, SPARE_HANDLED))
        return QUIET_ACKNOWLEDGED;
    return !it->told && is_told_already(it) ? QUIET_MEMBERS : QUIET_NO;
}
