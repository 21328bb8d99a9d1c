/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_services.c: the keys of an aggregate; and `services:`, trees of parts, as aggregates of a host of that name.
 *
 * A part with a name of its own becomes an aggregate too, "shop.front" within "shop"; nobody is told of a part unless
 * it says so, since the whole is told of.  Everything else (names, levels, contacts) is that of an aggregate. */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/str.h"

#define AT(member) offsetof(struct conf_aggregate_opts, member)
const struct conf_row conf_rows_aggregate[] = {
    {.key = "of",
     .type = CONF_TEXTS,
     .offset = AT(of),
     .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = MSG("Its members: HOST/CHECK, HOST, with * and ?, or group:GROUP/CHECK."),
     .example = "[web1/http, \"group:web/http\"]"},
    {.key = "need",
     .type = CONF_TEXT,
     .offset = AT(need),
     .help = MSG("How many must work: all, any, “at least 2”, or a share such as “60%”. Without it and without a "
                 "threshold: all."),
     .example = "at least 2"},
    {.key = "weights",
     .type = CONF_PAIRS,
     .offset = AT(weights),
     .help = MSG("What a member counts for, 1 if not said otherwise; names may hold * and ?."),
     .example = "{ web1/http: 3 }"},
    {.key = "warn",
     .type = CONF_LEVEL,
     .offset = AT(warn),
     .unit = "",
     .help = MSG("How many members (or what share) are not OK: from here it is a warning."),
     .example = "\"> 1\""},
    {.key = "crit",
     .type = CONF_LEVEL,
     .offset = AT(crit),
     .unit = "",
     .help = MSG("How many members (or what share) are not OK: from here it is critical."),
     .example = "\"> 20 %\""},
    {.key = "soft",
     .type = CONF_BOOL,
     .offset = AT(soft),
     .by_default = "no",
     .help = MSG("Whether states that are not yet certain count too."),
     .example = "yes"},
    {.key = "title",
     .type = CONF_PAIRS,
     .offset = AT(title),
     .flags = CONF_BY_LANG,
     .help = MSG("Shown beside the name, one text or one for each language."),
     .example = "{ en: Shop, fr: Boutique }"},
    {0},
};
#undef AT

#define SERVICES "services"

struct tree {
    struct conf_ctx *c;
    struct conf_host *host;
    const struct conf_kind *kind;
    VEC(struct conf_check *) checks;
};

static struct node *new_node(struct conf_ctx *c, enum node_kind kind, const struct node *like)
{
    struct node_many *n = ARENA_NEW(c->scratch, struct node_many);

    n->node = (struct node){.kind = kind, .line = like->line, .column = like->column};
    return &n->node;
}

static void append(struct node *parent, struct node *kid)
{
    struct node **at = &parent->first;

    while (*at)
        at = &(*at)->next;
    *at = kid;
    node_many(parent)->n++;
}

static struct node *text_node(struct conf_ctx *c, const char *text, const struct node *like)
{
    struct node *n = new_node(c, NODE_TEXT, like);

    n->text = text;
    return n;
}

static void put_text(struct conf_ctx *c, struct node *map, const char *key, const char *text, const struct node *like)
{
    struct node *value = text_node(c, text, like);

    value->key = text_node(c, key, like);
    append(map, value);
}

static void read_part(struct tree *t, const struct node *at, const struct node *value, const char *name, int depth);

/* The parts by the names that stand for them. */
static struct node *read_parts(struct tree *t, const struct node *of, const char *name, int depth)
{
    struct node *list = new_node(t->c, NODE_LIST, of);

    NODE_EACH(of, kid)
    {
        const struct node *own = node_get(kid, "name");
        const char *full, *target = kid->kind == NODE_TEXT ? kid->text : NULL;

        if (kid->kind == NODE_MAP && own && own->kind == NODE_TEXT) {
            full = arena_printf(t->c->scratch, "%s.%s", name, own->text);
            read_part(t, own, kid, full, depth + 1);
            target = arena_printf(t->c->scratch, SERVICES "/%s", full);
        } else if (kid->kind != NODE_TEXT) {
            conf_error_at(t->c, kid, MSG("a part of a service is HOST/CHECK, or a mapping with “name” and “of”"), "");
        }
        if (target)
            append(list, text_node(t->c, target, kid));
    }
    return list;
}

static void read_part(struct tree *t, const struct node *at, const struct node *value, const char *name, int depth)
{
    struct node *map = new_node(t->c, NODE_MAP, value);
    struct conf_check *k;

    NODE_EACH(value, kid)
    {
        bool parts = str_eq(kid->key->text, "of") && kid->kind == NODE_LIST;
        struct node *copy = parts ? read_parts(t, kid, name, depth) : new_node(t->c, NODE_TEXT, kid);

        if (str_eq(kid->key->text, "name"))
            continue;
        if (!parts && kid->kind == NODE_TEXT)
            *copy = *kid;
        else if (!parts)
            memcpy(node_many(copy), node_many(kid), sizeof(struct node_many));
        copy->key = kid->key;
        copy->next = NULL;
        append(map, copy);
    }
    put_text(t->c, map, "name", name, at);
    if (depth > 0 && node_get(value, "notify") == NULL)
        put_text(t->c, map, "notify", "no", at);
    k = conf_check_read(t->c, t->host, t->kind, at, map, false);
    if (k && t->c->n_checks < CONF_MAX_CHECKS) {
        VEC_PUSH(&t->checks, k);
        t->c->n_checks++;
    }
}

static struct conf_host *services_host(struct conf_ctx *c, const struct node *key)
{
    struct conf_host *h = map_find(&c->conf->host_by_name, SERVICES);

    if (c->services)
        return c->services;
    if (h) {
        conf_error_at(c, key,
                      MSG("the services are shown as a host “services”, but {1} has a host of that name; give it another"),
                      "s", conf_where_text(c, h->where, c->scratch));
        return NULL;
    }
    h = ARENA_NEW(c->arena, struct conf_host);
    h->name = intern_text(&c->intern, SERVICES);
    h->title = intern_text(&c->intern, msg_tr(c->conf->site.lang, MSG("Services")));
    h->where = conf_where_of(c, key);
    h->enabled = true;
    map_set(&c->conf->host_by_name, h->name, h);
    VEC_PUSH(&c->hosts, h);
    return c->services = h;
}

/* The same service from two files. */
static bool is_new(struct tree *t, const struct node *key)
{
    const struct conf_check *former = NULL;

    for (int i = 0; i < t->host->n_checks; i++)
        if (str_eq(t->host->checks[i]->name, key->text))
            former = t->host->checks[i];
    if (former)
        conf_error_at(t->c, key, MSG("“{1}” exists already, in {2}"), "ss", key->text,
                      conf_where_text(t->c, former->where, t->c->scratch));
    return former == NULL;
}

static void read_service(struct tree *t, const struct node *value)
{
    struct buf expected = BUF_MAX(200);

    if (value->kind == NODE_MAP && conf_name_read(t->c, value->key) && is_new(t, value->key)) {
        read_part(t, value->key, value, value->key->text, 0);
    } else if (value->kind != NODE_MAP) {
        msg_pack(&expected, MSG("a mapping with {1}"), "s", "need, of");
        conf_error_expected(t->c, value, value->key->text, buf_text(&expected));
        buf_done(&expected);
    }
}

static void judge_names(struct tree *t)
{
    struct map names = {0};

    for (size_t i = 0; i < t->checks.n; i++) {
        const struct conf_check *k = t->checks.at[i], *former = map_set(&names, k->name, t->checks.at[i]);

        if (former)
            conf_error_where(t->c, k->where, MSG("“{1}” exists already, in {2}"), "ss", k->name,
                             conf_where_text(t->c, former->where, t->c->scratch));
    }
    map_done(&names);
}

void conf_services_read(struct conf_ctx *c, const struct node *map)
{
    const struct conf_kind_state *kind = conf_kind_find(c, "aggregate");
    struct tree t = {.c = c, .host = kind ? services_host(c, map->key ? map->key : map) : NULL};

    if (t.host == NULL)
        return;
    t.kind = kind->kind;
    for (int i = 0; i < t.host->n_checks; i++)
        VEC_PUSH(&t.checks, t.host->checks[i]);
    NODE_EACH(map, kid)
    read_service(&t, kid);
    judge_names(&t);
    t.host->n_checks = (int)t.checks.n;
    t.host->checks = ARENA_ARRAY(c->arena, struct conf_check *, t.checks.n + 1);
    if (t.checks.n)
        memcpy(t.host->checks, t.checks.at, t.checks.n * sizeof(struct conf_check *));
    VEC_DONE(&t.checks);
}
