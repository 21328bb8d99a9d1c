/* SPDX-License-Identifier: GPL-3.0-or-later */
/* site_write.c: an export in its worker: renders what may have changed, writes what did, removes what went. */
#include "base/hash.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "io/loop.h"
#include "web/site_int.h"
#include "wire/manifest.h"
#include <openssl/evp.h>
#include <string.h>

/* ---- memory ---- */

static struct site_kept *kept_free(struct site_kept *k)
{
    mem_free(k->file);
    return mem_free(k);
}

static void forget_files(struct site_memory *m)
{
    size_t i = 0;
    void *at;
    while (map_each(&m->files, &i, NULL, &at))
        kept_free(at);
    map_done(&m->files);
}

struct site_memory *site_memory_free(struct site_memory *m)
{
    if (!m)
        return NULL;
    forget_files(m);
    board_free(m->board);
    conf_unref(m->conf);
    mem_free(m->dir);
    return mem_free(m);
}

/* ---- one file ---- */

static void render(struct site_run *r, const struct site_item *it)
{
    struct pub p = {.out = &r->page, .lang = it->lang ? it->lang : r->main_lang, .s = &r->s, .days = r->days, .assets = r->assets, .base = r->base, .here = it->here, .section = ""};
    buf_clear(&r->page);
    buf_clear(&r->out);
    it->render(it, &p);
    if (!it->page)
        return;
    p.out = &r->out;
    site_note(r, it, &p, &r->page);
    buf_clear(&r->page);
    site_relative(r, it, &r->out, &r->page);
}

static void sum_of(const struct buf *b, unsigned char out[SITE_SUM])
{
    unsigned int n = SITE_SUM;
    ASSERT(EVP_Digest(buf_text(b), b->len, out, &n, EVP_sha256(), NULL) == 1 && n == SITE_SUM);
}

static int write_one(struct site_run *r, struct tree *t, const struct site_item *it, struct err *e)
{
    struct site_memory *m = r->memory;
    struct site_kept *k = map_find(&m->files, it->file);
    int code;
    if (k && it->inputs && k->inputs == it->inputs) {
        k->run = m->run;
        return 0;
    }
    render(r, it);
    r->result.rendered++;
    if (r->page.full)
        return err_set(e, ERR_LIMIT, MSG("{1}: too long or too large"), "s", it->file);
    unsigned char sum[SITE_SUM];
    sum_of(&r->page, sum);
    bool same = k && k->known ? memcmp(k->sum, sum, SITE_SUM) == 0 : tree_same(t, it->file, buf_text(&r->page), r->page.len);
    if (!same) {
        code = tree_put(t, it->file, buf_text(&r->page), r->page.len, e);
        if (code < 0)
            return code;
        r->result.written++;
        r->result.written_bytes += (int64_t)r->page.len;
    }
    if (!k) {
        k = NEW(struct site_kept);
        k->file = mem_dup(it->file);
        map_set(&m->files, k->file, k);
    }
    k->inputs = it->inputs;
    memcpy(k->sum, sum, SITE_SUM);
    k->known = true;
    k->run = m->run;
    return 0;
}

/* ---- what is there already ---- */

/* Files of a former export, made by another process: they may be removed, and nothing else is believed of them. */
static void recall(struct site_run *r, struct manifest *m)
{
    struct manifest_entry e;
    char file[TREE_MAX_PATH + 1];
    while (manifest_next(m, &e)) {
        if (!str_copyn(file, sizeof file, e.file.p, e.file.n) || !tree_path_ok(file) || str_eq(file, MANIFEST_FILE) || map_find(&r->memory->files, file) || r->memory->files.n >= SITE_MAX_FILES)
            continue;
        struct site_kept *k = NEW(struct site_kept);
        k->file = mem_dup(file);
        map_set(&r->memory->files, k->file, k);
    }
}

/* Nobody else's files are touched: a directory is empty, or has our manifest. */
static int take_over(struct site_run *r, struct tree *t, struct err *e)
{
    struct site_memory *m = r->memory;
    struct buf text = BUF_MAX(MANIFEST_MOST_BYTES);
    struct manifest list;
    uint64_t print = tree_print(t, MANIFEST_FILE);
    if (m->print && m->print == print)
        return 0;
    forget_files(m);
    if (tree_is_new(t) || tree_is_empty(t))
        return 0;
    int code = tree_read(t, MANIFEST_FILE, &text, e);
    bool ours = code == 0 && manifest_begin((struct str){buf_text(&text), text.len}, &list) == 0;
    if (ours)
        recall(r, &list);
    buf_done(&text);
    if (ours || (code < 0 && code != ERR_NOT_FOUND))
        return ours ? 0 : code;
    return err_set(e, ERR_CONFLICT, MSG("{1} has files that are not of an export; name an empty directory, or a new one"), "s", r->dir);
}

/* ---- all of it ---- */

static int remove_gone(struct site_run *r, struct tree *t, struct err *e)
{
    size_t i = 0;
    void *at;
    while (map_each(&r->memory->files, &i, NULL, &at)) {
        struct site_kept *k = at;
        if (k->run == r->memory->run)
            continue;
        int code = tree_drop(t, k->file, e);
        if (code < 0)
            return code;
        map_remove(&r->memory->files, k->file);
        kept_free(k);
        r->result.removed++;
    }
    return 0;
}

static int write_seal(struct site_run *r, struct tree *t, const struct buf *list, struct err *e)
{
    struct buf out = BUF_MAX(8192);
    if (!r->sign)
        return tree_drop(t, MANIFEST_SIGNATURE, e);
    r->sign(&r->seal, MANIFEST_FILE, buf_text(list), list->len, r->s.now_ms, &out);
    int code = tree_put(t, MANIFEST_SIGNATURE, buf_text(&out), out.len, e);
    buf_done(&out);
    return code;
}

static int write_manifest(struct site_run *r, struct tree *t, struct err *e)
{
    struct buf out = BUF_MAX(MANIFEST_MOST_BYTES);
    char hex[2 * SITE_SUM + 1];
    manifest_head(&out, r->s.now_ms, r->next_ms);
    for (size_t i = 0; i < r->items.n; i++) {
        const struct site_kept *k = map_find(&r->memory->files, r->items.at[i].file);
        if (!k)
            continue;
        hash_hex(k->sum, SITE_SUM, hex);
        manifest_line(&out, hex, k->file);
    }
    int code = out.full ? err_set(e, ERR_LIMIT, MSG("{1}: too long or too large"), "s", MANIFEST_FILE) : tree_put(t, MANIFEST_FILE, buf_text(&out), out.len, e);
    code = code ? code : write_seal(r, t, &out, e);
    buf_done(&out);
    return code;
}

static int write_all(struct site_run *r, struct tree *t, struct err *e)
{
    int code = take_over(r, t, e);
    r->memory->print = 0;
    for (size_t i = 0; code == 0 && i < r->items.n; i++)
        code = write_one(r, t, &r->items.at[i], e);
    if (code == 0)
        code = remove_gone(r, t, e);
    if (code == 0)
        code = write_manifest(r, t, e);
    if (code == 0)
        code = tree_commit(t, e);
    if (code == 0)
        r->memory->print = tree_print(t, MANIFEST_FILE);
    return code;
}

/* What the next run compares addresses with. */
static void remember(struct site_run *r)
{
    board_free(r->memory->board);
    conf_unref(r->memory->conf);
    r->memory->board = r->board;
    r->memory->conf = r->conf;
    r->board = NULL;
    r->conf = NULL;
}

void site_write(struct site_run *r)
{
    struct err *e = &r->result.err;
    struct tree *t = NULL;
    int64_t began_us = clock_mono_us();
    if (r->conf && r->conf->site.zone && r->env.zone_load)
        r->zone = r->env.zone_load(r->env.arg, r->conf->site.zone);
    r->s.zone = r->zone;
    r->s.board = r->board;
    r->page = r->out = BUF_MAX(2 * PUBLIC_MAX_BYTES);
    r->memory->run++;
    site_plan(r);
    r->result.code = tree_open(r->dir, &t, e);
    if (r->result.code == 0)
        r->result.code = write_all(r, t, e);
    r->result.files = (int)r->items.n;
    r->result.took_us = clock_mono_us() - began_us;
    tree_free(t);
    if (!r->memory->print)
        forget_files(r->memory);
    remember(r);
    buf_done(&r->page);
    buf_done(&r->out);
    VEC_DONE(&r->items);
    map_done(&r->by_link);
    zone_free(r->zone);
}
