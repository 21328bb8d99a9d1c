/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_jsonrows.c: any bytes as a long list: pieces of any size give the same objects, each of which begins and ends as one. */
#include "base/hash.h"
#include "base/panic.h"
#include "wire/jsonrows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    uint64_t hash;
    int n;
};

static int row(void *arg, const char *p, size_t n)
{
    struct seen *s = arg;
    ASSERT(n >= 2 && p[0] == '{' && p[n - 1] == '}' && n <= JSONROWS_MAX_ROW);
    s->hash = hash_bytes(p, n, s->hash);
    s->n++;
    return s->n > 1000 ? ERR_LIMIT : 0;
}

static struct seen read_all(const char *p, size_t n, size_t piece)
{
    struct seen s = {0};
    struct jsonrows j;
    struct err e = {0};
    int r = 0;
    jsonrows_begin(&j, "bulletins", row, &s);
    for (size_t at = 0; at < n && r == 0; at += piece)
        r = jsonrows_feed(&j, p + at, n - at < piece ? n - at : piece, &e);
    if (r == 0)
        jsonrows_end(&j, &e);
    jsonrows_done(&j);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen once = read_all((const char *)data, size, size ? size : 1), again = read_all((const char *)data, size, 3);
    ASSERT(once.n == again.n && once.hash == again.hash);
    return 0;
}
