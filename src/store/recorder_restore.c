/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recorder_restore.c: from the store into the model, at start.  Rows of things that were renamed while the
 * daemon was down follow their `was`; rows of things that are gone are marked, and kept for a while. */
#include "base/map.h"
#include "base/str.h"
#include "store/recorder_int.h"

enum { PAGE = 500, MAX_DOWNTIMES = 10000 };

#define ITEM_COLUMNS                                                                                         \
    "SELECT host, check_name, state, hard_state, previous, hard, attempt, flapping, flap_n, flap_ring, since_ms,"  \
    " hard_since_ms, problem_ms, output, more, perfdata, last_check_ms, next_check_ms, told, override_enabled," \
    " ack_author, ack_comment, ack_at_ms, ack_expires_ms, ack_sticky, gone_ms FROM item_state "
static const struct store_stmt item_page = {
    "item_page", ITEM_COLUMNS "WHERE host > ?1 OR (host = ?1 AND check_name > ?2) ORDER BY host, check_name LIMIT ?3"};
static const struct store_stmt item_one = {"item_one", ITEM_COLUMNS "WHERE host = ?1 AND check_name = ?2"};
static const struct store_stmt item_rename = {
    "item_rename",
    "UPDATE item_state SET host = ?3, check_name = ?4, gone_ms = 0 WHERE host = ?1 AND check_name = ?2"};
static const struct store_stmt item_absent = {
    "item_absent", "UPDATE item_state SET gone_ms = ?3 WHERE host = ?1 AND check_name = ?2 AND gone_ms = 0"};
static const struct store_stmt item_back = {
    "item_back", "UPDATE item_state SET gone_ms = 0 WHERE host = ?1 AND check_name = ?2"};
static const struct store_stmt downtime_all = {
    "downtime_all", "SELECT id, host, check_name, author, comment, at_ms, start_ms, end_ms, duration_ms, flexible,"
                    " active, began_ms, until_ms FROM downtime ORDER BY id LIMIT ?1"};

struct orphan {
    const char *host, *check;
};
struct restore {
    struct store *store;
    struct model *model;
    struct moment now;
    struct arena *arena;
    VEC(struct orphan) orphans;
    struct map was; /* "host\x1fcheck" by former name → item */
    struct store_batch *changes;
};

static const char *row_text(const struct store_rows *r, int row, int column)
{
    const char *text = store_cell_text(r, row, column);
    return text ? text : "";
}

static uint8_t row_state(const struct store_rows *r, int row, int column)
{
    int state = state_from_word(row_text(r, row, column));
    return state < 0 ? STATE_PENDING : (uint8_t)state;
}

static uint8_t row_small(const struct store_rows *r, int row, int column, int64_t most)
{
    int64_t v = store_cell_int(r, row, column);
    return (uint8_t)(v < 0 ? 0 : v > most ? most : v);
}

static void row_read(const struct store_rows *r, int row, struct item_state *s)
{
    const char *check = row_text(r, row, 1);
    *s = (struct item_state){
        .host = row_text(r, row, 0),
        .check = check[0] ? check : NULL,
        .st = {.state = row_state(r, row, 2),
               .hard_state = row_state(r, row, 3),
               .previous = row_state(r, row, 4),
               .hard = store_cell_int(r, row, 5) != 0,
               .attempt = row_small(r, row, 6, 255),
               .flapping = store_cell_int(r, row, 7) != 0,
               .flap_n = row_small(r, row, 8, 21),
               .flap_ring = (uint64_t)store_cell_int(r, row, 9),
               .since_ms = store_cell_int(r, row, 10),
               .hard_since_ms = store_cell_int(r, row, 11),
               .problem_ms = store_cell_int(r, row, 12)},
        .text = store_cell_text(r, row, 13),
        .more = store_cell_text(r, row, 14),
        .perfdata = store_cell_text(r, row, 15),
        .last_check_ms = store_cell_int(r, row, 16),
        .next_check_ms = store_cell_int(r, row, 17),
        .told = store_cell_int(r, row, 18) != 0,
        .override_enabled = (int8_t)(store_cell_int(r, row, 19) < 0 ? -1 : store_cell_int(r, row, 19) > 0),
        .ack_author = store_cell_text(r, row, 20),
        .ack_comment = store_cell_text(r, row, 21),
        .ack_at_ms = store_cell_int(r, row, 22),
        .ack_expires_ms = store_cell_int(r, row, 23),
        .ack_sticky = store_cell_int(r, row, 24) != 0,
    };
}

static void change(struct restore *re, const struct store_stmt *stmt, const struct orphan *o, struct store_value third)
{
    struct store_value v[] = {STORE_T(o->host), STORE_T(o->check), third};
    store_batch_add(re->changes, stmt, v, third.type == STORE_NULL ? 2 : 3);
}

static void restore_row(struct restore *re, const struct store_rows *r, int row)
{
    struct item_state s;
    row_read(r, row, &s);
    struct orphan o = {row_text(r, row, 0), row_text(r, row, 1)};
    if (model_find(re->model, s.host, s.check)) { /* by its own name, before any former one */
        if (model_restore(re->model, &s, re->now) == 0 && store_cell_int(r, row, 25))
            change(re, &item_back, &o, STORE_N);
        return;
    }
    o = (struct orphan){arena_dup(re->arena, o.host), arena_dup(re->arena, o.check)};
    VEC_PUSH(&re->orphans, o);
}

static int restore_pages(struct restore *re, struct err *e)
{
    char host[300] = "", check[300] = "";
    for (int n = PAGE; n == PAGE;) {
        struct store_value v[] = {STORE_T(host), STORE_T(check), STORE_I(PAGE)};
        struct store_rows rows = {0};
        int code = store_read_now(re->store, &item_page, v, COUNT(v), PAGE, &rows, e);
        if (code)
            return code;
        n = rows.n_rows;
        for (int i = 0; i < n; i++)
            restore_row(re, &rows, i);
        if (n > 0) {
            str_copy(host, sizeof(host), row_text(&rows, n - 1, 0));
            str_copy(check, sizeof(check), row_text(&rows, n - 1, 1));
        }
        store_rows_done(&rows);
    }
    return 0;
}

/* ---- renamed things ---- */

static void was_put(struct restore *re, const char *host, const char *check, struct item *it)
{
    if (host && check)
        map_set(&re->was, arena_printf(re->arena, "%s\x1f%s", host, check), it);
}

static void was_fill(struct restore *re)
{
    size_t i_host = 0, i_check = 0;
    struct item *it;
    while ((it = model_next(re->model, &i_host, &i_check)) != NULL) {
        const char *host = it->host->name, *host_was = it->host->conf ? it->host->conf->was : NULL;
        const char *check = it->is_host ? "" : item_check_name(it);
        const char *check_was = !it->is_host && it->conf ? it->conf->was : NULL;
        was_put(re, host_was, check, it);
        was_put(re, host, check_was, it);
        was_put(re, host_was, check_was, it);
    }
}

/* Has a row of its own been restored into it? */
static bool item_has_state(const struct item *it) { return it->st.state != STATE_PENDING || it->last_check_ms != 0; }

static bool orphan_adopt(struct restore *re, const struct orphan *o)
{
    struct item *it = map_find(&re->was, arena_printf(re->arena, "%s\x1f%s", o->host, o->check));
    struct store_value v[] = {STORE_T(o->host), STORE_T(o->check), STORE_N, STORE_N};
    struct store_rows rows = {0};
    struct item_state s;
    if (!it || item_has_state(it) || store_read_now(re->store, &item_one, v, 2, 1, &rows, NULL) != 0)
        return false;
    bool adopted = false;
    if (rows.n_rows == 1) {
        row_read(&rows, 0, &s);
        s.host = it->host->name;
        s.check = item_check_name(it);
        adopted = model_restore(re->model, &s, re->now) == 0;
    }
    store_rows_done(&rows);
    if (!adopted)
        return false;
    v[2] = STORE_T(it->host->name);
    v[3] = STORE_T(s.check ? s.check : "");
    store_batch_add(re->changes, &item_rename, v, COUNT(v));
    return true;
}

static void orphans_settle(struct restore *re)
{
    if (re->orphans.n)
        was_fill(re);
    for (size_t i = 0; i < re->orphans.n; i++)
        if (!orphan_adopt(re, &re->orphans.at[i]))
            change(re, &item_absent, &re->orphans.at[i], STORE_I(re->now.wall_ms));
}

/* ---- downtimes ---- */

static int restore_downtimes(struct restore *re, struct err *e)
{
    struct store_rows r = {0};
    int code = store_read_now(re->store, &downtime_all, &STORE_I(MAX_DOWNTIMES), 1, MAX_DOWNTIMES, &r, e);
    if (code)
        return code;
    for (int i = 0; i < r.n_rows; i++) {
        struct downtime d = {
            .id = store_cell_int(&r, i, 0),
            .host_name = arena_dup(re->arena, row_text(&r, i, 1)),
            .check_name = arena_dup(re->arena, store_cell_text(&r, i, 2)),
            .author = arena_dup(re->arena, store_cell_text(&r, i, 3)),
            .comment = arena_dup(re->arena, store_cell_text(&r, i, 4)),
            .at_ms = store_cell_int(&r, i, 5),
            .start_ms = store_cell_int(&r, i, 6),
            .end_ms = store_cell_int(&r, i, 7),
            .duration_ms = store_cell_int(&r, i, 8),
            .flexible = store_cell_int(&r, i, 9) != 0,
            .active = store_cell_int(&r, i, 10) != 0,
            .began_ms = store_cell_int(&r, i, 11),
            .until_ms = store_cell_int(&r, i, 12),
        };
        model_restore_downtime(re->model, &d, re->now); /* of a thing that is gone: stays in the store */
    }
    store_rows_done(&r);
    return 0;
}

int recorder_restore(struct store *s, struct model *m, struct moment now, struct err *e)
{
    struct restore re = {.store = s, .model = m, .now = now, .arena = arena_new(0), .changes = store_batch_new()};
    int code = restore_pages(&re, e);
    if (code == 0)
        orphans_settle(&re);
    if (code == 0)
        code = restore_downtimes(&re, e);
    /* A full disk must not keep the daemon from watching: names are put right at the next start then. */
    if (code == 0 && store_batch_size(re.changes) > 0)
        store_write_now(s, re.changes, NULL);
    else
        store_batch_free(re.changes);
    map_done(&re.was);
    VEC_DONE(&re.orphans);
    arena_free(re.arena);
    return code;
}
