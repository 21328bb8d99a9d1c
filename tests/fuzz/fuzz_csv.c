/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_csv.c: any bytes as a list: it ends, cells keep their ceilings, and lines only grow. */
#include "base/panic.h"
#include "wire/csv.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    const char *cells[CSV_MAX_CELLS];
    struct csv c;
    struct err e = {0};
    int n = 0, line = 0, last = 0;
    csv_begin(&c, (const char *)data, size);
    while (csv_next(&c, a, cells, &n, &line, &e) == 1) {
        ASSERT(n >= 1 && n <= CSV_MAX_CELLS && line > last);
        last = line;
        for (int i = 0; i < n; i++)
            ASSERT(strlen(cells[i]) <= CSV_MAX_CELL);
    }
    arena_free(a);
    return 0;
}
