/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_net.c: the map of the simulated network: hosts, the way to them, what listens on their ports.
 * Pure bookkeeping; sim_sock.c, sim_dgram.c, sim_icmp.c and sim_http.c let traffic run over it. */
#include "io/sim/sim_int.h"

enum { DEFAULT_RTT_US = 500, MAX_HOPS = 32 };

/* ---- hosts ---- */

struct sim_host *sim_host_find(const char *name)
{
    struct sim_host *h = map_find(&sim_world()->by_name, name);
    return h ? h : map_find(&sim_world()->by_addr, name);
}

bool sim_host_known(const char *name) { return sim_host_find(name) != NULL; }

static struct sim_host *must_find(const char *name)
{
    struct sim_host *h = sim_host_find(name);
    if (!h)
        PANIC(name); /* a slip in the test's script */
    return h;
}

void sim_host(const char *name, const char *addr)
{
    struct sim_world *w = sim_world();
    struct sim_host *h = map_find(&w->by_name, name);
    if (!h) {
        h = NEW(struct sim_host);
        h->name = mem_dup(name);
        h->rtt_us = DEFAULT_RTT_US;
        VEC_PUSH(&w->hosts, h);
        map_set(&w->by_name, h->name, h);
    }
    if (map_find(&w->by_addr, addr) == h)
        return;
    char *copy = mem_dup(addr);
    VEC_PUSH(&h->addrs, copy);
    map_set(&w->by_addr, copy, h);
}

void sim_host_mode(const char *name, enum sim_mode mode) { must_find(name)->mode = mode; }

void sim_host_slow(const char *name, int64_t rtt_ms)
{
    must_find(name)->rtt_us = rtt_ms > 0 ? rtt_ms * 1000 : DEFAULT_RTT_US;
}

void sim_host_echo(const char *name, bool answers) { must_find(name)->no_echo = !answers; }

void sim_host_loss(const char *name, int percent) { must_find(name)->loss = percent; }

void sim_host_via(const char *name, const char *router)
{
    must_find(name)->via = router ? must_find(router) : NULL;
}

void sim_host_mute(const char *name, bool on) { must_find(name)->mute = on; }

void sim_host_loops(const char *name, bool on) { must_find(name)->loops = on; }

void sim_icmp_allow(bool allowed) { sim_world()->icmp_denied = !allowed; }

static void service_clear(struct sim_service *s)
{
    for (size_t i = 0; i < s->rules.n; i++) {
        mem_free(s->rules.at[i].glob);
        mem_free(s->rules.at[i].answer);
    }
    for (size_t i = 0; i < s->pages.n; i++) {
        mem_free(s->pages.at[i].path);
        mem_free(s->pages.at[i].headers);
        mem_free(s->pages.at[i].body);
        mem_free(s->pages.at[i].login);
    }
    VEC_DONE(&s->rules);
    VEC_DONE(&s->pages);
    mem_free(s->banner);
    mem_free(s->names);
    buf_done(&s->heard);
}

static void host_free(struct sim_host *h)
{
    for (size_t i = 0; i < h->services.n; i++) {
        service_clear(h->services.at[i]);
        mem_free(h->services.at[i]);
    }
    for (size_t i = 0; i < h->addrs.n; i++)
        mem_free(h->addrs.at[i]);
    VEC_DONE(&h->services);
    VEC_DONE(&h->addrs);
    mem_free(h->name);
    mem_free(h);
}

void sim_net_done(struct sim_world *w)
{
    map_done(&w->by_addr);
    map_done(&w->by_name);
    for (size_t i = 0; i < w->hosts.n; i++)
        host_free(w->hosts.at[i]);
    VEC_DONE(&w->hosts);
}

/* ---- ports ---- */

struct sim_service *sim_service_find(struct sim_host *h, int port)
{
    for (size_t i = 0; i < h->services.n; i++) {
        if (h->services.at[i]->port == port)
            return h->services.at[i];
    }
    return NULL;
}

/* A service lives as long as its host, for streams point to it. */
static struct sim_service *must_service(const char *host, int port)
{
    struct sim_host *h = must_find(host);
    struct sim_service *s = sim_service_find(h, port);
    if (s)
        return s;
    s = NEW(struct sim_service);
    s->port = port;
    s->heard.max = 1 << 16;
    VEC_PUSH(&h->services, s);
    return s;
}

void sim_port_open(const char *host, int port)
{
    struct sim_service *s = must_service(host, port);
    int hits = s->hits;
    service_clear(s);
    *s = (struct sim_service){.port = port, .hits = hits, .heard = BUF_MAX(1 << 16)};
}

void sim_port_closed(const char *host, int port) { must_service(host, port)->mode = SIM_REFUSED; }

void sim_port_mode(const char *host, int port, enum sim_mode mode) { must_service(host, port)->mode = mode; }

void sim_port_banner(const char *host, int port, const char *text)
{
    sim_text_set(&must_service(host, port)->banner, text);
}

void sim_port_rule(const char *host, int port, const char *glob, const char *answer)
{
    struct sim_service *s = must_service(host, port);
    VEC_PUSH(&s->rules, ((struct sim_rule){mem_dup(glob), mem_dup(answer)}));
}

void sim_port_serve(const char *host, int port, void (*fn)(void *arg, const char *p, size_t n, struct buf *out), void *arg)
{
    struct sim_service *s = must_service(host, port);
    s->mode = SIM_UP;
    s->serve = fn;
    s->serve_arg = arg;
}

void sim_port_talk(const char *host, int port, void (*fn)(void *arg, int conn, const char *line, struct buf *out), void *arg)
{
    struct sim_service *s = must_service(host, port);
    s->mode = SIM_UP;
    s->talk = fn;
    s->talk_arg = arg;
}

void sim_port_say(const char *host, int port, int conn, const char *text)
{
    sim_sock_say(must_service(host, port), conn, text);
}

void sim_port_hang_up(const char *host, int port, int conn)
{
    sim_sock_say(must_service(host, port), conn, NULL);
}

void sim_port_drip(const char *host, int port, int64_t ms_per_byte) { must_service(host, port)->drip_ms = ms_per_byte; }

void sim_port_endless(const char *host, int port, bool on) { must_service(host, port)->endless = on; }

void sim_port_close(const char *host, int port, bool on) { must_service(host, port)->close = on; }

void sim_port_deaf(const char *host, int port, bool on) { must_service(host, port)->deaf = on; }

int sim_port_hits(const char *host, int port) { return must_service(host, port)->hits; }

const char *sim_port_heard(const char *host, int port) { return buf_text(&must_service(host, port)->heard); }

void sim_port_tls(const char *host, int port, const struct sim_cert *cert)
{
    struct sim_service *s = must_service(host, port);
    s->tls = cert != NULL;
    if (!cert)
        return;
    sim_text_set(&s->names, cert->names ? cert->names : host);
    s->starttls = cert->starttls;
    s->old = cert->old;
    s->chain = cert->chain;
    s->not_after_ms = clock_wall_ms() + cert->days_left * 86400000 + 3600000;
    s->not_before_ms = s->not_after_ms - INT64_C(90) * 86400000;
}

void sim_http_answer(const char *host, int port, const char *path, const struct sim_answer *answer)
{
    struct sim_service *s = must_service(host, port);
    struct sim_page page = {.status = answer->status ? answer->status : 200, .delay_ms = answer->delay_ms, .padding = answer->padding};
    struct sim_page *at = NULL;
    for (size_t i = 0; i < s->pages.n && !at; i++)
        at = str_eq(s->pages.at[i].path, path) ? &s->pages.at[i] : NULL;
    if (!at) {
        page.path = mem_dup(path);
        VEC_PUSH(&s->pages, page);
        at = &s->pages.at[s->pages.n - 1];
    }
    at->status = page.status;
    at->delay_ms = page.delay_ms;
    at->padding = page.padding;
    sim_text_set(&at->headers, answer->headers);
    sim_text_set(&at->body, answer->body);
    sim_text_set(&at->login, answer->login);
    s->mode = SIM_UP;
}

void sim_http_serve(const char *host, int port, bool (*fn)(void *arg, const struct httpc_request *rq, const char *target, struct sim_answer *ret), void *arg)
{
    struct sim_service *s = must_service(host, port);
    s->mode = SIM_UP;
    s->web = fn;
    s->web_arg = arg;
}

/* ---- the way ---- */

/* Whoever is behind a router that is not up cannot be heard. */
static bool way_open(const struct sim_host *h)
{
    const struct sim_host *r = h->via;
    for (int i = 0; r && i < MAX_HOPS; i++, r = r->via) {
        if (r->mode == SIM_SILENT || r->mode == SIM_UNREACHABLE || r->loops)
            return false;
    }
    return true;
}

void sim_path_find(const struct addr *peer, bool udp, struct sim_path *ret)
{
    char text[ADDR_TEXT_BYTES];
    addr_host(peer, text);
    struct sim_host *h = map_find(&sim_world()->by_addr, text);
    *ret = (struct sim_path){.host = h, .mode = SIM_UNREACHABLE, .rtt_us = DEFAULT_RTT_US};
    sim_packet_sent(1);
    if (!h)
        return;
    h->met |= h->mode != SIM_SILENT;
    ret->mode = h->mode == SIM_UP && !way_open(h) ? SIM_SILENT : h->mode;
    ret->rtt_us = h->rtt_us;
    bool is_unix = peer->sa.sa_family == AF_UNIX;
    int port = is_unix ? 0 : addr_port(peer);
    if (port == 0 && !is_unix)
        return; /* an echo: the host itself answers */
    ret->service = sim_service_find(h, udp ? port | SIM_UDP : port);
    if (ret->mode == SIM_UP)
        ret->mode = ret->service ? ret->service->mode : SIM_REFUSED;
}

/* The texts are those of sock.c, so that a scenario reads what a person would. */
int sim_path_error(const struct sim_path *p, const struct addr *peer, struct err *e)
{
    switch (p->mode) {
    case SIM_REFUSED:
        return err_set(e, ERR_REFUSED, "connection refused", "");
    case SIM_RESET:
        return err_set(e, ERR_RESET, "connection reset by the peer", "");
    case SIM_UNREACHABLE:
        return err_set(e, ERR_UNREACHABLE, "no route to the host", "");
    case SIM_UP:
    case SIM_SILENT:
        break;
    }
    return 0;
}
