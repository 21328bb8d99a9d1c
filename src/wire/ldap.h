/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ldap.h: the messages of LDAP (RFC 4511) that checks and log-ins need: bind, StartTLS, search, filters as text (RFC 4515), and what
 * a server says of a password besides (draft-behera-ldap-password-policy).
 * Pure: bytes to structures and back; pieces are borrowed from the bytes. */
#ifndef VIGIE_WIRE_LDAP_H
#define VIGIE_WIRE_LDAP_H

#include "base/buf.h"
#include "wire/ber.h"

enum { LDAP_MAX_BYTES = 256 * 1024, LDAP_MAX_REQUEST = 8192, LDAP_MAX_DEPTH = 20 }; /* of a message that is read; written; of a filter */
enum {
    LDAP_BIND = 0x60,
    LDAP_BIND_RESPONSE = 0x61,
    LDAP_UNBIND = 0x42,
    LDAP_SEARCH = 0x63,
    LDAP_ENTRY = 0x64,
    LDAP_DONE = 0x65,
    LDAP_REFERENCE = 0x73,
    LDAP_EXTENDED = 0x77,
    LDAP_EXTENDED_RESPONSE = 0x78,
};
enum { LDAP_SUCCESS = 0, LDAP_SIZE_LIMIT = 4, LDAP_BAD_CREDENTIALS = 49 };
enum { LDAP_SCOPE_BASE, LDAP_SCOPE_ONE, LDAP_SCOPE_SUB };

struct ldap_message {
    int64_t id;
    unsigned op;
    int64_t result;  /* of responses: a result code, and what the server says to it */
    struct str text;
    struct str dn, attributes; /* of an entry */
    struct str controls;       /* empty: none */
};
/* Length of the message at the front of a stream: 0 needs more, ERR_PROTOCOL, ERR_LIMIT. */
int64_t ldap_frame(const char *p, size_t n);
int ldap_decode(const char *p, size_t n, struct ldap_message *ret); /* 0 or ERR_PROTOCOL */
bool ldap_attribute_next(struct str *attributes, struct str *ret_name, struct str *ret_values);
bool ldap_value_next(struct str *values, struct str *ret_value);
const char *ldap_result_name(int64_t result); /* "invalidCredentials"; "?" */
/* What the control of the password policy says is wrong: "accountLocked", "passwordExpired", "changeAfterReset"…; NULL: nothing. */
const char *ldap_policy_error(struct str controls);

/* Writers; empty when it does not fit. */
struct str ldap_bind(struct ber_out *o, int id, const char *dn, const char *password);
/* The same, asking what the password policy says to it. */
struct str ldap_bind_policy(struct ber_out *o, int id, const char *dn, const char *password);
struct str ldap_starttls(struct ber_out *o, int id);
struct str ldap_unbind(struct ber_out *o, int id);
struct ldap_search {
    const char *base, *filter, *attribute; /* attribute NULL: none is wanted */
    int scope, size_limit, time_limit_s;
};
struct str ldap_search(struct ber_out *o, int id, const struct ldap_search *s);
/* Puts a filter; 0, ERR_INVALID, or ERR_LIMIT. The outermost parentheses may be left away. */
int ldap_filter_put(struct ber_out *o, const char *text);
/* A text as a value within a filter: what would mean something there is escaped (RFC 4515, 3). */
void ldap_escape(struct buf *out, const char *text);

#endif
