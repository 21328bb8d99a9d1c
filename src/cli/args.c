/* SPDX-License-Identifier: GPL-3.0-or-later */
/* args.c: words and options of the command line, read by the rows of an operation. */
#include "base/msg.h"
#include "base/str.h"
#include "cli/cli_priv.h"
#include "io/file.h"
#include "io/tree.h"
#include <string.h>

struct global {
    const char *name;
    bool flag;
    const char **text;
    bool *yes;
};

/* Value of "--name=value" or of the next word; -1 when it is missing. */
static int take_value(struct cli *c, const char *word, size_t name_n, int argc, char **argv, int *i, const char **ret)
{
    if (word[2 + name_n] == '=') {
        *ret = word + 3 + name_n;
        return 0;
    }
    if (*i + 1 >= argc) {
        print_line(c, 2, MSG("vigie: {1} needs a value"), "s", word);
        return -1;
    }
    *ret = argv[++*i];
    return 0;
}

/* Takes the options of the rows out of argv, wherever they stand before "--". */
static int take_globals(struct cli *c, const struct global *rows, size_t n_rows, int argc, char **argv)
{
    int left = 0, i = 0;
    for (; i < argc && !str_eq(argv[i], "--"); i++) {
        const char *word = argv[i];
        const struct global *g = NULL;
        size_t n = str_starts(word, "--") ? strcspn(word + 2, "=") : 0;
        for (size_t k = 0; n && k < n_rows && !g; k++)
            if (strlen(rows[k].name) == n && memcmp(rows[k].name, word + 2, n) == 0)
                g = &rows[k];
        if (!g)
            argv[left++] = argv[i];
        else if (g->flag)
            *g->yes = true;
        else if (take_value(c, word, n, argc, argv, &i, g->text) < 0)
            return -1;
    }
    for (; i < argc; i++)
        argv[left++] = argv[i];
    return left;
}

int args_language(struct cli *c, int argc, char **argv)
{
    const char *lang = NULL;
    bool no_colour = false;
    const struct global rows[] = {{"lang", false, &lang, NULL}, {"no-color", true, NULL, &no_colour}};
    argc = take_globals(c, rows, COUNT(rows), argc, argv);
    if (lang)
        c->lang = msg_lang(lang);
    if (no_colour)
        c->colour = false;
    return argc;
}

int args_global(struct cli *c, int argc, char **argv)
{
    const struct global rows[] = {{"data", false, &c->data, NULL}, {"url", false, &c->url, NULL}, {"token", false, &c->token, NULL},
                                  {"json", true, NULL, &c->json}, {"help", true, NULL, &c->help}};
    return take_globals(c, rows, COUNT(rows), argc, argv);
}

static const struct op_param *option_param(const struct op *op, const char *word)
{
    size_t n = word[1] == '-' ? strcspn(word + 2, "=") : 0;
    for (const struct op_param *p = op->params; p->name; p++) {
        if (p->flags & OP_NOT_CLI)
            continue;
        if (n && strlen(p->name) == n && memcmp(p->name, word + 2, n) == 0)
            return p;
        if (!n && word[1] && word[1] == p->letter)
            return p;
    }
    return NULL;
}

/* The daemon stands elsewhere. */
static void put_here(struct doc *o, const struct op_param *p, const char *value)
{
    struct buf whole = BUF_MAX(8192);
    doc_put_text(o, p->name, tree_absolute(value, &whole, NULL) == 0 ? buf_text(&whole) : value);
    buf_done(&whole);
}

static void put_value(struct doc *o, const struct op_param *p, const char *value)
{
    if (p->flags & OP_HERE) {
        put_here(o, p, value);
        return;
    }
    if (p->type != OP_TARGETS && p->type != OP_TEXTS) {
        doc_put_text(o, p->name, value);
        return;
    }
    struct doc *list = doc_get(o, p->name);
    doc_push_text(list ? list : doc_put_list(o, p->name), value);
}

static int unknown_option(struct cli *c, const struct op *op, const char *given)
{
    const char *names[40], *word = arena_dupn(c->arena, given, strcspn(given, "="));
    int n = 0;
    for (const struct op_param *p = op->params; p->name && n < 39; p++)
        if (!(p->flags & OP_NOT_CLI))
            names[n++] = p->name;
    names[n] = NULL;
    const char *near = str_starts(word, "--") ? str_nearest(word + 2, names) : NULL;
    if (near)
        print_line(c, 2, MSG("vigie {1}: there is no option {2}; did you mean --{3}?"), "sss", op->verb, word, near);
    else
        print_line(c, 2, MSG("vigie {1}: there is no option {2}; see vigie {1} --help"), "ss", op->verb, word);
    return -1;
}

static int take_option(struct cli *c, const struct op *op, int argc, char **argv, int *i, struct doc *o)
{
    const char *word = argv[*i], *value = NULL;
    const struct op_param *p = option_param(op, word);
    if (str_eq(word, "-h"))
        return 0;
    if (!p)
        return unknown_option(c, op, word);
    const char *eq = word[1] == '-' ? strchr(word, '=') : NULL;
    if (eq) {
        value = eq + 1;
    } else if (word[1] != '-' && word[2]) {
        value = word + 2;
    } else if (p->type == OP_BOOL) {
        value = "yes";
    } else if (*i + 1 < argc) {
        value = argv[++*i];
    } else {
        print_line(c, 2, MSG("vigie {1}: {2} needs a value"), "ss", op->verb, word);
        return -1;
    }
    put_value(o, p, value);
    return 0;
}

/* The row that takes the next positional word: lists take all that follow. */
static const struct op_param *word_param(const struct op *op, const struct doc *o)
{
    for (const struct op_param *p = op->params; p->name; p++)
        if ((p->flags & OP_WORDS) && (p->type == OP_TARGETS || p->type == OP_TEXTS || !doc_get(o, p->name)))
            return p;
    return NULL;
}

static int ask(struct cli *c, const struct op_param *p, struct doc *o)
{
    struct buf first = BUF_MAX(1024), again = BUF_MAX(1024), prompt = BUF_MAX(200);
    msg_print(&prompt, c->lang, MSG("{1}: "), "s", p->name);
    int r = file_ask(buf_text(&prompt), p->type == OP_SECRET, &first);
    if (r == 0 && p->type == OP_SECRET) {
        buf_clear(&prompt);
        msg_print(&prompt, c->lang, MSG("{1}, once more: "), "s", p->name);
        r = file_ask(buf_text(&prompt), true, &again);
        if (r == 0 && !str_eq(buf_text(&first), buf_text(&again))) {
            print_line(c, 2, MSG("vigie: the two differ"), "");
            r = -1;
        }
    }
    if (r == 0)
        doc_put_text(o, p->name, buf_text(&first));
    buf_done(&first);
    buf_done(&again);
    buf_done(&prompt);
    return r;
}

static int missing(struct cli *c, const struct op *op, const struct op_param *p)
{
    bool word = (p->flags & OP_WORDS) != 0;
    if (word)
        print_line(c, 2, MSG("vigie {1}: {2} is missing; for example: vigie {3}"), "sss", op->verb, p->name, op->example ? op->example : op->verb);
    else
        print_line(c, 2, MSG("vigie {1}: --{2} is missing; for example: vigie {3}"), "sss", op->verb, p->name, op->example ? op->example : op->verb);
    return -1;
}

int args_op(struct cli *c, const struct op *op, int argc, char **argv, struct doc **ret_params)
{
    struct doc *o = doc_object(c->arena);
    bool words_only = false;
    for (int i = 0; i < argc; i++) {
        if (!words_only && str_eq(argv[i], "--")) {
            words_only = true;
        } else if (!words_only && argv[i][0] == '-' && argv[i][1]) {
            if (take_option(c, op, argc, argv, &i, o) < 0)
                return -1;
        } else {
            const struct op_param *p = word_param(op, o);
            if (!p) {
                print_line(c, 2, MSG("vigie {1}: “{2}” is one word too many"), "ss", op->verb, argv[i]);
                return -1;
            }
            put_value(o, p, argv[i]);
        }
    }
    for (const struct op_param *p = op->params; p->name; p++) {
        if (!(p->flags & OP_REQUIRED) || doc_get(o, p->name))
            continue;
        if (!(p->flags & OP_ASK) || ask(c, p, o) < 0)
            return missing(c, op, p);
    }
    *ret_params = o;
    return 0;
}
