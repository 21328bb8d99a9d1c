/* SPDX-License-Identifier: GPL-3.0-or-later */
/* discovery.c: see discovery.h. The way of a run: it looks (LOOKS), what it found is judged on a worker (JUDGES), and taken in (TAKES). */
#include "daemon/discovery.h"
#include "base/log.h"
#include "base/msg.h"
#include "base/str.h"
#include "checks/discover/known.h"

enum { FIRST_MS = 20 * 1000, AGAIN_MS = 10 * 60 * 1000, RETRY_MS = 60 * 60 * 1000, SLICE = 100, MAX_WAITING = 32 };
enum discovery_phase { IDLE, LOOKS, JUDGES, TAKES };

/* What a worker judges, with copies of all that it needs: it may outlive us. */
struct judging {
    struct discovery *v; /* NULL: nobody wants it any more */
    struct book *findings; /* a book of its own is a list of copies */
    struct known_verdict *verdict;
    struct conf *conf;
    struct conf_env env;
    char machine[128], own[1100];
    bool whole_book; /* the configuration has changed; else a run's findings */
};
struct waiting {
    house_discover_done *fn;
    void *arg;
};
struct discovery {
    struct daemon *d;
    struct timer due, slice;
    struct discover *run;
    struct judging *judging;
    struct book *found; /* of the run under way */
    enum discovery_phase phase;
    size_t at; /* TAKES: the next one */
    bool stopped, rejudge, first_of_source, whole;
    struct house_discover_state state;
    VEC(struct waiting) waiting;
};

/* ---- the end of a run ---- */

static int64_t interval_ms(const struct discovery *v)
{
    const struct conf *c = model_conf(v->d->house.model);
    return c ? c->site.discover_host_ms : 0;
}

static void plan(struct discovery *v, int64_t after_ms)
{
    if (v->stopped || interval_ms(v) == 0)
        timer_clear(&v->due);
    else
        timer_set(&v->due, after_ms);
}

static void answer_all(struct discovery *v)
{
    VEC(struct waiting) now = {0};
    for (size_t i = 0; i < v->waiting.n; i++)
        VEC_PUSH(&now, v->waiting.at[i]);
    v->waiting.n = 0;
    for (size_t i = 0; i < now.n; i++)
        now.at[i].fn(now.at[i].arg, v->state.code, &v->state.err);
    VEC_DONE(&now);
}

static void judge_book(struct discovery *v);

static void end_run(struct discovery *v, bool doubts)
{
    bool host = str_eq(v->state.source, "host");
    v->phase = IDLE;
    v->found = book_free(v->found);
    v->state.running = false;
    v->state.ended_ms = clock_wall_ms();
    if (host)
        plan(v, doubts ? AGAIN_MS : v->state.code < 0 && interval_ms(v) > RETRY_MS ? RETRY_MS : interval_ms(v));
    answer_all(v);
    if (v->rejudge && v->phase == IDLE)
        judge_book(v);
}

static void fail_run(struct discovery *v, int code, const struct err *e)
{
    struct buf b = BUF_MAX(1000);
    v->state.code = code;
    v->state.err = *e;
    msg_render(&b, e->text, "en");
    log_line(LOG_WARN, "discovery (%s): %s", v->state.source, buf_text(&b));
    buf_done(&b);
    end_run(v, false);
}

/* ---- taking in ---- */

static void cannot_propose(const struct book_entry *en)
{
    struct buf yaml = BUF_MAX(BOOK_MAX_YAML + 100);
    finding_show_yaml(&en->f, &yaml);
    log_line(LOG_WARN, "discovery: %s cannot be proposed: %s", en->f.key, buf_text(&yaml));
    buf_done(&yaml);
}

static void take_one(struct discovery *v, const struct judging *j, size_t i, int64_t now_ms)
{
    const struct book_entry *en = book_at(j->findings, i);
    const struct known_verdict *k = &j->verdict[i];
    if (j->whole_book)
        book_watched(v->d->house.book, en->f.key, k->watched, k->by_people, now_ms);
    else if (k->loads)
        (void)book_take(v->d->house.book, &en->f, k->watched, k->by_people, now_ms);
    else
        cannot_propose(en);
}

static struct judging *judging_free(struct judging *j)
{
    book_free(j->findings);
    mem_free(j->verdict);
    conf_unref(j->conf);
    return mem_free(j);
}

static void taken_all(struct discovery *v)
{
    struct house *h = &v->d->house;
    int64_t now_ms = clock_wall_ms();
    bool whole_book = v->judging->whole_book;
    int doubts = whole_book ? 0 : book_end(h->book, v->state.source, v->whole, now_ms);
    v->judging = judging_free(v->judging);
    found_tell(h->recorder, h->book, h->machine_name, now_ms, v->first_of_source && !whole_book);
    found_save(h->store, h->book, NULL, NULL);
    if (!whole_book) {
        end_run(v, doubts > 0);
        return;
    }
    v->phase = IDLE;
    if (v->rejudge)
        judge_book(v);
}

static void take_some(void *arg)
{
    struct discovery *v = arg;
    const struct judging *j = v->judging;
    int64_t now_ms = clock_wall_ms();
    for (int n = 0; n < SLICE && v->at < book_size(j->findings); n++)
        take_one(v, j, v->at++, now_ms);
    if (v->at < book_size(j->findings))
        timer_set(&v->slice, 0);
    else
        taken_all(v);
}

static bool has_source(const struct book *b, const char *source)
{
    for (size_t i = 0; i < book_size(b); i++)
        if (str_eq(book_at(b, i)->f.source, source))
            return true;
    return false;
}

static void take_all(struct discovery *v)
{
    v->phase = TAKES;
    v->at = 0;
    if (!v->judging->whole_book) {
        v->first_of_source = !has_source(v->d->house.book, v->state.source);
        book_begin(v->d->house.book, v->state.source);
    }
    take_some(v);
}

/* ---- judging ---- */

static void judge_run(void *arg)
{
    struct judging *j = arg;
    struct known *k = known_new(&j->env, j->conf, j->machine, j->own);
    for (size_t i = 0; i < book_size(j->findings); i++)
        known_judge(k, &book_at(j->findings, i)->f, &j->verdict[i]);
    known_free(k);
}

static void judge_done(void *arg)
{
    struct judging *j = arg;
    if (j->v)
        take_all(j->v);
    else
        judging_free(j);
}

static void judge_drop(void *arg)
{
    struct judging *j = arg;
    if (j->v)
        j->v->judging = NULL;
    judging_free(j);
}

/* Takes the book of findings. */
static int judge(struct discovery *v, struct book *findings, bool whole_book)
{
    struct house *h = &v->d->house;
    struct judging *j = NEW(struct judging);
    *j = (struct judging){.v = v, .findings = findings, .env = h->conf_env, .whole_book = whole_book};
    j->verdict = mem_array(book_size(findings) + 1, sizeof *j->verdict);
    j->conf = conf_ref((struct conf *)model_conf(h->model));
    str_copy(j->machine, sizeof j->machine, h->machine_name);
    str_copy(j->own, sizeof j->own, v->d->place.found);
    j->env.machine_name = j->machine;
    v->phase = JUDGES;
    v->judging = j;
    int code = work_give(v->d->workers, v->d->loop, judge_run, judge_done, judge_drop, j);
    if (code < 0) {
        v->judging = judging_free(j);
        v->phase = IDLE;
    }
    return code;
}

static void judge_book(struct discovery *v)
{
    struct book *b = v->d->house.book, *copy = book_new();
    v->rejudge = false;
    for (size_t i = 0; i < book_size(b); i++)
        (void)book_restore(copy, book_at(b, i));
    if (book_size(copy) == 0)
        book_free(copy);
    else if (judge(v, copy, true) < 0)
        v->rejudge = true; /* with the next one */
}

static void on_event(void *arg, const struct event *e)
{
    struct discovery *v = arg;
    if (e->kind != EVENT_RECONF || v->stopped)
        return;
    v->rejudge = true;
    if (v->phase == IDLE)
        judge_book(v);
    if (!timer_is_set(&v->due) && v->phase != LOOKS)
        plan(v, interval_ms(v));
    else if (interval_ms(v) == 0)
        timer_clear(&v->due);
}

/* ---- looking ---- */

static void on_finding(void *arg, const struct finding *f)
{
    struct discovery *v = arg;
    (void)book_take(v->found, f, false, false, 0);
}

static void on_progress(void *arg, const struct discover_progress *p) { ((struct discovery *)arg)->state.progress = *p; }

static void looked(struct discovery *v, bool whole)
{
    struct book *found = v->found;
    v->found = NULL;
    v->whole = whole;
    if (judge(v, found, false) < 0) {
        struct err e;
        err_set(&e, ERR_BUSY, MSG("the workers have too much to do; try again"), "");
        fail_run(v, ERR_BUSY, &e);
    }
}

static void on_end(void *arg, const struct err *e)
{
    struct discovery *v = arg;
    v->run = NULL;
    if (e)
        fail_run(v, e->code, e);
    else
        looked(v, true);
}

static const struct discover_events events = {on_finding, on_progress, on_end};

static struct discover *start(struct discovery *v, const struct house_discover *ask, struct err *e)
{
    struct daemon *d = v->d;
    if (!ask->net)
        return discover_host(d->loop, d->machine_workers, d->machine, &events, v, e);
    struct discover_net_ask net = {.prefix = ask->net, .rate_pps = ask->rate_pps, .communities = ask->communities, .listen_ms = ask->listen_ms};
    return discover_net(d->loop, &net, &events, v, e);
}

/* Somebody wants to look now: what the book has to do with the configuration is judged after that. */
static void judging_put_off(struct discovery *v)
{
    if (v->phase == TAKES) {
        timer_clear(&v->slice);
        judging_free(v->judging);
    } else if (v->judging) {
        v->judging->v = NULL; /* the worker still has it */
    }
    v->judging = NULL;
    v->rejudge = true;
    v->phase = IDLE;
}

int discovery_run(void *daemon, const struct house_discover *ask, house_discover_done *fn, void *arg, struct err *e)
{
    struct daemon *d = daemon;
    struct discovery *v = d->discovery;
    if (!v || v->stopped || v->state.running || v->waiting.n >= MAX_WAITING)
        return err_set(e, ERR_BUSY, MSG("vigie is looking already; wait until it is done"), "");
    if (v->phase != IDLE)
        judging_put_off(v);
    v->state = (struct house_discover_state){.began_ms = clock_wall_ms()};
    str_print(v->state.source, sizeof v->state.source, ask->net ? "net %.200s" : "host", ask->net);
    v->found = book_new();
    v->run = start(v, ask, e);
    if (!v->run) {
        v->found = book_free(v->found);
        if (v->rejudge)
            judge_book(v);
        return e ? e->code : ERR_IO;
    }
    v->phase = LOOKS;
    v->state.running = true;
    timer_clear(&v->due);
    if (fn)
        VEC_PUSH(&v->waiting, ((struct waiting){fn, arg}));
    return 0;
}

void discovery_state(void *daemon, struct house_discover_state *ret)
{
    const struct daemon *d = daemon;
    *ret = d->discovery ? d->discovery->state : (struct house_discover_state){0};
}

void discovery_halt(void *daemon)
{
    struct daemon *d = daemon;
    struct discovery *v = d->discovery;
    if (!v || v->phase != LOOKS)
        return;
    discover_stop(v->run);
    v->run = NULL;
    looked(v, false);
}

static void due(void *arg)
{
    struct discovery *v = arg;
    struct err e = {0};
    if (discovery_run(v->d, &(struct house_discover){.net = NULL}, NULL, NULL, &e) < 0)
        plan(v, RETRY_MS < interval_ms(v) ? RETRY_MS : interval_ms(v));
}

/* ---- life ---- */

struct discovery *discovery_new(struct daemon *d)
{
    struct discovery *v = NEW(struct discovery);
    v->d = d;
    timer_init(&v->due, d->loop, due, v);
    timer_init(&v->slice, d->loop, take_some, v);
    model_listen(d->house.model, on_event, v);
    return v;
}

void discovery_begin(struct discovery *v)
{
    plan(v, FIRST_MS);
    if (book_size(v->d->house.book)) /* files may have changed while nothing ran */
        judge_book(v);
}

void discovery_stop(struct discovery *v)
{
    if (!v || v->stopped)
        return;
    v->stopped = true;
    timer_clear(&v->due);
    timer_clear(&v->slice);
    discover_stop(v->run);
    v->run = NULL;
    v->waiting.n = 0; /* their calls are hushed */
    if (v->judging && v->phase == TAKES)
        judging_free(v->judging);
    else if (v->judging)
        v->judging->v = NULL;
    v->judging = NULL;
    v->found = book_free(v->found);
}

struct discovery *discovery_free(struct discovery *v)
{
    if (!v)
        return NULL;
    discovery_stop(v);
    VEC_DONE(&v->waiting);
    return mem_free(v);
}
