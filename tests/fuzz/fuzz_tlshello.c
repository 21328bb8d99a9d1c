/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_tlshello.c: answers of any kind; and a hello whose lengths agree, whatever the name. */
#include "base/mem.h"
#include "base/panic.h"
#include "wire/tlshello.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char random[32];
    char *p = mem_dupn((const char *)data, size);
    struct buf b = BUF_MAX(4096);
    int version = TLS_HELLO_SSL3 + (int)(size % 4), answer = tls_hello_answer(p, size, version);

    ASSERT(answer >= TLS_HELLO_MORE && answer <= TLS_HELLO_OTHER);
    ASSERT(answer != TLS_HELLO_MORE || size < 11);
    tls_hello_write(&b, version, p, random);
    const unsigned char *h = (const unsigned char *)b.data;

    ASSERT(!b.full && b.len == 5u + (size_t)(h[3] << 8 | h[4]) && b.len == 9u + (size_t)(h[7] << 8 | h[8]));
    ASSERT((h[9] << 8 | h[10]) == version);
    buf_done(&b);
    mem_free(p);
    return 0;
}
