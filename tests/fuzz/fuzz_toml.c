/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_toml.c: any bytes as TOML: it ends, and what is taken can be written as JSON. */
#include "base/json.h"
#include "wire/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct buf out = BUF_MAX(16 << 20);
    struct doc *d = NULL;
    struct err e = {0};
    if (toml_parse(a, (const char *)data, size, &d, &e) == 0)
        json_write(&out, d, "en", 0);
    buf_done(&out);
    arena_free(a);
    return 0;
}
