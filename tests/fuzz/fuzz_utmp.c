/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_utmp.c: any bytes as records of wtmp, at any offset: texts end, records do not run over. */
#include "base/err.h"
#include "base/panic.h"
#include "wire/utmp.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct utmp_record r;
    size_t at = size ? data[0] % 7 : 0, n = 0;

    for (; utmp_decode((const char *)data, size, at, &r) == 0; at += UTMP_BYTES, n++)
        ASSERT(strlen(r.user) <= 32 && strlen(r.line) <= 32 && r.at_s >= 0 && r.at_s <= UINT32_MAX);
    ASSERT(n <= size / UTMP_BYTES);
    ASSERT(utmp_decode((const char *)data, size, SIZE_MAX, &r) == ERR_NOT_FOUND);
    return 0;
}
