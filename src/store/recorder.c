/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recorder.c: the rhythm of writing.
 *
 * Events become entries of a queue, changed items are taken from the model; a slice of both is one batch,
 * and one batch is on its way at a time.  500 ms after the first change, at once for what a person did.
 * A batch that failed comes back: its entries to the head of the queue, its items marked, and all is tried
 * again every 5 s; what that costs in memory has a ceiling.  An item of which only the time of the last
 * check (or a good output) changed is not worth a write: these are collected for 5 minutes. */
#include "base/log.h"
#include "base/panic.h"
#include "store/recorder_int.h"

enum {
    RECORDER_MAGIC = 0x7265636f,
    TICK_MS = 500,
    RETRY_MS = 5000,
    LAZY_MS = 300000,
    SLICE_ITEMS = 500,
    SLICE_ENTRIES = 500,
    SLICE_LOOKS = 50000, /* slots looked at */
    SLICE_US = 2000,
    MAX_ENTRIES = 20000,
};

struct waiter {
    struct waiter *next;
    void (*fn)(void *arg, int code, const struct err *e);
    void *arg;
    uint64_t first; /* the first batch given after it came */
};
/* A batch on its way; outlives the recorder. */
struct flight {
    struct recorder *recorder;
    struct entry *entries;
    const struct item *items[SLICE_ITEMS];
    int n_items;
    uint64_t number;
    bool all; /* nothing was left behind when it was given */
};
struct recorder {
    unsigned magic;
    struct loop *loop;
    struct store *store;
    struct model *model;
    char *node;
    int64_t epoch, seq;
    struct timer tick, lazy;
    struct slots slots;
    struct entry *head, **tail;
    size_t n_entries;
    uint64_t lost, given; /* history that did not fit; batches */
    struct flight *flight;
    struct waiter *waiters;
    bool sweeping, failing, closing;
    unsigned sweep_mask;
    size_t sweep_at, sweep_cap;
};

static void recorder_tick(void *arg);

/* ---- the queue ---- */

static void queue_put(struct recorder *r, struct entry *en)
{
    if (en->droppable && r->n_entries >= MAX_ENTRIES) {
        r->lost++;
        mem_free(en);
        return;
    }
    *r->tail = en;
    r->tail = &en->next;
    r->n_entries++;
}

static struct entry *queue_take(struct recorder *r)
{
    struct entry *en = r->head;
    if (!en)
        return NULL;
    r->head = en->next;
    if (!r->head)
        r->tail = &r->head;
    en->next = NULL;
    r->n_entries--;
    return en;
}

static void queue_return(struct recorder *r, struct entry *list)
{
    struct entry *last = list;
    if (!list)
        return;
    for (r->n_entries++; last->next; last = last->next)
        r->n_entries++;
    if (!r->head)
        r->tail = &last->next;
    last->next = r->head;
    r->head = list;
}

static void entries_free(struct entry *list)
{
    for (struct entry *next; list; list = next) {
        next = list->next;
        mem_free(list);
    }
}

/* ---- what goes into a batch ---- */

static void flight_item(struct flight *f, struct store_batch *b, struct slot *s)
{
    s->core = item_core(s->item);
    s->flags = 0;
    recorder_write_item(b, s->item, f->recorder->node);
    f->items[f->n_items++] = s->item;
}

/* A changed item: written now, or only marked when it can wait. */
static void flight_dirty(struct flight *f, struct store_batch *b, const struct item *it)
{
    struct recorder *r = f->recorder;
    bool is_new;
    struct slot *s = slots_get(&r->slots, it, &is_new);
    if (is_new || s->core != item_core(it)) {
        flight_item(f, b, s);
        return;
    }
    s->flags |= SLOT_LAZY;
    if (!timer_is_set(&r->lazy))
        timer_set(&r->lazy, LAZY_MS);
}

static void flight_entries(struct flight *f, struct store_batch *b, int budget)
{
    struct entry **end = &f->entries, *en;
    while (budget-- > 0 && (en = queue_take(f->recorder)) != NULL) {
        store_batch_add(b, en->stmt, en->values, en->n);
        *end = en;
        end = &en->next;
    }
}

static bool is_late(int64_t start_us) { return clock_mono_us() - start_us > SLICE_US; }

/* Returns false when the slice was full before the model had no more. */
static bool flight_take_dirty(struct flight *f, struct store_batch *b, int64_t start_us)
{
    struct item *it;
    for (int looked = 1; f->n_items < SLICE_ITEMS; looked++) {
        if (looked % 32 == 0 && is_late(start_us))
            return false;
        if ((it = model_take_dirty(f->recorder->model)) == NULL)
            return true;
        flight_dirty(f, b, it);
    }
    return false;
}

/* Goes on through the marked items. Returns false when there is more. */
static bool flight_sweep(struct flight *f, struct store_batch *b, int64_t start_us)
{
    struct recorder *r = f->recorder;
    if (r->sweep_cap != r->slots.cap) /* it grew: places have changed */
        r->sweep_at = 0;
    r->sweep_cap = r->slots.cap;
    for (int looked = 1; r->sweep_at < r->slots.cap; looked++) {
        if (f->n_items == SLICE_ITEMS || looked > SLICE_LOOKS || (looked % 256 == 0 && is_late(start_us)))
            return false;
        struct slot *s = &r->slots.at[r->sweep_at++];
        if (s->item && (s->flags & r->sweep_mask))
            flight_item(f, b, s);
    }
    r->sweeping = false;
    return true;
}

static void sweep_start(struct recorder *r, unsigned mask)
{
    r->sweep_mask = r->sweeping ? r->sweep_mask | mask : mask;
    r->sweeping = true;
    r->sweep_at = 0;
}

/* ---- flights ---- */

static void waiters_call(struct recorder *r, uint64_t up_to, int code, const struct err *e)
{
    struct waiter *called = NULL, **at = &r->waiters, **end = &called;
    while (*at) {
        struct waiter *w = *at;
        if (w->first > up_to) {
            at = &w->next;
            continue;
        }
        *at = w->next;
        w->next = NULL;
        *end = w;
        end = &w->next;
    }
    for (struct waiter *next; called; called = next) {
        next = called->next;
        called->fn(called->arg, code, e);
        mem_free(called);
    }
}

static void flight_lost(struct recorder *r, struct flight *f, int code, const struct err *e)
{
    for (int i = 0; i < f->n_items; i++) {
        struct slot *s = slots_find(&r->slots, f->items[i]);
        if (s)
            s->flags |= SLOT_RETRY;
    }
    queue_return(r, f->entries);
    f->entries = NULL;
    if (!r->failing) {
        struct buf text = BUF_MAX(1024);
        msg_render(&text, e ? e->text : "", "en");
        log_line(LOG_ERROR, "states cannot be saved (%s): %s Trying again every %d s.", err_name(code), buf_text(&text),
                 RETRY_MS / 1000);
        buf_done(&text);
    }
    r->failing = true;
    timer_set(&r->tick, RETRY_MS);
}

static void flight_landed(struct recorder *r)
{
    if (r->failing)
        log_line(LOG_NOTE, "states are saved again (%llu events of the history were lost meanwhile)",
                 (unsigned long long)r->lost);
    if (r->failing)
        r->lost = 0;
    r->failing = false;
}

static struct flight *flight_free(struct flight *f)
{
    entries_free(f->entries);
    return mem_free(f);
}

/* Is a retry of any use? What the store refuses for its content would be refused for ever. */
static bool is_hopeless(int code) { return code == ERR_CONFLICT || code == ERR_UNSUPPORTED; }

static void flight_done(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct flight *f = arg;
    struct recorder *r = f->recorder;
    if (!r) {
        flight_free(f);
        return;
    }
    CHECK_OBJ(r, RECORDER_MAGIC);
    r->flight = NULL;
    if (code && is_hopeless(code)) {
        log_line(LOG_ERROR, "a batch of states was refused (%s) and is dropped", err_name(code));
        entries_free(f->entries);
        f->entries = NULL;
    }
    if (code)
        flight_lost(r, f, code, e);
    else
        flight_landed(r);
    bool again = !code && !f->all;
    if (code || f->all)
        waiters_call(r, f->number, code, e);
    if (again || (r->waiters && !r->flight))
        timer_set(&r->tick, 0);
    flight_free(f);
}

static struct flight *flight_new(struct recorder *r)
{
    struct flight *f = NEW(struct flight);
    f->recorder = r;
    f->number = ++r->given;
    return f;
}

/* Fills one slice and gives it; a batch on its way must have landed. Returns false when nothing was to do. */
static bool slice_give(struct recorder *r)
{
    int64_t start_us = clock_mono_us();
    struct flight *f = flight_new(r);
    struct store_batch *b = store_batch_new();
    flight_entries(f, b, SLICE_ENTRIES);
    bool dirty = !flight_take_dirty(f, b, start_us);
    bool marked = r->sweeping && !flight_sweep(f, b, start_us);
    f->all = !dirty && !marked && !r->head;
    if (store_batch_size(b) == 0) {
        bool more = !f->all;
        uint64_t number = f->number;
        store_batch_free(b);
        flight_free(f);
        if (!more)
            waiters_call(r, number, 0, NULL);
        else
            timer_set(&r->tick, 0);
        return more;
    }
    r->flight = f;
    store_write(r->store, b, flight_done, f);
    return true;
}

static void recorder_tick(void *arg)
{
    struct recorder *r = arg;
    CHECK_OBJ(r, RECORDER_MAGIC);
    if (r->flight)
        return; /* it goes on when that has landed */
    if (r->failing)
        sweep_start(r, SLOT_RETRY);
    slice_give(r);
}

static void recorder_lazy(void *arg)
{
    struct recorder *r = arg;
    if (r->failing) {
        timer_set(&r->lazy, LAZY_MS);
        return;
    }
    sweep_start(r, SLOT_LAZY | SLOT_RETRY);
    timer_set(&r->tick, 0);
}

/* ---- events ---- */

static bool is_personal(enum event_kind kind)
{
    return kind == EVENT_ACK || kind == EVENT_UNACK || kind == EVENT_ENABLED || kind == EVENT_DOWNTIME_ADDED ||
           kind == EVENT_DOWNTIME_REMOVED;
}

static void recorder_wake(struct recorder *r, bool now)
{
    if (r->failing || r->closing)
        return;
    if (now || !timer_is_set(&r->tick))
        timer_set(&r->tick, now ? 0 : TICK_MS);
}

/* The row of the new name is written whatever it holds; the former one is over. */
static void recorder_renamed(struct recorder *r, const struct event *e)
{
    bool is_new;
    slots_get(&r->slots, e->item, &is_new)->core = 0;
    slots_find(&r->slots, e->item)->flags |= SLOT_RETRY;
    if (e->text)
        queue_put(r, entry_renamed(e->text, e->at_ms));
    sweep_start(r, SLOT_RETRY);
}

static void recorder_event(void *arg, const struct event *e)
{
    struct recorder *r = arg;
    if (r->closing)
        return;
    struct recorder_place at = {r->node, r->epoch, r->seq + 1};
    struct entry *history = entry_history(&at, e), *downtime = entry_downtime(&at, e);
    r->seq += history || downtime;
    if (history)
        queue_put(r, history);
    if (downtime)
        queue_put(r, downtime);
    if (e->kind == EVENT_REMOVED && e->item) {
        queue_put(r, entry_gone(e->item, e->at_ms));
        slots_remove(&r->slots, e->item);
    }
    if (e->kind == EVENT_RENAMED && e->item)
        recorder_renamed(r, e);
    recorder_wake(r, is_personal(e->kind));
}

void recorder_audit(struct recorder *r, int64_t at_ms, const char *who, const char *via, const char *action,
                    const char *target, const char *detail)
{
    CHECK_OBJ(r, RECORDER_MAGIC);
    const char *const texts[5] = {who, via, action, target, detail};
    struct recorder_place at = {r->node, r->epoch, ++r->seq};
    queue_put(r, entry_audit(&at, at_ms, texts));
    recorder_wake(r, false);
}

void recorder_note(struct recorder *r, int64_t at_ms, const char *host, const char *check, const char *kind, const char *author, const char *text)
{
    CHECK_OBJ(r, RECORDER_MAGIC);
    if (r->closing)
        return;
    const char *const texts[5] = {host, check, kind, author, text};
    struct recorder_place at = {r->node, r->epoch, ++r->seq};
    queue_put(r, entry_note(&at, at_ms, texts));
    recorder_wake(r, false);
}

void recorder_flush(struct recorder *r, void (*fn)(void *arg, int code, const struct err *e), void *arg)
{
    CHECK_OBJ(r, RECORDER_MAGIC);
    struct waiter *w = NEW(struct waiter), **end = &r->waiters;
    *w = (struct waiter){.fn = fn, .arg = arg, .first = r->given + 1};
    while (*end)
        end = &(*end)->next;
    *end = w;
    if (!r->flight)
        timer_set(&r->tick, 0);
}

struct store *recorder_hand_over(struct recorder *r)
{
    CHECK_OBJ(r, RECORDER_MAGIC);
    if (!r->flight && !r->failing && r->head)
        slice_give(r);
    return r->store;
}

/* ---- life ---- */

/* The number of this life of the node; written with the first batch. */
static int64_t epoch_next(struct store *s, const char *node)
{
    struct store_rows rows = {0};
    struct store_value name = STORE_T(node);
    int64_t epoch = 0;
    if (store_read_now(s, &recorder_epoch_of, &name, 1, 1, &rows, NULL) == 0 && rows.n_rows == 1)
        epoch = store_cell_int(&rows, 0, 0);
    store_rows_done(&rows);
    return epoch + 1;
}

/* What was restored is what is stored. */
static void slots_fill(struct recorder *r)
{
    size_t i_host = 0, i_check = 0;
    const struct item *it;
    while ((it = model_next(r->model, &i_host, &i_check)) != NULL) {
        bool is_new;
        struct slot *s = slots_get(&r->slots, it, &is_new);
        s->core = item_core(it);
    }
}

struct recorder *recorder_new(struct loop *l, struct store *s, struct model *m, const char *node)
{
    struct recorder *r = NEW(struct recorder);
    r->magic = RECORDER_MAGIC;
    r->loop = l;
    r->store = s;
    r->model = m;
    r->node = mem_dup(node);
    r->tail = &r->head;
    r->epoch = epoch_next(s, node);
    timer_init(&r->tick, l, recorder_tick, r);
    timer_init(&r->lazy, l, recorder_lazy, r);
    slots_fill(r);
    queue_put(r, entry_node(node, r->epoch));
    model_listen(m, recorder_event, r);
    recorder_wake(r, false);
    return r;
}

/* All that is left, in as many batches as it takes; nobody waits for them but store_close(). */
static void recorder_finish(struct recorder *r)
{
    if (r->flight)
        r->flight->recorder = NULL;
    r->flight = NULL;
    sweep_start(r, SLOT_LAZY | SLOT_RETRY);
    while (slice_give(r)) {
        if (r->flight)
            r->flight->recorder = NULL;
        r->flight = NULL;
    }
}

struct recorder *recorder_free(struct recorder *r)
{
    if (!r)
        return NULL;
    CHECK_OBJ(r, RECORDER_MAGIC);
    r->closing = true;
    struct err e = {0};
    err_set(&e, ERR_CANCELLED, MSG("The daemon is stopping."), "");
    waiters_call(r, UINT64_MAX, ERR_CANCELLED, &e);
    recorder_finish(r);
    timer_clear(&r->tick);
    timer_clear(&r->lazy);
    entries_free(r->head);
    slots_done(&r->slots);
    mem_free(r->node);
    r->magic = 0;
    return mem_free(r);
}
