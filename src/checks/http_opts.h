/* SPDX-License-Identifier: GPL-3.0-or-later */
/* http_opts.h: the options of the http probe, and the rows that the web probe's steps share with it. */
#ifndef VIGIE_CHECKS_HTTP_OPTS_H
#define VIGIE_CHECKS_HTTP_OPTS_H

#include "checks/http_judge.h"

enum { HTTP_MAX_HEADERS = 64, HTTP_MAX_REDIRECTS = 20, HTTP_MAX_BODY_SENT = 256 * 1024 };
enum { PHASE_LOOKUP, PHASE_CONNECT, PHASE_TLS, PHASE_FIRST_BYTE, PHASES };

struct http_proxy {
    const char *url, *user, *password; /* url NULL: none */
};
struct http_opts {
    const char *url, *method, *body, *user, *password, *bearer, *address, *server_name;
    struct conf_pairs headers;
    struct http_expect expect;
    int64_t redirects, max_size;
    bool verify, http2;
    int family; /* index into the words any, v4, v6 */
    struct conf_level warn, crit, days_warn, days_crit;
    struct conf_level phase_warn[PHASES], phase_crit[PHASES];
    const char *cert, *key;
    struct http_proxy proxy;
};
extern const struct conf_row http_rows[];
int http_opts_finish(void *opts, struct arena *arena, const char *host_address, struct err *e);
/* Header names and values that may go into a request. 0 or ERR_…, with e->field "headers". */
int http_headers_check(const struct conf_pairs *headers, struct err *e);
bool http_is_line(const char *text); /* no control characters; NULL is one, too */
bool http_is_method(const char *text);

/* What an answer must be; at(member): offset of a member of struct http_expect. */
#define HTTP_EXPECT_ROWS(at)                                                                                           \
    {.key = "status", .type = CONF_STATUS, .offset = at(status),                                                       \
     .help = MSG("status codes that are well; 200-399 by default"), .example = "[200, 3xx]"},                          \
    {.key = "body", .type = CONF_TEXTS, .offset = at(body),                                                            \
     .help = MSG("text that the page must contain"), .example = "Welcome"},                                            \
    {.key = "not_body", .type = CONF_TEXTS, .offset = at(not_body),                                                    \
     .help = MSG("text that the page must not contain"), .example = "Fatal error"},                                    \
    {.key = "regex", .type = CONF_REGEX, .offset = at(regex),                                                          \
     .help = MSG("regular expression (PCRE2) that the page must match"), .example = "version [0-9]+"},                 \
    {.key = "header", .type = CONF_PAIRS, .offset = at(headers),                                                       \
     .help = MSG("headers that must be there, with the text they must contain"),                                       \
     .example = "{ Content-Type: text/html }"},                                                                        \
    {.key = "not_header", .type = CONF_TEXTS, .offset = at(not_headers),                                               \
     .help = MSG("headers that must not be there"), .example = "[X-Powered-By]"},                                      \
    {.key = "header_regex", .type = CONF_PAIRS, .offset = at(header_regex),                                            \
     .help = MSG("headers that must match a regular expression"),                                                      \
     .example = "{ Strict-Transport-Security: \"max-age=[0-9]{7}\" }"},                                                \
    {.key = "json", .type = CONF_PAIRS, .offset = at(json),                                                            \
     .help = MSG("places in a JSON answer, with the value, comparison or /pattern/ that must hold there"),             \
     .example = "{ $.status: ok, $.queue.length: < 100 }"},                                                            \
    {.key = "keys", .type = CONF_TEXTS, .offset = at(keys),                                                            \
     .help = MSG("places that must be there in a JSON answer"), .example = "[id, user.name]"},                         \
    {.key = "min_size", .type = CONF_BYTES, .offset = at(min_size), .min = 1, .max = 16 << 20,                         \
     .help = MSG("the page must not be smaller"), .example = "1k"},                                                    \
    {.key = "max_size", .type = CONF_BYTES, .offset = at(max_size), .min = 1, .max = 16 << 20,                         \
     .help = MSG("the page must not be larger"), .example = "500k"},                                                   \
    {.key = "version", .type = CONF_WORD, .offset = at(version), .words = http_versions, .by_default = "any",          \
     .help = MSG("version of HTTP that must be spoken; 2 is offered then"), .example = "2"},                           \
    {.key = "redirect", .type = CONF_TEXT, .offset = at(redirect),                                                     \
     .help = MSG("the answer must be a redirect to an address that begins so; it is not followed"),                    \
     .example = "https://example.org/"},                                                                               \
    {.key = "url", .type = CONF_TEXT, .offset = at(final_url),                                                         \
     .help = MSG("the page at the end of all redirects must have an address that begins so"),                          \
     .example = "https://example.org/welcome"}

#endif
