/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cachet_list.c: lists of Cachet's API: filtered by equality, sorted, in pages.
 *
 * The order of incidents serves two kinds of clients at once: who asks without `page` and `sort` looks for what is open and wants the
 * newest first; who walks the pages counts on growing numbers. */
#include "compat/cachet.h"
#include "base/hash.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

enum { PER_PAGE = 20, PER_PAGE_MOST = 500, PAGE_MOST = 1000000 };

struct val {
    int64_t i;
    const char *text; /* NULL: a number */
};
struct entry {
    const void *what;
    int64_t id;
    struct val key;
};
struct listing {
    const char *const *keys; /* that filter and sort; the first is "id" */
    struct val (*value)(const struct cachet *c, const void *what, int key);
    void (*put)(struct cachet *c, struct doc *list, const void *what);
    bool newest_first;
};

/* ---- filters ---- */

static bool says(const struct val *v, const char *wanted)
{
    int64_t n;
    if (v->text)
        return str_eq(v->text, wanted);
    if (str_i64(wanted, &n) == 0)
        return n == v->i;
    return str_ieq(wanted, "true") ? v->i == 1 : str_ieq(wanted, "false") && v->i == 0;
}

struct wanted {
    int key;
    const char *text;
};

static int find_wanted(struct cachet *c, const struct listing *l, struct wanted *out)
{
    int n = 0;
    for (int k = 0; l->keys[k]; k++) {
        const char *t = cachet_text(c, l->keys[k]);
        if (t && t[0])
            out[n++] = (struct wanted){k, t};
    }
    return n;
}

/* ---- order ---- */

static int compare(const void *x, const void *y)
{
    const struct entry *a = x, *b = y;
    int by = a->key.text ? strcmp(a->key.text, b->key.text ? b->key.text : "") : (a->key.i > b->key.i) - (a->key.i < b->key.i);
    return by ? by : (a->id > b->id) - (a->id < b->id);
}

static void turn(struct entry *all, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        struct entry swap = all[i];
        all[i] = all[n - 1 - i];
        all[n - 1 - i] = swap;
    }
}

static void sort(struct cachet *c, const struct listing *l, struct entry *all, size_t n)
{
    const char *by = cachet_text(c, "sort"), *order = cachet_text(c, "order");
    int key = -1;
    for (int k = 0; by && l->keys[k]; k++)
        if (str_eq(l->keys[k], by))
            key = k;
    bool down = order ? str_ieq(order, "desc") : key < 0 && l->newest_first && !cachet_text(c, "page");
    if (key < 0 && !l->newest_first && !down)
        return; /* as the page has them */
    for (size_t i = 0; i < n; i++)
        all[i].key = l->value(c, all[i].what, key < 0 ? 0 : key);
    qsort(all, n, sizeof *all, compare);
    if (down)
        turn(all, n);
}

/* ---- pages ---- */

static int64_t number(struct cachet *c, const char *key, int64_t otherwise, int64_t most)
{
    const char *t = cachet_text(c, key);
    int64_t n;
    return t && str_i64(t, &n) == 0 && n >= 1 && n <= most ? n : otherwise;
}

/* The address of a page; what else was asked stays in it. */
static void put_link(struct cachet *c, struct doc *o, const char *key, int64_t page, bool there)
{
    struct buf b = BUF_MAX(2 * HTTPD_MAX_URL);
    struct str rest = str_of(c->rq->query), pair;
    if (!there) {
        doc_put_text(o, key, NULL);
        return;
    }
    buf_printf(&b, "%s%s?", c->base, c->rq->path);
    while (str_next(&rest, "&", &pair))
        if (pair.n && !(pair.n >= 5 && memcmp(pair.p, "page=", 5) == 0))
            buf_printf(&b, "%.*s&", (int)pair.n, pair.p);
    buf_printf(&b, "page=%lld", (long long)page);
    doc_put_text(o, key, buf_text(&b));
    buf_done(&b);
}

struct doc *cachet_envelope(struct cachet *c, struct doc *o, size_t total, size_t *ret_from, size_t *ret_to)
{
    int64_t per = number(c, "per_page", PER_PAGE, PER_PAGE_MOST), page = number(c, "page", 1, PAGE_MOST);
    int64_t pages = total ? ((int64_t)total + per - 1) / per : 1;
    size_t from = (size_t)((page - 1) * per);
    *ret_from = from < total ? from : total;
    *ret_to = *ret_from + (size_t)per < total ? *ret_from + (size_t)per : total;
    struct doc *p = doc_put_object(doc_put_object(o, "meta"), "pagination"), *links;
    doc_put_int(p, "total", (int64_t)total);
    doc_put_int(p, "count", (int64_t)(*ret_to - *ret_from));
    doc_put_int(p, "per_page", per);
    doc_put_int(p, "current_page", page);
    doc_put_int(p, "total_pages", pages);
    links = doc_put_object(p, "links");
    put_link(c, links, "next_page", page + 1, page < pages);
    put_link(c, links, "previous_page", page - 1, page > 1);
    return doc_put_list(o, "data");
}

static void answer(struct cachet *c, const struct listing *l, struct entry *all, size_t n)
{
    struct wanted wanted[16];
    int n_wanted = find_wanted(c, l, wanted);
    size_t kept = 0, from, to;
    for (size_t i = 0; i < n; i++) {
        bool fits = true;
        for (int k = 0; k < n_wanted && fits; k++) {
            struct val v = l->value(c, all[i].what, wanted[k].key);
            fits = says(&v, wanted[k].text);
        }
        if (fits)
            all[kept++] = all[i];
    }
    sort(c, l, all, kept);
    struct doc *o = doc_object(c->a), *data = cachet_envelope(c, o, kept, &from, &to);
    for (size_t i = from; i < to; i++)
        l->put(c, data, all[i].what);
    cachet_send(c, 200, o);
}

/* ---- components and groups ---- */

static struct val component_value(const struct cachet *c, const void *what, int key)
{
    const struct sight_component *v = what;
    const char *other;
    switch (key) {
    case 0:
        return (struct val){cachet_component_id(c, v->c->name), NULL};
    case 1:
        return (struct val){0, sight_title(&c->sight, v->c->name, c->lang, &other)};
    case 2:
        return (struct val){cachet_component_status(v), NULL};
    case 3:
        return (struct val){1, NULL};
    default:
        for (int i = 0; v->c->group && i < c->n_groups; i++)
            if (str_eq(c->groups[i], v->c->group))
                return (struct val){c->group_ids[i], NULL};
        return (struct val){0, NULL};
    }
}

static void push_component(struct cachet *c, struct doc *list, const void *what)
{
    cachet_put_component(c, doc_push_object(list), what);
}

void cachet_components(struct cachet *c)
{
    static const char *const keys[] = {"id", "name", "status", "enabled", "group_id", NULL};
    static const struct listing l = {keys, component_value, push_component, false};
    struct entry *all = ARENA_ARRAY(c->a, struct entry, (size_t)c->sight.n + 1);
    for (int i = 0; i < c->sight.n; i++)
        all[i] = (struct entry){.what = &c->sight.components[i], .id = c->ids[i]};
    answer(c, &l, all, (size_t)c->sight.n);
}

static struct val group_value(const struct cachet *c, const void *what, int key)
{
    int i = (int)((const int64_t *)what - c->group_ids);
    const char *other;
    return key == 0 ? (struct val){c->group_ids[i], NULL} : (struct val){0, sight_group_title(&c->sight, c->groups[i], c->lang, &other)};
}

static void push_group(struct cachet *c, struct doc *list, const void *what)
{
    cachet_put_group(c, doc_push_object(list), (int)((const int64_t *)what - c->group_ids));
}

void cachet_group_list(struct cachet *c)
{
    static const char *const keys[] = {"id", "name", NULL};
    static const struct listing l = {keys, group_value, push_group, false};
    struct entry *all = ARENA_ARRAY(c->a, struct entry, (size_t)c->n_groups + 1);
    for (int i = 0; i < c->n_groups; i++)
        all[i] = (struct entry){.what = &c->group_ids[i], .id = c->group_ids[i]};
    answer(c, &l, all, (size_t)c->n_groups);
}

/* ---- incidents and schedules ---- */

static struct val bulletin_value(const struct cachet *c, const void *what, int key)
{
    const struct bulletin *b = what;
    switch (key) {
    case 0:
        return (struct val){b->id, NULL};
    case 1:
        return (struct val){0, cachet_title(c, b)};
    case 2:
        return (struct val){cachet_phase_status(b->phase), NULL};
    case 3:
        return (struct val){b->n_components ? cachet_component_id(c, b->components[0]) : 0, NULL};
    case 4:
        return (struct val){!b->draft, NULL};
    case 5:
        return (struct val){b->pinned, NULL};
    default:
        return (struct val){b->kind == BULLETIN_WORK ? b->start_ms : b->started_ms, NULL};
    }
}

static void push_incident(struct cachet *c, struct doc *list, const void *what)
{
    cachet_put_incident(c, doc_push_object(list), what);
}

static void push_schedule(struct cachet *c, struct doc *list, const void *what)
{
    cachet_put_schedule(c, doc_push_object(list), what);
}

static void bulletins(struct cachet *c, enum bulletin_kind kind, const struct listing *l)
{
    size_t n = 0, count = c->h->board ? board_count(c->h->board) : 0;
    struct entry *all = ARENA_ARRAY(c->a, struct entry, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct bulletin *b = board_at(c->h->board, i);
        if (cachet_sees(c, b, kind))
            all[n++] = (struct entry){.what = b, .id = b->id};
    }
    answer(c, l, all, n);
}

void cachet_incidents(struct cachet *c)
{
    static const char *const keys[] = {"id", "name", "status", "component_id", "visible", "stickied", "occurred_at", NULL};
    static const struct listing l = {keys, bulletin_value, push_incident, true};
    bulletins(c, BULLETIN_INCIDENT, &l);
}

void cachet_schedules(struct cachet *c)
{
    static const char *const keys[] = {"id", "name", "status", "component_id", "visible", "stickied", "scheduled_at", NULL};
    static const struct listing l = {keys, bulletin_value, push_schedule, true};
    bulletins(c, BULLETIN_WORK, &l);
}

/* ---- updates ---- */

/* Newest first; the first of all is the message of the incident. */
void cachet_updates(struct cachet *c)
{
    const struct bulletin *b = cachet_bulletin(c, BULLETIN_INCIDENT);
    struct doc *o = doc_object(c->a), *data;
    size_t from, to, n = 0;
    if (!b) {
        cachet_missing(c);
        return;
    }
    const struct update **all = ARENA_ARRAY(c->a, const struct update *, (size_t)b->n_updates + 1);
    for (int i = b->n_updates; i-- > 0;)
        if (b->updates[i].id != 1)
            all[n++] = &b->updates[i];
    data = cachet_envelope(c, o, n, &from, &to);
    for (size_t i = from; i < to; i++)
        cachet_put_update(c, doc_push_object(data), b, all[i]);
    cachet_send(c, 200, o);
}

/* ---- templates: the texts of the configuration ---- */

void cachet_templates(struct cachet *c)
{
    struct doc *o = doc_object(c->a), *data;
    size_t from, to;
    const char *other;
    data = cachet_envelope(c, o, (size_t)c->conf->n_texts, &from, &to);
    for (size_t i = from; i < to; i++) {
        const struct conf_text *t = c->conf->texts[i];
        struct doc *one = doc_push_object(data);
        doc_put_int(one, "id", (int64_t)(hash_text(t->name, 2400) % CACHET_ID_MOST) + 1);
        doc_put_text(one, "name", sight_text(&t->title, c->lang, &other) ? sight_text(&t->title, c->lang, &other) : t->name);
        doc_put_text(one, "slug", t->name);
        doc_put_text(one, "template", sight_text(&t->text, c->lang, &other) ? sight_text(&t->text, c->lang, &other) : "");
    }
    cachet_send(c, 200, o);
}

void cachet_nothing(struct cachet *c)
{
    struct doc *o = doc_object(c->a);
    size_t from, to;
    cachet_envelope(c, o, 0, &from, &to);
    cachet_send(c, 200, o);
}
