/* SPDX-License-Identifier: GPL-3.0-or-later */
/* add.c: `vigie add` on a terminal: shows what would be watched, tries each once, and asks before anything is added.
 * --yes adds without a word, as it is without a terminal; --dry-run shows and ends. */
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "cli/cli_priv.h"
#include "io/file.h"

enum { AT_ONCE = 4 }; /* tried together: results appear while the next ones run */

struct adding {
    struct cli *c;
    const struct doc *params;
    struct doc *watch, *trials;
    bool silent;              /* JSON at the end instead of lines */
};

static const char *name_of(struct cli *c, const struct doc *d)
{
    const char *check = doc_text(d, "check", NULL), *host = doc_text(d, "host", "");
    return check ? arena_printf(c->arena, "%s/%s", host, check) : host;
}

static struct timings timings_of(const struct doc *d)
{
    const struct doc *t = doc_get(d, "timings_us");
    return (struct timings){.lookup_us = (int32_t)doc_int(t, "lookup", 0), .connect_us = (int32_t)doc_int(t, "connect", 0), .tls_us = (int32_t)doc_int(t, "tls", 0),
                            .first_byte_us = (int32_t)doc_int(t, "first_byte", 0), .total_us = (int32_t)doc_int(t, "total", 0)};
}

static void show_one(struct adding *ad, const struct doc *guess, const struct doc *trial)
{
    struct cli *c = ad->c;
    struct buf b = BUF_MAX(1 << 16);
    const char *yaml = doc_text(guess, "yaml", "");
    struct timings t = timings_of(trial);
    buf_printf(&b, c->colour ? "\033[1m%s\033[0m  %s%s\n" : "%s  %s%s\n", name_of(c, guess), yaml[0] ? yaml : "icmp: ", yaml[0] ? "" : doc_text(guess, "address", doc_text(guess, "host", "")));
    if (trial) {
        buf_str(&b, "  ");
        print_state(c, &b, doc_text(trial, "state", "unknown"), false, 11);
        buf_printf(&b, "  %s\n", doc_text(trial, "output", ""));
        cli_waterfall(&b, &t, 15, c->colour, c->lang);
    }
    print_out(&b);
    buf_done(&b);
}

static struct doc *with_targets(struct adding *ad, const struct doc *targets)
{
    struct doc *o = doc_object(ad->c->arena);
    const char *host = doc_text(ad->params, "host", NULL);
    doc_put(o, "targets", doc_copy(ad->c->arena, targets));
    if (host)
        doc_put_text(o, "host", host);
    return o;
}

/* Tries the guesses from *at on, a few at a time. 0, or -1 after saying why not. */
static int try_some(struct adding *ad, struct doc **at)
{
    struct cli *c = ad->c;
    struct doc *targets = doc_list(c->arena), *reply, *first = *at;
    for (int n = 0; *at && n < AT_ONCE; *at = (*at)->next, n++)
        doc_push_text(targets, doc_text(*at, "target", ""));
    int status = client_call(c, op_find("trial"), with_targets(ad, targets), &reply);
    if (status == 200) {
        DOC_EACH(doc_get(reply, "trials"), d) {
            doc_push(ad->trials, doc_copy(c->arena, d));
            if (!ad->silent && first)
                show_one(ad, first, d);
            first = first ? first->next : NULL;
        }
        return 0;
    }
    if (status > 0)
        print_refusal(c, reply);
    return -1;
}

/* Those that are watched already are told, and left out. */
static void leave_known_out(struct adding *ad, const struct doc *watch)
{
    DOC_EACH(watch, d) {
        if (!doc_bool(d, "known", false))
            doc_push(ad->watch, doc_copy(ad->c->arena, d));
        else if (!ad->silent)
            print_line(ad->c, 1, MSG("{1} is watched already"), "s", doc_text(d, "host", ""));
    }
}

static int show_all(struct adding *ad)
{
    struct doc *reply;
    int status = client_call(ad->c, op_find("guess"), ad->params, &reply);
    if (status != 200) {
        if (status > 0)
            print_refusal(ad->c, reply);
        return -1;
    }
    leave_known_out(ad, doc_get(reply, "watch"));
    for (struct doc *at = doc_first(ad->watch); at;)
        if (try_some(ad, &at) < 0)
            return -1;
    return 0;
}

static int show_json(struct adding *ad)
{
    struct buf b = BUF_MAX(16 << 20);
    struct doc *o = doc_object(ad->c->arena);
    doc_put(o, "watch", ad->watch);
    doc_put(o, "trials", ad->trials);
    json_write(&b, o, ad->c->lang, 2);
    buf_char(&b, '\n');
    print_out(&b);
    buf_done(&b);
    return CLI_OK;
}

/* Enter alone is a yes. */
static bool agrees(struct cli *c, int64_t n)
{
    static const char *const yes[] = {"", "y", "yes", "o", "oui"};
    struct buf prompt = BUF_MAX(200), said = BUF_MAX(200);
    bool agreed = false;
    msg_print(&prompt, c->lang, MSG("Watch {1|this|these}? [Y/n] "), "i", n);
    if (file_ask(buf_text(&prompt), false, &said) == 0)
        for (size_t i = 0; i < COUNT(yes); i++)
            agreed = agreed || str_ieq(buf_text(&said), yes[i]);
    buf_done(&prompt);
    buf_done(&said);
    return agreed;
}

static int add_now(struct cli *c, const struct op *op, const struct doc *params)
{
    struct doc *reply;
    int status = client_call(c, op, params, &reply);
    if (status == 200)
        print_reply(c, op, params, reply);
    else if (status > 0)
        print_refusal(c, reply);
    return status == 200 ? CLI_OK : CLI_FAILED;
}

int add_run(struct cli *c, const struct op *op, const struct doc *params)
{
    bool dry = doc_get(params, "dry-run") != NULL, asks = !doc_get(params, "yes") && !c->json && file_is_terminal(0) && file_is_terminal(1);
    struct adding ad = {.c = c, .watch = doc_list(c->arena), .trials = doc_list(c->arena), .silent = c->json};
    ad.params = params;
    ad.params = with_targets(&ad, doc_get(params, "targets")); /* without what is the command line's own */
    if (!dry && !asks)
        return add_now(c, op, ad.params);
    if (show_all(&ad) < 0)
        return CLI_FAILED;
    if (dry && c->json)
        return show_json(&ad);
    if (dry)
        return CLI_OK;
    if (!ad.watch->kids.n)
        return CLI_FAILED;
    if (!agrees(c, (int64_t)ad.watch->kids.n)) {
        print_line(c, 1, MSG("Nothing was added."), "");
        return CLI_FAILED;
    }
    struct doc *targets = doc_list(c->arena);
    DOC_EACH(ad.watch, d)
        doc_push_text(targets, doc_text(d, "target", ""));
    return add_now(c, op, with_targets(&ad, targets));
}
