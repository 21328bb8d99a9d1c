/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_snmp.c: asks an SNMP agent for one or more objects, or walks a column of a table, and judges the values.
 *
 * The questions themselves (versions, keys, sending again) are in ask.c.  A rate is the growth of a counter a second
 * since the last look; a counter that went round is seen by its width, a restart of the agent by its up-time. */
#include "checks/snmp/ask.h"

#include "base/hash.h"
#include "checks/http_judge.h"

#include <math.h>
#include <string.h>

enum { MAX_OIDS = 32, MAX_ROWS = 512, REPETITIONS = 20, QUOTE_BYTES = 200 };
enum { EACH, SUM, COUNTED, LEAST, MOST, AVERAGE };
static const char *const joins[] = {"each", "sum", "count", "min", "max", "average", NULL};
static const unsigned char up_time_oid[] = {0x2b, 6, 1, 2, 1, 1, 3, 0};

struct oid {
    const char *label;
    struct str encoded;
};
struct opts {
    struct snmp_opts session; /* first */
    const char *target, *walk, *of, *label, *unit, *expect, *regex;
    struct conf_texts oids;
    bool rate;
    int join;
    int64_t max_rows;
    double scale;
    struct conf_level warn, crit;
    /* from the above */
    struct oid at[MAX_OIDS];
    struct str wanted[MAX_OIDS + 2]; /* of the question: the oids, `of`, the up-time */
    struct str column, whole;
    int n, n_wanted;
};
struct value {
    struct str oid; /* row of a walk; in the arena */
    const char *label, *text;
    double number; /* NAN: none */
    double whole;  /* of `of`; NAN */
};
struct memory {
    uint64_t print; /* of what was asked */
    int64_t at_us;
    double up_time;
    bool set[MAX_OIDS];
    uint64_t count[MAX_OIDS];
};
struct job {
    struct snmp_ask ask;
    struct value *values; /* rows of a walk so far */
    int n;
    struct str cursor;
};

#define AT(member) offsetof(struct opts, member)
static const struct conf_row rows[] = {
    {.key = "oid", .type = CONF_TEXT, .offset = AT(target), .flags = CONF_POSITIONAL,
     .help = MSG("object to ask for, in numbers or by a well-known name"), .example = "sysUpTime.0"},
    {.key = "oids", .type = CONF_TEXTS, .offset = AT(oids),
     .help = MSG("several objects in one question; LABEL=OID gives a name"), .example = "[in=ifHCInOctets.2, out=ifHCOutOctets.2]"},
    {.key = "walk", .type = CONF_TEXT, .offset = AT(walk), .help = MSG("column of a table: all its rows are asked for"),
     .example = "hrProcessorLoad"},
    {.key = "max_rows", .type = CONF_INT, .offset = AT(max_rows), .by_default = "100", .min = 1, .max = MAX_ROWS,
     .help = MSG("rows of a walk at most"), .example = "50"},
    {.key = "join", .type = CONF_WORD, .offset = AT(join), .words = joins, .by_default = "each",
     .help = MSG("of a walk: judge each row, or one number made of all"), .example = "average"},
    {.key = "of", .type = CONF_TEXT, .offset = AT(of),
     .help = MSG("object that is the whole of which the value is a part: thresholds in percent then"), .example = "hrStorageSize.1"},
    {.key = "rate", .type = CONF_BOOL, .offset = AT(rate), .by_default = "no",
     .help = MSG("growth of the counter a second instead of the counter"), .example = "yes"},
    {.key = "scale", .type = CONF_REAL, .offset = AT(scale), .by_default = "1", .help = MSG("factor on the value"), .example = "8"},
    {.key = "label", .type = CONF_TEXT, .offset = AT(label), .help = MSG("name of the value"), .example = "temperature"},
    {.key = "unit", .type = CONF_TEXT, .offset = AT(unit), .help = MSG("unit of the value"), .example = "C"},
    {.key = "expect", .type = CONF_TEXT, .offset = AT(expect), .help = MSG("text that the value must be"), .example = "\"1\""},
    {.key = "regex", .type = CONF_REGEX, .offset = AT(regex), .help = MSG("regular expression that the value must match"),
     .example = "'^Cisco'"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = CONF_MAYBE_RATE, .help = MSG("value that is a warning"), .example = "\"> 80\""},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = CONF_MAYBE_RATE, .help = MSG("value that is critical"), .example = "\"> 100/s\""},
    SNMP_ROWS,
    {0},
};

/* ---- options ---- */

static int oid_read(const char *text, const char *key, struct arena *arena, struct str *ret, struct err *e)
{
    unsigned char bytes[SNMP_OID_BYTES];
    size_t n;
    int code = snmp_oid_parse(text, bytes, &n);
    const char *near;

    if (code == ERR_NOT_FOUND) {
        near = snmp_oid_nearest(text);
        if (near)
            return err_field(e, ERR_INVALID, key, MSG("“{1}” is no known name; did you mean {2}?"), "ss", text, near);
        return err_field(e, ERR_INVALID, key, MSG("“{1}” is no known name; write the object in numbers, such as 1.3.6.1.2.1.1.3.0"), "s", text);
    }
    if (code)
        return err_field(e, ERR_INVALID, key, MSG("“{1}” is no object identifier; write one such as 1.3.6.1.2.1.1.3.0 or sysUpTime.0"), "s", text);
    ret->p = arena_dupn(arena, (const char *)bytes, n);
    ret->n = n;
    return 0;
}

static int oid_add(struct opts *o, const char *text, const char *key, struct arena *arena, struct err *e)
{
    const char *equals = strchr(text, '=');
    struct oid *x = &o->at[o->n];

    if (o->n == MAX_OIDS)
        return err_field(e, ERR_LIMIT, key, MSG("at most {1} objects"), "i", (int64_t)MAX_OIDS);
    x->label = equals ? arena_dupn(arena, text, (size_t)(equals - text)) : text;
    if (o->label && !equals && o->oids.n == 0)
        x->label = o->label;
    o->n++;
    return oid_read(equals ? equals + 1 : text, key, arena, &x->encoded, e);
}

static void wanted_fill(struct opts *o)
{
    for (int i = 0; i < o->n; i++)
        o->wanted[o->n_wanted++] = o->at[i].encoded;
    if (o->of)
        o->wanted[o->n_wanted++] = o->whole;
    if (o->rate)
        o->wanted[o->n_wanted++] = (struct str){(const char *)up_time_oid, sizeof(up_time_oid)};
}

static int oids_read(struct opts *o, struct arena *arena, struct err *e)
{
    int code = 0;

    if ((o->target != NULL) + (o->oids.n > 0) + (o->walk != NULL) != 1)
        return err_field(e, ERR_INVALID, "oid", MSG("one of oid, oids and walk is needed"), "");
    if (o->walk)
        code = oid_read(o->walk, "walk", arena, &o->column, e);
    if (o->target)
        code = oid_add(o, o->target, "oid", arena, e);
    for (int i = 0; code == 0 && i < o->oids.n; i++)
        code = oid_add(o, o->oids.at[i], "oids", arena, e);
    if (code == 0 && o->of)
        code = oid_read(o->of, "of", arena, &o->whole, e);
    return code;
}

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct opts *o = arg;
    int code = snmp_opts_finish(&o->session, host_address, e);

    if (code == 0)
        code = oids_read(o, arena, e);
    if (code)
        return code;
    if (o->walk && (o->rate || o->of))
        return err_field(e, ERR_INVALID, o->rate ? "rate" : "of", MSG("this does not go together with walk"), "");
    if ((o->warn.percent || o->crit.percent) && !o->of && !str_eq(o->unit, "%"))
        return err_field(e, ERR_INVALID, "of", MSG("a threshold in percent needs “of”, the whole"), "");
    if ((o->warn.rate || o->crit.rate) && !o->rate)
        return err_field(e, ERR_INVALID, o->warn.rate ? "warn" : "crit", MSG("“{1}” is a threshold of a rate; it needs “rate: yes”"), "s", o->warn.rate ? o->warn.text : o->crit.text);
    wanted_fill(o);
    return 0;
}

/* ---- judging ---- */

static void value_judge(struct attempt *a, const struct value *v)
{
    const struct opts *o = a->opts;
    const char *limit, *unit = o->unit ? o->unit : "";
    double share = !isnan(v->whole) && v->whole > 0 ? v->number * 100 / v->whole : str_eq(unit, "%") ? v->number : NAN;
    enum state s;

    if (o->expect && !str_eq(v->text, o->expect))
        attempt_worse(a, STATE_CRITICAL, MSG("{1} is “{2}”, wanted “{3}”"), "sss", v->label, v->text, o->expect);
    if (o->regex && http_search(o->regex, v->text, strlen(v->text)) != 1)
        attempt_worse(a, STATE_CRITICAL, MSG("{1} is “{2}”, which does not match “{3}”"), "sss", v->label, v->text, o->regex);
    if (isnan(v->number)) {
        if (o->warn.set || o->crit.set)
            attempt_worse(a, STATE_UNKNOWN, MSG("{1} is “{2}”, which is no number"), "ss", v->label, v->text);
        return;
    }
    s = level_judge(&o->warn, &o->crit, v->number, share, &limit);
    if (s != STATE_OK && !isnan(v->whole))
        attempt_worse(a, s, MSG("{1} is at {2} % (limit {3})"), "sfs", v->label, share, limit);
    else if (s != STATE_OK)
        attempt_worse(a, s, MSG("{1} is {2} (limit {3})"), "sss", v->label, v->text, limit);
    attempt_perf(a, v->label, v->number, unit, &o->warn, &o->crit, NAN, v->whole);
}

/* What all is well looks like: the first values. */
static const char *summary(struct attempt *a, const struct value *at, int n)
{
    struct buf b = BUF_MAX(4 * QUOTE_BYTES);
    const char *text;

    for (int i = 0; i < n && b.len < QUOTE_BYTES; i++)
        buf_printf(&b, "%s%s = %s", i ? ", " : "", at[i].label, at[i].text);
    text = attempt_quote(a, buf_text(&b), b.len, 2 * QUOTE_BYTES);
    buf_done(&b);
    return text;
}

static void values_judge(struct attempt *a, const struct value *at, int n)
{
    const struct opts *o = a->opts;

    attempt_say(a, STATE_OK, "{1}", "s", summary(a, at, n));
    if (o->of && n == 1 && at[0].whole > 0)
        attempt_say(a, STATE_OK, MSG("{1} is at {2} %"), "sf", at[0].label, at[0].number * 100 / at[0].whole);
    for (int i = 0; i < n; i++)
        value_judge(a, &at[i]);
    for (int i = 0; n > 1 && i < n; i++)
        buf_printf(&a->more, "%s = %s\n", at[i].label, at[i].text);
    attempt_done(a);
}

/* ---- values ---- */

static const char *number_text(struct attempt *a, double v, const char *unit)
{
    const char *digits = fabs(v) >= 1e15 ? arena_printf(a->arena, "%g", v) : arena_printf(a->arena, "%.3f", v);
    size_t n = strlen(digits);

    while (strchr(digits, '.') && (digits[n - 1] == '0' || digits[n - 1] == '.'))
        if (digits[--n] == '.')
            break;
    return arena_printf(a->arena, "%.*s%s%s", (int)n, digits, unit[0] && !str_eq(unit, "%") ? " " : "", unit);
}

static struct value value_of(struct attempt *a, const char *label, const struct snmp_bind *b)
{
    const struct opts *o = a->opts;
    struct value v = {.label = label, .whole = NAN, .number = NAN};
    struct buf text = BUF_MAX(4096);

    snmp_text(b, &text);
    v.text = attempt_quote(a, buf_text(&text), text.len, QUOTE_BYTES);
    buf_done(&text);
    if (!snmp_number(b, &v.number))
        return v;
    v.number *= o->scale;
    if (o->scale != 1 || (o->unit && b->type != SNMP_TIMETICKS))
        v.text = number_text(a, v.number, o->unit ? o->unit : "");
    return v;
}

static const char *oid_text(struct attempt *a, struct str oid, bool names)
{
    struct buf b = BUF_MAX(1024);
    const char *text;

    snmp_oid_format(oid, names, &b);
    text = arena_dup(a->arena, buf_text(&b));
    buf_done(&b);
    return text;
}

static bool status_bad(struct attempt *a, const struct snmp_pdu *pdu)
{
    const struct opts *o = a->opts;
    int64_t i = pdu->index; /* counts from 1; anything may come */
    const char *at = i >= 1 && i <= o->n ? o->at[i - 1].label : o->walk ? o->walk : "?";

    if (pdu->status == 0)
        return false;
    attempt_say(a, STATE_UNKNOWN, MSG("the agent answers {1} for {2}"), "ss", snmp_status_name(pdu->status), at);
    attempt_done(a);
    return true;
}

/* The answer has to be of what was asked, one value each. */
static bool shape_bad(struct attempt *a, const struct snmp_pdu *pdu)
{
    const struct opts *o = a->opts;
    bool good = pdu->n == o->n_wanted;

    for (int i = 0; good && i < pdu->n; i++)
        good = pdu->at[i].oid.n == o->wanted[i].n && memcmp(pdu->at[i].oid.p, o->wanted[i].p, o->wanted[i].n) == 0;
    if (good)
        return false;
    attempt_say(a, STATE_CRITICAL, MSG("the agent answers with other objects than were asked for"), "");
    attempt_done(a);
    return true;
}

static bool missing(struct attempt *a, const struct snmp_pdu *pdu)
{
    const struct opts *o = a->opts;

    for (int i = 0; i < pdu->n; i++) {
        const char *label = i < o->n ? o->at[i].label : oid_text(a, pdu->at[i].oid, true);

        if (pdu->at[i].type != SNMP_NO_OBJECT && pdu->at[i].type != SNMP_NO_INSTANCE && pdu->at[i].type != SNMP_END_OF_VIEW && pdu->at[i].type != BER_NULL)
            continue;
        attempt_say(a, STATE_UNKNOWN, MSG("the agent has no {1}"), "s", label);
        attempt_done(a);
        return true;
    }
    return false;
}

/* ---- rates ---- */

static uint64_t print_of(const struct opts *o)
{
    uint64_t h = 1;

    for (int i = 0; i < o->n; i++)
        h = hash_bytes(o->at[i].encoded.p, o->at[i].encoded.n, h);
    return h;
}

static bool rate_of(struct attempt *a, const struct snmp_bind *b, int i, double seconds, struct value *v)
{
    struct memory *m = a->memory;
    const struct opts *o = a->opts;
    uint64_t now;
    int bits;
    double grown;

    v->number = NAN;
    if (!snmp_counter(b, &now, &bits))
        return false;
    grown = m->set[i] && seconds > 0 ? snmp_counter_growth(now, m->count[i], bits) : NAN;
    m->count[i] = now;
    m->set[i] = true;
    v->number = grown / seconds * o->scale;
    v->text = isnan(v->number) ? "?" : number_text(a, v->number, arena_printf(a->arena, "%s/s", o->unit ? o->unit : ""));
    return true;
}

static void rates_wait(struct attempt *a, const char *msgid)
{
    attempt_say(a, STATE_OK, msgid, "");
    attempt_done(a);
}

static void rates_judge(struct attempt *a, const struct snmp_pdu *pdu, struct value *at)
{
    const struct opts *o = a->opts;
    struct memory *m = a->memory;
    int64_t now_us = clock_mono_us();
    double up = 0, seconds;
    bool known, restarted, all = true;

    if (m == NULL) {
        rates_wait(a, MSG("the counters were read; a rate needs two looks"));
        return;
    }
    snmp_number(&pdu->at[pdu->n - 1], &up);
    known = m->at_us && m->print == print_of(o);
    restarted = known && up < m->up_time;
    if (!known || restarted)
        memset(m, 0, sizeof(*m));
    seconds = (double)(now_us - m->at_us) / 1e6;
    for (int i = 0; i < o->n; i++) {
        if (!rate_of(a, &pdu->at[i], i, seconds, &at[i])) {
            attempt_say(a, STATE_UNKNOWN, MSG("{1} is “{2}”, which is no counter"), "ss", at[i].label, at[i].text);
            attempt_done(a);
            return;
        }
        all = all && !isnan(at[i].number);
    }
    m->print = print_of(o);
    m->at_us = now_us;
    m->up_time = up;
    if (restarted)
        rates_wait(a, MSG("the agent has restarted; rates come with the next look"));
    else if (!all)
        rates_wait(a, MSG("the counters were read; rates come with the next look"));
    else
        values_judge(a, at, o->n);
}

/* ---- asking ---- */

static void got(struct attempt *a, const struct snmp_pdu *pdu)
{
    const struct opts *o = a->opts;
    struct value *at;

    if (status_bad(a, pdu) || shape_bad(a, pdu) || missing(a, pdu))
        return;
    at = ARENA_ARRAY(a->arena, struct value, (size_t)o->n);
    for (int i = 0; i < o->n; i++) {
        at[i] = value_of(a, o->at[i].label, &pdu->at[i]);
        if (o->of && snmp_number(&pdu->at[o->n], &at[i].whole))
            at[i].whole *= o->scale;
    }
    if (o->rate)
        rates_judge(a, pdu, at);
    else
        values_judge(a, at, o->n);
}

/* ---- walking ---- */

/* One number out of all rows. */
static struct value joined(struct attempt *a, const struct job *job)
{
    const struct opts *o = a->opts;
    struct value v = {.label = o->label ? o->label : o->walk, .whole = NAN, .number = o->join == COUNTED ? job->n : NAN};
    int n = 0;

    for (int i = 0; o->join != COUNTED && i < job->n; i++) {
        double x = job->values[i].number;

        if (isnan(x))
            continue;
        n++;
        if (n == 1)
            v.number = x;
        else if (o->join == LEAST || o->join == MOST)
            v.number = o->join == LEAST ? fmin(v.number, x) : fmax(v.number, x);
        else
            v.number += x;
    }
    if (o->join == AVERAGE && n)
        v.number /= n;
    v.text = isnan(v.number) ? "" : number_text(a, v.number, o->unit ? o->unit : "");
    return v;
}

static void walked(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    struct value one;

    if (job->n == 0 && o->join != COUNTED) {
        attempt_say(a, STATE_UNKNOWN, MSG("the agent has no rows of {1}"), "s", o->walk);
        attempt_done(a);
        return;
    }
    if (o->join == EACH) {
        values_judge(a, job->values, job->n);
        return;
    }
    for (int i = 0; i < job->n; i++)
        buf_printf(&a->more, "%s = %s\n", job->values[i].label, job->values[i].text);
    one = joined(a, job);
    values_judge(a, &one, 1);
}

static void walk_on(struct attempt *a);

/* A row's label is what follows the column: its index. */
static void row_add(struct attempt *a, const struct snmp_bind *b)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    const char *number = oid_text(a, b->oid, false), *top = oid_text(a, o->column, false);

    job->values[job->n++] = value_of(a, arena_printf(a->arena, "%s%s", o->label ? o->label : o->walk, number + strlen(top)), b);
}

/* Takes rows; true when the column is at its end. An agent that does not go forward would be walked for ever. */
static bool rows_take(struct attempt *a, const struct snmp_pdu *pdu)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;

    for (int i = 0; i < pdu->n; i++) {
        const struct snmp_bind *b = &pdu->at[i];

        if (b->type == SNMP_END_OF_VIEW || b->type == SNMP_NO_OBJECT || b->type == SNMP_NO_INSTANCE ||
            !snmp_oid_below(b->oid, o->column) || job->n == o->max_rows || b->oid.n > SNMP_OID_BYTES)
            return true;
        if (snmp_oid_order(b->oid, job->cursor) <= 0) {
            attempt_say(a, STATE_CRITICAL, MSG("the agent's table {1} goes round in circles"), "s", o->walk);
            attempt_done(a);
            return false;
        }
        row_add(a, b);
        job->cursor = (struct str){arena_dupn(a->arena, b->oid.p, b->oid.n), b->oid.n};
    }
    return pdu->n == 0;
}

static void walk_got(struct attempt *a, const struct snmp_pdu *pdu)
{
    const struct opts *o = a->opts;

    if (o->session.version == SNMP_WORD_1 && pdu->status == 2) { /* noSuchName: behind the last object */
        walked(a);
        return;
    }
    if (status_bad(a, pdu))
        return;
    if (rows_take(a, pdu))
        walked(a);
    else if (!a->ended)
        walk_on(a);
}

static void walk_on(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    int64_t left = o->max_rows - job->n + 1;
    struct snmp_query q = {.type = SNMP_GETBULK, .n = 1, .oids = &job->cursor};

    q.repetitions = left < REPETITIONS ? (int)left : REPETITIONS;
    if (o->session.version == SNMP_WORD_1)
        q.type = SNMP_GETNEXT;
    snmp_ask_send(&job->ask, &q, walk_got);
}

/* ---- the probe ---- */

static void ready(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    struct snmp_query q = {.type = SNMP_GET, .n = o->n_wanted, .oids = o->wanted};

    if (o->walk == NULL) {
        snmp_ask_send(&job->ask, &q, got);
        return;
    }
    job->values = ARENA_ARRAY(a->arena, struct value, (size_t)o->max_rows);
    job->cursor = o->column;
    walk_on(a);
}

static void start(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = ARENA_NEW(a->arena, struct job);

    a->job = job;
    snmp_ask_open(&job->ask, a, &o->session, ready);
}

static void stop(struct attempt *a)
{
    struct job *job = a->job;

    if (job)
        snmp_ask_stop(&job->ask);
}

static void late(struct attempt *a)
{
    struct job *job = a->job;

    snmp_ask_late(&job->ask);
}

const struct probe probe_snmp = {
    .kind = {.name = "snmp",
             .help = MSG("asks an SNMP agent for objects and judges their values"),
             .area = "devices",
             .example = "snmp: sysUpTime.0",
             .rows = rows,
             .opts_bytes = sizeof(struct opts),
             .finish = finish},
    .start = start,
    .stop = stop,
    .late = late,
    .memory_bytes = sizeof(struct memory),
};
