/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_discover.c: looking for what could be watched, the book of it, and decisions: accept writes <data>/conf.d/discovered/HOST.yaml. */
#include "base/json.h"
#include "base/map.h"
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_conf.h"
#include "ops/ops_discover.h"
#include "ops/ops_priv.h"
#include <string.h>

#define HEADER "# What was discovered and accepted. vigie writes this file, always in the same order; comments do not stay.\n" \
               "# To own it by git or Puppet, move it to conf.d/discovered beside vigie.yaml.\n"

/* ---- shapes ---- */

void op_put_finding(struct doc *o, const struct book_entry *en)
{
    const struct finding *f = &en->f;
    struct buf yaml = BUF_MAX(BOOK_MAX_YAML + 100);
    finding_show_yaml(f, &yaml);
    doc_put_text(o, "key", f->key);
    doc_put_text(o, "source", f->source);
    doc_put_text(o, "host", f->host);
    doc_put_text(o, "address", f->address);
    doc_put_text(o, "parents", f->parents);
    doc_put_text(o, "check", f->check);
    doc_put_text(o, "yaml", f->yaml ? buf_text(&yaml) : NULL);
    buf_done(&yaml);
    doc_put_msg(o, "what", f->what);
    doc_put_msg(o, "evidence", f->evidence);
    doc_put_text(o, "state", book_state_word(en->state));
    doc_put_time(o, "first", en->first_ms);
    doc_put_time(o, "last", en->last_ms);
    doc_put_time(o, "gone", en->gone_ms);
}

static void put_doing(struct doc *o, const char *msgid)
{
    struct buf b = BUF_MAX(500);
    if (msgid)
        msg_pack(&b, msgid, "");
    doc_put_msg(o, "doing", msgid ? buf_text(&b) : NULL);
    buf_done(&b);
}

static void put_state(struct doc *o, const struct house *h)
{
    struct house_discover_state s;
    struct book_counts n;
    h->discover_state(h->daemon, &s);
    book_count(h->book, &n);
    doc_put_bool(o, "running", s.running);
    doc_put_text(o, "source", s.source[0] ? s.source : NULL);
    doc_put_time(o, "began", s.began_ms);
    doc_put_time(o, "ended", s.ended_ms);
    doc_put_int(o, "done", s.progress.done);
    doc_put_int(o, "all", s.progress.all);
    doc_put_int(o, "packets", s.progress.packets);
    doc_put_int(o, "found", s.progress.findings);
    put_doing(o, s.progress.doing);
    if (s.code < 0)
        doc_put_msg(o, "error", s.err.text);
    struct doc *counts = doc_put_object(o, "counts");
    doc_put_int(counts, "undecided", n.undecided);
    doc_put_int(counts, "watched", n.watched);
    doc_put_int(counts, "ignored", n.ignored);
    doc_put_int(counts, "gone", n.gone);
    doc_put_int(counts, "beyond", n.beyond);
}

/* ---- looking ---- */

static void looked(void *arg, int code, const struct err *e)
{
    struct op_call *c = arg;
    if (code < 0) {
        op_error(c, code, e);
        return;
    }
    struct doc *o = doc_object(c->arena);
    put_state(o, c->house);
    op_reply_durable(c, o, "discover", doc_text(c->params, "net", "host"), NULL);
}

static const char *const *communities_of(struct op_call *c)
{
    const struct doc *list = doc_get(c->params, "community");
    size_t n = list ? list->kids.n : 0, i = 0;
    const char **at = n ? ARENA_ARRAY(c->arena, const char *, n + 1) : NULL;
    DOC_EACH(list, d)
        at[i++] = d->text;
    return at;
}

static void run_discover(struct op_call *c)
{
    struct err e = {0};
    const char *net = doc_text(c->params, "net", NULL);
    bool wait = doc_bool(c->params, "wait", true);
    if (net && !doc_bool(c->params, "yes", false)) {
        op_fail(c, ERR_INVALID, "yes", MSG("asking a whole network needs an explicit yes: it must be yours, or you must be allowed to; add --yes"), "");
        return;
    }
    const struct house_discover ask = {.net = net, .communities = communities_of(c), .rate_pps = (int)doc_int(c->params, "rate", 0),
                                       .listen_ms = doc_int(c->params, "listen", 0)};
    int code = c->house->discover(c->house->daemon, &ask, wait ? looked : NULL, c, &e);
    if (code < 0)
        op_error(c, code, &e);
    else if (!wait)
        looked(c, 0, NULL);
}

static void run_discover_state(struct op_call *c)
{
    struct doc *o = doc_object(c->arena);
    put_state(o, c->house);
    op_reply(c, o);
}

static void run_discover_stop(struct op_call *c)
{
    c->house->discover_stop(c->house->daemon);
    run_discover_state(c);
}

/* ---- the book ---- */

struct listing {
    char *after; /* the last key that was written: the book may change between two slices */
    int n;
};

static bool is_wanted(const struct op_call *c, const struct book_entry *en)
{
    const char *state = doc_text(c->params, "state", NULL), *host = doc_text(c->params, "host", NULL);
    if (host && !str_glob(host, en->f.host))
        return false;
    if (str_eq(state, "gone"))
        return en->gone_ms && en->state == BOOK_WATCHED;
    return !state || str_eq(state, "all") || str_eq(state, book_state_word(en->state));
}

static bool list_step(struct op_call *c)
{
    struct listing *l = c->user;
    const struct book *b = c->house->book;
    size_t i = l->after ? book_after(b, l->after) : 0;
    if (i < book_size(b)) {
        const struct book_entry *en = book_at(b, i);
        l->after = arena_dup(c->arena, en->f.key);
        if (is_wanted(c, en)) {
            struct arena *a = arena_new(4096);
            struct doc *o = doc_object(a);
            op_put_finding(o, en);
            buf_str(c->text, l->n++ ? "," : "");
            json_write(c->text, o, c->lang, 0);
            arena_free(a);
        }
        return true;
    }
    buf_str(c->text, "]}");
    op_raw_text(c, "application/json");
    return false;
}

static void run_list(struct op_call *c)
{
    struct doc *o = doc_object(c->arena);
    c->user = ARENA_NEW(c->arena, struct listing);
    put_state(o, c->house);
    c->text->max = OPS_MAX_HEAD;
    json_write(c->text, o, c->lang, 0);
    buf_cut(c->text, c->text->len - 1); /* the object goes on */
    buf_str(c->text, ",\"findings\":[");
    op_slices(c, list_step);
}

/* ---- which ones ---- */

enum { MAX_PATTERNS = 20 }; /* each is held against the whole book */

struct chosen {
    struct op_call *call;
    const struct book_entry **at; /* valid in the turn in which they were chosen */
    int n;
    /* for the worker: copies */
    struct conf_wanted *wanted; /* by file */
    char **keys;
    const char **file;
    int n_files, n_wanted;
    int *first; /* of each file, in wanted */
    struct doc *skipped;
};
struct choosing {
    struct op_call *call;
    const struct book *b;
    bool *taken; /* by place in the book */
    struct map ids; /* HOST/CHECK → entry, made when a word needs it */
    int patterns;
};

static const char *id_of(struct arena *a, const struct finding *f)
{
    return arena_printf(a, "%s%s%s", f->host, f->check ? "/" : "", f->check ? f->check : "");
}

static bool take_key(struct choosing *g, const char *key)
{
    if (!book_find(g->b, key))
        return false;
    g->taken[book_after(g->b, key) - 1] = true;
    return true;
}

static bool take_id(struct choosing *g, const char *word)
{
    size_t n = g->ids.n ? 0 : book_size(g->b);
    for (size_t i = 0; i < n; i++) {
        const struct finding *f = &book_at(g->b, i)->f;
        map_set(&g->ids, id_of(g->call->arena, f), (void *)(uintptr_t)f);
    }
    const struct finding *f = map_find(&g->ids, word);
    return f && take_key(g, f->key);
}

/* Held against keys and HOST/CHECK. */
static bool take_pattern(struct choosing *g, const char *word)
{
    bool any = false;
    for (size_t i = 0; i < book_size(g->b); i++) {
        const struct finding *f = &book_at(g->b, i)->f;
        char id[BOOK_MAX_NAME * 2 + 2];
        str_print(id, sizeof id, "%s%s%s", f->host, f->check ? "/" : "", f->check ? f->check : "");
        bool fits = str_glob(word, f->key) || str_glob(word, id);
        g->taken[i] |= fits;
        any |= fits;
    }
    return any;
}

static int take_word(struct choosing *g, const char *word)
{
    if (take_key(g, word))
        return 0;
    if (!strpbrk(word, "*?"))
        return take_id(g, word) ? 0 : ERR_NOT_FOUND;
    if (g->patterns++ == MAX_PATTERNS)
        return ERR_LIMIT;
    return take_pattern(g, word) ? 0 : ERR_NOT_FOUND;
}

/* The answer takes the words with it: the first that is wrong ends it. */
static int take_words(struct choosing *g, const struct doc *keys, const char **ret_wrong)
{
    int code = 0;
    for (const struct doc *d = doc_first(keys); d && code == 0; d = d->next) {
        *ret_wrong = d->text;
        code = take_word(g, d->text);
    }
    map_done(&g->ids);
    return code;
}

/* NULL with the call answered when a word names nothing, or nothing is named. */
static struct chosen *choose(struct op_call *c, bool (*fits)(const struct book_entry *en))
{
    const struct doc *keys = doc_get(c->params, "keys");
    const char *wrong = NULL;
    bool all = doc_bool(c->params, "all", false);
    struct choosing g = {.call = c, .b = c->house->book};
    size_t n = book_size(g.b);
    if (!all && (!keys || !keys->kids.n)) {
        op_fail(c, ERR_INVALID, "keys", MSG("say which, or --all; “vigie discover list” shows them"), "");
        return NULL;
    }
    g.taken = ARENA_ARRAY(c->arena, bool, n + 1);
    int code = take_words(&g, keys, &wrong);
    if (code == ERR_LIMIT)
        op_fail(c, code, "keys", MSG("at most {1} patterns at a time"), "i", (int64_t)MAX_PATTERNS);
    else if (code < 0)
        op_fail(c, code, "keys", MSG("nothing that was found is called {1}; “vigie discover list” shows what there is"), "s", wrong);
    if (code < 0)
        return NULL;
    struct chosen *k = ARENA_NEW(c->arena, struct chosen);
    k->call = c;
    k->at = ARENA_ARRAY(c->arena, const struct book_entry *, n + 1);
    for (size_t i = 0; i < n; i++)
        if ((all || g.taken[i]) && fits(book_at(g.b, i)))
            k->at[k->n++] = book_at(g.b, i);
    return k;
}

static bool is_open(const struct book_entry *en) { return en->state != BOOK_WATCHED; }
static bool is_undecided(const struct book_entry *en) { return en->state == BOOK_UNDECIDED && !en->gone_ms; }
static bool is_any(const struct book_entry *en) { return true; }

static void reply_keys(struct op_call *c, const struct chosen *k, const char *action)
{
    struct doc *o = doc_object(c->arena), *list = doc_put_list(o, "done");
    char count[32];
    for (int i = 0; i < k->n; i++)
        doc_push_text(list, k->keys[i]);
    str_print(count, sizeof count, "%d", k->n);
    found_save(c->house->store, c->house->book, NULL, NULL);
    op_reply_durable(c, o, action, k->n == 1 ? k->keys[0] : count, NULL);
}

static void keep_keys(struct op_call *c, struct chosen *k)
{
    k->keys = ARENA_ARRAY(c->arena, char *, (size_t)k->n + 1);
    for (int i = 0; i < k->n; i++)
        k->keys[i] = arena_dup(c->arena, k->at[i]->f.key);
}

static void run_ignore(struct op_call *c)
{
    bool undo = doc_bool(c->params, "undo", false);
    struct chosen *k = choose(c, doc_bool(c->params, "all", false) && !undo ? is_undecided : is_open);
    if (!k)
        return;
    keep_keys(c, k);
    for (int i = 0; i < k->n; i++)
        (void)book_decide(c->house->book, k->keys[i], undo ? BOOK_UNDECIDED : BOOK_IGNORED);
    reply_keys(c, k, "discover ignore");
}

static void run_forget(struct op_call *c)
{
    struct chosen *k = choose(c, is_any);
    if (!k)
        return;
    keep_keys(c, k);
    for (int i = 0; i < k->n; i++)
        (void)book_forget(c->house->book, k->keys[i]);
    reply_keys(c, k, "discover forget");
}

/* ---- accepting ---- */

/* A host's name as a file's. */
static const char *file_of(struct arena *a, const char *host)
{
    char *name = arena_printf(a, "discovered/%s.yaml", host);
    for (char *p = name + 11; *p; p++)
        if ((unsigned char)*p <= ' ' || *p == '/' || (p == name + 11 && *p == '.'))
            *p = '_';
    return name;
}

/* A host that stands in another file gets checks only: who wrote it gave it its address. */
static bool is_elsewhere(const struct op_call *c, const char *host, const char *file)
{
    const struct conf *conf = model_conf(c->house->model);
    const struct conf_host *h = conf ? conf_find_host(conf, host) : NULL;
    return h && !(h->where.line && h->where.file < conf->n_files && str_ends(conf->files[h->where.file], file));
}

static bool is_taken(const struct op_call *c, const struct finding *f)
{
    const struct conf *conf = model_conf(c->house->model);
    const struct conf_host *h = conf ? conf_find_host(conf, f->host) : NULL;
    return h && (f->check ? conf_find_check(h, f->check) != NULL : true);
}

/* Parents that are watched, or will be by the same word: others would be no configuration. */
static const char *parents_of(struct op_call *c, const struct map *hosts, const char *parents)
{
    const struct conf *conf = model_conf(c->house->model);
    struct str rest = str_of(parents), name;
    struct buf b = BUF_MAX(BOOK_MAX_TEXT);
    while (str_next(&rest, ",", &name)) {
        name = str_trim(name);
        const char *text = arena_dupn(c->arena, name.p, name.n);
        if (name.n && (map_find(hosts, text) || (conf && conf_find_host(conf, text))))
            buf_printf(&b, "%s%s", b.len ? ", " : "", text);
    }
    const char *kept = b.len ? arena_dup(c->arena, buf_text(&b)) : NULL;
    buf_done(&b);
    return kept;
}

static struct conf_wanted want(struct op_call *c, const struct map *hosts, const struct finding *f, const char *file)
{
    bool bare = is_elsewhere(c, f->host, file);
    return (struct conf_wanted){.host = arena_dup(c->arena, f->host), .address = bare ? NULL : arena_dup(c->arena, f->address),
                                .parents = bare ? NULL : parents_of(c, hosts, f->parents), .check = arena_dup(c->arena, f->yaml)};
}

/* The files, in the order in which they are first needed. files: path → its place plus one. */
static void gather_files(struct op_call *c, struct chosen *k, struct map *files, int *of)
{
    for (int i = 0; i < k->n; i++) {
        const char *file = file_of(c->arena, k->at[i]->f.host);
        int *place = map_find(files, file);
        if (!place) {
            place = ARENA_NEW(c->arena, int);
            *place = k->n_files;
            k->file[k->n_files++] = file;
            map_set(files, file, place);
        }
        of[i] = *place;
        k->first[*place + 1]++; /* so many, for now */
    }
    for (int i = 0; i < k->n_files; i++)
        k->first[i + 1] += k->first[i];
}

static void gather(struct op_call *c, struct chosen *k)
{
    size_t n = (size_t)k->n + 1;
    struct map files = {0}, hosts = {0};
    int *of = ARENA_ARRAY(c->arena, int, n), *next = ARENA_ARRAY(c->arena, int, n + 1);
    k->wanted = ARENA_ARRAY(c->arena, struct conf_wanted, n);
    k->file = ARENA_ARRAY(c->arena, const char *, n);
    k->first = ARENA_ARRAY(c->arena, int, n + 1);
    gather_files(c, k, &files, of);
    memcpy(next, k->first, (n + 1) * sizeof *next);
    for (int i = 0; i < k->n; i++)
        map_set(&hosts, k->at[i]->f.host, (void *)(uintptr_t)k->at[i]);
    for (int i = 0; i < k->n; i++)
        k->wanted[next[of[i]]++] = want(c, &hosts, &k->at[i]->f, k->file[of[i]]);
    k->n_wanted = k->n;
    map_done(&files);
    map_done(&hosts);
}

/* A check of that name that watches something else stays; this one is told of. */
static void leave_taken(struct op_call *c, struct chosen *k)
{
    int n = 0;
    k->skipped = doc_list(c->arena);
    for (int i = 0; i < k->n; i++) {
        const struct finding *f = &k->at[i]->f;
        if (!is_taken(c, f)) {
            k->at[n++] = k->at[i];
            continue;
        }
        struct buf why = BUF_MAX(1000);
        struct doc *d = doc_push_object(k->skipped);
        msg_pack(&why, MSG("{1} has something else of that name"), "s", f->host);
        doc_put_text(d, "target", f->key);
        doc_put_msg(d, "why", buf_text(&why));
        buf_done(&why);
    }
    k->n = n;
}

static int edit(void *arg, int i, const char *text, size_t n, struct buf *out, struct err *e)
{
    const struct chosen *k = arg;
    return conf_edit_found(text, n, HEADER, k->wanted + k->first[i], k->first[i + 1] - k->first[i], out, e);
}

static void accepted(void *arg, const struct house_conf_result *r)
{
    struct chosen *k = arg;
    struct op_call *c = k->call;
    if (r->code < 0 || (r->errors && r->errors->n)) {
        ops_conf_answer(c, r, "discover accept", k->keys[0]);
        return;
    }
    struct doc *o = doc_object(c->arena), *done = doc_put_list(o, "done"), *files = doc_put_list(o, "files");
    for (int i = 0; i < k->n; i++) {
        book_watched(c->house->book, k->keys[i], true, false, c->now.wall_ms);
        doc_push_text(done, k->keys[i]);
    }
    for (int i = 0; i < k->n_files; i++)
        doc_push_text(files, k->file[i]);
    doc_put(o, "skipped", k->skipped);
    ops_put_changes(o, r->diff);
    found_save(c->house->store, c->house->book, NULL, NULL);
    op_reply_durable(c, o, "discover accept", k->n == 1 ? k->keys[0] : arena_printf(c->arena, "%d", k->n), NULL);
}

static void run_accept(struct op_call *c)
{
    struct chosen *k = choose(c, doc_bool(c->params, "all", false) ? is_undecided : is_open);
    if (!k)
        return;
    leave_taken(c, k);
    keep_keys(c, k);
    gather(c, k);
    if (k->n) {
        c->house->conf_edit_files(c->house->daemon, k->file, k->n_files, edit, accepted, k);
        return;
    }
    struct doc *o = doc_object(c->arena);
    doc_put_list(o, "done");
    doc_put_list(o, "files");
    doc_put(o, "skipped", k->skipped);
    op_reply(c, o);
}

/* ---- as text ---- */

static bool is_printed(const struct book_entry *en)
{
    return !en->gone_ms && (en->state == BOOK_UNDECIDED || (en->state == BOOK_WATCHED && !en->by_people));
}

struct printing {
    struct op_call *call;
    struct chosen *chosen;
    struct buf text;
    int code;
    struct err err;
};

static void print_work(void *arg)
{
    struct printing *p = arg;
    p->code = conf_edit_found("", 0, HEADER, p->chosen->wanted, p->chosen->n_wanted, &p->text, &p->err);
}

static void print_drop(void *arg) { buf_done(&((struct printing *)arg)->text); }

static void print_done(void *arg)
{
    struct printing *p = arg;
    struct op_call *c = p->call;
    struct buf text = p->text; /* p goes with the answer */
    if (p->code < 0) {
        op_error(c, p->code, &p->err);
    } else {
        struct doc *o = doc_object(c->arena);
        doc_put_text(o, "yaml", buf_text(&text));
        op_reply(c, o);
    }
    buf_done(&text);
}

static void run_print(struct op_call *c)
{
    const struct book *b = c->house->book;
    struct printing *p = ARENA_NEW(c->arena, struct printing);
    struct chosen *k = ARENA_NEW(c->arena, struct chosen);
    k->at = ARENA_ARRAY(c->arena, const struct book_entry *, book_size(b) + 1);
    for (size_t i = 0; i < book_size(b); i++)
        if (is_printed(book_at(b, i)) && is_wanted(c, book_at(b, i)))
            k->at[k->n++] = book_at(b, i);
    gather(c, k);
    *p = (struct printing){.call = c, .chosen = k, .text = BUF_MAX(OPS_MAX_HEAD * 8)};
    if (work_give(c->house->workers, c->house->loop, print_work, print_done, print_drop, p) < 0)
        op_fail(c, ERR_BUSY, NULL, MSG("the workers have too much to do; try again"), "");
}

/* ---- rows ---- */

static const char *const states[] = {"undecided", "watched", "ignored", "gone", "all", NULL};
static const struct op_param discover_params[] = {
    {"net", OP_TEXT, 0, 0, NULL, MSG("a network that this machine is on, such as 192.0.2.0/24; without it: this machine"), NULL},
    {"community", OP_TEXTS, 0, 0, NULL, MSG("with a network: ask SNMP agents with this community (v2c)"), NULL},
    {"rate", OP_INT, 0, 0, NULL, MSG("with a network: packets a second at most"), "250"},
    {"listen", OP_DURATION, 0, 0, NULL, MSG("with a network: hear for LLDP and CDP at least so long"), NULL},
    {"yes", OP_BOOL, 0, 'y', NULL, MSG("with a network: yes, it may be asked"), NULL},
    {"print", OP_BOOL, OP_CLI_ONLY, 0, NULL, MSG("print the YAML of all that was found, for git or Puppet, and change nothing"), NULL},
    {"wait", OP_BOOL, OP_NOT_CLI, 0, NULL, MSG("answer when all has been looked at; no: at once"), "yes"},
    {0}};
static const struct op_param list_params[] = {
    {"state", OP_WORD, 0, 's', states, MSG("only those"), "all"}, {"host", OP_TEXT, 0, 0, NULL, MSG("only of hosts with this name (* and ? allowed)"), NULL}, {0}};
static const struct op_param print_params[] = {{"host", OP_TEXT, 0, 0, NULL, MSG("only of hosts with this name (* and ? allowed)"), NULL}, {0}};
static const struct op_param none_params[] = {{0}};
#define KEYS {"keys", OP_TEXTS, OP_WORDS, 0, NULL, MSG("what was found: HOST/CHECK, its key, or a pattern with * and ?"), NULL}
#define ALL {"all", OP_BOOL, 0, 0, NULL, MSG("everything that nobody has decided on yet"), NULL}
static const struct op_param accept_params[] = {KEYS, ALL, {0}};
static const struct op_param ignore_params[] = {KEYS, ALL, {"undo", OP_BOOL, 0, 0, NULL, MSG("take the decision back"), NULL}, {0}};
static const struct op_param forget_params[] = {KEYS, {"all", OP_BOOL, 0, 0, NULL, MSG("everything"), NULL}, {0}};

const struct op op_discover = {
    "discover", "POST", "/api/v1/discover", "discover", ROLE_ADMIN, OP_WRITE, MSG("look for what could be watched, here or on a network"),
    MSG("Nothing is watched by that: “vigie discover accept” decides. A network is asked only with --yes; it must be one that this machine is on."),
    "discover --net 192.0.2.0/24 --yes", discover_params, run_discover};
const struct op op_discover_state = {
    "discover-state", "GET", "/api/v1/discover", NULL, ROLE_OPERATOR, 0, MSG("how far the looking is, and what has been decided"), NULL, NULL, none_params, run_discover_state};
const struct op op_discover_stop = {
    "discover-stop", "POST", "/api/v1/discover/stop", "discover stop", ROLE_ADMIN, OP_WRITE, MSG("end the looking that is under way; what was found stays"), NULL,
    "discover stop", none_params, run_discover_stop};
const struct op op_discover_list = {
    "discover-list", "GET", "/api/v1/discovered", "discover list", ROLE_OPERATOR, 0, MSG("what was found, and what was decided about it"), NULL, "discover list --state undecided",
    list_params, run_list};
const struct op op_discover_accept = {
    "discover-accept", "POST", "/api/v1/discovered/accept", "discover accept", ROLE_ADMIN, OP_WRITE, MSG("watch what was found"),
    MSG("Writes conf.d/discovered/HOST.yaml in the data directory and applies it."), "discover accept web1/smtp", accept_params, run_accept};
const struct op op_discover_ignore = {
    "discover-ignore", "POST", "/api/v1/discovered/ignore", "discover ignore", ROLE_ADMIN, OP_WRITE, MSG("do not propose it any more"), NULL, "discover ignore web1/swap",
    ignore_params, run_ignore};
const struct op op_discover_forget = {
    "discover-forget", "POST", "/api/v1/discovered/forget", "discover forget", ROLE_ADMIN, OP_WRITE, MSG("strike it from the book, with what was decided; a later look finds it anew"), NULL,
    "discover forget --all", forget_params, run_forget};
const struct op op_discover_print = {
    "discover-print", "GET", "/api/v1/discovered/yaml", NULL, ROLE_ADMIN, 0, MSG("what was found as a configuration, but for what people’s own files have"), NULL, NULL,
    print_params, run_print};
