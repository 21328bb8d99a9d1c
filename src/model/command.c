/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command.c: carries out what a person or program bids.  Who may do so was decided before. */
#include "model/command.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"
#include "model/links.h"
#include "model/sink.h"

#include <string.h>

/* One command on its way: its texts are clean, its item found. */
struct bid {
    struct model *m;
    const struct command *c;
    struct item *it; /* NULL: not needed */
    struct moment now;
    int64_t *ret_id;
    struct err *e;
};

static int do_ack(const struct bid *b)
{
    const struct command *c = b->c;
    struct event e;

    if (!state_is_bad((enum state)b->it->st.state))
        return err_set(b->e, ERR_CONFLICT, MSG("there is no problem to acknowledge"), "");
    if (c->expires_ms && c->expires_ms <= b->now.wall_ms)
        return err_field(b->e, ERR_INVALID, "expires",
                         MSG("an acknowledgement cannot expire in the past"), "");
    ack_set(b->m, b->it,
            &(struct ack_args){c->author ? c->author : "", c->comment, b->now.wall_ms,
                               c->expires_ms, c->sticky});
    item_touch(b->m, b->it);
    e = item_event(EVENT_ACK, b->it, b->now);
    e.author = c->author;
    e.text = c->comment;
    model_raise(b->m, &e);
    return 0;
}

static int do_unack(const struct bid *b)
{
    if (!b->it->ack)
        return err_set(b->e, ERR_CONFLICT, MSG("it is not acknowledged"), "");
    ack_end(b->m, b->it, b->c->author, b->c->comment, b->now);
    item_unquiet(b->m, b->it, b->now);
    return 0;
}

static int do_downtime(const struct bid *b)
{
    return downtime_command(b->m, b->c, b->now, b->ret_id, b->e);
}

static int do_downtime_end(const struct bid *b)
{
    return downtime_end_command(b->m, b->c, b->now, b->e);
}

static int refuse_asking(const struct item *it, struct err *e)
{
    if (!it->enabled)
        return err_set(e, ERR_CONFLICT, MSG("it is switched off"), "");
    if (it->resting)
        return err_set(e, ERR_CONFLICT, MSG("it rests: this is outside its check_period"), "");
    return err_set(e, ERR_CONFLICT, MSG("its results come by themselves, it cannot be asked"), "");
}

int model_can_ask(const struct item *it, struct err *e)
{
    const struct host *h = it->host;

    if (!it->enabled || it->conf)
        return it->enabled && item_is_active(it) ? 0 : refuse_asking(it, e);
    for (size_t i = 0; i < h->checks.n; i++)
        if (item_is_active(h->checks.at[i]))
            return 0;
    return err_set(e, ERR_CONFLICT, MSG("nothing on it can be asked"), "");
}

/* A host without a check of its own is looked at by asking its checks. */
static int do_recheck(const struct bid *b)
{
    struct host *h = b->it->host;
    int code = model_can_ask(b->it, b->e);

    if (code < 0)
        return code;
    item_ask(b->m, b->it, false, b->now);
    for (size_t i = 0; !b->it->conf && i < h->checks.n; i++)
        item_ask(b->m, h->checks.at[i], false, b->now);
    return 0;
}

static int do_enabling(const struct bid *b)
{
    b->it->override_enabled = b->c->kind == COMMAND_ENABLE    ? 1
                              : b->c->kind == COMMAND_DISABLE ? 0
                                                              : -1;
    item_touch(b->m, b->it);
    item_enable(b->m, b->it, b->c->author ? b->c->author : "", b->c->comment, b->now);
    item_unquiet(b->m, b->it, b->now);
    return 0;
}

static int do_result(const struct bid *b)
{
    return sink_result(b->m, b->c->host, b->c->check, &b->c->result, b->now, b->e);
}

static const struct {
    int (*fn)(const struct bid *b);
    bool needs_item;
} bids[] = {
    [COMMAND_ACK] = {do_ack, true},           [COMMAND_UNACK] = {do_unack, true},
    [COMMAND_DOWNTIME] = {do_downtime, true}, [COMMAND_DOWNTIME_END] = {do_downtime_end, false},
    [COMMAND_RECHECK] = {do_recheck, true},   [COMMAND_ENABLE] = {do_enabling, true},
    [COMMAND_DISABLE] = {do_enabling, true},  [COMMAND_AS_CONFIGURED] = {do_enabling, true},
    [COMMAND_RESULT] = {do_result, false},
};

static int find_item(const struct model *m, const struct command *c, struct item **ret_it,
                     struct err *e)
{
    struct item *it = model_find(m, c->host, c->check);

    if (!model_find_host(m, c->host))
        return err_field(e, ERR_NOT_FOUND, "host", MSG("there is no host {1}"), "s",
                         c->host ? c->host : "");
    if (!it)
        return err_field(e, ERR_NOT_FOUND, "check", MSG("host {1} has no check {2}"), "ss", c->host,
                         c->check);
    *ret_it = it;
    return 0;
}

static void clean(struct buf *out, const char *text, int flags, size_t max)
{
    *out = BUF_MAX(max + 8);
    if (text)
        utf8_clean(out, text, strlen(text), flags, max);
}

int model_command(struct model *m, const struct command *c, struct moment now, int64_t *ret_id,
                  struct err *e)
{
    struct command cleaned = *c;
    struct bid b = {m, &cleaned, NULL, now, ret_id, e};
    struct buf author, comment;
    int code = 0;

    if ((size_t)c->kind >= COUNT(bids) || !bids[c->kind].fn)
        return err_set(e, ERR_INVALID, MSG("unknown command"), "");
    if (c->comment && strlen(c->comment) > COMMAND_MAX_COMMENT)
        return err_field(e, ERR_INVALID, "comment", MSG("a comment has at most {1} bytes"), "i",
                         (int64_t)COMMAND_MAX_COMMENT);
    if (bids[c->kind].needs_item)
        code = find_item(m, c, &b.it, e);
    if (code)
        return code;
    clean(&author, c->author, UTF8_ONE_LINE, CONF_MAX_NAME);
    clean(&comment, c->comment, UTF8_KEEP_NEWLINES, COMMAND_MAX_COMMENT);
    cleaned.author = c->author ? buf_text(&author) : NULL;
    cleaned.comment = buf_text(&comment);
    code = bids[c->kind].fn(&b);
    links_settle(m, now);
    buf_done(&author);
    buf_done(&comment);
    return code;
}
