/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_http.c: one HTTP exchange, and the redirects that follow from it.
 *
 * Redirects are followed here, not in the library: each hop is looked up and judged anew, loops end, and
 * what proves who we are (password, token, headers of the configuration, body) stays with the origin it is for. */
#include "checks/fetch.h"
#include "checks/http_opts.h"
#include "checks/tls_judge.h"

#include <math.h>
#include <string.h>

enum { MAX_HEADER_BYTES = 64 * 1024 };

struct http_job {
    struct url url;   /* of this hop */
    struct url first; /* of the configuration; parsed here, as ten thousand parsed ones would be large */
    const char *method, *body;
    struct fetch fetch;
    int hops;
    const char *seen[HTTP_MAX_REDIRECTS + 1];
};

/* ---- a hop ---- */

static void look_up(struct attempt *a);

static void end_with(struct attempt *a, int code, const struct err *e)
{
    attempt_fail(a, code, e);
    attempt_done(a);
}

/* Is this the place that the configuration gave its secrets for? */
static bool at_home(const struct attempt *a)
{
    const struct http_job *job = a->job;

    return url_same_origin(&job->url, &job->first);
}

static int put_headers(const struct attempt *a, struct httpc_header *out)
{
    const struct http_opts *o = a->opts;
    bool home = at_home(a), agent = false;
    int n = 0;

    for (int i = 0; home && i < o->headers.n; i++) {
        agent = agent || str_ieq(o->headers.keys[i], "User-Agent");
        out[n++] = (struct httpc_header){o->headers.keys[i], o->headers.values[i]};
    }
    if (!agent)
        out[n++] = (struct httpc_header){"User-Agent", "vigie/" VIGIE_VERSION};
    if (home && o->bearer)
        out[n++] = (struct httpc_header){"Authorization", arena_printf(a->arena, "Bearer %s", o->bearer)};
    return n;
}

/* Perfdata and timings; the parts are those of the last hop. */
static void put_figures(struct attempt *a, const struct httpc_reply *r)
{
    const struct http_opts *o = a->opts;
    struct timings *t = &a->timings;

    t->connect_us = (int32_t)r->connect_us;
    t->tls_us = r->tls_us > r->connect_us ? (int32_t)(r->tls_us - r->connect_us) : 0;
    t->first_byte_us = (int32_t)r->first_byte_us;
    t->total_us = (int32_t)attempt_spent_us(a);
    attempt_perf_time(a, "time", t->total_us, &o->warn, &o->crit);
    attempt_perf_time(a, "time_lookup", t->lookup_us, NULL, NULL);
    attempt_perf_time(a, "time_connect", t->connect_us, NULL, NULL);
    if (r->tls)
        attempt_perf_time(a, "time_tls", t->tls_us, NULL, NULL);
    attempt_perf_time(a, "time_first_byte", t->first_byte_us, NULL, NULL);
    attempt_perf(a, "size", (double)r->body_bytes, "B", NULL, NULL, 0, NAN);
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static void judge_phases(struct attempt *a)
{
    static const char *const names[PHASES] = {MSG("the look-up took {1} (limit {2})"), MSG("the connection took {1} (limit {2})"),
                                              MSG("the TLS handshake took {1} (limit {2})"),
                                              MSG("the first byte took {1} (limit {2})")};
    const struct http_opts *o = a->opts;
    const struct timings *t = &a->timings;
    const int32_t us[PHASES] = {t->lookup_us, t->connect_us, t->tls_us, t->first_byte_us};

    for (int i = 0; i < PHASES; i++) {
        const char *limit;
        enum state s = level_judge(&o->phase_warn[i], &o->phase_crit[i], (double)us[i] / 1000, NAN, &limit);

        if (s != STATE_OK)
            attempt_worse(a, s, names[i], "ls", (int64_t)us[i], limit);
    }
}

/* Where a redirect leads, as a whole address; NULL when it is none. */
static const char *redirect_target(struct attempt *a, const struct httpc_reply *r)
{
    const struct http_job *job = a->job;
    const char *location = is_redirect(r->status) ? httpc_find_header(r, "Location") : NULL;
    struct url next;

    return location && url_join(a->arena, &job->url, location, &next) == 0 ? next.text : NULL;
}

static void judge(struct attempt *a, const struct httpc_reply *r)
{
    const struct http_opts *o = a->opts;
    const struct http_job *job = a->job;
    struct tls_wants wants = {o->days_warn, o->days_crit, a->at_ms};
    double days;

    put_figures(a, r);
    if (o->expect.redirect)
        http_judge_redirect(a, &o->expect, r, redirect_target(a, r));
    else
        http_judge(a, &o->expect, r, a->timings.total_us);
    http_judge_url(a, &o->expect, job->url.text);
    judge_phases(a);
    attempt_judge_time(a, a->timings.total_us, &o->warn, &o->crit);
    if (r->tls) {
        tls_judge(a, r->tls, &wants, o->verify, &days);
        tls_describe(a, r->tls);
    }
    attempt_done(a);
}

static bool wants_to_follow(const struct attempt *a, const struct httpc_reply *r)
{
    const struct http_opts *o = a->opts;

    if (!is_redirect(r->status) || o->redirects == 0 || o->expect.redirect)
        return false;
    return o->expect.status.n == 0 || !http_status_fits(&o->expect.status, r->status);
}

static bool was_seen(const struct http_job *job, const char *text)
{
    for (int i = 0; i < job->hops; i++)
        if (strcmp(job->seen[i], text) == 0)
            return true;
    return false;
}

/* RFC 9110, 15.4: what becomes of the method; and a body never goes to another site. */
static void change_method(struct attempt *a, int status)
{
    struct http_job *job = a->job;
    bool keep = status == 307 || status == 308;

    if (str_eq(job->method, "HEAD") || (keep && (job->body == NULL || at_home(a))))
        return;
    if (status == 303 || keep || str_eq(job->method, "POST")) {
        job->method = "GET";
        job->body = NULL;
    }
}

static void follow(struct attempt *a, const struct httpc_reply *r)
{
    const struct http_opts *o = a->opts;
    struct http_job *job = a->job;
    const char *location = httpc_find_header(r, "Location");
    const char *shown = attempt_quote(a, location ? location : "", location ? strlen(location) : 0, 200);
    struct url next;

    a->answered = true;
    if (location == NULL || url_join(a->arena, &job->url, location, &next) != 0) {
        attempt_say(a, STATE_CRITICAL, MSG("redirected to “{1}”, which is no web address"), "s", shown);
        attempt_done(a);
        return;
    }
    if (job->hops >= o->redirects || was_seen(job, next.text)) {
        bool circle = was_seen(job, next.text);

        put_figures(a, r);
        if (circle)
            attempt_say(a, STATE_CRITICAL, MSG("the redirects go in circles, again to {1}"), "s", shown);
        else
            attempt_say(a, STATE_CRITICAL, MSG("more than {1} {1|redirect|redirects}, last to {2}"), "is",
                        o->redirects, shown);
        attempt_done(a);
        return;
    }
    job->seen[job->hops++] = job->url.text;
    job->url = next;
    change_method(a, r->status);
    look_up(a);
}

static void on_reply(struct attempt *a, const struct httpc_reply *r)
{
    if (r->code == 0)
        a->answered = true;
    if (r->code == ERR_TLS && r->tls && r->tls->verify_code != 0) {
        attempt_say(a, STATE_CRITICAL, MSG("the certificate is not trusted: {1}"), "m",
                    r->tls->verify_text ? r->tls->verify_text : "");
        a->answered = true;
        tls_describe(a, r->tls);
        attempt_done(a);
    } else if (r->code) {
        end_with(a, r->code, &r->err);
    } else if (wants_to_follow(a, r)) {
        follow(a, r);
    } else {
        judge(a, r);
    }
}

static void fill(struct attempt *a, struct httpc_request *rq, struct httpc_header *headers)
{
    const struct http_opts *o = a->opts;
    const struct http_job *job = a->job;

    rq->method = job->method;
    rq->body = job->body;
    rq->body_bytes = job->body ? strlen(job->body) : 0;
    rq->max_body = (size_t)o->max_size;
    rq->max_header = MAX_HEADER_BYTES;
    rq->http2 = o->http2;
    rq->http2_at_once = o->expect.version == HTTP_VERSION_2;
    rq->proxy = o->proxy.url;
    rq->proxy_user = o->proxy.user;
    rq->proxy_password = o->proxy.password;
    rq->no_body = str_eq(job->method, "HEAD");
    rq->tls.verify = o->verify;
    rq->n_headers = put_headers(a, headers);
    if (!at_home(a))
        return;
    rq->user = o->user;
    rq->password = o->user && !o->password ? "" : o->password;
    rq->tls.server_name = o->server_name;
    rq->tls.cert_file = o->cert;
    rq->tls.key_file = o->key;
}

/* To the proxy, the address of the configuration, or whom the URL names. */
static void look_up(struct attempt *a)
{
    static const enum dns_family numbers[] = {DNS_ANY, DNS_V4, DNS_V6};
    const struct http_opts *o = a->opts;
    struct http_job *job = a->job;
    struct fetch_ask ask = {.url = &job->url, .fill = fill, .done = on_reply};
    struct url proxy;

    ask.family = o->family ? numbers[o->family] : (enum dns_family)a->family;
    if (o->proxy.url && url_parse(a->arena, o->proxy.url, &proxy) == 0) {
        ask.host = proxy.host;
        ask.port = proxy.port;
    } else if (o->address && at_home(a)) {
        ask.host = o->address;
    }
    fetch_start(&job->fetch, a, &ask);
}

static void start(struct attempt *a)
{
    const struct http_opts *o = a->opts;
    struct http_job *job = ARENA_NEW(a->arena, struct http_job);

    struct err e;

    a->job = job;
    if (url_parse(a->arena, o->url, &job->first) != 0) {
        end_with(a, err_set(&e, ERR_INVALID, MSG("“{1}” is no URL; write https://example.org/"), "s", o->url), &e);
        return;
    }
    job->url = job->first;
    job->method = o->body && str_eq(o->method, "GET") ? "POST" : o->method;
    job->body = o->body;
    look_up(a);
}

static void stop(struct attempt *a)
{
    struct http_job *job = a->job;

    if (job)
        fetch_stop(&job->fetch);
}

static void late(struct attempt *a)
{
    struct http_job *job = a->job;

    (void)fetch_late(&job->fetch);
}

const struct probe probe_http = {
    .kind = {.name = "http",
             .help = MSG("fetches a web page and judges status, text, time and certificate"),
             .area = "web",
             .example = "http: https://example.org/",
             .rows = http_rows,
             .opts_bytes = sizeof(struct http_opts),
             .finish = http_opts_finish},
    .start = start,
    .stop = stop,
    .late = late,
};
