/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_ops_upstream.c: notices of those we depend on become drafts, follow what their senders change, and never publish without a person unless the
 * configuration says so (ANN-9). */
#include "base/timetext.h"
#include "daemon_kit.h"

#define SITE                                                                                                              \
    "site: { title: Harbour, zone: Europe/Paris, mail: { smtp: 'smtp://127.0.0.1:25', from: 'Harbour <status@example.org>' }, url: 'https://status.example.org/' }\n" \
    "contacts: { ops: { mail: ops@example.org } }\n"                                                                      \
    "components:\n"                                                                                                       \
    "  website: { name: { en: Website, fr: Site web } }\n"                                                                \
    "  mail: { name: Mail }\n"                                                                                            \
    "mail_in: { server: mx.example.org }\n"                                                                               \
    "upstreams:\n"                                                                                                        \
    "  fibre: { from: ['*@fibre.example'], provider: fibre.example, account: '137*', objects: { 'line-1*': 'website', 'line-2': 'mail, website' }, components: [mail] }\n" \
    "  power: { from: [noc@power.example], components: [website], publish: tentative, dkim: yes }\n"
#define DAY_MS (24 * HOUR_MS)

static int setup(void **state)
{
    *state = kit_up(SITE);
    return 0;
}
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, kit_teardown)

static const char *compact(struct kit *k, int64_t ms)
{
    struct civil c;
    time_civil(ms, NULL, &c);
    return arena_printf(k->arena, "%04d%02d%02dT%02d%02d00Z", c.year, c.month, c.day, c.hour, c.minute);
}

/* Tomorrow, whole minutes. */
static int64_t tomorrow(void)
{
    return (clock_wall_ms() / 60000 + 24 * 60) * 60000;
}

static const char *note(struct kit *k, const char *head, int64_t start_ms, int sequence, const char *more)
{
    return arena_printf(k->arena,
                        "From: NOC <noc@fibre.example>\nMessage-ID: <%d.%lld@fibre.example>\nAuto-Submitted: auto-generated\nSubject: Work\n%sContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee the calendar.\n--b\n"
                        "Content-Type: text/calendar; charset=utf-8\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:w1@fibre.example\nSEQUENCE:%d\nSUMMARY:Fibre work\nDESCRIPTION:Splicing.\\nTwo hours.\nDTSTART:%s\nDTEND:%s\n"
                        "X-MAINTNOTE-PROVIDER:fibre.example\nX-MAINTNOTE-ACCOUNT:137.03\nX-MAINTNOTE-MAINTENANCE-ID:WO-7\n%sEND:VEVENT\nEND:VCALENDAR\n--b--\n",
                        sequence, (long long)start_ms, head, sequence, compact(k, start_ms), compact(k, start_ms + 2 * HOUR_MS), more);
}

static const char *take_as(struct kit *k, const char *mail, const char *as)
{
    struct doc *d = doc_object(k->arena);
    struct principal who = {.name = "pipe", .via = "api", .role = ROLE_OPERATOR};
    doc_put_text(d, "mail", mail);
    doc_put_text(d, "as", as);
    k->answered = false;
    op_run(k->house, op_find("mail-in"), d, &who, "en", "", kit_done, k);
    if (kit_wait(k) != 200)
        fail_msg("%s", kit_text(k));
    sim_run_for(3000);
    return doc_text(k->reply, "outcome", "");
}
#define TAKE(mail) take_as(k, mail, "any")

static const struct bulletin *bulletin(struct kit *k, int64_t id)
{
    return board_find(k->house->board, id);
}

#define OBJECT "X-MAINTNOTE-OBJECT-ID:line-17\nX-MAINTNOTE-IMPACT:REDUCED-REDUNDANCY\nX-MAINTNOTE-STATUS:CONFIRMED\n"

static void test_a_note_becomes_a_draft(void **state)
{
    struct kit *k = *state;
    int64_t start = tomorrow();
    assert_string_equal(TAKE(note(k, "", start, 1, OBJECT)), "upstream");
    const struct bulletin *b = bulletin(k, 1);
    assert_true(b->draft && b->kind == BULLETIN_WORK);
    assert_int_equal(b->start_ms, start);
    assert_int_equal(b->end_ms, start + 2 * HOUR_MS);
    assert_int_equal(b->effect, EFFECT_REDUNDANCY);
    assert_int_equal(b->n_components, 1);
    assert_string_equal(b->components[0], "website");
    assert_string_equal(b->origin, "mail");
    assert_string_equal(b->author, "upstream:fibre");
    assert_string_equal(wording_for(&b->title, "en", NULL), "Fibre work");
    kit_has(wording_for(&b->updates[0].text, "en", NULL), "Splicing.\nTwo hours.");
    kit_has(wording_for(&b->updates[0].text, "en", NULL), "Their reference: WO-7");
    assert_string_equal(TAKE(note(k, "", start, 1, OBJECT)), "known");
    assert_int_equal(board_count(k->house->board), 1);
    kit_get(k, "/");
    kit_lacks(buf_text(&k->text), "Fibre work");
}

static void test_news_move_the_draft(void **state)
{
    struct kit *k = *state;
    int64_t start = tomorrow();
    TAKE(note(k, "", start, 1, OBJECT));
    assert_string_equal(TAKE(note(k, "", start + DAY_MS, 2, OBJECT)), "upstream");
    assert_int_equal(bulletin(k, 1)->start_ms, start + DAY_MS);
    assert_string_equal(TAKE(note(k, "", start, 1, OBJECT)), "known"); /* the older one again */
    assert_int_equal(bulletin(k, 1)->start_ms, start + DAY_MS);
    kit_stop(k);
    kit_start(k);
    sim_run_for(2000);
    assert_string_equal(TAKE(note(k, "", start + 2 * DAY_MS, 3, OBJECT)), "upstream");
    assert_int_equal(bulletin(k, 1)->start_ms, start + 2 * DAY_MS);
    assert_string_equal(TAKE(note(k, "", start + 2 * DAY_MS, 4, "X-MAINTNOTE-STATUS: cancelled\n")), "upstream");
    assert_null(bulletin(k, 1));
    assert_string_equal(TAKE(note(k, "", start + 2 * DAY_MS, 5, OBJECT)), "known"); /* it is thrown away */
    assert_int_equal(board_count(k->house->board), 0);
}

static int mails_with(const char *text)
{
    int n = 0;
    for (int i = 0; i < sim_mails(); i++)
        n += strstr(sim_mail_at(i)->message, text) != NULL;
    return n;
}

static void test_what_people_published_is_theirs(void **state)
{
    struct kit *k = *state;
    int64_t start = tomorrow();
    TAKE(note(k, "", start, 1, OBJECT));
    assert_int_equal(kit_op(k, "incident-publish", "{'id':'1'}"), 200);
    sim_run_for(3000);
    assert_string_equal(TAKE(note(k, "", start + DAY_MS, 2, OBJECT)), "upstream");
    assert_int_equal(bulletin(k, 1)->start_ms, start); /* proposed, not done */
    assert_int_equal(mails_with("vigie maintenance move 1 --start"), 1);
    assert_string_equal(TAKE(note(k, "", start + DAY_MS, 2, OBJECT)), "known");
    assert_int_equal(mails_with("vigie maintenance move 1 --start"), 1);
    assert_string_equal(TAKE(note(k, "", start + DAY_MS, 3, "X-MAINTNOTE-STATUS:CANCELLED\n")), "upstream");
    assert_int_equal(mails_with("vigie maintenance cancel 1"), 1);
    assert_int_not_equal(bulletin(k, 1)->phase, PHASE_CANCELLED);
}

static void test_objects_and_impacts(void **state)
{
    struct kit *k = *state;
    int64_t start = tomorrow();
    TAKE(note(k, "", start, 1, "X-MAINTNOTE-OBJECT-ID:line-2\nX-MAINTNOTE-OBJECT-ID;X-MAINTNOTE-OBJECT-IMPACT=NO-IMPACT:other\nX-MAINTNOTE-IMPACT:NO-IMPACT\n"));
    const struct bulletin *b = bulletin(k, 1);
    assert_int_equal(b->n_components, 2);
    assert_int_equal(b->effect, EFFECT_NONE);
    assert_int_equal(b->phase, PHASE_TENTATIVE); /* no status: not sure */
    kit_op(k, "incident-remove", "{'id':'1'}");
    assert_string_equal(TAKE(arena_printf(k->arena, "%s", strstr(note(k, "", start, 9, "X-MAINTNOTE-OBJECT-ID:unknown\n"), "From:"))), "known"); /* staff threw it away */
}

static void test_bad_notes_are_told(void **state)
{
    struct kit *k = *state;
    static const char *const bad[] = {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nX-MAINTNOTE-PROVIDER:fibre.example\nX-MAINTNOTE-ACCOUNT:1370\nDTSTART:20270101T000000Z\nDTEND:20270101T010000Z\nEND:VEVENT\nEND:VCALENDAR\n",
                                      "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nX-MAINTNOTE-PROVIDER:fibre.example\nX-MAINTNOTE-ACCOUNT:1370\nEND:VEVENT\nEND:VCALENDAR\n",
                                      "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nX-MAINTNOTE-PROVIDER:fibre.example\nX-MAINTNOTE-ACCOUNT:1370\nDTSTART:20270101T020000Z\nDTEND:20270101T010000Z\nEND:VEVENT\nEND:VCALENDAR\n",
                                      "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\n", "From: noc@fibre.example\nSubject: x\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\n"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_string_equal(take_as(k, bad[i], "upstream"), "bad");
        assert_int_equal(doc_int(k->reply, "exit", 0), 65);
    }
    assert_string_equal(take_as(k, "From: x@stranger.example\nSubject: x\n\nx", "upstream"), "refused");
    assert_int_equal(doc_int(k->reply, "exit", 0), 77);
    assert_string_equal(TAKE(note(k, "", clock_wall_ms() - DAY_MS, 1, OBJECT)), "known"); /* over before we heard of it */
    assert_string_equal(TAKE(note(k, "", tomorrow(), 1, "X-MAINTNOTE-STATUS:CANCELLED\n")), "known");
    assert_int_equal(board_count(k->house->board), 0);
    char *other = arena_dup(k->arena, note(k, "", tomorrow(), 1, OBJECT));
    memcpy(strstr(other, "ACCOUNT:137"), "ACCOUNT:999", 11); /* another client's */
    assert_string_equal(TAKE(other), "ignored");
    assert_int_equal(board_count(k->house->board), 0);
}

static const char *from_power(struct kit *k, const char *head, int sequence, int64_t start)
{
    char *mail = arena_dup(k->arena, note(k, head, start, sequence, "X-MAINTNOTE-STATUS:TENTATIVE\n"));
    memcpy(strstr(mail, "noc@fibre.example"), "noc@power.example", 17);
    return mail;
}

static void test_only_proven_notes_publish(void **state)
{
    struct kit *k = *state;
    int64_t start = tomorrow();
    assert_string_equal(TAKE(from_power(k, "", 1, start)), "ignored");
    assert_string_equal(TAKE(from_power(k, "Authentication-Results: mx.example.org; dkim=pass header.d=evil.example\n", 1, start)), "ignored");
    assert_string_equal(TAKE(from_power(k, "Authentication-Results: mx.example.org; dkim=pass header.d=power.example\n", 1, start)), "upstream");
    assert_false(bulletin(k, 1)->draft);
    assert_int_equal(bulletin(k, 1)->phase, PHASE_TENTATIVE);
    assert_string_equal(TAKE(from_power(k, "Authentication-Results: mx.example.org; dkim=pass header.d=power.example\n", 2, start + HOUR_MS)), "upstream");
    assert_int_equal(bulletin(k, 1)->start_ms, start + HOUR_MS);
}

static void test_a_text_becomes_a_draft(void **state)
{
    struct kit *k = *state;
    static const char mail[] = "From: noc@fibre.example\nMessage-ID: <t@fibre.example>\nSubject: Urgent work\n\nWe repair line-2 tonight.\n";
    assert_string_equal(TAKE(mail), "upstream");
    const struct bulletin *b = bulletin(k, 1);
    assert_true(b->draft && b->kind == BULLETIN_INCIDENT);
    assert_string_equal(wording_for(&b->title, "en", NULL), "Urgent work");
    assert_int_equal(b->n_components, 2);
    assert_int_equal(bulletin_worst(b, clock_wall_ms()), LEVEL_OPERATIONAL);
    kit_has(wording_for(&b->updates[0].text, "en", NULL), "We repair line-2 tonight.");
    assert_string_equal(TAKE(mail), "known");
    assert_int_equal(board_count(k->house->board), 1);
}

static void test_drafts_are_bounded(void **state)
{
    struct kit *k = *state;
    for (int i = 0; i < 50; i++)
        assert_string_equal(TAKE(arena_printf(k->arena, "From: noc@fibre.example\nMessage-ID: <%d@fibre.example>\nSubject: x\n\nx", i)), "upstream");
    assert_string_equal(TAKE("From: noc@fibre.example\nMessage-ID: <last@fibre.example>\nSubject: x\n\nx"), "bad");
    assert_int_equal(board_count(k->house->board), 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_note_becomes_a_draft), TEST(test_news_move_the_draft), TEST(test_what_people_published_is_theirs), TEST(test_objects_and_impacts), TEST(test_bad_notes_are_told),
        TEST(test_only_proven_notes_publish), TEST(test_a_text_becomes_a_draft), TEST(test_drafts_are_bounded),
    };
    return cmocka_run_group_tests_name("ops_upstream", tests, NULL, NULL);
}
