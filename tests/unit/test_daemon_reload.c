/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the configuration again: SIGHUP, a file that appears, edits, many wishes at once, and all that goes on while a
 * large one is applied in slices. */
#include "daemon_kit.h"
#include "daemon/daemon_priv.h"
#include <signal.h>

static struct principal admin(void) { return kit_who(ROLE_ADMIN); }

/* n hosts with a passive check each; tag ends up in every title, so that every host differs. */
static const char *many(struct kit *k, int n, const char *tag)
{
    struct buf b = BUF_MAX(4 << 20);
    buf_str(&b, "defaults: { every: 1h }\nhosts:\n  web1: { address: 192.0.2.10, checks: [{ tcp: 22 }, { passive: { name: job, attempts: 1 } }] }\n");
    for (int i = 0; i < n; i++)
        buf_printf(&b, "  h%d: { alive: no, title: %s, checks: [{ passive: { name: job, attempts: 1 } }] }\n", i, tag);
    const char *text = arena_dup(k->arena, buf_text(&b));
    buf_done(&b);
    return text;
}

static void a_file_that_appears_is_applied(void **state)
{
    struct kit *k = *state;
    assert_true(mkdir(kit_path(k, "conf.d"), 0755) == 0);
    sim_file(kit_path(k, "conf.d/more.yaml"), "hosts: { new1: { alive: no } }\n");
    sim_run_for(5000);
    assert_non_null(kit_item(k, "new1"));
    sim_file(kit_path(k, "conf.d/more.yaml"), "hosts: { new1: { adress: x } }\n"); /* a wrong one changes nothing, and is told */
    sim_run_for(5000);
    assert_non_null(kit_item(k, "new1"));
    kit_has(k->said, "nothing was changed");
    sim_file(kit_path(k, "conf.d/more.yaml"), NULL);
    sim_run_for(5000);
    assert_null(kit_item(k, "new1"));
    assert_non_null(kit_item(k, "web1/job"));
}

/* “configured in FILE:LINE” follows when nothing but the place of a thing changes. */
static void places_follow(void **state)
{
    struct kit *k = *state;
    unsigned line = kit_item(k, "web1/job")->conf->where.line;
    kit_write(k, "vigie.yaml", "# one\n# two\n# three\n" KIT_YAML);
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    assert_int_equal(kit_item(k, "web1/job")->conf->where.line, line + 3);
    assert_int_equal(model_conf(k->house->model)->hosts[0]->where.line, model_find_host(k->house->model, model_conf(k->house->model)->hosts[0]->name)->conf->where.line);
}

/* With files that have become wrong it starts with what ran before, says so everywhere, and takes the next right ones. */
static void the_last_good_one_is_used(void **state)
{
    struct kit *k = *state;
    struct principal who = admin();
    kit_stop(k);
    kit_write(k, "vigie.yaml", "hosts:\n  web1: { adress: 192.0.2.10 }\n");
    kit_start(k);
    assert_non_null(kit_item(k, "web1/job"));
    kit_has(buf_text(&k->errors), "did you mean");
    assert_int_equal(kit_op_as(k, "status", NULL, &who), 200);
    const struct doc *w = doc_get(k->reply, "configuration");
    assert_int_equal(doc_int(w, "line", 0), 2);
    assert_int_equal(doc_int(w, "errors", 0), 1);
    kit_has(doc_text(w, "file", ""), "vigie.yaml");
    kit_has(doc_text(w, "message", ""), "address");
    kit_login(k, ROLE_VIEWER);
    assert_int_equal(kit_get(k, "/console"), 200);
    kit_has(buf_text(&k->text), "The configuration has errors");
    assert_int_equal(kit_op(k, "metrics", NULL), 200);
    kit_write(k, "vigie.yaml", KIT_YAML "  new1: { alive: no }\n");
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    assert_non_null(kit_item(k, "new1"));
    kit_op(k, "status", NULL);
    assert_null(doc_get(k->reply, "configuration"));
    kit_write(k, "vigie.yaml", "hosts: [\n"); /* while it runs: the same */
    daemon_reload(k->daemon);
    sim_run_for(1000);
    kit_op(k, "status", NULL);
    assert_non_null(doc_get(k->reply, "configuration"));
    kit_stop(k);
    kit_start(k);
    assert_non_null(kit_item(k, "new1"));
}

/* A copy that is torn, of another file, or itself not valid any more is none: it does not start, as without one. */
static void a_copy_that_is_no_good(void **state)
{
    static const char *const copies[] = {"", "vigie-good 1 ", "vigie-good 1 /other.yaml\n3 x\n{}\n\n", "vigie-good 2 x\n", "%s9999 x\n{}\n", "%s-1 x\n", "%sx\n", "%s2 x\n{}", "%s9 x\nhosts: [\n\n",
                                         "%s99999999999999999999 x\n\n"};
    struct kit *k = *state;
    kit_stop(k);
    const char *good = kit_read(k, "conf.good");
    assert_non_null(good);
    const char *head = arena_dupn(k->arena, good, strcspn(good, "\n") + 1);
    kit_write(k, "vigie.yaml", "hosts: [\n");
    for (size_t i = 0; i < COUNT(copies); i++) {
        bool headed = str_starts(copies[i], "%s");
        kit_write(k, "conf.good", arena_printf(k->arena, "%s%s", headed ? head : "", copies[i] + (headed ? 2 : 0)));
        if (kit_try_start(k) == 0)
            fail_msg("it starts with %s", copies[i]);
        kit_has(buf_text(&k->errors), "vigie.yaml");
        sim_crash(false);
    }
    sim_file(kit_path(k, "conf.good"), NULL);
    assert_true(kit_try_start(k) < 0);
    sim_crash(false);
    kit_write(k, "conf.good", good);
    kit_start(k);
    assert_non_null(kit_item(k, "web1/job"));
}

static void what_stays_is_untouched(void **state)
{
    struct kit *k = *state;
    kit_result(k, "box/soft", STATE_CRITICAL, "one");
    kit_result(k, "box/soft", STATE_CRITICAL, "two");
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    kit_op(k, "ack", "{'targets':['web1/job'],'comment':'mine'}");
    int64_t next = kit_item(k, "web1/tcp")->next_check_ms, since = kit_item(k, "web1/job")->st.since_ms;
    kit_write(k, "vigie.yaml", KIT_YAML "  new1: { alive: no }\n");
    daemon_reload(k->daemon);
    sim_run_for(2000);
    assert_non_null(kit_item(k, "new1"));
    assert_int_equal(kit_item(k, "box/soft")->st.attempt, 2); /* in the middle of its tries */
    assert_false(kit_item(k, "box/soft")->st.hard);
    assert_non_null(kit_item(k, "web1/job")->ack);
    assert_int_equal(kit_item(k, "web1/job")->st.since_ms, since);
    assert_int_equal(kit_item(k, "web1/tcp")->next_check_ms, next);
}

/* ---- edits ---- */

static int edit_wrong(void *arg, const char *text, size_t n, struct buf *out, struct err *e)
{
    buf_str(out, "hosts: { new1: { adress: x } }\n");
    return 0;
}

static int edit_refuses(void *arg, const char *text, size_t n, struct buf *out, struct err *e)
{
    return err_set(e, ERR_CONFLICT, MSG("not so"), "");
}

static int edit_adds_a_line(void *arg, const char *text, size_t n, struct buf *out, struct err *e)
{
    buf_add(out, text, n);
    buf_printf(out, n ? "  e%d: { alive: no }\n" : "hosts:\n  e%d: { alive: no }\n", *(int *)arg);
    return 0;
}

struct heard {
    bool answered, applied;
    int code, errors, order;
    int *counter;
};

static void hear(void *arg, const struct house_conf_result *r)
{
    struct heard *h = arg;
    assert_false(h->answered);
    h->answered = true;
    h->applied = r->applied;
    h->code = r->code;
    h->errors = r->errors ? r->errors->n : 0;
    if (h->counter)
        h->order = ++*h->counter;
}

static void edits(void **state)
{
    struct kit *k = *state;
    struct heard wrong = {0}, refused = {0};
    reload_edit(k->daemon, edit_wrong, hear, &wrong);
    assert_true(sim_run_flag(&wrong.answered, 10000));
    assert_int_equal(wrong.code, ERR_INVALID);
    assert_int_equal(wrong.errors, 1);
    assert_null(kit_read(k, "conf.d/added.yaml")); /* tried first, written never */
    reload_edit(k->daemon, edit_refuses, hear, &refused);
    assert_true(sim_run_flag(&refused.answered, 10000));
    assert_int_equal(refused.code, ERR_CONFLICT);
    assert_null(kit_read(k, "conf.d/added.yaml"));
    assert_int_equal(kit_op(k, "add", "{'targets':['one.example.org']}"), 200); /* and it goes on */
    const char *before = kit_read(k, "conf.d/added.yaml");
    struct heard again = {0};
    reload_edit(k->daemon, edit_wrong, hear, &again);
    assert_true(sim_run_flag(&again.answered, 10000));
    assert_string_equal(kit_read(k, "conf.d/added.yaml"), before);
    assert_non_null(kit_item(k, "one.example.org"));
}

/* ---- many at once ---- */

static void many_wishes_in_their_order(void **state)
{
    struct kit *k = *state;
    struct heard h[40];
    int counter = 0, number = 0, busy = 0;
    memset(h, 0, sizeof h);
    for (int i = 0; i < 40; i++) {
        h[i].counter = &counter;
        if (i % 3)
            reload_read(k->daemon, i % 3 == 1, hear, &h[i]);
        else
            reload_edit(k->daemon, edit_wrong, hear, &h[i]);
    }
    sim_run_for(10000);
    for (int i = 0; i < 40; i++) {
        assert_true(h[i].answered);
        busy += h[i].code == ERR_BUSY;
        if (h[i].code == ERR_BUSY)
            continue;
        assert_int_equal(h[i].code, i % 3 ? 0 : ERR_INVALID);
        assert_true(h[i].order > number || busy);
        number = h[i].order;
    }
    assert_int_equal(busy, 40 - DAEMON_MAX_READS - 1); /* one under way, so many wait, the others hear it at once */
}

static int edit_counts(void *arg, const char *text, size_t n, struct buf *out, struct err *e)
{
    return edit_adds_a_line(((struct heard *)arg)->counter, text, n, out, e);
}

/* Each edit sees what the one before wrote: none is lost. */
static void concurrent_edits_are_all_kept(void **state)
{
    struct kit *k = *state;
    struct heard h[20];
    int numbers[20];
    memset(h, 0, sizeof h);
    for (int i = 0; i < 20; i++) {
        numbers[i] = 100 * i;
        h[i].counter = &numbers[i];
        reload_edit(k->daemon, edit_counts, hear, &h[i]);
    }
    sim_run_for(10000);
    for (int i = 0; i < 20; i++) {
        assert_true(h[i].applied);
        assert_non_null(kit_item(k, arena_printf(k->arena, "e%d", 100 * i)));
    }
}

static void operations_meanwhile(void **state)
{
    struct kit *k = *state;
    struct principal who = admin();
    kit_write(k, "vigie.yaml", many(k, 1500, "a"));
    kit_begin(k, "conf-apply", NULL, &who);
    int seen = 0;
    while (!k->answered && sim_step()) { /* between two slices */
        if (++seen % 5)
            continue;
        struct result bad = {.state = seen % 2 ? STATE_CRITICAL : STATE_OK, .text = "meanwhile", .at_ms = clock_wall_ms(), .passive = true};
        sink_result(k->house->model, "web1", "job", &bad, house_now(), NULL);
        struct item *gone = model_find(k->house->model, "box", "job");
        if (gone)
            sink_item(k->house->model, gone, &bad, house_now());
        model_tick(k->house->model, house_now());
    }
    assert_int_equal(k->status, 200);
    assert_null(kit_item(k, "box"));
    assert_non_null(kit_item(k, "h1499/job"));
    assert_string_equal(kit_item(k, "web1/job")->text, "meanwhile");
}

static void a_wish_in_the_middle_of_slices_waits(void **state)
{
    struct kit *k = *state;
    struct principal who = admin();
    struct heard h = {0};
    kit_write(k, "vigie.yaml", many(k, 1500, "a"));
    kit_begin(k, "conf-apply", NULL, &who);
    while (!k->answered && !kit_item(k, "h3") && sim_step())
        ;
    assert_false(k->answered); /* in the middle */
    kit_write(k, "vigie.yaml", KIT_YAML);
    reload_read(k->daemon, true, hear, &h);
    sim_signal(SIGHUP); /* nobody listens here: serve does */
    daemon_reload(k->daemon);
    assert_int_equal(kit_wait(k), 200);
    assert_true(sim_run_flag(&h.answered, 10000));
    assert_true(h.applied);
    assert_null(kit_item(k, "h3"));
    assert_non_null(kit_item(k, "box"));
}

static void pages_and_questions_in_the_middle(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_ADMIN);
    struct heard h = {0};
    kit_write(k, "vigie.yaml", many(k, 1500, "a"));
    reload_read(k->daemon, true, hear, &h);
    while (!h.answered && !kit_item(k, "h3") && sim_step())
        ;
    assert_int_equal(kit_get(k, "/console"), 200);
    assert_int_equal(kit_get(k, "/console/hosts"), 200);
    assert_int_equal(kit_get(k, "/console/setup"), 200);
    assert_int_equal(kit_get(k, "/"), 200);
    assert_true(sim_run_flag(&h.answered, 10000));
    assert_int_equal(kit_get(k, "/console/host/h3"), 200);
}

static void stopped_in_the_middle(void **state)
{
    struct kit *k = *state;
    struct heard h = {0};
    kit_write(k, "vigie.yaml", many(k, 1500, "a"));
    reload_read(k->daemon, true, hear, &h);
    while (!h.answered && !kit_item(k, "h3") && sim_step())
        ;
    assert_false(h.answered);
    kit_stop(k);
    kit_start(k);
    assert_non_null(kit_item(k, "h1499/job"));
}

static void killed_in_the_middle(void **state)
{
    struct kit *k = *state;
    struct heard h = {0};
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    kit_op(k, "ack", "{'targets':['web1/job'],'comment':'kept'}");
    kit_write(k, "vigie.yaml", many(k, 1500, "a"));
    reload_read(k->daemon, true, hear, &h);
    while (!h.answered && !kit_item(k, "h3") && sim_step())
        ;
    static struct daemon *dead; /* reachable, so that a leak checker knows that its memory went with "its process" */
    dead = k->daemon;
    sim_crash(true);
    kit_start(k);
    assert_ptr_not_equal(k->daemon, dead);
    assert_string_equal(kit_item(k, "web1/job")->ack->comment, "kept");
    assert_non_null(kit_item(k, "h1499/job"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(a_file_that_appears_is_applied), KIT_TEST(what_stays_is_untouched), KIT_TEST(places_follow), KIT_TEST(the_last_good_one_is_used), KIT_TEST(a_copy_that_is_no_good), KIT_TEST(edits), KIT_TEST(many_wishes_in_their_order), KIT_TEST(concurrent_edits_are_all_kept), KIT_TEST(operations_meanwhile),
        KIT_TEST(a_wish_in_the_middle_of_slices_waits), KIT_TEST(pages_and_questions_in_the_middle), KIT_TEST(stopped_in_the_middle), KIT_TEST(killed_in_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
