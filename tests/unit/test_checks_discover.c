/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The head of a run of discovery: what it tells, in which order, and that no callback comes after a stop. */
#include "checks_twin.h"
#include "checks/discover/discover_priv.h"

struct run {
    struct discover head;
    int *freed;
};
struct seen {
    struct discover *d;
    int findings, progress, ends, code, stop_at; /* stop_at: the finding from which the run is stopped */
    int freed;
    char keys[2000];
    struct discover_progress last;
    bool nothing_after_end;
};

static void run_free(struct discover *d)
{
    struct run *r = (struct run *)d;

    (*r->freed)++;
    mem_free(r);
}

static const struct discover_kind kind = {.free = run_free};

static void on_finding(void *arg, const struct finding *f)
{
    struct seen *s = arg;

    assert_int_equal(s->ends, 0);
    if (s->findings++ < 20)
        str_print(s->keys + strlen(s->keys), sizeof(s->keys) - strlen(s->keys), "%s ", f->key);
    if (s->findings == s->stop_at)
        discover_stop(s->d);
}

static void on_progress(void *arg, const struct discover_progress *p)
{
    struct seen *s = arg;

    assert_int_equal(s->ends, 0);
    s->progress++;
    s->last = *p;
}

static void on_end(void *arg, const struct err *e)
{
    struct seen *s = arg;

    s->ends++;
    s->code = e ? e->code : 0;
    assert_int_equal(s->freed, 0);
    discover_stop(s->d); /* allowed, and nothing */
}

static const struct discover_events events = {on_finding, on_progress, on_end};

static struct run *start(struct loop *l, struct seen *s)
{
    struct run *r = NEW(struct run);

    r->freed = &s->freed;
    discover_begin(&r->head, &kind, l, &events, s);
    s->d = &r->head;
    return r;
}

static void find(struct run *r, const char *key)
{
    char text[40];

    str_copy(text, sizeof(text), key);
    discover_found(&r->head, &(struct finding){.key = text, .source = "test", .host = "web1"});
    memset(text, '!', sizeof(text) - 1); /* the teller's text is gone after the call */
}

static void tells_in_order_then_ends(void **state)
{
    struct loop *l = loop_new("discover");
    struct seen s = {0};
    struct run *r = start(l, &s);

    r->head.progress.all = 2;
    find(r, "one");
    find(r, "two");
    assert_int_equal(s.findings, 0); /* never from inside the call */
    sim_run_for(10);
    assert_string_equal(s.keys, "one two ");
    assert_int_equal(s.last.findings, 2);
    find(r, "three");
    discover_finish(&r->head, NULL);
    sim_run_for(10);
    assert_string_equal(s.keys, "one two three ");
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.code, 0);
    assert_int_equal(s.last.findings, 3);
    assert_int_equal(s.freed, 1);
    loop_free(l);
}

static void an_error_is_told(void **state)
{
    struct loop *l = loop_new("discover");
    struct seen s = {0};
    struct run *r = start(l, &s);
    struct err e;

    err_set(&e, ERR_DENIED, "no", "");
    discover_finish(&r->head, &e);
    sim_run_for(10);
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.code, ERR_DENIED);
    assert_int_equal(s.freed, 1);
    loop_free(l);
}

static void a_stop_is_the_last_word(void **state)
{
    struct loop *l = loop_new("discover");
    struct seen s = {0}, t = {.stop_at = 2};
    struct run *r = start(l, &s);

    find(r, "one");
    discover_stop(s.d);
    assert_int_equal(s.freed, 1);
    r = start(l, &t); /* … and from a callback */
    for (int i = 0; i < 5; i++)
        find(r, "many");
    discover_finish(&r->head, NULL);
    sim_run_for(1000);
    assert_int_equal(s.findings + s.progress + s.ends, 0);
    assert_int_equal(t.findings, 2);
    assert_int_equal(t.ends, 0);
    assert_int_equal(t.freed, 1);
    loop_free(l);
}

static void progress_is_told_now_and_then(void **state)
{
    struct loop *l = loop_new("discover");
    struct seen s = {0};
    struct run *r = start(l, &s);

    for (int i = 0; i < 1000; i++) {
        r->head.progress.done = i + 1;
        discover_moved(&r->head);
        sim_run_for(2);
    }
    assert_true(s.progress >= 4 && s.progress <= 12);
    discover_finish(&r->head, NULL);
    sim_run_for(10);
    assert_int_equal(s.last.done, 1000);
    loop_free(l);
}

static void too_many_are_counted(void **state)
{
    struct loop *l = loop_new("discover");
    struct seen s = {0};
    struct run *r = start(l, &s);

    for (int i = 0; i < FINDING_MAX + 7; i++)
        find(r, "again");
    discover_finish(&r->head, NULL);
    sim_run_for(1000);
    assert_int_equal(s.findings, FINDING_MAX);
    assert_int_equal(s.last.findings, FINDING_MAX + 7);
    assert_int_equal(s.ends, 1);
    loop_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(tells_in_order_then_ends), TWIN_TEST(an_error_is_told), TWIN_TEST(a_stop_is_the_last_word),
        TWIN_TEST(progress_is_told_now_and_then), TWIN_TEST(too_many_are_counted),
    };

    return cmocka_run_group_tests_name("discover", tests, NULL, NULL);
}
