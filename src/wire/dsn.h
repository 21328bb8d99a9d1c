/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dsn.h: what a mail server says of a mail that it could not deliver (RFC 3464: multipart/report with a message/delivery-status part, and
 * the headers of the mail that it is about).  PURE; any bytes are good; texts are cut at their ceilings. */
#ifndef VIGIE_WIRE_DSN_H
#define VIGIE_WIRE_DSN_H

#include <stdbool.h>
#include <stddef.h>

struct dsn {
    char recipient[256]; /* "reader@example.org" */
    char action[16];     /* "failed", "delayed", … in small letters */
    char status[16];     /* "5.1.1" */
    char unsubscribe[512]; /* the first address in List-Unsubscribe of the mail itself; "" when it was not sent back */
};
/* The first recipient that failed, else the first there is. false: this is no such report. */
bool dsn_read(const char *text, size_t n, struct dsn *ret);

#endif
