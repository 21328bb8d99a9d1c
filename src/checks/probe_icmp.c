/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_icmp.c: echo requests. A host's own check is content with one answer; as a service it judges loss
 * and round-trip time. Where the system refuses echo sockets it says so and claims nothing of the host. */
#include "checks/attempt.h"

#include <math.h>
#include <string.h>

struct icmp_opts {
    const char *target;
    int64_t count, interval_ms, size;
    struct conf_level loss_warn, loss_crit, rtt_warn, rtt_crit;
};
struct icmp_probe_job {
    struct icmp_job *ping;
};

enum { MARGIN_MS = 20 }; /* so that the last answer is judged before the attempt's own time-out */

#define AT(member) offsetof(struct icmp_opts, member)
static const struct conf_row loss_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(loss_warn), .unit = "%", .by_default = "20%",
     .help = MSG("share of lost packets that is a warning"), .example = "20%"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(loss_crit), .unit = "%", .by_default = "60%",
     .help = MSG("share of lost packets that is critical"), .example = "60%"},
    {0},
};
static const struct conf_row rtt_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(rtt_warn), .unit = "ms",
     .help = MSG("mean round-trip time that is a warning"), .example = "100ms"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(rtt_crit), .unit = "ms",
     .help = MSG("mean round-trip time that is critical"), .example = "500ms"},
    {0},
};
static const struct conf_row rows[] = {
    {.key = "target", .type = CONF_ADDRESS, .offset = AT(target), .flags = CONF_POSITIONAL,
     .help = MSG("address to ping; by default that of the host"), .example = "192.0.2.1"},
    {.key = "count", .type = CONF_INT, .offset = AT(count), .min = 1, .max = ICMP_MAX_COUNT, .by_default = "3",
     .help = MSG("packets to send"), .example = "5"},
    {.key = "interval", .type = CONF_DURATION, .offset = AT(interval_ms), .min = 10, .max = 10000,
     .by_default = "200ms", .help = MSG("time between two packets"), .example = "1s"},
    {.key = "size", .type = CONF_BYTES, .offset = AT(size), .min = 16, .max = 65000, .by_default = "56",
     .help = MSG("bytes of payload in a packet"), .example = "1400"},
    {.key = "loss", .type = CONF_GROUP, .rows = loss_rows, .help = MSG("thresholds for lost packets"),
     .example = "{ warn: 20%, crit: 60% }"},
    {.key = "rtt", .type = CONF_GROUP, .rows = rtt_rows, .help = MSG("thresholds for the round-trip time"),
     .example = "{ warn: 100ms, crit: 500ms }"},
    {0},
};

static int64_t mean_rtt(const struct icmp_reply *r)
{
    int64_t sum = 0;
    int n = 0;

    for (int i = 0; i < r->sent && i < ICMP_MAX_COUNT; i++)
        if (r->rtt_us[i] >= 0) {
            sum += r->rtt_us[i];
            n++;
        }
    return n ? sum / n : 0;
}

static void judge_loss(struct attempt *a, const struct icmp_reply *r, double lost_percent)
{
    const struct icmp_opts *o = a->opts;
    const char *limit;
    enum state s = level_judge(&o->loss_warn, &o->loss_crit, lost_percent, lost_percent, &limit);

    if (s != STATE_OK)
        attempt_worse(a, s, MSG("{1} of {2} packets lost, {3} % (limit {4})"), "iifs",
                      (int64_t)(r->sent - r->received), (int64_t)r->sent, lost_percent, limit);
}

static void judge(struct attempt *a, const struct icmp_reply *r)
{
    const struct icmp_opts *o = a->opts;
    bool alive_only = a->check == NULL;
    int64_t rtt = mean_rtt(r);
    double lost = alive_only || r->sent == 0 ? 0 : 100.0 * (r->sent - r->received) / r->sent;
    const char *limit;
    enum state s;

    a->answered = true;
    a->timings.total_us = (int32_t)rtt;
    if (alive_only || r->received == r->sent)
        attempt_say(a, STATE_OK, MSG("answers ping in {1}"), "l", rtt);
    else
        attempt_say(a, STATE_OK, MSG("answers ping in {1}, {2} of {3} lost"), "lii", rtt,
                    (int64_t)(r->sent - r->received), (int64_t)r->sent);
    if (!alive_only)
        judge_loss(a, r, lost);
    s = level_judge(&o->rtt_warn, &o->rtt_crit, (double)rtt / 1000, NAN, &limit);
    if (s != STATE_OK && !alive_only)
        attempt_worse(a, s, MSG("answers ping in {1} (limit {2})"), "ls", rtt, limit);
    attempt_perf(a, "rta", (double)rtt / 1000, "ms", &o->rtt_warn, &o->rtt_crit, 0, NAN); /* as check_ping has it */
    attempt_perf(a, "pl", lost, "%", alive_only ? NULL : &o->loss_warn, alive_only ? NULL : &o->loss_crit, 0, 100);
}

static void on_ping(void *arg, const struct icmp_reply *r)
{
    struct attempt *a = arg;
    struct icmp_probe_job *job = a->job;

    job->ping = NULL;
    if (r->received > 0)
        judge(a, r);
    else if (r->code == ERR_DENIED)
        attempt_say(a, STATE_UNKNOWN, MSG("this machine does not permit ping (ping_group_range, CAP_NET_RAW)"), "");
    else if (r->code)
        attempt_fail(a, r->code, &r->err);
    else
        attempt_say(a, STATE_CRITICAL, MSG("no answer to ping, {1} of {1} lost"), "i", (int64_t)r->sent);
    if (r->received == 0 && r->code != ERR_DENIED)
        attempt_perf(a, "pl", 100, "%", NULL, NULL, 0, 100);
    attempt_done(a);
}

static void ping(struct attempt *a, const struct addr *peer)
{
    const struct icmp_opts *o = a->opts;
    struct icmp_probe_job *job = a->job;
    int64_t wait_ms;

    int64_t interval_ms = o->interval_ms;
    int64_t left_ms = attempt_left_ms(a) - MARGIN_MS;

    if (o->count > 1 && interval_ms * (o->count - 1) > left_ms / 2)
        interval_ms = left_ms / (2 * (o->count - 1));
    wait_ms = left_ms - interval_ms * (o->count - 1);
    job->ping = icmp_ping(a->env->icmp, peer, (int)o->count, a->check ? 0 : 1, interval_ms,
                          wait_ms > 1 ? wait_ms : 1, (size_t)o->size, on_ping, a);
}

static void on_addrs(struct attempt *a, const struct addr *at, int n)
{
    ping(a, &at[0]);
}

static void start(struct attempt *a)
{
    const struct icmp_opts *o = a->opts;
    struct icmp_probe_job *job = ARENA_NEW(a->arena, struct icmp_probe_job);
    const char *target = o->target ? o->target : attempt_address(a);

    a->job = job;
    if (target)
        attempt_look(a, target, 0, on_addrs);
}

static void stop(struct attempt *a)
{
    struct icmp_probe_job *job = a->job;

    if (job == NULL)
        return;
    if (job->ping)
        icmp_cancel(job->ping);
    job->ping = NULL;
}

static void late(struct attempt *a)
{
    const struct icmp_opts *o = a->opts;

    if (a->look)
        attempt_late_lookup(a, o->target ? o->target : a->address);
}

const struct probe probe_icmp = {
    .kind = {.name = "icmp",
             .alias = "ping",
             .help = MSG("pings the host (ICMP echo)"),
             .area = "reach",
             .example = "icmp",
             .rows = rows,
             .opts_bytes = sizeof(struct icmp_opts),
             .timeout_ms = 5000},
    .start = start,
    .stop = stop,
    .late = late,
};
