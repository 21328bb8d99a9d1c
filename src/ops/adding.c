/* SPDX-License-Identifier: GPL-3.0-or-later */
/* adding.c: see adding.h. */
#include "ops/adding.h"
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_priv.h"
#include <string.h>

/* What people wrote for one target: NULL when nothing. */
struct wish {
    const char *host, *name;
    int at; /* which target: for the field of an error */
};

static bool already(const struct conf *conf, const char *host, const char *check)
{
    const struct conf_host *h = conf ? conf_find_host(conf, host) : NULL;
    return h && (!check[0] || conf_find_check(h, check));
}

/* "tcp: { …, port: 22 }" means the host's address. Where that is another one, or none, the check names its own. Among new
 * ones the first of a host brings its address. */
static void settle_address(const struct conf *conf, struct adding *ad, int i)
{
    struct guess *g = &ad->guesses[i];
    const struct conf_host *h = conf ? conf_find_host(conf, g->host) : NULL;
    const char *port = strstr(g->yaml, ", port: ");
    if (!g->address[0])
        return;
    if (h && port && (!h->address || (!str_ieq(h->address, g->address) && !str_ieq(h->name, g->address)))) {
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

static bool is_taken(const struct conf *conf, const struct adding *ad, int i)
{
    const struct guess *g = &ad->guesses[i];
    bool taken = already(conf, g->host, g->check);
    for (int j = 0; j < i; j++)
        taken |= str_eq(ad->guesses[j].host, g->host) && str_eq(ad->guesses[j].check, g->check);
    return taken;
}

/* A second check of a kind on a host gets a number: http, http-2 … */
static void free_name(const struct conf *conf, const struct adding *ad, int i)
{
    struct guess *g = &ad->guesses[i];
    char base[sizeof g->check], name[sizeof g->check];
    str_copy(base, sizeof base, g->check);
    for (int n = 2; n < 100 && is_taken(conf, ad, i); n++) {
        str_print(name, sizeof name, "%.50s-%d", base, n);
        str_copy(g->check, sizeof g->check, name);
    }
}

/* For the flow form of YAML: in quotes where a plain word would not do. */
static const char *flow_text(struct arena *a, const char *text)
{
    bool plain = (text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z');
    for (const char *p = text; plain && *p; p++)
        plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '-' || *p == '_' || *p == '.';
    struct buf b = BUF_MAX(4 * CONF_MAX_NAME + 8);
    buf_char(&b, '"');
    for (const char *p = text; *p; p++) {
        buf_str(&b, *p == '"' || *p == '\\' ? "\\" : "");
        buf_char(&b, *p);
    }
    buf_char(&b, '"');
    const char *quoted = arena_dup(a, buf_text(&b));
    buf_done(&b);
    return plain && !str_ieq(text, "yes") && !str_ieq(text, "no") && !str_ieq(text, "true") && !str_ieq(text, "false") && !str_ieq(text, "null") ? text : quoted;
}

/* The name goes into the item when it is not the kind's own: "http: X" → "http: { name: http-2, url: X }" is the
 * printer's business; here the flow form with the positional key is enough. */
static void name_it(struct arena *a, struct guess *g, const char *before)
{
    char kind[32], rest[sizeof g->yaml], yaml[sizeof g->yaml];
    const char *colon = strchr(g->yaml, ':'), *name = flow_text(a, g->check);
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
        str_print(yaml, sizeof yaml, "%s: { name: %s, %s", kind, name, inner);
    } else {
        str_print(yaml, sizeof yaml, rest[0] == '"' ? "%s: { name: %s, %s: %s }" : "%s: { name: %s, %s: \"%s\" }", kind, name, key, rest);
    }
    str_copy(g->yaml, sizeof g->yaml, yaml);
}

static int wrong_name(const char *list, int at, const char *name, size_t room, struct err *e)
{
    char field[40];
    str_print(field, sizeof field, "%s[%d]", list, at);
    if (conf_name_ok(name, e) < 0)
        str_copy(e->field, sizeof e->field, field);
    else if (strlen(name) >= room)
        err_field(e, ERR_INVALID, field, MSG("{1}: longer than {2} bytes"), "si", field, (int64_t)room - 1);
    else
        return 0;
    return ERR_INVALID;
}

/* What people named otherwise. */
static int take_wish(struct adding *ad, struct guess *g, const struct wish *w, struct err *e)
{
    const char *host = doc_text(ad->call->params, "host", NULL);
    if (w->host && wrong_name("hosts", w->at, w->host, sizeof g->host, e) < 0)
        return ERR_INVALID;
    if (w->name && wrong_name("names", w->at, w->name, sizeof g->check, e) < 0)
        return ERR_INVALID;
    if (w->host)
        str_copy(g->host, sizeof g->host, w->host);
    else if (host && g->check[0])
        str_copy(g->host, sizeof g->host, host);
    if (w->name && g->check[0])
        str_copy(g->check, sizeof g->check, w->name);
    return 0;
}

static int settle(struct adding *ad, int i, const struct wish *w, struct err *e)
{
    const struct conf *conf = model_conf(ad->call->house->model);
    struct guess *g = &ad->guesses[i];
    char before[sizeof g->check], field[40];
    str_copy(before, sizeof before, g->check);
    if (take_wish(ad, g, w, e) < 0)
        return ERR_INVALID;
    settle_address(conf, ad, i);
    ad->known[i] = !g->check[0] && already(conf, g->host, "");
    if (!g->check[0])
        return 0;
    if (!w->name)
        free_name(conf, ad, i);
    str_print(field, sizeof field, "names[%d]", w->at);
    if (w->name && is_taken(conf, ad, i))
        return err_field(e, ERR_CONFLICT, field, MSG("{1} has a check {2} already"), "ss", g->host, g->check);
    name_it(ad->call->arena, g, before);
    return 0;
}

/* One target: each word that it stands for. */
static int guess_one(struct adding *ad, const char *target, const struct wish *w, struct err *e)
{
    const char *words[GUESS_MOST];
    int n = guess_words(target, ad->call->arena, words), begun = ad->n;
    for (int i = 0; i < n; i++) {
        int code = guess_target(words[i], &ad->guesses[ad->n], e);
        if (code == 0) {
            ad->words[ad->n] = words[i];
            code = settle(ad, ad->n, w, e);
        }
        if (code < 0) {
            ad->n = begun;
            return code;
        }
        ad->n++;
    }
    return 0;
}

static const char *nth_text(const struct doc *list, int n)
{
    const struct doc *d = doc_first(list);
    while (d && n--)
        d = d->next;
    return d && d->text && d->text[0] ? d->text : NULL;
}

bool adding_prepare(struct op_call *c, struct adding *ad, bool each)
{
    struct doc *targets = doc_get(c->params, "targets");
    size_t most = (size_t)GUESS_MOST * targets->kids.n;
    int at = 0;
    *ad = (struct adding){.call = c, .wrong = doc_list(c->arena)};
    if (targets->kids.n > ADD_MAX) {
        op_fail(c, ERR_LIMIT, "targets", MSG("at most {1} at a time"), "i", (int64_t)ADD_MAX);
        return false;
    }
    ad->guesses = ARENA_ARRAY(c->arena, struct guess, most);
    ad->words = ARENA_ARRAY(c->arena, const char *, most);
    ad->known = ARENA_ARRAY(c->arena, bool, most);
    DOC_EACH(targets, d) {
        const struct wish w = {nth_text(doc_get(c->params, "hosts"), at), nth_text(doc_get(c->params, "names"), at), at};
        struct err e = {0};
        int code = guess_one(ad, d->text, &w, &e);
        at++;
        if (code < 0 && !each) {
            op_error(c, code, &e);
            return false;
        }
        if (code < 0) {
            struct doc *o = doc_push_object(ad->wrong);
            doc_put_text(o, "target", d->text);
            doc_put_msg(o, "message", e.text);
            doc_put_text(o, "field", e.field);
        }
    }
    return true;
}

void adding_put(struct doc *o, const struct adding *ad)
{
    struct doc *list = doc_put_list(o, "watch");
    for (int i = 0; i < ad->n; i++) {
        const struct guess *g = &ad->guesses[i];
        struct doc *d = doc_push_object(list);
        doc_put_text(d, "target", ad->words[i]);
        doc_put_text(d, "host", g->host);
        doc_put_text(d, "address", g->address[0] ? g->address : NULL);
        doc_put_text(d, "check", g->check[0] ? g->check : NULL);
        doc_put_text(d, "kind", g->yaml[0] ? arena_dupn(ad->call->arena, g->yaml, strcspn(g->yaml, ":")) : "icmp");
        doc_put_text(d, "yaml", g->yaml);
        doc_put_bool(d, "known", ad->known[i]);
    }
}
