/* SPDX-License-Identifier: GPL-3.0-or-later */
/* daemon_priv.h: the daemon's own struct, shared by its files. */
#ifndef VIGIE_DAEMON_DAEMON_PRIV_H
#define VIGIE_DAEMON_DAEMON_PRIV_H

#include "base/vec.h"
#include "daemon/daemon.h"
#include "daemon/files.h"
#include "io/file.h"
#include "web/web.h"

enum { RECONF_SLICE = 400, DAEMON_MAX_READS = 32 };

struct reload; /* login_fetch.c: what auth may ask of the house. */
void login_outside(struct daemon *d, const struct conf *(*conf)(void *arg));

/* reload.c */
struct trial;  /* trial.c */
struct discovery; /* discovery.c */
struct inbox;     /* inbox.c */

struct daemon {
    struct house house;
    struct loop *loop, *probe_loop;
    struct work_pool *workers, *machine_workers;
    struct spawner *spawner, *main_spawner;
    struct httpc *httpc;
    struct egress *egress;
    struct probe_env *probe_env;
    struct channel_env channel_env;
    struct telling_env telling;
    struct web *web;
    struct file_watch *watch;
    struct files_place place;
    struct reload *reload;
    struct discovery *discovery;
    struct inbox *inbox;
    struct timer tick, daily;
    char data[1024], config[1024], node[128], machine[128], address[160];
    const char *listen[16];
    int n_listen;
    struct loop_stats main_stats, probe_stats;
    struct loop_stats trip; /* on its way from the probe loop */
    bool trip_out;
    struct trial *trials; /* trial.c */
    bool started;
};

/* reload.c */
struct reload *reload_new(struct daemon *d);
void reload_stop(struct reload *r);          /* while the rooms are there */
struct reload *reload_free(struct reload *r); /* when no worker and no turn of the loop comes any more */
void reload_read(void *daemon, bool apply, house_conf_done *fn, void *arg);
void reload_edit(void *daemon, int (*edit)(void *arg, const char *text, size_t n, struct buf *out, struct err *e), house_conf_done *fn, void *arg);
void reload_edit_files(void *daemon, const char *const *names, int n,
                       int (*edit)(void *arg, int i, const char *text, size_t n, struct buf *out, struct err *e), house_conf_done *fn, void *arg);
void reload_log(void *arg, const struct house_conf_result *r); /* a house_conf_done that logs */
/* Blocking, at start: the first generation, applied at once. */
int reload_first(struct daemon *d, const char *lang, struct buf *ret_errors, struct err *e);

/* browsers.c: Web Push, between publications and the dispatcher. */
int browsers_new(struct daemon *d, struct err *e);
void browsers_free(struct daemon *d);

/* copies.c: the seal of copies, and mirrors. */
int copies_new(struct daemon *d, struct err *e);
void copies_stop(struct daemon *d); /* with the pages */
void copies_free(struct daemon *d); /* after announce */

/* others.c: whom we tell besides people's mailboxes: programs, telephones. Once publications are there, and after them. */
int others_begin(struct daemon *d, struct err *e);
void others_end(struct daemon *d);
/* chat.c: IRC, and what is bid there. */
void chat_make(struct daemon *d);

/* trial.c: house.trial. 0, or ERR_CANCELLED when nothing is run any more. */
int trial_run(void *daemon, struct conf *conf, const struct conf_check *check, int64_t timeout_ms, void (*fn)(void *arg, const struct attempt *at), void *arg);
void trials_stop(struct daemon *d); /* the probe loop stands: no fn comes any more */

#endif
