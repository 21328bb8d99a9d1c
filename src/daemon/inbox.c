/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inbox.c: watching the directory, and reading it in a worker; see inbox.h. */
#include "daemon/inbox.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "daemon/moving_files.h"

enum { MOST_LOGGED = 20, AGAIN_MS = 10000, SLICE_US = 1000, SLICE_MOST = 50 };

struct reading;
struct taken { /* how a file was when it was taken last */
    uint64_t hash;
    char key[BULLETIN_KEY_BYTES + 1];
};
struct inbox {
    struct daemon *d;
    struct file_watch *watch;
    struct timer again, slice;
    struct reading *now; /* what was read and is being taken, from `at` on */
    size_t at;
    char dir[1024]; /* "": none */
    bool reading, changed, stopped;
    uint64_t said;  /* of the notes that were logged last */
    struct map taken; /* by key; as many as there are files */
};
struct reading { /* a worker's, until it is done */
    struct inbox *in;
    struct moving g;
    char dir[1024], zone[80];
    int code;
    struct err err;
};

/* ---- in the worker ---- */

static void read_run(void *arg)
{
    struct reading *r = arg;
    struct zone *zone = r->zone[0] ? files_zone(r->zone) : NULL;
    r->g.m->opts.zone = zone;
    r->g.m->opts.zone_given = true;
    r->code = moving_read_directory(&r->g, r->dir, &r->err);
    if (r->code == 0)
        move_build(r->g.m);
    r->g.m->opts.zone = NULL;
    zone_free(zone);
}

static void reading_free(void *arg)
{
    struct reading *r = arg;
    move_free(r->g.m);
    mem_free(r);
}

/* ---- on the main loop ---- */

static void look(struct inbox *in);

/* What cannot be read is said once, not after each change of another file. */
static void log_notes(struct inbox *in, const struct reading *r)
{
    struct buf b = BUF_MAX(1 << 16);
    uint64_t h = 0;
    for (size_t i = 0; i < r->g.m->notes.n; i++)
        h = hash_text(r->g.m->notes.at[i], h + 1);
    if (r->code)
        h = hash_text(r->err.text, h + 1);
    for (size_t i = 0; h != in->said && i < r->g.m->notes.n && i < MOST_LOGGED; i++) {
        buf_clear(&b);
        msg_render(&b, r->g.m->notes.at[i], "en");
        log_line(LOG_WARN, "inbox: %s", buf_text(&b));
    }
    if (h != in->said && r->code) {
        msg_render(&b, r->err.text, "en");
        log_line(LOG_WARN, "inbox: %s", buf_text(&b));
    }
    in->said = h;
    buf_done(&b);
}

static void kept(void *arg, int code, const struct err *e)
{
    (void)arg;
    (void)code; /* rows that cannot be kept now are given to the store again */
    (void)e;
}

/* Without what the clock makes of it. */
static uint64_t hash_of(struct doc *row)
{
    static const char *const parts[] = {"title", "phase", "started", "ended", "start", "end", "components", "impacts", "updates", "draft"};
    struct buf b = BUF_MAX(64 << 20);
    for (size_t i = 0; i < COUNT(parts); i++)
        if (doc_get(row, parts[i]))
            json_write(&b, doc_get(row, parts[i]), "en", 0);
    uint64_t h = hash_bytes(buf_text(&b), b.len, 20);
    buf_done(&b);
    return h;
}

static void remember(struct inbox *in, const char *key, uint64_t hash)
{
    struct taken *t = map_find(&in->taken, key);
    if (!t) {
        t = NEW(struct taken);
        str_copy(t->key, sizeof t->key, key);
        map_set(&in->taken, t->key, t);
    }
    t->hash = hash;
}

static void forget(struct inbox *in)
{
    size_t i = 0;
    const char *key;
    void *t;
    while (map_each(&in->taken, &i, &key, &t))
        mem_free(t);
    map_done(&in->taken);
}

static void take_one(struct inbox *in, struct doc *row)
{
    struct bulletin *b = NULL;
    struct err e = {0};
    doc_put_int(row, "id", 1); /* numbers are this house's */
    doc_put_text(row, "origin", "git");
    uint64_t hash = hash_of(row);
    const struct taken *t = map_find(&in->taken, doc_text(row, "key", ""));
    if ((!t || t->hash != hash) && bulletin_read(row, &b, &e) == 0) {
        inbox_take(&in->d->house, b, t != NULL, clock_wall_ms());
        remember(in, b->key, hash);
    }
    bulletin_unref(b);
}

static void take_end(struct inbox *in)
{
    reading_free(in->now);
    in->now = NULL;
    in->reading = false;
    if (in->changed)
        look(in);
}

/* A little at a time: there may be thousands of files. */
static void take_slice(void *arg)
{
    struct inbox *in = arg;
    const struct move *m = in->now->g.m;
    int64_t until_us = clock_mono_us() + SLICE_US;
    for (int n = 0; in->at < m->news.n && n < SLICE_MOST && clock_mono_us() <= until_us; n++)
        take_one(in, m->news.at[in->at++]);
    if (in->at < m->news.n) {
        timer_set(&in->slice, 0);
        return;
    }
    announce_flush(in->d->house.announce, kept, NULL);
    take_end(in);
}

static void read_done(void *arg)
{
    struct reading *r = arg;
    struct inbox *in = r->in;
    if (in->stopped) {
        reading_free(r);
        return;
    }
    log_notes(in, r);
    in->now = r;
    in->at = 0;
    if (r->code == 0 && str_eq(r->dir, in->dir))
        take_slice(in);
    else
        take_end(in);
}

static void read_drop(void *arg)
{
    struct reading *r = arg;
    r->in->reading = false;
    reading_free(r);
}

static void know_components(struct move *m, const struct conf *c)
{
    for (int i = 0; i < c->n_components; i++) {
        move_known(m, c->components[i]->name, NULL);
        for (int k = 0; k < c->components[i]->title.n; k++)
            move_known(m, c->components[i]->name, c->components[i]->title.values[k]);
    }
}

static void look(struct inbox *in)
{
    const struct conf *c = model_conf(in->d->house.model);
    struct move_opts o = {.source = "inbox", .lang = c->site.lang, .impact = LEVEL_DEGRADED, .now_ms = clock_wall_ms()};
    if (in->stopped || !in->dir[0])
        return;
    in->changed = in->reading;
    if (in->reading)
        return;
    struct reading *r = NEW(struct reading);
    *r = (struct reading){.in = in, .g = {.lang = "en", .m = move_new(mover_find("cstate"), &o)}};
    if (c->site.lang)
        r->g.m->opts.lang = arena_dup(r->g.m->arena, c->site.lang); /* the configuration may go meanwhile */
    str_copy(r->dir, sizeof r->dir, in->dir);
    str_copy(r->zone, sizeof r->zone, c->site.zone ? c->site.zone : "");
    know_components(r->g.m, c);
    in->reading = true;
    if (work_give(in->d->workers, in->d->loop, read_run, read_done, read_drop, r)) {
        read_drop(r);
        timer_set(&in->again, AGAIN_MS);
    }
}

static void look_again(void *arg)
{
    look(arg);
}

void inbox_reconf(struct inbox *in)
{
    const char *dir = in ? model_conf(in->d->house.model)->announce.inbox : NULL;
    if (!in || in->stopped)
        return;
    if (!str_eq(dir ? dir : "", in->dir)) {
        in->watch = file_watch_free(in->watch);
        forget(in);
        str_copy(in->dir, sizeof in->dir, dir ? dir : "");
        if (dir) {
            static const char *const below[] = {"", "/content/issues", "/issues"};
            char path[1100];
            in->watch = file_watch_new(in->d->loop, look_again, in);
            for (size_t i = 0; i < COUNT(below); i++) {
                str_print(path, sizeof path, "%s%s", dir, below[i]);
                file_watch_add(in->watch, path);
            }
        }
    }
    look(in); /* components may have come, too */
}

struct inbox *inbox_new(struct daemon *d)
{
    struct inbox *in = NEW(struct inbox);
    in->d = d;
    timer_init(&in->again, d->loop, look_again, in);
    timer_init(&in->slice, d->loop, take_slice, in);
    inbox_reconf(in);
    return in;
}

void inbox_stop(struct inbox *in)
{
    if (!in)
        return;
    in->stopped = true;
    timer_clear(&in->again);
    timer_clear(&in->slice);
    if (in->now)
        reading_free(in->now);
    in->now = NULL;
    in->watch = file_watch_free(in->watch);
}

struct inbox *inbox_free(struct inbox *in)
{
    if (!in)
        return NULL;
    forget(in);
    return mem_free(in);
}
