/* SPDX-License-Identifier: GPL-3.0-or-later */
/* channel_post.c: channels that are requests over HTTP, a row each.  Whoever owns the channel makes the request when it is about to go
 * and may judge the answer; who the channel belongs to, and whether anybody does, the environment knows. */
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "channels/channel.h"
#include "base/timetext.h"
#include "channels/egress.h"
#include <string.h>

enum { MOST_WAIT_S = 3500 }; /* the outbox takes what is more than an hour ahead for a clock that went back */

extern const struct channel channel_webhook, channel_websub, channel_webpush, channel_federation, channel_sms;

struct posting {
    struct channel_env *env;
    const struct channel_poster *poster;
    struct outbox_row row; /* the dispatcher's, for as long as this lives */
    channel_done *done;
    void *job;
    struct egress_job *exchange;
    bool composing, starting, ended, cancelled, again;
};

static void posting_end(struct posting *p, int code, bool permanent, const struct err *e)
{
    p->done(p->job, code, false, permanent, e);
    p->ended = true;
    if (!p->starting)
        mem_free(p);
}

static enum post_verdict judge_plainly(const struct httpc_reply *r, struct err *e)
{
    if (r->code) {
        *e = r->err;
        if (!e->text[0])
            err_set(e, r->code, err_name(r->code), "");
        return r->code == ERR_DENIED || r->code == ERR_INVALID ? POST_NEVER : POST_AGAIN;
    }
    if (r->status >= 200 && r->status < 300)
        return POST_DONE;
    err_set(e, r->status == 429 ? ERR_BUSY : ERR_REFUSED, MSG("the answer was {1} {2}"), "is", (int64_t)r->status, r->reason ? r->reason : "");
    return r->status == 408 || r->status == 425 || r->status == 429 || r->status >= 500 ? POST_AGAIN : POST_NEVER;
}

enum post_verdict post_judge(const struct httpc_reply *r, struct err *e)
{
    return judge_plainly(r, e);
}

/* ---- when to come back ---- */

static int number(const char *p, int digits)
{
    int n = 0;
    for (int i = 0; i < digits; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        n = n * 10 + (p[i] - '0');
    }
    return n;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", and no other form. */
static bool http_date(const char *text, int64_t *ret_ms)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct civil c = {0};
    if (strlen(text) != 29 || text[3] != ',' || text[19] != ':' || text[22] != ':' || !str_eq(text + 25, " GMT"))
        return false;
    for (int i = 0; i < 12 && !c.month; i++)
        c.month = memcmp(months + 3 * i, text + 8, 3) == 0 ? i + 1 : 0;
    c.day = number(text + 5, 2);
    c.year = number(text + 12, 4);
    c.hour = number(text + 17, 2);
    c.minute = number(text + 20, 2);
    c.second = number(text + 23, 2);
    if (!c.month || c.day < 1 || c.day > 31 || c.year < 1990 || c.year > 2200 || c.hour < 0 || c.hour > 23 || c.minute < 0 || c.minute > 59 || c.second < 0 || c.second > 60)
        return false;
    *ret_ms = time_wall(&c);
    return true;
}

int64_t post_retry_after(const char *value, int64_t now_ms)
{
    int64_t s = 0, at_ms = 0;
    if (!value)
        return 0;
    if (str_i64(value, &s) == 0)
        return s < 0 ? 0 : s > MOST_WAIT_S ? MOST_WAIT_S * INT64_C(1000) : s * 1000;
    if (!http_date(value, &at_ms) || at_ms <= now_ms)
        return 0;
    return at_ms - now_ms > MOST_WAIT_S * INT64_C(1000) ? MOST_WAIT_S * INT64_C(1000) : at_ms - now_ms;
}

static void compose(struct posting *p);

static void replied(void *arg, const struct httpc_reply *r)
{
    struct posting *p = arg;
    struct err e = {0};
    p->exchange = NULL;
    enum post_verdict v = p->poster->judge ? p->poster->judge(p->poster->arg, &p->row, r, &e) : judge_plainly(r, &e);
    if (v == POST_NOW && !p->again) {
        p->again = true;
        compose(p);
    } else {
        if (v != POST_DONE && r->code == 0)
            p->env->wait_ms = post_retry_after(httpc_find_header(r, "Retry-After"), clock_wall_ms());
        posting_end(p, v == POST_DONE ? 0 : e.code ? e.code : ERR_REFUSED, v == POST_NEVER, &e);
    }
}

static void made(void *job, int code, const struct egress_request *rq, const struct err *e)
{
    struct posting *p = job;
    p->composing = false;
    if (p->cancelled)
        mem_free(p);
    else if (code)
        posting_end(p, code, code == ERR_NOT_FOUND || code == ERR_INVALID || code == ERR_DENIED, e);
    else if (!rq)
        posting_end(p, 0, false, NULL);
    else
        p->exchange = egress_start(p->env->egress, rq, replied, p);
}

static void compose(struct posting *p)
{
    p->composing = true;
    p->poster->compose(p->poster->arg, &p->row, p->again, clock_wall_ms(), made, p);
}

static const struct channel_poster *poster_of(const struct channel_env *env, const char *channel)
{
    for (int i = 0; i < CHANNEL_MAX_POSTERS; i++)
        if (env->posters[i].channel && str_eq(env->posters[i].channel, channel))
            return &env->posters[i];
    return NULL;
}

static void *post_send(struct channel_env *env, const struct outbox_row *row, int64_t now_ms, channel_done *done, void *job)
{
    const struct channel_poster *poster = poster_of(env, row->channel);
    struct err e = {0};
    (void)now_ms;
    if (!poster || !env->egress) {
        err_set(&e, ERR_BUSY, MSG("nobody sends by “{1}” now"), "s", row->channel);
        done(job, ERR_BUSY, false, false, &e);
        return NULL;
    }
    struct posting *p = NEW(struct posting);
    *p = (struct posting){.env = env, .poster = poster, .row = *row, .done = done, .job = job, .starting = true};
    compose(p);
    p->starting = false;
    if (!p->ended)
        return p;
    mem_free(p);
    return NULL;
}

static void post_cancel(void *handle)
{
    struct posting *p = handle;
    if (p->exchange)
        egress_cancel(p->exchange);
    p->cancelled = true;
    if (!p->composing)
        mem_free(p);
}

void channel_poster_put(struct channel_env *env, const struct channel_poster *p)
{
    for (int i = 0; i < CHANNEL_MAX_POSTERS; i++)
        if (!env->posters[i].channel) {
            env->posters[i] = *p;
            return;
        }
}

void channel_poster_drop(struct channel_env *env, const char *channel)
{
    struct channel_poster *p = (struct channel_poster *)poster_of(env, channel);
    if (p)
        *p = (struct channel_poster){0};
}

const struct channel channel_webhook = {.name = "webhook", .at_once = 16, .per_minute = 6000, .send = post_send, .cancel = post_cancel};
const struct channel channel_websub = {.name = "websub", .at_once = 16, .per_minute = 60000, .send = post_send, .cancel = post_cancel};
const struct channel channel_webpush = {.name = "webpush", .at_once = 32, .per_minute = 60000, .send = post_send, .cancel = post_cancel};
const struct channel channel_federation = {.name = "federation", .at_once = 32, .per_minute = 60000, .send = post_send, .cancel = post_cancel};
const struct channel channel_sms = {.name = "sms", .at_once = 4, .per_minute = 60, .send = post_send, .cancel = post_cancel};
