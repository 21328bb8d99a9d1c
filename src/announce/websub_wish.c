/* SPDX-License-Identifier: GPL-3.0-or-later */
/* websub_wish.c: who wants to subscribe: what is refused at once, what is rationed, and the question to the callback whether it is meant. */
#include "announce/websub_int.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include <string.h>

enum { AT_ONCE = 8, TRIES = 3, CLIENT_MOST = 60, HOST_MOST = 40, ALL_MOST = 600, KNOCKS_MOST = 32, ANSWER_MOST = 4096 };
#define HOUR_MS INT64_C(3600000)
#define TEN_MINUTES_MS INT64_C(600000)
#define AGAIN_MS INT64_C(30000)

static void next_wish(struct websub *w);

static void wish_free(struct wish *k)
{
    struct websub *w = k->hub;
    *k->at = k->next;
    if (k->next)
        k->next->at = k->at;
    timer_clear(&k->again);
    w->n_wishes--;
    w->n_asking -= k->asking;
    arena_free(k->arena);
}

/* ---- the question ---- */

static void percent(struct buf *out, const char *text)
{
    for (; *text; text++)
        if (strchr("-._~", *text) || (*text >= '0' && *text <= '9') || (*text >= 'A' && *text <= 'Z') || (*text >= 'a' && *text <= 'z'))
            buf_char(out, *text);
        else
            buf_printf(out, "%%%02X", (unsigned char)*text);
}

/* The callback's own query stays. */
static void question(struct buf *out, const char *callback, const char *mode, const char *topic)
{
    buf_printf(out, "%s%chub.mode=%s&hub.topic=", callback, strchr(callback, '?') ? '&' : '?', mode);
    percent(out, topic);
}

static void take(struct wish *k)
{
    struct websub *w = k->hub;
    int64_t now_ms = clock_wall_ms();
    struct sub *s = sub_same(w, k->topic, k->callback);
    struct arena *a = arena_new(1024);
    struct websub_topic t;
    int code = 0;
    if (!k->subscribe) {
        if (s)
            sub_drop(w, s, NULL, NULL);
    } else if (websub_topic_read(a, k->topic, k->base, websub_lang(w), &t, NULL) == 0) {
        const struct rendered *r = websub_render(w, &t, k->topic, &code);
        if (r) /* what it says now is known to whoever subscribes to it */
            sub_keep(w, k, websub_hash(r), now_ms);
    }
    arena_free(a);
}

static bool is_meant(const struct wish *k, const struct httpc_reply *r)
{
    return r->code == 0 && r->status >= 200 && r->status < 300 && r->body_bytes == strlen(k->challenge) && memcmp(r->body, k->challenge, r->body_bytes) == 0;
}

static void answered(void *arg, const struct httpc_reply *r)
{
    struct wish *k = arg;
    struct websub *w = k->hub;
    bool later = r->code ? r->code != ERR_DENIED && r->code != ERR_INVALID : r->status >= 500;
    k->job = NULL;
    k->asking = false;
    w->n_asking--;
    if (is_meant(k, r)) {
        take(k);
        wish_free(k);
    } else if (later && k->tries < TRIES) {
        timer_set(&k->again, AGAIN_MS * k->tries);
    } else {
        log_line(LOG_INFO, "a subscription at %s was not confirmed by it", k->host);
        wish_free(k);
    }
    next_wish(w);
}

static void ask(struct wish *k)
{
    struct websub *w = k->hub;
    struct buf url = BUF_MAX(4 * WEBSUB_MAX_URL);
    question(&url, k->callback, k->subscribe ? "subscribe" : "unsubscribe", k->topic);
    buf_printf(&url, "&hub.challenge=%s", k->challenge);
    if (k->subscribe)
        buf_printf(&url, "&hub.lease_seconds=%lld", (long long)k->lease_s);
    struct egress_request rq = {.class = EGRESS_OUTSIDER, .method = "GET", .url = buf_text(&url), .max_body = ANSWER_MOST};
    k->asking = true;
    k->tries++;
    w->n_asking++;
    k->job = egress_start(w->env.channels->egress, &rq, answered, k);
    buf_done(&url);
}

static void ask_again(void *arg)
{
    struct wish *k = arg;
    next_wish(k->hub);
}

/* The oldest that waits for nothing. */
static void next_wish(struct websub *w)
{
    while (w->n_asking < AT_ONCE) {
        struct wish *first = NULL;
        for (struct wish *k = w->wishes; k; k = k->next)
            if (!k->asking && !timer_is_set(&k->again))
                first = k;
        if (!first)
            return;
        ask(first);
    }
}

/* ---- what is refused at once ---- */

static int judge_form(const struct websub_wish *f, struct err *e)
{
    size_t n = f->callback ? strlen(f->callback) : 0;
    if (!f->mode || (!str_eq(f->mode, "subscribe") && !str_eq(f->mode, "unsubscribe")))
        return err_field(e, ERR_INVALID, "hub.mode", MSG("hub.mode is subscribe or unsubscribe"), "");
    if (!f->topic || !f->topic[0])
        return err_field(e, ERR_INVALID, "hub.topic", MSG("{1} is missing"), "s", "hub.topic");
    if (!n)
        return err_field(e, ERR_INVALID, "hub.callback", MSG("{1} is missing"), "s", "hub.callback");
    if (n > WEBSUB_MAX_URL || strchr(f->callback, '#'))
        return err_field(e, ERR_INVALID, "hub.callback", MSG("{1} cannot be used"), "s", "hub.callback");
    if (f->secret && strlen(f->secret) > WEBSUB_MAX_SECRET)
        return err_field(e, ERR_INVALID, "hub.secret", MSG("hub.secret has less than 200 bytes"), "");
    return 0;
}

static int lease_of(const char *text, int64_t *ret_s, struct err *e)
{
    int64_t s = WEBSUB_LEASE_USUAL_S;
    if (text && text[0] && (str_i64(text, &s) || s < 0))
        return err_field(e, ERR_INVALID, "hub.lease_seconds", MSG("hub.lease_seconds is a number"), "");
    *ret_s = s == 0 ? WEBSUB_LEASE_USUAL_S : s < WEBSUB_LEASE_LEAST_S ? WEBSUB_LEASE_LEAST_S : s > WEBSUB_LEASE_MOST_S ? WEBSUB_LEASE_MOST_S : s;
    return 0;
}

static int judge_rate(struct websub *w, const char *client, const char *host, struct err *e)
{
    int64_t now = clock_mono_ms();
    bool good = !client || subscriber_limit_take(w->limit, subscriber_client_hash(client, w->seed), CLIENT_MOST, HOUR_MS, now);
    good = good && subscriber_limit_take(w->limit, hash_text(host, w->seed + 1), HOST_MOST, TEN_MINUTES_MS, now);
    good = good && subscriber_limit_take(w->limit, w->seed + 2, ALL_MOST, TEN_MINUTES_MS, now);
    if (!good || w->n_wishes >= WEBSUB_MAX_WISHES)
        return err_set(e, ERR_BUSY, MSG("There are too many such requests. Try again later."), "");
    return 0;
}

/* What is still to be verified counts as well. */
static int judge_room(const struct websub *w, const char *host, struct err *e)
{
    const struct conf *c = websub_conf(w);
    int most = (int)c->feeds.most, per_host = most / 20 > 5 ? most / 20 : 5, here = subs_at_host(w, host), coming = 0;
    for (const struct wish *k = w->wishes; k; k = k->next) {
        coming += k->subscribe;
        here += k->subscribe && str_eq(k->host, host);
    }
    if ((int)w->subs.n + coming >= most || here >= per_host)
        return err_set(e, ERR_LIMIT, MSG("There are too many subscriptions."), "");
    return 0;
}

static void wish_add(struct websub *w, const struct websub_wish *f, struct arena *a, const char *host, int64_t lease_s)
{
    struct wish *k = ARENA_NEW(a, struct wish);
    unsigned char random[(WEBSUB_CHALLENGE_BYTES - 1) / 2];
    char challenge[WEBSUB_CHALLENGE_BYTES];
    entropy_bytes(random, sizeof random);
    hash_hex(random, sizeof random, challenge);
    *k = (struct wish){.next = w->wishes, .at = &w->wishes, .hub = w, .arena = a, .subscribe = str_eq(f->mode, "subscribe"), .topic = arena_dup(a, f->topic), .base = arena_dup(a, f->base),
                       .callback = arena_dup(a, f->callback), .host = host, .secret = f->secret && f->secret[0] ? arena_dup(a, f->secret) : NULL, .challenge = arena_dup(a, challenge), .lease_s = lease_s};
    if (k->next)
        k->next->at = &k->next;
    w->wishes = k;
    w->n_wishes++;
    timer_init(&k->again, w->env.loop, ask_again, k);
    next_wish(w);
}

static int judge(struct websub *w, const struct websub_wish *f, struct arena *a, int64_t *ret_lease_s, struct err *e)
{
    const char *type;
    struct websub_topic t;
    int r = judge_form(f, e);
    if (r == 0)
        r = lease_of(f->lease, ret_lease_s, e);
    if (r == 0)
        r = websub_topic_read(a, f->topic, f->base, websub_lang(w), &t, e);
    if (r == 0)
        r = egress_judge(w->env.channels->egress, f->callback, e);
    if (r == 0)
        r = judge_rate(w, f->client, websub_host(a, f->callback), e);
    if (r == 0 && str_eq(f->mode, "unsubscribe"))
        return sub_same(w, f->topic, f->callback) ? 0 : err_field(e, ERR_NOT_FOUND, "hub.callback", MSG("there is no such subscription"), "");
    if (r == 0)
        r = w->env.feed(w->env.arg, &t, NULL, &type);
    if (r == ERR_NOT_FOUND)
        err_field(e, r, "hub.topic", MSG("that is no address of a feed here"), "");
    if (r == 0 && !sub_same(w, f->topic, f->callback))
        r = judge_room(w, websub_host(a, f->callback), e);
    return r;
}

int websub_ask(struct websub *w, const struct websub_wish *f, struct err *e)
{
    const struct conf *c = websub_conf(w);
    struct arena *a = arena_new(2048);
    int64_t lease_s = 0;
    int r = c && c->feeds.websub && !c->feeds.hub && !w->closing ? judge(w, f, a, &lease_s, e) : err_set(e, ERR_UNSUPPORTED, MSG("there is no hub here"), "");
    if (r == 0)
        wish_add(w, f, a, websub_host(a, f->callback), lease_s);
    else
        arena_free(a);
    return r;
}

/* ---- a word to a callback ---- */

static void knock_free(struct knock *k)
{
    *k->at = k->next;
    if (k->next)
        k->next->at = k->at;
    k->hub->n_knocks--;
    mem_free(k);
}

static void heard(void *arg, const struct httpc_reply *r)
{
    (void)r;
    knock_free(arg);
}

void websub_denied(struct websub *w, const struct sub *s, const char *reason)
{
    if (w->n_knocks >= KNOCKS_MOST)
        return;
    struct buf url = BUF_MAX(4 * WEBSUB_MAX_URL);
    struct knock *k = NEW(struct knock);
    question(&url, s->callback, "denied", s->topic);
    buf_str(&url, "&hub.reason=");
    percent(&url, reason);
    struct egress_request rq = {.class = EGRESS_OUTSIDER, .method = "GET", .url = buf_text(&url), .max_body = ANSWER_MOST};
    *k = (struct knock){.next = w->knocks, .at = &w->knocks, .hub = w};
    if (k->next)
        k->next->at = &k->next;
    w->knocks = k;
    w->n_knocks++;
    k->job = egress_start(w->env.channels->egress, &rq, heard, k);
    buf_done(&url);
}

void wishes_cancel(struct websub *w)
{
    while (w->wishes) {
        if (w->wishes->job)
            egress_cancel(w->wishes->job);
        wish_free(w->wishes);
    }
    while (w->knocks) {
        egress_cancel(w->knocks->job);
        knock_free(w->knocks);
    }
}
