/* SPDX-License-Identifier: GPL-3.0-or-later */
/* url.h: as much of RFC 3986 as a check needs: http and https URLs, and references relative to one. Pure. */
#ifndef VIGIE_CHECKS_URL_H
#define VIGIE_CHECKS_URL_H

#include "base/arena.h"
#include <stdbool.h>

enum { URL_MAX_BYTES = 4096 };
struct url {
    bool https;
    const char *host;      /* lower case; an IPv6 address without brackets */
    int port;              /* 80 or 443 when not given */
    const char *path;      /* path and query; begins with "/" */
    const char *user, *password; /* from user:password@; NULL */
    const char *text;      /* the whole, normalised, without user and fragment */
};
/* 0 or ERR_INVALID; texts in the arena. */
int url_parse(struct arena *arena, const char *text, struct url *ret);
/* Resolves a Location against base. 0, ERR_INVALID, or ERR_UNSUPPORTED (a scheme other than http and https). */
int url_join(struct arena *arena, const struct url *base, const char *location, struct url *ret);
bool url_same_origin(const struct url *a, const struct url *b);

#endif
