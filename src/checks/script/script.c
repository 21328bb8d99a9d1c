/* SPDX-License-Identifier: GPL-3.0-or-later */
/* script.c: the probe around a dialogue: connection, TLS, time-out; and the part before STARTTLS alone. */
#include "checks/script/rows.h"

#include <string.h>

enum { RESEND_MS = 1000 };

struct script_job {
    struct dial dial; /* tcp */
    struct dgram *dgram;
    struct timer resend, step; /* step: one that has a time-out of its own */
    struct script_talk talk;
    const struct script_step *watched;
    bool talking;
};

static const struct script_opts *opts_of(const struct attempt *a) { return a->opts; }
static struct script_job *job_of(const struct attempt *a) { return a->job; }
static const char *host_of(const struct attempt *a)
{
    return opts_of(a)->host ? opts_of(a)->host : a->address;
}

/* yes, or STARTTLS: by the option, else by the port. */
static int tls_of(const struct script_opts *o)
{
    if (o->tls != SCRIPT_TLS_AUTO)
        return o->tls;
    if (o->script->tls_port && o->port == o->script->tls_port)
        return SCRIPT_TLS_YES;
    return o->script->starttls ? SCRIPT_TLS_START : SCRIPT_TLS_NO;
}

/* Datagrams; but TLS is spoken on a stream. */
static bool is_udp(const struct script_opts *o)
{
    return o->script->udp || (o->udp && tls_of(o) != SCRIPT_TLS_YES);
}

static int flags_of(const struct script_opts *o)
{
    return (o->user ? IF_USER : 0) | (o->password ? IF_PASSWORD : 0) | (o->name ? IF_NAME : 0) |
           (tls_of(o) == SCRIPT_TLS_START ? IF_STARTTLS : 0) | (is_udp(o) ? IF_UDP : 0);
}

static int write_sock(void *arg, const void *p, size_t n)
{
    struct script_job *job = arg;

    return sock_write(job->dial.sock, p, n);
}

static int write_dgram(void *arg, const void *p, size_t n)
{
    struct script_job *job = arg;

    return dgram_send(job->dgram, p, n);
}

/* ---- the dialogue ---- */

static void finish(struct attempt *a)
{
    struct script_job *job = job_of(a);
    const struct script *s = opts_of(a)->script;

    script_judge(&job->talk, opts_of(a), job->dial.sock ? sock_tls_info(job->dial.sock) : NULL);
    if (s->quit)
        script_talk_say(&job->talk, s->quit);
    attempt_done(a);
}

static void secure(struct attempt *a)
{
    const struct script_opts *o = opts_of(a);
    struct tls_opts tls = {.verify = o->verify, .ca_file = a->ca_file};

    tls.server_name = o->server_name ? o->server_name : o->host;
    dial_secure(&job_of(a)->dial, &tls);
}

/* The step that waits now may have less time than the check. */
static void watch_step(struct attempt *a)
{
    struct script_job *job = job_of(a);
    const struct script_step *s = job->talk.waiting;

    if (s == job->watched)
        return;
    job->watched = s;
    timer_clear(&job->step);
    if (s && s->timeout_ms)
        timer_set(&job->step, s->timeout_ms);
}

static void step_over(void *arg)
{
    struct attempt *a = arg;

    script_talk_late(&job_of(a)->talk);
    a->timed_out = true;
    attempt_done(a);
}

static void go_on(struct attempt *a, int r)
{
    if (r == SCRIPT_MORE)
        watch_step(a);
    else if (r == SCRIPT_DONE)
        finish(a);
    else if (r == SCRIPT_FAILED)
        attempt_done(a);
    else if (r == SCRIPT_READY)
        secure(a);
}

static void begin(struct attempt *a)
{
    job_of(a)->talking = true;
    go_on(a, script_talk_go(&job_of(a)->talk));
}

static void on_open(struct attempt *a)
{
    if (tls_of(opts_of(a)) != SCRIPT_TLS_YES)
        begin(a);
    else
        secure(a);
}

static void on_secure(struct attempt *a)
{
    struct script_job *job = job_of(a);

    job->talk.secure = true;
    job->talk.flags |= IF_SECURE;
    begin(a);
}

static void on_data(struct attempt *a, const char *p, size_t n)
{
    go_on(a, script_talk_hear(&job_of(a)->talk, p, n));
}

static void on_end(struct attempt *a, int code, const struct err *e)
{
    struct script_job *job = job_of(a);
    const struct tls_info *t = sock_tls_info(job->dial.sock);
    int r = SCRIPT_FAILED;

    if (code == ERR_TLS && t && t->n_chain && t->verify_code != 0) {
        attempt_say(a, STATE_CRITICAL, MSG("the certificate is not trusted: {1}"), "m", t->verify_text ? t->verify_text : "");
    } else if (job->talking && (code == 0 || code == ERR_RESET)) {
        r = script_talk_closed(&job->talk);
    } else {
        attempt_fail(a, code ? code : ERR_RESET, code ? e : NULL);
    }
    if (r == SCRIPT_DONE)
        script_judge(&job->talk, opts_of(a), t);
    else if (r != SCRIPT_FAILED)
        attempt_fail(a, ERR_RESET, NULL);
    attempt_done(a);
}

static const struct dial_events events = {on_open, on_secure, on_data, on_end};

/* ---- datagrams ---- */

static void send_first(struct attempt *a)
{
    struct script_job *job = job_of(a);

    job->talk.step = 0;
    timer_set(&job->resend, RESEND_MS);
    go_on(a, script_talk_go(&job->talk));
}

/* A datagram may be lost: said again every second until something was heard. */
static void resend(void *arg)
{
    struct attempt *a = arg;

    if (job_of(a)->talk.heard.len == 0 && !a->answered)
        send_first(a);
}

static void on_dgram(void *arg, int code, const char *p, size_t n)
{
    struct attempt *a = arg;

    if (code) {
        attempt_fail(a, code, NULL);
        attempt_done(a);
        return;
    }
    timer_clear(&job_of(a)->resend);
    a->answered = true;
    go_on(a, script_talk_hear(&job_of(a)->talk, p, n));
}

static void open_dgram(struct attempt *a, const struct addr *to)
{
    struct script_job *job = job_of(a);
    struct err e = {0};

    job->dgram = dgram_open(a->env->loop, to, on_dgram, a, &e);
    if (job->dgram == NULL) {
        attempt_fail(a, e.code ? e.code : ERR_IO, &e);
        attempt_done(a);
        return;
    }
    job->talking = true;
    send_first(a);
}

static void on_addrs(struct attempt *a, const struct addr *at, int n)
{
    open_dgram(a, &at[0]);
}

/* ---- the probe ---- */

static void take_scope(struct script_scope *to, const struct script_opts *o, const char *host)
{
    to->host = host;
    to->user = o->user;
    to->password = o->password;
    to->name = o->name ? o->name : o->script->name ? o->script->name : host;
    to->self = o->self ? o->self : "localhost";
}

void script_start(struct attempt *a)
{
    const struct script_opts *o = opts_of(a);
    struct script_job *job = ARENA_NEW(a->arena, struct script_job);
    const char *host = o->host ? o->host : attempt_address(a);

    if (host == NULL)
        return;
    a->job = job;
    script_talk_init(&job->talk, a, o->script, flags_of(o), is_udp(o) ? write_dgram : write_sock, job);
    take_scope(&job->talk.scope, o, host);
    timer_init(&job->step, a->env->loop, step_over, a);
    timer_init(&job->resend, a->env->loop, resend, a);
    if (is_udp(o))
        attempt_look(a, host, opts_of(a)->port, on_addrs);
    else
        dial_start(&job->dial, a, host, o->port, &events);
}

void script_stop(struct attempt *a)
{
    struct script_job *job = job_of(a);

    if (job == NULL)
        return;
    timer_clear(&job->resend);
    timer_clear(&job->step);
    job->dgram = job->dgram ? dgram_free(job->dgram) : NULL;
    dial_stop(&job->dial);
    script_talk_done(&job->talk);
}

void script_late(struct attempt *a)
{
    struct script_job *job = job_of(a);

    if (job->dial.dns || a->look)
        attempt_late_lookup(a, host_of(a));
    else if (job->dgram && job->talk.heard.len == 0)
        attempt_say(a, STATE_CRITICAL, MSG("no answer within {1}"), "d", a->timeout_ms);
    else if (job->talking)
        script_talk_late(&job->talk);
    else if (job->dial.open)
        attempt_say(a, STATE_CRITICAL, MSG("connected, but no TLS handshake within {1}"), "d", a->timeout_ms);
}

/* ---- options ---- */

static bool has_control(const char *text)
{
    for (; text && *text; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            return true;
    return false;
}

/* What comes into a line must be no line of its own. */
static int judge_texts(const struct script_opts *o, struct err *e)
{
    const struct {
        const char *key, *value;
    } all[] = {{"user", o->user}, {"password", o->password}, {"name", o->name}, {"helo", o->self}, {"server_name", o->server_name}};

    for (size_t i = 0; i < COUNT(all); i++)
        if (has_control(all[i].value))
            return err_field(e, ERR_INVALID, all[i].key, MSG("“{1}” has a control character, such as a line end"), "s", all[i].key);
    if (o->password && !o->user && !o->script->lone_password)
        return err_field(e, ERR_INVALID, "password", MSG("a password without a user; give “user”, too"), "");
    return 0;
}

static bool can_starttls(const struct script *s)
{
    for (const struct script_step *step = s->steps; step->op != SCRIPT_END; step++)
        if (step->op == SCRIPT_SECURE)
            return true;
    return false;
}

int script_finish(const struct script *s, void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct script_opts *o = arg;
    char host[256] = "";

    o->script = s;
    if (o->target && service_split(o->target, host, sizeof(host), &o->port) != 0)
        return err_field(e, ERR_INVALID, "target", MSG("“{1}” is no place to connect to; write HOST:PORT or a port"), "s", o->target);
    if (o->port == 0)
        o->port = o->tls == SCRIPT_TLS_YES && s->tls_port ? s->tls_port : s->port;
    if (o->port == 0)
        return err_field(e, ERR_INVALID, "target", MSG("the port is missing; write HOST:PORT or a port"), "");
    if (host[0])
        o->host = arena_dup(arena, host);
    else if (host_address == NULL)
        return err_field(e, ERR_INVALID, "target", MSG("the host has no address; write HOST:PORT"), "");
    if (o->tls == SCRIPT_TLS_START && !can_starttls(s))
        return err_field(e, ERR_INVALID, "tls", MSG("{1} has no STARTTLS; write yes or no"), "s", s->word);
    level_make_floor(&o->days_warn);
    level_make_floor(&o->days_crit);
    return judge_texts(o, e);
}

/* ---- the part before STARTTLS ---- */

const struct script *script_starttls_find(const char *protocol)
{
    for (const struct script *const *s = script_with_starttls; *s; s++)
        if (str_eq((*s)->word, protocol))
            return *s;
    return NULL;
}

static int write_dial(void *arg, const void *p, size_t n)
{
    struct dial *d = arg;

    return sock_write(d->sock, p, n);
}

struct script_talk *script_starttls_new(struct attempt *a, const struct script *s, struct dial *d, const char *host)
{
    struct script_talk *t = ARENA_NEW(a->arena, struct script_talk);

    script_talk_init(t, a, s, IF_STARTTLS, write_dial, d);
    t->scope.host = host;
    t->scope.name = s->name ? s->name : host;
    t->scope.self = "localhost";
    return t;
}

static int until_ready(struct script_talk *t, int r)
{
    if (r != SCRIPT_DONE)
        return r;
    attempt_say(t->a, STATE_CRITICAL, MSG("TLS is not offered"), "");
    return SCRIPT_FAILED;
}

int script_starttls_start(struct script_talk *t) { return until_ready(t, script_talk_go(t)); }

int script_starttls_data(struct script_talk *t, const char *p, size_t n) { return until_ready(t, script_talk_hear(t, p, n)); }

int script_starttls_end(struct script_talk *t, int code, const struct err *e)
{
    if (code != 0 && code != ERR_RESET)
        attempt_fail(t->a, code, e);
    else if (until_ready(t, script_talk_closed(t)) != SCRIPT_FAILED)
        attempt_fail(t->a, ERR_RESET, NULL);
    return SCRIPT_FAILED;
}

void script_starttls_late(struct script_talk *t) { script_talk_late(t); }

void script_starttls_done(struct script_talk *t)
{
    if (t)
        script_talk_done(t);
}
