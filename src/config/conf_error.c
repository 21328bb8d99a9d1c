/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_error.c: all the errors of one load, and how one is shown.  They are collected in whatever
 * order the passes find them and sorted by place at the end.  The same error at the same place (a
 * block that is used by many aliases) is kept once; after CONF_MAX_ERRORS they are only counted. */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "base/utf8.h"
#include <ctype.h>

enum { TEXT_BYTES = 2000, SOURCE_BYTES = 160 };

void conf_errors_done(struct conf_errors *es)
{
    es->arena = arena_free(es->arena);
    es->n = es->more = 0;
}

int conf_error_count(const struct conf_ctx *c)
{
    return c->errors->n + c->errors->more;
}

static bool known(const struct conf_ctx *c, int file, unsigned line, unsigned column,
                  const char *text)
{
    for (int i = c->errors->n - 1; i >= 0; i--) {
        const struct conf_error *e = &c->errors->at[i];

        if (e->line == line && e->column == column && c->error_file[i] == file &&
            str_eq(e->text, text))
            return true;
    }
    return false;
}

static void add(struct conf_ctx *c, struct conf_where w, const char *packed)
{
    struct conf_errors *es = c->errors;

    if (known(c, w.file, w.line, w.column, packed))
        return;
    if (es->n == CONF_MAX_ERRORS) {
        es->more++;
        return;
    }
    if (es->arena == NULL)
        es->arena = arena_new(4096);
    c->error_file[es->n] = w.file;
    es->at[es->n++] = (struct conf_error){
        .file = c->files ? arena_dup(es->arena, c->files[w.file].name) : "",
        .line = w.line,
        .column = w.column,
        .text = arena_dup(es->arena, packed),
    };
}

static void add_args(struct conf_ctx *c, struct conf_where w, const char *msgid, const char *types,
                     va_list ap)
{
    struct buf b = BUF_MAX(TEXT_BYTES);

    msg_vpack(&b, msgid, types, ap);
    add(c, w, buf_text(&b));
    buf_done(&b);
}

struct conf_where conf_where_of(const struct conf_ctx *c, const struct node *n)
{
    struct conf_where w = {.file = (uint16_t)c->file_index, .line = 1, .column = 1};

    /* An empty value has no place that one could point to; its key has. */
    if (n && n->key && n->kind == NODE_TEXT && n->plain && n->text[0] == '\0')
        n = n->key;
    if (n) {
        w.line = n->line;
        w.column = n->column;
    }
    for (int low = 0, high = n && w.line ? c->n_bases : 0; low < high;) {
        int mid = (low + high) / 2;

        if (c->line_base[mid] < n->line) {
            w.file = (uint16_t)mid;
            w.line = n->line - c->line_base[mid];
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return w;
}

static void note_field(struct conf_ctx *c, const struct node *n)
{
    const char *key = n == NULL              ? NULL
                      : n->key               ? n->key->text
                      : n->kind == NODE_TEXT ? n->text
                                             : NULL;

    if (key && conf_error_count(c) == 0)
        str_copy(c->field, sizeof(c->field), key);
}

void conf_error_at(struct conf_ctx *c, const struct node *n, const char *msgid, const char *types,
                   ...)
{
    va_list ap;

    note_field(c, n);
    va_start(ap, types);
    add_args(c, conf_where_of(c, n), msgid, types, ap);
    va_end(ap);
}

void conf_error_line(struct conf_ctx *c, unsigned line, unsigned column, const char *msgid,
                     const char *types, ...)
{
    struct conf_where w = {.file = (uint16_t)c->file_index, .line = line, .column = column};
    va_list ap;

    va_start(ap, types);
    add_args(c, w, msgid, types, ap);
    va_end(ap);
}

void conf_error_where(struct conf_ctx *c, struct conf_where w, const char *msgid, const char *types,
                      ...)
{
    va_list ap;

    va_start(ap, types);
    add_args(c, w, msgid, types, ap);
    va_end(ap);
}

void conf_error_packed(struct conf_ctx *c, const struct node *n, const char *packed)
{
    note_field(c, n);
    add(c, conf_where_of(c, n), packed);
}

/* ---- what must not be read over somebody's shoulder, or in a log */

static bool is_secret_key(const char *p, size_t n)
{
    static const char *const words[] = {"passw", "pasw", "pwd", "secret", "token", "bearer", "community", "authorization", "cookie"};
    char key[64];

    str_copyn(key, sizeof(key), p, n);
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcasestr(key, words[i]))
            return true;
    return false;
}

/* Where the value that begins at p ends, as far as a line tells it. */
static size_t value_bytes(const char *p)
{
    size_t n;

    if (*p == '"' || *p == '\'') {
        for (n = 1; p[n] && p[n] != *p; n++)
            n += *p == '"' && p[n] == '\\' && p[n + 1];
        return n + (p[n] != '\0');
    }
    for (n = 0; p[n] && p[n] != ',' && p[n] != '}'; n++)
        if (p[n] == ' ' && p[n + 1] == '#')
            break;
    return n;
}

/* Stars for values whose key says that they are secret, and for passwords in addresses; as many, so that the caret stays. */
static void hide_secrets(char *line)
{
    for (char *colon = line; (colon = strchr(colon, ':')) != NULL; colon++) {
        char *key = colon, *value = colon + 1 + strspn(colon + 1, " "), *at;

        if (str_starts(colon, "://") && (at = strpbrk(colon + 3, "@/ ")) != NULL && *at == '@') {
            value = memchr(colon + 3, ':', (size_t)(at - colon) - 3);
            if (value)
                memset(value + 1, '*', (size_t)(at - value) - 1);
            continue;
        }
        while (key > line && (isalnum((unsigned char)key[-1]) || strchr("_-\"' ", key[-1])))
            key--;
        if (value == colon + 1 || *value == '{' || *value == '[' || !is_secret_key(key, (size_t)(colon - key)))
            continue;
        memset(value, '*', value_bytes(value));
    }
}

/* ---- what was read */

/* What was read, packed: “30x”, a list, nothing. */
static void was_read(struct buf *out, const struct node *n)
{
    struct buf clean = BUF_MAX(256);

    if (node_is_null(n)) {
        msg_pack(out, MSG("nothing"), "");
    } else if (n->kind == NODE_LIST) {
        msg_pack(out, MSG("a list"), "");
    } else if (n->kind == NODE_MAP) {
        msg_pack(out, MSG("a mapping"), "");
    } else {
        size_t len = strlen(n->text);

        utf8_clean(&clean, n->text, len, UTF8_ONE_LINE, 60);
        if (len > 60)
            buf_str(&clean, "…");
        hide_secrets(clean.data ? clean.data : (char[]){""});
        msg_pack(out, MSG("“{1}”"), "s", buf_text(&clean));
    }
    buf_done(&clean);
}

void conf_error_expected(struct conf_ctx *c, const struct node *n, const char *key,
                         const char *expected)
{
    struct buf read = BUF_MAX(600);

    was_read(&read, n);
    conf_error_at(c, n, MSG("{1}: {2} was read; expected: {3}"), "smm", key, buf_text(&read),
                  expected);
    buf_done(&read);
}

/* ---- order and source lines */

static bool before(const struct conf_ctx *c, int a, int b)
{
    const struct conf_error *x = &c->errors->at[a], *y = &c->errors->at[b];

    if (c->error_file[a] != c->error_file[b])
        return c->error_file[a] < c->error_file[b];
    if (x->line != y->line)
        return x->line < y->line;
    return x->column < y->column;
}

static void sort(struct conf_ctx *c)
{
    struct conf_error *at = c->errors->at;

    for (int i = 1; i < c->errors->n; i++) {
        for (int j = i; j > 0 && before(c, j, j - 1); j--) {
            struct conf_error e = at[j];
            uint16_t f = c->error_file[j];

            at[j] = at[j - 1];
            c->error_file[j] = c->error_file[j - 1];
            at[j - 1] = e;
            c->error_file[j - 1] = f;
        }
    }
}

/* A long line is not shown: the caret would be lost in it. */
static const char *line_copy(struct arena *a, const char *p, const char *end)
{
    const char *stop = memchr(p, '\n', (size_t)(end - p));
    struct buf b = BUF_MAX(SOURCE_BYTES * 4);
    char *copy = NULL;
    size_t n = (size_t)((stop ? stop : end) - p);

    if (n > 0 && p[n - 1] == '\r')
        n--;
    if (n <= SOURCE_BYTES) {
        utf8_clean(&b, p, n, UTF8_ONE_LINE, SOURCE_BYTES * 4);
        copy = arena_dup(a, buf_text(&b));
        hide_secrets(copy);
    }
    buf_done(&b);
    return copy;
}

/* One pass over each file, as the errors are in order. */
static void find_sources(struct conf_ctx *c)
{
    const char *p = NULL, *end = NULL;
    unsigned line = 1;
    int file = -1;

    for (int i = 0; i < c->errors->n; i++) {
        struct conf_error *e = &c->errors->at[i];

        if (c->error_file[i] != file) {
            file = c->error_file[i];
            p = c->files[file].text;
            end = p + c->files[file].bytes;
            line = 1;
        }
        while (p && line < e->line) {
            p = memchr(p, '\n', (size_t)(end - p));
            p = p ? p + 1 : NULL;
            line++;
        }
        if (p && p < end && e->line)
            e->source = line_copy(c->errors->arena, p, end);
    }
}

void conf_error_finish(struct conf_ctx *c)
{
    sort(c);
    if (c->files)
        find_sources(c);
}

const char *conf_where_text(const struct conf_ctx *c, struct conf_where w, struct arena *a)
{
    return arena_printf(a, "%s:%u", c->files ? c->files[w.file].name : "", (unsigned)w.line);
}

/* Terminal columns of the first n characters. */
static int columns_before(const char *source, unsigned n)
{
    char part[SOURCE_BYTES * 4 + 1];
    size_t at = 0, len, end = strlen(source);
    uint32_t ch;

    for (; n > 0 && at < end; n--) {
        len = utf8_decode(source + at, end - at, &ch);
        at += len ? len : 1;
    }
    str_copyn(part, sizeof(part), source, at);
    return utf8_width(part);
}

void conf_error_print(struct buf *out, const struct conf_error *e, const char *lang)
{
    if (e->line)
        buf_printf(out, "%s:%u:%u: ", e->file, e->line, e->column);
    msg_render(out, e->text, lang);
    buf_char(out, '\n');
    if (e->source == NULL || e->line == 0)
        return;
    buf_printf(out, "%6u | %s\n       | ", e->line, e->source);
    for (int i = columns_before(e->source, e->column ? e->column - 1 : 0); i > 0; i--)
        buf_char(out, ' ');
    buf_str(out, "^\n");
}
