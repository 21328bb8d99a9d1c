/* SPDX-License-Identifier: GPL-3.0-or-later */
/* adding.h: what `add`, `guess` and `trial` share: from the words of a call to hosts and checks as they would be written. */
#ifndef VIGIE_OPS_ADDING_H
#define VIGIE_OPS_ADDING_H

#include "checks/guess.h"
#include "ops/op.h"

enum { ADD_MAX = 200 };

struct adding { /* lives in the call's arena; the edit of `add` runs in a worker while the call waits */
    struct op_call *call;
    struct guess *guesses;
    const char **words; /* of each guess: this word alone leads to it */
    bool *known;        /* a host alone that is watched already */
    int n;
    struct doc *wrong;  /* words that mean nothing: [{target, message}] */
};

/* Guesses what c's `targets` mean, and gives each the names and the address that it gets among what is watched already
 * (`hosts`, `names`, `host`).  A word that means nothing, or a name that cannot be used, refuses all: answered, and false.
 * each: such a word goes to ad->wrong instead. */
bool adding_prepare(struct op_call *c, struct adding *ad, bool each);
void adding_put(struct doc *o, const struct adding *ad); /* "watch": [{target, host, address, check, kind, yaml, known}] */

/* What the three take. */
#define ADDING_PARAMS \
    {"targets", OP_TEXTS, OP_REQUIRED | OP_WORDS, 0, NULL, MSG("URLs, hosts, host:port or host:service, mail:domain, zone:domain, irc://, git://"), NULL}, \
    {"host", OP_TEXT, 0, 0, NULL, MSG("put the checks on this host"), NULL}, \
    {"hosts", OP_TEXTS, OP_NOT_CLI, 0, NULL, MSG("names of the hosts, in the order of the targets; empty: as guessed"), NULL}, \
    {"names", OP_TEXTS, OP_NOT_CLI, 0, NULL, MSG("names of the checks, in the order of the targets; empty: as guessed"), NULL}

#endif
