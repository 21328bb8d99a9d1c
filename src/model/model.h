/* SPDX-License-Identifier: GPL-3.0-or-later */
/* model.h: hosts, checks, what is known of them, and what follows from it.  PURE: no clock, no I/O.
 *
 * One model, on the main loop.  Results and commands go in (sink.h, command.h), events come out to
 * listeners.  Configuration generations are applied by reconf, which keeps the state of all that did not
 * change.  The scheduler (checks/), the store's recorder, alerts and web listen; none of them knows another.
 *
 * Who is told, and when (EVENT_PROBLEM):
 *   - A hard problem of a check is held back (no EVENT_PROBLEM yet) while its host is in doubt: its row is bad, its
 *     path is being checked, or its own check has not run since the check's failed attempt began.  In the last case
 *     the host is re-tested first (EVENT_RECHECK), unless the failed attempt got any answer: then the host lives.
 *     If the host turns out up, the held event goes out at once; if the host had failed meanwhile, it goes out with
 *     the check's next bad result (it is re-tested soon).  So a dead host with 15 checks is one problem: its own.
 *   - A host that would become hard DOWN has its path verified first: parents are re-tested, then the host again.
 *     If every way is dead it becomes UNREACHABLE, without EVENT_PROBLEM, and `cut` names the dead host.
 *   - EVENT_PROBLEM is raised even when model_quiet() has a reason to tell nobody (but for the above).  When the
 *     reason ends (downtime over, acknowledgement withdrawn or expired, flapping over, enabled) and the problem is
 *     still there and not `told`, it is raised again.
 *   - EVENT_RECOVERY is always raised at a hard recovery; whoever listens looks at `told` and clears it by
 *     model_told().  A recovery while flapping is raised once more when the flapping is over, if still `told`.
 *   - A host "not up" forces its checks hard only when it is itself hard.
 * A host without a check of its own, or whose check cannot tell (UNKNOWN without an answer: ICMP not permitted), is
 * judged by its checks: up while one of them was answered in its last round; else pending, never down; unreachable
 * when all ways to it are dead. */
#ifndef VIGIE_MODEL_MODEL_H
#define VIGIE_MODEL_MODEL_H

#include "base/heap.h"
#include "base/map.h"
#include "base/vec.h"
#include "config/conf.h"
#include "model/state.h"

struct model;
struct host;
struct links;

/* Timings of an attempt in µs; 0: does not apply. */
struct timings {
    int32_t lookup_us, connect_us, tls_us, first_byte_us, total_us;
};
struct ack {
    char *author, *comment;
    int64_t at_ms, expires_ms; /* expires 0: never */
    bool sticky;               /* until recovery; else until the next state change */
};
struct downtime {
    int64_t id;
    struct host *host;
    struct item *item;    /* NULL: the host and all its checks */
    char *host_name, *check_name; /* as asked for (survives removal of the object); check_name may be NULL */
    char *author, *comment;
    int64_t at_ms, start_ms, end_ms, duration_ms; /* duration: flexible only */
    bool flexible;
    bool active;
    int64_t began_ms, until_ms; /* once active */
};
/* A checked thing: a check on a host, or the host's own row (is_host). */
struct item {
    struct heap_node due;   /* the scheduler's (checks/scheduler.h) */
    struct heap_node fresh; /* model's own: when it is stale (mono) */
    struct host *host;
    const struct conf_check *conf; /* of the current generation; NULL: a host without a check of its own */
    struct standing st;
    bool is_host;
    bool in_flight;         /* the scheduler's: an attempt is under way */
    bool enabled;           /* conf and operator together; see `override_enabled` */
    int8_t override_enabled; /* -1: as configured; 0/1: an operator said so */
    bool told;              /* somebody was told of the present problem */
    bool verifying;         /* a host whose path is being checked before it is called down */
    bool dirty;             /* the recorder's: differs from the store */
    bool stale;             /* set by freshness, cleared by the next result */
    bool held;              /* model's own: EVENT_PROBLEM is due, but the host is in doubt */
    bool resting;           /* outside its check_period: the state stays, nobody asks */
    bool off_duty;          /* outside its notify_period */
    bool answered;          /* the last result was an answer */
    bool kept;              /* model's own, while a generation is applied */
    uint8_t counted;        /* model's own: how the counts have it */
    uint16_t downtime_depth; /* active downtimes that cover it */
    struct item *next_dirty, *prev_dirty;
    struct links *links;    /* model's own: what it has to do with others (relations.h); NULL: nothing */
    struct ack *ack;        /* NULL: not acknowledged */
    char *text;             /* last output, cleaned, packed or plain; NULL before the first result */
    char *more;             /* long output; NULL */
    char *perfdata;         /* NULL */
    int64_t last_check_ms;  /* wall of the last result; 0: none */
    int64_t next_check_ms;  /* wall estimate, for display */
    int64_t fresh_mono_ms;  /* freshness counts from here (monotonic incl. suspend) */
    struct timings timings;
    int32_t late_us;        /* scheduling delay of the last attempt */
    uint32_t seq;           /* grows with each change that a page shows */
};
struct host {
    const char *name;       /* conf's */
    const struct conf_host *conf;
    struct item self;       /* its own row: up, down, unreachable */
    VEC(struct item *) checks; /* in configuration order */
    VEC(struct host *) parents;
    const struct conf_ways *ways; /* the logic between them */
    VEC(struct host *) children;
    struct host *cut;       /* when unreachable: the dead host that cuts it off; NULL: not known (yet) */
    /* model's own */
    struct map check_by_name; /* only on hosts with many checks */
    struct path *path;      /* a path check under way */
    int64_t own_ms;         /* mono: start of the last attempt of its own check that could tell */
    uint64_t visit;
    uint32_t visit_at;
    int answering;          /* checks whose last result was an answer */
    bool blind;             /* its own check cannot tell, or there is none */
    bool kept;
    int64_t alive_ms;       /* mono: last sign of life by any check (a refused connection counts) */
};

struct result {
    enum state state;     /* of a host's own check: UP/DOWN, or OK..UNKNOWN, which is mapped */
    const char *text, *more, *perfdata; /* cleaned (sink_clean); borrowed */
    int64_t at_ms;        /* wall, start of the attempt */
    struct timings timings;
    int32_t late_us;
    bool passive;
    bool answered;        /* the peer answered anything, a refusal included: it is alive */
};

enum event_kind {
    EVENT_STATE = 1,   /* from→to, soft or hard */
    EVENT_PROBLEM,     /* a hard problem begins, changes its state, or repeats (volatile): tell somebody, unless quiet */
    EVENT_RECOVERY,    /* hard recovery */
    EVENT_FLAPPING,    /* hard: started (true) / stopped (false) */
    EVENT_ACK, EVENT_UNACK,
    /* ADDED again with a known id: its names changed. ENDED (was active) or REMOVED (never was): the last of it;
     * author: who ended it before its time. A host's has its row as item. */
    EVENT_DOWNTIME_ADDED, EVENT_DOWNTIME_STARTED, EVENT_DOWNTIME_ENDED, EVENT_DOWNTIME_REMOVED,
    EVENT_ENABLED,     /* enabled or disabled, by a person or (author NULL) a new configuration (hard: the new value) */
    EVENT_RECHECK,     /* the scheduler should check `item` now (soon: within 1 s when `to` is PENDING) */
    EVENT_RESULT,      /* any result came in (no state change needed) */
    EVENT_ADDED, EVENT_REMOVED, /* an item by reconf; REMOVED is the last time it is seen */
    EVENT_RECONF,      /* a generation was applied; item NULL */
    EVENT_CHANGED,     /* an item's configuration differs (interval, options, …) or its host's; its state was kept */
    EVENT_RENAMED,     /* by `was:`; text: the former id as of item_id(); the item has its new name */
};
struct event {
    enum event_kind kind;
    struct item *item;     /* NULL for EVENT_RECONF, and for a downtime whose object was removed */
    int64_t at_ms;         /* wall */
    enum state from, to;
    bool hard;
    int attempt;
    const char *text;      /* output or comment */
    const char *author;
    const struct downtime *downtime;
    const struct transition *transition; /* EVENT_STATE */
};
typedef void model_listener(void *arg, const struct event *e);

/* now_ms are wall times, mono_ms monotonic ones; both are passed by the caller throughout. */
struct moment {
    int64_t wall_ms, mono_ms; /* mono: clock_boot_ms(): counts suspend */
};

struct model *model_new(void);
struct model *model_free(struct model *m);
/* At most 16, called in order of listening. They may read and call model_told(); results and commands wait until
 * the call that raised the event has returned. Whoever has an item in a heap takes it out at EVENT_REMOVED. */
void model_listen(struct model *m, model_listener *fn, void *arg);
void model_deafen(struct model *m); /* at the end: nobody hears of anything any more */
/* Name of the file that something stands in; "" when it is of a generation that is only being taken in. */
const char *model_file(const struct model *m, struct conf_where where);

/* Applying a generation in slices, so that the main loop is never held over a few ms.
 * begin takes a reference to next; step does at most `budget` items and returns 1 while there is more, 0 when
 * done (the former generation is released). While it runs results and commands are still taken. */
struct reconf;
struct reconf *reconf_begin(struct model *m, struct conf *next); /* NULL: another one is not done yet */
int reconf_step(struct reconf *r, int budget, struct moment now); /* frees r when it returns 0 */
const struct conf *model_conf(const struct model *m); /* NULL before the first */

struct host *model_find_host(const struct model *m, const char *name);
struct item *model_find(const struct model *m, const char *host, const char *check); /* check NULL: the host's row */
/* All items: hosts in natural order, each host's own row first. i starts at 0. */
struct item *model_next(const struct model *m, size_t *i_host, size_t *i_check);
size_t model_hosts(const struct model *m);
struct host *model_host_at(const struct model *m, size_t i);
const char *item_check_name(const struct item *it); /* NULL for a host's row */
void item_id(const struct item *it, char *out, size_t n); /* "web1/http" or "web1" */

/* A result from the scheduler or the sink. */
void model_result(struct model *m, struct item *it, const struct result *r, struct moment now);
/* Timers of the model: freshness, downtimes, acknowledgements that expire, path checks that got no answer.
 * Returns the mono time of the next thing to do (INT64_MAX: none); at most 15 s ahead while anything hangs on the
 * wall clock or on freshness, since a call that comes much later than asked for shows a suspend.
 * A step of the wall clock (over 2 s against mono) changes no recorded time. Downtimes and acknowledgements are
 * wall times by intention and follow it, but nothing of them ends before the new time has stood for a minute. All
 * other deadlines are mono. After a suspend or a start, freshness counts at least min(freshness, 5 min) from then. */
int64_t model_tick(struct model *m, struct moment now);

/* Restoring at start, before the first tick; raises no events. */
struct item_state { /* a stored row */
    const char *host, *check; /* check NULL: host's row */
    struct standing st;
    const char *text, *more, *perfdata;
    int64_t last_check_ms, next_check_ms;
    bool told;
    int8_t override_enabled;
    const char *ack_author, *ack_comment; /* NULL: none */
    int64_t ack_at_ms, ack_expires_ms;
    bool ack_sticky;
};
int model_restore(struct model *m, const struct item_state *s, struct moment now); /* ERR_NOT_FOUND: no such item now */
int model_restore_downtime(struct model *m, const struct downtime *d, struct moment now); /* texts are copied */

/* Downtimes, oldest first. */
size_t model_downtimes(const struct model *m);
const struct downtime *model_downtime_at(const struct model *m, size_t i);

/* Somebody was told of the present problem (true), or of its end (false). Kept in the store. */
void model_told(struct model *m, struct item *it, bool told);
/* What a dead host cuts off (or would, if it died): hosts and checks that no other way leads to. */
void model_behind(struct model *m, struct host *h, int *ret_hosts, int *ret_checks);

/* Takes the next item that differs from the store (clears its dirty mark); NULL when none. */
struct item *model_take_dirty(struct model *m);

/* Why nobody would be told of this item now; 0: they would. Names are those of the field (Naemon's NSR_*). */
enum quiet {
    QUIET_NO = 0, QUIET_OK, QUIET_SOFT, QUIET_ACKNOWLEDGED, QUIET_DOWNTIME, QUIET_FLAPPING, QUIET_HOST_DOWN,
    QUIET_UNREACHABLE, QUIET_DISABLED, QUIET_NO_NOTIFY, QUIET_VERIFYING, QUIET_DEPENDENCY, QUIET_MEMBERS,
    QUIET_PERIOD, QUIET_DIGEST, QUIET_CONTEXT,
};
enum quiet model_quiet(const struct item *it);
const char *quiet_text(enum quiet q); /* MSG id */

struct model_counts { /* of present states (checks and hosts together as the console's tally wants them) */
    int critical, down, warning, unknown, unreachable, pending, ok, up, in_downtime, acknowledged, unhandled;
    int hosts, checks;
};
void model_count(const struct model *m, struct model_counts *ret); /* kept up to date, O(1) */

/* State of a component from what it depends on (hard states only): worst first; `planned` when all that is bad is in downtime. */
enum component_state { COMPONENT_UP, COMPONENT_DEGRADED, COMPONENT_DOWN, COMPONENT_PLANNED, COMPONENT_UNKNOWN };
enum component_state model_component(const struct model *m, const struct conf_component *c, int64_t *ret_since_ms);
const char *component_word(enum component_state s); /* "operational", "degraded", "down", "maintenance", "unknown" */

#endif
