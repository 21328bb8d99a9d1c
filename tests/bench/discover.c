/* SPDX-License-Identifier: GPL-3.0-or-later */
/* discover.c PREFIX [RATE [LISTEN_MS [COMMUNITY…]]]: a run of discovery over a network, alone: each finding as a line of JSON, and at the
 * end one with the seconds, the packets that were sent, and how many findings there were. */
#include "base/json.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "checks/discover/discover.h"
#include <stdio.h>

enum { LINE_BYTES = 20000 };

struct run {
    struct loop *loop;
    int64_t began_us;
    struct discover_progress last;
    int code;
};

static void text(struct buf *line, const char *key, const char *value)
{
    struct buf plain = BUF_MAX(LINE_BYTES);
    buf_printf(line, "%s\"%s\":", line->len > 1 ? "," : "", key);
    if (value) {
        msg_render(&plain, value, "en");
        json_quote(line, buf_text(&plain));
    } else {
        buf_str(line, "null");
    }
    buf_done(&plain);
}

static void on_finding(void *arg, const struct finding *f)
{
    struct buf line = BUF_MAX(LINE_BYTES);
    buf_str(&line, "{");
    text(&line, "key", f->key);
    text(&line, "source", f->source);
    text(&line, "host", f->host);
    text(&line, "address", f->address);
    text(&line, "parents", f->parents);
    text(&line, "check", f->check);
    text(&line, "yaml", f->yaml);
    text(&line, "what", f->what);
    text(&line, "evidence", f->evidence);
    buf_str(&line, "}");
    puts(buf_text(&line));
    buf_done(&line);
}

static void on_progress(void *arg, const struct discover_progress *p) { ((struct run *)arg)->last = *p; }

static void on_end(void *arg, const struct err *e)
{
    struct run *r = arg;
    struct buf line = BUF_MAX(LINE_BYTES);
    buf_str(&line, "{");
    text(&line, "error", e ? e->text : NULL);
    buf_printf(&line, ",\"seconds\":%.3f,\"packets\":%lld,\"findings\":%d}", (double)(clock_mono_us() - r->began_us) / 1e6, (long long)r->last.packets, r->last.findings);
    puts(buf_text(&line));
    buf_done(&line);
    r->code = e != NULL;
    loop_stop(r->loop);
}

static const struct discover_events events = {on_finding, on_progress, on_end};

int main(int argc, char **argv)
{
    struct run r = {.loop = loop_new("discover"), .began_us = clock_mono_us()};
    const char *communities[9] = {NULL};
    int64_t rate = 0, listen_ms = 0;
    struct err e;
    if (argc < 2 || (argc > 2 && str_i64(argv[2], &rate) != 0) || (argc > 3 && str_i64(argv[3], &listen_ms) != 0))
        return 2;
    for (int i = 4; i < argc && i < 12; i++)
        communities[i - 4] = argv[i];
    struct discover_net_ask ask = {.prefix = argv[1], .rate_pps = (int)rate, .listen_ms = listen_ms, .communities = argc > 4 ? communities : NULL};
    if (discover_net(r.loop, &ask, &events, &r, &e) == NULL) {
        on_end(&r, &e);
        return 1;
    }
    loop_run(r.loop);
    loop_free(r.loop);
    return r.code;
}
