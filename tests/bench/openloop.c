/* SPDX-License-Identifier: GPL-3.0-or-later */
/* openloop.c PORT PATH RATE SECONDS CONNECTIONS: HTTP requests at a fixed rate whatever the answers do (open loop).
 * Latency counts from the moment a request was due, so that a server which stalls cannot hide it.
 * Prints: sent answered p50_us p99_us max_us. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1024, PIPE = 64 };
struct conn {
    int fd, n, head; /* due times of requests under way, a ring */
    int64_t due[PIPE];
    long left;       /* bytes of the body still to come; -1: reading headers */
    char buf[65536];
    size_t used;
};
static struct conn conns[MOST];
static int64_t *lat;
static long answered;

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void one_done(struct conn *c)
{
    lat[answered++] = now_ns() - c->due[c->head];
    c->head = (c->head + 1) % PIPE;
    c->n--;
    c->left = -1;
}

/* Consumes what has arrived: headers up to the blank line, then Content-Length bytes. */
static void feed(struct conn *c)
{
    for (;;) {
        if (c->left < 0) {
            char *end = memmem(c->buf, c->used, "\r\n\r\n", 4);
            if (!end)
                return;
            *end = 0;
            char *p = strcasestr(c->buf, "content-length:");
            c->left = p ? atol(p + 15) : 0;
            size_t head = (size_t)(end + 4 - c->buf);
            memmove(c->buf, c->buf + head, c->used - head);
            c->used -= head;
        }
        size_t take = (long)c->used < c->left ? c->used : (size_t)c->left;
        memmove(c->buf, c->buf + take, c->used - take);
        c->used -= take;
        c->left -= (long)take;
        if (c->left > 0)
            return;
        one_done(c);
        if (!c->n)
            return;
    }
}

int main(int argc, char **argv)
{
    if (argc < 6)
        return 2;
    int port = atoi(argv[1]), n = atoi(argv[5]), ep = epoll_create1(0);
    long rate = atol(argv[3]), total = rate * atol(argv[4]), sent = 0, next = 0, dropped = 0;
    char request[512];
    int len = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: en\r\n\r\n", argv[2]);
    lat = malloc(sizeof *lat * (size_t)(total + 1));
    for (int i = 0; i < n && i < MOST; i++) {
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((unsigned short)port)};
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &conns[i]};
        int one = 1;
        conns[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        conns[i].left = -1;
        if (connect(conns[i].fd, (struct sockaddr *)&a, sizeof a) < 0)
            return 1;
        setsockopt(conns[i].fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        epoll_ctl(ep, EPOLL_CTL_ADD, conns[i].fd, &ev);
    }
    int64_t start = now_ns(), period = 1000000000 / rate;
    while (answered < sent || sent + dropped < total) {
        int64_t now = now_ns();
        while (sent + dropped < total && start + (sent + dropped) * period <= now) {
            struct conn *c = &conns[next++ % n];
            if (c->n == PIPE) {
                dropped++;
                continue;
            }
            c->due[(c->head + c->n++) % PIPE] = start + (sent + dropped) * period;
            if (write(c->fd, request, (size_t)len) != len)
                return 1;
            sent++;
        }
        struct epoll_event got[64];
        int k = epoll_wait(ep, got, 64, sent + dropped < total ? 0 : 1000);
        if (k == 0 && sent + dropped >= total)
            break;
        for (int i = 0; i < k; i++) {
            struct conn *c = got[i].data.ptr;
            ssize_t r = recv(c->fd, c->buf + c->used, sizeof c->buf - c->used, MSG_DONTWAIT);
            if (r <= 0)
                return 1;
            c->used += (size_t)r;
            feed(c);
        }
    }
    qsort(lat, (size_t)answered, sizeof *lat, compare);
    printf("%ld %ld %ld %ld %ld\n", sent, answered, (long)(lat[answered / 2] / 1000), (long)(lat[answered * 99 / 100] / 1000), (long)(lat[answered - 1] / 1000));
    return 0;
}
