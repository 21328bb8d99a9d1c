/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tlshello.h: the first message of a TLS client that knows one old protocol only, and what comes back.
 * That is all one needs to see whether a server still speaks it, and it needs no library that does.
 * Source: RFC 6101 (SSLv3), 2246, 4346, 5246. */
#ifndef VIGIE_WIRE_TLSHELLO_H
#define VIGIE_WIRE_TLSHELLO_H

#include "base/buf.h"

enum { TLS_HELLO_SSL3 = 0x0300, TLS_HELLO_TLS10, TLS_HELLO_TLS11, TLS_HELLO_TLS12 };
enum { TLS_HELLO_MORE = 0, TLS_HELLO_TAKEN, TLS_HELLO_REFUSED, TLS_HELLO_OTHER /* no TLS */ };

/* server_name: NULL: none is asked for; at most 255 bytes. */
void tls_hello_write(struct buf *out, int version, const char *server_name, const unsigned char random[32]);
/* Of the answer to a hello of that version. */
int tls_hello_answer(const char *p, size_t n, int version);

#endif
