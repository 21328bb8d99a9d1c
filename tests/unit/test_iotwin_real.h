/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_iotwin_real.h: the peers of test_iotwin.c on loopback: a thread each, one connection at a time. */
#ifndef TEST_IOTWIN_REAL_H
#define TEST_IOTWIN_REAL_H

#include "base/str.h"
#include "io/addr.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { TWIN_PEERS = 8 };
enum twin_kind { TWIN_TALKER, TWIN_MUTE, TWIN_WEB, TWIN_NAMES, TWIN_ECHO };
struct twin_peer {
    enum twin_kind kind;
    int fd;
    atomic_int conn; /* -1: none */
    atomic_bool stop;
    pthread_t thread;
    const char *banner, *headers, *body;
    bool end;
    int status;
};
static struct twin_peer twin_peers[TWIN_PEERS];
static int twin_n;

static void twin_say(int fd, const char *p, size_t n) { (void)!write(fd, p, n); }

static void twin_talk(struct twin_peer *p, int fd)
{
    char line[4096];
    ssize_t n;
    if (p->banner)
        twin_say(fd, p->banner, strlen(p->banner));
    if (p->kind == TWIN_TALKER && p->end)
        return;
    while ((n = read(fd, line, sizeof line)) > 0)
        if (p->kind == TWIN_TALKER)
            twin_say(fd, line, (size_t)n);
}

static void twin_serve_web(struct twin_peer *p, int fd)
{
    char rq[8192];
    size_t len = 0;
    ssize_t n;
    while (len < sizeof rq - 1 && (n = read(fd, rq + len, sizeof rq - 1 - len)) > 0) {
        len += (size_t)n;
        rq[len] = '\0';
        if (strstr(rq, "\r\n\r\n"))
            break;
    }
    char head[4096];
    int h = str_print(head, sizeof head, "HTTP/1.1 %d Simulated\r\nContent-Length: %zu\r\nConnection: close\r\n%s%s\r\n", p->status,
                      strlen(p->body), p->headers ? p->headers : "", p->headers ? "\r\n" : "");
    twin_say(fd, head, (size_t)h);
    twin_say(fd, p->body, strlen(p->body));
}

/* One question, one answer: A 192.0.2.7 for a name that begins with "found", else NXDOMAIN. */
static void twin_serve_names(struct twin_peer *p)
{
    unsigned char b[512];
    struct sockaddr_storage from;
    socklen_t len = sizeof from;
    ssize_t n = recvfrom(p->fd, b, sizeof b - 16, 0, (struct sockaddr *)&from, &len);
    if (n < 17)
        return;
    size_t end = 12;
    while (end < (size_t)n && b[end])
        end += b[end] + 1u;
    end += 5;
    bool found = b[12] == 5 && strncasecmp((char *)b + 13, "found", 5) == 0;
    static const unsigned char rr[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 7};
    b[2] = 0x85;
    b[3] = found ? 0x80 : 0x83;
    b[6] = b[8] = b[9] = b[10] = b[11] = 0;
    b[7] = found;
    if (found)
        memcpy(b + end, rr, sizeof rr);
    (void)!sendto(p->fd, b, end + (found ? sizeof rr : 0), 0, (struct sockaddr *)&from, len);
}

static void twin_serve_echo(struct twin_peer *p)
{
    char b[2048];
    struct sockaddr_storage from;
    socklen_t len = sizeof from;
    ssize_t n = recvfrom(p->fd, b, sizeof b, 0, (struct sockaddr *)&from, &len);
    if (n > 0)
        (void)!sendto(p->fd, b, (size_t)n, 0, (struct sockaddr *)&from, len);
}

static void *twin_thread(void *arg)
{
    struct twin_peer *p = arg;
    while (!p->stop) {
        if (p->kind == TWIN_NAMES) {
            twin_serve_names(p);
            continue;
        }
        if (p->kind == TWIN_ECHO) {
            twin_serve_echo(p);
            continue;
        }
        int fd = accept4(p->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        p->conn = fd;
        if (p->kind == TWIN_WEB)
            twin_serve_web(p, fd);
        else
            twin_talk(p, fd);
        p->conn = -1;
        close(fd);
    }
    return NULL;
}

static int twin_bind(struct addr *ret, int type)
{
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(addr_parse("127.0.0.1", 0, ret), 0);
    assert_int_equal(bind(fd, &ret->sa, ret->len), 0);
    socklen_t len = ret->len;
    assert_int_equal(getsockname(fd, &ret->sa, &len), 0);
    return fd;
}

static struct twin_peer *twin_peer(struct addr *ret, enum twin_kind kind)
{
    assert_true(twin_n < TWIN_PEERS);
    struct twin_peer *p = &twin_peers[twin_n++];
    memset(p, 0, sizeof *p);
    p->kind = kind;
    p->conn = -1;
    bool datagrams = kind == TWIN_NAMES || kind == TWIN_ECHO;
    p->fd = twin_bind(ret, datagrams ? SOCK_DGRAM : SOCK_STREAM);
    if (!datagrams)
        assert_int_equal(listen(p->fd, 8), 0);
    return p;
}

static void twin_go(struct twin_peer *p) { assert_int_equal(pthread_create(&p->thread, NULL, twin_thread, p), 0); }

static void twin_begin(void) { twin_n = 0; }

static void twin_end(void)
{
    for (int i = 0; i < twin_n; i++) {
        struct twin_peer *p = &twin_peers[i];
        p->stop = true;
        shutdown(p->fd, SHUT_RDWR);
        if (p->conn >= 0)
            shutdown(p->conn, SHUT_RDWR);
        if (p->thread)
            pthread_join(p->thread, NULL);
        close(p->fd);
    }
    twin_n = 0;
}

static void twin_talker(struct addr *ret, const char *banner, bool end)
{
    struct twin_peer *p = twin_peer(ret, TWIN_TALKER);
    p->banner = banner;
    p->end = end;
    twin_go(p);
}

static void twin_mute(struct addr *ret) { twin_go(twin_peer(ret, TWIN_MUTE)); }

static void twin_refuser(struct addr *ret) { close(twin_bind(ret, SOCK_STREAM)); }

static void twin_web(struct addr *ret, int status, const char *headers, const char *body)
{
    struct twin_peer *p = twin_peer(ret, TWIN_WEB);
    p->status = status;
    p->headers = headers;
    p->body = body;
    twin_go(p);
}

static void twin_datagram_echo(struct addr *ret) { twin_go(twin_peer(ret, TWIN_ECHO)); }

static void twin_name_server(struct addr *ret) { twin_go(twin_peer(ret, TWIN_NAMES)); }

/* Bound, never read. */
static void twin_dead_name_server(struct addr *ret)
{
    assert_true(twin_n < TWIN_PEERS);
    struct twin_peer *p = &twin_peers[twin_n++];
    memset(p, 0, sizeof *p);
    p->conn = -1;
    p->fd = twin_bind(ret, SOCK_DGRAM);
}

#endif
