/* SPDX-License-Identifier: GPL-3.0-or-later */
/* httpd.h: the HTTP server, by libmicrohttpd (epoll, its own threads).
 *
 * Two ways to answer.  Published blobs (path → immutable bytes) are served on the HTTP threads without
 * touching a loop.  Every other request is copied and handed to `handler` on the owner loop; it is answered
 * by httpd_reply() then or later, or turned into a stream of server-sent events.  A request that is not
 * answered in 60 s gets 503 by itself.  The twin injects requests (src/io/sim/sim.h). */
#ifndef VIGIE_IO_HTTPD_H
#define VIGIE_IO_HTTPD_H

#include "base/arena.h"
#include "base/err.h"
#include "io/addr.h"
#include "io/loop.h"

enum { HTTPD_MAX_BODY = 1 << 20, HTTPD_MAX_HEADERS = 64, HTTPD_MAX_URL = 8192 };

struct httpd;
struct httpd_peer { /* who is at the other end */
    struct addr addr;
    bool local;        /* over the Unix socket; uid, gid, pid from SO_PEERCRED */
    int uid, gid, pid;
};
struct httpd_request {
    const char *method, *path; /* decoded once; no "..", no NUL; query apart */
    const char *query;         /* raw, "" when none */
    struct {
        const char *name, *value;
    } headers[HTTPD_MAX_HEADERS];
    int n_headers;
    const char *body;
    size_t body_bytes;
    struct httpd_peer peer;
    int listener;        /* index of the listener it came by */
    struct arena *arena; /* lives until the answer is given; the handler may allocate in it */
    void *user;          /* the handler's */
};
struct httpd_header {
    const char *name, *value;
};
struct httpd_response {
    int status;
    const char *type; /* Content-Type */
    const void *body; /* copied, unless it is given */
    bool given;       /* the body is from mem_alloc() and kin; the server frees it */
    size_t body_bytes;
    const struct httpd_header *headers;
    int n_headers;
};
typedef void httpd_handler(void *arg, struct httpd_request *rq);

/* Nothing listens yet. threads: HTTP threads. */
struct httpd *httpd_new(struct loop *l, int threads, httpd_handler *handler, void *arg);
/* Adds a listener: "127.0.0.1:8444", "[::]:8444", or "unix:/path" (mode 0660). ret_index → request.listener.
 * ret_port: the real port (useful with :0); may be NULL. ERR_CONFLICT: address in use. */
int httpd_listen(struct httpd *h, const char *where, int *ret_index, int *ret_port, struct err *e);
/* The times and numbers by which it defends itself; before anything listens. For tests: the built-in ones are right. */
struct httpd_limits {
    int64_t answer_ms;    /* 60 s: then 503 */
    int64_t stall_ms;     /* 60 s without a complete request: closed */
    int64_t sweep_ms;     /* 5 s: how often stalled ones are looked for */
    int64_t heartbeat_ms; /* 25 s: a comment on a stream where nothing was said */
    int per_address;      /* 100 connections */
    bool loopback_too;    /* no: proxies are there */
};
void httpd_limit(struct httpd *h, const struct httpd_limits *l);
struct httpd *httpd_free(struct httpd *h); /* ends streams, drops unanswered requests */

/* Publishes bytes (copied; compressed once with gzip when that pays; ETag made of their hash) under listener
 * (-1: all), path and language (NULL: any; else chosen by Accept-Language, "en" first). headers are added.
 * Replaces atomically; bytes NULL withdraws. From the owner loop.
 * With "Vary: Accept" among the headers it is for who reads pages alone: a request whose Accept names application/activity+json or
 * application/ld+json is the handler's. */
void httpd_publish(struct httpd *h, int listener, const char *path, const char *lang, const char *type, const void *bytes,
                   size_t n, const struct httpd_header *headers, int n_headers);

/* Answers; rq is gone afterwards. */
void httpd_reply(struct httpd_request *rq, const struct httpd_response *rs);
/* Turns the request into an event stream (text/event-stream). rq is gone afterwards. on_close comes once when the
 * peer leaves (never after httpd_stream_close). NULL when too many streams are open (503 was sent), or for HEAD. */
struct httpd_stream;
struct httpd_stream *httpd_stream(struct httpd_request *rq, void (*on_close)(void *arg), void *arg);
/* event NULL: data only. A stream whose peer does not read drops out after 256 KiB. */
void httpd_stream_send(struct httpd_stream *s, const char *event, const char *data);
void httpd_stream_close(struct httpd_stream *s);

const char *httpd_header(const struct httpd_request *rq, const char *name); /* NULL when absent */
/* Value of a query or form parameter, decoded into the arena; NULL when absent. */
const char *httpd_query(const struct httpd_request *rq, const char *name);
const char *httpd_form(const struct httpd_request *rq, const char *name); /* urlencoded body */
/* All values of a repeated form parameter: calls fn for each. */
void httpd_form_each(const struct httpd_request *rq, void (*fn)(void *arg, const char *name, const char *value), void *arg);
const char *httpd_cookie(const struct httpd_request *rq, const char *name);

struct httpd_stats {
    uint64_t requests, published_hits, rejected;
    int streams;
};
void httpd_get_stats(const struct httpd *h, struct httpd_stats *ret);

#endif
