/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ldap.c: see ldap.h.  Messages are written from the end to the front, so the parts of an "and" come out in another
 * order than they were written: to LDAP that is the same (a set). */
#include "wire/ldap.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"

#include <string.h>

#define STARTTLS_OID "1.3.6.1.4.1.1466.20037"
#define POLICY_OID "1.3.6.1.4.1.42.2.27.8.5.1"
enum { AND = 0xa0, OR = 0xa1, NOT = 0xa2, EQUAL = 0xa3, SUBSTRINGS = 0xa4, AT_LEAST = 0xa5, AT_MOST = 0xa6, PRESENT = 0x87, ALIKE = 0xa8 };
enum { CONTROLS = 0xa0, POLICY_ERROR = 0x81 };
enum { MAX_VALUE = 1024, MAX_PIECES = 16, SIMPLE = 0x80, REQUEST_NAME = 0x80 };

/* ---- reading ---- */

int64_t ldap_frame(const char *p, size_t n)
{
    if (n && (unsigned char)p[0] != BER_SEQUENCE)
        return ERR_PROTOCOL;
    return ber_frame(p, n, LDAP_MAX_BYTES);
}

static bool is_result(unsigned op)
{
    return op == LDAP_BIND_RESPONSE || op == LDAP_DONE || op == LDAP_EXTENDED_RESPONSE;
}

int ldap_decode(const char *p, size_t n, struct ldap_message *ret)
{
    struct str all = {p, n}, in, body, matched;
    struct ldap_message m = {.op = 0};

    if (!ber_take(&all, BER_SEQUENCE, &in) || !ber_take_int(&in, BER_INT, &m.id) || !ber_next(&in, &m.op, &body))
        return ERR_PROTOCOL;
    if (is_result(m.op) && (!ber_take_int(&body, BER_ENUM, &m.result) || !ber_take(&body, BER_OCTETS, &matched) || !ber_take(&body, BER_OCTETS, &m.text)))
        return ERR_PROTOCOL;
    if (m.op == LDAP_ENTRY && (!ber_take(&body, BER_OCTETS, &m.dn) || !ber_take(&body, BER_SEQUENCE, &m.attributes)))
        return ERR_PROTOCOL;
    ber_take(&in, CONTROLS, &m.controls);
    *ret = m;
    return 0;
}

bool ldap_attribute_next(struct str *attributes, struct str *ret_name, struct str *ret_values)
{
    struct str one;

    return ber_take(attributes, BER_SEQUENCE, &one) && ber_take(&one, BER_OCTETS, ret_name) && ber_take(&one, BER_SET, ret_values);
}

bool ldap_value_next(struct str *values, struct str *ret_value)
{
    return ber_take(values, BER_OCTETS, ret_value);
}

const char *ldap_result_name(int64_t result)
{
    static const struct {
        int code;
        const char *name;
    } names[] = {
        {0, "success"}, {1, "operationsError"}, {2, "protocolError"}, {3, "timeLimitExceeded"}, {4, "sizeLimitExceeded"},
        {7, "authMethodNotSupported"}, {8, "strongerAuthRequired"}, {10, "referral"}, {11, "adminLimitExceeded"},
        {13, "confidentialityRequired"}, {16, "noSuchAttribute"}, {17, "undefinedAttributeType"}, {18, "inappropriateMatching"},
        {21, "invalidAttributeSyntax"}, {32, "noSuchObject"}, {34, "invalidDNSyntax"}, {48, "inappropriateAuthentication"},
        {49, "invalidCredentials"}, {50, "insufficientAccessRights"}, {51, "busy"}, {52, "unavailable"}, {53, "unwillingToPerform"}, {80, "other"},
    };

    for (size_t i = 0; i < COUNT(names); i++)
        if (names[i].code == result)
            return names[i].name;
    return "?";
}

const char *ldap_policy_error(struct str controls)
{
    static const char *const names[] = {"passwordExpired", "accountLocked", "changeAfterReset", "passwordModNotAllowed", "mustSupplyOldPassword",
                                        "insufficientPasswordQuality", "passwordTooShort", "passwordTooYoung", "passwordInHistory"};
    struct str one, type, value, said;
    unsigned tag;
    int64_t code;

    while (ber_take(&controls, BER_SEQUENCE, &one)) {
        if (!ber_take(&one, BER_OCTETS, &type) || !str_is(type, POLICY_OID))
            continue;
        ber_take(&one, BER_BOOL, &value);
        if (!ber_take(&one, BER_OCTETS, &value) || !ber_take(&value, BER_SEQUENCE, &said))
            continue;
        while (ber_next(&said, &tag, &value))
            if (tag == POLICY_ERROR && ber_int(value, &code))
                return code >= 0 && code < (int64_t)COUNT(names) ? names[code] : "?";
    }
    return NULL;
}

/* ---- writing ---- */

static struct str finish(struct ber_out *o, int id, const unsigned char *end)
{
    ber_put_int(o, BER_INT, id);
    ber_close(o, BER_SEQUENCE, end);
    return ber_written(o);
}

static void put_text(struct ber_out *o, unsigned tag, const char *text)
{
    ber_put(o, tag, text, text ? strlen(text) : 0);
}

struct str ldap_bind(struct ber_out *o, int id, const char *dn, const char *password)
{
    const unsigned char *end = o->at;

    put_text(o, SIMPLE, password);
    put_text(o, BER_OCTETS, dn);
    ber_put_int(o, BER_INT, 3);
    ber_close(o, LDAP_BIND, end);
    return finish(o, id, end);
}

struct str ldap_bind_policy(struct ber_out *o, int id, const char *dn, const char *password)
{
    const unsigned char *end = o->at;

    put_text(o, BER_OCTETS, POLICY_OID); /* not critical: who does not know it leaves it alone */
    ber_close(o, BER_SEQUENCE, end);
    ber_close(o, CONTROLS, end);
    const unsigned char *bind = o->at;

    put_text(o, SIMPLE, password);
    put_text(o, BER_OCTETS, dn);
    ber_put_int(o, BER_INT, 3);
    ber_close(o, LDAP_BIND, bind);
    return finish(o, id, end);
}

struct str ldap_starttls(struct ber_out *o, int id)
{
    const unsigned char *end = o->at;

    put_text(o, REQUEST_NAME, STARTTLS_OID);
    ber_close(o, LDAP_EXTENDED, end);
    return finish(o, id, end);
}

struct str ldap_unbind(struct ber_out *o, int id)
{
    const unsigned char *end = o->at;

    ber_put(o, LDAP_UNBIND, NULL, 0);
    return finish(o, id, end);
}

struct str ldap_search(struct ber_out *o, int id, const struct ldap_search *s)
{
    const unsigned char *end = o->at;
    unsigned char no = 0;

    put_text(o, BER_OCTETS, s->attribute ? s->attribute : "1.1");
    ber_close(o, BER_SEQUENCE, end);
    if (ldap_filter_put(o, s->filter) != 0)
        return (struct str){"", 0};
    ber_put(o, BER_BOOL, &no, 1);
    ber_put_int(o, BER_INT, s->time_limit_s);
    ber_put_int(o, BER_INT, s->size_limit);
    ber_put_int(o, BER_ENUM, 0); /* aliases are not followed */
    ber_put_int(o, BER_ENUM, s->scope);
    put_text(o, BER_OCTETS, s->base);
    ber_close(o, LDAP_SEARCH, end);
    return finish(o, id, end);
}

/* ---- filters ---- */

/* A value with its \xx turned to bytes; bytes written, or ERR_. */
static int value_read(struct str in, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < in.n; i++) {
        unsigned char byte = (unsigned char)in.p[i];

        if (n == MAX_VALUE)
            return ERR_LIMIT;
        if (byte == '\\') {
            char hex[3] = {0};

            if (i + 2 >= in.n)
                return ERR_INVALID;
            memcpy(hex, in.p + i + 1, 2);
            if (hash_unhex(hex, &byte, 1) != 0)
                return ERR_INVALID;
            i += 2;
        }
        out[n++] = (char)byte;
    }
    return (int)n;
}

static int put_value(struct ber_out *o, unsigned tag, struct str in)
{
    char value[MAX_VALUE];
    int n = value_read(in, value);

    if (n < 0)
        return n;
    ber_put(o, tag, value, (size_t)n);
    return 0;
}

/* "a*b*c": first, any…, last; an empty piece at an end is none. */
static int put_substrings(struct ber_out *o, struct str value)
{
    struct str pieces[MAX_PIECES];
    const unsigned char *end = o->at;
    int n = 0;

    for (;;) {
        const char *star = memchr(value.p, '*', value.n);

        if (n == MAX_PIECES)
            return ERR_LIMIT;
        pieces[n++] = (struct str){value.p, star ? (size_t)(star - value.p) : value.n};
        if (star == NULL)
            break;
        value = (struct str){star + 1, value.n - (size_t)(star + 1 - value.p)};
    }
    for (int i = n; i-- > 0;) {
        unsigned tag = i == 0 ? 0x80 : i == n - 1 ? 0x82 : 0x81;
        int code = pieces[i].n ? put_value(o, tag, pieces[i]) : 0;

        if (code)
            return code;
    }
    ber_close(o, BER_SEQUENCE, end);
    return 0;
}

static bool name_good(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.;", name.p[i]) || name.p[i] == '\0')
            return false;
    return name.n > 0;
}

/* attribute=value and its kin. */
static int put_item(struct ber_out *o, struct str item)
{
    const char *equals = memchr(item.p, '=', item.n);
    const unsigned char *end = o->at;
    struct str name, value;
    unsigned tag = EQUAL;
    int code;

    if (equals == NULL || equals == item.p)
        return ERR_INVALID;
    value = (struct str){equals + 1, item.n - (size_t)(equals + 1 - item.p)};
    name = (struct str){item.p, (size_t)(equals - item.p)};
    tag = equals[-1] == '>' ? AT_LEAST : equals[-1] == '<' ? AT_MOST : equals[-1] == '~' ? ALIKE : EQUAL;
    if (tag != EQUAL)
        name.n--;
    if (!name_good(name))
        return ERR_INVALID;
    if (tag == EQUAL && str_is(value, "*")) {
        ber_put(o, PRESENT, name.p, name.n);
        return 0;
    }
    if (tag == EQUAL && memchr(value.p, '*', value.n)) {
        tag = SUBSTRINGS;
        code = put_substrings(o, value);
    } else {
        code = put_value(o, BER_OCTETS, value);
    }
    ber_put(o, BER_OCTETS, name.p, name.n);
    ber_close(o, tag, end);
    return code;
}

static int put_filter(struct ber_out *o, struct str *in, int depth);

/* What stands between parentheses; *in is behind the opening one, then behind the closing one. */
static int put_inner(struct ber_out *o, struct str *in, int depth)
{
    const unsigned char *end = o->at;
    const char *close;
    unsigned tag = in->n == 0 ? 0 : in->p[0] == '&' ? AND : in->p[0] == '|' ? OR : in->p[0] == '!' ? NOT : 0;
    int n = 0, code;

    if (tag == 0) {
        close = memchr(in->p, ')', in->n);
        if (close == NULL)
            return ERR_INVALID;
        code = put_item(o, (struct str){in->p, (size_t)(close - in->p)});
        *in = (struct str){close + 1, in->n - (size_t)(close + 1 - in->p)};
        return code;
    }
    for (*in = (struct str){in->p + 1, in->n - 1}; in->n && in->p[0] == '('; n++) {
        code = put_filter(o, in, depth + 1);
        if (code)
            return code;
    }
    if (in->n == 0 || in->p[0] != ')' || n == 0 || (tag == NOT && n != 1))
        return ERR_INVALID;
    *in = (struct str){in->p + 1, in->n - 1};
    ber_close(o, tag, end);
    return 0;
}

static int put_filter(struct ber_out *o, struct str *in, int depth)
{
    if (depth > LDAP_MAX_DEPTH)
        return ERR_LIMIT;
    if (in->n == 0 || in->p[0] != '(')
        return ERR_INVALID;
    *in = (struct str){in->p + 1, in->n - 1};
    return put_inner(o, in, depth);
}

int ldap_filter_put(struct ber_out *o, const char *text)
{
    struct str in = str_trim(str_of(text));
    int code;

    if (in.n && in.p[0] != '(' && in.p[0] != '&' && in.p[0] != '|' && in.p[0] != '!')
        return memchr(in.p, '(', in.n) || memchr(in.p, ')', in.n) ? ERR_INVALID : put_item(o, in);
    code = put_filter(o, &in, 0);
    if (code == 0 && in.n)
        return ERR_INVALID;
    return code == 0 && o->full ? ERR_LIMIT : code;
}

void ldap_escape(struct buf *out, const char *text)
{
    for (const char *p = text; *p; p++)
        if (strchr("*()\\", *p))
            buf_printf(out, "\\%02x", (unsigned char)*p);
        else
            buf_char(out, *p);
}
