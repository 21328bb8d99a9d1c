/* SPDX-License-Identifier: GPL-3.0-or-later */
/* zone_judge.c: from what was found out of a zone to states and sentences. Asks nobody. */
#include "checks/dns/zone.h"

#include <math.h>
#include <string.h>


void zone_glue_add(struct attempt *a, const char *name, const char *address)
{
    struct zone_job *job = a->job;
    struct addr at;

    if (job->n_glue == ZONE_MAX_GLUE || addr_parse(address, 0, &at) != 0)
        return;
    job->glue[job->n_glue++] = (struct zone_glue){arena_dup(a->arena, name), at};
}

/* An address that this machine has no way to at all is no server's fault. */
static bool out_of_reach(const struct zone_peer *p)
{
    return addr_is_v6(&p->addr) && p->code == ERR_UNREACHABLE;
}

static bool good(const struct zone_peer *p)
{
    return p->code == 0 && p->rcode == 0 && p->aa && p->has_serial;
}

static const char *name_of(struct attempt *a, const struct zone_peer *p)
{
    char at[ADDR_TEXT_BYTES];

    addr_host(&p->addr, at);
    if (str_eq(at, p->server->name))
        return arena_dup(a->arena, at);
    return arena_printf(a->arena, "%s (%s)", attempt_quote(a, p->server->name, strlen(p->server->name), 100), at);
}

/* ---- each server ---- */

static void peer_judge(struct attempt *a, const struct zone_peer *p, enum state bad)
{
    const struct zone_opts *o = a->opts;
    const char *name = name_of(a, p), *rcode = dns_rcode_name(p->rcode);

    if (p->transfers)
        attempt_worse(a, STATE_CRITICAL, MSG("{1} gives the whole zone away to this machine (AXFR)"), "s", name);
    if (p->recurses)
        attempt_worse(a, STATE_CRITICAL, MSG("{1} looks up other zones for this machine (open recursion)"), "s", name);
    if (out_of_reach(p))
        return;
    if (p->code == ERR_PROTOCOL)
        attempt_worse(a, bad, MSG("the answer of {1} is malformed"), "s", name);
    else if (p->code)
        attempt_worse(a, bad, MSG("{1} does not answer"), "s", name);
    else if (p->rcode)
        attempt_worse(a, bad, MSG("{1} does not serve {2} ({3})"), "sss", name, o->zone, rcode);
    else if (!p->aa)
        attempt_worse(a, bad, MSG("{1} does not serve {2} itself (not authoritative)"), "ss", name, o->zone);
    else if (!p->has_serial)
        attempt_worse(a, bad, MSG("{1} has no SOA record of {2}"), "ss", name, o->zone);
}

static void peers_tell(struct attempt *a)
{
    struct zone_job *job = a->job;

    for (int i = 0; i < job->n_peers; i++) {
        const struct zone_peer *p = &job->peers[i];

        buf_str(&a->more, name_of(a, p));
        if (p->has_serial)
            buf_printf(&a->more, " SOA %u", p->serial);
        buf_printf(&a->more, "%s%s%s\n", p->aa ? " AA" : "", p->is_signed ? " RRSIG" : "", p->code ? " -" : "");
    }
}

/* ---- all together ---- */

/* How far a is behind b, as serials count (RFC 1982); 0 when it is not. */
static uint32_t behind(uint32_t a, uint32_t b)
{
    uint32_t d = b - a;

    return d < 0x80000000U ? d : 0;
}

static uint32_t newest(const struct zone_job *job)
{
    uint32_t best = 0;
    bool any = false;

    for (int i = 0; i < job->n_peers; i++)
        if (good(&job->peers[i]) && (!any || behind(best, job->peers[i].serial))) {
            best = job->peers[i].serial;
            any = true;
        }
    return best;
}

static const struct zone_peer *oldest(const struct zone_job *job, uint32_t best)
{
    const struct zone_peer *worst = NULL;

    for (int i = 0; i < job->n_peers; i++)
        if (good(&job->peers[i]) && behind(job->peers[i].serial, best) && (!worst || behind(job->peers[i].serial, best) > behind(worst->serial, best)))
            worst = &job->peers[i];
    return worst;
}

/* A while of it is how zone transfers work; without a memory (one look) there is no while. */
static void serials_judge(struct attempt *a)
{
    const struct zone_opts *o = a->opts;
    struct zone_memory *m = a->memory;
    uint32_t best = newest(a->job), by;
    const struct zone_peer *p = oldest(a->job, best);
    int64_t now = clock_mono_ms(), lasts;

    if (p == NULL) {
        if (m)
            m->differ_since_ms = 0;
        return;
    }
    by = behind(p->serial, best);
    if (m && m->differ_since_ms == 0)
        m->differ_since_ms = now;
    lasts = m ? now - m->differ_since_ms : o->lag_ms;
    if (lasts >= o->lag_ms || (o->behind && by > o->behind))
        attempt_worse(a, STATE_CRITICAL, MSG("{1} has serial {2}, others have {3}"), "sii", name_of(a, p), (int64_t)p->serial, (int64_t)best);
    else
        attempt_say(a, a->state, MSG("serial {1}; {2} still has {3}, for {4}"), "isid", (int64_t)best, name_of(a, p), (int64_t)p->serial, lasts);
}

static void delegation_judge(struct attempt *a)
{
    const struct zone_opts *o = a->opts;
    struct zone_job *job = a->job;

    if (!o->delegation)
        return;
    if (!job->delegated) {
        attempt_worse(a, STATE_WARNING, MSG("the delegation of {1} by its parent zone cannot be read"), "s", o->zone);
        return;
    }
    for (int i = 0; job->named && i < job->n_servers; i++) {
        const struct zone_server *s = &job->servers[i];

        if (s->in_zone && !s->at_parent)
            attempt_worse(a, STATE_WARNING, MSG("the parent zone does not name {1}, but the zone does"), "s", s->name);
        if (s->at_parent && !s->in_zone)
            attempt_worse(a, STATE_WARNING, MSG("the parent zone names {1}, but the zone does not"), "s", s->name);
    }
}

static bool server_has(const struct zone_job *job, const struct zone_glue *g, bool *ret_known)
{
    for (int i = 0; i < job->n_peers; i++) {
        if (!zone_same_name(job->peers[i].server->name, g->name) || addr_is_v6(&job->peers[i].addr) != addr_is_v6(&g->addr))
            continue;
        *ret_known = true;
        if (addr_equal(&job->peers[i].addr, &g->addr))
            return true;
    }
    return false;
}

static void glue_judge(struct attempt *a)
{
    const struct zone_opts *o = a->opts;
    struct zone_job *job = a->job;

    for (int i = 0; i < job->n_glue; i++) {
        char at[ADDR_TEXT_BYTES];
        bool known = false;

        addr_host(&job->glue[i].addr, at);
        if (!server_has(job, &job->glue[i], &known) && known)
            attempt_worse(a, STATE_WARNING, MSG("the parent zone says that {1} has the address {2}, which it has not (glue)"), "ss", job->glue[i].name, at);
    }
    for (int i = 0; i < job->n_servers; i++)
        if (job->servers[i].n_peers == 0 && (o->servers.n == 0 || job->servers[i].configured))
            attempt_worse(a, STATE_WARNING, MSG("the name server {1} has no address"), "s", job->servers[i].name);
}

static void signatures_judge(struct attempt *a)
{
    const struct zone_opts *o = a->opts;
    struct zone_job *job = a->job;
    uint32_t now = (uint32_t)(clock_wall_ms() / 1000);
    const struct zone_peer *first = NULL;
    const char *limit;

    for (int i = 0; i < job->n_peers; i++) {
        const struct zone_peer *p = &job->peers[i];

        if (good(p) && !p->is_signed && o->must_sign)
            attempt_worse(a, STATE_CRITICAL, MSG("{1} serves {2} without signatures"), "ss", name_of(a, p), o->zone);
        if (good(p) && p->is_signed && (!first || (int32_t)(p->signature_ends - first->signature_ends) < 0))
            first = p;
    }
    if (first == NULL)
        return;
    int64_t left_ms = (int64_t)(int32_t)(first->signature_ends - now) * 1000;
    enum state s = level_judge(&o->signature_warn, &o->signature_crit, (double)left_ms, NAN, &limit);
    if (left_ms <= 0)
        attempt_worse(a, STATE_CRITICAL, MSG("the signature that {1} gives ended {2} ago"), "sd", name_of(a, first), -left_ms);
    else if (s != STATE_OK)
        attempt_worse(a, s, MSG("the signature that {1} gives ends in {2} (limit {3})"), "sds", name_of(a, first), left_ms, limit);
    attempt_perf(a, "signature", (double)left_ms / 1000, "s", NULL, NULL, NAN, NAN);
}

void zone_findings(struct attempt *a)
{
    const struct zone_opts *o = a->opts;
    struct zone_job *job = a->job;
    int asked = 0, well = 0;

    for (int i = 0; i < job->n_peers; i++) {
        asked += !out_of_reach(&job->peers[i]);
        well += good(&job->peers[i]);
    }
    if (asked == 0)
        attempt_say(a, STATE_CRITICAL, MSG("no name server of {1} can be reached"), "s", o->zone);
    else
        attempt_say(a, STATE_OK, MSG("serial {1} on {2} {2|address|addresses}"), "ii", (int64_t)newest(job), (int64_t)well);
    serials_judge(a);
    for (int i = 0; i < job->n_peers; i++)
        peer_judge(a, &job->peers[i], well ? STATE_WARNING : STATE_CRITICAL);
    delegation_judge(a);
    glue_judge(a);
    signatures_judge(a);
    attempt_perf(a, "servers", well, "", NULL, NULL, 0, asked);
    peers_tell(a);
}

void zone_judge(struct attempt *a)
{
    zone_findings(a);
    attempt_done(a);
}
