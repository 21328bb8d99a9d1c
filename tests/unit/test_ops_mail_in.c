/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_ops_mail_in.c: a mail of staff publishes, once, when it is proven, and is answered; all else leaves nothing (ST-3, ANN-1, ANN-15). */
#include "announce/subscriber.h"
#include "daemon_kit.h"
#include "ops/letter.h"

#define SITE                                                                                                              \
    "site: { title: { en: Harbour, fr: Port }, zone: Europe/Paris, mail: { smtp: 'smtp://127.0.0.1:25', from: 'Harbour <status@example.org>' }, url: 'https://status.example.org/' }\n" \
    "components:\n"                                                                                                       \
    "  website: { name: { en: Website, fr: Site web } }\n"                                                                \
    "  mail: { name: { en: Mail, fr: Courriel } }\n"
#define MAIL_IN                                                                                                           \
    "mail_in:\n"                                                                                                          \
    "  address: status@example.org\n"                                                                                     \
    "  server: mx.example.org\n"                                                                                          \
    "  senders:\n"                                                                                                        \
    "    - { from: anna@example.org, secret: LongSecretWord }\n"                                                          \
    "    - { from: '*@staff.example.org', dkim: yes }\n"                                                                  \
    "    - { from: pgp@example.org, pgp: /etc/vigie/ops.gpg }\n"                                                          \
    "    - { from: smime@example.org, smime: /etc/vigie/ca.pem }\n"                                                       \
    "    - { from: viewer@example.org, user: viewer, secret: AnotherSecret1 }\n"

static int setup(void **state)
{
    *state = kit_up(SITE MAIL_IN);
    return 0;
}
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, kit_teardown)

/* Over HTTP, as the pipe of a mail server hands it over. The outcome. */
static const char *hand_over(struct kit *k, const char *query, const char *mail)
{
    struct doc *d = NULL;
    kit_login(k, ROLE_OPERATOR);
    const char *headers = arena_printf(k->arena, "Content-Type: message/rfc822\nX-CSRF-Token: %s\n", k->csrf);
    int status = kit_ask(k, "POST", arena_printf(k->arena, "/api/v1/announce/mail%s", query), headers, mail);
    sim_run_for(3000);
    if (status != 200)
        fail_msg("%d %s", status, buf_text(&k->text));
    assert_int_equal(json_parse(k->arena, buf_text(&k->text), k->text.len, 1 << 20, &d, NULL), 0);
    k->reply = d;
    return doc_text(d, "outcome", "");
}

static const char *from_anna(struct kit *k, const char *id, const char *subject, const char *more, const char *body)
{
    return hand_over(k, "", arena_printf(k->arena, "Delivered-To: status+longsecretword@example.org\nFrom: Anna <anna@example.org>\nTo: status@example.org\nSubject: %s\nMessage-ID: <%s>\n%s\n%s", subject, id, more, body));
}

static const struct bulletin *bulletin(struct kit *k, int64_t id)
{
    return board_find(k->house->board, id);
}

static const struct sim_mail *last_mail(void)
{
    assert_true(sim_mails() > 0);
    return sim_mail_at(sim_mails() - 1);
}

static void test_a_mail_opens_and_an_answer_ends(void **state)
{
    struct kit *k = *state;
    assert_string_equal(from_anna(k, "1@x.example", "website major: Login fails", "", "We look for it.\n-- \nAnna"), "done");
    assert_int_equal(board_count(k->house->board), 1);
    const struct bulletin *b = bulletin(k, 1);
    assert_string_equal(b->origin, "mail");
    assert_string_equal(b->author, "anna@example.org");
    assert_string_equal(wording_for(&b->title, "en", NULL), "Login fails");
    assert_int_equal(bulletin_level(b, "website", clock_wall_ms()), LEVEL_MAJOR);
    assert_int_equal(sim_mails(), 1);
    assert_string_equal(last_mail()->to, "anna@example.org");
    kit_has(last_mail()->message, "It is public:");
    kit_has(last_mail()->message, arena_printf(k->arena, "https://status.example.org/incident/%s", b->key));
    kit_has(last_mail()->message, "In-Reply-To: <1@x.example>");
    kit_has(last_mail()->message, "Reply-To: status+longsecretword@example.org");
    kit_has(last_mail()->message, "Auto-Submitted: auto-");
    /* An answer to that answer: its key stands in front of its id. */
    assert_string_equal(from_anna(k, "2@x.example", "Re: Re: website major: Login fails", arena_printf(k->arena, "In-Reply-To: <%s.mail.77@example.org>\n", b->key), "Resolved.\n\nAll is well.\n\nOn some day, Harbour wrote:\n> x"), "done");
    b = bulletin(k, 1);
    assert_int_equal(b->phase, PHASE_RESOLVED);
    assert_string_equal(wording_for(&b->updates[b->n_updates - 1].text, "en", NULL), "All is well.");
    kit_has(last_mail()->message, "It is over.");
}

static void test_the_same_mail_counts_once(void **state)
{
    struct kit *k = *state;
    assert_string_equal(from_anna(k, "1@x.example", "website major: Login fails", "", "x"), "done");
    assert_string_equal(from_anna(k, "1@x.example", "website major: Login fails", "", "x"), "known");
    kit_stop(k);
    kit_start(k);
    k->session[0] = 0;
    sim_run_for(2000);
    assert_string_equal(from_anna(k, "1@x.example", "website major: Login fails", "", "x"), "known");
    assert_int_equal(board_count(k->house->board), 1);
    assert_int_equal(sim_mails(), 1);
}

static void test_what_is_not_understood_is_answered(void **state)
{
    struct kit *k = *state;
    assert_string_equal(from_anna(k, "1@x.example", "websit major: Login fails", "", "We look."), "not_understood");
    assert_int_equal(doc_int(k->reply, "exit", -1), 0);
    assert_int_equal(board_count(k->house->board), 0);
    kit_has(last_mail()->message, "Nothing was published.");
    kit_has(last_mail()->message, "friday 22:00-23:30");
    kit_has(last_mail()->message, "> We look.");
    /* Refused by the operation itself: over already. */
    assert_string_equal(from_anna(k, "2@x.example", "website down", "", "x"), "done");
    assert_string_equal(from_anna(k, "3@x.example", "[1] resolved", "", "x"), "done");
    assert_string_equal(from_anna(k, "4@x.example", "[1] resolved", "", "y"), "not_understood");
    kit_has(last_mail()->message, "it is over already");
    int n = sim_mails();
    assert_string_equal(from_anna(k, "4@x.example", "[1] resolved", "", "y"), "not_understood"); /* handed over once more */
    assert_int_equal(sim_mails(), n);
}

static void nothing_came_of_it(struct kit *k, const char *outcome, const char *wanted)
{
    assert_string_equal(outcome, wanted);
    assert_int_equal(board_count(k->house->board), 0);
    assert_int_equal(sim_mails(), 0);
}

#define HEAD "Subject: website major: x\nMessage-ID: <1@x.example>\n"

static void test_strangers_leave_nothing(void **state)
{
    struct kit *k = *state;
    nothing_came_of_it(k, hand_over(k, "", "From: evil@example.net\nTo: status+longsecretword@example.org\n" HEAD "\nx"), "refused");
    assert_int_equal(doc_int(k->reply, "exit", -1), 0); /* dropped silently */
    nothing_came_of_it(k, hand_over(k, "", "From: anna@example.org\nTo: status@example.org\n" HEAD "\nx"), "refused");
    nothing_came_of_it(k, hand_over(k, "", "From: anna@example.org\nTo: status+longsecretwor@example.org\n" HEAD "\nx"), "refused");
    nothing_came_of_it(k, hand_over(k, "", "From: anna@example.org\nTo: status+longsecretwordd@example.org\n" HEAD "\nx"), "refused");
    nothing_came_of_it(k, hand_over(k, "", "From: anna@example.org, evil@example.net\nTo: status+longsecretword@example.org\n" HEAD "\nx"), "refused");
    nothing_came_of_it(k, hand_over(k, "", "From: anna@example.org\nFrom: evil@example.net\nTo: status+longsecretword@example.org\n" HEAD "\nx"), "refused");
    nothing_came_of_it(k, hand_over(k, "", "From: \"anna@example.org\" <evil@example.net>\nTo: status+longsecretword@example.org\n" HEAD "\nx"), "refused");
    nothing_came_of_it(k, hand_over(k, "", "no mail at all"), "bad");
    assert_int_equal(doc_int(k->reply, "exit", 0), 65);
    kit_write(k, "vigie.yaml", SITE MAIL_IN "  unknown: bounce\n");
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    sim_run_for(1000);
    nothing_came_of_it(k, hand_over(k, "", "From: evil@example.net\n" HEAD "\nx"), "refused");
    assert_int_equal(doc_int(k->reply, "exit", 0), 77);
    nothing_came_of_it(k, hand_over(k, "", "Auto-Submitted: auto-replied\nFrom: evil@example.net\n" HEAD "\nx"), "ignored"); /* nor a bounce of that */
}

static void test_programs_are_not_believed(void **state)
{
    struct kit *k = *state;
    static const char *const headers[] = {"Auto-Submitted: auto-replied\n", "Precedence: bulk\n", "List-Id: <a.example.org>\n", "X-Vigie: notice\n", "Return-Path: <>\n", "Content-Type: multipart/report; boundary=x\n"};
    for (size_t i = 0; i < COUNT(headers); i++)
        nothing_came_of_it(k, from_anna(k, "1@x.example", "website major: x", headers[i], "x"), "ignored");
    nothing_came_of_it(k, from_anna(k, "k3fo1q9x2mzt.mail.12@example.org", "website major: x", "", "x"), "ignored");
    nothing_came_of_it(k, hand_over(k, "?sender=", "From: anna@example.org\nTo: status+longsecretword@example.org\n" HEAD "\nx"), "ignored");
}

static void test_the_verdict_of_our_server_counts(void **state)
{
    struct kit *k = *state;
    static const char forged[] = "Authentication-Results: mx.example.org; dkim=pass header.d=staff.example.org\n";
#define FROM_BOB "From: bob@staff.example.org\n" HEAD "\nx"
    nothing_came_of_it(k, hand_over(k, "", FROM_BOB), "refused");
    nothing_came_of_it(k, hand_over(k, "", "Authentication-Results: mx.evil.example; dkim=pass header.d=staff.example.org\n" FROM_BOB), "refused");
    nothing_came_of_it(k, hand_over(k, "", "Authentication-Results: mx.example.org; dkim=pass header.d=evil.example\n" FROM_BOB), "refused");
    nothing_came_of_it(k, hand_over(k, "", "Authentication-Results: mx.example.org; dkim=pass header.d=sub.staff.example.org\n" FROM_BOB), "refused");
    nothing_came_of_it(k, hand_over(k, "", arena_printf(k->arena, "Authentication-Results: mx.example.org; dkim=fail header.d=staff.example.org\nReceived: x\n%s" FROM_BOB, forged)), "refused");
    assert_string_equal(hand_over(k, "", arena_printf(k->arena, "Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=bob@staff.example.org\n%s" FROM_BOB, forged)), "done");
    assert_string_equal(bulletin(k, 1)->author, "bob@staff.example.org");
}

static void test_roles_are_those_of_the_person(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_VIEWER);
    assert_string_equal(hand_over(k, "?recipient=status%2Banothersecret1@example.org", "From: viewer@example.org\nTo: status@example.org\n" HEAD "\nx"), "not_understood");
    assert_int_equal(board_count(k->house->board), 0);
    kit_has(last_mail()->message, "needs the role");
}

#define SIGNED(protocol, inner)                                                                                                         \
    "Content-Type: multipart/signed; protocol=\"application/" protocol "\"; boundary=s\n\n--s\n" inner "\n--s\nContent-Type: application/" protocol \
    "\n\nSIGNATURE\n--s--\n"

static void test_signatures_are_judged(void **state)
{
    struct kit *k = *state;
    static const char mail[] = "From: pgp@example.org\nSubject: mail down: not this\nMessage-ID: <1@x.example>\n" SIGNED("pgp-signature", "Content-Type: text/plain; protected-headers=\"v1\"\nSubject: website major: Signed\n\nText.");
    sim_program("gpgv", &(struct sim_program){.exit_status = 1, .out = "[GNUPG:] BADSIG 0 x\n"});
    nothing_came_of_it(k, hand_over(k, "", mail), "refused");
    kit_has(sim_program_last("gpgv"), "--keyring /etc/vigie/ops.gpg");
    kit_has(sim_program_input("gpgv"), "Subject: website major: Signed\r\n\r\nText.");
    sim_program("gpgv", &(struct sim_program){.exit_status = 0, .out = "[GNUPG:] GOODSIG 0 x\n[GNUPG:] VALIDSIG 0 x\n"});
    assert_string_equal(hand_over(k, "", mail), "done");
    assert_string_equal(wording_for(&bulletin(k, 1)->title, "en", NULL), "Signed"); /* what is not signed does not count */
    /* Once more below other headers: what was signed came before. */
    assert_string_equal(hand_over(k, "", "From: pgp@example.org\nSubject: x\nMessage-ID: <2@x.example>\n" SIGNED("pgp-signature", "Content-Type: text/plain; protected-headers=\"v1\"\nSubject: website major: Signed\n\nText.")), "known");
    assert_int_equal(board_count(k->house->board), 1);
    /* Without a protected subject its first line stands for it. */
    assert_string_equal(hand_over(k, "", "From: pgp@example.org\nSubject: website major: not this\nMessage-ID: <3@x.example>\n" SIGNED("pgp-signature", "Content-Type: text/plain\n\nmail degraded: Slow\n\nText.")), "done");
    assert_string_equal(wording_for(&bulletin(k, 2)->title, "en", NULL), "Slow");
    sim_program("openssl", &(struct sim_program){.exit_status = 0});
    assert_string_equal(hand_over(k, "", "From: smime@example.org\nSubject: x\nMessage-ID: <4@x.example>\n" SIGNED("pkcs7-signature", "Content-Type: text/plain\n\nmail degraded: Slow\n\nText.")), "done");
    kit_has(sim_program_last("openssl"), "-CAfile /etc/vigie/ca.pem -no-CApath -no-CAstore -purpose smimesign -verify_email smime@example.org");
}

static void test_hostile_texts_stay_texts(void **state)
{
    struct kit *k = *state;
    assert_string_equal(from_anna(k, "1@x.example", "website major: =?utf-8?q?x=0D=0ABcc:_evil=40example.net?=", "", "<script>alert(1)</script>\n"), "done");
    kit_lacks(last_mail()->message, "\nBcc:");
    assert_string_equal(from_anna(k, "2@x.example\r\nBcc: e@example.net", "website major: y", "", "x"), "done");
    kit_lacks(last_mail()->message, "\nBcc:");
}

/* A megabyte and more is not taken. */
static void test_the_ceiling(void **state)
{
    struct kit *k = *state;
    struct buf b = BUF_MAX(2 << 20);
    buf_str(&b, "From: anna@example.org\nTo: status+longsecretword@example.org\n" HEAD "\n");
    while (b.len < (1 << 20) + 10)
        buf_str(&b, "0123456789 0123456789 0123456789 0123456789 0123456789\n");
    kit_login(k, ROLE_OPERATOR);
    int status = kit_ask(k, "POST", "/api/v1/announce/mail", arena_printf(k->arena, "Content-Type: message/rfc822\nX-CSRF-Token: %s\n", k->csrf), buf_text(&b));
    assert_true(status == 413 || status == 400);
    assert_int_equal(board_count(k->house->board), 0);
    buf_done(&b);
}

/* ---- readers who decline ---- */

static const char *reply_of(struct kit *k, const char *to, const char *key, const char *attendee, const char *stat)
{
    return hand_over(k, "", arena_printf(k->arena,
                     "From: %s\nTo: %s\nAuto-Submitted: auto-generated\nMessage-ID: <r@x.example>\nContent-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nUID:vigie-%s\n"
                     "ATTENDEE;PARTSTAT=%s:mailto:%s\nEND:VEVENT\nEND:VCALENDAR\n", attendee, to, key, stat, attendee));
}

static void test_a_reader_objects_once(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "subscriber-add", "{'email':'reader@example.com','agreed':true}"), 200);
    assert_int_equal(kit_op(k, "maintenance-plan", "{'components':['website'],'start':'+3h','for':'1h','text':'x'}"), 200);
    const char *key = arena_dup(k->arena, doc_text(doc_get(k->reply, "bulletin"), "key", ""));
    sim_run_for(5000);
    /* The entry in his mail names an address that is his alone. */
    const char *mail = NULL;
    for (int i = 0; i < sim_mails(); i++)
        mail = str_eq(sim_mail_at(i)->to, "reader@example.com") ? sim_mail_at(i)->message : mail;
    assert_non_null(mail);
    struct letter l;
    struct letter_ask ask = {.raw = mail, .n = strlen(mail)};
    struct err e = {0};
    assert_int_equal(letter_read(k->arena, &ask, &l, &e), 0);
    assert_int_equal(l.n_calendars, 1);
    const char *organizer = l.calendars[0].events[0].organizer;
    assert_true(str_starts(organizer, "status+") && str_ends(organizer, "@example.org"));
    assert_int_equal(l.calendars[0].events[0].n_attendees, 1);
    assert_string_equal(l.calendars[0].events[0].attendees[0].address, "reader@example.com");
    int n = sim_mails();
    assert_string_equal(reply_of(k, "status@example.org", key, "reader@example.com", "DECLINED"), "ignored");
    assert_string_equal(reply_of(k, organizer, key, "other@example.com", "DECLINED"), "ignored"); /* his address, another's name */
    assert_string_equal(reply_of(k, organizer, "aaaaaaaaaaaa", "reader@example.com", "DECLINED"), "ignored");
    assert_string_equal(reply_of(k, organizer, key, "reader@example.com", "ACCEPTED"), "ignored");
    assert_string_equal(reply_of(k, organizer, key, "reader@example.com", "DECLINED"), "objection");
    assert_string_equal(reply_of(k, organizer, key, "reader@example.com", "DECLINED"), "ignored");
    assert_int_equal(kit_op(k, "incident", arena_printf(k->arena, "{'id':'%s'}", key)), 200);
    struct doc *list = doc_get(k->reply, "objections");
    assert_int_equal(list->kids.n, 1);
    assert_string_equal(doc_text(doc_first(list), "email", ""), "reader@example.com");
    assert_int_equal(sim_mails(), n); /* this house has no contacts; the next test has */
    kit_login(k, ROLE_OPERATOR);
    assert_int_equal(kit_get(k, arena_printf(k->arena, "/console/incidents/%s", key)), 200);
    kit_has(buf_text(&k->text), "reader@example.com");
    assert_int_equal(kit_get(k, arena_printf(k->arena, "/maintenance/%s", key)), 200);
    kit_lacks(buf_text(&k->text), "reader@example.com");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_mail_opens_and_an_answer_ends), TEST(test_the_same_mail_counts_once), TEST(test_what_is_not_understood_is_answered), TEST(test_strangers_leave_nothing),
        TEST(test_programs_are_not_believed), TEST(test_the_verdict_of_our_server_counts), TEST(test_roles_are_those_of_the_person), TEST(test_signatures_are_judged),
        TEST(test_hostile_texts_stay_texts), TEST(test_the_ceiling), TEST(test_a_reader_objects_once),
    };
    return cmocka_run_group_tests_name("ops_mail_in", tests, NULL, NULL);
}
