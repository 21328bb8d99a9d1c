/* SPDX-License-Identifier: GPL-3.0-or-later */
/* json.c: JSON text into a doc tree and back.  jansson reads (its tree lives only within
 * json_parse); the depth is checked before it sees the text, as its own limit is far higher than
 * ours.  Texts with a NUL character are refused: everything behind doc.h is NUL-terminated. */
#include "base/json.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "base/utf8.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64 };

/* What each of jansson's complaints is called here. */
static const struct {
    enum json_error_code code;
    const char *msgid;
} complaints[] = {
    {json_error_premature_end_of_input, MSG("the text ends too early")},
    {json_error_end_of_input_expected, MSG("something follows after the end of the value")},
    {json_error_invalid_utf8, MSG("not valid UTF-8")},
    {json_error_null_character, MSG("a NUL character is not allowed")},
    {json_error_null_byte_in_key, MSG("a NUL character is not allowed")},
    {json_error_duplicate_key, MSG("the same key is there twice")},
    {json_error_numeric_overflow, MSG("the number is too large")},
};

static const char *complaint(const json_error_t *error)
{
    for (size_t i = 0; i < COUNT(complaints); i++)
        if (complaints[i].code == json_error_code(error))
            return complaints[i].msgid;
    return MSG("not JSON: a value, a comma or a closing bracket is missing or misplaced");
}

static int refuse(struct err *e, int code, int64_t line, int64_t column, const char *msgid)
{
    struct buf why = BUF_MAX(256);

    msg_pack(&why, msgid, "");
    err_set(e, code, MSG("JSON, line {1}, column {2}: {3}"), "iim", line, column, buf_text(&why));
    buf_done(&why);
    return code;
}

/* Offset of the bracket that opens a level too many, or n. */
static size_t too_deep(const char *p, size_t n)
{
    int depth = 0;
    bool text = false;

    for (size_t i = 0; i < n; i++) {
        if (text && p[i] == '\\')
            i++;
        else if (p[i] == '"')
            text = !text;
        else if (!text && (p[i] == '[' || p[i] == '{') && ++depth > DEPTH_MAX)
            return i;
        else if (!text && (p[i] == ']' || p[i] == '}'))
            depth--;
    }
    return n;
}

static int refuse_depth(const char *p, size_t at, struct err *e)
{
    int64_t line = 1, column = 1;

    for (size_t i = 0; i < at; i++, column++)
        if (p[i] == '\n')
            line++, column = 0;
    return refuse(e, ERR_LIMIT, line, column, MSG("nested too deeply (64 levels at most)"));
}

/* Never deeper than DEPTH_MAX. */
static struct doc *to_doc(struct arena *a, const json_t *j)
{
    struct doc *d;
    const char *key;
    json_t *kid;
    size_t i;

    switch (json_typeof(j)) {
    case JSON_OBJECT:
        d = doc_object(a);
        for (void *it = json_object_iter((json_t *)(uintptr_t)j); it;
             it = json_object_iter_next((json_t *)(uintptr_t)j, it)) {
            key = json_object_iter_key(it);
            doc_append(d, key, to_doc(a, json_object_iter_value(it)));
        }
        return d;
    case JSON_ARRAY:
        d = doc_list(a);
        json_array_foreach(j, i, kid) doc_push(d, to_doc(a, kid));
        return d;
    case JSON_STRING:
        d = doc_new(a, DOC_TEXT);
        d->text = arena_dupn(a, json_string_value(j), json_string_length(j));
        return d;
    case JSON_INTEGER:
        d = doc_new(a, DOC_INT);
        d->i = json_integer_value(j);
        return d;
    case JSON_REAL:
        d = doc_new(a, DOC_REAL);
        d->f = json_real_value(j);
        return d;
    case JSON_TRUE:
    case JSON_FALSE:
        d = doc_new(a, DOC_BOOL);
        d->b = json_is_true(j);
        return d;
    default:
        return doc_new(a, DOC_NULL);
    }
}

int json_parse(struct arena *a, const char *p, size_t n, size_t max_bytes, struct doc **ret_doc,
               struct err *e)
{
    json_error_t error;
    json_t *j;
    size_t at;

    if (n > max_bytes)
        return err_set(e, ERR_LIMIT, MSG("JSON: {1}, and {2} is the most that is read"), "bb",
                       (int64_t)n, (int64_t)max_bytes);
    at = too_deep(p, n);
    if (at < n)
        return refuse_depth(p, at, e);
    j = json_loadb(n ? p : "", n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (j == NULL)
        return refuse(e, ERR_INVALID, error.line, error.column, complaint(&error));
    *ret_doc = to_doc(a, j);
    json_decref(j);
    return 0;
}

/* ---- writing ---- */

/* Bytes that go into a string as they are. */
static size_t plain_length(const char *p)
{
    size_t n = 0;

    while ((unsigned char)p[n] >= 0x20 && (unsigned char)p[n] < 0x7f && p[n] != '"' && p[n] != '\\')
        n++;
    return n;
}

static void put_special(struct buf *out, const char **at)
{
    static const char letters[] = "\"\"\\\\\nn\tt\rr\bb\ff";
    char c = **at, bytes[4];
    const char *letter = (unsigned char)c < 0x80 ? strchr(letters, c) : NULL;
    uint32_t decoded;
    size_t len;

    if (letter) {
        buf_char(out, '\\');
        buf_char(out, letter[1]);
        (*at)++;
    } else if ((unsigned char)c < 0x20 || c == 0x7f) {
        buf_printf(out, "\\u%04x", (unsigned)c);
        (*at)++;
    } else {
        len = utf8_decode(*at, strnlen(*at, 4), &decoded);
        buf_add(out, bytes, utf8_encode(len ? decoded : 0xfffd, bytes));
        *at += len ? len : 1;
    }
}

void json_quote(struct buf *out, const char *text)
{
    buf_char(out, '"');
    while (text && *text) {
        size_t n = plain_length(text);

        buf_add(out, text, n);
        text += n;
        if (*text)
            put_special(out, &text);
    }
    buf_char(out, '"');
}

/* The shortest text that reads back as the same number; JSON has no infinity. */
static void put_real(struct buf *out, double v)
{
    char text[40];

    if (!isfinite(v)) {
        buf_str(out, "null");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        str_print(text, sizeof(text), "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    buf_str(out, text);
    if (strpbrk(text, ".e") == NULL)
        buf_str(out, ".0"); /* stays a real when read again */
}

static void put_time(struct buf *out, int64_t wall_ms)
{
    char text[TIME_RFC3339_BYTES];

    time_rfc3339(wall_ms, wall_ms % 1000 != 0, text);
    json_quote(out, text);
}

static void put_msg(struct buf *out, const char *packed, const char *lang)
{
    struct buf b = BUF_MAX(out->max);

    msg_render(&b, packed, lang);
    json_quote(out, buf_text(&b));
    buf_done(&b);
}

static void new_line(struct buf *out, int indent, int level)
{
    if (indent == 0)
        return;
    buf_char(out, '\n');
    for (int i = 0; i < indent * level; i++)
        buf_char(out, ' ');
}

static void write_value(struct buf *out, const struct doc *d, const char *lang, int indent,
                        int level);

static void write_kids(struct buf *out, const struct doc *d, const char *lang, int indent,
                       int level)
{
    bool object = d->kind == DOC_OBJECT;

    buf_char(out, object ? '{' : '[');
    DOC_EACH(d, kid)
    {
        if (kid != d->kids.first)
            buf_char(out, ',');
        new_line(out, indent, level + 1);
        if (object) {
            json_quote(out, kid->key);
            buf_str(out, indent ? ": " : ":");
        }
        write_value(out, kid, lang, indent, level + 1);
    }
    if (d->kids.first)
        new_line(out, indent, level);
    buf_char(out, object ? '}' : ']');
}

static void write_value(struct buf *out, const struct doc *d, const char *lang, int indent,
                        int level)
{
    switch (d ? d->kind : DOC_NULL) {
    case DOC_NULL:
        buf_str(out, "null");
        break;
    case DOC_BOOL:
        buf_str(out, d->b ? "true" : "false");
        break;
    case DOC_INT:
        buf_printf(out, "%lld", (long long)d->i);
        break;
    case DOC_REAL:
        put_real(out, d->f);
        break;
    case DOC_TEXT:
        json_quote(out, d->text);
        break;
    case DOC_MSG:
        put_msg(out, d->text, lang);
        break;
    case DOC_TIME:
        put_time(out, d->i);
        break;
    case DOC_LIST:
    case DOC_OBJECT:
        write_kids(out, d, lang, indent, level);
        break;
    }
}

void json_write(struct buf *out, const struct doc *d, const char *lang, int indent)
{
    write_value(out, d, lang, indent, 0);
    if (indent)
        buf_char(out, '\n');
}
