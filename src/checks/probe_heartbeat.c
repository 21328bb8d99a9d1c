/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_heartbeat.c: a job (cron, back-up) must call in time. That it did not is noticed by the model. */
#include "checks/attempt.h"
#include "checks/heartbeat.h"

#include <string.h>

enum { LEAST_TOKEN = 12 };

static const struct conf_row rows[] = {
    {.key = "token", .type = CONF_SECRET, .offset = offsetof(struct heartbeat_opts, token),
     .help = MSG("secret that the call must bring; without one a token of the API is needed"),
     .example = "{ file: /etc/vigie/secrets/backup }"},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct heartbeat_opts *o = arg;

    if (o->token && strlen(o->token) < LEAST_TOKEN)
        return err_field(e, ERR_INVALID, "token", MSG("at least {1} characters, so that nobody guesses it"), "i",
                         (int64_t)LEAST_TOKEN);
    return 0;
}

const struct probe probe_heartbeat = {
    .kind = {.name = "heartbeat",
             .alias = "beat",
             .help = MSG("waits for a job to call in time"),
             .area = "results",
             .example = "heartbeat: { name: nightly, every: 24h, grace: 2h }",
             .rows = rows,
             .opts_bytes = sizeof(struct heartbeat_opts),
             .finish = finish,
             .every_ms = 24 * 3600 * 1000,
             .attempts = 1,
             .passive = true,
             .beats = true},
};
