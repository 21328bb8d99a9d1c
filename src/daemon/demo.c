/* SPDX-License-Identifier: GPL-3.0-or-later */
/* demo.c: see demo.h.  The past is rows of the history, written before anything reads them; the present is results that come
 * by a timer; the words are operations, as if a person had said them. */
#include "daemon/demo.h"
#include "base/json.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/str.h"
#include "io/addr.h"
#include "io/file.h"
#include "model/sink.h"
#include "ops/op.h"
#include <string.h>

enum { PAST_DAYS = 90, RESULTS_MS = 5000, STORY_MS = 10, MINUTE_MS = 60000 };
#define DAY_MS (INT64_C(86400) * 1000)

struct demo {
    struct house *house;
    struct timer results, story;
    int step;      /* of the story */
    unsigned tick; /* of the results */
    int64_t sequence; /* of the past */
};

/* ---- the present ---- */

static const struct {
    const char *id;
    enum state state;
    const char *text, *perf; /* perf: with two figures of a walk in it, or none */
    int low, span;
} things[] = {
    {"router1/uplink", STATE_OK, "both lines are up", "in=%d.%dM out=3M", 20, 40},
    {"db1/postgres", STATE_OK, "answers; 14 connections", "time=%d.%dms", 2, 3},
    {"db1/disks", STATE_OK, "/ 61 % used, /srv 48 % used", "/=61%;80;90 /srv=%d.%d%%;80;90", 48, 2},
    {"storage1/disks", STATE_WARNING, "/srv 83 % used, over 80 %", "/srv=%d.%d%%;80;90", 83, 1},
    {"storage1/raid", STATE_CRITICAL, "md0: 1 of 4 disks is being rebuilt", "rebuilt=%d.%d%%", 31, 30},
    {"web1/https", STATE_OK, "200 OK", "time=%d.%dms size=48213B", 80, 60},
    {"web1/load", STATE_OK, "load 0.6 on 4 processors", "load1=%d.%d;4;8", 0, 2},
    {"web1/certificate", STATE_OK, "good for 61 days", NULL, 0, 0},
    {"web2/https", STATE_OK, "200 OK", "time=%d.%dms size=48213B", 90, 60},
    {"web2/load", STATE_OK, "load 0.8 on 4 processors", "load1=%d.%d;4;8", 0, 3},
    {"cloud1/https", STATE_OK, "200 OK", "time=%d.%dms", 240, 300},
    {"cloud1/sync", STATE_WARNING, "the oldest change waits for 4 minutes, over 60 s", "wait=%d.%ds;60;600", 230, 40},
    {"mail1/smtp", STATE_OK, "220 ready; STARTTLS", "time=%d.%dms", 12, 9},
    {"mail1/imap", STATE_OK, "OK ready", "time=%d.%dms", 8, 6},
    {"mail1/queue", STATE_OK, "7 messages wait", "messages=%d.%d;100;500", 5, 9},
    {"lists1/lists", STATE_OK, "212 lists", "lists=212", 0, 0},
    {"backup1/backup", STATE_OK, "the last one is 6 hours old and whole", "age=%d.%dh;26;50", 6, 1},
};

static void feed(struct demo *m, const char *host, const char *check, enum state state, const char *text, const char *perf)
{
    struct moment now = house_now();
    struct item *it = model_find(m->house->model, host, check);
    if (!it)
        return;
    struct result r = {.state = state, .text = text, .perfdata = perf, .at_ms = now.wall_ms, .answered = true, .passive = true};
    sink_item(m->house->model, it, &r, now);
}

/* Figures that wander without ever leaving their banks. */
static int walk(unsigned tick, size_t i, int span) { return span ? (int)((tick * 7 + (unsigned)i * 13 + tick / 3 * (unsigned)(i + 1)) % (unsigned)span) : 0; }

static void perf_make(struct demo *m, size_t i, char *out, size_t n)
{
    const char *form = things[i].perf ? things[i].perf : "";
    struct buf b = BUF_MAX(200);
    int figures[] = {things[i].low + walk(m->tick, i, things[i].span), walk(m->tick, i + 5, 10)}, used = 0;
    for (const char *p = form; *p; p++)
        if (*p == '%' && p[1] == 'd') {
            buf_printf(&b, "%d", figures[used++ % 2]);
            p++;
        } else {
            p += *p == '%' && p[1] == '%';
            buf_char(&b, *p);
        }
    str_copy(out, n, buf_text(&b));
    buf_done(&b);
}

static void results(void *arg)
{
    struct demo *m = arg;
    const struct conf *c = model_conf(m->house->model);
    char host[64], perf[200];
    for (int i = 0; i < c->n_hosts; i++)
        feed(m, c->hosts[i]->name, NULL, STATE_OK, "answers", NULL);
    for (size_t i = 0; i < COUNT(things); i++) {
        const char *slash = strchr(things[i].id, '/');
        str_copyn(host, sizeof host, things[i].id, (size_t)(slash - things[i].id));
        perf_make(m, i, perf, sizeof perf);
        feed(m, host, slash + 1, things[i].state, things[i].text, perf);
    }
    m->tick++;
    timer_set(&m->results, m->tick < 4 ? STORY_MS : RESULTS_MS); /* what is bad is so for good at once */
}

/* ---- the past ---- */

static const struct store_stmt past_add = {
    "demo_past", "INSERT INTO history (node, epoch, seq, host, check_name, at_ms, kind, from_state, to_state, hard, attempt) VALUES ('demo', 1, ?1, ?2, ?3, ?4, 'state', ?5, ?6, 1, 1)"};

static void turn(struct demo *m, struct store_batch *b, const char *host, const char *check, int64_t at_ms, const char *from, const char *to)
{
    struct store_value v[] = {STORE_I(++m->sequence), STORE_T(host), STORE_T(check), STORE_I(at_ms), STORE_T(from), STORE_T(to)};
    store_batch_add(b, &past_add, v, COUNT(v));
}

/* What the components rest on: when it was away, in days before now and minutes. */
static const struct {
    const char *host, *check;
    struct {
        int days, hour, minutes;
    } away[4];
} past[] = {
    {"web1", "https", {{77, 3, 12}, {40, 14, 35}, {11, 9, 58}}},
    {"web2", "https", {{63, 22, 9}, {40, 14, 31}}},
    {"cloud1", "https", {{82, 1, 190}, {55, 12, 14}, {29, 5, 41}, {6, 17, 8}}},
    {"mail1", "smtp", {{34, 10, 122}}},
    {"mail1", "imap", {{71, 4, 6}}},
    {"lists1", "lists", {{48, 8, 250}, {20, 2, 17}}},
    {"backup1", "backup", {{87, 6, 600}, {15, 6, 480}}},
};

static void past_put(struct demo *m, int64_t now_ms)
{
    struct store_batch *b = store_batch_new();
    for (size_t i = 0; i < COUNT(past); i++) {
        turn(m, b, past[i].host, past[i].check, now_ms - PAST_DAYS * DAY_MS, "pending", "ok");
        for (size_t k = 0; k < COUNT(past[i].away) && past[i].away[k].minutes; k++) {
            int64_t from_ms = now_ms - past[i].away[k].days * DAY_MS + past[i].away[k].hour * 60 * MINUTE_MS;
            turn(m, b, past[i].host, past[i].check, from_ms, "ok", "critical");
            turn(m, b, past[i].host, past[i].check, from_ms + past[i].away[k].minutes * MINUTE_MS, "critical", "ok");
        }
    }
    store_write(m->house->store, b, NULL, NULL);
}

/* ---- the words ---- */

static void said(void *arg, int status, const struct doc *reply, const struct op_call *c)
{
    struct demo *m = arg;
    if (status >= 400)
        log_line(LOG_WARN, "demonstration: %s: %s", c->op->name, doc_text(doc_get(reply, "error"), "message", "?"));
    if (demo_steps[++m->step].op)
        timer_set(&m->story, STORY_MS);
}

static void story(void *arg)
{
    struct demo *m = arg;
    struct arena *a = arena_new(0);
    struct doc *params = NULL;
    const struct demo_step *s = &demo_steps[m->step];
    int r = json_parse(a, s->json, strlen(s->json), 10000, &params, NULL);
    ASSERT(r == 0);
    op_run(m->house, op_find(s->op), params, &(struct principal){.name = "demo", .via = "demo", .role = ROLE_ADMIN}, "en", "", said, m);
    arena_free(a);
}

/* ---- life ---- */

int demo_configure(const char *data_dir, struct err *e)
{
    char path[1200];
    str_print(path, sizeof path, "%s/vigie.yaml", data_dir);
    return file_write(path, demo_yaml, strlen(demo_yaml), 0600, e);
}

bool demo_listen_ok(const char *where)
{
    char host[200];
    int port;
    struct addr a;
    if (addr_split(where, host, sizeof host, &port) != 0 || !host[0])
        return false;
    return str_eq(host, "localhost") || (addr_parse(host, port, &a) == 0 && addr_is_loopback(&a));
}

struct demo *demo_new(struct daemon *d)
{
    struct demo *m = NEW(struct demo);
    m->house = daemon_house(d);
    m->house->demo = true;
    timer_init(&m->results, m->house->loop, results, m);
    timer_init(&m->story, m->house->loop, story, m);
    past_put(m, clock_wall_ms());
    return m;
}

void demo_begin(struct demo *m)
{
    timer_set(&m->results, 0);
    timer_set(&m->story, STORY_MS);
}

struct demo *demo_free(struct demo *m)
{
    if (!m)
        return NULL;
    timer_clear(&m->results);
    timer_clear(&m->story);
    return mem_free(m);
}
