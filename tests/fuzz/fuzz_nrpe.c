/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_nrpe.c: any bytes as a stream of NRPE packets, any text as a command. */
#include "base/err.h"
#include "base/panic.h"
#include "wire/nrpe.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *p = (const char *)data;
    struct nrpe_packet q = {.version = size % 2 ? 2 : 4, .type = NRPE_QUERY, .text = {p, size}}, r;
    unsigned char out[NRPE_PACKET];
    int64_t frame = nrpe_frame(p, size);

    ASSERT(frame <= NRPE_MAX_BYTES + 20);
    if (nrpe_decode(p, size, &r) == 0)
        ASSERT(frame == (int64_t)size && r.text.p >= p && r.text.p + r.text.n <= p + size);
    if (nrpe_encode(&q, out) != 0) {
        ASSERT(size > NRPE_MAX_COMMAND);
        return 0;
    }
    ASSERT(nrpe_frame((const char *)out, sizeof(out)) == NRPE_PACKET && nrpe_decode((const char *)out, sizeof(out), &r) == 0);
    ASSERT(r.text.n == strnlen(p, size) && r.version == q.version);
    return 0;
}
