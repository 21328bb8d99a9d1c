/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dns.c: look-ups by c-ares: a channel for the system's resolver, and one for each server that is
 * asked by name.  It caches nothing.
 *
 * c-ares calls back from anywhere, also from inside the call that starts a look-up, and cannot
 * forget a single look-up.  So its callback only stores the result and queues the job; the user's
 * callback comes after c-ares has returned, and a job that timed out or was cancelled stays as a
 * shell until c-ares has let go of it. */
#include "io/dns.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "io/dns_channel.h"
#include <string.h>

enum {
    DNS_MAGIC = 0xd250d250,
    JOB_MAGIC = 0x10b010b0,
    MAX_JOBS = 20000, /* shells included */
    RESULTS_A_TURN = 64,
    MAX_NAME = 255,
};

struct dns_job {
    unsigned magic;
    struct dns *dns;
    struct dns_job *prev, *next; /* in dns->jobs, or in dns->done */
    bool in_ares, done, given, shell;
    dns_addrs_fn *addrs_fn; /* either */
    dns_answer_fn *answer_fn;
    void *arg;
    struct timer timer;
    int64_t started_us, timeout_ms;
    struct channel *channel;
    int status; /* of c-ares */
    struct ares_addrinfo *info;
    unsigned char *raw;
    size_t raw_bytes;
    char name[MAX_NAME + 1];
};
struct job_list {
    struct dns_job *first, *last;
};

struct dns {
    unsigned magic;
    struct loop *loop;
    struct channels channels;
    int n_jobs;
    struct job_list jobs, done;
    struct timer flush; /* jobs that ended inside the call that started them */
    int depth;
    bool freed;
};

/* ---- lists ---- */

static void list_add(struct job_list *l, struct dns_job *j)
{
    j->next = NULL;
    j->prev = l->last;
    if (l->last != NULL)
        l->last->next = j;
    else
        l->first = j;
    l->last = j;
}

static void list_remove(struct job_list *l, struct dns_job *j)
{
    if (j->prev != NULL)
        j->prev->next = j->next;
    else
        l->first = j->next;
    if (j->next != NULL)
        j->next->prev = j->prev;
    else
        l->last = j->prev;
    j->prev = j->next = NULL;
}

/* ---- jobs ---- */

static void job_free(struct dns_job *j)
{
    timer_clear(&j->timer);
    if (j->info != NULL)
        ares_freeaddrinfo(j->info);
    mem_free(j->raw);
    j->dns->n_jobs--;
    j->magic = 0;
    mem_free(j);
}

/* The user is done with it; c-ares may not be. */
static void job_release(struct dns_job *j)
{
    timer_clear(&j->timer);
    if (j->in_ares)
        j->shell = true;
    else
        job_free(j);
}

static void job_done(struct dns_job *j, int status)
{
    timer_clear(&j->timer);
    j->status = status;
    j->done = true;
    list_remove(&j->dns->jobs, j);
    list_add(&j->dns->done, j);
}

/* c-ares is through with the job. True: somebody still wants the result. */
static bool ares_let_go(struct dns_job *j)
{
    CHECK_OBJ(j, JOB_MAGIC);
    j->in_ares = false;
    j->channel->pending--;
    if (!j->shell)
        return !j->done; /* done: timed out, and its callback is just running */
    job_free(j);
    return false;
}

static void on_addrinfo(void *arg, int status, int timeouts, struct ares_addrinfo *info)
{
    struct dns_job *j = arg;
    j->info = info;
    if (ares_let_go(j))
        job_done(j, status);
}

static void on_raw(void *arg, int status, int timeouts, unsigned char *p, int n)
{
    struct dns_job *j = arg;
    if (!ares_let_go(j))
        return;
    if (p != NULL && n > 0) {
        j->raw = mem_alloc((size_t)n);
        memcpy(j->raw, p, (size_t)n);
        j->raw_bytes = (size_t)n;
    }
    job_done(j, status);
}

/* ---- results ---- */

static const struct {
    int status, code, answer_code;
    const char *msgid; /* {1}: the name, {2}: the time-out */
} status_words[] = {
    {ARES_ENOTFOUND, ERR_NOT_FOUND, ERR_DNS, MSG("the name {1} does not exist")},
    {ARES_ENODATA, ERR_DNS, ERR_DNS, MSG("the name {1} has no address")},
    {ARES_ETIMEOUT, ERR_TIMEOUT, ERR_TIMEOUT, MSG("no DNS answer for {1} within {2}")},
    {ARES_ECONNREFUSED, ERR_DNS, ERR_REFUSED, MSG("the DNS server refuses connections")},
    {ARES_ESERVFAIL, ERR_DNS, ERR_DNS, MSG("the DNS server cannot answer for {1}")},
    {ARES_EREFUSED, ERR_DNS, ERR_DNS, MSG("the DNS server does not want to answer for {1}")},
    {ARES_EBADNAME, ERR_DNS, ERR_DNS, MSG("{1} is not a valid name")},
    {ARES_EBADQUERY, ERR_DNS, ERR_DNS, MSG("{1} is not a valid name")},
    {ARES_EBADRESP, ERR_DNS, ERR_PROTOCOL, MSG("the DNS answer is malformed")},
    {ARES_ENOMEM, ERR_DNS, ERR_DNS, MSG("too many look-ups are under way")},
    {ARES_EBADFAMILY, ERR_DNS, ERR_DNS, MSG("the DNS server cannot be used")},
};

static int status_set(const struct dns_job *j, struct err *e)
{
    bool answer = j->answer_fn != NULL;
    for (size_t i = 0; i < COUNT(status_words); i++)
        if (status_words[i].status == j->status)
            return err_set(e, answer ? status_words[i].answer_code : status_words[i].code,
                           status_words[i].msgid, "sd", j->name, j->timeout_ms);
    return err_set(e, ERR_DNS, MSG("the look-up of {1} failed: {2}"), "ss", j->name,
                   ares_strerror(j->status));
}

static void give_addrs(struct dns_job *j)
{
    struct dns_addrs r = {.took_us = clock_mono_us() - j->started_us};
    if (j->status == ARES_SUCCESS && (j->info == NULL || j->info->nodes == NULL))
        j->status = ARES_ENODATA;
    if (j->status != ARES_SUCCESS)
        r.code = status_set(j, &r.err);
    struct ares_addrinfo_node *n = j->status == ARES_SUCCESS ? j->info->nodes : NULL;
    for (; n != NULL && r.n < DNS_MAX_ADDRS; n = n->ai_next) {
        if (n->ai_addrlen > sizeof r.at[0].space)
            continue;
        r.at[r.n] = (struct addr){.len = n->ai_addrlen};
        memcpy(r.at[r.n++].space, n->ai_addr, n->ai_addrlen);
    }
    j->addrs_fn(j->arg, &r);
}

static void give_answer(struct dns_job *j)
{
    struct dns_answer r = {.took_us = clock_mono_us() - j->started_us};
    r.arena = arena_new(0);
    if (j->raw != NULL)
        r.code = dns_parse(j->raw, j->raw_bytes, &r);
    else
        r.code = status_set(j, &r.err);
    j->answer_fn(j->arg, &r);
    arena_free(r.arena);
}

static void give(struct dns_job *j)
{
    j->given = true;
    if (j->answer_fn != NULL)
        give_answer(j);
    else
        give_addrs(j);
    job_release(j);
}

static void leave(struct dns *d)
{
    if (--d->depth == 0 && d->freed) {
        d->magic = 0;
        mem_free(d);
    }
}

static void done_run(void *arg)
{
    struct dns *d = arg;
    if (d->depth > 0)
        return; /* the frame below goes on */
    d->depth++;
    /* What ends at once because of a callback must not keep the loop from getting on. */
    for (int n = 0; n < RESULTS_A_TURN && d->done.first != NULL; n++) {
        struct dns_job *j = d->done.first;
        list_remove(&d->done, j);
        give(j);
    }
    if (!d->freed) {
        channels_reap(&d->channels);
        if (d->done.first != NULL)
            timer_set(&d->flush, 0);
    }
    leave(d);
}

static void on_timeout(void *arg)
{
    struct dns_job *j = arg;
    struct dns *d = j->dns;
    CHECK_OBJ(j, JOB_MAGIC);
    job_done(j, ARES_ETIMEOUT);
    done_run(d);
}

/* ---- starting ---- */

static struct dns_job *job_new(struct dns *d, const char *name, int64_t timeout_ms, void *arg)
{
    CHECK_OBJ(d, DNS_MAGIC);
    struct dns_job *j = NEW(struct dns_job);
    j->magic = JOB_MAGIC;
    j->dns = d;
    j->arg = arg;
    j->started_us = clock_mono_us();
    j->timeout_ms = timeout_ms;
    j->status = str_copy(j->name, sizeof j->name, name) ? ARES_SUCCESS : ARES_EBADNAME;
    timer_init(&j->timer, d->loop, on_timeout, j);
    list_add(&d->jobs, j);
    if (++d->n_jobs > MAX_JOBS)
        j->status = ARES_ENOMEM;
    return j;
}

/* A channel for the job, or NULL and the job is done (with a status). */
static struct channel *job_channel(struct dns_job *j, enum channel_kind kind,
                                   const struct addr *server)
{
    struct channel *c =
        j->status == ARES_SUCCESS ? channels_get(&j->dns->channels, kind, server) : NULL;
    if (c == NULL) {
        job_done(j, j->status != ARES_SUCCESS ? j->status : ARES_EBADFAMILY);
        return NULL;
    }
    j->channel = c;
    j->in_ares = true;
    c->pending++;
    timer_set(&j->timer, j->timeout_ms);
    return c;
}

static struct dns_job *job_started(struct dns_job *j)
{
    if (j->in_ares)
        channel_started(j->channel);
    if (j->done)
        timer_set(&j->dns->flush, 0);
    return j;
}

struct dns_job *dns_resolve(struct dns *d, const char *name, enum dns_family family,
                            int64_t timeout_ms, dns_addrs_fn *fn, void *arg)
{
    struct dns_job *j = job_new(d, name, timeout_ms, arg);
    j->addrs_fn = fn;
    struct channel *c = job_channel(j, channels_kind(&d->channels, j->name), NULL);
    struct ares_addrinfo_hints hints = {.ai_socktype = SOCK_STREAM};
    hints.ai_family = family == DNS_V4 ? AF_INET : family == DNS_V6 ? AF_INET6 : AF_UNSPEC;
    if (c != NULL)
        ares_getaddrinfo(c->ares, j->name, NULL, &hints, on_addrinfo, j);
    return job_started(j);
}

struct dns_job *dns_query(struct dns *d, const struct addr *server, const char *name, int type,
                          int64_t timeout_ms, dns_answer_fn *fn, void *arg)
{
    struct dns_job *j = job_new(d, name, timeout_ms, arg);
    j->answer_fn = fn;
    unsigned char *query = NULL;
    int n = 0;
    if (j->status == ARES_SUCCESS) {
        unsigned short id = (unsigned short)entropy_u64();
        j->status = ares_create_query(j->name, 1, type, id, 1, &query, &n, DNS_EDNS_BYTES);
    }
    struct channel *c = job_channel(j, server != NULL ? OTHER : SYSTEM_QUERY, server);
    if (c != NULL) {
        query[3] |=
            0x20; /* AD: we want to know whether the resolver has validated (RFC 6840, 5.7) */
        ares_send(c->ares, query, n, on_raw, j);
    }
    ares_free_string(query);
    return job_started(j);
}

void dns_cancel(struct dns_job *j)
{
    if (j == NULL)
        return;
    CHECK_OBJ(j, JOB_MAGIC);
    if (j->given)
        return;
    list_remove(j->done ? &j->dns->done : &j->dns->jobs, j);
    job_release(j);
}

struct dns *dns_new(struct loop *l)
{
    struct dns *d = NEW(struct dns);
    d->magic = DNS_MAGIC;
    d->loop = l;
    channels_init(&d->channels, l, done_run, d);
    timer_init(&d->flush, l, done_run, d);
    return d;
}

static void jobs_cancel(struct job_list *l)
{
    while (l->first != NULL) {
        struct dns_job *j = l->first;
        list_remove(l, j);
        job_release(j);
    }
}

struct dns *dns_free(struct dns *d)
{
    if (d == NULL)
        return NULL;
    CHECK_OBJ(d, DNS_MAGIC);
    d->freed = true;
    timer_clear(&d->flush);
    jobs_cancel(&d->jobs);
    jobs_cancel(&d->done);
    channels_done(&d->channels);
    d->depth++;
    leave(d);
    return NULL;
}
