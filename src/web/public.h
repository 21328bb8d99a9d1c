/* SPDX-License-Identifier: GPL-3.0-or-later */
/* public.h: what everybody may read: pages, feeds, badges, and the shapes of other tools.  Renderers are pure: a sight
 * (model/sight.h) and the days of each component go in, bytes come out.  web.c's side (publishing, routes) is public.c.
 *
 * Nothing here names hosts, checks or staff; needs a script or sets a cookie; or loads anything from elsewhere. */
#ifndef VIGIE_WEB_PUBLIC_H
#define VIGIE_WEB_PUBLIC_H

#include "model/uptime.h"
#include "web/web_priv.h"

enum { PUBLIC_MAX_BYTES = 8 << 20, FEED_ENTRIES = 50, API_INCIDENTS = 50 };

struct pub { /* one rendering */
    struct buf *out;
    const char *lang;                 /* "en", "fr" */
    const struct sight *s;
    const struct uptime *const *days; /* of each component of s, NULL: not counted (yet); NULL: of none */
    const char *assets;               /* version in the addresses of /static/… */
    const char *base;                 /* of this site, for programs: "https://status.example.org"; no slash at its end */
    const char *hub;                  /* of the feeds (WebSub); NULL: none */
    const char *here;                 /* path of the page, for the links to the other languages */
    const char *theme;                /* "light", "dark", NULL: as the system */
    bool compact;                     /* many components: their days in few bytes */
    const char *section;              /* "now", "history", "": which entry of the mast */
    const char *activity;             /* what the page is to programs that follow: an address of this site; NULL: nothing */
};

/* ---- public_frame.c: what pages share ---- */
struct level_look {
    const char *css, *word; /* "warning", MSG("Slow") */
};
extern const struct level_look level_looks[LEVELS];
#define pub_print(p, ...) html_print((p)->out, (p)->lang, __VA_ARGS__)
/* The page is this to programs that follow ("/ap/page": becomes the whole address), when it can be followed; before pub_open(). */
void pub_activity(struct pub *p, struct buf *path);
/* "@status@example.org", of a component when it is given. Nothing when it cannot be followed. */
bool pub_handle(struct pub *p, const struct conf_component *c);
/* feed: the path that feeds of this page begin with ("", "/component/mail"), NULL: none. */
void pub_open(struct pub *p, const char *title, const char *feed);
void pub_close(struct pub *p);
void pub_shape(struct pub *p, const char *css);
void pub_state(struct pub *p, enum level level);   /* shape and word */
void pub_moment(struct pub *p, int64_t at_ms);     /* <time>: "21:40", or "30 August, 21:40" when that is another day */
void pub_moment_text(const struct pub *p, int64_t at_ms, struct buf *out);
/* The same in large type: the clock, or the day with the clock beside it. before: MSG that goes ahead of it, or "". */
void pub_fact_moment(struct pub *p, const char *before, int64_t at_ms);
bool pub_is_today(const struct pub *p, int64_t at_ms);
void pub_duration(struct pub *p, int64_t ms);      /* "1 h 12"; whole seconds */
void pub_zone(const struct pub *p, int64_t at_ms, char *out, size_t n); /* "EDT" */
/* A text in an element (NULL: a span), with its language where it is another than the reader's. */
void pub_foreign(struct pub *p, const char *tag, const char *css, const char *text, const char *lang);
/* One of ours: by language, with a mark when the reader's is missing. */
void pub_wording(struct pub *p, const char *tag, const char *css, const struct wording *w);
void pub_markdown(struct pub *p, const struct wording *w, int heading);
void pub_title(struct pub *p, const struct bulletin *b); /* as a link to its page */
void pub_names(struct pub *p, const struct bulletin *b); /* "Websites, Databases" */
const char *pub_title_text(const struct pub *p, const struct bulletin *b); /* never NULL */
void pub_path(const struct bulletin *b, char *out, size_t n);              /* "/incident/KEY" */
void pub_link(struct pub *p, const char *path);    /* href of a page of ours, in this language: path?lang=fr */
/* The span of planned work, in the site's zone or UTC: "Tuesday 8 September, 23:00 to Wednesday 01:00". */
void pub_span(struct pub *p, int64_t from_ms, int64_t to_ms, const struct zone *z);

/* ---- public_say.c: as a person would say it aloud ---- */
/* The large sentence of the sign: one or two; the second may stay empty. */
void public_say(const struct sight *s, const char *lang, struct buf *ret_first, struct buf *ret_second);
const char *public_effect(enum effect e);     /* what users notice of planned work: MSG ids */
const char *public_phase(const struct bulletin *b, int update); /* heading of an update, by its index: "We found the cause" */

/* ---- the pages ---- */
void public_now(struct pub *p);                                     /* public_now.c: / */
void public_bulletin(struct pub *p, const struct bulletin *b);      /* public_bulletin.c: /incident/KEY, /maintenance/KEY */
void public_timeline(struct pub *p, const struct bulletin *b, int most, bool anchors, int heading);
void public_plan(struct pub *p, const struct bulletin *b, int heading); /* one work as an article */
bool public_month_known(const struct pub *p, int year, int month);  /* else there is no such page */
void public_month(struct pub *p, int year, int month);              /* public_history.c: /history/2026-11 */
void public_component(struct pub *p, const struct sight_component *v); /* /component/NAME */
void public_past(struct pub *p, int64_t since_ms, int most, const char *component); /* what is over, as a list; how many: */
int public_past_count(const struct pub *p, int64_t since_ms, const char *component);
void public_bars(struct pub *p, const struct uptime *u);            /* public_bars.c: ninety days, and the figure */
void public_bars_key(struct pub *p);
void public_figure(struct buf *out, int parts, const char *lang);   /* "99.91 %" */
bool public_has_days(const struct uptime *u);

#endif
