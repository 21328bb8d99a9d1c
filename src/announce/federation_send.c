/* SPDX-License-Identifier: GPL-3.0-or-later */
/* federation_send.c: from a publication to one row of the outbox an audience, and from a row to a signed request when it goes.  The text is
 * the same for all of an actor's audiences and made once; the signature is made for each.
 *
 * Servers differ in the signatures they read: RFC 9421 is tried first, on 401 draft-cavage at once, and what worked is remembered by host. */
#include "announce/federation_int.h"
#include "store/outbox.h"

enum { PAYLOAD_MOST = 64 << 10, BODY_MOST = 512 << 10 };

/* ---- whom a publication concerns ---- */

static bool concerns(const struct fed_actor *a, const struct bulletin *b)
{
    return !a->component || bulletin_touches(b, a->component->name);
}

static void add_row(const struct federation *f, const struct publication *p, int64_t audience, const char *inbox, const char *target, const char *what, const char *note, struct store_batch *b, int64_t now_ms)
{
    struct buf payload = BUF_MAX(PAYLOAD_MOST), unique = BUF_MAX(400);
    buf_printf(&payload, "{\"p\":%lld,\"w\":\"%s\",\"n\":\"%s\",\"t\":", (long long)p->id, what, note);
    json_quote(&payload, target);
    buf_char(&payload, '}');
    buf_printf(&unique, "fedi:%s:%lld", p->key, (long long)audience);
    if (note[0])
        buf_printf(&unique, ":%s", note);
    outbox_add(b, f->env.node, "federation", buf_text(&unique), inbox, buf_text(&payload), now_ms);
    buf_done(&payload);
    buf_done(&unique);
}

/* Notes that were told by the clock have no update: they are those of the publications that went there. */
static const struct store_stmt told_deletes = {
    "federation_told_deletes",
    "INSERT INTO outbox (node, channel, unique_key, recipient, payload, state, created_ms, next_try_ms)"
    " SELECT ?1, 'federation', ?2 || ':p' || CAST(p.id AS TEXT), ?3, ?4 || CAST(p.id AS TEXT) || ?5, 'due', ?6, ?6 FROM publication p"
    " WHERE p.bulletin = ?7 AND (p.key LIKE ?8 || ':reminder:%' OR p.key LIKE ?8 || ':overrun:%' OR p.key LIKE ?8 || ':moved:%')"
    " AND EXISTS (SELECT 1 FROM outbox o WHERE o.unique_key = 'fedi:' || p.key || ':' || ?9) ON CONFLICT (unique_key) DO NOTHING"};

static void add_told_deletes(const struct federation *f, const struct publication *p, int64_t audience, const char *inbox, const char *target, struct store_batch *b, int64_t now_ms)
{
    struct buf unique = BUF_MAX(400), head = BUF_MAX(200), tail = BUF_MAX(4 * FED_TARGET_BYTES);
    char number[24];
    buf_printf(&unique, "fedi:%s:%lld", p->key, (long long)audience);
    buf_printf(&head, "{\"p\":%lld,\"w\":\"delete\",\"n\":\"p", (long long)p->id);
    buf_str(&tail, "\",\"t\":");
    json_quote(&tail, target);
    buf_char(&tail, '}');
    str_print(number, sizeof number, "%lld", (long long)audience);
    struct store_value v[] = {STORE_T(f->env.node), STORE_T(buf_text(&unique)), STORE_T(inbox), STORE_T(buf_text(&head)), STORE_T(buf_text(&tail)), STORE_I(now_ms), STORE_I(p->b->id), STORE_T(p->b->key), STORE_T(number)};
    store_batch_add(b, &told_deletes, v, COUNT(v));
    buf_done(&unique);
    buf_done(&head);
    buf_done(&tail);
}

/* Each note of what was withdrawn is taken back: the newest first, and the first one last, so that none is left hanging. */
static int add_deletes(const struct federation *f, const struct publication *p, const struct bulletin *live, int64_t audience, const char *inbox, const char *target, struct store_batch *b, int64_t now_ms)
{
    int64_t head = fed_head(live);
    int n = 0;
    for (int i = live->n_updates; i-- > 0 && n < FED_DELETES;) {
        char name[24];
        if (live->updates[i].id <= head)
            continue;
        str_print(name, sizeof name, "%lld", (long long)live->updates[i].id);
        add_row(f, p, audience, inbox, target, "delete", name, b, now_ms);
        n++;
    }
    if (live->report_public && live->report.n) {
        add_row(f, p, audience, inbox, target, "delete", "report", b, now_ms);
        n++;
    }
    add_told_deletes(f, p, audience, inbox, target, b, now_ms);
    add_row(f, p, audience, inbox, target, "delete", "", b, now_ms);
    return n + 1;
}

/* What makes the first note say something else than it did: that it is over, or another date. */
static const unsigned turns = NOTICE_BIT(NOTICE_RESOLVED) | NOTICE_BIT(NOTICE_DONE) | NOTICE_BIT(NOTICE_CANCELLED) | NOTICE_BIT(NOTICE_MOVED);
static const char first_note[] = "first";

static int add(void *arg, const struct publication *p, const struct store_rows *rows, int i, struct store_batch *b, int64_t now_ms)
{
    const struct federation *f = arg;
    struct fed_actor a;
    int64_t id = store_cell_int(rows, i, 0), since_ms = store_cell_int(rows, i, 3);
    const char *inbox = store_cell_text(rows, i, 1), *target = store_cell_text(rows, i, 2);
    const struct bulletin *live = board_find(announce_board(f->env.announce), p->b->id);
    live = live || p->id ? live : p->b; /* a look at what would be: it is not on the board yet */
    if (!live || since_ms > p->at_ms || !fed_actor_target(f, target, &a) || !concerns(&a, p->b))
        return 0;
    if (p->notice == NOTICE_RETRACTED)
        return add_deletes(f, p, live, id, inbox, target, b, now_ms);
    add_row(f, p, id, inbox, target, p->notice == NOTICE_CORRECTED ? "update" : "create", "", b, now_ms);
    if (!(NOTICE_BIT(p->notice) & turns))
        return 1;
    add_row(f, p, id, inbox, target, "update", first_note, b, now_ms);
    return 2;
}

void fed_answer_payload(struct buf *out, const char *type, const char *target, const struct doc *follow)
{
    buf_printf(out, "{\"w\":\"%s\",\"t\":", type);
    json_quote(out, target);
    buf_str(out, ",\"o\":");
    json_write(out, follow, "en", 0);
    buf_char(out, '}');
}

/* ---- texts ---- */

static struct fed_body *body_find(struct federation *f, const char *key)
{
    for (int i = 0; i < FED_BODIES; i++)
        if (f->bodies[i].key && str_eq(f->bodies[i].key, key)) {
            f->bodies[i].used = ++f->uses;
            return &f->bodies[i];
        }
    return NULL;
}

static struct fed_body *body_put(struct federation *f, const char *key, struct buf *text)
{
    struct fed_body *oldest = &f->bodies[0];
    for (int i = 1; i < FED_BODIES; i++)
        if (f->bodies[i].used < oldest->used)
            oldest = &f->bodies[i];
    mem_free(oldest->key);
    mem_free(oldest->text);
    size_t n = text->len;
    *oldest = (struct fed_body){.key = mem_dup(key), .text = buf_take(text), .n = n, .used = ++f->uses};
    return oldest;
}

/* What is withdrawn by now is not told any more, only that it was. */
static int write_note(const struct federation *f, const struct fed_actor *a, const struct publication *p, const char *what, const char *name, struct doc *obj)
{
    const struct bulletin *live = board_find(announce_board(f->env.announce), p->b->id);
    struct fed_note note;
    bool deletes = str_eq(what, "delete");
    if (!live || live->retracted != deletes)
        return ERR_NOT_FOUND;
    if (deletes) {
        note = (struct fed_note){.b = live};
        str_copy(note.name, sizeof note.name, name);
    } else if (str_eq(name, first_note)) {
        fed_note_find(live, "", &note);
        note.updated_ms = p->at_ms;
    } else {
        fed_note_about(p, live, &note);
    }
    fed_activity_write(f, a, what, p->id, p->at_ms, &note, obj);
    return 0;
}

static int write_answer(const struct fed_actor *a, const char *type, const char *unique, const struct doc *follow, struct doc *obj)
{
    doc_put_text(obj, "id", arena_printf(obj->arena, "%s#%s", a->id, unique));
    doc_put_text(obj, "type", type);
    doc_put_text(obj, "actor", a->id);
    const char *to = doc_text(follow, "actor", NULL);
    if (to)
        doc_push_text(doc_put_list(obj, "to"), to);
    doc_put(obj, "object", doc_copy(obj->arena, follow));
    return 0;
}

/* ---- a row on its way ---- */

struct errand {
    struct federation *f;
    struct arena *a;
    channel_post_made *made;
    void *job;
    int64_t row, now_ms;
    const char *inbox, *unique, *what, *note;
    struct fed_actor actor;
    const struct doc *follow;
    bool again;
};

static void errand_end(struct errand *x, int code, const struct egress_request *rq, const char *why)
{
    struct federation *f = x->f;
    struct err e = {0};
    if (code)
        err_set(&e, code, why ? why : MSG("what this was about is no longer known"), "");
    x->made(x->job, code, rq, code ? &e : NULL);
    arena_free(x->a);
    fed_unref(f);
}

struct mode { /* of a host */
    enum httpsig_kind kind;
    char host[FED_MAX_HOST];
};

/* A signature that a host takes; the first time the new one. */
static enum httpsig_kind kind_for(struct federation *f, const char *inbox, bool again)
{
    char host[FED_MAX_HOST];
    const struct mode *m = fed_host_of(inbox, host, sizeof host) ? map_find(&f->modes, host) : NULL;
    enum httpsig_kind kind = m ? m->kind : HTTPSIG_RFC9421;
    return !again ? kind : kind == HTTPSIG_RFC9421 ? HTTPSIG_CAVAGE : HTTPSIG_RFC9421;
}

static void errand_send(struct errand *x, const struct fed_body *body)
{
    struct federation *f = x->f;
    struct fed_signed s;
    enum httpsig_kind kind = kind_for(f, x->inbox, x->again);
    int r = fed_sign(f, kind, "POST", x->inbox, x->actor.id, body->text, body->n, x->now_ms, &s);
    if (r) {
        errand_end(x, r, NULL, r == ERR_BUSY ? MSG("there is no key yet") : MSG("this inbox has no address"));
        return;
    }
    f->flying[f->next_flying].row = x->row;
    f->flying[f->next_flying].kind = kind;
    f->next_flying = (f->next_flying + 1) % FED_FLYING;
    struct egress_request rq = {.class = EGRESS_OUTSIDER, .method = "POST", .url = x->inbox, .headers = s.headers, .n_headers = s.n_headers, .body = body->text, .body_bytes = body->n};
    errand_end(x, 0, &rq, NULL);
    fed_signed_done(&s);
}

static void errand_write(struct errand *x, const char *key, const struct publication *p)
{
    struct federation *f = x->f;
    struct arena *a = arena_new(0);
    struct doc *obj = doc_object(a);
    struct buf text = BUF_MAX(BODY_MOST);
    if (!x->follow)
        fed_context(obj);
    else
        doc_put_text(obj, "@context", "https://www.w3.org/ns/activitystreams");
    int r = x->follow ? write_answer(&x->actor, x->what, x->unique, x->follow, obj) : write_note(f, &x->actor, p, x->what, x->note, obj);
    if (r == 0) {
        json_write(&text, obj, "en", 0);
        r = text.full ? ERR_INVALID : 0;
    }
    if (r)
        errand_end(x, r, NULL, NULL);
    else
        errand_send(x, body_put(f, key, &text));
    buf_done(&text);
    arena_free(a);
}

/* Another generation of texts each time the board changes: what was corrected meanwhile is told as it is now. */
static const char *body_key(const struct errand *x, int64_t publication)
{
    if (x->follow)
        return arena_printf(x->a, "answer:%s", x->unique);
    return arena_printf(x->a, "%llu:%lld:%s:%s:%s", (unsigned long long)board_version(announce_board(x->f->env.announce)), (long long)publication, x->what, x->note, x->actor.id);
}

static void found(void *arg, int code, const struct publication *p)
{
    struct errand *x = arg;
    if (code || !p || x->f->closing)
        errand_end(x, x->f->closing ? ERR_CANCELLED : code ? code : ERR_NOT_FOUND, NULL, NULL);
    else
        errand_write(x, body_key(x, p->id), p);
}

static void compose(void *arg, const struct outbox_row *row, bool again, int64_t now_ms, channel_post_made *made, void *job)
{
    struct federation *f = arg;
    struct arena *a = arena_new(2048);
    struct errand *x = ARENA_NEW(a, struct errand);
    struct doc *d = NULL;
    *x = (struct errand){.f = fed_ref(f), .a = a, .made = made, .job = job, .row = row->id, .now_ms = now_ms, .again = again, .inbox = arena_dup(a, row->recipient), .unique = arena_dup(a, row->unique_key)};
    if (json_parse(a, row->payload, strlen(row->payload), PAYLOAD_MOST, &d, NULL) || f->closing) {
        errand_end(x, f->closing ? ERR_CANCELLED : ERR_INVALID, NULL, NULL);
        return;
    }
    int64_t publication = doc_int(d, "p", 0);
    x->what = doc_text(d, "w", "");
    x->note = doc_text(d, "n", "");
    x->follow = doc_get(d, "o");
    if (!federation_on(f)) {
        errand_end(x, ERR_BUSY, NULL, MSG("the page cannot be followed now"));
    } else if (!fed_actor_target(f, doc_text(d, "t", ""), &x->actor)) {
        errand_end(x, ERR_NOT_FOUND, NULL, NULL);
    } else {
        const struct fed_body *body = body_find(f, body_key(x, publication));
        if (body)
            errand_send(x, body);
        else if (x->follow)
            errand_write(x, body_key(x, 0), NULL);
        else
            publication_find(f->env.publications, publication, found, x);
    }
}

/* ---- what came of it ---- */

static void forget_modes(struct federation *f)
{
    void *at;
    for (size_t i = 0; map_each(&f->modes, &i, NULL, &at);)
        mem_free(at);
    map_done(&f->modes);
}

static void remember(struct federation *f, const char *inbox, enum httpsig_kind kind)
{
    char host[FED_MAX_HOST] = "";
    struct mode *m = fed_host_of(inbox, host, sizeof host) ? map_find(&f->modes, host) : NULL;
    if (!host[0] || (m && m->kind == kind) || (!m && kind == HTTPSIG_RFC9421))
        return;
    if (!m) {
        if (f->modes.n >= FED_HOSTS_KEPT)
            forget_modes(f);
        m = NEW(struct mode);
        str_copy(m->host, sizeof m->host, host);
        map_set(&f->modes, m->host, m);
    }
    m->kind = kind;
}

static enum httpsig_kind flown(const struct federation *f, int64_t row)
{
    for (int i = 1; i <= FED_FLYING; i++) {
        int at = (f->next_flying - i + FED_FLYING) % FED_FLYING;
        if (f->flying[at].row == row)
            return f->flying[at].kind;
    }
    return 0;
}

static enum post_verdict judge(void *arg, const struct outbox_row *row, const struct httpc_reply *r, struct err *e)
{
    struct federation *f = arg;
    enum post_verdict v = post_judge(r, e);
    enum httpsig_kind kind = flown(f, row->id);
    bool gone = r->code == 0 && (r->status == 404 || r->status == 410);
    if (v == POST_DONE) {
        if (kind)
            remember(f, row->recipient, kind);
        fed_inbox_good(f, row->recipient);
        return v;
    }
    if (r->code == 0 && r->status == 401)
        return POST_NOW; /* in the other way; then by the back-off: they may not have reached our key */
    struct buf why = BUF_MAX(400);
    msg_render(&why, e->text, "en");
    fed_inbox_failed(f, row->recipient, gone, buf_text(&why), clock_wall_ms());
    buf_done(&why);
    return v;
}

/* ---- life ---- */

void fed_send_init(struct federation *f)
{
    struct publication_way way = {.name = "federation", .notices = notice_told | NOTICE_BIT(NOTICE_CORRECTED) | NOTICE_BIT(NOTICE_RETRACTED) | NOTICE_BIT(NOTICE_REPORTED), .page = &fed_audience_page, .add = add, .arg = f};
    struct channel_poster poster = {.channel = "federation", .compose = compose, .judge = judge, .arg = f};
    publications_way(f->env.publications, &way);
    channel_poster_put(f->env.channels, &poster);
}

void fed_send_stop(struct federation *f)
{
    channel_poster_drop(f->env.channels, "federation");
    forget_modes(f);
    for (int i = 0; i < FED_BODIES; i++) {
        mem_free(f->bodies[i].key);
        mem_free(f->bodies[i].text);
        f->bodies[i] = (struct fed_body){0};
    }
}
