/* SPDX-License-Identifier: GPL-3.0-or-later */
/* directory_text.c: names of entries (RFC 4514) compared, filters filled in (RFC 4515). Pure. */
#include "auth/directory.h"
#include "base/hash.h"
#include "base/str.h"
#include "wire/ldap.h"
#include <string.h>

static bool is_separator(char c) { return c == ',' || c == '+' || c == '='; }

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

/* The next character, "\," and "\2c" being the same. True: it was escaped, and separates nothing. */
static bool take_char(struct str *in, char *ret)
{
    unsigned char byte;
    char hex[3] = {0};
    *ret = lower(in->p[0]);
    size_t n = 1;
    bool escaped = in->p[0] == '\\' && in->n > 1;
    if (escaped) {
        n = 2;
        *ret = lower(in->p[1]);
        if (in->n > 2) {
            memcpy(hex, in->p + 1, 2);
            if (hash_unhex(hex, &byte, 1) == 0) {
                *ret = lower((char)byte);
                n = 3;
            }
        }
    }
    *in = (struct str){in->p + n, in->n - n};
    return escaped;
}

static void canonical(struct buf *out, struct str in)
{
    size_t solid = 0; /* where blanks that end a part begin */
    bool begins = true;
    while (in.n) {
        char c;
        bool escaped = take_char(&in, &c);
        if (!escaped && c == ' ' && begins)
            continue;
        begins = !escaped && is_separator(c);
        if (begins)
            buf_cut(out, solid);
        if (escaped && (is_separator(c) || c == '\\' || c == ' '))
            buf_char(out, '\\');
        buf_char(out, c);
        if (escaped || c != ' ')
            solid = out->len;
    }
    buf_cut(out, solid);
}

bool dn_same(struct str a, struct str b)
{
    struct buf x = BUF_MAX(4 * DIRECTORY_DN_BYTES), y = BUF_MAX(4 * DIRECTORY_DN_BYTES);
    canonical(&x, a);
    canonical(&y, b);
    bool same = !x.full && !y.full && x.len == y.len && x.len > 0 && memcmp(x.data, y.data, x.len) == 0;
    buf_done(&x);
    buf_done(&y);
    return same;
}

void filter_fill(struct buf *out, const char *filter, const char *name, const char *dn)
{
    while (*filter) {
        bool is_name = str_starts(filter, "{name}"), is_dn = !is_name && str_starts(filter, "{dn}");
        if (is_name || is_dn)
            ldap_escape(out, is_name ? name : dn);
        else
            buf_char(out, *filter);
        filter += is_name ? 6 : is_dn ? 4 : 1;
    }
}
