/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dns_channel.c: c-ares channels on a loop: their sockets are watched, their clock ticks while
 * something waits, and they are made anew when the system's configuration changes.  It knows
 * nothing of look-ups. */
#include "io/dns_channel.h"

#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    MAX_SERVERS = 256,
    TICK_MS = 100, /* how often c-ares looks for what to send again */
    TRY_MS = 1000, /* doubled with every try */
    TRIES = 4,
    LOOK_AT_FILES_MS = 10000,
    MAX_HOSTS_BYTES = 1 << 20, /* a larger hosts file is not kept, but read for every name */
};

struct channel_fd {
    struct channel_fd *next;
    struct channel *channel;
    struct watch watch;
};

/* ---- sockets for c-ares: as its own, but close-on-exec from the start and with two calls less
 * ---- */

static ares_socket_t do_socket(int family, int type, int protocol, void *unused)
{
    return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
}

static int do_close(ares_socket_t fd, void *unused)
{
    return close(fd);
}

static int do_connect(ares_socket_t fd, const struct sockaddr *sa, ares_socklen_t n, void *unused)
{
    return connect(fd, sa, n);
}

static ares_ssize_t do_recvfrom(ares_socket_t fd, void *p, size_t n, int flags, struct sockaddr *sa,
                                ares_socklen_t *sa_len, void *unused)
{
    return recvfrom(fd, p, n, flags, sa, sa_len);
}

static ares_ssize_t do_sendv(ares_socket_t fd, const struct iovec *iov, int n, void *unused)
{
    struct msghdr m = {.msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = (size_t)n};
    return sendmsg(fd, &m, MSG_NOSIGNAL);
}

static const struct ares_socket_functions socket_functions = {do_socket, do_close, do_connect,
                                                              do_recvfrom, do_sendv};

/* ---- driving ---- */

void channel_started(struct channel *c)
{
    if (c->pending > 0 && !timer_is_set(&c->tick))
        timer_set(&c->tick, TICK_MS);
}

static void process(struct channel *c, ares_socket_t in, ares_socket_t out)
{
    struct channels *set = c->set;
    ares_process_fd(c->ares, in, out);
    channel_started(c);
    set->after(set->arg); /* c may be gone now */
}

static void on_tick(void *arg)
{
    process(arg, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static void on_events(void *arg, unsigned events)
{
    struct channel_fd *f = arg;
    bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
    ares_socket_t in = broken || (events & EPOLLIN) != 0 ? f->watch.fd : ARES_SOCKET_BAD;
    ares_socket_t out = (events & EPOLLOUT) != 0 ? f->watch.fd : ARES_SOCKET_BAD;
    process(f->channel, in, out);
}

static struct channel_fd *fd_find(struct channel *c, int fd)
{
    struct channel_fd *f = c->fds;
    while (f != NULL && f->watch.fd != fd)
        f = f->next;
    return f;
}

static void fd_forget(struct channel *c, struct channel_fd *f)
{
    struct channel_fd **at = &c->fds;
    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    watch_drop(&f->watch); /* c-ares says so right before it closes */
    mem_free(f);
}

static void on_state(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct channel *c = arg;
    struct channel_fd *f = fd_find(c, fd);
    unsigned events = (readable ? EPOLLIN : 0) | (writable ? EPOLLOUT : 0);
    if (f != NULL && events == 0) {
        fd_forget(c, f);
    } else if (f != NULL) {
        watch_change(&f->watch, events);
    } else if (events != 0) {
        f = NEW(struct channel_fd);
        f->channel = c;
        f->watch.fd = fd;
        f->next = c->fds;
        c->fds = f;
        watch_start(&f->watch, c->set->loop, fd, events, on_events,
                    f); /* on failure: the job's time-out */
    }
}

static int use_server(ares_channel ares, const struct addr *a)
{
    struct ares_addr_port_node node = {.family = a->sa.sa_family};
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    int port = addr_port(a);
    node.udp_port = node.tcp_port = port != 0 ? port : 53;
    if (a->sa.sa_family == AF_INET) {
        memcpy(&v4, a->space, sizeof v4);
        node.addr.addr4 = v4.sin_addr;
    } else if (a->sa.sa_family == AF_INET6) {
        memcpy(&v6, a->space, sizeof v6);
        memcpy(&node.addr.addr6, &v6.sin6_addr, 16);
    } else {
        return ARES_EBADFAMILY;
    }
    return ares_set_servers_ports(ares, &node);
}

static struct channel *channel_free(struct channel *c)
{
    timer_clear(&c->tick);
    ares_destroy(c->ares); /* calls back for all that waits, and closes */
    while (c->fds != NULL)
        fd_forget(c, c->fds);
    c->set->n--;
    return mem_free(c);
}

static struct channel *channel_new(struct channels *set, enum channel_kind kind,
                                   const struct addr *server)
{
    struct channel *c = NEW(struct channel);
    c->set = set;
    c->kind = kind;
    timer_init(&c->tick, set->loop, on_tick, c);
    struct ares_options o = {.timeout = TRY_MS,
                             .tries = TRIES,
                             .ednspsz = DNS_EDNS_BYTES,
                             .sock_state_cb = on_state,
                             .sock_state_cb_data = c};
    /* A question to a server wants its very answer, SERVFAIL included; a look-up asks the next
     * server then. */
    o.flags = ARES_FLAG_EDNS | (kind == SYSTEM_QUERY || kind == OTHER ? ARES_FLAG_NOCHECKRESP : 0);
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
               ARES_OPT_SOCK_STATE_CB;
    char dns_only[] = "b";
    o.lookups = dns_only;
    if (kind == SYSTEM_RESOLVE_DNS)
        mask |= ARES_OPT_LOOKUPS;
    int status = ares_init_options(&c->ares, &o, mask);
    if (status != ARES_SUCCESS)
        return mem_free(c);
    ares_set_socket_functions(c->ares, &socket_functions, NULL);
    set->n++;
    if (server != NULL && use_server(c->ares, server) != ARES_SUCCESS)
        return channel_free(c);
    if (server != NULL)
        c->addr = *server;
    c->next = set->first;
    set->first = c;
    return c;
}

static bool channel_fits(const struct channel *c, enum channel_kind kind, const struct addr *server)
{
    if (c->retired || c->kind != kind)
        return false;
    return kind != OTHER ||
           (addr_port(&c->addr) == addr_port(server) && addr_equal(&c->addr, server));
}

void channels_reap(struct channels *set)
{
    for (struct channel **at = &set->first, *c; (c = *at) != NULL;) {
        if (!c->retired || c->pending > 0) {
            at = &c->next;
            continue;
        }
        *at = c->next;
        channel_free(c);
    }
}

static struct timespec file_changed(const char *path)
{
    struct stat st = {0};
    if (stat(path, &st) != 0)
        st = (struct stat){0};
    return st.st_mtim;
}

static bool time_set(struct timespec *at, struct timespec now)
{
    bool changed = at->tv_sec != now.tv_sec || at->tv_nsec != now.tv_nsec;
    *at = now;
    return changed;
}

static void hosts_read(struct channels *set)
{
    char b[4096];
    ssize_t n = 0;
    int fd = open("/etc/hosts", O_RDONLY | O_CLOEXEC);
    buf_clear(&set->hosts);
    set->hosts.full = false;
    while (fd >= 0 && !set->hosts.full && (n = read(fd, b, sizeof b)) > 0)
        buf_add(&set->hosts, b, (size_t)n);
    if (n < 0)
        set->hosts.full = true;
    if (fd >= 0)
        close(fd);
}

/* The files may have changed: the network came up after us, or the machine moved. */
static void files_look(struct channels *set)
{
    int64_t now_ms = clock_mono_ms();
    if (set->looked_ms != 0 && now_ms - set->looked_ms < LOOK_AT_FILES_MS)
        return;
    set->looked_ms = now_ms;
    bool changed = time_set(&set->conf_changed, file_changed("/etc/resolv.conf"));
    for (struct channel *c = set->first; c != NULL && changed; c = c->next)
        c->retired |= c->kind != OTHER;
    if (time_set(&set->hosts_changed, file_changed("/etc/hosts")))
        hosts_read(set);
}

/* c-ares reads the hosts file anew for every name, which costs more than asking a server: it is
 * spared that when the file does not have the name anywhere. */
enum channel_kind channels_kind(struct channels *set, const char *name)
{
    files_look(set);
    bool there =
        set->hosts.full || name[0] == '\0' || strcasestr(buf_text(&set->hosts), name) != NULL;
    return there ? SYSTEM_RESOLVE : SYSTEM_RESOLVE_DNS;
}

static void retire_oldest(struct channels *set)
{
    struct channel *oldest = NULL;
    for (struct channel *c = set->first; c != NULL; c = c->next)
        if (c->kind == OTHER && c->pending == 0 && (oldest == NULL || c->used_ms < oldest->used_ms))
            oldest = c;
    if (oldest != NULL)
        oldest->retired = true;
}

struct channel *channels_get(struct channels *set, enum channel_kind kind,
                             const struct addr *server)
{
    if (kind != OTHER)
        files_look(set);
    struct channel *c = set->first;
    while (c != NULL && !channel_fits(c, kind, server))
        c = c->next;
    if (c == NULL) {
        if (set->n >= MAX_SERVERS)
            retire_oldest(set);
        channels_reap(set);
        c = set->n < MAX_SERVERS ? channel_new(set, kind, server) : NULL;
    }
    if (c != NULL)
        c->used_ms = clock_mono_ms();
    return c;
}

void channels_init(struct channels *set, struct loop *l, void (*after)(void *arg), void *arg)
{
    *set =
        (struct channels){.loop = l, .after = after, .arg = arg, .hosts = BUF_MAX(MAX_HOSTS_BYTES)};
}

void channels_done(struct channels *set)
{
    while (set->first != NULL) {
        struct channel *c = set->first;
        set->first = c->next;
        channel_free(c);
    }
    buf_done(&set->hosts);
}
