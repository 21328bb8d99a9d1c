/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dial.c: look-up and connection. An address gets its share of the time that is left, so that a dead IPv6
 * address does not eat the whole time-out; with one address there is no timer at all. */
#include "checks/dial.h"

#include <string.h>

enum { LEAST_STEP_MS = 250 };

static void try_next(struct dial *d);

static void on_open(void *arg)
{
    struct dial *d = arg;

    attempt_blame(d->a);
    timer_clear(&d->step);
    d->open = true;
    d->a->answered = true;
    d->a->timings.connect_us = (int32_t)(clock_mono_us() - d->began_us);
    d->events->on_open(d->a);
}

static void on_secure(void *arg)
{
    struct dial *d = arg;

    attempt_blame(d->a);
    d->securing = false;
    attempt_tls_give(d->a);
    d->a->timings.tls_us = (int32_t)(clock_mono_us() - d->secure_us);
    if (d->events->on_secure)
        d->events->on_secure(d->a);
}

static void on_data(void *arg, const char *p, size_t n)
{
    struct dial *d = arg;

    attempt_blame(d->a);
    if (d->events->on_data)
        d->events->on_data(d->a, p, n);
}

static void give_up(struct dial *d, int code, const struct err *e)
{
    struct attempt *a = d->a;

    attempt_fail(a, code, e);
    attempt_done(a);
}

/* The end of an open connection. */
static void ended(struct dial *d, int code, const struct err *e)
{
    struct err early = {0};

    if (d->securing && (code == 0 || code == ERR_RESET)) {
        if (code == 0)
            err_set(&early, ERR_TLS, MSG("the peer closed the connection during the TLS handshake"), "");
        else
            early = *e;
        code = ERR_TLS;
        e = &early;
    }
    if (d->events->on_end)
        d->events->on_end(d->a, code, e);
}

static void on_end(void *arg, int code, const struct err *e)
{
    struct dial *d = arg;

    if (d->open) {
        ended(d, code, e);
        return;
    }
    if (code == ERR_REFUSED)
        d->a->answered = true;
    timer_clear(&d->step);
    d->sock = sock_free(d->sock);
    if (++d->i < d->n)
        try_next(d);
    else
        give_up(d, code ? code : ERR_RESET, code ? e : NULL);
}

static const struct sock_events sock_calls = {on_open, on_secure, on_data, on_end};

static void step_over(void *arg)
{
    struct dial *d = arg;

    d->sock = sock_free(d->sock);
    d->i++;
    try_next(d);
}

static void try_next(struct dial *d)
{
    struct addr peer = d->at[d->i];

    addr_set_port(&peer, d->port);
    if (d->a->trace) {
        char to[ADDR_TEXT_BYTES], line[ADDR_TEXT_BYTES + 16];

        addr_format(&peer, to);
        str_print(line, sizeof(line), "connecting to %s", to);
        TRACE(d->a, line);
    }
    if (d->i + 1 < d->n) {
        int64_t share = attempt_left_ms(d->a) / (d->n - d->i);

        timer_set(&d->step, share > LEAST_STEP_MS ? share : LEAST_STEP_MS);
    }
    d->began_us = clock_mono_us();
    d->sock = sock_connect(d->a->env->loop, &peer, NULL, &sock_calls, d);
}

static void on_addrs(void *arg, const struct dns_addrs *r)
{
    struct dial *d = arg;
    struct addr *copy;

    d->dns = NULL;
    d->a->timings.lookup_us = (int32_t)r->took_us;
    if (r->code || r->n == 0) {
        give_up(d, r->code ? r->code : ERR_NOT_FOUND, &r->err);
        return;
    }
    d->n = r->n;
    copy = ARENA_ARRAY(d->a->arena, struct addr, (size_t)r->n);
    memcpy(copy, r->at, sizeof(*copy) * (size_t)r->n);
    d->at = copy;
    try_next(d);
}

void dial_start(struct dial *d, struct attempt *a, const char *host, int port, const struct dial_events *events)
{
    d->a = a;
    d->events = events;
    d->port = port;
    timer_init(&d->step, a->env->loop, step_over, d);
    if (addr_parse(host, port, &d->literal) == 0) {
        d->at = &d->literal;
        d->n = 1;
        try_next(d);
        return;
    }
    d->dns = dns_resolve(a->env->dns, host, (enum dns_family)a->family, attempt_left_ms(a), on_addrs, d);
}

void dial_stop(struct dial *d)
{
    if (d->a == NULL)
        return;
    timer_clear(&d->step);
    if (d->dns)
        dns_cancel(d->dns);
    d->dns = NULL;
    d->sock = sock_free(d->sock);
}

static void secure(void *arg)
{
    struct dial *d = arg;

    attempt_blame(d->a);
    d->secure_us = clock_mono_us();
    sock_pause(d->sock, false);
    if (sock_start_tls(d->sock, &d->tls) != 0)
        give_up(d, ERR_TLS, NULL);
}

void dial_secure(struct dial *d, const struct tls_opts *opts)
{
    d->tls = *opts;
    d->securing = true;
    if (attempt_tls_take(d->a, secure, d))
        secure(d);
    else
        sock_pause(d->sock, true);
}
