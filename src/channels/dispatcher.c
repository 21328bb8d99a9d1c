/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dispatcher.c: takes what is due out of the outbox, hands it to its channel, and records what became of it.
 *
 * A job lives until its end is durable: what was sent and could not be recorded would be sent again after a
 * restart.  Callbacks of the store may come after dispatcher_free(); they hold references. */
#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "channels/channel.h"

enum { DISPATCHER_MAGIC = 0x64697370, MAX_LANES = 16 };
#define FIRST_RETRY_MS INT64_C(10000)
#define LAST_RETRY_MS INT64_C(900000)
#define GIVE_UP_MS (INT64_C(3) * 86400000)
#define SETTLE_AGAIN_MS 5000
#define CLAIM_AGAIN_MS 10000
#define COUNT_EVERY_MS INT64_C(1000)
#define LONGEST_NAP_MS INT64_C(60000) /* so that a stepped wall clock is noticed */
#define MINUTE_MS INT64_C(60000)

struct lane { /* one channel */
    struct dispatcher *dispatcher;
    const struct channel *channel;
    struct timer timer;
    int in_flight;
    bool claiming, kicked;
    int64_t tokens_ms; /* each hand-over costs MINUTE_MS / per_minute of these */
    int64_t filled_ms; /* mono */
};
enum fate { FATE_NONE, FATE_SENT, FATE_FAILED, FATE_GIVEN_UP };
struct job {
    struct job *next, **at;
    struct lane *lane;
    struct outbox_row row; /* texts are the job's own */
    void *handle;          /* the channel's */
    bool settling;         /* the store has been told */
    enum fate fate;
    bool in_doubt;
    int64_t next_try_ms;
    struct err err;
    char *error;
    struct timer again;
};
struct dispatcher {
    unsigned magic;
    int refs;
    bool closing;
    struct channel_env *env;
    struct store *store;
    struct lane lanes[MAX_LANES];
    int n_lanes;
    struct job *jobs;
    struct dispatcher_stats stats;
    struct timer count;
    int64_t counted_ms; /* mono; 0: never */
};

static void lane_turn(void *arg);
static void job_settle(void *arg);

static void dispatcher_unref(struct dispatcher *d)
{
    if (--d->refs == 0) {
        d->magic = 0;
        mem_free(d);
    }
}

static struct dispatcher *dispatcher_ref(struct dispatcher *d)
{
    d->refs++;
    return d;
}

/* ---- jobs ---- */

static struct job *job_new(struct lane *l, const struct outbox_row *row)
{
    struct job *job = NEW(struct job);
    struct dispatcher *d = l->dispatcher;
    job->lane = l;
    job->row = *row;
    job->row.channel = l->channel->name;
    job->row.unique_key = mem_dup(row->unique_key);
    job->row.recipient = mem_dup(row->recipient);
    job->row.payload = mem_dup(row->payload);
    job->row.last_error = NULL;
    job->next = d->jobs;
    job->at = &d->jobs;
    if (job->next)
        job->next->at = &job->next;
    d->jobs = job;
    l->in_flight++;
    timer_init(&job->again, d->env->loop, job_settle, job);
    return job;
}

static void job_free(struct job *job)
{
    *job->at = job->next;
    if (job->next)
        job->next->at = job->at;
    job->lane->in_flight--;
    if (!job->lane->dispatcher->closing)
        timer_clear(&job->again);
    mem_free((char *)job->row.unique_key);
    mem_free((char *)job->row.recipient);
    mem_free((char *)job->row.payload);
    mem_free(job->error);
    mem_free(job);
}

static void job_settled(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct job *job = arg;
    struct lane *l = job->lane;
    struct dispatcher *d = l->dispatcher;
    job->settling = false;
    if (code && !d->closing) {
        timer_set(&job->again, SETTLE_AGAIN_MS);
        dispatcher_unref(d);
        return;
    }
    job_free(job);
    if (!d->closing)
        timer_set(&l->timer, 0);
    dispatcher_unref(d);
}

static void job_settle(void *arg)
{
    struct job *job = arg;
    struct dispatcher *d = dispatcher_ref(job->lane->dispatcher);
    int64_t now_ms = clock_wall_ms();
    job->settling = true;
    if (job->fate == FATE_SENT)
        outbox_sent_then(d->store, job->row.id, now_ms, job_settled, job);
    else if (job->fate == FATE_GIVEN_UP)
        outbox_given_up_then(d->store, job->row.id, now_ms, job->error, job_settled, job);
    else
        outbox_failed_then(d->store, job->row.id, job->next_try_ms, job->in_doubt, job->error, job_settled, job);
}

static int64_t retry_after(int tries)
{
    int64_t ms = FIRST_RETRY_MS;
    for (int i = 1; i < tries && ms < LAST_RETRY_MS; i++)
        ms *= 2;
    return ms < LAST_RETRY_MS ? ms : LAST_RETRY_MS;
}

static void job_failed(struct job *job, int code, bool permanent, const struct err *e)
{
    struct dispatcher *d = job->lane->dispatcher;
    int64_t now_ms = clock_wall_ms();
    struct buf text = BUF_MAX(1000);
    msg_render(&text, e && e->text[0] ? e->text : err_name(code), "en");
    job->error = mem_dup(buf_text(&text));
    buf_done(&text);
    d->stats.failed++;
    d->stats.in_doubt += job->in_doubt;
    int64_t wait_ms = retry_after(job->row.tries);
    job->next_try_ms = now_ms + (d->env->wait_ms > wait_ms ? d->env->wait_ms : wait_ms);
    job->fate = permanent || now_ms - job->row.created_ms >= GIVE_UP_MS ? FATE_GIVEN_UP : FATE_FAILED;
    if (job->fate == FATE_GIVEN_UP)
        log_line(LOG_ERROR, "a %s to %s is given up after %d tries: %s", job->lane->channel->name, job->row.recipient,
                 job->row.tries, job->error);
}

static void job_done(void *arg, int code, bool in_doubt, bool permanent, const struct err *e)
{
    struct job *job = arg;
    job->handle = NULL;
    job->in_doubt = code && in_doubt;
    if (code)
        job_failed(job, code, permanent, e);
    else
        job->lane->dispatcher->stats.sent++;
    job->lane->dispatcher->env->wait_ms = 0;
    if (code == 0)
        job->fate = FATE_SENT;
    job_settle(job);
}

static void job_start(struct lane *l, const struct outbox_row *row)
{
    struct dispatcher *d = l->dispatcher;
    struct job *job = job_new(l, row);
    void *handle = l->channel->send(d->env, &job->row, clock_wall_ms(), job_done, job);
    if (handle) /* else the job has had its answer */
        job->handle = handle;
}

/* ---- the rate: a bucket that holds one minute's worth ---- */

static void tokens_fill(struct lane *l)
{
    int64_t now_ms = clock_mono_ms(), gone = now_ms - l->filled_ms;
    l->filled_ms = now_ms;
    l->tokens_ms = l->tokens_ms + gone < MINUTE_MS ? l->tokens_ms + gone : MINUTE_MS;
}

static int64_t token_price(const struct lane *l) { return MINUTE_MS / l->channel->per_minute; }

/* ---- lanes ---- */

static void counted(void *arg, int code, int64_t waiting, int64_t failing, int64_t oldest_ms)
{
    struct dispatcher *d = arg;
    if (code == 0) {
        d->stats.waiting = waiting;
        d->stats.failing = failing;
        d->stats.oldest_ms = oldest_ms;
    }
    dispatcher_unref(d);
}

/* Nothing more is due: when will something be? */
static void next_known(void *arg, int code, int64_t next_ms)
{
    struct lane *l = arg;
    struct dispatcher *d = l->dispatcher;
    if (!d->closing && (code || next_ms != INT64_MAX) && !timer_is_set(&l->timer)) {
        int64_t after_ms = code ? CLAIM_AGAIN_MS : next_ms - clock_wall_ms();
        timer_set(&l->timer, after_ms > LONGEST_NAP_MS ? LONGEST_NAP_MS : after_ms < 1 ? 1 : after_ms);
    }
    dispatcher_unref(d);
}

static void count_now(void *arg)
{
    struct dispatcher *d = arg;
    d->counted_ms = clock_mono_ms();
    outbox_count(d->store, counted, d);
    dispatcher_ref(d);
}

/* To count is to read all that waits: while mails by the thousand are written down, slice by slice, every lane is woken by
 * each slice, and would count again. */
static void count_soon(struct dispatcher *d)
{
    int64_t gone_ms = clock_mono_ms() - d->counted_ms;
    if (!d->counted_ms || gone_ms >= COUNT_EVERY_MS)
        count_now(d);
    else if (!timer_is_set(&d->count))
        timer_set(&d->count, COUNT_EVERY_MS - gone_ms);
}

static void lane_rest(struct lane *l)
{
    struct dispatcher *d = l->dispatcher;
    outbox_next(d->store, l->channel->name, next_known, l);
    dispatcher_ref(d);
    count_soon(d);
}

/* The claim came too late for us; the rows are due as before. */
static void rows_return(struct dispatcher *d, const struct outbox_row *rows, int n)
{
    for (int i = 0; i < n; i++)
        outbox_failed(d->store, rows[i].id, rows[i].next_try_ms, false, rows[i].last_error);
}

static void lane_claimed(void *arg, int code, const struct outbox_row *rows, int n)
{
    struct lane *l = arg;
    struct dispatcher *d = l->dispatcher;
    l->claiming = false;
    if (d->closing) {
        rows_return(d, rows, n);
        dispatcher_unref(d);
        return;
    }
    l->tokens_ms -= n * token_price(l);
    for (int i = 0; i < n; i++)
        job_start(l, &rows[i]);
    if (code)
        timer_set(&l->timer, CLAIM_AGAIN_MS);
    else if (n > 0 || l->kicked)
        timer_set(&l->timer, 0);
    else
        lane_rest(l);
    l->kicked = false;
    dispatcher_unref(d);
}

static void lane_turn(void *arg)
{
    struct lane *l = arg;
    struct dispatcher *d = l->dispatcher;
    CHECK_OBJ(d, DISPATCHER_MAGIC);
    int room = l->channel->at_once - l->in_flight;
    if (l->claiming || room <= 0) { /* goes on when that is through */
        l->kicked = l->claiming;
        return;
    }
    tokens_fill(l);
    int64_t allowed = l->tokens_ms / token_price(l);
    if (allowed < 1) {
        timer_set(&l->timer, token_price(l) - l->tokens_ms);
        return;
    }
    l->claiming = true;
    dispatcher_ref(d);
    outbox_claim(d->store, l->channel->name, clock_wall_ms(), allowed < room ? (int)allowed : room, lane_claimed, l);
}

void dispatcher_kick(struct dispatcher *d)
{
    CHECK_OBJ(d, DISPATCHER_MAGIC);
    for (int i = 0; i < d->n_lanes; i++)
        timer_set(&d->lanes[i].timer, 0);
}

/* ---- life ---- */

struct dispatcher *dispatcher_new(struct channel_env *env, struct store *s)
{
    struct dispatcher *d = NEW(struct dispatcher);
    d->magic = DISPATCHER_MAGIC;
    d->refs = 1;
    d->env = env;
    d->store = s;
    timer_init(&d->count, env->loop, count_now, d);
    for (const struct channel *const *c = channels; *c; c++) {
        ASSERT(d->n_lanes < MAX_LANES);
        struct lane *l = &d->lanes[d->n_lanes++];
        *l = (struct lane){.dispatcher = d, .channel = *c, .tokens_ms = MINUTE_MS, .filled_ms = clock_mono_ms()};
        timer_init(&l->timer, env->loop, lane_turn, l);
    }
    dispatcher_kick(d);
    return d;
}

static void jobs_leave(struct dispatcher *d)
{
    for (struct job *job = d->jobs, *next; job; job = next) {
        next = job->next;
        timer_clear(&job->again);
        if (job->settling)
            continue; /* its end is on its way to the store */
        if (job->handle)
            job->lane->channel->cancel(job->handle);
        job_free(job);
    }
}

struct dispatcher *dispatcher_free(struct dispatcher *d)
{
    if (!d)
        return NULL;
    CHECK_OBJ(d, DISPATCHER_MAGIC);
    d->closing = true;
    for (int i = 0; i < d->n_lanes; i++)
        timer_clear(&d->lanes[i].timer);
    timer_clear(&d->count);
    jobs_leave(d);
    dispatcher_unref(d);
    return NULL;
}

void dispatcher_get_stats(const struct dispatcher *d, struct dispatcher_stats *ret) { *ret = d->stats; }
