/* SPDX-License-Identifier: GPL-3.0-or-later */
/* announce_int.h: what the files of this room share. */
#ifndef VIGIE_ANNOUNCE_ANNOUNCE_INT_H
#define VIGIE_ANNOUNCE_ANNOUNCE_INT_H

#include "announce/announce.h"
#include "channels/channel.h"

struct row { /* kept until it is durable */
    struct row *next;
    const struct store_stmt *stmt;
    uint64_t version; /* of the board: the change that it belongs to */
    int n;
    struct store_value values[];
};
struct waiter {
    struct waiter *next;
    announce_done *fn;
    void *arg;
    uint64_t upto; /* rows ever kept */
};
struct announce {
    unsigned magic;
    int refs;
    bool closing, failing;
    struct announce_env env;
    struct board *board;
    struct row *rows, **tail;
    int n_rows, flying; /* of the first rows: in a batch on its way */
    uint64_t kept;
    struct waiter *waiters;
    struct timer tick;
    int unread;         /* rows of the store that nobody understands */
};
void announce_unref(struct announce *a);

#endif
