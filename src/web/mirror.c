/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mirror.c: when each mirror is due, and what came of it. */
#include "web/mirror.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "io/file.h"
#include "web/mirror_int.h"
#include <string.h>

enum { OUTPUT_BYTES = 4096, SAID_BYTES = 300 };

struct mirrors {
    struct house *h;
    struct mirror *list; /* by the order of the configuration */
    bool stopped;
};

/* ---- one try, and what follows ---- */

static int64_t wait_after(int failures)
{
    int64_t wait = MIRROR_RETRY_MS;
    for (int i = 1; i < failures && wait < MIRROR_RETRY_MOST_MS; i++)
        wait *= 2;
    return wait < MIRROR_RETRY_MOST_MS ? wait : MIRROR_RETRY_MOST_MS;
}

static struct mirror *mirror_free(struct mirror *m)
{
    timer_clear(&m->due);
    if (m->job)
        spawn_cancel(m->job);
    mem_free(m->name);
    mem_free(m->place);
    mem_free(m->branch);
    mem_free(m->url);
    mem_free(m->dir);
    return mem_free(m);
}

static void log_end(const struct mirror *m, bool was_failing)
{
    struct buf b = BUF_MAX(1000);
    if (m->failures == 1) {
        msg_render(&b, m->err.text, "en");
        log_line(LOG_WARN, "mirror %s: %s", m->name, buf_text(&b));
    } else if (!m->failures && was_failing) {
        log_line(LOG_INFO, "mirror %s: it works again", m->name);
    }
    buf_done(&b);
}

static void ended(struct mirror *m, int code, const struct err *e)
{
    bool was_failing = m->failures > 0;
    m->running = false;
    if (m->gone) {
        mirror_free(m);
        return;
    }
    m->tried_ms = clock_wall_ms();
    m->took_us = clock_mono_us() - m->began_us;
    m->failures = code < 0 ? m->failures + 1 : 0;
    if (code < 0) {
        m->err = *e;
        m->failing_since_ms = was_failing ? m->failing_since_ms : m->tried_ms;
    } else {
        m->err = (struct err){0};
        m->good_ms = m->tried_ms;
        m->failing_since_ms = 0;
    }
    log_end(m, was_failing);
    timer_set(&m->due, m->failures ? wait_after(m->failures) : m->again ? MIRROR_SETTLE_MS : m->every_ms);
    m->again = false;
}

/* ---- programs ---- */

static void next_program(struct mirror *m);

/* The last line that a program complained with: what is wrong mostly stands there. */
static void said(const struct spawn_reply *r, char out[SAID_BYTES])
{
    struct str rest = str_of(r->errout && r->errout_bytes ? r->errout : r->out), line, last = {0};
    while (str_next(&rest, "\r\n", &line))
        if (str_trim(line).n)
            last = str_trim(line);
    str_copyn(out, SAID_BYTES, last.p ? last.p : "", last.n < SAID_BYTES ? last.n : SAID_BYTES - 1);
    for (char *p = out; *p; p++)
        *p = (unsigned char)*p < ' ' ? ' ' : *p;
}

static void program_ended(void *arg, const struct spawn_reply *r)
{
    struct mirror *m = arg;
    struct mirror_program p;
    struct buf scratch = BUF_MAX(8192);
    struct err e = {0};
    char text[SAID_BYTES];
    m->job = NULL;
    bool failed = r->code < 0 || r->exit_status != 0;
    mirror_program(m, m->step, &p, &scratch);
    said(r, text);
    if (!failed || (p.may_fail && r->code == 0)) {
        m->step = failed ? p.on_failure : m->step + 1;
        next_program(m);
    } else if (r->code < 0) {
        ended(m, r->code, &r->err);
    } else {
        err_set(&e, ERR_IO, MSG("{1} came back with {2}: {3}"), "sis", p.argv[0], (int64_t)r->exit_status, text[0] ? text : "-");
        ended(m, ERR_IO, &e);
    }
    buf_done(&scratch);
}

static void next_program(struct mirror *m)
{
    struct mirror_program p;
    struct buf scratch = BUF_MAX(8192), home = BUF_MAX(4096);
    const char *env[8];
    int n = 0;
    if (!mirror_program(m, m->step, &p, &scratch)) {
        ended(m, 0, NULL);
        return;
    }
    buf_printf(&home, "HOME=%s", file_env("HOME") ? file_env("HOME") : "/");
    env[n++] = buf_text(&home);
    for (int i = 0; mirror_env[i] && n < 7; i++)
        env[n++] = mirror_env[i];
    env[n] = NULL;
    struct spawn_request rq = {.argv = p.argv, .env = env, .timeout_ms = MIRROR_PROGRAM_MS, .max_output = OUTPUT_BYTES};
    m->job = spawn_run(m->of->h->spawner, &rq, program_ended, m);
    buf_done(&scratch);
    buf_done(&home);
}

/* ---- the export ---- */

static void exported(void *arg, const struct house_export_result *r)
{
    struct mirror *m = arg;
    m->files = r->files;
    if (m->gone || r->code < 0 || m->kind == MIRROR_DIRECTORY) {
        ended(m, r->code, &r->err);
        return;
    }
    m->step = 0;
    next_program(m);
}

static void start(void *arg)
{
    struct mirror *m = arg;
    struct house *h = m->of->h;
    struct err e = {0};
    if (m->running)
        return;
    m->running = true;
    m->again = false;
    m->began_us = clock_mono_us();
    /* The next one is due in every_ms; what it takes to bring it there, and a try that failed, are not yet late. */
    struct house_export_ask ask = {.dir = m->dir, .base = m->url, .every_ms = 2 * m->every_ms};
    int r = !h->spawner && m->kind != MIRROR_DIRECTORY ? err_set(&e, ERR_UNSUPPORTED, MSG("no programs are run here"), "")
            : h->export_site                           ? h->export_site(h->site, &ask, exported, m, &e)
                                                       : err_set(&e, ERR_UNSUPPORTED, MSG("there are no pages here"), "");
    if (r < 0)
        ended(m, r, &e);
}

/* ---- from the configuration ---- */

static struct mirror *mirror_new(struct mirrors *ms, const struct conf_mirror *c)
{
    struct mirror *m = NEW(struct mirror);
    struct buf dir = BUF_MAX(4096);
    m->of = ms;
    m->kind = c->directory ? MIRROR_DIRECTORY : c->rsync ? MIRROR_RSYNC : MIRROR_GIT;
    m->name = mem_dup(c->name);
    m->place = mem_dup(c->directory ? c->directory : c->rsync ? c->rsync : c->git);
    m->branch = mem_dup(c->branch);
    m->url = c->url ? mem_dup(c->url) : NULL;
    m->every_ms = c->every_ms;
    m->print = c->print;
    buf_printf(&dir, "%s/mirrors/%s", ms->h->data_dir, c->name);
    m->dir = c->directory ? mem_dup(c->directory) : mem_dup(buf_text(&dir));
    buf_done(&dir);
    timer_init(&m->due, ms->h->loop, start, m);
    timer_set(&m->due, MIRROR_FIRST_MS);
    return m;
}

/* An export that is under way comes back to it: then it goes. */
static void let_go(struct mirror *m)
{
    timer_clear(&m->due);
    if (m->job) {
        spawn_cancel(m->job);
        m->job = NULL;
        m->running = false;
    }
    m->gone = true;
    if (!m->running)
        mirror_free(m);
}

static struct mirror *take(struct mirror **list, const char *name, uint64_t print)
{
    for (struct mirror **at = list; *at; at = &(*at)->next)
        if (str_eq((*at)->name, name) && (*at)->print == print) {
            struct mirror *m = *at;
            *at = m->next;
            return m;
        }
    return NULL;
}

void mirrors_reconf(struct mirrors *ms)
{
    const struct conf *c = model_conf(ms->h->model);
    struct mirror *old = ms->list, **end = &ms->list, *next;
    const char *name;
    void *at;
    ms->list = NULL;
    for (size_t i = 0; c && map_each(&c->mirror_by_name, &i, &name, &at);) {
        const struct conf_mirror *cm = at;
        struct mirror *m = take(&old, name, cm->print);
        m = m ? m : mirror_new(ms, cm);
        m->next = NULL;
        *end = m;
        end = &m->next;
    }
    for (; old; old = next) {
        next = old->next;
        let_go(old);
    }
    mirrors_changed(ms);
}

/* A mirror that fails keeps to its time: a shower of changes shall not be a shower of tries. */
void mirrors_changed(struct mirrors *ms)
{
    for (struct mirror *m = ms ? ms->list : NULL; m; m = m->next) {
        if (m->running || m->failures || !m->good_ms || m->again) {
            m->again = true; /* of a running one: once more; else it is due soon anyhow */
            continue;
        }
        m->again = true;
        timer_set(&m->due, MIRROR_SETTLE_MS);
    }
}

/* ---- what is asked ---- */

static void put_mirror(const struct mirror *m, struct doc *o)
{
    static const char *const kinds[] = {[MIRROR_DIRECTORY] = "directory", [MIRROR_RSYNC] = "rsync", [MIRROR_GIT] = "git"};
    doc_put_text(o, "name", m->name);
    doc_put_text(o, "kind", kinds[m->kind]);
    doc_put_text(o, "place", m->place);
    doc_put_text(o, "state", m->failures ? "failing" : m->running && !m->good_ms ? "running" : m->good_ms ? "ok" : "pending");
    doc_put_time(o, "good", m->good_ms);
    doc_put_time(o, "tried", m->tried_ms);
    doc_put_int(o, "files", m->files);
    doc_put_int(o, "took_ms", m->took_us / 1000);
    if (!m->failures)
        return;
    doc_put_int(o, "failures", m->failures);
    doc_put_time(o, "failing_since", m->failing_since_ms);
    doc_put_msg(o, "why", m->err.text);
}

static void mirrors_list(void *arg, struct doc *list, int *ret_failing)
{
    struct mirrors *ms = arg;
    int failing = 0;
    for (const struct mirror *m = ms->list; m; m = m->next) {
        failing += m->failures > 0;
        if (list)
            put_mirror(m, doc_push_object(list));
    }
    if (ret_failing)
        *ret_failing = failing;
}

static int mirrors_push(void *arg, const char *name, struct err *e)
{
    struct mirrors *ms = arg;
    bool any = !name;
    for (struct mirror *m = ms->list; m; m = m->next) {
        if (name && !str_eq(m->name, name))
            continue;
        any = true;
        m->again = m->running;
        if (!m->running)
            timer_set(&m->due, 0);
    }
    return any ? 0 : err_field(e, ERR_NOT_FOUND, "name", MSG("there is no mirror “{1}”"), "s", name);
}

struct mirrors *mirrors_new(struct house *h)
{
    struct mirrors *ms = NEW(struct mirrors);
    ms->h = h;
    h->mirrors = mirrors_list;
    h->mirror_push = mirrors_push;
    h->mirror_house = ms;
    mirrors_reconf(ms);
    return ms;
}

struct mirrors *mirrors_free(struct mirrors *ms)
{
    struct mirror *next;
    if (!ms)
        return NULL;
    ms->h->mirrors = NULL;
    ms->h->mirror_push = NULL;
    for (struct mirror *m = ms->list; m; m = next) {
        next = m->next;
        mirror_free(m); /* exports call nobody any more: the site stops with us */
    }
    return mem_free(ms);
}
