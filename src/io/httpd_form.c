/* SPDX-License-Identifier: GPL-3.0-or-later */
/* httpd_form.c: headers, paths, query strings, urlencoded forms and cookies of a request that is in
 * memory.  Pure; linked in both worlds.  Values are decoded, not cleaned: that is the caller's
 * door. A pair whose name or value holds a NUL (%00) does not exist for us: C text could not hold
 * it. */
#include "base/err.h"
#include "base/panic.h"
#include "base/str.h"
#include "io/httpd.h"
#include "io/httpd_path.h"
#include <string.h>

enum { FORM_MAX_PAIRS = 2000 };

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte of "%XX" at p (n bytes are left), or -1. */
static int hex_byte(const char *p, size_t n)
{
    if (n < 3 || hex_digit(p[1]) < 0 || hex_digit(p[2]) < 0)
        return -1;
    return hex_digit(p[1]) << 4 | hex_digit(p[2]);
}

/* ---- paths ---- */

static bool path_byte_allowed(int c, bool escaped)
{
    return c >= 0x20 && c != 0x7f && !(escaped && (c == '/' || c == '\\'));
}

static bool has_dots(const char *path)
{
    struct str rest = str_of(path), part;
    while (str_next(&rest, "/", &part))
        if (str_is(part, ".") || str_is(part, ".."))
            return true;
    return false;
}

int httpd_path_decode(const char *raw, char *out, size_t out_bytes)
{
    size_t n = strlen(raw), len = 0;
    if (raw[0] != '/')
        return ERR_INVALID;
    if (n >= out_bytes) /* decoding never makes it longer */
        return ERR_LIMIT;
    for (size_t i = 0; i < n; i++) {
        bool escaped = raw[i] == '%';
        int c = escaped ? hex_byte(raw + i, n - i) : (unsigned char)raw[i];
        if (!path_byte_allowed(c, escaped))
            return ERR_INVALID;
        out[len++] = (char)c;
        i += escaped ? 2 : 0;
    }
    out[len] = '\0';
    return has_dots(out) ? ERR_INVALID : 0;
}

const char *httpd_path_of_url(const char *url)
{
    if (!str_istarts(url, "http://") && !str_istarts(url, "https://"))
        return url;
    const char *slash = strchr(strstr(url, "//") + 2, '/');
    return slash != NULL ? slash : "/";
}

/* ---- header values ---- */

/* ";q=0", ";q=0.0" and so on refuse. */
static bool refused(struct str params)
{
    struct str part;
    while (str_next(&params, ";", &part)) {
        part = str_trim(part);
        if (part.n >= 3 && (part.p[0] | 0x20) == 'q' && part.p[1] == '=') {
            struct str q = {part.p + 2, part.n - 2};
            while (q.n > 0 && (q.p[0] == '0' || q.p[0] == '.'))
                q = (struct str){q.p + 1, q.n - 1};
            return q.n == 0;
        }
    }
    return false;
}

static bool same_word(struct str a, const char *b)
{
    return a.n == strlen(b) && strncasecmp(a.p, b, a.n) == 0;
}

bool httpd_path_accepts(const char *accept, const char *coding)
{
    struct str rest = str_of(accept), item, word;
    bool any = false;
    while (str_next(&rest, ",", &item)) {
        struct str params = item;
        if (!str_next(&params, ";", &word))
            continue;
        word = str_trim(word);
        if (same_word(word, coding))
            return !refused(params);
        any = any || (str_is(word, "*") && !refused(params));
    }
    return any;
}

bool httpd_path_etag_matches(const char *if_none_match, const char *etag)
{
    struct str rest = str_of(if_none_match), item;
    while (str_next(&rest, ",", &item)) {
        item = str_trim(item);
        if (item.n > 2 && item.p[0] == 'W' && item.p[1] == '/')
            item = (struct str){item.p + 2, item.n - 2};
        if (str_is(item, "*") || str_is(item, etag))
            return true;
    }
    return false;
}

/* ---- pairs ---- */

/* "+" and "%XX" decoded into the arena; a broken escape stands for itself; NULL when a NUL is
 * inside. */
static const char *decode(struct arena *a, struct str s)
{
    char *out = arena_alloc(a, s.n + 1);
    size_t len = 0;
    for (size_t i = 0; i < s.n; i++) {
        int c = (unsigned char)s.p[i];
        int byte = c == '%' ? hex_byte(s.p + i, s.n - i) : -1;
        if (byte >= 0)
            i += 2;
        out[len] = (char)(byte >= 0 ? byte : c == '+' ? ' ' : c);
        if (out[len++] == '\0')
            return NULL;
    }
    out[len] = '\0';
    return out;
}

/* Takes the next "name=value" of a list; false at its end. */
static bool pair_next(struct str *rest, struct str *ret_name, struct str *ret_value)
{
    struct str pair;
    do {
        if (!str_next(rest, "&", &pair))
            return false;
    } while (pair.n == 0);
    const char *eq = memchr(pair.p, '=', pair.n);
    size_t n = eq != NULL ? (size_t)(eq - pair.p) : pair.n;
    *ret_name = (struct str){pair.p, n};
    *ret_value = eq != NULL ? (struct str){eq + 1, pair.n - n - 1} : (struct str){"", 0};
    return true;
}

/* Is the encoded name this one?  Without the arena, so that a scan of many pairs keeps nothing. */
static bool name_is(struct str s, const char *name)
{
    size_t at = 0, n = strlen(name);
    for (size_t i = 0; i < s.n; i++, at++) {
        int byte = s.p[i] == '%' ? hex_byte(s.p + i, s.n - i) : -1;
        int c = byte >= 0 ? byte : s.p[i] == '+' ? ' ' : (unsigned char)s.p[i];
        if (at >= n || c != (unsigned char)name[at])
            return false;
        i += byte >= 0 ? 2 : 0;
    }
    return at == n;
}

static const char *pair_find(struct arena *a, struct str list, const char *key)
{
    struct str name, value;
    for (int i = 0; i < FORM_MAX_PAIRS && pair_next(&list, &name, &value); i++)
        if (name_is(name, key))
            return decode(a, value);
    return NULL;
}

static struct str form_of(const struct httpd_request *rq)
{
    const char *type = httpd_header(rq, "Content-Type");
    if (type != NULL && !str_istarts(type, "application/x-www-form-urlencoded"))
        return (struct str){"", 0};
    return (struct str){rq->body != NULL ? rq->body : "", rq->body != NULL ? rq->body_bytes : 0};
}

/* ---- the public half ---- */

const char *httpd_header(const struct httpd_request *rq, const char *name)
{
    for (int i = 0; i < rq->n_headers; i++)
        if (str_ieq(rq->headers[i].name, name))
            return rq->headers[i].value;
    return NULL;
}

const char *httpd_query(const struct httpd_request *rq, const char *name)
{
    return pair_find(rq->arena, str_of(rq->query), name);
}

const char *httpd_form(const struct httpd_request *rq, const char *name)
{
    return pair_find(rq->arena, form_of(rq), name);
}

void httpd_form_each(const struct httpd_request *rq,
                     void (*fn)(void *arg, const char *name, const char *value), void *arg)
{
    struct str list = form_of(rq), name, value;
    for (int i = 0; i < FORM_MAX_PAIRS && pair_next(&list, &name, &value); i++) {
        const char *n = decode(rq->arena, name), *v = decode(rq->arena, value);
        if (n != NULL && v != NULL)
            fn(arg, n, v);
    }
}

static const char *cookie_in(const struct httpd_request *rq, const char *header, const char *name)
{
    struct str rest = str_of(header), part;
    size_t n = strlen(name);
    while (str_next(&rest, ";", &part)) {
        part = str_trim(part);
        if (part.n <= n || part.p[n] != '=' || memcmp(part.p, name, n) != 0)
            continue;
        struct str value = {part.p + n + 1, part.n - n - 1};
        if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
            value = (struct str){value.p + 1, value.n - 2};
        return arena_dupn(rq->arena, value.p, value.n);
    }
    return NULL;
}

/* HTTP/2 gateways may split cookies over several headers. */
const char *httpd_cookie(const struct httpd_request *rq, const char *name)
{
    const char *found = NULL;
    for (int i = 0; i < rq->n_headers && found == NULL; i++)
        if (str_ieq(rq->headers[i].name, "Cookie"))
            found = cookie_in(rq, rq->headers[i].value, name);
    return found;
}

bool httpd_path_activity(const char *accept)
{
    return accept != NULL && (strstr(accept, "application/activity+json") != NULL || strstr(accept, "application/ld+json") != NULL);
}
