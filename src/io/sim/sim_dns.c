/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_dns.c: names of the simulated world, and the twin of dns.h that looks them up.
 * Host names given to sim_host() are like lines of /etc/hosts: they resolve even when DNS is dead. */
#include "io/dns.h"
#include "io/sim/sim_int.h"

enum { DNS_MAGIC = 0xd2500001, TTL_S = 300, MAX_ALIASES = 8, DEFAULT_DELAY_US = 300 };
enum { RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3, RCODE_REFUSED = 5 };

/* ---- the script's side ---- */

static bool same_name(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    n -= n > 1 && a[n - 1] == '.';
    m -= m > 1 && b[m - 1] == '.';
    return n == m && strncasecmp(a, b, n) == 0;
}

static void records_remove(struct sim_world *w, const char *name, int type)
{
    for (size_t i = w->records.n; i-- > 0;) {
        struct sim_record *r = &w->records.at[i];
        if (!same_name(r->name, name) || r->type != type)
            continue;
        mem_free(r->name);
        mem_free(r->value);
        VEC_REMOVE(&w->records, i);
    }
}

void sim_dns(const char *name, const char *type, const char *value)
{
    struct sim_world *w = sim_world();
    int number = dns_type(type);
    if (number < 0)
        PANIC(type);
    if (value)
        VEC_PUSH(&w->records, ((struct sim_record){mem_dup(name), mem_dup(value), number}));
    else
        records_remove(w, name, number);
}

void sim_dns_mode(const char *name, enum sim_dns_mode mode)
{
    struct sim_world *w = sim_world();
    if (!name) {
        w->dns_mode = mode;
        return;
    }
    for (size_t i = 0; i < w->name_modes.n; i++) {
        if (same_name(w->name_modes.at[i].name, name)) {
            w->name_modes.at[i].mode = mode;
            return;
        }
    }
    VEC_PUSH(&w->name_modes, ((struct sim_name_mode){mem_dup(name), mode}));
}

void sim_dns_delay(int64_t ms) { sim_world()->dns_delay_ms = ms; }

void sim_dns_done(struct sim_world *w)
{
    for (size_t i = 0; i < w->records.n; i++) {
        mem_free(w->records.at[i].name);
        mem_free(w->records.at[i].value);
    }
    for (size_t i = 0; i < w->name_modes.n; i++)
        mem_free(w->name_modes.at[i].name);
    VEC_DONE(&w->records);
    VEC_DONE(&w->name_modes);
}

static enum sim_dns_mode mode_of(const struct sim_world *w, const char *name)
{
    for (size_t i = 0; i < w->name_modes.n; i++) {
        if (same_name(w->name_modes.at[i].name, name))
            return w->name_modes.at[i].mode;
    }
    return w->dns_mode;
}

/* Calls fn for each record of the answer, aliases included; NXDOMAIN when the name has none of any type. */
void sim_dns_find(const char *name, int type, enum sim_dns_mode *ret_mode,
                  void (*fn)(void *arg, const struct sim_record *r), void *arg)
{
    struct sim_world *w = sim_world();
    *ret_mode = w->dns_mode == SIM_DNS_OK ? mode_of(w, name) : w->dns_mode;
    if (*ret_mode != SIM_DNS_OK)
        return;
    bool known = false;
    for (int hop = 0; name && hop < MAX_ALIASES; hop++) {
        const char *alias = NULL;
        for (size_t i = 0; i < w->records.n; i++) {
            const struct sim_record *r = &w->records.at[i];
            if (!same_name(r->name, name))
                continue;
            known = true;
            bool is_alias = r->type == 5 && type != 5;
            if (r->type == type || is_alias || type == 255)
                fn(arg, r);
            if (is_alias)
                alias = r->value;
        }
        name = alias;
    }
    if (!known)
        *ret_mode = SIM_DNS_NXDOMAIN;
}

/* ---- the twin ---- */

struct dns {
    unsigned magic;
    struct sim_obj obj;
    struct loop *loop;
    struct dns_job *jobs;
};
/* Worked out when the moment of the answer comes, so that a name that changes meanwhile is seen. */
struct dns_job {
    struct dns_job *next;
    struct sim_obj obj;
    struct dns *owner;
    struct sim_event ev;
    char *name;
    int type;
    enum dns_family family;
    int64_t started_us, timeout_us;
    int failed; /* the server asked is not there: code */
    bool dead;  /* no answer in time */
    dns_addrs_fn *on_addrs;
    dns_answer_fn *on_answer;
    void *arg;
};

struct dns *dns_new(struct loop *l)
{
    struct dns *d = NEW(struct dns);
    d->magic = DNS_MAGIC;
    d->loop = l;
    sim_obj_add(&d->obj, SIM_OBJ_DNS);
    return d;
}

static void job_unlink(struct dns_job *job)
{
    struct dns_job **at = &job->owner->jobs;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    sim_event_clear(&job->ev);
    sim_obj_remove(&job->obj);
}

static void job_free(struct dns_job *job)
{
    mem_free(job->name);
    mem_free(job);
}

void dns_cancel(struct dns_job *job)
{
    if (!job)
        return;
    job_unlink(job);
    job_free(job);
}

struct dns *dns_free(struct dns *d)
{
    if (!d)
        return NULL;
    CHECK_OBJ(d, DNS_MAGIC);
    while (d->jobs)
        dns_cancel(d->jobs);
    sim_obj_remove(&d->obj);
    d->magic = 0;
    return mem_free(d);
}

static int fail(struct err *e, enum sim_dns_mode mode, const char *name, int64_t timeout_us)
{
    switch (mode) {
    case SIM_DNS_SERVFAIL:
        return err_set(e, ERR_DNS, "the DNS server cannot answer for {1}", "s", name);
    case SIM_DNS_NXDOMAIN:
        return err_set(e, ERR_NOT_FOUND, "the name {1} does not exist", "s", name);
    case SIM_DNS_REFUSED:
        return err_set(e, ERR_DNS, "the DNS server does not want to answer for {1}", "s", name);
    case SIM_DNS_DEAD:
        return err_set(e, ERR_TIMEOUT, "no DNS answer for {1} within {2}", "sd", name, timeout_us / 1000);
    case SIM_DNS_OK:
        break;
    }
    return 0;
}

static void add_addr(void *arg, const struct sim_record *r)
{
    struct dns_addrs *out = arg;
    if ((r->type == 1 || r->type == 28) && out->n < DNS_MAX_ADDRS && addr_parse(r->value, 0, &out->at[out->n]) == 0)
        out->n++;
}

/* A literal, or a name of /etc/hosts. */
static void add_local(const struct dns_job *job, struct dns_addrs *out)
{
    if (addr_parse(job->name, 0, &out->at[0]) == 0) {
        out->n = 1;
        return;
    }
    struct sim_host *h = map_find(&sim_world()->by_name, job->name);
    for (size_t i = 0; h && i < h->addrs.n && out->n < DNS_MAX_ADDRS; i++) {
        struct addr a;
        if (addr_parse(h->addrs.at[i], 0, &a) != 0)
            continue;
        if (job->family == DNS_ANY || addr_is_v6(&a) == (job->family == DNS_V6))
            out->at[out->n++] = a;
    }
}

static void find_addrs(const struct dns_job *job, struct dns_addrs *out)
{
    add_local(job, out);
    if (out->n > 0)
        return;
    if (job->dead) {
        out->code = fail(&out->err, SIM_DNS_DEAD, job->name, job->timeout_us);
        return;
    }
    enum sim_dns_mode six = SIM_DNS_NXDOMAIN, four = SIM_DNS_NXDOMAIN;
    if (job->family != DNS_V4)
        sim_dns_find(job->name, 28, &six, add_addr, out);
    if (job->family != DNS_V6)
        sim_dns_find(job->name, 1, &four, add_addr, out);
    if (out->n > 0)
        return;
    enum sim_dns_mode mode = job->family == DNS_V6 ? six : four;
    out->code = fail(&out->err, mode == SIM_DNS_OK ? SIM_DNS_NXDOMAIN : mode, job->name, job->timeout_us);
}

static void tell_addrs(void *arg)
{
    struct dns_job *job = arg;
    struct dns_addrs r = {.took_us = sim_world()->now_us - job->started_us};
    job_unlink(job);
    find_addrs(job, &r);
    job->on_addrs(job->arg, &r);
    job_free(job);
}

static bool is_dead(const char *name)
{
    const struct sim_world *w = sim_world();
    return w->dns_mode == SIM_DNS_DEAD || mode_of(w, name) == SIM_DNS_DEAD;
}

static struct dns_job *job_new(struct dns *d, const char *name, int64_t timeout_ms, void (*fn)(void *arg), void *arg)
{
    CHECK_OBJ(d, DNS_MAGIC);
    struct dns_job *job = NEW(struct dns_job);
    job->owner = d;
    job->name = mem_dup(name);
    job->arg = arg;
    job->started_us = sim_world()->now_us;
    job->timeout_us = timeout_ms * 1000;
    job->next = d->jobs;
    d->jobs = job;
    sim_obj_add(&job->obj, SIM_OBJ_DNS_JOB);
    sim_event_init(&job->ev, d->loop, fn, job);
    return job;
}

static void schedule(struct dns_job *job, bool dead)
{
    int64_t delay_us = sim_world()->dns_delay_ms ? sim_world()->dns_delay_ms * 1000 : DEFAULT_DELAY_US;
    job->dead = dead || delay_us > job->timeout_us;
    sim_event_in(&job->ev, job->dead ? job->timeout_us : delay_us);
}

struct dns_job *dns_resolve(struct dns *d, const char *name, enum dns_family family, int64_t timeout_ms,
                            dns_addrs_fn *fn, void *arg)
{
    struct dns_job *job = job_new(d, name, timeout_ms, tell_addrs, arg);
    job->family = family;
    job->on_addrs = fn;
    struct addr literal;
    if (addr_parse(name, 0, &literal) == 0 || map_find(&sim_world()->by_name, name))
        sim_event_in(&job->ev, 0);
    else
        schedule(job, is_dead(name));
    return job;
}

static void add_rr(void *arg, const struct sim_record *r)
{
    struct dns_answer *out = arg;
    if (out->n < DNS_MAX_RRS)
        out->rr[out->n++] = (struct dns_rr){r->type, TTL_S, arena_dup(out->arena, r->name), arena_dup(out->arena, r->value)};
}

static void fill_answer(const struct dns_job *job, struct dns_answer *r)
{
    enum sim_dns_mode mode;
    if (job->failed) {
        if (job->failed == ERR_TIMEOUT)
            fail(&r->err, SIM_DNS_DEAD, job->name, job->timeout_us);
        else
            err_set(&r->err, job->failed, "the DNS server refuses connections", "");
        r->code = r->err.code;
        return;
    }
    sim_dns_find(job->name, job->type, &mode, add_rr, r);
    if (job->dead)
        mode = SIM_DNS_DEAD;
    static const int rcode_of[] = {[SIM_DNS_SERVFAIL] = RCODE_SERVFAIL, [SIM_DNS_NXDOMAIN] = RCODE_NXDOMAIN,
                                   [SIM_DNS_REFUSED] = RCODE_REFUSED, [SIM_DNS_DEAD] = 0};
    r->rcode = rcode_of[mode];
    r->aa = true;
    if (mode == SIM_DNS_DEAD)
        r->code = fail(&r->err, mode, job->name, job->timeout_us);
}

static void tell_answer(void *arg)
{
    struct dns_job *job = arg;
    struct dns_answer r = {.took_us = sim_world()->now_us - job->started_us, .arena = arena_new(0)};
    job_unlink(job);
    fill_answer(job, &r);
    job->on_answer(job->arg, &r);
    arena_free(r.arena);
    job_free(job);
}

/* A server that is up answers from the one set of records there is. */
struct dns_job *dns_query(struct dns *d, const struct addr *server, const char *name, int type, int64_t timeout_ms,
                          dns_answer_fn *fn, void *arg)
{
    if (!server)
        sim_packet_sent(1);
    struct dns_job *job = job_new(d, name, timeout_ms, tell_answer, arg);
    job->type = type;
    job->on_answer = fn;
    if (server) {
        struct addr host = *server;
        addr_set_port(&host, 0);
        struct sim_path path;
        sim_path_find(&host, true, &path);
        job->failed = path.mode == SIM_SILENT ? ERR_TIMEOUT : path.mode == SIM_UP ? 0 : path.mode == SIM_REFUSED ? ERR_REFUSED : ERR_DNS;
    }
    schedule(job, job->failed == ERR_TIMEOUT || is_dead(name));
    return job;
}
