/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The book of findings: what is new, missed, gone and back; decisions that last; ceilings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/finding_book.h"

#define DAY INT64_C(86400000)

static char news[2000];

static void on_news(void *arg, const struct book_news *n)
{
    static const char *const words[] = {"new", "gone", "back"};
    size_t at = strlen(news);

    if (n->entry)
        str_print(news + at, sizeof news - at, "%s %s; ", words[n->kind], n->entry->f.key);
    else
        str_print(news + at, sizeof news - at, "%s %d more; ", words[n->kind], n->n);
}

static const char *told(struct book *b)
{
    news[0] = '\0';
    book_news(b, on_news, NULL);
    return news;
}

static struct finding finding(const char *key)
{
    return (struct finding){.key = key, .source = "host", .host = "web1", .check = "x", .yaml = "x", .what = "what", .evidence = "seen"};
}

static void take(struct book *b, const char *key, bool watched, int64_t now)
{
    struct finding f = finding(key);

    assert_int_equal(book_take(b, &f, watched, false, now), 0);
}

/* A run that finds these, separated by blanks. */
static int run(struct book *b, const char *keys, int64_t now)
{
    struct str rest = str_of(keys), word;
    char key[100];

    book_begin(b, "host");
    while (str_next(&rest, " ", &word)) {
        str_copyn(key, sizeof key, word.p, word.n);
        if (key[0])
            take(b, key, false, now);
    }
    return book_end(b, "host", true, now);
}

static int drain(struct book *b)
{
    int n = 0;

    while (book_take_dirty(b))
        n++;
    return n;
}

static void new_things_are_told_once(void **state)
{
    struct book *b = book_new();

    assert_int_equal(run(b, "web1/10 web1/9", 1000), 0);
    assert_string_equal(told(b), "new web1/10; new web1/9; ");
    assert_string_equal(book_at(b, 0)->f.key, "web1/9"); /* as people count */
    assert_int_equal(run(b, "web1/10 web1/9", 2000), 0);
    assert_string_equal(told(b), "");
    assert_int_equal(book_find(b, "web1/9")->first_ms, 1000);
    assert_int_equal(book_find(b, "web1/9")->last_ms, 2000);
    book_free(b);
}

static void watched_ones_vanish_after_two_looks(void **state)
{
    struct book *b = book_new();

    run(b, "a b", 1000);
    book_watched(b, "a", true, false, 1000);
    told(b);
    assert_int_equal(run(b, "b", 2000), 1); /* in doubt */
    assert_string_equal(told(b), "");
    assert_int_equal(book_find(b, "a")->gone_ms, 0);
    assert_int_equal(run(b, "b", 3000), 0);
    assert_string_equal(told(b), "gone a; ");
    assert_int_equal(book_find(b, "a")->gone_ms, 3000);
    assert_int_equal(run(b, "b", 4000), 0);
    assert_string_equal(told(b), ""); /* once */
    assert_int_equal(run(b, "a b", 5000), 0);
    assert_string_equal(told(b), "back a; ");
    assert_int_equal(book_find(b, "a")->gone_ms, 0);
    book_free(b);
}

static void a_restart_is_no_loss(void **state)
{
    struct book *b = book_new();

    run(b, "a", 1000);
    book_watched(b, "a", true, false, 1000);
    told(b);
    run(b, "", 2000);
    run(b, "a", 3000);
    assert_int_equal(run(b, "", 4000), 1); /* counted anew */
    assert_string_equal(told(b), "");
    book_free(b);
}

static void a_broken_run_misses_nothing(void **state)
{
    struct book *b = book_new();

    run(b, "a", 1000);
    for (int i = 0; i < 3; i++) {
        book_begin(b, "host");
        assert_int_equal(book_end(b, "host", false, 2000), 0);
    }
    assert_non_null(book_find(b, "a"));
    book_begin(b, "net 192.0.2.0/24"); /* another source */
    book_end(b, "net 192.0.2.0/24", true, 2000);
    assert_int_equal(book_find(b, "a")->missed, 0);
    book_free(b);
}

static void undecided_ones_go_ignored_ones_stay(void **state)
{
    struct book *b = book_new();
    char *key;

    run(b, "a b", 1000);
    assert_int_equal(book_decide(b, "b", BOOK_IGNORED), 0);
    drain(b);
    run(b, "", 2000);
    run(b, "", 3000);
    assert_null(book_find(b, "a"));
    key = book_take_removed(b);
    assert_string_equal(key, "a");
    mem_free(key);
    assert_null(book_take_removed(b));
    assert_int_equal(book_find(b, "b")->state, BOOK_IGNORED);
    told(b);
    run(b, "b", 4000);
    assert_string_equal(told(b), ""); /* nobody wanted to know */
    run(b, "", 5000);
    run(b, "", 6000);
    run(b, "", 6000 + (BOOK_KEEP_DAYS + 1) * DAY);
    assert_null(book_find(b, "b"));
    book_free(b);
}

static void the_configuration_decides_what_is_watched(void **state)
{
    struct book *b = book_new();
    struct book_counts n;

    run(b, "a b", 1000);
    take(b, "c", true, 1000);
    book_count(b, &n);
    assert_int_equal(n.undecided, 2);
    assert_int_equal(n.watched, 1);
    told(b);
    book_watched(b, "a", true, true, 1000);
    assert_true(book_find(b, "a")->by_people);
    assert_int_equal(book_decide(b, "a", BOOK_IGNORED), ERR_CONFLICT);
    book_watched(b, "a", false, false, 1000);
    assert_int_equal(book_find(b, "a")->state, BOOK_UNDECIDED);
    book_decide(b, "b", BOOK_IGNORED);
    book_watched(b, "b", false, false, 1000);
    assert_int_equal(book_find(b, "b")->state, BOOK_IGNORED);
    book_watched(b, "nobody", true, false, 1000);
    assert_int_equal(book_decide(b, "nobody", BOOK_IGNORED), ERR_NOT_FOUND);
    assert_int_equal(book_forget(b, "a"), 0);
    assert_int_equal(book_forget(b, "a"), ERR_NOT_FOUND);
    book_free(b);
}

static void gone_and_no_longer_watched_goes(void **state)
{
    struct book *b = book_new();

    run(b, "a", 1000);
    book_watched(b, "a", true, false, 1000);
    run(b, "", 2000);
    run(b, "", 3000);
    book_watched(b, "a", false, false, 4000);
    assert_null(book_find(b, "a"));
    book_free(b);
}

static void changes_are_kept(void **state)
{
    struct book *b = book_new();
    struct finding f = finding("a");

    run(b, "a b", 1000);
    assert_int_equal(drain(b), 2);
    assert_int_equal(drain(b), 0);
    book_decide(b, "b", BOOK_IGNORED);
    assert_int_equal(drain(b), 1);
    f.yaml = "y";
    f.evidence = "seen elsewhere, and longer than before";
    assert_int_equal(book_take(b, &f, false, false, 2000), 0);
    assert_string_equal(book_find(b, "a")->f.yaml, "y");
    assert_int_equal(book_find(b, "a")->first_ms, 1000);
    assert_int_equal(drain(b), 1);
    book_free(b);
}

static void ceilings(void **state)
{
    struct book *b = book_new();
    struct book_counts n;
    struct finding f;
    char key[32], large[BOOK_MAX_YAML + 2];

    for (int i = 0; i < FINDING_MAX; i++) {
        str_print(key, sizeof key, "web1/%d", i);
        take(b, key, false, 1000);
    }
    f = finding("web1/more");
    assert_int_equal(book_take(b, &f, false, false, 1000), ERR_LIMIT);
    book_count(b, &n);
    assert_int_equal(n.beyond, 1);
    assert_int_equal(n.undecided, FINDING_MAX);
    assert_non_null(strstr(told(b), "new web1/19; new 3980 more; "));
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    f = finding("web1/1");
    f.yaml = large;
    assert_int_equal(book_take(b, &f, false, false, 1000), ERR_INVALID);
    f = finding("");
    assert_int_equal(book_take(b, &f, false, false, 1000), ERR_INVALID);
    f = finding("web1/1");
    f.check = NULL; /* yaml without a check */
    assert_int_equal(book_take(b, &f, false, false, 1000), ERR_INVALID);
    book_free(b);
}

static void restored_as_it_was(void **state)
{
    struct book *b = book_new();
    struct book_entry row = {.f = finding("a"), .state = BOOK_IGNORED, .first_ms = 5, .last_ms = 6, .missed = 1};

    assert_int_equal(book_restore(b, &row), 0);
    assert_int_equal(book_restore(b, &row), ERR_CONFLICT);
    row.f.what = NULL;
    assert_int_equal(book_restore(b, &row), ERR_INVALID);
    assert_string_equal(told(b), "");
    assert_int_equal(drain(b), 0);
    assert_int_equal(book_find(b, "a")->state, BOOK_IGNORED);
    assert_string_equal(book_state_word(BOOK_IGNORED), "ignored");
    assert_int_equal(book_state_from("watched"), BOOK_WATCHED);
    assert_true(book_state_from("x") < 0);
    book_free(b);
}

static void shown(const char *yaml, const char *want)
{
    struct finding f = {.yaml = yaml};
    struct buf out = BUF_MAX(1000);

    finding_show_yaml(&f, &out);
    assert_string_equal(buf_text(&out), want);
    buf_done(&out);
}

static void communities_are_not_shown(void **state)
{
    shown(NULL, "");
    shown("tcp: 22", "tcp: 22");
    shown("snmp: { oid: a, community: \"s3cret\" }", "snmp: { oid: a, community: \"(hidden)\" }");
    shown("snmp: { community: \"a\\\"b\\\\\", address: 192.0.2.1 }", "snmp: { community: \"(hidden)\", address: 192.0.2.1 }");
    shown("snmp: { community: \"cut", "snmp: { community: \"(hidden)");
    shown("snmp: { community: \"cut\\", "snmp: { community: \"(hidden)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_things_are_told_once), cmocka_unit_test(watched_ones_vanish_after_two_looks), cmocka_unit_test(a_restart_is_no_loss),
        cmocka_unit_test(a_broken_run_misses_nothing), cmocka_unit_test(undecided_ones_go_ignored_ones_stay), cmocka_unit_test(the_configuration_decides_what_is_watched),
        cmocka_unit_test(gone_and_no_longer_watched_goes), cmocka_unit_test(changes_are_kept), cmocka_unit_test(ceilings), cmocka_unit_test(restored_as_it_was), cmocka_unit_test(communities_are_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
