/* SPDX-License-Identifier: GPL-3.0-or-later */
/* io_sock_kit.h: a peer that plays a part on a thread, with a blocking socket, and our side of the stream that records
 * what comes and acts by a script of flags. */
#ifndef VIGIE_TESTS_IO_SOCK_KIT_H
#define VIGIE_TESTS_IO_SOCK_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "io/loop.h"
#include "io/sock.h"
#include "io/tls.h"
#include <dirent.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- a peer: accepts one connection and plays its part ---- */

struct peer {
    struct addr addr;
    int listener;
    pthread_t thread;
    void (*play)(struct peer *p, int fd);
    SSL_CTX *ctx;
    char got[64];
};

static inline void *peer_main(void *arg)
{
    struct peer *p = arg;
    int fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        p->play(p, fd);
    close(fd);
    return NULL;
}

static inline void peer_listen(struct peer *p, const struct addr *at)
{
    p->addr = *at;
    p->listener = socket(at->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(p->listener, &p->addr.sa, p->addr.len), 0);
    assert_int_equal(listen(p->listener, 8), 0);
    p->addr.len = sizeof p->addr.space;
    assert_int_equal(getsockname(p->listener, &p->addr.sa, &p->addr.len), 0);
}

static inline void peer_start(struct peer *p, void (*play)(struct peer *p, int fd))
{
    struct addr a;
    assert_int_equal(addr_parse("127.0.0.1", 0, &a), 0);
    peer_listen(p, &a);
    p->play = play;
    pthread_create(&p->thread, NULL, peer_main, p);
}

static inline void peer_stop(struct peer *p)
{
    shutdown(p->listener, SHUT_RDWR); /* wakes an accept() that nobody came to */
    pthread_join(p->thread, NULL);
    close(p->listener);
}

/* ---- our side: records what comes and acts by a script of flags ---- */

struct side {
    struct loop *loop;
    struct sock *sock;
    struct timer guard;
    int opens, secures, ends, code, tls_code;
    size_t bytes;
    struct buf data;
    struct err err;
    struct tls_opts tls;
    const char *send; /* on open, or once secure */
    bool use_tls, close_after, free_on_open, free_on_data, free_on_secure, starttls, check_data,
        data_bad;
    struct tls_info info;
    char subject[64], names[128], verify_text[600], sha256[65];
};

static inline void side_stop(struct side *s)
{
    loop_stop(s->loop);
}

static inline void side_free(struct side *s)
{
    s->sock = sock_free(s->sock);
    side_stop(s);
}

static inline void speak(struct side *s)
{
    if (s->send != NULL)
        assert_int_equal(sock_write(s->sock, s->send, strlen(s->send)), 0);
    if (s->close_after)
        sock_close_after_write(s->sock);
}

static inline void on_open(void *arg)
{
    struct side *s = arg;
    s->opens++;
    if (s->free_on_open)
        side_free(s);
    else if (s->use_tls && !s->starttls)
        assert_int_equal(sock_start_tls(s->sock, &s->tls), 0);
    else
        speak(s);
}

static inline void on_secure(void *arg)
{
    struct side *s = arg;
    s->secures++;
    if (s->free_on_secure)
        side_free(s);
    else if (!s->starttls)
        speak(s);
    else
        assert_int_equal(sock_write(s->sock, "secret", 6), 0);
}

static inline void on_data(void *arg, const char *p, size_t n)
{
    struct side *s = arg;
    assert_true(n > 0 && n <= 65536);
    for (size_t i = 0; s->check_data && i < n; i++)
        s->data_bad |= (unsigned char)p[i] != (unsigned char)((s->bytes + i) % 251);
    s->bytes += n;
    buf_add(&s->data, p, n);
    if (s->free_on_data) {
        side_free(s);
    } else if (s->starttls && s->secures == 0 && str_eq(buf_text(&s->data), "go\n")) {
        buf_clear(&s->data);
        assert_int_equal(sock_start_tls(s->sock, &s->tls), 0);
        assert_int_equal(sock_start_tls(s->sock, &s->tls), ERR_CONFLICT);
    }
}

static inline void keep_info(struct side *s, const struct tls_info *info)
{
    s->info = *info;
    str_copy(s->subject, sizeof s->subject, info->n_chain > 0 ? info->chain[0].subject : "");
    str_copy(s->sha256, sizeof s->sha256, info->n_chain > 0 ? info->chain[0].sha256 : "");
    struct buf b = BUF_MAX(100);
    for (int i = 0; info->n_chain > 0 && i < info->chain[0].n_names; i++)
        buf_printf(&b, "%s ", info->chain[0].names[i]);
    str_copy(s->names, sizeof s->names, buf_text(&b));
    buf_clear(&b);
    b.max = 500;
    if (info->verify_text != NULL)
        msg_render(&b, info->verify_text, "en");
    str_copy(s->verify_text, sizeof s->verify_text, buf_text(&b));
    buf_done(&b);
}

static inline void on_end(void *arg, int code, const struct err *e)
{
    struct side *s = arg;
    s->ends++;
    s->code = code;
    s->err = *e;
    assert_int_equal(sock_write(s->sock, "x", 1), ERR_RESET);
    if (sock_tls_info(s->sock) != NULL)
        keep_info(s, sock_tls_info(s->sock));
    side_free(s);
}

static inline void on_guard(void *arg)
{
    fail_msg("the exchange hangs");
}

static const struct sock_events events = {on_open, on_secure, on_data, on_end};

static inline void side_connect(struct side *s, const struct addr *to, const struct addr *source)
{
    s->loop = loop_new("side");
    s->data = BUF_MAX(4096);
    timer_init(&s->guard, s->loop, on_guard, s);
    timer_set(&s->guard, 20000);
    s->sock = sock_connect(s->loop, to, source, &events, s);
    assert_int_equal(s->opens + s->ends, 0);
}

static inline void side_run(struct side *s)
{
    loop_run(s->loop);
    timer_clear(&s->guard);
    sock_free(s->sock);
    loop_free(s->loop);
}

static inline void side_done(struct side *s)
{
    buf_done(&s->data);
}

static inline void exchange(struct side *s, struct peer *p, void (*play)(struct peer *p, int fd))
{
    peer_start(p, play);
    side_connect(s, &p->addr, NULL);
    side_run(s);
    peer_stop(p);
    side_done(s);
}


/* ---- parts that several play ---- */

static inline void play_nothing(struct peer *p, int fd)
{
    char c;
    while (recv(fd, &c, 1, 0) > 0)
        ;
}

static inline void play_reset(struct peer *p, int fd)
{
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
}

static inline void play_endless(struct peer *p, int fd)
{
    static const char junk[65536];
    while (send(fd, junk, sizeof junk, MSG_NOSIGNAL) > 0)
        ;
}

/* ---- descriptors ---- */

static inline int count_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n;
}

static int fds_at_start;

static inline void no_descriptor_is_left(void **state)
{
    assert_int_equal(count_fds(), fds_at_start);
}

#endif
