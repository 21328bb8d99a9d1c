/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hostile peers again: name servers, hosts that do not answer echo, and plugins.  (Streams: test_checks_hostile.c;
 * results that are handed in: test_ops_passive.c; this machine's own files: test_checks_strange.c.)  MON-3, MON-12. */
#include "checks_fixture.h"
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

enum { LIMIT_MS = 400 };

static void clean_end(struct fx *f)
{
    for (const char *p = f->text; *p; p++)
        assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
    for (const char *p = f->more; *p; p++)
        assert_true((unsigned char)*p >= 0x20 || *p == '\n' || *p == '\t');
    assert_true(utf8_valid(f->more, strlen(f->more)));
    assert_true(utf8_valid(f->perf, strlen(f->perf)));
    assert_true(f->state != STATE_PENDING);
    assert_true(strlen(f->text) <= PROBE_MAX_TEXT + 100 && strlen(f->more) <= PROBE_MAX_MORE && strlen(f->perf) <= PROBE_MAX_PERF);
    assert_true(f->timings.total_us < 20 * 1000 * 1000); /* it ended */
}

/* ---- a name server that answers what it likes: the id and the question of what was asked, then anything ---- */

enum { DNS_ROOM = 4096, AFTER_QUESTION = 12 + 13 + 4 }; /* "example.org" is 13 bytes */

struct name_server {
    int fd, port;
    pthread_t thread;
    /* Fills p (the question is there already) and says how much to send; 0: nothing. */
    size_t (*lie)(struct name_server *s, unsigned char *p);
    const struct sockaddr_in *from;
};

static void *serve_names(void *arg)
{
    struct name_server *s = arg;
    unsigned char p[DNS_ROOM];
    struct sockaddr_in from;

    for (;;) {
        socklen_t len = sizeof(from);
        ssize_t n = recvfrom(s->fd, p, 512, 0, (struct sockaddr *)&from, &len);
        size_t out;

        if (n < 17)
            return NULL; /* the test's farewell */
        p[2] = 0x84; /* an authoritative answer, no error, one of it */
        p[3] = 0x80;
        p[6] = 0;
        p[7] = 1;
        p[8] = p[9] = p[10] = p[11] = 0;
        s->from = &from;
        out = s->lie(s, p);
        if (out)
            sendto(s->fd, p, out, 0, (struct sockaddr *)&from, sizeof(from));
    }
}

/* One record of owner name `owner` (at most 60 bytes of wire form), type and data. */
static size_t put_record(unsigned char *p, size_t at, const char *owner, size_t owner_bytes, int type, const void *data,
                         size_t data_bytes, size_t said_bytes)
{
    const unsigned char fixed[10] = {0, (unsigned char)type, 0, 1, 0, 0, 0, 60, (unsigned char)(said_bytes >> 8),
                                     (unsigned char)said_bytes};

    memcpy(p + at, owner, owner_bytes);
    at += owner_bytes;
    memcpy(p + at, fixed, sizeof(fixed));
    at += sizeof(fixed);
    memcpy(p + at, data, data_bytes);
    return at + data_bytes;
}

static size_t nothing(struct name_server *s, unsigned char *p) { return 0; }

static size_t garbage(struct name_server *s, unsigned char *p)
{
    memset(p + 4, 0xff, 500);
    return 504;
}

static size_t wrong_id(struct name_server *s, unsigned char *p)
{
    p[0] ^= 0xff;
    return put_record(p, AFTER_QUESTION, "\xc0\x0c", 2, 1, "\x7f\0\0\1", 4, 4);
}

static size_t other_question(struct name_server *s, unsigned char *p)
{
    p[13] = 'E' + 1; /* "fxample.org" */
    return put_record(p, AFTER_QUESTION, "\xc0\x0c", 2, 1, "\x7f\0\0\1", 4, 4);
}

static size_t its_own_question(struct name_server *s, unsigned char *p)
{
    p[2] = 0x04; /* sent back as it came: no answer */
    return AFTER_QUESTION;
}

static size_t header_only(struct name_server *s, unsigned char *p) { return 12; }

static size_t cut_header(struct name_server *s, unsigned char *p) { return 5; }

static size_t many_promised(struct name_server *s, unsigned char *p)
{
    p[6] = p[7] = 0xff; /* 65,535 answers in one record */
    return put_record(p, AFTER_QUESTION, "\xc0\x0c", 2, 1, "\x7f\0\0\1", 4, 4);
}

static size_t data_beyond_the_end(struct name_server *s, unsigned char *p)
{
    return put_record(p, AFTER_QUESTION, "\xc0\x0c", 2, 1, "\x7f\0\0\1", 4, 60000);
}

static size_t name_that_points_to_itself(struct name_server *s, unsigned char *p)
{
    const char self[2] = {(char)0xc0, AFTER_QUESTION};

    return put_record(p, AFTER_QUESTION, self, 2, 1, "\x7f\0\0\1", 4, 4);
}

static size_t names_that_point_to_each_other(struct name_server *s, unsigned char *p)
{
    /* The alias' data: a label, then a pointer back to that label. */
    const char loop[4] = {1, 'a', (char)0xc0, AFTER_QUESTION + 12};

    return put_record(p, AFTER_QUESTION, "\xc0\x0c", 2, 5, loop, 4, 4);
}

static size_t pointer_beyond_the_end(struct name_server *s, unsigned char *p)
{
    return put_record(p, AFTER_QUESTION, "\xff\xff", 2, 1, "\x7f\0\0\1", 4, 4);
}

static size_t text_with_nul(struct name_server *s, unsigned char *p)
{
    return put_record(p, AFTER_QUESTION, "\xc0\x0c", 2, 16, "\x0b" "a\0b\x1b[2J\xff\xfe\nz", 12, 12);
}

/* "Cut off, ask by TCP": on TCP sits nobody, or an endless talker. */
static size_t cut_off(struct name_server *s, unsigned char *p)
{
    p[2] |= 0x02;
    p[7] = 0;
    return AFTER_QUESTION;
}

static size_t flood(struct name_server *s, unsigned char *p)
{
    unsigned char id[2] = {p[0], p[1]};

    for (int i = 0; i < 2000; i++) {
        p[0] = (unsigned char)i;
        p[1] = (unsigned char)(i >> 8);
        if (memcmp(p, id, 2) != 0)
            sendto(s->fd, p, AFTER_QUESTION, MSG_DONTWAIT, (const struct sockaddr *)s->from, sizeof(*s->from));
    }
    return 0;
}

static void talk_for_ever(struct srv *s, int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    char block[8192];

    memset(block, 0xff, sizeof(block));
    while (!s->stop && poll(&p, 1, 20) >= 0)
        if (p.revents && send(fd, block, sizeof(block), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN)
            return;
}

static void names_up(struct name_server *s, int port)
{
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                              .sin_port = htons((uint16_t)port)};
    socklen_t len = sizeof(sin);

    s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
    getsockname(s->fd, (struct sockaddr *)&sin, &len);
    s->port = ntohs(sin.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve_names, s), 0);
}

static void names_down(struct name_server *s)
{
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                              .sin_port = htons((uint16_t)s->port)};

    sendto(s->fd, "bye", 3, 0, (struct sockaddr *)&sin, sizeof(sin));
    pthread_join(s->thread, NULL);
    close(s->fd);
}

static enum state asked(struct fx *f, size_t (*lie)(struct name_server *, unsigned char *), const char *type, int port)
{
    struct name_server s = {.lie = lie};
    char settings[200];

    names_up(&s, port);
    snprintf(settings, sizeof(settings), "{\"server\":\"127.0.0.1\",\"port\":%d,\"type\":\"%s\"}", s.port, type);
    fx_run(f, "dns", "example.org", settings, LIMIT_MS);
    clean_end(f);
    names_down(&s);
    return f->state;
}

static void name_servers(void **state)
{
    static const struct {
        const char *what;
        size_t (*lie)(struct name_server *, unsigned char *);
    } lies[] = {{"nothing", nothing}, {"garbage", garbage}, {"wrong id", wrong_id}, {"other question", other_question},
                {"own question", its_own_question}, {"header only", header_only}, {"cut header", cut_header},
                {"data beyond the end", data_beyond_the_end}, {"self", name_that_points_to_itself},
                {"each other", names_that_point_to_each_other}, {"pointer beyond", pointer_beyond_the_end},
                {"cut off", cut_off}, {"flood", flood}};
    struct fx *f = *state;

    for (size_t i = 0; i < COUNT(lies); i++)
        if (asked(f, lies[i].lie, "A", 0) != STATE_CRITICAL)
            fail_msg("%s: %s", lies[i].what, f->text);
    (void)asked(f, many_promised, "A", 0); /* what is there may count */
    (void)asked(f, text_with_nul, "TXT", 0);
    assert_null(strchr(f->text, '\x1b'));
}

static void truncated_then_endless(void **state)
{
    struct fx *f = *state;
    struct srv tcp;

    srv_start(&tcp, talk_for_ever, NULL);
    assert_int_equal(asked(f, cut_off, "A", tcp.port), STATE_CRITICAL);
    srv_stop(&tcp);
}

/* ---- echo ---- */

static void echo_that_nobody_answers(void **state)
{
    /* A multicast group nobody listens to, the class that is reserved, this network. */
    static const char *const dead[] = {"239.255.255.254", "240.0.0.1", "0.0.0.1"};
    struct fx *f = *state;

    for (size_t i = 0; i < COUNT(dead); i++) {
        fx_run(f, "icmp", dead[i], "{\"count\":2,\"interval\":\"10ms\"}", LIMIT_MS);
        clean_end(f);
        if (f->state == STATE_OK || f->answered)
            fail_msg("%s: %s", dead[i], f->text);
    }
    assert_int_not_equal(fx_run(f, "icmp", "no-such-name.invalid", NULL, LIMIT_MS), STATE_OK);
    clean_end(f);
}

/* ---- plugins ---- */

static enum state sh(struct fx *f, const char *script, int64_t timeout_ms)
{
    fx_run(f, "plugin", script, "{\"shell\":true}", timeout_ms);
    clean_end(f);
    return f->state;
}

static void plugins_that_never_end(void **state)
{
    struct fx *f = *state;
    static const char *const scripts[] = {
        "sleep 60",
        "exec yes",                                                /* endless output */
        "exec cat /dev/zero",                                      /* endless NUL */
        "yes >&2",                                                 /* endless on stderr */
        "while :; do printf x; sleep 0.05; done",                  /* a byte now and then */
        "trap '' TERM; while :; do sleep 1; done",                 /* ignores TERM */
        "trap '' TERM INT HUP PIPE; yes",
        "kill -STOP $$$$",                                         /* stands still */
        "exec <&- >&- 2>&-; sleep 60",                             /* closes everything and stays */
    };

    for (size_t i = 0; i < COUNT(scripts); i++) {
        if (sh(f, scripts[i], LIMIT_MS) != STATE_CRITICAL || !f->timed_out)
            fail_msg("%s: %s", scripts[i], f->text);
        assert_has(f->text, "did not end within");
        assert_false(f->answered);
    }
    assert_int_equal(sh(f, "echo still well", 10000), STATE_OK); /* the spawner took no harm */
}

/* The one that ignored TERM is gone, its children, too. */
static void what_ignored_term_is_gone(void **state)
{
    struct fx *f = *state;
    char script[300], file[200], text[32] = "";
    FILE *in;

    fx_path(file, sizeof(file), "pid");
    snprintf(script, sizeof(script), "trap '' TERM; echo $$$$ > %s; while :; do sleep 1; done", file);
    assert_int_equal(sh(f, script, LIMIT_MS), STATE_CRITICAL);
    in = fopen(file, "re");
    assert_non_null(in);
    assert_non_null(fgets(text, sizeof(text), in));
    fclose(in);
    unlink(file);
    for (int i = 0; i < 1500 && kill(atoi(text), 0) == 0; i++)
        usleep(10000);
    assert_int_equal(kill(atoi(text), 0), -1);
}

/* Its child keeps the pipe: what the plugin said and its exit status count, or the time-out ends it; never more. */
static void a_child_that_keeps_the_pipe(void **state)
{
    struct fx *f = *state;

    (void)sh(f, "sleep 30 & echo fine; exit 1", 1000);
    assert_true(f->state == STATE_WARNING || f->timed_out);
    (void)sh(f, "setsid sleep 5 & echo fine; exit 1", 1000);
    assert_true(f->state == STATE_WARNING || f->timed_out);
    assert_int_equal(sh(f, "echo still well", 10000), STATE_OK);
}

static void plugins_that_say_dirt(void **state)
{
    struct fx *f = *state;

    assert_int_equal(sh(f, "printf '\\377\\376\\000\\001\\033[2J\\303'; exit 2", 10000), STATE_CRITICAL);
    assert_int_equal(sh(f, "printf '\\000\\000\\000'; exit 1", 10000), STATE_WARNING);
    assert_int_equal(sh(f, "printf 'a|\\377=\\001;\\000;x\\n\\303|b=1 c'; exit 0", 10000), STATE_OK);
    assert_int_equal(sh(f, "head -c 300000 /dev/urandom; exit 0", 10000), STATE_OK);
    assert_int_equal(sh(f, "head -c 3000000 /dev/zero | tr '\\0' '\\n'; exit 0", 10000), STATE_OK);
    assert_int_equal(sh(f, "head -c 3000000 /dev/zero | tr '\\0' '|'; exit 0", 10000), STATE_OK);
    assert_int_equal(sh(f, "printf 'x|'; i=0; while [ $i -lt 3000 ]; do printf 'l%d=1 ' $i; i=$((i+1)); done", 20000), STATE_OK);
    assert_int_equal(sh(f, "printf '\\001{1}\\037s\\037evil'; exit 0", 10000), STATE_OK); /* no message of theirs is unpacked */
    assert_int_equal(sh(f, "kill -SEGV $$$$", 10000), STATE_CRITICAL);
    assert_has(f->text, "killed by signal 11");
}

int main(int argc, char **argv)
{
    int64_t fd;

    if (argc == 4 && str_eq(argv[1], "spawner") && str_i64(argv[3], &fd) == 0)
        return spawner_main((int)fd);
#define T(fn) cmocka_unit_test_setup_teardown(fn, fx_setup, fx_teardown)
#define S(fn) cmocka_unit_test_setup_teardown(fn, fx_setup_spawner, fx_teardown)
    const struct CMUnitTest tests[] = {T(name_servers), T(truncated_then_endless), T(echo_that_nobody_answers),
        S(plugins_that_never_end), S(what_ignored_term_is_gone), S(a_child_that_keeps_the_pipe), S(plugins_that_say_dirt)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
