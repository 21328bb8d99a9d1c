/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ssh_command probe in the simulated machine: what ssh is told, what its ends mean. MON-4. */
#include "checks_twin.h"

static enum state ask(struct fx *f, const char *more)
{
    char settings[400];

    snprintf(settings, sizeof(settings), "{\"user\":\"nagios\"%s}", more);
    return fx_run(f, "ssh_command", "check_load -w 4", settings, 5000);
}

static void answers(void **state)
{
    struct fx *f = *state;

    twin_program("ssh *", 0, "OK - fine|load=0.5\nand more\n", "");
    assert_int_equal(ask(f, ""), STATE_OK);
    assert_string_equal(f->text, "OK - fine");
    assert_has(f->more, "and more");
    assert_has(f->perf, "load=0.5");
    twin_program("ssh *", 2, "CRITICAL - high\n", "");
    assert_int_equal(ask(f, ""), STATE_CRITICAL);
    assert_has(f->perf, "time=");
    twin_program("ssh *", 1, "", "only here\n");
    assert_int_equal(ask(f, ""), STATE_WARNING);
    assert_has(f->text, "stderr: only here");
    twin_program("ssh *", 77, "odd\n", "");
    assert_int_equal(ask(f, ""), STATE_CRITICAL);
    assert_has(f->text, "77 is out of bounds");
    twin_program("ssh *", 127, "", "sh: check_load: not found\n");
    assert_int_equal(ask(f, ""), STATE_CRITICAL);
    assert_has(f->text, "missing");
}

/* The other machine may be anybody's: bytes that are no text, escapes, very much of it, performance data that is none. */
static void strange_answers(void **state)
{
    static char flood[300000];
    struct fx *f = *state;

    memset(flood, 'x', sizeof(flood) - 1);
    twin_program("ssh *", 0, flood, "");
    assert_int_equal(ask(f, ""), STATE_OK);
    assert_true(strlen(f->text) <= PROBE_MAX_TEXT);
    for (size_t i = 0; i + 1 < sizeof(flood); i += 100)
        flood[i] = '\n';
    twin_program("ssh *", 0, flood + 1, "");
    assert_int_equal(ask(f, ""), STATE_OK);
    assert_true(strlen(f->more) <= PROBE_MAX_MORE + 100);
    twin_program("ssh *", 0, "\x1b[2J\xff\xfe OK\x07|a=\xff b=1e999 'c=1 =;;; \xc3\x28\n\x1b]0;x\x07\n", "\xff\x1b[0m\n");
    assert_int_equal(ask(f, ""), STATE_OK);
    assert_null(strchr(f->text, '\x1b'));
    assert_null(strchr(f->more, '\x1b'));
    assert_true(utf8_valid(f->more, strlen(f->more)) && utf8_valid(f->perf, strlen(f->perf)));
    twin_program("ssh *", 255, "", "\x1b[31m\xff\n\n\n");
    (void)ask(f, "");
    assert_null(strchr(f->text, '\x1b'));
}

static void connections(void **state)
{
    struct fx *f = *state;

    twin_program("ssh *", 255, "", "nagios@127.0.0.1: Permission denied (publickey).\r\n");
    assert_int_equal(ask(f, ""), STATE_CRITICAL);
    assert_has(f->text, "ssh: nagios@127.0.0.1: Permission denied (publickey).");
    assert_false(f->answered);
    twin_program("ssh *", 255, "", "");
    assert_int_equal(ask(f, ""), STATE_CRITICAL);
    assert_has(f->text, "said nothing");
    sim_program("ssh *", &(struct sim_program){.out = "never", .takes_ms = 60000});
    assert_int_equal(ask(f, ""), STATE_CRITICAL);
    assert_has(f->text, "did not end within");
    sim_program("ssh *", &(struct sim_program){.term_signal = 9});
    assert_int_equal(ask(f, ""), STATE_UNKNOWN);
}

static void words(void **state)
{
    struct fx *f = *state;

    twin_program("ssh *", 0, "OK\n", "");
    ask(f, ",\"args\":[\"a b\",\"it's; rm -rf $HOME\"],\"identity\":\"/k\",\"known_hosts\":\"/h\",\"host_keys\":\"accept-new\",\"server\":\"web1:2222\",\"options\":[\"ProxyJump=gate\"]");
    assert_has(f->trace, "BatchMode=yes");
    assert_has(f->trace, "ConnectTimeout=");
    assert_has(f->trace, "StrictHostKeyChecking=accept-new");
    assert_has(f->trace, "UserKnownHostsFile=/h");
    assert_has(f->trace, "IdentityFile=/k");
    assert_has(f->trace, "Port=2222");
    assert_has(f->trace, "ProxyJump=gate");
    assert_has(f->trace, "check_load -w 4 'a b' 'it'\\''s; rm -rf $HOME'");
    assert_has(fx_refused(f, "ssh_command", "x", "{\"server\":\"h:x\"}"), "no port");
    f->address = NULL;
    assert_has(fx_refused(f, "ssh_command", "x", NULL), "no address");
}

int main(void)
{
    const struct CMUnitTest tests[] = {TWIN_TEST(answers), TWIN_TEST(strange_answers), TWIN_TEST(connections), TWIN_TEST(words)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
