/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outage.c: outages of components, by their checks, that last for long: written down, so that staff can be asked which of them
 * users were never told of (LES-2). */
#include "announce/announce_int.h"
#include "base/mem.h"
#include "base/str.h"

enum { MOST_OUTAGES = 5000 };
#define KEEP_MS (INT64_C(400) * 86400 * 1000)
static const struct store_stmt outage_put = {
    "outage_put", "INSERT INTO outage (component, from_ms, to_ms) VALUES (?1, ?2, ?3) ON CONFLICT (component, from_ms) DO UPDATE SET to_ms = excluded.to_ms"};
static const struct store_stmt outages_all = {"outages_all", "SELECT component, from_ms, to_ms FROM outage WHERE from_ms > ?1 ORDER BY from_ms LIMIT ?2"};

int outages_restore(struct announce *a, struct err *e)
{
    struct store_value v[] = {STORE_I(clock_wall_ms() - KEEP_MS), STORE_I(MOST_OUTAGES)};
    struct store_rows rows = {0};
    int r = store_read_now(a->env.store, &outages_all, v, COUNT(v), MOST_OUTAGES, &rows, e);
    for (int i = 0; r == 0 && i < rows.n_rows; i++) {
        struct outage o = {mem_dup(store_cell_text(&rows, i, 0)), store_cell_int(&rows, i, 1), store_cell_int(&rows, i, 2)};
        VEC_PUSH(&a->outages, o);
    }
    store_rows_done(&rows);
    return r;
}

void outages_done(struct announce *a)
{
    for (size_t i = 0; i < a->outages.n; i++)
        mem_free((char *)a->outages.at[i].component);
    VEC_DONE(&a->outages);
}

static void write_row(struct announce *a, const struct outage *o)
{
    struct store_value v[] = {STORE_T(o->component), STORE_I(o->from_ms), STORE_I(o->to_ms)};
    announce_row(a, &outage_put, v, COUNT(v));
}

static struct outage *open_of(struct announce *a, const char *component)
{
    for (size_t i = a->outages.n; i-- > 0;)
        if (!a->outages.at[i].to_ms && str_eq(a->outages.at[i].component, component))
            return &a->outages.at[i];
    return NULL;
}

static void begin(struct announce *a, const char *component, int64_t from_ms)
{
    if (a->outages.n == MOST_OUTAGES) { /* the oldest goes */
        mem_free((char *)a->outages.at[0].component);
        VEC_REMOVE(&a->outages, 0);
    }
    struct outage o = {mem_dup(component), from_ms, 0};
    VEC_PUSH(&a->outages, o);
    write_row(a, &o);
}

/* Down for its length: it is one. Well again: it ended when the checks said so. What is in maintenance or unknown ends it, too. */
static int64_t look_component(struct announce *a, const struct conf_component *c, int64_t now_ms)
{
    int64_t since_ms = 0, due;
    bool down = level_of_checks(model_component(a->env.model, c, &since_ms)) >= LEVEL_PARTIAL;
    struct outage *o = open_of(a, c->name);
    due = since_ms + announce_conf(a)->announce.report_ms;
    if (down && !o && now_ms < due)
        return due;
    if (down && !o) {
        begin(a, c->name, since_ms);
    } else if (!down && o) {
        o->to_ms = since_ms > o->from_ms ? since_ms : now_ms;
        write_row(a, o);
    }
    return INT64_MAX;
}

int64_t outages_look(struct announce *a, int64_t now_ms)
{
    const struct conf *conf = announce_conf(a);
    int64_t next_ms = INT64_MAX;
    for (int i = 0; i < conf->n_components; i++) {
        int64_t at = conf->components[i]->depends.n ? look_component(a, conf->components[i], now_ms) : INT64_MAX;
        next_ms = at < next_ms ? at : next_ms;
    }
    return next_ms;
}

/* ---- which were never told of ---- */

static bool tells_of(const struct bulletin *b, const struct outage *o, int64_t now_ms)
{
    int64_t to_ms = o->to_ms ? o->to_ms : now_ms, from_ms = b->started_ms ? b->started_ms : b->start_ms, end_ms = b->ended_ms ? b->ended_ms : now_ms;
    return bulletin_is_public(b) && b->phase != PHASE_CANCELLED && bulletin_touches(b, o->component) && from_ms <= to_ms && end_ms >= o->from_ms;
}

static bool is_told(const struct announce *a, const struct outage *o, int64_t now_ms)
{
    for (size_t i = 0; i < board_count(a->board); i++)
        if (tells_of(board_at(a->board, i), o, now_ms))
            return true;
    return false;
}

void announce_missing(const struct announce *a, int64_t since_ms, void (*fn)(void *arg, const char *component, int64_t from_ms, int64_t to_ms), void *arg)
{
    int64_t now_ms = clock_wall_ms();
    for (size_t i = a->outages.n; i-- > 0;) {
        const struct outage *o = &a->outages.at[i];
        if ((!o->to_ms || o->to_ms >= since_ms) && !is_told(a, o, now_ms))
            fn(arg, o->component, o->from_ms, o->to_ms);
    }
}
