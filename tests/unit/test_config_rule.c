/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_config_rule.c: conditions of apply rules: what holds, and where a mistake is. */
#include "base/arena.h"
#include "base/str.h"
#include "config/rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct rule_value look_up(void *arg, const char *name)
{
    static const char *const groups[] = {"web", "paris"};

    (void)arg;
    if (str_eq(name, "groups"))
        return (struct rule_value){.kind = RULE_LIST, .list = groups, .n = 2};
    if (str_eq(name, "role"))
        return (struct rule_value){.kind = RULE_TEXT, .text = "web"};
    if (str_eq(name, "vars.port"))
        return (struct rule_value){.kind = RULE_TEXT, .text = "8080"};
    if (str_eq(name, "old"))
        return (struct rule_value){.kind = RULE_TEXT, .text = "no"};
    return (struct rule_value){0};
}

static bool holds(const char *text)
{
    struct arena *a = arena_new(0);
    const struct rule *r = NULL;
    struct rule_mistake m;
    bool ret;

    if (rule_parse(text, a, &r, &m) != 0)
        fail_msg("%s: %zu: %s", text, m.at, m.text);
    ret = rule_holds(r, look_up, NULL);
    arena_free(a);
    return ret;
}

static void conditions_hold(void **state)
{
    static const char *const yes[] = {
        "role == \"web\"", "role == 'web'", "role != \"db\"", "\"web\" in groups",
        "'db' not in groups", "role in [\"db\", web]", "role ~ \"w*\"", "groups ~ \"par*\"",
        "groups !~ 'x*'", "vars.port == 8080.0", "vars.port > 443", "vars.port <= 8080",
        "not old", "role", "role == web", "vars.port == vars.port", "not nothing", "nothing != \"x\"", "role == 'x' or vars.port >= 8080",
        "not (role == 'x' or old) and groups", "role == \"web\" and not old and 'web' in groups",
        "not not role", "(((role)))"};
    static const char *const no[] = {"role == \"Web\"", "nothing == nothing", "nothing == \"\"", "nothing < 1",
                                     "old", "role in []", "role == 'web' and old", "nothing in groups",
                                     "role ~ nothing", "role == vars.port", "groups == 'web'", "not role or old"};

    (void)state;
    for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
        if (!holds(yes[i]))
            fail_msg("does not hold: %s", yes[i]);
    for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
        if (holds(no[i]))
            fail_msg("holds: %s", no[i]);
}

static void mistakes_have_a_place(void **state)
{
    static const struct {
        const char *text;
        size_t at;
    } wrong[] = {{"", 0},           {"role ==", 7},        {"role = 'x'", 5}, {"role == 'x", 8},
                 {"(role", 0},      {"role)", 4},          {"role == [a, (b == c)]", 8},
                 {"[a, b", 0},      {"a and or b", 6},     {"a b", 2},        {"a == b == c", 7},
                 {"in groups", 0},  {"a ? b", 2},          {"a == &", 5}};
    struct arena *a = arena_new(0);
    const struct rule *r;
    struct rule_mistake m;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        m.at = SIZE_MAX;
        if (rule_parse(wrong[i].text, a, &r, &m) == 0 || m.at != wrong[i].at)
            fail_msg("%s: %zu", wrong[i].text, m.at);
    }
    arena_free(a);
}

static void depth_and_length_have_ends(void **state)
{
    static char text[RULE_MAX_BYTES + 10];
    struct arena *a = arena_new(0);
    const struct rule *r;
    struct rule_mistake m;

    (void)state;
    memset(text, '(', 2000);
    assert_true(rule_parse(text, a, &r, &m) != 0);
    for (int i = 0; i < 900; i++)
        memcpy(text + 4 * i, "not ", 4);
    assert_true(rule_parse(text, a, &r, &m) != 0);
    memset(text, 'a', sizeof(text) - 1);
    assert_true(rule_parse(text, a, &r, &m) != 0);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(conditions_hold),
                                       cmocka_unit_test(mistakes_have_a_place),
                                       cmocka_unit_test(depth_and_length_have_ends)};

    return cmocka_run_group_tests_name("config_rule", tests, NULL, NULL);
}
