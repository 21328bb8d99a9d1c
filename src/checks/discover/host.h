/* SPDX-License-Identifier: GPL-3.0-or-later */
/* host.h: what the files of a run on this machine share.
 *
 * host_see() reads everything on a worker into a struct seen; then host.c asks the ports that only their greeting can tell of
 * (greet.h), on the loop; then host_tell() makes findings of it all. */
#ifndef VIGIE_CHECKS_DISCOVER_HOST_H
#define VIGIE_CHECKS_DISCOVER_HOST_H

#include "checks/discover/discover_priv.h"
#include "checks/discover/sites.h"
#include "io/addr.h"

enum { HOST_MAX_LISTENERS = 4096, HOST_MAX_PORTS = 512, HOST_MAX_PROCESSES = 100000, HOST_MAX_FDS = 500000, HOST_MAX_UNITS = 100 };

/* What a port turned out to be. */
enum port_kind {
    PORT_UNKNOWN, PORT_SKIP, PORT_ASK /* its greeting tells */, PORT_CHECK /* the kind of check named */, PORT_WEB, PORT_DNS,
    PORT_PROCESS /* it cannot be asked; that it runs can be watched */,
};
struct port { /* all sockets of this machine that listen there */
    bool udp;
    int port;
    struct addr at;      /* how we reach it: 127.0.0.1 for one that listens everywhere */
    char where[ADDR_TEXT_BYTES]; /* "127.0.0.1:25" */
    char program[64];    /* "" when the process may not be seen */
    char unit[128];      /* "nginx.service"; "" */
    int64_t pid;
    enum port_kind kind;
    const char *check;   /* PORT_CHECK: "smtp" */
    bool tls, by_greeting;
    int status;          /* PORT_WEB: of its front page, 0 when it was not asked */
    bool named;          /* PORT_WEB: sites of the configuration speak for it */
};
struct seen {
    struct arena *arena;
    struct sites sites;
    VEC(struct port) ports; /* by protocol and number */
    bool hidden;            /* some processes could not be looked at */
    const char *mount_kinds[16]; /* file systems of some kind are mounted: "btrfs" */
    const char *units[HOST_MAX_UNITS]; /* enabled by who runs the machine */
    int n_units;
    uint64_t facts;         /* bit i: row i of the table in host_facts.c holds */
    char host[128];
};
void host_see(struct seen *s);
void seen_done(struct seen *s);

/* host_listen.c */
void host_listen(struct seen *s);
/* One line of /proc/net/tcp, tcp6, udp, udp6 (proc(5)): true when the socket waits for whoever comes. */
bool host_socket_line(struct str line, bool udp, bool v6, struct addr *ret_at, uint64_t *ret_inode);

/* host_kinds.c: what a program at a port is. Sets kind, check, tls. */
void host_kind(struct port *p);
/* Of a port that only its number tells of: the check that fits what usually is there, or NULL. */
const char *host_usual(int port, bool *ret_tls);

/* host_facts.c: what is there or not. Tells its findings, too. */
void host_facts(struct seen *s);
void host_tell_facts(const struct seen *s, struct discover *d);

/* host_tell.c */
void host_tell(const struct seen *s, struct discover *d);
/* A finding of this machine; what and evidence are packed messages. */
void host_found(const struct seen *s, struct discover *d, const char *key, const char *check, const char *yaml, const char *what, const char *evidence);

#endif
