/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cachet_people.c: subscribers of Cachet's API: the list of this house, asked and changed by its operations, with the token's role.
 *
 * `verify` says, as there, whether the address counts as confirmed at once; without it its owner gets the mail that asks him. */
#include "base/hash.h"
#include "base/str.h"
#include "compat/cachet.h"

/* ---- the shape ---- */

static void put_subscriptions(struct cachet *c, struct doc *o, const struct doc *row, int64_t id)
{
    struct doc *list = doc_put_list(o, "subscriptions");
    DOC_EACH(doc_get(row, "components"), d)
    {
        int64_t component = d->text ? cachet_component_id(c, d->text) : 0;
        if (!component)
            continue;
        struct doc *s = doc_push_object(list);
        doc_put_int(s, "id", (int64_t)(hash_text(d->text, (uint64_t)id) % CACHET_ID_MOST) + 1);
        doc_put_int(s, "subscriber_id", id);
        doc_put_int(s, "component_id", component);
    }
}

static void put_person(struct cachet *c, struct doc *o, const struct doc *row)
{
    int64_t id = doc_int(row, "id", 0), since = doc_int(row, "since", 0);
    const struct doc *components = doc_get(row, "components"), *groups = doc_get(row, "groups");
    bool all = !(components && components->kids.n) && !(groups && groups->kids.n);
    doc_put_int(o, "id", id);
    doc_put_text(o, "email", doc_text(row, "email", ""));
    doc_put_text(o, "phone_number", NULL);
    doc_put_text(o, "slack_webhook_url", NULL);
    doc_put_text(o, "verify_code", NULL); /* his own link is his alone */
    doc_put_text(o, "verified_at", cachet_stamp(c, since));
    doc_put_bool(o, "global", all);
    doc_put_text(o, "created_at", cachet_stamp(c, since));
    doc_put_text(o, "updated_at", cachet_stamp(c, since));
    put_subscriptions(c, o, row, id);
}

/* ---- lists ---- */

static void answer_people(struct cachet *c)
{
    const struct doc *people = doc_get(c->reply, "subscribers");
    struct doc *o = doc_object(c->a);
    size_t from, to, i = 0;
    struct doc *data = cachet_envelope(c, o, people ? people->kids.n : 0, &from, &to);
    DOC_EACH(people, row)
    {
        if (i >= from && i < to)
            put_person(c, doc_push_object(data), row);
        i++;
    }
    cachet_send(c, 200, o);
}

void cachet_people(struct cachet *c)
{
    cachet_step(c, "subscribers", doc_object(c->a));
    cachet_go(c, 0, answer_people);
}

static const struct doc *find_person(const struct cachet *c, const char *email, int64_t id)
{
    DOC_EACH(doc_get(c->reply, "subscribers"), row)
    if (email ? str_ieq(doc_text(row, "email", ""), email) : doc_int(row, "id", -1) == id)
        return row;
    return NULL;
}

/* ---- one more ---- */

/* Whoever is not confirmed yet is not on the list: he is shown as what was wished. */
static void answer_created(struct cachet *c)
{
    const char *email = cachet_text(c, "email");
    const struct doc *row = find_person(c, email, 0);
    struct doc *o = doc_object(c->a), *wish = doc_object(c->a);
    doc_put_text(wish, "email", email);
    put_person(c, o, row ? row : wish);
    cachet_data(c, o);
}

static void add_components(struct cachet *c, struct doc *params)
{
    const struct doc *list = doc_get(c->in, "components");
    struct doc *names = NULL;
    DOC_EACH(list, d)
    {
        int64_t id = 0;
        if (d->kind == DOC_INT)
            id = d->i;
        else if (d->kind != DOC_TEXT || str_i64(d->text, &id))
            continue;
        const struct sight_component *v = cachet_component(c, id);
        if (v)
            doc_push_text(names ? names : (names = doc_put_list(params, "components")), v->c->name);
    }
}

void cachet_person_create(struct cachet *c)
{
    struct doc *p = doc_object(c->a);
    const char *email;
    int verify;
    if (!cachet_need(c, "email", &email) || !cachet_flag(c, "verify", 0, &verify))
        return;
    doc_put_text(p, "email", email);
    doc_put_bool(p, "agreed", verify == 1);
    add_components(c, p);
    cachet_step(c, "subscriber-add", p);
    cachet_step(c, "subscribers", doc_object(c->a));
    cachet_go(c, 0, answer_created);
}

/* ---- one less ---- */

static void removed(struct cachet *c)
{
    const struct doc *row = find_person(c, NULL, c->id);
    struct doc *p = doc_object(c->a);
    if (!row) {
        cachet_missing(c);
        return;
    }
    doc_put_text(p, "email", doc_text(row, "email", ""));
    cachet_step(c, "subscriber-remove", p);
    cachet_go(c, 0, cachet_gone);
}

void cachet_person_delete(struct cachet *c)
{
    cachet_step(c, "subscribers", doc_object(c->a));
    cachet_go(c, 0, removed);
}
