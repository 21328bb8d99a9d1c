/* SPDX-License-Identifier: GPL-3.0-or-later */
/* greet.h: what a stream is by what it says first, or by what it answers to a question of the web. greet_read() is pure. */
#ifndef VIGIE_CHECKS_DISCOVER_GREET_H
#define VIGIE_CHECKS_DISCOVER_GREET_H

#include "base/str.h"
#include "io/addr.h"
#include "io/loop.h"

enum { GREET_MAX_BYTES = 2048, GREET_WAIT_MS = 1200, GREET_ANSWER_MS = 4000 };

enum greeting { GREET_NOTHING, GREET_MORE /* not enough bytes to tell */, GREET_CHECK /* check names the kind */, GREET_WEB, GREET_TLS, GREET_OTHER };
struct greeted {
    enum greeting what;
    const char *check; /* "smtp", static */
    int status;        /* GREET_WEB */
    bool wants_tls;    /* GREET_WEB: it says that it speaks HTTPS */
};
void greet_read(struct str bytes, bool ended, struct greeted *ret);

/* Connects, hears for a moment, asks "GET / HTTP/1.0" when nothing was said, and closes. Done is called once, never at once; greet_free()
 * at any time. */
struct greet;
struct greet *greet_new(struct loop *l, const struct addr *at, void (*done)(void *arg, const struct greeted *g), void *arg);
struct greet *greet_free(struct greet *g);

#endif
