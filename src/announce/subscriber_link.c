/* SPDX-License-Identifier: GPL-3.0-or-later */
/* subscriber_link.c: links that only this house can have written. "TEXT.MAC": the MAC is the first 18 bytes of HMAC-SHA256 over a word
 * that says what the link is for, and the text. */
#include "announce/subscriber.h"
#include "base/hash.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/vec.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum { MAC_BYTES = 18, MAC_TEXT = 24 };

static void mac_of(const unsigned char *secret, const char *what, const char *text, size_t n, char out[MAC_TEXT + 1])
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int len = sizeof mac;
    struct buf b = BUF_MAX(SUBSCRIBER_LINK_BYTES);
    buf_str(&b, what);
    buf_char(&b, '\n');
    buf_add(&b, text, n);
    HMAC(EVP_sha256(), secret, SUBSCRIBER_SECRET_BYTES, (const unsigned char *)buf_text(&b), b.len, mac, &len);
    hash_base64(mac, MAC_BYTES, out, MAC_TEXT + 1, 1);
    buf_done(&b);
}

static bool mac_ok(const unsigned char *secret, const char *what, const char *text, size_t n, const char *mac)
{
    char want[MAC_TEXT + 1];
    mac_of(secret, what, text, n, want);
    return strlen(mac) == MAC_TEXT && CRYPTO_memcmp(want, mac, MAC_TEXT) == 0;
}

/* ---- wishes ---- */

void subscriber_wish_write(const unsigned char secret[SUBSCRIBER_SECRET_BYTES], const struct subscriber *s, int64_t until_ms, struct buf *out)
{
    struct buf text = BUF_MAX(SUBSCRIBER_LINK_BYTES / 2);
    char coded[SUBSCRIBER_LINK_BYTES], mac[MAC_TEXT + 1];
    buf_printf(&text, "%lld\n%s\n%u\n%s\n%s", (long long)until_ms, s->lang, s->kinds, s->about ? s->about : "", s->address);
    size_t n = hash_base64((const unsigned char *)buf_text(&text), text.len, coded, sizeof coded, 1);
    mac_of(secret, "wish", coded, n, mac);
    buf_printf(out, "%s.%s", coded, mac);
    buf_done(&text);
}

static int not_ours(struct err *e)
{
    return err_field(e, ERR_INVALID, "link", MSG("This link is not one of ours, or only part of it was opened. Open it as it stands in the mail."), "");
}

static bool take_line(struct arena *a, const char **at, const char **ret)
{
    size_t n = strcspn(*at, "\n");
    *ret = arena_dupn(a, *at, n);
    *at += n + ((*at)[n] == '\n');
    return true;
}

/* What is signed was written by us; it is looked at all the same. */
static int wish_parts(struct arena *a, const char *text, int64_t now_ms, struct subscriber *ret, struct err *e)
{
    const char *until, *kinds, *at = text;
    int64_t until_ms, k;
    struct subscriber s = {0};
    take_line(a, &at, &until);
    take_line(a, &at, &s.lang);
    take_line(a, &at, &kinds);
    take_line(a, &at, &s.about);
    take_line(a, &at, &s.address);
    if (str_i64(until, &until_ms) || str_i64(kinds, &k) || !s.address[0])
        return not_ours(e);
    if (now_ms > until_ms)
        return err_field(e, ERR_TIMEOUT, "link", MSG("This link is too old: it was good for two days. Ask for a new one."), "");
    s.kinds = (unsigned)k & SUBSCRIBER_EVERYTHING;
    s.lang = msg_lang(s.lang);
    *ret = s;
    return 0;
}

int subscriber_wish_read(const unsigned char secret[SUBSCRIBER_SECRET_BYTES], const char *link, int64_t now_ms, struct arena *a, struct subscriber *ret, struct err *e)
{
    const char *dot = strchr(link, '.');
    unsigned char text[SUBSCRIBER_LINK_BYTES];
    size_t n;
    if (!dot || strlen(link) >= SUBSCRIBER_LINK_BYTES || !mac_ok(secret, "wish", link, (size_t)(dot - link), dot + 1))
        return not_ours(e);
    if (hash_unbase64(arena_dupn(a, link, (size_t)(dot - link)), text, sizeof text - 1, &n) || memchr(text, 0, n))
        return not_ours(e);
    text[n] = 0;
    return wish_parts(a, (const char *)text, now_ms, ret, e);
}

/* ---- his own link ---- */

static void own_mac(const unsigned char *secret, int64_t id, int64_t nonce, char out[MAC_TEXT + 1])
{
    char text[48];
    int n = str_print(text, sizeof text, "%lld:%lld", (long long)id, (long long)nonce);
    mac_of(secret, "own", text, (size_t)n, out);
}

void subscriber_link_write(const unsigned char secret[SUBSCRIBER_SECRET_BYTES], int64_t id, int64_t nonce, struct buf *out)
{
    char mac[MAC_TEXT + 1];
    own_mac(secret, id, nonce, mac);
    buf_printf(out, "%lld.%s", (long long)id, mac);
}

int64_t subscriber_link_id(const char *link)
{
    char text[24];
    int64_t id = 0;
    const char *dot = strchr(link, '.');
    if (!dot || !str_copyn(text, sizeof text, link, (size_t)(dot - link)) || str_i64(text, &id) || id < 1)
        return 0;
    return id;
}

bool subscriber_link_ok(const unsigned char secret[SUBSCRIBER_SECRET_BYTES], const char *link, int64_t id, int64_t nonce)
{
    char want[MAC_TEXT + 1];
    const char *dot = strchr(link, '.');
    own_mac(secret, id, nonce, want);
    return dot && strlen(dot + 1) == MAC_TEXT && CRYPTO_memcmp(dot + 1, want, MAC_TEXT) == 0;
}

void subscriber_mark(const unsigned char secret[SUBSCRIBER_SECRET_BYTES], const char *address, char out[SUBSCRIBER_MARK_BYTES])
{
    _Static_assert(SUBSCRIBER_MARK_BYTES == MAC_TEXT + 1, "it holds a MAC");
    mac_of(secret, "gone", address, strlen(address), out);
}

/* Its own digits, not those of base64: a mail server may change capitals. */
void subscriber_plus(const unsigned char secret[SUBSCRIBER_SECRET_BYTES], const char *address, char out[SUBSCRIBER_PLUS_BYTES])
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int len = sizeof mac;
    struct buf b = BUF_MAX(SUBSCRIBER_MAX_ADDRESS + 20);
    buf_printf(&b, "plus\n%s", address);
    HMAC(EVP_sha256(), secret, SUBSCRIBER_SECRET_BYTES, (const unsigned char *)buf_text(&b), b.len, mac, &len);
    hash_hex(mac, (SUBSCRIBER_PLUS_BYTES - 1) / 2, out);
    buf_done(&b);
}

bool subscriber_plus_ok(const unsigned char secret[SUBSCRIBER_SECRET_BYTES], const char *address, const char *word)
{
    char want[SUBSCRIBER_PLUS_BYTES], have[SUBSCRIBER_PLUS_BYTES];
    if (strlen(word) != SUBSCRIBER_PLUS_BYTES - 1)
        return false;
    for (int i = 0; i < SUBSCRIBER_PLUS_BYTES; i++)
        have[i] = word[i] >= 'A' && word[i] <= 'F' ? (char)(word[i] + 32) : word[i];
    subscriber_plus(secret, address, want);
    return CRYPTO_memcmp(have, want, SUBSCRIBER_PLUS_BYTES - 1) == 0;
}
