/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_pressure.c: for how much of the last minute work waited for processor, memory or disks (the kernel's pressure
 * stall information). Context: it explains slowness and is no fault by itself. */
#include "checks/machine/fact.h"

enum { CPU, MEMORY, IO, RESOURCES };

struct pressure_opts {
    struct limits of[RESOURCES];
    int over; /* index into windows */
};
static const struct resource {
    const char *name, *path, *which, *msgid;
} resources[RESOURCES] = {
    /* "full" of the processor is always 0 for the whole machine. */
    {"cpu", "/proc/pressure/cpu", "some", MSG("something waited for a processor {1} % of the time (limit {2})")},
    {"memory", "/proc/pressure/memory", "full", MSG("everything waited for memory {1} % of the time (limit {2})")},
    {"io", "/proc/pressure/io", "full", MSG("everything waited for disks {1} % of the time (limit {2})")},
};
static const char *const windows[] = {"10s", "1m", "5m", NULL};
static const char *const fields[] = {"avg10=", "avg60=", "avg300="};

#define AT(i) (offsetof(struct pressure_opts, of) + (i) * sizeof(struct limits))
static const struct conf_row cpu_rows[] = {LIMIT_ROWS(AT(CPU), "%", NULL, NULL, "80%", "95%"), {0}};
static const struct conf_row memory_rows[] = {LIMIT_ROWS(AT(MEMORY), "%", "10%", "40%", "5%", "20%"), {0}};
static const struct conf_row io_rows[] = {LIMIT_ROWS(AT(IO), "%", "50%", NULL, "30%", "80%"), {0}};
static const struct conf_row rows[] = {
    {.key = "over", .type = CONF_WORD, .offset = offsetof(struct pressure_opts, over), .words = windows, .by_default = "1m",
     .flags = CONF_POSITIONAL, .help = MSG("time that is looked at"), .example = "5m"},
    {.key = "cpu", .type = CONF_GROUP, .rows = cpu_rows, .help = MSG("thresholds for waiting for a processor"), .example = "{ warn: 80% }"},
    {.key = "memory", .type = CONF_GROUP, .rows = memory_rows, .help = MSG("thresholds for waiting for memory"), .example = "{ crit: 20% }"},
    {.key = "io", .type = CONF_GROUP, .rows = io_rows, .help = MSG("thresholds for waiting for disks"), .example = "{ warn: 30% }"},
    {0},
};

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" and the same with "full". */
static bool parse(const struct buf *text, const char *which, const char *field, double *ret)
{
    struct str rest = {buf_text(text), text->len}, line, word;
    char number[32];
    size_t n = strlen(field);

    while (str_next(&rest, "\n", &line)) {
        if (!local_word(&line, &word) || !str_is(word, which))
            continue;
        while (local_word(&line, &word)) {
            if (word.n <= n || memcmp(word.p, field, n) != 0)
                continue;
            str_copyn(number, sizeof(number), word.p + n, word.n - n);
            return str_f64(number, ret) == 0 && *ret >= 0 && *ret <= 100;
        }
    }
    return false;
}

static void look(struct attempt *own)
{
    const struct pressure_opts *o = own->opts;
    double share[RESOURCES] = {NAN, NAN, NAN};
    int found = 0;

    for (int i = 0; i < RESOURCES; i++) {
        struct buf text = BUF_MAX(4096);

        if (fact_text(resources[i].path, &text))
            found += parse(&text, resources[i].which, fields[o->over], &share[i]);
        buf_done(&text);
    }
    if (found < RESOURCES) {
        attempt_say(own, found ? STATE_UNKNOWN : STATE_OK, found ? MSG("/proc/pressure is not as it should be") : MSG("this kernel does not tell of pressure"), "");
        return;
    }
    attempt_say(own, STATE_OK, MSG("waited for processors {1} %, memory {2} %, disks {3} % of the time"), "fff", share[CPU], share[MEMORY], share[IO]);
    for (int i = 0; i < RESOURCES; i++) {
        fact_judge(own, &o->of[i], share[i], share[i], resources[i].msgid, 'f');
        fact_perf(own, resources[i].name, share[i], "%", &o->of[i], 100);
    }
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_pressure = {
    .kind = {.name = "pressure",
             .help = MSG("watches how long work waits for processors, memory and disks"),
             .area = "machine",
             .example = "pressure: 5m",
             .klass = CONF_CONTEXT,
             .rows = rows,
             .opts_bytes = sizeof(struct pressure_opts)},
    .start = start,
    .stop = local_stop,
    .local = true,
};
