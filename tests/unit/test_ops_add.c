/* SPDX-License-Identifier: GPL-3.0-or-later */
/* add, guess, remove: what is written to conf.d/added.yaml, and what happens when it cannot be. */
#include "daemon_kit.h"

static void add(struct kit *k, const char *params)
{
    if (kit_op(k, "add", params) != 200)
        fail_msg("%s: %s", params, kit_text(k));
}

static const struct doc *watch(struct kit *k, int i)
{
    const struct doc *d = doc_get(k->reply, "watch") ? doc_get(k->reply, "watch")->kids.first : NULL;
    while (d && i--)
        d = d->next;
    assert_non_null(d);
    return d;
}

static void guess_only_tells(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "guess", "{'targets':['https://example.org/','mail.example.org:imaps','192.0.2.7','db1:5432']}"), 200);
    assert_string_equal(doc_text(watch(k, 0), "host", ""), "example.org");
    assert_string_equal(doc_text(watch(k, 0), "check", ""), "http");
    assert_int_equal(doc_get(watch(k, 2), "check")->kind, DOC_NULL);
    assert_string_equal(doc_text(watch(k, 2), "address", ""), "192.0.2.7");
    assert_null(kit_read(k, "conf.d/added.yaml"));
    assert_null(kit_item(k, "example.org"));
}

static void add_writes_and_applies(void **state)
{
    struct kit *k = *state;
    add(k, "{'targets':['https://example.org/','192.0.2.7']}");
    assert_true(doc_bool(k->reply, "applied", false));
    assert_true(doc_get(k->reply, "changes")->kids.n >= 2);
    assert_non_null(kit_item(k, "example.org/http"));
    assert_non_null(kit_item(k, "192.0.2.7"));
    kit_has(kit_read(k, "conf.d/added.yaml"), "https://example.org/");
    /* Again: another name for a second check of its kind, and no for a host that is there. */
    add(k, "{'targets':['https://example.org/']}");
    assert_string_equal(doc_text(watch(k, 0), "check", ""), "http-2");
    assert_non_null(kit_item(k, "example.org/http-2"));
    kit_op(k, "add", "{'targets':['192.0.2.7']}");
    kit_refused(k, 409, "conflict", "targets");
    kit_stop(k);
    kit_start(k);
    assert_non_null(kit_item(k, "example.org/http-2"));
}

static void the_same_twice_in_one_breath(void **state)
{
    struct kit *k = *state;
    add(k, "{'targets':['example.org:22','example.org:22','https://example.org/a','https://example.org/a']}");
    assert_int_equal(doc_get(k->reply, "watch")->kids.n, 4);
    for (int i = 0; i < 4; i++)
        assert_non_null(kit_item(k, arena_printf(k->arena, "example.org/%s", doc_text(watch(k, i), "check", "?"))));
}

static void on_a_host_that_people_wrote(void **state)
{
    struct kit *k = *state;
    add(k, "{'targets':['https://shop.example.org/'],'host':'web1'}");
    assert_non_null(kit_item(k, "web1/http"));
    assert_non_null(kit_item(k, "web1/job"));
    assert_string_equal(kit_item(k, "web1")->host->conf->address, "192.0.2.10");
    add(k, "{'targets':['box:22']}"); /* a host without an address: the check names it itself */
    assert_null(kit_item(k, "box")->host->conf->address);
}

static void nonsense_is_refused(void **state)
{
    struct kit *k = *state;
    static const char *const wrong[] = {"''", "'http://'", "'ftp://x'", "'12345'", "'a b'", "'host:99999'", "'https://user:pass@x/'", "'-'", "'../../etc'", "'https://ex ample.org/'", "'*'", "'x:0'"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        kit_op(k, "add", arena_printf(k->arena, "{'targets':['good.example.org',%s]}", wrong[i]));
        if (k->status != 400)
            fail_msg("%s: %d %s", wrong[i], k->status, kit_text(k));
        assert_null(kit_item(k, "good.example.org")); /* all or nothing */
    }
    struct buf b = BUF_MAX(1 << 16);
    for (int i = 0; i < 201; i++)
        buf_printf(&b, "%s'h%d.example.org'", i ? "," : "", i);
    kit_op(k, "add", arena_printf(k->arena, "{'targets':[%s]}", buf_text(&b)));
    kit_refused(k, 413, "limit", "targets");
    buf_done(&b);
    assert_null(kit_read(k, "conf.d/added.yaml"));
}

/* Text from outside must not become YAML structure. */
static void hostile_urls_stay_values(void **state)
{
    struct kit *k = *state;
    static const char *const urls[] = {"https://example.org/?a=1&b=#x", "https://example.org/: {", "https://example.org/a, name: evil", "https://example.org/'}", "https://example.org/%0a- tcp: 1", "https://example.org/\\\"x", "https://example.org/* &a"};
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct doc *o = doc_object(k->arena);
        struct principal admin = kit_who(ROLE_ADMIN);
        size_t before = model_hosts(k->house->model);
        doc_put_text(o, "targets", urls[i]);
        k->answered = false;
        op_run(k->house, op_find("add"), o, &admin, "en", "", kit_done, k);
        kit_wait(k);
        assert_true(k->status == 200 || k->status == 400);
        assert_true(model_hosts(k->house->model) <= before + 1);
        assert_null(kit_item(k, "example.org/evil"));
        assert_int_equal(kit_op(k, "conf-apply", NULL), 200); /* and what was written is still good YAML */
    }
}

static void a_full_disk_leaves_the_file_as_it_was(void **state)
{
    struct kit *k = *state;
    add(k, "{'targets':['one.example.org']}");
    const char *before = kit_read(k, "conf.d/added.yaml");
    sim_disk_fault(SIM_DISK_FULL);
    kit_op(k, "add", "{'targets':['two.example.org']}");
    assert_true(k->status == 507 || k->status == 503);
    sim_disk_fault(SIM_DISK_OK);
    assert_null(kit_item(k, "two.example.org"));
    assert_string_equal(kit_read(k, "conf.d/added.yaml"), before);
}

static void another_files_error_stops_it(void **state)
{
    struct kit *k = *state;
    kit_write(k, "vigie.yaml", "hosts: { web1: { adress: x } }\n");
    kit_op(k, "add", "{'targets':['one.example.org']}");
    kit_refused(k, 400, "invalid", NULL);
    assert_non_null(doc_get(doc_get(k->reply, "error"), "errors"));
    assert_null(kit_read(k, "conf.d/added.yaml"));
}

static void remove_takes_out_what_add_made(void **state)
{
    struct kit *k = *state;
    add(k, "{'targets':['https://example.org/','https://example.org/a']}");
    const char *second = doc_text(watch(k, 1), "check", "");
    assert_int_equal(kit_op(k, "remove", arena_printf(k->arena, "{'target':'example.org/%s'}", second)), 200);
    assert_non_null(kit_item(k, "example.org/http"));
    assert_null(kit_item(k, arena_printf(k->arena, "example.org/%s", second)));
    assert_int_equal(kit_op(k, "remove", "{'target':'example.org'}"), 200);
    assert_null(kit_item(k, "example.org"));
    kit_op(k, "remove", "{'target':'example.org'}");
    kit_refused(k, 404, "not_found", "target");
    kit_op(k, "remove", "{'target':'web1/job'}"); /* of people's own files vigie takes nothing */
    assert_true(k->status == 404 || k->status == 409 || k->status == 400);
    assert_non_null(kit_item(k, "web1/job"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(guess_only_tells), KIT_TEST(add_writes_and_applies), KIT_TEST(the_same_twice_in_one_breath), KIT_TEST(on_a_host_that_people_wrote), KIT_TEST(nonsense_is_refused),
        KIT_TEST(hostile_urls_stay_values), KIT_TEST(a_full_disk_leaves_the_file_as_it_was), KIT_TEST(another_files_error_stops_it), KIT_TEST(remove_takes_out_what_add_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
