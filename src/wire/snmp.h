/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snmp.h: SNMP messages: v1 (RFC 1157), v2c (RFC 1901, 3416), v3 with the user-based security model (RFC 3412, 3414).
 *
 * Pure: bytes to structures and back.  The keys, digests and ciphers of v3 are the caller's (checks/snmp/usm.h): a
 * message tells where its digest is, and its scoped PDU stays bytes until it was deciphered.  Object identifiers stay
 * in their encoded form, in which equal is equal bytes and "below" is a prefix; snmp_oid_… turns them to text. */
#ifndef VIGIE_WIRE_SNMP_H
#define VIGIE_WIRE_SNMP_H

#include "base/buf.h"
#include "wire/ber.h"

enum {
    SNMP_MAX_BYTES = 65507,     /* of a datagram that is read */
    SNMP_MAX_REQUEST = 1400,    /* that is written */
    SNMP_MAX_BINDS = 128,       /* that are read */
    SNMP_MAX_OID = 128,         /* parts */
    SNMP_OID_BYTES = 256,       /* encoded, that we write or compare */
    SNMP_MAX_ENGINE = 32,
    SNMP_MAX_MAC = 48,
};
enum { SNMP_V1 = 0, SNMP_V2C = 1, SNMP_V3 = 3 };
enum { SNMP_GET = 0xa0, SNMP_GETNEXT = 0xa1, SNMP_RESPONSE = 0xa2, SNMP_GETBULK = 0xa5, SNMP_REPORT = 0xa8 };
enum { SNMP_FLAG_AUTH = 1, SNMP_FLAG_PRIV = 2, SNMP_FLAG_REPORTABLE = 4 };
/* Types of values. The exceptions come instead of a value. */
enum {
    SNMP_IPADDRESS = 0x40,
    SNMP_COUNTER32 = 0x41,
    SNMP_GAUGE32 = 0x42,
    SNMP_TIMETICKS = 0x43,
    SNMP_OPAQUE = 0x44,
    SNMP_COUNTER64 = 0x46,
    SNMP_NO_OBJECT = 0x80,
    SNMP_NO_INSTANCE = 0x81,
    SNMP_END_OF_VIEW = 0x82,
};

struct snmp_bind {
    struct str oid; /* encoded */
    unsigned type;
    struct str value; /* encoded content */
};
struct snmp_pdu {
    unsigned type;
    int64_t id, status, index; /* of getbulk: non-repeaters and max-repetitions */
    int n;
    struct snmp_bind at[SNMP_MAX_BINDS];
};
struct snmp_message {
    int version;
    struct str community;  /* v1, v2c */
    struct snmp_pdu *pdu;  /* v1, v2c: filled; v3: after snmp_scoped_decode() */
    /* v3 */
    int64_t id;
    int flags;
    struct str engine, user, mac, salt;
    int64_t boots, time;
    struct str scoped; /* an encoded scoped PDU, or what it was enciphered to */
};

/* Reads a datagram; pieces are borrowed from it, msg->pdu is the caller's. 0 or ERR_PROTOCOL. */
int snmp_decode(const char *p, size_t n, struct snmp_message *msg);
/* The id by which an answer finds its request (request id, or message id of v3), even of a message that was cut short
 * behind it, as ICMP quotes them. -1: none. */
int64_t snmp_peek_id(const char *p, size_t n);
/* What msg->scoped holds (in the clear). Trailing padding of a block cipher is allowed. */
int snmp_scoped_decode(struct str scoped, struct snmp_pdu *ret_pdu);

/* The writers return what was written, empty when it did not fit. Ids are 0x00800000 to 0x7fffffff. */
struct str snmp_encode(struct ber_out *o, int version, struct str community, const struct snmp_pdu *pdu);
struct str snmp_scoped_encode(struct ber_out *o, struct str engine, struct str context, const struct snmp_pdu *pdu);
/* From version to flags, user, boots and so on; msg->mac.n zero bytes are left at *ret_mac. */
struct str snmp_encode_v3(struct ber_out *o, const struct snmp_message *msg, unsigned char **ret_mac);

/* ---- values ---- */

bool snmp_number(const struct snmp_bind *b, double *ret_value); /* INTEGER, counters, gauges, ticks (in seconds), floats, texts that are numbers */
bool snmp_counter(const struct snmp_bind *b, uint64_t *ret_value, int *ret_bits); /* Counter32 or Counter64; also gauges and integers (0 bits: do not wrap) */
/* Growth of a counter since the last look, once round with 32 bits; NAN: it was set back (64 bits do not go round). */
double snmp_counter_growth(uint64_t now, uint64_t last, int bits);
/* As a person would read it; bytes that are no text come as hex. */
void snmp_text(const struct snmp_bind *b, struct buf *out);
const char *snmp_status_name(int64_t status); /* "noSuchName"; "?" */

/* ---- object identifiers ---- */

/* "1.3.6.1.2.1.1.3.0", ".1.3.6", "sysUpTime.0", "IF-MIB::ifHCInOctets.2", "ifName": encoded. 0, ERR_INVALID,
 * ERR_LIMIT, or ERR_NOT_FOUND: a name that is not in our small table. */
int snmp_oid_parse(const char *text, unsigned char ret_oid[SNMP_OID_BYTES], size_t *ret_n);
/* Numbers; a name in front when it is a known one ("ifName.2"). */
void snmp_oid_format(struct str oid, bool names, struct buf *out);
bool snmp_oid_below(struct str oid, struct str top);  /* strictly */
int snmp_oid_order(struct str a, struct str b);       /* <0, 0, >0 */
/* The nearest known name, for "did you mean"; NULL. */
const char *snmp_oid_nearest(const char *text);

#endif
