/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_jose.c: any bytes as a signed token, as a set of keys, as base64url. */
#include "base/mem.h"
#include "base/panic.h"
#include "wire/jose.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    const char *text = arena_dupn(a, (const char *)data, size);
    struct jose_token t;
    struct jose_keys keys;
    if (jose_read(a, text, size, &t) == 0) {
        ASSERT(t.alg && t.header->kind == DOC_OBJECT && t.claims->kind == DOC_OBJECT && t.signature_bytes <= JOSE_MAX_BYTES);
        ASSERT(t.signed_part.p == text && t.signed_part.n < size);
    }
    if (jose_keys_read(a, text, size, &keys) == 0)
        for (int i = 0; i < keys.n; i++)
            ASSERT(keys.at[i].a && keys.at[i].b && keys.at[i].a_bytes <= JOSE_MAX_BYTES);
    unsigned char *bytes = arena_alloc(a, size + 1);
    int64_t n = jose_bytes(text, size, bytes, size);
    if (n >= 0) { /* the one right form */
        char *again = arena_alloc(a, 2 * size + 8);
        jose_text(bytes, (size_t)n, again, 2 * size + 8);
        ASSERT(strlen(again) == size && memcmp(again, text, size) == 0);
    }
    arena_free(a);
    return 0;
}
