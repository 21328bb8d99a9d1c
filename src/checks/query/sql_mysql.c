/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sql_mysql.c: MySQL's and MariaDB's dialogue: greeting, (TLS,) log-in by native password or caching_sha2_password, a
 * read-only session with a limit on time, one query. */
#include "checks/query/sql.h"

#include <string.h>

enum { OK = 0, MORE = 1, END = 0xfe, ERROR = 0xff, QUICK_DONE = 3, WANTS_ALL = 4, MAX_COLUMNS = 4096, MAX_END = 8 };

static void my_open(struct attempt *a)
{
    struct sql_job *job = a->job;

    job->step = SQL_GREETING;
}

static size_t proof_make(struct attempt *a, unsigned char proof[SQL_PROOF_BYTES])
{
    const struct sql_opts *o = a->opts;
    const struct sql_job *job = a->job;

    return str_eq(job->plugin, "caching_sha2_password") ? sql_sha2(o->password, job->salt, proof) : sql_native(o->password, job->salt, proof);
}

/* The ways that we know; else the one that all know (the server then asks for another). */
static const char *plugin_known(struct str plugin)
{
    return str_is(plugin, "caching_sha2_password") ? "caching_sha2_password" : "mysql_native_password";
}

static void log_in(struct attempt *a)
{
    const struct sql_opts *o = a->opts;
    struct sql_job *job = a->job;
    struct buf out = BUF_MAX(8192);
    unsigned char proof[SQL_PROOF_BYTES];
    size_t n = proof_make(a, proof);

    job->step = SQL_LOGIN;
    sqlwire_my_login(&out, job->seq + 1, job->secure, o->user, o->database, (struct str){(const char *)proof, n}, job->plugin);
    sql_send(a, &out, "log-in");
}

static void my_secured(struct attempt *a)
{
    struct sql_job *job = a->job;

    job->seq++; /* the request for TLS was one packet */
    log_in(a);
}

static void greeting(struct attempt *a, struct str body)
{
    const struct sql_opts *o = a->opts;
    struct sql_job *job = a->job;
    struct sqlwire_hello hello;
    struct buf out = BUF_MAX(256);

    if (sqlwire_my_hello(body, &hello) != 0) {
        sql_fail(a, ERR_PROTOCOL, NULL);
        return;
    }
    job->mariadb = memmem(hello.version.p, hello.version.n, "MariaDB", 7) != NULL;
    job->plugin = plugin_known(hello.plugin);
    memcpy(job->salt, hello.salt, sizeof(job->salt));
    if (!o->tls) {
        log_in(a);
    } else if (!(hello.capabilities & SQLWIRE_MY_SSL)) {
        sql_fail(a, ERR_TLS, MSG("the server does not offer TLS"));
    } else {
        sqlwire_my_ssl(&out, job->seq + 1);
        sql_send(a, &out, "asking for TLS");
        if (!a->ended)
            sql_secure(a);
    }
}

static void ask(struct attempt *a, enum sql_step step, const char *query)
{
    struct sql_job *job = a->job;
    struct buf out = BUF_MAX(16384);

    job->step = step;
    sqlwire_my_query(&out, query);
    sql_send(a, &out, query);
}

/* Logged in, or a command of the set-up is done (one that an old server does not know is no harm, but the first). */
static void go_on(struct attempt *a)
{
    const struct sql_opts *o = a->opts;
    struct sql_job *job = a->job;
    int64_t ms = attempt_left_ms(a);

    switch (job->setups++) {
    case 0:
        ask(a, SQL_SETUP, "SET SESSION TRANSACTION READ ONLY");
        break;
    case 1:
        ask(a, SQL_SETUP, job->mariadb ? arena_printf(a->arena, "SET SESSION max_statement_time=%.3f", (double)ms / 1000)
                                       : arena_printf(a->arena, "SET SESSION max_execution_time=%lld", (long long)ms));
        break;
    default:
        ask(a, SQL_QUERY, o->query);
    }
}

static void other_way(struct attempt *a, struct str body)
{
    struct sql_job *job = a->job;
    struct buf out = BUF_MAX(256);
    unsigned char proof[SQL_PROOF_BYTES];
    struct str plugin;
    size_t n;

    if (!sqlwire_my_switch(body, &plugin, job->salt) || !str_is(plugin, plugin_known(plugin))) {
        sql_fail(a, ERR_UNSUPPORTED, MSG("the server knows no way to log in that vigie knows"));
        return;
    }
    job->plugin = plugin_known(plugin);
    n = proof_make(a, proof);
    sqlwire_my_packet(&out, job->seq + 1, proof, n);
    sql_send(a, &out, "log-in in another way");
}

static void more(struct attempt *a, struct str body)
{
    const struct sql_opts *o = a->opts;
    struct sql_job *job = a->job;
    struct buf out = BUF_MAX(1024);

    if (body.n < 2 || (body.p[1] != QUICK_DONE && body.p[1] != WANTS_ALL)) {
        sql_fail(a, ERR_PROTOCOL, NULL);
    } else if (body.p[1] == WANTS_ALL && sql_plain_allowed(a)) {
        sqlwire_my_packet(&out, job->seq + 1, o->password ? o->password : "", o->password ? strlen(o->password) + 1 : 1);
        sql_send(a, &out, "password");
    }
}

static void said_no(struct attempt *a, struct str body)
{
    struct sql_job *job = a->job;
    int number;
    struct str text = sqlwire_my_error(body, &number), code = str_of(arena_printf(a->arena, "%d", number));

    if (job->step < SQL_SETUP) {
        sql_refused(a, code, text);
    } else if (job->step == SQL_SETUP && job->setups > 1) {
        go_on(a);
    } else {
        sql_query_failed(a, code, text);
        sql_answered(a);
    }
}

static void row(struct attempt *a, struct str body, unsigned first)
{
    struct str value;
    bool null;

    if (first == END && body.n <= MAX_END)
        sql_answered(a);
    else if (!sqlwire_my_value(body, &value, &null))
        sql_fail(a, ERR_PROTOCOL, NULL);
    else
        sql_row(a, value, null);
}

static void columns(struct attempt *a, struct str body, unsigned first)
{
    struct sql_job *job = a->job;

    if (first == END && body.n <= MAX_END)
        job->step = SQL_ROWS;
    else if (job->columns-- == 0)
        sql_fail(a, ERR_PROTOCOL, NULL);
}

static void answer(struct attempt *a, struct str body, unsigned first)
{
    struct sql_job *job = a->job;

    if (first == OK)
        sql_answered(a);
    else if (first == 0xfb) /* LOAD DATA LOCAL: it wants a file of ours */
        sql_fail(a, ERR_UNSUPPORTED, MSG("the query is no question"));
    else if (!sqlwire_my_count(body, &job->columns) || job->columns > MAX_COLUMNS)
        sql_fail(a, ERR_PROTOCOL, NULL);
    else
        job->step = SQL_COLUMNS;
}

static void my_message(struct attempt *a, const char *p, size_t n)
{
    struct sql_job *job = a->job;
    struct str body = {p + 4, n - 4};
    unsigned first = body.n ? (unsigned char)body.p[0] : 0x100;

    job->seq = (unsigned char)p[3];
    if (first == 0x100)
        sql_fail(a, ERR_PROTOCOL, NULL);
    else if (first == ERROR)
        said_no(a, body);
    else if (job->step == SQL_GREETING)
        greeting(a, body);
    else if (job->step == SQL_COLUMNS)
        columns(a, body, first);
    else if (job->step == SQL_ROWS)
        row(a, body, first);
    else if (job->step == SQL_QUERY)
        answer(a, body, first);
    else if (first == OK)
        go_on(a);
    else if (job->step == SQL_LOGIN && first == END)
        other_way(a, body);
    else if (job->step == SQL_LOGIN && first == MORE)
        more(a, body);
    else
        sql_fail(a, ERR_PROTOCOL, NULL);
}

const struct sql_dialect sql_mysql = {
    .name = "MySQL", .port = 3306, .frame = sqlwire_my_frame, .open = my_open, .secured = my_secured, .message = my_message};
