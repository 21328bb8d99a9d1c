/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_subscribe.c: what anybody may do for his own address: ask to be told, confirm, look, change, end.  Links are the authority; no answer
 * tells whether an address is known. */
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_priv.h"
#include "ops/ops_subscribe.h"

/* ---- from parameters ---- */

static bool add_words(struct op_call *c, const char *key, const char *prefix, struct buf *about)
{
    DOC_EACH(doc_get(c->params, key), d) {
        if (!d->text || !d->text[0])
            continue;
        if (strchr(d->text, ',') || strchr(d->text, '\n')) {
            op_fail(c, ERR_INVALID, key, MSG("There is no service or group “{1}” here."), "s", d->text);
            return false;
        }
        buf_printf(about, "%s%s%s", about->len ? "," : "", prefix, d->text);
    }
    return true;
}

static bool read_kinds(struct op_call *c, unsigned *ret)
{
    const struct doc *list = doc_get(c->params, "kinds");
    *ret = list ? 0 : SUBSCRIBER_EVERYTHING;
    DOC_EACH(list, d) {
        int bit = subscriber_kind_from(d->text);
        if (!bit) {
            op_fail(c, ERR_INVALID, "kinds", MSG("“{1}” is nothing to be told of; choose of incidents, updates, resolved, maintenance"), "s", d->text);
            return false;
        }
        *ret |= (unsigned)bit;
    }
    return true;
}

bool subscribe_read(struct op_call *c, struct subscriber *ret)
{
    struct buf about = BUF_MAX(SUBSCRIBER_MAX_ABOUT + 8);
    bool ok = add_words(c, "components", "", &about) && add_words(c, "groups", "group:", &about) && read_kinds(c, &ret->kinds);
    if (ok && about.full) {
        op_fail(c, ERR_LIMIT, "components", MSG("That is too much to choose; choose groups, or everything."), "");
        ok = false;
    }
    if (ok) { /* else the call is gone */
        ret->address = doc_text(c->params, "email", "");
        ret->lang = msg_lang(doc_text(c->params, "lang", c->lang));
        ret->about = arena_dup(c->arena, buf_text(&about));
    }
    buf_done(&about);
    return ok;
}

bool subscribe_has_mailing(struct op_call *c)
{
    if (c->house->mailing)
        return true;
    op_fail(c, ERR_UNSUPPORTED, NULL, MSG("nobody can be mailed here"), "");
    return false;
}

/* ---- to answers ---- */

void subscribe_put(struct doc *o, const struct subscriber *s)
{
    struct doc *components = doc_put_list(o, "components"), *groups = doc_put_list(o, "groups"), *kinds = doc_put_list(o, "kinds");
    const char *rest = s->about;
    char word[2 * CONF_MAX_NAME + 8];
    doc_put_text(o, "email", s->address);
    doc_put_text(o, "lang", s->lang);
    while (subscriber_next(&rest, word, sizeof word))
        doc_push_text(str_starts(word, "group:") ? groups : components, str_starts(word, "group:") ? word + 6 : word);
    for (int i = 0; subscriber_kind_words[i]; i++)
        if (s->kinds & (1u << i))
            doc_push_text(kinds, subscriber_kind_words[i]);
}

static void found(void *arg, int code, const struct mailing_row *row, const char *link, const struct err *e)
{
    struct op_call *c = arg;
    if (code) {
        op_error(c, code, e);
        return;
    }
    struct doc *o = doc_object(c->arena);
    subscribe_put(o, &row->s);
    doc_put_text(o, "link", link);
    op_reply(c, o);
}

static void ended(void *arg, int code, const struct err *e)
{
    struct op_call *c = arg;
    if (code) {
        op_error(c, code, e);
        return;
    }
    struct doc *o = doc_object(c->arena);
    doc_put_bool(o, "ended", true);
    op_reply(c, o);
}

/* ---- operations ---- */

static void run_subscribe(struct op_call *c)
{
    struct subscriber s = {0};
    struct err e = {0};
    if (!subscribe_has_mailing(c) || !subscribe_read(c, &s))
        return;
    int r = mailing_wish(c->house->mailing, &s, str_eq(c->who.via, "cli") ? NULL : c->address, c->now.wall_ms, &e);
    if (r) {
        op_error(c, r, &e);
        return;
    }
    struct doc *o = doc_object(c->arena);
    doc_put_bool(o, "sent", true);
    op_reply(c, o);
}

static const char *link_of(struct op_call *c)
{
    return doc_text(c->params, "link", "");
}

static void run_wish(struct op_call *c)
{
    struct subscriber s;
    struct err e = {0};
    if (!subscribe_has_mailing(c))
        return;
    int r = mailing_wish_look(c->house->mailing, link_of(c), c->now.wall_ms, c->arena, &s, &e);
    if (r) {
        op_error(c, r, &e);
        return;
    }
    struct doc *o = doc_object(c->arena);
    subscribe_put(o, &s);
    op_reply(c, o);
}

static void run_confirm(struct op_call *c)
{
    if (subscribe_has_mailing(c))
        mailing_confirm(c->house->mailing, link_of(c), c->now.wall_ms, found, c);
}

static void run_look(struct op_call *c)
{
    if (subscribe_has_mailing(c))
        mailing_find(c->house->mailing, link_of(c), found, c);
}

static void run_set(struct op_call *c)
{
    struct subscriber s = {0};
    if (subscribe_has_mailing(c) && subscribe_read(c, &s))
        mailing_set(c->house->mailing, link_of(c), &s, found, c);
}

static void run_end(struct op_call *c)
{
    if (subscribe_has_mailing(c))
        mailing_end(c->house->mailing, link_of(c), ended, c);
}

#define LINK {"link", OP_PROSE, OP_REQUIRED, 0, NULL, MSG("what follows the last slash of the link that came by mail"), NULL}
static const struct op_param wish_params[] = {{"email", OP_TEXT, OP_REQUIRED | OP_WORDS, 0, NULL, MSG("the mail address"), NULL}, SUBSCRIBE_CHOICE, {0}};
static const struct op_param set_params[] = {LINK, SUBSCRIBE_CHOICE, {0}};
static const struct op_param link_params[] = {LINK, {0}};

const struct op op_subscribe = {
    "subscribe", "POST", "/api/v1/announce/subscribe", NULL, ROLE_NONE, OP_WRITE | OP_PUBLIC, MSG("ask to be told by mail; nothing is kept before the mail's link was opened and its button pressed"), NULL, NULL, wish_params, run_subscribe};
const struct op op_subscribe_wish = {
    "subscribe-wish", "POST", "/api/v1/announce/subscribe/wish", NULL, ROLE_NONE, OP_PUBLIC, MSG("what the link of a confirmation mail asks for"), NULL, NULL, link_params, run_wish};
const struct op op_subscribe_confirm = {
    "subscribe-confirm", "POST", "/api/v1/announce/subscribe/confirm", NULL, ROLE_NONE, OP_WRITE | OP_PUBLIC, MSG("confirm: the address is told from now on"), NULL, NULL, link_params, run_confirm};
const struct op op_subscription = {
    "subscription", "POST", "/api/v1/announce/subscription", NULL, ROLE_NONE, OP_PUBLIC, MSG("what a subscriber chose, by his own link"), NULL, NULL, link_params, run_look};
const struct op op_subscription_set = {
    "subscription-set", "POST", "/api/v1/announce/subscription/set", NULL, ROLE_NONE, OP_WRITE | OP_PUBLIC, MSG("choose anew, by one's own link"), NULL, NULL, set_params, run_set};
const struct op op_subscription_end = {
    "subscription-end", "POST", "/api/v1/announce/subscription/end", NULL, ROLE_NONE, OP_WRITE | OP_PUBLIC, MSG("be told no more, by one's own link"), NULL, NULL, link_params, run_end};
