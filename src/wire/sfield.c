/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sfield.c: RFC 9651, section 4.2 (parsing) and 4.1 (serialization). */
#include "wire/sfield.h"
#include "base/err.h"
#include <string.h>

enum { INT_DIGITS = 15, DECIMAL_WHOLE = 12, DECIMAL_PART = 3 };

struct sfield sfield_of(const char *text)
{
    struct sfield r = {text, text ? text + strlen(text) : text, false};
    while (r.at < r.end && *r.at == ' ')
        r.at++;
    while (r.end > r.at && r.end[-1] == ' ')
        r.end--;
    return r;
}

/* ---- letters ---- */

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
    return is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool in_key(char c)
{
    return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '*';
}

static bool in_token(char c)
{
    return is_alpha(c) || is_digit(c) || (c && strchr("!#$%&'*+-.^_`|~:/", c));
}

static bool in_base64(char c)
{
    return is_alpha(c) || is_digit(c) || c == '+' || c == '/' || c == '=';
}

static bool peek(const struct sfield *r, char c)
{
    return r->at < r->end && *r->at == c;
}

static bool take(struct sfield *r, char c)
{
    bool there = peek(r, c);
    r->at += there;
    return there;
}

static void skip(struct sfield *r, bool tabs)
{
    while (r->at < r->end && (*r->at == ' ' || (tabs && *r->at == '\t')))
        r->at++;
}

/* ---- values ---- */

static int read_key(struct sfield *r, struct str *ret)
{
    const char *from = r->at;
    if (r->at >= r->end || (!is_lower(*r->at) && *r->at != '*'))
        return ERR_PROTOCOL;
    while (r->at < r->end && in_key(*r->at))
        r->at++;
    *ret = (struct str){from, (size_t)(r->at - from)};
    return 1;
}

/* An integer, or a decimal of at most twelve digits and three. */
static int read_number(struct sfield *r, struct sfield_value *ret)
{
    const char *from = r->at;
    bool minus = take(r, '-');
    int64_t whole = 0;
    int digits = 0, part = 0;
    for (; r->at < r->end && is_digit(*r->at) && digits <= INT_DIGITS; r->at++, digits++)
        whole = whole * 10 + (*r->at - '0');
    if (!digits || digits > INT_DIGITS)
        return ERR_PROTOCOL;
    *ret = (struct sfield_value){.kind = SFIELD_INT, .i = minus ? -whole : whole};
    if (!take(r, '.'))
        return 1;
    for (; r->at < r->end && is_digit(*r->at) && part <= DECIMAL_PART; r->at++)
        part++;
    *ret = (struct sfield_value){.kind = SFIELD_DECIMAL, .text = {from, (size_t)(r->at - from)}};
    return part && part <= DECIMAL_PART && digits <= DECIMAL_WHOLE ? 1 : ERR_PROTOCOL;
}

static int read_string(struct sfield *r, struct sfield_value *ret)
{
    const char *from = ++r->at;
    for (; r->at < r->end && *r->at != '"'; r->at++) {
        if (*r->at == '\\' && (++r->at >= r->end || (*r->at != '"' && *r->at != '\\')))
            return ERR_PROTOCOL;
        if (*r->at < ' ' || *r->at > '~')
            return ERR_PROTOCOL;
    }
    *ret = (struct sfield_value){.kind = SFIELD_STRING, .text = {from, (size_t)(r->at - from)}};
    return take(r, '"') ? 1 : ERR_PROTOCOL;
}

static int read_bytes(struct sfield *r, struct sfield_value *ret)
{
    const char *from = ++r->at;
    while (r->at < r->end && in_base64(*r->at))
        r->at++;
    *ret = (struct sfield_value){.kind = SFIELD_BYTES, .text = {from, (size_t)(r->at - from)}};
    return take(r, ':') ? 1 : ERR_PROTOCOL;
}

static int read_bool(struct sfield *r, struct sfield_value *ret)
{
    r->at++;
    *ret = (struct sfield_value){.kind = SFIELD_BOOL, .i = peek(r, '1')};
    return take(r, '0') || take(r, '1') ? 1 : ERR_PROTOCOL;
}

static int read_date(struct sfield *r, struct sfield_value *ret)
{
    r->at++;
    int n = read_number(r, ret);
    if (n < 0 || ret->kind != SFIELD_INT)
        return ERR_PROTOCOL;
    ret->kind = SFIELD_DATE;
    return 1;
}

static int read_bare(struct sfield *r, struct sfield_value *ret)
{
    const char *from = r->at;
    char c = r->at < r->end ? *r->at : 0;
    if (c == '-' || is_digit(c))
        return read_number(r, ret);
    if (c == '"')
        return read_string(r, ret);
    if (c == ':')
        return read_bytes(r, ret);
    if (c == '?')
        return read_bool(r, ret);
    if (c == '@')
        return read_date(r, ret);
    if (c != '*' && !is_alpha(c))
        return ERR_PROTOCOL;
    while (r->at < r->end && in_token(*r->at))
        r->at++;
    *ret = (struct sfield_value){.kind = SFIELD_TOKEN, .text = {from, (size_t)(r->at - from)}};
    return 1;
}

/* ---- walking ---- */

int sfield_member(struct sfield *r, struct str *ret_key, struct sfield_value *ret)
{
    if (r->begun) {
        skip(r, true);
        if (r->at >= r->end)
            return 0;
        if (!take(r, ','))
            return ERR_PROTOCOL;
        skip(r, true);
        if (r->at >= r->end)
            return ERR_PROTOCOL; /* a comma at the end */
    } else if (r->at >= r->end) {
        return 0;
    }
    r->begun = true;
    if (read_key(r, ret_key) < 0)
        return ERR_PROTOCOL;
    *ret = (struct sfield_value){.kind = SFIELD_TRUE, .i = 1};
    if (!take(r, '='))
        return 1;
    if (!take(r, '('))
        return read_bare(r, ret);
    ret->kind = SFIELD_INNER;
    return 1;
}

int sfield_inner_next(struct sfield *r, struct sfield_value *ret)
{
    bool apart = r->at > r->end - 1 ? false : r->at[-1] == '(' || *r->at == ' ' || *r->at == ')';
    skip(r, false);
    if (take(r, ')'))
        return 0;
    return apart ? read_bare(r, ret) : ERR_PROTOCOL;
}

int sfield_param(struct sfield *r, struct str *ret_key, struct sfield_value *ret)
{
    if (!take(r, ';'))
        return 0;
    skip(r, false);
    if (read_key(r, ret_key) < 0)
        return ERR_PROTOCOL;
    *ret = (struct sfield_value){.kind = SFIELD_TRUE, .i = 1};
    return take(r, '=') ? read_bare(r, ret) : 1;
}

bool sfield_text(const struct sfield_value *v, char *out, size_t n)
{
    size_t len = 0;
    for (size_t i = 0; i < v->text.n; i++) {
        if (v->kind == SFIELD_STRING && v->text.p[i] == '\\' && i + 1 < v->text.n)
            i++;
        if (len + 1 >= n)
            return false;
        out[len++] = v->text.p[i];
    }
    out[len] = 0;
    return true;
}

/* ---- writing ---- */

void sfield_write(struct buf *out, const struct sfield_value *v)
{
    int n = (int)v->text.n;
    switch (v->kind) {
    case SFIELD_TRUE:
    case SFIELD_INNER:
        break;
    case SFIELD_BOOL:
        buf_str(out, v->i ? "?1" : "?0");
        break;
    case SFIELD_INT:
        buf_printf(out, "%lld", (long long)v->i);
        break;
    case SFIELD_DATE:
        buf_printf(out, "@%lld", (long long)v->i);
        break;
    case SFIELD_STRING:
        buf_printf(out, "\"%.*s\"", n, v->text.p);
        break;
    case SFIELD_BYTES:
        buf_printf(out, ":%.*s:", n, v->text.p);
        break;
    case SFIELD_TOKEN:
    case SFIELD_DECIMAL:
        buf_add(out, v->text.p, v->text.n);
        break;
    }
}

void sfield_quote(struct buf *out, const char *text)
{
    buf_char(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_char(out, '\\');
        buf_char(out, *text < ' ' || *text > '~' ? '?' : *text);
    }
    buf_char(out, '"');
}
