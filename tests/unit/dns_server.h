/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dns_server.h: a DNS server for tests, by UDP and TCP at one port of a loopback address. It has a list of records and
 * ways to misbehave. */
#ifndef VIGIE_TESTS_DNS_SERVER_H
#define VIGIE_TESTS_DNS_SERVER_H

#include "checks_fixture.h"
#include <poll.h>
#include <strings.h>

enum { NS_A = 1, NS_NS = 2, NS_CNAME = 5, NS_SOA = 6, NS_MX = 15, NS_TXT = 16, NS_AAAA = 28, NS_RRSIG = 46, NS_AXFR = 252 };
struct ns_rr {
    const char *name;
    int type;
    const char *text; /* as dns_parse() would show it; SOA: the serial alone; RRSIG: the second when it ends */
};
struct ns {
    const char *address;
    const struct ns_rr *rr; /* ends with a NULL name */
    bool aa, ra, ad, referral; /* referral: NS and A of a name stand in the authority and the additional section */
    bool transfer, silent, wrong_id, lower, cut, flood, loop, garbage, no_edns, tcp_closed, no_question, refuse_recursion;
    int rcode;
    /* filled by ns_up() */
    int udp, tcp, port, bye[2];
    volatile int seen_udp, seen_tcp, seen_large;
    pthread_t thread;
};

static inline size_t ns_name(unsigned char *o, const char *name)
{
    size_t at = 0;

    while (*name && strcmp(name, ".") != 0) {
        size_t n = strcspn(name, ".");

        o[at++] = (unsigned char)n;
        memcpy(o + at, name, n);
        at += n;
        name += n + (name[n] == '.');
    }
    o[at++] = 0;
    return at;
}

static inline void ns_put(unsigned char **o, unsigned long v, int bytes)
{
    while (bytes--)
        *(*o)++ = (unsigned char)(v >> (8 * bytes));
}

static inline size_t ns_data(unsigned char *o, const struct ns_rr *r)
{
    unsigned char *at = o;
    char *rest;

    switch (r->type) {
    case NS_A:
    case NS_AAAA:
        inet_pton(r->type == NS_A ? AF_INET : AF_INET6, r->text, o);
        return r->type == NS_A ? 4 : 16;
    case NS_MX:
        ns_put(&at, strtoul(r->text, &rest, 10), 2);
        return 2 + ns_name(at, rest + 1);
    case NS_TXT:
        for (const char *p = r->text; *p;) {
            size_t n = strlen(p) > 255 ? 255 : strlen(p);

            *at++ = (unsigned char)n;
            memcpy(at, p, n);
            at += n;
            p += n;
        }
        return (size_t)(at - o);
    case NS_SOA:
        at += ns_name(at, "ns1.example.org");
        at += ns_name(at, "hostmaster.example.org");
        ns_put(&at, strtoul(r->text, NULL, 10), 4);
        for (int i = 0; i < 4; i++)
            ns_put(&at, 3600, 4);
        return (size_t)(at - o);
    case NS_RRSIG:
        ns_put(&at, NS_SOA, 2), ns_put(&at, 13, 1), ns_put(&at, 2, 1), ns_put(&at, 3600, 4);
        ns_put(&at, strtoul(r->text, NULL, 10), 4), ns_put(&at, 0, 4), ns_put(&at, 4711, 2);
        at += ns_name(at, "example.org");
        return (size_t)(at - o) + 64;
    default:
        return ns_name(o, r->text);
    }
}

static inline void ns_record(unsigned char **o, const struct ns_rr *r)
{
    unsigned char data[1100] = {0};
    size_t n = ns_data(data, r);

    *o += ns_name(*o, r->name);
    ns_put(o, (unsigned)r->type, 2), ns_put(o, 1, 2), ns_put(o, 300, 4), ns_put(o, n, 2);
    memcpy(*o, data, n);
    *o += n;
}

static inline int ns_section(const struct ns *s, unsigned char **o, const char *name, int type)
{
    int n = 0;

    for (const struct ns_rr *r = s->rr; r && r->name; r++)
        if (strcasecmp(r->name, name) == 0 && (r->type == type || (type == NS_SOA && r->type == NS_RRSIG))) {
            ns_record(o, r);
            n++;
        }
    return n;
}

static inline bool ns_knows(const struct ns *s, const char *name)
{
    for (const struct ns_rr *r = s->rr; r && r->name; r++)
        if (strcasecmp(r->name, name) == 0)
            return true;
    return false;
}

/* The answer to q in o; 0: none. */
static inline size_t ns_answer(struct ns *s, const unsigned char *q, size_t qn, bool tcp, unsigned char *o)
{
    unsigned char *at = o + 12;
    char name[300] = "";
    size_t p = 12, k = 0;
    int type, n = 0, rcode = s->rcode, authority = 0, additional = 0;
    bool cut = s->cut && !tcp;

    while (p < qn && q[p]) {
        for (size_t i = 0; i < q[p]; i++) {
            name[k] = (char)q[p + 1 + i];
            s->seen_large += name[k] >= 'A' && name[k] <= 'Z';
            k++;
        }
        name[k++] = '.';
        p += q[p] + 1u;
    }
    name[k ? k - 1 : 0] = '\0';
    type = q[p + 1] << 8 | q[p + 2];
    p += 5;
    memcpy(at, q + 12, p - 12);
    for (size_t i = 0; s->lower && i < p - 12; i++)
        at[i] = at[i] >= 'A' && at[i] <= 'Z' ? at[i] | 0x20 : at[i];
    at += s->no_question ? 0 : p - 12;
    if (s->no_edns && q[11])
        rcode = 1;
    if (s->refuse_recursion && q[2] & 1 && !ns_knows(s, name))
        rcode = 5;
    if (type == NS_AXFR)
        rcode = s->transfer ? 0 : 5, n = s->transfer ? ns_section(s, &at, name, NS_SOA) : 0;
    else if (rcode == 0 && !cut && !s->referral)
        n = ns_section(s, &at, name, type);
    if (rcode == 0 && !cut && s->referral) {
        authority = ns_section(s, &at, name, NS_NS);
        for (const struct ns_rr *r = s->rr; r->name; r++)
            if (r->type == NS_A || r->type == NS_AAAA)
                ns_record(&at, r), additional++;
    }
    if (rcode == 0 && n == 0 && authority == 0 && !cut && !ns_knows(s, name))
        rcode = 3;
    memcpy(o, q, 2);
    o[0] ^= s->wrong_id;
    o[2] = (unsigned char)(0x80 | (s->aa ? 4 : 0) | (cut ? 2 : 0) | (q[2] & 1));
    o[3] = (unsigned char)((s->ra ? 0x80 : 0) | (s->ad ? 0x20 : 0) | rcode);
    o[4] = 0, o[5] = !s->no_question, o[6] = 0, o[7] = (unsigned char)n, o[8] = 0, o[9] = (unsigned char)authority, o[10] = 0, o[11] = (unsigned char)additional;
    if (s->loop && n)
        o[p] = 0xc0, o[p + 1] = (unsigned char)p; /* a name that points at itself */
    if (s->garbage)
        memset(o + p, 0xff, (size_t)(at - o) > p ? (size_t)(at - o) - p : 0);
    return (size_t)(at - o);
}

static inline void ns_udp(struct ns *s)
{
    static _Thread_local unsigned char q[2000], o[60000];
    struct sockaddr_in from;
    socklen_t len = sizeof(from);
    ssize_t n = recvfrom(s->udp, q, sizeof(q), 0, (struct sockaddr *)&from, &len);
    size_t m;

    s->seen_udp++;
    if (n < 17 || s->silent)
        return;
    m = ns_answer(s, q, (size_t)n, false, o);
    for (int i = 0; i < 1000 && s->flood; i++) {
        o[0] ^= 0x55;
        o[1] = (unsigned char)i;
        sendto(s->udp, o, m, 0, (struct sockaddr *)&from, len);
    }
    memcpy(o, q, s->flood ? 2 : 0);
    sendto(s->udp, o, m, 0, (struct sockaddr *)&from, len);
}

static inline void ns_tcp(struct ns *s)
{
    static _Thread_local unsigned char q[2000], o[60000];
    int fd = accept(s->tcp, NULL, NULL);
    ssize_t n = recv(fd, q, 2, MSG_WAITALL);
    size_t m;

    s->seen_tcp++;
    if (n == 2)
        n = recv(fd, q, (size_t)(q[0] << 8 | q[1]) % sizeof(q), MSG_WAITALL);
    if (n >= 17 && !s->tcp_closed && !s->silent) {
        m = ns_answer(s, q, (size_t)n, true, o + 2);
        o[0] = (unsigned char)(m >> 8), o[1] = (unsigned char)m;
        send(fd, o, m + 2, MSG_NOSIGNAL);
    }
    close(fd);
}

static inline void *ns_main(void *arg)
{
    struct ns *s = arg;

    for (;;) {
        struct pollfd p[3] = {{s->udp, POLLIN, 0}, {s->tcp, POLLIN, 0}, {s->bye[0], POLLIN, 0}};

        poll(p, 3, -1);
        if (p[2].revents)
            return NULL;
        if (p[0].revents)
            ns_udp(s);
        if (p[1].revents)
            ns_tcp(s);
    }
}

/* port 0: any; several servers share one port at several addresses. */
static inline void ns_up(struct ns *s, int port)
{
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t len = sizeof(sin);
    int on = 1;

    inet_pton(AF_INET, s->address ? s->address : "127.0.0.1", &sin.sin_addr);
    s->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    s->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    setsockopt(s->tcp, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    assert_int_equal(bind(s->tcp, (struct sockaddr *)&sin, sizeof(sin)), 0);
    assert_int_equal(listen(s->tcp, 50), 0);
    getsockname(s->tcp, (struct sockaddr *)&sin, &len);
    s->port = ntohs(sin.sin_port);
    assert_int_equal(bind(s->udp, (struct sockaddr *)&sin, sizeof(sin)), 0);
    assert_int_equal(pipe(s->bye), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, ns_main, s), 0);
}

static inline void ns_down(struct ns *s)
{
    assert_int_equal(write(s->bye[1], "x", 1), 1);
    pthread_join(s->thread, NULL);
    close(s->bye[0]), close(s->bye[1]), close(s->udp), close(s->tcp);
}

#endif
