/* SPDX-License-Identifier: GPL-3.0-or-later */
/* httpd_listen.c: listening sockets, one MHD daemon each, and the book of connections: how many an
 * address may have, and which have stalled.  What is said on a connection is httpd.c's affair. */
#include "io/httpd_priv.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 511, LISTEN_MEMORY = 32 << 10, LISTEN_LEAST = 64, LISTEN_MOST = 4096 };
enum { SLICE_NS = 200000 };
enum { FAREWELL_MS = 600, FAREWELL_STEP_MS = 2 };

/* ---- connections ---- */

/* An IPv4 peer of a dual-stack socket is an IPv4 peer. */
static void peer_copy(const struct sockaddr *sa, struct addr *ret)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)sa;
    struct sockaddr_in *four = (struct sockaddr_in *)(void *)ret->space;
    memset(ret, 0, sizeof *ret);
    if (sa->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
        four->sin_family = AF_INET;
        four->sin_port = six->sin6_port;
        memcpy(&four->sin_addr, six->sin6_addr.s6_addr + 12, 4);
        ret->len = sizeof *four;
        return;
    }
    ret->len = sa->sa_family == AF_INET    ? sizeof *four
               : sa->sa_family == AF_INET6 ? sizeof *six
                                           : sizeof(sa_family_t);
    memcpy(ret->space, sa, ret->len);
}

static unsigned bucket_of(const struct addr *a)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)a->space;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)a->space;
    uint64_t h = a->sa.sa_family == AF_INET    ? hash_bytes(&four->sin_addr, 4, 0)
                 : a->sa.sa_family == AF_INET6 ? hash_bytes(&six->sin6_addr, 16, 0)
                                               : 0;
    return (unsigned)(h % HTTPD_BUCKETS);
}

static enum MHD_Result on_accept(void *cls, const struct sockaddr *sa, socklen_t len)
{
    struct listener *ls = cls;
    struct httpd *h = ls->h;
    struct addr a;
    if (atomic_load(&h->closing))
        return MHD_NO;
    if (ls->local || sa == NULL)
        return MHD_YES;
    peer_copy(sa, &a);
    if (addr_is_loopback(&a) && !h->limits.loopback_too)
        return MHD_YES;
    int n = 0;
    pthread_mutex_lock(&h->conn_lock);
    for (struct httpd_conn *c = h->buckets[bucket_of(&a)]; c != NULL; c = c->bucket_next)
        n += addr_equal(&c->addr, &a);
    pthread_mutex_unlock(&h->conn_lock);
    if (n >= h->limits.per_address)
        atomic_fetch_add(&h->rejected, 1);
    return n >= h->limits.per_address ? MHD_NO : MHD_YES;
}

static struct httpd_conn *conn_new(struct httpd *h, struct MHD_Connection *mc)
{
    struct httpd_conn *c = NEW(struct httpd_conn);
    c->fd = MHD_get_connection_info(mc, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    peer_copy(MHD_get_connection_info(mc, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr,
              &c->addr);
    c->bucket = bucket_of(&c->addr);
    c->since_ms = clock_mono_ms();
    pthread_mutex_lock(&h->conn_lock);
    c->next = h->conns;
    if (c->next != NULL)
        c->next->prev = c;
    h->conns = c;
    c->bucket_next = h->buckets[c->bucket];
    if (c->bucket_next != NULL)
        c->bucket_next->bucket_prev = c;
    h->buckets[c->bucket] = c;
    pthread_mutex_unlock(&h->conn_lock);
    return c;
}

static void conn_free(struct httpd *h, struct httpd_conn *c)
{
    pthread_mutex_lock(&h->conn_lock);
    if (c->next != NULL)
        c->next->prev = c->prev;
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        h->conns = c->next;
    if (c->bucket_next != NULL)
        c->bucket_next->bucket_prev = c->bucket_prev;
    if (c->bucket_prev != NULL)
        c->bucket_prev->bucket_next = c->bucket_next;
    else
        h->buckets[c->bucket] = c->bucket_next;
    pthread_mutex_unlock(&h->conn_lock);
    mem_free(c);
}

static void on_connection(void *cls, struct MHD_Connection *mc, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct listener *ls = cls;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = conn_new(ls->h, mc);
    } else if (*socket_context != NULL) {
        conn_free(ls->h, *socket_context);
        *socket_context = NULL;
    }
}

struct httpd_conn *httpd_conn_of(struct MHD_Connection *c)
{
    return MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* MHD's own time-out counts from the last byte, so a peer that sends one byte now and then would
 * stay for ever.  The descriptor is ours to shut down as long as the connection is in the book. */
void httpd_conn_sweep(struct httpd *h)
{
    int64_t now_ms = clock_mono_ms();
    pthread_mutex_lock(&h->conn_lock);
    for (struct httpd_conn *c = h->conns; c != NULL; c = c->next) {
        unsigned requests = atomic_load(&c->requests);
        if (requests != c->seen || atomic_load(&c->busy)) {
            c->seen = requests;
            c->since_ms = now_ms;
        } else if (now_ms - c->since_ms > h->limits.stall_ms) {
            shutdown(c->fd, SHUT_RDWR);
            atomic_fetch_add(&h->rejected, 1);
        }
    }
    pthread_mutex_unlock(&h->conn_lock);
}

/* ---- listening ---- */

static int listen_fail(struct err *e, const char *where, int errnum)
{
    int code = err_from_errno(errnum);
    if (errnum == EADDRINUSE)
        return err_set(e, ERR_CONFLICT, MSG("cannot listen on {1}: the address is in use"), "s",
                       where);
    if (code == ERR_DENIED)
        return err_set(e, code, MSG("cannot listen on {1}: permission denied"), "s", where);
    if (errnum == EADDRNOTAVAIL)
        return err_set(e, code, MSG("cannot listen on {1}: this machine does not have the address"),
                       "s", where);
    return err_set(e, code, MSG("cannot listen on {1} ({2})"), "ss", where, err_name(code));
}

/* ":8444" is every address of both families where there is IPv6. */
static int where_parse(const char *where, struct addr *ret, bool *ret_both)
{
    char host[ADDR_TEXT_BYTES];
    int port;
    if (addr_split(where, host, sizeof host, &port) != 0 || port < 0)
        return ERR_INVALID;
    bool any = host[0] == '\0' || str_eq(host, "*");
    *ret_both = any || str_eq(host, "::");
    return addr_parse(any ? "::" : str_eq(host, "localhost") ? "127.0.0.1" : host, port, ret);
}

static int tcp_socket(const struct addr *a, bool both)
{
    const int on = 1, v6_only = !both;
    int fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a->sa.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
    if (bind(fd, &a->sa, a->len) == 0 && listen(fd, LISTEN_BACKLOG) == 0)
        return fd;
    int errnum = errno;
    close(fd);
    errno = errnum;
    return -1;
}

static int tcp_listen(const char *where, int *ret_fd, int *ret_port, struct err *e)
{
    struct addr a;
    bool both;
    if (where_parse(where, &a, &both) != 0)
        return err_set(e, ERR_INVALID,
                       MSG("“{1}” is not an address to listen on, such as 127.0.0.1:8444"), "s",
                       where);
    int fd = tcp_socket(&a, both);
    if (fd < 0 && both && errno == EAFNOSUPPORT) {
        int port = addr_port(&a);
        addr_parse("0.0.0.0", port, &a);
        fd = tcp_socket(&a, false);
    }
    if (fd < 0)
        return listen_fail(e, where, errno);
    a.len = sizeof a.space;
    if (getsockname(fd, &a.sa, &a.len) == 0 && ret_port != NULL)
        *ret_port = addr_port(&a);
    *ret_fd = fd;
    return 0;
}

/* A socket file that nobody answers on is left over from a killed daemon. */
static bool unix_stale(const struct addr *a)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    bool stale = connect(fd, &a->sa, a->len) != 0 && errno == ECONNREFUSED;
    close(fd);
    return stale;
}

static int unix_bind(int fd, const char *path, const struct addr *a)
{
    struct stat st;
    if (bind(fd, &a->sa, a->len) == 0)
        return 0;
    if (errno != EADDRINUSE)
        return errno;
    if (lstat(path, &st) != 0 || !S_ISSOCK(st.st_mode) || !unix_stale(a))
        return EADDRINUSE;
    unlink(path);
    return bind(fd, &a->sa, a->len) == 0 ? 0 : errno;
}

static int unix_listen(const char *where, const char *path, int *ret_fd, struct err *e)
{
    struct addr a;
    if (addr_unix(path, &a) != 0)
        return err_set(e, ERR_LIMIT, MSG("the path of the socket is too long: {1}"), "s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return listen_fail(e, where, errno);
    int errnum = unix_bind(fd, path, &a);
    /* Nobody can connect before listen(), so the mode is right from the start. */
    if (errnum == 0 && (chmod(path, 0660) != 0 || listen(fd, LISTEN_BACKLOG) != 0))
        errnum = errno;
    if (errnum != 0) {
        close(fd);
        return listen_fail(e, where, errnum);
    }
    *ret_fd = fd;
    return 0;
}

/* Half of the descriptors: the other half is for checks, files and plugins. */
static unsigned connection_limit(void)
{
    struct rlimit rl;
    if (getrlimit(RLIMIT_NOFILE, &rl) != 0 || rl.rlim_cur / 2 > LISTEN_MOST)
        return LISTEN_MOST;
    return rl.rlim_cur / 2 < LISTEN_LEAST ? LISTEN_LEAST : (unsigned)(rl.rlim_cur / 2);
}

/* Paths and parameters come to us as they were sent; they are decoded once, by us. */
static size_t keep_escaped(void *cls, struct MHD_Connection *c, char *text)
{
    return strlen(text);
}

static bool is_v6(int fd)
{
    int family = 0;
    socklen_t len = sizeof family;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) == 0 && family == AF_INET6;
}

/* A reader's answer takes some 20 µs of processor.  Where everything is busy (mails by the thousand go out in the
 * minute in which everybody looks), the kernel may let such a thread wait for the whole slice of another; a short
 * slice of its own, which does not change its share, lets it go first (Linux 6.12; others take no notice).  Threads
 * inherit it from who starts them.  0: the system's own.  man 2 sched_setattr; glibc 2.36 has no name for it. */
static void slice_set(uint64_t ns)
{
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } attr = {.size = sizeof attr, .policy = SCHED_OTHER, .nice = getpriority(PRIO_PROCESS, 0), .runtime = ns};
    if (sched_getscheduler(0) == SCHED_OTHER) /* else somebody has chosen for us */
        syscall(SYS_sched_setattr, 0, &attr, 0);
}

static struct MHD_Daemon *mhd_start(struct listener *ls, int fd, unsigned threads)
{
    unsigned flags =
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | (is_v6(fd) ? MHD_USE_IPv6 : 0u);
    /* The pool's option is refused for one thread. */
    struct MHD_OptionItem pool[] = {
        {threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, (intptr_t)threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    sigset_t all, before; /* MHD's threads take no signals */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    slice_set(SLICE_NS);
    struct MHD_Daemon *mhd = MHD_start_daemon(
        flags, 0, on_accept, ls, httpd_on_request, ls, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_ARRAY, pool, MHD_OPTION_CONNECTION_LIMIT, connection_limit(),
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTPD_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)LISTEN_MEMORY, MHD_OPTION_NOTIFY_CONNECTION, on_connection, ls,
        MHD_OPTION_NOTIFY_COMPLETED, httpd_on_completed, ls, MHD_OPTION_URI_LOG_CALLBACK,
        httpd_on_url, ls, MHD_OPTION_UNESCAPE_CALLBACK, keep_escaped, NULL, MHD_OPTION_END);
    slice_set(0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return mhd;
}

int httpd_listen(struct httpd *h, const char *where, int *ret_index, int *ret_port, struct err *e)
{
    bool local = str_starts(where, "unix:");
    int fd = -1;
    if (h->n_listeners >= HTTPD_MAX_LISTENERS)
        return err_set(e, ERR_LIMIT, MSG("cannot listen on {1}: too many addresses already"), "s",
                       where);
    int rc = local ? unix_listen(where, where + 5, &fd, e) : tcp_listen(where, &fd, ret_port, e);
    if (rc != 0)
        return rc;
    struct listener *ls = NEW(struct listener);
    *ls = (struct listener){.h = h, .index = h->n_listeners, .local = local};
    ls->unix_path = local ? mem_dup(where + 5) : NULL;
    ls->mhd = mhd_start(ls, fd, local ? 1 : (unsigned)h->threads);
    if (ls->mhd == NULL) {
        close(fd);
        httpd_listener_free(ls);
        return err_set(e, ERR_IO, MSG("cannot listen on {1} ({2})"), "ss", where, "threads");
    }
    h->listeners[h->n_listeners++] = ls;
    if (ret_index != NULL)
        *ret_index = ls->index;
    return 0;
}

/* How many connections there are, after telling them all that no more will be read, or written. */
static int conns_shut(struct httpd *h, int how)
{
    int n = 0;
    pthread_mutex_lock(&h->conn_lock);
    for (struct httpd_conn *c = h->conns; c != NULL; c = c->next, n++)
        shutdown(c->fd, how);
    pthread_mutex_unlock(&h->conn_lock);
    return n;
}

/* MHD (0.9.75) follows a null pointer when it meets a bad request while it is being stopped.  So
 * the connections are ended before: answers under way may still go out, then all is cut.  New ones
 * are refused by the accept policy, not by MHD_quiesce_daemon(): with epoll that takes the socket
 * out of the set while a worker does the same, and MHD aborts when it comes second. */
void httpd_conn_farewell(struct httpd *h)
{
    const struct timespec step = {0, FAREWELL_STEP_MS * 1000000};
    atomic_store(&h->closing, true);
    for (int ms = 0; ms < FAREWELL_MS; ms += FAREWELL_STEP_MS) {
        if (conns_shut(h, ms < FAREWELL_MS / 2 ? SHUT_RD : SHUT_RDWR) == 0)
            return;
        nanosleep(&step, NULL);
    }
}

void httpd_listener_free(struct listener *ls)
{
    if (ls->mhd != NULL)
        MHD_stop_daemon(ls->mhd);
    if (ls->unix_path != NULL)
        unlink(ls->unix_path);
    mem_free(ls->unix_path);
    mem_free(ls);
}
