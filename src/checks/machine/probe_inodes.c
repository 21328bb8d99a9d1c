/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_inodes.c: free inodes of all real file systems. A full table stops writing as a full disk does. */
#include "checks/machine/local.h"

#include <math.h>

struct inodes_opts {
    struct local_fs_opts fs;
};

#define AT(member) offsetof(struct inodes_opts, member)
static const struct conf_row rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(fs.warn), .unit = "%", .by_default = "85%",
     .help = MSG("share used that is a warning"), .example = "80%"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(fs.crit), .unit = "%", .by_default = "95%",
     .help = MSG("share used that is critical"), .example = "95%"},
    LOCAL_FS_ROWS(AT(fs)),
    {0},
};

static double used_percent(const struct machine_fs *fs)
{
    return 100.0 * (double)(fs->inodes - fs->inodes_free) / (double)fs->inodes;
}

static void judge_one(struct attempt *own, const struct local_fs *f)
{
    const struct inodes_opts *o = own->opts;
    double used = used_percent(&f->fs);
    const char *limit;
    enum state s = level_judge(&o->fs.warn, &o->fs.crit, used, used, &limit);

    if (s != STATE_OK)
        attempt_worse(own, s, MSG("{1} {2} % of inodes used (limit {3})"), "sfs", f->mount, round(used), limit);
    attempt_perf(own, f->mount, (double)(f->fs.inodes - f->fs.inodes_free), "", &o->fs.warn, &o->fs.crit, 0,
                 (double)f->fs.inodes);
    local_line(own, "%s: %.0f %%", f->mount, used);
}

static void look(struct attempt *own)
{
    const struct inodes_opts *o = own->opts;
    struct local_fs *all = ARENA_ARRAY(own->arena, struct local_fs, LOCAL_MAX_FS);
    const struct local_fs *most = NULL;
    int n = 0;

    if (!local_filesystems(own, &o->fs, all, &n))
        return;
    for (int i = 0; i < n; i++)
        if (all[i].code == 0 && all[i].fs.inodes > 0 && (!most || used_percent(&all[i].fs) > used_percent(&most->fs)))
            most = &all[i];
    for (int i = 0; i < n && most == NULL; i++) {
        if (all[i].code == 0)
            continue;
        attempt_say(own, STATE_UNKNOWN, MSG("{1} cannot be read"), "s", all[i].mount);
        return;
    }
    if (most == NULL) {
        attempt_say(own, STATE_OK, MSG("no file system here counts inodes"), "");
        return;
    }
    attempt_say(own, STATE_OK, MSG("most: {1} {2} % of inodes used"), "sf", most->mount, round(used_percent(&most->fs)));
    judge_one(own, most); /* first, so that it is the one that is named */
    for (int i = 0; i < n; i++)
        if (&all[i] != most && all[i].code == 0 && all[i].fs.inodes > 0)
            judge_one(own, &all[i]);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_inodes = {
    .kind = {.name = "inodes",
             .help = MSG("watches the free inodes of this machine's file systems"),
             .area = "machine",
             .example = "inodes",
             .rows = rows,
             .opts_bytes = sizeof(struct inodes_opts),
             .timeout_ms = 30000},
    .start = start,
    .stop = local_stop,
    .late = local_fs_late,
    .local = true,
};
