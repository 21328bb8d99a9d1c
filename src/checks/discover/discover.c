/* SPDX-License-Identifier: GPL-3.0-or-later */
/* discover.c: what all runs of discovery have in common: they tell from turns of their own, and are stopped between two of them. */
#include "checks/discover/discover_priv.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"

#include <string.h>

enum { TELL_EVERY_MS = 250, MAX_TEXT_BYTES = 4096, BATCH = 64 };

struct discover_kept {
    struct discover_kept *next;
    struct finding f;
    char space[]; /* its texts */
};

/* The texts of a finding, so that a copy is one loop. */
static const size_t texts[] = {
    offsetof(struct finding, key),     offsetof(struct finding, source), offsetof(struct finding, host), offsetof(struct finding, address),
    offsetof(struct finding, parents), offsetof(struct finding, check),  offsetof(struct finding, yaml), offsetof(struct finding, what),
    offsetof(struct finding, evidence),
};
_Static_assert(sizeof(struct finding) == COUNT(texts) * sizeof(char *), "a text of a finding is missing");

static const char **text_at(struct finding *f, size_t i) { return (const char **)(void *)((char *)f + texts[i]); }

static struct discover_kept *keep(const struct finding *f)
{
    struct finding from = *f;
    size_t space = 0;
    for (size_t i = 0; i < COUNT(texts); i++)
        space += *text_at(&from, i) ? strnlen(*text_at(&from, i), MAX_TEXT_BYTES - 1) + 1 : 0;
    struct discover_kept *k = mem_zero(sizeof(*k) + space);
    char *at = k->space;
    for (size_t i = 0; i < COUNT(texts); i++) {
        const char *text = *text_at(&from, i);
        if (!text)
            continue;
        size_t n = strnlen(text, MAX_TEXT_BYTES - 1) + 1;
        str_copy(at, n, text);
        *text_at(&k->f, i) = at;
        at += n;
    }
    return k;
}

static void forget(struct discover *d)
{
    while (d->first) {
        struct discover_kept *k = d->first;
        d->first = k->next;
        mem_free(k);
    }
    d->last = &d->first;
}

static void leave(struct discover *d)
{
    timer_clear(&d->tell);
    forget(d);
    d->kind->free(d);
}

static void tell_findings(struct discover *d)
{
    for (int i = 0; i < BATCH && d->first && !d->stopped; i++) {
        struct discover_kept *k = d->first;
        d->first = k->next;
        d->last = d->first ? d->last : &d->first;
        d->events->on_finding(d->arg, &k->f);
        mem_free(k);
    }
}

/* The last word comes however short ago the one before it was. */
static void tell_progress(struct discover *d)
{
    int64_t now_ms = clock_mono_ms();
    if (d->stopped || !d->moved || (!d->finished && now_ms - d->told_ms < TELL_EVERY_MS))
        return;
    d->moved = false;
    d->told_ms = now_ms;
    d->events->on_progress(d->arg, &d->progress);
}

static void tell(void *arg)
{
    struct discover *d = arg;
    d->inside = true;
    tell_findings(d);
    if (!d->first)
        tell_progress(d);
    if (!d->stopped && !d->first && d->finished) {
        d->stopped = true; /* whoever stops it from on_end stops what has ended */
        d->events->on_end(d->arg, d->code ? &d->err : NULL);
    }
    d->inside = false;
    if (d->stopped)
        leave(d);
    else if (d->first || d->finished)
        timer_set(&d->tell, 0);
    else if (d->moved)
        timer_set(&d->tell, TELL_EVERY_MS);
}

/* Progress may wait a little for company; the rest may not. */
static void soon(struct discover *d, int64_t after_ms)
{
    if (after_ms == 0 || !timer_is_set(&d->tell))
        timer_set(&d->tell, after_ms);
}

void discover_begin(struct discover *d, const struct discover_kind *kind, struct loop *l, const struct discover_events *events, void *arg)
{
    d->kind = kind;
    d->loop = l;
    d->events = events;
    d->arg = arg;
    d->last = &d->first;
    d->told_ms = clock_mono_ms() - TELL_EVERY_MS;
    timer_init(&d->tell, l, tell, d);
}

void discover_found(struct discover *d, const struct finding *f)
{
    ASSERT(!d->finished && f->key && f->source && f->host);
    d->moved = true;
    if (d->progress.findings++ >= FINDING_MAX)
        return;
    *d->last = keep(f);
    d->last = &(*d->last)->next;
    soon(d, 0);
}

void discover_moved(struct discover *d)
{
    d->moved = true;
    soon(d, 1);
}

void discover_finish(struct discover *d, const struct err *e)
{
    ASSERT(!d->finished);
    d->finished = true;
    if (e) {
        d->err = *e;
        d->code = e->code;
    }
    d->moved = true;
    soon(d, 0);
}

void discover_stop(struct discover *d)
{
    if (!d || d->stopped)
        return;
    d->stopped = true;
    if (!d->inside)
        leave(d);
}
