/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_sensors.c: temperatures, fans and voltages that the kernel knows (/sys/class/hwmon), by the limits that the
 * hardware itself states. Boards often state nonsense for voltages: those are only shown unless asked for. */
#include "checks/machine/local.h"
#include "checks/machine/several.h"

#include <math.h>
#include <string.h>

enum { MAX_CHIPS = 64, MAX_FILES = 400, PATH_BYTES = 400, SHOWN = 120 };
#define ROOT "/sys/class/hwmon"

struct sensors_opts {
    struct conf_texts include, exclude;
    struct conf_level warn, crit;
    bool voltages;
};
struct chip {
    struct attempt *own;
    struct several *v;
    const char *dir, *name;
    const char *inputs[MAX_FILES];
    int n, *seen;
    double *hottest;
};

#define AT(member) offsetof(struct sensors_opts, member)
static const struct conf_row rows[] = {
    {.key = "include", .type = CONF_TEXTS, .offset = AT(include), .flags = CONF_POSITIONAL,
     .help = MSG("sensors to watch, as chip/label (* and ? allowed); all by default"), .example = "[\"coretemp/*\"]"},
    {.key = "exclude", .type = CONF_TEXTS, .offset = AT(exclude), .help = MSG("sensors to leave out (* and ? allowed)"), .example = "[\"acpitz/*\"]"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .help = MSG("degrees Celsius that are a warning, instead of what the hardware says"), .example = "75"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .help = MSG("degrees Celsius that are critical, instead of what the hardware says"), .example = "90"},
    {.key = "voltages", .type = CONF_BOOL, .offset = AT(voltages), .by_default = "no",
     .help = MSG("judge voltages by the limits that the board states"), .example = "yes"},
    {0},
};

static int add_chip(void *arg, const char *name)
{
    struct chip *list = arg;

    if (list->n < MAX_CHIPS)
        list->inputs[list->n++] = arena_dup(list->own->arena, name);
    return 0;
}

static int add_input(void *arg, const char *name)
{
    struct chip *c = arg;

    if (c->n < MAX_FILES && str_ends(name, "_input"))
        c->inputs[c->n++] = arena_dupn(c->own->arena, name, strlen(name) - 6);
    return 0;
}

static const char *text_of(struct chip *c, const char *sensor, const char *what)
{
    char path[PATH_BYTES];
    struct buf b = BUF_MAX(4096);
    const char *text = "";

    str_print(path, sizeof(path), "%s/%s%s", c->dir, sensor, what);
    if (machine_read(path, &b, NULL) == 0) {
        struct str s = str_trim((struct str){buf_text(&b), b.len});

        text = attempt_quote(c->own, s.p, s.n, 60);
    }
    buf_done(&b);
    return text;
}

/* In units (degrees, volts, rotations); NAN when the file is not there or no number. */
static double number_of(struct chip *c, const char *sensor, const char *what, double divisor)
{
    double v;

    return str_f64(text_of(c, sensor, what), &v) == 0 ? v / divisor : NAN;
}

static bool flag_of(struct chip *c, const char *sensor, const char *what) { return text_of(c, sensor, what)[0] == '1'; }

static void judge_heat(struct chip *c, const char *sensor, const char *label)
{
    const struct sensors_opts *o = c->own->opts;
    double v = number_of(c, sensor, "_input", 1000), max = number_of(c, sensor, "_max", 1000), crit = number_of(c, sensor, "_crit", 1000);
    const char *limit;
    enum state s;

    if (isnan(v) || v < -40 || v > 150) /* nothing is connected */
        return;
    if (v > *c->hottest)
        *c->hottest = v;
    (*c->seen)++;
    attempt_perf(c->own, label, v, "", o->warn.set ? &o->warn : NULL, o->crit.set ? &o->crit : NULL, NAN, NAN);
    local_line(c->own, "%s: %.1f °C", label, v);
    s = level_judge(&o->warn, &o->crit, v, NAN, &limit);
    if (s != STATE_OK)
        several_bad(c->v, s, MSG("{1}: {2} °C (limit {3})"), "sfs", label, v, limit);
    else if (!o->crit.set && (flag_of(c, sensor, "_crit_alarm") || (crit > 20 && v >= crit)))
        several_bad(c->v, STATE_CRITICAL, MSG("{1}: {2} °C, critical by its own limit ({3} °C)"), "sff", label, v, isnan(crit) ? v : crit);
    else if (!o->warn.set && max > 20 && v >= max && !(max >= crit) && doubt_again(c->own->memory, label, "hot"))
        several_bad(c->v, STATE_WARNING, MSG("{1}: {2} °C, over its own limit ({3} °C)"), "sff", label, v, max);
}

static void judge_fan(struct chip *c, const char *sensor, const char *label)
{
    double v = number_of(c, sensor, "_input", 1), min = number_of(c, sensor, "_min", 1);

    if (isnan(v))
        return;
    (*c->seen)++;
    attempt_perf(c->own, label, v, "", NULL, NULL, 0, NAN);
    local_line(c->own, "%s: %.0f rpm", label, v);
    if (flag_of(c, sensor, "_fault"))
        several_bad(c->v, STATE_WARNING, MSG("the fan {1} is faulty"), "s", label);
    else if (min > 0 && v < min && doubt_again(c->own->memory, label, "slow"))
        several_bad(c->v, STATE_WARNING, MSG("the fan {1} turns at {2} rpm (at least {3} are right)"), "sff", label, v, min);
}

static void judge_voltage(struct chip *c, const char *sensor, const char *label)
{
    const struct sensors_opts *o = c->own->opts;
    double v = number_of(c, sensor, "_input", 1000), min = number_of(c, sensor, "_min", 1000), max = number_of(c, sensor, "_max", 1000);

    if (isnan(v))
        return;
    (*c->seen)++;
    attempt_perf(c->own, label, v, "", NULL, NULL, NAN, NAN);
    local_line(c->own, "%s: %.2f V", label, v);
    if (o->voltages && ((!isnan(min) && v < min) || (max > 0 && v > max)) && doubt_again(c->own->memory, label, "volts"))
        several_bad(c->v, STATE_WARNING, MSG("{1}: {2} V (from {3} to {4} are right)"), "sfff", label, v, isnan(min) ? 0 : min, isnan(max) ? 0 : max);
}

static const struct {
    const char *prefix;
    void (*judge)(struct chip *c, const char *sensor, const char *label);
} sorts[] = {{"temp", judge_heat}, {"fan", judge_fan}, {"in", judge_voltage}};

static void judge_sensor(struct chip *c, const char *sensor)
{
    const struct sensors_opts *o = c->own->opts;
    const char *label = text_of(c, sensor, "_label");

    label = arena_printf(c->own->arena, "%s/%s", c->name, label[0] ? label : sensor);
    if ((o->include.n && !local_listed(&o->include, label)) || local_listed(&o->exclude, label) || *c->seen >= SHOWN)
        return;
    for (size_t i = 0; i < COUNT(sorts); i++)
        if (str_starts(sensor, sorts[i].prefix))
            sorts[i].judge(c, sensor, label);
}

static void look_at_chip(struct chip *c)
{
    (void)machine_list(c->dir, MAX_FILES * 8, add_input, c, NULL);
    c->name = text_of(c, "", "name");
    for (int i = 0; i < c->n; i++)
        judge_sensor(c, c->inputs[i]);
}

static void look(struct attempt *own)
{
    struct several v = {own, 0};
    struct chip *all = ARENA_NEW(own->arena, struct chip);
    int seen = 0;
    double hottest = -INFINITY;

    *all = (struct chip){.own = own};
    (void)machine_list(ROOT, MAX_CHIPS, add_chip, all, NULL);
    doubts_begin(own->memory);
    for (int i = 0; i < all->n; i++) {
        struct chip *c = ARENA_NEW(own->arena, struct chip);

        *c = (struct chip){.own = own, .v = &v, .dir = arena_printf(own->arena, ROOT "/%s", all->inputs[i]), .seen = &seen, .hottest = &hottest};
        look_at_chip(c);
    }
    if (seen == 0)
        attempt_say(own, STATE_UNKNOWN, MSG("the kernel knows no sensors here (/sys/class/hwmon)"), "");
    else if (v.bad == 0 && isfinite(hottest))
        attempt_say(own, STATE_OK, MSG("{1} {1|sensor|sensors} within their limits; hottest: {2} °C"), "if", (int64_t)seen, hottest);
    else if (v.bad == 0)
        attempt_say(own, STATE_OK, MSG("{1} {1|sensor|sensors} within their limits"), "i", (int64_t)seen);
    several_end(&v);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_sensors = {
    .kind = {.name = "sensors",
             .area = "machine",
             .example = "sensors: { exclude: [\"acpitz/*\"] }",
             .help = MSG("watches temperatures, fans and voltages by the hardware’s own limits"),
             .rows = rows,
             .opts_bytes = sizeof(struct sensors_opts)},
    .start = start,
    .stop = local_stop,
    .local = true,
    .memory_bytes = sizeof(struct doubts),
};
