/* SPDX-License-Identifier: GPL-3.0-or-later */
/* print.c: answers of the daemon, as a person reads them; --json prints them as they came. */
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "cli/cli_priv.h"
#include "io/file.h"

typedef void printer(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out);

void print_out(const struct buf *b)
{
    file_print(1, buf_text(b), b->len);
}

static void say(struct cli *c, int fd, const struct buf *b)
{
    if (c->said)
        buf_add(c->said, buf_text(b), b->len);
    else
        file_print(fd, buf_text(b), b->len);
}

void print_line(struct cli *c, int fd, const char *msgid, const char *types, ...)
{
    struct buf packed = BUF_MAX(65536), b = BUF_MAX(65536);
    va_list ap;
    va_start(ap, types);
    msg_vpack(&packed, msgid, types, ap);
    va_end(ap);
    msg_render(&b, buf_text(&packed), c->lang);
    buf_char(&b, '\n');
    say(c, fd, &b);
    buf_done(&packed);
    buf_done(&b);
}

static void put_conf_errors(struct buf *b, const struct doc *errors)
{
    DOC_EACH(errors, e) {
        buf_printf(b, "%s:%lld:%lld: %s\n", doc_text(e, "file", "?"), (long long)doc_int(e, "line", 0), (long long)doc_int(e, "column", 0),
                   doc_text(e, "message", ""));
        const char *source = doc_text(e, "source", NULL);
        if (source)
            buf_printf(b, "    %s\n    %*s^\n", source, (int)doc_int(e, "column", 1) - 1, "");
    }
}

void print_refusal(struct cli *c, const struct doc *reply)
{
    if (c->json) {
        struct buf b = BUF_MAX(1 << 20);
        json_write(&b, reply, c->lang, 2);
        buf_char(&b, '\n');
        print_out(&b);
        buf_done(&b);
        return;
    }
    const struct doc *e = doc_get(reply, "error");
    struct buf b = BUF_MAX(1 << 20);
    put_conf_errors(&b, doc_get(e, "errors"));
    msg_print(&b, c->lang, MSG("vigie: {1}"), "s", doc_text(e, "message", "?"));
    buf_char(&b, '\n');
    say(c, 2, &b);
    buf_done(&b);
}

/* ---- a printer for each kind of answer ---- */

static void line(struct cli *c, struct buf *out, const char *msgid, const char *types, ...)
{
    struct buf packed = BUF_MAX(8192);
    va_list ap;
    va_start(ap, types);
    msg_vpack(&packed, msgid, types, ap);
    va_end(ap);
    msg_render(out, buf_text(&packed), c->lang);
    buf_char(out, '\n');
    buf_done(&packed);
}

static const char *target_of(struct cli *c, const struct doc *row)
{
    const char *check = doc_text(row, "check", NULL);
    return check ? arena_printf(c->arena, "%s/%s", doc_text(row, "host", ""), check) : doc_text(row, "host", "");
}

static void put_skipped(struct cli *c, const struct doc *reply, struct buf *out)
{
    DOC_EACH(doc_get(reply, "skipped"), d)
        line(c, out, MSG("{1}: not done: {2}"), "ss", doc_text(d, "target", ""), doc_text(d, "why", ""));
}

static void put_done(struct cli *c, const struct doc *reply, struct buf *out, const char *msgid)
{
    DOC_EACH(doc_get(reply, "done"), d)
        line(c, out, msgid, "s", target_of(c, d));
    put_skipped(c, reply, out);
}

static void print_ack(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    put_done(c, reply, out, MSG("{1}: acknowledged"));
}

static void print_unack(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    put_done(c, reply, out, MSG("{1}: released"));
}

static void print_enable(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    put_done(c, reply, out, MSG("{1}: switched on"));
}

static void print_disable(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    put_done(c, reply, out, MSG("{1}: switched off"));
}

static void print_recheck(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    DOC_EACH(doc_get(reply, "done"), d) {
        print_state(c, out, doc_text(d, "state", "pending"), false, 11);
        buf_printf(out, "  %s  %s\n", target_of(c, d), doc_text(d, "output", ""));
    }
    put_skipped(c, reply, out);
}

static void print_result(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    print_state(c, out, doc_text(reply, "state", "pending"), false, 11);
    buf_printf(out, "  %s  %s\n", target_of(c, reply), doc_text(reply, "output", ""));
}

/* What is broken below, each level further to the right. */
static void print_below(struct cli *c, const struct doc *node, struct buf *out, int deep)
{
    DOC_EACH(doc_get(node, "below"), d) {
        buf_printf(out, "%*s", 2 + 2 * deep, "");
        print_state(c, out, doc_text(d, "state", "pending"), doc_bool(d, "acknowledged", false) || doc_bool(d, "in_downtime", false), 11);
        print_age(c, out, doc_text(d, "since", NULL));
        buf_printf(out, "  %s  %s\n", doc_text(d, "target", ""), doc_get(d, "below") ? "" : doc_text(d, "output", ""));
        print_below(c, d, out, deep + 1);
    }
    if (doc_int(node, "more", 0)) {
        buf_printf(out, "%*s", 2 + 2 * deep, "");
        line(c, out, MSG("and {1} more"), "i", doc_int(node, "more", 0));
    }
}

static void print_why(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    print_state(c, out, doc_text(reply, "state", "pending"), doc_bool(reply, "acknowledged", false), 0);
    buf_printf(out, "  %s\n", target_of(c, reply));
    DOC_EACH(doc_get(reply, "why"), d)
        buf_printf(out, "  · %s\n", d->text);
    print_below(c, reply, out, 0);
}

static void print_downtimes(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    static const struct table_column columns[] = {{MSG("No."), "id", 0, true},      {MSG("Host"), "host", 24, false},  {MSG("Check"), "check", 20, false},
                                                  {MSG("From"), "start", 0, false}, {MSG("Until"), "end", 0, false},   {MSG("Begun"), "active", 0, false},
                                                  {MSG("By"), "author", 14, false}, {MSG("What"), "comment", 0, false}, {0}};
    const struct doc *list = doc_get(reply, "downtimes");
    if (list && list->kids.n)
        table_print(c, out, list, columns);
    else
        line(c, out, MSG("No work is planned."), "");
}

static void print_empty_done(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    line(c, out, MSG("Done."), "");
}

static void put_history_row(struct cli *c, struct buf *out, const struct doc *e, bool with_host)
{
    const char *kind = doc_text(e, "kind", ""), *check = doc_text(e, "check", NULL);
    buf_printf(out, "%s  ", doc_text(e, "at", ""));
    if (str_eq(kind, "state"))
        print_state(c, out, doc_text(e, "to", "pending"), false, 11);
    else
        table_cell(out, kind, 11, false);
    buf_printf(out, " %s %s%s%s  ", str_eq(kind, "state") && !doc_bool(e, "hard", true) ? "~" : " ", with_host || !check ? doc_text(e, "host", "") : "",
               with_host && check ? "/" : "", check ? check : "");
    const char *author = doc_text(e, "author", NULL);
    if (author && author[0])
        buf_printf(out, "%s: ", author);
    buf_printf(out, "%s\n", doc_text(e, "text", ""));
}

static void print_history(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    const struct doc *list = doc_get(reply, "events");
    DOC_EACH(list, e)
        put_history_row(c, out, e, true);
    if (!list || !list->kids.n)
        line(c, out, MSG("Nothing happened in that time."), "");
}

static void print_yaml(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    buf_str(out, doc_text(reply, "yaml", ""));
}

static void put_changes(struct cli *c, const struct doc *reply, struct buf *out)
{
    static const struct {
        const char *word, *sign, *colour;
    } signs[] = {{"added", "+", "32"}, {"removed", "-", "31"}, {"changed", "~", "33"}, {"renamed", ">", "36"}};
    DOC_EACH(doc_get(reply, "changes"), d) {
        for (size_t i = 0; i < COUNT(signs); i++)
            if (str_eq(signs[i].word, doc_text(d, "change", "")))
                buf_printf(out, c->colour ? "\033[%sm%s\033[0m" : "%.0s%s", signs[i].colour, signs[i].sign);
        buf_printf(out, " %s %s", doc_text(d, "what", ""), doc_text(d, "name", ""));
        const char *detail = doc_text(d, "detail", NULL);
        if (detail)
            buf_printf(out, "  %s", detail);
        buf_char(out, '\n');
    }
}

static void print_changes(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    const struct doc *list = doc_get(reply, "changes");
    put_changes(c, reply, out);
    DOC_EACH(doc_get(reply, "warnings"), w)
        line(c, out, MSG("warning: {1}:{2}: {3}"), "sis", doc_text(w, "file", "?"), doc_int(w, "line", 0), doc_text(w, "message", ""));
    if (!list || !list->kids.n)
        line(c, out, MSG("The files say what runs already."), "");
    else if (doc_bool(reply, "applied", false))
        line(c, out, MSG("{1} {1|change|changes} applied."), "i", (int64_t)list->kids.n);
    else
        line(c, out, MSG("{1} {1|change|changes}; “vigie conf apply” applies them."), "i", (int64_t)list->kids.n);
}

static void print_add(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    DOC_EACH(doc_get(reply, "watch"), d) {
        const char *check = doc_text(d, "check", NULL), *yaml = doc_text(d, "yaml", "");
        if (check)
            line(c, out, MSG("{1} is watched: {2}"), "ss", target_of(c, d), yaml);
        else
            line(c, out, MSG("{1} is watched: it is pinged"), "s", doc_text(d, "host", ""));
    }
    line(c, out, MSG("Written to conf.d/added.yaml; “vigie status” shows the first results in a moment."), "");
}

static void print_users(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    static const struct table_column columns[] = {{MSG("Name"), "name", 32, false}, {MSG("Role"), "role", 0, false}, {MSG("Logs in by"), "origin", 0, false}, {MSG("Since"), "created", 0, false},
                                                  {MSG("Last log-in"), "last_login", 0, false}, {0}};
    const struct doc *list = doc_get(reply, "users");
    if (list && list->kids.n)
        table_print(c, out, list, columns);
    else
        line(c, out, MSG("Nobody may log in yet; “vigie user setup-link” makes a link for the first."), "");
}

static void print_tokens(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    static const struct table_column columns[] = {{MSG("Name"), "name", 32, false}, {MSG("Role"), "role", 0, false}, {MSG("Scope"), "scope", 30, false},
                                                  {MSG("Expires"), "expires", 0, false}, {MSG("Last used"), "last_used", 0, false}, {0}};
    const struct doc *list = doc_get(reply, "tokens");
    if (list && list->kids.n)
        table_print(c, out, list, columns);
    else
        line(c, out, MSG("There are no tokens."), "");
}

static void print_token(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    buf_printf(out, "%s\n", doc_text(reply, "token", ""));
    if (file_is_terminal(1))
        print_line(c, 2, MSG("Keep it now: it is not shown again."), "");
}

static void print_link(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    buf_printf(out, "%s\n", doc_text(reply, "url", ""));
}

/* Anything else: keys and values, one a line, nested ones indented. */
static void put_tree(struct cli *c, struct buf *out, const struct doc *d, int depth)
{
    DOC_EACH(d, k) {
        buf_printf(out, "%*s%s%s", depth * 2, "", k->key ? k->key : "-", k->key ? ":" : "");
        if (k->kind == DOC_OBJECT || k->kind == DOC_LIST) {
            buf_char(out, '\n');
            put_tree(c, out, k, depth + 1);
        } else if (k->kind == DOC_TEXT) {
            buf_printf(out, " %s\n", k->text);
        } else {
            buf_char(out, ' ');
            json_write(out, k, c->lang, 0);
            buf_char(out, '\n');
        }
    }
}

static void print_tree(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    put_tree(c, out, reply, 0);
}

static void print_json(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    json_write(out, reply, c->lang, 2);
    buf_char(out, '\n');
}

static void print_key(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    buf_printf(out, "%s\n", doc_text(reply, "key", ""));
}

static const struct {
    const char *op;
    printer *print;
} printers[] = {
    {"status", print_status}, {"why", print_why}, {"ack", print_ack}, {"unack", print_unack}, {"enable", print_enable}, {"disable", print_disable},
    {"as-configured", print_enable}, {"recheck", print_recheck}, {"result", print_result}, {"downtime", print_downtimes}, {"downtimes", print_downtimes},
    {"downtime-end", print_empty_done}, {"history", print_history}, {"events", print_history}, {"conf-show", print_yaml}, {"conf-diff", print_changes},
    {"conf-apply", print_changes}, {"remove", print_changes}, {"add", print_add}, {"user-list", print_users}, {"token-list", print_tokens},
    {"token-add", print_token}, {"setup-link", print_link}, {"user-add", print_empty_done}, {"user-set", print_empty_done},
    {"user-remove", print_empty_done}, {"token-remove", print_empty_done}, {"openapi", print_json},
    {"discover-list", print_discovered}, {"discover-accept", print_accepted}, {"discover-ignore", print_decided}, {"discover-forget", print_decided},
    {"discover-print", print_yaml},
    {"webhooks", print_hooks}, {"webhook-test", print_hook_answer}, {"websub-subscriptions", print_subscriptions}, {"sms-telephones", print_telephones}, {"websub-remove", print_empty_done}, {"sms-test", print_empty_done},
    {"incidents", print_bulletins}, {"maintenance", print_bulletins}, {"incident-missing", print_outages}, {"incident-remove", print_empty_done}, {"mirror-key", print_key}, {"incident", print_bulletin},
    {"followers", print_followers}, {"follower-remove", print_followers_off}, {"follower-block", print_followers_off}, {"follower-unblock", print_empty_done},
    {"subscribers", print_people}, {"subscriber-export", print_csv}, {"subscriber-report", print_mails}, {"subscriber-add", print_empty_done}, {"subscriber-remove", print_empty_done}, {"subscriber-bounce", print_empty_done},
};

void print_reply(struct cli *c, const struct op *op, const struct doc *params, const struct doc *reply)
{
    struct buf out = BUF_MAX(256 << 20);
    printer *p = print_tree;
    for (size_t i = 0; i < COUNT(printers); i++)
        if (str_eq(printers[i].op, op->name))
            p = printers[i].print;
    if (p == print_tree && doc_get(reply, "bulletin"))
        p = print_bulletin_done;
    if (c->json)
        p = print_json;
    p(c, params, reply, &out);
    print_out(&out);
    buf_done(&out);
}
