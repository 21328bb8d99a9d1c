/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_sim_vfs.c: SQLite on "vigie-sim": what was committed survives a power cut, what was not does not
 * half survive, and a full disk is an error, not damage.  (MON-1) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "io/file.h"
#include "io/loop.h"
#include "io/sim/sim.h"
#include <sqlite3.h>

static char dir[64];
static char path[96];

static int setup(void **state)
{
    str_copy(dir, sizeof dir, "/tmp/vigie-sim-XXXXXX");
    assert_non_null(mkdtemp(dir));
    str_print(path, sizeof path, "%s/t.db", dir);
    sim_init(3);
    sim_root(dir);
    return 0;
}

static int teardown(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    char name[128];
    sim_done();
    for (size_t i = 0; i < 4; i++) {
        str_print(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    rmdir(dir);
    return 0;
}

static sqlite3 *open_db(const char *synchronous)
{
    sqlite3 *db = NULL;
    char sql[96];
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "vigie-sim"), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL), SQLITE_OK);
    str_print(sql, sizeof sql, "PRAGMA synchronous=%s", synchronous);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE IF NOT EXISTS t (n INTEGER)", NULL, NULL, NULL), SQLITE_OK);
    return db;
}

static int insert(sqlite3 *db) { return sqlite3_exec(db, "INSERT INTO t SELECT count(*) FROM t", NULL, NULL, NULL); }

static int64_t count(sqlite3 *db)
{
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM t", -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return n;
}

static void check_whole(sqlite3 *db)
{
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(s, 0), "ok");
    sqlite3_finalize(s);
}

/* synchronous=FULL: every commit is there after the power cut. */
static void commits_survive_a_power_cut(void **state)
{
    static sqlite3 *dead; /* kept reachable: its memory dies with the process it played */
    for (int round = 0; round < 3; round++) {
        dead = open_db("FULL");
        assert_int_equal(count(dead), round * 50);
        check_whole(dead);
        for (int i = 0; i < 50; i++)
            assert_int_equal(insert(dead), SQLITE_OK);
        assert_int_equal(sqlite3_exec(dead, "BEGIN; INSERT INTO t VALUES (99)", NULL, NULL, NULL), SQLITE_OK); /* never committed */
        sim_crash(true);
    }
    sqlite3 *db = open_db("FULL");
    assert_int_equal(count(db), 150);
    check_whole(db);
    sqlite3_close(db);
}

/* synchronous=OFF: the file is taken back to what the disk had; a kill alone loses nothing. */
static void what_was_not_synced_is_lost(void **state)
{
    sqlite3 *db = open_db("FULL");
    assert_int_equal(insert(db), SQLITE_OK);
    sqlite3_close(db);
    db = open_db("OFF");
    assert_int_equal(insert(db), SQLITE_OK);
    sim_crash(false);
    db = open_db("OFF");
    assert_int_equal(count(db), 2);
    assert_int_equal(insert(db), SQLITE_OK);
    sim_crash(true);
    db = open_db("FULL");
    assert_true(count(db) < 3);
    check_whole(db);
    sqlite3_close(db);
}

static void a_full_disk_is_an_error(void **state)
{
    struct err e;
    sqlite3 *db = open_db("FULL");
    assert_int_equal(insert(db), SQLITE_OK);
    sim_disk_fault(SIM_DISK_FULL);
    assert_int_equal(insert(db), SQLITE_FULL);
    assert_int_equal(count(db), 1);
    assert_int_equal(file_write("/x", "y", 1, 0644, &e), ERR_FULL);
    sim_disk_fault(SIM_DISK_OK);
    assert_int_equal(insert(db), SQLITE_OK);
    assert_int_equal(count(db), 2);
    check_whole(db);
    sqlite3_close(db);
}

static void changed(void *arg) { ++*(int *)arg; }

static void files_live_below_the_root(void **state)
{
    int n = 0;
    struct buf b = BUF_MAX(100);
    struct loop *l = loop_new("main");
    struct file_watch *w = file_watch_new(l, changed, &n);
    assert_int_equal(file_watch_add(w, "/conf.d"), 0); /* not there yet */
    sim_file("/conf.d/a.yaml", "a: 1\n");
    assert_true(file_exists("/conf.d/a.yaml"));
    sim_run_for(1000);
    assert_int_equal(n, 1);
    assert_int_equal(file_write("/conf.d/b.yaml", "b", 1, 0644, NULL), 0);
    assert_int_equal(file_read("/conf.d/b.yaml", &b, NULL), 0);
    assert_string_equal(buf_text(&b), "b");
    sim_file("/conf.d/a.yaml", NULL);
    assert_int_equal(file_remove("/conf.d/b.yaml", NULL), 0);
    sim_run_for(1000);
    assert_int_equal(n, 2); /* a burst is one call */
    file_watch_free(w);
    loop_free(l);
    buf_done(&b);
    char conf[96];
    str_print(conf, sizeof conf, "%s/conf.d", dir);
    rmdir(conf);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {T(commits_survive_a_power_cut), T(what_was_not_synced_is_lost), T(a_full_disk_is_an_error),
                                       T(files_live_below_the_root)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
