/* SPDX-License-Identifier: GPL-3.0-or-later */
/* public_bars.c: ninety days of a component as marks: the taller, the worse.  A quiet day is part of one dashed line; days of which
 * nothing is known are a gap. */
#include "base/str.h"
#include "base/timetext.h"
#include "web/public.h"

enum { STEP = 4, HEIGHT = 28 };
static const int heights[LEVELS] = {[LEVEL_OPERATIONAL] = 8, [LEVEL_UNKNOWN] = 13, [LEVEL_PLANNED] = 13, [LEVEL_DEGRADED] = 17, [LEVEL_PARTIAL] = 22, [LEVEL_MAJOR] = 28};

bool public_has_days(const struct uptime *u)
{
    for (int i = 0; u && i < UPTIME_DAYS; i++)
        if (u->days[i].known_s)
            return true;
    return false;
}

void public_figure(struct buf *out, int parts, const char *lang)
{
    if (parts < 0)
        buf_str(out, "–");
    else
        buf_printf(out, "%d%c%02d\u00a0%%", parts / 100, str_eq(lang, "fr") ? ',' : '.', parts % 100);
}

/* Runs of quiet days, each one stroke of the dashed path. */
static void put_quiet(struct pub *p, const struct uptime *u)
{
    buf_str(p->out, "<path class=\"t\" d=\"");
    for (int i = 0; i < UPTIME_DAYS;) {
        int end = i;
        while (end < UPTIME_DAYS && u->days[end].known_s)
            end++;
        if (end > i)
            buf_printf(p->out, "M%d %dH%d", i * STEP, HEIGHT - 4, end * STEP);
        i = end > i ? end : i + 1;
    }
    buf_str(p->out, "\" stroke-width=\"8\" stroke-dasharray=\"2.8 1.2\"/>");
}

static void put_day(struct pub *p, const struct uptime_day *d, int i)
{
    const struct level_look *look = &level_looks[d->worst];
    struct buf lasted = BUF_MAX(60), date = BUF_MAX(60);
    time_duration(&lasted, (int64_t)d->level_s[d->worst] * 1000, p->lang);
    time_date(&date, d->from_ms, p->s->now_ms, p->s->zone, p->lang);
    pub_print(p, "<rect class=\"s-%r\" x=\"%d\" y=\"%d\" width=\"2.8\" height=\"%d\"><title>", look->css, i * STEP, HEIGHT - heights[d->worst], heights[d->worst]);
    struct buf text = BUF_MAX(300);
    msg_print(&text, p->lang, MSG("{1}: {2}, {3}"), "sss", buf_text(&date), msg_tr(p->lang, look->word), buf_text(&lasted));
    html_text(p->out, buf_text(&text));
    buf_str(p->out, "</title></rect>");
    buf_done(&text);
    buf_done(&lasted);
    buf_done(&date);
}

/* Many components: a stroke a day, one path a level, and no words on each. */
static void put_strokes(struct pub *p, const struct uptime *u)
{
    for (int l = LEVEL_UNKNOWN; l < LEVELS; l++) {
        bool any = false;
        for (int i = 0; i < UPTIME_DAYS; i++) {
            if (!u->days[i].known_s || (int)u->days[i].worst != l)
                continue;
            if (!any)
                pub_print(p, "<path class=\"s-%r\" d=\"", level_looks[l].css);
            any = true;
            buf_printf(p->out, "M%d 28v-%d", i * STEP + 1, heights[l]);
        }
        buf_str(p->out, any ? "\"/>" : "");
    }
}

static void put_label(struct pub *p, const struct uptime *u, int figure)
{
    struct buf text = BUF_MAX(300), percent = BUF_MAX(40);
    int bad = 0;
    for (int i = 0; i < UPTIME_DAYS; i++)
        bad += u->days[i].known_s && u->days[i].worst >= LEVEL_DEGRADED;
    public_figure(&percent, figure, p->lang);
    msg_print(&text, p->lang, MSG("{1} available over 90 days; disturbed on {2} {2|day|days}"), "si", buf_text(&percent), (int64_t)bad);
    html_text(p->out, buf_text(&text));
    buf_done(&text);
    buf_done(&percent);
}

void public_bars(struct pub *p, const struct uptime *u)
{
    int figure = uptime_figure(u, UPTIME_DAYS, NULL, NULL);
    struct buf percent = BUF_MAX(40);
    buf_str(p->out, "<span class=\"days\"><svg class=\"bars\" viewBox=\"0 0 360 28\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"");
    put_label(p, u, figure);
    buf_str(p->out, "\">");
    put_quiet(p, u);
    if (p->compact)
        put_strokes(p, u);
    for (int i = 0; i < UPTIME_DAYS && !p->compact; i++)
        if (u->days[i].known_s && u->days[i].worst != LEVEL_OPERATIONAL)
            put_day(p, &u->days[i], i);
    public_figure(&percent, figure, p->lang);
    pub_print(p, "</svg></span> <span class=\"num quiet\">%s</span>", buf_text(&percent));
    buf_done(&percent);
}

void public_bars_key(struct pub *p)
{
    static const struct {
        const char *css, *word;
        int height;
    } marks[] = {{"ok", MSG("Nothing to report"), 8}, {"maintenance", MSG("Planned work"), 13}, {"warning", MSG("Slow or partly down"), 17}, {"critical", MSG("Down"), 28}, {"none", MSG("No data"), 3}};
    buf_str(p->out, "<p class=\"key\">");
    for (size_t i = 0; i < COUNT(marks); i++)
        pub_print(p, "<span><svg class=\"bars k\" width=\"4\" height=\"%d\" viewBox=\"0 0 4 %d\" aria-hidden=\"true\"><rect class=\"%r%r\" width=\"4\" height=\"%d\"/></svg>%t</span> ", marks[i].height, marks[i].height,
                  i == 0 ? "t" : str_eq(marks[i].css, "none") ? "" : "s-", i == 0 ? "" : marks[i].css, marks[i].height, marks[i].word);
    buf_str(p->out, "</p>\n");
}
