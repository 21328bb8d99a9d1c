/* SPDX-License-Identifier: GPL-3.0-or-later */
/* feed_xml.c: Atom and RSS. */
#include "base/str.h"
#include "web/feed.h"

static void element(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, "<%s>", name);
    feed_xml(out, text);
    buf_printf(out, "</%s>\n", name);
}

static void element_time(struct buf *out, const char *name, int64_t ms)
{
    char rfc[TIME_RFC3339_BYTES];
    time_rfc3339(ms, 0, rfc);
    element(out, name, rfc);
}

/* name="…" */
static void attribute(struct buf *out, const char *name, const char *base, const char *text)
{
    buf_printf(out, " %s=\"", name);
    feed_xml(out, base);
    feed_xml(out, text);
    buf_char(out, '"');
}

static void link_to(struct buf *out, const char *name, const char *rel, const char *type, const char *base, const char *path)
{
    buf_printf(out, "<%s rel=\"%s\" type=\"%s\"", name, rel, type);
    attribute(out, "href", base, path);
    buf_str(out, "/>\n");
}

/* Who is to be asked by those who want to be sent each change (WebSub). */
static void hub_to(struct pub *p, const char *name)
{
    if (!p->hub)
        return;
    buf_printf(p->out, "<%s rel=\"hub\"", name);
    attribute(p->out, "href", "", p->hub);
    buf_str(p->out, "/>\n");
}

/* ---- Atom ---- */

static void atom_categories(struct pub *p, const struct bulletin *b)
{
    for (int i = 0; i < b->n_components; i++) {
        const char *lang;
        buf_str(p->out, "<category");
        attribute(p->out, "term", "", b->components[i]);
        attribute(p->out, "label", "", sight_title(p->s, b->components[i], p->lang, &lang));
        buf_str(p->out, "/>\n");
    }
}

static void atom_entry(struct pub *p, const struct feed_item *it)
{
    struct buf text = BUF_MAX(PUBLIC_MAX_BYTES);
    char id[64];
    feed_id(it, id, sizeof id);
    buf_str(p->out, "<entry");
    attribute(p->out, "xml:lang", "", feed_lang(p, it));
    buf_str(p->out, ">\n");
    element(p->out, "id", id);
    feed_title(p, it, &text);
    element(p->out, "title", buf_text(&text));
    buf_clear(&text);
    feed_url(p, it, &text);
    link_to(p->out, "link", "alternate", "text/html", "", buf_text(&text));
    element_time(p->out, "published", it->u ? it->u->posted_ms : it->b->posted_ms);
    element_time(p->out, "updated", it->u && it->u->edited_ms ? it->u->edited_ms : it->updated_ms);
    atom_categories(p, it->b);
    buf_printf(p->out, "<category term=\"%s\" scheme=\"tag:vigie,2026:phase\"/>\n", phase_words[it->u ? it->u->phase : it->b->phase]);
    buf_clear(&text);
    feed_content(p, it, &text);
    buf_str(p->out, "<content type=\"html\">");
    feed_xml(p->out, buf_text(&text));
    buf_str(p->out, "</content>\n</entry>\n");
    buf_done(&text);
}

void feed_atom(struct pub *p, const struct feed_of *of)
{
    struct feed_item items[FEED_ENTRIES];
    struct buf name = BUF_MAX(4000);
    const char *lang;
    int n = feed_select(p, of, items);
    feed_name(p, of, &name);
    buf_printf(p->out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"%s\">\n<id>", p->lang);
    feed_xml(p->out, p->base);
    feed_xml(p->out, of->self);
    buf_str(p->out, "</id>\n");
    element(p->out, "title", buf_text(&name));
    link_to(p->out, "link", "self", "application/atom+xml", p->base, of->self);
    link_to(p->out, "link", "alternate", "text/html", p->base, "/");
    hub_to(p, "link");
    element_time(p->out, "updated", n ? items[0].updated_ms : 0);
    buf_str(p->out, "<author>\n");
    element(p->out, "name", sight_site(p->s, p->lang, &lang));
    buf_str(p->out, "</author>\n<generator>vigie</generator>\n");
    for (int i = 0; i < n; i++)
        atom_entry(p, &items[i]);
    buf_str(p->out, "</feed>\n");
    buf_done(&name);
}

/* ---- RSS 2.0 ---- */

static void element_date(struct buf *out, const char *name, int64_t ms)
{
    struct buf date = BUF_MAX(60);
    time_rfc5322(&date, ms, NULL);
    element(out, name, buf_text(&date));
    buf_done(&date);
}

static void rss_item(struct pub *p, const struct feed_item *it)
{
    struct buf text = BUF_MAX(PUBLIC_MAX_BYTES);
    char id[64];
    feed_id(it, id, sizeof id);
    buf_str(p->out, "<item>\n");
    feed_title(p, it, &text);
    element(p->out, "title", buf_text(&text));
    buf_clear(&text);
    feed_url(p, it, &text);
    element(p->out, "link", buf_text(&text));
    buf_printf(p->out, "<guid isPermaLink=\"false\">%s</guid>\n", id);
    element_date(p->out, "pubDate", it->u ? it->u->posted_ms : it->b->posted_ms);
    element_time(p->out, "atom:updated", it->updated_ms);
    for (int i = 0; i < it->b->n_components; i++) {
        const char *lang;
        element(p->out, "category", sight_title(p->s, it->b->components[i], p->lang, &lang));
    }
    buf_clear(&text);
    feed_content(p, it, &text);
    element(p->out, "description", buf_text(&text));
    buf_str(p->out, "</item>\n");
    buf_done(&text);
}

void feed_rss(struct pub *p, const struct feed_of *of)
{
    struct feed_item items[FEED_ENTRIES];
    struct buf name = BUF_MAX(4000);
    int n = feed_select(p, of, items);
    feed_name(p, of, &name);
    buf_str(p->out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n");
    element(p->out, "title", buf_text(&name));
    buf_str(p->out, "<link>");
    feed_xml(p->out, p->base);
    buf_str(p->out, "/</link>\n");
    element(p->out, "description", buf_text(&name));
    element(p->out, "language", p->lang);
    link_to(p->out, "atom:link", "self", "application/rss+xml", p->base, of->self);
    hub_to(p, "atom:link");
    if (n)
        element_date(p->out, "lastBuildDate", items[0].updated_ms);
    for (int i = 0; i < n; i++)
        rss_item(p, &items[i]);
    buf_str(p->out, "</channel>\n</rss>\n");
    buf_done(&name);
}
