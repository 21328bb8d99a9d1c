/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fetch.c: see fetch.h. */
#include "checks/fetch.h"

#include <string.h>

enum { SLACK_MS = 200 }; /* the attempt's own timer is first */

static void trace_reply(struct attempt *a, const struct httpc_reply *r)
{
    const char *line;

    if (a->trace == NULL || r->code || r->status == 0)
        return;
    line = arena_printf(a->arena, "HTTP/%s %d %s", r->version ? r->version : "", r->status, r->reason ? r->reason : "");
    attempt_trace(a, '<', line, strlen(line));
    for (int i = 0; i < r->n_headers; i++) {
        line = arena_printf(a->arena, "%s: %s", r->headers[i].name, r->headers[i].value);
        attempt_trace(a, '<', line, strlen(line));
    }
}

static void on_reply(void *arg, const struct httpc_reply *r)
{
    struct fetch *f = arg;

    attempt_blame(f->a);
    f->http = NULL;
    attempt_tls_give(f->a);
    trace_reply(f->a, r);
    f->ask.done(f->a, r);
}

static void begin(void *arg)
{
    struct fetch *f = arg;
    struct attempt *a = f->a;
    struct httpc_header headers[FETCH_MAX_HEADERS];
    struct httpc_request rq = {
        .method = "GET",
        .url = f->ask.url->text,
        .headers = headers,
        .addrs = f->at,
        .n_addrs = f->n,
        .timeout_ms = attempt_left_ms(a) + SLACK_MS,
        .tls = {.ca_file = a->ca_file},
    };

    f->ask.fill(a, &rq, headers);
    if (a->trace) {
        const char *line = arena_printf(a->arena, "%s %s", rq.method, rq.url);

        attempt_trace(a, '>', line, strlen(line));
    }
    f->http = httpc_start(a->env->httpc, &rq, on_reply, f);
}

static void use_addrs(struct fetch *f, const struct addr *at, int n)
{
    f->n = n < DNS_MAX_ADDRS ? n : DNS_MAX_ADDRS;
    for (int i = 0; i < f->n; i++) {
        f->at[i] = at[i];
        addr_set_port(&f->at[i], f->ask.port);
    }
    if (!f->ask.url->https || attempt_tls_take(f->a, begin, f))
        begin(f);
}

static void on_addrs(void *arg, const struct dns_addrs *r)
{
    struct fetch *f = arg;
    struct httpc_reply none = {.code = r->code ? r->code : ERR_NOT_FOUND, .err = r->err};

    attempt_blame(f->a);
    f->dns = NULL;
    f->a->timings.lookup_us += (int32_t)r->took_us;
    if (r->code || r->n == 0)
        f->ask.done(f->a, &none);
    else
        use_addrs(f, r->at, r->n);
}

void fetch_start(struct fetch *f, struct attempt *a, const struct fetch_ask *ask)
{
    struct addr literal;

    f->a = a;
    f->ask = *ask;
    f->ask.host = ask->host ? ask->host : ask->url->host;
    f->ask.port = ask->port ? ask->port : ask->url->port;
    if (addr_parse(f->ask.host, f->ask.port, &literal) == 0)
        use_addrs(f, &literal, 1);
    else
        f->dns = dns_resolve(a->env->dns, f->ask.host, ask->family, attempt_left_ms(a), on_addrs, f);
}

void fetch_stop(struct fetch *f)
{
    if (f->dns)
        dns_cancel(f->dns);
    if (f->http)
        httpc_cancel(f->http);
    f->dns = NULL;
    f->http = NULL;
}

bool fetch_late(struct fetch *f)
{
    if (f->dns == NULL)
        return false;
    attempt_late_lookup(f->a, f->ask.host);
    return true;
}
