/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_mail_trip.c: sends a mail by SMTP, waits for it in a mailbox by IMAP, and deletes it there.
 *
 * The mailbox is opened first: a mail that nobody could find and delete is not sent.  Each mail has a word of its own in
 * its subject, which begins with one that belongs to this check: so what came late, of an attempt before, is found, told
 * and deleted, also after a restart; nothing else is touched (UID EXPUNGE, RFC 4315; where the server has not that, the
 * mail only stays marked as deleted).  Not a client for people: no folders are made, no text is read. */
#include "checks/agents/link.h"
#include "base/hash.h"
#include "base/timetext.h"

#include <ctype.h>
#include <string.h>

enum { PORT = 993, MAX_IN = 64 * 1024, MAX_UIDS = 1000, QUOTE_BYTES = 200, LOOK_MS = 2000, MARGIN_MS = 500 };
enum step { GREETING, LOGIN, SELECT, OLD, OLD_MARK, OLD_PURGE, SENDING, LOOK, MARK, PURGE };

struct opts {
    struct link_opts link;
    const char *to, *from, *smtp, *smtp_user, *smtp_password, *user, *password, *folder;
    bool starttls;
    struct conf_level warn, crit;
};
struct job {
    struct link link;
    struct httpc_job *mail;
    struct timer look;
    enum step step;
    char owner[32], token[64]; /* words of the subject: of this check; of this mail */
    char uids[MAX_UIDS];       /* that the last search found, "4,7" */
    bool sent, greeted;
    int64_t sent_us, took_us; /* mono: when the server had taken it; until it was found */
    int late; /* mails of attempts before that were found */
};
struct memory {
    int64_t lost_ms; /* wall: when a mail was sent that has not come yet; 0: none */
};

#define AT(member) offsetof(struct opts, member)
static const struct conf_row rows[] = {
    {.key = "to", .type = CONF_TEXT, .offset = AT(to), .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = MSG("address that the mail is sent to"), .example = "probe@example.org"},
    {.key = "from", .type = CONF_TEXT, .offset = AT(from), .help = MSG("address that it comes from; by default the same"), .example = "vigie@example.org"},
    {.key = "smtp", .type = CONF_TEXT, .offset = AT(smtp), .by_default = "smtp://127.0.0.1:25",
     .help = MSG("server that takes the mail, smtp://HOST:PORT or smtps://HOST:PORT"), .example = "smtp://mx.example.org:587"},
    {.key = "starttls", .type = CONF_BOOL, .offset = AT(starttls), .by_default = "no", .help = MSG("the server must offer STARTTLS"), .example = "yes"},
    {.key = "smtp_user", .type = CONF_TEXT, .offset = AT(smtp_user), .help = MSG("name to log in with there; by default nobody"), .example = "probe"},
    {.key = "smtp_password", .type = CONF_SECRET, .offset = AT(smtp_password), .help = MSG("its password"), .example = "{ file: /etc/vigie/smtp }"},
    LINK_ROWS(AT(link), "yes", "yes"),
    {.key = "user", .type = CONF_TEXT, .offset = AT(user), .help = MSG("name to read the mailbox with; by default the address"), .example = "probe"},
    {.key = "password", .type = CONF_SECRET, .offset = AT(password), .flags = CONF_REQUIRED, .help = MSG("its password"), .example = "{ file: /etc/vigie/imap }"},
    {.key = "folder", .type = CONF_TEXT, .offset = AT(folder), .by_default = "INBOX", .help = MSG("where the mail arrives"), .example = "INBOX"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "ms", .help = MSG("time that is a warning"), .example = "30s"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "ms", .help = MSG("time that is critical"), .example = "60s"},
    {0},
};

/* One line of printable ASCII, as SMTP's envelope and IMAP's quoted strings want it. */
static bool plain(const char *text)
{
    for (; text && *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

static bool is_address(const char *text)
{
    return plain(text) && strchr(text, '@') && strpbrk(text, " <>\"") == NULL && strlen(text) <= 254;
}

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct opts *o = arg;

    o->from = o->from ? o->from : o->to;
    o->user = o->user ? o->user : o->to;
    if (!is_address(o->to) || !is_address(o->from))
        return err_field(e, ERR_INVALID, is_address(o->to) ? "from" : "to", MSG("“{1}” is no mail address"), "s", is_address(o->to) ? o->from : o->to);
    if (!str_istarts(o->smtp, "smtp://") && !str_istarts(o->smtp, "smtps://"))
        return err_field(e, ERR_INVALID, "smtp", MSG("“{1}” is no mail server; write smtp://HOST:PORT or smtps://HOST:PORT"), "s", o->smtp);
    if (!plain(o->user) || !plain(o->password) || !plain(o->folder) || strlen(o->password) > 500)
        return err_field(e, ERR_INVALID, "user", MSG("user, password and folder are printable ASCII"), "");
    if (!o->link.tls && (o->link.server == NULL || strrchr(o->link.server, ':') == NULL))
        return link_finish(&o->link, 143, arena, host_address, e);
    return link_finish(&o->link, PORT, arena, host_address, e);
}

/* ---- asking; the number of the step is the tag ---- */

static const char *quoted(struct attempt *a, const char *text)
{
    struct buf b = BUF_MAX(4096);
    const char *copy;

    buf_char(&b, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_char(&b, '\\');
        buf_char(&b, *text);
    }
    buf_char(&b, '"');
    copy = arena_dup(a->arena, buf_text(&b));
    buf_done(&b);
    return copy;
}

static void command(struct attempt *a, enum step step, const char *text)
{
    struct job *job = a->job;

    job->step = step;
    job->link.taken = 0;
    if (step == LOOK || step == OLD)
        job->uids[0] = '\0';
    link_printf(a, "t%d %s\r\n", (int)step, text);
}

static void log_in(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    const char *line = arena_printf(a->arena, "t%d LOGIN %s %s\r\n", (int)LOGIN, quoted(a, o->user), quoted(a, o->password));

    TRACE(a, "LOGIN, with the password");
    job->step = LOGIN;
    link_send(a, line, strlen(line));
}

static void search(struct attempt *a, enum step step, const char *word)
{
    command(a, step, arena_printf(a->arena, "UID SEARCH HEADER Subject %s", word));
}

static void mark(struct attempt *a, enum step step)
{
    struct job *job = a->job;

    command(a, step, arena_printf(a->arena, "UID STORE %s +FLAGS.SILENT (\\Deleted)", job->uids));
}

static void purge(struct attempt *a, enum step step)
{
    struct job *job = a->job;

    command(a, step, arena_printf(a->arena, "UID EXPUNGE %s", job->uids));
}

/* ---- the mail ---- */

static void look(void *arg)
{
    struct attempt *a = arg;
    struct job *job = a->job;

    search(a, LOOK, job->token);
}

static void on_sent(void *arg, int code, bool in_doubt, const struct err *e)
{
    struct attempt *a = arg;
    struct job *job = a->job;
    struct memory *m = a->memory;

    job->mail = NULL;
    if (m && (code == 0 || in_doubt) && m->lost_ms == 0)
        m->lost_ms = a->at_ms;
    if (code) {
        attempt_say(a, STATE_CRITICAL, MSG("the mail could not be sent: {1}"), "m", e && e->text[0] ? e->text : "?");
        attempt_done(a);
        return;
    }
    job->sent = true;
    job->sent_us = clock_mono_us();
    look(a);
}

static void send_it(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    struct buf date = BUF_MAX(100);
    struct mail_request rq = {.url = o->smtp, .user = o->smtp_user, .password = o->smtp_password, .starttls_required = o->starttls,
        .from = o->from, .to = &o->to, .n_to = 1, .timeout_ms = attempt_left_ms(a) + MARGIN_MS};

    time_rfc5322(&date, a->at_ms, NULL);
    rq.message = arena_printf(a->arena,
        "From: <%s>\r\nTo: <%s>\r\nDate: %s\r\nSubject: %s\r\nMessage-ID: <%s@vigie.invalid>\r\nAuto-Submitted: auto-generated\r\n\r\n"
        "A mail of a check of vigie, which deletes it when it has arrived.\r\n",
        o->from, o->to, buf_text(&date), job->token, job->token);
    buf_done(&date);
    rq.message_bytes = strlen(rq.message);
    job->step = SENDING;
    TRACE(a, "sending the mail");
    job->mail = mail_send(a->env->httpc, &rq, on_sent, a);
}

/* ---- judging ---- */

static void judge(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    struct memory *m = a->memory;
    int64_t us = job->took_us;

    buf_clear(&a->perf);
    a->timings.total_us = us < INT32_MAX ? (int32_t)us : INT32_MAX;
    attempt_say(a, STATE_OK, MSG("the mail arrived after {1}"), "l", us);
    if (job->late && m && m->lost_ms && m->lost_ms < a->at_ms)
        attempt_worse(a, STATE_WARNING, MSG("this mail arrived after {1}; one that was sent {2} ago has come late"), "ld", us, a->at_ms - m->lost_ms);
    else if (job->late)
        attempt_worse(a, STATE_WARNING, MSG("this mail arrived after {1}; {2} {2|mail|mails} of before came late"), "li", us, (int64_t)job->late);
    attempt_judge_time(a, us, &o->warn, &o->crit);
    attempt_perf_time(a, "time", us, &o->warn, &o->crit);
    if (m)
        m->lost_ms = 0;
}

static void bye(struct attempt *a)
{
    static const char logout[] = "t99 LOGOUT\r\n";
    struct job *job = a->job;

    sock_write(job->link.dial.sock, logout, sizeof(logout) - 1);
    attempt_done(a);
}

/* ---- hearing ---- */

/* "* SEARCH 4 7" */
static void found(struct job *job, struct str line)
{
    struct str word;
    size_t n = 0;

    str_next(&line, " ", &word);
    str_next(&line, " ", &word);
    while (str_next(&line, " ", &word)) {
        bool digits = word.n > 0 && word.n <= 10;

        for (size_t i = 0; i < word.n; i++)
            digits = digits && isdigit((unsigned char)word.p[i]);
        if (!digits || n + word.n + 2 > sizeof(job->uids))
            continue;
        n += (size_t)str_print(job->uids + n, sizeof(job->uids) - n, "%s%.*s", n ? "," : "", (int)word.n, word.p);
        job->late += job->step == OLD;
    }
}

static void refused(struct attempt *a, struct str line)
{
    static const char *const what[] = {"?", "LOGIN", "SELECT", "SEARCH", "STORE", "EXPUNGE", "?", "SEARCH", "STORE", "EXPUNGE"};
    struct job *job = a->job;

    attempt_say(a, STATE_CRITICAL, MSG("the mailbox refuses {1}: {2}"), "ss", what[job->step], attempt_quote(a, line.p, line.n, QUOTE_BYTES));
    attempt_done(a);
}

static void step_done(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;

    switch (job->step) {
    case LOGIN: command(a, SELECT, arena_printf(a->arena, "SELECT %s", quoted(a, o->folder))); break;
    case SELECT: search(a, OLD, job->owner); break;
    case OLD:
        if (job->uids[0])
            mark(a, OLD_MARK);
        else
            send_it(a);
        break;
    case OLD_MARK: purge(a, OLD_PURGE); break;
    case OLD_PURGE: send_it(a); break;
    case LOOK:
        if (job->uids[0]) {
            job->took_us = clock_mono_us() - job->sent_us;
            judge(a);
            mark(a, MARK);
        } else {
            timer_set(&job->look, LOOK_MS);
        }
        break;
    case MARK: purge(a, PURGE); break;
    default: bye(a);
    }
}

static void line(struct attempt *a, struct str s)
{
    struct job *job = a->job;
    char tag[16];
    size_t n = (size_t)str_print(tag, sizeof(tag), "t%d ", (int)job->step);
    bool purging = job->step == PURGE || job->step == OLD_PURGE, searching = job->step == LOOK || job->step == OLD;
    struct str said = {s.p + n, s.n > n ? s.n - n : 0};

    if (job->step == GREETING) {
        if (s.n >= 4 && str_istarts(s.p, "* OK"))
            log_in(a);
        else if (s.n >= 5 && str_istarts(s.p, "* BYE"))
            refused(a, s);
        else
            link_fail(a, ERR_PROTOCOL, NULL);
    } else if (searching && str_istarts(s.p, "* SEARCH")) {
        found(job, s);
    } else if (str_istarts(s.p, "* BYE")) {
        refused(a, s);
    } else if (said.n && str_starts(s.p, tag)) {
        if (str_istarts(said.p, "OK") || purging)
            step_done(a);
        else
            refused(a, said);
    }
}

static void data(struct attempt *a)
{
    struct str s;

    while (link_line(a, &s))
        line(a, s);
}

static void connected(struct attempt *a) { TRACE(a, "waiting for the greeting"); }

static void closed(struct attempt *a)
{
    struct job *job = a->job;

    if (job->step < MARK) /* else it is judged, and only the cleaning up was cut */
        attempt_say(a, STATE_CRITICAL, MSG("the mailbox closed the connection"), "");
    attempt_done(a);
}

static const struct link_events events = {connected, data, closed};

static void start(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = ARENA_NEW(a->arena, struct job);
    uint64_t owner = hash_text(a->check, hash_text(a->host, hash_text(o->to, 1)));

    a->job = job;
    timer_init(&job->look, a->env->loop, look, a);
    str_print(job->owner, sizeof(job->owner), "vigie-trip-%08x", (unsigned)owner);
    str_print(job->token, sizeof(job->token), "%s-%llx%llx", job->owner, (unsigned long long)a->at_ms, (unsigned long long)clock_mono_us());
    link_start(a, &o->link, &events, MAX_IN);
}

static void stop(struct attempt *a)
{
    struct job *job = a->job;

    if (job == NULL)
        return;
    timer_clear(&job->look);
    if (job->mail)
        httpc_cancel(job->mail);
    job->mail = NULL;
    link_stop(a);
}

static void late(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    struct memory *m = a->memory;

    if (job == NULL)
        return;
    if (job->step >= MARK) /* it came; only the cleaning up is slow */
        judge(a);
    else if (job->sent && m && m->lost_ms && m->lost_ms < a->at_ms)
        attempt_say(a, STATE_CRITICAL, MSG("the mail is not in {1} within {2}, nor is the one of {3} ago: lost, or held up"), "sdd", o->folder, a->timeout_ms, a->at_ms - m->lost_ms);
    else if (job->sent)
        attempt_say(a, STATE_CRITICAL, MSG("the mail was taken, but is not in {1} within {2}: lost, or slow"), "sd", o->folder, a->timeout_ms);
    else if (job->step == SENDING)
        attempt_say(a, STATE_CRITICAL, MSG("the mail was not taken within {1}"), "d", a->timeout_ms);
    else
        link_late(a);
}

const struct probe probe_mail_trip = {
    .kind = {.name = "mail_trip",
             .help = MSG("sends a mail and waits for it in its mailbox"),
             .area = "agents",
             .example = "mail_trip: { to: probe@example.org, password: secret, smtp: \"smtp://mx.example.org:25\", server: imap.example.org }",
             .rows = rows,
             .opts_bytes = sizeof(struct opts),
             .finish = finish,
             .every_ms = 300000,
             .timeout_ms = 120000},
    .start = start,
    .stop = stop,
    .late = late,
    .memory_bytes = sizeof(struct memory),
};
