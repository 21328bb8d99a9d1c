/* SPDX-License-Identifier: GPL-3.0-or-later */
/* arena.h: memory of one unit of work (an attempt, a request, a configuration generation), freed at
 * once.  Not thread-safe; an arena belongs to one thread at a time. */
#ifndef VIGIE_BASE_ARENA_H
#define VIGIE_BASE_ARENA_H

#include <stddef.h>

struct arena;
/* block_bytes: the size of the first block (it doubles up to 64 KiB); 0 for 1 KiB. */
struct arena *arena_new(size_t block_bytes);
struct arena *arena_free(struct arena *a); /* takes NULL, returns NULL */
void *arena_alloc(struct arena *a, size_t size_bytes); /* zeroed, aligned to 16 */
char *arena_dup(struct arena *a, const char *text);    /* NULL gives NULL */
char *arena_dupn(struct arena *a, const char *p, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
size_t arena_size(const struct arena *a); /* bytes held, for the limits and /metrics */

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (n)))

#endif
