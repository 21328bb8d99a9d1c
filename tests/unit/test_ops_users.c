/* SPDX-License-Identifier: GPL-3.0-or-later */
/* People through the operations: adding, changing, removing, the last admin, the set-up link. */
#include "daemon_kit.h"

#define CAMILLE "{'name':'camille','password':'" KIT_PASSWORD "','role':'admin'}"

static const char *role_of(struct kit *k, const char *name)
{
    assert_int_equal(kit_op(k, "user-list", NULL), 200);
    DOC_EACH(doc_get(k->reply, "users"), d)
        if (str_eq(doc_text(d, "name", ""), name))
            return doc_text(d, "role", "");
    return "";
}

static void add_set_remove(void **state)
{
    struct kit *k = *state;
    assert_string_equal(role_of(k, "camille"), "");
    assert_int_equal(kit_op(k, "user-add", CAMILLE), 200);
    assert_string_equal(role_of(k, "camille"), "admin");
    assert_int_equal(kit_op(k, "user-add", "{'name':'dominique','password':'" KIT_PASSWORD "'}"), 200);
    assert_string_equal(role_of(k, "dominique"), "viewer"); /* least by default */
    assert_int_equal(kit_op(k, "user-set", "{'name':'dominique','role':'operator'}"), 200);
    assert_string_equal(role_of(k, "dominique"), "operator");
    assert_int_equal(kit_op(k, "user-remove", "{'name':'dominique'}"), 200);
    assert_string_equal(role_of(k, "dominique"), "");
    kit_stop(k);
    kit_start(k);
    assert_string_equal(role_of(k, "camille"), "admin");
}

static void what_is_refused(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "user-add", CAMILLE), 200);
    kit_op(k, "user-add", CAMILLE);
    assert_int_equal(k->status, 409);
    static const char *const wrong[] = {"{'name':'x','password':'short'}", "{'name':'','password':'long enough to be one'}", "{'name':'a b','password':'long enough to be one'}", "{'name':'<b>','password':'long enough to be one'}",
                                        "{'name':'x'}", "{'password':'long enough to be one'}", "{'name':'x','password':''}"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        kit_op(k, "user-add", wrong[i]);
        assert_int_equal(k->status, 400);
        assert_non_null(kit_error(k, "field"));
    }
    kit_op(k, "user-set", "{'name':'camille'}");
    kit_refused(k, 400, "invalid", "role"); /* nothing to change */
    kit_op(k, "user-set", "{'name':'nobody','role':'viewer'}");
    assert_int_equal(k->status, 404);
    kit_op(k, "user-remove", "{'name':'nobody'}");
    assert_int_equal(k->status, 404);
}

static void the_last_admin_stays(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "user-add", CAMILLE), 200);
    kit_op(k, "user-remove", "{'name':'camille'}");
    assert_int_equal(k->status, 409);
    kit_op(k, "user-set", "{'name':'camille','role':'viewer'}");
    assert_int_equal(k->status, 409);
    assert_string_equal(role_of(k, "camille"), "admin");
}

static void replies_hold_no_secret(void **state)
{
    struct kit *k = *state;
    kit_op(k, "user-add", CAMILLE);
    kit_lacks(kit_text(k), "horse");
    kit_op(k, "user-list", NULL);
    kit_lacks(kit_text(k), "scrypt");
    kit_op(k, "user-add", "{'name':'x','password':'shortsecr'}");
    kit_lacks(kit_text(k), "shortsecr");
}

static void removing_ends_sessions(void **state)
{
    struct kit *k = *state;
    kit_op(k, "user-add", CAMILLE);
    kit_login(k, ROLE_OPERATOR);
    assert_int_equal(kit_get(k, "/console"), 200);
    assert_int_equal(kit_op(k, "user-remove", "{'name':'operator'}"), 200);
    assert_int_equal(kit_get(k, "/console"), 303);
}

static void a_new_role_holds_at_once(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_ADMIN);
    kit_login(k, ROLE_OPERATOR);
    assert_int_equal(kit_get(k, "/console/setup"), 200);
    assert_int_equal(kit_op(k, "user-set", "{'name':'operator','role':'viewer'}"), 200);
    int status = kit_get(k, "/console/setup");
    assert_true(status == 403 || status == 303);
}

static void the_set_up_link(void **state)
{
    struct kit *k = *state;
    struct principal remote = kit_who(ROLE_ADMIN);
    kit_op_as(k, "setup-link", NULL, &remote);
    kit_refused(k, 403, "denied", NULL);
    assert_int_equal(kit_op(k, "setup-link", NULL), 200);
    const char *url = doc_text(k->reply, "url", ""), *path = strstr(url, "/setup/");
    assert_non_null(path);
    assert_true(str_starts(url, "http://127.0.0.1:8444/setup/"));
    assert_int_equal(strlen(path), strlen("/setup/") + 64);
    assert_int_equal(kit_get(k, path), 200);
    assert_int_equal(kit_op(k, "setup-link", NULL), 200); /* a new one voids the former */
    assert_int_equal(kit_get(k, path), 410);
    const char *second = strstr(doc_text(k->reply, "url", ""), "/setup/");
    sim_run_for(61 * MINUTE_MS);
    assert_int_equal(kit_get(k, second), 410);
}

static void nothing_is_added_on_a_full_disk(void **state)
{
    struct kit *k = *state;
    sim_disk_fault(SIM_DISK_FULL);
    kit_op(k, "user-add", CAMILLE);
    assert_true(k->status == 507 || k->status == 503);
    sim_disk_fault(SIM_DISK_OK);
    sim_run_for(2 * MINUTE_MS);
    assert_string_equal(role_of(k, "camille"), "");
    assert_int_equal(kit_op(k, "user-add", CAMILLE), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(add_set_remove), KIT_TEST(what_is_refused), KIT_TEST(the_last_admin_stays), KIT_TEST(replies_hold_no_secret), KIT_TEST(removing_ends_sessions), KIT_TEST(a_new_role_holds_at_once),
        KIT_TEST(the_set_up_link), KIT_TEST(nothing_is_added_on_a_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
