/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cli.c: finding the verb, and running it. */
#include "cli/cli.h"
#include "base/msg.h"
#include "base/str.h"
#include "cli/cli_priv.h"
#include "io/file.h"
#include <string.h>


static const char *lang_of_env(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < COUNT(names); i++) {
        const char *v = file_env(names[i]);
        if (v && v[0])
            return str_starts(v, "fr") ? "fr" : "en";
    }
    return "en";
}

/* How many words of the verb stand at the start of argv; 0 when it is another verb. */
static int verb_words(const char *verb, int argc, char **argv)
{
    struct str rest = str_of(verb), word;
    int n = 0;
    while (str_next(&rest, " ", &word)) {
        if (n >= argc || !str_is(word, argv[n]))
            return 0;
        n++;
    }
    return n;
}

static const struct op *find_op(int argc, char **argv, int *ret_words)
{
    const struct op *best = NULL;
    int most = 0;
    for (size_t i = 0; ops[i]; i++) {
        int n = ops[i]->verb ? verb_words(ops[i]->verb, argc, argv) : 0;
        if (n > most) {
            most = n;
            best = ops[i];
        }
    }
    *ret_words = most;
    return best;
}

/* "incident" alone: the one of its family that says so. */
static const struct op *find_family(int argc, char **argv)
{
    size_t n = argc > 0 ? strlen(argv[0]) : 0;
    bool alone = argc == 1 || (argc > 1 && argv[1][0] == '-');
    for (size_t i = 0; alone && ops[i]; i++)
        if ((ops[i]->flags & OP_FAMILY) && str_starts(ops[i]->verb, argv[0]) && ops[i]->verb[n] == ' ')
            return ops[i];
    return NULL;
}

static const struct cli_local *find_local(const struct cli_local *locals, int argc, char **argv, int *ret_words)
{
    const struct cli_local *best = NULL;
    int most = 0;
    for (const struct cli_local *l = locals; l->verb; l++) {
        int n = verb_words(l->verb, argc, argv);
        if (n > most) {
            most = n;
            best = l;
        }
    }
    *ret_words = most;
    return best;
}

static bool asks_help(int argc, char **argv)
{
    for (int i = 0; i < argc && !str_eq(argv[i], "--"); i++)
        if (str_eq(argv[i], "--help") || str_eq(argv[i], "-h"))
            return true;
    return false;
}

static int run_local(struct cli *c, const struct cli_local *l, int argc, char **argv)
{
    if (!asks_help(argc, argv))
        return l->run(argc, argv, c->lang);
    struct buf b = BUF_MAX(65536);
    describe_local(c, &b, l);
    print_out(&b);
    buf_done(&b);
    return CLI_OK;
}

static int run_op(struct cli *c, const struct op *op, int argc, char **argv)
{
    struct doc *params, *reply;
    if (c->help) {
        struct buf b = BUF_MAX(65536);
        describe_op(c, &b, op);
        print_out(&b);
        buf_done(&b);
        return CLI_OK;
    }
    if (args_op(c, op, argc, argv, &params) < 0)
        return CLI_USAGE;
    if ((str_eq(op->name, "incidents") || str_eq(op->name, "maintenance")) && doc_get(params, "from-mail"))
        return mail_from(c, params, op->name[0] == 'i' ? "any" : "upstream");
    if (str_eq(op->name, "mail-in"))
        return mail_upstream(c, op, params);
    if (str_eq(op->name, "add"))
        return add_run(c, op, params);
    if (str_eq(op->name, "discover"))
        return discover_verb(c, params);
    if (str_eq(op->name, "subscriber-import"))
        return people_import(c, op, params);
    if (str_eq(op->name, "subscriber-bounce") && !doc_get(params, "email"))
        return people_bounce(c, op);
    int status = client_call(c, op, params, &reply);
    if (status < 0)
        return CLI_FAILED;
    if (status != 200) {
        print_refusal(c, reply);
        return CLI_FAILED;
    }
    print_reply(c, op, params, reply);
    return CLI_OK;
}

/* "conf", "user": the verbs that begin with this word. */
static bool say_family(struct cli *c, const char *word)
{
    struct buf b = BUF_MAX(8192);
    size_t n = strlen(word);
    for (const struct cli_local *l = c->locals; l->verb; l++)
        if (l->help && str_starts(l->verb, word) && l->verb[n] == ' ')
            buf_printf(&b, "  vigie %-20s %s\n", l->verb, msg_tr(c->lang, l->help));
    for (size_t i = 0; ops[i]; i++)
        if (ops[i]->verb && str_starts(ops[i]->verb, word) && ops[i]->verb[n] == ' ')
            buf_printf(&b, "  vigie %-20s %s\n", ops[i]->verb, msg_tr(c->lang, ops[i]->help));
    bool any = b.len > 0;
    file_print(c->help ? 1 : 2, buf_text(&b), b.len);
    buf_done(&b);
    return any;
}

static int unknown_verb(struct cli *c, const char *word)
{
    const char *names[128];
    int n = 0;
    for (const struct cli_local *l = c->locals; l->verb && n < 60; l++)
        if (l->help)
            names[n++] = l->verb;
    for (size_t i = 0; ops[i] && n < 127; i++)
        if (ops[i]->verb)
            names[n++] = ops[i]->verb;
    for (size_t i = 0; ops[i] && n < 127; i++) /* "tokn" is near to "token", the first word of a family */
        if (ops[i]->verb && strchr(ops[i]->verb, ' '))
            names[n++] = arena_dupn(c->arena, ops[i]->verb, strcspn(ops[i]->verb, " "));
    names[n] = NULL;
    if (say_family(c, word))
        return c->help ? CLI_OK : CLI_USAGE;
    const char *near = str_nearest(word, names);
    if (near)
        print_line(c, 2, MSG("vigie: there is no verb “{1}”; did you mean “{2}”?"), "ss", word, near);
    else
        print_line(c, 2, MSG("vigie: there is no verb “{1}”; “vigie --help” lists them"), "s", word);
    return CLI_USAGE;
}

static int say_all(struct cli *c, int fd)
{
    struct buf b = BUF_MAX(65536);
    describe_all(c, &b);
    file_print(fd, buf_text(&b), b.len);
    buf_done(&b);
    return fd == 1 ? CLI_OK : CLI_USAGE;
}

static int dispatch(struct cli *c, int argc, char **argv)
{
    int op_words, local_words;
    argc = args_language(c, argc, argv);
    if (argc < 0)
        return CLI_USAGE;
    if (argc == 0)
        return say_all(c, 2);
    const struct cli_local *l = find_local(c->locals, argc, argv, &local_words);
    if (str_eq(argv[0], "--version"))
        argv[0] = (char *)"version", l = find_local(c->locals, 1, argv, &local_words);
    const struct op *op = find_op(argc, argv, &op_words);
    if (l && local_words >= op_words)
        return run_local(c, l, argc - local_words, argv + local_words);
    if (str_eq(argv[0], "help") || str_eq(argv[0], "--help") || str_eq(argv[0], "-h")) {
        c->help = true;
        if (argc == 1)
            return say_all(c, 1);
        char *more[] = {(char *)"--help"};
        op = find_op(argc - 1, argv + 1, &op_words);
        l = find_local(c->locals, argc - 1, argv + 1, &local_words);
        if (l && local_words >= op_words)
            return run_local(c, l, 1, more);
        return op ? run_op(c, op, 0, NULL) : unknown_verb(c, argv[1]);
    }
    c->help = asks_help(argc, argv);
    argc = args_global(c, argc, argv);
    if (argc < 0)
        return CLI_USAGE;
    if (argc == 0)
        return say_all(c, c->help ? 1 : 2);
    op = find_op(argc, argv, &op_words);
    if (!op && !c->help && (op = find_family(argc, argv)))
        op_words = 1;
    return op ? run_op(c, op, argc - op_words, argv + op_words) : unknown_verb(c, argv[0]);
}

int cli_main(int argc, char **argv, const struct cli_local *locals)
{
    struct cli c = {.lang = lang_of_env(), .arena = arena_new(0), .locals = locals};
    c.colour = file_is_terminal(1) && !file_env("NO_COLOR");
    c.width = file_is_terminal(1) ? file_terminal_width(1) : 0;
    int status = argc < 2 ? say_all(&c, 2) : dispatch(&c, argc - 1, argv + 1);
    arena_free(c.arena);
    return status;
}
