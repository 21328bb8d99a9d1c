/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seats.c: see seats.h; and the page of all hosts. */
#include "web/seats.h"
#include "base/str.h"
#include "web/page_console.h"
#include "web/parts.h"
#include "web/rows.h"
#include <stdlib.h>

enum { GROUPS_MOST = 500 };

enum state seats_worst(const struct host *h, const struct item **ret_item)
{
    const struct item *worst = &h->self;
    if (!state_is_bad((enum state)h->self.st.state))
        for (size_t i = 0; i < h->checks.n; i++)
            if (h->checks.at[i]->enabled && state_rank((enum state)h->checks.at[i]->st.state) > state_rank((enum state)worst->st.state))
                worst = h->checks.at[i];
    if (ret_item)
        *ret_item = worst;
    return (enum state)worst->st.state;
}

void seats_one(struct page *p, const struct host *h)
{
    const struct item *worst;
    enum state s = seats_worst(h, &worst);
    const char *css = parts_state_class(s, worst);
    html_print(&p->html, p->lang, "<li><a class=\"s-%r\" href=\"/console/host/%u\" data-seat=\"%s\">", css, h->name, h->name);
    parts_shape(&p->html, css);
    html_print(&p->html, p->lang, "<span class=\"cut\">%s</span><span class=\"vh\">, %t</span></a></li>", h->name, parts_state_word(s));
}

static bool is_member(const struct host *h, const char *group)
{
    bool any = h->conf && h->conf->groups && h->conf->groups[0];
    if (!group[0])
        return !any;
    for (int i = 0; any && h->conf->groups[i]; i++)
        if (str_eq(h->conf->groups[i], group))
            return true;
    return false;
}

static void put_group(struct page *p, const char *group)
{
    int n = 0;
    for (size_t i = 0; i < model_hosts(p->h->model); i++)
        n += is_member(model_host_at(p->h->model, i), group);
    if (!n)
        return;
    html_print(&p->html, p->lang, "<li><span><b>");
    if (group[0])
        html_print(&p->html, p->lang, "<a href=\"/console/checks?group=%u\">%s</a>", group, parts_group(p, group));
    else
        html_print(&p->html, p->lang, "%t", MSG("No group"));
    html_print(&p->html, p->lang, "</b> %d</span><ul>", n);
    for (size_t i = 0; i < model_hosts(p->h->model); i++)
        if (is_member(model_host_at(p->h->model, i), group))
            seats_one(p, model_host_at(p->h->model, i));
    html_print(&p->html, p->lang, "</ul></li>\n");
}

static int by_name(const void *a, const void *b)
{
    return str_natural(*(const char *const *)a, *(const char *const *)b);
}

void seats_put(struct page *p, const char *only)
{
    VEC(const char *) groups = {0};
    struct map seen = {0};
    for (size_t i = 0; i < model_hosts(p->h->model); i++) {
        const struct host *h = model_host_at(p->h->model, i);
        for (int k = 0; h->conf && h->conf->groups && h->conf->groups[k] && groups.n < GROUPS_MOST; k++)
            if (!map_set(&seen, h->conf->groups[k], (void *)h))
                VEC_PUSH(&groups, h->conf->groups[k]);
    }
    if (groups.n)
        qsort(groups.at, groups.n, sizeof *groups.at, by_name);
    html_print(&p->html, p->lang, "<ul class=\"seats\">\n");
    for (size_t i = 0; i < groups.n; i++)
        if (!only || str_eq(only, groups.at[i]))
            put_group(p, groups.at[i]);
    if (!only)
        put_group(p, "");
    html_print(&p->html, p->lang, "</ul>\n");
    map_done(&seen);
    VEC_DONE(&groups);
}

/* ---- /console/hosts ---- */

static void host_row(struct page *p, const struct host *h)
{
    const struct item *worst;
    int bad = 0;
    seats_worst(h, &worst);
    for (size_t i = 0; i < h->checks.n; i++)
        bad += state_is_bad((enum state)h->checks.at[i]->st.state);
    html_print(&p->html, p->lang, "<tr role=\"row\" class=\"s-%r\"><td role=\"cell\" class=\"c-state\">", parts_state_class((enum state)h->self.st.state, &h->self));
    parts_state(p, &h->self);
    html_print(&p->html, p->lang, "</td><td role=\"cell\" class=\"what\"><a href=\"/console/host/%u\">%s</a> <span class=\"sub\">%s</span>", h->name, h->name, h->conf && h->conf->title ? h->conf->title : "");
    rows_cause(p, &h->self);
    html_print(&p->html, p->lang, "</td><td role=\"cell\" class=\"num since\">");
    parts_age(p, h->self.st.since_ms);
    html_print(&p->html, p->lang, "</td><td role=\"cell\" class=\"wide quiet\">%s</td><td role=\"cell\" class=\"wide\">", h->conf && h->conf->address ? h->conf->address : "");
    for (int i = 0; h->conf && h->conf->groups && h->conf->groups[i]; i++)
        html_print(&p->html, p->lang, "%r<a href=\"/console/checks?group=%u\">%s</a>", i ? ", " : "", h->conf->groups[i], parts_group(p, h->conf->groups[i]));
    html_print(&p->html, p->lang, "</td><td role=\"cell\" class=\"num\">");
    if (bad)
        msg_print(&p->html, p->lang, MSG("{1} of {2} {1|needs|need} a look"), "ii", (int64_t)bad, (int64_t)h->checks.n);
    else
        msg_print(&p->html, p->lang, MSG("{1} {1|check|checks}"), "i", (int64_t)h->checks.n);
    html_print(&p->html, p->lang, "</td></tr>\n");
}

void page_hosts_get(struct page *p)
{
    parts_open(p, MSG("Hosts"), "hosts");
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h1>%t <span class=\"quiet\">%d</span></h1>", MSG("Hosts"), (int)model_hosts(p->h->model));
    html_print(&p->html, p->lang, "<span class=\"end do\">");
    found_link(p);
    if (p->who.role >= ROLE_ADMIN)
        html_print(&p->html, p->lang, "<a class=\"btn\" href=\"/console/add\">%t</a>", MSG("Watch something…"));
    html_print(&p->html, p->lang, "</span>");
    html_print(&p->html, p->lang, "</div>\n");
    seats_put(p, NULL);
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h2>%t</h2></div>\n<table class=\"tab hosts\" role=\"table\" aria-label=\"%t\"><thead role=\"rowgroup\"><tr role=\"row\"><th scope=\"col\" role=\"columnheader\" class=\"c-state\">%t</th><th scope=\"col\" role=\"columnheader\">%t</th>"
                                  "<th scope=\"col\" role=\"columnheader\" class=\"num c-since\">%t</th><th scope=\"col\" role=\"columnheader\">%t</th><th scope=\"col\" role=\"columnheader\">%t</th><th scope=\"col\" role=\"columnheader\" class=\"num\">%t</th></tr></thead><tbody role=\"rowgroup\">\n",
               MSG("One by one"), MSG("Hosts"), MSG("State"), MSG("Host"), MSG("Since"), MSG("Address"), MSG("Groups"), MSG("Checks"));
    for (size_t i = 0; i < model_hosts(p->h->model); i++)
        host_row(p, model_host_at(p->h->model, i));
    html_print(&p->html, p->lang, "</tbody></table>\n");
    parts_close(p);
    page_send(p, 200, "text/html; charset=utf-8");
}
