/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_wire_ical.c: calendars that come in: announcements of networks' work, and answers of readers (ANN-9, ANN-15). */
#include "wire/ical.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

#define AROUND(text) "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//X//Y//EN\r\n" text "END:VCALENDAR\r\n"
#define EVENT(text) AROUND("BEGIN:VEVENT\r\n" text "END:VEVENT\r\n")

static struct arena *arena;

static int begin(void **state)
{
    arena = arena_new(0);
    return 0;
}

static int end(void **state)
{
    arena = arena_free(arena);
    return 0;
}

static struct ical read_with(const char *text, ical_zone *zone, void *arg)
{
    struct ical c;
    struct err e = {0};
    assert_int_equal(ical_parse(arena, text, strlen(text), zone, arg, &c, &e), 0);
    return c;
}

static const struct ical_event *event(const char *text)
{
    struct ical c = read_with(text, NULL, NULL);
    assert_int_equal(c.n_events, 1);
    return &c.events[0];
}

static int code_of(const char *text)
{
    struct ical c;
    struct err e = {0};
    int r = ical_parse(arena, text, strlen(text), NULL, NULL, &c, &e);
    assert_int_equal(r != 0, e.text[0] != 0);
    return r;
}

static int64_t utc(const char *text)
{
    int64_t ms;
    assert_int_equal(time_parse_rfc3339(text, &ms), 0);
    return ms;
}

static void a_note_is_read(void **state)
{
    const struct ical_event *e = event(EVENT("SUMMARY:Fibre work\\, ring\r\n  two\r\nDTSTART:20261124T220000Z\r\nDTEND:20261125T020000Z\r\nUID:42@net.example\r\nSEQUENCE:3\r\n"
                                             "ORGANIZER;CN=\"Noc, of it\":mailto:noc@net.example\r\nX-MAINTNOTE-PROVIDER:net.example\r\nX-MAINTNOTE-ACCOUNT:137.03\r\n"
                                             "X-MAINTNOTE-MAINTENANCE-ID;X-MAINTNOTE-PRECEDENCE=NON-PRIMARY:old\r\nX-MAINTNOTE-MAINTENANCE-ID;X-MAINTNOTE-PRECEDENCE=PRIMARY:WO-7\r\n"
                                             "X-MAINTNOTE-OBJECT-ID;ALTREP=\"https://net.example/x;y:z\":circuit-1\r\nX-MAINTNOTE-OBJECT-ID;X-MAINTNOTE-OBJECT-IMPACT=degraded:circuit-2\r\n"
                                             "X-MAINTNOTE-IMPACT:OUTAGE\r\nX-MAINTNOTE-STATUS:TENTATIVE\r\n"));
    assert_string_equal(e->summary, "Fibre work, ring two");
    assert_string_equal(e->uid, "42@net.example");
    assert_int_equal(e->sequence, 3);
    assert_int_equal(e->start.at_ms, utc("2026-11-24T22:00:00Z"));
    assert_int_equal(e->end.at_ms, utc("2026-11-25T02:00:00Z"));
    assert_false(e->start.floating);
    assert_string_equal(e->organizer, "noc@net.example");
    assert_string_equal(e->provider, "net.example");
    assert_string_equal(e->account, "137.03");
    assert_string_equal(e->maintenance_id, "WO-7");
    assert_int_equal(e->n_objects, 2);
    assert_string_equal(e->objects[0].id, "circuit-1");
    assert_null(e->objects[0].impact);
    assert_string_equal(e->objects[1].impact, "DEGRADED");
    assert_string_equal(e->impact, "OUTAGE");
    assert_string_equal(e->work_status, "TENTATIVE");
}

/* As senders in the field write. */
static void slips_are_forgiven(void **state)
{
    const struct ical_event *e = event("begin:vevent\nuid: a \ndtstart;value=date-time:20261124T220000Z\nx-maintnote-status: completed\nnonsense\n;:\nend:vevent\n");
    assert_string_equal(e->uid, "a");
    assert_int_equal(e->sequence, -1);
    assert_true(e->start.has);
    assert_int_equal(e->end.at_ms, e->start.at_ms);
    assert_string_equal(e->work_status, "COMPLETED");
    assert_null(e->impact);
    assert_null(e->provider);
    e = event("\xef\xbb\xbf" EVENT("UID:b\r\nSEQUENCE:minus\r\nDTSTART:20261340T000000Z\r\nDURATION:PT1H\r\n"));
    assert_int_equal(e->sequence, -1);
    assert_false(e->start.has);
    assert_false(e->end.has);
}

static void times_are_of_their_zone(void **state)
{
    const struct ical_event *e = event(EVENT("DTSTART;VALUE=DATE:20261124\r\n"));
    assert_true(e->start.whole_day && e->start.floating);
    assert_int_equal(e->end.at_ms - e->start.at_ms, 86400000);
    e = event(EVENT("DTSTART:20261124T220000\r\nDURATION:P1DT2H3M4S\r\n"));
    assert_true(e->start.floating);
    assert_int_equal(e->end.at_ms - e->start.at_ms, (26 * 3600 + 3 * 60 + 4) * 1000);
    int64_t ms;
    assert_int_equal(ical_duration("P2W", &ms), 0);
    assert_int_equal(ms, 14 * INT64_C(86400000));
    assert_int_equal(ical_duration("-PT15M", &ms), 0);
    assert_int_equal(ms, -900000);
    static const char *const bad[] = {"", "P", "PT", "P1", "P1H", "PT1D", "P999999999999D", "1D"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(ical_duration(bad[i], &ms), ERR_INVALID);
}

#define TZ(text)                                                                                                                   \
    "BEGIN:VTIMEZONE\r\nTZID:W. Europe\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n" \
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n" \
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n" text

static int64_t in_brought_zone(const char *local)
{
    char text[1500];
    str_print(text, sizeof text, AROUND("BEGIN:VEVENT\r\nDTSTART;TZID=W. Europe:%s\r\nEND:VEVENT\r\n" TZ("")), local);
    return event(text)->start.at_ms;
}

/* A zone that only the calendar knows, and that stands behind its event. */
static void a_zone_comes_along(void **state)
{
    assert_int_equal(in_brought_zone("20260701T120000"), utc("2026-07-01T10:00:00Z"));
    assert_int_equal(in_brought_zone("20261224T120000"), utc("2026-12-24T11:00:00Z"));
    assert_int_equal(in_brought_zone("20260329T015900"), utc("2026-03-29T00:59:00Z"));
    assert_int_equal(in_brought_zone("20260329T030000"), utc("2026-03-29T01:00:00Z"));
    assert_int_equal(in_brought_zone("20261025T010000"), utc("2026-10-24T23:00:00Z"));
    assert_int_equal(in_brought_zone("20261025T040000"), utc("2026-10-25T03:00:00Z"));
}

/* TZif of one change: +1 h until 2026-10-25T01:00:00Z +2 h, then +1 h; and the spring before. */
static struct zone *paris_of_2026(void)
{
    static const unsigned char tzif[] = {
        'T', 'Z', 'i', 'f', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 8, /* two changes, two types, eight letters */
        0x69, 0xc8, 0x7c, 0x10, 0x6a, 0xdd, 0x51, 0x10, 1, 0, 0, 0, 0x0e, 0x10, 0, 0, 0, 0, 0x1c, 0x20, 1, 4, 'C', 'E', 'T', 0, 'E', 'S', 'T', 0};
    struct zone *z = NULL;
    assert_int_equal(zone_parse(tzif, sizeof tzif, &z), 0);
    return z;
}

static void the_hour_that_comes_twice(void **state)
{
    struct zone *z = paris_of_2026();
    int64_t change = INT64_C(0x6add5110), spring = INT64_C(0x69c87c10);
    assert_int_equal(ical_local(change + 3600 + 1800, z), (change - 1800) * 1000); /* 02:30 is first in summer time */
    assert_int_equal(ical_local(change + 7200 + 60, z), (change + 3600 + 60) * 1000);
    assert_int_equal(ical_local(spring + 3600 + 1800, z), (spring + 1800) * 1000); /* 02:30 that is left out */
    zone_free(z);
}

static bool one_zone(void *arg, const char *name, const struct zone **ret)
{
    *ret = arg;
    return !name || str_eq(name, "Europe/Paris");
}

static void a_zone_is_looked_up(void **state)
{
    struct zone *z = paris_of_2026();
    struct ical c = read_with(EVENT("DTSTART;TZID=Europe/Paris:20260701T120000\r\nDTEND:20260701T130000\r\n"), one_zone, z);
    assert_int_equal(c.events[0].start.at_ms, utc("2026-07-01T10:00:00Z"));
    assert_int_equal(c.events[0].end.at_ms, utc("2026-07-01T11:00:00Z"));
    assert_true(c.events[0].end.floating);
    c = read_with(EVENT("DTSTART;TZID=Nowhere:20260701T120000\r\n"), one_zone, z);
    assert_int_equal(c.events[0].start.at_ms, utc("2026-07-01T10:00:00Z"));
    zone_free(z);
}

static void an_answer_is_read(void **state)
{
    struct ical c = read_with("BEGIN:VCALENDAR\r\nMETHOD:reply\r\nBEGIN:VEVENT\r\nUID:abc@status\r\nRECURRENCE-ID:20261124T220000Z\r\n"
                              "ATTENDEE;CN=A;PARTSTAT=declined;X=\"a,b\",\"c^nd\":MAILTO:Reader@example.org\r\nATTENDEE:mailto:other@example.org\r\n"
                              "BEGIN:VALARM\r\nUID:not-this\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", NULL, NULL);
    assert_string_equal(c.method, "REPLY");
    const struct ical_event *e = &c.events[0];
    assert_string_equal(e->uid, "abc@status");
    assert_string_equal(e->recurrence_id, "20261124T220000Z");
    assert_int_equal(e->n_attendees, 2);
    assert_string_equal(e->attendees[0].address, "Reader@example.org");
    assert_string_equal(e->attendees[0].partstat, "DECLINED");
    assert_string_equal(e->attendees[1].partstat, "");
}

static void what_is_no_calendar(void **state)
{
    assert_int_equal(code_of(""), ERR_INVALID);
    assert_int_equal(code_of("hello\r\nworld: x\r\n"), ERR_INVALID);
    assert_int_equal(code_of("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\n"), ERR_INVALID);
    assert_int_equal(code_of("BEGIN:VCALENDAR\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"), ERR_INVALID);
}

/* An event within an event: what follows the inner one belongs to none. */
static void nested_events(void **state)
{
    struct ical c = read_with("BEGIN:VEVENT\nUID:a\nBEGIN:VEVENT\nUID:b\nEND:VEVENT\nATTENDEE:mailto:x@example.org\nEND:VEVENT\n", NULL, NULL);
    assert_int_equal(c.n_events, 2);
    assert_int_equal(c.events[0].n_attendees + c.events[1].n_attendees, 0);
}

static void ceilings_hold(void **state)
{
    struct buf b = BUF_MAX(4 << 20);
    buf_str(&b, "BEGIN:VCALENDAR\n");
    for (int i = 0; i <= ICAL_MAX_EVENTS; i++)
        buf_str(&b, "BEGIN:VEVENT\nEND:VEVENT\n");
    buf_str(&b, "END:VCALENDAR\n");
    assert_int_equal(code_of(buf_text(&b)), ERR_LIMIT);
    buf_clear(&b);
    buf_str(&b, "BEGIN:VEVENT\n");
    for (int i = 0; i <= ICAL_MAX_PROPS; i++)
        buf_str(&b, "ATTENDEE:mailto:a@example.org\n");
    buf_str(&b, "END:VEVENT\n");
    assert_int_equal(code_of(buf_text(&b)), ERR_LIMIT);
    buf_clear(&b);
    buf_str(&b, "BEGIN:VEVENT\nSUMMARY:");
    for (int i = 0; i <= ICAL_MAX_LINE; i++)
        buf_char(&b, 'x');
    buf_str(&b, "\nEND:VEVENT\n");
    assert_int_equal(code_of(buf_text(&b)), ERR_LIMIT);
    buf_clear(&b);
    for (int i = 0; i <= ICAL_MAX_DEPTH; i++)
        buf_str(&b, "BEGIN:VEVENT\n");
    assert_int_equal(code_of(buf_text(&b)), ERR_LIMIT);
    buf_clear(&b);
    while (b.len <= ICAL_MAX_BYTES)
        buf_str(&b, "BEGIN:VEVENT\nEND:VEVENT\n");
    assert_int_equal(code_of(buf_text(&b)), ERR_LIMIT);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_note_is_read, begin, end),
        cmocka_unit_test_setup_teardown(slips_are_forgiven, begin, end),
        cmocka_unit_test_setup_teardown(times_are_of_their_zone, begin, end),
        cmocka_unit_test_setup_teardown(a_zone_comes_along, begin, end),
        cmocka_unit_test_setup_teardown(the_hour_that_comes_twice, begin, end),
        cmocka_unit_test_setup_teardown(a_zone_is_looked_up, begin, end),
        cmocka_unit_test_setup_teardown(an_answer_is_read, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_calendar, begin, end),
        cmocka_unit_test_setup_teardown(nested_events, begin, end),
        cmocka_unit_test_setup_teardown(ceilings_hold, begin, end),
    };
    return cmocka_run_group_tests_name("wire_ical", tests, NULL, NULL);
}
