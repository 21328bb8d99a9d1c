/* SPDX-License-Identifier: GPL-3.0-or-later */
/* utmp.h: the records of /var/log/wtmp (utmp(5)) as glibc writes them on 64-bit Linux: 384 bytes each, in the
 * machine's byte order (read here as little-endian). Decodes only; reads no file. */
#ifndef VIGIE_WIRE_UTMP_H
#define VIGIE_WIRE_UTMP_H

#include <stddef.h>
#include <stdint.h>

enum { UTMP_BYTES = 384 };
enum utmp_type { UTMP_OTHER, UTMP_BOOT, UTMP_SHUTDOWN, UTMP_LOGIN, UTMP_LOGOUT };
struct utmp_record {
    enum utmp_type type;
    int64_t at_s;
    char user[33], line[33];
};
/* The record at offset `at`; ERR_NOT_FOUND when no whole one begins there. */
int utmp_decode(const char *p, size_t n, size_t at, struct utmp_record *ret);

#endif
