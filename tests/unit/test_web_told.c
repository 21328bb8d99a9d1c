/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the console and the API tell beside a state: what it follows from, that a check rests, what the configuration hardly
 * means; and that what cannot be asked is not said to be done. */
#include "daemon_kit.h"
#include "base/timetext.h"

static struct doc *shape(struct kit *k, const char *id)
{
    struct doc *o = doc_object(k->arena);
    op_put_item(o, kit_item(k, id), k->house);
    return o;
}

static void follows(struct kit *k, const char *id, const char *by, const char *target, const char *text)
{
    const struct doc *cause = doc_get(shape(k, id), "cause");
    struct buf b = BUF_MAX(1000);
    if (by == NULL) {
        assert_int_equal(cause->kind, DOC_NULL);
        return;
    }
    msg_render(&b, doc_text(cause, "text", ""), "en");
    assert_string_equal(doc_text(cause, "by", ""), by);
    assert_string_equal(doc_text(cause, "target", ""), target);
    assert_string_equal(buf_text(&b), text);
    buf_done(&b);
}

static void cut_off(struct kit *k)
{
    sim_host_via("web1", "router1");
    sim_host_mode("router1", SIM_SILENT);
    for (int i = 0; i < 2; i++) {
        kit_op(k, "recheck", "{'targets':['web1','router1'],'wait':false}");
        sim_run_for(20 * MINUTE_MS);
    }
    assert_int_equal(kit_item(k, "web1")->st.state, STATE_UNREACHABLE);
}

/* MON-12: one dead router is one cause, and what lies behind it names it. */
static void what_is_behind_names_the_router(void **state)
{
    struct kit *k = *state;
    follows(k, "web1", NULL, NULL, NULL);
    cut_off(k);
    kit_result(k, "web1/job", STATE_CRITICAL, "no answer");
    follows(k, "router1", NULL, NULL, NULL); /* it stands for itself */
    follows(k, "web1", "path", "router1", "behind router1");
    follows(k, "web1/job", "path", "router1", "behind router1");
    kit_login(k, ROLE_VIEWER);
    assert_int_equal(kit_get(k, "/console/checks?state=unreachable"), 200);
    kit_has(buf_text(&k->text), "<span class=\"sub\">behind <a href=\"/console/host/router1\">router1</a></span>");
    assert_int_equal(kit_get(k, "/console/host/web1?lang=fr"), 200);
    kit_has(buf_text(&k->text), "derrière <a href=\"/console/host/router1\">router1</a>");
    assert_int_equal(kit_get(k, "/api/v1/checks?state=unreachable"), 200);
    kit_has(buf_text(&k->text), "\"cause\":{\"target\":\"router1\",\"by\":\"path\",\"text\":\"");
}

static void a_dead_host_and_a_broken_master(void **state)
{
    struct kit *k = *state;
    sim_host_mode("web1", SIM_SILENT);
    kit_op(k, "recheck", "{'targets':['web1'],'wait':false}");
    sim_run_for(20 * MINUTE_MS);
    assert_int_equal(kit_item(k, "web1")->st.state, STATE_DOWN);
    kit_result(k, "web1/job", STATE_CRITICAL, "no answer");
    follows(k, "web1/job", "host", "web1", "its host web1 is not there");
    kit_write(k, "vigie.yaml", "hosts:\n  db: { alive: no, checks: [{ passive: { name: sql, attempts: 1 } }] }\n"
                               "  shop: { alive: no, checks: [{ passive: { name: till, attempts: 1, depends: db/sql } }] }\n");
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    kit_result(k, "db/sql", STATE_CRITICAL, "refused");
    kit_result(k, "shop/till", STATE_CRITICAL, "no database");
    follows(k, "db/sql", NULL, NULL, NULL);
    follows(k, "shop/till", "dependency", "db/sql", "follows from db/sql");
    kit_login(k, ROLE_VIEWER);
    assert_int_equal(kit_get(k, "/console"), 200);
    kit_has(buf_text(&k->text), "follows from <a href=\"/console/check/db/sql\">db/sql</a>");
}

/* Outside its period a check keeps its state, and the row says until when nobody asks. */
static void a_check_that_rests_says_so(void **state)
{
    struct kit *k = *state;
    char day[TIME_RFC3339_BYTES];
    time_rfc3339(clock_wall_ms() + 3 * 24 * HOUR_MS, 0, day);
    kit_write(k, "vigie.yaml", arena_printf(k->arena, "periods: { once: \"%.10s\", gone: \"2001-01-01\" }\nhosts:\n  web1: { address: 192.0.2.10, checks: [{ tcp: { port: 22, check_period: once } }, "
                                                      "{ passive: { name: old, check_period: gone } }] }\n", day));
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    struct doc *o = shape(k, "web1/tcp");
    assert_true(doc_bool(o, "resting", false));
    assert_true(doc_int(o, "resting_until", 0) > clock_wall_ms() + 24 * HOUR_MS);
    assert_false(doc_bool(shape(k, "web1"), "resting", true));
    assert_null(doc_get(shape(k, "web1"), "resting_until"));
    assert_int_equal(doc_get(shape(k, "web1/old"), "resting_until")->kind, DOC_NULL); /* for good */
    kit_op(k, "recheck", "{'targets':['web1/tcp']}");
    kit_refused(k, 409, "conflict", "targets");
    kit_has(kit_error(k, "message"), "check_period");
    kit_login(k, ROLE_OPERATOR);
    assert_int_equal(kit_get(k, "/console/host/web1"), 200);
    kit_has(buf_text(&k->text), "rests until ");
    kit_has(buf_text(&k->text), "<span class=\"quiet rest\">rests</span>");
    kit_has(kit_between(k, "data-item=\"web1/old\"", "</tr>"), "Resting");
    kit_lacks(buf_text(&k->text), "waiting for the first result");
    assert_int_equal(kit_get(k, "/console/host/web1?lang=fr"), 200);
    kit_has(buf_text(&k->text), "se repose jusqu’à");
}

/* What was not done is not said to be done. */
static void what_cannot_be_asked_is_refused(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "disable", "{'targets':['web1/tcp']}"), 200);
    kit_op(k, "recheck", "{'targets':['web1/tcp']}");
    kit_refused(k, 409, "conflict", "targets");
    kit_has(kit_error(k, "message"), "web1/tcp cannot be checked now: it is switched off");
    kit_op(k, "recheck", "{'targets':['web1/job']}");
    kit_refused(k, 409, "conflict", "targets");
    kit_op(k, "recheck", "{'targets':['box']}"); /* no check of its own, and only results from elsewhere */
    kit_refused(k, 409, "conflict", "targets");
    kit_has(kit_error(k, "message"), "nothing on it can be asked");
    assert_int_equal(kit_op(k, "recheck", "{'targets':['web1/tcp','web1','web1/job']}"), 200); /* the rest is done */
    assert_int_equal(doc_get(k->reply, "done")->kids.n, 1);
    assert_int_equal(doc_get(k->reply, "skipped")->kids.n, 2);
    assert_string_equal(doc_text(doc_get(k->reply, "skipped")->kids.first, "target", ""), "web1/tcp");
    kit_login(k, ROLE_OPERATOR);
    assert_int_equal(kit_form(k, "/console/act", "action=recheck&id=web1%2Ftcp"), 409);
    kit_has(buf_text(&k->text), "switched off");
    assert_int_equal(kit_get(k, "/console/host/web1"), 200); /* nothing is offered that would be refused */
    kit_lacks(kit_between(k, "data-item=\"web1/tcp\"", "</tr>"), "value=\"recheck\"");
    kit_has(kit_between(k, "data-item=\"web1\"", "</tr>"), "value=\"recheck\"");
}

static void a_host_without_a_check_of_its_own_asks_its_checks(void **state)
{
    struct kit *k = *state;
    kit_write(k, "vigie.yaml", "defaults: { every: 1h }\nhosts: { web1: { address: 192.0.2.10, alive: no, checks: [{ tcp: 22 }] } }\n");
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    sim_run_for(2 * HOUR_MS);
    int64_t before = kit_item(k, "web1/tcp")->last_check_ms;
    assert_int_equal(kit_op(k, "recheck", "{'targets':['web1']}"), 200);
    assert_true(kit_item(k, "web1/tcp")->last_check_ms > before);
}

/* What is allowed and hardly meant is logged, and shown to those who can mend it. */
static void warnings_of_the_configuration(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_ADMIN);
    kit_write(k, "vigie.yaml", "hosts:\n  sum: { alive: no, checks: [{ aggregate: { name: all, of: [box/*, nobody/*] } }] }\n"
                               "  box: { alive: no, checks: [{ passive: { name: job } }] }\n");
    k->said[0] = 0;
    daemon_reload(k->daemon);
    sim_run_for(1000);
    kit_has(k->said, "vigie.yaml:2:");
    kit_has(k->said, "nobody/*");
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    assert_int_equal(doc_get(k->reply, "warnings")->kids.n, 1);
    assert_int_equal(doc_int(doc_get(k->reply, "warnings")->kids.first, "line", 0), 2);
    k->said[0] = 0;
    assert_int_equal(kit_op(k, "add", "{'targets':['192.0.2.7']}"), 200); /* who adds something did not ask for them */
    assert_string_equal(k->said, "");
    assert_int_equal(kit_get(k, "/console"), 200);
    kit_has(buf_text(&k->text), "1 warning in the configuration");
    kit_has(buf_text(&k->text), "nobody/*");
    assert_int_equal(kit_get(k, "/console/setup"), 200);
    kit_has(buf_text(&k->text), "id=\"configuration\"");
    assert_int_equal(kit_count(buf_text(&k->text), "nobody/*"), 1); /* in full, and not above as well */
    kit_login(k, ROLE_OPERATOR);
    assert_int_equal(kit_get(k, "/console"), 200);
    kit_lacks(buf_text(&k->text), "nobody/*");
    kit_stop(k);
    k->said[0] = 0;
    kit_start(k); /* at start as well */
    kit_has(k->said, "nobody/*");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(what_is_behind_names_the_router),
        KIT_TEST(a_dead_host_and_a_broken_master),
        KIT_TEST(a_check_that_rests_says_so),
        KIT_TEST(what_cannot_be_asked_is_refused),
        KIT_TEST(a_host_without_a_check_of_its_own_asks_its_checks),
        KIT_TEST(warnings_of_the_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
