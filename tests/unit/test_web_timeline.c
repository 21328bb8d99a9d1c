/* SPDX-License-Identifier: GPL-3.0-or-later */
/* State history as a drawing: spans of a day, bars of 30 days, the share in both languages. */
#include "daemon_kit.h"

static void day_of(struct kit *k)
{
    kit_result(k, "web1/job", STATE_OK, "x");
    sim_run_for(2 * HOUR_MS);
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    sim_run_for(3 * HOUR_MS);
    kit_result(k, "web1/job", STATE_WARNING, "x");
    sim_run_for(HOUR_MS);
    kit_result(k, "web1/job", STATE_OK, "x");
    sim_run_for(HOUR_MS);
}

/* How wide what begins with this mark is drawn; -1 when there is none. */
static double width_of(struct kit *k, const char *mark)
{
    const char *at = strstr(buf_text(&k->text), mark);
    const char *w = at ? strstr(at, "width=\"") : NULL;
    return w ? strtod(w + 7, NULL) : -1;
}

static void spans_of_a_day(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_VIEWER);
    day_of(k);
    assert_int_equal(kit_get(k, "/console/check/web1/job"), 200);
    double critical = width_of(k, "<rect class=\"s-critical\" x="), warning = width_of(k, "<rect class=\"s-warning\" x=");
    const double hour = (1198.0 - 86.0) / 24;
    assert_true(critical > 3 * hour - 1 && critical < 3 * hour + 1);
    assert_true(warning > hour - 1 && warning < hour + 1);
    kit_has(buf_text(&k->text), "<title>Critical, ");
    kit_has(buf_text(&k->text), "class=\"gap\""); /* nothing is known of the time before */
}

static void soft_tries_are_not_drawn(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_VIEWER);
    kit_result(k, "box/soft", STATE_OK, "x");
    sim_run_for(HOUR_MS);
    kit_result(k, "box/soft", STATE_CRITICAL, "try");
    sim_run_for(MINUTE_MS);
    kit_result(k, "box/soft", STATE_OK, "x");
    sim_run_for(HOUR_MS);
    assert_int_equal(kit_get(k, "/console/check/box/soft"), 200);
    assert_true(width_of(k, "<rect class=\"s-critical\" x=") < 0);
    kit_has(buf_text(&k->text), "100.00");
}

static void a_month_and_its_share(void **state)
{
    struct kit *k = kit_up("hosts: { web1: { alive: no, checks: [{ passive: { name: job, attempts: 1 } }] } }\n"); /* nothing else goes on meanwhile */
    kit_login(k, ROLE_VIEWER);
    kit_result(k, "web1/job", STATE_OK, "x");
    sim_run_for(3 * 24 * HOUR_MS);
    kit_login(k, ROLE_VIEWER);
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    sim_run_for(24 * HOUR_MS);
    kit_result(k, "web1/job", STATE_OK, "x");
    assert_int_equal(kit_get(k, "/console/check/web1/job"), 200);
    const char *bars = kit_between(k, "<svg class=\"bars\"", "</svg>");
    assert_non_null(bars);
    assert_int_equal(kit_count(bars, "<rect"), 30);
    assert_true(kit_count(bars, "class=\"s-critical\"") >= 1 && kit_count(bars, "class=\"s-critical\"") <= 2);
    assert_true(kit_count(bars, "no data") >= 25); /* not watched yet: neither good nor bad */
    kit_has(buf_text(&k->text), "75.00\u00a0%");
    assert_int_equal(kit_get(k, "/console/check/web1/job?lang=fr"), 200);
    kit_has(buf_text(&k->text), "75,00\u00a0%");
    kit_free(k);
}

static void a_host_has_a_line_a_check(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_VIEWER);
    day_of(k);
    assert_int_equal(kit_get(k, "/console/host/web1"), 200);
    const char *svg = kit_between(k, "<svg class=\"day24\"", "</svg>");
    kit_has(svg, ">host</text>");
    kit_has(svg, ">tcp</text>");
    kit_has(svg, ">job</text>");
    kit_has(svg, ">backup</text>");
}

static void nothing_known_and_nothing_readable(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_VIEWER);
    assert_int_equal(kit_get(k, "/console/check/web1/job"), 200); /* never a result */
    kit_has(buf_text(&k->text), "100.00");
    assert_int_equal(kit_get(k, "/console/host/box"), 200);
}

static void names_in_drawings_are_escaped(void **state)
{
    struct kit *k = kit_up("hosts: { h: { alive: no, checks: [{ passive: { name: '<i>&\"', attempts: 1 } }] } }\n");
    kit_login(k, ROLE_VIEWER);
    kit_result(k, "h/<i>&\"", STATE_CRITICAL, "x");
    assert_int_equal(kit_get(k, "/console/host/h"), 200);
    kit_has(kit_between(k, "<svg class=\"day24\"", "</svg>"), ">&lt;i&gt;&amp;&quot;</text>");
    kit_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(spans_of_a_day), KIT_TEST(soft_tries_are_not_drawn), cmocka_unit_test(a_month_and_its_share), KIT_TEST(a_host_has_a_line_a_check), KIT_TEST(nothing_known_and_nothing_readable), cmocka_unit_test(names_in_drawings_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
