/* SPDX-License-Identifier: GPL-3.0-or-later */
/* moving_read.c: rows of another status page from what lies here: a dump, a list in JSON, a database of SQLite, a directory. */
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "daemon/moving.h"
#include "daemon/moving_files.h"
#include "io/file.h"
#include "store/foreign.h"
#include "wire/jsonrows.h"
#include "wire/sqldump.h"

/* ---- a dump ---- */

struct dump {
    struct move *m;
    struct sqldump *d;
};

static bool dump_wants(void *arg, const char *table)
{
    const struct dump *x = arg;
    return move_table(x->m->as, table) >= 0;
}

static void take_row(struct move *m, const char *table, const char *const *columns, const char *const *values, int n)
{
    struct doc *row = doc_object(m->arena);
    for (int i = 0; i < n; i++) {
        struct doc *v = doc_new(m->arena, values[i] ? DOC_TEXT : DOC_NULL);
        if (values[i])
            v->text = arena_dup(m->arena, values[i]);
        doc_append(row, columns[i], v);
    }
    move_row(m, move_table(m->as, table), row);
}

static int dump_row(void *arg, const struct sqldump_row *r)
{
    struct dump *x = arg;
    take_row(x->m, r->table, r->columns, r->values, r->n);
    return 0;
}

static int dump_piece(void *arg, const char *p, size_t n, struct err *e)
{
    return sqldump_feed(((struct dump *)arg)->d, p, n, e);
}

/* A compressed file is none; who sees one says what would be right. */
static int first_piece(void *arg, const char *p, size_t n, struct err *e)
{
    const char *path = arg;
    const unsigned char *u = (const unsigned char *)p;
    if (n >= 2 && ((u[0] == 0x1f && u[1] == 0x8b) || (u[0] == 'B' && u[1] == 'Z')))
        return err_set(e, ERR_INVALID, MSG("{1} is compressed: zcat {1} | vigie import …"), "s", path);
    if (n >= 5 && memcmp(p, "PGDMP", 5) == 0)
        return err_set(e, ERR_INVALID, MSG("{1} is a dump that only pg_restore reads: pg_restore -f - {1} | vigie import …"), "s", path);
    return 1; /* enough was seen */
}

static int read_dump(struct moving *g, const char *path, struct err *e)
{
    struct dump x = {.m = g->m};
    int r = str_eq(path, "/dev/stdin") ? 0 : file_each(path, first_piece, (void *)path, e);
    x.d = sqldump_new(&(struct sqldump_calls){dump_wants, dump_row, &x});
    if (r >= 0)
        r = file_each(path, dump_piece, &x, e);
    if (r == 0)
        r = sqldump_end(x.d, e);
    if (r == 0 && sqldump_strange(x.d))
        move_note(g->m, MSG("{1} {1|row has|rows have} another number of columns than the table: left out"), "i", sqldump_strange(x.d));
    sqldump_free(x.d);
    return r;
}

/* ---- a list in JSON ---- */

struct list {
    struct move *m;
    struct jsonrows j;
    struct err err;
    int table;
};

static int list_row(void *arg, const char *p, size_t n)
{
    struct list *x = arg;
    struct doc *d = NULL;
    int r = json_parse(x->m->arena, p, n, JSONROWS_MAX_ROW, &d, &x->err);
    if (r == 0)
        move_row(x->m, x->table, d);
    return r;
}

static int list_piece(void *arg, const char *p, size_t n, struct err *e)
{
    struct list *x = arg;
    int r = jsonrows_feed(&x->j, p, n, e);
    if (r && x->err.code)
        *e = x->err;
    return r;
}

static int read_one_list(struct moving *g, const char *path, int table, struct err *e)
{
    struct list x = {.m = g->m, .table = table};
    jsonrows_begin(&x.j, g->m->as->tables[table], list_row, &x);
    int r = file_each(path, list_piece, &x, e);
    if (r == 0)
        r = jsonrows_end(&x.j, table == 0 ? e : NULL);
    jsonrows_done(&x.j);
    return r;
}

/* The first list must be there; others may be, in what can be read twice. */
static int read_list(struct moving *g, const char *path, struct err *e)
{
    int r = read_one_list(g, path, 0, e);
    for (int t = 1; r == 0 && g->m->as->tables[t] && !str_eq(path, "/dev/stdin"); t++)
        read_one_list(g, path, t, NULL);
    return r;
}

/* ---- a database ---- */

static int database_row(void *arg, const char *table, const char *const *columns, const char *const *values, int n)
{
    struct move *m = arg;
    take_row(m, table, columns, values, n);
    return m->full;
}

static int read_database(struct moving *g, const char *path, struct err *e)
{
    int r = foreign_read(path, g->m->as->tables, MOVE_MAX_ROWS, database_row, g->m, e);
    return r > 0 ? 0 : r;
}

int moving_read(struct moving *g, struct err *e)
{
    const char *path = str_eq(g->from, "-") ? "/dev/stdin" : g->from;
    unsigned from = g->m->as->from;
    if (from & MOVE_DIRECTORY)
        return moving_read_directory(g, path, e);
    if (from & MOVE_JSON)
        return read_list(g, path, e);
    return from & MOVE_SQLITE ? read_database(g, path, e) : read_dump(g, path, e);
}
