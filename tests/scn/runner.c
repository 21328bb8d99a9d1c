/* SPDX-License-Identifier: GPL-3.0-or-later */
/* runner.c: runs scenario files against the real daemon in the simulated world, and prints TAP.
 *
 *     scn FILE.scn…          one test a file
 *     scn -s SEED FILE.scn   another order of simultaneous things
 *     scn -v FILE.scn        with the daemon's log
 *
 * What goes wrong is said as "# file:line: wanted …, got …", with the last lines of the daemon's log. */
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/file.h"
#include "scn.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_SCENARIO = 1 << 20, AWAIT_STEP_MS = 500 };

struct options {
    uint64_t seed;
    bool verbose;
};

void scn_fail(struct scn *s, const char *fmt, ...)
{
    va_list ap;
    if (s->failures++ >= SCN_MAX_FAILURES)
        return;
    buf_printf(&s->report, "# %s:%d: ", s->file, s->number);
    va_start(ap, fmt);
    buf_vprintf(&s->report, fmt, ap);
    va_end(ap);
    buf_char(&s->report, '\n');
}

/* ---- the daemon's log ---- */

static void keep_log(enum log_level level, const char *line, void *arg)
{
    struct scn *s = arg;
    char **slot = &s->log[s->log_n++ % SCN_LOG_LINES];
    struct buf b = BUF_MAX(4096);
    buf_printf(&b, "%8lld s <%d> %s", (long long)(sim_now_ms() / 1000), (int)level, line);
    mem_free(*slot);
    *slot = buf_take(&b);
    if (s->keep)
        printf("# %s\n", *slot);
}

static void drop_log(enum log_level level, const char *line, void *arg) {}

static void tell_log(struct scn *s)
{
    int first = s->log_n > SCN_LOG_LINES ? s->log_n - SCN_LOG_LINES : 0;
    for (int i = first; i < s->log_n; i++)
        printf("#   log %s\n", s->log[i % SCN_LOG_LINES]);
}

/* ---- one line ---- */

static void do_api(struct scn *s, const struct scn_line *l, int from, const char *peer, const char **ret_problem)
{
    int64_t wanted = 0;
    const char *method = l->word[from], *path = method ? l->word[from + 1] : NULL, *body = path ? l->word[from + 2] : NULL;
    if (!path) {
        *ret_problem = "METHOD PATH is expected";
        return;
    }
    if (body && str_eq(body, "status"))
        body = NULL;
    for (int i = from + 2; i + 1 < l->n; i++) {
        if (str_eq(l->word[i], "status"))
            (void)str_i64(l->word[i + 1], &wanted);
    }
    struct sim_reply *r = scn_ask(s, method, path, l->block ? l->block : body, peer);
    if (wanted ? r->status != wanted : r->status < 200 || r->status > 299)
        scn_fail(s, "%s %s: wanted status %d, got %d: %.300s", method, path, wanted ? (int)wanted : 200, r->status, buf_text(&r->body));
    sim_reply_free(r);
}

/* "at 5m …" and "after 10s …" let time pass first; alone they only do that. */
static int pass_time(struct scn *s, const struct scn_line *l, const char **ret_problem)
{
    int64_t ms;
    bool at = str_eq(l->word[0], "at"), after = str_eq(l->word[0], "after");
    if (!at && !after)
        return 0;
    if (l->n < 2 || !scn_duration(l->word[1], &ms)) {
        *ret_problem = "a duration is expected";
        return 0;
    }
    if (at && ms < sim_now_ms()) {
        *ret_problem = "that moment is over";
        return 0;
    }
    if (!s->started)
        scn_start(s, NULL);
    sim_run_until(at ? ms : sim_now_ms() + ms);
    return 2;
}

/* "await 2m state web1/http critical": lets time pass until the expectation holds, at most so long. */
static void do_await(struct scn *s, const struct scn_line *l, int from, const char **ret_problem)
{
    int64_t limit_ms;
    if (!l->word[from] || !scn_duration(l->word[from], &limit_ms)) {
        *ret_problem = "a duration is expected";
        return;
    }
    int failures = s->failures;
    size_t said = s->report.len;
    for (int64_t end_ms = sim_now_ms() + limit_ms;; sim_run_for(AWAIT_STEP_MS)) {
        scn_expect(s, l, from + 1, ret_problem);
        if (*ret_problem || s->failures == failures || sim_now_ms() >= end_ms)
            return;
        s->failures = failures;
        buf_cut(&s->report, said);
    }
}

static void do_line(struct scn *s, const struct scn_line *l)
{
    const char *problem = NULL;
    int from = pass_time(s, l, &problem);
    const char *verb = l->word[from];
    bool asks = verb && (str_eq(verb, "expect") || str_eq(verb, "await") || str_eq(verb, "api") || str_eq(verb, "http") || str_eq(verb, "run"));
    if (!s->started && asks)
        scn_start(s, NULL);
    if (problem || !verb || str_eq(verb, "name") || str_eq(verb, "seed"))
        ;
    else if (str_eq(verb, "expect"))
        scn_expect(s, l, from + 1, &problem);
    else if (str_eq(verb, "await"))
        do_await(s, l, from + 1, &problem);
    else if (str_eq(verb, "api"))
        do_api(s, l, from + 1, NULL, &problem);
    else if (str_eq(verb, "http"))
        do_api(s, l, from + 1, "192.0.2.250", &problem);
    else if (str_eq(verb, "run"))
        scn_run_words(s, l, from + 1, &problem);
    else
        scn_world_verb(s, l, from, &problem);
    if (problem)
        scn_fail(s, "%s: %s", l->word[0], problem);
}

/* ---- one file ---- */

/* name and seed are wanted before the world begins. */
static void look_ahead(struct scn *s, const char *text, struct options *o)
{
    struct scn_reader r = {.at = text, .file = s->file, .arena = s->arena};
    struct scn_line l;
    const char *problem;
    int64_t seed;
    s->name = s->file;
    while (scn_read_line(&r, &l, &problem) > 0) {
        if (str_eq(l.word[0], "name") && l.n > 1) {
            const char *name = l.word[1];
            for (int i = 2; i < l.n; i++)
                name = arena_printf(s->arena, "%s %s", name, l.word[i]);
            s->name = name;
        } else if (str_eq(l.word[0], "seed") && l.n > 1 && str_i64(l.word[1], &seed) == 0 && !o->seed) {
            o->seed = (uint64_t)seed;
        }
    }
}

static void run_lines(struct scn *s, const char *text)
{
    struct scn_reader r = {.at = text, .file = s->file, .arena = s->arena};
    struct scn_line l;
    const char *problem = NULL;
    int more;
    while ((more = scn_read_line(&r, &l, &problem)) != 0) {
        s->number = more > 0 ? l.number : r.number;
        if (more < 0) {
            scn_fail(s, "%s", problem);
            return;
        }
        do_line(s, &l);
        if (s->started && !s->daemon && s->failures)
            return;
    }
}

static void remove_tree(const char *dir)
{
    DIR *d = opendir(dir);
    char path[512];
    struct stat st;
    for (struct dirent *ent; d && (ent = readdir(d));) {
        if (str_eq(ent->d_name, ".") || str_eq(ent->d_name, ".."))
            continue;
        str_print(path, sizeof path, "%s/%s", dir, ent->d_name);
        if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
            remove_tree(path);
        else
            unlink(path);
    }
    if (d)
        closedir(d);
    rmdir(dir);
}

static bool make_dir(struct scn *s)
{
    bool shm = access("/dev/shm", W_OK) == 0; /* memory: SQLite is most of what a scenario waits for */
    str_copy(s->dir, sizeof s->dir, shm ? "/dev/shm/vigie-scn-XXXXXX" : "/tmp/vigie-scn-XXXXXX");
    if (!mkdtemp(s->dir))
        return false;
    str_print(s->data, sizeof s->data, "%s/data", s->dir);
    return mkdir(s->data, 0755) == 0;
}

static void run_world(struct scn *s, const char *text, const struct options *o)
{
    sim_init(o->seed ? o->seed : 1);
    sim_root(s->dir);
    log_set(keep_log, s, o->verbose ? LOG_DEBUG : LOG_INFO);
    run_lines(s, text);
    scn_stop(s);
    log_set(drop_log, NULL, LOG_ERROR);
    sim_done();
}

static bool run_file(const char *file, int number, struct options o)
{
    struct scn s = {.file = file, .arena = arena_new(0), .report = BUF_MAX(1 << 18), .keep = o.verbose};
    struct buf text = BUF_MAX(MAX_SCENARIO);
    FILE *f = fopen(file, "re");
    char chunk[4096];
    for (size_t n; f && (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
        buf_add(&text, chunk, n);
    if (!f || !make_dir(&s)) {
        scn_fail(&s, "cannot be read, or there is no temporary directory");
    } else {
        look_ahead(&s, buf_text(&text), &o);
        run_world(&s, buf_text(&text), &o);
        remove_tree(s.dir);
    }
    if (f)
        fclose(f);
    printf("%s %d - %s\n%s", s.failures ? "not ok" : "ok", number, s.name ? s.name : file, buf_text(&s.report));
    if (s.failures && !o.verbose)
        tell_log(&s);
    fflush(stdout);
    for (int i = 0; i < SCN_LOG_LINES; i++)
        mem_free(s.log[i]);
    buf_done(&text);
    buf_done(&s.report);
    arena_free(s.arena);
    return s.failures == 0;
}

int main(int argc, char **argv)
{
    struct options o = {0};
    int64_t seed;
    bool good = true;
    int opt;
    while ((opt = getopt(argc, argv, "s:v")) != -1) {
        if (opt == 's' && str_i64(optarg, &seed) == 0)
            o.seed = (uint64_t)seed;
        else if (opt == 'v')
            o.verbose = true;
        else
            return 2;
    }
    printf("1..%d\n", argc - optind);
    for (int i = optind; i < argc; i++)
        good = run_file(argv[i], i - optind + 1, o) && good;
    return good ? 0 : 1;
}
