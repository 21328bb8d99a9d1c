/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quotas as repquota -O csv tells them. */
#include "checks_twin.h"

#define HEAD "User,BlockStatus,FileStatus,BlockUsed,BlockSoftLimit,BlockHardLimit,BlockGrace,FileUsed,FileSoftLimit,FileHardLimit,FileGrace\n"

static enum state with(struct fx *f, const char *rows)
{
    twin_program("repquota", 0, rows, NULL);
    return fx_run(f, "quota", NULL, NULL, 10000);
}

static void users(void **state)
{
    struct fx *f = *state;

    assert_int_equal(with(f, HEAD "root,ok,ok,2048,0,0,0,2,0,0,0\nanna,ok,ok,500,1000,2000,0,10,0,0,0\n"), STATE_OK);
    assert_string_equal(f->text, "1 with a quota, the fullest at 50 %");
    assert_has(f->perf, "over=0;;;0;1");
    assert_int_equal(with(f, HEAD "anna,ok,ok,960,1000,2000,0,10,0,0,0\nben,+,ok,1500,1000,2000,1700000000,10,0,0,0\ncara,ok,ok,1,1000,0,0,99,0,100,0\n"), STATE_WARNING);
    assert_has(f->text, "anna uses 96 % of the quota (limit 95%), and 2 more problems");
    assert_has(f->more, "ben: 150 %");
    assert_has(f->more, "cara: 99 %");
    assert_int_equal(fx_run(f, "quota", NULL, "{\"exclude\":[\"a*\",\"cara\"],\"crit\":\"100%\"}", 10000), STATE_CRITICAL);
    assert_has(f->text, "ben uses 150 %");
    assert_string_equal(sim_program_last("repquota"), "repquota -u -p -O csv -a");
    (void)fx_run(f, "quota", "/home", "{\"groups\":true}", 10000);
    assert_string_equal(sim_program_last("repquota"), "repquota -u -p -O csv -g /home");
    assert_has(fx_refused(f, "quota", "--help", NULL), "no path");
}

static void cannot_be_had(void **state)
{
    struct fx *f = *state;
    static char much[200000];
    size_t n = 0;

    assert_int_equal(fx_run(f, "quota", NULL, NULL, 10000), STATE_UNKNOWN);
    assert_has(f->text, "apt install quota");
    assert_int_equal(with(f, ""), STATE_UNKNOWN);
    assert_has(f->text, "no file system here has quotas");
    twin_program("repquota", 1, NULL, "repquota: Cannot open quotafile /home/aquota.user: Permission denied\n");
    assert_int_equal(fx_run(f, "quota", NULL, NULL, 10000), STATE_UNKNOWN);
    assert_has(f->text, "needs root");
    (void)with(f, ",,,,,,,,,,\n\xff,\xff,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1\nx,ok,ok,99999999999999999999,1,1,0,1,1,1,0\n");
    assert_int_equal(f->state, STATE_WARNING);
    for (int i = 0; n + 60 < sizeof(much); i++)
        n += (size_t)snprintf(much + n, sizeof(much) - n, "u%d,+,ok,2000,1000,1000,0,1,0,0,0\n", i);
    assert_int_equal(with(f, much), STATE_WARNING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TWIN_TEST(users), TWIN_TEST(cannot_be_had)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
