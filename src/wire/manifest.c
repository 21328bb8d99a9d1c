/* SPDX-License-Identifier: GPL-3.0-or-later */
/* manifest.c: the lists of files of a copy, and signatures in minisign's form. */
#include "wire/manifest.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/timetext.h"
#include <string.h>

static const char head[] = "vigie site ";
static const char untrusted[] = "untrusted comment: ", trusted[] = "trusted comment: ";

/* The line up to "\n"; false at the end. Empty lines count. */
static bool take_line(struct str *rest, struct str *ret)
{
    if (!rest->n)
        return false;
    const char *end = memchr(rest->p, '\n', rest->n);
    size_t n = end ? (size_t)(end - rest->p) : rest->n;
    *ret = (struct str){rest->p, n};
    rest->p += n + (end != NULL);
    rest->n -= n + (end != NULL);
    return true;
}

static bool begins(struct str s, const char *with)
{
    return s.n >= strlen(with) && memcmp(s.p, with, strlen(with)) == 0;
}

static int64_t time_of(struct str line, const char *word)
{
    char text[40];
    int64_t ms;
    size_t n = strlen(word);
    return begins(line, word) && str_copyn(text, sizeof text, line.p + n, line.n - n) && time_parse_rfc3339(text, &ms) == 0 ? ms : 0;
}

int manifest_begin(struct str text, struct manifest *ret)
{
    struct manifest m = {.rest = text};
    struct str line;
    size_t at = sizeof head - 1;
    if (!take_line(&m.rest, &line) || !begins(line, head) || line.n != at + 1 || line.p[at] < '1' || line.p[at] > '2')
        return ERR_INVALID;
    m.version = line.p[at] - '0';
    struct str peek = m.rest; /* manifest_next() takes them for no entries */
    if (take_line(&peek, &line))
        m.made_ms = time_of(line, "made ");
    if (take_line(&peek, &line))
        m.next_ms = time_of(line, "next ");
    *ret = m;
    return 0;
}

static bool is_hex(struct str s, size_t n)
{
    if (s.n < n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
            return false;
    return true;
}

static bool entry_of(struct str line, int version, struct manifest_entry *ret)
{
    const char *name;
    ret->sum[0] = 0;
    if (version == 2) {
        if (!is_hex(line, MANIFEST_HEX) || line.n < MANIFEST_HEX + 3 || memcmp(line.p + MANIFEST_HEX, "  ", 2))
            return false;
        str_copyn(ret->sum, sizeof ret->sum, line.p, MANIFEST_HEX);
        name = line.p + MANIFEST_HEX + 2;
    } else {
        const char *gap = is_hex(line, 16) && line.n > 17 && line.p[16] == ' ' ? memchr(line.p + 17, ' ', line.n - 17) : NULL;
        if (!gap)
            return false;
        name = gap + 1;
    }
    ret->file = (struct str){name, line.n - (size_t)(name - line.p)};
    return ret->file.n > 0 && !memchr(name, 0, ret->file.n);
}

bool manifest_next(struct manifest *m, struct manifest_entry *ret)
{
    struct str line;
    while (take_line(&m->rest, &line))
        if (entry_of(line, m->version, ret))
            return true;
    return false;
}

void manifest_head(struct buf *out, int64_t made_ms, int64_t next_ms)
{
    char made[TIME_RFC3339_BYTES], next[TIME_RFC3339_BYTES] = "-";
    time_rfc3339(made_ms, 0, made);
    if (next_ms)
        time_rfc3339(next_ms, 0, next);
    buf_printf(out, "%s2\nmade %s\nnext %s\n", head, made, next);
}

void manifest_line(struct buf *out, const char *sum, const char *file)
{
    buf_printf(out, "%s  %s\n", sum, file);
}

/* ---- signatures ---- */

void minisign_write(struct buf *out, const struct minisign *m)
{
    unsigned char raw[2 + MINISIGN_ID + MINISIGN_SIGNATURE] = {'E', 'D'};
    char text[120];
    memcpy(raw + 2, m->id, MINISIGN_ID);
    memcpy(raw + 2 + MINISIGN_ID, m->signature, MINISIGN_SIGNATURE);
    hash_base64(raw, sizeof raw, text, sizeof text, 0);
    buf_printf(out, "%ssignature from vigie\n%s\n", untrusted, text);
    hash_base64(m->whole, MINISIGN_SIGNATURE, text, sizeof text, 0);
    buf_printf(out, "%s%s\n%s\n", trusted, m->comment, text);
}

static bool unbase64(struct str line, unsigned char *out, size_t want)
{
    char text[200];
    unsigned char raw[200];
    size_t n = 0;
    if (!str_copyn(text, sizeof text, line.p, line.n) || strlen(text) != line.n || hash_unbase64(text, raw, sizeof raw, &n) || n != want)
        return false;
    memcpy(out, raw, want);
    return true;
}

int minisign_read(struct str text, struct minisign *ret)
{
    unsigned char raw[2 + MINISIGN_ID + MINISIGN_SIGNATURE];
    struct str l[4];
    size_t at = sizeof trusted - 1;
    for (int i = 0; i < 4; i++) {
        if (!take_line(&text, &l[i]))
            return ERR_INVALID;
        if (l[i].n && l[i].p[l[i].n - 1] == '\r')
            l[i].n--;
    }
    if (!begins(l[0], untrusted) || !begins(l[2], trusted) || !unbase64(l[1], raw, sizeof raw) || memcmp(raw, "ED", 2) || !unbase64(l[3], ret->whole, MINISIGN_SIGNATURE))
        return ERR_INVALID;
    if (!str_copyn(ret->comment, sizeof ret->comment, l[2].p + at, l[2].n - at) || strlen(ret->comment) != l[2].n - at)
        return ERR_INVALID;
    memcpy(ret->id, raw + 2, MINISIGN_ID);
    memcpy(ret->signature, raw + 2 + MINISIGN_ID, MINISIGN_SIGNATURE);
    return 0;
}

void minisign_key(const unsigned char id[MINISIGN_ID], const unsigned char key[MINISIGN_KEY], char out[MINISIGN_KEY_TEXT])
{
    unsigned char raw[2 + MINISIGN_ID + MINISIGN_KEY] = {'E', 'd'};
    memcpy(raw + 2, id, MINISIGN_ID);
    memcpy(raw + 2 + MINISIGN_ID, key, MINISIGN_KEY);
    hash_base64(raw, sizeof raw, out, MINISIGN_KEY_TEXT, 0);
}
