/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_processes.c: how many processes there are, in what state; with a name: whether that program runs.
 * Counts are context, not an alarm: only a named program that is missing alarms unless thresholds are set. */
#include "checks/machine/local.h"

#include <math.h>
#include <string.h>

enum { MAX_PROCESSES = 200000 };

struct processes_opts {
    const char *name;
    struct conf_level count_warn, count_crit, zombies_warn, zombies_crit;
};
struct tally {
    const struct processes_opts *o;
    int64_t all, zombies, running, blocked, named;
};

#define AT(member) offsetof(struct processes_opts, member)
static const struct conf_row zombies_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(zombies_warn), .help = MSG("number that is a warning"), .example = "20"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(zombies_crit), .help = MSG("number that is critical"), .example = "100"},
    {0},
};
static const struct conf_row rows[] = {
    {.key = "program", .type = CONF_TEXT, .offset = AT(name), .flags = CONF_POSITIONAL,
     .help = MSG("program that must run (its short name; * and ? allowed)"), .example = "sshd"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(count_warn),
     .help = MSG("number of processes (of that name) that is a warning"), .example = "500"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(count_crit),
     .help = MSG("number of processes that is critical; with a name and nothing else: fewer than 1"), .example = "\"1:10\""},
    {.key = "zombies", .type = CONF_GROUP, .rows = zombies_rows,
     .help = MSG("thresholds for processes that ended and were not collected"), .example = "{ warn: 20 }"},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct processes_opts *o = arg;

    if (o->name && !o->count_crit.set && !o->count_warn.set)
        o->count_crit = (struct conf_level){.low = 1, .high = INFINITY, .set = true, .text = "1:"};
    return 0;
}

/* "1234 (name with ) in it) S …": the name ends at the last parenthesis. */
static void take_stat(struct tally *t, const char *stat)
{
    const char *open = strchr(stat, '('), *close = strrchr(stat, ')');
    char name[64];

    if (open == NULL || close == NULL || close < open || close[1] != ' ')
        return;
    t->all++;
    t->zombies += close[2] == 'Z';
    t->running += close[2] == 'R';
    t->blocked += close[2] == 'D';
    str_copyn(name, sizeof(name), open + 1, (size_t)(close - open - 1));
    if (t->o->name && close[2] != 'Z' && str_glob(t->o->name, name))
        t->named++;
}

static int on_entry(void *arg, const char *entry)
{
    struct tally *t = arg;
    char path[64];
    struct buf stat = BUF_MAX(4096);

    if (entry[strspn(entry, "0123456789")])
        return 0;
    str_print(path, sizeof(path), "/proc/%s/stat", entry);
    if (machine_read(path, &stat, NULL) == 0) /* it may have ended meanwhile */
        take_stat(t, buf_text(&stat));
    buf_done(&stat);
    return 0;
}

static void judge_zombies(struct attempt *own, const struct tally *t)
{
    const char *limit;
    enum state s = level_judge(&t->o->zombies_warn, &t->o->zombies_crit, (double)t->zombies, NAN, &limit);

    if (s != STATE_OK)
        attempt_worse(own, s, MSG("{1} {1|zombie|zombies} (limit {2})"), "is", t->zombies, limit);
}

static void judge_count(struct attempt *own, const struct tally *t)
{
    const char *limit, *name = t->o->name;
    int64_t count = name ? t->named : t->all;
    enum state s = level_judge(&t->o->count_warn, &t->o->count_crit, (double)count, NAN, &limit);

    if (s == STATE_OK)
        return;
    if (name && count == 0)
        attempt_worse(own, s, MSG("{1} does not run"), "s", name);
    else if (name)
        attempt_worse(own, s, MSG("{1} × {2} (limit {3})"), "iss", count, name, limit);
    else
        attempt_worse(own, s, MSG("{1} {1|process|processes} (limit {2})"), "is", count, limit);
}

static void look(struct attempt *own)
{
    struct tally t = {.o = own->opts};
    struct err e = {0};
    int code = machine_list("/proc", MAX_PROCESSES, on_entry, &t, &e);

    if (code != 0 && code != ERR_LIMIT) {
        attempt_fail(own, code, &e);
        own->state = STATE_UNKNOWN;
        return;
    }
    if (t.all == 0) { /* not even ourselves */
        local_strange(own, "/proc");
        return;
    }
    if (t.o->name)
        attempt_say(own, STATE_OK, MSG("{2} runs, {1} {1|process|processes}"), "is", t.named, t.o->name);
    else
        attempt_say(own, STATE_OK, MSG("{1} {1|process|processes}, {2} running, {3} waiting for disks, {4} zombies"), "iiii",
                    t.all, t.running, t.blocked, t.zombies);
    judge_count(own, &t);
    judge_zombies(own, &t);
    attempt_perf(own, "processes", (double)(t.o->name ? t.named : t.all), "", &t.o->count_warn, &t.o->count_crit, 0, NAN);
    attempt_perf(own, "running", (double)t.running, "", NULL, NULL, 0, NAN);
    attempt_perf(own, "blocked", (double)t.blocked, "", NULL, NULL, 0, NAN);
    attempt_perf(own, "zombies", (double)t.zombies, "", &t.o->zombies_warn, &t.o->zombies_crit, 0, NAN);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_processes = {
    .kind = {.name = "processes",
             .area = "machine",
             .example = "processes:",
             .klass = CONF_CONTEXT, /* it explains other troubles; by itself it is none */
             .help = MSG("counts this machine's processes, or watches that a program runs"),
             .rows = rows,
             .opts_bytes = sizeof(struct processes_opts),
             .finish = finish},
    .start = start,
    .stop = local_stop,
    .local = true,
};
