/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mem.h: small allocations.  They never return NULL: out of memory is a panic, because no caller
 * could do better.  Sizes that input can influence must be bounded before they get here. */
#ifndef VIGIE_BASE_MEM_H
#define VIGIE_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size_bytes);            /* uninitialised */
void *mem_zero(size_t size_bytes);             /* zeroed */
void *mem_array(size_t count, size_t size_bytes); /* zeroed, overflow-checked */
void *mem_resize(void *p, size_t size_bytes);
char *mem_dup(const char *text);               /* NULL gives NULL */
char *mem_dupn(const char *p, size_t n);       /* NUL-terminated copy of n bytes */
void *mem_free(void *p);                       /* always NULL: `p = mem_free(p)` */

#define NEW(type) ((type *)mem_zero(sizeof(type)))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define CONTAINER(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

#endif
