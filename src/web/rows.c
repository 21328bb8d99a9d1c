/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rows.c: a checked thing as a table row.  On a phone a row becomes three lines, so rows and cells carry their roles. */
#include "web/rows.h"
#include "base/str.h"
#include "base/timetext.h"
#include "model/relations.h"
#include "web/parts.h"

enum { BEHIND_MOST = 12, DAY_MS = 86400 * 1000 };

int rows_view(const char *word)
{
    return str_eq(word, "list") ? ROWS_LIST : str_eq(word, "host") ? ROWS_HOST : -1;
}

struct column {
    const char *css, *title;
};
static const struct column list_columns[] = {{"c-pick", NULL}, {"c-state", MSG("State")}, {"c-what", MSG("Host / check")}, {"c-since num", MSG("Since")}, {"c-out", MSG("Output")}, {"c-told", MSG("Told")}, {"c-acts", NULL}, {0}};
static const struct column taken_columns[] = {{"c-pick", NULL}, {"c-state", MSG("State")}, {"c-what", MSG("Host / check")}, {"c-since num", MSG("Since")}, {"c-out", MSG("Output")}, {"c-told", MSG("Who")}, {"c-acts", NULL}, {0}};
static const struct column host_columns[] = {{"c-pick", NULL}, {"c-state", MSG("State")}, {"c-check", MSG("Check")}, {"c-since num", MSG("Since")}, {"c-out", MSG("Output")}, {"c-took num", MSG("Took")}, {"c-next num", MSG("Next")}, {"c-acts", NULL}, {0}};

static void open_table(struct page *p, enum row_view v, const char *label, const struct column *columns)
{
    html_print(&p->html, p->lang, "<table class=\"tab rows\" role=\"table\" aria-label=\"%t\" data-view=\"%r\"><thead role=\"rowgroup\"><tr role=\"row\">", label, v == ROWS_LIST ? "list" : "host");
    for (const struct column *c = columns; c->css; c++) {
        html_print(&p->html, p->lang, "<th scope=\"col\" role=\"columnheader\" class=\"%r\">", c->css);
        if (c->title)
            html_print(&p->html, p->lang, "%t</th>", c->title);
        else
            html_print(&p->html, p->lang, "<span class=\"vh\">%t</span></th>", str_eq(c->css, "c-pick") ? MSG("Choose") : MSG("Actions"));
    }
    html_print(&p->html, p->lang, "</tr></thead><tbody role=\"rowgroup\">\n");
}

void rows_open(struct page *p, enum row_view v, const char *label)
{
    open_table(p, v, label, v == ROWS_LIST ? list_columns : host_columns);
}

void rows_open_taken(struct page *p, const char *label)
{
    open_table(p, ROWS_LIST, label, taken_columns);
}

void rows_close(struct page *p)
{
    html_print(&p->html, p->lang, "</tbody></table>\n");
}

static void what_cell(struct page *p, enum row_view v, const struct item *it)
{
    const char *host = it->host->name, *check = item_check_name(it);
    html_print(&p->html, p->lang, "<td role=\"cell\" class=\"what %r\">", v == ROWS_LIST ? "c-what" : "c-check");
    if (v == ROWS_LIST)
        html_print(&p->html, p->lang, "<a href=\"/console/host/%u\">%s</a> ", host, host);
    if (check)
        html_print(&p->html, p->lang, "%r<a href=\"/console/check/%u/%u\">%s</a>", v == ROWS_LIST ? "<span class=\"quiet\">/</span> " : "", host, check, check);
    else
        html_print(&p->html, p->lang, "<span class=\"sub\">%t</span>", MSG("host"));
    html_print(&p->html, p->lang, "</td>");
}

/* A dead router names what lies behind it: one cause, one row. */
static void behind(struct page *p, const struct item *it)
{
    const struct model *m = p->h->model;
    int n = 0;
    for (size_t i = 0; i < model_hosts(m); i++)
        n += model_host_at(m, i)->cut == it->host;
    if (!n)
        return;
    html_print(&p->html, p->lang, "<br><span class=\"sub\">");
    msg_print(&p->html, p->lang, MSG("so {1} {1|host|hosts} behind it cannot be reached:"), "i", (int64_t)n);
    int shown = 0;
    for (size_t i = 0; i < model_hosts(m) && shown < BEHIND_MOST; i++) {
        const struct host *h = model_host_at(m, i);
        if (h->cut != it->host)
            continue;
        shown++;
        html_print(&p->html, p->lang, " <a href=\"/console/host/%u\">%s</a>", h->name, h->name);
    }
    html_print(&p->html, p->lang, "%r</span>", n > shown ? " …" : "");
}

/* In a list the column beside it says who. */
static void put_ack(struct page *p, enum row_view v, const struct ack *a)
{
    html_print(&p->html, p->lang, " <span class=\"sub\">");
    if (v == ROWS_LIST)
        parts_quoted(p, a->comment);
    else
        parts_said(p, a->author, a->comment);
    buf_str(&p->html, "</span>");
}

/* What is being done, and until when. */
static void put_work(struct page *p, const struct item *it)
{
    const struct model *m = p->h->model;
    for (size_t i = 0; i < model_downtimes(m); i++) {
        const struct downtime *d = model_downtime_at(m, i);
        if (!d->active || d->host != it->host || (d->item && d->item != it))
            continue;
        struct buf until = BUF_MAX(40);
        time_clock(&until, d->until_ms, p->h->zone, p->lang);
        html_print(&p->html, p->lang, " <span class=\"sub\">");
        parts_quoted(p, d->comment);
        buf_str(&p->html, ", ");
        msg_print(&p->html, p->lang, MSG("until {1}"), "s", buf_text(&until));
        buf_str(&p->html, "</span>");
        buf_done(&until);
        return;
    }
}

static const char *link_of(struct page *p, const struct item *it)
{
    const char *check = item_check_name(it);
    struct buf b = BUF_MAX(8 * CONF_MAX_NAME + 200);
    if (check)
        html_print(&b, p->lang, "<a href=\"/console/check/%u/%u\">%s/%s</a>", it->host->name, check, it->host->name, check);
    else
        html_print(&b, p->lang, "<a href=\"/console/host/%u\">%s</a>", it->host->name, it->host->name);
    const char *link = arena_dup(p->rq->arena, buf_text(&b));
    buf_done(&b);
    return link;
}

bool rows_cause(struct page *p, const struct item *it)
{
    enum follows how;
    const struct item *cause = item_follows(it, &how);
    if (!cause)
        return false;
    buf_str(&p->html, " <span class=\"sub\">");
    msg_print(&p->html, p->lang, follows_text(how), "s", link_of(p, cause)); /* the words are ours, the link is escaped */
    buf_str(&p->html, "</span>");
    return true;
}

/* Why nobody is told of a problem, where nothing else in the row says so. */
static void put_quiet(struct page *p, const struct item *it)
{
    enum quiet q = model_quiet(it);
    if (!state_is_bad((enum state)it->st.state) || it->told || q == QUIET_NO || q == QUIET_OK || q == QUIET_SOFT || q == QUIET_VERIFYING || q == QUIET_ACKNOWLEDGED || q == QUIET_DOWNTIME || q == QUIET_FLAPPING ||
        q == QUIET_DISABLED)
        return;
    struct buf packed = BUF_MAX(400);
    buf_char(&packed, 1); /* a message without arguments */
    buf_str(&packed, quiet_text(q));
    buf_str(&p->html, " <span class=\"sub\">");
    msg_print(&p->html, p->lang, MSG("nobody is told: {1}"), "m", buf_text(&packed));
    buf_str(&p->html, "</span>");
    buf_done(&packed);
}

/* Outside its check_period: the state is that of the last result. */
static void put_rest(struct page *p, const struct item *it)
{
    int64_t until = item_rests_until(it, p->now.wall_ms);
    struct buf at = BUF_MAX(80);
    if (!it->resting || !it->enabled)
        return;
    if (until - p->now.wall_ms > DAY_MS) {
        time_date(&at, until, p->now.wall_ms, p->h->zone, p->lang);
        buf_str(&at, ", ");
    }
    time_clock(&at, until, p->h->zone, p->lang);
    html_print(&p->html, p->lang, " <span class=\"%r rest\">", it->text ? "sub" : "quiet");
    if (until)
        msg_print(&p->html, p->lang, MSG("rests until {1}"), "s", buf_text(&at));
    else
        html_print(&p->html, p->lang, "%t", MSG("rests"));
    buf_str(&p->html, "</span>");
    buf_done(&at);
}

static void output_cell(struct page *p, enum row_view v, const struct item *it)
{
    html_print(&p->html, p->lang, "<td role=\"cell\" class=\"wide c-out\"><span>%m", it->text ? it->text : "");
    if (!it->text && it->enabled && !it->resting)
        html_print(&p->html, p->lang, "<span class=\"quiet\">%t</span>", it->conf ? MSG("waiting for the first result") : MSG("no check of its own"));
    if (!rows_cause(p, it))
        put_quiet(p, it);
    put_rest(p, it);
    if (it->verifying)
        html_print(&p->html, p->lang, " <span class=\"sub\">%t</span>", MSG("the way to it is being checked"));
    else if (!it->st.hard && state_is_bad((enum state)it->st.state) && it->conf) {
        buf_str(&p->html, " <span class=\"sub\">");
        msg_print(&p->html, p->lang, MSG("try {1} of {2}"), "ii", (int64_t)it->st.attempt, (int64_t)it->conf->attempts);
        buf_str(&p->html, "</span>");
    }
    if (it->st.flapping)
        html_print(&p->html, p->lang, " <span class=\"sub\">%t</span>", MSG("changes too often"));
    html_print(&p->html, p->lang, "</span>");
    if (it->ack)
        put_ack(p, v, it->ack);
    if (it->downtime_depth)
        put_work(p, it);
    if (it->is_host)
        behind(p, it);
    html_print(&p->html, p->lang, "</td>");
}

static void told_cell(struct page *p, const struct item *it)
{
    html_print(&p->html, p->lang, "<td role=\"cell\" class=\"told c-told\">");
    if (it->ack)
        html_print(&p->html, p->lang, "%s", it->ack->author);
    else if (it->downtime_depth)
        html_print(&p->html, p->lang, "%t", MSG("planned"));
    else if (state_is_bad((enum state)it->st.state) && it->told)
        html_print(&p->html, p->lang, "%t", MSG("mail"));
    else if (state_is_bad((enum state)it->st.state)) {
        enum quiet q = model_quiet(it);
        html_print(&p->html, p->lang, "%t", q == QUIET_SOFT || q == QUIET_VERIFYING ? MSG("not yet") : MSG("nobody"));
    }
    html_print(&p->html, p->lang, "</td>");
}

static void timing_cells(struct page *p, const struct item *it)
{
    struct buf took = BUF_MAX(40);
    if (it->timings.total_us)
        time_latency(&took, it->timings.total_us, p->lang);
    html_print(&p->html, p->lang, "<td role=\"cell\" class=\"num val c-took\">%s</td><td role=\"cell\" class=\"num c-next\">", buf_text(&took));
    buf_clear(&took);
    if (it->enabled && it->next_check_ms > p->now.wall_ms)
        time_duration(&took, it->next_check_ms - p->now.wall_ms, p->lang);
    html_print(&p->html, p->lang, "<span class=\"quiet\">%s</span></td>", buf_text(&took));
    buf_done(&took);
}

static void button(struct page *p, const char *action, const char *word)
{
    html_print(&p->html, p->lang, "<button name=\"action\" value=\"%r\">%t</button>", action, word);
}

/* One form a row, so that it works without script; the same three in the same order. */
static void acts_cell(struct page *p, const struct item *it, const char *id)
{
    html_print(&p->html, p->lang, "<td role=\"cell\" class=\"wide full c-acts\">");
    if (p->who.role >= ROLE_OPERATOR) {
        bool bad = state_is_bad((enum state)it->st.state);
        html_print(&p->html, p->lang, "<form class=\"acts\" method=\"post\" action=\"/console/act\"><input type=\"hidden\" name=\"id\" value=\"%s\">"
                                      "<input type=\"hidden\" name=\"next\" value=\"%s\">", id, page_here(p));
        parts_csrf(p);
        if (it->ack)
            button(p, "unack", MSG("Release"));
        else if (bad && !it->downtime_depth)
            button(p, "ack", MSG("Acknowledge"));
        if (it->conf && model_can_ask(it, NULL) == 0)
            button(p, "recheck", it->text ? MSG("Recheck") : MSG("Check now"));
        if (!it->enabled)
            button(p, "enable", MSG("Switch on"));
        else
            button(p, "plan", MSG("Plan work…"));
        html_print(&p->html, p->lang, "</form>");
    }
    html_print(&p->html, p->lang, "</td>");
}

/* What follows from a dead host or router is told in that row, not beside it. */
static bool is_consequence(const struct item *it)
{
    if (it->is_host)
        return it->st.state == STATE_UNREACHABLE;
    return it->host->self.st.state == STATE_DOWN || it->host->self.st.state == STATE_UNREACHABLE;
}

bool rows_is_open(const struct item *it)
{
    return it->enabled && state_is_bad((enum state)it->st.state) && !it->ack && !it->downtime_depth && !is_consequence(it);
}

/* Bulk actions: a bar that the ticked rows belong to. Without script it is always there. */
void rows_bulk(struct page *p)
{
    if (p->who.role < ROLE_OPERATOR)
        return;
    html_print(&p->html, p->lang, "<form id=\"bulk\" class=\"bulk\" method=\"post\" action=\"/console/act\"><input type=\"hidden\" name=\"next\" value=\"%s\">", page_here(p));
    parts_csrf(p);
    html_print(&p->html, p->lang, "<span class=\"quiet\"><b data-picked>0</b> %t</span><button class=\"btn main\" name=\"action\" value=\"ack\">%t</button><button class=\"btn\" name=\"action\" value=\"recheck\">%t</button>"
                                  "<button class=\"btn\" name=\"action\" value=\"plan\">%t</button></form>\n",
               MSG("chosen"), MSG("Acknowledge"), MSG("Recheck"), MSG("Plan work…"));
}

void rows_item(struct page *p, enum row_view v, const struct item *it)
{
    char id[2 * CONF_MAX_NAME + 2];
    enum state s = (enum state)it->st.state;
    bool taken = it->ack || it->downtime_depth;
    item_id(it, id, sizeof id);
    bool bad = state_is_bad(s) && it->enabled;
    html_print(&p->html, p->lang, "<tr role=\"row\" class=\"s-%r%r\" data-item=\"%s\"%r%r>", parts_state_class(s, it), taken && bad ? " done" : "", id, bad ? " data-bad" : "", rows_is_open(it) ? " data-open" : "");
    html_print(&p->html, p->lang, "<td role=\"cell\" class=\"c-pick\">");
    if (p->who.role >= ROLE_OPERATOR)
        html_print(&p->html, p->lang, "<input type=\"checkbox\" form=\"bulk\" name=\"id\" value=\"%s\" aria-label=\"%s\">", id, id);
    html_print(&p->html, p->lang, "</td><td role=\"cell\" class=\"c-state\">");
    parts_state(p, it);
    html_print(&p->html, p->lang, "</td>");
    what_cell(p, v, it);
    html_print(&p->html, p->lang, "<td role=\"cell\" class=\"num since c-since\">");
    parts_age(p, it->st.since_ms);
    html_print(&p->html, p->lang, "</td>");
    output_cell(p, v, it);
    if (v == ROWS_LIST)
        told_cell(p, it);
    else
        timing_cells(p, it);
    acts_cell(p, it, id);
    html_print(&p->html, p->lang, "</tr>\n");
}
