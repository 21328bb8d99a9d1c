/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc_link.c: connecting to an IRC server.  Each address has its share of the time; what comes is cut into lines, one callback each. */
#include "channels/irc_link.h"
#include "base/arena.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "wire/irc.h"

enum { LEAST_STEP_MS = 5000 };

struct irc_link {
    struct loop *loop;
    struct dns *dns;
    struct irc_link_events events;
    void *arg;
    struct arena *arena; /* of the options */
    struct irc_link_opts opts;
    struct dns_job *job;
    struct sock *sock;
    struct addr at[DNS_MAX_ADDRS];
    int n, i;
    struct timer step; /* the next address, or the end */
    int64_t until_ms;
    bool open;
    bool busy, dead; /* busy: lines are being handed over; then a dead one goes only behind the last */
    struct irc_lines lines;
};

static void try_next(struct irc_link *k);

static void end(struct irc_link *k, int code, const struct err *e)
{
    timer_clear(&k->step);
    k->sock = sock_free(k->sock);
    k->open = false;
    k->events.on_end(k->arg, code, e);
}

static void ready(struct irc_link *k)
{
    timer_clear(&k->step);
    k->open = true;
    k->events.on_open(k->arg);
}

static void on_open(void *arg)
{
    struct irc_link *k = arg;
    struct err e = {0};
    if (!k->opts.secure)
        ready(k);
    else if (sock_start_tls(k->sock, &k->opts.tls) < 0)
        end(k, err_set(&e, ERR_TLS, MSG("TLS cannot be started"), ""), &e);
}

static void on_secure(void *arg)
{
    ready(arg);
}

static struct irc_link *drop(struct irc_link *k)
{
    arena_free(k->arena);
    return mem_free(k);
}

static void on_data(void *arg, const char *p, size_t n)
{
    struct irc_link *k = arg;
    k->busy = true;
    for (char *line; k->open && (line = irc_lines_next(&k->lines, &p, &n));)
        k->events.on_line(k->arg, line);
    k->busy = false;
    if (k->dead)
        drop(k);
}

/* Certificates do not get better at another address of the same name. */
static void on_end(void *arg, int code, const struct err *e)
{
    struct irc_link *k = arg;
    if (!k->open && code != ERR_TLS && k->i + 1 < k->n) {
        k->i++;
        k->sock = sock_free(k->sock);
        try_next(k);
        return;
    }
    struct err copy = {0};
    if (!k->open && code == 0)
        code = err_set(&copy, ERR_RESET, MSG("the server closed the connection at once"), "");
    else if (e)
        copy = *e;
    end(k, code, code ? &copy : NULL);
}

static const struct sock_events sock_calls = {on_open, on_secure, on_data, on_end};

static void step_over(void *arg)
{
    struct irc_link *k = arg;
    struct err e = {0};
    if (k->i + 1 < k->n) {
        k->i++;
        k->sock = sock_free(k->sock);
        try_next(k);
        return;
    }
    end(k, err_set(&e, ERR_TIMEOUT, MSG("no connection within {1}"), "d", (int64_t)IRC_LINK_OPEN_MS), &e);
}

static void try_next(struct irc_link *k)
{
    struct addr peer = k->at[k->i];
    int64_t left = k->until_ms - clock_mono_ms(), share = left / (k->n - k->i);
    addr_set_port(&peer, k->opts.port);
    timer_set(&k->step, k->i + 1 == k->n ? left : share > LEAST_STEP_MS ? share : LEAST_STEP_MS);
    k->sock = sock_connect(k->loop, &peer, NULL, &sock_calls, k);
}

static void looked_up(void *arg, const struct dns_addrs *r)
{
    struct irc_link *k = arg;
    struct err e = r->err;
    k->job = NULL;
    if (r->code || r->n == 0) {
        end(k, r->code ? r->code : ERR_NOT_FOUND, r->code ? &e : NULL);
        return;
    }
    for (k->n = 0; k->n < r->n && k->n < DNS_MAX_ADDRS; k->n++)
        k->at[k->n] = r->at[k->n];
    try_next(k);
}

static void begin(struct irc_link *k)
{
    if (addr_parse(k->opts.host, k->opts.port, &k->at[0]) == 0) {
        k->n = 1;
        try_next(k);
        return;
    }
    k->job = dns_resolve(k->dns, k->opts.host, DNS_ANY, IRC_LINK_OPEN_MS, looked_up, k);
}

struct irc_link *irc_link_start(struct loop *l, struct dns *dns, const struct irc_link_opts *o, const struct irc_link_events *events, void *arg)
{
    struct irc_link *k = NEW(struct irc_link);
    *k = (struct irc_link){.loop = l, .dns = dns, .events = *events, .arg = arg, .arena = arena_new(0), .opts = *o, .until_ms = clock_mono_ms() + IRC_LINK_OPEN_MS};
    struct tls_opts *t = &k->opts.tls;
    k->opts.host = arena_dup(k->arena, o->host);
    t->server_name = arena_dup(k->arena, t->server_name);
    t->ca_file = arena_dup(k->arena, t->ca_file);
    t->cert_file = arena_dup(k->arena, t->cert_file);
    t->key_file = arena_dup(k->arena, t->key_file);
    t->alpn = arena_dup(k->arena, t->alpn);
    timer_init(&k->step, l, step_over, k);
    begin(k);
    return k;
}

int irc_link_write(struct irc_link *k, const char *p, size_t n)
{
    return k->open ? sock_write(k->sock, p, n) : ERR_RESET;
}

struct irc_link *irc_link_free(struct irc_link *k)
{
    if (!k)
        return NULL;
    timer_clear(&k->step);
    if (k->job)
        dns_cancel(k->job);
    k->sock = sock_free(k->sock);
    k->open = false;
    k->dead = true;
    return k->busy ? NULL : drop(k);
}
