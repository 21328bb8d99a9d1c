/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sqldump_lex.c: tokens of bytes, and COPY blocks by lines; see sqldump_int.h. */
#include "wire/sqldump_int.h"
#include "base/msg.h"
#include "base/str.h"
#include <string.h>

/* ---- COPY: a row a line, values between tabs ---- */

static char unescaped(char c)
{
    static const char from[] = "bfnrtv", to[] = "\b\f\n\r\t\v";
    const char *at = strchr(from, c);
    return c && at ? to[at - from] : c;
}

static void copy_value(struct sqldump *d, const char *p, size_t n)
{
    struct buf b = BUF_MAX(SQLDUMP_MAX_ROW);
    bool null = n == 2 && p[0] == '\\' && p[1] == 'N';
    for (size_t i = 0; i < n && !null; i++) {
        bool escape = p[i] == '\\' && i + 1 < n;
        i += escape;
        buf_char(&b, escape ? unescaped(p[i]) : p[i]);
    }
    dump_value(d, buf_text(&b), b.len, null);
    buf_done(&b);
}

static void copy_line(struct sqldump *d)
{
    const char *p = buf_text(&d->token), *end = p + d->token.len;
    if (d->token.len == 2 && p[0] == '\\' && p[1] == '.') {
        d->lex = LEX_START;
        d->wanted = false;
        return;
    }
    dump_row_begin(d);
    for (const char *tab; d->wanted && !d->code; p = tab + 1) {
        tab = memchr(p, '\t', (size_t)(end - p));
        copy_value(d, p, (size_t)((tab ? tab : end) - p));
        if (!tab)
            break;
    }
    dump_row_end(d);
}

/* ---- the lexer ---- */

static void token_end(struct sqldump *d, enum token kind)
{
    const char *text = buf_text(&d->token);
    d->lex = LEX_START;
    if (d->token.full)
        dump_fail(d, MSG("line {1}: larger than anything that is taken"));
    else
        dump_token(d, kind, text, d->token.len);
    buf_clear(&d->token);
}

static void decide(struct sqldump *d, bool backslash)
{
    if (!d->decided) {
        d->decided = true;
        d->backslash = backslash;
    }
}

/* Comments and settings say whose dump it is. */
static void look_whose(struct sqldump *d, const char *text)
{
    if (strstr(text, "PostgreSQL database dump"))
        decide(d, false);
    else if (strstr(text, "MySQL dump") || strstr(text, "MariaDB dump"))
        decide(d, true);
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static bool is_wordly(const struct sqldump *d, char c) /* numbers have signs and dots */
{
    const char *t = buf_text(&d->token);
    bool number = (t[0] >= '0' && t[0] <= '9') || t[0] == '-' || t[0] == '+' || t[0] == '.';
    return is_word(c) || (number && c == '.') || (number && (c == '+' || c == '-') && d->token.len && (t[d->token.len - 1] | 32) == 'e');
}

/* 'E' or 'x' right before a quote. */
static bool takes_quote(struct sqldump *d, char c)
{
    const char *t = buf_text(&d->token);
    if (c != '\'' || d->token.len != 1)
        return false;
    d->extended = t[0] == 'e';
    d->hex = t[0] == 'x';
    return d->extended || d->hex || t[0] == 'b' || t[0] == 'n';
}

static void text_begin(struct sqldump *d, char quote)
{
    d->lex = quote == '\'' ? LEX_TEXT : LEX_NAME;
    d->quote = quote;
    d->escaping = d->doubled = false;
    buf_clear(&d->token);
}

static void start(struct sqldump *d, char c)
{
    static const char marks[] = "(),;.=@*:<>!%&|^~[]{}?\\";
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0)
        return;
    if (c == '\'' || c == '"' || c == '`') {
        d->extended = d->hex = false;
        if (c == '`')
            decide(d, true);
        text_begin(d, c);
    } else if (c == '-' || c == '+') {
        d->lex = LEX_DASH;
        d->last = c;
    } else if (c == '/') {
        d->lex = LEX_SLASH;
    } else if (c == '#') {
        d->lex = LEX_LINE;
    } else if (is_word(c)) {
        d->lex = LEX_WORD;
        buf_char(&d->token, (char)(c >= 'A' && c <= 'Z' ? c + 32 : c));
    } else if (strchr(marks, c)) {
        buf_char(&d->token, c);
        token_end(d, TOKEN_MARK);
    }
}

static bool is_setting(const char *word)
{
    return str_eq(word, "pragma") || str_eq(word, "standard_conforming_strings");
}

/* A hundred and more in hexadecimal, or X'…': what it says. */
static void unhex(struct sqldump *d, size_t from)
{
    struct buf b = BUF_MAX(d->token.len + 1);
    const char *t = buf_text(&d->token);
    for (size_t i = from; i + 1 < d->token.len; i += 2) {
        int v = 0;
        for (int k = 0; k < 2; k++) {
            char c = t[i + (size_t)k];
            v = v * 16 + (c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : 0);
        }
        buf_char(&b, (char)v);
    }
    buf_clear(&d->token);
    buf_add(&d->token, buf_text(&b), b.len);
    buf_done(&b);
}

static void word_end(struct sqldump *d)
{
    const char *t = buf_text(&d->token);
    if (is_setting(t))
        decide(d, false);
    if (d->token.len > 3 && t[0] == '0' && t[1] == 'x') {
        unhex(d, 2);
        token_end(d, TOKEN_TEXT);
        return;
    }
    token_end(d, TOKEN_WORD);
}

/* What a backslash says in MySQL, and in E'…'. */
static void escaped(struct sqldump *d, char c)
{
    static const char from[] = "0abnrtZ", to[] = "\0\a\b\n\r\t\x1a";
    const char *at = c ? strchr(from, c) : NULL;
    d->escaping = false;
    if (!at && (c == '%' || c == '_'))
        buf_char(&d->token, '\\');
    buf_char(&d->token, at ? to[at - from] : c);
}

/* False: the byte is behind the end. */
static bool in_text(struct sqldump *d, char c)
{
    if (d->escaping) {
        escaped(d, c);
        return true;
    }
    if (d->doubled && c != d->quote) {
        if (d->lex == LEX_TEXT && d->hex)
            unhex(d, 0);
        token_end(d, d->lex == LEX_TEXT ? TOKEN_TEXT : d->quote == '"' && d->reading == READ_ROW ? TOKEN_TEXT : TOKEN_NAME);
        return false;
    }
    if (!d->doubled && c == d->quote) {
        d->doubled = true;
        return true;
    }
    d->doubled = false;
    if (c == '\\' && d->quote != '`' && (d->extended || d->backslash)) {
        d->escaping = true;
        return true;
    }
    if (d->wanted || d->token.len < SQLDUMP_MAX_NAME) /* of what nobody wants no megabytes are kept */
        buf_char(&d->token, c);
    return true;
}

static bool in_word(struct sqldump *d, char c)
{
    if (is_wordly(d, c)) {
        if (d->token.len < SQLDUMP_MAX_NAME || d->reading == READ_ROW)
            buf_char(&d->token, (char)(c >= 'A' && c <= 'Z' ? c + 32 : c));
        return true;
    }
    if (takes_quote(d, c)) {
        bool extended = d->extended, hex = d->hex;
        text_begin(d, c);
        d->extended = extended;
        d->hex = hex;
        return true;
    }
    word_end(d);
    return false;
}

/* Two dashes begin a comment; one is a sign. */
static bool in_dash(struct sqldump *d, char c)
{
    if (c == '-' && d->last == '-') {
        d->lex = LEX_LINE;
        buf_clear(&d->token);
        return true;
    }
    d->lex = (c >= '0' && c <= '9') || c == '.' ? LEX_WORD : LEX_START;
    if (d->lex == LEX_WORD)
        buf_char(&d->token, d->last);
    return false;
}

static bool in_comment(struct sqldump *d, char c)
{
    bool ends = d->lex == LEX_LINE ? c == '\n' : c == '/' && d->last == '*';
    d->last = c;
    if (!ends && d->token.len < 200)
        buf_char(&d->token, c);
    if (ends) {
        look_whose(d, buf_text(&d->token));
        buf_clear(&d->token);
        d->lex = LEX_START;
    }
    return true;
}

static bool in_slash(struct sqldump *d, char c)
{
    d->lex = c == '*' ? LEX_BLOCK : LEX_START;
    d->last = 0;
    return c == '*';
}

static bool in_copy(struct sqldump *d, char c)
{
    if (c == '\n') {
        if (d->token.full)
            dump_fail(d, MSG("line {1}: larger than anything that is taken"));
        else if (d->token.len || d->last)
            copy_line(d);
        d->last = 1; /* the first line end is that of the statement */
        buf_clear(&d->token);
    } else if (c != '\r') {
        d->last = 1;
        if (d->wanted || d->token.len < SQLDUMP_MAX_NAME)
            buf_char(&d->token, c);
    }
    return true;
}

static void take(struct sqldump *d, char c)
{
    bool taken = false;
    d->line += c == '\n';
    while (!taken) {
        switch (d->lex) {
        case LEX_WORD:
            taken = in_word(d, c);
            break;
        case LEX_NAME:
        case LEX_TEXT:
            taken = in_text(d, c);
            break;
        case LEX_DASH:
            taken = in_dash(d, c);
            break;
        case LEX_LINE:
        case LEX_BLOCK:
            taken = in_comment(d, c);
            break;
        case LEX_SLASH:
            taken = in_slash(d, c);
            break;
        case LEX_COPY:
            taken = in_copy(d, c);
            break;
        default:
            start(d, c);
            taken = true;
        }
    }
}

/* Most bytes say nothing by themselves: those within a text, and numbers that nobody wants. */
static size_t quick(struct sqldump *d, const char *p, size_t n)
{
    static const bool dull[256] = {[' '] = true, [','] = true, ['('] = true, [')'] = true, ['.'] = true, ['0' ... '9'] = true};
    size_t k = 0, room;
    if (d->lex == LEX_START && d->reading == READ_SKIP) {
        while (k < n && dull[(unsigned char)p[k]])
            k++;
    } else if (d->lex == LEX_TEXT && !d->escaping && !d->doubled) {
        while (k < n && p[k] != '\'' && p[k] != '\\' && p[k] != '\n')
            k++;
        room = d->wanted ? k : d->token.len < SQLDUMP_MAX_NAME ? SQLDUMP_MAX_NAME - d->token.len : 0;
        buf_add(&d->token, p, k < room ? k : room);
    }
    return k;
}

int sqldump_feed(struct sqldump *d, const char *p, size_t n, struct err *e)
{
    d->e = e;
    for (size_t i = 0; i < n && !d->code;) {
        i += quick(d, p + i, n - i);
        if (i < n)
            take(d, p[i++]);
    }
    d->e = NULL;
    return d->code;
}

int sqldump_end(struct sqldump *d, struct err *e)
{
    if (sqldump_feed(d, "\n", 1, e))
        return d->code;
    if (d->lex == LEX_COPY || d->lex == LEX_TEXT || d->lex == LEX_NAME || d->reading == READ_ROW || d->reading == READ_COLUMNS)
        return err_set(e, ERR_INVALID, MSG("line {1}: it ends within a statement: the dump was cut"), "i", d->line);
    return d->statements ? 0 : err_set(e, ERR_INVALID, MSG("this is no dump of a database: there is no INSERT and no COPY in it"), "");
}
