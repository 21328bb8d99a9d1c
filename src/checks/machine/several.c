/* SPDX-License-Identifier: GPL-3.0-or-later */
/* several.c: the worst of several things, and doubts that need a second reading. */
#include "checks/machine/several.h"
#include "base/hash.h"

#include <string.h>

void several_bad(struct several *v, enum state s, const char *msgid, const char *types, ...)
{
    va_list ap;
    bool worse = v->bad == 0 || state_rank(s) > state_rank(v->a->state);

    v->bad++;
    if (!worse)
        return;
    v->a->state = s;
    buf_clear(&v->a->text);
    va_start(ap, types);
    msg_vpack(&v->a->text, msgid, types, ap);
    va_end(ap);
}

void several_end(struct several *v)
{
    const char *worst;

    if (v->bad < 2)
        return;
    worst = arena_dup(v->a->arena, buf_text(&v->a->text));
    attempt_say(v->a, v->a->state, MSG("{1}, and {2} more {2|problem|problems}"), "mi", worst, (int64_t)v->bad - 1);
}

void doubts_begin(struct doubts *d)
{
    if (d == NULL)
        return;
    memcpy(d->before, d->now, sizeof(d->before));
    d->n_before = d->n_now;
    d->n_now = 0;
}

bool doubt_again(struct doubts *d, const char *thing, const char *what)
{
    uint64_t key = hash_text(what, hash_text(thing, 0));

    if (d == NULL)
        return false;
    if (d->n_now < DOUBTS_MAX)
        d->now[d->n_now++] = key;
    for (int i = 0; i < d->n_before; i++)
        if (d->before[i] == key)
            return true;
    return false;
}
