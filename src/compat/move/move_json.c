/* SPDX-License-Identifier: GPL-3.0-or-later */
/* move_json.c: what `vigie export json` wrote, as it is. */
#include "compat/move/move_priv.h"

enum { BULLETINS, COMPONENTS };
static const char *const tables[] = {"bulletins", "components", NULL};

/* One text, whatever its languages: the configuration is written anew by whoever moves. */
static const char *worded(const struct doc *texts)
{
    const struct doc *first = doc_first(texts);
    return first && first->kind == DOC_TEXT ? first->text : NULL;
}

static void add_component(struct move *m, const struct doc *row)
{
    struct move_component *k = ARENA_NEW(m->arena, struct move_component);
    const char *name = move_line(m, row, "name"), *link = move_line(m, row, "link"), *group = move_line(m, row, "group");
    char slug[MOVE_NAME_BYTES];
    move_slug(name, slug);
    if (!str_eq(slug, name) || m->components.n >= MOVE_MAX_THINGS)
        return move_note(m, MSG("the component “{1}” is left out: its name cannot be written"), "s", name);
    *k = (struct move_component){.name = name, .title = worded(doc_get(row, "title")), .text = worded(doc_get(row, "text")), .titles = doc_get(row, "title"), .texts = doc_get(row, "text")};
    k->link = link[0] ? link : NULL;
    k->group = group[0] ? group : NULL;
    k->order = move_int(row, "order", 0);
    k->order = k->order < 0 || k->order > 10000 ? 0 : k->order;
    k->title = k->title ? k->title : name;
    k->known = map_find(&m->known, name) != NULL;
    VEC_PUSH(&m->components, k);
}

static void build(struct move *m)
{
    MOVE_EACH(m, COMPONENTS, row)
    add_component(m, row);
    MOVE_EACH(m, BULLETINS, row)
    {
        const struct doc *updates = doc_get(row, "updates");
        m->n_updates += updates && updates->kind == DOC_LIST ? (int)updates->kids.n : 0;
        m->n_works += str_eq(doc_text(row, "kind", ""), "maintenance");
        VEC_PUSH(&m->news, row);
    }
}

const struct mover mover_json = {"json", MSG("what “vigie export json” wrote: all that was published, with the same links"), MOVE_JSON, tables, NULL, build};
