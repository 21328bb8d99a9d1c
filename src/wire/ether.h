/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ether.h: Ethernet frames that tell who is on a link: their head, ARP (RFC 826), LLDP (IEEE 802.1AB) and CDP version 1 and 2.
 *
 * Pure: bytes to structures whose texts are borrowed from them, as the sender wrote them: whoever shows one cleans it. What is
 * optional and broken is left out; what is mandatory and broken is ERR_PROTOCOL. */
#ifndef VIGIE_WIRE_ETHER_H
#define VIGIE_WIRE_ETHER_H

#include "base/buf.h"
#include "base/str.h"
#include <stdint.h>

enum { ETHER_MAC = 6, ETHER_HEAD = 14, ETHER_MAC_TEXT = 18, ETHER_ARP = 0x0806, ETHER_LLDP = 0x88cc, ETHER_CDP = 0x2000 };

struct ether_head {
    unsigned char to[ETHER_MAC], from[ETHER_MAC];
    int type;        /* ETHER_…, of SNAP frames the type behind it (CDP: with Cisco's 00000c only), else the length: -1 */
    struct str body; /* of SNAP frames what follows it; cut to the length that the frame gives */
};
int ether_decode(const char *p, size_t n, struct ether_head *ret); /* 0 or ERR_PROTOCOL: shorter than a head */
void ether_mac_format(const unsigned char mac[ETHER_MAC], char out[ETHER_MAC_TEXT]); /* "02:00:00:00:00:01" */
int ether_mac_parse(const char *text, unsigned char ret[ETHER_MAC]);                 /* 0 or ERR_INVALID */
bool ether_mac_real(const unsigned char mac[ETHER_MAC]); /* of one machine: not zero, no group, no broadcast */

/* ---- ARP over Ethernet, for IPv4 ---- */
enum { ARP_BYTES = 28, ARP_FRAME = 60, ARP_REQUEST = 1, ARP_REPLY = 2 };
struct arp {
    int op;
    unsigned char from_mac[ETHER_MAC], to_mac[ETHER_MAC];
    unsigned char from[4], to[4]; /* addresses; from is zero in a probe for conflicts */
};
/* A whole frame: the request goes to all, a reply to to_mac. */
void arp_encode(const struct arp *a, unsigned char out[ARP_FRAME]);
int arp_decode(struct str body, struct arp *ret); /* 0 or ERR_PROTOCOL */

/* ---- LLDP and CDP ---- */
enum { /* capabilities, by the bits of LLDP; those of CDP are translated */
    NEIGHBOUR_REPEATER = 2,
    NEIGHBOUR_BRIDGE = 4,
    NEIGHBOUR_WLAN = 8,
    NEIGHBOUR_ROUTER = 16,
    NEIGHBOUR_PHONE = 32,
    NEIGHBOUR_STATION = 128,
};
enum neighbour_id { NEIGHBOUR_ID_NONE, NEIGHBOUR_ID_MAC, NEIGHBOUR_ID_ADDRESS, NEIGHBOUR_ID_NAME, NEIGHBOUR_ID_OTHER };
enum { NEIGHBOUR_MAX_ADDRS = 4 };
struct neighbour {
    const char *protocol; /* "LLDP", "CDP" */
    enum neighbour_id chassis_kind, port_kind;
    struct str chassis, port; /* content: 6 bytes of a MAC, 4 or 16 of an address, else text */
    int ttl_s;
    struct str port_text, system, platform; /* description of the port, name of the system, its description */
    int can, does;                          /* capabilities there are, and those switched on */
    struct str addr[NEIGHBOUR_MAX_ADDRS];   /* of its management: 4 or 16 bytes */
    int addrs;
    int vlan; /* of the port, untagged; 0: not told */
};
/* 0; ERR_PROTOCOL; ERR_CANCELLED: a shutdown (TTL 0), the sender leaves. */
int lldp_decode(struct str body, struct neighbour *ret);
/* The checksum is not looked at: devices disagree about it for odd lengths, and Ethernet has one of its own. */
int cdp_decode(struct str body, struct neighbour *ret);
/* An id as a person would write it: a MAC, an address, or its text cleaned; as hex when it is neither. */
void neighbour_id_format(enum neighbour_id kind, struct str id, struct buf *out);
/* A chassis id as the LLDP MIB gives it: subtype (4 MAC, 5 address, 7 local, …) and octets. */
enum neighbour_id lldp_chassis_kind(int64_t subtype, struct str *id);

#endif
