/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_wire_promtext.c: the Prometheus text format (MON-2). */
#include "wire/promtext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

static void families_and_samples(void **state)
{
    static const char *const labels[] = {"host", "web\"1\\", "text", "a\nb", NULL};
    struct buf b = BUF_MAX(10000);

    (void)state;
    prom_family(&b, "vigie_checks", "gauge", "Checks by state.\nA \\ is escaped.");
    prom_sample(&b, "vigie_checks", NULL, 3);
    prom_sample(&b, "vigie_checks", labels, 0.25);
    assert_string_equal(buf_text(&b), "# HELP vigie_checks Checks by state.\\nA \\\\ is escaped.\n"
                                      "# TYPE vigie_checks gauge\n"
                                      "vigie_checks 3\n"
                                      "vigie_checks{host=\"web\\\"1\\\\\",text=\"a\\nb\"} 0.25\n");
    buf_done(&b);
}

static void check_number(double v, const char *want)
{
    struct buf b = BUF_MAX(100);

    prom_sample(&b, "x", NULL, v);
    assert_string_equal(buf_text(&b), want);
    buf_done(&b);
}

static void numbers(void **state)
{
    (void)state;
    check_number((double)NAN, "x NaN\n");
    check_number((double)INFINITY, "x +Inf\n");
    check_number(-(double)INFINITY, "x -Inf\n");
    check_number(1e15, "x 1000000000000000\n");
    check_number(0.1, "x 0.1\n");
    check_number(-0.0, "x 0\n");
    check_number(1.0 / 3, "x 0.3333333333333333\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(families_and_samples),
                                       cmocka_unit_test(numbers)};

    return cmocka_run_group_tests_name("wire_promtext", tests, NULL, NULL);
}
