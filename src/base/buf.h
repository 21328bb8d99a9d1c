/* SPDX-License-Identifier: GPL-3.0-or-later */
/* buf.h: a growing byte buffer with a ceiling.  Once the ceiling is hit the buffer keeps what it has,
 * sets `full` and ignores further additions, so that a writer checks once at the end.  `data` is always
 * NUL-terminated.  A zeroed struct with max set is a valid empty buffer (BUF_MAX(n)). */
#ifndef VIGIE_BASE_BUF_H
#define VIGIE_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data; /* NULL while empty: use buf_text() */
    size_t len, cap, max;
    size_t gone; /* bytes in front of data that buf_drop() left there */
    bool full;   /* something did not fit */
};
#define BUF_MAX(n) ((struct buf){.max = (n)})

void buf_done(struct buf *b);  /* frees, leaves an empty buffer of the same ceiling */
void buf_clear(struct buf *b); /* keeps the memory */
void buf_add(struct buf *b, const void *p, size_t n);
/* For who fills it himself (read(2)): at most `want` bytes of room, NULL and 0 when there is none under the ceiling; then
 * buf_filled() says how many were used. */
char *buf_room(struct buf *b, size_t want, size_t *ret_n);
void buf_filled(struct buf *b, size_t n);
void buf_str(struct buf *b, const char *text); /* NULL adds nothing */
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void buf_cut(struct buf *b, size_t len);        /* shortens to len */
void buf_drop(struct buf *b, size_t n);         /* removes the first n bytes; many small ones cost no more than a large one */
const char *buf_text(const struct buf *b);      /* never NULL */
char *buf_take(struct buf *b);                  /* caller frees with mem_free(); b is empty then; never NULL */

#endif
