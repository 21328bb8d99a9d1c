/* SPDX-License-Identifier: GPL-3.0-or-later */
/* httpc.h: HTTP client exchanges, by libcurl. One `struct httpc` a loop.
 * The caller resolves the host (dns.h) and passes addresses; redirects are never followed here (the caller
 * follows, so that each hop is resolved and judged anew). */
#ifndef VIGIE_IO_HTTPC_H
#define VIGIE_IO_HTTPC_H

#include "base/err.h"
#include "io/sock.h"
#include "io/tls.h"

struct httpc;
struct httpc_job;

struct httpc_header {
    const char *name, *value;
};
struct httpc_request {
    const char *method; /* "GET" */
    const char *url;    /* http or https, ASCII */
    const struct httpc_header *headers;
    int n_headers;
    const char *body;
    size_t body_bytes;
    const struct addr *addrs; /* pinned addresses, tried in order; n_addrs 0 only for unix_path */
    int n_addrs;
    const char *unix_path;    /* talk over this socket instead */
    const char *user, *password; /* basic; NULL: none */
    struct tls_opts tls;      /* server_name is taken from the URL when NULL */
    int64_t timeout_ms;       /* of the whole exchange; must be > 0 */
    size_t max_body;          /* ceiling of the kept body; more ends the transfer with body_cut */
    size_t max_header;        /* ceiling of all headers; 0: 64 KiB; more is ERR_PROTOCOL */
    bool keep_alive;          /* reuse connections (API clients); checks leave it false */
    bool http2;               /* offered in TLS */
    bool http2_at_once;       /* and spoken without TLS, too, where no offer is possible */
    const char *proxy;        /* "http://proxy:3128": whom addrs lead to; NULL: none. It looks the URL's host up */
    const char *proxy_user, *proxy_password;
    bool no_body;             /* stop after the headers */
};
/* What happened, all borrowed for the callback's time. */
struct httpc_reply {
    int code; /* 0: a response came; else ERR_REFUSED, ERR_TIMEOUT, ERR_RESET, ERR_TLS, ERR_PROTOCOL, … */
    struct err err;
    int status;          /* 200 */
    const char *version; /* "1.1", "2" */
    const char *reason;  /* "OK", "" */
    const struct httpc_header *headers;
    int n_headers;
    const char *body;
    size_t body_bytes;
    bool body_cut;
    struct addr peer;
    /* since the start of the exchange, µs; 0: did not get there */
    int64_t connect_us, tls_us, first_byte_us, total_us;
    const struct tls_info *tls; /* NULL for plain http */
};
typedef void httpc_fn(void *arg, const struct httpc_reply *r);
/* A piece of the body as it comes (event streams); return non-zero to end the exchange. */
typedef int httpc_data_fn(void *arg, const char *p, size_t n);

struct httpc *httpc_new(struct loop *l);
struct httpc *httpc_free(struct httpc *h); /* cancels all without callbacks */
struct httpc_job *httpc_start(struct httpc *h, const struct httpc_request *rq, httpc_fn *fn, void *arg);
struct httpc_job *httpc_stream(struct httpc *h, const struct httpc_request *rq, httpc_data_fn *on_data,
                               httpc_fn *fn, void *arg);
void httpc_cancel(struct httpc_job *job); /* no callback afterwards */
const char *httpc_find_header(const struct httpc_reply *r, const char *name); /* NULL when absent */

/* Mail by SMTP (libcurl): url smtp://host:port or smtps://. */
struct mail_request {
    const char *url;
    const char *user, *password; /* NULL: none */
    bool starttls_required;
    const char *from;
    const char *const *to;
    int n_to;
    const char *message; /* complete, CRLF line ends */
    size_t message_bytes;
    int64_t timeout_ms;
    bool keep_alive; /* the connection stays open for the next one */
};
/* code 0: accepted by the server. in_doubt: the connection broke after DATA was sent, before the answer. */
typedef void mail_fn(void *arg, int code, bool in_doubt, const struct err *e);
struct httpc_job *mail_send(struct httpc *h, const struct mail_request *rq, mail_fn *fn, void *arg);

#endif
