/* SPDX-License-Identifier: GPL-3.0-or-later */
/* zabbix.h: what a Zabbix agent is asked for one item, and what it answers (passive checks, up to agent 6 as it is, and
 * later ones, which still know it).  Pure. */
#ifndef VIGIE_WIRE_ZABBIX_H
#define VIGIE_WIRE_ZABBIX_H

#include "base/buf.h"
#include "base/str.h"

enum { ZABBIX_MAX_BYTES = 1024 * 1024, ZABBIX_MAX_KEY = 2048 };

struct zabbix_answer {
    bool unsupported;
    struct str value;  /* blanks at its end are gone */
    struct str reason; /* why it is unsupported; may be empty */
};
void zabbix_query(struct buf *out, const char *key);
/* Length of the message at the front of a stream: 0 needs more, ERR_PROTOCOL (no ZBXD), ERR_UNSUPPORTED (compressed),
 * ERR_LIMIT. */
int64_t zabbix_frame(const char *p, size_t n);
/* A whole message, or, from agents of old that send none of the header, all that came. 0 or ERR_PROTOCOL. */
int zabbix_decode(const char *p, size_t n, struct zabbix_answer *ret);

#endif
