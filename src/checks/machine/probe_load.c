/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_load.c: load averages. Context, not an alarm; thresholds, when set, are per processor and judge the
 * 15-minute figure, so that a short burst is nobody's alarm. */
#include "checks/machine/local.h"

#include <math.h>

struct load_opts {
    struct conf_level warn, crit;
    int over; /* index into spans */
};
static const char *const spans[] = {"1", "5", "15", NULL};

static const struct conf_row rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = offsetof(struct load_opts, warn),
     .help = MSG("load per processor that is a warning"), .example = "2"},
    {.key = "crit", .type = CONF_LEVEL, .offset = offsetof(struct load_opts, crit),
     .help = MSG("load per processor that is critical"), .example = "4"},
    {.key = "over", .type = CONF_WORD, .offset = offsetof(struct load_opts, over), .words = spans,
     .by_default = "15", .help = MSG("minutes of the average that is judged"), .example = "5"},
    {0},
};

static bool read_load(struct attempt *own, double load[3])
{
    struct buf text = BUF_MAX(LOCAL_MAX_FILE);
    struct str rest, word;
    char number[32];
    int n = 0;

    if (!local_read(own, "/proc/loadavg", &text))
        return false;
    rest = (struct str){buf_text(&text), text.len};
    while (n < 3 && local_word(&rest, &word)) {
        if (!local_is_number(word) || !str_copyn(number, sizeof(number), word.p, word.n) || str_f64(number, &load[n]) != 0)
            break;
        n++;
    }
    buf_done(&text);
    if (n < 3)
        local_strange(own, "/proc/loadavg");
    return n == 3;
}

static void look(struct attempt *own)
{
    static const char *const labels[] = {"load1", "load5", "load15"};
    const struct load_opts *o = own->opts;
    int cpus = machine_cpus();
    double load[3], per_cpu;
    const char *limit;
    enum state s;

    if (!read_load(own, load))
        return;
    per_cpu = load[o->over] / (cpus > 0 ? cpus : 1);
    s = level_judge(&o->warn, &o->crit, per_cpu, NAN, &limit);
    if (s == STATE_OK)
        attempt_say(own, s, MSG("load {1}, {2}, {3} on {4} {4|processor|processors}"), "fffi", load[0], load[1], load[2],
                    (int64_t)cpus);
    else
        attempt_say(own, s, MSG("load {1} per processor (limit {2}); {3}, {4}, {5}"), "fsfff", per_cpu, limit, load[0],
                    load[1], load[2]);
    for (int i = 0; i < 3; i++)
        attempt_perf(own, labels[i], load[i], "", NULL, NULL, 0, NAN);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_load = {
    .kind = {.name = "load",
             .area = "machine",
             .example = "load:",
             .klass = CONF_CONTEXT, /* it explains other troubles; by itself it is none */
             .help = MSG("shows this machine's load averages"),
             .rows = rows,
             .opts_bytes = sizeof(struct load_opts)},
    .start = start,
    .stop = local_stop,
    .local = true,
};
