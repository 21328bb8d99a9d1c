/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BER, SNMP messages, object identifiers and values. MON-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "wire/snmp.h"

#include <string.h>

static void integers(void **state)
{
    static const struct {
        int64_t v;
        const char *bytes;
        size_t n;
    } cases[] = {
        {0, "\x02\x01\x00", 3}, {127, "\x02\x01\x7f", 3}, {128, "\x02\x02\x00\x80", 4}, {-1, "\x02\x01\xff", 3}, {-128, "\x02\x01\x80", 3},
        {-129, "\x02\x02\xff\x7f", 4}, {65535, "\x02\x03\x00\xff\xff", 5}, {INT64_MAX, "\x02\x08\x7f\xff\xff\xff\xff\xff\xff\xff", 10},
        {INT64_MIN, "\x02\x08\x80\x00\x00\x00\x00\x00\x00\x00", 10},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned char space[16];
        struct ber_out o = ber_out_of(space, sizeof(space));
        struct str s;
        int64_t back;

        ber_put_int(&o, BER_INT, cases[i].v);
        s = ber_written(&o);
        assert_int_equal(s.n, cases[i].n);
        assert_memory_equal(s.p, cases[i].bytes, s.n);
        assert_true(ber_take_int(&s, BER_INT, &back));
        assert_true(back == cases[i].v);
    }
}

static void lengths(void **state)
{
    static const size_t sizes[] = {0, 1, 127, 128, 255, 256, 65535, 65536};
    static unsigned char space[70000], zeros[65536];

    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct ber_out o = ber_out_of(space, sizeof(space));
        struct str s, content;

        ber_put(&o, BER_OCTETS, zeros, sizes[i]);
        s = ber_written(&o);
        assert_int_equal(ber_frame(s.p, s.n, 1 << 20), (int64_t)s.n);
        assert_int_equal(ber_frame(s.p, 1, 1 << 20), 0);
        assert_true(ber_take(&s, BER_OCTETS, &content));
        assert_int_equal(content.n, sizes[i]);
        assert_int_equal(s.n, 0);
    }
    assert_int_equal(ber_frame("\x30\x84\x7f\xff\xff\xff", 6, 1000), ERR_LIMIT);
    assert_int_equal(ber_frame("\x30\x80", 2, 1000), ERR_PROTOCOL); /* indefinite */
    assert_int_equal(ber_frame("\x30\x85\x01\x01\x01\x01\x01", 7, 1000), ERR_PROTOCOL);
    assert_int_equal(ber_frame("\x1f\x01", 2, 1000), ERR_PROTOCOL);
}

static void too_small(void **state)
{
    unsigned char space[8];
    struct ber_out o = ber_out_of(space, sizeof(space));

    ber_put(&o, BER_OCTETS, "123456789", 9);
    assert_true(o.full);
    ber_close(&o, BER_SEQUENCE, o.end);
    assert_int_equal(ber_written(&o).n, 0);
}

static void oid_is(const char *text, const char *wanted)
{
    unsigned char bytes[SNMP_OID_BYTES];
    size_t n;
    struct buf b = BUF_MAX(1000);

    assert_int_equal(snmp_oid_parse(text, bytes, &n), 0);
    snmp_oid_format((struct str){(char *)bytes, n}, false, &b);
    assert_string_equal(buf_text(&b), wanted);
    buf_done(&b);
}

static void oids(void **state)
{
    unsigned char bytes[SNMP_OID_BYTES], other[SNMP_OID_BYTES];
    size_t n, m;
    struct buf b = BUF_MAX(1000);

    oid_is("1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.1.3.0");
    oid_is(".1.3.6.1", "1.3.6.1");
    oid_is("sysUpTime.0", "1.3.6.1.2.1.1.3.0");
    oid_is("IF-MIB::ifHCInOctets.10", "1.3.6.1.2.1.31.1.1.1.6.10");
    oid_is("2.999.4294967295", "2.999.4294967295");
    oid_is("0.39", "0.39");
    assert_int_equal(snmp_oid_parse("1.40.1", bytes, &n), ERR_INVALID);
    assert_int_equal(snmp_oid_parse("3.1", bytes, &n), ERR_INVALID);
    assert_int_equal(snmp_oid_parse("1.3.4294967296", bytes, &n), ERR_LIMIT);
    assert_int_equal(snmp_oid_parse("1.3..6", bytes, &n), ERR_INVALID);
    assert_int_equal(snmp_oid_parse("", bytes, &n), ERR_INVALID);
    assert_int_equal(snmp_oid_parse("sysUpTime.", bytes, &n), ERR_INVALID);
    assert_int_equal(snmp_oid_parse("1.3.x", bytes, &n), ERR_INVALID);
    assert_int_equal(snmp_oid_parse("what.0", bytes, &n), ERR_NOT_FOUND);
    assert_int_equal(snmp_oid_parse("1.3.6.1.2.1.2.2.1.10", bytes, &n), 0);
    assert_int_equal(snmp_oid_parse("1.3.6.1.2.1.2.2.1.10.300", other, &m), 0);
    assert_true(snmp_oid_below((struct str){(char *)other, m}, (struct str){(char *)bytes, n}));
    assert_true(snmp_oid_order((struct str){(char *)bytes, n}, (struct str){(char *)other, m}) < 0);
    snmp_oid_format((struct str){(char *)other, m}, true, &b);
    assert_string_equal(buf_text(&b), "ifInOctets.300");
    assert_int_equal(snmp_oid_parse("1.3.6.1.2.1.2.2.1.9.7", bytes, &n), 0);
    assert_true(snmp_oid_order((struct str){(char *)bytes, n}, (struct str){(char *)other, m}) < 0);
    buf_done(&b);
}

static void value_is(unsigned type, const char *p, size_t n, const char *text)
{
    struct snmp_bind b = {.type = type, .value = {p, n}};
    struct buf out = BUF_MAX(1000);

    snmp_text(&b, &out);
    assert_string_equal(buf_text(&out), text);
    buf_done(&out);
}

static void values(void **state)
{
    double v;
    uint64_t c;
    int bits;

    value_is(BER_INT, "\xff", 1, "-1");
    value_is(SNMP_COUNTER64, "\x00\xff\xff\xff\xff\xff\xff\xff\xff", 9, "18446744073709551615");
    value_is(SNMP_TIMETICKS, "\x01\x00", 2, "00:00:02");
    value_is(SNMP_IPADDRESS, "\xc0\x00\x02\x01", 4, "192.0.2.1");
    value_is(BER_OCTETS, "\x00\x11\x22\xff", 4, "00:11:22:ff");
    value_is(BER_OCTETS, "eth0\0", 5, "eth0");
    value_is(BER_OID, "\x2b\x06", 2, "1.3.6");
    value_is(SNMP_OPAQUE, "\x9f\x78\x04\x3f\x00\x00\x00", 7, "0.5");
    value_is(SNMP_NO_OBJECT, "", 0, "");
    value_is(BER_INT, "", 0, "");
    assert_true(snmp_number(&(struct snmp_bind){.type = BER_OCTETS, .value = {" 1.5 ", 5}}, &v) && v == 1.5);
    assert_true(snmp_number(&(struct snmp_bind){.type = SNMP_OPAQUE, .value = {"\x9f\x79\x08\x3f\xf8\0\0\0\0\0\0", 11}}, &v) && v == 1.5);
    assert_false(snmp_number(&(struct snmp_bind){.type = SNMP_OPAQUE, .value = {"\x9f\x78\x04\x7f\x80\0\0", 7}}, &v)); /* infinite */
    assert_false(snmp_number(&(struct snmp_bind){.type = BER_OCTETS, .value = {"1.5x", 4}}, &v));
    assert_true(snmp_counter(&(struct snmp_bind){.type = SNMP_COUNTER32, .value = {"\x05", 1}}, &c, &bits) && c == 5 && bits == 32);
    assert_false(snmp_counter(&(struct snmp_bind){.type = BER_INT, .value = {"\xff", 1}}, &c, &bits));
}

static void messages(void **state)
{
    unsigned char space[500], oid[SNMP_OID_BYTES], *mac;
    static struct snmp_pdu pdu, back;
    struct snmp_message m = {.pdu = &back}, v3 = {.version = SNMP_V3, .id = 0x12345678, .flags = SNMP_FLAG_AUTH, .engine = {"engine", 6}, .user = {"me", 2}, .boots = 7, .time = 8, .mac = {NULL, 12}};
    struct ber_out o = ber_out_of(space, sizeof(space));
    struct str s;
    size_t n;

    snmp_oid_parse("sysUpTime.0", oid, &n);
    pdu = (struct snmp_pdu){.type = SNMP_GETBULK, .id = 0x01020304, .index = 20, .n = 1, .at = {{.oid = {(char *)oid, n}}}};
    s = snmp_encode(&o, SNMP_V2C, STR("public"), &pdu);
    assert_int_equal(snmp_decode(s.p, s.n, &m), 0);
    assert_int_equal(m.version, SNMP_V2C);
    assert_true(str_is(m.community, "public"));
    assert_int_equal(back.id, 0x01020304);
    assert_int_equal(back.index, 20);
    assert_int_equal(back.n, 1);
    assert_int_equal(snmp_peek_id(s.p, s.n), 0x01020304);
    assert_int_equal(snmp_peek_id(s.p, 24), 0x01020304); /* as a router quotes it */
    for (size_t i = 0; i < s.n; i++)
        assert_int_not_equal(snmp_decode(s.p, i, &m), 0);
    o = ber_out_of(space, sizeof(space));
    v3.scoped = STR("\x30\x00");
    s = snmp_encode_v3(&o, &v3, &mac);
    assert_int_equal(snmp_decode(s.p, s.n, &m), 0);
    assert_int_equal(m.id, 0x12345678);
    assert_true(str_is(m.user, "me") && m.boots == 7 && m.time == 8 && m.mac.n == 12);
    assert_ptr_equal(m.mac.p, mac);
    assert_int_equal(snmp_peek_id(s.p, 20), 0x12345678);
    assert_int_equal(snmp_scoped_decode(m.scoped, &back), ERR_PROTOCOL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers), cmocka_unit_test(lengths), cmocka_unit_test(too_small), cmocka_unit_test(oids), cmocka_unit_test(values), cmocka_unit_test(messages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
