/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command.h: what a person or program bids, whatever way it came (API, command line, later IRC and mail). */
#ifndef VIGIE_MODEL_COMMAND_H
#define VIGIE_MODEL_COMMAND_H

#include "base/err.h"
#include "model/model.h"

enum command_kind {
    COMMAND_ACK = 1, COMMAND_UNACK, COMMAND_DOWNTIME, COMMAND_DOWNTIME_END, COMMAND_RECHECK, COMMAND_ENABLE,
    COMMAND_DISABLE, COMMAND_AS_CONFIGURED, COMMAND_RESULT,
};
enum { COMMAND_MAX_COMMENT = 2000, COMMAND_MAX_DOWNTIMES = 10000 };
struct command {
    enum command_kind kind;
    const char *host, *check; /* check NULL: the host's row (DOWNTIME: the host with all its checks) */
    const char *author, *comment;
    bool sticky;              /* ACK */
    int64_t expires_ms;       /* ACK; 0: never */
    int64_t start_ms, end_ms, duration_ms; /* DOWNTIME; start 0: now; duration > 0: flexible */
    int64_t downtime_id;      /* DOWNTIME_END */
    struct result result;     /* RESULT */
};
/* Carries it out; 0 or ERR_NOT_FOUND, ERR_INVALID, ERR_CONFLICT (acknowledging what is well) with a text.
 * ret_id: the new downtime's id; may be NULL. */
int model_command(struct model *m, const struct command *c, struct moment now, int64_t *ret_id, struct err *e);
/* May it be checked now because somebody wants it? 0, or ERR_CONFLICT with the reason: switched off, resting, passive. */
int model_can_ask(const struct item *it, struct err *e);

#endif
