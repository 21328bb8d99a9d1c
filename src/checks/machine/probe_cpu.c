/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_cpu.c: what the processors did since the last look. The first look reports since the machine's start.
 * Context, not an alarm: there are no thresholds unless somebody sets them. */
#include "checks/machine/local.h"

#include <math.h>
#include <string.h>

enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, FIELDS };

struct cpu_opts {
    struct conf_level warn, crit, iowait_warn, iowait_crit, steal_warn, steal_crit;
};
struct cpu_memory {
    int64_t ticks[FIELDS];
};

#define AT(member) offsetof(struct cpu_opts, member)
static const struct conf_row iowait_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(iowait_warn), .unit = "%",
     .help = MSG("share that is a warning"), .example = "30%"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(iowait_crit), .unit = "%",
     .help = MSG("share that is critical"), .example = "60%"},
    {0},
};
static const struct conf_row steal_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(steal_warn), .unit = "%",
     .help = MSG("share that is a warning"), .example = "10%"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(steal_crit), .unit = "%",
     .help = MSG("share that is critical"), .example = "30%"},
    {0},
};
static const struct conf_row rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "%",
     .help = MSG("busy share that is a warning"), .example = "90%"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "%",
     .help = MSG("busy share that is critical"), .example = "99%"},
    {.key = "iowait", .type = CONF_GROUP, .rows = iowait_rows, .help = MSG("thresholds for waiting for disks"),
     .example = "{ warn: 30% }"},
    {.key = "steal", .type = CONF_GROUP, .rows = steal_rows,
     .help = MSG("thresholds for time taken by other guests of the same host"), .example = "{ warn: 10% }"},
    {0},
};

static bool read_ticks(struct attempt *own, int64_t ticks[FIELDS])
{
    struct buf text = BUF_MAX(LOCAL_MAX_FILE);
    struct str rest, word;
    int n = 0;

    if (!local_read(own, "/proc/stat", &text))
        return false;
    rest = (struct str){buf_text(&text), strcspn(buf_text(&text), "\n")};
    if (local_word(&rest, &word) && str_is(word, "cpu"))
        for (; n < FIELDS && local_word(&rest, &word) && local_is_number(word); n++)
            ticks[n] = local_number(word);
    buf_done(&text);
    if (n < IDLE + 1)
        local_strange(own, "/proc/stat");
    return n >= IDLE + 1;
}

/* Shares in percent since the last look; a counter that went back (iowait may) counts as 0. */
static bool shares(const int64_t now[FIELDS], struct cpu_memory *last, double share[FIELDS])
{
    double sum = 0, gone[FIELDS];

    for (int i = 0; i < FIELDS; i++) {
        gone[i] = now[i] > last->ticks[i] ? (double)(now[i] - last->ticks[i]) : 0;
        sum += gone[i];
    }
    for (int i = 0; i < FIELDS; i++)
        share[i] = sum > 0 ? 100.0 * gone[i] / sum : 0;
    memcpy(last->ticks, now, sizeof(last->ticks));
    return sum > 0;
}

static void judge_part(struct attempt *own, const char *msgid, double share, const struct conf_level *warn,
                       const struct conf_level *crit)
{
    const char *limit;
    enum state s = level_judge(warn, crit, share, share, &limit);

    if (s != STATE_OK)
        attempt_worse(own, s, msgid, "fs", share, limit);
}

static void look(struct attempt *own)
{
    const struct cpu_opts *o = own->opts;
    struct cpu_memory none = {0}, *last = own->memory ? own->memory : &none;
    int64_t now[FIELDS] = {0};
    double share[FIELDS], busy;

    if (!read_ticks(own, now))
        return;
    if (!shares(now, last, share)) {
        attempt_say(own, STATE_OK, MSG("measured from now on"), "");
        return;
    }
    busy = 100 - share[IDLE] - share[IOWAIT];
    busy = busy < 0 ? 0 : round(busy * 10) / 10;
    attempt_say(own, STATE_OK, MSG("{1} % busy, {2} % waiting for disks, {3} % stolen"), "fff", busy,
                round(share[IOWAIT] * 10) / 10, round(share[STEAL] * 10) / 10);
    judge_part(own, MSG("{1} % busy (limit {2})"), busy, &o->warn, &o->crit);
    judge_part(own, MSG("{1} % waiting for disks (limit {2})"), share[IOWAIT], &o->iowait_warn, &o->iowait_crit);
    judge_part(own, MSG("{1} % stolen by other guests (limit {2})"), share[STEAL], &o->steal_warn, &o->steal_crit);
    attempt_perf(own, "busy", busy, "%", &o->warn, &o->crit, 0, 100);
    attempt_perf(own, "user", share[USER] + share[NICE], "%", NULL, NULL, 0, 100);
    attempt_perf(own, "system", share[SYSTEM] + share[IRQ] + share[SOFTIRQ], "%", NULL, NULL, 0, 100);
    attempt_perf(own, "iowait", share[IOWAIT], "%", &o->iowait_warn, &o->iowait_crit, 0, 100);
    attempt_perf(own, "steal", share[STEAL], "%", &o->steal_warn, &o->steal_crit, 0, 100);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_cpu = {
    .kind = {.name = "cpu",
             .help = MSG("shows how busy this machine's processors are"),
             .area = "machine",
             .example = "cpu",
             .rows = rows,
             .opts_bytes = sizeof(struct cpu_opts)},
    .start = start,
    .stop = local_stop,
    .memory_bytes = sizeof(struct cpu_memory),
    .local = true,
};
