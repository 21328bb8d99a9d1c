/* SPDX-License-Identifier: GPL-3.0-or-later */
/* batch.c: batches: statements with copies of their values, in one arena until they are committed. */
#include "base/panic.h"
#include "store/store_int.h"

struct store_value store_text_value(const char *text)
{
    if (!text)
        return STORE_N;
    return (struct store_value){.type = STORE_TEXT, .p = text, .n = strlen(text)};
}

struct store_batch *store_batch_new(void)
{
    struct store_batch *b = NEW(struct store_batch);
    b->arena = arena_new(0);
    return b;
}

struct store_batch *store_batch_free(struct store_batch *b)
{
    if (!b)
        return NULL;
    arena_free(b->arena);
    VEC_DONE(&b->ops);
    return mem_free(b);
}

size_t store_batch_size(const struct store_batch *b) { return b->ops.n; }

const struct store_value *store_batch_value(const struct store_batch *b, size_t i, int k)
{
    return i < b->ops.n && k < b->ops.at[i].n ? &b->ops.at[i].values[k] : NULL;
}

static struct store_value *values_copy(struct arena *a, const struct store_value *values, int n)
{
    if (n == 0)
        return NULL;
    struct store_value *copy = ARENA_ARRAY(a, struct store_value, (size_t)n);
    for (int i = 0; i < n; i++) {
        copy[i] = values[i];
        if (values[i].type == STORE_TEXT || values[i].type == STORE_BLOB)
            copy[i].p = arena_dupn(a, values[i].p ? values[i].p : "", values[i].n);
    }
    return copy;
}

static void batch_put(struct store_batch *b, const struct store_stmt *s, const struct store_value *values,
                      int n, bool require)
{
    ASSERT(b && s && n >= 0);
    struct store_op op = {.stmt = s, .values = values_copy(b->arena, values, n), .n = n, .require = require};
    VEC_PUSH(&b->ops, op);
}

void store_batch_add(struct store_batch *b, const struct store_stmt *s, const struct store_value *values, int n)
{
    batch_put(b, s, values, n, false);
}

void store_batch_require(struct store_batch *b, const struct store_stmt *s, const struct store_value *values,
                         int n)
{
    batch_put(b, s, values, n, true);
}
