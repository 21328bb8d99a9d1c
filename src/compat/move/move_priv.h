/* SPDX-License-Identifier: GPL-3.0-or-later */
/* move_priv.h: what the movers share: reading rows, giving names, making bulletins. */
#ifndef VIGIE_COMPAT_MOVE_PRIV_H
#define VIGIE_COMPAT_MOVE_PRIV_H

#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "compat/move/move.h"

#define MOVE_HOUR_MS (INT64_C(3600) * 1000)
#define MOVE_DAY_MS (24 * MOVE_HOUR_MS)

/* ---- rows: columns are texts (dumps), or what JSON had ---- */
#define MOVE_EACH(m, table, var) for (size_t var##_i = 0; var##_i < (m)->rows[table].n; var##_i++) for (struct doc *var = (m)->rows[table].at[var##_i]; var; var = NULL)
const char *move_text(const struct move *m, const struct doc *row, const char *column); /* NULL: none, or NULL */
const char *move_line(struct move *m, const struct doc *row, const char *column);       /* clean, on one line; "" when there is none */
int64_t move_int(const struct doc *row, const char *column, int64_t otherwise);
bool move_flag(const struct doc *row, const char *column, bool otherwise);                    /* 1, t, true, yes, \x01 */
int64_t move_time(const struct move *m, const struct doc *row, const char *column);           /* 0: none, or no time */
/* "2018-04-25 04:13:00", "2018-04-25T04:13:00Z", "2018-04-25 04:13:00+02", "2018-04-25"; false: no time. */
bool move_when(const char *text, const struct zone *z, int64_t *ret_ms);
/* The row with this number in `id`; NULL. */
struct doc *move_find(const struct move *m, int table, int64_t id);
/* Sorts a table by numbers in these columns (b may be NULL). */
void move_sort(struct move *m, int table, const char *a, const char *b);

/* The rows whose number in `column` is id, of a table that is sorted by it. */
#define MOVE_OWNED(m, table, column, id, var) \
    for (size_t var##_i = move_first(m, table, column, id); var##_i < (m)->rows[table].n && move_int((m)->rows[table].at[var##_i], column, -1) == (id); var##_i++) \
        for (struct doc *var = (m)->rows[table].at[var##_i]; var; var = NULL)
size_t move_first(const struct move *m, int table, const char *column, int64_t id);

/* ---- names ---- */
/* Small letters, digits and dashes, of its own; what the house has under that title keeps its name. */
struct move_component *move_component(struct move *m, const char *title);
void move_text_add(struct move *m, const char *name, const char *title, const char *text);
void move_slug(const char *text, char out[MOVE_NAME_BYTES]); /* "" when nothing is left */
/* Text from outside as it may stand in a bulletin: UTF-8, no controls; Windows-1252 when it is no UTF-8; cut at most. */
const char *move_clean(struct move *m, const char *text, bool one_line, size_t most);

/* ---- a bulletin in the making ---- */
struct move_impact {
    const char *component;
    enum level level;
    int64_t from_ms, to_ms;
};
struct move_news {
    struct move *m;
    struct doc *o, *updates;
    enum bulletin_kind kind;
    enum phase phase;
    bool draft, pinned;
    int64_t started_ms, posted_ms, changed_ms, ended_ms, start_ms, end_ms;
    enum effect effect;
    const char *lang;
    int n_updates;
    VEC(struct move_impact) impacts;
    VEC(const char *) components;
    VEC(const char *) aliases;
};
/* id 0: the next number. seed: what is its own in the source: "incident:17". */
void news_new(struct move_news *n, struct move *m, enum bulletin_kind kind, int64_t id, const char *seed, const char *title);
void news_touch(struct move_news *n, const char *component);
void news_alias(struct move_news *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void news_update(struct move_news *n, enum phase phase, int64_t at_ms, int64_t posted_ms, const char *text);
/* From then on it suffers that (OPERATIONAL: nothing). In the order of time. */
void news_level(struct move_news *n, const char *component, enum level level, int64_t at_ms);
/* Puts what is missing right, checks it, adds it to the move. */
void news_end(struct move_news *n);

#endif
