/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timetext.h: time as text, and time zones.  Wall time is milliseconds since 1970-01-01 UTC (int64).
 * libc's zone is process-wide, so this has its own reader of TZif data (RFC 8536). */
#ifndef VIGIE_BASE_TIMETEXT_H
#define VIGIE_BASE_TIMETEXT_H

#include "base/buf.h"
#include <stdint.h>

struct civil {
    int year, month, day, hour, minute, second, ms; /* month 1..12 */
    int weekday;                                    /* 0 = Sunday */
    int offset_s;                                   /* east of UTC */
    char zone[8];                                   /* abbreviation: "UTC", "EDT" */
};
struct zone; /* immutable after parse; NULL everywhere means UTC */

int zone_parse(const void *tzif, size_t n, struct zone **ret_zone); /* ERR_INVALID; bytes are not kept */
struct zone *zone_free(struct zone *z);
/* Seconds east of UTC at a moment (seconds since 1970); ret_abbr (may be NULL) lives as long as the zone. */
int zone_offset(const struct zone *z, int64_t wall_s, const char **ret_abbr);
void time_civil(int64_t wall_ms, const struct zone *z, struct civil *ret);
int64_t time_wall(const struct civil *c); /* uses c->offset_s, ignores weekday and zone */

#define TIME_RFC3339_BYTES 32
/* "2026-11-24T05:00:00Z" (with .mmm when with_ms). */
void time_rfc3339(int64_t wall_ms, int with_ms, char out[TIME_RFC3339_BYTES]);
int time_parse_rfc3339(const char *text, int64_t *ret_wall_ms);
/* What a person types for a moment: RFC 3339, "2026-11-24 22:00" and "22:00" (next) in zone z, "now", "+2h". */
int time_parse(const char *text, int64_t now_ms, const struct zone *z, int64_t *ret_wall_ms);
/* Two units at most: "4 min", "1 h 12", "41 d", "12 s"; lang "en"/"fr" ("41 j"); no-break spaces. */
void time_duration(struct buf *out, int64_t ms, const char *lang);
/* Seconds with a fitting unit for latencies: "0.4 ms", "31 ms", "1.2 s"; French uses a comma. */
void time_latency(struct buf *out, int64_t us, const char *lang);
/* "22:31" / "22 h 31" in zone z. */
void time_clock(struct buf *out, int64_t wall_ms, const struct zone *z, const char *lang);
/* "8 September" / "8 septembre"; with the year when it is not that of now_ms. */
void time_date(struct buf *out, int64_t wall_ms, int64_t now_ms, const struct zone *z, const char *lang);
/* RFC 5322 date for mail headers. */
void time_rfc5322(struct buf *out, int64_t wall_ms, const struct zone *z);

#endif
