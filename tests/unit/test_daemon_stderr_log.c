/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon's log when nobody reads it: lines are lost and counted, nothing waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/stderr_log.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *drain(int fd)
{
    static char text[1 << 20];
    ssize_t n = read(fd, text, sizeof(text) - 1);

    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void a_full_pipe(void **state)
{
    int ends[2], written = 0;
    struct stderr_log log;
    char line[2001], *text;

    memset(line, 'x', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    assert_int_equal(pipe(ends), 0);
    log = (struct stderr_log){.fd = ends[1], .journal = true};
    for (; written < 10000 && log.lost == 0; written++)
        stderr_log_line(LOG_NOTE, line, &log);
    assert_int_equal(log.lost, 1); /* and we are still here */
    stderr_log_line(LOG_NOTE, line, &log);
    stderr_log_line(LOG_NOTE, "short", &log);
    text = drain(ends[0]);
    assert_int_equal(strncmp(text, "<5>xxx", 6), 0);
    assert_int_equal(text[strlen(text) - 1], '\n'); /* whole lines only */
    stderr_log_line(LOG_NOTE, "again", &log);
    text = drain(ends[0]);
    assert_non_null(strstr(text, "lines of this log are lost"));
    assert_non_null(strstr(text, "<5>again\n"));
    assert_int_equal(log.lost, 0);
    stderr_log_line(LOG_NOTE, "and again", &log);
    assert_string_equal(drain(ends[0]), "<5>and again\n");
    close(ends[0]); /* nobody will ever read: lost, too */
    signal(SIGPIPE, SIG_IGN);
    stderr_log_line(LOG_NOTE, "gone", &log);
    assert_int_equal(log.lost, 1);
    close(ends[1]);
}

static void a_file(void **state)
{
    char path[] = "/tmp/vigie-log-XXXXXX";
    int fd = mkstemp(path);
    struct stderr_log log = {.fd = fd};
    char *line = calloc(1, 9001);

    memset(line, 'y', 9000);
    stderr_log_line(LOG_NOTE, "one", &log);
    stderr_log_line(LOG_NOTE, line, &log);
    assert_int_equal(log.lost, 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(strncmp(drain(fd), "one\nyyy", 7), 0);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 4 + 4000);
    close(fd);
    unlink(path);
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_full_pipe), cmocka_unit_test(a_file)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
