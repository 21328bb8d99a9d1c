/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_memory.c: memory that programs could still get (MemAvailable), which is not what is "free". */
#include "checks/machine/local.h"

#include <math.h>

struct memory_opts {
    struct conf_level warn, crit;
};

static const struct conf_row rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = offsetof(struct memory_opts, warn), .unit = "bytes",
     .by_default = "90%", .help = MSG("share used that is a warning"), .example = "80%"},
    {.key = "crit", .type = CONF_LEVEL, .offset = offsetof(struct memory_opts, crit), .unit = "bytes",
     .by_default = "97%", .help = MSG("share used that is critical"), .example = "95%"},
    {0},
};

static void look(struct attempt *own)
{
    const struct memory_opts *o = own->opts;
    struct buf text = BUF_MAX(LOCAL_MAX_FILE);
    int64_t total, available;
    double percent;
    const char *limit;
    enum state s;

    if (!local_read(own, "/proc/meminfo", &text))
        return;
    total = local_meminfo(&text, "MemTotal");
    available = local_meminfo(&text, "MemAvailable");
    if (available < 0) /* kernels before 3.14, some containers */
        available = local_meminfo(&text, "MemFree") + local_meminfo(&text, "Cached");
    buf_done(&text);
    if (total <= 0 || available < 0 || available > total) {
        local_strange(own, "/proc/meminfo");
        return;
    }
    percent = 100.0 * (double)(total - available) / (double)total;
    s = level_judge(&o->warn, &o->crit, (double)(total - available), percent, &limit);
    if (s == STATE_OK)
        attempt_say(own, s, MSG("{1} % used, {2} of {3} available"), "fbb", round(percent), available, total);
    else
        attempt_say(own, s, MSG("{1} % used (limit {4}), {2} of {3} available"), "fbbs", round(percent), available, total,
                    limit);
    attempt_perf(own, "used", (double)(total - available), "B", &o->warn, &o->crit, 0, (double)total);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_memory = {
    .kind = {.name = "memory",
             .help = MSG("watches this machine's memory"),
             .area = "machine",
             .example = "memory",
             .rows = rows,
             .opts_bytes = sizeof(struct memory_opts)},
    .start = start,
    .stop = local_stop,
    .local = true,
};
