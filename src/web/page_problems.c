/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_problems.c: the console's first page: what nobody has, what somebody has, every host; and lists of checks. */
#include "base/str.h"
#include "base/timetext.h"
#include "web/page_console.h"
#include "web/parts.h"
#include "web/rows.h"
#include "web/seats.h"
#include <stdlib.h>
#include <string.h>

enum { LIST_MOST = 1000 };

typedef VEC(const struct item *) items;

/* Worst first, then newest. */
static int worse(const void *a, const void *b)
{
    const struct item *x = *(const struct item *const *)a, *y = *(const struct item *const *)b;
    int d = state_rank((enum state)y->st.state) - state_rank((enum state)x->st.state);
    if (d == 0)
        d = (x->st.since_ms < y->st.since_ms) - (x->st.since_ms > y->st.since_ms);
    return d;
}

static void collect(struct page *p, items *open, items *taken)
{
    size_t i = 0, j = 0;
    for (const struct item *it; (it = model_next(p->h->model, &i, &j));) {
        if (!state_is_bad((enum state)it->st.state) || !it->enabled)
            continue;
        if (it->ack || it->downtime_depth)
            VEC_PUSH(taken, it);
        else if (rows_is_open(it))
            VEC_PUSH(open, it);
    }
    if (open->n)
        qsort(open->at, open->n, sizeof *open->at, worse);
    if (taken->n)
        qsort(taken->at, taken->n, sizeof *taken->at, worse);
}

static void put_rows(struct page *p, const items *list, const char *label, bool taken)
{
    if (taken)
        rows_open_taken(p, label);
    else
        rows_open(p, ROWS_LIST, label);
    for (size_t i = 0; i < list->n && i < LIST_MOST; i++)
        rows_item(p, ROWS_LIST, list->at[i]);
    rows_close(p);
    if (list->n > LIST_MOST) {
        buf_str(&p->html, "<p class=\"quiet\">");
        msg_print(&p->html, p->lang, MSG("and {1} more; narrow them with the search"), "i", (int64_t)(list->n - LIST_MOST));
        buf_str(&p->html, "</p>\n");
    }
}

/* Empty says that all is well, with the figure that proves it. */
static void all_well(struct page *p)
{
    struct model_counts n;
    int64_t last = 0;
    size_t i = 0, j = 0;
    model_count(p->h->model, &n);
    for (const struct item *it; (it = model_next(p->h->model, &i, &j));)
        last = it->last_check_ms > last ? it->last_check_ms : last;
    html_print(&p->html, p->lang, "<p class=\"note s-ok\" id=\"live-empty\" data-live data-empty>");
    parts_shape(&p->html, n.checks ? "ok" : "pending");
    buf_str(&p->html, "<span>");
    if (!last)
        html_print(&p->html, p->lang, "%t", MSG("The first results come in a moment."));
    else
        msg_print(&p->html, p->lang, MSG("Nothing needs a hand: {1} {1|check|checks} on {2} {2|host|hosts}, the last one {3} ago."), "iid", (int64_t)n.checks, (int64_t)n.hosts, p->now.wall_ms - last);
    buf_str(&p->html, "</span></p>\n");
}

void page_problems_get(struct page *p)
{
    items open = {0}, taken = {0};
    collect(p, &open, &taken);
    struct buf title = BUF_MAX(200);
    if (open.n)
        msg_print(&title, p->lang, MSG("{1} {1|problem|problems} to look at"), "i", (int64_t)open.n);
    else
        buf_str(&title, msg_tr(p->lang, MSG("Nothing to do")));
    parts_open(p, buf_text(&title), "problems");
    buf_done(&title);
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h1>%t <span class=\"quiet\" data-count>%d</span></h1><span class=\"quiet\">%t</span><span class=\"end\"><a href=\"/console/checks\">%t</a></span></div>\n",
               MSG("Nobody has these yet"), (int)open.n, MSG("worst first, then newest"), MSG("Every check"));
    html_print(&p->html, p->lang, "<p id=\"news\" class=\"news\" hidden><a href=\"/console\">%t</a></p>\n", MSG("There are new problems. Show them."));
    if (open.n)
        put_rows(p, &open, MSG("Nobody has these yet"), false);
    else
        all_well(p);
    if (taken.n) {
        html_print(&p->html, p->lang, "<div class=\"bar2\"><h2>%t <span class=\"quiet\">%d</span></h2></div>\n", MSG("Someone has these"), (int)taken.n);
        put_rows(p, &taken, MSG("Someone has these"), true);
    }
    rows_bulk(p);
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h2>%t <span class=\"quiet\">%d</span></h2><span class=\"end\"><a href=\"/console/hosts\">%t</a></span></div>\n", MSG("Every host"),
               (int)model_hosts(p->h->model), MSG("with groups and addresses"));
    seats_put(p, NULL);
    parts_close(p);
    VEC_DONE(&open);
    VEC_DONE(&taken);
    page_send(p, 200, "text/html; charset=utf-8");
}

/* ---- lists of checks: by state, by text, by group ---- */

static bool state_fits(const struct item *it, const char *state)
{
    enum state s = (enum state)it->st.state;
    if (!state || !state[0])
        return true;
    if (str_eq(state, "planned"))
        return it->downtime_depth > 0;
    if (str_eq(state, "ok"))
        return state_is_good(s);
    if (str_eq(state, "problem"))
        return state_is_bad(s);
    return str_eq(state, state_word(s));
}

static bool text_fits(struct page *p, const struct item *it, const char *q)
{
    struct buf b = BUF_MAX(8192);
    const char *check = item_check_name(it);
    const struct conf_host *hc = it->host->conf;
    if (!q || !q[0])
        return true;
    buf_printf(&b, "%s/%s %s %s ", it->host->name, check ? check : "", hc && hc->address ? hc->address : "", hc && hc->title ? hc->title : "");
    if (it->text)
        msg_render(&b, it->text, p->lang);
    bool hit = strcasestr(buf_text(&b), q) != NULL;
    buf_done(&b);
    return hit;
}

static bool group_fits(const struct item *it, const char *group)
{
    if (!group || !group[0])
        return true;
    for (int i = 0; it->host->conf && it->host->conf->groups && it->host->conf->groups[i]; i++)
        if (str_eq(it->host->conf->groups[i], group))
            return true;
    return false;
}

static void filters(struct page *p, const char *state)
{
    static const struct {
        const char *state, *name;
    } all[] = {{"", MSG("all")}, {"problem", MSG("problems")}, {"critical", MSG("critical")}, {"down", MSG("down")}, {"warning", MSG("warning")}, {"unknown", MSG("unknown")}, {"planned", MSG("planned")}, {"pending", MSG("pending")}, {"ok", MSG("ok")}};
    html_print(&p->html, p->lang, "<span class=\"end\">");
    for (size_t i = 0; i < COUNT(all); i++) {
        bool here = str_eq(all[i].state, state ? state : "");
        html_print(&p->html, p->lang, i ? " · " : "");
        if (here)
            html_print(&p->html, p->lang, "<b aria-current=\"true\">%t</b>", all[i].name);
        else
            html_print(&p->html, p->lang, "<a href=\"/console/checks%r%r\">%t</a>", all[i].state[0] ? "?state=" : "", all[i].state, all[i].name);
    }
    html_print(&p->html, p->lang, "</span>");
}

void page_checks_get(struct page *p)
{
    const char *state = httpd_query(p->rq, "state"), *q = httpd_query(p->rq, "q"), *group = httpd_query(p->rq, "group");
    items list = {0};
    size_t i = 0, j = 0;
    for (const struct item *it; (it = model_next(p->h->model, &i, &j));)
        if (state_fits(it, state) && group_fits(it, group) && text_fits(p, it, q))
            VEC_PUSH(&list, it);
    parts_open(p, MSG("Checks"), "checks");
    html_print(&p->html, p->lang, "<div class=\"bar2\"><h1>%t <span class=\"quiet\">%d</span></h1>", MSG("Checks"), (int)list.n);
    if (q && q[0])
        html_print(&p->html, p->lang, "<span class=\"quiet\">“%s”</span>", q);
    filters(p, state);
    html_print(&p->html, p->lang, "</div>\n");
    if (list.n)
        put_rows(p, &list, MSG("Checks"), false);
    else
        html_print(&p->html, p->lang, "<p class=\"note\"><span>%t <a href=\"/console/checks\">%t</a></span></p>\n", MSG("Nothing fits."), MSG("Show all checks."));
    rows_bulk(p);
    parts_close(p);
    VEC_DONE(&list);
    page_send(p, 200, "text/html; charset=utf-8");
}
