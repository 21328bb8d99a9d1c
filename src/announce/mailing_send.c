/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailing_send.c: the mail of one row of the outbox, made when it is about to go: the publication's text, which is rendered once a
 * language and kept for those that follow, and the reader's own links.
 *
 * Threads: the first mail of a bulletin is KEY.READER@domain, all others answer it.  A mail that goes a second time because
 * nobody knows whether it arrived has the same Message-ID, so that a mailbox may drop it. */
#include "announce/mailing_int.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"

struct compose {
    struct mailing *m;
    struct arena *a;
    channel_composed *fn;
    void *job;
    const char *to, *lang;
    int64_t publication, subscriber, nonce;
};

static void compose_end(struct compose *c, int code, const struct mail_message *msg, const struct err *e)
{
    struct mailing *m = c->m;
    c->fn(c->job, code, msg, e);
    arena_free(c->a);
    mailing_unref(m);
}

static void compose_fail(struct compose *c, int code)
{
    struct err e = {0};
    err_set(&e, code, MSG("what this mail was about is no longer known"), "");
    compose_end(c, code, NULL, &e);
}

/* ---- texts in use ---- */

static struct telling_text *text_of(struct mailing *m, const struct publication *p, const char *lang)
{
    struct kept_text *at = &m->kept[0];
    for (int i = 0; i < MAILING_KEPT; i++) {
        struct kept_text *k = &m->kept[i];
        if (k->publication == p->id && str_eq(k->lang, lang)) {
            k->used = ++m->uses;
            return &k->text;
        }
        if (k->used < at->used)
            at = k;
    }
    telling_text_done(&at->text);
    at->publication = p->id;
    at->lang = msg_lang(lang);
    at->used = ++m->uses;
    telling_render(m->env.telling, p, lang, &at->text);
    return &at->text;
}

/* ---- the message ---- */

static void ids(struct compose *c, const struct publication *p, const char **ret_id, const char **ret_root)
{
    char domain[256];
    const char *key = p->b->key;
    telling_domain(c->m->env.telling, domain, sizeof domain);
    bool first = p->notice == NOTICE_OPENED || p->notice == NOTICE_PLANNED;
    const char *root = arena_printf(c->a, "%s.%lld@%s", key, (long long)c->subscriber, domain);
    *ret_root = first ? NULL : root;
    *ret_id = first ? root : arena_printf(c->a, "%s.%lld.%lld@%s", key, (long long)p->id, (long long)c->subscriber, domain);
}

static void compose_from(struct compose *c, const struct publication *p)
{
    struct telling_text *t = text_of(c->m, p, c->lang);
    char base[300], domain[256];
    struct buf link = BUF_MAX(200), plain = BUF_MAX(2 * MAILING_MAX_TEXT), html = BUF_MAX(3 * MAILING_MAX_TEXT);
    subscriber_link_write(c->m->secret, c->subscriber, c->nonce, &link);
    letter_plain(c->m, t, c->lang, buf_text(&link), &plain);
    letter_html(c->m, t, c->lang, buf_text(&link), &html);
    telling_base(c->m->env.telling, base, sizeof base);
    telling_domain(c->m->env.telling, domain, sizeof domain);
    const char *extra[] = {
        arena_printf(c->a, "List-Id: <status.%s>", domain),
        arena_printf(c->a, "List-Unsubscribe: <%s/subscription/%s/end>", base, buf_text(&link)),
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        arena_printf(c->a, "X-Vigie-Incident: %s", p->b->key),
        NULL,
    };
    struct buf own = BUF_MAX(2 * MAILING_MAX_TEXT);
    const char *calendar = t->calendar;
    if (calendar && mailing_conf(c->m)->mail_in.address && p->b->kind == BULLETIN_WORK) {
        calendar_own(c->m, calendar, p->b, c->to, c->lang, &own);
        calendar = buf_text(&own);
    }
    struct mail_message msg = {.to = c->to, .subject = t->subject, .body = buf_text(&plain), .html = buf_text(&html), .calendar = calendar, .calendar_name = arena_printf(c->a, "%s.ics", p->b->key),
                               .date_ms = p->at_ms, .extra = extra};
    ids(c, p, &msg.message_id, &msg.in_reply_to);
    compose_end(c, 0, &msg, NULL);
    buf_done(&own);
    buf_done(&link);
    buf_done(&plain);
    buf_done(&html);
}

static void compose_found(void *arg, int code, const struct publication *p)
{
    struct compose *c = arg;
    if (p && !c->m->closing)
        compose_from(c, p);
    else if (code == ERR_NOT_FOUND && !c->m->closing)
        compose_fail(c, ERR_NOT_FOUND);
    else
        compose_end(c, code ? code : ERR_CANCELLED, NULL, NULL);
}

/* Mails of the list itself (confirmations) hold their text. */
static void compose_whole(struct compose *c, const struct mail_payload *p, const struct outbox_row *row)
{
    const char *extra[] = {"X-Auto-Response-Suppress: All", NULL};
    struct mail_message msg = {.to = c->to, .subject = p->subject, .body = p->body, .message_id = p->message_id, .date_ms = p->date_ms, .extra = extra};
    compose_end(c, 0, &msg, NULL);
}

void mailing_compose(void *composer, const struct outbox_row *row, int64_t now_ms, channel_composed *fn, void *job)
{
    struct mailing *m = composer;
    struct arena *a = arena_new(2048);
    struct compose *c = ARENA_NEW(a, struct compose);
    struct mail_payload whole;
    struct doc *d = NULL;
    *c = (struct compose){.m = mailing_ref(m), .a = a, .fn = fn, .job = job, .to = arena_dup(a, row->recipient)};
    if (json_parse(a, row->payload, strlen(row->payload), 1 << 20, &d, NULL)) {
        compose_fail(c, ERR_INVALID);
        return;
    }
    if (doc_get(d, "subject") && mail_payload_parse(a, row->payload, &whole, NULL) == 0) {
        compose_whole(c, &whole, row);
        return;
    }
    c->publication = doc_int(d, "p", 0);
    c->subscriber = doc_int(d, "s", 0);
    c->nonce = doc_int(d, "n", 0);
    c->lang = msg_lang(doc_text(d, "l", "en"));
    publication_find(m->env.publications, c->publication, compose_found, c);
}
