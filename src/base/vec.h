/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vec.h: a typed growing array.
 *     VEC(struct host *) hosts = {0};   VEC_PUSH(&hosts, h);   hosts.at[i]   hosts.n   VEC_DONE(&hosts);
 * The pointer `at` moves when the vector grows. */
#ifndef VIGIE_BASE_VEC_H
#define VIGIE_BASE_VEC_H

#include "base/mem.h"
#include <string.h>

#define VEC(type) \
    struct { \
        type *at; \
        size_t n, cap; \
    }
#define VEC_PUSH(v, value) \
    do { \
        if ((v)->n == (v)->cap) { \
            (v)->cap = (v)->cap ? (v)->cap * 2 : 8; \
            (v)->at = mem_resize((v)->at, (v)->cap * sizeof(*(v)->at)); \
        } \
        (v)->at[(v)->n++] = (value); \
    } while (0)
#define VEC_REMOVE(v, i) /* keeps the order */ \
    do { \
        memmove(&(v)->at[i], &(v)->at[(i) + 1], ((v)->n - (i)-1) * sizeof(*(v)->at)); \
        (v)->n--; \
    } while (0)
#define VEC_DONE(v) ((v)->at = mem_free((v)->at), (v)->n = (v)->cap = 0)

#endif
