/* SPDX-License-Identifier: GPL-3.0-or-later */
/* http_opts.c: what the http probe can be told, and whether it makes sense. */
#include "checks/http_opts.h"
#include "checks/tls_judge.h"

#include <string.h>

static const char *const families[] = {"any", "v4", "v6", NULL};

#define AT(member) offsetof(struct http_opts, member)
#define EXPECT(member) (AT(expect) + offsetof(struct http_expect, member))
static const struct conf_row expect_rows[] = {
    HTTP_EXPECT_ROWS(EXPECT),
    {0},
};
static const struct conf_row days_rows[] = {TLS_DAYS_ROWS(AT(days_warn), AT(days_crit))};
static const struct conf_row proxy_rows[] = {
    {.key = "url", .type = CONF_URL, .offset = AT(proxy.url), .flags = CONF_POSITIONAL,
     .help = MSG("the proxy; http only"), .example = "http://proxy.example.org:3128"},
    {.key = "user", .type = CONF_TEXT, .offset = AT(proxy.user),
     .help = MSG("user name at the proxy"), .example = "watch"},
    {.key = "password", .type = CONF_SECRET, .offset = AT(proxy.password),
     .help = MSG("password at the proxy"), .example = "{ file: /etc/vigie/secrets/proxy }"},
    {0},
};
#define PHASE_ROWS(member)                                                                                       \
    {                                                                                                                  \
        {.key = "lookup", .type = CONF_LEVEL, .offset = AT(member[PHASE_LOOKUP]), .unit = "ms",                         \
         .help = MSG("time to look the name up"), .example = "100ms"},                                                  \
        {.key = "connect", .type = CONF_LEVEL, .offset = AT(member[PHASE_CONNECT]), .unit = "ms",                       \
         .help = MSG("time to connect"), .example = "200ms"},                                                           \
        {.key = "tls", .type = CONF_LEVEL, .offset = AT(member[PHASE_TLS]), .unit = "ms",                               \
         .help = MSG("time of the TLS handshake"), .example = "300ms"},                                                 \
        {.key = "first_byte", .type = CONF_LEVEL, .offset = AT(member[PHASE_FIRST_BYTE]), .unit = "ms",                 \
         .help = MSG("time until the answer begins"), .example = "500ms"},                                              \
        {0},                                                                                                           \
    }
static const struct conf_row phase_warn_rows[] = PHASE_ROWS(phase_warn);
static const struct conf_row phase_crit_rows[] = PHASE_ROWS(phase_crit);
static const struct conf_row phase_rows[] = {
    {.key = "warn", .type = CONF_GROUP, .rows = phase_warn_rows, .help = MSG("times that are a warning"),
     .example = "{ first_byte: 500ms }"},
    {.key = "crit", .type = CONF_GROUP, .rows = phase_crit_rows, .help = MSG("times that are critical"),
     .example = "{ first_byte: 2s }"},
    {0},
};
const struct conf_row http_rows[] = {
    {.key = "url", .type = CONF_URL, .offset = AT(url), .flags = CONF_POSITIONAL,
     .help = MSG("what to fetch; by default the front page of the host's address"),
     .example = "https://example.org/"},
    {.key = "method", .type = CONF_TEXT, .offset = AT(method), .by_default = "GET",
     .help = MSG("request method"), .example = "HEAD"},
    {.key = "headers", .type = CONF_PAIRS, .offset = AT(headers),
     .help = MSG("headers to send; not sent to another site by a redirect"), .example = "{ Accept: text/html }"},
    {.key = "body", .type = CONF_TEXT, .offset = AT(body), .help = MSG("body to send"), .example = "a=1"},
    {.key = "user", .type = CONF_TEXT, .offset = AT(user), .help = MSG("user name (basic authentication)"),
     .example = "watch"},
    {.key = "password", .type = CONF_SECRET, .offset = AT(password), .help = MSG("password of the user"),
     .example = "{ file: /etc/vigie/secrets/web }"},
    {.key = "bearer", .type = CONF_SECRET, .offset = AT(bearer), .help = MSG("bearer token"),
     .example = "{ file: /etc/vigie/secrets/token }"},
    {.key = "expect", .type = CONF_GROUP, .rows = expect_rows, .help = MSG("what the answer must be"),
     .example = "{ status: 200, body: Welcome }"},
    {.key = "redirects", .type = CONF_INT, .offset = AT(redirects), .min = 0, .max = HTTP_MAX_REDIRECTS,
     .by_default = "5", .help = MSG("redirects to follow at most"), .example = "0"},
    {.key = "warn", .type = CONF_LEVEL, .offset = AT(warn), .unit = "ms",
     .help = MSG("whole time that is a warning"), .example = "1s"},
    {.key = "crit", .type = CONF_LEVEL, .offset = AT(crit), .unit = "ms",
     .help = MSG("whole time that is critical"), .example = "5s"},
    {.key = "certificate", .type = CONF_GROUP, .rows = days_rows,
     .help = MSG("thresholds for the days left of the certificate"), .example = "{ warn: < 21d, crit: < 7d }"},
    {.key = "verify", .type = CONF_BOOL, .offset = AT(verify), .by_default = "yes",
     .help = MSG("the certificate must be trusted and fit the name"), .example = "no"},
    {.key = "server_name", .type = CONF_TEXT, .offset = AT(server_name),
     .help = MSG("name to ask for and to verify in TLS; by default that of the URL"), .example = "example.org"},
    {.key = "address", .type = CONF_ADDRESS, .offset = AT(address),
     .help = MSG("connect to this address instead of looking up the name"), .example = "192.0.2.10"},
    {.key = "family", .type = CONF_WORD, .offset = AT(family), .words = families, .by_default = "any",
     .help = MSG("IP version to use"), .example = "v6"},
    {.key = "http2", .type = CONF_BOOL, .offset = AT(http2), .by_default = "no",
     .help = MSG("offer HTTP/2"), .example = "yes"},
    {.key = "cert", .type = CONF_TEXT, .offset = AT(cert),
     .help = MSG("client certificate to show (PEM), with its chain"), .example = "/etc/vigie/client.pem"},
    {.key = "key", .type = CONF_TEXT, .offset = AT(key),
     .help = MSG("key of the client certificate; by default in the same file"), .example = "/etc/vigie/client.key"},
    {.key = "proxy", .type = CONF_GROUP, .rows = proxy_rows,
     .help = MSG("proxy to go through; it looks the name up"), .example = "http://proxy.example.org:3128"},
    {.key = "phases", .type = CONF_GROUP, .rows = phase_rows,
     .help = MSG("thresholds for the parts of the time"), .example = "{ warn: { connect: 100ms, first_byte: 500ms } }"},
    {.key = "max_size", .type = CONF_BYTES, .offset = AT(max_size), .min = 1024, .max = 16 << 20,
     .by_default = "1MiB", .help = MSG("how much of the page is read"), .example = "4MiB"},
    {0},
};

/* ---- judging ---- */

bool http_is_line(const char *text)
{
    for (; text && *text; text++)
        if ((unsigned char)*text < 0x20 && *text != '\t')
            return false;
    return true;
}

bool http_is_method(const char *text)
{
    return text[0] && !text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-")] && strlen(text) <= 20;
}

int http_headers_check(const struct conf_pairs *h, struct err *e)
{
    if (h->n > HTTP_MAX_HEADERS)
        return err_field(e, ERR_LIMIT, "headers", MSG("at most {1} headers"), "i", (int64_t)HTTP_MAX_HEADERS);
    for (int i = 0; i < h->n; i++)
        if (!h->keys[i][0] || strpbrk(h->keys[i], ": \t\r\n") || !http_is_line(h->values[i]))
            return err_field(e, ERR_INVALID, "headers", MSG("“{1}” is no header"), "s", h->keys[i]);
    return 0;
}

static int check_proxy(const struct http_opts *o, struct err *e)
{
    if (o->proxy.url && !str_istarts(o->proxy.url, "http://"))
        return err_field(e, ERR_INVALID, "proxy", MSG("“{1}” is no proxy that can be used; write http://HOST:PORT"), "s",
                         o->proxy.url);
    if (o->proxy.url && o->address)
        return err_field(e, ERR_INVALID, "address", MSG("with a proxy there is no address of one’s own"), "");
    if (o->key && !o->cert)
        return err_field(e, ERR_INVALID, "key", MSG("a key without “cert” is of no use"), "");
    if (!http_is_line(o->bearer) || !http_is_line(o->user) || !http_is_line(o->password) || !http_is_line(o->proxy.user) ||
        !http_is_line(o->proxy.password))
        return err_field(e, ERR_INVALID, "password", MSG("user, password and token are one line each"), "");
    return 0;
}

int http_opts_finish(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct http_opts *o = arg;
    int code;

    if (o->url == NULL && host_address == NULL)
        return err_field(e, ERR_INVALID, "url", MSG("write the URL: the host has no address"), "");
    if (o->url == NULL)
        o->url = arena_printf(arena, strchr(host_address, ':') ? "http://[%s]/" : "http://%s/", host_address);
    if (!http_is_method(o->method))
        return err_field(e, ERR_INVALID, "method", MSG("“{1}” is no method; write GET, HEAD or POST"), "s", o->method);
    if (o->body && strlen(o->body) > HTTP_MAX_BODY_SENT)
        return err_field(e, ERR_LIMIT, "body", MSG("the body is too long"), "");
    if ((code = http_expect_check(&o->expect, e)) != 0 || (code = http_headers_check(&o->headers, e)) != 0)
        return code;
    level_make_floor(&o->days_warn);
    level_make_floor(&o->days_crit);
    return check_proxy(o, e);
}
