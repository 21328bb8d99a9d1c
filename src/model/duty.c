/* SPDX-License-Identifier: GPL-3.0-or-later */
/* duty.c: time periods of checks: which are asked now, and of which people may be told.
 *
 * Items carry two marks; they are set when an item begins, after a new configuration, and at each
 * edge of a period that is in use.  A period is looked at once for all items that name it. */
#include "model/inner.h"
#include "model/period.h"

enum { KNOWN = 16 };

struct known {
    const struct conf_period *p[KNOWN];
    bool active[KNOWN];
    int n;
    int64_t next_ms;
};

static bool is_active(struct known *k, const struct conf_period *p, struct moment now)
{
    int64_t next;
    bool active;

    if (p == NULL)
        return true;
    for (int i = 0; i < k->n; i++)
        if (k->p[i] == p)
            return k->active[i];
    active = period_active(p, now.wall_ms);
    next = period_next(p, now.wall_ms);
    k->next_ms = next < k->next_ms ? next : k->next_ms;
    if (k->n < KNOWN) {
        k->p[k->n] = p;
        k->active[k->n++] = active;
    }
    return active;
}

static void look(struct model *m, struct item *it, struct known *k, struct moment now)
{
    bool resting = it->conf && !is_active(k, it->conf->check_when, now);
    bool off_duty = it->conf && !is_active(k, it->conf->notify_when, now);
    struct event e;

    if (resting != it->resting) {
        it->resting = resting;
        it->fresh_mono_ms = now.mono_ms;
        fresh_arm(m, it);
        item_touch(m, it);
        e = item_event(EVENT_CHANGED, it, now); /* the scheduler takes it up, or leaves it */
        model_raise(m, &e);
    }
    if (off_duty == it->off_duty)
        return;
    it->off_duty = off_duty;
    item_touch(m, it);
    if (!off_duty)
        item_unquiet(m, it, now);
}

void duty_begin(struct item *it, struct moment now)
{
    it->resting = it->conf && !period_active(it->conf->check_when, now.wall_ms);
    it->off_duty = it->conf && !period_active(it->conf->notify_when, now.wall_ms);
}

int64_t duty_tick(struct model *m, struct moment now)
{
    struct known k = {.next_ms = INT64_MAX};

    if (now.wall_ms < m->duty_due_ms)
        return m->duty_due_ms;
    for (size_t i = 0; i < m->hosts.n; i++) {
        struct host *h = m->hosts.at[i];

        look(m, &h->self, &k, now);
        for (size_t j = 0; j < h->checks.n; j++)
            look(m, h->checks.at[j], &k, now);
    }
    m->duty_due_ms = k.next_ms;
    return m->duty_due_ms;
}
