/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people press in the console: one row, many, a whole host; asked first, taken back, as JSON for the script. */
#include "daemon_kit.h"

static int setup(void **state)
{
    struct kit *k = kit_up(KIT_YAML);
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    kit_result(k, "box/job", STATE_WARNING, "y");
    kit_login(k, ROLE_OPERATOR);
    *state = k;
    return 0;
}
#define ACT_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, kit_teardown)

static void it_asks_before_it_acts(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_form(k, "/console/act", "action=ack&id=web1%2Fjob&next=%2Fconsole%2Fhosts"), 200);
    kit_has(buf_text(&k->text), "name=\"id\" value=\"web1/job\"");
    kit_has(buf_text(&k->text), "name=\"next\" value=\"/console/hosts\"");
    assert_null(kit_item(k, "web1/job")->ack);
    assert_int_equal(kit_form(k, "/console/act", "action=ack&sure=1&id=web1%2Fjob&next=%2Fconsole%2Fhosts"), 400); /* no comment: asked again, with all of it */
    kit_has(buf_text(&k->text), "role=\"alert\"");
    kit_has(buf_text(&k->text), "name=\"id\" value=\"web1/job\"");
    assert_int_equal(kit_form(k, "/console/act", "action=ack&sure=1&id=web1%2Fjob&next=%2Fconsole%2Fhosts&comment=on+it&sticky=yes"), 303);
    assert_string_equal(kit_header(k, "Location"), "/console/hosts");
    assert_string_equal(kit_item(k, "web1/job")->ack->comment, "on it");
    assert_string_equal(kit_item(k, "web1/job")->ack->author, "operator");
    assert_true(kit_item(k, "web1/job")->ack->sticky);
    assert_int_equal(kit_form(k, "/console/act", "action=unack&id=web1%2Fjob"), 303);
    assert_string_equal(kit_header(k, "Location"), "/console");
    assert_null(kit_item(k, "web1/job")->ack);
}

static void many_at_once(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_form(k, "/console/act", "action=ack&sure=1&id=web1%2Fjob&id=box%2Fjob&comment=both"), 303);
    assert_non_null(kit_item(k, "web1/job")->ack);
    assert_non_null(kit_item(k, "box/job")->ack);
    assert_int_equal(kit_form(k, "/console/act", "action=recheck&id=web1%2Ftcp&id=web1"), 303);
}

static void a_whole_host(void **state)
{
    struct kit *k = *state;
    kit_result(k, "web1/backup", STATE_CRITICAL, "z");
    assert_int_equal(kit_form(k, "/console/act", "action=ack-host&host=web1&sure=1&comment=all"), 303);
    assert_non_null(kit_item(k, "web1/job")->ack);
    assert_non_null(kit_item(k, "web1/backup")->ack);
    assert_null(kit_item(k, "box/job")->ack);
    assert_int_equal(kit_form(k, "/console/act", "action=ack-host&host=web1&sure=1&comment=again"), 400); /* nothing is open any more */
    assert_int_equal(kit_form(k, "/console/act", "action=recheck-host&host=web1"), 303);
    assert_int_equal(kit_form(k, "/console/act", "action=plan-host&host=web1&sure=1&comment=work&for=30m"), 303);
    assert_int_equal(model_downtimes(k->house->model), 1);
    assert_null(model_downtime_at(k->house->model, 0)->check_name);
    assert_int_equal(kit_form(k, "/console/act", "action=ack-host&host=nohost&sure=1&comment=x"), 400);
}

static void planned_work_and_its_end(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_form(k, "/console/act", "action=plan&sure=1&id=box%2Fjob&comment=work&for=long"), 400);
    kit_has(buf_text(&k->text), "value=\"long\""); /* what was typed stays */
    assert_int_equal(kit_form(k, "/console/act", "action=plan&sure=1&id=box%2Fjob&comment=work&start=&for="), 303);
    const struct downtime *d = model_downtime_at(k->house->model, 0);
    assert_int_equal(d->end_ms - d->start_ms, 2 * HOUR_MS);
    const char *id = arena_printf(k->arena, "id=%lld", (long long)d->id);
    assert_int_equal(kit_get(k, "/console/planned"), 200);
    kit_has(buf_text(&k->text), "work");
    assert_int_equal(kit_form(k, "/console/planned/end", id), 303);
    assert_int_equal(model_downtimes(k->house->model), 0);
    assert_int_equal(kit_form(k, "/console/planned/end", id), 404);
    assert_int_equal(kit_form(k, "/console/planned/end", "id=x"), 400);
    assert_int_equal(kit_form(k, "/console/planned/end", ""), 400);
}

static void switching(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_form(k, "/console/act", "action=disable&sure=1&id=box%2Fjob&comment=x"), 303);
    assert_false(kit_item(k, "box/job")->enabled);
    assert_int_equal(kit_form(k, "/console/act", "action=enable&id=box%2Fjob"), 303);
    assert_true(kit_item(k, "box/job")->enabled);
}

static int json(struct kit *k, const char *body)
{
    return kit_ask(k, "POST", "/console/act", "Accept: application/json\n", arena_printf(k->arena, "csrf=%s&%s", k->csrf, body));
}

static void with_script_the_answer_is_json(void **state)
{
    struct kit *k = *state;
    assert_int_equal(json(k, "action=ack&sure=1&id=web1%2Fjob&comment=x"), 200);
    assert_string_equal(buf_text(&k->text), "{\"said\":\"Acknowledged.\"}");
    assert_int_equal(json(k, "action=plan&sure=1&id=web1%2Fjob&id=box&comment=x"), 200);
    assert_int_equal(kit_count(buf_text(&k->text), "\"undo\":["), 1);
    assert_int_equal(json(k, "action=ack&sure=1&id=web1%2Fnone&comment=x"), 404);
    kit_has(buf_text(&k->text), "\"error\":\"web1 has no check none");
    assert_int_equal(json(k, "action=ack&sure=1&id=web1%2Ftcp&comment=x"), 409);
    kit_has(buf_text(&k->text), "\"error\":\"");
    sim_disk_fault(SIM_DISK_FULL);
    assert_int_equal(json(k, "action=ack&sure=1&id=box%2Fjob&comment=x"), 507);
    assert_null(kit_item(k, "box/job")->ack);
    sim_disk_fault(SIM_DISK_OK);
}

static void nonsense(void **state)
{
    static const char *const wrong[] = {"", "action=", "action=explode&id=web1%2Fjob", "action=ack", "action=ack&id=", "action=ack-hosts&host=web1", "action=-host&host=web1", "action=ack-&id=web1", "action=acknowledge&id=web1%2Fjob"};
    struct kit *k = *state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        int got = kit_form(k, "/console/act", wrong[i]);
        if (got != 400)
            fail_msg("%s: %d", wrong[i], got);
    }
    assert_int_equal(kit_form(k, "/console/act", "action=recheck&id=web9%2Fx"), 404);
    assert_int_equal(kit_form(k, "/console/act", "action=unack&id=web1%2Fjob&next=%2F%2Fevil.example"), 409);
    assert_int_equal(kit_form(k, "/console/act", "action=recheck&id=web1&next=%2F%2Fevil.example"), 303);
    assert_string_equal(kit_header(k, "Location"), "/console");
}

/* Nothing that a form names is raw where the page gives it back. */
static void what_comes_back_is_escaped(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_form(k, "/console/act", "action=ack&id=%3Cscript%3E%22&next=%22%3E%3Cscript%3E&comment=%22%3E%3Cscript%3E"), 200);
    kit_lacks(buf_text(&k->text), "<script>");
    kit_lacks(buf_text(&k->text), "href=\"javascript");
    kit_form(k, "/console/act", "action=ack&id=web1&next=javascript%3Aalert(1)");
    kit_lacks(buf_text(&k->text), "href=\"javascript");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACT_TEST(it_asks_before_it_acts), ACT_TEST(many_at_once), ACT_TEST(a_whole_host), ACT_TEST(planned_work_and_its_end), ACT_TEST(switching), ACT_TEST(with_script_the_answer_is_json), ACT_TEST(nonsense), ACT_TEST(what_comes_back_is_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
