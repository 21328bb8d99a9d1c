/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expand.c: one host as it is written, with its templates and the rules that fit, as one tree.
 *
 * First the layers are gathered, weakest first; then their keys are merged and their checks joined
 * by name; then the variables are filled in.  All is copied into the arena of this one host. */
#include "config/expand.h"

#include "base/msg.h"
#include "base/str.h"

const char *const conf_general_keys[] = {"every",  "retry", "attempts", "timeout",      "for",
                                         "notify", "flap",  "class",    "check_period", "notify_period",
                                         "volatile", NULL};

struct layer {
    const struct node *map;
    const struct node *item; /* of a rule with `each` */
    int rank;                /* order of the checks: templates, host, rules */
};
struct entry { /* a check while it is put together */
    const char *name;      /* NULL: stands for itself, nothing can change it */
    const struct node *at; /* the item of the list */
    const struct node *kind, *value; /* its key and value; kind NULL: not a check that one could read */
    int rank;
    bool filled; /* variables are in already */
};
struct work {
    struct conf_ctx *c;
    struct arena *a;
    struct scope scope;
    const struct node *host; /* as written */
    VEC(struct layer) layers;
    VEC(struct entry) entries;
    VEC(const char *) groups; /* NULL at the end */
    const struct node *labels, *vars;
    bool join; /* names of checks matter */
};

static bool is_general(const char *key)
{
    for (int i = 0; conf_general_keys[i]; i++)
        if (conf_general_keys[i][0] == key[0] && strcmp(conf_general_keys[i], key) == 0)
            return true;
    return false;
}

static bool is_ours(const char *key)
{
    return str_eq(key, "use") || str_eq(key, "vars") || str_eq(key, "drop") || is_general(key);
}

/* ---- what the layers say of the host itself */

static void add_groups(struct work *w, const struct node *groups)
{
    const struct node *first = groups && groups->kind == NODE_LIST ? groups->first : groups;

    for (const struct node *n = first; n && groups->kind != NODE_MAP;
         n = groups->kind == NODE_LIST ? n->next : NULL) {
        const struct node *text = n->kind == NODE_TEXT ? vars_fill(&w->scope, n) : NULL;
        size_t i = 0;

        while (text && w->groups.at[i] && !str_eq(w->groups.at[i], text->text))
            i++;
        if (text == NULL || node_is_null(text) || text->kind != NODE_TEXT || w->groups.at[i])
            continue;
        w->groups.at[w->groups.n - 1] = text->text;
        VEC_PUSH(&w->groups, NULL);
    }
    w->scope.groups = w->groups.at;
}

/* Weaker ones come later here: rules know what the host and its templates say. */
static void weaker(struct work *w, const struct node *map)
{
    const struct node *vars = node_get(map, "vars"), *labels = node_get(map, "labels");

    if (vars && vars->kind == NODE_MAP)
        w->scope.vars = w->vars = merge_maps(w->a, vars, w->vars);
    if (labels && labels->kind == NODE_MAP)
        w->scope.labels = w->labels = merge_maps(w->a, labels, w->labels);
    add_groups(w, node_get(map, "groups"));
}

/* ---- rules */

static struct rule_value as_value(struct work *w, const struct node *n)
{
    struct rule_value v = {0};
    const char **list;

    n = vars_fill(&w->scope, n);
    if (n == NULL || node_is_null(n))
        return v;
    if (n->kind == NODE_TEXT)
        return (struct rule_value){.kind = RULE_TEXT, .text = n->text};
    list = ARENA_ARRAY(w->a, const char *, node_count(n) + 1);
    NODE_EACH(n, kid)
    {
        if (n->kind == NODE_MAP)
            list[v.n++] = kid->key->text;
        else if (kid->kind == NODE_TEXT)
            list[v.n++] = kid->text;
    }
    v.kind = RULE_LIST;
    v.list = list;
    return v;
}

static struct rule_value text_value(const char *text)
{
    return (struct rule_value){.kind = text ? RULE_TEXT : RULE_NONE, .text = text};
}

static struct rule_value look_up(void *arg, const char *name)
{
    struct work *w = arg;
    const struct node *n;

    if (str_starts(name, "host."))
        name += 5;
    if (str_eq(name, "groups"))
        return (struct rule_value){
            .kind = RULE_LIST, .list = w->groups.at, .n = (int)w->groups.n - 1};
    if (str_eq(name, "name"))
        return text_value(w->scope.host);
    if (str_eq(name, "address"))
        return text_value(w->scope.address);
    if (str_starts(name, "labels."))
        return as_value(w, node_get(w->labels, name + 7));
    if (str_starts(name, "vars."))
        return as_value(w, vars_find(&w->scope, name + 5));
    n = node_get(w->labels, name);
    return as_value(w, n ? n : vars_find(&w->scope, name));
}

static void add_layer(struct work *w, const struct node *map, const struct node *item, int rank)
{
    struct layer l = {.map = map, .item = item, .rank = rank};

    VEC_PUSH(&w->layers, l);
}

/* One layer for each element; all but its checks count once. */
static void add_each(struct work *w, const struct apply_rule *r)
{
    const struct node *list = vars_find(&w->scope, r->each);

    list = list ? vars_fill(&w->scope, list) : NULL;
    if (list && list->kind == NODE_TEXT && !node_is_null(list))
        add_layer(w, r->map, list, 2);
    NODE_EACH(list, kid)
    {
        if (w->layers.n < EXPAND_MAX_CHECKS)
            add_layer(w, r->map, kid, 2);
    }
}

static void add_rules(struct work *w)
{
    struct expand *x = w->c->expand;

    for (size_t i = 0; i < x->rules.n; i++) {
        const struct apply_rule *r = &x->rules.at[i];
        size_t before = w->layers.n;

        if (r->when && !rule_holds(r->when, look_up, w))
            continue;
        if (r->each)
            add_each(w, r);
        else
            add_layer(w, r->map, NULL, 2);
        if (w->layers.n > before)
            weaker(w, r->map);
    }
}

static void gather(struct work *w)
{
    const struct template **templates;
    int n = conf_templates_of(w->c, node_get(w->host, "use"), &templates);
    size_t rules;

    VEC_PUSH(&w->groups, NULL);
    for (int i = 0; i < n; i++)
        if (node_get(templates[i]->map, "vars"))
            w->scope.vars = w->vars = merge_maps(w->a, w->vars, node_get(templates[i]->map, "vars"));
    for (int i = 0; i < n; i++)
        if (node_get(templates[i]->map, "labels"))
            w->scope.labels = w->labels =
                merge_maps(w->a, w->labels, node_get(templates[i]->map, "labels"));
    w->scope.vars = w->vars = merge_maps(w->a, w->vars, node_get(w->host, "vars"));
    w->scope.labels = w->labels = merge_maps(w->a, w->labels, node_get(w->host, "labels"));
    for (int i = 0; i < n; i++)
        add_groups(w, node_get(templates[i]->map, "groups"));
    add_groups(w, node_get(w->host, "groups"));
    add_rules(w);
    rules = w->layers.n;
    for (int i = 0; i < n; i++)
        add_layer(w, templates[i]->map, NULL, 0);
    add_layer(w, w->host, NULL, 1);
    w->join = rules + (size_t)n > 0 || node_get(w->host, "drop");
}

/* ---- checks */

/* The options as a mapping, so that others can be laid over them; NULL: not possible. */
static const struct node *as_map(struct work *w, const struct conf_kind *kind,
                                 const struct node *value)
{
    const struct conf_row *positional = conf_rows_positional(kind->rows);
    struct node *map, *kid;

    if (value && value->kind == NODE_MAP)
        return value;
    map = merge_new(w->a, NODE_MAP, value);
    if (node_is_null(value))
        return map;
    if (positional == NULL)
        return NULL;
    kid = merge_copy(w->a, value);
    kid->key = node_text(w->a, positional->key);
    ((struct node *)(uintptr_t)kid->key)->line = value->line;
    ((struct node *)(uintptr_t)kid->key)->column = value->column;
    merge_append(map, kid);
    return map;
}

/* What the kind calls it, from its options; errors are reported when it is read in earnest. */
static const char *name_by_kind(struct work *w, const struct conf_kind *kind,
                                const struct node *at, const struct node *value)
{
    struct conf_errors *kept = w->c->errors;
    struct conf_check_fields f = {0};
    struct row_set general = {.rows = conf_rows_check, .base = &f};
    const char *name = NULL;

    w->c->errors = &w->c->expand->quiet;
    w->c->errors->n = w->c->errors->more = 0;
    if (conf_opts_read(w->c, kind, &general, w->scope.address, at, vars_fill(&w->scope, value)))
        name = arena_dup(w->a, kind->name_for(w->c->opts, w->a));
    w->c->errors = kept;
    return name ? name : kind->name;
}

static const char *name_of(struct work *w, const struct entry *e, const struct conf_kind *kind)
{
    const struct node *name = node_get(e->value, "name");

    w->scope.check = e->value && e->value->kind == NODE_MAP ? e->value : NULL;
    if (name == NULL)
        name = conf_library_use(kind, e->value);
    if (name && name->kind == NODE_TEXT)
        return vars_fill(&w->scope, name)->text;
    return kind->name_for ? name_by_kind(w, kind, e->kind, e->value) : kind->name;
}

/* Lays an entry over the one of the same name from a weaker layer. */
static bool join(struct work *w, const struct entry *e, const struct conf_kind *kind,
                 size_t n_weaker)
{
    for (size_t i = n_weaker; e->name && i-- > 0;) {
        struct entry *old = &w->entries.at[i];
        const struct node *a, *b;

        if (old->name == NULL || !str_eq(old->name, e->name))
            continue;
        a = as_map(w, kind, old->value);
        b = as_map(w, kind, e->value);
        if (str_eq(old->kind->text, e->kind->text) && a && b) {
            old->value = merge_maps(w->a, a, b);
            ((struct node *)(uintptr_t)old->value)->key = old->kind;
        } else {
            old->kind = e->kind;
            old->value = e->value;
            old->at = e->at;
        }
        return true;
    }
    return false;
}

static bool too_many(struct work *w, const struct node *at)
{
    struct expand *x = w->c->expand;

    if (w->entries.n < EXPAND_MAX_CHECKS && x->n_entries++ < 2 * (size_t)CONF_MAX_CHECKS)
        return false;
    if (!x->told)
        conf_error_at(w->c, at, MSG("there are more than {1} checks on {2}, or far too many in all"),
                      "is", (int64_t)EXPAND_MAX_CHECKS, w->scope.host);
    x->told = true;
    return true;
}

static void add_check(struct work *w, const struct layer *l, const struct node *item,
                      size_t n_weaker)
{
    struct entry e = {.at = item, .rank = l->rank};
    const struct conf_kind_state *kind = NULL;

    if (too_many(w, item))
        return;
    w->scope.check = NULL;
    if (l->item) {
        w->scope.item = l->item;
        w->scope.item_only = true;
        e.at = item = vars_fill(&w->scope, item);
        w->scope.item = NULL;
        w->scope.item_only = false;
    }
    if (item->kind == NODE_TEXT && !node_is_null(item)) {
        e.kind = item;
    } else if (item->kind == NODE_MAP && node_count(item) == 1) {
        e.kind = item->first->key;
        e.value = item->first;
    }
    if (e.kind)
        kind = conf_kind_find(w->c, e.kind->text);
    if (kind == NULL)
        e.kind = NULL;
    if (kind && w->join)
        e.name = name_of(w, &e, kind->kind);
    if (kind == NULL || !join(w, &e, kind->kind, n_weaker))
        VEC_PUSH(&w->entries, e);
}

static void drop(struct work *w, const struct node *names)
{
    const struct node *first = names && names->kind == NODE_LIST ? names->first : names;

    for (const struct node *n = first; n; n = names->kind == NODE_LIST ? n->next : NULL) {
        size_t before = w->entries.n;

        for (size_t i = w->entries.n; i-- > 0;)
            if (n->kind == NODE_TEXT && w->entries.at[i].name && str_eq(w->entries.at[i].name, n->text))
                VEC_REMOVE(&w->entries, i);
        if (before == w->entries.n && names->kind != NODE_MAP)
            conf_error_at(w->c, n,
                          MSG("drop: there is no check “{1}” that a template or rule gives to {2}"),
                          "ss", n->kind == NODE_TEXT ? n->text : "", w->scope.host);
    }
}

static void collect_checks(struct work *w)
{
    size_t n_weaker = 0;

    for (size_t i = 0; i < w->layers.n; i++) {
        const struct layer *l = &w->layers.at[i];
        const struct node *checks = node_get(l->map, "checks");

        /* All elements of one rule are equally strong: two of one name are a mistake. */
        if (i == 0 || l->map != w->layers.at[i - 1].map) {
            drop(w, node_get(l->map, "drop"));
            n_weaker = w->entries.n;
        }
        NODE_EACH(checks && checks->kind == NODE_LIST ? checks : NULL, item)
        add_check(w, l, item, n_weaker);
    }
}

/* Like `defaults`: for what the check does not say; it is nearer than what its kind brings along. */
static const struct node *general_added(struct work *w, const struct entry *e, const struct node *own,
                                        const struct node *general)
{
    const struct conf_kind_state *kind = conf_kind_find(w->c, e->kind->text);
    struct node *weak = merge_new(w->a, NODE_MAP, own ? own : e->kind);
    const struct node *value;

    NODE_EACH(general, kid)
    merge_append(weak, merge_copy(w->a, kid));
    value = as_map(w, kind->kind, own);
    return value && weak->first ? merge_maps(w->a, weak, value) : own;
}

/* "vars" have done their work. */
static const struct node *filled(struct work *w, const struct node *value)
{
    struct node *map;

    w->scope.check = value && value->kind == NODE_MAP ? value : NULL;
    if (w->scope.check && node_get(value, "vars")) {
        vars_judge(w->c, node_get(value, "vars"));
        map = merge_new(w->a, NODE_MAP, value);
        NODE_EACH(value, kid)
        {
            if (!str_eq(kid->key->text, "vars"))
                merge_append(map, merge_copy(w->a, vars_fill(&w->scope, kid)));
        }
        return map;
    }
    return w->c->expand->dollars ? vars_fill(&w->scope, value) : value;
}

static struct node *finished(struct work *w, const struct entry *e, const struct node *general)
{
    struct node *item, *value;
    const struct node *v = e->value;

    if (e->kind == NULL)
        return merge_copy(w->a, e->at);
    if (!e->filled)
        v = conf_library_fill(w->c, conf_kind_find(w->c, e->kind->text)->kind, v, w->a, true);
    if (general)
        v = general_added(w, e, v, general);
    w->scope.lenient = conf_kind_find(w->c, e->kind->text)->kind->own_vars;
    v = e->filled ? v : filled(w, v);
    w->scope.lenient = false;
    if (v == NULL)
        return merge_copy(w->a, e->at);
    item = merge_new(w->a, NODE_MAP, e->at);
    value = merge_copy(w->a, v);
    value->key = e->kind;
    merge_append(item, value);
    return item;
}

static struct node *all_checks(struct work *w, const struct node *general)
{
    const struct node *own = node_get(w->host, "checks");
    struct node *list, **link;

    if (own && own->kind != NODE_LIST && !node_is_null(own))
        return merge_copy(w->a, own); /* reported when it is read */
    collect_checks(w);
    list = merge_new(w->a, NODE_LIST, own ? own : w->host->key);
    link = &list->first;
    for (int rank = 0; rank < 3; rank++) {
        for (size_t i = 0; i < w->entries.n; i++) {
            if (w->entries.at[i].rank != rank)
                continue;
            *link = finished(w, &w->entries.at[i], general);
            link = &(*link)->next;
            node_many(list)->n++;
        }
    }
    return list;
}

/* ---- the host */

/* Replaces or appends. */
static void set(struct node *map, struct node *value)
{
    struct node **link = &map->first;

    while (*link && !str_eq((*link)->key->text, value->key->text))
        link = &(*link)->next;
    value->next = *link ? (*link)->next : NULL;
    node_many(map)->n += *link == NULL;
    *link = value;
}

static struct node *named(struct work *w, struct node *value, const char *key)
{
    if (value->key == NULL || !str_eq(value->key->text, key)) {
        struct node *k = node_text(w->a, key);

        k->line = value->line;
        k->column = value->column;
        value->key = k;
    }
    return value;
}

/* Where an address is given, the host is pinged even when nobody says so; what holds for its checks
 * holds for that one. */
static void set_alive(struct work *w, struct node *map, const struct node *general)
{
    const struct node *alive = node_get(map, "alive");
    struct entry e = {.at = w->host->key, .filled = true};
    struct node *item;

    if (alive && alive->kind == NODE_MAP && node_count(alive) == 1) {
        e.kind = alive->first->key;
        e.value = alive->first;
    } else if (alive && !node_is_null(alive) && conf_kind_find(w->c, alive->kind == NODE_TEXT ? alive->text : "")) {
        e.kind = alive;
    } else if ((alive == NULL || node_is_null(alive)) && w->scope.address) {
        struct node *icmp = node_text(w->a, "icmp");

        icmp->line = w->host->key->line;
        icmp->column = w->host->key->column;
        e.kind = icmp;
    }
    if (e.kind == NULL || !conf_kind_find(w->c, e.kind->text))
        return;
    item = finished(w, &e, general);
    if (item->kind == NODE_MAP)
        set(map, named(w, item, "alive"));
}

static void set_groups(struct work *w, struct node *map)
{
    const struct node *at = node_get(map, "groups");
    struct node *list;

    if (w->groups.n < 2 || (at && at->kind == NODE_MAP))
        return;
    list = merge_new(w->a, NODE_LIST, at ? at : w->host->key);
    for (size_t i = 0; w->groups.at[i]; i++) {
        struct node *n = node_text(w->a, w->groups.at[i]);

        n->line = list->line;
        n->column = list->column;
        merge_append(list, n);
    }
    set(map, named(w, list, "groups"));
}

/* Keys of the layers, the later one wins; those of ours are kept apart. */
static struct node *merge_layers(struct work *w, struct node *general)
{
    struct node *map = merge_new(w->a, NODE_MAP, w->host);

    for (size_t i = 0; i < w->layers.n; i++) {
        NODE_EACH(w->layers.at[i].map, kid)
        {
            const char *key = kid->key->text;

            if (is_general(key) && !(w->layers.at[i].rank == 2 && str_eq(key, "for")))
                set(general, merge_copy(w->a, kid));
            else if (!is_ours(key) && !str_eq(key, "checks") && !str_eq(key, "for") &&
                     !str_eq(key, "each"))
                set(map, merge_copy(w->a, w->c->expand->dollars ? vars_fill(&w->scope, kid) : kid));
        }
    }
    if (w->labels && w->labels->first)
        set(map, named(w, merge_copy(w->a, vars_fill(&w->scope, w->labels)), "labels"));
    return map;
}

static bool plain(const struct conf_ctx *c, const struct node *value)
{
    if (c->expand->rules.n || c->expand->dollars)
        return false;
    if (value->kind != NODE_MAP)
        return true;
    NODE_EACH(value, kid)
    {
        if (is_ours(kid->key->text))
            return false;
    }
    NODE_EACH(node_get(value, "checks"), item)
    {
        if (item->kind == NODE_MAP && item->first && node_get(item->first, "vars"))
            return false;
    }
    return true;
}

/* `web1: 192.0.2.1` as a mapping. */
static const struct node *host_map(struct arena *a, const struct node *value)
{
    struct node *map, *kid, *key;

    if (value->kind != NODE_TEXT)
        return value;
    map = merge_new(a, NODE_MAP, value);
    map->key = value->key;
    if (node_is_null(value))
        return map;
    kid = merge_copy(a, value);
    key = node_text(a, conf_rows_positional(conf_rows_host)->key);
    key->line = value->line;
    key->column = value->column;
    kid->key = key;
    merge_append(map, kid);
    return map;
}

static const char *address_of(struct work *w)
{
    for (size_t i = w->layers.n; i-- > 0;) {
        const struct node *n = node_get(w->layers.at[i].map, "address");

        n = n && n->kind == NODE_TEXT ? vars_fill(&w->scope, n) : NULL;
        if (n && n->kind == NODE_TEXT && !node_is_null(n))
            return n->text;
    }
    return NULL;
}

/* A later file may add to the host. By then the file that it stands in is gone, entry by entry: what is kept is copied
 * to the last text. */
static void keep(struct work *w, const struct node *general)
{
    struct arena *a = w->c->scratch;
    struct expanded *e;
    const char **groups;

    if (w->c->n_bases < 2)
        return;
    e = ARENA_NEW(a, struct expanded);
    groups = ARENA_ARRAY(a, const char *, w->groups.n);
    for (size_t i = 0; w->groups.at[i]; i++)
        groups[i] = arena_dup(a, w->groups.at[i]);
    e->scope = (struct scope){
        .host = arena_dup(a, w->scope.host),
        .address = w->scope.address ? arena_dup(a, w->scope.address) : NULL,
        .groups = groups,
        .vars = merge_deep(a, w->scope.vars),
        .labels = merge_deep(a, w->scope.labels),
    };
    e->general = merge_deep(a, general);
    map_set(&w->c->expand->hosts, e->scope.host, e);
}

static struct node *expand(struct work *w)
{
    struct node *general = merge_new(w->a, NODE_MAP, NULL), *map, *checks;
    const struct node *own = node_get(w->host, "address");

    w->scope.address = own && own->kind == NODE_TEXT ? own->text : NULL;
    vars_judge(w->c, node_get(w->host, "vars"));
    gather(w);
    w->scope.address = address_of(w);
    map = merge_layers(w, general);
    set_groups(w, map);
    checks = all_checks(w, general->first ? general : NULL);
    if (checks->kind != NODE_LIST || checks->first)
        set(map, named(w, checks, "checks"));
    if (general->first)
        set_alive(w, map, general);
    map->key = w->host->key;
    keep(w, general->first ? general : NULL);
    return map;
}

const struct node *conf_expand_host(struct conf_ctx *c, const struct node *value, struct arena *a)
{
    struct work w = {.c = c, .a = a, .scope = {.c = c, .a = a, .host = value->key->text}};
    struct node *map;

    if (value->kind == NODE_LIST || plain(c, value))
        return value;
    w.host = host_map(a, value);
    map = expand(&w);
    VEC_DONE(&w.layers);
    VEC_DONE(&w.entries);
    VEC_DONE(&w.groups);
    return map;
}

const struct node *conf_expand_more(struct conf_ctx *c, const struct conf_host *h,
                                    const struct node *list, struct arena *a)
{
    const struct expanded *e = map_find(&c->expand->hosts, h->name);
    struct work w = {.c = c, .a = a, .host = list};
    const struct layer layer = {.rank = 1};
    struct node *copy;

    w.scope = e ? e->scope : (struct scope){.host = h->name, .address = h->address, .groups = h->groups};
    w.scope.c = c;
    w.scope.a = a;
    if (list->kind != NODE_LIST)
        return list;
    NODE_EACH(list, item)
    add_check(&w, &layer, item, 0);
    copy = merge_new(a, NODE_LIST, list);
    for (size_t i = 0; i < w.entries.n; i++)
        merge_append(copy, finished(&w, &w.entries.at[i], e ? e->general : NULL));
    VEC_DONE(&w.entries);
    return copy;
}
