/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hooks.h: webhooks: programs of others, by `webhooks:` of the configuration, are told of what is published (ST-13, ANN-13).
 *
 * A publication becomes a row of the outbox for each of them that it concerns (and one for each component that changed, where the shape
 * tells of those apart); its body is made when it goes out (hook.h).  An answer of 2xx is the end of it; what may get better is tried again by
 * the dispatcher, not before Retry-After says; 410 means that nobody is there any more: that webhook rests until its lines in the configuration
 * change, somebody tries it with success, or the daemon starts anew.
 *
 * On the main loop. hooks_free() comes after publications_free() and before dispatcher_free(). */
#ifndef VIGIE_ANNOUNCE_HOOKS_H
#define VIGIE_ANNOUNCE_HOOKS_H

#include "announce/hook.h"
#include "announce/telling.h"
#include "announce/told.h"

struct hooks;
struct hooks_env {
    struct loop *loop;
    struct store *store;
    struct publications *publications;
    const struct telling_env *telling;
    struct channel_env *channels;
    const struct board *board;
    const char *node;
};
struct hooks *hooks_new(const struct hooks_env *env);
struct hooks *hooks_free(struct hooks *h); /* takes NULL, returns NULL */

struct hooks_state { /* borrowed for the callback */
    const struct conf_webhook *hook;
    struct told told;
    bool gone;
};
typedef void hooks_each(void *arg, const struct hooks_state *s);
typedef void hooks_done(void *arg, int code, const struct err *e);
/* Each webhook of the configuration, in its order; then end. */
void hooks_list(struct hooks *h, hooks_each *fn, hooks_done *end, void *arg);

struct hooks_answer { /* borrowed for the callback */
    int code;           /* 0: there was an answer */
    struct err err;
    int status;
    const char *reason, *body; /* body: its beginning */
    int64_t took_ms;
};
typedef void hooks_tried(void *arg, const struct hooks_answer *a);
/* Sends a message that says that it is a test, at once and once. ERR_NOT_FOUND: there is no such webhook; fn is not called then. */
int hooks_try(struct hooks *h, const char *name, hooks_tried *fn, void *arg, struct err *e);

/* ---- for other ways that tell in the same words ---- */
/* The texts of a story. All of it lives in a; bulletins are borrowed from p and the board, for this turn. */
void hook_story_make(struct hook_story *s, const struct telling_env *t, const struct board *board, struct arena *a, const struct publication *p, const char *lang, size_t line_chars);
/* Of what is told: does whoever wants these kinds of these components want it? */
bool hook_wanted(const struct conf *c, const struct publication *p, const struct conf_texts *about, const struct conf_texts *kinds);

#endif
