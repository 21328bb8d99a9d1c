/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_unit.c: one unit of systemd in depth: active or not, how it ended, how often it was started again, the memory of
 * its control group. Whatever has failed among all units is told by the probe units. */
#include "checks/machine/fact.h"
#include "checks/tool.h"

enum { QUOTE_BYTES = 80 };

struct unit_opts {
    const char *unit;
    struct conf_texts states;
    struct limits restarts, memory;
};
struct unit_memory {
    bool seen;
    int64_t restarts;
};
struct unit { /* as systemctl shows it; "" when it does not */
    char load[40], active[40], sub[40], result[40], type[40], enabled[40];
    int64_t restarts, memory_bytes, exit_status; /* -1: not told */
};

#define AT(member) offsetof(struct unit_opts, member)
static const struct conf_row restarts_rows[] = {LIMIT_ROWS(AT(restarts), NULL, "0", NULL, "0", "5"), {0}};
static const struct conf_row memory_rows[] = {LIMIT_ROWS(AT(memory), "B", NULL, NULL, "2 GB", "4 GB"), {0}};
static const struct conf_row rows[] = {
    {.key = "unit", .type = CONF_TEXT, .offset = AT(unit), .flags = CONF_POSITIONAL | CONF_REQUIRED, .help = MSG("the unit"), .example = "nginx.service"},
    {.key = "states", .type = CONF_TEXTS, .offset = AT(states), .help = MSG("states that are right; by default active (and for a job that runs and ends, inactive after success)"),
     .example = "[active, inactive]"},
    {.key = "restarts", .type = CONF_GROUP, .rows = restarts_rows, .help = MSG("thresholds for restarts since the last look"), .example = "{ crit: 5 }"},
    {.key = "memory", .type = CONF_GROUP, .rows = memory_rows, .help = MSG("thresholds for the memory of its control group"), .example = "{ warn: 2 GB }"},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct unit_opts *o = arg;

    if (o->unit[0] == '\0' || o->unit[0] == '-' || strpbrk(o->unit, " \t\n/*?[") || strlen(o->unit) > 255)
        return err_field(e, ERR_INVALID, "unit", MSG("“{1}” is no name of a unit; write one such as nginx.service"), "s", o->unit);
    if (!strchr(o->unit, '.'))
        o->unit = arena_printf(arena, "%s.service", o->unit);
    return 0;
}

static const char *name_for(const void *opts, struct arena *a)
{
    const struct unit_opts *o = opts;

    return str_ends(o->unit, ".service") ? arena_dupn(a, o->unit, strlen(o->unit) - strlen(".service")) : o->unit;
}

static void take(struct attempt *a, struct unit *u, struct str key, struct str value)
{
    const struct {
        const char *key;
        char *text;
        int64_t *number;
    } places[] = {
        {"LoadState", u->load, NULL}, {"ActiveState", u->active, NULL}, {"SubState", u->sub, NULL}, {"Result", u->result, NULL},
        {"Type", u->type, NULL}, {"UnitFileState", u->enabled, NULL}, {"NRestarts", NULL, &u->restarts},
        {"MemoryCurrent", NULL, &u->memory_bytes}, {"ExecMainStatus", NULL, &u->exit_status},
    };

    for (size_t i = 0; i < COUNT(places); i++) {
        if (!str_is(key, places[i].key))
            continue;
        if (places[i].text)
            str_copy(places[i].text, sizeof(u->load), attempt_quote(a, value.p, value.n, sizeof(u->load) - 1));
        else if (value.n && *value.p >= '0' && *value.p <= '9') /* "[not set]" */
            *places[i].number = local_number(value);
    }
}

static void parse(struct attempt *a, struct unit *u, const char *p, size_t n)
{
    struct str rest = {p, n}, line;

    *u = (struct unit){.restarts = -1, .memory_bytes = -1, .exit_status = -1};
    while (str_next(&rest, "\n", &line)) {
        const char *equals = memchr(line.p, '=', line.n);

        if (equals)
            take(a, u, (struct str){line.p, (size_t)(equals - line.p)}, (struct str){equals + 1, line.n - (size_t)(equals + 1 - line.p)});
    }
    if (u->memory_bytes == INT64_MAX) /* "not set" of older versions: 2^64 - 1 */
        u->memory_bytes = -1;
}

static bool right(const struct unit_opts *o, const struct unit *u)
{
    if (o->states.n)
        return local_listed(&o->states, u->active);
    return str_eq(u->active, "active") || str_eq(u->active, "reloading") ||
           (str_eq(u->active, "inactive") && str_eq(u->type, "oneshot") && str_eq(u->result, "success"));
}

static void judge_state(struct attempt *a, const struct unit *u)
{
    const struct unit_opts *o = a->opts;

    if (str_eq(u->load, "not-found"))
        attempt_say(a, STATE_CRITICAL, MSG("there is no unit {1}"), "s", o->unit);
    else if (str_eq(u->load, "masked"))
        attempt_say(a, STATE_CRITICAL, MSG("{1} is masked: it cannot be started"), "s", o->unit);
    else if (right(o, u))
        attempt_say(a, STATE_OK, MSG("{1} is {2} ({3})"), "sss", o->unit, u->active, u->sub);
    else if (str_eq(u->active, "failed") && u->exit_status > 0)
        attempt_say(a, STATE_CRITICAL, MSG("{1} has failed: {2}, status {3}"), "ssi", o->unit, u->result, u->exit_status);
    else if (str_eq(u->active, "failed"))
        attempt_say(a, STATE_CRITICAL, MSG("{1} has failed: {2}"), "ss", o->unit, u->result);
    else if (str_eq(u->active, "activating")) /* auto-restart, too */
        attempt_say(a, STATE_WARNING, MSG("{1} is starting ({2})"), "ss", o->unit, u->sub);
    else
        attempt_say(a, STATE_CRITICAL, MSG("{1} is {2} ({3})"), "sss", o->unit, u->active, u->sub);
}

static void judge(struct attempt *a, const struct unit *u)
{
    const struct unit_opts *o = a->opts;
    struct unit_memory *last = a->memory;
    int64_t news = last && last->seen && u->restarts > last->restarts ? u->restarts - last->restarts : 0;

    judge_state(a, u);
    fact_judge(a, &o->restarts, (double)news, NAN, MSG("it was started again {1} {1|time|times} since the last look (limit {2})"), 'i');
    if (u->restarts >= 0)
        attempt_perf(a, "restarts", (double)u->restarts, "c", NULL, NULL, 0, NAN);
    if (u->memory_bytes >= 0) {
        fact_judge(a, &o->memory, (double)u->memory_bytes, NAN, MSG("it uses {1} of memory (limit {2})"), 'b');
        fact_perf(a, "memory", (double)u->memory_bytes, "B", &o->memory, NAN);
    }
    if (last && u->restarts >= 0)
        *last = (struct unit_memory){true, u->restarts};
}

static void on_shown(struct attempt *a, const struct spawn_reply *r)
{
    struct unit u;

    parse(a, &u, r->out, r->out_bytes);
    if (strstr(r->errout, "not been booted") || strstr(r->errout, "onnect to bus"))
        attempt_say(a, STATE_UNKNOWN, MSG("no systemd here"), "");
    else if (r->exit_status != 0)
        tool_failed(a, r);
    else if (u.active[0] == '\0')
        attempt_say(a, STATE_UNKNOWN, MSG("systemctl said nothing of the unit’s state: {1}"), "s", attempt_quote(a, r->out, r->out_bytes, QUOTE_BYTES));
    else
        judge(a, &u);
    attempt_done(a);
}

static void start(struct attempt *a)
{
    const struct unit_opts *o = a->opts;
    const char *const argv[] = {"systemctl", "show", "--no-pager",
        "--property=LoadState,ActiveState,SubState,Result,Type,UnitFileState,NRestarts,MemoryCurrent,ExecMainStatus", "--", o->unit, NULL};

    tool_run(a, &(struct tool_ask){.argv = argv, .package = "systemd"}, on_shown);
}

const struct probe probe_unit = {
    .kind = {.name = "unit",
             .help = MSG("watches one systemd unit: state, restarts, memory"),
             .area = "machine",
             .example = "unit: nginx.service",
             .rows = rows,
             .opts_bytes = sizeof(struct unit_opts),
             .finish = finish,
             .name_for = name_for},
    .start = start,
    .stop = tool_stop,
    .late = tool_late,
    .memory_bytes = sizeof(struct unit_memory),
    .local = true,
};
