/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mem.c: the only place that talks to the C library's allocator.  Running out of memory is a panic;
 * nothing here pools or counts (the C library's allocator does that well enough). */
#include "base/mem.h"
#include "base/panic.h"

#include <stdlib.h>
#include <string.h>

/* malloc(0) may be NULL: a caller should not have to know. */
static void *checked(void *p)
{
    if (p == NULL)
        PANIC("out of memory");
    return p;
}

void *mem_alloc(size_t size_bytes)
{
    return checked(malloc(size_bytes ? size_bytes : 1));
}

void *mem_zero(size_t size_bytes)
{
    return checked(calloc(1, size_bytes ? size_bytes : 1));
}

void *mem_array(size_t count, size_t size_bytes)
{
    size_t total;

    if (__builtin_mul_overflow(count, size_bytes, &total))
        PANIC("array size overflows");
    return mem_zero(total);
}

void *mem_resize(void *p, size_t size_bytes)
{
    return checked(realloc(p, size_bytes ? size_bytes : 1));
}

char *mem_dup(const char *text)
{
    return text ? mem_dupn(text, strlen(text)) : NULL;
}

char *mem_dupn(const char *p, size_t n)
{
    char *copy = mem_alloc(n + 1);

    if (n)
        memcpy(copy, p, n);
    copy[n] = '\0';
    return copy;
}

void *mem_free(void *p)
{
    free(p);
    return NULL;
}
