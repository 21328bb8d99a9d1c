/* SPDX-License-Identifier: GPL-3.0-or-later */
/* print_followers.c: who follows from the fediverse, for a terminal: by server, or the accounts of one. */
#include "base/msg.h"
#include "base/str.h"
#include "cli/cli_priv.h"

static void join_follow(struct doc *row)
{
    struct buf b = BUF_MAX(4096);
    DOC_EACH(doc_get(row, "follow"), d)
        buf_printf(&b, "%s%s", b.len ? " " : "", d->text);
    doc_put_text(row, "what", buf_text(&b));
    buf_done(&b);
}

static void print_servers(struct cli *c, const struct doc *reply, struct buf *out)
{
    static const struct table_column columns[] = {{MSG("Server"), "host", 40, false}, {MSG("Followers"), "followers", 0, true}, {MSG("Follow"), "what", 40, false}, {MSG("Fails since"), "failing", 0, false}, {MSG("Error"), "error", 0, false}, {0}};
    static const struct table_column kept[] = {{MSG("Kept away"), "who", 60, false}, {MSG("Since"), "since", 0, false}, {MSG("By"), "by", 0, false}, {0}};
    const struct doc *list = doc_get(reply, "servers"), *blocked = doc_get(reply, "blocked");
    DOC_EACH(list, row)
        join_follow(row);
    if (doc_first(list))
        table_print(c, out, list, columns);
    msg_print(out, c->lang, MSG("{1} {1|follower|followers} on {2} {2|server|servers}\n"), "ii", doc_int(reply, "count", 0), doc_int(reply, "servers_count", 0));
    if (doc_first(blocked)) {
        buf_char(out, '\n');
        table_print(c, out, blocked, kept);
    }
}

void print_followers(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    static const struct table_column columns[] = {{MSG("Account"), "actor", 70, false}, {MSG("Follow"), "follows", 30, false}, {MSG("Since"), "since", 0, false}, {0}};
    const struct doc *list = doc_get(reply, "followers");
    if (doc_get(reply, "servers")) {
        print_servers(c, reply, out);
        return;
    }
    if (doc_first(list))
        table_print(c, out, list, columns);
    msg_print(out, c->lang, MSG("{1} {1|follower|followers}\n"), "i", doc_int(reply, "count", 0));
}

void print_followers_off(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    msg_print(out, c->lang, MSG("{1} {1|follower|followers} taken off\n"), "i", doc_int(reply, "removed", 0));
}
