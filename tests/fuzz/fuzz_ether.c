/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_ether.c: any bytes as a frame, and as the body of ARP, LLDP and CDP; all that is borrowed lies within them. */
#include "base/panic.h"
#include "base/utf8.h"
#include "wire/ether.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct str s, struct str all)
{
    ASSERT(s.n == 0 || (s.p >= all.p && s.p + s.n <= all.p + all.n));
}

static void neighbour(const struct neighbour *r, struct str all)
{
    struct buf text = BUF_MAX(4096);
    const struct str pieces[] = {r->chassis, r->port, r->port_text, r->system, r->platform};

    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
        inside(pieces[i], all);
    ASSERT(r->addrs >= 0 && r->addrs <= NEIGHBOUR_MAX_ADDRS && r->vlan >= 0 && r->vlan < 4096);
    for (int i = 0; i < r->addrs; i++) {
        inside(r->addr[i], all);
        neighbour_id_format(NEIGHBOUR_ID_ADDRESS, r->addr[i], &text);
    }
    neighbour_id_format(r->chassis_kind, r->chassis, &text);
    neighbour_id_format(r->port_kind, r->port, &text);
    ASSERT(utf8_valid(buf_text(&text), text.len));
    buf_done(&text);
}

static void body(struct str b)
{
    struct neighbour r;
    struct arp a;

    if (lldp_decode(b, &r) == 0)
        neighbour(&r, b);
    if (cdp_decode(b, &r) == 0)
        neighbour(&r, b);
    if (arp_decode(b, &a) == 0) {
        unsigned char out[ARP_FRAME];
        struct ether_head h;
        struct arp again;

        arp_encode(&a, out);
        ASSERT(ether_decode((char *)out, sizeof(out), &h) == 0 && h.type == ETHER_ARP && arp_decode(h.body, &again) == 0);
        ASSERT(again.op == a.op && again.from[3] == a.from[3] && again.to[0] == a.to[0] && again.from_mac[5] == a.from_mac[5]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str all = {(const char *)data, size};
    struct ether_head h;

    body(all);
    if (ether_decode(all.p, all.n, &h) == 0) {
        inside(h.body, all);
        body(h.body);
    }
    return 0;
}
