/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_snmp.c: any bytes as an SNMP message, its values as text, and any text as an object identifier. */
#include "base/mem.h"
#include "base/panic.h"
#include "wire/snmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void values(const struct snmp_pdu *pdu)
{
    struct buf text = BUF_MAX(4096);
    struct str last = {"", 0};

    ASSERT(pdu->n >= 0 && pdu->n <= SNMP_MAX_BINDS);
    for (int i = 0; i < pdu->n; i++) {
        double v;
        uint64_t c;
        int bits;

        buf_clear(&text);
        snmp_text(&pdu->at[i], &text);
        snmp_oid_format(pdu->at[i].oid, true, &text);
        snmp_number(&pdu->at[i], &v);
        snmp_counter(&pdu->at[i], &c, &bits);
        ASSERT(snmp_oid_order(pdu->at[i].oid, pdu->at[i].oid) == 0);
        snmp_oid_below(pdu->at[i].oid, last);
        last = pdu->at[i].oid;
    }
    buf_done(&text);
}

static void identifier(const uint8_t *data, size_t size)
{
    char *text = mem_dupn((const char *)data, size < 2000 ? size : 2000);
    unsigned char oid[SNMP_OID_BYTES], again[SNMP_OID_BYTES];
    size_t n, m;
    struct buf out = BUF_MAX(4096);

    if (snmp_oid_parse(text, oid, &n) == 0) {
        snmp_oid_format((struct str){(char *)oid, n}, false, &out);
        ASSERT(snmp_oid_parse(buf_text(&out), again, &m) == 0 && m == n);
        ASSERT(snmp_oid_order((struct str){(char *)oid, n}, (struct str){(char *)again, m}) == 0);
    }
    snmp_oid_nearest(text);
    buf_done(&out);
    mem_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct snmp_pdu *pdu = NEW(struct snmp_pdu);
    struct snmp_message msg = {.pdu = pdu};
    int64_t id = snmp_peek_id((const char *)data, size), frame = ber_frame((const char *)data, size, 100000);

    ASSERT(id >= -1 && frame <= 100000);
    if (snmp_decode((const char *)data, size, &msg) == 0) {
        if (msg.version != SNMP_V3 || snmp_scoped_decode(msg.scoped, pdu) == 0)
            values(pdu);
        if (msg.version == SNMP_V3)
            ASSERT(msg.mac.n == 0 || (msg.mac.p >= (const char *)data && msg.mac.p + msg.mac.n <= (const char *)data + size));
    }
    identifier(data, size);
    mem_free(pdu);
    return 0;
}
