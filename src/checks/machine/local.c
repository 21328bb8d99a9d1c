/* SPDX-License-Identifier: GPL-3.0-or-later */
/* local.c: jobs on workers for the local machine's probes. */
#include "checks/machine/local.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <string.h>

enum { MAX_LINE = 8000 };

struct local_job {
    struct attempt *real; /* NULL once nobody waits any more */
    struct attempt *own;  /* the worker's */
    void (*look)(struct attempt *own);
    void (*then)(struct attempt *a); /* may be NULL */
};

static void run(void *arg)
{
    struct local_job *job = arg;

    job->look(job->own);
}

static struct local_job *job_free(struct local_job *job)
{
    mem_free(job->own->memory);
    attempt_free(job->own);
    return mem_free(job);
}

static void move_buf(struct buf *to, struct buf *from)
{
    struct buf was = *to;

    *to = *from;
    *from = was;
}

static void done(void *arg)
{
    struct local_job *job = arg;
    struct attempt *a = job->real, *own = job->own;
    void (*then)(struct attempt *a);

    if (a) {
        a->state = own->state;
        a->answered = a->answered || own->state != STATE_PENDING;
        move_buf(&a->text, &own->text);
        move_buf(&a->more, &own->more);
        move_buf(&a->perf, &own->perf);
        if (a->memory && own->memory)
            memcpy(a->memory, own->memory, a->probe->memory_bytes);
        a->local = NULL;
    }
    then = job->then;
    job_free(job);
    if (a && then && a->state == STATE_PENDING)
        then(a);
    else if (a)
        attempt_done(a);
}

static void drop(void *arg) { job_free(arg); }

void local_start(struct attempt *a, void (*look)(struct attempt *own))
{
    local_then(a, look, NULL);
}

void local_then(struct attempt *a, void (*look)(struct attempt *own), void (*then)(struct attempt *a))
{
    struct local_job *job = NEW(struct local_job);

    job->real = a;
    job->look = look;
    job->then = then;
    job->own = attempt_new(a->probe, a->opts, a->conf, a->host, a->check, a->address, a->family, a->timeout_ms);
    /* The worker may still look when the real attempt, and its options with it, is gone. */
    if (a->opts)
        job->own->opts = memcpy(arena_alloc(job->own->arena, a->probe->kind.opts_bytes), a->opts, a->probe->kind.opts_bytes);
    job->own->at_ms = a->at_ms;
    job->own->started_us = a->started_us;
    if (a->memory) {
        job->own->memory = mem_alloc(a->probe->memory_bytes);
        memcpy(job->own->memory, a->memory, a->probe->memory_bytes);
    }
    a->local = job;
    if (work_give(a->env->workers, a->env->loop, run, done, drop, job) == 0)
        return;
    a->local = NULL;
    job_free(job);
    attempt_say(a, STATE_UNKNOWN, MSG("too many looks at this machine hang already ({1})"), "i",
                (int64_t)work_stuck(a->env->workers));
    attempt_done(a);
}

void local_stop(struct attempt *a)
{
    struct local_job *job = a->local;

    if (job)
        job->real = NULL;
    a->local = NULL;
}

void local_fs_late(struct attempt *a)
{
    attempt_say(a, STATE_CRITICAL, MSG("a file system hangs: no answer within {1}"), "l", a->timeout_ms * 1000);
}

bool local_read(struct attempt *own, const char *path, struct buf *out)
{
    struct err e = {0};
    int code = machine_read(path, out, &e);

    if (code == 0)
        return true;
    buf_done(out);
    attempt_fail(own, code, &e);
    own->state = STATE_UNKNOWN;
    return false;
}

void local_strange(struct attempt *own, const char *path)
{
    attempt_say(own, STATE_UNKNOWN, MSG("{1} is not as it should be"), "s", path);
}

bool local_word(struct str *rest, struct str *ret_word)
{
    size_t n = 0;

    while (rest->n && (*rest->p == ' ' || *rest->p == '\t')) {
        rest->p++;
        rest->n--;
    }
    while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t' && rest->p[n] != '\n')
        n++;
    *ret_word = (struct str){rest->p, n};
    rest->p += n;
    rest->n -= n;
    return n > 0;
}

bool local_is_number(struct str word) { return word.n && word.p[0] >= '0' && word.p[0] <= '9'; }

int64_t local_number(struct str digits)
{
    int64_t v = 0;

    for (size_t i = 0; i < digits.n && digits.p[i] >= '0' && digits.p[i] <= '9'; i++) {
        if (v > (INT64_MAX - 9) / 10)
            return INT64_MAX;
        v = v * 10 + (digits.p[i] - '0');
    }
    return v;
}

void local_line(struct attempt *own, const char *fmt, ...)
{
    struct buf line = BUF_MAX(MAX_LINE);
    va_list ap;

    va_start(ap, fmt);
    buf_vprintf(&line, fmt, ap);
    va_end(ap);
    if (own->more.len)
        buf_char(&own->more, '\n');
    utf8_clean(&own->more, buf_text(&line), line.len, UTF8_ONE_LINE, MAX_LINE);
    buf_done(&line);
}

bool local_listed(const struct conf_texts *globs, const char *name)
{
    for (int i = 0; i < globs->n; i++)
        if (str_glob(globs->at[i], name))
            return true;
    return false;
}

int64_t local_meminfo(const struct buf *text, const char *key)
{
    struct str rest = {buf_text(text), text->len}, line, name, value;

    while (str_next(&rest, "\n", &line)) {
        if (!local_word(&line, &name) || name.n == 0 || name.p[name.n - 1] != ':')
            continue;
        name.n--;
        if (str_is(name, key) && local_word(&line, &value)) {
            int64_t kib = local_number(value);

            return kib > INT64_MAX / 1024 ? INT64_MAX : kib * 1024;
        }
    }
    return -1;
}
