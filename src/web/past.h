/* SPDX-License-Identifier: GPL-3.0-or-later */
/* past.h: the ninety days behind each component.  The history of what components rest on is read once from the store, on its own
 * thread, and kept up by the model's events from then on; days are counted again only when something changed, and once a minute for
 * the clock.  On the main loop. */
#ifndef VIGIE_WEB_PAST_H
#define VIGIE_WEB_PAST_H

#include "model/uptime.h"
#include "ops/house.h"

struct past;
struct past *past_new(struct house *h, void (*changed)(void *arg), void *arg); /* changed: history has come from the store */
void past_stop(struct past *p);
struct past *past_free(struct past *p); /* after the store is closed: its answers come to it */
void past_event(struct past *p, const struct event *e);
/* A new generation: what is not rested on any more is forgotten, what is new is asked for. */
void past_reconf(struct past *p);
/* The days of each component of s, in its order; valid until the next call. */
const struct uptime *const *past_days(struct past *p, const struct sight *s);

#endif
