/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_map.c: the map of what hangs from what: hosts by their ways, and what depends on them or is made of them. Drawn
 * here as SVG; on a small screen a list says the same. It has a ceiling, and a filter by group or from a host on. */
#include "base/str.h"
#include "model/relations.h"
#include "web/map_layout.h"
#include "web/page_console.h"
#include "web/parts.h"
#include "web/related.h"
#include <stdlib.h>

enum { MAP_MOST = 400, ALONE_MOST = 100, UP_MOST = 12, NAME_MOST = 17, LEVELS_MOST = 9, MAP_LEVELS = 3, LIST_DEEP = 12 };

struct mapper {
    struct page *p;
    struct map_graph g;
    struct map by_id;  /* "web1", "services/shop" → index + 1 */
    const char *group, *from;
    int levels;
    int wanted;        /* hosts that the filter takes */
    bool skeleton;     /* too many: only what others hang from, and what is broken */
};

/* ---- who is on it ---- */

static bool in_group(const struct host *h, const char *group)
{
    for (int i = 0; h->conf->groups && h->conf->groups[i]; i++)
        if (str_eq(h->conf->groups[i], group))
            return true;
    return false;
}

static int find(const struct mapper *m, const struct item *it)
{
    char id[2 * CONF_MAX_NAME + 8];
    item_id(it, id, sizeof id);
    return (int)(uintptr_t)map_find(&m->by_id, id) - 1;
}

static void take(struct mapper *m, const struct item *it, bool late)
{
    char id[2 * CONF_MAX_NAME + 8];
    if (find(m, it) >= 0 || m->g.nodes.n >= MAP_MOST)
        return;
    item_id(it, id, sizeof id);
    map_set(&m->by_id, arena_dup(m->p->rq->arena, id), (void *)(uintptr_t)(map_node_add(&m->g, it, late) + 1));
}

static bool is_wanted(const struct mapper *m, const struct host *h)
{
    if (h->conf->derived)
        return false;
    if (m->skeleton && !h->children.n && !state_is_bad((enum state)h->self.st.state))
        return false;
    return !m->group || in_group(h, m->group);
}

static int count_wanted(const struct mapper *m)
{
    int n = 0;
    for (size_t i = 0; i < model_hosts(m->p->h->model); i++)
        n += is_wanted(m, model_host_at(m->p->h->model, i));
    return n;
}

/* From a host on: so many levels down, and all the way up. */
static void take_from(struct mapper *m, struct host *h)
{
    size_t begin = 0, end;
    take(m, &h->self, false);
    for (int level = 0; level < m->levels && begin < (end = m->g.nodes.n); level++) {
        for (size_t i = begin; i < end; i++) {
            const struct host *at = ((const struct item *)m->g.nodes.at[i].what)->host;
            for (size_t k = 0; k < at->children.n; k++)
                take(m, &at->children.at[k]->self, false);
        }
        begin = end;
    }
    begin = m->g.nodes.n;
    for (size_t k = 0; k < h->parents.n; k++)
        take(m, &h->parents.at[k]->self, false);
    for (int level = 1; level < UP_MOST && begin < (end = m->g.nodes.n); level++) {
        for (size_t i = begin; i < end; i++) {
            const struct host *at = ((const struct item *)m->g.nodes.at[i].what)->host;
            for (size_t k = 0; k < at->parents.n; k++)
                take(m, &at->parents.at[k]->self, false);
        }
        begin = end;
    }
}

static void take_all(struct mapper *m)
{
    m->wanted = count_wanted(m);
    m->skeleton = m->wanted > MAP_MOST;
    for (size_t i = 0; i < model_hosts(m->p->h->model); i++) {
        struct host *h = model_host_at(m->p->h->model, i);
        if (is_wanted(m, h))
            take(m, &h->self, false);
    }
}

/* ---- what ties them ---- */

static void tie(struct mapper *m, const struct item *from, int to)
{
    int at = find(m, from);
    if (at < 0)
        at = find(m, &from->host->self);
    if (at >= 0 && at != to)
        map_edge_add(&m->g, at, to, true);
}

/* Aggregates that stand for something on the map; those of a machine belong to its node. */
static void take_services(struct mapper *m)
{
    bool more = true;
    for (int turn = 0; more && turn < LIST_DEEP; turn++) {
        size_t before = m->g.nodes.n;
        for (size_t i = 0; i < before; i++) {
            const struct item *it = m->g.nodes.at[i].what;
            for (size_t c = 0; it->is_host && c < it->host->checks.n; c++)
                for (size_t k = 0; k < item_aggregates(it->host->checks.at[c]); k++)
                    if (item_aggregate_at(it->host->checks.at[c], k)->host->conf->derived)
                        take(m, item_aggregate_at(it->host->checks.at[c], k), true);
            for (size_t k = 0; k < item_aggregates(it); k++)
                if (item_aggregate_at(it, k)->host->conf->derived)
                    take(m, item_aggregate_at(it, k), true);
        }
        more = m->g.nodes.n > before;
    }
}

static void tie_item(struct mapper *m, const struct item *it, int to)
{
    for (size_t i = 0; i < item_masters(it) && i < MAP_MOST; i++)
        tie(m, item_master_at(it, i, NULL), to);
    for (size_t i = 0; i < item_members(it) && i < MAP_MOST; i++)
        tie(m, item_member_at(it, i), to);
}

static int by_ends(const void *a, const void *b)
{
    const struct map_edge *x = a, *y = b;
    int order = x->from != y->from ? x->from - y->from : x->to - y->to;
    return order ? order : x->soft - y->soft;
}

/* Two checks of one host may both depend on two of another: one line. */
static void drop_doubles(struct map_graph *g)
{
    size_t kept = 0;
    if (g->edges.n)
        qsort(g->edges.at, g->edges.n, sizeof *g->edges.at, by_ends);
    for (size_t i = 0; i < g->edges.n; i++)
        if (!kept || g->edges.at[i].from != g->edges.at[kept - 1].from || g->edges.at[i].to != g->edges.at[kept - 1].to)
            g->edges.at[kept++] = g->edges.at[i];
    g->edges.n = kept;
}

static void tie_all(struct mapper *m)
{
    for (size_t i = 0; i < m->g.nodes.n; i++) {
        const struct item *it = m->g.nodes.at[i].what;
        for (size_t k = 0; it->is_host && k < it->host->parents.n; k++) {
            int at = find(m, &it->host->parents.at[k]->self);
            if (at >= 0)
                map_edge_add(&m->g, at, (int)i, false);
        }
        tie_item(m, it, (int)i);
        for (size_t k = 0; it->is_host && k < it->host->checks.n; k++)
            tie_item(m, it->host->checks.at[k], (int)i);
    }
    drop_doubles(&m->g);
}

/* Nodes that nothing is tied to leave the drawing; they are listed below it. */
static void set_alone_aside(struct mapper *m, struct map_graph *ret_alone)
{
    int *place = mem_array(m->g.nodes.n + 1, sizeof *place);
    size_t kept = 0;
    for (size_t i = 0; i < m->g.nodes.n; i++) {
        if (m->g.nodes.at[i].degree == 0) {
            VEC_PUSH(&ret_alone->nodes, m->g.nodes.at[i]);
            continue;
        }
        place[i] = (int)kept;
        m->g.nodes.at[kept++] = m->g.nodes.at[i];
    }
    m->g.nodes.n = kept;
    for (size_t i = 0; i < m->g.edges.n; i++) {
        m->g.edges.at[i].from = place[m->g.edges.at[i].from];
        m->g.edges.at[i].to = place[m->g.edges.at[i].to];
    }
    mem_free(place);
}

/* ---- the drawing ---- */

static const struct item *item_at(const struct mapper *m, int i)
{
    return m->g.nodes.at[i].what;
}

static int left_of(const struct map_node *n)
{
    return n->column * MAP_COLUMN + 2;
}

static int middle_of(const struct map_node *n)
{
    return (int)(n->y * MAP_ROW) + MAP_ROW / 2;
}

static bool is_broken(const struct item *it)
{
    return it->enabled && it->st.hard && state_is_bad((enum state)it->st.state);
}

static void put_edge(struct mapper *m, const struct map_edge *e)
{
    const struct map_node *a = &m->g.nodes.at[e->from], *b = &m->g.nodes.at[e->to];
    const struct item *from = a->what, *to = b->what;
    int x1 = left_of(a) + MAP_NODE_W, y1 = middle_of(a), x2 = left_of(b), y2 = middle_of(b), pull = (MAP_COLUMN - MAP_NODE_W) * 2 / 3;
    bool cut = is_broken(from) && is_broken(to);
    if (a->column > b->column) /* in a ring */
        x1 = left_of(a), x2 = left_of(b) + MAP_NODE_W, pull = -pull;
    else if (a->column == b->column)
        x2 = left_of(b) + MAP_NODE_W;
    html_print(&m->p->html, m->p->lang, "<path class=\"e%r%r\" d=\"M%d %dC%d %d %d %d %d %d\"/>\n", e->soft ? " soft" : "", cut ? " cut" : "", x1, y1, x1 + pull, y1,
               a->column == b->column ? x2 + pull : x2 - pull, y2, x2, y2);
}

/* At most so many characters. */
static const char *short_name(struct mapper *m, const char *name)
{
    size_t n = 0, chars = 0;
    while (name[n] && chars < NAME_MOST) {
        n++;
        while (((unsigned char)name[n] & 0xc0) == 0x80)
            n++;
        chars++;
    }
    return name[n] ? arena_printf(m->p->rq->arena, "%.*s…", (int)n, name) : name;
}

static const char *name_at(const struct mapper *m, const struct item *it)
{
    const struct conf_aggregate *a = item_aggregate(it);
    const char *title = a && !it->is_host ? conf_pairs_lang(&a->title, m->p->lang) : NULL;
    return it->is_host ? it->host->name : title ? title : item_check_name(it);
}

static void put_node(struct mapper *m, int i)
{
    struct page *p = m->p;
    const struct map_node *n = &m->g.nodes.at[i];
    const struct item *it = n->what;
    const char *css = it->enabled ? parts_state_class((enum state)it->st.state, it) : "pending", *check = item_check_name(it);
    const char *name = name_at(m, it), *seen = short_name(m, name), *word = parts_state_word((enum state)it->st.state);
    int x = left_of(n), y = middle_of(n) - MAP_NODE_H / 2;
    if (check)
        html_print(&p->html, p->lang, "<a href=\"/console/check/%u/%u\"", it->host->name, check);
    else
        html_print(&p->html, p->lang, "<a href=\"/console/host/%u\"", it->host->name);
    bool cut = seen != name;
    html_print(&p->html, p->lang, " class=\"nd s-%r%r%r\" aria-label=\"%s, %s%r%t\"><title>%s, %t</title>", css, n->late ? " agg" : "", is_broken(it) ? " bad" : "", seen, cut ? name : "", cut ? ", " : "",
               word, name, word);
    html_print(&p->html, p->lang, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"/><use href=\"#i-%r\" class=\"i s-%r\" x=\"%d\" y=\"%d\" width=\"12\" height=\"12\"/>", x, y, MAP_NODE_W,
               MAP_NODE_H, n->late ? MAP_NODE_H / 2 : 4, css, css, x + 8, y + 7);
    html_print(&p->html, p->lang, "<text x=\"%d\" y=\"%d\">%s</text></a>\n", x + 27, y + 17, seen);
}

static void put_svg(struct mapper *m)
{
    int width = (m->g.columns - 1) * MAP_COLUMN + MAP_NODE_W + 4, height = (int)(m->g.rows * MAP_ROW) + 2;
    html_print(&m->p->html, m->p->lang, "<div class=\"pan mapped\" tabindex=\"0\" role=\"region\" aria-label=\"%t\">\n<svg class=\"map\" role=\"group\" aria-label=\"%t\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n", MSG("Map"),
               MSG("Map"), width, height, width, height);
    for (size_t i = 0; i < m->g.edges.n; i++)
        put_edge(m, &m->g.edges.at[i]);
    for (size_t i = 0; i < m->g.nodes.n; i++)
        put_node(m, (int)i);
    buf_str(&m->p->html, "</svg>\n</div>\n");
}

/* ---- the list, for small screens ---- */

static void put_below(struct mapper *m, int at, int deep, bool *seen);

static void put_entry(struct mapper *m, int i, int deep, bool *seen)
{
    buf_str(&m->p->html, "<li>");
    related_link(m->p, item_at(m, i), (enum state)item_at(m, i)->st.state);
    if (!seen[i] && deep < LIST_DEEP) {
        seen[i] = true;
        put_below(m, i, deep + 1, seen);
    }
    buf_str(&m->p->html, "</li>\n");
}

static void put_below(struct mapper *m, int at, int deep, bool *seen)
{
    bool any = false;
    for (size_t i = 0; i < m->g.edges.n; i++) {
        const struct map_edge *e = &m->g.edges.at[i];
        if (e->from != at || seen[e->to])
            continue;
        if (!any)
            buf_str(&m->p->html, "<ul>\n");
        any = true;
        put_entry(m, e->to, deep, seen);
    }
    if (any)
        buf_str(&m->p->html, "</ul>\n");
}

static void put_list(struct mapper *m)
{
    bool *seen = mem_array(m->g.nodes.n + 1, sizeof *seen);
    buf_str(&m->p->html, "<div class=\"tree maplist\"><ul>\n");
    for (int turn = 0; turn < 2; turn++)
        for (size_t i = 0; i < m->g.nodes.n; i++)
            if (!seen[i] && (turn || (m->g.nodes.at[i].column == 0 && !m->g.nodes.at[i].late)))
                put_entry(m, (int)i, 0, seen);
    buf_str(&m->p->html, "</ul></div>\n");
    mem_free(seen);
}

static void put_alone(struct mapper *m, const struct map_graph *alone)
{
    struct page *p = m->p;
    if (!alone->nodes.n)
        return;
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h2>%t <span class=\"quiet\">%d</span></h2></div>\n<ul class=\"hang\">\n", MSG("On their own"), (int)alone->nodes.n);
    for (size_t i = 0; i < alone->nodes.n && i < ALONE_MOST; i++) {
        const struct item *it = alone->nodes.at[i].what;
        buf_str(&p->html, "<li>");
        related_link(p, it, (enum state)it->st.state);
        buf_str(&p->html, "</li>\n");
    }
    if (alone->nodes.n > ALONE_MOST) {
        buf_str(&p->html, "<li class=\"quiet\">");
        msg_print(&p->html, p->lang, MSG("and {1} more"), "i", (int64_t)alone->nodes.n - ALONE_MOST);
        buf_str(&p->html, "</li>\n");
    }
    buf_str(&p->html, "</ul>\n");
}

/* ---- the page ---- */

static void filter(const struct mapper *m)
{
    struct page *p = m->p;
    const struct conf *c = model_conf(p->h->model);
    html_print(&p->html, p->lang, "<form class=\"mapform\" action=\"/console/map\"><label><span>%t</span><select name=\"group\"><option value=\"\">%t</option>", MSG("Group"), MSG("all"));
    for (int i = 0; c && i < c->n_groups; i++) {
        const char *title = conf_pairs_lang(&c->groups[i]->title, p->lang);
        html_print(&p->html, p->lang, "<option value=\"%s\"%r>%s</option>", c->groups[i]->name, str_eq(m->group, c->groups[i]->name) ? " selected" : "", title ? title : c->groups[i]->name);
    }
    html_print(&p->html, p->lang, "</select></label><label><span>%t</span><input name=\"from\" value=\"%s\" placeholder=\"web1\"></label><label><span>%t</span><select name=\"levels\">", MSG("From host"),
               m->from ? m->from : "", MSG("Levels"));
    for (int i = 1; i <= LEVELS_MOST; i++)
        html_print(&p->html, p->lang, "<option%r>%d</option>", i == m->levels ? " selected" : "", i);
    html_print(&p->html, p->lang, "</select></label><button class=\"btn\">%t</button></form>\n", MSG("Show"));
}

static void note(struct page *p, const char *msgid, int a, int b)
{
    buf_str(&p->html, "<p class=\"note\"><span>");
    msg_print(&p->html, p->lang, msgid, "ii", (int64_t)a, (int64_t)b);
    buf_str(&p->html, "</span></p>\n");
}

static void put_key(struct page *p)
{
    html_print(&p->html, p->lang, "<p class=\"key mapkey\"><span><svg width=\"36\" height=\"10\" aria-hidden=\"true\"><path class=\"e\" d=\"M0 5H36\"/></svg>%t</span><span><svg width=\"36\" height=\"10\" aria-hidden=\"true\"><path class=\"e soft\" d=\"M0 5H36\"/></svg>%t</span>"
                                  "<span><svg width=\"36\" height=\"10\" aria-hidden=\"true\"><path class=\"e cut\" d=\"M0 5H36\"/></svg>%t</span></p>\n",
               MSG("the way to a host"), MSG("what it needs or is made of"), MSG("broken on both ends"));
}

static void put_map(struct mapper *m)
{
    struct map_graph alone = {.columns = 0};
    take_services(m);
    tie_all(m);
    set_alone_aside(m, &alone);
    if (m->skeleton)
        note(m->p, MSG("Of {1} hosts those are shown that others hang from, and those that are not well, {2} at most. Choose a group or a host to see the rest."), m->wanted, MAP_MOST);
    else if (m->g.nodes.n + alone.nodes.n >= MAP_MOST)
        note(m->p, MSG("{2} things at most are shown. Choose a group, or fewer levels from a host."), 0, MAP_MOST);
    if (m->g.nodes.n) {
        map_layout(&m->g);
        put_svg(m);
        put_list(m);
        put_key(m->p);
    } else {
        html_print(&m->p->html, m->p->lang, "<p class=\"note\"><span>%t <code>parents: [router1]</code></span></p>\n", MSG("Nothing here hangs from anything else. A host says what is on the way to it with"));
    }
    put_alone(m, &alone);
    map_graph_done(&alone);
}

static const char *given(struct page *p, const char *name)
{
    const char *v = httpd_query(p->rq, name);
    return v && *v ? v : NULL;
}

void page_map_get(struct page *p)
{
    struct mapper m = {.p = p, .group = given(p, "group"), .from = given(p, "from"), .levels = MAP_LEVELS};
    struct host *from = m.from ? model_find_host(p->h->model, m.from) : NULL;
    const char *levels = given(p, "levels");
    if (levels && levels[0] >= '1' && levels[0] <= '0' + LEVELS_MOST && !levels[1])
        m.levels = levels[0] - '0';
    p->about = "*";
    parts_open(p, MSG("Map"), "map");
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h1>%t</h1></div>\n", MSG("Map"));
    filter(&m);
    buf_str(&p->html, "<div id=\"live-map\" data-live>\n");
    if (from)
        take_from(&m, from);
    else if (m.from)
        html_print(&p->html, p->lang, "<p class=\"note bad s-warning\" role=\"alert\"><span>%t</span></p>\n", MSG("There is no such host."));
    else
        take_all(&m);
    if (from || !m.from)
        put_map(&m);
    buf_str(&p->html, "</div>\n");
    map_done(&m.by_id);
    map_graph_done(&m.g);
    parts_close(p);
    page_send(p, 200, "text/html; charset=utf-8");
}
