/* SPDX-License-Identifier: GPL-3.0-or-later */
/* toml.c: see toml.h. One pass, by descent; what the standard forbids and does no harm (a table opened twice) is taken. */
#include "wire/toml.h"
#include "base/buf.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"
#include <string.h>

struct toml {
    const char *p, *end;
    struct arena *a;
    int line, depth, keys;
    struct err *e;
};

static int wrong(struct toml *t)
{
    return err_set(t->e, ERR_INVALID, MSG("line {1}: this is no TOML"), "i", (int64_t)t->line);
}

static char look(const struct toml *t)
{
    return t->p < t->end ? *t->p : 0;
}

static void blanks(struct toml *t)
{
    while (look(t) == ' ' || look(t) == '\t' || (look(t) == '\r' && t->p + 1 < t->end && t->p[1] == '\n'))
        t->p++;
}

static void comment(struct toml *t)
{
    blanks(t);
    if (look(t) == '#')
        while (t->p < t->end && *t->p != '\n')
            t->p++;
}

/* Over line ends and comments, too. */
static void lines(struct toml *t)
{
    for (comment(t); look(t) == '\n'; comment(t)) {
        t->p++;
        t->line++;
    }
}

static bool is_bare(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* ---- texts ---- */

static bool unicode(struct toml *t, int digits, struct buf *out)
{
    uint32_t c = 0;
    char text[4];
    for (int i = 0; i < digits; i++, t->p++) {
        char h = look(t);
        int v = h >= '0' && h <= '9' ? h - '0' : (h | 32) >= 'a' && (h | 32) <= 'f' ? (h | 32) - 'a' + 10 : -1;
        if (v < 0)
            return false;
        c = c << 4 | (uint32_t)v;
    }
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000) || c == 0)
        return false;
    buf_add(out, text, utf8_encode(c, text));
    return true;
}

/* Behind a backslash. */
static bool escape(struct toml *t, bool many, struct buf *out)
{
    static const char from[] = "btnfre\"\\", to[] = "\b\t\n\f\r\033\"\\";
    char c = look(t);
    const char *at = c ? strchr(from, c) : NULL;
    if (at) {
        t->p++;
        buf_char(out, to[at - from]);
        return true;
    }
    if (c == 'u' || c == 'U') {
        t->p++;
        return unicode(t, c == 'u' ? 4 : 8, out);
    }
    if (!many || !c || !strchr(" \t\r\n", c))
        return false;
    for (; look(t) && strchr(" \t\r\n", look(t)); t->p++) /* a line that goes on */
        t->line += *t->p == '\n';
    return true;
}

static int text(struct toml *t, const char **ret)
{
    char quote = *t->p;
    bool many = t->end - t->p >= 3 && t->p[1] == quote && t->p[2] == quote, ended = false;
    struct buf b = BUF_MAX(TOML_MAX_BYTES);
    bool ok = true;
    t->p += many ? 3 : 1;
    if (many && look(t) == '\r')
        t->p++;
    if (many && look(t) == '\n') {
        t->line++;
        t->p++;
    }
    while (ok && !ended && t->p < t->end) {
        char c = *t->p++;
        bool three = c == quote && t->end - t->p >= 2 && t->p[0] == quote && t->p[1] == quote;
        if (c == quote && (!many || three)) {
            ended = true;
            t->p += many ? 2 : 0;
        } else if (c == '\\' && quote == '"') {
            ok = escape(t, many, &b);
        } else if (c == '\n' && !many) {
            ok = false;
        } else {
            t->line += c == '\n';
            buf_char(&b, c);
        }
    }
    for (; many && ended && look(t) == quote && b.len < 8192; t->p++) /* """" ends with a quote in it */
        buf_char(&b, quote);
    *ret = arena_dup(t->a, buf_text(&b));
    buf_done(&b);
    return ok && ended ? 0 : wrong(t);
}

/* ---- keys ---- */

static int key(struct toml *t, const char **ret)
{
    const char *from;
    blanks(t);
    if (look(t) == '"' || look(t) == '\'')
        return text(t, ret);
    for (from = t->p; t->p < t->end && is_bare(*t->p);)
        t->p++;
    *ret = arena_dupn(t->a, from, (size_t)(t->p - from));
    return t->p > from ? 0 : wrong(t);
}

/* The table of that name, made when it is not there; of a list of tables the last one. NULL: something else has that name. */
static struct doc *inside(struct toml *t, struct doc *o, const char *name)
{
    struct doc *d = doc_get(o, name);
    if (!d && ++t->keys > TOML_MAX_KEYS)
        return NULL;
    if (!d)
        return doc_put_object(o, name);
    if (d->kind == DOC_LIST)
        d = d->kids.last;
    return d && d->kind == DOC_OBJECT ? d : NULL;
}

/* a.b.c: the table that c stands in, and c. */
static int dotted(struct toml *t, struct doc **o, const char **ret)
{
    int r = key(t, ret), depth = 0;
    for (blanks(t); r == 0 && look(t) == '.'; blanks(t)) {
        t->p++;
        *o = ++depth > TOML_MAX_DEPTH ? NULL : inside(t, *o, *ret);
        if (!*o)
            return wrong(t);
        r = key(t, ret);
    }
    return r;
}

/* ---- values ---- */

static int value(struct toml *t, struct doc **ret);

static int pair(struct toml *t, struct doc *o)
{
    const char *name;
    struct doc *v = NULL;
    int r = dotted(t, &o, &name);
    if (r)
        return r;
    blanks(t);
    if (look(t) != '=')
        return wrong(t);
    t->p++;
    blanks(t);
    if (++t->keys > TOML_MAX_KEYS)
        return err_set(t->e, ERR_LIMIT, MSG("line {1}: larger than anything that is taken"), "i", (int64_t)t->line);
    if ((r = value(t, &v)))
        return r;
    if (doc_get(o, name))
        return wrong(t);
    doc_put(o, name, v);
    return 0;
}

/* [1, 2] or { a = 1, b = 2 } */
static int many(struct toml *t, struct doc *into, char close)
{
    int r = 0;
    t->p++;
    for (lines(t); look(t) != close; lines(t)) {
        struct doc *v = NULL;
        if (into->kind == DOC_OBJECT)
            r = pair(t, into);
        else if ((r = value(t, &v)) == 0)
            doc_push(into, v);
        if (r || ++t->keys > TOML_MAX_KEYS)
            return r ? r : wrong(t);
        lines(t);
        if (look(t) == ',')
            t->p++;
        else if (look(t) != close)
            return wrong(t);
    }
    t->p++;
    return 0;
}

/* true, 12, 1_000, 3.5, 2018-04-25 04:13:00: a word, and for a date the clock behind it. */
static int plain(struct toml *t, struct doc **ret)
{
    char word[100], clean[100];
    size_t n = 0, k = 0;
    for (; t->p < t->end && n + 1 < sizeof word && (is_bare(*t->p) || strchr("+.:", *t->p)); t->p++)
        word[n++] = *t->p;
    if (n == 10 && word[4] == '-' && look(t) == ' ' && t->end - t->p > 2 && t->p[1] >= '0' && t->p[1] <= '9')
        for (; t->p < t->end && n + 1 < sizeof word && (is_bare(*t->p) || *t->p == ' ' || strchr("+.:", *t->p)); t->p++)
            word[n++] = *t->p;
    word[n] = 0;
    for (size_t i = 0; i < n; i++)
        if (word[i] != '_')
            clean[k++] = word[i];
    clean[k] = 0;
    struct doc *d = doc_new(t->a, DOC_TEXT);
    *ret = d;
    if (str_eq(word, "true") || str_eq(word, "false")) {
        d->kind = DOC_BOOL;
        d->b = word[0] == 't';
    } else if (str_i64(clean[0] == '+' ? clean + 1 : clean, &d->i) == 0) {
        d->kind = DOC_INT;
    } else if (str_f64(clean[0] == '+' ? clean + 1 : clean, &d->f) == 0) {
        d->kind = DOC_REAL;
    } else {
        d->text = arena_dup(t->a, word);
    }
    return n && (d->kind != DOC_TEXT || (word[0] >= '0' && word[0] <= '9') || strstr(word, "inf") || strstr(word, "nan")) ? 0 : wrong(t);
}

static int value(struct toml *t, struct doc **ret)
{
    char c = look(t);
    const char *s;
    if (t->depth >= TOML_MAX_DEPTH)
        return err_set(t->e, ERR_LIMIT, MSG("line {1}: nested too deep"), "i", (int64_t)t->line);
    if (c == '"' || c == '\'') {
        int r = text(t, &s);
        *ret = doc_new(t->a, DOC_TEXT);
        (*ret)->text = s;
        return r;
    }
    if (c != '[' && c != '{')
        return plain(t, ret);
    t->depth++;
    *ret = doc_new(t->a, c == '[' ? DOC_LIST : DOC_OBJECT);
    int r = many(t, *ret, c == '[' ? ']' : '}');
    t->depth--;
    return r;
}

/* [a.b] and [[a.b]] */
static int header(struct toml *t, struct doc *root, struct doc **ret)
{
    const char *name;
    struct doc *o = root, *list;
    bool one_of_many = t->p + 1 < t->end && t->p[1] == '[';
    t->p += one_of_many ? 2 : 1;
    int r = dotted(t, &o, &name);
    if (r)
        return r;
    if (look(t) != ']' || (one_of_many && (t->p + 1 >= t->end || t->p[1] != ']')))
        return wrong(t);
    t->p += one_of_many ? 2 : 1;
    if (!one_of_many) {
        *ret = inside(t, o, name);
        return *ret ? 0 : wrong(t);
    }
    list = doc_get(o, name);
    if (++t->keys > TOML_MAX_KEYS || (list && list->kind != DOC_LIST))
        return wrong(t);
    *ret = doc_push_object(list ? list : doc_put_list(o, name));
    return 0;
}

int toml_parse(struct arena *a, const char *p, size_t n, struct doc **ret_doc, struct err *e)
{
    struct toml t = {.p = p, .end = p + n, .a = a, .line = 1, .e = e};
    struct doc *root = doc_object(a), *at = root;
    int r = 0;
    if (n > TOML_MAX_BYTES)
        return err_set(e, ERR_LIMIT, MSG("line {1}: larger than anything that is taken"), "i", (int64_t)1);
    for (lines(&t); r == 0 && t.p < t.end; lines(&t)) {
        r = look(&t) == '[' ? header(&t, root, &at) : pair(&t, at);
        comment(&t);
        if (r == 0 && t.p < t.end && *t.p != '\n')
            r = wrong(&t);
    }
    if (r == 0)
        *ret_doc = root;
    return r;
}
