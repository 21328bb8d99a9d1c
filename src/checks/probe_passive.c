/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_passive.c: a check whose results are handed in (API, command line). Nothing is run. */
#include "checks/attempt.h"

struct passive_opts {
    bool unused; /* an options struct is never empty */
};
static const struct conf_row rows[] = {{0}};

const struct probe probe_passive = {
    .kind = {.name = "passive",
             .help = MSG("takes results that others hand in"),
             .area = "results",
             .example = "passive: { name: backup, freshness: 26h }",
             .rows = rows,
             .opts_bytes = sizeof(struct passive_opts),
             .attempts = 1,
             .passive = true},
};
