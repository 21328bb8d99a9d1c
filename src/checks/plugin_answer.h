/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plugin_answer.h: what a Nagios plugin said and how it ended, as a result; wherever it ran. */
#ifndef VIGIE_CHECKS_PLUGIN_ANSWER_H
#define VIGIE_CHECKS_PLUGIN_ANSWER_H

#include "base/str.h"
#include "checks/probe.h"

/* status: of its exit; 0 to 3 is a state, anything else CRITICAL, as Nagios has it. The attempt is not ended. */
void plugin_answer(struct attempt *a, int status, struct str out, struct str errout);

#endif
