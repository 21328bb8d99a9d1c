/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_ssh_command.c: a plugin on another machine, run there through the ssh program of this one.
 *
 * The words for ssh are a list, never a line for a shell here; on the other side there always is a shell, so arguments
 * are quoted for it.  Nothing is asked of anybody (BatchMode): keys must be in place. */
#include "checks/agents/link.h"
#include "checks/plugin_answer.h"
#include "checks/tool.h"

#include <string.h>

enum { MAX_COMMAND = 8000, QUOTE_BYTES = 300, CONNECTION_FAILED = 255 };
static const char *const key_words[] = {"yes", "accept-new", "no", NULL};

struct opts {
    const char *command, *server, *user, *identity, *known_hosts, *line;
    struct conf_texts args, options;
    int host_keys;
    struct conf_level warn, crit;
    /* from server */
    const char *host;
    int port; /* 0: ssh's own */
};

#define AT(member) offsetof(struct opts, member)
static const struct conf_row rows[] = {
    {.key = "command", .type = CONF_TEXT, .offset = AT(command), .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = MSG("command line there, for the shell of that user"), .example = "/usr/lib/nagios/plugins/check_load -w 4 -c 8"},
    {.key = "args", .type = CONF_TEXTS, .offset = AT(args), .help = MSG("more words for it, quoted so that the shell takes each as it is"),
     .example = "[\"-p\", \"/srv/with blanks\"]"},
    {.key = "server", .type = CONF_TEXT, .offset = AT(server), .help = MSG("HOST, HOST:PORT or :PORT; by default the host's address"), .example = "web1.example.org"},
    {.key = "user", .type = CONF_TEXT, .offset = AT(user), .help = MSG("user there; by default as ssh is configured"), .example = "nagios"},
    {.key = "identity", .type = CONF_TEXT, .offset = AT(identity), .help = MSG("file of the private key; by default as ssh is configured"),
     .example = "/var/lib/vigie/id_ed25519"},
    {.key = "known_hosts", .type = CONF_TEXT, .offset = AT(known_hosts), .help = MSG("file of known host keys; by default as ssh is configured"),
     .example = "/var/lib/vigie/known_hosts"},
    {.key = "host_keys", .type = CONF_WORD, .offset = AT(host_keys), .words = key_words, .by_default = "yes",
     .help = MSG("yes: the host key must be known; accept-new: an unknown one is learnt; no: any will do"), .example = "accept-new"},
    {.key = "options", .type = CONF_TEXTS, .offset = AT(options), .help = MSG("more options of ssh_config(5), each for one -o"),
     .example = "[\"ProxyJump=gate.example.org\"]"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "ms", .help = MSG("time that is a warning"), .example = "5s"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "ms", .help = MSG("time that is critical"), .example = "20s"},
    {0},
};

static void quote_for_shell(struct buf *out, const char *word)
{
    buf_char(out, '\'');
    for (const char *p = word; *p; p++)
        if (*p == '\'')
            buf_str(out, "'\\''");
        else
            buf_char(out, *p);
    buf_char(out, '\'');
}

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct opts *o = arg;
    struct buf line = BUF_MAX(MAX_COMMAND);
    int code = query_server(o->server, 1, arena, &o->host, &o->port, e);
    bool bad;

    if (code)
        return code;
    if (o->port == 1) /* none was written */
        o->port = 0;
    if (o->host == NULL && host_address == NULL)
        return err_field(e, ERR_INVALID, "server", MSG("the host has no address; write HOST or HOST:PORT"), "");
    if (o->options.n > 8)
        return err_field(e, ERR_INVALID, "options", MSG("at most {1} options"), "i", (int64_t)8);
    buf_str(&line, o->command);
    for (int i = 0; i < o->args.n; i++) {
        buf_char(&line, ' ');
        quote_for_shell(&line, o->args.at[i]);
    }
    bad = line.full || line.len == 0;
    o->line = arena_dup(arena, buf_text(&line));
    buf_done(&line);
    return bad ? err_field(e, ERR_INVALID, "command", MSG("a command line has 1 to {1} characters"), "i", (int64_t)MAX_COMMAND) : 0;
}

/* ---- the answer ---- */

static void not_connected(struct attempt *a, struct str said)
{
    a->answered = false;
    if (said.n)
        attempt_say(a, STATE_CRITICAL, MSG("ssh: {1}"), "s", attempt_quote(a, said.p, said.n, QUOTE_BYTES));
    else
        attempt_say(a, STATE_CRITICAL, MSG("ssh ended with status 255 and said nothing: no connection, or that is the command's own status"), "");
}

static void ran(struct attempt *a, const struct spawn_reply *r)
{
    const struct opts *o = a->opts;

    if (r->exit_status < 0)
        tool_failed(a, r);
    else if (r->exit_status == CONNECTION_FAILED)
        not_connected(a, str_trim((struct str){r->errout, r->errout_bytes}));
    else
        plugin_answer(a, r->exit_status, (struct str){r->out, r->out_bytes}, (struct str){r->errout, r->errout_bytes});
    if (r->exit_status >= 0 && r->exit_status != CONNECTION_FAILED)
        attempt_judge_time(a, r->took_us, &o->warn, &o->crit);
    if (a->perf.len == 0)
        attempt_perf_time(a, "time", r->took_us, &o->warn, &o->crit);
    attempt_done(a);
}

/* ---- asking ---- */

static void option(struct attempt *a, const char **argv, int *n, const char *text)
{
    argv[(*n)++] = "-o";
    argv[(*n)++] = text;
}

static void start(struct attempt *a)
{
    const struct opts *o = a->opts;
    const char **argv = ARENA_ARRAY(a->arena, const char *, TOOL_MAX_WORDS + 16);
    int64_t seconds = attempt_left_ms(a) / 1000 - 1; /* before our own time-out, so that ssh's words are heard */
    int n = 0;

    argv[n++] = "ssh";
    argv[n++] = "-Tax";
    option(a, argv, &n, "BatchMode=yes");
    option(a, argv, &n, "LogLevel=ERROR");
    option(a, argv, &n, arena_printf(a->arena, "ConnectTimeout=%d", seconds < 1 ? 1 : (int)seconds));
    option(a, argv, &n, arena_printf(a->arena, "StrictHostKeyChecking=%s", key_words[o->host_keys]));
    if (o->known_hosts)
        option(a, argv, &n, arena_printf(a->arena, "UserKnownHostsFile=%s", o->known_hosts));
    if (o->identity)
        option(a, argv, &n, arena_printf(a->arena, "IdentityFile=%s", o->identity));
    if (o->user)
        option(a, argv, &n, arena_printf(a->arena, "User=%s", o->user));
    if (o->port)
        option(a, argv, &n, arena_printf(a->arena, "Port=%d", o->port));
    for (int i = 0; i < o->options.n && n + 5 < TOOL_MAX_WORDS; i++)
        option(a, argv, &n, o->options.at[i]);
    argv[n++] = "--";
    argv[n++] = o->host ? o->host : a->address;
    argv[n++] = o->line;
    tool_run(a, &(struct tool_ask){.argv = argv, .package = "openssh-client", .max_output = PLUGIN_MAX_OUTPUT}, ran);
}

static void late(struct attempt *a)
{
    attempt_say(a, STATE_CRITICAL, MSG("the command over ssh did not end within {1} and was stopped"), "d", a->timeout_ms);
}

const struct probe probe_ssh_command = {
    .kind = {.name = "ssh_command",
             .help = MSG("a plugin on another machine, run by ssh"),
             .area = "agents",
             .example = "ssh_command: { command: /usr/lib/nagios/plugins/check_load -w 4 -c 8, server: web1.example.org }",
             .rows = rows,
             .opts_bytes = sizeof(struct opts),
             .finish = finish,
             .timeout_ms = 30000},
    .start = start,
    .stop = tool_stop,
    .late = late,
};
