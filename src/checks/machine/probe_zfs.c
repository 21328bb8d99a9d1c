/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_zfs.c: pools of ZFS, by zpool list and zpool status: health, errors, capacity. A scrub is no problem. */
#include "checks/machine/local.h"
#include "checks/machine/several.h"
#include "checks/tool.h"

#include <math.h>
#include <string.h>

enum { MAX_POOLS = 64 };

struct zfs_opts {
    struct conf_texts pools, exclude;
    struct conf_level warn, crit;
    bool sudo;
};
struct pool {
    const char *name, *health, *scan, *errors; /* scan: "scrub", "resilver" while it runs; errors: NULL when there are none */
    const char *device;                        /* one with errors of its own */
    int64_t size, used;
    double percent, done;
};
struct zfs_job {
    struct tool tool; /* first */
    struct pool pools[MAX_POOLS];
    int n;
    struct pool *at; /* while zpool status is read */
};

#define AT(member) offsetof(struct zfs_opts, member)
static const struct conf_row rows[] = {
    {.key = "pools", .type = CONF_TEXTS, .offset = AT(pools), .flags = CONF_POSITIONAL,
     .help = MSG("pools that must be there; others are watched all the same"), .example = "[tank]"},
    {.key = "exclude", .type = CONF_TEXTS, .offset = AT(exclude), .help = MSG("pools to leave out (* and ? allowed)"), .example = "[backup*]"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "bytes", .by_default = "80%",
     .help = MSG("share used that is a warning: ZFS is slow when full"), .example = "85%"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "bytes", .by_default = "92%", .help = MSG("share used that is critical"), .example = "95%"},
    {.key = "sudo", .type = CONF_BOOL, .offset = AT(sudo), .by_default = "no", .help = MSG("run it by sudo: the page has the line for sudoers"), .example = "yes"},
    {0},
};

/* Tab-separated: name, size, alloc, cap, health. */
static void read_list(struct attempt *a, const struct spawn_reply *r)
{
    struct zfs_job *j = a->job;
    const struct zfs_opts *o = a->opts;
    struct str rest = {r->out, r->out_bytes}, line;

    while (j->n < MAX_POOLS && str_next(&rest, "\n", &line)) {
        struct str name, size, used, cap, health;

        if (!local_word(&line, &name) || !local_word(&line, &size) || !local_word(&line, &used) || !local_word(&line, &cap) || !local_word(&line, &health))
            continue;
        struct pool p = {.name = attempt_quote(a, name.p, name.n, 80), .health = attempt_quote(a, health.p, health.n, 20), .done = NAN,
                         .size = local_number(size), .used = local_number(used), .percent = (double)local_number(cap)};
        if (!local_listed(&o->exclude, p.name))
            j->pools[j->n++] = p;
    }
}

static struct pool *pool_of(struct zfs_job *j, struct str name)
{
    for (int i = 0; i < j->n; i++)
        if (str_is(name, j->pools[i].name))
            return &j->pools[i];
    return NULL;
}

/* "scrub in progress since …", "resilver in progress since …" */
static void read_scan(struct pool *p, struct str rest)
{
    if (memmem(rest.p, rest.n, "in progress", 11))
        p->scan = memmem(rest.p, rest.n, "resilver", 8) ? "resilver" : "scrub";
}

/* "\t    sda   ONLINE  0 0 3": three counters behind a state. */
static void read_device(struct attempt *a, struct pool *p, struct str line)
{
    struct str name, state, n[3];

    if (!local_word(&line, &name) || !local_word(&line, &state) || !local_word(&line, &n[0]) || !local_word(&line, &n[1]) || !local_word(&line, &n[2]))
        return;
    for (int i = 0; i < 3; i++)
        if (n[i].p[0] < '0' || n[i].p[0] > '9')
            return;
    if (local_number(n[0]) || local_number(n[1]) || local_number(n[2]))
        p->device = attempt_quote(a, name.p, name.n, 80);
}

static bool after(struct str line, const char *key, struct str *ret)
{
    size_t n = strlen(key);

    line = str_trim(line);
    if (line.n < n || memcmp(line.p, key, n) != 0)
        return false;
    *ret = str_trim((struct str){line.p + n, line.n - n});
    return true;
}

static void read_line(struct attempt *a, struct zfs_job *j, struct str line)
{
    struct str rest;
    const char *done;

    if (after(line, "pool:", &rest)) {
        j->at = pool_of(j, rest);
    } else if (j->at == NULL) {
        return;
    } else if (after(line, "scan:", &rest)) {
        read_scan(j->at, rest);
    } else if (after(line, "errors:", &rest)) {
        if (!str_is(rest, "No known data errors"))
            j->at->errors = attempt_quote(a, rest.p, rest.n, 120);
    } else if (j->at->scan && (done = memmem(line.p, line.n, "% done", 6)) != NULL) {
        const char *from = done;

        while (from > line.p && (from[-1] == '.' || (from[-1] >= '0' && from[-1] <= '9')))
            from--;
        (void)str_f64(arena_dupn(a->arena, from, (size_t)(done - from)), &j->at->done);
    } else if (line.n && line.p[0] == '\t') {
        read_device(a, j->at, line);
    }
}

/* ---- judging ---- */

static void judge_health(struct several *v, const struct pool *p)
{
    if (str_eq(p->health, "DEGRADED") && p->scan && str_eq(p->scan, "resilver"))
        several_bad(v, STATE_WARNING, MSG("{1} is degraded and being rebuilt, {2} % done"), "sf", p->name, isnan(p->done) ? 0 : p->done);
    else if (!str_eq(p->health, "ONLINE"))
        several_bad(v, STATE_CRITICAL, MSG("{1} is {2}"), "ss", p->name, p->health);
    if (p->errors)
        several_bad(v, STATE_CRITICAL, MSG("{1} has lost data: {2}"), "ss", p->name, p->errors);
    else if (p->device)
        several_bad(v, STATE_WARNING, MSG("{1}: errors on {2}"), "ss", p->name, p->device);
}

static void judge(struct several *v, const struct zfs_opts *o, const struct pool *p)
{
    const char *limit;
    enum state s = level_judge(&o->warn, &o->crit, o->warn.free ? (double)(p->size - p->used) : (double)p->used, p->percent, &limit);

    judge_health(v, p);
    if (s != STATE_OK)
        several_bad(v, s, MSG("{1} {2} % used, {3} free (limit {4})"), "sfbs", p->name, p->percent, p->size - p->used, limit);
    attempt_perf(v->a, p->name, (double)p->used, "B", &o->warn, &o->crit, 0, (double)p->size);
    local_line(v->a, "%s %s %.0f %%%s%s", p->name, p->health, p->percent, p->scan ? ", " : "", p->scan ? p->scan : "");
}

static void say_fine(struct attempt *a, const struct zfs_job *j)
{
    const struct pool *fullest = &j->pools[0];

    for (int i = 0; i < j->n; i++) {
        if (j->pools[i].percent > fullest->percent)
            fullest = &j->pools[i];
        if (j->pools[i].scan) {
            attempt_say(a, STATE_OK, MSG("{1} {1|pool|pools} online; {2}: {3}, {4} % done"), "issf", (int64_t)j->n, j->pools[i].name,
                        j->pools[i].scan, isnan(j->pools[i].done) ? 0 : j->pools[i].done);
            return;
        }
    }
    attempt_say(a, STATE_OK, MSG("{1} {1|pool|pools} online; fullest: {2} {3} % used"), "isf", (int64_t)j->n, fullest->name, fullest->percent);
}

static void on_status(struct attempt *a, const struct spawn_reply *r)
{
    struct zfs_job *j = a->job;
    const struct zfs_opts *o = a->opts;
    struct several v = {a, 0};
    struct str rest = {r->out, r->out_bytes}, line;

    if (r->exit_status != 0) {
        tool_failed(a, r);
        attempt_done(a);
        return;
    }
    while (str_next(&rest, "\n", &line))
        read_line(a, j, line);
    say_fine(a, j);
    for (int i = 0; i < j->n; i++)
        judge(&v, o, &j->pools[i]);
    for (int i = 0; i < o->pools.n; i++)
        if (!pool_of(j, str_of(o->pools.at[i])))
            several_bad(&v, STATE_CRITICAL, MSG("{1} is not there"), "s", o->pools.at[i]);
    several_end(&v);
    attempt_done(a);
}

static void on_list(struct attempt *a, const struct spawn_reply *r)
{
    static const char *const status[] = {"zpool", "status", "-p", NULL};
    struct zfs_job *j = a->job;
    const struct zfs_opts *o = a->opts;

    if (r->exit_status != 0) {
        tool_failed(a, r);
        attempt_done(a);
        return;
    }
    read_list(a, r);
    if (j->n == 0 && o->pools.n)
        attempt_say(a, STATE_CRITICAL, MSG("{1} is not there"), "s", o->pools.at[0]);
    else if (j->n == 0)
        attempt_say(a, STATE_UNKNOWN, MSG("this machine has no pools (zpool list)"), "");
    else {
        tool_run(a, &(struct tool_ask){.argv = status, .package = "zfsutils-linux", .sudo = o->sudo}, on_status);
        return;
    }
    attempt_done(a);
}

static void start(struct attempt *a)
{
    static const char *const list[] = {"zpool", "list", "-Hp", "-o", "name,size,alloc,cap,health", NULL};
    const struct zfs_opts *o = a->opts;

    a->job = ARENA_NEW(a->arena, struct zfs_job);
    tool_run(a, &(struct tool_ask){.argv = list, .package = "zfsutils-linux", .sudo = o->sudo}, on_list);
}

static void late(struct attempt *a)
{
    attempt_say(a, STATE_CRITICAL, MSG("zpool hangs: no answer within {1} (a suspended pool?)"), "d", a->timeout_ms);
}

const struct probe probe_zfs = {
    .kind = {.name = "zfs",
             .alias = "zpool",
             .area = "machine",
             .example = "zfs: { warn: 85% }",
             .help = MSG("watches ZFS pools: health, errors, capacity"),
             .rows = rows,
             .opts_bytes = sizeof(struct zfs_opts),
             .timeout_ms = 60000},
    .start = start,
    .stop = tool_stop,
    .late = late,
    .local = true,
};
