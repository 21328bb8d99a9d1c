/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ask.c: the life of a question: look-up, keys, discovery, sending again, what the agent's answer or report means.
 *
 * An answer counts when its id and its sender fit and, with authentication, its digest; what does not is dropped, as
 * anybody can send a datagram, and only remembered for the text at the time-out. */
#include "checks/snmp/ask.h"

#include "base/hash.h"
#include "checks/snmp/hub.h"

#include <openssl/crypto.h>
#include <string.h>

enum { FIRST_AGAIN_MS = 1000, MAX_NAME = 64 };

const char *const snmp_version_words[] = {"1", "2c", "3", NULL};
static const int versions[] = {SNMP_V1, SNMP_V2C, SNMP_V3};

const struct conf_row snmp_auth_rows[] = {
    {.key = "protocol", .type = CONF_WORD, .offset = SNMP_AT(auth), .words = usm_auth_words, .by_default = "none",
     .help = MSG("hash of the digest"), .example = "sha256"},
    {.key = "password", .type = CONF_SECRET, .offset = SNMP_AT(auth_password), .help = MSG("at least 8 characters"),
     .example = "{ file: /etc/vigie/snmp-auth }"},
    {0},
};
const struct conf_row snmp_priv_rows[] = {
    {.key = "protocol", .type = CONF_WORD, .offset = SNMP_AT(priv), .words = usm_priv_words, .by_default = "none",
     .help = MSG("cipher; aes256 as Net-SNMP has it, aes256c as Cisco"), .example = "aes"},
    {.key = "password", .type = CONF_SECRET, .offset = SNMP_AT(priv_password), .help = MSG("at least 8 characters"),
     .example = "{ file: /etc/vigie/snmp-priv }"},
    {0},
};

static int password_check(const char *password, const char *key, struct err *e)
{
    if (password == NULL || strlen(password) < 8)
        return err_field(e, ERR_INVALID, key, MSG("a password of at least 8 characters belongs to {1}"), "s", key);
    return 0;
}

int snmp_opts_finish(struct snmp_opts *o, const char *host_address, struct err *e)
{
    if (o->address == NULL && host_address == NULL)
        return err_field(e, ERR_INVALID, "address", MSG("the host has no address; write address: HOST"), "");
    if (o->user)
        o->version = SNMP_WORD_3;
    if (o->version == SNMP_WORD_3 && o->user == NULL)
        return err_field(e, ERR_INVALID, "user", MSG("version 3 needs a user"), "");
    if (o->user && (o->user[0] == '\0' || strlen(o->user) > MAX_NAME))
        return err_field(e, ERR_INVALID, "user", MSG("a user has 1 to {1} characters"), "i", (int64_t)MAX_NAME);
    if ((o->community && strlen(o->community) > 255) || (o->context && strlen(o->context) > 255))
        return err_field(e, ERR_LIMIT, "community", MSG("at most {1} characters"), "i", INT64_C(255));
    if (o->priv != USM_NO_PRIV && o->auth == USM_NO_AUTH)
        return err_field(e, ERR_INVALID, "auth", MSG("priv needs auth, too"), "");
    if (o->auth != USM_NO_AUTH && password_check(o->auth_password, "auth", e) != 0)
        return ERR_INVALID;
    return o->priv != USM_NO_PRIV ? password_check(o->priv_password, "priv", e) : 0;
}

/* ---- ends ---- */

static void fail(struct snmp_ask *k, int code, const struct err *e)
{
    attempt_fail(k->a, code, e);
    attempt_done(k->a);
}

static void fail_text(struct snmp_ask *k, int code, const char *msgid)
{
    struct err e;

    err_set(&e, code, msgid, "");
    fail(k, code, &e);
}

static void settled(struct snmp_ask *k)
{
    timer_clear(&k->again);
    if (k->id)
        snmp_hub_remove(k->hub, k);
}

void snmp_ask_stop(struct snmp_ask *k)
{
    if (k->a == NULL)
        return;
    if (k->dns)
        dns_cancel(k->dns);
    k->dns = NULL;
    snmp_hub_unwait(k);
    settled(k);
}

void snmp_ask_late(struct snmp_ask *k)
{
    struct attempt *a = k->a;
    int64_t us = a->timeout_ms * 1000;
    char peer[ADDR_TEXT_BYTES];

    if (k->dns) {
        attempt_late_lookup(a, k->o->address ? k->o->address : a->address);
        return;
    }
    addr_format(&k->peer, peer);
    if (k->bad_digest)
        attempt_say(a, STATE_CRITICAL, MSG("{1} answers, but with a wrong digest: not the agent, or another password"), "s", peer);
    else if (k->o->version != SNMP_WORD_3)
        attempt_say(a, STATE_CRITICAL, MSG("{1} does not answer within {2} (agents keep silent at a wrong community, too)"), "sl", peer, us);
    else if (!k->discovering && a->answered && k->o->priv != USM_NO_PRIV)
        attempt_say(a, STATE_CRITICAL, MSG("{1} told its engine, but does not answer within {2}; is the password of priv right?"), "sl", peer, us);
    else
        attempt_say(a, STATE_CRITICAL, MSG("{1} does not answer within {2}"), "sl", peer, us);
}

/* ---- sending ---- */

static void trace(struct snmp_ask *k, char direction, const struct snmp_pdu *pdu)
{
    struct buf line = BUF_MAX(4096);

    if (k->a->trace == NULL)
        return;
    buf_printf(&line, "SNMPv%s %s", snmp_version_words[k->o->version],
               pdu->type == SNMP_GETBULK ? "getbulk" : pdu->type == SNMP_GETNEXT ? "getnext" : pdu->type == SNMP_GET ? "get" : pdu->type == SNMP_REPORT ? "report" : "response");
    for (int i = 0; i < pdu->n; i++) {
        buf_char(&line, ' ');
        snmp_oid_format(pdu->at[i].oid, true, &line);
        if (direction == '<') {
            buf_str(&line, "=");
            snmp_text(&pdu->at[i], &line);
        }
    }
    attempt_trace(k->a, direction, buf_text(&line), line.len);
    buf_done(&line);
}

static void query_fill(const struct snmp_ask *k, struct snmp_pdu *pdu)
{
    pdu->type = k->query.type;
    pdu->id = k->id;
    pdu->status = 0;
    pdu->index = k->query.type == SNMP_GETBULK ? k->query.repetitions : 0;
    pdu->n = k->query.n;
    for (int i = 0; i < pdu->n; i++)
        pdu->at[i].oid = k->query.oids[i];
}

static struct str discovery_encode(struct snmp_ask *k, struct ber_out *o)
{
    unsigned char space[128], *mac;
    struct ber_out inner = ber_out_of(space, sizeof(space));
    struct snmp_pdu pdu;
    struct snmp_message msg = {.version = SNMP_V3, .id = k->id, .flags = SNMP_FLAG_REPORTABLE};

    pdu.type = SNMP_GET;
    pdu.id = k->id;
    pdu.status = pdu.index = pdu.n = 0;
    k->discovering = true;
    TRACE(k->a, "asking for the engine");
    msg.scoped = snmp_scoped_encode(&inner, (struct str){"", 0}, (struct str){"", 0}, &pdu);
    return snmp_encode_v3(o, &msg, &mac);
}

/* The engine's clock by now. */
static int64_t party_time(const struct snmp_party *p)
{
    return p->time + (clock_mono_us() - p->at_us) / 1000000;
}

/* Keys for the party; false: they are being made (k waits), or cannot be (the attempt is over). */
static bool party_arm(struct snmp_ask *k, struct snmp_party *p)
{
    const struct snmp_opts *o = k->o;
    struct snmp_key *auth, *priv = NULL;

    if (p->usm || o->auth == USM_NO_AUTH)
        return true;
    auth = snmp_hub_key(k->hub, k, (enum usm_auth)o->auth, o->auth_password);
    if (auth == NULL)
        return false;
    if (o->priv != USM_NO_PRIV) {
        priv = snmp_hub_key(k->hub, k, (enum usm_auth)o->auth, o->priv_password);
        if (priv == NULL)
            return false;
    }
    if (auth->code == 0 && (priv == NULL || priv->code == 0))
        p->usm = usm_new((enum usm_auth)o->auth, (enum usm_priv)o->priv, &auth->key, priv ? &priv->key : NULL,
                         (struct str){(const char *)p->engine, p->engine_n});
    if (p->usm == NULL)
        fail_text(k, ERR_UNSUPPORTED, MSG("this machine's OpenSSL lacks a hash or cipher that is wanted"));
    return p->usm != NULL;
}

static struct str v3_encode(struct snmp_ask *k, struct snmp_party *p, const struct snmp_pdu *pdu, struct ber_out *o)
{
    const struct snmp_opts *opts = k->o;
    unsigned char space[SNMP_MAX_REQUEST], cipher[SNMP_MAX_REQUEST + 8], salt[USM_SALT_BYTES], *mac = NULL;
    struct ber_out inner = ber_out_of(space, sizeof(space));
    struct str engine = {(const char *)p->engine, p->engine_n}, out;
    struct snmp_message msg = {.version = SNMP_V3, .id = k->id, .flags = SNMP_FLAG_REPORTABLE, .engine = engine, .user = str_of(opts->user)};

    msg.scoped = snmp_scoped_encode(&inner, engine, str_of(opts->context), pdu);
    if (p->usm) {
        msg.flags |= SNMP_FLAG_AUTH;
        msg.boots = p->boots;
        msg.time = party_time(p);
        msg.mac.n = usm_mac_bytes((enum usm_auth)opts->auth);
    }
    if (opts->priv != USM_NO_PRIV) {
        size_t n;

        if (msg.scoped.n == 0 || usm_encrypt(p->usm, (uint32_t)msg.boots, (uint32_t)msg.time, msg.scoped, cipher, &n, salt) != 0)
            return (struct str){"", 0};
        msg.flags |= SNMP_FLAG_PRIV;
        msg.salt = (struct str){(const char *)salt, sizeof(salt)};
        msg.scoped = (struct str){(const char *)cipher, n};
    }
    out = snmp_encode_v3(o, &msg, &mac);
    if (p->usm && out.n) {
        unsigned char digest[SNMP_MAX_MAC];

        if (usm_mac(p->usm, out.p, out.n, digest) != 0)
            return (struct str){"", 0};
        memcpy(mac, digest, msg.mac.n);
    }
    return out;
}

static void again_arm(struct snmp_ask *k)
{
    int64_t share = k->a->timeout_ms / 5, first = share < FIRST_AGAIN_MS ? share : FIRST_AGAIN_MS;
    int64_t ms = (first > 20 ? first : 20) << (k->tries < 6 ? k->tries : 6);

    k->tries++;
    timer_set(&k->again, ms);
}

/* Sends what has to be sent now. */
void snmp_ask_go(struct snmp_ask *k)
{
    unsigned char space[SNMP_MAX_REQUEST];
    struct ber_out o = ber_out_of(space, sizeof(space));
    struct snmp_party *p = NULL;
    struct snmp_pdu pdu;
    struct str bytes;
    int code;

    query_fill(k, &pdu);
    if (k->o->version == SNMP_WORD_3) {
        p = snmp_hub_party(k->hub, &k->peer, k->print);
        if (p && !party_arm(k, p))
            return;
        k->discovering = p == NULL;
        bytes = p ? v3_encode(k, p, &pdu, &o) : discovery_encode(k, &o);
    } else {
        bytes = snmp_encode(&o, versions[k->o->version], str_of(k->o->community), &pdu);
    }
    if (!k->discovering)
        trace(k, '>', &pdu);
    if (bytes.n == 0) {
        fail_text(k, ERR_LIMIT, MSG("the question is too long for one datagram"));
        return;
    }
    code = udp_send(k->hub->udp, &k->peer, bytes.p, bytes.n);
    if (code && code != ERR_BUSY) {
        fail(k, code, NULL);
        return;
    }
    again_arm(k);
}

static void again(void *arg)
{
    struct snmp_ask *k = arg;

    TRACE(k->a, "no answer yet, asking again");
    snmp_ask_go(k);
}

void snmp_ask_send(struct snmp_ask *k, const struct snmp_query *q, snmp_answered *answered)
{
    k->query = *q;
    k->answered = answered;
    k->tries = 0;
    k->asked_us = clock_mono_us();
    snmp_hub_add(k->hub, k);
    snmp_ask_go(k);
}

/* ---- hearing ---- */

void snmp_ask_undelivered(struct snmp_ask *k, int code)
{
    struct err e;
    char peer[ADDR_TEXT_BYTES];

    addr_format(&k->peer, peer);
    if (code == ERR_REFUSED)
        err_set(&e, code, MSG("no agent listens at {1}"), "s", peer);
    else
        err_set(&e, code, MSG("{1} cannot be reached"), "s", peer);
    fail(k, code == ERR_REFUSED ? ERR_REFUSED : ERR_UNREACHABLE, &e);
}

/* Digest, window and cipher of a message; then its PDU in hub->pdu. 0, or a reason to drop it. */
static int v3_open(struct snmp_ask *k, const struct snmp_message *msg, const char *p, size_t n)
{
    struct snmp_party *party = snmp_hub_party(k->hub, &k->peer, k->print);
    struct str scoped = msg->scoped;
    unsigned char copy[UDP_MAX_BYTES], digest[SNMP_MAX_MAC];

    if (msg->flags & SNMP_FLAG_AUTH) {
        size_t bytes = usm_mac_bytes((enum usm_auth)k->o->auth);

        if (party == NULL || party->usm == NULL || n > sizeof(copy) || msg->mac.n != bytes || msg->engine.n != party->engine_n ||
            memcmp(msg->engine.p, party->engine, party->engine_n) != 0)
            return ERR_PROTOCOL;
        memcpy(copy, p, n);
        memset(copy + (msg->mac.p - p), 0, bytes);
        if (usm_mac(party->usm, copy, n, digest) != 0 || CRYPTO_memcmp(digest, msg->mac.p, bytes) != 0) {
            k->bad_digest = true;
            return ERR_AUTH;
        }
    }
    if (msg->flags & SNMP_FLAG_PRIV) {
        size_t clear;

        if (!(msg->flags & SNMP_FLAG_AUTH) || k->o->priv == USM_NO_PRIV || scoped.n > sizeof(k->hub->clear) ||
            usm_decrypt(party->usm, (uint32_t)msg->boots, (uint32_t)msg->time, scoped, msg->salt, k->hub->clear, &clear) != 0)
            return ERR_PROTOCOL;
        scoped = (struct str){(const char *)k->hub->clear, clear};
    }
    return snmp_scoped_decode(scoped, &k->hub->pdu);
}

static void clock_set(struct snmp_party *p, const struct snmp_message *msg)
{
    p->boots = msg->boots;
    p->time = msg->time;
    p->at_us = clock_mono_us();
}

static void engine_learn(struct snmp_ask *k, const struct snmp_message *msg)
{
    struct snmp_party *p;

    if (msg->engine.n < 5 || (!k->discovering && k->rediscovered)) {
        fail_text(k, ERR_PROTOCOL, MSG("the agent does not know its own engine"));
        return;
    }
    k->rediscovered = true;
    p = snmp_hub_learn(k->hub, &k->peer, k->print, msg->engine);
    clock_set(p, msg);
    k->tries = 0;
    snmp_ask_go(k);
}

static void clock_learn(struct snmp_ask *k, const struct snmp_message *msg)
{
    struct snmp_party *p = snmp_hub_party(k->hub, &k->peer, k->print);

    if (p == NULL || !(msg->flags & SNMP_FLAG_AUTH))
        return; /* anybody could say so */
    if (k->resynced) {
        fail_text(k, ERR_PROTOCOL, MSG("the agent refuses the very time that it told"));
        return;
    }
    k->resynced = true;
    clock_set(p, msg);
    k->tries = 0;
    snmp_ask_go(k);
}

/* usmStats…: 1.3.6.1.6.3.15.1.1.N.0 */
static void report_heard(struct snmp_ask *k, const struct snmp_message *msg)
{
    static const unsigned char stats[] = {0x2b, 6, 1, 6, 3, 15, 1, 1};
    static const char *const words[] = {NULL, MSG("the agent wants another security level for this user"), NULL,
        MSG("the agent does not know this user"), NULL, MSG("the agent refuses the digest: is the password of auth right?"),
        MSG("the agent cannot decipher the question: is the password of priv right?")};
    const struct snmp_pdu *pdu = &k->hub->pdu;
    struct str oid = pdu->n ? pdu->at[0].oid : (struct str){"", 0};
    unsigned which = oid.n > sizeof(stats) && memcmp(oid.p, stats, sizeof(stats)) == 0 ? (unsigned char)oid.p[sizeof(stats)] : 0;

    if (which == 4)
        engine_learn(k, msg);
    else if (which == 2)
        clock_learn(k, msg);
    else if (which < COUNT(words) && words[which])
        fail_text(k, ERR_AUTH, words[which]);
    else
        fail_text(k, ERR_PROTOCOL, MSG("the agent refuses the question with a report that is not known"));
}

/* RFC 3414 3.2 7b: an authenticated message of the past is a replay. Later clocks are taken over. */
static bool in_window(struct snmp_ask *k, const struct snmp_message *msg)
{
    struct snmp_party *p = snmp_hub_party(k->hub, &k->peer, k->print);

    if (p == NULL || !(msg->flags & SNMP_FLAG_AUTH))
        return p != NULL;
    if (msg->boots < p->boots || (msg->boots == p->boots && msg->time < party_time(p) - HUB_WINDOW_S))
        return false;
    if (msg->boots > p->boots || msg->time > p->time)
        clock_set(p, msg);
    return true;
}

static void answer(struct snmp_ask *k)
{
    struct attempt *a = k->a;

    a->answered = true;
    if (a->timings.first_byte_us == 0)
        a->timings.first_byte_us = (int32_t)attempt_spent_us(a);
    trace(k, '<', &k->hub->pdu);
    settled(k);
    k->answered(a, &k->hub->pdu);
}

static void v3_heard(struct snmp_ask *k, const struct snmp_message *msg, const char *p, size_t n)
{
    int level = (k->o->auth != USM_NO_AUTH ? SNMP_FLAG_AUTH : 0) | (k->o->priv != USM_NO_PRIV ? SNMP_FLAG_PRIV : 0);
    int code = v3_open(k, msg, p, n);

    if (code == ERR_AUTH)
        return;
    if (code) {
        TRACE(k->a, "heard something that is dropped");
        return;
    }
    k->a->answered = true;
    timer_clear(&k->again);
    if (k->hub->pdu.type == SNMP_REPORT) {
        trace(k, '<', &k->hub->pdu);
        report_heard(k, msg);
    } else if (k->hub->pdu.type == SNMP_RESPONSE && !k->discovering && (msg->flags & level) == level && k->hub->pdu.id == k->id && in_window(k, msg)) {
        answer(k);
    } else {
        again_arm(k);
    }
    if (k->id && !k->a->ended && !timer_is_set(&k->again) && k->waits_for == NULL)
        again_arm(k); /* dropped above: the question stands */
}

void snmp_ask_heard(struct snmp_ask *k, const char *p, size_t n)
{
    struct snmp_message msg = {.pdu = &k->hub->pdu};
    int code = snmp_decode(p, n, &msg);

    if (code == 0 && msg.version != versions[k->o->version])
        code = ERR_PROTOCOL;
    if (code && k->o->version == SNMP_WORD_3 && k->o->auth != USM_NO_AUTH)
        return; /* not proven to be the agent's */
    if (code)
        fail(k, code, NULL);
    else if (msg.version == SNMP_V3)
        v3_heard(k, &msg, p, n);
    else if (k->hub->pdu.type == SNMP_RESPONSE)
        answer(k);
}

/* ---- opening ---- */

static void on_addrs(void *arg, const struct dns_addrs *r)
{
    struct snmp_ask *k = arg;

    k->dns = NULL;
    k->a->timings.lookup_us = (int32_t)r->took_us;
    if (r->code || r->n == 0) {
        fail(k, r->code ? r->code : ERR_NOT_FOUND, &r->err);
        return;
    }
    k->peer = r->at[0];
    addr_set_port(&k->peer, (int)k->o->port);
    k->ready(k->a);
}

static uint64_t print_of(const struct snmp_opts *o)
{
    uint64_t h = hash_text(o->user, (uint64_t)(o->auth * 16 + o->priv));

    return hash_text(o->priv_password, hash_text(o->auth_password, h));
}

void snmp_ask_open(struct snmp_ask *k, struct attempt *a, const struct snmp_opts *o, void (*ready)(struct attempt *a))
{
    const char *host = o->address ? o->address : attempt_address(a);

    if (host == NULL)
        return;
    k->a = a;
    k->o = o;
    k->ready = ready;
    k->hub = snmp_hub_of(a->env);
    timer_init(&k->again, a->env->loop, again, k);
    if (o->version == SNMP_WORD_3)
        k->print = print_of(o);
    if (addr_parse(host, (int)o->port, &k->peer) == 0)
        ready(a);
    else
        k->dns = dns_resolve(a->env->dns, host, (enum dns_family)a->family, attempt_left_ms(a), on_addrs, k);
}
