/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link.c: see link.h. */
#include "checks/agents/link.h"

#include <string.h>

enum { MAX_SEND = 8192, MAX_TAKEN = 1024 * 1024 };

int link_finish(struct link_opts *o, int default_port, struct arena *arena, const char *host_address, struct err *e)
{
    int code = query_server(o->server, default_port, arena, &o->host, &o->port, e);

    if (code == 0 && o->host == NULL && host_address == NULL)
        return err_field(e, ERR_INVALID, "server", MSG("the host has no address; write HOST or HOST:PORT"), "");
    return code;
}

void link_fail(struct attempt *a, int code, const struct err *e)
{
    attempt_fail(a, code, e);
    attempt_done(a);
}

static void ready(struct attempt *a)
{
    struct link *l = a->job;

    l->ready = true;
    l->events->ready(a);
}

static void secure(struct attempt *a)
{
    struct link *l = a->job;
    const struct link_opts *o = l->opts;
    struct tls_opts tls = {.verify = o->verify, .ca_file = a->ca_file, .anonymous = o->anonymous && !o->verify};

    tls.server_name = o->server_name ? o->server_name : o->host;
    dial_secure(&l->dial, &tls);
}

static void on_open(struct attempt *a)
{
    struct link *l = a->job;

    if (!l->opts->tls)
        ready(a);
    else
        secure(a);
}

static void on_data(struct attempt *a, const char *p, size_t n)
{
    struct link *l = a->job;

    if (a->timings.first_byte_us == 0)
        a->timings.first_byte_us = (int32_t)attempt_spent_us(a);
    if (a->ended)
        return;
    buf_add(&l->in, p, n);
    l->events->data(a);
    if (l->in.full && !a->ended)
        link_fail(a, ERR_PROTOCOL, NULL);
}

static void on_end(struct attempt *a, int code, const struct err *e)
{
    struct link *l = a->job;

    if (a->ended)
        return;
    if (l->ready && l->events->closed && (code == 0 || code == ERR_RESET))
        l->events->closed(a);
    else
        link_fail(a, code ? code : ERR_RESET, code ? e : NULL);
}

static const struct dial_events events = {on_open, ready, on_data, on_end};

void link_start(struct attempt *a, const struct link_opts *o, const struct link_events *calls, size_t max_in)
{
    struct link *l = a->job;
    const char *host = o->host ? o->host : attempt_address(a);

    link_stop(a);
    attempt_tls_give(a);
    l->dial = (struct dial){0};
    l->in = BUF_MAX(max_in);
    l->opts = o;
    l->events = calls;
    l->ready = false;
    l->taken = 0;
    if (host)
        dial_start(&l->dial, a, host, o->port, &events);
}

void link_send(struct attempt *a, const void *p, size_t n)
{
    struct link *l = a->job;

    if (sock_write(l->dial.sock, p, n) != 0)
        link_fail(a, ERR_RESET, NULL);
}

void link_printf(struct attempt *a, const char *fmt, ...)
{
    struct buf b = BUF_MAX(MAX_SEND);
    va_list ap;

    va_start(ap, fmt);
    buf_vprintf(&b, fmt, ap);
    va_end(ap);
    attempt_trace(a, '>', buf_text(&b), b.len);
    link_send(a, buf_text(&b), b.len);
    buf_done(&b);
}

bool link_line(struct attempt *a, struct str *ret_line)
{
    struct link *l = a->job;
    const char *end = l->in.len ? memchr(l->in.data, '\n', l->in.len) : NULL;
    size_t n;

    if (a->ended || end == NULL)
        return false;
    n = (size_t)(end - l->in.data);
    l->taken += n + 1;
    if (l->taken > MAX_TAKEN) {
        link_fail(a, ERR_PROTOCOL, NULL);
        return false;
    }
    ret_line->n = n && l->in.data[n - 1] == '\r' ? n - 1 : n;
    ret_line->p = arena_dupn(a->arena, l->in.data, ret_line->n);
    attempt_trace(a, '<', ret_line->p, ret_line->n);
    buf_drop(&l->in, n + 1);
    return true;
}

void link_stop(struct attempt *a)
{
    struct link *l = a->job;

    if (l == NULL)
        return;
    dial_stop(&l->dial);
    buf_done(&l->in);
}

void link_late(struct attempt *a)
{
    struct link *l = a->job;

    if (l == NULL || l->opts == NULL)
        return;
    if (l->dial.dns)
        attempt_late_lookup(a, l->opts->host ? l->opts->host : a->address);
    else if (l->ready)
        attempt_say(a, STATE_CRITICAL, MSG("connected, but no whole answer came within {1}"), "d", a->timeout_ms);
    else if (l->dial.open)
        attempt_say(a, STATE_CRITICAL, MSG("connected, but TLS was not agreed on within {1}"), "d", a->timeout_ms);
}
