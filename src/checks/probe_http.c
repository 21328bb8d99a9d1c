/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_http.c: one HTTP exchange, and the redirects that follow from it.
 *
 * Redirects are followed here, not in the library: each hop is looked up and judged anew, loops end, and
 * what proves who we are (password, token, headers of the configuration, body) stays with the origin it is for. */
#include "checks/http_judge.h"
#include "checks/tls_judge.h"
#include "checks/url.h"

#include <math.h>
#include <string.h>

enum { MAX_HEADERS = 64, MAX_REDIRECTS = 20, MAX_HEADER_BYTES = 64 * 1024, MAX_BODY_SENT = 256 * 1024, SLACK_MS = 200 };

struct http_opts {
    const char *url, *method, *body, *user, *password, *bearer, *address, *server_name;
    struct conf_pairs headers;
    struct http_expect expect;
    int64_t redirects, max_size;
    bool verify, http2;
    int family; /* index into families */
    struct conf_level warn, crit, days_warn, days_crit;
};
struct http_job {
    struct url url;   /* of this hop */
    struct url first; /* of the configuration; parsed here, as ten thousand parsed ones would be large */
    const char *method, *body;
    struct dns_job *dns;
    struct httpc_job *http;
    const struct addr *addrs;
    int n_addrs, hops;
    const char *seen[MAX_REDIRECTS + 1];
};

static const char *const families[] = {"any", "v4", "v6", NULL};

#define AT(member) offsetof(struct http_opts, member)
static const struct conf_row expect_rows[] = {
    {.key = "status", .type = CONF_STATUS, .offset = AT(expect.status),
     .help = MSG("status codes that are well; 200-399 by default"), .example = "[200, 3xx]"},
    {.key = "body", .type = CONF_TEXTS, .offset = AT(expect.body),
     .help = MSG("text that the page must contain"), .example = "Welcome"},
    {.key = "not_body", .type = CONF_TEXTS, .offset = AT(expect.not_body),
     .help = MSG("text that the page must not contain"), .example = "Fatal error"},
    {.key = "regex", .type = CONF_REGEX, .offset = AT(expect.regex),
     .help = MSG("regular expression (PCRE2) that the page must match"), .example = "version [0-9]+"},
    {.key = "header", .type = CONF_PAIRS, .offset = AT(expect.headers),
     .help = MSG("headers that must be there, with the text they must contain"),
     .example = "{ Content-Type: text/html }"},
    {0},
};
static const struct conf_row days_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(days_warn), .unit = "d", .by_default = "< 14d",
     .help = MSG("days left of the certificate that are a warning"), .example = "< 21d"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(days_crit), .unit = "d", .by_default = "< 3d",
     .help = MSG("days left of the certificate that are critical"), .example = "< 7d"},
    {0},
};
static const struct conf_row rows[] = {
    {.key = "url", .type = CONF_URL, .offset = AT(url), .flags = CONF_POSITIONAL,
     .help = MSG("what to fetch; by default the front page of the host's address"),
     .example = "https://example.org/"},
    {.key = "method", .type = CONF_TEXT, .offset = AT(method), .by_default = "GET",
     .help = MSG("request method"), .example = "HEAD"},
    {.key = "headers", .type = CONF_PAIRS, .offset = AT(headers),
     .help = MSG("headers to send; not sent to another site by a redirect"), .example = "{ Accept: text/html }"},
    {.key = "body", .type = CONF_TEXT, .offset = AT(body), .help = MSG("body to send"), .example = "a=1"},
    {.key = "user", .type = CONF_TEXT, .offset = AT(user), .help = MSG("user name (basic authentication)"),
     .example = "watch"},
    {.key = "password", .type = CONF_SECRET, .offset = AT(password), .help = MSG("password of the user"),
     .example = "{ file: /etc/vigie/secrets/web }"},
    {.key = "bearer", .type = CONF_SECRET, .offset = AT(bearer), .help = MSG("bearer token"),
     .example = "{ file: /etc/vigie/secrets/token }"},
    {.key = "expect", .type = CONF_GROUP, .rows = expect_rows, .help = MSG("what the answer must be"),
     .example = "{ status: 200, body: Welcome }"},
    {.key = "redirects", .type = CONF_INT, .offset = AT(redirects), .min = 0, .max = MAX_REDIRECTS,
     .by_default = "5", .help = MSG("redirects to follow at most"), .example = "0"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "ms",
     .help = MSG("whole time that is a warning"), .example = "1s"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "ms",
     .help = MSG("whole time that is critical"), .example = "5s"},
    {.key = "certificate", .type = CONF_GROUP, .rows = days_rows,
     .help = MSG("thresholds for the days left of the certificate"), .example = "{ warn: < 21d, crit: < 7d }"},
    {.key = "verify", .type = CONF_BOOL, .offset = AT(verify), .by_default = "yes",
     .help = MSG("the certificate must be trusted and fit the name"), .example = "no"},
    {.key = "server_name", .type = CONF_TEXT, .offset = AT(server_name),
     .help = MSG("name to ask for and to verify in TLS; by default that of the URL"), .example = "example.org"},
    {.key = "address", .type = CONF_ADDRESS, .offset = AT(address),
     .help = MSG("connect to this address instead of looking up the name"), .example = "192.0.2.10"},
    {.key = "family", .type = CONF_WORD, .offset = AT(family), .words = families, .by_default = "any",
     .help = MSG("IP version to use"), .example = "v6"},
    {.key = "http2", .type = CONF_BOOL, .offset = AT(http2), .by_default = "no",
     .help = MSG("offer HTTP/2"), .example = "yes"},
    {.key = "max_size", .type = CONF_BYTES, .offset = AT(max_size), .min = 1024, .max = 16 << 20,
     .by_default = "1MiB", .help = MSG("how much of the page is read"), .example = "4MiB"},
    {0},
};

/* ---- options ---- */

static bool is_line(const char *text)
{
    for (; text && *text; text++)
        if ((unsigned char)*text < 0x20 && *text != '\t')
            return false;
    return true;
}

static int check_headers(const struct http_opts *o, struct err *e)
{
    if (o->headers.n > MAX_HEADERS)
        return err_field(e, ERR_LIMIT, "headers", MSG("at most {1} headers"), "i", (int64_t)MAX_HEADERS);
    for (int i = 0; i < o->headers.n; i++)
        if (!o->headers.keys[i][0] || strpbrk(o->headers.keys[i], ": \t\r\n") || !is_line(o->headers.values[i]))
            return err_field(e, ERR_INVALID, "headers", MSG("“{1}” is no header"), "s", o->headers.keys[i]);
    if (!is_line(o->bearer) || !is_line(o->user) || !is_line(o->password))
        return err_field(e, ERR_INVALID, "password", MSG("user, password and token are one line each"), "");
    return 0;
}

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct http_opts *o = arg;

    if (o->url == NULL && host_address == NULL)
        return err_field(e, ERR_INVALID, "url", MSG("write the URL: the host has no address"), "");
    if (o->url == NULL)
        o->url = arena_printf(arena, strchr(host_address, ':') ? "http://[%s]/" : "http://%s/", host_address);
    if (o->method[0] == '\0' || o->method[strspn(o->method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-")] || strlen(o->method) > 20)
        return err_field(e, ERR_INVALID, "method", MSG("“{1}” is no method; write GET, HEAD or POST"), "s", o->method);
    if (o->body && strlen(o->body) > MAX_BODY_SENT)
        return err_field(e, ERR_LIMIT, "body", MSG("the body is too long"), "");
    if (http_status_check(&o->expect.status) != 0)
        return err_field(e, ERR_INVALID, "status", MSG("a status is written 200, 2xx or 300-399"), "");
    level_make_floor(&o->days_warn);
    level_make_floor(&o->days_crit);
    return check_headers(o, e);
}

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

static void judge(struct attempt *a, const struct httpc_reply *r)
{
    const struct http_opts *o = a->opts;
    struct tls_wants wants = {o->days_warn, o->days_crit, a->at_ms};
    double days;

    put_figures(a, r);
    http_judge(a, &o->expect, r, a->timings.total_us);
    attempt_judge_time(a, a->timings.total_us, &o->warn, &o->crit);
    if (r->tls) {
        tls_judge(a, r->tls, &wants, o->verify, &days);
        tls_describe(a, r->tls);
    }
    attempt_done(a);
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static bool wants_to_follow(const struct attempt *a, const struct httpc_reply *r)
{
    const struct http_opts *o = a->opts;

    if (!is_redirect(r->status) || o->redirects == 0)
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

static void trace_reply(struct attempt *a, const struct httpc_reply *r)
{
    const char *line;

    if (a->trace == NULL)
        return;
    line = arena_printf(a->arena, "HTTP/%s %d %s", r->version ? r->version : "", r->status,
                        r->reason ? r->reason : "");
    attempt_trace(a, '<', line, strlen(line));
    for (int i = 0; i < r->n_headers; i++) {
        line = arena_printf(a->arena, "%s: %s", r->headers[i].name, r->headers[i].value);
        attempt_trace(a, '<', line, strlen(line));
    }
}

static void on_reply(void *arg, const struct httpc_reply *r)
{
    struct attempt *a = arg;
    struct http_job *job = a->job;

    job->http = NULL;
    attempt_tls_give(a);
    if (r->code == 0)
        a->answered = true;
    if (r->code == 0 && r->status > 0)
        trace_reply(a, r);
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

static void fetch(struct attempt *a)
{
    const struct http_opts *o = a->opts;
    struct http_job *job = a->job;
    struct httpc_header headers[MAX_HEADERS + 2];
    struct httpc_request rq = {
        .method = job->method,
        .url = job->url.text,
        .headers = headers,
        .body = job->body,
        .body_bytes = job->body ? strlen(job->body) : 0,
        .addrs = job->addrs,
        .n_addrs = job->n_addrs,
        .timeout_ms = attempt_left_ms(a) + SLACK_MS,
        .max_body = (size_t)o->max_size,
        .max_header = MAX_HEADER_BYTES,
        .http2 = o->http2,
        .no_body = str_eq(job->method, "HEAD"),
        .tls = {.verify = o->verify, .ca_file = a->ca_file},
    };

    if (at_home(a)) {
        rq.user = o->user;
        rq.password = o->user && !o->password ? "" : o->password;
        rq.tls.server_name = o->server_name;
    }
    rq.n_headers = put_headers(a, headers);
    if (a->trace) {
        const char *line = arena_printf(a->arena, "%s %s", rq.method, rq.url);

        attempt_trace(a, '>', line, strlen(line));
    }
    job->http = httpc_start(a->env->httpc, &rq, on_reply, a);
}

static void fetch_when_free(struct attempt *a)
{
    struct http_job *job = a->job;

    if (!job->url.https || attempt_tls_take(a, fetch))
        fetch(a);
}

static void use_addrs(struct attempt *a, const struct addr *at, int n)
{
    struct http_job *job = a->job;
    struct addr *copy = ARENA_ARRAY(a->arena, struct addr, (size_t)n);

    memcpy(copy, at, sizeof(*copy) * (size_t)n);
    for (int i = 0; i < n; i++)
        addr_set_port(&copy[i], job->url.port);
    job->addrs = copy;
    job->n_addrs = n;
    fetch_when_free(a);
}

static void on_addrs(void *arg, const struct dns_addrs *r)
{
    struct attempt *a = arg;
    struct http_job *job = a->job;

    job->dns = NULL;
    a->timings.lookup_us += (int32_t)r->took_us;
    if (r->code || r->n == 0)
        end_with(a, r->code ? r->code : ERR_NOT_FOUND, &r->err);
    else
        use_addrs(a, r->at, r->n);
}

static void look_up(struct attempt *a)
{
    const struct http_opts *o = a->opts;
    struct http_job *job = a->job;
    const char *host = o->address && at_home(a) ? o->address : job->url.host;
    static const enum dns_family numbers[] = {DNS_ANY, DNS_V4, DNS_V6};
    enum dns_family family = o->family ? numbers[o->family] : (enum dns_family)a->family;
    struct addr literal;

    if (addr_parse(host, job->url.port, &literal) == 0)
        use_addrs(a, &literal, 1);
    else
        job->dns = dns_resolve(a->env->dns, host, family, attempt_left_ms(a), on_addrs, a);
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

    if (job == NULL)
        return;
    if (job->dns)
        dns_cancel(job->dns);
    if (job->http)
        httpc_cancel(job->http);
    job->dns = NULL;
    job->http = NULL;
}

static void late(struct attempt *a)
{
    struct http_job *job = a->job;

    if (job->dns)
        attempt_late_lookup(a, job->url.host);
}

const struct probe probe_http = {
    .kind = {.name = "http",
             .help = MSG("fetches a web page and judges status, text, time and certificate"),
             .area = "web",
             .example = "http: https://example.org/",
             .rows = rows,
             .opts_bytes = sizeof(struct http_opts),
             .finish = finish},
    .start = start,
    .stop = stop,
    .late = late,
};
