/* SPDX-License-Identifier: GPL-3.0-or-later */
/* directory.h: asks a directory (LDAP, RFC 4511; how: RFC 4513) who somebody is.
 *
 * One question is one connection: StartTLS or ldaps, a bind as ourselves, a search for the one entry of that name, one for its
 * groups, and, when a password is given, a bind as that entry.  Servers are tried in order; one that is away, slow or
 * not what its certificate should say is passed over.  Referrals are not followed.  All on the loop. */
#ifndef VIGIE_AUTH_DIRECTORY_H
#define VIGIE_AUTH_DIRECTORY_H

#include "auth/auth.h"
#include "base/buf.h"
#include "base/str.h"
#include "config/conf.h"
#include "io/dns.h"

enum { DIRECTORY_DN_BYTES = 400, DIRECTORY_MAX_GROUPS = 1000 };
struct directory_answer {
    /* 0; ERR_AUTH: it is not their password, or the account is locked, expired or the like; ERR_NOT_FOUND: there is no such person;
     * ERR_CONFLICT: several fit; anything else: no server could be asked. */
    int code;
    enum role role;                 /* by the groups; ROLE_NONE: none has one */
    char dn[DIRECTORY_DN_BYTES];
    char why[400];                  /* for staff: what the last server said; English, "" when nothing */
};
typedef void directory_fn(void *arg, const struct directory_answer *a);
struct directory_ask;
/* password: never empty (a bind without one succeeds as nobody, RFC 4513 5.1.2); NULL: only look. conf is held meanwhile. fn once, from a
 * later turn. */
struct directory_ask *directory_ask(struct loop *l, struct dns *dns, const struct conf *conf, const char *name, const char *password, directory_fn *fn, void *arg);
struct directory_ask *directory_cancel(struct directory_ask *q); /* no call afterwards; takes NULL, returns NULL */

/* Pure. Is it the same entry: case, blanks around the separators and ways of escaping do not matter (RFC 4514, 4518 as far as ASCII goes). */
bool dn_same(struct str a, struct str b);
/* The filter with {name} and {dn} in it, escaped. */
void filter_fill(struct buf *out, const char *filter, const char *name, const char *dn);

#endif
