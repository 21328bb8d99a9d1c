/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ber.h: the basic encoding rules of ASN.1 (X.690), as far as SNMP and LDAP use them: single-byte tags, definite
 * lengths.  A reader is a window on bytes that others own; nothing is allocated, nothing is copied.  A writer fills
 * a buffer of the caller's from its end to its front, so that a length is known when its head is written. */
#ifndef VIGIE_WIRE_BER_H
#define VIGIE_WIRE_BER_H

#include "base/str.h"

enum {
    BER_BOOL = 0x01,
    BER_INT = 0x02,
    BER_OCTETS = 0x04,
    BER_NULL = 0x05,
    BER_OID = 0x06,
    BER_ENUM = 0x0a,
    BER_SEQUENCE = 0x30,
    BER_SET = 0x31,
};

/* ---- reading ---- */

/* Takes the next element from *in; false when nothing is left, or when what is there is no element (then *in stays). */
bool ber_next(struct str *in, unsigned *ret_tag, struct str *ret_content);
/* As ber_next, for one tag only. */
bool ber_take(struct str *in, unsigned tag, struct str *ret_content);
bool ber_take_int(struct str *in, unsigned tag, int64_t *ret_value);
/* The number in a content: signed of at most 8 bytes; unsigned of at most 8 bytes and a leading zero. */
bool ber_int(struct str content, int64_t *ret_value);
bool ber_uint(struct str content, uint64_t *ret_value);
/* The whole length of the element at the front of a stream: 0 when more bytes are needed to know, ERR_PROTOCOL
 * when it is none, ERR_LIMIT when it is longer than max_bytes. */
int64_t ber_frame(const char *p, size_t n, size_t max_bytes);

/* ---- writing ---- */

struct ber_out {
    unsigned char *start, *end, *at; /* what is written lies between at and end */
    bool full;
};
struct ber_out ber_out_of(void *buffer, size_t n);
/* What is written; empty when it did not fit. */
struct str ber_written(const struct ber_out *o);
void ber_put_raw(struct ber_out *o, const void *p, size_t n); /* without a head */
void ber_put(struct ber_out *o, unsigned tag, const void *p, size_t n);
void ber_put_int(struct ber_out *o, unsigned tag, int64_t value); /* as short as can be */
void ber_put_int4(struct ber_out *o, unsigned tag, uint32_t value); /* in four bytes: value from 0x00800000 to 0x7fffffff */
/* Puts a head before all that was written since `mark` was at. */
void ber_close(struct ber_out *o, unsigned tag, const unsigned char *mark);

#endif
