/* SPDX-License-Identifier: GPL-3.0-or-later */
/* openloop.c PORT PATH RATE SECONDS CONNECTIONS [plain]: HTTP requests at a fixed rate whatever the answers do (open loop).
 * Latency counts from the moment a request was due, so that a server which stalls cannot hide it, and neither can this program: it
 * sleeps until the next one is due (to spin would take a processor from the server), and what it overslept counts as the server's.
 * gzip is accepted, as by every browser; "plain": it is not.
 * Prints: sent answered p50_us p99_us max_us late_p99_us failed.  late: how late requests were sent, as this machine let us. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1024, PIPE = 64, HEAD = 4096, WAIT_NS = 2000000000 };
struct conn {
    int fd, n, head;   /* due times of requests under way, a ring */
    int64_t due[PIPE];
    long left;         /* bytes of the body still to come; -1: reading headers */
    char line[HEAD];   /* headers so far */
    size_t used;
};
static struct conn conns[MOST];
static int64_t *lat, *late;
static long answered, failed;

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

static void one_done(struct conn *c, int64_t now)
{
    lat[answered++] = now - c->due[c->head];
    c->head = (c->head + 1) % PIPE;
    c->n--;
    c->left = -1;
}

/* Takes bytes of the headers until the blank line is there; how many of them were used. */
static size_t take_head(struct conn *c, const char *p, size_t n)
{
    size_t room = HEAD - 1 - c->used, before = c->used, take = n < room ? n : room;
    memcpy(c->line + c->used, p, take);
    c->used += take;
    c->line[c->used] = 0;
    char *end = memmem(c->line, c->used, "\r\n\r\n", 4);
    if (!end) {
        if (c->used == HEAD - 1)
            exit(1);
        return take;
    }
    *end = 0;
    const char *length = strcasestr(c->line, "content-length:");
    failed += strncmp(c->line, "HTTP/1.1 200", 12) != 0;
    c->left = length ? atol(length + 15) : 0;
    c->used = 0;
    return (size_t)(end + 4 - c->line) - before;
}

static void feed(struct conn *c, const char *p, size_t n, int64_t now)
{
    while (n) {
        size_t used;
        if (c->left < 0) {
            used = take_head(c, p, n);
        } else {
            used = (long)n < c->left ? n : (size_t)c->left;
            c->left -= (long)used;
        }
        p += used;
        n -= used;
        if (c->left == 0)
            one_done(c, now);
    }
}

static void open_all(int n, int port, int ep)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((unsigned short)port)};
    for (int i = 0; i < n; i++) {
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &conns[i]};
        int one = 1;
        conns[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        conns[i].left = -1;
        if (connect(conns[i].fd, (struct sockaddr *)&a, sizeof a) < 0)
            exit(1);
        setsockopt(conns[i].fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        epoll_ctl(ep, EPOLL_CTL_ADD, conns[i].fd, &ev);
    }
}

static void take_answers(int ep, int64_t wait_ns)
{
    static char buf[256 << 10];
    struct epoll_event got[64];
    struct timespec wait = {wait_ns / 1000000000, wait_ns % 1000000000};
    int k = epoll_pwait2(ep, got, 64, wait_ns < 0 ? &(struct timespec){0} : &wait, NULL);
    for (int i = 0; i < k; i++) {
        struct conn *c = got[i].data.ptr;
        ssize_t r = recv(c->fd, buf, sizeof buf, MSG_DONTWAIT);
        if (r <= 0)
            exit(1);
        feed(c, buf, (size_t)r, now_ns());
    }
}

static long percentile(int64_t *of, long n, int per_mille)
{
    qsort(of, (size_t)n, sizeof *of, compare);
    return n ? (long)(of[(n - 1) * per_mille / 1000] / 1000) : 0;
}

int main(int argc, char **argv)
{
    if (argc < 6)
        return 2;
    int n = atoi(argv[5]) < MOST ? atoi(argv[5]) : MOST, ep = epoll_create1(0);
    long rate = atol(argv[3]), total = rate * atol(argv[4]), sent = 0, dropped = 0;
    char request[512];
    int len = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: en\r\n%s\r\n", argv[2], argc > 6 ? "" : "Accept-Encoding: gzip\r\n");
    lat = calloc((size_t)total + 1, sizeof *lat);
    late = calloc((size_t)total + 1, sizeof *late);
    open_all(n, atoi(argv[1]), ep);
    prctl(PR_SET_TIMERSLACK, 1UL);
    int64_t start = now_ns(), period = 1000000000 / rate, end = start + total * period + WAIT_NS, now;
    while ((now = now_ns()) < end && (sent + dropped < total || answered < sent)) {
        int64_t due;
        while (sent + dropped < total && (due = start + (sent + dropped) * period) <= now) {
            struct conn *c = &conns[(sent + dropped) % n];
            if (c->n == PIPE) { /* it counts as not answered */
                dropped++;
                continue;
            }
            c->due[(c->head + c->n++) % PIPE] = due;
            if (write(c->fd, request, (size_t)len) != len)
                return 1;
            late[sent++] = now - due;
        }
        take_answers(ep, sent + dropped < total ? start + (sent + dropped) * period - now_ns() : end - now);
    }
    long p50 = percentile(lat, answered, 500);
    printf("%ld %ld %ld %ld %ld %ld %ld\n", sent + dropped, answered, p50, percentile(lat, answered, 990), percentile(lat, answered, 1000), percentile(late, sent, 990), failed);
    return 0;
}
