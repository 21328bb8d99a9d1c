/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_iotwin.c: one suite for both worlds.  Built twice: against io (peers are threads on loopback) and, with
 * -DTWIN_SIM, against io_sim (peers are lines of a script).  What it asserts is what the rooms above may
 * rely on, whichever world they live in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/addr.h"
#include "io/dns.h"
#include "io/file.h"
#include "io/httpc.h"
#include "io/httpd.h"
#include "io/loop.h"
#include "io/sock.h"
#include "io/spawn.h"
#include "io/work.h"

#ifdef TWIN_SIM
#include "test_iotwin_sim.h"
#else
#include "test_iotwin_real.h"
#endif

enum { GUARD_MS = 20000 };

/* A loop, and a note pad of what happened on it. */
struct world {
    struct loop *loop;
    struct timer guard;
    char log[512];
    struct buf data;
    int code, status, n;
    bool flag;
};

static void guard_bites(void *arg)
{
    struct world *w = arg;
    str_print(w->log + strlen(w->log), sizeof w->log - strlen(w->log), "GUARD");
    loop_stop(w->loop);
}

static int setup(void **state)
{
    struct world *w = NEW(struct world);
    twin_begin();
    w->data = BUF_MAX(1 << 20);
    w->loop = loop_new("test");
    timer_init(&w->guard, w->loop, guard_bites, w);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    timer_clear(&w->guard);
    loop_free(w->loop);
    buf_done(&w->data);
    mem_free(w);
    twin_end();
    return 0;
}

static void note(struct world *w, const char *word)
{
    str_print(w->log + strlen(w->log), sizeof w->log - strlen(w->log), "%s ", word);
}

static void run(struct world *w)
{
    timer_set(&w->guard, GUARD_MS);
    loop_run(w->loop);
    timer_clear(&w->guard);
}

/* ---- loop, timers, posts ---- */

struct step {
    struct world *w;
    const char *word;
    bool last;
};

static void do_step(void *arg)
{
    struct step *s = arg;
    note(s->w, s->word);
    if (s->last)
        loop_stop(s->w->loop);
}

static void posts_keep_their_order(void **state)
{
    struct world *w = *state;
    struct step a = {w, "a", false}, b = {w, "b", false}, c = {w, "c", true};
    loop_post(w->loop, do_step, &a);
    loop_post(w->loop, do_step, &b);
    loop_post(w->loop, do_step, &c);
    run(w);
    assert_string_equal(w->log, "a b c ");
}

static void timers_fire_by_time_then_by_setting(void **state)
{
    struct world *w = *state;
    struct step steps[] = {{w, "late", true}, {w, "first", false}, {w, "second", false}, {w, "never", false}};
    struct timer t[4];
    memset(t, 0, sizeof t);
    for (int i = 0; i < 4; i++)
        timer_init(&t[i], w->loop, do_step, &steps[i]);
    timer_set(&t[0], 60);
    timer_set(&t[1], 5);
    timer_set(&t[2], 5);
    timer_set(&t[3], 20);
    assert_true(timer_is_set(&t[3]));
    timer_clear(&t[3]);
    assert_false(timer_is_set(&t[3]));
    int64_t before = clock_mono_ms();
    run(w);
    assert_string_equal(w->log, "first second late ");
    assert_true(clock_mono_ms() - before >= 60);
    assert_false(timer_is_set(&t[0]));
}

static void a_timer_set_again_fires_once(void **state)
{
    struct world *w = *state;
    struct step once = {w, "once", false}, end = {w, "end", true};
    struct timer t = {0}, stop = {0};
    timer_init(&t, w->loop, do_step, &once);
    timer_init(&stop, w->loop, do_step, &end);
    timer_set(&t, 1);
    timer_set(&t, 10);
    timer_set(&stop, 40);
    run(w);
    assert_string_equal(w->log, "once end ");
}

static void from_other(void *arg)
{
    struct step *s = arg;
    loop_post(s->w->loop, do_step, s);
}

/* A second loop works beside the first; stopping it waits for what was posted to it. */
static void loops_post_to_each_other(void **state)
{
    struct world *w = *state;
    struct loop *other = loop_new("other");
    struct step there = {w, "there", true}, left = {w, "left", false};
    loop_thread(other);
    loop_post(other, from_other, &there);
    run(w);
    loop_post(other, do_step, &left);
    loop_stop(other);
    loop_free(other);
    assert_string_equal(w->log, "there left ");
}

static void work_run(void *arg)
{
    struct world *w = arg;
    w->n++;
}

static void work_done(void *arg)
{
    struct world *w = arg;
    note(w, "done");
    if (--w->status == 0)
        loop_stop(w->loop);
}

static void workers_run_and_report(void **state)
{
    struct world *w = *state;
    struct work_pool *p = work_pool_new("work", 1, 100);
    w->status = 3;
    for (int i = 0; i < 3; i++)
        assert_int_equal(work_submit(p, w->loop, work_run, work_done, w), 0);
    run(w);
    assert_int_equal(w->n, 3);
    assert_string_equal(w->log, "done done done ");
    assert_int_equal(work_stuck(p), 0);
    work_pool_free(p);
}

/* ---- streams ---- */

static void on_open(void *arg) { note(arg, "open"); }

static void on_data(void *arg, const char *p, size_t n)
{
    struct world *w = arg;
    buf_add(&w->data, p, n);
    if (w->n && w->data.len >= (size_t)w->n)
        loop_stop(w->loop);
}

static void on_end(void *arg, int code, const struct err *e)
{
    struct world *w = arg;
    note(w, "end");
    w->code = code;
    loop_stop(w->loop);
}

static const struct sock_events events = {on_open, NULL, on_data, on_end};

static void a_banner_and_an_orderly_end(void **state)
{
    struct world *w = *state;
    struct addr peer;
    twin_talker(&peer, "220 hello\r\n", true);
    struct sock *s = sock_connect(w->loop, &peer, NULL, &events, w);
    run(w);
    assert_string_equal(w->log, "open end ");
    assert_int_equal(w->code, 0);
    assert_string_equal(buf_text(&w->data), "220 hello\r\n");
    sock_free(s);
}

static void what_is_written_early_is_sent(void **state)
{
    struct world *w = *state;
    struct addr peer, own;
    twin_talker(&peer, NULL, false);
    struct sock *s = sock_connect(w->loop, &peer, NULL, &events, w);
    assert_int_equal(sock_write(s, "ping\n", 5), 0); /* before it is open */
    w->n = 5;
    run(w);
    assert_string_equal(buf_text(&w->data), "ping\n");
    assert_int_equal(sock_local(s, &own), 0);
    assert_true(addr_port(&own) > 0);
    sock_close_after_write(s);
    run(w);
    assert_string_equal(w->log, "open end ");
    assert_int_equal(w->code, 0);
    assert_int_equal(sock_write(s, "x", 1), ERR_RESET);
    sock_free(s);
}

static void a_closed_port_refuses(void **state)
{
    struct world *w = *state;
    struct addr peer;
    twin_refuser(&peer);
    struct sock *s = sock_connect(w->loop, &peer, NULL, &events, w);
    run(w);
    assert_string_equal(w->log, "end ");
    assert_int_equal(w->code, ERR_REFUSED);
    sock_free(s);
}

static void too_much_waiting_is_a_limit(void **state)
{
    struct world *w = *state;
    struct addr peer;
    twin_mute(&peer);
    struct sock *s = sock_connect(w->loop, &peer, NULL, &events, w);
    char *big = mem_zero(700000);
    assert_int_equal(sock_write(s, big, 700000), 0);
    assert_int_equal(sock_write(s, big, 700000), ERR_LIMIT);
    mem_free(big);
    sock_free(s); /* before it is open: no callback */
    assert_string_equal(w->log, "");
}

static void tls_with_a_plain_peer_fails(void **state)
{
    struct world *w = *state;
    struct addr peer;
    twin_talker(&peer, "220 plain text\r\n", false);
    struct sock *s = sock_connect(w->loop, &peer, NULL, &events, w);
    w->n = 1;
    run(w);
    w->n = 0;
    assert_int_equal(sock_start_tls(s, &(struct tls_opts){.server_name = "localhost"}), 0);
    run(w);
    assert_string_equal(w->log, "open end ");
    assert_int_equal(w->code, ERR_TLS);
    sock_free(s);
}

/* ---- names ---- */

static void on_addrs(void *arg, const struct dns_addrs *r)
{
    struct world *w = arg;
    w->code = r->code;
    w->n = r->n;
    if (r->n > 0) {
        char text[ADDR_TEXT_BYTES];
        addr_host(&r->at[0], text);
        note(w, text);
    }
    loop_stop(w->loop);
}

static void on_answer(void *arg, const struct dns_answer *r)
{
    struct world *w = arg;
    w->code = r->code;
    w->status = r->rcode;
    for (int i = 0; i < r->n; i++)
        note(w, r->rr[i].text);
    loop_stop(w->loop);
}

static void literals_resolve_to_themselves(void **state)
{
    struct world *w = *state;
    struct dns *d = dns_new(w->loop);
    dns_resolve(d, "192.0.2.9", DNS_ANY, 2000, on_addrs, w);
    assert_string_equal(w->log, ""); /* never from inside the call */
    run(w);
    assert_string_equal(w->log, "192.0.2.9 ");
    w->log[0] = '\0';
    dns_resolve(d, "localhost", DNS_V4, 2000, on_addrs, w);
    run(w);
    assert_int_equal(w->code, 0);
    assert_string_equal(w->log, "127.0.0.1 ");
    dns_free(d);
}

static void questions_are_answered(void **state)
{
    struct world *w = *state;
    struct addr server;
    twin_name_server(&server);
    struct dns *d = dns_new(w->loop);
    dns_query(d, &server, "found.test", dns_type("A"), 5000, on_answer, w);
    run(w);
    assert_int_equal(w->code, 0);
    assert_int_equal(w->status, 0);
    assert_string_equal(w->log, "192.0.2.7 ");
    dns_query(d, &server, "missing.test", dns_type("a"), 5000, on_answer, w);
    run(w);
    assert_int_equal(w->code, 0);
    assert_string_equal(dns_rcode_name(w->status), "NXDOMAIN");
    dns_free(d);
}

static void a_dead_server_times_out(void **state)
{
    struct world *w = *state;
    struct addr server;
    twin_dead_name_server(&server);
    struct dns *d = dns_new(w->loop);
    dns_query(d, &server, "found.test", dns_type("A"), 300, on_answer, w);
    run(w);
    assert_int_equal(w->code, ERR_TIMEOUT);
    struct dns_job *job = dns_query(d, &server, "found.test", dns_type("A"), 300, on_answer, w);
    dns_cancel(job);
    dns_free(d);
}

static void types_have_numbers(void **state)
{
    assert_int_equal(dns_type("A"), 1);
    assert_int_equal(dns_type("mx"), 15);
    assert_int_equal(dns_type("AAAA"), 28);
    assert_int_equal(dns_type("nonsense"), ERR_INVALID);
    assert_string_equal(dns_type_name(16), "TXT");
}

/* ---- HTTP, as a client ---- */

static void on_reply(void *arg, const struct httpc_reply *r)
{
    struct world *w = arg;
    const char *location = httpc_find_header(r, "location");
    w->code = r->code;
    w->status = r->status;
    w->flag = r->body_cut;
    buf_clear(&w->data);
    if (r->code == 0)
        buf_add(&w->data, r->body, r->body_bytes);
    if (location)
        note(w, location);
    loop_stop(w->loop);
}

static void get(struct world *w, const struct addr *peer, const char *path, int64_t timeout_ms, size_t max_body)
{
    char url[256];
    struct httpc *c = httpc_new(w->loop);
    str_print(url, sizeof url, "http://localhost:%d%s", addr_port(peer), path);
    struct httpc_request rq = {.method = "GET", .url = url, .addrs = peer, .n_addrs = 1, .timeout_ms = timeout_ms, .max_body = max_body};
    httpc_start(c, &rq, on_reply, w);
    run(w);
    httpc_free(c);
}

static void a_page_comes_whole(void **state)
{
    struct world *w = *state;
    struct addr peer;
    twin_web(&peer, 200, NULL, "welcome");
    get(w, &peer, "/", 5000, 1000);
    assert_int_equal(w->code, 0);
    assert_int_equal(w->status, 200);
    assert_string_equal(buf_text(&w->data), "welcome");
    assert_false(w->flag);
}

static void redirects_are_not_followed(void **state)
{
    struct world *w = *state;
    struct addr peer;
    twin_web(&peer, 302, "Location: http://example.org/", "");
    get(w, &peer, "/old", 5000, 1000);
    assert_int_equal(w->status, 302);
    assert_string_equal(w->log, "http://example.org/ ");
}

static void long_bodies_are_cut(void **state)
{
    struct world *w = *state;
    struct addr peer;
    twin_web(&peer, 200, NULL, "0123456789");
    get(w, &peer, "/", 5000, 4);
    assert_int_equal(w->code, 0);
    assert_true(w->flag);
    assert_string_equal(buf_text(&w->data), "0123");
}

static void http_refused_silent_and_strange(void **state)
{
    struct world *w = *state;
    struct addr refuser, mute, talker;
    twin_refuser(&refuser);
    get(w, &refuser, "/", 5000, 1000);
    assert_int_equal(w->code, ERR_REFUSED);
    twin_mute(&mute);
    get(w, &mute, "/", 300, 1000);
    assert_int_equal(w->code, ERR_TIMEOUT);
    twin_talker(&talker, "220 this is SMTP\r\n", true);
    get(w, &talker, "/", 5000, 1000);
    assert_int_equal(w->code, ERR_PROTOCOL);
}

static void headers_have_a_ceiling(void **state)
{
    struct world *w = *state;
    struct addr peer;
    char header[1000] = "X-Big: ";
    memset(header + 7, 'a', 900);
    twin_web(&peer, 200, header, "welcome");
    struct httpc *c = httpc_new(w->loop);
    struct httpc_request rq = {.method = "GET", .url = "http://localhost/", .addrs = &peer, .n_addrs = 1, .timeout_ms = 5000, .max_body = 10, .max_header = 500};
    char url[64];
    str_print(url, sizeof url, "http://localhost:%d/", addr_port(&peer));
    rq.url = url;
    httpc_start(c, &rq, on_reply, w);
    run(w);
    assert_int_equal(w->code, ERR_PROTOCOL);
    rq.max_header = 5000;
    httpc_start(c, &rq, on_reply, w);
    run(w);
    assert_int_equal(w->code, 0);
    httpc_free(c);
}

/* ---- datagrams ---- */

static void on_datagram(void *arg, int code, const char *p, size_t n)
{
    struct world *w = arg;
    w->code = code;
    buf_add(&w->data, p, code ? 0 : n);
    loop_stop(w->loop);
}

static void datagrams_come_back_or_are_refused(void **state)
{
    struct world *w = *state;
    struct addr echo, refuser;
    struct err e;
    twin_datagram_echo(&echo);
    struct dgram *d = dgram_open(w->loop, &echo, on_datagram, w, &e);
    assert_int_equal(dgram_send(d, "hello", 5), 0);
    run(w);
    assert_int_equal(w->code, 0);
    assert_string_equal(buf_text(&w->data), "hello");
    dgram_free(d);
    twin_refuser(&refuser);
    d = dgram_open(w->loop, &refuser, on_datagram, w, &e);
    assert_int_equal(dgram_send(d, "hello", 5), 0);
    run(w);
    assert_int_equal(w->code, ERR_REFUSED);
    dgram_free(d);
}

/* ---- files ---- */

static int note_name(void *arg, const char *name)
{
    note(arg, name);
    return 0;
}

static void files_are_replaced_whole(void **state)
{
    struct world *w = *state;
    struct err e;
    char dir[] = "/tmp/vigie-twin-XXXXXX", path[128];
    assert_non_null(mkdtemp(dir));
    str_print(path, sizeof path, "%s/a/b", dir);
    assert_int_equal(file_mkdirs(path, 0755, &e), 0);
    str_print(path, sizeof path, "%s/a/b/two.yaml", dir);
    assert_int_equal(file_read(path, &w->data, &e), ERR_NOT_FOUND);
    assert_int_equal(file_write(path, "first text", 10, 0600, &e), 0);
    assert_int_equal(file_write(path, "second", 6, 0600, &e), 0);
    assert_int_equal(file_read(path, &w->data, &e), 0);
    assert_string_equal(buf_text(&w->data), "second");
    struct buf small = BUF_MAX(3);
    assert_int_equal(file_read(path, &small, &e), ERR_LIMIT);
    buf_done(&small);
    str_print(path, sizeof path, "%s/a/b/one.yaml", dir);
    assert_int_equal(file_write(path, "1", 1, 0600, &e), 0);
    str_print(path, sizeof path, "%s/a/b", dir);
    assert_int_equal(file_list(path, ".yaml", 10, note_name, w, &e), 0);
    assert_string_equal(w->log, "one.yaml two.yaml ");
    assert_int_equal(file_list(path, ".yaml", 1, note_name, w, &e), ERR_LIMIT);
    for (int i = 0; i < 2; i++) {
        str_print(path, sizeof path, "%s/a/b/%s.yaml", dir, i ? "two" : "one");
        assert_int_equal(file_remove(path, &e), 0);
        assert_false(file_exists(path));
    }
    str_print(path, sizeof path, "%s/a/b", dir);
    rmdir(path);
    str_print(path, sizeof path, "%s/a", dir);
    rmdir(path);
    rmdir(dir);
}

static void on_change(void *arg)
{
    struct world *w = arg;
    note(w, "changed");
    loop_stop(w->loop);
}

static void a_burst_of_changes_is_one_call(void **state)
{
    struct world *w = *state;
    struct err e;
    char dir[] = "/tmp/vigie-twin-XXXXXX", a[64], b[64];
    assert_non_null(mkdtemp(dir));
    str_print(a, sizeof a, "%s/a", dir);
    str_print(b, sizeof b, "%s/b", dir);
    struct file_watch *watch = file_watch_new(w->loop, on_change, w);
    assert_int_equal(file_watch_add(watch, dir), 0);
    assert_int_equal(file_write(a, "1", 1, 0600, &e), 0);
    assert_int_equal(file_write(b, "1", 1, 0600, &e), 0);
    assert_int_equal(file_remove(a, &e), 0);
    run(w);
    assert_string_equal(w->log, "changed ");
    file_watch_free(watch);
    file_remove(b, &e);
    rmdir(dir);
}

static void http_cancelled_says_nothing(void **state)
{
    struct world *w = *state;
    struct addr mute;
    twin_mute(&mute);
    struct httpc *c = httpc_new(w->loop);
    struct httpc_request rq = {.method = "GET", .url = "http://localhost/", .addrs = &mute, .n_addrs = 1, .timeout_ms = 300, .max_body = 10};
    httpc_cancel(httpc_start(c, &rq, on_reply, w));
    httpc_start(c, &rq, on_reply, w);
    httpc_free(c);
    assert_string_equal(w->log, "");
}

/* ---- HTTP, as a server ---- */

static void serve(void *arg, struct httpd_request *rq)
{
    struct world *w = arg;
    const char *name = httpd_query(rq, "name");
    note(w, rq->method);
    note(w, rq->path);
    if (str_eq(rq->path, "/stream")) {
        struct httpd_stream *s = httpd_stream(rq, NULL, NULL);
        httpd_stream_send(s, "hello", "one\ntwo");
        httpd_stream_close(s);
        return;
    }
    const char *body = arena_printf(rq->arena, "you are %s", name ? name : "nobody");
    struct httpd_header h = {"Location", "/there"};
    httpd_reply(rq, &(struct httpd_response){.status = 201, .type = "text/plain", .body = body, .body_bytes = strlen(body), .headers = &h, .n_headers = 1});
}

static struct httpd *server(struct world *w, struct addr *ret)
{
    int port = 0, index = -1;
    struct err e;
    struct httpd *h = httpd_new(w->loop, 1, serve, w);
    assert_int_equal(httpd_listen(h, "127.0.0.1:0", &index, &port, &e), 0);
    assert_int_equal(index, 0);
    assert_true(port > 0);
    assert_int_equal(addr_parse("127.0.0.1", port, ret), 0);
    return h;
}

static void requests_reach_the_handler(void **state)
{
    struct world *w = *state;
    struct addr at;
    struct httpd *h = server(w, &at);
    get(w, &at, "/a%20b?name=J%C3%A9r%C3%B4me", 5000, 1000);
    assert_int_equal(w->status, 201);
    assert_string_equal(buf_text(&w->data), "you are Jérôme");
    assert_string_equal(w->log, "GET /a b /there ");
    httpd_free(h);
}

static void published_pages_need_no_handler(void **state)
{
    struct world *w = *state;
    struct addr at;
    struct httpd *h = server(w, &at);
    httpd_publish(h, -1, "/page", NULL, "text/plain", "first", 5, NULL, 0);
    httpd_publish(h, -1, "/page", NULL, "text/plain", "second", 6, NULL, 0);
    get(w, &at, "/page", 5000, 1000);
    assert_int_equal(w->status, 200);
    assert_string_equal(buf_text(&w->data), "second");
    assert_string_equal(w->log, "");
    httpd_publish(h, -1, "/page", NULL, NULL, NULL, 0, NULL, 0);
    get(w, &at, "/page", 5000, 1000);
    assert_int_equal(w->status, 201);
    httpd_free(h);
}

static int on_piece(void *arg, const char *p, size_t n)
{
    struct world *w = arg;
    buf_add(&w->data, p, n);
    return 0;
}

static void on_stream_end(void *arg, const struct httpc_reply *r)
{
    struct world *w = arg;
    w->code = r->code;
    w->status = r->status;
    loop_stop(w->loop);
}

static void streams_carry_events(void **state)
{
    struct world *w = *state;
    struct addr at;
    char url[64];
    struct httpd *h = server(w, &at);
    struct httpc *c = httpc_new(w->loop);
    str_print(url, sizeof url, "http://localhost:%d/stream", addr_port(&at));
    struct httpc_request rq = {.method = "GET", .url = url, .addrs = &at, .n_addrs = 1, .timeout_ms = 5000, .max_body = 10000};
    httpc_stream(c, &rq, on_piece, on_stream_end, w);
    run(w);
    assert_int_equal(w->code, 0);
    assert_int_equal(w->status, 200);
    assert_non_null(strstr(buf_text(&w->data), "event: hello\ndata: one\ndata: two\n\n"));
    httpc_free(c);
    httpd_free(h);
}

static void an_address_is_taken_once(void **state)
{
    struct world *w = *state;
    struct addr at;
    char where[64];
    struct err e;
    struct httpd *h = server(w, &at), *second = httpd_new(w->loop, 1, serve, w);
    str_print(where, sizeof where, "127.0.0.1:%d", addr_port(&at));
    assert_int_equal(httpd_listen(second, where, NULL, NULL, &e), ERR_CONFLICT);
    httpd_free(second);
    httpd_free(h);
}

/* ---- programs ---- */

static void on_program(void *arg, const struct spawn_reply *r)
{
    struct world *w = arg;
    w->code = r->code;
    w->status = r->exit_status;
    w->n = r->term_signal;
    buf_clear(&w->data);
    buf_add(&w->data, r->out, r->out_bytes);
    note(w, r->errout);
    loop_stop(w->loop);
}

static void spawn(struct world *w, struct spawn_request *rq, const char *const *argv)
{
    struct spawner *s = spawner_new(w->loop, NULL, 4);
    rq->argv = argv;
    rq->timeout_ms = rq->timeout_ms ? rq->timeout_ms : 10000;
    rq->max_output = rq->max_output ? rq->max_output : 4096;
    spawn_run(s, rq, on_program, w);
    run(w);
    spawner_free(s);
}

static void programs_say_and_exit(void **state)
{
    struct world *w = *state;
    spawn(w, &(struct spawn_request){0}, (const char *const[]){"sh", "-c", "echo out; echo err >&2; exit 3", NULL});
    assert_int_equal(w->code, 0);
    assert_int_equal(w->status, 3);
    assert_string_equal(buf_text(&w->data), "out\n");
    assert_string_equal(w->log, "err\n ");
}

static void programs_read_their_input(void **state)
{
    struct world *w = *state;
    spawn(w, &(struct spawn_request){.input = "from stdin", .input_bytes = 10}, (const char *const[]){"cat", NULL});
    assert_int_equal(w->status, 0);
    assert_string_equal(buf_text(&w->data), "from stdin");
}

static void programs_that_do_not_end_are_killed(void **state)
{
    struct world *w = *state;
    spawn(w, &(struct spawn_request){.timeout_ms = 200}, (const char *const[]){"sleep", "60", NULL});
    assert_int_equal(w->code, ERR_TIMEOUT);
}

static void programs_that_are_not_there(void **state)
{
    struct world *w = *state;
    spawn(w, &(struct spawn_request){0}, (const char *const[]){"/nowhere/no-such-program", NULL});
    assert_int_equal(w->code, ERR_NOT_FOUND);
}

static void programs_killed_by_a_signal(void **state)
{
    struct world *w = *state;
    spawn(w, &(struct spawn_request){0}, (const char *const[]){"sh", "-c", "kill -9 $$", NULL});
    assert_int_equal(w->code, 0);
    assert_int_equal(w->status, -1);
    assert_int_equal(w->n, 9);
}

static void long_output_is_cut(void **state)
{
    struct world *w = *state;
    spawn(w, &(struct spawn_request){.max_output = 4}, (const char *const[]){"seq", "9", NULL});
    assert_int_equal(w->status, 0);
    assert_string_equal(buf_text(&w->data), "1\n2\n");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    int64_t fd;
    if (argc == 4 && str_eq(argv[1], "spawner") && str_i64(argv[3], &fd) == 0)
        return spawner_main((int)fd); /* the spawner executes this very program */
    const struct CMUnitTest tests[] = {
        T(posts_keep_their_order), T(timers_fire_by_time_then_by_setting), T(a_timer_set_again_fires_once), T(loops_post_to_each_other),
        T(workers_run_and_report), T(a_banner_and_an_orderly_end), T(what_is_written_early_is_sent), T(a_closed_port_refuses),
        T(too_much_waiting_is_a_limit), T(tls_with_a_plain_peer_fails), T(literals_resolve_to_themselves), T(questions_are_answered),
        T(a_dead_server_times_out), T(types_have_numbers), T(a_page_comes_whole), T(redirects_are_not_followed), T(long_bodies_are_cut),
        T(headers_have_a_ceiling), T(datagrams_come_back_or_are_refused), T(files_are_replaced_whole), T(a_burst_of_changes_is_one_call),
        T(http_refused_silent_and_strange), T(http_cancelled_says_nothing), T(requests_reach_the_handler), T(published_pages_need_no_handler),
        T(streams_carry_events), T(an_address_is_taken_once), T(programs_say_and_exit), T(programs_read_their_input),
        T(programs_that_do_not_end_are_killed), T(programs_that_are_not_there), T(programs_killed_by_a_signal), T(long_output_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
