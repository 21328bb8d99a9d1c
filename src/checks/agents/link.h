/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link.h: a conversation with one server for the probes of this folder: connection, TLS when wanted, a buffer of what
 * came, plain words for each way it can fail.
 *
 * a->job begins with a struct link; link_stop and link_late serve as .stop and .late.  ready comes once, when the
 * first byte may be sent; data each time something was added to link->in (drop what is used up); closed when the server
 * ends the stream in order or resets it before the probe was done, NULL: that is a failure.  link_start() may be called
 * again from data or closed for another connection. */
#ifndef VIGIE_CHECKS_AGENTS_LINK_H
#define VIGIE_CHECKS_AGENTS_LINK_H

#include "checks/dial.h"
#include "checks/query/server.h"

struct link_opts { /* member of a probe's options, filled by LINK_ROWS and link_finish() */
    const char *server, *server_name;
    bool tls, verify;
    bool anonymous; /* not from a row: TLS without a certificate will do when verify is off */
    const char *host; /* from server; NULL: the host's address */
    int port;
};
struct link_events {
    void (*ready)(struct attempt *a);
    void (*data)(struct attempt *a);
    void (*closed)(struct attempt *a);
};
struct link {
    struct dial dial;
    struct buf in;
    const struct link_opts *opts;
    const struct link_events *events;
    size_t taken; /* bytes of the lines so far: they stay in the arena */
    bool ready;
};

#define LINK_ROWS(base, tls_default, verify_default)                                                                    \
    {.key = "server", .type = CONF_TEXT, .offset = (base) + offsetof(struct link_opts, server),                         \
     .help = MSG("HOST, HOST:PORT or :PORT; by default the host's address"), .example = "web1.example.org"},            \
    {.key = "tls", .type = CONF_BOOL, .offset = (base) + offsetof(struct link_opts, tls), .by_default = tls_default,    \
     .help = MSG("speak TLS from the first byte"), .example = "yes"},                                                   \
    {.key = "verify", .type = CONF_BOOL, .offset = (base) + offsetof(struct link_opts, verify),                         \
     .by_default = verify_default, .help = MSG("with TLS: the certificate must be good"), .example = "no"},             \
    {.key = "server_name", .type = CONF_TEXT, .offset = (base) + offsetof(struct link_opts, server_name),               \
     .help = MSG("with TLS: the name to ask for and to verify; by default that of the target"),                         \
     .example = "web1.example.org"}

int link_finish(struct link_opts *o, int default_port, struct arena *arena, const char *host_address, struct err *e);
void link_start(struct attempt *a, const struct link_opts *o, const struct link_events *events, size_t max_in);
void link_send(struct attempt *a, const void *p, size_t n); /* ends the attempt when it cannot */
void link_printf(struct attempt *a, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* traced */
/* Takes a line (without its end) from the front of link->in into the arena; false when there is none yet. Too many
 * bytes of lines end the attempt. */
bool link_line(struct attempt *a, struct str *ret_line);
void link_fail(struct attempt *a, int code, const struct err *e);
void link_stop(struct attempt *a);
void link_late(struct attempt *a);

#endif
