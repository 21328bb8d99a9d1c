/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tick.c: the model's timers.  Deadlines count on the monotonic clock; only what people gave as a
 * time of day (downtimes, acknowledgements that expire) hangs on the wall clock.  A step of that
 * clock or a sleep of the machine shows in the distance of two ticks. */
#include "base/msg.h"
#include "model/links.h"

static bool has_freshness(const struct item *it)
{
    return it->enabled && !it->resting && it->conf && it->conf->freshness_ms > 0;
}

void fresh_arm(struct model *m, struct item *it)
{
    if (has_freshness(it))
        heap_put(&m->fresh, &it->fresh, it->fresh_mono_ms + it->conf->freshness_ms);
    else
        heap_remove(&m->fresh, &it->fresh);
}

/* How long nothing came: as people count, so by the recorded time, where that makes sense. */
static int64_t silence_ms(const struct item *it, struct moment now)
{
    int64_t age = now.wall_ms - it->last_check_ms;

    return it->last_check_ms && age > it->conf->freshness_ms ? age : it->conf->freshness_ms;
}

static void make_stale(struct model *m, struct item *it, struct moment now)
{
    const struct conf_check *c = it->conf;
    bool beats = c->kind && c->kind->beats;
    struct buf text = BUF_MAX(600);
    struct result r = {
        .state = beats ? STATE_CRITICAL : STATE_UNKNOWN, .at_ms = now.wall_ms, .passive = true};
    int64_t again = c->freshness_ms;

    if (beats)
        msg_pack(&text, MSG("no sign of life for {1}, expected every {2}"), "dd",
                 silence_ms(it, now), c->every_ms);
    else
        msg_pack(&text, MSG("no result for {1}, expected within {2}"), "dd", silence_ms(it, now),
                 c->freshness_ms);
    r.text = buf_text(&text);
    item_stale(m, it, &r, now);
    buf_done(&text);
    /* Once more, for the attempts that are left, or to keep the figure in the text true. */
    if (!it->st.hard && c->retry_ms > 0 && c->retry_ms < again)
        again = c->retry_ms;
    it->fresh_mono_ms = now.mono_ms - c->freshness_ms + again;
    fresh_arm(m, it);
}

static void stale_active(struct model *m, struct item *it, struct moment now)
{
    it->fresh_mono_ms = now.mono_ms;
    fresh_arm(m, it);
    item_recheck(m, it, false, now);
}

static int64_t next_fresh(const struct model *m)
{
    struct heap_node *node = heap_top(&m->fresh);

    return node ? node->key : INT64_MAX;
}

static void fresh_tick(struct model *m, struct moment now)
{
    struct heap_node *node;

    while ((node = heap_top(&m->fresh)) && node->key <= now.mono_ms) {
        struct item *it = CONTAINER(node, struct item, fresh);
        if (item_is_active(it))
            stale_active(m, it, now);
        else
            make_stale(m, it, now);
    }
}

/* The machine slept: whoever should have reported could not. */
static void fresh_grace(struct model *m, struct moment now)
{
    VEC(struct item *) due = {0};

    for (size_t i = 0; i < m->fresh.n; i++)
        if (m->fresh.at[i]->key < now.mono_ms + MODEL_GRACE_MS)
            VEC_PUSH(&due, CONTAINER(m->fresh.at[i], struct item, fresh));
    for (size_t i = 0; i < due.n; i++) {
        struct item *it = due.at[i];
        int64_t fresh = it->conf->freshness_ms,
                grace = fresh < MODEL_GRACE_MS ? fresh : MODEL_GRACE_MS;
        if (it->fresh.key >= now.mono_ms + grace)
            continue;
        it->fresh_mono_ms = now.mono_ms + grace - fresh;
        fresh_arm(m, it);
    }
    VEC_DONE(&due);
}

/* Restored states do not name the host that cuts them off. */
static void first_tick(struct model *m, struct moment now)
{
    for (size_t i = 0; i < m->hosts.n; i++) {
        struct host *h = m->hosts.at[i];
        if (h->self.st.state == STATE_UNREACHABLE && !h->cut)
            h->cut = path_cut(m, h);
    }
    links_start(m, now);
}

static void notice_clocks(struct model *m, struct moment now)
{
    int64_t gone = now.mono_ms - m->last.mono_ms;
    int64_t step = now.wall_ms - m->last.wall_ms - gone;

    if (!m->ticked) {
        m->ticked = true;
        first_tick(m, now);
        gone = step = 0;
    }
    m->last = now;
    if (step > MODEL_STEP_MS || step < -MODEL_STEP_MS) {
        m->settled_ms = now.mono_ms + MODEL_SETTLE_MS;
        m->downtime_due_ms = 0;
        m->duty_due_ms = 0;
    }
    if (gone > MODEL_AWAY_MS) {
        fresh_grace(m, now);
        path_grace(m, now);
    }
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t model_tick(struct model *m, struct moment now)
{
    int64_t wall, mono, look = INT64_MAX;

    notice_clocks(m, now);
    fresh_tick(m, now);
    wall = ack_tick(m, now);
    wall = earlier(wall, downtime_tick(m, now));
    wall = earlier(wall, duty_tick(m, now));
    mono = path_tick(m, now);
    links_settle(m, now);
    mono = earlier(mono, next_fresh(m));
    if (wall != INT64_MAX)
        mono =
            earlier(mono, wall > now.wall_ms ? now.mono_ms + (wall - now.wall_ms) : m->settled_ms);
    if (wall != INT64_MAX || m->fresh.n || m->paths.n)
        look = now.mono_ms + MODEL_LOOK_MS;
    mono = earlier(mono, look);
    return mono > now.mono_ms ? mono : now.mono_ms + 1;
}
