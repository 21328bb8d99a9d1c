/* SPDX-License-Identifier: GPL-3.0-or-later */
/* push.c: pushes as Uptime Kuma and Gatus take them, checked in their order, handed to our own operations. */
#include "compat/push.h"
#include "base/json.h"
#include "base/str.h"
#include "ops/beats.h"
#include <math.h>
#include <string.h>

enum { MOST_TEXT = 1000, MOST_KEY = 500 };
#define MOST_PING_MS 1e11
#define KUMA "/api/push/"
#define GATUS "/api/v1/endpoints/"
#define GATUS_END "/external"

struct push { /* of the request's arena */
    struct compat_ask ask;
    struct arena *a;
};

static struct push *push_new(const struct compat_ask *ask)
{
    struct push *p = ARENA_NEW(ask->rq->arena, struct push);
    *p = (struct push){*ask, ask->rq->arena};
    return p;
}

static const char *query(struct push *p, const char *name)
{
    return httpd_query(p->ask.rq, name);
}

/* A line as long as a line may be. */
static void put_output(struct push *p, struct doc *params, const char *text)
{
    char *cut = arena_alloc(p->a, MOST_TEXT);
    str_copyn(cut, MOST_TEXT, text, strlen(text));
    doc_put_text(params, "output", cut);
}

static void put_item(struct doc *params, const struct item *it)
{
    doc_put_text(params, "host", it->host->name);
    doc_put_text(params, "check", it->conf->name);
}

/* ---- Uptime Kuma ---- */

static void kuma_answer(struct push *p, int status, const char *why)
{
    struct buf out = BUF_MAX(1000);
    struct doc *o = doc_object(p->a);
    doc_put_bool(o, "ok", why == NULL);
    if (why)
        doc_put_text(o, "msg", why);
    json_write(&out, o, "en", 0);
    p->ask.answer(p->ask.arg, status, "application/json; charset=utf-8", &out, true);
    buf_done(&out);
}

static void kuma_done(void *arg, int status, const struct doc *reply, const struct op_call *c)
{
    (void)reply;
    (void)c;
    if (status == 200)
        kuma_answer(arg, 200, NULL);
    else
        kuma_answer(arg, 404, "Monitor not found or not active.");
}

/* As parseFloat() reads it: what begins like a number is one; anything else, and zero, is none. */
static bool read_ping(const char *text, double *ret)
{
    char number[40];
    *ret = 0;
    if (!text)
        return true;
    text += strspn(text, " \t");
    if (str_starts(text, "Infinity") || str_starts(text, "+Infinity") || str_starts(text, "-Infinity"))
        return false;
    size_t n = strspn(text, "0123456789+-.eE");
    for (n = n < sizeof number - 1 ? n : sizeof number - 1; n > 0; n--) {
        str_copyn(number, sizeof number, text, n);
        if (str_f64(number, ret) == 0)
            break;
    }
    return *ret >= 0 && *ret <= MOST_PING_MS;
}

static void kuma(struct push *p)
{
    const char *token = p->ask.rq->path + strlen(KUMA), *status = query(p, "status"), *msg = query(p, "msg");
    struct doc *params = doc_object(p->a);
    struct principal nobody = {.role = ROLE_NONE, .via = "kuma"};
    struct item *it = beat_by_token(p->ask.house, p->a, token);
    double ping;
    if (!it) {
        kuma_answer(p, 404, "Monitor not found or not active.");
        return;
    }
    if (!read_ping(query(p, "ping"), &ping)) {
        kuma_answer(p, 404, "Invalid ping value.");
        return;
    }
    put_item(params, it);
    doc_put_text(params, "token", token);
    doc_put_text(params, "status", !status || !status[0] || str_eq(status, "up") ? "up" : "down");
    put_output(p, params, msg && msg[0] ? msg : "OK");
    if (ping > 0)
        doc_put_text(params, "perfdata", arena_printf(p->a, "ping=%.15gms", ping));
    op_run(p->ask.house, op_find("heartbeat"), params, &nobody, "en", p->ask.client, kuma_done, p);
}

/* ---- Gatus ---- */

static void gatus_answer(struct push *p, int status, const char *why)
{
    struct buf out = BUF_MAX(1000);
    buf_str(&out, why);
    p->ask.answer(p->ask.arg, status, "text/plain; charset=utf-8", &out, true);
    buf_done(&out);
}

static void gatus_done(void *arg, int status, const struct doc *reply, const struct op_call *c)
{
    (void)reply;
    (void)c;
    if (status == 200)
        gatus_answer(arg, 200, NULL);
    else if (status == 401 || status == 403)
        gatus_answer(arg, 401, "invalid token");
    else
        gatus_answer(arg, status, "the result was not taken");
}

/* Lower case, no blanks around; "/ _ . , blank # + &" are dashes. */
static void add_clean(struct buf *b, const char *text)
{
    struct str s = str_trim(str_of(text));
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        buf_char(b, memchr("/_., #+&", c, 8) ? '-' : (char)(c >= 'A' && c <= 'Z' ? c + 32 : c));
    }
}

static bool is_key(const char *key, const char *group, const char *name)
{
    struct buf b = BUF_MAX(MOST_KEY);
    add_clean(&b, group);
    buf_char(&b, '_');
    add_clean(&b, name);
    bool same = !b.full && str_eq(buf_text(&b), key);
    buf_done(&b);
    return same;
}

static bool key_fits(const char *key, const struct conf_host *h, const char *check)
{
    bool fits = is_key(key, h->name, check) || (is_key(key, "", check) && str_ieq(h->name, check));
    for (int i = 0; h->groups && h->groups[i] && !fits; i++)
        fits = is_key(key, h->groups[i], check);
    return fits;
}

/* Of several that have the key (a group of hosts), the one that the token belongs to; else any of them. */
static struct item *by_key(struct push *p, const char *key, const char *token)
{
    const struct conf *c = model_conf(p->ask.house->model);
    struct item *found = NULL;
    for (int i = 0; i < c->n_hosts; i++)
        for (int k = 0; k < c->hosts[i]->n_checks; k++) {
            const struct conf_check *check = c->hosts[i]->checks[k];
            if (!check->kind->passive || !key_fits(key, c->hosts[i], check->name))
                continue;
            struct item *it = model_find(p->ask.house->model, c->hosts[i]->name, check->name);
            if (it && beat_takes(it, p->a, token))
                return it;
            found = found ? found : it;
        }
    return found;
}

/* "1m30s", "150ms", "1.5h", "-2s", "0": a row of numbers with units. Seconds. */
static bool go_duration(const char *text, double *ret)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"µs", 1e-6}, {"μs", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
    double sum = 0, v;
    char number[40];
    bool minus = text[0] == '-';
    text += text[0] == '-' || text[0] == '+';
    if (str_eq(text, "0"))
        return *ret = 0, true;
    if (!text[0])
        return false;
    while (text[0]) {
        size_t n = strspn(text, "0123456789."), u = COUNT(units), best = 0;
        if (!n || n > sizeof number - 3 || n == strspn(text, "."))
            return false;
        str_print(number, sizeof number, "0%.*s0", (int)n, text); /* ".5", "1." are numbers there */
        if (!memchr(text, '.', n))
            number[n + 1] = 0;
        if (str_f64(number, &v) < 0)
            return false;
        text += n;
        for (size_t i = 0; i < COUNT(units); i++)
            if (str_starts(text, units[i].unit) && strlen(units[i].unit) > best) {
                u = i;
                best = strlen(units[i].unit);
            }
        if (u == COUNT(units))
            return false;
        text += best;
        sum += v * units[u].seconds;
    }
    *ret = minus ? -sum : sum;
    return isfinite(sum) && sum < 9.3e9; /* more than int64 holds of nanoseconds */
}

static void gatus_result(struct push *p, const struct item *it, const char *token, struct principal who, bool success, double seconds)
{
    struct doc *params = doc_object(p->a);
    const char *error = query(p, "error");
    bool beat = who.role == ROLE_NONE;
    if (seconds > 0)
        doc_put_text(params, "perfdata", arena_printf(p->a, "duration=%.9gs", seconds));
    if (!success || !beat)
        put_output(p, params, success ? "success" : error && error[0] ? error : "failure");
    if (beat) {
        put_item(params, it);
        doc_put_text(params, "token", token);
        doc_put_text(params, "status", success ? "up" : "down");
    } else {
        doc_put_text(params, "target", arena_printf(p->a, "%s/%s", it->host->name, it->conf->name));
        doc_put_text(params, "state", success ? "ok" : "critical");
    }
    op_run(p->ask.house, op_find(beat ? "heartbeat" : "result"), params, &who, "en", p->ask.client, gatus_done, p);
}

static void gatus(struct push *p)
{
    const char *path = p->ask.rq->path + strlen(GATUS), *success = query(p, "success"), *auth = httpd_header(p->ask.rq, "Authorization"), *duration = query(p, "duration");
    const char *key = arena_dupn(p->a, path, strlen(path) - strlen(GATUS_END)), *token = auth && str_starts(auth, "Bearer ") ? auth + 7 : "";
    double seconds = 0;
    struct principal who = {.role = ROLE_NONE};
    if (!success || (!str_eq(success, "true") && !str_eq(success, "false"))) {
        gatus_answer(p, 400, "success must be true or false");
        return;
    }
    if (!token[0]) {
        gatus_answer(p, 401, "a bearer token is missing");
        return;
    }
    const struct item *it = by_key(p, key, token);
    if (!it)
        gatus_answer(p, 404, "not found");
    else if (!beat_takes(it, p->a, token) && auth_bearer(p->ask.house->auth, token, house_now().wall_ms, &who) < 0)
        gatus_answer(p, 401, "invalid token");
    else if (duration && duration[0] && !go_duration(duration, &seconds))
        gatus_answer(p, 400, "that is no duration");
    else {
        who.via = "gatus";
        gatus_result(p, it, token, who, str_eq(success, "true"), seconds);
    }
}

/* ---- the door ---- */

bool push_is(const struct httpd_request *rq)
{
    size_t n = strlen(rq->path);
    return str_starts(rq->path, KUMA) ||
           (str_eq(rq->method, "POST") && str_starts(rq->path, GATUS) && str_ends(rq->path, GATUS_END) && n > strlen(GATUS) + strlen(GATUS_END));
}

void push_run(const struct compat_ask *ask)
{
    struct push *p = push_new(ask);
    if (str_starts(ask->rq->path, KUMA))
        kuma(p);
    else
        gatus(p);
}
