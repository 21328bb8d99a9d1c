/* SPDX-License-Identifier: GPL-3.0-or-later */
/* past.c: see past.h. */
#include "web/past.h"
#include "base/mem.h"
#include "base/str.h"
#include <string.h>

enum { HISTORY_MOST = 10000, TRACKS_MOST = 5000, COUNT_EVERY_MS = 60000 };
#define KEEP_MS (INT64_C(86400) * 1000 * (UPTIME_DAYS + 2))

struct thing { /* one host or check that a component rests on */
    char *id;  /* "web1/http" */
    struct track track;
    bool wanted;
};
struct past {
    struct house *h;
    void (*changed)(void *arg);
    void *arg;
    struct map things;
    bool stopped;
    uint64_t changes; /* of tracks */
    /* counted: */
    struct uptime *days;
    const struct uptime **list;
    int n;
    int64_t counted_ms;
    uint64_t counted_changes, counted_board, counted_conf;
};
struct question {
    struct past *past;
    int64_t since_ms;
    char id[];
};

static void thing_free(struct thing *t)
{
    track_done(&t->track);
    mem_free(t->id);
    mem_free(t);
}

struct past *past_new(struct house *h, void (*changed)(void *arg), void *arg)
{
    struct past *p = NEW(struct past);
    *p = (struct past){.h = h, .changed = changed, .arg = arg};
    return p;
}

void past_stop(struct past *p)
{
    p->stopped = true;
}

struct past *past_free(struct past *p)
{
    size_t i = 0;
    void *t;
    if (!p)
        return NULL;
    while (map_each(&p->things, &i, NULL, &t))
        thing_free(t);
    map_done(&p->things);
    mem_free(p->days);
    mem_free(p->list);
    return mem_free(p);
}

/* ---- from the store ---- */

static void split(const char *id, char *host, size_t n, const char **ret_check)
{
    const char *slash = strchr(id, '/');
    str_copyn(host, n, id, slash ? (size_t)(slash - id) : strlen(id));
    *ret_check = slash ? slash + 1 : NULL;
}

static const struct item *find_item(const struct past *p, const char *id)
{
    char host[CONF_MAX_NAME + 1];
    const char *check;
    const struct host *h = model_find_host(p->h->model, id);
    if (h)
        return &h->self;
    split(id, host, sizeof host, &check);
    return check ? model_find(p->h->model, host, check) : NULL;
}

enum { AT, KIND, FROM, TO, HARD };

static void take_row(struct thing *t, const struct store_rows *rows, int i, bool *first, int64_t since_ms)
{
    const char *kind = store_cell_text(rows, i, KIND);
    int64_t at = store_cell_int(rows, i, AT);
    if (str_eq(kind, "downtime_start") || str_eq(kind, "downtime_end")) {
        track_add(&t->track, (struct track_step){at, str_eq(kind, "downtime_start") ? TRACK_WORK_BEGINS : TRACK_WORK_ENDS, 0});
        return;
    }
    int from = state_from_word(store_cell_text(rows, i, FROM)), to = state_from_word(store_cell_text(rows, i, TO));
    if (*first && from > STATE_PENDING) /* the first that is kept tells what was before */
        track_add(&t->track, (struct track_step){since_ms, TRACK_STATE, (uint8_t)from});
    *first = false;
    if (store_cell_int(rows, i, HARD) && to >= 0)
        track_add(&t->track, (struct track_step){at, TRACK_STATE, (uint8_t)to});
}

/* Nothing was kept of it: it has been what it is since then. */
static void take_present(const struct past *p, struct thing *t, int64_t since_ms)
{
    const struct item *it = find_item(p, t->id);
    if (!it || it->st.hard_state == STATE_PENDING)
        return;
    int64_t at = it->st.hard_since_ms > since_ms ? it->st.hard_since_ms : since_ms;
    track_add(&t->track, (struct track_step){at, TRACK_STATE, it->st.hard_state});
}

static void on_rows(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct question *q = arg;
    struct past *p = q->past;
    struct thing *t = p->stopped ? NULL : map_find(&p->things, q->id);
    bool whole = code == 0 && rows->n_rows < HISTORY_MOST, first = whole;
    (void)e;
    for (int i = code == 0 && t ? rows->n_rows : 0; i-- > 0;) /* newest first */
        take_row(t, rows, i, &first, q->since_ms);
    if (t && whole && first)
        take_present(p, t, q->since_ms);
    if (t) {
        p->changes++;
        p->changed(p->arg);
    }
    mem_free(q);
}

static void ask(struct past *p, const char *id)
{
    struct question *q = mem_zero(sizeof(*q) + strlen(id) + 1);
    char host[CONF_MAX_NAME + 1];
    const char *check;
    *q = (struct question){.past = p, .since_ms = house_now().wall_ms - KEEP_MS};
    memcpy(q->id, id, strlen(id) + 1);
    if (model_find_host(p->h->model, id)) {
        str_copy(host, sizeof host, id);
        check = NULL;
    } else {
        split(id, host, sizeof host, &check);
    }
    recorder_track(p->h->recorder, host, check, q->since_ms, HISTORY_MOST, on_rows, q);
}

/* ---- which things ---- */

static void want(struct past *p, const char *id)
{
    struct thing *t = map_find(&p->things, id);
    if (!t && p->things.n >= TRACKS_MOST)
        return;
    if (!t) {
        t = NEW(struct thing);
        t->id = mem_dup(id);
        map_set(&p->things, t->id, t);
        if (p->h->recorder)
            ask(p, id);
    }
    t->wanted = true;
}

void past_reconf(struct past *p)
{
    const struct conf *c = model_conf(p->h->model);
    size_t i = 0;
    const char *key;
    void *t;
    while (map_each(&p->things, &i, NULL, &t))
        ((struct thing *)t)->wanted = false;
    for (int k = 0; c && k < c->n_components; k++)
        for (int d = 0; d < c->components[k]->depends.n; d++)
            want(p, c->components[k]->depends.at[d]);
    for (i = 0; map_each(&p->things, &i, &key, &t);)
        if (!((struct thing *)t)->wanted) {
            map_remove(&p->things, key);
            thing_free(t);
        }
    p->changes++;
}

/* ---- from the model ---- */

static void add_step(struct past *p, const char *id, struct track_step s)
{
    struct thing *t = map_find(&p->things, id);
    if (!t)
        return;
    track_add(&t->track, s);
    p->changes++;
}

/* A downtime of a host is over all its checks. */
static void add_work(struct past *p, const struct downtime *d, struct track_step s)
{
    size_t i = 0, n = strlen(d->host_name);
    const char *id;
    void *t;
    while (map_each(&p->things, &i, &id, &t)) {
        bool host = str_starts(id, d->host_name) && (id[n] == 0 || id[n] == '/');
        if (host && (!d->check_name || (id[n] && str_eq(id + n + 1, d->check_name))))
            add_step(p, id, s);
    }
}

void past_event(struct past *p, const struct event *e)
{
    char id[2 * CONF_MAX_NAME + 8];
    if (e->kind == EVENT_STATE && e->item && e->transition && e->transition->hard_change) {
        item_id(e->item, id, sizeof id);
        add_step(p, id, (struct track_step){e->at_ms, TRACK_STATE, e->item->st.hard_state});
    } else if (e->kind == EVENT_DOWNTIME_STARTED && e->downtime) {
        add_work(p, e->downtime, (struct track_step){e->at_ms, TRACK_WORK_BEGINS, 0});
    } else if (e->kind == EVENT_DOWNTIME_ENDED && e->downtime) {
        add_work(p, e->downtime, (struct track_step){e->at_ms, TRACK_WORK_ENDS, 0});
    }
}

/* ---- counting ---- */

/* When this house began to know anything. */
static int64_t begin_of(const struct past *p, const struct sight *s)
{
    int64_t begin = p->h->started_wall_ms;
    size_t i = 0, n = board_count(s->board);
    void *t;
    while (map_each(&p->things, &i, NULL, &t)) {
        const struct track *track = &((struct thing *)t)->track;
        if (track->steps.n && track->steps.at[0].at_ms < begin)
            begin = track->steps.at[0].at_ms;
    }
    const struct bulletin *oldest = n ? board_at(s->board, n - 1) : NULL;
    return oldest && oldest->posted_ms && oldest->posted_ms < begin ? oldest->posted_ms : begin;
}

static void count_one(struct past *p, const struct sight *s, int i, int64_t begin_ms)
{
    const struct conf_component *c = s->components[i].c;
    const struct track **tracks = mem_array((size_t)c->depends.n + 1, sizeof(*tracks));
    for (int k = 0; k < c->depends.n; k++) {
        struct thing *t = map_find(&p->things, c->depends.at[k]);
        tracks[k] = t ? &t->track : NULL;
    }
    uptime_count(&p->days[i], s, c, tracks, begin_ms);
    mem_free(tracks);
}

static void forget_old(struct past *p, int64_t now_ms)
{
    size_t i = 0;
    void *t;
    while (map_each(&p->things, &i, NULL, &t))
        track_forget(&((struct thing *)t)->track, now_ms - KEEP_MS);
}

const struct uptime *const *past_days(struct past *p, const struct sight *s)
{
    uint64_t conf = s->conf ? s->conf->number : 0, board = board_version(s->board);
    bool fresh = p->list && p->n == s->n && p->counted_changes == p->changes && p->counted_board == board && p->counted_conf == conf && s->now_ms - p->counted_ms < COUNT_EVERY_MS && s->now_ms >= p->counted_ms;
    if (fresh)
        return p->list;
    mem_free(p->days);
    mem_free(p->list);
    p->days = mem_array((size_t)s->n + 1, sizeof(*p->days));
    p->list = mem_array((size_t)s->n + 1, sizeof(*p->list));
    p->n = s->n;
    forget_old(p, s->now_ms);
    int64_t begin_ms = begin_of(p, s);
    for (int i = 0; i < s->n; i++) {
        count_one(p, s, i, begin_ms);
        p->list[i] = &p->days[i];
    }
    p->counted_ms = s->now_ms;
    p->counted_changes = p->changes;
    p->counted_board = board;
    p->counted_conf = conf;
    return p->list;
}
