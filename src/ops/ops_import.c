/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_import.c: all that was published, whole, out of one house and into another; and the services of a status page that is moved in from.
 *
 * A bulletin is known by its key: importing it again makes nothing twice, so that an import that broke off is just run again; what was said
 * there since, and an end, is added to an incident that came by an import.  Nobody is mailed of any of it. */
#include "base/json.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_conf.h"
#include "ops/ops_priv.h"
#include <stdlib.h>
#include <string.h>

enum { ROWS_MOST = 1000, HEAD_MOST = 16 << 20, UNKNOWN_MOST = 500, NUMBER_MOST = 999999999 /* as other tools' interfaces know them */, AHEAD_MS = 3600 * 1000 };

/* ---- out: by number, so that an empty house gives them the same ---- */

struct exporting {
    int64_t *ids;
    size_t n, at, written;
};

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void export_one(struct op_call *c, struct exporting *x, const struct bulletin *b)
{
    struct arena *a = arena_new(0);
    struct doc *o = doc_object(a);
    bulletin_write(b, o);
    buf_str(c->text, x->written++ ? ",\n" : "\n");
    json_write(c->text, o, "en", 0);
    arena_free(a);
}

static bool export_step(struct op_call *c)
{
    struct exporting *x = c->user;
    if (x->at == x->n) {
        buf_str(c->text, x->written ? "\n]}\n" : "]}\n");
        op_raw_text(c, "application/json");
        return false;
    }
    const struct bulletin *b = board_find(c->house->board, x->ids[x->at++]);
    if (b)
        export_one(c, x, b);
    return true;
}

static void put_pairs(struct doc *o, const char *key, const struct conf_pairs *p)
{
    struct doc *texts = doc_put_object(o, key);
    for (int i = 0; i < p->n; i++)
        doc_put_text(texts, p->keys[i], p->values[i]);
}

/* What the bulletins are about: enough to show them elsewhere; what is watched is not part of it. */
static void put_head(struct op_call *c)
{
    const struct conf *conf = model_conf(c->house->model);
    struct doc *o = doc_object(c->arena), *list;
    doc_put_text(o, "format", "vigie bulletins");
    doc_put_int(o, "version", 1);
    doc_put_text(o, "site", conf->site.url ? conf->site.url : c->house->address);
    doc_put_text(o, "lang", conf->site.lang);
    put_pairs(o, "title", &conf->site.title);
    list = doc_put_list(o, "components");
    for (int i = 0; i < conf->n_components; i++) {
        const struct conf_component *k = conf->components[i];
        struct doc *d = doc_push_object(list);
        doc_put_text(d, "name", k->name);
        put_pairs(d, "title", &k->title);
        put_pairs(d, "text", &k->text);
        doc_put_text(d, "group", k->group);
        doc_put_text(d, "link", k->link);
        doc_put_int(d, "order", k->order);
    }
    json_write(c->text, o, "en", 0);
    buf_cut(c->text, c->text->len - 1); /* its brace: the bulletins follow */
    buf_str(c->text, ",\"bulletins\":[");
}

static void run_export(struct op_call *c)
{
    struct exporting *x = ARENA_NEW(c->arena, struct exporting);
    x->n = board_count(c->house->board);
    x->ids = ARENA_ARRAY(c->arena, int64_t, x->n + 1);
    for (size_t i = 0; i < x->n; i++)
        x->ids[i] = board_at(c->house->board, i)->id;
    qsort(x->ids, x->n, sizeof x->ids[0], by_number);
    c->user = x;
    c->text->max = HEAD_MOST;
    put_head(c);
    op_slices(c, export_step);
}

/* ---- in ---- */

struct made { /* references; before NULL: it is new */
    struct bulletin *now, *before;
};
struct importing {
    struct op_call *call;
    struct doc *at;           /* the next row */
    struct made *made;
    int n_made, row, already, renumbered, taken, added;
    struct doc *reply, *refused, *unknown;
    struct map names;         /* components that the configuration does not have */
    int code, left;
    struct err err;
    bool dry;
};

static void refuse(struct importing *im, const struct doc *row, const char *packed)
{
    struct doc *o = doc_push_object(im->refused);
    doc_put_int(o, "row", im->row);
    doc_put_text(o, "key", doc_text(row, "key", NULL));
    doc_put_msg(o, "why", packed);
}

static void refuse_msg(struct importing *im, const struct doc *row, const char *msgid)
{
    struct err e = {0};
    err_set(&e, ERR_INVALID, msgid, "");
    refuse(im, row, e.text);
}

static void note_components(struct importing *im, const struct bulletin *b)
{
    const struct conf *c = model_conf(im->call->house->model);
    for (int i = 0; i < b->n_components && im->names.n < UNKNOWN_MOST; i++) {
        if (map_find(&c->component_by_name, b->components[i]) || map_find(&im->names, b->components[i]))
            continue;
        const char *name = arena_dup(im->call->arena, b->components[i]);
        map_set(&im->names, name, im);
        doc_push_text(im->unknown, name);
    }
}

/* An address leads to one place: the first that had it keeps it. */
static void drop_aliases(struct importing *im, struct doc *row)
{
    const struct doc *list = doc_get(row, "aliases");
    struct doc *left = doc_list(im->call->arena);
    DOC_EACH(list, d)
        if (d->kind == DOC_TEXT && d->text[0] == '/' && !board_find_alias(im->call->house->board, d->text))
            doc_push_text(left, d->text);
    doc_put(row, "aliases", left);
}

static int64_t last_of(const struct bulletin *b)
{
    int64_t last = b->changed_ms > b->posted_ms ? b->changed_ms : b->posted_ms;
    last = last > b->ended_ms ? last : b->ended_ms;
    for (int i = 0; i < b->n_updates; i++)
        last = last > b->updates[i].posted_ms ? last : b->updates[i].posted_ms;
    return last;
}

/* Its own number when that is free and one that other tools' interfaces take; else the next one. */
static void number_it(struct importing *im, struct doc *row)
{
    int64_t id = doc_int(row, "id", 0);
    if (id > 0 && id <= NUMBER_MOST && !board_find(im->call->house->board, id))
        return;
    im->renumbered += id > 0;
    doc_put_int(row, "id", board_next(im->call->house->board));
}

/* ---- one that came before ---- */

static bool was_said(const struct bulletin *b, const struct update *u)
{
    for (int i = 0; i < b->n_updates; i++)
        if (b->updates[i].at_ms == u->at_ms && (b->updates[i].phase == u->phase || wording_same(&b->updates[i].text, &u->text)))
            return true;
    return false;
}

/* Quietly; false: it is no news, or cannot be said. */
static bool add(struct importing *im, const char *key, struct post *p, const struct update *u)
{
    struct house *h = im->call->house;
    const struct bulletin *b = board_find_key(h->board, key), *now = NULL;
    struct err e = {0};
    p->quiet = true;
    p->origin = "import";
    if (u) {
        p->text = u->text;
        p->phase = (int)u->phase;
        p->at_ms = u->at_ms;
        p->author = u->author;
    }
    return announce_post(h->announce, b->id, p, im->call->now.wall_ms, &now, &e) == 0;
}

/* What was said there since the last import, and that it is over. Of planned work the clock takes care. */
static void add_news(struct importing *im, const struct bulletin *old, const struct bulletin *b)
{
    struct bulletin *before = bulletin_ref(old);
    struct house *h = im->call->house;
    bool any = false;
    for (int i = 0; i < b->n_updates; i++) {
        struct post p = POST_OF(POST_UPDATE);
        if (!was_said(before, &b->updates[i]))
            any |= add(im, b->key, &p, &b->updates[i]);
    }
    const struct bulletin *now = board_find_key(h->board, b->key);
    if (!bulletin_is_open(b) && bulletin_is_open(now)) {
        struct post end = POST_OF(POST_UPDATE);
        end.phase = PHASE_RESOLVED;
        end.at_ms = b->ended_ms;
        any |= add(im, b->key, &end, NULL);
        now = board_find_key(h->board, b->key);
    }
    if (any) {
        im->added++;
        im->made[im->n_made++] = (struct made){bulletin_ref(now), before};
    } else {
        bulletin_unref(before);
    }
}

static void import_again(struct importing *im, struct doc *row, const struct bulletin *old)
{
    struct bulletin *b = NULL;
    im->already++;
    if (im->dry || !str_eq(old->origin, "import") || old->kind != BULLETIN_INCIDENT || old->retracted)
        return;
    doc_put_int(row, "id", old->id);
    if (bulletin_read(row, &b, NULL) == 0 && b->kind == old->kind && last_of(b) <= im->call->now.wall_ms + AHEAD_MS)
        add_news(im, old, b);
    bulletin_unref(b);
}

static void import_row(struct importing *im, struct doc *row)
{
    struct op_call *c = im->call;
    struct bulletin *b = NULL;
    struct err e = {0};
    im->row++;
    const char *key = doc_text(row, "key", "");
    const struct bulletin *old = board_find_key(c->house->board, key);
    if (old) {
        import_again(im, row, old);
        return;
    }
    if (row->kind == DOC_OBJECT) {
        number_it(im, row);
        drop_aliases(im, row);
    }
    if (bulletin_read(row, &b, &e)) {
        refuse(im, row, e.text);
        return;
    }
    note_components(im, b);
    if (last_of(b) > c->now.wall_ms + AHEAD_MS) {
        refuse_msg(im, row, MSG("it was said at a time that lies ahead"));
        bulletin_unref(b);
    } else if (im->dry) {
        im->taken++;
        bulletin_unref(b);
    } else if (announce_import(c->house->announce, b, c->now.wall_ms, &e)) {
        refuse(im, row, e.text);
        bulletin_unref(b);
    } else {
        im->taken++;
        im->made[im->n_made++] = (struct made){bulletin_ref(b), NULL};
    }
}

static void import_end(struct importing *im)
{
    struct op_call *c = im->call;
    for (int i = 0; i < im->n_made; i++) {
        bulletin_unref(im->made[i].now);
        bulletin_unref(im->made[i].before);
    }
    map_done(&im->names);
    if (im->code)
        op_error(c, im->code, &im->err);
    else
        op_reply(c, im->reply);
}

static void kept(struct importing *im, int code, const struct err *e)
{
    if (code && !im->code) {
        im->code = code;
        im->err = e ? *e : (struct err){.code = code};
    }
    if (--im->left == 0)
        import_end(im);
}

/* What is not kept must not be shown: all of this part goes again. */
static void rows_kept(void *arg, int code, const struct err *e)
{
    struct importing *im = arg;
    for (int i = im->n_made; code && code != ERR_CANCELLED && i-- > 0;)
        announce_undo(im->call->house->announce, im->made[i].now, im->made[i].before);
    kept(im, code, e);
}

static void audit_kept(void *arg, int code, const struct err *e)
{
    kept(arg, code, e);
}

static void put_known(struct importing *im)
{
    const struct conf *c = model_conf(im->call->house->model);
    struct doc *components = doc_put_list(im->reply, "components"), *texts = doc_put_list(im->reply, "texts");
    for (int i = 0; i < c->n_components; i++) {
        struct doc *o = doc_push_object(components), *titles = doc_put_list(o, "titles");
        doc_put_text(o, "name", c->components[i]->name);
        for (int k = 0; k < c->components[i]->title.n; k++)
            doc_push_text(titles, c->components[i]->title.values[k]);
    }
    for (int i = 0; i < c->n_texts; i++)
        doc_push_text(texts, c->texts[i]->name);
}

static void import_answer(struct importing *im)
{
    struct op_call *c = im->call;
    doc_put_int(im->reply, im->dry ? "would_import" : "imported", im->taken);
    doc_put_int(im->reply, "already", im->already);
    doc_put_int(im->reply, "added_to", im->added);
    doc_put_int(im->reply, "renumbered", im->renumbered);
    if (im->dry)
        put_known(im);
    if (!im->n_made) {
        import_end(im);
        return;
    }
    im->left = 2;
    recorder_audit(c->house->recorder, c->now.wall_ms, c->who.name ? c->who.name : "?", c->who.via, "incident import", doc_text(c->params, "source", "list"),
                   arena_printf(c->arena, "%d", im->n_made));
    announce_flush(c->house->announce, rows_kept, im);
    recorder_flush(c->house->recorder, audit_kept, im);
}

static bool import_step(struct op_call *c)
{
    struct importing *im = c->user;
    struct doc *row = im->at;
    if (!row) {
        import_answer(im);
        return false;
    }
    im->at = row->next;
    import_row(im, row);
    return true;
}

static void run_import(struct op_call *c)
{
    struct doc *rows = doc_get(doc_get(c->params, "bulletins"), "rows");
    size_t n = rows && rows->kind == DOC_LIST ? rows->kids.n : 0;
    if (n > ROWS_MOST) {
        op_fail(c, ERR_LIMIT, "bulletins", MSG("at most {1} at once"), "i", (int64_t)ROWS_MOST);
        return;
    }
    struct importing *im = ARENA_NEW(c->arena, struct importing);
    *im = (struct importing){.call = c, .at = n ? rows->kids.first : NULL, .reply = doc_object(c->arena), .dry = doc_bool(c->params, "dry-run", false)};
    im->made = ARENA_ARRAY(c->arena, struct made, n + 1);
    im->refused = doc_put_list(im->reply, "refused");
    im->unknown = doc_put_list(im->reply, "unknown_components");
    c->user = im;
    op_slices(c, import_step);
}

/* ---- the services of the page that is moved in from ---- */

struct moving_conf {
    struct op_call *call;
    const char *file, *yaml;
};

static int edit_conf(void *arg, int i, const char *text, size_t n, struct buf *out, struct err *e)
{
    const struct moving_conf *m = arg;
    (void)text;
    (void)i;
    if (n)
        return err_set(e, ERR_CONFLICT, MSG("conf.d/{1} is there already; put into it what is missing, or remove it and import again"), "s", m->file);
    buf_str(out, m->yaml);
    return 0;
}

static void conf_moved(void *arg, const struct house_conf_result *r)
{
    const struct moving_conf *m = arg;
    ops_conf_answer(m->call, r, "conf import", m->file);
}

static bool is_source(const char *s)
{
    size_t n = strlen(s);
    return n > 0 && n <= 40 && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static void run_conf_import(struct op_call *c)
{
    struct moving_conf *m = ARENA_NEW(c->arena, struct moving_conf);
    const char *source = doc_text(c->params, "source", "");
    *m = (struct moving_conf){.call = c, .yaml = doc_text(doc_get(c->params, "conf"), "yaml", "")};
    m->file = arena_printf(c->arena, "imported-%s.yaml", source);
    if (!is_source(source))
        op_fail(c, ERR_INVALID, "source", MSG("“{1}” is no name for it; small letters, digits and dashes make one"), "s", source);
    else if (!m->yaml[0] || strlen(m->yaml) > CONF_MAX_FILE_BYTES)
        op_fail(c, ERR_INVALID, "conf", MSG("there is nothing to write"), "");
    else
        c->house->conf_edit_files(c->house->daemon, &m->file, 1, edit_conf, conf_moved, m);
}

static const struct op_param import_params[] = {
    {"bulletins", OP_OBJECT, 0, 0, NULL, MSG("rows: a list of bulletins as the export has them; without id they get the next number"), NULL},
    {"source", OP_TEXT, 0, 0, NULL, MSG("where they come from, for the audit"), "list"},
    {"dry-run", OP_BOOL, 0, 'n', NULL, MSG("keep nothing: say what would come, and which components and texts there are"), "no"},
    {0}};
static const struct op_param conf_params[] = {
    {"source", OP_TEXT, OP_REQUIRED, 0, NULL, MSG("its name: the file is conf.d/imported-NAME.yaml in the data directory"), NULL},
    {"conf", OP_OBJECT, OP_REQUIRED, 0, NULL, MSG("yaml: the text of the file"), NULL},
    {0}};
static const struct op_param none[] = {{0}};

const struct op op_news_export = {
    "incident-export", "GET", "/api/v1/announce/export", NULL, ROLE_ADMIN, OP_ANY_TYPE, MSG("everything that was published, whole, with drafts"),
    MSG("What the import takes: in another house all of it has the same links and the same identities in feeds and calendars."), NULL, none, run_export};
const struct op op_news_import = {
    "incident-import", "POST", "/api/v1/announce/import", NULL, ROLE_ADMIN, OP_WRITE, MSG("take in what was published elsewhere"),
    MSG("A bulletin is known by its key: nothing comes twice; to an incident that was imported before, what was said since is added, and its end. Nobody is mailed of it."), NULL, import_params, run_import};
const struct op op_conf_import = {
    "conf-import", "POST", "/api/v1/conf/import", NULL, ROLE_ADMIN, OP_WRITE | OP_LOCAL, MSG("write a new file of the configuration, validated and applied"),
    MSG("Only over the local socket: a configuration may name programs to run."), NULL, conf_params, run_conf_import};
