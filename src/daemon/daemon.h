/* SPDX-License-Identifier: GPL-3.0-or-later */
/* daemon.h: the wire-up: the only place that knows every room.
 *
 *     daemon_new (reads the configuration, opens the store, restores) → daemon_start (listens, watches) →
 *     loop_run(daemon_loop()) → daemon_free.
 * The scenario runner does the same over the simulated world. */
#ifndef VIGIE_DAEMON_DAEMON_H
#define VIGIE_DAEMON_DAEMON_H

#include "base/buf.h"
#include "ops/house.h"

struct daemon;
struct daemon_opts {
    const char *config_file;     /* NULL: <data>/vigie.yaml when there, else the system's when no data_dir was given */
    const char *data_dir;        /* NULL: /var/lib/vigie */
    const char *const *listen;   /* overrides site.listen; n_listen 0: as configured */
    int n_listen;
    const char *vfs;             /* SQLite VFS; NULL */
    const char *spawner_path;    /* NULL: this program */
    bool config_required;        /* --config was given: a missing file is an error */
};
/* errors: text for people (all configuration errors), when ERR_INVALID. */
int daemon_new(const struct daemon_opts *o, const char *lang, struct daemon **ret_daemon, struct buf *ret_errors, struct err *e);
int daemon_start(struct daemon *d, struct err *e); /* ERR_CONFLICT: an address is in use */
struct daemon *daemon_free(struct daemon *d);
struct loop *daemon_loop(struct daemon *d);
struct house *daemon_house(struct daemon *d);
const char *daemon_address(const struct daemon *d);
void daemon_reload(struct daemon *d);   /* as SIGHUP: reads and applies, logs what came of it */

#endif
