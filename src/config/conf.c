/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf.c: a generation once it is there: references to it, and looking things up.  conf_load.c
 * makes it. */
#include "config/conf_int.h"

#include "base/panic.h"
#include "base/str.h"
#include "base/timetext.h"
#include "config/conf_box.h"

struct conf *conf_ref(struct conf *c)
{
    struct conf_box *box = CONTAINER(c, struct conf_box, conf);

    ASSERT(atomic_fetch_add_explicit(&box->references, 1, memory_order_relaxed) > 0);
    return c;
}

struct conf *conf_unref(struct conf *c)
{
    struct conf_box *box;
    int before;

    if (c == NULL)
        return NULL;
    box = CONTAINER(c, struct conf_box, conf);
    before = atomic_fetch_sub_explicit(&box->references, 1, memory_order_acq_rel);
    ASSERT(before > 0);
    if (before > 1)
        return NULL;
    map_done(&c->host_by_name);
    map_done(&c->contact_by_name);
    map_done(&c->component_by_name);
    map_done(&c->period_by_name);
    map_done(&c->text_by_name);
    map_done(&c->upstream_by_name);
    map_done(&c->series_by_name);
    map_done(&c->mirror_by_name);
    map_done(&c->irc_by_name);
    map_done(&c->webhook_by_name);
    for (int i = 0; i < c->n_zones; i++)
        zone_free(c->zones[i].zone);
    arena_free(c->arena); /* c itself lives there */
    return NULL;
}

struct conf_host *conf_find_host(const struct conf *c, const char *name)
{
    return name ? map_find(&c->host_by_name, name) : NULL;
}

struct conf_check *conf_find_check(const struct conf_host *h, const char *name)
{
    if (name == NULL)
        return h->alive;
    for (int i = 0; i < h->n_checks; i++)
        if (strcmp(h->checks[i]->name, name) == 0)
            return h->checks[i];
    return NULL;
}

const char *conf_pairs_lang(const struct conf_pairs *p, const char *lang)
{
    const char *any = NULL, *english = NULL;

    for (int i = 0; i < p->n; i++) {
        if (str_eq(p->keys[i], lang))
            return p->values[i];
        if (p->keys[i][0] == '\0')
            any = p->values[i];
        if (str_eq(p->keys[i], "en"))
            english = p->values[i];
    }
    if (any == NULL)
        any = english;
    return any ? any : p->n ? p->values[0] : NULL;
}
