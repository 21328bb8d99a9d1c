/* SPDX-License-Identifier: GPL-3.0-or-later */
/* house.h: what operations may use.  The daemon fills it once, before anything is asked; parts may be NULL in tests. */
#ifndef VIGIE_OPS_HOUSE_H
#define VIGIE_OPS_HOUSE_H

#include "alerts/notify.h"
#include "announce/announce.h"
#include "announce/export.h"
#include "announce/federation.h"
#include "announce/hooks.h"
#include "announce/irc.h"
#include "announce/mailing.h"
#include "announce/mirror.h"
#include "announce/seal.h"
#include "announce/sms.h"
#include "announce/websub.h"
#include "announce/webpush.h"
#include "auth/auth.h"
#include "channels/channel.h"
#include "checks/discover/discover.h"
#include "checks/scheduler.h"
#include "config/conf.h"
#include "io/httpd.h"
#include "model/command.h"
#include "store/found.h"

/* What came of reading the configuration: errors (n > 0), or the difference to what runs. */
struct house_conf_result {
    const struct conf_errors *errors;
    const struct conf_diff *diff;
    bool applied;
    int code; /* 0, ERR_INVALID, ERR_BUSY, ERR_IO */
    struct err err;
};
typedef void house_conf_done(void *arg, const struct house_conf_result *r);

/* The files as they are now cannot be used; what runs is the last good configuration. */
struct house_conf_wrong {
    int64_t since_ms; /* 0: they can */
    int errors;
    unsigned line;
    char file[300];   /* of the first error; "" when it is none of a line */
    char text[600]; /* a packed message */
};

/* Trials under way and a short while ago, by person. */
struct house_trials {
    int running;
    struct {
        char who[64];
        int running;
        int64_t debt_ms; /* mono: when all its trials are paid for */
    } by[16];
};

/* What a person wants to be looked for. */
struct house_discover {
    const char *net;                /* a prefix, with the person's yes; NULL: this machine */
    const char *const *communities; /* NULL-ended; NULL: none. Borrowed for the call */
    int rate_pps;
    int64_t listen_ms;
};
struct house_discover_state { /* of the run under way, or the last one */
    bool running;
    char source[300]; /* "" before the first */
    struct discover_progress progress;
    int64_t began_ms, ended_ms; /* wall; ended 0: not yet */
    int code;                   /* how it ended */
    struct err err;
};
typedef void house_discover_done(void *arg, int code, const struct err *e);

struct op_call;
struct house {
    struct loop *loop;
    struct model *model;
    struct store *store;
    struct recorder *recorder;
    struct auth *auth;
    struct scheduler *scheduler;
    struct watchdog *watchdog; /* of the probe loop */
    struct dispatcher *dispatcher;
    struct notify *notify;
    struct announce *announce;
    struct publications *publications;
    const struct telling_env *telling;
    struct mailing *mailing;
    struct federation *federation;
    struct hooks *hooks;        /* webhooks */
    struct irc *irc;
    struct websub *websub;      /* the hub of our feeds */
    struct sms *sms;
    struct board *board;        /* of announce: what is published, and drafts */
    struct httpd *httpd;
    struct work_pool *workers;
    struct zone *zone;          /* of the site; NULL: UTC. Replaced at reload. */
    const char *data_dir, *config_file, *node, *machine_name;
    const char *address;        /* where the console is: "http://127.0.0.1:8444" */
    int64_t started_wall_ms, started_mono_ms;
    struct conf_env conf_env;
    struct house_conf_wrong conf_wrong;
    /* The daemon's own: reads the files in a worker, validates, tells the difference, applies if asked. */
    void (*conf_read)(void *daemon, bool apply, house_conf_done *fn, void *arg);
    /* Replaces <data>/conf.d/added.yaml by an edit, validated and applied as one; undone when it does not validate.
     * edit runs in a worker on the present text. */
    void (*conf_edit)(void *daemon, int (*edit)(void *arg, const char *text, size_t n, struct buf *out, struct err *e), house_conf_done *fn, void *arg);
    /* One attempt outside the schedule (trial run of "add"), of a check of a generation that it holds; fn on the main loop.
     * 0, or ERR_CANCELLED: the daemon is about to end. */
    int (*trial)(void *daemon, struct conf *conf, const struct conf_check *check, int64_t timeout_ms, void (*fn)(void *arg, const struct attempt *at), void *arg);
    struct house_trials trials; /* ops_trial.c's own */
    /* The same for several files below <data>/conf.d ("discovered/web1.yaml"), all or none; names are borrowed until fn is called. */
    void (*conf_edit_files)(void *daemon, const char *const *names, int n,
                            int (*edit)(void *arg, int i, const char *text, size_t n, struct buf *out, struct err *e), house_conf_done *fn, void *arg);
    struct book *book; /* what discovery found; found_save() after each change */
    /* Looks; fn (may be NULL) when what was found is in the book. ERR_BUSY while another one looks; fn is not called then. */
    int (*discover)(void *daemon, const struct house_discover *ask, house_discover_done *fn, void *arg, struct err *e);
    void (*discover_state)(void *daemon, struct house_discover_state *ret);
    void (*discover_stop)(void *daemon);
    void (*loop_stats)(void *daemon, struct loop_stats *ret_main, struct loop_stats *ret_probe);
    void *daemon;
    /* web's own (web/site.h): renders in a worker; fn on the main loop. 0, or an error, and fn is not called then. */
    int (*export_site)(void *site, const struct export_ask *ask, export_done *fn, void *arg, struct err *e);
    void *site;
    /* Signs what an export says of itself, with a copy of the seal; NULL: nothing is signed. Any thread. */
    void (*sign)(const struct seal *s, const char *name, const void *p, size_t n, int64_t at_ms, struct buf *out);
    struct seal seal;
    struct mirrors *mirrors;
    struct webpush *webpush;    /* announce/webpush.h */
    const char *webpush_key;    /* the public half of its key, for pages */
    struct spawner *spawner; /* of the main loop; NULL: no programs are run */
    bool demo;                  /* a demonstration: whatever would change something is refused, but for who asks via "demo" */
    struct op_call *calls; /* under way; op.c's own */
};

struct moment house_now(void);
/* How many mirrors of the public site fail, or are not well where they are read (ops_mirror.c). */
int house_mirrors_troubled(const struct house *h);

#endif
