/* SPDX-License-Identifier: GPL-3.0-or-later */
/* print_people.c: subscribers for a terminal: the list, what became of mails, whom a dry run would mail. */
#include "base/msg.h"
#include "base/str.h"
#include "cli/cli_priv.h"

enum { RECIPIENTS_SHOWN = 10 };

void print_csv(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    buf_str(out, doc_text(reply, "csv", ""));
}

/* Lists of words become one text, for a column. */
static void join(struct doc *row, const char *key, const char *const lists[])
{
    struct buf b = BUF_MAX(4096);
    for (int i = 0; lists[i]; i++)
        DOC_EACH(doc_get(row, lists[i]), d)
            buf_printf(&b, "%s%s", b.len ? " " : "", d->text);
    doc_put_text(row, key, buf_text(&b));
    buf_done(&b);
}

void print_people(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    static const struct table_column columns[] = {{MSG("Address"), "email", 40, false}, {MSG("Language"), "lang", 0, false}, {MSG("Client"), "client", 24, false},
                                                  {MSG("About"), "about", 40, false},   {MSG("Kinds"), "what", 0, false},    {0}};
    static const char *const about[] = {"groups", "components", NULL}, *const kinds[] = {"kinds", NULL};
    const struct doc *list = doc_get(reply, "subscribers");
    DOC_EACH(list, row) {
        join(row, "about", about);
        join(row, "what", kinds);
    }
    if (doc_first(list))
        table_print(c, out, list, columns);
    msg_print(out, c->lang, MSG("{1} {1|subscriber|subscribers}\n"), "i", doc_int(reply, "count", 0));
}

void print_mails(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    static const struct table_column columns[] = {{MSG("Address"), "email", 40, false}, {MSG("About"), "what", 0, false}, {MSG("State"), "state", 0, false},
                                                  {MSG("When"), "done", 0, false},      {MSG("Error"), "error", 0, false}, {0}};
    if (doc_text(reply, "csv", NULL)) {
        print_csv(c, params, reply, out);
        return;
    }
    if (doc_first(doc_get(reply, "mails")))
        table_print(c, out, doc_get(reply, "mails"), columns);
    msg_print(out, c->lang, MSG("{1} sent, {2} waiting, {3} given up\n"), "iii", doc_int(reply, "sent", 0), doc_int(reply, "waiting", 0), doc_int(reply, "given_up", 0));
}

void put_recipients(struct cli *c, struct buf *out, const struct doc *reply)
{
    const struct doc *r = doc_get(reply, "recipients");
    int64_t n = doc_int(r, "count", 0), shown = 0;
    if (!r)
        return;
    msg_print(out, c->lang, MSG("{1} {1|subscriber|subscribers} would be mailed.\n"), "i", n);
    DOC_EACH(doc_get(r, "addresses"), d)
        if (shown++ < RECIPIENTS_SHOWN)
            buf_printf(out, "  %s\n", d->text);
    if (n > RECIPIENTS_SHOWN)
        buf_str(out, "  …\n");
    DOC_EACH(doc_get(r, "ways"), w) { /* how many by each way, and of each language */
        const char *sep = "  (";
        buf_printf(out, "  %-12s %lld", doc_text(w, "way", ""), (long long)doc_int(w, "count", 0));
        DOC_EACH(doc_get(w, "languages"), l) {
            buf_printf(out, "%s%s %lld", sep, l->key, (long long)l->i);
            sep = ", ";
        }
        buf_printf(out, "%s\n", doc_first(doc_get(w, "languages")) ? ")" : "");
    }
}
