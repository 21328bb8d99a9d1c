/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_apt_lists.c: when apt last fetched its lists. Without them `upgrades` sees nothing new and says that all is well.
 * The lists themselves carry the server's dates: the directories that an update touches tell. */
#include "checks/machine/fact.h"
#include "io/machine_file.h"

enum { AHEAD_S = 3600 };

struct apt_lists_opts {
    struct limits age;
};
/* The first row that exists is believed; those under it only tell that somebody tried. */
static const char *const stamps[] = {"/var/lib/apt/periodic/update-success-stamp", NULL};
static const char *const touched[] = {"/var/lib/apt/lists/partial", "/var/lib/apt/lists", NULL};

static const struct conf_row rows[] = {
    LIMIT_ROWS(offsetof(struct apt_lists_opts, age), "s", "3d", NULL, "1d", "14d"),
    {0},
};

static int64_t newest(const char *const *paths)
{
    struct machine_file f;
    int64_t at_ms = -1;

    for (; *paths; paths++)
        if (machine_stat(*paths, true, &f, NULL) == 0 && f.mtime_ms > at_ms)
            at_ms = f.mtime_ms;
    return at_ms;
}

static void look(struct attempt *own)
{
    const struct apt_lists_opts *o = own->opts;
    int64_t at_ms = newest(stamps);
    double age_s;

    if (at_ms < 0)
        at_ms = newest(touched);
    if (at_ms < 0) {
        attempt_say(own, STATE_OK, MSG("no apt here"), "");
        return;
    }
    age_s = (double)(own->at_ms - at_ms) / 1000;
    attempt_say(own, STATE_OK, MSG("package lists were fetched {1} ago"), "d", age_s > 0 ? own->at_ms - at_ms : 0);
    if (age_s < -AHEAD_S) /* it would hide that apt update fails */
        attempt_worse(own, STATE_WARNING, MSG("package lists are dated {1} ahead: a clock was wrong"), "d", at_ms - own->at_ms);
    fact_judge(own, &o->age, fmax(age_s, 0), NAN, MSG("package lists were last fetched {1} ago (limit {2}): apt update does not run, or fails"), 'd');
    fact_perf(own, "age", floor(fmax(age_s, 0)), "s", &o->age, NAN);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_apt_lists = {
    .kind = {.name = "apt_lists",
             .help = MSG("watches that apt’s package lists are fresh"),
             .area = "machine",
             .example = "apt_lists: { warn: 1d }",
             .klass = CONF_DIGEST,
             .rows = rows,
             .opts_bytes = sizeof(struct apt_lists_opts),
             .every_ms = 3600 * 1000,
             .retry_ms = 3600 * 1000,
             .attempts = 1},
    .start = start,
    .stop = local_stop,
    .local = true,
};
