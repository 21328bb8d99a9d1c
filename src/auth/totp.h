/* SPDX-License-Identifier: GPL-3.0-or-later */
/* totp.h: codes that a telephone or the like shows, by a secret and the time (RFC 6238 over RFC 4226: HMAC-SHA1, 30 s, 6 digits, what
 * every such program can do). Pure. */
#ifndef VIGIE_AUTH_TOTP_H
#define VIGIE_AUTH_TOTP_H

#include "base/buf.h"
#include <stdint.h>

enum { TOTP_SECRET_BYTES = 20, TOTP_SECRET_TEXT = 33, TOTP_STEP_MS = 30000, TOTP_DIGITS = 6, RECOVERY_BYTES = 10, RECOVERY_TEXT = 20 };

uint32_t hotp(const unsigned char *secret, size_t n, uint64_t counter, int digits); /* digits: 1 to 9 */
/* The step of a text that is the code of now, of one step before or of one after, and of a later step than last; else -1. */
int64_t totp_judge(const unsigned char secret[TOTP_SECRET_BYTES], const char *code, int64_t now_ms, int64_t last);
void totp_base32(const unsigned char *p, size_t n, char *out, size_t out_bytes); /* RFC 4648, without padding; n a multiple of 5 */
/* What a QR code says to such a program: "otpauth://totp/…". */
void totp_uri(struct buf *out, const unsigned char secret[TOTP_SECRET_BYTES], const char *issuer, const char *name);
/* What people typed, without blanks and hyphens, in small letters; false: too long, or something else in it. */
bool totp_typed(const char *typed, char out[RECOVERY_TEXT + 1]);
void recovery_text(const unsigned char bytes[RECOVERY_BYTES], char out[RECOVERY_TEXT]); /* "abcd-efgh-ijkl-mnop" */

#endif
