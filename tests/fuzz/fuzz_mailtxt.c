/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_mailtxt.c: any text as an SPF, DMARC or DKIM record. */
#include "base/mem.h"
#include "base/panic.h"
#include "wire/mailtxt.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_dupn((const char *)data, size);
    size_t n = strlen(text), terms = 0;
    struct str rest = {text, n}, value;
    struct spf_term t;

    spf_is(text);
    while (spf_next(&rest, &t)) {
        ASSERT(++terms <= n);
        ASSERT(t.domain.n == 0 || (t.domain.p > text && t.domain.p + t.domain.n <= text + n));
        spf_asks(t.kind);
    }
    if (tag_find(text, "p", &value))
        ASSERT(value.p >= text && value.p + value.n <= text + n);
    mem_free(text);
    return 0;
}
