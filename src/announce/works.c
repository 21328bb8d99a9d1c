/* SPDX-License-Identifier: GPL-3.0-or-later */
/* works.c: planned work and the checks of what it touches: their downtimes follow from the work and are never made or moved by
 * themselves (ST-10): whatever a window of work says now is what they are. They carry the author "work/NUMBER". */
#include "announce/announce_int.h"
#include "base/str.h"
#include "model/command.h"

#define PREFIX "work/"

struct window {
    const struct bulletin *b;
    const char *host, *check; /* check NULL: the host with all its checks */
    int64_t start_ms, end_ms;
    char host_text[CONF_MAX_NAME + 1];
};

static bool silences(const struct bulletin *b, int64_t now_ms)
{
    return b->kind == BULLETIN_WORK && bulletin_is_public(b) && b->effect != EFFECT_NONE && (b->phase == PHASE_CONFIRMED || b->phase == PHASE_IN_PROGRESS) &&
           b->end_ms > now_ms;
}

/* The window of one thing that a component rests on. False: there is no such thing. */
static bool window_of(const struct announce *a, const struct bulletin *b, const char *target, struct window *w)
{
    const char *slash = strchr(target, '/');
    *w = (struct window){.b = b, .start_ms = b->start_ms, .end_ms = b->end_ms};
    if (b->phase == PHASE_IN_PROGRESS && b->started_ms < b->start_ms)
        w->start_ms = b->started_ms;
    if (model_find_host(a->env.model, target)) {
        str_copy(w->host_text, sizeof w->host_text, target);
    } else if (slash) {
        str_copyn(w->host_text, sizeof w->host_text, target, (size_t)(slash - target));
        w->check = slash + 1;
    }
    w->host = w->host_text;
    return w->host_text[0] && model_find(a->env.model, w->host, w->check);
}

static bool is_window(const struct downtime *d, const struct window *w)
{
    char author[40];
    str_print(author, sizeof author, PREFIX "%lld", (long long)w->b->id);
    return str_eq(d->author, author) && str_eq(d->host_name, w->host) && str_eq(d->check_name, w->check) && d->start_ms == w->start_ms && d->end_ms == w->end_ms;
}

typedef bool window_fn(struct announce *a, const struct window *w, void *arg);

/* All windows that there should be, until fn says that it has seen enough. */
static void windows_each(struct announce *a, int64_t now_ms, window_fn *fn, void *arg)
{
    const struct conf *conf = announce_conf(a);
    struct window w;
    for (size_t i = 0; i < a->live.n; i++) {
        const struct bulletin *b = board_find(a->board, a->live.at[i]);
        for (int k = 0; b && silences(b, now_ms) && k < b->n_components; k++) {
            const struct conf_component *c = map_find(&conf->component_by_name, b->components[k]);
            for (int t = 0; c && t < c->depends.n; t++)
                if (window_of(a, b, c->depends.at[t], &w) && fn(a, &w, arg))
                    return;
        }
    }
}

static bool match(struct announce *a, const struct window *w, void *arg)
{
    const struct downtime **d = arg;
    if (*d && is_window(*d, w))
        *d = NULL; /* it is wanted */
    return *d == NULL;
}

static void end_unwanted(struct announce *a, int64_t now_ms)
{
    struct moment now = {now_ms, clock_boot_ms()};
    for (size_t i = model_downtimes(a->env.model); i-- > 0;) {
        const struct downtime *d = model_downtime_at(a->env.model, i), *left = d;
        if (!str_starts(d->author, PREFIX))
            continue;
        windows_each(a, now_ms, match, &left);
        struct command cmd = {.kind = COMMAND_DOWNTIME_END, .author = d->author, .downtime_id = d->id};
        if (left)
            model_command(a->env.model, &cmd, now, NULL, NULL);
    }
}

static bool make(struct announce *a, const struct window *w, void *arg)
{
    const struct moment *now = arg;
    char author[40];
    struct command cmd = {.kind = COMMAND_DOWNTIME, .host = w->host, .check = w->check, .author = author, .comment = wording_for(&w->b->title, "en", NULL),
                          .start_ms = w->start_ms, .end_ms = w->end_ms};
    for (size_t i = 0; i < model_downtimes(a->env.model); i++)
        if (is_window(model_downtime_at(a->env.model, i), w))
            return false;
    str_print(author, sizeof author, PREFIX "%lld", (long long)w->b->id);
    model_command(a->env.model, &cmd, *now, NULL, NULL);
    return false;
}

void works_sync(struct announce *a, int64_t now_ms)
{
    struct moment now = {now_ms, clock_boot_ms()};
    windows_each(a, now_ms, make, &now); /* first the new ones: a moved window must not let an alert slip through */
    end_unwanted(a, now_ms);
}

/* ---- what is still bad ---- */

static bool is_red(const struct item *it)
{
    return it && it->enabled && state_is_bad((enum state)it->st.hard_state);
}

static void add_red(const struct item *it, struct buf *out, int *n)
{
    char id[2 * CONF_MAX_NAME + 8];
    if (!is_red(it))
        return;
    item_id(it, id, sizeof id);
    buf_str(out, *n ? ", " : "");
    buf_str(out, id);
    ++*n;
}

int works_red(const struct announce *a, const struct bulletin *b, struct buf *out)
{
    const struct conf *conf = announce_conf(a);
    int n = 0;
    for (int k = 0; k < b->n_components; k++) {
        const struct conf_component *c = map_find(&conf->component_by_name, b->components[k]);
        for (int t = 0; c && t < c->depends.n; t++) {
            struct window w;
            if (window_of(a, b, c->depends.at[t], &w))
                add_red(model_find(a->env.model, w.host, w.check), out, &n);
        }
    }
    return n;
}
