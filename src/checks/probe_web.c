/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_web.c: a scripted sequence of requests, as a visitor makes them: a form is fetched, filled in, sent, and what lies
 * behind it is looked at. Cookies and captured values live as long as the attempt. It runs no scripts of pages.
 *
 * A form goes to the address that its step names, and along a redirect only when that keeps the method and the origin. */
#include "checks/cookies.h"
#include "checks/fetch.h"
#include "checks/tls_judge.h"
#include "checks/web_steps.h"

#include <math.h>
#include <string.h>

enum { MAX_HOPS = 10, MAX_BODY = 1 << 20, DEFAULT_EVERY_MS = 300000 };

struct web_job {
    struct url base, url;
    const char *body, *type;
    int step, hops;
    int64_t step_us; /* when this one began */
    struct fetch fetch;
    struct cookies jar;
    struct web_values values;
};

static void ask(struct attempt *a);

static const struct web_step *this_step(const struct attempt *a)
{
    return web_step_at(a->opts, ((struct web_job *)a->job)->step);
}

/* "login", or "/login" when it has no name. */
static const char *name_of(const struct web_step *s)
{
    return s->name ? s->name : s->get ? s->get : s->post;
}

/* What was said of this step becomes the text of the whole. */
static void fail_step(struct attempt *a)
{
    const struct web_job *job = a->job;
    const char *name = name_of(this_step(a)), *said = arena_dup(a->arena, buf_text(&a->text));

    attempt_say(a, a->state, MSG("step {1} ({2}): {3}"), "ism", (int64_t)job->step + 1, attempt_quote(a, name, strlen(name), 60), said);
    attempt_done(a);
}

static void finish(struct attempt *a)
{
    const struct web_opts *o = a->opts;
    int64_t us = attempt_spent_us(a);

    a->timings.total_us = (int32_t)us;
    attempt_say(a, STATE_OK, MSG("{1} {1|step|steps} in {2}"), "il", (int64_t)o->steps.n, us);
    attempt_judge_time(a, us, &o->warn, &o->crit);
    attempt_perf_time(a, "time", us, &o->warn, &o->crit);
    attempt_done(a);
}

/* ---- a step ---- */

static void begin_step(struct attempt *a)
{
    struct web_job *job = a->job;
    const struct web_step *s = this_step(a);
    struct buf url = BUF_MAX(URL_MAX_BYTES), body = BUF_MAX(WEB_MAX_SENT);
    int code = web_expand(&url, s->get ? s->get : s->post, &job->values, false);

    if (code == 0 && s->body)
        code = web_expand(&body, s->body, &job->values, false);
    else if (code == 0 && s->post)
        code = web_form(&body, &s->form, &job->values);
    if (code == 0)
        code = body.full ? ERR_LIMIT : url_join(a->arena, &job->base, buf_text(&url), &job->url);
    job->body = s->post ? arena_dup(a->arena, buf_text(&body)) : NULL;
    job->type = s->type ? s->type : s->body ? NULL : "application/x-www-form-urlencoded";
    job->hops = 0;
    job->step_us = clock_mono_us();
    buf_done(&body);
    if (code)
        attempt_say(a, STATE_CRITICAL, MSG("“{1}” is no web address"), "s", attempt_quote(a, buf_text(&url), url.len, 200));
    buf_done(&url);
    if (code)
        fail_step(a);
    else
        ask(a);
}

/* false: a value is missing, and the step has failed. */
static bool capture_all(struct attempt *a, const struct httpc_reply *r)
{
    struct web_job *job = a->job;
    const struct web_step *s = this_step(a);

    for (int i = 0; i < s->capture.n; i++) {
        const char *text = web_capture(a->arena, s->capture.values[i], r);

        if (text == NULL) {
            attempt_say(a, STATE_CRITICAL, MSG("the answer has nothing for “{1}” ({2})"), "ss", s->capture.keys[i],
                        attempt_quote(a, s->capture.values[i], strlen(s->capture.values[i]), 100));
            fail_step(a);
            return false;
        }
        web_value_set(&job->values, s->capture.keys[i], text);
    }
    return true;
}

static void put_step_time(struct attempt *a, int64_t us)
{
    const struct web_job *job = a->job;
    const struct web_step *s = this_step(a);
    char label[64];

    str_print(label, sizeof(label), "time_step%d", job->step + 1);
    if (s->name)
        str_print(label, sizeof(label), "time_%.40s", s->name);
    attempt_perf_time(a, label, us, NULL, NULL);
    buf_printf(&a->more, "%s%s: %lld.%01lld ms", a->more.len ? "\n" : "", attempt_quote(a, name_of(s), strlen(name_of(s)), 60),
               (long long)us / 1000, (long long)us / 100 % 10);
}

static void judge_step(struct attempt *a, const struct httpc_reply *r)
{
    const struct web_opts *o = a->opts;
    struct web_job *job = a->job;
    const struct web_step *s = this_step(a);
    int64_t us = clock_mono_us() - job->step_us;

    put_step_time(a, us);
    if (s->expect.redirect) {
        const char *location = httpc_find_header(r, "Location");
        struct url next = {0};
        bool is = r->status >= 300 && r->status < 400 && location && url_join(a->arena, &job->url, location, &next) == 0;

        http_judge_redirect(a, &s->expect, r, is ? next.text : NULL);
    } else {
        http_judge(a, &s->expect, r, us);
    }
    http_judge_url(a, &s->expect, job->url.text);
    if (a->state != STATE_OK) {
        fail_step(a);
        return;
    }
    if (!capture_all(a, r))
        return;
    if (++job->step < o->steps.n)
        begin_step(a);
    else
        finish(a);
}

/* ---- an exchange ---- */

static void take_cookies(struct attempt *a, const struct httpc_reply *r)
{
    struct web_job *job = a->job;

    for (int i = 0; i < r->n_headers; i++)
        if (str_ieq(r->headers[i].name, "Set-Cookie"))
            cookies_take(&job->jar, &job->url, r->headers[i].value);
}

/* Follows a redirect; false: it is none, or not to be followed. */
static bool follow(struct attempt *a, const struct httpc_reply *r)
{
    struct web_job *job = a->job;
    const struct web_step *s = this_step(a);
    const char *location = httpc_find_header(r, "Location");
    struct url next;

    if (!s->follow || s->expect.redirect || r->status < 301 || r->status > 308 || r->status == 304 || location == NULL)
        return false;
    if (s->expect.status.n && http_status_fits(&s->expect.status, r->status))
        return false;
    if (url_join(a->arena, &job->url, location, &next) != 0 || job->hops++ >= MAX_HOPS) {
        attempt_say(a, STATE_CRITICAL, MSG("the redirects lead nowhere, last to {1}"), "s",
                    attempt_quote(a, location, strlen(location), 200));
        fail_step(a);
        return true;
    }
    if (r->status < 307 || !url_same_origin(&job->url, &next))
        job->body = NULL;
    job->url = next;
    ask(a);
    return true;
}

static void on_reply(struct attempt *a, const struct httpc_reply *r)
{
    if (r->code) {
        attempt_fail(a, r->code, &r->err);
        fail_step(a);
        return;
    }
    a->answered = true;
    take_cookies(a, r);
    if (!follow(a, r))
        judge_step(a, r);
}

static int put_headers(struct attempt *a, struct httpc_header *out)
{
    struct web_job *job = a->job;
    const struct web_step *s = this_step(a);
    bool home = url_same_origin(&job->url, &job->base);
    struct buf b = BUF_MAX(COOKIES_MAX * COOKIE_MAX_BYTES);
    int n = 0;

    out[n++] = (struct httpc_header){"User-Agent", "vigie/" VIGIE_VERSION};
    cookies_put(&job->jar, &job->url, &b);
    if (b.len)
        out[n++] = (struct httpc_header){"Cookie", arena_dup(a->arena, buf_text(&b))};
    if (job->body && job->type)
        out[n++] = (struct httpc_header){"Content-Type", job->type};
    for (int i = 0; home && i < s->headers.n; i++) {
        buf_clear(&b);
        (void)web_expand(&b, s->headers.values[i], &job->values, false);
        out[n++] = (struct httpc_header){s->headers.keys[i], arena_dup(a->arena, buf_text(&b))};
    }
    buf_done(&b);
    return n;
}

static void fill(struct attempt *a, struct httpc_request *rq, struct httpc_header *headers)
{
    const struct web_opts *o = a->opts;
    const struct web_job *job = a->job;

    rq->method = job->body ? "POST" : "GET";
    rq->body = job->body;
    rq->body_bytes = job->body ? strlen(job->body) : 0;
    rq->max_body = MAX_BODY;
    rq->tls.verify = o->verify;
    rq->n_headers = put_headers(a, headers);
    if (!url_same_origin(&job->url, &job->base))
        return;
    rq->tls.server_name = o->server_name;
    rq->tls.cert_file = o->cert;
    rq->tls.key_file = o->key;
}

static void ask(struct attempt *a)
{
    const struct web_opts *o = a->opts;
    struct web_job *job = a->job;
    struct fetch_ask ask = {.url = &job->url, .family = (enum dns_family)a->family, .fill = fill, .done = on_reply};

    if (url_same_origin(&job->url, &job->base))
        ask.host = o->address;
    fetch_start(&job->fetch, a, &ask);
}

/* ---- the attempt ---- */

static void start(struct attempt *a)
{
    const struct web_opts *o = a->opts;
    struct web_job *job = ARENA_NEW(a->arena, struct web_job);

    a->job = job;
    job->jar.arena = a->arena;
    if (o->user)
        web_value_set(&job->values, "user", o->user);
    if (o->password)
        web_value_set(&job->values, "password", o->password);
    if (url_parse(a->arena, o->url, &job->base) == 0) {
        begin_step(a);
        return;
    }
    attempt_say(a, STATE_UNKNOWN, MSG("“{1}” is no web address"), "s", o->url);
    attempt_done(a);
}

static void stop(struct attempt *a)
{
    struct web_job *job = a->job;

    if (job)
        fetch_stop(&job->fetch);
}

static void late(struct attempt *a)
{
    struct web_job *job = a->job;
    const char *name = name_of(this_step(a));

    if (!fetch_late(&job->fetch))
        attempt_say(a, STATE_CRITICAL, MSG("step {1} ({2}): no answer, {3} after the first request"), "isd", (int64_t)job->step + 1,
                    attempt_quote(a, name, strlen(name), 60), a->timeout_ms);
}

const struct probe probe_web = {
    .kind = {.name = "web",
             .help = MSG("makes several requests one after the other, with forms, cookies and captured values: a log-in"),
             .area = "web",
             .example = "web: { url: \"https://example.org/\", steps: [{ get: /login }, { get: /about }] }",
             .rows = web_rows,
             .own_vars = true,
             .opts_bytes = sizeof(struct web_opts),
             .finish = web_opts_finish,
             .every_ms = DEFAULT_EVERY_MS,
             .timeout_ms = 30000},
    .start = start,
    .stop = stop,
    .late = late,
};
