/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_sim_world.c: what only the simulated world can do: its clocks, its order, its crashes, its faults. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "io/file.h"
#include "io/httpc.h"
#include "io/httpd.h"
#include "io/icmp.h"
#include "io/loop.h"
#include "io/machine.h"
#include "io/sim/sim.h"
#include "io/sock.h"
#include "io/spawn.h"
#include "io/work.h"

enum { MINUTE = 60000, HOUR = 60 * MINUTE };

static int setup(void **state)
{
    sim_init(1);
    return 0;
}

static int teardown(void **state)
{
    sim_done();
    return 0;
}

/* ---- clocks ---- */

static void clocks_go_their_own_ways(void **state)
{
    int64_t mono = clock_mono_ms(), wall = clock_wall_ms(), boot = clock_boot_ms();
    sim_run_for(5000);
    assert_int_equal(clock_mono_ms() - mono, 5000);
    assert_int_equal(clock_wall_ms() - wall, 5000);
    sim_clock_step(-HOUR);
    assert_int_equal(clock_wall_ms() - wall, 5000 - HOUR);
    assert_int_equal(clock_mono_ms() - mono, 5000);
    sim_suspend(8 * HOUR);
    assert_int_equal(clock_mono_ms() - mono, 5000);
    assert_int_equal(clock_boot_ms() - boot, 5000 + 8 * HOUR);
    assert_int_equal(clock_wall_ms() - wall, 5000 + 7 * HOUR);
}

struct clockwork {
    struct timer timer;
    int fired;
};

static void tick(void *arg)
{
    struct clockwork *c = arg;
    c->fired++;
    timer_set(&c->timer, MINUTE);
}

/* A month of minutes for twenty timers is a matter of moments. */
static void a_month_passes(void **state)
{
    struct loop *l = loop_new("month");
    struct clockwork c[20];
    memset(c, 0, sizeof c);
    for (int i = 0; i < 20; i++) {
        timer_init(&c[i].timer, l, tick, &c[i]);
        timer_set(&c[i].timer, i * 1000);
    }
    sim_run_for(INT64_C(30) * 24 * HOUR - 1);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(c[i].fired, 30 * 24 * 60);
        timer_clear(&c[i].timer);
    }
    assert_false(sim_step());
    loop_free(l);
}

/* ---- order ---- */

struct letter {
    char *log;
    char word;
};

static void write_letter(void *arg)
{
    struct letter *m = arg;
    size_t n = strlen(m->log);
    m->log[n] = m->word;
    m->log[n + 1] = '\0';
}

/* Posts of two loops at one instant, as one seed orders them. */
static void play(uint64_t seed, char log[16])
{
    sim_done();
    sim_init(seed);
    log[0] = '\0';
    struct letter m[8];
    struct loop *a = loop_new("a"), *b = loop_new("b");
    for (int i = 0; i < 8; i++) {
        m[i] = (struct letter){log, (char)(i < 4 ? '1' + i : 'a' + i - 4)};
        loop_post(i < 4 ? a : b, write_letter, &m[i]);
    }
    sim_run_for(0);
    loop_free(a);
    loop_free(b);
}

static void the_seed_decides_between_loops(void **state)
{
    char first[16], again[16], other[16];
    bool differs = false;
    play(5, first);
    play(5, again);
    assert_string_equal(first, again);
    for (uint64_t seed = 6; seed < 20; seed++) {
        play(seed, other);
        differs = differs || strcmp(first, other) != 0;
        assert_true(strchr(other, '1') < strchr(other, '2') && strchr(other, '2') < strchr(other, '3')); /* FIFO within one */
        assert_true(strchr(other, 'a') < strchr(other, 'b') && strchr(other, 'c') < strchr(other, 'd'));
    }
    assert_true(differs);
}

/* ---- crash ---- */

static void never(void *arg) { fail_msg("a callback of the dead"); }
static void never_reply(void *arg, const struct httpc_reply *r) { never(arg); }
static void never_program(void *arg, const struct spawn_reply *r) { never(arg); }
static void never_request(void *arg, struct httpd_request *rq) { never(arg); }

static void the_dead_are_silent(void **state)
{
    struct timer *t = NEW(struct timer);
    struct loop *l = loop_new("dead");
    struct addr web;
    sim_host("web1", "192.0.2.10");
    sim_http_answer("web1", 80, "*", &(struct sim_answer){.body = "hello"});
    sim_program("check_x", &(struct sim_program){.takes_ms = 1000});
    assert_int_equal(addr_parse("192.0.2.10", 80, &web), 0);
    timer_init(t, l, never, NULL);
    timer_set(t, 1000);
    loop_post(l, never, NULL);
    struct httpc_request rq = {.method = "GET", .url = "http://web1/", .addrs = &web, .n_addrs = 1, .timeout_ms = 1000, .max_body = 10};
    httpc_start(httpc_new(l), &rq, never_reply, NULL);
    struct spawn_request srq = {.argv = (const char *const[]){"check_x", NULL}, .timeout_ms = 5000, .max_output = 10};
    spawn_run(spawner_new(l, NULL, 1), &srq, never_program, NULL);
    assert_int_equal(httpd_listen(httpd_new(l, 1, never_request, NULL), "127.0.0.1:8444", NULL, NULL, NULL), 0);
    assert_int_equal(file_lock("/tmp/lock", NULL, NULL), 0);
    assert_int_equal(file_lock("/tmp/lock", NULL, NULL), ERR_CONFLICT);
    sim_crash(false);
    sim_run_for(HOUR);
    assert_int_equal(sim_objects(), 0);
    assert_int_equal(file_lock("/tmp/lock", NULL, NULL), 0);
    assert_true(sim_host_known("web1")); /* the world goes on */
    struct sim_reply *r = sim_http(&(struct sim_request){.path = "/", .peer = "127.0.0.1"});
    assert_int_equal(r->status, 0);
    sim_reply_free(r);
}

/* ---- requests ---- */

static void hello(void *arg, struct httpd_request *rq)
{
    struct httpd_stream **stream = arg;
    if (str_eq(rq->path, "/events")) {
        *stream = httpd_stream(rq, NULL, NULL);
        return;
    }
    if (str_eq(rq->path, "/never"))
        return;
    const char *text = arena_printf(rq->arena, "%s %s %d %s", rq->method, rq->body, rq->peer.local ? rq->peer.uid : -1, httpd_header(rq, "X-Word"));
    httpd_reply(rq, &(struct httpd_response){.status = 200, .type = "text/plain", .body = text, .body_bytes = strlen(text)});
}

static void requests_are_injected(void **state)
{
    struct httpd_stream *stream = NULL;
    struct loop *l = loop_new("main");
    struct httpd *h = httpd_new(l, 1, hello, &stream);
    assert_int_equal(httpd_listen(h, "127.0.0.1:8444", NULL, NULL, NULL), 0);
    assert_int_equal(httpd_listen(h, "unix:/run/x.sock", NULL, NULL, NULL), 0);
    struct sim_reply *r = sim_http(&(struct sim_request){.method = "POST", .path = "/x", .headers = "X-Word: yes\n", .body = "data", .uid = 1000});
    assert_int_equal(r->status, 200);
    assert_string_equal(buf_text(&r->body), "POST data 1000 yes");
    sim_reply_free(r);
    r = sim_http(&(struct sim_request){.path = "/events", .peer = "192.0.2.1"});
    assert_true(sim_tap_open(r));
    httpd_stream_send(stream, "state", "{}");
    sim_run_for(1);
    assert_string_equal(buf_text(&r->body), "event: state\ndata: {}\n\n");
    httpd_stream_close(stream);
    sim_run_for(1);
    assert_false(sim_tap_open(r));
    sim_reply_free(r);
    r = sim_http(&(struct sim_request){.path = "/never", .peer = "192.0.2.1"});
    assert_int_equal(r->status, 503); /* after a minute, by itself */
    sim_reply_free(r);
    r = sim_http(&(struct sim_request){.path = "/../etc", .peer = "192.0.2.1"});
    assert_int_equal(r->status, 400);
    sim_reply_free(r);
    httpd_free(h);
    sim_run_for(1);
    loop_free(l);
    assert_int_equal(sim_objects(), 0);
}

/* ---- network ---- */

static void on_ping(void *arg, const struct icmp_reply *r) { *(struct icmp_reply *)arg = *r; }

static struct icmp_reply ping(struct loop *l, const char *host)
{
    struct icmp_reply r = {.code = 1};
    struct addr a;
    struct icmp *i = icmp_new(l);
    assert_int_equal(addr_parse(host, 0, &a), 0);
    icmp_ping(i, &a, 3, 0, 1000, 2000, 56, on_ping, &r);
    sim_run_for(10000);
    icmp_free(i);
    return r;
}

static void a_dead_router_hides_what_is_behind(void **state)
{
    struct loop *l = loop_new("main");
    sim_host("router", "192.0.2.1");
    sim_host("web1", "192.0.2.10");
    sim_host("web1", "2001:db8::10");
    sim_host_via("web1", "router");
    assert_int_equal(ping(l, "192.0.2.10").received, 3);
    assert_int_equal(ping(l, "2001:db8::10").received, 3);
    sim_host_mode("router", SIM_SILENT);
    assert_int_equal(ping(l, "192.0.2.10").received, 0);
    sim_host_mode("router", SIM_UP);
    sim_host_mode("web1", SIM_REFUSED);
    assert_int_equal(ping(l, "192.0.2.10").received, 3);
    assert_int_equal(ping(l, "198.51.100.1").code, ERR_UNREACHABLE); /* nobody */
    loop_free(l);
}

static const struct tls_info *shown;
static void note_end(void *arg, int code, const struct err *e) { *(int *)arg = code; }
static void note_secure(void *arg) { *(int *)arg = 100; }
static struct sock *the_sock;
static bool judge;
static void note_open(void *arg) { sock_start_tls(the_sock, &(struct tls_opts){.server_name = "www.example.org", .verify = judge}); }

static int handshake(struct loop *l, const struct sim_cert *cert, bool verify, int *ret_verdict)
{
    static const struct sock_events events = {note_open, note_secure, NULL, note_end};
    struct addr a;
    int outcome = 0;
    judge = verify;
    sim_port_open("web1", 443);
    sim_port_tls("web1", 443, cert);
    assert_int_equal(addr_parse("192.0.2.10", 443, &a), 0);
    the_sock = sock_connect(l, &a, NULL, &events, &outcome);
    sim_run_for(1000);
    shown = sock_tls_info(the_sock);
    *ret_verdict = shown ? shown->verify_code : -1;
    the_sock = sock_free(the_sock);
    return outcome;
}

static void certificates_are_judged(void **state)
{
    struct loop *l = loop_new("main");
    int verdict;
    sim_host("web1", "192.0.2.10");
    assert_int_equal(handshake(l, &(struct sim_cert){.names = "example.org *.example.org", .days_left = 20}, true, &verdict), 100);
    assert_int_equal(verdict, 0);
    assert_int_equal(handshake(l, &(struct sim_cert){.names = "www.example.org", .days_left = -1}, true, &verdict), ERR_TLS);
    assert_int_equal(verdict, 10);
    assert_int_equal(handshake(l, &(struct sim_cert){.names = "www.example.org", .days_left = -1}, false, &verdict), 100);
    assert_int_equal(handshake(l, &(struct sim_cert){.names = "other.example", .days_left = 9}, true, &verdict), ERR_TLS);
    assert_int_equal(verdict, 62);
    assert_int_equal(handshake(l, &(struct sim_cert){.chain = SIM_CHAIN_GARBAGE}, true, &verdict), ERR_TLS);
    assert_int_equal(verdict, -1);
    loop_free(l);
}

/* ---- mail ---- */

static void on_mail(void *arg, int code, bool in_doubt, const struct err *e) { *(int *)arg = code + (in_doubt ? 1000 : 0); }

static int send_mail(struct httpc *c, const char *message)
{
    int outcome = 1;
    const char *to[] = {"ops@example.org", "b@example.org"};
    struct mail_request rq = {.url = "smtp://mail:25", .from = "vigie@example.org", .to = to, .n_to = 2, .message = message,
                              .message_bytes = strlen(message), .timeout_ms = 5000};
    mail_send(c, &rq, on_mail, &outcome);
    sim_run_for(10000);
    return outcome;
}

static void mail_is_caught(void **state)
{
    struct loop *l = loop_new("main");
    struct httpc *c = httpc_new(l);
    assert_int_equal(send_mail(c, "Subject: =?UTF-8?Q?web1_est_tomb=C3=A9?=\r\n\r\nbody\r\n"), 0);
    assert_int_equal(sim_mails(), 1);
    assert_string_equal(sim_mail_at(0)->subject, "web1 est tombé");
    assert_string_equal(sim_mail_at(0)->to, "ops@example.org, b@example.org");
    sim_mail_mode(SIM_MAIL_DOWN);
    assert_int_equal(send_mail(c, "Subject: a\r\n\r\n"), ERR_REFUSED);
    assert_int_equal(sim_mails(), 1);
    sim_mail_mode(SIM_MAIL_DOUBT);
    assert_int_equal(send_mail(c, "Subject: =?utf-8?b?w6k=?=\r\n =?utf-8?b?w6k=?=\r\n\r\n"), ERR_RESET + 1000);
    assert_string_equal(sim_mail_at(1)->subject, "éé");
    httpc_free(c);
    loop_free(l);
}

/* ---- machine and workers ---- */

static void ask_disk(void *arg)
{
    struct machine_fs fs;
    (void)machine_fs(arg, &fs, NULL);
}

static void set_flag(void *arg)
{
    static int told;
    told++;
}

static void a_hanging_disk_holds_its_worker(void **state)
{
    struct loop *l = loop_new("main");
    struct work_pool *p = work_pool_new("w", 1, 10);
    char mount[] = "/mnt";
    sim_disk_hang("/mnt", true);
    assert_int_equal(work_submit(p, l, ask_disk, set_flag, mount), 0);
    sim_run_for(31000);
    assert_int_equal(work_stuck(p), 1);
    sim_workers_hang(false);
    sim_run_for(1);
    assert_int_equal(work_stuck(p), 0);
    work_pool_free(p);
    loop_free(l);
}

static void the_machine_is_healthy(void **state)
{
    struct buf b = BUF_MAX(65536);
    struct machine_fs fs;
    char name[64];
    assert_int_equal(machine_read("/proc/loadavg", &b, NULL), 0);
    assert_int_equal(machine_read("/proc/nothing", &b, NULL), ERR_NOT_FOUND);
    sim_disk("/", 1000, 95);
    assert_int_equal(machine_fs("/var/lib", &fs, NULL), 0);
    assert_int_equal(fs.free_bytes, 50);
    sim_disk_gone("/srv");
    assert_int_equal(machine_fs("/srv", &fs, NULL), ERR_NOT_FOUND);
    machine_name(name, sizeof name);
    assert_string_equal(name, "sim");
    buf_done(&b);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(clocks_go_their_own_ways), T(a_month_passes), T(the_seed_decides_between_loops), T(the_dead_are_silent), T(requests_are_injected),
        T(a_dead_router_hides_what_is_behind), T(certificates_are_judged), T(mail_is_caught), T(a_hanging_disk_holds_its_worker),
        T(the_machine_is_healthy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
