/* SPDX-License-Identifier: GPL-3.0-or-later */
/* host_listen.c: which sockets of this machine listen, and whose they are: /proc/net for the sockets, /proc/PID/fd for the processes
 * that hold them. Processes of others are only seen by root (or with CAP_SYS_PTRACE); then the greeting has to tell. */
#include "checks/discover/host.h"
#include "base/map.h"
#include "base/str.h"
#include "io/machine.h"
#include "io/machine_file.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>

enum { MAX_TABLE = 16 << 20, TCP_LISTEN = 0x0A, UDP_BOUND = 0x07, INODE_BYTES = 24 };

struct listener {
    bool udp;
    struct addr at;
    char inode[INODE_BYTES];
    char program[64], unit[128];
    int64_t pid; /* 0: not known */
};
struct listening {
    struct seen *s;
    VEC(struct listener) at;
    struct map by_inode; /* → the first with it */
    int64_t pid, fds;
    int processes;
};

/* ---- sockets ---- */

static int hex_digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

static bool hex(struct str s, uint32_t *ret)
{
    uint32_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        int d = hex_digit(s.p[i]);
        if (d < 0)
            return false;
        v = v << 4 | (uint32_t)d;
    }
    *ret = v;
    return s.n > 0 && s.n <= 8;
}

/* "0100007F:1F90": words of the address as the machine has them in memory, the port as people write it. */
static bool socket_addr(struct str text, bool v6, struct addr *ret)
{
    size_t digits = v6 ? 32 : 8;
    uint32_t word[4] = {0}, port;
    if (text.n != digits + 5 || text.p[digits] != ':' || !hex((struct str){text.p + digits + 1, 4}, &port))
        return false;
    for (size_t i = 0; i < digits / 8; i++)
        if (!hex((struct str){text.p + i * 8, 8}, &word[i]))
            return false;
    *ret = (struct addr){.len = v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in)};
    if (v6) {
        struct sockaddr_in6 *a = (struct sockaddr_in6 *)(void *)ret->space;
        a->sin6_family = AF_INET6;
        a->sin6_port = htons((uint16_t)port);
        memcpy(&a->sin6_addr, word, 16);
    } else {
        struct sockaddr_in *a = (struct sockaddr_in *)(void *)ret->space;
        a->sin_family = AF_INET;
        a->sin_port = htons((uint16_t)port);
        memcpy(&a->sin_addr, word, 4);
    }
    return port > 0;
}

static bool inode_of(struct str text, uint64_t *ret)
{
    char digits[INODE_BYTES];
    int64_t v;
    if (text.n >= sizeof digits || !str_copyn(digits, sizeof digits, text.p, text.n) || str_i64(digits, &v) != 0 || v < 0)
        return false;
    *ret = (uint64_t)v;
    return true;
}

bool host_socket_line(struct str line, bool udp, bool v6, struct addr *ret_at, uint64_t *ret_inode)
{
    struct str word[10];
    int n = 0;
    uint32_t state;
    struct addr peer;
    while (n < 10 && str_next(&line, " ", &word[n]))
        n += word[n].n > 0;
    if (n < 10 || !hex(word[3], &state) || state != (udp ? UDP_BOUND : TCP_LISTEN))
        return false;
    if (socket_addr(word[2], v6, &peer)) /* a port of the peer: connected */
        return false;
    return socket_addr(word[1], v6, ret_at) && inode_of(word[9], ret_inode);
}

static void read_table(struct listening *l, const char *path, bool udp, bool v6)
{
    struct buf text = BUF_MAX(MAX_TABLE);
    struct str rest, line;
    struct listener one = {.udp = udp};
    uint64_t inode;
    (void)machine_read(path, &text, NULL);
    rest = (struct str){buf_text(&text), text.len};
    while (str_next(&rest, "\n", &line) && l->at.n < HOST_MAX_LISTENERS) {
        if (!host_socket_line(line, udp, v6, &one.at, &inode))
            continue;
        str_print(one.inode, sizeof one.inode, "%llu", (unsigned long long)inode);
        VEC_PUSH(&l->at, one);
    }
    buf_done(&text);
}

/* ---- processes ---- */

static bool process_text(int64_t pid, const char *file, struct buf *out)
{
    char path[64];
    str_print(path, sizeof path, "/proc/%lld/%s", (long long)pid, file);
    return machine_read(path, out, NULL) == 0;
}

static void name_process(struct listener *at)
{
    struct buf comm = BUF_MAX(256), groups = BUF_MAX(16384);
    struct str rest, line;
    if (process_text(at->pid, "comm", &comm))
        str_copyn(at->program, sizeof at->program, buf_text(&comm), strcspn(buf_text(&comm), "\n"));
    for (char *c = at->program; *c; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
            *c = '?';
    (void)process_text(at->pid, "cgroup", &groups);
    rest = (struct str){buf_text(&groups), groups.len};
    while (str_next(&rest, "\n", &line)) { /* "0::/system.slice/nginx.service" */
        const char *slash = line.n ? memrchr(line.p, '/', line.n) : NULL;
        struct str last = slash ? (struct str){slash + 1, line.n - (size_t)(slash + 1 - line.p)} : (struct str){"", 0};
        if (last.n > 8 && last.n < sizeof at->unit && memcmp(last.p + last.n - 8, ".service", 8) == 0)
            str_copyn(at->unit, sizeof at->unit, last.p, last.n);
    }
    buf_done(&comm);
    buf_done(&groups);
}

/* systemd holds the sockets of services that it starts on demand: anybody else is the better answer. */
static void claim(struct listening *l, const char *inode)
{
    struct listener *at = map_find(&l->by_inode, inode);
    if (!at || (at->pid > 1 && at->pid < l->pid) || (at->pid && l->pid == 1))
        return;
    at->pid = l->pid;
}

static int on_fd(void *arg, const char *name)
{
    struct listening *l = arg;
    char path[80], to[80];
    if (++l->fds > HOST_MAX_FDS)
        return 1;
    str_print(path, sizeof path, "/proc/%lld/fd/%.20s", (long long)l->pid, name);
    if (machine_link(path, to, sizeof to, NULL) == 0 && str_starts(to, "socket:[")) {
        to[strcspn(to, "]")] = '\0';
        claim(l, to + 8);
    }
    return 0;
}

static int on_process(void *arg, const char *name)
{
    struct listening *l = arg;
    char path[64];
    if (name[strspn(name, "0123456789")] || str_i64(name, &l->pid) != 0)
        return 0;
    str_print(path, sizeof path, "/proc/%lld/fd", (long long)l->pid);
    if (machine_list(path, HOST_MAX_FDS, on_fd, l, NULL) == ERR_DENIED)
        l->s->hidden = true;
    return l->fds > HOST_MAX_FDS;
}

/* ---- ports ---- */

/* The easier it is to reach from here, the better. */
static int rank(const struct addr *a)
{
    char host[ADDR_TEXT_BYTES];
    addr_host(a, host);
    return str_eq(host, "0.0.0.0") ? 0 : str_starts(host, "127.") ? 1 : str_eq(host, "::") ? 2 : str_eq(host, "::1") ? 3 : str_starts(host, "fe80") ? 9 : addr_is_v6(a) ? 5 : 4;
}

static void reach(struct port *p, const struct addr *at)
{
    int r = rank(at);
    p->at = *at;
    if (r == 0)
        (void)addr_parse("127.0.0.1", p->port, &p->at);
    if (r == 2)
        (void)addr_parse("::1", p->port, &p->at);
    addr_format(&p->at, p->where);
}

static void put_port(struct seen *s, const struct listener *l)
{
    int port = addr_port(&l->at);
    struct port *p = NULL;
    for (size_t i = 0; i < s->ports.n && !p; i++)
        if (s->ports.at[i].udp == l->udp && s->ports.at[i].port == port)
            p = &s->ports.at[i];
    if (!p && s->ports.n == HOST_MAX_PORTS)
        return;
    if (!p) {
        VEC_PUSH(&s->ports, ((struct port){.udp = l->udp, .port = port}));
        p = &s->ports.at[s->ports.n - 1];
        reach(p, &l->at);
    } else {
        char was[ADDR_TEXT_BYTES];
        struct addr now = l->at;
        addr_host(&p->at, was);
        if (rank(&now) < rank(&p->at) || (rank(&now) == 0 && addr_is_v6(&p->at)))
            reach(p, &now);
    }
    if (!p->program[0]) {
        str_copy(p->program, sizeof p->program, l->program);
        str_copy(p->unit, sizeof p->unit, l->unit);
        p->pid = l->pid;
    }
}

static int by_number(const void *a, const void *b)
{
    const struct port *x = a, *y = b;
    return x->udp != y->udp ? x->udp - y->udp : x->port - y->port;
}

void host_listen(struct seen *s)
{
    struct listening l = {.s = s};
    read_table(&l, "/proc/net/tcp", false, false);
    read_table(&l, "/proc/net/tcp6", false, true);
    read_table(&l, "/proc/net/udp", true, false);
    read_table(&l, "/proc/net/udp6", true, true);
    for (size_t i = 0; i < l.at.n; i++)
        map_set(&l.by_inode, l.at.at[i].inode, &l.at.at[i]);
    (void)machine_list("/proc", HOST_MAX_PROCESSES, on_process, &l, NULL);
    for (size_t i = 0; i < l.at.n; i++) {
        if (l.at.at[i].pid)
            name_process(&l.at.at[i]);
        put_port(s, &l.at.at[i]);
    }
    if (s->ports.n)
        qsort(s->ports.at, s->ports.n, sizeof *s->ports.at, by_number);
    map_done(&l.by_inode);
    VEC_DONE(&l.at);
}
