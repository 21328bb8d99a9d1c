/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tool.c: one program of the system, its output for parsing, and plain words when it cannot be had.
 * It parses nothing itself. */
#include "checks/tool.h"

#include <ctype.h>
#include <string.h>

enum { QUOTE_BYTES = 200, LATE_MARGIN_MS = 500, MAX_LOOKED_AT = 4096 };

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void end_unknown(struct attempt *a, const char *msgid, const char *name)
{
    attempt_say(a, STATE_UNKNOWN, msgid, "s", name);
    attempt_done(a);
}

static const char *full_path(struct attempt *a, const struct tool *t)
{
    const char *program = t->argv[t->sudo ? 2 : 0];

    return program[0] == '/' ? program : arena_printf(a->arena, "/usr/sbin/%s", t->name);
}

static void say_needs_root(struct attempt *a, const struct tool *t)
{
    const char *line = arena_printf(a->arena, "vigie ALL=(root) NOPASSWD: %s", full_path(a, t));

    if (t->sudo)
        attempt_say(a, STATE_UNKNOWN, MSG("sudo does not let {1} run: /etc/sudoers.d/vigie needs the line “{2}”"), "ss", t->name, line);
    else
        attempt_say(a, STATE_UNKNOWN, MSG("{1} needs root: set sudo: yes and add to /etc/sudoers.d/vigie the line “{2}”"), "ss", t->name, line);
}

static void say_missing(struct attempt *a, const struct tool *t)
{
    if (t->package)
        attempt_say(a, STATE_UNKNOWN, MSG("{1} is not installed: apt install {2}"), "ss", t->name, t->package);
    else
        attempt_say(a, STATE_UNKNOWN, MSG("{1} is not installed"), "s", t->name);
}

void tool_late(struct attempt *a)
{
    const struct tool *t = a->job;

    attempt_say(a, STATE_UNKNOWN, MSG("{1} did not end within {2} and was stopped"), "sd", t ? t->name : "?", a->timeout_ms);
}

static bool has_word(struct attempt *a, const char *p, size_t n, const char *const *words)
{
    char *low = arena_dupn(a->arena, p, n < MAX_LOOKED_AT ? n : MAX_LOOKED_AT);

    for (char *c = low; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    for (; *words; words++)
        if (strstr(low, *words))
            return true;
    return false;
}

void tool_failed(struct attempt *a, const struct spawn_reply *r)
{
    static const char *const root[] = {"permission denied", "not permitted", "must be root", "requires root", "root privileges", "root access",
        "are you root", "superuser", "need root", "password is required", "not allowed to", "not in the sudoers", "no password was provided", NULL};
    static const char *const missing[] = {"command not found", NULL};
    const struct tool *t = a->job;
    struct str said = str_trim((struct str){r->errout, r->errout_bytes});

    if (said.n == 0)
        said = str_trim((struct str){r->out, r->out_bytes});
    if (t->sudo && has_word(a, r->errout, r->errout_bytes, missing))
        say_missing(a, t);
    else if (has_word(a, r->errout, r->errout_bytes, root) || has_word(a, r->out, r->out_bytes, root))
        say_needs_root(a, t);
    else if (r->exit_status < 0)
        attempt_say(a, STATE_UNKNOWN, MSG("{1} was killed by signal {2}"), "si", t->name, (int64_t)r->term_signal);
    else if (said.n)
        attempt_say(a, STATE_UNKNOWN, MSG("{1} ended with status {2}: {3}"), "sis", t->name, (int64_t)r->exit_status, attempt_quote(a, said.p, said.n, QUOTE_BYTES));
    else
        attempt_say(a, STATE_UNKNOWN, MSG("{1} ended with status {2} and said nothing"), "si", t->name, (int64_t)r->exit_status);
}

static void run(struct attempt *a);

/* A daemon's PATH has sbin, a person's may not. */
static bool try_sbin(struct attempt *a, struct tool *t)
{
    if (t->in_sbin || t->sudo || strchr(t->argv[0], '/'))
        return false;
    t->in_sbin = true;
    t->argv[0] = arena_printf(a->arena, "/usr/sbin/%s", t->name);
    run(a);
    return true;
}

static void not_run(struct attempt *a, struct tool *t, const struct spawn_reply *r)
{
    if (r->code == ERR_NOT_FOUND && t->sudo)
        attempt_say(a, STATE_UNKNOWN, MSG("{1} is not installed: apt install {2}"), "ss", "sudo", "sudo");
    else if (r->code == ERR_NOT_FOUND)
        say_missing(a, t);
    else if (r->code == ERR_DENIED)
        attempt_say(a, STATE_UNKNOWN, MSG("{1} may not be executed by vigie"), "s", t->name);
    else if (r->code == ERR_TIMEOUT)
        tool_late(a);
    else if (r->code == ERR_RESET)
        attempt_say(a, STATE_UNKNOWN, MSG("the process that runs programs ended; it is started again"), "");
    else
        attempt_fail(a, r->code, &r->err);
    attempt_done(a);
}

static void on_reply(void *arg, const struct spawn_reply *r)
{
    struct attempt *a = arg;
    struct tool *t = a->job;

    t->run = NULL;
    if (r->code == ERR_NOT_FOUND && try_sbin(a, t))
        return;
    if (a->trace && r->out_bytes)
        attempt_trace(a, '<', r->out, r->out_bytes);
    if (a->trace && r->errout_bytes)
        attempt_trace(a, '!', r->errout, r->errout_bytes);
    if (r->code) {
        not_run(a, t, r);
        return;
    }
    a->answered = true;
    t->fn(a, r);
}

static void run(struct attempt *a)
{
    struct tool *t = a->job;
    struct spawn_request rq = {
        .argv = t->argv,
        .env = t->env,
        .timeout_ms = attempt_left_ms(a) + LATE_MARGIN_MS, /* the attempt's timer is first and kills the group */
        .max_output = t->max_output,
    };

    for (int i = 0; a->trace && t->argv[i]; i++)
        attempt_trace(a, '>', t->argv[i], strlen(t->argv[i]));
    t->run = spawn_run(a->env->spawner, &rq, on_reply, a);
}

static const char **environment(struct attempt *a, const char *const *more)
{
    static const char *const own[] = {"LC_ALL=C", "LANG=C", "TERM=dumb"};
    const char **env = ARENA_ARRAY(a->arena, const char *, COUNT(own) + TOOL_MAX_ENV + 1);

    memcpy(env, own, sizeof(own));
    for (int i = 0; more && more[i] && i < TOOL_MAX_ENV; i++)
        env[(int)COUNT(own) + i] = more[i];
    return env;
}

void tool_run(struct attempt *a, const struct tool_ask *ask, tool_fn *fn)
{
    struct tool *t = a->job ? a->job : ARENA_NEW(a->arena, struct tool);
    int n = 0;

    a->job = t;
    *t = (struct tool){.fn = fn, .package = ask->package, .sudo = ask->sudo, .name = base_name(ask->argv[0])};
    t->max_output = ask->max_output ? ask->max_output : TOOL_MAX_OUTPUT;
    t->env = environment(a, ask->env);
    t->argv = ARENA_ARRAY(a->arena, const char *, TOOL_MAX_WORDS + 3);
    if (ask->sudo) {
        t->argv[n++] = "sudo";
        t->argv[n++] = "-n";
    }
    for (int i = 0; ask->argv[i] && i < TOOL_MAX_WORDS; i++)
        t->argv[n++] = ask->argv[i];
    if (a->env->spawner == NULL) {
        end_unknown(a, MSG("programs cannot be run here: {1}"), t->name);
        return;
    }
    run(a);
}

void tool_stop(struct attempt *a)
{
    struct tool *t = a->job;

    if (t && t->run)
        spawn_cancel(t->run);
    if (t)
        t->run = NULL;
}
