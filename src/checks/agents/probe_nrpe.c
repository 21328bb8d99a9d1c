/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_nrpe.c: asks an NRPE agent to run one of its commands, and takes its result as a plugin's.
 *
 * Version 4 first; version 2 when the agent closes at that without a word, never after a time-out (that would double the
 * delay).  What answered last is remembered.  Arguments are sent only when they are configured. */
#include "checks/agents/link.h"
#include "checks/plugin_answer.h"
#include "wire/nrpe.h"

#include <string.h>

enum { PORT = 5666, AUTO = 0 };
static const char *const version_words[] = {"auto", "2", "4", NULL};
static const int version_of[] = {0, 2, 4};

struct opts {
    struct link_opts link;
    const char *command, *line; /* line: with the arguments */
    struct conf_texts args;
    int version;
    struct conf_level warn, crit;
};
struct job {
    struct link link;
    int version;
    bool again; /* this is the second connection */
};
struct memory {
    int version; /* that answered last; 0: none yet */
};

#define AT(member) offsetof(struct opts, member)
static const struct conf_row rows[] = {
    {.key = "command", .type = CONF_TEXT, .offset = AT(command), .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = MSG("name of a command that the agent defines; _NRPE_CHECK asks for its version"), .example = "check_load"},
    {.key = "args", .type = CONF_TEXTS, .offset = AT(args),
     .help = MSG("arguments; the agent must allow them (Debian's refuses)"), .example = "[\"80\", \"90\"]"},
    LINK_ROWS(AT(link), "yes", "no"),
    {.key = "version", .type = CONF_WORD, .offset = AT(version), .words = version_words, .by_default = "auto",
     .help = MSG("of the protocol; auto: 4, then 2"), .example = "\"2\""},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "ms", .help = MSG("time that is a warning"), .example = "2s"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "ms", .help = MSG("time that is critical"), .example = "5s"},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct opts *o = arg;
    struct buf line = BUF_MAX(NRPE_MAX_COMMAND);
    bool bad = strchr(o->command, '!') && o->args.n;

    buf_str(&line, o->command);
    for (int i = 0; i < o->args.n; i++) {
        bad = bad || strchr(o->args.at[i], '!');
        buf_printf(&line, "!%s", o->args.at[i]);
    }
    o->line = arena_dup(arena, buf_text(&line));
    bad = bad || line.full || line.len == 0;
    buf_done(&line);
    if (bad)
        return err_field(e, ERR_INVALID, "command", MSG("a command and its arguments have 1 to {1} characters, and no ! of their own"), "i",
                         (int64_t)NRPE_MAX_COMMAND);
    o->link.anonymous = true;
    return link_finish(&o->link, PORT, arena, host_address, e);
}

static const struct link_events events;

static void query(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    unsigned char packet[NRPE_PACKET];
    struct nrpe_packet p = {.version = job->version, .type = NRPE_QUERY, .text = str_of(o->line)};

    attempt_trace(a, '>', o->line, strlen(o->line));
    nrpe_encode(&p, packet);
    link_send(a, packet, sizeof(packet));
}

/* The older version on a new connection; false when that was tried, or is not wanted. */
static bool try_older(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;

    if (o->version != AUTO || job->again)
        return false;
    TRACE(a, "not understood; once more in the other version");
    job->again = true;
    job->version = job->version == 4 ? 2 : 4;
    link_start(a, &o->link, &events, NRPE_MAX_BYTES + NRPE_PACKET);
    return true;
}

static void judge(struct attempt *a, const struct nrpe_packet *p)
{
    const struct opts *o = a->opts;
    struct memory *m = a->memory;
    int64_t us = attempt_spent_us(a);

    if (m)
        m->version = p->version == 3 ? 0 : p->version;
    attempt_trace(a, '<', p->text.p, p->text.n);
    plugin_answer(a, p->result, p->text, (struct str){0});
    a->timings.total_us = (int32_t)us;
    attempt_judge_time(a, us, &o->warn, &o->crit);
    if (a->perf.len == 0)
        attempt_perf_time(a, "time", us, &o->warn, &o->crit);
    attempt_done(a);
}

static void data(struct attempt *a)
{
    struct job *job = a->job;
    struct buf *in = &job->link.in;
    int64_t frame = nrpe_frame(in->data, in->len);
    struct nrpe_packet p;

    if (frame == 0 || (frame > 0 && (size_t)frame > in->len))
        return;
    if (frame < 0 || nrpe_decode(in->data, (size_t)frame, &p) != 0 || p.type != NRPE_RESPONSE) {
        attempt_say(a, STATE_CRITICAL, MSG("no NRPE answer came: the packet is damaged, or something else listens there"), "");
        attempt_done(a);
    } else if (p.version == job->version || !try_older(a)) {
        judge(a, &p);
    }
}

static void closed(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;

    if (job->link.in.len == 0 && try_older(a))
        return;
    if (job->link.in.len)
        attempt_say(a, STATE_CRITICAL, MSG("the connection was closed in the middle of the answer"), "");
    else if (o->args.n || strchr(o->line, '!'))
        attempt_say(a, STATE_CRITICAL, MSG("the agent closed without an answer: it may not allow arguments (dont_blame_nrpe; Debian's never does), or not this address (allowed_hosts)"), "");
    else
        attempt_say(a, STATE_CRITICAL, MSG("the agent closed without an answer: does its allowed_hosts name this address?"), "");
    attempt_done(a);
}

static const struct link_events events = {query, data, closed};

static void start(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = ARENA_NEW(a->arena, struct job);
    const struct memory *m = a->memory;

    a->job = job;
    job->version = o->version != AUTO ? version_of[o->version] : m && m->version == 2 ? 2 : 4;
    link_start(a, &o->link, &events, NRPE_MAX_BYTES + NRPE_PACKET);
}

const struct probe probe_nrpe = {
    .kind = {.name = "nrpe",
             .help = MSG("a plugin on another machine, by its NRPE agent"),
             .area = "agents",
             .example = "nrpe: { command: check_load, server: web1.example.org }",
             .rows = rows,
             .opts_bytes = sizeof(struct opts),
             .finish = finish},
    .start = start,
    .stop = link_stop,
    .late = link_late,
    .memory_bytes = sizeof(struct memory),
};
