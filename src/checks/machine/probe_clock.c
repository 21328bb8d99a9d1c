/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_clock.c: is this machine's clock kept right by something, and how far is it off, as the kernel knows. */
#include "checks/machine/local.h"

#include <math.h>

struct clock_opts {
    struct conf_level warn, crit;
    int unsynchronised; /* index into states */
};
static const char *const states[] = {"warning", "critical", "ok", NULL};
static const enum state state_of[] = {STATE_WARNING, STATE_CRITICAL, STATE_OK};

static const struct conf_row rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = offsetof(struct clock_opts, warn), .unit = "ms", .by_default = "100ms",
     .help = MSG("offset that is a warning"), .example = "50ms"},
    {.key = "crit", .type = CONF_LEVEL, .offset = offsetof(struct clock_opts, crit), .unit = "ms", .by_default = "1s",
     .help = MSG("offset that is critical"), .example = "500ms"},
    {.key = "unsynchronised", .type = CONF_WORD, .offset = offsetof(struct clock_opts, unsynchronised), .words = states,
     .by_default = "warning", .help = MSG("state when nothing keeps the clock right"), .example = "ok"},
    {0},
};

static void look(struct attempt *own)
{
    const struct clock_opts *o = own->opts;
    struct machine_clock c;
    struct err e = {0};
    const char *limit;
    int64_t off;
    enum state s;
    int code = machine_clock(&c, &e);

    if (code) {
        attempt_fail(own, code, &e);
        own->state = STATE_UNKNOWN;
        return;
    }
    off = c.offset_us < 0 ? -c.offset_us : c.offset_us;
    if (!c.synchronised) {
        attempt_say(own, state_of[o->unsynchronised], MSG("nothing keeps this clock right (no NTP)"), "");
        return; /* its offset means nothing then */
    }
    attempt_say(own, STATE_OK, MSG("right within {1}"), "l", off);
    s = level_judge(&o->warn, &o->crit, (double)off / 1000, NAN, &limit);
    if (s != STATE_OK)
        attempt_worse(own, s, MSG("off by {1} (limit {2})"), "ls", off, limit);
    attempt_perf(own, "offset", (double)c.offset_us / 1e6, "s", NULL, NULL, NAN, NAN);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_clock = {
    .kind = {.name = "clock",
             .help = MSG("watches whether this machine's clock is right"),
             .area = "machine",
             .example = "clock",
             .rows = rows,
             .opts_bytes = sizeof(struct clock_opts)},
    .start = start,
    .stop = local_stop,
    .local = true,
};
