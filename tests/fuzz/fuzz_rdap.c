/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_rdap.c: answers of RDAP servers, and tables of servers. */
#include "base/panic.h"
#include "checks/rdap.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *p = size ? (const char *)data : "";
    char url[RDAP_URL_BYTES];
    struct rdap r;
    struct err e;

    if (rdap_read(p, size, "example.com", &r, &e) == 0)
        ASSERT(strlen(r.registrar) < sizeof(r.registrar) && strlen(r.status) < sizeof(r.status));
    if (rdap_bootstrap(p, size, "example.com", url, &e) == 0)
        ASSERT(url[0] && url[strlen(url) - 1] == '/');
    return 0;
}
