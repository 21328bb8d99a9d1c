/* SPDX-License-Identifier: GPL-3.0-or-later */
/* feed_calendar.c: iCalendar (RFC 5545), with the X-MAINTNOTE-* properties on planned work (jda/maintnote-std).
 *
 * One VEVENT a bulletin: its UID stays, SEQUENCE grows with each change.  No METHOD: a calendar that is subscribed to needs none,
 * and one that came by mail should ask its reader. */
#include "base/str.h"
#include "base/utf8.h"
#include "web/feed.h"
#include "web/markdown.h"
#include "wire/ical.h"
#include <string.h>

enum { EVENTS_MOST = 200, DESCRIPTION_MOST = 20000 };

/* TEXT: backslash, comma, semicolon and line ends are escaped; other controls go. */
static void put_text(struct buf *out, const char *text)
{
    for (; text && *text; text++) {
        if (strchr("\\,;", *text))
            buf_char(out, '\\');
        if (*text == '\n')
            buf_str(out, "\\n");
        else if ((unsigned char)*text >= ' ' && *text != 0x7f)
            buf_char(out, *text);
    }
}

static void property(struct buf *out, const char *head, const char *text)
{
    struct buf line = BUF_MAX(4 * DESCRIPTION_MOST);
    buf_str(&line, head);
    put_text(&line, text);
    ical_fold(out, buf_text(&line));
    buf_done(&line);
}

static void property_time(struct buf *out, const char *name, int64_t ms)
{
    struct civil c;
    time_civil(ms, NULL, &c);
    buf_printf(out, "%s:%04d%02d%02dT%02d%02d%02dZ\r\n", name, c.year, c.month, c.day, c.hour, c.minute, c.second);
}

/* A parameter's value: no quotes, no controls (RFC 5545, 3.2). */
static void put_param(struct buf *out, const char *text)
{
    buf_char(out, '"');
    for (; text && *text; text++)
        if ((unsigned char)*text >= ' ' && *text != '"' && *text != 0x7f)
            buf_char(out, *text);
    buf_char(out, '"');
}

static const char *host_of(const char *base, char *out, size_t n)
{
    const char *at = strstr(base, "://");
    at = at ? at + 3 : base;
    str_copyn(out, n, at, strcspn(at, ":/"));
    return out;
}

static void put_objects(struct pub *p, const struct bulletin *b)
{
    for (int i = 0; i < b->n_components; i++) {
        struct buf line = BUF_MAX(4000), url = BUF_MAX(2000);
        html_print(&url, p->lang, "%r/component/%u", p->base, b->components[i]);
        buf_str(&line, "X-MAINTNOTE-OBJECT-ID;ALTREP=");
        put_param(&line, buf_text(&url));
        buf_char(&line, ':');
        put_text(&line, b->components[i]);
        ical_fold(p->out, buf_text(&line));
        buf_done(&line);
        buf_done(&url);
    }
    if (!b->n_components)
        ical_fold(p->out, "X-MAINTNOTE-OBJECT-ID:all");
}

static void put_maintnote(struct pub *p, const struct bulletin *b)
{
    static const char *const effects[EFFECTS] = {"NO-IMPACT", "REDUCED-REDUNDANCY", "DEGRADED", "OUTAGE"};
    static const char *const phases[PHASES] = {[PHASE_TENTATIVE] = "TENTATIVE", [PHASE_CONFIRMED] = "CONFIRMED", [PHASE_IN_PROGRESS] = "IN-PROCESS", [PHASE_COMPLETED] = "COMPLETED", [PHASE_CANCELLED] = "CANCELLED"};
    char host[256];
    property(p->out, "X-MAINTNOTE-PROVIDER:", host_of(p->base, host, sizeof host));
    ical_fold(p->out, "X-MAINTNOTE-ACCOUNT:public");
    property(p->out, "X-MAINTNOTE-MAINTENANCE-ID:", b->key);
    put_objects(p, b);
    property(p->out, "X-MAINTNOTE-IMPACT:", effects[b->effect]);
    property(p->out, "X-MAINTNOTE-STATUS:", phases[b->phase]);
}

static void put_description(struct pub *p, const struct bulletin *b)
{
    struct buf text = BUF_MAX(DESCRIPTION_MOST);
    if (b->kind == BULLETIN_WORK)
        buf_printf(&text, "%s\n\n", msg_tr(p->lang, public_effect(b->effect)));
    for (int i = b->n_updates; i-- > 0;) {
        markdown_plain(&text, wording_for(&b->updates[i].text, p->lang, NULL));
        buf_str(&text, i ? "\n\n" : "");
    }
    if (text.full)
        buf_cut(&text, utf8_fit(buf_text(&text), text.len, DESCRIPTION_MOST - 8));
    property(p->out, "DESCRIPTION:", buf_text(&text));
    buf_done(&text);
}

static void put_organizer(struct pub *p)
{
    struct buf line = BUF_MAX(4000);
    const char *lang;
    buf_str(&line, "ORGANIZER;CN=");
    put_param(&line, sight_site(p->s, p->lang, &lang));
    buf_printf(&line, ":%s/", p->base);
    ical_fold(p->out, buf_text(&line));
    buf_done(&line);
}

static void put_event(struct pub *p, const struct bulletin *b)
{
    bool work = b->kind == BULLETIN_WORK;
    struct feed_item it = {.b = b};
    struct buf url = BUF_MAX(1000);
    int64_t from = work ? b->start_ms : b->started_ms, to = work ? b->end_ms : b->ended_ms;
    feed_url(p, &it, &url);
    ical_fold(p->out, "BEGIN:VEVENT");
    property(p->out, "UID:vigie-", b->key);
    property_time(p->out, "DTSTAMP", b->changed_ms ? b->changed_ms : b->posted_ms);
    property_time(p->out, "CREATED", b->posted_ms);
    property_time(p->out, "LAST-MODIFIED", b->changed_ms ? b->changed_ms : b->posted_ms);
    property_time(p->out, "DTSTART", from);
    property_time(p->out, "DTEND", to > from ? to : from + 1000);
    buf_printf(p->out, "SEQUENCE:%d\r\n", b->sequence);
    ical_fold(p->out, b->phase == PHASE_CANCELLED ? "STATUS:CANCELLED" : b->phase == PHASE_TENTATIVE ? "STATUS:TENTATIVE" : "STATUS:CONFIRMED");
    property(p->out, "SUMMARY:", pub_title_text(p, b));
    put_description(p, b);
    put_organizer(p);
    ical_fold(p->out, "TRANSP:TRANSPARENT");
    property(p->out, "CATEGORIES:", bulletin_kind_words[b->kind]);
    struct buf line = BUF_MAX(1100);
    buf_printf(&line, "URL:%s", buf_text(&url));
    ical_fold(p->out, buf_text(&line));
    if (work)
        put_maintnote(p, b);
    ical_fold(p->out, "END:VEVENT");
    buf_done(&line);
    buf_done(&url);
}

void feed_calendar(struct pub *p, const struct feed_of *of)
{
    struct buf name = BUF_MAX(4000);
    int n = 0;
    feed_name(p, of, &name);
    ical_fold(p->out, "BEGIN:VCALENDAR");
    ical_fold(p->out, "VERSION:2.0");
    ical_fold(p->out, "PRODID:-//vigie//status//EN");
    ical_fold(p->out, "CALSCALE:GREGORIAN");
    property(p->out, "NAME:", buf_text(&name));
    property(p->out, "X-WR-CALNAME:", buf_text(&name));
    ical_fold(p->out, "REFRESH-INTERVAL;VALUE=DURATION:PT1H");
    for (size_t i = 0; i < board_count(p->s->board) && n < EVENTS_MOST; i++) {
        const struct bulletin *b = board_at(p->s->board, i);
        if (!feed_takes(p, of, b) || (b->kind == BULLETIN_INCIDENT && !b->ended_ms))
            continue;
        put_event(p, b);
        n++;
    }
    ical_fold(p->out, "END:VCALENDAR");
    buf_done(&name);
}
