/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands: acknowledgements (PRA-3; notes "checks", 3.7), re-check, enabling, results by hand;
 * reasons of quiet. */
#include "model_fixture.h"

static const char web[] =
    "hosts: { web1: { checks: [ tcp, once, passive ] }, off: { enabled: no, checks: [ once ] } }\n";

static struct command ack(const char *check, bool sticky, int64_t expires_ms)
{
    return (struct command){.kind = COMMAND_ACK,
                            .host = "web1",
                            .check = check,
                            .comment = "on it",
                            .sticky = sticky,
                            .expires_ms = expires_ms};
}

static struct fix *with_problem(void)
{
    struct fix *f = fix_new(web);

    fix_result(f, "web1/once", STATE_CRITICAL, true);
    fix_expect(f, "problem web1/once critical");
    return f;
}

static void test_ack(void **state)
{
    struct fix *f = with_problem();
    struct item *it = fix_item(f, "web1/once");
    struct model_counts n;

    (void)state;
    assert_int_equal(fix_command(f, ack("once", false, 0), NULL), 0);
    fix_expect(f, "ack web1/once");
    assert_string_equal(it->ack->author, "anna");
    assert_string_equal(it->ack->comment, "on it");
    assert_int_equal(it->ack->at_ms, f->now.wall_ms);
    assert_int_equal(model_quiet(it), QUIET_ACKNOWLEDGED);
    model_count(f->m, &n);
    assert_int_equal(n.acknowledged, 1);
    assert_int_equal(n.unhandled, 0);
    fix_result(f, "web1/once", STATE_CRITICAL, true);
    fix_expect(f, "");
    fix_result(f, "web1/once", STATE_WARNING,
               true); /* a normal one ends with the state, and the change is told */
    fix_expect(f, "unack web1/once; problem web1/once warning");
    assert_null(it->ack);
    assert_int_equal(f->told, 2);
    fix_check_counts(f);
    fix_free(f);
}

static void test_sticky_ack(void **state)
{
    struct fix *f = with_problem();

    (void)state;
    assert_int_equal(fix_command(f, ack("once", true, 0), NULL), 0);
    fix_result(f, "web1/once", STATE_WARNING, true);
    fix_expect(f, "ack web1/once; problem web1/once warning");
    assert_int_equal(f->told, 1); /* quiet */
    fix_result(f, "web1/once", STATE_OK, true);
    fix_expect(f, "unack web1/once; recovery web1/once");
    fix_free(f);
}

static void test_ack_expires(void **state)
{
    struct fix *f = with_problem();

    (void)state;
    assert_int_equal(fix_command(f, ack("once", true, f->now.wall_ms + 10 * MINUTE_MS), NULL), 0);
    fix_wait(f, 9 * MINUTE_MS);
    fix_expect(f, "ack web1/once");
    fix_wait(f, 2 * MINUTE_MS);
    fix_expect(f, "unack web1/once"); /* somebody was told already: no second problem */
    model_told(f->m, fix_item(f, "web1/once"), false);
    assert_int_equal(fix_command(f, ack("once", true, f->now.wall_ms + MINUTE_MS), NULL), 0);
    fix_wait(f, 2 * MINUTE_MS);
    fix_expect(f, "ack web1/once; unack web1/once; problem web1/once critical");
    fix_free(f);
}

static void test_ack_refused(void **state)
{
    struct fix *f = with_problem();

    (void)state;
    fix_result(f, "web1/tcp", STATE_OK, true);
    assert_int_equal(fix_command(f, ack("tcp", false, 0), NULL), ERR_CONFLICT);
    assert_int_equal(fix_command(f, ack("passive", false, 0), NULL), ERR_CONFLICT); /* pending */
    assert_int_equal(fix_command(f, ack(NULL, false, 0), NULL), ERR_CONFLICT); /* the host is up */
    assert_int_equal(fix_command(f, ack("nix", false, 0), NULL), ERR_NOT_FOUND);
    assert_int_equal(fix_command(f, ack("once", false, f->now.wall_ms - 1), NULL), ERR_INVALID);
    assert_int_equal(
        fix_command(f, (struct command){.kind = COMMAND_UNACK, .host = "web1", .check = "once"},
                    NULL),
        ERR_CONFLICT);
    assert_int_equal(fix_command(f, (struct command){.kind = COMMAND_UNACK, .host = "nix"}, NULL),
                     ERR_NOT_FOUND);
    assert_int_equal(
        fix_command(f, (struct command){.kind = (enum command_kind)99, .host = "web1"}, NULL),
        ERR_INVALID);
    assert_int_equal(fix_command(f, (struct command){.host = "web1"}, NULL), ERR_INVALID);
    fix_expect(f, "");
    fix_free(f);
}

static void test_unack(void **state)
{
    struct fix *f = with_problem();

    (void)state;
    assert_int_equal(fix_command(f, ack("once", true, 0), NULL), 0);
    assert_int_equal(fix_command(f, ack("once", false, 0), NULL), 0); /* a new one replaces it */
    assert_false(fix_item(f, "web1/once")->ack->sticky);
    assert_int_equal(
        fix_command(f, (struct command){.kind = COMMAND_UNACK, .host = "web1", .check = "once"},
                    NULL),
        0);
    fix_expect(f, "ack web1/once; ack web1/once; unack web1/once");
    fix_free(f);
}

static void test_comment(void **state)
{
    struct fix *f = with_problem();
    struct command c = ack("once", false, 0);
    char *text = mem_zero(COMMAND_MAX_COMMENT + 2);

    (void)state;
    memset(text, 'x', COMMAND_MAX_COMMENT + 1);
    c.comment = text;
    assert_int_equal(fix_command(f, c, NULL), ERR_INVALID);
    text[COMMAND_MAX_COMMENT] = '\0';
    assert_int_equal(fix_command(f, c, NULL), 0);
    c.comment = "bad \x1b[31m bytes \xff";
    assert_int_equal(fix_command(f, c, NULL), 0);
    assert_null(strchr(fix_item(f, "web1/once")->ack->comment, 0x1b));
    assert_non_null(strstr(fix_item(f, "web1/once")->ack->comment, "\xef\xbf\xbd"));
    c.comment = NULL;
    assert_int_equal(fix_command(f, c, NULL), 0);
    assert_string_equal(fix_item(f, "web1/once")->ack->comment, "");
    mem_free(text);
    fix_free(f);
}

static void test_recheck(void **state)
{
    struct fix *f = fix_new(web);

    (void)state;
    f->show |= BIT(EVENT_RECHECK);
    assert_int_equal(
        fix_command(f, (struct command){.kind = COMMAND_RECHECK, .host = "web1", .check = "tcp"},
                    NULL),
        0);
    fix_expect(f, "recheck web1/tcp");
    assert_int_equal(
        fix_command(f, (struct command){.kind = COMMAND_RECHECK, .host = "web1"}, NULL), 0);
    fix_expect(f, "recheck web1/tcp; recheck web1/once"); /* no check of its own */
    assert_int_equal(
        fix_command(
            f, (struct command){.kind = COMMAND_RECHECK, .host = "web1", .check = "passive"}, NULL),
        ERR_CONFLICT);
    assert_int_equal(
        fix_command(f, (struct command){.kind = COMMAND_RECHECK, .host = "off", .check = "once"},
                    NULL),
        ERR_CONFLICT);
    fix_expect(f, "");
    fix_free(f);
}

static struct command enabling(enum command_kind kind, const char *host)
{
    return (struct command){.kind = kind, .host = host, .check = "once"};
}

static void test_enabling(void **state)
{
    struct fix *f = with_problem();
    struct item *it = fix_item(f, "web1/once");
    struct model_counts n;

    (void)state;
    assert_int_equal(fix_command(f, enabling(COMMAND_DISABLE, "web1"), NULL), 0);
    fix_expect(f, "enabled web1/once off");
    assert_false(it->enabled);
    assert_int_equal(model_quiet(it), QUIET_DISABLED);
    model_count(f->m, &n);
    assert_int_equal(n.critical, 0);
    assert_int_equal(n.checks, 4);
    fix_result(f, "web1/once", STATE_OK, true); /* an attempt was under way: of no interest */
    assert_int_equal(it->st.state, STATE_CRITICAL);
    assert_int_equal(fix_command(f, enabling(COMMAND_DISABLE, "web1"), NULL), 0);
    fix_expect(f, "");
    assert_int_equal(fix_command(f, enabling(COMMAND_ENABLE, "web1"), NULL), 0);
    fix_expect(f, "enabled web1/once on");
    assert_int_equal(it->override_enabled, 1);
    assert_int_equal(fix_command(f, enabling(COMMAND_AS_CONFIGURED, "web1"), NULL), 0);
    assert_int_equal(it->override_enabled, -1);
    fix_expect(f, "");
    assert_false(fix_item(f, "off/once")->enabled);
    assert_int_equal(fix_command(f, enabling(COMMAND_ENABLE, "off"), NULL), 0);
    fix_expect(f, "enabled off/once on");
    assert_int_equal(fix_command(f, enabling(COMMAND_AS_CONFIGURED, "off"), NULL), 0);
    fix_expect(f, "enabled off/once off");
    fix_check_counts(f);
    fix_free(f);
}

/* A problem that came while nobody was to be told is told when it is switched on again. */
static void test_enabled_with_problem(void **state)
{
    struct fix *f = with_problem();

    (void)state;
    model_told(f->m, fix_item(f, "web1/once"), false);
    fix_command(f, enabling(COMMAND_DISABLE, "web1"), NULL);
    fix_command(f, enabling(COMMAND_ENABLE, "web1"), NULL);
    fix_expect(f, "enabled web1/once off; enabled web1/once on; problem web1/once critical");
    fix_free(f);
}

static void test_results_by_hand(void **state)
{
    struct fix *f = fix_new(web);
    struct command c = {.kind = COMMAND_RESULT,
                        .host = "web1",
                        .check = "passive",
                        .result = {.state = STATE_WARNING, .text = "from cron"}};

    (void)state;
    assert_int_equal(fix_command(f, c, NULL), 0);
    fix_expect(f, "problem web1/passive warning");
    assert_string_equal(fix_item(f, "web1/passive")->text, "from cron");
    c.check = "tcp"; /* active ones too */
    assert_int_equal(fix_command(f, c, NULL), 0);
    assert_string_equal(fix_state(f, "web1/tcp"), "warning soft 1");
    c.host = "off", c.check = "once";
    assert_int_equal(fix_command(f, c, NULL), ERR_CONFLICT);
    c.host = "nix";
    assert_int_equal(fix_command(f, c, NULL), ERR_NOT_FOUND);
    c.host = "web1", c.check = "passive", c.result.state = STATE_DOWN;
    assert_int_equal(fix_command(f, c, NULL), ERR_INVALID);
    c.result.state = STATE_PENDING;
    assert_int_equal(fix_command(f, c, NULL), ERR_INVALID);
    c.check = NULL,
    c.result.state = STATE_DOWN; /* a host's row takes a host's states: hard at once */
    assert_int_equal(fix_command(f, c, NULL), 0);
    fix_expect(f, "problem web1 down");
    fix_free(f);
}

static void test_notify_no(void **state)
{
    struct fix *f = fix_new("hosts: { web1: { checks: [ once: { notify: no } ] } }\n");

    (void)state;
    fix_result(f, "web1/once", STATE_CRITICAL, true);
    fix_expect(f, "problem web1/once critical");
    assert_int_equal(f->told, 0);
    assert_int_equal(model_quiet(fix_item(f, "web1/once")), QUIET_NO_NOTIFY);
    fix_free(f);
}

static void test_quiet_texts(void **state)
{
    (void)state;
    for (int q = QUIET_NO; q <= QUIET_VERIFYING; q++)
        for (int other = QUIET_NO; other < q; other++)
            assert_string_not_equal(quiet_text((enum quiet)q), quiet_text((enum quiet)other));
}

static void test_quiet_of_ok_and_soft(void **state)
{
    struct fix *f = fix_new(web);

    (void)state;
    assert_int_equal(model_quiet(fix_item(f, "web1/tcp")), QUIET_OK);
    fix_result(f, "web1/tcp", STATE_CRITICAL, true);
    assert_int_equal(model_quiet(fix_item(f, "web1/tcp")), QUIET_SOFT);
    fix_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ack),
        cmocka_unit_test(test_sticky_ack),
        cmocka_unit_test(test_ack_expires),
        cmocka_unit_test(test_ack_refused),
        cmocka_unit_test(test_unack),
        cmocka_unit_test(test_comment),
        cmocka_unit_test(test_recheck),
        cmocka_unit_test(test_enabling),
        cmocka_unit_test(test_enabled_with_problem),
        cmocka_unit_test(test_results_by_hand),
        cmocka_unit_test(test_notify_no),
        cmocka_unit_test(test_quiet_texts),
        cmocka_unit_test(test_quiet_of_ok_and_soft),
    };

    return cmocka_run_group_tests_name("model_command", tests, NULL, NULL);
}
