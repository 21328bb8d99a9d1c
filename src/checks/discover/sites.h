/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sites.h: what the configuration of servers says that they serve: web sites (nginx, Apache), certificate files (those two, postfix,
 * dovecot), DNS zones (bind, nsd, knot).
 *
 * Files are foreign bytes and include one another: ceilings on their number, depth and size stand below; what is beyond them is left
 * out, `cut` says so.  Files come through two functions of the caller, so that all this is pure. */
#ifndef VIGIE_CHECKS_DISCOVER_SITES_H
#define VIGIE_CHECKS_DISCOVER_SITES_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/vec.h"
#include <stdbool.h>

enum { SITES_MAX = 500, SITES_MAX_CERTS = 200, SITES_MAX_ZONES = 1000, SITES_MAX_FILES = 1000, SITES_MAX_DEPTH = 12, SITES_MAX_FILE = 1 << 20,
       SITES_MAX_BYTES = 16 << 20, SITES_MAX_NAMES = 2000 /* of a directory */ };
struct sites_from {
    int (*read)(void *arg, const char *path, struct buf *out); /* 0, or negative: left out */
    void (*list)(void *arg, const char *dir, int (*fn)(void *arg, const char *name), void *fn_arg); /* names, sorted */
    void *arg;
};
struct site {
    const char *server; /* "nginx", "Apache" */
    const char *name, *file;
    int port;
    bool tls;
};
struct site_cert {
    const char *path, *file;
};
struct site_zone {
    const char *server, *name, *file;
};
struct sites {
    struct arena *arena; /* the caller's; all texts are in it */
    const struct sites_from *from;
    VEC(struct site) sites;     /* one a name, port and server */
    VEC(struct site_cert) certs;
    VEC(struct site_zone) zones;
    bool cut;
    int files, depth; /* own */
    size_t bytes;
};
void sites_done(struct sites *s); /* the lists */
void sites_nginx(struct sites *s, const char *path);  /* /etc/nginx/nginx.conf; includes are relative to its directory */
void sites_apache(struct sites *s, const char *path); /* /etc/apache2/apache2.conf */
void sites_bind(struct sites *s, const char *path);
void sites_nsd(struct sites *s, const char *path, const char *server /* "nsd", "knot": they write zones alike */);
void sites_pairs_cert(struct sites *s, const char *path, const char *const *keys /* NULL-ended */); /* postfix, dovecot */

/* sites_files.c, for the readers: calls fn for each file that fits the pattern (* and ? in any part of it; relative: below base), while
 * the ceilings allow. */
typedef void sites_file(struct sites *s, const char *path, const struct buf *text, void *arg);
void sites_each(struct sites *s, const char *base, const char *pattern, sites_file *fn, void *arg);
void sites_add(struct sites *s, const char *server, struct str name, int port, bool tls, const char *file);
void sites_add_cert(struct sites *s, struct str path, const char *base, const char *file);
void sites_dir(const char *path, char *out, size_t n); /* "/etc/nginx" of "/etc/nginx/nginx.conf" */

#endif
