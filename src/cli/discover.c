/* SPDX-License-Identifier: GPL-3.0-or-later */
/* discover.c: `vigie discover`: starts a look, says how far it is on a terminal, and shows what was found, by host. */
#include "base/msg.h"
#include "base/str.h"
#include "cli/cli_priv.h"
#include "io/file.h"
#include "io/loop.h"

enum { LOOK_AGAIN_MS = 300 };

/* ---- waiting ---- */

static void stop(void *arg) { loop_stop(arg); }

static void wait_ms(int64_t ms)
{
    struct loop *l = loop_new("wait");
    struct timer t = {0};
    timer_init(&t, l, stop, l);
    timer_set(&t, ms);
    loop_run(l);
    timer_clear(&t);
    loop_free(l);
}

static void say_progress(struct cli *c, const struct doc *state)
{
    struct buf b = BUF_MAX(1000);
    if (c->json || !file_is_terminal(2))
        return;
    buf_str(&b, "\r\033[K");
    buf_str(&b, doc_text(state, "doing", ""));
    if (doc_int(state, "all", 0) > 1)
        buf_printf(&b, "  %lld/%lld", (long long)doc_int(state, "done", 0), (long long)doc_int(state, "all", 0));
    if (doc_int(state, "packets", 0)) {
        buf_str(&b, "  ");
        msg_print(&b, c->lang, MSG("{1} {1|packet|packets}"), "i", doc_int(state, "packets", 0));
    }
    if (doc_int(state, "found", 0)) {
        buf_str(&b, "  ");
        msg_print(&b, c->lang, MSG("{1} found"), "i", doc_int(state, "found", 0));
    }
    file_print(2, buf_text(&b), b.len);
    buf_done(&b);
}

static void end_progress(struct cli *c)
{
    if (!c->json && file_is_terminal(2))
        file_print(2, "\r\033[K", 4);
}

/* An answered call; NULL after saying what is wrong. */
static const struct doc *ask(struct cli *c, const char *op, const struct doc *params)
{
    struct doc *reply = NULL;
    int status = client_call(c, op_find(op), params, &reply);
    if (status == 200)
        return reply;
    if (status > 0)
        print_refusal(c, reply);
    return NULL;
}

/* Until it is done; false when it failed. */
static bool follow(struct cli *c)
{
    const struct doc *none = doc_object(c->arena), *state;
    while ((state = ask(c, "discover-state", none)) != NULL && doc_bool(state, "running", false)) {
        say_progress(c, state);
        wait_ms(LOOK_AGAIN_MS);
    }
    end_progress(c);
    const char *error = state ? doc_text(state, "error", NULL) : NULL;
    if (error)
        print_line(c, 2, MSG("vigie: {1}"), "s", error);
    return state && !error;
}

/* A network is asked after a yes: by the option, or on the terminal. */
static bool agreed(struct cli *c, struct doc *params)
{
    struct buf q = BUF_MAX(1000), answer = BUF_MAX(100);
    const char *net = doc_text(params, "net", NULL), *yes = doc_text(params, "yes", NULL);
    if (!net || yes || !file_is_terminal(0))
        return true; /* the daemon refuses what lacks the yes */
    msg_print(&q, c->lang, MSG("Every address of {1} will be asked, slowly. Is the network yours, or may you do that? yes/no: "), "s", net);
    int code = file_ask(buf_text(&q), false, &answer);
    bool ok = code == 0 && (str_ieq(buf_text(&answer), "yes") || str_ieq(buf_text(&answer), "oui") || str_ieq(buf_text(&answer), "y") || str_ieq(buf_text(&answer), "o"));
    if (ok)
        doc_put_text(params, "yes", "yes");
    else
        print_line(c, 2, MSG("Nothing was asked."), "");
    buf_done(&q);
    buf_done(&answer);
    return ok;
}

/* Without what is the command line's own. */
static struct doc *to_send(struct cli *c, const struct doc *params)
{
    struct doc *o = doc_object(c->arena);
    DOC_EACH(params, d)
        if (!str_eq(d->key, "print"))
            doc_put(o, d->key, doc_copy(c->arena, d));
    doc_put_text(o, "wait", "no");
    return o;
}

int discover_verb(struct cli *c, struct doc *params)
{
    bool print = doc_get(params, "print") != NULL;
    struct doc *list = doc_object(c->arena);
    if (!agreed(c, params))
        return CLI_FAILED;
    if (!ask(c, "discover", to_send(c, params)) || !follow(c))
        return CLI_FAILED;
    if (!print)
        doc_put_text(list, "state", "undecided");
    const char *name = print ? "discover-print" : "discover-list";
    const struct doc *reply = ask(c, name, list);
    if (!reply)
        return CLI_FAILED;
    print_reply(c, op_find(name), list, reply);
    return CLI_OK;
}

/* ---- printing ---- */

static void dim(struct cli *c, struct buf *out, const char *text)
{
    buf_printf(out, "%s%s%s", c->colour ? "\033[2m" : "", text, c->colour ? "\033[0m" : "");
}

static void put_mark(struct cli *c, struct buf *out, const struct doc *d)
{
    const char *state = doc_text(d, "state", "");
    bool gone = doc_text(d, "gone", NULL) != NULL;
    const char *mark = gone ? "!" : str_eq(state, "watched") ? "+" : str_eq(state, "ignored") ? "-" : "?";
    const char *colour = gone ? "\033[31m" : str_eq(state, "watched") ? "\033[32m" : str_eq(state, "ignored") ? "\033[2m" : "\033[33m";
    buf_printf(out, "  %s%s%s ", c->colour ? colour : "", mark, c->colour ? "\033[0m" : "");
}

static void put_row(struct cli *c, struct buf *out, const struct doc *d, int width)
{
    put_mark(c, out, d);
    table_cell(out, doc_text(d, "check", "–"), width, false);
    buf_printf(out, "  %s\n", doc_text(d, "what", ""));
    buf_printf(out, "    %*s  ", width, "");
    dim(c, out, doc_text(d, "evidence", ""));
    buf_char(out, '\n');
}

static int name_width(const struct doc *list)
{
    int width = 4;
    DOC_EACH(list, d) {
        int n = (int)strlen(doc_text(d, "check", "–"));
        width = n > width ? n : width;
    }
    return width > 30 ? 30 : width;
}

void print_discovered(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    const struct doc *list = doc_get(reply, "findings"), *counts = doc_get(reply, "counts");
    const char *host = NULL;
    int width = name_width(list);
    DOC_EACH(list, d) {
        const char *of = doc_text(d, "host", ""), *address = doc_text(d, "address", NULL);
        if (!str_eq(of, host)) {
            buf_printf(out, "%s%s%s%s%s%s\n", host ? "\n" : "", c->colour ? "\033[1m" : "", of, c->colour ? "\033[0m" : "", address ? "  " : "", address ? address : "");
            host = of;
        }
        put_row(c, out, d, width);
    }
    if (host)
        buf_char(out, '\n');
    msg_print(out, c->lang, MSG("{1} undecided (?), {2} watched (+), {3} ignored (-), {4} no longer there (!)."), "iiii", doc_int(counts, "undecided", 0),
              doc_int(counts, "watched", 0), doc_int(counts, "ignored", 0), doc_int(counts, "gone", 0));
    buf_char(out, '\n');
    if (doc_int(counts, "undecided", 0)) {
        msg_print(out, c->lang, MSG("“vigie discover accept HOST/CHECK …” or “--all” watches them, “vigie discover ignore …” does not propose them any more."), "");
        buf_char(out, '\n');
    }
    if (doc_int(counts, "beyond", 0)) {
        msg_print(out, c->lang, MSG("{1} more did not fit into the book."), "i", doc_int(counts, "beyond", 0));
        buf_char(out, '\n');
    }
}

static void put_skipped(struct cli *c, const struct doc *reply, struct buf *out)
{
    DOC_EACH(doc_get(reply, "skipped"), d) {
        msg_print(out, c->lang, MSG("{1}: not done: {2}"), "ss", doc_text(d, "target", ""), doc_text(d, "why", ""));
        buf_char(out, '\n');
    }
}

void print_accepted(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    const struct doc *done = doc_get(reply, "done");
    msg_print(out, c->lang, MSG("{1} {1|thing is|things are} watched now."), "i", (int64_t)(done ? done->kids.n : 0));
    buf_char(out, '\n');
    DOC_EACH(doc_get(reply, "files"), d) {
        msg_print(out, c->lang, MSG("Written: conf.d/{1}"), "s", d->text);
        buf_char(out, '\n');
    }
    put_skipped(c, reply, out);
}

void print_decided(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    const struct doc *done = doc_get(reply, "done");
    DOC_EACH(done, d)
        buf_printf(out, "%s\n", d->text);
    if (!done || !done->kids.n) {
        msg_print(out, c->lang, MSG("There was nothing to decide."), "");
        buf_char(out, '\n');
    }
}
