/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames made by hand: ARP, LLDP, CDP, whole, cut short and wrong. */
#include "base/err.h"
#include "wire/ether.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define BYTES(lit) ((struct str){(lit), sizeof(lit) - 1})

static void assert_text(struct str s, const char *want)
{
    assert_int_equal(s.n, strlen(want));
    assert_memory_equal(s.p, want, s.n);
}

static void assert_id(enum neighbour_id kind, struct str id, const char *want)
{
    struct buf out = BUF_MAX(1000);

    neighbour_id_format(kind, id, &out);
    assert_string_equal(buf_text(&out), want);
    buf_done(&out);
}

static void macs(void **state)
{
    unsigned char mac[ETHER_MAC];
    char text[ETHER_MAC_TEXT];

    assert_int_equal(ether_mac_parse("02:00:5e:00:53:Af", mac), 0);
    ether_mac_format(mac, text);
    assert_string_equal(text, "02:00:5e:00:53:af");
    assert_true(ether_mac_real(mac));
    assert_int_equal(ether_mac_parse("02:00:5e:00:53", mac), ERR_INVALID);
    assert_int_equal(ether_mac_parse("02:00:5e:00:53:0g", mac), ERR_INVALID);
    assert_int_equal(ether_mac_parse("02.00.5e.00.53.01", mac), ERR_INVALID);
    assert_int_equal(ether_mac_parse("01:80:c2:00:00:0e", mac), 0);
    assert_false(ether_mac_real(mac));
    assert_int_equal(ether_mac_parse("00:00:00:00:00:00", mac), 0);
    assert_false(ether_mac_real(mac));
}

static void arp_there_and_back(void **state)
{
    struct arp a = {.op = ARP_REQUEST, .from_mac = {2, 0, 0, 0, 0, 1}, .from = {192, 0, 2, 1}, .to = {192, 0, 2, 7}}, b;
    unsigned char frame[ARP_FRAME];
    struct ether_head h;

    arp_encode(&a, frame);
    assert_int_equal(ether_decode((char *)frame, sizeof(frame), &h), 0);
    assert_int_equal(h.type, ETHER_ARP);
    assert_memory_equal(h.to, "\xff\xff\xff\xff\xff\xff", 6);
    assert_memory_equal(h.from, a.from_mac, 6);
    assert_int_equal(arp_decode(h.body, &b), 0);
    assert_memory_equal(&a, &b, sizeof(a));
    a.op = ARP_REPLY;
    memcpy(a.to_mac, "\2\0\0\0\0\2", 6);
    arp_encode(&a, frame);
    assert_memory_equal(frame, a.to_mac, 6);
    assert_int_equal(ether_decode((char *)frame, ETHER_HEAD - 1, &h), ERR_PROTOCOL);
    assert_int_equal(ether_decode((char *)frame, ETHER_HEAD + ARP_BYTES, &h), 0);
    for (size_t n = 0; n < ARP_BYTES; n++)
        assert_int_equal(arp_decode((struct str){h.body.p, n}, &b), ERR_PROTOCOL);
    frame[ETHER_HEAD + 7] = 9; /* an operation that we do not know */
    assert_int_equal(arp_decode(h.body, &b), ERR_PROTOCOL);
}

/* A switch: chassis by MAC, port by name, 120 s, and all the rest. */
#define LLDP_SWITCH                                                                                                  \
    "\x02\x07\x04\x02\x00\x5e\x00\x53\x01"        /* chassis: MAC */                                                 \
    "\x04\x05\x05gi07"                            /* port: name of the interface */                                  \
    "\x06\x02\x00\x78"                            /* 120 s */                                                        \
    "\x08\x06to-web"                              /* description of the port */                                      \
    "\x0a\x03sw1"                                 /* system */                                                       \
    "\x0c\x09" "model 9 x"                        /* its description */                                              \
    "\x0e\x04\x00\x14\x00\x04"                    /* can bridge and route, does bridge */                            \
    "\x10\x0c\x05\x01\xc0\x00\x02\x02\x02\x00\x00\x00\x01\x00" /* 192.0.2.2, interface 1 */                          \
    "\x10\x18\x11\x02\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x02\x00\x00\x00\x01\x00"       \
    "\xfe\x06\x00\x80\xc2\x01\x00\x0a"            /* port VLAN 10 */                                                 \
    "\xfe\x05\x00\x12\x0f\x01\x00"                /* of others: passed over */                                       \
    "\x00\x00"

static void lldp_of_a_switch(void **state)
{
    struct neighbour r;

    assert_int_equal(lldp_decode(BYTES(LLDP_SWITCH "padding"), &r), 0);
    assert_string_equal(r.protocol, "LLDP");
    assert_int_equal(r.chassis_kind, NEIGHBOUR_ID_MAC);
    assert_id(r.chassis_kind, r.chassis, "02:00:5e:00:53:01");
    assert_int_equal(r.port_kind, NEIGHBOUR_ID_NAME);
    assert_text(r.port, "gi07");
    assert_int_equal(r.ttl_s, 120);
    assert_text(r.port_text, "to-web");
    assert_text(r.system, "sw1");
    assert_text(r.platform, "model 9 x");
    assert_int_equal(r.can, NEIGHBOUR_BRIDGE | NEIGHBOUR_ROUTER);
    assert_int_equal(r.does, NEIGHBOUR_BRIDGE);
    assert_int_equal(r.addrs, 2);
    assert_id(NEIGHBOUR_ID_ADDRESS, r.addr[0], "192.0.2.2");
    assert_id(NEIGHBOUR_ID_ADDRESS, r.addr[1], "2001:db8:0:0:0:0:0:2");
    assert_int_equal(r.vlan, 10);
}

static void lldp_ids_of_all_kinds(void **state)
{
    struct neighbour r;

    assert_int_equal(lldp_decode(BYTES("\x02\x06\x05\x01\xc0\x00\x02\x09\x04\x07\x03\x02\x00\x00\x00\x00\x07\x06\x02\x00\x0a"), &r), 0);
    assert_id(r.chassis_kind, r.chassis, "192.0.2.9");
    assert_id(r.port_kind, r.port, "02:00:00:00:00:07");
    assert_int_equal(lldp_decode(BYTES("\x02\x05\x07host\x04\x03\x07\x01\x02\x06\x02\x00\x0a"), &r), 0);
    assert_id(r.chassis_kind, r.chassis, "host");
    assert_id(r.port_kind, r.port, "0102"); /* no text: as hex */
}

/* Mandatory rows missing or in disorder are refused; optional ones that are cut end the list; a leave is told apart. */
static void lldp_that_is_wrong(void **state)
{
    struct str whole = BYTES(LLDP_SWITCH);
    struct neighbour r = {.ttl_s = -5};

    for (size_t n = 0; n < 9 + 7 + 4; n++)
        assert_int_equal(lldp_decode((struct str){whole.p, n}, &r), ERR_PROTOCOL);
    assert_int_equal(lldp_decode(BYTES("\x04\x05\x05gi07\x02\x07\x04\x02\x00\x5e\x00\x53\x01\x06\x02\x00\x78"), &r), ERR_PROTOCOL);
    assert_int_equal(lldp_decode(BYTES("\x02\x05\x07host\x04\x03\x07gi\x06\x02\x00\x00"), &r), ERR_CANCELLED);
    assert_int_equal(r.ttl_s, -5); /* untouched */
    for (size_t n = 20; n < whole.n; n++)
        assert_int_equal(lldp_decode((struct str){whole.p, n}, &r), 0);
    assert_int_equal(lldp_decode(BYTES("\x02\x05\x07host\x04\x03\x07gi\x06\x02\x00\x05\x10\x02\xff\x01\x0e\x01\x00\x0a\x1fx"), &r), 0);
    assert_int_equal(r.addrs + r.can + (int)r.system.n, 0);
}

/* 802.3 head with its length, SNAP of Cisco, version 2. */
#define CDP_SWITCH                                                                                                   \
    "\x01\x00\x0c\xcc\xcc\xcc\x02\x00\x5e\x00\x53\x02\x00\x51\xaa\xaa\x03\x00\x00\x0c\x20\x00"                      \
    "\x02\xb4\xde\xad"                                                                                               \
    "\x00\x01\x00\x0fsw2.example"                                                                                    \
    "\x00\x02\x00\x11\x00\x00\x00\x01\x01\x01\xcc\x00\x04\xc0\x00\x02\x03"                                           \
    "\x00\x03\x00\x08Gi07"                                                                                           \
    "\x00\x04\x00\x08\x00\x00\x00\x29"                                                                               \
    "\x00\x06\x00\x0bplatf.9"                                                                                        \
    "\x00\x0a\x00\x06\x00\x14"

static void cdp_of_a_switch(void **state)
{
    struct str frame = BYTES(CDP_SWITCH "padding that does not count");
    struct ether_head h;
    struct neighbour r;

    assert_int_equal(ether_decode(frame.p, frame.n, &h), 0);
    assert_int_equal(h.type, ETHER_CDP);
    assert_int_equal(cdp_decode(h.body, &r), 0); /* whatever its checksum */
    assert_string_equal(r.protocol, "CDP");
    assert_text(r.system, "sw2.example");
    assert_id(r.chassis_kind, r.chassis, "sw2.example");
    assert_text(r.port, "Gi07");
    assert_text(r.platform, "platf.9");
    assert_int_equal(r.does, NEIGHBOUR_ROUTER | NEIGHBOUR_BRIDGE);
    assert_int_equal(r.addrs, 1);
    assert_id(NEIGHBOUR_ID_ADDRESS, r.addr[0], "192.0.2.3");
    assert_int_equal(r.vlan, 20);
    assert_int_equal(r.ttl_s, 180);
}

static void cdp_that_is_wrong(void **state)
{
    struct neighbour r;

    assert_int_equal(cdp_decode(BYTES(""), &r), ERR_PROTOCOL);
    assert_int_equal(cdp_decode(BYTES("\x09\xb4\x00\x00\x00\x01\x00\x07" "abc"), &r), ERR_PROTOCOL);
    assert_int_equal(cdp_decode(BYTES("\x02\xb4\x00\x00"), &r), ERR_PROTOCOL); /* nobody */
    assert_int_equal(cdp_decode(BYTES("\x02\xb4\x00\x00\x00\x01\x00\x03" "abc"), &r), ERR_PROTOCOL);
    assert_int_equal(cdp_decode(BYTES("\x02\xb4\x00\x00\x00\x01\x00\x07" "abc\x00\x02\x00\x08\xff\xff\xff\xff\x00\x03\x00\xff"), &r), 0);
    assert_int_equal(r.addrs, 0);
    assert_int_equal(cdp_decode(BYTES("\x02\xb4\x00\x00\x00\x01\x00\x07" "abc\x00\x02\x00\x0d\x00\x00\x00\x02\x01\x01\xcc\xff\xff"), &r), 0);
    assert_int_equal(r.addrs, 0);
}

static void heads(void **state)
{
    struct ether_head h;

    assert_int_equal(ether_decode("\1\2\3\4\5\6\1\2\3\4\5\6\x88\xccxyz", 17, &h), 0);
    assert_int_equal(h.type, ETHER_LLDP);
    assert_int_equal(h.body.n, 3);
    assert_int_equal(ether_decode("\1\2\3\4\5\6\1\2\3\4\5\6\x00\x02xyz", 17, &h), 0); /* a length of 2: padding is cut */
    assert_int_equal(h.type, -1);
    assert_int_equal(h.body.n, 2);
    assert_int_equal(ether_decode("\1\2\3\4\5\6\1\2\3\4\5\6\x00\x08\xaa\xaa\x03\x00\x00\x00\x20\x00", 22, &h), 0);
    assert_int_equal(h.type, -1); /* CDP of nobody's */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macs), cmocka_unit_test(arp_there_and_back), cmocka_unit_test(lldp_of_a_switch), cmocka_unit_test(lldp_ids_of_all_kinds),
        cmocka_unit_test(lldp_that_is_wrong), cmocka_unit_test(cdp_of_a_switch), cmocka_unit_test(cdp_that_is_wrong), cmocka_unit_test(heads),
    };

    return cmocka_run_group_tests_name("ether", tests, NULL, NULL);
}
