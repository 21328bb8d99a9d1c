/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The snmp_interfaces probe against an agent of our own: a small switch, well and unwell, wraps, restarts, versions, agents
 * that go wrong. MON-8. */
#include "checks_fixture.h"
#include "snmp_agent.h"

#include <poll.h>

#define IF(column, index) "1.3.6.1.2.1.2.2.1." #column "." #index
#define IFX(column, index) "1.3.6.1.2.1.31.1.1.1." #column "." #index
#define TEXT(oid, text) {oid, BER_OCTETS, text, 0}
#define NUMBER(oid, type, n) {oid, type, NULL, n}

/* lo, two ports, an uplink of 10 Gbit/s, and one that is switched off. Index 40 has nothing in ifXTable. */
static const struct agent_object switch_objects[] = {
    NUMBER("1.3.6.1.2.1.1.3.0", SNMP_TIMETICKS, 100000),
    TEXT(IF(2, 1), "lo"), TEXT(IF(2, 2), "GigabitEthernet1"), TEXT(IF(2, 3), "GigabitEthernet2"), TEXT(IF(2, 10), "TenGigabitEthernet1"), TEXT(IF(2, 40), "old0"),
    NUMBER(IF(3, 1), BER_INT, 24), NUMBER(IF(3, 2), BER_INT, 6), NUMBER(IF(3, 3), BER_INT, 6), NUMBER(IF(3, 10), BER_INT, 6), NUMBER(IF(3, 40), BER_INT, 6),
    NUMBER(IF(5, 2), SNMP_GAUGE32, 1000000000), NUMBER(IF(5, 3), SNMP_GAUGE32, 1000000000), NUMBER(IF(5, 10), SNMP_GAUGE32, 4294967295u), NUMBER(IF(5, 40), SNMP_GAUGE32, 10000000),
    NUMBER(IF(7, 1), BER_INT, 1), NUMBER(IF(7, 2), BER_INT, 1), NUMBER(IF(7, 3), BER_INT, 2), NUMBER(IF(7, 10), BER_INT, 1), NUMBER(IF(7, 40), BER_INT, 1),
    NUMBER(IF(8, 1), BER_INT, 1), NUMBER(IF(8, 2), BER_INT, 1), NUMBER(IF(8, 3), BER_INT, 2), NUMBER(IF(8, 10), BER_INT, 1), NUMBER(IF(8, 40), BER_INT, 1),
    NUMBER(IF(10, 2), SNMP_COUNTER32, 1000), NUMBER(IF(10, 10), SNMP_COUNTER32, 1000), NUMBER(IF(10, 40), SNMP_COUNTER32, 4294967290u),
    NUMBER(IF(14, 2), SNMP_COUNTER32, 5), NUMBER(IF(14, 10), SNMP_COUNTER32, 0), NUMBER(IF(14, 40), SNMP_COUNTER32, 0),
    NUMBER(IF(16, 2), SNMP_COUNTER32, 1000), NUMBER(IF(16, 10), SNMP_COUNTER32, 1000), NUMBER(IF(16, 40), SNMP_COUNTER32, 100),
    NUMBER(IF(19, 2), SNMP_COUNTER32, 0), NUMBER(IF(19, 10), SNMP_COUNTER32, 0),
    NUMBER("1.3.6.1.2.1.10.7.2.1.19.2", BER_INT, 3), NUMBER("1.3.6.1.2.1.10.7.2.1.19.10", BER_INT, 3), NUMBER("1.3.6.1.2.1.10.7.2.1.19.40", BER_INT, 2),
    TEXT(IFX(1, 1), "lo"), TEXT(IFX(1, 2), "Gi1"), TEXT(IFX(1, 3), "Gi2"), TEXT(IFX(1, 10), "Te1"),
    NUMBER(IFX(6, 2), SNMP_COUNTER64, 10000000000u), NUMBER(IFX(6, 3), SNMP_COUNTER64, 0), NUMBER(IFX(6, 10), SNMP_COUNTER64, 5000),
    NUMBER(IFX(10, 2), SNMP_COUNTER64, 1), NUMBER(IFX(10, 3), SNMP_COUNTER64, 0), NUMBER(IFX(10, 10), SNMP_COUNTER64, 5000),
    NUMBER(IFX(15, 2), SNMP_GAUGE32, 1000), NUMBER(IFX(15, 3), SNMP_GAUGE32, 1000), NUMBER(IFX(15, 10), SNMP_GAUGE32, 10000),
    TEXT(IFX(18, 2), ""), TEXT(IFX(18, 10), "uplink"),
    NUMBER(IFX(19, 2), SNMP_TIMETICKS, 0), NUMBER(IFX(19, 10), SNMP_TIMETICKS, 0),
};
enum { N = sizeof(switch_objects) / sizeof(switch_objects[0]), MAX_OBJECTS = 2000 };

struct box { /* the agent on a thread; between two looks nobody asks it */
    struct agent agent;
    struct agent_object objects[MAX_OBJECTS];
    int fd, port;
    volatile bool stop;
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
        if (answer.n)
            sendto(x->fd, answer.p, answer.n, 0, (struct sockaddr *)&from, len);
    }
    return NULL;
}

/* Sorted, as agents have them. */
static int by_oid(const void *a, const void *b)
{
    unsigned char x[SNMP_OID_BYTES], y[SNMP_OID_BYTES];
    size_t n, m;

    snmp_oid_parse(((const struct agent_object *)a)->oid, x, &n);
    snmp_oid_parse(((const struct agent_object *)b)->oid, y, &m);
    return snmp_oid_order((struct str){(char *)x, n}, (struct str){(char *)y, m});
}

static void box_start(struct box *x, enum agent_fault fault)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);

    memset(x, 0, sizeof(*x));
    x->agent = (struct agent){.community = "public", .objects = x->objects, .n = N, .fault = fault};
    memcpy(x->objects, switch_objects, sizeof(switch_objects));
    qsort(x->objects, N, sizeof(x->objects[0]), by_oid);
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

static void set(struct box *x, const char *oid, uint64_t value)
{
    for (int i = 0; i < x->agent.n; i++)
        if (str_eq(x->objects[i].oid, oid)) {
            x->objects[i].number = value;
            return;
        }
    fail_msg("there is no %s", oid);
}

static enum state run_within(struct fx *f, const struct box *x, const char *more, int64_t timeout_ms)
{
    char settings[1000];

    snprintf(settings, sizeof(settings), "{\"port\":%d%s%s}", x->port, more[0] ? "," : "", more);
    return fx_run(f, "snmp_interfaces", NULL, settings, timeout_ms);
}

static enum state run(struct fx *f, const struct box *x, const char *more) { return run_within(f, x, more, 5000); }

static struct box box; /* large */

static void a_switch(void **state)
{
    struct fx *f = *state;

    box_start(&box, AGENT_GOOD);
    assert_int_equal(run(f, &box, "\"duplex\":\"any\""), STATE_OK);
    assert_has(f->text, "4 interfaces, 3 up");
    assert_true(f->answered);
    assert_has(f->more, "Gi1: up, 1.0 Gbit/s\nGi2: off\nTe1 (uplink): up, 10.0 Gbit/s\nold0: up, 10.0 Mbit/s\n");
    assert_string_equal(f->perf, ""); /* rates come with the next look */
    set(&box, IFX(6, 2), 10000001000u);
    assert_int_equal(run(f, &box, "\"duplex\":\"any\""), STATE_OK);
    assert_has(f->perf, "Gi1_in=");
    assert_has(f->perf, "Gi1_errors=0");
    assert_has(f->perf, "Te1_out=0b;;;0;10000000000");
    assert_null(strstr(f->perf, "lo_"));
    assert_int_equal(run(f, &box, ""), STATE_WARNING);
    assert_has(f->text, "old0 runs in half duplex");
    box_stop(&box);
}

static void the_same_by_versions_1_and_3(void **state)
{
    struct fx *f = *state;

    box_start(&box, AGENT_GOOD);
    assert_int_equal(run(f, &box, "\"version\":\"1\",\"duplex\":\"any\""), STATE_OK);
    assert_has(f->text, "4 interfaces, 3 up");
    assert_has(f->more, "Te1 (uplink): up, 10.0 Gbit/s\nold0: up, 10.0 Mbit/s\n");
    box_stop(&box);
    box_start(&box, AGENT_GOOD);
    box.agent.user = "watch";
    box.agent.auth = USM_SHA256;
    box.agent.auth_password = "authpassword";
    agent_start(&box.agent);
    assert_int_equal(run(f, &box, "\"duplex\":\"any\",\"user\":\"watch\",\"auth\":{\"protocol\":\"sha256\",\"password\":\"authpassword\"}"), STATE_OK);
    assert_has(f->text, "4 interfaces, 3 up");
    box_stop(&box);
}

static void chosen(void **state)
{
    struct fx *f = *state;

    box_start(&box, AGENT_GOOD);
    assert_int_equal(run(f, &box, "\"interfaces\":[\"Gi*\"]"), STATE_OK);
    assert_has(f->text, "2 interfaces, 1 up");
    assert_int_equal(run(f, &box, "\"interfaces\":[\"uplink\",\"lo\"]"), STATE_OK); /* by alias; loopback when named */
    assert_has(f->text, "2 interfaces, 2 up");
    assert_int_equal(run(f, &box, "\"interfaces\":\"TenGigabit*\",\"exclude\":\"Gi2\""), STATE_OK); /* by description */
    assert_has(f->text, "1 interface, 1 up");
    assert_int_equal(run(f, &box, "\"interfaces\":[\"Te9\"]"), STATE_CRITICAL);
    assert_has(f->text, "there is no interface Te9");
    assert_int_equal(run(f, &box, "\"interfaces\":[\"Te9*\"]"), STATE_UNKNOWN);
    assert_has(f->text, "none of its 5 interfaces is to be watched");
    box_stop(&box);
}

static void down(void **state)
{
    struct fx *f = *state;

    box_start(&box, AGENT_GOOD);
    set(&box, IF(8, 10), 7);
    assert_int_equal(run(f, &box, "\"duplex\":\"any\""), STATE_OK);
    assert_has(f->text, "4 interfaces, 2 up");
    assert_has(f->more, "Te1 (uplink): lowerLayerDown\n");
    assert_int_equal(run(f, &box, "\"duplex\":\"any\",\"down\":\"warning\""), STATE_WARNING);
    assert_int_equal(run(f, &box, "\"up\":\"uplink\",\"duplex\":\"any\""), STATE_CRITICAL);
    assert_has(f->text, "Te1 (uplink) is lowerLayerDown");
    assert_int_equal(run(f, &box, "\"interfaces\":\"Te1\""), STATE_CRITICAL);
    assert_int_equal(run(f, &box, "\"interfaces\":\"Te1\",\"down\":\"ignore\""), STATE_OK);
    assert_int_equal(run(f, &box, "\"interfaces\":\"Gi2\""), STATE_OK); /* switched off on purpose */
    assert_int_equal(run(f, &box, "\"up\":\"Gi2\",\"duplex\":\"any\""), STATE_CRITICAL);
    assert_has(f->text, "Gi2 is switched off");
    box_stop(&box);
}

static void rates(void **state)
{
    struct fx *f = *state;

    box_start(&box, AGENT_GOOD);
    assert_int_equal(run(f, &box, "\"interfaces\":\"Gi1\""), STATE_OK);
    set(&box, IFX(6, 2), 10000000000u + 1000000000000u); /* more than any link takes */
    assert_int_equal(run(f, &box, "\"interfaces\":\"Gi1\",\"traffic\":{\"warn\":\"> 800 Mbit/s\",\"crit\":\"99%\"}"), STATE_CRITICAL);
    assert_has(f->text, "Gi1 receives ");
    assert_has(f->text, "(limit 99%)");
    set(&box, IF(14, 2), 4000000);
    assert_int_equal(run(f, &box, "\"interfaces\":\"Gi1\",\"errors\":{\"crit\":\"> 6/min\"}"), STATE_CRITICAL);
    assert_has(f->text, "errors a second (limit > 6/min)");
    set(&box, IF(19, 2), 4000000);
    assert_int_equal(run(f, &box, "\"interfaces\":\"Gi1\",\"discards\":{\"warn\":\"> 1/s\"}"), STATE_WARNING);
    assert_has(f->text, "packets dropped a second");
    assert_int_equal(run(f, &box, "\"interfaces\":\"Gi1\",\"speed\":{\"warn\":\"< 10 Gbit/s\"}"), STATE_WARNING);
    assert_has(f->text, "Gi1 runs at 1.0 Gbit/s (limit < 10 Gbit/s)");
    assert_has(fx_refused(f, "snmp_interfaces", NULL, "{\"address\":\"192.0.2.1\",\"speed\":{\"warn\":\"80%\"}}"), "a speed is no share of itself");
    box_stop(&box);
}

static void wraps_and_restarts(void **state)
{
    struct fx *f = *state;

    box_start(&box, AGENT_GOOD);
    assert_int_equal(run(f, &box, "\"interfaces\":[\"old0\",\"Te1\"],\"duplex\":\"any\""), STATE_OK);
    set(&box, IF(10, 40), 4); /* once round: ten bytes */
    set(&box, IFX(6, 10), 4); /* 64 bits: set back */
    assert_int_equal(run(f, &box, "\"interfaces\":[\"old0\",\"Te1\"],\"duplex\":\"any\",\"traffic\":{\"crit\":\"> 10 Tbit/s\"}"), STATE_OK);
    assert_has(f->perf, "old0_in=");
    assert_null(strstr(f->perf, "Te1_in="));
    assert_has(f->perf, "Te1_out=0b");
    box_stop(&box);
}

static void a_restart(void **state)
{
    struct fx *f = *state;

    box_start(&box, AGENT_GOOD);
    assert_int_equal(run(f, &box, "\"interfaces\":\"Te1\""), STATE_OK);
    set(&box, "1.3.6.1.2.1.1.3.0", 100);
    set(&box, IFX(6, 10), 1000000000000u);
    assert_int_equal(run(f, &box, "\"interfaces\":\"Te1\",\"traffic\":{\"crit\":\"50%\"}"), STATE_OK);
    assert_has(f->text, "the device has restarted");
    assert_string_equal(f->perf, "");
    set(&box, "1.3.6.1.2.1.1.3.0", 200);
    assert_int_equal(run(f, &box, "\"interfaces\":\"Te1\",\"traffic\":{\"crit\":\"50%\"}"), STATE_OK);
    assert_has(f->perf, "Te1_in=0b");
    set(&box, IFX(19, 10), 150); /* the line card alone, a little later */
    set(&box, IFX(6, 10), 9000000000000u);
    assert_int_equal(run(f, &box, "\"interfaces\":\"Te1\",\"traffic\":{\"crit\":\"50%\"}"), STATE_OK);
    assert_null(strstr(f->perf, "Te1_in="));
    box_stop(&box);
}

static void agents_that_go_wrong(void **state)
{
    static const struct {
        enum agent_fault fault;
        enum state state;
        const char *say;
    } cases[] = {
        {AGENT_SILENT, STATE_CRITICAL, "wrong community"}, {AGENT_GARBAGE, STATE_CRITICAL, ""}, {AGENT_LOOPS, STATE_CRITICAL, "circles"},
        {AGENT_TOO_BIG, STATE_UNKNOWN, "tooBig"},          {AGENT_HALF, STATE_CRITICAL, ""},    {AGENT_OTHER_ID, STATE_CRITICAL, ""},
        {AGENT_OTHER_OID, STATE_UNKNOWN, ""},              {AGENT_FEW, STATE_UNKNOWN, ""},
    };
    struct fx *f = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        box_start(&box, cases[i].fault);
        run_within(f, &box, "\"interfaces\":\"Gi1\"", 700);
        if (f->state == STATE_OK || !strstr(f->text, cases[i].say))
            fail_msg("fault %d: %d: %s", (int)cases[i].fault, (int)f->state, f->text);
        box_stop(&box);
    }
    box_start(&box, AGENT_GOOD);
    box.agent.n = 1; /* nothing but its up-time */
    assert_int_equal(run(f, &box, ""), STATE_UNKNOWN);
    assert_has(f->text, "tells of no interfaces");
    box_stop(&box);
    assert_int_equal(run(f, &box, ""), STATE_CRITICAL);
    assert_has(f->text, "no agent listens");
}

/* More interfaces than are kept, of one name, with texts that are no text. */
static void very_many(void **state)
{
    static char oids[2 * 600][40];
    struct fx *f = *state;
    int n = 1;

    box_start(&box, AGENT_GOOD);
    for (int i = 1; i <= 600; i++) {
        snprintf(oids[i - 1], sizeof(oids[0]), "1.3.6.1.2.1.2.2.1.2.%d", i * 100000);
        box.objects[n++] = (struct agent_object)TEXT(oids[i - 1], i % 2 ? "port" : "\x01\xff\x1b[2J");
    }
    box.agent.n = n;
    assert_int_equal(run(f, &box, ""), STATE_WARNING);
    assert_has(f->text, "there are more than 256 interfaces");
    assert_has(f->more, "port.300000: ?\n");
    assert_null(strchr(f->more, '\x1b'));
    box_stop(&box);
}

#define NET_TEST(fn) cmocka_unit_test_setup_teardown(fn, fx_setup, fx_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET_TEST(a_switch), NET_TEST(the_same_by_versions_1_and_3), NET_TEST(chosen), NET_TEST(down), NET_TEST(rates),
        NET_TEST(wraps_and_restarts), NET_TEST(a_restart), NET_TEST(agents_that_go_wrong), NET_TEST(very_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
