/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The logic of parents: any, all, both, in rings and with parallel links; who is called down, who is cut off, and by whom. */
#include "model_fixture.h"
#include "model/relations.h"

#define H(name, parents) "  " name ": { address: 192.0.2.1, parents: " parents " }\n"

static struct fix *network(const char *yaml)
{
    struct buf b = BUF_MAX(8000);
    struct fix *f;

    buf_printf(&b, "hosts:\n%s", yaml);
    f = fix_new(buf_text(&b));
    buf_done(&b);
    fix_wait(f, 1000);
    return f;
}

/* The network's own logic: a host answers when its ways are open. */
struct net {
    struct fix *f;
    uint64_t up; /* by index in the model */
};

static size_t index_of(const struct fix *f, const struct host *h)
{
    size_t i = 0;

    while (model_host_at(f->m, i) != h)
        i++;
    return i;
}

struct net_asked {
    const struct net *n;
    const struct host *h;
};

static bool parent_up(const void *arg, int i)
{
    const struct net_asked *a = arg;

    return a->n->up >> index_of(a->n->f, a->h->parents.at[i]) & 1;
}

static void net_work_out(struct net *n)
{
    uint64_t before;

    n->up = 0;
    do {
        before = n->up;
        for (size_t i = 0; i < model_hosts(n->f->m); i++) {
            const struct host *h = model_host_at(n->f->m, i);
            if (!fix_listed(n->f->dead, h->name) && conf_ways_open(h->ways, parent_up, &(struct net_asked){n, h}))
                n->up |= UINT64_C(1) << i;
        }
    } while (n->up != before);
}

static void ask(struct net *n, struct item *it)
{
    bool ok = n->up >> index_of(n->f, it->host) & 1;
    struct result r = {.state = ok ? STATE_OK : STATE_CRITICAL, .text = "", .at_ms = n->f->now.wall_ms, .answered = ok};

    fix_pass(n->f, ok ? 20 : 2000);
    sink_item(n->f->m, it, &r, n->f->now);
}

static void drain(struct net *n)
{
    struct fix *f = n->f;

    for (int k = 0; f->n_queue; k++) {
        struct item *it = f->queue[0];
        assert_true(k < 3000);
        memmove(f->queue, f->queue + 1, (size_t)--f->n_queue * sizeof(f->queue[0]));
        ask(n, it);
        model_tick(f->m, f->now);
    }
}

/* Everything is asked three times and more; then the states stand. */
static void rounds(struct fix *f, bool backwards)
{
    struct net n = {.f = f};
    size_t count = model_hosts(f->m);

    f->answers = true;
    net_work_out(&n);
    for (int k = 0; k < 4; k++) {
        for (size_t i = 0; i < count; i++) {
            ask(&n, &model_host_at(f->m, backwards ? count - 1 - i : i)->self);
            drain(&n);
        }
        fix_wait(f, 30000);
    }
}

static void dead(struct fix *f, const char *a, const char *b)
{
    f->dead[0] = a;
    f->dead[1] = b;
}

static const char *word(struct fix *f, const char *host)
{
    return state_word((enum state)fix_item(f, host)->st.state);
}

static const char *cut(struct fix *f, const char *host)
{
    const struct host *h = fix_item(f, host)->host;

    return h->cut ? h->cut->name : "-";
}

static void any_of_two(void **state)
{
    static const char *const forms[] = {"[r1, r2]", "{ any: [r1, r2] }"};

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct buf b = BUF_MAX(400);
        buf_printf(&b, H("r1", "[]") H("r2", "[]") H("a", "%s"), forms[i / 2]);
        struct fix *f = network(buf_text(&b));
        rounds(f, i % 2);
        dead(f, "r1", "a");
        rounds(f, i % 2);
        assert_string_equal(word(f, "a"), "down");
        dead(f, "r1", NULL);
        rounds(f, i % 2);
        assert_string_equal(word(f, "a"), "up");
        dead(f, "r1", "r2");
        rounds(f, i % 2);
        assert_string_equal(word(f, "a"), "unreachable");
        assert_int_equal(f->told, 3); /* r1, a, r2 */
        fix_free(f);
        buf_done(&b);
    }
}

static void all_of_two(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fix *f = network(H("sw1", "[]") H("ups1", "[]") H("a", "{ all: [sw1, ups1] }"));
        rounds(f, i);
        dead(f, "ups1", NULL);
        rounds(f, i);
        assert_string_equal(word(f, "a"), "unreachable");
        assert_string_equal(cut(f, "a"), "ups1");
        assert_int_equal(f->told, 1);
        dead(f, NULL, NULL);
        rounds(f, i);
        assert_string_equal(word(f, "a"), "up");
        dead(f, "a", NULL);
        rounds(f, i);
        assert_string_equal(word(f, "a"), "down");
        fix_free(f);
    }
}

static void both(void **state)
{
    static const char *const forms[] = {"[sw1, { any: [r1, r2] }]", "{ all: [sw1, { any: [r1, r2] }] }"};

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct buf b = BUF_MAX(400);
        buf_printf(&b, H("r1", "[]") H("r2", "[]") H("sw1", "[]") H("a", "%s"), forms[i / 2]);
        struct fix *f = network(buf_text(&b));
        rounds(f, i % 2);
        dead(f, "r1", NULL);
        rounds(f, i % 2);
        assert_string_equal(word(f, "a"), "up");
        dead(f, "r1", "r2");
        rounds(f, i % 2);
        assert_string_equal(word(f, "a"), "unreachable");
        dead(f, "r1", "sw1");
        rounds(f, i % 2);
        assert_string_equal(word(f, "a"), "unreachable");
        assert_string_equal(cut(f, "a"), "sw1"); /* r1 has r2 beside it */
        fix_free(f);
        buf_done(&b);
    }
}

static void one_or_two_together(void **state)
{
    struct fix *f = network(H("r1", "[]") H("sw1", "[]") H("sw2", "[]") H("a", "[r1, { all: [sw1, sw2] }]"));

    (void)state;
    rounds(f, false);
    dead(f, "r1", NULL);
    rounds(f, false);
    assert_string_equal(word(f, "a"), "up");
    dead(f, "r1", "sw2");
    rounds(f, false);
    assert_string_equal(word(f, "a"), "unreachable");
    dead(f, "sw1", "sw2");
    rounds(f, false);
    assert_string_equal(word(f, "a"), "up");
    fix_free(f);
}

/* sysmon: a ring of three switches behind a gateway, a host on each; only the true cut is named. */
#define RING                                                                                       \
    H("gw", "[]") H("s1", "[gw, s2, s3]") H("s2", "[s1, s3]") H("s3", "[s1, s2]") H("a", "[s2]")    \
    H("b", "[s3]")

static void a_ring(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fix *f = network(RING);
        rounds(f, i);
        assert_string_equal(word(f, "b"), "up");
        dead(f, "s2", NULL); /* the ring holds: only what hangs on s2 is lost */
        rounds(f, i);
        assert_string_equal(word(f, "s3"), "up");
        assert_string_equal(word(f, "a"), "unreachable");
        assert_string_equal(cut(f, "a"), "s2");
        assert_int_equal(f->told, 1);
        dead(f, NULL, NULL);
        rounds(f, i);
        dead(f, "s1", NULL); /* the way into the ring */
        rounds(f, i);
        assert_string_equal(word(f, "s1"), "down");
        assert_string_equal(word(f, "s2"), "unreachable");
        assert_string_equal(word(f, "s3"), "unreachable");
        assert_string_equal(word(f, "b"), "unreachable");
        assert_string_equal(cut(f, "b"), "s1");
        assert_string_equal(cut(f, "s3"), "s1");
        assert_int_equal(f->told, 2);
        dead(f, NULL, NULL);
        rounds(f, i);
        assert_string_equal(word(f, "b"), "up");
        dead(f, "gw", NULL);
        rounds(f, i);
        assert_string_equal(word(f, "s1"), "unreachable");
        assert_string_equal(cut(f, "b"), "gw");
        assert_int_equal(f->told, 3);
        fix_free(f);
    }
}

static void what_is_behind(void **state)
{
    struct fix *f = network(RING);
    int hosts, checks;

    (void)state;
    model_behind(f->m, fix_item(f, "gw")->host, &hosts, &checks);
    assert_int_equal(hosts, 5);
    model_behind(f->m, fix_item(f, "s1")->host, &hosts, &checks);
    assert_int_equal(hosts, 4);
    model_behind(f->m, fix_item(f, "s2")->host, &hosts, &checks);
    assert_int_equal(hosts, 1);
    fix_free(f);
    f = network(H("sw1", "[]") H("ups1", "[]") H("a", "{ all: [sw1, ups1] }"));
    model_behind(f->m, fix_item(f, "ups1")->host, &hosts, &checks);
    assert_int_equal(hosts, 1);
    fix_free(f);
}

/* Two ways, both dead: both are named. */
static void several_cuts(void **state)
{
    struct fix *f = network(H("r1", "[]") H("r2", "[]") H("a", "[r1, r2]"));
    struct host *cuts[4];

    (void)state;
    rounds(f, false);
    dead(f, "r1", "r2");
    rounds(f, false);
    assert_int_equal(model_cuts(f->m, fix_item(f, "a")->host, cuts, 4), 2);
    assert_int_equal(model_cuts(f->m, fix_item(f, "a")->host, cuts, 1), 1);
    fix_free(f);
}

/* The logic changes with a new configuration, the parents stay. */
static void reload(void **state)
{
    struct fix *f = network(H("r1", "[]") H("r2", "[]") H("a", "[r1, r2]"));

    (void)state;
    rounds(f, false);
    dead(f, "r1", NULL);
    rounds(f, false);
    assert_string_equal(word(f, "a"), "up");
    fix_apply(f, "hosts:\n" H("r1", "[]") H("r2", "[]") H("a", "{ all: [r1, r2] }"));
    rounds(f, false);
    assert_string_equal(word(f, "a"), "unreachable");
    fix_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_of_two), cmocka_unit_test(all_of_two), cmocka_unit_test(both),
        cmocka_unit_test(one_or_two_together), cmocka_unit_test(a_ring), cmocka_unit_test(what_is_behind),
        cmocka_unit_test(several_cuts), cmocka_unit_test(reload),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
