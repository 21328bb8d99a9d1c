/* SPDX-License-Identifier: GPL-3.0-or-later */
/* log.c: one cleaned line to one sink.  It knows no time, no file and no rotation: the sink does.
 */
#include "base/log.h"
#include "base/str.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

enum { LINE_BYTES = 2048 };

static void print_line(enum log_level level, const char *line, void *arg)
{
    (void)level;
    (void)arg;
    fprintf(stderr, "%s\n", line);
}

/* Allowed global: where log lines go.  Written by log_set() before threads start, only read later.
 */
static struct {
    log_sink *sink;
    void *arg;
    enum log_level most;
} the_log = {print_line, NULL, LOG_INFO};

void log_set(log_sink *sink, void *arg, enum log_level most)
{
    the_log.sink = sink ? sink : print_line;
    the_log.arg = arg;
    the_log.most = most;
}

void log_line(enum log_level level, const char *fmt, ...)
{
    char raw[LINE_BYTES], line[LINE_BYTES];
    struct buf b = {.data = line, .cap = sizeof(line), .max = sizeof(line) - 1};
    va_list ap;
    int n;

    if (level > the_log.most)
        return;
    va_start(ap, fmt);
    n = str_vprint(raw, sizeof(raw), fmt, ap);
    va_end(ap);
    line[0] = '\0';
    utf8_clean(&b, raw, (size_t)n, UTF8_ONE_LINE, sizeof(line) - 1);
    the_log.sink(level, line, the_log.arg);
}
