/* SPDX-License-Identifier: GPL-3.0-or-later */
/* push.h: jobs that tell Uptime Kuma or Gatus how they went tell a heartbeat of ours, by the same line in their crontab.
 *
 * Uptime Kuma: any method, /api/push/TOKEN?status=up&msg=OK&ping=12, TOKEN being that of a heartbeat. Parameters are those of the query
 * only. Any status but "up" is a failure. 200 {"ok":true}; whatever is wrong: 404 {"ok":false,"msg":…}.
 *
 * Gatus: POST /api/v1/endpoints/KEY/external?success=true&error=…&duration=10s, Authorization: Bearer with the token of the heartbeat, or
 * an API token that may hand in results (then a passive check will do, too). KEY is GROUP_NAME as Gatus makes it, with a host or
 * one of its groups as GROUP and the check as NAME; "_NAME" is a check that has the name of its host. */
#ifndef VIGIE_COMPAT_PUSH_H
#define VIGIE_COMPAT_PUSH_H

#include "compat/compat.h"

bool push_is(const struct httpd_request *rq);
void push_run(const struct compat_ask *ask);

#endif
