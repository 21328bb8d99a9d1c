/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_conf.c: any bytes as configuration files (a byte 0x1e divides two).  Either there are errors
 * with places, or a generation that prints as YAML which reads back to an equal one; edits of any
 * text leave YAML. */
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "config/conf.h"

#include <stddef.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct opts {
    const char *url, *regex, *text, *address;
    int64_t port, size, wait;
    double ratio;
    bool flag;
    int word;
    struct conf_texts texts, status;
    struct conf_pairs pairs;
    struct conf_level level, rate, bits, maybe;
};
#define AT(member) offsetof(struct opts, member)
static const char *const words[] = {"one", "two", NULL};
static const struct conf_row expect_rows[] = {
    {.key = "status",
     .type = CONF_STATUS,
     .offset = AT(status),
     .by_default = "[200, 3xx]",
     .flags = CONF_POSITIONAL},
    {.key = "regex", .type = CONF_REGEX, .offset = AT(regex)},
    {0},
};
static const struct conf_row http_rows[] = {
    {.key = "url", .type = CONF_URL, .offset = AT(url), .flags = CONF_REQUIRED | CONF_POSITIONAL},
    {.key = "expect", .type = CONF_GROUP, .rows = expect_rows},
    {.key = "headers", .type = CONF_PAIRS, .offset = AT(pairs)},
    {.key = "slow", .type = CONF_LEVEL, .offset = AT(level), .unit = "ms"},
    {0},
};
static const struct conf_row all_rows[] = {
    {.key = "port", .type = CONF_PORT, .offset = AT(port), .flags = CONF_POSITIONAL},
    {.key = "text", .type = CONF_TEXT, .offset = AT(text)},
    {.key = "address", .type = CONF_ADDRESS, .offset = AT(address)},
    {.key = "size", .type = CONF_BYTES, .offset = AT(size)},
    {.key = "wait", .type = CONF_DURATION, .offset = AT(wait), .min = 1, .max = 1000000},
    {.key = "ratio", .type = CONF_REAL, .offset = AT(ratio), .min = -5, .max = 100, .unit = "%"},
    {.key = "flag", .type = CONF_BOOL, .offset = AT(flag), .by_default = "yes"},
    {.key = "word", .type = CONF_WORD, .offset = AT(word), .words = words},
    {.key = "texts", .type = CONF_TEXTS, .offset = AT(texts)},
    {.key = "level",
     .type = CONF_LEVEL,
     .offset = AT(level),
     .unit = "bytes",
     .by_default = "> 80 %"},
    {.key = "use", .type = CONF_TEXT, .flags = CONF_ELSEWHERE},
    {.key = "rate", .type = CONF_LEVEL, .offset = AT(rate), .unit = "/s"},
    {.key = "bits", .type = CONF_LEVEL, .offset = AT(bits), .unit = "bit/s"},
    {.key = "maybe", .type = CONF_LEVEL, .offset = AT(maybe), .unit = CONF_MAYBE_RATE},
    {0},
};
static const struct conf_kind http = {
    .name = "http", .rows = http_rows, .opts_bytes = sizeof(struct opts)};
static const struct conf_kind tcp = {
    .name = "tcp", .rows = all_rows, .opts_bytes = sizeof(struct opts), .library = "scripts", .every_ms = 5000};
static const struct conf_kind icmp = {.name = "icmp"};
static const struct conf_kind *const kinds[] = {&http, &tcp, &icmp, NULL};
static const struct conf_env env = {.kinds = kinds, .local_host = true, .machine_name = "box"};

static void judge_errors(const struct conf_errors *es)
{
    ASSERT(es->n > 0 && es->n <= CONF_MAX_ERRORS);
    for (int i = 0; i < es->n; i++) {
        struct buf b = BUF_MAX(64 * 1024);

        conf_error_print(&b, &es->at[i], i % 2 ? "fr" : "en");
        ASSERT(b.len > 0 && !b.full);
        buf_done(&b);
    }
}

static void judge_conf(const struct conf *c)
{
    struct buf text = BUF_MAX(64 << 20);
    struct conf *again = NULL;
    struct conf_errors es;
    struct conf_diff d;
    struct conf_file file = {.name = "printed"};

    conf_print(&text, c, NULL);
    if (!text.full) {
        file.text = buf_text(&text);
        file.bytes = text.len;
        ASSERT(conf_load(&env, &file, 1, &again, &es) == 0);
        conf_diff(c, again, &d);
        ASSERT(d.n == 0 || strstr(buf_text(&text), "********"));
        conf_diff_done(&d);
        conf_errors_done(&es);
        conf_unref(again);
    }
    conf_diff(NULL, c, &d);
    conf_diff_done(&d);
    buf_done(&text);
}

static void judge_edits(const char *text, size_t n)
{
    struct buf added = BUF_MAX(CONF_MAX_FILE_BYTES), removed = BUF_MAX(CONF_MAX_FILE_BYTES);
    struct err e = {0};

    if (conf_edit_add(text, n, "fuzzed", "192.0.2.1", "tcp: { name: fuzzed, port: 22 }", &added,
                      &e) == 0)
        ASSERT(conf_edit_remove(buf_text(&added), added.len, "fuzzed", "fuzzed", &removed, &e) ==
               0);
    buf_clear(&removed);
    (void)conf_edit_remove(text, n, "web1", "http", &removed, &e);
    buf_done(&added);
    buf_done(&removed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *cut = size ? memchr(text, 0x1e, size) : NULL;
    size_t first = cut ? (size_t)(cut - text) : size;
    struct conf_file files[] = {{.name = "a.yaml", .text = text, .bytes = first},
                                {.name = "b.yaml"}};
    struct conf *c = NULL;
    struct conf_errors es;

    if (cut) {
        files[1].text = cut + 1;
        files[1].bytes = size - first - 1;
    }
    if (conf_load(&env, files, cut ? 2 : 1, &c, &es) == 0)
        judge_conf(c);
    else
        judge_errors(&es);
    conf_errors_done(&es);
    conf_unref(c);
    judge_edits(text, first);
    return 0;
}
