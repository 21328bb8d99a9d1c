/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_snmp_interfaces.c: the interfaces of a switch, router or server by SNMP, in one check: up or not, traffic, errors,
 * discards, speed, duplex. iftable.h reads the tables; here they are chosen, compared with the last look, and judged.
 * Interfaces are known by their names, since indices change when a device starts anew. */
#include "checks/snmp/iftable.h"

#include "base/hash.h"

#include <math.h>

enum { PERF_ROOM = 600 /* of one interface */ };
enum { DOWN_AUTO, DOWN_CRITICAL, DOWN_WARNING, DOWN_IGNORE };
enum { DUPLEX_FULL, DUPLEX_HALF, DUPLEX_ANY };
static const char *const downs[] = {"auto", "critical", "warning", "ignore", NULL};
static const char *const duplexes[] = {"full", "half", "any", NULL};

struct opts {
    struct snmp_opts session; /* first */
    struct conf_texts include, exclude, up;
    int down, duplex;
    struct conf_level errors_warn, errors_crit, discards_warn, discards_crit, traffic_warn, traffic_crit, speed_warn, speed_crit;
};
struct last { /* of one interface */
    uint64_t key; /* of its name; 0: a free place */
    uint64_t count[IF_COUNTERS];
    uint8_t bits[IF_COUNTERS];
    double discontinuity;
};
struct memory {
    int64_t at_us;
    double up_time;
    struct last at[IFTABLE_ROWS];
};
struct job {
    struct iftable table;
    double seconds; /* since the last look; 0: there was none */
    int shown, up;
};

#define AT(member) offsetof(struct opts, member)
#define PAIR(name, a, b, u, ew, ec)                                                                                    \
    static const struct conf_row name[] = {                                                                            \
        {.key = "warn", .type = CONF_LEVEL, .offset = AT(a), .unit = u, .help = MSG("what is a warning"), .example = ew}, \
        {.key = "crit", .type = CONF_LEVEL, .offset = AT(b), .unit = u, .help = MSG("what is critical"), .example = ec}, \
        {0},                                                                                                           \
    }
PAIR(discards_rows, discards_warn, discards_crit, "/s", "\"> 100/s\"", "\"> 1000/s\"");
PAIR(traffic_rows, traffic_warn, traffic_crit, "bit/s", "80%", "\"> 950 Mbit/s\"");
PAIR(speed_rows, speed_warn, speed_crit, "bit/s", "\"< 1 Gbit/s\"", "\"< 100 Mbit/s\"");
static const struct conf_row errors_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(errors_warn), .unit = "/s", .by_default = "1", .help = MSG("what is a warning"),
     .example = "\"> 6/min\""},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(errors_crit), .unit = "/s", .help = MSG("what is critical"), .example = "\"> 10/s\""},
    {0},
};
static const struct conf_row rows[] = {
    {.key = "interfaces", .type = CONF_TEXTS, .offset = AT(include), .flags = CONF_POSITIONAL,
     .help = MSG("interfaces by name, description or alias (* and ? allowed); by default all but loopback"), .example = "[\"GigabitEthernet*\", uplink]"},
    {.key = "exclude", .type = CONF_TEXTS, .offset = AT(exclude), .help = MSG("interfaces to leave out"), .example = "[\"Vlan*\"]"},
    {.key = "up", .type = CONF_TEXTS, .offset = AT(up), .help = MSG("interfaces that must be up"), .example = "[uplink]"},
    {.key = "down", .type = CONF_WORD, .offset = AT(down), .words = downs, .by_default = "auto",
     .help = MSG("what an interface is that is switched on and down: auto is critical for those under “interfaces”, else nothing"),
     .example = "warning"},
    {.key = "duplex", .type = CONF_WORD, .offset = AT(duplex), .words = duplexes, .by_default = "full",
     .help = MSG("duplex that it must have; another is a warning"), .example = "any"},
    {.key = "speed", .type = CONF_GROUP, .rows = speed_rows, .help = MSG("thresholds for the speed of a link that is up"), .example = "{ warn: \"< 1 Gbit/s\" }"},
    {.key = "traffic", .type = CONF_GROUP, .rows = traffic_rows, .help = MSG("thresholds for traffic in one direction; a share is one of the speed of the link"),
     .example = "{ warn: 80% }"},
    {.key = "errors", .type = CONF_GROUP, .rows = errors_rows, .help = MSG("thresholds for errors, per second"), .example = "{ warn: \"> 6/min\" }"},
    {.key = "discards", .type = CONF_GROUP, .rows = discards_rows, .help = MSG("thresholds for dropped packets, per second"), .example = "{ warn: \"> 100/s\" }"},
    SNMP_ROWS,
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct opts *o = arg;

    if (o->speed_warn.percent || o->speed_crit.percent)
        return err_field(e, ERR_INVALID, "speed", MSG("a speed is no share of itself; write one such as “< 1 Gbit/s”"), "");
    return snmp_opts_finish(&o->session, host_address, e);
}

/* ---- which ---- */

static bool named(const struct if_row *r, const char *pattern)
{
    return str_glob(pattern, r->name) || (r->descr[0] && str_glob(pattern, r->descr)) || (r->alias[0] && str_glob(pattern, r->alias));
}

static bool listed(const struct conf_texts *t, const struct if_row *r)
{
    for (int i = 0; i < t->n; i++)
        if (named(r, t->at[i]))
            return true;
    return false;
}

static bool wanted(const struct opts *o, const struct if_row *r)
{
    if (listed(&o->exclude, r))
        return false;
    if (listed(&o->up, r))
        return true;
    return o->include.n ? listed(&o->include, r) : r->type != IF_LOOPBACK;
}

/* A name that was written and is not there. */
static void judge_missing(struct attempt *a, const struct iftable *t, const struct conf_texts *list)
{
    for (int i = 0; i < list->n; i++) {
        int k = 0;

        while (k < t->n && !named(&t->rows[k], list->at[i]))
            k++;
        if (k == t->n && !strpbrk(list->at[i], "*?"))
            attempt_worse(a, STATE_CRITICAL, MSG("there is no interface {1}"), "s", list->at[i]);
    }
}

/* "Gi1/0/1 (uplink)". */
static const char *shown(struct attempt *a, const struct if_row *r)
{
    return r->alias[0] && !str_eq(r->alias, r->name) ? arena_printf(a->arena, "%s (%s)", r->name, r->alias) : r->name;
}

/* ---- status, speed, duplex ---- */

static void judge_status(struct attempt *a, const struct if_row *r)
{
    const struct opts *o = a->opts;
    bool must = listed(&o->up, r), chosen = listed(&o->include, r);
    enum state s = must || o->down == DOWN_CRITICAL || (o->down == DOWN_AUTO && chosen) ? STATE_CRITICAL
                   : o->down == DOWN_WARNING                                           ? STATE_WARNING
                                                                                       : STATE_OK;

    if (must && r->admin == IF_DOWN)
        attempt_worse(a, STATE_CRITICAL, MSG("{1} is switched off"), "s", shown(a, r));
    else if (r->admin != IF_DOWN && r->oper != IF_UP && r->oper != 0)
        attempt_worse(a, s, MSG("{1} is {2}"), "ss", shown(a, r), iftable_status(r->oper));
}

static void judge_link(struct attempt *a, const struct if_row *r)
{
    const struct opts *o = a->opts;
    const char *limit;
    enum state s = level_judge(&o->speed_warn, &o->speed_crit, r->speed, NAN, &limit);

    if (s != STATE_OK && r->speed > 0)
        attempt_worse(a, s, MSG("{1} runs at {2} (limit {3})"), "sss", shown(a, r), attempt_bits(a, r->speed), limit);
    if (o->duplex == DUPLEX_FULL && r->duplex == IF_HALF)
        attempt_worse(a, STATE_WARNING, MSG("{1} runs in {2} duplex"), "ss", shown(a, r), duplexes[DUPLEX_HALF]);
    if (o->duplex == DUPLEX_HALF && r->duplex == IF_FULL)
        attempt_worse(a, STATE_WARNING, MSG("{1} runs in {2} duplex"), "ss", shown(a, r), duplexes[DUPLEX_FULL]);
}

/* ---- rates ---- */

static uint64_t key_of(const char *name)
{
    uint64_t h = hash_text(name, 1);

    return h ? h : 1;
}

static struct last *last_of(struct memory *m, uint64_t key)
{
    for (size_t i = 0; m && i < IFTABLE_ROWS && m->at[i].key; i++)
        if (m->at[i].key == key)
            return &m->at[i];
    return NULL;
}

/* Growth a second; NAN when it cannot be told. A 32-bit counter that would have grown faster than its link was set back. */
static double rate_of(const struct if_row *r, const struct last *l, int which, double seconds)
{
    double grown;

    if (l == NULL || seconds <= 0 || r->bits[which] == 0 || l->bits[which] != r->bits[which] || l->discontinuity != r->discontinuity)
        return NAN;
    grown = snmp_counter_growth(r->count[which], l->count[which], r->bits[which]);
    if (r->bits[which] == 32 && which <= IF_OUT && r->count[which] < l->count[which] && r->speed > 0 && 8 * grown / seconds > 1.5 * r->speed)
        return NAN;
    return grown / seconds;
}

static double both(double in, double out)
{
    return isnan(in) ? out : isnan(out) ? in : in + out;
}

static void judge_traffic(struct attempt *a, const struct if_row *r, double in, double out)
{
    const struct opts *o = a->opts;
    double most = isnan(in) ? out : isnan(out) ? in : fmax(in, out);
    const char *limit;
    enum state s = level_judge(&o->traffic_warn, &o->traffic_crit, most, r->speed > 0 ? most * 100 / r->speed : NAN, &limit);

    if (s != STATE_OK)
        attempt_worse(a, s, most == in ? MSG("{1} receives {2} (limit {3})") : MSG("{1} sends {2} (limit {3})"), "sss", shown(a, r), attempt_bits(a, most), limit);
}

static void figures_add(struct attempt *a, const struct if_row *r, double in, double out, double errors, double discards)
{
    const struct opts *o = a->opts;
    double whole = r->speed > 0 ? r->speed : NAN;

    if (a->perf.len + PERF_ROOM > PROBE_MAX_PERF) /* rather fewer than half of one */
        return;
    if (!isnan(in))
        attempt_perf(a, arena_printf(a->arena, "%s_in", r->name), round(in), "b", &o->traffic_warn, &o->traffic_crit, 0, whole);
    if (!isnan(out))
        attempt_perf(a, arena_printf(a->arena, "%s_out", r->name), round(out), "b", &o->traffic_warn, &o->traffic_crit, 0, whole);
    if (!isnan(errors))
        attempt_perf(a, arena_printf(a->arena, "%s_errors", r->name), errors, "", &o->errors_warn, &o->errors_crit, 0, NAN);
    if (!isnan(discards))
        attempt_perf(a, arena_printf(a->arena, "%s_discards", r->name), discards, "", &o->discards_warn, &o->discards_crit, 0, NAN);
}

static void judge_rates(struct attempt *a, const struct if_row *r)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    const struct last *l = last_of(a->memory, key_of(r->name));
    double in = 8 * rate_of(r, l, IF_IN, job->seconds), out = 8 * rate_of(r, l, IF_OUT, job->seconds);
    double errors = both(rate_of(r, l, IF_IN_ERRORS, job->seconds), rate_of(r, l, IF_OUT_ERRORS, job->seconds));
    double discards = both(rate_of(r, l, IF_IN_DISCARDS, job->seconds), rate_of(r, l, IF_OUT_DISCARDS, job->seconds));
    const char *limit;
    enum state s = level_judge(&o->errors_warn, &o->errors_crit, errors, NAN, &limit);

    if (s != STATE_OK)
        attempt_worse(a, s, MSG("{1}: {2} errors a second (limit {3})"), "sfs", shown(a, r), errors, limit);
    s = level_judge(&o->discards_warn, &o->discards_crit, discards, NAN, &limit);
    if (s != STATE_OK)
        attempt_worse(a, s, MSG("{1}: {2} packets dropped a second (limit {3})"), "sfs", shown(a, r), discards, limit);
    judge_traffic(a, r, in, out);
    figures_add(a, r, in, out, errors, discards);
    buf_printf(&a->more, "%s: %s", shown(a, r), r->admin == IF_DOWN ? "off" : iftable_status(r->oper));
    if (r->speed > 0 && r->oper == IF_UP)
        buf_printf(&a->more, ", %s", attempt_bits(a, r->speed));
    if (!isnan(in) && !isnan(out))
        buf_printf(&a->more, ", %s in, %s out", attempt_bits(a, in), attempt_bits(a, out));
    buf_str(&a->more, "\n");
}

/* ---- the look ---- */

static void remember(struct attempt *a, const struct iftable *t)
{
    struct memory *m = a->memory;

    if (m == NULL)
        return;
    memset(m, 0, sizeof(*m));
    m->at_us = clock_mono_us();
    m->up_time = t->up_time;
    for (int i = 0; i < t->n; i++) {
        struct last *l = &m->at[i];

        l->key = key_of(t->rows[i].name);
        l->discontinuity = t->rows[i].discontinuity;
        memcpy(l->count, t->rows[i].count, sizeof(l->count));
        for (int k = 0; k < IF_COUNTERS; k++)
            l->bits[k] = (uint8_t)t->rows[i].bits[k];
    }
}

static void sentence(struct attempt *a, const struct iftable *t)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    const struct memory *m = a->memory;
    bool restarted = m && m->at_us && t->up_time < m->up_time;

    for (int i = 0; i < t->n; i++)
        if (wanted(o, &t->rows[i])) {
            job->shown++;
            job->up += t->rows[i].oper == IF_UP;
        }
    job->seconds = m && m->at_us && !restarted ? (double)(clock_mono_us() - m->at_us) / 1e6 : 0;
    if (restarted)
        attempt_say(a, STATE_OK, MSG("{1} {1|interface|interfaces}, {2} up; the device has restarted"), "ii", (int64_t)job->shown, (int64_t)job->up);
    else
        attempt_say(a, STATE_OK, MSG("{1} {1|interface|interfaces}, {2} up"), "ii", (int64_t)job->shown, (int64_t)job->up);
}

static void look(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    const struct iftable *t = &job->table;

    sentence(a, t);
    a->answered = true;
    if (t->n == 0)
        attempt_say(a, STATE_UNKNOWN, MSG("the agent tells of no interfaces"), "");
    else if (job->shown == 0)
        attempt_say(a, STATE_UNKNOWN, MSG("none of its {1} interfaces is to be watched"), "i", (int64_t)t->n);
    judge_missing(a, t, &o->up);
    judge_missing(a, t, &o->include);
    for (int i = 0; i < t->n; i++) {
        const struct if_row *r = &t->rows[i];

        if (!wanted(o, r))
            continue;
        judge_status(a, r);
        if (r->oper == IF_UP)
            judge_link(a, r);
        judge_rates(a, r);
    }
    if (t->more)
        attempt_worse(a, STATE_WARNING, MSG("there are more than {1} interfaces; choose some by “interfaces”"), "i", (int64_t)IFTABLE_ROWS);
    remember(a, t);
    attempt_done(a);
}

struct iftable *iftable_of(struct attempt *a)
{
    return &((struct job *)a->job)->table;
}

static void ready(struct attempt *a)
{
    iftable_start(iftable_of(a), a, look);
}

static void start(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = ARENA_NEW(a->arena, struct job);

    a->job = job;
    snmp_ask_open(&job->table.ask, a, &o->session, ready);
}

static void stop(struct attempt *a)
{
    if (a->job)
        snmp_ask_stop(&iftable_of(a)->ask);
}

static void late(struct attempt *a)
{
    snmp_ask_late(&iftable_of(a)->ask);
}

const struct probe probe_snmp_interfaces = {
    .kind = {.name = "snmp_interfaces",
             .help = MSG("watches the interfaces of a device by SNMP: status, traffic, errors, speed, duplex"),
             .area = "devices",
             .example = "snmp_interfaces: { community: public, up: [uplink], traffic: { warn: 80% } }",
             .rows = rows,
             .opts_bytes = sizeof(struct opts),
             .finish = finish,
             .timeout_ms = 20000},
    .start = start,
    .stop = stop,
    .late = late,
    .memory_bytes = sizeof(struct memory),
};
