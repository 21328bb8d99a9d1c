/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_munin.c: values of a plugin of a munin node, judged by limits of our own, or by the node's when asked.
 * Graphs within graphs are not asked for (no "cap multigraph"). */
#include "checks/agents/link.h"
#include "wire/munin.h"

#include <math.h>
#include <string.h>

enum { PORT = 4949, MAX_IN = 64 * 1024, MAX_LINES = 5000, MAX_FIELDS = 64, QUOTE_BYTES = 120, TEXT_FIELDS = 6 };

struct opts {
    struct link_opts link;
    const char *plugin, *field;
    bool limits;
    struct conf_level warn, crit;
};
enum step { GREETING, CONFIG, FETCH };
struct field {
    const char *name;
    double value; /* NAN: unknown */
    bool fetched;
    struct conf_level warn, crit; /* of the node */
};
struct job {
    struct link link;
    enum step step;
    int lines, n;
    struct field fields[MAX_FIELDS];
    const char *complaint; /* "# Unknown service" and the like */
};

#define AT(member) offsetof(struct opts, member)
static const struct conf_row rows[] = {
    {.key = "plugin", .type = CONF_TEXT, .offset = AT(plugin), .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = MSG("plugin of the node"), .example = "load"},
    {.key = "field", .type = CONF_TEXT, .offset = AT(field), .help = MSG("one of its fields; by default all of them"), .example = "load"},
    {.key = "limits", .type = CONF_BOOL, .offset = AT(limits), .by_default = "no",
     .help = MSG("judge by the limits that the node gives for its fields, too"), .example = "yes"},
    LINK_ROWS(AT(link), "no", "yes"),
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .help = MSG("value that is a warning"), .example = "\"4\""},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .help = MSG("value that is critical"), .example = "\"8\""},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct opts *o = arg;

    if (!munin_name_good(o->plugin))
        return err_field(e, ERR_INVALID, "plugin", MSG("“{1}” is no name of a plugin"), "s", o->plugin);
    return link_finish(&o->link, PORT, arena, host_address, e);
}

/* ---- what came ---- */

static struct field *field_of(struct attempt *a, struct str name)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;

    for (int i = 0; i < job->n; i++)
        if (str_is(name, job->fields[i].name))
            return &job->fields[i];
    if (job->n == MAX_FIELDS || (o->field && !str_is(name, o->field)))
        return NULL;
    job->fields[job->n] = (struct field){.name = attempt_quote(a, name.p, name.n, MUNIN_MAX_NAME), .value = NAN};
    return &job->fields[job->n++];
}

static void limit_read(struct attempt *a, struct str what, struct conf_level *l)
{
    if (munin_limit_read(what, &l->low, &l->high) != 0)
        return;
    l->set = true;
    l->text = attempt_quote(a, what.p, what.n, QUOTE_BYTES);
}

static void line_seen(struct attempt *a, struct str line)
{
    struct job *job = a->job;
    struct munin_line m;
    struct field *f;

    if (line.n > 1 && line.p[0] == '#')
        job->complaint = attempt_quote(a, line.p + 1, line.n - 1, QUOTE_BYTES);
    if (!munin_line_read(line, &m) || (f = field_of(a, m.field)) == NULL)
        return;
    if (str_is(m.attribute, "warning"))
        limit_read(a, m.what, &f->warn);
    else if (str_is(m.attribute, "critical"))
        limit_read(a, m.what, &f->crit);
    else if (str_is(m.attribute, "value") && munin_value_read(m.what, &f->value) == 0)
        f->fetched = true;
}

/* ---- judging ---- */

static void judge_field(struct attempt *a, const struct field *f)
{
    const struct opts *o = a->opts;
    const struct conf_level *warn = o->warn.set ? &o->warn : &f->warn, *crit = o->crit.set ? &o->crit : &f->crit;
    const char *limit;
    enum state s = level_judge(warn, crit, f->value, NAN, &limit);

    attempt_perf(a, f->name, f->value, "", warn, crit, NAN, NAN);
    if (isnan(f->value))
        attempt_worse(a, STATE_UNKNOWN, MSG("{1} is unknown to the node"), "s", f->name);
    else if (s != STATE_OK)
        attempt_worse(a, s, MSG("{1} is {2} (limit {3})"), "sfs", f->name, f->value, limit);
}

static void say_values(struct attempt *a)
{
    struct job *job = a->job;
    struct buf b = BUF_MAX(600);
    int n = 0;

    for (int i = 0; i < job->n && n < TEXT_FIELDS; i++)
        if (job->fields[i].fetched && !isnan(job->fields[i].value))
            buf_printf(&b, "%s%s %.6g", n++ ? ", " : "", job->fields[i].name, job->fields[i].value);
    attempt_say(a, STATE_OK, MSG("{1}: {2}"), "ss", ((const struct opts *)a->opts)->plugin, buf_text(&b));
    buf_done(&b);
}

static void judge(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    int fetched = 0;

    for (int i = 0; i < job->n; i++)
        fetched += job->fields[i].fetched;
    say_values(a);
    for (int i = 0; i < job->n; i++)
        if (job->fields[i].fetched)
            judge_field(a, &job->fields[i]);
    if (fetched == 0 && job->complaint)
        attempt_say(a, STATE_UNKNOWN, MSG("the node says of {1}: {2}"), "ss", o->plugin, job->complaint);
    else if (fetched == 0 && o->field)
        attempt_say(a, STATE_UNKNOWN, MSG("{1} has no field {2}"), "ss", o->plugin, o->field);
    else if (fetched == 0)
        attempt_say(a, STATE_UNKNOWN, MSG("{1} gave no value"), "s", o->plugin);
    a->timings.total_us = (int32_t)attempt_spent_us(a);
    attempt_perf_time(a, "time", attempt_spent_us(a), NULL, NULL);
    attempt_done(a);
}

/* ---- the dialogue ---- */

static void step_on(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;

    job->step = job->step == GREETING && o->limits ? CONFIG : FETCH;
    job->lines = 0;
    link_printf(a, "%s %s\n", job->step == CONFIG ? "config" : "fetch", o->plugin);
}

static void line(struct attempt *a, struct str s)
{
    struct job *job = a->job;

    if (job->step == GREETING) {
        if (s.n == 0 || s.p[0] != '#')
            link_fail(a, ERR_PROTOCOL, NULL);
        else
            step_on(a);
    } else if (++job->lines > MAX_LINES) {
        link_fail(a, ERR_PROTOCOL, NULL);
    } else if (!str_is(s, ".")) {
        line_seen(a, s);
    } else if (job->step == CONFIG) {
        step_on(a);
    } else {
        link_printf(a, "quit\n");
        if (!a->ended)
            judge(a);
    }
}

static void data(struct attempt *a)
{
    struct str s;

    while (link_line(a, &s))
        line(a, s);
}

static void closed(struct attempt *a)
{
    struct job *job = a->job;

    if (job->step == GREETING)
        attempt_say(a, STATE_CRITICAL, MSG("the node closed before it greeted: does its configuration allow this address?"), "");
    else
        attempt_say(a, STATE_CRITICAL, MSG("the connection was closed in the middle of the answer"), "");
    attempt_done(a);
}

static void greeted_later(struct attempt *a) { TRACE(a, "waiting for the greeting"); }

static const struct link_events events = {greeted_later, data, closed};

static void start(struct attempt *a)
{
    const struct opts *o = a->opts;

    a->job = ARENA_NEW(a->arena, struct job);
    link_start(a, &o->link, &events, MAX_IN);
}

const struct probe probe_munin = {
    .kind = {.name = "munin",
             .help = MSG("values of a plugin of a munin node"),
             .area = "agents",
             .example = "munin: { plugin: load, server: web1.example.org, warn: 4 }",
             .rows = rows,
             .opts_bytes = sizeof(struct opts),
             .finish = finish},
    .start = start,
    .stop = link_stop,
    .late = link_late,
};
