/* SPDX-License-Identifier: GPL-3.0-or-later */
/* move_kit.h: another status page read from tests/cases/move, or from a text, and looked at. */
#ifndef VIGIE_TESTS_MOVE_KIT_H
#define VIGIE_TESTS_MOVE_KIT_H

#include "daemon_kit.h"
#include "base/timetext.h"
#include "daemon/files.h"
#include "daemon/moving.h"

#define MOVE_NOW INT64_C(1790000000000) /* 2026-09-21 */

static inline struct moving *move_read(const char *kind, const char *path, struct move_opts o)
{
    struct moving *g = NEW(struct moving);
    struct err e = {0};
    o.source = kind;
    o.now_ms = MOVE_NOW;
    o.impact = o.impact ? o.impact : LEVEL_DEGRADED;
    *g = (struct moving){.lang = "en", .from = path, .m = move_new(mover_find(kind), &o)};
    int r = moving_read(g, &e);
    if (r)
        fail_msg("%s: %d %s", path, r, e.text);
    move_build(g->m);
    return g;
}

static inline struct moving *move_case(const char *kind, const char *name)
{
    char path[600];
    str_print(path, sizeof path, "%s/cases/move/%s", TESTS_DIR, name);
    char *own = mem_dup(path);
    struct moving *g = move_read(kind, own, (struct move_opts){0});
    mem_free(own);
    return g;
}

/* A dump that is written here. */
static inline struct moving *move_dump(const char *kind, const char *text, size_t n, struct move_opts o)
{
    char path[] = "/tmp/vigie-move-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, n), (ssize_t)n);
    close(fd);
    struct moving *g = move_read(kind, path, o);
    unlink(path);
    return g;
}

static inline void move_done(struct moving *g)
{
    move_free(g->m);
    mem_free(g);
}

static inline const struct doc *move_titled(const struct moving *g, const char *title)
{
    for (size_t i = 0; i < g->m->news.n; i++)
        DOC_EACH(doc_get(g->m->news.at[i], "title"), t)
            if (str_eq(t->text, title))
                return g->m->news.at[i];
    fail_msg("“%s” did not come", title);
    return NULL;
}

/* "investigating 2024-05-02T17:55:00Z We look.|…" */
static inline const char *move_said(const struct moving *g, const struct doc *b)
{
    struct buf out = BUF_MAX(1 << 16);
    DOC_EACH(doc_get(b, "updates"), u)
    {
        char at[TIME_RFC3339_BYTES];
        const struct doc *text = doc_first(doc_get(u, "text"));
        time_rfc3339(doc_int(u, "at", 0), 0, at);
        buf_printf(&out, "%s %s %s|", doc_text(u, "phase", "?"), at, text ? text->text : "-");
    }
    const char *ret = arena_dup(g->m->arena, buf_text(&out));
    buf_done(&out);
    return ret;
}

/* "website major 17:55-20:30|…" */
static inline const char *move_suffered(const struct moving *g, const struct doc *b)
{
    struct buf out = BUF_MAX(1 << 16);
    DOC_EACH(doc_get(b, "impacts"), im)
    {
        char from[TIME_RFC3339_BYTES], to[TIME_RFC3339_BYTES] = "";
        time_rfc3339(doc_int(im, "from", 0), 0, from);
        if (doc_int(im, "to", 0))
            time_rfc3339(doc_int(im, "to", 0), 0, to);
        buf_printf(&out, "%s %s %.5s-%.5s|", doc_text(im, "component", "?"), doc_text(im, "level", "?"), from + 11, to[0] ? to + 11 : "");
    }
    const char *ret = arena_dup(g->m->arena, buf_text(&out));
    buf_done(&out);
    return ret;
}

static inline bool move_noted(const struct moving *g, const char *part)
{
    bool found = false;
    for (size_t i = 0; i < g->m->notes.n && !found; i++) {
        struct buf b = BUF_MAX(4000);
        msg_render(&b, g->m->notes.at[i], "en");
        found = strstr(buf_text(&b), part) != NULL;
        buf_done(&b);
    }
    return found;
}

#endif
