/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_model_period.c: time periods against the clock (MON-14): days, holidays, zones, and the days
 * on which the clocks are changed. */
#include "config_kinds.h"

#include "base/timetext.h"
#include "model/period.h"
#include <stdio.h>

static struct zone *zone_from_system(void *arg, const char *name)
{
    static unsigned char bytes[64 * 1024];
    struct zone *z = NULL;
    char path[300];
    FILE *f;
    size_t n;

    (void)arg;
    snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
    f = fopen(path, "rb");
    if (f == NULL)
        return NULL;
    n = fread(bytes, 1, sizeof(bytes), f);
    fclose(f);
    zone_parse(bytes, n, &z);
    return z;
}

static struct conf *with_zones(const char *text)
{
    struct conf_env env = some_env;

    env.zone_load = zone_from_system;
    return load_env(&env, text);
}

static int64_t at(const char *utc)
{
    int64_t ms = -1;

    if (time_parse_rfc3339(utc, &ms) != 0)
        fail_msg("%s", utc);
    return ms;
}

static void check_at(const struct conf *c, const char *name, const char *utc, bool expected)
{
    const struct conf_period *p = map_find(&c->period_by_name, name);

    assert_non_null(p);
    if (period_active(p, at(utc)) != expected)
        fail_msg("%s at %s", name, utc);
}

static void check_next(const struct conf *c, const char *name, const char *utc, const char *next)
{
    const struct conf_period *p = map_find(&c->period_by_name, name);
    int64_t got = period_next(p, at(utc));
    char text[TIME_RFC3339_BYTES];

    time_rfc3339(got, 0, text);
    if (got != at(next))
        fail_msg("%s after %s: %s", name, utc, text);
}

static void days_and_times(void **state)
{
    struct conf *c = load("periods:\n"
                          "  office: [mon-fri 09:00-17:00, \"sat 10:00-12:00,13:00-14:00\"]\n"
                          "  night: daily 22:00-06:00\n"
                          "  once: 2026-12-24 00:00-12:00\n"
                          "  weekend: \"fri-mon\"\n"
                          "  first: [day 1 of month, last day of month, day -2 of feb]\n"
                          "  patch: [second tue of month 20:00-24:00, last mon of may]\n"
                          "  lent: [easter-2, easter+1, 12-25]\n"
                          "  ranges: 2026-12-30..2027-01-02\n"
                          "  both: { include: [once, night], except: [weekend] }\n");

    (void)state;
    check_at(c, "office", "2026-11-24T08:59:59Z", false); /* a Tuesday */
    check_at(c, "office", "2026-11-24T09:00:00Z", true);
    check_at(c, "office", "2026-11-24T17:00:00Z", false);
    check_at(c, "office", "2026-11-28T13:30:00Z", true);
    check_at(c, "night", "2026-11-24T23:00:00Z", true);
    check_at(c, "night", "2026-11-24T05:59:00Z", true);
    check_at(c, "night", "2026-11-24T06:00:00Z", false);
    check_at(c, "weekend", "2026-11-23T12:00:00Z", true);
    check_at(c, "weekend", "2026-11-24T12:00:00Z", false);
    check_at(c, "first", "2028-02-28T00:00:00Z", true);
    check_at(c, "first", "2026-02-28T00:00:00Z", true);
    check_at(c, "first", "2026-02-26T00:00:00Z", false);
    check_at(c, "patch", "2026-11-10T21:00:00Z", true);
    check_at(c, "patch", "2026-11-17T21:00:00Z", false);
    check_at(c, "patch", "2026-05-25T01:00:00Z", true);
    check_at(c, "lent", "2026-04-03T01:00:00Z", true); /* Easter Sunday 2026: 5 April */
    check_at(c, "lent", "2026-04-06T01:00:00Z", true);
    check_at(c, "lent", "2027-03-29T01:00:00Z", true); /* 2027: 28 March */
    check_at(c, "lent", "2038-04-26T01:00:00Z", true); /* 2038: 25 April, the latest */
    check_at(c, "lent", "2026-04-05T01:00:00Z", false);
    check_at(c, "ranges", "2027-01-01T00:00:00Z", true);
    check_at(c, "both", "2026-12-24T01:00:00Z", true);
    check_at(c, "both", "2026-12-26T01:00:00Z", false);
    check_next(c, "office", "2026-11-27T17:30:00Z", "2026-11-28T10:00:00Z");
    check_next(c, "office", "2026-11-28T14:00:00Z", "2026-11-30T09:00:00Z");
    check_next(c, "night", "2026-11-24T23:00:00Z", "2026-11-25T06:00:00Z");
    check_next(c, "first", "2026-11-24T23:00:00Z", "2026-11-30T00:00:00Z");
    assert_true(period_next(map_find(&c->period_by_name, "once"), at("2027-01-01T00:00:00Z")) ==
                INT64_MAX);
    conf_unref(c);
}

static void clocks_are_changed(void **state)
{
    struct conf *c = with_zones("periods:\n"
                                "  backup: { zone: America/Toronto, when: \"daily 02:15-02:45\" }\n"
                                "  early: { zone: America/Toronto, when: \"daily 01:00-01:30\" }\n"
                                "  day: { zone: America/Toronto, when: \"mon-fri 09:00-17:00\", except: [quebec] }\n"
                                "  kathmandu: { zone: Asia/Kathmandu, when: \"daily 09:00-10:00\" }\n"
                                "holidays: { quebec: [06-24, 2026-11-02] }\n");

    (void)state;
    /* Spring: 02:15 does not exist on 8 March 2026. */
    check_next(c, "backup", "2026-03-07T08:00:00Z", "2026-03-09T06:15:00Z");
    /* Autumn: 01:00 comes twice on 1 November 2026. */
    check_at(c, "early", "2026-11-01T05:10:00Z", true);
    check_at(c, "early", "2026-11-01T05:40:00Z", false);
    check_at(c, "early", "2026-11-01T06:10:00Z", true);
    check_next(c, "early", "2026-11-01T05:10:00Z", "2026-11-01T05:30:00Z");
    check_next(c, "early", "2026-11-01T05:40:00Z", "2026-11-01T06:00:00Z");
    /* Nine in the morning stays nine in the morning. */
    check_next(c, "day", "2026-10-29T22:00:00Z", "2026-10-30T13:00:00Z");
    check_next(c, "day", "2026-10-30T22:00:00Z", "2026-11-03T14:00:00Z");
    /* A holiday is one of the period's own clock. */
    check_at(c, "day", "2026-06-24T14:00:00Z", false);
    check_at(c, "day", "2026-06-25T14:00:00Z", true);
    check_next(c, "kathmandu", "2026-06-24T00:00:00Z", "2026-06-24T03:15:00Z");
    conf_unref(c);
}

static void next_is_where_active_changes(void **state)
{
    struct conf *c = with_zones("periods: { x: { zone: Europe/Paris, when: [\"mon-fri 08:00-12:00,13:30-18:00\", \"last sun of month 01:00-04:00\", \"day 15 of month 23:00-02:30\"], except: [h] } }\n"
                                "holidays: { h: [easter+1, 12-25, 05-01] }\n");
    const struct conf_period *p = map_find(&c->period_by_name, "x");
    int64_t t = at("2026-01-01T00:00:00Z"), end = at("2027-06-01T00:00:00Z"), next = t;
    bool was = period_active(p, t);

    (void)state;
    next = period_next(p, t);
    for (; t < end; t += 300000) {
        bool now = period_active(p, t);

        if (t >= next) {
            next = period_next(p, t);
            was = !was;
        }
        if (now != was)
            fail_msg("at %lld", (long long)t);
    }
    conf_unref(c);
}

static void mistakes(void **state)
{
    (void)state;
    refuse("periods: { x: \"mon-fry 09:00-17:00\" }", "a day of the week such as mon");
    refuse("periods: { x: \"mon 9-17\" }", "a time such as 09:00");
    refuse("periods: { x: \"mon 09:00-25:00\" }", "a time such as 09:00");
    refuse("periods: { x: \"mon 09:00-09:00\" }", "must not end where it begins");
    refuse("periods: { x: \"2026-02-30\" }", "a date such as 2026-12-24");
    refuse("periods: { x: \"2026-12-30..2026-12-01\" }", "comes before the first");
    refuse("periods: { x: \"13-01\" }", "a date such as");
    refuse("periods: { x: \"day 0 of month\" }", "from 1 to 31");
    refuse("periods: { x: \"last mon\" }", "“of month”");
    refuse("periods: { x: soon }", "a day is expected here");
    refuse("periods: { x: { include: [y] }, y: { include: [x] } }", "names itself");
    refuse("periods: { office: daily }\nhosts: { h: { check_period: ofice, checks: [ load ] } }", "did you mean “office”?");
    refuse("contacts: { a: { mail: a@b, period: x } }", "there is no time period “x”");
    refuse("periods: { always: daily }", "exists already");
}

static void it_is_printed_and_compared(void **state)
{
    struct conf *a = load("periods: { o: { when: \"mon 09:00-17:00\", except: [h] } }\nholidays: { h: [12-25] }\n"
                          "hosts: { x: { checks: [ { load: { notify_period: o, check_period: always } } ] } }\ncontacts: { c: { mail: a@b, period: o } }");
    struct buf b = BUF_MAX(100000);
    struct conf *back;
    struct conf_diff d;

    (void)state;
    conf_print(&b, a, NULL);
    back = load(buf_text(&b));
    conf_diff(a, back, &d);
    assert_int_equal(d.n, 0);
    conf_diff_done(&d);
    assert_ptr_equal(conf_find_check(conf_find_host(a, "x"), "load")->notify_when, map_find(&a->period_by_name, "o"));
    assert_null(conf_find_check(conf_find_host(a, "x"), "load")->check_when);
    buf_done(&b);
    conf_unref(back);
    conf_unref(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(days_and_times), cmocka_unit_test(clocks_are_changed),
                                       cmocka_unit_test(next_is_where_active_changes), cmocka_unit_test(mistakes),
                                       cmocka_unit_test(it_is_printed_and_compared)};

    return cmocka_run_group_tests_name("model_period", tests, NULL, NULL);
}
