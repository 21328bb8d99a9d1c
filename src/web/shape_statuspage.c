/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shape_statuspage.c: the public JSON of Statuspage, version 2: which paths there are, and what is in them. */
#include "base/json.h"
#include "base/str.h"
#include "model/statuspage.h"
#include "web/shapes.h"

enum { ALL = 0, OPEN = 1, AHEAD = 2, UNDER_WAY = 4 };

static bool takes(const struct bulletin *b, enum bulletin_kind kind, int which)
{
    bool open = bulletin_is_open(b), begun = b->phase == PHASE_IN_PROGRESS;
    if (b->kind != kind || !bulletin_is_public(b) || b->phase == PHASE_CANCELLED)
        return false;
    return which == ALL || ((which & OPEN) && open) || ((which & AHEAD) && open && !begun) || ((which & UNDER_WAY) && begun);
}

static void put_bulletins(const struct statuspage *sp, struct doc *o, const char *key, enum bulletin_kind kind, int which)
{
    struct doc *list = doc_put_list(o, key);
    int n = 0;
    for (size_t i = 0; i < board_count(sp->s->board) && n < API_INCIDENTS; i++) {
        const struct bulletin *b = board_at(sp->s->board, i);
        if (!takes(b, kind, which))
            continue;
        statuspage_bulletin(sp, doc_push_object(list), b);
        n++;
    }
}

/* ---- paths ---- */

static void put_incidents(const struct statuspage *sp, struct doc *o, int which)
{
    put_bulletins(sp, o, "incidents", BULLETIN_INCIDENT, which);
}

static void put_works(const struct statuspage *sp, struct doc *o, int which)
{
    put_bulletins(sp, o, "scheduled_maintenances", BULLETIN_WORK, which);
}

static const struct {
    const char *path;
    bool status, components;
    int incidents, works; /* -1: not in it */
} paths[] = {
    {"summary.json", true, true, OPEN, AHEAD | UNDER_WAY},
    {"status.json", true, false, -1, -1},
    {"components.json", false, true, -1, -1},
    {"incidents.json", false, false, ALL, -1},
    {"incidents/unresolved.json", false, false, OPEN, -1},
    {"scheduled-maintenances.json", false, false, -1, ALL},
    {"scheduled-maintenances/upcoming.json", false, false, -1, AHEAD},
    {"scheduled-maintenances/active.json", false, false, -1, UNDER_WAY},
};

bool shape_statuspage(struct pub *p, const char *path)
{
    struct statuspage sp;
    size_t i = 0;
    while (i < COUNT(paths) && !str_eq(paths[i].path, path))
        i++;
    if (i == COUNT(paths))
        return false;
    struct arena *a = arena_new(1 << 14);
    struct doc *o = doc_object(a);
    statuspage_init(&sp, a, p->s, p->lang, p->base);
    statuspage_page(&sp, o);
    if (paths[i].status)
        statuspage_status(&sp, o);
    if (paths[i].components)
        statuspage_components(&sp, o);
    if (paths[i].incidents >= 0)
        put_incidents(&sp, o, paths[i].incidents);
    if (paths[i].works >= 0)
        put_works(&sp, o, paths[i].works);
    json_write(p->out, o, p->lang, 0);
    buf_char(p->out, '\n');
    arena_free(a);
    return true;
}
