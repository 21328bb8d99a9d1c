/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lan_table.c: what is looked up in what lan_read() told. Pure, and the same in both worlds. */
#include "io/lan.h"

#include <netinet/in.h>
#include <string.h>

void lan_done(struct lan *l)
{
    VEC_DONE(&l->links);
    VEC_DONE(&l->addresses);
    VEC_DONE(&l->routes);
    VEC_DONE(&l->neighbours);
}

const struct lan_link *lan_link_at(const struct lan *l, int index)
{
    for (size_t i = 0; i < l->links.n; i++)
        if (l->links.at[i].index == index)
            return &l->links.at[i];
    return NULL;
}

/* The bytes of an address; 0: no address of IP. */
static size_t bytes_of(const struct addr *a, unsigned char out[16])
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    if (a->sa.sa_family == AF_INET) {
        memcpy(&v4, a->space, sizeof(v4));
        memcpy(out, &v4.sin_addr, 4);
        return 4;
    }
    if (a->sa.sa_family != AF_INET6)
        return 0;
    memcpy(&v6, a->space, sizeof(v6));
    memcpy(out, &v6.sin6_addr, 16);
    return 16;
}

static bool within(const unsigned char *a, const unsigned char *prefix, int bits)
{
    size_t whole = (size_t)bits / 8;
    int rest = bits % 8;
    return memcmp(a, prefix, whole) == 0 && (rest == 0 || (a[whole] ^ prefix[whole]) >> (8 - rest) == 0);
}

const struct lan_route *lan_route_to(const struct lan *l, const struct addr *a)
{
    const struct lan_route *best = NULL;
    unsigned char wanted[16], to[16];
    size_t n = bytes_of(a, wanted);
    for (size_t i = 0; n && i < l->routes.n; i++) {
        const struct lan_route *r = &l->routes.at[i];
        if ((!best || r->bits > best->bits) && bytes_of(&r->to, to) == n && r->bits >= 0 && (size_t)r->bits <= 8 * n && within(wanted, to, r->bits))
            best = r;
    }
    return best;
}
