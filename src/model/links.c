/* SPDX-License-Identifier: GPL-3.0-or-later */
/* links.c: who has to do with whom: made from a generation, kept in both directions, and the order in which changes
 * are worked off. What a dependency or an aggregate makes of them stands in depend.c and aggregate.c. */
#include "model/links.h"
#include "base/msg.h"
#include "model/period.h"
#include "model/relations.h"

struct links *links_of(struct item *it)
{
    if (it->links == NULL) {
        it->links = NEW(struct links);
        it->links->item = it;
    }
    return it->links;
}

/* ---- both directions */

static void drop_masters(struct item *it)
{
    struct links *l = it->links;

    for (size_t i = 0; i < l->masters.n; i++) {
        struct links *of = l->masters.at[i].item->links;

        for (size_t k = 0; k < of->dependants.n; k++)
            if (of->dependants.at[k] == it) {
                of->dependants.at[k] = of->dependants.at[--of->dependants.n];
                break;
            }
    }
    l->masters.n = 0;
}

static void drop_members(struct item *it)
{
    struct links *l = it->links;

    for (size_t i = 0; i < l->members.n; i++) {
        struct links *of = l->members.at[i].item->links;

        for (size_t k = 0; k < of->aggregates.n; k++)
            if (of->aggregates.at[k] == it) {
                of->aggregates.at[k] = of->aggregates.at[--of->aggregates.n];
                break;
            }
    }
    l->members.n = 0;
}

/* Those that still point to it lose it: between two slices of a new generation there may be some. */
static void drop_backward(struct links *l)
{
    for (size_t i = 0; i < l->dependants.n; i++) {
        struct links *of = l->dependants.at[i]->links;

        for (size_t k = of->masters.n; k-- > 0;)
            if (of->masters.at[k].item == l->item)
                VEC_REMOVE(&of->masters, k);
    }
    for (size_t i = 0; i < l->aggregates.n; i++) {
        struct links *of = l->aggregates.at[i]->links;

        for (size_t k = of->members.n; k-- > 0;)
            if (of->members.at[k].item == l->item)
                VEC_REMOVE(&of->members, k);
    }
}

void links_drop(struct model *m, struct item *it)
{
    struct links *l = it->links;

    if (l == NULL)
        return;
    drop_masters(it);
    drop_members(it);
    drop_backward(l);
    heap_remove(&m->derive, &l->due);
    for (size_t i = m->news.n; i-- > 0;)
        if (m->news.at[i] == it)
            VEC_REMOVE(&m->news, i);
    VEC_DONE(&l->masters);
    VEC_DONE(&l->members);
    VEC_DONE(&l->dependants);
    VEC_DONE(&l->aggregates);
    it->links = mem_free(l);
}

/* ---- from a generation */

static const struct conf_links *conf_of(const struct item *it)
{
    return it->is_host ? it->host->conf->links : it->conf->links;
}

static struct item *target(const struct model *m, const struct conf_target *t)
{
    return model_find(m, t->host->name, t->check ? t->check->name : NULL);
}

struct wanted {
    VEC(struct master) masters;
    VEC(struct member) members;
};

/* A host's dependency may be on one of its own checks: that check does not depend on itself. */
static void want(struct wanted *w, const struct model *m, struct item *it)
{
    const struct conf_links *c = conf_of(it);
    struct item *to;

    for (int d = 0; c && d < c->n_depends; d++)
        for (int i = 0; i < c->depends[d]->n; i++)
            if ((to = target(m, &c->depends[d]->at[i])) && to != it) {
                struct master one = {to, c->depends[d]};
                VEC_PUSH(&w->masters, one);
            }
    for (int i = 0; c && c->aggregate && i < c->aggregate->n; i++)
        if ((to = target(m, &c->aggregate->at[i].on))) {
            struct member one = {to, c->aggregate->at[i].weight};
            VEC_PUSH(&w->members, one);
        }
}

static bool masters_are_right(const struct links *l, const struct wanted *w)
{
    if (l->masters.n != w->masters.n)
        return false;
    for (size_t i = 0; i < w->masters.n; i++)
        if (l->masters.at[i].item != w->masters.at[i].item)
            return false;
    return true;
}

static bool members_are_right(const struct links *l, const struct wanted *w)
{
    if (l->members.n != w->members.n)
        return false;
    for (size_t i = 0; i < w->members.n; i++)
        if (l->members.at[i].item != w->members.at[i].item)
            return false;
    return true;
}

static void take_masters(struct item *it, const struct wanted *w)
{
    struct links *l = links_of(it);

    if (masters_are_right(l, w)) {
        for (size_t i = 0; i < w->masters.n; i++)
            l->masters.at[i].depend = w->masters.at[i].depend;
        return;
    }
    drop_masters(it);
    for (size_t i = 0; i < w->masters.n; i++) {
        VEC_PUSH(&l->masters, w->masters.at[i]);
        VEC_PUSH(&links_of(w->masters.at[i].item)->dependants, it);
    }
}

static void take_members(struct item *it, const struct wanted *w)
{
    struct links *l = links_of(it);

    if (members_are_right(l, w)) {
        for (size_t i = 0; i < w->members.n; i++)
            l->members.at[i].weight = w->members.at[i].weight;
        return;
    }
    drop_members(it);
    for (size_t i = 0; i < w->members.n; i++) {
        VEC_PUSH(&l->members, w->members.at[i]);
        VEC_PUSH(&links_of(w->members.at[i].item)->aggregates, it);
    }
}

static void put_down(struct model *m, struct links *l)
{
    if (l->aggregate && !heap_has(&l->due))
        heap_put(&m->derive, &l->due, l->aggregate->level);
}

void links_take(struct model *m, struct item *it, struct moment now)
{
    const struct conf_links *c = conf_of(it);
    struct wanted w = {0};

    if (c == NULL && it->links == NULL)
        return;
    want(&w, m, it);
    take_masters(it, &w);
    take_members(it, &w);
    it->links->aggregate = c ? c->aggregate : NULL;
    VEC_DONE(&w.masters);
    VEC_DONE(&w.members);
    if (!m->ticked)
        return;
    put_down(m, it->links);
    depend_look(m, it, now);
    links_settle(m, now);
}

/* ---- what changes */

static void has_news(struct model *m, struct links *l)
{
    if (l->news || !l->dependants.n)
        return;
    l->news = true;
    VEC_PUSH(&m->news, l->item);
}

void links_changed(struct model *m, struct item *it)
{
    for (size_t i = 0; it->is_host && i < it->host->checks.n; i++)
        if (it->host->checks.at[i]->links) /* a check on a dead host is as good as dead */
            has_news(m, it->host->checks.at[i]->links);
    if (it->links == NULL)
        return;
    has_news(m, it->links);
    for (size_t i = 0; i < it->links->aggregates.n; i++)
        put_down(m, it->links->aggregates.at[i]->links);
}

void links_heard(struct model *m, struct item *it)
{
    for (size_t i = 0; it->is_host && i < it->host->checks.n; i++)
        if (it->host->checks.at[i]->links)
            links_heard(m, it->host->checks.at[i]);
    if (it->links == NULL || !it->links->waiting)
        return;
    it->links->waiting = false;
    has_news(m, it->links);
    for (size_t i = 0; i < it->links->aggregates.n; i++)
        links_heard(m, it->links->aggregates.at[i]);
}

void links_look_again(struct model *m, struct item *it)
{
    for (size_t i = 0; it->links && i < it->links->aggregates.n; i++) {
        struct links *l = it->links->aggregates.at[i]->links;

        l->again = true;
        put_down(m, l);
    }
}

static void look_at_dependants(struct model *m, struct links *l, struct moment now)
{
    l->news = false;
    for (size_t i = 0; i < l->dependants.n; i++)
        depend_look(m, l->dependants.at[i], now);
}

void links_settle(struct model *m, struct moment now)
{
    struct heap_node *node;

    while (m->derive.n || m->news.n) {
        if ((node = heap_top(&m->derive))) {
            struct links *l = CONTAINER(node, struct links, due);

            heap_remove(&m->derive, node);
            aggregate_work(m, l->item, now);
        } else {
            struct item *it = m->news.at[--m->news.n];

            look_at_dependants(m, it->links, now);
        }
    }
}

void links_start(struct model *m, struct moment now)
{
    size_t i_host = 0, i_check = 0;
    struct item *it;

    while ((it = model_next(m, &i_host, &i_check))) {
        if (it->links == NULL)
            continue;
        put_down(m, it->links);
        depend_look(m, it, now);
    }
    links_settle(m, now);
}

/* ---- for those who look */

size_t item_masters(const struct item *it)
{
    return it->links ? it->links->masters.n : 0;
}

const struct item *item_master_at(const struct item *it, size_t i, const struct conf_depend **ret_depend)
{
    if (ret_depend)
        *ret_depend = it->links->masters.at[i].depend;
    return it->links->masters.at[i].item;
}

size_t item_members(const struct item *it)
{
    return it->links ? it->links->members.n : 0;
}

const struct item *item_member_at(const struct item *it, size_t i)
{
    return it->links->members.at[i].item;
}

size_t item_dependants(const struct item *it)
{
    return it->links ? it->links->dependants.n : 0;
}

const struct item *item_dependant_at(const struct item *it, size_t i)
{
    return it->links->dependants.at[i];
}

size_t item_aggregates(const struct item *it)
{
    return it->links ? it->links->aggregates.n : 0;
}

const struct item *item_aggregate_at(const struct item *it, size_t i)
{
    return it->links->aggregates.at[i];
}

const struct conf_aggregate *item_aggregate(const struct item *it)
{
    return it->links ? it->links->aggregate : NULL;
}

const struct item *item_cause(const struct item *it, int purpose)
{
    return depend_cause(it, purpose);
}

/* What depends on one another is no circle: the configuration sees to that. */
const struct item *item_root_cause(const struct item *it, int purpose)
{
    const struct item *cause = depend_cause(it, purpose), *next;

    while (cause && (next = depend_cause(cause, CONF_FOR_MAILS | CONF_FOR_CHECKS)))
        cause = next;
    return cause;
}

const struct item *item_follows(const struct item *it, enum follows *ret_how)
{
    const struct host *h = it->host;
    const struct item *root;

    *ret_how = FOLLOWS_NOTHING;
    if (!it->enabled || (!state_is_bad((enum state)it->st.state) && model_may_run(it)))
        return NULL;
    if (h->self.st.state == STATE_UNREACHABLE && h->cut) {
        *ret_how = FOLLOWS_PATH;
        return &h->cut->self;
    }
    if (!it->is_host && host_is_bad(h)) {
        *ret_how = FOLLOWS_HOST;
        return &h->self;
    }
    root = item_root_cause(it, CONF_FOR_MAILS | CONF_FOR_CHECKS);
    *ret_how = root ? FOLLOWS_DEPENDENCY : FOLLOWS_NOTHING;
    return root;
}

const char *follows_text(enum follows how)
{
    static const char *const texts[] = {[FOLLOWS_NOTHING] = "",
                                        [FOLLOWS_PATH] = MSG("behind {1}"),
                                        [FOLLOWS_HOST] = MSG("its host {1} is not there"),
                                        [FOLLOWS_DEPENDENCY] = MSG("follows from {1}")};

    return texts[how];
}

int64_t item_rests_until(const struct item *it, int64_t wall_ms)
{
    int64_t next = it->resting && it->conf ? period_next(it->conf->check_when, wall_ms) : INT64_MAX;

    return next == INT64_MAX ? 0 : next;
}

bool model_may_run(const struct item *it)
{
    return !depend_blocks(it);
}
