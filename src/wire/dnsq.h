/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dnsq.h: questions of DNS as bytes (RFC 1035, 6891), and what tells whose an answer is. What the answer says is read by
 * dns_parse() (io/dns.h). Pure. */
#ifndef VIGIE_WIRE_DNSQ_H
#define VIGIE_WIRE_DNSQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DNSQ_MAX_BYTES = 12 + 256 + 4 + 11, DNSQ_HEAD_BYTES = 12, DNSQ_MAX_LABELS_TEXT = 1010 };
enum { DNSQ_RECURSE = 1, DNSQ_AD = 2, DNSQ_CD = 4, DNSQ_DNSSEC = 8 /* DO; needs EDNS */ };
enum dnsq_match { DNSQ_NOT_OURS, DNSQ_ODD /* the id is ours, the question is not, or its letters are written otherwise */, DNSQ_OURS };

struct dnsq {
    unsigned char bytes[DNSQ_MAX_BYTES];
    size_t n, question_n; /* question_n: of the question section, which begins at DNSQ_HEAD_BYTES */
};
/* A question for a name in presentation form ("a.example.org", "\046" and "\." are understood, a final dot is not needed,
 * "." is the root).  edns_bytes 0: without EDNS.  mix: bits that write letters large, so that a stranger has to guess
 * them, too (0: as given).  0 or ERR_INVALID. */
int dnsq_encode(const char *name, int type, unsigned id, unsigned flags, unsigned edns_bytes, uint64_t mix, struct dnsq *ret);
unsigned dnsq_id(const struct dnsq *q);
/* The id of any message, -1 when it is too short to have one. */
int dnsq_peek_id(const char *p, size_t n);
enum dnsq_match dnsq_match(const struct dnsq *q, const char *p, size_t n);
/* "192.0.2.1" → "1.2.0.192", "2001:db8::1" → "1.0.0…": the address as bytes, network order; n: 4 or 16. out: 64 bytes. */
void dnsq_reverse(const unsigned char *p, size_t n, char out[64]);

#endif
