/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_tls.c: a TLS handshake, at once or after STARTTLS: chain, names, days left, pins, OCSP, protocol; and that old
 * protocols are refused. It speaks no protocol above TLS: what comes before STARTTLS is played by the rows of script/. */
#include "checks/dial.h"
#include "checks/script/script.h"
#include "checks/services.h"
#include "checks/tls_judge.h"
#include "checks/tls_old.h"

#include <math.h>
#include <string.h>

struct tls_probe_opts {
    const char *target, *server_name, *alpn, *starttls, *cert, *key;
    bool verify;
    int min_version; /* index into versions */
    struct conf_level days_warn, days_crit, warn, crit;
    struct tls_strict strict;
    struct conf_texts refuse;
    const char *host; /* NULL: the host's address */
    int port;
    const struct script *script; /* before TLS; NULL: none */
};
struct tls_job {
    struct tls_old old; /* first: see tls_old.h */
    struct dial dial;
    struct script_talk *talk;
    bool securing;
};

static const char *const versions[] = {"any", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3", NULL};
static const int version_numbers[] = {0, 0x0301, 0x0302, 0x0303, 0x0304};
static const char *const ocsp_words[] = {"check", "require", "ignore", NULL};
static const char *const weak_words[] = {"warning", "critical", "ignore", NULL};

#define AT(member) offsetof(struct tls_probe_opts, member)
static const struct conf_row days_rows[] = {TLS_DAYS_ROWS(AT(days_warn), AT(days_crit))};
static const struct conf_row rows[] = {
    {.key = "target", .type = CONF_TEXT, .offset = AT(target), .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = MSG("port, name of a service, HOST or HOST:PORT (443 by default)"), .example = "mail.example.org:993"},
    {.key = "starttls", .type = CONF_TEXT, .offset = AT(starttls),
     .help = MSG("protocol that is spoken before TLS begins; by default that of a well-known port (smtp for 25); “no”: none"),
     .example = "smtp"},
    {.key = "server_name", .type = CONF_TEXT, .offset = AT(server_name),
     .help = MSG("name to ask for and to verify; by default that of the target"), .example = "example.org"},
    {.key = "verify", .type = CONF_BOOL, .offset = AT(verify), .by_default = "yes",
     .help = MSG("the chain must be trusted and fit the name"), .example = "no"},
    {.key = "certificate", .type = CONF_GROUP, .rows = days_rows,
     .help = MSG("thresholds for the days left of the certificate"), .example = "{ warn: < 21d, crit: < 7d }"},
    {.key = "names", .type = CONF_TEXTS, .offset = AT(strict.names),
     .help = MSG("names that the certificate must be for, all of them"), .example = "[example.org, www.example.org]"},
    {.key = "issuer", .type = CONF_TEXT, .offset = AT(strict.issuer),
     .help = MSG("text that the issuer’s name must contain"), .example = "Let's Encrypt"},
    {.key = "fingerprint", .type = CONF_TEXTS, .offset = AT(strict.pins),
     .help = MSG("SHA-256 of the certificate, in hexadecimal or base64; one of them must fit"),
     .example = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
    {.key = "public_key", .type = CONF_TEXTS, .offset = AT(strict.keys),
     .help = MSG("SHA-256 of the public key, in hexadecimal or base64; one of them must fit"),
     .example = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
    {.key = "ocsp", .type = CONF_WORD, .offset = AT(strict.ocsp), .words = ocsp_words, .by_default = "check",
     .help = MSG("the stapled OCSP answer: judged when there is one, required, or ignored"), .example = "require"},
    {.key = "weak", .type = CONF_WORD, .offset = AT(strict.weak), .words = weak_words, .by_default = "warning",
     .help = MSG("what short keys and old signatures (MD5, SHA-1) in the chain are"), .example = "critical"},
    {.key = "min_version", .type = CONF_WORD, .offset = AT(min_version), .words = versions, .by_default = "any",
     .help = MSG("oldest protocol version that is accepted"), .example = "TLSv1.2"},
    {.key = "refuse", .type = CONF_TEXTS, .offset = AT(refuse),
     .help = MSG("old protocols that the server must refuse; each is offered on a connection of its own"),
     .example = "[SSLv3, TLSv1.0, TLSv1.1]"},
    {.key = "cert", .type = CONF_TEXT, .offset = AT(cert),
     .help = MSG("client certificate to show (PEM), with its chain"), .example = "/etc/vigie/client.pem"},
    {.key = "key", .type = CONF_TEXT, .offset = AT(key),
     .help = MSG("key of the client certificate; by default in the same file"), .example = "/etc/vigie/client.key"},
    {.key = "alpn", .type = CONF_TEXT, .offset = AT(alpn), .help = MSG("protocol to offer by ALPN"),
     .example = "http/1.1"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "ms",
     .help = MSG("time of connection and handshake that is a warning"), .example = "500ms"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "ms",
     .help = MSG("time of connection and handshake that is critical"), .example = "2s"},
    {0},
};

/* ---- options ---- */

/* Ports where a plain dialogue comes first. */
static const struct {
    int port;
    const char *protocol;
} plain_ports[] = {{21, "ftp"},    {25, "smtp"},        {110, "pop3"},       {119, "nntp"},     {143, "imap"},
                   {389, "ldap"},  {587, "submission"}, {3306, "mysql"},     {4190, "managesieve"}, {5222, "xmpp"},
                   {5432, "postgres"}};

static int find_script(struct tls_probe_opts *o, struct err *e)
{
    if (o->starttls) {
        if (str_eq(o->starttls, "no"))
            return 0;
        o->script = script_starttls_find(o->starttls);
        return o->script ? 0 : err_field(e, ERR_INVALID, "starttls",
                                         MSG("“{1}” is no protocol with STARTTLS; write smtp, imap, pop3, ldap, xmpp, …"), "s",
                                         o->starttls);
    }
    for (size_t i = 0; i < COUNT(plain_ports); i++)
        if (plain_ports[i].port == o->port)
            o->script = script_starttls_find(plain_ports[i].protocol);
    return 0;
}

static int read_pins(struct conf_texts *pins, struct arena *arena, const char *field, struct err *e)
{
    const char **hex = ARENA_ARRAY(arena, const char *, (size_t)pins->n + 1);
    char one[65];

    for (int i = 0; i < pins->n; i++) {
        if (tls_pin_read(pins->at[i], one) != 0)
            return err_field(e, ERR_INVALID, field, MSG("“{1}” is no SHA-256 in hexadecimal or base64"), "s", pins->at[i]);
        hex[i] = arena_dup(arena, one);
    }
    if (pins->n > 0)
        pins->at = hex;
    return 0;
}

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct tls_probe_opts *o = arg;
    char host[256];
    int code;

    if (service_split(o->target, host, sizeof(host), &o->port) != 0)
        return err_field(e, ERR_INVALID, "target",
                         MSG("“{1}” is no place to connect to; write HOST:PORT or a port"), "s", o->target);
    if (o->port == 0)
        o->port = 443;
    if (host[0])
        o->host = arena_dup(arena, host);
    else if (host_address == NULL)
        return err_field(e, ERR_INVALID, "target", MSG("the host has no address; write HOST:PORT"), "");
    level_make_floor(&o->days_warn);
    level_make_floor(&o->days_crit);
    if (o->key && !o->cert)
        return err_field(e, ERR_INVALID, "key", MSG("a key without “cert” is of no use"), "");
    if ((code = find_script(o, e)) || (code = read_pins(&o->strict.pins, arena, "fingerprint", e)) ||
        (code = read_pins(&o->strict.keys, arena, "public_key", e)))
        return code;
    return tls_old_check(&o->refuse, e);
}

/* ---- the result ---- */

static int64_t took_us(const struct attempt *a)
{
    return (int64_t)a->timings.connect_us + a->timings.tls_us;
}

static const char *name_of(const struct tls_probe_opts *o)
{
    return o->server_name ? o->server_name : o->host;
}

/* For dialogues that must name somebody. */
static const char *spoken_name(const struct attempt *a)
{
    const char *name = name_of(a->opts);

    return name ? name : a->address ? a->address : "localhost";
}

static void judge(struct attempt *a)
{
    const struct tls_probe_opts *o = a->opts;
    struct tls_job *job = a->job;
    const struct tls_info *t = sock_tls_info(job->dial.sock);
    struct tls_wants wants = {o->days_warn, o->days_crit, a->at_ms};
    struct tls_strict strict = o->strict;
    double days = NAN;

    strict.now_ms = a->at_ms;
    attempt_say(a, STATE_OK, MSG("{1} in {2}"), "sl", t && t->version ? t->version : "TLS", took_us(a));
    tls_judge(a, t, &wants, o->verify, &days);
    tls_judge_strict(a, t, &strict);
    if (a->state == STATE_OK)
        attempt_say(a, STATE_OK, MSG("certificate of {1} good for {2} more, {3} in {4}"), "sdsl",
                    attempt_quote(a, t->chain[0].subject, strlen(t->chain[0].subject), 80),
                    (int64_t)(days * 86400000.0), t->version ? t->version : "TLS", took_us(a));
    attempt_judge_time(a, took_us(a), &o->warn, &o->crit);
    attempt_perf_time(a, "time", took_us(a), &o->warn, &o->crit);
    tls_describe(a, t);
}

/* ---- the connection ---- */

static void on_secure(struct attempt *a)
{
    const struct tls_probe_opts *o = a->opts;
    struct tls_job *job = a->job;

    judge(a);
    if (o->refuse.n == 0) {
        attempt_done(a);
        return;
    }
    struct addr peer = job->dial.at[job->dial.i];

    dial_stop(&job->dial);
    tls_old_start(&job->old, a, &peer, &(struct tls_old_opts){&o->refuse, o->script, spoken_name(a), o->port});
}

static void secure(struct attempt *a)
{
    const struct tls_probe_opts *o = a->opts;
    struct tls_job *job = a->job;
    struct tls_opts tls = {
        .server_name = name_of(o),
        .verify = o->verify,
        .ca_file = a->ca_file,
        .cert_file = o->cert,
        .key_file = o->key,
        .min_version = version_numbers[o->min_version],
        .alpn = o->alpn,
        .staple = o->strict.ocsp != TLS_OCSP_IGNORE,
    };

    job->securing = true;
    dial_secure(&job->dial, &tls);
}

static void go_on(struct attempt *a, int how)
{
    if (how == SCRIPT_FAILED)
        attempt_done(a);
    else if (how == SCRIPT_READY)
        secure(a);
}

static void on_open(struct attempt *a)
{
    const struct tls_probe_opts *o = a->opts;
    struct tls_job *job = a->job;

    if (o->script == NULL) {
        go_on(a, SCRIPT_READY);
        return;
    }
    job->talk = script_starttls_new(a, o->script, &job->dial, spoken_name(a));
    go_on(a, script_starttls_start(job->talk));
}

static void on_data(struct attempt *a, const char *p, size_t n)
{
    struct tls_job *job = a->job;

    if (job->talk && !job->securing)
        go_on(a, script_starttls_data(job->talk, p, n));
}

static void on_end(struct attempt *a, int code, const struct err *e)
{
    struct tls_job *job = a->job;
    const struct tls_info *t = sock_tls_info(job->dial.sock);

    if (job->talk && !job->securing) {
        script_starttls_end(job->talk, code, e);
    } else if (code == ERR_TLS && t && t->n_chain && t->verify_code != 0) {
        attempt_say(a, STATE_CRITICAL, MSG("the certificate is not trusted: {1}"), "m",
                    t->verify_text ? t->verify_text : "");
        tls_describe(a, t);
    } else {
        attempt_fail(a, code ? code : ERR_RESET, code ? e : NULL);
    }
    attempt_done(a);
}

static const struct dial_events events = {on_open, on_secure, on_data, on_end};

static void start(struct attempt *a)
{
    const struct tls_probe_opts *o = a->opts;
    const char *host = o->host ? o->host : attempt_address(a);

    if (host == NULL)
        return;
    a->job = ARENA_NEW(a->arena, struct tls_job);
    dial_start(&((struct tls_job *)a->job)->dial, a, host, o->port, &events);
}

static void stop(struct attempt *a)
{
    struct tls_job *job = a->job;

    if (job == NULL)
        return;
    dial_stop(&job->dial);
    tls_old_stop(&job->old);
    script_starttls_done(job->talk);
    job->talk = NULL;
}

static void late(struct attempt *a)
{
    const struct tls_probe_opts *o = a->opts;
    struct tls_job *job = a->job;

    if (job->old.a)
        tls_old_late(&job->old);
    else if (job->dial.dns)
        attempt_late_lookup(a, o->host ? o->host : a->address);
    else if (job->talk && !job->securing)
        script_starttls_late(job->talk);
    else if (job->dial.open)
        attempt_say(a, STATE_CRITICAL, MSG("connected, but no TLS handshake within {1}"), "d", a->timeout_ms);
}

const struct probe probe_tls = {
    .kind = {.name = "tls",
             .help = MSG("makes a TLS handshake and judges the certificate: chain, name, days left"),
             .area = "tls",
             .example = "tls: mail.example.org:993",
             .rows = rows,
             .opts_bytes = sizeof(struct tls_probe_opts),
             .finish = finish},
    .start = start,
    .stop = stop,
    .late = late,
};
