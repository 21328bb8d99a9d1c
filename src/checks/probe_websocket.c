/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_websocket.c: upgrades a connection to WebSocket (RFC 6455), may send a text and wait for one, and may ping.
 * It offers no extensions, and it joins no fragments beyond the text it waits for. */
#include "base/hash.h"
#include "checks/dial.h"
#include "checks/http_opts.h"
#include "checks/tls_judge.h"
#include "checks/url.h"
#include "wire/websocket.h"

#include <math.h>
#include <string.h>

enum { MAX_HEARD = WS_MAX_PAYLOAD + 64 * 1024, QUOTE = 120, MAX_PINGS = 500 };

struct ws_opts {
    const char *url, *send, *expect, *protocol, *origin, *server_name, *bearer;
    struct conf_pairs headers;
    bool ping, verify;
    struct conf_level warn, crit, days_warn, days_crit;
};
enum stage { CONNECTING, UPGRADING, WAITING_PONG, WAITING_TEXT };
struct ws_job {
    struct dial dial;
    struct url url;
    enum stage stage;
    int pings;   /* of the server */
    bool joining; /* the message has more parts */
    struct buf heard, text; /* bytes not yet taken apart; the message being joined */
    char key[WS_KEY_BYTES];
    int64_t upgraded_us, asked_us, answered_us; /* since the start; the rest lasted */
};

#define AT(member) offsetof(struct ws_opts, member)
static const struct conf_row days_rows[] = {TLS_DAYS_ROWS(AT(days_warn), AT(days_crit))};
static const struct conf_row rows[] = {
    {.key = "url", .type = CONF_TEXT, .offset = AT(url), .flags = CONF_POSITIONAL | CONF_REQUIRED,
     .help = MSG("where to connect: ws:// or wss://"), .example = "wss://example.org/socket"},
    {.key = "send", .type = CONF_TEXT, .offset = AT(send), .help = MSG("text to send once connected"),
     .example = "'{\"type\":\"hello\"}'"},
    {.key = "expect", .type = CONF_TEXT, .offset = AT(expect), .help = MSG("text that a message must contain"),
     .example = "welcome"},
    {.key = "ping", .type = CONF_BOOL, .offset = AT(ping), .by_default = "yes",
     .help = MSG("send a ping and wait for its answer"), .example = "no"},
    {.key = "protocol", .type = CONF_TEXT, .offset = AT(protocol), .help = MSG("sub-protocol that the server must take"),
     .example = "mqtt"},
    {.key = "origin", .type = CONF_TEXT, .offset = AT(origin), .help = MSG("origin to name, as a browser does"),
     .example = "https://example.org"},
    {.key = "headers", .type = CONF_PAIRS, .offset = AT(headers), .help = MSG("more headers to send"),
     .example = "{ X-Client: watch }"},
    {.key = "bearer", .type = CONF_SECRET, .offset = AT(bearer), .help = MSG("bearer token"),
     .example = "{ file: /etc/vigie/secrets/token }"},
    {.key = "server_name", .type = CONF_TEXT, .offset = AT(server_name),
     .help = MSG("name to ask for and to verify in TLS; by default that of the URL"), .example = "example.org"},
    {.key = "verify", .type = CONF_BOOL, .offset = AT(verify), .by_default = "yes",
     .help = MSG("the certificate must be trusted and fit the name"), .example = "no"},
    {.key = "certificate", .type = CONF_GROUP, .rows = days_rows,
     .help = MSG("thresholds for the days left of the certificate"), .example = "{ warn: < 21d, crit: < 7d }"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "ms",
     .help = MSG("whole time that is a warning"), .example = "1s"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "ms",
     .help = MSG("whole time that is critical"), .example = "5s"},
    {0},
};

/* ---- options ---- */

/* ws is http, wss is https. */
static int read_url(struct arena *arena, const char *text, struct url *ret)
{
    const char *rest = strstr(text, "://");

    if (rest && str_istarts(text, "ws://"))
        return url_parse(arena, arena_printf(arena, "http%s", rest), ret);
    if (rest && str_istarts(text, "wss://"))
        return url_parse(arena, arena_printf(arena, "https%s", rest), ret);
    return url_parse(arena, text, ret);
}

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct ws_opts *o = arg;
    struct arena *scratch = arena_new(0);
    struct url url;
    int bad = read_url(scratch, o->url, &url);

    arena_free(scratch);
    if (bad)
        return err_field(e, ERR_INVALID, "url", MSG("“{1}” is no WebSocket address; write wss://example.org/path"), "s", o->url);
    if (!http_is_line(o->protocol) || !http_is_line(o->origin) || !http_is_line(o->bearer))
        return err_field(e, ERR_INVALID, "protocol", MSG("protocol, origin and token are one line each"), "");
    if (o->send && strlen(o->send) > WS_MAX_PAYLOAD)
        return err_field(e, ERR_LIMIT, "send", MSG("the text is too long"), "");
    level_make_floor(&o->days_warn);
    level_make_floor(&o->days_crit);
    return http_headers_check(&o->headers, e);
}

/* ---- the end ---- */

static void end_with(struct attempt *a, enum state s, const char *msgid, const char *text)
{
    attempt_say(a, s, msgid, "s", text);
    attempt_done(a);
}

static void judge(struct attempt *a)
{
    const struct ws_opts *o = a->opts;
    struct ws_job *job = a->job;
    int64_t us = attempt_spent_us(a);
    const struct tls_info *tls = sock_tls_info(job->dial.sock);
    struct tls_wants wants = {o->days_warn, o->days_crit, a->at_ms};
    double days;

    if (o->expect)
        attempt_say(a, STATE_OK, MSG("upgraded in {1}, heard “{2}”"), "ls", job->upgraded_us,
                    attempt_quote(a, buf_text(&job->text), job->text.len, QUOTE));
    else if (o->ping)
        attempt_say(a, STATE_OK, MSG("upgraded in {1}, ping answered in {2}"), "ll", job->upgraded_us, job->answered_us);
    else
        attempt_say(a, STATE_OK, MSG("upgraded in {1}"), "l", job->upgraded_us);
    attempt_judge_time(a, us, &o->warn, &o->crit);
    attempt_perf_time(a, "time", us, &o->warn, &o->crit);
    attempt_perf_time(a, "time_upgrade", job->upgraded_us, NULL, NULL);
    if (o->ping)
        attempt_perf_time(a, "time_ping", job->answered_us, NULL, NULL);
    if (tls) {
        tls_judge(a, tls, &wants, o->verify, &days);
        tls_describe(a, tls);
    }
    attempt_done(a);
}

/* ---- frames ---- */

static void say(struct attempt *a, enum ws_opcode opcode, const char *p, size_t n)
{
    struct ws_job *job = a->job;
    struct buf out = BUF_MAX(WS_MAX_PAYLOAD + 64);

    ws_frame_write(&out, opcode, p, n, (uint32_t)entropy_u64());
    sock_write(job->dial.sock, out.data, out.len);
    buf_done(&out);
}

static void leave(struct attempt *a)
{
    say(a, WS_CLOSE, "\x03\xe8", 2); /* 1000: done */
    judge(a);
}

static void ask_text(struct attempt *a)
{
    const struct ws_opts *o = a->opts;
    struct ws_job *job = a->job;

    if (o->send) {
        attempt_trace(a, '>', o->send, strlen(o->send));
        say(a, WS_TEXT, o->send, strlen(o->send));
    }
    job->stage = WAITING_TEXT;
    if (!o->expect)
        leave(a);
}

static void on_upgraded(struct attempt *a)
{
    const struct ws_opts *o = a->opts;
    struct ws_job *job = a->job;

    job->upgraded_us = attempt_spent_us(a);
    if (!o->ping) {
        ask_text(a);
        return;
    }
    job->stage = WAITING_PONG;
    job->asked_us = clock_mono_us();
    TRACE(a, "ping");
    say(a, WS_PING, job->key, 8);
}

static void on_closed(struct attempt *a, const struct ws_frame *f)
{
    int code = f->payload_bytes >= 2 ? (unsigned char)f->payload[0] << 8 | (unsigned char)f->payload[1] : 1005;
    const char *why = f->payload_bytes > 2 ? attempt_quote(a, f->payload + 2, f->payload_bytes - 2, QUOTE) : "";

    attempt_say(a, STATE_CRITICAL, MSG("the server closed the connection: {1} {2}"), "is", (int64_t)code, why);
    attempt_done(a);
}

static void on_message(struct attempt *a, const struct ws_frame *f)
{
    const struct ws_opts *o = a->opts;
    struct ws_job *job = a->job;

    if (job->joining != (f->opcode == WS_CONTINUATION)) { /* RFC 6455, 5.4 */
        end_with(a, STATE_CRITICAL, MSG("a message comes in parts that do not fit together: “{1}”"),
                 attempt_quote(a, f->payload, f->payload_bytes, 40));
        return;
    }
    job->joining = !f->fin;
    if (f->opcode != WS_CONTINUATION)
        buf_clear(&job->text);
    buf_add(&job->text, f->payload, f->payload_bytes);
    if (!f->fin)
        return;
    attempt_trace(a, '<', buf_text(&job->text), job->text.len);
    if (job->stage == WAITING_TEXT && memmem(buf_text(&job->text), job->text.len, o->expect, strlen(o->expect)))
        leave(a);
}

static void on_frame(struct attempt *a, const struct ws_frame *f)
{
    struct ws_job *job = a->job;

    if (f->opcode == WS_PING && ++job->pings > MAX_PINGS) {
        end_with(a, STATE_CRITICAL, MSG("the server sends pings without end, more than {1}"), arena_printf(a->arena, "%d", MAX_PINGS));
    } else if (f->opcode == WS_PING) {
        say(a, WS_PONG, f->payload, f->payload_bytes);
    } else if (f->opcode == WS_PONG) {
        if (job->stage != WAITING_PONG || f->payload_bytes != 8 || memcmp(f->payload, job->key, 8) != 0)
            return; /* unasked for: allowed */
        job->answered_us = clock_mono_us() - job->asked_us;
        TRACE(a, "pong");
        ask_text(a);
    } else if (f->opcode == WS_CLOSE) {
        on_closed(a, f);
    } else {
        on_message(a, f);
    }
}

static void take_frames(struct attempt *a)
{
    struct ws_job *job = a->job;
    struct ws_frame f;
    int r = 0;
    size_t at = 0;

    while (!a->ended && (r = ws_frame_read(job->heard.data + at, job->heard.len - at, &f)) == 1) {
        at += f.bytes;
        on_frame(a, &f);
    }
    if (a->ended)
        return;
    buf_drop(&job->heard, at);
    if (r == ERR_LIMIT || job->heard.full || job->text.full)
        end_with(a, STATE_CRITICAL, MSG("a message is larger than {1}"), "1 MiB");
    else if (r < 0)
        end_with(a, STATE_CRITICAL, MSG("after the upgrade, something came that is no WebSocket frame: “{1}”"),
                 attempt_quote(a, buf_text(&job->heard), job->heard.len, 40));
}

/* ---- the upgrade ---- */

static void judge_reply(struct attempt *a, const struct ws_reply *r)
{
    const struct ws_opts *o = a->opts;
    struct ws_job *job = a->job;
    char wanted[WS_ACCEPT_BYTES];

    ws_accept(job->key, wanted);
    if (r->status != 101) {
        attempt_say(a, STATE_CRITICAL, MSG("no upgrade: {1} {2}"), "is", (int64_t)r->status,
                    attempt_quote(a, r->reason, strlen(r->reason), 60));
        attempt_done(a);
    } else if (!r->upgrade || !r->connection) {
        end_with(a, STATE_CRITICAL, MSG("the upgrade is not to WebSocket: the header {1} is missing or says something else"),
                 r->upgrade ? "Connection" : "Upgrade");
    } else if (!str_eq(r->accept, wanted)) {
        end_with(a, STATE_CRITICAL, MSG("the server did not understand the upgrade: Sec-WebSocket-Accept is “{1}”"),
                 attempt_quote(a, r->accept, strlen(r->accept), 60));
    } else if (o->protocol ? !str_eq(r->protocol, o->protocol) : r->protocol[0] != '\0') {
        attempt_say(a, STATE_CRITICAL, MSG("the server speaks the sub-protocol “{1}”, wanted “{2}”"), "ss",
                    attempt_quote(a, r->protocol, strlen(r->protocol), 60), o->protocol ? o->protocol : "");
        attempt_done(a);
    } else {
        on_upgraded(a);
    }
}

static void take_reply(struct attempt *a)
{
    struct ws_job *job = a->job;
    struct ws_reply r;
    int got = ws_reply_read(job->heard.data, job->heard.len, &r);

    if (got == 0)
        return;
    if (got < 0) {
        end_with(a, STATE_CRITICAL, got == ERR_LIMIT ? MSG("the answer has too many headers, it begins “{1}”")
                                                     : MSG("heard “{1}”, which is no HTTP"),
                 attempt_quote(a, buf_text(&job->heard), job->heard.len, QUOTE));
        return;
    }
    attempt_trace(a, '<', job->heard.data, r.head_bytes);
    buf_drop(&job->heard, r.head_bytes);
    judge_reply(a, &r);
    if (!a->ended && job->heard.len > 0)
        take_frames(a);
}

static void put_request(struct attempt *a, struct buf *out)
{
    const struct ws_opts *o = a->opts;
    const struct ws_job *job = a->job;
    const struct url *u = &job->url;
    bool v6 = strchr(u->host, ':') != NULL, usual = u->port == (u->https ? 443 : 80);

    buf_printf(out, "GET %s HTTP/1.1\r\nHost: %s%s%s", u->path, v6 ? "[" : "", u->host, v6 ? "]" : "");
    if (!usual)
        buf_printf(out, ":%d", u->port);
    buf_printf(out, "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n"
                    "User-Agent: vigie/" VIGIE_VERSION "\r\n", job->key);
    if (o->protocol)
        buf_printf(out, "Sec-WebSocket-Protocol: %s\r\n", o->protocol);
    if (o->origin)
        buf_printf(out, "Origin: %s\r\n", o->origin);
    for (int i = 0; i < o->headers.n; i++)
        buf_printf(out, "%s: %s\r\n", o->headers.keys[i], o->headers.values[i]);
    attempt_trace(a, '>', buf_text(out), out->len);
    if (o->bearer)
        buf_printf(out, "Authorization: Bearer %s\r\n", o->bearer);
    buf_str(out, "\r\n");
}

static void ask_upgrade(struct attempt *a)
{
    struct ws_job *job = a->job;
    struct buf out = BUF_MAX(512 * 1024);
    unsigned char bytes[16];

    entropy_bytes(bytes, sizeof(bytes));
    hash_base64(bytes, sizeof(bytes), job->key, sizeof(job->key), 0);
    job->stage = UPGRADING;
    put_request(a, &out);
    sock_write(job->dial.sock, out.data, out.len);
    buf_done(&out);
}

/* ---- the connection ---- */

static void secure(struct attempt *a)
{
    const struct ws_opts *o = a->opts;
    struct ws_job *job = a->job;
    struct tls_opts tls = {.server_name = o->server_name ? o->server_name : job->url.host, .verify = o->verify,
                           .ca_file = a->ca_file, .alpn = "http/1.1"};

    dial_secure(&job->dial, &tls);
}

static void on_open(struct attempt *a)
{
    struct ws_job *job = a->job;

    if (!job->url.https)
        ask_upgrade(a);
    else
        secure(a);
}

static void on_data(struct attempt *a, const char *p, size_t n)
{
    struct ws_job *job = a->job;

    if (a->timings.first_byte_us == 0)
        a->timings.first_byte_us = (int32_t)attempt_spent_us(a);
    buf_add(&job->heard, p, n);
    if (job->stage <= UPGRADING)
        take_reply(a);
    else
        take_frames(a);
}

static void on_end(struct attempt *a, int code, const struct err *e)
{
    struct ws_job *job = a->job;

    if (job->stage == WAITING_PONG && (code == 0 || code == ERR_RESET))
        attempt_say(a, STATE_CRITICAL, MSG("the server closed the connection instead of answering the ping"), "");
    else if (job->stage == WAITING_TEXT && (code == 0 || code == ERR_RESET))
        attempt_say(a, STATE_CRITICAL, MSG("the server closed the connection before the expected text came"), "");
    else
        attempt_fail(a, code ? code : ERR_RESET, code ? e : NULL);
    attempt_done(a);
}

static const struct dial_events events = {on_open, ask_upgrade, on_data, on_end};

static void start(struct attempt *a)
{
    const struct ws_opts *o = a->opts;
    struct ws_job *job = ARENA_NEW(a->arena, struct ws_job);

    a->job = job;
    job->heard = BUF_MAX(MAX_HEARD);
    job->text = BUF_MAX(WS_MAX_PAYLOAD);
    if (read_url(a->arena, o->url, &job->url) != 0)
        end_with(a, STATE_UNKNOWN, MSG("“{1}” is no WebSocket address; write wss://example.org/path"), o->url);
    else
        dial_start(&job->dial, a, job->url.host, job->url.port, &events);
}

static void stop(struct attempt *a)
{
    struct ws_job *job = a->job;

    if (job == NULL)
        return;
    dial_stop(&job->dial);
    buf_done(&job->heard);
    buf_done(&job->text);
}

static void late(struct attempt *a)
{
    const struct ws_opts *o = a->opts;
    struct ws_job *job = a->job;

    if (job->dial.dns)
        attempt_late_lookup(a, job->url.host);
    else if (job->stage == UPGRADING)
        attempt_say(a, STATE_CRITICAL, MSG("connected, but no answer to the upgrade within {1}"), "d", a->timeout_ms);
    else if (job->stage == WAITING_PONG)
        attempt_say(a, STATE_CRITICAL, MSG("upgraded, but no answer to the ping within {1}"), "d", a->timeout_ms);
    else if (job->stage == WAITING_TEXT && job->text.len)
        attempt_say(a, STATE_CRITICAL, MSG("heard “{1}”, wanted “{2}”"), "ss",
                    attempt_quote(a, buf_text(&job->text), job->text.len, QUOTE), o->expect);
    else if (job->stage == WAITING_TEXT)
        attempt_say(a, STATE_CRITICAL, MSG("connected, but nothing was said; wanted “{1}”"), "s", o->expect);
}

const struct probe probe_websocket = {
    .kind = {.name = "websocket",
             .help = MSG("upgrades to WebSocket, pings, and may wait for a message"),
             .area = "web",
             .example = "websocket: wss://example.org/socket",
             .rows = rows,
             .opts_bytes = sizeof(struct ws_opts),
             .finish = finish},
    .start = start,
    .stop = stop,
    .late = late,
};
