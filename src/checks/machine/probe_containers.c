/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_containers.c: containers of Docker or Podman, asked over the engine's Unix socket: how many run, which are
 * unhealthy, start again and again, or have ended with an error. */
#include "checks/machine/fact.h"

#include "base/json.h"

enum { MAX_BODY = 4 << 20, MAX_NAMED = 3, NAME_BYTES = 120 };

struct containers_opts {
    const char *socket;
    struct conf_texts must_run, exclude;
    struct limits running;
    bool exited;
};
struct containers_job {
    struct httpc_job *http;
    int at; /* in sockets */
};
struct tally {
    struct attempt *a;
    int64_t all, running, bad;
    struct buf names;
    bool seen[64]; /* of must_run */
};
static const char *const sockets[] = {"/run/docker.sock", "/run/podman/podman.sock", NULL};

#define AT(member) offsetof(struct containers_opts, member)
static const struct conf_row running_rows[] = {LIMIT_ROWS(AT(running), NULL, NULL, NULL, "\"3:\"", "\"1:\""), {0}};
static const struct conf_row rows[] = {
    {.key = "must_run", .type = CONF_TEXTS, .offset = AT(must_run), .flags = CONF_POSITIONAL, .help = MSG("containers that must run"), .example = "[web, db]"},
    {.key = "exclude", .type = CONF_TEXTS, .offset = AT(exclude), .help = MSG("containers that do not count (* and ? allowed)"), .example = "[build-*]"},
    {.key = "socket", .type = CONF_TEXT, .offset = AT(socket), .help = MSG("the engine’s socket; by default that of Docker, else of Podman"),
     .example = "/run/user/1000/podman/podman.sock"},
    {.key = "exited", .type = CONF_BOOL, .offset = AT(exited), .by_default = "no", .help = MSG("whether a container that ended with an error is a warning"), .example = "yes"},
    {.key = "running", .type = CONF_GROUP, .rows = running_rows, .help = MSG("thresholds for the number that run"), .example = "{ crit: \"1:\" }"},
    {0},
};

static const char *name_of(struct attempt *a, const struct doc *c)
{
    const struct doc *names = doc_get(c, "Names");
    const char *name = names && names->kind == DOC_LIST && names->kids.first && names->kids.first->kind == DOC_TEXT ? names->kids.first->text : doc_text(c, "Id", "?");

    name += *name == '/';
    return attempt_quote(a, name, strlen(name), NAME_BYTES);
}

/* "Exited (137) 2 hours ago": neither 0, nor stopped by somebody (137, 143). */
static bool ended_badly(const char *status)
{
    int64_t code = str_starts(status, "Exited (") ? local_number(str_of(status + 8)) : 0;

    return code != 0 && code != 137 && code != 143;
}

static void take(struct tally *t, const struct doc *c)
{
    const struct containers_opts *o = t->a->opts;
    const char *name = name_of(t->a, c), *state = doc_text(c, "State", ""), *status = doc_text(c, "Status", "");
    const char *why = NULL;
    bool runs = str_eq(state, "running");

    if (local_listed(&o->exclude, name))
        return;
    t->all++;
    t->running += runs;
    for (int i = 0; i < o->must_run.n && i < (int)COUNT(t->seen); i++)
        if (str_glob(o->must_run.at[i], name))
            t->seen[i] = t->seen[i] || runs;
    if (strstr(status, "(unhealthy)"))
        why = "unhealthy";
    else if (str_eq(state, "restarting") || str_eq(state, "dead"))
        why = state;
    else if (o->exited && ended_badly(status))
        why = attempt_quote(t->a, status, strlen(status), 40);
    local_line(t->a, "%s: %s", name, attempt_quote(t->a, *status ? status : state, strlen(*status ? status : state), 80));
    if (why && t->bad++ < MAX_NAMED)
        buf_printf(&t->names, "%s%s (%s)", t->bad > 1 ? ", " : "", name, why);
}

static void judge(struct attempt *a, const struct doc *list)
{
    const struct containers_opts *o = a->opts;
    struct tally t = {.a = a, .names = BUF_MAX(600)};

    DOC_EACH(list, c)
        if (c->kind == DOC_OBJECT)
            take(&t, c);
    attempt_say(a, STATE_OK, MSG("{1} of {2} {2|container|containers} running"), "ii", t.running, t.all);
    for (int i = 0; i < o->must_run.n && i < (int)COUNT(t.seen); i++)
        if (!t.seen[i])
            attempt_worse(a, STATE_CRITICAL, MSG("{1} does not run"), "s", o->must_run.at[i]);
    fact_judge(a, &o->running, (double)t.running, NAN, MSG("{1} {1|container|containers} running (limit {2})"), 'i');
    if (t.bad > MAX_NAMED)
        attempt_worse(a, STATE_WARNING, MSG("not well: {1}, and {2} more"), "si", buf_text(&t.names), t.bad - MAX_NAMED);
    else if (t.bad)
        attempt_worse(a, STATE_WARNING, MSG("not well: {1}"), "s", buf_text(&t.names));
    fact_perf(a, "running", (double)t.running, "", &o->running, NAN);
    fact_perf(a, "containers", (double)t.all, "", NULL, NAN);
    fact_perf(a, "unwell", (double)t.bad, "", NULL, NAN);
    buf_done(&t.names);
}

static void judge_reply(struct attempt *a, const struct httpc_reply *r)
{
    struct doc *list = NULL;
    const struct doc *said;

    if (r->body_cut)
        attempt_say(a, STATE_UNKNOWN, MSG("the engine’s answer is larger than {1}"), "b", (int64_t)MAX_BODY);
    else if (json_parse(a->arena, r->body, r->body_bytes, MAX_BODY, &list, NULL) != 0 || list == NULL)
        attempt_say(a, STATE_UNKNOWN, MSG("the engine’s answer is no JSON: {1}"), "s", attempt_quote(a, r->body, r->body_bytes, 100));
    else if (r->status == 200 && list->kind == DOC_LIST)
        judge(a, list);
    else if ((said = list->kind == DOC_OBJECT ? doc_get(list, "message") : NULL) != NULL && said->kind == DOC_TEXT)
        attempt_say(a, STATE_UNKNOWN, MSG("the engine says: {1}"), "s", attempt_quote(a, said->text, strlen(said->text), 200));
    else
        attempt_say(a, STATE_UNKNOWN, MSG("the engine’s answer is no list of containers (status {1})"), "i", (int64_t)r->status);
}

static void ask(struct attempt *a);

static void on_reply(void *arg, const struct httpc_reply *r)
{
    struct attempt *a = arg;
    const struct containers_opts *o = a->opts;
    struct containers_job *job = a->job;
    const char *socket = o->socket ? o->socket : sockets[job->at];

    job->http = NULL;
    a->answered = r->code == 0 || r->code == ERR_DENIED;
    if (r->code == 0)
        judge_reply(a, r);
    else if (r->code == ERR_TIMEOUT) {
        attempt_say(a, STATE_CRITICAL, MSG("the engine at {1} does not answer"), "s", socket);
    } else if (!o->socket && sockets[job->at + 1]) {
        job->at++;
        ask(a);
        return;
    } else if (o->socket)
        attempt_say(a, STATE_CRITICAL, MSG("the engine at {1} cannot be reached; it does not run, or vigie is not in the group that may talk to it"), "s", socket);
    else
        attempt_say(a, STATE_UNKNOWN, MSG("neither Docker nor Podman can be reached ({1}, {2}); vigie must be in the group that owns the socket"), "ss", sockets[0], sockets[1]);
    attempt_done(a);
}

static void ask(struct attempt *a)
{
    const struct containers_opts *o = a->opts;
    struct containers_job *job = a->job;
    struct httpc_request rq = {.method = "GET", .url = "http://localhost/containers/json?all=1", .unix_path = o->socket ? o->socket : sockets[job->at],
                               .timeout_ms = attempt_left_ms(a) + 500, .max_body = MAX_BODY};

    job->http = httpc_start(a->env->httpc, &rq, on_reply, a);
}

static void start(struct attempt *a)
{
    a->job = ARENA_NEW(a->arena, struct containers_job);
    ask(a);
}

static void late(struct attempt *a)
{
    const struct containers_opts *o = a->opts;
    const struct containers_job *job = a->job;

    attempt_say(a, STATE_CRITICAL, MSG("the engine at {1} does not answer"), "s", o->socket ? o->socket : sockets[job->at]);
}

static void stop(struct attempt *a)
{
    struct containers_job *job = a->job;

    if (job && job->http)
        httpc_cancel(job->http);
    if (job)
        job->http = NULL;
}

const struct probe probe_containers = {
    .kind = {.name = "containers",
             .help = MSG("watches this host’s containers (Docker, Podman)"),
             .area = "machine",
             .example = "containers: [web, db]",
             .rows = rows,
             .opts_bytes = sizeof(struct containers_opts)},
    .start = start,
    .stop = stop,
    .late = late,
    .local = true,
};
