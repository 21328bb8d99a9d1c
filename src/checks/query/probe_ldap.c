/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_ldap.c: logs in to an LDAP server (or asks as anybody) and searches.
 *
 * StartTLS or ldaps, a simple bind, one search; entries are counted and forgotten, one attribute's values are compared
 * as they pass by.  Referrals are not followed. */
#include "base/utf8.h"
#include "checks/dial.h"
#include "checks/query/server.h"
#include "wire/ldap.h"

#include <math.h>
#include <string.h>
#include <strings.h>

enum { TLS_NONE, TLS_START, TLS_FIRST };
enum { MAX_ENTRIES = 100000, SIZE_LIMIT = 10000, QUOTE_BYTES = 120, MAX_VALUES_TEXT = 300 };
enum { ID_TLS = 1, ID_BIND, ID_SEARCH, ID_BYE };
static const char *const tls_words[] = {"none", "starttls", "ldaps", NULL};
static const char *const scope_words[] = {"base", "one", "sub", NULL};

struct opts {
    const char *server, *server_name, *user, *password, *base, *filter, *attribute, *expect;
    int tls, scope;
    bool verify;
    struct conf_level count, warn, crit;
    /* from server */
    const char *host;
    int port;
};
struct job {
    struct dial dial;
    struct buf in;
    int waiting; /* id of the answer that is to come; 0: none yet */
    int entries;
    bool seen; /* the expected value */
    struct buf values; /* some of those that came */
};

#define AT(member) offsetof(struct opts, member)
static const struct conf_row rows[] = {
    {.key = "server", .type = CONF_TEXT, .offset = AT(server), .flags = CONF_POSITIONAL,
     .help = MSG("HOST, HOST:PORT, ldap://HOST or ldaps://HOST; by default the host's address"), .example = "ldaps://ldap.example.org"},
    {.key = "tls", .type = CONF_WORD, .offset = AT(tls), .words = tls_words, .by_default = "none",
     .help = MSG("starttls: after an agreement; ldaps: from the first byte"), .example = "starttls"},
    {.key = "verify", .type = CONF_BOOL, .offset = AT(verify), .by_default = "yes", .help = MSG("with TLS: the certificate must be good"), .example = "no"},
    {.key = "server_name", .type = CONF_TEXT, .offset = AT(server_name),
     .help = MSG("with TLS: the name to ask for and to verify; by default that of the target"), .example = "ldap.example.org"},
    {.key = "user", .type = CONF_TEXT, .offset = AT(user), .help = MSG("name (DN) to log in as; by default nobody"), .example = "\"cn=watch,dc=example,dc=org\""},
    {.key = "password", .type = CONF_SECRET, .offset = AT(password), .help = MSG("its password"), .example = "{ file: /etc/vigie/ldap }"},
    {.key = "base", .type = CONF_TEXT, .offset = AT(base), .help = MSG("where to search; by default the server's own entry"),
     .example = "\"ou=people,dc=example,dc=org\""},
    {.key = "scope", .type = CONF_WORD, .offset = AT(scope), .words = scope_words, .by_default = "base",
     .help = MSG("the base alone, one level below it, or all below it"), .example = "sub"},
    {.key = "filter", .type = CONF_TEXT, .offset = AT(filter), .by_default = "(objectClass=*)", .help = MSG("which entries count"), .example = "(uid=alice)"},
    {.key = "attribute", .type = CONF_TEXT, .offset = AT(attribute), .help = MSG("attribute to look at"), .example = "mail"},
    {.key = "expect", .type = CONF_TEXT, .offset = AT(expect), .help = MSG("value that the attribute must have in an entry"), .example = "alice@example.org"},
    {.key = "count", .type = CONF_LEVEL, .offset = AT(count), .by_default = "1:", .help = MSG("how many entries are well"), .example = "\"1:100\""},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "ms", .help = MSG("time that is a warning"), .example = "200ms"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "ms", .help = MSG("time that is critical"), .example = "2s"},
    {0},
};

static int server_read(struct opts *o, struct arena *arena, struct err *e)
{
    const char *text = o->server;

    if (text && str_istarts(text, "ldaps://")) {
        o->tls = TLS_FIRST;
        text += strlen("ldaps://");
    } else if (text && str_istarts(text, "ldap://")) {
        text += strlen("ldap://");
    }
    return query_server(text, o->tls == TLS_FIRST ? 636 : 389, arena, &o->host, &o->port, e);
}

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct opts *o = arg;
    unsigned char space[LDAP_MAX_REQUEST];
    struct ber_out out = ber_out_of(space, sizeof(space));
    int code = server_read(o, arena, e);

    if (code)
        return code;
    if (o->host == NULL && host_address == NULL)
        return err_field(e, ERR_INVALID, "server", MSG("the host has no address; write HOST or HOST:PORT"), "");
    if (ldap_filter_put(&out, o->filter) != 0)
        return err_field(e, ERR_INVALID, "filter", MSG("“{1}” is no filter; write one such as (&(objectClass=person)(uid=alice))"), "s", o->filter);
    if (o->password && !o->user)
        return err_field(e, ERR_INVALID, "user", MSG("a password needs a user"), "");
    if (o->user && (o->password == NULL || o->password[0] == '\0')) /* RFC 4513 5.1.2: that would be no log-in at all */
        return err_field(e, ERR_INVALID, "password", MSG("a user needs a password"), "");
    if (o->expect && !o->attribute)
        return err_field(e, ERR_INVALID, "attribute", MSG("expect needs an attribute"), "");
    return 0;
}

/* ---- sending ---- */

static void fail(struct attempt *a, int code, const struct err *e)
{
    attempt_fail(a, code, e);
    attempt_done(a);
}

static void send_it(struct attempt *a, struct str bytes, int id, const char *what)
{
    struct job *job = a->job;

    TRACE(a, what);
    job->waiting = id;
    if (bytes.n == 0 || sock_write(job->dial.sock, bytes.p, bytes.n) != 0)
        fail(a, ERR_LIMIT, NULL);
}

static void search(struct attempt *a)
{
    const struct opts *o = a->opts;
    unsigned char space[LDAP_MAX_REQUEST];
    struct ber_out out = ber_out_of(space, sizeof(space));
    struct ldap_search s = {.base = o->base, .filter = o->filter, .attribute = o->attribute, .scope = o->scope, .size_limit = SIZE_LIMIT};

    s.time_limit_s = (int)(attempt_left_ms(a) / 1000) + 1;
    send_it(a, ldap_search(&out, ID_SEARCH, &s), ID_SEARCH, "search");
}

static void log_in(struct attempt *a)
{
    const struct opts *o = a->opts;
    unsigned char space[LDAP_MAX_REQUEST];
    struct ber_out out = ber_out_of(space, sizeof(space));

    send_it(a, ldap_bind(&out, ID_BIND, o->user, o->password), ID_BIND, o->user ? "bind" : "bind as nobody");
}

static void secure(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    struct tls_opts tls = {.verify = o->verify, .ca_file = a->ca_file};

    job->waiting = 0;
    tls.server_name = o->server_name ? o->server_name : o->host;
    dial_secure(&job->dial, &tls);
}

static void on_open(struct attempt *a)
{
    const struct opts *o = a->opts;
    unsigned char space[200];
    struct ber_out out = ber_out_of(space, sizeof(space));

    if (o->tls == TLS_START)
        send_it(a, ldap_starttls(&out, ID_TLS), ID_TLS, "StartTLS");
    else if (o->tls == TLS_NONE)
        log_in(a);
    else
        secure(a);
}

static void on_secure(struct attempt *a) { log_in(a); }

/* ---- hearing ---- */

static void values_see(struct attempt *a, struct str values)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    struct str v;

    while (ldap_value_next(&values, &v)) {
        job->seen = job->seen || (o->expect && str_is(v, o->expect));
        if (v.n == 0 || job->values.len >= MAX_VALUES_TEXT)
            continue;
        buf_str(&job->values, job->values.len ? ", " : "");
        utf8_clean(&job->values, v.p, v.n < 4 * QUOTE_BYTES ? v.n : 4 * QUOTE_BYTES, UTF8_ONE_LINE, QUOTE_BYTES);
    }
}

static void entry(struct attempt *a, const struct ldap_message *m)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    struct str attributes = m->attributes, name, values;

    job->entries++;
    while (o->attribute && ldap_attribute_next(&attributes, &name, &values))
        if (name.n == strlen(o->attribute) && strncasecmp(name.p, o->attribute, name.n) == 0)
            values_see(a, values);
}

static void judge(struct attempt *a, const struct ldap_message *m)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    int64_t us = attempt_spent_us(a);
    unsigned char space[32];
    struct ber_out out = ber_out_of(space, sizeof(space));
    struct str bye = ldap_unbind(&out, ID_BYE);
    const char *limit, *values = buf_text(&job->values);

    sock_write(job->dial.sock, bye.p, bye.n);
    a->timings.total_us = (int32_t)us;
    if (m->result != LDAP_SUCCESS && m->result != LDAP_SIZE_LIMIT)
        attempt_say(a, STATE_CRITICAL, MSG("the search ends with {1}: {2}"), "ss", ldap_result_name(m->result), attempt_quote(a, m->text.p, m->text.n, QUOTE_BYTES));
    else if (job->values.len)
        attempt_say(a, STATE_OK, MSG("{1} {1|entry|entries} in {2}: {3}"), "ils", (int64_t)job->entries, us, values);
    else
        attempt_say(a, STATE_OK, MSG("{1} {1|entry|entries} in {2}"), "il", (int64_t)job->entries, us);
    if (a->state == STATE_OK && level_judge(NULL, &o->count, job->entries, NAN, &limit) != STATE_OK)
        attempt_worse(a, STATE_CRITICAL, MSG("{1} {1|entry|entries}, wanted {2}"), "is", (int64_t)job->entries, limit);
    if (a->state == STATE_OK && o->expect && !job->seen)
        attempt_worse(a, STATE_CRITICAL, MSG("{1} is “{2}”, wanted “{3}”"), "sss", o->attribute, values, o->expect);
    attempt_judge_time(a, us, &o->warn, &o->crit);
    attempt_perf_time(a, "time", us, &o->warn, &o->crit);
    attempt_perf(a, "entries", job->entries, "", NULL, &o->count, 0, NAN);
    attempt_done(a);
}

static void agreed(struct attempt *a, const struct ldap_message *m)
{
    struct job *job = a->job;

    if (m->result != LDAP_SUCCESS) {
        attempt_say(a, STATE_CRITICAL, MSG("the server refuses StartTLS: {1}"), "s", ldap_result_name(m->result));
        attempt_done(a);
    } else if (job->in.len) { /* bytes in the clear that would be read as if they had been enciphered */
        fail(a, ERR_PROTOCOL, NULL);
    } else {
        secure(a);
    }
}

static void let_in(struct attempt *a, const struct ldap_message *m)
{
    const struct opts *o = a->opts;

    if (m->result == LDAP_SUCCESS) {
        search(a);
        return;
    }
    attempt_say(a, STATE_CRITICAL, MSG("the log-in as {1} is refused: {2} {3}"), "sss", o->user ? o->user : "-", ldap_result_name(m->result),
                attempt_quote(a, m->text.p, m->text.n, QUOTE_BYTES));
    attempt_done(a);
}

static void message(struct attempt *a, const struct ldap_message *m)
{
    struct job *job = a->job;
    int waiting = job->waiting;

    if (m->id != waiting)
        fail(a, ERR_PROTOCOL, NULL);
    else if (waiting == ID_SEARCH && m->op == LDAP_ENTRY && job->entries < MAX_ENTRIES)
        entry(a, m);
    else if (waiting == ID_SEARCH && m->op == LDAP_REFERENCE)
        TRACE(a, "a referral, not followed");
    else if (waiting == ID_TLS && m->op == LDAP_EXTENDED_RESPONSE)
        agreed(a, m);
    else if (waiting == ID_BIND && m->op == LDAP_BIND_RESPONSE)
        let_in(a, m);
    else if (waiting == ID_SEARCH && m->op == LDAP_DONE)
        judge(a, m);
    else
        fail(a, ERR_PROTOCOL, NULL);
}

static void on_data(struct attempt *a, const char *p, size_t n)
{
    struct job *job = a->job;
    struct ldap_message m;

    if (a->timings.first_byte_us == 0)
        a->timings.first_byte_us = (int32_t)attempt_spent_us(a);
    buf_add(&job->in, p, n);
    while (!a->ended && job->in.len) {
        int64_t frame = ldap_frame(job->in.data, job->in.len);
        char *copy;

        if (frame == 0 || (frame > 0 && (size_t)frame > job->in.len)) {
            if (job->in.full)
                fail(a, ERR_PROTOCOL, NULL);
            return;
        }
        if (frame < 0 || ldap_decode(job->in.data, (size_t)frame, &m) != 0) {
            fail(a, ERR_PROTOCOL, NULL);
            return;
        }
        copy = mem_dupn(job->in.data, (size_t)frame); /* what follows it may be looked at meanwhile */
        ldap_decode(copy, (size_t)frame, &m);
        buf_drop(&job->in, (size_t)frame);
        message(a, &m);
        mem_free(copy);
    }
}

static void on_end(struct attempt *a, int code, const struct err *e)
{
    fail(a, code ? code : ERR_RESET, code ? e : NULL);
}

static const struct dial_events events = {on_open, on_secure, on_data, on_end};

static void start(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = ARENA_NEW(a->arena, struct job);
    const char *host = o->host ? o->host : attempt_address(a);

    a->job = job;
    job->in = BUF_MAX(LDAP_MAX_BYTES + 65536);
    job->values = BUF_MAX(2 * MAX_VALUES_TEXT);
    if (host)
        dial_start(&job->dial, a, host, o->port, &events);
}

static void stop(struct attempt *a)
{
    struct job *job = a->job;

    if (job == NULL)
        return;
    dial_stop(&job->dial);
    buf_done(&job->in);
    buf_done(&job->values);
}

static void late(struct attempt *a)
{
    const struct opts *o = a->opts;
    struct job *job = a->job;
    int64_t us = a->timeout_ms * 1000;

    if (job->dial.dns)
        attempt_late_lookup(a, o->host ? o->host : a->address);
    else if (job->waiting == ID_SEARCH)
        attempt_say(a, STATE_CRITICAL, MSG("the search was not answered within {1}"), "l", us);
    else if (job->dial.open)
        attempt_say(a, STATE_CRITICAL, MSG("connected, but the log-in was not answered within {1}"), "l", us);
}

const struct probe probe_ldap = {
    .kind = {.name = "ldap",
             .help = MSG("logs in to an LDAP server and searches"),
             .area = "databases",
             .example = "ldap: ldap.example.org",
             .rows = rows,
             .opts_bytes = sizeof(struct opts),
             .finish = finish},
    .start = start,
    .stop = stop,
    .late = late,
};
