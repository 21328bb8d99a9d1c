/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ssh.c: reading and writing the first packets of SSH. Pure; lengths are believed only within their surroundings. */
#include "wire/ssh.h"
#include "base/err.h"

#include <string.h>

enum { HEAD = 5, LEAST_PADDING = 4, BLOCK = 8, COOKIE = 16 };

/* ---- reading ---- */

struct reader {
    const char *p;
    size_t n;
    bool bad;
};

static const char *take(struct reader *r, size_t n)
{
    const char *at = r->p;

    if (r->bad || n > r->n) {
        r->bad = true;
        return NULL;
    }
    r->p += n;
    r->n -= n;
    return at;
}

static uint32_t u32_of(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;

    return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static uint32_t take_u32(struct reader *r)
{
    const char *p = take(r, 4);

    return p ? u32_of(p) : 0;
}

static struct str take_string(struct reader *r)
{
    uint32_t n = take_u32(r);
    const char *p = take(r, n);

    return p ? (struct str){p, n} : (struct str){0};
}

static struct reader begin(struct str payload, int message)
{
    struct reader r = {payload.p, payload.n, false};
    const char *number = take(&r, 1);

    if (number && (unsigned char)*number != message)
        r.bad = true;
    return r;
}

static int end(const struct reader *r) { return r->bad ? ERR_PROTOCOL : 0; }

int ssh_packet_decode(const char *p, size_t n, struct str *ret_payload, size_t *ret_used)
{
    uint32_t length;
    unsigned char padding;

    if (n < HEAD)
        return 1;
    length = u32_of(p);
    padding = (unsigned char)p[4];
    if (length > SSH_MAX_PACKET || length < 2 || padding > length - 2)
        return ERR_PROTOCOL;
    if (n < 4 + (size_t)length)
        return 1;
    *ret_payload = (struct str){p + HEAD, length - 1 - padding};
    *ret_used = 4 + (size_t)length;
    return 0;
}

int ssh_kexinit_decode(struct str payload, struct ssh_kexinit *ret)
{
    struct reader r = begin(payload, SSH_KEXINIT);
    struct ssh_kexinit k = {0};

    take(&r, COOKIE);
    for (int i = 0; i < SSH_LISTS; i++)
        k.lists[i] = take_string(&r);
    take(&r, 5);
    if (!r.bad)
        *ret = k;
    return end(&r);
}

int ssh_reply_decode(struct str payload, struct ssh_reply *ret)
{
    struct reader r = begin(payload, SSH_ECDH_REPLY);
    struct ssh_reply k = {0};

    k.key = take_string(&r);
    k.point = take_string(&r);
    k.signature = take_string(&r);
    if (k.point.n != SSH_POINT_BYTES)
        r.bad = true;
    if (!r.bad)
        *ret = k;
    return end(&r);
}

int ssh_disconnect_decode(struct str payload, struct str *ret_text)
{
    struct reader r = begin(payload, SSH_DISCONNECT);
    struct str text;

    take_u32(&r);
    text = take_string(&r);
    if (!r.bad)
        *ret_text = text;
    return end(&r);
}

static bool is_ecdsa(struct str type)
{
    static const char start[] = "ecdsa-sha2-";

    return type.n > sizeof(start) - 1 && memcmp(type.p, start, sizeof(start) - 1) == 0;
}

int ssh_key_decode(struct str blob, struct ssh_key *ret)
{
    struct reader r = {blob.p, blob.n, false};
    struct ssh_key k = {.type = take_string(&r)};

    k.part[0] = take_string(&r);
    if (is_ecdsa(k.type) || str_is(k.type, "ssh-rsa"))
        k.part[1] = take_string(&r);
    if (!r.bad)
        *ret = k;
    return end(&r);
}

int ssh_signature_decode(struct str blob, struct ssh_signature *ret)
{
    struct reader r = {blob.p, blob.n, false};
    struct ssh_signature s = {.type = take_string(&r)};
    struct str body = take_string(&r);

    s.part[0] = body;
    if (is_ecdsa(s.type)) {
        struct reader pair = {body.p, body.n, r.bad};

        s.part[0] = take_string(&pair);
        s.part[1] = take_string(&pair);
        r.bad = pair.bad;
    }
    if (!r.bad)
        *ret = s;
    return end(&r);
}

/* ---- writing ---- */

static void put_u32(struct buf *out, size_t v)
{
    char bytes[4] = {(char)(v >> 24), (char)(v >> 16), (char)(v >> 8), (char)v};

    buf_add(out, bytes, sizeof(bytes));
}

void ssh_put_string(struct buf *out, const void *p, size_t n)
{
    put_u32(out, n);
    buf_add(out, p, n);
}

void ssh_put_mpint(struct buf *out, const unsigned char *p, size_t n)
{
    while (n && *p == 0) {
        p++;
        n--;
    }
    put_u32(out, n + (n && *p & 0x80));
    if (n && *p & 0x80)
        buf_char(out, '\0');
    buf_add(out, p, n);
}

void ssh_kexinit_encode(struct buf *out, const unsigned char *cookie, const char *kex, const char *keys)
{
    static const char ciphers[] = "aes128-ctr,aes256-ctr,chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com",
                      macs[] = "hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com";
    const char *const lists[SSH_LISTS] = {kex, keys, ciphers, ciphers, macs, macs, "none", "none", "", ""};

    buf_char(out, SSH_KEXINIT);
    buf_add(out, cookie, COOKIE);
    for (int i = 0; i < SSH_LISTS; i++)
        ssh_put_string(out, lists[i], strlen(lists[i]));
    buf_add(out, "\0\0\0\0\0", 5);
}

void ssh_packet_encode(struct buf *out, const void *payload, size_t n)
{
    size_t padding = BLOCK - (HEAD + n) % BLOCK;

    padding += padding < LEAST_PADDING ? BLOCK : 0;
    put_u32(out, 1 + n + padding);
    buf_char(out, (char)padding);
    buf_add(out, payload, n);
    buf_add(out, (const char[2 * BLOCK]){0}, padding);
}

static bool list_has(struct str list, struct str name)
{
    struct str one;

    while (str_next(&list, ",", &one))
        if (one.n == name.n && memcmp(one.p, name.p, name.n) == 0)
            return true;
    return false;
}

struct str ssh_pick(struct str ours, struct str theirs)
{
    struct str one;

    while (str_next(&ours, ",", &one))
        if (one.n && list_has(theirs, one))
            return one;
    return (struct str){0};
}
