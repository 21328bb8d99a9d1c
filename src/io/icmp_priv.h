/* SPDX-License-Identifier: GPL-3.0-or-later */
/* icmp_priv.h: the sockets of icmp.c: echo requests in batches out, answers and errors in batches
 * in. */
#ifndef VIGIE_IO_ICMP_PRIV_H
#define VIGIE_IO_ICMP_PRIV_H

#include "io/addr.h"
#include "io/loop_priv.h"
#include <netinet/in.h>

enum {
    ICMP_BATCH = 32,
    ICMP_MAX_PAYLOAD = 9000,
    ICMP_HEAD_BYTES = 24,
    ICMP_RX_BYTES = 192,
    ICMP_CONTROL_BYTES = 256
};

struct icmp_sock { /* zeroed when closed */
    struct watch watch;
    bool open, v6, raw;
    uint16_t id; /* raw only: the kernel gives datagram sockets one */
    uint64_t random;
};

/* What a received packet says. */
struct icmp_seen {
    bool good; /* is one of ours, as far as its bytes say */
    bool has_cookie;
    uint16_t seq;
    uint64_t cookie;
    int64_t at_us;     /* monotonic time of arrival at the kernel; 0: unknown */
    const char *error; /* NULL: the answer; else a message id, {1} is who says so */
    struct addr peer;  /* who was pinged */
    struct addr from;  /* who says so */
};

struct icmp_batch { /* shared by all sockets of a loop */
    struct mmsghdr tx[ICMP_BATCH], rx[ICMP_BATCH];
    struct iovec tx_iov[ICMP_BATCH][2], rx_iov[ICMP_BATCH];
    unsigned char head[ICMP_BATCH][ICMP_HEAD_BYTES]; /* ICMP header and cookie */
    unsigned char zeros[ICMP_MAX_PAYLOAD];           /* the rest of every payload */
    unsigned char rx_bytes[ICMP_BATCH][ICMP_RX_BYTES];
    unsigned char control[ICMP_BATCH][ICMP_CONTROL_BYTES];
    struct sockaddr_in6 name[ICMP_BATCH];
    struct icmp_seen seen[ICMP_BATCH];
};

/* 0, ERR_DENIED, or ERR_IO (no descriptors). */
int icmp_sock_open(struct icmp_sock *s, struct loop *l, int family,
                   void (*fn)(void *arg, unsigned events), void *arg);
void icmp_sock_close(struct icmp_sock *s);
uint64_t icmp_sock_cookie(struct icmp_sock *s); /* unpredictable enough for strangers */
/* Puts a request at place k; peer is borrowed until it is sent. */
void icmp_batch_add(struct icmp_batch *b, int k, const struct icmp_sock *s, const struct addr *peer,
                    uint16_t seq, uint64_t cookie, size_t payload_bytes);
/* Sends places from..n-1; returns how many went out, and the errno value that stopped it. */
int icmp_sock_send(struct icmp_sock *s, struct icmp_batch *b, int from, int n, int *ret_errnum);
int icmp_sock_receive(struct icmp_sock *s,
                      struct icmp_batch *b); /* fills b->seen, returns how many */

#endif
