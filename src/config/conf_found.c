/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_found.c: the text of a file of discovered things.  What is wanted is added as conf_edit.c does it; then the whole is written anew,
 * hosts by name and checks by their text, so that the same things always make the same file: a difference in git is one of the things. */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/str.h"
#include <stdlib.h>

struct printed { /* a node, and what it is compared by */
    const char *text;
    struct node *node;
};

/* ---- order ---- */

static int by_text(const void *a, const void *b)
{
    const struct printed *x = a, *y = b;
    int natural = str_natural(x->text, y->text);
    return natural ? natural : strcmp(x->text, y->text);
}

/* Keys of a host as people write them: who it is, then what is checked. */
static const char *key_rank(struct arena *a, const struct node *n)
{
    static const char *const keys[] = {"address", "title", "parents", "checks"};
    for (size_t i = 0; i < COUNT(keys); i++)
        if (str_eq(n->key->text, keys[i]))
            return arena_printf(a, "%c", (char)('1' + (i == 3 ? 8 : (int)i)));
    return arena_printf(a, "5%s", n->key->text);
}

static const char *own_name(struct arena *a, const struct node *n) { return n->key->text; }

static const char *item_text(struct arena *a, const struct node *n)
{
    struct buf b = BUF_MAX(CONF_MAX_FILE_BYTES);
    struct node *alone = conf_edit_copy(a, n);
    alone->next = NULL;
    node_print(&b, alone, 0);
    const char *text = arena_dup(a, buf_text(&b));
    buf_done(&b);
    return text;
}

static void sort_kids(struct arena *a, struct node *parent, const char *(*text)(struct arena *a, const struct node *n))
{
    size_t n = node_count(parent), i = 0;
    struct printed *at = ARENA_ARRAY(a, struct printed, n + 1);
    for (struct node *kid = parent->first; kid && i < n; kid = kid->next)
        at[i++] = (struct printed){text(a, kid), kid};
    qsort(at, i, sizeof *at, by_text);
    for (size_t k = 0; k < i; k++)
        at[k].node->next = k + 1 < i ? at[k + 1].node : NULL;
    parent->first = i ? at[0].node : NULL;
}

static struct node *kid_of(struct node *map, const char *key)
{
    for (struct node *kid = map && map->kind == NODE_MAP ? map->first : NULL; kid; kid = kid->next)
        if (str_eq(kid->key->text, key))
            return kid;
    return NULL;
}

static void sort_all(struct arena *a, struct node *root)
{
    struct node *hosts = kid_of(root, "hosts");
    if (!hosts || hosts->kind != NODE_MAP)
        return;
    for (struct node *h = hosts->first; h; h = h->next) {
        struct node *checks = kid_of(h, "checks");
        if (checks && checks->kind == NODE_LIST)
            sort_kids(a, checks, item_text);
        if (h->kind == NODE_MAP)
            sort_kids(a, h, key_rank);
    }
    sort_kids(a, hosts, own_name);
}

/* ---- parents ---- */

static struct node *new_text(struct arena *a, struct str s)
{
    struct node *n = &ARENA_NEW(a, struct node_many)->node;
    n->kind = NODE_TEXT;
    n->text = arena_dupn(a, s.p, s.n);
    return n;
}

static void give_parents(struct arena *a, struct node *root, const struct conf_wanted *w)
{
    struct node *host = kid_of(kid_of(root, "hosts"), w->host);
    struct str rest = str_of(w->parents), name;
    if (!w->parents || !host || host->kind != NODE_MAP || kid_of(host, "parents"))
        return;
    struct node *list = &ARENA_NEW(a, struct node_many)->node, **link = &list->first;
    list->kind = NODE_LIST;
    while (str_next(&rest, ",", &name)) {
        name = str_trim(name);
        if (!name.n)
            continue;
        *link = new_text(a, name);
        link = &(*link)->next;
        node_many(list)->n++;
    }
    if (!list->first)
        return;
    list->key = new_text(a, STR("parents"));
    list->next = host->first;
    host->first = list;
    node_many(host)->n++;
}

/* ---- the text ---- */

static int add_all(struct buf *now, const struct conf_wanted *wanted, int n, struct err *e)
{
    for (int i = 0; i < n; i++) {
        struct buf next = BUF_MAX(CONF_MAX_FILE_BYTES);
        int code = conf_edit_add(buf_text(now), now->len, wanted[i].host, wanted[i].address, wanted[i].check, &next, e);
        if (code == 0) {
            buf_done(now);
            *now = next;
        } else {
            buf_done(&next);
        }
        if (code < 0 && code != ERR_CONFLICT) /* it is there: as wanted */
            return code;
    }
    return 0;
}

int conf_edit_found(const char *text, size_t n, const char *header, const struct conf_wanted *wanted, int n_wanted, struct buf *out, struct err *e)
{
    struct buf now = BUF_MAX(CONF_MAX_FILE_BYTES);
    struct arena *a = arena_new(8192);
    bool ok = false;
    buf_add(&now, text, n);
    int code = add_all(&now, wanted, n_wanted, e);
    const struct node *tree = code == 0 ? conf_edit_tree(a, buf_text(&now), now.len, e, &ok) : NULL;
    if (code == 0 && !ok)
        code = ERR_INVALID;
    if (code == 0)
        buf_str(out, header);
    if (code == 0 && !node_is_null(tree)) {
        struct node *root = conf_edit_copy(a, tree);
        for (int i = 0; i < n_wanted; i++)
            give_parents(a, root, &wanted[i]);
        sort_all(a, root);
        node_print(out, root, 0);
    }
    arena_free(a);
    buf_done(&now);
    return code == 0 && out->full ? err_set(e, ERR_LIMIT, MSG("the file is larger than {1}"), "b", (int64_t)out->max) : code;
}
