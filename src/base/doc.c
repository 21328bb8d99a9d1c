/* SPDX-License-Identifier: GPL-3.0-or-later */
/* doc.c: the typed tree.  Lookups walk the list of children: objects are small, and whoever reads
 * foreign ones (json.c) appends without looking. */
#include "base/doc.h"
#include "base/panic.h"

#include <string.h>

struct doc *doc_new(struct arena *a, enum doc_kind kind)
{
    struct doc *d = ARENA_NEW(a, struct doc);

    d->kind = kind;
    d->arena = a;
    return d;
}

struct doc *doc_object(struct arena *a)
{
    return doc_new(a, DOC_OBJECT);
}

struct doc *doc_list(struct arena *a)
{
    return doc_new(a, DOC_LIST);
}

static struct doc *append(struct doc *parent, struct doc *kid)
{
    if (parent->kids.last)
        parent->kids.last->next = kid;
    else
        parent->kids.first = kid;
    parent->kids.last = kid;
    parent->kids.n++;
    return kid;
}

struct doc *doc_append(struct doc *obj, const char *key, struct doc *value)
{
    ASSERT(obj->kind == DOC_OBJECT && key);
    if (value == NULL)
        value = doc_new(obj->arena, DOC_NULL);
    ASSERT(value->key == NULL && value->next == NULL && value != obj);
    value->key = arena_dup(obj->arena, key);
    return append(obj, value);
}

struct doc *doc_put(struct doc *obj, const char *key, struct doc *value)
{
    struct doc *prev = NULL, *old;

    ASSERT(obj->kind == DOC_OBJECT && key);
    for (old = obj->kids.first; old && strcmp(old->key, key) != 0; old = old->next)
        prev = old;
    if (old == NULL)
        return doc_append(obj, key, value);
    if (value == NULL)
        value = doc_new(obj->arena, DOC_NULL);
    ASSERT(value->key == NULL && value->next == NULL && value != obj);
    value->key = old->key;
    value->next = old->next;
    if (prev)
        prev->next = value;
    else
        obj->kids.first = value;
    if (obj->kids.last == old)
        obj->kids.last = value;
    return value;
}

static struct doc *text_new(struct arena *a, enum doc_kind kind, const char *text)
{
    struct doc *d = doc_new(a, text ? kind : DOC_NULL);

    if (text)
        d->text = arena_dup(a, text);
    return d;
}

struct doc *doc_put_text(struct doc *obj, const char *key, const char *text)
{
    return doc_put(obj, key, text_new(obj->arena, DOC_TEXT, text));
}

struct doc *doc_put_msg(struct doc *obj, const char *key, const char *packed)
{
    return doc_put(obj, key, text_new(obj->arena, DOC_MSG, packed));
}

struct doc *doc_put_int(struct doc *obj, const char *key, int64_t v)
{
    struct doc *d = doc_new(obj->arena, DOC_INT);

    d->i = v;
    return doc_put(obj, key, d);
}

struct doc *doc_put_real(struct doc *obj, const char *key, double v)
{
    struct doc *d = doc_new(obj->arena, DOC_REAL);

    d->f = v;
    return doc_put(obj, key, d);
}

struct doc *doc_put_bool(struct doc *obj, const char *key, bool v)
{
    struct doc *d = doc_new(obj->arena, DOC_BOOL);

    d->b = v;
    return doc_put(obj, key, d);
}

struct doc *doc_put_time(struct doc *obj, const char *key, int64_t wall_ms)
{
    struct doc *d = doc_new(obj->arena, wall_ms ? DOC_TIME : DOC_NULL);

    d->i = wall_ms;
    return doc_put(obj, key, d);
}

struct doc *doc_put_object(struct doc *obj, const char *key)
{
    return doc_put(obj, key, doc_object(obj->arena));
}

struct doc *doc_put_list(struct doc *obj, const char *key)
{
    return doc_put(obj, key, doc_list(obj->arena));
}

struct doc *doc_push(struct doc *list, struct doc *value)
{
    ASSERT(list->kind == DOC_LIST);
    if (value == NULL)
        value = doc_new(list->arena, DOC_NULL);
    ASSERT(value->next == NULL && value != list);
    return append(list, value);
}

struct doc *doc_push_text(struct doc *list, const char *text)
{
    return doc_push(list, text_new(list->arena, DOC_TEXT, text));
}

struct doc *doc_push_object(struct doc *list)
{
    return doc_push(list, doc_object(list->arena));
}

struct doc *doc_get(const struct doc *obj, const char *key)
{
    if (obj == NULL || obj->kind != DOC_OBJECT)
        return NULL;
    for (struct doc *d = obj->kids.first; d; d = d->next)
        if (strcmp(d->key, key) == 0)
            return d;
    return NULL;
}

const char *doc_text(const struct doc *obj, const char *key, const char *otherwise)
{
    const struct doc *d = doc_get(obj, key);

    return d && (d->kind == DOC_TEXT || d->kind == DOC_MSG) ? d->text : otherwise;
}

int64_t doc_int(const struct doc *obj, const char *key, int64_t otherwise)
{
    const struct doc *d = doc_get(obj, key);

    return d && (d->kind == DOC_INT || d->kind == DOC_TIME) ? d->i : otherwise;
}

double doc_real(const struct doc *obj, const char *key, double otherwise)
{
    const struct doc *d = doc_get(obj, key);

    if (d && d->kind == DOC_INT)
        return (double)d->i; /* JSON does not tell 1 from 1.0 */
    return d && d->kind == DOC_REAL ? d->f : otherwise;
}

bool doc_bool(const struct doc *obj, const char *key, bool otherwise)
{
    const struct doc *d = doc_get(obj, key);

    return d && d->kind == DOC_BOOL ? d->b : otherwise;
}

struct doc *doc_copy(struct arena *a, const struct doc *d)
{
    struct doc *copy = doc_new(a, d->kind);
    switch (d->kind) {
    case DOC_TEXT:
    case DOC_MSG:
        copy->text = arena_dup(a, d->text);
        break;
    case DOC_LIST:
        DOC_EACH(d, kid)
            doc_push(copy, doc_copy(a, kid));
        break;
    case DOC_OBJECT:
        DOC_EACH(d, kid)
            doc_put(copy, kid->key, doc_copy(a, kid));
        break;
    case DOC_BOOL:
        copy->b = d->b;
        break;
    case DOC_REAL:
        copy->f = d->f;
        break;
    case DOC_INT:
    case DOC_TIME:
        copy->i = d->i;
        break;
    case DOC_NULL:
        break;
    }
    return copy;
}

struct doc *doc_first(const struct doc *parent)
{
    return parent && (parent->kind == DOC_LIST || parent->kind == DOC_OBJECT) ? parent->kids.first : NULL;
}
