/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ical_int.h: what the two files of the calendar reader share: zones that a calendar brings along, and times in them. */
#ifndef VIGIE_WIRE_ICAL_INT_H
#define VIGIE_WIRE_ICAL_INT_H

#include "wire/ical.h"

enum { ICAL_MAX_RULES = 60 };
struct ical_rule { /* STANDARD or DAYLIGHT */
    int64_t from_s;       /* local */
    int to_s;             /* offset, seconds east */
    int before_s;         /* the offset until then */
    bool yearly;
    int month, weekday, nth; /* "BYMONTH=3;BYDAY=-1SU"; nth 0: by the day of `from` */
    int64_t until_s;      /* UTC; INT64_MAX */
};
struct ical_zones {
    struct arena *a;
    ical_zone *zone;
    void *arg;
    struct {
        const char *name;
        struct ical_rule *rules;
        int n;
    } at[ICAL_MAX_ZONES];
    int n;
    bool over; /* more than there is room for: the rest is unknown */
};
void ical_zones_begin(struct ical_zones *z);
void ical_zones_name(struct ical_zones *z, const char *name);
void ical_zones_rule(struct ical_zones *z);
void ical_zones_take(struct ical_zones *z, const struct ical_prop *p);
/* p without a value: it is not there. */
void ical_zones_time(struct ical_zones *z, const struct ical_prop *p, struct ical_time *ret);
void ical_zones_end(struct ical_event *ev, const char *duration);

#endif
