/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_add.c: `vigie add` and `vigie remove`: guess the right check, show it, write <data>/conf.d/added.yaml. */
#include "base/msg.h"
#include "base/str.h"
#include "checks/guess.h"
#include "ops/ops_conf.h"
#include "ops/ops_priv.h"
#include <string.h>

enum { ADD_MAX = 200 };

struct adding { /* lives in the call's arena; the edit runs in a worker while the call waits */
    struct op_call *call;
    struct guess *guesses;
    int n;
    const char *host; /* given: all checks go there */
};

static bool already(const struct conf *conf, const struct guess *g)
{
    const struct conf_host *h = conf ? conf_find_host(conf, g->host) : NULL;
    return h && (!g->check[0] || conf_find_check(h, g->check));
}

/* "tcp: { …, port: 22 }" needs the host's address. A host that is there without one keeps being so: the check names it
 * itself. Among new ones the first of a host brings its address. */
static void settle_address(const struct conf *conf, struct adding *ad, int i)
{
    struct guess *g = &ad->guesses[i];
    const struct conf_host *h = conf ? conf_find_host(conf, g->host) : NULL;
    const char *port = strstr(g->yaml, ", port: ");
    if (!g->address[0])
        return;
    if (h && !h->address && port) {
        char yaml[sizeof g->yaml];
        bool v6 = strchr(g->address, ':') != NULL;
        str_print(yaml, sizeof yaml, "%.*s, port: \"%s%s%s:%.*s\" }", (int)(port - g->yaml), g->yaml, v6 ? "[" : "", g->address, v6 ? "]" : "",
                  (int)strspn(port + 8, "0123456789"), port + 8);
        str_copy(g->yaml, sizeof g->yaml, yaml);
    }
    if (h) { /* who wrote it gave it the address that it has */
        g->address[0] = 0;
        return;
    }
    for (int k = 0; k < i; k++)
        if (str_eq(ad->guesses[k].host, g->host) && !ad->guesses[k].address[0])
            str_copy(ad->guesses[k].address, sizeof ad->guesses[k].address, g->address);
}

/* A second check of a kind on a host gets a number: http, http-2 … */
static void free_name(const struct conf *conf, const struct adding *ad, int i)
{
    struct guess *g = &ad->guesses[i];
    char base[64], name[64];
    str_copy(base, sizeof base, g->check);
    for (int n = 2; n < 100; n++) {
        bool taken = already(conf, g);
        for (int j = 0; j < i; j++)
            taken |= str_eq(ad->guesses[j].host, g->host) && str_eq(ad->guesses[j].check, g->check);
        if (!taken)
            return;
        str_print(name, sizeof name, "%.50s-%d", base, n);
        str_copy(g->check, sizeof g->check, name);
    }
}

static int guess_all(struct op_call *c, struct adding *ad)
{
    struct doc *targets = doc_get(c->params, "targets");
    const char *host = doc_text(c->params, "host", NULL);
    struct err e = {0};
    ad->call = c;
    ad->guesses = ARENA_ARRAY(c->arena, struct guess, targets->kids.n);
    DOC_EACH(targets, d) {
        struct guess *g = &ad->guesses[ad->n];
        int r = guess_target(d->text, g, &e);
        if (r < 0) {
            op_error(c, r, &e);
            return r;
        }
        if (host && g->check[0]) {
            str_copy(g->host, sizeof g->host, host);
            g->address[0] = 0;
        }
        ad->n++;
    }
    return 0;
}

static void put_guesses(struct doc *o, const struct adding *ad)
{
    struct doc *list = doc_put_list(o, "watch");
    for (int i = 0; i < ad->n; i++) {
        struct doc *d = doc_push_object(list);
        doc_put_text(d, "host", ad->guesses[i].host);
        doc_put_text(d, "address", ad->guesses[i].address[0] ? ad->guesses[i].address : NULL);
        doc_put_text(d, "check", ad->guesses[i].check[0] ? ad->guesses[i].check : NULL);
        doc_put_text(d, "yaml", ad->guesses[i].yaml);
    }
}

static int edit_add(void *arg, const char *text, size_t n, struct buf *out, struct err *e)
{
    struct adding *ad = arg;
    struct buf now = BUF_MAX(CONF_MAX_FILE_BYTES);
    buf_add(&now, text, n);
    int r = 0;
    for (int i = 0; r == 0 && i < ad->n; i++) {
        struct guess *g = &ad->guesses[i];
        struct buf next = BUF_MAX(CONF_MAX_FILE_BYTES);
        r = conf_edit_add(buf_text(&now), now.len, g->host, g->address[0] ? g->address : NULL, g->yaml[0] ? g->yaml : NULL, &next, e);
        buf_done(&now);
        now = next;
    }
    buf_add(out, buf_text(&now), now.len);
    buf_done(&now);
    return r;
}

static void add_done(void *arg, const struct house_conf_result *r)
{
    struct adding *ad = arg;
    struct op_call *c = ad->call;
    if (r->code < 0 || (r->errors && r->errors->n)) {
        ops_conf_answer(c, r, "add", ad->guesses[0].host);
        return;
    }
    struct doc *o = doc_object(c->arena);
    put_guesses(o, ad);
    ops_put_changes(o, r->diff);
    doc_put_bool(o, "applied", r->applied);
    op_reply_durable(c, o, "add", ad->guesses[0].host, ad->guesses[0].yaml);
}

/* The name goes into the item when it is not the kind's own: "http: X" → "http: { name: http-2, url: X }" is the
 * printer's business; here the flow form with the positional key is enough. */
static void name_it(struct guess *g, const char *before)
{
    char kind[32], rest[900];
    const char *colon = strchr(g->yaml, ':');
    if (str_eq(before, g->check) || !colon || (size_t)(colon - g->yaml) >= sizeof kind)
        return;
    str_copyn(kind, sizeof kind, g->yaml, (size_t)(colon - g->yaml));
    str_copy(rest, sizeof rest, colon + 1 + strspn(colon + 1, " "));
    const struct probe *p = probe_find(kind);
    const char *key = "target";
    for (const struct conf_row *row = p ? p->kind.rows : NULL; row && row->key; row++)
        if (row->flags & CONF_POSITIONAL)
            key = row->key;
    if (rest[0] == '{') { /* perhaps with the name that is taken */
        const char *inner = rest + 1 + strspn(rest + 1, " ");
        const char *comma = str_starts(inner, "name: ") ? strchr(inner, ',') : NULL;
        inner = comma ? comma + 1 + strspn(comma + 1, " ") : inner;
        str_print(g->yaml, sizeof g->yaml, "%s: { name: %s, %s", kind, g->check, inner);
    } else {
        str_print(g->yaml, sizeof g->yaml, rest[0] == '"' ? "%s: { name: %s, %s: %s }" : "%s: { name: %s, %s: \"%s\" }", kind, g->check, key, rest);
    }
}

static void run_add(struct op_call *c)
{
    struct adding *ad = ARENA_NEW(c->arena, struct adding);
    struct doc *targets = doc_get(c->params, "targets");
    const struct conf *conf = model_conf(c->house->model);
    if (targets->kids.n > ADD_MAX) {
        op_fail(c, ERR_LIMIT, "targets", MSG("at most {1} at a time"), "i", (int64_t)ADD_MAX);
        return;
    }
    if (guess_all(c, ad) < 0)
        return;
    for (int i = 0; i < ad->n; i++) {
        struct guess *g = &ad->guesses[i];
        char before[64];
        if (!g->check[0] && already(conf, g)) {
            op_fail(c, ERR_CONFLICT, "targets", MSG("{1} is watched already"), "s", g->host);
            return;
        }
        settle_address(conf, ad, i);
        str_copy(before, sizeof before, g->check);
        if (g->check[0])
            free_name(conf, ad, i);
        name_it(g, before);
    }
    c->house->conf_edit(c->house->daemon, edit_add, add_done, ad);
}

static void run_guess(struct op_call *c)
{
    struct adding *ad = ARENA_NEW(c->arena, struct adding);
    if (guess_all(c, ad) < 0)
        return;
    struct doc *o = doc_object(c->arena);
    put_guesses(o, ad);
    op_reply(c, o);
}

/* ---- remove ---- */

struct removing {
    struct op_call *call;
    const char *host, *check;
};

static int edit_remove(void *arg, const char *text, size_t n, struct buf *out, struct err *e)
{
    struct removing *r = arg;
    return conf_edit_remove(text, n, r->host, r->check, out, e);
}

static void remove_done(void *arg, const struct house_conf_result *r)
{
    struct removing *rm = arg;
    ops_conf_answer(rm->call, r, "remove", rm->host);
}

static void run_remove(struct op_call *c)
{
    struct item *it = op_target(c, doc_text(c->params, "target", ""));
    if (!it)
        return;
    struct removing *r = ARENA_NEW(c->arena, struct removing);
    r->call = c;
    r->host = arena_dup(c->arena, it->host->name);
    r->check = arena_dup(c->arena, item_check_name(it));
    c->house->conf_edit(c->house->daemon, edit_remove, remove_done, r);
}

static const struct op_param add_params[] = {
    {"targets", OP_TEXTS, OP_REQUIRED | OP_WORDS, 0, NULL, MSG("URLs, hosts, host:port or host:service"), NULL},
    {"host", OP_TEXT, 0, 0, NULL, MSG("put the checks on this host"), NULL},
    {0}};
static const struct op_param remove_params[] = {
    {"target", OP_TARGET, OP_REQUIRED | OP_WORDS, 0, NULL, MSG("a host or check that “vigie add” made"), NULL}, {0}};

const struct op op_add = {
    "add", "POST", "/api/v1/add", "add", ROLE_ADMIN, OP_WRITE, MSG("watch something: the right check is guessed"),
    MSG("Writes conf.d/added.yaml in the data directory and applies it."), "add https://example.org mail.example.org:imaps", add_params, run_add};
const struct op op_guess = {
    "guess", "POST", "/api/v1/guess", NULL, ROLE_OPERATOR, 0, MSG("tell what “add” would watch, without doing it"), NULL, NULL, add_params, run_guess};
const struct op op_remove = {
    "remove", "POST", "/api/v1/remove", "remove", ROLE_ADMIN, OP_WRITE, MSG("stop watching what “vigie add” made"), NULL, "remove example.org/http",
    remove_params, run_remove};
