/* SPDX-License-Identifier: GPL-3.0-or-later */
/* describe.c: help, manual pages and completion, printed from the rows. */
#include "base/msg.h"
#include "base/str.h"
#include "cli/cli_priv.h"
#include <string.h>

static void put_usage(struct buf *out, const struct op *op)
{
    buf_printf(out, "vigie %s", op->verb);
    for (const struct op_param *p = op->params; p->name; p++) {
        if (!(p->flags & OP_WORDS))
            continue;
        bool many = p->type == OP_TARGETS || p->type == OP_TEXTS, need = (p->flags & OP_REQUIRED) != 0;
        buf_str(out, need ? " " : " [");
        for (const char *s = p->name; *s; s++)
            buf_char(out, *s >= 'a' && *s <= 'z' ? (char)(*s - 32) : *s);
        buf_str(out, many ? "…" : "");
        buf_str(out, need ? "" : "]");
    }
    for (const struct op_param *p = op->params; p->name; p++) {
        if ((p->flags & OP_WORDS) || !(p->flags & OP_REQUIRED))
            continue;
        if (p->letter)
            buf_printf(out, " -%c %s", p->letter, p->name);
        else
            buf_printf(out, " [--%s …]", p->name);
    }
    buf_str(out, " [options]");
}

static void put_option(struct cli *c, struct buf *out, const struct op_param *p)
{
    char name[60];
    if (p->flags & OP_WORDS)
        str_print(name, sizeof name, "%s", p->name);
    else if (p->letter)
        str_print(name, sizeof name, "-%c, --%s", p->letter, p->name);
    else
        str_print(name, sizeof name, "    --%s", p->name);
    buf_printf(out, "  %-18s %s", name, msg_tr(c->lang, p->help));
    if (p->words) {
        buf_str(out, " (");
        for (int i = 0; p->words[i]; i++)
            buf_printf(out, "%s%s", i ? ", " : "", p->words[i]);
        buf_char(out, ')');
    }
    if (p->by_default)
        buf_printf(out, " [%s]", p->by_default);
    buf_char(out, '\n');
}

void describe_op(struct cli *c, struct buf *out, const struct op *op)
{
    put_usage(out, op);
    buf_printf(out, "\n\n%s\n", msg_tr(c->lang, op->help));
    if (op->more)
        buf_printf(out, "%s\n", msg_tr(c->lang, op->more));
    buf_char(out, '\n');
    for (const struct op_param *p = op->params; p->name; p++)
        if (!(p->flags & OP_NOT_CLI))
            put_option(c, out, p);
    buf_printf(out, "  %-18s %s\n", "    --json", msg_tr(c->lang, MSG("print the answer as JSON")));
    buf_printf(out, "  %-18s %s\n", "    --data", msg_tr(c->lang, MSG("data directory of the daemon to talk to")));
    buf_printf(out, "  %-18s %s\n", "    --url, --token", msg_tr(c->lang, MSG("talk to a daemon elsewhere")));
    if (op->example)
        buf_printf(out, "\n%s\n  vigie %s\n", msg_tr(c->lang, MSG("Example:")), op->example);
}

void describe_local(struct cli *c, struct buf *out, const struct cli_local *l)
{
    buf_printf(out, "vigie %s %s\n\n%s\n", l->verb, l->usage, l->help ? msg_tr(c->lang, l->help) : "");
    if (l->more)
        buf_printf(out, "%s\n", msg_tr(c->lang, l->more));
    if (l->example)
        buf_printf(out, "\n%s\n  vigie %s\n", msg_tr(c->lang, MSG("Example:")), l->example);
}

static const struct {
    const char *title, *verbs; /* in the order in which a newcomer needs them */
} groups[] = {
    {MSG("Begin"), "serve;demo;add;remove;probe;check list"},
    {MSG("Discover"), "discover;discover list;discover accept;discover ignore;discover forget;discover stop"},
    {MSG("Look"), "status;watch;why;history;events;health"},
    {MSG("Act"), "ack;unack;recheck;downtime;downtime list;downtime end;enable;disable;as-configured;result"},
    {MSG("Tell users"), "incident list;incident open;incident update;incident resolve;incident show;incident edit;incident publish;incident retract;incident report;incident missing;incident remove;"
                        "maintenance list;maintenance plan;maintenance move;maintenance confirm;maintenance start;maintenance complete;maintenance cancel;upstream;"
                        "subscriber list;subscriber add;subscriber remove;subscriber bounce;subscriber import;subscriber export;subscriber report;subscriber browsers"},
    {MSG("Followers"), "followers list;followers remove;followers block;followers unblock"},
    {MSG("IRC"), "irc list"},
    {MSG("Configure"), "conf check;conf diff;conf apply;conf show;conf doc;import;user add;user list;user set;user remove;user reset-second-factor;user setup-link;token add;token list;token remove"},
    {MSG("Copies of the site"), "export site;export json;export cstate;mirror list;mirror push;mirror key"},
    {MSG("Tell other programs"), "webhook list;webhook test;sms list;sms test;websub list;websub remove"},
    {MSG("Inside"), "debug stats;debug openapi;debug describe;version"},
};

static const char *help_of(struct cli *c, struct str verb)
{
    for (const struct cli_local *l = c->locals; l->verb; l++)
        if (str_is(verb, l->verb))
            return l->help;
    for (size_t i = 0; ops[i]; i++)
        if (ops[i]->verb && str_is(verb, ops[i]->verb))
            return ops[i]->help;
    return NULL;
}

void describe_all(struct cli *c, struct buf *out)
{
    buf_printf(out, "vigie %s: %s\n", VIGIE_VERSION, msg_tr(c->lang, MSG("watches machines and services, and tells in time")));
    for (size_t g = 0; g < COUNT(groups); g++) {
        struct str rest = str_of(groups[g].verbs), verb;
        buf_printf(out, "\n%s\n", msg_tr(c->lang, groups[g].title));
        while (str_next(&rest, ";", &verb)) {
            const char *help = help_of(c, verb);
            if (help)
                buf_printf(out, "  %-18.*s %s\n", (int)verb.n, verb.p, msg_tr(c->lang, help));
        }
    }
    buf_printf(out, "\n%s\n", msg_tr(c->lang, MSG("“vigie VERB --help” says more, with an example. Every verb takes --json, --data DIR, --url URL, --token TOKEN and --lang fr.")));
}

/* ---- manual page (roff) and completion ---- */

static void roff(struct buf *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        buf_str(out, "\\&");
    for (; *text; text++)
        if (*text == '\\')
            buf_str(out, "\\e");
        else if (*text == '-')
            buf_str(out, "\\-");
        else
            buf_char(out, *text);
}

static void man_verb(struct cli *c, struct buf *out, const char *verb, const char *usage, const char *help, const char *more, const char *example)
{
    buf_str(out, ".TP\n.B vigie ");
    roff(out, verb);
    if (usage && usage[0]) {
        buf_str(out, "\n.I ");
        roff(out, usage);
    }
    buf_char(out, '\n');
    roff(out, msg_tr(c->lang, help));
    if (more) {
        buf_str(out, ".\n");
        roff(out, msg_tr(c->lang, more));
    }
    buf_str(out, "\n");
    if (example) {
        buf_str(out, ".br\n.RS\n.EX\nvigie ");
        roff(out, example);
        buf_str(out, "\n.EE\n.RE\n");
    }
}

static void man_params(struct cli *c, struct buf *out, const struct op *op)
{
    for (const struct op_param *p = op->params; p->name; p++) {
        if (p->flags & OP_NOT_CLI)
            continue;
        buf_str(out, ".RS\n.TP\n.B ");
        if (!(p->flags & OP_WORDS))
            buf_str(out, "\\-\\-");
        roff(out, p->name);
        buf_char(out, '\n');
        roff(out, msg_tr(c->lang, p->help));
        buf_str(out, "\n.RE\n");
    }
}

static void describe_man(struct cli *c, struct buf *out)
{
    buf_str(out, ".TH VIGIE 1 \"\" \"vigie " VIGIE_VERSION "\"\n.SH NAME\nvigie \\- watches machines and services, and tells in time\n"
                 ".SH SYNOPSIS\n.B vigie\n.I VERB\n.RI [ words ]\n.RI [ options ]\n.SH VERBS\n");
    for (const struct cli_local *l = c->locals; l->verb; l++)
        if (l->help)
            man_verb(c, out, l->verb, l->usage, l->help, l->more, l->example);
    for (size_t i = 0; ops[i]; i++)
        if (ops[i]->verb) {
            man_verb(c, out, ops[i]->verb, NULL, ops[i]->help, ops[i]->more, ops[i]->example);
            man_params(c, out, ops[i]);
        }
    buf_str(out, ".SH EXIT STATUS\n0 done, 1 refused or failed, 2 wrong usage; probe \\-\\-plugin: 0 to 3 as Nagios plugins.\n"
                 ".SH FILES\n.TP\n/etc/vigie/vigie.yaml, /etc/vigie/conf.d/*.yaml, /etc/vigie/conf.d/discovered/*.yaml\nconfiguration, see vigie.yaml(5)\n.TP\n/var/lib/vigie\ndata\n"
                 ".SH SEE ALSO\nvigie.yaml(5)\n");
}

static void describe_verbs(struct cli *c, struct buf *out)
{
    for (const struct cli_local *l = c->locals; l->verb; l++)
        if (l->help)
            buf_printf(out, "%s\n", l->verb);
    for (size_t i = 0; ops[i]; i++)
        if (ops[i]->verb)
            buf_printf(out, "%s\n", ops[i]->verb);
}

static void put_first_words(struct cli *c, struct buf *out)
{
    struct buf all = BUF_MAX(65536);
    describe_verbs(c, &all);
    struct str rest = str_of(buf_text(&all)), verb;
    struct map seen = {0};
    while (str_next(&rest, "\n", &verb)) {
        char *word = arena_dupn(c->arena, verb.p, strcspn(verb.p, " \n"));
        if (!map_set(&seen, word, word))
            buf_printf(out, "%s ", word);
    }
    map_done(&seen);
    buf_done(&all);
}

static void describe_bash(struct cli *c, struct buf *out)
{
    buf_str(out, "# bash completion of vigie, printed from its rows\n_vigie()\n{\n    local cur=${COMP_WORDS[COMP_CWORD]} words=\n"
                 "    case $COMP_CWORD:${COMP_WORDS[1]} in\n    1:*) words=\"");
    put_first_words(c, out);
    buf_str(out, "\" ;;\n");
    for (size_t i = 0; ops[i]; i++) {
        if (!ops[i]->verb || strchr(ops[i]->verb, ' '))
            continue;
        buf_printf(out, "    *:%s) words=\"--json --help", ops[i]->verb);
        for (const struct op_param *p = ops[i]->params; p->name; p++)
            if (!(p->flags & (OP_WORDS | OP_NOT_CLI)))
                buf_printf(out, " --%s", p->name);
        buf_str(out, "\"\n        case $cur in -*) ;; *) words=$(vigie status --json 2>/dev/null | sed -n 's/.*\"host\": \"\\([^\"]*\\)\".*/\\1/p' | sort -u) ;; esac ;;\n");
    }
    buf_str(out, "    2:conf) words=\"check diff apply show doc\" ;;\n    2:user) words=\"add list set remove setup-link\" ;;\n"
                 "    2:token) words=\"add list remove\" ;;\n    2:probe) words=$(vigie debug describe kinds) ;;\n    esac\n"
                 "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n}\ncomplete -o default -F _vigie vigie\n");
}

void cli_describe(struct buf *out, const struct cli_local *locals, const char *form, const char *lang)
{
    static const struct {
        const char *form;
        void (*print)(struct cli *c, struct buf *out);
    } forms[] = {{"man", describe_man}, {"bash", describe_bash}, {"verbs", describe_verbs}};
    struct cli c = {.lang = lang, .arena = arena_new(0), .locals = locals};
    for (size_t i = 0; i < COUNT(forms); i++)
        if (str_eq(forms[i].form, form))
            forms[i].print(&c, out);
    arena_free(c.arena);
}
