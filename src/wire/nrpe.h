/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nrpe.h: the packets of NRPE, versions 2 and 4 (and 3, when read): a command there, a result and a text back.
 * Pure: bytes to structures and back.  Big-endian; a CRC-32 over the whole packet with its own place zero. */
#ifndef VIGIE_WIRE_NRPE_H
#define VIGIE_WIRE_NRPE_H

#include "base/str.h"

enum { NRPE_PACKET = 1036, NRPE_MAX_COMMAND = 1000, NRPE_MAX_BYTES = 65536 };
enum { NRPE_QUERY = 1, NRPE_RESPONSE = 2 };

struct nrpe_packet {
    int version, type, result;
    struct str text; /* borrowed from the bytes, up to its NUL */
};
/* A query (result 0, text = "command!argument!…") padded to NRPE_PACKET bytes; 0, or ERR_LIMIT, ERR_UNSUPPORTED (version). */
int nrpe_encode(const struct nrpe_packet *p, unsigned char ret[NRPE_PACKET]);
/* Length of the packet at the front of a stream: 0 needs more, ERR_PROTOCOL, ERR_LIMIT. */
int64_t nrpe_frame(const char *p, size_t n);
int nrpe_decode(const char *p, size_t n, struct nrpe_packet *ret); /* 0, or ERR_PROTOCOL (also for a wrong CRC) */

#endif
