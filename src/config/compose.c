/* SPDX-License-Identifier: GPL-3.0-or-later */
/* compose.c: libyaml's events become a tree with lines and columns.
 *
 * libyaml's own document API has no limit on depth or aliases, so the tree is ours.  Aliases are
 * shallow copies that share their children; what they would expand to is counted and bounded.  `<<`
 * merges.  Duplicate keys, keys that are no text, unknown tags and NUL characters are errors; after
 * a syntax error the file gives no tree, because half a file would make errors of its own. */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "config/compose_error.h"
#include <yaml.h>

enum { RECENT = 256, RECENT_BYTES = 24, SLAB_BYTES = 8192 };

struct compose {
    struct conf_ctx *c;
    struct arena *arena; /* of the whole tree */
    struct arena *entry; /* of the entry that is being handed over; NULL: none */
    const struct compose_stream *stream;
    bool anchored; /* the entry holds an anchor, so it has to stay */
    yaml_parser_t parser;
    const char *text;
    size_t bytes;
    struct map anchors;     /* name → struct node, open ones included */
    uint64_t extra;         /* nodes that aliases added */
    uint32_t base;          /* lines of the files before */
    bool failed;            /* no tree */
    char *room, *text_room; /* slabs of nodes, and of texts, which need no alignment */
    size_t left, text_left;
    struct str recent[RECENT]; /* texts seen lately: keys and short values come again and again */
};

static bool next_event(struct compose *s, yaml_event_t *ev)
{
    if (yaml_parser_parse(&s->parser, ev))
        return true;
    s->failed = true;
    compose_error(s->c, &s->parser, s->text, s->bytes);
    return false;
}

/* Zeroed. There are a hundred thousand small things in a large file: one call of the arena serves
 * many. */
static void *take(struct compose *s, size_t bytes)
{
    void *p;

    if (bytes > s->left) {
        s->room = arena_alloc(s->entry ? s->entry : s->arena, SLAB_BYTES);
        s->left = SLAB_BYTES;
    }
    p = s->room;
    s->room += bytes;
    s->left -= bytes;
    return p;
}

static const char *take_text(struct compose *s, const char *text, size_t n)
{
    char *p;

    if (n >= SLAB_BYTES / 8)
        return arena_dupn(s->arena, text, n);
    if (n >= s->text_left) {
        s->text_room = arena_alloc(s->arena, SLAB_BYTES);
        s->text_left = SLAB_BYTES;
    }
    p = memcpy(s->text_room, text, n);
    s->text_room += n + 1;
    s->text_left -= n + 1;
    return p;
}

static uint16_t column_of(const yaml_mark_t *mark)
{
    return mark->column < UINT16_MAX ? (uint16_t)(mark->column + 1) : UINT16_MAX;
}

/* The last line before a mark: a block scalar ends at the beginning of the line after it. */
static uint32_t end_line(const yaml_mark_t *mark, uint32_t least, uint32_t base)
{
    uint32_t line = base + (uint32_t)mark->line + (mark->column > 0);

    return line > least ? line : least;
}

static struct node *new_node(struct compose *s, enum node_kind kind, const yaml_event_t *ev)
{
    struct node *n = take(s, kind == NODE_TEXT ? sizeof(struct node) : sizeof(struct node_many));

    n->kind = kind;
    n->line = s->base + (uint32_t)ev->start_mark.line + 1;
    n->column = column_of(&ev->start_mark);
    return n;
}

static void remember(struct compose *s, const yaml_char_t *anchor, struct node *n)
{
    if (anchor == NULL)
        return;
    map_set(&s->anchors, arena_dup(s->arena, (const char *)anchor), n);
    s->anchored = true;
}

/* Tags of the core schema are what the rows say anyway; others promise something that nobody keeps.
 */
static void judge_tag(struct compose *s, const struct node *n, const yaml_char_t *tag)
{
    const char *t = (const char *)tag;

    if (t && !str_starts(t, "tag:yaml.org,2002:") && !str_eq(t, "!"))
        conf_error_at(s->c, n, MSG("the tag {1} is not known; remove it"), "s", t);
}

/* A copy of the text; one that was seen lately is used again, as the tree changes no text. Those
 * outlive entries. */
static const char *keep(struct compose *s, const char *text, size_t n)
{
    struct str *recent;

    if (n == 0 || n > RECENT_BYTES)
        return s->entry ? arena_dupn(s->entry, text, n) : take_text(s, text, n);
    recent =
        &s->recent[((unsigned char)text[0] * 7u + (unsigned char)text[n - 1] * 31u + n) % RECENT];
    if (recent->n != n || memcmp(recent->p, text, n) != 0)
        *recent = (struct str){take_text(s, text, n), n};
    return recent->p;
}

static struct node *text_node(struct compose *s, const yaml_event_t *ev)
{
    struct node *n = new_node(s, NODE_TEXT, ev);
    const char *value = (const char *)ev->data.scalar.value;
    uint32_t span = end_line(&ev->end_mark, n->line, s->base) - n->line;

    n->plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    n->span = span < 4095 ? span : 4095;
    n->text = keep(s, value, ev->data.scalar.length);
    if (strlen(value) != ev->data.scalar.length)
        conf_error_at(s->c, n, MSG("a NUL character is not allowed in a text"), "");
    judge_tag(s, n, ev->data.scalar.tag);
    remember(s, ev->data.scalar.anchor, n);
    return n;
}

static bool spend(struct compose *s, const struct node *at, uint64_t weight)
{
    s->extra += weight;
    if (s->extra <= CONF_MAX_ALIAS_NODES)
        return true;
    conf_error_at(s->c, at, MSG("the aliases of this file expand to more than {1} values"), "i",
                  (int64_t)CONF_MAX_ALIAS_NODES);
    s->failed = true;
    return false;
}

/* A copy without brothers: the children are shared. */
static struct node *shallow(struct compose *s, const struct node *n)
{
    size_t bytes = n->kind == NODE_TEXT ? sizeof(struct node) : sizeof(struct node_many);
    struct node *copy = memcpy(take(s, bytes), n, bytes);

    copy->next = NULL;
    return copy;
}

static struct node *alias_node(struct compose *s, const yaml_event_t *ev)
{
    const struct node *target = map_find(&s->anchors, (const char *)ev->data.alias.anchor);
    struct node *n = new_node(s, NODE_TEXT, ev), *copy;

    n->plain = true;
    n->text = "";
    if (target == NULL || node_weight(target) == 0) {
        conf_error_at(s->c, n,
                      target ? MSG("the alias {1} stands inside its own anchor")
                             : MSG("there is no anchor {1} before this alias"),
                      "s", (const char *)ev->data.alias.anchor);
        return n;
    }
    if (!spend(s, n, node_weight(target)))
        return n;
    copy = shallow(s, target);
    copy->key = NULL;
    copy->line = n->line;
    copy->column = n->column;
    copy->span = 0;
    if (copy->kind != NODE_TEXT)
        node_many(copy)->end_line = n->line;
    return copy;
}

static struct node *compose_node(struct compose *s, yaml_event_t *ev, int depth);

/* Appends kid; keeps the weight within 32 bits. */
static void append(struct node *parent, struct node **last, struct node *kid)
{
    if (*last)
        (*last)->next = kid;
    else
        parent->first = kid;
    *last = kid;
    node_many(parent)->n++;
}

static void add_weight(struct node *n)
{
    uint64_t weight = 1;

    NODE_EACH(n, kid)
    weight += node_weight(kid);
    node_many(n)->weight = weight > UINT32_MAX ? UINT32_MAX : (uint32_t)weight;
}

/* A block ends with its last line, not with the comments and blank lines that libyaml counts in. */
static void close_many(const struct compose *s, struct node *n, const struct node *last,
                       const yaml_event_t *ev)
{
    node_many(n)->end_line =
        n->flow || last == NULL ? end_line(&ev->end_mark, n->line, s->base) : node_end(last);
}

static struct node *list_node(struct compose *s, const yaml_event_t *start, int depth)
{
    struct node *n = new_node(s, NODE_LIST, start), *last = NULL;

    n->flow = start->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
    judge_tag(s, n, start->data.sequence_start.tag);
    remember(s, start->data.sequence_start.anchor, n);
    while (!s->failed) {
        yaml_event_t ev;
        bool end;

        if (!next_event(s, &ev))
            break;
        end = ev.type == YAML_SEQUENCE_END_EVENT;
        if (!end)
            append(n, &last, compose_node(s, &ev, depth + 1));
        else
            close_many(s, n, last, &ev);
        yaml_event_delete(&ev);
        if (end)
            break;
    }
    add_weight(n);
    return n;
}

static void duplicate(struct compose *s, const struct node *key, const struct node *former)
{
    conf_error_at(s->c, key, MSG("the key {1} stands here a second time; it was first on line {2}"),
                  "si", key->text, (int64_t)conf_where_of(s->c, former->key).line);
}

/* Removes later ones of equal keys, and says so. Large mappings through a table. */
static void judge_duplicates(struct compose *s, struct node *n)
{
    struct map seen = {0};
    struct node *prev = NULL;
    bool large = node_count(n) > 12;

    for (struct node *kid = n->first; kid; kid = kid->next) {
        const struct node *former = NULL;

        if (large) {
            former = map_find(&seen, kid->key->text);
        } else {
            for (struct node *o = n->first; o != kid && !former; o = o->next)
                if (o->key->text[0] == kid->key->text[0] &&
                    strcmp(o->key->text, kid->key->text) == 0)
                    former = o;
        }
        if (former && !str_eq(kid->key->text, "<<")) {
            duplicate(s, kid->key, former);
            prev->next = kid->next;
            node_many(n)->n--;
            continue;
        }
        if (large)
            map_set(&seen, kid->key->text, kid);
        prev = kid;
    }
    map_done(&seen);
}

static struct node *last_kid(struct node *n)
{
    struct node *last = n->first;

    while (last && last->next)
        last = last->next;
    return last;
}

/* Adds the pairs of `from` that n lacks. */
static void merge_map(struct compose *s, struct node *n, const struct node *from,
                      const struct node *at)
{
    struct node *last = last_kid(n);

    if (from->kind != NODE_MAP) {
        conf_error_at(s->c, at, MSG("“<<” takes a mapping, or a list of mappings"), "");
        return;
    }
    NODE_EACH(from, kid)
    {
        if (node_get(n, kid->key->text))
            continue;
        if (!spend(s, at,
                   (uint64_t)node_weight(kid) + node_count(n) / 16)) /* the look-up is linear */
            return;
        append(n, &last, shallow(s, kid));
    }
}

static void merge(struct compose *s, struct node *n)
{
    struct node **link = &n->first;
    VEC(struct node *) sources = {0};

    while (*link) {
        struct node *kid = *link;

        if (kid->key->plain && str_eq(kid->key->text, "<<")) {
            VEC_PUSH(&sources, kid);
            *link = kid->next;
            node_many(n)->n--;
        } else {
            link = &kid->next;
        }
    }
    for (size_t i = 0; i < sources.n && !s->failed; i++) {
        const struct node *src = sources.at[i];

        if (src->kind != NODE_LIST)
            merge_map(s, n, src, src->key);
        NODE_EACH(src->kind == NODE_LIST ? src : NULL, one)
        merge_map(s, n, one, src->key);
    }
    VEC_DONE(&sources);
}

static struct node *pair(struct compose *s, struct node *map, const struct node *last, int depth,
                         bool *ret_merge);

static void next_entry(struct compose *s)
{
    s->entry = arena_new(SLAB_BYTES);
    s->left = 0;
    s->anchored = false;
}

/* Anchors may be called for by what comes later. */
static void end_entry(struct compose *s)
{
    if (s->anchored)
        VEC_PUSH(&s->c->kept, s->entry);
    else
        arena_free(s->entry);
    s->entry = NULL;
    s->left = 0;
}

/* Hands the entries of a large mapping over one by one: the memory of one serves the next, and the
 * tree of ten thousand checks never exists at once. What is left is an empty mapping. */
static struct node *stream_map(struct compose *s, const yaml_event_t *start, int depth)
{
    struct node *n = new_node(s, NODE_MAP, start), *kid;
    bool more = true;

    n->flow = start->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
    judge_tag(s, n, start->data.mapping_start.tag);
    while (more && !s->failed) {
        bool is_merge = false;

        next_entry(s);
        kid = pair(s, n, NULL, depth, &is_merge);
        more = kid != NULL && !s->failed;
        if (is_merge)
            conf_error_at(s->c, kid->key, MSG("“<<” is not possible here, only inside an entry"),
                          "");
        else if (more)
            s->stream->entry(s->c, kid);
        end_entry(s);
    }
    add_weight(n);
    return n;
}

static bool is_streamed(const struct compose *s, const struct node *key, const yaml_event_t *ev,
                        int depth)
{
    return depth == 1 && s->stream && ev->type == YAML_MAPPING_START_EVENT &&
           ev->data.mapping_start.anchor == NULL && str_eq(key->text, s->stream->key);
}

/* One key and its value; NULL at the end of the mapping or after an error. */
static struct node *pair(struct compose *s, struct node *map, const struct node *last, int depth,
                         bool *ret_merge)
{
    yaml_event_t ev;
    struct node *key, *value = NULL;

    if (!next_event(s, &ev))
        return NULL;
    key = ev.type == YAML_MAPPING_END_EVENT ? NULL : compose_node(s, &ev, depth + 1);
    if (key == NULL)
        close_many(s, map, last, &ev);
    yaml_event_delete(&ev);
    if (key == NULL || s->failed)
        return NULL;
    if (key->kind != NODE_TEXT) {
        conf_error_at(s->c, key, MSG("a key must be a text"), "");
        s->failed = true;
        return NULL;
    }
    if (!next_event(s, &ev))
        return NULL;
    value = is_streamed(s, key, &ev, depth) ? stream_map(s, &ev, depth + 1)
                                            : compose_node(s, &ev, depth + 1);
    yaml_event_delete(&ev);
    value->key = key;
    if (key->plain && key->text[0] == '<' && str_eq(key->text, "<<"))
        *ret_merge = true;
    return value;
}

static struct node *map_node(struct compose *s, const yaml_event_t *start, int depth)
{
    struct node *n = new_node(s, NODE_MAP, start), *last = NULL, *kid;
    bool has_merge = false;

    n->flow = start->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
    judge_tag(s, n, start->data.mapping_start.tag);
    remember(s, start->data.mapping_start.anchor, n);
    while (!s->failed && (kid = pair(s, n, last, depth, &has_merge)) != NULL)
        append(n, &last, kid);
    if (!s->failed)
        judge_duplicates(s, n);
    if (!s->failed && has_merge)
        merge(s, n);
    add_weight(n);
    return n;
}

static struct node *compose_node(struct compose *s, yaml_event_t *ev, int depth)
{
    if (depth > CONF_MAX_DEPTH) {
        struct node *n = new_node(s, NODE_TEXT, ev);

        n->text = "";
        s->failed = true;
        conf_error_at(s->c, n, MSG("more than {1} levels are not allowed"), "i",
                      (int64_t)CONF_MAX_DEPTH);
        return n;
    }
    switch (ev->type) {
    case YAML_SEQUENCE_START_EVENT:
        return list_node(s, ev, depth);
    case YAML_MAPPING_START_EVENT:
        return map_node(s, ev, depth);
    case YAML_ALIAS_EVENT:
        return alias_node(s, ev);
    default:
        return text_node(s, ev);
    }
}

/* Nothing may follow the first document. */
static void judge_rest(struct compose *s)
{
    yaml_event_t ev;

    while (!s->failed && next_event(s, &ev)) {
        yaml_event_type_t type = ev.type;

        if (type == YAML_DOCUMENT_START_EVENT) {
            conf_error_line(s->c, (unsigned)ev.start_mark.line + 1, 1,
                            MSG("only one document is allowed in a file"), "");
            s->failed = true;
        }
        yaml_event_delete(&ev);
        if (type == YAML_STREAM_END_EVENT || type == YAML_NO_EVENT)
            break;
    }
}

/* Reads up to the root node of the first document. */
static struct node *root(struct compose *s)
{
    struct node *n = NULL;

    while (!s->failed && n == NULL) {
        yaml_event_t ev;
        bool end;

        if (!next_event(s, &ev))
            break;
        end = ev.type == YAML_STREAM_END_EVENT;
        if (!end && ev.type != YAML_STREAM_START_EVENT && ev.type != YAML_DOCUMENT_START_EVENT)
            n = compose_node(s, &ev, 1);
        yaml_event_delete(&ev);
        if (end)
            return NULL;
    }
    if (n)
        judge_rest(s);
    return n;
}

const struct node *compose_text(struct conf_ctx *c, struct arena *a, const char *text, size_t n,
                                const struct compose_stream *stream, bool *ret_ok)
{
    struct compose *s;
    struct node *tree;
    bool failed;

    *ret_ok = false;
    if (n > CONF_MAX_FILE_BYTES) {
        conf_error_line(c, 1, 1, MSG("the file is larger than {1}"), "b",
                        (int64_t)CONF_MAX_FILE_BYTES);
        return NULL;
    }
    s = NEW(struct compose); /* large for a worker's stack */
    *s = (struct compose){.c = c, .arena = a, .text = text, .bytes = n, .stream = stream};
    s->base = c->line_base && c->file && text == c->file->text ? c->line_base[c->file_index] : 0;
    if (!yaml_parser_initialize(&s->parser))
        PANIC("out of memory");
    yaml_parser_set_input_string(&s->parser, (const unsigned char *)text, n);
    yaml_parser_set_encoding(&s->parser, YAML_UTF8_ENCODING);
    tree = root(s);
    failed = s->failed;
    yaml_parser_delete(&s->parser);
    map_done(&s->anchors);
    mem_free(s);
    *ret_ok = !failed;
    return failed ? NULL : tree;
}
