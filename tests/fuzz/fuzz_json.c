/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_json.c: whatever is read is written as JSON that reads back to the same text. */
#include "base/json.h"
#include "base/panic.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct buf once = BUF_MAX(1 << 20), again = BUF_MAX(1 << 20);
    struct doc *d;
    struct err e;

    if (json_parse(a, (const char *)data, size, 1 << 16, &d, &e) == 0) {
        json_write(&once, d, "en", size % 3);
        ASSERT(json_parse(a, once.data, once.len, 1 << 20, &d, &e) == 0);
        json_write(&again, d, "en", size % 3);
        ASSERT(strcmp(buf_text(&once), buf_text(&again)) == 0);
    }
    buf_done(&once);
    buf_done(&again);
    arena_free(a);
    return 0;
}
