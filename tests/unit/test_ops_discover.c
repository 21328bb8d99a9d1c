/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decisions about what was found: files of hosts, parents that are there, names that are taken, many at once, a disk that is full. */
#include "daemon_kit.h"

static void found(struct kit *k, const char *host, const char *address, const char *parents, const char *check, const char *yaml)
{
    char key[200];
    struct finding f = {.key = key, .source = "net 192.0.2.0/24", .host = host, .address = address, .parents = parents, .check = check, .yaml = yaml, .what = "what", .evidence = "seen"};

    str_print(key, sizeof key, "net/%s/%s", host, check ? check : "host");
    assert_int_equal(book_take(k->house->book, &f, false, false, 1000), 0);
}

static void network(struct kit *k)
{
    found(k, "sw1", "192.0.2.101", NULL, NULL, NULL);
    found(k, "nas", "192.0.2.102", "sw1, sw9", NULL, NULL);
    found(k, "nas", "192.0.2.102", "sw1, sw9", "ssh", "ssh");
    found(k, "tv", "192.0.2.103", "sw9", NULL, NULL);
}

static void a_file_a_host_with_the_parents_that_are_there(void **state)
{
    struct kit *k = *state;

    network(k);
    assert_int_equal(kit_op(k, "discover-accept", "{'all':true}"), 200);
    assert_int_equal(doc_get(k->reply, "done")->kids.n, 4);
    assert_int_equal(doc_get(k->reply, "files")->kids.n, 3);
    kit_has(kit_read(k, "conf.d/discovered/nas.yaml"), "hosts:\n  nas:\n    address: 192.0.2.102\n    parents:\n      - sw1\n    checks:\n      - ssh\n");
    kit_has(kit_read(k, "conf.d/discovered/tv.yaml"), "  tv:\n    address: 192.0.2.103\n");
    kit_lacks(kit_read(k, "conf.d/discovered/tv.yaml"), "sw9");
    assert_non_null(kit_item(k, "nas/ssh"));
    assert_int_equal(book_find(k->house->book, "net/nas/ssh")->state, BOOK_WATCHED);
    kit_stop(k);
    kit_start(k);
    assert_non_null(kit_item(k, "nas/ssh"));
    assert_int_equal(book_find(k->house->book, "net/nas/ssh")->state, BOOK_WATCHED);
    assert_int_equal(kit_op(k, "remove", "{'target':'nas/ssh'}"), 200);
    assert_null(kit_item(k, "nas/ssh"));
    assert_non_null(kit_item(k, "nas"));
}

static void in_two_steps_it_is_the_same(void **state)
{
    struct kit *k = *state;

    network(k);
    assert_int_equal(kit_op(k, "discover-accept", "{'keys':['nas/ssh']}"), 200);
    assert_int_equal(kit_op(k, "discover-accept", "{'keys':['nas']}"), 200);
    assert_int_equal(kit_op(k, "discover-accept", "{'keys':['sw1']}"), 200);
    kit_has(kit_read(k, "conf.d/discovered/nas.yaml"), "    address: 192.0.2.102\n    checks:\n      - ssh\n");
    assert_int_equal(kit_count(kit_read(k, "conf.d/discovered/nas.yaml"), "ssh"), 1);
}

/* web1 has its address and a check tcp in the kit's own file. */
static void hosts_of_people_get_checks_only(void **state)
{
    struct kit *k = *state;

    found(k, "web1", "192.0.2.10", "nobody", "ssh", "ssh");
    found(k, "web1", "192.0.2.10", "nobody", "tcp", "tcp: 9999");
    assert_int_equal(kit_op(k, "discover-accept", "{'all':true}"), 200);
    assert_int_equal(doc_get(k->reply, "done")->kids.n, 1);
    assert_int_equal(doc_get(k->reply, "skipped")->kids.n, 1);
    kit_has(kit_read(k, "conf.d/discovered/web1.yaml"), "hosts:\n  web1:\n    checks:\n      - ssh\n");
    assert_non_null(kit_item(k, "web1/ssh"));
}

static void what_cannot_be_written_is_not_there(void **state)
{
    struct kit *k = *state;

    network(k);
    sim_disk_fault(SIM_DISK_FULL);
    assert_int_not_equal(kit_op(k, "discover-accept", "{'all':true}"), 200);
    sim_disk_fault(SIM_DISK_OK);
    assert_null(kit_item(k, "nas"));
    assert_null(kit_read(k, "conf.d/discovered/nas.yaml"));
    assert_int_equal(book_find(k->house->book, "net/nas/ssh")->state, BOOK_UNDECIDED);
}

static void words_that_name_nothing(void **state)
{
    struct kit *k = *state;

    network(k);
    kit_op(k, "discover-ignore", "{'keys':['nas/http']}");
    kit_refused(k, 404, "not_found", "keys");
    kit_op(k, "discover-ignore", "{}");
    kit_refused(k, 400, "invalid", "keys");
    assert_int_equal(kit_op(k, "discover-ignore", "{'keys':['net/nas/*','tv']}"), 200);
    assert_int_equal(doc_get(k->reply, "done")->kids.n, 3);
    assert_int_equal(kit_op(k, "discover-list", "{'state':'ignored'}"), 200);
    assert_int_equal(doc_get(k->reply, "findings")->kids.n, 3);
    assert_int_equal(kit_op(k, "discover-forget", "{'keys':['tv']}"), 200);
    assert_null(book_find(k->house->book, "net/tv/host"));
    kit_op(k, "discover", "{'net':'192.0.2.0/24'}");
    kit_refused(k, 400, "invalid", "yes");
}

/* Who may decide, and who may only look. */
static void roles(void **state)
{
    struct kit *k = *state;
    struct principal viewer = kit_who(ROLE_VIEWER), operator = kit_who(ROLE_OPERATOR);

    network(k);
    assert_int_equal(kit_op_as(k, "discover-list", "{}", &viewer), 403);
    assert_int_equal(kit_op_as(k, "discover-list", "{}", &operator), 200);
    assert_int_equal(kit_op_as(k, "discover-accept", "{'all':true}", &operator), 403);
    assert_int_equal(kit_op_as(k, "discover", "{}", &operator), 403);
}

static void many_at_once(void **state)
{
    struct kit *k = *state;
    char host[40], address[40];

    for (int i = 0; i < 1000; i++) {
        str_print(host, sizeof host, "h%d", i);
        str_print(address, sizeof address, "198.51.%d.%d", 100 + i / 250, 1 + i % 250);
        found(k, host, address, NULL, NULL, NULL);
    }
    assert_int_equal(kit_op(k, "discover-accept", "{'all':true}"), 200);
    assert_int_equal(doc_get(k->reply, "done")->kids.n, 1000);
    assert_non_null(kit_item(k, "h999"));
    assert_int_equal(kit_op(k, "discover-list", "{'state':'watched'}"), 200);
    assert_int_equal(doc_get(k->reply, "findings")->kids.n, 1000);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, kit_setup, kit_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_file_a_host_with_the_parents_that_are_there), TEST(in_two_steps_it_is_the_same), TEST(hosts_of_people_get_checks_only), TEST(what_cannot_be_written_is_not_there),
        TEST(words_that_name_nothing), TEST(roles), TEST(many_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
