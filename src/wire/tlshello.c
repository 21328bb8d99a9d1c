/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tlshello.c: writes a ClientHello and reads the head of the answer. It makes no handshake. */
#include "wire/tlshello.h"
#include "base/mem.h"

#include <stdint.h>
#include <string.h>

enum { RECORD = 0x16, ALERT = 0x15, CLIENT_HELLO = 1, SERVER_HELLO = 2, MAX_NAME = 255 };

/* What servers of that time liked, and what they can still have. The last one says that renegotiation is safe. */
static const uint16_t old_ciphers[] = {0xc00a, 0xc014, 0xc009, 0xc013, 0x0039, 0x0038, 0x0033, 0x0032, 0x0035, 0x0041,
                                       0x002f, 0xc008, 0xc012, 0x0016, 0x0013, 0x000a, 0x0005, 0x0004, 0x00ff};
static const uint16_t new_ciphers[] = {0xc02c, 0xc030, 0xc02b, 0xc02f, 0xcca9, 0xcca8, 0x009f, 0x009e,
                                       0xc024, 0xc028, 0xc023, 0xc027, 0x009d, 0x009c, 0x003d, 0x003c};
static const uint16_t groups[] = {0x001d, 0x0017, 0x0018, 0x0019};
static const uint16_t signatures[] = {0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201};

static void put16(struct buf *b, size_t v)
{
    buf_char(b, (char)(v >> 8));
    buf_char(b, (char)v);
}

static void put_list(struct buf *b, const uint16_t *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put16(b, at[i]);
}

/* An extension that holds one list with its length in front. */
static void put_extension(struct buf *b, int type, const uint16_t *at, size_t n)
{
    put16(b, (size_t)type);
    put16(b, 2 * n + 2);
    put16(b, 2 * n);
    put_list(b, at, n);
}

static void put_name(struct buf *b, const char *name)
{
    size_t n = name ? strlen(name) : 0;

    if (n == 0 || n > MAX_NAME)
        return;
    put16(b, 0);
    put16(b, n + 5);
    put16(b, n + 3);
    buf_char(b, 0);
    put16(b, n);
    buf_add(b, name, n);
}

static void put_extensions(struct buf *b, int version, const char *name)
{
    struct buf all = BUF_MAX(1024);

    put_name(&all, name);
    put_extension(&all, 10, groups, COUNT(groups));
    buf_add(&all, "\0\x0b\0\2\1\0", 6); /* points are not compressed */
    if (version >= TLS_HELLO_TLS12)
        put_extension(&all, 13, signatures, COUNT(signatures));
    put16(b, all.len);
    buf_add(b, all.data, all.len);
    buf_done(&all);
}

static void put_body(struct buf *b, int version, const char *name, const unsigned char random[32])
{
    bool more = version >= TLS_HELLO_TLS12;

    put16(b, (size_t)version);
    buf_add(b, random, 32);
    buf_char(b, 0); /* no session */
    put16(b, 2 * (COUNT(old_ciphers) + (more ? COUNT(new_ciphers) : 0)));
    if (more)
        put_list(b, new_ciphers, COUNT(new_ciphers));
    put_list(b, old_ciphers, COUNT(old_ciphers));
    buf_add(b, "\1\0", 2); /* no compression */
    if (version > TLS_HELLO_SSL3)
        put_extensions(b, version, name);
}

void tls_hello_write(struct buf *out, int version, const char *server_name, const unsigned char random[32])
{
    struct buf body = BUF_MAX(2048);

    put_body(&body, version, server_name, random);
    buf_char(out, RECORD);
    put16(out, version > TLS_HELLO_TLS10 ? TLS_HELLO_TLS10 : (size_t)version);
    put16(out, body.len + 4);
    buf_char(out, CLIENT_HELLO);
    buf_char(out, 0);
    put16(out, body.len);
    buf_add(out, body.data, body.len);
    buf_done(&body);
}

int tls_hello_answer(const char *bytes, size_t n, int version)
{
    const unsigned char *p = (const unsigned char *)bytes;

    if (n > 0 && p[0] == ALERT)
        return n < 2 ? TLS_HELLO_MORE : p[1] == 3 ? TLS_HELLO_REFUSED : TLS_HELLO_OTHER;
    if ((n > 0 && p[0] != RECORD) || (n > 1 && p[1] != 3) || (n > 5 && p[5] != SERVER_HELLO))
        return TLS_HELLO_OTHER;
    if (n < 11)
        return TLS_HELLO_MORE;
    return (p[9] << 8 | p[10]) == version ? TLS_HELLO_TAKEN : TLS_HELLO_REFUSED;
}
