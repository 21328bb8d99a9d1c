/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_store_sqlite.c: the SQLite engine and a hostile world: kill -9 while it writes, a disk that is full, files
 * that are damaged, somebody else's, or not to be written.  On the real io. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <sqlite3.h>

#include "store_kit.h"

extern char **environ;

/* ---- kill -9 ---- */

/* The child: writes one row a batch and tells of each one that was acknowledged, until it is killed. */
struct child {
    struct kit kit;
    int64_t next, started;
};

static void child_more(struct child *c);

static void child_done(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct child *c = arg;
    int64_t n = c->next++;
    if (code || write(STDOUT_FILENO, &n, sizeof(n)) != sizeof(n))
        _exit(3);
    child_more(c);
}

static void child_more(struct child *c)
{
    char name[40];
    str_print(name, sizeof(name), "n%lld", (long long)c->started);
    store_write(c->kit.store, kit_batch(name, c->started++), child_done, c);
}

static int child_main(const char *path)
{
    struct child *c = NEW(struct child);
    str_print(c->kit.url, sizeof(c->kit.url), "sqlite:%s", path);
    c->kit.loop = loop_new("child");
    if (store_open(c->kit.url, NULL, c->kit.loop, kit_migrations, &c->kit.store, NULL) != 0)
        return 2;
    struct store_rows r = {0};
    if (store_read_now(c->kit.store, &kit_count, NULL, 0, 1, &r, NULL) != 0)
        return 2;
    c->started = c->next = store_cell_int(&r, 0, 0);
    for (int i = 0; i < 20; i++) /* so that groups form */
        child_more(c);
    loop_run(c->kit.loop);
    return 0;
}

/* Starts the child, reads what it acknowledges, kills it after `rows` of them; returns the last one heard of. */
static int64_t child_run(const char *path, int rows)
{
    int out[2];
    pid_t pid;
    char *const argv[] = {(char *)"test", (char *)"child", (char *)path, NULL};
    posix_spawn_file_actions_t fa;
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    posix_spawn_file_actions_init(&fa);
    posix_spawn_file_actions_adddup2(&fa, out[1], STDOUT_FILENO);
    assert_int_equal(posix_spawn(&pid, "/proc/self/exe", &fa, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&fa);
    close(out[1]);
    int64_t n = -1, last = -1;
    for (int i = 0; i < rows && read(out[0], &n, sizeof(n)) == sizeof(n); i++)
        last = n;
    kill(pid, SIGKILL);
    while (read(out[0], &n, sizeof(n)) == sizeof(n))
        last = n;
    close(out[0]);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    return last;
}

static void what_was_acknowledged_survives_kill_9(void **state)
{
    struct kit *k = *state;
    kit_close(k);
    for (int round = 0; round < 5; round++) {
        int64_t last = child_run(k->path, 50 + round * 37);
        kit_open(k);
        assert_int_equal(kit_read(k, &kit_names, 100000), 0);
        assert_true(k->rows.n_rows > last); /* more may be there: committed, not told */
        for (int i = 0; i < k->rows.n_rows; i++)
            assert_int_equal(store_cell_int(&k->rows, i, 1), i); /* without a gap */
        kit_close(k);
    }
}

/* ---- a full disk ---- */

static void limit_set(rlim_t bytes)
{
    struct rlimit r;
    getrlimit(RLIMIT_FSIZE, &r);
    r.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

static struct store_batch *big_batch(int i)
{
    static char big[20000];
    struct store_batch *b = store_batch_new();
    memset(big, 'x', sizeof(big) - 1);
    str_print(big, 20, "n%06d", i);
    big[7] = '-';
    struct store_value v[] = {STORE_T(big), STORE_I(i)};
    store_batch_add(b, &kit_add, v, 2);
    return b;
}

static void a_full_disk_is_an_error_that_passes(void **state)
{
    struct kit *k = *state;
    struct store_health h;
    int kept = 0, code = 0;
    signal(SIGXFSZ, SIG_IGN);
    limit_set(400000);
    for (int i = 0; i < 200 && code == 0; i++) {
        code = kit_write(k, big_batch(i));
        kept += code == 0;
    }
    assert_int_equal(code, ERR_FULL);
    struct buf text = BUF_MAX(600);
    msg_render(&text, k->err.text, "fr");
    assert_true(text.len > 10);
    buf_done(&text);
    store_get_health(k->store, &h);
    assert_true(h.failing);
    assert_true(h.failing_since_ms > 0);
    assert_int_equal(h.why.code, ERR_FULL);
    assert_int_equal(kit_things(k), kept); /* reading goes on */
    assert_int_equal(kit_write(k, big_batch(500)), ERR_FULL);
    limit_set(RLIM_INFINITY);
    assert_int_equal(kit_write(k, big_batch(501)), 0);
    store_get_health(k->store, &h);
    assert_false(h.failing);
    assert_int_equal(h.failing_since_ms, 0);
    assert_true(h.free_bytes > 0);
    assert_true(h.commit_p99_us > 0);
    assert_int_equal(kit_things(k), kept + 1);
}

struct fates {
    struct kit *k;
    int full, kept;
};

static void fate_done(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct fates *f = arg;
    f->full += code == ERR_FULL;
    f->kept += code == 0;
    kit_done(f->k, code, last_id, e);
}

/* Each batch is told its own fate, and what was told is true. How they are grouped is the store's business: the
 * last group may be small enough to fit. */
static void a_group_on_a_full_disk(void **state)
{
    struct kit *k = *state;
    struct fates f = {k, 0, 0};
    assert_int_equal(kit_write(k, big_batch(0)), 0);
    signal(SIGXFSZ, SIG_IGN);
    limit_set(300000);
    for (int i = 1; i <= 100; i++) {
        k->open++;
        store_write(k->store, big_batch(i), fate_done, &f);
    }
    kit_wait(k);
    limit_set(RLIM_INFINITY);
    assert_true(f.full > 0);
    assert_int_equal(f.full + f.kept, 100);
    assert_int_equal(kit_things(k), 1 + f.kept);
    assert_int_equal(kit_write(k, big_batch(101)), 0);
}

/* ---- files that are not as they should be ---- */

static void file_put(const char *path, const char *p, size_t n, long at)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, p, n, at), n);
    close(fd);
}

static int try_open(struct kit *k, struct err *e)
{
    k->loop = loop_new("test");
    timer_init(&k->timer, k->loop, kit_stop, k);
    int code = store_open(k->url, NULL, k->loop, kit_migrations, &k->store, e);
    if (code)
        k->loop = loop_free(k->loop);
    return code;
}

static void a_file_of_rubbish_is_refused_with_advice(void **state)
{
    struct kit *k = *state;
    struct err e = {0};
    char rubbish[8192];
    kit_close(k);
    memset(rubbish, 'z', sizeof(rubbish));
    file_put(k->path, rubbish, sizeof(rubbish), 0);
    assert_int_equal(try_open(k, &e), ERR_INVALID);
    struct buf text = BUF_MAX(1000);
    msg_render(&text, e.text, "en");
    assert_non_null(strstr(buf_text(&text), "put back a copy"));
    buf_done(&text);
}

/* Damage anywhere ends in an error or in a store that works, never in a crash. */
static void damage_anywhere_is_survived(void **state)
{
    struct kit *k = *state;
    char noise[64];
    for (int i = 0; i < 60; i++)
        assert_int_equal(kit_write(k, big_batch(i)), 0);
    kit_close(k);
    struct stat st;
    assert_int_equal(stat(k->path, &st), 0);
    int refused = 0;
    for (int i = 0; i < 60; i++) {
        struct err e = {0};
        for (size_t n = 0; n < sizeof(noise); n++)
            noise[n] = (char)(i * 31 + (int)n * 17);
        file_put(k->path, noise, sizeof(noise), (st.st_size - 64) * i / 60);
        if (try_open(k, &e) != 0) {
            assert_true(e.text[0] != '\0');
            refused++;
            continue;
        }
        kit_read(k, &kit_names, 1000);
        kit_write(k, big_batch(1000 + i));
        kit_close(k);
    }
    assert_true(refused > 0);
}

static void a_truncated_file_is_survived(void **state)
{
    struct kit *k = *state;
    struct err e = {0};
    for (int i = 0; i < 60; i++)
        assert_int_equal(kit_write(k, big_batch(i)), 0);
    kit_close(k);
    assert_int_equal(truncate(k->path, 10000), 0);
    if (try_open(k, &e) == 0)
        kit_read(k, &kit_names, 1000);
    else
        assert_int_equal(e.code, ERR_INVALID);
}

static void another_programs_database_is_left_alone(void **state)
{
    struct kit *k = *state;
    struct err e = {0};
    sqlite3 *db = NULL;
    kit_close(k);
    kit_clear(k);
    kit_place(k);
    assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE mine (n)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(try_open(k, &e), ERR_INVALID);
    assert_non_null(strstr(e.text, "another program"));
}

static void a_place_that_does_not_exist(void **state)
{
    struct kit *k = *state;
    struct err e = {0};
    struct store *s = NULL;
    assert_int_not_equal(store_open("/nonexistent/dir/t.db", NULL, k->loop, kit_migrations, &s, &e), 0);
    assert_true(e.text[0] != '\0');
    assert_int_equal(store_open("postgres://host/db", NULL, k->loop, kit_migrations, &s, &e), ERR_UNSUPPORTED);
    assert_int_equal(store_open("sqlite:", NULL, k->loop, kit_migrations, &s, &e), ERR_INVALID);
    assert_int_not_equal(store_open(k->dir, NULL, k->loop, kit_migrations, &s, &e), 0); /* a directory */
    assert_null(s);
}

/* Hashes of passwords are in it. */
static void the_file_is_for_its_owner_alone(void **state)
{
    struct kit *k = *state;
    struct stat st;
    assert_int_equal(kit_write(k, kit_batch("a", 1)), 0);
    assert_int_equal(stat(k->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

/* Somebody looks into the database while we write (sqlite3 t.db .backup). */
static void readers_from_outside_do_not_disturb(void **state)
{
    struct kit *k = *state;
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    assert_int_equal(kit_write(k, kit_batch("a", 1)), 0);
    assert_int_equal(sqlite3_open_v2(k->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT name FROM thing", -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW); /* an open read transaction */
    assert_int_equal(kit_write(k, kit_batch("b", 2)), 0);
    sqlite3_finalize(q);
    sqlite3_close(db);
    assert_int_equal(kit_things(k), 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
int main(int argc, char **argv)
{
    if (argc == 3 && str_eq(argv[1], "child"))
        return child_main(argv[2]);
    const struct CMUnitTest tests[] = {
        T(what_was_acknowledged_survives_kill_9),
        T(a_full_disk_is_an_error_that_passes),
        T(a_group_on_a_full_disk),
        T(a_file_of_rubbish_is_refused_with_advice),
        T(damage_anywhere_is_survived),
        T(a_truncated_file_is_survived),
        T(another_programs_database_is_left_alone),
        T(a_place_that_does_not_exist),
        T(the_file_is_for_its_owner_alone),
        T(readers_from_outside_do_not_disturb),
    };
    return cmocka_run_group_tests_name("store_sqlite", tests, NULL, NULL);
}
