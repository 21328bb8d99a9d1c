/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Macros and command lines. MON-3, MON-7. */
#include "checks/macros.h"
#include "checks_fixture.h"

static const char *const label_keys[] = {"role", "data-centre"};
static const char *const label_values[] = {"web; rm -rf /", "mtl1"};
static const char *const groups[] = {"web", "prod", NULL};
static const char *const args[] = {"80", "a b"};
static const struct conf_host the_host = {.name = "web1", .title = "Web one", .groups = groups,
                                          .labels = {label_keys, label_values, 2}};
static const struct macro_scope scope = {.host = "web1", .check = "disk", .address = "192.0.2.10",
                                         .user1 = "/usr/lib/nagios/plugins", .conf = &the_host, .args = {args, 2},
                                         .at_ms = 1700000000123};

static void expands(void **state)
{
    static const char *const cases[][2] = {
        {"-H $HOSTADDRESS$ -n $HOSTNAME$", "-H 192.0.2.10 -n web1"},
        {"$HOSTALIAS$ $SERVICEDESC$", "Web one disk"},
        {"$USER1$/check_x", "/usr/lib/nagios/plugins/check_x"},
        {"$ARG1$,$ARG2$,$ARG3$.", "80,a b,."},
        {"$_HOSTROLE$ $_HOSTDATA_CENTRE$ $_HOSTNONE$.", "web; rm -rf / mtl1 ."},
        {"$HOSTGROUPNAMES$ $HOSTGROUPNAME$", "web,prod web"},
        {"$TIMET$", "1700000000"},
        {"5$$ $ 5$", "5$ $ 5$"},
        {"$NONE$", "$NONE$"},
        {"$$HOSTNAME$$", "$HOSTNAME$"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = BUF_MAX(1000);

        macro_expand(&b, cases[i][0], &scope);
        assert_string_equal(buf_text(&b), cases[i][1]);
        buf_done(&b);
    }
}

static void a_shell_gets_no_values(void **state)
{
    struct buf b = BUF_MAX(1000);

    macro_shell(&b, "echo \"$HOSTADDRESS$\" $_HOSTROLE$ $$1 $PATH $HOME/x");
    assert_string_equal(buf_text(&b), "echo \"${NAGIOS_HOSTADDRESS}\" ${NAGIOS__HOSTROLE} $1 $PATH $HOME/x");
    buf_done(&b);
}

static bool in_env(const char *const *env, const char *entry)
{
    for (; *env; env++)
        if (str_eq(*env, entry))
            return true;
    return false;
}

static void environment(void **state)
{
    const char *const keys[] = {"LANG"}, *const values[] = {"C"};
    struct conf_pairs extra = {keys, values, 1};
    struct arena *a = arena_new(0);
    const char *const *env = macro_env(a, &scope, &extra);

    assert_true(in_env(env, "NAGIOS_HOSTADDRESS=192.0.2.10"));
    assert_true(in_env(env, "NAGIOS__HOSTROLE=web; rm -rf /"));
    assert_true(in_env(env, "NAGIOS__HOSTDATA_CENTRE=mtl1"));
    assert_true(in_env(env, "NAGIOS_ARG2=a b"));
    assert_true(in_env(env, "LANG=C"));
    arena_free(a);
}

static void unknown_ones_are_refused(void **state)
{
    struct err e = {0};
    char text[400];

    assert_int_equal(macro_check("-H $HOSTADDRESS$ $$ $ARG32$ $_HOSTX$ cost 5$ or 6$", NULL), 0);
    assert_int_not_equal(macro_check("$HOSTADRESS$", &e), 0);
    fx_render(text, sizeof(text), e.text);
    assert_has(text, "$HOSTADRESS$");
    assert_has(text, "$HOSTADDRESS$");
    assert_int_not_equal(macro_check("$ARG33$", &e), 0);
    assert_int_not_equal(macro_check("$CONTACTEMAIL$", &e), 0);
}

static void words(void **state)
{
    static const struct {
        const char *line, *want; /* joined by "|"; NULL: refused */
    } cases[] = {
        {"check_disk -w 10% -c 5%", "check_disk|-w|10%|-c|5%"},
        {"  a\t'b  c' \"d \\\"e\" f\\ g ", "a|b  c|d \"e|f g"},
        {"a ''\"\" b", "a||b"},
        {"a'b'\"c\"d", "abcd"},
        {"'a\\b' \"a\\b\"", "a\\b|a\\b"},
        {"a; b | c > d `e` $(f) *", "a;|b|||c|>|d|`e`|$(f)|*"},
        {"'open", NULL},
        {"\"open", NULL},
        {"   ", NULL},
        {"", NULL},
    };
    struct arena *a = arena_new(0);

    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *const *w;
        struct buf b = BUF_MAX(1000);
        int n, code = macro_words(a, cases[i].line, &w, &n);

        assert_int_equal(code == 0, cases[i].want != NULL);
        for (int k = 0; code == 0 && k < n; k++) {
            buf_str(&b, k ? "|" : "");
            buf_str(&b, w[k]);
        }
        if (code == 0) {
            assert_string_equal(buf_text(&b), cases[i].want);
            assert_null(w[n]);
        }
        buf_done(&b);
    }
    arena_free(a);
}

static void too_many_words(void **state)
{
    struct arena *a = arena_new(0);
    struct buf line = BUF_MAX(10000);
    const char *const *w;
    int n;

    for (int i = 0; i <= MACRO_MAX_WORDS; i++)
        buf_str(&line, "x ");
    assert_int_equal(macro_words(a, buf_text(&line), &w, &n), ERR_LIMIT);
    buf_done(&line);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expands),          cmocka_unit_test(a_shell_gets_no_values),
        cmocka_unit_test(environment),      cmocka_unit_test(unknown_ones_are_refused),
        cmocka_unit_test(words),            cmocka_unit_test(too_many_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
