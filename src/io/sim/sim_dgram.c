/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_dgram.c: datagrams and echoes over the simulated network. */
#include "base/hash.h"
#include "io/icmp.h"
#include "io/sim/sim_int.h"
#include "io/sock.h"

/* ---- datagrams ---- */

enum { DGRAM_MAGIC = 0xd6a30001, ICMP_MAGIC = 0x1c390001 };

struct dgram {
    unsigned magic;
    struct sim_obj obj;
    struct loop *loop;
    struct addr peer;
    void (*on_data)(void *arg, int code, const char *p, size_t n);
    void *arg;
    struct letter *letters; /* on their way to us */
};
struct letter {
    struct letter *next;
    struct sim_event ev;
    struct dgram *to;
    int code;
    char *data;
    size_t n;
};

static void letter_free(struct letter *m)
{
    sim_event_clear(&m->ev);
    mem_free(m->data);
    mem_free(m);
}

static void arrive(void *arg)
{
    struct letter *m = arg;
    struct dgram *d = m->to;
    CHECK_OBJ(d, DGRAM_MAGIC);
    struct letter **at = &d->letters;
    while (*at != m)
        at = &(*at)->next;
    *at = m->next;
    d->on_data(d->arg, m->code, m->code ? NULL : m->data, m->n);
    letter_free(m);
}

static void reply_in(struct dgram *d, int code, const char *text, size_t n, int64_t after_us)
{
    struct letter *m = NEW(struct letter);
    m->to = d;
    m->code = code;
    m->data = mem_dupn(text, n);
    m->n = n;
    m->next = d->letters;
    d->letters = m;
    sim_event_init(&m->ev, d->loop, arrive, m);
    sim_event_in(&m->ev, after_us);
}

struct dgram *dgram_open(struct loop *l, const struct addr *peer,
                         void (*on_data)(void *arg, int code, const char *p, size_t n), void *arg, struct err *e)
{
    struct dgram *d = NEW(struct dgram);
    *d = (struct dgram){.magic = DGRAM_MAGIC, .loop = l, .peer = *peer, .on_data = on_data, .arg = arg};
    sim_obj_add(&d->obj, SIM_OBJ_DGRAM);
    return d;
}

void sim_answer_format(const char *text, const char *p, size_t n, struct buf *out)
{
    struct str rest = str_of(text), word;
    if (!str_starts(text, "hex:")) {
        buf_add(out, rest.p, rest.n);
        return;
    }
    rest = str_of(text + 4);
    while (str_next(&rest, " ", &word)) {
        char token[32];
        int64_t from = 0, length = 0;
        unsigned char byte;
        str_copyn(token, sizeof(token), word.p, word.n);
        char *plus = strchr(token, '+');
        if (token[0] == '@' && plus) {
            *plus = '\0';
            if (str_i64(token + 1, &from) == 0 && str_i64(plus + 1, &length) == 0 && from >= 0 && length >= 0 && from + length <= (int64_t)n)
                buf_add(out, p + from, (size_t)length);
        } else if (word.n == 2 && hash_unhex(token, &byte, 1) == 0) {
            buf_char(out, (char)byte);
        }
    }
}

bool sim_rule_answer(struct sim_service *svc, const char *p, size_t n, struct buf *out)
{
    bool found = false;
    svc->hits++;
    buf_clear(&svc->heard);
    buf_add(&svc->heard, p, n);
    if (svc->serve) {
        svc->serve(svc->serve_arg, p, n, out);
        return out->len > 0;
    }
    char *text = mem_dupn(p, n);
    for (size_t i = 0; i < svc->rules.n && !found; i++) {
        const struct sim_rule *r = &svc->rules.at[i];
        found = str_glob(r->glob, text);
        if (found && r->answer)
            sim_answer_format(r->answer, p, n, out);
        else if (found)
            buf_add(out, p, n);
    }
    mem_free(text);
    return found;
}

static void answer(struct dgram *d, const struct sim_path *path, const char *p, size_t n)
{
    struct buf out = BUF_MAX(65536);
    if (sim_rule_answer(path->service, p, n, &out))
        reply_in(d, 0, buf_text(&out), out.len, path->rtt_us);
    buf_done(&out);
}

int dgram_send(struct dgram *d, const void *p, size_t n)
{
    CHECK_OBJ(d, DGRAM_MAGIC);
    struct sim_path path;
    struct err e;
    sim_path_find(&d->peer, true, &path);
    if (path.mode == SIM_SILENT || (path.host && sim_chance(path.host->loss)))
        return 0;
    int code = sim_path_error(&path, &d->peer, &e);
    if (code)
        reply_in(d, code == ERR_RESET ? ERR_REFUSED : code, "", 0, path.rtt_us);
    else
        answer(d, &path, p, n);
    return 0;
}

struct dgram *dgram_free(struct dgram *d)
{
    if (!d)
        return NULL;
    CHECK_OBJ(d, DGRAM_MAGIC);
    while (d->letters) {
        struct letter *m = d->letters;
        d->letters = m->next;
        letter_free(m);
    }
    sim_obj_remove(&d->obj);
    d->magic = 0;
    return mem_free(d);
}

/* ---- echoes ---- */

struct icmp {
    unsigned magic;
    struct sim_obj obj;
    struct loop *loop;
    struct icmp_job *jobs;
};
/* The whole exchange is worked out when it starts and told at its end: one event a ping. */
struct icmp_job {
    struct icmp_job *next;
    struct sim_obj obj;
    struct icmp *owner;
    struct sim_event ev;
    icmp_fn *fn;
    void *arg;
    struct icmp_reply r;
};

struct icmp *icmp_new(struct loop *l)
{
    struct icmp *i = NEW(struct icmp);
    i->magic = ICMP_MAGIC;
    i->loop = l;
    sim_obj_add(&i->obj, SIM_OBJ_ICMP);
    return i;
}

static void job_free(struct icmp_job *job)
{
    struct icmp_job **at = &job->owner->jobs;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    sim_event_clear(&job->ev);
    sim_obj_remove(&job->obj);
    mem_free(job);
}

struct icmp *icmp_free(struct icmp *i)
{
    if (!i)
        return NULL;
    CHECK_OBJ(i, ICMP_MAGIC);
    while (i->jobs)
        job_free(i->jobs);
    sim_obj_remove(&i->obj);
    i->magic = 0;
    return mem_free(i);
}

int icmp_allowed(struct icmp *i, bool v6) { return sim_world()->icmp_denied ? ERR_DENIED : 0; }

static void tell(void *arg)
{
    struct icmp_job *job = arg;
    CHECK_OBJ(job->owner, ICMP_MAGIC);
    icmp_fn *fn = job->fn;
    void *fn_arg = job->arg;
    struct icmp_reply r = job->r;
    job_free(job);
    fn(fn_arg, &r);
}

/* Fills the reply; returns how long it takes. */
static int64_t play(struct icmp_reply *r, const struct sim_path *path, int count, int enough, int64_t interval_us,
                    int64_t timeout_us)
{
    int64_t end_us = 0;
    for (int i = 0; i < count; i++) {
        r->sent++;
        r->rtt_us[i] = -1;
        if (path->mode == SIM_SILENT || path->host->no_echo || path->rtt_us > timeout_us || sim_chance(path->host->loss))
            continue;
        r->rtt_us[i] = path->rtt_us + (int64_t)(sim_random() % (uint64_t)(path->rtt_us / 8 + 1));
        r->received++;
        end_us = i * interval_us + r->rtt_us[i];
        if (enough > 0 && r->received >= enough)
            return end_us;
    }
    return r->received == count ? end_us : (count - 1) * interval_us + timeout_us;
}

struct icmp_job *icmp_ping(struct icmp *i, const struct addr *peer, int count, int enough, int64_t interval_ms,
                           int64_t timeout_ms, size_t payload_bytes, icmp_fn *fn, void *arg)
{
    CHECK_OBJ(i, ICMP_MAGIC);
    struct icmp_job *job = NEW(struct icmp_job);
    job->owner = i;
    job->fn = fn;
    job->arg = arg;
    job->next = i->jobs;
    i->jobs = job;
    sim_obj_add(&job->obj, SIM_OBJ_ICMP_JOB);
    sim_event_init(&job->ev, i->loop, tell, job);
    struct addr host = *peer;
    addr_set_port(&host, 0);
    struct sim_path path;
    sim_path_find(&host, false, &path);
    count = count < 1 ? 1 : count > ICMP_MAX_COUNT ? ICMP_MAX_COUNT : count;
    int64_t took_us = path.rtt_us;
    if (sim_world()->icmp_denied)
        job->r.code = err_set(&job->r.err, ERR_DENIED, "this machine lets vigie send no pings", "");
    else if (path.mode == SIM_UNREACHABLE)
        job->r.code = sim_path_error(&path, peer, &job->r.err);
    else
        took_us = play(&job->r, &path, count, enough, interval_ms * 1000, timeout_ms * 1000);
    sim_event_in(&job->ev, took_us);
    return job;
}

void icmp_cancel(struct icmp_job *job)
{
    if (job)
        job_free(job);
}
