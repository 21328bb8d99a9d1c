/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_check.c: one check of a host: which kind, its options, the general keys, its name.
 *
 * A check is small (struct conf_check, and an options block that checks with equal options share),
 * because ten thousand of them are ordinary.  The defaults of a kind are worked out once per load
 * and copied. */
#include "config/conf_int.h"

#include "base/hash.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"

struct conf_kind_state *conf_kind_find(struct conf_ctx *c, const char *name)
{
    struct conf_kind_state *k = map_find(&c->kinds, name);

    if (k && k->defaults == NULL) {
        k->defaults = arena_alloc(c->scratch, conf_opts_room(k->kind));
        conf_rows_default(c, k->kind->rows, k->defaults);
    }
    return k;
}

static void unknown_kind(struct conf_ctx *c, const struct node *at)
{
    const char *names[CONF_MAX_ROWS + 1], *near;
    struct buf list = BUF_MAX(1000);
    int n = 0;

    for (; c->env->kinds && c->env->kinds[n] && n < CONF_MAX_ROWS; n++) {
        names[n] = c->env->kinds[n]->name;
        buf_printf(&list, "%s%s", n ? ", " : "", names[n]);
    }
    names[n] = NULL;
    near = str_nearest(at->text, names);
    if (conf_is_later(NULL, at->text))
        conf_error_at(c, at, MSG("checks of the kind “{1}” are not in this version"), "s",
                      at->text);
    else if (near)
        conf_error_at(c, at, MSG("“{1}” is no kind of check; did you mean “{2}”?"), "ss", at->text,
                      near);
    else
        conf_error_at(c, at, MSG("“{1}” is no kind of check; there are {2}"), "ss", at->text,
                      buf_text(&list));
    buf_done(&list);
}

/* The value of the kind's key: nothing, its positional option, or a mapping. */
static void read_value(struct conf_ctx *c, const struct conf_kind *kind, const struct row_set *sets,
                       int n_sets, const struct node *at, const struct node *value)
{
    const struct conf_row *positional = conf_rows_positional(kind->rows);

    if (!node_is_null(value) && value->kind == NODE_MAP) {
        conf_rows_read(c, sets, n_sets, value, kind->name);
        conf_rows_required(c, kind->rows, value, at, kind->name);
    } else if (node_is_null(value)) {
        conf_rows_required(c, kind->rows, NULL, at, kind->name);
    } else if (positional == NULL) {
        conf_error_at(c, value,
                      MSG("{1} takes no single value; write “- {1}”, or a mapping of its options"),
                      "s", kind->name);
    } else if (conf_type_read(c, positional, c->opts, value) == 0) {
        /* What the scalar form gives is not missing; other obligatory options are. */
        for (const struct conf_row *r = kind->rows; r->key; r++)
            if ((r->flags & CONF_REQUIRED) && r != positional)
                conf_error_at(c, value,
                              MSG("{1} needs “{2}” too: write a mapping with “{3}” and “{2}”"),
                              "sss", kind->name, r->key, positional->key);
    }
}

static const struct node *node_of_field(const struct node *value, const char *field,
                                        const struct node *otherwise)
{
    const struct node *n = field[0] ? node_get(value, field) : NULL;

    return n ? n : otherwise;
}

bool conf_opts_read(struct conf_ctx *c, const struct conf_kind *kind, const struct row_set *extra,
                    const char *address, const struct node *at, const struct node *value)
{
    const struct conf_kind_state *state = conf_kind_find(c, kind->name);
    struct row_set own = {.rows = kind->rows, .base = c->opts};
    int before = conf_error_count(c);
    struct err e = {0};

    ASSERT(state != NULL);
    memcpy(c->opts, state->defaults, conf_opts_room(kind));
    /* General keys first: they mean the same for every kind. */
    if (extra)
        read_value(c, kind, (struct row_set[]){*extra, own}, 2, at, value);
    else
        read_value(c, kind, &own, 1, at, value);
    if (conf_error_count(c) != before)
        return false;
    if (kind->finish && kind->finish(c->opts, c->arena, address, &e) != 0) {
        conf_error_packed(c, node_of_field(value, e.field, at), e.text);
        return false;
    }
    return true;
}

/* The name as given, or as the kind has it; false after an error. */
static bool set_name(struct conf_ctx *c, struct conf_check *k, const struct conf_check_fields *f,
                     const struct node *at, const struct node *value)
{
    struct buf why = BUF_MAX(600);
    const char *name = f->name;
    bool ok;

    if (name == NULL && k->kind->name_for)
        name = k->kind->name_for(c->opts, c->scratch);
    if (name == NULL)
        name = k->kind->name;
    ok = conf_name_check(name, &why) == 0;
    if (!ok)
        conf_error_packed(c, node_of_field(value, "name", at), buf_text(&why));
    k->name = intern_text(&c->intern, name);
    buf_done(&why);
    return ok;
}

/* The host's own check has no name of its own. */
static void judge_alive(struct conf_ctx *c, const struct node *value)
{
    static const char *const not_here[] = {"name", "was", "contacts"};

    for (size_t i = 0; i < COUNT(not_here); i++) {
        const struct node *n = node_get(value, not_here[i]);

        if (n)
            conf_error_at(
                c, n->key,
                MSG("“{1}” has no meaning in “alive”; it belongs to the host or to a check"), "s",
                not_here[i]);
    }
}

static int given(const struct conf_check_fields *f, const struct node *value)
{
    const struct node *flap = node_get(value, "flap");
    int bits = 0;

    if (f->retry_ms)
        bits |= GIVEN_RETRY;
    if (node_get(value, "for"))
        bits |= GIVEN_FOR;
    if (node_get(value, "notify"))
        bits |= GIVEN_NOTIFY;
    if (flap && (flap->kind == NODE_TEXT || node_get(flap, "enabled")))
        bits |= GIVEN_FLAP;
    if (node_get(flap, "low"))
        bits |= GIVEN_LOW;
    if (node_get(flap, "high"))
        bits |= GIVEN_HIGH;
    return bits;
}

/* A heartbeat is late after every + grace; `freshness` says it outright. */
static int64_t freshness_of(const struct conf_check *k, const struct conf_check_fields *f)
{
    enum { LEAST_GRACE_MS = 30 * 1000 };
    int64_t tenth = k->every_ms / 10;

    if (f->freshness_ms || !k->kind->beats)
        return f->freshness_ms;
    if (f->grace_ms >= 0)
        return k->every_ms + f->grace_ms;
    return k->every_ms + (tenth > LEAST_GRACE_MS ? tenth : LEAST_GRACE_MS);
}

/* What the kind brings along where nothing was given. */
static void fill_from_kind(struct conf_check *k)
{
    k->every_ms = k->every_ms ? k->every_ms : k->kind->every_ms;
    k->retry_ms = k->retry_ms ? k->retry_ms : k->kind->retry_ms;
    k->timeout_ms = k->timeout_ms ? k->timeout_ms : k->kind->timeout_ms;
    k->attempts = k->attempts ? k->attempts : k->kind->attempts;
}

static void fill(struct conf_check *k, const struct conf_check_fields *f)
{
    k->every_ms = f->every_ms;
    k->retry_ms = f->retry_ms;
    k->timeout_ms = f->timeout_ms;
    k->attempts = (int)f->attempts;
    /* “defaults” speak of checks that are run. How often a job calls is the job's own affair: every minute for all
     * checks must not make a nightly backup late, nor five attempts a missed night five nights. */
    if (k->kind->passive)
        fill_from_kind(k);
    k->freshness_ms = freshness_of(k, f);
    k->was = f->was;
    k->enabled = f->enabled;
    k->is_volatile = f->is_volatile;
    k->flap_detection = f->flap_detection;
    k->notify = f->notify;
    k->flap_low = (float)f->flap_low;
    k->flap_high = (float)f->flap_high;
    k->contacts = f->contacts.at;
    k->depends = f->depends;
    k->notes = f->notes;
    k->for_ms = f->for_ms;
    k->klass = f->klass < 0 ? k->kind->klass : (enum conf_class)f->klass;
    k->check_period = f->check_period;
    k->notify_period = f->notify_period;
}

struct conf_check *conf_check_read(struct conf_ctx *c, const struct conf_host *h,
                                   const struct conf_kind *kind, const struct node *key,
                                   const struct node *value, bool alive)
{
    struct conf_check_fields f = {.enabled = true, .grace_ms = -1, .klass = -1};
    struct row_set general = {.rows = conf_rows_check, .base = &f};
    struct conf_check *k = ARENA_NEW(c->arena, struct conf_check);
    int before = conf_error_count(c);
    /* Of a part, the host may have its address in another file. */
    const char *address = h->address || !c->env->part ? h->address : "elsewhere.invalid";

    value = conf_library_fill(c, kind, value, c->scratch, !alive);
    if (conf_library_missing(c, kind, value))
        return NULL;
    k->kind = kind;
    k->host = h;
    k->where = conf_where_of(c, key);
    k->from = conf_origin_keys(c, value, key);
    if (conf_opts_read(c, kind, &general, address, key, value)) {
        k->packed = conf_pack(c, kind);
        k->print = conf_rows_hash(kind->rows, c->opts, hash_text(kind->name, 1));
    }
    if (alive)
        judge_alive(c, value);
    conf_refs_add(c, REF_CONTACT, NULL, node_get(value, "contacts"));
    conf_refs_add(c, REF_PERIOD, NULL, node_get(value, "check_period"));
    conf_refs_add(c, REF_PERIOD, NULL, node_get(value, "notify_period"));
    if (k->packed == NULL || (!alive && !set_name(c, k, &f, key, value)))
        return NULL;
    fill(k, &f);
    k->attempts |= given(&f, value);
    return conf_error_count(c) == before ? k : NULL;
}

/* What somebody wrote into “defaults” is nearer than what a kind brings along. */
static void fill_from_written(struct conf_check *k, const struct conf_ctx *c)
{
    const struct conf_check_fields *d = &c->defaults;

    if (k->every_ms == 0 && (c->defaults_given & GIVEN_EVERY))
        k->every_ms = d->every_ms;
    if (k->retry_ms == 0 && (c->defaults_given & GIVEN_RETRY))
        k->retry_ms = d->retry_ms;
    if (k->timeout_ms == 0 && (c->defaults_given & GIVEN_TIMEOUT))
        k->timeout_ms = d->timeout_ms;
    if (k->attempts == 0 && (c->defaults_given & GIVEN_ATTEMPTS))
        k->attempts = (int)d->attempts;
}

static void inherit(struct conf_ctx *c, struct conf_check *k)
{
    const struct conf_check_fields *d = &c->defaults;
    int bits = k->attempts;

    k->attempts &= GIVEN_ATTEMPTS;
    fill_from_written(k, c);
    fill_from_kind(k);
    if (k->attempts == 0)
        k->attempts = (int)d->attempts;
    if (k->every_ms == 0)
        k->every_ms = d->every_ms;
    if (k->retry_ms == 0)
        k->retry_ms = d->retry_ms;
    /* A default that was meant for checks every minute must not slow down one every five seconds.
     */
    if (!(bits & GIVEN_RETRY) && k->retry_ms > k->every_ms)
        k->retry_ms = k->every_ms;
    if (k->timeout_ms == 0)
        k->timeout_ms = d->timeout_ms;
    if (!(bits & GIVEN_FOR))
        k->for_ms = d->for_ms;
    if (k->check_period == NULL)
        k->check_period = d->check_period;
    if (k->notify_period == NULL)
        k->notify_period = d->notify_period;
    if (!(bits & GIVEN_NOTIFY))
        k->notify = d->notify;
    if (!(bits & GIVEN_FLAP))
        k->flap_detection = d->flap_detection;
    if (!(bits & GIVEN_LOW))
        k->flap_low = (float)d->flap_low;
    if (!(bits & GIVEN_HIGH))
        k->flap_high = (float)d->flap_high;
}

static void complete(struct conf_ctx *c, struct conf_check *k)
{
    struct conf_check_fields f;

    inherit(c, k);
    conf_fields_of_check(k, &f);
    k->print = conf_rows_hash(conf_rows_check, &f, k->print); /* it was that of the options */
    if (k->flap_low > k->flap_high)
        conf_error_where(c, k->where, MSG("flap: “low” ({1}) must not be above “high” ({2})"), "ff",
                         f.flap_low, f.flap_high);
}

void conf_check_inherit(struct conf_ctx *c)
{
    for (size_t i = 0; i < c->hosts.n; i++) {
        struct conf_host *h = c->hosts.at[i];

        if (h->alive)
            complete(c, h->alive);
        for (int k = 0; k < h->n_checks; k++)
            complete(c, h->checks[k]);
    }
}

/* Which of the keys of an item is a kind? Used only to say what went wrong. */
static void bad_item(struct conf_ctx *c, const struct node *item)
{
    const struct node *kind = NULL, *other = NULL;

    NODE_EACH(item->kind == NODE_MAP ? item : NULL, kid)
    {
        if (map_find(&c->kinds, kid->key->text) && kind)
            conf_error_at(c, kid->key, MSG("one check, one kind: begin “{1}” with its own “- ”"),
                          "s", kid->key->text);
        else if (map_find(&c->kinds, kid->key->text))
            kind = kid;
        else if (other == NULL)
            other = kid;
    }
    if (kind && other)
        conf_error_at(
            c, other->key,
            MSG("“{1}” belongs inside “{2}”: indent it further, below the options of “{2}”"), "ss",
            other->key->text, kind->key->text);
    else if (kind == NULL)
        conf_error_at(
            c, other ? other->key : item,
            MSG("a check is its kind alone, or its kind and a value, such as “- tcp: 22”"), "");
}

struct conf_check *conf_check_item(struct conf_ctx *c, const struct conf_host *h,
                                   const struct node *item, bool alive)
{
    const struct conf_kind_state *state;
    const struct node *key = item, *value = NULL;

    if (item->kind == NODE_MAP && node_count(item) == 1) {
        key = item->first->key;
        value = item->first;
    } else if (item->kind != NODE_TEXT || node_is_null(item)) {
        bad_item(c, item);
        return NULL;
    }
    state = conf_kind_find(c, key->text);
    if (state == NULL) {
        unknown_kind(c, key);
        return NULL;
    }
    return conf_check_read(c, h, state->kind, key, value, alive);
}
