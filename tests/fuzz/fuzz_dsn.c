/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_dsn.c: any bytes as a report of delivery: what it gives is text within its ceilings. */
#include "base/mem.h"
#include "base/panic.h"
#include "wire/dsn.h"
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dsn d;
    char *exact = mem_alloc(size + 1); /* one byte too many is seen */
    memcpy(exact, data, size);
    bool is = dsn_read(exact, size, &d);
    ASSERT(!is || d.recipient[0]);
    ASSERT(strlen(d.recipient) < sizeof d.recipient && strlen(d.action) < sizeof d.action && strlen(d.status) < sizeof d.status && strlen(d.unsubscribe) < sizeof d.unsubscribe);
    mem_free(exact);
    return 0;
}
