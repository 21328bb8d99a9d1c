/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The HTTP server over real sockets: listeners, event streams, its end, and clients that stay too long or too many. */
#include "io_httpd_kit.h"

/* ---- listeners ---- */

static void over_the_unix_socket_we_know_who(void **state)
{
    struct world *w = *state;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct answer a;
    struct stat st;
    char want[64];
    str_copy(at.sun_path, sizeof at.sun_path, w->sock);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    say(fd, RAW("GET /x HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(hear(fd, &a, false));
    str_print(want, sizeof want, "|local=1|uid=%d|listener=2", (int)getuid());
    assert_true(strstr(a.body, want) != NULL);
    close(fd);
    assert_int_equal(stat(w->sock, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
}

static void listen_badly(struct world *w)
{
    static const char *const wrong[] = {"nonsense",        "127.0.0.1", "example.org:80",
                                        "127.0.0.1:99999", "unix:",     ""};
    struct err e = {0};
    char where[128];
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_true(httpd_listen(w->h, wrong[i], NULL, NULL, &e) < 0 && e.text[0] != '\0');
    str_print(where, sizeof where, "127.0.0.1:%d", w->port);
    assert_int_equal(httpd_listen(w->h, where, NULL, NULL, &e), ERR_CONFLICT);
    str_print(where, sizeof where, "unix:%s", w->sock);
    assert_int_equal(httpd_listen(w->h, where, NULL, NULL, &e), ERR_CONFLICT);
    assert_int_equal(httpd_listen(w->h, "unix:/no/such/dir/sock", NULL, NULL, &e), ERR_NOT_FOUND);
}

static void wrong_addresses_are_told(void **state)
{
    on_loop(*state, listen_badly);
}

static void listen_on_stale(struct world *w)
{
    char path[128], where[140];
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct err e = {0};
    str_print(path, sizeof path, "%s/stale", w->dir);
    str_copy(at.sun_path, sizeof at.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    close(fd);
    str_print(where, sizeof where, "unix:%s", path);
    assert_int_equal(httpd_listen(w->h, where, NULL, NULL, &e), 0);
}

static void a_stale_socket_is_replaced(void **state)
{
    on_loop(*state, listen_on_stale);
}

/* ---- event streams ---- */

static int open_stream(struct world *w, struct answer *a)
{
    int fd = dial_port(w->port);
    say(fd, RAW("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(hear(fd, a, true));
    return fd;
}

static void send_events(struct world *w)
{
    httpd_stream_send(w->stream, "state", "one\ntwo");
    httpd_stream_send(w->stream, NULL, "three");
    httpd_stream_send(w->stream, "empty", "");
}

static void send_one(struct world *w)
{
    httpd_stream_send(w->stream, NULL, "again");
}

static void close_stream(struct world *w)
{
    httpd_stream_close(w->stream);
    w->stream = NULL;
}

/* Takes the chunks apart until `want` has come. */
static void hear_chunks(int fd, const char *want)
{
    char got[4096] = "", raw[4096];
    size_t n = 0, raw_n = 0;
    while (n < strlen(want)) {
        ssize_t k = recv(fd, raw + raw_n, sizeof raw - raw_n, 0);
        assert_true(k > 0);
        raw_n += (size_t)k;
        for (char *eol; (eol = memmem(raw, raw_n, "\r\n", 2)) != NULL;) {
            size_t size = strtoul(raw, NULL, 16), skip = (size_t)(eol - raw) + 2;
            if (raw_n < skip + size + 2)
                break;
            memcpy(got + n, raw + skip, size);
            n += size;
            got[n] = '\0';
            memmove(raw, raw + skip + size + 2, raw_n -= skip + size + 2);
        }
    }
    assert_string_equal(got, want);
}

static void events_arrive(void **state)
{
    struct world *w = *state;
    struct answer a;
    struct httpd_stats st;
    char c;
    int fd = open_stream(w, &a);
    assert_int_equal(a.status, 200);
    assert_true(field_is(&a, "Content-Type", "text/event-stream"));
    on_loop(w, send_events);
    hear_chunks(fd, "event: state\ndata: one\ndata: two\n\ndata: three\n\nevent: empty\ndata:\n\n");
    httpd_get_stats(w->h, &st);
    assert_int_equal(st.streams, 1);
    ask_raw(w->port, RAW("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n"), &a);
    assert_int_equal(a.status, 200);
    for (int i = 0; i < 20; i++) {
        on_loop(w, send_one);
        hear_chunks(fd, "data: again\n\n");
    }
    on_loop(w, close_stream);
    assert_int_equal(recv(fd, &c, 1, MSG_PEEK), 1);
    while (recv(fd, &c, 1, 0) > 0)
        if (c == '\n')
            break;
    close(fd);
    assert_int_equal(atomic_load(&w->closed), 0);
}

static void a_leaving_reader_is_noticed(void **state)
{
    struct world *w = *state;
    struct answer a;
    int fd = open_stream(w, &a);
    close(fd);
    for (int i = 0; i < 1000 && atomic_load(&w->closed) == 0; i++)
        poll(NULL, 0, 20);
    assert_int_equal(atomic_load(&w->closed), 1);
}

static void send_much(struct world *w)
{
    char big[8192];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    for (int i = 0; i < 50 && w->stream != NULL; i++)
        httpd_stream_send(w->stream, NULL, big);
}

static void a_reader_that_does_not_read_is_dropped(void **state)
{
    struct world *w = *state;
    struct answer a;
    int fd = open_stream(w, &a);
    for (int i = 0; i < 500 && atomic_load(&w->closed) == 0; i++) {
        on_loop(w, send_much);
        poll(NULL, 0, 5);
    }
    assert_int_equal(atomic_load(&w->closed), 1);
    close(fd);
}

static void streams_have_a_ceiling(void **state)
{
    struct world *w = *state;
    struct answer a;
    int fds[200];
    for (int i = 0; i < 200; i++) {
        fds[i] = open_stream(w, &a);
        assert_int_equal(a.status, 200);
    }
    ask(w->port, "/stream", "", &a);
    assert_int_equal(a.status, 503);
    on_loop(w, stop_there); /* with all of them open */
    for (int i = 0; i < 200; i++)
        close(fds[i]);
}

static void the_end_does_not_wait_for_answers(void **state)
{
    struct world *w = *state;
    struct answer a;
    int fds[10];
    for (int i = 0; i < 10; i++) {
        fds[i] = dial_port(i % 2 ? w->port : w->other_port);
        say(fds[i], RAW("GET /never HTTP/1.1\r\nHost: a\r\n\r\n"));
    }
    int half = dial_port(w->port);
    say(half, RAW("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc"));
    for (int i = 0; i < 500 && atomic_load(&w->handled) < 10; i++)
        poll(NULL, 0, 10);
    on_loop(w, stop_there);
    for (int i = 0; i < 10; i++) {
        if (hear(fds[i], &a, false))
            assert_int_equal(a.status, 503);
        close(fds[i]);
    }
    close(half);
    assert_int_equal(access(w->sock, F_OK), -1);
}

/* ---- what it does against those who stay ---- */

static void short_limits(struct world *w)
{
    struct httpd_limits l = {.answer_ms = 60000, .stall_ms = 60000, .sweep_ms = 10, .heartbeat_ms = 60000, .per_address = 100};
    if (w->arg == 1)
        l.answer_ms = 30;
    if (w->arg == 2)
        l.stall_ms = 50;
    if (w->arg == 3)
        l.heartbeat_ms = 30;
    if (w->arg == 4) {
        l.per_address = 5;
        l.loopback_too = true;
    }
    httpd_limit(w->h, &l);
}

static struct world *limited(void **state, int which)
{
    struct world *w = *state;
    w->arg = which;
    on_loop(w, short_limits);
    return w;
}

static void answer_held(struct world *w) { reply_text(w->held, 200, "too late", 8); }

static void what_is_not_answered_gets_503(void **state)
{
    struct world *w = limited(state, 1);
    struct httpd_stats st;
    struct answer a;
    ask(w->port, "/hold", "", &a);
    assert_int_equal(a.status, 503);
    httpd_get_stats(w->h, &st);
    assert_int_equal(st.rejected, 1);
    on_loop(w, answer_held); /* the handler comes back all the same: nobody hears it */
    ask(w->port, "/echo", "", &a);
    assert_int_equal(a.status, 200);
}

/* Reads until the other side closes. */
static void until_closed(int fd)
{
    char dust[4096];
    while (recv(fd, dust, sizeof dust, 0) > 0)
        ;
    close(fd);
}

static void stalled_connections_are_swept(void **state)
{
    struct world *w = limited(state, 2);
    struct httpd_stats st;
    struct answer a;
    int silent = dial_port(w->port), half = dial_port(w->port), body = dial_port(w->port), idle = dial_port(w->port);
    say(half, RAW("GET /echo HTTP/1.1\r\nHost: "));
    say(body, RAW("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc"));
    say(idle, RAW("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(hear(idle, &a, false));
    until_closed(silent);
    until_closed(half);
    until_closed(body);
    until_closed(idle);
    for (int i = 0; i < 500; i++, poll(NULL, 0, 10)) { /* counted after they were closed */
        httpd_get_stats(w->h, &st);
        if (st.rejected >= 4)
            return;
    }
    fail_msg("%llu were counted", (unsigned long long)st.rejected);
}

/* A request that the handler has, and a stream, are no stalled connections. */
static void those_who_wait_for_us_are_not_swept(void **state)
{
    struct world *w = limited(state, 2);
    struct answer a;
    int fd = open_stream(w, &a), held = dial_port(w->port);
    say(held, RAW("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"));
    until_closed(dial_port(w->port)); /* by then the sweep has been there */
    on_loop(w, send_one);
    hear_chunks(fd, "data: again\n\n");
    on_loop(w, answer_held);
    assert_true(hear(held, &a, false));
    assert_int_equal(a.status, 200);
    close(fd);
    close(held);
}

static void quiet_streams_have_a_heartbeat(void **state)
{
    struct world *w = limited(state, 3);
    struct answer a;
    int fd = open_stream(w, &a);
    hear_chunks(fd, ":\n\n:\n\n:\n\n");
    close(fd);
}

static void one_address_has_so_many_connections(void **state)
{
    struct world *w = limited(state, 4);
    struct httpd_stats st = {0};
    struct answer a;
    int fds[5];
    for (int i = 0; i < 5; i++) {
        fds[i] = dial_port(w->port);
        say(fds[i], RAW("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_true(hear(fds[i], &a, false));
    }
    until_closed(dial_port(w->port));
    httpd_get_stats(w->h, &st);
    assert_true(st.rejected >= 1);
    say(fds[0], RAW("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")); /* those who are in stay in */
    assert_true(hear(fds[0], &a, false));
    for (int i = 0; i < 5; i++)
        close(fds[i]);
    for (int i = 0; i < 500; i++) { /* once they have gone there is room again */
        int fd = dial_port(w->port);
        say(fd, RAW("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
        bool heard = hear(fd, &a, false);
        close(fd);
        if (heard)
            return;
        poll(NULL, 0, 10);
    }
    fail_msg("nobody gets in any more");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(over_the_unix_socket_we_know_who),
        T(wrong_addresses_are_told),
        T(a_stale_socket_is_replaced),
        T(events_arrive),
        T(a_leaving_reader_is_noticed),
        T(a_reader_that_does_not_read_is_dropped),
        T(streams_have_a_ceiling),
        T(the_end_does_not_wait_for_answers),
        T(what_is_not_answered_gets_503),
        T(stalled_connections_are_swept),
        T(those_who_wait_for_us_are_not_swept),
        T(quiet_streams_have_a_heartbeat),
        T(one_address_has_so_many_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
