/* SPDX-License-Identifier: GPL-3.0-or-later */
/* loop_priv.h: what the other files of the real io room may know of a loop.  No other room includes
 * this, and the twin has nothing of it.
 *
 * Descriptors are watched by `struct watch`: one epoll set a loop, itself watched by libuv.  A
 * watch is embedded in its owner and has no close callback: after watch_stop() or watch_drop()
 * nothing is called any more, not even for an event that was fetched already. */
#ifndef VIGIE_IO_LOOP_PRIV_H
#define VIGIE_IO_LOOP_PRIV_H

#include "io/loop.h"
#include <sys/epoll.h>
#include <uv.h>

enum { LOOP_SCRATCH_BYTES = 65536 };

/* For libuv handles of the caller's own; they must be closed before loop_free(). */
uv_loop_t *loop_uv(struct loop *l);
/* Is the caller on the thread that runs the loop now? */
bool loop_is_here(const struct loop *l);
/* A buffer of LOOP_SCRATCH_BYTES, shared by all on the loop: valid until the next turn of events
 * only. */
char *loop_scratch(struct loop *l);
/* Callbacks that come straight from libuv call this first, so that the watchdog counts them. */
void loop_mark(struct loop *l);

struct watch { /* zeroed when not in use */
    struct loop *loop;
    void (*fn)(void *arg, unsigned events); /* EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP */
    void *arg;
    int fd;
    unsigned events;
    bool on;
};
/* Level-triggered. 0, or an ERR_ code (the kernel's limit of watches). */
int watch_start(struct watch *w, struct loop *l, int fd, unsigned events,
                void (*fn)(void *arg, unsigned events), void *arg);
void watch_change(struct watch *w, unsigned events); /* no system call when equal */
void watch_stop(struct watch *w);                    /* the descriptor stays open */
void watch_drop(
    struct watch *w); /* the caller closes the only copy of the descriptor right after */

/* One value a loop for a file of this room, freed (by its function) in loop_free(). */
enum loop_slot { LOOP_SLOT_TLS, LOOP_SLOT_CURL, LOOP_SLOTS };
void *loop_slot_get(const struct loop *l, enum loop_slot slot); /* NULL while not set */
void loop_slot_set(struct loop *l, enum loop_slot slot, void *value, void (*done)(void *value));

#endif
