/* SPDX-License-Identifier: GPL-3.0-or-later */
/* marks.c: what was told and done already, by name ("remind:4:1790000000000:86400000"), so that nothing is told twice, also over
 * restarts.  A mark is written in the transaction of what it is about. */
#include "announce/announce_int.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include <stdlib.h>

enum { MOST_MARKS = 50000, NAME_MOST = 300 };
static const struct store_stmt mark_put = {"mark_put", "INSERT INTO announced (mark, bulletin, at_ms) VALUES (?1, ?2, ?3) ON CONFLICT (mark) DO NOTHING"};
static const struct store_stmt marks_all = {"marks_all", "SELECT mark, bulletin, at_ms FROM announced ORDER BY at_ms DESC LIMIT ?1"};
static const struct store_stmt marks_old = {"marks_old", "DELETE FROM announced WHERE at_ms < ?1"};
#define KEEP_MS (INT64_C(800) * 86400 * 1000) /* an occurrence is announced at most a year ahead */

static void put(struct announce *a, const char *name, int64_t bulletin, int64_t at_ms)
{
    size_t n = strlen(name) + 1;
    struct mark *m = mem_alloc(sizeof *m + n);
    m->bulletin = bulletin;
    m->at_ms = at_ms;
    memcpy(m->name, name, n);
    mem_free(map_set(&a->marks, m->name, m));
}

int marks_restore(struct announce *a, struct err *e)
{
    struct store_value most = STORE_I(MOST_MARKS);
    struct store_rows rows = {0};
    int r = store_read_now(a->env.store, &marks_all, &most, 1, MOST_MARKS, &rows, e);
    if (r)
        return r;
    for (int i = 0; i < rows.n_rows; i++)
        put(a, store_cell_text(&rows, i, 0), store_cell_int(&rows, i, 1), store_cell_int(&rows, i, 2));
    store_rows_done(&rows);
    struct store_value before = STORE_I(clock_wall_ms() - KEEP_MS);
    announce_row(a, &marks_old, &before, 1);
    return 0;
}

bool mark_has(const struct announce *a, const char *name)
{
    return map_find(&a->marks, name) != NULL;
}

bool mark_set(struct announce *a, const char *name, int64_t bulletin, int64_t now_ms)
{
    if (mark_has(a, name) || strlen(name) > NAME_MOST)
        return false;
    struct store_value v[] = {STORE_T(name), STORE_I(bulletin), STORE_I(now_ms)};
    put(a, name, bulletin, now_ms);
    announce_row(a, &mark_put, v, COUNT(v));
    return true;
}

/* Those in memory only serve to tell nothing twice; of what is over nothing is told. The rows stay, for who wants to know. */
void marks_forget(struct announce *a, int64_t bulletin)
{
    if (a->marks.n < MOST_MARKS)
        return;
    size_t i = 0;
    const char *name;
    void *value;
    while (map_each(&a->marks, &i, &name, &value)) {
        struct mark *m = value;
        if (m->bulletin == bulletin && !str_starts(name, "series:"))
            mem_free(map_remove(&a->marks, name));
    }
}

void marks_done(struct announce *a)
{
    size_t i = 0;
    const char *name;
    void *value;
    while (map_each(&a->marks, &i, &name, &value))
        mem_free(value);
    map_done(&a->marks);
}

/* What was not told to anybody. */
static bool is_inward(const char *name)
{
    static const char *const prefixes[] = {"series:", "mailin:", "upstream:", "declined:"};
    for (size_t i = 0; i < COUNT(prefixes); i++)
        if (str_starts(name, prefixes[i]))
            return true;
    return false;
}

static int by_time(const void *x, const void *y)
{
    const struct mark *a = *(struct mark *const *)x, *b = *(struct mark *const *)y;
    return (a->at_ms > b->at_ms) - (a->at_ms < b->at_ms);
}

void announce_told(const struct announce *a, int64_t bulletin, void (*fn)(void *arg, const char *what, int64_t at_ms), void *arg)
{
    VEC(struct mark *) found = {0};
    size_t i = 0;
    const char *name;
    void *value;
    while (map_each(&a->marks, &i, &name, &value))
        if (((struct mark *)value)->bulletin == bulletin && !is_inward(name))
            VEC_PUSH(&found, (struct mark *)value);
    if (found.n)
        qsort(found.at, found.n, sizeof(found.at[0]), by_time);
    for (size_t k = 0; k < found.n; k++)
        fn(arg, found.at[k]->name, found.at[k]->at_ms);
    VEC_DONE(&found);
}

/* ---- of ways in ---- */

bool announce_mark(struct announce *a, const char *name, int64_t bulletin, int64_t now_ms)
{
    return mark_set(a, name, bulletin, now_ms);
}

int64_t announce_marked(const struct announce *a, const char *name)
{
    const struct mark *m = map_find(&a->marks, name);
    return m ? m->bulletin : -1;
}

void announce_unmark(struct announce *a, const char *name)
{
    mem_free(map_remove(&a->marks, name));
}

void announce_marks(const struct announce *a, const char *prefix, void (*fn)(void *arg, const char *name, int64_t bulletin, int64_t at_ms), void *arg)
{
    size_t i = 0;
    const char *name;
    void *value;
    while (map_each(&a->marks, &i, &name, &value)) {
        const struct mark *m = value;
        if (str_starts(name, prefix))
            fn(arg, name, m->bulletin, m->at_ms);
    }
}

bool announce_object(struct announce *a, const struct bulletin *b, const char *address, int64_t now_ms)
{
    char name[NAME_MOST];
    str_print(name, sizeof name, "declined:%lld:%s", (long long)b->id, address);
    if (!mark_set(a, name, b->id, now_ms))
        return false;
    staff_tell(a, b, name, MSG("A reader objects: {1}"), MSG("{1} has declined the calendar entry of this work."), address, now_ms);
    return true;
}

struct objecting {
    void (*fn)(void *arg, const char *address, int64_t at_ms);
    void *arg;
};

static void objection(void *arg, const char *name, int64_t bulletin, int64_t at_ms)
{
    struct objecting *o = arg;
    o->fn(o->arg, strchr(name + strlen("declined:"), ':') + 1, at_ms);
}

void announce_objections(const struct announce *a, int64_t bulletin, void (*fn)(void *arg, const char *address, int64_t at_ms), void *arg)
{
    struct objecting o = {fn, arg};
    char prefix[60];
    str_print(prefix, sizeof prefix, "declined:%lld:", (long long)bulletin);
    announce_marks(a, prefix, objection, &o);
}
