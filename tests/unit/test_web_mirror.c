/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mirrors: each on its own, after each change and as a sign of life; one that fails stops no other, is shown, and is tried again (ST-4, ST-18). */
#include "daemon_kit.h"

#define SITE \
    "hosts: { xhost1: { alive: no, checks: [{ passive: { name: xcheck-a, attempts: 1 } }] } }\n" \
    "components: { website: { name: Website, depends: [xhost1/xcheck-a] } }\n"

static struct kit *up(const char *mirrors)
{
    struct kit *k = kit_new(NULL);
    sim_program("rsync", &(struct sim_program){.exit_status = 0});
    sim_program("git", &(struct sim_program){.exit_status = 0});
    kit_write(k, "vigie.yaml", arena_printf(k->arena, SITE "mirrors:\n%s", mirrors));
    kit_start(k);
    kit_result(k, "xhost1/xcheck-a", STATE_OK, "x");
    sim_run_for(10000);
    return k;
}

static const struct doc *mirror(struct kit *k, const char *name)
{
    assert_int_equal(kit_op(k, "mirrors", NULL), 200);
    DOC_EACH(doc_get(k->reply, "mirrors"), m)
        if (str_eq(doc_text(m, "name", ""), name))
            return m;
    fail_msg("there is no %s in %s", name, kit_text(k));
    return NULL;
}

static const char *state_of(struct kit *k, const char *name)
{
    return doc_text(mirror(k, name), "state", "");
}

static void open_one(struct kit *k)
{
    assert_int_equal(kit_op(k, "incident-open", "{'components':['website'],'impact':'major','text':'x','title':'The site is down'}"), 200);
}

static void a_directory_follows_each_change(void **state)
{
    (void)state;
    struct kit *k = kit_new(NULL);
    kit_write(k, "vigie.yaml", arena_printf(k->arena, SITE "mirrors: { here: { directory: %s/copy, every: 15m } }\n", k->data));
    kit_start(k);
    sim_run_for(10000);
    assert_string_equal(state_of(k, "here"), "ok");
    kit_lacks(kit_read(k, "copy/index.html"), "The site is down");
    open_one(k);
    sim_run_for(2500);
    kit_has(kit_read(k, "copy/index.html"), "The site is down");
    const char *before = kit_read(k, "copy/manifest.txt");
    sim_run_for(16 * MINUTE_MS); /* nothing happens: it lives */
    assert_string_not_equal(kit_read(k, "copy/manifest.txt"), before);
    kit_free(k);
}

static void one_that_fails_stops_no_other(void **state)
{
    (void)state;
    struct kit *k = up("  far: { rsync: \"status@mirror.example.net:/srv/status/\" }\n  pages: { git: \"git@git.example.net:coop/status.git\", branch: gh-pages }\n");
    assert_string_equal(state_of(k, "far"), "ok");
    assert_string_equal(state_of(k, "pages"), "ok");
    kit_has(sim_program_last("rsync"), arena_printf(k->arena, "-- %s/mirrors/far/ status@mirror.example.net:/srv/status/", k->data));
    kit_has(sim_program_last("rsync"), "--delete-after");
    kit_has(sim_program_last("git"), "push -q -- git@git.example.net:coop/status.git HEAD:refs/heads/gh-pages");
    kit_has(kit_read(k, "mirrors/far/index.html"), "<html");
    sim_program("rsync", &(struct sim_program){.exit_status = 255, .errout = "ssh: connect to host mirror.example.net port 22: Connection refused\n"});
    int pushed = sim_program_runs("git");
    open_one(k);
    sim_run_for(3000);
    assert_string_equal(state_of(k, "far"), "failing");
    kit_has(kit_text(k), "Connection refused");
    assert_int_equal(doc_int(k->reply, "failing", 0), 1);
    assert_string_equal(state_of(k, "pages"), "ok");
    assert_true(sim_program_runs("git") > pushed);
    kit_op(k, "health", NULL);
    assert_int_equal(doc_int(k->reply, "mirrors_failing", 0), 1);
    kit_op(k, "metrics", NULL);
    kit_has(buf_text(&k->raw), "vigie_mirrors_failing 1");
    kit_free(k);
}

/* 5 s, 10 s, 20 s … at most 10 minutes; changes do not shorten it; a person does. */
static void it_is_tried_again_and_again(void **state)
{
    (void)state;
    struct kit *k = up("  far: { rsync: \"status@mirror.example.net:/srv/status/\" }\n");
    sim_program("rsync", &(struct sim_program){.exit_status = 12});
    open_one(k);
    sim_run_for(2000);
    int runs = sim_program_runs("rsync");
    for (int i = 0; i < 20; i++) {
        kit_op(k, "incident-update", "{'id':'1','text':'y'}");
        sim_run_for(100);
    }
    assert_int_equal(sim_program_runs("rsync"), runs);
    sim_run_for(3000);
    assert_int_equal(sim_program_runs("rsync"), runs + 1); /* 5 s */
    sim_run_for(9000);
    assert_int_equal(sim_program_runs("rsync"), runs + 1);
    sim_run_for(2000);
    assert_int_equal(sim_program_runs("rsync"), runs + 2); /* 10 s */
    sim_run_for(HOUR_MS);
    int hour = sim_program_runs("rsync");
    sim_run_for(HOUR_MS);
    assert_in_range(sim_program_runs("rsync") - hour, 5, 7);
    sim_program("rsync", &(struct sim_program){.exit_status = 0});
    assert_int_equal(kit_op(k, "mirror-push", "{'name':'far'}"), 200);
    sim_run_for(1000);
    assert_string_equal(state_of(k, "far"), "ok");
    assert_int_equal(doc_int(k->reply, "failing", 1), 0);
    assert_int_equal(kit_op(k, "mirror-push", "{'name':'near'}"), 404);
    kit_free(k);
}

/* What changes while a copy is on its way is brought by the next one. */
static void nothing_is_missed_meanwhile(void **state)
{
    (void)state;
    struct kit *k = up("  far: { rsync: \"status@mirror.example.net:/srv/status/\" }\n");
    sim_program("rsync", &(struct sim_program){.exit_status = 0, .takes_ms = 20000});
    open_one(k);
    sim_run_for(5000);
    kit_op(k, "incident-update", "{'id':'1','text':'the-second-word'}");
    int runs = sim_program_runs("rsync");
    sim_run_for(5000);
    assert_int_equal(sim_program_runs("rsync"), runs); /* one at a time */
    sim_run_for(15000);
    assert_int_equal(sim_program_runs("rsync"), runs + 1);
    kit_has(kit_read(k, "mirrors/far/index.html"), "the-second-word");
    kit_free(k);
}

static void the_configuration_says_which(void **state)
{
    (void)state;
    struct kit *k = up("  far: { rsync: \"status@mirror.example.net:/srv/status/\" }\n");
    static const char *const wrong[] = {"{ far: {} }", "{ far: { rsync: a, git: b } }", "{ far: { rsync: \"-e sh\" } }", "{ far: { directory: here } }", "{ far: { git: \"ext::sh -c x\" } }",
                                        "{ far: { git: a, branch: \"a b\" } }", "{ far: { directory: /srv/x, url: x } }", "{ far: { directory: /srv/x, every: 1s } }"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        kit_write(k, "vigie.yaml", arena_printf(k->arena, SITE "mirrors: %s\n", wrong[i]));
        if (kit_op(k, "conf-apply", NULL) == 200)
            fail_msg("taken: %s", wrong[i]);
    }
    assert_string_equal(state_of(k, "far"), "ok");
    sim_program("rsync", &(struct sim_program){.exit_status = 0, .takes_ms = 60000});
    assert_int_equal(kit_op(k, "mirror-push", NULL), 200);
    sim_run_for(1000);
    kit_write(k, "vigie.yaml", SITE); /* while it runs */
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    assert_int_equal(kit_op(k, "mirrors", NULL), 200);
    kit_lacks(kit_text(k), "far");
    sim_run_for(HOUR_MS);
    kit_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_directory_follows_each_change), cmocka_unit_test(one_that_fails_stops_no_other), cmocka_unit_test(it_is_tried_again_and_again),
        cmocka_unit_test(nothing_is_missed_meanwhile), cmocka_unit_test(the_configuration_says_which),
    };
    return cmocka_run_group_tests_name("web_mirror", tests, NULL, NULL);
}
