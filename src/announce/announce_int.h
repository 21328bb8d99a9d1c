/* SPDX-License-Identifier: GPL-3.0-or-later */
/* announce_int.h: what the files of this room share. */
#ifndef VIGIE_ANNOUNCE_ANNOUNCE_INT_H
#define VIGIE_ANNOUNCE_ANNOUNCE_INT_H

#include "announce/announce.h"
#include "base/map.h"
#include "base/vec.h"

enum { ANNOUNCE_MAX_LISTENERS = 8 };
struct row { /* kept until it is durable */
    struct row *next;
    const struct store_stmt *stmt;
    uint64_t version; /* of the board: the change that it belongs to */
    int n;
    struct store_value values[];
};
struct waiter {
    struct waiter *next;
    announce_done *fn;
    void *arg;
    uint64_t upto; /* rows ever kept */
};
struct mark { /* that something was done: never again */
    int64_t bulletin, at_ms; /* bulletin 0: of none */
    char name[];
};
struct outage { /* of a component, by its checks, that has lasted for long */
    const char *component;
    int64_t from_ms, to_ms; /* to 0: still */
};
struct announce {
    unsigned magic;
    int refs;
    bool closing, failing;
    struct announce_env env;
    struct board *board;
    struct row *rows, **tail;
    int n_rows, flying; /* of the first rows: in a batch on its way */
    uint64_t kept;
    struct waiter *waiters;
    struct timer tick;
    int unread;         /* rows of the store that nobody understands */
    struct map marks;   /* by name */
    VEC(int64_t) live;  /* numbers of bulletins that are open and not withdrawn, drafts too */
    VEC(struct outage) outages;
    struct timer look;
    bool ready;         /* everything was restored */
    bool soon;          /* the look is set to be soon */
    int64_t reports_due_ms;  /* wall: no reminder of a report is due before */
    uint64_t reports_version; /* of the board when that was worked out */
    int64_t series_due_ms, series_looked_ms; /* wall: no occurrence is due before */
    struct {
        announce_listener *fn;
        void *arg;
    } listeners[ANNOUNCE_MAX_LISTENERS];
    int n_listeners;
};
void announce_unref(struct announce *a);
const struct conf *announce_conf(const struct announce *a);

/* marks.c */
int marks_restore(struct announce *a, struct err *e);
bool mark_has(const struct announce *a, const char *name);
/* Kept with what is being said; false: it is there already. */
bool mark_set(struct announce *a, const char *name, int64_t bulletin, int64_t now_ms);
void marks_forget(struct announce *a, int64_t bulletin); /* it is over */
void marks_done(struct announce *a);

/* clock.c: what follows by time. */
void clock_init(struct announce *a);
void clock_soon(struct announce *a); /* look again, in this turn's end */
void clock_ended(struct announce *a, const struct board_event *e); /* work that has just ended: what is still bad is said */
void clock_raise(struct announce *a, enum announce_kind kind, const struct bulletin *b, int64_t lead_ms, int64_t now_ms);

/* works.c: downtimes of the checks that planned work touches. */
void works_sync(struct announce *a, int64_t now_ms);
/* Names of what is bad of a bulletin's components, with commas; how many. */
int works_red(const struct announce *a, const struct bulletin *b, struct buf *out);

/* staff.c: mails to the contacts of the configuration. unique: what makes this telling one of its own. */
void staff_tell(struct announce *a, const struct bulletin *b, const char *unique, const char *msgid_subject, const char *msgid_body, const char *detail, int64_t now_ms);

/* propose.c: drafts of what the checks say. Returns when to look again (wall). */
int64_t propose_look(struct announce *a, int64_t now_ms);
/* series.c */
int64_t series_look(struct announce *a, int64_t now_ms);
/* outage.c */
int outages_restore(struct announce *a, struct err *e);
void outages_done(struct announce *a);
int64_t outages_look(struct announce *a, int64_t now_ms);

#endif
