/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reconf.c: applies a configuration generation, in slices, and keeps the state of all that goes on.
 *
 *   hosts   every host and check of the next generation finds its object (by name, or by `was:`) or
 * gets one links   parents and children are set where they differ relations what items have to do
 * with one another remove  what the next generation does not have leaves, with EVENT_REMOVED
 *
 * Both generations are held until the end, so every object always points into a living one.  An
 * object is in the next generation when its `kept` equals the model's, which is turned over at the
 * beginning. */
#include "base/str.h"
#include "model/links.h"

struct reconf {
    struct model *m;
    struct conf *next;
    int (*step)(struct reconf *r, struct moment now); /* one unit of work; 0: this phase is done */
    size_t i;                                         /* host of `next`, or of a list */
    int i_check;
    struct host *host;         /* being applied */
    const char *old_name;      /* its name before, when it was renamed */
    VEC(struct item *) checks; /* its new list */
    VEC(struct host *) hosts;  /* the new list, then the old one */
    VEC(struct item *) gone_checks;
    VEC(struct host *) gone_hosts;
};

static void raise_plain(struct model *m, enum event_kind kind, struct item *it, const char *text,
                        struct moment now)
{
    struct event e = item_event(kind, it, now);

    if (text)
        e.text = text;
    model_raise(m, &e);
}

/* ---- items ---- */

static void item_born(struct reconf *r, struct item *it, struct moment now)
{
    it->kept = r->m->kept;
    it->enabled = item_configured(it);
    duty_begin(it, now);
    it->fresh_mono_ms = now.mono_ms;
    fresh_arm(r->m, it);
    it->seq = ++r->m->seq;
    item_count(r->m, it);
    *(it->is_host ? &r->m->counts.hosts : &r->m->counts.checks) += 1;
    raise_plain(r->m, EVENT_ADDED, it, NULL, now);
    downtime_item_added(r->m, it);
}

static void item_goes_on(struct reconf *r, struct item *it, bool changed, struct moment now)
{
    it->kept = r->m->kept;
    item_enable(r->m, it, NULL, NULL, now);
    fresh_arm(r->m, it);
    if (!changed)
        return;
    it->seq = ++r->m->seq;
    raise_plain(r->m, EVENT_CHANGED, it, NULL, now);
}

/* The store has its row under the old name. */
static void item_renamed(struct reconf *r, struct item *it, const char *old_check,
                         struct moment now)
{
    char old_id[2 * CONF_MAX_NAME + 16];

    str_print(old_id, sizeof(old_id), "%s%s%s", r->old_name ? r->old_name : it->host->name,
              old_check ? "/" : "", old_check ? old_check : "");
    item_touch(r->m, it);
    raise_plain(r->m, EVENT_RENAMED, it, old_id, now);
    downtime_item_renamed(r->m, it, now);
}

/* ---- checks of a host ---- */

static struct item *former_check(struct reconf *r, const struct conf_check *c)
{
    struct host *h = r->host;
    struct item *it = host_find(h, c->name);

    if (!it && c->was && !conf_find_check(h->conf, c->was))
        it = host_find(h, c->was);
    return it && it->kept != r->m->kept ? it : NULL;
}

static void apply_check(struct reconf *r, const struct conf_check *c, struct moment now)
{
    struct item *it = former_check(r, c);
    const char *old_name;
    bool changed;

    if (!it) {
        it = NEW(struct item);
        item_init(it, r->host, false);
        it->conf = c;
        VEC_PUSH(&r->checks, it);
        item_born(r, it, now);
        return;
    }
    old_name = it->conf->name;
    changed = it->conf->print != c->print;
    it->conf = c;
    VEC_PUSH(&r->checks, it);
    item_goes_on(r, it, changed, now);
    if (r->old_name || !str_eq(old_name, c->name))
        item_renamed(r, it, old_name, now);
}

/* ---- hosts ---- */

static struct host *former_host(struct reconf *r, const struct conf_host *c)
{
    struct host *h = model_find_host(r->m, c->name);

    if (!h && c->was && !conf_find_host(r->next, c->was))
        h = model_find_host(r->m, c->was);
    return h && h->kept != r->m->kept ? h : NULL;
}

static void host_born(struct reconf *r, const struct conf_host *c, struct moment now)
{
    struct host *h = host_new();

    h->name = c->name;
    h->conf = c;
    h->kept = r->m->kept;
    h->self.conf = c->alive;
    h->blind = !c->alive;
    map_set(&r->m->host_by_name, h->name, h);
    r->host = h;
    item_born(r, &h->self, now);
}

/* A check of its own that came or went: what was concluded from it or without it is begun anew. */
static void host_own_check(struct reconf *r, struct host *h, const struct conf_check *alive,
                           struct moment now)
{
    bool had = h->self.conf != NULL;

    h->self.conf = alive;
    if (had == (alive != NULL))
        return;
    h->blind = !alive;
    h->own_ms = 0;
    path_end(r->m, h);
    host_release(r->m, h, false, now);
}

static void host_goes_on(struct reconf *r, struct host *h, const struct conf_host *c,
                         struct moment now)
{
    const struct conf_check *own = h->self.conf, *alive = c->alive;
    bool changed =
        h->conf->print != c->print || !own != !alive || (own && own->print != alive->print);

    if (!str_eq(h->name, c->name)) {
        r->old_name = h->name;
        map_remove(&r->m->host_by_name, h->name);
    }
    h->name = c->name;
    h->conf = c;
    h->kept = r->m->kept;
    map_set(&r->m->host_by_name, h->name, h);
    r->host = h;
    host_own_check(r, h, alive, now);
    item_goes_on(r, &h->self, changed, now);
    if (r->old_name)
        item_renamed(r, &h->self, NULL, now);
}

static void begin_host(struct reconf *r, const struct conf_host *c, struct moment now)
{
    struct host *h = former_host(r, c);

    r->old_name = NULL;
    r->i_check = 0;
    r->m->has_was |= c->was != NULL;
    if (h)
        host_goes_on(r, h, c, now);
    else
        host_born(r, c, now);
}

static void end_host(struct reconf *r)
{
    struct host *h = r->host;

    for (size_t i = 0; i < h->checks.n; i++) {
        struct item *it = h->checks.at[i];
        if (it->kept == r->m->kept)
            continue;
        h->answering -= it->answered;
        it->answered = false;
        VEC_PUSH(&r->gone_checks, it);
    }
    VEC_DONE(&h->checks);
    h->checks.at = r->checks.at;
    h->checks.n = r->checks.n;
    h->checks.cap = r->checks.cap;
    r->checks.at = NULL;
    r->checks.n = r->checks.cap = 0;
    host_index(h);
    VEC_PUSH(&r->hosts, h);
    r->host = NULL;
}

static int step_hosts(struct reconf *r, struct moment now)
{
    struct conf_host *c;

    if (r->i >= (size_t)r->next->n_hosts)
        return 0;
    c = r->next->hosts[r->i];
    if (!r->host) {
        begin_host(r, c, now);
    } else if (r->i_check < c->n_checks) {
        r->m->has_was |= c->checks[r->i_check]->was != NULL;
        apply_check(r, c->checks[r->i_check++], now);
    }
    if (r->i_check >= c->n_checks) {
        end_host(r);
        r->i++;
    }
    return 1;
}

/* The new list becomes the model's; what is only on the old one is gone. */
static void swap_lists(struct reconf *r)
{
    struct host **at = r->m->hosts.at;
    size_t n = r->m->hosts.n;

    r->m->hosts.at = r->hosts.at;
    r->m->hosts.n = r->hosts.n;
    r->m->hosts.cap = r->hosts.cap;
    r->hosts.at = NULL;
    r->hosts.n = r->hosts.cap = 0;
    for (size_t i = 0; i < n; i++) {
        if (at[i]->kept == r->m->kept)
            continue;
        map_remove(&r->m->host_by_name, at[i]->name); /* nobody finds it any more */
        VEC_PUSH(&r->gone_hosts, at[i]);
    }
    mem_free(at);
}

/* ---- links ---- */

static bool links_are_right(const struct model *m, const struct host *h)
{
    const struct conf_ways *w = h->conf->ways;
    size_t n = 0;

    for (int i = 0; w && i < w->n; i++) {
        struct host *p = model_find_host(m, w->names[i]);
        if (p && (n >= h->parents.n || h->parents.at[n] != p))
            return false;
        n += p != NULL;
    }
    return n == h->parents.n;
}

static void forget_child(struct host *p, const struct host *h)
{
    for (size_t i = 0; i < p->children.n; i++) {
        if (p->children.at[i] != h)
            continue;
        p->children.at[i] = p->children.at[--p->children.n];
        return;
    }
}

static void forget_parent(struct host *c, const struct host *h)
{
    for (size_t i = 0; i < c->parents.n; i++)
        if (c->parents.at[i] == h) {
            VEC_REMOVE(&c->parents, i);
            return;
        }
}

static void unlink_parents(struct host *h)
{
    for (size_t i = 0; i < h->parents.n; i++)
        forget_child(h->parents.at[i], h);
    h->parents.n = 0;
}

static void drop_cut(struct reconf *r, struct host *h, struct moment now)
{
    if (!h->cut || h->cut->kept == r->m->kept)
        return;
    h->cut = NULL;
    item_recheck(r->m, &h->self, true, now);
}

/* A result that came between two slices may have named a host that goes, by way of one whose links were still the old ones. */
static void drop_cuts(struct reconf *r, struct moment now)
{
    for (size_t i = 0; i < r->m->hosts.n; i++)
        drop_cut(r, r->m->hosts.at[i], now);
}

static void link_parents(struct model *m, struct host *h)
{
    const struct conf_ways *w = h->conf->ways;

    unlink_parents(h);
    for (int i = 0; w && i < w->n; i++) {
        struct host *p = model_find_host(m, w->names[i]);
        if (!p)
            continue;
        VEC_PUSH(&h->parents, p);
        VEC_PUSH(&p->children, h);
    }
}

static int step_links(struct reconf *r, struct moment now)
{
    struct host *h;

    if (r->i >= r->m->hosts.n)
        return 0;
    h = r->m->hosts.at[r->i++];
    if (!links_are_right(r->m, h))
        link_parents(r->m, h);
    h->ways = h->conf->ways;
    path_look(r->m, h, now);
    path_settle(r->m, now);
    drop_cut(r, h, now);
    return 1;
}

/* ---- what items have to do with one another ---- */

static int step_relations(struct reconf *r, struct moment now)
{
    struct host *h;

    if (r->i >= r->m->hosts.n)
        return 0;
    h = r->m->hosts.at[r->i++];
    links_take(r->m, &h->self, now);
    for (size_t i = 0; i < h->checks.n; i++)
        links_take(r->m, h->checks.at[i], now);
    return 1;
}

/* ---- what is gone ---- */

static void item_goes(struct reconf *r, struct item *it, struct moment now)
{
    raise_plain(r->m, EVENT_REMOVED, it, NULL, now);
    downtime_item_gone(r->m, it);
    if (!it->is_host)
        it->host->answering -= it->answered;
    item_done(r->m, it);
    *(it->is_host ? &r->m->counts.hosts : &r->m->counts.checks) -= 1;
}

static void host_goes(struct reconf *r, struct host *h, struct moment now)
{
    item_goes(r, &h->self, now);
    unlink_parents(h);
    for (size_t i = 0; i < h->children.n; i++)
        forget_parent(h->children.at[i], h);
    host_free(r->m, h);
}

static int step_remove(struct reconf *r, struct moment now)
{
    struct host *h;

    if (r->gone_checks.n) {
        struct item *it = r->gone_checks.at[--r->gone_checks.n];
        item_goes(r, it, now);
        mem_free(it);
        return 1;
    }
    if (!r->gone_hosts.n)
        return 0;
    h = r->gone_hosts.at[r->gone_hosts.n - 1];
    if (h->checks.n) {
        VEC_PUSH(&r->gone_checks, h->checks.at[--h->checks.n]);
        return 1;
    }
    r->gone_hosts.n--;
    host_goes(r, h, now);
    return 1;
}

/* ---- the whole ---- */

struct reconf *reconf_begin(struct model *m, struct conf *next)
{
    struct reconf *r;

    if (m->reconf)
        return NULL;
    r = NEW(struct reconf);
    r->m = m;
    r->next = conf_ref(next);
    r->step = step_hosts;
    m->reconf = r;
    m->kept = !m->kept;
    m->has_was = false;
    return r;
}

static void next_phase(struct reconf *r, struct moment now)
{
    r->i = 0;
    if (r->step == step_hosts) {
        swap_lists(r);
        r->step = step_links;
    } else if (r->step == step_links) {
        drop_cuts(r, now);
        r->step = step_relations;
    } else if (r->step == step_relations) {
        r->step = step_remove;
    } else {
        r->step = NULL;
        r->m->duty_due_ms = 0;
    }
}

static void reconf_done(struct reconf *r, struct moment now)
{
    struct model *m = r->m;

    conf_unref(m->conf);
    m->conf = r->next;
    m->reconf = NULL;
    VEC_DONE(&r->gone_checks);
    VEC_DONE(&r->gone_hosts);
    mem_free(r);
    raise_plain(m, EVENT_RECONF, NULL, NULL, now);
}

int reconf_step(struct reconf *r, int budget, struct moment now)
{
    /* Never between two checks of a host: a downtime that began or ended there would count for some of them only. */
    while (r->step && (budget-- > 0 || r->host))
        if (!r->step(r, now))
            next_phase(r, now);
    links_settle(r->m, now);
    if (r->step)
        return 1;
    reconf_done(r, now);
    return 0;
}
