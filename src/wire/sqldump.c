/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sqldump.c: rows of tokens; see sqldump_int.h. */
#include "wire/sqldump_int.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include <string.h>

struct sqldump *sqldump_new(const struct sqldump_calls *calls)
{
    struct sqldump *d = NEW(struct sqldump);
    *d = (struct sqldump){.calls = *calls, .arena = arena_new(0), .line = 1, .backslash = true, .token = BUF_MAX(SQLDUMP_MAX_ROW), .row = BUF_MAX(SQLDUMP_MAX_ROW)};
    return d;
}

struct sqldump *sqldump_free(struct sqldump *d)
{
    if (!d)
        return NULL;
    map_done(&d->tables);
    arena_free(d->arena);
    buf_done(&d->token);
    buf_done(&d->row);
    return mem_free(d);
}

int64_t sqldump_line(const struct sqldump *d)
{
    return d->line;
}

int64_t sqldump_strange(const struct sqldump *d)
{
    return d->strange;
}

void dump_fail(struct sqldump *d, const char *msgid)
{
    if (!d->code)
        d->code = err_set(d->e, ERR_LIMIT, msgid, "i", d->line);
}

/* ---- rows ---- */

void dump_row_begin(struct sqldump *d)
{
    buf_clear(&d->row);
    d->n_values = 0;
    d->value_there = d->replacing = false;
}

/* A value is text behind text, each ended by a NUL. */
void dump_value(struct sqldump *d, const char *p, size_t n, bool null)
{
    if (d->n_values == SQLDUMP_MAX_COLUMNS) {
        dump_fail(d, MSG("line {1}: more columns than any table has"));
        return;
    }
    d->at[d->n_values] = d->row.len;
    d->null[d->n_values++] = null;
    buf_add(&d->row, p, n);
    buf_char(&d->row, 0);
    if (d->row.full)
        dump_fail(d, MSG("line {1}: larger than anything that is taken"));
}

static const struct table *table_of(const struct sqldump *d)
{
    return map_find(&d->tables, d->table);
}

void dump_row_end(struct sqldump *d)
{
    const struct table *t = table_of(d);
    const char *values[SQLDUMP_MAX_COLUMNS];
    const char *const *columns = d->n_columns ? d->columns : t ? t->columns : NULL;
    int n = d->n_columns ? d->n_columns : t ? t->n : 0;
    if (d->code || !d->wanted)
        return;
    if (!columns || n != d->n_values) {
        d->strange++;
        return;
    }
    for (int i = 0; i < n; i++)
        values[i] = d->null[i] ? NULL : buf_text(&d->row) + d->at[i];
    struct sqldump_row r = {.table = d->table, .columns = columns, .values = values, .n = n};
    d->code = d->calls.row(d->calls.arg, &r);
}

/* ---- the reader ---- */

static void statement_end(struct sqldump *d)
{
    d->reading = READ_HEAD;
    d->verb = VERB_NONE;
    d->depth = 0;
    d->wanted = false;
    d->made = NULL;
}

static void column_add(struct sqldump *d, const char *name)
{
    size_t n = strlen(name) + 1;
    if (d->n_columns == SQLDUMP_MAX_COLUMNS || d->names_n + n > sizeof d->names) {
        dump_fail(d, MSG("line {1}: more columns than any table has"));
        return;
    }
    memcpy(d->names + d->names_n, name, n);
    d->columns[d->n_columns++] = d->names + d->names_n;
    d->names_n += n;
}

static void table_make(struct sqldump *d)
{
    size_t n = strlen(d->table) + 1;
    if (d->tables.n >= SQLDUMP_MAX_TABLES || !d->wanted)
        return;
    struct table *t = arena_alloc(d->arena, sizeof *t + n);
    memcpy(t->name, d->table, n);
    map_set(&d->tables, t->name, t);
    d->made = t;
}

/* How each column of CREATE TABLE begins; keys and constraints begin with one of these words. */
static bool is_constraint(enum token kind, const char *word)
{
    static const char *const words[] = {"primary", "key", "unique", "constraint", "index", "foreign", "check", "fulltext", "spatial", "exclude", "like", "period"};
    for (size_t i = 0; kind == TOKEN_WORD && i < COUNT(words); i++)
        if (str_eq(words[i], word))
            return true;
    return false;
}

static void in_create(struct sqldump *d, enum token kind, const char *word)
{
    char mark = kind == TOKEN_MARK ? word[0] : 0;
    if (mark == '(') {
        d->depth++;
        d->column_next = d->depth == 1;
    } else if (mark == ')') {
        d->depth -= d->depth > 0;
    } else if (mark == ',' && d->depth == 1) {
        d->column_next = true;
    } else if (d->column_next && (kind == TOKEN_WORD || kind == TOKEN_NAME)) {
        struct table *t = d->made;
        if (t && t->n < SQLDUMP_MAX_COLUMNS && !is_constraint(kind, word))
            t->columns[t->n++] = arena_dup(d->arena, word);
        d->column_next = false;
    }
}

/* SQLite writes a text with line ends as replace('a\nb','\n',char(10)). */
static void value_lines(struct sqldump *d, const char *text, size_t n)
{
    struct buf b = BUF_MAX(n + 1);
    for (size_t i = 0; i < n; i++) {
        bool end = text[i] == '\\' && i + 1 < n && (text[i + 1] == 'n' || text[i + 1] == 'r');
        i += end;
        buf_char(&b, !end ? text[i] : text[i] == 'n' ? '\n' : '\r');
    }
    dump_value(d, buf_text(&b), b.len, false);
    buf_done(&b);
}

static void in_value(struct sqldump *d, enum token kind, const char *word, size_t n)
{
    bool null = kind == TOKEN_WORD && str_eq(word, "null");
    if (kind == TOKEN_WORD && str_eq(word, "replace")) {
        d->replacing = true;
        return;
    }
    if (kind == TOKEN_WORD && (word[0] == '_' || str_eq(word, "cast"))) /* _binary '…', _utf8mb4'…' */
        return;
    if (d->replacing)
        value_lines(d, word, n);
    else
        dump_value(d, null ? "" : word, null ? 0 : n, null);
    d->value_there = true;
}

static void in_row(struct sqldump *d, enum token kind, const char *word, size_t n)
{
    char mark = kind == TOKEN_MARK ? word[0] : 0;
    if (mark == '(') {
        d->depth++; /* a function: its text is the value, as far as it has one */
    } else if (mark == ')' && d->depth > 0) {
        d->depth--;
    } else if (mark == ')' || mark == ',') {
        if (d->depth > 0)
            return;
        if (!d->value_there)
            dump_value(d, "", 0, true);
        d->value_there = d->replacing = false;
        if (mark == ')') {
            dump_row_end(d);
            d->reading = READ_INSERT;
        }
    } else if (!d->value_there && kind != TOKEN_MARK) {
        in_value(d, kind, word, n);
    }
}

static void table_named(struct sqldump *d, const char *word)
{
    str_copy(d->table, sizeof d->table, word);
    d->wanted = d->calls.wants(d->calls.arg, d->table);
    d->n_columns = 0;
    d->names_n = 0;
}

/* Between the verb and the name of the table. */
static bool is_between(const char *word)
{
    static const char *const words[] = {"if", "not", "exists", "into", "ignore", "only", "or", "replace", "delayed", "low_priority"};
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq(words[i], word))
            return true;
    return false;
}

/* What comes behind the table's name. */
static void behind_table(struct sqldump *d, enum token kind, const char *word)
{
    char mark = kind == TOKEN_MARK ? word[0] : 0;
    if (mark == '.') {
        d->named = false; /* it was the schema */
    } else if (!d->named && kind != TOKEN_MARK) {
        if (kind == TOKEN_WORD && is_between(word))
            return;
        table_named(d, word);
        d->named = true;
    } else if (mark == '(' && d->verb == VERB_CREATE) {
        table_make(d);
        d->reading = READ_CREATE;
        d->depth = 0;
        in_create(d, kind, word);
    } else if (mark == '(') {
        d->reading = READ_COLUMNS;
    } else if (kind == TOKEN_WORD && d->verb == VERB_INSERT && (str_eq(word, "values") || str_eq(word, "value"))) {
        d->reading = d->wanted ? READ_INSERT : READ_SKIP;
    } else if (kind == TOKEN_WORD && d->verb == VERB_COPY) {
        d->reading = READ_COPY_HEAD;
    } else if (kind == TOKEN_WORD && d->verb == VERB_INSERT && !str_eq(word, "overriding") && !str_eq(word, "system") && !str_eq(word, "user")) {
        d->reading = READ_SKIP; /* INSERT … SELECT */
    }
}

static void head(struct sqldump *d, enum token kind, const char *word)
{
    static const struct {
        const char *word;
        enum verb verb;
    } verbs[] = {{"insert", VERB_INSERT}, {"replace", VERB_INSERT}, {"copy", VERB_COPY}, {"create", VERB_CREATE}};
    if (d->verb == VERB_CREATE) { /* CREATE [UNLOGGED] TABLE */
        bool table = kind == TOKEN_WORD && str_eq(word, "table");
        if (table)
            d->reading = READ_TABLE;
        else if (kind != TOKEN_WORD || !(str_eq(word, "unlogged") || str_eq(word, "temporary") || str_eq(word, "global") || str_eq(word, "local")))
            d->reading = READ_SKIP;
        return;
    }
    d->reading = READ_SKIP;
    for (size_t i = 0; kind == TOKEN_WORD && i < COUNT(verbs); i++)
        if (str_eq(verbs[i].word, word)) {
            d->verb = verbs[i].verb;
            d->reading = d->verb == VERB_CREATE ? READ_HEAD : READ_TABLE;
            d->named = false;
            d->wanted = false;
            d->statements += d->verb != VERB_CREATE;
        }
}

static void copy_head(struct sqldump *d, enum token kind, const char *word)
{
    if (kind != TOKEN_MARK || word[0] != ';')
        return;
    bool wanted = d->wanted;
    statement_end(d);
    d->wanted = wanted;
    d->lex = LEX_COPY;
    d->last = 0;
    buf_clear(&d->row);
    buf_clear(&d->token);
}

void dump_token(struct sqldump *d, enum token kind, const char *word, size_t n)
{
    char mark = kind == TOKEN_MARK ? word[0] : 0;
    if (d->reading == READ_COPY_HEAD) {
        copy_head(d, kind, word);
        return;
    }
    if (mark == ';') {
        statement_end(d);
        return;
    }
    switch (d->reading) {
    case READ_HEAD:
        head(d, kind, word);
        break;
    case READ_TABLE:
        behind_table(d, kind, word);
        break;
    case READ_CREATE:
        in_create(d, kind, word);
        break;
    case READ_COLUMNS:
        if (kind == TOKEN_NAME || kind == TOKEN_WORD)
            column_add(d, word);
        else if (mark == ')')
            d->reading = READ_TABLE;
        break;
    case READ_INSERT:
        if (mark == '(') {
            d->reading = READ_ROW;
            d->depth = 0;
            dump_row_begin(d);
        } else if (mark != ',') {
            d->reading = READ_SKIP; /* ON DUPLICATE KEY … */
        }
        break;
    case READ_ROW:
        in_row(d, kind, word, n);
        break;
    default:
        break;
    }
}
