/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hostrow.c: a host's own state: up, down, unreachable, or pending when nothing can be told.
 *
 * Its own check decides, with the path verified (path.c) before it is called down.  Without such a
 * check, or where it cannot tell (ICMP not permitted), the answers of the host's checks are the
 * only evidence: they show that it lives, never that it is down. */
#include "model/links.h"

bool host_sees(const struct host *h)
{
    return h->self.conf && h->self.enabled && !h->blind;
}

bool host_is_bad(const struct host *h)
{
    return h->self.enabled && item_hard_bad(&h->self);
}

bool host_doubtful(const struct host *h)
{
    return h->path || (host_sees(h) && !h->self.st.hard);
}

/* UP, DOWN, or PENDING: it cannot tell. */
static enum state verdict_of(const struct result *r)
{
    switch (r->state) {
    case STATE_OK:
    case STATE_WARNING:
    case STATE_UP:
        return STATE_UP;
    case STATE_UNKNOWN:
        return r->answered ? STATE_UP : STATE_PENDING;
    case STATE_CRITICAL:
        return r->answered ? STATE_UP : STATE_DOWN;
    case STATE_DOWN:
    case STATE_UNREACHABLE: /* which of the two it is, we judge ourselves */
        return STATE_DOWN;
    default:
        return STATE_PENDING;
    }
}

static void host_change(struct model *m, struct host *h, const struct change *c, struct moment now)
{
    struct transition t;
    bool due;

    item_apply(m, &h->self, c, now, &t);
    if (c->silent) /* what follows an unreachable host is told by its own next result */
        return;
    due = item_hard_bad(&h->self) && (t.problem || h->self.held);
    item_tell(m, &h->self, &t, due && depend_waits(m, &h->self, h->own_ms, now), now);
}

/* ---- held problems of its checks ---- */

/* While the host was away no sign of life could come: a heartbeat gets time for one. */
static void grant_beat(struct model *m, struct item *it, struct moment now)
{
    int64_t fresh = it->conf->freshness_ms;

    it->fresh_mono_ms = now.mono_ms - fresh + (fresh < MODEL_GRACE_MS ? fresh : MODEL_GRACE_MS);
    fresh_arm(m, it);
}

static void release(struct model *m, struct item *it, bool at_once, struct moment now)
{
    struct transition t = {
        .from = (enum state)it->st.previous, .to = (enum state)it->st.state, .problem = true};

    if (!it->held || depend_waits(m, it, it->links ? it->links->asked_ms : 0, now))
        return;
    if (at_once || !(item_is_active(it) || it->stale))
        item_tell(m, it, &t, false, now);
    else if (!item_is_active(it))
        grant_beat(m, it, now);
}

void host_release(struct model *m, struct host *h, bool at_once, struct moment now)
{
    if (host_is_bad(h) || host_doubtful(h))
        return;
    for (size_t i = 0; i < h->checks.n; i++)
        release(m, h->checks.at[i], at_once, now);
}

static void recheck_bad(struct model *m, struct host *h, struct moment now)
{
    for (size_t i = 0; i < h->checks.n; i++)
        if (state_is_bad((enum state)h->checks.at[i]->st.state))
            item_recheck(m, h->checks.at[i], true, now);
}

/* ---- up ---- */

/* It answers, so what is said of the way to it may be old. */
static void doubt_parents(struct model *m, struct host *h, struct moment now)
{
    for (size_t i = 0; i < h->parents.n; i++)
        if (host_is_bad(h->parents.at[i]))
            item_recheck(m, &h->parents.at[i]->self, true, now);
}

static void host_is_up(struct model *m, struct host *h, struct moment now)
{
    bool was_up = h->self.st.state == STATE_UP;
    bool was_bad = state_is_bad((enum state)h->self.st.state),
         was_hard_bad = item_hard_bad(&h->self);

    path_end(m, h);
    h->cut = NULL;
    host_change(m, h, &(struct change){.to = STATE_UP, .force = true}, now);
    path_poke(m, h);
    if (!was_up)
        doubt_parents(m, h, now);
    if (was_bad)
        recheck_bad(m, h, now);
    host_release(m, h, !was_bad, now);
    if (was_hard_bad)
        path_recovered(m, h, now);
}

/* ---- down ---- */

void host_is_down(struct model *m, struct host *h, struct moment now)
{
    path_end(m, h);
    h->cut = NULL;
    host_change(m, h, &(struct change){.to = STATE_DOWN, .force = true}, now);
    path_poke(m, h);
    path_died(m, h, now);
}

/* What its checks said before is refuted. */
static void forget_evidence(struct host *h)
{
    for (size_t i = 0; h->answering > 0 && i < h->checks.n; i++) {
        h->answering -= h->checks.at[i]->answered;
        h->checks.at[i]->answered = false;
    }
}

void host_is_cut(struct model *m, struct host *h, struct moment now)
{
    bool news = h->self.st.state != STATE_UNREACHABLE;

    path_end(m, h);
    forget_evidence(h);
    h->cut = path_cut(m, h);
    host_change(m, h, &(struct change){.to = STATE_UNREACHABLE, .force = true, .silent = true},
                now);
    path_poke(m, h);
    if (news)
        path_died(m, h, now);
}

void host_unknown(struct model *m, struct host *h, struct moment now)
{
    path_end(m, h);
    h->cut = NULL;
    if (h->answering == 0 && h->self.st.state != STATE_PENDING)
        host_change(m, h, &(struct change){.to = STATE_PENDING}, now);
    path_poke(m, h);
    host_release(m, h, true, now);
}

static bool attempts_used_up(const struct host *h)
{
    const struct standing *st = &h->self.st;
    int attempts = h->self.conf ? h->self.conf->attempts : 1;

    return attempts <= 1 || (!st->hard && st->attempt + 1 >= attempts);
}

/* Hard DOWN stays so: it was verified, and whether its way died since then cannot be told. */
static bool stays_bad(struct model *m, struct host *h, struct moment now)
{
    struct item *it = &h->self;

    if (!item_hard_bad(it))
        return false;
    if (it->st.state == STATE_DOWN) {
        host_change(m, h, &(struct change){.to = STATE_DOWN, .force = true}, now);
        path_poke(m, h);
        return true;
    }
    if (!path_all_dead(m, h))
        return false;
    host_is_cut(m, h, now);
    return true;
}

static void still_soft(struct model *m, struct host *h, struct moment now)
{
    if (!item_hard_bad(&h->self)) /* an unreachable one stays so until it is judged */
        host_change(m, h, &(struct change){.to = STATE_DOWN, .soft = true}, now);
    path_poke(m, h);
}

/* A failure during its path check. Returns false when there is none that could take it. */
static bool path_takes(struct model *m, struct host *h, int64_t start_ms, struct moment now)
{
    struct path *p = h->path;

    if (p && p->step == PATH_SUSPECT) {
        path_end(m, h);
        p = NULL;
    }
    if (!p)
        return false;
    if (p->step == PATH_SELF && start_ms >= p->began_ms) {
        host_is_down(m, h, now);
        return true;
    }
    still_soft(m, h, now);
    if (p->step == PATH_SELF) /* that attempt was under way before */
        item_recheck(m, &h->self, false, now);
    else
        path_look(m, h, now);
    return true;
}

static void host_fails(struct model *m, struct host *h, const struct result *r, int64_t start_ms,
                       struct moment now)
{
    bool used_up = r->passive || attempts_used_up(h) || item_hard_bad(&h->self);
    struct path like = {.failed_ms = start_ms, .began_ms = now.mono_ms, .passive = r->passive};

    if (stays_bad(m, h, now) || path_takes(m, h, start_ms, now))
        return;
    if (!used_up && !path_wanted(m, h)) {
        host_change(m, h, &(struct change){.to = STATE_DOWN}, now);
        path_poke(m, h);
        return;
    }
    if (!h->parents.n && used_up) {
        host_is_down(m, h, now);
        return;
    }
    still_soft(m, h, now);
    like.step = h->parents.n ? PATH_PARENTS : PATH_SELF;
    path_begin(m, h, &like, now);
}

/* ---- evidence ---- */

/* Is it time to ask whether the way to it is dead? */
static bool wants_path(struct model *m, struct host *h, bool new_problem)
{
    if (!h->parents.n || h->path)
        return false;
    if (h->self.st.state == STATE_UNREACHABLE)
        return !path_all_dead(m, h);
    return new_problem || (h->answering == 0 && h->self.st.state != STATE_PENDING);
}

void host_by_evidence(struct model *m, struct host *h, bool new_problem, struct moment now)
{
    struct path like = {
        .step = PATH_PARENTS, .failed_ms = now.mono_ms, .began_ms = now.mono_ms, .passive = true};
    enum state state = (enum state)h->self.st.state;

    /* A row that is switched off stays as it was, but for a problem that is proved wrong. */
    if (h->answering > 0 && state != STATE_UP && (h->self.enabled || state_is_bad(state))) {
        host_is_up(m, h, now);
        return;
    }
    if (!h->self.enabled || (state == STATE_DOWN && h->self.st.hard))
        return;
    if (wants_path(m, h, new_problem))
        path_begin(m, h, &like, now);
    else if (!h->parents.n && h->answering == 0 && state != STATE_PENDING)
        host_unknown(m, h, now);
}

static void host_cannot_tell(struct model *m, struct host *h, struct moment now)
{
    h->blind = true;
    if (h->path && h->path->step != PATH_PARENTS)
        path_end(m, h);
    host_by_evidence(m, h, false, now);
    host_release(m, h, true, now);
}

void host_result(struct model *m, struct host *h, const struct result *r, int64_t start_ms,
                 struct moment now)
{
    enum state verdict = verdict_of(r);
    struct path *p = h->path;

    if (verdict == STATE_PENDING) {
        host_cannot_tell(m, h, now);
        path_poke(m, h);
        return;
    }
    h->blind = !h->self.conf;
    h->own_ms = start_ms;
    depend_note(&h->self, start_ms);
    if (verdict == STATE_UP)
        h->alive_ms = now.mono_ms;
    if (verdict == STATE_UP && p && p->step == PATH_SUSPECT && start_ms < p->began_ms)
        item_recheck(m, &h->self, false,
                     now); /* that attempt was under way before the check failed */
    else if (verdict == STATE_UP)
        host_is_up(m, h, now);
    else
        host_fails(m, h, r, start_ms, now);
}
