/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sql_postgres.c: PostgreSQL's dialogue: (TLS,) start-up, log-in by SCRAM-SHA-256, md5 or password, one simple query. */
#include "checks/query/sql.h"

#include <string.h>

enum { LOGGED_IN = 0, PLAIN = 3, MD5 = 5, SASL = 10, SASL_CONTINUE = 11, SASL_FINAL = 12 };

/* PBKDF2 on a worker: belongs to it; job: NULL once nobody waits. */
struct sql_salting {
    struct attempt *a;
    struct sql_scram scram;
    char *password;
    int code;
};

static void startup(struct attempt *a)
{
    const struct sql_opts *o = a->opts;
    struct sql_job *job = a->job;
    struct buf out = BUF_MAX(8192);
    const char *options = arena_printf(a->arena, "-c default_transaction_read_only=on -c statement_timeout=%lld", (long long)attempt_left_ms(a));

    job->step = SQL_LOGIN;
    sqlwire_pg_startup(&out, o->user, o->database ? o->database : o->user, options);
    sql_send(a, &out, "start-up");
}

static void pg_open(struct attempt *a)
{
    const struct sql_opts *o = a->opts;
    struct sql_job *job = a->job;
    struct buf out = BUF_MAX(64);

    if (!o->tls) {
        startup(a);
        return;
    }
    job->one_byte = true;
    sqlwire_pg_ssl(&out);
    sql_send(a, &out, "asking for TLS");
}

static void pg_byte(struct attempt *a, char c)
{
    if (c == 'S')
        sql_secure(a);
    else
        sql_fail(a, c == 'N' ? ERR_TLS : ERR_PROTOCOL, c == 'N' ? MSG("the server does not offer TLS") : NULL);
}

static void answer(struct attempt *a, const void *p, size_t n, const char *what)
{
    struct buf out = BUF_MAX(8192);

    sqlwire_pg_message(&out, 'p', p, n);
    sql_send(a, &out, what);
}

static void salted(void *arg)
{
    struct sql_salting *s = arg;
    struct attempt *a = s->a;
    struct sql_job *job = a ? a->job : NULL;
    struct buf text = BUF_MAX(4096);

    if (job) {
        job->salting = NULL;
        memcpy(job->scram.salted, s->scram.salted, sizeof(s->scram.salted));
        if (s->code == 0 && sql_scram_final(&job->scram, &text) == 0)
            answer(a, text.data, text.len, "SCRAM proof");
        else
            sql_fail(a, ERR_UNSUPPORTED, NULL);
    }
    buf_done(&text);
    explicit_bzero(s->password, strlen(s->password));
    mem_free(s->password);
    explicit_bzero(s, sizeof(*s));
    mem_free(s);
}

static void salt(void *arg)
{
    struct sql_salting *s = arg;

    s->code = sql_scram_salt(&s->scram, s->password);
}

void sql_salting_drop(struct sql_job *job)
{
    if (job->salting)
        job->salting->a = NULL;
    job->salting = NULL;
}

static void scram_go_on(struct attempt *a, struct str text)
{
    const struct sql_opts *o = a->opts;
    struct sql_job *job = a->job;
    struct sql_salting *s;
    int code = job->salting || job->scram.nonce[0] == '\0' || job->scram.rounds ? ERR_PROTOCOL : sql_scram_hear(&job->scram, text);

    if (code) {
        sql_fail(a, ERR_PROTOCOL, code == ERR_LIMIT ? MSG("the server asks for too many rounds of hashing") : NULL);
        return;
    }
    s = NEW(struct sql_salting);
    s->a = a;
    s->scram = job->scram;
    s->scram.transcript = BUF_MAX(0);
    s->password = mem_dup(o->password);
    job->salting = s;
    if (work_submit(a->env->workers, a->env->loop, salt, salted, s) == 0)
        return;
    job->salting = NULL;
    mem_free(s->password);
    mem_free(s);
    sql_fail(a, ERR_BUSY, NULL);
}

static void scram_begin(struct attempt *a, struct str mechanisms)
{
    struct sql_job *job = a->job;
    struct buf out = BUF_MAX(512);
    char first[SQL_NONCE_BYTES + 16];

    if (job->scram.nonce[0] || memmem(mechanisms.p, mechanisms.n, "SCRAM-SHA-256", 14) == NULL) {
        sql_fail(a, ERR_UNSUPPORTED, MSG("the server knows no way to log in that vigie knows"));
        return;
    }
    sql_scram_begin(&job->scram, first);
    sqlwire_pg_sasl(&out, "SCRAM-SHA-256", first);
    sql_send(a, &out, "SCRAM");
}

static void log_in(struct attempt *a, struct str body)
{
    const struct sql_opts *o = a->opts;
    struct sql_job *job = a->job;
    uint32_t way;
    struct str rest = {body.p + 4, body.n - 4};
    char text[36];

    if (!sqlwire_pg_number(body, &way)) {
        sql_fail(a, ERR_PROTOCOL, NULL);
    } else if (way == LOGGED_IN) {
        if (job->scram.nonce[0] && !job->proven)
            sql_fail(a, ERR_PROTOCOL, MSG("the server does not prove that it knows the password"));
    } else if (o->password == NULL) {
        sql_fail(a, ERR_AUTH, MSG("the server wants a password, and none is configured"));
    } else if (way == PLAIN) {
        if (sql_plain_allowed(a))
            answer(a, o->password, strlen(o->password) + 1, "password");
    } else if (way == MD5 && rest.n >= 4) {
        sql_md5(o->user, o->password, rest.p, text);
        answer(a, text, sizeof(text), "md5");
    } else if (way == SASL) {
        scram_begin(a, rest);
    } else if (way == SASL_CONTINUE) {
        scram_go_on(a, rest);
    } else if (way == SASL_FINAL) {
        job->proven = job->scram.rounds > 0 && sql_scram_verify(&job->scram, rest) == 0;
        if (!job->proven)
            sql_fail(a, ERR_PROTOCOL, MSG("the server does not prove that it knows the password"));
    } else {
        sql_fail(a, ERR_UNSUPPORTED, MSG("the server knows no way to log in that vigie knows"));
    }
}

static void ready(struct attempt *a)
{
    const struct sql_opts *o = a->opts;
    struct sql_job *job = a->job;
    struct buf out = BUF_MAX(16384);

    if (job->step == SQL_QUERY) {
        sqlwire_pg_message(&out, 'X', NULL, 0);
        sock_write(job->dial.sock, out.data, out.len);
        buf_done(&out);
        sql_answered(a);
        return;
    }
    job->step = SQL_QUERY;
    sqlwire_pg_message(&out, 'Q', o->query, strlen(o->query) + 1);
    sql_send(a, &out, o->query);
}

static void error(struct attempt *a, struct str body)
{
    struct sql_job *job = a->job;
    struct str code = sqlwire_pg_field(body, 'C'), text = sqlwire_pg_field(body, 'M');

    if (job->step < SQL_QUERY)
        sql_refused(a, code, text);
    else if (!job->failed)
        sql_query_failed(a, code, text);
}

static void pg_message(struct attempt *a, const char *p, size_t n)
{
    struct sql_job *job = a->job;
    struct str body = {p + 5, n - 5}, value;
    bool null;

    switch (p[0]) {
    case 'R':
        log_in(a, body);
        break;
    case 'E':
        error(a, body);
        break;
    case 'Z':
        ready(a);
        break;
    case 'D':
        if (job->step != SQL_QUERY || !sqlwire_pg_value(body, &value, &null))
            sql_fail(a, ERR_PROTOCOL, NULL);
        else
            sql_row(a, value, null);
        break;
    case 'G': /* COPY is no question */
    case 'H':
    case 'W':
        sql_fail(a, ERR_UNSUPPORTED, MSG("the query is no question"));
        break;
    default: /* parameters, notices, ends of commands */
        break;
    }
}

const struct sql_dialect sql_postgres = {
    .name = "PostgreSQL", .port = 5432, .frame = sqlwire_pg_frame, .open = pg_open, .byte = pg_byte, .secured = startup, .message = pg_message};
