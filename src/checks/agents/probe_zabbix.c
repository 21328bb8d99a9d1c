/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_zabbix.c: one item of a Zabbix agent, asked for as its server would (a passive check). Not encrypted by PSK. */
#include "checks/agents/link.h"
#include "wire/zabbix.h"

#include <math.h>
#include <string.h>

enum { PORT = 10050, QUOTE_BYTES = 300, MAX_IN = ZABBIX_MAX_BYTES + 100 };

struct opts {
    struct link_opts link;
    const char *key, *expect, *label;
    struct conf_level warn, crit;
};
struct job {
    struct link link;
};

#define AT(member) offsetof(struct opts, member)
static const struct conf_row rows[] = {
    {.key = "key", .type = CONF_TEXT, .offset = AT(key), .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = MSG("key of the item"), .example = "\"vfs.fs.size[/,pused]\""},
    LINK_ROWS(AT(link), "no", "yes"),
    {.key = "expect", .type = CONF_TEXT, .offset = AT(expect), .help = MSG("the value must be this, all of it"), .example = "\"1\""},
    {.key = "label", .type = CONF_TEXT, .offset = AT(label), .by_default = "value", .help = MSG("name of the value in performance data"), .example = "uptime"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .help = MSG("value that is a warning"), .example = "\"80\""},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .help = MSG("value that is critical"), .example = "\"90\""},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct opts *o = arg;

    if (o->key[0] == '\0' || strlen(o->key) > ZABBIX_MAX_KEY || strpbrk(o->key, "\r\n"))
        return err_field(e, ERR_INVALID, "key", MSG("a key is one line of 1 to {1} characters"), "i", (int64_t)ZABBIX_MAX_KEY);
    return link_finish(&o->link, PORT, arena, host_address, e);
}

static void query(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct buf b = BUF_MAX(ZABBIX_MAX_KEY + 32);

    attempt_trace(a, '>', o->key, strlen(o->key));
    zabbix_query(&b, o->key);
    link_send(a, buf_text(&b), b.len);
    buf_done(&b);
}

static void judge_number(struct attempt *a, double value)
{
    const struct opts *o = a->opts;
    const char *limit;
    enum state s = level_judge(&o->warn, &o->crit, value, NAN, &limit);

    if (s != STATE_OK)
        attempt_worse(a, s, MSG("{1} is {2} (limit {3})"), "sfs", o->key, value, limit);
    attempt_perf(a, o->label, value, "", &o->warn, &o->crit, NAN, NAN);
}

static void judge_value(struct attempt *a, struct str value)
{
    const struct opts *o = a->opts;
    const char *text = attempt_quote(a, value.p, value.n, QUOTE_BYTES);
    double number;

    attempt_say(a, STATE_OK, MSG("{1} is {2}"), "ss", o->key, text);
    if (o->expect && !str_is(value, o->expect))
        attempt_worse(a, STATE_CRITICAL, MSG("{1} is “{2}”, wanted “{3}”"), "sss", o->key, text, o->expect);
    if (value.n < 64 && str_f64(arena_dupn(a->arena, value.p, value.n), &number) == 0)
        judge_number(a, number);
    else if (o->warn.set || o->crit.set)
        attempt_worse(a, STATE_UNKNOWN, MSG("{1} is “{2}”, which is no number"), "ss", o->key, text);
    attempt_perf_time(a, "time", attempt_spent_us(a), NULL, NULL);
}

static void judge(struct attempt *a, const char *p, size_t n)
{
    const struct opts *o = a->opts;
    struct zabbix_answer r;

    attempt_trace(a, '<', p, n);
    if (zabbix_decode(p, n, &r) != 0) {
        link_fail(a, ERR_PROTOCOL, NULL);
        return;
    }
    if (r.unsupported)
        attempt_say(a, STATE_UNKNOWN, MSG("the agent does not know {1}: {2}"), "ss", o->key,
                    r.reason.n ? attempt_quote(a, r.reason.p, r.reason.n, QUOTE_BYTES) : "ZBX_NOTSUPPORTED");
    else
        judge_value(a, r.value);
    a->timings.total_us = (int32_t)attempt_spent_us(a);
    attempt_done(a);
}

static void data(struct attempt *a)
{
    struct job *job = a->job;
    struct buf *in = &job->link.in;
    int64_t frame = zabbix_frame(in->data, in->len);

    if (frame > 0 && (size_t)frame <= in->len) {
        judge(a, in->data, (size_t)frame);
    } else if (frame == ERR_UNSUPPORTED) {
        attempt_say(a, STATE_UNKNOWN, MSG("the answer is compressed, which vigie does not read"), "");
        attempt_done(a);
    } else if (frame == ERR_LIMIT) {
        link_fail(a, ERR_PROTOCOL, NULL);
    } /* no header: an agent of old, whose answer ends with the connection */
}

static void closed(struct attempt *a)
{
    struct job *job = a->job;

    if (job->link.in.len) {
        judge(a, job->link.in.data, job->link.in.len);
        return;
    }
    attempt_say(a, STATE_CRITICAL, MSG("the agent closed without an answer: does Server= in its configuration name this address?"), "");
    attempt_done(a);
}

static const struct link_events events = {query, data, closed};

static void start(struct attempt *a)
{
    const struct opts *o = a->opts;

    a->job = ARENA_NEW(a->arena, struct job);
    link_start(a, &o->link, &events, MAX_IN);
}

const struct probe probe_zabbix = {
    .kind = {.name = "zabbix",
             .help = MSG("an item of a Zabbix agent"),
             .area = "agents",
             .example = "zabbix: { key: system.uptime, server: web1.example.org }",
             .rows = rows,
             .opts_bytes = sizeof(struct opts),
             .finish = finish},
    .start = start,
    .stop = link_stop,
    .late = link_late,
};
