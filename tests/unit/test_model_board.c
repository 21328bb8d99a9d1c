/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bulletins, posts, and the state of a component that follows from them (ST-8, LES-1, LES-4, ANN-1). */
#include "model/board.h"
#include "base/json.h"
#include "model_fixture.h"

#define T0 (INT64_C(1790000000) * 1000)
#define MIN (INT64_C(60000))
static const char key_a[] = "aaaaaaaaaaaa", key_b[] = "bbbbbbbbbbbb";

static struct wording said(const char *en, const char *fr)
{
    struct wording w = {0};
    if (en) {
        w.lang[w.n] = "en";
        w.text[w.n++] = en;
    }
    if (fr) {
        w.lang[w.n] = "fr";
        w.text[w.n++] = fr;
    }
    return w;
}

static struct post opening(const struct post_level *levels, int n)
{
    struct post p = POST_OF(POST_OPEN);
    p.title = said("Mail is slow", "Le courriel est lent");
    p.text = said("We look for the cause.", NULL);
    p.levels = levels;
    p.n_levels = n;
    p.author = "anne";
    p.origin = "cli";
    return p;
}

static const struct bulletin *must_post(struct board *b, int64_t id, struct post p, const char *key, int64_t now)
{
    struct err e = {0};
    const struct bulletin *one = NULL;
    assert_int_equal(board_post(b, id, &p, key, now, &one, &e), 0);
    return one;
}

static int refused(struct board *b, int64_t id, struct post p, int64_t now, const char *field)
{
    struct err e = {0};
    uint64_t version = board_version(b);
    int r = board_post(b, id, &p, key_b, now, NULL, &e);
    assert_true(r < 0);
    assert_string_equal(e.field, field);
    assert_int_equal(board_version(b), version); /* nothing happened */
    return r;
}

static void test_life_of_an_incident(void **state)
{
    struct board *b = board_new();
    const struct post_level slow[] = {{"mail", LEVEL_DEGRADED}}, down[] = {{"mail", LEVEL_MAJOR}, {"web", LEVEL_PARTIAL}}, web_up[] = {{"web", LEVEL_OPERATIONAL}};
    const struct bulletin *i = must_post(b, 0, opening(slow, 1), key_a, T0);
    struct post p = POST_OF(POST_UPDATE);

    (void)state;
    assert_int_equal(i->id, 1);
    assert_int_equal(i->phase, PHASE_INVESTIGATING);
    assert_int_equal(i->n_updates, 1);
    assert_int_equal(bulletin_level(i, "mail", T0), LEVEL_DEGRADED);
    assert_int_equal(bulletin_level(i, "mail", T0 - 1), LEVEL_OPERATIONAL);
    p.phase = PHASE_IDENTIFIED;
    p.levels = down;
    p.n_levels = 2;
    p.next_by_ms = T0 + 30 * MIN;
    i = must_post(b, 1, p, NULL, T0 + 10 * MIN);
    assert_int_equal(bulletin_level(i, "mail", T0 + 5 * MIN), LEVEL_DEGRADED); /* what was, stays */
    assert_int_equal(bulletin_level(i, "mail", T0 + 10 * MIN), LEVEL_MAJOR);
    assert_int_equal(bulletin_worst(i, T0 + 10 * MIN), LEVEL_MAJOR);
    assert_int_equal(i->next_by_ms, T0 + 30 * MIN);
    p = POST_OF(POST_UPDATE);
    p.levels = web_up;
    p.n_levels = 1;
    i = must_post(b, 1, p, NULL, T0 + 20 * MIN);
    assert_int_equal(bulletin_level(i, "web", T0 + 20 * MIN), LEVEL_OPERATIONAL);
    assert_int_equal(bulletin_level(i, "web", T0 + 19 * MIN), LEVEL_PARTIAL);
    p = POST_OF(POST_UPDATE);
    p.phase = PHASE_RESOLVED;
    i = must_post(b, 1, p, NULL, T0 + 40 * MIN);
    assert_false(bulletin_is_open(i));
    assert_int_equal(i->ended_ms, T0 + 40 * MIN);
    assert_int_equal(i->next_by_ms, 0);
    assert_int_equal(bulletin_worst(i, T0 + 40 * MIN), LEVEL_OPERATIONAL);
    assert_int_equal(bulletin_peak(i), LEVEL_MAJOR);
    p.phase = PHASE_INVESTIGATING; /* it came back */
    i = must_post(b, 1, p, NULL, T0 + 50 * MIN);
    assert_true(bulletin_is_open(i));
    assert_int_equal(i->ended_ms, 0);
    board_free(b);
}

static void test_back_dated(void **state)
{
    struct board *b = board_new();
    const struct post_level down[] = {{"mail", LEVEL_MAJOR}};
    struct post p = opening(down, 1);
    const struct bulletin *i;

    (void)state;
    p.at_ms = T0 - 90 * MIN;
    i = must_post(b, 0, p, key_a, T0);
    assert_int_equal(i->started_ms, T0 - 90 * MIN);
    assert_int_equal(i->posted_ms, T0);
    assert_int_equal(bulletin_level(i, "mail", T0 - 60 * MIN), LEVEL_MAJOR);
    p = POST_OF(POST_CORRECT);
    p.started_ms = T0 - 120 * MIN;
    i = must_post(b, 1, p, NULL, T0 + MIN);
    assert_int_equal(bulletin_level(i, "mail", T0 - 110 * MIN), LEVEL_MAJOR);
    assert_int_equal(i->n_updates, 1); /* a correction is no update */
    p = POST_OF(POST_UPDATE);
    p.phase = PHASE_RESOLVED;
    p.at_ms = T0 - 30 * MIN;
    i = must_post(b, 1, p, NULL, T0 + 2 * MIN);
    assert_int_equal(i->ended_ms, T0 - 30 * MIN);
    assert_int_equal(i->updates[1].id, 2); /* by when it happened, not by when it was said */
    assert_int_equal(bulletin_level(i, "mail", T0 - 31 * MIN), LEVEL_MAJOR);
    assert_int_equal(bulletin_level(i, "mail", T0 - 29 * MIN), LEVEL_OPERATIONAL);
    p.at_ms = T0 + 300 * MIN;
    refused(b, 1, p, T0 + 3 * MIN, "at");
    board_free(b);
}

static void test_correcting_an_update(void **state)
{
    struct board *b = board_new();
    struct post p = POST_OF(POST_CORRECT_UPDATE);
    const struct bulletin *i = must_post(b, 0, opening(NULL, 0), key_a, T0);

    (void)state;
    p.update_id = 1;
    p.text = said("We look for the cause; no mail is lost.", NULL);
    i = must_post(b, 1, p, NULL, T0 + MIN);
    assert_string_equal(i->updates[0].text.text[0], "We look for the cause; no mail is lost.");
    assert_int_equal(i->updates[0].edited_ms, T0 + MIN);
    assert_int_equal(i->updates[0].posted_ms, T0);
    p.update_id = 7;
    assert_int_equal(refused(b, 1, p, T0, "update"), ERR_NOT_FOUND);
    board_free(b);
}

static struct post planning(int64_t from, int64_t to)
{
    static const char *const touched[] = {"mail", "web"};
    struct post p = POST_OF(POST_OPEN);
    p.what = BULLETIN_WORK;
    p.title = said("New disks", "Nouveaux disques");
    p.start_ms = from;
    p.end_ms = to;
    p.components = touched;
    p.n_components = 2;
    return p;
}

static void test_life_of_work(void **state)
{
    struct board *b = board_new();
    const struct bulletin *w = must_post(b, 0, planning(T0 + 60 * MIN, T0 + 120 * MIN), key_a, T0);
    struct post p = POST_OF(POST_MOVE);

    (void)state;
    assert_int_equal(w->phase, PHASE_CONFIRMED);
    assert_int_equal(w->sequence, 0);
    assert_int_equal(bulletin_worst(w, T0 + 70 * MIN), LEVEL_OPERATIONAL); /* it has not begun */
    p.start_ms = T0 + 90 * MIN;
    p.end_ms = T0 + 150 * MIN;
    w = must_post(b, 1, p, NULL, T0 + MIN);
    assert_int_equal(w->sequence, 1);
    assert_int_equal(w->moved_from_ms, T0 + 60 * MIN);
    assert_int_equal(refused(b, 1, p, T0 + MIN, "start"), ERR_CONFLICT); /* nothing would change */
    p = POST_OF(POST_UPDATE);
    p.phase = PHASE_COMPLETED;
    assert_int_equal(refused(b, 1, p, T0 + 80 * MIN, "phase"), ERR_CONFLICT);
    p.phase = PHASE_RESOLVED;
    assert_int_equal(refused(b, 1, p, T0 + 80 * MIN, "phase"), ERR_INVALID);
    p.phase = PHASE_IN_PROGRESS;
    w = must_post(b, 1, p, NULL, T0 + 91 * MIN);
    assert_int_equal(w->started_ms, T0 + 91 * MIN);
    assert_int_equal(bulletin_level(w, "web", T0 + 91 * MIN), LEVEL_PLANNED);
    p.phase = PHASE_COMPLETED;
    w = must_post(b, 1, p, NULL, T0 + 140 * MIN);
    assert_int_equal(bulletin_level(w, "web", T0 + 139 * MIN), LEVEL_PLANNED);
    assert_int_equal(bulletin_level(w, "web", T0 + 140 * MIN), LEVEL_OPERATIONAL);
    p.phase = PHASE_CANCELLED;
    assert_int_equal(refused(b, 1, p, T0 + 150 * MIN, "phase"), ERR_CONFLICT);
    refused(b, 0, planning(T0, T0), T0, "end");
    board_free(b);
}

static void test_drafts_and_withdrawals(void **state)
{
    struct board *b = board_new();
    const struct post_level down[] = {{"mail", LEVEL_MAJOR}};
    struct post p = opening(down, 1);
    struct err e = {0};
    const struct bulletin *i;

    (void)state;
    p.draft = true;
    i = must_post(b, 0, p, key_a, T0);
    assert_false(bulletin_is_public(i));
    i = must_post(b, 1, POST_OF(POST_PUBLISH), NULL, T0 + MIN);
    assert_true(bulletin_is_public(i));
    assert_int_equal(i->posted_ms, T0 + MIN);
    assert_int_equal(board_remove(b, 1, T0 + MIN, &e), ERR_CONFLICT);
    must_post(b, 1, POST_OF(POST_RETRACT), NULL, T0 + 2 * MIN);
    p = POST_OF(POST_UPDATE);
    p.text = said("more", NULL);
    refused(b, 1, p, T0 + 3 * MIN, "");
    p = opening(down, 1);
    p.draft = true;
    must_post(b, 0, p, key_b, T0);
    assert_int_equal(board_remove(b, 2, T0, &e), 0);
    assert_null(board_find(b, 2));
    assert_null(board_find_key(b, key_b));
    board_free(b);
}

static void test_as_a_tree_and_back(void **state)
{
    struct board *b = board_new();
    struct arena *a = arena_new(0);
    struct buf text = BUF_MAX(100000), again = BUF_MAX(100000);
    const struct post_level down[] = {{"mail", LEVEL_MAJOR}};
    const struct bulletin *i = must_post(b, 0, opening(down, 1), key_a, T0 + 123);
    struct doc *d = doc_object(a), *d2 = doc_object(a), *read = NULL;
    struct bulletin *back = NULL;
    struct err e = {0};

    (void)state;
    bulletin_write(i, d);
    json_write(&text, d, "en", 0);
    assert_int_equal(json_parse(a, buf_text(&text), text.len, 1 << 20, &read, &e), 0);
    assert_int_equal(bulletin_read(read, &back, &e), 0);
    bulletin_write(back, d2);
    json_write(&again, d2, "en", 0);
    assert_string_equal(buf_text(&text), buf_text(&again));
    assert_int_equal(board_restore(b, bulletin_ref(back), &e), ERR_CONFLICT);
    bulletin_unref(back);
    doc_put_int(d, "sequence", -4);
    assert_int_equal(bulletin_read(d, &back, &e), ERR_INVALID);
    assert_string_equal(e.field, "sequence");
    bulletin_unref(back);
    buf_done(&text);
    buf_done(&again);
    arena_free(a);
    board_free(b);
}

static const char house[] = "hosts: { web1: { checks: [ tcp, once ] } }\n"
                            "components:\n"
                            "  auto: { depends: [ web1/once ], publish: auto, after: 3m }\n"
                            "  shy: { depends: [ web1/once ], publish: propose }\n"
                            "  hand: { publish: manual }\n";

static struct component_standing stand(struct fix *f, struct board *b, int i)
{
    struct component_standing s;
    board_standing(b, f->m, model_conf(f->m)->components[i], f->now.wall_ms, &s);
    return s;
}

static void test_what_a_component_is(void **state)
{
    struct fix *f = fix_new(house);
    struct board *b = board_new();
    const struct post_level down[] = {{"auto", LEVEL_PARTIAL}};
    struct post p;

    (void)state;
    assert_int_equal(stand(f, b, 0).level, LEVEL_UNKNOWN); /* nothing was seen yet: silence is not green */
    assert_int_equal(stand(f, b, 1).level, LEVEL_OPERATIONAL); /* by name: hand */
    fix_result(f, "web1/once", STATE_OK, true);
    assert_int_equal(stand(f, b, 0).level, LEVEL_OPERATIONAL);
    fix_result(f, "web1/once", STATE_CRITICAL, true);
    assert_int_equal(stand(f, b, 0).level, LEVEL_OPERATIONAL); /* not yet: a flap would be swallowed */
    assert_int_equal(stand(f, b, 0).checks, LEVEL_MAJOR);
    assert_true(stand(f, b, 0).look_again_ms > f->now.wall_ms && stand(f, b, 0).look_again_ms <= f->now.wall_ms + 3 * MIN);
    fix_wait(f, 4 * MINUTE_MS);
    assert_int_equal(stand(f, b, 0).level, LEVEL_MAJOR);
    assert_int_equal(stand(f, b, 2).level, LEVEL_OPERATIONAL); /* shy: a person says it */
    p = opening(down, 1);
    must_post(b, 0, p, key_a, f->now.wall_ms);
    assert_int_equal(stand(f, b, 0).level, LEVEL_PARTIAL); /* what people say goes before what checks say */
    assert_non_null(stand(f, b, 0).because);
    must_post(b, 1, POST_OF(POST_RETRACT), NULL, f->now.wall_ms);
    assert_int_equal(stand(f, b, 0).level, LEVEL_MAJOR);
    board_free(b);
    fix_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life_of_an_incident), cmocka_unit_test(test_back_dated),         cmocka_unit_test(test_correcting_an_update),
        cmocka_unit_test(test_life_of_work),        cmocka_unit_test(test_drafts_and_withdrawals), cmocka_unit_test(test_as_a_tree_and_back),
        cmocka_unit_test(test_what_a_component_is),
    };
    return cmocka_run_group_tests_name("model_board", tests, NULL, NULL);
}
