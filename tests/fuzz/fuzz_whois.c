/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_whois.c: answers of any kind; what is found lies within its bounds. */
#include "base/mem.h"
#include "base/panic.h"
#include "wire/whois.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *p = mem_dupn((const char *)data, size);
    struct whois w;
    int64_t ms = 0;

    whois_read(p, size, &w);
    ASSERT(strlen(w.refer) < sizeof(w.refer) && strlen(w.status) < sizeof(w.status) && strlen(w.registrar) < sizeof(w.registrar));
    ASSERT(strpbrk(w.refer, "\r\n /:") == NULL);
    ASSERT(w.ends_ms != 0 || w.ends[0] == '\0');
    if (whois_date(p, size, &ms) == 0)
        ASSERT(ms > INT64_C(300000000000) && ms < INT64_C(7300000000000));
    mem_free(p);
    return 0;
}
