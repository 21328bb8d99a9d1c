/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bulletin.c: a bulletin and what can be asked of it; its words. */
#include "model/bulletin.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"

const char *const level_words[LEVELS + 1] = {"operational", "unknown", "planned", "degraded", "partial", "major", NULL};
const char *const phase_words[PHASES + 1] = {"investigating", "identified", "monitoring", "resolved", "tentative", "confirmed", "in_progress", "completed", "cancelled", NULL};
const char *const effect_words[EFFECTS + 1] = {"none", "redundancy", "degraded", "outage", NULL};
const char *const bulletin_kind_words[BULLETIN_KINDS + 1] = {"incident", "maintenance", NULL};

static int index_of(const char *const *words, const char *word)
{
    for (int i = 0; word && words[i]; i++)
        if (str_eq(words[i], word))
            return i;
    return -1;
}

int level_from(const char *word)
{
    return index_of(level_words, word);
}

int phase_from(const char *word)
{
    return index_of(phase_words, word);
}

int effect_from(const char *word)
{
    return index_of(effect_words, word);
}

bool phase_fits(enum bulletin_kind kind, enum phase p)
{
    return (kind == BULLETIN_WORK) == (p >= PHASE_TENTATIVE);
}

const char *phase_title(enum phase p)
{
    static const char *const titles[PHASES] = {
        MSG("Investigating"), MSG("Identified"), MSG("Monitoring"),    MSG("Resolved"),  MSG("Tentative"),
        MSG("Confirmed"),     MSG("In progress"), MSG("Completed"), MSG("Cancelled"),
    };
    return titles[p];
}

struct bulletin *bulletin_ref(const struct bulletin *b)
{
    struct bulletin *own = (struct bulletin *)b;
    __atomic_add_fetch(&own->refs, 1, __ATOMIC_RELAXED);
    return own;
}

struct bulletin *bulletin_unref(const struct bulletin *b)
{
    struct bulletin *own = (struct bulletin *)b;
    if (own && __atomic_sub_fetch(&own->refs, 1, __ATOMIC_ACQ_REL) == 0)
        arena_free(own->arena); /* it lives there itself */
    return NULL;
}

bool bulletin_is_open(const struct bulletin *b)
{
    return b->phase != PHASE_RESOLVED && b->phase != PHASE_COMPLETED && b->phase != PHASE_CANCELLED;
}

bool bulletin_is_public(const struct bulletin *b)
{
    return !b->draft && !b->retracted;
}

const struct update *bulletin_update(const struct bulletin *b, int64_t id)
{
    for (int i = 0; i < b->n_updates; i++)
        if (b->updates[i].id == id)
            return &b->updates[i];
    return NULL;
}

static bool holds(const struct impact *i, int64_t at_ms)
{
    return i->from_ms <= at_ms && (!i->to_ms || at_ms < i->to_ms);
}

enum level bulletin_level(const struct bulletin *b, const char *component, int64_t at_ms)
{
    enum level worst = LEVEL_OPERATIONAL;
    for (int i = 0; i < b->n_impacts; i++)
        if (b->impacts[i].level > worst && holds(&b->impacts[i], at_ms) && str_eq(b->impacts[i].component, component))
            worst = b->impacts[i].level;
    return worst;
}

enum level bulletin_worst(const struct bulletin *b, int64_t at_ms)
{
    enum level worst = LEVEL_OPERATIONAL;
    for (int i = 0; i < b->n_impacts; i++)
        if (b->impacts[i].level > worst && holds(&b->impacts[i], at_ms))
            worst = b->impacts[i].level;
    return worst;
}

enum level bulletin_peak(const struct bulletin *b)
{
    enum level worst = LEVEL_OPERATIONAL;
    for (int i = 0; i < b->n_impacts; i++)
        if (b->impacts[i].level > worst)
            worst = b->impacts[i].level;
    return worst;
}

bool bulletin_touches(const struct bulletin *b, const char *component)
{
    for (int i = 0; i < b->n_components; i++)
        if (str_eq(b->components[i], component))
            return true;
    return false;
}
