/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sock.h: byte streams (TCP, Unix, with or without TLS) and datagrams.
 *
 * Callbacks run on the loop that made the socket, never from inside a call of this header.  Order:
 * on_open (connected; for TLS: still the plain connection), on_secure after sock_start_tls(), on_data,
 * and at most one on_end, which is the last call.  sock_free() may be called from any callback; afterwards
 * no callback comes.  Nothing here has a time-out: the owner's timer ends what takes too long. */
#ifndef VIGIE_IO_SOCK_H
#define VIGIE_IO_SOCK_H

#include "base/err.h"
#include "io/addr.h"
#include "io/loop.h"

struct sock;
struct tls_info; /* tls.h */

struct sock_events {
    void (*on_open)(void *arg);
    void (*on_secure)(void *arg);
    void (*on_data)(void *arg, const char *p, size_t n); /* at most 64 KiB a call */
    /* code 0: the peer closed in order; else ERR_REFUSED, ERR_RESET, ERR_UNREACHABLE, ERR_TLS, ERR_IO, … */
    void (*on_end)(void *arg, int code, const struct err *e);
};

/* Starts connecting. Never fails at once: what goes wrong comes by on_end. source: local address or NULL. */
struct sock *sock_connect(struct loop *l, const struct addr *peer, const struct addr *source,
                          const struct sock_events *events, void *arg);
/* Queues bytes (copied). ERR_LIMIT when more than 1 MiB waits, ERR_RESET when the stream has ended. */
int sock_write(struct sock *s, const void *p, size_t n);
void sock_pause(struct sock *s, bool paused); /* stop and resume reading */
void sock_close_after_write(struct sock *s);  /* half-close once the queue is empty */
struct sock *sock_free(struct sock *s);       /* resets what is open, returns NULL */
int sock_local(const struct sock *s, struct addr *ret); /* own address once open */

struct tls_opts {
    const char *server_name;  /* SNI and name to verify; NULL: neither */
    bool verify;              /* false: the chain is reported but not judged */
    const char *ca_file;      /* PEM; NULL: the system's */
    const char *cert_file, *key_file; /* client certificate, PEM; NULL: none */
    int min_version;          /* 0 default, else 0x0301.. as on the wire */
    bool anonymous;           /* without verify: also ciphers without a certificate and weak keys, which old agents (NRPE) have */
    const char *alpn;         /* "http/1.1"; NULL: none */
    bool staple;              /* ask for an OCSP answer */
};
/* Upgrades an open stream in place (STARTTLS works). on_secure or on_end(ERR_TLS) follows. Options are copied. */
int sock_start_tls(struct sock *s, const struct tls_opts *opts);
/* After on_secure, and after on_end(ERR_TLS) of a failed verification: what the peer showed. Borrowed; NULL: nothing. */
const struct tls_info *sock_tls_info(const struct sock *s);

/* Datagrams (UDP), connected to one peer. */
struct dgram;
struct dgram *dgram_open(struct loop *l, const struct addr *peer,
                         void (*on_data)(void *arg, int code, const char *p, size_t n), void *arg, struct err *e);
int dgram_send(struct dgram *d, const void *p, size_t n);
struct dgram *dgram_free(struct dgram *d);

#endif
