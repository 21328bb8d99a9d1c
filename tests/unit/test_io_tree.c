/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A directory that others read while it is written: whole files, a whole first one, and nothing outside of it (ST-18). */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "io/file.h"
#include "io/tree.h"

struct place {
    char dir[64], site[80], work[90];
};

static int setup(void **state)
{
    struct place *p = NEW(struct place);
    str_copy(p->dir, sizeof p->dir, "/tmp/vigie-tree-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    str_print(p->site, sizeof p->site, "%s/a/site", p->dir);
    str_print(p->work, sizeof p->work, "%s.new", p->site);
    *state = p;
    return 0;
}

static void remove_all(const char *dir)
{
    static const char *const names[] = {"a/site/x/y/z.html", "a/site/x/y", "a/site/x/k.html", "a/site/x", "a/site/index.html", "a/site/other", "a/site", "a/site.new", "a", "out"};
    char path[200];
    for (size_t i = 0; i < COUNT(names); i++) {
        str_print(path, sizeof path, "%s/%s", dir, names[i]);
        if (unlink(path) < 0)
            rmdir(path);
    }
    assert_int_equal(rmdir(dir), 0);
}

static int teardown(void **state)
{
    struct place *p = *state;
    remove_all(p->dir);
    mem_free(p);
    return 0;
}

static struct tree *opened(const struct place *p)
{
    struct tree *t = NULL;
    struct err e = {0};
    assert_int_equal(tree_open(p->site, &t, &e), 0);
    return t;
}

static bool holds(const struct place *p, const char *name, const char *text)
{
    char path[200];
    struct buf b = BUF_MAX(1000);
    str_print(path, sizeof path, "%s/%s", p->site, name);
    bool same = file_read(path, &b, NULL) == 0 && str_eq(buf_text(&b), text);
    buf_done(&b);
    return same;
}

static void a_new_one_is_there_when_it_is_whole(void **state)
{
    struct place *p = *state;
    struct tree *t = opened(p);
    assert_true(tree_is_new(t));
    assert_true(tree_is_empty(t));
    assert_int_equal(tree_put(t, "x/y/z.html", "leaf", 4, NULL), 0);
    assert_false(file_exists(p->site));
    assert_int_equal(tree_put(t, "index.html", "home", 4, NULL), 0);
    assert_int_equal(tree_commit(t, NULL), 0);
    assert_false(file_exists(p->work));
    assert_true(holds(p, "x/y/z.html", "leaf"));
    assert_int_equal(tree_put(t, "index.html", "house", 5, NULL), 0); /* goes on under its name */
    assert_true(holds(p, "index.html", "house"));
    tree_free(t);
}

static void what_a_crash_left_is_taken_up(void **state)
{
    struct place *p = *state;
    struct tree *t = opened(p);
    assert_int_equal(tree_put(t, "index.html", "half of a long text", 19, NULL), 0);
    tree_free(t);
    assert_false(file_exists(p->site));
    t = opened(p);
    assert_int_equal(tree_put(t, "index.html", "home", 4, NULL), 0);
    assert_int_equal(tree_commit(t, NULL), 0);
    tree_free(t);
    assert_true(holds(p, "index.html", "home"));
}

/* A reader that has the file open keeps what it began to read. */
static void a_reader_sees_one_or_the_other(void **state)
{
    struct place *p = *state;
    char path[200], got[16] = "";
    struct tree *t = opened(p);
    assert_int_equal(tree_put(t, "index.html", "former", 6, NULL), 0);
    assert_int_equal(tree_commit(t, NULL), 0);
    str_print(path, sizeof path, "%s/index.html", p->site);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, got, 3), 3);
    assert_int_equal(tree_put(t, "index.html", "another", 7, NULL), 0);
    assert_int_equal(read(fd, got + 3, 10), 3);
    assert_string_equal(got, "former");
    close(fd);
    assert_true(holds(p, "index.html", "another"));
    tree_free(t);
}

static void what_is_the_same_is_known(void **state)
{
    struct place *p = *state;
    struct tree *t = opened(p);
    assert_int_equal(tree_put(t, "index.html", "home", 4, NULL), 0);
    assert_int_equal(tree_commit(t, NULL), 0);
    uint64_t print = tree_print(t, "index.html");
    assert_true(print && tree_print(t, "nothing.html") == 0);
    assert_true(tree_same(t, "index.html", "home", 4));
    assert_false(tree_same(t, "index.html", "hole", 4));
    assert_false(tree_same(t, "index.html", "homes", 5));
    assert_false(tree_same(t, "nothing.html", "", 0));
    assert_int_equal(tree_put(t, "index.html", "hole", 4, NULL), 0);
    assert_true(tree_print(t, "index.html") != print);
    tree_free(t);
}

static void what_goes_takes_its_directories_along(void **state)
{
    struct place *p = *state;
    char path[200];
    struct tree *t = opened(p);
    assert_int_equal(tree_put(t, "x/y/z.html", "leaf", 4, NULL), 0);
    assert_int_equal(tree_put(t, "x/k.html", "leaf", 4, NULL), 0);
    assert_int_equal(tree_commit(t, NULL), 0);
    assert_int_equal(tree_drop(t, "x/y/z.html", NULL), 0);
    assert_int_equal(tree_drop(t, "x/y/z.html", NULL), 0);
    str_print(path, sizeof path, "%s/x/y", p->site);
    assert_false(file_exists(path));
    assert_true(holds(p, "x/k.html", "leaf"));
    assert_int_equal(tree_put(t, "x/y/z.html", "leaf", 4, NULL), 0); /* and they come back */
    assert_true(holds(p, "x/y/z.html", "leaf"));
    tree_free(t);
}

static void nothing_is_written_outside(void **state)
{
    static const char *const bad[] = {"", "/etc/x", "../out", "x/../../out", "x//y", "x/", ".hidden", "x/.git/config", "a\nb", "a\\b", "."};
    struct place *p = *state;
    struct tree *t = opened(p);
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(tree_path_ok(bad[i]));
        assert_int_equal(tree_put(t, bad[i], "x", 1, NULL), ERR_INVALID);
        assert_int_equal(tree_drop(t, bad[i], NULL), ERR_INVALID);
    }
    assert_int_equal(tree_commit(t, NULL), 0);
    char out[200], link[200];
    str_print(out, sizeof out, "%s/out", p->dir);
    str_print(link, sizeof link, "%s/index.html", p->site);
    assert_int_equal(file_write(out, "kept", 4, 0644, NULL), 0);
    assert_int_equal(symlink(out, link), 0);
    assert_false(tree_same(t, "index.html", "kept", 4));
    assert_int_equal(tree_put(t, "index.html", "home", 4, NULL), 0); /* in the place of the link, not through it */
    assert_true(holds(p, "index.html", "home"));
    struct buf b = BUF_MAX(100);
    assert_int_equal(file_read(out, &b, NULL), 0);
    assert_string_equal(buf_text(&b), "kept");
    buf_done(&b);
    tree_free(t);
}

static void where_it_cannot_be(void **state)
{
    struct place *p = *state;
    struct tree *t = NULL;
    struct err e = {0};
    assert_int_equal(tree_open("relative", &t, &e), ERR_INVALID);
    assert_int_equal(tree_open("/", &t, &e), ERR_INVALID);
    t = opened(p);
    assert_int_equal(tree_put(t, "index.html", "home", 4, NULL), 0);
    assert_int_equal(tree_commit(t, NULL), 0);
    assert_false(tree_is_empty(t));
    t = tree_free(t);
    char path[200];
    str_print(path, sizeof path, "%s/index.html", p->site);
    assert_int_equal(tree_open(path, &t, &e), ERR_CONFLICT);
    assert_null(t);
}

static void a_path_is_made_whole(void **state)
{
    (void)state;
    char here[1000];
    struct buf b = BUF_MAX(4000), wanted = BUF_MAX(4000);
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(tree_absolute("/srv/x", &b, NULL), 0);
    assert_string_equal(buf_text(&b), "/srv/x");
    buf_clear(&b);
    buf_printf(&wanted, "%s/site", here);
    assert_int_equal(tree_absolute("./site", &b, NULL), 0);
    assert_string_equal(buf_text(&b), buf_text(&wanted));
    buf_done(&b);
    buf_done(&wanted);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_new_one_is_there_when_it_is_whole), T(what_a_crash_left_is_taken_up), T(a_reader_sees_one_or_the_other), T(what_is_the_same_is_known),
        T(what_goes_takes_its_directories_along), T(nothing_is_written_outside), T(where_it_cannot_be), cmocka_unit_test(a_path_is_made_whole),
    };
    return cmocka_run_group_tests_name("io_tree", tests, NULL, NULL);
}
