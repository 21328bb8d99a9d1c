/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The soft and hard state machine (MON-1; notes "checks", 3.3 and 3.4), as tables of results, and
 * what a check's results do in the model. */
#include "model_fixture.h"

/* One letter a result: O W C N (unknown); upper case of what is expected after it:
 * state letter, h/s, attempt, then the marks: p problem, r recovery, f soft recovery, t retry, c
 * hard change. */
struct row {
    const char *results, *want;
    int attempts;
    bool is_volatile;
};
static const struct row rows[] = {
    {"O", "Oh1c", 3, false},
    {"OO", "Oh1c Oh1", 3, false},
    {"OC", "Oh1c Cs1t", 3, false},
    {"OCCC", "Oh1c Cs1t Cs2t Ch3pc", 3, false},
    {"OCCCC", "Oh1c Cs1t Cs2t Ch3pc Ch3", 3, false},
    {"OCCCO", "Oh1c Cs1t Cs2t Ch3pc Oh1rc", 3, false},
    {"OCO", "Oh1c Cs1t Oh1f", 3, false},
    {"OCCOC", "Oh1c Cs1t Cs2t Oh1f Cs1t", 3, false},
    {"OWCN", "Oh1c Ws1t Cs2t Nh3pc", 3, false}, /* retries may differ in state */
    {"OCCCWC", "Oh1c Cs1t Cs2t Ch3pc Wh3pc Ch3pc", 3,
     false}, /* a hard problem that changes is told again */
    {"OC", "Oh1c Ch1pc", 1, false},
    {"OCCWO", "Oh1c Ch1pc Ch1 Wh1pc Oh1rc", 1, false},
    {"C", "Cs1t", 2, false}, /* the first result ever may be bad */
    {"CC", "Cs1t Ch2pc", 2, false},
    {"CO", "Cs1t Oh1fc", 2, false},
    {"OCCC", "Oh1c Ch1pc Ch1p Ch1p", 1, true}, /* volatile */
    {"OCCCO", "Oh1c Cs1t Ch2pc Ch2p Oh1rc", 2, true},
};

static enum state state_of(char c)
{
    return c == 'O'   ? STATE_OK
           : c == 'W' ? STATE_WARNING
           : c == 'C' ? STATE_CRITICAL
                      : STATE_UNKNOWN;
}

static void write_step(struct buf *out, char c, const struct standing *st,
                       const struct transition *t)
{
    buf_printf(out, "%s%c%c%d", out->len ? " " : "", c, st->hard ? 'h' : 's', st->attempt);
    buf_str(out, t->problem ? "p" : "");
    buf_str(out, t->recovery ? "r" : "");
    buf_str(out, t->soft_recovery ? "f" : "");
    buf_str(out, t->retry ? "t" : "");
    buf_str(out, t->hard_change ? "c" : "");
}

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct state_rules rules = {.attempts = rows[i].attempts,
                                    .is_volatile = rows[i].is_volatile};
        struct buf got = BUF_MAX(1000);
        struct standing st;
        struct transition t;

        standing_init(&st);
        for (const char *r = rows[i].results; *r; r++) {
            standing_apply(&st, &rules, state_of(*r), false, 1000 * (r - rows[i].results + 1), &t);
            write_step(&got, *r, &st, &t);
        }
        assert_string_equal(buf_text(&got), rows[i].want);
        buf_done(&got);
    }
}

static void test_forced_hard(void **state)
{
    struct state_rules rules = {.attempts = 5};
    struct standing st;
    struct transition t;

    (void)state;
    standing_init(&st);
    standing_apply(&st, &rules, STATE_OK, false, 1, &t);
    standing_apply(&st, &rules, STATE_CRITICAL, true, 2, &t);
    assert_true(st.hard && t.problem && t.hard_change);
    assert_int_equal(st.attempt, 5);
    standing_apply(&st, &rules, STATE_CRITICAL, true, 3, &t);
    assert_false(t.problem);
}

static void test_times(void **state)
{
    struct state_rules rules = {.attempts = 2};
    struct standing st;
    struct transition t;

    (void)state;
    standing_init(&st);
    standing_apply(&st, &rules, STATE_OK, false, 10, &t);
    assert_int_equal(st.since_ms, 10);
    standing_apply(&st, &rules, STATE_CRITICAL, false, 20, &t);
    assert_int_equal(st.since_ms, 20);
    assert_int_equal(st.hard_since_ms, 10);
    assert_int_equal(st.problem_ms, 20);
    assert_int_equal(st.previous, STATE_OK);
    standing_apply(&st, &rules, STATE_CRITICAL, false, 30, &t);
    assert_int_equal(st.since_ms, 20); /* the state is the same, only certain now */
    assert_int_equal(st.hard_since_ms, 30);
    standing_apply(&st, &rules, STATE_WARNING, false, 40, &t);
    assert_int_equal(st.since_ms, 40);
    assert_int_equal(st.problem_ms, 20);
    standing_apply(&st, &rules, STATE_OK, false, 50, &t);
    assert_int_equal(st.problem_ms, 0);
    assert_int_equal(st.hard_since_ms, 50);
}

static void test_attempts_lowered(void **state)
{
    struct state_rules many = {.attempts = 10}, few = {.attempts = 2};
    struct standing st;
    struct transition t;

    (void)state;
    standing_init(&st);
    for (int i = 0; i < 5; i++)
        standing_apply(&st, &many, STATE_CRITICAL, false, i, &t);
    assert_int_equal(st.attempt, 5);
    standing_apply(&st, &few, STATE_CRITICAL, false, 9, &t);
    assert_true(st.hard && t.problem);
    assert_int_equal(st.attempt, 2);
}

static void test_words(void **state)
{
    (void)state;
    for (int s = 0; s < STATE_COUNT; s++)
        assert_int_equal(state_from_word(state_word((enum state)s)), s);
    assert_int_equal(state_from_word("OK"), ERR_INVALID);
    assert_int_equal(state_from_word(NULL), ERR_INVALID);
    assert_true(state_rank(STATE_PENDING) < state_rank(STATE_UP));
    assert_true(state_rank(STATE_OK) < state_rank(STATE_UNKNOWN));
    assert_true(state_rank(STATE_UNKNOWN) < state_rank(STATE_WARNING));
    assert_true(state_rank(STATE_WARNING) < state_rank(STATE_UNREACHABLE));
    assert_true(state_rank(STATE_UNREACHABLE) < state_rank(STATE_CRITICAL));
    assert_int_equal(state_rank(STATE_CRITICAL), state_rank(STATE_DOWN));
    assert_int_equal(sizeof(struct standing), 40);
    assert_true(sizeof(struct item) <= 256); /* MON-15: 1 KB a service, all in */
}

/* ---- in the model ---- */

static const char web[] = "hosts: { web1: { checks: [ tcp, once ] } }\n";

static void test_events(void **state)
{
    struct fix *f = fix_new(web);

    (void)state;
    f->show |= BIT(EVENT_STATE);
    fix_result(f, "web1/tcp", STATE_OK, true);
    fix_expect(f, "state web1/tcp pending>ok hard 1; state web1 pending>up hard 1");
    fix_result(f, "web1/tcp", STATE_CRITICAL, true);
    fix_expect(f, "state web1/tcp ok>critical soft 1");
    fix_result(f, "web1/tcp", STATE_CRITICAL, true);
    fix_expect(f, "");
    fix_result(f, "web1/tcp", STATE_CRITICAL, true);
    fix_expect(f, "state web1/tcp critical>critical hard 3; problem web1/tcp critical");
    fix_result(f, "web1/tcp", STATE_WARNING, true);
    fix_expect(f, "state web1/tcp critical>warning hard 3; problem web1/tcp warning");
    fix_result(f, "web1/tcp", STATE_OK, true);
    fix_expect(f, "state web1/tcp warning>ok hard 1; recovery web1/tcp");
    fix_result(f, "web1/tcp", STATE_CRITICAL, true);
    fix_result(f, "web1/tcp", STATE_OK, true);
    fix_expect(f, "state web1/tcp ok>critical soft 1; state web1/tcp critical>ok hard 1");
    assert_int_equal(f->results, 8);
    fix_check_counts(f);
    fix_free(f);
}

static void test_volatile(void **state)
{
    struct fix *f = fix_new("hosts: { web1: { checks: [ once: { volatile: yes } ] } }\n");

    (void)state;
    fix_result(f, "web1/once", STATE_CRITICAL, true);
    fix_result(f, "web1/once", STATE_CRITICAL, true);
    fix_expect(f, "problem web1/once critical; problem web1/once critical");
    fix_free(f);
}

static void test_item_facts(void **state)
{
    struct fix *f = fix_new(web);
    struct item *it = fix_item(f, "web1/tcp");
    struct result r = {.state = STATE_OK,
                       .text = "all well",
                       .more = "line 1\nline 2",
                       .perfdata = "a=1",
                       .at_ms = f->now.wall_ms - 300,
                       .timings = {.total_us = 250},
                       .late_us = 7,
                       .answered = true};
    uint32_t seq = it->seq;

    (void)state;
    sink_item(f->m, it, &r, f->now);
    assert_string_equal(it->text, "all well");
    assert_string_equal(it->more, "line 1\nline 2");
    assert_string_equal(it->perfdata, "a=1");
    assert_int_equal(it->last_check_ms, r.at_ms);
    assert_int_equal(it->timings.total_us, 250);
    assert_int_equal(it->late_us, 7);
    assert_true(it->seq > seq);
    r.perfdata = NULL;
    sink_item(f->m, it, &r, f->now);
    assert_null(it->perfdata);
    fix_free(f);
}

static void test_dirty(void **state)
{
    struct fix *f = fix_new(web);
    struct item *a = fix_item(f, "web1/tcp"), *b = fix_item(f, "web1/once"),
                *host = fix_item(f, "web1");

    (void)state;
    assert_null(model_take_dirty(f->m));
    fix_result(f, "web1/tcp", STATE_OK, true);
    fix_result(f, "web1/once", STATE_OK, true);
    fix_result(f, "web1/tcp", STATE_OK, true);
    assert_ptr_equal(model_take_dirty(f->m), a);
    assert_ptr_equal(model_take_dirty(f->m), host);
    fix_result(f, "web1/tcp", STATE_OK, true);
    assert_ptr_equal(model_take_dirty(f->m), b);
    assert_ptr_equal(model_take_dirty(f->m), a);
    assert_null(model_take_dirty(f->m));
    assert_false(a->dirty);
    fix_free(f);
}

static void test_walk(void **state)
{
    struct fix *f =
        fix_new("hosts: { web10: { checks: [ tcp ] }, web2: { checks: [ tcp, once ] }, a: { } }\n");
    const char *const want[] = {"a", "web2", "web2/tcp", "web2/once", "web10", "web10/tcp"};
    size_t i_host = 0, i_check = 0, n = 0;
    struct item *it;
    char id[100];

    (void)state;
    while ((it = model_next(f->m, &i_host, &i_check))) {
        assert_true(n < COUNT(want));
        item_id(it, id, sizeof(id));
        assert_string_equal(id, want[n++]);
    }
    assert_int_equal(n, COUNT(want));
    assert_int_equal(model_hosts(f->m), 3);
    assert_string_equal(model_host_at(f->m, 2)->name, "web10");
    assert_null(item_check_name(fix_item(f, "a")));
    assert_string_equal(item_check_name(fix_item(f, "web2/once")), "once");
    assert_null(model_find(f->m, "web2", "nix"));
    assert_null(model_find(f->m, "nix", NULL));
    fix_check_counts(f);
    fix_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),    cmocka_unit_test(test_forced_hard),
        cmocka_unit_test(test_times),    cmocka_unit_test(test_attempts_lowered),
        cmocka_unit_test(test_words),    cmocka_unit_test(test_events),
        cmocka_unit_test(test_volatile), cmocka_unit_test(test_item_facts),
        cmocka_unit_test(test_dirty),    cmocka_unit_test(test_walk),
    };

    return cmocka_run_group_tests_name("model_standing", tests, NULL, NULL);
}
