/* SPDX-License-Identifier: GPL-3.0-or-later */
/* path.c: before a host is called down, the way to it is verified.
 *
 * The idea is that of nefu and sysmon.  The host's failing attempt makes its parents be asked
 * (PARENTS).  Once one of them answered, the host is asked again (SELF) and only then called down.
 * When no way is left it is unreachable.  A parent that fails is verified in the same manner, up to
 * hosts without parents, which are next to the monitor.  The graph may have redundant parents and
 * rings (ways.c): hosts that wait for one another are looked through, as are hosts that cannot be asked (no
 * own check).
 *
 * Nothing recurses: walks keep a list of their own, and news of a host are worked off by
 * path_settle(). */
#include "model/links.h"

enum { PATH_EXTENDED_MAX = 10 };

/* ---- the checks ---- */

static void set_due(struct model *m, struct path *p, struct moment now)
{
    const struct conf_check *c = p->host->self.conf;

    heap_put(&m->paths, &p->due,
             now.mono_ms + (c && c->timeout_ms > 0 ? c->timeout_ms : 10000) + MODEL_PATH_MS);
}

/* Parents whose word is missing are asked; those that cannot be asked, looked through. */
static void ask_parents(struct model *m, struct path *check, struct moment now)
{
    struct walk w = walk_new(m);
    struct host *p;

    check->host->visit = w.visit;
    walk_parents(&w, check->host);
    while ((p = walk_next(&w)))
        if (!host_sees(p))
            walk_parents(&w, p);
    for (size_t i = 0; i < w.hosts.n; i++)
        if (host_sees(w.hosts.at[i]) && judge_parent(w.hosts.at[i], check) == WAY_WAIT)
            item_recheck(m, &w.hosts.at[i]->self, false, now);
    walk_done(&w);
}

void path_begin(struct model *m, struct host *h, const struct path *like, struct moment now)
{
    struct path *p = NEW(struct path);

    path_end(m, h);
    *p = *like;
    p->host = h;
    h->path = p;
    h->self.verifying = true;
    set_due(m, p, now);
    item_touch(m, &h->self);
    if (p->step != PATH_PARENTS) {
        item_recheck(m, &h->self, false, now);
        return;
    }
    ask_parents(m, p, now);
    path_look(m, h, now);
}

void path_end(struct model *m, struct host *h)
{
    if (!h->path)
        return;
    heap_remove(&m->paths, &h->path->due);
    h->path = mem_free(h->path);
    h->self.verifying = false;
    item_touch(m, &h->self);
    links_heard(m, &h->self);
}

static void way_is_open(struct model *m, struct host *h, struct moment now)
{
    struct path *p = h->path;

    if (!host_sees(h)) {
        host_unknown(m, h, now);
        return;
    }
    if (p->passive || !item_is_active(&h->self)) {
        host_is_down(m, h, now);
        return;
    }
    p->step = PATH_SELF;
    p->began_ms = now.mono_ms;
    set_due(m, p, now);
    item_recheck(m, &h->self, false, now);
}

void path_look(struct model *m, struct host *h, struct moment now)
{
    enum way way = waits_for_parents(h) ? judge_way(m, h) : WAY_WAIT;

    if (way == WAY_OPEN)
        way_is_open(m, h, now);
    else if (way == WAY_DEAD)
        host_is_cut(m, h, now);
}

bool path_wanted(struct model *m, struct host *h)
{
    struct walk w = walk_new(m);
    bool wanted = false;
    struct host *c;

    walk_children(&w, h);
    while (!wanted && (c = walk_next(&w))) {
        wanted = waits_for_parents(c);
        if (!host_sees(c))
            walk_children(&w, c);
    }
    walk_done(&w);
    return wanted;
}

/* ---- news ---- */

void path_poke(struct model *m, struct host *h)
{
    if (m->paths.n && h->children.n)
        VEC_PUSH(&m->poked, h);
}

/* An attempt that was under way when the check began says nothing: the parent is asked once more.
 */
static void ask_again(struct model *m, struct host *h, struct host *parent, struct moment now)
{
    if (waits_for_parents(h) && host_sees(parent) && !parent->path &&
        judge_parent(parent, h->path) == WAY_WAIT)
        item_recheck(m, &parent->self, false, now);
}

static void tell_waiting(struct model *m, struct host *h, struct moment now)
{
    struct walk w = walk_new(m);
    struct host *c;

    walk_children(&w, h);
    while ((c = walk_next(&w)))
        if (!host_sees(c) || waits_for_parents(c))
            walk_children(&w, c);
    for (size_t i = 0; i < w.hosts.n; i++) {
        path_look(m, w.hosts.at[i], now);
        ask_again(m, w.hosts.at[i], h, now);
    }
    walk_done(&w);
}

void path_settle(struct model *m, struct moment now)
{
    for (size_t i = 0; i < m->poked.n; i++)
        tell_waiting(m, m->poked.at[i], now);
    m->poked.n = 0;
}

static void ask_soon(struct model *m, struct host *h, struct moment now)
{
    item_recheck(m, &h->self, true, now);
    for (size_t i = 0; !host_sees(h) && i < h->checks.n; i++)
        item_recheck(m, h->checks.at[i], true, now);
}

void path_recovered(struct model *m, struct host *h, struct moment now)
{
    struct walk w = walk_new(m);
    struct host *c;

    h->visit = w.visit;
    walk_children(&w, h);
    while ((c = walk_next(&w))) {
        bool cut = c->self.st.state == STATE_UNREACHABLE;
        if (cut)
            ask_soon(m, c, now);
        if (cut || !host_sees(c))
            walk_children(&w, c);
    }
    walk_done(&w);
}

void path_died(struct model *m, struct host *h, struct moment now)
{
    for (size_t i = 0; i < h->children.n; i++) {
        struct host *c = h->children.at[i];
        if (host_sees(c) && !item_hard_bad(&c->self) && !c->path)
            item_recheck(m, &c->self, true, now);
    }
}

/* ---- time ---- */

/* A parent is being verified itself: a long dead chain takes its time. */
static bool parent_is_verified(const struct host *h)
{
    for (size_t i = 0; i < h->parents.n; i++)
        if (h->parents.at[i]->path || !host_sees(h->parents.at[i]))
            return true;
    return false;
}

static void give_up(struct model *m, struct host *h, struct moment now)
{
    struct path *p = h->path;

    if (p->step == PATH_SUSPECT) {
        path_end(m, h);
        host_release(m, h, true, now);
    } else if (p->step == PATH_PARENTS && p->extended < PATH_EXTENDED_MAX &&
               parent_is_verified(h)) {
        p->extended++;
        set_due(m, p, now);
    } else if (p->step == PATH_PARENTS && path_all_dead(m, h)) {
        host_is_cut(m, h, now);
    } else if (host_sees(h)) {
        host_is_down(m, h, now);
    } else {
        host_unknown(m, h, now);
    }
}

int64_t path_tick(struct model *m, struct moment now)
{
    struct heap_node *node;

    while ((node = heap_top(&m->paths)) && node->key <= now.mono_ms) {
        give_up(m, CONTAINER(node, struct path, due)->host, now);
        path_settle(m, now);
    }
    return node ? node->key : INT64_MAX;
}

void path_grace(struct model *m, struct moment now)
{
    for (size_t i = m->paths.n; i-- > 0;)
        CONTAINER(m->paths.at[i], struct path, due)->due.key = now.mono_ms + 10000 + MODEL_PATH_MS;
}
