/* SPDX-License-Identifier: GPL-3.0-or-later */
/* notify.c: who is told of what.
 *
 * Notices and the item's row, with `told` set, are one batch: either both are durable or neither is.  Until
 * they are, `told` stands already in the model, so that the recorder cannot write an older one over it; when
 * the batch fails it is taken back, and the item is looked at again every 10 s.  A notice is never given
 * twice: its key names the item, the beginning of the problem, the state and the recipient.
 *
 * A contact with a time period is left out outside of it; when the period begins, it is told of the problems that
 * began since it was last there and are still there. */
#include "alerts/notify.h"
#include "alerts/digest.h"
#include "alerts/notice.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "model/period.h"

enum { NOTIFY_MAGIC = 0x6e6f7469, MAX_RECIPIENTS = 500, MAX_PENDING = 10000, MAX_PAYLOAD = 64 << 10, ID_BYTES = 256 };
#define AGAIN_MS 10000
#define LATE_MS 120000 /* a period that began so long ago has just begun */

/* A problem that somebody was told of: what its end has to refer to. */
struct told {
    char id[ID_BYTES];
    int64_t problem_ms;
};
/* Notices on their way into the outbox, or waiting to be tried again. */
struct errand {
    struct errand *next, **at;
    struct notify *notify;
    char *host, *check;
    bool recovery, flying, told_before;
    bool late; /* only for those whose period begins now */
    int64_t problem_ms, at_ms;
};
struct notify {
    unsigned magic;
    int refs;
    bool closing;
    struct notify_env env;
    struct map told; /* by id */
    struct errand *errands;
    int n_errands;
    struct timer again, duty; /* duty: a period of a contact begins or ends */
    int64_t duty_ms; /* until when the present one is known */
    struct notify_stats stats;
    struct digest *digest;
};

static void notify_unref(struct notify *n)
{
    if (--n->refs > 0)
        return;
    n->magic = 0;
    mem_free(n);
}

/* ---- memory of problems ---- */

static void told_drop(struct notify *n, const char *id) { mem_free(map_remove(&n->told, id)); }

static void told_put(struct notify *n, const char *id, int64_t problem_ms)
{
    struct told *t = map_find(&n->told, id);
    if (!t) {
        t = NEW(struct told);
        str_copy(t->id, sizeof(t->id), id);
        map_set(&n->told, t->id, t);
    }
    t->problem_ms = problem_ms;
}

static int64_t told_since(const struct notify *n, const char *id)
{
    const struct told *t = map_find(&n->told, id);
    return t ? t->problem_ms : 0;
}

/* ---- recipients ---- */

struct recipient {
    const char *address, *lang;
};
struct recipients {
    struct recipient at[MAX_RECIPIENTS];
    int n;
    int64_t now_ms;
    int64_t since_ms; /* not 0: only those who could not be told since then, until now */
};

static void recipient_add(struct recipients *r, const char *address, const char *lang)
{
    for (int i = 0; i < r->n; i++)
        if (str_ieq(r->at[i].address, address))
            return;
    if (r->n < MAX_RECIPIENTS)
        r->at[r->n++] = (struct recipient){address, lang};
}

static bool is_on_duty(const struct recipients *r, const struct conf_contact *c)
{
    if (!period_active(c->when, r->now_ms))
        return false;
    if (!r->since_ms)
        return true;
    return !period_active(c->when, r->since_ms) && period_next(c->when, r->since_ms) > r->now_ms - LATE_MS;
}

static void contact_add(struct recipients *r, const struct conf_contact *c)
{
    for (int i = 0; c && is_on_duty(r, c) && i < c->mail.n; i++)
        recipient_add(r, c->mail.at[i], msg_lang(c->lang ? c->lang : "en"));
}

/* The check's contacts, else its host's, else all there are. */
static void recipients_find(struct recipients *r, const struct conf *c, const struct item *it)
{
    const char *const *names = it->conf ? it->conf->contacts : NULL;
    if (!names && it->host->conf)
        names = it->host->conf->contacts;
    for (const char *const *name = names; name && *name; name++)
        contact_add(r, map_find(&c->contact_by_name, *name));
    for (int i = 0; !names && i < c->n_contacts; i++)
        contact_add(r, c->contacts[i]);
}

/* ---- one notice ---- */

struct writing {
    struct notify *notify;
    const struct conf *conf;
    struct notice notice;
    const struct errand *errand;
    char id[ID_BYTES];
    bool repeated; /* of a volatile check */
};

static void key_make(const struct writing *w, const char *address, struct buf *out)
{
    const struct notice *n = &w->notice;
    buf_printf(out, "%s:%s:%lld:%s:%lld", n->recovery ? "recovery" : "problem", w->id, (long long)n->problem_ms,
               state_word(n->state), (long long)n->since_ms);
    if (w->repeated)
        buf_printf(out, ":%lld", (long long)w->errand->at_ms);
    buf_printf(out, ":mail:%s", address);
}

/* The first notice of a problem has a name that the later ones can work out. */
static void thread_make(const struct writing *w, const char *address, const char *domain, struct buf *out)
{
    uint64_t h = hash_text(address, hash_text(w->id, (uint64_t)w->notice.problem_ms));
    buf_printf(out, "vigie.%llx.%llx@%s", (unsigned long long)w->notice.problem_ms, (unsigned long long)h, domain);
}

static const char *domain_of(const struct writing *w)
{
    const char *from = w->conf->site.mail.from, *at = from ? strrchr(from, '@') : NULL;
    const char *machine = w->notify->env.machine_name;
    return at && at[1] ? at + 1 : machine && machine[0] ? machine : "localhost";
}

static void payload_make(struct writing *w, const struct recipient *to, const char *key, struct buf *out)
{
    struct buf subject = BUF_MAX(NOTICE_MAX_SUBJECT), body = BUF_MAX(NOTICE_MAX_BODY);
    struct buf thread = BUF_MAX(400), own = BUF_MAX(400);
    char domain[256];
    str_copyn(domain, sizeof(domain), domain_of(w), strcspn(domain_of(w), "> \t"));
    w->notice.lang = to->lang;
    notice_subject(&subject, &w->notice);
    notice_body(&body, &w->notice);
    thread_make(w, to->address, domain, &thread);
    buf_printf(&own, "vigie.%llx@%s", (unsigned long long)hash_text(key, 7), domain);
    bool first = !w->notice.recovery && told_since(w->notify, w->id) != w->notice.problem_ms;
    struct mail_payload p = {
        .subject = buf_text(&subject),
        .body = buf_text(&body),
        .message_id = first ? buf_text(&thread) : buf_text(&own),
        .in_reply_to = first || !w->notice.problem_ms ? NULL : buf_text(&thread),
        .item = w->id,
        .date_ms = w->notice.now_ms,
    };
    mail_payload_format(out, &p);
    buf_done(&subject);
    buf_done(&body);
    buf_done(&thread);
    buf_done(&own);
}

static void notice_add(struct writing *w, struct store_batch *b, const struct recipient *to)
{
    struct buf key = BUF_MAX(1024), payload = BUF_MAX(MAX_PAYLOAD);
    key_make(w, to->address, &key);
    payload_make(w, to, buf_text(&key), &payload);
    outbox_add(b, w->notify->env.node, "mail", buf_text(&key), to->address, buf_text(&payload), clock_wall_ms());
    buf_done(&key);
    buf_done(&payload);
}

/* ---- errands ---- */

static void errand_free(struct errand *r)
{
    *r->at = r->next;
    if (r->next)
        r->next->at = r->at;
    r->notify->n_errands--;
    mem_free(r->host);
    mem_free(r->check);
    mem_free(r);
}

static struct item *errand_item(const struct errand *r)
{
    return model_find(r->notify->env.model, r->host, r->check);
}

/* Is what it would say still so? */
static bool errand_holds(const struct errand *r, const struct item *it)
{
    if (!it)
        return false;
    if (r->recovery)
        return state_is_good(it->st.state) && it->st.hard && !it->st.flapping;
    return model_quiet(it) == QUIET_NO;
}

static void errand_failed(struct errand *r)
{
    struct notify *n = r->notify;
    struct item *it = errand_item(r);
    r->flying = false;
    if (it && !r->recovery && !r->told_before) {
        char id[ID_BYTES];
        item_id(it, id, sizeof(id));
        told_drop(n, id);
        model_told(n->env.model, it, false);
    }
    if (it && r->recovery && state_is_good(it->st.state))
        model_told(n->env.model, it, true);
    if (!timer_is_set(&n->again))
        timer_set(&n->again, AGAIN_MS);
}

static void errand_written(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct errand *r = arg;
    struct notify *n = r->notify;
    if (!n->closing && code) {
        errand_failed(r);
    } else {
        errand_free(r);
        n->stats.told += !code;
        if (!n->closing)
            dispatcher_kick(n->env.dispatcher);
    }
    notify_unref(n);
}

static void writing_init(struct writing *w, struct errand *r, struct item *it, const struct conf *c)
{
    const struct notify_env *env = &r->notify->env;
    *w = (struct writing){.notify = r->notify, .conf = c, .errand = r};
    item_id(it, w->id, sizeof(w->id));
    w->repeated = !r->recovery && r->told_before && it->conf && it->conf->is_volatile;
    w->notice = (struct notice){
        .model = env->model,
        .item = it,
        .recovery = r->recovery,
        .state = (enum state)it->st.state,
        .problem_ms = r->problem_ms,
        .since_ms = it->st.hard_since_ms,
        .now_ms = r->at_ms,
        .zone = env->zone ? env->zone(env->arg) : NULL,
        .url = c->site.url,
        .machine_name = env->machine_name,
    };
}

static void errand_run(struct errand *r, struct item *it)
{
    struct notify *n = r->notify;
    const struct conf *c = model_conf(n->env.model);
    struct recipients to = {.now_ms = clock_wall_ms(), .since_ms = r->late ? it->st.hard_since_ms : 0};
    struct writing w;
    if (c)
        recipients_find(&to, c, it);
    if (to.n == 0) {
        n->stats.nobody += !r->late;
        if (r->recovery)
            model_told(n->env.model, it, false);
        errand_free(r);
        return;
    }
    struct store_batch *b = store_batch_new();
    writing_init(&w, r, it, c);
    for (int i = 0; i < to.n; i++)
        notice_add(&w, b, &to.at[i]);
    model_told(n->env.model, it, !r->recovery);
    if (r->recovery)
        told_drop(n, w.id);
    else
        told_put(n, w.id, r->problem_ms);
    recorder_write_item(b, it, n->env.node);
    r->flying = true;
    n->refs++;
    store_write(n->env.store, b, errand_written, r);
}

static void errand_start(struct notify *n, struct item *it, bool recovery, bool late, int64_t at_ms)
{
    char id[ID_BYTES];
    if (n->n_errands >= MAX_PENDING) /* the disk has been full for long; told stays false, the model tries again */
        return;
    struct errand *r = NEW(struct errand);
    item_id(it, id, sizeof(id));
    *r = (struct errand){.notify = n, .host = mem_dup(it->host->name), .check = mem_dup(item_check_name(it)),
                         .recovery = recovery, .late = late, .told_before = it->told, .at_ms = at_ms,
                         .problem_ms = recovery ? told_since(n, id) : it->st.problem_ms};
    r->next = n->errands;
    r->at = &n->errands;
    if (r->next)
        r->next->at = &r->next;
    n->errands = r;
    n->n_errands++;
    errand_run(r, it);
}

static void errands_again(void *arg)
{
    struct notify *n = arg;
    CHECK_OBJ(n, NOTIFY_MAGIC);
    for (struct errand *r = n->errands, *next; r; r = next) {
        next = r->next;
        if (r->flying)
            continue;
        struct item *it = errand_item(r);
        if (errand_holds(r, it))
            errand_run(r, it);
        else
            errand_free(r);
    }
}

/* ---- periods of contacts ---- */

static void duty_told(struct notify *n, int64_t now_ms)
{
    size_t i_host = 0, i_check = 0;
    struct item *it;
    while ((it = model_next(n->env.model, &i_host, &i_check)) != NULL)
        if (it->st.hard && state_is_bad(it->st.state) && model_quiet(it) == QUIET_NO)
            errand_start(n, it, false, true, now_ms);
}

/* Looks at the clock, tells those who have just come, and sleeps until the next edge; a minute at most, since the clock
 * may be put right. */
static void duty_look(void *arg)
{
    struct notify *n = arg;
    CHECK_OBJ(n, NOTIFY_MAGIC);
    const struct conf *c = model_conf(n->env.model);
    int64_t now_ms = clock_wall_ms(), next = INT64_MAX;
    bool any = false, began = n->duty_ms && now_ms >= n->duty_ms;
    for (int i = 0; c && i < c->n_contacts; i++) {
        if (!c->contacts[i]->when)
            continue;
        any = true;
        int64_t edge = period_next(c->contacts[i]->when, now_ms);
        next = edge < next ? edge : next;
    }
    n->duty_ms = any ? next : 0;
    if (began)
        duty_told(n, now_ms);
    if (any)
        timer_set(&n->duty, next - now_ms < 60000 ? next - now_ms : 60000);
}

/* ---- events ---- */

static void on_problem(struct notify *n, const struct event *e)
{
    enum quiet q = model_quiet(e->item);
    if ((size_t)q < COUNT(n->stats.quiet))
        n->stats.quiet[q]++;
    if (q == QUIET_NO)
        errand_start(n, e->item, false, false, e->at_ms);
}

static void on_recovery(struct notify *n, const struct event *e)
{
    if (e->item->told && !e->item->st.flapping) /* else the model says it once more when the flapping is over */
        errand_start(n, e->item, true, false, e->at_ms);
}

static void on_gone(struct notify *n, const struct event *e)
{
    char id[ID_BYTES];
    item_id(e->item, id, sizeof(id));
    told_drop(n, id);
}

static void on_renamed(struct notify *n, const struct event *e)
{
    char id[ID_BYTES];
    int64_t problem_ms = e->text ? told_since(n, e->text) : 0;
    if (!problem_ms)
        return;
    told_drop(n, e->text);
    item_id(e->item, id, sizeof(id));
    told_put(n, id, problem_ms);
}

static void on_event(void *arg, const struct event *e)
{
    struct notify *n = arg;
    if (!n->closing && e->kind == EVENT_RECONF)
        duty_look(n);
    if (n->closing || !e->item)
        return;
    if (e->kind == EVENT_PROBLEM)
        on_problem(n, e);
    if (e->kind == EVENT_RECOVERY)
        on_recovery(n, e);
    if (e->kind == EVENT_REMOVED)
        on_gone(n, e);
    if (e->kind == EVENT_RENAMED)
        on_renamed(n, e);
}

/* ---- life ---- */

/* What was restored: problems that were told of; and ends of problems that could not be said before. */
static void restored_look(struct notify *n)
{
    size_t i_host = 0, i_check = 0;
    struct item *it;
    char id[ID_BYTES];
    while ((it = model_next(n->env.model, &i_host, &i_check)) != NULL) {
        if (!it->told)
            continue;
        item_id(it, id, sizeof(id));
        if (state_is_bad(it->st.state))
            told_put(n, id, it->st.problem_ms);
        else if (it->st.hard && !it->st.flapping && state_is_good(it->st.state))
            errand_start(n, it, true, false, clock_wall_ms());
    }
}

struct notify *notify_new(const struct notify_env *env)
{
    struct notify *n = NEW(struct notify);
    n->magic = NOTIFY_MAGIC;
    n->refs = 1;
    n->env = *env;
    timer_init(&n->again, env->loop, errands_again, n);
    timer_init(&n->duty, env->loop, duty_look, n);
    restored_look(n);
    duty_look(n);
    n->digest = digest_new(env);
    model_listen(env->model, on_event, n);
    return n;
}

struct notify *notify_free(struct notify *n)
{
    if (!n)
        return NULL;
    CHECK_OBJ(n, NOTIFY_MAGIC);
    n->closing = true;
    timer_clear(&n->again);
    timer_clear(&n->duty);
    n->digest = digest_free(n->digest);
    for (struct errand *r = n->errands, *next; r; r = next) {
        next = r->next;
        if (!r->flying)
            errand_free(r);
    }
    size_t i = 0;
    const char *key;
    void *value;
    while (map_each(&n->told, &i, &key, &value))
        mem_free(value);
    map_done(&n->told);
    notify_unref(n);
    return NULL;
}

void notify_get_stats(const struct notify *n, struct notify_stats *ret) { *ret = n->stats; }
