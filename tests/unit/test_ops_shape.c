/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The JSON shapes that scripts lean on: a check, a host, the summary. */
#include "daemon_kit.h"

static void only_keys(const struct doc *o, const char *const *keys)
{
    size_t n = 0;
    for (; keys[n]; n++)
        if (!doc_get(o, keys[n]))
            fail_msg("%s is missing", keys[n]);
    DOC_EACH(o, d) {
        bool known = false;
        for (size_t i = 0; i < n; i++)
            known |= str_eq(keys[i], d->key);
        if (!known)
            fail_msg("%s is new: scripts and the manual should know", d->key);
    }
}

static struct doc *shape(struct kit *k, const char *id)
{
    struct doc *o = doc_object(k->arena);
    op_put_item(o, kit_item(k, id), k->house);
    return o;
}

static void a_check_has_these_keys(void **state)
{
    static const char *const keys[] = {"host", "check", "kind", "state", "hard", "attempt", "max_attempts", "output", "since", "acknowledged", "in_downtime", "flapping",
                                       "enabled", "resting", "cause", "verifying", "told", "last_check", "next_check", "ack", NULL};
    struct doc *o = shape(*state, "web1/job");
    only_keys(o, keys);
    assert_string_equal(doc_text(o, "host", ""), "web1");
    assert_string_equal(doc_text(o, "check", ""), "job");
    assert_string_equal(doc_text(o, "kind", ""), "passive");
    assert_string_equal(doc_text(o, "state", ""), "pending");
    assert_string_equal(doc_text(o, "output", "?"), "");
    assert_int_equal(doc_get(o, "since")->kind, DOC_NULL); /* never seen: no date of 1970 */
    assert_int_equal(doc_get(o, "last_check")->kind, DOC_NULL);
    assert_int_equal(doc_get(o, "ack")->kind, DOC_NULL);
    assert_false(doc_bool(o, "acknowledged", true));
    assert_true(doc_bool(o, "enabled", false));
}

static void a_result_is_in_it(void **state)
{
    struct kit *k = *state;
    kit_op(k, "result", "{'target':'box/soft','state':'critical','output':'too <b>slow</b>','details':'one\\ntwo','perfdata':'time=3s;1;2'}");
    struct doc *o = shape(k, "box/soft");
    assert_string_equal(doc_text(o, "state", ""), "critical");
    assert_false(doc_bool(o, "hard", true));
    assert_int_equal(doc_int(o, "attempt", 0), 1);
    assert_int_equal(doc_int(o, "max_attempts", 0), 3);
    assert_string_equal(doc_text(o, "output", ""), "too <b>slow</b>"); /* JSON needs no HTML escapes */
    assert_string_equal(doc_text(o, "perfdata", ""), "time=3s;1;2");
    assert_int_equal(doc_get(o, "since")->kind, DOC_TIME);
    kit_op(k, "check", "{'host':'box','check':'soft'}");
    assert_string_equal(doc_text(k->reply, "details", ""), "one\ntwo");
    assert_int_equal(doc_int(k->reply, "every_ms", 0), HOUR_MS);
    assert_true(doc_int(k->reply, "retry_ms", 0) > 0);
}

static void timings_of_an_attempt(void **state)
{
    struct doc *o = shape(*state, "web1/tcp"), *t = doc_get(o, "timings_us");
    assert_non_null(t);
    assert_true(doc_int(t, "total", 0) > 0);
    assert_null(doc_get(t, "tls")); /* what does not apply is not there */
}

static void an_acknowledgement_and_a_downtime_show(void **state)
{
    struct kit *k = *state;
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    assert_int_equal(kit_op(k, "ack", "{'targets':['web1/job'],'comment':'on it','sticky':true,'expires':'+2h'}"), 200);
    assert_int_equal(kit_op(k, "downtime", "{'targets':['web1'],'comment':'work','for':'1h'}"), 200);
    sim_run_for(1000);
    struct doc *o = shape(k, "web1/job"), *ack = doc_get(o, "ack");
    assert_true(doc_bool(o, "acknowledged", false));
    assert_true(doc_bool(o, "in_downtime", false));
    assert_string_equal(doc_text(ack, "author", ""), "anna");
    assert_string_equal(doc_text(ack, "comment", ""), "on it");
    assert_true(doc_bool(ack, "sticky", false));
    assert_int_equal(doc_int(ack, "expires", 0) - doc_int(ack, "at", 0), 2 * HOUR_MS);
    assert_true(doc_bool(shape(k, "web1"), "in_downtime", false));
    assert_false(doc_bool(shape(k, "box/job"), "in_downtime", true));
}

static void a_host_has_more(void **state)
{
    struct kit *k = *state;
    struct doc *o = shape(k, "web1");
    assert_int_equal(doc_get(o, "check")->kind, DOC_NULL);
    assert_string_equal(doc_text(o, "state", ""), "up");
    assert_string_equal(doc_text(o, "address", ""), "192.0.2.10");
    assert_string_equal(doc_get(o, "groups")->kids.first->text, "front");
    assert_string_equal(doc_get(o, "parents")->kids.first->text, "router1");
    assert_int_equal(doc_int(o, "checks", 0), 3);
    assert_int_equal(doc_get(o, "cut")->kind, DOC_NULL);
    o = shape(k, "box"); /* neither address nor check of its own */
    assert_int_equal(doc_get(o, "address")->kind, DOC_NULL);
    assert_int_equal(doc_get(o, "kind")->kind, DOC_NULL);
    assert_int_equal(doc_get(o, "groups")->kids.n, 0);
}

static void the_summary_counts(void **state)
{
    static const char *const keys[] = {"hosts", "checks", "up", "down", "unreachable", "ok", "warning", "critical", "unknown", "pending", "acknowledged", "in_downtime", "unhandled", NULL};
    struct kit *k = *state;
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    kit_result(k, "box/job", STATE_WARNING, "x");
    struct doc *o = doc_object(k->arena);
    op_put_summary(o, k->house);
    only_keys(o, keys);
    assert_int_equal(doc_int(o, "hosts", 0), 3);
    assert_int_equal(doc_int(o, "checks", 0), 5);
    assert_int_equal(doc_int(o, "critical", 0), 1);
    assert_int_equal(doc_int(o, "warning", 0), 1);
    assert_int_equal(doc_int(o, "ok", 0) + doc_int(o, "pending", 0), 3);
    assert_int_equal(doc_int(o, "unhandled", 0), 2);
    kit_op(k, "ack", "{'targets':['web1/job'],'comment':'on it'}");
    o = doc_object(k->arena);
    op_put_summary(o, k->house);
    assert_int_equal(doc_int(o, "unhandled", 0), 1);
    assert_int_equal(doc_int(o, "acknowledged", 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(a_check_has_these_keys), KIT_TEST(a_result_is_in_it), KIT_TEST(timings_of_an_attempt), KIT_TEST(an_acknowledgement_and_a_downtime_show), KIT_TEST(a_host_has_more), KIT_TEST(the_summary_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
