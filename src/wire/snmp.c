/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snmp.c: messages and PDUs of SNMP; values are in snmp_value.c, object identifiers in snmp_oid.c. */
#include "wire/snmp.h"

#include "base/err.h"

#include <string.h>

enum { MODEL_USM = 3, MAX_SIZE = 65507, MIN_SIZE = 484 };

/* ---- reading ---- */

static bool bind_decode(struct str *in, struct snmp_bind *ret)
{
    struct str one;

    return ber_take(in, BER_SEQUENCE, &one) && ber_take(&one, BER_OID, &ret->oid) && ret->oid.n > 0 &&
           ber_next(&one, &ret->type, &ret->value) && one.n == 0;
}

static int pdu_decode(struct str in, struct snmp_pdu *ret)
{
    struct str body, binds;

    if (!ber_next(&in, &ret->type, &body) || (ret->type & 0xe0) != 0xa0)
        return ERR_PROTOCOL;
    if (!ber_take_int(&body, BER_INT, &ret->id) || !ber_take_int(&body, BER_INT, &ret->status) ||
        !ber_take_int(&body, BER_INT, &ret->index) || !ber_take(&body, BER_SEQUENCE, &binds))
        return ERR_PROTOCOL;
    for (ret->n = 0; binds.n && ret->n < SNMP_MAX_BINDS; ret->n++)
        if (!bind_decode(&binds, &ret->at[ret->n]))
            return ERR_PROTOCOL;
    return 0;
}

static bool usm_decode(struct str params, struct snmp_message *msg)
{
    struct str in;

    return ber_take(&params, BER_SEQUENCE, &in) && ber_take(&in, BER_OCTETS, &msg->engine) &&
           ber_take_int(&in, BER_INT, &msg->boots) && ber_take_int(&in, BER_INT, &msg->time) &&
           ber_take(&in, BER_OCTETS, &msg->user) && ber_take(&in, BER_OCTETS, &msg->mac) &&
           ber_take(&in, BER_OCTETS, &msg->salt) && msg->engine.n <= SNMP_MAX_ENGINE && msg->boots >= 0 && msg->boots <= INT32_MAX &&
           msg->time >= 0 && msg->time <= INT32_MAX && /* RFC 3414, 2.4 */
           msg->mac.n <= SNMP_MAX_MAC;
}

static int v3_decode(struct str in, struct snmp_message *msg)
{
    struct str head, flags, params;
    int64_t size, model;
    unsigned tag;

    if (!ber_take(&in, BER_SEQUENCE, &head) || !ber_take_int(&head, BER_INT, &msg->id) ||
        !ber_take_int(&head, BER_INT, &size) || !ber_take(&head, BER_OCTETS, &flags) || flags.n != 1 ||
        !ber_take_int(&head, BER_INT, &model) || model != MODEL_USM || size < MIN_SIZE)
        return ERR_PROTOCOL;
    msg->flags = (unsigned char)flags.p[0];
    if (!ber_take(&in, BER_OCTETS, &params) || !usm_decode(params, msg))
        return ERR_PROTOCOL;
    if (msg->flags & SNMP_FLAG_PRIV)
        return ber_take(&in, BER_OCTETS, &msg->scoped) ? 0 : ERR_PROTOCOL;
    msg->scoped = in;
    return ber_next(&in, &tag, &head) && tag == BER_SEQUENCE ? 0 : ERR_PROTOCOL;
}

int snmp_decode(const char *p, size_t n, struct snmp_message *msg)
{
    struct str all = {p, n}, in;
    int64_t version;

    if (n > SNMP_MAX_BYTES || !ber_take(&all, BER_SEQUENCE, &in) || !ber_take_int(&in, BER_INT, &version))
        return ERR_PROTOCOL;
    msg->version = version == SNMP_V1 || version == SNMP_V2C || version == SNMP_V3 ? (int)version : -1;
    if (msg->version == SNMP_V3)
        return v3_decode(in, msg);
    if (msg->version < 0 || !ber_take(&in, BER_OCTETS, &msg->community))
        return ERR_PROTOCOL;
    return pdu_decode(in, msg->pdu);
}

int snmp_scoped_decode(struct str scoped, struct snmp_pdu *ret_pdu)
{
    struct str in, engine, context;

    if (!ber_take(&scoped, BER_SEQUENCE, &in) || !ber_take(&in, BER_OCTETS, &engine) || !ber_take(&in, BER_OCTETS, &context))
        return ERR_PROTOCOL;
    return pdu_decode(in, ret_pdu);
}

/* Enters an element that may be cut short: what is left of it. */
static bool enter(struct str *in, unsigned tag)
{
    struct str rest = *in;
    size_t head = 2;

    if (rest.n < 2 || (unsigned char)rest.p[0] != tag)
        return false;
    if ((unsigned char)rest.p[1] > 0x80)
        head += (unsigned char)rest.p[1] & 0x7f;
    if (head > 6 || rest.n < head)
        return false;
    *in = (struct str){rest.p + head, rest.n - head};
    return true;
}

int64_t snmp_peek_id(const char *p, size_t n)
{
    struct str in = {p, n}, community;
    int64_t version, id;

    if (!enter(&in, BER_SEQUENCE) || !ber_take_int(&in, BER_INT, &version))
        return -1;
    if (version == SNMP_V3)
        return enter(&in, BER_SEQUENCE) && ber_take_int(&in, BER_INT, &id) && id >= 0 ? id : -1;
    if (!ber_take(&in, BER_OCTETS, &community) || in.n == 0 || !enter(&in, (unsigned char)in.p[0]))
        return -1;
    return ber_take_int(&in, BER_INT, &id) && id >= 0 ? id : -1;
}

/* ---- writing, from the end to the front ---- */

static void pdu_put(struct ber_out *o, const struct snmp_pdu *pdu)
{
    const unsigned char *end = o->at;

    for (int i = pdu->n; i-- > 0;) {
        const unsigned char *mark = o->at;

        ber_put(o, BER_NULL, NULL, 0);
        ber_put(o, BER_OID, pdu->at[i].oid.p, pdu->at[i].oid.n);
        ber_close(o, BER_SEQUENCE, mark);
    }
    ber_close(o, BER_SEQUENCE, end);
    ber_put_int(o, BER_INT, pdu->index);
    ber_put_int(o, BER_INT, pdu->status);
    ber_put_int4(o, BER_INT, (uint32_t)pdu->id);
    ber_close(o, pdu->type, end);
}

struct str snmp_encode(struct ber_out *o, int version, struct str community, const struct snmp_pdu *pdu)
{
    const unsigned char *end = o->at;

    pdu_put(o, pdu);
    ber_put(o, BER_OCTETS, community.p, community.n);
    ber_put_int(o, BER_INT, version);
    ber_close(o, BER_SEQUENCE, end);
    return ber_written(o);
}

struct str snmp_scoped_encode(struct ber_out *o, struct str engine, struct str context, const struct snmp_pdu *pdu)
{
    const unsigned char *end = o->at;

    pdu_put(o, pdu);
    ber_put(o, BER_OCTETS, context.p, context.n);
    ber_put(o, BER_OCTETS, engine.p, engine.n);
    ber_close(o, BER_SEQUENCE, end);
    return ber_written(o);
}

static void usm_put(struct ber_out *o, const struct snmp_message *msg, unsigned char **ret_mac)
{
    static const unsigned char zeros[SNMP_MAX_MAC];
    const unsigned char *end = o->at;

    ber_put(o, BER_OCTETS, msg->salt.p, msg->salt.n);
    ber_put_raw(o, zeros, msg->mac.n);
    *ret_mac = o->at;
    ber_close(o, BER_OCTETS, o->at + (o->full ? 0 : msg->mac.n));
    ber_put(o, BER_OCTETS, msg->user.p, msg->user.n);
    ber_put_int(o, BER_INT, msg->time);
    ber_put_int(o, BER_INT, msg->boots);
    ber_put(o, BER_OCTETS, msg->engine.p, msg->engine.n);
    ber_close(o, BER_SEQUENCE, end);
    ber_close(o, BER_OCTETS, end);
}

struct str snmp_encode_v3(struct ber_out *o, const struct snmp_message *msg, unsigned char **ret_mac)
{
    const unsigned char *end = o->at, *mark;
    unsigned char flags = (unsigned char)msg->flags;

    if (msg->flags & SNMP_FLAG_PRIV)
        ber_put(o, BER_OCTETS, msg->scoped.p, msg->scoped.n);
    else
        ber_put_raw(o, msg->scoped.p, msg->scoped.n);
    usm_put(o, msg, ret_mac);
    mark = o->at;
    ber_put_int(o, BER_INT, MODEL_USM);
    ber_put(o, BER_OCTETS, &flags, 1);
    ber_put_int(o, BER_INT, MAX_SIZE);
    ber_put_int4(o, BER_INT, (uint32_t)msg->id);
    ber_close(o, BER_SEQUENCE, mark);
    ber_put_int(o, BER_INT, SNMP_V3);
    ber_close(o, BER_SEQUENCE, end);
    return ber_written(o);
}
