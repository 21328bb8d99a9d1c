/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_zabbix.c: any bytes as an agent's answer: with its header, without, cut. */
#include "base/panic.h"
#include "wire/zabbix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *p = (const char *)data;
    struct zabbix_answer r;
    int64_t frame = size ? zabbix_frame(p, size) : 0;

    ASSERT(frame <= ZABBIX_MAX_BYTES + 21);
    if (zabbix_decode(p, size, &r) == 0) {
        ASSERT(r.value.p >= p && r.value.p + r.value.n <= p + size);
        ASSERT(r.reason.n == 0 || r.reason.p + r.reason.n <= p + size);
    }
    if (frame > 0 && (size_t)frame <= size)
        ASSERT(zabbix_decode(p, (size_t)frame, &r) == 0);
    return 0;
}
