/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timeline.c: see timeline.h.  One scale of heights: the taller, the worse (OK 3, planned 8, warning 10, critical 16). */
#include "web/timeline.h"
#include "base/str.h"
#include "base/timetext.h"
#include "web/parts.h"

enum { LEFT = 86, RIGHT = 1198, ROW = 22, HOUR_MS = 3600 * 1000, DAY_MS = 24 * HOUR_MS, LINES_MOST = 40, BAR = 7, BAR_STEP = 9, BAR_TALL = 28 };

struct span { /* a stretch of one state */
    int64_t from_ms, to_ms;
    enum state state;
};
typedef VEC(struct span) spans;

static bool is_of(const struct doc *e, const struct item *it)
{
    const char *check = doc_text(e, "check", NULL), *name = item_check_name(it);
    return str_eq(doc_text(e, "kind", ""), "state") && ((!check && !name) || str_eq(check, name));
}

/* Hard states only: retries are noise here. Events come newest first. */
static void spans_of(const struct item *it, const struct doc *events, int64_t from_ms, int64_t now_ms, spans *out)
{
    int64_t until = now_ms;
    enum state state = (enum state)it->st.hard_state;
    DOC_EACH(events, e) {
        if (!is_of(e, it) || until <= from_ms)
            continue;
        const struct doc *at = doc_get(e, "at");
        int64_t at_ms = at && at->kind == DOC_TIME ? at->i : until;
        int to = state_from_word(doc_text(e, "to", "pending")), from = state_from_word(doc_text(e, "from", "pending"));
        if (!doc_bool(e, "hard", false)) { /* the first try that failed tells what was hard before it */
            if (from >= 0 && !state_is_bad((enum state)from))
                state = (enum state)from;
            continue;
        }
        if (at_ms < until)
            VEC_PUSH(out, ((struct span){at_ms < from_ms ? from_ms : at_ms, until, to < 0 ? state : (enum state)to}));
        until = at_ms;
        state = from < 0 ? STATE_PENDING : (enum state)from;
    }
    if (until > from_ms)
        VEC_PUSH(out, ((struct span){from_ms, until, state}));
}

static int height(enum state s)
{
    static const int heights[STATE_COUNT] = {[STATE_WARNING] = 10, [STATE_UNKNOWN] = 8, [STATE_UNREACHABLE] = 8, [STATE_CRITICAL] = 16, [STATE_DOWN] = 16};
    return heights[s];
}

static double place(int64_t at_ms, int64_t from_ms, int64_t to_ms)
{
    return LEFT + (double)(RIGHT - LEFT) * (double)(at_ms - from_ms) / (double)(to_ms - from_ms);
}

static void span_title(struct page *p, const struct span *s)
{
    struct buf a = BUF_MAX(40), b = BUF_MAX(40);
    time_clock(&a, s->from_ms, p->h->zone, p->lang);
    time_clock(&b, s->to_ms, p->h->zone, p->lang);
    html_print(&p->html, p->lang, "<title>%t, %s – %s</title>", parts_state_word(s->state), buf_text(&a), buf_text(&b));
    buf_done(&a);
    buf_done(&b);
}

static void day_line(struct page *p, const struct item *it, const struct doc *events, int64_t from_ms, int line)
{
    spans list = {0};
    const char *name = item_check_name(it);
    int base = 20 + line * ROW;
    spans_of(it, events, from_ms, p->now.wall_ms, &list);
    html_print(&p->html, p->lang, "<text class=\"ax nm\" x=\"0\" y=\"%d\">", base);
    if (name)
        html_print(&p->html, p->lang, "%s", name);
    else
        html_print(&p->html, p->lang, "%t", MSG("host"));
    html_print(&p->html, p->lang, "</text>");
    for (size_t i = 0; i < list.n; i++) {
        const struct span *s = &list.at[i];
        double x = place(s->from_ms, from_ms, p->now.wall_ms), w = place(s->to_ms, from_ms, p->now.wall_ms) - x;
        buf_printf(&p->html, "<path class=\"%s\" d=\"M%.1f %.1fH%.1f\"/>", s->state == STATE_PENDING ? "gap" : "dl", x, base - 1.5, x + w);
        if (height(s->state)) {
            buf_printf(&p->html, "<rect class=\"s-%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\">", parts_state_class(s->state, NULL), x, base - height(s->state), w < 2 ? 2 : w, height(s->state));
            span_title(p, s);
            buf_str(&p->html, "</rect>");
        }
    }
    VEC_DONE(&list);
}

static void hours(struct page *p, int64_t from_ms, int lines)
{
    struct civil c;
    time_civil(from_ms, p->h->zone, &c);
    int64_t first = from_ms - ((int64_t)(c.hour % 3) * HOUR_MS + (int64_t)c.minute * 60000 + c.second * 1000 + c.ms) + 3 * HOUR_MS;
    for (int64_t t = first; t < p->now.wall_ms; t += 3 * HOUR_MS) {
        struct buf b = BUF_MAX(40);
        double x = place(t, from_ms, p->now.wall_ms);
        time_clock(&b, t, p->h->zone, p->lang);
        buf_printf(&p->html, "<path class=\"gr\" d=\"M%.1f 2V%d\"/>", x, lines * ROW + 4);
        if (x < RIGHT - 30)
            buf_printf(&p->html, "<text class=\"ax\" x=\"%.1f\" y=\"%d\">%s</text>", x, lines * ROW + 18, buf_text(&b));
        buf_done(&b);
    }
}

/* On a small screen the drawing scrolls; its names stand beside it, and stay. */
static void names(struct page *p, const struct host *h, const struct item *only, int lines)
{
    buf_str(&p->html, "<ul class=\"names\" aria-hidden=\"true\">");
    if (only && item_check_name(only))
        html_print(&p->html, p->lang, "<li>%s</li>", item_check_name(only));
    else
        html_print(&p->html, p->lang, "<li>%t</li>", MSG("host"));
    for (int i = 0; !only && i < lines - 1; i++)
        html_print(&p->html, p->lang, "<li>%s</li>", item_check_name(h->checks.at[i]));
    buf_str(&p->html, "</ul>");
}

void timeline_day(struct page *p, const struct host *h, const struct item *only, const struct doc *events, int64_t from_ms)
{
    int lines = only ? 1 : (int)(h->checks.n + 1), shown = 0;
    lines = lines > LINES_MOST ? LINES_MOST : lines;
    html_print(&p->html, p->lang, "<div class=\"pan\" tabindex=\"0\" role=\"group\" aria-label=\"%t\"><svg class=\"day24\" viewBox=\"0 0 1200 %d\" role=\"img\" aria-label=\"%t\">", MSG("The last day"), lines * ROW + 22,
               MSG("States over the last day; the same in words in the list below"));
    hours(p, from_ms, lines);
    if (only) {
        day_line(p, only, events, from_ms, 0);
    } else {
        day_line(p, &h->self, events, from_ms, shown++);
        for (size_t i = 0; i < h->checks.n && shown < lines; i++)
            day_line(p, h->checks.at[i], events, from_ms, shown++);
    }
    html_print(&p->html, p->lang, "</svg>\n");
    names(p, h, only, lines);
    buf_str(&p->html, "</div>\n");
}

/* ---- 30 days ---- */

static enum state worst_between(const spans *list, int64_t from_ms, int64_t to_ms, int64_t *ret_bad_ms)
{
    enum state worst = STATE_PENDING;
    *ret_bad_ms = 0;
    for (size_t i = 0; i < list->n; i++) {
        const struct span *s = &list->at[i];
        int64_t a = s->from_ms > from_ms ? s->from_ms : from_ms, b = s->to_ms < to_ms ? s->to_ms : to_ms;
        if (b <= a)
            continue;
        if (state_is_bad(s->state))
            *ret_bad_ms += b - a;
        if (state_rank(s->state) > state_rank(worst))
            worst = s->state;
    }
    return worst;
}

static void day_bar(struct page *p, const spans *list, int i, int64_t from_ms, int64_t to_ms)
{
    int64_t bad_ms;
    enum state s = worst_between(list, from_ms, to_ms, &bad_ms);
    int h = s == STATE_PENDING ? 2 : state_is_good(s) ? 8 : height(s) == 16 ? BAR_TALL : 17;
    struct buf date = BUF_MAX(60), bad = BUF_MAX(40);
    time_date(&date, from_ms, p->now.wall_ms, p->h->zone, p->lang);
    time_duration(&bad, bad_ms, p->lang);
    html_print(&p->html, p->lang, "<rect class=\"%r%r\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"><title>%s: %t", state_is_good(s) ? "t" : s == STATE_PENDING ? "none" : "s-",
               state_is_bad(s) ? parts_state_class(s, NULL) : "", i * BAR_STEP, BAR_TALL - h, BAR, h, buf_text(&date), s == STATE_PENDING ? MSG("no data") : parts_state_word(s));
    if (bad_ms)
        html_print(&p->html, p->lang, ", %s", buf_text(&bad));
    html_print(&p->html, p->lang, "</title></rect>");
    buf_done(&date);
    buf_done(&bad);
}

void timeline_month(struct page *p, const struct item *it, const struct doc *events, int64_t from_ms)
{
    spans list = {0};
    int64_t bad_ms, seen_ms = 0;
    spans_of(it, events, from_ms, p->now.wall_ms, &list);
    for (size_t i = 0; i < list.n; i++)
        if (list.at[i].state != STATE_PENDING)
            seen_ms += list.at[i].to_ms - list.at[i].from_ms;
    worst_between(&list, from_ms, p->now.wall_ms, &bad_ms);
    double share = seen_ms ? 100.0 * (double)(seen_ms - bad_ms) / (double)seen_ms : 100.0;
    char figure[32];
    str_print(figure, sizeof figure, "%.2f", share);
    for (char *c = figure; str_eq(p->lang, "fr") && *c; c++)
        if (*c == '.')
            *c = ',';
    html_print(&p->html, p->lang, "<div class=\"month\"><svg class=\"bars\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"%t: %s %%\">", 30 * BAR_STEP, BAR_TALL, MSG("Well over the last 30 days"), figure);
    for (int i = 0; i < 30; i++)
        day_bar(p, &list, i, from_ms + (int64_t)i * DAY_MS, from_ms + (int64_t)(i + 1) * DAY_MS);
    buf_str(&p->html, "</svg><span class=\"num\">");
    msg_print(&p->html, p->lang, MSG("well {1} of the time"), "s", arena_printf(p->rq->arena, "%s\u00a0%%", figure));
    buf_str(&p->html, "</span></div>");
    VEC_DONE(&list);
}
