/* SPDX-License-Identifier: GPL-3.0-or-later */
/* related.c: relations as parts of pages. Every list has a ceiling, and says how many more there are. */
#include "web/related.h"
#include "base/str.h"
#include "model/relations.h"
#include "web/parts.h"
#include <stdlib.h>

enum { HOPS_MOST = 12, ABREAST_MOST = 6, BEHIND_MOST = 60, TREE_MOST = 300, TREE_DEEP = 12, WELL_MOST = 24, NEEDS_MOST = 40 };

static const char *class_of(const struct item *it, enum state s)
{
    return it->enabled ? parts_state_class(s, it) : "pending";
}

void related_link(struct page *p, const struct item *it, enum state as)
{
    const char *css = class_of(it, as), *check = item_check_name(it);
    html_print(&p->html, p->lang, "<span class=\"st s-%r\">", css);
    parts_shape(&p->html, css);
    if (check)
        html_print(&p->html, p->lang, "<a href=\"/console/check/%u/%u\">%s/%s</a>", it->host->name, check, it->host->name, check);
    else
        html_print(&p->html, p->lang, "<a href=\"/console/host/%u\">%s</a>", it->host->name, it->host->name);
    html_print(&p->html, p->lang, "<span class=\"vh\">, %t</span></span>", parts_state_word(as));
}

static void more_note(struct page *p, const char *msgid, int n)
{
    if (n <= 0)
        return;
    buf_str(&p->html, "<li class=\"quiet\">");
    msg_print(&p->html, p->lang, msgid, "i", (int64_t)n);
    buf_str(&p->html, "</li>\n");
}

/* ---- the way to a host ---- */

struct hop {
    struct host *at[ABREAST_MOST];
    int n, more;
};
struct hops {
    struct hop at[HOPS_MOST];
    int n;
};

static bool is_on(const struct hops *way, const struct host *h)
{
    for (int i = 0; i < way->n; i++)
        for (int k = 0; k < way->at[i].n; k++)
            if (way->at[i].at[k] == h)
                return true;
    return false;
}

/* Each hop is what the one before has as parents; in a ring nobody stands twice. */
static void find_hops(struct hops *way, struct host *h)
{
    way->at[0] = (struct hop){.at = {h}, .n = 1};
    way->n = 1;
    while (way->n < HOPS_MOST) {
        struct hop *before = &way->at[way->n - 1], *next = &way->at[way->n];
        *next = (struct hop){0};
        way->n++; /* so that is_on() sees what is added */
        for (int i = 0; i < before->n; i++)
            for (size_t k = 0; k < before->at[i]->parents.n; k++) {
                struct host *up = before->at[i]->parents.at[k];
                if (is_on(way, up))
                    continue;
                if (next->n < ABREAST_MOST)
                    next->at[next->n++] = up;
                else
                    next->more++;
            }
        if (!next->n) {
            way->n--;
            return;
        }
    }
}

/* Between hosts abreast: is each needed, or is one of them enough? */
static const char *between(const struct hop *below)
{
    const struct conf_ways *w = below->n == 1 ? below->at[0]->ways : NULL;
    return !w || w->groups ? NULL : w->all ? MSG("and") : MSG("or");
}

static void put_hop(struct page *p, const struct hop *hop, const struct hop *below)
{
    buf_str(&p->html, "<li>");
    for (int i = 0; i < hop->n; i++) {
        const char *word = below ? between(below) : NULL;
        if (i)
            html_print(&p->html, p->lang, " <span class=\"quiet\">%t</span> ", word ? word : "·");
        related_link(p, &hop->at[i]->self, (enum state)hop->at[i]->self.st.state);
    }
    if (hop->more)
        html_print(&p->html, p->lang, " <span class=\"quiet\">+%d</span>", hop->more);
    buf_str(&p->html, "</li>");
}

void related_path(struct page *p, struct host *h)
{
    struct hops way = {.n = 0};
    find_hops(&way, h);
    if (way.n < 2)
        return;
    html_print(&p->html, p->lang, "<h2 class=\"vh\">%t</h2>\n<ol class=\"path\" aria-label=\"%t\"><li><span class=\"st s-ok\">", MSG("The way to this host"), MSG("The way to this host"));
    parts_shape(&p->html, "ok");
    buf_str(&p->html, "vigie</span></li>");
    for (int i = way.n; i-- > 0;)
        put_hop(p, &way.at[i], i ? &way.at[i - 1] : NULL);
    buf_str(&p->html, "</ol>\n");
}

/* ---- what hangs from it ---- */

static int worst_host_first(const void *a, const void *b)
{
    const struct host *x = *(struct host *const *)a, *y = *(struct host *const *)b;
    int rx = state_is_bad((enum state)x->self.st.state) ? state_rank((enum state)x->self.st.state) : 0;
    int ry = state_is_bad((enum state)y->self.st.state) ? state_rank((enum state)y->self.st.state) : 0;
    return rx != ry ? ry - rx : str_natural(x->name, y->name);
}

void related_behind(struct page *p, struct host *h)
{
    int hosts, checks;
    VEC(struct host *) list = {0};
    if (!h->children.n)
        return;
    model_behind(p->h->model, h, &hosts, &checks);
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h2>%t <span class=\"quiet\">%d</span></h2><span class=\"quiet\">", MSG("What hangs from it"), (int)h->children.n);
    if (hosts)
        msg_print(&p->html, p->lang, MSG("without it {1} {1|host|hosts} and {2} {2|check|checks} are cut off"), "ii", (int64_t)hosts, (int64_t)checks);
    else
        html_print(&p->html, p->lang, "%t", MSG("everything has another way"));
    html_print(&p->html, p->lang, "</span><span class=\"end\"><a href=\"/console/map?from=%u\">%t</a></span></div>\n<ul class=\"hang\">\n", h->name, MSG("On the map"));
    for (size_t i = 0; i < h->children.n; i++)
        VEC_PUSH(&list, h->children.at[i]);
    qsort(list.at, list.n, sizeof *list.at, worst_host_first);
    for (size_t i = 0; i < list.n && i < BEHIND_MOST; i++) {
        buf_str(&p->html, "<li>");
        related_link(p, &list.at[i]->self, (enum state)list.at[i]->self.st.state);
        buf_str(&p->html, "</li>\n");
    }
    more_note(p, MSG("and {1} more"), (int)list.n - BEHIND_MOST);
    buf_str(&p->html, "</ul>\n");
    VEC_DONE(&list);
}

/* ---- an aggregate's tree ---- */

struct branch {
    const struct item *it;
    enum state state;
};

static int worst_branch_first(const void *a, const void *b)
{
    const struct branch *x = a, *y = b;
    int rx = state_is_bad(x->state) ? state_rank(x->state) : 0, ry = state_is_bad(y->state) ? state_rank(y->state) : 0;
    return rx != ry ? ry - rx : x->it < y->it ? -1 : x->it > y->it;
}

static void put_members(struct page *p, const struct item *it, int deep, int *left);

static void put_branch(struct page *p, const struct branch *b, int deep, int *left)
{
    bool bad = state_is_bad(b->state) && b->it->enabled;
    html_print(&p->html, p->lang, "<li%r>", bad ? " class=\"bad\"" : "");
    related_link(p, b->it, b->state);
    buf_str(&p->html, " <span class=\"quiet\">");
    parts_age(p, b->it->st.since_ms);
    buf_str(&p->html, "</span>");
    if (bad && !item_members(b->it))
        html_print(&p->html, p->lang, " <span class=\"said\">%m</span>", b->it->text ? b->it->text : "");
    if (item_members(b->it) && deep < TREE_DEEP)
        put_members(p, b->it, deep + 1, left);
    buf_str(&p->html, "</li>\n");
}

static void put_members(struct page *p, const struct item *it, int deep, int *left)
{
    size_t n = item_members(it);
    struct branch *list = mem_array(n + 1, sizeof *list);
    int well = 0, unseen = 0;
    for (size_t i = 0; i < n; i++)
        list[i] = (struct branch){item_member_at(it, i), item_member_state(it, item_member_at(it, i))};
    qsort(list, n, sizeof *list, worst_branch_first);
    buf_str(&p->html, "<ul>\n");
    for (size_t i = 0; i < n; i++) {
        bool bad = state_is_bad(list[i].state);
        if (*left <= 0 || (!bad && well++ >= WELL_MOST)) {
            unseen++;
            continue;
        }
        --*left;
        put_branch(p, &list[i], deep, left);
    }
    more_note(p, MSG("and {1} more"), unseen);
    buf_str(&p->html, "</ul>\n");
    mem_free(list);
}

void related_tree(struct page *p, const struct item *it)
{
    int left = TREE_MOST;
    if (!item_members(it))
        return;
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h2>%t <span class=\"quiet\">%d</span></h2></div>\n<div class=\"tree\">\n", MSG("What it is made of"), (int)item_members(it));
    put_members(p, it, 0, &left);
    buf_str(&p->html, "</div>\n");
}

/* ---- dependencies ---- */

static void put_list(struct page *p, const char *title, const struct item *it, size_t n, const struct item *(*at)(const struct item *it, size_t i))
{
    if (!n)
        return;
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h2>%t <span class=\"quiet\">%d</span></h2></div>\n<ul class=\"hang\">\n", title, (int)n);
    for (size_t i = 0; i < n && i < NEEDS_MOST; i++) {
        const struct item *one = at(it, i);
        buf_str(&p->html, "<li>");
        related_link(p, one, (enum state)one->st.state);
        buf_str(&p->html, "</li>\n");
    }
    more_note(p, MSG("and {1} more"), (int)n - NEEDS_MOST);
    buf_str(&p->html, "</ul>\n");
}

static const struct item *master_at(const struct item *it, size_t i)
{
    return item_master_at(it, i, NULL);
}

void related_needs(struct page *p, const struct item *it)
{
    put_list(p, MSG("What it needs"), it, item_masters(it), master_at);
    put_list(p, MSG("What needs it"), it, item_dependants(it), item_dependant_at);
    put_list(p, MSG("What it is a part of"), it, item_aggregates(it), item_aggregate_at);
}
