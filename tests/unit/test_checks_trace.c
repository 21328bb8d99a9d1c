/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The trace probe on simulated ways: as it should be, changed, silent hops, alternatives, loops, dead ends. MON-12. */
#include "checks/hoplog.h"
#include "checks_twin.h"

/* us – r1 – r2 – r3 – web */
static int setup(void **state)
{
    twin_setup(state);
    sim_host("r1", "192.0.2.1");
    sim_host("r2", "198.51.100.2");
    sim_host("r3", "203.0.113.3");
    sim_host("web", "192.0.2.10");
    sim_host("r1", "2001:db8::1");
    sim_host("r2", "2001:db8::2");
    sim_host("r3", "2001:db8::3");
    sim_host("web", "2001:db8::10");
    sim_host("other", "198.51.100.7");
    sim_host_via("r2", "r1");
    sim_host_via("r3", "r2");
    sim_host_via("web", "r3");
    sim_host_via("other", "r1");
    ((struct fx *)*state)->address = "192.0.2.10";
    return 0;
}

static enum state run(struct fx *f, const char *settings)
{
    return fx_run(f, "trace", NULL, settings, 15000);
}

static void usual(struct fx *f, int n)
{
    for (int i = 0; i < n; i++) {
        assert_int_equal(run(f, NULL), STATE_OK);
        assert_has(f->text, "4 hops to 192.0.2.10 in ");
        sim_run_for(60000);
    }
}

static void four_hops(void **state)
{
    struct fx *f = *state;

    usual(f, 1);
    assert_true(f->answered);
    assert_has(f->more, " 1  192.0.2.1  0.5 ms\n 2  198.51.100.2");
    assert_has(f->more, " 4  192.0.2.10");
    assert_has(f->perf, "hops=4;;;0");
    assert_has(f->perf, "rtt=0.5ms");
    assert_int_equal(fx_run(f, "traceroute", "2001:db8::10", "{\"via\":[\"2001:db8::/127\",\"2001:db8::3\"]}", 15000), STATE_OK);
    assert_has(f->more, " 3  2001:db8::3 ");
    assert_int_equal(fx_run(f, "trace", "192.0.2.1", NULL, 15000), STATE_OK);
    assert_has(f->text, "1 hop to 192.0.2.1");
    sim_host_slow("web", 200);
    assert_int_equal(run(f, "{\"rtt\":{\"warn\":\"100ms\",\"crit\":\"1s\"}}"), STATE_WARNING);
    assert_has(f->text, "the round trip takes 200");
}

static void another_way(void **state)
{
    struct fx *f = *state;

    usual(f, 3);
    sim_host_via("r3", "other");
    assert_int_equal(run(f, NULL), STATE_WARNING);
    assert_has(f->text, "path changed after hop 1: 198.51.100.2 → 198.51.100.7");
    assert_int_equal(run(f, "{\"changed\":\"critical\"}"), STATE_CRITICAL);
    sim_host_via("r3", "r2");
    usual(f, 1);
    sim_host_via("r3", "other");
    assert_int_equal(run(f, NULL), STATE_WARNING);
    sim_run_for(3600000);
    assert_int_equal(run(f, NULL), STATE_OK); /* it stays: it is the usual one */
    assert_has(f->text, "counts as the usual one");
    assert_int_equal(run(f, NULL), STATE_OK);
    sim_host_via("r3", "r2");
    assert_int_equal(run(f, NULL), STATE_WARNING);
    assert_has(f->text, "198.51.100.7 → 198.51.100.2");
    assert_int_equal(run(f, "{\"accept\":\"0s\"}"), STATE_OK);
}

static void longer_and_shorter(void **state)
{
    struct fx *f = *state;

    usual(f, 3);
    sim_host_via("web", "r2");
    assert_int_equal(run(f, NULL), STATE_WARNING);
    assert_has(f->text, "path changed after hop 2: 203.0.113.3 → 192.0.2.10");
    sim_host_via("web", "r3");
    usual(f, 1);
    sim_host("r4", "203.0.113.4");
    sim_host_via("r4", "r3");
    sim_host_via("web", "r4");
    assert_int_equal(run(f, NULL), STATE_WARNING);
    assert_has(f->text, "path changed after hop 3: 192.0.2.10 → 203.0.113.4");
}

static void silent_hops(void **state)
{
    struct fx *f = *state;

    sim_host_mute("r2", true);
    usual(f, 3);
    assert_has(f->more, " 2  *\n");
    sim_host_mute("r2", false); /* it speaks: no change */
    usual(f, 1);
    sim_host_mute("r3", true); /* it falls silent: no change either */
    usual(f, 1);
    sim_host_mute("r3", false);
    sim_host_via("r3", "other");
    assert_int_equal(run(f, NULL), STATE_WARNING); /* but what it said while it spoke is known */
    assert_has(f->text, "198.51.100.2 → 198.51.100.7");
}

static void a_silent_hop_vanishes(void **state)
{
    struct fx *f = *state;

    sim_host_mute("r3", true);
    usual(f, 3);
    sim_host_via("web", "r2");
    assert_int_equal(run(f, NULL), STATE_WARNING);
    assert_has(f->text, "path changed: the target answers as hop 3 already");
}

static void alternatives(void **state)
{
    struct fx *f = *state;
    int told = 0;

    usual(f, 3);
    for (int i = 0; i < 10; i++) {
        sim_host_via("r3", i % 2 ? "r2" : "other");
        told += run(f, NULL) == STATE_WARNING;
    }
    assert_int_equal(told, 2); /* the third time it is an alternative */
}

static void wanted(void **state)
{
    struct fx *f = *state;

    assert_int_equal(run(f, "{\"via\":[\"198.51.100.0/24\"],\"not_via\":\"10.0.0.0/8\"}"), STATE_OK);
    assert_int_equal(run(f, "{\"via\":[\"192.0.2.1\",\"10.0.0.0/8\"]}"), STATE_WARNING);
    assert_has(f->text, "the way does not lead over 10.0.0.0/8");
    sim_host_mute("r2", true);
    assert_int_equal(run(f, "{\"via\":[\"198.51.100.2\"]}"), STATE_WARNING);
    assert_has(f->text, "the way does not show 198.51.100.2 (1 of its hops is silent)");
    sim_host_mute("r2", false);
    assert_int_equal(run(f, "{\"not_via\":[\"203.0.113.0/24\"],\"changed\":\"critical\"}"), STATE_CRITICAL);
    assert_has(f->text, "the way leads over 203.0.113.3 (hop 3), which it must not");
    assert_int_equal(run(f, "{\"path\":[\"192.0.2.1\",\"*\",\"203.0.113.0/24\",\"192.0.2.10\"]}"), STATE_OK);
    assert_int_equal(run(f, "{\"path\":[\"192.0.2.1\",\"*\",\"192.0.2.10\"]}"), STATE_WARNING);
    assert_has(f->text, "hop 3 is 203.0.113.3 instead of 192.0.2.10");
    assert_int_equal(run(f, "{\"path\":[\"*\",\"*\"]}"), STATE_WARNING);
    assert_has(f->text, "4 hops instead of 2");
}

static void refused_options(void **state)
{
    struct fx *f = *state;

    assert_has(fx_refused(f, "trace", NULL, "{\"via\":[\"router1\"]}"), "“router1” is no address and no network");
    assert_has(fx_refused(f, "trace", NULL, "{\"not_via\":[\"192.0.2.0/33\"]}"), "no network");
    assert_has(fx_refused(f, "trace", NULL, "{\"via\":[\"*\"]}"), "“*” is no address");
    assert_has(fx_refused(f, "trace", NULL, "{\"max_hops\":2,\"path\":[\"*\",\"*\",\"*\"]}"), "3 hops, but max_hops is 2");
}

static void lost(void **state)
{
    struct fx *f = *state;

    sim_host_mode("r3", SIM_SILENT);
    assert_int_equal(run(f, NULL), STATE_CRITICAL);
    assert_string_equal(f->text, "no answer from 192.0.2.10 after hop 2, 198.51.100.2");
    assert_false(f->answered);
    sim_host_mode("r3", SIM_UNREACHABLE);
    assert_int_equal(run(f, NULL), STATE_CRITICAL);
    assert_string_equal(f->text, "198.51.100.2 (hop 2) says: host unreachable");
    sim_host_mode("r1", SIM_SILENT);
    assert_int_equal(run(f, NULL), STATE_CRITICAL);
    assert_string_equal(f->text, "no answer from 192.0.2.10, nor from any router on the way");
    assert_int_equal(fx_run(f, "trace", "192.0.2.99", NULL, 15000), STATE_CRITICAL);
    assert_has(f->text, "no route to the host");
    assert_int_equal(fx_run(f, "trace", "nobody.example.org", NULL, 15000), STATE_CRITICAL);
}

static void nothing_lost_is_learnt(void **state)
{
    struct fx *f = *state;

    usual(f, 3);
    sim_host_mode("web", SIM_SILENT);
    for (int i = 0; i < 5; i++)
        assert_int_equal(run(f, NULL), STATE_CRITICAL);
    assert_has(f->text, "after hop 3, 203.0.113.3");
    sim_host_mode("web", SIM_UP);
    usual(f, 1);
}

static void a_loop(void **state)
{
    struct fx *f = *state;

    sim_host_loops("r3", true);
    assert_int_equal(run(f, "{\"max_hops\":9}"), STATE_CRITICAL);
    assert_has(f->text, "routing loop: 203.0.113.3, hop 7, comes again as hop 9");
    assert_int_equal(run(f, "{\"max_hops\":3}"), STATE_CRITICAL); /* too short to see it */
    assert_has(f->text, "no answer from 192.0.2.10 after hop 3");
}

static void silent_to_all_but_ping(void **state)
{
    struct fx *f = *state;

    sim_host_mute("web", true);
    assert_int_equal(run(f, "{\"via\":[\"192.0.2.1\"]}"), STATE_OK);
    assert_has(f->text, "192.0.2.10 answers ping in");
    assert_has(f->text, "of the way 3 hops are known");
    sim_icmp_allow(false);
    assert_int_equal(run(f, NULL), STATE_CRITICAL);
    assert_has(f->text, "after hop 3, 203.0.113.3");
}

static void time_runs_out(void **state)
{
    struct fx *f = *state;

    sim_host_mode("r2", SIM_SILENT);
    assert_int_equal(fx_run(f, "trace", NULL, NULL, 700), STATE_CRITICAL);
    assert_has(f->text, "after hop 1, 192.0.2.1");
    f->address = NULL;
    assert_int_equal(run(f, NULL), STATE_UNKNOWN);
    assert_has(f->text, "no address");
}

/* What strangers may make routers seem to say: another address each time. It stays bounded, and told. */
static void a_hop_of_many_faces(void **state)
{
    struct hoplog log = {0};
    struct hoplog_change c;
    struct hop_seen seen[60] = {0};
    struct addr target;
    char text[ADDR_TEXT_BYTES];

    addr_parse("192.0.2.10", 0, &target);
    for (int i = 0; i < 60; i++)
        seen[i] = (struct hop_seen){true, i == 59, target};
    addr_parse("192.0.2.1", 0, &seen[0].from);
    for (int i = 0; i < 3; i++)
        hoplog_judge(&log, seen, 60, &target, i, 1000000, &c); /* more hops than it keeps */
    assert_false(c.changed);
    for (int i = 1; i < 250; i++) {
        snprintf(text, sizeof(text), "198.51.100.%d", i);
        addr_parse(text, 0, &seen[0].from);
        hoplog_judge(&log, seen, 60, &target, 10 + i, 1000000, &c);
        assert_true(c.changed);
        assert_int_equal(c.hop, 0);
        addr_host(&c.was, text);
        assert_string_equal(text, "192.0.2.1"); /* never forgotten */
    }
    addr_parse("192.0.2.1", 0, &seen[0].from);
    hoplog_judge(&log, seen, 60, &target, 1000, 1000000, &c);
    assert_false(c.changed);
    addr_parse("192.0.2.11", 0, &target); /* another target: all anew */
    addr_parse("203.0.113.9", 0, &seen[0].from);
    hoplog_judge(&log, seen, 60, &target, 2000, 1000000, &c);
    assert_false(c.changed);
}

#define WAY_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, twin_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WAY_TEST(four_hops), WAY_TEST(another_way), WAY_TEST(longer_and_shorter), WAY_TEST(silent_hops),
        WAY_TEST(a_silent_hop_vanishes), WAY_TEST(alternatives), WAY_TEST(wanted), WAY_TEST(refused_options), WAY_TEST(lost),
        WAY_TEST(nothing_lost_is_learnt), WAY_TEST(a_loop), WAY_TEST(silent_to_all_but_ping), WAY_TEST(time_runs_out),
        cmocka_unit_test(a_hop_of_many_faces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
