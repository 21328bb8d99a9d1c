/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_store_recorder.c: what comes back after kill -9 and power cuts, when things are written and when not,
 * a full disk, renamed and removed things, history and audit.  In the twin.  (MON-1) */
#include "twin_kit.h"

#define YAML                                                                                          \
    "hosts:\n  web1:\n    address: 192.0.2.10\n    checks:\n      - tcp: {}\n      - once: {}\n"      \
    "  web2:\n    checks:\n      - tcp: {}\n"
#define RENAMED                                                                                       \
    "hosts:\n  www:\n    was: web1\n    address: 192.0.2.10\n    checks:\n      - tcp: { name: port, was: tcp }\n" \
    "      - once: {}\n"
#define SHORTER "hosts:\n  web1:\n    address: 192.0.2.10\n    checks:\n      - once: {}\n"

static const struct store_stmt items_q = {"items_q", "SELECT COUNT(*) FROM item_state WHERE gone_ms = 0"};
static const struct store_stmt gone_q = {"gone_q", "SELECT COUNT(*) FROM item_state WHERE gone_ms > 0"};
static const struct store_stmt history_q = {"history_q", "SELECT COUNT(*) FROM history"};
static const struct store_stmt downtime_q = {"downtime_q", "SELECT COUNT(*) FROM downtime"};
static const struct store_stmt audit_q = {
    "audit_q", "SELECT COUNT(*), MAX(who), MAX(detail), COUNT(DISTINCT seq) FROM audit"};
static const struct store_stmt epoch_q = {"epoch_q", "SELECT MAX(epoch), COUNT(DISTINCT epoch) FROM history"};

static int setup(void **state)
{
    *state = twin_new(YAML, 7);
    return 0;
}

static int teardown(void **state)
{
    twin_free(*state);
    return 0;
}

/* The state, attempts, acknowledgement and downtimes return; the restart raises nothing. */
static void all_returns_after_kill_9(void **state)
{
    struct twin *t = *state;
    int64_t id = 0;
    twin_result(t, "web1/tcp", STATE_CRITICAL, "refused");
    twin_result(t, "web1/tcp", STATE_CRITICAL, "refused");
    twin_result(t, "web1/once", STATE_WARNING, "slow");
    assert_int_equal(twin_command(t, (struct command){.kind = COMMAND_ACK, .host = "web1", .check = "once", .comment = "on it",
                                               .sticky = true, .expires_ms = clock_wall_ms() + HOUR_MS}, NULL), 0);
    assert_int_equal(twin_command(t, (struct command){.kind = COMMAND_DOWNTIME, .host = "web2", .check = "tcp", .comment = "move",
                                               .end_ms = clock_wall_ms() + HOUR_MS}, &id), 0);
    assert_int_equal(twin_command(t, (struct command){.kind = COMMAND_DISABLE, .host = "web2", .check = "tcp"}, NULL), 0);
    model_tick(t->model, twin_now());
    sim_run_for(1000);
    struct standing before = twin_item(t, "web1/tcp")->st;
    for (int power = 0; power < 2; power++) {
        twin_crash(t, power);
        const struct item *tcp = twin_item(t, "web1/tcp"), *once = twin_item(t, "web1/once");
        assert_int_equal(tcp->st.state, STATE_CRITICAL);
        assert_int_equal(tcp->st.attempt, 2);
        assert_false(tcp->st.hard);
        assert_true(tcp->st.since_ms == before.since_ms && tcp->st.problem_ms == before.problem_ms);
        assert_true(tcp->st.flap_ring == before.flap_ring);
        assert_string_equal(tcp->text, "refused");
        assert_non_null(once->ack);
        assert_string_equal(once->ack->author, "anna");
        assert_string_equal(once->ack->comment, "on it");
        assert_true(once->ack->sticky);
        assert_false(twin_item(t, "web2/tcp")->enabled);
        assert_int_equal(twin_item(t, "web2/tcp")->downtime_depth, 1);
        assert_int_equal(model_downtimes(t->model), 1);
        assert_true(model_downtime_at(t->model, 0)->id == id);
        assert_true(model_downtime_at(t->model, 0)->active);
    }
}

/* What a person said is there when the flush has called back, even if the power goes right then. */
static void a_flush_is_durable(void **state)
{
    struct twin *t = *state;
    twin_result(t, "web1/once", STATE_CRITICAL, "x");
    assert_int_equal(twin_command(t, (struct command){.kind = COMMAND_ACK, .host = "web1", .check = "once", .comment = "c"}, NULL), 0);
    assert_int_equal(twin_flush(t), 0);
    twin_crash(t, true);
    assert_non_null(twin_item(t, "web1/once")->ack);
    assert_int_equal(twin_flush(t), 0); /* with nothing to do */
}

static void a_state_is_lost_for_a_second_at_most(void **state)
{
    struct twin *t = *state;
    twin_result(t, "web1/once", STATE_OK, "fine");
    sim_run_for(999);
    twin_crash(t, true);
    assert_int_equal(twin_item(t, "web1/once")->st.state, STATE_OK);
}

/* A month of good minutes costs a write in five minutes at most, a change is written at once. */
static void quiet_minutes_cost_little(void **state)
{
    struct twin *t = *state;
    char text[40];
    twin_result(t, "web1/once", STATE_OK, "fine");
    sim_run_for(2 * HOUR_MS);
    uint64_t before = twin_commits(t);
    for (int i = 0; i < 600; i++) { /* ten hours */
        str_print(text, sizeof(text), "%d ms", i);
        twin_result(t, "web1/once", STATE_OK, text);
        sim_run_for(MINUTE_MS);
    }
    assert_in_range(twin_commits(t) - before, 60, 130);
    before = twin_commits(t);
    twin_result(t, "web1/once", STATE_CRITICAL, "down");
    sim_run_for(1000);
    assert_true(twin_commits(t) > before);
    before = twin_commits(t);
    sim_run_for(DAY_MS); /* nothing happens: nothing is written */
    assert_true(twin_commits(t) - before <= 1);
}

/* A clean stop leaves nothing behind, not even what could have waited. */
static void a_stop_writes_all(void **state)
{
    struct twin *t = *state;
    twin_result(t, "web1/once", STATE_OK, "one");
    sim_run_for(1000);
    sim_run_for(MINUTE_MS);
    twin_result(t, "web1/once", STATE_OK, "two");
    int64_t at_ms = twin_item(t, "web1/once")->last_check_ms;
    twin_stop(t);
    twin_start(t);
    assert_true(twin_item(t, "web1/once")->last_check_ms == at_ms);
    assert_string_equal(twin_item(t, "web1/once")->text, "two");
}

static void a_full_disk_is_waited_out(void **state)
{
    struct twin *t = *state;
    struct store_health h;
    twin_result(t, "web1/once", STATE_OK, "fine");
    assert_int_equal(twin_flush(t), 0);
    sim_disk_fault(SIM_DISK_FULL);
    twin_result(t, "web1/once", STATE_CRITICAL, "bad");
    assert_int_equal(twin_command(t, (struct command){.kind = COMMAND_ACK, .host = "web1", .check = "once", .comment = "seen"}, NULL), 0);
    assert_int_equal(twin_flush(t), ERR_FULL);
    assert_true(t->err.text[0] != '\0');
    store_get_health(t->store, &h);
    assert_true(h.failing);
    assert_int_equal(h.why.code, ERR_FULL);
    assert_int_equal(h.free_bytes, 0);
    sim_run_for(HOUR_MS); /* watching goes on */
    twin_result(t, "web1/tcp", STATE_WARNING, "odd");
    sim_disk_fault(SIM_DISK_OK);
    sim_run_for(10 * SECOND_MS);
    store_get_health(t->store, &h);
    assert_false(h.failing);
    int64_t events = twin_ask(t, &history_q);
    assert_true(events >= 4); /* ok, critical, ack, warning: nothing of the history is lost */
    twin_crash(t, true);
    assert_non_null(twin_item(t, "web1/once")->ack);
    assert_string_equal(twin_item(t, "web1/tcp")->text, "odd");
}

static void names_are_followed(void **state)
{
    struct twin *t = *state;
    twin_result(t, "web1/tcp", STATE_CRITICAL, "refused");
    twin_result(t, "web1/once", STATE_WARNING, "slow");
    sim_run_for(1000);
    t->yaml = RENAMED; /* while the daemon is down */
    twin_crash(t, false);
    assert_int_equal(twin_item(t, "www/port")->st.state, STATE_CRITICAL);
    assert_int_equal(twin_item(t, "www/once")->st.state, STATE_WARNING);
    sim_run_for(1000);
    assert_int_equal(twin_ask(t, &gone_q), 0);
    twin_crash(t, false); /* the new names are in the store now */
    assert_int_equal(twin_item(t, "www/port")->st.state, STATE_CRITICAL);
}

static void live_renames_are_followed(void **state)
{
    struct twin *t = *state;
    twin_result(t, "web1/tcp", STATE_CRITICAL, "refused");
    sim_run_for(1000);
    twin_apply(t, RENAMED);
    sim_run_for(1000);
    twin_crash(t, true);
    assert_int_equal(twin_item(t, "www/port")->st.state, STATE_CRITICAL);
    t->yaml = YAML; /* another web1: it has nothing to do with the old one */
    sim_run_for(1000);
    assert_true(twin_ask(t, &gone_q) >= 1);
}

/* What was removed is kept for a month, and forgotten then. */
static void removed_things_are_kept_for_a_while(void **state)
{
    struct twin *t = *state;
    twin_result(t, "web1/tcp", STATE_CRITICAL, "refused");
    twin_result(t, "web1/once", STATE_OK, "fine");
    sim_run_for(1000);
    int64_t all = twin_ask(t, &items_q);
    twin_apply(t, SHORTER);
    sim_run_for(1000);
    int64_t kept = twin_ask(t, &gone_q);
    assert_true(kept >= 1);
    assert_true(twin_ask(t, &items_q) < all);
    sim_run_for(29 * DAY_MS);
    recorder_prune(t->recorder, clock_wall_ms(), 90);
    assert_true(twin_ask(t, &gone_q) == kept);
    t->yaml = YAML;
    twin_crash(t, false);
    assert_int_equal(twin_item(t, "web1/tcp")->st.state, STATE_CRITICAL);
    sim_run_for(1000);
    assert_int_equal(twin_ask(t, &gone_q), 0);
    twin_apply(t, SHORTER);
    sim_run_for(31 * DAY_MS);
    recorder_prune(t->recorder, clock_wall_ms(), 90);
    assert_int_equal(twin_ask(t, &gone_q), 0);
}

static void downtimes_leave_the_store_when_over(void **state)
{
    struct twin *t = *state;
    int64_t id = 0;
    twin_command(t, (struct command){.kind = COMMAND_DOWNTIME, .host = "web1", .comment = "x", .end_ms = clock_wall_ms() + HOUR_MS}, &id);
    assert_int_equal(twin_flush(t), 0);
    assert_int_equal(twin_ask(t, &downtime_q), 1);
    twin_command(t, (struct command){.kind = COMMAND_DOWNTIME_END, .downtime_id = id}, NULL);
    assert_int_equal(twin_flush(t), 0);
    assert_int_equal(twin_ask(t, &downtime_q), 0);
}

static void history_is_told(void **state)
{
    struct twin *t = *state;
    twin_result(t, "web1/once", STATE_OK, "fine");
    sim_run_for(MINUTE_MS);
    twin_result(t, "web1/once", STATE_CRITICAL, "bad");
    twin_command(t, (struct command){.kind = COMMAND_ACK, .host = "web1", .check = "once", .comment = "on it"}, NULL);
    t->answered = false;
    recorder_history(t->recorder, "web1", "once", 0, 100, twin_answer, t); /* sees what has just happened */
    assert_true(sim_run_flag(&t->answered, 1000));
    assert_string_equal(t->text[0], "once");
    assert_string_equal(t->text[2], "ack");
    t->answered = false;
    recorder_history(t->recorder, "web1", NULL, clock_wall_ms() + 1, 100, twin_answer, t);
    assert_true(sim_run_flag(&t->answered, 1000));
    assert_string_equal(t->text[2], ""); /* none since then */
    t->answered = false;
    recorder_events(t->recorder, 0, 1, twin_answer, t);
    assert_true(sim_run_flag(&t->answered, 1000));
    assert_string_equal(t->text[2], "ack");
    assert_int_equal(twin_ask(t, &history_q), 3);
    sim_run_for(100 * DAY_MS);
    recorder_prune(t->recorder, clock_wall_ms(), 90);
    assert_int_equal(twin_ask(t, &history_q), 0);
}

/* Each life of a node has its own number, so that no two events have the same place. */
static void lives_are_numbered(void **state)
{
    struct twin *t = *state;
    for (int i = 0; i < 3; i++) {
        twin_result(t, "web1/once", i % 2 ? STATE_OK : STATE_CRITICAL, "x");
        sim_run_for(1000);
        twin_crash(t, true);
    }
    twin_ask(t, &epoch_q);
    assert_int_equal(t->n[0], 3);
    assert_int_equal(t->n[1], 3);
}

static void the_audit_says_who(void **state)
{
    struct twin *t = *state;
    recorder_audit(t->recorder, clock_wall_ms(), "anna", "web", "ack", "web1/once", "on it");
    recorder_audit(t->recorder, clock_wall_ms(), "anna", "web", "unack", "web1/once", NULL);
    assert_int_equal(twin_flush(t), 0);
    assert_int_equal(twin_ask(t, &audit_q), 2);
    assert_string_equal(t->text[1], "anna");
    assert_string_equal(t->text[2], "on it");
    assert_int_equal(t->n[3], 2);
}

/* More than one slice: 2,000 checks change at once, and one flush covers them all. */
static void many_items_go_in_slices(void **state)
{
    struct twin *t = *state;
    struct buf yaml = BUF_MAX(1 << 20);
    buf_str(&yaml, "hosts:\n");
    for (int i = 0; i < 2000; i++)
        buf_printf(&yaml, "  h%d:\n    checks: [ once: {} ]\n", i);
    twin_apply(t, buf_text(&yaml));
    char id[32];
    for (int i = 0; i < 2000; i++) {
        str_print(id, sizeof(id), "h%d/once", i);
        twin_result(t, id, STATE_OK, "fine");
    }
    assert_int_equal(twin_flush(t), 0);
    twin_crash(t, true);
    for (int i = 0; i < 2000; i++) {
        str_print(id, sizeof(id), "h%d/once", i);
        assert_int_equal(twin_item(t, id)->st.state, STATE_OK);
    }
    t->yaml = YAML;
    buf_done(&yaml);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(all_returns_after_kill_9),
        T(a_flush_is_durable),
        T(a_state_is_lost_for_a_second_at_most),
        T(quiet_minutes_cost_little),
        T(a_stop_writes_all),
        T(a_full_disk_is_waited_out),
        T(names_are_followed),
        T(live_renames_are_followed),
        T(removed_things_are_kept_for_a_while),
        T(downtimes_leave_the_store_when_over),
        T(history_is_told),
        T(lives_are_numbered),
        T(the_audit_says_who),
        T(many_items_go_in_slices),
    };
    return cmocka_run_group_tests_name("store_recorder", tests, NULL, NULL);
}
