/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_dns_zone.c: a zone on all its name servers: does each answer, by itself and with the same serial; does the parent
 * delegate to the same servers; do they refuse zone transfers and questions about the rest of the world; do signatures
 * last.  Each address of each server is asked straight.
 *
 * In three rounds: the servers' names (from the zone and from its parent), their addresses, the questions to each. */
#include "checks/dns/zone.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static const char *const refusals[] = {"refused", "any", NULL};

#define AT(member) offsetof(struct zone_opts, member)
static const struct conf_row rows[] = {
    {.key = "zone", .type = CONF_TEXT, .offset = AT(zone), .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = MSG("zone to look at"), .example = "example.org"},
    {.key = "servers", .type = CONF_TEXTS, .offset = AT(servers),
     .help = MSG("servers to ask, names or addresses; by default those that the zone names"), .example = "[192.0.2.53, 198.51.100.53]"},
    {.key = "port", .type = CONF_PORT, .offset = AT(port), .by_default = "53", .help = MSG("port of the servers"), .example = "5353"},
    {.key = "parent", .type = CONF_TEXT, .offset = AT(parent),
     .help = MSG("server of the parent zone that is asked for the delegation; by default it is looked up"), .example = "192.0.2.1"},
    {.key = "delegation", .type = CONF_BOOL, .offset = AT(delegation), .by_default = "yes",
     .help = MSG("compares the zone's servers with those that the parent names"), .example = "no"},
    {.key = "lag", .type = CONF_DURATION, .offset = AT(lag_ms), .by_default = "10m",
     .help = MSG("so long the serials may differ"), .example = "30m"},
    {.key = "behind", .type = CONF_INT, .offset = AT(behind), .by_default = "0", .min = 0, .max = UINT32_MAX,
     .help = MSG("by more than this the serials must not differ, not even for a moment; 0: no limit"), .example = "10"},
    {.key = "transfer", .type = CONF_WORD, .offset = AT(transfer), .words = refusals, .by_default = "refused",
     .help = MSG("zone transfers (AXFR) asked for by this machine: must be refused, or any"), .example = "any"},
    {.key = "recursion", .type = CONF_WORD, .offset = AT(recursion), .words = refusals, .by_default = "refused",
     .help = MSG("questions about other zones: must be refused, or any"), .example = "any"},
    {.key = "other", .type = CONF_TEXT, .offset = AT(other), .by_default = "example.com",
     .help = MSG("name of another zone, for that question"), .example = "example.net"},
    {.key = "signed", .type = CONF_BOOL, .offset = AT(must_sign), .by_default = "no",
     .help = MSG("the zone must be signed (DNSSEC)"), .example = "yes"},
    {.key = "signature_warn", .type = CONF_LEVEL, .offset = AT(signature_warn), .unit = "ms", .by_default = "3d",
     .help = MSG("rest of a signature's life that is a warning"), .example = "\"< 5d\""},
    {.key = "signature_crit", .type = CONF_LEVEL, .offset = AT(signature_crit), .unit = "ms", .by_default = "1d",
     .help = MSG("rest of a signature's life that is critical"), .example = "\"< 2d\""},
    {.key = "ipv6", .type = CONF_BOOL, .offset = AT(ipv6), .by_default = "yes",
     .help = MSG("asks the IPv6 addresses, too (where there is no IPv6 they are left out)"), .example = "no"},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct zone_opts *o = arg;
    struct dnsq q;

    if (dnsq_encode(o->zone, ZONE_SOA, 0, 0, 0, 0, &q) != 0)
        return err_field(e, ERR_INVALID, "zone", MSG("“{1}” is no name to look up"), "s", o->zone);
    if (o->servers.n > ZONE_MAX_SERVERS)
        return err_field(e, ERR_LIMIT, "servers", MSG("at most {1} servers"), "i", (int64_t)ZONE_MAX_SERVERS);
    level_make_floor(&o->signature_warn);
    level_make_floor(&o->signature_crit);
    return 0;
}

/* ---- names ---- */

bool zone_same_name(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);

    n -= n > 1 && a[n - 1] == '.';
    m -= m > 1 && b[m - 1] == '.';
    return n == m && strncasecmp(a, b, n) == 0;
}

static struct zone_server *server_add(struct attempt *a, const char *name)
{
    struct zone_job *job = a->job;

    for (int i = 0; i < job->n_servers; i++)
        if (zone_same_name(job->servers[i].name, name))
            return &job->servers[i];
    if (job->n_servers == ZONE_MAX_SERVERS)
        return NULL;
    job->servers[job->n_servers] = (struct zone_server){.name = arena_dup(a->arena, name)};
    return &job->servers[job->n_servers++];
}

/* ---- the third round: questions ---- */

static void peer_done(struct attempt *a)
{
    struct zone_job *job = a->job;

    if (--job->waiting == 0)
        zone_judge(a);
}

/* The number that is word i of a text; false: there is none. */
static bool number_at(const char *text, int i, uint32_t *ret)
{
    uint64_t v = 0;

    for (; i > 0 && (text = strchr(text, ' ')) != NULL; i--)
        text++;
    if (text == NULL || *text < '0' || *text > '9')
        return false;
    for (; *text >= '0' && *text <= '9' && v <= UINT32_MAX; text++)
        v = v * 10 + (uint64_t)(*text - '0');
    *ret = (uint32_t)v;
    return v <= UINT32_MAX;
}

static void on_soa(struct dns_ask *k, const struct dns_answer *r)
{
    struct zone_peer *p = k->owner;
    const char *text;

    p->code = r->code;
    p->rcode = r->rcode;
    p->aa = r->aa;
    for (int i = 0; r->code == 0 && i < r->n; i++) {
        text = r->rr[i].text;
        if (r->rr[i].type == ZONE_SOA && !p->has_serial)
            p->has_serial = number_at(text, 2, &p->serial);
        if (r->rr[i].type == ZONE_RRSIG && str_starts(text, "TYPE6 "))
            p->is_signed = number_at(text, 4, &p->signature_ends);
    }
    if (r->code == 0)
        k->a->answered = true;
    peer_done(k->a);
}

static void on_transfer(struct dns_ask *k, const struct dns_answer *r)
{
    struct zone_peer *p = k->owner;

    p->transfers = r->code == 0 && r->rcode == 0 && r->n > 0;
    peer_done(k->a);
}

/* It went to look, whatever it found. */
static void on_other(struct dns_ask *k, const struct dns_answer *r)
{
    struct zone_peer *p = k->owner;

    p->recurses = r->code == 0 && r->rcode != ZONE_REFUSED && !r->aa && (r->n > 0 || (r->ra && r->rcode != ZONE_NOTIMP));
    peer_done(k->a);
}

static void ask(struct attempt *a, struct dns_ask *k, struct zone_peer *p, const char *name, int type, unsigned flags, enum dns_way way, dns_ask_fn *fn)
{
    struct zone_job *job = a->job;
    const struct dns_question q = {.name = name, .type = type, .server = &p->addr, .flags = flags, .way = way};

    job->waiting++;
    dns_ask_start(k, a, &q, fn, p);
}

static void peers_ask(struct attempt *a)
{
    const struct zone_opts *o = a->opts;
    struct zone_job *job = a->job;

    for (int i = 0; i < job->n_peers; i++) {
        struct zone_peer *p = &job->peers[i];

        ask(a, &p->soa, p, o->zone, ZONE_SOA, DNSQ_DNSSEC, DNS_BY_UDP, on_soa);
        if (o->transfer == ZONE_MUST_REFUSE)
            ask(a, &p->axfr, p, o->zone, ZONE_AXFR, 0, DNS_BY_TCP, on_transfer);
        if (o->recursion == ZONE_MUST_REFUSE)
            ask(a, &p->other, p, o->other, ZONE_A, DNSQ_RECURSE, DNS_BY_UDP, on_other);
    }
    if (job->waiting == 0)
        zone_judge(a);
}

/* ---- the second round: addresses ---- */

static void peer_add(struct attempt *a, struct zone_server *s, const struct addr *at)
{
    const struct zone_opts *o = a->opts;
    struct zone_job *job = a->job;
    struct zone_peer *p = &job->peers[job->n_peers];

    if (job->n_peers == ZONE_MAX_PEERS || (addr_is_v6(at) && (!o->ipv6 || a->family == DNS_V4)) || (!addr_is_v6(at) && a->family == DNS_V6))
        return;
    *p = (struct zone_peer){.server = s, .addr = *at};
    addr_set_port(&p->addr, (int)o->port);
    job->n_peers++;
    s->n_peers++;
}

static void server_found(struct attempt *a)
{
    struct zone_job *job = a->job;

    if (--job->looking == 0)
        peers_ask(a);
}

static void on_addrs(void *arg, const struct dns_addrs *r)
{
    struct zone_server *s = arg;

    s->dns = NULL;
    for (int i = 0; r->code == 0 && i < r->n; i++)
        peer_add(s->a, s, &r->at[i]);
    server_found(s->a);
}

/* Whoever names servers wants those asked: the zone may be one that the rest of the world does not know. */
static void servers_look(struct attempt *a)
{
    const struct zone_opts *o = a->opts;
    struct zone_job *job = a->job;

    job->looking = 1;
    for (int i = 0; i < job->n_servers; i++) {
        struct zone_server *s = &job->servers[i];
        struct addr at;

        s->a = a;
        if (o->servers.n && !s->configured)
            continue;
        if (addr_parse(s->name, 0, &at) == 0) {
            peer_add(a, s, &at);
            continue;
        }
        job->looking++;
        s->dns = dns_resolve(a->env->dns, s->name, (enum dns_family)a->family, attempt_left_ms(a), on_addrs, s);
    }
    server_found(a);
}

/* ---- the first round: names ---- */

static void names_done(struct attempt *a)
{
    struct zone_job *job = a->job;
    const struct zone_opts *o = a->opts;

    if (--job->naming)
        return;
    if (o->servers.n) { /* they are being asked already */
        peer_done(a);
        return;
    }
    if (job->n_servers) {
        servers_look(a);
        return;
    }
    attempt_say(a, STATE_CRITICAL, MSG("no name server of {1} is known"), "s", o->zone);
    attempt_done(a);
}

static void on_names(struct dns_ask *k, const struct dns_answer *r)
{
    struct zone_job *job = k->a->job;

    for (int i = 0; r->code == 0 && i < r->n; i++) {
        struct zone_server *s = r->rr[i].type == ZONE_NS ? server_add(k->a, r->rr[i].text) : NULL;

        job->named = job->named || s;
        if (s)
            s->in_zone = true;
    }
    names_done(k->a);
}

static void on_delegation(struct dns_ask *k, const struct dns_answer *r)
{
    struct attempt *a = k->a;
    const struct zone_opts *o = a->opts;
    struct zone_job *job = a->job;

    for (int i = 0; r->code == 0 && i < r->n + r->n_authority; i++) {
        struct zone_server *s = r->rr[i].type == ZONE_NS && zone_same_name(r->rr[i].name, o->zone) ? server_add(a, r->rr[i].text) : NULL;

        job->delegated = job->delegated || s;
        if (s)
            s->at_parent = true;
    }
    for (int i = r->n + r->n_authority; r->code == 0 && i < r->n + r->n_authority + r->n_additional; i++)
        if (r->rr[i].type == ZONE_A || r->rr[i].type == ZONE_AAAA)
            zone_glue_add(a, r->rr[i].name, r->rr[i].text);
    job->parent_code = r->code;
    names_done(a);
}

static void parent_ask(struct attempt *a, const struct addr *at)
{
    const struct zone_opts *o = a->opts;
    struct zone_job *job = a->job;
    struct dns_question q = {.name = o->zone, .type = ZONE_NS, .server = at};

    dns_ask_start(&job->delegation, a, &q, on_delegation, NULL);
}

static void on_parent_addrs(void *arg, const struct dns_addrs *r)
{
    struct attempt *a = arg;
    const struct zone_opts *o = a->opts;
    struct zone_job *job = a->job;
    struct addr at;

    job->parent_dns = NULL;
    if (r->code || r->n == 0) {
        job->parent_code = r->code ? r->code : ERR_NOT_FOUND;
        names_done(a);
        return;
    }
    at = r->at[0];
    addr_set_port(&at, o->parent ? (int)o->port : 53);
    parent_ask(a, &at);
}

static void parent_server(struct attempt *a, const char *name)
{
    const struct zone_opts *o = a->opts;
    struct zone_job *job = a->job;
    struct addr at;

    if (addr_parse(name, (int)o->port, &at) == 0)
        parent_ask(a, &at);
    else
        job->parent_dns = dns_resolve(a->env->dns, name, (enum dns_family)a->family, attempt_left_ms(a), on_parent_addrs, a);
}

static void parent_climb(struct attempt *a);

static void on_parent(struct dns_ask *k, const struct dns_answer *r)
{
    struct zone_job *job = k->a->job;

    for (int i = 0; r->code == 0 && i < r->n; i++)
        if (r->rr[i].type == ZONE_NS) {
            parent_server(k->a, arena_dup(k->a->arena, r->rr[i].text));
            return;
        }
    if (r->code) {
        job->parent_code = r->code;
        names_done(k->a);
        return;
    }
    parent_climb(k->a); /* no zone of its own: further up */
}

/* The name above `above`; the root at the end. */
static void parent_climb(struct attempt *a)
{
    struct zone_job *job = a->job;
    const char *dot = strchr(job->above, '.');
    struct dns_question q = {.type = ZONE_NS, .flags = DNSQ_RECURSE};

    if (job->above[0] == '\0' || str_eq(job->above, ".")) {
        names_done(a);
        return;
    }
    job->above = dot && dot[1] ? dot + 1 : ".";
    q.name = job->above;
    dns_ask_start(&job->parent, a, &q, on_parent, NULL);
}

/* Servers that are configured are asked at once: one of them that is silent must not keep the others from it. */
static void configured_look(struct attempt *a)
{
    const struct zone_opts *o = a->opts;
    struct zone_job *job = a->job;

    for (int i = 0; i < o->servers.n; i++) {
        struct zone_server *s = server_add(a, o->servers.at[i]);

        if (s)
            s->configured = true;
    }
    job->waiting = job->naming > 0;
    servers_look(a);
}

static void start(struct attempt *a)
{
    const struct zone_opts *o = a->opts;
    struct zone_job *job = ARENA_NEW(a->arena, struct zone_job);
    struct dns_question q = {.name = o->zone, .type = ZONE_NS, .flags = DNSQ_RECURSE};
    struct addr first;

    a->job = job;
    job->above = o->zone;
    job->naming = o->delegation ? 2 : o->servers.n == 0;
    if (o->servers.n && addr_parse(o->servers.at[0], (int)o->port, &first) == 0)
        q.server = &first;
    if (job->naming)
        dns_ask_start(&job->names, a, &q, on_names, NULL);
    if (o->servers.n)
        configured_look(a);
    if (o->delegation && o->parent)
        parent_server(a, o->parent);
    else if (o->delegation)
        parent_climb(a);
}

static void stop(struct attempt *a)
{
    struct zone_job *job = a->job;

    if (job == NULL)
        return;
    dns_ask_stop(&job->names);
    dns_ask_stop(&job->parent);
    dns_ask_stop(&job->delegation);
    if (job->parent_dns)
        dns_cancel(job->parent_dns);
    job->parent_dns = NULL;
    for (int i = 0; i < job->n_servers; i++) {
        if (job->servers[i].dns)
            dns_cancel(job->servers[i].dns);
        job->servers[i].dns = NULL;
    }
    for (int i = 0; i < job->n_peers; i++) {
        dns_ask_stop(&job->peers[i].soa);
        dns_ask_stop(&job->peers[i].axfr);
        dns_ask_stop(&job->peers[i].other);
    }
}

/* What has not answered until now is what does not answer. */
static void late(struct attempt *a)
{
    struct zone_job *job = a->job;
    const struct zone_opts *o = a->opts;

    if (job->n_peers == 0) {
        attempt_say(a, STATE_CRITICAL, MSG("the look-up of the name servers of {1} takes too long"), "s", o->zone);
        return;
    }
    for (int i = 0; i < job->n_peers; i++)
        if (job->peers[i].soa.waiting)
            job->peers[i].code = ERR_TIMEOUT;
    zone_findings(a);
}

const struct probe probe_dns_zone = {
    .kind = {.name = "dns_zone",
             .help = MSG("watches a DNS zone on all its servers: serials, delegation, transfers, recursion, signatures"),
             .area = "names",
             .example = "dns_zone: { zone: example.org, lag: 30m }",
             .rows = rows,
             .opts_bytes = sizeof(struct zone_opts),
             .finish = finish},
    .start = start,
    .stop = stop,
    .late = late,
    .memory_bytes = sizeof(struct zone_memory),
};
