/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_ssh.c: greets an SSH server; with `key` (or `handshake`) it goes on until the server has proved which host key it
 * holds, and compares that with the fingerprints that are pinned. It logs nobody in. */
#include "checks/dial.h"
#include "checks/services.h"
#include "checks/ssh_key.h"

#include <string.h>

enum { MAX_HEARD = 64 * 1024, QUOTE = 120 };
#define IDENT "SSH-2.0-vigie"

struct ssh_opts {
    const char *target, *version;
    struct conf_texts keys;
    int key_type;
    bool handshake;
    struct conf_level warn, crit;
    const char *host; /* from target; NULL: the host's address */
    int port;
};
struct ssh_job {
    struct dial dial;
    struct buf heard, our_init, their_init;
    const char *ident; /* NULL: not yet heard */
    struct ssh_secret *secret;
    unsigned char point[SSH_POINT_BYTES];
    bool asked; /* the key exchange is under way */
    char fingerprint[SSH_FINGERPRINT_BYTES];
    const char *key_type;
};

static const char *const key_types[] = {"any", "ed25519", "ecdsa", "rsa", NULL};
static const char *const key_names[] = {
    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256",
    "ssh-ed25519",
    "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521",
    "rsa-sha2-512,rsa-sha2-256",
};

#define AT(member) offsetof(struct ssh_opts, member)
static const struct conf_row rows[] = {
    {.key = "target", .type = CONF_TEXT, .offset = AT(target), .flags = CONF_POSITIONAL,
     .help = MSG("HOST, HOST:PORT or a port; by default the host and the port of the protocol"), .example = "server.example.org"},
    {.key = "key", .type = CONF_TEXTS, .offset = AT(keys),
     .help = MSG("fingerprints of which the host key must have one, as ssh-keygen -l prints them"),
     .example = "\"SHA256:jp7gKe5uTSaGZkGFWUvhnPzeYFDk1hyX3R4b3mqWv8w\""},
    {.key = "key_type", .type = CONF_WORD, .offset = AT(key_type), .words = key_types, .by_default = "any",
     .help = MSG("kind of host key to ask for; any: the first that the server has of ed25519, ecdsa, rsa"), .example = "ed25519"},
    {.key = "handshake", .type = CONF_BOOL, .offset = AT(handshake), .by_default = "no",
     .help = MSG("goes on until the server has proved its host key, also when none is pinned"), .example = "yes"},
    {.key = "version", .type = CONF_TEXT, .offset = AT(version), .help = MSG("text that the version must contain, else a warning"),
     .example = "OpenSSH"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "ms", .help = MSG("time of the whole dialogue that is a warning"),
     .example = "500ms"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "ms", .help = MSG("time of the whole dialogue that is critical"),
     .example = "2s"},
    {0},
};

static int finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct ssh_opts *o = arg;
    char host[256] = "";

    o->port = 22;
    if (o->target && service_split(o->target, host, sizeof(host), &o->port) != 0)
        return err_field(e, ERR_INVALID, "target", MSG("“{1}” is no place to connect to; write HOST:PORT or a port"), "s", o->target);
    o->port = o->port ? o->port : 22;
    if (host[0])
        o->host = arena_dup(arena, host);
    else if (host_address == NULL)
        return err_field(e, ERR_INVALID, "target", MSG("the host has no address; write HOST:PORT"), "");
    for (int i = 0; i < o->keys.n; i++)
        if (!str_starts(o->keys.at[i], "SHA256:") || strlen(o->keys.at[i]) != 7 + 43)
            return err_field(e, ERR_INVALID, "key", MSG("“{1}” is no fingerprint; write it as “ssh-keygen -l” does: SHA256: and 43 letters"), "s",
                             o->keys.at[i]);
    return 0;
}

static bool wants_key(const struct ssh_opts *o) { return o->keys.n > 0 || o->handshake; }

static void end(struct attempt *a, enum state s, const char *msgid, const char *text)
{
    attempt_say(a, s, msgid, "s", text);
    attempt_done(a);
}

/* ---- the result ---- */

static bool is_pinned(const struct ssh_opts *o, const char *fingerprint)
{
    for (int i = 0; i < o->keys.n; i++)
        if (str_eq(o->keys.at[i], fingerprint))
            return true;
    return o->keys.n == 0;
}

static void judge(struct attempt *a)
{
    const struct ssh_opts *o = a->opts;
    struct ssh_job *job = a->job;
    int64_t us = attempt_spent_us(a) - a->timings.lookup_us;
    const char *software = strchr(strchr(job->ident, '-') + 1, '-');

    software = software ? software + 1 : job->ident;
    if (job->fingerprint[0]) {
        attempt_say(a, STATE_OK, MSG("{1}, host key {2} {3}, {4}"), "sssl", software, job->key_type, job->fingerprint, us);
        if (!is_pinned(o, job->fingerprint))
            attempt_worse(a, STATE_CRITICAL, MSG("the host key is another one: {1} {2}, wanted {3}"), "sss", job->key_type, job->fingerprint,
                          o->keys.at[0]);
        buf_printf(&a->more, "key: %s %s", job->key_type, job->fingerprint);
    } else {
        attempt_say(a, STATE_OK, MSG("{1}, {2}"), "sl", software, us);
    }
    if (o->version && !strcasestr(software, o->version))
        attempt_worse(a, STATE_WARNING, MSG("{1} is “{2}”, wanted is “{3}”"), "sss", "version", software, o->version);
    attempt_judge_time(a, us, &o->warn, &o->crit);
    attempt_perf_time(a, "time", us, &o->warn, &o->crit);
    attempt_done(a);
}

/* ---- key exchange ---- */

static void send_packet(struct attempt *a, const struct buf *payload)
{
    struct ssh_job *job = a->job;
    struct buf b = BUF_MAX(SSH_MAX_PACKET);

    ssh_packet_encode(&b, payload->data, payload->len);
    sock_write(job->dial.sock, b.data, b.len);
    buf_done(&b);
}

static void begin_exchange(struct attempt *a)
{
    const struct ssh_opts *o = a->opts;
    struct ssh_job *job = a->job;
    unsigned char cookie[16];

    entropy_bytes(cookie, sizeof(cookie));
    job->our_init = BUF_MAX(4096);
    ssh_kexinit_encode(&job->our_init, cookie, SSH_KEX_NAMES, key_names[o->key_type]);
    send_packet(a, &job->our_init);
    TRACE(a, "KEXINIT sent");
}

static void on_kexinit(struct attempt *a, struct str payload)
{
    const struct ssh_opts *o = a->opts;
    struct ssh_job *job = a->job;
    struct ssh_kexinit k;
    struct buf b = BUF_MAX(200);

    if (ssh_kexinit_decode(payload, &k) != 0) {
        end(a, STATE_CRITICAL, MSG("“{1}” is malformed"), "KEXINIT");
        return;
    }
    if (ssh_pick(str_of(SSH_KEX_NAMES), k.lists[SSH_LIST_KEX]).n == 0) {
        end(a, STATE_UNKNOWN, MSG("the server knows none of our key exchanges ({1})"), SSH_KEX_NAMES);
        return;
    }
    if (ssh_pick(str_of(key_names[o->key_type]), k.lists[SSH_LIST_KEYS]).n == 0) {
        end(a, STATE_CRITICAL, MSG("the server has no host key of this kind ({1})"), key_types[o->key_type]);
        return;
    }
    job->their_init = BUF_MAX(SSH_MAX_PACKET);
    buf_add(&job->their_init, payload.p, payload.n);
    job->secret = ssh_secret_new(job->point);
    if (job->secret == NULL) {
        end(a, STATE_UNKNOWN, MSG("{1} is not to be had on this machine"), "X25519");
        return;
    }
    buf_char(&b, SSH_ECDH_INIT);
    ssh_put_string(&b, job->point, sizeof(job->point));
    send_packet(a, &b);
    buf_done(&b);
    job->asked = true;
    TRACE(a, "KEXINIT heard, KEX_ECDH_INIT sent");
}

static void on_reply(struct attempt *a, struct str payload)
{
    struct ssh_job *job = a->job;
    struct ssh_reply r;
    struct ssh_key key;
    struct ssh_exchange x = {
        .client_ident = str_of(IDENT),
        .server_ident = str_of(job->ident),
        .client_init = {job->our_init.data, job->our_init.len},
        .server_init = {job->their_init.data, job->their_init.len},
        .point = job->point,
    };
    int code = ssh_reply_decode(payload, &r);

    TRACE(a, "KEX_ECDH_REPLY heard");
    code = code ? code : ssh_reply_verify(job->secret, &x, &r);
    if (code == ERR_PROTOCOL || (code == 0 && ssh_key_decode(r.key, &key) != 0)) {
        end(a, STATE_CRITICAL, MSG("“{1}” is malformed"), "KEX_ECDH_REPLY");
        return;
    }
    if (code != 0) {
        ssh_fingerprint(r.key, job->fingerprint);
        end(a, STATE_CRITICAL, MSG("the server did not prove that it holds its host key {1}"), job->fingerprint);
        return;
    }
    ssh_fingerprint(r.key, job->fingerprint);
    job->key_type = attempt_quote(a, key.type.p, key.type.n, 40);
    judge(a);
}

static void on_disconnect(struct attempt *a, struct str payload)
{
    struct str text = {0};

    (void)ssh_disconnect_decode(payload, &text);
    end(a, STATE_CRITICAL, MSG("the server turns us away: “{1}”"), attempt_quote(a, text.p ? text.p : "", text.n, QUOTE));
}

static void on_packet(struct attempt *a, struct str payload)
{
    struct ssh_job *job = a->job;
    int number = payload.n ? (unsigned char)payload.p[0] : 0;

    if (number == SSH_DISCONNECT)
        on_disconnect(a, payload);
    else if (number == SSH_KEXINIT && !job->asked)
        on_kexinit(a, payload);
    else if (number == SSH_ECDH_REPLY && job->asked)
        on_reply(a, payload);
    else if (number != SSH_IGNORE && number != SSH_DEBUG && number != SSH_UNIMPLEMENTED)
        end(a, STATE_CRITICAL, MSG("“{1}” was not expected here"), number == SSH_KEXINIT ? "KEXINIT" : "SSH");
}

static void hear_packets(struct attempt *a)
{
    struct ssh_job *job = a->job;
    struct str payload;
    size_t used;

    while (!a->ended) {
        int code = ssh_packet_decode(buf_text(&job->heard), job->heard.len, &payload, &used);

        if (code == 1)
            return;
        if (code != 0) {
            end(a, STATE_CRITICAL, MSG("“{1}” is malformed"), "SSH");
            return;
        }
        on_packet(a, payload);
        if (!a->ended)
            buf_drop(&job->heard, used);
    }
}

/* ---- greeting ---- */

static void said_other(struct attempt *a)
{
    struct ssh_job *job = a->job;
    const char *line = buf_text(&job->heard);

    attempt_say(a, STATE_CRITICAL, MSG("said “{1}”, wanted {2}"), "ss", attempt_quote(a, line, strcspn(line, "\r\n"), QUOTE), "SSH-2.0-");
    attempt_done(a);
}

/* True once the line is there and good. Lines may stand before it (RFC 4253); here another protocol's greeting is likelier. */
static bool hear_ident(struct attempt *a)
{
    struct ssh_job *job = a->job;
    const char *text = buf_text(&job->heard), *lf = memchr(text, '\n', job->heard.len);
    size_t n = lf ? (size_t)(lf - text) : 0;

    if (lf == NULL) {
        if (job->heard.len > SSH_MAX_IDENT)
            said_other(a);
        return false;
    }
    if (n > SSH_MAX_IDENT || (strncmp(text, "SSH-2.0-", 8) != 0 && strncmp(text, "SSH-1.99-", 9) != 0) || memchr(text, '\0', n)) {
        said_other(a);
        return false;
    }
    n -= n > 0 && text[n - 1] == '\r';
    job->ident = arena_dupn(a->arena, text, n);
    attempt_trace(a, '<', text, n);
    buf_drop(&job->heard, (size_t)(lf - text) + 1);
    return true;
}

static void on_open(struct attempt *a) { (void)a; }

static void on_data(struct attempt *a, const char *p, size_t n)
{
    static const char ident[] = IDENT "\r\n";
    struct ssh_job *job = a->job;

    if (a->timings.first_byte_us == 0)
        a->timings.first_byte_us = (int32_t)attempt_spent_us(a);
    buf_add(&job->heard, p, n);
    if (job->ident == NULL) {
        if (!hear_ident(a))
            return;
        sock_write(job->dial.sock, ident, sizeof(ident) - 1);
        attempt_trace(a, '>', ident, sizeof(ident) - 1);
        if (!wants_key(a->opts)) {
            judge(a);
            return;
        }
        begin_exchange(a);
    }
    if (job->heard.full)
        end(a, STATE_CRITICAL, MSG("“{1}” is malformed"), "SSH");
    else
        hear_packets(a);
}

static void on_end(struct attempt *a, int code, const struct err *e)
{
    struct ssh_job *job = a->job;

    if (code != 0 && code != ERR_RESET)
        attempt_fail(a, code, e);
    else if (job->ident)
        attempt_say(a, STATE_CRITICAL, MSG("{1} closed the connection during the key exchange"), "s", attempt_quote(a, job->ident, strlen(job->ident), QUOTE));
    else if (job->heard.len)
        attempt_say(a, STATE_CRITICAL, MSG("said “{1}”, wanted {2}"), "ss", attempt_quote(a, job->heard.data, job->heard.len, QUOTE), "SSH-2.0-");
    else
        attempt_say(a, STATE_CRITICAL, MSG("closed the connection and said nothing; wanted {1}"), "s", "SSH-2.0-");
    attempt_done(a);
}

static const struct dial_events events = {on_open, NULL, on_data, on_end};

/* ---- the probe ---- */

static void start(struct attempt *a)
{
    const struct ssh_opts *o = a->opts;
    const char *host = o->host ? o->host : attempt_address(a);
    struct ssh_job *job;

    if (host == NULL)
        return;
    job = ARENA_NEW(a->arena, struct ssh_job);
    a->job = job;
    job->heard = BUF_MAX(MAX_HEARD);
    dial_start(&job->dial, a, host, o->port, &events);
}

static void stop(struct attempt *a)
{
    struct ssh_job *job = a->job;

    if (job == NULL)
        return;
    dial_stop(&job->dial);
    job->secret = ssh_secret_free(job->secret);
    buf_done(&job->heard);
    buf_done(&job->our_init);
    buf_done(&job->their_init);
}

static void late(struct attempt *a)
{
    const struct ssh_opts *o = a->opts;
    struct ssh_job *job = a->job;

    if (job->dial.dns)
        attempt_late_lookup(a, o->host ? o->host : a->address);
    else if (job->dial.open && job->ident)
        attempt_say(a, STATE_CRITICAL, MSG("{1}, but no key exchange within {2}"), "sd", attempt_quote(a, job->ident, strlen(job->ident), QUOTE),
                    a->timeout_ms);
    else if (job->dial.open)
        attempt_say(a, STATE_CRITICAL, MSG("connected, but nothing was said within {1}; wanted {2}"), "ds", a->timeout_ms, "SSH-2.0-");
}

const struct probe probe_ssh = {
    .kind = {.name = "ssh",
             .help = MSG("greets an SSH server: software, and its host key when that is pinned"),
             .area = "services",
             .example = "ssh: server.example.org",
             .rows = rows,
             .opts_bytes = sizeof(struct ssh_opts),
             .finish = finish},
    .start = start,
    .stop = stop,
    .late = late,
};
