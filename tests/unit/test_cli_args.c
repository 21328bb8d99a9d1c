/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words and options of the command line, over the rows of the operations. */
#include "daemon_kit.h"
#include "cli/cli_priv.h"
#include <fcntl.h>

struct shell {
    struct cli cli;
    int saved, fd;
    char said[4000]; /* on standard error */
};

static int start(void **state)
{
    static struct shell s;
    char path[] = "/tmp/vigie-cli-XXXXXX";
    s = (struct shell){.cli = {.lang = "en", .arena = arena_new(0)}};
    s.fd = mkstemp(path);
    unlink(path);
    s.saved = dup(2);
    *state = &s;
    return 0;
}

static int stop(void **state)
{
    struct shell *s = *state;
    arena_free(s->cli.arena);
    close(s->fd);
    close(s->saved);
    return 0;
}

/* "ack web1 -m x": split at blanks; _ stands for a blank within a word. Returns what args_op() does. */
static int run(struct shell *s, const char *op, const char *line, struct doc **ret)
{
    char *argv[64];
    int argc = 0;
    struct str rest = str_of(line), word;
    while (str_next(&rest, " ", &word)) {
        argv[argc] = arena_dupn(s->cli.arena, word.p, word.n);
        for (char *p = argv[argc]; *p; p++)
            *p = *p == '_' ? ' ' : *p;
        argc++;
    }
    assert_non_null(op_find(op));
    assert_int_equal(ftruncate(s->fd, 0), 0);
    lseek(s->fd, 0, SEEK_SET);
    *ret = NULL;
    fflush(stderr);
    dup2(s->fd, 2);
    int code = args_op(&s->cli, op_find(op), argc, argv, ret);
    dup2(s->saved, 2);
    ssize_t n = pread(s->fd, s->said, sizeof s->said - 1, 0);
    s->said[n > 0 ? n : 0] = 0;
    return code;
}

static const char *good(struct shell *s, const char *op, const char *line)
{
    struct doc *d;
    struct buf b = BUF_MAX(8000);
    if (run(s, op, line, &d) != 0)
        fail_msg("%s %s: %s", op, line, s->said);
    assert_string_equal(s->said, "");
    json_write(&b, d, "en", 0);
    const char *text = arena_dup(s->cli.arena, buf_text(&b));
    buf_done(&b);
    return text;
}

static void bad(struct shell *s, const char *op, const char *line, const char *said)
{
    struct doc *d;
    if (run(s, op, line, &d) == 0)
        fail_msg("%s %s: taken", op, line);
    kit_has(s->said, said);
    assert_int_equal(kit_count(s->said, "\n"), 1); /* one line says it */
}

static void words_and_options(void **state)
{
    struct shell *s = *state;
    assert_string_equal(good(s, "ack", "web1/http -m restarting_it"), "{\"targets\":[\"web1/http\"],\"comment\":\"restarting it\"}");
    assert_string_equal(good(s, "ack", "-mx web1 web2 --sticky"), "{\"comment\":\"x\",\"targets\":[\"web1\",\"web2\"],\"sticky\":\"yes\"}");
    assert_string_equal(good(s, "ack", "--comment=a=b web1 --sticky=no"), "{\"comment\":\"a=b\",\"targets\":[\"web1\"],\"sticky\":\"no\"}");
    assert_string_equal(good(s, "ack", "--comment -x web1"), "{\"comment\":\"-x\",\"targets\":[\"web1\"]}");
    assert_string_equal(good(s, "result", "web1/job ok -m fine"), "{\"target\":\"web1/job\",\"state\":\"ok\",\"output\":\"fine\"}");
    assert_string_equal(good(s, "result", "-m fine -- web1/job ok"), "{\"output\":\"fine\",\"target\":\"web1/job\",\"state\":\"ok\"}");
    assert_string_equal(good(s, "status", ""), "{}");
    assert_string_equal(good(s, "status", "* -s problem"), "{\"targets\":[\"*\"],\"state\":\"problem\"}");
    assert_string_equal(good(s, "add", "-- -strange -"), "{\"targets\":[\"-strange\",\"-\"]}");
    assert_string_equal(good(s, "downtime-end", "118"), "{\"id\":\"118\"}");
}

static void what_is_wrong_is_said(void **state)
{
    struct shell *s = *state;
    bad(s, "ack", "web1", "--comment is missing; for example: vigie ack");
    bad(s, "ack", "-m x", "targets is missing; for example: vigie ack");
    bad(s, "ack", "web1 -m", "-m needs a value");
    bad(s, "ack", "web1 --comment", "--comment needs a value");
    bad(s, "ack", "web1 --commnet x", "there is no option --commnet; did you mean --comment?");
    bad(s, "ack", "web1 --commnet=x", "there is no option --commnet; did you mean --comment?");
    bad(s, "ack", "web1 --zzzzzz", "see vigie ack --help");
    bad(s, "ack", "web1 -z", "there is no option -z");
    bad(s, "result", "web1/job ok extra -m x", "“extra” is one word too many");
    bad(s, "health", "x", "one word too many");
    bad(s, "downtime", "web1 -f 1h", "--comment is missing");
    bad(s, "user-add", "camille", "--password is missing"); /* no terminal to ask on */
}

/* Every example of the manual is good. */
static void every_example_can_be_typed(void **state)
{
    struct shell *s = *state;
    for (size_t i = 0; ops[i]; i++) {
        if (!ops[i]->verb || !ops[i]->example)
            continue;
        char line[400];
        bool quoted = false;
        const char *from = ops[i]->example + strlen(ops[i]->verb);
        str_copy(line, sizeof line, *from ? from + 1 : from);
        char *to = line;
        for (char *p = line; *p; p++) {
            quoted ^= *p == '"';
            if (*p != '"')
                *to++ = quoted && *p == ' ' ? '_' : *p;
        }
        *to = 0;
        if (!str_eq(ops[i]->name, "user-add")) /* it asks */
            good(s, ops[i]->name, line);
    }
}

static void every_option_is_reached_by_name_and_letter(void **state)
{
    struct shell *s = *state;
    for (size_t i = 0; ops[i]; i++) {
        for (const struct op_param *p = ops[i]->params; ops[i]->verb && p->name; p++) {
            struct doc *d;
            if (p->flags & OP_WORDS)
                continue;
            if (p->flags & OP_NOT_CLI) {
                run(s, ops[i]->name, arena_printf(s->cli.arena, "--%s=x", p->name), &d);
                kit_has(s->said, "there is no option");
                continue;
            }
            run(s, ops[i]->name, arena_printf(s->cli.arena, "--%s=x", p->name), &d);
            kit_lacks(s->said, "there is no option");
            if (p->letter) {
                run(s, ops[i]->name, arena_printf(s->cli.arena, "-%cx", p->letter), &d);
                kit_lacks(s->said, "there is no option");
            }
        }
    }
}

static void options_of_every_verb(void **state)
{
    struct shell *s = *state;
    char *argv[] = {(char *)"--json", (char *)"status", (char *)"--data", (char *)"./var", (char *)"--url=http://x", (char *)"--lang", (char *)"fr", (char *)"--no-color", (char *)"--state", (char *)"down", (char *)"--", (char *)"--json", NULL};
    struct cli c = s->cli;
    c.colour = true;
    int n = args_language(&c, 12, argv);
    assert_int_equal(n, 9);
    assert_string_equal(c.lang, "fr");
    assert_false(c.colour);
    n = args_global(&c, n, argv);
    assert_int_equal(n, 5);
    assert_true(c.json);
    assert_string_equal(c.data, "./var");
    assert_string_equal(c.url, "http://x");
    assert_string_equal(argv[0], "status");
    assert_string_equal(argv[1], "--state");
    assert_string_equal(argv[3], "--"); /* what follows is words */
    assert_string_equal(argv[4], "--json");
    char *cut[] = {(char *)"status", (char *)"--data"};
    dup2(s->fd, 2);
    n = args_global(&c, 2, cut);
    dup2(s->saved, 2);
    assert_int_equal(n, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_options), cmocka_unit_test(what_is_wrong_is_said), cmocka_unit_test(every_example_can_be_typed), cmocka_unit_test(every_option_is_reached_by_name_and_letter), cmocka_unit_test(options_of_every_verb),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
