/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sqlwire.c: see sqlwire.h. PostgreSQL counts with the big end first, MySQL with the little one. */
#include "wire/sqlwire.h"

#include "base/err.h"

#include <string.h>

/* ---- PostgreSQL ---- */

static uint32_t big32(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;

    return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static void put_big32(struct buf *out, uint32_t v)
{
    char bytes[4] = {(char)(v >> 24), (char)(v >> 16), (char)(v >> 8), (char)v};

    buf_add(out, bytes, sizeof(bytes));
}

int64_t sqlwire_pg_frame(const char *p, size_t n)
{
    uint32_t length;

    if (n && !((p[0] >= 'A' && p[0] <= 'Z') || (p[0] >= 'a' && p[0] <= 'z') || (p[0] >= '1' && p[0] <= '3')))
        return ERR_PROTOCOL;
    if (n < 5)
        return 0;
    length = big32(p + 1);
    if (length < 4)
        return ERR_PROTOCOL;
    return length >= SQLWIRE_MAX_BYTES ? ERR_LIMIT : (int64_t)length + 1;
}

struct str sqlwire_pg_field(struct str body, char field)
{
    while (body.n > 1) {
        const char *end = memchr(body.p + 1, '\0', body.n - 1);

        if (end == NULL)
            break;
        if (body.p[0] == field)
            return (struct str){body.p + 1, (size_t)(end - body.p) - 1};
        body = (struct str){end + 1, body.n - (size_t)(end + 1 - body.p)};
    }
    return (struct str){"", 0};
}

bool sqlwire_pg_value(struct str body, struct str *ret_value, bool *ret_null)
{
    uint32_t length;

    *ret_null = true;
    *ret_value = (struct str){"", 0};
    if (body.n < 2)
        return false;
    if (body.p[0] == 0 && body.p[1] == 0)
        return true;
    if (body.n < 6)
        return false;
    length = big32(body.p + 2);
    if (length == UINT32_MAX)
        return true;
    if (length > body.n - 6)
        return false;
    *ret_null = false;
    *ret_value = (struct str){body.p + 6, length};
    return true;
}

bool sqlwire_pg_number(struct str body, uint32_t *ret_number)
{
    if (body.n < 4)
        return false;
    *ret_number = big32(body.p);
    return true;
}

void sqlwire_pg_ssl(struct buf *out)
{
    put_big32(out, 8);
    put_big32(out, 80877103);
}

static void put_pair(struct buf *out, const char *key, const char *value)
{
    buf_add(out, key, strlen(key) + 1);
    buf_add(out, value, strlen(value) + 1);
}

void sqlwire_pg_startup(struct buf *out, const char *user, const char *database, const char *options)
{
    struct buf body = BUF_MAX(4096);

    put_big32(&body, 196608);
    put_pair(&body, "user", user);
    put_pair(&body, "database", database);
    put_pair(&body, "application_name", "vigie");
    put_pair(&body, "client_encoding", "UTF8");
    put_pair(&body, "options", options);
    buf_char(&body, '\0');
    put_big32(out, (uint32_t)body.len + 4);
    buf_add(out, body.data, body.len);
    buf_done(&body);
}

void sqlwire_pg_message(struct buf *out, char type, const void *p, size_t n)
{
    buf_char(out, type);
    put_big32(out, (uint32_t)n + 4);
    buf_add(out, p, n);
}

void sqlwire_pg_sasl(struct buf *out, const char *mechanism, const char *first)
{
    size_t n = strlen(first), m = strlen(mechanism) + 1;

    buf_char(out, 'p');
    put_big32(out, (uint32_t)(4 + m + 4 + n));
    buf_add(out, mechanism, m);
    put_big32(out, (uint32_t)n);
    buf_add(out, first, n);
}

/* ---- MySQL ---- */

enum { LONG_PASSWORD = 1, WITH_DB = 8, PROTOCOL_41 = 0x200, SECURE = 0x8000, PLUGIN_AUTH = 0x80000, UTF8MB4 = 45, MAX_PACKET = 1 << 20 };

static uint64_t little(const char *p, int n)
{
    uint64_t v = 0;

    for (int i = n; i-- > 0;)
        v = v << 8 | (unsigned char)p[i];
    return v;
}

static void put_little(struct buf *out, uint64_t v, int n)
{
    for (int i = 0; i < n; i++, v >>= 8)
        buf_char(out, (char)v);
}

int64_t sqlwire_my_frame(const char *p, size_t n)
{
    int64_t length;

    if (n < 4)
        return 0;
    length = (int64_t)little(p, 3);
    return length >= SQLWIRE_MAX_BYTES ? ERR_LIMIT : length + 4;
}

/* A text up to its zero byte (or the end). */
static bool text_take(struct str *in, struct str *ret)
{
    const char *end = in->n ? memchr(in->p, '\0', in->n) : NULL;
    size_t n = end ? (size_t)(end - in->p) : in->n;

    *ret = (struct str){in->p, n};
    *in = (struct str){in->p + n + (end != NULL), in->n - n - (end != NULL)};
    return end != NULL;
}

int sqlwire_my_hello(struct str body, struct sqlwire_hello *ret)
{
    struct str in = body;

    if (in.n < 1 || in.p[0] != 10)
        return ERR_PROTOCOL;
    in = (struct str){in.p + 1, in.n - 1};
    /* thread 4, salt 8, zero, capabilities 2, charset, status 2, capabilities 2, salt's length, ten zeros, salt 12 and a zero */
    if (!text_take(&in, &ret->version) || in.n < 4 + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 10 + 12)
        return ERR_PROTOCOL;
    memcpy(ret->salt, in.p + 4, 8);
    ret->capabilities = (uint32_t)(little(in.p + 13, 2) | little(in.p + 18, 2) << 16);
    memcpy(ret->salt + 8, in.p + 31, 12);
    in = (struct str){in.p + 43, in.n - 43};
    if (in.n && in.p[0] == '\0')
        in = (struct str){in.p + 1, in.n - 1};
    text_take(&in, &ret->plugin);
    return ret->capabilities & PROTOCOL_41 ? 0 : ERR_PROTOCOL;
}

struct str sqlwire_my_error(struct str body, int *ret_number)
{
    *ret_number = 0;
    if (body.n < 3)
        return (struct str){"", 0};
    *ret_number = (int)little(body.p + 1, 2);
    body = (struct str){body.p + 3, body.n - 3};
    return body.n >= 6 && body.p[0] == '#' ? (struct str){body.p + 6, body.n - 6} : body;
}

bool sqlwire_my_switch(struct str body, struct str *ret_plugin, unsigned char salt[SQLWIRE_SALT_BYTES])
{
    struct str in = {body.p + 1, body.n ? body.n - 1 : 0};

    if (body.n < 2 || !text_take(&in, ret_plugin))
        return false;
    memset(salt, 0, SQLWIRE_SALT_BYTES);
    memcpy(salt, in.p, in.n < SQLWIRE_SALT_BYTES ? in.n : SQLWIRE_SALT_BYTES);
    return true;
}

/* A number of variable length; false when it is broken. */
static bool number_take(struct str *in, uint64_t *ret)
{
    unsigned char first;
    size_t n;

    if (in->n < 1)
        return false;
    first = (unsigned char)in->p[0];
    n = first < 0xfb ? 0 : first == 0xfc ? 2 : first == 0xfd ? 3 : first == 0xfe ? 8 : SIZE_MAX;
    if (n == SIZE_MAX || in->n < 1 + n)
        return false;
    *ret = n ? little(in->p + 1, (int)n) : first;
    *in = (struct str){in->p + 1 + n, in->n - 1 - n};
    return true;
}

bool sqlwire_my_value(struct str body, struct str *ret_value, bool *ret_null)
{
    uint64_t n;

    *ret_null = body.n && (unsigned char)body.p[0] == 0xfb;
    *ret_value = (struct str){"", 0};
    if (*ret_null)
        return true;
    if (!number_take(&body, &n) || n > body.n)
        return false;
    *ret_value = (struct str){body.p, (size_t)n};
    return true;
}

bool sqlwire_my_count(struct str body, uint64_t *ret_n)
{
    return number_take(&body, ret_n);
}

static void put_capabilities(struct buf *out, bool tls, bool database)
{
    put_little(out, (uint64_t)(LONG_PASSWORD | PROTOCOL_41 | SECURE | PLUGIN_AUTH | (database ? WITH_DB : 0) | (tls ? SQLWIRE_MY_SSL : 0)), 4);
    put_little(out, MAX_PACKET, 4);
    buf_char(out, UTF8MB4);
    for (int i = 0; i < 23; i++)
        buf_char(out, '\0');
}

void sqlwire_my_packet(struct buf *out, int seq, const void *p, size_t n)
{
    put_little(out, n, 3);
    buf_char(out, (char)seq);
    buf_add(out, p, n);
}

void sqlwire_my_ssl(struct buf *out, int seq)
{
    struct buf body = BUF_MAX(64);

    put_capabilities(&body, true, false);
    sqlwire_my_packet(out, seq, body.data, body.len);
    buf_done(&body);
}

void sqlwire_my_login(struct buf *out, int seq, bool tls, const char *user, const char *database, struct str proof, const char *plugin)
{
    struct buf body = BUF_MAX(4096);

    put_capabilities(&body, tls, database != NULL);
    buf_add(&body, user, strlen(user) + 1);
    buf_char(&body, (char)proof.n);
    buf_add(&body, proof.p, proof.n);
    if (database)
        buf_add(&body, database, strlen(database) + 1);
    buf_add(&body, plugin, strlen(plugin) + 1);
    sqlwire_my_packet(out, seq, body.data, body.len);
    buf_done(&body);
}

void sqlwire_my_query(struct buf *out, const char *query)
{
    size_t n = strlen(query);

    put_little(out, n + 1, 3);
    buf_char(out, '\0');
    buf_char(out, 3);
    buf_add(out, query, n);
}
