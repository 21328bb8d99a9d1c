/* SPDX-License-Identifier: GPL-3.0-or-later */
/* model_fixture.h: a model with a configuration, a clock turned by hand, and a small network behind
 * it.
 *
 * Events become text ("problem web1/http critical; recovery web1/http"), so that a test says what
 * should have happened in one line.  The network answers re-checks: hosts may be dead, links cut.
 * A listener plays the part of alerts: it is told of problems for which nothing is quiet. */
#ifndef VIGIE_TESTS_MODEL_FIXTURE_H
#define VIGIE_TESTS_MODEL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/msg.h"
#include "base/str.h"
#include "model/command.h"
#include "model/model.h"
#include "model/sink.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   INT64_C(3600000)
#define BIT(kind) (1U << (kind))

struct fix {
    struct model *m;
    struct moment now;
    struct buf log;
    unsigned show;           /* BIT(EVENT_…) */
    const char *dead[8];     /* hosts that do not answer */
    const char *cut[8];      /* links that are cut: "child parent" */
    struct item *queue[512]; /* asked by EVENT_RECHECK */
    int n_queue;
    int told; /* mails sent */
    int results;
    bool answers; /* re-checks are answered by the network (fix_drain) */
};

static const struct conf_row fix_rows[] = {{0}};
static const struct conf_kind fix_kinds[] = {
    {.name = "icmp", .rows = fix_rows, .attempts = 3},
    {.name = "tcp", .rows = fix_rows, .attempts = 3},
    {.name = "once", .rows = fix_rows, .attempts = 1},
    {.name = "passive", .rows = fix_rows, .attempts = 1, .passive = true},
    {.name = "aggregate", .rows = conf_rows_aggregate, .opts_bytes = sizeof(struct conf_aggregate_opts), .attempts = 1,
     .passive = true, .derived = true},
    {.name = "beat", .rows = fix_rows, .attempts = 1, .passive = true, .beats = true},
};
static const struct conf_kind *const fix_kind_list[] = {&fix_kinds[0], &fix_kinds[1], &fix_kinds[2],
                                                        &fix_kinds[3], &fix_kinds[4], &fix_kinds[5], NULL};

static inline const char *fix_id(const struct item *it, char *out, size_t n)
{
    out[0] = '-', out[1] = '\0';
    if (it)
        item_id(it, out, n);
    return out;
}

static inline void fix_write(struct fix *f, const struct event *e)
{
    static const char *const names[] = {
        [EVENT_STATE] = "state",
        [EVENT_PROBLEM] = "problem",
        [EVENT_RECOVERY] = "recovery",
        [EVENT_FLAPPING] = "flapping",
        [EVENT_ACK] = "ack",
        [EVENT_UNACK] = "unack",
        [EVENT_DOWNTIME_ADDED] = "planned",
        [EVENT_DOWNTIME_STARTED] = "began",
        [EVENT_DOWNTIME_ENDED] = "ended",
        [EVENT_DOWNTIME_REMOVED] = "dropped",
        [EVENT_ENABLED] = "enabled",
        [EVENT_RECHECK] = "recheck",
        [EVENT_RESULT] = "result",
        [EVENT_ADDED] = "added",
        [EVENT_REMOVED] = "removed",
        [EVENT_RECONF] = "reconf",
        [EVENT_CHANGED] = "changed",
        [EVENT_RENAMED] = "renamed",
    };
    char id[300];

    buf_printf(&f->log, "%s%s %s", f->log.len ? "; " : "", names[e->kind],
               fix_id(e->item, id, sizeof(id)));
    if (e->kind == EVENT_STATE)
        buf_printf(&f->log, " %s>%s %s %d", state_word(e->from), state_word(e->to),
                   e->hard ? "hard" : "soft", e->attempt);
    if (e->kind == EVENT_PROBLEM)
        buf_printf(&f->log, " %s", state_word(e->to));
    if (e->kind == EVENT_FLAPPING || e->kind == EVENT_ENABLED)
        buf_str(&f->log, e->hard ? " on" : " off");
    if (e->kind == EVENT_RECHECK && e->to == STATE_PENDING)
        buf_str(&f->log, " soon");
    if (e->kind == EVENT_RENAMED)
        buf_printf(&f->log, " was %s", e->text);
    if (e->downtime)
        buf_printf(&f->log, " #%d", (int)e->downtime->id);
}

static inline void fix_enqueue(struct fix *f, struct item *it)
{
    for (int i = 0; i < f->n_queue; i++)
        if (f->queue[i] == it)
            return;
    assert_true(f->n_queue < (int)COUNT(f->queue));
    f->queue[f->n_queue++] = it;
}

static inline void fix_hear(void *arg, const struct event *e)
{
    struct fix *f = arg;

    if (f->show & BIT(e->kind))
        fix_write(f, e);
    if (e->kind == EVENT_RECHECK && f->answers)
        fix_enqueue(f, e->item);
    if (e->kind == EVENT_PROBLEM && model_quiet(e->item) == QUIET_NO) {
        model_told(f->m, e->item, true);
        f->told++;
    }
    if (e->kind == EVENT_RECOVERY && !e->item->st.flapping)
        model_told(f->m, e->item, false);
    f->results += e->kind == EVENT_RESULT;
}

static inline struct conf *fix_conf(const char *yaml)
{
    struct conf_env env = {.kinds = fix_kind_list};
    struct conf_file file = {"test.yaml", yaml, strlen(yaml)};
    static struct conf_errors errors; /* large */
    struct conf *conf = NULL;

    if (conf_load(&env, &file, 1, &conf, &errors) != 0) {
        struct buf text = BUF_MAX(4000);
        for (int i = 0; i < errors.n; i++)
            conf_error_print(&text, &errors.at[i], "en");
        print_error("%s\n", buf_text(&text));
        buf_done(&text);
        fail();
    }
    conf_errors_done(&errors);
    return conf;
}

static inline void fix_apply(struct fix *f, const char *yaml)
{
    struct conf *conf = fix_conf(yaml);
    struct reconf *r = reconf_begin(f->m, conf);

    assert_non_null(r);
    conf_unref(conf);
    while (reconf_step(r, 1, f->now)) {
    }
}

static inline struct fix *fix_new(const char *yaml)
{
    struct fix *f = NEW(struct fix);

    f->m = model_new();
    f->now = (struct moment){INT64_C(1795500000000), 3600000};
    f->log = BUF_MAX(100000);
    f->show = BIT(EVENT_PROBLEM) | BIT(EVENT_RECOVERY) | BIT(EVENT_FLAPPING) | BIT(EVENT_ACK) |
              BIT(EVENT_UNACK) | BIT(EVENT_DOWNTIME_ADDED) | BIT(EVENT_DOWNTIME_STARTED) |
              BIT(EVENT_DOWNTIME_ENDED) | BIT(EVENT_DOWNTIME_REMOVED) | BIT(EVENT_ENABLED);
    model_listen(f->m, fix_hear, f);
    if (yaml)
        fix_apply(f, yaml);
    return f;
}

static inline void fix_free(struct fix *f)
{
    model_free(f->m);
    buf_done(&f->log);
    mem_free(f);
}

/* What happened since the last call is exactly this. */
#define fix_expect(f, text)                                                                        \
    do {                                                                                           \
        assert_string_equal(buf_text(&(f)->log), (text));                                          \
        buf_clear(&(f)->log);                                                                      \
    } while (0)

static inline void fix_forget(struct fix *f)
{
    buf_clear(&f->log);
}

static inline void fix_pass(struct fix *f, int64_t ms)
{
    f->now.wall_ms += ms;
    f->now.mono_ms += ms;
}

/* Time passes as in the daemon: the model is called when it asked to be. */
static inline void fix_wait(struct fix *f, int64_t ms)
{
    int64_t end = f->now.mono_ms + ms;

    for (;;) {
        int64_t next = model_tick(f->m, f->now);
        if (next > end)
            break;
        fix_pass(f, next - f->now.mono_ms);
    }
    fix_pass(f, end - f->now.mono_ms);
    model_tick(f->m, f->now);
}

static inline struct item *fix_item(struct fix *f, const char *id)
{
    char host[200];
    const char *slash = strchr(id, '/');
    struct item *it;

    str_copyn(host, sizeof(host), id, slash ? (size_t)(slash - id) : strlen(id));
    it = model_find(f->m, host, slash ? slash + 1 : NULL);
    assert_non_null(it);
    return it;
}

static inline void fix_result(struct fix *f, const char *id, enum state state, bool answered)
{
    struct result r = {
        .state = state, .text = state_word(state), .at_ms = f->now.wall_ms, .answered = answered};

    fix_pass(f, 1000);
    sink_item(f->m, fix_item(f, id), &r, f->now);
}

static inline int fix_command(struct fix *f, struct command c, int64_t *ret_id)
{
    struct err e = {0};
    int code;

    c.author = c.author ? c.author : "anna";
    code = model_command(f->m, &c, f->now, ret_id, &e);
    assert_int_equal(code, e.code);
    return code;
}

/* ---- the network ---- */

static inline bool fix_listed(const char *const *list, const char *what)
{
    for (int i = 0; i < 8; i++)
        if (str_eq(list[i], what))
            return true;
    return false;
}

static inline bool fix_reachable(const struct fix *f, const struct host *h, int depth)
{
    char link[300];

    if (depth > 20 || fix_listed(f->dead, h->name))
        return false;
    for (size_t i = 0; i < h->parents.n; i++) {
        str_print(link, sizeof(link), "%s %s", h->name, h->parents.at[i]->name);
        if (!fix_listed(f->cut, link) && fix_reachable(f, h->parents.at[i], depth + 1))
            return true;
    }
    return h->parents.n == 0;
}

/* One attempt; what follows from it is asked too. */
static inline void fix_attempt(struct fix *f, struct item *it)
{
    bool ok = fix_reachable(f, it->host, 0);
    struct result r = {.state = ok ? STATE_OK : STATE_CRITICAL,
                       .text = ok ? "fine" : "no answer",
                       .at_ms = f->now.wall_ms,
                       .answered = ok};

    fix_pass(f, ok ? 20 : 2000);
    sink_item(f->m, it, &r, f->now);
}

static inline void fix_drain(struct fix *f)
{
    for (int n = 0; f->n_queue; n++) {
        struct item *it = f->queue[0];
        assert_true(n < 2000); /* else the model asks for ever */
        memmove(f->queue, f->queue + 1, (size_t)--f->n_queue * sizeof(f->queue[0]));
        fix_attempt(f, it);
        model_tick(f->m, f->now);
    }
}

/* Every item is checked once, in the model's order or backwards; re-checks come at once. */
static inline void fix_round(struct fix *f, bool backwards)
{
    struct item *all[512], *it;
    size_t i_host = 0, i_check = 0;
    int n = 0;

    f->answers = true;
    while ((it = model_next(f->m, &i_host, &i_check)))
        if (it->conf && it->enabled && !it->conf->kind->passive)
            all[n++] = it;
    for (int i = 0; i < n; i++) {
        fix_attempt(f, all[backwards ? n - 1 - i : i]);
        fix_drain(f);
    }
    fix_wait(f, 30000);
}

static inline const char *fix_state(struct fix *f, const char *id)
{
    struct item *it = fix_item(f, id);
    static char text[60];

    str_print(text, sizeof(text), "%s %s %d", state_word((enum state)it->st.state),
              it->st.hard ? "hard" : "soft", it->st.attempt);
    return text;
}

static inline bool fix_unhandled(const struct item *it)
{
    const struct item *host = &it->host->self;
    bool host_bad = host->enabled && host->st.hard && state_is_bad((enum state)host->st.state);

    return state_is_bad((enum state)it->st.state) && !it->ack && !it->downtime_depth &&
           it->st.state != STATE_UNREACHABLE && (it->is_host || !host_bad);
}

/* The counts that are kept equal those that are counted. */
static inline void fix_check_counts(struct fix *f)
{
    struct model_counts kept, want = {0};
    size_t i_host = 0, i_check = 0;
    struct item *it;
    int n[STATE_COUNT] = {0};

    model_count(f->m, &kept);
    while ((it = model_next(f->m, &i_host, &i_check))) {
        *(it->is_host ? &want.hosts : &want.checks) += 1;
        if (!it->enabled)
            continue;
        n[it->st.state]++;
        want.in_downtime += it->downtime_depth > 0;
        want.acknowledged += it->ack != NULL;
        want.unhandled += fix_unhandled(it);
    }
    assert_int_equal(kept.hosts, want.hosts);
    assert_int_equal(kept.checks, want.checks);
    assert_int_equal(kept.in_downtime, want.in_downtime);
    assert_int_equal(kept.acknowledged, want.acknowledged);
    assert_int_equal(kept.unhandled, want.unhandled);
    assert_int_equal(kept.pending, n[STATE_PENDING]);
    assert_int_equal(kept.ok, n[STATE_OK]);
    assert_int_equal(kept.warning, n[STATE_WARNING]);
    assert_int_equal(kept.critical, n[STATE_CRITICAL]);
    assert_int_equal(kept.unknown, n[STATE_UNKNOWN]);
    assert_int_equal(kept.up, n[STATE_UP]);
    assert_int_equal(kept.down, n[STATE_DOWN]);
    assert_int_equal(kept.unreachable, n[STATE_UNREACHABLE]);
}

#endif
