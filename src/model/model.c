/* SPDX-License-Identifier: GPL-3.0-or-later */
/* model.c: the model as a whole: made, listened to, searched, restored.  What results do is in
 * result.c and hostrow.c, what time does in tick.c, what people do in command.c, what
 * configurations do in reconf.c. */
#include "base/panic.h"
#include "base/str.h"
#include "model/links.h"

struct model *model_new(void)
{
    return NEW(struct model);
}

void model_listen(struct model *m, model_listener *fn, void *arg)
{
    ASSERT(m->n_listeners < MODEL_MAX_LISTENERS);
    m->listeners[m->n_listeners].fn = fn;
    m->listeners[m->n_listeners++].arg = arg;
}

void model_deafen(struct model *m)
{
    m->n_listeners = 0;
}

const char *model_file(const struct model *m, struct conf_where where)
{
    return m->conf && where.file < m->conf->n_files ? m->conf->files[where.file] : "";
}

void model_raise(struct model *m, const struct event *e)
{
    for (int i = 0; i < m->n_listeners; i++)
        m->listeners[i].fn(m->listeners[i].arg, e);
}

struct event item_event(enum event_kind kind, struct item *it, struct moment now)
{
    struct event e = {.kind = kind, .item = it, .at_ms = now.wall_ms};

    if (it) {
        e.from = (enum state)it->st.previous;
        e.to = (enum state)it->st.state;
        e.hard = it->st.hard;
        e.attempt = it->st.attempt;
        e.text = it->text;
    }
    return e;
}

void item_recheck(struct model *m, struct item *it, bool soon, struct moment now)
{
    if (!depend_blocks(it))
        item_ask(m, it, soon, now);
}

void item_ask(struct model *m, struct item *it, bool soon, struct moment now)
{
    struct event e = item_event(EVENT_RECHECK, it, now);

    if (!item_is_active(it))
        return;
    e.to = soon                            ? STATE_PENDING
           : it->st.state != STATE_PENDING ? (enum state)it->st.state
                                           : STATE_UNKNOWN;
    model_raise(m, &e);
}

const struct conf *model_conf(const struct model *m)
{
    return m->conf;
}

struct host *model_find_host(const struct model *m, const char *name)
{
    return name ? map_find(&m->host_by_name, name) : NULL;
}

struct item *model_find(const struct model *m, const char *host, const char *check)
{
    struct host *h = model_find_host(m, host);

    if (!h)
        return NULL;
    return check ? host_find(h, check) : &h->self;
}

struct item *model_next(const struct model *m, size_t *i_host, size_t *i_check)
{
    while (*i_host < m->hosts.n) {
        struct host *h = m->hosts.at[*i_host];
        if (*i_check == 0) {
            *i_check = 1;
            return &h->self;
        }
        if (*i_check <= h->checks.n)
            return h->checks.at[(*i_check)++ - 1];
        ++*i_host;
        *i_check = 0;
    }
    return NULL;
}

size_t model_hosts(const struct model *m)
{
    return m->hosts.n;
}

struct host *model_host_at(const struct model *m, size_t i)
{
    ASSERT(i < m->hosts.n);
    return m->hosts.at[i];
}

void model_count(const struct model *m, struct model_counts *ret)
{
    *ret = m->counts;
}

void model_told(struct model *m, struct item *it, bool told)
{
    if (it->told == told)
        return;
    it->told = told;
    item_touch(m, it);
}

/* ---- restoring ---- */

/* By the name it has now, or the one that it had before (`was:`). */
static struct host *restored_host(const struct model *m, const char *name)
{
    struct host *h = model_find_host(m, name);

    for (size_t i = 0; !h && m->has_was && i < m->hosts.n; i++)
        if (str_eq(m->hosts.at[i]->conf->was, name))
            h = m->hosts.at[i];
    return h;
}

struct item *restored_item(const struct model *m, const char *host, const char *check)
{
    struct host *h = restored_host(m, host);
    struct item *it;

    if (!h || !check)
        return h ? &h->self : NULL;
    it = host_find(h, check);
    for (size_t i = 0; !it && m->has_was && i < h->checks.n; i++)
        if (str_eq(h->checks.at[i]->conf->was, check))
            it = h->checks.at[i];
    return it;
}

static bool state_fits(int s, bool is_host)
{
    if (s == STATE_PENDING)
        return true;
    return is_host ? s >= STATE_UP && s < STATE_COUNT : s >= STATE_OK && s <= STATE_UNKNOWN;
}

static bool standing_fits(const struct standing *st, bool is_host)
{
    return state_fits(st->state, is_host) && state_fits(st->hard_state, is_host) &&
           st->previous < STATE_COUNT && st->flap_n <= 21;
}

/* The deadline of freshness is what is left of it, but not less than the grace. */
static void restore_freshness(struct model *m, struct item *it, struct moment now)
{
    int64_t fresh = it->conf ? it->conf->freshness_ms : 0;
    int64_t age = now.wall_ms - it->last_check_ms;
    int64_t grace = fresh < MODEL_GRACE_MS ? fresh : MODEL_GRACE_MS;

    if (it->last_check_ms && age > 0)
        it->fresh_mono_ms = now.mono_ms - (age < fresh - grace ? age : fresh - grace);
    fresh_arm(m, it);
}

static void restore_evidence(struct item *it)
{
    bool answered = !it->is_host && state_is_good((enum state)it->st.state);

    it->host->answering += answered - it->answered;
    it->answered = answered;
}

int model_restore(struct model *m, const struct item_state *s, struct moment now)
{
    struct item *it = restored_item(m, s->host, s->check);

    if (!it)
        return ERR_NOT_FOUND;
    if (!standing_fits(&s->st, it->is_host))
        return ERR_INVALID;
    it->st = s->st;
    item_keep_text(&it->text, s->text);
    item_keep_text(&it->more, s->more);
    item_keep_text(&it->perfdata, s->perfdata);
    it->last_check_ms = s->last_check_ms;
    it->next_check_ms = s->next_check_ms;
    it->told = s->told;
    /* It may have been held back when the daemon ended; then the next bad result brings it out. */
    it->held = item_hard_bad(it) && !s->told && it->st.state != STATE_UNREACHABLE &&
               now.wall_ms - it->st.hard_since_ms < 10 * 60000;
    it->override_enabled = s->override_enabled < 0 ? -1 : s->override_enabled > 0;
    it->enabled = it->override_enabled >= 0 ? it->override_enabled : item_configured(it);
    if (s->ack_author && state_is_bad((enum state)it->st.state))
        ack_set(m, it,
                &(struct ack_args){s->ack_author, s->ack_comment, s->ack_at_ms, s->ack_expires_ms,
                                   s->ack_sticky});
    restore_evidence(it);
    restore_freshness(m, it, now);
    it->seq = ++m->seq;
    item_count(m, it);
    for (size_t i = 0; it->is_host && i < it->host->checks.n; i++)
        item_count(m, it->host->checks.at[i]);
    return 0;
}

static void free_host_whole(struct model *m, struct host *h)
{
    for (size_t i = 0; i < h->checks.n; i++) {
        item_done(m, h->checks.at[i]);
        mem_free(h->checks.at[i]);
    }
    host_free(m, h);
}

struct model *model_free(struct model *m)
{
    if (!m)
        return NULL;
    m->n_listeners = 0; /* they may be gone */
    while (m->reconf && reconf_step(m->reconf, 10000, m->last)) {
    }
    for (size_t i = 0; i < m->hosts.n; i++) /* while those who hear of it are there */
        path_end(m, m->hosts.at[i]);
    for (size_t i = 0; i < m->hosts.n; i++)
        free_host_whole(m, m->hosts.at[i]);
    for (size_t i = 0; i < m->downtimes.n; i++)
        downtime_free(m->downtimes.at[i]);
    VEC_DONE(&m->hosts);
    VEC_DONE(&m->downtimes);
    VEC_DONE(&m->poked);
    map_done(&m->host_by_name);
    heap_done(&m->fresh);
    heap_done(&m->acks);
    heap_done(&m->paths);
    heap_done(&m->derive);
    VEC_DONE(&m->news);
    conf_unref(m->conf);
    mem_free(m);
    return NULL;
}
