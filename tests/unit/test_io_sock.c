/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Streams and datagrams against loopback peers, friendly and hostile.  With TLS: test_io_tls.c. */
#include "io_sock_kit.h"

/* ---- plain ---- */

static void connect_and_free(void **state)
{
    struct peer p = {0};
    struct side s = {.free_on_open = true};
    exchange(&s, &p, play_nothing);
    assert_int_equal(s.opens, 1);
    assert_int_equal(s.ends, 0);
}

static void a_closed_port_refuses(void **state)
{
    struct peer p = {0};
    struct addr a;
    addr_parse("127.0.0.1", 0, &a);
    peer_listen(&p, &a);
    close(p.listener);
    struct side s = {0};
    side_connect(&s, &p.addr, NULL);
    side_run(&s);
    side_done(&s);
    assert_int_equal(s.opens, 0);
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.code, ERR_REFUSED);
    assert_int_equal(s.err.code, ERR_REFUSED);
}

static void impossible_peers_end_later(void **state)
{
    struct addr a;
    struct side s = {0};
    assert_int_equal(addr_unix("/nonexistent/x.sock", &a), 0);
    side_connect(&s, &a, NULL);
    side_run(&s);
    assert_int_equal(s.code, ERR_NOT_FOUND);
    struct side t = {0};
    struct addr source;
    addr_parse("127.0.0.1", 9, &a);
    addr_parse("192.0.2.77", 0, &source); /* not ours */
    side_connect(&t, &a, &source);
    side_run(&t);
    assert_int_equal(t.ends, 1);
    assert_int_equal(t.code, ERR_IO);
}

static void freeing_before_the_failure_is_told(void **state)
{
    struct addr a;
    assert_int_equal(addr_unix("/nonexistent/x.sock", &a), 0);
    struct side s = {0};
    side_connect(&s, &a, NULL);
    s.sock = sock_free(s.sock);
    side_stop(&s);
    side_run(&s);
    assert_int_equal(s.ends, 0);
}

static void play_echo(struct peer *p, int fd)
{
    char b[4096];
    ssize_t n;
    while ((n = recv(fd, b, sizeof b, 0)) > 0)
        assert_int_equal(send(fd, b, (size_t)n, MSG_NOSIGNAL), n);
}

static void echo_and_half_close(void **state)
{
    struct peer p = {0};
    struct side s = {.send = "hello", .close_after = true};
    peer_start(&p, play_echo);
    side_connect(&s, &p.addr, NULL);
    side_run(&s);
    assert_string_equal(buf_text(&s.data), "hello");
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.code, 0);
    side_done(&s);
    peer_stop(&p);
}

static void writing_before_open_and_too_much(void **state)
{
    struct peer p = {0};
    struct side s = {.close_after = true};
    peer_start(&p, play_echo);
    side_connect(&s, &p.addr, NULL);
    size_t most = 1 << 20;
    char *big = mem_zero(most + 1);
    memset(big, 'x', most);
    assert_int_equal(sock_write(s.sock, big, most + 1), ERR_LIMIT);
    assert_int_equal(sock_write(s.sock, "early", 5), 0);
    assert_int_equal(sock_write(s.sock, big, most), ERR_LIMIT);
    mem_free(big);
    side_run(&s);
    assert_string_equal(buf_text(&s.data), "early");
    side_done(&s);
    peer_stop(&p);
}

static void a_reset_is_told(void **state)
{
    struct peer p = {0};
    struct side s = {0};
    exchange(&s, &p, play_reset);
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.code, ERR_RESET);
}

static void endless_data_can_be_left(void **state)
{
    struct peer p = {0};
    struct side s = {.free_on_data = true};
    exchange(&s, &p, play_endless);
    assert_int_equal(s.ends, 0);
    assert_true(s.bytes > 0 && s.bytes <= 65536);
}

static void play_burst_and_reset(struct peer *p, int fd)
{
    char c = 'x';
    send(fd, &c, 1, MSG_NOSIGNAL);
    recv(fd, &c, 1, 0); /* until the other side paused */
    play_reset(p, fd);
}

static void resume(void *arg)
{
    struct side *s = arg;
    sock_pause(s->sock, false);
}

static void pausing_open(void *arg)
{
    struct side *s = arg;
    s->opens++;
    sock_pause(s->sock, true);
    assert_int_equal(sock_write(s->sock, "y", 1), 0);
}

/* A paused stream that breaks must neither be told early nor spin. */
static void pause_and_resume(void **state)
{
    struct peer p = {0};
    struct side s = {0};
    static const struct sock_events paused = {pausing_open, on_secure, on_data, on_end};
    peer_start(&p, play_burst_and_reset);
    s.loop = loop_new("side");
    s.data = BUF_MAX(64);
    struct timer t = {0};
    timer_init(&t, s.loop, resume, &s);
    timer_set(&t, 50);
    timer_init(&s.guard, s.loop, on_guard, &s);
    timer_set(&s.guard, 20000);
    s.sock = sock_connect(s.loop, &p.addr, NULL, &paused, &s);
    loop_run(s.loop);
    struct loop_stats st;
    loop_take_stats(s.loop, &st);
    assert_true(st.turns < 50);
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.code, ERR_RESET);
    loop_free(s.loop);
    buf_done(&s.data);
    peer_stop(&p);
}

static void local_address(void **state)
{
    struct peer p = {0};
    struct side s = {.send = "hi", .close_after = true};
    struct addr source, local;
    addr_parse("127.0.0.5", 0, &source);
    peer_start(&p, play_echo);
    side_connect(&s, &p.addr, &source);
    assert_int_equal(sock_local(s.sock, &local), 0);
    assert_true(addr_equal(&local, &source));
    side_run(&s);
    assert_int_equal(s.code, 0);
    side_done(&s);
    peer_stop(&p);
}

static void unix_and_v6(void **state)
{
    char dir[] = "/tmp/vigie-sock-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    str_print(path, sizeof path, "%s/s", dir);
    struct addr at[2];
    assert_int_equal(addr_unix(path, &at[0]), 0);
    assert_int_equal(addr_parse("::1", 0, &at[1]), 0);
    for (int i = 0; i < 2; i++) {
        struct peer p = {.play = play_echo};
        peer_listen(&p, &at[i]);
        if (i == 0)
            p.addr = at[0];
        pthread_create(&p.thread, NULL, peer_main, &p);
        struct side s = {.send = "abc", .close_after = true};
        side_connect(&s, &p.addr, NULL);
        side_run(&s);
        assert_string_equal(buf_text(&s.data), "abc");
        side_done(&s);
        peer_stop(&p);
    }
    unlink(path);
    rmdir(dir);
}

/* More connections to one loopback port than there are local ports: resets leave none behind. */
struct many {
    struct loop *loop;
    struct addr to;
    struct sock *sock;
    int left;
    struct timer next;
};

static void many_open(void *arg)
{
    struct many *m = arg;
    m->sock = sock_free(m->sock);
    timer_set(&m->next, 0);
}

static void many_end(void *arg, int code, const struct err *e)
{
    fail_msg("connection %d: %d", ((struct many *)arg)->left, code);
}

static const struct sock_events many_events = {.on_open = many_open, .on_end = many_end};

static void many_next(void *arg)
{
    struct many *m = arg;
    if (m->left-- == 0)
        loop_stop(m->loop);
    else
        m->sock = sock_connect(m->loop, &m->to, NULL, &many_events, m);
}

static void *accept_all(void *arg)
{
    struct peer *p = arg;
    int fd;
    while ((fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
        close(fd);
    return NULL;
}

static void local_ports_do_not_run_out(void **state)
{
    struct peer p = {0};
    struct addr a;
    addr_parse("127.0.0.1", 0, &a);
    peer_listen(&p, &a);
    listen(p.listener, 4096);
    pthread_create(&p.thread, NULL, accept_all, &p);
    struct many m = {.loop = loop_new("many"), .to = p.addr, .left = 40000};
    timer_init(&m.next, m.loop, many_next, &m);
    timer_set(&m.next, 0);
    loop_run(m.loop);
    loop_free(m.loop);
    peer_stop(&p);
}

/* ---- datagrams ---- */

struct talk {
    struct loop *loop;
    struct dgram *dgram;
    int calls, code;
    char got[16];
};

static void on_dgram(void *arg, int code, const char *p, size_t n)
{
    struct talk *t = arg;
    t->calls++;
    t->code = code;
    if (p != NULL)
        str_copyn(t->got, sizeof t->got, p, n);
    t->dgram = dgram_free(t->dgram);
    loop_stop(t->loop);
}

static void datagrams(void **state)
{
    struct addr a;
    addr_parse("127.0.0.1", 0, &a);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, &a.sa, a.len), 0);
    assert_int_equal(getsockname(fd, &a.sa, &a.len), 0);
    struct talk t = {.loop = loop_new("udp")};
    struct err e = {0};
    t.dgram = dgram_open(t.loop, &a, on_dgram, &t, &e);
    assert_non_null(t.dgram);
    assert_int_equal(dgram_send(t.dgram, "ping", 4), 0);
    struct addr from = {.len = sizeof from.space};
    char b[8];
    assert_int_equal(recvfrom(fd, b, sizeof b, 0, &from.sa, &from.len), 4);
    assert_int_equal(sendto(fd, "pong!", 5, 0, &from.sa, from.len), 5);
    loop_run(t.loop);
    assert_int_equal(t.code, 0);
    assert_string_equal(t.got, "pong!");
    close(fd); /* nobody there now */
    t.dgram = dgram_open(t.loop, &a, on_dgram, &t, &e);
    assert_int_equal(dgram_send(t.dgram, "ping", 4), 0);
    loop_run(t.loop);
    assert_int_equal(t.code, ERR_REFUSED);
    assert_int_equal(t.calls, 2);
    loop_free(t.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connect_and_free),
        cmocka_unit_test(a_closed_port_refuses),
        cmocka_unit_test(impossible_peers_end_later),
        cmocka_unit_test(freeing_before_the_failure_is_told),
        cmocka_unit_test(echo_and_half_close),
        cmocka_unit_test(writing_before_open_and_too_much),
        cmocka_unit_test(a_reset_is_told),
        cmocka_unit_test(endless_data_can_be_left),
        cmocka_unit_test(pause_and_resume),
        cmocka_unit_test(local_address),
        cmocka_unit_test(unix_and_v6),
        cmocka_unit_test(local_ports_do_not_run_out),
        cmocka_unit_test(datagrams),
        cmocka_unit_test(no_descriptor_is_left),
    };
    loop_free(loop_new("first")); /* libuv opens some descriptors for good */
    fds_at_start = count_fds();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
