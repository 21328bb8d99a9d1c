/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mail_trip probe against a mail server and a mailbox that work, lose, delay, refuse and are silent. PRA-7. */
#include "checks_fixture.h"

enum mood { GOOD, LOSES, NO_SMTP, BAD_LOGIN, NO_FOLDER, MUTE, GARBAGE, FLOOD, FLOOD_LINES, SHUTS, NO_UIDPLUS, MUTE_STORE };

struct post { /* one mailbox of at most one mail a subject */
    enum mood mood;
    char subjects[4][100];
    int n, expunged;
    char heard[4000];
};

static bool hear_line(int fd, char *out, size_t n)
{
    size_t at = 0;

    while (at + 1 < n && recv(fd, out + at, 1, 0) == 1)
        if (out[at++] == '\n')
            break;
    out[at] = '\0';
    return at > 0;
}

static void smtp(struct srv *s, int fd)
{
    struct post *p = s->arg;
    char line[1000];
    bool body = false;

    srv_say(fd, "220 mail.test ESMTP\r\n");
    while (hear_line(fd, line, sizeof(line))) {
        if (body && str_starts(line, "Subject: ") && p->mood != LOSES && p->n < 4)
            snprintf(p->subjects[p->n++], sizeof(p->subjects[0]), "%.*s", (int)strcspn(line + 9, "\r\n"), line + 9);
        if (body && !str_eq(line, ".\r\n"))
            continue;
        if (str_starts(line, "DATA"))
            srv_say(fd, "354 go on\r\n");
        else if (str_starts(line, "RCPT") && p->mood == NO_SMTP)
            srv_say(fd, "550 no such user\r\n");
        else
            srv_say(fd, str_starts(line, "QUIT") ? "221 bye\r\n" : "250 fine\r\n");
        body = str_starts(line, "DATA");
    }
}

static void search(struct post *p, int fd, const char *word)
{
    char answer[200] = "* SEARCH", one[16];

    for (int i = 0; i < p->n; i++)
        if (p->subjects[i][0] && strstr(p->subjects[i], word)) {
            snprintf(one, sizeof(one), " %d", i + 1);
            strncat(answer, one, 100);
        }
    srv_say(fd, answer);
    srv_say(fd, "\r\n");
}

static void expunge(struct post *p, const char *uids)
{
    for (char *rest = (char *)(uintptr_t)uids; *rest; rest += *rest == ',') {
        long i = strtol(rest, &rest, 10);

        if (i >= 1 && i <= 4) {
            p->subjects[i - 1][0] = '\0';
            p->expunged++;
        }
        if (*rest != ',')
            return;
    }
}

static void imap(struct srv *s, int fd)
{
    struct post *p = s->arg;
    char line[1000], ok[1200];

    if (p->mood == MUTE)
        srv_wait(fd);
    srv_say(fd, p->mood == GARBAGE ? "220 I am no mailbox\r\n" : p->mood == SHUTS ? "* BYE too many\r\n" : "* OK ready\r\n");
    while ((p->mood == FLOOD || p->mood == FLOOD_LINES) && !s->stop)
        if (send(fd, p->mood == FLOOD ? "xxxxxxxx" : "* xxxxx\n", 8, MSG_NOSIGNAL) <= 0)
            return;
    while (hear_line(fd, line, sizeof(line))) {
        const char *c = strchr(line, ' ') ? strchr(line, ' ') + 1 : line;
        const char *verdict = (p->mood == BAD_LOGIN && str_starts(c, "LOGIN")) || (p->mood == NO_FOLDER && str_starts(c, "SELECT")) ? "NO not so" :
                              p->mood == NO_UIDPLUS && str_starts(c, "UID EXPUNGE") ? "BAD unknown" : "OK done";

        strncat(p->heard, line, sizeof(p->heard) - strlen(p->heard) - 1);
        line[strcspn(line, "\r\n")] = '\0';
        if (str_starts(c, "UID SEARCH HEADER Subject "))
            search(p, fd, c + 26);
        if (str_starts(c, "UID EXPUNGE ") && p->mood != NO_UIDPLUS)
            expunge(p, c + 12);
        if (p->mood == MUTE_STORE && str_starts(c, "UID STORE"))
            continue;
        snprintf(ok, sizeof(ok), "* 3 EXISTS\r\n%.*s %s\r\n", (int)strcspn(line, " "), line, verdict);
        srv_say(fd, ok);
    }
}

static enum state go(struct fx *f, struct post *p, const char *more, int64_t timeout_ms)
{
    struct srv out, in;
    char settings[500];

    srv_start(&out, smtp, p);
    srv_start(&in, imap, p);
    snprintf(settings, sizeof(settings), "{\"smtp\":\"smtp://127.0.0.1:%d\",\"server\":\":%d\",\"tls\":\"no\",\"password\":\"it\\\"s\"%s}", out.port, in.port, more);
    fx_run(f, "mail_trip", "probe@example.org", settings, timeout_ms);
    srv_stop(&in);
    srv_stop(&out);
    return f->state;
}

static void arrives(void **state)
{
    struct fx *f = *state;
    struct post p = {GOOD};

    assert_int_equal(go(f, &p, "", 20000), STATE_OK);
    assert_has(f->text, "the mail arrived after");
    assert_has(f->perf, "time=");
    assert_has(p.heard, "LOGIN \"probe@example.org\" \"it\\\"s\"");
    assert_true(p.n == 1 && p.expunged == 1);
    assert_null(strstr(f->trace, "it\\\"s")); /* no password in what is shown */
    assert_int_equal(go(f, &p, ",\"crit\":\"0.0001ms\"", 20000), STATE_CRITICAL);
    assert_has(f->text, "limit");
    p = (struct post){NO_UIDPLUS};
    assert_int_equal(go(f, &p, "", 20000), STATE_OK);
    assert_has(p.heard, "UID STORE 1 +FLAGS.SILENT (\\Deleted)");
    p = (struct post){MUTE_STORE};
    assert_int_equal(go(f, &p, "", 1500), STATE_OK); /* it came: that the cleaning up hangs does not count */
}

static void lost_and_late(void **state)
{
    struct fx *f = *state;
    struct post p = {LOSES};
    char of_before[100];

    assert_int_equal(go(f, &p, "", 1000), STATE_CRITICAL);
    assert_has(f->text, "lost, or slow");
    assert_int_equal(go(f, &p, "", 1000), STATE_CRITICAL);
    assert_has(f->text, "nor is the one of");
    p.mood = GOOD;
    assert_non_null(strstr(p.heard, "vigie-trip-"));
    snprintf(of_before, sizeof(of_before), "%.19s-77", strstr(p.heard, "vigie-trip-"));
    strcpy(p.subjects[0], of_before);
    strcpy(p.subjects[1], "vigie-trip-00000000-of another");
    strcpy(p.subjects[2], "a letter of somebody's");
    p.n = 3;
    assert_int_equal(go(f, &p, "", 20000), STATE_WARNING);
    assert_has(f->text, "has come late");
    assert_true(p.expunged == 2 && p.subjects[0][0] == '\0');
    assert_string_equal(p.subjects[2], "a letter of somebody's");
    assert_has(p.subjects[1], "of another");
    p.n = 3;
    assert_int_equal(go(f, &p, "", 20000), STATE_OK);
}

static void hostile(void **state)
{
    struct fx *f = *state;
    static const struct {
        enum mood mood;
        const char *say;
    } t[] = {{NO_SMTP, "could not be sent"}, {BAD_LOGIN, "refuses LOGIN"}, {NO_FOLDER, "refuses SELECT"}, {MUTE, "no whole answer"},
             {GARBAGE, "protocol"}, {FLOOD, "protocol"}, {FLOOD_LINES, ""}, {SHUTS, "BYE"}};

    for (size_t i = 0; i < COUNT(t); i++) {
        struct post p = {t[i].mood};

        assert_int_equal(go(f, &p, "", 3000), STATE_CRITICAL);
        assert_has(f->text, t[i].say);
        assert_int_equal(p.n, 0);
    }
}

static void options(void **state)
{
    struct fx *f = *state;
    char at[100];

    assert_has(fx_refused(f, "mail_trip", "nobody", "{\"password\":\"x\"}"), "no mail address");
    assert_has(fx_refused(f, "mail_trip", "a@b\r\nRCPT TO:c", "{\"password\":\"x\"}"), "no mail address");
    assert_has(fx_refused(f, "mail_trip", "a@b.c", "{\"password\":\"x\",\"smtp\":\"http://x\"}"), "no mail server");
    assert_has(fx_refused(f, "mail_trip", "a@b.c", "{\"password\":\"x\\ny\"}"), "printable");
    snprintf(at, sizeof(at), "{\"password\":\"x\",\"server\":\":%d\"}", srv_free_port());
    assert_int_equal(fx_run(f, "mail_trip", "a@b.c", at, 2000), STATE_CRITICAL);
    assert_has(f->text, "refused");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {T(arrives), T(lost_and_late), T(hostile), T(options)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
