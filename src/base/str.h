/* SPDX-License-Identifier: GPL-3.0-or-later */
/* str.h: small helpers on NUL-terminated text and on slices. */
#ifndef VIGIE_BASE_STR_H
#define VIGIE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
    const char *p;
    size_t n;
};
#define STR(lit) ((struct str){(lit), sizeof(lit) - 1})

struct str str_of(const char *text); /* NULL gives an empty slice */
bool str_eq(const char *a, const char *b);    /* NULL equals only NULL */
bool str_ieq(const char *a, const char *b);   /* ASCII case ignored */
bool str_starts(const char *text, const char *prefix);
bool str_istarts(const char *text, const char *prefix);
bool str_ends(const char *text, const char *suffix);
bool str_is(struct str s, const char *text);
struct str str_trim(struct str s); /* ASCII blanks at both ends */
/* Takes the next token up to any of `seps` from *rest; false when *rest is used up. */
bool str_next(struct str *rest, const char *seps, struct str *ret_token);
/* Copies with truncation; always NUL-terminated; returns false when it was cut (at a UTF-8 boundary). */
bool str_copy(char *dst, size_t dst_bytes, const char *src);
bool str_copyn(char *dst, size_t dst_bytes, const char *src, size_t n);
int str_vprint(char *dst, size_t dst_bytes, const char *fmt, __builtin_va_list ap)
    __attribute__((format(printf, 3, 0)));
/* Bounded sprintf; cut at the end of dst. Returns the length written. */
int str_print(char *dst, size_t dst_bytes, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Whole-text numbers: 0, or ERR_INVALID (not a number, trailing bytes) / ERR_LIMIT (out of range). */
int str_i64(const char *text, int64_t *ret_value);
int str_f64(const char *text, double *ret_value); /* C locale, no inf/nan/hex */
/* "10", "10s", "5m", "1h", "2d", "1w", "250ms", "1h30m" → ms.  A bare number counts `bare_ms` each. */
int str_duration(const char *text, int64_t bare_ms, int64_t *ret_ms);
/* "10", "10k", "5 MiB", "2 GB" → bytes (k = 1000, Ki = 1024). */
int str_bytes(const char *text, int64_t *ret_bytes);
/* Damerau-Levenshtein distance, bounded: returns limit + 1 when larger; for "did you mean". */
int str_distance(const char *a, const char *b, int limit);
/* The nearest of a NULL-terminated list, or NULL when none is near enough to be a typing slip. */
const char *str_nearest(const char *text, const char *const *list);
/* Shell-like glob on names: `*` and `?`; no brackets. */
bool str_glob(const char *pattern, const char *text);
/* Comparison that orders "web2" before "web10". */
int str_natural(const char *a, const char *b);

#endif
