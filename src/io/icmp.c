/* SPDX-License-Identifier: GPL-3.0-or-later */
/* icmp.c: pings: who is to be sent what and when, and which echo an answer belongs to.  The sockets
 * and the bytes are in icmp_sock.c.
 *
 * Every echo of a family takes the next sequence number of that family; a table of 65,536 entries
 * leads from the number back to the ping.  An answer counts when number, address and the ping's
 * random cookie fit; an error counts when number and address do (routers quote eight bytes only).
 */
#include "io/icmp.h"

#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "io/icmp_priv.h"
#include <errno.h>
#include <string.h>

enum {
    ICMP_MAGIC = 0x1c391c39,
    PING_MAGIC = 0x91369136,
    MAX_PINGS = 65536,
    BATCHES_A_TURN = 16,
    AGAIN_MS = 2, /* when the kernel's queue is full */
};
enum echo_state { TO_SEND, SENT, ANSWERED, FAILED };

struct icmp_job {
    unsigned magic;
    struct icmp *icmp;
    struct family *family;
    uint32_t slot;
    uint64_t cookie;
    struct addr peer;
    int count, enough, due, sent,
        settled; /* due: echoes whose time has come; settled: answered or failed */
    int64_t interval_ms, timeout_ms;
    size_t payload_bytes;
    struct timer timer; /* next echo, then the time-out */
    bool queued, over;
    struct icmp_job *next; /* in the queue of what is to be sent */
    uint16_t seq[ICMP_MAX_COUNT];
    unsigned char state[ICMP_MAX_COUNT];
    int64_t sent_us[ICMP_MAX_COUNT], rtt_us[ICMP_MAX_COUNT];
    const char *trouble; /* message id of the last error */
    int trouble_code;
    struct addr trouble_from;
    icmp_fn *fn;
    void *arg;
};

struct family {
    struct icmp *icmp;
    struct icmp_sock sock;
    int state; /* 0: to be tried; 1: works; ERR_DENIED */
    uint16_t seq;
    uint32_t *by_seq; /* slot + 1 */
    struct icmp_job *first, *last;
};

struct icmp {
    unsigned magic;
    struct loop *loop;
    struct family v4, v6;
    struct timer flush;
    struct icmp_job **slots;
    uint32_t *unused; /* stack of free slots */
    size_t n_slots, n_unused;
    struct icmp_batch *batch;
    int depth;
    bool freed;
};

/* ---- life of a ping ---- */

static struct icmp_job *slot_take(struct icmp *i, struct icmp_job *j)
{
    if (i->n_unused == 0) {
        size_t n = i->n_slots ? i->n_slots * 2 : 64;
        i->slots = mem_resize(i->slots, n * sizeof *i->slots);
        i->unused = mem_resize(i->unused, n * sizeof *i->unused);
        for (size_t k = n; k-- > i->n_slots;) {
            i->slots[k] = NULL;
            i->unused[i->n_unused++] = (uint32_t)k;
        }
        i->n_slots = n;
    }
    j->slot = i->unused[--i->n_unused];
    i->slots[j->slot] = j;
    return j;
}

static void unqueue(struct icmp_job *j)
{
    struct family *f = j->family;
    struct icmp_job *before = NULL;
    for (struct icmp_job *at = f->first; j->queued && at != NULL; before = at, at = at->next) {
        if (at != j)
            continue;
        if (before != NULL)
            before->next = j->next;
        else
            f->first = j->next;
        if (f->last == j)
            f->last = before;
        j->queued = false;
    }
}

/* Nothing leads to it any more. */
static void detach(struct icmp_job *j)
{
    timer_clear(&j->timer);
    unqueue(j);
    j->icmp->slots[j->slot] = NULL;
    j->icmp->unused[j->icmp->n_unused++] = j->slot;
    j->over = true;
}

static void job_free(struct icmp_job *j)
{
    j->magic = 0;
    mem_free(j);
}

static void leave(struct icmp *i)
{
    if (--i->depth > 0 || !i->freed)
        return;
    i->magic = 0;
    mem_free(i->batch);
    mem_free(i->slots);
    mem_free(i->unused);
    mem_free(i->v4.by_seq);
    mem_free(i->v6.by_seq);
    mem_free(i);
}

static void reply_err(const struct icmp_job *j, struct icmp_reply *r)
{
    char from[ADDR_TEXT_BYTES];
    if (r->received > 0 || j->trouble == NULL)
        return;
    addr_host(&j->trouble_from, from);
    r->code = err_set(&r->err, j->trouble_code, j->trouble, "s", from);
}

static void finish(struct icmp_job *j)
{
    struct icmp *i = j->icmp;
    struct icmp_reply r = {.sent = j->sent};
    for (int k = 0; k < ICMP_MAX_COUNT; k++) {
        r.rtt_us[k] = j->state[k] == ANSWERED ? j->rtt_us[k] : -1;
        r.received += j->state[k] == ANSWERED;
    }
    reply_err(j, &r);
    detach(j);
    i->depth++;
    j->fn(j->arg, &r);
    job_free(j);
    leave(i);
}

/* ---- sending ---- */

static void queue_add(struct icmp_job *j)
{
    struct family *f = j->family;
    if (j->queued)
        return;
    j->queued = true;
    j->next = NULL;
    if (f->last != NULL && f->first != NULL)
        f->last->next = j;
    else
        f->first = j;
    f->last = j;
    if (!timer_is_set(&j->icmp->flush))
        timer_set(&j->icmp->flush, 0);
}

/* The next echo's time has come, or all have had theirs and did not answer. */
static void on_timer(void *arg)
{
    struct icmp_job *j = arg;
    CHECK_OBJ(j, PING_MAGIC);
    if (j->due >= j->count || j->family->state != 1) {
        finish(j);
        return;
    }
    j->due++;
    queue_add(j);
    timer_set(&j->timer, j->due < j->count ? j->interval_ms : j->timeout_ms);
}

static void settle(struct icmp_job *j)
{
    j->settled++;
    int received = 0;
    for (int k = 0; k < j->count; k++)
        received += j->state[k] == ANSWERED;
    if (j->settled >= j->count || (j->enough > 0 && received >= j->enough))
        finish(j);
}

static void trouble_set(struct icmp_job *j, int code, const char *msgid, const struct addr *from)
{
    j->trouble_code = code;
    j->trouble = msgid;
    j->trouble_from = from != NULL ? *from : j->peer;
}

static const char *send_trouble(int errnum)
{
    switch (errnum) {
    case EACCES:
    case EPERM:
        return MSG("this machine does not permit the ping (firewall?)");
    case EMSGSIZE:
        return MSG("the ping is too long for the path");
    default:
        return MSG("this machine has no route to the host");
    }
}

static void send_failed(struct icmp_job *j, int k, int errnum)
{
    bool denied = errnum == EACCES || errnum == EPERM;
    trouble_set(j,
                denied               ? ERR_DENIED
                : errnum == EMSGSIZE ? ERR_LIMIT
                                     : ERR_UNREACHABLE,
                send_trouble(errnum), NULL);
    j->state[k] = FAILED;
    j->sent++;
    if (j->sent < j->due)
        queue_add(j);
    settle(j);
}

/* Fills the batch from the queue: one echo a ping, so that nobody waits behind a long one. */
static int batch_fill(struct family *f, struct icmp_job *jobs[ICMP_BATCH], int echo[ICMP_BATCH])
{
    struct icmp_batch *b = f->icmp->batch;
    int n = 0;
    for (; n < ICMP_BATCH && f->first != NULL; n++) {
        struct icmp_job *j = f->first;
        f->first = j->next;
        j->queued = false;
        int k = j->sent;
        ASSERT(k < j->count);
        jobs[n] = j;
        echo[n] = k;
        j->seq[k] = f->seq++;
        f->by_seq[j->seq[k]] = j->slot + 1;
        icmp_batch_add(b, n, &f->sock, &j->peer, j->seq[k], j->cookie, j->payload_bytes);
    }
    return n;
}

static void mark_sent(struct icmp_job *j, int k, int64_t at_us)
{
    j->state[k] = SENT;
    j->sent_us[k] = at_us;
    j->sent++;
    if (j->sent < j->due)
        queue_add(j);
}

static void receive(struct family *f);

/* Sends one batch. 0: go on; else the kernel's queue is full. */
static int send_batch(struct family *f)
{
    struct icmp_job *jobs[ICMP_BATCH];
    int echo[ICMP_BATCH];
    struct icmp *i = f->icmp;
    int n = batch_fill(f, jobs, echo), from = 0;
    while (from < n) {
        int64_t before_us = clock_mono_us();
        int errnum = 0, done = icmp_sock_send(&f->sock, i->batch, from, n, &errnum);
        int64_t took_us = clock_mono_us() - before_us;
        /* The call sends one after the other: spread its time over them. */
        for (int k = 0; k < done; k++)
            mark_sent(jobs[from + k], echo[from + k], before_us + took_us * k / done);
        from += done;
        if (from < n && (errnum == EAGAIN || errnum == ENOBUFS)) {
            for (int k = from; k < n; k++)
                queue_add(jobs[k]);
            return errnum;
        }
        if (from < n && done == 0) {
            struct icmp_job *j = jobs[from];
            send_failed(j, echo[from], errnum); /* runs a callback: */
            if (i->freed)
                return EAGAIN;
            from++;
            for (int k = from; k < n;
                 k++) /* the rest anew, because the callback may have cancelled some */
                if (i->slots[f->by_seq[(uint16_t)(f->seq - (n - k))] - 1] == jobs[k])
                    queue_add(jobs[k]);
            return 0;
        }
    }
    return 0;
}

static void on_flush(void *arg)
{
    struct icmp *i = arg;
    struct family *both[2] = {&i->v4, &i->v6};
    i->depth++;
    for (int k = 0; k < 2; k++) {
        struct family *f = both[k];
        int full = 0;
        for (int turn = 0; turn < BATCHES_A_TURN && full == 0 && !i->freed && f->first != NULL;
             turn++) {
            full = send_batch(f);
            if (!i->freed)
                receive(f); /* answers must not fill the socket's queue meanwhile */
        }
        if (!i->freed && f->first != NULL && (full != 0 || !timer_is_set(&i->flush)))
            timer_set(&i->flush, full != 0 ? AGAIN_MS : 0);
    }
    leave(i);
}

/* ---- receiving ---- */

static struct icmp_job *find(struct family *f, uint16_t seq, const struct addr *peer, int *ret_echo)
{
    uint32_t slot = f->by_seq[seq];
    struct icmp_job *j = slot != 0 ? f->icmp->slots[slot - 1] : NULL;
    if (j == NULL || j->family != f || !addr_equal(&j->peer, peer))
        return NULL;
    for (int k = 0; k < j->count; k++)
        if (j->seq[k] == seq && j->state[k] == SENT) {
            *ret_echo = k;
            return j;
        }
    return NULL;
}

static void on_answer(struct family *f, const struct icmp_seen *s, int64_t now_us)
{
    int k;
    struct icmp_job *j = find(f, s->seq, &s->peer, &k);
    if (j == NULL || (s->has_cookie ? s->cookie != j->cookie : s->error == NULL))
        return;
    if (s->error != NULL) {
        j->state[k] = FAILED;
        trouble_set(j, ERR_UNREACHABLE, s->error, &s->from);
    } else {
        int64_t at_us = s->at_us > 0 && s->at_us <= now_us ? s->at_us : now_us;
        int64_t rtt_us = at_us - j->sent_us[k];
        j->state[k] = ANSWERED;
        j->rtt_us[k] =
            rtt_us > 0 ? rtt_us : 1; /* the time of sending is an estimate within a batch */
    }
    settle(j);
}

/* Reads until the socket is empty, at most some batches a turn. */
static void receive(struct family *f)
{
    struct icmp *i = f->icmp;
    if (f->state != 1)
        return;
    i->depth++;
    for (int turn = 0; turn < BATCHES_A_TURN && !i->freed; turn++) {
        int n = icmp_sock_receive(&f->sock, i->batch);
        int64_t now_us = clock_mono_us();
        for (int k = 0; k < n && !i->freed; k++)
            if (i->batch->seen[k].good)
                on_answer(f, &i->batch->seen[k], now_us);
        if (n < ICMP_BATCH)
            break;
    }
    leave(i);
}

static void on_readable(void *arg, unsigned events)
{
    receive(arg);
}

/* ---- life ---- */

static void family_open(struct family *f, int family)
{
    if (f->state != 0)
        return;
    int code = icmp_sock_open(&f->sock, f->icmp->loop, family, on_readable, f);
    if (code == ERR_IO) /* no descriptor left: may be better next time */
        return;
    if (code != 0) {
        f->state = ERR_DENIED;
        return;
    }
    f->state = 1;
    f->by_seq = mem_array(65536, sizeof *f->by_seq);
    f->seq = (uint16_t)entropy_u64();
}

static struct family *family_for(struct icmp *i, bool v6)
{
    struct family *f = v6 ? &i->v6 : &i->v4;
    family_open(f, v6 ? AF_INET6 : AF_INET);
    return f;
}

int icmp_allowed(struct icmp *i, bool v6)
{
    CHECK_OBJ(i, ICMP_MAGIC);
    return family_for(i, v6)->state == 1 ? 0 : ERR_DENIED;
}

struct icmp *icmp_new(struct loop *l)
{
    struct icmp *i = NEW(struct icmp);
    i->magic = ICMP_MAGIC;
    i->loop = l;
    i->v4.icmp = i->v6.icmp = i;
    i->batch = NEW(struct icmp_batch);
    timer_init(&i->flush, l, on_flush, i);
    return i;
}

struct icmp *icmp_free(struct icmp *i)
{
    if (i == NULL)
        return NULL;
    CHECK_OBJ(i, ICMP_MAGIC);
    i->freed = true;
    timer_clear(&i->flush);
    for (size_t k = 0; k < i->n_slots; k++) {
        struct icmp_job *j = i->slots[k];
        if (j != NULL) {
            timer_clear(&j->timer);
            job_free(j);
        }
    }
    icmp_sock_close(&i->v4.sock);
    icmp_sock_close(&i->v6.sock);
    i->depth++;
    leave(i);
    return NULL;
}

static int between(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

struct icmp_job *icmp_ping(struct icmp *i, const struct addr *peer, int count, int enough,
                           int64_t interval_ms, int64_t timeout_ms, size_t payload_bytes,
                           icmp_fn *fn, void *arg)
{
    CHECK_OBJ(i, ICMP_MAGIC);
    struct icmp_job *j = NEW(struct icmp_job);
    j->magic = PING_MAGIC;
    j->icmp = i;
    j->family = family_for(i, addr_is_v6(peer));
    j->cookie = icmp_sock_cookie(&j->family->sock);
    j->peer = *peer;
    addr_set_port(&j->peer, 0);
    j->count = between(count, 1, ICMP_MAX_COUNT);
    j->enough = enough;
    j->interval_ms = interval_ms;
    j->timeout_ms = timeout_ms;
    j->payload_bytes = payload_bytes < ICMP_MAX_PAYLOAD ? payload_bytes : ICMP_MAX_PAYLOAD;
    j->fn = fn;
    j->arg = arg;
    timer_init(&j->timer, i->loop, on_timer, j);
    slot_take(i, j);
    bool full = i->n_slots - i->n_unused > MAX_PINGS;
    if (j->family->state != 1 || full) {
        trouble_set(j, full ? ERR_BUSY : ERR_DENIED,
                    full ? MSG("too many pings are under way")
                         : MSG("this machine lets vigie send no pings"),
                    NULL);
        j->due = j->count; /* finish at the timer */
        timer_set(&j->timer, 0);
        return j;
    }
    j->due = 1;
    queue_add(j);
    timer_set(&j->timer, j->count > 1 ? interval_ms : timeout_ms);
    return j;
}

void icmp_cancel(struct icmp_job *j)
{
    if (j == NULL)
        return;
    CHECK_OBJ(j, PING_MAGIC);
    if (j->over) /* from its own callback */
        return;
    detach(j);
    job_free(j);
}
