/* SPDX-License-Identifier: GPL-3.0-or-later */
/* markdown.c: see markdown.h. Blocks line by line; then the spans of each block. A delimiter that found no partner once is not
 * looked for again in the same span: so nothing is quadratic. */
#include "web/markdown.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include <string.h>

enum { MAX_DEPTH = 6, MAX_LINK = 2000, MAX_LIST = 4 };

struct md {
    struct buf *out;
    int heading;
    bool plain; /* text without marks */
};

/* ---- output ---- */

static void put_text(struct md *m, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        static const char *const escapes[256] = {['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};
        const char *e = m->plain ? NULL : escapes[(unsigned char)p[i]];
        if (e)
            buf_str(m->out, e);
        else
            buf_char(m->out, p[i]);
    }
}

static void put_tag(struct md *m, const char *tag)
{
    if (!m->plain)
        buf_str(m->out, tag);
}

/* ---- addresses ---- */

static bool is_scheme(struct str s)
{
    static const char *const schemes[] = {"http://", "https://", "mailto:"};
    for (size_t i = 0; i < COUNT(schemes); i++) {
        size_t n = strlen(schemes[i]);
        if (s.n > n && strncasecmp(s.p, schemes[i], n) == 0)
            return true;
    }
    return false;
}

static bool is_address(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || strchr("<>\"`\\", s.p[i]))
            return false;
    return s.n <= MAX_LINK && is_scheme(s);
}

static void open_link(struct md *m, struct str address)
{
    put_tag(m, "<a rel=\"nofollow\" href=\"");
    if (!m->plain)
        put_text(m, address.p, address.n);
    put_tag(m, "\">");
}

/* How far a bare address goes: to a blank or a bracket, without the stop that ends the sentence. */
static size_t bare_length(const char *p, size_t n)
{
    size_t len = 0;
    int open = 0;
    for (; len < n && len < MAX_LINK && (unsigned char)p[len] > ' ' && !strchr("<>\"`\\*", p[len]); len++) {
        open += (p[len] == '(') - (p[len] == ')');
        if (open < 0)
            break;
    }
    while (len && strchr(".,;:!?'", p[len - 1]))
        len--;
    return len;
}

/* ---- spans ---- */

static void spans(struct md *m, const char *p, size_t n, int depth);

/* What a run of `mark` opens is closed by the next one that follows a character. */
static const char *closing(const char *p, const char *end, const char *mark, size_t n)
{
    for (const char *at = p; at + n <= end; at++) {
        at = memmem(at, (size_t)(end - at), mark, n);
        if (!at)
            return NULL;
        if (at > p && at[-1] != ' ' && at[-1] != '\\' && !(n == 1 && at + 1 < end && at[1] == mark[0] && at[-1] != mark[0]))
            return at;
    }
    return NULL;
}

struct run { /* spans under way */
    const char *p, *end;
    int depth;
    bool no_strong, no_stress, no_under, no_code; /* there is no closing one any more */
};

static bool take_code(struct md *m, struct run *r)
{
    size_t ticks = strspn(r->p, "`");
    ticks = r->p + ticks > r->end ? (size_t)(r->end - r->p) : ticks;
    const char *from = r->p + ticks, *to = from;
    while (!r->no_code && (to = memmem(to, (size_t)(r->end - to), r->p, ticks)) && to + ticks < r->end && to[ticks] == '`')
        to += strspn(to, "`") < (size_t)(r->end - to) ? strspn(to, "`") : (size_t)(r->end - to);
    if (r->no_code || !to) {
        r->no_code = true;
        put_text(m, r->p, ticks);
        r->p = from;
        return true;
    }
    put_tag(m, "<code>");
    put_text(m, from, (size_t)(to - from));
    put_tag(m, "</code>");
    r->p = to + ticks;
    return true;
}

static bool take_stress(struct md *m, struct run *r)
{
    static const struct {
        const char *mark, *open, *close;
    } kinds[] = {{"**", "<strong>", "</strong>"}, {"__", "<strong>", "</strong>"}, {"*", "<em>", "</em>"}, {"_", "<em>", "</em>"}};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        size_t n = strlen(kinds[i].mark);
        bool *none = n == 2 ? &r->no_strong : kinds[i].mark[0] == '_' ? &r->no_under : &r->no_stress;
        if (r->p + n >= r->end || memcmp(r->p, kinds[i].mark, n) != 0)
            continue;
        const char *to = *none || r->p[n] == ' ' || r->depth >= MAX_DEPTH ? NULL : closing(r->p + n, r->end, kinds[i].mark, n);
        *none |= !to && r->p[n] != ' ' && kinds[i].mark[0] == '*';
        if (!to)
            continue;
        put_tag(m, kinds[i].open);
        spans(m, r->p + n, (size_t)(to - r->p) - n, r->depth + 1);
        put_tag(m, kinds[i].close);
        r->p = to + n;
        return true;
    }
    return false;
}

static bool take_link(struct md *m, struct run *r)
{
    int open = 0;
    const char *end = (size_t)(r->end - r->p) > MAX_LINK ? r->p + MAX_LINK : r->end, *close = r->p;
    for (; close < end; close++) {
        if (*close == '\\' && close + 1 < end)
            close++;
        else if ((open += (*close == '[') - (*close == ']')) == 0)
            break;
    }
    if (close + 1 >= end || close[1] != '(' || r->depth >= MAX_DEPTH)
        return false;
    const char *to = memchr(close + 2, ')', (size_t)(end - close - 2));
    if (!to)
        return false;
    struct str address = str_trim((struct str){close + 2, (size_t)(to - close - 2)});
    if (!is_address(address))
        return false;
    open_link(m, address);
    spans(m, r->p + 1, (size_t)(close - r->p) - 1, MAX_DEPTH);
    put_tag(m, "</a>");
    if (m->plain) {
        buf_str(m->out, " (");
        put_text(m, address.p, address.n);
        buf_char(m->out, ')');
    }
    r->p = to + 1;
    return true;
}

static bool take_bare(struct md *m, struct run *r, bool in_link)
{
    size_t n = bare_length(r->p, (size_t)(r->end - r->p));
    struct str address = {r->p, n};
    if (in_link || *r->p == 'm' || *r->p == 'M' || !is_address(address))
        return false;
    open_link(m, address);
    put_text(m, address.p, n);
    put_tag(m, "</a>");
    r->p += n;
    return true;
}

static bool take_angle(struct md *m, struct run *r)
{
    size_t room = (size_t)(r->end - r->p) > MAX_LINK ? MAX_LINK : (size_t)(r->end - r->p);
    const char *to = memchr(r->p, '>', room);
    struct str address = {r->p + 1, to ? (size_t)(to - r->p) - 1 : 0};
    if (!to || r->depth >= MAX_DEPTH || !is_address(address))
        return false;
    open_link(m, address);
    put_text(m, address.p, address.n);
    put_tag(m, "</a>");
    r->p = to + 1;
    return true;
}

/* A line end within a paragraph: hard after two blanks (they are dropped) or a backslash. */
static bool take_break(struct md *m, struct run *r)
{
    const char *p = r->p;
    while (p < r->end && *p == ' ')
        p++;
    if (p < r->end && *p == '\\' && p == r->p)
        p++;
    if (p == r->end || *p != '\n')
        return false;
    if (p - r->p >= 2 || (p > r->p && *r->p == '\\'))
        put_tag(m, "<br>");
    buf_char(m->out, '\n');
    r->p = p + 1;
    return true;
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static bool take_special(struct md *m, struct run *r, const char *start)
{
    char c = *r->p;
    bool after_word = r->p > start && is_word(r->p[-1]);
    switch (c) {
    case '\\':
        if (r->p + 1 < r->end && strchr("\\`*_{}[]()#+-.!<>|~", r->p[1])) {
            put_text(m, r->p + 1, 1);
            r->p += 2;
            return true;
        }
        return take_break(m, r);
    case ' ':
        return take_break(m, r);
    case '`':
        return take_code(m, r);
    case '_':
        return !after_word && take_stress(m, r);
    case '*':
        return take_stress(m, r);
    case '[':
        return take_link(m, r);
    case '<':
        return take_angle(m, r);
    case 'h':
    case 'H':
        return !after_word && take_bare(m, r, r->depth >= MAX_DEPTH);
    default:
        return false;
    }
}

static void spans(struct md *m, const char *p, size_t n, int depth)
{
    struct run r = {.p = p, .end = p + n, .depth = depth};
    while (r.p < r.end) {
        if (take_special(m, &r, p))
            continue;
        size_t run = 1;
        while (r.p + run < r.end && !strchr("\\ `_*[<hH", r.p[run]))
            run++;
        put_text(m, r.p, run);
        r.p += run;
    }
}

/* ---- blocks ---- */

struct lines {
    struct str rest; /* what is not read yet */
};

static bool peek(const struct lines *l, struct str *ret)
{
    const char *nl;
    if (!l->rest.n)
        return false;
    nl = memchr(l->rest.p, '\n', l->rest.n);
    *ret = (struct str){l->rest.p, nl ? (size_t)(nl - l->rest.p) : l->rest.n};
    if (ret->n && ret->p[ret->n - 1] == '\r')
        ret->n--;
    return true;
}

static void skip(struct lines *l)
{
    const char *nl = memchr(l->rest.p, '\n', l->rest.n);
    size_t n = nl ? (size_t)(nl - l->rest.p) + 1 : l->rest.n;
    l->rest.p += n;
    l->rest.n -= n;
}

static size_t indent_of(struct str line)
{
    size_t n = 0;
    while (n < line.n && line.p[n] == ' ')
        n++;
    return n;
}

static struct str without(struct str s, size_t n)
{
    n = n > s.n ? s.n : n;
    return (struct str){s.p + n, s.n - n};
}

static bool is_blank(struct str s)
{
    return str_trim(s).n == 0;
}

static bool is_rule(struct str s)
{
    s = str_trim(s);
    if (s.n < 3 || !strchr("-*_", s.p[0]))
        return false;
    for (size_t i = 1; i < s.n; i++)
        if (s.p[i] != s.p[0] && s.p[i] != ' ')
            return false;
    return true;
}

static size_t fence_of(struct str s)
{
    size_t n = 0;
    s = without(s, indent_of(s));
    while (n < s.n && s.p[n] == '`')
        n++;
    return n >= 3 ? n : 0;
}

/* How many characters the mark of an item takes, 0: none. */
static size_t item_mark(struct str s, bool *ret_ordered)
{
    size_t n = 0;
    while (n < s.n && n < 9 && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    *ret_ordered = n > 0;
    if (n == 0 && (s.n < 2 || !strchr("-*+", s.p[0])))
        return 0;
    if (n > 0 && (n >= s.n || !strchr(".)", s.p[n])))
        return 0;
    return n + 1 < s.n && s.p[n + 1] == ' ' && !is_rule(s) ? n + 2 : 0;
}

static int heading_of(struct str s)
{
    int n = 0;
    while ((size_t)n < s.n && n < 7 && s.p[n] == '#')
        n++;
    return n && n < 7 && (size_t)n < s.n && s.p[n] == ' ' ? n : 0;
}

static bool starts_block(struct str s)
{
    bool ordered;
    s = without(s, indent_of(s));
    return heading_of(s) || fence_of(s) || is_rule(s) || (s.n && s.p[0] == '>') || item_mark(s, &ordered);
}

static void blocks(struct md *m, struct str text, int depth);

static void end_block(struct md *m, const char *tag)
{
    put_tag(m, tag);
    buf_str(m->out, m->plain ? "\n\n" : "\n");
}

static void put_heading(struct md *m, struct str line, int n)
{
    char open[8], close[8];
    int level = m->heading + n - 1 > 6 ? 6 : m->heading + n - 1;
    struct str text = str_trim(without(line, (size_t)n));
    while (text.n && text.p[text.n - 1] == '#')
        text.n--;
    text = str_trim(text);
    str_print(open, sizeof open, "<h%d>", level);
    str_print(close, sizeof close, "</h%d>", level);
    put_tag(m, m->heading ? open : "<p><strong>");
    spans(m, text.p, text.n, 0);
    end_block(m, m->heading ? close : "</strong></p>");
}

static void put_fence(struct md *m, struct lines *l, size_t ticks)
{
    struct str line;
    skip(l);
    put_tag(m, "<pre><code>");
    while (peek(l, &line)) {
        bool last = fence_of(line) >= ticks && str_trim(without(line, indent_of(line))).n == fence_of(line);
        skip(l);
        if (last)
            break;
        put_text(m, line.p, line.n);
        buf_char(m->out, '\n');
    }
    end_block(m, "</code></pre>");
}

static void put_quote(struct md *m, struct lines *l, int depth)
{
    struct buf inner = BUF_MAX(l->rest.n + 1);
    struct str line;
    while (peek(l, &line)) {
        line = without(line, indent_of(line));
        if (!line.n || line.p[0] != '>')
            break;
        line = without(line, line.n > 1 && line.p[1] == ' ' ? 2 : 1);
        buf_add(&inner, line.p, line.n);
        buf_char(&inner, '\n');
        skip(l);
    }
    put_tag(m, "<blockquote>\n");
    blocks(m, (struct str){buf_text(&inner), inner.len}, depth + 1);
    put_tag(m, "</blockquote>\n");
    buf_done(&inner);
}

/* The lines of one item, without its mark and indentation; lazy lines count, an empty line ends it unless what follows is indented. */
static void gather_item(struct lines *l, size_t mark, size_t indent, struct buf *inner)
{
    struct str line, next;
    bool ordered;
    peek(l, &line);
    line = without(line, indent + mark);
    buf_add(inner, line.p, line.n);
    buf_char(inner, '\n');
    skip(l);
    while (peek(l, &line)) {
        struct lines ahead = *l;
        size_t in = indent_of(line);
        if (is_blank(line)) {
            skip(&ahead);
            if (!peek(&ahead, &next) || is_blank(next) || indent_of(next) < indent + 2)
                break;
        } else if (in < indent + 2 && (item_mark(without(line, in), &ordered) || starts_block(line))) {
            break;
        }
        line = without(line, in < indent + mark ? in : indent + mark);
        buf_add(inner, line.p, line.n);
        buf_char(inner, '\n');
        skip(l);
    }
}

/* An item of one paragraph needs no <p>. */
static void put_item(struct md *m, struct str text, int depth)
{
    struct lines l = {text};
    struct str line;
    size_t n = 0;
    while (peek(&l, &line) && !is_blank(line) && (n == 0 || !starts_block(line))) {
        n = (size_t)(line.p + line.n - text.p);
        skip(&l);
    }
    bool tight = n && !starts_block((struct str){text.p, n});
    if (tight)
        spans(m, text.p, n, 0);
    if (m->plain || (tight && l.rest.n && !is_blank(l.rest)))
        buf_char(m->out, '\n');
    blocks(m, tight ? l.rest : text, depth + 1);
}

static void put_list(struct md *m, struct lines *l, int depth)
{
    bool ordered, other;
    struct str line;
    size_t mark, n = 0;
    peek(l, &line);
    size_t indent = indent_of(line);
    item_mark(without(line, indent), &ordered);
    put_tag(m, ordered ? "<ol>\n" : "<ul>\n");
    while (peek(l, &line) && indent_of(line) >= indent && indent_of(line) < indent + 2 && (mark = item_mark(without(line, indent_of(line)), &other)) && other == ordered) {
        struct buf inner = BUF_MAX(l->rest.n + 2);
        gather_item(l, mark, indent_of(line), &inner);
        put_tag(m, "<li>");
        if (m->plain && ordered)
            buf_printf(m->out, "%zu. ", ++n);
        else if (m->plain)
            buf_str(m->out, "- ");
        put_item(m, (struct str){buf_text(&inner), inner.len}, depth);
        put_tag(m, "</li>\n");
        buf_done(&inner);
        while (peek(l, &line) && is_blank(line)) {
            struct lines ahead = *l;
            skip(&ahead);
            if (!peek(&ahead, &line) || !item_mark(without(line, indent_of(line)), &other))
                break;
            skip(l);
        }
    }
    put_tag(m, ordered ? "</ol>\n" : "</ul>\n");
    if (m->plain)
        buf_char(m->out, '\n');
}

static void put_paragraph(struct md *m, struct lines *l)
{
    struct buf text = BUF_MAX(l->rest.n + 1);
    struct str line;
    while (peek(l, &line) && !is_blank(line) && (text.len == 0 || !starts_block(line))) {
        line = without(line, indent_of(line));
        if (text.len)
            buf_char(&text, '\n');
        buf_add(&text, line.p, line.n);
        skip(l);
    }
    put_tag(m, "<p>");
    spans(m, buf_text(&text), str_trim((struct str){buf_text(&text), text.len}).n, 0);
    end_block(m, "</p>");
    buf_done(&text);
}

static void one_block(struct md *m, struct lines *l, struct str line, int depth)
{
    struct str s = without(line, indent_of(line));
    bool ordered;
    int n;
    if ((n = heading_of(s))) {
        put_heading(m, s, n);
        skip(l);
    } else if (fence_of(s)) {
        put_fence(m, l, fence_of(s));
    } else if (is_rule(s)) {
        put_tag(m, "<hr>\n");
        skip(l);
    } else if (s.p[0] == '>' && depth < MAX_LIST) {
        put_quote(m, l, depth);
    } else if (item_mark(s, &ordered) && depth < MAX_LIST) {
        put_list(m, l, depth);
    } else {
        put_paragraph(m, l);
    }
}

static void blocks(struct md *m, struct str text, int depth)
{
    struct lines l = {text};
    struct str line;
    while (peek(&l, &line)) {
        if (is_blank(line))
            skip(&l);
        else
            one_block(m, &l, line, depth);
    }
}

void markdown_html(struct buf *out, const char *text, int heading)
{
    struct md m = {.out = out, .heading = heading};
    blocks(&m, str_of(text), 0);
}

void markdown_plain(struct buf *out, const char *text)
{
    struct buf all = BUF_MAX(out->max);
    struct md m = {.out = &all, .plain = true};
    blocks(&m, str_of(text), 0);
    struct str s = str_trim((struct str){buf_text(&all), all.len});
    buf_add(out, s.p, s.n);
    buf_done(&all);
}

void markdown_excerpt(struct buf *out, const char *text, size_t max_bytes)
{
    struct buf all = BUF_MAX(1 << 20);
    markdown_plain(&all, text);
    const char *end = strstr(buf_text(&all), "\n\n");
    size_t n = end ? (size_t)(end - buf_text(&all)) : all.len, fit = utf8_fit(buf_text(&all), n, max_bytes);
    if (fit < n)
        while (fit > max_bytes / 2 && buf_text(&all)[fit] != ' ' && buf_text(&all)[fit] != '\n')
            fit = utf8_fit(buf_text(&all), n, fit - 1);
    for (size_t i = 0; i < fit; i++)
        buf_char(out, buf_text(&all)[i] == '\n' ? ' ' : buf_text(&all)[i]);
    if (fit < n)
        buf_str(out, "…");
    buf_done(&all);
}
