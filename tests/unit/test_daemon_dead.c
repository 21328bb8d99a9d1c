/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 50,000 checks, and no host answers: what is under way stays bounded, the daemon answers, says how late it is, and is
 * well again when the network is. Issue 3, section 5. */
#include "daemon_kit.h"

#include "checks/scheduler.h"

enum { HOSTS = 1000, CHECKS = 50, CEILING = 500, OBJECTS_AN_ATTEMPT = 8, OBJECTS_OF_THE_DAEMON = 2000 };

static char *dead_yaml(void)
{
    struct buf b = BUF_MAX(16 << 20);
    buf_printf(&b, "defaults: { every: 5m, timeout: 10s, attempts: 3 }\nsite: { max_in_flight: %d }\nhosts:\n", CEILING);
    for (int h = 0; h < HOSTS; h++) {
        buf_printf(&b, "  h%d:\n    address: 10.0.%d.%d\n    alive: no\n    checks:\n", h, h / 250, h % 250 + 1);
        for (int c = 0; c < CHECKS; c++)
            buf_printf(&b, "      - tcp: { name: t%d, port: %d }\n", c, 1000 + c);
    }
    assert_false(b.full);
    return buf_take(&b);
}

static void network(bool up)
{
    char name[16];
    for (int h = 0; h < HOSTS; h++) {
        str_print(name, sizeof name, "h%d", h);
        sim_host_mode(name, up ? SIM_REFUSED : SIM_SILENT); /* refused: an answer at once */
    }
}

static void bounded(struct kit *k)
{
    struct scheduler_stats s;
    scheduler_get_stats(k->house->scheduler, &s);
    assert_true(s.in_flight <= CEILING);
    assert_true(s.waiting <= HOSTS * CHECKS);
    assert_true(sim_objects() <= OBJECTS_OF_THE_DAEMON + CEILING * OBJECTS_AN_ATTEMPT);
}

static int healthz(void)
{
    struct sim_reply *r = sim_http(&(struct sim_request){.path = "/healthz"});
    int status = r->status;
    sim_reply_free(r);
    return status;
}

static void a_dead_network(void **state)
{
    char *yaml = dead_yaml(), name[16], addr[32];
    struct kit *k = kit_new(yaml);
    struct scheduler_stats s;
    mem_free(yaml);
    for (int h = 0; h < HOSTS; h++) {
        str_print(name, sizeof name, "h%d", h);
        str_print(addr, sizeof addr, "10.0.%d.%d", h / 250, h % 250 + 1);
        sim_host(name, addr);
    }
    network(false);
    kit_start(k);
    for (int i = 0; i < 30; i++) {
        sim_run_for(2000);
        bounded(k);
        if (i % 10 == 0)
            assert_int_equal(healthz(), 200);
    }
    scheduler_get_stats(k->house->scheduler, &s);
    assert_int_equal(s.in_flight, CEILING); /* it does what it can */
    assert_true(s.waiting > 0);
    assert_true(s.delay_p99_us > 1000000); /* and says that it is late */
    assert_true(s.timeouts > 1000);
    assert_int_equal(kit_op(k, "health", NULL), 200);
    assert_true(doc_int(doc_get(k->reply, "scheduler"), "delay_p99_us", 0) > 1000000);
    network(true);
    sim_run_for(7 * MINUTE_MS);
    bounded(k);
    scheduler_get_stats(k->house->scheduler, &s);
    assert_true(s.in_flight < CEILING);
    assert_true(s.delay_p99_us < 1000000);
    assert_int_equal(healthz(), 200);
    kit_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_dead_network)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
