/* SPDX-License-Identifier: GPL-3.0-or-later */
/* channel_mail.c: mail, by an SMTP server where one is configured, else by the machine's sendmail through the
 * spawner.  A program that was killed in the middle leaves us in doubt, as a connection does that breaks
 * after the last byte. */
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "channels/channel.h"
#include <string.h>

extern const struct channel channel_mail, channel_subscriber;

enum { MAX_MESSAGE = 1 << 20, SEND_MS = 60000, MAX_OUTPUT = 4096 };
/* sysexits: what another try will not change. */
enum { EX_DATAERR = 65, EX_NOUSER = 67, EX_NOHOST = 68 };

struct sending {
    channel_done *done;
    void *job;
    struct arena *arena;
    struct buf message;
    const char *from, *to; /* addresses */
    struct httpc_job *smtp;
    struct spawn_job *program;
    struct channel_env *env;
    bool keep;      /* many follow: the connection stays open */
    bool in_doubt;
    bool composing, starting, ended, cancelled;
};

static struct sending *sending_free(struct sending *s)
{
    arena_free(s->arena);
    buf_done(&s->message);
    return mem_free(s);
}

static void sending_end(struct sending *s, int code, bool in_doubt, bool permanent, const struct err *e)
{
    s->done(s->job, code, in_doubt, permanent, e);
    sending_free(s);
}

/* ---- the message ---- */

static const char *from_text(const struct channel_env *env, const struct conf *c, struct arena *a)
{
    if (c && c->site.mail.from)
        return c->site.mail.from;
    return arena_printf(a, "vigie@%s", env->machine_name && env->machine_name[0] ? env->machine_name : "localhost");
}

static int message_make(struct sending *s, const struct channel_env *env, const struct conf *c,
                        const struct outbox_row *row, int64_t now_ms, struct err *e)
{
    struct mail_payload p;
    char from[256], to[256];
    const char *extra[5] = {NULL}, *from_whole = from_text(env, c, s->arena);
    int n = 0, code = mail_payload_parse(s->arena, row->payload, &p, e);
    if (code == 0)
        code = mail_address(from_whole, from, sizeof(from), e);
    if (code == 0)
        code = mail_address(row->recipient, to, sizeof(to), e);
    if (code)
        return code;
    s->from = arena_dup(s->arena, from);
    s->to = arena_dup(s->arena, to);
    extra[n++] = "X-Vigie: notice";
    if (p.item)
        extra[n++] = arena_printf(s->arena, "X-Vigie-Item: %s", p.item);
    if (p.reply_to)
        extra[n++] = arena_printf(s->arena, "Reply-To: %s", p.reply_to);
    if (row->in_doubt)
        extra[n++] = "X-Vigie-Repeated: it is not known whether this message has reached you before";
    struct mail_message m = {.from = from_whole, .to = to, .subject = p.subject, .body = p.body,
                             .message_id = p.message_id, .in_reply_to = p.in_reply_to,
                             .date_ms = p.date_ms ? p.date_ms : now_ms, .extra = extra};
    return mail_build(&s->message, &m, e);
}

/* ---- by SMTP ---- */

static void smtp_done(void *arg, int code, bool in_doubt, const struct err *e)
{
    struct sending *s = arg;
    sending_end(s, code, in_doubt && code, code == ERR_DENIED || code == ERR_INVALID, code ? e : NULL);
}

static void smtp_send(struct sending *s, struct channel_env *env, const struct conf *c)
{
    const char *const to[] = {s->to};
    struct mail_request rq = {
        .url = c->site.mail.smtp,
        .user = c->site.mail.user,
        .password = c->site.mail.password,
        .starttls_required = c->site.mail.password && !str_starts(c->site.mail.smtp, "smtps:"),
        .from = s->from,
        .to = to,
        .n_to = 1,
        .message = s->message.data,
        .message_bytes = s->message.len,
        .timeout_ms = SEND_MS,
        .keep_alive = s->keep,
    };
    s->smtp = mail_send(env->httpc, &rq, smtp_done, s);
}

/* ---- by sendmail ---- */

static int program_code(const struct spawn_reply *r, const char *path, struct err *e)
{
    if (r->code == ERR_TIMEOUT)
        return err_set(e, ERR_TIMEOUT, MSG("{1} did not end in time."), "s", path);
    if (r->code)
        return err_set(e, r->code, MSG("{1} could not be run. Set smtp or sendmail below site: mail: in the configuration."),
                       "s", path);
    if (r->exit_status == 0)
        return 0;
    char said[200];
    str_copyn(said, sizeof(said), r->errout_bytes ? r->errout : r->out,
              strcspn(r->errout_bytes ? r->errout : r->out, "\r\n"));
    if (r->exit_status < 0)
        return err_set(e, ERR_RESET, MSG("{1} was killed by signal {2}."), "si", path, (int64_t)r->term_signal);
    return err_set(e, ERR_BUSY, MSG("{1} ended with {2}: {3}"), "sis", path, (int64_t)r->exit_status, said);
}

static void program_done(void *arg, const struct spawn_reply *r)
{
    struct sending *s = arg;
    struct err e = {0};
    int code = program_code(r, "sendmail", &e), status = r->code ? 0 : r->exit_status;
    bool in_doubt = r->code == ERR_TIMEOUT || r->code == ERR_RESET || status < 0;
    sending_end(s, code, in_doubt, status == EX_DATAERR || status == EX_NOUSER || status == EX_NOHOST,
                code ? &e : NULL);
}

/* Programs want the line ends of their own system. */
static void lines_unix(struct buf *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->len; i++)
        if (b->data[i] != '\r')
            b->data[n++] = b->data[i];
    buf_cut(b, n);
}

static void program_send(struct sending *s, struct channel_env *env, const struct conf *c)
{
    const char *path = c && c->site.mail.sendmail ? c->site.mail.sendmail : "/usr/sbin/sendmail";
    const char *const argv[] = {path, "-i", "-f", s->from, "--", s->to, NULL};
    lines_unix(&s->message);
    struct spawn_request rq = {.argv = argv, .input = s->message.data, .input_bytes = s->message.len,
                               .timeout_ms = SEND_MS, .max_output = MAX_OUTPUT};
    s->program = spawn_run(env->spawner, &rq, program_done, s);
}

/* ---- the channel ---- */

static void send_it(struct sending *s, struct channel_env *env, const struct conf *c)
{
    if (c && c->site.mail.smtp)
        smtp_send(s, env, c);
    else
        program_send(s, env, c);
}

static void *mail_channel_send(struct channel_env *env, const struct outbox_row *row, int64_t now_ms,
                               channel_done *done, void *job)
{
    struct sending *s = NEW(struct sending);
    struct err e = {0};
    const struct conf *c = env->conf ? env->conf(env->arg) : NULL;
    *s = (struct sending){.done = done, .job = job, .arena = arena_new(0), .message = BUF_MAX(MAX_MESSAGE)};
    int code = message_make(s, env, c, row, now_ms, &e);
    if (code) {
        sending_end(s, code, false, true, &e);
        return NULL;
    }
    send_it(s, env, c);
    return s;
}

static void mail_channel_cancel(void *handle)
{
    struct sending *s = handle;
    if (s->smtp)
        httpc_cancel(s->smtp);
    if (s->program)
        spawn_cancel(s->program);
    sending_free(s);
}

/* ---- mail to subscribers: made when it goes out ---- */

static int notice_build(struct sending *s, const struct mail_message *m, const struct conf *c, struct err *e)
{
    struct mail_message whole = *m;
    char from[256], to[256];
    const char *extra[12] = {NULL};
    int n = 0, code;
    for (const char *const *x = m->extra; x && *x && n < 10; x++)
        extra[n++] = *x;
    if (s->in_doubt)
        extra[n++] = "X-Vigie-Repeated: it is not known whether this message has reached you before";
    whole.extra = extra;
    whole.from = from_text(s->env, c, s->arena);
    code = mail_address(whole.from, from, sizeof(from), e);
    if (code == 0)
        code = mail_address(m->to, to, sizeof(to), e);
    if (code)
        return code;
    s->from = arena_dup(s->arena, from);
    s->to = arena_dup(s->arena, to);
    return mail_build(&s->message, &whole, e);
}

static void notice_composed(void *job, int code, const struct mail_message *m, const struct err *e)
{
    struct sending *s = job;
    struct err why = e ? *e : (struct err){0};
    s->composing = false;
    if (s->cancelled) {
        sending_free(s);
        return;
    }
    const struct conf *c = s->env->conf ? s->env->conf(s->env->arg) : NULL;
    bool permanent = code == ERR_NOT_FOUND || code == ERR_INVALID;
    if (code == 0 && (code = notice_build(s, m, c, &why)))
        permanent = true;
    if (code == 0) {
        send_it(s, s->env, c);
        return;
    }
    s->done(s->job, code, false, permanent, &why);
    s->ended = true;
    if (!s->starting)
        sending_free(s);
}

static void *subscriber_channel_send(struct channel_env *env, const struct outbox_row *row, int64_t now_ms, channel_done *done, void *job)
{
    struct sending *s = NEW(struct sending);
    *s = (struct sending){.done = done, .job = job, .arena = arena_new(0), .message = BUF_MAX(MAX_MESSAGE), .env = env, .keep = true, .in_doubt = row->in_doubt, .composing = true, .starting = true};
    if (env->compose)
        env->compose(env->composer, row, now_ms, notice_composed, s);
    else
        notice_composed(s, ERR_BUSY, NULL, NULL);
    s->starting = false;
    if (!s->ended)
        return s;
    sending_free(s);
    return NULL;
}

static void subscriber_channel_cancel(void *handle)
{
    struct sending *s = handle;
    if (s->composing)
        s->cancelled = true; /* goes when its text comes */
    else
        mail_channel_cancel(s);
}

/* A lane of its own: ten thousand subscribers keep nobody from being alerted. */
const struct channel channel_subscriber = {
    .name = "subscriber", .at_once = 32, .per_minute = 60000, .send = subscriber_channel_send, .cancel = subscriber_channel_cancel};
const struct channel channel_mail = {
    .name = "mail", .at_once = 4, .per_minute = 120, .send = mail_channel_send, .cancel = mail_channel_cancel};
