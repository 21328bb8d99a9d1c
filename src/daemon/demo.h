/* SPDX-License-Identifier: GPL-3.0-or-later */
/* demo.h: a house with made-up data, to be looked at by anybody on this machine (ST-25).
 *
 * The data lie in a directory that goes with the process. Nothing is checked: results are made here. Nobody is told:
 * there is nobody. Whatever would change something is refused (house.demo), except what this file does itself. */
#ifndef VIGIE_DAEMON_DEMO_H
#define VIGIE_DAEMON_DEMO_H

#include "daemon/daemon.h"

struct demo;
/* Writes the configuration of the demonstration into a data directory. */
int demo_configure(const char *data_dir, struct err *e);
/* After daemon_new(), before daemon_start(): puts a past into the store. After daemon_start(): demo_begin(). */
struct demo *demo_new(struct daemon *d);
void demo_begin(struct demo *m); /* tells the story, and goes on with results */
struct demo *demo_free(struct demo *m); /* before daemon_free() */
/* May it listen there? This machine only. */
bool demo_listen_ok(const char *where);

extern const char demo_yaml[];
struct demo_step { /* what was said: an operation, and its parameters as JSON */
    const char *op, *json;
};
extern const struct demo_step demo_steps[]; /* ended by a zeroed row */

#endif
