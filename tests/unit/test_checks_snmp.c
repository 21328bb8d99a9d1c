/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The snmp probe against an agent of our own: all versions and ciphers, its faults, none at all. MON-8. The keys of
 * RFC 3414 appendix A.3. */
#include "checks_fixture.h"
#include "snmp_agent.h"

#include <poll.h>

static const struct agent_object objects[] = {
    {"1.3.6.1.2.1.1.3.0", SNMP_TIMETICKS, NULL, 12345600},
    {"1.3.6.1.2.1.1.5.0", BER_OCTETS, "router1", 0},
    {"1.3.6.1.2.1.2.2.1.10.2", SNMP_COUNTER32, NULL, 4294967290u},
    {"1.3.6.1.2.1.25.2.3.1.5.1", BER_INT, NULL, 200},
    {"1.3.6.1.2.1.25.2.3.1.6.1", BER_INT, NULL, 170},
    {"1.3.6.1.2.1.25.3.3.1.2.1", BER_INT, NULL, 10},
    {"1.3.6.1.2.1.25.3.3.1.2.2", BER_INT, NULL, 50},
    {"1.3.6.1.2.1.25.3.3.1.2.3", BER_INT, NULL, 90},
    {"1.3.6.1.2.1.31.1.1.1.6.2", SNMP_COUNTER64, NULL, 5000000000ull},
    {"1.3.6.1.4.1.2021.10.1.3.1", BER_OCTETS, "0.75", 0},
    {"1.3.6.1.4.1.2021.10.1.6.1", SNMP_OPAQUE, "\x9f\x78\x04\x3f\x40\x00\x00", 0},
};
enum { N = sizeof(objects) / sizeof(objects[0]) };

struct box { /* the agent on a thread */
    struct agent agent;
    struct agent_object objects[N];
    int fd, port;
    volatile bool stop;
    bool flood, twice;
    pthread_t thread;
};

static void *serve(void *arg)
{
    struct box *x = arg;
    char in[4096];
    unsigned char out[8192];

    while (!x->stop) {
        struct pollfd p = {.fd = x->fd, .events = POLLIN};
        struct sockaddr_in from;
        socklen_t len = sizeof(from);
        struct ber_out o = ber_out_of(out, sizeof(out));
        struct str answer;
        ssize_t n;

        if (poll(&p, 1, 20) < 1)
            continue;
        n = recvfrom(x->fd, in, sizeof(in), 0, (struct sockaddr *)&from, &len);
        if (n < 0)
            continue;
        answer = agent_answer(&x->agent, in, (size_t)n, &o);
        for (int i = 0; answer.n && i < (x->flood ? 2000 : x->twice ? 2 : 1); i++)
            sendto(x->fd, answer.p, answer.n, 0, (struct sockaddr *)&from, len);
    }
    return NULL;
}

static void box_start(struct box *x, struct agent g)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);

    *x = (struct box){.agent = g};
    memcpy(x->objects, objects, sizeof(objects));
    x->agent.objects = x->objects;
    x->agent.n = N;
    if (!g.community)
        x->agent.community = "public";
    agent_start(&x->agent);
    x->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(x->fd, (struct sockaddr *)&at, sizeof(at)), 0);
    getsockname(x->fd, (struct sockaddr *)&at, &len);
    x->port = ntohs(at.sin_port);
    pthread_create(&x->thread, NULL, serve, x);
}

static void box_stop(struct box *x)
{
    x->stop = true;
    pthread_join(x->thread, NULL);
    close(x->fd);
    usm_free(x->agent.usm);
}

static enum state ask(struct fx *f, struct box *x, const char *oid, const char *more, int timeout_ms)
{
    char settings[600];

    snprintf(settings, sizeof(settings), "{\"port\":%d%s%s}", x->port, more && *more ? "," : "", more ? more : "");
    return fx_run(f, "snmp", oid, settings, timeout_ms);
}

static void gets(void **state)
{
    struct fx *f = *state;
    struct box x;

    box_start(&x, (struct agent){0});
    for (int i = 0; i < 2; i++) {
        const char *version = i ? "\"version\":\"1\"" : "";

        assert_int_equal(ask(f, &x, "sysName.0", version, 5000), STATE_OK);
        assert_has(f->text, "sysName.0 = router1");
        assert_int_equal(ask(f, &x, ".1.3.6.1.2.1.1.3.0", version, 5000), STATE_OK);
        assert_has(f->text, "1 d 10:17:36");
        assert_has(f->perf, "=123456");
        assert_int_equal(ask(f, &x, "sysName.1", version, 5000), STATE_UNKNOWN);
        assert_has(f->text, i ? "noSuchName" : "has no sysName.1");
    }
    assert_has(f->trace, "SNMPv1 get sysName.1");
    assert_int_equal(ask(f, &x, NULL, "\"oids\":[\"sysName.0\",\"up=sysUpTime.0\"]", 5000), STATE_OK);
    assert_has(f->text, "sysName.0 = router1, up = 1 d");
    box_stop(&x);
}

static void judges(void **state)
{
    struct fx *f = *state;
    struct box x;

    box_start(&x, (struct agent){.community = "secret"});
    assert_int_equal(ask(f, &x, "laLoad.1", "\"community\":\"secret\",\"warn\":0.5", 5000), STATE_WARNING);
    assert_has(f->text, "laLoad.1 is 0.75 (limit 0.5)");
    assert_int_equal(ask(f, &x, "laLoadFloat.1", "\"community\":\"secret\",\"crit\":\"> 0.7\",\"label\":\"load\"", 5000), STATE_CRITICAL);
    assert_has(f->perf, "load=0.75;");
    assert_int_equal(ask(f, &x, "sysName.0", "\"community\":\"secret\",\"expect\":\"router2\"", 5000), STATE_CRITICAL);
    assert_has(f->text, "“router1”, wanted “router2”");
    assert_int_equal(ask(f, &x, "sysName.0", "\"community\":\"secret\",\"regex\":\"^rou.*[0-9]$\"", 5000), STATE_OK);
    assert_int_equal(ask(f, &x, "sysName.0", "\"community\":\"secret\",\"regex\":\"^sw\"", 5000), STATE_CRITICAL);
    assert_int_equal(ask(f, &x, "sysName.0", "\"community\":\"secret\",\"warn\":1", 5000), STATE_UNKNOWN);
    assert_has(f->text, "no number");
    assert_int_equal(ask(f, &x, "hrStorageUsed.1", "\"community\":\"secret\",\"of\":\"hrStorageSize.1\",\"warn\":\"80%\",\"crit\":\"90%\"", 5000), STATE_WARNING);
    assert_has(f->text, "is at 85 % (limit 80%)");
    assert_int_equal(ask(f, &x, "sysName.0", NULL, 200), STATE_CRITICAL); /* another community: silence */
    assert_has(f->text, "wrong community");
    assert_true(f->timed_out);
    box_stop(&x);
}

static void walks(void **state)
{
    struct fx *f = *state;
    struct box x;

    box_start(&x, (struct agent){0});
    for (int i = 0; i < 2; i++) {
        const char *tail = i ? ",\"version\":\"1\"" : "";
        char more[200];

        snprintf(more, sizeof(more), "\"walk\":\"hrProcessorLoad\",\"crit\":80%s", tail);
        assert_int_equal(ask(f, &x, NULL, more, 5000), STATE_CRITICAL);
        assert_has(f->text, "hrProcessorLoad.3 is 90 (limit 80)");
        assert_has(f->perf, "hrProcessorLoad.1=10");
        snprintf(more, sizeof(more), "\"walk\":\"hrProcessorLoad\",\"crit\":80,\"join\":\"average\",\"label\":\"cpu\",\"unit\":\"%%\"%s", tail);
        assert_int_equal(ask(f, &x, NULL, more, 5000), STATE_OK);
        assert_has(f->text, "cpu = 50%");
        assert_has(f->perf, "cpu=50%");
    }
    assert_int_equal(ask(f, &x, NULL, "\"walk\":\"hrProcessorLoad\",\"join\":\"count\"", 5000), STATE_OK);
    assert_has(f->perf, "=3");
    assert_int_equal(ask(f, &x, NULL, "\"walk\":\"hrProcessorLoad\",\"join\":\"max\",\"max_rows\":2", 5000), STATE_OK);
    assert_has(f->perf, "=50");
    assert_int_equal(ask(f, &x, NULL, "\"walk\":\"laLoadFloat\"", 5000), STATE_OK); /* ends with the view */
    assert_int_equal(ask(f, &x, NULL, "\"walk\":\"1.3.6.1.2.1.99\"", 5000), STATE_UNKNOWN);
    x.agent.fault = AGENT_LOOPS;
    assert_int_equal(ask(f, &x, NULL, "\"walk\":\"1.3.6.1\"", 5000), STATE_CRITICAL);
    assert_has(f->text, "circles");
    box_stop(&x);
}

static void rates(void **state)
{
    struct fx *f = *state;
    const char *both = "\"oids\":[\"a=ifInOctets.2\",\"b=ifHCInOctets.2\"],\"rate\":true";
    struct box x;

    box_start(&x, (struct agent){0});
    assert_int_equal(ask(f, &x, NULL, both, 5000), STATE_OK);
    assert_has(f->text, "rates come with the next look");
    x.objects[2].number = 100; /* went round: 106 more */
    x.objects[8].number += 1000;
    assert_int_equal(ask(f, &x, NULL, both, 5000), STATE_OK);
    assert_has(f->text, "a = ");
    assert_has(f->perf, "b=");
    assert_null(strstr(f->perf, "a=0"));
    x.objects[0].number = 100; /* restarted */
    x.objects[2].number = 5;
    assert_int_equal(ask(f, &x, NULL, both, 5000), STATE_OK);
    assert_has(f->text, "restarted");
    x.objects[2].number = 50;
    x.objects[8].number = 1; /* set back without a restart */
    assert_int_equal(ask(f, &x, NULL, both, 5000), STATE_OK);
    assert_has(f->text, "next look");
    x.objects[8].number = 1000000;
    assert_int_equal(ask(f, &x, NULL, "\"oids\":[\"a=ifInOctets.2\",\"b=ifHCInOctets.2\"],\"rate\":true,\"crit\":1,\"scale\":8,\"unit\":\"b\"", 5000), STATE_CRITICAL);
    assert_has(f->text, "b/s (limit 1)");
    assert_int_equal(ask(f, &x, "sysName.0", "\"rate\":true", 5000), STATE_UNKNOWN);
    box_stop(&x);
}

static const char *user_of(const struct agent *g, char *out, size_t n)
{
    int k = snprintf(out, n, "\"user\":\"%s\"", g->user);

    if (g->auth)
        k += snprintf(out + k, n - (size_t)k, ",\"auth\":{\"protocol\":\"%s\",\"password\":\"%s\"}", usm_auth_words[g->auth], g->auth_password);
    if (g->priv)
        snprintf(out + k, n - (size_t)k, ",\"priv\":{\"protocol\":\"%s\",\"password\":\"%s\"}", usm_priv_words[g->priv], g->priv_password);
    return out;
}

static void version3(void **state)
{
    struct fx *f = *state;
    char user[300];

    for (int auth = USM_NO_AUTH; auth <= USM_SHA512; auth++)
        for (int priv = USM_NO_PRIV; priv <= (auth ? USM_AES256C : USM_NO_PRIV); priv++) {
            struct agent g = {.user = "watch", .auth = (enum usm_auth)auth, .priv = (enum usm_priv)priv, .auth_password = "authpassword", .priv_password = "privpassword"};
            struct box x;

            box_start(&x, g);
            assert_int_equal(ask(f, &x, "sysName.0", user_of(&g, user, sizeof(user)), 10000), STATE_OK);
            assert_has(f->text, "router1");
            assert_has(f->trace, "asking for the engine");
            assert_int_equal(ask(f, &x, "sysName.0", user, 10000), STATE_OK);
            assert_int_equal(x.agent.discoveries, 1); /* the engine is known now */
            box_stop(&x);
        }
}

/* A datagram that came twice while a worker makes the keys: the question waits for them once. */
static void all_twice(void **state)
{
    struct fx *f = *state;
    struct agent g = {.user = "watch", .auth = USM_SHA512, .priv = USM_AES256C, .auth_password = "authpassword", .priv_password = "privpassword"};
    struct box x;
    char user[300];

    for (int i = 0; i < 5; i++) {
        char password[40];

        snprintf(password, sizeof(password), "authpassword%d", i); /* keys that are not there yet */
        g.auth_password = password;
        box_start(&x, g);
        x.twice = true;
        assert_int_equal(ask(f, &x, "sysName.0", user_of(&g, user, sizeof(user)), 10000), STATE_OK);
        box_stop(&x);
    }
}

static void refusals(void **state)
{
    struct fx *f = *state;
    struct agent g = {.user = "watch", .auth = USM_SHA256, .priv = USM_AES, .auth_password = "authpassword", .priv_password = "privpassword"}, other = g;
    struct box x;
    char user[300];

    box_start(&x, g);
    other.user = "nobody";
    assert_int_equal(ask(f, &x, "sysName.0", user_of(&other, user, sizeof(user)), 5000), STATE_CRITICAL);
    assert_has(f->text, "does not know this user");
    other = g;
    other.auth_password = "wrongpassword";
    assert_int_equal(ask(f, &x, "sysName.0", user_of(&other, user, sizeof(user)), 5000), STATE_CRITICAL);
    assert_has(f->text, "password of auth");
    other = g;
    other.priv_password = "wrongpassword";
    assert_int_equal(ask(f, &x, "sysName.0", user_of(&other, user, sizeof(user)), 5000), STATE_CRITICAL);
    assert_has(f->text, "password of priv");
    other = g;
    other.priv = USM_NO_PRIV;
    assert_int_equal(ask(f, &x, "sysName.0", user_of(&other, user, sizeof(user)), 5000), STATE_CRITICAL);
    assert_has(f->text, "another security level");
    box_stop(&x);
}

static void clocks(void **state)
{
    struct fx *f = *state;
    struct agent g = {.user = "watch", .auth = USM_SHA, .priv = USM_AES, .auth_password = "authpassword", .priv_password = "privpassword"};
    struct box x;
    char user[300];

    box_start(&x, g);
    user_of(&g, user, sizeof(user));
    assert_int_equal(ask(f, &x, "sysName.0", user, 5000), STATE_OK);
    x.agent.boots = 4; /* restarted: not in time windows, then synchronised again */
    x.agent.time = 5;
    assert_int_equal(ask(f, &x, "sysName.0", user, 5000), STATE_OK);
    assert_has(f->trace, "report");
    x.agent.engine[4] ^= 1; /* another engine at the same address */
    agent_start(&x.agent);
    assert_int_equal(ask(f, &x, "sysName.0", user, 5000), STATE_OK);
    x.agent.fault = AGENT_BAD_CLOCK;
    assert_int_equal(ask(f, &x, "sysName.0", user, 5000), STATE_CRITICAL);
    assert_has(f->text, "the very time");
    x.agent.fault = AGENT_UNKNOWN_ENGINE;
    assert_int_equal(ask(f, &x, "sysName.0", user, 5000), STATE_CRITICAL);
    assert_has(f->text, "its own engine");
    box_stop(&x);
}

/* What ends by the time-out gets a short one, what ends by itself a long one. */
static int wait_ms(const char *says)
{
    return strstr(says, "does not answer") ? 250 : strstr(says, "wrong digest") ? 1500 : 20000;
}

/* Whatever comes back: a state and a text within the time-out. */
static void hostile(void **state)
{
    static const struct {
        enum agent_fault fault;
        const char *v2, *v3;
    } cases[] = {
        {AGENT_SILENT, "does not answer", "does not answer"},
        {AGENT_GARBAGE, "does not follow", "does not answer"},
        {AGENT_HALF, "does not follow", "does not answer"},
        {AGENT_OTHER_OID, "other objects", "other objects"},
        {AGENT_FEW, "other objects", "other objects"},
        {AGENT_OTHER_ID, "does not answer", "does not answer"},
        {AGENT_TOO_BIG, "tooBig", "tooBig"},
        {AGENT_WRONG_VERSION, "does not follow", NULL},
        {AGENT_BAD_DIGEST, NULL, "wrong digest"},
        {AGENT_PLAIN, NULL, "does not answer"}, /* a downgrade is no answer */
    };
    struct fx *f = *state;
    struct agent g = {.user = "watch", .auth = USM_SHA, .priv = USM_AES, .auth_password = "authpassword", .priv_password = "privpassword"};
    struct box x;
    char user[300];

    box_start(&x, g);
    assert_int_equal(ask(f, &x, "sysName.0", user_of(&g, user, sizeof(user)), 20000), STATE_OK); /* engine and keys are known */
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        x.agent.fault = cases[i].fault;
        if (cases[i].v2) {
            assert_int_equal(ask(f, &x, "sysName.0", NULL, wait_ms(cases[i].v2)), cases[i].fault == AGENT_TOO_BIG ? STATE_UNKNOWN : STATE_CRITICAL);
            assert_has(f->text, cases[i].v2);
        }
        if (cases[i].v3) {
            assert_int_equal(ask(f, &x, "sysName.0", user, wait_ms(cases[i].v3)), cases[i].fault == AGENT_TOO_BIG ? STATE_UNKNOWN : STATE_CRITICAL);
            assert_has(f->text, cases[i].v3);
        }
    }
    x.agent.fault = AGENT_GOOD;
    x.flood = true;
    assert_int_equal(ask(f, &x, "sysName.0", NULL, 5000), STATE_OK);
    assert_int_equal(ask(f, &x, "sysName.0", user, 20000), STATE_OK);
    box_stop(&x);
}

static void lost_and_refused(void **state)
{
    struct fx *f = *state;
    struct box x;
    char settings[100];

    box_start(&x, (struct agent){.lost = 2});
    assert_int_equal(ask(f, &x, "sysName.0", NULL, 1000), STATE_OK);
    assert_int_equal(x.agent.heard, 3);
    box_stop(&x);
    snprintf(settings, sizeof(settings), "{\"port\":%d}", x.port);
    assert_int_equal(fx_run(f, "snmp", "sysName.0", settings, 5000), STATE_CRITICAL);
    assert_has(f->text, "no agent listens");
    assert_true(f->answered && !f->timed_out);
}

static void options(void **state)
{
    struct fx *f = *state;

    assert_has(fx_refused(f, "snmp", "sysUptim.0", NULL), "did you mean sysUpTime");
    assert_has(fx_refused(f, "snmp", "nothingOfTheKind.0", NULL), "in numbers");
    assert_has(fx_refused(f, "snmp", "1", NULL), "no object identifier");
    assert_has(fx_refused(f, "snmp", "1.3.6.", NULL), "no object identifier");
    assert_has(fx_refused(f, "snmp", NULL, NULL), "one of oid, oids and walk");
    assert_has(fx_refused(f, "snmp", "sysUpTime.0", "{\"version\":\"3\"}"), "needs a user");
    assert_has(fx_refused(f, "snmp", "sysUpTime.0", "{\"user\":\"x\",\"auth\":{\"protocol\":\"sha\",\"password\":\"short\"}}"), "8 characters");
    assert_has(fx_refused(f, "snmp", "sysUpTime.0", "{\"user\":\"x\",\"priv\":{\"protocol\":\"aes\",\"password\":\"longenough\"}}"), "needs auth");
    assert_has(fx_refused(f, "snmp", "sysUpTime.0", "{\"warn\":\"80%\"}"), "of");
}

/* RFC 3414 A.3.1, A.3.2 */
static void rfc_vectors(void **state)
{
    static const unsigned char engine[12] = {[11] = 2};
    static const struct {
        enum usm_auth auth;
        const char *key, *local;
    } cases[] = {
        {USM_MD5, "9faf3283884e92834ebc9847d8edd963", "526f5eed9fcce26f8964c2930787d82b"},
        {USM_SHA, "9fb5cc0381497b3793528939ff788d5d79145211", "6695febc9288e36282235fc7151f128497b38f3f"},
    };

    for (size_t i = 0; i < 2; i++) {
        struct usm_key key, local;
        char hex[2 * USM_KEY_BYTES + 1];

        assert_int_equal(usm_password_key(cases[i].auth, "maplesyrup", &key), 0);
        for (size_t k = 0; k < key.n; k++)
            snprintf(hex + 2 * k, 3, "%02x", key.bytes[k]);
        assert_string_equal(hex, cases[i].key);
        assert_int_equal(usm_localise(cases[i].auth, &key, (struct str){(const char *)engine, 12}, &local), 0);
        for (size_t k = 0; k < local.n; k++)
            snprintf(hex + 2 * k, 3, "%02x", local.bytes[k]);
        assert_string_equal(hex, cases[i].local);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_vectors),
        cmocka_unit_test_setup_teardown(gets, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(judges, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(walks, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(rates, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(version3, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(all_twice, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(refusals, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(clocks, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(hostile, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(lost_and_refused, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(options, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
