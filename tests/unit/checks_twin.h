/* SPDX-License-Identifier: GPL-3.0-or-later */
/* checks_twin.h: attempts in the simulated machine: its /proc and /sys (sim_proc), programs (sim_program) and files
 * (sim_file, below a directory of this test's own) are what the test says. Time passes with sim_run_for(). */
#ifndef VIGIE_TESTS_CHECKS_TWIN_H
#define VIGIE_TESTS_CHECKS_TWIN_H

#include "checks_fixture.h"
#include "io/sim/sim.h"

#include <ftw.h>

static inline const char *twin_dir(void)
{
    static char dir[200];

    return fx_path(dir, sizeof(dir), "twin");
}

static inline int twin_unlink(const char *path, const struct stat *st, int kind, struct FTW *at) { return remove(path); }

static inline int twin_setup(void **state)
{
    sim_init(1);
    sim_root(twin_dir());
    sim_file("/etc/fstab", "");
    return fx_setup_spawner(state);
}

static inline int twin_teardown(void **state)
{
    int code = fx_teardown(state);

    assert_int_equal(sim_objects(), 0);
    sim_done();
    nftw(twin_dir(), twin_unlink, 10, FTW_DEPTH | FTW_PHYS);
    return code;
}

/* A program that says this and ends so. */
static inline void twin_program(const char *pattern, int exit_status, const char *out, const char *errout)
{
    sim_program(pattern, &(struct sim_program){.exit_status = exit_status, .out = out, .errout = errout});
}

#define TWIN_TEST(fn) cmocka_unit_test_setup_teardown(fn, twin_setup, twin_teardown)

#endif
