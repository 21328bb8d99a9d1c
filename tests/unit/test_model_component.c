/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What users know by name: its state follows from the hard states of what it depends on. */
#include "model_fixture.h"

static const char web[] =
    "hosts:\n"
    "  web1: { address: 192.0.2.1, alive: { once: }, checks: [ once, tcp ] }\n"
    "  db1: { checks: [ once ] }\n"
    "components:\n"
    "  site: { name: Site, depends: [ web1/once, web1/tcp, db1/once ] }\n"
    "  machine: { name: Machine, depends: [ web1 ] }\n";

static const char *word(struct fix *f, const char *name, int64_t *ret_since)
{
    const struct conf_component *c = map_find(&model_conf(f->m)->component_by_name, name);

    assert_non_null(c);
    return component_word(model_component(f->m, c, ret_since));
}

/* States of web1/once, web1/tcp (three times, so hard), db1/once; D: in downtime as well. */
static const struct {
    const char *states, *want;
} rows[] = {
    {"O O O", "operational"},  {"O O -", "operational"},  {"- - -", "unknown"},
    {"O W O", "degraded"},     {"C W O", "down"},         {"N O O", "unknown"},
    {"N W O", "degraded"},     {"O CD O", "maintenance"}, {"W CD O", "degraded"},
    {"C CD O", "down"},        {"N CD O", "maintenance"}, {"CD CD CD", "maintenance"},
    {"OD O O", "operational"}, {"WD O -", "maintenance"},
};

static void set(struct fix *f, const char *id, const char *letters)
{
    static const char names[] = "OWCN";
    struct command c = {.kind = COMMAND_DOWNTIME,
                        .host = str_starts(id, "db1") ? "db1" : "web1",
                        .check = strchr(id, '/') + 1,
                        .end_ms = f->now.wall_ms + HOUR_MS};

    if (letters[0] == '-')
        return;
    for (int i = 0; i < 3; i++)
        fix_result(f, id, (enum state)(STATE_OK + (strchr(names, letters[0]) - names)), true);
    if (letters[1] == 'D')
        assert_int_equal(fix_command(f, c, NULL), 0);
}

static void test_table(void **state)
{
    static const char *const ids[] = {"web1/once", "web1/tcp", "db1/once"};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fix *f = fix_new(web);
        struct str rest = str_of(rows[i].states), token;

        for (int k = 0; k < 3; k++) {
            char letters[4];
            assert_true(str_next(&rest, " ", &token));
            str_copyn(letters, sizeof(letters), token.p, token.n);
            set(f, ids[k], letters);
        }
        assert_string_equal(word(f, "site", NULL), rows[i].want);
        fix_free(f);
    }
}

static void test_soft_does_not_count(void **state)
{
    struct fix *f = fix_new(web);
    int64_t since = 0, well;

    (void)state;
    fix_result(f, "web1/tcp", STATE_OK, true);
    fix_result(f, "web1/once", STATE_OK, true);
    well = f->now.wall_ms;
    fix_result(f, "web1/tcp", STATE_CRITICAL, true);
    fix_result(f, "web1/tcp", STATE_CRITICAL, true);
    assert_string_equal(word(f, "site", &since), "operational");
    assert_int_equal(since, well); /* since the last one was well */
    fix_result(f, "web1/tcp", STATE_CRITICAL, true);
    assert_string_equal(word(f, "site", &since), "down");
    assert_int_equal(since, f->now.wall_ms);
    fix_result(f, "web1/once", STATE_CRITICAL, true);
    assert_string_equal(word(f, "site", &since), "down");
    assert_int_equal(since, f->now.wall_ms - 1000); /* since the first one is down */
    fix_free(f);
}

static void test_host_itself(void **state)
{
    struct fix *f = fix_new(web);

    (void)state;
    assert_string_equal(word(f, "machine", NULL), "unknown");
    fix_result(f, "web1", STATE_OK, true);
    assert_string_equal(word(f, "machine", NULL), "operational");
    fix_result(f, "web1", STATE_CRITICAL, false);
    assert_string_equal(word(f, "machine", NULL), "down");
    fix_free(f);
}

static void test_switched_off(void **state)
{
    struct fix *f = fix_new(web);

    (void)state;
    fix_result(f, "web1/once", STATE_CRITICAL, true);
    fix_result(f, "db1/once", STATE_OK, true);
    assert_string_equal(word(f, "site", NULL), "down");
    fix_command(f, (struct command){.kind = COMMAND_DISABLE, .host = "web1", .check = "once"},
                NULL);
    assert_string_equal(word(f, "site", NULL), "operational");
    fix_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_soft_does_not_count),
        cmocka_unit_test(test_host_itself),
        cmocka_unit_test(test_switched_off),
    };

    return cmocka_run_group_tests_name("model_component", tests, NULL, NULL);
}
