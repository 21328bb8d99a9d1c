/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_inject.c: sim_http(): a request from outside, and the wait for what comes back. */
#include "io/sim/sim_int.h"

enum { WAIT_MS = 61000, MAX_BODY = 64 << 20 };

struct sim_tap {
    struct sim_exchange *x; /* NULL: closed */
};
/* The reply as the test sees it, and what we need to fill it. */
struct waiting {
    struct sim_reply r;
    struct sim_tap tap;
    struct sim_exchange *x;
    bool done;
};

static void on_answer(void *arg, int status, const char *type, const char *headers, const char *body, size_t n)
{
    struct waiting *w = arg;
    w->x = NULL;
    w->r.status = status;
    w->r.type = mem_dup(type);
    w->r.headers = mem_dup(headers);
    buf_add(&w->r.body, body, n);
    w->done = true;
}

static void on_stream(void *arg)
{
    struct waiting *w = arg;
    w->r.status = 200;
    w->r.type = mem_dup("text/event-stream");
    w->r.headers = mem_dup("");
    w->tap.x = w->x;
    w->r.tap = &w->tap;
    w->done = true;
}

static void on_chunk(void *arg, const char *p, size_t n)
{
    struct waiting *w = arg;
    buf_add(&w->r.body, p, n);
}

static void on_close(void *arg)
{
    struct waiting *w = arg;
    w->x = w->tap.x = NULL;
    w->done = true;
}

static const struct sim_exchange_events events = {on_answer, on_stream, on_chunk, on_close};

struct sim_reply *sim_http(const struct sim_request *rq)
{
    struct waiting *w = NEW(struct waiting);
    w->r.body = BUF_MAX(MAX_BODY);
    w->x = sim_exchange_start(rq, NULL, &events, w);
    if (w->x && !sim_run_flag(&w->done, WAIT_MS)) {
        sim_exchange_drop(w->x);
        w->x = NULL;
    }
    if (!w->r.type)
        w->r.type = mem_dup("");
    if (!w->r.headers)
        w->r.headers = mem_dup("");
    return &w->r;
}

bool sim_reply_header(const struct sim_reply *r, const char *name, char *out, size_t n)
{
    struct str rest = str_of(r->headers), line;
    size_t len = strlen(name);
    while (str_next(&rest, "\n", &line)) {
        if (line.n <= len || line.p[len] != ':' || strncasecmp(line.p, name, len) != 0)
            continue;
        struct str value = str_trim((struct str){line.p + len + 1, line.n - len - 1});
        str_copyn(out, n, value.p, value.n);
        return true;
    }
    return false;
}

/* After sim_crash() a stream's far end is gone: then nothing may be told to it. */
struct sim_reply *sim_reply_free(struct sim_reply *r)
{
    if (!r)
        return NULL;
    struct waiting *w = CONTAINER(r, struct waiting, r);
    bool alive = false;
    if (w->tap.x && sim_alive()) {
        for (struct sim_obj *o = sim_obj_first(SIM_OBJ_EXCHANGE); o && !alive; o = sim_obj_after(o))
            alive = sim_exchange_is(o, w->tap.x);
    }
    if (alive)
        sim_exchange_drop(w->tap.x);
    mem_free(r->type);
    mem_free(r->headers);
    buf_done(&r->body);
    mem_free(w);
    return NULL;
}

bool sim_tap_open(const struct sim_reply *r) { return r->tap && CONTAINER(r, struct waiting, r)->tap.x != NULL; }
