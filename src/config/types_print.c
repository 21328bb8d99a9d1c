/* SPDX-License-Identifier: GPL-3.0-or-later */
/* types_print.c: values of each type as YAML again (on one line, secrets masked) and their
 * fingerprints.  What is printed reads back as the same value, so that a printed configuration is a
 * configuration. */
#include "config/conf_int.h"

#include "base/hash.h"
#include "base/panic.h"
#include "base/str.h"
#include <math.h>

#define MASK "\"********\""

static const void *place(const struct conf_row *row, const void *base)
{
    return (const char *)base + row->offset;
}

void conf_duration_text(struct buf *out, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}};

    if (ms % 1000 != 0 || ms <= 0) {
        buf_printf(out, "%lld%s", (long long)ms, ms == 0 ? "s" : "ms");
        return;
    }
    for (size_t i = 0; i < COUNT(units); i++) {
        if (ms >= units[i].ms)
            buf_printf(out, "%lld%s", (long long)(ms / units[i].ms), units[i].unit);
        ms %= units[i].ms;
    }
}

void conf_bytes_text(struct buf *out, int64_t bytes)
{
    static const struct {
        int64_t bytes;
        const char *unit;
    } units[] = {
        {1LL << 40, "TiB"}, {1000000000000LL, "TB"}, {1LL << 30, "GiB"}, {1000000000, "GB"},
        {1LL << 20, "MiB"}, {1000000, "MB"},         {1024, "KiB"},      {1000, "kB"}};

    for (size_t i = 0; bytes > 0 && i < COUNT(units); i++) {
        if (bytes % units[i].bytes == 0) {
            buf_printf(out, "%lld%s", (long long)(bytes / units[i].bytes), units[i].unit);
            return;
        }
    }
    buf_printf(out, "%lld", (long long)bytes);
}

/* The shortest text that reads back as the same number. */
void conf_real_text(struct buf *out, double v)
{
    char text[40];
    double back;

    for (int digits = 15; digits <= 17; digits++) {
        str_print(text, sizeof(text), "%.*g", digits, v);
        if (str_f64(text, &back) == 0 && memcmp(&back, &v, sizeof(v)) == 0)
            break;
    }
    buf_str(out, text);
}

static void print_list(struct buf *out, const struct conf_texts *t)
{
    buf_char(out, '[');
    for (int i = 0; i < t->n; i++) {
        buf_str(out, i ? ", " : "");
        node_quote(out, t->at[i]);
    }
    buf_char(out, ']');
}

/* Headers and environment variables are free text; what such a name stands for is a secret. */
static bool looks_secret(const char *key)
{
    static const char *const words[] = {"auth", "cookie", "key", "token", "secret", "pass", "pw"};

    for (size_t i = 0; i < COUNT(words); i++)
        if (strcasestr(key, words[i]))
            return true;
    return false;
}

static void print_pairs(struct buf *out, const struct conf_pairs *p)
{
    if (p->n == 1 && p->keys[0][0] == '\0') {
        node_quote(out, p->values[0]);
        return;
    }
    buf_str(out, p->n ? "{ " : "{");
    for (int i = 0; i < p->n; i++) {
        buf_str(out, i ? ", " : "");
        node_quote(out, p->keys[i]);
        buf_str(out, ": ");
        if (looks_secret(p->keys[i]))
            buf_str(out, MASK);
        else
            node_quote(out, p->values[i]);
    }
    buf_str(out, p->n ? " }" : "}");
}

static void print_items(struct buf *out, const struct conf_list *l)
{
    buf_char(out, '[');
    for (int i = 0; i < l->n; i++) {
        buf_str(out, i ? ", " : "");
        print_pairs(out, &l->at[i]);
    }
    buf_char(out, ']');
}

static void print_group(struct buf *out, const struct conf_row *row, const void *base)
{
    const char *between = "";

    buf_str(out, "{ ");
    for (const struct conf_row *r = row->rows; r->key; r++) {
        if (!conf_type_set(r, base))
            continue;
        buf_printf(out, "%s%s: ", between, r->key);
        conf_type_print(out, r, base);
        between = ", ";
    }
    buf_str(out, " }");
}

static bool group_set(const struct conf_row *row, const void *base)
{
    for (const struct conf_row *r = row->rows; r->key; r++)
        if (conf_type_set(r, base))
            return true;
    return false;
}

bool conf_type_set(const struct conf_row *row, const void *base)
{
    const void *at = place(row, base);

    if (row->flags & (CONF_ALIAS | CONF_ELSEWHERE))
        return false;
    switch ((int)row->type) {
    case CONF_INT:
    case CONF_DURATION:
    case CONF_BYTES: /* zero that could not be read back was never given */
        return *(const int64_t *)at != 0 || row->min <= 0;
    case CONF_PORT:
        return *(const int64_t *)at != 0;
    case CONF_REAL:
    case CONF_BOOL:
    case CONF_WORD:
        return true;
    case CONF_TEXTS:
    case CONF_STATUS:
        return ((const struct conf_texts *)at)->at != NULL;
    case CONF_PAIRS:
        return ((const struct conf_pairs *)at)->n > 0;
    case CONF_LIST:
        return ((const struct conf_list *)at)->n > 0;
    case CONF_LEVEL:
        return ((const struct conf_level *)at)->set;
    case CONF_GROUP:
        return group_set(row, base);
    case CONF_ITEMS:
        return ((const struct conf_items *)at)->n > 0;
    case CONF_NODE:
        return false;
    default:
        return *(const char *const *)at != NULL;
    }
}

void conf_type_print(struct buf *out, const struct conf_row *row, const void *base)
{
    const void *at = place(row, base);

    switch ((int)row->type) {
    case CONF_INT:
    case CONF_PORT:
        buf_printf(out, "%lld", (long long)*(const int64_t *)at);
        break;
    case CONF_DURATION:
        conf_duration_text(out, *(const int64_t *)at);
        break;
    case CONF_BYTES:
        conf_bytes_text(out, *(const int64_t *)at);
        break;
    case CONF_REAL:
        conf_real_text(out, *(const double *)at);
        break;
    case CONF_BOOL:
        buf_str(out, *(const bool *)at ? "yes" : "no");
        break;
    case CONF_WORD:
        node_quote(out, row->words[*(const int *)at]);
        break;
    case CONF_SECRET:
        buf_str(out, MASK);
        break;
    case CONF_TEXTS:
    case CONF_STATUS:
        print_list(out, at);
        break;
    case CONF_PAIRS:
        print_pairs(out, at);
        break;
    case CONF_LIST:
        print_items(out, at);
        break;
    case CONF_LEVEL:
        node_quote(out, ((const struct conf_level *)at)->text);
        break;
    case CONF_GROUP:
        print_group(out, row, base);
        break;
    case CONF_ITEMS:
        conf_items_print(out, row, at);
        break;
    case CONF_WAYS:
        conf_ways_print(out, *(const struct conf_ways *const *)at);
        break;
    case CONF_DEPENDS:
        conf_depends_print(out, *(const struct conf_depends *const *)at);
        break;
    default:
        node_quote(out, *(const char *const *)at);
    }
}

static uint64_t hash_list(const char *const *at, int n, uint64_t seed)
{
    seed = hash_bytes(&n, sizeof(n), seed + (at != NULL));
    for (int i = 0; i < n; i++)
        seed = hash_text(at[i], seed);
    return seed;
}

static uint64_t hash_pairs(const struct conf_pairs *p, uint64_t seed)
{
    return hash_list(p->values, p->n, hash_list(p->keys, p->n, seed));
}

static uint64_t hash_items(const struct conf_list *l, uint64_t seed)
{
    for (int i = 0; i < l->n; i++)
        seed = hash_pairs(&l->at[i], seed);
    return seed;
}

uint64_t conf_type_hash(const struct conf_row *row, const void *base, uint64_t seed)
{
    const void *at = place(row, base);

    switch ((int)row->type) {
    case CONF_INT:
    case CONF_PORT:
    case CONF_DURATION:
    case CONF_BYTES:
        return hash_bytes(at, sizeof(int64_t), seed);
    case CONF_REAL:
        return hash_bytes(at, sizeof(double), seed);
    case CONF_BOOL:
        return hash_bytes(at, sizeof(bool), seed);
    case CONF_WORD:
        return hash_bytes(at, sizeof(int), seed);
    case CONF_TEXTS:
    case CONF_STATUS:
        return hash_list(((const struct conf_texts *)at)->at, ((const struct conf_texts *)at)->n,
                         seed);
    case CONF_PAIRS:
        return hash_pairs(at, seed);
    case CONF_LIST:
        return hash_items(at, seed);
    case CONF_LEVEL:
        return hash_text(((const struct conf_level *)at)->text, seed);
    case CONF_GROUP:
        return conf_rows_hash(row->rows, base, seed);
    case CONF_ITEMS:
        return conf_items_hash(row, at, seed);
    case CONF_NODE:
        return seed;
    case CONF_WAYS:
        return conf_ways_hash(*(const struct conf_ways *const *)at, seed);
    case CONF_DEPENDS:
        return conf_depends_hash(*(const struct conf_depends *const *)at, seed);
    default:
        return hash_text(*(const char *const *)at, seed);
    }
}
