/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_period.c: the sections `periods` and `holidays`, and what refers to them.  A list of
 * holidays is a period that takes its zone from whoever excepts it. */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"

const struct zone *conf_zone_named(struct conf_ctx *c, const char *name)
{
    struct conf *conf = c->conf;
    struct zone *z;

    if (name == NULL || c->env->zone_load == NULL)
        return NULL;
    for (int i = 0; i < conf->n_zones; i++)
        if (str_eq(conf->zones[i].name, name))
            return conf->zones[i].zone;
    z = c->env->zone_load(c->env->arg, name);
    if (z == NULL || conf->n_zones == CONF_MAX_ZONES) {
        zone_free(z);
        return NULL;
    }
    if (conf->zones == NULL)
        conf->zones = ARENA_ARRAY(c->arena, struct conf_zone, CONF_MAX_ZONES);
    conf->zones[conf->n_zones].name = intern_text(&c->intern, name);
    conf->zones[conf->n_zones++].zone = z;
    return z;
}

static struct conf_period *add(struct conf_ctx *c, const struct node *key)
{
    struct conf_period *p = map_find(&c->conf->period_by_name, key->text);

    if (p || str_eq(key->text, "always")) {
        conf_error_at(c, key, MSG("“{1}” exists already, in {2}"), "ss", key->text,
                      p ? conf_where_text(c, p->where, c->scratch) : "vigie");
        return NULL;
    }
    if (!conf_name_read(c, key))
        return NULL;
    p = ARENA_NEW(c->arena, struct conf_period);
    p->name = intern_text(&c->intern, key->text);
    p->where = conf_where_of(c, key);
    map_set(&c->conf->period_by_name, p->name, p);
    VEC_PUSH(&c->periods, p);
    return p;
}

static void wrong_text(struct conf_ctx *c, const struct node *n, int at, const char *why)
{
    struct node place = *n;

    if (n->span == 0 && at < 10000)
        place.column = (uint16_t)(n->column + at + !n->plain);
    conf_error_at(c, &place, MSG("{1}; read was “{2}”"), "ms", why, n->text);
}

void conf_period_when(struct conf_ctx *c, struct conf_period *p, const struct node *list)
{
    VEC(struct period_when) all = {0};
    const struct node *first = list && list->kind == NODE_LIST ? list->first : list;

    for (const struct node *n = first; n; n = list->kind == NODE_LIST ? n->next : NULL) {
        struct period_when when[PERIOD_MAX_TIMES];
        const char *why;
        int count, at;

        if (n->kind != NODE_TEXT || period_when_parse(n->text, when, &count, &at, &why) != 0) {
            if (n->kind == NODE_TEXT)
                wrong_text(c, n, at, why);
            else
                conf_error_at(c, n, MSG("a text such as “mon-fri 09:00-17:00” is expected"), "");
            continue;
        }
        for (int i = 0; i < count; i++)
            VEC_PUSH(&all, when[i]);
    }
    if (all.n)
        p->when = memcpy(ARENA_ARRAY(c->arena, struct period_when, all.n), all.at,
                         all.n * sizeof(*all.at));
    p->n_when = (int)all.n;
    VEC_DONE(&all);
}

void conf_periods_read(struct conf_ctx *c, const struct node *map)
{
    NODE_EACH(map, kid)
    {
        struct conf_period *p = add(c, kid->key);
        struct conf_period_fields f = {0};
        struct row_set set = {.rows = conf_rows_period, .base = &f};

        if (p == NULL)
            continue;
        if (kid->kind == NODE_MAP) {
            conf_rows_read(c, &set, 1, kid, kid->key->text);
            conf_refs_add(c, REF_PERIOD, NULL, node_get(kid, "include"));
            conf_refs_add(c, REF_PERIOD, NULL, node_get(kid, "except"));
            conf_period_when(c, p, node_get(kid, "when"));
        } else if (!node_is_null(kid)) {
            conf_period_when(c, p, kid);
            f.when = conf_texts_of(c, kid);
        }
        p->zone_name = f.zone;
        p->texts = f.when;
        p->include_names = f.include;
        p->except_names = f.except;
        if (f.zone && c->env->zone_known && !c->env->zone_known(c->env->arg, f.zone))
            conf_error_at(c, node_get(kid, "zone"), MSG("“{1}” is no time zone that this system knows; see “timedatectl list-timezones”"), "s", f.zone);
        p->print = conf_rows_hash(conf_rows_period, &f, 6);
    }
}

void conf_holidays_read(struct conf_ctx *c, const struct node *map)
{
    NODE_EACH(map, kid)
    {
        struct conf_period *p = add(c, kid->key);
        struct conf_period_fields f = {0};

        if (p == NULL)
            continue;
        p->holidays = true;
        conf_period_when(c, p, kid);
        p->texts = f.when = conf_texts_of(c, kid);
        p->print = conf_rows_hash(conf_rows_period, &f, 7);
    }
}

/* ---- once all are known */

static const struct conf_period **find_all(struct conf_ctx *c, const struct conf_texts *names)
{
    const struct conf_period **list =
        ARENA_ARRAY(c->arena, const struct conf_period *, (size_t)names->n + 1);
    int n = 0;

    for (int i = 0; i < names->n; i++)
        if ((list[n] = map_find(&c->conf->period_by_name, names->at[i])) != NULL)
            n++;
    list[n] = NULL;
    return list;
}

/* Looking whether a moment lies in it must end soon: neither deep nor wide. */
static bool is_small(const struct conf_period *p, int depth, int *visits)
{
    if (depth > PERIOD_MAX_DEPTH || ++*visits > PERIOD_MAX_VISITS)
        return false;
    for (int side = 0; side < 2; side++)
        for (const struct conf_period *const *o = side ? p->except : p->include; o && *o; o++)
            if (!is_small(*o, depth + 1, visits))
                return false;
    return true;
}

static const struct conf_period *conf_period_of(const struct conf_ctx *c, const char *name)
{
    return name ? map_find(&c->conf->period_by_name, name) : NULL;
}

void conf_periods_link(struct conf_ctx *c)
{
    for (size_t i = 0; i < c->periods.n; i++) {
        struct conf_period *p = c->periods.at[i];

        p->zone = conf_zone_named(c, p->zone_name ? p->zone_name : c->conf->site.zone);
        p->include = find_all(c, &p->include_names);
        p->except = find_all(c, &p->except_names);
    }
    for (size_t i = 0; i < c->periods.n; i++) {
        struct conf_period *p = c->periods.at[i];
        int visits = 0;

        if (!is_small(p, 0, &visits))
            conf_error_where(c, p->where, MSG("the time period “{1}” names itself, or too many stand within each other"), "s", p->name);
    }
    for (size_t i = 0; i < c->hosts.n; i++) {
        struct conf_host *h = c->hosts.at[i];

        for (int k = -1; k < h->n_checks; k++) {
            struct conf_check *check = k < 0 ? h->alive : h->checks[k];

            if (check == NULL)
                continue;
            check->check_when = conf_period_of(c, check->check_period);
            check->notify_when = conf_period_of(c, check->notify_period);
        }
    }
    for (size_t i = 0; i < c->contacts.n; i++)
        c->contacts.at[i]->when = conf_period_of(c, c->contacts.at[i]->period);
}
