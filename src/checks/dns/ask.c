/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ask.c: see ask.h.  An answer by UDP counts when it comes from whom was asked, with the id and with the name written as
 * we wrote it (large and small letters at random).  A server that gives the letters back otherwise, or cut the answer
 * off, is asked again by TCP; one that does not know EDNS, without. */
#include "checks/dns/ask.h"

#include "base/hash.h"
#include "base/panic.h"
#include "io/udp.h"

#include <string.h>

enum { BUCKETS = 4096, TRIES_OF_ID = 8, EDNS_BYTES = 1232, FIRST_AGAIN_MS = 1000, MOST_AGAIN_MS = 4000, MAX_TCP_BYTES = 2 + 65535, FORMERR = 1, NOTIMP = 4 };

struct dns_hub {
    struct loop *loop;
    struct udp *udp;
    uint64_t seed;
    uint64_t count;
    struct dns_ask *asks[BUCKETS];
};

static void udp_ask(struct dns_ask *k);
static void tcp_ask(struct dns_ask *k);

/* ---- who waits ---- */

static bool same_peer(const struct addr *a, const struct addr *b)
{
    return addr_port(a) == addr_port(b) && addr_equal(a, b);
}

static struct dns_ask *find(struct dns_hub *h, int id, const struct addr *from)
{
    struct dns_ask *k = id < 0 ? NULL : h->asks[id % BUCKETS];

    while (k && !((int)dnsq_id(&k->q) == id && same_peer(&k->server, from)))
        k = k->next;
    return k;
}

static void hub_remove(struct dns_ask *k)
{
    struct dns_hub *h = k->a->env->dns_hub;
    struct dns_ask **at;

    if (!k->in_hub)
        return;
    at = &h->asks[dnsq_id(&k->q) % BUCKETS];
    while (*at && *at != k)
        at = &(*at)->next;
    if (*at)
        *at = k->next;
    k->in_hub = false;
}

static uint64_t draw(struct dns_hub *h)
{
    h->count++;
    return hash_bytes(&h->count, sizeof(h->count), h->seed);
}

static void hub_add(struct dns_hub *h, struct dns_ask *k)
{
    struct dns_ask **at = &h->asks[dnsq_id(&k->q) % BUCKETS];

    k->next = *at;
    *at = k;
    k->in_hub = true;
}

/* ---- the end ---- */

static void quiet(struct dns_ask *k)
{
    timer_clear(&k->timer);
    hub_remove(k);
    k->sock = sock_free(k->sock);
    buf_done(&k->heard);
    if (k->job)
        dns_cancel(k->job);
    k->job = NULL;
}

void dns_ask_stop(struct dns_ask *k)
{
    if (!k->waiting)
        return;
    k->waiting = false;
    quiet(k);
}

static void give(struct dns_ask *k, struct dns_answer *r)
{
    r->took_us = clock_mono_us() - k->began_us;
    r->tc = r->tc || k->truncated;
    k->waiting = false;
    k->fn(k, r);
}

static void fail(struct dns_ask *k, int code, const struct err *e)
{
    struct dns_answer r = {.code = code};

    if (e && e->text[0])
        r.err = *e;
    else if (code == ERR_REFUSED)
        err_set(&r.err, code, MSG("the DNS server refuses connections"), "");
    else if (code == ERR_INVALID)
        err_set(&r.err, code, MSG("{1} is not a valid name"), "s", k->name);
    else
        err_set(&r.err, code, MSG("the DNS server does not answer"), "");
    quiet(k);
    give(k, &r);
}

/* Without EDNS, when that is what the server does not understand. True: it is asked so. */
static bool asked_plainly(struct dns_ask *k, const struct dns_answer *r)
{
    if (k->plain || r->code || (r->rcode != FORMERR && r->rcode != NOTIMP))
        return false;
    k->plain = true;
    quiet(k);
    if (k->tcp)
        tcp_ask(k);
    else
        udp_ask(k);
    return true;
}

static void answered(struct dns_ask *k, const char *p, size_t n)
{
    struct dns_answer r = {.arena = arena_new(0)};

    attempt_blame(k->a);
    r.code = dns_parse((const unsigned char *)p, n, &r);
    if (!k->tcp && r.code == 0 && r.tc) {
        k->truncated = true;
        quiet(k);
        tcp_ask(k);
    } else if (!asked_plainly(k, &r)) {
        quiet(k);
        give(k, &r);
    }
    arena_free(r.arena);
}

/* ---- by UDP ---- */

static void on_data(void *arg, const struct addr *from, const char *p, size_t n)
{
    struct dns_ask *k = find(arg, dnsq_peek_id(p, n), from);
    enum dnsq_match m = k ? dnsq_match(&k->q, p, n) : DNSQ_NOT_OURS;

    if (m == DNSQ_NOT_OURS)
        return;
    if (m == DNSQ_OURS) {
        answered(k, p, n);
        return;
    }
    quiet(k);
    tcp_ask(k);
}

static void on_error(void *arg, const struct addr *peer, int code, const char *p, size_t n)
{
    struct dns_hub *h = arg;
    struct dns_ask *k = find(h, dnsq_peek_id(p, n), peer);

    if (k)
        fail(k, code, NULL);
    for (int i = 0; n < DNSQ_HEAD_BYTES && i < BUCKETS; i++) /* the network quoted too little */
        for (k = h->asks[i]; k;) {
            if (!same_peer(&k->server, peer)) {
                k = k->next;
                continue;
            }
            fail(k, code, NULL); /* its callback may have taken others out, too */
            k = h->asks[i];
        }
}

static const struct udp_events udp_calls = {on_data, on_error};

static struct dns_hub *hub_of(struct probe_env *env)
{
    struct dns_hub *h = env->dns_hub;

    if (h)
        return h;
    h = NEW(struct dns_hub);
    h->loop = env->loop;
    h->seed = entropy_u64();
    h->udp = udp_new(env->loop, &udp_calls, h);
    env->dns_hub = h;
    return h;
}

struct dns_hub *dns_hub_free(struct dns_hub *h)
{
    if (h == NULL)
        return NULL;
    udp_free(h->udp);
    return mem_free(h);
}

static int question_make(struct dns_ask *k)
{
    struct dns_hub *h = hub_of(k->a->env);

    for (int i = 0; i < TRIES_OF_ID; i++) {
        uint64_t r = draw(h);
        int code = dnsq_encode(k->name, k->type, r & 0xffff, k->flags, k->plain ? 0 : EDNS_BYTES, k->tcp ? 0 : r >> 16, &k->q);

        if (code)
            return code;
        if (k->tcp || find(h, (int)dnsq_id(&k->q), &k->server) == NULL)
            return 0;
    }
    return ERR_BUSY; /* tens of thousands wait for this server */
}

static void send_again(struct dns_ask *k)
{
    int code = udp_send(hub_of(k->a->env)->udp, &k->server, k->q.bytes, k->q.n);

    if (code && code != ERR_BUSY) {
        fail(k, code, NULL);
        return;
    }
    timer_set(&k->timer, k->again_ms);
    k->again_ms = k->again_ms * 2 > MOST_AGAIN_MS ? MOST_AGAIN_MS : k->again_ms * 2;
}

static void on_timer(void *arg)
{
    struct dns_ask *k = arg;

    if (k->code)
        fail(k, k->code, NULL);
    else
        send_again(k);
}

static void fail_soon(struct dns_ask *k, int code)
{
    k->code = code;
    timer_set(&k->timer, 0);
}

static void udp_ask(struct dns_ask *k)
{
    int code = question_make(k);

    if (code == 0) {
        hub_add(hub_of(k->a->env), k);
        code = udp_send(hub_of(k->a->env)->udp, &k->server, k->q.bytes, k->q.n);
    }
    if (code && code != ERR_BUSY) {
        fail_soon(k, code);
        return;
    }
    k->again_ms = FIRST_AGAIN_MS;
    timer_set(&k->timer, k->again_ms);
}

/* ---- by TCP ---- */

static void tcp_open(void *arg)
{
    struct dns_ask *k = arg;
    unsigned char head[2] = {(unsigned char)(k->q.n >> 8), (unsigned char)k->q.n};

    attempt_blame(k->a);
    k->a->answered = true;
    sock_write(k->sock, head, sizeof(head));
    sock_write(k->sock, k->q.bytes, k->q.n);
}

static void tcp_data(void *arg, const char *p, size_t n)
{
    struct dns_ask *k = arg;
    const unsigned char *at;
    size_t want;

    buf_add(&k->heard, p, n);
    at = (const unsigned char *)buf_text(&k->heard);
    if (k->heard.len < 2)
        return;
    want = (size_t)at[0] << 8 | at[1];
    if (k->heard.len < want + 2)
        return;
    if (want < DNSQ_HEAD_BYTES || dnsq_match(&k->q, (const char *)at + 2, want) == DNSQ_NOT_OURS) {
        struct err e = {0};

        err_set(&e, ERR_PROTOCOL, MSG("the DNS server answers another question than was asked"), "");
        fail(k, ERR_PROTOCOL, &e);
        return;
    }
    struct buf whole = k->heard; /* answered() lets go of it */
    k->heard = (struct buf){0};
    answered(k, buf_text(&whole) + 2, want);
    buf_done(&whole);
}

static void tcp_end(void *arg, int code, const struct err *e)
{
    struct dns_ask *k = arg;

    fail(k, code ? code : ERR_RESET, code ? e : NULL);
}

static const struct sock_events tcp_calls = {tcp_open, NULL, tcp_data, tcp_end};

static void tcp_ask(struct dns_ask *k)
{
    int code;

    k->tcp = true;
    code = question_make(k);
    if (code) {
        fail_soon(k, code);
        return;
    }
    k->heard = BUF_MAX(MAX_TCP_BYTES + 65536);
    k->sock = sock_connect(k->a->env->loop, &k->server, NULL, &tcp_calls, k);
}

/* ---- by the system's resolver ---- */

static void on_answer(void *arg, const struct dns_answer *r)
{
    struct dns_ask *k = arg;

    attempt_blame(k->a);
    k->job = NULL;
    k->waiting = false;
    k->fn(k, r);
}

void dns_ask_start(struct dns_ask *k, struct attempt *a, const struct dns_question *q, dns_ask_fn *fn, void *owner)
{
    *k = (struct dns_ask){.a = a, .owner = owner, .fn = fn, .flags = q->flags, .name = q->name, .type = q->type, .waiting = true, .plain = q->no_edns};
    timer_init(&k->timer, a->env->loop, on_timer, k);
    k->began_us = clock_mono_us();
    if (q->server == NULL) {
        k->job = dns_query(a->env->dns, NULL, q->name, q->type, attempt_left_ms(a), on_answer, k);
        return;
    }
    k->server = *q->server;
    if (q->way == DNS_BY_TCP)
        tcp_ask(k);
    else
        udp_ask(k);
}

/* ---- which server ---- */

const struct addr *dns_server_of(const struct dns_server_opts *o, struct addr *space)
{
    return o->server && addr_parse(o->server, (int)o->port, space) == 0 ? space : NULL;
}

int dns_server_check(const struct dns_server_opts *o, struct err *e)
{
    struct addr a;

    if (o->server && dns_server_of(o, &a) == NULL)
        return err_field(e, ERR_INVALID, "server", MSG("“{1}” is no address"), "s", o->server);
    return 0;
}
