/* SPDX-License-Identifier: GPL-3.0-or-later */
/* buf.c: the growing byte buffer.  What does not fit under the ceiling is cut at the ceiling: a
 * capture keeps the beginning of what it saw.  `data` may be set by a caller to memory of its own
 * with cap > max (a buffer on the stack); such a buffer never grows and is never freed. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/panic.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_BYTES = 64 };

/* What buf_drop() left in front is used again. */
static void pull_up(struct buf *b)
{
    if (b->gone == 0)
        return;
    memmove(b->data - b->gone, b->data, b->len + 1);
    b->data -= b->gone;
    b->cap += b->gone;
    b->gone = 0;
}

/* Room for n more bytes and the NUL; the caller has looked at the ceiling. */
static void grow(struct buf *b, size_t n)
{
    size_t want;

    pull_up(b);
    if (b->len + n + 1 <= b->cap)
        return;
    want = b->cap ? b->cap : FIRST_BYTES;
    while (want < b->len + n + 1)
        want *= 2;
    if (want > b->max + 1)
        want = b->max + 1;
    b->data = mem_resize(b->data, want);
    b->cap = want;
}

/* How many of n bytes may be added; makes room for them. */
static inline size_t reserve(struct buf *b, size_t n)
{
    if (b->full)
        return 0;
    if (n > b->max - b->len) {
        b->full = true;
        n = b->max - b->len;
    }
    if (n && b->len + n + 1 > b->cap)
        grow(b, n);
    return n;
}

void buf_done(struct buf *b)
{
    mem_free(b->data ? b->data - b->gone : NULL);
    *b = BUF_MAX(b->max);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->full = false;
    if (b->data)
        b->data[0] = '\0';
    pull_up(b);
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    n = reserve(b, n);
    if (n == 0)
        return;
    memcpy(b->data + b->len, p, n);
    b->len += n;
    b->data[b->len] = '\0';
}

char *buf_room(struct buf *b, size_t want, size_t *ret_n)
{
    size_t n = b->full ? 0 : b->max - b->len;

    if (n > want)
        n = want;
    if (n && b->len + n + 1 > b->cap)
        grow(b, n);
    *ret_n = n;
    return n ? b->data + b->len : NULL;
}

void buf_filled(struct buf *b, size_t n)
{
    ASSERT(b->len + n <= b->max && b->len + n < b->cap);
    b->len += n;
    b->data[b->len] = '\0';
}

void buf_str(struct buf *b, const char *text)
{
    if (text)
        buf_add(b, text, strlen(text));
}

void buf_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    buf_vprintf(b, fmt, ap);
    va_end(ap);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
    size_t end =
        b->cap <= b->max ? b->cap : b->max + 1; /* a caller's memory may exceed the ceiling */
    size_t room = b->data ? end - b->len : 0, take;
    va_list again;
    int n;

    if (b->full)
        return;
    va_copy(again, ap);
    n = vsnprintf(room ? b->data + b->len : NULL, room, fmt, ap);
    ASSERT(n >= 0);
    if ((size_t)n >= room) { /* did not fit: once more with room, up to the ceiling */
        take = reserve(b, (size_t)n);
        if (take)
            vsnprintf(b->data + b->len, take + 1, fmt, again);
        else if (room)
            b->data[b->len] = '\0';
        n = (int)take;
    }
    va_end(again);
    b->len += (size_t)n;
}

void buf_cut(struct buf *b, size_t len)
{
    if (len >= b->len)
        return;
    b->len = len;
    b->data[len] = '\0';
}

void buf_drop(struct buf *b, size_t n)
{
    if (n > b->len)
        n = b->len;
    if (n == 0)
        return;
    b->data += n;
    b->len -= n;
    b->cap -= n;
    b->gone += n;
    if (b->gone > b->len) /* no byte is moved more often than one is dropped */
        pull_up(b);
}

const char *buf_text(const struct buf *b)
{
    return b->data ? b->data : "";
}

char *buf_take(struct buf *b)
{
    char *text;

    pull_up(b);
    text = b->data ? b->data : mem_dupn("", 0);
    *b = BUF_MAX(b->max);
    return text;
}
