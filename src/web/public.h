/* SPDX-License-Identifier: GPL-3.0-or-later */
/* public.h: what the public page tells: every service with its state, and the sentences made from them. */
#ifndef VIGIE_WEB_PUBLIC_H
#define VIGIE_WEB_PUBLIC_H

#include "web/web_priv.h"

struct service {
    const struct conf_component *c;
    enum component_state state;
    int64_t since_ms;
    int64_t until_ms; /* planned work: its end; 0: not known */
    bool waiting;     /* nothing was ever seen of it */
};
struct sight { /* what can be seen at one moment */
    const struct conf *conf;
    const struct zone *zone;
    struct service *services; /* in the order of the configuration */
    int n, by_state[COMPONENT_UNKNOWN + 1];
    bool waiting;             /* nothing was seen of any of them yet */
    enum component_state worst;
    int64_t since_ms;         /* of the worst; when all is well: since all is well */
    int64_t last_ms;          /* when any of it was last checked; 0: never */
    int64_t now_ms;
};

/* The text of pairs for a language; *ret_lang is its language when it is another one, else NULL. */
const char *public_text(const struct conf_pairs *p, const char *lang, const char **ret_lang);
const char *public_title(const struct conf_component *c, const char *lang, const char **ret_lang);
/* The large sentence of the sign: one or two; the second may stay empty. */
void public_say(const struct sight *s, const char *lang, struct buf *ret_first, struct buf *ret_second);
/* "Down", "Works": MSG ids. */
const char *public_word(enum component_state s);

#endif
