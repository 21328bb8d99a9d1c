/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The spawner, for real: this test's own binary is started as the spawner process. */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/spawn.h"
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct run {
    struct loop *loop;
    struct spawner *sp;
    int left;
    struct timer timer;
};
struct result {
    struct run *run;
    int n, code, exit_status, term_signal;
    char out[400], err[400], text[600];
    size_t out_bytes;
    int64_t took_us, cpu_us;
};

static void give_up(void *arg)
{
    loop_stop(((struct run *)arg)->loop);
}

static int setup(void **state)
{
    struct run *r = NEW(struct run);
    r->loop = loop_new("test");
    r->sp = spawner_new(r->loop, NULL, 8);
    timer_init(&r->timer, r->loop, give_up, r);
    timer_set(&r->timer, 40000);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct run *r = *state;
    timer_clear(&r->timer);
    spawner_free(r->sp);
    loop_free(r->loop);
    mem_free(r);
    return 0;
}

static void on_reply(void *arg, const struct spawn_reply *r)
{
    struct result *res = arg;
    res->n++;
    res->code = r->code;
    res->exit_status = r->exit_status;
    res->term_signal = r->term_signal;
    res->out_bytes = r->out_bytes;
    res->took_us = r->took_us;
    res->cpu_us = r->cpu_us;
    str_copy(res->out, sizeof res->out, r->out);
    str_copy(res->err, sizeof res->err, r->errout);
    str_copy(res->text, sizeof res->text, r->err.text);
    if (--res->run->left == 0)
        loop_stop(res->run->loop);
}

static struct spawn_job *begin(struct run *r, struct result *res, const struct spawn_request *rq)
{
    *res = (struct result){.run = r};
    r->left++;
    struct spawn_request full = *rq;
    full.timeout_ms = rq->timeout_ms ? rq->timeout_ms : 20000;
    full.max_output = rq->max_output ? rq->max_output : 65536;
    struct spawn_job *job = spawn_run(r->sp, &full, on_reply, res);
    assert_int_equal(res->n, 0); /* never from inside the call */
    return job;
}

#define SH(text)                                                                                   \
    (const char *const[])                                                                          \
    {                                                                                              \
        "/bin/sh", "-c", text, NULL                                                                \
    }

static void sh(struct run *r, struct result *res, const char *text)
{
    struct spawn_request rq = {.argv = SH(text)};
    begin(r, res, &rq);
    loop_run(r->loop);
    assert_int_equal(res->n, 1);
}

static void output_and_status_come_back(void **state)
{
    struct result res;
    sh(*state, &res, "echo out; echo err >&2; exit 3");
    assert_int_equal(res.code, 0);
    assert_int_equal(res.exit_status, 3);
    assert_int_equal(res.term_signal, 0);
    assert_string_equal(res.out, "out\n");
    assert_string_equal(res.err, "err\n");
    assert_true(res.took_us > 0 && res.cpu_us > 0);
}

static void a_signal_is_told(void **state)
{
    struct result res;
    sh(*state, &res, "kill -SEGV $$");
    assert_int_equal(res.code, 0);
    assert_int_equal(res.exit_status, -1);
    assert_int_equal(res.term_signal, SIGSEGV);
}

static void names_are_looked_up_in_path(void **state)
{
    struct result res;
    struct spawn_request rq = {.argv = (const char *const[]){"true", NULL}};
    begin(*state, &res, &rq);
    loop_run(((struct run *)*state)->loop);
    assert_int_equal(res.code, 0);
    assert_int_equal(res.exit_status, 0);
}

static void what_cannot_start_is_told(void **state)
{
    struct run *r = *state;
    struct result none, denied;
    struct spawn_request rq = {.argv = (const char *const[]){"/no/such/plugin", NULL}};
    begin(r, &none, &rq);
    rq.argv = (const char *const[]){"/etc/passwd", NULL};
    begin(r, &denied, &rq);
    loop_run(r->loop);
    assert_int_equal(none.code, ERR_NOT_FOUND);
    assert_true(strstr(none.text, "/no/such/plugin") != NULL);
    assert_int_equal(denied.code, ERR_DENIED);
}

/* Descriptors, environment, signals and directory of the daemon stay outside. */
static void the_surroundings_are_clean(void **state)
{
    struct result res;
    setenv("VIGIE_SECRET", "x", 1);
    struct spawn_request rq = {
        .argv =
            SH("env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= | sort; echo $(ls /proc/self/fd | wc -l);"
               "grep -E 'SigBlk|SigIgn' /proc/self/status | grep -o '.......$'; cat; readlink "
               "/proc/self/fd/0"),
        .env = (const char *const[]){"HOSTNAME=web1", "PATH=/usr/bin:/bin", NULL}};
    begin(*state, &res, &rq);
    loop_run(((struct run *)*state)->loop);
    assert_string_equal(res.out, "HOSTNAME=web1\nLC_ALL=C\nPATH=/usr/bin:/bin\n4\n"
                                 "0000000\n0000000\n/dev/null\n");
}

static void input_is_fed(void **state)
{
    struct result res;
    size_t n = 900000;
    char *big = mem_alloc(n);
    memset(big, 'x', n);
    struct spawn_request rq = {.argv = SH("wc -c"), .input = big, .input_bytes = n};
    begin(*state, &res, &rq);
    loop_run(((struct run *)*state)->loop);
    assert_string_equal(res.out, "900000\n");
    /* A program that does not read its input. */
    rq.argv = SH("exec 0<&-; echo done");
    begin(*state, &res, &rq);
    loop_run(((struct run *)*state)->loop);
    assert_string_equal(res.out, "done\n");
    mem_free(big);
}

static void output_has_a_ceiling(void **state)
{
    struct result res;
    struct spawn_request rq = {.argv = SH("head -c 3000000 /dev/zero | tr '\\0' y; echo end >&2"),
                               .max_output = 1000};
    begin(*state, &res, &rq);
    loop_run(((struct run *)*state)->loop);
    assert_int_equal(res.code, 0);
    assert_int_equal(res.exit_status, 0);
    assert_int_equal(res.out_bytes, 1000);
    assert_string_equal(res.err, "end\n");
}

static bool alive(const char *pid_text)
{
    int64_t pid = 0;
    char text[32];
    str_copyn(text, sizeof text, pid_text, strcspn(pid_text, "\n"));
    assert_int_equal(str_i64(text, &pid), 0);
    for (int i = 0; i < 200; i++) { /* its last moments may take a while */
        if (kill((pid_t)pid, 0) != 0 && errno == ESRCH)
            return false;
        struct timespec ts = {0, 20000000};
        nanosleep(&ts, NULL);
    }
    return true;
}

/* A time-out kills the whole process group, what ignores TERM included. */
static void a_time_out_kills_the_group(void **state)
{
    struct run *r = *state;
    struct result res;
    struct spawn_request rq = {
        .argv = SH("trap '' TERM; (trap '' TERM; sleep 1000) & echo $!; sleep 1000"),
        .timeout_ms = 300};
    begin(r, &res, &rq);
    loop_run(r->loop);
    assert_int_equal(res.code, ERR_TIMEOUT);
    assert_int_equal(res.term_signal, SIGKILL);
    assert_true(strstr(res.text, "/bin/sh") != NULL);
    assert_false(alive(res.out));
}

static void a_polite_program_ends_by_term(void **state)
{
    struct result res;
    struct spawn_request rq = {.argv = (const char *const[]){"sleep", "1000", NULL},
                               .timeout_ms = 100};
    begin(*state, &res, &rq);
    loop_run(((struct run *)*state)->loop);
    assert_int_equal(res.code, ERR_TIMEOUT);
    assert_int_equal(res.term_signal, SIGTERM);
}

/* An event handler that starts a daemon: its pipes stay open, the answer comes all the same. */
static void a_background_child_does_not_hold_the_answer(void **state)
{
    struct result res;
    sh(*state, &res, "sleep 30 & echo $!; exit 2");
    assert_int_equal(res.code, 0);
    assert_int_equal(res.exit_status, 2);
    int64_t pid;
    res.out[strcspn(res.out, "\n")] = '\0';
    assert_int_equal(str_i64(res.out, &pid), 0);
    kill((pid_t)pid, SIGKILL);
}

static void many_wait_for_few_places(void **state)
{
    enum { N = 60 };
    struct run *r = *state;
    struct result res[N];
    struct spawn_request rq = {.argv = SH("echo hello")};
    for (int i = 0; i < N; i++)
        begin(r, &res[i], &rq);
    loop_run(r->loop);
    for (int i = 0; i < N; i++) {
        assert_int_equal(res[i].n, 1);
        assert_string_equal(res[i].out, "hello\n");
    }
}

static void too_many_and_too_long_are_refused(void **state)
{
    struct run *r = *state;
    struct result res;
    size_t n = 300000;
    char *big = mem_zero(n + 1);
    memset(big, 'x', n);
    struct spawn_request rq = {.argv = (const char *const[]){"echo", big, NULL}};
    begin(r, &res, &rq);
    loop_run(r->loop);
    assert_int_equal(res.code, ERR_LIMIT);
    mem_free(big);
}

static void cancelled_jobs_do_not_answer(void **state)
{
    struct run *r = *state;
    struct result gone[10], last;
    struct spawn_request rq = {.argv = (const char *const[]){"sleep", "1000", NULL}};
    struct spawn_job *jobs[10];
    for (int i = 0; i < 10; i++) /* eight run, two wait */
        jobs[i] = begin(r, &gone[i], &rq);
    for (int i = 0; i < 10; i++)
        spawn_cancel(jobs[i]);
    r->left = 0;
    rq.argv = SH("echo here");
    begin(r, &last, &rq);
    loop_run(r->loop);
    assert_string_equal(last.out, "here\n");
    for (int i = 0; i < 10; i++)
        assert_int_equal(gone[i].n, 0);
}

/* The spawner is killed: what ran is lost and says so, what comes after runs. */
static void a_dead_spawner_comes_back(void **state)
{
    struct run *r = *state;
    struct result lost, after;
    struct spawn_request rq = {.argv = SH("kill -KILL $PPID; sleep 20")};
    begin(r, &lost, &rq);
    loop_run(r->loop);
    assert_int_equal(lost.code, ERR_RESET);
    sh(r, &after, "echo back");
    assert_string_equal(after.out, "back\n");
}

static void a_spawner_that_does_not_start_is_told(void **state)
{
    struct run r = {.loop = loop_new("test")};
    struct result res;
    r.sp = spawner_new(r.loop, "/no/such/binary", 2);
    timer_init(&r.timer, r.loop, give_up, &r);
    timer_set(&r.timer, 40000);
    struct spawn_request rq = {.argv = SH("echo x")};
    begin(&r, &res, &rq);
    loop_run(r.loop);
    assert_int_equal(res.n, 1);
    assert_int_equal(res.code, ERR_IO);
    timer_clear(&r.timer);
    spawner_free(r.sp);
    loop_free(r.loop);
}

static void the_end_takes_all_along(void **state)
{
    struct run r = {.loop = loop_new("test")};
    struct result res, pid;
    r.sp = spawner_new(r.loop, NULL, 8);
    struct spawn_request rq = {.argv = SH("exec sleep 1000")};
    begin(&r, &res, &rq);
    r.left = 0;
    sh(&r, &pid, "pgrep -P $PPID -x sleep");
    spawner_free(r.sp);
    loop_free(r.loop);
    assert_int_equal(res.n, 0);
    assert_false(alive(pid.out));
}

static void the_verb_alone_refuses(void **state)
{
    assert_int_equal(spawner_main(0), 2);
    assert_int_equal(spawner_main(999), 2);
}

int main(int argc, char **argv)
{
    if (argc == 4 && str_eq(argv[1], "spawner")) {
        int64_t fd = -1;
        str_i64(argv[3], &fd);
        return spawner_main((int)fd);
    }
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(output_and_status_come_back),
        T(a_signal_is_told),
        T(names_are_looked_up_in_path),
        T(what_cannot_start_is_told),
        T(the_surroundings_are_clean),
        T(input_is_fed),
        T(output_has_a_ceiling),
        T(a_time_out_kills_the_group),
        T(a_polite_program_ends_by_term),
        T(a_background_child_does_not_hold_the_answer),
        T(many_wait_for_few_places),
        T(too_many_and_too_long_are_refused),
        T(cancelled_jobs_do_not_answer),
        T(a_dead_spawner_comes_back),
        cmocka_unit_test(a_spawner_that_does_not_start_is_told),
        cmocka_unit_test(the_end_takes_all_along),
        cmocka_unit_test(the_verb_alone_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
