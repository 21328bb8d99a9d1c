/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_ldap.c: any bytes as a stream of LDAP messages, any text as a filter. */
#include "base/mem.h"
#include "base/panic.h"
#include "wire/ldap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void stream(const char *p, size_t n)
{
    struct ldap_message m;

    while (n) {
        int64_t frame = ldap_frame(p, n);

        ASSERT(frame <= LDAP_MAX_BYTES);
        if (frame <= 0 || (size_t)frame > n)
            return;
        if (ldap_decode(p, (size_t)frame, &m) == 0) {
            struct str attributes = m.attributes, name, values, value;

            while (m.op == LDAP_ENTRY && ldap_attribute_next(&attributes, &name, &values))
                while (ldap_value_next(&values, &value))
                    ASSERT(value.p >= p && value.p + value.n <= p + frame);
            ldap_result_name(m.result);
            ldap_policy_error(m.controls);
        }
        p += frame;
        n -= (size_t)frame;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_dupn((const char *)data, size);
    unsigned char space[LDAP_MAX_REQUEST];
    struct ber_out o = ber_out_of(space, sizeof(space));

    stream((const char *)data, size);
    if (ldap_filter_put(&o, text) == 0) {
        struct str s = ber_written(&o), content;
        unsigned tag;

        ASSERT(ber_next(&s, &tag, &content) && s.n == 0);
    }
    /* Whatever was typed stays one value. */
    struct buf escaped = BUF_MAX(4 * size + 20);
    unsigned char more[LDAP_MAX_REQUEST];
    struct ber_out p = ber_out_of(more, sizeof(more));

    buf_str(&escaped, "(uid=");
    ldap_escape(&escaped, text);
    buf_str(&escaped, ")");
    if (ldap_filter_put(&p, buf_text(&escaped)) == 0) {
        struct str s = ber_written(&p), item, name, value;

        ASSERT(ber_take(&s, 0xa3, &item) && ber_take(&item, BER_OCTETS, &name) && ber_take(&item, BER_OCTETS, &value));
        ASSERT(str_is(name, "uid") && str_is(value, text));
    }
    buf_done(&escaped);
    mem_free(text);
    return 0;
}
