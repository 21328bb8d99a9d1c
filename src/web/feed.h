/* SPDX-License-Identifier: GPL-3.0-or-later */
/* feed.h: what is published, for feed readers and calendars.  Pure; the bytes depend on the board and the names in the
 * configuration only, never on the clock, so that an ETag stays for as long as nothing is said.
 *
 * Atom (RFC 4287), RSS 2.0, JSON Feed 1.1, iCalendar (RFC 5545, with the X-MAINTNOTE-* of maintnote-std on planned work).
 * An entry is a bulletin with all that was said of it, or (per_update) one update.  Its identity is made of the bulletin's key
 * alone (tag:vigie,2026:KEY, RFC 4151): it outlives upgrades, moves of the host name, export and import. `updated` grows
 * with what is said, not with corrections (LES-4). */
#ifndef VIGIE_WEB_FEED_H
#define VIGIE_WEB_FEED_H

#include "web/public.h"

struct feed_of { /* which bulletins: NULL everywhere: all */
    const char *component, *group;
    const struct bulletin *only;
    bool per_update;
    const char *self; /* path and query of this feed: "/feed.atom?lang=en" */
};
void feed_atom(struct pub *p, const struct feed_of *of);
void feed_rss(struct pub *p, const struct feed_of *of);
void feed_json(struct pub *p, const struct feed_of *of);
/* Planned work in every phase, and what is over of incidents. */
void feed_calendar(struct pub *p, const struct feed_of *of);
/* When the newest of it was said; 0: there is nothing. */
int64_t feed_modified(const struct pub *p, const struct feed_of *of);

/* ---- shared by the files of feeds ---- */
struct feed_item {
    const struct bulletin *b;
    const struct update *u; /* per update; else NULL */
    int64_t updated_ms;
};
/* The newest FEED_ENTRIES; returns how many. */
int feed_select(const struct pub *p, const struct feed_of *of, struct feed_item out[FEED_ENTRIES]);
int64_t bulletin_said_ms(const struct bulletin *b); /* when the last thing was said of it */
bool feed_takes(const struct pub *p, const struct feed_of *of, const struct bulletin *b);
void feed_id(const struct feed_item *it, char *out, size_t n);
void feed_url(const struct pub *p, const struct feed_item *it, struct buf *out);
void feed_title(const struct pub *p, const struct feed_item *it, struct buf *out);
void feed_name(const struct pub *p, const struct feed_of *of, struct buf *out); /* of the feed */
void feed_content(struct pub *p, const struct feed_item *it, struct buf *out);  /* HTML */
const char *feed_lang(const struct pub *p, const struct feed_item *it);         /* of the entry's title */
/* Escaped for XML 1.0, without the characters that it forbids. */
void feed_xml(struct buf *out, const char *text);

#endif
