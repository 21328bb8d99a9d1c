/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hosts and the way to them (MON-12, PRA-5, LES-7): a dead router is one problem, what is behind it
 * is unreachable; a host with many checks is one problem; nothing is called down before its path is
 * verified. */
#include "model_fixture.h"

/*          router
 *         /      \
 *       sw1      sw2
 *      /    \    /  \
 *   web1     both    web2     (both: two parents) */
static const char net[] = "hosts:\n"
                          "  router: { address: 192.0.2.1 }\n"
                          "  sw1: { address: 192.0.2.2, parents: [router] }\n"
                          "  sw2: { address: 192.0.2.3, parents: [router] }\n"
                          "  web1: { address: 192.0.2.4, parents: [sw1], checks: [ tcp, once ] }\n"
                          "  web2: { address: 192.0.2.5, parents: [sw2], checks: [ tcp, once ] }\n"
                          "  both: { address: 192.0.2.6, parents: [sw1, sw2], checks: [ once ] }\n";

static struct fix *started(const char *yaml)
{
    struct fix *f = fix_new(yaml);

    fix_round(f, false);
    fix_expect(f, "");
    fix_check_counts(f);
    return f;
}

static void rounds(struct fix *f, int n, bool backwards)
{
    while (n-- > 0)
        fix_round(f, backwards);
    fix_check_counts(f);
}

static const char *cut_of(struct fix *f, const char *host)
{
    struct host *cut = fix_item(f, host)->host->cut;

    return cut ? cut->name : "-";
}

/* Whatever is checked first: the router, or what is behind it. */
static void dead_router(bool backwards)
{
    static const char *const behind[] = {"sw1", "sw2", "web1", "web2", "both"};
    struct fix *f = started(net);
    struct model_counts n;
    int hosts, checks;

    f->dead[0] = "router";
    rounds(f, 4, backwards);
    fix_expect(f, "problem router down");
    assert_int_equal(f->told, 1);
    for (size_t i = 0; i < COUNT(behind); i++) {
        assert_int_equal(fix_item(f, behind[i])->st.state, STATE_UNREACHABLE);
        assert_string_equal(cut_of(f, behind[i]), "router");
        assert_int_equal(model_quiet(fix_item(f, behind[i])), QUIET_UNREACHABLE);
    }
    assert_int_equal(model_quiet(fix_item(f, "web1/once")), QUIET_UNREACHABLE);
    assert_true(fix_item(f, "web1/tcp")->st.hard);
    model_behind(f->m, fix_item(f, "router")->host, &hosts, &checks);
    assert_int_equal(hosts, 5);
    assert_int_equal(checks, 5);
    model_count(f->m, &n);
    assert_int_equal(n.unhandled, 1);

    f->dead[0] = NULL;
    rounds(f, 1, backwards);
    fix_forget(f); /* recoveries in the order of the round */
    assert_int_equal(f->told, 1);
    for (size_t i = 0; i < COUNT(behind); i++)
        assert_string_equal(fix_state(f, behind[i]), "up hard 1");
    assert_string_equal(fix_state(f, "web1/tcp"), "ok hard 1");
    assert_false(fix_item(f, "router")->told);
    fix_free(f);
}

static void test_dead_router(void **state)
{
    (void)state;
    dead_router(false);
}

static void test_dead_router_backwards(void **state)
{
    (void)state;
    dead_router(true);
}

/* A branch is cut: the switch behind the cut link is what is told of. */
static void test_branch_cut(void **state)
{
    struct fix *f = started(net);
    int hosts, checks;

    (void)state;
    f->cut[0] = "sw1 router";
    rounds(f, 4, true);
    fix_expect(f, "problem sw1 down");
    assert_string_equal(fix_state(f, "web1"), "unreachable hard 3");
    assert_string_equal(cut_of(f, "web1"), "sw1");
    assert_string_equal(fix_state(f, "both"), "up hard 1"); /* the other way */
    assert_string_equal(fix_state(f, "router"), "up hard 1");
    model_behind(f->m, fix_item(f, "sw1")->host, &hosts, &checks);
    assert_int_equal(hosts, 1);
    assert_int_equal(checks, 2);
    fix_free(f);
}

static void test_redundant_parents(void **state)
{
    struct fix *f = started(net);

    (void)state;
    f->dead[0] = "both";
    rounds(f, 4, false);
    fix_expect(f, "problem both down");
    f->dead[0] = "sw1", f->dead[1] = "sw2";
    rounds(f, 1, false);
    fix_forget(f);
    rounds(f, 3, false);
    assert_string_equal(fix_state(f, "both"),
                        "down hard 3"); /* it was verified dead, and stays so */
    assert_string_equal(fix_state(f, "web1"), "unreachable hard 3");
    f->dead[0] = NULL;
    rounds(f, 1, false);
    assert_string_equal(fix_state(f, "both"), "up hard 1"); /* over sw1 */
    assert_string_equal(fix_state(f, "web2"), "unreachable hard 3");
    assert_string_equal(cut_of(f, "web2"), "sw2");
    fix_free(f);
}

/* Two ways from the core, joined at the far end (a ring of switches): one cut harms nobody, two
 * cuts part it. */
static void test_ring(void **state)
{
    struct fix *f = started("hosts:\n"
                            "  core: { address: 192.0.2.1 }\n"
                            "  a: { address: 192.0.2.2, parents: [core] }\n"
                            "  b: { address: 192.0.2.3, parents: [core] }\n"
                            "  c: { address: 192.0.2.4, parents: [a, b] }\n"
                            "  d: { address: 192.0.2.5, parents: [c], checks: [ once ] }\n");

    (void)state;
    f->cut[0] = "c a";
    rounds(f, 4, true);
    fix_expect(f, "");
    f->cut[1] = "c b";
    rounds(f, 4, true);
    fix_expect(f, "problem c down");
    assert_string_equal(cut_of(f, "d"), "c");
    fix_free(f);

    f = started("hosts:\n"
                "  core: { address: 192.0.2.1 }\n"
                "  a: { address: 192.0.2.2, parents: [core] }\n"
                "  b: { address: 192.0.2.3, parents: [core] }\n"
                "  c: { address: 192.0.2.4, parents: [a, b] }\n");
    f->dead[0] = "a", f->dead[1] = "b";
    rounds(f, 4, true);
    fix_expect(f, "problem a down; problem b down");
    assert_string_equal(fix_state(f, "c"), "unreachable hard 3");
    fix_free(f);
}

/* A long chain: the topmost dead one is named, however deep the first failure was. */
static void test_chain(void **state)
{
    struct buf yaml = BUF_MAX(4000);
    struct fix *f;

    (void)state;
    buf_str(&yaml, "hosts:\n  h0: { address: 192.0.2.1 }\n");
    for (int i = 1; i < 12; i++)
        buf_printf(&yaml, "  h%d: { address: 192.0.2.1, parents: [h%d] }\n", i, i - 1);
    f = started(buf_text(&yaml));
    f->dead[0] = "h1";
    rounds(f, 4, true);
    fix_expect(f, "problem h1 down");
    for (int i = 2; i < 12; i++) {
        char name[10];
        str_print(name, sizeof(name), "h%d", i);
        assert_string_equal(cut_of(f, name), "h1");
    }
    assert_string_equal(fix_state(f, "h0"), "up hard 1");
    f->dead[0] = "h5"; /* h1 is back, h5 is gone */
    rounds(f, 4, true);
    assert_string_equal(fix_state(f, "h4"), "up hard 1");
    assert_string_equal(fix_state(f, "h5"), "down hard 3");
    assert_string_equal(cut_of(f, "h11"), "h5");
    buf_done(&yaml);
    fix_free(f);
}

/* Step by step: who is asked, and when it is called down. */
static void test_verification(void **state)
{
    struct fix *f = fix_new("hosts:\n  r: { address: 192.0.2.1 }\n  h: { address: 192.0.2.2, "
                            "parents: [r], checks: [ tcp ] }\n");

    (void)state;
    f->show |= BIT(EVENT_RECHECK) | BIT(EVENT_STATE);
    fix_result(f, "r", STATE_OK, true);
    fix_result(f, "h", STATE_OK, true);
    fix_result(f, "h", STATE_CRITICAL, false);
    fix_result(f, "h", STATE_CRITICAL, false);
    fix_expect(f, "state r pending>up hard 1; state h pending>up hard 1; state h up>down soft 1");
    fix_result(f, "h", STATE_CRITICAL, false); /* would make it down: the parent is asked first */
    fix_expect(f, "recheck r");
    assert_true(fix_item(f, "h")->verifying);
    assert_int_equal(model_quiet(fix_item(f, "h")), QUIET_VERIFYING);
    assert_string_equal(fix_state(f, "h"), "down soft 3");
    fix_result(f, "h", STATE_CRITICAL, false); /* that does not settle it */
    fix_expect(f, "");
    fix_result(f, "r", STATE_OK, true); /* the parent lives: once more */
    fix_expect(f, "recheck h");
    fix_result(f, "h", STATE_CRITICAL, false);
    fix_expect(f, "state h down>down hard 3; problem h down");
    assert_false(fix_item(f, "h")->verifying);
    fix_result(f, "h", STATE_OK, true);
    fix_expect(f, "state h down>up hard 1; recovery h");
    fix_free(f);
}

static void test_verification_finds_it_up(void **state)
{
    struct fix *f = fix_new("hosts:\n  r: { address: 192.0.2.1 }\n  h: { address: 192.0.2.2, "
                            "parents: [r], checks: [ once ] }\n");

    (void)state;
    fix_result(f, "r", STATE_OK, true);
    fix_result(f, "h", STATE_OK, true);
    for (int i = 0; i < 3; i++)
        fix_result(f, "h", STATE_CRITICAL, false);
    fix_result(f, "h/once", STATE_CRITICAL, false);
    assert_int_equal(model_quiet(fix_item(f, "h/once")), QUIET_VERIFYING);
    fix_result(f, "r", STATE_OK, true);
    fix_result(f, "h", STATE_OK, true);
    fix_expect(f, ""); /* it had failed: the check is asked again first */
    assert_string_equal(fix_state(f, "h"), "up hard 1");
    fix_result(f, "h/once", STATE_CRITICAL, false);
    fix_result(f, "h", STATE_OK, true);
    fix_expect(f, "problem h/once critical");
    fix_free(f);
}

/* A parent's result of an attempt begun before the failure is no proof. */
static void test_old_attempt_of_parent(void **state)
{
    struct fix *f =
        fix_new("hosts:\n  r: { address: 192.0.2.1 }\n  h: { address: 192.0.2.2, parents: [r] }\n");
    struct result r = {.state = STATE_OK, .text = "", .answered = true};

    (void)state;
    fix_result(f, "h", STATE_OK, true);
    r.at_ms = f->now.wall_ms + 500;
    for (int i = 0; i < 3; i++)
        fix_result(f, "h", STATE_CRITICAL, false);
    f->show |= BIT(EVENT_RECHECK);
    sink_item(f->m, fix_item(f, "r"), &r, f->now);
    fix_expect(f, "recheck r"); /* and not h */
    fix_result(f, "r", STATE_OK, true);
    fix_expect(f, "recheck h");
    fix_free(f);
}

static void test_no_answer_ends_the_check(void **state)
{
    struct fix *f =
        fix_new("hosts:\n  r: { address: 192.0.2.1 }\n  h: { address: 192.0.2.2, parents: [r] }\n");

    (void)state;
    fix_result(f, "r", STATE_OK, true);
    fix_result(f, "h", STATE_OK, true);
    for (int i = 0; i < 3; i++)
        fix_result(f, "h", STATE_CRITICAL, false);
    fix_wait(f, 35000);
    fix_expect(f, "");
    fix_wait(f, 10000); /* time-out and 30 s */
    fix_expect(f, "problem h down");
    fix_free(f);
}

/* ---- a host and its checks (LES-7) ---- */

static const char fifteen[] =
    "hosts:\n"
    "  big:\n"
    "    address: 192.0.2.9\n"
    "    checks:\n"
    "      - once: { name: c1 }\n      - once: { name: c2 }\n      - once: { name: c3 }\n      - "
    "once: { name: c4 }\n"
    "      - once: { name: c5 }\n      - once: { name: c6 }\n      - once: { name: c7 }\n      - "
    "once: { name: c8 }\n"
    "      - once: { name: c9 }\n      - tcp: { name: c10 }\n      - tcp: { name: c11 }\n      - "
    "tcp: { name: c12 }\n"
    "      - tcp: { name: c13 }\n      - tcp: { name: c14 }\n      - tcp: { name: c15 }\n";

static void test_fifteen_checks_one_problem(void **state)
{
    (void)state;
    for (int backwards = 0; backwards < 2; backwards++) {
        struct fix *f = started(fifteen);

        f->dead[0] = "big";
        rounds(f, 4, backwards);
        fix_expect(f, "problem big down");
        assert_int_equal(f->told, 1);
        assert_int_equal(model_quiet(fix_item(f, "big/c3")), QUIET_HOST_DOWN);
        assert_int_equal(fix_item(f, "big/c3")->st.hard, true);
        f->dead[0] = NULL;
        rounds(f, 2, backwards);
        assert_int_equal(f->told, 1);
        assert_string_equal(fix_state(f, "big/c3"), "ok hard 1");
        assert_false(fix_item(f, "big/c3")->held);
        fix_free(f);
    }
}

static void test_check_fails_host_lives(void **state)
{
    struct fix *f = fix_new("hosts: { h: { address: 192.0.2.1, checks: [ once, tcp ] } }\n");

    (void)state;
    fix_result(f, "h", STATE_OK, true);
    fix_result(f, "h/once", STATE_OK, true);
    fix_result(f, "h/tcp", STATE_OK, true);
    f->show |= BIT(EVENT_RECHECK);
    fix_result(f, "h/once", STATE_CRITICAL, false); /* no answer: is the host alive? */
    fix_expect(f, "recheck h");
    assert_int_equal(model_quiet(fix_item(f, "h/once")), QUIET_VERIFYING);
    fix_result(f, "h", STATE_OK, true);
    fix_expect(f, "problem h/once critical");
    fix_result(f, "h/once", STATE_OK, true);
    fix_result(f, "h/once", STATE_CRITICAL, true); /* refused: it is alive */
    fix_expect(f, "recovery h/once; problem h/once critical");
    fix_free(f);
}

/* A soft failure has the host looked at, if that was not done just now. */
static void test_soft_failure_asks_host(void **state)
{
    struct fix *f = fix_new("hosts: { h: { address: 192.0.2.1, checks: [ tcp ] } }\n");

    (void)state;
    fix_result(f, "h", STATE_OK, true);
    fix_result(f, "h/tcp", STATE_OK, true);
    f->show |= BIT(EVENT_RECHECK);
    fix_result(f, "h/tcp", STATE_CRITICAL, false);
    fix_expect(f, "");
    fix_result(f, "h/tcp", STATE_OK, true);
    fix_wait(f, 20000);
    fix_result(f, "h/tcp", STATE_CRITICAL, false);
    fix_result(f, "h/tcp", STATE_CRITICAL, false);
    fix_expect(f, "recheck h");
    fix_free(f);
}

static void test_host_does_not_say(void **state)
{
    struct fix *f = fix_new("hosts: { h: { address: 192.0.2.1, checks: [ once ] } }\n");

    (void)state;
    fix_result(f, "h/once", STATE_CRITICAL, false); /* the host was never asked */
    fix_expect(f, "");
    fix_wait(f, 41000);
    fix_expect(f, "problem h/once critical"); /* and no answer came: it goes out */
    fix_free(f);
}

static void test_host_goes_down_for_held(void **state)
{
    struct fix *f =
        fix_new("hosts: { h: { address: 192.0.2.1, alive: { once: }, checks: [ once ] } }\n");

    (void)state;
    fix_result(f, "h", STATE_OK, true);
    fix_result(f, "h/once", STATE_CRITICAL, false);
    fix_result(f, "h", STATE_CRITICAL, false);
    fix_expect(f, "problem h down");
    fix_result(f, "h/once", STATE_UNKNOWN, false);
    fix_expect(f, "");
    fix_result(f, "h", STATE_OK, true);
    fix_expect(f, "recovery h");
    fix_result(f, "h/once", STATE_UNKNOWN,
               false); /* still: now it is told, when the host has been seen up since */
    fix_result(f, "h", STATE_OK, true);
    fix_expect(f, "problem h/once unknown");
    fix_free(f);
}

/* ---- hosts that cannot be asked ---- */

static void test_refused_is_alive(void **state)
{
    struct fix *f = fix_new("hosts: { h: { alive: { tcp: }, checks: [ once ] } }\n");

    (void)state;
    fix_result(f, "h", STATE_CRITICAL, true);
    assert_string_equal(fix_state(f, "h"), "up hard 1");
    for (int i = 0; i < 3; i++)
        fix_result(f, "h", STATE_CRITICAL, false);
    assert_string_equal(fix_state(f, "h"), "down hard 3");
    fix_expect(f, "problem h down");
    fix_free(f);
}

static void test_without_own_check(void **state)
{
    struct fix *f = fix_new("hosts: { h: { checks: [ tcp, once ] } }\n");

    (void)state;
    assert_string_equal(fix_state(f, "h"), "pending hard 1");
    fix_result(f, "h/once", STATE_CRITICAL, false); /* no evidence, either way */
    assert_string_equal(fix_state(f, "h"), "pending hard 1");
    fix_expect(f, "problem h/once critical");     /* and so it cannot wait for the host */
    fix_result(f, "h/tcp", STATE_CRITICAL, true); /* refused */
    assert_string_equal(fix_state(f, "h"), "up hard 1");
    fix_result(f, "h/tcp", STATE_CRITICAL, false);
    assert_string_equal(fix_state(f, "h"), "pending hard 1"); /* nothing answers any more */
    fix_result(f, "h/tcp", STATE_OK, true);
    assert_string_equal(fix_state(f, "h"), "up hard 1");
    fix_expect(f, "");
    fix_check_counts(f);
    fix_free(f);
}

static void test_icmp_not_permitted(void **state)
{
    struct fix *f = fix_new("hosts: { h: { address: 192.0.2.1, checks: [ once ] } }\n");

    (void)state;
    for (int i = 0; i < 5; i++)
        fix_result(f, "h", STATE_UNKNOWN, false);
    assert_string_equal(fix_state(f, "h"), "pending hard 1");
    fix_result(f, "h/once", STATE_OK, true);
    assert_string_equal(fix_state(f, "h"), "up hard 1");
    fix_result(f, "h/once", STATE_CRITICAL, false);
    fix_result(f, "h", STATE_UNKNOWN, false);
    assert_string_equal(fix_state(f, "h"), "pending hard 1");
    fix_expect(f, "problem h/once critical");
    fix_result(f, "h", STATE_OK, true); /* permitted at last */
    assert_string_equal(fix_state(f, "h"), "up hard 1");
    fix_free(f);
}

/* Behind a dead router it is unreachable nevertheless, and its checks are quiet. */
static void test_blind_behind_router(void **state)
{
    struct fix *f = started(
        "hosts:\n  r: { address: 192.0.2.1 }\n  h: { parents: [r], checks: [ once, tcp ] }\n"
        "  far: { address: 192.0.2.2, parents: [h], checks: [ once ] }\n");

    (void)state;
    f->dead[0] = "r";
    rounds(f, 4, true);
    fix_expect(f, "problem r down");
    assert_string_equal(fix_state(f, "h"), "unreachable hard 1");
    assert_string_equal(cut_of(f, "h"), "r");
    assert_string_equal(cut_of(f, "far"), "r");
    f->dead[0] = NULL;
    rounds(f, 1, true);
    fix_forget(f);
    assert_string_equal(fix_state(f, "h"), "up hard 1");
    assert_string_equal(fix_state(f, "far"), "up hard 1");
    f->dead[0] = "h"; /* it alone: its checks are told, for nobody can say that it is down */
    rounds(f, 4, false);
    assert_string_equal(fix_state(f, "h"), "pending hard 1");
    assert_string_equal(fix_state(f, "far"), "down hard 3");
    fix_free(f);
}

/* Its checks do not wait for a host that is not looked at any more. */
static void test_dead_host_switched_off(void **state)
{
    struct fix *f =
        fix_new("hosts: { h: { address: 192.0.2.1, alive: { once: }, checks: [ once ] } }\n");

    (void)state;
    fix_result(f, "h", STATE_CRITICAL, false);
    fix_result(f, "h/once", STATE_CRITICAL, false);
    fix_expect(f, "problem h down");
    fix_check_counts(f);
    fix_command(f, (struct command){.kind = COMMAND_DISABLE, .host = "h"}, NULL);
    fix_check_counts(f);
    fix_expect(f, "enabled h off");
    fix_result(f, "h/once", STATE_CRITICAL, false);
    fix_expect(f, "problem h/once critical");
    fix_command(f, (struct command){.kind = COMMAND_ENABLE, .host = "h"}, NULL);
    fix_check_counts(f);
    fix_free(f);
}

/* Behind a host that was switched off one looks through it. */
static void test_parent_switched_off(void **state)
{
    struct fix *f =
        started("hosts:\n  r: { address: 192.0.2.1 }\n  s: { address: 192.0.2.2, parents: [r] }\n"
                "  h: { address: 192.0.2.3, parents: [s] }\n");

    (void)state;
    fix_command(f, (struct command){.kind = COMMAND_DISABLE, .host = "s"}, NULL);
    fix_expect(f, "enabled s off");
    f->dead[0] = "r";
    rounds(f, 4, true);
    fix_expect(f, "problem r down");
    assert_string_equal(cut_of(f, "h"), "r");
    f->dead[0] = "s";
    rounds(f, 4, true);
    assert_string_equal(fix_state(f, "h"), "down hard 3");
    fix_free(f);
}

/* After a restart nothing is raised, neither for what was bad nor for what is well (MON-1). */
static void test_restart(void **state)
{
    struct fix *f = started(net), *g = fix_new(net);
    size_t i_host = 0, i_check = 0;
    struct item *it;

    (void)state;
    f->dead[0] = "router";
    rounds(f, 4, false);
    g->now = f->now;
    fix_pass(g, 5000);
    while ((it = model_next(f->m, &i_host, &i_check))) {
        struct item_state s = {it->host->name,
                               item_check_name(it),
                               it->st,
                               it->text,
                               it->more,
                               it->perfdata,
                               it->last_check_ms,
                               it->next_check_ms,
                               it->told,
                               it->override_enabled};
        assert_int_equal(model_restore(g->m, &s, g->now), 0);
    }
    fix_expect(g, "");
    model_tick(g->m, g->now);
    fix_check_counts(g);
    assert_string_equal(cut_of(g, "web1"), "router");
    g->dead[0] = "router";
    rounds(g, 3, true);
    fix_expect(g, "");
    g->dead[0] = NULL;
    rounds(g, 2, true);
    assert_int_equal(g->told, 0);
    assert_string_equal(fix_state(g, "web2/once"), "ok hard 1");
    fix_free(f);
    fix_free(g);
}

/* ---- at random ---- */

struct dice {
    uint64_t x;
};

static unsigned roll(struct dice *d, unsigned sides)
{
    d->x = d->x * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(d->x >> 33) % sides;
}

/* A network of up to 12 hosts in layers, with up to three parents each, some without own check. */
static void draw_net(struct dice *d, struct buf *yaml, int *ret_hosts)
{
    int n = 3 + (int)roll(d, 10);

    buf_str(yaml, "hosts:\n");
    for (int i = 0; i < n; i++) {
        buf_printf(yaml, "  h%d: { %s parents: [", i, roll(d, 5) ? "address: 192.0.2.1," : "");
        for (int k = 0; i > 0 && k <= (int)roll(d, 3); k++)
            buf_printf(yaml, "%sh%d", k ? ", " : "", i - 1 - (k % i < i ? k % i : 0));
        buf_str(yaml, "], checks: [ once, tcp ] }\n");
    }
    *ret_hosts = n;
}

static void fail_at_random(struct dice *d, struct fix *f, int n_hosts, char names[][8])
{
    for (int k = 0; k < 3; k++) {
        str_print(names[k], 8, "h%d", (int)roll(d, (unsigned)n_hosts));
        f->dead[k] = roll(d, 2) ? names[k] : NULL;
    }
}

static void settle(struct fix *f, struct dice *d, int n)
{
    while (n-- > 0)
        fix_round(f, roll(d, 2));
    fix_check_counts(f);
}

/* When everything answers again everything is well, nothing is held, nobody believes in a problem.
 */
static void expect_all_well(struct fix *f)
{
    size_t i_host = 0, i_check = 0;
    struct item *it;

    while ((it = model_next(f->m, &i_host, &i_check))) {
        assert_true(state_is_good((enum state)it->st.state));
        assert_true(!it->held && !it->told && !it->verifying && !it->host->cut && !it->host->path);
    }
}

/* What is called down answers to nobody; what is unreachable has such a host before it.  (That one
 * need not be the dead one itself: of hosts without own check nobody can say that they are down.)
 */
static void expect_truth(struct fix *f)
{
    for (size_t i = 0; i < model_hosts(f->m); i++) {
        struct host *h = model_host_at(f->m, i);
        bool reachable = fix_reachable(f, h, 0);
        if (h->self.st.state == STATE_UP)
            assert_true(reachable);
        if (h->self.st.state == STATE_UNREACHABLE) {
            assert_non_null(h->cut);
            assert_int_equal(h->cut->self.st.state, STATE_DOWN);
            assert_false(fix_reachable(f, h->cut, 0));
        }
        if (h->self.st.state == STATE_DOWN)
            assert_false(reachable);
        assert_true(h->self.st.hard);
    }
}

static void test_random_networks(void **state)
{
    struct dice d = {7};

    (void)state;
    for (int run = 0; run < 60; run++) {
        struct buf yaml = BUF_MAX(8000);
        char names[3][8];
        struct fix *f;
        int n;

        draw_net(&d, &yaml, &n);
        f = fix_new(buf_text(&yaml));
        f->show = 0;
        settle(f, &d, 1);
        for (int turn = 0; turn < 6; turn++) {
            fail_at_random(&d, f, n, names);
            settle(f, &d, roll(&d, 2) ? 1 : 5);
        }
        settle(f, &d, 5);
        expect_truth(f);
        memset(f->dead, 0, sizeof(f->dead));
        settle(f, &d, 3);
        for (int k = 0; k < 25; k++) /* and flapping is over */
            settle(f, &d, 1);
        expect_all_well(f);
        fix_free(f);
        buf_done(&yaml);
    }
}

/* One dead host is one problem, whichever it is and in whatever order one looks. */
static void test_one_dead_host_one_problem(void **state)
{
    struct dice d = {99};

    (void)state;
    for (int run = 0; run < 60; run++) {
        struct buf yaml = BUF_MAX(8000);
        char name[8];
        struct fix *f;
        int n;

        draw_net(&d, &yaml, &n);
        f = fix_new(buf_text(&yaml));
        settle(f, &d, 2);
        str_print(name, sizeof(name), "h%d", (int)roll(&d, (unsigned)n));
        if (fix_item(f, name)->conf) {
            f->dead[0] = name;
            settle(f, &d, 5);
            assert_int_equal(f->told, 1);
            assert_true(fix_item(f, name)->told);
            expect_truth(f);
        }
        fix_free(f);
        buf_done(&yaml);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dead_router),
        cmocka_unit_test(test_dead_router_backwards),
        cmocka_unit_test(test_branch_cut),
        cmocka_unit_test(test_redundant_parents),
        cmocka_unit_test(test_ring),
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_verification),
        cmocka_unit_test(test_verification_finds_it_up),
        cmocka_unit_test(test_old_attempt_of_parent),
        cmocka_unit_test(test_no_answer_ends_the_check),
        cmocka_unit_test(test_fifteen_checks_one_problem),
        cmocka_unit_test(test_check_fails_host_lives),
        cmocka_unit_test(test_soft_failure_asks_host),
        cmocka_unit_test(test_host_does_not_say),
        cmocka_unit_test(test_host_goes_down_for_held),
        cmocka_unit_test(test_refused_is_alive),
        cmocka_unit_test(test_without_own_check),
        cmocka_unit_test(test_icmp_not_permitted),
        cmocka_unit_test(test_blind_behind_router),
        cmocka_unit_test(test_parent_switched_off),
        cmocka_unit_test(test_dead_host_switched_off),
        cmocka_unit_test(test_random_networks),
        cmocka_unit_test(test_one_dead_host_one_problem),
        cmocka_unit_test(test_restart),
    };

    return cmocka_run_group_tests_name("model_path", tests, NULL, NULL);
}
