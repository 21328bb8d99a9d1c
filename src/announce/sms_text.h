/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sms_text.h: a short text for telephones.  Pure.
 *
 * GSM 03.38 (3GPP TS 23.038) has 160 characters a message, each of its extension table counting two; with any other letter the message is
 * UCS-2 with 70.  Several are joined with a header: 153, or 67 each.  Because 70 characters hardly hold a link, letters that have a near one
 * in GSM 03.38 are replaced by it (ê by e, ’ by '); a text with others (Greek, Cyrillic …) stays as it is and is UCS-2. */
#ifndef VIGIE_ANNOUNCE_SMS_TEXT_H
#define VIGIE_ANNOUNCE_SMS_TEXT_H

#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>

/* Septets that a character takes: 1, 2 (extension table), 0: GSM 03.38 has no such one. */
int sms_septets(uint32_t c);
/* With near letters in place of those that GSM 03.38 does not have; any other character stays. Controls and line ends become blanks. */
void sms_near(struct buf *out, const char *text);
struct sms_size {
    bool gsm;  /* else UCS-2 */
    int units; /* septets, or 16-bit units */
    int parts; /* messages */
};
void sms_measure(const char *text, struct sms_size *ret);
/* UTF-16, big endian, with a mark at its beginning: what gammu-smsd takes for Unicode whatever its locale is. */
void sms_utf16(struct buf *out, const char *text);

#endif
