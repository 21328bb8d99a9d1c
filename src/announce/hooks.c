/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hooks.c: from publications to rows of the outbox, from rows to requests, and what became of them. */
#include "announce/hooks.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include <string.h>

enum { HOOKS_MAGIC = 0x686f6f6b, UNIQUE_BYTES = 600, ANSWER_MOST = 400, MAX_TRIES = 16 };

struct seen { /* of a webhook, since the start */
    char *name;
    uint64_t gone_print; /* the configuration whose server said 410; 0: none */
};
struct hooks {
    unsigned magic;
    int refs;
    bool closing;
    struct hooks_env env;
    struct map seen;
    struct trying *tries;
    int n_tries;
};

static void hooks_unref(struct hooks *h)
{
    void *at;
    if (--h->refs > 0)
        return;
    for (size_t i = 0; map_each(&h->seen, &i, NULL, &at);) {
        struct seen *s = at;
        mem_free(s->name);
        mem_free(s);
    }
    map_done(&h->seen);
    h->magic = 0;
    mem_free(h);
}

static struct hooks *hooks_ref(struct hooks *h)
{
    h->refs++;
    return h;
}

static const struct conf *conf_of(const struct hooks *h)
{
    return telling_conf(h->env.telling);
}

static const struct conf_webhook *hook_find(const struct hooks *h, const char *name)
{
    const struct conf *c = conf_of(h);
    return c && name ? map_find(&c->webhook_by_name, name) : NULL;
}

static struct seen *seen_of(struct hooks *h, const char *name)
{
    struct seen *s = map_find(&h->seen, name);
    if (!s) {
        s = NEW(struct seen);
        s->name = mem_dup(name);
        map_set(&h->seen, s->name, s);
    }
    return s;
}

static bool is_gone(const struct hooks *h, const struct conf_webhook *w)
{
    const struct seen *s = map_find(&h->seen, w->name);
    return s && s->gone_print && s->gone_print == w->print;
}

static const char *lang_of(const struct conf *c, const char *lang)
{
    return msg_lang(lang ? lang : c->site.lang ? c->site.lang : "en");
}

/* ---- publications → rows ---- */

static int add_one(struct hooks *h, const struct conf_webhook *w, const struct publication *p, const char *component, struct store_batch *b, int64_t now_ms)
{
    char unique[UNIQUE_BYTES];
    struct buf payload = BUF_MAX(1000);
    str_print(unique, sizeof unique, "webhook:%s:%s%s%s", p->key, w->name, component ? "/" : "", component ? component : "");
    buf_printf(&payload, "{\"p\":%lld", (long long)p->id);
    if (component) {
        buf_str(&payload, ",\"c\":");
        json_quote(&payload, component);
    }
    buf_char(&payload, '}');
    outbox_add(b, h->env.node, "webhook", unique, w->name, buf_text(&payload), now_ms);
    buf_done(&payload);
    return 1;
}

static bool wants_component(const struct conf *c, const struct conf_webhook *w, const struct publication *p, const char *component)
{
    const char *one[] = {component};
    struct bulletin alone = *p->b;
    struct publication about = *p;
    alone.components = one;
    alone.n_components = 1;
    about.b = &alone;
    return hook_wanted(c, &about, &w->about, &w->kinds);
}

static int add_hook(struct hooks *h, const struct conf *c, const struct conf_webhook *w, const struct publication *p, struct store_batch *b, int64_t now_ms)
{
    int n = 0;
    if (is_gone(h, w) || !hook_wanted(c, p, &w->about, &w->kinds))
        return 0;
    n += add_one(h, w, p, NULL, b, now_ms);
    for (int i = 0; hook_shapes[w->format]->apart && i < p->b->n_components; i++) {
        struct hook_change change = hook_change_of(p, p->b->components[i]);
        if (change.before != change.level && wants_component(c, w, p, p->b->components[i]))
            n += add_one(h, w, p, p->b->components[i], b, now_ms);
    }
    return n;
}

static int add(void *arg, const struct publication *p, const struct store_rows *rows, int i, struct store_batch *b, int64_t now_ms)
{
    struct hooks *h = arg;
    const struct conf *c = conf_of(h);
    int n = 0;
    void *at;
    (void)rows, (void)i;
    for (size_t k = 0; c && map_each(&c->webhook_by_name, &k, NULL, &at);)
        n += add_hook(h, c, at, p, b, now_ms);
    return n;
}

/* ---- rows → requests ---- */

struct composing {
    struct hooks *hooks;
    struct arena *a;
    const char *name, *component, *unique;
    channel_post_made *made;
    void *job;
};

static void composed(struct composing *c, int code, const struct egress_request *rq, const struct err *e)
{
    c->made(c->job, code, rq, e);
    hooks_unref(c->hooks);
    arena_free(c->a);
}

static void sight_of(struct hooks *h, struct hook_story *s)
{
    const struct telling_env *t = h->env.telling;
    struct sight *sight = ARENA_NEW(s->a, struct sight);
    sight_see(sight, s->a, h->env.board, t->model, t->zone ? t->zone(t->arg) : NULL, s->now_ms);
    s->sight = sight;
}

static void request_of(const struct hook_made *m, const struct conf_webhook *w, struct egress_request *ret)
{
    *ret = (struct egress_request){.class = EGRESS_STAFF, .method = m->method, .url = m->url, .headers = m->headers, .n_headers = m->n_headers, .body = buf_text(&m->body), .body_bytes = m->body.len,
                                   .max_body = 4096, .ca_file = w->ca_file};
}

static void story_found(void *arg, int code, const struct publication *p)
{
    struct composing *c = arg;
    struct hooks *h = c->hooks;
    const struct conf_webhook *w = h->closing ? NULL : hook_find(h, c->name);
    struct err e = {0};
    struct hook_made m = {0};
    struct egress_request rq = {0};
    if (code == 0 && (h->closing || !w))
        code = err_set(&e, h->closing ? ERR_CANCELLED : ERR_NOT_FOUND, MSG("the configuration has no webhook “{1}”"), "s", c->name);
    else if (code)
        err_set(&e, code, MSG("what it was about is no longer known"), "");
    if (code == 0) {
        struct hook_story s;
        hook_story_make(&s, h->env.telling, h->env.board, c->a, p, lang_of(conf_of(h), w->lang), (size_t)w->length);
        s.hook = w;
        s.id = c->unique;
        s.component = c->component;
        sight_of(h, &s);
        code = hook_make(&s, &m, &e);
        request_of(&m, w, &rq);
    }
    composed(c, code, &rq, &e);
    hook_made_done(&m);
}

static void compose(void *arg, const struct outbox_row *row, bool again, int64_t now_ms, channel_post_made *made, void *job)
{
    struct hooks *h = arg;
    struct arena *a = arena_new(8192);
    struct composing *c = ARENA_NEW(a, struct composing);
    struct doc *d = NULL;
    char id[HOOK_ID_BYTES];
    (void)again, (void)now_ms;
    hook_id(row->unique_key, id);
    *c = (struct composing){.hooks = hooks_ref(h), .a = a, .name = arena_dup(a, row->recipient), .unique = arena_dup(a, id), .made = made, .job = job};
    if (json_parse(a, row->payload, strlen(row->payload), 4096, &d, NULL)) {
        composed(c, ERR_INVALID, NULL, NULL);
        return;
    }
    c->component = doc_text(d, "c", NULL);
    publication_find(h->env.publications, doc_int(d, "p", 0), story_found, c);
}

/* ---- answers ---- */

static void went_well(struct hooks *h, const char *name)
{
    struct seen *s = map_find(&h->seen, name);
    if (s && s->gone_print)
        log_line(LOG_NOTE, "the webhook %s is there again", name);
    if (s)
        s->gone_print = 0;
}

static enum post_verdict judge(void *arg, const struct outbox_row *row, const struct httpc_reply *r, struct err *e)
{
    struct hooks *h = arg;
    const struct conf_webhook *w = hook_find(h, row->recipient);
    enum post_verdict v = post_judge(r, e);
    if (v == POST_DONE)
        went_well(h, row->recipient);
    if (r->code == 0 && r->status == 410) {
        err_set(e, ERR_NOT_FOUND, MSG("its server says that nobody is there any more (410)"), "");
        if (w && !is_gone(h, w))
            log_line(LOG_WARN, "the webhook %s answers 410: it rests until it is configured anew, or “vigie webhook test %s” goes well", w->name, w->name);
        if (w)
            seen_of(h, w->name)->gone_print = w->print;
        return POST_NEVER;
    }
    return v;
}

/* ---- how they fare ---- */

struct listing {
    struct hooks *hooks;
    hooks_each *fn;
    hooks_done *end;
    void *arg;
    struct arena *a;
    struct map by_name; /* of struct told */
};

static void list_one(void *arg, const struct told *t)
{
    struct listing *l = arg;
    struct told *one = ARENA_NEW(l->a, struct told);
    *one = *t;
    one->recipient = arena_dup(l->a, t->recipient);
    one->error = arena_dup(l->a, t->error);
    map_set(&l->by_name, one->recipient, one);
}

static void list_end(void *arg, int code, const struct err *e)
{
    struct listing *l = arg;
    const struct conf *c = conf_of(l->hooks);
    void *at;
    for (size_t i = 0; code == 0 && c && map_each(&c->webhook_by_name, &i, NULL, &at);) {
        const struct conf_webhook *w = at;
        const struct told *known = map_find(&l->by_name, w->name);
        struct hooks_state s = {.hook = w, .gone = is_gone(l->hooks, w)};
        if (known)
            s.told = *known;
        l->fn(l->arg, &s);
    }
    l->end(l->arg, code, e);
    map_done(&l->by_name);
    hooks_unref(l->hooks);
    arena_free(l->a);
    mem_free(l);
}

void hooks_list(struct hooks *h, hooks_each *fn, hooks_done *end, void *arg)
{
    struct listing *l = NEW(struct listing);
    *l = (struct listing){.hooks = hooks_ref(h), .fn = fn, .end = end, .arg = arg, .a = arena_new(4096)};
    told_list(h->env.store, "webhook", list_one, list_end, l);
}

/* ---- a try ---- */

struct trying {
    struct trying *next, **at;
    struct hooks *hooks;
    char *name;
    uint64_t print;
    int64_t began_ms;
    hooks_tried *fn;
    void *arg;
    struct egress_job *job;
};

static void trying_free(struct trying *t)
{
    *t->at = t->next;
    if (t->next)
        t->next->at = t->at;
    t->hooks->n_tries--;
    mem_free(t->name);
    mem_free(t);
}

static void tried(void *arg, const struct httpc_reply *r)
{
    struct trying *t = arg;
    char *body = mem_dupn(r->body ? r->body : "", r->body_bytes < ANSWER_MOST ? r->body_bytes : ANSWER_MOST);
    struct hooks_answer a = {.code = r->code, .err = r->err, .status = r->status, .reason = r->reason ? r->reason : "", .body = body, .took_ms = clock_mono_ms() - t->began_ms};
    if (r->code == 0 && r->status >= 200 && r->status < 300)
        went_well(t->hooks, t->name);
    t->fn(t->arg, &a);
    mem_free(body);
    trying_free(t);
}

/* What a test tells: of nothing that has happened. */
static struct bulletin *test_bulletin(struct arena *a, const struct conf *c, int64_t now_ms)
{
    struct bulletin *b = ARENA_NEW(a, struct bulletin);
    struct update *u = ARENA_NEW(a, struct update);
    *b = (struct bulletin){.key = "test00000000", .kind = BULLETIN_INCIDENT, .phase = PHASE_INVESTIGATING, .updates = u, .n_updates = 1, .started_ms = now_ms, .posted_ms = now_ms, .changed_ms = now_ms, .refs = 1};
    *u = (struct update){.id = 1, .phase = PHASE_INVESTIGATING, .at_ms = now_ms, .posted_ms = now_ms};
    for (int i = 0; msg_langs[i]; i++) {
        wording_set(&b->title, a, msg_langs[i], msg_tr(msg_langs[i], MSG("This is a test: nothing has happened")), NULL);
        wording_set(&u->text, a, msg_langs[i], msg_tr(msg_langs[i], MSG("Somebody tries whether this message arrives. There is nothing to be done.")), NULL);
    }
    if (c->n_components) {
        const char **names = ARENA_ARRAY(a, const char *, 1);
        names[0] = c->components[0]->name;
        b->components = names;
        b->n_components = 1;
    }
    return b;
}

int hooks_try(struct hooks *h, const char *name, hooks_tried *fn, void *arg, struct err *e)
{
    const struct conf_webhook *w = hook_find(h, name);
    int64_t now_ms = clock_wall_ms();
    struct hook_made m = {0};
    struct egress_request rq;
    struct hook_story s;
    char unique[80], id[HOOK_ID_BYTES];
    if (!w)
        return err_field(e, ERR_NOT_FOUND, "name", MSG("the configuration has no webhook “{1}”"), "s", name);
    if (h->n_tries >= MAX_TRIES)
        return err_set(e, ERR_BUSY, MSG("many tries are under way; wait a moment"), "");
    struct arena *a = arena_new(8192);
    str_print(unique, sizeof unique, "test:%lld:%llu", (long long)now_ms, (unsigned long long)entropy_u64());
    hook_id(unique, id);
    struct publication p = {.at_ms = now_ms, .key = "test", .notice = NOTICE_OPENED, .update = 1, .b = test_bulletin(a, conf_of(h), now_ms)};
    hook_story_make(&s, h->env.telling, NULL, a, &p, lang_of(conf_of(h), w->lang), (size_t)w->length);
    s.hook = w;
    s.id = id;
    s.test = true;
    s.link = arena_printf(a, "%s/?lang=%s", s.base, s.lang); /* its own page there is not */
    sight_of(h, &s);
    int r = hook_make(&s, &m, e);
    if (r == 0) {
        struct trying *t = NEW(struct trying);
        *t = (struct trying){.next = h->tries, .at = &h->tries, .hooks = h, .name = mem_dup(name), .began_ms = clock_mono_ms(), .fn = fn, .arg = arg};
        if (t->next)
            t->next->at = &t->next;
        h->tries = t;
        h->n_tries++;
        request_of(&m, w, &rq);
        t->job = egress_start(h->env.channels->egress, &rq, tried, t);
    }
    hook_made_done(&m);
    arena_free(a);
    return r;
}

/* ---- life ---- */

struct hooks *hooks_new(const struct hooks_env *env)
{
    struct hooks *h = NEW(struct hooks);
    *h = (struct hooks){.magic = HOOKS_MAGIC, .refs = 1, .env = *env};
    unsigned all = notice_told | NOTICE_BIT(NOTICE_CORRECTED) | NOTICE_BIT(NOTICE_RETRACTED) | NOTICE_BIT(NOTICE_REPORTED);
    struct publication_way way = {.name = "webhook", .notices = all, .add = add, .arg = h};
    struct channel_poster poster = {.channel = "webhook", .compose = compose, .judge = judge, .arg = h};
    publications_way(env->publications, &way);
    channel_poster_put(env->channels, &poster);
    return h;
}

struct hooks *hooks_free(struct hooks *h)
{
    if (!h)
        return NULL;
    CHECK_OBJ(h, HOOKS_MAGIC);
    h->closing = true;
    channel_poster_drop(h->env.channels, "webhook");
    while (h->tries) {
        egress_cancel(h->tries->job);
        trying_free(h->tries);
    }
    hooks_unref(h);
    return NULL;
}
