/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sql probe against servers that behave, lie, flood and fall silent, in both protocols. MON-4. The proofs of log-in
 * beside RFC 7677's example. */
#include "checks_fixture.h"
#include "checks/query/sql_auth.h"
#include "wire/sqlwire.h"

enum mood { GOOD, NO_LOGIN, QUERY_FAILS, TEXT, NO_ROWS, NULL_VALUE, SILENT_QUERY, FLOOD, GARBAGE, HUGE, CLOSES, ROUNDS, NO_PROOF, PLAIN, UNKNOWN_WAY, COPY, NO_TLS, SILENT };

static void say(int fd, struct buf *b)
{
    size_t at = 0;

    while (at < b->len) {
        ssize_t k = send(fd, b->data + at, b->len - at, MSG_NOSIGNAL);

        if (k <= 0)
            break;
        at += (size_t)k;
    }
    buf_clear(b);
}

/* What both protocols do wrong in the same way; true when that was it. */
static bool odd(struct srv *s, int fd, enum mood mood)
{
    struct buf b = BUF_MAX(100);

    if (mood == CLOSES)
        return true;
    if (mood == GARBAGE)
        buf_str(&b, "\xff\xff\xff\xff\xff\xff\xff what is this?");
    if (mood == HUGE)
        buf_add(&b, "R\x7f\xff\xff\xff", 5);
    say(fd, &b);
    buf_done(&b);
    if (mood != GARBAGE && mood != HUGE && mood != SILENT)
        return false;
    srv_wait(fd);
    return true;
}

static void pg_error(struct buf *b)
{
    sqlwire_pg_message(b, 'E', "SERROR\0C28P01\0Mnot you\0", 24);
}

static void pg_rows(struct srv *s, int fd, struct buf *b, enum mood mood)
{
    if (mood == QUERY_FAILS)
        pg_error(b);
    if (mood == COPY)
        sqlwire_pg_message(b, 'H', "\0\0\0", 3);
    if (mood == NULL_VALUE)
        sqlwire_pg_message(b, 'D', "\0\1\xff\xff\xff\xff", 6);
    if (mood == GOOD || mood == PLAIN || mood == TEXT)
        sqlwire_pg_message(b, 'D', mood == TEXT ? "\0\1\0\0\0\2ok" : "\0\1\0\0\0\00242", 8);
    for (int i = 0; mood == FLOOD && i < 200000 && !s->stop; i++) {
        sqlwire_pg_message(b, 'D', "\0\1\0\0\0\00242", 8);
        if (b->len > 40000)
            say(fd, b);
    }
    sqlwire_pg_message(b, 'Z', "I", 1);
    say(fd, b);
}

static void pg_serve(struct srv *s, int fd)
{
    enum mood mood = *(enum mood *)s->arg;
    struct buf b = BUF_MAX(1 << 20);
    char in[4096];
    ssize_t n;

    if (odd(s, fd, mood))
        return;
    while ((n = recv(fd, in, sizeof(in), 0)) > 0) {
        if (n == 8) { /* asks for TLS */
            buf_char(&b, 'N');
        } else if (in[0] == 0) { /* start-up */
            if (mood == NO_LOGIN)
                pg_error(&b);
            else if (mood == PLAIN)
                sqlwire_pg_message(&b, 'R', "\0\0\0\3", 4);
            else if (mood == ROUNDS || mood == NO_PROOF)
                sqlwire_pg_message(&b, 'R', "\0\0\0\012SCRAM-SHA-256\0", 19);
            else if (mood == UNKNOWN_WAY)
                sqlwire_pg_message(&b, 'R', "\0\0\0\7", 4);
            else
                sqlwire_pg_message(&b, 'R', "\0\0\0\5abcd", 8);
        } else if (in[0] == 'p' && memmem(in, (size_t)n, "n,,n=,r=", 8)) {
            char text[200] = "\0\0\0\013r=", *nonce = memmem(in, (size_t)n, "n,,n=,r=", 8);

            memcpy(text + 6, nonce + 8, 32);
            memcpy(text + 38, mood == ROUNDS ? "more,s=c2FsdA==,i=2000000000" : "more,s=c2FsdA==,i=00000004096", 29);
            sqlwire_pg_message(&b, 'R', text, 38 + (mood == ROUNDS ? 28 : 29));
        } else if (in[0] == 'p') {
            sqlwire_pg_message(&b, 'R', "\0\0\0\0", 4); /* also without its proof */
            sqlwire_pg_message(&b, 'S', "a\0b", 4);
            sqlwire_pg_message(&b, 'Z', "I", 1);
        } else if (in[0] == 'Q' && mood != SILENT_QUERY) {
            pg_rows(s, fd, &b, mood);
        }
        say(fd, &b);
    }
    buf_done(&b);
}

static void my_end(struct buf *b, int seq)
{
    sqlwire_my_packet(b, seq, "\xfe\0\0\2\0", 5);
}

static void my_rows(struct srv *s, int fd, struct buf *b, enum mood mood)
{
    if (mood == QUERY_FAILS) {
        sqlwire_my_packet(b, 1, "\xff\x28\x04#42000what?", 14);
        return;
    }
    if (mood == COPY) {
        sqlwire_my_packet(b, 1, "\xfb/etc/passwd", 12);
        return;
    }
    sqlwire_my_packet(b, 1, "\1", 1);
    sqlwire_my_packet(b, 2, "\3def", 4);
    my_end(b, 3);
    if (mood == NULL_VALUE)
        sqlwire_my_packet(b, 4, "\xfb", 1);
    else if (mood != NO_ROWS)
        sqlwire_my_packet(b, 4, mood == TEXT ? "\2ok" : "\00242", 3);
    for (int i = 0; mood == FLOOD && i < 200000 && !s->stop; i++) {
        sqlwire_my_packet(b, 5, "\00242", 3);
        if (b->len > 40000)
            say(fd, b);
    }
    my_end(b, 6);
}

static void my_serve(struct srv *s, int fd)
{
    enum mood mood = *(enum mood *)s->arg;
    struct buf b = BUF_MAX(1 << 20);
    char in[4096], hello[] = "\x0a" "8.0\0\1\0\0\0" "12345678\0" "\0\xa2\x21\2\0\x8f\x80\x15" "\0\0\0\0\0\0\0\0\0\0" "123456789012\0mysql_native_password";
    ssize_t n;

    if (odd(s, fd, mood))
        return;
    sqlwire_my_packet(&b, 0, hello, sizeof(hello));
    say(fd, &b);
    while ((n = recv(fd, in, sizeof(in), 0)) > 0) {
        if (in[3] == 1 && mood == NO_LOGIN)
            sqlwire_my_packet(&b, 2, "\xff\x15\x04#28000not you", 16);
        else if (in[3] == 1 && mood == UNKNOWN_WAY)
            sqlwire_my_packet(&b, 2, "\xfe" "client_ed25519\0abc", 19);
        else if (in[3] == 1 && mood == PLAIN)
            sqlwire_my_packet(&b, 2, "\xfe" "caching_sha2_password\0" "12345678901234567890\0", 44);
        else if (in[3] == 3 && n > 8) /* in another way: wants all, then is content */
            sqlwire_my_packet(&b, 4, "\1\4", 2);
        else if (n > 5 && in[4] == 3 && memmem(in, (size_t)n, "SELECT", 6) && mood == SILENT_QUERY)
            continue;
        else if (n > 5 && in[4] == 3 && memmem(in, (size_t)n, "SELECT", 6))
            my_rows(s, fd, &b, mood);
        else
            sqlwire_my_packet(&b, in[3] + 1, "\0\0\0\2\0\0\0", 7);
        say(fd, &b);
    }
    buf_done(&b);
}

static enum state ask(struct fx *f, bool pg, enum mood mood, const char *more, int timeout_ms)
{
    struct srv s;
    char url[100], settings[300];

    srv_start(&s, pg ? pg_serve : my_serve, &mood);
    snprintf(settings, sizeof(settings), "{\"password\":\"secret\"%s%s}", more ? "," : "", more ? more : "");
    fx_run(f, "sql", srv_at(&s, pg ? "postgres://me@" : "mysql://me@", "/db", url, sizeof(url)), settings, timeout_ms);
    srv_stop(&s);
    return f->state;
}

static void answers(void **state)
{
    struct fx *f = *state;

    for (int pg = 0; pg < 2; pg++) {
        assert_int_equal(ask(f, pg, GOOD, NULL, 5000), STATE_OK);
        assert_has(f->text, "“42” in");
        assert_has(f->perf, "value=42");
        assert_has(f->trace, "SELECT 1");
        assert_int_equal(ask(f, pg, GOOD, "\"warn\":\"> 40\",\"crit\":\"> 50\"", 5000), STATE_WARNING);
        assert_has(f->text, "the value is 42 (limit > 40)");
        assert_int_equal(ask(f, pg, GOOD, "\"expect\":\"43\"", 5000), STATE_CRITICAL);
        assert_int_equal(ask(f, pg, GOOD, "\"regex\":\"^4\"", 5000), STATE_OK);
        assert_int_equal(ask(f, pg, GOOD, "\"time\":{\"crit\":\"0.0001ms\"}", 5000), STATE_CRITICAL);
        assert_int_equal(ask(f, pg, TEXT, "\"expect\":\"ok\"", 5000), STATE_OK);
        assert_int_equal(ask(f, pg, TEXT, "\"crit\":1", 5000), STATE_UNKNOWN);
        assert_int_equal(ask(f, pg, NO_ROWS, NULL, 5000), STATE_OK);
        assert_int_equal(ask(f, pg, NO_ROWS, "\"expect\":\"1\"", 5000), STATE_CRITICAL);
        assert_has(f->text, "no row");
        assert_int_equal(ask(f, pg, NULL_VALUE, "\"expect\":\"NULL\"", 5000), STATE_OK);
    }
    assert_int_equal(ask(f, true, PLAIN, NULL, 5000), STATE_OK); /* to this machine itself it may */
    assert_int_equal(ask(f, false, PLAIN, NULL, 5000), STATE_OK);
}

static void refusals(void **state)
{
    struct fx *f = *state;

    for (int pg = 0; pg < 2; pg++) {
        assert_int_equal(ask(f, pg, NO_LOGIN, NULL, 5000), STATE_CRITICAL);
        assert_has(f->text, "the log-in as me is refused: not you");
        assert_int_equal(ask(f, pg, QUERY_FAILS, NULL, 5000), STATE_CRITICAL);
        assert_has(f->text, "the query fails");
        assert_int_equal(ask(f, pg, UNKNOWN_WAY, NULL, 5000), STATE_UNKNOWN);
        assert_has(f->text, "no way to log in");
        assert_int_equal(ask(f, pg, COPY, NULL, 5000), STATE_UNKNOWN);
        assert_int_equal(ask(f, pg, GOOD, "\"tls\":true", 5000), STATE_CRITICAL);
        assert_has(f->text, "does not offer TLS");
    }
    assert_int_equal(ask(f, true, ROUNDS, NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "too many rounds");
    assert_int_equal(ask(f, true, NO_PROOF, NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "does not prove");
}

static void hostile(void **state)
{
    struct fx *f = *state;

    for (int pg = 0; pg < 2; pg++) {
        assert_int_equal(ask(f, pg, SILENT, NULL, 200), STATE_CRITICAL);
        assert_has(f->text, "the log-in was not answered");
        assert_int_equal(ask(f, pg, SILENT_QUERY, NULL, 200), STATE_CRITICAL);
        assert_has(f->text, "the query was not answered");
        assert_int_equal(ask(f, pg, FLOOD, NULL, 5000), STATE_UNKNOWN);
        assert_has(f->text, "write LIMIT");
        assert_int_equal(ask(f, pg, GARBAGE, NULL, 5000), STATE_CRITICAL);
        assert_int_equal(ask(f, pg, HUGE, NULL, pg ? 5000 : 200), STATE_CRITICAL);
        assert_int_equal(ask(f, pg, CLOSES, NULL, 5000), STATE_CRITICAL);
    }
}

static void options(void **state)
{
    struct fx *f = *state;
    char url[60];

    snprintf(url, sizeof(url), "mariadb://me@127.0.0.1:%d/x", srv_free_port());
    assert_int_equal(fx_run(f, "sql", url, NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "refused");
    assert_has(fx_refused(f, "sql", "oracle://x", NULL), "no database");
    assert_has(fx_refused(f, "sql", "postgres://me:secret@host/db", NULL), "does not belong into the URL");
    assert_has(fx_refused(f, "sql", "postgres://me@host:0/db", NULL), "no port");
    assert_has(fx_refused(f, "sql", "postgres://@host/db", NULL), "no database");
    f->address = NULL;
    assert_has(fx_refused(f, "sql", "mysql:///db", NULL), "no address");
}

/* RFC 7677, section 3, with its nonce put in place of ours. */
static void scram(void **state)
{
    struct sql_scram s = {.rounds = 0};
    char first[SQL_NONCE_BYTES + 16];
    struct buf out = BUF_MAX(1000);

    sql_scram_begin(&s, first);
    str_copy(s.nonce, sizeof(s.nonce), "rOprNGfwEbeRWgbNEkqO");
    buf_clear(&s.transcript);
    buf_str(&s.transcript, "n=user,r=rOprNGfwEbeRWgbNEkqO");
    assert_int_equal(sql_scram_hear(&s, STR("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")), 0);
    assert_int_equal(sql_scram_salt(&s, "pencil"), 0);
    assert_int_equal(sql_scram_final(&s, &out), 0);
    assert_has(buf_text(&out), "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    assert_int_equal(sql_scram_verify(&s, STR("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")), 0);
    assert_int_not_equal(sql_scram_verify(&s, STR("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=")), 0);
    assert_int_not_equal(sql_scram_hear(&s, STR("r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")), 0);
    buf_done(&out);
    sql_scram_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scram),
        cmocka_unit_test_setup_teardown(answers, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(refusals, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(hostile, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(options, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
