/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mirror_look.c: a mirror seen from where users read it (LES-20): its manifest first, the signature, then the first page and a few files,
 * drawn anew each time.
 *
 * What differs while a copy is on its way there says nothing; it is looked at again a little later. */
#include "announce/mirror_int.h"
#include "announce/s3sign.h"
#include "base/arena.h"
#include "base/mem.h"
#include "base/msg.h"
#include "io/tree.h"
#include <string.h>

enum { LIST_BYTES = 64 << 20, FILE_BYTES = 16 << 20, URL_BYTES = 4096, SOON_MS = 10000, REDIRECTS = 3 };

const char *const sight_words[SIGHTS] = {"unknown", "ok", "unreachable", "stale", "wrong"};

struct look {
    struct mirror *m;
    struct egress_job *job;
    struct arena *a;
    struct buf list;
    int64_t began_ms, made_ms, next_ms;
    struct {
        const char *file, *sum;
    } picks[MIRROR_SAMPLES + 1]; /* the first page, if there is one, and others */
    int n, at;
};

static void look_next(struct look *k);

static struct look *look_free(struct look *k)
{
    if (!k)
        return NULL;
    if (k->job)
        egress_cancel(k->job);
    buf_done(&k->list);
    arena_free(k->a);
    return mem_free(k);
}

/* ---- what was seen ---- */

static void again_in(struct mirror *m, int64_t ms)
{
    timer_set(&m->look.due, ms < m->look_ms ? ms : m->look_ms);
}

static void look_end(struct look *k, enum mirror_sight is, const struct err *why)
{
    struct mirror *m = k->m;
    struct mirror_look *l = &m->look;
    int64_t now_ms = clock_wall_ms();
    l->times = l->is == is ? l->times + 1 : 1;
    if (l->is != is)
        l->since_ms = now_ms;
    l->is = is;
    l->looked_ms = now_ms;
    l->why = why ? *why : (struct err){0};
    l->run = NULL;
    look_free(k);
    again_in(m, is == SIGHT_OK ? m->look_ms : MIRROR_LOOK_AGAIN_MS);
    mirror_told_judge(m, now_ms);
    if (is != SIGHT_WRONG || l->times != 1)
        return;
    m->doubt = true; /* what we believe to be there is not: all of it goes anew */
    if (!m->running && !m->failures)
        timer_set(&m->due, 0);
}

/* A copy is on its way, or came meanwhile. */
static bool moves(const struct look *k)
{
    return k->m->running || k->m->tried_ms >= k->began_ms;
}

static void look_unclear(struct look *k)
{
    struct mirror *m = k->m;
    m->look.run = NULL;
    look_free(k);
    again_in(m, MIRROR_LOOK_AGAIN_MS);
}

static void end_wrong(struct look *k, const char *msgid, const char *file)
{
    struct err e = {0};
    err_set(&e, ERR_INVALID, msgid, "s", file);
    if (moves(k))
        look_unclear(k);
    else
        look_end(k, SIGHT_WRONG, &e);
}

/* true: it came. */
static bool came(struct look *k, const char *file, const struct httpc_reply *r)
{
    struct err e = {0};
    if (r->code == 0 && r->status == 200 && !r->body_cut)
        return true;
    if (r->code)
        err_set(&e, r->code, MSG("{1}: {2}"), "sm", file, r->err.text);
    else
        err_set(&e, ERR_IO, MSG("{1} was answered with {2}"), "si", file, (int64_t)r->status);
    look_end(k, SIGHT_UNREACHABLE, &e);
    return false;
}

static void ask(struct look *k, const char *file, size_t most, httpc_fn *fn)
{
    struct mirror *m = k->m;
    const struct conf *c = model_conf(m->of->env.model);
    struct buf url = BUF_MAX(URL_BYTES);
    static const struct httpc_header fresh[] = {{"Cache-Control", "no-cache"}};
    buf_str(&url, m->url);
    if (!str_ends(m->url, "/"))
        buf_char(&url, '/');
    s3_path_add(&url, file);
    struct egress_request rq = {.class = EGRESS_STAFF, .url = buf_text(&url), .headers = fresh, .n_headers = 1, .max_body = most, .timeout_ms = MIRROR_REQUEST_MS, .redirects = REDIRECTS, .ca_file = c ? c->site.ca_file : NULL};
    k->job = egress_start(m->of->env.egress, &rq, fn, k);
    buf_done(&url);
}

/* ---- files ---- */

static void file_came(void *arg, const struct httpc_reply *r)
{
    struct look *k = arg;
    char sum[S3_SUM_BYTES];
    const char *file = k->picks[k->at].file;
    k->job = NULL;
    if (r->code == 0 && (r->status == 404 || r->status == 410)) {
        end_wrong(k, MSG("{1} is not there"), file);
        return;
    }
    if (!came(k, file, r))
        return;
    s3_sum(r->body, r->body_bytes, sum);
    if (!str_eq(sum, k->picks[k->at].sum)) {
        end_wrong(k, MSG("{1} is another than the one we made"), file);
        return;
    }
    k->at++;
    look_next(k);
}

static void look_next(struct look *k)
{
    if (k->at < k->n)
        ask(k, k->picks[k->at].file, FILE_BYTES, file_came);
    else
        look_end(k, SIGHT_OK, NULL);
}

/* ---- the list ---- */

static void pick(struct look *k, int at, const struct manifest_entry *e)
{
    k->picks[at].file = arena_dupn(k->a, e->file.p, e->file.n);
    k->picks[at].sum = arena_dup(k->a, e->sum);
}

/* Of all the others each is as likely to be drawn as any other. */
static void draw(struct look *k, struct manifest m)
{
    struct manifest_entry e;
    char file[TREE_MAX_PATH + 1];
    uint64_t seen = 0;
    int drawn = 0, first = 0;
    while (manifest_next(&m, &e)) {
        if (!str_copyn(file, sizeof file, e.file.p, e.file.n) || !tree_path_ok(file))
            continue;
        if (str_eq(file, "index.html")) {
            pick(k, MIRROR_SAMPLES, &e);
            first = 1;
            continue;
        }
        uint64_t at = drawn < MIRROR_SAMPLES ? (uint64_t)drawn : entropy_u64() % (seen + 1);
        seen++;
        if (at < MIRROR_SAMPLES)
            pick(k, (int)at, &e);
        drawn += drawn < MIRROR_SAMPLES;
    }
    if (first)
        k->picks[drawn] = k->picks[MIRROR_SAMPLES];
    k->n = drawn + first;
}

static bool is_stale(struct look *k, struct err *e)
{
    const struct mirror *m = k->m;
    int64_t now_ms = clock_wall_ms(), due_ms = k->next_ms ? k->next_ms : k->made_ms + 2 * m->every_ms;
    if (now_ms > due_ms)
        err_set(e, ERR_TIMEOUT, MSG("the copy there is {1} old, and the next one should have come {2} ago"), "dd", now_ms - k->made_ms, now_ms - due_ms);
    else if (m->good_made_ms && k->made_ms + 1000 <= m->good_made_ms && now_ms - m->good_ms > m->grace_ms)
        err_set(e, ERR_TIMEOUT, MSG("the copy there is {1} old; the one that we brought {2} ago is not seen"), "dd", now_ms - k->made_ms, now_ms - m->good_ms);
    else
        return false;
    return true;
}

static void list_known(struct look *k)
{
    struct err e = {0};
    if (is_stale(k, &e))
        look_end(k, SIGHT_STALE, &e);
    else
        look_next(k);
}

static void seal_came(void *arg, const struct httpc_reply *r)
{
    struct look *k = arg;
    k->job = NULL;
    if (r->code || r->status != 200)
        came(k, MANIFEST_SIGNATURE, r);
    else if (!seal_ok(k->m->of->env.seal, buf_text(&k->list), k->list.len, (struct str){r->body, r->body_bytes}))
        end_wrong(k, MSG("{1} is not signed by us"), MANIFEST_FILE);
    else
        list_known(k);
}

static void list_came(void *arg, const struct httpc_reply *r)
{
    struct look *k = arg;
    struct manifest m;
    k->job = NULL;
    if (!came(k, MANIFEST_FILE, r))
        return;
    buf_add(&k->list, r->body, r->body_bytes);
    if (manifest_begin((struct str){buf_text(&k->list), k->list.len}, &m) || m.version != 2 || !m.made_ms) {
        end_wrong(k, MSG("{1} is no list of files"), MANIFEST_FILE);
        return;
    }
    k->made_ms = m.made_ms;
    k->next_ms = m.next_ms;
    draw(k, m);
    if (k->m->of->env.seal)
        ask(k, MANIFEST_SIGNATURE, 8192, seal_came);
    else
        list_known(k);
}

static void look(void *arg)
{
    struct mirror *m = arg;
    if (m->look.run || m->gone)
        return;
    struct look *k = NEW(struct look);
    *k = (struct look){.m = m, .a = arena_new(4096), .list = BUF_MAX(LIST_BYTES), .began_ms = clock_wall_ms()};
    m->look.run = k;
    ask(k, MANIFEST_FILE, LIST_BYTES, list_came);
}

/* ---- when ---- */

void look_init(struct mirror *m)
{
    timer_init(&m->look.due, m->of->env.loop, look, m);
    if (m->url && m->of->env.egress)
        timer_set(&m->look.due, m->look_ms);
}

void look_stop(struct mirror *m)
{
    timer_clear(&m->look.due);
    m->look.run = look_free(m->look.run);
}

/* At once only when that can change what is known: some servers take a while to show what they were brought. */
void look_soon(struct mirror *m)
{
    if (m->url && m->of->env.egress && m->look.is != SIGHT_OK && !m->look.run)
        timer_set(&m->look.due, SOON_MS);
}
