/* SPDX-License-Identifier: GPL-3.0-or-later */
/* icmp_sock.c: ICMP echo on the wire (RFC 792, RFC 4443), by datagram or raw sockets, many packets
 * a call.
 *
 * A datagram socket gets its own answers only, and errors by its error queue.  A raw socket would
 * get all ICMP of the machine: a filter in the kernel lets through what carries our identifier. It
 * knows nothing of pings under way. */
#include "base/err.h"
#include "base/mem.h"
#include "base/msg.h"
#include "io/icmp_priv.h"
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ECHO4 = 8,
    REPLY4 = 0,
    ECHO6 = 128,
    REPLY6 = 129,
    HEAD = 8,   /* of ICMP */
    COOKIE = 8, /* bytes */
    IP6_HEAD = 40,
    RECEIVE_BYTES = 1 << 20,
    PENDING_ERRORS = 3,
};

/* ---- opening ---- */

/* Accepts answers and errors that carry our identifier; offsets of IPv4 begin at the IP header. */
static int filter_v4(int fd, uint16_t id)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), /* x: length of the IP header */
        BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, REPLY4, 0, 2),
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 9, 10),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_DEST_UNREACH, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_TIME_EXCEEDED, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_PARAMETERPROB, 0, 7),
        BPF_STMT(BPF_LD | BPF_B | BPF_IND, HEAD + 9), /* the quoted packet: ICMP, echo, ours? */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMP, 0, 5),
        BPF_STMT(BPF_LD | BPF_B | BPF_IND, HEAD + 20),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ECHO4, 0, 3),
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, HEAD + 24),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0xffff),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {COUNT(code), code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static int filter_v6(int fd, uint16_t id)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, REPLY6, 0, 2),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 6, 7),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, HEAD + 6),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 5),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, HEAD + IP6_HEAD),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ECHO6, 0, 3),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, HEAD + IP6_HEAD + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0xffff),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct icmp6_filter types;
    ICMP6_FILTER_SETBLOCKALL(&types);
    ICMP6_FILTER_SETPASS(REPLY6, &types);
    for (int type = ICMP6_DST_UNREACH; type <= ICMP6_PARAM_PROB; type++)
        ICMP6_FILTER_SETPASS(type, &types);
    struct sock_fprog program = {COUNT(code), code};
    if (setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &types, sizeof types) != 0)
        return -1;
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static int socket_open(struct icmp_sock *s, int family)
{
    int protocol = family == AF_INET ? IPPROTO_ICMP : (int)IPPROTO_ICMPV6;
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    s->raw = fd < 0;
    if (fd < 0)
        fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    return fd;
}

static int options_set(const struct icmp_sock *s, int fd)
{
    int on = 1, bytes = RECEIVE_BYTES;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes,
               sizeof bytes); /* the kernel gives what it permits */
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (s->raw)
        return s->v6 ? filter_v6(fd, s->id) : filter_v4(fd, s->id);
    return setsockopt(fd, s->v6 ? IPPROTO_IPV6 : IPPROTO_IP, s->v6 ? IPV6_RECVERR : IP_RECVERR, &on,
                      sizeof on);
}

int icmp_sock_open(struct icmp_sock *s, struct loop *l, int family,
                   void (*fn)(void *arg, unsigned events), void *arg)
{
    *s = (struct icmp_sock){.v6 = family == AF_INET6};
    uint64_t seed = entropy_u64();
    s->id = (uint16_t)seed;
    s->random = seed | 1;
    int fd = socket_open(s, family);
    if (fd < 0)
        return errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM
                   ? ERR_IO
                   : ERR_DENIED;
    if (options_set(s, fd) != 0 || watch_start(&s->watch, l, fd, EPOLLIN, fn, arg) != 0) {
        close(fd);
        return ERR_IO;
    }
    s->open = true;
    return 0;
}

void icmp_sock_close(struct icmp_sock *s)
{
    if (!s->open)
        return;
    watch_drop(&s->watch);
    close(s->watch.fd);
    s->open = false;
}

uint64_t icmp_sock_cookie(struct icmp_sock *s)
{
    s->random ^= s->random >> 12;
    s->random ^= s->random << 25;
    s->random ^= s->random >> 27;
    return s->random * UINT64_C(0x2545f4914f6cdd1d);
}

/* ---- sending ---- */

static uint16_t checksum(const unsigned char *p, size_t n)
{
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < n; i += 2)
        sum += (uint32_t)p[i] << 8 | p[i + 1];
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put16(unsigned char *p, uint16_t v)
{
    p[0] = (unsigned char)(v >> 8);
    p[1] = (unsigned char)v;
}

void icmp_batch_add(struct icmp_batch *b, int k, const struct icmp_sock *s, const struct addr *peer,
                    uint16_t seq, uint64_t cookie, size_t payload_bytes)
{
    unsigned char *p = b->head[k];
    size_t rest =
        payload_bytes > ICMP_HEAD_BYTES - HEAD ? payload_bytes - (ICMP_HEAD_BYTES - HEAD) : 0;
    memset(p, 0, ICMP_HEAD_BYTES);
    p[0] = s->v6 ? ECHO6 : ECHO4;
    put16(p + 4, s->id);
    put16(p + 6, seq);
    memcpy(p + HEAD, &cookie, COOKIE);
    if (!s->v6) /* of IPv6 and of datagram sockets the kernel reckons it; zeros do not count */
        put16(p + 2, checksum(p, ICMP_HEAD_BYTES));
    b->tx_iov[k][0] = (struct iovec){p, ICMP_HEAD_BYTES};
    b->tx_iov[k][1] = (struct iovec){b->zeros, rest};
    b->tx[k].msg_hdr = (struct msghdr){.msg_name = (void *)(uintptr_t)peer->space,
                                       .msg_namelen = peer->len,
                                       .msg_iov = b->tx_iov[k],
                                       .msg_iovlen = rest > 0 ? 2 : 1};
}

int icmp_sock_send(struct icmp_sock *s, struct icmp_batch *b, int from, int n, int *ret_errnum)
{
    int done = -1;
    /* The error of an earlier packet is told to whoever sends next, once: ask again. */
    for (int i = 0; i < PENDING_ERRORS && done < 0; i++) {
        done = sendmmsg(s->watch.fd, &b->tx[from], (unsigned)(n - from), MSG_NOSIGNAL);
        *ret_errnum = done < 0 ? errno : 0;
        if (s->raw || *ret_errnum == EAGAIN || *ret_errnum == ENOBUFS)
            break;
    }
    return done < 0 ? 0 : done;
}

/* ---- reading packets ---- */

static const struct {
    bool v6;
    int type, code; /* code -1: any */
    const char *msgid;
} error_words[] = {
    {false, ICMP_DEST_UNREACH, ICMP_NET_UNREACH, MSG("{1} says: network unreachable")},
    {false, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, MSG("{1} says: host unreachable")},
    {false, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, MSG("{1} says: packet too big")},
    {false, ICMP_DEST_UNREACH, ICMP_NET_ANO, MSG("{1} says: forbidden")},
    {false, ICMP_DEST_UNREACH, ICMP_HOST_ANO, MSG("{1} says: forbidden")},
    {false, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, MSG("{1} says: forbidden")},
    {false, ICMP_DEST_UNREACH, -1, MSG("{1} says: host unreachable")},
    {false, ICMP_TIME_EXCEEDED, -1, MSG("{1} says: too many hops (a routing loop?)")},
    {false, ICMP_PARAMETERPROB, -1, MSG("{1} says: packet not understood")},
    {true, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOROUTE, MSG("{1} says: network unreachable")},
    {true, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADMIN, MSG("{1} says: forbidden")},
    {true, ICMP6_DST_UNREACH, -1, MSG("{1} says: host unreachable")},
    {true, ICMP6_PACKET_TOO_BIG, -1, MSG("{1} says: packet too big")},
    {true, ICMP6_TIME_EXCEEDED, -1, MSG("{1} says: too many hops (a routing loop?)")},
    {true, ICMP6_PARAM_PROB, -1, MSG("{1} says: packet not understood")},
};

static const char *error_of(bool v6, int type, int code)
{
    for (size_t i = 0; i < COUNT(error_words); i++)
        if (error_words[i].v6 == v6 && error_words[i].type == type &&
            (error_words[i].code == code || error_words[i].code == -1))
            return error_words[i].msgid;
    return NULL;
}

static void addr_set(struct addr *a, bool v6, const void *host)
{
    struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6};
    struct sockaddr_in sin = {.sin_family = AF_INET};
    a->len = v6 ? sizeof sin6 : sizeof sin;
    memcpy(v6 ? (void *)&sin6.sin6_addr : (void *)&sin.sin_addr, host, v6 ? 16 : 4);
    memcpy(a->space, v6 ? (void *)&sin6 : (void *)&sin, a->len);
}

static void addr_copy(struct addr *a, const struct sockaddr_in6 *name, socklen_t n)
{
    a->len = n < sizeof *name ? n : sizeof *name;
    memcpy(a->space, name, a->len);
    addr_set_port(a, 0); /* raw sockets put the protocol there */
}

/* An ICMP header of ours (an answer's, or a request's that an error quotes). */
static bool echo_read(const struct icmp_sock *s, struct icmp_seen *seen, const unsigned char *p,
                      size_t n, int type)
{
    if (n < HEAD || p[0] != type || (s->raw && (p[4] << 8 | p[5]) != s->id))
        return false;
    seen->seq = (uint16_t)(p[6] << 8 | p[7]);
    seen->has_cookie = n >= HEAD + COOKIE;
    if (seen->has_cookie)
        memcpy(&seen->cookie, p + HEAD, COOKIE);
    return true;
}

/* The packet that an error quotes, IP header first. */
static bool quoted_read(const struct icmp_sock *s, struct icmp_seen *seen, const unsigned char *p,
                        size_t n)
{
    size_t head = s->v6 ? IP6_HEAD : n > 0 ? (size_t)(p[0] & 15) * 4 : 0;
    if (n < head || head < 20)
        return false;
    addr_set(&seen->peer, s->v6, p + (s->v6 ? 24 : 16));
    return echo_read(s, seen, p + head, n - head, s->v6 ? ECHO6 : ECHO4);
}

static bool packet_read(const struct icmp_sock *s, struct icmp_seen *seen, const unsigned char *p,
                        size_t n)
{
    if (s->raw && !s->v6) {
        size_t head = n > 0 ? (size_t)(p[0] & 15) * 4 : 0;
        if (n < head || head < 20)
            return false;
        p += head;
        n -= head;
    }
    int reply = s->v6 ? REPLY6 : REPLY4;
    if (n < HEAD)
        return false;
    if (p[0] == reply) {
        seen->peer = seen->from;
        return echo_read(s, seen, p, n, reply);
    }
    seen->error = error_of(s->v6, p[0], p[1]);
    return s->raw && seen->error != NULL && quoted_read(s, seen, p + HEAD, n - HEAD);
}

static int64_t arrival_us(struct msghdr *m, int64_t wall_minus_mono_us)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        struct timespec ts;
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&ts, CMSG_DATA(c), sizeof ts);
        return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000 - wall_minus_mono_us;
    }
    return 0;
}

static void rx_prepare(struct icmp_batch *b, int k)
{
    b->rx_iov[k] = (struct iovec){b->rx_bytes[k], ICMP_RX_BYTES};
    b->rx[k].msg_hdr = (struct msghdr){.msg_name = &b->name[k],
                                       .msg_namelen = sizeof b->name[k],
                                       .msg_iov = &b->rx_iov[k],
                                       .msg_iovlen = 1,
                                       .msg_control = b->control[k],
                                       .msg_controllen = ICMP_CONTROL_BYTES};
}

static int64_t wall_minus_mono(void)
{
    struct timespec ts = {0};
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000 - clock_mono_us();
}

/* The error queue of a datagram socket: the kernel has taken the error apart already. */
static bool queued_error_read(const struct icmp_sock *s, struct icmp_batch *b, int k, size_t n)
{
    struct icmp_seen *seen = &b->seen[k];
    struct msghdr *m = &b->rx[k].msg_hdr;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        struct {
            struct sock_extended_err err;
            struct sockaddr_in6 offender;
        } x = {0};
        bool mine = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
                    (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
        size_t bytes = c->cmsg_len - CMSG_LEN(0);
        if (!mine || bytes < sizeof x.err)
            continue;
        memcpy(&x, CMSG_DATA(c), bytes < sizeof x ? bytes : sizeof x);
        bool icmp = x.err.ee_origin == SO_EE_ORIGIN_ICMP || x.err.ee_origin == SO_EE_ORIGIN_ICMP6;
        seen->error = icmp ? error_of(s->v6, x.err.ee_type, x.err.ee_code) : NULL;
        addr_copy(&seen->peer, &b->name[k], m->msg_namelen);
        addr_copy(&seen->from, &x.offender,
                  s->v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
    }
    return seen->error != NULL && echo_read(s, seen, b->rx_bytes[k], n, s->v6 ? ECHO6 : ECHO4);
}

static int errors_receive(struct icmp_sock *s, struct icmp_batch *b, int k)
{
    for (; k < ICMP_BATCH; k++) {
        rx_prepare(b, k);
        ssize_t n = recvmsg(s->watch.fd, &b->rx[k].msg_hdr, MSG_ERRQUEUE | MSG_DONTWAIT);
        if (n < 0)
            break;
        b->seen[k] = (struct icmp_seen){0};
        b->seen[k].good = queued_error_read(s, b, k, (size_t)n);
    }
    return k;
}

int icmp_sock_receive(struct icmp_sock *s, struct icmp_batch *b)
{
    int n = -1;
    for (int k = 0; k < ICMP_BATCH; k++)
        rx_prepare(b, k);
    for (int i = 0; i < PENDING_ERRORS && n < 0; i++) {
        n = recvmmsg(s->watch.fd, b->rx, ICMP_BATCH, MSG_DONTWAIT, NULL);
        if (n < 0 && errno == EAGAIN)
            break;
    }
    n = n < 0 ? 0 : n;
    int64_t offset_us = n > 0 ? wall_minus_mono() : 0;
    for (int k = 0; k < n; k++) {
        struct icmp_seen *seen = &b->seen[k];
        *seen = (struct icmp_seen){.at_us = arrival_us(&b->rx[k].msg_hdr, offset_us)};
        addr_copy(&seen->from, &b->name[k], b->rx[k].msg_hdr.msg_namelen);
        seen->good = packet_read(s, seen, b->rx_bytes[k], b->rx[k].msg_len);
    }
    return s->raw ? n : errors_receive(s, b, n);
}
