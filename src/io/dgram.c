/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dgram.c: UDP sockets connected to one peer.  Being connected, the kernel drops what others send
 * and reports a refused port. */
#include "base/mem.h"
#include "base/panic.h"
#include "io/loop_priv.h"
#include "io/sock_priv.h"
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DGRAM_MAGIC = 0xd6a3d6a3, DGRAMS_A_TURN = 32 };

struct dgram {
    unsigned magic;
    int fd;
    bool busy, freed; /* inside a callback; dgram_free() was called there */
    struct loop *loop;
    struct watch watch;
    void (*on_data)(void *arg, int code, const char *p, size_t n);
    void *arg;
};

static void on_events(void *arg, unsigned events)
{
    struct dgram *d = arg;
    CHECK_OBJ(d, DGRAM_MAGIC);
    char *p = loop_scratch(d->loop);
    d->busy = true;
    for (int i = 0; i < DGRAMS_A_TURN && !d->freed; i++) {
        ssize_t n = recv(d->fd, p, LOOP_SCRATCH_BYTES, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (n < 0)
            d->on_data(d->arg, sock_errno(NULL, errno), NULL, 0);
        else
            d->on_data(d->arg, 0, p, (size_t)n);
    }
    d->busy = false;
    if (d->freed) {
        d->magic = 0;
        mem_free(d);
    }
}

struct dgram *dgram_open(struct loop *l, const struct addr *peer,
                         void (*on_data)(void *arg, int code, const char *p, size_t n), void *arg,
                         struct err *e)
{
    int fd = socket(peer->sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, &peer->sa, peer->len) != 0) {
        sock_errno(e, errno);
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    struct dgram *d = NEW(struct dgram);
    *d = (struct dgram){.magic = DGRAM_MAGIC, .fd = fd, .loop = l, .on_data = on_data, .arg = arg};
    if (watch_start(&d->watch, l, fd, EPOLLIN, on_events, d) == 0)
        return d;
    sock_errno(e, ENOMEM);
    close(fd);
    return mem_free(d);
}

int dgram_send(struct dgram *d, const void *p, size_t n)
{
    CHECK_OBJ(d, DGRAM_MAGIC);
    ssize_t sent = send(d->fd, p, n, MSG_NOSIGNAL);
    return sent >= 0 ? 0 : sock_errno(NULL, errno);
}

struct dgram *dgram_free(struct dgram *d)
{
    if (d == NULL)
        return NULL;
    CHECK_OBJ(d, DGRAM_MAGIC);
    ASSERT(!d->freed);
    watch_drop(&d->watch);
    close(d->fd);
    d->freed = true;
    if (!d->busy) {
        d->magic = 0;
        mem_free(d);
    }
    return NULL;
}
