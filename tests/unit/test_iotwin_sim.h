/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_iotwin_sim.h: the peers of test_iotwin.c in the simulated world. */
#ifndef TEST_IOTWIN_SIM_H
#define TEST_IOTWIN_SIM_H

#include "io/addr.h"
#include "io/sim/sim.h"

static int twin_next_port;

static void twin_begin(void)
{
    sim_init(7);
    twin_next_port = 2000;
    sim_program("*echo out*", &(struct sim_program){.exit_status = 3, .out = "out\n", .errout = "err\n"});
    sim_program("cat", &(struct sim_program){.out = "from stdin"});
    sim_program("sleep", &(struct sim_program){.takes_ms = 60000});
    sim_program("*kill*", &(struct sim_program){.term_signal = 9});
    sim_program("seq", &(struct sim_program){.out = "1\n2\n3\n4\n5\n6\n7\n8\n9\n"});
}

static void twin_end(void)
{
    assert_int_equal(sim_objects(), 0); /* everything was given back */
    sim_done();
}

static int twin_port(struct addr *ret)
{
    assert_int_equal(addr_parse("127.0.0.1", twin_next_port, ret), 0);
    return twin_next_port++;
}

/* Says banner (may be NULL) to whoever connects, then echoes lines; ends after the banner when asked to. */
static void twin_talker(struct addr *ret, const char *banner, bool end)
{
    int port = twin_port(ret);
    sim_port_open("localhost", port);
    sim_port_banner("localhost", port, banner);
    sim_port_rule("localhost", port, "*", NULL);
    sim_port_close("localhost", port, end);
}

static void twin_mute(struct addr *ret) { sim_port_open("localhost", twin_port(ret)); }

static void twin_refuser(struct addr *ret) { sim_port_closed("localhost", twin_port(ret)); }

static void twin_web(struct addr *ret, int status, const char *headers, const char *body)
{
    int port = twin_port(ret);
    sim_port_open("localhost", port);
    sim_http_answer("localhost", port, "*", &(struct sim_answer){.status = status, .headers = headers, .body = body});
}

static void twin_datagram_echo(struct addr *ret)
{
    int port = twin_port(ret);
    sim_port_rule("localhost", SIM_UDP | port, "*", NULL);
}

/* Knows found.test A 192.0.2.7, and nothing else. */
static void twin_name_server(struct addr *ret)
{
    assert_int_equal(addr_parse("127.0.0.1", 53, ret), 0);
    sim_dns("found.test", "A", "192.0.2.7");
}

static void twin_dead_name_server(struct addr *ret)
{
    sim_host("dead", "192.0.2.53");
    sim_host_mode("dead", SIM_SILENT);
    assert_int_equal(addr_parse("192.0.2.53", 53, ret), 0);
}

#endif
