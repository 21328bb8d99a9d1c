/* SPDX-License-Identifier: GPL-3.0-or-later */
/* httpc_multi.c: libcurl's multi handle on our loop, the life of the jobs on it, and their failures
 * in words.  What is exchanged is the affair of httpc.c and mail.c.
 *
 * libcurl must not be called from its own callbacks: what comes then waits for the end of the call
 * (`inside`). */
#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "io/httpc_priv.h"
#include "io/loop_priv.h"
#include <netinet/in.h>
#include <string.h>

enum {
    HTTPC_MAGIC = 0x477c,
    JOB_MAGIC = 0x477d,
    POOL_MOST = 64, /* easy handles kept */
    KEPT_CONNECTIONS = 40,
};

struct easy_watch { /* one descriptor of libcurl's */
    struct watch watch;
    struct httpc *h;
    struct easy_watch *next; /* when it is free */
};
struct httpc {
    unsigned magic;
    struct loop *loop;
    CURLM *multi;
    struct timer timer;
    VEC(CURL *) pool;
    struct easy_watch *spare;
    struct stores *stores;
    struct curl_slist *placeholder;
    struct httpc_job *jobs;
    int inside;    /* libcurl is being called */
    bool deferred; /* something to do once it is not */
};

/* ---- libcurl and the loop ---- */

static void settle(struct httpc *h);

static void action(struct httpc *h, curl_socket_t fd, int what)
{
    int running;
    h->inside++;
    curl_multi_socket_action(h->multi, fd, what, &running);
    h->inside--;
    settle(h);
}

static void on_watch(void *arg, unsigned events)
{
    struct easy_watch *w = arg;
    int what = 0;
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        what |= CURL_CSELECT_IN;
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        what |= CURL_CSELECT_OUT;
    action(w->h, w->watch.fd, what);
}

static void on_timer(void *arg)
{
    action(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer_wish(CURLM *multi, long timeout_ms, void *arg)
{
    struct httpc *h = arg;
    if (timeout_ms < 0)
        timer_clear(&h->timer);
    else
        timer_set(&h->timer, timeout_ms);
    return 0;
}

static struct easy_watch *watch_new(struct httpc *h)
{
    struct easy_watch *w = h->spare;
    if (w == NULL)
        w = NEW(struct easy_watch);
    else
        h->spare = w->next;
    *w = (struct easy_watch){.h = h};
    return w;
}

static int on_socket_wish(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct httpc *h = arg;
    struct easy_watch *w = socket_arg;
    if (what == CURL_POLL_REMOVE) {
        if (w == NULL)
            return 0;
        watch_stop(&w->watch);
        w->next = h->spare;
        h->spare = w;
        curl_multi_assign(h->multi, fd, NULL);
        return 0;
    }
    unsigned events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    if (w != NULL) {
        watch_change(&w->watch, events);
        return 0;
    }
    w = watch_new(h);
    if (watch_start(&w->watch, h->loop, fd, events, on_watch, w) != 0)
        return -1;
    curl_multi_assign(h->multi, fd, w);
    return 0;
}

/* ---- jobs ---- */

static void on_refused(void *arg)
{
    struct httpc_job *job = arg;
    CHECK_OBJ(job, JOB_MAGIC);
    job->finish(job, CURLE_FAILED_INIT);
}

/* The pinned address takes the placeholder's place, with the URL's port unless it has its own. */
static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct httpc_job *job = arg;
    if (job->at_addr < job->n_addrs) {
        struct addr placeholder = {.len = to->addrlen};
        memcpy(placeholder.space, &to->addr, to->addrlen);
        job->peer = job->addrs[job->at_addr];
        if (addr_port(&job->peer) == 0)
            addr_set_port(&job->peer, addr_port(&placeholder));
        memcpy(&to->addr, job->peer.space, job->peer.len);
        to->addrlen = job->peer.len;
        to->family = job->peer.sa.sa_family;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, to->protocol);
}

struct httpc_job *httpc_job_new(struct httpc *h, void (*finish)(struct httpc_job *job, CURLcode rc))
{
    struct httpc_job *job = NEW(struct httpc_job);
    job->magic = JOB_MAGIC;
    job->h = h;
    job->arena = arena_new(2048);
    job->finish = finish;
    job->tls.stores = h->stores;
    job->started_us = job->tried_us = clock_mono_us();
    timer_init(&job->timer, h->loop, on_refused, job);
    job->easy = h->pool.n > 0 ? h->pool.at[--h->pool.n] : curl_easy_init();
    ASSERT(job->easy != NULL);
    job->next = h->jobs;
    if (job->next != NULL)
        job->next->prev = job;
    h->jobs = job;
    curl_easy_setopt(job->easy, CURLOPT_PRIVATE, job);
    curl_easy_setopt(job->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(job->easy, CURLOPT_ERRORBUFFER, job->message);
    curl_easy_setopt(job->easy, CURLOPT_PROXY, ""); /* not even from the environment */
    curl_easy_setopt(job->easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(job->easy, CURLOPT_OPENSOCKETDATA, job);
    return job;
}

void httpc_job_refuse(struct httpc_job *job, int code, const char *msgid, const char *text)
{
    err_set(&job->early, code, msgid, "s", text);
    timer_set(&job->timer, 0);
}

void httpc_job_add(struct httpc_job *job)
{
    struct httpc *h = job->h;
    if (h->inside > 0) {
        h->deferred = true;
        return;
    }
    job->added = true;
    ASSERT(curl_multi_add_handle(h->multi, job->easy) == CURLM_OK);
}

static void job_remove(struct httpc_job *job)
{
    if (job->added)
        curl_multi_remove_handle(job->h->multi, job->easy);
    job->added = false;
}

void httpc_job_readd(struct httpc_job *job)
{
    job_remove(job);
    httpc_tls_done(job);
    job->tried_us = clock_mono_us();
    httpc_job_add(job);
}

static void easy_put_back(struct httpc *h, CURL *easy)
{
    if (h->pool.n >= POOL_MOST) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    VEC_PUSH(&h->pool, easy);
}

void httpc_job_end(struct httpc_job *job)
{
    struct httpc *h = job->h;
    timer_clear(&job->timer);
    job_remove(job);
    easy_put_back(h, job->easy);
    if (job->prev != NULL)
        job->prev->next = job->next;
    else
        h->jobs = job->next;
    if (job->next != NULL)
        job->next->prev = job->prev;
    httpc_tls_done(job);
    arena_free(job->arena);
    job->magic = 0;
    mem_free(job);
}

static void job_finished(struct httpc_job *job, CURLcode rc)
{
    CHECK_OBJ(job, JOB_MAGIC);
    job->finish(job, rc);
}

static void run_deferred(struct httpc *h)
{
    h->deferred = false;
    for (struct httpc_job *job = h->jobs, *next; job != NULL; job = next) {
        next = job->next;
        if (job->cancelled)
            job_finished(job, CURLE_ABORTED_BY_CALLBACK);
        else if (!job->added && job->early.code == 0)
            httpc_job_add(job);
    }
}

/* What ended is told here, outside of libcurl, so that callbacks may start and cancel. */
static void settle(struct httpc *h)
{
    CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(h->multi, &left)) != NULL) {
        struct httpc_job *job = NULL;
        CURLcode rc = m->data.result;
        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&job);
        job_finished(job, rc);
    }
    if (h->deferred)
        run_deferred(h);
}

void httpc_cancel(struct httpc_job *job)
{
    if (job == NULL)
        return;
    CHECK_OBJ(job, JOB_MAGIC);
    job->cancelled = true;
    if (job->h->inside > 0)
        job->h->deferred = true;
    else
        job->finish(job, CURLE_ABORTED_BY_CALLBACK);
}

/* ---- errors ---- */

static const struct {
    CURLcode rc;
    int code;
    const char *msgid;
} errors[] = {
    {CURLE_UNSUPPORTED_PROTOCOL, ERR_PROTOCOL, MSG("{1} answered with something that is not HTTP")},
    {CURLE_WEIRD_SERVER_REPLY, ERR_PROTOCOL, MSG("{1} answered with something that is not HTTP")},
    {CURLE_HTTP2, ERR_PROTOCOL, MSG("{1} broke the rules of HTTP/2")},
    {CURLE_HTTP2_STREAM, ERR_PROTOCOL, MSG("{1} broke the rules of HTTP/2")},
    {CURLE_BAD_CONTENT_ENCODING, ERR_PROTOCOL, MSG("{1} sent a body that cannot be decoded")},
    {CURLE_GOT_NOTHING, ERR_RESET, MSG("{1} closed the connection without an answer")},
    {CURLE_RECV_ERROR, ERR_RESET, MSG("the connection to {1} broke")},
    {CURLE_SEND_ERROR, ERR_RESET, MSG("the connection to {1} broke")},
    {CURLE_PARTIAL_FILE, ERR_RESET, MSG("{1} closed the connection in the middle of its answer")},
    {CURLE_URL_MALFORMAT, ERR_INVALID, MSG("the address {1} is not a URL")},
    {CURLE_COULDNT_RESOLVE_HOST, ERR_DNS, MSG("the name of {1} could not be looked up")},
    {CURLE_LOGIN_DENIED, ERR_AUTH, MSG("{1} did not accept user and password")},
    {CURLE_USE_SSL_FAILED, ERR_TLS, MSG("{1} does not offer TLS")},
    {CURLE_OUT_OF_MEMORY, ERR_PROTOCOL,
     MSG("{1} sent a header that is too long")}, /* its buffers have ceilings */
};

static bool tls_failed(CURLcode rc)
{
    return rc == CURLE_SSL_CONNECT_ERROR || rc == CURLE_PEER_FAILED_VERIFICATION ||
           rc == CURLE_SSL_CERTPROBLEM || rc == CURLE_SSL_CIPHER ||
           rc == CURLE_SSL_CACERT_BADFILE || rc == CURLE_SSL_ENGINE_INITFAILED;
}

int64_t httpc_job_us(const struct httpc_job *job, CURLINFO what)
{
    curl_off_t us = 0;
    curl_easy_getinfo(job->easy, what, &us);
    return us;
}

/* libcurl forgets when it connected while the TLS handshake is not over. */
int64_t httpc_job_connected_us(const struct httpc_job *job)
{
    int64_t us = httpc_job_us(job, CURLINFO_CONNECT_TIME_T);
    return us > 0 ? us : job->tls.begun_us;
}

static int timeout_error(const struct httpc_job *job, const char *who, struct err *e)
{
    const char *msgid = MSG("{1} was still answering after {2}");
    if (httpc_job_connected_us(job) == 0)
        msgid = MSG("no connection to {1} within {2}");
    else if (httpc_job_us(job, CURLINFO_PRETRANSFER_TIME_T) == 0)
        msgid = MSG("{1} took the connection, but did not get ready within {2}");
    else if (httpc_job_us(job, CURLINFO_STARTTRANSFER_TIME_T) == 0)
        msgid = MSG("{1} took the request, but did not answer within {2}");
    return err_set(e, ERR_TIMEOUT, msgid, "sd", who, job->timeout_ms);
}

static int connect_error(const struct httpc_job *job, const char *who, struct err *e)
{
    long errnum = 0;
    curl_easy_getinfo(job->easy, CURLINFO_OS_ERRNO, &errnum);
    int code = errnum != 0 ? err_from_errno((int)errnum) : ERR_REFUSED;
    if (code == ERR_REFUSED)
        return err_set(e, code, MSG("{1} refused the connection"), "s", who);
    if (code == ERR_TIMEOUT)
        return err_set(e, code, MSG("no connection to {1}: it does not answer"), "s", who);
    if (code == ERR_UNREACHABLE)
        return err_set(e, code, MSG("{1} cannot be reached: no route"), "s", who);
    return err_set(e, code, MSG("no connection to {1} ({2})"), "ss", who, err_name(code));
}

static int tls_error(const struct httpc_job *job, const char *who, struct err *e)
{
    if (job->tls.err.code != 0) {
        if (e != NULL)
            *e = job->tls.err;
        return ERR_TLS;
    }
    struct buf clean = BUF_MAX(300);
    utf8_clean(&clean, job->message, strlen(job->message), UTF8_ONE_LINE, 200);
    const char *why = buf_text(&clean);
    int code = strstr(why, "wrong version number") != NULL
                   ? err_set(e, ERR_TLS, MSG("{1} does not speak TLS on this port"), "s", who)
                   : err_set(e, ERR_TLS, MSG("no TLS with {1}: {2}"), "ss", who, why);
    buf_done(&clean);
    return code;
}

int httpc_job_error(const struct httpc_job *job, CURLcode rc, const char *who, struct err *e)
{
    if (job->early.code != 0) {
        if (e != NULL)
            *e = job->early;
        return job->early.code;
    }
    if (rc == CURLE_OPERATION_TIMEDOUT)
        return timeout_error(job, who, e);
    if (rc == CURLE_COULDNT_CONNECT)
        return connect_error(job, who, e);
    if (tls_failed(rc))
        return tls_error(job, who, e);
    for (size_t i = 0; i < COUNT(errors); i++)
        if (errors[i].rc == rc)
            return err_set(e, errors[i].code, errors[i].msgid, "s", who);
    return err_set(e, ERR_IO, MSG("the exchange with {1} failed: {2}"), "ss", who,
                   curl_easy_strerror(rc));
}

/* ---- the client ---- */

void httpc_job_placeholder(struct httpc_job *job)
{
    curl_easy_setopt(job->easy, CURLOPT_CONNECT_TO, job->h->placeholder);
    curl_easy_setopt(job->easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
}

struct httpc *httpc_new(struct loop *l)
{
    ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); /* counted by libcurl */
    struct httpc *h = NEW(struct httpc);
    h->magic = HTTPC_MAGIC;
    h->loop = l;
    h->multi = curl_multi_init();
    h->placeholder = curl_slist_append(NULL, "::127.0.0.1:");
    h->stores = httpc_tls_stores_new();
    ASSERT(h->multi != NULL && h->placeholder != NULL);
    timer_init(&h->timer, l, on_timer, h);
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wish);
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer_wish);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
    return h;
}

struct httpc *httpc_free(struct httpc *h)
{
    if (h == NULL)
        return NULL;
    CHECK_OBJ(h, HTTPC_MAGIC);
    ASSERT(h->inside == 0);
    while (h->jobs != NULL)
        httpc_cancel(h->jobs);
    for (size_t i = 0; i < h->pool.n; i++)
        curl_easy_cleanup(h->pool.at[i]);
    VEC_DONE(&h->pool);
    curl_multi_cleanup(h->multi);
    timer_clear(&h->timer);
    while (h->spare != NULL) {
        struct easy_watch *w = h->spare;
        h->spare = w->next;
        mem_free(w);
    }
    curl_slist_free_all(h->placeholder);
    httpc_tls_stores_free(h->stores);
    curl_global_cleanup();
    h->magic = 0;
    return mem_free(h);
}
