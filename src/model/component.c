/* SPDX-License-Identifier: GPL-3.0-or-later */
/* component.c: the state of what users know by name, from the hard states of what it depends on.
 *
 * The worst counts: down, then degraded, then unknown.  What is in a planned downtime is left out
 * of that; if nothing else is bad the component is in maintenance.  What never had a result, is
 * switched off or does not exist says nothing; when nothing is left, the state is unknown. */
#include "base/msg.h"
#include "base/str.h"
#include "model/inner.h"

#include <string.h>

static struct item *find_dependency(const struct model *m, const char *name)
{
    char host[2 * CONF_MAX_NAME + 8];
    const char *slash = strchr(name, '/');
    struct host *h = model_find_host(m, name);

    if (h || !slash)
        return h ? &h->self : NULL;
    str_copyn(host, sizeof(host), name, (size_t)(slash - name));
    return model_find(m, host, slash + 1);
}

static enum component_state from_state(enum state s)
{
    switch (s) {
    case STATE_OK:
    case STATE_UP:
        return COMPONENT_UP;
    case STATE_WARNING:
        return COMPONENT_DEGRADED;
    case STATE_CRITICAL:
    case STATE_DOWN:
    case STATE_UNREACHABLE:
        return COMPONENT_DOWN;
    default:
        return COMPONENT_UNKNOWN;
    }
}

/* The order of "worst first". */
static int weight(enum component_state s)
{
    static const int weights[] = {[COMPONENT_UP] = 0,
                                  [COMPONENT_UNKNOWN] = 1,
                                  [COMPONENT_PLANNED] = 2,
                                  [COMPONENT_DEGRADED] = 3,
                                  [COMPONENT_DOWN] = 4};

    return weights[s];
}

struct sum {
    enum component_state state;
    int64_t since_ms;
    bool any;
};

/* A problem stands since its oldest cause; all is well since the last one was. */
static void add(struct sum *sum, enum component_state state, int64_t since_ms)
{
    bool earliest = state != COMPONENT_UP && state != COMPONENT_UNKNOWN;

    if (sum->any && weight(state) < weight(sum->state))
        return;
    if (!sum->any || weight(state) > weight(sum->state))
        sum->since_ms = since_ms;
    else if (earliest ? since_ms < sum->since_ms : since_ms > sum->since_ms)
        sum->since_ms = since_ms;
    sum->state = state;
    sum->any = true;
}

static void add_item(struct sum *sum, const struct item *it)
{
    enum component_state state;

    if (!it->enabled || it->st.hard_state == STATE_PENDING)
        return;
    state = from_state((enum state)it->st.hard_state);
    if (state != COMPONENT_UP && it->downtime_depth)
        state = COMPONENT_PLANNED;
    add(sum, state, it->st.hard_since_ms);
}

enum component_state model_component(const struct model *m, const struct conf_component *c,
                                     int64_t *ret_since_ms)
{
    struct sum sum = {.state = COMPONENT_UNKNOWN};

    for (int i = 0; i < c->depends.n; i++) {
        struct item *it = find_dependency(m, c->depends.at[i]);
        if (it)
            add_item(&sum, it);
    }
    if (ret_since_ms)
        *ret_since_ms = sum.since_ms;
    return sum.state;
}

const char *component_word(enum component_state s)
{
    static const char *const words[] = {
        [COMPONENT_UP] = MSG("operational"),  [COMPONENT_DEGRADED] = MSG("degraded"),
        [COMPONENT_DOWN] = MSG("down"),       [COMPONENT_PLANNED] = MSG("maintenance"),
        [COMPONENT_UNKNOWN] = MSG("unknown"),
    };

    return (size_t)s < COUNT(words) ? words[s] : words[COMPONENT_UNKNOWN];
}
