/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ntp.h: the packets of NTP (RFC 5905, section 7.3) as bytes: a client's question and a server's answer.
 * Extension fields and keys are not looked at. No clock, no I/O. */
#ifndef VIGIE_WIRE_NTP_H
#define VIGIE_WIRE_NTP_H

#include <stddef.h>
#include <stdint.h>

enum { NTP_BYTES = 48, NTP_CLIENT = 3, NTP_SERVER = 4, NTP_UNSYNCHRONISED = 3 /* of leap */ };

struct ntp_packet {
    int leap, version, mode, stratum; /* stratum 0: a kiss of death, its code is in reference */
    double root_delay_s, root_dispersion_s;
    char reference[5];                /* the four bytes as text, what cannot be shown as '?' */
    uint64_t origin, received, sent;  /* 32 bits of seconds since 1900, 32 of fraction */
};

/* A question of version 4 in mode 3; all fields but the time of sending are zero. The server gives `sent` back. */
void ntp_encode(uint64_t sent, unsigned char out[NTP_BYTES]);
/* 0 or ERR_PROTOCOL: too short, or no version 1 to 4. What follows the head is passed over. */
int ntp_decode(const char *p, size_t n, struct ntp_packet *ret);

uint64_t ntp_of_us(int64_t unix_us);          /* wall time; era by wrapping */
int64_t ntp_diff_us(uint64_t a, uint64_t b);  /* a - b, within 68 years */

#endif
