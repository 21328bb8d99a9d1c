/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lan_table.c: what is looked up in what lan_read() told. Pure, and the same in both worlds. */
#include "io/lan.h"

#include "base/str.h"

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

const struct lan_route *lan_route_to(const struct lan *l, const struct addr *a)
{
    const struct lan_route *best = NULL;
    for (size_t i = 0; i < l->routes.n; i++) {
        const struct lan_route *r = &l->routes.at[i];
        char host[ADDR_TEXT_BYTES], prefix[ADDR_TEXT_BYTES + 8];
        if ((best && r->bits <= best->bits) || addr_is_v6(&r->to) != addr_is_v6(a))
            continue;
        addr_host(&r->to, host);
        str_print(prefix, sizeof(prefix), "%s/%d", host, r->bits);
        if (addr_in(a, prefix))
            best = r;
    }
    return best;
}
