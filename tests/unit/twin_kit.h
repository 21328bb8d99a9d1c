/* SPDX-License-Identifier: GPL-3.0-or-later */
/* twin_kit.h: store, model, recorder and all that tells somebody, in the simulated twin: started, fed with
 * results, killed and started again on the same disk. */
#ifndef VIGIE_TESTS_TWIN_KIT_H
#define VIGIE_TESTS_TWIN_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "alerts/notify.h"
#include "auth/auth_int.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "channels/channel.h"
#include "io/sim/sim.h"
#include "model/command.h"
#include "model/sink.h"
#include "store/recorder.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS INT64_C(3600000)
#define DAY_MS INT64_C(86400000)

struct twin {
    char dir[64], path[96];
    const char *yaml;
    struct loop *loop;
    struct store *store;
    struct model *model;
    struct recorder *recorder;
    struct work_pool *workers;
    struct httpc *httpc;
    struct spawner *spawner;
    struct dispatcher *dispatcher;
    struct notify *notify;
    struct auth *auth;
    struct channel_env env;
    bool answered;
    int code;
    int64_t n[8];
    struct err err;
    char text[3][2000]; /* of the last answer's first row, or a secret */
};

static const struct conf_row twin_rows[] = {{0}};
static const struct conf_kind twin_kinds[] = {
    {.name = "icmp", .rows = twin_rows, .attempts = 1},
    {.name = "tcp", .rows = twin_rows, .attempts = 3},
    {.name = "once", .rows = twin_rows, .attempts = 1},
};
static const struct conf_kind *const twin_kind_list[] = {&twin_kinds[0], &twin_kinds[1], &twin_kinds[2], NULL};

static const struct store_migration *const twin_migrations[] = {recorder_migrations, outbox_migrations,
                                                                auth_migrations, NULL};

static inline struct moment twin_now(void) { return (struct moment){clock_wall_ms(), clock_boot_ms()}; }

static inline void twin_quiet_log(enum log_level level, const char *line, void *arg) { ++*(int *)arg; }

static inline const struct conf *twin_conf_now(void *arg) { return model_conf(((struct twin *)arg)->model); }

static inline void twin_apply(struct twin *t, const char *yaml)
{
    struct conf_env env = {.kinds = twin_kind_list};
    struct conf_file file = {"test.yaml", yaml, strlen(yaml)};
    static struct conf_errors errors;
    struct conf *conf = NULL;
    if (conf_load(&env, &file, 1, &conf, &errors) != 0) {
        struct buf text = BUF_MAX(4000);
        conf_error_print(&text, &errors.at[0], "en");
        print_error("%s\n", buf_text(&text));
        buf_done(&text);
    }
    assert_non_null(conf);
    conf_errors_done(&errors);
    struct reconf *r = reconf_begin(t->model, conf);
    conf_unref(conf);
    while (reconf_step(r, 10, twin_now())) {
    }
    t->yaml = yaml;
}

/* Everything but auth; on what the disk has. */
static inline void twin_start(struct twin *t)
{
    struct err e = {0};
    t->loop = loop_new("main");
    assert_int_equal(store_open(t->path, "vigie-sim", t->loop, twin_migrations, &t->store, &e), 0);
    t->model = model_new();
    twin_apply(t, t->yaml);
    assert_int_equal(recorder_restore(t->store, t->model, twin_now(), &e), 0);
    assert_int_equal(outbox_recover(t->store, &e), 0);
    t->recorder = recorder_new(t->loop, t->store, t->model, "node1");
    t->httpc = httpc_new(t->loop);
    t->spawner = spawner_new(t->loop, NULL, 4);
    t->env = (struct channel_env){t->loop, t->httpc, t->spawner, twin_conf_now, t, "sim"};
    t->dispatcher = dispatcher_new(&t->env, t->store);
    struct notify_env env = {.loop = t->loop, .store = t->store, .model = t->model, .dispatcher = t->dispatcher,
                             .node = "node1", .machine_name = "sim"};
    t->notify = notify_new(&env);
}

static inline void twin_start_auth(struct twin *t)
{
    struct err e = {0};
    t->workers = work_pool_new("workers", 4, 100);
    t->auth = auth_new(t->loop, t->store, t->workers, &e);
    assert_non_null(t->auth);
    t->auth->cost_log2 = 4; /* here time is dear */
}

/* A clean end. */
static inline void twin_stop(struct twin *t)
{
    t->auth = auth_free(t->auth);
    t->notify = notify_free(t->notify);
    t->dispatcher = dispatcher_free(t->dispatcher);
    t->recorder = recorder_free(t->recorder);
    t->model = model_free(t->model);
    t->httpc = httpc_free(t->httpc);
    t->spawner = spawner_free(t->spawner);
    t->workers = work_pool_free(t->workers);
    t->store = store_close(t->store);
    sim_run_for(1);
    t->loop = loop_free(t->loop);
}

/* kill -9, or a power cut; and up again. */
static inline void twin_crash(struct twin *t, bool power)
{
    sim_crash(power);
    t->auth = auth_free(t->auth); /* nothing keeps it reachable; its loop, store and workers it leaves alone */
    twin_start(t);
}

static inline struct twin *twin_new(const char *yaml, uint64_t seed)
{
    struct twin *t = NEW(struct twin);
    static int lines; /* of the log, which is not shown */
    log_set(twin_quiet_log, &lines, LOG_DEBUG);
    str_copy(t->dir, sizeof(t->dir), "/tmp/vigie-twin-XXXXXX");
    assert_non_null(mkdtemp(t->dir));
    str_print(t->path, sizeof(t->path), "%s/t.db", t->dir);
    t->yaml = yaml;
    sim_init(seed);
    sim_root(t->dir);
    twin_start(t);
    return t;
}

static inline void twin_free(struct twin *t)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    char name[128];
    if (t->loop)
        twin_stop(t);
    assert_int_equal(sim_objects(), 0);
    sim_done();
    for (size_t i = 0; i < COUNT(ends); i++) {
        str_print(name, sizeof(name), "%s%s", t->path, ends[i]);
        unlink(name);
    }
    assert_int_equal(rmdir(t->dir), 0);
    mem_free(t);
}

static inline struct item *twin_item(struct twin *t, const char *id)
{
    char host[200];
    const char *slash = strchr(id, '/');
    str_copyn(host, sizeof(host), id, slash ? (size_t)(slash - id) : strlen(id));
    struct item *it = model_find(t->model, host, slash ? slash + 1 : NULL);
    assert_non_null(it);
    return it;
}

static inline void twin_result(struct twin *t, const char *id, enum state state, const char *text)
{
    struct item *it = twin_item(t, id);
    struct result r = {.state = state, .text = text, .at_ms = clock_wall_ms(), .answered = !it->is_host || state == STATE_OK};
    sink_item(t->model, it, &r, twin_now());
    model_tick(t->model, twin_now());
}

static inline void twin_answer(void *arg, int code, const struct store_rows *r, const struct err *e)
{
    struct twin *t = arg;
    t->answered = true;
    t->code = code;
    memset(t->text, 0, sizeof(t->text));
    memset(t->n, 0, sizeof(t->n));
    for (int i = 0; code == 0 && r->n_rows > 0 && i < r->n_columns; i++) {
        if (i < (int)COUNT(t->text) && store_cell_text(r, 0, i))
            str_copy(t->text[i], sizeof(t->text[i]), store_cell_text(r, 0, i));
        if (i < (int)COUNT(t->n))
            t->n[i] = store_cell_int(r, 0, i);
    }
}

/* First column of the first row, as a number. */
static inline int64_t twin_ask(struct twin *t, const struct store_stmt *q)
{
    t->answered = false;
    store_read(t->store, q, NULL, 0, 10, twin_answer, t);
    assert_true(sim_run_flag(&t->answered, 60000));
    assert_int_equal(t->code, 0);
    return t->n[0];
}

static inline void twin_flushed(void *arg, int code, const struct err *e)
{
    struct twin *t = arg;
    t->answered = true;
    t->code = code;
    t->err = e ? *e : (struct err){0};
}

static inline int twin_flush(struct twin *t)
{
    t->answered = false;
    recorder_flush(t->recorder, twin_flushed, t);
    assert_true(sim_run_flag(&t->answered, 60000));
    return t->code;
}

static inline int twin_command(struct twin *t, struct command c, int64_t *ret_id)
{
    struct err e = {0};
    c.author = c.author ? c.author : "anna";
    return model_command(t->model, &c, twin_now(), ret_id, &e);
}

static inline uint64_t twin_commits(struct twin *t)
{
    struct store_health h;
    store_get_health(t->store, &h);
    return h.commits;
}

#endif
