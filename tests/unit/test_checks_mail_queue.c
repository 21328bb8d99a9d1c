/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mail_queue probe. LES-23. */
#include "checks_twin.h"

#include <sys/stat.h>

static void put(const char *dir, int n)
{
    char path[300];

    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof(path), "/var/spool/postfix/%s/%X/%X%05X", dir, i % 16, i % 16, i);
        sim_file(path, "mail");
    }
}

static void put_postfix(void)
{
    static const char *const dirs[] = {"incoming", "maildrop", "active", "deferred", "hold"};
    char path[300];

    for (size_t i = 0; i < COUNT(dirs); i++) { /* empty, but there */
        snprintf(path, sizeof(path), "/var/spool/postfix/%s/x", dirs[i]);
        sim_file(path, "");
        sim_file(path, NULL);
    }
}

static void postfix(void **state)
{
    struct fx *f = *state;

    put_postfix();
    assert_int_equal(fx_run(f, "mail_queue", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "0 messages wait");
    put("active", 2);
    put("deferred", 40);
    put("hold", 1);
    sim_run_for(7200000);
    assert_int_equal(fx_run(f, "mail_queue", "postfix", NULL, 5000), STATE_OK);
    assert_has(f->text, "43 messages wait, 40 of them deferred");
    assert_has(f->perf, "hold=1");
    assert_has(f->perf, "age=7200s");
    assert_int_equal(fx_run(f, "mail_queue", NULL, "{\"deferred\":{\"crit\":\"30\"}}", 5000), STATE_CRITICAL);
    assert_has(f->text, "40 messages are deferred (limit 30)");
    assert_int_equal(fx_run(f, "mail_queue", NULL, "{\"hold\":{\"warn\":\"0\"}}", 5000), STATE_WARNING);
    assert_int_equal(fx_run(f, "mail_queue", NULL, "{\"age\":{\"warn\":\"1h\"}}", 5000), STATE_WARNING);
    assert_has(f->text, "the oldest message has waited for 2");
    assert_int_equal(fx_run(f, "mail_queue", NULL, "{\"warn\":\"10\"}", 5000), STATE_WARNING);
    assert_has(f->text, "43 messages wait (limit 10)");
}

static void growth(void **state)
{
    struct fx *f = *state;

    put_postfix();
    assert_int_equal(fx_run(f, "mail_queue", NULL, NULL, 5000), STATE_OK);
    put("incoming", 120);
    sim_run_for(60000);
    assert_int_equal(fx_run(f, "mail_queue", NULL, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "the queue grows by");
    sim_run_for(60000);
    assert_int_equal(fx_run(f, "mail_queue", NULL, NULL, 5000), STATE_OK);
}

static void exim(void **state)
{
    struct fx *f = *state;

    sim_file("/var/spool/exim4/input/1abcde-000001-Ab-H", "head");
    sim_file("/var/spool/exim4/input/1abcde-000001-Ab-D", "body");
    sim_file("/var/spool/exim4/input/k/1abcdk-000002-Ab-H", "head");
    sim_file("/var/spool/exim4/input/k/1abcdk-000002-Ab-D", "body");
    sim_run_for(60000);
    assert_int_equal(fx_run(f, "mail_queue", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, "2 messages wait");
    assert_has(f->perf, "age=60s");
}

#define LONG "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789" \
             "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"

static void asks_postqueue(void **state)
{
    struct fx *f = *state;

    put_postfix();
    twin_program("postqueue", 0,
                 "{\"queue_name\": \"deferred\", \"queue_id\": \"4A1\", \"arrival_time\": 1772431200, \"message_size\": 900, \"recipients\": [{\"address\": \"a@example.org\"}]}\n"
                 "{\"queue_name\": \"active\", \"queue_id\": \"4A2\", \"arrival_time\": 1772438000}\n{\"queue_name\": \"hold\", \"arrival_time\": \"x\"}\n{broken\n[]\n\n"
                 "{\"queue_id\": \"4A3\", \"message_size\": 900, \"recipients\": [{\"address\": \"" LONG "\\\"queue_name\\\": \\\"deferred\\\"@example.org\"}]}\n", NULL);
    assert_int_equal(fx_run(f, "mail_queue", NULL, "{\"program\":true}", 5000), STATE_OK);
    assert_has(f->text, "3 messages wait, 1 of them deferred");
    assert_has(f->perf, "age=7200s");
    twin_program("postqueue", 69, "", "postqueue: fatal: Queue report unavailable - mail system is down\n");
    assert_int_equal(fx_run(f, "mail_queue", NULL, "{\"program\":true}", 5000), STATE_UNKNOWN);
    assert_has(f->text, "mail system is down");
    sim_program("postqueue", &(struct sim_program){.takes_ms = 100000});
    assert_int_equal(fx_run(f, "mail_queue", NULL, "{\"program\":true}", 5000), STATE_UNKNOWN);
    twin_program("exim4", 0, "3\n", NULL);
    assert_int_equal(fx_run(f, "mail_queue", "exim", "{\"program\":true}", 5000), STATE_OK);
    assert_has(f->text, "3 messages wait");
    twin_program("exim4", 0, "none\n", NULL);
    assert_int_equal(fx_run(f, "mail_queue", "exim", "{\"program\":true}", 5000), STATE_UNKNOWN);
}

/* Closed directories are no fault: then the program is asked. Root finds none closed. */
static void closed_directories(void **state)
{
    struct fx *f = *state;
    char path[300];

    put_postfix();
    snprintf(path, sizeof(path), "%s/var/spool/postfix/deferred", twin_dir());
    chmod(path, 0);
    twin_program("postqueue", 0, "{\"queue_name\": \"hold\"}\n", NULL);
    assert_int_equal(fx_run(f, "mail_queue", NULL, NULL, 5000), STATE_OK);
    assert_has(f->text, geteuid() ? "1 message waits" : "0 messages wait");
    chmod(path, 0700);
}

static void none_and_garbage(void **state)
{
    struct fx *f = *state;

    assert_int_equal(fx_run(f, "mail_queue", NULL, NULL, 5000), STATE_UNKNOWN);
    assert_has(f->text, "neither Postfix nor Exim");
    assert_int_equal(fx_run(f, "mail_queue", "postfix", NULL, 5000), STATE_UNKNOWN);
    assert_int_equal(fx_run(f, "mail_queue", "exim", "{\"directory\":\"/no/such\"}", 5000), STATE_UNKNOWN);
    sim_file("/srv/queue/deferred", "a file where a directory should be");
    assert_int_equal(fx_run(f, "mail_queue", "postfix", "{\"directory\":\"/srv/queue\"}", 5000), STATE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWIN_TEST(postfix),
        TWIN_TEST(growth),
        TWIN_TEST(exim),
        TWIN_TEST(asks_postqueue),
        TWIN_TEST(closed_directories),
        TWIN_TEST(none_and_garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
