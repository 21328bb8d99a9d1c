/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe.h: what a probe is, and one attempt of it.
 *
 * A probe is probe_NAME.c with one `const struct probe probe_NAME`, its word in the room's meson.build, a manual
 * page man/probe_NAME.md and a test.  start() begins an attempt on the probe loop and returns at once; it ends
 * by attempt_done(), exactly once.  The attempt's own timer ends it at the time-out: it then calls stop(), which
 * releases what the probe holds (no callback of the probe may come afterwards), and reports a time-out.
 * stop() is also called after attempt_done() by the probe itself when stop_after_done is wanted: simply write
 * probes so that stop() is safe at any time.  Memory comes from attempt->arena and goes with it. */
#ifndef VIGIE_CHECKS_PROBE_H
#define VIGIE_CHECKS_PROBE_H

#include "config/conf.h"
#include "io/dns.h"
#include "io/httpc.h"
#include "io/icmp.h"
#include "io/spawn.h"
#include "io/work.h"
#include "model/model.h"
#include "wire/plugin.h"

enum { PROBE_MAX_TEXT = 1000, PROBE_MAX_MORE = 16 * 1024, PROBE_MAX_PERF = 8 * 1024, PROBE_MAX_TLS = 50 };

struct attempt_queue {
    struct attempt *first, *last;
};
struct probe_env { /* one a probe loop */
    struct loop *loop;
    struct dns *dns;
    struct httpc *httpc;
    struct icmp *icmp;
    struct snmp_hub *snmp;     /* snmp/hub.h; NULL until somebody asks an agent */
    struct dns_hub *dns_hub;   /* dns/ask.h; NULL until a server is asked straight */
    struct work_pool *workers; /* for what may block: the local machine */
    struct spawner *spawner;   /* NULL: plugins cannot run (cli without daemon makes its own) */
    int tls_in_flight;         /* at most PROBE_MAX_TLS handshakes at once; others wait in tls_waiting */
    struct attempt_queue tls_waiting;
    struct timer tls_timer;    /* hands free places out */
    struct attempt_queue ended; /* whose ended_fn is to be called in the next turn */
    struct timer ended_timer;
    struct watchdog *watchdog; /* who holds the loop for too long */
};
struct attempt;
typedef void attempt_ended(struct attempt *a, void *arg);

struct attempt {
    unsigned magic;
    struct arena *arena;
    const struct probe *probe;
    const void *opts;           /* of the generation, which the attempt holds */
    struct conf *conf;
    const char *host, *check;   /* names, for macros; check may be NULL */
    const char *address;        /* of the host; NULL */
    const char *ca_file;
    int family;
    int64_t timeout_ms;
    struct probe_env *env;
    struct timer timer;
    void *job;                  /* the probe's own state */
    void *local;                /* its job on a worker (machine/local.h) */
    struct dns_job *look;       /* attempt_look() */
    void (*looked)(struct attempt *a, const struct addr *at, int n);
    int look_port;
    int64_t started_us, due_us; /* mono */
    int64_t at_ms;              /* wall */
    /* The result being made. */
    enum state state;
    struct buf text, more, perf;
    struct timings timings;
    bool answered, ended;
    bool timed_out;
    bool tls_held, tls_waits;   /* has one of the PROBE_MAX_TLS places; waits for one */
    void (*tls_go)(void *arg);  /* called when a place is free */
    void *tls_arg;
    /* A trace of the dialogue for `vigie probe -v`; NULL: not wanted. */
    struct buf *trace;
    attempt_ended *ended_fn;
    void *arg;
    struct attempt *next;       /* queues */
    void *owner;                /* the scheduler's */
    void *memory;               /* what the probe keeps between attempts of one item (counters for rates); see probe.memory_bytes */
};
struct probe {
    struct conf_kind kind;      /* first: kinds and probes are the same objects */
    void (*start)(struct attempt *a);  /* NULL: passive */
    void (*stop)(struct attempt *a);   /* may be NULL when nothing is held */
    void (*late)(struct attempt *a);   /* at the time-out, before stop(): may say more than "no answer"; may be NULL */
    size_t memory_bytes;        /* zeroed at first, kept per item by the scheduler, handed to one attempt at a time */
    bool local;                 /* watches the machine itself: needs no address */
};
extern const struct probe *const probes[]; /* generated from the words in meson.build; NULL-terminated */
extern const struct conf_kind *const probe_kinds[]; /* the same, for conf_env */
const struct probe *probe_find(const char *name); /* also by alias; NULL */

/* Begins; ended_fn is called on env->loop, never from inside. The caller frees with attempt_free(). */
struct attempt *attempt_new(const struct probe *p, const void *opts, struct conf *conf, const char *host, const char *check,
                            const char *address, int family, int64_t timeout_ms);
void attempt_start(struct attempt *a, struct probe_env *env, attempt_ended *fn, void *arg);
void attempt_cancel(struct attempt *a); /* no ended_fn */
struct attempt *attempt_free(struct attempt *a);

/* For probes. Sets state and text (a packed message); the last call counts, see attempt_worse(). */
void attempt_say(struct attempt *a, enum state s, const char *msgid, const char *types, ...);
/* As attempt_say, but only when s is worse than what was said (thresholds). */
void attempt_worse(struct attempt *a, enum state s, const char *msgid, const char *types, ...);
void attempt_fail(struct attempt *a, int code, const struct err *e); /* CRITICAL or UNKNOWN by the kind of error, with its text */
void attempt_perf(struct attempt *a, const char *label, double value, const char *unit, const struct conf_level *warn,
                  const struct conf_level *crit, double min, double max); /* NAN: no min/max */
enum state level_state(const struct conf_level *warn, const struct conf_level *crit, double value, double share_percent);
void attempt_trace(struct attempt *a, char direction /* '>', '<', '*' */, const char *text, size_t n);
void attempt_done(struct attempt *a);

struct probe_env *probe_env_new(struct loop *l, struct work_pool *workers, struct spawner *spawner);
struct probe_env *probe_env_free(struct probe_env *e);

#endif
