/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_swap.c: swap in use. Context, not an alarm: there are no thresholds unless somebody sets them. */
#include "checks/machine/local.h"

#include <math.h>

struct swap_opts {
    struct conf_level warn, crit;
};

static const struct conf_row rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = offsetof(struct swap_opts, warn), .unit = "bytes",
     .help = MSG("share used that is a warning"), .example = "80%"},
    {.key = "crit", .type = CONF_LEVEL, .offset = offsetof(struct swap_opts, crit), .unit = "bytes",
     .help = MSG("share used that is critical"), .example = "95%"},
    {0},
};

static void look(struct attempt *own)
{
    const struct swap_opts *o = own->opts;
    struct buf text = BUF_MAX(LOCAL_MAX_FILE);
    int64_t total, unused;
    double percent;
    const char *limit;
    enum state s;

    if (!local_read(own, "/proc/meminfo", &text))
        return;
    total = local_meminfo(&text, "SwapTotal");
    unused = local_meminfo(&text, "SwapFree");
    buf_done(&text);
    if (total < 0 || unused < 0 || unused > total) {
        local_strange(own, "/proc/meminfo");
        return;
    }
    if (total == 0) {
        attempt_say(own, STATE_OK, MSG("no swap"), "");
        return;
    }
    percent = 100.0 * (double)(total - unused) / (double)total;
    s = level_judge(&o->warn, &o->crit, (double)(total - unused), percent, &limit);
    if (s == STATE_OK)
        attempt_say(own, s, MSG("{1} % used, {2} of {3}"), "fbb", round(percent), total - unused, total);
    else
        attempt_say(own, s, MSG("{1} % used (limit {4}), {2} of {3}"), "fbbs", round(percent), total - unused, total, limit);
    attempt_perf(own, "used", (double)(total - unused), "B", &o->warn, &o->crit, 0, (double)total);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_swap = {
    .kind = {.name = "swap",
             .area = "machine",
             .example = "swap:",
             .klass = CONF_CONTEXT, /* it explains other troubles; by itself it is none */
             .help = MSG("shows how much swap this machine uses"),
             .rows = rows,
             .opts_bytes = sizeof(struct swap_opts)},
    .start = start,
    .stop = local_stop,
    .local = true,
};
