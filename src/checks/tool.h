/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tool.h: runs a program of the system for a probe that reads its output (smartctl, zpool, lvs …).
 *
 * a->job is NULL, or a struct of the probe's own that begins with a struct tool; so tool_stop and tool_late serve
 * as .stop and .late of the probe. fn is called only when the program ran to an exit of its own, and may call
 * tool_run() again for the next one; whatever else happened has ended the attempt as UNKNOWN with a text that
 * says what to do. What the reply points to is gone after fn: copy into the arena what must stay. */
#ifndef VIGIE_CHECKS_TOOL_H
#define VIGIE_CHECKS_TOOL_H

#include "checks/attempt.h"

enum { TOOL_MAX_OUTPUT = 256 * 1024, TOOL_MAX_WORDS = 32, TOOL_MAX_ENV = 8 };

typedef void tool_fn(struct attempt *a, const struct spawn_reply *r);
struct tool_ask {
    const char *const *argv; /* at most TOOL_MAX_WORDS; sbin is searched, too */
    const char *package;     /* of Debian, for "is not installed"; NULL: not said */
    const char *const *env;  /* more variables, "NAME=value"; sudo drops them */
    bool sudo;               /* run by sudo -n */
    size_t max_output;       /* 0: TOOL_MAX_OUTPUT */
};
struct tool {
    struct spawn_job *run;
    tool_fn *fn;
    const char **argv, **env; /* as run */
    const char *name, *package;
    size_t max_output;
    bool sudo, in_sbin;
};
void tool_run(struct attempt *a, const struct tool_ask *ask, tool_fn *fn);
void tool_stop(struct attempt *a);
void tool_late(struct attempt *a); /* UNKNOWN: it did not end in time */
/* For fn: the program ended badly. Says that it needs root (with the line for sudoers), or what it said. UNKNOWN. */
void tool_failed(struct attempt *a, const struct spawn_reply *r);

#endif
