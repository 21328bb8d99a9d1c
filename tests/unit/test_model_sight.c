/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the public is told at one moment: the same derivation for all who ask (ST-8, ST-21, LES-5). */
#include "model/sight.h"
#include "model_fixture.h"

#define YAML \
    "site: { title: { en: Harbour, fr: Port } }\n" \
    "groups: { small: { title: { en: Small ones } } }\n" \
    "hosts: { h: { alive: no, checks: [{ once: { name: a } }, { once: { name: b } }] } }\n" \
    "components:\n" \
    "  ferry: { name: { en: Ferry, fr: Bac }, order: 1, group: boats/small, publish: auto, after: 0s, depends: [h/a] }\n" \
    "  buoys: { order: 2, group: boats, publish: propose, depends: [h/b] }\n" \
    "  pilot: { order: 3, publish: manual }\n"

static const enum level of_state[] = {[STATE_OK] = LEVEL_OPERATIONAL, [STATE_WARNING] = LEVEL_DEGRADED, [STATE_CRITICAL] = LEVEL_MAJOR, [STATE_UNKNOWN] = LEVEL_UNKNOWN};

struct scene {
    struct fix *f;
    struct board *b;
    struct arena *a;
};

static struct scene scene_new(void)
{
    struct scene s = {fix_new(YAML), board_new(), arena_new(0)};
    fix_result(s.f, "h/a", STATE_OK, true);
    fix_result(s.f, "h/b", STATE_OK, true);
    return s;
}

static void scene_free(struct scene *s)
{
    board_free(s->b);
    arena_free(s->a);
    fix_free(s->f);
}

static struct sight look(struct scene *s)
{
    struct sight v;
    sight_see(&v, s->a, s->b, s->f->m, NULL, s->f->now.wall_ms);
    return v;
}

static int64_t tell(struct scene *s, int64_t id, int phase, const char *component, enum level level)
{
    static char key[] = "aaaaaaaaaaaa";
    const struct post_level levels[] = {{component, level}};
    struct post p = POST_OF(id ? POST_UPDATE : POST_OPEN);
    const struct bulletin *now;
    struct err e = {0};
    struct wording title = {.lang = {"en"}, .text = {"Something"}, .n = 1};
    fix_pass(s->f, 1000);
    p.title = id ? (struct wording){0} : title;
    p.text = title;
    p.phase = phase;
    p.levels = levels;
    p.n_levels = component ? 1 : 0;
    p.author = "anna";
    p.origin = "cli";
    key[11]++;
    assert_int_equal(board_post(s->b, id, &p, key, s->f->now.wall_ms, &now, &e), 0);
    return now->id;
}

static void quiet(void **state)
{
    struct scene s = scene_new();
    struct sight v = look(&s);
    (void)state;
    assert_int_equal(v.n, 3);
    assert_int_equal(v.worst, LEVEL_OPERATIONAL);
    assert_false(v.waiting);
    assert_null(v.main);
    assert_true(v.since_ms > 0 && v.last_ms > 0);
    scene_free(&s);
}

/* Every state of a check with every level of an incident: the incident counts where there is one, else the check where it may. */
static void every_state_with_every_level(void **state)
{
    static const enum state states[] = {STATE_OK, STATE_WARNING, STATE_CRITICAL, STATE_UNKNOWN};
    static const enum level levels[] = {LEVEL_OPERATIONAL, LEVEL_DEGRADED, LEVEL_PARTIAL, LEVEL_MAJOR};
    (void)state;
    for (size_t i = 0; i < COUNT(states); i++)
        for (size_t k = 0; k < COUNT(levels); k++) {
            struct scene s = scene_new();
            bool published = levels[k] != LEVEL_OPERATIONAL;
            fix_result(s.f, "h/a", states[i], true);
            fix_result(s.f, "h/b", states[i], true);
            if (published) {
                tell(&s, 0, PHASE_INVESTIGATING, "ferry", levels[k]);
                tell(&s, 0, PHASE_INVESTIGATING, "buoys", levels[k]);
            }
            struct sight v = look(&s);
            const struct sight_component *ferry = sight_find(&v, "ferry"), *buoys = sight_find(&v, "buoys");
            assert_int_equal(ferry->level, published ? levels[k] : of_state[states[i]]);
            assert_int_equal(buoys->level, published ? levels[k] : states[i] == STATE_UNKNOWN ? LEVEL_UNKNOWN : LEVEL_OPERATIONAL);
            assert_int_equal(sight_find(&v, "pilot")->level, LEVEL_OPERATIONAL);
            assert_int_equal(v.worst, ferry->level > buoys->level ? ferry->level : buoys->level);
            if (published) {
                assert_ptr_equal(v.main, ferry->because);
                assert_int_equal(v.n_incidents, 2);
                assert_true(v.worst != LEVEL_OPERATIONAL);
            }
            scene_free(&s);
        }
}

static void an_open_incident_is_never_all_good(void **state)
{
    struct scene s = scene_new();
    (void)state;
    int64_t id = tell(&s, 0, PHASE_INVESTIGATING, NULL, 0);
    struct sight v = look(&s);
    assert_int_equal(v.worst, LEVEL_DEGRADED);
    assert_non_null(v.main);
    tell(&s, id, PHASE_MONITORING, NULL, 0); /* it works again; somebody keeps an eye on it */
    v = look(&s);
    assert_int_equal(v.worst, LEVEL_OPERATIONAL);
    assert_ptr_equal(v.main, v.incidents[0]);
    tell(&s, id, PHASE_RESOLVED, NULL, 0);
    v = look(&s);
    assert_int_equal(v.n_incidents, 0);
    assert_null(v.main);
    scene_free(&s);
}

static void the_worst_comes_first(void **state)
{
    struct scene s = scene_new();
    (void)state;
    tell(&s, 0, PHASE_INVESTIGATING, "ferry", LEVEL_MAJOR);
    tell(&s, 0, PHASE_INVESTIGATING, "buoys", LEVEL_DEGRADED);
    struct sight v = look(&s);
    assert_int_equal(bulletin_worst(v.incidents[0], v.now_ms), LEVEL_MAJOR);
    v = look(&s);
    assert_int_equal(v.by_level[LEVEL_MAJOR], 1);
    assert_int_equal(v.by_level[LEVEL_DEGRADED], 1);
    scene_free(&s);
}

static void silence_is_unknown(void **state)
{
    struct scene s = scene_new();
    (void)state;
    fix_pass(s.f, 24 * HOUR_MS);
    struct sight v = look(&s);
    assert_int_equal(sight_find(&v, "ferry")->level, LEVEL_UNKNOWN);
    assert_int_equal(sight_find(&v, "buoys")->level, LEVEL_UNKNOWN);
    assert_int_equal(sight_find(&v, "pilot")->level, LEVEL_OPERATIONAL); /* people alone speak of it */
    scene_free(&s);
}

static void without_a_board(void **state)
{
    struct scene s = scene_new();
    struct sight v;
    (void)state;
    fix_result(s.f, "h/a", STATE_CRITICAL, true);
    sight_see(&v, s.a, NULL, s.f->m, NULL, s.f->now.wall_ms);
    assert_int_equal(v.worst, LEVEL_MAJOR);
    assert_int_equal(v.n_incidents + v.n_works, 0);
    scene_free(&s);
}

static void names(void **state)
{
    struct scene s = scene_new();
    struct sight v = look(&s);
    const char *lang = "x";
    (void)state;
    assert_string_equal(sight_title(&v, "ferry", "fr", &lang), "Bac");
    assert_null(lang);
    assert_string_equal(sight_title(&v, "buoys", "fr", &lang), "buoys");
    assert_string_equal(sight_title(&v, "gone", "fr", &lang), "gone");
    assert_string_equal(sight_site(&v, "fr", &lang), "Port");
    assert_string_equal(sight_group_title(&v, "boats/small", "fr", &lang), "Small ones");
    assert_string_equal(lang, "en");
    assert_string_equal(sight_group_title(&v, "boats/large", "fr", &lang), "large");
    assert_true(sight_in_group(sight_find(&v, "ferry")->c, "boats"));
    assert_false(sight_in_group(sight_find(&v, "ferry")->c, "boat"));
    assert_false(sight_in_group(sight_find(&v, "pilot")->c, "boats"));
    scene_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quiet), cmocka_unit_test(every_state_with_every_level), cmocka_unit_test(an_open_incident_is_never_all_good), cmocka_unit_test(the_worst_comes_first),
        cmocka_unit_test(silence_is_unknown), cmocka_unit_test(without_a_board), cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
