/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_edit.c: adds a check to the text of `added.yaml`, or takes one out, and leaves the rest as
 * people wrote it.
 *
 * The wanted change is made in the tree; then it is tried in the text, from the gentlest way to the
 * roughest: a few lines, the lines of the host, the whole file.  The first text that reads back as
 * the wanted tree is taken, so no style of writing can lead to a wrong file, only to lost comments.
 */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/str.h"

struct edit {
    struct arena *arena;
    const char *text;
    size_t bytes;
    struct node *root; /* the tree, changed */
    struct buf wanted; /* that tree, printed */
    uint32_t from, to; /* lines to replace; from > to: insert after line `to` */
    struct buf lines;  /* what goes there */
    bool gentle;       /* from, to and lines are set */
    uint32_t host_from, host_to, host_indent; /* lines of the host's entry; 0: unknown */
    const struct node *host;                  /* its value in the changed tree; NULL: it goes */
};

/* ---- trees */

const struct node *conf_edit_tree(struct arena *a, const char *text, size_t n, struct err *e,
                                  bool *ret_ok)
{
    struct conf_errors *errors = NEW(struct conf_errors);
    struct conf_ctx *c = NEW(struct conf_ctx);
    const struct conf_env env = {0};
    const struct node *tree;

    conf_ctx_init(c, &env, a, errors);
    tree = compose_text(c, a, text, n, NULL, ret_ok);
    *ret_ok = *ret_ok && errors->n == 0;
    if (!*ret_ok && e) {
        e->code = ERR_INVALID;
        str_copy(e->text, sizeof(e->text), errors->n ? errors->at[0].text : "");
        e->field[0] = '\0';
    }
    conf_ctx_done(c);
    conf_errors_done(errors);
    mem_free(c);
    mem_free(errors);
    return tree;
}

/* Room for any kind: what is a text now may become a mapping. */
static struct node *new_node(struct arena *a)
{
    return &ARENA_NEW(a, struct node_many)->node;
}

/* Aliases share children; what is changed must not. */
struct node *conf_edit_copy(struct arena *a, const struct node *n)
{
    struct node *ret = new_node(a), **link = &ret->first;

    if (n->kind == NODE_TEXT) {
        *ret = *n;
        return ret;
    }
    *node_many(ret) = *node_many(n);
    *link = NULL;
    NODE_EACH(n, kid)
    {
        *link = conf_edit_copy(a, kid);
        link = &(*link)->next;
    }
    *link = NULL;
    return ret;
}

static struct node *kid_of(struct node *map, const char *key)
{
    return (struct node *)(uintptr_t)node_get(map, key);
}

static struct node *last_of(struct node *n)
{
    struct node *last = n->first;

    while (last && last->next)
        last = last->next;
    return last;
}

static void append(struct node *parent, struct node *kid)
{
    struct node *last = last_of(parent);

    kid->next = NULL;
    if (last)
        last->next = kid;
    else
        parent->first = kid;
    node_many(parent)->n++;
}

static void take_out(struct node *parent, const struct node *kid)
{
    struct node **link = &parent->first;

    while (*link != kid)
        link = &(*link)->next;
    *link = kid->next;
    node_many(parent)->n--;
}

static struct node *new_kid(struct arena *a, struct node *map, const char *key, enum node_kind kind)
{
    struct node *n = new_node(a);

    n->kind = kind;
    if (kind == NODE_TEXT)
        n->text = "";
    n->key = node_text(a, key);
    append(map, n);
    return n;
}

/* The value under a key as a mapping or list: made, or made from nothing. NULL: something else
 * stands there. */
static struct node *open_kid(struct arena *a, struct node *map, const char *key,
                             enum node_kind kind)
{
    struct node *kid = kid_of(map, key);

    if (kid == NULL)
        return new_kid(a, map, key, kind);
    if (node_is_null(kid)) {
        kid->kind = kind;
        kid->first = NULL;
        node_many(kid)->n = 0;
        node_many(kid)->end_line = 0;
    }
    return kid->kind == kind ? kid : NULL;
}

/* ---- candidates */

/* Text with lines from..to replaced (from > to: inserted after `to`). */
static void splice(struct buf *out, const struct edit *ed, uint32_t from, uint32_t to,
                   const struct buf *lines)
{
    const char *p = ed->text, *end = p + ed->bytes;
    bool put = false;

    for (uint32_t line = 1; p < end || !put; line++) {
        const char *stop = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
        size_t n = p == end ? 0 : stop ? (size_t)(stop + 1 - p) : (size_t)(end - p);

        if (!put && (line == from || p == end)) {
            if (out->len > 0 && out->data[out->len - 1] != '\n')
                buf_char(out, '\n');
            buf_add(out, buf_text(lines), lines->len);
            put = true;
        }
        if (line < from || line > to)
            buf_add(out, p, n);
        p += n;
    }
}

static bool is_wanted(const struct edit *ed, const struct buf *text)
{
    struct arena *a = arena_new(0);
    struct buf now = BUF_MAX(CONF_MAX_FILE_BYTES);
    bool ok, same;
    const struct node *tree = conf_edit_tree(a, buf_text(text), text->len, NULL, &ok);

    if (tree)
        node_print(&now, tree, 0);
    same = ok && !now.full && str_eq(buf_text(&now), buf_text(&ed->wanted));
    buf_done(&now);
    arena_free(a);
    return same;
}

static void print_host(const struct edit *ed, struct buf *out)
{
    struct node map = {.kind = NODE_MAP}, *value;

    if (ed->host == NULL)
        return;
    value = conf_edit_copy(ed->arena, ed->host);
    value->next = NULL;
    map.first = value;
    for (uint32_t i = 0; i < ed->host_indent; i++)
        buf_char(out, ' ');
    node_print(out, &map, (int)ed->host_indent);
}

/* Chooses the text; ERR_LIMIT when it would be too long. */
static int choose(struct edit *ed, struct buf *out, struct err *e)
{
    struct buf host = BUF_MAX(CONF_MAX_FILE_BYTES), candidate = BUF_MAX(CONF_MAX_FILE_BYTES);

    if (node_count(ed->root) > 0)
        node_print(&ed->wanted, ed->root, 0);
    if (ed->gentle) {
        splice(&candidate, ed, ed->from, ed->to, &ed->lines);
    }
    if ((!ed->gentle || !is_wanted(ed, &candidate)) && ed->host_from) {
        buf_clear(&candidate);
        print_host(ed, &host);
        splice(&candidate, ed, ed->host_from, ed->host_to, &host);
    }
    if (!is_wanted(ed, &candidate)) {
        buf_clear(&candidate);
        buf_add(&candidate, buf_text(&ed->wanted), ed->wanted.len);
    }
    buf_done(&host);
    if (candidate.full || ed->wanted.full) {
        buf_done(&candidate);
        return err_set(e, ERR_LIMIT, MSG("the file is larger than {1}"), "b",
                       (int64_t)CONF_MAX_FILE_BYTES);
    }
    buf_add(out, buf_text(&candidate), candidate.len);
    buf_done(&candidate);
    return 0;
}

/* ---- opening and closing */

static int edit_open(struct edit *ed, const char *text, size_t n, struct err *e)
{
    bool ok;
    const struct node *tree;

    *ed = (struct edit){.arena = arena_new(4096),
                        .text = text,
                        .bytes = n,
                        .wanted = BUF_MAX(CONF_MAX_FILE_BYTES),
                        .lines = BUF_MAX(CONF_MAX_FILE_BYTES)};
    tree = conf_edit_tree(ed->arena, text, n, e, &ok);
    if (!ok)
        return ERR_INVALID;
    if (node_is_null(tree)) {
        ed->root = new_node(ed->arena);
        ed->root->kind = NODE_MAP;
        return 0;
    }
    ed->root = conf_edit_copy(ed->arena, tree);
    if (ed->root->kind != NODE_MAP)
        return err_set(
            e, ERR_INVALID,
            MSG("the file must be a mapping, with keys such as “hosts:” and “contacts:”"), "");
    return 0;
}

static void edit_close(struct edit *ed)
{
    buf_done(&ed->wanted);
    buf_done(&ed->lines);
    ed->arena = arena_free(ed->arena);
}

/* Remembers the lines of a host's entry, as they are before the change. */
static void note_host(struct edit *ed, const struct node *host)
{
    ed->host = host;
    ed->host_from = host->key->line;
    ed->host_to = node_end(host);
    ed->host_indent = host->key->column - 1;
}

static void note_lines(struct edit *ed, uint32_t from, uint32_t to)
{
    ed->gentle = true;
    ed->from = from;
    ed->to = to;
}

static void pad(struct buf *out, uint32_t indent)
{
    for (uint32_t i = 0; i < indent; i++)
        buf_char(out, ' ');
}

/* ---- adding */

/* An item as one writes it: "- http: …", at an indentation. */
static void put_item(struct buf *out, const struct node *item, uint32_t indent)
{
    pad(out, indent);
    buf_str(out, "- ");
    node_print(out, item, (int)indent + 2);
}

static bool is_block(const struct node *n)
{
    return n && n->kind != NODE_TEXT && !n->flow && n->first && n->line;
}

/* The lines for one more item of a host that exists. */
static void plan_item(struct edit *ed, const struct node *host, const struct node *checks,
                      const struct node *item)
{
    const struct node *last = NULL;

    NODE_EACH(checks, kid)
    last = kid;
    if (is_block(checks)) {
        put_item(&ed->lines, item, checks->column - 1);
        note_lines(ed, node_end(last) + 1, node_end(last));
    } else if (checks == NULL && is_block(host)) {
        pad(&ed->lines, host->column - 1);
        buf_str(&ed->lines, "checks:\n");
        put_item(&ed->lines, item, host->column + 1);
        note_lines(ed, node_end(host) + 1, node_end(host));
    }
}

/* The lines for one more host. */
static void plan_host(struct edit *ed, const struct node *hosts, struct node *host)
{
    struct node map = {.kind = NODE_MAP, .first = host};
    const struct node *last = NULL;
    uint32_t indent = 2, after;

    NODE_EACH(hosts, kid)
    last = kid == host ? last : kid;
    if (is_block(hosts) && last && last->line) {
        indent = hosts->column - 1;
        after = node_end(last);
    } else if (hosts && hosts->line && last == NULL) {
        indent = hosts->key->column + 1;
        after = hosts->key->line;
    } else if (hosts == NULL || hosts->line == 0) {
        buf_str(&ed->lines, "hosts:\n");
        after = UINT32_MAX - 1; /* at the end of the file */
    } else {
        return;
    }
    pad(&ed->lines, indent);
    node_print(&ed->lines, &map, (int)indent);
    note_lines(ed, after + 1, after);
}

static bool same_item(const struct node *a, const struct node *b)
{
    struct buf x = BUF_MAX(CONF_MAX_FILE_BYTES), y = BUF_MAX(CONF_MAX_FILE_BYTES);
    bool same;

    node_print(&x, a, 0);
    node_print(&y, b, 0);
    same = str_eq(buf_text(&x), buf_text(&y));
    buf_done(&x);
    buf_done(&y);
    return same;
}

static const char *given_name(const struct node *item)
{
    const struct node *name = node_get(node_kids(item), "name");

    return name && name->kind == NODE_TEXT ? name->text : NULL;
}

static int add_item(struct edit *ed, struct node *host, struct node *item, struct err *e)
{
    struct node *checks;
    const char *name = given_name(item);

    NODE_EACH(node_get(host, "checks"), kid)
    {
        if (same_item(kid, item) || (name && str_eq(given_name(kid), name)))
            return err_set(e, ERR_CONFLICT, MSG("{1} already has this check"), "s",
                           host->key->text);
    }
    plan_item(ed, host, node_get(host, "checks"), item);
    checks = open_kid(ed->arena, host, "checks", NODE_LIST);
    if (checks == NULL)
        return err_set(e, ERR_INVALID, MSG("“checks” of {1} is no list"), "s", host->key->text);
    append(checks, item);
    return 0;
}

/* The host's value as a mapping: "web1: 192.0.2.10" becomes one with an address. */
static void make_map(struct edit *ed, struct node *host)
{
    struct node old = *host, *address;

    if (host->kind == NODE_MAP)
        return;
    host->kind = NODE_MAP;
    host->first = NULL;
    node_many(host)->n = 0;
    node_many(host)->end_line = 0;
    if (node_is_null(&old) || old.kind != NODE_TEXT)
        return;
    address = new_kid(ed->arena, host, "address", NODE_TEXT);
    address->text = old.text;
    address->plain = old.plain;
}

/* Composes "http: https://…" as an item; NULL after an error. */
static struct node *item_of(struct edit *ed, const char *check_yaml, struct err *e)
{
    bool ok;
    const struct node *tree = conf_edit_tree(ed->arena, check_yaml, strlen(check_yaml), e, &ok);

    if (!ok)
        return NULL;
    if (node_is_null(tree) || tree->kind == NODE_LIST ||
        (tree->kind == NODE_MAP && node_count(tree) != 1)) {
        (void)err_set(
            e, ERR_INVALID,
            MSG("a check is its kind alone, or its kind and a value, such as “- tcp: 22”"), "");
        return NULL;
    }
    return conf_edit_copy(ed->arena, tree);
}

static int add_new_host(struct edit *ed, struct node *hosts, const char *name, const char *address,
                        struct node *item)
{
    struct node *host = new_kid(ed->arena, hosts, name, NODE_MAP);

    if (address) {
        struct node *a = new_kid(ed->arena, host, "address", NODE_TEXT);

        a->text = arena_dup(ed->arena, address);
    }
    if (item)
        append(new_kid(ed->arena, host, "checks", NODE_LIST), item);
    if (node_count(host) == 0) {
        host->kind = NODE_TEXT;
        host->plain = true;
        host->text = "";
    }
    plan_host(ed, hosts, host);
    return 0;
}

static int add(struct edit *ed, const char *name, const char *address, const char *check_yaml,
               struct err *e)
{
    struct node *item = check_yaml ? item_of(ed, check_yaml, e) : NULL, *hosts, *host;

    if (check_yaml && item == NULL)
        return ERR_INVALID;
    hosts = open_kid(ed->arena, ed->root, "hosts", NODE_MAP);
    if (hosts == NULL)
        return err_set(e, ERR_INVALID, MSG("“hosts” is no mapping"), "");
    host = kid_of(hosts, name);
    if (host == NULL)
        return add_new_host(ed, hosts, name, address, item);
    if (item == NULL)
        return err_set(e, ERR_CONFLICT, MSG("there is a host {1} already"), "s", name);
    note_host(ed, host);
    make_map(ed, host);
    return add_item(ed, host, item, e);
}

int conf_edit_add(const char *text, size_t n, const char *host, const char *address,
                  const char *check_yaml, struct buf *out, struct err *e)
{
    struct edit ed;
    struct buf why = BUF_MAX(600);
    int r;

    if (conf_name_check(host, &why) != 0) {
        if (e) {
            *e = (struct err){.code = ERR_INVALID, .field = "host"};
            str_copy(e->text, sizeof(e->text), buf_text(&why));
        }
        buf_done(&why);
        return ERR_INVALID;
    }
    r = edit_open(&ed, text, n, e);
    if (r == 0)
        r = add(&ed, host, address, check_yaml, e);
    if (r == 0)
        r = choose(&ed, out, e);
    edit_close(&ed);
    return r;
}

/* ---- removing */

/* The file name of a command: "/usr/lib/check_disk -w 10%" is check_disk. */
static bool is_command(const struct node *value, const char *name)
{
    const struct node *command = value->kind == NODE_MAP ? node_get(value, "command") : value;
    const char *p;
    size_t n;

    if (command == NULL || command->kind != NODE_TEXT)
        return false;
    n = strcspn(command->text, " ");
    p = n ? memrchr(command->text, '/', n) : NULL;
    p = p ? p + 1 : command->text;
    n -= (size_t)(p - command->text);
    return n == strlen(name) && memcmp(p, name, n) == 0;
}

static struct node *find_item(struct node *checks, const char *name)
{
    for (int by = 0; by < 3; by++) {
        for (struct node *item = checks && checks->kind == NODE_LIST ? checks->first : NULL; item;
             item = item->next) {
            const struct node *value = item->kind == NODE_MAP ? node_kids(item) : NULL;
            const char *given = given_name(item), *kind = value ? value->key->text
                                                          : item->kind == NODE_TEXT ? item->text
                                                                                    : NULL;

            if (by == 0 ? str_eq(given, name)
                        : given == NULL &&
                              (by == 1 ? str_eq(kind, name) : value && is_command(value, name)))
                return item;
        }
    }
    return NULL;
}

/* Takes a map's entry out, and its lines. */
static void drop_entry(struct edit *ed, struct node *map, const struct node *kid)
{
    if (is_block(map))
        note_lines(ed, kid->key->line, node_end(kid));
    take_out(map, kid);
}

/* A host without anything left goes, and with the last host the section. */
static void drop_host(struct edit *ed, struct node *hosts, const struct node *host)
{
    ed->host = NULL;
    if (node_count(hosts) > 1)
        drop_entry(ed, hosts, host);
    else
        drop_entry(ed, ed->root, hosts);
}

static int remove_check(struct edit *ed, struct node *hosts, struct node *host, const char *check,
                        struct err *e)
{
    struct node *checks = kid_of(host, "checks"), *item = find_item(checks, check);

    if (item == NULL)
        return err_set(e, ERR_NOT_FOUND, MSG("{1} has no check “{2}” in this file"), "ss",
                       host->key->text, check);
    if (node_count(checks) > 1) {
        if (is_block(checks))
            note_lines(ed, item->line, node_end(item));
        take_out(checks, item);
    } else if (node_count(host) > 1) {
        drop_entry(ed, host, checks);
    } else {
        drop_host(ed, hosts, host);
    }
    return 0;
}

int conf_edit_remove(const char *text, size_t n, const char *host, const char *check,
                     struct buf *out, struct err *e)
{
    struct edit ed;
    int r = edit_open(&ed, text, n, e);
    struct node *hosts = r == 0 ? kid_of(ed.root, "hosts") : NULL,
                *value = hosts && hosts->kind == NODE_MAP ? kid_of(hosts, host) : NULL;

    if (r == 0 && value == NULL)
        r = err_set(e, ERR_NOT_FOUND, MSG("there is no host {1} in this file"), "s", host);
    if (r == 0) {
        note_host(&ed, value);
        if (check)
            r = remove_check(&ed, hosts, value, check, e);
        else
            drop_host(&ed, hosts, value);
    }
    if (r == 0)
        r = choose(&ed, out, e);
    edit_close(&ed);
    return r;
}
