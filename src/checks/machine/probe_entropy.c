/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_entropy.c: how many bits of randomness the kernel's pool holds. Kernels since 5.18 keep 256 for good: there only
 * a machine that has just started, or a virtual one without a source, ever runs low. */
#include "checks/machine/fact.h"

#define PLACE "/proc/sys/kernel/random/entropy_avail"

struct entropy_opts {
    struct limits bits;
};
static const struct conf_row rows[] = {
    LIMIT_ROWS(offsetof(struct entropy_opts, bits), NULL, "< 128", "< 48", "< 200", "< 50"),
    {0},
};

static void look(struct attempt *own)
{
    const struct entropy_opts *o = own->opts;
    int64_t bits;

    if (!fact_int(PLACE, &bits)) {
        attempt_say(own, STATE_UNKNOWN, MSG("{1} cannot be read, or holds no number"), "s", PLACE);
        return;
    }
    attempt_say(own, STATE_OK, MSG("{1} {1|bit|bits} of entropy"), "i", bits);
    fact_judge(own, &o->bits, (double)bits, NAN, MSG("only {1} {1|bit|bits} of entropy (limit {2}): keys are made slowly"), 'i');
    fact_perf(own, "entropy", (double)bits, "", &o->bits, NAN);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_entropy = {
    .kind = {.name = "entropy",
             .help = MSG("watches the kernel’s pool of randomness"),
             .area = "machine",
             .example = "entropy:",
             .rows = rows,
             .opts_bytes = sizeof(struct entropy_opts)},
    .start = start,
    .stop = local_stop,
    .local = true,
};
