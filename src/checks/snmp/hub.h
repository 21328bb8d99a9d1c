/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hub.h: what all SNMP questions of a probe loop share: the sockets, the table of who waits for an answer, what is
 * known of the agents of v3 (parties: one user at one agent), and the keys that passwords gave.
 *
 * Private to this folder. All tables have ceilings; a party or a key that is thrown out is learnt again. */
#ifndef VIGIE_CHECKS_SNMP_HUB_H
#define VIGIE_CHECKS_SNMP_HUB_H

#include "checks/snmp/ask.h"
#include "io/udp.h"

enum { HUB_BUCKETS = 4096, HUB_MAX_PARTIES = 8192, HUB_MAX_KEYS = 256, HUB_WINDOW_S = 150 };

struct snmp_party {
    struct snmp_party *next;
    struct addr peer;
    uint64_t print;
    unsigned char engine[SNMP_MAX_ENGINE];
    size_t engine_n;
    int64_t boots, time, at_us; /* the engine's clock, as it was at at_us */
    struct usm *usm;            /* NULL until keys are there, and without authentication */
};
/* A key from a password (not localised), being derived or ready. */
struct snmp_key {
    struct snmp_key *next;
    enum usm_auth auth;
    char *password;
    struct usm_key key;
    bool ready;
    int code;
    struct snmp_ask *waiting;
    struct snmp_derive *job; /* on a worker */
};
struct snmp_hub {
    struct probe_env *env;
    struct udp *udp;
    uint64_t seed;
    uint32_t count;
    struct snmp_ask *asks[HUB_BUCKETS];
    struct snmp_party *parties[HUB_BUCKETS];
    int n_parties, n_keys;
    struct snmp_key *keys;
    struct snmp_pdu pdu;               /* the one that is being read */
    unsigned char clear[UDP_MAX_BYTES]; /* deciphered */
};
struct snmp_hub *snmp_hub_of(struct probe_env *env);
void snmp_hub_add(struct snmp_hub *h, struct snmp_ask *k); /* gives it a new id */
void snmp_hub_remove(struct snmp_hub *h, struct snmp_ask *k);
struct snmp_party *snmp_hub_party(struct snmp_hub *h, const struct addr *peer, uint64_t print); /* NULL */
struct snmp_party *snmp_hub_learn(struct snmp_hub *h, const struct addr *peer, uint64_t print, struct str engine);
void snmp_hub_unlearn(struct snmp_hub *h, const struct addr *peer, uint64_t print);
/* The key, or NULL: k waits, and snmp_ask_go() is called when it is there. */
struct snmp_key *snmp_hub_key(struct snmp_hub *h, struct snmp_ask *k, enum usm_auth auth, const char *password);
void snmp_hub_unwait(struct snmp_ask *k);

/* ask.c, called by hub.c */
void snmp_ask_go(struct snmp_ask *k);
void snmp_ask_heard(struct snmp_ask *k, const char *p, size_t n);
void snmp_ask_undelivered(struct snmp_ask *k, int code);

#endif
