/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns on a terminal: wide characters, cuts, what is absent, languages, colour. */
#include "daemon_kit.h"
#include "cli/cli_priv.h"

static char text[8000];

static const char *cell(const char *s, int width, bool right)
{
    struct buf b = BUF_MAX(1000);
    table_cell(&b, s, width, right);
    str_copy(text, sizeof text, buf_text(&b));
    buf_done(&b);
    return text;
}

static void cells(void **state)
{
    assert_string_equal(cell("abc", 5, false), "abc  ");
    assert_string_equal(cell("abc", 5, true), "  abc");
    assert_string_equal(cell("abc", 3, true), "abc");
    assert_string_equal(cell("abcdef", 4, false), "abc…");
    assert_string_equal(cell("abcdef", 1, false), "…");
    assert_string_equal(cell("abc", 0, false), "abc");
    assert_string_equal(cell("", 2, false), "  ");
    assert_string_equal(cell("é€", 4, false), "é€  ");
    assert_string_equal(cell("日本語", 8, false), "日本語  ");  /* two columns each */
    assert_string_equal(cell("日本語", 5, false), "日本…");
    assert_string_equal(cell("日本語", 4, false), "日…");        /* half a character does not fit */
    assert_string_equal(cell("e\u0301x", 3, false), "e\u0301x "); /* a combining accent has no width */
}

static const struct table_column columns[] = {{"Name", "name", 8, false}, {"Number", "n", 0, true}, {"Yes", "yes", 0, false}, {"Last", "last", 0, false}, {0}};

static const char *table(int width, bool colour, const char *json)
{
    struct arena *a = arena_new(0);
    struct cli c = {.lang = "en", .arena = a, .width = width, .colour = colour};
    struct buf b = BUF_MAX(7900);
    struct doc *rows;
    char *copy = arena_dup(a, json);
    for (char *p = copy; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    assert_int_equal(json_parse(a, copy, strlen(copy), 1 << 16, &rows, NULL), 0);
    table_print(&c, &b, rows, columns);
    str_copy(text, sizeof text, buf_text(&b));
    buf_done(&b);
    arena_free(a);
    return text;
}
#define ROWS "[{'name':'web','n':7,'yes':true,'last':'short'},{'name':'a very long name','n':12345,'yes':false,'last':null},{'name':'日本','last':'something rather long that is cut on a small terminal'}]"

static void to_a_file_nothing_is_cut(void **state)
{
    assert_string_equal(table(0, false, ROWS), "Name              Number  Yes  Last\n"
                                               "web                    7  yes  short\n"
                                               "a very long name   12345  no   –\n"
                                               "日本                   –  –    something rather long that is cut on a small terminal\n");
}

static void on_a_terminal_it_fits(void **state)
{
    const char *t = table(50, false, ROWS);
    kit_has(t, "a very …  ");
    kit_has(t, "日本      ");
    struct str rest = str_of(t), line;
    int lines = 0;
    while (str_next(&rest, "\n", &line)) {
        lines++;
        size_t columns_wide = 0;
        for (size_t i = 0; i < line.n; i++)
            columns_wide += ((unsigned char)line.p[i] & 0xc0) != 0x80; /* no wide ones in the long lines */
        assert_true(columns_wide <= 52);
    }
    assert_int_equal(lines, 4);
    kit_has(table(10, false, ROWS), "somethin"); /* too small a terminal: ten columns at least for the last */
}

static void colour_only_when_asked(void **state)
{
    kit_lacks(table(80, false, ROWS), "\033");
    kit_has(table(80, true, ROWS), "\033[2mName");
    assert_int_equal(kit_count(text, "\033[2m"), kit_count(text, "\033[0m"));
}

static void no_rows(void **state)
{
    assert_string_equal(table(0, false, "[]"), "Name  Number  Yes  Last\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cells), cmocka_unit_test(to_a_file_nothing_is_cut), cmocka_unit_test(on_a_terminal_it_fits), cmocka_unit_test(colour_only_when_asked), cmocka_unit_test(no_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
