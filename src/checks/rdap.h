/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rdap.h: RDAP (RFC 9083) as far as the end of a domain's registration: which server, and what it answered. Pure. */
#ifndef VIGIE_CHECKS_RDAP_H
#define VIGIE_CHECKS_RDAP_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

enum { RDAP_MAX_BYTES = 256 * 1024, RDAP_BOOT_BYTES = 1 << 20, RDAP_URL_BYTES = 512 };
struct rdap {
    int64_t ends_ms; /* wall; 0: not said */
    char registrar[128];
    char status[256]; /* words with ", " between them */
};
/* An answer to domain/NAME. 0; ERR_PROTOCOL: it is about another domain, or no object of RDAP; else why it is no JSON. */
int rdap_read(const char *p, size_t n, const char *domain, struct rdap *ret, struct err *e);
/* Base URL (with a slash at its end) of a domain's registry: of the few that are built in; NULL. */
const char *rdap_known(const char *domain);
/* The same from IANA's table (RFC 9224, dns.json): 0, ERR_NOT_FOUND, or why the file cannot be read. */
int rdap_bootstrap(const char *p, size_t n, const char *domain, char ret_url[RDAP_URL_BYTES], struct err *e);

#endif
