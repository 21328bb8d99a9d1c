/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_pack.c: options of a check as the words that differ from the defaults of its kind.
 *
 * The options of an HTTP check are some 400 bytes, of which a configuration gives one or two words.
 * Ten thousand checks are read in a third of the time and kept in a third of the memory when only
 * these are stored; an attempt unpacks them, which costs it two copies of a few hundred bytes.
 * Equal packed options are kept once. */
#include "config/conf_int.h"

#include "base/panic.h"

enum { WORD = sizeof(uint64_t), BITS = 64 };

/* Followed by one bit for each word of the options, then by the words whose bit is set. */
struct conf_packed {
    const void *defaults;
    uint64_t bits[];
};

static size_t words_of(size_t bytes)
{
    return (bytes + WORD - 1) / WORD;
}

static size_t masks_of(size_t words)
{
    return (words + BITS - 1) / BITS;
}

size_t conf_opts_room(const struct conf_kind *kind)
{
    return kind->opts_bytes ? words_of(kind->opts_bytes) * WORD : WORD;
}

size_t conf_pack_room(size_t most_bytes)
{
    size_t words = words_of(most_bytes);

    return sizeof(struct conf_packed) + (masks_of(words) + words) * WORD;
}

const struct conf_packed *conf_pack(struct conf_ctx *c, const struct conf_kind *kind)
{
    struct conf_kind_state *state = conf_kind_find(c, kind->name);
    size_t words = conf_opts_room(kind) / WORD, masks = masks_of(words), n = masks;
    const uint64_t *now = c->opts, *before = state->defaults;
    struct conf_packed *p = c->words;

    if (state->shared == NULL)
        state->shared = intern_bytes(&c->intern, state->defaults, words * WORD);
    p->defaults = state->shared;
    memset(p->bits, 0, masks * WORD);
    for (size_t i = 0; i < words; i++) {
        if (now[i] == before[i])
            continue;
        p->bits[i / BITS] |= UINT64_C(1) << i % BITS;
        p->bits[n++] = now[i];
    }
    return intern_bytes(&c->intern, p, sizeof(*p) + n * WORD);
}

const void *conf_check_opts(const struct conf_check *k, struct arena *a)
{
    const struct conf_packed *p = k->packed;
    size_t bytes = conf_opts_room(k->kind), masks = masks_of(bytes / WORD), n = masks;
    uint64_t *words = arena_alloc(a, bytes);

    ASSERT(p != NULL);
    memcpy(words, p->defaults, bytes);
    for (size_t m = 0; m < masks; m++)
        for (uint64_t left = p->bits[m]; left; left &= left - 1)
            words[m * BITS + (size_t)__builtin_ctzll(left)] = p->bits[n++];
    return words;
}
