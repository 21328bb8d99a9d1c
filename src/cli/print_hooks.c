/* SPDX-License-Identifier: GPL-3.0-or-later */
/* print_hooks.c: other people's programs that are told, for a terminal: how they fare, and what one answered. */
#include "base/msg.h"
#include "base/str.h"
#include "cli/cli_priv.h"

void print_hooks(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    static const struct table_column columns[] = {{MSG("Webhook"), "name", 30, false}, {MSG("Format"), "format", 0, false},      {MSG("State"), "state", 0, false}, {MSG("Waiting"), "waiting", 0, true},
                                                  {MSG("Delivered"), "delivered", 0, true}, {MSG("Last"), "last", 0, false}, {MSG("Error"), "why", 0, false},   {0}};
    (void)params;
    if (doc_first(doc_get(reply, "webhooks")))
        table_print(c, out, doc_get(reply, "webhooks"), columns);
    else
        msg_print(out, c->lang, MSG("No webhooks: “webhooks:” in the configuration names none.\n"), "");
}

void print_hook_answer(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    const char *body = doc_text(reply, "body", "");
    (void)params;
    if (doc_text(reply, "error", NULL))
        msg_print(out, c->lang, MSG("No answer: {1}\n"), "s", doc_text(reply, "error", ""));
    else
        msg_print(out, c->lang, MSG("It answered {1} {2} after {3}.\n"), "isd", doc_int(reply, "status", 0), doc_text(reply, "reason", ""), doc_int(reply, "took_ms", 0));
    if (body[0])
        buf_printf(out, "  %s%s", body, str_ends(body, "\n") ? "" : "\n");
}

void print_subscriptions(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    static const struct table_column columns[] = {{MSG("Number"), "id", 0, true}, {MSG("Feed"), "topic", 60, false}, {MSG("Callback"), "callback", 50, false}, {MSG("State"), "state", 0, false}, {MSG("Until"), "until", 0, false}, {MSG("Error"), "why", 0, false}, {0}};
    (void)params;
    if (doc_first(doc_get(reply, "subscriptions")))
        table_print(c, out, doc_get(reply, "subscriptions"), columns);
    msg_print(out, c->lang, MSG("{1} {1|subscription|subscriptions} to feeds\n"), "i", doc_int(reply, "count", 0));
}

void print_telephones(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    static const struct table_column columns[] = {{MSG("Telephone"), "number", 0, false}, {MSG("State"), "state", 0, false}, {MSG("Waiting"), "waiting", 0, true}, {MSG("Delivered"), "delivered", 0, true}, {MSG("Last"), "last", 0, false}, {MSG("Error"), "why", 0, false}, {0}};
    (void)params;
    if (doc_first(doc_get(reply, "telephones")))
        table_print(c, out, doc_get(reply, "telephones"), columns);
    else
        msg_print(out, c->lang, MSG("No telephone has been told anything yet.\n"), "");
}
