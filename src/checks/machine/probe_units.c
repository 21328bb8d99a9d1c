/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_units.c: failed units of systemd, by name. A machine without systemd is no problem of this check. */
#include "checks/machine/local.h"

#include <math.h>
#include <string.h>

enum { MAX_OUTPUT = 64 * 1024, MAX_NAMED = 3, QUOTE_BYTES = 200 };

struct units_opts {
    struct conf_texts exclude;
    int state; /* index into states */
};
struct units_job {
    struct spawn_job *run;
};
static const char *const states[] = {"warning", "critical", "ok", NULL};
static const enum state state_of[] = {STATE_WARNING, STATE_CRITICAL, STATE_OK};

static const struct conf_row rows[] = {
    {.key = "exclude", .type = CONF_TEXTS, .offset = offsetof(struct units_opts, exclude), .flags = CONF_POSITIONAL,
     .help = MSG("units that may fail (* and ? allowed)"), .example = "[user@*, fwupd*]"},
    {.key = "state", .type = CONF_WORD, .offset = offsetof(struct units_opts, state), .words = states,
     .by_default = "warning", .help = MSG("state when a unit has failed"), .example = "critical"},
    {0},
};

/* Lines "name.service loaded failed failed Description"; older versions put a dot in front. */
static void judge(struct attempt *a, const struct spawn_reply *r)
{
    const struct units_opts *o = a->opts;
    struct str rest = {r->out, r->out_bytes}, line, unit;
    struct buf names = BUF_MAX(QUOTE_BYTES);
    int64_t n = 0;

    while (str_next(&rest, "\n", &line)) {
        const char *name;

        if (!local_word(&line, &unit))
            continue;
        if (memchr(unit.p, '.', unit.n) == NULL && !local_word(&line, &unit))
            continue;
        name = attempt_quote(a, unit.p, unit.n, 120);
        if (name[0] == '\0' || local_listed(&o->exclude, name))
            continue;
        if (n < MAX_NAMED) {
            buf_str(&names, n ? ", " : "");
            buf_str(&names, name);
        }
        n++;
        local_line(a, "%s", name);
    }
    if (n == 0)
        attempt_say(a, STATE_OK, MSG("no failed units"), "");
    else if (n <= MAX_NAMED)
        attempt_say(a, state_of[o->state], MSG("failed: {1}"), "s", buf_text(&names));
    else
        attempt_say(a, state_of[o->state], MSG("failed: {1}, and {2} more"), "si", buf_text(&names), n - MAX_NAMED);
    attempt_perf(a, "failed", (double)n, "", NULL, NULL, 0, NAN);
    buf_done(&names);
}

static void on_reply(void *arg, const struct spawn_reply *r)
{
    struct attempt *a = arg;

    ((struct units_job *)a->job)->run = NULL;
    a->answered = true;
    if (r->code == ERR_NOT_FOUND ||
        (r->code == 0 && r->exit_status != 0 && (strstr(r->errout, "not been booted") || strstr(r->errout, "onnect to bus"))))
        attempt_say(a, STATE_OK, MSG("no systemd here"), "");
    else if (r->code)
        attempt_fail(a, r->code, &r->err);
    else if (r->exit_status != 0)
        attempt_say(a, STATE_UNKNOWN, MSG("systemctl says: {1}"), "s",
                    attempt_quote(a, r->errout, r->errout_bytes, QUOTE_BYTES));
    else
        judge(a, r);
    attempt_done(a);
}

static void start(struct attempt *a)
{
    static const char *const argv[] = {"systemctl", "list-units", "--state=failed", "--plain", "--no-legend",
        "--no-pager", "--full", NULL};
    static const char *const env[] = {"LC_ALL=C", "SYSTEMD_COLORS=0", NULL};
    struct units_job *job = ARENA_NEW(a->arena, struct units_job);
    struct spawn_request rq = {
        .argv = argv, .env = env, .timeout_ms = a->timeout_ms + 500, .max_output = MAX_OUTPUT};

    a->job = job;
    if (a->env->spawner == NULL) {
        attempt_say(a, STATE_UNKNOWN, MSG("programs cannot be run here"), "");
        attempt_done(a);
        return;
    }
    job->run = spawn_run(a->env->spawner, &rq, on_reply, a);
}

static void stop(struct attempt *a)
{
    struct units_job *job = a->job;

    if (job && job->run)
        spawn_cancel(job->run);
    if (job)
        job->run = NULL;
}

const struct probe probe_units = {
    .kind = {.name = "units",
             .help = MSG("watches for failed systemd units"),
             .area = "machine",
             .example = "units",
             .rows = rows,
             .opts_bytes = sizeof(struct units_opts)},
    .start = start,
    .stop = stop,
    .local = true,
};
