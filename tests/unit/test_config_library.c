/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_config_library.c: dialogues under `scripts` that checks use by name: what a check becomes, what wins, where errors are,
 * what a change of a dialogue changes. With the real kinds. MON-3. */
#include "config_kinds.h"

#include "checks/script/script.h"

static const struct conf_env env = {.kinds = probe_kinds};

#define GAME "scripts:\n"                                                                            \
             "  game:\n"                                                                              \
             "    steps:\n"                                                                           \
             "      - { expect: HELLO }\n"                                                            \
             "      - { send: \"STATUS\\r\\n\", regex: 'players=([0-9]+)', capture: players }\n"       \
             "    quit: \"BYE\\r\\n\"\n"                                                              \
             "    timeout: 3s\n"

static const struct conf_check *find(const struct conf *c, const char *host, const char *check)
{
    const struct conf_host *h = conf_find_host(c, host);
    const struct conf_check *k = h ? conf_find_check(h, check) : NULL;

    if (k == NULL)
        fail_msg("there is no %s/%s", host, check);
    return k;
}

static void check_says(const char *text, const char *expected)
{
    struct buf b = BUF_MAX(100000);
    struct conf_file file = {.name = "vigie.yaml", .text = text, .bytes = strlen(text)};

    print_errors(&b, &env, &file, 1, "en");
    if (!strstr(buf_text(&b), expected))
        fail_msg("%s\nwas said of:\n%s\nexpected: %s", buf_text(&b), text, expected);
    buf_done(&b);
}

static int count(const char *text)
{
    struct conf_file file = {.name = "vigie.yaml", .text = text, .bytes = strlen(text)};
    struct conf_errors es;
    struct conf *c = NULL;
    int n;

    assert_int_not_equal(conf_load(&env, &file, 1, &c, &es), 0);
    n = es.n;
    conf_errors_done(&es);
    return n;
}

static void it_is_as_if_written_out(void **state)
{
    struct conf *used = load_env(&env, GAME "hosts:\n"
                                            "  h: { address: 192.0.2.1, checks: [{ script: { use: game, target: 7777 } },\n"
                                            "       { script: { use: game, name: other, target: 8888, timeout: 9s } }] }\n");
    struct conf *written = load_env(&env, "hosts:\n"
                                          "  h: { address: 192.0.2.1, checks: [{ script: { name: game, target: 7777, timeout: 3s, quit: \"BYE\\r\\n\",\n"
                                          "       steps: [{ expect: HELLO }, { send: \"STATUS\\r\\n\", regex: 'players=([0-9]+)', capture: players }] } }] }\n");
    const struct conf_check *k = find(used, "h", "game");
    struct arena *a = arena_new(0);
    const struct script_opts *o = conf_check_opts(find(used, "h", "other"), a);

    assert_int_equal(k->timeout_ms, 3000);
    assert_true(k->print == find(written, "h", "game")->print);
    assert_int_equal(find(used, "h", "other")->timeout_ms, 9000);
    assert_int_equal(o->port, 8888);
    assert_int_equal(o->steps.n, 2);
    arena_free(a);
    conf_unref(used);
    conf_unref(written);
}

static void it_may_stand_anywhere(void **state)
{
    static const char hosts[] = "hosts: { h: { address: 192.0.2.1, checks: [{ script: { use: game, target: 7777 } }] } }";
    struct conf_file files[] = {{.name = "a.yaml", .text = hosts, .bytes = strlen(hosts)}, {.name = "b.yaml", .text = GAME, .bytes = strlen(GAME)}};
    struct conf_errors es;
    struct conf *c = NULL;
    struct conf_env part = env;
    struct buf b = BUF_MAX(4000);

    assert_int_equal(conf_load(&env, files, 2, &c, &es), 0);
    conf_errors_done(&es);
    find(c, "h", "game");
    conf_unref(c);
    files[0].text = GAME; /* twice */
    files[0].bytes = strlen(GAME);
    print_errors(&b, &env, files, 2, "en");
    assert_non_null(strstr(buf_text(&b), "b.yaml:2:3: “game” exists already, in a.yaml:2"));
    buf_done(&b);
    part.part = true; /* one file of several: the rest may be elsewhere */
    c = load_env(&part, hosts);
    assert_int_equal(conf_find_host(c, "h")->n_checks, 0);
    conf_unref(c);
}

static void with_templates_rules_and_variables(void **state)
{
    struct conf *c = load_env(&env, "scripts:\n"
                                    "  lobby: { target: \"${host.address}:${port}\", steps: [{ send: \"JOIN ${room}\\r\\n\", expect: OK }], every: 20s, retry: 5s }\n"
                                    "  other: { target: 1, steps: [{ expect: A }] }\n"
                                    "templates: { t: { every: 40s, checks: [{ script: { use: lobby, vars: { room: red } } }, { script: { use: other } }] } }\n"
                                    "apply: [{ for: hosts, vars: { port: 7777 }, checks: [{ script: { use: lobby, name: second, vars: { room: blue } } }] }]\n"
                                    "hosts:\n"
                                    "  h: { use: t, address: 192.0.2.1, checks: [{ script: { name: lobby, retry: 7s } }] }\n"
                                    "  i: { address: 192.0.2.2, alive: { script: { use: other } } }\n");
    struct arena *a = arena_new(0);
    const struct script_opts *o = conf_check_opts(find(c, "h", "lobby"), a);

    assert_string_equal(o->host, "192.0.2.1");
    assert_int_equal(o->port, 7777);
    assert_string_equal(o->steps.at[0].values[0], "JOIN red\r\n");
    assert_int_equal(find(c, "h", "lobby")->every_ms, 20000); /* nearer than the host's */
    assert_int_equal(find(c, "h", "lobby")->retry_ms, 7000);
    assert_int_equal(find(c, "h", "other")->every_ms, 40000);
    o = conf_check_opts(find(c, "h", "second"), a);
    assert_string_equal(o->steps.at[0].values[0], "JOIN blue\r\n");
    assert_string_equal(conf_find_host(c, "i")->alive->kind->name, "script");
    assert_null(conf_find_host(c, "i")->alive->name);
    arena_free(a);
    conf_unref(c);
}

#define USE(what) "hosts: { h: { address: 192.0.2.1, checks: [{ script: { " what " } }] } }\n"

static void mistakes_are_told_where_they_are(void **state)
{
    check_says(GAME USE("use: gaem, target: 7777"), "vigie.yaml:8:61: there is no “gaem” under “scripts”; did you mean “game”?");
    check_says(GAME USE("use: x9, target: 7777"), "there is no “x9” under “scripts”");
    check_says(GAME USE("use: [game], target: 7777"), "a name under “scripts”");
    check_says(GAME USE("use: game"), "script needs “target”");
    check_says("scripts: { a: { quit: x } }", "vigie.yaml:1:12: script needs “steps”");
    check_says("scripts:\n  a: { stpes: [] }", "vigie.yaml:2:8: unknown key “stpes” in script; did you mean “steps”?");
    check_says("scripts:\n  a: { stpes: \"${x}\" }", "vigie.yaml:2:8: unknown key “stpes” in a; did you mean “steps”?");
    check_says("scripts:\n  a: { steps: [{ send: \"{nobody}\" }] }", "vigie.yaml:2:");
    check_says("scripts:\n  a: { steps: [{ expect: x, timeout: soon }] }", "vigie.yaml:2:");
    check_says("scripts: { a: 5 }", "a mapping");
    check_says("scripts: [a]", "a mapping");
    check_says(GAME "  more: { use: game }\n", "an entry of “scripts” uses no other");
    check_says(GAME USE("use: game, target: 7777, stpes: []"), "did you mean “steps”?");
    /* once, not again for each check that uses it */
    assert_int_equal(count("scripts: { a: { steps: [{ expect: \"\" }] } }\n"
                           "hosts: { h: { address: 192.0.2.1, checks: [{ script: { use: a, target: 1 } }, { script: { use: a, name: b, target: 2 } }] } }\n"), 1);
    /* two of one name on a host */
    check_says(GAME "hosts: { h: { address: 192.0.2.1, checks: [{ script: { use: game, target: 1 } }, { script: { use: game, target: 2 } }] } }",
               "h already has a check “game”");
}

static void outside_a_configuration(void **state)
{
    struct arena *a = arena_new(0);
    struct doc *d = doc_object(a);
    struct err e = {0};
    struct buf b = BUF_MAX(1000);
    void *opts;

    doc_put_text(d, "use", "game");
    assert_int_equal(conf_opts(&env, &probe_find("script")->kind, a, NULL, d, &opts, &e), ERR_INVALID);
    msg_render(&b, e.text, "en");
    assert_non_null(strstr(buf_text(&b), "“use” means an entry under “scripts”"));
    buf_done(&b);
    arena_free(a);
}

static void a_change_of_it_changes_its_checks(void **state)
{
    static const char *const hosts = "hosts: { h: { address: 192.0.2.1, checks: [{ script: { use: game, target: 7777 } }, { tcp: 22 }] } }\n";
    struct buf text = BUF_MAX(4000), out = BUF_MAX(4000);
    struct conf *from, *same, *to;
    struct conf_diff d;

    buf_printf(&text, "%s%s", GAME, hosts);
    from = load_env(&env, buf_text(&text));
    buf_clear(&text);
    buf_printf(&text, "# moved\n%s%s", hosts, GAME);
    same = load_env(&env, buf_text(&text));
    conf_diff(from, same, &d);
    assert_int_equal(d.n, 0);
    conf_diff_done(&d);
    buf_clear(&text);
    buf_printf(&text, "%s    warn: 2s\n%s", GAME, hosts);
    to = load_env(&env, buf_text(&text));
    conf_diff(from, to, &d);
    assert_int_equal(d.n, 1);
    assert_int_equal(d.at[0].kind, CONF_CHANGED);
    assert_string_equal(d.at[0].name, "h/game");
    assert_string_equal(d.at[0].detail, "warn: – → 2s");
    conf_diff_done(&d);
    conf_print(&out, to, "h");
    assert_non_null(strstr(buf_text(&out), "# from script game, vigie.yaml:"));
    assert_null(strstr(buf_text(&out), "use:")); /* what is printed stands by itself */
    conf_unref(from);
    conf_unref(same);
    conf_unref(to);
    buf_done(&text);
    buf_done(&out);
}

static void the_reference_knows_it(void **state)
{
    struct buf b = BUF_MAX(100000);

    assert_int_equal(conf_doc(&b, &env, "scripts", "en", CONF_DOC_TEXT), 0);
    assert_non_null(strstr(buf_text(&b), "steps.capture"));
    assert_null(strstr(buf_text(&b), "  use\n"));
    buf_clear(&b);
    assert_int_equal(conf_doc(&b, &env, "script.use", "en", CONF_DOC_TEXT), 0);
    assert_non_null(strstr(buf_text(&b), "  use\n"));
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_as_if_written_out), cmocka_unit_test(it_may_stand_anywhere),
        cmocka_unit_test(with_templates_rules_and_variables), cmocka_unit_test(mistakes_are_told_where_they_are),
        cmocka_unit_test(outside_a_configuration), cmocka_unit_test(a_change_of_it_changes_its_checks),
        cmocka_unit_test(the_reference_knows_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
