/* SPDX-License-Identifier: GPL-3.0-or-later */
/* config_kinds.h: a few made-up kinds of checks with every type of option, for the tests of
 * config/. */
#ifndef TESTS_CONFIG_KINDS_H
#define TESTS_CONFIG_KINDS_H

#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "config/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct kind_opts {
    const char *url, *method, *body, *token, *address;
    int64_t port, size, wait;
    double ratio;
    bool follow;
    int mode;
    struct conf_texts status, texts;
    struct conf_pairs headers;
    struct conf_list steps;
    struct conf_level slow;
};
#define AT(member) offsetof(struct kind_opts, member)
static const char *const kind_modes[] = {"plain", "start", "never", NULL};
static const struct conf_row kind_expect[] = {
    {.key = "status",
     .type = CONF_STATUS,
     .offset = AT(status),
     .by_default = "[200]",
     .flags = CONF_POSITIONAL,
     .help = "statuses"},
    {.key = "body", .type = CONF_REGEX, .offset = AT(body)},
    {0},
};
static const struct conf_row kind_steps[] = {
    {.key = "send", .type = CONF_TEXT, .help = "what is said"},
    {.key = "wait", .type = CONF_TEXT},
    {0},
};
static const struct conf_row kind_http[] = {
    {.key = "url",
     .type = CONF_URL,
     .offset = AT(url),
     .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = "what to fetch",
     .example = "https://example.org/"},
    {.key = "method", .type = CONF_TEXT, .offset = AT(method), .by_default = "GET"},
    {.key = "headers", .type = CONF_PAIRS, .offset = AT(headers)},
    {.key = "expect", .type = CONF_GROUP, .rows = kind_expect},
    {.key = "steps", .type = CONF_LIST, .offset = AT(steps), .rows = kind_steps},
    {.key = "follow", .type = CONF_BOOL, .offset = AT(follow), .by_default = "yes"},
    {.key = "slow", .type = CONF_LEVEL, .offset = AT(slow), .unit = "ms"},
    {.key = "token", .type = CONF_SECRET, .offset = AT(token)},
    {.key = "old", .type = CONF_TEXT, .offset = AT(address), .flags = CONF_HIDDEN},
    {0},
};
static const struct conf_row kind_tcp[] = {
    {.key = "port",
     .type = CONF_PORT,
     .offset = AT(port),
     .flags = CONF_REQUIRED | CONF_POSITIONAL},
    {.key = "mode",
     .type = CONF_WORD,
     .offset = AT(mode),
     .words = kind_modes,
     .by_default = "start"},
    {.key = "size", .type = CONF_BYTES, .offset = AT(size), .max = 1 << 30},
    {.key = "wait", .type = CONF_DURATION, .offset = AT(wait), .min = 100, .max = 60000},
    {.key = "ratio", .type = CONF_REAL, .offset = AT(ratio), .max = 100, .unit = "%"},
    {.key = "texts", .type = CONF_TEXTS, .offset = AT(texts)},
    {.key = "address", .type = CONF_ADDRESS, .offset = AT(address)},
    {0},
};
static const struct conf_row kind_plugin[] = {
    {.key = "command",
     .type = CONF_TEXT,
     .offset = AT(url),
     .flags = CONF_REQUIRED | CONF_POSITIONAL},
    {0},
};
static const struct conf_row kind_disks[] = {
    {.key = "warn",
     .type = CONF_LEVEL,
     .offset = AT(slow),
     .flags = CONF_POSITIONAL,
     .unit = "bytes",
     .by_default = "80%"},
    {0},
};
static const struct conf_row kind_icmp[] = {
    {.key = "packets",
     .type = CONF_INT,
     .offset = AT(port),
     .min = 1,
     .max = 20,
     .by_default = "3"},
    {0},
};
#undef AT

static inline const char *kind_plugin_name(const void *opts, struct arena *a)
{
    const char *command = ((const struct kind_opts *)opts)->url, *p = command;
    size_t n = strcspn(command, " ");

    for (size_t i = 0; i < n; i++)
        if (command[i] == '/')
            p = command + i + 1;
    return arena_dupn(a, p, (size_t)(command + n - p));
}

/* http: a method that is not all upper case is a mistake. */
static inline int kind_http_finish(void *opts, struct arena *a, const char *host_address,
                                   struct err *e)
{
    const struct kind_opts *o = opts;

    (void)a;
    (void)host_address;
    for (const char *p = o->method; *p; p++)
        if (*p < 'A' || *p > 'Z')
            return err_field(e, ERR_INVALID, "method", "the method {1} is not written in capitals",
                             "s", o->method);
    return 0;
}

static const struct conf_kind http_kind = {.name = "http",
                                           .rows = kind_http,
                                           .opts_bytes = sizeof(struct kind_opts),
                                           .finish = kind_http_finish};
static const struct conf_kind tcp_kind = {
    .name = "tcp", .rows = kind_tcp, .opts_bytes = sizeof(struct kind_opts)};
static const struct conf_kind plugin_kind = {.name = "plugin",
                                             .rows = kind_plugin,
                                             .opts_bytes = sizeof(struct kind_opts),
                                             .name_for = kind_plugin_name,
                                             .timeout_ms = 30000};
static const struct conf_kind disks_kind = {.name = "disks",
                                            .rows = kind_disks,
                                            .opts_bytes = sizeof(struct kind_opts),
                                            .every_ms = 300000};
static const struct conf_kind load_kind = {.name = "load"};
static const struct conf_kind icmp_kind = {
    .name = "icmp", .rows = kind_icmp, .opts_bytes = sizeof(struct kind_opts)};
static const struct conf_kind *const some_kinds[] = {
    &http_kind, &tcp_kind, &plugin_kind, &disks_kind, &load_kind, &icmp_kind, NULL};

static inline int some_secret(void *arg, const char *path, struct buf *out, struct err *e)
{
    ++*(int *)arg;
    if (!str_eq(path, "/secret"))
        return err_set(e, ERR_NOT_FOUND, "no such file", "");
    buf_str(out, "hush\n");
    return 0;
}

static const struct conf_env some_env = {.kinds = some_kinds};

/* One file; fails the test with the first error unless there is none. */
static inline struct conf *load_env(const struct conf_env *env, const char *text)
{
    struct conf_file file = {.name = "vigie.yaml", .text = text, .bytes = strlen(text)};
    struct conf_errors es;
    struct conf *c = NULL;
    struct buf b = BUF_MAX(100000);

    if (conf_load(env, &file, 1, &c, &es) != 0) {
        for (int i = 0; i < es.n; i++)
            conf_error_print(&b, &es.at[i], "en");
        fail_msg("%s", buf_text(&b));
    }
    conf_errors_done(&es);
    buf_done(&b);
    return c;
}

static inline struct conf *load(const char *text)
{
    return load_env(&some_env, text);
}

/* The options of a check, until the next call. */
static inline const struct kind_opts *opts_of(const struct conf_check *k)
{
    static struct kind_opts ret;
    struct arena *a = arena_new(0);

    memcpy(&ret, conf_check_opts(k, a), sizeof(ret));
    arena_free(a);
    return &ret;
}

/* All errors of some files, printed. */
static inline void print_errors(struct buf *out, const struct conf_env *env,
                                const struct conf_file *files, int n, const char *lang)
{
    struct conf_errors es;
    struct conf *c = NULL;

    assert_int_equal(conf_load(env, files, n, &c, &es), ERR_INVALID);
    assert_null(c);
    for (int i = 0; i < es.n; i++)
        conf_error_print(out, &es.at[i], lang);
    if (es.more)
        buf_printf(out, "and %d more\n", es.more);
    conf_errors_done(&es);
}

/* Some error of the text contains `part`. */
static inline void refuse(const char *text, const char *part)
{
    struct conf_file file = {.name = "vigie.yaml", .text = text, .bytes = strlen(text)};
    struct buf b = BUF_MAX(100000);

    print_errors(&b, &some_env, &file, 1, "en");
    if (strstr(buf_text(&b), part) == NULL)
        fail_msg("\"%s\" is not in:\n%s", part, buf_text(&b));
    buf_done(&b);
}

#endif
