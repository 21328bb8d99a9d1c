/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dns_zone probe against servers of the test's own at 127.0.0.1 to .3, one of them in the parent's role. MON-4, MON-12. */
#include "dns_server.h"

#define ZONE "example.org"
static const struct ns_rr old[] = {{ZONE, NS_SOA, "2024050100"}, {ZONE, NS_NS, "127.0.0.1"}, {NULL, 0, NULL}};
static const struct ns_rr now[] = {{ZONE, NS_SOA, "2024050101"}, {ZONE, NS_NS, "127.0.0.1"}, {NULL, 0, NULL}};
static const struct ns_rr ended[] = {{ZONE, NS_SOA, "2024050101"}, {ZONE, NS_RRSIG, "1000000000"}, {NULL, 0, NULL}};
static const struct ns_rr lasting[] = {{ZONE, NS_SOA, "2024050101"}, {ZONE, NS_RRSIG, "3000000000"}, {NULL, 0, NULL}};

/* Two servers that are so. */
static enum state two(void **state, struct ns first, struct ns second, const char *more, int64_t timeout_ms)
{
    char settings[500];
    enum state got;

    second.address = "127.0.0.2";
    ns_up(&first, 0);
    ns_up(&second, first.port);
    snprintf(settings, sizeof(settings), "{\"servers\":[\"127.0.0.1\",\"127.0.0.2\"],\"port\":%d,\"delegation\":\"no\"%s%s}", first.port, more[0] ? "," : "", more);
    got = fx_run(*state, "dns_zone", ZONE, settings, timeout_ms);
    ns_down(&first);
    ns_down(&second);
    return got;
}
#define GOOD .aa = true, .rr = now, .refuse_recursion = true

static void serials(void **state)
{
    struct fx *f = *state;

    assert_int_equal(two(state, (struct ns){GOOD}, (struct ns){GOOD}, "", 5000), STATE_OK);
    assert_has(f->text, "serial 2024050101 on 2 addresses");
    assert_has(f->perf, "servers=2");
    assert_has(f->more, "127.0.0.2 SOA 2024050101 AA");
    struct ns late = {GOOD};
    late.rr = old;
    assert_int_equal(two(state, (struct ns){GOOD}, late, "", 5000), STATE_OK); /* within the lag */
    assert_has(f->text, "127.0.0.2 still has 2024050100");
    assert_int_equal(two(state, (struct ns){GOOD}, late, "\"lag\":0", 5000), STATE_CRITICAL);
    assert_has(f->text, "127.0.0.2 has serial 2024050100, others have 2024050101");
    struct ns far = {GOOD};
    static const struct ns_rr ancient[] = {{ZONE, NS_SOA, "2024040100"}, {NULL, 0, NULL}};
    far.rr = ancient;
    assert_int_equal(two(state, (struct ns){GOOD}, far, "\"behind\":50", 5000), STATE_CRITICAL);
}

static void lame(void **state)
{
    struct fx *f = *state;

    assert_int_equal(two(state, (struct ns){GOOD}, (struct ns){GOOD, .silent = true}, "", 700), STATE_WARNING);
    assert_has(f->text, "127.0.0.2 does not answer");
    assert_int_equal(two(state, (struct ns){GOOD}, (struct ns){.rr = now, .refuse_recursion = true}, "", 5000), STATE_WARNING);
    assert_has(f->text, "not authoritative");
    assert_int_equal(two(state, (struct ns){GOOD}, (struct ns){.rcode = 5}, "", 5000), STATE_WARNING);
    assert_has(f->text, "127.0.0.2 does not serve example.org (REFUSED)");
    assert_int_equal(two(state, (struct ns){.silent = true}, (struct ns){.rcode = 5}, "", 700), STATE_CRITICAL);
    assert_int_equal(two(state, (struct ns){GOOD}, (struct ns){GOOD, .loop = true}, "", 5000), STATE_WARNING);
    assert_has(f->text, "malformed");
    assert_int_equal(two(state, (struct ns){GOOD}, (struct ns){GOOD, .wrong_id = true}, "\"transfer\":\"any\"", 700), STATE_WARNING);
    assert_int_equal(two(state, (struct ns){GOOD}, (struct ns){GOOD, .flood = true}, "", 5000), STATE_OK);
    assert_int_equal(two(state, (struct ns){GOOD}, (struct ns){GOOD, .cut = true}, "", 5000), STATE_OK);
}

static void too_open(void **state)
{
    struct fx *f = *state;

    assert_int_equal(two(state, (struct ns){GOOD}, (struct ns){GOOD, .transfer = true}, "", 5000), STATE_CRITICAL);
    assert_has(f->text, "127.0.0.2 gives the whole zone away");
    assert_int_equal(two(state, (struct ns){GOOD}, (struct ns){GOOD, .transfer = true}, "\"transfer\":\"any\"", 5000), STATE_OK);
    assert_int_equal(two(state, (struct ns){GOOD}, (struct ns){GOOD, .tcp_closed = true}, "", 5000), STATE_OK);
    static const struct ns_rr world[] = {{ZONE, NS_SOA, "2024050101"}, {"example.com", NS_A, "192.0.2.1"}, {NULL, 0, NULL}};
    struct ns open = {.aa = false, .ra = true, .rr = world};
    two(state, (struct ns){GOOD}, open, "", 5000);
    assert_int_equal(f->state, STATE_CRITICAL);
    assert_has(f->text, "127.0.0.2 looks up other zones");
    two(state, (struct ns){GOOD}, open, "\"recursion\":\"any\"", 5000);
    assert_has(f->text, "not authoritative");
}

static void signatures(void **state)
{
    struct fx *f = *state;
    struct ns a = {GOOD}, b = {GOOD};

    assert_int_equal(two(state, a, b, "\"signed\":\"yes\"", 5000), STATE_CRITICAL);
    assert_has(f->text, "without signatures");
    a.rr = b.rr = lasting;
    assert_int_equal(two(state, a, b, "\"signed\":\"yes\"", 5000), STATE_OK);
    assert_has(f->perf, "signature=");
    assert_int_equal(two(state, a, b, "\"signature_warn\":\"40000d\"", 5000), STATE_WARNING);
    assert_has(f->text, "ends in");
    b.rr = ended;
    assert_int_equal(two(state, a, b, "", 5000), STATE_CRITICAL);
    assert_has(f->text, "127.0.0.2 gives ended");
}

/* The parent at 127.0.0.3 names these; the zone names 127.0.0.1. */
static enum state delegated(void **state, const struct ns_rr *rr, bool silent)
{
    struct ns child = {GOOD}, parent = {.address = "127.0.0.3", .rr = rr, .referral = true, .silent = silent};
    char settings[300];
    enum state got;

    ns_up(&child, 0);
    ns_up(&parent, child.port);
    snprintf(settings, sizeof(settings), "{\"servers\":\"127.0.0.1\",\"port\":%d,\"parent\":\"127.0.0.3\"}", child.port);
    got = fx_run(*state, "dns_zone", ZONE, settings, 3000);
    ns_down(&child);
    ns_down(&parent);
    return got;
}

static void delegation(void **state)
{
    struct fx *f = *state;
    static const struct ns_rr same[] = {{ZONE, NS_NS, "127.0.0.1"}, {NULL, 0, NULL}}, glue[] = {{ZONE, NS_NS, "127.0.0.1"}, {"127.0.0.1", NS_A, "192.0.2.99"}, {NULL, 0, NULL}},
                              other[] = {{ZONE, NS_NS, "127.0.0.2"}, {ZONE, NS_NS, "127.0.0.1"}, {NULL, 0, NULL}};

    assert_int_equal(delegated(state, same, false), STATE_OK);
    assert_int_equal(delegated(state, glue, false), STATE_WARNING);
    assert_has(f->text, "says that 127.0.0.1 has the address 192.0.2.99");
    assert_int_equal(delegated(state, other, false), STATE_WARNING); /* nobody serves the zone at the one it still names: lame */
    assert_has(f->text, "127.0.0.2");
    assert_int_not_equal(delegated(state, same, true), STATE_OK);
}

static void options(void **state)
{
    struct fx *f = *state;

    fx_refused(f, "dns_zone", "a..b", NULL);
    fx_refused(f, "dns_zone", ZONE, "{\"transfer\":\"maybe\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(serials, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(lame, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(too_open, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(signatures, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(delegation, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(options, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
