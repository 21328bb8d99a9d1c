/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_plugin.c: runs a Nagios plugin, unchanged, through the spawner, and reads its answer as Nagios 4 does. */
#include "checks/macros.h"
#include "checks/plugin_answer.h"

#include <string.h>

enum { MAX_OUTPUT = PLUGIN_MAX_OUTPUT, KILL_MARGIN_MS = 500 };
#define PLUGIN_DIR "/usr/lib/nagios/plugins"

struct plugin_opts {
    const char *command, *dir;
    struct conf_texts args;
    struct conf_pairs env;
    bool shell;
    int timeout_state; /* index into states */
    const char *const *words; /* of the command, macros not yet replaced */
    int n_words;
};
struct plugin_job {
    struct spawn_job *run;
    const char **argv;
    const char *const *env;
    const char *bare; /* name to look for in PATH when the plugins' directory lacks it */
};

static const char *const states[] = {"ok", "warning", "critical", "unknown", NULL};
static const enum state state_of[] = {STATE_OK, STATE_WARNING, STATE_CRITICAL, STATE_UNKNOWN};

#define AT(member) offsetof(struct plugin_opts, member)
static const struct conf_row rows[] = {
    {.key = "command", .type = CONF_TEXT, .offset = AT(command), .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = MSG("command line of the plugin; macros such as $HOSTADDRESS$ are replaced in each word"),
     .example = "check_disk -w 10% -c 5%"},
    {.key = "args", .type = CONF_TEXTS, .offset = AT(args), .help = MSG("values of $ARG1$, $ARG2$ …"),
     .example = "[\"80\", \"90\"]"},
    {.key = "shell", .type = CONF_BOOL, .offset = AT(shell), .by_default = "no",
     .help = MSG("run by /bin/sh -c; macros are then environment variables, never part of the text"),
     .example = "yes"},
    {.key = "dir", .type = CONF_TEXT, .offset = AT(dir), .by_default = PLUGIN_DIR,
     .help = MSG("where plugins named without a path are, and what $USER1$ stands for"),
     .example = "/usr/local/lib/plugins"},
    {.key = "env", .type = CONF_PAIRS, .offset = AT(env), .help = MSG("more environment variables"),
     .example = "{ LANG: C }"},
    {.key = "timeout_state", .type = CONF_WORD, .offset = AT(timeout_state), .words = states,
     .by_default = "critical", .help = MSG("state when the plugin does not end in time"), .example = "unknown"},
    {0},
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash && slash[1] ? slash + 1 : path;
}

static const char *name_for(const void *opts, struct arena *arena)
{
    const struct plugin_opts *o = opts;

    return o->n_words ? arena_dup(arena, base_name(o->words[0])) : NULL;
}

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct plugin_opts *o = arg;
    struct err why = {0};

    if (strlen(o->command) > MACRO_MAX_LINE || macro_words(arena, o->command, &o->words, &o->n_words) != 0)
        return err_field(e, ERR_INVALID, "command", MSG("this is no command line: it is empty, too long, or a quote is not closed"), "");
    if (!o->shell && macro_check(o->command, &why) != 0)
        return err_field(e, ERR_INVALID, "command", MSG("{1}"), "m", why.text);
    for (int i = 0; i < o->env.n; i++)
        if (!o->env.keys[i][0] || strchr(o->env.keys[i], '='))
            return err_field(e, ERR_INVALID, "env", MSG("“{1}” is no name of a variable"), "s", o->env.keys[i]);
    return 0;
}

/* ---- the answer ---- */

static void put_exit(struct attempt *a, const struct spawn_reply *r)
{
    const char *program = ((struct plugin_job *)a->job)->argv[0];

    plugin_answer(a, r->exit_status, (struct str){r->out, r->out_bytes}, (struct str){r->errout, r->errout_bytes});
    if (r->exit_status < 0)
        attempt_say(a, STATE_CRITICAL, MSG("the plugin {1} was killed by signal {2}"), "si", attempt_quote(a, program, strlen(program), 200),
                    (int64_t)r->term_signal);
}

static void say_late(struct attempt *a)
{
    const struct plugin_opts *o = a->opts;

    attempt_say(a, state_of[o->timeout_state], MSG("the plugin did not end within {1} and was stopped"), "l",
                a->timeout_ms * 1000);
}

static void not_run(struct attempt *a, const struct spawn_reply *r)
{
    const struct plugin_opts *o = a->opts;
    const char *name = attempt_quote(a, o->words[0], strlen(o->words[0]), 200);

    if (r->code == ERR_NOT_FOUND)
        attempt_say(a, STATE_CRITICAL, MSG("there is no plugin {1}"), "s", name);
    else if (r->code == ERR_DENIED)
        attempt_say(a, STATE_CRITICAL, MSG("the plugin {1} may not be executed"), "s", name);
    else if (r->code == ERR_TIMEOUT)
        say_late(a);
    else if (r->code == ERR_RESET)
        attempt_say(a, STATE_UNKNOWN, MSG("the process that runs plugins ended; it is started again"), "");
    else
        attempt_fail(a, r->code, &r->err);
}

/* ---- running ---- */

static void run(struct attempt *a);

static void on_reply(void *arg, const struct spawn_reply *r)
{
    struct attempt *a = arg;
    struct plugin_job *job = a->job;

    job->run = NULL;
    if (r->code == ERR_NOT_FOUND && job->bare) {
        job->argv[0] = job->bare;
        job->bare = NULL;
        run(a);
        return;
    }
    if (a->trace && r->out_bytes)
        attempt_trace(a, '<', r->out, r->out_bytes);
    if (a->trace && r->errout_bytes)
        attempt_trace(a, '!', r->errout, r->errout_bytes);
    if (r->code == 0)
        put_exit(a, r);
    else
        not_run(a, r);
    a->answered = a->state == STATE_OK || a->state == STATE_WARNING;
    attempt_done(a);
}

static void run(struct attempt *a)
{
    struct plugin_job *job = a->job;
    struct spawn_request rq = {
        .argv = job->argv,
        .env = job->env,
        .timeout_ms = attempt_left_ms(a) + KILL_MARGIN_MS, /* the attempt's timer is first and kills the group */
        .max_output = MAX_OUTPUT,
    };

    for (int i = 0; a->trace && job->argv[i]; i++)
        attempt_trace(a, '>', job->argv[i], strlen(job->argv[i]));
    job->run = spawn_run(a->env->spawner, &rq, on_reply, a);
}

static const char *expanded(struct attempt *a, const char *text, const struct macro_scope *s)
{
    struct buf b = BUF_MAX(MACRO_MAX_LINE);
    const char *copy;

    if (strchr(text, '$') == NULL)
        return text;
    if (s)
        macro_expand(&b, text, s);
    else
        macro_shell(&b, text);
    copy = arena_dup(a->arena, buf_text(&b));
    buf_done(&b);
    return copy;
}

static void make_argv(struct attempt *a, const struct macro_scope *s)
{
    const struct plugin_opts *o = a->opts;
    struct plugin_job *job = a->job;

    job->argv = ARENA_ARRAY(a->arena, const char *, (size_t)o->n_words + 4);
    if (o->shell) {
        job->argv[0] = "/bin/sh";
        job->argv[1] = "-c";
        job->argv[2] = expanded(a, o->command, NULL);
        return;
    }
    for (int i = 0; i < o->n_words; i++)
        job->argv[i] = expanded(a, o->words[i], s);
    if (strchr(job->argv[0], '/') == NULL) {
        job->bare = job->argv[0];
        job->argv[0] = arena_printf(a->arena, "%s/%s", o->dir, job->bare);
    }
}

static void start(struct attempt *a)
{
    const struct plugin_opts *o = a->opts;
    struct macro_scope scope = {
        .host = a->host,
        .check = a->check,
        .address = a->address,
        .user1 = o->dir,
        .conf = a->conf && a->host ? conf_find_host(a->conf, a->host) : NULL,
        .args = o->args,
        .at_ms = a->at_ms,
    };

    if (a->env->spawner == NULL) {
        attempt_say(a, STATE_UNKNOWN, MSG("plugins cannot be run here"), "");
        attempt_done(a);
        return;
    }
    a->job = ARENA_NEW(a->arena, struct plugin_job);
    make_argv(a, &scope);
    ((struct plugin_job *)a->job)->env = macro_env(a->arena, &scope, &o->env);
    run(a);
}

static void stop(struct attempt *a)
{
    struct plugin_job *job = a->job;

    if (job && job->run)
        spawn_cancel(job->run);
    if (job)
        job->run = NULL;
}

const struct probe probe_plugin = {
    .kind = {.name = "plugin",
             .help = MSG("runs a Nagios plugin"),
             .area = "results",
             .example = "plugin: check_disk -w 10% -c 5%",
             .rows = rows,
             .opts_bytes = sizeof(struct plugin_opts),
             .finish = finish,
             .name_for = name_for,
             .timeout_ms = 60000},
    .start = start,
    .stop = stop,
    .late = say_late,
};
