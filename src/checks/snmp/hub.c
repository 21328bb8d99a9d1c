/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hub.c: see hub.h. */
#include "checks/snmp/hub.h"

#include "base/hash.h"

#include <string.h>

enum { ID_LEAST = 0x01000000, ID_SPAN = 0x7effffff };

static bool same_peer(const struct addr *a, const struct addr *b)
{
    return addr_port(a) == addr_port(b) && addr_equal(a, b);
}

/* ---- who waits for an answer ---- */

static struct snmp_ask **ask_place(struct snmp_hub *h, int64_t id)
{
    return &h->asks[(uint64_t)id % HUB_BUCKETS];
}

void snmp_hub_add(struct snmp_hub *h, struct snmp_ask *k)
{
    struct snmp_ask **at;

    h->count++;
    k->id = ID_LEAST + (int64_t)(hash_bytes(&h->count, sizeof(h->count), h->seed) % ID_SPAN);
    at = ask_place(h, k->id);
    k->next = *at;
    *at = k;
}

void snmp_hub_remove(struct snmp_hub *h, struct snmp_ask *k)
{
    struct snmp_ask **at = ask_place(h, k->id);

    while (*at && *at != k)
        at = &(*at)->next;
    if (*at)
        *at = k->next;
    k->id = 0;
}

static struct snmp_ask *ask_find(struct snmp_hub *h, int64_t id, const struct addr *from)
{
    struct snmp_ask *k = id > 0 ? *ask_place(h, id) : NULL;

    while (k && !(k->id == id && same_peer(&k->peer, from)))
        k = k->next;
    return k;
}

static void on_data(void *arg, const struct addr *from, const char *p, size_t n)
{
    struct snmp_ask *k = ask_find(arg, snmp_peek_id(p, n), from);

    if (k)
        snmp_ask_heard(k, p, n);
}

/* A router that quotes little leaves no id: then all who wait for that peer are told. */
static void on_error(void *arg, const struct addr *peer, int code, const char *p, size_t n)
{
    struct snmp_hub *h = arg;
    int64_t id = snmp_peek_id(p, n);
    struct snmp_ask *k = ask_find(h, id, peer), *next;

    if (k)
        snmp_ask_undelivered(k, code);
    for (int i = 0; id < 0 && i < HUB_BUCKETS; i++)
        for (k = h->asks[i]; k; k = next) {
            next = k->next;
            if (same_peer(&k->peer, peer))
                snmp_ask_undelivered(k, code);
        }
}

static const struct udp_events events = {on_data, on_error};

/* ---- parties ---- */

static struct snmp_party **party_place(struct snmp_hub *h, const struct addr *peer, uint64_t print)
{
    struct snmp_party **at = &h->parties[hash_bytes(peer->space, peer->len, print) % HUB_BUCKETS];

    while (*at && !((*at)->print == print && same_peer(&(*at)->peer, peer)))
        at = &(*at)->next;
    return at;
}

struct snmp_party *snmp_hub_party(struct snmp_hub *h, const struct addr *peer, uint64_t print)
{
    return *party_place(h, peer, print);
}

static void party_drop(struct snmp_hub *h, struct snmp_party **at)
{
    struct snmp_party *p = *at;

    *at = p->next;
    usm_free(p->usm);
    mem_free(p);
    h->n_parties--;
}

void snmp_hub_unlearn(struct snmp_hub *h, const struct addr *peer, uint64_t print)
{
    struct snmp_party **at = party_place(h, peer, print);

    if (*at)
        party_drop(h, at);
}

struct snmp_party *snmp_hub_learn(struct snmp_hub *h, const struct addr *peer, uint64_t print, struct str engine)
{
    struct snmp_party **at, *p;

    snmp_hub_unlearn(h, peer, print);
    for (int i = 0; h->n_parties >= HUB_MAX_PARTIES; i++) /* whoever is met first goes */
        if (h->parties[(h->count + (unsigned)i) % HUB_BUCKETS])
            party_drop(h, &h->parties[(h->count + (unsigned)i) % HUB_BUCKETS]);
    at = party_place(h, peer, print);
    p = NEW(struct snmp_party);
    p->peer = *peer;
    p->print = print;
    p->engine_n = engine.n < sizeof(p->engine) ? engine.n : sizeof(p->engine);
    memcpy(p->engine, engine.p, p->engine_n);
    *at = p;
    h->n_parties++;
    return p;
}

/* ---- keys ---- */

struct snmp_derive { /* belongs to the worker; key: only the loop looks at it, NULL once the hub is gone */
    struct snmp_key *key;
    enum usm_auth auth;
    char *password;
    struct usm_key made;
    int code;
};

static void derive_run(void *arg)
{
    struct snmp_derive *d = arg;

    d->code = usm_password_key(d->auth, d->password, &d->made);
}

static void derive_done(void *arg)
{
    struct snmp_derive *d = arg;
    struct snmp_key *key = d->key;

    if (key) {
        key->job = NULL;
        key->key = d->made;
        key->code = d->code;
        key->ready = true;
    }
    explicit_bzero(d->password, strlen(d->password));
    mem_free(d->password);
    explicit_bzero(d, sizeof(*d));
    mem_free(d);
    while (key && key->waiting) {
        struct snmp_ask *k = key->waiting;

        key->waiting = k->next_waiting;
        k->waits_for = NULL;
        snmp_ask_go(k);
    }
}

/* Without a worker the loop does it: some milliseconds, once a password. */
static void derive_start(struct snmp_hub *h, struct snmp_key *key)
{
    struct snmp_derive *d = NEW(struct snmp_derive);

    d->key = key;
    d->auth = key->auth;
    d->password = mem_dup(key->password);
    key->job = d;
    if (h->env->workers && work_submit(h->env->workers, h->env->loop, derive_run, derive_done, d) == 0)
        return;
    derive_run(d);
    derive_done(d);
}

static void key_free(struct snmp_key *key)
{
    if (key->job)
        key->job->key = NULL;
    explicit_bzero(key->password, strlen(key->password));
    mem_free(key->password);
    explicit_bzero(key, sizeof(*key));
    mem_free(key);
}

/* The oldest goes: the newest may be the other key of whoever wants one more. */
static void keys_make_room(struct snmp_hub *h)
{
    while (h->n_keys >= HUB_MAX_KEYS) {
        struct snmp_key **oldest = NULL, *key;

        for (struct snmp_key **at = &h->keys; *at; at = &(*at)->next)
            if ((*at)->ready && !(*at)->waiting)
                oldest = at;
        if (oldest == NULL)
            return;
        key = *oldest;
        *oldest = key->next;
        key_free(key);
        h->n_keys--;
    }
}

struct snmp_key *snmp_hub_key(struct snmp_hub *h, struct snmp_ask *k, enum usm_auth auth, const char *password)
{
    struct snmp_key *key = h->keys;

    while (key && !(key->auth == auth && str_eq(key->password, password)))
        key = key->next;
    if (key == NULL) {
        keys_make_room(h);
        key = NEW(struct snmp_key);
        key->auth = auth;
        key->password = mem_dup(password);
        key->next = h->keys;
        h->keys = key;
        h->n_keys++;
        derive_start(h, key);
    }
    if (key->ready)
        return key;
    snmp_hub_unwait(k); /* it may be told about its engine again meanwhile */
    k->waits_for = key;
    k->next_waiting = key->waiting;
    key->waiting = k;
    return NULL;
}

void snmp_hub_unwait(struct snmp_ask *k)
{
    if (k->waits_for == NULL)
        return;
    for (struct snmp_ask **at = &k->waits_for->waiting; *at; at = &(*at)->next_waiting)
        if (*at == k) {
            *at = k->next_waiting;
            break;
        }
    k->waits_for = NULL;
}

/* ---- life ---- */

struct snmp_hub *snmp_hub_of(struct probe_env *env)
{
    struct snmp_hub *h = env->snmp;

    if (h)
        return h;
    h = NEW(struct snmp_hub);
    h->env = env;
    h->seed = entropy_u64();
    h->udp = udp_new(env->loop, &events, h);
    env->snmp = h;
    return h;
}

struct snmp_hub *snmp_hub_free(struct snmp_hub *h)
{
    if (h == NULL)
        return NULL;
    udp_free(h->udp);
    for (int i = 0; i < HUB_BUCKETS; i++)
        while (h->parties[i])
            party_drop(h, &h->parties[i]);
    while (h->keys) {
        struct snmp_key *key = h->keys;

        h->keys = key->next;
        key_free(key);
    }
    return mem_free(h);
}
