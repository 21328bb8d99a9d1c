/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_template.c: the sections `templates` and `apply` as they are read: names, keys, conditions,
 * and which template uses which.  What they do to a host is expand.c's. */
#include "config/expand.h"

#include "base/msg.h"
#include "base/str.h"

/* Hosts can be read while the text is parsed, and forgotten, unless these words stand anywhere. */
static bool needs_all(const struct conf_file *f)
{
    static const char *const words[] = {"templates", "apply", "vars", "scripts"};

    for (size_t i = 0; i < COUNT(words); i++)
        if (f->bytes && memmem(f->text, f->bytes, words[i], strlen(words[i])))
            return true;
    return false;
}

/* Lines of all files are counted through, so that a tree made of parts of several files still
 * knows where each came from. A file has at most as many lines as bytes. */
static void count_lines(struct conf_ctx *c, const struct conf_file *files, int n_files)
{
    uint64_t base = 0;

    c->line_base = ARENA_ARRAY(c->scratch, uint32_t, (size_t)n_files + 1);
    for (int i = 0; i < n_files; i++) {
        c->line_base[i] = (uint32_t)base;
        base += files[i].bytes + 2;
        if (base > UINT32_MAX) {
            conf_error_line(c, 0, 0, MSG("the files are larger than {1} together"), "b",
                            (int64_t)UINT32_MAX);
            return;
        }
    }
    c->n_bases = n_files;
}

void conf_expand_init(struct conf_ctx *c, const struct conf_file *files, int n_files)
{
    struct expand *x = c->expand = NEW(struct expand);

    count_lines(c, files, n_files);
    for (int i = 0; i < n_files; i++) {
        c->all_first = c->all_first || needs_all(&files[i]);
        x->dollars = x->dollars ||
                     (files[i].bytes && memmem(files[i].text, files[i].bytes, "${", 2) != NULL);
    }
}

void conf_expand_done(struct conf_ctx *c)
{
    struct expand *x = c->expand;

    if (x == NULL)
        return;
    map_done(&x->templates);
    map_done(&x->group_vars);
    map_done(&x->library);
    map_done(&x->hosts);
    VEC_DONE(&x->list);
    VEC_DONE(&x->rules);
    conf_errors_done(&x->quiet);
    c->expand = mem_free(x);
}

/* Are all keys known? Values are judged where they are used; what nobody uses must have keys, at
 * least. */
static void judge_keys(struct conf_ctx *c, const struct node *map, const struct conf_row *rows,
                       const char *what)
{
    struct row_set set = {.rows = rows};

    NODE_EACH(map, kid)
    {
        if (conf_rows_find(rows, kid->key->text) == NULL)
            conf_unknown_key(c, kid->key, &set, 1, what);
    }
    vars_judge(c, node_get(map, "vars"));
}

static void judge_mapping(struct conf_ctx *c, const struct node *n, const char *what)
{
    struct buf expected = BUF_MAX(100);

    msg_pack(&expected, MSG("a mapping"), "");
    conf_error_expected(c, n, what, buf_text(&expected));
    buf_done(&expected);
}

/* ---- templates */

static void add_template(struct conf_ctx *c, const struct node *kid)
{
    struct expand *x = c->expand;
    struct template *t = map_find(&x->templates, kid->key->text);

    if (t) {
        conf_error_at(c, kid->key, MSG("“{1}” exists already, in {2}"), "ss", kid->key->text,
                      conf_where_text(c, conf_where_of(c, t->map->key), c->scratch));
        return;
    }
    if (!conf_name_read(c, kid->key))
        return;
    if (kid->kind != NODE_MAP && !node_is_null(kid)) {
        judge_mapping(c, kid, kid->key->text);
        return;
    }
    judge_keys(c, kid, conf_rows_host, kid->key->text);
    t = ARENA_NEW(c->scratch, struct template);
    t->name = kid->key->text;
    t->map = kid;
    map_set(&x->templates, t->name, t);
    VEC_PUSH(&x->list, t);
    conf_origin_span(c, CONF_FROM_TEMPLATE, t->name, kid);
}

void conf_templates_read(struct conf_ctx *c, const struct node *map)
{
    NODE_EACH(map, kid)
    add_template(c, kid);
}

static struct template *find_template(struct conf_ctx *c, const struct node *at)
{
    struct template *t = map_find(&c->expand->templates, at->text);
    VEC(const char *) names = {0};
    const char *near;

    if (t)
        return t;
    for (size_t i = 0; i < c->expand->list.n; i++)
        VEC_PUSH(&names, c->expand->list.at[i]->name);
    VEC_PUSH(&names, NULL);
    near = str_nearest(at->text, names.at);
    VEC_DONE(&names);
    if (near)
        conf_error_at(c, at, MSG("there is no template “{1}”; did you mean “{2}”?"), "ss", at->text,
                      near);
    else
        conf_error_at(c, at, MSG("there is no template “{1}”; name it under “templates”"), "s",
                      at->text);
    return NULL;
}

static void resolve(struct conf_ctx *c, struct template *t, int depth);

/* What `use` of a host or template names, each with what it uses itself before it, once. */
static int flatten(struct conf_ctx *c, const struct node *use, const struct template ***ret,
                   int depth)
{
    VEC(const struct template *) all = {0};
    const struct node *first = use && use->kind == NODE_LIST ? use->first : use;

    if (use && use->kind == NODE_MAP)
        judge_mapping(c, use, "use");
    for (const struct node *n = first; n && use->kind != NODE_MAP;
         n = use->kind == NODE_LIST ? n->next : NULL) {
        struct template *t = n->kind == NODE_TEXT ? find_template(c, n) : NULL;

        if (t && t->state == TEMPLATE_OPEN)
            conf_error_at(c, n, MSG("the template “{1}” uses itself"), "s", t->name);
        if (t == NULL || t->state == TEMPLATE_OPEN)
            continue;
        resolve(c, t, depth + 1);
        for (int i = 0; i < t->n_order; i++) {
            size_t k = 0;

            while (k < all.n && all.at[k] != t->order[i])
                k++;
            if (k == all.n)
                VEC_PUSH(&all, t->order[i]);
        }
    }
    *ret = ARENA_ARRAY(c->scratch, const struct template *, all.n + 1);
    if (all.n)
        memcpy(*ret, all.at, all.n * sizeof(*all.at));
    depth = (int)all.n;
    VEC_DONE(&all);
    return depth;
}

static void resolve(struct conf_ctx *c, struct template *t, int depth)
{
    if (t->state != TEMPLATE_NEW)
        return;
    t->state = TEMPLATE_OPEN;
    if (depth < CONF_MAX_DEPTH)
        t->n_order = flatten(c, node_get(t->map, "use"), &t->order, depth);
    else
        conf_error_at(c, t->map->key, MSG("more than {1} templates use each other"), "i",
                      (int64_t)CONF_MAX_DEPTH);
    if (t->order == NULL)
        t->order = ARENA_ARRAY(c->scratch, const struct template *, 1);
    t->order[t->n_order++] = t;
    t->state = TEMPLATE_DONE;
}

void conf_templates_resolve(struct conf_ctx *c)
{
    for (size_t i = 0; i < c->expand->list.n; i++)
        resolve(c, c->expand->list.at[i], 0);
}

int conf_templates_of(struct conf_ctx *c, const struct node *use, const struct template ***ret)
{
    struct template *t = use && use->kind == NODE_TEXT ? map_find(&c->expand->templates, use->text)
                                                       : NULL;

    if (t) {
        *ret = t->order;
        return t->n_order;
    }
    return flatten(c, use, ret, 0);
}

/* ---- rules */

/* At the character of the condition, when the text stands on one line as it is read. */
static void wrong_condition(struct conf_ctx *c, const struct node *n, const char *where,
                            const struct rule_mistake *m)
{
    size_t at = (size_t)(where - n->text) + m->at;
    struct node place = *n;

    if (n->span == 0 && at < 10000 && n->line)
        place.column = (uint16_t)(n->column + at + !n->plain);
    conf_error_at(c, &place, MSG("the condition is wrong at character {1} (“{2}”): {3}"), "ism",
                  (int64_t)m->at + 1, arena_dupn(c->scratch, n->text + at, strnlen(n->text + at, 12)),
                  m->text);
}

static bool read_for(struct conf_ctx *c, const struct node *n, struct apply_rule *r)
{
    const char *p = n && n->kind == NODE_TEXT ? n->text : "";
    struct rule_mistake mistake;

    p += strspn(p, " ");
    if (!str_starts(p, "hosts") || (p[5] && p[5] != ' ' && p[5] != '\n')) {
        conf_error_at(c, n, MSG("for: expected is “hosts”, or “hosts where …” with a condition"),
                      "");
        return false;
    }
    p += 5;
    p += strspn(p, " \n\t");
    if (*p == '\0')
        return true;
    if (!str_starts(p, "where ")) {
        conf_error_at(c, n, MSG("for: expected is “hosts”, or “hosts where …” with a condition"),
                      "");
        return false;
    }
    p += 6;
    if (rule_parse(p, c->scratch, &r->when, &mistake) == 0)
        return true;
    wrong_condition(c, n, p, &mistake);
    return false;
}

void conf_apply_read(struct conf_ctx *c, const struct node *list)
{
    struct buf expected = BUF_MAX(200);

    msg_pack(&expected, MSG("a list of rules, each with “for” and what it gives"), "");
    if (list->kind != NODE_LIST)
        conf_error_expected(c, list, "apply", buf_text(&expected));
    NODE_EACH(list->kind == NODE_LIST ? list : NULL, item)
    {
        struct apply_rule r = {.map = item};
        const struct node *each = node_get(item, "each");

        if (item->kind != NODE_MAP) {
            conf_error_expected(c, item, "apply", buf_text(&expected));
            continue;
        }
        judge_keys(c, item, conf_rows_apply, "apply");
        if (node_get(item, "for") == NULL) {
            conf_error_at(c, item, MSG("a rule needs “for: hosts …”"), "");
            continue;
        }
        if (each && each->kind != NODE_TEXT)
            conf_error_at(c, each, MSG("each: expected is the name of a variable"), "");
        else
            r.each = each ? each->text : NULL;
        if (!read_for(c, node_get(item, "for"), &r))
            continue;
        VEC_PUSH(&c->expand->rules, r);
        conf_origin_span(c, CONF_FROM_RULE, NULL, item);
    }
    buf_done(&expected);
}
