/* SPDX-License-Identifier: GPL-3.0-or-later */
/* password.c: scrypt (RFC 7914) by OpenSSL, and the care that secrets want: wiped when done with, compared in
 * constant time, stored only as a hash.  Pure. */
#include "auth/auth_int.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/utf8.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>

enum { BLOCK = 8, PARALLEL = 1, SALT_BYTES = 16, KEY_BYTES = 32, MAX_MEMORY = 256 << 20 };

struct stored {
    int64_t cost_log2, block, parallel;
    unsigned char salt[SALT_BYTES], key[KEY_BYTES];
};

void secret_wipe(void *p, size_t n)
{
    if (p)
        OPENSSL_cleanse(p, n);
}

bool secret_equal(const char *a, const char *b)
{
    size_t n = a ? strlen(a) : 0;
    return a && b && strlen(b) == n && CRYPTO_memcmp(a, b, n) == 0;
}

void secret_hash(const char *secret, char out[AUTH_HASH_HEX])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    EVP_Digest(secret, strlen(secret), digest, &n, EVP_sha256(), NULL);
    hash_hex(digest, 32, out);
}

static int derive(const char *password, const struct stored *s, unsigned char key[KEY_BYTES])
{
    return EVP_PBE_scrypt(password, strlen(password), s->salt, SALT_BYTES, UINT64_C(1) << s->cost_log2,
                          (uint64_t)s->block, (uint64_t)s->parallel, MAX_MEMORY, key, KEY_BYTES) == 1
               ? 0
               : ERR_IO;
}

void password_nobody(int cost_log2, char out[AUTH_STORED_BYTES])
{
    str_print(out, AUTH_STORED_BYTES, "scrypt$%d$%d$%d$AAAAAAAAAAAAAAAAAAAAAA$%s", cost_log2, BLOCK, PARALLEL,
              "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
}

int password_hash(const char *password, const unsigned char salt[16], int cost_log2, char out[AUTH_STORED_BYTES])
{
    struct stored s = {.cost_log2 = cost_log2, .block = BLOCK, .parallel = PARALLEL};
    char salt_text[40], key_text[60];
    memcpy(s.salt, salt, SALT_BYTES);
    int code = derive(password, &s, s.key);
    if (code)
        return code;
    hash_base64(s.salt, SALT_BYTES, salt_text, sizeof(salt_text), 1);
    hash_base64(s.key, KEY_BYTES, key_text, sizeof(key_text), 1);
    str_print(out, AUTH_STORED_BYTES, "scrypt$%d$%d$%d$%s$%s", cost_log2, BLOCK, PARALLEL, salt_text, key_text);
    secret_wipe(&s, sizeof(s));
    return 0;
}

/* A number of the stored text, within what we are willing to compute. */
static bool take_number(struct str *rest, int64_t most, int64_t *ret)
{
    struct str word;
    char text[16];
    return str_next(rest, "$", &word) && word.n < sizeof(text) && str_copyn(text, sizeof(text), word.p, word.n) &&
           str_i64(text, ret) == 0 && *ret >= 1 && *ret <= most;
}

static bool take_bytes(struct str *rest, unsigned char *out, size_t n)
{
    struct str word;
    char text[80];
    size_t got = 0;
    return str_next(rest, "$", &word) && word.n < sizeof(text) && str_copyn(text, sizeof(text), word.p, word.n) &&
           hash_unbase64(text, out, n, &got) == 0 && got == n;
}

static bool stored_parse(const char *text, struct stored *s)
{
    struct str rest = str_of(text), word;
    return str_next(&rest, "$", &word) && str_is(word, "scrypt") && take_number(&rest, 18, &s->cost_log2) &&
           take_number(&rest, 16, &s->block) && take_number(&rest, 4, &s->parallel) &&
           take_bytes(&rest, s->salt, SALT_BYTES) && take_bytes(&rest, s->key, KEY_BYTES);
}

bool password_fits(const char *password, const char *stored)
{
    struct stored s;
    unsigned char key[KEY_BYTES];
    if (!stored_parse(stored, &s) || derive(password, &s, key) != 0)
        return false;
    bool fits = CRYPTO_memcmp(key, s.key, KEY_BYTES) == 0;
    secret_wipe(key, sizeof(key));
    secret_wipe(&s, sizeof(s));
    return fits;
}

static int64_t count_characters(const char *p, size_t n)
{
    int64_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)p[i] & 0xc0) != 0x80;
    return count;
}

int password_judge(const char *password, struct err *e)
{
    size_t n = password ? strlen(password) : 0;
    if (n > AUTH_MAX_PASSWORD)
        return err_field(e, ERR_INVALID, "password", MSG("The password may have at most {1} bytes."), "i",
                         (int64_t)AUTH_MAX_PASSWORD);
    if (n && !utf8_valid(password, n))
        return err_field(e, ERR_INVALID, "password", MSG("The password is not valid UTF-8."), "");
    int64_t count = n ? count_characters(password, n) : 0;
    if (count >= AUTH_MIN_PASSWORD)
        return 0;
    return err_field(e, ERR_INVALID, "password",
                     MSG("The password needs at least {1} characters; this one has {2}. A few words in a row "
                         "make a good one."),
                     "ii", (int64_t)AUTH_MIN_PASSWORD, count);
}
