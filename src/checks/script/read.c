/* SPDX-License-Identifier: GPL-3.0-or-later */
/* read.c: the hearing side of the engine: where a unit ends, what it says, which parts of it are kept. Pure: bytes in,
 * positions out; never beyond n. It knows no protocol; the rows do. */
#include "checks/script/script.h"

#include "checks/pattern.h"

#include <string.h>

enum { VALUE_MAX = 2000, LIST_MAX = 16 * 1024, MATCHES_MAX = 200 };

typedef int scan_fn(const struct script_step *s, const char *p, size_t n, struct script_unit *u);

/* ---- texts ---- */

/* The end of the line that begins at `at`, its line feed included; 0: it is not whole. */
static size_t line_end(const char *p, size_t n, size_t at)
{
    const char *lf = at < n ? memchr(p + at, '\n', n - at) : NULL;

    return lf ? (size_t)(lf - p) + 1 : 0;
}

static size_t find(const char *p, size_t n, const char *what, size_t what_n)
{
    const char *at = what_n ? memmem(p, n, what, what_n) : p;

    return at ? (size_t)(at - p) + what_n : 0;
}

/* The whole fit, or its group 1; p NULL: none. */
static struct str regex_fit(struct pattern *p, const char *text, size_t n, bool group)
{
    struct str fit, part;

    if (p == NULL || pattern_find(p, text, n, &fit, &part) != 1)
        return (struct str){0};
    return group ? part : fit;
}

static struct str regex_once(const char *expression, const char *text, size_t n, bool group)
{
    struct pattern *p = pattern_new(expression, PATTERN_BYTES);
    struct str s = regex_fit(p, text, n, group);

    pattern_free(p);
    return s;
}

/* Alternatives may have escapes (a frame's type is a byte), but those of lines seldom do. */
static size_t one_matches(bool contains, struct str one, const char *p, size_t n)
{
    static const struct script_scope none = {0};
    struct buf plain = BUF_MAX(512);
    size_t end = 0;

    if (memchr(one.p, '\\', one.n)) {
        char text[256];

        str_copyn(text, sizeof(text), one.p, one.n);
        if (script_expand(&plain, text, &none) == 0)
            one = (struct str){plain.data, plain.len};
    }
    if (contains)
        end = find(p, n, one.p, one.n);
    else if (one.n <= n && memcmp(p, one.p, one.n) == 0)
        end = one.n;
    buf_done(&plain);
    return end;
}

size_t script_matches(enum script_match how, const char *want, const char *p, size_t n)
{
    size_t end = 0;

    if (how == SCRIPT_ANY || want == NULL)
        return 1;
    if (how == SCRIPT_REGEX) {
        struct str fit = regex_once(want, p, n, false);

        return fit.p ? (size_t)(fit.p - p) + fit.n : 0;
    }
    for (const char *at = want; end == 0;) {
        size_t k = strcspn(at, "|");

        end = one_matches(how == SCRIPT_CONTAINS, (struct str){at, k}, p, n);
        if (at[k] == '\0')
            break;
        at += k + 1;
    }
    return end;
}

const struct script_refusal *script_refused(const struct script_step *s, const char *p, size_t n)
{
    for (const struct script_refusal *r = s->refusals; r && r->with; r++) {
        bool begins = r->with[0] == '^';

        if (script_matches(begins ? SCRIPT_BEGINS : SCRIPT_CONTAINS, r->with + begins, p, n))
            return r;
    }
    return NULL;
}

/* ---- units ---- */

static int scan_line(const struct script_step *s, const char *p, size_t n, struct script_unit *u)
{
    u->n = line_end(p, n, 0);
    return u->n == 0;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool has_code(const char *p, size_t n) { return n >= 3 && is_digit(p[0]) && is_digit(p[1]) && is_digit(p[2]); }

/* "250-a", "250 b"; in FTP what stands between may have no code. What is no numbered reply is one line. */
static int scan_reply(const struct script_step *s, const char *p, size_t n, struct script_unit *u)
{
    size_t at = 0, end = line_end(p, n, 0);
    bool many = end > 3 && has_code(p, n) && p[3] == '-';

    while (end && many) {
        if (end - at >= 4 && memcmp(p + at, p, 3) == 0 && p[at + 3] != '-')
            break;
        at = end;
        end = line_end(p, n, at);
    }
    u->n = end;
    return end == 0;
}

static int scan_lines(const struct script_step *s, const char *p, size_t n, struct script_unit *u)
{
    size_t at = 0, end;

    while ((end = line_end(p, n, at)) != 0) {
        if (script_matches(SCRIPT_BEGINS, s->until, p + at, end - at)) {
            u->n = end;
            return 0;
        }
        at = end;
    }
    return 1;
}

static int scan_text(const struct script_step *s, const char *p, size_t n, struct script_unit *u)
{
    size_t end = script_matches(s->match == SCRIPT_REGEX ? SCRIPT_REGEX : SCRIPT_CONTAINS, s->want, p, n);

    u->n = end ? end : script_refused(s, p, n) ? n : 0;
    return u->n == 0;
}

static int scan_zero(const struct script_step *s, const char *p, size_t n, struct script_unit *u)
{
    const char *zero = n ? memchr(p, '\0', n) : NULL;

    u->n = zero ? (size_t)(zero - p) + 1 : 0;
    return zero == NULL;
}

static int scan_bytes(const struct script_step *s, const char *p, size_t n, struct script_unit *u)
{
    u->n = s->size;
    return n < s->size;
}

static int scan_some(const struct script_step *s, const char *p, size_t n, struct script_unit *u)
{
    u->n = n;
    return 0;
}

/* Where the length stands in a frame's head, and what it does not count. */
static const struct framing {
    unsigned char head, at, bytes, adds, body;
    bool little, hex;
} framings[] = {
    [SCRIPT_MYSQL] = {4, 0, 3, 4, 4, true, false}, [SCRIPT_POSTGRES] = {5, 1, 4, 1, 0, false, false},
    [SCRIPT_AMQP] = {7, 3, 4, 8, 7, false, false}, [SCRIPT_PKT] = {4, 0, 4, 0, 4, false, true},
    [SCRIPT_VNC] = {1, 0, 1, 1, 0, false, false},
};

/* The number in the head; false: no number. */
static bool number(const struct framing *f, const char *p, size_t *ret)
{
    size_t v = 0;

    for (int i = 0; i < f->bytes; i++) {
        unsigned char c = (unsigned char)p[f->at + (f->little ? f->bytes - 1 - i : i)];
        int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;

        if (f->hex && digit < 0)
            return false;
        v = f->hex ? v * 16 + (size_t)digit : v << 8 | c;
    }
    *ret = v;
    return true;
}

/* Redis: "$12\r\n" and twelve bytes and a line end; anything else is a line. */
static int scan_bulk(const char *p, size_t n, struct script_unit *u)
{
    size_t end = line_end(p, n, 0), v = 0;

    u->n = end;
    if (end == 0 || p[0] != '$' || !is_digit(p[1]))
        return end == 0;
    for (size_t i = 1; i < end && is_digit(p[i]); i++)
        if ((v = v * 10 + (size_t)(p[i] - '0')) > SCRIPT_MAX_HEARD)
            return ERR_LIMIT;
    u->body = end;
    u->n = end + v + 2;
    return n < u->n;
}

/* A sequence of BER: its length in one byte, or in as many as that byte says. */
static int scan_ber(const char *p, size_t n, struct script_unit *u)
{
    size_t bytes, v = 0;

    if (p[0] != 0x30)
        return ERR_PROTOCOL;
    if (n < 2)
        return 1;
    bytes = (unsigned char)p[1] & 0x80 ? (unsigned char)p[1] & 0x7f : 0;
    if (bytes > 4)
        return ERR_PROTOCOL;
    if (n < 2 + bytes)
        return 1;
    for (size_t i = 0; i < bytes; i++)
        v = v << 8 | (unsigned char)p[2 + i];
    v = bytes ? v : (unsigned char)p[1];
    if (v > SCRIPT_MAX_HEARD - 16)
        return ERR_LIMIT;
    u->n = 2 + bytes + v;
    return n < u->n;
}

static int scan_frame(const struct script_step *s, const char *p, size_t n, struct script_unit *u)
{
    const struct framing *f;
    size_t v;

    if (s->framing == SCRIPT_BULK)
        return scan_bulk(p, n, u);
    if (s->framing == SCRIPT_BER)
        return scan_ber(p, n, u);
    f = &framings[s->framing];
    if (n < f->head)
        return 1;
    if (!number(f, p, &v))
        return ERR_PROTOCOL;
    if (v > SCRIPT_MAX_HEARD - 16)
        return ERR_LIMIT;
    u->body = f->body;
    u->n = v + f->adds < f->head ? f->head : v + f->adds;
    return n < u->n;
}

static scan_fn *const scans[] = {
    [SCRIPT_LINE] = scan_line, [SCRIPT_REPLY] = scan_reply, [SCRIPT_LINES] = scan_lines, [SCRIPT_TEXT] = scan_text,
    [SCRIPT_ZERO] = scan_zero, [SCRIPT_BYTES] = scan_bytes, [SCRIPT_FRAME] = scan_frame, [SCRIPT_SOME] = scan_some,
};

int script_scan(const struct script_step *s, const char *p, size_t n, bool closed, struct script_unit *ret)
{
    struct script_unit u = {0};
    int code;

    if (s->op == SCRIPT_ALL) {
        code = closed ? 0 : 1;
        u.n = n;
    } else {
        code = n == 0 ? 1 : scans[s->op](s, p, n, &u);
    }
    if (code == 0)
        *ret = u;
    return code == 1 && n >= SCRIPT_MAX_HEARD ? ERR_LIMIT : code;
}

/* ---- keeping ---- */

static struct str trimmed(const char *p, size_t n)
{
    const char *end = memchr(p, '\n', n);

    return str_trim((struct str){p, end ? (size_t)(end - p) : n});
}

static bool keep(struct buf *out, struct str s)
{
    if (s.n > VALUE_MAX)
        s.n = VALUE_MAX;
    while (s.n && s.p[s.n - 1] == '\0')
        s.n--;
    for (size_t i = 0; i < s.n; i++)
        buf_char(out, s.p[i] ? s.p[i] : ' ');
    return true;
}

static bool take_line(const struct script_take *t, const char *p, size_t n, struct buf *out)
{
    return (size_t)t->at <= n && keep(out, trimmed(p + t->at, n - (size_t)t->at));
}

static bool take_last(const struct script_take *t, const char *p, size_t n, struct buf *out)
{
    size_t at = 0, end;

    while ((end = line_end(p, n, at)) != 0 && end < n)
        at = end;
    return at + (size_t)t->at <= n && keep(out, trimmed(p + at + t->at, n - at - (size_t)t->at));
}

/* Calls nobody: the lines that begin with `what`, one after the other. */
static bool next_line(const struct script_take *t, const char *p, size_t n, size_t *at, struct str *ret)
{
    size_t skip = t->what ? strlen(t->what) : 0;

    while (*at < n) {
        size_t from = *at, end = line_end(p, n, from);

        end = end ? end : n;
        *at = end;
        if (t->but_last && end >= n)
            return false;
        if (end - from < skip || (skip && memcmp(p + from, t->what, skip) != 0))
            continue;
        from = from + (size_t)t->at < end ? from + (size_t)t->at : end;
        *ret = trimmed(p + from, end - from);
        return true;
    }
    return false;
}

static bool take_list(const struct script_take *t, const char *p, size_t n, struct buf *out)
{
    struct str line;
    size_t at = 0;
    bool any = false;

    while (out->len < LIST_MAX && next_line(t, p, n, &at, &line)) {
        if (any)
            buf_char(out, '\n');
        any = keep(out, line);
    }
    return any;
}

static bool take_count(const struct script_take *t, const char *p, size_t n, struct buf *out)
{
    struct str line;
    size_t at = 0;
    int count = 0;

    while (next_line(t, p, n, &at, &line))
        count++;
    buf_printf(out, "%d", count);
    return true;
}

static bool take_after(const struct script_take *t, const char *p, size_t n, struct buf *out)
{
    size_t at = find(p, n, t->what, strlen(t->what));
    const char *zero;
    struct str s;

    if (at == 0)
        return false;
    s = trimmed(p + at, n - at);
    zero = s.n ? memchr(s.p, '\0', s.n) : NULL;
    s.n = zero ? (size_t)(zero - s.p) : s.n;
    return keep(out, s);
}

static bool take_group(const struct script_take *t, const char *p, size_t n, struct buf *out)
{
    struct str part = regex_once(t->what, p, n, true);

    return part.p && keep(out, part);
}

static bool take_ztext(const struct script_take *t, const char *p, size_t n, struct buf *out)
{
    size_t at = (size_t)t->at;
    const char *zero = at < n ? memchr(p + at, '\0', n - at) : NULL;

    return zero && keep(out, (struct str){p + at, (size_t)(zero - p) - at});
}

static bool take_number(const struct script_take *t, const char *p, size_t n, struct buf *out)
{
    size_t at = (size_t)t->at, bytes = t->how == TAKE_U8 ? 1 : t->how == TAKE_U16LE ? 2 : 4;
    unsigned v = 0;

    if (at + bytes > n)
        return false;
    for (size_t i = 0; i < bytes; i++)
        v = v << 8 | (unsigned char)p[at + (t->how == TAKE_U16LE ? bytes - 1 - i : i)];
    buf_printf(out, "%u", v);
    return true;
}

static bool take_long(const struct script_take *t, const char *p, size_t n, struct buf *out)
{
    size_t at = find(p, n, t->what, strlen(t->what)), v = 0;

    if (at == 0 || n - at < 4)
        return false;
    for (size_t i = 0; i < 4; i++)
        v = v << 8 | (unsigned char)p[at + i];
    return v <= n - at - 4 && keep(out, (struct str){p + at + 4, v});
}

static bool take_all(const struct script_take *t, const char *p, size_t n, struct buf *out)
{
    return (size_t)t->at <= n && keep(out, str_trim((struct str){p + t->at, n - (size_t)t->at}));
}

static bool take_matches(const struct script_take *t, const char *p, size_t n, struct buf *out)
{
    struct pattern *pattern = pattern_new(t->what, PATTERN_BYTES);
    size_t at = 0;
    int count = 0;

    while (at < n && count < MATCHES_MAX) {
        struct str s = regex_fit(pattern, p + at, n - at, t->how == TAKE_MANY);
        size_t end = s.p ? (size_t)(s.p + s.n - p) : 0;

        if (end <= at)
            break;
        if (t->how == TAKE_MANY) {
            buf_str(out, count ? "\n" : "");
            keep(out, s);
        }
        count++;
        at = end;
    }
    pattern_free(pattern);
    if (t->how == TAKE_MATCHES)
        buf_printf(out, "%d", count);
    return count > 0 || t->how == TAKE_MATCHES;
}

static bool take_is(const struct script_take *t, const char *p, size_t n, struct buf *out)
{
    if (regex_once(t->what, p, n, false).n == 0)
        return false;
    buf_str(out, t->as);
    return true;
}

bool script_take(const struct script_take *t, const char *p, size_t n, struct buf *out)
{
    static bool (*const takes[])(const struct script_take *, const char *, size_t, struct buf *) = {
        [TAKE_LINE] = take_line,   [TAKE_LAST] = take_last,     [TAKE_LIST] = take_list,  [TAKE_AFTER] = take_after,
        [TAKE_GROUP] = take_group, [TAKE_ZTEXT] = take_ztext,   [TAKE_U8] = take_number,  [TAKE_U16LE] = take_number,
        [TAKE_U32] = take_number,  [TAKE_LONG] = take_long,     [TAKE_COUNT] = take_count, [TAKE_ALL] = take_all,
        [TAKE_MATCHES] = take_matches, [TAKE_MANY] = take_matches, [TAKE_IS] = take_is,
    };

    return takes[t->how](t, p, n, out);
}
