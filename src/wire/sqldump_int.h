/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sqldump_int.h: a dump being read.  Two layers: the lexer (sqldump_lex.c) makes tokens of bytes and can stop anywhere; the reader
 * (sqldump.c) makes rows of tokens.
 *
 * Tokens: a word (small letters), a quoted name, a text, a mark; a number is a word.  Comments and blanks are none.  A COPY block is read
 * by lines. */
#ifndef VIGIE_WIRE_SQLDUMP_INT_H
#define VIGIE_WIRE_SQLDUMP_INT_H

#include "base/map.h"
#include "wire/sqldump.h"

enum lex { LEX_START, LEX_WORD, LEX_NAME, LEX_TEXT, LEX_DASH, LEX_LINE, LEX_SLASH, LEX_BLOCK, LEX_COPY };
enum token { TOKEN_WORD, TOKEN_NAME, TOKEN_TEXT, TOKEN_MARK };
enum reading { READ_HEAD, READ_SKIP, READ_CREATE, READ_TABLE, READ_COLUMNS, READ_INSERT, READ_ROW, READ_COPY_HEAD };
enum verb { VERB_NONE, VERB_INSERT, VERB_COPY, VERB_CREATE };

struct table {
    int n;
    const char *columns[SQLDUMP_MAX_COLUMNS];
    char name[];
};
struct sqldump {
    struct sqldump_calls calls;
    struct arena *arena;         /* tables */
    struct map tables;
    int64_t line, strange, statements;
    bool backslash, decided;     /* how quotes are read */
    int code;
    struct err *e;               /* of the feed under way */
    /* lexer */
    enum lex lex;
    char quote, last;            /* last: the byte before, where two say something */
    bool escaping, extended;     /* E'…' */
    bool doubled;                /* a quote came: is it the end, or one of two? */
    struct buf token;
    bool hex;                    /* X'…' */
    /* reader */
    enum reading reading;
    enum verb verb;
    int depth;
    bool column_next;            /* CREATE TABLE: the next word may be a column */
    char table[SQLDUMP_MAX_NAME];
    bool wanted, named;          /* named: a name stands behind the dot */
    struct table *made;          /* by CREATE TABLE */
    const char *columns[SQLDUMP_MAX_COLUMNS];
    int n_columns;
    char names[SQLDUMP_MAX_COLUMNS * 40];
    size_t names_n;
    /* a row */
    struct buf row;
    size_t at[SQLDUMP_MAX_COLUMNS];
    bool null[SQLDUMP_MAX_COLUMNS];
    int n_values;
    bool value_there, replacing;
};

/* sqldump.c */
void dump_fail(struct sqldump *d, const char *msgid); /* {1}: the line */
void dump_token(struct sqldump *d, enum token kind, const char *word, size_t n);
void dump_row_begin(struct sqldump *d);
void dump_value(struct sqldump *d, const char *p, size_t n, bool null); /* one that comes next in the row */
void dump_row_end(struct sqldump *d);

#endif
