/* SPDX-License-Identifier: GPL-3.0-or-later */
/* utmp.c: records of starts, shutdowns and log-ins. Type 1 with the user "shutdown" is a shutdown, 2 a start. */
#include "wire/utmp.h"

#include "base/err.h"
#include "base/str.h"
#include <string.h>

enum { AT_LINE = 8, AT_USER = 44, AT_SECONDS = 340, FIELD = 32 };
enum { RUN_LEVEL = 1, BOOT_TIME = 2, USER_PROCESS = 7, DEAD_PROCESS = 8 };

static uint32_t u32(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;

    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static void text_of(char out[FIELD + 1], const char *p)
{
    memcpy(out, p, FIELD);
    out[FIELD] = '\0';
}

int utmp_decode(const char *p, size_t n, size_t at, struct utmp_record *ret)
{
    struct utmp_record r = {.type = UTMP_OTHER};
    unsigned type;

    if (at > n || n - at < UTMP_BYTES)
        return ERR_NOT_FOUND;
    p += at;
    type = u32(p) & 0xffff;
    text_of(r.line, p + AT_LINE);
    text_of(r.user, p + AT_USER);
    r.at_s = u32(p + AT_SECONDS);
    if (type == BOOT_TIME)
        r.type = UTMP_BOOT;
    else if (type == RUN_LEVEL && str_eq(r.user, "shutdown"))
        r.type = UTMP_SHUTDOWN;
    else if (type == USER_PROCESS)
        r.type = UTMP_LOGIN;
    else if (type == DEAD_PROCESS)
        r.type = UTMP_LOGOUT;
    *ret = r;
    return 0;
}
