/* SPDX-License-Identifier: GPL-3.0-or-later */
/* services.h: names of well-known services and their ports. Pure. */
#ifndef VIGIE_CHECKS_SERVICES_H
#define VIGIE_CHECKS_SERVICES_H

#include <stdbool.h>
#include <stddef.h>

struct service {
    const char *name;
    int port;
    bool tls;          /* TLS from the first byte */
    const char *check; /* kind of the check that fits best: "imap", "tcp", "tls", …; for the web the scheme */
};
const struct service *service_find(const char *name); /* NULL when unknown */
const struct service *service_at(int port);           /* NULL when unknown */
/* "22", "ssh", "host:22", "host:imaps", "[::1]:22", "::1" … → host ("" when only a port) and port (0 when none).
 * 0 or ERR_INVALID. */
int service_split(const char *text, char *host, size_t host_bytes, int *ret_port);

#endif
