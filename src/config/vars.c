/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vars.c: variables in the texts of a tree: ${name}, ${name|otherwise}, ${map.key}, ${host.name},
 * ${item}; $${ is ${ itself.  A text that is nothing but a variable may become a list or a mapping.
 *
 * Any other dollar stays, so the macros of plugins ($HOSTADDRESS$) need no care. */
#include "config/expand.h"

#include "base/msg.h"
#include "base/str.h"

enum { MAX_VALUE = 64 * 1024, MAX_PATH = 200, MAX_LEVELS = 3 };

static bool name_ok(const char *p)
{
    if (!((p[0] >= 'a' && p[0] <= 'z') || (p[0] >= 'A' && p[0] <= 'Z') || p[0] == '_'))
        return false;
    for (; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
              *p == '_' || *p == '-'))
            return false;
    return true;
}

static void judge_value(struct conf_ctx *c, const struct node *n, int level)
{
    NODE_EACH(n, kid)
    {
        if (kid->kind == NODE_TEXT)
            continue;
        if (level >= MAX_LEVELS || n->kind == NODE_LIST)
            conf_error_at(c, kid, MSG("a variable is a text, a list of texts, or a mapping of these"),
                          "");
        else
            judge_value(c, kid, level + 1);
    }
}

void vars_judge(struct conf_ctx *c, const struct node *map)
{
    if (node_is_null(map))
        return;
    if (map->kind != NODE_MAP) {
        conf_error_at(c, map, MSG("“vars” is a mapping of names and values"), "");
        return;
    }
    NODE_EACH(map, kid)
    {
        if (!name_ok(kid->key->text) || str_eq(kid->key->text, "host") ||
            str_eq(kid->key->text, "item"))
            conf_error_at(c, kid->key,
                          MSG("“{1}” cannot be the name of a variable: letters, digits, _ and -, "
                              "but not “host” or “item”"),
                          "s", kid->key->text);
        judge_value(c, kid, 1);
    }
}

/* ---- looking up */

/* "a.b.c" below a mapping. The whole path may be one key, too: labels have dots. */
static const struct node *walk(const struct node *map, const char *path)
{
    const struct node *n = node_get(map, path);
    const char *dot = strchr(path, '.');
    char key[MAX_PATH];

    if (n || dot == NULL || (size_t)(dot - path) >= sizeof(key))
        return n;
    str_copyn(key, sizeof(key), path, (size_t)(dot - path));
    n = node_get(map, key);
    return n ? walk(n, dot + 1) : NULL;
}

const struct node *vars_find(const struct scope *s, const char *path)
{
    const struct expand *x = s->c->expand;
    const struct node *n = walk(node_get(s->check, "vars"), path);
    int groups = 0;

    if (n == NULL)
        n = walk(s->vars, path);
    while (s->groups && s->groups[groups])
        groups++;
    while (n == NULL && groups > 0)
        n = walk(map_find(&x->group_vars, s->groups[--groups]), path);
    return n ? n : walk(x->site_vars, path);
}

static struct node *as_text(struct scope *s, const char *text)
{
    return text ? node_text(s->a, text) : NULL;
}

static const struct node *find_item(struct scope *s, const char *path)
{
    if (s->item == NULL)
        return NULL;
    if (str_eq(path, "item"))
        return s->item->key ? as_text(s, s->item->key->text) : s->item;
    if (str_eq(path, "item.key"))
        return s->item->key ? as_text(s, s->item->key->text) : NULL;
    return str_eq(path, "item.value") ? s->item : walk(s->item, path + 5);
}

static bool is_item(const char *path)
{
    return str_starts(path, "item") && (path[4] == '\0' || path[4] == '.');
}

static const struct node *find_host(struct scope *s, const char *path)
{
    if (str_eq(path, "name"))
        return as_text(s, s->host);
    if (str_eq(path, "address"))
        return as_text(s, s->address);
    return str_starts(path, "labels.") ? node_get(s->labels, path + 7) : NULL;
}

static const struct node *find(struct scope *s, const char *path)
{
    if (is_item(path))
        return find_item(s, path);
    return str_starts(path, "host.") ? find_host(s, path + 5) : vars_find(s, path);
}

/* ---- what is not there */

static void add_names(const struct node *map, const char **names, int *n)
{
    NODE_EACH(map, kid)
    {
        if (*n < CONF_MAX_ROWS)
            names[(*n)++] = kid->key->text;
    }
}

static const char *near(const struct scope *s, const char *path)
{
    const struct expand *x = s->c->expand;
    const char *names[CONF_MAX_ROWS + 1];
    int n = 0;

    add_names(node_get(s->check, "vars"), names, &n);
    add_names(s->vars, names, &n);
    for (int i = 0; s->groups && s->groups[i]; i++)
        add_names(map_find(&x->group_vars, s->groups[i]), names, &n);
    add_names(x->site_vars, names, &n);
    names[n] = NULL;
    return str_nearest(path, names);
}

static void unknown(struct scope *s, const struct node *at, const char *path)
{
    struct buf where = BUF_MAX(600);
    const char *like = near(s, path);

    msg_pack(&where, s->check ? MSG("the check, the host {1}, its groups and the site") : MSG("the host {1}, its groups and the site"),
             "s", s->host);
    if (str_starts(path, "host."))
        conf_error_at(s->c, at,
                      MSG("“${{{1}}” is nothing that the host {2} has; there are host.name, "
                          "host.address and host.labels.…"),
                      "ss", path, s->host);
    else if (is_item(path))
        conf_error_at(s->c, at,
                      s->item ? MSG("“${{{1}}”: the element of “each” has no such part")
                              : MSG("“${{{1}}” belongs into a rule with “each”"),
                      "s", path);
    else if (like)
        conf_error_at(s->c, at,
                      MSG("there is no variable “{1}” in {2}; did you mean “{3}”?"), "sms",
                      path, buf_text(&where), like);
    else
        conf_error_at(s->c, at,
                      MSG("there is no variable “{1}” in {2}; “$${{” stands for “${{” itself"),
                      "sm", path, buf_text(&where));
    buf_done(&where);
}

/* ---- filling in */

struct ref { /* ${path|otherwise} */
    char path[MAX_PATH];
    const char *text; /* from its dollar on */
    const char *otherwise; /* NULL */
    size_t n_otherwise, bytes; /* bytes: of all of it */
};

/* p is at "${". False: there is no end, or no name. */
static bool read_ref(const char *p, struct ref *ret)
{
    const char *end = strchr(p, '}'), *bar;

    if (end == NULL)
        return false;
    bar = memchr(p, '|', (size_t)(end - p));
    ret->bytes = (size_t)(end + 1 - p);
    ret->text = p;
    ret->otherwise = bar ? bar + 1 : NULL;
    ret->n_otherwise = bar ? (size_t)(end - bar - 1) : 0;
    return str_copyn(ret->path, sizeof(ret->path), p + 2, (size_t)((bar ? bar : end) - p - 2)) &&
           ret->path[0];
}

static bool enter(struct scope *s, const struct node *at, const char *path)
{
    if (s->depth > 0 && ++s->c->expand->nested > EXPAND_MAX_NESTED) {
        conf_error_at(s->c, at, MSG("variables within variables: too many of them"), "");
        return false;
    }
    if (++s->depth <= EXPAND_MAX_DEPTH)
        return true;
    s->depth--;
    conf_error_at(s->c, at, MSG("the variable “{1}” is made of itself"), "s", path);
    return false;
}

/* What the reference stands for, filled itself; NULL after an error or when it has a default. */
static const struct node *resolve(struct scope *s, const struct node *at, const struct ref *r)
{
    const struct node *n = find(s, r->path);

    if (n == NULL) {
        if (r->otherwise == NULL && !s->lenient)
            unknown(s, at, r->path);
        return NULL;
    }
    if (!enter(s, at, r->path))
        return NULL;
    n = vars_fill(s, n);
    s->depth--;
    return n;
}

static void add_ref(struct scope *s, struct buf *out, const struct node *at, const struct ref *r)
{
    const struct node *n = resolve(s, at, r);

    if (n && n->kind == NODE_TEXT)
        buf_str(out, n->text);
    else if (n)
        conf_error_at(s->c, at,
                      MSG("the variable “{1}” is a list or a mapping: it cannot stand inside a text"),
                      "s", r->path);
    else if (r->otherwise)
        buf_add(out, r->otherwise, r->n_otherwise);
    else if (s->lenient)
        buf_add(out, r->text, r->bytes);
}

/* A node of another place, at this one. */
static struct node *moved(struct scope *s, const struct node *value, const struct node *at)
{
    struct node *copy = merge_copy(s->a, value);

    copy->key = at->key;
    copy->line = at->line;
    copy->column = at->column;
    if (copy->kind != NODE_TEXT)
        node_many(copy)->end_line = node_end(at);
    else
        copy->span = at->span;
    return copy;
}

static void fill_text(struct scope *s, struct buf *out, const struct node *n)
{
    const char *p = n->text, *stop;
    struct ref r;

    for (; (stop = strstr(p, "${")) != NULL && !out->full; p = stop + 2) {
        bool escaped = stop > p && stop[-1] == '$';

        buf_add(out, p, (size_t)(stop - p) - (escaped && !s->item_only));
        if (escaped) {
            buf_str(out, "${");
        } else if (!read_ref(stop, &r)) {
            conf_error_at(s->c, n,
                          MSG("“${{” begins a variable, such as ${{name}}; “$${{” stands for “${{” itself"),
                          "");
            return;
        } else if (s->item_only && !is_item(r.path)) {
            buf_str(out, "${");
        } else {
            add_ref(s, out, n, &r);
            stop += r.bytes - 2;
        }
    }
    buf_str(out, p);
}

static const struct node *fill_one(struct scope *s, const struct node *n)
{
    struct buf out = BUF_MAX(MAX_VALUE);
    struct node *copy;
    struct ref r;

    if (str_starts(n->text, "${") && read_ref(n->text, &r) && n->text[r.bytes] == '\0' &&
        (!s->item_only || is_item(r.path))) {
        const struct node *value = resolve(s, n, &r);

        if (value)
            return moved(s, value, n);
        if (r.otherwise == NULL)
            return n;
    }
    fill_text(s, &out, n);
    if (out.full)
        conf_error_at(s->c, n, MSG("with its variables this text is longer than {1}"), "b",
                      (int64_t)MAX_VALUE);
    copy = merge_copy(s->a, n);
    copy->text = arena_dupn(s->a, buf_text(&out), out.len);
    copy->plain = n->plain && copy->text[0];
    buf_done(&out);
    return copy;
}

static bool has_ref(const struct node *n)
{
    if (n->kind == NODE_TEXT)
        return strstr(n->text, "${") != NULL;
    NODE_EACH(n, kid)
    {
        if (has_ref(kid))
            return true;
    }
    return false;
}

const struct node *vars_fill(struct scope *s, const struct node *n)
{
    struct node *copy, **link;

    if (n == NULL || !has_ref(n))
        return n;
    if (n->kind == NODE_TEXT)
        return fill_one(s, n);
    copy = merge_copy(s->a, n);
    link = &copy->first;
    *link = NULL;
    NODE_EACH(n, kid)
    {
        *link = merge_copy(s->a, vars_fill(s, kid));
        link = &(*link)->next;
    }
    return copy;
}
