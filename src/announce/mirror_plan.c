/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mirror_plan.c: what a target over HTTP has to be sent, in which order: first what is linked to, then what links to it, the first
 * page after all others; then what is gone goes; what says what is there comes last, so that a reader who checks it, and the next try of
 * ours, believe nothing that is not there. */
#include "announce/mirror_int.h"
#include "base/arena.h"
#include "base/mem.h"
#include "io/tree.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_FILES = 1000000 };

/* ---- kinds of files ---- */

int mirror_wave(const char *file)
{
    static const struct {
        const char *begins;
        int wave;
    } rows[] = {{"static/", 0}, {"incident/", 1}, {"maintenance/", 1}, {"history/", 2}, {"component/", 3}, {"group/", 3}};
    for (size_t i = 0; i < COUNT(rows); i++)
        if (str_starts(file, rows[i].begins))
            return rows[i].wave;
    return !strchr(file, '/') && str_starts(file, "index") && str_ends(file, ".html") ? MIRROR_WAVE_INDEX : 4;
}

const char *mirror_type(const char *file)
{
    static const struct {
        const char *ends, *type;
    } rows[] = {{".html", "text/html; charset=utf-8"},          {".css", "text/css; charset=utf-8"},        {".js", "text/javascript; charset=utf-8"},
                {".json", "application/json"},                  {".svg", "image/svg+xml"},                  {".png", "image/png"},
                {".atom", "application/atom+xml; charset=utf-8"}, {".rss", "application/rss+xml; charset=utf-8"}, {".xml", "application/xml"},
                {".ics", "text/calendar; charset=utf-8"},       {".txt", "text/plain; charset=utf-8"},      {".minisig", "text/plain; charset=utf-8"}};
    for (size_t i = 0; i < COUNT(rows); i++)
        if (str_ends(file, rows[i].ends))
            return rows[i].type;
    return "application/octet-stream";
}

/* Names of what is below static/ stay while their bytes change with a new version of vigie only. */
const char *mirror_cache(const char *file)
{
    return str_starts(file, "static/") ? "public, max-age=86400" : "public, max-age=15";
}

/* ---- what is there ---- */

void mirror_far_set(struct mirror_far *f, const char *file, const char *sum)
{
    size_t n = strlen(file) + 1;
    char *both = mem_alloc(n + MANIFEST_HEX + 1);
    memcpy(both, file, n);
    str_copy(both + n, MANIFEST_HEX + 1, sum);
    mem_free(map_set(&f->files, both, both));
}

void mirror_far_drop(struct mirror_far *f, const char *file)
{
    mem_free(map_remove(&f->files, file));
}

void mirror_far_forget(struct mirror_far *f)
{
    size_t i = 0;
    void *both;
    while (map_each(&f->files, &i, NULL, &both))
        mem_free(both);
    map_done(&f->files);
    *f = (struct mirror_far){0};
}

static const char *far_sum(const struct mirror_far *f, const char *file)
{
    const char *both = map_find(&f->files, file);
    return both ? both + strlen(both) + 1 : NULL;
}

static bool name_of(struct str s, char out[TREE_MAX_PATH + 1])
{
    return str_copyn(out, TREE_MAX_PATH + 1, s.p, s.n) && tree_path_ok(out) && !str_eq(out, MANIFEST_FILE) && !str_eq(out, MANIFEST_SIGNATURE);
}

void mirror_far_read(struct mirror_far *f, struct str list, int64_t now_ms)
{
    struct manifest m;
    struct manifest_entry e;
    char file[TREE_MAX_PATH + 1];
    mirror_far_forget(f);
    f->known = true;
    f->read_ms = now_ms;
    if (manifest_begin(list, &m))
        return;
    while (f->files.n < MOST_FILES && manifest_next(&m, &e))
        if (name_of(e.file, file))
            mirror_far_set(f, file, e.sum);
}

/* ---- the plan ---- */

static int by_wave(const void *a, const void *b)
{
    const struct mirror_op *x = a, *y = b;
    return x->wave != y->wave ? x->wave - y->wave : x->order - y->order;
}

static void put(struct mirror_plan *p, struct mirror_op op)
{
    op.order = p->n;
    p->at[p->n++] = op;
}

static size_t count_lines(struct str s)
{
    size_t n = 1;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '\n';
    return n;
}

static void add_gone(struct arena *a, struct mirror_plan *p, const struct mirror_far *far, const struct map *here)
{
    size_t i = 0;
    const char *file;
    void *both;
    while (map_each(&far->files, &i, &file, &both))
        if (!map_find(here, file))
            put(p, (struct mirror_op){.file = arena_dup(a, file), .sum = "", .wave = MIRROR_WAVE_GONE, .drop = true});
}

int mirror_plan_make(struct arena *a, struct str list, bool sealed, const struct mirror_far *far, bool all, struct mirror_plan *ret)
{
    struct manifest m;
    struct manifest_entry e;
    struct map here = {0};
    char file[TREE_MAX_PATH + 1];
    if (manifest_begin(list, &m))
        return ERR_INVALID;
    *ret = (struct mirror_plan){.at = ARENA_ARRAY(a, struct mirror_op, count_lines(list) + far->files.n + 2)};
    while (manifest_next(&m, &e)) {
        if (!name_of(e.file, file) || map_find(&here, file))
            continue;
        struct mirror_op op = {.file = arena_dup(a, file), .sum = arena_dup(a, e.sum), .wave = mirror_wave(file)};
        const char *there = far_sum(far, file);
        map_set(&here, op.file, ret);
        if (all || !there || !str_eq(there, op.sum))
            put(ret, op);
    }
    add_gone(a, ret, far, &here);
    map_done(&here);
    if (sealed)
        put(ret, (struct mirror_op){.file = MANIFEST_SIGNATURE, .sum = "", .wave = MIRROR_WAVE_SEAL});
    put(ret, (struct mirror_op){.file = MANIFEST_FILE, .sum = "", .wave = MIRROR_WAVE_LIST});
    qsort(ret->at, (size_t)ret->n, sizeof *ret->at, by_wave);
    return 0;
}
