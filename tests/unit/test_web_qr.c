/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_web_qr.c: a code that another encoder (libqrencode 4.1.1, bytes, level M) makes of the same text, module by module; sizes; the
 * patterns of every version; what does not fit; the picture. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "web/qr.h"

static const char *const known[] = {
    "#######.###.#.#...#######", "#.....#...#####...#.....#", "#.###.#.######.##.#.###.#", "#.###.#...##.##...#.###.#", "#.###.#...##.#..#.#.###.#",
    "#.....#.##.#..#.#.#.....#", "#######.#.#.#.#.#.#######", ".........#..#.##.........", "#.#...##.####..#...#..#.#", ".#.###...##...###.##.#..#",
    "#.##..#.##.###.#...##...#", "##.###.##.##...#.##.##.#.", ".####.##...#.##.####.#.#.", ".#.#...#.#...#.##.##..#.#", "###..#######...#.##...#.#",
    "...#.#.##.#..#.##..#.#..#", "#####.##.#####..######..#", "........##..#...#...##.##", "#######.#...###.#.#.#.#.#", "#.....#..####.###...#....",
    "#.###.#...#..########...#", "#.###.#..#...#####.##.##.", "#.###.#.####.....#..##.##", "#.....#...#..#..###......", "#######.#.####..######..#",
};

static void another_encoder_agrees(void **state)
{
    static struct qr q;
    assert_int_equal(qr_make("vigie: who looks out", &q), 0);
    assert_int_equal(q.size, (int)COUNT(known));
    for (int y = 0; y < q.size; y++)
        for (int x = 0; x < q.size; x++)
            assert_int_equal(q.dark[y * q.size + x], known[y][x] == '#');
}

/* Finders, timing and the dark module of each version, at the most that it holds and one byte more. */
static void every_version_holds_what_it_should(void **state)
{
    static const int most[] = {14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331};
    static struct qr q;
    char text[400];
    for (int v = 1; v <= QR_VERSIONS; v++) {
        memset(text, 'v', sizeof text);
        text[most[v - 1]] = '\0';
        assert_int_equal(qr_make(text, &q), 0);
        assert_int_equal(q.size, 17 + 4 * v);
        for (int i = 0; i < 7; i++) {
            assert_true(q.dark[i] && q.dark[i * q.size] && q.dark[q.size - 1 - i] && q.dark[(q.size - 1) * q.size + i]);
            assert_false(q.dark[7 * q.size + i]);
        }
        for (int i = 8; i < q.size - 8; i++)
            assert_true(q.dark[6 * q.size + i] == (i % 2 == 0) && q.dark[i * q.size + 6] == (i % 2 == 0));
        assert_true(q.dark[(q.size - 8) * q.size + 8]);
        text[most[v - 1]] = 'v';
        text[most[v - 1] + 1] = '\0';
        assert_int_equal(qr_make(text, &q), v == QR_VERSIONS ? ERR_LIMIT : 0);
        assert_true(v == QR_VERSIONS || q.size == 21 + 4 * v);
    }
    assert_int_equal(qr_make("", &q), 0);
}

static void the_picture_stands_alone(void **state)
{
    static struct qr q;
    struct buf b = BUF_MAX(1 << 20);
    assert_int_equal(qr_make("x", &q), 0);
    qr_svg(&b, &q, "a \"code\"");
    assert_non_null(strstr(buf_text(&b), "viewBox=\"0 0 29 29\""));
    assert_non_null(strstr(buf_text(&b), "aria-label=\"a &quot;code&quot;\""));
    assert_non_null(strstr(buf_text(&b), "M4 4h7v1h-7z")); /* a finder's edge */
    assert_null(strstr(buf_text(&b), "style="));           /* the policy of the pages allows none */
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(another_encoder_agrees), cmocka_unit_test(every_version_holds_what_it_should), cmocka_unit_test(the_picture_stands_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
