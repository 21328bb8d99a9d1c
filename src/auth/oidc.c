/* SPDX-License-Identifier: GPL-3.0-or-later */
/* oidc.c: see auth.h.  A browser is sent to the provider with a state, a nonce and a challenge, all made for it and known
 * here only; when it comes back with them and the cookie that ties them to it, once and within ten minutes, the code is
 * exchanged for a token, the token judged, and a session begun. */
#include "auth/oidc.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include <openssl/evp.h>
#include <string.h>

enum { FLOW_MS = 600000, MAX_CODE = 4096, MAX_JSON = 1 << 20, MAX_URL = 8000 };

/* ---- calls ---- */

static struct oidc *oidc_of(struct auth *a)
{
    if (!a->oidc)
        a->oidc = NEW(struct oidc);
    return a->oidc;
}

bool auth_oidc_there(const struct auth *a)
{
    const struct conf *c = auth_conf(a);
    return c && c->login.oidc.issuer && a->outside.fetch;
}

static void say_end(void *arg)
{
    struct oidc_call *c = arg;
    const struct err *e = c->result < 0 ? &c->err : NULL;
    if (c->on_url)
        c->on_url(c->arg, c->result, c->result < 0 ? NULL : buf_text(&c->url), c->result < 0 ? NULL : c->tie, e);
    else if (c->on_session)
        c->on_session(c->arg, c->result, NULL, e);
    oidc_call_free(c);
}

struct oidc_call *oidc_call_new(struct auth *a, int64_t now_ms)
{
    struct oidc *o = oidc_of(a);
    if (!auth_oidc_there(a) || o->n_calls >= OIDC_MAX_CALLS)
        return NULL;
    struct oidc_call *c = NEW(struct oidc_call);
    *c = (struct oidc_call){.auth = a, .now_ms = now_ms, .arena = arena_new(4096), .url = BUF_MAX(MAX_URL), .next = o->calls, .at = &o->calls};
    c->conf = conf_ref((struct conf *)auth_conf(a));
    c->o = &c->conf->login.oidc;
    timer_init(&c->end, a->loop, say_end, c);
    if (c->next)
        c->next->at = &c->next;
    o->calls = c;
    o->n_calls++;
    return c;
}

void oidc_call_free(struct oidc_call *c)
{
    *c->at = c->next;
    if (c->next)
        c->next->at = c->at;
    c->auth->oidc->n_calls--;
    timer_clear(&c->end);
    if (c->fetching)
        c->auth->outside.fetch_cancel(c->auth->outside.arg, c->fetching);
    conf_unref(c->conf);
    arena_free(c->arena);
    buf_done(&c->url);
    secret_wipe(c, sizeof(*c));
    mem_free(c);
}

void oidc_end(struct oidc_call *c) { timer_set(&c->end, 0); }

void oidc_fail(struct oidc_call *c, int code, const char *why, const char *msgid)
{
    log_line(LOG_WARN, "a log-in by %s fails: %s", c->o->issuer, why);
    c->result = err_set(&c->err, msgid ? code : ERR_IO, msgid ? msgid : MSG("The provider of log-ins cannot be used just now. Whoever has a password of vigie’s own can log in."), "");
    oidc_end(c);
}

static void fetched(void *arg, int code, int status, const char *body, size_t n, const struct err *e)
{
    struct oidc_call *c = arg;
    char why[400];
    struct buf text = BUF_MAX(300);
    c->fetching = NULL;
    if (code == 0 && status == 200) {
        c->got(c, body, n);
    } else {
        if (code && e)
            msg_render(&text, e->text, "en");
        str_print(why, sizeof why, "status %d %.*s%s", status, n < 200 ? (int)n : 200, n ? body : "", buf_text(&text));
        oidc_fail(c, ERR_IO, why, NULL);
    }
    buf_done(&text);
}

void oidc_fetch(struct oidc_call *c, const struct auth_fetch *f, void (*got)(struct oidc_call *c, const char *p, size_t n))
{
    c->got = got;
    c->fetching = c->auth->outside.fetch(c->auth->outside.arg, f, fetched, c);
}

void oidc_done(struct auth *a)
{
    size_t i = 0;
    const char *key;
    void *value;
    if (!a->oidc)
        return;
    while (a->oidc->calls)
        oidc_call_free(a->oidc->calls);
    while (map_each(&a->oidc->flows, &i, &key, &value))
        mem_free(value);
    map_done(&a->oidc->flows);
    oidc_provider_forget(&a->oidc->provider);
    a->oidc = mem_free(a->oidc);
}

/* ---- there ---- */

static void put_encoded(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "%s%s=", out->len && !strchr("?&", out->data[out->len - 1]) ? "&" : "", name);
    for (const char *p = value; *p; p++)
        if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("-._~", *p))
            buf_char(out, *p);
        else
            buf_printf(out, "%%%02X", (unsigned char)*p);
}

static void flow_drop(struct oidc *o, struct oidc_flow *f)
{
    map_remove(&o->flows, f->state);
    secret_wipe(f, sizeof(*f));
    mem_free(f);
}

static void flows_trim(struct oidc *o, int64_t now_ms)
{
    size_t i = 0, kept = 0;
    const char *key;
    void *value;
    struct oidc_flow *oldest = NULL;
    while (map_each(&o->flows, &i, &key, &value)) {
        struct oidc_flow *f = value;
        if (now_ms >= f->until_ms || f->until_ms > now_ms + FLOW_MS) {
            flow_drop(o, f);
            continue;
        }
        kept++;
        oldest = !oldest || f->until_ms < oldest->until_ms ? f : oldest;
    }
    if (kept >= OIDC_MAX_FLOWS)
        flow_drop(o, oldest);
}

static void challenge(const char *verifier, char out[64])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    EVP_Digest(verifier, strlen(verifier), digest, &n, EVP_sha256(), NULL);
    jose_text(digest, 32, out, 64);
}

static void send_there(struct oidc_call *c)
{
    struct oidc *o = c->auth->oidc;
    struct oidc_flow *f = NEW(struct oidc_flow);
    char proof[64];
    struct buf scopes = BUF_MAX(1000);
    flows_trim(o, c->now_ms);
    *f = c->flow;
    map_set(&o->flows, f->state, f);
    for (int i = 0; i < c->o->scopes.n; i++)
        buf_printf(&scopes, "%s%s", i ? " " : "", c->o->scopes.at[i]);
    challenge(f->verifier, proof);
    buf_printf(&c->url, "%s%s", o->provider.authorization, strchr(o->provider.authorization, '?') ? "&" : "?");
    put_encoded(&c->url, "response_type", "code");
    put_encoded(&c->url, "client_id", c->o->client_id);
    put_encoded(&c->url, "redirect_uri", f->back_url);
    put_encoded(&c->url, "scope", buf_text(&scopes));
    put_encoded(&c->url, "state", f->state);
    put_encoded(&c->url, "nonce", f->nonce);
    put_encoded(&c->url, "code_challenge", proof);
    put_encoded(&c->url, "code_challenge_method", "S256");
    buf_done(&scopes);
    oidc_end(c);
}

void auth_oidc_begin(struct auth *a, const char *back_url, const char *next, int64_t now_ms, auth_oidc_fn *fn, void *arg)
{
    struct oidc_call *c = oidc_call_new(a, now_ms);
    struct err e = {0};
    if (!c) {
        err_set(&e, ERR_BUSY, MSG("Too many log-ins at once. Try again in a moment."), "");
        fn(arg, ERR_BUSY, NULL, NULL, &e);
        return;
    }
    c->on_url = fn;
    c->arg = arg;
    auth_secret_new(c->flow.state);
    auth_secret_new(c->flow.nonce);
    auth_secret_new(c->flow.verifier);
    auth_secret_new(c->tie);
    secret_hash(c->tie, c->flow.tie);
    str_copy(c->flow.next, sizeof c->flow.next, next ? next : "");
    str_copy(c->flow.back_url, sizeof c->flow.back_url, back_url);
    c->flow.until_ms = now_ms + FLOW_MS;
    oidc_know(c, send_there);
}

/* ---- and back ---- */

static const char *text_of(const struct doc *d) { return d && d->kind == DOC_TEXT ? d->text : NULL; }

/* Who it is: known by the subject, whatever the name is now. */
static const struct user *user_of_subject(const struct auth *a, const char *subject)
{
    size_t i = 0;
    const char *key;
    void *value;
    while (map_each(&a->users, &i, &key, &value)) {
        const struct user *u = value;
        if (u->origin == ORIGIN_OIDC && str_eq(u->subject, subject))
            return u;
    }
    return NULL;
}

static void lower_copy(char *out, size_t n, const char *text)
{
    str_copy(out, n, text);
    for (; *out; out++)
        if (*out >= 'A' && *out <= 'Z')
            *out = (char)(*out + 32);
}

static void no_role(struct oidc_call *c, const char *name)
{
    char why[200];
    str_print(why, sizeof why, "%s has no group with a role", name);
    oidc_fail(c, ERR_DENIED, why, MSG("That is you, but no group that you are in has a role here. Ask whoever looks after vigie."));
}

static void let_in(struct oidc_call *c, const char *name, enum role role, const char *subject)
{
    struct auth_job *job = auth_job_new(c->auth, c->now_ms);
    job->on_session = c->on_session;
    job->arg = c->arg;
    job->origin = ORIGIN_OIDC;
    job->role = (int)role;
    str_copy(job->name, sizeof job->name, name);
    str_copy(job->subject, sizeof job->subject, subject);
    str_copy(job->address, sizeof job->address, c->address);
    oidc_call_free(c);
    login_proved(job);
}

static void who_is_it(struct oidc_call *c)
{
    const struct doc *claims = c->token.claims, *groups = oidc_claim(claims, c->o->claim);
    const char *typed = text_of(oidc_claim(claims, c->o->name_claim));
    char name[AUTH_NAME_BYTES + 1], subject[AUTH_SUBJECT_BYTES];
    typed = typed ? typed : text_of(oidc_claim(c->info, c->o->name_claim));
    groups = groups ? groups : oidc_claim(c->info, c->o->claim);
    enum role role = oidc_role(&c->o->roles, groups);
    bool fits = str_print(subject, sizeof subject, "%s %s", c->o->issuer, doc_text(claims, "sub", "")) < (int)sizeof subject - 1;
    lower_copy(name, sizeof name, typed ? typed : "");
    const struct user *known = user_of_subject(c->auth, subject);
    if (known)
        str_copy(name, sizeof name, known->name);
    const struct user *u = map_find(&c->auth->users, name);
    if (!fits || (!known && (!typed || auth_name_judge(name, NULL) != 0)))
        oidc_fail(c, ERR_DENIED, "no name that could be one here", MSG("The provider gives no name that could be one here: letters (a to z), digits and the signs . _ - @"));
    else if (role == ROLE_NONE)
        no_role(c, name);
    else if (u && u != known)
        oidc_fail(c, ERR_CONFLICT, "the name is another’s", MSG("The name that the provider gives belongs to somebody else here. Ask whoever looks after vigie."));
    else if (!u && c->auth->users.n >= AUTH_MAX_USERS)
        oidc_fail(c, ERR_LIMIT, "too many users", MSG("There are too many users already."));
    else
        let_in(c, name, role, subject);
}

static void informed(struct oidc_call *c, const char *text, size_t n)
{
    struct doc *d = NULL;
    if (json_parse(c->arena, text, n, MAX_JSON, &d, NULL) != 0 || d->kind != DOC_OBJECT || !str_eq(doc_text(d, "sub", NULL), doc_text(c->token.claims, "sub", ""))) {
        oidc_fail(c, ERR_PROTOCOL, "what it says of the person cannot be read, or is of another", NULL);
        return;
    }
    c->info = d;
    who_is_it(c);
}

static void refuse(struct oidc_call *c, const char *why) { oidc_fail(c, ERR_AUTH, why, MSG("The provider’s answer is not one to this log-in. Try once more.")); }

static void judge(struct oidc_call *c)
{
    const struct oidc_provider *p = &c->auth->oidc->provider;
    const struct jose_token *t = &c->token;
    const struct jose_key *key = oidc_key_for(&p->keys, t);
    if (!key && !c->keys_again) {
        oidc_keys(c, true, judge);
        return;
    }
    const char *wrong = !key || !jws_good(t->alg, key, t->signed_part, t->signature, t->signature_bytes) ? "its signature is not good" : oidc_claims_wrong(t->claims, c->o->issuer, c->o->client_id, c->flow.nonce, clock_wall_ms());
    char why[200];
    if (wrong) {
        str_print(why, sizeof why, "the token is refused: %s", wrong);
        refuse(c, why);
    } else if (p->userinfo && c->bearer && (!oidc_claim(t->claims, c->o->name_claim) || !oidc_claim(t->claims, c->o->claim))) {
        oidc_fetch(c, &(struct auth_fetch){.method = "GET", .url = p->userinfo, .bearer = c->bearer, .ca_file = c->o->ca}, informed);
    } else {
        who_is_it(c);
    }
}

static void exchanged(struct oidc_call *c, const char *text, size_t n)
{
    struct doc *d = NULL;
    const char *token = json_parse(c->arena, text, n, MAX_JSON, &d, NULL) == 0 ? doc_text(d, "id_token", NULL) : NULL;
    if (!token || jose_read(c->arena, token, strlen(token), &c->token) != 0 || (!str_eq(c->token.alg, "RS256") && !str_eq(c->token.alg, "ES256"))) {
        refuse(c, token ? "the token cannot be read, or is not signed with RS256 or ES256" : "there is no token");
        return;
    }
    c->bearer = doc_text(d, "access_token", NULL);
    oidc_keys(c, false, judge);
}

static void exchange(struct oidc_call *c)
{
    const struct oidc_provider *p = &c->auth->oidc->provider;
    bool in_body = !c->o->client_secret || p->secret_in_body;
    struct buf body = BUF_MAX(MAX_CODE * 4), user = BUF_MAX(1000), password = BUF_MAX(4000);
    put_encoded(&body, "grant_type", "authorization_code");
    put_encoded(&body, "code", c->code);
    put_encoded(&body, "redirect_uri", c->flow.back_url);
    put_encoded(&body, "code_verifier", c->flow.verifier);
    if (in_body)
        put_encoded(&body, "client_id", c->o->client_id);
    if (in_body && c->o->client_secret)
        put_encoded(&body, "client_secret", c->o->client_secret);
    put_encoded(&user, "", c->o->client_id); /* RFC 6749, 2.3.1: encoded as in a form */
    put_encoded(&password, "", c->o->client_secret ? c->o->client_secret : "");
    struct auth_fetch f = {.method = "POST", .url = p->token, .body = buf_text(&body), .ca_file = c->o->ca, .user = in_body ? NULL : buf_text(&user) + 1, .password = in_body ? NULL : buf_text(&password) + 1};
    oidc_fetch(c, &f, exchanged);
    secret_wipe(body.data, body.len);
    secret_wipe(password.data, password.len);
    buf_done(&body);
    buf_done(&user);
    buf_done(&password);
}

/* What came back belongs to a browser that was sent, and to this one: NULL when not. The flow is used up. */
static bool flow_take(struct oidc_call *c, const struct auth_oidc_back *b)
{
    struct oidc *o = c->auth->oidc;
    struct oidc_flow *f = b->state ? map_find(&o->flows, b->state) : NULL;
    char hash[AUTH_HASH_HEX];
    secret_hash(b->tie ? b->tie : "", hash);
    if (!f || !secret_equal(hash, f->tie))
        return false;
    bool good = c->now_ms < f->until_ms;
    c->flow = *f;
    flow_drop(o, f);
    return good;
}

static void came_back(struct oidc_call *c, const struct auth_oidc_back *b)
{
    const struct oidc_provider *p = &c->auth->oidc->provider;
    char why[300];
    if (!flow_take(c, b)) {
        oidc_fail(c, ERR_AUTH, "nobody was sent there with that state", MSG("This log-in was begun elsewhere, or too long ago. Try once more."));
    } else if (b->iss ? !str_eq(b->iss, c->o->issuer) : p->says_iss) {
        refuse(c, "the answer is of another issuer");
    } else if (b->error) {
        str_print(why, sizeof why, "the provider says %.100s", b->error);
        oidc_fail(c, ERR_DENIED, why, MSG("The provider did not let you in."));
    } else if (!b->code || strlen(b->code) > MAX_CODE) {
        refuse(c, "there is no code");
    } else {
        c->code = arena_dup(c->arena, b->code);
        oidc_know(c, exchange);
    }
}

void auth_oidc_back(struct auth *a, const struct auth_oidc_back *b, const char *address, int64_t now_ms, char *ret_next, size_t next_bytes, auth_session_fn *fn, void *arg)
{
    struct oidc_call *c = oidc_call_new(a, now_ms);
    struct err e = {0};
    if (!c) {
        err_set(&e, ERR_BUSY, MSG("Too many log-ins at once. Try again in a moment."), "");
        fn(arg, ERR_BUSY, NULL, &e);
        return;
    }
    c->on_session = fn;
    c->arg = arg;
    str_copy(c->address, sizeof c->address, address ? address : "");
    came_back(c, b);
    str_copy(ret_next, next_bytes, c->flow.next);
}

bool auth_oidc_logout(const struct auth *a, const struct principal *p, const char *back_url, struct buf *out)
{
    const struct user *u = p->name ? map_find(&a->users, p->name) : NULL;
    const struct conf *c = auth_conf(a);
    const char *there = a->oidc ? a->oidc->provider.logout : NULL;
    if (!u || u->origin != ORIGIN_OIDC || !there || !c || !c->login.oidc.issuer)
        return false;
    buf_printf(out, "%s%s", there, strchr(there, '?') ? "&" : "?");
    put_encoded(out, "client_id", c->login.oidc.client_id);
    put_encoded(out, "post_logout_redirect_uri", back_url);
    return true;
}
