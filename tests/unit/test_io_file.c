/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files, the watch on directories, and what the machine says of itself. */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/file.h"
#include "io/machine.h"
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    char dir[64], path[128];
};

static struct place *here(void **state, const char *name)
{
    struct place *p = *state;
    str_print(p->path, sizeof p->path, "%s/%s", p->dir, name);
    return p;
}

static int setup(void **state)
{
    struct place *p = NEW(struct place);
    str_copy(p->dir, sizeof p->dir, "/tmp/vigie-test-file-XXXXXX");
    *state = p;
    return mkdtemp(p->dir) != NULL ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *at)
{
    return remove(path);
}

static int teardown(void **state)
{
    struct place *p = *state;
    nftw(p->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    mem_free(p);
    return 0;
}

static void writes_and_reads_back(void **state)
{
    struct place *p = here(state, "a.yaml");
    struct buf b = BUF_MAX(1000);
    struct stat st;
    assert_int_equal(file_write(p->path, "hello", 5, 0600, NULL), 0);
    assert_int_equal(file_write(p->path, "hello again", 11, 0640, NULL), 0);
    assert_int_equal(file_read(p->path, &b, NULL), 0);
    assert_string_equal(buf_text(&b), "hello again");
    assert_int_equal(stat(p->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    buf_done(&b);
    assert_true(file_exists(p->path));
    assert_int_equal(file_remove(p->path, NULL), 0);
    assert_false(file_exists(p->path));
}

static int count_one(void *arg, const char *name)
{
    ++*(int *)arg;
    return 0;
}

/* A refused replacement leaves the old file, and no litter. */
static void a_failed_write_changes_nothing(void **state)
{
    struct place *p = here(state, "taken");
    struct err e = {0};
    int n = 0;
    assert_int_equal(mkdir(p->path, 0700), 0);
    assert_int_equal(file_write(p->path, "x", 1, 0600, &e), ERR_CONFLICT);
    assert_true(strstr(e.text, "taken") != NULL);
    assert_int_equal(file_list(p->dir, NULL, 10, count_one, &n, NULL), 0);
    assert_int_equal(n, 1);
}

static void read_errors_have_codes(void **state)
{
    struct place *p = here(state, "none");
    struct buf b = BUF_MAX(4);
    struct err e = {0};
    assert_int_equal(file_read(p->path, &b, &e), ERR_NOT_FOUND);
    assert_true(strstr(e.text, p->path) != NULL);
    assert_int_equal(file_read(p->dir, &b, &e), ERR_CONFLICT);
    assert_int_equal(file_write(p->path, "12345", 5, 0600, NULL), 0);
    assert_int_equal(file_read(p->path, &b, &e), ERR_LIMIT);
    buf_done(&b);
    p = here(state, "fifo");
    assert_int_equal(mkfifo(p->path, 0600), 0);
    b = BUF_MAX(10);
    assert_int_equal(file_read(p->path, &b, NULL), 0); /* empty, and above all: at once */
    buf_done(&b);
}

static void makes_directories(void **state)
{
    struct place *p = here(state, "a/b/c");
    struct err e = {0};
    assert_int_equal(file_mkdirs(p->path, 0700, NULL), 0);
    assert_int_equal(file_mkdirs(p->path, 0700, NULL), 0);
    p = here(state, "a/file");
    assert_int_equal(file_write(p->path, "", 0, 0600, NULL), 0);
    p = here(state, "a/file/d");
    assert_int_not_equal(file_mkdirs(p->path, 0700, &e), 0);
    assert_true(strstr(e.text, "a/file") != NULL);
}

struct seen {
    char names[200];
    const char *stop;
};

static int note_name(void *arg, const char *name)
{
    struct seen *s = arg;
    str_print(s->names + strlen(s->names), sizeof s->names - strlen(s->names), "%s ", name);
    return str_eq(name, s->stop) ? 7 : 0;
}

static void lists_sorted(void **state)
{
    const char *const names[] = {"b.yaml", "a.yaml", ".hidden.yaml", "c.txt", "d.yaml"};
    for (size_t i = 0; i < COUNT(names); i++)
        assert_int_equal(file_write(here(state, names[i])->path, "", 0, 0600, NULL), 0);
    struct place *p = *state;
    struct seen s = {0};
    struct err e = {0};
    assert_int_equal(file_list(p->dir, ".yaml", 10, note_name, &s, NULL), 0);
    assert_string_equal(s.names, "a.yaml b.yaml d.yaml ");
    s = (struct seen){.stop = "b.yaml"};
    assert_int_equal(file_list(p->dir, ".yaml", 10, note_name, &s, NULL), 7);
    assert_string_equal(s.names, "a.yaml b.yaml ");
    s = (struct seen){0};
    assert_int_equal(file_list(p->dir, ".yaml", 2, note_name, &s, &e), ERR_LIMIT);
    assert_int_equal(file_list(here(state, "none")->path, NULL, 2, note_name, &s, &e),
                     ERR_NOT_FOUND);
}

static void a_lock_names_its_holder(void **state)
{
    struct place *p = here(state, "lock");
    struct err e = {0};
    int pid = 0;
    assert_int_equal(file_lock(p->path, NULL, NULL), 0);
    assert_int_equal(file_lock(p->path, &pid, &e), ERR_CONFLICT);
    assert_int_equal(pid, getpid());
}

static void tells_systemd(void **state)
{
    struct place *p = here(state, "notify");
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char got[32] = "";
    str_copy(at.sun_path, sizeof at.sun_path, p->path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    unsetenv("NOTIFY_SOCKET");
    file_notify_systemd("READY=1"); /* nobody asked */
    setenv("NOTIFY_SOCKET", p->path, 1);
    file_notify_systemd("READY=1");
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(recv(fd, got, sizeof got - 1, MSG_DONTWAIT), 7);
    assert_string_equal(got, "READY=1");
    assert_int_equal(recv(fd, got, sizeof got - 1, MSG_DONTWAIT), -1);
    close(fd);
}

/* ---- watching ---- */

struct watching {
    struct loop *loop;
    struct place *place;
    int told, steps;
    struct timer timer;
};

static void on_change(void *arg)
{
    struct watching *w = arg;
    w->told++;
    loop_stop(w->loop);
}

static void give_up(void *arg)
{
    struct watching *w = arg;
    w->told = -1000;
    loop_stop(w->loop);
}

static void run_until_told(struct watching *w)
{
    timer_init(&w->timer, w->loop, give_up, w);
    timer_set(&w->timer, 20000);
    loop_run(w->loop);
    timer_clear(&w->timer);
}

static void a_burst_is_told_once(void **state)
{
    struct watching w = {.loop = loop_new("test"), .place = *state};
    struct file_watch *fw = file_watch_new(w.loop, on_change, &w);
    assert_int_equal(file_watch_add(fw, w.place->dir), 0);
    for (int i = 0; i < 20; i++) {
        char name[16];
        str_print(name, sizeof name, "%d.yaml", i);
        assert_int_equal(file_write(here(state, name)->path, "x", 1, 0600, NULL), 0);
    }
    run_until_told(&w);
    assert_int_equal(w.told, 1);
    assert_int_equal(file_remove(here(state, "3.yaml")->path, NULL), 0);
    run_until_told(&w);
    assert_int_equal(w.told, 2);
    file_watch_free(fw);
    loop_free(w.loop);
}

/* conf.d may be made, filled, removed and made again while the daemon runs. */
static void a_missing_directory_is_waited_for(void **state)
{
    struct watching w = {.loop = loop_new("test"), .place = *state};
    struct file_watch *fw = file_watch_new(w.loop, on_change, &w);
    assert_int_equal(file_watch_add(fw, here(state, "etc/conf.d/")->path), 0);
    assert_int_equal(file_mkdirs(here(state, "etc/conf.d")->path, 0700, NULL), 0);
    run_until_told(&w);
    assert_int_equal(w.told, 1);
    assert_int_equal(file_write(here(state, "etc/conf.d/x.yaml")->path, "x", 1, 0600, NULL), 0);
    run_until_told(&w);
    assert_int_equal(w.told, 2);
    assert_int_equal(file_remove(here(state, "etc/conf.d/x.yaml")->path, NULL), 0);
    assert_int_equal(rmdir(here(state, "etc/conf.d")->path), 0);
    run_until_told(&w);
    assert_int_equal(w.told, 3);
    assert_int_equal(file_mkdirs(here(state, "etc/conf.d")->path, 0700, NULL), 0);
    run_until_told(&w);
    assert_int_equal(w.told, 4);
    file_watch_free(fw);
    loop_free(w.loop);
}

/* ---- the machine ---- */

static void the_machine_answers(void **state)
{
    struct machine_fs fs = {0};
    struct machine_clock clock = {0};
    struct err e = {0};
    char name[65];
    struct buf b = BUF_MAX(65536);
    int n = 0;
    assert_int_equal(machine_fs("/", &fs, NULL), 0);
    assert_true(fs.total_bytes > 0 && fs.avail_bytes <= fs.free_bytes &&
                fs.free_bytes <= fs.total_bytes);
    assert_int_equal(machine_fs("/no/such/place", &fs, &e), ERR_NOT_FOUND);
    int rc = machine_clock(&clock, &e); /* some containers refuse it */
    assert_true(rc == 0 || e.code == rc);
    machine_name(name, sizeof name);
    assert_true(name[0] != '\0');
    assert_true(machine_cpus() >= 1);
    assert_int_equal(machine_read("/proc/self/status", &b, NULL), 0);
    assert_true(strstr(buf_text(&b), "VmRSS") != NULL);
    assert_int_equal(machine_list("/proc/self", 1000, count_one, &n, NULL), 0);
    assert_true(n > 10);
    buf_done(&b);
}

static int of_size(struct place *p, size_t n, size_t ceiling, size_t *ret_read)
{
    struct buf in = BUF_MAX(n + 1), out = BUF_MAX(ceiling);
    for (size_t i = 0; i < n; i++)
        buf_char(&in, (char)('a' + i % 26));
    assert_int_equal(file_write(p->path, buf_text(&in), in.len, 0600, NULL), 0);
    int r = file_read(p->path, &out, NULL);
    *ret_read = out.len;
    if (r == 0)
        assert_memory_equal(buf_text(&out), buf_text(&in), n);
    buf_done(&in);
    buf_done(&out);
    return r;
}

static void reads_up_to_the_ceiling_and_says_when_more_is_there(void **state)
{
    static const size_t sizes[] = {1, 16383, 16384, 16385, 262144, 300000};
    struct place *p = here(state, "sized");
    size_t n;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_int_equal(of_size(p, sizes[i], sizes[i], &n), 0);
        assert_int_equal(n, sizes[i]);
        assert_int_equal(of_size(p, sizes[i], sizes[i] + 1, &n), 0);
        assert_int_equal(of_size(p, sizes[i] + 1, sizes[i], &n), ERR_LIMIT);
        assert_int_equal(n, sizes[i]);
    }
    struct buf proc = BUF_MAX(100000); /* whose size is said to be 0 */
    assert_int_equal(file_read("/proc/self/status", &proc, NULL), 0);
    assert_true(proc.len > 100);
    buf_done(&proc);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(reads_up_to_the_ceiling_and_says_when_more_is_there),
        T(writes_and_reads_back),
        T(a_failed_write_changes_nothing),
        T(read_errors_have_codes),
        T(makes_directories),
        T(lists_sorted),
        T(a_lock_names_its_holder),
        T(tells_systemd),
        T(a_burst_is_told_once),
        T(a_missing_directory_is_waited_for),
        T(the_machine_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
