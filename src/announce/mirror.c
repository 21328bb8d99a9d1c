/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mirror.c: when each mirror is due, and what came of it. */
#include "announce/mirror_int.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "io/file.h"
#include <string.h>

enum { OUTPUT_BYTES = 4096, SAID_BYTES = 300 };

/* How a copy gets there. */
static const struct {
    const char *word;
    bool programs, requests;
} kinds[MIRROR_KINDS] = {[MIRROR_DIRECTORY] = {"directory", false, false}, [MIRROR_RSYNC] = {"rsync", true, false}, [MIRROR_GIT] = {"git", true, false}, [MIRROR_WEBDAV] = {"webdav", false, true}, [MIRROR_S3] = {"s3", false, true}};

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
    mirror_push_stop(m->push);
    mirror_far_forget(&m->far);
    look_stop(m);
    char *texts[] = {m->name, m->place, m->branch, m->url, m->dir, m->user, m->password, m->region, m->acl};
    for (size_t i = 0; i < COUNT(texts); i++)
        mem_free(texts[i]);
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

void mirror_ended(struct mirror *m, int code, const struct err *e)
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
        m->good_made_ms = m->made_ms;
        m->failing_since_ms = 0;
        look_soon(m);
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
        mirror_ended(m, r->code, &r->err);
    } else {
        err_set(&e, ERR_IO, MSG("{1} came back with {2}: {3}"), "sis", p.argv[0], (int64_t)r->exit_status, text[0] ? text : "-");
        mirror_ended(m, ERR_IO, &e);
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
        mirror_ended(m, 0, NULL);
        return;
    }
    buf_printf(&home, "HOME=%s", file_env("HOME") ? file_env("HOME") : "/");
    env[n++] = buf_text(&home);
    for (int i = 0; mirror_env[i] && n < 7; i++)
        env[n++] = mirror_env[i];
    env[n] = NULL;
    struct spawn_request rq = {.argv = p.argv, .env = env, .timeout_ms = MIRROR_PROGRAM_MS, .max_output = OUTPUT_BYTES};
    m->job = spawn_run(m->of->env.spawner, &rq, program_ended, m);
    buf_done(&scratch);
    buf_done(&home);
}

/* ---- the export ---- */

static void exported(void *arg, const struct export_result *r)
{
    struct mirror *m = arg;
    m->files = r->files;
    m->step = 0;
    if (m->gone || r->code < 0 || m->kind == MIRROR_DIRECTORY)
        mirror_ended(m, r->code, &r->err);
    else if (kinds[m->kind].requests)
        mirror_push_start(m);
    else
        next_program(m);
}

static int begin(struct mirror *m, struct err *e)
{
    const struct mirrors_env *env = &m->of->env;
    /* The next one is due in every_ms; what it takes to bring it there, and a try that failed, are not yet late. */
    struct export_ask ask = {.dir = m->dir, .base = m->url, .every_ms = 2 * m->every_ms};
    if (!env->spawner && kinds[m->kind].programs)
        return err_set(e, ERR_UNSUPPORTED, MSG("no programs are run here"), "");
    if (!env->egress && kinds[m->kind].requests)
        return err_set(e, ERR_UNSUPPORTED, MSG("no requests are made from here"), "");
    return env->export_site(env->arg, &ask, exported, m, e);
}

static void start(void *arg)
{
    struct mirror *m = arg;
    struct err e = {0};
    if (m->running || m->of->stopped)
        return;
    m->running = true;
    m->again = false;
    m->began_us = clock_mono_us();
    m->made_ms = clock_wall_ms();
    int r = begin(m, &e);
    if (r < 0)
        mirror_ended(m, r, &e);
}

/* ---- from the configuration ---- */

static char *dup(const char *text)
{
    return text ? mem_dup(text) : NULL;
}

static void place_of(struct mirror *m, const struct conf_mirror *c)
{
    const char *const places[MIRROR_KINDS] = {[MIRROR_DIRECTORY] = c->directory, [MIRROR_RSYNC] = c->rsync, [MIRROR_GIT] = c->git, [MIRROR_WEBDAV] = c->webdav, [MIRROR_S3] = c->s3};
    for (int k = 1; k < MIRROR_KINDS; k++)
        if (places[k] && !m->place) {
            m->kind = (enum mirror_kind)k;
            m->place = mem_dup(places[k]);
        }
}

static struct mirror *mirror_new(struct mirrors *ms, const struct conf_mirror *c)
{
    struct mirror *m = NEW(struct mirror);
    struct buf dir = BUF_MAX(4096);
    *m = (struct mirror){.of = ms, .name = mem_dup(c->name), .branch = dup(c->branch), .url = dup(c->url), .user = dup(c->user), .password = dup(c->password), .region = dup(c->region),
                         .acl = dup(c->acl), .every_ms = c->every_ms, .look_ms = c->look_ms, .grace_ms = c->grace_ms, .print = c->print};
    place_of(m, c);
    buf_printf(&dir, "%s/mirrors/%s", ms->env.data_dir, c->name);
    m->dir = m->kind == MIRROR_DIRECTORY ? mem_dup(m->place) : mem_dup(buf_text(&dir));
    buf_done(&dir);
    timer_init(&m->due, ms->env.loop, start, m);
    timer_set(&m->due, MIRROR_FIRST_MS);
    look_init(m);
    return m;
}

/* An export that is under way comes back to it: then it goes. */
static void let_go(struct mirror *m)
{
    timer_clear(&m->due);
    look_stop(m);
    if (m->job || m->push) {
        if (m->job)
            spawn_cancel(m->job);
        m->job = NULL;
        mirror_push_stop(m->push);
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

/* A mirror that fails keeps to its time: a shower of changes shall not be a shower of tries. */
static void changed(struct mirrors *ms)
{
    for (struct mirror *m = ms->stopped ? NULL : ms->list; m; m = m->next) {
        if (m->running || m->failures || !m->good_ms || m->again) {
            m->again = true; /* of a running one: once more; else it is due soon anyhow */
            continue;
        }
        m->again = true;
        timer_set(&m->due, MIRROR_SETTLE_MS);
    }
}

void mirrors_reconf(struct mirrors *ms)
{
    const struct conf *c = model_conf(ms->env.model);
    struct mirror *old = ms->list, **end = &ms->list, *next;
    const char *name;
    void *at;
    if (ms->stopped)
        return;
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
    changed(ms);
}

/* ---- what is asked ---- */

static void put_look(const struct mirror *m, struct doc *o)
{
    const struct mirror_look *l = &m->look;
    doc_put_text(o, "url", m->url);
    doc_put_text(o, "seen", sight_words[l->is]);
    if (!l->looked_ms)
        return;
    doc_put_time(o, "seen_at", l->looked_ms);
    doc_put_time(o, "seen_since", l->since_ms);
    if (l->is > SIGHT_OK)
        doc_put_msg(o, "seen_why", l->why.text);
}

static void put_mirror(const struct mirror *m, struct doc *o)
{
    doc_put_text(o, "name", m->name);
    doc_put_text(o, "kind", kinds[m->kind].word);
    doc_put_text(o, "place", m->place);
    doc_put_text(o, "state", m->failures ? "failing" : m->running && !m->good_ms ? "running" : m->good_ms ? "ok" : "pending");
    doc_put_time(o, "good", m->good_ms);
    doc_put_time(o, "tried", m->tried_ms);
    doc_put_int(o, "files", m->files);
    if (kinds[m->kind].requests) {
        doc_put_int(o, "sent", m->sent);
        doc_put_int(o, "sent_bytes", m->sent_bytes);
    }
    doc_put_int(o, "took_ms", m->took_us / 1000);
    if (m->url)
        put_look(m, o);
    if (!m->failures)
        return;
    doc_put_int(o, "failures", m->failures);
    doc_put_time(o, "failing_since", m->failing_since_ms);
    doc_put_msg(o, "why", m->err.text);
}

void mirrors_list(struct mirrors *ms, struct doc *list, struct mirrors_count *ret)
{
    *ret = (struct mirrors_count){0};
    for (const struct mirror *m = ms->list; m; m = m->next) {
        ret->failing += m->failures > 0;
        ret->unwell += m->look.is > SIGHT_OK;
        ret->troubled += m->failures || m->look.is > SIGHT_OK;
        if (list)
            put_mirror(m, doc_push_object(list));
    }
}

int mirrors_push(struct mirrors *ms, const char *name, struct err *e)
{
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

/* ---- life ---- */

static void on_board(void *arg, const struct board_event *e)
{
    (void)e;
    changed(arg);
}

static void on_event(void *arg, const struct event *e)
{
    if (e->kind != EVENT_RESULT && e->kind != EVENT_RECHECK)
        changed(arg);
}

struct mirrors *mirrors_new(const struct mirrors_env *env, struct err *e)
{
    struct mirrors *ms = NEW(struct mirrors);
    ms->env = *env;
    if (mirror_told_restore(ms, e))
        return mirrors_free(ms);
    mirrors_reconf(ms);
    board_listen(env->board, on_board, ms);
    model_listen(env->model, on_event, ms);
    return ms;
}

/* Exports call nobody any more: the site stops with us. */
void mirrors_stop(struct mirrors *ms)
{
    struct mirror *next;
    if (!ms)
        return;
    ms->stopped = true;
    for (struct mirror *m = ms->list; m; m = next) {
        next = m->next;
        mirror_free(m);
    }
    ms->list = NULL;
}

struct mirrors *mirrors_free(struct mirrors *ms)
{
    if (!ms)
        return NULL;
    mirrors_stop(ms);
    mirror_told_done(ms);
    return mem_free(ms);
}
