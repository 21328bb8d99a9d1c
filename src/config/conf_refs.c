/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_refs.c: names that point to something else, judged once everything is read: contacts,
 * parents, what components rest on, and former names. */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/str.h"

void conf_refs_add(struct conf_ctx *c, int kind, const struct conf_host *owner,
                   const struct node *list)
{
    const struct node *first = list == NULL || list->kind == NODE_MAP ? NULL
                               : list->kind == NODE_LIST              ? list->first
                                                                      : list;

    for (const struct node *n = first; n; n = list->kind == NODE_LIST ? n->next : NULL) {
        struct conf_ref r = {.kind = kind, .owner = owner, .where = conf_where_of(c, n)};

        if (n->kind != NODE_TEXT || node_is_null(n))
            continue; /* reported with its type */
        r.name = intern_text(&c->intern, n->text);
        VEC_PUSH(&c->refs, r);
    }
}

/* The nearest key of a map. Only while errors are still kept: this is linear. */
static const char *near_key(const struct conf_ctx *c, const struct map *m, const char *name)
{
    VEC(const char *) keys = {0};
    const char *key, *near;
    void *value;

    if (c->errors->n >= CONF_MAX_ERRORS)
        return NULL;
    for (size_t i = 0; map_each(m, &i, &key, &value);)
        VEC_PUSH(&keys, key);
    VEC_PUSH(&keys, NULL);
    near = str_nearest(name, keys.at);
    VEC_DONE(&keys);
    return near;
}

static void missing(struct conf_ctx *c, const struct conf_ref *r, const struct map *m,
                    const char *msgid, const char *with_near)
{
    const char *near = near_key(c, m, r->name);

    if (near)
        conf_error_where(c, r->where, with_near, "ss", r->name, near);
    else
        conf_error_where(c, r->where, msgid, "s", r->name);
}

static void judge_depends(struct conf_ctx *c, const struct conf_ref *r)
{
    const char *slash = strchr(r->name, '/');
    const char *host = slash ? arena_dupn(c->scratch, r->name, (size_t)(slash - r->name)) : r->name;
    const struct conf_host *h = map_find(&c->conf->host_by_name, host);
    struct map checks = {0};
    const char *near;

    if (h == NULL) {
        near = near_key(c, &c->conf->host_by_name, host);
        if (near)
            conf_error_where(c, r->where, MSG("there is no host “{1}”; did you mean “{2}”?"), "ss",
                             host, near);
        else
            conf_error_where(c, r->where,
                             MSG("there is no host “{1}”; “depends” takes HOST or HOST/CHECK"), "s",
                             host);
        return;
    }
    if (slash == NULL || conf_find_check(h, slash + 1))
        return;
    for (int i = 0; i < h->n_checks; i++)
        map_set(&checks, h->checks[i]->name, h->checks[i]);
    near = near_key(c, &checks, slash + 1);
    if (near)
        conf_error_where(c, r->where, MSG("{1} has no check “{2}”; did you mean “{3}”?"), "sss",
                         host, slash + 1, near);
    else
        conf_error_where(c, r->where, MSG("{1} has no check “{2}”"), "ss", host, slash + 1);
    map_done(&checks);
}

static void judge_ref(struct conf_ctx *c, const struct conf_ref *r)
{
    if (r->kind == REF_CONTACT) {
        if (map_find(&c->conf->contact_by_name, r->name) == NULL)
            missing(c, r, &c->conf->contact_by_name,
                    MSG("there is no contact “{1}”; name it under “contacts”"),
                    MSG("there is no contact “{1}”; did you mean “{2}”?"));
    } else if (r->kind == REF_PARENT) {
        if (map_find(&c->conf->host_by_name, r->name) == NULL)
            missing(c, r, &c->conf->host_by_name,
                    MSG("there is no host “{1}” that could be a parent"),
                    MSG("there is no host “{1}”; did you mean “{2}”?"));
    } else if (r->kind == REF_PERIOD) {
        if (!str_eq(r->name, "always") && map_find(&c->conf->period_by_name, r->name) == NULL)
            missing(c, r, &c->conf->period_by_name,
                    MSG("there is no time period “{1}”; name it under “periods”"),
                    MSG("there is no time period “{1}”; did you mean “{2}”?"));
    } else {
        judge_depends(c, r);
    }
}

/* ---- former names */

static void judge_former_checks(struct conf_ctx *c, const struct conf_host *h)
{
    for (int i = 0; i < h->n_checks; i++) {
        const struct conf_check *k = h->checks[i];

        if (k->was && conf_find_check(h, k->was))
            conf_error_where(
                c, k->where,
                MSG("was: {1} still has a check “{2}”; give the name that this one had before"),
                "ss", h->name, k->was);
        for (int j = 0; k->was && j < i; j++)
            if (str_eq(h->checks[j]->was, k->was))
                conf_error_where(c, k->where,
                                 MSG("was: two checks of {1} cannot both have been “{2}”"), "ss",
                                 h->name, k->was);
    }
}

static void judge_former(struct conf_ctx *c)
{
    struct map former = {0};

    for (size_t i = 0; i < c->hosts.n; i++) {
        struct conf_host *h = c->hosts.at[i];

        judge_former_checks(c, h);
        if (h->was == NULL)
            continue;
        if (map_find(&c->conf->host_by_name, h->was))
            conf_error_where(
                c, h->where,
                MSG("was: there still is a host “{1}”; give the name that this one had before"),
                "s", h->was);
        if (map_set(&former, h->was, h))
            conf_error_where(c, h->where, MSG("was: two hosts cannot both have been “{1}”"), "s",
                             h->was);
    }
    map_done(&former);
}

void conf_refs_judge(struct conf_ctx *c)
{
    for (size_t i = 0; i < c->refs.n; i++)
        judge_ref(c, &c->refs.at[i]);
    conf_rings_judge(c);
    judge_former(c);
}
