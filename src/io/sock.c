/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sock.c: TCP and Unix streams, plain or with TLS on top, by non-blocking descriptors on the loop's
 * epoll set.
 *
 * It is not libuv's tcp: a check that connects and closes would pay a close callback and two more
 * system calls there.  A callback may free the socket, hence `depth`: the memory goes when the
 * outermost of our functions is left.  After every callback gone() has to be asked. */
#include "io/sock.h"

#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "io/loop_priv.h"
#include "io/sock_priv.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCK_MAGIC = 0x50cc50cc, MAX_WAITING = 1 << 20, MAX_WIRE = MAX_WAITING + 131072 };
enum sock_state { CONNECTING, OPEN, ENDED };

struct sock {
    unsigned magic;
    enum sock_state state;
    int fd; /* -1: closed */
    int depth;
    bool freed, paused, parked, secure, tcp, no_delay;
    bool half_close, half_closed;
    struct loop *loop;
    struct watch watch;
    struct timer soon; /* failures found inside a call, and TLS data left by a pause */
    int fail_errno;    /* for soon */
    struct err *fail;  /* for soon: with words */
    struct buf out;    /* wire bytes */
    size_t out_sent;
    struct buf plain; /* waits for the end of the handshake */
    struct tls *tls;
    struct sock_events events;
    void *arg;
};

static const struct {
    int errnum, code;
    const char *msgid;
} errno_words[] = {
    {ECONNREFUSED, ERR_REFUSED, MSG("connection refused")},
    {ECONNRESET, ERR_RESET, MSG("connection reset by the peer")},
    {EPIPE, ERR_RESET, MSG("connection reset by the peer")},
    {ECONNABORTED, ERR_RESET, MSG("connection reset by the peer")},
    {ETIMEDOUT, ERR_TIMEOUT, MSG("the peer does not answer")},
    {EHOSTUNREACH, ERR_UNREACHABLE, MSG("no route to the host")},
    {EHOSTDOWN, ERR_UNREACHABLE, MSG("no route to the host")},
    {ENETUNREACH, ERR_UNREACHABLE, MSG("the network is unreachable")},
    {ENETDOWN, ERR_UNREACHABLE, MSG("the network is down")},
    {EADDRNOTAVAIL, ERR_IO, MSG("no free local port, or the source address is not this machine’s")},
    {EACCES, ERR_DENIED, MSG("this machine does not permit the connection (firewall?)")},
    {EPERM, ERR_DENIED, MSG("this machine does not permit the connection (firewall?)")},
    {EMFILE, ERR_IO, MSG("too many open files")},
    {ENFILE, ERR_IO, MSG("too many open files")},
    {ENOENT, ERR_NOT_FOUND, MSG("there is no such socket")},
    {EAGAIN, ERR_BUSY, MSG("the peer’s queue of connections is full")},
    {EMSGSIZE, ERR_LIMIT, MSG("the message is too long for a datagram")},
    {EAFNOSUPPORT, ERR_UNSUPPORTED, MSG("this machine does not speak this kind of address")},
};

int sock_errno(struct err *e, int errnum)
{
    for (size_t i = 0; i < COUNT(errno_words); i++)
        if (errno_words[i].errnum == errnum)
            return err_set(e, errno_words[i].code, errno_words[i].msgid, "");
    return err_set(e, err_from_errno(errnum), MSG("system error {1}"), "i", (int64_t)errnum);
}

/* ---- life ---- */

/* No callback may follow: freed, or ended. */
static bool gone(const struct sock *s)
{
    return s->freed || s->state == ENDED;
}

static void memory_free(struct sock *s)
{
    timer_clear(&s->soon);
    buf_done(&s->out);
    buf_done(&s->plain);
    tls_free(s->tls);
    mem_free(s->fail);
    s->magic = 0;
    mem_free(s);
}

static void enter(struct sock *s)
{
    CHECK_OBJ(s, SOCK_MAGIC);
    s->depth++;
}

static void leave(struct sock *s)
{
    if (--s->depth == 0 && s->freed)
        memory_free(s);
}

static void fd_close(struct sock *s, bool reset)
{
    if (s->fd < 0)
        return;
    watch_drop(&s->watch);
    /* A reset leaves no TIME_WAIT, so that thousands of checks do not use up the local ports. */
    if (reset && s->tcp)
        setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
    close(s->fd);
    s->fd = -1;
}

struct sock *sock_free(struct sock *s)
{
    if (s == NULL)
        return NULL;
    CHECK_OBJ(s, SOCK_MAGIC);
    ASSERT(!s->freed);
    fd_close(s, s->state == OPEN);
    timer_clear(&s->soon);
    s->freed = true;
    if (s->depth == 0)
        memory_free(s);
    return NULL;
}

static void end(struct sock *s, int code, const struct err *e)
{
    if (gone(s))
        return;
    /* After an orderly end of the peer there is no TIME_WAIT on this side. */
    fd_close(s, s->state == OPEN && code != 0);
    s->state = ENDED;
    timer_clear(&s->soon);
    struct err none = {0};
    if (s->events.on_end != NULL)
        s->events.on_end(s->arg, code, e != NULL ? e : &none);
}

static void end_errno(struct sock *s, int errnum)
{
    struct err e = {0};
    int code = sock_errno(&e, errnum);
    end(s, code, &e);
}

static void fail_soon(struct sock *s, int errnum)
{
    if (s->fail_errno == 0)
        s->fail_errno = errnum;
    timer_set(&s->soon, 0);
}

/* ---- writing ---- */

static size_t wire_waiting(const struct sock *s)
{
    return s->out.len - s->out_sent;
}

static void watch_update(struct sock *s)
{
    if (gone(s) || s->parked)
        return;
    unsigned events = s->state == CONNECTING || wire_waiting(s) > 0 ? EPOLLOUT : 0;
    if (s->state == OPEN && !s->paused)
        events |= EPOLLIN;
    watch_change(&s->watch, events);
}

static void half_close_now(struct sock *s)
{
    bool handshake = s->tls != NULL && !s->secure;
    if (!s->half_close || s->half_closed || handshake || wire_waiting(s) > 0)
        return;
    s->half_closed = true;
    shutdown(s->fd, SHUT_WR);
}

/* Sends what it can. 0, or an errno value. */
static int flush(struct sock *s)
{
    while (wire_waiting(s) > 0) {
        ssize_t n = send(s->fd, s->out.data + s->out_sent, wire_waiting(s), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0)
            return errno;
        s->out_sent += (size_t)n;
    }
    if (wire_waiting(s) == 0) {
        s->out_sent = 0;
        if (s->out.cap > 65536)
            buf_done(&s->out);
        else
            buf_clear(&s->out);
        half_close_now(s);
    }
    watch_update(s);
    return 0;
}

static void out_compact(struct sock *s)
{
    if (s->out_sent > 0) {
        buf_drop(&s->out, s->out_sent);
        s->out_sent = 0;
    }
}

/* Moves the engine's bytes to the wire. 0 or an errno value. */
static int flush_tls(struct sock *s)
{
    out_compact(s);
    tls_take(s->tls, &s->out);
    return s->out.full ? ENOBUFS : flush(s);
}

/* A second small write must not wait for the acknowledgement of the first. */
static void no_delay(struct sock *s)
{
    if (s->no_delay || !s->tcp)
        return;
    s->no_delay = true;
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

static int write_tls(struct sock *s, const void *p, size_t n)
{
    struct err e = {0};
    if (!s->secure) {
        buf_add(&s->plain, p, n);
        return 0;
    }
    if (tls_write(s->tls, p, n, &e) != 0)
        return EPROTO;
    return flush_tls(s);
}

static int write_plain(struct sock *s, const void *p, size_t n)
{
    bool was_empty = wire_waiting(s) == 0;
    out_compact(s);
    buf_add(&s->out, p, n);
    return was_empty && s->state == OPEN ? flush(s) : 0;
}

int sock_write(struct sock *s, const void *p, size_t n)
{
    CHECK_OBJ(s, SOCK_MAGIC);
    if (gone(s) || s->half_close)
        return ERR_RESET;
    if (n > MAX_WAITING || wire_waiting(s) + s->plain.len + n > MAX_WAITING)
        return ERR_LIMIT;
    if (n == 0)
        return 0;
    no_delay(s);
    int errnum = s->tls != NULL ? write_tls(s, p, n) : write_plain(s, p, n);
    if (errnum != 0)
        fail_soon(s, errnum);
    return 0;
}

void sock_close_after_write(struct sock *s)
{
    CHECK_OBJ(s, SOCK_MAGIC);
    if (gone(s) || s->half_close)
        return;
    s->half_close = true;
    if (s->state != OPEN)
        return;
    int errnum = 0;
    if (s->tls != NULL && s->secure) {
        tls_shutdown(s->tls);
        errnum = flush_tls(s);
    }
    if (errnum != 0)
        fail_soon(s, errnum);
    else
        half_close_now(s);
}

/* ---- TLS ---- */

static void secured(struct sock *s)
{
    struct err e = {0};
    s->secure = true;
    int code = s->plain.len > 0 ? tls_write(s->tls, s->plain.data, s->plain.len, &e) : 0;
    buf_done(&s->plain);
    if (code == 0 && s->half_close)
        tls_shutdown(s->tls);
    int errnum = code == 0 ? flush_tls(s) : 0;
    if (code != 0)
        end(s, code, &e);
    else if (errnum != 0)
        end_errno(s, errnum);
    else if (s->events.on_secure != NULL)
        s->events.on_secure(s->arg);
}

static void tls_deliver(struct sock *s)
{
    struct err e = {0};
    char *p = loop_scratch(s->loop);
    while (!gone(s) && !s->paused) {
        int n = tls_read(s->tls, p, LOOP_SCRATCH_BYTES, &e);
        if (n == 0)
            break;
        if (n < 0) {
            end(s, n == TLS_CLOSED ? 0 : n, &e);
            return;
        }
        if (s->events.on_data != NULL)
            s->events.on_data(s->arg, p, (size_t)n);
    }
}

/* Goes as far as the bytes at hand allow. */
static void tls_pump(struct sock *s)
{
    struct err e = {0};
    if (!s->secure) {
        int code = tls_handshake(s->tls, &e);
        int errnum = flush_tls(s); /* also the alert that says why it failed */
        if (code < 0)
            end(s, code, &e);
        else if (errnum != 0)
            end_errno(s, errnum);
        else if (code == 1)
            secured(s);
        if (!s->secure || gone(s))
            return;
    }
    tls_deliver(s);
    if (gone(s))
        return;
    int errnum = flush_tls(s);
    if (errnum != 0)
        end_errno(s, errnum);
}

int sock_start_tls(struct sock *s, const struct tls_opts *opts)
{
    CHECK_OBJ(s, SOCK_MAGIC);
    if (s->state != OPEN || s->freed)
        return ERR_RESET;
    if (s->tls != NULL || s->half_close)
        return ERR_CONFLICT;
    struct err e = {0};
    s->tls = tls_new(s->loop, opts, &e);
    if (s->tls == NULL) {
        s->fail = NEW(struct err);
        *s->fail = e;
    }
    no_delay(s);
    timer_set(&s->soon, 0);
    return 0;
}

const struct tls_info *sock_tls_info(const struct sock *s)
{
    CHECK_OBJ(s, SOCK_MAGIC);
    return s->tls != NULL ? tls_get_info(s->tls) : NULL;
}

/* ---- events ---- */

static void end_of_input(struct sock *s)
{
    struct err e = {0};
    if (s->tls == NULL || s->secure) {
        end(s, 0, NULL);
        return;
    }
    err_set(&e, ERR_TLS, MSG("the peer closed the connection during the TLS handshake"), "");
    end(s, ERR_TLS, &e);
}

static void readable(struct sock *s)
{
    char *p = loop_scratch(s->loop);
    ssize_t n = recv(s->fd, p, LOOP_SCRATCH_BYTES, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0)
        end_errno(s, errno);
    else if (n == 0)
        end_of_input(s);
    else if (s->tls != NULL) {
        tls_feed(s->tls, p, (size_t)n);
        tls_pump(s);
    } else if (s->events.on_data != NULL)
        s->events.on_data(s->arg, p, (size_t)n);
}

static void connected(struct sock *s, unsigned events)
{
    int errnum = 0;
    socklen_t len = sizeof errnum;
    if ((events & (EPOLLERR | EPOLLHUP)) != 0)
        getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &errnum, &len);
    if (errnum != 0) {
        end_errno(s, errnum);
        return;
    }
    s->state = OPEN;
    if (s->events.on_open != NULL)
        s->events.on_open(s->arg);
    if (gone(s))
        return;
    errnum = flush(s);
    if (errnum != 0)
        end_errno(s, errnum);
}

static void park(struct sock *s)
{
    /* The kernel reports a hang-up however often it is not asked: step out until reading goes on.
     */
    watch_stop(&s->watch);
    s->parked = true;
}

static void opened(struct sock *s, unsigned events)
{
    bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
    if ((events & EPOLLOUT) != 0 && wire_waiting(s) > 0) {
        int errnum = flush(s);
        if (errnum != 0)
            end_errno(s, errnum);
    }
    if (gone(s))
        return;
    if (s->paused && broken)
        park(s);
    else if (!s->paused && ((events & EPOLLIN) != 0 || broken))
        readable(s);
}

static void on_events(void *arg, unsigned events)
{
    struct sock *s = arg;
    enter(s);
    if (s->state == CONNECTING)
        connected(s, events);
    else if (s->state == OPEN)
        opened(s, events);
    leave(s);
}

static void on_soon(void *arg)
{
    struct sock *s = arg;
    enter(s);
    if (s->fail != NULL)
        end(s, s->fail->code, s->fail);
    else if (s->fail_errno != 0)
        end_errno(s, s->fail_errno);
    else if (s->tls != NULL && s->state == OPEN)
        tls_pump(s);
    leave(s);
}

void sock_pause(struct sock *s, bool paused)
{
    CHECK_OBJ(s, SOCK_MAGIC);
    if (gone(s) || s->paused == paused)
        return;
    s->paused = paused;
    if (paused || s->state != OPEN) {
        watch_update(s);
        return;
    }
    if (s->tls != NULL)
        timer_set(&s->soon, 0);
    if (!s->parked) {
        watch_update(s);
        return;
    }
    s->parked = false;
    if (watch_start(&s->watch, s->loop, s->fd, EPOLLIN, on_events, s) != 0)
        fail_soon(s, ENOMEM);
}

/* ---- connecting ---- */

static int source_bind(int fd, const struct addr *source)
{
    /* The port is chosen at connect, when the peer is known: it may then be shared between peers.
     */
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){1}, sizeof(int));
    return bind(fd, &source->sa, source->len) == 0 ? 0 : errno;
}

/* 0 or an errno value. */
static int connect_start(struct sock *s, const struct addr *peer, const struct addr *source)
{
    int family = peer->sa.sa_family;
    s->tcp = family != AF_UNIX;
    s->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->fd < 0)
        return errno;
    int errnum = source != NULL ? source_bind(s->fd, source) : 0;
    if (errnum == 0 && connect(s->fd, &peer->sa, peer->len) != 0 && errno != EINPROGRESS)
        errnum = errno;
    if (errnum == 0 && watch_start(&s->watch, s->loop, s->fd, EPOLLOUT, on_events, s) != 0)
        errnum = ENOMEM;
    return errnum;
}

struct sock *sock_connect(struct loop *l, const struct addr *peer, const struct addr *source,
                          const struct sock_events *events, void *arg)
{
    struct sock *s = NEW(struct sock);
    s->magic = SOCK_MAGIC;
    s->loop = l;
    s->events = *events;
    s->arg = arg;
    s->out = BUF_MAX(MAX_WIRE);
    s->plain = BUF_MAX(MAX_WAITING);
    timer_init(&s->soon, l, on_soon, s);
    int errnum = connect_start(s, peer, source);
    if (errnum != 0)
        fail_soon(s, errnum);
    return s;
}

int sock_local(const struct sock *s, struct addr *ret)
{
    CHECK_OBJ(s, SOCK_MAGIC);
    struct addr a = {.len = sizeof a.space};
    if (s->fd < 0 || getsockname(s->fd, &a.sa, &a.len) != 0)
        return ERR_RESET;
    *ret = a;
    return 0;
}
