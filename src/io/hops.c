/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hops.c: steps along the way to a peer. Each has a connected socket of its own, so that the kernel sorts what comes back,
 * even from routers that quote no more of a packet than its ports. */
#include "io/hops.h"

#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "io/hops_priv.h"
#include "io/loop_priv.h"
#include "io/sock_priv.h"
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { HOPS_MAGIC = 0x40954095, CONTROL_BYTES = 512, QUOTE_BYTES = 64, ENTRIES_A_TURN = 16 };
static const char payload[] = "vigie looks which way packets take"; /* for whoever finds it in a capture */

struct hops_job {
    unsigned magic;
    struct loop *loop;
    struct addr peer;
    int fd;
    struct watch watch;
    struct timer timer;
    int64_t sent_us;
    struct hops_reply r;
    hops_fn *fn;
    void *arg;
};

/* ---- what is told ---- */

static const struct {
    bool v6;
    int type, code; /* code -1: any */
    enum hops_kind kind;
} words[] = {
    {false, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, HOPS_ROUTER},
    {false, ICMP_DEST_UNREACH, ICMP_NET_UNREACH, HOPS_NO_NET},
    {false, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, HOPS_NO_HOST},
    {false, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, HOPS_REFUSED},
    {false, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, HOPS_REFUSED},
    {false, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, HOPS_SILENT},
    {false, ICMP_DEST_UNREACH, ICMP_NET_UNKNOWN, HOPS_NO_NET},
    {false, ICMP_DEST_UNREACH, ICMP_NET_ANO, HOPS_FORBIDDEN},
    {false, ICMP_DEST_UNREACH, ICMP_HOST_ANO, HOPS_FORBIDDEN},
    {false, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, HOPS_FORBIDDEN},
    {false, ICMP_DEST_UNREACH, -1, HOPS_NO_HOST},
    {true, ICMP6_TIME_EXCEEDED, ICMP6_TIME_EXCEED_TRANSIT, HOPS_ROUTER},
    {true, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOROUTE, HOPS_NO_NET},
    {true, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT, HOPS_REFUSED},
    {true, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_BEYONDSCOPE, HOPS_NO_HOST},
    {true, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADDR, HOPS_NO_HOST},
    {true, ICMP6_DST_UNREACH, -1, HOPS_FORBIDDEN}, /* 1, 5, 6: policies (RFC 4443) */
};

static enum hops_kind kind_of(bool v6, int type, int code)
{
    for (size_t i = 0; i < COUNT(words); i++)
        if (words[i].v6 == v6 && words[i].type == type && (words[i].code == code || words[i].code == -1))
            return words[i].kind;
    return HOPS_SILENT;
}

/* Who says so: the address behind the error. */
static bool offender(const unsigned char *p, size_t n, bool v6, struct addr *ret)
{
    struct sockaddr_in6 sin6 = {0};
    struct sockaddr_in sin = {0};
    socklen_t len = v6 ? sizeof(sin6) : sizeof(sin);

    if (n < len)
        return false;
    memcpy(v6 ? (void *)&sin6 : (void *)&sin, p, len);
    sin6.sin6_port = sin.sin_port = 0;
    if (v6 ? sin6.sin6_family != AF_INET6 : sin.sin_family != AF_INET)
        return false;
    *ret = (struct addr){.len = len};
    memcpy(ret->space, v6 ? (void *)&sin6 : (void *)&sin, len);
    return true;
}

static bool error_read(const struct cmsghdr *c, const struct addr *peer, struct hops_reply *ret)
{
    struct sock_extended_err x;
    bool v6 = addr_is_v6(peer);
    size_t n = c->cmsg_len - CMSG_LEN(0);
    struct addr from;
    enum hops_kind kind;

    if (n < sizeof(x))
        return false;
    memcpy(&x, CMSG_DATA(c), sizeof(x));
    if (x.ee_origin != (v6 ? SO_EE_ORIGIN_ICMP6 : SO_EE_ORIGIN_ICMP))
        return false;
    kind = kind_of(v6, x.ee_type, x.ee_code);
    if (kind == HOPS_SILENT || !offender(CMSG_DATA(c) + sizeof(x), n - sizeof(x), v6, &from))
        return false;
    if (kind == HOPS_REFUSED && addr_equal(&from, peer))
        kind = HOPS_TARGET;
    ret->kind = kind;
    ret->from = from;
    return true;
}

bool hops_read(const struct msghdr *m, const struct addr *peer, struct hops_reply *ret, int64_t *ret_at_us)
{
    bool told = false;
    struct timespec ts;

    if (m->msg_flags & MSG_CTRUNC)
        return false;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR((struct msghdr *)(uintptr_t)m, c)) {
        if (c->cmsg_len < CMSG_LEN(0))
            return told;
        if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) || (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
            told = error_read(c, peer, ret) || told;
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS || c->cmsg_len < CMSG_LEN(sizeof(ts)))
            continue;
        memcpy(&ts, CMSG_DATA(c), sizeof(ts));
        *ret_at_us = (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
    }
    return told;
}

/* ---- life of a step ---- */

static void release(struct hops_job *job)
{
    timer_clear(&job->timer);
    if (job->fd >= 0) {
        watch_drop(&job->watch);
        close(job->fd);
    }
    job->magic = 0;
    mem_free(job);
}

static void finish(struct hops_job *job)
{
    struct hops_reply r = job->r;
    hops_fn *fn = job->fn;
    void *arg = job->arg;

    release(job);
    fn(arg, &r);
}

static void on_timer(void *arg)
{
    struct hops_job *job = arg;

    CHECK_OBJ(job, HOPS_MAGIC);
    finish(job);
}

static void told(struct hops_job *job, int64_t wall_us)
{
    int64_t late_us = wall_us > 0 ? clock_wall_us() - wall_us : 0;
    int64_t rtt_us = clock_mono_us() - job->sent_us;

    if (late_us > 0 && late_us < rtt_us) /* how long it lay in the kernel */
        rtt_us -= late_us;
    job->r.rtt_us = rtt_us > 0 ? rtt_us : 1;
    finish(job);
}

static bool error_next(struct hops_job *job, bool *ret_told)
{
    _Alignas(struct cmsghdr) unsigned char control[CONTROL_BYTES];
    unsigned char quote[QUOTE_BYTES];
    struct iovec iov = {quote, sizeof(quote)};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
    int64_t at_us = 0;

    if (recvmsg(job->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return false;
    *ret_told = hops_read(&m, &job->peer, &job->r, &at_us);
    if (*ret_told)
        told(job, at_us);
    return true;
}

static void on_events(void *arg, unsigned events)
{
    struct hops_job *job = arg;
    bool done = false;
    char dust[QUOTE_BYTES];

    CHECK_OBJ(job, HOPS_MAGIC);
    for (int i = 0; i < ENTRIES_A_TURN && !done && error_next(job, &done); i++)
        ;
    /* A read takes the socket's pending error away, too; what it is stands in the queue. */
    if (done || recv(job->fd, dust, sizeof(dust), MSG_DONTWAIT) < 0)
        return;
    job->r.kind = HOPS_TARGET; /* somebody listens there: the socket is connected, nobody else can answer */
    job->r.from = job->peer;
    told(job, 0);
}

/* ---- sending ---- */

static void any_local(bool v6, int port, struct addr *ret)
{
    struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    *ret = (struct addr){.len = v6 ? sizeof(sin6) : sizeof(sin)};
    memcpy(ret->space, v6 ? (void *)&sin6 : (void *)&sin, ret->len);
}

static bool prepare(int fd, bool v6, int limit, int local_port)
{
    int on = 1, off = 0;
    struct addr local;

    any_local(v6, local_port, &local);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
    if (v6) /* a label is part of what routers tell flows by: none, always */
        setsockopt(fd, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, &off, sizeof(off));
    if (local_port)
        (void)!bind(fd, &local.sa, local.len); /* in use: any port will do */
    return v6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on)) == 0 &&
                    setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &limit, sizeof(limit)) == 0
              : setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)) == 0 &&
                    setsockopt(fd, IPPROTO_IP, IP_TTL, &limit, sizeof(limit)) == 0;
}

static int send_it(struct hops_job *job, int limit, int local_port)
{
    bool v6 = addr_is_v6(&job->peer);

    job->fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (job->fd < 0 || !prepare(job->fd, v6, limit, local_port) || connect(job->fd, &job->peer.sa, job->peer.len) != 0)
        return sock_errno(&job->r.err, errno);
    if (watch_start(&job->watch, job->loop, job->fd, EPOLLIN, on_events, job) != 0)
        return sock_errno(&job->r.err, ENOMEM);
    job->sent_us = clock_mono_us();
    return send(job->fd, payload, sizeof(payload) - 1, MSG_NOSIGNAL) >= 0 ? 0 : sock_errno(&job->r.err, errno);
}

struct hops_job *hops_ask(struct loop *l, const struct addr *peer, int limit, int local_port, int64_t timeout_ms, hops_fn *fn,
                          void *arg)
{
    struct hops_job *job = NEW(struct hops_job);

    ASSERT(limit >= 1 && limit <= HOPS_MAX_LIMIT);
    *job = (struct hops_job){.magic = HOPS_MAGIC, .loop = l, .peer = *peer, .fd = -1, .fn = fn, .arg = arg};
    timer_init(&job->timer, l, on_timer, job);
    job->r.code = send_it(job, limit, local_port);
    timer_set(&job->timer, job->r.code ? 0 : timeout_ms);
    return job;
}

void hops_cancel(struct hops_job *job)
{
    if (job == NULL)
        return;
    CHECK_OBJ(job, HOPS_MAGIC);
    release(job);
}
