/* SPDX-License-Identifier: GPL-3.0-or-later */
/* websub.c: the life of the hub, and what staff see of it. */
#include "announce/websub_int.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"

enum { SWEEP_MS = 600000 };

const char *websub_hub(const struct conf *c, struct arena *a, const char *base)
{
    if (!c || (!c->feeds.websub && !c->feeds.hub))
        return NULL;
    return c->feeds.hub ? c->feeds.hub : arena_printf(a, "%s/websub", base);
}

const struct conf *websub_conf(const struct websub *w)
{
    return telling_conf(w->env.telling);
}

const char *websub_lang(const struct websub *w)
{
    const struct conf *c = websub_conf(w);
    return msg_lang(c && c->site.lang ? c->site.lang : "en");
}

void websub_unref(struct websub *w)
{
    if (--w->refs > 0)
        return;
    subs_done(w);
    for (int i = 0; i < WEBSUB_KEPT; i++) {
        mem_free(w->kept[i].topic);
        buf_done(&w->kept[i].body);
    }
    mem_free(w->limit);
    w->magic = 0;
    mem_free(w);
}

struct websub *websub_ref(struct websub *w)
{
    w->refs++;
    return w;
}

static void sweep(void *arg)
{
    struct websub *w = arg;
    subs_sweep(w, clock_wall_ms());
    timer_set(&w->sweep, SWEEP_MS);
}

void websub_list(const struct websub *w, websub_each *fn, void *arg)
{
    for (size_t i = 0; i < w->subs.n; i++) {
        const struct sub *s = w->subs.at[i];
        struct websub_row row = {.id = s->id, .since_ms = s->since_ms, .until_ms = s->until_ms, .told_ms = s->told_ms, .failing_ms = s->failing_ms, .topic = s->topic, .callback = s->callback, .error = s->error[0] ? s->error : NULL, .secret = s->secret != NULL};
        fn(arg, &row);
    }
}

int websub_remove(struct websub *w, int64_t id, hooks_done *fn, void *arg, struct err *e)
{
    struct sub *s = sub_find(w, id);
    if (!s)
        return err_field(e, ERR_NOT_FOUND, "id", MSG("there is no such subscription"), "");
    websub_denied(w, s, "it was ended here");
    sub_drop(w, s, fn, arg);
    return 0;
}

struct websub *websub_new(const struct websub_env *env, struct err *e)
{
    struct websub *w = NEW(struct websub);
    *w = (struct websub){.magic = WEBSUB_MAGIC, .refs = 1, .env = *env, .seed = entropy_u64(), .limit = NEW(struct subscriber_limit)};
    timer_init(&w->sweep, env->loop, sweep, w);
    if (subs_restore(w, e)) {
        websub_unref(w);
        return NULL;
    }
    websub_send_begin(w);
    timer_set(&w->sweep, SWEEP_MS);
    return w;
}

struct websub *websub_free(struct websub *w)
{
    if (!w)
        return NULL;
    CHECK_OBJ(w, WEBSUB_MAGIC);
    w->closing = true;
    websub_send_stop(w);
    wishes_cancel(w);
    timer_clear(&w->sweep);
    websub_unref(w);
    return NULL;
}
