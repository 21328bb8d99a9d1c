/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_conntrack.c: how full the firewall's table of connections is. Full, it drops whatever is new. */
#include "checks/machine/fact.h"

#define BASE "/proc/sys/net/netfilter/nf_conntrack_"

struct conntrack_opts {
    struct limits fill;
};
static const struct conf_row rows[] = {
    LIMIT_ROWS(offsetof(struct conntrack_opts, fill), NULL, "80%", "95%", "75%", "90%"),
    {0},
};

static void look(struct attempt *own)
{
    const struct conntrack_opts *o = own->opts;
    int64_t count, max;
    double share;

    if (!fact_int(BASE "count", &count)) {
        attempt_say(own, STATE_OK, MSG("connections are not tracked here"), "");
        return;
    }
    if (!fact_int(BASE "max", &max) || max <= 0) {
        attempt_say(own, STATE_UNKNOWN, MSG("{1} cannot be read, or holds no number"), "s", BASE "max");
        return;
    }
    share = 100 * (double)count / (double)max;
    attempt_say(own, STATE_OK, MSG("{1} of {2} tracked connections, {3} %"), "iif", count, max, round(share));
    fact_judge(own, &o->fill, (double)count, share, MSG("{1} tracked connections (limit {2}); when the table is full, new ones are dropped"), 'i');
    fact_perf(own, "connections", (double)count, "", &o->fill, (double)max);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_conntrack = {
    .kind = {.name = "conntrack",
             .help = MSG("watches how full the firewall’s table of connections is"),
             .area = "machine",
             .example = "conntrack: { warn: 75% }",
             .rows = rows,
             .opts_bytes = sizeof(struct conntrack_opts)},
    .start = start,
    .stop = local_stop,
    .local = true,
};
