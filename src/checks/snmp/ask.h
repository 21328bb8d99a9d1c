/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ask.h: one question to an SNMP agent and its answer, embedded in a probe's job.
 *
 * snmp_ask_open() looks the agent up and calls ready; snmp_ask_send() sends a question (again and again within the
 * attempt's time) and calls answered once; then the next question may be sent.  Whatever ends the exchange otherwise
 * ends the attempt with its text.  All questions of a probe loop share one socket a family, and what is known of
 * agents and keys (the hub, in probe_env): engines discovered, clocks, keys derived.  snmp_ask_stop() is safe at any
 * time.  v3: discovery, time windows and reports are answered here; nothing of it is seen outside. */
#ifndef VIGIE_CHECKS_SNMP_ASK_H
#define VIGIE_CHECKS_SNMP_ASK_H

#include "checks/attempt.h"
#include "checks/snmp/usm.h"
#include "wire/snmp.h"

struct snmp_opts { /* the first member of a probe's options */
    const char *address; /* NULL: the host's */
    int64_t port;
    int version; /* index into snmp_version_words */
    const char *community, *user, *context, *auth_password, *priv_password;
    int auth, priv; /* enum usm_auth, usm_priv */
};
enum { SNMP_WORD_1, SNMP_WORD_2C, SNMP_WORD_3 };
extern const char *const snmp_version_words[];
extern const struct conf_row snmp_auth_rows[], snmp_priv_rows[];
/* The rows of struct snmp_opts, which is at the beginning of the options. */
#define SNMP_AT(member) offsetof(struct snmp_opts, member)
#define SNMP_ROWS                                                                                                      \
    {.key = "address", .type = CONF_ADDRESS, .offset = SNMP_AT(address),                                               \
     .help = MSG("agent to ask; by default the host's address"), .example = "192.0.2.7"},                              \
    {.key = "port", .type = CONF_PORT, .offset = SNMP_AT(port), .by_default = "161", .help = MSG("port of the agent"), \
     .example = "1161"},                                                                                               \
    {.key = "version", .type = CONF_WORD, .offset = SNMP_AT(version), .words = snmp_version_words, .by_default = "2c", \
     .help = MSG("version of SNMP; 3 when a user is given"), .example = "3"},                                          \
    {.key = "community", .type = CONF_SECRET, .offset = SNMP_AT(community), .by_default = "public",                    \
     .help = MSG("community of versions 1 and 2c"), .example = "{ file: /etc/vigie/community }"},                      \
    {.key = "user", .type = CONF_TEXT, .offset = SNMP_AT(user), .help = MSG("user of version 3"), .example = "watch"}, \
    {.key = "auth", .type = CONF_GROUP, .rows = snmp_auth_rows, .help = MSG("how a user of version 3 proves who it is"), \
     .example = "{ protocol: sha256, password: { file: /etc/vigie/snmp-auth } }"},                                     \
    {.key = "priv", .type = CONF_GROUP, .rows = snmp_priv_rows, .help = MSG("how version 3 enciphers"),                \
     .example = "{ protocol: aes, password: { file: /etc/vigie/snmp-priv } }"},                                        \
    {.key = "context", .type = CONF_TEXT, .offset = SNMP_AT(context), .help = MSG("context of version 3"),             \
     .example = "vlan-5"}
int snmp_opts_finish(struct snmp_opts *o, const char *host_address, struct err *e);

struct snmp_query {
    unsigned type; /* SNMP_GET, SNMP_GETNEXT, SNMP_GETBULK */
    int repetitions; /* of getbulk */
    int n;
    const struct str *oids; /* stay where they are until the answer came */
};
typedef void snmp_answered(struct attempt *a, const struct snmp_pdu *pdu); /* pdu is borrowed for the call */

struct snmp_hub;
struct snmp_ask {
    struct attempt *a;
    const struct snmp_opts *o;
    struct snmp_hub *hub;
    void (*ready)(struct attempt *a);
    snmp_answered *answered;
    struct dns_job *dns;
    struct addr peer;
    struct timer again;
    struct snmp_query query;
    struct snmp_ask *next, *next_waiting; /* in the hub's table; for a key */
    struct snmp_key *waits_for;
    uint64_t print; /* of the options of v3 */
    int64_t id, asked_us; /* id 0: nothing is asked */
    int tries;
    bool discovering, rediscovered, resynced, bad_digest;
};
void snmp_ask_open(struct snmp_ask *k, struct attempt *a, const struct snmp_opts *o, void (*ready)(struct attempt *a));
void snmp_ask_send(struct snmp_ask *k, const struct snmp_query *q, snmp_answered *answered);
void snmp_ask_stop(struct snmp_ask *k);
void snmp_ask_late(struct snmp_ask *k); /* for late(): why there may have been no answer */

struct snmp_hub *snmp_hub_free(struct snmp_hub *h); /* NULL is fine */

#endif
