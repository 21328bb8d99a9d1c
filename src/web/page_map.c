/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_map.c: the map of what hangs from what: hosts by their ways, and what depends on them or is made of them. Drawn
 * here as SVG; on a small screen a list says the same. It has a ceiling, and a filter by group or from a host on. */
#include "base/str.h"
#include "model/relations.h"
#include "web/map_layout.h"
#include "web/page_console.h"
#include "web/parts.h"
#include "web/related.h"
#include "web/seats.h"
#include <stdlib.h>

enum { BUNDLE_LEAST = 6, CHIP_W = 112, CHIP_H = 22, CHIP_NAME = 12, CHIP_PAD = 6, MAP_MOST = 400, ALONE_MOST = 100, UP_MOST = 12, NAME_MOST = 17, LEVELS_MOST = 9, MAP_LEVELS = 3, LIST_DEEP = 12 };

/* Hosts that hang from the same, and from which nothing hangs: one box, so that fifty of them fit on a page. */
struct bundle {
    VEC(const struct item *) members;
};
struct mapper {
    struct page *p;
    struct map_graph g;
    VEC(struct bundle) bundles; /* node.bundle counts from 1 */
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

/* ---- bundles ---- */

static const struct item *item_at(const struct mapper *m, int i)
{
    return m->g.nodes.at[i].what;
}

/* What it hangs from, as a key; "" when it hangs from nothing, something hangs from it, or another host needs it. */
static const char *ways_of(struct mapper *m, int i)
{
    struct buf b = BUF_MAX(8000);
    bool leaf = item_at(m, i)->is_host && !m->g.nodes.at[i].late;
    for (size_t k = 0; leaf && k < m->g.edges.n; k++) {
        const struct map_edge *e = &m->g.edges.at[k];
        int other = e->from == i ? e->to : e->from;
        if (e->from != i && e->to != i)
            continue;
        leaf = e->soft ? m->g.nodes.at[other].late : e->to == i;
        if (leaf && !e->soft)
            buf_printf(&b, "%d ", e->from);
    }
    const char *key = leaf ? arena_dup(m->p->rq->arena, buf_text(&b)) : "";
    buf_done(&b);
    return key;
}

static void size_bundle(struct map_node *n, size_t members)
{
    int per_row = members <= 8 ? 2 : members <= 36 ? 3 : 4, rows = ((int)members + per_row - 1) / per_row;
    n->width = per_row * CHIP_W + 2 * CHIP_PAD - 2;
    n->tall = (double)(rows * CHIP_H + 2 * CHIP_PAD - 2 + MAP_ROW - MAP_NODE_H) / MAP_ROW;
}

/* Nodes of the same key become one, at the place of the first. */
static void merge(struct mapper *m, const char *const *keys, const int *count)
{
    int *place = mem_array(m->g.nodes.n + 1, sizeof *place);
    struct map made = {0};
    size_t kept = 0;
    for (size_t i = 0; i < m->g.nodes.n; i++) {
        int there = count[i] >= BUNDLE_LEAST ? (int)(uintptr_t)map_find(&made, keys[i]) : 0;
        if (!there) {
            place[i] = (int)kept;
            m->g.nodes.at[kept] = m->g.nodes.at[i];
            if (count[i] >= BUNDLE_LEAST) {
                map_set(&made, keys[i], (void *)(uintptr_t)(kept + 1));
                VEC_PUSH(&m->bundles, ((struct bundle){.members = {0}}));
                m->g.nodes.at[kept].bundle = (int)m->bundles.n;
            }
            there = (int)++kept;
        }
        struct map_node *n = &m->g.nodes.at[there - 1];
        place[i] = there - 1;
        if (n->bundle) {
            VEC_PUSH(&m->bundles.at[n->bundle - 1].members, item_at(m, (int)i));
            size_bundle(n, m->bundles.at[n->bundle - 1].members.n);
        }
    }
    m->g.nodes.n = kept;
    for (size_t i = 0; i < m->g.edges.n; i++) {
        m->g.edges.at[i].from = place[m->g.edges.at[i].from];
        m->g.edges.at[i].to = place[m->g.edges.at[i].to];
    }
    drop_doubles(&m->g);
    map_done(&made);
    mem_free(place);
}

static void bundle_leaves(struct mapper *m)
{
    const char **keys = mem_array(m->g.nodes.n + 1, sizeof *keys);
    int *count = mem_array(m->g.nodes.n + 1, sizeof *count);
    struct map counts = {0};
    for (size_t i = 0; i < m->g.nodes.n; i++) {
        keys[i] = ways_of(m, (int)i);
        if (keys[i][0])
            map_set(&counts, keys[i], (void *)((uintptr_t)map_find(&counts, keys[i]) + 1));
    }
    for (size_t i = 0; i < m->g.nodes.n; i++)
        count[i] = keys[i][0] ? (int)(uintptr_t)map_find(&counts, keys[i]) : 0;
    merge(m, keys, count);
    map_done(&counts);
    mem_free(count);
    mem_free(keys);
}

/* ---- the drawing ---- */

static int left_of(const struct mapper *m, const struct map_node *n)
{
    return m->g.left.at[n->column] + 2;
}

static int middle_of(const struct map_node *n)
{
    return (int)(n->y * MAP_ROW);
}

static bool is_broken(const struct item *it)
{
    return it->enabled && it->st.hard && state_is_bad((enum state)it->st.state);
}

static bool any_broken(const struct mapper *m, const struct map_node *n)
{
    const struct bundle *b = n->bundle ? &m->bundles.at[n->bundle - 1] : NULL;
    if (!b)
        return is_broken(n->what);
    for (size_t i = 0; i < b->members.n; i++)
        if (is_broken(b->members.at[i]))
            return true;
    return false;
}

static void put_edge(struct mapper *m, const struct map_edge *e)
{
    const struct map_node *a = &m->g.nodes.at[e->from], *b = &m->g.nodes.at[e->to];
    int x1 = left_of(m, a) + a->width, y1 = middle_of(a), x2 = left_of(m, b), y2 = middle_of(b), pull = MAP_GAP * 2 / 3;
    int out = m->g.left.at[a->column + 1] - MAP_GAP; /* past what is wider in its column */
    const char *css = any_broken(m, a) && any_broken(m, b) ? " cut" : "", *soft = e->soft ? " soft" : "";
    if (a->column > b->column) /* in a ring */
        x1 = left_of(m, a), x2 = left_of(m, b) + b->width, out = x1, pull = -pull;
    out = pull > 0 && out < x1 ? x1 : out;
    if (a->column == b->column)
        html_print(&m->p->html, m->p->lang, "<path class=\"e%r%r\" d=\"M%d %dH%dC%d %d %d %d %d %dH%d\"/>\n", soft, css, x1, y1, out, out + pull, y1, out + pull, y2, out, y2, left_of(m, b) + b->width);
    else
        html_print(&m->p->html, m->p->lang, "<path class=\"e%r%r\" d=\"M%d %dH%dC%d %d %d %d %d %d\"/>\n", soft, css, x1, y1, out, out + pull, y1, x2 - pull, y2, x2, y2);
}

/* At most so many characters. */
static const char *short_name(struct mapper *m, const char *name, size_t most)
{
    size_t n = 0, chars = 0;
    while (name[n] && chars < most) {
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

struct box {
    int x, y, w, h, round;
    size_t letters;
    const char *css; /* "nd", "nd chip" */
};

static void put_box(struct mapper *m, const struct item *it, const struct box *at)
{
    struct page *p = m->p;
    const struct item *worst = it;
    enum state s = it->is_host ? seats_worst(it->host, &worst) : (enum state)it->st.state; /* the sign is that of the worst check, the frame the host's own */
    const char *css = it->enabled ? parts_state_class(s, worst) : "pending", *check = item_check_name(it), *word = parts_state_word(s);
    const char *name = name_at(m, it), *seen = short_name(m, name, at->letters);
    if (check)
        html_print(&p->html, p->lang, "<a href=\"/console/check/%u/%u\"", it->host->name, check);
    else
        html_print(&p->html, p->lang, "<a href=\"/console/host/%u\"", it->host->name);
    bool cut = seen != name;
    html_print(&p->html, p->lang, " class=\"%r s-%r%r\" aria-label=\"%s, %s%r%t\"><title>%s, %t</title>", at->css, css, is_broken(it) ? " bad" : "", seen, cut ? name : "", cut ? ", " : "", word, name, word);
    html_print(&p->html, p->lang, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"/><use href=\"#i-%r\" class=\"i s-%r\" x=\"%d\" y=\"%d\" width=\"12\" height=\"12\"/>", at->x, at->y, at->w, at->h,
               at->round, css, css, at->x + 8, at->y + (at->h - 12) / 2);
    html_print(&p->html, p->lang, "<text x=\"%d\" y=\"%d\">%s</text></a>\n", at->x + 26, at->y + at->h / 2 + 4, seen);
}

static void put_bundle(struct mapper *m, const struct map_node *n)
{
    const struct bundle *b = &m->bundles.at[n->bundle - 1];
    int per_row = n->width / CHIP_W, h = (int)(n->tall * MAP_ROW) - (MAP_ROW - MAP_NODE_H), x = left_of(m, n), y = middle_of(n) - h / 2;
    html_print(&m->p->html, m->p->lang, "<rect class=\"bundle\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\"/>\n", x, y, n->width, h);
    for (size_t i = 0; i < b->members.n; i++)
        put_box(m, b->members.at[i], &(struct box){.x = x + CHIP_PAD + (int)i % per_row * CHIP_W, .y = y + CHIP_PAD + (int)i / per_row * CHIP_H, .w = CHIP_W - 2, .h = CHIP_H - 2, .round = 3, .letters = CHIP_NAME, .css = "nd chip"});
}

static void put_node(struct mapper *m, int i)
{
    const struct map_node *n = &m->g.nodes.at[i];
    if (n->bundle)
        put_bundle(m, n);
    else
        put_box(m, n->what, &(struct box){.x = left_of(m, n), .y = middle_of(n) - MAP_NODE_H / 2, .w = MAP_NODE_W, .h = MAP_NODE_H, .round = n->late ? MAP_NODE_H / 2 : 4, .letters = NAME_MOST, .css = n->late ? "nd agg" : "nd"});
}

static void put_svg(struct mapper *m)
{
    int width = m->g.left.at[m->g.columns] - MAP_GAP + 4, height = (int)(m->g.rows * MAP_ROW) + 2;
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
    const struct item *it = item_at(m, i);
    related_link(m->p, it, it->is_host ? seats_worst(it->host, NULL) : (enum state)it->st.state);
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
                                  "<span><svg width=\"36\" height=\"10\" aria-hidden=\"true\"><path class=\"e cut\" d=\"M0 5H36\"/></svg>%t</span>"
                                  "<span><svg width=\"36\" height=\"14\" aria-hidden=\"true\"><rect class=\"bundle\" x=\"1\" y=\"1\" width=\"34\" height=\"12\" rx=\"3\"/></svg>%t</span></p>\n",
               MSG("the way to a host"), MSG("what it needs or is made of"), MSG("broken on both ends"), MSG("hosts that hang from the same"));
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
        put_list(m); /* each on its own */
        bundle_leaves(m);
        map_layout(&m->g);
        put_svg(m);
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
    for (size_t i = 0; i < m.bundles.n; i++)
        VEC_DONE(&m.bundles.at[i].members);
    VEC_DONE(&m.bundles);
    parts_close(p);
    page_send(p, 200, "text/html; charset=utf-8");
}
