/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader of raw DNS answers: any bytes are answered by records within the ceilings, or by a
 * refusal. */
#include "base/arena.h"
#include "base/panic.h"
#include "io/dns.h"
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n > 65535)
        return 0;
    struct dns_answer r = {.arena = arena_new(0)};
    int code = dns_parse(p, n, &r);
    ASSERT(code == 0 || (code == ERR_PROTOCOL && r.n == 0 && r.err.text[0] != '\0'));
    ASSERT(r.n >= 0 && r.n_authority >= 0 && r.n_additional >= 0 && r.n + r.n_authority + r.n_additional <= DNS_MAX_RRS);
    for (int i = 0; i < r.n + r.n_authority + r.n_additional; i++) {
        ASSERT(strlen(r.rr[i].name) <= 4 * 255);
        for (const char *c = r.rr[i].text; *c != '\0'; c++)
            ASSERT((unsigned char)*c >= ' ' && *c != 0x7f);
    }
    ASSERT(arena_size(r.arena) < 1 << 21);
    arena_free(r.arena);
    return 0;
}
