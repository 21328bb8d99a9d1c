/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cli_priv.h: what the files of the command line share. */
#ifndef VIGIE_CLI_CLI_PRIV_H
#define VIGIE_CLI_CLI_PRIV_H

#include "cli/cli.h"
#include "ops/op.h"

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 }; /* exit statuses */

struct cli { /* one run */
    const char *lang;
    const char *data, *url, *token; /* where the daemon is */
    bool json, colour, help, quiet;
    bool mute; /* a daemon that does not answer is not said */
    int width; /* of the terminal; 0: not one, do not cut */
    struct arena *arena;
    const struct cli_local *locals;
    struct buf *said; /* where sentences go instead of the terminal; NULL: to it */
};

/* args.c: global options are taken out of argv wherever they stand (until "--"); returns the new argc, or -1. */
int args_global(struct cli *c, int argc, char **argv);
/* --lang and --no-color alone, which every verb takes, also those that need no daemon. */
int args_language(struct cli *c, int argc, char **argv);
/* Words and options of an operation → params; 0, or -1 after saying what is wrong. */
int args_op(struct cli *c, const struct op *op, int argc, char **argv, struct doc **ret_params);

/* client.c: one exchange with the daemon. Returns the HTTP status, or -1 after saying what is wrong. */
int client_call(struct cli *c, const struct op *op, const struct doc *params, struct doc **ret_reply);

/* The same, and the answer as it came, whatever the status. */
int client_fetch(struct cli *c, const struct op *op, const struct doc *params, struct buf *ret_body);

/* mail.c */
int mail_from(struct cli *c, const struct doc *params, const char *as); /* one, on the standard input; the exit status of sysexits(3) */
int mail_upstream(struct cli *c, const struct op *op, const struct doc *params);
/* add.c: `vigie add`. The exit status. */
int add_run(struct cli *c, const struct op *op, const struct doc *params);

/* print.c */
void print_reply(struct cli *c, const struct op *op, const struct doc *params, const struct doc *reply);
void print_refusal(struct cli *c, const struct doc *reply);
void print_line(struct cli *c, int fd, const char *msgid, const char *types, ...);
void print_out(const struct buf *b);

/* print_news.c */
void print_bulletins(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out);
void print_outages(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out);
void print_bulletin(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out);
void print_bulletin_done(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out);

/* people.c */
int people_import(struct cli *c, const struct op *op, const struct doc *params); /* the exit status */
int people_bounce(struct cli *c, const struct op *op); /* a report on the standard input */

/* print_followers.c */
void print_followers(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out);
void print_followers_off(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out);
/* print_hooks.c */
void print_hooks(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out);
void print_hook_answer(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out);
void print_subscriptions(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out);
void print_telephones(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out);

/* print_people.c */
void print_people(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out);
void print_csv(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out);
void print_mails(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out);
void put_recipients(struct cli *c, struct buf *out, const struct doc *reply); /* of a dry run */

/* discover.c */
int discover_verb(struct cli *c, struct doc *params); /* `vigie discover`: looks, waits, shows; the exit status */
void print_discovered(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out);
void print_accepted(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out);
void print_decided(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out);

/* print_status.c */
void print_status(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out);
/* The rows of a status reply in the order that matters, in the reply's arena; how many. */
size_t status_rows(struct cli *c, const struct doc *reply, bool problems_only, struct doc ***ret_rows, int *ret_name_width);
void status_row(struct cli *c, struct buf *out, const struct doc *row, int name_width); /* one line */
void print_state(struct cli *c, struct buf *out, const char *state, bool taken, int width);
void print_age(struct cli *c, struct buf *out, const char *rfc3339);

/* table.c: columns that fit the terminal; the last one takes what is left and is cut with "…". */
struct table_column {
    const char *title; /* MSG() */
    const char *key;   /* of each row's object */
    int most;          /* widest, 0: no limit */
    bool right;
};
void table_print(struct cli *c, struct buf *out, const struct doc *rows, const struct table_column *columns);
void table_cell(struct buf *out, const char *text, int width, bool right); /* padded and cut to width (0: as it is) */

/* describe.c */
void describe_all(struct cli *c, struct buf *out);                 /* `vigie --help` */
void describe_op(struct cli *c, struct buf *out, const struct op *op);
void describe_local(struct cli *c, struct buf *out, const struct cli_local *l);

#endif
