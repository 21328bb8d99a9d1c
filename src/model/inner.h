/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inner.h: what the files of this room share among themselves.  Nobody else includes it. */
#ifndef VIGIE_MODEL_INNER_H
#define VIGIE_MODEL_INNER_H

#include "model/command.h"
#include "model/model.h"
#include "model/path.h"

enum {
    MODEL_MAX_LISTENERS = 16,
    MODEL_STEP_MS = 2000, /* wall against mono: more is a step */
    MODEL_SETTLE_MS =
        60000,             /* after a step nothing that hangs on the wall clock ends for so long */
    MODEL_LOOK_MS = 15000, /* longest sleep while something hangs on freshness or the wall clock */
    MODEL_AWAY_MS = 45000, /* ticks further apart: the machine slept */
    MODEL_GRACE_MS = 5 * 60000, /* freshness after a start or suspend */
    MODEL_HOST_FRESH_MS =
        15000,              /* a host's result this young is believed when a check begins to fail */
    MODEL_PATH_MS = 30000,  /* a path check waits for a time-out and so long */
    MODEL_MANY_CHECKS = 12, /* from here on a host has a map of its checks */
};

struct model {
    struct conf *conf;
    struct reconf *reconf;
    struct map host_by_name;
    VEC(struct host *) hosts; /* in the configuration's (natural) order */
    struct {
        model_listener *fn;
        void *arg;
    } listeners[MODEL_MAX_LISTENERS];
    int n_listeners;
    struct item *dirty_first, *dirty_last;
    struct model_counts counts;
    VEC(struct downtime *) downtimes; /* by id */
    int64_t last_downtime_id;
    int64_t duty_due_ms;     /* wall: no time period begins or ends before; 0: look */
    int64_t downtime_due_ms; /* wall: nothing happens before; 0: look */
    int flexible_waiting;
    struct heap fresh; /* items, by mono */
    struct heap acks;  /* struct held_ack, by wall */
    struct heap paths; /* by mono */
    uint64_t visit;
    struct heap derive;       /* struct links: aggregates to be worked out, members first */
    VEC(struct item *) news;  /* items whose dependants look again */
    VEC(struct host *) poked; /* those who wait for these hosts look again */
    bool kept;                /* what carries this mark is in the newest configuration applied */
    bool has_was;             /* the configuration renames something */
    bool ticked;
    struct moment last; /* of the last tick */
    int64_t settled_ms; /* mono: until then nothing that hangs on the wall clock ends */
    uint32_t seq;
};

/* model.c */
void model_raise(struct model *m, const struct event *e);
/* Most events: about an item, with its present state as `to`. */
struct event item_event(enum event_kind kind, struct item *it, struct moment now);
void item_recheck(struct model *m, struct item *it, bool soon,
                  struct moment now); /* unless it cannot be asked */
/* The same although a dependency says that it is not run: a person wants it. */
void item_ask(struct model *m, struct item *it, bool soon, struct moment now);

struct item *restored_item(const struct model *m, const char *host,
                           const char *check); /* or by `was:` */

/* item.c */
void item_init(struct item *it, struct host *h, bool is_host);
void item_done(struct model *m, struct item *it);  /* leaves heaps, lists and counts */
void item_touch(struct model *m, struct item *it); /* shown and stored things differ; counts anew */
void item_count(struct model *m, struct item *it);
void item_keep_text(char **at, const char *text); /* replaces when it differs */
bool item_is_active(const struct item *it);       /* the scheduler can ask it */
bool item_configured(const struct item *it);      /* enabled, but for what an operator said */
/* Recomputes `enabled`; raises EVENT_ENABLED when it differs. */
void item_enable(struct model *m, struct item *it, const char *author, const char *comment, struct moment now);
struct host *host_new(void);
void host_free(struct model *m, struct host *h); /* with its row; its checks are gone before */
struct item *host_find(const struct host *h, const char *check);
void host_index(struct host *h); /* after h->checks or names changed */
static inline bool item_hard_bad(const struct item *it)
{
    return it->st.hard && state_is_bad((enum state)it->st.state);
}

/* duty.c */
void duty_begin(struct item *it, struct moment now); /* a new item */
int64_t duty_tick(struct model *m, struct moment now); /* wall of the next edge of a period */

/* standing.c */
void standing_forget(struct standing *st, int64_t now_ms,
                     struct transition *ret); /* pending again */

/* ack.c */
struct ack_args {
    const char *author, *comment;
    int64_t at_ms, expires_ms;
    bool sticky;
};
void ack_set(struct model *m, struct item *it, const struct ack_args *a);
void ack_clear(struct model *m, struct item *it);
/* Ends it with EVENT_UNACK. */
void ack_end(struct model *m, struct item *it, const char *author, const char *text,
             struct moment now);
int64_t ack_tick(struct model *m, struct moment now); /* wall of the next expiry */

/* downtime.c */
int downtime_command(struct model *m, const struct command *c, struct moment now, int64_t *ret_id,
                     struct err *e);
int downtime_end_command(struct model *m, const struct command *c, struct moment now,
                         struct err *e);
void downtime_item_bad(struct model *m, struct item *it,
                       struct moment now);                  /* flexible ones may begin */
void downtime_item_added(struct model *m, struct item *it); /* those that wait for it find it */
void downtime_item_gone(struct model *m, struct item *it);
void downtime_item_renamed(struct model *m, struct item *it, struct moment now);
int64_t downtime_tick(struct model *m, struct moment now); /* wall of the next edge */
struct downtime *downtime_free(struct downtime *d);

/* result.c */
struct change {    /* a state that goes into an item's machine */
    enum state to; /* PENDING: nothing is known any more */
    bool force;    /* hard at once */
    bool soft;     /* never hard: the path is verified first */
    bool silent;   /* no EVENT_PROBLEM, whatever comes of it */
};
/* The machine and what follows at once: events, acknowledgement, flexible downtimes. */
void item_apply(struct model *m, struct item *it, const struct change *c, struct moment now,
                struct transition *t);
/* EVENT_PROBLEM or EVENT_RECOVERY, or the problem is held. */
void item_tell(struct model *m, struct item *it, const struct transition *t, bool hold,
               struct moment now);
/* Raises EVENT_PROBLEM for what nobody was told of, if nothing stands in the way any more. */
void item_unquiet(struct model *m, struct item *it, struct moment now);
/* What an aggregate's members come to. */
void item_derived(struct model *m, struct item *it, const struct result *r, struct moment now);
/* A made-up result, because none came. */
void item_stale(struct model *m, struct item *it, const struct result *r, struct moment now);

/* hostrow.c: the host's own state */
void host_result(struct model *m, struct host *h, const struct result *r, int64_t start_ms,
                 struct moment now);
/* A host that cannot be asked is judged by its checks. new_problem: one of them wants to be told,
 * and nothing answered since it failed. */
void host_by_evidence(struct model *m, struct host *h, bool new_problem, struct moment now);
bool host_sees(const struct host *h);     /* its own check decides */
bool host_is_bad(const struct host *h);   /* hard down or unreachable, and that counts */
bool host_doubtful(const struct host *h); /* problems of its checks are held */
void host_is_down(struct model *m, struct host *h, struct moment now);
void host_is_cut(struct model *m, struct host *h, struct moment now);
void host_unknown(struct model *m, struct host *h,
                  struct moment now); /* its way is open; without evidence it is pending */
/* Held problems of its checks: out now, or with the next bad result. */
void host_release(struct model *m, struct host *h, bool at_once, struct moment now);

/* tick.c */
void fresh_arm(struct model *m, struct item *it); /* from it->fresh_mono_ms */

#endif
