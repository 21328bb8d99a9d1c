/* SPDX-License-Identifier: GPL-3.0-or-later */
/* io_httpc_kit.h: asking servers of io_peer.h, and what came of it. */
#ifndef VIGIE_TESTS_IO_HTTPC_KIT_H
#define VIGIE_TESTS_IO_HTTPC_KIT_H

#include "base/err.h"
#include "base/msg.h"
#include "base/str.h"
#include "io/httpc.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/un.h>

#include <cmocka.h>

#include "io_peer.h"

struct world {
    struct loop *loop;
    struct httpc *h;
    struct timer timer;
    struct peer_ca ca;
    char ca_path[64];
};
struct result {
    struct world *w;
    int n, code, status, n_headers, verify_code, n_chain;
    bool body_cut, tls, in_doubt;
    char version[8], reason[64], header[128], body[256], text[700], subject[64];
    size_t body_bytes;
    int64_t connect_us, tls_us, first_us, total_us, not_after_ms;
    int peer_port;
};

static inline void give_up(void *arg)
{
    loop_stop(((struct world *)arg)->loop);
}

static inline int setup(void **state)
{
    struct world *w = NEW(struct world);
    w->loop = loop_new("test");
    w->h = httpc_new(w->loop);
    timer_init(&w->timer, w->loop, give_up, w);
    timer_set(&w->timer, 40000);
    str_copy(w->ca_path, sizeof w->ca_path, "/tmp/vigie-test-ca-XXXXXX");
    close(mkstemp(w->ca_path));
    peer_ca_make(&w->ca, w->ca_path);
    *state = w;
    return 0;
}

static inline int teardown(void **state)
{
    struct world *w = *state;
    timer_clear(&w->timer);
    httpc_free(w->h);
    loop_free(w->loop);
    unlink(w->ca_path);
    peer_ca_done(&w->ca);
    mem_free(w);
    return 0;
}

static inline void render(char *out, size_t n, const char *packed)
{
    struct buf b = BUF_MAX(1000);
    msg_render(&b, packed, "en");
    str_copy(out, n, buf_text(&b));
    buf_done(&b);
}

static inline void on_reply(void *arg, const struct httpc_reply *r)
{
    struct result *res = arg;
    res->n++;
    res->code = r->code;
    res->status = r->status;
    res->n_headers = r->n_headers;
    res->body_cut = r->body_cut;
    res->body_bytes = r->body_bytes;
    res->connect_us = r->connect_us;
    res->tls_us = r->tls_us;
    res->first_us = r->first_byte_us;
    res->total_us = r->total_us;
    res->peer_port = addr_port(&r->peer);
    str_copy(res->version, sizeof res->version, r->version);
    str_copy(res->reason, sizeof res->reason, r->reason);
    str_copy(res->body, sizeof res->body, r->body);
    const char *x = httpc_find_header(r, "x-test");
    str_copy(res->header, sizeof res->header, x != NULL ? x : "");
    render(res->text, sizeof res->text, r->err.text);
    res->tls = r->tls != NULL;
    if (r->tls != NULL) {
        res->verify_code = r->tls->verify_code;
        res->n_chain = r->tls->n_chain;
        res->not_after_ms = r->tls->n_chain > 0 ? r->tls->chain[0].not_after_ms : 0;
        str_copy(res->subject, sizeof res->subject,
                 r->tls->n_chain > 0 ? r->tls->chain[0].subject : "");
        assert_true(str_starts(r->tls->version, "TLSv1."));
        assert_true(r->tls->cipher[0] != '\0');
    }
    loop_stop(res->w->loop);
}

struct ask { /* what a test wants to ask; zeros are the usual */
    struct httpc_request rq;
    const char *host; /* in the URL */
    const char *path;
    bool https;
};

static inline struct httpc_job *begin(struct world *w, struct result *res, const struct peer *p,
                               const struct ask *a)
{
    struct httpc_request rq = a->rq;
    char url[400];
    struct addr addr;
    *res = (struct result){.w = w};
    str_print(url, sizeof url, "http%s://%s:%d%s", a->https ? "s" : "",
              a->host != NULL ? a->host : "localhost", p->port, a->path != NULL ? a->path : "/");
    addr_parse("127.0.0.1", 0, &addr);
    rq.url = url;
    rq.method = rq.method != NULL ? rq.method : "GET";
    if (rq.n_addrs == 0 && rq.unix_path == NULL) {
        rq.addrs = &addr;
        rq.n_addrs = 1;
    }
    rq.timeout_ms = rq.timeout_ms > 0 ? rq.timeout_ms : 20000;
    rq.max_body = rq.max_body > 0 ? rq.max_body : 100000;
    struct httpc_job *job = httpc_start(w->h, &rq, on_reply, res);
    assert_int_equal(res->n, 0);
    return job;
}

static inline void get(struct world *w, struct result *res, void (*act)(struct peer *p, int fd),
                const struct ask *a)
{
    struct peer *p = peer_new(act);
    peer_start(p);
    begin(w, res, p, a);
    loop_run(w->loop);
    assert_int_equal(res->n, 1);
    peer_free(p);
}

/* ---- servers that several tests ask ---- */

static inline void act_hello(struct peer *p, int fd)
{
    peer_read_request(p, fd);
    PEER_SAY(fd, "HTTP/1.1 200 Fine\r\nX-Test:  yes \r\nContent-Length: 5\r\n\r\nhello");
}

static inline void act_garbage(struct peer *p, int fd)
{
    peer_read_request(p, fd);
    PEER_SAY(fd, "SSH-2.0-OpenSSH_9.2\r\n\r\n");
}

static inline void act_silent(struct peer *p, int fd)
{
    char c;
    while (recv(fd, &c, 1, 0) > 0)
        ;
}

#endif
