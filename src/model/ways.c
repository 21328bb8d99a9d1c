/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ways.c: what is known of the ways to a host. Any of its parents may be enough, or each may be needed, in groups
 * (conf_ways); there may be rings and parallel links.
 *
 * A host is reachable when its parents let it, counted up from hosts that are known to live: whoever leans on nothing
 * but a ring is not. That is worked out over the hosts that matter, from the far ones to the near ones, until nothing
 * changes. Nothing recurses. */
#include "model/path.h"
#include "model/inner.h"
#include "model/relations.h"

/* ---- walks ---- */

struct walk walk_new(struct model *m)
{
    return (struct walk){.visit = ++m->visit};
}

void walk_add(struct walk *w, struct host *h)
{
    if (h->visit == w->visit)
        return;
    h->visit = w->visit;
    h->visit_at = (uint32_t)w->hosts.n;
    VEC_PUSH(&w->hosts, h);
    VEC_PUSH(&w->marks, 0);
}

void walk_parents(struct walk *w, struct host *h)
{
    for (size_t i = 0; i < h->parents.n; i++)
        walk_add(w, h->parents.at[i]);
}

void walk_children(struct walk *w, struct host *h)
{
    for (size_t i = 0; i < h->children.n; i++)
        walk_add(w, h->children.at[i]);
}

struct host *walk_next(struct walk *w)
{
    return w->next < w->hosts.n ? w->hosts.at[w->next++] : NULL;
}

void walk_done(struct walk *w)
{
    VEC_DONE(&w->hosts);
    VEC_DONE(&w->marks);
}

/* ---- counting up ---- */

enum {
    MARK_OPEN = 1,    /* a way there is open */
    MARK_MAYBE = 2,   /* or may be, as far as is known */
    MARK_THROUGH = 4, /* what its parents say counts, not it itself */
    MARK_WAITS = 8,   /* of that, only "maybe": it will be asked again */
    MARK_DEAD = 16,
};

struct asked {
    const struct walk *walk;
    const struct host *host;
    int mark;
};

/* A parent that the walk has not taken is not looked at: it says nothing. */
static bool has_mark(const void *arg, int i)
{
    const struct asked *a = arg;
    const struct host *p = a->host->parents.at[i];

    return p->visit == a->walk->visit && (a->walk->marks.at[p->visit_at] & a->mark);
}

/* Between two slices of a new generation the links may be of another shape than the logic: then any parent is enough. */
static bool ways_open(const struct host *h, bool (*is_open)(const void *arg, int i), const void *arg)
{
    bool any = h->parents.n == 0;

    if (h->ways && (size_t)h->ways->n == h->parents.n)
        return conf_ways_open(h->ways, is_open, arg);
    for (size_t i = 0; !any && i < h->parents.n; i++)
        any = is_open(arg, (int)i);
    return any;
}

static bool count_host(struct walk *w, size_t i)
{
    struct asked a = {.walk = w, .host = w->hosts.at[i], .mark = MARK_OPEN};
    unsigned char before = w->marks.at[i];

    if (!(before & MARK_THROUGH))
        return false;
    if (!(before & (MARK_OPEN | MARK_WAITS)) && ways_open(a.host, has_mark, &a))
        w->marks.at[i] |= MARK_OPEN | MARK_MAYBE;
    a.mark = MARK_MAYBE;
    if (!(before & MARK_MAYBE) && ways_open(a.host, has_mark, &a))
        w->marks.at[i] |= MARK_MAYBE;
    return w->marks.at[i] != before;
}

static void count_up(struct walk *w)
{
    bool changed = true;

    while (changed) {
        changed = false;
        for (size_t i = w->hosts.n; i-- > 0;)
            changed |= count_host(w, i);
    }
}

/* ---- judging ---- */

bool waits_for_parents(const struct host *h)
{
    return h->path && h->path->step == PATH_PARENTS;
}

enum way judge_parent(const struct host *p, const struct path *check)
{
    const struct standing *st = &p->self.st;

    if (st->state == STATE_UP && p->own_ms >= check->began_ms)
        return WAY_OPEN;
    if (item_hard_bad(&p->self) && p->own_ms >= check->failed_ms)
        return WAY_DEAD;
    return WAY_WAIT;
}

/* Those that cannot be asked are looked through, as are those that are being verified too. An open way to one of the
 * latter means that it will be asked again: wait. */
static int mark_parent(const struct host *p, const struct path *check)
{
    static const int of_way[] = {
        [WAY_WAIT] = MARK_MAYBE, [WAY_OPEN] = MARK_OPEN | MARK_MAYBE, [WAY_DEAD] = MARK_DEAD};

    if (!host_sees(p))
        return MARK_THROUGH;
    if (waits_for_parents(p) && p->own_ms >= check->failed_ms)
        return MARK_THROUGH | MARK_WAITS;
    return of_way[judge_parent(p, check)];
}

/* Open: the parents that answered since are enough. Dead: those that were found dead since are. */
enum way judge_way(struct model *m, struct host *h)
{
    struct walk w = walk_new(m);
    bool dead = false;
    struct host *p;
    int mark;

    walk_add(&w, h);
    while ((p = walk_next(&w))) {
        unsigned char *at = &w.marks.at[p->visit_at];

        *at = (unsigned char)(p == h ? MARK_THROUGH : mark_parent(p, h->path));
        dead |= (*at & MARK_DEAD) != 0;
        if (*at & MARK_THROUGH)
            walk_parents(&w, p);
    }
    count_up(&w);
    mark = w.marks.at[0];
    walk_done(&w);
    if (mark & MARK_OPEN)
        return WAY_OPEN;
    /* Nothing but a ring without a way in: no ground to call the way dead. */
    return mark & MARK_MAYBE ? WAY_WAIT : dead ? WAY_DEAD : WAY_OPEN;
}

/* ---- by what is known ---- */

/* Takes in all that decides whether h can be reached. A host that is down is a dead end, one that is unreachable or
 * cannot be asked is looked through, any other lives. Returns whether there is a dead end. */
static bool walk_known(struct walk *w, struct host *h)
{
    bool dead = false;
    struct host *p;

    walk_add(w, h);
    while ((p = walk_next(w))) {
        unsigned char *at = &w->marks.at[p->visit_at];
        bool bad = host_is_bad(p);

        if (p != h && bad && p->self.st.state == STATE_DOWN)
            *at = MARK_DEAD, dead = true;
        else if (p == h || bad || !host_sees(p))
            *at = MARK_THROUGH;
        else
            *at = MARK_OPEN | MARK_MAYBE;
        if (*at & MARK_THROUGH)
            walk_parents(w, p);
    }
    count_up(w);
    return dead;
}

bool path_all_dead(struct model *m, struct host *h)
{
    struct walk w = walk_new(m);
    bool dead = walk_known(&w, h), open = w.marks.at[0] & MARK_OPEN;

    walk_done(&w);
    return dead && !open;
}

/* ---- the cut ---- */

static bool is_well(const void *arg, int i)
{
    const struct host *h = arg;

    return !host_is_bad(h->parents.at[i]);
}

/* Down although there was a way to it: what is beyond is cut off by it, not by what is before it. */
static bool is_topmost(const struct host *p)
{
    return ways_open(p, is_well, p);
}

struct instead {
    const struct host *host;
    int except; /* as if this one parent were well */
};

static bool is_well_or(const void *arg, int i)
{
    const struct instead *s = arg;

    return i == s->except || !host_is_bad(s->host->parents.at[i]);
}

/* Would it help? With one of two dead switches that are both needed, either is part of the cut; one that a living one
 * stands in for is not. */
static bool matters(const struct host *h, int i)
{
    struct instead with = {h, i}, without = {h, -1};
    bool only = ways_open(h, is_well_or, &with) && !ways_open(h, is_well_or, &without);

    if (only || !h->ways || !h->ways->groups)
        return true;
    /* Several must come back: all of a group that is dead as a whole. */
    for (int k = 0; k < h->ways->n; k++)
        if (h->ways->groups[k] == h->ways->groups[i] && h->ways->all && !host_is_bad(h->parents.at[k]))
            return false;
    return true;
}

static void walk_bad_parents(struct walk *w, struct host *h)
{
    bool shaped = !h->ways || (size_t)h->ways->n == h->parents.n;

    for (size_t i = 0; i < h->parents.n; i++)
        if (!shaped || matters(h, (int)i))
            walk_add(w, h->parents.at[i]);
}

size_t model_cuts(struct model *m, struct host *h, struct host **ret, size_t max)
{
    struct walk w = walk_new(m);
    struct host *p, *any = NULL;
    size_t n = 0;

    walk_add(&w, h);
    while ((p = walk_next(&w))) {
        bool bad = host_is_bad(p), down = p != h && bad && p->self.st.state == STATE_DOWN;

        if (down && !any)
            any = p;
        if (down && is_topmost(p) && n < max)
            ret[n++] = p;
        if (p == h || (bad && !(down && is_topmost(p))) || !host_sees(p) || waits_for_parents(p))
            walk_bad_parents(&w, p);
    }
    walk_done(&w);
    if (n == 0 && any && max)
        ret[n++] = any;
    return n;
}

struct host *path_cut(struct model *m, struct host *h)
{
    struct host *cut = NULL;

    return model_cuts(m, h, &cut, 1) ? cut : NULL;
}

/* ---- what depends on a host ---- */

/* Whoever is not among those that may be cut off lives. */
static bool stays(const void *arg, int i)
{
    const struct asked *a = arg;
    const struct host *p = a->host->parents.at[i];

    return p->visit != a->walk->visit || (a->walk->marks.at[p->visit_at] & MARK_OPEN);
}

/* All beyond it, then those of them that another way leads to. */
void model_behind(struct model *m, struct host *h, int *ret_hosts, int *ret_checks)
{
    struct walk w = walk_new(m);
    int hosts = 0, checks = 0;
    bool changed = true;
    struct host *p;

    walk_add(&w, h);
    while ((p = walk_next(&w)))
        walk_children(&w, p);
    while (changed) {
        changed = false;
        for (size_t i = 1; i < w.hosts.n; i++) {
            struct asked a = {.walk = &w, .host = w.hosts.at[i]};
            if ((w.marks.at[i] & MARK_OPEN) || !ways_open(a.host, stays, &a))
                continue;
            w.marks.at[i] |= MARK_OPEN;
            changed = true;
        }
    }
    for (size_t i = 1; i < w.hosts.n; i++) {
        bool cut = !(w.marks.at[i] & MARK_OPEN);
        hosts += cut;
        checks += cut ? (int)w.hosts.at[i]->checks.n : 0;
    }
    walk_done(&w);
    *ret_hosts = hosts;
    *ret_checks = checks;
}
