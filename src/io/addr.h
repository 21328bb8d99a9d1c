/* SPDX-License-Identifier: GPL-3.0-or-later */
/* addr.h: an address of a peer: IPv4, IPv6 or a Unix socket's path. Pure. */
#ifndef VIGIE_IO_ADDR_H
#define VIGIE_IO_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct addr {
    union {
        struct sockaddr sa;
        unsigned char space[112];
    };
    socklen_t len;
};
#define ADDR_TEXT_BYTES 128
/* "192.0.2.1", "2001:db8::1", "fe80::1%eth0" and port → 0; ERR_INVALID when it is a name, not an address. */
int addr_parse(const char *host, int port, struct addr *ret);
int addr_unix(const char *path, struct addr *ret); /* ERR_LIMIT when the path is too long */
/* "[::1]:8444", "127.0.0.1:8444", ":8444", "8444" → host and port. 0 or ERR_INVALID. */
int addr_split(const char *text, char *host, size_t host_bytes, int *ret_port);
void addr_host(const struct addr *a, char out[ADDR_TEXT_BYTES]); /* without the port */
void addr_format(const struct addr *a, char out[ADDR_TEXT_BYTES]); /* "[::1]:80" */
int addr_port(const struct addr *a);
void addr_set_port(struct addr *a, int port);
bool addr_is_loopback(const struct addr *a);
bool addr_is_v6(const struct addr *a);
bool addr_equal(const struct addr *a, const struct addr *b); /* host part only */
/* "10.0.0.0/8", "::1" contains a? false also for a bad text. */
bool addr_in(const struct addr *a, const char *prefix);

#endif
