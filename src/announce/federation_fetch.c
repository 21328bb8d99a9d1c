/* SPDX-License-Identifier: GPL-3.0-or-later */
/* federation_fetch.c: other people's actors: their key and inbox, asked of their own server and kept for a while.  The request is signed, as
 * servers with "authorized fetch" want it; where it may go the outsider class of egress.h says. */
#include "announce/federation_int.h"
#include "base/hash.h"

enum { FETCHES_HOST = 240, KEPT_MS = 24 * 3600 * 1000, MINUTE_MS = 60000 };

struct peer {
    char *id, *key_id, *pem, *inbox, *shared;
    int64_t at_ms; /* mono */
    uint64_t used;
    struct fed_peer said;
};
struct fetch {
    struct federation *f;
    struct fetch *next, **at;
    char *id, *key_id;
    bool again; /* with the other kind of signature */
    struct egress_job *job;
    fed_fetched *fn;
    void *arg;
};

/* ---- what is kept ---- */

static void peer_free(struct peer *p)
{
    mem_free(p->id);
    mem_free(p->key_id);
    mem_free(p->pem);
    mem_free(p->inbox);
    mem_free(p->shared);
    mem_free(p);
}

void fed_peer_forget(struct federation *f, const char *id)
{
    struct peer *p = map_remove(&f->peers, id);
    if (p)
        peer_free(p);
}

static void make_room(struct federation *f)
{
    while (f->peers.n >= FED_ACTORS_KEPT) {
        struct peer *oldest = NULL;
        void *at;
        for (size_t i = 0; map_each(&f->peers, &i, NULL, &at);)
            if (!oldest || ((struct peer *)at)->used < oldest->used)
                oldest = at;
        fed_peer_forget(f, oldest->id);
    }
}

const struct fed_peer *fed_peer_known(struct federation *f, const char *id, const char *key_id)
{
    struct peer *p = map_find(&f->peers, id);
    if (!p || !str_eq(p->key_id, key_id) || clock_mono_ms() - p->at_ms > KEPT_MS)
        return NULL;
    p->used = ++f->uses;
    return &p->said;
}

/* ---- reading an actor ---- */

static const char *url_at(const struct doc *obj, const char *key, const char *host)
{
    char other[FED_MAX_HOST];
    const char *url = doc_text(obj, key, NULL);
    return url && fed_host_of(url, other, sizeof other) && str_eq(host, other) ? url : NULL;
}

static const char *pem_in(const struct doc *key, const char *key_id, const char *owner)
{
    const char *pem = doc_text(key, "publicKeyPem", NULL);
    bool ok = pem && str_eq(doc_text(key, "id", NULL), key_id) && str_eq(doc_text(key, "owner", owner), owner) && strlen(pem) < FED_MAX_PEM;
    return ok ? pem : NULL;
}

static const char *pem_of(const struct doc *d, const char *key_id, const char *owner)
{
    const struct doc *key = doc_get(d, "publicKey");
    const char *pem = key && key->kind == DOC_OBJECT ? pem_in(key, key_id, owner) : NULL;
    if (key && key->kind == DOC_LIST)
        DOC_EACH(key, one)
            pem = pem ? pem : pem_in(one, key_id, owner);
    return pem;
}

/* Its inbox must be on its own server: nobody may have us write to a third one. */
static const struct fed_peer *peer_read(struct federation *f, const struct fetch *x, const char *body, size_t n)
{
    struct arena *a = arena_new(0);
    struct doc *d = NULL;
    char host[FED_MAX_HOST];
    struct peer *p = NULL;
    if (json_parse(a, body, n, FED_MAX_DOC, &d, NULL) == 0 && d->kind == DOC_OBJECT && fed_host_of(x->id, host, sizeof host) && str_eq(doc_text(d, "id", NULL), x->id)) {
        const char *pem = pem_of(d, x->key_id, x->id), *inbox = url_at(d, "inbox", host), *shared = url_at(doc_get(d, "endpoints"), "sharedInbox", host);
        if (pem && inbox) {
            p = NEW(struct peer);
            *p = (struct peer){.id = mem_dup(x->id), .key_id = mem_dup(x->key_id), .pem = mem_dup(pem), .inbox = mem_dup(inbox), .shared = shared ? mem_dup(shared) : NULL, .at_ms = clock_mono_ms(), .used = ++f->uses};
            p->said = (struct fed_peer){p->id, p->key_id, p->pem, p->inbox, p->shared};
        }
    }
    arena_free(a);
    if (!p)
        return NULL;
    fed_peer_forget(f, x->id);
    make_room(f);
    map_set(&f->peers, p->id, p);
    return &p->said;
}

/* ---- asking ---- */

static void fetch_free(struct fetch *x)
{
    *x->at = x->next;
    if (x->next)
        x->next->at = x->at;
    mem_free(x->id);
    mem_free(x->key_id);
    mem_free(x);
}

static int ask(struct fetch *x);

static void replied(void *arg, const struct httpc_reply *r)
{
    struct fetch *x = arg;
    struct federation *f = x->f;
    x->job = NULL;
    if (r->code == 0 && r->status == 401 && !x->again) {
        x->again = true;
        if (ask(x) == 0)
            return;
    }
    const struct fed_peer *p = r->code == 0 && r->status >= 200 && r->status < 300 && !r->body_cut ? peer_read(f, x, r->body, r->body_bytes) : NULL;
    fed_fetched *fn = x->fn;
    void *to = x->arg;
    int status = r->code == 0 ? r->status : 0;
    fetch_free(x);
    fn(to, status, p);
}

static int ask(struct fetch *x)
{
    struct federation *f = x->f;
    struct fed_actor page;
    struct fed_signed s;
    int r = fed_actor_page(f, &page) ? fed_sign(f, x->again ? HTTPSIG_RFC9421 : HTTPSIG_CAVAGE, "GET", x->id, page.id, NULL, 0, clock_wall_ms(), &s) : ERR_BUSY;
    if (r)
        return r;
    struct egress_request rq = {.class = EGRESS_OUTSIDER, .method = "GET", .url = x->id, .headers = s.headers, .n_headers = s.n_headers, .max_body = FED_MAX_DOC};
    x->job = egress_start(f->env.channels->egress, &rq, replied, x);
    fed_signed_done(&s);
    return 0;
}

int fed_fetch(struct federation *f, const char *id, const char *key_id, fed_fetched *fn, void *arg)
{
    char host[FED_MAX_HOST];
    if (!fed_host_of(id, host, sizeof host) || !f->env.channels || !f->env.channels->egress)
        return ERR_INVALID;
    if (!subscriber_limit_take(f->limit, hash_text(host, f->seed + 2), FETCHES_HOST, MINUTE_MS, clock_mono_ms()))
        return ERR_BUSY;
    struct fetch *x = NEW(struct fetch);
    *x = (struct fetch){.f = f, .next = f->fetches, .at = &f->fetches, .id = mem_dup(id), .key_id = mem_dup(key_id), .fn = fn, .arg = arg};
    if (x->next)
        x->next->at = &x->next;
    f->fetches = x;
    int r = ask(x);
    if (r)
        fetch_free(x);
    return r;
}

void fed_fetch_stop(struct federation *f)
{
    void *at;
    while (f->fetches) {
        if (f->fetches->job)
            egress_cancel(f->fetches->job);
        fetch_free(f->fetches);
    }
    for (size_t i = 0; map_each(&f->peers, &i, NULL, &at);)
        peer_free(at);
    map_done(&f->peers);
}
