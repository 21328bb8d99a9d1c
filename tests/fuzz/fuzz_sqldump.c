/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_sqldump.c: any bytes as a dump: pieces of any size give the same rows, within their ceilings. */
#include "base/hash.h"
#include "base/panic.h"
#include "wire/sqldump.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    uint64_t hash;
    int n;
};

static bool wants(void *arg, const char *table)
{
    (void)arg;
    ASSERT(strlen(table) < SQLDUMP_MAX_NAME);
    return table[0] != 'x';
}

static int row(void *arg, const struct sqldump_row *r)
{
    struct seen *s = arg;
    ASSERT(r->n > 0 && r->n <= SQLDUMP_MAX_COLUMNS && r->table[0] != 'x');
    s->hash = hash_text(r->table, s->hash);
    for (int i = 0; i < r->n; i++)
        s->hash = hash_text(r->values[i], hash_text(r->columns[i], s->hash));
    s->n++;
    return s->n > 1000 ? ERR_LIMIT : 0;
}

static struct seen read_all(const char *p, size_t n, size_t piece)
{
    struct seen s = {0};
    struct sqldump *d = sqldump_new(&(struct sqldump_calls){wants, row, &s});
    struct err e = {0};
    int r = 0;
    for (size_t at = 0; at < n && r == 0; at += piece)
        r = sqldump_feed(d, p + at, n - at < piece ? n - at : piece, &e);
    if (r == 0)
        sqldump_end(d, &e);
    sqldump_free(d);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen once = read_all((const char *)data, size, size ? size : 1), again = read_all((const char *)data, size, 3);
    ASSERT(once.n == again.n && once.hash == again.hash);
    return 0;
}
