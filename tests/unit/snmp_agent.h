/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snmp_agent.h: a small SNMP agent for tests and the bench: a list of objects, v1, v2c and v3, and ways to be wrong.
 * It answers one datagram by another; sockets are the caller's. */
#ifndef VIGIE_TESTS_SNMP_AGENT_H
#define VIGIE_TESTS_SNMP_AGENT_H

#include "base/mem.h"
#include "checks/snmp/usm.h"
#include "wire/snmp.h"

#include <string.h>

struct agent_object { /* sorted by oid */
    const char *oid;
    unsigned type;
    const char *value; /* of octets */
    uint64_t number;
};
enum agent_fault {
    AGENT_GOOD, AGENT_SILENT, AGENT_GARBAGE, AGENT_OTHER_OID, AGENT_LOOPS, AGENT_BAD_DIGEST, AGENT_BAD_CLOCK, AGENT_OTHER_ID, AGENT_FEW,
    AGENT_PLAIN, AGENT_TOO_BIG, AGENT_HALF, AGENT_UNKNOWN_ENGINE, AGENT_WRONG_VERSION,
};
struct agent {
    const char *community, *user;
    enum usm_auth auth;
    enum usm_priv priv;
    const char *auth_password, *priv_password;
    struct usm *usm;
    unsigned char engine[SNMP_MAX_ENGINE];
    size_t engine_n;
    int64_t boots, time;
    const struct agent_object *objects;
    int n;
    enum agent_fault fault;
    int heard, discoveries, lost; /* lost: so many are not answered at first */
    unsigned char clear[8192];
    struct snmp_pdu pdu;
};

static inline void agent_start(struct agent *g)
{
    struct usm_key auth, priv = {.n = 0};

    if (g->engine_n == 0) {
        memcpy(g->engine, "\x80\x00\x1f\x88\x04test", 9);
        g->engine_n = 9;
    }
    if (g->boots == 0)
        g->boots = 3, g->time = 1000;
    g->usm = usm_free(g->usm);
    if (g->auth == USM_NO_AUTH)
        return;
    usm_password_key(g->auth, g->auth_password, &auth);
    if (g->priv)
        usm_password_key(g->auth, g->priv_password, &priv);
    g->usm = usm_new(g->auth, g->priv, &auth, &priv, (struct str){(char *)g->engine, g->engine_n});
}

static inline int agent_find(const struct agent *g, struct str oid, bool next)
{
    unsigned char mine[SNMP_OID_BYTES];
    size_t n;

    for (int i = 0; i < g->n; i++) {
        int order;

        snmp_oid_parse(g->objects[i].oid, mine, &n);
        order = snmp_oid_order((struct str){(char *)mine, n}, oid);
        if (next ? order > 0 : order == 0)
            return i;
    }
    return -1;
}

static inline void agent_put(struct ber_out *o, const struct agent *g, int i, struct str asked, bool v1)
{
    const struct agent_object *x = i >= 0 ? &g->objects[i] : NULL;
    const unsigned char *mark = o->at;
    unsigned char oid[SNMP_OID_BYTES];
    size_t n = asked.n;

    memcpy(oid, asked.p, asked.n);
    if (x)
        snmp_oid_parse(x->oid, oid, &n);
    if (x == NULL)
        ber_put(o, g->pdu.type == SNMP_GET ? SNMP_NO_INSTANCE : SNMP_END_OF_VIEW, NULL, 0);
    else if (x->value)
        ber_put(o, x->type, x->value, x->type == SNMP_OPAQUE ? 7 : strlen(x->value));
    else
        ber_put_int(o, x->type, (int64_t)x->number);
    if (g->fault == AGENT_OTHER_OID)
        oid[n - 1] ^= 1;
    ber_put(o, BER_OID, oid, n);
    ber_close(o, BER_SEQUENCE, mark);
}

/* The binds of the answer, last first. Returns the index of an object that v1 lacks, or 0. */
static inline int agent_binds(struct agent *g, struct ber_out *o, bool v1)
{
    int at[64], n = 0, lacks = 0;
    struct str asked[64];

    if (g->pdu.type == SNMP_GETBULK) {
        for (int64_t k = 0; k < g->pdu.index; k++)
            for (int b = 0; b < g->pdu.n && n < 60; b++) {
                int i = agent_find(g, g->pdu.at[b].oid, true);

                asked[n] = g->pdu.at[b].oid;
                at[n++] = g->fault == AGENT_LOOPS ? (i < 0 ? g->n - 1 : i) : i >= 0 && i + k < g->n ? i + (int)k : -1;
            }
    } else {
        for (; n < g->pdu.n && n < 64; n++) {
            asked[n] = g->pdu.at[n].oid;
            at[n] = agent_find(g, asked[n], g->pdu.type == SNMP_GETNEXT);
            lacks = at[n] < 0 && !lacks ? n + 1 : lacks;
        }
    }
    for (int i = n; i-- > (g->fault == AGENT_FEW ? 1 : 0);)
        agent_put(o, g, at[i], asked[i], v1);
    return v1 ? lacks : 0;
}

static inline void agent_pdu(struct agent *g, struct ber_out *o, bool v1)
{
    const unsigned char *end = o->at;
    int lacks = agent_binds(g, o, v1);

    ber_close(o, BER_SEQUENCE, end);
    ber_put_int(o, BER_INT, lacks);
    ber_put_int(o, BER_INT, g->fault == AGENT_TOO_BIG ? 1 : lacks ? 2 : 0);
    ber_put_int(o, BER_INT, g->pdu.id);
    ber_close(o, SNMP_RESPONSE, end);
}

static inline void agent_report(struct agent *g, struct ber_out *o, int which)
{
    unsigned char oid[] = {0x2b, 6, 1, 6, 3, 15, 1, 1, (unsigned char)which, 0};
    const unsigned char *end = o->at;

    ber_put_int(o, SNMP_COUNTER32, 1);
    ber_put(o, BER_OID, oid, sizeof(oid));
    ber_close(o, BER_SEQUENCE, end);
    ber_close(o, BER_SEQUENCE, end);
    ber_put_int(o, BER_INT, 0);
    ber_put_int(o, BER_INT, 0);
    ber_put_int(o, BER_INT, 0);
    ber_close(o, SNMP_REPORT, end);
}

/* Which report a request earns; 0: none. g->pdu is filled. */
static inline int agent_judge(struct agent *g, struct snmp_message *m, const char *p, size_t n)
{
    unsigned char digest[SNMP_MAX_MAC], copy[8192];
    struct str scoped = m->scoped;
    size_t clear;

    if (m->engine.n != g->engine_n || memcmp(m->engine.p, g->engine, g->engine_n) != 0 || g->fault == AGENT_UNKNOWN_ENGINE)
        return 4;
    if (g->user == NULL || !str_is(m->user, g->user))
        return 3;
    if ((g->auth && !(m->flags & SNMP_FLAG_AUTH)) || (g->priv && !(m->flags & SNMP_FLAG_PRIV)))
        return 1;
    if (m->flags & SNMP_FLAG_AUTH) {
        memcpy(copy, p, n);
        memset(copy + (m->mac.p - p), 0, m->mac.n);
        usm_mac(g->usm, copy, n, digest);
        if (memcmp(digest, m->mac.p, m->mac.n) != 0)
            return 5;
        if (m->boots != g->boots || m->time < g->time - 150 || m->time > g->time + 150 || g->fault == AGENT_BAD_CLOCK)
            return 2;
    }
    if (m->flags & SNMP_FLAG_PRIV) {
        usm_decrypt(g->usm, (uint32_t)m->boots, (uint32_t)m->time, m->scoped, m->salt, g->clear, &clear);
        scoped = (struct str){(char *)g->clear, clear};
    }
    return snmp_scoped_decode(scoped, &g->pdu) ? 6 : 0;
}

static inline struct str agent_v3(struct agent *g, struct snmp_message *m, const char *p, size_t n, struct ber_out *out)
{
    unsigned char space[8192], cipher[8192], salt[8], *mac;
    struct ber_out inner = ber_out_of(space, sizeof(space));
    int report = agent_judge(g, m, p, n);
    bool proven = g->usm && (report == 0 || report == 2) && g->fault != AGENT_PLAIN;
    struct snmp_message a = {.version = SNMP_V3, .id = m->id + (g->fault == AGENT_OTHER_ID), .engine = {(char *)g->engine, g->engine_n}, .boots = g->boots, .time = g->time, .user = m->user};

    g->discoveries += report == 4;
    if (report)
        agent_report(g, &inner, report);
    else
        agent_pdu(g, &inner, false);
    ber_put(&inner, BER_OCTETS, "", 0);
    ber_put(&inner, BER_OCTETS, g->engine, g->engine_n);
    ber_close(&inner, BER_SEQUENCE, inner.end);
    a.scoped = ber_written(&inner);
    if (proven) {
        a.flags |= SNMP_FLAG_AUTH;
        a.mac.n = usm_mac_bytes(g->auth);
        if (g->priv && report == 0) {
            size_t k;

            usm_encrypt(g->usm, (uint32_t)a.boots, (uint32_t)a.time, a.scoped, cipher, &k, salt);
            a.flags |= SNMP_FLAG_PRIV;
            a.scoped = (struct str){(char *)cipher, k};
            a.salt = (struct str){(char *)salt, 8};
        }
    }
    struct str bytes = snmp_encode_v3(out, &a, &mac);
    if (proven) {
        unsigned char digest[SNMP_MAX_MAC];

        usm_mac(g->usm, bytes.p, bytes.n, digest);
        digest[0] ^= g->fault == AGENT_BAD_DIGEST && report == 0;
        memcpy(mac, digest, a.mac.n);
    }
    return bytes;
}

/* The answer, in out; empty: none. */
static inline struct str agent_answer(struct agent *g, const char *p, size_t n, struct ber_out *out)
{
    struct snmp_message m = {.pdu = &g->pdu};
    struct str bytes;

    g->heard++;
    if (g->lost > 0) {
        g->lost--;
        return (struct str){"", 0};
    }
    if (g->fault == AGENT_SILENT || snmp_decode(p, n, &m) != 0)
        return (struct str){"", 0};
    if (g->fault == AGENT_GARBAGE) { /* enough of a head to be taken for an answer, then dust */
        memset(out->start, 0x3f, 64);
        memcpy(out->start, p, n < 24 ? n : 24);
        return (struct str){(char *)out->start, 64};
    }
    if (m.version == SNMP_V3) {
        bytes = agent_v3(g, &m, p, n, out);
    } else {
        if (!str_is(m.community, g->community))
            return (struct str){"", 0};
        g->pdu.id += g->fault == AGENT_OTHER_ID;
        agent_pdu(g, out, m.version == SNMP_V1);
        ber_put(out, BER_OCTETS, m.community.p, m.community.n);
        ber_put_int(out, BER_INT, g->fault == AGENT_WRONG_VERSION ? !m.version : m.version);
        ber_close(out, BER_SEQUENCE, out->end);
        bytes = ber_written(out);
    }
    if (g->fault == AGENT_HALF)
        bytes.n = bytes.n * 2 / 3;
    return bytes;
}

#endif
