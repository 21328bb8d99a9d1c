/* SPDX-License-Identifier: GPL-3.0-or-later */
/* udp.c: unconnected datagram sockets, one a family.  Errors come by the sockets' error queues (IP_RECVERR), with the
 * peer and the beginning of what was sent to it. */
#include "io/udp.h"

#include "base/mem.h"
#include "base/panic.h"
#include "base/vec.h"
#include "io/loop_priv.h"
#include "io/sock_priv.h"
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { UDP_MAGIC = 0x0d9a0d9a, BATCH = 32, BATCHES_A_TURN = 8, PENDING_ERRORS = 3, SOCKET_BYTES = 1 << 20, CONTROL_BYTES = 512, AGAIN_MS = 2 };

struct letter {
    struct addr peer;
    size_t at, n; /* in bytes */
};
struct family {
    struct udp *udp;
    struct watch watch;
    bool open;
    VEC(struct letter) letters;
    struct buf bytes;
};
struct udp {
    unsigned magic;
    struct loop *loop;
    const struct udp_events *events;
    void *arg;
    struct timer flush;
    struct family v4, v6;
    char (*space)[UDP_MAX_BYTES]; /* BATCH of them, made with the first socket */
};

struct udp *udp_free(struct udp *u)
{
    if (u == NULL)
        return NULL;
    CHECK_OBJ(u, UDP_MAGIC);
    timer_clear(&u->flush);
    for (struct family *f = &u->v4; f; f = f == &u->v4 ? &u->v6 : NULL) {
        if (f->open) {
            watch_drop(&f->watch);
            close(f->watch.fd);
        }
        VEC_DONE(&f->letters);
        buf_done(&f->bytes);
    }
    mem_free(u->space);
    u->magic = 0;
    return mem_free(u);
}

/* ---- reading ---- */

static void data_read(struct family *f)
{
    struct udp *u = f->udp;
    struct mmsghdr head[BATCH];
    struct iovec iov[BATCH];
    struct addr from[BATCH];

    for (int round = 0; round < BATCHES_A_TURN; round++) {
        for (int i = 0; i < BATCH; i++) {
            iov[i] = (struct iovec){u->space[i], UDP_MAX_BYTES};
            head[i].msg_hdr = (struct msghdr){.msg_name = from[i].space, .msg_namelen = sizeof(from[i].space), .msg_iov = &iov[i], .msg_iovlen = 1};
        }
        int n = recvmmsg(f->watch.fd, head, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < n; i++) {
            from[i].len = head[i].msg_hdr.msg_namelen;
            u->events->on_data(u->arg, &from[i], u->space[i], head[i].msg_len);
        }
        if (n < BATCH)
            break;
    }
}

/* The error that a message of the error queue tells; 0: none of the network's. */
static int queued_errno(struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        struct sock_extended_err err;
        bool mine = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) || (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);

        if (!mine || c->cmsg_len < CMSG_LEN(sizeof(err)))
            continue;
        memcpy(&err, CMSG_DATA(c), sizeof(err));
        return (int)err.ee_errno;
    }
    return 0;
}

static void errors_read(struct family *f)
{
    struct udp *u = f->udp;

    for (int i = 0; i < BATCH * BATCHES_A_TURN; i++) {
        char control[CONTROL_BYTES];
        struct addr peer = {.len = 0};
        struct iovec iov = {u->space[0], UDP_MAX_BYTES};
        struct msghdr m = {.msg_name = peer.space, .msg_namelen = sizeof(peer.space), .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
        ssize_t n = recvmsg(f->watch.fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT);

        if (n < 0)
            return;
        peer.len = m.msg_namelen;
        int errnum = queued_errno(&m);
        if (errnum && peer.len)
            u->events->on_error(u->arg, &peer, sock_errno(NULL, errnum), u->space[0], (size_t)n);
    }
}

static void on_events(void *arg, unsigned events)
{
    struct family *f = arg;
    CHECK_OBJ(f->udp, UDP_MAGIC);
    if (events & EPOLLERR)
        errors_read(f);
    data_read(f);
}

/* ---- sending ---- */

static int batch_send(struct family *f, size_t from, int *ret_errnum)
{
    struct mmsghdr head[BATCH];
    struct iovec iov[BATCH];
    int n = 0, done = -1;

    for (; n < BATCH && from + (size_t)n < f->letters.n; n++) {
        struct letter *m = &f->letters.at[from + (size_t)n];
        iov[n] = (struct iovec){f->bytes.data + m->at, m->n};
        head[n].msg_hdr = (struct msghdr){.msg_name = m->peer.space, .msg_namelen = m->peer.len, .msg_iov = &iov[n], .msg_iovlen = 1};
    }
    /* The error of an earlier datagram is told to whoever sends next, once: ask again. */
    for (int i = 0; i < PENDING_ERRORS && done < 0; i++) {
        done = sendmmsg(f->watch.fd, head, (unsigned)n, MSG_NOSIGNAL);
        *ret_errnum = done < 0 ? errno : 0;
        if (*ret_errnum == EAGAIN || *ret_errnum == ENOBUFS)
            break;
    }
    return done;
}

static void letters_forget(struct family *f, size_t n)
{
    if (n < f->letters.n) {
        memmove(f->letters.at, f->letters.at + n, (f->letters.n - n) * sizeof(*f->letters.at));
        f->letters.n -= n;
        return; /* the bytes stay until all are gone */
    }
    f->letters.n = 0;
    buf_clear(&f->bytes);
}

static void family_flush(struct family *f)
{
    size_t at = 0;

    while (at < f->letters.n) {
        int errnum = 0, n = batch_send(f, at, &errnum);
        if (errnum == EAGAIN || errnum == ENOBUFS) {
            timer_set(&f->udp->flush, AGAIN_MS);
            break;
        }
        if (n > 0) {
            at += (size_t)n;
            continue;
        }
        struct letter m = f->letters.at[at++]; /* it cannot be sent: no route, too large */
        f->udp->events->on_error(f->udp->arg, &m.peer, sock_errno(NULL, errnum), f->bytes.data + m.at, m.n);
    }
    letters_forget(f, at);
}

static void flush(void *arg)
{
    struct udp *u = arg;
    CHECK_OBJ(u, UDP_MAGIC);
    family_flush(&u->v4);
    family_flush(&u->v6);
}

static int family_open(struct family *f, int family)
{
    int on = 1, bytes = SOCKET_BYTES;
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return ERR_IO;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes); /* the kernel gives what it permits */
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    setsockopt(fd, family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP, family == AF_INET6 ? IPV6_RECVERR : IP_RECVERR, &on, sizeof on);
    if (watch_start(&f->watch, f->udp->loop, fd, EPOLLIN, on_events, f) != 0) {
        close(fd);
        return ERR_IO;
    }
    if (f->udp->space == NULL)
        f->udp->space = mem_alloc((size_t)BATCH * UDP_MAX_BYTES);
    f->open = true;
    return 0;
}

struct udp *udp_new(struct loop *l, const struct udp_events *events, void *arg)
{
    struct udp *u = NEW(struct udp);

    *u = (struct udp){.magic = UDP_MAGIC, .loop = l, .events = events, .arg = arg};
    u->v4.udp = u->v6.udp = u;
    u->v4.bytes = u->v6.bytes = BUF_MAX(UDP_MAX_WAITING);
    timer_init(&u->flush, l, flush, u);
    return u;
}

int udp_send(struct udp *u, const struct addr *peer, const void *p, size_t n)
{
    CHECK_OBJ(u, UDP_MAGIC);
    struct family *f = addr_is_v6(peer) ? &u->v6 : &u->v4;

    if (!f->open && family_open(f, peer->sa.sa_family) != 0)
        return ERR_IO;
    if (f->bytes.len + n > UDP_MAX_WAITING)
        return ERR_BUSY;
    struct letter m = {*peer, f->bytes.len, n};
    buf_add(&f->bytes, p, n);
    VEC_PUSH(&f->letters, m);
    if (!timer_is_set(&u->flush))
        timer_set(&u->flush, 0);
    return 0;
}
