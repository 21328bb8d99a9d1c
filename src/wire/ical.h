/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ical.h: a reader of calendars (RFC 5545, parameters after RFC 6868), with the properties that networks announce their work by
 * (X-MAINTNOTE-*, maintnote-std).  PURE; any bytes are good.
 *
 * Lenient where senders in the field are sloppy: bare LF, small letters, blanks around values, no SEQUENCE, no STATUS, no VCALENDAR
 * around a VEVENT.  What it cannot make sense of is left out, but an object that is cut off, or larger than the ceilings, is refused: half a
 * calendar says something else than the whole. */
#ifndef VIGIE_WIRE_ICAL_H
#define VIGIE_WIRE_ICAL_H

#include "base/buf.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/timetext.h"
#include <stdbool.h>
#include <stdint.h>

enum { ICAL_MAX_BYTES = 1 << 20, ICAL_MAX_LINE = 64 << 10, ICAL_MAX_EVENTS = 50, ICAL_MAX_PROPS = 300, ICAL_MAX_PARAMS = 20, ICAL_MAX_ZONES = 20, ICAL_MAX_LIST = 100, ICAL_MAX_DEPTH = 6 };

struct ical_param {
    const char *name, *value; /* name in capitals; several values with commas between them */
};
struct ical_prop {
    const char *name, *value; /* name in capitals; value as it stands, without blanks around it */
    const struct ical_param *params;
    int n_params;
};
struct ical_time {
    int64_t at_ms;  /* wall */
    bool has;       /* false: it is not there, or not a time */
    bool whole_day; /* a date: its midnight */
    bool floating;  /* of no zone: taken in the reader's */
};
struct ical_attendee {
    const char *address; /* without "mailto:", as written */
    const char *partstat; /* "ACCEPTED", "DECLINED", "TENTATIVE", "NEEDS-ACTION" …, in capitals; "" when it is not said */
};
struct ical_object { /* that work touches */
    const char *id, *impact; /* impact: its own, in capitals, or NULL */
};
struct ical_event {
    const char *uid, *summary, *description, *location, *url, *organizer, *status, *recurrence_id; /* NULL: not said; texts are unescaped */
    int64_t sequence;        /* -1: not said */
    struct ical_time start, end, stamp; /* end: DTEND, else by DURATION, else as the RFC says */
    bool recurs;
    const struct ical_attendee *attendees;
    int n_attendees;
    /* X-MAINTNOTE-…; NULL: not said. impact and status in capitals. */
    const char *provider, *account, *impact, *work_status;
    const char *maintenance_id; /* the primary one */
    const struct ical_object *objects;
    int n_objects;
};
struct ical {
    const char *method; /* in capitals; NULL */
    const char *prodid;
    const struct ical_event *events;
    int n_events;
};
/* The zone of a name, for TZID; NULL, NULL: the reader's own. NULL as well as a name that it does not know: false. */
typedef bool ical_zone(void *arg, const char *name, const struct zone **ret);

/* Everything lives in a. ERR_INVALID: no calendar, or one that is cut off; ERR_LIMIT. zone may be NULL: UTC. */
int ical_parse(struct arena *a, const char *text, size_t n, ical_zone *zone, void *arg, struct ical *ret, struct err *e);

/* Parts of it, for others and for tests. */
const char *ical_param(const struct ical_prop *p, const char *name); /* NULL */
char *ical_text(struct arena *a, const char *value);               /* \n \, \; \\ */
/* "P1DT2H", "-PT15M", "P2W" → ms. */
int ical_duration(const char *text, int64_t *ret_ms);
/* "20261124T220000Z", "20261124T220000", "20261124" as numbers; 0 or ERR_INVALID. */
int ical_moment(const char *text, int64_t *ret_local_s, bool *ret_utc, bool *ret_whole_day);
/* The wall time that a local one is in a zone; in the hour that comes twice the first one, in the one that is left out as before it. */
int64_t ical_local(int64_t local_s, const struct zone *z);

/* Writes a content line, folded (RFC 5545, 3.1): at most 75 octets, never within a character. */
void ical_fold(struct buf *out, const char *text);

#endif
