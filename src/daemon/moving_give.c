/* SPDX-License-Identifier: GPL-3.0-or-later */
/* moving_give.c: what another status page had, given to a house in parts.  Each part is kept before it is confirmed; what is there already is
 * left as it is, so that an import that broke off is run again. */
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "daemon/moving.h"
#include "daemon/verbs.h"
#include "io/loop.h"

enum { PART_ROWS = 30, PART_BYTES = 48 << 10, PART_PEOPLE = 200, MOST_SHOWN = 50, JSON_ROOM = 64 << 20 };

struct giving {
    struct moving *g;
    struct arena *arena; /* of the part */
    struct doc *rows;
    size_t bytes;
    int64_t imported, already, added, renumbered, refused, people, people_refused;
    bool failed;
};

static bool ask(struct giving *v, const char *op, struct doc *params, struct doc **ret)
{
    v->failed |= cli_ask(&v->g->house, op, params, v->arena, ret) != 200;
    return !v->failed;
}

/* ---- bulletins ---- */

static void say_refused(struct giving *v, const struct doc *reply)
{
    DOC_EACH(doc_get(reply, "refused"), d)
    if (v->refused++ < MOST_SHOWN)
        verb_say(2, v->g->lang, MSG("{1} is left out: {2}"), "ss", doc_text(d, "key", "?"), doc_text(d, "why", ""));
}

static void part_begin(struct giving *v)
{
    v->arena = arena_new(1 << 16);
    v->rows = doc_list(v->arena);
    v->bytes = 0;
}

static void part_end(struct giving *v)
{
    struct doc *params = doc_object(v->arena), *reply = NULL;
    bool any = v->rows->kids.n > 0;
    doc_put(doc_put_object(params, "bulletins"), "rows", v->rows);
    doc_put_text(params, "source", v->g->m->opts.source);
    if (any && !v->failed && ask(v, "incident-import", params, &reply)) {
        v->imported += doc_int(reply, "imported", 0);
        v->already += doc_int(reply, "already", 0);
        v->added += doc_int(reply, "added_to", 0);
        v->renumbered += doc_int(reply, "renumbered", 0);
        say_refused(v, reply);
    }
    v->arena = arena_free(v->arena);
}

static void give_news(struct giving *v)
{
    struct move *m = v->g->m;
    part_begin(v);
    for (size_t i = 0; i < m->news.n && !v->failed; i++) {
        struct buf b = BUF_MAX(JSON_ROOM);
        json_write(&b, m->news.at[i], "en", 0);
        if (v->rows->kids.n >= PART_ROWS || (v->rows->kids.n && v->bytes + b.len > PART_BYTES)) {
            part_end(v);
            part_begin(v);
        }
        v->bytes += b.len;
        doc_push(v->rows, doc_copy(v->arena, m->news.at[i]));
        buf_done(&b);
    }
    part_end(v);
}

/* ---- people ---- */

static void people_part(struct giving *v, size_t from, size_t n, int64_t run)
{
    struct move *m = v->g->m;
    part_begin(v);
    struct doc *params = doc_object(v->arena), *reply = NULL;
    for (size_t i = 0; i < n; i++) {
        struct doc *row = doc_copy(v->arena, m->people.at[from + i]);
        doc_put_int(row, "line", (int64_t)(from + i + 1));
        doc_push(v->rows, row);
    }
    doc_put(doc_put_object(params, "people"), "rows", v->rows);
    doc_put_text(params, "source", m->opts.source);
    doc_put_int(params, "run", run);
    if (ask(v, "subscriber-import", params, &reply)) {
        v->people += doc_int(reply, "kept", 0);
        DOC_EACH(doc_get(reply, "refused"), d)
        if (v->people_refused++ < MOST_SHOWN)
            verb_say(2, v->g->lang, MSG("{1} is left out: {2}"), "ss", doc_text(m->people.at[from + (size_t)(doc_int(d, "line", 1) - 1 - (int64_t)from)], "email", ""), doc_text(d, "why", ""));
    }
    v->arena = arena_free(v->arena);
}

static void give_people(struct giving *v)
{
    size_t all = v->g->m->people.n;
    int64_t run = clock_wall_ms();
    for (size_t i = 0; i < all && !v->failed; i += PART_PEOPLE)
        people_part(v, i, all - i < PART_PEOPLE ? all - i : PART_PEOPLE, run);
}

/* ---- the configuration ---- */

static void give_conf(struct giving *v, const struct buf *yaml)
{
    v->arena = arena_new(1 << 16);
    struct doc *params = doc_object(v->arena), *reply = NULL;
    doc_put_text(params, "source", v->g->m->opts.source);
    doc_put_text(doc_put_object(params, "conf"), "yaml", buf_text(yaml));
    if (ask(v, "conf-import", params, &reply))
        verb_say(1, v->g->lang, MSG("conf.d/imported-{1}.yaml was written in the data directory, and applied."), "s", v->g->m->opts.source);
    v->arena = arena_free(v->arena);
}

bool moving_ask(struct moving *g)
{
    struct arena *a = arena_new(0);
    struct doc *params = doc_object(a), *reply = NULL;
    struct cli_place house = g->house;
    house.quiet = !g->yes;
    doc_put_bool(params, "dry-run", true);
    bool ok = cli_ask(&house, "incident-import", params, a, &reply) == 200;
    DOC_EACH(ok ? doc_get(reply, "components") : NULL, d)
    {
        const char *name = doc_text(d, "name", "");
        move_known(g->m, name, NULL);
        DOC_EACH(doc_get(d, "titles"), t)
        move_known(g->m, name, t->text);
    }
    DOC_EACH(ok ? doc_get(reply, "texts") : NULL, d)
    {
        char name[200];
        str_print(name, sizeof name, "text:%s", d->text ? d->text : "");
        move_known(g->m, name, NULL);
    }
    arena_free(a);
    return ok;
}

int moving_give(struct moving *g, const struct buf *yaml)
{
    struct giving v = {.g = g};
    if (yaml->len && !g->no_conf)
        give_conf(&v, yaml);
    if (!v.failed)
        give_news(&v);
    if (!v.failed && g->people)
        give_people(&v);
    verb_say(1, g->lang, MSG("{1} {1|incident or work|incidents and works} taken in, {2} {2|was|were} there already, {3} left out."), "iii", v.imported, v.already, v.refused);
    if (v.added)
        verb_say(1, g->lang, MSG("To {1} of those that were there was added what has been said since."), "i", v.added);
    if (v.renumbered)
        verb_say(1, g->lang, MSG("{1} {1|has|have} another number here; the old addresses lead to {1|it|them} all the same."), "i", v.renumbered);
    if (g->people)
        verb_say(1, g->lang, MSG("{1} {1|subscriber|subscribers} taken in; nobody was mailed."), "i", v.people);
    return v.failed ? 1 : 0;
}
