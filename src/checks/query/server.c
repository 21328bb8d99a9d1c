/* SPDX-License-Identifier: GPL-3.0-or-later */
/* server.c: see server.h. */
#include "checks/query/server.h"

#include <string.h>

int query_server(const char *text, int default_port, struct arena *arena, const char **ret_host, int *ret_port, struct err *e)
{
    struct str s = str_trim(str_of(text));
    struct str host = s;
    const char *colon;
    int64_t port = default_port;

    if (s.n && s.p[s.n - 1] == '/')
        s.n--;
    host = s;
    colon = s.n && s.p[0] == '[' ? memchr(s.p, ']', s.n) : memchr(s.p, ':', s.n);
    if (colon && *colon == ']') {
        host = (struct str){s.p + 1, (size_t)(colon - s.p) - 1};
        colon = colon + 1 < s.p + s.n && colon[1] == ':' ? colon + 1 : NULL;
    } else if (colon && memchr(colon + 1, ':', s.n - (size_t)(colon + 1 - s.p))) {
        colon = NULL; /* an IPv6 address as it is */
    } else if (colon) {
        host.n = (size_t)(colon - s.p);
    }
    if (colon) {
        const char *digits = arena_dupn(arena, colon + 1, s.n - (size_t)(colon + 1 - s.p));

        if (str_i64(digits, &port) != 0 || port < 1 || port > 65535)
            return err_field(e, ERR_INVALID, "server", MSG("“{1}” is no port"), "s", digits);
    }
    if (host.n > 253 || memchr(host.p ? host.p : "", '/', host.n) || memchr(host.p ? host.p : "", ' ', host.n))
        return err_field(e, ERR_INVALID, "server", MSG("“{1}” is no server; write HOST or HOST:PORT"), "s", text);
    *ret_host = host.n ? arena_dupn(arena, host.p, host.n) : NULL;
    *ret_port = (int)port;
    return 0;
}
