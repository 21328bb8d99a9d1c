/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of dumps: what each of the programs writes, what is strange, and what is hostile (issue 4 §4). */
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "wire/jsonrows.h"
#include "wire/sqldump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct read {
    struct buf out;
    int n, code;
    int64_t strange;
};

static bool wants(void *arg, const char *table)
{
    return str_eq(table, "t") || str_eq(table, "p_t");
}

/* "t a=1 b=NULL" */
static int row(void *arg, const struct sqldump_row *r)
{
    struct read *x = arg;
    buf_str(&x->out, r->table);
    for (int i = 0; i < r->n; i++)
        buf_printf(&x->out, " %s=%s", r->columns[i], r->values[i] ? r->values[i] : "NULL");
    buf_char(&x->out, '|');
    x->n++;
    return 0;
}

static struct read read_n(const char *text, size_t n, size_t piece)
{
    struct read x = {.out = BUF_MAX(1 << 20)};
    struct err e = {0};
    struct sqldump *d = sqldump_new(&(struct sqldump_calls){wants, row, &x});
    for (size_t at = 0; at < n && !x.code; at += piece)
        x.code = sqldump_feed(d, text + at, n - at < piece ? n - at : piece, &e);
    if (!x.code)
        x.code = sqldump_end(d, &e);
    x.strange = sqldump_strange(d);
    sqldump_free(d);
    return x;
}

/* The same whatever the pieces. */
static void gives(const char *dump, const char *want)
{
    static const size_t pieces[] = {1, 2, 7, 100000};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct read x = read_n(dump, strlen(dump), pieces[i]);
        assert_int_equal(x.code, 0);
        assert_string_equal(buf_text(&x.out), want);
        buf_done(&x.out);
    }
}

static int code_of(const char *dump, size_t n)
{
    struct read x = read_n(dump, n, 3);
    buf_done(&x.out);
    return x.code;
}

static void mysql(void **state)
{
    gives("CREATE TABLE `t` (\n  `a` int(10) unsigned NOT NULL DEFAULT '(,',\n  `order` text,\n  PRIMARY KEY (`a`,`order`),\n  KEY `x` (`a`)\n) ENGINE=InnoDB;\nINSERT INTO `t` VALUES (1,'it\\'s \\\"so\\\"'),(-2,NULL),(3,'x''y\\\\');",
          "t a=1 order=it's \"so\"|t a=-2 order=NULL|t a=3 order=x'y\\|");
    gives("INSERT IGNORE INTO `t` (`b`,`a`) VALUES (_binary 'z',0x6162636) , (X'6162', 1.5e+3) ON DUPLICATE KEY UPDATE a=(1);", "t b=z a=abc|t b=ab a=1.5e+3|");
    gives("REPLACE INTO `db`.`t` (`a`) VALUE ('one\\nline; -- # /* no comment */');", "t a=one\nline; -- # /* no comment */|");
    gives("/*!40000 ALTER TABLE `t` DISABLE KEYS */;\n-- INSERT INTO t VALUES (9);\n# INSERT INTO t VALUES (8);\nINSERT INTO t (a) VALUES (7)", "t a=7|");
    gives("INSERT INTO other VALUES ('a;b'),('c');INSERT INTO `p_t` (a) VALUES ('prefix');", "p_t a=prefix|");
}

static void postgres(void **state)
{
    gives("SET standard_conforming_strings = on;\nCOPY public.t (a, \"order\") FROM stdin;\n1\ta\\\\b\\tc\\nd\n2\t\\N\n\t\n\\.\nSELECT 1;\nINSERT INTO public.t (a) VALUES ('c:\\dir'), (E'x\\ny'), (true);",
          "t a=1 order=a\\b\tc\nd|t a=2 order=NULL|t a= order=|t a=c:\\dir|t a=x\ny|t a=true|");
    gives("SET standard_conforming_strings = on;\nCREATE TABLE public.t (\n    a integer DEFAULT nextval('s'::regclass) NOT NULL,\n    b character varying(255) DEFAULT 'x'::character varying,\n    CONSTRAINT c CHECK ((a > 0))\n);\nINSERT INTO public.t VALUES (1, 'é');",
          "t a=1 b=é|");
    gives("COPY public.other (a) FROM stdin;\nINSERT INTO t (a) VALUES (1);\n\\.\nCOPY public.t (a) FROM stdin;\n\\.\n", "");
}

static void sqlite(void **state)
{
    gives("PRAGMA foreign_keys=OFF;\nCREATE TABLE IF NOT EXISTS \"t\" (\"a\" integer not null primary key autoincrement, \"b\" text);\nINSERT INTO t VALUES(1,replace('a\\nb','\\n',char(10)));\nINSERT INTO \"t\" VALUES(2,'c\\d');",
          "t a=1 b=a\nb|t a=2 b=c\\d|");
}

static void strange_rows_are_left_out(void **state)
{
    static const char dump[] = "CREATE TABLE t (a int, b int);INSERT INTO t VALUES (1),(1,2),(1,2,3);INSERT INTO t SELECT * FROM x;INSERT INTO t (a) VALUES (now()), (concat('x',(1,2)));";
    struct read x = read_n(dump, sizeof dump - 1, 5);
    assert_int_equal(x.code, 0);
    assert_int_equal(x.strange, 2);
    assert_string_equal(buf_text(&x.out), "t a=1 b=2|t a=now|t a=concat|");
    buf_done(&x.out);
}

static void hostile(void **state)
{
    static const char nul[] = "INSERT INTO t (a) VALUES ('a\0b');";
    struct buf many = BUF_MAX(1 << 20), huge = BUF_MAX(20 << 20);
    assert_int_equal(code_of("", 0), ERR_INVALID);
    assert_int_equal(code_of("hello", 5), ERR_INVALID);
    assert_int_equal(code_of("INSERT INTO t VALUES ('cut", 26), ERR_INVALID);
    assert_int_equal(code_of("INSERT INTO t VALUES ('cut\\'", 28), ERR_INVALID);
    assert_int_equal(code_of("COPY t (a) FROM stdin;\n1\n2", 26), ERR_INVALID);
    struct read x = read_n(nul, sizeof nul - 1, 4);
    assert_string_equal(buf_text(&x.out), "t a=a|"); /* a value ends at its first NUL */
    buf_done(&x.out);
    buf_str(&many, "INSERT INTO t (a");
    for (int i = 0; i < 300; i++)
        buf_printf(&many, ",c%d", i);
    buf_str(&many, ") VALUES (1);");
    assert_int_equal(code_of(buf_text(&many), many.len), ERR_LIMIT);
    buf_str(&huge, "INSERT INTO t (a) VALUES ('");
    while (huge.len < SQLDUMP_MAX_ROW + 100)
        buf_str(&huge, "0123456789abcdef0123456789abcdef0123456789abcdef");
    buf_str(&huge, "');");
    x = read_n(buf_text(&huge), huge.len, 65536);
    assert_int_equal(x.code, ERR_LIMIT);
    buf_done(&x.out);
    buf_clear(&huge); /* of a table that nobody wants nothing is kept */
    buf_str(&huge, "INSERT INTO big (a) VALUES ('");
    while (huge.len < 18 << 20)
        buf_str(&huge, "0123456789abcdef0123456789abcdef0123456789abcdef");
    buf_str(&huge, "');INSERT INTO t (a) VALUES (1);");
    x = read_n(buf_text(&huge), huge.len, 65536);
    assert_int_equal(x.code, 0);
    assert_string_equal(buf_text(&x.out), "t a=1|");
    buf_done(&x.out);
    buf_done(&many);
    buf_done(&huge);
}

/* ---- long lists in JSON ---- */

static int object(void *arg, const char *p, size_t n)
{
    struct read *x = arg;
    buf_add(&x->out, p, n);
    buf_char(&x->out, '|');
    return 0;
}

static int list(const char *text, const char *want)
{
    int code = 0;
    for (size_t piece = 1; piece < 50; piece += 7) {
        struct read x = {.out = BUF_MAX(1 << 16)};
        struct jsonrows j;
        struct err e = {0};
        jsonrows_begin(&j, "list", object, &x);
        code = 0;
        for (size_t at = 0, n = strlen(text); at < n && !code; at += piece)
            code = jsonrows_feed(&j, text + at, n - at < piece ? n - at : piece, &e);
        if (!code)
            code = jsonrows_end(&j, &e);
        jsonrows_done(&j);
        if (want)
            assert_string_equal(buf_text(&x.out), want);
        buf_done(&x.out);
    }
    return code;
}

static void lists(void **state)
{
    assert_int_equal(list("{\"a\":[{}],\"list\":[\n{\"x\":\"}],\\\"{\"},{\"y\":[{}]}\n],\"list\":[{\"z\":1}]}", "{\"x\":\"}],\\\"{\"}|{\"y\":[{}]}|"), 0);
    assert_int_equal(list("[{},{\"a\":{}}]", "{}|{\"a\":{}}|"), 0);
    assert_int_equal(list("{\"list\":[]}", ""), 0);
    assert_int_equal(list("{\"deep\":{\"list\":[{}]}}", ""), ERR_INVALID);
    assert_int_equal(list("{\"x\":\"list\",\"y\":[{}]}", ""), ERR_INVALID);
    assert_int_equal(list("{\"list\":[[1]]}", ""), ERR_INVALID);
    assert_int_equal(list("{\"list\":[{\"a\":1", NULL), ERR_INVALID);
    assert_int_equal(list("]", ""), ERR_INVALID);
    assert_int_equal(list("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", ""), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(mysql), cmocka_unit_test(postgres), cmocka_unit_test(sqlite), cmocka_unit_test(strange_rows_are_left_out),
                                       cmocka_unit_test(hostile), cmocka_unit_test(lists)};
    return cmocka_run_group_tests_name("wire_sqldump", tests, NULL, NULL);
}
