/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dns_priv.h: the reader of raw answers, apart from the sockets so that it can be fuzzed. */
#ifndef VIGIE_IO_DNS_PRIV_H
#define VIGIE_IO_DNS_PRIV_H

#include "io/dns.h"

/* Reads a whole DNS message (RFC 1035) into *ret: rcode, flags and the answer section, texts in
 * ret->arena (which the caller has set).  0, or ERR_PROTOCOL: *ret has no records then.  More than
 * DNS_MAX_RRS are left out. */
int dns_parse(const unsigned char *p, size_t n, struct dns_answer *ret);

#endif
