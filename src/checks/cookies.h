/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cookies.h: a small jar of cookies for one attempt (RFC 6265 as far as a script of requests needs it). Pure.
 * No expiry dates but those that delete, no public suffixes: a cookie goes back to hosts that end in its domain. */
#ifndef VIGIE_CHECKS_COOKIES_H
#define VIGIE_CHECKS_COOKIES_H

#include "base/buf.h"
#include "checks/url.h"

enum { COOKIES_MAX = 50, COOKIE_MAX_BYTES = 4096 };
struct cookie {
    const char *name, *value, *domain, *path; /* in the arena */
    bool host_only, secure;
};
struct cookies {
    struct arena *arena;
    struct cookie at[COOKIES_MAX];
    int n;
};
/* A Set-Cookie header that came from url; what makes no sense is passed over. */
void cookies_take(struct cookies *jar, const struct url *url, const char *header);
/* "a=1; b=2" for a request to url; "" when there is none. */
void cookies_put(const struct cookies *jar, const struct url *url, struct buf *out);

#endif
