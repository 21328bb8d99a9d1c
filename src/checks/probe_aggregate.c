/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_aggregate.c: a check made of others. Nothing is run: the model works it out when one of them changes
 * (model/aggregate.c); its options are read with the relations of the configuration. */
#include "checks/attempt.h"
#include "config/relations.h"

const struct probe probe_aggregate = {
    .kind = {.name = "aggregate",
             .help = MSG("works out its state from those of other checks"),
             .area = "results",
             .example = "aggregate: { of: [\"web*/http\"], need: \"at least 2\" }",
             .rows = conf_rows_aggregate,
             .opts_bytes = sizeof(struct conf_aggregate_opts),
             .attempts = 1,
             .passive = true,
             .derived = true},
};
