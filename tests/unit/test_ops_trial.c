/* SPDX-License-Identifier: GPL-3.0-or-later */
/* guess and trial: what would be watched, under which names, and what it would say; who may ask, how often, and what is left
 * behind (nothing). */
#include "daemon_kit.h"

static const struct doc *nth(struct kit *k, const char *list, int i)
{
    const struct doc *d = doc_first(doc_get(k->reply, list));
    while (d && i--)
        d = d->next;
    if (!d)
        fail_msg("%s: %s", list, kit_text(k));
    return d;
}

static const char *said(struct kit *k, int i)
{
    struct buf b = BUF_MAX(2000);
    msg_render(&b, doc_text(nth(k, "trials", i), "output", ""), "en");
    const char *text = arena_dup(k->arena, buf_text(&b));
    buf_done(&b);
    return text;
}

static void is_state(struct kit *k, int i, const char *state)
{
    if (!str_eq(doc_text(nth(k, "trials", i), "state", ""), state))
        fail_msg("wanted %s: %s", state, kit_text(k));
}

static void a_trial_tells_and_changes_nothing(void **state)
{
    struct kit *k = *state;
    size_t hosts = model_hosts(k->house->model);
    sim_host("new1", "192.0.2.77");
    sim_port_open("new1", 12345);
    assert_int_equal(kit_op(k, "trial", "{'targets':['192.0.2.77:12345','192.0.2.77:12346','192.0.2.77']}"), 200);
    is_state(k, 0, "ok");
    assert_true(doc_int(doc_get(nth(k, "trials", 0), "timings_us"), "total", 0) > 0);
    assert_string_equal(doc_text(nth(k, "trials", 0), "target", ""), "192.0.2.77:12345");
    assert_string_equal(doc_text(nth(k, "trials", 0), "check", ""), "tcp-12345");
    is_state(k, 1, "critical");
    kit_has(said(k, 1), "refused");
    is_state(k, 2, "up"); /* a host alone is pinged */
    sim_host_mode("new1", SIM_SILENT);
    assert_int_equal(kit_op(k, "trial", "{'targets':['192.0.2.77']}"), 200);
    is_state(k, 0, "down");
    assert_int_equal(model_hosts(k->house->model), hosts);
    assert_null(kit_read(k, "conf.d/added.yaml"));
    assert_int_equal(k->house->trials.running, 0);
}

/* What people try is what would be written: on the host that they named, with the address that it has. */
static void it_tries_what_would_be_added(void **state)
{
    struct kit *k = *state;
    sim_port_open("web1", 8443);
    assert_int_equal(kit_op(k, "guess", "{'targets':['web1:8443']}"), 200);
    assert_string_equal(doc_text(nth(k, "watch", 0), "yaml", ""), "tcp: { name: tcp-8443, port: 8443 }"); /* by the address that web1 has */
    assert_int_equal(kit_op(k, "trial", "{'targets':['web1:8443']}"), 200);
    is_state(k, 0, "ok");
    sim_host("other", "192.0.2.78");
    assert_int_equal(kit_op(k, "guess", "{'targets':['192.0.2.78:8443'],'host':'web1'}"), 200);
    assert_string_equal(doc_text(nth(k, "watch", 0), "yaml", ""), "tcp: { name: tcp-8443, port: \"192.0.2.78:8443\" }"); /* not web1's */
    assert_int_equal(kit_op(k, "trial", "{'targets':['192.0.2.78:8443'],'host':'web1'}"), 200);
    is_state(k, 0, "critical");
}

static void names_of_ones_own(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "add", "{'targets':['192.0.2.77','192.0.2.78:12345','https://example.org/'],'hosts':['router2','gate','web1'],'names':['','back door: #1','']}"), 200);
    assert_string_equal(kit_item(k, "router2")->host->conf->address, "192.0.2.77");
    assert_string_equal(kit_item(k, "gate")->host->conf->address, "192.0.2.78");
    assert_non_null(kit_item(k, "gate/back door: #1"));
    assert_non_null(kit_item(k, "web1/http"));
    kit_op(k, "add", "{'targets':['https://example.org/'],'hosts':['web1'],'names':['job']}");
    kit_refused(k, 409, "conflict", "names[0]");
    kit_has(kit_error(k, "message"), "web1 has a check job already");
    kit_op(k, "add", "{'targets':['192.0.2.79','192.0.2.80:1'],'names':['','a/b']}");
    kit_refused(k, 400, "invalid", "names[1]");
    kit_op(k, "guess", "{'targets':['192.0.2.79'],'hosts':[' x']}");
    kit_refused(k, 400, "invalid", "hosts[0]");
    kit_op(k, "guess", arena_printf(k->arena, "{'targets':['192.0.2.80:1'],'names':['%0100d']}", 0));
    kit_refused(k, 400, "invalid", "names[0]");
    assert_null(kit_item(k, "192.0.2.79"));
}

static void guesses_beside_words_that_mean_nothing(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "guess", "{'targets':['@example.org','12345','web1','zone:example.org'],'each':true}"), 200);
    assert_int_equal(doc_get(k->reply, "watch")->kids.n, 4);
    assert_string_equal(doc_text(nth(k, "watch", 0), "target", ""), "mail_domain:example.org");
    assert_string_equal(doc_text(nth(k, "watch", 1), "target", ""), "blocklist:example.org"); /* each may be left out */
    assert_string_equal(doc_text(nth(k, "watch", 1), "kind", ""), "blocklist");
    assert_true(doc_bool(nth(k, "watch", 2), "known", false));
    assert_int_equal(doc_get(k->reply, "wrong")->kids.n, 1);
    assert_string_equal(doc_text(nth(k, "wrong", 0), "target", ""), "12345");
    kit_op(k, "guess", "{'targets':['@example.org','12345']}");
    kit_refused(k, 400, "invalid", "target");
}

/* MON-11: each way of writing a target ends up in a configuration that runs. */
static void every_kind_of_target_is_added(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "add", "{'targets':['@example.org','zone:example.org','irc://irc.example.org','git://git.example.org/a.git','ssh://git@git.example.org/b.git','ircs://irc.example.org']}"), 200);
    static const char *const ids[] = {"example.org/mail_domain", "example.org/blocklist", "example.org/dns_zone", "irc.example.org/irc", "irc.example.org/irc-2", "git.example.org/git", "git.example.org/ssh"};
    for (size_t i = 0; i < COUNT(ids); i++)
        if (!kit_item(k, ids[i]))
            fail_msg("%s is not there: %s", ids[i], kit_read(k, "conf.d/added.yaml"));
    kit_stop(k);
    kit_start(k);
    assert_non_null(kit_item(k, "example.org/blocklist"));
}

static void who_may(void **state)
{
    static const char *const ask = "{'targets':['web1:22']}";
    struct kit *k = *state;
    struct principal viewer = kit_who(ROLE_VIEWER), operator = kit_who(ROLE_OPERATOR), reader = kit_who(ROLE_OPERATOR), nobody = kit_who(ROLE_NONE);
    reader.scope = "read";
    assert_int_equal(kit_op_as(k, "trial", ask, &viewer), 403);
    assert_int_equal(kit_op_as(k, "guess", ask, &viewer), 403);
    assert_int_equal(kit_op_as(k, "trial", ask, &nobody), 401);
    assert_int_equal(kit_op_as(k, "trial", ask, &reader), 403); /* a token that reads makes nobody talk */
    assert_int_equal(kit_op_as(k, "trial", ask, &operator), 200);
    assert_int_equal(kit_op_as(k, "add", ask, &operator), 403);
    kit_login(k, ROLE_OPERATOR);
    assert_int_equal(kit_post(k, "/api/v1/trial", "{\"targets\":[\"web1:22\"]}"), 403); /* a cookie alone does not do */
    kit_has(buf_text(&k->text), "X-CSRF-Token");
}

static void not_too_many(void **state)
{
    struct kit *k = *state;
    struct principal one = kit_who(ROLE_OPERATOR), two = kit_who(ROLE_ADMIN);
    struct buf b = BUF_MAX(8000);
    for (int i = 0; i < 17; i++)
        buf_printf(&b, "%s'web1:%d'", i ? "," : "{'targets':[", 1000 + i);
    buf_str(&b, "]}");
    kit_op_as(k, "trial", buf_text(&b), &one);
    kit_refused(k, 413, "limit", "targets");
    buf_done(&b);
    int n = 0;
    while (kit_op_as(k, "trial", "{'targets':['web1:1']}", &one) == 200 && n < 1000)
        n++;
    kit_refused(k, 429, "busy", NULL);
    assert_in_range(n, 55, 200);
    assert_int_equal(kit_op_as(k, "trial", "{'targets':['web1:1']}", &two), 200); /* another person */
    sim_run_for(10000);
    assert_int_equal(kit_op_as(k, "trial", "{'targets':['web1:1']}", &one), 200); /* time pays */
    assert_int_equal(k->house->trials.running, 0);
}

/* Silent peers hold a trial for 15 seconds at most, and nobody may hold more than a few. */
static void they_end(void **state)
{
    struct kit *k = *state;
    struct principal who = kit_who(ROLE_OPERATOR);
    sim_host_mode("web1", SIM_SILENT);
    int64_t before = sim_now_ms();
    kit_begin(k, "trial", "{'targets':['192.0.2.10:1','192.0.2.10:2','192.0.2.10:3','192.0.2.10:4','192.0.2.10:5','192.0.2.10:6','192.0.2.10:7','192.0.2.10:8','192.0.2.10:9','192.0.2.10:10']}", &who);
    sim_run_for(100);
    assert_int_equal(k->house->trials.running, 10);
    kit_wait(k);
    is_state(k, 9, "critical");
    assert_true(sim_now_ms() - before < 16000);
    assert_int_equal(k->house->trials.running, 0);
}

static void the_daemon_ends_meanwhile(void **state)
{
    static const int after_ms[] = {0, 1, 50, 3000};
    struct kit *k = *state;
    struct principal who = kit_who(ROLE_OPERATOR);
    for (size_t i = 0; i < COUNT(after_ms); i++) {
        sim_host_mode("web1", SIM_SILENT);
        kit_begin(k, "trial", "{'targets':['192.0.2.10:1','192.0.2.10','@example.org']}", &who);
        if (after_ms[i])
            sim_run_for(after_ms[i]);
        kit_stop(k);
        kit_start(k);
    }
    assert_int_equal(kit_op(k, "status", NULL), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(a_trial_tells_and_changes_nothing),
        KIT_TEST(it_tries_what_would_be_added),
        KIT_TEST(names_of_ones_own),
        KIT_TEST(guesses_beside_words_that_mean_nothing),
        KIT_TEST(every_kind_of_target_is_added),
        KIT_TEST(who_may),
        KIT_TEST(not_too_many),
        KIT_TEST(they_end),
        KIT_TEST(the_daemon_ends_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
