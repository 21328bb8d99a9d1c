/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_period.c: any text as days and times of day: a mistake with a place in it, or times that a
 * day has. */
#include "base/arena.h"
#include "base/panic.h"
#include "config/period.h"

#include <stddef.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    char *text = arena_dupn(a, (const char *)data, size);
    struct period_when when[PERIOD_MAX_TIMES];
    const char *why = NULL;
    int n = 0, at = -1;

    if (period_when_parse(text, when, &n, &at, &why) != 0) {
        ASSERT(why && at >= 0 && (size_t)at <= strlen(text));
        arena_free(a);
        return 0;
    }
    ASSERT(n > 0 && n <= PERIOD_MAX_TIMES);
    for (int i = 0; i < n; i++)
        ASSERT(when[i].from >= 0 && when[i].from < PERIOD_DAY_MIN && when[i].to >= 0 &&
               when[i].to <= PERIOD_DAY_MIN && when[i].first <= when[i].last);
    arena_free(a);
    return 0;
}
