/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mime_lists.c: what stands within headers: addresses, ids, parameters, verdicts. */
#include "base/utf8.h"
#include "wire/mime.h"
#include <stdlib.h>
#include <string.h>

/* Past a comment, which may hold others: "(… (…) …)". */
static const char *past_comment(const char *p)
{
    int depth = 0;
    for (; *p; p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (*p == '(')
            depth++;
        else if (*p == ')' && --depth == 0)
            return p + 1;
    }
    return p;
}

static const char *past_quoted(const char *p)
{
    for (p++; *p && *p != '"'; p++)
        if (*p == '\\' && p[1])
            p++;
    return *p ? p + 1 : p;
}

/* ---- addresses ---- */

static bool address_fits(const char *p, size_t n)
{
    size_t ats = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c <= 0x20 || c == 0x7f || strchr("<>()[],;:\\\"", c))
            return false;
        ats += c == '@';
    }
    return n >= 3 && n <= MIME_MAX_ADDRESS && ats == 1 && p[0] != '@' && p[n - 1] != '@';
}

/* One mailbox between *rest and the comma: what stands in brackets, else all of it. */
bool mime_address(const char **rest, char *out, size_t n)
{
    for (const char *p = *rest; *p;) {
        char bare[MIME_MAX_ADDRESS + 2];
        size_t len = 0;
        const char *open = NULL, *close = NULL;
        bool quoted = false;
        for (; *p && *p != ',' && *p != ';'; ) {
            if (*p == '(') {
                p = past_comment(p);
            } else if (*p == '"') {
                quoted |= open == NULL;
                p = past_quoted(p);
            } else if (*p == ':' && !open) { /* the name of a group */
                len = 0;
                quoted = false;
                p++;
            } else {
                open = *p == '<' ? p + 1 : open;
                close = *p == '>' && open ? p : close;
                if (*p != ' ' && *p != '\t' && len < sizeof bare)
                    bare[len++] = *p;
                p++;
            }
        }
        p += *p != 0;
        *rest = p;
        const char *found = open && close && close > open ? open : quoted || open ? NULL : bare;
        size_t found_n = found == open && open ? (size_t)(close - open) : len;
        struct str s = found ? str_trim((struct str){found, found_n}) : (struct str){"", 0};
        if (found && address_fits(s.p, s.n) && str_copyn(out, n, s.p, s.n))
            return true;
    }
    return false;
}

bool mime_id(const char **rest, char *out, size_t n)
{
    const char *p = *rest;
    for (;;) {
        const char *open = strchr(p, '<'), *close = open ? strchr(open, '>') : NULL;
        if (!close)
            return false;
        p = close + 1;
        *rest = p;
        size_t len = (size_t)(close - open - 1);
        if (len && len < n && len == strcspn(open + 1, " \t<>\"")) {
            str_copyn(out, n, open + 1, len);
            return true;
        }
    }
}

/* ---- parameters ---- */

/* The next "; name*0*=value" of a header; false: no more. */
static bool param_next(const char **rest, struct str *name, struct buf *value)
{
    const char *p = *rest;
    buf_clear(value);
    while (*p && *p != ';') {
        if (*p == '"')
            p = past_quoted(p);
        else
            p++;
    }
    if (!*p)
        return false;
    p++;
    p += strspn(p, " \t");
    size_t n = strcspn(p, "=;");
    *name = str_trim((struct str){p, n});
    p += n;
    if (*p == '=') {
        p++;
        p += strspn(p, " \t");
        if (*p == '"') {
            for (p++; *p && *p != '"'; p++) {
                p += *p == '\\' && p[1];
                buf_char(value, *p);
            }
            p += *p == '"';
        } else {
            n = strcspn(p, "; \t");
            buf_add(value, p, n);
            p += n;
        }
    }
    *rest = p;
    return true;
}

static int hex_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

/* "utf-8''caf%C3%A9": without its charset, which is taken for UTF-8. */
static void extended(const char *p, bool first, struct buf *out)
{
    const char *quote = first ? strchr(p, '\'') : NULL;
    quote = quote ? strchr(quote + 1, '\'') : NULL;
    for (p = quote ? quote + 1 : p; *p; p++) {
        bool coded = *p == '%' && p[1] && hex_of(p[1]) >= 0 && hex_of(p[2]) >= 0;
        buf_char(out, coded ? (char)(hex_of(p[1]) * 16 + hex_of(p[2])) : *p);
        p += coded ? 2 : 0;
    }
}

/* Piece of "name", "name*", "name*0", "name*0*": its number, or -1; *ret_coded. */
static int piece_of(struct str s, const char *name, bool *ret_coded)
{
    size_t n = strlen(name);
    char key[100];
    *ret_coded = false;
    if (s.n < n || !str_copyn(key, sizeof key, s.p, s.n) || !str_istarts(key, name))
        return -1;
    if (s.n == n)
        return 0;
    if (key[n] != '*')
        return -1;
    *ret_coded = key[s.n - 1] == '*';
    return key[n + 1] >= '0' && key[n + 1] <= '9' ? (int)strtol(key + n + 1, NULL, 10) : 0;
}

char *mime_param(struct arena *a, const char *value, const char *name)
{
    struct buf one = BUF_MAX(MIME_MAX_HEADER), all = BUF_MAX(MIME_MAX_HEADER), text = BUF_MAX(MIME_MAX_HEADER);
    struct str key;
    int want = 0;
    bool coded, words = false;
    while (param_next(&value, &key, &one)) {
        if (piece_of(key, name, &coded) != want)
            continue;
        if (coded)
            extended(buf_text(&one), want == 0, &all);
        else
            buf_add(&all, buf_text(&one), one.len);
        words |= !coded;
        want++;
    }
    if (words)
        mime_words(buf_text(&all), &text);
    else
        utf8_clean(&text, buf_text(&all), all.len, UTF8_ONE_LINE, MIME_MAX_HEADER);
    char *found = want ? arena_dup(a, buf_text(&text)) : NULL;
    buf_done(&one);
    buf_done(&all);
    buf_done(&text);
    return found;
}

/* ---- verdicts ---- */

/* Without comments, in small letters, quotation marks taken off. */
static char *plain(struct arena *a, const char *value)
{
    char *out = arena_alloc(a, strlen(value) + 1), *to = out;
    for (const char *p = value; *p;) {
        if (*p == '(') {
            p = past_comment(p);
            *to++ = ' ';
        } else if (*p == '"') {
            p++;
        } else {
            *to++ = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
            p++;
        }
    }
    *to = 0;
    return out;
}

static void result_read(struct arena *a, struct str s, struct mime_results *ret)
{
    struct mime_result r = {0};
    struct str word;
    int rank = 0; /* header.d says it best */
    while (str_next(&s, " \t", &word)) {
        const char *eq = word.n ? memchr(word.p, '=', word.n) : NULL;
        if (!eq)
            continue;
        struct str key = {word.p, (size_t)(eq - word.p)}, v = {eq + 1, word.n - (size_t)(eq - word.p) - 1};
        const char *at = memchr(v.p, '@', v.n);
        int is = str_is(key, "header.d") ? 3 : str_is(key, "header.i") ? 2 : str_is(key, "header.from") || str_is(key, "smtp.mailfrom") ? 1 : 0;
        if (!r.method) {
            r.method = arena_dupn(a, key.p, strcspn(arena_dupn(a, key.p, key.n), "/"));
            r.result = arena_dupn(a, v.p, v.n);
        } else if (is > rank) {
            rank = is;
            r.domain = at ? arena_dupn(a, at + 1, v.n - (size_t)(at + 1 - v.p)) : arena_dupn(a, v.p, v.n);
        }
    }
    if (r.method && ret->n < MIME_MAX_RESULTS)
        ret->at[ret->n++] = r;
}

bool mime_results_read(struct arena *a, const char *value, struct mime_results *ret)
{
    struct str rest = str_of(plain(a, value)), first, one;
    *ret = (struct mime_results){0};
    if (!str_next(&rest, ";", &first))
        return false;
    first = str_trim(first);
    size_t n = 0;
    while (n < first.n && first.p[n] != ' ' && first.p[n] != '\t')
        n++;
    ret->server = arena_dupn(a, first.p, n);
    while (str_next(&rest, ";", &one))
        result_read(a, str_trim(one), ret);
    return n > 0;
}
