/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_perf.c: any text as performance data.  What is understood can be written and is understood
 * again as the same. */
#include "base/panic.h"
#include "base/str.h"
#include "base/utf8.h"
#include "wire/plugin.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(double a, double b)
{
    return memcmp(&a, &b, sizeof(a)) == 0 || a == b || (isnan(a) && isnan(b));
}

static void judge(const struct perf *a, const struct perf *b)
{
    ASSERT(str_eq(a->label, b->label) && str_eq(a->unit, b->unit) && a->has == b->has);
    ASSERT(!(a->has & PERF_HAS_VALUE) || same(a->value, b->value));
    ASSERT(!(a->has & PERF_HAS_WARN) ||
           (same(a->warn.start, b->warn.start) && same(a->warn.end, b->warn.end) &&
            a->warn.inside == b->warn.inside));
    ASSERT(!(a->has & PERF_HAS_MAX) || same(a->max, b->max));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct perf *at = ARENA_ARRAY(a, struct perf, PERF_MAX), again;
    struct buf text = BUF_MAX(1 << 20);
    int bad = 0, n;

    /* As the sink cleans it. */
    utf8_clean(&text, (const char *)data, size, UTF8_ONE_LINE, 1 << 19);
    n = perf_parse(a, buf_text(&text), at, PERF_MAX, &bad);
    ASSERT(n >= 0 && n <= PERF_MAX && bad >= 0);
    for (int i = 0; i < n; i++) {
        struct buf out = BUF_MAX(4096);

        perf_format(&out, &at[i]);
        ASSERT(perf_parse(a, buf_text(&out), &again, 1, &bad) == 1 && bad == 0);
        judge(&at[i], &again);
        buf_done(&out);
    }
    buf_done(&text);
    arena_free(a);
    return 0;
}
