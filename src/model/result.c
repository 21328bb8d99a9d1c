/* SPDX-License-Identifier: GPL-3.0-or-later */
/* result.c: what a result does to its item: text and timings, the state machine, the events that
 * follow. What a host's own result means is decided in hostrow.c. */
#include "model/links.h"

#include <limits.h>

static const struct state_rules plain_rules = {.attempts = 1};

static struct state_rules rules_of(const struct item *it)
{
    const struct conf_check *c = it->conf;

    if (!c)
        return plain_rules;
    return (struct state_rules){c->attempts, c->is_volatile, c->flap_detection,
                                c->flap_low, c->flap_high,   c->for_ms};
}

static void run_machine(struct item *it, const struct change *c, int64_t wall_ms,
                        struct transition *t)
{
    struct state_rules rules = rules_of(it);
    int attempts = rules.attempts;

    if (c->soft) {
        rules.attempts = INT_MAX;
        rules.for_ms = 0;
    }
    standing_apply(&it->st, &rules, c->to, c->force, wall_ms, t);
    if (c->soft && it->st.attempt > attempts)
        it->st.attempt = (uint8_t)attempts;
}

static void raise_state(struct model *m, struct item *it, const struct transition *t,
                        struct moment now)
{
    struct event e = item_event(EVENT_STATE, it, now);

    e.from = t->from;
    e.to = t->to;
    e.transition = t;
    model_raise(m, &e);
}

static void raise_flapping(struct model *m, struct item *it, bool started, struct moment now)
{
    struct event e = item_event(EVENT_FLAPPING, it, now);

    e.hard = started;
    model_raise(m, &e);
}

void item_apply(struct model *m, struct item *it, const struct change *c, struct moment now,
                struct transition *t)
{
    run_machine(it, c, now.wall_ms, t);
    if (c->silent)
        t->problem = false;
    item_touch(m, it);
    /* Whether a check is unhandled depends on its host. */
    for (size_t i = 0; it->is_host && t->hard_change && i < it->host->checks.n; i++)
        item_count(m, it->host->checks.at[i]);
    if (t->changed || t->hard_change)
        raise_state(m, it, t, now);
    if (t->changed && it->ack && (!it->ack->sticky || !state_is_bad(c->to)))
        ack_end(m, it, NULL, NULL, now);
    if (t->flap_started || t->flap_stopped)
        raise_flapping(m, it, t->flap_started, now);
    if (state_is_bad(c->to))
        downtime_item_bad(m, it, now);
    if (t->changed || t->hard_change)
        links_changed(m, it);
}

static void raise_from(struct model *m, enum event_kind kind, struct item *it, enum state from,
                       struct moment now)
{
    struct event e = item_event(kind, it, now);

    e.from = from;
    model_raise(m, &e);
}

void item_tell(struct model *m, struct item *it, const struct transition *t, bool hold,
               struct moment now)
{
    bool bad = item_hard_bad(it);
    bool problem = bad && (t->problem || it->held || (t->flap_stopped && !it->told));

    if (problem && hold) {
        it->held = true;
        return;
    }
    if (!state_is_bad(t->to) || problem)
        it->held = false;
    if (problem)
        raise_from(m, EVENT_PROBLEM, it, t->from, now);
    else if (t->recovery || (t->flap_stopped && it->told && state_is_good(t->to)))
        raise_from(m, EVENT_RECOVERY, it, t->from, now);
}

void item_unquiet(struct model *m, struct item *it, struct moment now)
{
    if (item_hard_bad(it) && !it->told && !it->held && model_quiet(it) == QUIET_NO)
        raise_from(m, EVENT_PROBLEM, it, (enum state)it->st.previous, now);
}

/* ---- results ---- */

/* Mono time at which the attempt began.  The wall clock may have been stepped since, so no attempt
 * is believed to be older than its time-out. */
static int64_t attempt_start(const struct item *it, const struct result *r, struct moment now)
{
    int64_t age = r->at_ms > 0 ? now.wall_ms - r->at_ms : 0;
    int64_t most = it->conf && it->conf->timeout_ms > 0 ? it->conf->timeout_ms : 10000;

    return now.mono_ms - (age < 0 ? 0 : age > most ? most : age);
}

static void take_texts(struct item *it, const struct result *r)
{
    item_keep_text(&it->text, r->text);
    item_keep_text(&it->more, r->more);
    item_keep_text(&it->perfdata, r->perfdata);
}

static void take(struct model *m, struct item *it, const struct result *r, struct moment now)
{
    take_texts(it, r);
    it->last_check_ms = r->at_ms > 0 ? r->at_ms : now.wall_ms;
    it->timings = r->timings;
    it->late_us = r->late_us;
    it->stale = false;
    it->fresh_mono_ms = now.mono_ms;
    fresh_arm(m, it);
}

/* Is this result a sign that the host lives? */
static bool is_answer(const struct item *it, const struct result *r)
{
    if (it->stale)
        return false;
    return r->answered || r->passive || r->state == STATE_OK || r->state == STATE_WARNING;
}

static void note_evidence(struct item *it, bool answer, struct moment now)
{
    it->host->answering += answer - it->answered;
    it->answered = answer;
    if (answer)
        it->host->alive_ms = now.mono_ms;
}

/* Nagios: a check that begins to fail, or works while its host does not, has the host looked at. */
static void look_at_host(struct model *m, struct item *it, const struct transition *t,
                         struct moment now)
{
    struct host *h = it->host;
    bool old = now.mono_ms - h->own_ms > MODEL_HOST_FRESH_MS;
    bool up = h->self.st.state == STATE_UP;

    if (old && (state_is_bad(t->to) ? up && t->changed : !up))
        item_recheck(m, &h->self, false, now);
}

/* Must a problem of this check wait until its host is judged?  This may start that judgement. */
static bool must_wait(struct model *m, struct item *it, bool answer, int64_t start_ms,
                      struct moment now)
{
    struct host *h = it->host;

    if (host_is_bad(h) || host_doubtful(h) || depend_waits(m, it, start_ms, now))
        return true;
    if (answer || !host_sees(h) || !item_is_active(&h->self) || h->own_ms >= start_ms)
        return false;
    path_begin(m, h,
               &(struct path){.step = PATH_SUSPECT, .failed_ms = start_ms, .began_ms = start_ms},
               now);
    return true;
}

static void check_result(struct model *m, struct item *it, const struct result *r, int64_t start_ms,
                         struct moment now)
{
    struct change c = {.to = r->state, .force = host_is_bad(it->host)};
    bool answer = is_answer(it, r), due;
    struct transition t;

    note_evidence(it, answer, now);
    depend_note(it, start_ms);
    item_apply(m, it, &c, now, &t);
    due = item_hard_bad(it) && (t.problem || it->held);
    if (host_sees(it->host))
        look_at_host(m, it, &t, now);
    else
        host_by_evidence(m, it->host, due && !answer && it->host->alive_ms < start_ms, now);
    item_tell(m, it, &t, due && must_wait(m, it, answer, start_ms, now), now);
}

/* An attempt that began while its host was down says nothing of now: it is made again instead. */
static bool is_of_before(const struct item *it, const struct result *r)
{
    const struct standing *st = &it->host->self.st;

    return !it->is_host && !r->passive && !r->answered && state_is_bad(r->state) &&
           st->state == STATE_UP && state_is_bad((enum state)st->previous) && r->at_ms > 0 &&
           r->at_ms < st->since_ms;
}

static void judge(struct model *m, struct item *it, const struct result *r, struct moment now)
{
    int64_t start_ms = attempt_start(it, r, now);
    struct event e;

    if (it->is_host)
        host_result(m, it->host, r, start_ms, now);
    else
        check_result(m, it, r, start_ms, now);
    path_settle(m, now);
    e = item_event(EVENT_RESULT, it, now);
    model_raise(m, &e);
    links_heard(m, it);
}

/* What a check that is switched off (or was, while the attempt was under way) says is of no
 * interest. */
void model_result(struct model *m, struct item *it, const struct result *r, struct moment now)
{
    if (!it->enabled || r->state == STATE_PENDING)
        return;
    if (is_of_before(it, r)) {
        item_recheck(m, it, true, now);
        return;
    }
    take(m, it, r, now);
    judge(m, it, r, now);
    links_settle(m, now);
}

/* It says nothing of whether its host lives, but for a host that has nothing else. */
void item_derived(struct model *m, struct item *it, const struct result *r, struct moment now)
{
    struct change c = {.to = r->state};
    bool due, wait = host_is_bad(it->host) || host_doubtful(it->host);
    struct transition t;
    struct event e;

    take(m, it, r, now);
    note_evidence(it, it->host->conf->derived, now);
    depend_note(it, now.mono_ms);
    item_apply(m, it, &c, now, &t);
    if (it->host->conf->derived)
        host_by_evidence(m, it->host, false, now);
    due = item_hard_bad(it) && (t.problem || it->held);
    item_tell(m, it, &t, due && (wait || depend_waits(m, it, now.mono_ms, now)), now);
    e = item_event(EVENT_RESULT, it, now);
    model_raise(m, &e);
    links_heard(m, it);
}

void item_stale(struct model *m, struct item *it, const struct result *r, struct moment now)
{
    it->stale = true;
    take_texts(it, r);
    judge(m, it, r, now);
    links_settle(m, now);
}
