/* SPDX-License-Identifier: GPL-3.0-or-later */
/* federation_inbox.c: what other servers bring.  Only what changes who follows is looked at: Follow, Undo of a Follow, Delete of a person, Block.
 * All else is taken and dropped without a look-up.  What is looked at must be signed by a key that the actor's own server shows;
 * what is not is refused with 401, also when we do not know its way to sign (a sender then knocks again in the other one). */
#include "announce/federation_int.h"
#include "base/hash.h"
#include <stdlib.h>

enum { POSTS_CLIENT = 6000, LOOKED_AT_CLIENT = 1200, MINUTE_MS = 60000, RETRY_S = 60 };
#define WINDOW_S INT64_C(3600) /* clocks differ; what is older is a replay or lay too long */

enum deed { DEED_NONE, DEED_FOLLOW, DEED_UNDO, DEED_DELETE, DEED_BLOCK };
struct visit {
    struct federation *f;
    struct visit *next, **at;
    struct arena *arena;
    enum deed deed;
    struct doc *activity;
    const char *actor, *id, *follow_id; /* id: of the activity, or NULL */
    char target[FED_TARGET_BYTES];      /* whom it is about; "" */
    struct httpsig *sig;
    const char *base;
    size_t base_bytes;
    bool fetched, waits; /* for the other server */
    federation_answered *fn;
    void *arg;
};

/* ---- ends ---- */

static void answer(federation_answered *fn, void *arg, int status, const char *text)
{
    struct federation_answer a = {.status = status, .type = text ? "text/plain; charset=utf-8" : NULL, .body = text, .body_bytes = text ? strlen(text) : 0, .retry_s = status == 429 || status == 503 ? RETRY_S : 0};
    fn(arg, &a);
}

static void visit_free(struct visit *v)
{
    struct federation *f = v->f;
    *v->at = v->next;
    if (v->next)
        v->next->at = v->at;
    f->n_visits--;
    mem_free(v->sig);
    arena_free(v->arena);
    fed_unref(f);
}

static void visit_end(struct visit *v, int status, const char *text)
{
    federation_answered *fn = v->f->hushed ? NULL : v->fn;
    void *arg = v->arg;
    visit_free(v);
    if (fn)
        answer(fn, arg, status, text);
}

static void refuse(struct visit *v, const char *why)
{
    visit_end(v, 401, why);
}

void fed_inbox_stop(struct federation *f)
{
    struct visit *next;
    for (struct visit *v = f->visits; v; v = next) {
        next = v->next;
        if (v->waits)
            visit_free(v); /* others hear from the store */
    }
}

/* ---- what it is about ---- */

static const char *id_of(const struct doc *obj, const char *key)
{
    const struct doc *d = doc_get(obj, key);
    const char *id = d && d->kind == DOC_OBJECT ? doc_text(d, "id", NULL) : doc_text(obj, key, NULL);
    return fed_is_url(id) ? id : NULL;
}

static bool names_us(struct visit *v, const char *id)
{
    struct fed_actor us;
    if (!fed_actor_id(v->f, id, &us))
        return false;
    str_copy(v->target, sizeof v->target, us.target);
    return true;
}

static enum deed undo_of(struct visit *v)
{
    const struct doc *d = doc_get(v->activity, "object");
    const char *id = id_of(v->activity, "object"), *of = d && d->kind == DOC_OBJECT ? id_of(d, "actor") : NULL;
    if (d && d->kind == DOC_OBJECT) {
        if (!str_eq(doc_text(d, "type", ""), "Follow") || (of && !str_eq(of, v->actor)))
            return DEED_NONE;
        if (names_us(v, id_of(d, "object")))
            return DEED_UNDO;
    }
    v->follow_id = id;
    return id ? DEED_UNDO : DEED_NONE;
}

static enum deed deed_of(struct visit *v)
{
    const char *type = doc_text(v->activity, "type", "");
    if (str_eq(type, "Follow"))
        return names_us(v, id_of(v->activity, "object")) ? DEED_FOLLOW : DEED_NONE;
    if (str_eq(type, "Undo"))
        return undo_of(v);
    if (str_eq(type, "Delete"))
        return str_eq(id_of(v->activity, "object"), v->actor) ? DEED_DELETE : DEED_NONE;
    if (str_eq(type, "Block"))
        return names_us(v, id_of(v->activity, "object")) ? DEED_BLOCK : DEED_NONE;
    return DEED_NONE;
}

/* ---- is it signed as it should be? ---- */

static bool in_window(int64_t s, int64_t now_s)
{
    return s >= now_s - WINDOW_S && s <= now_s + WINDOW_S;
}

static bool same_digest(const char *header, enum httpsig_kind kind, const struct httpd_request *rq)
{
    unsigned char said[HTTPSIG_DIGEST_BYTES], is[HTTPSIG_DIGEST_BYTES];
    int r = kind == HTTPSIG_RFC9421 ? httpsig_content_digest(header, said) : httpsig_digest(header, said);
    fed_digest(rq->body ? rq->body : "", rq->body_bytes, is);
    return header && r == 0 && memcmp(said, is, sizeof is) == 0;
}

static const char *judge_cavage(const struct httpsig *s, const struct httpd_request *rq, int64_t now_s)
{
    int64_t date = 0;
    const char *said = httpd_header(rq, "Date");
    if (!httpsig_covers(s, "(request-target)") || !httpsig_covers(s, "host") || !httpsig_covers(s, "digest"))
        return "the signature must cover (request-target), host, date and digest";
    if (httpsig_covers(s, "date"))
        date = said && httpsig_date(said, &date) == 0 ? date : 0;
    else if (httpsig_covers(s, "(created)"))
        date = s->created_s;
    if (!date || !in_window(date, now_s))
        return "the signature is too old, or from a clock that is wrong";
    if (s->algorithm[0] && !str_ieq(s->algorithm, "rsa-sha256") && !str_ieq(s->algorithm, "hs2019"))
        return "only rsa-sha256 is known here";
    return same_digest(httpd_header(rq, "Digest"), HTTPSIG_CAVAGE, rq) ? NULL : "the digest is not that of the body";
}

static const char *judge_rfc9421(const struct httpsig *s, const struct httpd_request *rq, int64_t now_s)
{
    bool whole = httpsig_covers(s, "@target-uri"), parts = httpsig_covers(s, "@authority") && (httpsig_covers(s, "@path") || httpsig_covers(s, "@request-target"));
    if (!httpsig_covers(s, "@method") || !(whole || parts) || !httpsig_covers(s, "content-digest"))
        return "the signature must cover @method, @target-uri and content-digest";
    if (!in_window(s->created_s, now_s))
        return "the signature is too old, or from a clock that is wrong";
    if (s->algorithm[0] && !str_eq(s->algorithm, "rsa-v1_5-sha256"))
        return "only rsa-v1_5-sha256 is known here";
    return same_digest(httpd_header(rq, "Content-Digest"), HTTPSIG_RFC9421, rq) ? NULL : "the content digest is not that of the body";
}

/* The address that it was sent to is ours by name, whatever a proxy made of it; what was signed for another host does not fit. */
static int read_signature(struct visit *v, const struct fed_place *at, const struct httpd_request *rq)
{
    struct httpsig_header headers[HTTPD_MAX_HEADERS];
    char base[FED_MAX_URL], host[FED_MAX_HOST];
    struct buf text = BUF_MAX(HTTPSIG_MAX_BASE);
    int n = 0;
    for (int i = 0; i < rq->n_headers; i++)
        if (!str_ieq(rq->headers[i].name, "host"))
            headers[n++] = (struct httpsig_header){rq->headers[i].name, rq->headers[i].value};
    if (!fed_base(v->f, base, sizeof base) || !fed_host_of(base, host, sizeof host))
        return ERR_INVALID;
    const char *url = at->part == FED_SHARED ? arena_printf(v->arena, "%s/ap/inbox", base) : arena_printf(v->arena, "%s/inbox", at->actor.id);
    const char *after = url + (str_starts(url, "https://") ? 8 : 7), *path = after + strcspn(after, "/");
    struct httpsig_request one = {.method = rq->method, .scheme = str_starts(url, "https://") ? "https" : "http", .authority = host,
                                  .target = arena_printf(v->arena, "%s%s%s", path, rq->query && rq->query[0] ? "?" : "", rq->query ? rq->query : ""), .headers = headers, .n_headers = n};
    int r = httpsig_read(&one, v->sig);
    if (r == 0)
        r = httpsig_base(v->sig, &one, &text);
    v->base = arena_dupn(v->arena, buf_text(&text), text.len);
    v->base_bytes = text.len;
    buf_done(&text);
    return r;
}

static const char *judge(struct visit *v, const struct fed_place *at, const struct httpd_request *rq, int64_t now_s)
{
    char ours[FED_MAX_HOST], theirs[FED_MAX_HOST];
    int r = read_signature(v, at, rq);
    if (r)
        return r == ERR_NOT_FOUND ? "this must be signed" : "this signature cannot be read";
    if (!fed_host_of(v->sig->key_id, ours, sizeof ours) || !fed_host_of(v->actor, theirs, sizeof theirs) || !str_eq(ours, theirs))
        return "the key is not of the actor's server";
    if (v->sig->expires_s && v->sig->expires_s < now_s)
        return "the signature is no longer good";
    return v->sig->kind == HTTPSIG_RFC9421 ? judge_rfc9421(v->sig, rq, now_s) : judge_cavage(v->sig, rq, now_s);
}

/* ---- done ---- */

static void kept(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct visit *v = arg;
    struct federation *f = v->f;
    (void)last_id, (void)e;
    if (code == 0) {
        fed_recount(f);
        if (f->env.dispatcher && !f->closing)
            dispatcher_kick(f->env.dispatcher);
    }
    bool was_here = code == ERR_CONFLICT;
    visit_end(v, code == 0 || was_here ? 202 : 503, NULL);
}

static void follow(struct visit *v, const struct fed_peer *p, const char *mark)
{
    static const char *const told[] = {"id", "type", "actor", "object"};
    struct doc *said = doc_object(v->arena);
    struct buf payload = BUF_MAX(16 * FED_MAX_URL);
    for (size_t i = 0; i < COUNT(told); i++)
        if (doc_get(v->activity, told[i]))
            doc_put(said, told[i], doc_copy(v->arena, doc_get(v->activity, told[i])));
    fed_answer_payload(&payload, "Accept", v->target, said);
    struct fed_follow w = {.actor = v->actor, .target = v->target, .inbox = p->inbox, .shared = p->shared, .id = v->id ? v->id : "", .accept = buf_text(&payload), .mark = mark};
    struct err e = {0};
    const struct egress *g = v->f->env.channels->egress;
    if (payload.full || egress_judge(g, p->inbox, &e) || (p->shared && egress_judge(g, p->shared, &e)))
        refuse(v, "there is no way to your inbox");
    else if (fed_total(v->f) >= FED_FOLLOWERS_MOST)
        visit_end(v, 503, "too many follow already");
    else
        fed_follow(v->f, &w, clock_wall_ms(), kept, v);
    buf_done(&payload);
}

static void apply(struct visit *v, const struct fed_peer *p)
{
    char mark[FED_MARK_BYTES];
    int64_t now_ms = clock_wall_ms();
    fed_mark(mark, v->actor, v->id ? v->id : v->base);
    if (v->deed == DEED_FOLLOW)
        follow(v, p, mark);
    else if (v->deed == DEED_DELETE)
        fed_forget(v->f, v->actor, now_ms, kept, v);
    else
        fed_unfollow(v->f, v->actor, v->target[0] ? v->target : NULL, v->follow_id ? v->follow_id : "", mark, now_ms, kept, v);
}

/* ---- whose key? ---- */

static bool verified(const struct visit *v, const struct fed_peer *p)
{
    return p && fed_key_verify(p->pem, v->base, v->base_bytes, v->sig->signature, v->sig->signature_bytes);
}

static void fetched(void *arg, int status, const struct fed_peer *p)
{
    struct visit *v = arg;
    v->waits = false;
    if (verified(v, p)) {
        apply(v, p);
    } else if (v->deed == DEED_DELETE && status == 410) {
        fed_peer_forget(v->f, v->actor); /* its own server says that it is gone */
        fed_forget(v->f, v->actor, clock_wall_ms(), kept, v);
    } else {
        refuse(v, p ? "the signature is not by that key" : "your key could not be had");
    }
}

/* A key that we know may be an old one: once more after asking. */
static void verify(struct visit *v)
{
    const struct fed_peer *p = fed_peer_known(v->f, v->actor, v->sig->key_id);
    if (verified(v, p)) {
        apply(v, p);
        return;
    }
    v->waits = true;
    int r = fed_fetch(v->f, v->actor, v->sig->key_id, fetched, v);
    if (r == 0)
        return;
    v->waits = false;
    visit_end(v, r == ERR_BUSY ? 429 : 401, r == ERR_BUSY ? "too much at once" : "your key could not be had");
}

/* Whole servers hear of each person who leaves: of those who never followed nothing is asked. */
static void is_known(void *arg, int code, const struct store_rows *rows, const struct err *e)
{
    struct visit *v = arg;
    (void)e;
    if (code || v->f->closing || v->f->hushed)
        visit_end(v, 503, NULL);
    else if (!rows->n_rows)
        visit_end(v, 202, NULL);
    else
        verify(v);
}

/* ---- at the door ---- */

static struct visit *visit_new(struct federation *f, federation_answered *fn, void *arg)
{
    struct arena *a = arena_new(4096);
    struct visit *v = ARENA_NEW(a, struct visit);
    *v = (struct visit){.f = fed_ref(f), .next = f->visits, .at = &f->visits, .arena = a, .sig = NEW(struct httpsig), .fn = fn, .arg = arg};
    if (v->next)
        v->next->at = &v->next;
    f->visits = v;
    f->n_visits++;
    return v;
}

static int visit_read(struct visit *v, const struct httpd_request *rq)
{
    struct err e = {0};
    if (json_parse(v->arena, rq->body ? rq->body : "", rq->body_bytes, FED_MAX_BODY, &v->activity, &e) || v->activity->kind != DOC_OBJECT)
        return ERR_INVALID;
    v->actor = id_of(v->activity, "actor");
    v->id = doc_text(v->activity, "id", NULL);
    if (!v->actor || !doc_text(v->activity, "type", NULL) || (v->id && !fed_is_url(v->id)))
        return ERR_INVALID;
    v->deed = deed_of(v);
    return 0;
}

static void look_at(struct visit *v, const struct fed_place *at, const struct httpd_request *rq, const char *client)
{
    struct federation *f = v->f;
    uint64_t who = subscriber_client_hash(client, f->seed + 4);
    const char *wrong = judge(v, at, rq, clock_wall_ms() / 1000);
    if (wrong)
        refuse(v, wrong);
    else if (fed_blocked(f, v->actor))
        visit_end(v, 202, NULL);
    else if (f->n_visits > FED_VISITS)
        visit_end(v, 503, "too much at once");
    else if (!subscriber_limit_take(f->limit, who, LOOKED_AT_CLIENT, MINUTE_MS, clock_mono_ms()))
        visit_end(v, 429, "too much at once");
    else if (v->deed == DEED_DELETE)
        fed_known(f, v->actor, is_known, v);
    else
        verify(v);
}

void fed_inbox(struct federation *f, const struct fed_place *at, const struct httpd_request *rq, const char *client, federation_answered *fn, void *arg)
{
    if (!f->key) {
        answer(fn, arg, 503, "not ready yet");
        return;
    }
    if (!subscriber_limit_take(f->limit, subscriber_client_hash(client, f->seed + 3), POSTS_CLIENT, MINUTE_MS, clock_mono_ms())) {
        answer(fn, arg, 429, "too much at once");
        return;
    }
    if (rq->body_bytes > FED_MAX_BODY) {
        answer(fn, arg, 413, "too long");
        return;
    }
    struct visit *v = visit_new(f, fn, arg);
    if (visit_read(v, rq))
        visit_end(v, 400, "this is no activity");
    else if (v->deed == DEED_NONE)
        visit_end(v, 202, NULL);
    else
        look_at(v, at, rq, client);
}
