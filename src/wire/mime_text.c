/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mime_text.c: contents: transfer encodings, charsets, encoded words, and HTML as a text. */
#include "base/mem.h"
#include "base/utf8.h"
#include "wire/mime.h"
#include <string.h>

/* ---- transfer encodings ---- */

static int hex_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* q: as in encoded words, where "_" is a blank. Bad sequences stay as they are. */
static void quoted(const char *p, size_t n, bool q, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '_' && q) {
            buf_char(out, ' ');
            continue;
        }
        if (p[i] != '=') {
            buf_char(out, p[i]);
            continue;
        }
        if (i + 2 < n && hex_of(p[i + 1]) >= 0 && hex_of(p[i + 2]) >= 0) {
            buf_char(out, (char)(hex_of(p[i + 1]) * 16 + hex_of(p[i + 2])));
            i += 2;
            continue;
        }
        size_t k = i + 1; /* a soft line end */
        while (k < n && (p[k] == ' ' || p[k] == '\t' || p[k] == '\r'))
            k++;
        if (k == n || p[k] == '\n')
            i = k == n ? n - 1 : k;
        else
            buf_char(out, '=');
    }
}

static int value64(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52 : c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* What is no letter of it is skipped, as RFC 2045 wants. */
static void base64(const char *p, size_t n, struct buf *out)
{
    uint32_t bits = 0;
    int have = 0;
    for (size_t i = 0; i < n && p[i] != '='; i++) {
        int v = value64(p[i]);
        if (v < 0)
            continue;
        bits = bits << 6 | (uint32_t)v;
        have += 6;
        if (have >= 8) {
            have -= 8;
            buf_char(out, (char)(bits >> have & 0xff));
        }
    }
}

void mime_body(const struct mime_part *p, struct buf *out)
{
    const char *how = mime_header(p, "Content-Transfer-Encoding", 0);
    if (how && str_istarts(how, "quoted-printable"))
        quoted(p->body.p, p->body.n, false, out);
    else if (how && str_istarts(how, "base64"))
        base64(p->body.p, p->body.n, out);
    else
        buf_add(out, p->body.p, p->body.n);
}

/* ---- charsets ---- */

/* windows-1252 between 0x80 and 0x9f; Latin 1 is read as that, as everybody does. */
static const uint16_t cp1252[32] = {0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd,
                                    0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178};
static const struct {
    unsigned char byte;
    uint16_t is;
} latin9[] = {{0xa4, 0x20ac}, {0xa6, 0x0160}, {0xa8, 0x0161}, {0xb4, 0x017d}, {0xb8, 0x017e}, {0xbc, 0x0152}, {0xbd, 0x0153}, {0xbe, 0x0178}};

static uint32_t wide(unsigned char c, bool nine)
{
    for (size_t i = 0; nine && i < sizeof latin9 / sizeof latin9[0]; i++)
        if (latin9[i].byte == c)
            return latin9[i].is;
    return c >= 0x80 && c < 0xa0 ? cp1252[c - 0x80] : c;
}

static bool is_latin(const char *charset)
{
    static const char *const names[] = {"iso-8859-1", "iso8859-1", "latin1", "l1", "windows-1252", "cp1252", "iso-8859-15", "iso8859-15", "latin9"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_ieq(names[i], charset))
            return true;
    return false;
}

/* To UTF-8; not yet cleaned. Without a charset, or with a wrong one, what is not UTF-8 is taken for Latin 1. */
static void recode(const char *charset, const char *p, size_t n, struct buf *out)
{
    bool unknown = str_ieq(charset, "us-ascii") || !charset[0];
    if (!is_latin(charset) && !(unknown && !utf8_valid(p, n))) {
        buf_add(out, p, n);
        return;
    }
    bool nine = str_ieq(charset, "iso-8859-15") || str_ieq(charset, "iso8859-15") || str_ieq(charset, "latin9");
    for (size_t i = 0; i < n; i++) {
        char c[4];
        buf_add(out, c, utf8_encode(wide((unsigned char)p[i], nine), c));
    }
}

void mime_text(const struct mime_part *p, struct buf *out)
{
    struct buf raw = BUF_MAX(MIME_MAX_BYTES), text = BUF_MAX(3 * MIME_MAX_BYTES), plain = BUF_MAX(3 * MIME_MAX_BYTES);
    mime_body(p, &raw);
    recode(p->charset, buf_text(&raw), raw.len, &text);
    bool html = str_eq(p->type, "text/html");
    if (html)
        mime_html(buf_text(&text), text.len, &plain);
    struct buf *from = html ? &plain : &text;
    utf8_clean(out, buf_text(from), from->len, UTF8_KEEP_NEWLINES, 3 * MIME_MAX_BYTES);
    buf_done(&raw);
    buf_done(&text);
    buf_done(&plain);
}

/* ---- encoded words ---- */

/* "=?charset?b?…?=" at p: its length, or 0. */
static size_t word_at(const char *p, struct str *charset, char *how, struct str *text)
{
    if (p[0] != '=' || p[1] != '?')
        return 0;
    const char *c = p + 2, *q1 = strchr(c, '?');
    if (!q1 || q1 == c || !q1[1] || q1[2] != '?')
        return 0;
    const char *t = q1 + 3, *end = strstr(t, "?=");
    if (!end || memchr(t, ' ', (size_t)(end - t)))
        return 0;
    *charset = (struct str){c, (size_t)(q1 - c)};
    const char *star = memchr(c, '*', charset->n); /* the language of RFC 2231 */
    if (star)
        charset->n = (size_t)(star - c);
    *how = q1[1];
    *text = (struct str){t, (size_t)(end - t)};
    return (size_t)(end + 2 - p);
}

/* Words of one charset that follow each other are put together before they are read: some senders cut characters in two. */
static void flush(char *charset, struct buf *raw, struct buf *out)
{
    if (raw->len)
        recode(charset, buf_text(raw), raw->len, out);
    buf_clear(raw);
}

void mime_words(const char *value, struct buf *out)
{
    struct buf raw = BUF_MAX(MIME_MAX_HEADER), all = BUF_MAX(3 * MIME_MAX_HEADER), bare = BUF_MAX(3 * MIME_MAX_HEADER);
    char charset[40] = "", now[40];
    const char *blanks = NULL; /* behind a word: they count only when no other one follows */
    recode("", value, strlen(value), &bare); /* bytes that nobody encoded */
    for (const char *p = buf_text(&bare); *p;) {
        struct str set, text;
        char how;
        size_t n = word_at(p, &set, &how, &text);
        if (!n) {
            if (blanks && *p != ' ' && *p != '\t') {
                flush(charset, &raw, &all);
                buf_add(&all, blanks, (size_t)(p - blanks));
                blanks = NULL;
            }
            if (!blanks)
                buf_char(&all, *p);
            p++;
            continue;
        }
        str_copyn(now, sizeof now, set.p, set.n);
        if (!blanks || !str_ieq(now, charset))
            flush(charset, &raw, &all);
        str_copy(charset, sizeof charset, now);
        if (how == 'b' || how == 'B')
            base64(text.p, text.n, &raw);
        else
            quoted(text.p, text.n, true, &raw);
        p += n;
        blanks = p;
    }
    flush(charset, &raw, &all);
    utf8_clean(out, buf_text(&all), all.len, UTF8_ONE_LINE, 3 * MIME_MAX_HEADER);
    buf_done(&bare);
    buf_done(&raw);
    buf_done(&all);
}

/* ---- HTML ---- */

static const struct {
    const char *name;
    uint32_t is;
} entities[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", ' '}, {"eacute", 0xe9}, {"egrave", 0xe8}, {"agrave", 0xe0}, {"ccedil", 0xe7}, {"rsquo", 0x2019}, {"hellip", 0x2026}};

/* "&amp;" at p: its length, or 0. */
static size_t entity(const char *p, size_t n, struct buf *out)
{
    const char *end = memchr(p, ';', n < 12 ? n : 12);
    uint32_t c = 0;
    char utf[4];
    if (!end)
        return 0;
    size_t len = (size_t)(end - p);
    if (p[1] == '#') {
        bool hex = p[2] == 'x' || p[2] == 'X';
        for (size_t i = 2 + hex; i < len; i++) {
            int v = hex_of(p[i]);
            if (v < 0 || (!hex && v > 9) || c > 0x10ffff)
                return 0;
            c = c * (hex ? 16 : 10) + (uint32_t)v;
        }
    }
    for (size_t i = 0; !c && i < sizeof entities / sizeof entities[0]; i++)
        if (strlen(entities[i].name) == len - 1 && memcmp(entities[i].name, p + 1, len - 1) == 0)
            c = entities[i].is;
    if (!c || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return 0;
    buf_add(out, utf, utf8_encode(c, utf));
    return len + 1;
}

/* What a tag is, without its slash and attributes. */
static bool tag_is(const char *p, size_t n, const char *name)
{
    size_t len = strlen(name);
    p += n && *p == '/';
    return n > len && str_istarts(p, name) && !((p[len] | 0x20) >= 'a' && (p[len] | 0x20) <= 'z');
}

static void line_break(struct buf *out, bool paragraph)
{
    size_t n = out->len;
    while (n && (out->data[n - 1] == ' '))
        n--;
    buf_cut(out, n);
    bool one = n && out->data[n - 1] == '\n', two = one && n > 1 && out->data[n - 2] == '\n';
    if (n && !(paragraph && one))
        buf_char(out, '\n');
    if (n && paragraph && !two)
        buf_char(out, '\n');
}

/* Past what nobody reads: the closing tag of that name. */
static size_t past(const char *p, size_t n, const char *name)
{
    for (size_t i = 0; i + 2 < n; i++)
        if (p[i] == '<' && p[i + 1] == '/' && tag_is(p + i + 1, n - i - 1, name))
            return i;
    return n;
}

void mime_html(const char *text, size_t n, struct buf *out)
{
    static const char *const hidden[] = {"style", "script", "head", "title"}, *const lines[] = {"br", "div", "tr", "li"}, *const blocks[] = {"p", "h1", "h2", "h3", "blockquote", "table", "ul", "ol"};
    char *copy = mem_dupn(text, n); /* ends with a NUL, so that names of tags can be compared */
    const char *p = copy;
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '<') {
            const char *close = memchr(p + i, '>', n - i);
            if (n - i > 4 && memcmp(p + i, "<!--", 4) == 0) {
                const char *end = strstr(p + i, "-->");
                i = end ? (size_t)(end - p) + 2 : n;
                continue;
            }
            if (!close)
                break;
            const char *tag = p + i + 1;
            size_t len = n - i - 1;
            i = (size_t)(close - p);
            for (size_t k = 0; *tag != '/' && k < sizeof hidden / sizeof hidden[0]; k++)
                if (tag_is(tag, len, hidden[k]))
                    i += past(p + i + 1, n - i - 1, hidden[k]);
            for (size_t k = 0; k < sizeof lines / sizeof lines[0]; k++)
                if (tag_is(tag, len, lines[k]))
                    line_break(out, false);
            for (size_t k = 0; k < sizeof blocks / sizeof blocks[0]; k++)
                if (tag_is(tag, len, blocks[k]))
                    line_break(out, true);
            continue;
        }
        size_t len = p[i] == '&' ? entity(p + i, n - i, out) : 0;
        bool blank = p[i] == ' ' || p[i] == '\n' || p[i] == '\r' || p[i] == '\t';
        if (len)
            i += len - 1;
        else if (!blank)
            buf_char(out, p[i]);
        else if (out->len && out->data[out->len - 1] != ' ' && out->data[out->len - 1] != '\n')
            buf_char(out, ' ');
    }
    mem_free(copy);
}
