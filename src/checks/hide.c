/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hide.c: see hide.h. In a packed message (base/msg.h) only the arguments that are texts are touched: not the sentence, by
 * which it is translated, nor the numbers. */
#include "checks/hide.h"

#include "base/str.h"

#include <string.h>

enum { PACKED = 0x01, ARGUMENT = 0x1f };

static void put_hidden(struct buf *out, struct str s, const char *secret)
{
    size_t n = strlen(secret);
    const char *found;

    while ((found = s.n ? memmem(s.p, s.n, secret, n) : NULL) != NULL) {
        buf_add(out, s.p, (size_t)(found - s.p));
        buf_str(out, "…");
        s = (struct str){found + n, s.n - (size_t)(found - s.p) - n};
    }
    buf_add(out, s.p, s.n);
}

/* From one separator to the next; the first is the sentence itself. */
static void put_packed(struct buf *out, struct str s, const char *secret)
{
    for (bool first = true; s.n; first = false) {
        const char *end = memchr(s.p + 1, ARGUMENT, s.n - 1);
        struct str part = {s.p, end ? (size_t)(end - s.p) : s.n};

        if (!first && part.n > 1 && (part.p[1] == 's' || part.p[1] == 'm'))
            put_hidden(out, part, secret);
        else
            buf_add(out, part.p, part.n);
        s = (struct str){s.p + part.n, s.n - part.n};
    }
}

static void hide(struct buf *b, const char *secret)
{
    struct buf clean = BUF_MAX(b->max);

    if (b->len == 0 || memmem(b->data, b->len, secret, strlen(secret)) == NULL)
        return;
    if (b->data[0] == PACKED)
        put_packed(&clean, (struct str){b->data, b->len}, secret);
    else
        put_hidden(&clean, (struct str){b->data, b->len}, secret);
    buf_done(b);
    *b = clean;
}

static void hide_of(struct attempt *a, const struct conf_row *rows)
{
    for (const struct conf_row *r = rows; r && r->key; r++) {
        const char *secret = r->type == CONF_SECRET ? *(const char *const *)(const void *)((const char *)a->opts + r->offset) : NULL;

        if (r->type == CONF_GROUP)
            hide_of(a, r->rows);
        if (secret == NULL || strlen(secret) < HIDE_MIN_BYTES || str_eq(secret, r->by_default))
            continue;
        hide(&a->text, secret);
        hide(&a->more, secret);
    }
}

void hide_secrets(struct attempt *a)
{
    if (a->opts)
        hide_of(a, a->probe->kind.rows);
}
