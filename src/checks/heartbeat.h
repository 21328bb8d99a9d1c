/* SPDX-License-Identifier: GPL-3.0-or-later */
/* heartbeat.h: options of the heartbeat kind, for who answers its URL (conf_check.opts of kind "heartbeat"). */
#ifndef VIGIE_CHECKS_HEARTBEAT_H
#define VIGIE_CHECKS_HEARTBEAT_H

struct heartbeat_opts {
    const char *token; /* NULL: the call needs a token of the API */
};

#endif
