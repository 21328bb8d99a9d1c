/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_sql.c: logs in to a database, asks one question, and judges the first value of the answer.
 *
 * The two protocols are spoken by sql_postgres.c and sql_mysql.c without client libraries: those would block, or take
 * whatever a server sends into memory.  Sessions are read-only and their statements end with the attempt. */
#include "checks/query/sql.h"

#include "checks/http_judge.h"
#include "checks/query/server.h"

#include <math.h>
#include <string.h>

enum { MAX_ROWS = 10000, QUOTE_BYTES = 200, MAX_QUERY = 8192, MAX_NAME = 200 };

#define AT(member) offsetof(struct sql_opts, member)
static const struct conf_row time_rows[] = {
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(time_warn), .unit = "ms", .help = MSG("time that is a warning"), .example = "200ms"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(time_crit), .unit = "ms", .help = MSG("time that is critical"), .example = "2s"},
    {0},
};
static const struct conf_row rows[] = {
    {.key = "url", .type = CONF_TEXT, .offset = AT(url), .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = MSG("postgres://USER@HOST:PORT/DATABASE, or mysql://…"), .example = "postgres://vigie@db.example.org/shop"},
    {.key = "password", .type = CONF_SECRET, .offset = AT(password), .help = MSG("its password"), .example = "{ file: /etc/vigie/db }"},
    {.key = "query", .type = CONF_TEXT, .offset = AT(query), .by_default = "SELECT 1", .help = MSG("question; the first value of the first row counts"),
     .example = "SELECT count(*) FROM orders WHERE state = 'stuck'"},
    {.key = "expect", .type = CONF_TEXT, .offset = AT(expect), .help = MSG("text that the value must be"), .example = "\"1\""},
    {.key = "regex", .type = CONF_REGEX, .offset = AT(regex), .help = MSG("regular expression that the value must match"), .example = "^ok"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .help = MSG("value that is a warning"), .example = "\"> 80\""},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .help = MSG("value that is critical"), .example = "\"> 95\""},
    {.key = "time", .type = CONF_GROUP, .rows = time_rows, .help = MSG("thresholds on the time that all of it takes"), .example = "{ warn: 200ms }"},
    {.key = "tls", .type = CONF_BOOL, .offset = AT(tls), .by_default = "no", .help = MSG("agree on TLS before the log-in"), .example = "yes"},
    {.key = "verify", .type = CONF_BOOL, .offset = AT(verify), .by_default = "yes", .help = MSG("with TLS: the certificate must be good"), .example = "no"},
    {.key = "server_name", .type = CONF_TEXT, .offset = AT(server_name),
     .help = MSG("with TLS: the name to ask for and to verify; by default that of the target"), .example = "db.example.org"},
    {0},
};

/* ---- options ---- */

static const struct {
    const char *scheme;
    const struct sql_dialect *dialect;
} schemes[] = {{"postgres://", &sql_postgres}, {"postgresql://", &sql_postgres}, {"mysql://", &sql_mysql}, {"mariadb://", &sql_mysql}};

static int url_bad(struct sql_opts *o, struct err *e)
{
    return err_field(e, ERR_INVALID, "url", MSG("“{1}” is no database; write postgres://USER@HOST/DATABASE or mysql://USER@HOST/DATABASE"), "s", o->url);
}

static int url_read(struct sql_opts *o, struct arena *arena, struct err *e)
{
    const char *rest = NULL, *at, *slash;

    for (size_t i = 0; i < COUNT(schemes) && !rest; i++)
        if (str_istarts(o->url, schemes[i].scheme)) {
            o->dialect = schemes[i].dialect;
            rest = o->url + strlen(schemes[i].scheme);
        }
    if (rest == NULL)
        return url_bad(o, e);
    at = strchr(rest, '@');
    o->user = at ? arena_dupn(arena, rest, (size_t)(at - rest)) : "vigie";
    rest = at ? at + 1 : rest;
    slash = strchr(rest, '/');
    o->database = slash && slash[1] ? arena_dup(arena, slash + 1) : NULL;
    if (strchr(o->user, ':'))
        return err_field(e, ERR_INVALID, "url", MSG("a password does not belong into the URL; write password: {{ file: … }"), "");
    if (o->user[0] == '\0' || strlen(o->user) > MAX_NAME || (o->database && (strlen(o->database) > MAX_NAME || strchr(o->database, '?'))))
        return url_bad(o, e);
    return query_server(slash ? arena_dupn(arena, rest, (size_t)(slash - rest)) : rest, o->dialect->port, arena, &o->host, &o->port, e);
}

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct sql_opts *o = arg;
    int code = url_read(o, arena, e);

    if (code)
        return code;
    if (o->host == NULL && host_address == NULL)
        return err_field(e, ERR_INVALID, "url", MSG("the host has no address; write it into the URL"), "");
    if (strlen(o->query) > MAX_QUERY || o->query[0] == '\0')
        return err_field(e, ERR_LIMIT, "query", MSG("at most {1} characters"), "i", (int64_t)MAX_QUERY);
    return 0;
}

/* ---- for the dialects ---- */

void sql_send(struct attempt *a, struct buf *out, const char *what)
{
    struct sql_job *job = a->job;
    int code = out->full ? ERR_LIMIT : sock_write(job->dial.sock, out->data, out->len);

    TRACE(a, what);
    buf_done(out);
    if (code)
        sql_fail(a, code, NULL);
}

void sql_fail(struct attempt *a, int code, const char *msgid)
{
    struct err e;

    if (msgid)
        err_set(&e, code, msgid, "");
    attempt_fail(a, code, msgid ? &e : NULL);
    attempt_done(a);
}

static const char *quoted(struct attempt *a, struct str s)
{
    return attempt_quote(a, s.p, s.n, QUOTE_BYTES);
}

void sql_refused(struct attempt *a, struct str code, struct str text)
{
    const struct sql_opts *o = a->opts;

    attempt_say(a, STATE_CRITICAL, MSG("the log-in as {1} is refused: {2} ({3})"), "sss", o->user, quoted(a, text), quoted(a, code));
    attempt_done(a);
}

void sql_query_failed(struct attempt *a, struct str code, struct str text)
{
    struct sql_job *job = a->job;

    job->failed = true;
    attempt_say(a, STATE_CRITICAL, MSG("the query fails: {1} ({2})"), "ss", quoted(a, text), quoted(a, code));
}

bool sql_row(struct attempt *a, struct str value, bool null)
{
    struct sql_job *job = a->job;

    if (job->rows++ == 0) {
        job->null = null;
        job->value = quoted(a, value);
    }
    if (job->rows <= MAX_ROWS)
        return true;
    attempt_say(a, STATE_UNKNOWN, MSG("the query gives over {1} rows; write LIMIT"), "i", (int64_t)MAX_ROWS);
    attempt_done(a);
    return false;
}

bool sql_plain_allowed(struct attempt *a)
{
    struct sql_job *job = a->job;

    if (job->secure || addr_is_loopback(&job->dial.at[job->dial.i]))
        return true;
    sql_fail(a, ERR_AUTH, MSG("the server wants the password as it is: that needs tls: yes"));
    return false;
}

void sql_secure(struct attempt *a)
{
    const struct sql_opts *o = a->opts;
    struct sql_job *job = a->job;
    struct tls_opts tls = {.verify = o->verify, .ca_file = a->ca_file};

    if (job->in.len) { /* bytes in the clear that would be read as if they had been enciphered */
        sql_fail(a, ERR_PROTOCOL, NULL);
        return;
    }
    tls.server_name = o->server_name ? o->server_name : o->host;
    dial_secure(&job->dial, &tls);
}

/* ---- judging ---- */

static void value_judge(struct attempt *a, int64_t us)
{
    const struct sql_opts *o = a->opts;
    struct sql_job *job = a->job;
    const char *value = job->rows == 0 ? "" : job->null ? "NULL" : job->value, *limit;
    double number;
    enum state s;

    if (job->rows == 0 && (o->expect || o->regex || o->warn.set || o->crit.set))
        attempt_say(a, STATE_CRITICAL, MSG("the query gives no row"), "");
    else if (job->rows == 0)
        attempt_say(a, STATE_OK, MSG("answered in {1}, no row"), "l", us);
    else
        attempt_say(a, STATE_OK, MSG("“{1}” in {2}"), "sl", value, us);
    if (job->rows && o->expect && !str_eq(value, o->expect))
        attempt_worse(a, STATE_CRITICAL, MSG("the value is “{1}”, wanted “{2}”"), "ss", value, o->expect);
    if (job->rows && o->regex && http_search(o->regex, value, strlen(value)) != 1)
        attempt_worse(a, STATE_CRITICAL, MSG("the value is “{1}”, which does not match “{2}”"), "ss", value, o->regex);
    if (job->rows == 0 || job->null || str_f64(value, &number) != 0) {
        if (job->rows && (o->warn.set || o->crit.set))
            attempt_worse(a, STATE_UNKNOWN, MSG("the value is “{1}”, which is no number"), "s", value);
        return;
    }
    s = level_judge(&o->warn, &o->crit, number, NAN, &limit);
    if (s != STATE_OK)
        attempt_worse(a, s, MSG("the value is {1} (limit {2})"), "ss", value, limit);
    attempt_perf(a, "value", number, "", &o->warn, &o->crit, NAN, NAN);
}

void sql_answered(struct attempt *a)
{
    const struct sql_opts *o = a->opts;
    struct sql_job *job = a->job;
    int64_t us = attempt_spent_us(a);

    if (!job->failed)
        value_judge(a, us);
    if (!job->failed)
        attempt_judge_time(a, us, &o->time_warn, &o->time_crit);
    attempt_perf_time(a, "time", us, &o->time_warn, &o->time_crit);
    attempt_done(a);
}

/* ---- the stream ---- */

static void on_open(struct attempt *a)
{
    const struct sql_opts *o = a->opts;

    o->dialect->open(a);
}

static void on_secure(struct attempt *a)
{
    const struct sql_opts *o = a->opts;
    struct sql_job *job = a->job;

    job->secure = true;
    o->dialect->secured(a);
}

static void message_take(struct attempt *a, size_t n)
{
    const struct sql_opts *o = a->opts;
    struct sql_job *job = a->job;
    char *copy = mem_dupn(job->in.data, n);

    buf_drop(&job->in, n);
    o->dialect->message(a, copy, n);
    mem_free(copy);
}

static void on_data(struct attempt *a, const char *p, size_t n)
{
    const struct sql_opts *o = a->opts;
    struct sql_job *job = a->job;

    if (a->timings.first_byte_us == 0)
        a->timings.first_byte_us = (int32_t)attempt_spent_us(a);
    buf_add(&job->in, p, n);
    while (!a->ended && job->in.len) {
        int64_t frame;

        if (job->one_byte) {
            char c = job->in.data[0];

            job->one_byte = false;
            buf_drop(&job->in, 1);
            o->dialect->byte(a, c);
            continue;
        }
        frame = o->dialect->frame(job->in.data, job->in.len);
        if (frame < 0 || (job->in.full && (frame == 0 || (size_t)frame > job->in.len))) {
            sql_fail(a, ERR_PROTOCOL, NULL);
            return;
        }
        if (frame == 0 || (size_t)frame > job->in.len)
            return;
        message_take(a, (size_t)frame);
    }
}

static void on_end(struct attempt *a, int code, const struct err *e)
{
    attempt_fail(a, code ? code : ERR_RESET, code ? e : NULL);
    attempt_done(a);
}

static const struct dial_events events = {on_open, on_secure, on_data, on_end};

static void start(struct attempt *a)
{
    const struct sql_opts *o = a->opts;
    struct sql_job *job = ARENA_NEW(a->arena, struct sql_job);
    const char *host = o->host ? o->host : attempt_address(a);

    a->job = job;
    job->in = BUF_MAX(SQLWIRE_MAX_BYTES + 65536);
    if (host)
        dial_start(&job->dial, a, host, o->port, &events);
}

static void stop(struct attempt *a)
{
    struct sql_job *job = a->job;

    if (job == NULL)
        return;
    dial_stop(&job->dial);
    sql_salting_drop(job);
    sql_scram_done(&job->scram);
    buf_done(&job->in);
}

static void late(struct attempt *a)
{
    const struct sql_opts *o = a->opts;
    struct sql_job *job = a->job;
    int64_t us = a->timeout_ms * 1000;

    if (job->dial.dns)
        attempt_late_lookup(a, o->host ? o->host : a->address);
    else if (job->dial.open && job->step >= SQL_QUERY)
        attempt_say(a, STATE_CRITICAL, MSG("the query was not answered within {1}"), "l", us);
    else if (job->dial.open)
        attempt_say(a, STATE_CRITICAL, MSG("connected, but the log-in was not answered within {1}"), "l", us);
}

const struct probe probe_sql = {
    .kind = {.name = "sql",
             .help = MSG("asks a PostgreSQL, MySQL or MariaDB database and judges the answer"),
             .area = "databases",
             .example = "sql: postgres://vigie@db.example.org/shop",
             .rows = rows,
             .opts_bytes = sizeof(struct sql_opts),
             .finish = finish},
    .start = start,
    .stop = stop,
    .late = late,
};
