/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_ntp.c: any bytes as an answer of NTP. */
#include "base/err.h"
#include "base/panic.h"
#include "wire/ntp.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ntp_packet k;

    if (ntp_decode((const char *)data, size, &k) != 0)
        return 0;
    ASSERT(k.leap >= 0 && k.leap <= 3 && k.version >= 1 && k.version <= 4 && k.mode <= 7 && k.stratum <= 255);
    ASSERT(strlen(k.reference) == 4);
    ASSERT(k.root_delay_s >= 0 && k.root_delay_s <= 65536 && k.root_dispersion_s >= 0);
    ASSERT(ntp_diff_us(k.sent, k.sent) == 0);
    int64_t d = ntp_diff_us(k.received, k.sent), back = ntp_diff_us(k.sent, k.received);
    ASSERT(d == -back || k.received - k.sent == (uint64_t)1 << 63);
    return 0;
}
