/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sqlwire.h: the client's side of two database protocols, as far as one query needs them: PostgreSQL's (version 3.0)
 * and MySQL's (protocol 10, as MariaDB speaks it, too).  Pure: bytes to pieces and back; pieces are borrowed.
 * Log-in proofs are computed elsewhere (checks/query/sql_auth.h). */
#ifndef VIGIE_WIRE_SQLWIRE_H
#define VIGIE_WIRE_SQLWIRE_H

#include "base/buf.h"
#include "base/str.h"

enum { SQLWIRE_MAX_BYTES = 1 << 20, SQLWIRE_SALT_BYTES = 20 }; /* of a message that is read */

/* ---- PostgreSQL ---- */

/* Length of the message (type, length, body) at the front of a stream: 0 needs more, ERR_PROTOCOL, ERR_LIMIT. */
int64_t sqlwire_pg_frame(const char *p, size_t n);
/* Of an ErrorResponse: field 'M' (text), 'C' (code). Empty when there is none. */
struct str sqlwire_pg_field(struct str body, char field);
/* Of a DataRow: its first value; false when it is broken. ret_null: SQL's NULL (or no column at all). */
bool sqlwire_pg_value(struct str body, struct str *ret_value, bool *ret_null);
bool sqlwire_pg_number(struct str body, uint32_t *ret_number); /* the number at its front (kind of log-in) */
void sqlwire_pg_ssl(struct buf *out);
void sqlwire_pg_startup(struct buf *out, const char *user, const char *database, const char *options);
void sqlwire_pg_message(struct buf *out, char type, const void *p, size_t n);
void sqlwire_pg_sasl(struct buf *out, const char *mechanism, const char *first);

/* ---- MySQL ---- */

/* Length of a packet (4 bytes of head, body) at the front of a stream: 0, ERR_LIMIT as above. */
int64_t sqlwire_my_frame(const char *p, size_t n);
struct sqlwire_hello {
    struct str version, plugin;
    unsigned char salt[SQLWIRE_SALT_BYTES];
    uint32_t capabilities;
};
enum { SQLWIRE_MY_SSL = 0x800 };
int sqlwire_my_hello(struct str body, struct sqlwire_hello *ret); /* 0 or ERR_PROTOCOL */
struct str sqlwire_my_error(struct str body, int *ret_number);  /* text of an error packet */
/* Of an AuthSwitchRequest. */
bool sqlwire_my_switch(struct str body, struct str *ret_plugin, unsigned char salt[SQLWIRE_SALT_BYTES]);
bool sqlwire_my_value(struct str body, struct str *ret_value, bool *ret_null); /* of a row: the first value */
bool sqlwire_my_count(struct str body, uint64_t *ret_n);                       /* columns of an answer */
void sqlwire_my_ssl(struct buf *out, int seq);
void sqlwire_my_login(struct buf *out, int seq, bool tls, const char *user, const char *database, struct str proof, const char *plugin);
void sqlwire_my_packet(struct buf *out, int seq, const void *p, size_t n);
void sqlwire_my_query(struct buf *out, const char *query);

#endif
