/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_base_timetext.c: civil time, zones built byte by byte here, and times as people read and
 * type them. */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/timetext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* ---- a small writer of TZif ---- */

struct change {
    int64_t at_s;
    int type;
};

static void put_be(struct buf *b, int64_t v, int size)
{
    while (size--)
        buf_char(b, (char)(v >> (8 * size)));
}

static const struct {
    int offset_s, summer;
    const char *abbr;
} types[] = {{561, 0, "LMT"}, {3600, 0, "CET"}, {7200, 1, "CEST"}};
#define ABBRS "LMT\0CET\0CEST"

static void put_block(struct buf *b, char version, int time_bytes, const struct change *c, int n)
{
    static const int abbr_at[] = {0, 4, 8};

    buf_add(b, "TZif", 4);
    buf_char(b, version);
    buf_add(b, (char[15]){0}, 15);
    put_be(b, 0, 4);
    put_be(b, 0, 4);
    put_be(b, 0, 4);
    put_be(b, n, 4);
    put_be(b, 3, 4);
    put_be(b, sizeof(ABBRS), 4);
    for (int i = 0; i < n; i++)
        put_be(b, c[i].at_s, time_bytes);
    for (int i = 0; i < n; i++)
        buf_char(b, (char)c[i].type);
    for (int i = 0; i < 3; i++) {
        put_be(b, types[i].offset_s, 4);
        buf_char(b, (char)types[i].summer);
        buf_char(b, (char)abbr_at[i]);
    }
    buf_add(b, ABBRS, sizeof(ABBRS));
}

/* Central European time: local mean time before 1891, two changes in 2026, then the rule. */
static const struct change changes[] = {{-2486592561, 1}, {1774746000, 2}, {1792890000, 1}};

static struct buf tzif(const char *tail, size_t n)
{
    struct buf b = BUF_MAX(10000);

    put_block(&b, '2', 4, changes, 0);
    put_block(&b, '2', 8, changes, (int)n);
    buf_printf(&b, "\n%s\n", tail);
    return b;
}

static struct zone *zone_with(const char *tail, size_t n)
{
    struct buf b = tzif(tail, n);
    struct zone *z = NULL;

    assert_int_equal(zone_parse(b.data, b.len, &z), 0);
    buf_done(&b);
    return z;
}

static struct zone *paris(void)
{
    return zone_with("CET-1CEST,M3.5.0,M10.5.0/3", COUNT(changes));
}

static int64_t at(const char *rfc3339)
{
    int64_t ms = 0;

    assert_int_equal(time_parse_rfc3339(rfc3339, &ms), 0);
    return ms;
}

static void check_local(const struct zone *z, const char *utc, const char *want)
{
    struct civil c;
    char text[64];

    time_civil(at(utc), z, &c);
    str_print(text, sizeof(text), "%04d-%02d-%02d %02d:%02d:%02d %s", c.year, c.month, c.day,
              c.hour, c.minute, c.second, c.zone);
    assert_string_equal(text, want);
    assert_true(time_wall(&c) == at(utc));
}

static void test_civil_in_utc(void **state)
{
    struct civil c;

    check_local(NULL, "1970-01-01T00:00:00Z", "1970-01-01 00:00:00 UTC");
    check_local(NULL, "1969-12-31T23:59:59Z", "1969-12-31 23:59:59 UTC");
    check_local(NULL, "2000-02-29T12:00:00Z", "2000-02-29 12:00:00 UTC");
    check_local(NULL, "1900-03-01T00:00:00Z", "1900-03-01 00:00:00 UTC");
    check_local(NULL, "0000-01-01T00:00:00Z", "0000-01-01 00:00:00 UTC");
    check_local(NULL, "9999-12-31T23:59:59Z", "9999-12-31 23:59:59 UTC");
    time_civil(-1, NULL, &c);
    assert_int_equal(c.ms, 999);
    assert_int_equal(c.weekday, 3); /* a Wednesday */
    time_civil(0, NULL, &c);
    assert_int_equal(c.weekday, 4);
}

static void test_every_day_round_trips(void **state)
{
    struct civil c, before = {0};

    for (int64_t day = -800000; day < 800000; day++) {
        time_civil(day * 86400000, NULL, &c);
        if (time_wall(&c) != day * 86400000 || (c.weekday + 6) % 7 != before.weekday)
            assert_int_equal(day, -800000);
        before = c;
    }
}

static void test_changes_of_a_zone(void **state)
{
    struct zone *z = paris();

    check_local(z, "1880-01-01T00:00:00Z", "1880-01-01 00:09:21 LMT");
    check_local(z, "2026-01-15T12:00:00Z", "2026-01-15 13:00:00 CET");
    check_local(z, "2026-03-29T00:59:59Z", "2026-03-29 01:59:59 CET");
    check_local(z, "2026-03-29T01:00:00Z", "2026-03-29 03:00:00 CEST");
    check_local(z, "2026-10-25T00:59:59Z", "2026-10-25 02:59:59 CEST");
    check_local(z, "2026-10-25T01:00:00Z", "2026-10-25 02:00:00 CET");
    zone_free(z);
}

static void test_rule_after_the_last_change(void **state)
{
    struct zone *z = paris(), *only_rule = zone_with("CET-1CEST,M3.5.0,M10.5.0/3", 0);

    for (int i = 0; i < 2; i++, z = i == 1 ? only_rule : NULL) {
        check_local(z, "2027-03-28T00:59:59Z", "2027-03-28 01:59:59 CET");
        check_local(z, "2027-03-28T01:00:00Z", "2027-03-28 03:00:00 CEST");
        check_local(z, "2027-10-31T00:59:59Z", "2027-10-31 02:59:59 CEST");
        check_local(z, "2027-10-31T01:00:00Z", "2027-10-31 02:00:00 CET");
        check_local(z, "2100-07-01T00:00:00Z", "2100-07-01 02:00:00 CEST");
        check_local(z, "2099-12-31T23:30:00Z", "2100-01-01 00:30:00 CET");
        zone_free(z);
    }
}

static void check_rule(const char *tail, const char *utc, const char *want)
{
    struct zone *z = zone_with(tail, 0);

    check_local(z, utc, want);
    zone_free(z);
}

static void test_rules_of_the_world(void **state)
{
    check_rule("EST5EDT,M3.2.0,M11.1.0", "2026-03-08T07:00:00Z", "2026-03-08 03:00:00 EDT");
    check_rule("EST5EDT,M3.2.0,M11.1.0", "2026-03-08T06:59:59Z", "2026-03-08 01:59:59 EST");
    check_rule("EST5EDT,M3.2.0,M11.1.0", "2026-11-01T06:00:00Z", "2026-11-01 01:00:00 EST");
    /* the south: summer over the new year */
    check_rule("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-01-01T00:00:00Z", "2026-01-01 11:00:00 AEDT");
    check_rule("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-07-01T00:00:00Z", "2026-07-01 10:00:00 AEST");
    check_rule("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-12-31T23:00:00Z", "2027-01-01 10:00:00 AEDT");
    check_rule("<+0545>-5:45", "2026-01-01T00:00:00Z", "2026-01-01 05:45:00 +0545");
    check_rule("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", "2026-03-29T01:00:00Z",
               "2026-03-28 23:00:00 -02");
    check_rule("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", "2026-03-29T00:59:59Z",
               "2026-03-28 21:59:59 -03");
    check_rule("IST-2IDT,M3.4.4/26,M10.5.0", "2026-03-27T00:00:00Z", "2026-03-27 03:00:00 IDT");
    check_rule("LHST-10:30LHDT-11,M10.1.0,M4.1.0", "2026-01-01T00:00:00Z",
               "2026-01-01 11:00:00 LHDT");
    check_rule("XXX0YYY,J60/0,J300/0", "2028-03-01T00:00:00Z", "2028-03-01 01:00:00 YYY");
    check_rule("XXX0YYY,J60/0,J300/0", "2028-02-29T23:00:00Z", "2028-02-29 23:00:00 XXX");
    check_rule("XXX0YYY,59/0,299/0", "2028-02-29T00:00:00Z", "2028-02-29 01:00:00 YYY");
}

static void test_version_1_and_no_rule(void **state)
{
    struct buf b = BUF_MAX(1000);
    struct change one = {1000, 2};
    struct zone *z;

    put_block(&b, 0, 4, &one, 1);
    assert_int_equal(zone_parse(b.data, b.len, &z), 0);
    check_local(z, "2026-01-01T00:00:00Z", "2026-01-01 02:00:00 CEST");
    check_local(z, "1969-01-01T00:00:00Z", "1969-01-01 00:09:21 LMT");
    zone_free(z);
    buf_done(&b);
    z = zone_with("", 1);
    check_local(z, "2026-07-01T00:00:00Z", "2026-07-01 01:00:00 CET");
    zone_free(z);
    assert_null(zone_free(NULL));
}

static void test_damaged_zones(void **state)
{
    static const char *const tails[] = {"CET",
                                        "C",
                                        "1",
                                        "CET-1CEST",
                                        "CET-1CEST,M3.5.0",
                                        "CET-1CEST,M13.1.0,M1.1.0",
                                        "CET-1CEST,M3.6.0,M1.1.0",
                                        "CET-1CEST,M3.5.7,M1.1.0",
                                        "<CET-1",
                                        "<>1",
                                        "CET-1CEST,M3.5.0,M10.5.0/3x",
                                        "CET-1CEST,X1,X2",
                                        "CET-999",
                                        ","};
    struct buf b = tzif("CET-1CEST,M3.5.0,M10.5.0/3", COUNT(changes));
    struct zone *z = (void *)&b; /* must stay as it is */
    uint32_t seed = 5;

    for (size_t n = 0; n < b.len; n++)
        assert_int_equal(zone_parse(b.data, n, &z), ERR_INVALID);
    assert_ptr_equal(z, &b);
    for (int round = 0; round < 50000; round++) {
        char *copy = mem_dupn(b.data, b.len);

        for (int k = 0; k < 3; k++) {
            seed = seed * 1664525 + 1013904223;
            copy[(seed >> 8) % b.len] = (char)(seed >> 24);
        }
        if (zone_parse(copy, b.len, &z) == 0) {
            struct civil c;

            time_civil((int64_t)seed * 1000000, z, &c);
            zone_free(z);
        }
        mem_free(copy);
    }
    buf_done(&b);
    for (size_t i = 0; i < COUNT(tails); i++) {
        b = tzif(tails[i], 1);
        assert_int_equal(zone_parse(b.data, b.len, &z), ERR_INVALID);
        buf_done(&b);
    }
}

static void test_rfc3339(void **state)
{
    static const char *const bad[] = {"",
                                      "2026-11-24",
                                      "2026-11-24T05:00:00",
                                      "2026-11-24T05:00Z",
                                      "2026-13-01T00:00:00Z",
                                      "2026-02-29T00:00:00Z",
                                      "2026-01-01T24:00:00Z",
                                      "2026-01-01T00:60:00Z",
                                      "2026-01-01T00:00:61Z",
                                      "2026-01-01T00:00:00.Z",
                                      "2026-01-01T00:00:00+0100",
                                      "2026-01-01T00:00:00Zx",
                                      "26-01-01T00:00:00Z",
                                      "2026-00-01T00:00:00Z",
                                      "2026-01-00T00:00:00Z",
                                      "2026-01-01T00:00:00+24:00"};
    char text[TIME_RFC3339_BYTES];
    int64_t ms = 42;

    time_rfc3339(1795496400000, 0, text);
    assert_string_equal(text, "2026-11-24T05:00:00Z");
    time_rfc3339(1795496400007, 1, text);
    assert_string_equal(text, "2026-11-24T05:00:00.007Z");
    time_rfc3339(-1, 1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
    time_rfc3339(INT64_MAX, 1, text);
    time_rfc3339(INT64_MIN, 1, text);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(time_parse_rfc3339(bad[i], &ms), ERR_INVALID);
    assert_int_equal(ms, 42);
    assert_true(at("2026-11-24T05:00:00Z") == 1795496400000);
    assert_true(at("2026-11-24t06:30:00.25+01:30") == 1795496400250);
    assert_true(at("2026-11-23 22:00:00-07:00") == 1795496400000);
    assert_true(at("2026-11-24T05:00:00.123456789Z") == 1795496400123);
    assert_true(at("2016-12-31T23:59:60Z") == at("2017-01-01T00:00:00Z"));
}

static void check_typed(const char *text, const struct zone *z, const char *want)
{
    int64_t ms = 0, now = at("2026-11-24T20:30:00Z"); /* 21:30 in Paris */

    assert_int_equal(time_parse(text, now, z, &ms), 0);
    if (ms != at(want)) {
        char got[TIME_RFC3339_BYTES];

        time_rfc3339(ms, 0, got);
        fail_msg("%s: %s, want %s", text, got, want);
    }
}

static void test_moments_people_type(void **state)
{
    struct zone *z = paris();

    check_typed("now", z, "2026-11-24T20:30:00Z");
    check_typed("+2h", z, "2026-11-24T22:30:00Z");
    check_typed("+1h30m", z, "2026-11-24T22:00:00Z");
    check_typed("-10m", z, "2026-11-24T20:20:00Z");
    check_typed("2026-11-24T22:00:00Z", z, "2026-11-24T22:00:00Z");
    check_typed("2026-11-24 22:00", z, "2026-11-24T21:00:00Z");
    check_typed("2026-11-24 22:00", NULL, "2026-11-24T22:00:00Z");
    check_typed("2026-07-01T22:00:30", z, "2026-07-01T20:00:30Z");
    check_typed("2026-11-25", z, "2026-11-24T23:00:00Z");
    check_typed("22:00", z, "2026-11-24T21:00:00Z");
    check_typed("21:30", z, "2026-11-25T20:30:00Z"); /* this very minute has begun: tomorrow */
    check_typed("9:05", z, "2026-11-25T08:05:00Z");
    check_typed("22h", z, "2026-11-24T21:00:00Z");
    check_typed("22 h 15", z, "2026-11-24T21:15:00Z");
    check_typed("22h15", z, "2026-11-24T21:15:00Z");
    zone_free(z);
}

static void test_clock_changes_when_typed(void **state)
{
    struct zone *z = paris();

    check_typed("2026-10-25 02:30", z, "2026-10-25T00:30:00Z"); /* there are two: the first */
    check_typed("2026-10-25 03:00", z, "2026-10-25T02:00:00Z");
    check_typed("2026-03-29 02:30", z, "2026-03-29T01:30:00Z"); /* skipped: shown as 03:30 */
    check_typed("2026-03-29 01:59", z, "2026-03-29T00:59:00Z");
    check_typed("2026-03-29 03:00", z, "2026-03-29T01:00:00Z");
    zone_free(z);
}

static void test_moments_that_are_none(void **state)
{
    static const char *const bad[] = {"",
                                      "tomorrow",
                                      "24:00",
                                      "12:60",
                                      "12",
                                      "1:2",
                                      "+",
                                      "+5",
                                      "+x",
                                      "12:00pm",
                                      "2026-11-24 25:00",
                                      "2026-02-30",
                                      "2026-11-24x",
                                      "22 h 60",
                                      "22h1",
                                      ":30"};
    int64_t ms = 9;

    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(time_parse(bad[i], 0, NULL, &ms), ERR_INVALID);
    assert_int_equal(time_parse("+9223372036854775s", INT64_MAX, NULL, &ms), ERR_LIMIT);
    assert_int_equal(ms, 9);
}

typedef void write_fn(struct buf *out, int64_t v, const char *lang);

static void check_text(write_fn *write, int64_t v, const char *en, const char *fr)
{
    struct buf b = BUF_MAX(100);

    write(&b, v, "en");
    assert_string_equal(buf_text(&b), en);
    buf_clear(&b);
    write(&b, v, "fr");
    assert_string_equal(buf_text(&b), fr);
    buf_done(&b);
}

#define S    1000LL
#define MIN  (60 * S)
#define HOUR (60 * MIN)
#define DAY  (24 * HOUR)
#define _    "\u00a0"

static void test_durations(void **state)
{
    check_text(time_duration, 0, "0" _ "s", "0" _ "s");
    check_text(time_duration, 350, "350" _ "ms", "350" _ "ms");
    check_text(time_duration, 12 * S + 999, "12" _ "s", "12" _ "s");
    check_text(time_duration, 4 * MIN, "4" _ "min", "4" _ "min");
    check_text(time_duration, 4 * MIN + 30 * S, "4" _ "min" _ "30" _ "s", "4" _ "min" _ "30" _ "s");
    check_text(time_duration, 12 * MIN + 30 * S, "12" _ "min", "12" _ "min");
    check_text(time_duration, HOUR - 1, "59" _ "min", "59" _ "min");
    check_text(time_duration, HOUR, "1" _ "h", "1" _ "h");
    check_text(time_duration, HOUR + 5 * MIN, "1" _ "h" _ "05", "1" _ "h" _ "05");
    check_text(time_duration, HOUR + 12 * MIN, "1" _ "h" _ "12", "1" _ "h" _ "12");
    check_text(time_duration, DAY, "1" _ "d", "1" _ "j");
    check_text(time_duration, 2 * DAY + 4 * HOUR, "2" _ "d" _ "4" _ "h", "2" _ "j" _ "4" _ "h");
    check_text(time_duration, 41 * DAY + 4 * HOUR, "41" _ "d", "41" _ "j");
    check_text(time_duration, -4 * MIN, "-4" _ "min", "-4" _ "min");
    check_text(time_duration, INT64_MIN, "-106751991167" _ "d", "-106751991167" _ "j");
}

static void test_latencies(void **state)
{
    check_text(time_latency, 0, "0" _ "ms", "0" _ "ms");
    check_text(time_latency, 20, "0.02" _ "ms", "0,02" _ "ms");
    check_text(time_latency, 400, "0.4" _ "ms", "0,4" _ "ms");
    check_text(time_latency, 3200, "3.2" _ "ms", "3,2" _ "ms");
    check_text(time_latency, 9990, "10" _ "ms", "10" _ "ms");
    check_text(time_latency, 31000, "31" _ "ms", "31" _ "ms");
    check_text(time_latency, 999600, "1" _ "s", "1" _ "s");
    check_text(time_latency, 1200000, "1.2" _ "s", "1,2" _ "s");
    check_text(time_latency, 30000000, "30" _ "s", "30" _ "s");
    check_text(time_latency, 90000000, "1" _ "min" _ "30" _ "s", "1" _ "min" _ "30" _ "s");
    check_text(time_latency, -5, "0" _ "ms", "0" _ "ms");
}

static void clock_in_paris(struct buf *out, int64_t v, const char *lang)
{
    struct zone *z = paris();

    time_clock(out, v, z, lang);
    zone_free(z);
}

static void date_in_paris(struct buf *out, int64_t v, const char *lang)
{
    struct zone *z = paris();

    time_date(out, v, at("2026-11-24T05:00:00Z"), z, lang);
    zone_free(z);
}

static void test_clock_and_date(void **state)
{
    check_text(clock_in_paris, at("2026-11-24T21:31:59Z"), "22:31", "22" _ "h" _ "31");
    check_text(clock_in_paris, at("2026-11-24T07:05:00Z"), "08:05", "8" _ "h" _ "05");
    check_text(date_in_paris, at("2026-09-08T10:00:00Z"), "8 September", "8 septembre");
    check_text(date_in_paris, at("2025-12-31T23:30:00Z"), "1 January", "1er janvier");
    check_text(date_in_paris, at("2025-12-31T22:30:00Z"), "31 December 2025", "31 décembre 2025");
}

static void test_mail_dates(void **state)
{
    struct buf b = BUF_MAX(100);
    struct zone *z = paris(), *west = zone_with("<-0330>3:30", 0);

    time_rfc5322(&b, 1795496400000, NULL);
    assert_string_equal(buf_text(&b), "Tue, 24 Nov 2026 05:00:00 +0000");
    buf_clear(&b);
    time_rfc5322(&b, 1795496400000, z);
    assert_string_equal(buf_text(&b), "Tue, 24 Nov 2026 06:00:00 +0100");
    buf_clear(&b);
    time_rfc5322(&b, 1795496400000, west);
    assert_string_equal(buf_text(&b), "Tue, 24 Nov 2026 01:30:00 -0330");
    zone_free(z);
    zone_free(west);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_civil_in_utc),
        cmocka_unit_test(test_every_day_round_trips),
        cmocka_unit_test(test_changes_of_a_zone),
        cmocka_unit_test(test_rule_after_the_last_change),
        cmocka_unit_test(test_rules_of_the_world),
        cmocka_unit_test(test_version_1_and_no_rule),
        cmocka_unit_test(test_damaged_zones),
        cmocka_unit_test(test_rfc3339),
        cmocka_unit_test(test_moments_people_type),
        cmocka_unit_test(test_clock_changes_when_typed),
        cmocka_unit_test(test_moments_that_are_none),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_latencies),
        cmocka_unit_test(test_clock_and_date),
        cmocka_unit_test(test_mail_dates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
