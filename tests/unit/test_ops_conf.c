/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf show, diff, apply through the operations: nothing with an error, all errors at once, secrets masked. */
#include "daemon_kit.h"

static const char *changes(struct kit *k)
{
    struct buf b = BUF_MAX(1 << 16);
    DOC_EACH(doc_get(k->reply, "changes"), d)
        buf_printf(&b, "%s%s %s %s", b.len ? "; " : "", doc_text(d, "change", ""), doc_text(d, "what", ""), doc_text(d, "name", ""));
    const char *text = arena_dup(k->arena, buf_text(&b));
    buf_done(&b);
    return text;
}

#define LESS "hosts:\n  web1:\n    address: 192.0.2.10\n    checks:\n      - tcp: 22\n      - passive: { name: job, attempts: 2 }\n"

static void the_same_files_change_nothing(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "conf-diff", NULL), 200);
    assert_string_equal(changes(k), "");
    assert_false(doc_bool(k->reply, "applied", true));
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    assert_string_equal(changes(k), "");
}

static void diff_tells_and_apply_does(void **state)
{
    struct kit *k = *state;
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    kit_op(k, "ack", "{'targets':['web1/job'],'comment':'stays','sticky':true}");
    kit_write(k, "vigie.yaml", LESS);
    assert_int_equal(kit_op(k, "conf-diff", NULL), 200);
    kit_has(changes(k), "removed host box");
    kit_has(changes(k), "removed check web1/backup");
    kit_has(changes(k), "changed check web1/job");
    assert_non_null(kit_item(k, "box")); /* only told */
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    assert_true(doc_bool(k->reply, "applied", false));
    assert_null(kit_item(k, "box"));
    assert_null(kit_item(k, "web1/backup"));
    assert_string_equal(kit_item(k, "web1/job")->ack->comment, "stays");
    assert_int_equal(kit_item(k, "web1/job")->st.state, STATE_CRITICAL);
}

static void all_errors_at_once_and_nothing_applied(void **state)
{
    struct kit *k = *state;
    kit_write(k, "vigie.yaml", "hosts:\n  web1:\n    adress: 192.0.2.10\n    checks:\n      - tpc: 22\n  new1: { address: 192.0.2.77 }\n");
    kit_op(k, "conf-apply", NULL);
    kit_refused(k, 400, "invalid", NULL);
    const struct doc *list = doc_get(doc_get(k->reply, "error"), "errors");
    assert_int_equal(list->kids.n, 2);
    assert_int_equal(doc_int(list->kids.first, "line", 0), 3);
    assert_true(doc_int(list->kids.first, "column", 0) > 0);
    assert_true(str_ends(doc_text(list->kids.first, "file", ""), "/vigie.yaml"));
    kit_has(doc_text(list->kids.first, "source", ""), "adress");
    kit_has(kit_text(k), "address");
    assert_null(kit_item(k, "new1"));
    assert_non_null(kit_item(k, "box"));
    kit_op(k, "conf-diff", NULL);
    kit_refused(k, 400, "invalid", NULL);
    kit_write(k, "vigie.yaml", KIT_YAML);
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200); /* a mistake is no trap */
}

static void show_masks_secrets(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "conf-show", NULL), 200);
    const char *yaml = doc_text(k->reply, "yaml", "");
    kit_has(yaml, "router1");
    kit_has(yaml, "box");
    kit_lacks(yaml, "a-secret-word");
    assert_int_equal(kit_op(k, "conf-show", "{'host':'box'}"), 200);
    kit_has(doc_text(k->reply, "yaml", ""), "soft");
    kit_lacks(doc_text(k->reply, "yaml", ""), "router1");
    kit_op(k, "conf-show", "{'host':'bxo'}");
    kit_refused(k, 404, "not_found", "host");
}

static void a_diff_does_not_tell_secrets_either(void **state)
{
    struct kit *k = *state;
    struct buf b = BUF_MAX(8000);
    buf_str(&b, KIT_YAML);
    char *at = strstr(b.data, "a-secret-word");
    memcpy(at, "another-word1", 13);
    kit_write(k, "vigie.yaml", buf_text(&b));
    buf_done(&b);
    assert_int_equal(kit_op(k, "conf-diff", NULL), 200);
    kit_has(changes(k), "changed check web1/backup");
    kit_lacks(kit_text(k), "a-secret-word");
    kit_lacks(kit_text(k), "another-word1");
}

static void the_disk_cannot_be_written(void **state)
{
    struct kit *k = *state;
    kit_write(k, "vigie.yaml", LESS);
    sim_disk_fault(SIM_DISK_FULL);
    kit_op(k, "conf-apply", NULL);
    assert_true(k->status == 507 || k->status == 503 || k->status == 200);
    sim_disk_fault(SIM_DISK_OK);
    sim_run_for(2 * MINUTE_MS);
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    assert_null(kit_item(k, "box"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(the_same_files_change_nothing), KIT_TEST(diff_tells_and_apply_does), KIT_TEST(all_errors_at_once_and_nothing_applied), KIT_TEST(show_masks_secrets),
        KIT_TEST(a_diff_does_not_tell_secrets_either), KIT_TEST(the_disk_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
