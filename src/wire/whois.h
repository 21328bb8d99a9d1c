/* SPDX-License-Identifier: GPL-3.0-or-later */
/* whois.h: what a whois server (RFC 3912) says of a domain: when its registration ends, whom to ask instead.
 * The protocol has no format; this knows the words and dates that registries use, and guesses nothing else. */
#ifndef VIGIE_WIRE_WHOIS_H
#define VIGIE_WIRE_WHOIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WHOIS_MAX_BYTES = 256 * 1024, WHOIS_MAX_LINES = 4000 };
struct whois {
    int64_t ends_ms;   /* wall; 0: not said */
    char ends[64];     /* as written */
    char refer[128];   /* another server's name; "" */
    char registrar[128];
    char status[256];  /* EPP words with blanks between them */
    bool missing;      /* the domain is not registered */
    bool refused;      /* too many questions */
};
void whois_read(const char *p, size_t n, struct whois *ret);
/* A day (and time) as registries write it: 2027-01-31, 2027-01-31T10:00:00Z, 31.1.2027, 31-Jan-2027, 20270131,
 * 2027/01/31, January 31 2027, … 0 or ERR_INVALID. A time without a zone is UTC. */
int whois_date(const char *text, size_t n, int64_t *ret_ms);

#endif
