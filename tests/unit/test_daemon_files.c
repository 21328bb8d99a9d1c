/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files make the configuration, in which order, and what cannot be read. */
#include "daemon_kit.h"
#include "daemon/files.h"

static void places(void **state)
{
    struct files_place p;
    char data[1024];
    files_find(NULL, NULL, data, &p);
    assert_string_equal(data, "/var/lib/vigie");
    assert_string_equal(p.main, "/etc/vigie/vigie.yaml");
    assert_string_equal(p.beside, "/etc/vigie/conf.d");
    assert_string_equal(p.own, "/var/lib/vigie/conf.d");
    assert_string_equal(p.added, "/var/lib/vigie/conf.d/added.yaml");
    assert_false(p.required);
    files_find(NULL, "/srv/v//", data, &p);
    assert_string_equal(data, "/srv/v");
    assert_string_equal(p.main, "/srv/v/vigie.yaml");
    assert_string_equal(p.beside, ""); /* the same as own: not read twice */
    assert_string_equal(p.own, "/srv/v/conf.d");
    files_find("mine.yaml", "/srv/v", data, &p);
    assert_string_equal(p.main, "mine.yaml");
    assert_string_equal(p.beside, "./conf.d");
    assert_true(p.required);
    files_find("/x/y.yaml", NULL, data, &p);
    assert_string_equal(p.beside, "/x/conf.d");
    assert_string_equal(p.own, "/var/lib/vigie/conf.d");
    files_find(NULL, "/", data, &p);
    assert_string_equal(data, "/");
}

static void very_long_ones_are_cut_and_nothing_more(void **state)
{
    struct files_place p;
    char data[1024], name[5000];
    memset(name, 'x', sizeof name - 1);
    name[0] = '/';
    name[sizeof name - 1] = 0;
    files_find(name, name, data, &p);
    assert_true(strlen(data) < sizeof data);
    assert_true(strlen(p.main) < sizeof p.main && strlen(p.own) < sizeof p.own && strlen(p.added) < sizeof p.added);
}

/* ---- reading: in a directory with both layers ---- */

static struct files_place place_of(struct kit *k)
{
    struct files_place p;
    char data[1024];
    files_find(kit_path(k, "etc/vigie.yaml"), kit_path(k, "var"), data, &p);
    p.required = false;
    return p;
}

static const char *names(struct kit *k, const struct files_set *s)
{
    struct buf b = BUF_MAX(8000);
    for (int i = 0; i < s->n; i++)
        buf_printf(&b, "%s%s%s", i ? " " : "", s->at[i].name + strlen(k->data) + 1, s->at[i].own ? "!" : "");
    const char *text = arena_dup(k->arena, buf_text(&b));
    buf_done(&b);
    return text;
}

static const char *read_all(struct kit *k, const char *added)
{
    struct files_place p = place_of(k);
    struct files_set set;
    struct files_new news = {.text = BUF_MAX(1000)};
    struct err e = {0};
    buf_str(&news.text, added);
    str_copy(news.path, sizeof news.path, p.added);
    assert_int_equal(files_read(&p, &news, added != NULL, &set, &e), 0);
    const char *text = names(k, &set);
    for (int i = 0; added && i < set.n; i++)
        if (str_ends(set.at[i].name, "/added.yaml"))
            assert_string_equal(set.at[i].text, added);
    files_done(&set);
    buf_done(&news.text);
    return text;
}

static int setup(void **state)
{
    struct kit *k = kit_new(NULL);
    static const char *const dirs[] = {"etc", "etc/conf.d", "var", "var/conf.d"};
    for (size_t i = 0; i < COUNT(dirs); i++)
        assert_int_equal(mkdir(kit_path(k, dirs[i]), 0755), 0);
    *state = k;
    return 0;
}
#define FILES_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, kit_teardown)

static void none_at_all(void **state)
{
    struct kit *k = *state;
    assert_string_equal(read_all(k, NULL), "");
    rmdir(kit_path(k, "var/conf.d"));
    rmdir(kit_path(k, "etc/conf.d"));
    assert_string_equal(read_all(k, NULL), "");
}

static void the_order(void **state)
{
    struct kit *k = *state;
    static const char *const all[] = {"var/conf.d/zz.yaml", "etc/conf.d/20.yaml", "etc/vigie.yaml", "etc/conf.d/10.yaml", "var/conf.d/added.yaml", "var/conf.d/aa.yaml", "etc/conf.d/.hidden.yaml", "etc/conf.d/old.yaml~",
                                      "etc/conf.d/readme.txt", "etc/other.yaml", "etc/conf.d/added.yaml"};
    for (size_t i = 0; i < COUNT(all); i++)
        kit_write(k, all[i], "{}\n");
    assert_string_equal(read_all(k, NULL), "etc/vigie.yaml etc/conf.d/10.yaml etc/conf.d/20.yaml etc/conf.d/added.yaml var/conf.d/aa.yaml var/conf.d/added.yaml! var/conf.d/zz.yaml");
}

/* A trial: the text that added.yaml would have takes its place, once. */
static void a_trial_of_the_own_file(void **state)
{
    struct kit *k = *state;
    assert_string_equal(read_all(k, "hosts: { h: 192.0.2.1 }\n"), "var/conf.d/added.yaml!");
    kit_write(k, "var/conf.d/added.yaml", "old\n");
    kit_write(k, "var/conf.d/aa.yaml", "{}\n");
    const char *text = read_all(k, "new: {}\n");
    assert_int_equal(kit_count(text, "added.yaml"), 1);
    assert_string_equal(kit_read(k, "var/conf.d/added.yaml"), "old\n");
}

static void what_cannot_be_read(void **state)
{
    struct kit *k = *state;
    struct files_place p = place_of(k);
    struct files_set set;
    struct err e = {0};
    p.required = true;
    assert_int_equal(files_read(&p, NULL, 0, &set, &e), ERR_NOT_FOUND);
    assert_true(e.text[0]);
    mkdir(kit_path(k, "etc/conf.d/dir.yaml"), 0755); /* looks like a file, and is none */
    p.required = false;
    e = (struct err){0};
    assert_true(files_read(&p, NULL, 0, &set, &e) < 0);
    assert_true(e.text[0]);
}

static void secrets(void **state)
{
    struct kit *k = *state;
    struct buf b = BUF_MAX(1000);
    struct err e = {0};
    kit_write(k, "etc/secret", "  a word \n\n");
    assert_int_equal(files_secret(NULL, kit_path(k, "etc/secret"), &b, &e), 0);
    assert_string_equal(buf_text(&b), "a word");
    buf_clear(&b);
    assert_int_equal(files_secret(NULL, kit_path(k, "etc/none"), &b, &e), ERR_NOT_FOUND);
    assert_string_equal(buf_text(&b), "");
    char *huge = ARENA_ARRAY(k->arena, char, 5001);
    memset(huge, 'x', 5000);
    kit_write(k, "etc/secret", huge);
    assert_int_equal(files_secret(NULL, kit_path(k, "etc/secret"), &b, &e), ERR_LIMIT);
    buf_done(&b);
}

static void zones(void **state)
{
    static const char *const none[] = {NULL, "", "UTCX/Nowhere", "../../../etc/passwd", "/etc/passwd", "Europe/../../x", "Europe"};
    for (size_t i = 0; i < COUNT(none); i++)
        assert_null(files_zone(none[i]));
    char name[300];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = 0;
    assert_null(files_zone(name));
}

/* ---- the whole daemon on them ---- */

static void without_files_the_machine_itself_is_watched(void **state)
{
    struct kit *k = kit_up(NULL);
    assert_int_equal(model_hosts(k->house->model), 1);
    assert_string_equal(model_host_at(k->house->model, 0)->name, "sim");
    assert_true(model_host_at(k->house->model, 0)->checks.n > 3);
    kit_op(k, "add", "{'targets':['192.0.2.1']}"); /* what vigie wrote itself does not end that */
    assert_int_equal(model_hosts(k->house->model), 2);
    kit_free(k);
}

static void a_wrong_file_at_the_start(void **state)
{
    struct kit *k = kit_new("hosts:\n  web1:\n    adress: x\n  web2: { checks: [{ tpc: 22 }] }\n");
    assert_int_equal(kit_try_start(k), ERR_INVALID);
    kit_has(buf_text(&k->errors), "vigie.yaml:3:5:"); /* all of them, with their places */
    kit_has(buf_text(&k->errors), "vigie.yaml:4:");
    k->daemon = NULL;
    sim_run_for(1);
    assert_int_equal(sim_objects(), 0);
    sim_crash(false);
    kit_write(k, "vigie.yaml", "hosts: { web1: { alive: no } }\n");
    kit_start(k);
    kit_free(k);
}

static void a_secret_comes_from_its_file(void **state)
{
    struct kit *k = kit_new(NULL);
    kit_write(k, "token", "from-a-file-1\n");
    kit_write(k, "vigie.yaml", arena_printf(k->arena, "hosts: { web1: { alive: no, checks: [{ heartbeat: { name: b, token: { file: %s } } }] } }\n", kit_path(k, "token")));
    kit_start(k);
    assert_int_equal(kit_get(k, "/api/v1/heartbeat/web1/b?token=from-a-file-1"), 200);
    kit_op(k, "conf-show", NULL);
    kit_lacks(kit_text(k), "from-a-file-1");
    kit_free(k);
}

static void only_one_daemon_a_directory(void **state)
{
    struct kit *k = kit_up(KIT_YAML);
    struct daemon *second = NULL, *first = k->daemon;
    struct daemon_opts o = {.data_dir = k->data, .vfs = "vigie-sim"};
    struct err e = {0};
    assert_int_equal(daemon_new(&o, "en", &second, &k->errors, &e), ERR_CONFLICT);
    assert_null(second);
    k->daemon = first;
    assert_int_equal(kit_op(k, "status", NULL), 200);
    kit_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places), cmocka_unit_test(very_long_ones_are_cut_and_nothing_more), FILES_TEST(none_at_all), FILES_TEST(the_order), FILES_TEST(a_trial_of_the_own_file), FILES_TEST(what_cannot_be_read), FILES_TEST(secrets),
        FILES_TEST(zones), cmocka_unit_test(without_files_the_machine_itself_is_watched), cmocka_unit_test(a_wrong_file_at_the_start), cmocka_unit_test(a_secret_comes_from_its_file), cmocka_unit_test(only_one_daemon_a_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
