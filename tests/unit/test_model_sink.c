/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The door: names, states, and what is let through of foreign text. */
#include "base/utf8.h"
#include "model_fixture.h"

static const char web[] =
    "hosts: { web1: { checks: [ tcp, passive ] }, off: { enabled: no, checks: [ passive ] } }\n";

static int report(struct fix *f, const char *host, const char *check, enum state state,
                  const char *text, struct err *e)
{
    struct result r = {
        .state = state, .text = text, .more = text, .perfdata = text, .at_ms = f->now.wall_ms};

    return sink_result(f->m, host, check, &r, f->now, e);
}

static void test_names_and_states(void **state)
{
    struct fix *f = fix_new(web);
    struct err e;

    (void)state;
    assert_int_equal(report(f, "web1", "passive", STATE_OK, "", &e), 0);
    assert_int_equal(report(f, "web1", NULL, STATE_UP, "", &e), 0);
    assert_int_equal(report(f, "web1", NULL, STATE_OK, "", &e), 0);
    assert_int_equal(report(f, "web1", "nix", STATE_OK, "", &e), ERR_NOT_FOUND);
    assert_string_equal(e.field, "check");
    assert_int_equal(report(f, "nix", "passive", STATE_OK, "", &e), ERR_NOT_FOUND);
    assert_string_equal(e.field, "host");
    assert_int_equal(report(f, NULL, "passive", STATE_OK, "", &e), ERR_NOT_FOUND);
    assert_int_equal(report(f, "web1", "passive", STATE_UP, "", &e), ERR_INVALID);
    assert_int_equal(report(f, "web1", "passive", STATE_PENDING, "", &e), ERR_INVALID);
    assert_int_equal(report(f, "web1", "passive", STATE_COUNT, "", &e), ERR_INVALID);
    assert_int_equal(report(f, "off", "passive", STATE_OK, "", &e), ERR_CONFLICT);
    assert_int_equal(report(f, "nix", NULL, STATE_OK, "", NULL), ERR_NOT_FOUND);
    fix_free(f);
}

static void test_foreign_text(void **state)
{
    struct fix *f = fix_new(web);
    struct item *it = fix_item(f, "web1/passive");
    struct err e;

    (void)state;
    assert_int_equal(
        report(f, "web1", "passive", STATE_OK, "a\x1b[31mred\x07 b\nc\xff\xe2\x80\xae", &e), 0);
    assert_string_equal(it->text, "a[31mred b c\xef\xbf\xbd");
    assert_string_equal(it->more, "a[31mred b\nc\xef\xbf\xbd");
    assert_string_equal(it->perfdata, "a[31mred b c\xef\xbf\xbd");
    /* A stranger cannot pack a message. */
    assert_int_equal(report(f, "web1", "passive", STATE_OK, "\x01{1}\x1fs1", &e), 0);
    assert_string_equal(it->text, "{1}s1");
    assert_int_equal(report(f, "web1", "passive", STATE_OK, NULL, &e), 0);
    assert_null(it->text);
    fix_free(f);
}

static void test_ceilings(void **state)
{
    struct fix *f = fix_new(web);
    struct item *it = fix_item(f, "web1/passive");
    char *text = mem_zero(100001);
    struct err e;

    (void)state;
    for (size_t i = 0; i < 100000; i++)
        text[i] = i % 2 ? '\xa9' : '\xc3'; /* é */
    assert_int_equal(report(f, "web1", "passive", STATE_OK, text, &e), 0);
    assert_true(strlen(it->text) <= SINK_MAX_TEXT && strlen(it->text) > SINK_MAX_TEXT - 4);
    assert_true(strlen(it->more) <= SINK_MAX_MORE);
    assert_true(strlen(it->perfdata) <= SINK_MAX_PERFDATA);
    assert_true(utf8_valid(it->text, strlen(it->text)));
    mem_free(text);
    fix_free(f);
}

/* A probe's packed message stays one, with its pieces clean. */
static void test_packed(void **state)
{
    struct fix *f = fix_new(web);
    struct item *it = fix_item(f, "web1/tcp");
    struct buf packed = BUF_MAX(9000), outer = BUF_MAX(9000), shown = BUF_MAX(9000);
    struct result r = {.state = STATE_OK, .at_ms = f->now.wall_ms, .answered = true};

    (void)state;
    msg_pack(&packed, "got {1} in {2}", "sl", "SSH\xff\x1b[2J", INT64_C(31000));
    msg_pack(&outer, "said: {1}", "m", buf_text(&packed));
    r.text = buf_text(&outer);
    sink_item(f->m, it, &r, f->now);
    assert_int_equal(it->text[0], 1);
    msg_render(&shown, it->text, "en");
    assert_string_equal(buf_text(&shown), "said: got SSH\xef\xbf\xbd[2J in 31\u00a0ms");
    buf_clear(&outer);
    buf_clear(&shown);
    msg_pack(&outer, "got {1}", "s", "x");
    for (int i = 0; i < 5000; i++)
        buf_char(&outer, 'y');
    r.text = buf_text(&outer);
    sink_item(f->m, it, &r, f->now);
    assert_true(strlen(it->text) <= SINK_MAX_TEXT);
    msg_render(&shown, it->text, "en");
    assert_true(str_starts(buf_text(&shown), "got xyyy"));
    buf_done(&packed);
    buf_done(&outer);
    buf_done(&shown);
    fix_free(f);
}

/* A result dated from the future or before all time counts as of now. */
static void test_times(void **state)
{
    struct fix *f = fix_new(web);
    struct item *it = fix_item(f, "web1/passive");
    struct result r = {.state = STATE_OK, .text = "", .at_ms = f->now.wall_ms + HOUR_MS};
    struct err e;

    (void)state;
    assert_int_equal(sink_result(f->m, "web1", "passive", &r, f->now, &e), 0);
    assert_int_equal(it->last_check_ms, f->now.wall_ms);
    r.at_ms = -5;
    assert_int_equal(sink_result(f->m, "web1", "passive", &r, f->now, &e), 0);
    assert_int_equal(it->last_check_ms, f->now.wall_ms);
    r.at_ms = f->now.wall_ms - HOUR_MS;
    assert_int_equal(sink_result(f->m, "web1", "passive", &r, f->now, &e), 0);
    assert_int_equal(it->last_check_ms, f->now.wall_ms - HOUR_MS);
    fix_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_states),
        cmocka_unit_test(test_foreign_text),
        cmocka_unit_test(test_ceilings),
        cmocka_unit_test(test_packed),
        cmocka_unit_test(test_times),
    };

    return cmocka_run_group_tests_name("model_sink", tests, NULL, NULL);
}
