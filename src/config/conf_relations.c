/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_relations.c: the values of `parents` and `depends`, and the words of `need`: read from nodes, printed, hashed.
 * Whom the names stand for is found out later, in conf_links.c. */
#include "config/conf_int.h"

#include "base/hash.h"
#include "base/msg.h"
#include "base/str.h"
#include <math.h>

enum { MAX_PARENTS = 1000, MAX_DEPENDS = 1000 };

/* ---- parents */

struct ways_build {
    struct conf_ctx *c;
    VEC(const char *) names;
    VEC(uint16_t) groups;
    uint16_t n_groups;
    bool all, nested;
};

static void add_name(struct ways_build *b, const struct node *n)
{
    struct conf_ref ref = {.kind = REF_PARENT, .where = conf_where_of(b->c, n)};

    ref.name = intern_text(&b->c->intern, n->text);
    VEC_PUSH(&b->c->refs, ref);
    VEC_PUSH(&b->names, ref.name);
    VEC_PUSH(&b->groups, b->n_groups);
}

static bool is_name(const struct node *n)
{
    return n->kind == NODE_TEXT && !node_is_null(n);
}

/* The list below the only key, "any" or "all"; NULL: it is no such mapping. */
static const struct node *logic_of(const struct node *n, bool *ret_all)
{
    const struct node *any = node_get(n, "any"), *all = node_get(n, "all");

    if (n->kind != NODE_MAP || node_count(n) != 1 || !(any || all))
        return NULL;
    *ret_all = all != NULL;
    return any ? any : all;
}

/* The members of one inner list. One that means the same as the outer list is as good as its members there. */
static int add_inner(struct ways_build *b, const struct node *n)
{
    bool all, same;
    const struct node *list = logic_of(n, &all);

    if (list == NULL || list->kind == NODE_MAP)
        return ERR_INVALID;
    same = all == b->all;
    if (list->kind == NODE_TEXT)
        return is_name(list) ? add_name(b, list), b->n_groups++, 0 : ERR_INVALID;
    NODE_EACH(list, kid)
    {
        if (!is_name(kid))
            return ERR_INVALID;
        add_name(b, kid);
        b->n_groups += same;
        b->nested |= !same;
    }
    b->n_groups += !same;
    return 0;
}

static int add_outer(struct ways_build *b, const struct node *list)
{
    if (is_name(list))
        return add_name(b, list), b->n_groups++, 0;
    if (list->kind != NODE_LIST)
        return ERR_INVALID;
    NODE_EACH(list, kid)
    {
        int e = 0;

        if (is_name(kid))
            add_name(b, kid), b->n_groups++;
        else
            e = add_inner(b, kid);
        if (e)
            return e;
    }
    return 0;
}

/* A list of names means any of them. One with a mapping in it means the opposite of that mapping, as
 * [sw1, { any: [r1, r2] }] would say nothing otherwise. False when its mappings differ. */
static bool logic_of_list(const struct node *list, bool *ret_all)
{
    bool any_inside = false, all_inside = false, all;

    NODE_EACH(list->kind == NODE_LIST ? list : NULL, kid)
    {
        if (logic_of(kid, &all) == NULL)
            continue;
        any_inside |= !all;
        all_inside |= all;
    }
    *ret_all = any_inside;
    return !(any_inside && all_inside);
}

static const struct conf_ways *ways_done(struct ways_build *b)
{
    struct conf_ways *w = ARENA_NEW(b->c->arena, struct conf_ways);
    size_t bytes = b->groups.n * sizeof(uint16_t);

    *w = (struct conf_ways){.n = (int)b->names.n, .n_groups = b->n_groups, .all = b->all};
    w->names = conf_texts_make(b->c, b->names.at, w->n).at;
    if (b->nested)
        w->groups = memcpy(arena_alloc(b->c->arena, bytes), b->groups.at, bytes);
    return w;
}

int conf_ways_read(struct conf_ctx *c, const struct conf_row *row, void *at, const struct node *n)
{
    struct ways_build b = {.c = c};
    const struct node *list = n->kind == NODE_MAP ? logic_of(n, &b.all) : n;
    int e = 0;

    if (list == NULL || (node_is_null(list) && list != n))
        return ERR_INVALID;
    if (node_is_null(n))
        return 0;
    if (n->kind != NODE_MAP && !logic_of_list(list, &b.all)) {
        conf_error_at(c, n,
                      MSG("“{1}” has both “any” and “all” in it: say which of the two the list itself means, as in "
                          "“{1}: {{ all: […] }”"),
                      "s", row->key);
        return ERR_CANCELLED;
    }
    if (node_count(list) > MAX_PARENTS)
        e = ERR_INVALID;
    e = e ? e : add_outer(&b, list);
    if (e == 0 && b.names.n)
        *(const struct conf_ways **)at = ways_done(&b);
    VEC_DONE(&b.names);
    VEC_DONE(&b.groups);
    return e;
}

static int group_of(const struct conf_ways *w, int i)
{
    return w->groups ? w->groups[i] : i;
}

void conf_ways_print(struct buf *out, const struct conf_ways *w)
{
    const char *inner = w->all ? "any" : "all";
    bool open = false;

    buf_str(out, w->all ? "{ all: [" : "[");
    for (int i = 0; i < w->n; i++) {
        bool first = i == 0 || group_of(w, i) != group_of(w, i - 1);
        bool more = i + 1 < w->n && group_of(w, i) == group_of(w, i + 1);

        buf_str(out, i ? ", " : "");
        if (first && more)
            buf_printf(out, "{ %s: [", inner), open = true;
        node_quote(out, w->names[i]);
        if (open && !more)
            buf_str(out, "] }"), open = false;
    }
    buf_str(out, w->all ? "] }" : "]");
}

/* Each group: one of its members (or all of them); then the groups the other way round. */
bool conf_ways_open(const struct conf_ways *w, bool (*is_open)(const void *arg, int i), const void *arg)
{
    bool group = w && !w->all, whole = !w || w->all;

    for (int i = 0; w && i < w->n; i++) {
        bool one = is_open(arg, i);

        if (i == 0 || group_of(w, i) != group_of(w, i - 1))
            group = !w->all;
        group = w->all ? group || one : group && one;
        if (i + 1 < w->n && group_of(w, i) == group_of(w, i + 1))
            continue;
        whole = w->all ? whole && group : whole || group;
    }
    return whole;
}

/* ---- dependencies */

struct depend_fields {
    const char *on;
    struct conf_texts purpose, when;
    int need;
};
static const char *const needs[] = {"all", "any", NULL};
#define AT(member) offsetof(struct depend_fields, member)
static const struct conf_row rows_depend[] = {
    {.key = "on", .type = CONF_TEXT, .offset = AT(on), .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = MSG("HOST/CHECK, HOST, or group:GROUP/CHECK.")},
    {.key = "for", .type = CONF_TEXTS, .offset = AT(purpose), .by_default = "[mails]",
     .help = MSG("What stops while it is broken: mails, checks, or both.")},
    {.key = "when", .type = CONF_TEXTS, .offset = AT(when), .by_default = "[critical, unknown]",
     .help = MSG("States of it that count as broken: warning, critical, unknown, down, unreachable.")},
    {.key = "need", .type = CONF_WORD, .offset = AT(need), .words = needs, .by_default = "all",
     .help = MSG("Of several: whether all are needed, or any one is enough.")},
    {0},
};
#undef AT

struct word {
    const char *word;
    int bit;
};
static const struct word purposes[] = {{"checks", CONF_FOR_CHECKS}, {"mails", CONF_FOR_MAILS}, {0}};
static const struct word states[] = {{"warning", CONF_WHEN_WARNING},
                                     {"critical", CONF_WHEN_CRITICAL},
                                     {"unknown", CONF_WHEN_UNKNOWN},
                                     {"down", CONF_WHEN_CRITICAL},
                                     {"unreachable", CONF_WHEN_CRITICAL},
                                     {0}};

static int bits_of(struct conf_ctx *c, const struct node *at, const char *key, const struct conf_texts *texts,
                   const struct word *words)
{
    struct buf list = BUF_MAX(200);
    int bits = 0;

    for (int i = 0; words[i].word; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", words[i].word);
    for (int i = 0; i < texts->n; i++) {
        const struct word *w = words;

        while (w->word && !str_eq(w->word, texts->at[i]))
            w++;
        if (w->word == NULL)
            conf_error_at(c, node_get(at, key), MSG("“{1}” is none of the words of “{2}”: {3}"), "sss", texts->at[i],
                          key, buf_text(&list));
        bits |= w->bit;
    }
    buf_done(&list);
    return bits;
}

static void read_depend(struct conf_ctx *c, const struct node *n, struct conf_depend *d)
{
    struct depend_fields f = {0};
    struct row_set set = {.rows = rows_depend, .base = &f};

    conf_rows_default(c, rows_depend, &f);
    if (n->kind == NODE_MAP) {
        conf_rows_read(c, &set, 1, n, "depends");
        conf_rows_required(c, rows_depend, n, n, "depends");
    } else {
        f.on = intern_text(&c->intern, n->text);
    }
    *d = (struct conf_depend){.on = f.on, .any = f.need == 1, .where = conf_where_of(c, n)};
    d->purpose = bits_of(c, n, "for", &f.purpose, purposes);
    d->when = bits_of(c, n, "when", &f.when, states);
}

int conf_depends_read(struct conf_ctx *c, const struct conf_row *row, void *at, const struct node *n)
{
    const struct node *first = n->kind == NODE_LIST ? n->first : n;
    uint32_t most = n->kind == NODE_LIST ? node_count(n) : 1;
    struct conf_depends *list = ARENA_NEW(c->arena, struct conf_depends);

    if (node_is_null(n) || most == 0)
        return 0;
    if (most > MAX_DEPENDS)
        return ERR_INVALID;
    list->at = ARENA_ARRAY(c->arena, struct conf_depend, most);
    for (const struct node *one = first; one; one = n->kind == NODE_LIST ? one->next : NULL) {
        struct conf_depend *d = &list->at[list->n];

        if (one->kind == NODE_LIST || node_is_null(one))
            return ERR_INVALID;
        read_depend(c, one, d);
        if (d->on == NULL)
            continue; /* reported */
        VEC_PUSH(&c->depends, d);
        list->n++;
    }
    *(const struct conf_depends **)at = list;
    return 0;
}

static void print_words(struct buf *out, const char *key, int bits, const struct word *words)
{
    const char *between = "";

    buf_printf(out, ", %s: [", key);
    for (; words->word; words++) {
        if (!(bits & words->bit))
            continue;
        buf_printf(out, "%s%s", between, words->word);
        bits &= ~words->bit;
        between = ", ";
    }
    buf_char(out, ']');
}

void conf_depends_print(struct buf *out, const struct conf_depends *d)
{
    buf_char(out, '[');
    for (int i = 0; i < d->n; i++) {
        const struct conf_depend *one = &d->at[i];
        bool plain = one->purpose == CONF_FOR_MAILS && !one->any &&
                     one->when == (CONF_WHEN_CRITICAL | CONF_WHEN_UNKNOWN);

        buf_str(out, i ? ", " : "");
        buf_str(out, plain ? "" : "{ on: ");
        node_quote(out, one->on);
        if (plain)
            continue;
        print_words(out, "for", one->purpose, purposes);
        print_words(out, "when", one->when, states);
        buf_str(out, one->any ? ", need: any }" : " }");
    }
    buf_char(out, ']');
}

/* ---- fingerprints: equal texts, equal values */

uint64_t conf_ways_hash(const struct conf_ways *w, uint64_t seed)
{
    struct buf b = BUF_MAX(1 << 20);

    if (w == NULL)
        return hash_text(NULL, seed);
    conf_ways_print(&b, w);
    seed = hash_text(buf_text(&b), seed);
    buf_done(&b);
    return seed;
}

uint64_t conf_depends_hash(const struct conf_depends *d, uint64_t seed)
{
    struct buf b = BUF_MAX(1 << 20);

    if (d == NULL)
        return seed;
    conf_depends_print(&b, d);
    seed = hash_text(buf_text(&b), seed);
    buf_done(&b);
    return seed;
}

/* ---- need */

int conf_need_parse(const char *text, struct conf_need *ret)
{
    struct conf_need n = {.how = CONF_NEED_LEAST};
    const char *p = text;
    char digits[32];
    size_t len;

    if (text == NULL || str_ieq(text, "all") || str_ieq(text, "any")) {
        ret->how = text && str_ieq(text, "any") ? CONF_NEED_ANY : CONF_NEED_ALL;
        ret->least = 0;
        return 0;
    }
    if (str_starts(p, "at least "))
        p += strlen("at least ");
    p += strspn(p, " ");
    len = strspn(p, "0123456789.");
    str_copyn(digits, sizeof(digits), p, len);
    p += len + strspn(p + len, " ");
    if (len == 0 || len >= sizeof(digits) || str_f64(digits, &n.least) != 0 || n.least <= 0)
        return ERR_INVALID;
    if (*p == '%') {
        n.how = CONF_NEED_SHARE;
        p++;
    }
    if (*p || (n.how == CONF_NEED_SHARE && n.least > 100))
        return ERR_INVALID;
    *ret = n;
    return 0;
}
