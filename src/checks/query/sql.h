/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sql.h: what probe_sql.c and the two dialects share.  The probe connects, cuts the stream into messages and judges; a
 * dialect logs in, asks, and reports rows.  Private to this folder. */
#ifndef VIGIE_CHECKS_QUERY_SQL_H
#define VIGIE_CHECKS_QUERY_SQL_H

#include "checks/dial.h"
#include "checks/query/sql_auth.h"
#include "wire/sqlwire.h"

struct sql_dialect {
    const char *name;
    int port;
    int64_t (*frame)(const char *p, size_t n);
    void (*open)(struct attempt *a);
    void (*byte)(struct attempt *a, char c); /* an answer of one byte, when job->one_byte; may be NULL */
    void (*secured)(struct attempt *a);
    void (*message)(struct attempt *a, const char *p, size_t n);
};
extern const struct sql_dialect sql_postgres, sql_mysql;

struct sql_opts {
    const char *url, *password, *query, *expect, *regex, *server_name;
    bool tls, verify;
    struct conf_level warn, crit, time_warn, time_crit;
    /* from url */
    const struct sql_dialect *dialect;
    const char *user, *host, *database;
    int port;
};
enum sql_step { SQL_GREETING, SQL_LOGIN, SQL_SETUP, SQL_QUERY, SQL_COLUMNS, SQL_ROWS };
struct sql_salting;
struct sql_job {
    struct dial dial;
    struct buf in;
    enum sql_step step;
    bool one_byte, secure, proven, null;
    int rows, seq, setups;
    uint64_t columns;
    const char *value; /* first of the first row, in the arena */
    struct sql_scram scram;
    struct sql_salting *salting;
    bool failed; /* the query */
    unsigned char salt[SQLWIRE_SALT_BYTES];
    const char *plugin;
    bool mariadb;
};
void sql_send(struct attempt *a, struct buf *out, const char *what); /* and frees it */
void sql_fail(struct attempt *a, int code, const char *msgid); /* msgid NULL: the code's own text */
void sql_refused(struct attempt *a, struct str code, struct str text);
void sql_query_failed(struct attempt *a, struct str code, struct str text); /* said; the attempt goes on to its end */
bool sql_row(struct attempt *a, struct str value, bool null);              /* false: the attempt is over */
void sql_answered(struct attempt *a);
void sql_secure(struct attempt *a); /* starts TLS */
void sql_salting_drop(struct sql_job *job); /* forgets what a worker hashes */
bool sql_plain_allowed(struct attempt *a); /* may the password go as it is? Else the attempt is over. */

#endif
