/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ninety days of a component, from tracks and impacts: the policy, planned time apart, no data before the beginning (ST-8). */
#include "model/uptime.h"
#include "model_fixture.h"

#define DAY_MS (INT64_C(86400) * 1000)
#define MIN    (INT64_C(60000))
#define YAML \
    "hosts: { h: { alive: no, checks: [{ once: { name: a } }, { once: { name: b } }] } }\n" \
    "components:\n" \
    "  auto: { order: 1, publish: auto, after: 3m, depends: [h/a] }\n" \
    "  propose: { order: 2, publish: propose, depends: [h/a] }\n" \
    "  both: { order: 3, publish: auto, after: 0s, depends: [h/a, h/b] }\n" \
    "  people: { order: 4, publish: manual }\n"

struct scene {
    struct fix *f;
    struct board *b;
    struct arena *a;
    struct sight s;
    struct track t[2];
    struct uptime u;
    int64_t now, noon; /* noon: of yesterday, UTC */
};

static int setup(void **state)
{
    struct scene *s = NEW(struct scene);
    s->f = fix_new(YAML);
    s->b = board_new();
    s->a = arena_new(0);
    s->now = s->f->now.wall_ms;
    s->noon = s->now - s->now % DAY_MS - DAY_MS / 2;
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    track_done(&s->t[0]);
    track_done(&s->t[1]);
    board_free(s->b);
    arena_free(s->a);
    fix_free(s->f);
    mem_free(s);
    return 0;
}
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static void is(struct scene *s, int t, int64_t at_ms, enum state state)
{
    track_add(&s->t[t], (struct track_step){at_ms, TRACK_STATE, (uint8_t)state});
}

static void work(struct scene *s, int t, int64_t from_ms, int64_t to_ms)
{
    track_add(&s->t[t], (struct track_step){from_ms, TRACK_WORK_BEGINS, 0});
    track_add(&s->t[t], (struct track_step){to_ms, TRACK_WORK_ENDS, 0});
}

static const struct uptime_day *count(struct scene *s, const char *component, int days_ago)
{
    const struct track *tracks[] = {&s->t[0], &s->t[1]};
    sight_see(&s->s, s->a, s->b, s->f->m, NULL, s->now);
    uptime_count(&s->u, &s->s, sight_find(&s->s, component)->c, tracks, s->now - 10 * DAY_MS);
    return &s->u.days[UPTIME_DAYS - 1 - days_ago];
}

static void publish(struct scene *s, const char *component, enum level level, int64_t from_ms, int64_t to_ms)
{
    const struct post_level levels[] = {{component, level}};
    struct post p = POST_OF(POST_OPEN);
    const struct bulletin *b;
    struct err e = {0};
    static char key[] = "aaaaaaaaaaaa";
    key[11]++;
    p.title = (struct wording){.lang = {"en"}, .text = {"x"}, .n = 1};
    p.levels = levels;
    p.n_levels = 1;
    p.at_ms = from_ms;
    p.author = "anna";
    p.origin = "cli";
    assert_int_equal(board_post(s->b, 0, &p, key, s->now, &b, &e), 0);
    p = POST_OF(POST_UPDATE);
    p.phase = PHASE_RESOLVED;
    p.at_ms = to_ms;
    assert_int_equal(board_post(s->b, b->id, &p, NULL, s->now, &b, &e), 0);
}

static void failures_count_by_policy(void **state)
{
    struct scene *s = *state;
    is(s, 0, s->now - 200 * DAY_MS, STATE_OK);
    is(s, 0, s->noon, STATE_CRITICAL);
    is(s, 0, s->noon + 30 * MIN, STATE_OK);
    is(s, 0, s->noon + 60 * MIN, STATE_CRITICAL); /* a flap: shorter than `after` */
    is(s, 0, s->noon + 62 * MIN, STATE_OK);
    const struct uptime_day *d = count(s, "auto", 1);
    assert_int_equal(d->level_s[LEVEL_MAJOR], 30 * 60);
    assert_int_equal(d->known_s, 86400);
    assert_int_equal(d->worst, LEVEL_MAJOR);
    assert_int_equal(s->u.days[0].known_s, 86400);
    assert_int_equal(uptime_figure(&s->u, 2, NULL, NULL), 10000 - 1 - 30 * 60 * 10000 / (86400 + (int)((s->now % DAY_MS) / 1000)));
    d = count(s, "propose", 1); /* what nobody published, users were never told */
    assert_int_equal(d->level_s[LEVEL_MAJOR], 0);
    assert_int_equal(uptime_figure(&s->u, UPTIME_DAYS, NULL, NULL), 10000);
}

static void planned_work_stands_apart(void **state)
{
    struct scene *s = *state;
    int64_t planned, down;
    is(s, 0, s->now - 200 * DAY_MS, STATE_OK);
    work(s, 0, s->noon, s->noon + 60 * MIN);
    is(s, 0, s->noon + 5 * MIN, STATE_CRITICAL);
    is(s, 0, s->noon + 90 * MIN, STATE_OK);
    const struct uptime_day *d = count(s, "auto", 1);
    assert_int_equal(d->level_s[LEVEL_PLANNED], 55 * 60);
    assert_int_equal(d->level_s[LEVEL_MAJOR], 30 * 60); /* it took longer than planned */
    uptime_figure(&s->u, 7, &planned, &down);
    assert_int_equal(planned, 55 * 60);
    assert_int_equal(down, 30 * 60);
}

static void before_the_beginning_is_no_data(void **state)
{
    struct scene *s = *state;
    is(s, 0, s->noon, STATE_OK);
    const struct uptime_day *d = count(s, "auto", 1);
    assert_int_equal(d->known_s, 43200);
    assert_int_equal(count(s, "auto", 2)->known_s, 0);
    assert_int_equal(uptime_figure(&s->u, UPTIME_DAYS, NULL, NULL), 10000);
    assert_int_equal(count(s, "people", 20)->known_s, 0); /* nobody knew anything then */
    assert_int_equal(count(s, "people", 5)->known_s, 86400);
    track_done(&s->t[0]);
    count(s, "auto", 0);
    assert_int_equal(uptime_figure(&s->u, UPTIME_DAYS, NULL, NULL), -1);
}

static void what_was_published_counts_before_checks(void **state)
{
    struct scene *s = *state;
    is(s, 0, s->now - 200 * DAY_MS, STATE_OK);
    is(s, 0, s->noon, STATE_CRITICAL);
    is(s, 0, s->noon + 60 * MIN, STATE_OK);
    publish(s, "auto", LEVEL_DEGRADED, s->noon - 10 * MIN, s->noon + 20 * MIN);
    const struct uptime_day *d = count(s, "auto", 1);
    assert_int_equal(d->level_s[LEVEL_DEGRADED], 30 * 60);
    assert_int_equal(d->level_s[LEVEL_MAJOR], 40 * 60);
    assert_int_equal(count(s, "propose", 1)->level_s[LEVEL_DEGRADED], 0);
    publish(s, "people", LEVEL_PARTIAL, s->noon, s->noon + 10 * MIN);
    assert_int_equal(count(s, "people", 1)->worst, LEVEL_PARTIAL);
}

static void the_worst_of_all_it_rests_on(void **state)
{
    struct scene *s = *state;
    is(s, 0, s->now - 200 * DAY_MS, STATE_OK);
    is(s, 1, s->now - 200 * DAY_MS, STATE_OK);
    is(s, 0, s->noon, STATE_WARNING);
    is(s, 1, s->noon + 10 * MIN, STATE_UNKNOWN);
    is(s, 0, s->noon + 20 * MIN, STATE_OK);
    is(s, 1, s->noon + 30 * MIN, STATE_OK);
    const struct uptime_day *d = count(s, "both", 1);
    assert_int_equal(d->level_s[LEVEL_DEGRADED], 20 * 60);
    assert_int_equal(d->level_s[LEVEL_UNKNOWN], 10 * 60);
}

static void old_steps_go_and_the_state_stays(void **state)
{
    struct scene *s = *state;
    is(s, 0, s->now - 200 * DAY_MS, STATE_OK);
    is(s, 0, s->now - 150 * DAY_MS, STATE_CRITICAL);
    is(s, 0, s->now - 149 * DAY_MS, STATE_OK);
    is(s, 0, s->noon, STATE_WARNING);
    track_forget(&s->t[0], s->now - 92 * DAY_MS);
    assert_int_equal(s->t[0].steps.n, 2);
    assert_int_equal(s->t[0].steps.at[0].at_ms, s->now - 92 * DAY_MS);
    assert_int_equal(s->t[0].steps.at[0].state, STATE_OK);
    is(s, 0, s->noon - MIN, STATE_CRITICAL); /* what comes late finds its place */
    assert_int_equal(s->t[0].steps.at[1].state, STATE_CRITICAL);
    for (int i = 0; i < TRACK_MAX + 10; i++)
        is(s, 0, s->now + i, STATE_OK);
    assert_true(s->t[0].steps.n <= TRACK_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(failures_count_by_policy), TEST(planned_work_stands_apart), TEST(before_the_beginning_is_no_data), TEST(what_was_published_counts_before_checks),
        TEST(the_worst_of_all_it_rests_on), TEST(old_steps_go_and_the_state_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
