/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ether.c: heads of frames, MAC addresses, ARP. */
#include "wire/ether.h"
#include "base/err.h"

#include <string.h>

enum { MAX_LENGTH = 1500, SNAP_HEAD = 8 };

static int get16(const unsigned char *p) { return p[0] << 8 | p[1]; }

static void snap_read(struct ether_head *h)
{
    static const unsigned char cisco[] = {0xaa, 0xaa, 0x03, 0x00, 0x00, 0x0c}, plain[] = {0xaa, 0xaa, 0x03, 0x00, 0x00, 0x00};
    const unsigned char *p = (const unsigned char *)h->body.p;
    h->type = -1;
    if (h->body.n < SNAP_HEAD)
        return;
    int type = get16(p + 6);
    bool known = memcmp(p, type == ETHER_CDP ? cisco : plain, sizeof(cisco)) == 0;
    if (!known)
        return;
    h->type = type;
    h->body.p += SNAP_HEAD;
    h->body.n -= SNAP_HEAD;
}

int ether_decode(const char *p, size_t n, struct ether_head *ret)
{
    struct ether_head h = {.type = 0};
    if (n < ETHER_HEAD)
        return ERR_PROTOCOL;
    memcpy(h.to, p, ETHER_MAC);
    memcpy(h.from, p + ETHER_MAC, ETHER_MAC);
    h.type = get16((const unsigned char *)p + 2 * ETHER_MAC);
    h.body = (struct str){p + ETHER_HEAD, n - ETHER_HEAD};
    if (h.type <= MAX_LENGTH) {
        h.body.n = (size_t)h.type < h.body.n ? (size_t)h.type : h.body.n; /* what follows is padding */
        snap_read(&h);
    }
    *ret = h;
    return 0;
}

void ether_mac_format(const unsigned char mac[ETHER_MAC], char out[ETHER_MAC_TEXT])
{
    str_print(out, ETHER_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int ether_mac_parse(const char *text, unsigned char ret[ETHER_MAC])
{
    unsigned char mac[ETHER_MAC];
    if (strlen(text) != ETHER_MAC_TEXT - 1)
        return ERR_INVALID;
    for (int i = 0; i < ETHER_MAC; i++) {
        const char *p = text + 3 * i;
        int high = digit(p[0]), low = digit(p[1]);
        if (high < 0 || low < 0 || (i < ETHER_MAC - 1 && p[2] != ':' && p[2] != '-'))
            return ERR_INVALID;
        mac[i] = (unsigned char)(high << 4 | low);
    }
    memcpy(ret, mac, ETHER_MAC);
    return 0;
}

bool ether_mac_real(const unsigned char mac[ETHER_MAC])
{
    static const unsigned char none[ETHER_MAC];
    return !(mac[0] & 1) && memcmp(mac, none, ETHER_MAC) != 0;
}

/* ---- ARP ---- */

void arp_encode(const struct arp *a, unsigned char out[ARP_FRAME])
{
    static const unsigned char head[] = {0, 1, 8, 0, ETHER_MAC, 4, 0}; /* Ethernet, IPv4, their lengths, the op's first byte */
    unsigned char *p = out + ETHER_HEAD;
    memset(out, 0, ARP_FRAME);
    if (a->op == ARP_REQUEST)
        memset(out, 0xff, ETHER_MAC);
    else
        memcpy(out, a->to_mac, ETHER_MAC);
    memcpy(out + ETHER_MAC, a->from_mac, ETHER_MAC);
    out[12] = ETHER_ARP >> 8;
    out[13] = ETHER_ARP & 255;
    memcpy(p, head, sizeof(head));
    p[7] = (unsigned char)a->op;
    memcpy(p + 8, a->from_mac, ETHER_MAC);
    memcpy(p + 14, a->from, 4);
    memcpy(p + 18, a->to_mac, ETHER_MAC);
    memcpy(p + 24, a->to, 4);
}

int arp_decode(struct str body, struct arp *ret)
{
    static const unsigned char head[] = {0, 1, 8, 0, ETHER_MAC, 4};
    const unsigned char *p = (const unsigned char *)body.p;
    if (body.n < ARP_BYTES || memcmp(p, head, sizeof(head)) != 0)
        return ERR_PROTOCOL;
    struct arp a = {.op = get16(p + 6)};
    if (a.op != ARP_REQUEST && a.op != ARP_REPLY)
        return ERR_PROTOCOL;
    memcpy(a.from_mac, p + 8, ETHER_MAC);
    memcpy(a.from, p + 14, 4);
    memcpy(a.to_mac, p + 18, ETHER_MAC);
    memcpy(a.to, p + 24, 4);
    *ret = a;
    return 0;
}
