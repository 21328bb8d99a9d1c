/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status, hosts, host, checks, check, why: what is shown, filtered, and explained. */
#include "daemon_kit.h"

/* "web1 web1/job": ids of a list in the reply. */
static const char *ids(struct kit *k, const char *list)
{
    struct buf b = BUF_MAX(1 << 16);
    DOC_EACH(doc_get(k->reply, list), d)
        buf_printf(&b, "%s%s%s%s", b.len ? " " : "", doc_text(d, "host", ""), doc_text(d, "check", NULL) ? "/" : "", doc_text(d, "check", ""));
    const char *text = arena_dup(k->arena, buf_text(&b));
    buf_done(&b);
    return text;
}

static void shows(struct kit *k, const char *params, const char *want)
{
    assert_int_equal(kit_op(k, "status", params), 200);
    assert_string_equal(ids(k, "checks"), want);
}

static void everything_in_natural_order(void **state)
{
    struct kit *k = *state;
    shows(k, NULL, "box box/soft box/job router1 web1 web1/tcp web1/job web1/backup");
    assert_int_equal(doc_int(doc_get(k->reply, "summary"), "hosts", 0), 3);
    assert_int_equal(kit_op(k, "hosts", NULL), 200);
    assert_string_equal(ids(k, "hosts"), "box router1 web1");
    assert_int_equal(kit_op(k, "checks", "{'group':'front'}"), 200);
    assert_string_equal(ids(k, "checks"), "web1 web1/tcp web1/job web1/backup");
}

static void filters(void **state)
{
    struct kit *k = *state;
    kit_result(k, "web1/job", STATE_CRITICAL, "Disk FULL on sda");
    kit_result(k, "box/job", STATE_WARNING, "rather warm");
    shows(k, "{'state':'problem'}", "box/job web1/job");
    shows(k, "{'state':'critical'}", "web1/job");
    shows(k, "{'state':'unreachable'}", "");
    shows(k, "{'q':'disk full'}", "web1/job");
    shows(k, "{'q':'B/JOB'}", "");
    shows(k, "{'q':'x/job'}", "box/job");
    shows(k, "{'q':''}", "box box/soft box/job router1 web1 web1/tcp web1/job web1/backup");
    shows(k, "{'group':'front','state':'problem'}", "web1/job");
    shows(k, "{'group':'nobody'}", "");
    shows(k, "{'limit':2}", "box box/soft");
    shows(k, "{'limit':0}", "");
    shows(k, "{'limit':-1}", "");
    shows(k, "{'limit':1,'state':'problem'}", "box/job"); /* what does not fit is not counted */
}

static void targets(void **state)
{
    struct kit *k = *state;
    shows(k, "{'targets':['web1']}", "web1 web1/tcp web1/job web1/backup");
    shows(k, "{'targets':'web1/job'}", "web1/job");
    shows(k, "{'targets':['*/job']}", "box/job web1/job");
    shows(k, "{'targets':['bo?','router*']}", "box box/soft box/job router1");
    shows(k, "{'targets':['nothing*']}", "");
    shows(k, "{'targets':[]}", "box box/soft box/job router1 web1 web1/tcp web1/job web1/backup");
    kit_op(k, "status", "{'targets':['web1','web2']}");
    kit_refused(k, 404, "not_found", "targets");
    kit_has(kit_error(k, "message"), "did you mean web1");
    kit_op(k, "status", "{'targets':['web1/nothing']}");
    kit_refused(k, 404, "not_found", "targets");
    kit_has(kit_error(k, "message"), "tcp, job, backup");
    kit_op(k, "status", "{'targets':['router1/x']}");
    kit_has(kit_error(k, "message"), "has no checks");
}

static void one_host_and_one_check(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "host", "{'host':'router1'}"), 200);
    assert_string_equal(doc_get(k->reply, "children")->kids.first->text, "web1");
    assert_int_equal(kit_op(k, "host", "{'host':'web1'}"), 200);
    assert_string_equal(ids(k, "items"), "web1/tcp web1/job web1/backup");
    assert_string_equal(ids(k, "path"), "web1 router1"); /* from the host to vigie */
    assert_int_equal(kit_op(k, "check", "{'host':'web1','check':'tcp'}"), 200);
    assert_string_equal(doc_text(k->reply, "state", ""), "ok");
    kit_has(kit_text(k), "\"quiet\":\"there is no problem\"");
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    assert_int_equal(kit_op(k, "check", "{'host':'web1','check':'job'}"), 200);
    assert_int_equal(doc_get(k->reply, "quiet")->kind, DOC_NULL); /* no reason to be quiet: null, not an empty text */
    kit_op(k, "host", "{'host':'web9'}");
    kit_refused(k, 404, "not_found", "host");
    kit_op(k, "check", "{'host':'web1','check':'x'}");
    kit_refused(k, 404, "not_found", "check");
    kit_op(k, "check", "{'host':'web9','check':'x'}");
    kit_refused(k, 404, "not_found", "host");
}

static const char *why(struct kit *k, const char *target)
{
    struct buf b = BUF_MAX(8000);
    assert_int_equal(kit_op(k, "why", arena_printf(k->arena, "{'target':'%s'}", target)), 200);
    DOC_EACH(doc_get(k->reply, "why"), d) {
        msg_render(&b, d->text, "en");
        buf_char(&b, '\n');
    }
    const char *text = arena_dup(k->arena, buf_text(&b));
    buf_done(&b);
    return text;
}

static void why_says_what_holds(void **state)
{
    struct kit *k = *state;
    kit_has(why(k, "web1/tcp"), "it is well");
    kit_has(why(k, "web1/tcp"), "vigie.yaml, line 11");
    kit_result(k, "box/soft", STATE_CRITICAL, "x");
    kit_has(why(k, "box/soft"), "attempt 1 of 3");
    kit_has(why(k, "box/soft"), "nobody is told");
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    kit_has(why(k, "web1/job"), "somebody was told");
    kit_op(k, "ack", "{'targets':['web1/job'],'comment':'mine'}");
    kit_has(why(k, "web1/job"), "acknowledged by anna: mine");
    kit_op(k, "why", "{'target':'web1/none'}");
    kit_refused(k, 404, "not_found", "target");
}

static void why_names_the_cut(void **state)
{
    struct kit *k = *state;
    sim_host_via("web1", "router1");
    sim_host_mode("router1", SIM_SILENT);
    kit_op(k, "recheck", "{'targets':['web1','router1'],'wait':false}");
    sim_run_for(20 * MINUTE_MS);
    kit_op(k, "recheck", "{'targets':['web1'],'wait':false}");
    sim_run_for(20 * MINUTE_MS);
    assert_int_equal(kit_item(k, "web1")->st.state, STATE_UNREACHABLE);
    kit_has(why(k, "web1"), "router1 is down, and everything on the way to web1 goes through it");
    kit_op(k, "host", "{'host':'web1'}");
    assert_string_equal(doc_text(k->reply, "cut", ""), "router1");
}

/* A long list is written in slices; a generation that is taken in meanwhile leaves things out, but breaks nothing. */
static void lists_in_slices(void **state)
{
    static const char *const bids[] = {"status", "hosts", "checks", "metrics", "conf-show"};
    struct kit *k = *state;
    struct principal who = kit_who(ROLE_ADMIN);
    struct buf b = BUF_MAX(4 << 20);
    buf_str(&b, "hosts:\n");
    for (int i = 0; i < 3000; i++)
        buf_printf(&b, "  h%d: { alive: no, checks: [{ passive: { name: job } }] }\n", i);
    kit_write(k, "vigie.yaml", buf_text(&b));
    buf_done(&b);
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    assert_int_equal(kit_op(k, "checks", NULL), 200);
    assert_int_equal(doc_get(k->reply, "checks")->kids.n, 6000);
    assert_int_equal(kit_op(k, "checks", "{'limit':2500}"), 200);
    assert_int_equal(doc_get(k->reply, "checks")->kids.n, 2500);
    assert_int_equal(kit_op(k, "hosts", "{'q':'h299'}"), 200);
    assert_int_equal(doc_get(k->reply, "hosts")->kids.n, 11);
    for (size_t i = 0; i < COUNT(bids); i++) {
        kit_begin(k, bids[i], NULL, &who);
        assert_false(k->answered); /* not in one turn */
        assert_int_equal(kit_wait(k), 200);
    }
    for (int turns = 0; turns < 6; turns++) { /* a smaller one in the middle of a list */
        kit_write(k, "vigie.yaml", turns % 2 ? KIT_YAML : "hosts: { one: { alive: no } }\n");
        kit_begin(k, "checks", NULL, &who);
        daemon_reload(k->daemon);
        assert_int_equal(kit_wait(k), 200);
        sim_run_for(2000);
    }
    for (size_t i = 0; i < COUNT(bids); i++) { /* the end in the middle of one */
        kit_begin(k, bids[i], NULL, &who);
        kit_stop(k);
        kit_start(k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(everything_in_natural_order), KIT_TEST(filters), KIT_TEST(targets), KIT_TEST(one_host_and_one_check), KIT_TEST(why_says_what_holds), KIT_TEST(why_names_the_cut), KIT_TEST(lists_in_slices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
