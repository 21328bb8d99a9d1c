/* SPDX-License-Identifier: GPL-3.0-or-later */
/* downtime.c: planned downtimes, fixed and flexible, of a check or of a host with all its checks.
 *
 * Their times are wall times by intention.  A flexible one begins with the first bad result inside
 * its window (or at once, if something is bad already) and then lasts for its duration, even past
 * the window.  One whose object was removed lives on by name until its time is over; the object
 * finds it again when it comes back. */
#include "base/msg.h"
#include "base/str.h"
#include "model/links.h"

#define DOWNTIME_LONGEST_MS (INT64_C(10) * 366 * 86400 * 1000)

struct downtime *downtime_free(struct downtime *d)
{
    if (!d)
        return NULL;
    mem_free(d->host_name);
    mem_free(d->check_name);
    mem_free(d->author);
    mem_free(d->comment);
    mem_free(d);
    return NULL;
}

static void raise_downtime(struct model *m, enum event_kind kind, const struct downtime *d,
                           const char *author, struct moment now)
{
    struct item *it = d->item ? d->item : d->host && !d->check_name ? &d->host->self : NULL;
    struct event e = item_event(kind, it, now);

    e.author = author;
    e.text = d->comment;
    e.downtime = d;
    model_raise(m, &e);
}

/* ---- what it covers ---- */

static bool covers_host(const struct downtime *d, const struct host *h)
{
    return !d->check_name && d->host == h;
}

static bool covers(const struct downtime *d, const struct item *it)
{
    return d->item == it || covers_host(d, it->host);
}

static void deepen(struct model *m, struct item *it, int by)
{
    it->downtime_depth = (uint16_t)(it->downtime_depth + by);
    if (it->downtime_depth == (by > 0)) {
        item_touch(m, it);
        links_look_again(m, it);
    }
}

static void deepen_all(struct model *m, const struct downtime *d, int by)
{
    if (d->item)
        deepen(m, d->item, by);
    if (!d->host || d->check_name)
        return;
    deepen(m, &d->host->self, by);
    for (size_t i = 0; i < d->host->checks.n; i++)
        deepen(m, d->host->checks.at[i], by);
}

static void unquiet_all(struct model *m, const struct downtime *d, struct moment now)
{
    if (d->item)
        item_unquiet(m, d->item, now);
    if (!d->host || d->check_name)
        return;
    item_unquiet(m, &d->host->self, now);
    for (size_t i = 0; i < d->host->checks.n; i++)
        item_unquiet(m, d->host->checks.at[i], now);
}

static bool is_bad_now(const struct downtime *d)
{
    bool bad = false;

    if (d->item)
        return state_is_bad((enum state)d->item->st.state);
    if (!d->host || d->check_name)
        return false;
    bad = state_is_bad((enum state)d->host->self.st.state);
    for (size_t i = 0; !bad && i < d->host->checks.n; i++)
        bad = state_is_bad((enum state)d->host->checks.at[i]->st.state);
    return bad;
}

/* ---- its life ---- */

static void look_again(struct model *m)
{
    m->downtime_due_ms = 0;
    m->flexible_waiting = 0;
    for (size_t i = 0; i < m->downtimes.n; i++)
        m->flexible_waiting += m->downtimes.at[i]->flexible && !m->downtimes.at[i]->active;
}

static void begin(struct model *m, struct downtime *d, struct moment now)
{
    d->active = true;
    d->began_ms = now.wall_ms;
    d->until_ms = d->flexible ? now.wall_ms + d->duration_ms : d->end_ms;
    look_again(m);
    deepen_all(m, d, 1);
    raise_downtime(m, EVENT_DOWNTIME_STARTED, d, NULL, now);
}

static void finish(struct model *m, size_t i, const char *author, struct moment now)
{
    struct downtime *d = m->downtimes.at[i];
    bool was_active = d->active;

    VEC_REMOVE(&m->downtimes, i);
    look_again(m);
    if (was_active)
        deepen_all(m, d, -1);
    raise_downtime(m, was_active ? EVENT_DOWNTIME_ENDED : EVENT_DOWNTIME_REMOVED, d, author, now);
    if (was_active)
        unquiet_all(m, d, now);
    downtime_free(d);
}

static bool in_window(const struct downtime *d, struct moment now)
{
    return d->start_ms <= now.wall_ms && now.wall_ms < d->end_ms;
}

static void begin_if_due(struct model *m, struct downtime *d, struct moment now)
{
    if (!d->active && in_window(d, now) && (!d->flexible || is_bad_now(d)))
        begin(m, d, now);
}

static int64_t edge_after(const struct downtime *d, struct moment now)
{
    if (d->active)
        return d->until_ms;
    return d->start_ms > now.wall_ms ? d->start_ms : d->end_ms;
}

int64_t downtime_tick(struct model *m, struct moment now)
{
    bool settled = now.mono_ms >= m->settled_ms;
    int64_t due = INT64_MAX;

    if (m->downtime_due_ms > now.wall_ms)
        return m->downtime_due_ms;
    for (size_t i = 0; i < m->downtimes.n;) {
        struct downtime *d = m->downtimes.at[i];
        begin_if_due(m, d, now);
        if (settled && (d->active ? d->until_ms : d->end_ms) <= now.wall_ms) {
            finish(m, i, NULL, now);
            continue;
        }
        due = edge_after(d, now) < due ? edge_after(d, now) : due;
        i++;
    }
    m->downtime_due_ms = settled ? due : 0;
    return due;
}

void downtime_item_bad(struct model *m, struct item *it, struct moment now)
{
    for (size_t i = 0; m->flexible_waiting && i < m->downtimes.n; i++)
        if (m->downtimes.at[i]->flexible && covers(m->downtimes.at[i], it))
            begin_if_due(m, m->downtimes.at[i], now);
}

/* ---- objects that come, go and change their name ---- */

static void find_objects(struct downtime *d, struct item *it)
{
    if (!str_eq(d->host_name, it->host->name))
        return;
    if (it->is_host)
        d->host = it->host;
    else if (str_eq(d->check_name, it->conf->name))
        d->item = it;
}

void downtime_item_added(struct model *m, struct item *it)
{
    for (size_t i = 0; i < m->downtimes.n; i++) {
        struct downtime *d = m->downtimes.at[i];
        find_objects(d, it);
        if (d->active && covers(d, it))
            deepen(m, it, 1);
    }
    if (m->downtimes.n)
        look_again(m);
}

void downtime_item_gone(struct model *m, struct item *it)
{
    for (size_t i = 0; i < m->downtimes.n; i++) {
        struct downtime *d = m->downtimes.at[i];
        if (d->item == it)
            d->item = NULL;
        if (it->is_host && d->host == it->host)
            d->host = NULL;
    }
}

void downtime_item_renamed(struct model *m, struct item *it, struct moment now)
{
    for (size_t i = 0; i < m->downtimes.n; i++) {
        struct downtime *d = m->downtimes.at[i];
        if (it->is_host ? d->host != it->host || d->item : d->item != it)
            continue;
        item_keep_text(&d->host_name, it->host->name);
        if (!it->is_host)
            item_keep_text(&d->check_name, it->conf->name);
        raise_downtime(m, EVENT_DOWNTIME_ADDED, d, NULL, now);
    }
}

/* ---- commands ---- */

static int check_window(const struct downtime *d, struct moment now, struct err *e)
{
    if (d->end_ms <= now.wall_ms)
        return err_field(e, ERR_INVALID, "end", MSG("a downtime cannot end in the past"), "");
    if (d->start_ms >= d->end_ms)
        return err_field(e, ERR_INVALID, "end", MSG("a downtime ends after it starts"), "");
    if (d->start_ms < 0 || d->end_ms - now.wall_ms > DOWNTIME_LONGEST_MS)
        return err_field(e, ERR_LIMIT, "end", MSG("a downtime lies within ten years"), "");
    if (d->duration_ms < 0 || d->duration_ms > DOWNTIME_LONGEST_MS)
        return err_field(e, ERR_INVALID, "duration",
                         MSG("a flexible downtime lasts from 1 s to ten years"), "");
    return 0;
}

int downtime_command(struct model *m, const struct command *c, struct moment now, int64_t *ret_id,
                     struct err *e)
{
    struct downtime want = {.start_ms = c->start_ms ? c->start_ms : now.wall_ms,
                            .end_ms = c->end_ms,
                            .duration_ms = c->duration_ms,
                            .flexible = c->duration_ms > 0,
                            .at_ms = now.wall_ms};
    int code = check_window(&want, now, e);
    struct downtime *d;

    if (code)
        return code;
    if (m->downtimes.n >= COMMAND_MAX_DOWNTIMES)
        return err_set(e, ERR_LIMIT, MSG("there are {1} downtimes already, more are not kept"), "i",
                       (int64_t)COMMAND_MAX_DOWNTIMES);
    d = NEW(struct downtime);
    *d = want;
    d->id = ++m->last_downtime_id;
    d->host = model_find_host(m, c->host);
    d->item = c->check ? model_find(m, c->host, c->check) : NULL;
    d->host_name = mem_dup(c->host);
    d->check_name = mem_dup(c->check);
    d->author = mem_dup(c->author ? c->author : "");
    d->comment = mem_dup(c->comment ? c->comment : "");
    VEC_PUSH(&m->downtimes, d);
    look_again(m);
    raise_downtime(m, EVENT_DOWNTIME_ADDED, d, d->author, now);
    if (ret_id)
        *ret_id = d->id;
    begin_if_due(m, d, now);
    return 0;
}

int downtime_end_command(struct model *m, const struct command *c, struct moment now, struct err *e)
{
    for (size_t i = 0; i < m->downtimes.n; i++) {
        if (m->downtimes.at[i]->id != c->downtime_id)
            continue;
        finish(m, i, c->author ? c->author : "", now);
        return 0;
    }
    return err_field(e, ERR_NOT_FOUND, "id", MSG("there is no downtime {1}"), "i", c->downtime_id);
}

/* ---- reading and restoring ---- */

size_t model_downtimes(const struct model *m)
{
    return m->downtimes.n;
}

const struct downtime *model_downtime_at(const struct model *m, size_t i)
{
    return i < m->downtimes.n ? m->downtimes.at[i] : NULL;
}

static void insert_by_id(struct model *m, struct downtime *d)
{
    size_t i = m->downtimes.n;

    VEC_PUSH(&m->downtimes, d);
    for (; i > 0 && m->downtimes.at[i - 1]->id > d->id; i--) {
        m->downtimes.at[i] = m->downtimes.at[i - 1];
        m->downtimes.at[i - 1] = d;
    }
}

int model_restore_downtime(struct model *m, const struct downtime *from, struct moment now)
{
    struct downtime *d;
    struct item *it;

    if (!from->host_name || from->id <= 0 || from->start_ms >= from->end_ms)
        return ERR_INVALID;
    if (m->downtimes.n >= COMMAND_MAX_DOWNTIMES)
        return ERR_LIMIT;
    it = restored_item(m, from->host_name, from->check_name);
    d = NEW(struct downtime);
    *d = *from;
    d->host = it ? it->host : NULL;
    d->item = it && !it->is_host ? it : NULL;
    d->host_name = mem_dup(it ? it->host->name : from->host_name);
    d->check_name = mem_dup(d->item ? d->item->conf->name : from->check_name);
    d->author = mem_dup(from->author ? from->author : "");
    d->comment = mem_dup(from->comment ? from->comment : "");
    insert_by_id(m, d);
    m->last_downtime_id = d->id > m->last_downtime_id ? d->id : m->last_downtime_id;
    if (d->active)
        deepen_all(m, d, 1);
    look_again(m);
    return 0;
}
