/* SPDX-License-Identifier: GPL-3.0-or-later */
/* zabbix.c: see zabbix.h.  "ZBXD", flags, length and a reserved number, little-endian, of 4 bytes each or of 8. */
#include "wire/zabbix.h"

#include "base/err.h"
#include <string.h>

enum { HEAD = 13, HEAD_LARGE = 21, AT_FLAGS = 4, AT_LENGTH = 5 };
enum { FLAG_PROTOCOL = 1, FLAG_COMPRESSED = 2, FLAG_LARGE = 4 };
#define MAGIC "ZBXD"
#define UNSUPPORTED "ZBX_NOTSUPPORTED"

static uint64_t little(const char *p, int n)
{
    uint64_t v = 0;

    while (n--)
        v = v << 8 | (unsigned char)p[n];
    return v;
}

void zabbix_query(struct buf *out, const char *key)
{
    size_t n = strlen(key);
    char head[HEAD] = MAGIC;

    head[AT_FLAGS] = FLAG_PROTOCOL;
    for (int i = 0; i < 4; i++)
        head[AT_LENGTH + i] = (char)(n >> (8 * i));
    buf_add(out, head, sizeof(head));
    buf_add(out, key, n);
}

int64_t zabbix_frame(const char *p, size_t n)
{
    bool large;
    uint64_t length;

    if (memcmp(p, MAGIC, n < 4 ? n : 4) != 0)
        return ERR_PROTOCOL;
    if (n <= AT_FLAGS)
        return 0;
    if ((p[AT_FLAGS] & ~(FLAG_COMPRESSED | FLAG_LARGE)) != FLAG_PROTOCOL)
        return ERR_PROTOCOL;
    if (p[AT_FLAGS] & FLAG_COMPRESSED)
        return ERR_UNSUPPORTED;
    large = p[AT_FLAGS] & FLAG_LARGE;
    if (n < (large ? HEAD_LARGE : HEAD))
        return 0;
    length = little(p + AT_LENGTH, large ? 8 : 4);
    if (length > ZABBIX_MAX_BYTES)
        return ERR_LIMIT;
    return (int64_t)length + (large ? HEAD_LARGE : HEAD);
}

static void split(struct str s, struct zabbix_answer *ret)
{
    size_t word = strlen(UNSUPPORTED);
    struct str rest = {s.p + word, s.n - word};

    *ret = (struct zabbix_answer){.value = s};
    if (s.n < word || memcmp(s.p, UNSUPPORTED, word) != 0)
        return;
    ret->unsupported = true;
    if (rest.n && rest.p[0] == '\0')
        rest = (struct str){rest.p + 1, rest.n - 1};
    ret->reason = str_trim(rest);
}

int zabbix_decode(const char *p, size_t n, struct zabbix_answer *ret)
{
    int64_t frame = n ? zabbix_frame(p, n) : ERR_PROTOCOL;
    size_t head;

    if (n >= 4 && memcmp(p, MAGIC, 4) == 0) {
        if (frame <= 0 || (size_t)frame != n)
            return ERR_PROTOCOL;
        head = p[AT_FLAGS] & FLAG_LARGE ? HEAD_LARGE : HEAD;
        split(str_trim((struct str){p + head, n - head}), ret);
        return 0;
    }
    if (n == 0 || n > ZABBIX_MAX_BYTES)
        return ERR_PROTOCOL;
    split(str_trim((struct str){p, n}), ret);
    return 0;
}
