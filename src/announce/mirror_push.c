/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mirror_push.c: a copy brought to a server over HTTP: WebDAV (RFC 4918: PUT, MKCOL, DELETE) or a store that speaks S3.
 *
 * What is there is known by the manifest that lies there, and later by what was answered; what differs is sent, a few requests at
 * once, wave by wave (mirror_plan.c).  The first request that fails ends the try; what was taken meanwhile is not sent again by
 * the next one.  Files are read by workers, one for each request under way. */
#include "announce/mirror_int.h"
#include "announce/s3sign.h"
#include "base/mem.h"
#include "base/msg.h"
#include "io/tree.h"
#include <string.h>

enum { FILE_BYTES = 64 << 20, LIST_BYTES = 64 << 20, URL_BYTES = 4096, MOST_STEPS = 40 };

struct slot { /* a request under way, and what belongs to it */
    struct mirror_push *push;
    const struct mirror_op *op; /* NULL: free */
    struct egress_job *job;
    struct buf body;
    char sum[S3_SUM_BYTES], dir[TREE_MAX_PATH + 1]; /* dir: the collection being made */
    bool again;                 /* its collections were made anew once */
    bool makes, waits;          /* makes dir; waits until another has made it */
    int steps;
    int code;                   /* of the reading */
    struct err err;
};
struct mirror_push {
    struct mirror *m;           /* NULL: nobody waits any more */
    int refs;                   /* of whoever waits, and of workers */
    struct arena *a;
    struct tree *t;
    struct buf list;            /* our manifest */
    bool sealed;
    char *dir;
    struct mirror_plan plan;
    int at, flying;
    struct slot slots[MIRROR_PUSHES];
    struct map made;            /* collections that are there */
    int code;
    struct err err;
};

static void pump(struct mirror_push *p);
static void send_op(struct slot *s);

static void push_unref(struct mirror_push *p)
{
    if (--p->refs > 0)
        return;
    for (int i = 0; i < MIRROR_PUSHES; i++)
        buf_done(&p->slots[i].body);
    tree_free(p->t);
    buf_done(&p->list);
    map_done(&p->made);
    arena_free(p->a);
    mem_free(p->dir);
    mem_free(p);
}

static void push_end(struct mirror_push *p, int code, const struct err *e)
{
    struct mirror *m = p->m;
    struct err copy = e ? *e : (struct err){0};
    p->m = NULL;
    m->push = NULL;
    push_unref(p);
    mirror_ended(m, code, &copy);
}

void mirror_push_stop(struct mirror_push *p)
{
    if (!p)
        return;
    for (int i = 0; i < MIRROR_PUSHES; i++) {
        if (p->slots[i].job)
            egress_cancel(p->slots[i].job);
        p->slots[i].job = NULL;
    }
    p->m->push = NULL;
    p->m = NULL;
    push_unref(p);
}

/* ---- requests ---- */

/* "https://host/base/" and a name; without a name: the address itself. */
static void url_of(const struct mirror *m, const char *file, struct buf *out)
{
    buf_str(out, m->place);
    if (out->len && buf_text(out)[out->len - 1] != '/')
        buf_char(out, '/');
    s3_path_add(out, file);
}

/* The parts of an address that are signed; the path from its slash on. */
static const char *host_of(const char *url, char *out, size_t n)
{
    const char *host = strstr(url, "://") + 3;
    size_t len = strcspn(host, "/");
    bool https = str_starts(url, "https:");
    str_copyn(out, n, host, len);
    size_t got = strlen(out);
    const char *usual = https ? ":443" : ":80";
    if (str_ends(out, usual)) /* goes out without it */
        out[got - strlen(usual)] = 0;
    return host + len;
}

static void add_header(struct egress_request *rq, struct httpc_header *h, const char *name, const char *value)
{
    h[rq->n_headers++] = (struct httpc_header){name, value};
    rq->headers = h;
}

static void request(struct slot *s, const char *method, const char *file, httpc_fn *fn)
{
    struct mirror *m = s->push->m;
    const struct conf *c = model_conf(m->of->env.model);
    struct buf url = BUF_MAX(URL_BYTES), authorization = BUF_MAX(2048);
    struct httpc_header h[S3_MAX_HEADERS];
    char date[S3_DATE_BYTES], host[300];
    bool puts = str_eq(method, "PUT");
    struct egress_request rq = {.class = EGRESS_STAFF, .method = method, .timeout_ms = MIRROR_REQUEST_MS, .max_body = str_eq(method, "GET") ? LIST_BYTES : 65536, .ca_file = c ? c->site.ca_file : NULL};
    url_of(m, file, &url);
    rq.url = buf_text(&url);
    if (puts) {
        rq.body = buf_text(&s->body);
        rq.body_bytes = s->body.len;
        add_header(&rq, h, "Content-Type", mirror_type(file));
        add_header(&rq, h, "Cache-Control", mirror_cache(file));
    }
    if (m->kind == MIRROR_S3) {
        const char *path = host_of(rq.url, host, sizeof host);
        s3_date(clock_wall_ms(), date);
        s3_sum(rq.body ? rq.body : "", rq.body_bytes, s->sum);
        if (puts && m->acl)
            add_header(&rq, h, "x-amz-acl", m->acl);
        add_header(&rq, h, "x-amz-content-sha256", s->sum);
        add_header(&rq, h, "x-amz-date", date);
        struct s3_ask ask = {.method = method, .region = m->region, .key = m->user ? m->user : "", .secret = m->password ? m->password : "", .host = host, .path = path, .sum = s->sum, .date = date, .headers = h, .n_headers = rq.n_headers};
        s3_sign(&ask, &authorization);
        add_header(&rq, h, "Authorization", buf_text(&authorization));
    } else {
        rq.user = m->user;
        rq.password = m->password;
    }
    s->job = egress_start(m->of->env.egress, &rq, fn, s);
    buf_done(&url);
    buf_done(&authorization);
}

/* ---- what went wrong ---- */

/* A store says why in XML: "<Code>SignatureDoesNotMatch</Code>". */
static const char *code_of(const struct httpc_reply *r, char out[64])
{
    const char *at = r->body_bytes ? memmem(r->body, r->body_bytes, "<Code>", 6) : NULL;
    size_t left = at ? r->body_bytes - (size_t)(at + 6 - r->body) : 0, n = 0;
    for (; at && n < left && n < 63 && ((at[6 + n] | 32) >= 'a' && (at[6 + n] | 32) <= 'z'); n++)
        out[n] = at[6 + n];
    out[n] = 0;
    return n ? out : r->reason && r->reason[0] ? r->reason : "-";
}

static void slot_fail(struct slot *s, const char *method, const char *file, const struct httpc_reply *r)
{
    struct mirror_push *p = s->push;
    char why[64];
    if (p->code == 0 && r->code)
        p->code = err_set(&p->err, r->code, MSG("{1} {2}: {3}"), "ssm", method, file, r->err.text);
    else if (p->code == 0)
        p->code = err_set(&p->err, r->status == 401 || r->status == 403 ? ERR_DENIED : r->status == 507 ? ERR_FULL : ERR_IO, MSG("{1} {2} was answered with {3}: {4}"), "ssis", method, file, (int64_t)r->status, code_of(r, why));
}

/* ---- one file ---- */

static void slot_done(struct slot *s)
{
    struct mirror_push *p = s->push;
    s->op = NULL;
    buf_done(&s->body);
    p->flying--;
    pump(p);
}

static bool is_list(const struct mirror_op *op)
{
    return op->wave >= MIRROR_WAVE_SEAL;
}

static bool taken(const struct httpc_reply *r)
{
    return r->code == 0 && r->status >= 200 && r->status < 300;
}

static void dropped(void *arg, const struct httpc_reply *r)
{
    struct slot *s = arg;
    s->job = NULL;
    if (taken(r) || (r->code == 0 && (r->status == 404 || r->status == 410)))
        mirror_far_drop(&s->push->m->far, s->op->file);
    else
        slot_fail(s, "DELETE", s->op->file, r);
    slot_done(s);
}

/* ---- collections (WebDAV) ---- */

/* Every directory of what the target has is there, and so is the address itself. */
static void know_dirs(struct mirror_push *p, const char *file)
{
    for (const char *slash = strchr(file, '/'); slash; slash = strchr(slash + 1, '/')) {
        const char *dir = arena_dupn(p->a, file, (size_t)(slash + 1 - file));
        if (!map_find(&p->made, dir))
            map_set(&p->made, dir, p);
    }
}

static void know_far(struct mirror_push *p)
{
    size_t i = 0;
    const char *file;
    void *both;
    while (map_each(&p->m->far.files, &i, &file, &both))
        know_dirs(p, file);
    map_set(&p->made, "", p);
}

/* The first of a file's directories that may not be there: "", "incident/", "incident/abc/". */
static bool next_dir(const struct mirror_push *p, const char *file, char out[TREE_MAX_PATH + 1])
{
    const char *at = file;
    for (;;) {
        str_copyn(out, TREE_MAX_PATH + 1, file, (size_t)(at - file));
        if (!map_find(&p->made, out))
            return true;
        const char *slash = strchr(at, '/');
        if (!slash)
            return false;
        at = slash + 1;
    }
}

static void forget_dirs(struct mirror_push *p, const char *file)
{
    char dir[TREE_MAX_PATH + 1];
    map_remove(&p->made, "");
    for (const char *slash = strchr(file, '/'); slash; slash = strchr(slash + 1, '/')) {
        str_copyn(dir, sizeof dir, file, (size_t)(slash + 1 - file));
        map_remove(&p->made, dir);
    }
}

static bool is_being_made(const struct mirror_push *p, const char *dir)
{
    for (int i = 0; i < MIRROR_PUSHES; i++)
        if (p->slots[i].makes && str_eq(p->slots[i].dir, dir))
            return true;
    return false;
}

/* 201, or 405 when it is there already; whatever else is said, the PUT that follows tells what it is worth. */
static void made_dir(void *arg, const struct httpc_reply *r)
{
    struct slot *s = arg;
    struct mirror_push *p = s->push;
    char dir[TREE_MAX_PATH + 1];
    s->job = NULL;
    s->makes = false;
    str_copy(dir, sizeof dir, s->dir);
    if (r->code == 0)
        map_set(&p->made, arena_dup(p->a, dir), p);
    else
        slot_fail(s, "MKCOL", dir, r);
    for (int i = 0; i < MIRROR_PUSHES; i++) {
        struct slot *o = &p->slots[i];
        if (o->waits && str_eq(o->dir, dir)) {
            o->waits = false;
            send_op(o);
        }
    }
    if (r->code)
        slot_done(s);
    else
        send_op(s);
}

static void put_done(void *arg, const struct httpc_reply *r)
{
    struct slot *s = arg;
    struct mirror *m = s->push->m;
    s->job = NULL;
    if (taken(r)) {
        m->sent++;
        m->sent_bytes += (int64_t)s->body.len;
        if (!is_list(s->op))
            mirror_far_set(&m->far, s->op->file, s->op->sum);
    } else if (m->kind == MIRROR_WEBDAV && r->code == 0 && (r->status == 404 || r->status == 409) && !s->again) {
        s->again = true;
        forget_dirs(s->push, s->op->file);
        send_op(s);
        return;
    } else {
        slot_fail(s, "PUT", s->op->file, r);
    }
    slot_done(s);
}

static void send_op(struct slot *s)
{
    if (s->push->m->kind != MIRROR_WEBDAV || s->steps++ >= MOST_STEPS || !next_dir(s->push, s->op->file, s->dir)) {
        request(s, "PUT", s->op->file, put_done);
    } else if (is_being_made(s->push, s->dir)) {
        s->waits = true;
    } else {
        s->makes = true;
        request(s, "MKCOL", s->dir, made_dir);
    }
}

/* ---- reading files, in workers ---- */

static void read_file(void *arg)
{
    struct slot *s = arg;
    s->code = tree_read(s->push->t, s->op->file, &s->body, &s->err);
}

static void file_read_done(void *arg)
{
    struct slot *s = arg;
    struct mirror_push *p = s->push;
    if (!p->m || s->code) {
        if (s->code && p->code == 0) {
            p->code = s->code;
            p->err = s->err;
        }
        if (p->m)
            slot_done(s);
    } else {
        send_op(s);
    }
    push_unref(p);
}

static void file_drop(void *arg)
{
    struct slot *s = arg;
    push_unref(s->push);
}

static void slot_start(struct slot *s, const struct mirror_op *op)
{
    struct mirror_push *p = s->push;
    *s = (struct slot){.push = p, .op = op, .body = BUF_MAX(FILE_BYTES)};
    p->flying++;
    if (op->drop) {
        request(s, "DELETE", op->file, dropped);
        return;
    }
    p->refs++;
    if (work_give(p->m->of->env.workers, p->m->of->env.loop, read_file, file_read_done, file_drop, s) == 0)
        return;
    p->refs--;
    p->code = err_set(&p->err, ERR_BUSY, MSG("too much is asked for at once; try again in a moment"), "");
    s->op = NULL;
    p->flying--;
}

/* ---- the waves ---- */

static struct slot *free_slot(struct mirror_push *p)
{
    for (int i = 0; i < MIRROR_PUSHES; i++)
        if (!p->slots[i].op)
            return &p->slots[i];
    return NULL;
}

/* A wave begins when the one before it is through. */
static void pump(struct mirror_push *p)
{
    while (p->code == 0 && p->at < p->plan.n) {
        const struct mirror_op *op = &p->plan.at[p->at];
        struct slot *s = free_slot(p);
        if (!s || (p->flying && op->wave != p->plan.at[p->at - 1].wave))
            return;
        p->at++;
        slot_start(s, op);
    }
    if (p->flying)
        return;
    if (p->code == 0)
        p->m->doubt = false;
    push_end(p, p->code, &p->err);
}

static void plan(struct mirror_push *p)
{
    struct mirror *m = p->m;
    if (mirror_plan_make(p->a, (struct str){buf_text(&p->list), p->list.len}, p->sealed, &m->far, m->doubt, &p->plan)) {
        err_set(&p->err, ERR_INVALID, MSG("{1}/{2} is no list of files"), "ss", m->dir, MANIFEST_FILE);
        push_end(p, ERR_INVALID, &p->err);
        return;
    }
    know_far(p);
    pump(p);
}

/* ---- what is there, here and there ---- */

/* A store that may not tell what it has says 403 of what it has not; whether it lets us in will be seen. */
static bool is_empty_answer(const struct mirror *m, int status)
{
    return status == 404 || status == 409 || status == 410 || (status == 403 && m->kind == MIRROR_S3);
}

static void far_read(void *arg, const struct httpc_reply *r)
{
    struct slot *s = arg;
    struct mirror_push *p = s->push;
    struct mirror *m = p->m;
    s->job = NULL;
    s->op = NULL;
    if (r->code || (r->status != 200 && !is_empty_answer(m, r->status)) || r->body_cut) {
        slot_fail(s, "GET", MANIFEST_FILE, r);
        push_end(p, p->code, &p->err);
        return;
    }
    mirror_far_read(&m->far, r->status == 200 ? (struct str){r->body, r->body_bytes} : (struct str){"", 0}, clock_mono_ms());
    plan(p);
}

static void read_list(void *arg)
{
    struct mirror_push *p = arg;
    struct buf seal = BUF_MAX(8192);
    p->code = tree_open(p->dir, &p->t, &p->err);
    if (p->code == 0)
        p->code = tree_read(p->t, MANIFEST_FILE, &p->list, &p->err);
    if (p->code == 0)
        p->sealed = tree_read(p->t, MANIFEST_SIGNATURE, &seal, NULL) == 0;
    buf_done(&seal);
}

static void list_read(void *arg)
{
    struct mirror_push *p = arg;
    struct mirror *m = p->m;
    if (m && p->code)
        push_end(p, p->code, &p->err);
    else if (m && m->far.known && !m->doubt && clock_mono_ms() - m->far.read_ms < MIRROR_BELIEVED_MS)
        plan(p);
    else if (m)
        request(&p->slots[0], "GET", MANIFEST_FILE, far_read);
    push_unref(p);
}

static void list_drop(void *arg)
{
    push_unref(arg);
}

void mirror_push_start(struct mirror *m)
{
    struct mirror_push *p = NEW(struct mirror_push);
    struct err e = {0};
    *p = (struct mirror_push){.m = m, .refs = 2, .a = arena_new(64 << 10), .dir = mem_dup(m->dir), .list = BUF_MAX(LIST_BYTES)};
    for (int i = 0; i < MIRROR_PUSHES; i++)
        p->slots[i] = (struct slot){.push = p, .body = BUF_MAX(FILE_BYTES)};
    m->push = p;
    m->sent = m->sent_bytes = 0;
    if (work_give(m->of->env.workers, m->of->env.loop, read_list, list_read, list_drop, p) == 0)
        return;
    p->refs--;
    err_set(&e, ERR_BUSY, MSG("too much is asked for at once; try again in a moment"), "");
    push_end(p, ERR_BUSY, &e);
}
