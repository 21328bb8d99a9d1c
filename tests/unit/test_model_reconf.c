/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A new generation keeps the state of all that goes on, also in the middle of soft states and path
 * checks. */
#include "model_fixture.h"

static const char before[] = "hosts:\n"
                             "  a: { checks: [ tcp, once ] }\n"
                             "  b: { checks: [ tcp ] }\n"
                             "  c: { checks: [ tcp ] }\n";

static void show_conf(struct fix *f)
{
    f->show |= BIT(EVENT_ADDED) | BIT(EVENT_REMOVED) | BIT(EVENT_CHANGED) | BIT(EVENT_RENAMED) |
               BIT(EVENT_RECONF);
}

static void test_first(void **state)
{
    struct fix *f = fix_new(NULL);

    (void)state;
    show_conf(f);
    assert_null(model_conf(f->m));
    fix_apply(f, before);
    fix_expect(
        f,
        "added a; added a/tcp; added a/once; added b; added b/tcp; added c; added c/tcp; reconf -");
    assert_int_equal(model_conf(f->m)->n_hosts, 3);
    fix_check_counts(f);
    fix_free(f);
}

static void test_same_again(void **state)
{
    struct fix *f = fix_new(before);
    struct item *it = fix_item(f, "a/tcp");

    (void)state;
    fix_result(f, "a/tcp", STATE_CRITICAL, true);
    fix_result(f, "a/tcp", STATE_CRITICAL, true);
    while (model_take_dirty(f->m)) {
    }
    show_conf(f);
    fix_apply(f, before);
    fix_expect(f, "reconf -");
    assert_ptr_equal(fix_item(f, "a/tcp"), it);
    assert_ptr_equal(it->conf, conf_find_check(conf_find_host(model_conf(f->m), "a"), "tcp"));
    assert_null(model_take_dirty(f->m));
    assert_string_equal(fix_state(f, "a/tcp"), "critical soft 2");
    fix_result(f, "a/tcp", STATE_CRITICAL, true);
    fix_expect(f, "problem a/tcp critical");
    fix_free(f);
}

static void test_changes(void **state)
{
    struct fix *f = fix_new(before);
    struct command c = {
        .kind = COMMAND_ACK, .host = "a", .check = "once", .author = "anna", .comment = ""};

    (void)state;
    fix_result(f, "a/once", STATE_CRITICAL, true);
    assert_int_equal(fix_command(f, c, NULL), 0);
    fix_item(f, "a/once")->next_check_ms = 12345;
    fix_forget(f);
    show_conf(f);
    fix_apply(
        f,
        "hosts:\n"
        "  a: { checks: [ once: { every: 30s }, tcp, once: { name: more } ] }\n" /* changed, moved,
                                                                                    added */
        "  c: { title: New, checks: [ ] }\n" /* b removed, c without check */
        "  d: { checks: [ tcp ] }\n");
    fix_expect(f, "changed a/once; added a/more; changed c; added d; added d/tcp; removed c/tcp; "
                  "removed b/tcp; removed b; reconf -");
    assert_non_null(fix_item(f, "a/once")->ack);
    assert_int_equal(fix_item(f, "a/once")->next_check_ms, 12345);
    assert_true(fix_item(f, "a/once")->told);
    assert_string_equal(fix_state(f, "a/once"), "critical hard 1");
    assert_string_equal(fix_item(f, "a")->host->checks.at[0]->conf->name, "once");
    assert_null(model_find_host(f->m, "b"));
    assert_null(model_find(f->m, "c", "tcp"));
    assert_int_equal(model_hosts(f->m), 3);
    fix_check_counts(f);
    fix_free(f);
}

static void test_renamed(void **state)
{
    struct fix *f = fix_new(
        "hosts: { r: { address: 192.0.2.1 }, a: { parents: [r], checks: [ tcp, once ] } }\n");
    struct item *once = fix_item(f, "a/once"), *host = fix_item(f, "a");

    (void)state;
    fix_result(f, "a/once", STATE_WARNING, true);
    fix_forget(f);
    show_conf(f);
    fix_apply(f, "hosts: { r: { address: 192.0.2.1 }, z: { was: a, parents: [r], checks: [ tcp, "
                 "once: { name: disk, was: once } ] } }\n");
    fix_expect(f, "renamed z was a; renamed z/tcp was a/tcp; renamed z/disk was a/once; reconf -");
    assert_ptr_equal(fix_item(f, "z"), host);
    assert_ptr_equal(fix_item(f, "z/disk"), once);
    assert_null(model_find_host(f->m, "a"));
    assert_true(once->dirty && host->dirty);
    assert_string_equal(fix_state(f, "z/disk"), "warning hard 1");
    /* The same file once more: `was` stays there, and does nothing. */
    fix_apply(f, "hosts: { r: { address: 192.0.2.1 }, z: { was: a, parents: [r], checks: [ tcp, "
                 "once: { name: disk, was: once } ] } }\n");
    fix_expect(f, "reconf -");
    /* The old name is used anew: the renamed one keeps its state. */
    fix_apply(f, "hosts: { r: { address: 192.0.2.1 }, a: { checks: [ tcp ] }, z: { checks: [ tcp, "
                 "once: { name: disk } ] } }\n");
    fix_expect(f, "added a; added a/tcp; changed z; reconf -");
    fix_check_counts(f);
    fix_free(f);
}

/* Stored rows find their object by the former name as well. */
static void test_restore_by_former_name(void **state)
{
    struct fix *f =
        fix_new("hosts: { z: { was: a, checks: [ once: { name: disk, was: once } ] } }\n");
    struct item_state s = {
        .host = "a",
        .check = "once",
        .override_enabled = -1,
        .told = true,
        .st = {.state = STATE_WARNING, .hard_state = STATE_WARNING, .hard = true, .attempt = 1}};
    struct downtime d = {.id = 3,
                         .host_name = (char[]){"a"},
                         .check_name = (char[]){"once"},
                         .start_ms = 1,
                         .end_ms = INT64_C(9000000000000)};

    (void)state;
    assert_int_equal(model_restore(f->m, &s, f->now), 0);
    assert_string_equal(fix_state(f, "z/disk"), "warning hard 1");
    assert_int_equal(model_restore_downtime(f->m, &d, f->now), 0);
    assert_ptr_equal(model_downtime_at(f->m, 0)->item, fix_item(f, "z/disk"));
    fix_free(f);
}

/* Soft attempts go on where they were. */
static void test_restart_in_soft_state(void **state)
{
    struct fix *f = fix_new("hosts: { h: { checks: [ tcp ] } }\n");
    struct item_state s = {
        .host = "h",
        .check = "tcp",
        .override_enabled = -1,
        .st = {
            .state = STATE_CRITICAL, .hard_state = STATE_OK, .previous = STATE_OK, .attempt = 2}};

    (void)state;
    assert_int_equal(model_restore(f->m, &s, f->now), 0);
    fix_result(f, "h/tcp", STATE_CRITICAL, true);
    fix_expect(f, "problem h/tcp critical");
    s.check = "gone";
    assert_int_equal(model_restore(f->m, &s, f->now), ERR_NOT_FOUND);
    s.check = "tcp", s.st.state = 77;
    assert_int_equal(model_restore(f->m, &s, f->now), ERR_INVALID);
    s.st.state = STATE_UP;
    assert_int_equal(model_restore(f->m, &s, f->now), ERR_INVALID);
    fix_free(f);
}

static void test_enabled_by_configuration(void **state)
{
    struct fix *f = fix_new(before);

    (void)state;
    fix_apply(f, "hosts: { a: { enabled: no, checks: [ tcp, once ] }, b: { checks: [ tcp: { "
                 "enabled: no } ] }, c: { checks: [ tcp ] } }\n");
    fix_expect(f, "enabled a off; enabled a/tcp off; enabled a/once off; enabled b/tcp off");
    assert_int_equal(
        fix_command(f, (struct command){.kind = COMMAND_ENABLE, .host = "b", .check = "tcp"}, NULL),
        0);
    fix_forget(f);
    fix_apply(f, before); /* what an operator said stands above it */
    fix_expect(f, "enabled a on; enabled a/tcp on; enabled a/once on");
    fix_apply(f, "hosts: { b: { checks: [ tcp: { enabled: no } ] } }\n");
    assert_true(fix_item(f, "b/tcp")->enabled);
    fix_check_counts(f);
    fix_free(f);
}

/* Results and commands come while it runs; every item of both generations is safe. */
static void test_results_in_between(void **state)
{
    struct fix *f = fix_new(before);
    struct conf *next =
        fix_conf("hosts: { c: { checks: [ tcp, once ] }, d: { checks: [ tcp ] } }\n");
    struct item *gone = fix_item(f, "b/tcp"), *stays = fix_item(f, "c/tcp");
    struct result r = {
        .state = STATE_CRITICAL, .text = "x", .at_ms = f->now.wall_ms, .answered = true};
    struct reconf *rc = reconf_begin(f->m, next);
    int steps = 0;

    (void)state;
    assert_null(reconf_begin(f->m, next)); /* one at a time */
    conf_unref(next);
    while (reconf_step(rc, 1, f->now)) {
        if (steps++ < 6) /* those that go are freed only at the end */
            model_result(f->m, gone, &r, f->now);
        model_result(f->m, stays, &r, f->now);
        fix_command(f, (struct command){.kind = COMMAND_RECHECK, .host = "c", .check = "tcp"},
                    NULL);
    }
    assert_true(steps > 6);
    assert_string_equal(fix_state(f, "c/tcp"), "critical hard 3");
    fix_check_counts(f);
    fix_free(f);
}

static void test_freed_in_between(void **state)
{
    struct fix *f = fix_new(before);
    struct conf *next = fix_conf("hosts: { c: { checks: [ tcp ] }, d: { checks: [ tcp ] } }\n");
    struct reconf *rc = reconf_begin(f->m, next);

    (void)state;
    conf_unref(next);
    assert_int_equal(reconf_step(rc, 3, f->now), 1);
    fix_free(f);
}

static void test_parents_change(void **state)
{
    struct fix *f = fix_new("hosts: { r: { address: 192.0.2.1 }, s: { address: 192.0.2.2 }, h: { "
                            "address: 192.0.2.3, parents: [r, s] } }\n");
    struct host *h = fix_item(f, "h")->host, *r = fix_item(f, "r")->host,
                *s = fix_item(f, "s")->host;

    (void)state;
    assert_int_equal(h->parents.n, 2);
    assert_int_equal(r->children.n, 1);
    fix_apply(f, "hosts: { r: { address: 192.0.2.1 }, s: { address: 192.0.2.2 }, h: { address: "
                 "192.0.2.3, parents: [s] } }\n");
    assert_int_equal(h->parents.n, 1);
    assert_ptr_equal(h->parents.at[0], s);
    assert_int_equal(r->children.n, 0);
    fix_apply(f, "hosts: { r: { address: 192.0.2.1, parents: [h] }, h: { address: 192.0.2.3 } }\n");
    assert_int_equal(h->parents.n, 0);
    assert_ptr_equal(r->parents.at[0], h);
    fix_apply(f, "hosts: { r: { address: 192.0.2.1 } }\n");
    assert_int_equal(r->parents.n, 0);
    fix_free(f);
}

/* The dead router is taken out of the file: what was behind it is asked anew. */
static void test_cut_is_removed(void **state)
{
    struct fix *f =
        fix_new("hosts: { r: { address: 192.0.2.1 }, h: { address: 192.0.2.3, parents: [r] } }\n");

    (void)state;
    fix_round(f, false);
    f->dead[0] = "r";
    for (int i = 0; i < 4; i++)
        fix_round(f, false);
    assert_int_equal(fix_item(f, "h")->st.state, STATE_UNREACHABLE);
    f->show |= BIT(EVENT_RECHECK);
    fix_forget(f);
    fix_apply(f, "hosts: { h: { address: 192.0.2.3 } }\n");
    fix_expect(f, "recheck h soon");
    assert_null(fix_item(f, "h")->host->cut);
    f->n_queue = 0;
    fix_attempt(f, fix_item(f, "h"));
    assert_string_equal(fix_state(f, "h"), "up hard 1");
    fix_free(f);
}

/* A slice ends between hosts: a downtime that ends there ends for every check of its host, also for new ones. */
static void test_downtime_ends_in_between(void **state)
{
    struct fix *f = fix_new("hosts: { h: { checks: [ tcp ] } }\n");
    struct conf *next = fix_conf("hosts: { h: { checks: [ tcp, once ] } }\n");
    int64_t id = 0;

    (void)state;
    assert_int_equal(fix_command(f,
                                 (struct command){.kind = COMMAND_DOWNTIME,
                                                  .host = "h",
                                                  .comment = "x",
                                                  .end_ms = f->now.wall_ms + 60000},
                                 &id),
                     0);
    struct reconf *rc = reconf_begin(f->m, next);
    conf_unref(next);
    for (int more = 1; more;) {
        more = reconf_step(rc, 1, f->now);
        if (id && model_find(f->m, "h", "once")) {
            assert_int_equal(fix_command(f, (struct command){.kind = COMMAND_DOWNTIME_END, .downtime_id = id}, NULL), 0);
            id = 0;
        }
    }
    assert_int_equal(id, 0);
    assert_int_equal(fix_item(f, "h/tcp")->downtime_depth, 0);
    assert_int_equal(fix_item(f, "h/once")->downtime_depth, 0);
    fix_check_counts(f);
    fix_free(f);
}

/* Between two slices a result names a host as the cut that goes with this very generation. */
static void test_cut_in_between(void **state)
{
    struct fix *f = fix_new("hosts: { r: { address: 192.0.2.1 }, h: { address: 192.0.2.3, parents: [r] } }\n");
    struct conf *next = fix_conf("hosts: { h: { address: 192.0.2.3 }, z: { address: 192.0.2.4 } }\n");
    struct host *r = fix_item(f, "r")->host, *h = fix_item(f, "h")->host;
    struct reconf *rc = reconf_begin(f->m, next);
    bool named = false;

    (void)state;
    conf_unref(next);
    while (reconf_step(rc, 1, f->now))
        if (!named && h->parents.n == 0) { /* its links are done, those of others not */
            h->cut = r;
            named = true;
        }
    assert_true(named);
    assert_null(h->cut);
    fix_free(f);
}

/* A host that is waited for, or waits, goes away. */
static void test_path_check_in_between(void **state)
{
    struct fix *f =
        fix_new("hosts: { r: { address: 192.0.2.1 }, h: { address: 192.0.2.3, parents: [r] } }\n");

    (void)state;
    fix_result(f, "r", STATE_OK, true);
    fix_result(f, "h", STATE_OK, true);
    for (int i = 0; i < 3; i++)
        fix_result(f, "h", STATE_CRITICAL, false);
    assert_true(fix_item(f, "h")->verifying);
    f->show |= BIT(EVENT_RECHECK);
    fix_apply(
        f,
        "hosts: { h: { address: 192.0.2.3 } }\n"); /* no parents any more: once more, then down */
    fix_expect(f, "recheck h");
    fix_result(f, "h", STATE_CRITICAL, false);
    fix_expect(f, "problem h down");
    fix_result(f, "h", STATE_OK, true);
    for (int i = 0; i < 2; i++)
        fix_result(f, "h", STATE_CRITICAL, false);
    fix_apply(f, "hosts: { q: { address: 192.0.2.3, checks: [ tcp ] } }\n");
    fix_wait(f, 2 * MINUTE_MS);
    fix_free(f);
}

static void test_own_check_comes_and_goes(void **state)
{
    struct fix *f = fix_new("hosts: { h: { address: 192.0.2.3, checks: [ once ] } }\n");

    (void)state;
    fix_result(f, "h/once", STATE_CRITICAL, false); /* held: is the host up? */
    fix_expect(f, "");
    fix_apply(f, "hosts: { h: { checks: [ once ] } }\n");
    assert_false(fix_item(f, "h")->verifying);
    fix_result(f, "h/once", STATE_CRITICAL, false);
    fix_expect(f, "problem h/once critical");
    fix_apply(f, "hosts: { h: { address: 192.0.2.3, checks: [ once ] } }\n");
    fix_result(f, "h", STATE_OK, true);
    assert_string_equal(fix_state(f, "h"), "up hard 1");
    fix_free(f);
}

/* Many checks on one host: they are found by a map. */
static void test_many_checks(void **state)
{
    struct buf yaml = BUF_MAX(100000);
    struct fix *f;

    (void)state;
    buf_str(&yaml, "hosts:\n  h:\n    checks:\n");
    for (int i = 0; i < 300; i++)
        buf_printf(&yaml, "      - once: { name: c%d }\n", i);
    f = fix_new(buf_text(&yaml));
    fix_result(f, "h/c299", STATE_CRITICAL, true);
    buf_str(&yaml, "      - once: { name: c300 }\n");
    show_conf(f);
    fix_forget(f);
    fix_apply(f, buf_text(&yaml));
    fix_expect(f, "added h/c300; reconf -");
    assert_string_equal(fix_state(f, "h/c299"), "critical hard 1");
    fix_apply(f, "hosts: { h: { checks: [ once: { name: c5 } ] } }\n");
    assert_null(model_find(f->m, "h", "c6"));
    assert_non_null(model_find(f->m, "h", "c5"));
    fix_check_counts(f);
    buf_done(&yaml);
    fix_free(f);
}

/* ---- at random: everything at once ---- */

static unsigned roll(unsigned sides)
{
    static uint64_t seed = 1;

    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(seed >> 33) % sides;
}

static const char *const generations[] = {
    "hosts: { r: { address: 192.0.2.1 }, a: { address: 192.0.2.2, parents: [r], checks: [ tcp, "
    "once, passive: { freshness: 5m } ] } }\n",
    "hosts: { r: { address: 192.0.2.1 }, a: { parents: [r], checks: [ tcp, once: { flap: no } ] }, "
    "b: { address: 192.0.2.3, parents: [a, r], checks: [ once ] } }\n",
    "hosts: { r: { address: 192.0.2.1 }, z: { was: a, address: 192.0.2.2, parents: [r], checks: [ "
    "once: { name: x, was: once }, beat: { freshness: 9m } ] }, b: { parents: [z], checks: [ once, "
    "tcp ] } }\n",
    "hosts: { a: { address: 192.0.2.2, enabled: no, checks: [ tcp, once ] }, b: { address: "
    "192.0.2.3, parents: [a], checks: [ once: { volatile: yes } ] } }\n",
    "hosts: { b: { checks: [ once ] } }\n",
};

static struct item *any_item(struct fix *f)
{
    struct host *h = model_host_at(f->m, roll((unsigned)model_hosts(f->m)));
    unsigned k = roll((unsigned)h->checks.n + 1);

    return k ? h->checks.at[k - 1] : &h->self;
}

static void any_result(struct fix *f)
{
    struct item *it = any_item(f);
    struct result r = {.text = roll(2) ? "one" : "two",
                       .at_ms = f->now.wall_ms - roll(9000),
                       .answered = roll(2),
                       .passive = roll(6) == 0};

    r.state = it->is_host && roll(4) == 0 ? (enum state)(STATE_UP + roll(3))
                                          : (enum state)(STATE_OK + roll(4));
    sink_item(f->m, it, &r, f->now);
}

static void any_command(struct fix *f)
{
    struct item *it = any_item(f);
    struct command c = {.kind = (enum command_kind)(COMMAND_ACK + roll(COMMAND_RESULT)),
                        .host = it->host->name,
                        .check = item_check_name(it),
                        .author = "anna",
                        .comment = "x",
                        .sticky = roll(2),
                        .downtime_id = 1 + roll(40)};

    c.expires_ms = c.kind == COMMAND_ACK && roll(2) ? f->now.wall_ms + roll(600000) : 0;
    c.start_ms = roll(2) ? 0 : f->now.wall_ms + roll(600000);
    c.end_ms = f->now.wall_ms + roll(1200000);
    c.duration_ms = roll(2) ? 0 : roll(600000);
    c.result = (struct result){.state = (enum state)roll(STATE_COUNT), .text = "by hand"};
    (void)model_command(f->m, &c, f->now, NULL, NULL);
}

static void any_time(struct fix *f)
{
    static const int64_t hops[] = {1, 1000, 16000, 40000, 200000, 4000000};

    fix_pass(f, hops[roll(COUNT(hops))]);
    if (roll(20) == 0)
        f->now.wall_ms += (int64_t)roll(20000000) - 10000000;
    model_tick(f->m, f->now);
}

static void expect_consistent(struct fix *f)
{
    size_t i_host = 0, i_check = 0;
    struct item *it;

    fix_check_counts(f);
    while ((it = model_next(f->m, &i_host, &i_check))) {
        int answering = 0;
        assert_true(!it->held || (it->st.hard && state_is_bad((enum state)it->st.state)));
        assert_true(it->is_host ? it->verifying == (it->host->path != NULL) : !it->verifying);
        for (size_t i = 0; i < it->host->checks.n; i++)
            answering += it->host->checks.at[i]->answered;
        assert_int_equal(it->host->answering, answering);
    }
}

static void test_random(void **state)
{
    struct fix *f = fix_new(generations[0]);
    struct reconf *r = NULL;

    (void)state;
    f->show = 0;
    for (int i = 0; i < 20000; i++) {
        unsigned what = roll(100);
        if (what < 60)
            any_result(f);
        else if (what < 75)
            any_command(f);
        else if (what < 95)
            any_time(f);
        else if (!r) {
            struct conf *next = fix_conf(generations[roll(COUNT(generations))]);
            r = reconf_begin(f->m, next);
            conf_unref(next);
        }
        if (r && !reconf_step(r, 1 + (int)roll(3), f->now))
            r = NULL;
        if (!r && i % 20 == 0)
            expect_consistent(f);
        if (roll(10) == 0)
            (void)model_take_dirty(f->m);
    }
    fix_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_downtime_ends_in_between),
        cmocka_unit_test(test_cut_in_between),
        cmocka_unit_test(test_first),
        cmocka_unit_test(test_same_again),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_renamed),
        cmocka_unit_test(test_restore_by_former_name),
        cmocka_unit_test(test_restart_in_soft_state),
        cmocka_unit_test(test_enabled_by_configuration),
        cmocka_unit_test(test_results_in_between),
        cmocka_unit_test(test_freed_in_between),
        cmocka_unit_test(test_parents_change),
        cmocka_unit_test(test_cut_is_removed),
        cmocka_unit_test(test_path_check_in_between),
        cmocka_unit_test(test_own_check_comes_and_goes),
        cmocka_unit_test(test_many_checks),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests_name("model_reconf", tests, NULL, NULL);
}
