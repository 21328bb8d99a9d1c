/* SPDX-License-Identifier: GPL-3.0-or-later */
/* item.c: items and hosts as objects: made, found, counted, marked for the recorder, ended.
 *
 * Every change of what a page shows or the store keeps passes item_touch().  The counts of the
 * whole model are kept by remembering in each item (`counted`) how it was counted last. */
#include "base/str.h"
#include "model/links.h"

enum {
    COUNTED = 1,
    COUNTED_STATE = 1, /* shift; three bits */
    COUNTED_DOWNTIME = 1 << 4,
    COUNTED_ACK = 1 << 5,
    COUNTED_UNHANDLED = 1 << 6,
};

void item_init(struct item *it, struct host *h, bool is_host)
{
    it->host = h;
    it->is_host = is_host;
    it->override_enabled = -1;
    standing_init(&it->st);
}

/* A row that waits for nobody: the host's row has the problem, or somebody has it in hand. */
static bool is_unhandled(const struct item *it)
{
    if (!state_is_bad((enum state)it->st.state) || it->ack || it->downtime_depth)
        return false;
    if (it->links && (depend_cause(it, CONF_FOR_MAILS) || aggregate_quiet(it) != QUIET_NO))
        return false;
    if (it->conf && it->conf->klass != CONF_ALARM) /* nobody is waited for */
        return false;
    return it->is_host ? it->st.state != STATE_UNREACHABLE : !host_is_bad(it->host);
}

static uint8_t count_mask(const struct item *it)
{
    int mask = 0;

    if (!it->enabled)
        return 0;
    mask = COUNTED | it->st.state << COUNTED_STATE;
    mask |= it->downtime_depth ? COUNTED_DOWNTIME : 0;
    mask |= it->ack ? COUNTED_ACK : 0;
    mask |= is_unhandled(it) ? COUNTED_UNHANDLED : 0;
    return (uint8_t)mask;
}

static void count_add(struct model_counts *c, uint8_t mask, int by)
{
    int *const of_state[STATE_COUNT] = {
        [STATE_PENDING] = &c->pending, [STATE_OK] = &c->ok,
        [STATE_WARNING] = &c->warning, [STATE_CRITICAL] = &c->critical,
        [STATE_UNKNOWN] = &c->unknown, [STATE_UP] = &c->up,
        [STATE_DOWN] = &c->down,       [STATE_UNREACHABLE] = &c->unreachable,
    };

    if (!(mask & COUNTED))
        return;
    *of_state[mask >> COUNTED_STATE & 7] += by;
    c->in_downtime += mask & COUNTED_DOWNTIME ? by : 0;
    c->acknowledged += mask & COUNTED_ACK ? by : 0;
    c->unhandled += mask & COUNTED_UNHANDLED ? by : 0;
}

void item_count(struct model *m, struct item *it)
{
    uint8_t mask = count_mask(it);

    if (mask == it->counted)
        return;
    count_add(&m->counts, it->counted, -1);
    count_add(&m->counts, mask, 1);
    it->counted = mask;
}

void item_touch(struct model *m, struct item *it)
{
    it->seq = ++m->seq;
    item_count(m, it);
    if (it->dirty)
        return;
    it->dirty = true;
    it->prev_dirty = m->dirty_last;
    it->next_dirty = NULL;
    *(m->dirty_last ? &m->dirty_last->next_dirty : &m->dirty_first) = it;
    m->dirty_last = it;
}

static void item_clean(struct model *m, struct item *it)
{
    if (!it->dirty)
        return;
    *(it->prev_dirty ? &it->prev_dirty->next_dirty : &m->dirty_first) = it->next_dirty;
    *(it->next_dirty ? &it->next_dirty->prev_dirty : &m->dirty_last) = it->prev_dirty;
    it->next_dirty = it->prev_dirty = NULL;
    it->dirty = false;
}

struct item *model_take_dirty(struct model *m)
{
    struct item *it = m->dirty_first;

    if (it)
        item_clean(m, it);
    return it;
}

void item_done(struct model *m, struct item *it)
{
    heap_remove(&m->fresh, &it->fresh);
    links_drop(m, it);
    ack_clear(m, it);
    item_clean(m, it);
    it->enabled = false;
    item_count(m, it);
    it->text = mem_free(it->text);
    it->more = mem_free(it->more);
    it->perfdata = mem_free(it->perfdata);
}

void item_keep_text(char **at, const char *text)
{
    if (text && !*text)
        text = NULL;
    if (str_eq(*at, text))
        return;
    mem_free(*at);
    *at = mem_dup(text);
}

bool item_is_active(const struct item *it)
{
    return it->enabled && !it->resting && it->conf && !(it->conf->kind && it->conf->kind->passive);
}

bool item_configured(const struct item *it)
{
    return it->host->conf->enabled && (!it->conf || it->conf->enabled);
}

static void no_longer_asked(struct model *m, struct item *it, struct moment now)
{
    it->held = false;
    if (!it->is_host)
        return;
    path_end(m, it->host);
    host_release(m, it->host, false, now);
    path_poke(m, it->host);
    path_settle(m, now);
}

void item_enable(struct model *m, struct item *it, const char *author, const char *comment, struct moment now)
{
    bool enabled = it->override_enabled >= 0 ? it->override_enabled : item_configured(it);
    struct event e;

    if (enabled == it->enabled)
        return;
    it->enabled = enabled;
    it->fresh_mono_ms = now.mono_ms;
    fresh_arm(m, it);
    item_touch(m, it);
    for (size_t i = 0; it->is_host && i < it->host->checks.n; i++)
        item_count(m, it->host->checks.at[i]);
    if (!enabled)
        no_longer_asked(m, it, now);
    links_changed(m, it);
    e = item_event(EVENT_ENABLED, it, now);
    e.hard = enabled;
    e.author = author;
    e.text = comment;
    model_raise(m, &e);
    if (enabled) /* what was not looked at for a while is looked at now */
        item_recheck(m, it, true, now);
}

const char *item_check_name(const struct item *it)
{
    return it->is_host || !it->conf ? NULL : it->conf->name;
}

void item_id(const struct item *it, char *out, size_t n)
{
    const char *check = item_check_name(it);

    str_print(out, n, "%s%s%s", it->host->name, check ? "/" : "", check ? check : "");
}

/* ---- hosts ---- */

struct host *host_new(void)
{
    struct host *h = NEW(struct host);

    item_init(&h->self, h, true);
    h->blind = true;
    return h;
}

void host_free(struct model *m, struct host *h)
{
    path_end(m, h);
    item_done(m, &h->self);
    VEC_DONE(&h->checks);
    VEC_DONE(&h->parents);
    VEC_DONE(&h->children);
    map_done(&h->check_by_name);
    mem_free(h);
}

struct item *host_find(const struct host *h, const char *check)
{
    if (h->check_by_name.n)
        return map_find(&h->check_by_name, check);
    for (size_t i = 0; i < h->checks.n; i++)
        if (str_eq(h->checks.at[i]->conf->name, check))
            return h->checks.at[i];
    return NULL;
}

void host_index(struct host *h)
{
    map_done(&h->check_by_name);
    if (h->checks.n < MODEL_MANY_CHECKS)
        return;
    for (size_t i = 0; i < h->checks.n; i++)
        map_set(&h->check_by_name, h->checks.at[i]->conf->name, h->checks.at[i]);
}
