/* SPDX-License-Identifier: GPL-3.0-or-later */
/* board.c: see board.h. Bulletins stand in the order of their start; few are open, and those have a list of their own. */
#include "model/board.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/vec.h"
#include <string.h>

enum { MAX_LISTENERS = 8 };

struct board {
    VEC(const struct bulletin *) all;  /* by start, oldest first */
    VEC(const struct bulletin *) open; /* public and open */
    struct map by_id, by_key, by_alias;
    struct {
        board_listener *fn;
        void *arg;
    } listeners[MAX_LISTENERS];
    int n_listeners;
    int64_t last_id;
    uint64_t version;
};

struct board *board_new(void)
{
    return NEW(struct board);
}

struct board *board_free(struct board *b)
{
    if (!b)
        return NULL;
    for (size_t i = 0; i < b->all.n; i++)
        bulletin_unref(b->all.at[i]);
    VEC_DONE(&b->all);
    VEC_DONE(&b->open);
    map_done(&b->by_key);
    map_done(&b->by_alias);
    map_done(&b->by_id);
    return mem_free(b);
}

struct board *board_copy(const struct board *b)
{
    struct board *copy = board_new();
    copy->version = b->version;
    copy->all.at = mem_zero((b->all.n + 1) * sizeof copy->all.at[0]);
    copy->all.cap = b->all.n + 1;
    for (size_t i = 0; i < b->all.n; i++)
        if (!b->all.at[i]->draft)
            copy->all.at[copy->all.n++] = bulletin_ref(b->all.at[i]);
    return copy;
}

void board_listen(struct board *b, board_listener *fn, void *arg)
{
    if (b->n_listeners < MAX_LISTENERS) {
        b->listeners[b->n_listeners].fn = fn;
        b->listeners[b->n_listeners++].arg = arg;
    }
}

static void raise_event(struct board *b, const struct board_event *e)
{
    b->version++;
    if (e->now)
        ((struct bulletin *)e->now)->version = b->version;
    for (int i = 0; i < b->n_listeners; i++)
        b->listeners[i].fn(b->listeners[i].arg, e);
}

/* ---- keeping ---- */

static int64_t start_of(const struct bulletin *b)
{
    return b->kind == BULLETIN_WORK ? b->start_ms : b->started_ms;
}

static bool goes_before(const struct bulletin *x, const struct bulletin *y)
{
    return start_of(x) != start_of(y) ? start_of(x) < start_of(y) : x->id < y->id;
}

static size_t place_of(const struct board *b, const struct bulletin *one)
{
    size_t lo = 0, hi = b->all.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (goes_before(b->all.at[mid], one))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void insert(struct board *b, const struct bulletin *one)
{
    char *id_text = ((struct bulletin *)one)->id_text; /* nobody else has it yet */
    size_t at = place_of(b, one);
    VEC_PUSH(&b->all, one);
    memmove(&b->all.at[at + 1], &b->all.at[at], (b->all.n - 1 - at) * sizeof(b->all.at[0]));
    b->all.at[at] = one;
    if (bulletin_is_open(one) && bulletin_is_public(one))
        VEC_PUSH(&b->open, one);
    str_print(id_text, sizeof one->id_text, "%lld", (long long)one->id);
    map_set(&b->by_id, id_text, (void *)one);
    map_set(&b->by_key, one->key, (void *)one);
    for (int i = 0; i < one->n_aliases; i++)
        map_set(&b->by_alias, one->aliases[i], (void *)one);
    b->last_id = one->id > b->last_id ? one->id : b->last_id;
}

static void take_out(struct board *b, const struct bulletin *one)
{
    size_t at = place_of(b, one);
    VEC_REMOVE(&b->all, at);
    for (size_t i = 0; i < b->open.n; i++)
        if (b->open.at[i] == one) {
            VEC_REMOVE(&b->open, i);
            break;
        }
    map_remove(&b->by_id, one->id_text);
    map_remove(&b->by_key, one->key);
    for (int i = 0; i < one->n_aliases; i++)
        map_remove(&b->by_alias, one->aliases[i]);
}

int board_restore(struct board *b, struct bulletin *one, struct err *e)
{
    if (b->all.n >= BOARD_MAX)
        return err_set(e, ERR_LIMIT, MSG("there are {1} incidents and works already"), "i", (int64_t)BOARD_MAX);
    if (board_find(b, one->id) || board_find_key(b, one->key))
        return err_set(e, ERR_CONFLICT, MSG("incident {1} is there already"), "i", one->id);
    insert(b, one);
    return 0;
}

int board_import(struct board *b, struct bulletin *one, int64_t now_ms, struct err *e)
{
    if (board_find(b, one->id))
        one->id = board_next(b); /* nobody else has seen it yet */
    int r = board_restore(b, one, e);
    if (!r)
        raise_event(b, &(struct board_event){.kind = BOARD_IMPORTED, .now = one, .at_ms = now_ms});
    return r;
}

static enum board_event_kind event_of(enum post_kind k)
{
    static const enum board_event_kind kinds[] = {
        [POST_OPEN] = BOARD_OPENED, [POST_UPDATE] = BOARD_UPDATED, [POST_CORRECT] = BOARD_CORRECTED, [POST_CORRECT_UPDATE] = BOARD_CORRECTED,
        [POST_PUBLISH] = BOARD_PUBLISHED, [POST_RETRACT] = BOARD_RETRACTED, [POST_MOVE] = BOARD_MOVED, [POST_REPORT] = BOARD_REPORTED,
    };
    return kinds[k];
}

static int look_up(const struct board *b, int64_t id, enum post_kind kind, const struct bulletin **ret, struct err *e)
{
    *ret = kind == POST_OPEN ? NULL : board_find(b, id);
    if (kind != POST_OPEN && !*ret)
        return err_field(e, ERR_NOT_FOUND, "id", MSG("there is no incident or planned work {1}"), "i", id);
    if (kind == POST_OPEN && b->all.n >= BOARD_MAX)
        return err_set(e, ERR_LIMIT, MSG("there are {1} incidents and works already"), "i", (int64_t)BOARD_MAX);
    return 0;
}

int board_post(struct board *b, int64_t id, const struct post *p, const char *key, int64_t now_ms, const struct bulletin **ret, struct err *e)
{
    const struct bulletin *old;
    struct bulletin *next = NULL;
    int64_t update_id = 0;
    int r = look_up(b, id, p->kind, &old, e);
    if (r || (r = bulletin_post(old, p, b->last_id + 1, key, now_ms, &next, &update_id, e)))
        return r;
    if (!old && board_find_key(b, next->key)) {
        bulletin_unref(next);
        return err_set(e, ERR_CONFLICT, MSG("incident {1} is there already"), "i", b->last_id + 1);
    }
    if (old)
        take_out(b, old);
    insert(b, next);
    raise_event(b, &(struct board_event){.kind = event_of(p->kind), .now = next, .before = old, .update = bulletin_update(next, update_id), .at_ms = now_ms});
    bulletin_unref(old);
    if (ret)
        *ret = next;
    return 0;
}

int board_remove(struct board *b, int64_t id, int64_t now_ms, struct err *e)
{
    const struct bulletin *old = board_find(b, id);
    if (!old)
        return err_field(e, ERR_NOT_FOUND, "id", MSG("there is no incident or planned work {1}"), "i", id);
    if (!old->draft)
        return err_set(e, ERR_CONFLICT, MSG("it is public; its link must stay. It can be withdrawn"), "");
    take_out(b, old);
    raise_event(b, &(struct board_event){.kind = BOARD_REMOVED, .before = old, .at_ms = now_ms});
    bulletin_unref(old);
    return 0;
}

void board_put_back(struct board *b, const struct bulletin *made, const struct bulletin *before, int64_t now_ms)
{
    const struct bulletin *now = before ? bulletin_ref(before) : NULL;
    take_out(b, made);
    if (now)
        insert(b, now);
    raise_event(b, &(struct board_event){.kind = BOARD_UNDONE, .now = now, .before = made, .at_ms = now_ms});
    bulletin_unref(made);
}

uint64_t board_version_of(const struct board *b, const struct bulletin *one)
{
    return board_find(b, one->id) == one ? one->version : 0;
}

void board_skip(struct board *b, int64_t id)
{
    b->last_id = id > b->last_id ? id : b->last_id;
}

int64_t board_next(const struct board *b)
{
    return b->last_id + 1;
}

/* ---- finding ---- */

const struct bulletin *board_find(const struct board *b, int64_t id)
{
    char text[24];
    str_print(text, sizeof text, "%lld", (long long)id);
    return map_find(&b->by_id, text);
}

const struct bulletin *board_find_key(const struct board *b, const char *key)
{
    return map_find(&b->by_key, key);
}

const struct bulletin *board_find_alias(const struct board *b, const char *alias)
{
    return map_find(&b->by_alias, alias);
}

size_t board_count(const struct board *b)
{
    return b ? b->all.n : 0;
}

const struct bulletin *board_at(const struct board *b, size_t i)
{
    return b->all.at[b->all.n - 1 - i];
}

uint64_t board_version(const struct board *b)
{
    return b ? b->version : 0;
}

/* ---- deriving ---- */

enum level level_of_checks(enum component_state s)
{
    static const enum level levels[] = {[COMPONENT_UP] = LEVEL_OPERATIONAL, [COMPONENT_DEGRADED] = LEVEL_DEGRADED, [COMPONENT_DOWN] = LEVEL_MAJOR,
                                        [COMPONENT_PLANNED] = LEVEL_PLANNED, [COMPONENT_UNKNOWN] = LEVEL_UNKNOWN};
    return levels[s];
}

/* Since when a component has been that bad by a bulletin. */
static int64_t since(const struct bulletin *b, const char *component, enum level level, int64_t now_ms)
{
    int64_t from = 0;
    for (int i = 0; i < b->n_impacts; i++) {
        const struct impact *im = &b->impacts[i];
        if (im->level == level && str_eq(im->component, component) && im->from_ms <= now_ms && (!im->to_ms || im->to_ms > now_ms))
            from = from ? from : im->from_ms;
    }
    return from;
}

static void add_bulletin(const struct bulletin *b, const char *component, int64_t now_ms, struct component_standing *s)
{
    enum level level = bulletin_level(b, component, now_ms);
    int64_t from = since(b, component, level, now_ms);
    if (level == LEVEL_OPERATIONAL || level < s->level || (level == s->level && s->because && s->since_ms <= from))
        return;
    s->level = level;
    s->since_ms = from;
    s->because = b;
    s->until_ms = b->kind == BULLETIN_WORK ? b->end_ms : b->expected_ms;
}

enum { PUBLISH_PROPOSE, PUBLISH_AUTO, PUBLISH_MANUAL }; /* the words of `publish:` */

/* Nothing is published of it: what its checks say counts as far as the policy lets it. */
static void add_checks(const struct conf_component *c, int64_t now_ms, struct component_standing *s)
{
    bool bad = s->checks >= LEVEL_DEGRADED, counts = !bad || c->publish == PUBLISH_AUTO;
    if (bad && counts && now_ms < s->checks_since_ms + c->after_ms) {
        s->look_again_ms = s->checks_since_ms + c->after_ms;
        counts = false;
    }
    if (counts && c->depends.n) {
        s->level = s->checks;
        s->since_ms = s->checks_since_ms;
    }
}

void board_standing_with(const struct board *b, const struct bulletin *instead, const struct model *m, const struct conf_component *c, int64_t now_ms,
                         struct component_standing *ret)
{
    struct component_standing s = {.level = LEVEL_OPERATIONAL, .look_again_ms = INT64_MAX};
    s.checks = level_of_checks(model_component(m, c, &s.checks_since_ms));
    for (size_t i = 0; b && i < b->open.n; i++)
        if (!instead || b->open.at[i]->id != instead->id)
            add_bulletin(b->open.at[i], c->name, now_ms, &s);
    if (instead && bulletin_is_open(instead) && bulletin_is_public(instead))
        add_bulletin(instead, c->name, now_ms, &s);
    if (!s.because)
        add_checks(c, now_ms, &s);
    *ret = s;
}

void board_standing(const struct board *b, const struct model *m, const struct conf_component *c, int64_t now_ms, struct component_standing *ret)
{
    board_standing_with(b, NULL, m, c, now_ms, ret);
}
