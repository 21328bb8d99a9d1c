/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The containers probe against a simulated engine that behaves, lies, is silent, floods, is not there. */
#include "checks_twin.h"

#define PATH_ "/containers/json?all=1"
#define LIST(state1, status1)                                                                                          \
    "[{\"Id\":\"aa\",\"Names\":[\"/web\"],\"Image\":\"nginx\",\"State\":\"" state1 "\",\"Status\":\"" status1 "\"},"     \
    "{\"Id\":\"bb\",\"Names\":[\"/job\"],\"State\":\"exited\",\"Status\":\"Exited (1) 2 hours ago\"}]"

static void put(const char *body, int status)
{
    sim_host("docker", "/run/docker.sock");
    sim_port_open("docker", 0);
    sim_http_answer("docker", 0, "*", &(struct sim_answer){.status = status, .body = body});
}

static void well(void **state)
{
    struct fx *f = *state;

    put(LIST("running", "Up 3 hours"), 200);
    assert_int_equal(fx_run(f, "containers", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "1 of 2 containers running");
    assert_has(f->more, "web: Up 3 hours");
    assert_has(sim_port_heard("docker", 0), "GET " PATH_);
    assert_int_equal(fx_run(f, "containers", "web", NULL, 5000), STATE_OK);
    assert_int_equal(fx_run(f, "containers", "db", NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "db does not run");
    assert_int_equal(fx_run(f, "containers", NULL, "{\"running\":{\"crit\":\"2:\"}}", 5000), STATE_CRITICAL);
    put("[]", 200);
    assert_int_equal(fx_run(f, "containers", NULL, NULL, 5000), STATE_OK);
}

static void troubles(void **state)
{
    struct fx *f = *state;

    put(LIST("running", "Up 3 hours (unhealthy)"), 200);
    assert_int_equal(fx_run(f, "containers", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "not well: web (unhealthy)");
    put(LIST("restarting", "Restarting (1) 5 seconds ago"), 200);
    assert_int_equal(fx_run(f, "containers", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "web (restarting)");
    assert_int_equal(fx_run(f, "containers", NULL, "{\"exited\":true,\"exclude\":[\"web\"]}", 5000), STATE_WARNING);
    assert_has(f->text, "job (Exited (1) 2 hours ago)");
}

static void podman(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "containers", NULL, NULL, 5000), STATE_UNKNOWN);
    assert_has(f->text, "neither Docker nor Podman can be reached");
    assert_int_equal(fx_run(f, "containers", NULL, "{\"socket\":\"/srv/x.sock\"}", 5000), STATE_CRITICAL);
    assert_has(f->text, "the engine at /srv/x.sock cannot be reached");
    sim_host("podman", "/run/podman/podman.sock");
    sim_port_open("podman", 0);
    sim_http_answer("podman", 0, "*", &(struct sim_answer){.body = LIST("running", "Up 3 hours")});
    assert_int_equal(fx_run(f, "containers", NULL, NULL, 5000), STATE_OK);
}

static void hostile(void **state)
{
    static const char *const texts[] = {"", "{}", "null", "[1,2", "<html>", "{\"message\":\"client version 1.20 is too old\"}"};
    struct fx *f = *state;

    for (size_t i = 0; i < COUNT(texts); i++) {
        put(texts[i], i == 5 ? 400 : 200);
        assert_int_equal(fx_run(f, "containers", NULL, NULL, 5000), STATE_UNKNOWN);
    }
    assert_has(f->text, "the engine says: client version 1.20 is too old");
    put("[1, null, \"x\", {}, {\"Names\":[]}, {\"Names\":[5], \"State\":7}]", 200);
    assert_int_equal(fx_run(f, "containers", NULL, NULL, 5000), STATE_OK);
    put("x", -1);
    assert_int_equal(fx_run(f, "containers", NULL, "{\"socket\":\"/run/docker.sock\"}", 5000), STATE_CRITICAL);
    put("[5,", 200);
    sim_port_endless("docker", 0, true);
    assert_int_equal(fx_run(f, "containers", NULL, NULL, 5000), STATE_UNKNOWN);
    assert_has(f->text, "larger than");
    put(LIST("running", "Up"), 200);
    sim_port_mode("docker", 0, SIM_SILENT);
    assert_int_equal(fx_run(f, "containers", NULL, NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "the engine at /run/docker.sock does not answer");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(well),
        TWIN_TEST(troubles),
        TWIN_TEST(podman),
        TWIN_TEST(hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
