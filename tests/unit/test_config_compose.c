/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_config_compose.c: YAML itself: anchors, merges, quoting, and the limits on what a file may
 * make of little text. */
#include "config_kinds.h"

static void anchors_and_merges(void **state)
{
    struct conf *c = load("hosts:\n"
                          "  a: &host\n"
                          "    title: One\n"
                          "    groups: &groups [x, y]\n"
                          "    checks: &checks\n"
                          "      - tcp: &tcp { port: 22, every: 5m }\n"
                          "  b:\n"
                          "    <<: *host\n"
                          "    title: Two\n"
                          "  c: { groups: *groups, checks: [ { tcp: { <<: *tcp, port: 23 } }, { "
                          "tcp: { name: z, <<: [*tcp, { attempts: 9 }] } } ] }\n"
                          "  d: *host\n");
    const struct conf_host *b = conf_find_host(c, "b"), *h = conf_find_host(c, "c");

    (void)state;
    assert_string_equal(b->title, "Two");
    assert_string_equal(b->groups[1], "y");
    assert_int_equal(b->checks[0]->every_ms, 300000);
    assert_int_equal(opts_of(h->checks[0])->port, 23);
    assert_int_equal(h->checks[0]->every_ms, 300000);
    assert_int_equal(h->checks[1]->attempts, 9);
    assert_string_equal(conf_find_host(c, "d")->title, "One");
    conf_unref(c);
}

/* An anchor of one host is called for much later, and outside the hosts. */
static void anchors_outlive_their_host(void **state)
{
    struct buf b = BUF_MAX(1 << 20);
    struct conf *c;

    (void)state;
    buf_str(&b, "hosts:\n  a: { title: &t some quite long title of a host }\n");
    for (int i = 0; i < 500; i++)
        buf_printf(&b,
                   "  h%d: { title: a text that is long enough to have memory of its own %d }\n", i,
                   i);
    buf_str(&b, "  z: { title: *t }\nsite: { title: *t }\n");
    c = load(buf_text(&b));
    assert_string_equal(conf_find_host(c, "z")->title, "some quite long title of a host");
    assert_string_equal(c->site.title.values[0], "some quite long title of a host");
    conf_unref(c);
    buf_done(&b);
}

/* Nine levels of nine aliases each would be 387 million values. */
static void an_alias_bomb_is_refused(void **state)
{
    struct buf b = BUF_MAX(10000);

    (void)state;
    buf_str(&b, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 10; i++)
        buf_printf(&b, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i,
                   i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    refuse(buf_text(&b), "the aliases of this file expand to more than 1000000 values");
    buf_done(&b);
}

static void bad_aliases(void **state)
{
    (void)state;
    refuse("site: { title: *none }", "there is no anchor none before this alias");
    refuse("site: &s { title: *s }", "the alias s stands inside its own anchor");
    refuse("hosts: { a: { <<: 5 } }", "“<<” takes a mapping");
    refuse("x: &x { a: { title: t } }\nhosts: { <<: *x }", "“<<” is not possible here");
}

static void depth_is_limited(void **state)
{
    struct buf b = BUF_MAX(1 << 20);

    (void)state;
    for (int i = 0; i < 100000; i++)
        buf_char(&b, '[');
    refuse(buf_text(&b), "more than 32 levels");
    buf_clear(&b);
    for (int i = 0; i < 50; i++)
        buf_printf(&b, "%*sa:\n", i, "");
    refuse(buf_text(&b), "more than 32 levels");
    buf_done(&b);
}

static void duplicate_keys(void **state)
{
    struct buf b = BUF_MAX(100000);

    (void)state;
    refuse("hosts: { a: , a: }", "the key a stands here a second time; it was first on line 1");
    refuse("hosts: {}\nsite: {}\nhosts: {}",
           "vigie.yaml:3:1: the key hosts stands here a second time");
    buf_str(&b, "groups:\n");
    for (int i = 0; i < 30; i++)
        buf_printf(&b, "  g%d:\n", i);
    buf_str(&b, "  g7:\n");
    refuse(buf_text(&b),
           "vigie.yaml:32:3: the key g7 stands here a second time; it was first on line 9");
    buf_done(&b);
}

static void odd_yaml(void **state)
{
    (void)state;
    refuse("site: !vault x", "the tag !vault is not known");
    conf_unref(load("site: { title: !!str 5 }"));
    refuse("site: { title: \"a\\0b\" }", "a NUL character");
    refuse("? [a]\n: b", "a key must be a text");
    refuse("site: {}\n---\nsite: {}", "only one document");
    refuse("site: { title: \xff }", "the file must be UTF-8");
    refuse("site: { title: a\x01 }", "a control character is not allowed here");
    conf_unref(load("\xef\xbb\xbfsite: { title: With a mark }"));
    conf_unref(load("# nothing\n"));
    conf_unref(load("---\nsite: {}\n...\n"));
    conf_unref(load("~"));
    conf_unref(load("site:\r\n  title: DOS\r\n"));
    refuse("just text", "the file must be a mapping");
}

/* An error at the end of the text is shown where the text ends. */
static void errors_at_the_end(void **state)
{
    (void)state;
    refuse("hosts: { web1: ", "vigie.yaml:1:15: a value is expected");
    refuse("hosts: { web1:\n\n\n", "vigie.yaml:1:15:");
    refuse("site:\n  title: \"x\n\n",
           "vigie.yaml:2:10: the quoted text that begins here is not closed");
}

static void the_caret_counts_columns(void **state)
{
    struct buf b = BUF_MAX(10000);
    struct conf_error e = {
        .file = "f", .line = 3, .column = 5, .text = "plain", .source = "日本é: x"};

    (void)state;
    conf_error_print(&b, &e, "en");
    assert_string_equal(buf_text(&b), "f:3:5: plain\n     3 | 日本é: x\n       |       ^\n");
    buf_clear(&b);
    e.source = NULL;
    conf_error_print(&b, &e, "en");
    assert_string_equal(buf_text(&b), "f:3:5: plain\n");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anchors_and_merges),
        cmocka_unit_test(anchors_outlive_their_host),
        cmocka_unit_test(an_alias_bomb_is_refused),
        cmocka_unit_test(bad_aliases),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(duplicate_keys),
        cmocka_unit_test(odd_yaml),
        cmocka_unit_test(errors_at_the_end),
        cmocka_unit_test(the_caret_counts_columns),
    };

    return cmocka_run_group_tests_name("config_compose", tests, NULL, NULL);
}
