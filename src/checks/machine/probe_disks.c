/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_disks.c: free space of all real file systems; the worst is named first. */
#include "checks/machine/local.h"
#include "checks/trend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TRENDS = 8 }; /* the fullest ones */
struct disks_opts {
    struct local_fs_opts fs;
    int64_t full_within_ms;
};
struct disks_memory {
    struct trend of[TRENDS];
};

#define AT(member) offsetof(struct disks_opts, member)
static const struct conf_row rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(fs.warn), .unit = "bytes", .by_default = "85%",
     .help = MSG("a warning: share used, or what must stay free"), .example = "< 5 GiB free"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(fs.crit), .unit = "bytes", .by_default = "95%",
     .help = MSG("critical: share used, or what must stay free"), .example = "< 1 GiB free"},
    LOCAL_FS_ROWS(AT(fs)),
    {.key = "full_within", .type = CONF_DURATION, .offset = AT(full_within_ms), .min = 0, .max = INT64_C(365) * 86400000, .by_default = "4d",
     .help = MSG("a warning when the trend of the last days fills it within this time; 0: never"), .example = "7d"},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct disks_opts *o = arg;

    if (o->fs.warn.free || !o->fs.warn.percent)
        level_make_floor(&o->fs.warn);
    if (o->fs.crit.free || !o->fs.crit.percent)
        level_make_floor(&o->fs.crit);
    return 0;
}

static double used_percent(const struct machine_fs *fs)
{
    int64_t used = fs->total_bytes - fs->free_bytes, whole = used + fs->avail_bytes;

    return whole > 0 ? 100.0 * (double)used / (double)whole : 0; /* as df counts: root's reserve is not there */
}

static bool crossed(const struct conf_level *l, const struct machine_fs *fs, const char **limit)
{
    double used = used_percent(fs);

    return level_judge(NULL, l, (double)fs->avail_bytes, l->free ? 100 - used : used, limit) != STATE_OK;
}

static enum state judge_one(const struct disks_opts *o, const struct local_fs *f, const char **limit)
{
    *limit = "";
    if (f->code)
        return STATE_UNKNOWN;
    if (crossed(&o->fs.crit, &f->fs, limit))
        return STATE_CRITICAL;
    if (crossed(&o->fs.warn, &f->fs, limit))
        return STATE_WARNING;
    return STATE_OK;
}

static void put_figures(struct attempt *own, const struct disks_opts *o, const struct local_fs *f)
{
    double used = (double)(f->fs.total_bytes - f->fs.free_bytes);

    if (f->code) {
        local_line(own, "%s: ?", f->mount);
        return;
    }
    attempt_perf(own, f->mount, used, "B", o->fs.warn.free || !o->fs.warn.percent ? NULL : &o->fs.warn,
                 o->fs.crit.free || !o->fs.crit.percent ? NULL : &o->fs.crit, 0, (double)f->fs.total_bytes);
    local_line(own, "%s (%s): %.0f %%, %.1f / %.1f GB%s", f->mount, f->type, used_percent(&f->fs), used / 1e9,
               (double)f->fs.total_bytes / 1e9, f->read_only ? ", read-only" : "");
}

static void say(struct attempt *own, enum state s, const struct local_fs *f, const char *limit, int others)
{
    double used = round(used_percent(&f->fs));

    if (f->code)
        attempt_say(own, s, MSG("{1} cannot be read"), "s", f->mount);
    else if (s == STATE_OK)
        attempt_say(own, s, MSG("fullest: {1} {2} % used, {3} free"), "sfb", f->mount, used, f->fs.avail_bytes);
    else if (others == 0)
        attempt_say(own, s, MSG("{1} {2} % used, {3} free (limit {4})"), "sfbs", f->mount, used, f->fs.avail_bytes, limit);
    else
        attempt_say(own, s, MSG("{1} {2} % used, {3} free (limit {4}), and {5} {5|other|others}"), "sfbsi", f->mount, used,
                    f->fs.avail_bytes, limit, (int64_t)others);
}

/* What will be full soon, by the trend of its use; a jump is no trend. The fullest TRENDS ones are followed. */
static void foresee(struct attempt *own, const struct disks_opts *o, const struct local_fs *f)
{
    struct disks_memory *m = own->memory;
    struct trend_ahead ahead;
    struct trend *t;
    double used = (double)(f->fs.total_bytes - f->fs.free_bytes), room = (double)f->fs.avail_bytes;

    if (m == NULL || o->full_within_ms == 0 || f->code || f->read_only)
        return;
    t = trend_of(m->of, TRENDS, f->mount);
    trend_add(t, own->at_ms, used, o->full_within_ms);
    if (!trend_ahead(t, used, used + room, o->full_within_ms, &ahead))
        return;
    if (ahead.left_ms < INT64_C(365) * 86400000)
        local_line(own, "%s: %+.2f GB/d, %.1f d", f->mount, ahead.per_day / 1e9, (double)ahead.left_ms / 86400000);
    if (ahead.left_ms < o->full_within_ms)
        attempt_worse(own, STATE_WARNING, MSG("{1} will be full in {2} at the pace of the last days ({3} free)"), "sdb", f->mount,
                      ahead.left_ms, f->fs.avail_bytes);
}

static int by_fullness(const void *a, const void *b)
{
    double x = used_percent(&((const struct local_fs *)a)->fs), y = used_percent(&((const struct local_fs *)b)->fs);

    return (x < y) - (x > y);
}

static void look(struct attempt *own)
{
    const struct disks_opts *o = own->opts;
    struct local_fs *all = ARENA_ARRAY(own->arena, struct local_fs, LOCAL_MAX_FS);
    int n = 0, worst = -1, bad = 0;
    enum state worst_state = STATE_PENDING;
    const char *worst_limit = "";

    if (!local_filesystems(own, &o->fs, all, &n))
        return;
    for (int i = 0; i < n; i++) {
        const char *limit;
        enum state s = judge_one(o, &all[i], &limit);
        int order = worst < 0 ? 1 : state_rank(s) - state_rank(worst_state);

        bad += s != STATE_OK;
        put_figures(own, o, &all[i]);
        if (order > 0 || (order == 0 && used_percent(&all[i].fs) > used_percent(&all[worst].fs))) {
            worst = i;
            worst_state = s;
            worst_limit = limit;
        }
    }
    if (worst < 0) {
        attempt_say(own, STATE_UNKNOWN, MSG("there is no such file system"), "");
        return;
    }
    say(own, worst_state, &all[worst], worst_limit, bad - 1);
    qsort(all, (size_t)n, sizeof(all[0]), by_fullness);
    for (int i = 0; i < n && i < TRENDS; i++)
        foresee(own, o, &all[i]);
    for (int i = 0; i < n; i++)
        if (all[i].read_only && all[i].writable_in_fstab)
            attempt_worse(own, STATE_CRITICAL, MSG("{1} is read-only, although /etc/fstab says otherwise"), "s",
                          all[i].mount);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_disks = {
    .kind = {.name = "disks",
             .alias = "disk",
             .help = MSG("watches the free space of this machine's file systems"),
             .area = "machine",
             .example = "disks: { warn: 80%, crit: < 5 GiB free }",
             .rows = rows,
             .opts_bytes = sizeof(struct disks_opts),
             .finish = finish,
             .timeout_ms = 30000},
    .start = start,
    .stop = local_stop,
    .late = local_fs_late,
    .memory_bytes = sizeof(struct disks_memory),
    .local = true,
};
