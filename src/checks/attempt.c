/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attempt.c: one attempt of a probe: its timer, its result in the making, its end.
 *
 * An attempt that ends is queued in its probe_env and told to its owner in the next turn of the loop, when
 * nothing of the probe is on the stack any more. It knows nothing of schedules. */
#include "checks/attempt.h"
#include "base/panic.h"
#include "base/utf8.h"
#include "checks/dns/ask.h"
#include "checks/hide.h"
#include "checks/snmp/ask.h"
#include "checks/watchdog.h"

#include <math.h>
#include <string.h>

enum { MAGIC = 0x61747431, ARENA_BYTES = 1536, MAX_TRACE_LINE = 512 };

struct attempt *attempt_new(const struct probe *p, const void *opts, struct conf *conf, const char *host,
                            const char *check, const char *address, int family, int64_t timeout_ms)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct attempt *a = ARENA_NEW(arena, struct attempt);

    a->magic = MAGIC;
    a->arena = arena;
    a->probe = p;
    a->opts = opts;
    a->conf = conf ? conf_ref(conf) : NULL;
    a->ca_file = conf ? conf->site.ca_file : NULL;
    a->host = arena_dup(arena, host);
    a->check = arena_dup(arena, check);
    a->address = arena_dup(arena, address);
    a->family = family;
    a->timeout_ms = timeout_ms > 0 ? timeout_ms : 10000;
    a->text = BUF_MAX(PROBE_MAX_TEXT);
    a->more = BUF_MAX(PROBE_MAX_MORE);
    a->perf = BUF_MAX(PROBE_MAX_PERF);
    return a;
}

static void queue_put(struct attempt_queue *q, struct attempt *a)
{
    a->next = NULL;
    *(q->last ? &q->last->next : &q->first) = a;
    q->last = a;
}

static struct attempt *queue_take(struct attempt_queue *q)
{
    struct attempt *a = q->first;

    if (a == NULL)
        return NULL;
    q->first = a->next;
    q->last = q->first ? q->last : NULL;
    a->next = NULL;
    return a;
}

/* It need not be in there. */
static void queue_drop(struct attempt_queue *q, struct attempt *a)
{
    struct attempt *before = NULL, *at = q->first;

    for (; at && at != a; at = at->next)
        before = at;
    if (at == NULL)
        return;
    *(before ? &before->next : &q->first) = a->next;
    q->last = q->last == a ? before : q->last;
    a->next = NULL;
}

static void tell_ended(void *arg)
{
    struct probe_env *env = arg;
    struct attempt *a;

    while ((a = queue_take(&env->ended)) != NULL)
        a->ended_fn(a, a->arg);
}

static void queue_ended(struct probe_env *env, struct attempt *a)
{
    if (env->ended.first == NULL)
        timer_set(&env->ended_timer, 0);
    queue_put(&env->ended, a);
}

static void time_out(void *arg)
{
    struct attempt *a = arg;

    CHECK_OBJ(a, MAGIC);
    attempt_blame(a);
    a->timed_out = true;
    attempt_say(a, STATE_CRITICAL, MSG("no answer within {1}"), "l", a->timeout_ms * 1000);
    if (a->probe->late)
        a->probe->late(a);
    attempt_done(a);
}

void attempt_start(struct attempt *a, struct probe_env *env, attempt_ended *fn, void *arg)
{
    CHECK_OBJ(a, MAGIC);
    a->env = env;
    a->ended_fn = fn;
    a->arg = arg;
    a->started_us = clock_mono_us();
    a->at_ms = clock_wall_ms();
    timer_init(&a->timer, env->loop, time_out, a);
    if (a->probe->start == NULL) {
        attempt_say(a, STATE_UNKNOWN, MSG("results of this kind come by themselves"), "");
        attempt_done(a);
        return;
    }
    timer_set(&a->timer, a->timeout_ms);
    loop_stretch(env->loop, NULL); /* one callback starts many */
    a->probe->start(a);
    loop_stretch(env->loop, a->probe->kind.name);
}

static void on_looked(void *arg, const struct dns_addrs *r)
{
    struct attempt *a = arg;
    struct addr at[DNS_MAX_ADDRS];

    attempt_blame(a);
    a->look = NULL;
    a->timings.lookup_us = (int32_t)r->took_us;
    if (r->code || r->n == 0) {
        attempt_fail(a, r->code ? r->code : ERR_NOT_FOUND, &r->err);
        attempt_done(a);
        return;
    }
    for (int i = 0; i < r->n; i++) {
        at[i] = r->at[i];
        addr_set_port(&at[i], a->look_port);
    }
    a->looked(a, at, r->n);
}

void attempt_look(struct attempt *a, const char *name, int port, void (*fn)(struct attempt *a, const struct addr *at, int n))
{
    struct addr literal;

    a->looked = fn;
    a->look_port = port;
    if (addr_parse(name, port, &literal) == 0)
        fn(a, &literal, 1);
    else
        a->look = dns_resolve(a->env->dns, name, (enum dns_family)a->family, attempt_left_ms(a), on_looked, a);
}

/* Everything that could call the probe again goes. */
static void let_go(struct attempt *a)
{
    timer_clear(&a->timer);
    if (a->look)
        dns_cancel(a->look);
    a->look = NULL;
    if (a->probe->stop)
        a->probe->stop(a);
    if (a->tls_waits)
        queue_drop(&a->env->tls_waiting, a);
    a->tls_waits = false;
    attempt_tls_give(a);
}

/* 32 bits of µs are 36 minutes; what takes longer (up to an hour) has turned negative. */
static void timings_bound(struct timings *t)
{
    int32_t *const all[] = {&t->lookup_us, &t->connect_us, &t->tls_us, &t->first_byte_us, &t->total_us};

    for (size_t i = 0; i < COUNT(all); i++)
        if (*all[i] < 0)
            *all[i] = INT32_MAX;
}

void attempt_done(struct attempt *a)
{
    CHECK_OBJ(a, MAGIC);
    ASSERT(!a->ended);
    attempt_blame(a);
    let_go(a);
    a->ended = true;
    if (a->timings.total_us == 0)
        a->timings.total_us = (int32_t)attempt_spent_us(a);
    timings_bound(&a->timings);
    if (a->state == STATE_PENDING)
        attempt_say(a, STATE_UNKNOWN, MSG("the check ended without a result"), "");
    hide_secrets(a);
    queue_ended(a->env, a);
}

void attempt_cancel(struct attempt *a)
{
    CHECK_OBJ(a, MAGIC);
    if (a->env == NULL)
        return;
    if (a->ended) {
        queue_drop(&a->env->ended, a);
        return;
    }
    let_go(a);
    a->ended = true;
}

struct attempt *attempt_free(struct attempt *a)
{
    if (a == NULL)
        return NULL;
    CHECK_OBJ(a, MAGIC);
    ASSERT(a->env == NULL || a->ended);
    a->magic = 0;
    buf_done(&a->text);
    buf_done(&a->more);
    buf_done(&a->perf);
    conf_unref(a->conf);
    arena_free(a->arena);
    return NULL;
}

/* ---- places for handshakes ---- */

bool attempt_tls_take(struct attempt *a, void (*go)(void *arg), void *arg)
{
    struct probe_env *env = a->env;

    if (a->tls_held || a->tls_waits)
        return a->tls_held;
    a->tls_held = env->tls_in_flight < PROBE_MAX_TLS && env->tls_waiting.first == NULL;
    if (a->tls_held) {
        env->tls_in_flight++;
        return true;
    }
    a->tls_waits = true;
    a->tls_go = go;
    a->tls_arg = arg;
    queue_put(&env->tls_waiting, a);
    return false;
}

/* By a timer: who gets a place may fail at once and give it on, and so might all the others. */
static void hand_out(void *arg)
{
    struct probe_env *env = arg;

    while (env->tls_in_flight < PROBE_MAX_TLS && env->tls_waiting.first) {
        struct attempt *a = queue_take(&env->tls_waiting);

        env->tls_in_flight++;
        a->tls_waits = false;
        a->tls_held = true;
        a->tls_go(a->tls_arg);
    }
}

void attempt_tls_give(struct attempt *a)
{
    if (!a->tls_held)
        return;
    a->tls_held = false;
    a->env->tls_in_flight--;
    if (a->env->tls_waiting.first)
        timer_set(&a->env->tls_timer, 0);
}

/* ---- saying ---- */

void attempt_say(struct attempt *a, enum state s, const char *msgid, const char *types, ...)
{
    va_list ap;

    a->state = s;
    buf_clear(&a->text);
    va_start(ap, types);
    msg_vpack(&a->text, msgid, types, ap);
    va_end(ap);
}

void attempt_worse(struct attempt *a, enum state s, const char *msgid, const char *types, ...)
{
    va_list ap;

    if (a->state != STATE_PENDING && state_rank(s) <= state_rank(a->state))
        return;
    a->state = s;
    buf_clear(&a->text);
    va_start(ap, types);
    msg_vpack(&a->text, msgid, types, ap);
    va_end(ap);
}

struct failure {
    int code;
    enum state state;
    bool answered; /* somebody was there to say no */
    const char *text;
};
static const struct failure failures[] = {
    {ERR_REFUSED, STATE_CRITICAL, true, MSG("the connection was refused")},
    {ERR_RESET, STATE_CRITICAL, true, MSG("the connection was closed early")},
    {ERR_TLS, STATE_CRITICAL, true, MSG("the TLS handshake failed")},
    {ERR_PROTOCOL, STATE_CRITICAL, true, MSG("the answer does not follow the protocol")},
    {ERR_AUTH, STATE_CRITICAL, true, MSG("the log-in was refused")},
    {ERR_TIMEOUT, STATE_CRITICAL, false, MSG("no answer in time")},
    {ERR_UNREACHABLE, STATE_CRITICAL, false, MSG("the network cannot be reached")},
    {ERR_NOT_FOUND, STATE_CRITICAL, false, MSG("the name does not exist")},
    {ERR_DNS, STATE_UNKNOWN, false, MSG("the name could not be looked up")},
    {ERR_DENIED, STATE_UNKNOWN, false, MSG("not permitted")},
    {ERR_BUSY, STATE_UNKNOWN, false, MSG("vigie itself is too busy")},
    {0, STATE_UNKNOWN, false, MSG("the check could not be run")},
};

void attempt_fail(struct attempt *a, int code, const struct err *e)
{
    const struct failure *f = failures;

    while (f->code != 0 && f->code != code)
        f++;
    if (f->answered)
        a->answered = true;
    attempt_say(a, f->state, f->text, "");
    if (e == NULL || e->text[0] == '\0')
        return;
    buf_clear(&a->text);
    buf_str(&a->text, e->text);
}

void attempt_late_lookup(struct attempt *a, const char *name)
{
    attempt_say(a, STATE_UNKNOWN, MSG("DNS did not answer within {1} for {2}"), "ds", a->timeout_ms,
                attempt_quote(a, name, strlen(name), 120));
}

const char *attempt_quote(struct attempt *a, const char *p, size_t n, size_t max)
{
    struct buf clean = BUF_MAX(max + 8);
    const char *text;

    utf8_clean(&clean, p, n < 4 * max ? n : 4 * max, UTF8_ONE_LINE, max);
    text = arena_dup(a->arena, buf_text(&clean));
    buf_done(&clean);
    return text;
}

const char *attempt_address(struct attempt *a)
{
    if (a->address)
        return a->address;
    attempt_say(a, STATE_UNKNOWN, MSG("the host has no address"), "");
    attempt_done(a);
    return NULL;
}

void attempt_blame(struct attempt *a)
{
    loop_blame(a->env->loop, a->probe->kind.name);
}

int64_t attempt_spent_us(const struct attempt *a)
{
    return clock_mono_us() - a->started_us;
}

int64_t attempt_left_ms(const struct attempt *a)
{
    int64_t left = a->timeout_ms - attempt_spent_us(a) / 1000;

    return left > 1 ? left : 1;
}

void attempt_trace(struct attempt *a, char direction, const char *text, size_t n)
{
    struct str rest = {text, n}, line;

    if (a->trace == NULL)
        return;
    while (str_next(&rest, "\n", &line)) {
        buf_char(a->trace, direction);
        buf_char(a->trace, ' ');
        utf8_clean(a->trace, line.p, line.n, UTF8_ONE_LINE, MAX_TRACE_LINE);
        buf_char(a->trace, '\n');
    }
}

const struct probe *probe_find(const char *name)
{
    for (const struct probe *const *p = probes; *p; p++)
        if (str_eq((*p)->kind.name, name) || ((*p)->kind.alias && str_eq((*p)->kind.alias, name)))
            return *p;
    return NULL;
}

/* ---- the loop's own things ---- */

struct probe_env *probe_env_new(struct loop *l, struct work_pool *workers, struct spawner *spawner)
{
    struct probe_env *env = NEW(struct probe_env);

    env->loop = l;
    env->dns = dns_new(l);
    env->httpc = httpc_new(l);
    env->icmp = icmp_new(l);
    env->workers = workers;
    env->spawner = spawner;
    env->watchdog = watchdog_new(l);
    timer_init(&env->ended_timer, l, tell_ended, env);
    timer_init(&env->tls_timer, l, hand_out, env);
    return env;
}

struct probe_env *probe_env_free(struct probe_env *env)
{
    if (env == NULL)
        return NULL;
    timer_clear(&env->ended_timer);
    timer_clear(&env->tls_timer);
    snmp_hub_free(env->snmp);
    dns_hub_free(env->dns_hub);
    watchdog_free(env->watchdog);
    icmp_free(env->icmp);
    httpc_free(env->httpc);
    dns_free(env->dns);
    return mem_free(env);
}
