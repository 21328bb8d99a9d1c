/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mail_domain probe against a DNS server and a mail server of the test's own. LES-23, MON-12. */
#include "dns_server.h"
#include "wire/mailtxt.h"

#define ORG "example.org"
#define MX {ORG, NS_MX, "10 mx.example.org"}, {"mx.example.org", NS_A, "127.0.0.1"}
#define SPF {ORG, NS_TXT, "v=spf1 mx include:_spf.example.net -all"}, {"_spf.example.net", NS_TXT, "v=spf1 ip4:192.0.2.0/24 a:x.example.net/24 ~all"}
#define DMARC {"_dmarc." ORG, NS_TXT, "v=DMARC1; p=reject"}
#define END {NULL, 0, NULL}

static void mail(struct srv *s, int fd)
{
    char line[200] = "";

    srv_say(fd, s->arg && str_starts(s->arg, "5") ? s->arg : "220-hello\r\n220 mx.example.org ESMTP\r\n");
    if (recv(fd, line, sizeof(line) - 1, 0) > 0)
        srv_say(fd, s->arg ? s->arg : "250-mx.example.org\r\n250-STARTTLS\r\n250 HELP\r\n");
    srv_wait(fd);
}

static void mute(struct srv *s, int fd) { srv_wait(fd); }

static void endless(struct srv *s, int fd)
{
    for (int i = 0; i < 2000; i++)
        srv_say(fd, "220-and so on and so on\r\n");
    srv_wait(fd);
}

static enum state look(void **state, struct ns dns, const struct ns_rr *rr, void (*serve)(struct srv *, int), void *arg, const char *more, int64_t timeout_ms)
{
    struct srv s;
    char settings[300];
    enum state got;

    dns.rr = rr;
    ns_up(&dns, 0);
    srv_start(&s, serve, arg);
    snprintf(settings, sizeof(settings), "{\"server\":\"127.0.0.1\",\"port\":%d,\"smtp_port\":%d%s}", dns.port, s.port, more);
    got = fx_run(*state, "mail_domain", ORG, settings, timeout_ms);
    srv_stop(&s);
    ns_down(&dns);
    return got;
}
#define LOOK(rr, more) look(state, (struct ns){0}, rr, mail, NULL, more, 5000)

static void in_order(void **state)
{
    struct fx *f = *state;
    static const struct ns_rr all[] = {MX, SPF, DMARC, {"mail._domainkey." ORG, NS_TXT, "v=DKIM1; k=rsa; p=MIIB"}, END}, bare[] = {MX, END};

    assert_int_equal(LOOK(all, ",\"dkim\":\"mail\""), STATE_OK);
    assert_has(f->text, "1 mail server, SPF with 3 look-ups, DMARC “reject”");
    assert_has(f->perf, "spf_lookups=3");
    assert_int_equal(LOOK(bare, ",\"spf\":\"no\",\"dmarc\":\"no\""), STATE_OK);
    assert_int_equal(LOOK(bare, ",\"dmarc\":\"no\""), STATE_WARNING);
    assert_has(f->text, "no SPF record");
    assert_int_equal(LOOK(bare, ",\"spf\":\"no\""), STATE_WARNING);
    assert_has(f->text, "no DMARC record");
}

static void servers(void **state)
{
    struct fx *f = *state;
    static const struct ns_rr all[] = {MX, SPF, DMARC, END}, no_mx[] = {SPF, DMARC, END}, null_mx[] = {{ORG, NS_MX, "0 ."}, SPF, DMARC, END}, lost[] = {{ORG, NS_MX, "10 gone.example.org"}, SPF, DMARC, END};

    assert_int_equal(LOOK(no_mx, ""), STATE_CRITICAL);
    assert_has(f->text, "has no MX record");
    assert_int_equal(LOOK(null_mx, ""), STATE_CRITICAL);
    assert_has(f->text, "takes no mail");
    assert_int_equal(LOOK(lost, ""), STATE_CRITICAL);
    assert_has(f->text, "gone.example.org has no address");
    assert_int_equal(look(state, (struct ns){0}, all, mail, "250 HELP\r\n", "", 5000), STATE_CRITICAL);
    assert_has(f->text, "does not offer STARTTLS");
    assert_int_equal(look(state, (struct ns){0}, all, mail, "554 go away\r\n", "", 5000), STATE_CRITICAL);
    assert_has(f->text, "says “554 go away”");
    assert_int_equal(look(state, (struct ns){0}, all, mute, NULL, "", 700), STATE_CRITICAL);
    assert_has(f->text, "mx.example.org (127.0.0.1) does not answer");
    assert_int_equal(look(state, (struct ns){0}, all, endless, NULL, "", 5000), STATE_CRITICAL);
    assert_has(f->text, "talks without end");
    assert_int_equal(look(state, (struct ns){0}, all, mute, NULL, ",\"starttls\":\"no\"", 5000), STATE_OK);
    assert_int_equal(look(state, (struct ns){.silent = true}, all, mail, NULL, "", 500), STATE_CRITICAL);
    assert_has(f->text, "takes too long");
    assert_int_equal(look(state, (struct ns){.garbage = true}, all, mail, NULL, "", 5000), STATE_CRITICAL);
    assert_has(f->text, "fails");
}

static void records(void **state)
{
    struct fx *f = *state;
    static const struct ns_rr two_spf[] = {MX, SPF, {ORG, NS_TXT, "v=spf1 -all"}, DMARC, END}, ring[] = {MX, {ORG, NS_TXT, "v=spf1 include:" ORG " -all"}, DMARC, END},
                              odd[] = {MX, {ORG, NS_TXT, "v=spf1 mxx -all"}, DMARC, END}, hole[] = {MX, {ORG, NS_TXT, "v=spf1 include:none.example -all"}, DMARC, END},
                              policy[] = {MX, SPF, {"_dmarc." ORG, NS_TXT, "v=DMARC1; p=maybe"}, END}, revoked[] = {MX, SPF, DMARC, {"mail._domainkey." ORG, NS_TXT, "v=DKIM1; p="}, END};

    assert_int_equal(LOOK(two_spf, ""), STATE_CRITICAL);
    assert_has(f->text, "2 SPF records");
    assert_int_equal(LOOK(ring, ""), STATE_CRITICAL); /* ends at ten */
    assert_has(f->text, "more than 10 look-ups");
    assert_int_equal(LOOK(odd, ""), STATE_CRITICAL);
    assert_has(f->text, "a word that is none");
    assert_int_equal(LOOK(hole, ""), STATE_CRITICAL);
    assert_has(f->text, "refers to none.example");
    assert_int_equal(LOOK(policy, ""), STATE_CRITICAL);
    assert_has(f->text, "no valid policy");
    assert_int_equal(LOOK(revoked, ",\"dkim\":\"mail\""), STATE_CRITICAL);
    assert_has(f->text, "is revoked");
    assert_int_equal(LOOK(revoked, ",\"dkim\":\"other\""), STATE_CRITICAL);
    assert_has(f->text, "no DKIM key of the selector other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(in_order, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(servers, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(records, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
