/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cli.h: the command line.  Verbs come from the op rows (over the local socket, or --url and --token) and from rows
 * of verbs that need no daemon, which daemon/ hands in. */
#ifndef VIGIE_CLI_CLI_H
#define VIGIE_CLI_CLI_H

#include "base/buf.h"
#include "model/model.h"

struct cli_local { /* a verb that needs no daemon (serve, probe, conf check, import …) */
    const char *verb;    /* "conf check" */
    const char *help;    /* MSG(): one line */
    const char *usage;   /* "[--config FILE] [--data DIR]" */
    const char *more;    /* MSG() or NULL */
    const char *example; /* without "vigie " */
    int (*run)(int argc, char **argv, const char *lang); /* argv[0]: the first word after the verb; returns the exit status */
};
/* Runs; returns the exit status: 0 done, 1 refused or failed, 2 wrong usage. */
int cli_main(int argc, char **argv, const struct cli_local *locals);
/* For verbs of main that ask a daemon, too. */
struct cli_place {
    const char *lang;
    const char *data, *url, *token; /* where it is; NULL: as for every verb */
    bool quiet;                     /* a failure is not said */
};
/* An operation: the HTTP status, or -1; what went wrong was said then. */
int cli_ask(const struct cli_place *p, const char *op, const struct doc *params, struct arena *a, struct doc **ret_reply);
int cli_fetch(const struct cli_place *p, const char *op, const struct doc *params, struct buf *ret_body); /* its bytes */
/* `vigie watch`, for the rows of main. */
int cli_watch(int argc, char **argv, const char *lang);
/* Where the time of an attempt went: bars below one another, indent columns from the left. */
void cli_waterfall(struct buf *b, const struct timings *t, int indent, bool colour, const char *lang);
/* Manual pages and completion from the rows: form "man", "bash", "verbs" (one a line). */
void cli_describe(struct buf *out, const struct cli_local *locals, const char *form, const char *lang);

#endif
