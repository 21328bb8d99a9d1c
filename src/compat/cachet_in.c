/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cachet_in.c: what clients of Cachet send: JSON or a form, on POST and PUT, and the query; numbers as texts, names in the place of numbers,
 * yes and no in every way that is in use. */
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"
#include "compat/cachet.h"
#include <string.h>

enum { MAX_PAIRS = 1000 };

struct gathering {
    struct cachet *c;
    int n;
    bool wrong; /* bytes that are no text */
};

/* "components[]=3", "components[0]=3" are a list, "vars[name]=x" is an object. */
static void put_nested(struct doc *in, const char *name, size_t n, const char *inner, const char *value)
{
    char *key = arena_dupn(in->arena, name, n), *within = arena_dupn(in->arena, inner, strcspn(inner, "]"));
    bool list = strspn(within, "0123456789") == strlen(within);
    struct doc *there = doc_get(in, key);
    if (!there)
        there = list ? doc_put_list(in, key) : doc_put_object(in, key);
    if (there->kind == DOC_LIST && list && there->kids.n < CACHET_MAX_KEYS)
        doc_push_text(there, value);
    else if (there->kind == DOC_OBJECT && !list && there->kids.n < CACHET_MAX_KEYS)
        doc_put_text(there, within, value);
}

static void gather(void *arg, const char *name, const char *value)
{
    struct gathering *g = arg;
    struct doc *in = g->c->in;
    const char *bracket = strchr(name, '[');
    if (++g->n > MAX_PAIRS || (!doc_get(in, name) && in->kids.n >= CACHET_MAX_KEYS))
        return;
    if (!utf8_valid(name, strlen(name)) || !utf8_valid(value, strlen(value)))
        g->wrong = true;
    else if (bracket)
        put_nested(in, name, (size_t)(bracket - name), bracket + 1, value);
    else
        doc_put_text(in, name, value);
}

static int read_form(struct cachet *c, const struct httpd_request *rq, struct err *e)
{
    struct gathering g = {.c = c};
    httpd_form_each(rq, gather, &g);
    if (g.wrong)
        return err_set(e, ERR_INVALID, MSG("the form has bytes that are no text in UTF-8"), "");
    return 0;
}

static int read_json(struct cachet *c, struct err *e)
{
    struct doc *body;
    int r = json_parse(c->a, c->rq->body, c->rq->body_bytes, HTTPD_MAX_BODY, &body, e);
    if (r < 0)
        return r;
    if (body->kind != DOC_OBJECT || body->kids.n > CACHET_MAX_KEYS)
        return err_set(e, ERR_INVALID, MSG("the body must be a JSON object"), "");
    DOC_EACH(body, d)
        doc_put(c->in, d->key, doc_copy(c->a, d));
    return 0;
}

/* The body counts before the query. */
int cachet_read(struct cachet *c, struct err *e)
{
    const char *type = httpd_header(c->rq, "Content-Type");
    struct httpd_request query = {.body = c->rq->query, .body_bytes = strlen(c->rq->query), .arena = c->a};
    c->in = doc_object(c->a);
    int r = read_form(c, &query, e);
    if (r < 0 || !c->rq->body_bytes)
        return r;
    if (type && str_istarts(type, "application/x-www-form-urlencoded"))
        return read_form(c, c->rq, e);
    if (type && !str_istarts(type, "application/json"))
        return err_set(e, ERR_INVALID, MSG("the body must be application/json, not {1}"), "s", type);
    return read_json(c, e);
}

const char *cachet_text(struct cachet *c, const char *key)
{
    const struct doc *d = doc_get(c->in, key);
    if (!d)
        return NULL;
    switch (d->kind) {
    case DOC_TEXT:
        return d->text;
    case DOC_INT:
        return arena_printf(c->a, "%lld", (long long)d->i);
    case DOC_BOOL:
        return d->b ? "1" : "0";
    default:
        return NULL;
    }
}

/* There, and yet nothing of what can be read as a text. */
static bool is_odd(struct cachet *c, const char *key)
{
    const struct doc *d = doc_get(c->in, key);
    return d && d->kind != DOC_NULL && !cachet_text(c, key);
}

bool cachet_need(struct cachet *c, const char *key, const char **ret)
{
    const char *t = cachet_text(c, key);
    if (!t || !t[strspn(t, " \t\r\n")]) {
        cachet_fail(c, 400, "The %s field is required%s.", key, is_odd(c, key) ? ", and is a text" : "");
        return false;
    }
    *ret = t;
    return true;
}

bool cachet_flag(struct cachet *c, const char *key, int otherwise, int *ret)
{
    static const char *const words[] = {"0", "1", "false", "true", "no", "yes", "off", "on"};
    const char *t = cachet_text(c, key);
    *ret = !t && !is_odd(c, key) ? otherwise : t && !t[0] ? 0 : -2;
    for (size_t i = 0; t && i < COUNT(words); i++)
        if (str_ieq(t, words[i]))
            *ret = i & 1;
    if (*ret == -2)
        cachet_fail(c, 400, "The %s field must be true or false.", key);
    return *ret != -2;
}

bool cachet_date(struct cachet *c, const char *key, int64_t *ret_ms)
{
    const char *t = cachet_text(c, key);
    char cut[20];
    *ret_ms = 0;
    if ((!t && !is_odd(c, key)) || (t && !t[0]))
        return true;
    /* "2026-11-24 22:00:07" comes back from clients as it was shown; a minute is fine enough. */
    if (t && strlen(t) == 19 && t[10] == ' ') {
        str_copyn(cut, sizeof cut, t, 16);
        t = cut;
    }
    if (t && strlen(t) >= 16 && time_parse(t, c->now.wall_ms, c->zone, ret_ms) == 0)
        return true;
    cachet_fail(c, 400, "The %s does not match the format Y-m-d H:i.", key);
    return false;
}

bool cachet_number(struct cachet *c, const char *key, const char *const *names, int most, int *ret)
{
    const char *t = cachet_text(c, key);
    int64_t n;
    *ret = -1;
    if ((!t && !is_odd(c, key)) || (t && !t[0]))
        return true;
    if (t && str_i64(t, &n) == 0 && n >= 0 && n <= most)
        *ret = (int)n;
    for (int i = 0; t && names[i]; i++)
        if (str_ieq(t, names[i]))
            *ret = i;
    if (*ret < 0)
        cachet_fail(c, 400, "The %s must be a number from 0 to %d.", key, most);
    return *ret >= 0;
}
