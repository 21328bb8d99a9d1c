/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dns.h: look-ups as exchanges, by c-ares. One `struct dns` a loop. */
#ifndef VIGIE_IO_DNS_H
#define VIGIE_IO_DNS_H

#include "base/err.h"
#include "io/addr.h"
#include "io/loop.h"

enum { DNS_MAX_ADDRS = 16, DNS_MAX_RRS = 64 };
enum dns_family { DNS_ANY = 0, DNS_V4 = 4, DNS_V6 = 6 };

struct dns;
struct dns_job; /* a look-up under way */

struct dns_addrs {
    int code; /* 0, ERR_DNS, ERR_NOT_FOUND (the name does not exist), ERR_TIMEOUT */
    struct err err;
    struct addr at[DNS_MAX_ADDRS]; /* v6 and v4 in the order to try; ports 0 */
    int n;
    int64_t took_us;
};
typedef void dns_addrs_fn(void *arg, const struct dns_addrs *r);

struct dns_rr {
    int type;
    uint32_t ttl_s;
    const char *name;
    const char *text; /* presentation form: "192.0.2.1", "10 mx1.example.org", TXT joined without quotes */
};
struct dns_answer {
    int code; /* 0 when a reply came (look at rcode), else ERR_DNS, ERR_TIMEOUT, ERR_REFUSED, ERR_PROTOCOL */
    struct err err;
    int rcode; /* 0 NOERROR, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED */
    bool aa, ad, tc, ra;
    struct dns_rr rr[DNS_MAX_RRS]; /* answer section: n records; then the authority and the additional section */
    int n, n_authority, n_additional;
    size_t bytes; /* of the message; 0 in the twin */
    struct arena *arena; /* owns the texts; freed after the callback */
    int64_t took_us;
};
typedef void dns_answer_fn(void *arg, const struct dns_answer *r);

struct dns *dns_new(struct loop *l);
struct dns *dns_free(struct dns *d); /* cancels all without callbacks */
/* Addresses of a host name (a literal address answers at once, still by callback). Also reads /etc/hosts. */
struct dns_job *dns_resolve(struct dns *d, const char *name, enum dns_family family, int64_t timeout_ms,
                            dns_addrs_fn *fn, void *arg);
/* One question to a given server (NULL: the system's), type by number; UDP, then TCP when truncated. */
struct dns_job *dns_query(struct dns *d, const struct addr *server, const char *name, int type,
                          int64_t timeout_ms, dns_answer_fn *fn, void *arg);
void dns_cancel(struct dns_job *job); /* no callback afterwards; not from its own callback */
/* Reads a whole DNS message (RFC 1035) into *ret: rcode, flags and records, texts in ret->arena (which the caller has
 * set).  0, or ERR_PROTOCOL: *ret has no records then.  More than DNS_MAX_RRS are left out, and so is what follows the
 * first malformed record behind the answers. Pure. */
int dns_parse(const unsigned char *p, size_t n, struct dns_answer *ret);
int dns_type(const char *word);       /* "A", "mx" → number, or ERR_INVALID */
const char *dns_type_name(int type);  /* NULL when unknown */
const char *dns_rcode_name(int rcode); /* "NXDOMAIN" */

#endif
