/* SPDX-License-Identifier: GPL-3.0-or-later */
/* site.c: an export seen from the main loop: the look, the memory of directories, and the way to the worker and back. */
#include "web/site.h"
#include "base/msg.h"
#include "base/str.h"
#include "io/work.h"
#include "web/past.h"
#include "web/site_int.h"
#include <string.h>

struct site {
    struct house *h;
    struct past *past;
    const char *assets;
    bool stopped;
    VEC(struct site_memory *) memories; /* of directories that nobody writes now */
    struct site_run *runs;
};

struct site *site_new(struct house *h, struct past *past, const char *assets)
{
    struct site *s = NEW(struct site);
    s->h = h;
    s->past = past;
    s->assets = assets;
    h->export_site = site_export;
    h->site = s;
    return s;
}

void site_stop(struct site *s)
{
    if (s)
        s->stopped = true;
}

static void run_free(struct site_run *r)
{
    site_memory_free(r->memory);
    board_free(r->board);
    conf_unref(r->conf);
    arena_free(r->a);
}

static void take_out(struct site *s, struct site_run *r)
{
    for (struct site_run **at = &s->runs; *at; at = &(*at)->next)
        if (*at == r) {
            *at = r->next;
            return;
        }
}

/* A worker that hangs has its run for ever. */
struct site *site_free(struct site *s)
{
    if (!s)
        return NULL;
    s->h->export_site = NULL;
    for (struct site_run *r = s->runs; r; r = r->next)
        r->site = NULL;
    for (size_t i = 0; i < s->memories.n; i++)
        site_memory_free(s->memories.at[i]);
    VEC_DONE(&s->memories);
    return mem_free(s);
}

/* ---- memory ---- */

static struct site_memory *recall(struct site *s, const char *dir)
{
    for (size_t i = 0; i < s->memories.n; i++)
        if (str_eq(s->memories.at[i]->dir, dir)) {
            struct site_memory *m = s->memories.at[i];
            VEC_REMOVE(&s->memories, i);
            return m;
        }
    struct site_memory *m = NEW(struct site_memory);
    m->dir = mem_dup(dir);
    return m;
}

static void keep(struct site *s, struct site_memory *m)
{
    if (s->memories.n >= SITE_REMEMBERED) {
        site_memory_free(s->memories.at[0]);
        VEC_REMOVE(&s->memories, 0);
    }
    VEC_PUSH(&s->memories, m);
}

/* ---- to the worker and back ---- */

static void run(void *arg)
{
    site_write(arg);
}

static void done(void *arg)
{
    struct site_run *r = arg;
    struct site *s = r->site;
    if (s) {
        take_out(s, r);
        keep(s, r->memory);
        r->memory = NULL;
        if (!s->stopped)
            r->fn(r->arg, &r->result);
    }
    run_free(r);
}

/* The pool goes; so does whoever waits. */
static void drop(void *arg)
{
    struct site_run *r = arg;
    if (r->site)
        take_out(r->site, r);
    run_free(r);
}

/* All that the worker reads is its own: copies, or what never changes. */
static void look(struct site *s, struct site_run *r)
{
    struct house *h = s->h;
    sight_see(&r->s, r->a, h->board, h->model, h->zone, house_now().wall_ms);
    const struct uptime *const *days = past_days(s->past, &r->s);
    r->days = ARENA_ARRAY(r->a, const struct uptime *, (size_t)r->s.n + 1);
    for (int i = 0; days && i < r->s.n; i++) {
        struct uptime *copy = days[i] ? ARENA_NEW(r->a, struct uptime) : NULL;
        if (copy)
            *copy = *days[i];
        r->days[i] = copy;
    }
    r->board = h->board ? board_copy(h->board) : board_new();
    r->conf = r->s.conf ? conf_ref((struct conf *)r->s.conf) : NULL;
    r->env = h->conf_env;
    r->sign = h->sign;
    r->seal = h->seal;
}

static const char *base_of(const struct site *s, const struct site_run *r, const char *asked)
{
    const char *url = asked && asked[0] ? asked : r->conf && r->conf->site.url ? r->conf->site.url : s->h->address;
    size_t n = url ? strlen(url) : 0;
    while (n && url[n - 1] == '/')
        n--;
    return n ? arena_dupn(r->a, url, n) : "http://localhost";
}

int site_export(void *site, const struct export_ask *ask, export_done *fn, void *arg, struct err *e)
{
    struct site *s = site;
    if (s->stopped || !s->h->workers)
        return err_set(e, ERR_CANCELLED, MSG("vigie is about to end"), "");
    for (const struct site_run *r = s->runs; r; r = r->next)
        if (str_eq(r->dir, ask->dir))
            return err_set(e, ERR_BUSY, MSG("{1} is being written just now; try again in a moment"), "s", ask->dir);
    struct arena *a = arena_new(64 << 10);
    struct site_run *r = ARENA_NEW(a, struct site_run);
    *r = (struct site_run){.a = a, .site = s, .fn = fn, .arg = arg, .dir = arena_dup(a, ask->dir), .assets = arena_dup(a, s->assets)};
    look(s, r);
    r->base = base_of(s, r, ask->base);
    r->main_lang = msg_lang(r->conf && r->conf->site.lang ? r->conf->site.lang : "en");
    r->next_ms = ask->every_ms ? r->s.now_ms + ask->every_ms : 0;
    r->memory = recall(s, r->dir);
    r->next = s->runs;
    s->runs = r;
    if (work_give(s->h->workers, s->h->loop, run, done, drop, r) == 0)
        return 0;
    take_out(s, r);
    run_free(r);
    return err_set(e, ERR_BUSY, MSG("too much is asked for at once; try again in a moment"), "");
}
