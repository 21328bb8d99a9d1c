/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_dnsq.c: any text as a name to ask for; any bytes as what comes back. */
#include "base/err.h"
#include "base/panic.h"
#include "wire/dnsq.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[1200], out[64];
    struct dnsq q;
    size_t n = size < sizeof(name) - 1 ? size : sizeof(name) - 1;

    memcpy(name, data, n);
    name[n] = '\0';
    if (dnsq_encode(name, 1, 4711, DNSQ_RECURSE | DNSQ_DNSSEC, 1232, size * 0x9e3779b97f4a7c15ULL, &q) == 0) {
        ASSERT(q.n <= DNSQ_MAX_BYTES && q.question_n <= 255 + 4 && q.n == DNSQ_HEAD_BYTES + q.question_n + 11);
        ASSERT(dnsq_id(&q) == 4711 && dnsq_match(&q, (const char *)q.bytes, q.n) == DNSQ_NOT_OURS);
        q.bytes[2] |= 0x80;
        ASSERT(dnsq_match(&q, (const char *)q.bytes, q.n) == DNSQ_OURS);
        dnsq_match(&q, (const char *)data, size);
    }
    if (size == 4 || size == 16) {
        dnsq_reverse(data, size, out);
        ASSERT(strlen(out) < sizeof(out));
    }
    return 0;
}
