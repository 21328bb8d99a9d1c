/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_links.c: whom the names in `depends` and in aggregates stand for, once everything is read: single checks and
 * hosts, globs, groups.  Then what depends on itself is refused, and what stands for nobody is warned of. */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/str.h"
#include <stdlib.h>

enum { MAX_TARGETS = 100000, MAX_WARNINGS = 100 };

struct found {
    VEC(struct conf_target) at;
    const struct conf_check *self; /* is not one of its own members */
    bool full;
};

void conf_warn(struct conf_ctx *c, struct conf_where w, const char *msgid, const char *types, ...)
{
    struct buf b = BUF_MAX(2000);
    struct conf_error e = {.file = w.line && c->files ? c->conf->files[w.file] : "", .line = w.line, .column = w.column};
    va_list ap;

    if (c->warnings.n >= MAX_WARNINGS)
        return;
    va_start(ap, types);
    msg_vpack(&b, msgid, types, ap);
    va_end(ap);
    e.text = arena_dup(c->arena, buf_text(&b));
    VEC_PUSH(&c->warnings, e);
    buf_done(&b);
}

/* ---- one name */

static void found_add(struct found *f, const struct conf_host *h, const struct conf_check *k)
{
    struct conf_target t = {h, k};

    if (k && k == f->self)
        return;
    f->full |= f->at.n >= MAX_TARGETS;
    if (!f->full)
        VEC_PUSH(&f->at, t);
}

/* The checks of a host by a glob or name; none: its own row. */
static void add_of_host(struct found *f, const struct conf_host *h, const char *check)
{
    if (check == NULL) {
        found_add(f, h, NULL);
        return;
    }
    for (int i = 0; i < h->n_checks; i++)
        if (str_glob(check, h->checks[i]->name))
            found_add(f, h, h->checks[i]);
}

static int by_names(const void *a, const void *b)
{
    const struct conf_target *x = a, *y = b;
    int order = x->host == y->host ? 0 : str_natural(x->host->name, y->host->name);

    if (order == 0 && x->host != y->host)
        order = strcmp(x->host->name, y->host->name);
    return order || !x->check || !y->check ? order : str_natural(x->check->name, y->check->name);
}

static bool is_in_group(const struct conf_host *h, const char *group)
{
    for (const char *const *g = h->groups; g && *g; g++)
        if (str_eq(*g, group))
            return true;
    return false;
}

static void add_many(struct conf_ctx *c, struct found *f, const char *host, const char *group, const char *check)
{
    size_t before = f->at.n;
    bool literal = !group && !strpbrk(host, "*?");

    if (literal) {
        const struct conf_host *h = map_find(&c->conf->host_by_name, host);

        if (h)
            add_of_host(f, h, check);
        return;
    }
    for (size_t i = 0; i < c->hosts.n; i++)
        if (group ? is_in_group(c->hosts.at[i], group) : str_glob(host, c->hosts.at[i]->name))
            add_of_host(f, c->hosts.at[i], check);
    if (f->at.n > before)
        qsort(f->at.at + before, f->at.n - before, sizeof(struct conf_target), by_names);
}

static void no_host(struct conf_ctx *c, struct conf_where w, const char *host)
{
    VEC(const char *) names = {0};
    const char *near;

    for (size_t i = 0; i < c->hosts.n && c->errors->n < CONF_MAX_ERRORS; i++)
        VEC_PUSH(&names, c->hosts.at[i]->name);
    VEC_PUSH(&names, NULL);
    near = str_nearest(host, names.at);
    if (near)
        conf_error_where(c, w, MSG("there is no host “{1}”; did you mean “{2}”?"), "ss", host, near);
    else
        conf_error_where(c, w, MSG("there is no host “{1}”; expected is HOST, HOST/CHECK or group:GROUP/CHECK"), "s",
                         host);
    VEC_DONE(&names);
}

static void no_check(struct conf_ctx *c, struct conf_where w, const struct conf_host *h, const char *check)
{
    VEC(const char *) names = {0};
    const char *near;

    for (int i = 0; i < h->n_checks; i++)
        VEC_PUSH(&names, h->checks[i]->name);
    VEC_PUSH(&names, NULL);
    near = str_nearest(check, names.at);
    if (near)
        conf_error_where(c, w, MSG("{1} has no check “{2}”; did you mean “{3}”?"), "sss", h->name, check, near);
    else
        conf_error_where(c, w, MSG("{1} has no check “{2}”"), "ss", h->name, check);
    VEC_DONE(&names);
}

static void resolve(struct conf_ctx *c, struct found *f, const char *text, struct conf_where w)
{
    const char *group = str_starts(text, "group:") ? text + strlen("group:") : NULL;
    const char *from = group ? group : text, *slash = strchr(from, '/');
    const char *host = slash ? arena_dupn(c->scratch, from, (size_t)(slash - from)) : from;
    const char *check = slash ? slash + 1 : NULL;
    const struct conf_host *h = map_find(&c->conf->host_by_name, host);
    size_t before = f->at.n;

    if (group && map_find(&c->group_by_name, host) == NULL) {
        conf_error_where(c, w, MSG("there is no group “{1}”"), "s", host);
    } else if (group || strpbrk(text, "*?")) {
        add_many(c, f, host, group ? host : NULL, check);
        if (f->at.n == before)
            conf_warn(c, w, MSG("“{1}” stands for nothing: no check or host is called so"), "s", text);
    } else if (h == NULL) {
        no_host(c, w, host);
    } else if (check && conf_find_check(h, check) == NULL) {
        no_check(c, w, h, check);
    } else {
        found_add(f, h, check ? conf_find_check(h, check) : NULL);
    }
}

/* What was named twice stays where it was named first. */
struct place {
    const void *what;
    size_t i;
};

static int by_what(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->what != y->what)
        return (uintptr_t)x->what < (uintptr_t)y->what ? -1 : 1;
    return x->i < y->i ? -1 : x->i > y->i;
}

static void drop_doubles(struct found *f)
{
    struct place *places = mem_array(f->at.n + 1, sizeof(*places));
    size_t kept = 0;

    for (size_t i = 0; i < f->at.n; i++)
        places[i] = (struct place){f->at.at[i].check ? (const void *)f->at.at[i].check : f->at.at[i].host, i};
    qsort(places, f->at.n, sizeof(*places), by_what);
    for (size_t i = 1; i < f->at.n; i++)
        if (places[i].what == places[i - 1].what)
            f->at.at[places[i].i].host = NULL;
    for (size_t i = 0; i < f->at.n; i++)
        if (f->at.at[i].host)
            f->at.at[kept++] = f->at.at[i];
    f->at.n = kept;
    mem_free(places);
}

static const struct conf_target *found_keep(struct conf_ctx *c, struct found *f, struct conf_where w, int *ret_n)
{
    struct conf_target *kept;

    if (f->full)
        conf_error_where(c, w, MSG("this stands for more than {1} checks"), "i", (int64_t)MAX_TARGETS);
    drop_doubles(f);
    kept = ARENA_ARRAY(c->arena, struct conf_target, f->at.n + 1);
    if (f->at.n)
        memcpy(kept, f->at.at, f->at.n * sizeof(*kept));
    *ret_n = (int)f->at.n;
    VEC_DONE(&f->at);
    return kept;
}

/* ---- aggregates */

static double weight_of(const struct conf_pairs *weights, const struct conf_target *t, bool *used)
{
    char id[2 * CONF_MAX_NAME + 8];
    double weight = 1;

    str_print(id, sizeof(id), "%s%s%s", t->host->name, t->check ? "/" : "", t->check ? t->check->name : "");
    for (int i = 0; i < weights->n; i++)
        if (str_glob(weights->keys[i], id)) {
            (void)str_f64(weights->values[i], &weight);
            used[i] = true;
        }
    return weight;
}

static void judge_weights(struct conf_ctx *c, const struct conf_check *k, const struct conf_pairs *weights,
                          const bool *used)
{
    double v;

    for (int i = 0; i < weights->n; i++) {
        if (str_f64(weights->values[i], &v) != 0 || !(v >= 0 && v <= 1000000))
            conf_error_where(c, k->where, MSG("weights: “{1}” is no number from 0 to 1000000"), "s",
                             weights->values[i]);
        else if (!used[i])
            conf_warn(c, k->where, MSG("weights: “{1}” is none of the members"), "s", weights->keys[i]);
    }
}

static void judge_need(struct conf_ctx *c, const struct conf_check *k, const struct conf_aggregate *a)
{
    double sum = 0;

    for (int i = 0; i < a->n; i++)
        sum += a->at[i].weight;
    if (a->n && a->needs && a->need.how == CONF_NEED_LEAST && a->need.least > sum)
        conf_warn(c, k->where, MSG("“{1}” needs {2}, but its members come to {3}: it can never be OK"), "sff", k->name,
                  a->need.least, sum);
}

static struct conf_aggregate *make_aggregate(struct conf_ctx *c, const struct conf_check *k)
{
    const struct conf_aggregate_opts *o = conf_check_opts(k, c->scratch);
    struct conf_aggregate *a = ARENA_NEW(c->arena, struct conf_aggregate);
    bool *used = ARENA_ARRAY(c->scratch, bool, (size_t)o->weights.n + 1);
    struct found f = {.self = k};
    struct conf_member *members;
    const struct conf_target *targets;

    *a = (struct conf_aggregate){.warn = o->warn, .crit = o->crit, .soft = o->soft, .title = o->title,
                                 .needs = o->need || (!o->warn.set && !o->crit.set)};
    if (conf_need_parse(o->need, &a->need) != 0)
        conf_error_where(c, k->where, MSG("need: “{1}” is not understood; expected is all, any, “at least 2” or “60%”"),
                         "s", o->need);
    for (int i = 0; i < o->of.n; i++)
        resolve(c, &f, o->of.at[i], k->where);
    targets = found_keep(c, &f, k->where, &a->n);
    members = ARENA_ARRAY(c->arena, struct conf_member, (size_t)a->n + 1);
    for (int i = 0; i < a->n; i++)
        members[i] = (struct conf_member){targets[i], weight_of(&o->weights, &targets[i], used)};
    a->at = members;
    judge_weights(c, k, &o->weights, used);
    judge_need(c, k, a);
    return a;
}

/* ---- links of each item */

static struct conf_links *make_links(struct conf_ctx *c, const struct conf_host *h, const struct conf_check *k)
{
    const struct conf_depends *own = k ? k->depends : NULL, *general = h->depends;
    struct conf_aggregate *aggregate = k && k->kind->derived ? make_aggregate(c, k) : NULL;
    int n_own = own ? own->n : 0, n_general = general ? general->n : 0;
    struct conf_links *l;
    const struct conf_depend **list;

    if (n_own + n_general == 0 && aggregate == NULL)
        return NULL;
    l = ARENA_NEW(c->arena, struct conf_links);
    list = ARENA_ARRAY(c->arena, const struct conf_depend *, (size_t)(n_own + n_general) + 1);
    for (int i = 0; i < n_own; i++)
        list[i] = &own->at[i];
    for (int i = 0; i < n_general; i++)
        list[n_own + i] = &general->at[i];
    *l = (struct conf_links){.depends = list, .n_depends = n_own + n_general, .aggregate = aggregate};
    return l;
}

/* ---- circles: depth first, without recursion */

struct place_of {
    const struct conf_host *host;
    const struct conf_check *check;
    struct conf_links *links;
    uint32_t first; /* of its edges */
    unsigned char colour;
};
struct step {
    uint32_t node, next;
};
struct walk {
    VEC(struct place_of) nodes;
    VEC(uint32_t) edges;
    VEC(struct step) path;
};

static void node_add(struct walk *w, const struct conf_host *h, const struct conf_check *k, struct conf_links *l)
{
    struct place_of p = {.host = h, .check = k, .links = l};

    if (l == NULL)
        return;
    l->index = (uint32_t)w->nodes.n;
    VEC_PUSH(&w->nodes, p);
}

/* What a host depends on may be one of its own checks: that one is not meant. */
static void edge_add(struct walk *w, const struct place_of *from, const struct conf_target *to, bool of_host)
{
    const struct conf_links *l = to->check ? to->check->links : to->host->links;

    if (l && !(of_host && l == from->links))
        VEC_PUSH(&w->edges, l->index);
}

static void edges_of(struct walk *w, size_t i)
{
    const struct place_of *p = &w->nodes.at[i];
    const struct conf_aggregate *a = p->links->aggregate;
    int n_own = p->check && p->check->depends ? p->check->depends->n : 0;

    w->nodes.at[i].first = (uint32_t)w->edges.n;
    for (int d = 0; d < p->links->n_depends; d++)
        for (int t = 0; t < p->links->depends[d]->n; t++)
            edge_add(w, p, &p->links->depends[d]->at[t], d >= n_own);
    for (int m = 0; a && m < a->n; m++)
        edge_add(w, p, &a->at[m].on, false);
}

static struct conf_where where_of(const struct place_of *p)
{
    return p->check ? p->check->where : p->host->where;
}

static void put_name(struct buf *out, const struct place_of *p)
{
    buf_printf(out, "%s%s%s", p->host->name, p->check ? "/" : "", p->check ? p->check->name : "");
}

static void report_circle(struct conf_ctx *c, const struct walk *w, uint32_t from)
{
    struct buf names = BUF_MAX(600), first = BUF_MAX(2 * CONF_MAX_NAME + 8);
    const struct place_of *start = &w->nodes.at[from], *last = &w->nodes.at[w->path.at[w->path.n - 1].node];
    size_t i = 0;

    while (w->path.at[i].node != from)
        i++;
    for (; i < w->path.n; i++) {
        put_name(&names, &w->nodes.at[w->path.at[i].node]);
        buf_str(&names, " → ");
    }
    put_name(&names, start);
    put_name(&first, start);
    conf_error_where(c, where_of(last), MSG("this depends on itself: {1}; “{2}” stands in {3}"), "sss",
                     buf_text(&names), buf_text(&first), conf_where_text(c, where_of(start), c->scratch));
    buf_done(&names);
    buf_done(&first);
}

enum colour { WHITE, GREY, BLACK };

static void enter(struct walk *w, uint32_t node)
{
    struct step s = {.node = node, .next = w->nodes.at[node].first};

    w->nodes.at[node].colour = GREY;
    VEC_PUSH(&w->path, s);
}

/* Once all below it have theirs. */
static void set_level(struct walk *w, uint32_t node, uint32_t end)
{
    struct conf_aggregate *a = w->nodes.at[node].links->aggregate;

    if (a == NULL)
        return;
    a->level = 1;
    for (uint32_t e = w->nodes.at[node].first; e < end; e++) {
        const struct conf_aggregate *below = w->nodes.at[w->edges.at[e]].links->aggregate;

        if (below && below->level >= a->level)
            a->level = below->level + 1;
    }
}

static void walk_from(struct conf_ctx *c, struct walk *w, uint32_t start)
{
    enter(w, start);
    while (w->path.n > 0) {
        struct step *s = &w->path.at[w->path.n - 1];
        uint32_t end = s->node + 1 < w->nodes.n ? w->nodes.at[s->node + 1].first : (uint32_t)w->edges.n, to;

        if (s->next >= end) {
            set_level(w, s->node, end);
            w->nodes.at[s->node].colour = BLACK;
            w->path.n--;
            continue;
        }
        to = w->edges.at[s->next++];
        if (w->nodes.at[to].colour == GREY)
            report_circle(c, w, to);
        else if (w->nodes.at[to].colour == WHITE)
            enter(w, to);
    }
}

static void judge_circles(struct conf_ctx *c)
{
    struct walk w = {0};

    for (size_t i = 0; i < c->hosts.n; i++) {
        const struct conf_host *h = c->hosts.at[i];

        node_add(&w, h, NULL, h->links);
        for (int k = 0; k < h->n_checks; k++)
            node_add(&w, h, h->checks[k], h->checks[k]->links);
    }
    for (size_t i = 0; i < w.nodes.n; i++)
        edges_of(&w, i);
    for (uint32_t i = 0; i < w.nodes.n; i++)
        if (w.nodes.at[i].colour == WHITE)
            walk_from(c, &w, i);
    VEC_DONE(&w.nodes);
    VEC_DONE(&w.edges);
    VEC_DONE(&w.path);
}

/* ---- the whole */

static void resolve_depend(struct conf_ctx *c, struct conf_depend *d)
{
    struct found f = {0};

    resolve(c, &f, d->on, d->where);
    d->at = found_keep(c, &f, d->where, &d->n);
}

/* A host of aggregates only is no machine: it is always there. */
static bool is_derived(const struct conf_host *h)
{
    bool derived = h->n_checks > 0 && !h->alive && !h->address;

    for (int i = 0; derived && i < h->n_checks; i++)
        derived = h->checks[i]->kind->derived;
    return derived;
}

void conf_links_judge(struct conf_ctx *c)
{
    for (size_t i = 0; i < c->depends.n; i++)
        resolve_depend(c, c->depends.at[i]);
    for (size_t i = 0; i < c->hosts.n; i++) {
        struct conf_host *h = c->hosts.at[i];

        h->derived = is_derived(h);
        h->links = make_links(c, h, NULL);
        for (int k = 0; k < h->n_checks; k++)
            h->checks[k]->links = make_links(c, h, h->checks[k]);
    }
    judge_circles(c);
}
