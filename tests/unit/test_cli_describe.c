/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Help, manual page, completion and the list of verbs: all of them, in a form that others can read. */
#include "daemon_kit.h"
#include "cli/cli_priv.h"
#include <sys/wait.h>

static int nothing(int argc, char **argv, const char *lang) { return 0; }

static const struct cli_local locals[] = {{"serve", "run the daemon", "[--config FILE]", "More of it.", "serve --data ./var", nothing},
                                          {"conf check", "read the configuration", "[FILE]", NULL, "conf check", nothing},
                                          {"spawner", NULL, "--fd N", NULL, NULL, nothing}, /* not listed */
                                          {0}};

static const char *described(const char *form, const char *lang)
{
    static char text[1 << 17];
    struct buf b = BUF_MAX(sizeof text - 1);
    cli_describe(&b, locals, form, lang);
    assert_false(b.full);
    str_copy(text, sizeof text, buf_text(&b));
    buf_done(&b);
    return text;
}

static bool has_line(const char *text, const char *want)
{
    struct str rest = str_of(text), line;
    while (str_next(&rest, "\n", &line))
        if (str_is(line, want))
            return true;
    return false;
}

static void every_verb_is_listed_once(void **state)
{
    const char *verbs = described("verbs", "en");
    for (size_t i = 0; ops[i]; i++)
        if (ops[i]->verb) {
            char line[100];
            assert_true(has_line(verbs, ops[i]->verb));
            str_print(line, sizeof line, "\n%s\n", ops[i]->verb);
            assert_true(kit_count(verbs, line) <= 1);
        }
    assert_true(has_line(verbs, "serve"));
    assert_false(has_line(verbs, "spawner"));
    assert_string_equal(described("nonsense", "en"), "");
}

static void help_of_all(void **state)
{
    struct cli c = {.lang = "en", .arena = arena_new(0), .locals = locals};
    struct buf b = BUF_MAX(1 << 16);
    describe_all(&c, &b);
    for (size_t i = 0; ops[i]; i++) {
        char line[100];
        str_print(line, sizeof line, "\n  %-18s ", ops[i]->verb ? ops[i]->verb : "");
        if (ops[i]->verb && kit_count(buf_text(&b), line) != 1)
            fail_msg("%s stands %d times in the help", ops[i]->verb, (int)kit_count(buf_text(&b), line));
    }
    kit_lacks(buf_text(&b), "spawner");
    buf_done(&b);
    arena_free(c.arena);
}

static void help_of_one_has_every_parameter(void **state)
{
    static const char *const langs[] = {"en", "fr"};
    for (size_t l = 0; l < COUNT(langs); l++)
        for (size_t i = 0; ops[i]; i++) {
            if (!ops[i]->verb)
                continue;
            struct cli c = {.lang = langs[l], .arena = arena_new(0), .locals = locals};
            struct buf b = BUF_MAX(1 << 16);
            describe_op(&c, &b, ops[i]);
            kit_has(buf_text(&b), ops[i]->verb);
            kit_has(buf_text(&b), msg_tr(langs[l], ops[i]->help));
            for (const struct op_param *p = ops[i]->params; p->name; p++) {
                if (p->flags & OP_NOT_CLI) {
                    kit_lacks(buf_text(&b), arena_printf(c.arena, "--%s ", p->name));
                    continue;
                }
                kit_has(buf_text(&b), arena_printf(c.arena, p->flags & OP_WORDS ? "\n  %s " : "--%s", p->name));
                kit_has(buf_text(&b), msg_tr(langs[l], p->help));
            }
            kit_has(buf_text(&b), ops[i]->example);
            kit_has(buf_text(&b), "--json");
            buf_done(&b);
            arena_free(c.arena);
        }
}

/* ---- roff ---- */

static void the_manual_is_sane_roff(void **state)
{
    static const char *const known[] = {".TH", ".SH", ".TP", ".B", ".I", ".RI", ".br", ".RS", ".RE", ".EX", ".EE", NULL};
    const char *man = described("man", "en");
    assert_true(str_starts(man, ".TH VIGIE 1 "));
    struct str rest = str_of(man), line;
    int depth = 0, examples = 0;
    while (str_next(&rest, "\n", &line)) {
        char copy[2000], word[20];
        assert_true(str_copyn(copy, sizeof copy, line.p, line.n));
        for (const char *p = copy; *p; p++)
            if (*p == '\\' && !strchr("-e&", p[1]))
                fail_msg("an escape that no one means: %s", copy);
        assert_true(copy[0] != '\''); /* would be a request */
        if (copy[0] != '.')
            continue;
        str_copyn(word, sizeof word, copy, strcspn(copy, " "));
        bool fits = false;
        for (int i = 0; known[i]; i++)
            fits |= str_eq(known[i], word);
        if (!fits)
            fail_msg("a request that is none: %s", copy);
        depth += str_eq(word, ".RS") - str_eq(word, ".RE");
        examples += str_eq(word, ".EX") - str_eq(word, ".EE");
        assert_true(depth >= 0 && examples >= 0 && examples <= 1);
    }
    assert_int_equal(depth, 0);
    assert_int_equal(examples, 0);
}

static void the_manual_has_every_verb_and_parameter(void **state)
{
    const char *man = described("man", "en");
    for (size_t i = 0; ops[i]; i++) {
        if (!ops[i]->verb)
            continue;
        struct buf b = BUF_MAX(1000);
        buf_str(&b, ".B vigie ");
        for (const char *p = ops[i]->verb; *p; p++)
            buf_printf(&b, *p == '-' ? "\\%c" : "%c", *p);
        buf_char(&b, '\n');
        assert_int_equal(kit_count(man, buf_text(&b)), 1);
        buf_done(&b);
        for (const struct op_param *p = ops[i]->params; p->name; p++)
            kit_has(man, p->flags & OP_WORDS ? p->name : "\\-\\-");
    }
    kit_has(described("man", "fr"), msg_tr("fr", op_find("ack")->help));
}

/* ---- completion ---- */

static int bash(const char *script)
{
    char path[] = "/tmp/vigie-bash-XXXXXX";
    int fd = mkstemp(path), status = -1;
    assert_int_equal(write(fd, script, strlen(script)), (ssize_t)strlen(script));
    close(fd);
    pid_t pid = vfork();
    if (pid == 0) {
        execl("/bin/bash", "bash", "-c", "exec bash -n \"$0\" 2>/dev/null", path, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    unlink(path);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void bash_takes_the_completion(void **state)
{
    const char *script = described("bash", "en");
    assert_int_equal(bash("if true; then\n"), 2); /* it would notice */
    assert_int_equal(bash(script), 0);
    kit_has(script, "complete -o default -F _vigie vigie");
    for (size_t i = 0; ops[i]; i++)
        if (ops[i]->verb) {
            char first[40];
            str_print(first, sizeof first, "%.*s ", (int)strcspn(ops[i]->verb, " "), ops[i]->verb);
            kit_has(script, first);
        }
    kit_lacks(script, "spawner");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verb_is_listed_once), cmocka_unit_test(help_of_all), cmocka_unit_test(help_of_one_has_every_parameter), cmocka_unit_test(the_manual_is_sane_roff),
        cmocka_unit_test(the_manual_has_every_verb_and_parameter), cmocka_unit_test(bash_takes_the_completion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
