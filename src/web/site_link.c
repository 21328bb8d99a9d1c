/* SPDX-License-Identifier: GPL-3.0-or-later */
/* site_link.c: links of the live site made relative, and the note that makes a copy say how old it is.
 *
 * The pages are ours: in text and attributes every quote is escaped, so that the bytes ` href="/` stand in a tag
 * of ours and nowhere else. */
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "web/site_int.h"
#include <string.h>

enum { LINK_BYTES = 2048 };

void site_link_add(struct site_run *r, const char *path, const char *lang, const char *file)
{
    map_set(&r->by_link, arena_printf(r->a, "%s\n%s", path, lang ? lang : ""), (void *)file);
}

/* ---- taking a link apart ---- */

struct link {
    char path[LINK_BYTES], lang[8];
    const char *query, *fragment; /* of the link as written; "" */
};

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* text: "/component/a%20b?lang=fr#days", cut at the quote. */
static bool take_apart(struct link *l, char *text)
{
    char *hash = strchr(text, '#'), *query = strchr(text, '?');
    size_t n = 0;
    *l = (struct link){.query = "", .fragment = ""};
    if (hash) {
        l->fragment = hash + 1;
        *hash = 0;
    }
    if (query && (!hash || query < hash)) {
        l->query = query + 1;
        *query = 0;
    }
    const char *lang = str_starts(l->query, "lang=") ? l->query + 5 : NULL;
    if (lang && strcspn(lang, "&") < sizeof l->lang)
        str_copyn(l->lang, sizeof l->lang, lang, strcspn(lang, "&"));
    for (const char *p = text; *p && n < sizeof l->path - 1; n++) {
        bool code = p[0] == '%' && hex(p[1]) >= 0 && hex(p[2]) >= 0;
        l->path[n] = code ? (char)(hex(p[1]) << 4 | hex(p[2])) : *p;
        p += code ? 3 : 1;
    }
    return !memchr(l->path, '\n', n);
}

static const char *target_of(const struct site_run *r, const struct site_item *it, const struct link *l)
{
    char key[LINK_BYTES + 16];
    str_print(key, sizeof key, "%s\n%s", l->path, l->lang[0] ? l->lang : it->lang ? it->lang : "");
    const char *file = map_find(&r->by_link, key);
    if (!file) {
        str_print(key, sizeof key, "%s\n", l->path);
        file = map_find(&r->by_link, key);
    }
    return file;
}

/* ---- putting it together ---- */

static void put_relative(struct buf *out, const struct site_item *it, const char *file, const struct link *l)
{
    struct str rest = str_of(file), seg;
    bool any = false;
    for (const char *p = it->file; *p; p++)
        if (*p == '/')
            buf_str(out, "../");
    while (str_next(&rest, "/", &seg)) {
        char one[TREE_MAX_PATH + 1];
        str_copyn(one, sizeof one, seg.p, seg.n);
        html_print(out, "en", any ? "/%u" : "%u", one);
        any = true;
    }
    if (l->query[0] && !l->lang[0])
        html_print(out, "en", "?%s", l->query);
    if (l->fragment[0])
        html_print(out, "en", "#%s", l->fragment);
}

/* What only the origin can do: forms, and what belongs to them. Its months before the first bulletin are not worth a way there. */
static const char *origin_of(const struct site_run *r, const char *link)
{
    return r->conf && r->conf->site.url && !str_starts(link, "/history") && !str_starts(link, "/console") ? r->conf->site.url : NULL;
}

/* at: behind the opening quote. Writes the attribute with its name, or nothing. Returns its end. */
static const char *put_link(const struct site_run *r, const struct site_item *it, const char *name, const char *at, const char *end, struct buf *out)
{
    char text[LINK_BYTES], kept[LINK_BYTES];
    struct link l;
    const char *quote = memchr(at, '"', (size_t)(end - at));
    size_t n = quote ? (size_t)(quote - at) : (size_t)(end - at);
    bool fits = str_copyn(text, sizeof text, at, n);
    str_copy(kept, sizeof kept, text);
    const char *file = fits && take_apart(&l, text) ? target_of(r, it, &l) : NULL;
    if (file) {
        buf_printf(out, " %s=\"", name);
        put_relative(out, it, file, &l);
        buf_char(out, '"');
    } else if (fits && origin_of(r, kept)) {
        const char *url = origin_of(r, kept);
        size_t slash = strlen(url);
        while (slash && url[slash - 1] == '/')
            slash--;
        str_copyn(text, sizeof text, url, slash);
        html_print(out, "en", " %r=\"%s%r\"", name, text, kept);
    }
    return quote ? quote + 1 : end;
}

void site_relative(const struct site_run *r, const struct site_item *it, const struct buf *html, struct buf *out)
{
    static const char *const names[] = {"href", "src", "action"};
    const char *p = buf_text(html), *end = p + html->len, *from = p;
    for (const char *at; (at = memmem(p, (size_t)(end - p), "=\"/", 3)); p = at + 3) {
        const char *name = NULL;
        for (size_t i = 0; i < COUNT(names) && !name; i++) {
            size_t n = strlen(names[i]);
            if ((size_t)(at - from) > n && memcmp(at - n, names[i], n) == 0 && at[-(ptrdiff_t)n - 1] == ' ')
                name = names[i];
        }
        if (!name || at[3] == '/')
            continue;
        buf_add(out, from, (size_t)(at - from) - strlen(name) - 1);
        from = put_link(r, it, name, at + 2, end, out);
        p = at = from - 3;
    }
    buf_add(out, from, (size_t)(end - from));
}

/* ---- how old it is ---- */

static void put_time(struct pub *p, int64_t at_ms, const char *msgid)
{
    struct civil c;
    char clock[48], rfc[TIME_RFC3339_BYTES];
    struct buf said = BUF_MAX(400), moment = BUF_MAX(200);
    time_civil(at_ms, p->s->zone, &c);
    time_rfc3339(at_ms, 0, rfc);
    str_print(clock, sizeof clock, "%04d-%02d-%02d %02d:%02d %s", c.year, c.month, c.day, c.hour, c.minute, c.zone);
    buf_printf(&moment, "<time datetime=\"%s\">%s</time>", rfc, clock);
    msg_print(&said, p->lang, msgid, "s", buf_text(&moment));
    buf_str(p->out, buf_text(&said));
    buf_done(&said);
    buf_done(&moment);
}

static void put_note(const struct site_run *r, const struct site_item *it, struct pub *p)
{
    bool counts = !it->over && r->next_ms;
    buf_str(p->out, "<div class=\"wrap\"><p class=\"quiet\" id=\"copy\"");
    if (counts)
        pub_print(p, " data-late=\"%t\"", MSG("This copy is old: it was made {1}, and what it says may no longer hold."));
    buf_char(p->out, '>');
    put_time(p, r->s.now_ms, MSG("A copy, made {1}."));
    buf_char(p->out, ' ');
    if (it->over)
        html_tr(p->out, MSG("What it tells is over; the first page says how things are now."), p->lang);
    else if (r->next_ms)
        put_time(p, r->next_ms, MSG("The next one should be here by {1}. If that is past, this page is old: whoever makes the copies cannot be reached."));
    else
        html_tr(p->out, MSG("It does not change by itself."), p->lang);
    if (r->conf && r->conf->site.url)
        pub_print(p, " <a href=\"%s%s?lang=%r\">%t</a>", r->base, it->here, p->lang, MSG("The original"));
    buf_str(p->out, "</p></div>\n");
    if (counts)
        buf_str(p->out, "<script src=\"" SITE_SCRIPT "\" defer></script>\n");
}

void site_note(const struct site_run *r, const struct site_item *it, struct pub *p, struct buf *page)
{
    static const char mark[] = "<main id=\"main\">\n";
    const char *at = page->len ? memmem(page->data, page->len, mark, sizeof mark - 1) : NULL;
    size_t n = at ? (size_t)(at - page->data) + sizeof mark - 1 : page->len;
    struct buf *out = p->out;
    buf_add(out, buf_text(page), n);
    if (at)
        put_note(r, it, p);
    buf_add(out, buf_text(page) + n, page->len - n);
}
