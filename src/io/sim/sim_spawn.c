/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_spawn.c: programs of the simulated world and the spawner's twin that "runs" them.
 * A program is a row of a table: what it prints, how it ends, how long it takes. */
#include "io/sim/sim_int.h"
#include "io/spawn.h"

enum { SPAWNER_MAGIC = 0x59a30001, MAX_WAITING = 10000 };

/* ---- the script's side ---- */

static struct sim_prog *prog_at(const char *pattern)
{
    struct sim_world *w = sim_world();
    for (size_t i = 0; i < w->programs.n; i++) {
        if (str_eq(w->programs.at[i].pattern, pattern))
            return &w->programs.at[i];
    }
    return NULL;
}

static void prog_clear(struct sim_prog *p)
{
    mem_free((char *)p->p.out);
    mem_free((char *)p->p.errout);
    p->p = (struct sim_program){0};
}

void sim_program(const char *pattern, const struct sim_program *p)
{
    struct sim_world *w = sim_world();
    struct sim_prog *at = prog_at(pattern);
    if (!at) {
        VEC_PUSH(&w->programs, ((struct sim_prog){.pattern = mem_dup(pattern)}));
        at = &w->programs.at[w->programs.n - 1];
    }
    prog_clear(at);
    if (!p) {
        at->p.fails = ERR_NOT_FOUND;
        return;
    }
    at->p = *p;
    at->p.out = mem_dup(p->out);
    at->p.errout = mem_dup(p->errout);
}

int sim_program_runs(const char *pattern)
{
    const struct sim_prog *p = prog_at(pattern);
    return p ? p->runs : 0;
}

const char *sim_program_last(const char *pattern)
{
    const struct sim_prog *p = prog_at(pattern);
    return p && p->last ? p->last : "";
}

const char *sim_program_input(const char *pattern)
{
    const struct sim_prog *p = prog_at(pattern);
    return p && p->input ? p->input : "";
}

void sim_programs_done(struct sim_world *w)
{
    for (size_t i = 0; i < w->programs.n; i++) {
        struct sim_prog *p = &w->programs.at[i];
        prog_clear(p);
        mem_free(p->pattern);
        mem_free(p->last);
        mem_free(p->input);
    }
    VEC_DONE(&w->programs);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool prog_fits(const struct sim_prog *p, const char *argv0, const char *line)
{
    return str_eq(p->pattern, argv0) || str_eq(p->pattern, base_name(argv0)) || str_glob(p->pattern, line);
}

/* A shell's command counts as the program it begins with. */
static struct sim_prog *prog_find(const char *const *argv, const char *line)
{
    struct sim_world *w = sim_world();
    char word[512] = "";
    bool shell = str_eq(base_name(argv[0]), "sh") && str_eq(argv[1], "-c") && argv[2];
    if (shell)
        str_copyn(word, sizeof(word), argv[2], strcspn(argv[2], " "));
    for (size_t i = w->programs.n; i-- > 0;) {
        struct sim_prog *p = &w->programs.at[i];
        if (prog_fits(p, argv[0], line) || (shell && prog_fits(p, word, argv[2])))
            return p;
    }
    return NULL;
}

/* ---- the twin ---- */

struct spawner {
    unsigned magic;
    struct sim_obj obj;
    struct loop *loop;
    int max_running, running, waiting;
    struct spawn_job *jobs, **last; /* in the order of asking */
};
struct spawn_job {
    struct spawn_job *next;
    struct sim_obj obj;
    struct spawner *owner;
    struct sim_event ev;
    spawn_fn *fn;
    void *arg;
    char *line, *input;
    const char **argv;
    size_t input_bytes, max_output;
    int64_t timeout_ms;
    bool started;
    int code; /* how it will end, once started */
    struct sim_program p;
    char *out, *errout;
    int64_t takes_us;
};

struct spawner *spawner_new(struct loop *l, const char *path, int max_running)
{
    struct spawner *s = NEW(struct spawner);
    s->magic = SPAWNER_MAGIC;
    s->loop = l;
    s->max_running = max_running > 0 ? max_running : 1;
    s->last = &s->jobs;
    sim_obj_add(&s->obj, SIM_OBJ_SPAWNER);
    return s;
}

static void job_unlink(struct spawn_job *job)
{
    struct spawner *s = job->owner;
    struct spawn_job **at = &s->jobs;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    if (s->last == &job->next)
        s->last = at;
    if (job->started)
        s->running--;
    else
        s->waiting--;
    sim_event_clear(&job->ev);
    sim_obj_remove(&job->obj);
}

static void job_free(struct spawn_job *job)
{
    for (size_t i = 0; job->argv[i]; i++)
        mem_free((char *)job->argv[i]);
    mem_free(job->argv);
    mem_free(job->line);
    mem_free(job->input);
    mem_free(job->out);
    mem_free(job->errout);
    mem_free(job);
}

struct spawner *spawner_free(struct spawner *s)
{
    if (!s)
        return NULL;
    CHECK_OBJ(s, SPAWNER_MAGIC);
    while (s->jobs) {
        struct spawn_job *job = s->jobs;
        job_unlink(job);
        job_free(job);
    }
    sim_obj_remove(&s->obj);
    s->magic = 0;
    return mem_free(s);
}

/* ---- one program ---- */

static int send_mail(struct spawn_job *job)
{
    enum sim_mail_mode mode = sim_world()->mail_mode;
    if (mode == SIM_MAIL_OK || mode == SIM_MAIL_DOUBT)
        sim_mail_caught("", NULL, job->input ? job->input : "", job->input_bytes);
    return mode == SIM_MAIL_OK ? 0 : 75; /* EX_TEMPFAIL */
}

/* What will come of it is settled when it starts. */
static void settle(struct spawn_job *job)
{
    struct sim_prog *p = prog_find(job->argv, job->line);
    if (!p && str_eq(base_name(job->argv[0]), "sendmail")) {
        job->p.exit_status = send_mail(job);
        return;
    }
    if (!p) {
        job->code = ERR_NOT_FOUND;
        return;
    }
    p->runs++;
    sim_text_set(&p->last, job->line);
    sim_text_set(&p->input, job->input);
    job->p = p->p;
    job->out = mem_dup(p->p.out);
    job->errout = mem_dup(p->p.errout);
    job->code = p->p.fails;
}

static void start(struct spawn_job *job)
{
    struct spawner *s = job->owner;
    job->started = true;
    s->waiting--;
    s->running++;
    settle(job);
    job->takes_us = job->p.takes_ms > 0 ? job->p.takes_ms * 1000 : 1000;
    if (job->takes_us > job->timeout_ms * 1000 && job->code == 0) {
        job->code = ERR_TIMEOUT;
        job->takes_us = job->timeout_ms * 1000;
    }
    sim_event_in(&job->ev, job->takes_us);
}

static void start_next(struct spawner *s)
{
    for (struct spawn_job *job = s->jobs; job && s->running < s->max_running && s->waiting > 0; job = job->next) {
        if (!job->started && !heap_has(&job->ev.node))
            start(job);
    }
}

static size_t cut(const char *text, size_t max)
{
    size_t n = text ? strlen(text) : 0;
    return n < max ? n : max;
}

static void explain(const struct spawn_job *job, struct spawn_reply *r)
{
    if (r->code == ERR_NOT_FOUND)
        err_set(&r->err, r->code, "{1}: there is no such program", "s", job->argv[0]);
    else if (r->code == ERR_DENIED)
        err_set(&r->err, r->code, "{1} cannot be executed: permission denied", "s", job->argv[0]);
    else if (r->code == ERR_TIMEOUT)
        err_set(&r->err, r->code, "{1} did not end within {2}", "sd", job->argv[0], job->timeout_ms);
    else if (r->code == ERR_RESET)
        err_set(&r->err, r->code, "{1} was lost: the process that runs programs ended", "s", job->argv[0]);
    else if (r->code == ERR_LIMIT)
        err_set(&r->err, r->code, "{1} was not run: too many programs run already", "s", job->argv[0]);
}

static void tell(void *arg)
{
    struct spawn_job *job = arg;
    struct spawner *s = job->owner;
    bool ran = job->code == 0 || job->code == ERR_TIMEOUT;
    struct spawn_reply r = {.code = job->code, .took_us = job->takes_us, .cpu_us = job->p.cpu_us, .out = "", .errout = ""};
    char *out = mem_dupn(job->out ? job->out : "", ran ? cut(job->out, job->max_output) : 0);
    char *errout = mem_dupn(job->errout ? job->errout : "", ran ? cut(job->errout, job->max_output) : 0);
    r.out = out;
    r.out_bytes = strlen(out);
    r.errout = errout;
    r.errout_bytes = strlen(errout);
    r.term_signal = job->code == ERR_TIMEOUT ? 15 : job->p.term_signal;
    r.exit_status = r.term_signal || job->code ? -1 : job->p.exit_status;
    explain(job, &r);
    job_unlink(job);
    start_next(s);
    job->fn(job->arg, &r);
    mem_free(out);
    mem_free(errout);
    job_free(job);
}

/* ---- asking ---- */

static void copy_argv(struct spawn_job *job, const char *const *argv)
{
    struct buf line = BUF_MAX(1 << 20);
    size_t n = 0;
    while (argv[n])
        n++;
    job->argv = mem_array(n + 1, sizeof(char *));
    for (size_t i = 0; i < n; i++) {
        job->argv[i] = mem_dup(argv[i]);
        if (i)
            buf_char(&line, ' ');
        buf_str(&line, argv[i]);
    }
    job->line = buf_take(&line);
}

struct spawn_job *spawn_run(struct spawner *s, const struct spawn_request *rq, spawn_fn *fn, void *arg)
{
    CHECK_OBJ(s, SPAWNER_MAGIC);
    struct spawn_job *job = NEW(struct spawn_job);
    job->owner = s;
    job->fn = fn;
    job->arg = arg;
    job->timeout_ms = rq->timeout_ms;
    job->max_output = rq->max_output;
    job->input_bytes = rq->input ? rq->input_bytes : 0;
    job->input = rq->input ? mem_dupn(rq->input, rq->input_bytes) : NULL;
    copy_argv(job, rq->argv);
    *s->last = job;
    s->last = &job->next;
    sim_obj_add(&job->obj, SIM_OBJ_SPAWN_JOB);
    sim_event_init(&job->ev, s->loop, tell, job);
    if (++s->waiting > MAX_WAITING) {
        job->code = ERR_LIMIT;
        sim_event_in(&job->ev, 0);
    } else {
        start_next(s);
    }
    return job;
}

void spawn_cancel(struct spawn_job *job)
{
    if (!job)
        return;
    struct spawner *s = job->owner;
    job_unlink(job);
    job_free(job);
    start_next(s);
}

void sim_spawner_die(void)
{
    for (struct sim_obj *o = sim_obj_first(SIM_OBJ_SPAWN_JOB); o; o = sim_obj_after(o)) {
        struct spawn_job *job = CONTAINER(o, struct spawn_job, obj);
        if (!job->started)
            continue;
        job->code = ERR_RESET;
        sim_event_in(&job->ev, 0);
    }
}

int spawner_main(int fd) { return 1; /* there is no process to be */ }
