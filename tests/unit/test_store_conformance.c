/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_store_conformance.c: what every engine behind store.h has to do: batches all or nothing, in the order of
 * giving, each answered once; reads that see what was given before; requirements; leases with fencing tokens;
 * migrations once.  SQLite passes it now, PostgreSQL will have to. */
#include "store_kit.h"

static void a_batch_is_all_or_nothing(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_write(k, kit_batch("a", 1)), 0);
    assert_true(k->last_id > 0);
    struct store_batch *b = kit_batch("b", 2);
    struct store_value twice[] = {STORE_T("a"), STORE_I(9)};
    store_batch_add(b, &kit_add, twice, 2);
    assert_int_equal(store_batch_size(b), 2);
    assert_int_equal(kit_write(k, b), ERR_CONFLICT);
    assert_true(k->err.text[0] != '\0');
    assert_int_equal(kit_things(k), 1);
}

static void an_empty_batch_is_fine(void **state) { assert_int_equal(kit_write(*state, store_batch_new()), 0); }

/* One batch of a group fails, its neighbours are kept. */
static void a_bad_batch_leaves_the_others_alone(void **state)
{
    struct kit *k = *state;
    char name[16];
    for (int i = 0; i < 50; i++) {
        str_print(name, sizeof(name), "n%d", i == 25 ? 24 : i);
        k->open++;
        store_write(k->store, kit_batch(name, 1), kit_done, k);
    }
    kit_wait(k);
    assert_int_equal(kit_things(k), 49);
}

struct order {
    struct kit *kit;
    int next, wrong;
};
struct turn {
    struct order *order;
    int number;
};
static void order_done(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct turn *t = arg;
    t->order->wrong += code != 0 || t->number != t->order->next;
    t->order->next = t->number + 1;
    kit_done(t->order->kit, code, last_id, e);
}

static void answers_come_in_the_order_of_giving(void **state)
{
    struct kit *k = *state;
    struct order order = {.kit = k};
    struct turn turns[2000];
    char name[16];
    for (int i = 0; i < (int)COUNT(turns); i++) {
        turns[i] = (struct turn){&order, i};
        str_print(name, sizeof(name), "n%d", i);
        k->open++;
        store_write(k->store, kit_batch(name, i), order_done, &turns[i]);
    }
    kit_wait(k);
    assert_int_equal(order.wrong, 0);
    assert_int_equal(kit_read(k, &kit_names, 5000), 0);
    assert_int_equal(k->rows.n_rows, COUNT(turns));
    for (int i = 0; i < k->rows.n_rows; i++)
        assert_int_equal(store_cell_int(&k->rows, i, 1), i);
    struct store_health h;
    store_get_health(k->store, &h);
    assert_false(h.failing);
    assert_int_equal(h.waiting, 0);
    assert_true(h.statements >= COUNT(turns));
    assert_true(h.commits < COUNT(turns)); /* in groups */
}

static void a_read_sees_what_was_given_before(void **state)
{
    struct kit *k = *state;
    k->open += 2;
    store_write(k->store, kit_batch("a", 1), kit_done, k);
    store_read(k->store, &kit_count, NULL, 0, 1, kit_answer, k);
    kit_wait(k);
    assert_int_equal(store_cell_int(&k->rows, 0, 0), 1);
}

static void max_rows_is_kept(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_write(k, kit_batch("a", 1)), 0);
    assert_int_equal(kit_write(k, kit_batch("b", 2)), 0);
    assert_int_equal(kit_read(k, &kit_names, 1), 0);
    assert_int_equal(k->rows.n_rows, 1);
    assert_string_equal(store_cell_text(&k->rows, 0, 0), "a");
}

static void a_requirement_rolls_back(void **state)
{
    struct kit *k = *state;
    struct store_batch *b = kit_batch("a", 1);
    struct store_value v[] = {STORE_T("nobody"), STORE_I(3)};
    store_batch_require(b, &kit_set, v, 2);
    assert_int_equal(kit_write(k, b), ERR_CONFLICT);
    assert_int_equal(kit_things(k), 0);
    b = kit_batch("a", 1);
    v[0] = STORE_T("a");
    store_batch_require(b, &kit_set, v, 2);
    assert_int_equal(kit_write(k, b), 0);
    assert_int_equal(kit_things(k), 1);
}

static void values_come_back_as_they_were(void **state)
{
    static const struct store_stmt put = {"put", "INSERT INTO thing (name, n, f, b) VALUES (?1, ?2, ?3, ?4)"};
    static const struct store_stmt get = {"get", "SELECT name, n, f, b, NULL FROM thing"};
    static const char bytes[] = "a\0b\xff";
    struct kit *k = *state;
    struct store_batch *b = store_batch_new();
    struct store_value v[] = {STORE_T("h\xc3\xa9 \x01{1}\x1fs"), STORE_I(INT64_MIN), STORE_F(0.125),
                              {.type = STORE_BLOB, .p = bytes, .n = 4}};
    store_batch_add(b, &put, v, 4);
    assert_int_equal(kit_write(k, b), 0);
    assert_int_equal(kit_read(k, &get, 1), 0);
    assert_int_equal(k->rows.n_columns, 5);
    assert_string_equal(store_cell_text(&k->rows, 0, 0), "h\xc3\xa9 \x01{1}\x1fs");
    assert_true(store_cell_int(&k->rows, 0, 1) == INT64_MIN);
    assert_true(store_cell(&k->rows, 0, 2)->f == 0.125);
    assert_int_equal(store_cell(&k->rows, 0, 3)->n, 4);
    assert_memory_equal(store_cell(&k->rows, 0, 3)->p, bytes, 4);
    assert_null(store_cell_text(&k->rows, 0, 4));
    assert_null(store_text_value(NULL).p);
}

static void a_wrong_statement_is_an_error(void **state)
{
    static const struct store_stmt bad = {"bad", "SELECT nothing FROM nowhere"};
    struct kit *k = *state;
    assert_int_equal(kit_read(k, &bad, 1), ERR_INVALID);
    struct store_batch *b = kit_batch("a", 1);
    store_batch_add(b, &bad, NULL, 0);
    assert_int_equal(kit_write(k, b), ERR_INVALID);
    assert_int_equal(kit_things(k), 0);
}

struct lease {
    struct kit *kit;
    int64_t token;
};
static void lease_got(void *arg, int code, int64_t token)
{
    struct lease *l = arg;
    l->token = token;
    kit_answered(l->kit, code, NULL);
}
static int lease_take(struct lease *l, const char *holder, int64_t now_ms)
{
    l->kit->open++;
    store_lease(l->kit->store, "alerts", holder, now_ms, 1000, lease_got, l);
    kit_wait(l->kit);
    return l->kit->code;
}

/* A holder keeps its token while it renews in time; every new holding has a larger one. */
static void leases_fence(void **state)
{
    struct lease l = {.kit = *state};
    assert_int_equal(lease_take(&l, "one", 1000), 0);
    int64_t first = l.token;
    assert_true(first > 0);
    assert_int_equal(lease_take(&l, "two", 1500), ERR_CONFLICT);
    assert_int_equal(lease_take(&l, "one", 1900), 0);
    assert_int_equal(l.token, first);
    assert_int_equal(lease_take(&l, "two", 2900), 0); /* 1900 + 1000 is over */
    assert_true(l.token > first);
    int64_t second = l.token;
    assert_int_equal(lease_take(&l, "one", 3000), ERR_CONFLICT);
    assert_int_equal(lease_take(&l, "two", 5000), 0); /* after its end it is a new holding */
    assert_true(l.token > second);
}

static void what_was_given_is_committed_at_closing(void **state)
{
    struct kit *k = *state;
    char name[16];
    for (int i = 0; i < 100; i++) {
        str_print(name, sizeof(name), "n%d", i);
        k->open++;
        store_write(k->store, kit_batch(name, 1), kit_done, k);
    }
    kit_close(k);
    assert_int_equal(k->open, 0); /* all were answered */
    kit_open(k);
    assert_int_equal(kit_things(k), 100);
}

static void read_now_before_anything_runs(void **state)
{
    struct kit *k = *state;
    struct store_rows r = {0};
    struct err e = {0};
    assert_int_equal(store_read_now(k->store, &kit_count, NULL, 0, 1, &r, &e), 0);
    assert_int_equal(store_cell_int(&r, 0, 0), 0);
    store_rows_done(&r);
    assert_int_equal(kit_write(k, kit_batch("a", 1)), 0);
    assert_int_equal(store_read_now(k->store, &kit_count, NULL, 0, 1, &r, &e), 0);
    assert_int_equal(store_cell_int(&r, 0, 0), 1);
    store_rows_done(&r);
}

/* ---- migrations ---- */

static int reopen_with(struct kit *k, const struct store_migration *rows, struct err *e)
{
    const struct store_migration *const list[] = {rows, NULL};
    kit_close(k);
    k->loop = loop_new("test");
    timer_init(&k->timer, k->loop, kit_stop, k);
    int code = store_open(k->url, NULL, k->loop, list, &k->store, e);
    if (code)
        k->loop = loop_free(k->loop);
    return code;
}

static const struct store_migration kit_newer[] = {
    {"kit", 1, "CREATE TABLE thing (id {id}, name TEXT UNIQUE, n BIGINT, f DOUBLE PRECISION, b BYTEA);"},
    {"kit", 2, "ALTER TABLE thing ADD COLUMN more TEXT; CREATE INDEX thing_n ON thing (n);"},
    {0},
};
static const struct store_migration kit_other[] = {{"kit", 1, "CREATE TABLE thing (id {id});"}, {0}};
static const struct store_migration kit_broken[] = {
    {"kit", 1, "CREATE TABLE thing (id {id}, name TEXT UNIQUE, n BIGINT, f DOUBLE PRECISION, b BYTEA);"},
    {"kit", 2, "CREATE TABLE half (n BIGINT); CREATE TABLE thing (n BIGINT);"},
    {0},
};

static void migrations_run_once(void **state)
{
    static const struct store_stmt more = {"more", "SELECT COUNT(more) FROM thing"};
    struct kit *k = *state;
    struct err e = {0};
    assert_int_equal(kit_write(k, kit_batch("a", 1)), 0);
    assert_int_equal(reopen_with(k, kit_newer, &e), 0);
    assert_int_equal(kit_things(k), 1);
    assert_int_equal(kit_read(k, &more, 1), 0);
    assert_int_equal(reopen_with(k, kit_newer, &e), 0);
    assert_int_equal(kit_things(k), 1);
}

static void a_newer_database_is_refused(void **state)
{
    struct kit *k = *state;
    struct err e = {0};
    assert_int_equal(reopen_with(k, kit_newer, &e), 0);
    assert_int_equal(reopen_with(k, kit_rows, &e), ERR_CONFLICT);
    assert_non_null(strstr(e.text, "newer"));
}

static void another_build_is_refused(void **state)
{
    struct kit *k = *state;
    struct err e = {0};
    assert_int_equal(reopen_with(k, kit_other, &e), ERR_CONFLICT);
}

static void half_a_migration_never_stays(void **state)
{
    static const struct store_stmt half = {"half", "SELECT COUNT(*) FROM half"};
    struct kit *k = *state;
    struct err e = {0};
    assert_int_not_equal(reopen_with(k, kit_broken, &e), 0);
    kit_open(k);
    assert_int_equal(kit_read(k, &half, 1), ERR_INVALID);
    assert_int_equal(kit_things(k), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_batch_is_all_or_nothing),
        T(an_empty_batch_is_fine),
        T(a_bad_batch_leaves_the_others_alone),
        T(answers_come_in_the_order_of_giving),
        T(a_read_sees_what_was_given_before),
        T(max_rows_is_kept),
        T(a_requirement_rolls_back),
        T(values_come_back_as_they_were),
        T(a_wrong_statement_is_an_error),
        T(leases_fence),
        T(what_was_given_is_committed_at_closing),
        T(read_now_before_anything_runs),
        T(migrations_run_once),
        T(a_newer_database_is_refused),
        T(another_build_is_refused),
        T(half_a_migration_never_stays),
    };
    return cmocka_run_group_tests_name("store_conformance", tests, NULL, NULL);
}
