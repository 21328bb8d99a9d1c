/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Planned work by operations: its life, moves, partners (ANN-1, ANN-8); and what staff do with incidents: drafts, corrections, reports,
 * texts of the configuration (ST-22, LES-4, ANN-14). */
#include "daemon_kit.h"

#define YAML                                                                                                              \
    "hosts:\n  box: { alive: no, checks: [{ passive: { name: web, attempts: 1 } }] }\n"                                    \
    "components:\n"                                                                                                       \
    "  website: { name: { en: Website, fr: Site web }, depends: [box/web] }\n"                                             \
    "  r1: { name: Router 1, partners: [r2] }\n"                                                                           \
    "  r2: { name: Router 2 }\n"                                                                                           \
    "texts:\n"                                                                                                            \
    "  disk: { title: { en: '${component}: disk ${disk} broken', fr: '${component} : disque ${disk} en panne' }, text: { en: 'We replace ${disk}.' }," \
    " impact: partial, phase: identified, components: [website] }\n"

static int setup(void **state)
{
    *state = kit_up(YAML);
    return 0;
}
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, kit_teardown)

static const struct doc *bulletin(struct kit *k)
{
    return doc_get(k->reply, "bulletin");
}

static const char *text_of(struct kit *k, const char *key)
{
    return doc_text(bulletin(k), key, "-");
}

static void test_life_of_work(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "maintenance-plan", "{'components':['website'],'start':'+48h','for':'1h','text':'New kernel.','tentative':true}"), 200);
    assert_string_equal(text_of(k, "phase"), "tentative");
    assert_string_equal(doc_text(doc_get(bulletin(k), "title"), "fr", ""), "Site web : travaux prévus");
    assert_int_equal(kit_op(k, "maintenance-start", "{'id':'1'}"), 409); /* not sure yet */
    kit_refused(k, 409, "conflict", "phase");
    assert_int_equal(kit_op(k, "maintenance-confirm", "{'id':'1'}"), 200);
    assert_int_equal(doc_int(bulletin(k), "sequence", 0), 1);
    assert_int_equal(kit_op(k, "maintenance-confirm", "{'id':'1'}"), 409);
    assert_int_equal(kit_op(k, "maintenance-move", "{'id':'1','start':'+72h'}"), 200); /* as long as before */
    const struct bulletin *b = board_find(k->house->board, 1);
    assert_int_equal(b->end_ms - b->start_ms, HOUR_MS);
    assert_int_equal(b->sequence, 2);
    assert_true(b->moved_from_ms > 0);
    assert_int_equal(kit_op(k, "maintenance-move", "{'id':'1'}"), 409); /* those are its times */
    assert_int_equal(kit_op(k, "maintenance-start", "{'id':'1','text':'Now.'}"), 200);
    assert_string_equal(doc_text(doc_get(k->reply, "shown")->kids.first, "level", ""), "planned");
    kit_op(k, "maintenance", NULL);
    assert_int_equal(doc_get(k->reply, "bulletins")->kids.n, 1);
    assert_int_equal(kit_op(k, "maintenance-complete", "{'id':'1'}"), 200);
    assert_int_equal(kit_op(k, "maintenance-cancel", "{'id':'1'}"), 409);
    kit_op(k, "maintenance", NULL);
    assert_int_equal(doc_get(k->reply, "bulletins")->kids.n, 0);
}

static void test_refusals(void **state)
{
    struct kit *k = *state;
    kit_op(k, "maintenance-plan", "{'components':['website'],'text':'x'}");
    kit_refused(k, 400, "invalid", "start");
    kit_op(k, "maintenance-plan", "{'components':['website'],'start':'+1h','end':'+30m'}");
    kit_refused(k, 400, "invalid", "end");
    kit_op(k, "maintenance-plan", "{'components':['website'],'start':'-2d','for':'1h'}");
    kit_refused(k, 400, "invalid", "start");
    kit_op(k, "maintenance-plan", "{'components':['website'],'start':'+1h','for':'300d'}");
    kit_refused(k, 400, "invalid", "end");
    kit_op(k, "maintenance-plan", "{'components':['nothing'],'start':'+1h'}");
    kit_refused(k, 400, "invalid", "components");
    kit_op(k, "maintenance-plan", "{'components':['website'],'start':'+1h','effect':'huge'}");
    kit_refused(k, 400, "invalid", "effect");
    kit_op(k, "incident-open", "{'title':'x'}");
    kit_op(k, "maintenance-cancel", "{'id':'1'}");
    kit_refused(k, 409, "conflict", "id");
    assert_int_equal(board_count(k->house->board), 1);
}

static void test_partners(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "maintenance-plan", "{'components':['r1'],'start':'+24h','for':'2h'}"), 200);
    kit_op(k, "maintenance-plan", "{'components':['r2'],'start':'+25h','for':'2h'}");
    kit_refused(k, 409, "conflict", "start");
    assert_non_null(strstr(kit_error(k, "message"), "work 1 is planned on its partner r1"));
    assert_int_equal(kit_op(k, "maintenance-plan", "{'components':['r2'],'start':'+26h','for':'2h'}"), 200); /* after it */
    assert_int_equal(kit_op(k, "maintenance-plan", "{'components':['r2'],'start':'+25h','for':'2h','overlap':true}"), 200);
    static const struct store_stmt said = {"said", "SELECT detail FROM audit WHERE action = 'maintenance plan' AND detail LIKE 'overlaps%'"};
    struct store_rows rows = {0};
    assert_int_equal(store_read_now(k->house->store, &said, NULL, 0, 10, &rows, NULL), 0);
    assert_int_equal(rows.n_rows, 1); /* that it was meant so is recorded */
    store_rows_done(&rows);
    kit_op(k, "maintenance-move", "{'id':'2','start':'+24h'}");
    kit_refused(k, 409, "conflict", "start");
}

static void test_drafts(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "incident-open", "{'components':['website'],'impact':'major','text':'x','draft':true}"), 200);
    assert_false(doc_bool(bulletin(k), "public", true));
    kit_op(k, "incidents", "{'which':'drafts'}");
    assert_int_equal(doc_get(k->reply, "bulletins")->kids.n, 1);
    kit_op(k, "incident-retract", "{'id':'1'}");
    kit_refused(k, 409, "conflict", "id");
    assert_int_equal(kit_op(k, "incident-publish", "{'id':'1','components':['website:degraded'],'en':'The web is slow.'}"), 200);
    assert_true(doc_bool(bulletin(k), "public", false));
    assert_string_equal(text_of(k, "level"), "degraded");
    assert_string_equal(board_find(k->house->board, 1)->updates[0].text.text[0], "The web is slow.");
    assert_int_equal(kit_op(k, "incident-publish", "{'id':'1'}"), 409);
    kit_op(k, "incident-remove", "{'id':'1'}");
    kit_refused(k, 409, "conflict", NULL); /* its link must stay */
    assert_int_equal(kit_op(k, "incident-retract", "{'id':'1'}"), 200);
    assert_int_equal(kit_op(k, "incident-update", "{'id':'1','text':'y'}"), 409);
    kit_op(k, "incident-open", "{'title':'x','draft':true}");
    assert_int_equal(kit_op(k, "incident-remove", "{'id':'2'}"), 200);
    assert_int_equal(kit_op(k, "incident", "{'id':'2'}"), 404);
    kit_stop(k);
    kit_start(k);
    assert_int_equal(board_count(k->house->board), 1);
    assert_true(board_find(k->house->board, 1)->retracted);
    kit_op(k, "incident-open", "{'title':'z'}");
    assert_true(doc_int(bulletin(k), "id", 0) >= 2);
}

static void test_corrections_and_report(void **state)
{
    struct kit *k = *state;
    kit_op(k, "incident-open", "{'components':['website'],'impact':'major','text':'Dwon.'}");
    kit_op(k, "incident-edit", "{'id':'1'}");
    kit_refused(k, 400, "invalid", NULL);
    assert_int_equal(kit_op(k, "incident-edit", "{'id':'1','text':'Down.'}"), 200);
    const struct bulletin *b = board_find(k->house->board, 1);
    assert_int_equal(b->n_updates, 1);
    assert_true(b->updates[0].edited_ms > 0);
    assert_string_equal(b->updates[0].text.text[0], "Down.");
    kit_op(k, "incident-edit", "{'id':'1','update':9,'text':'x'}");
    kit_refused(k, 404, "not_found", "update");
    assert_int_equal(kit_op(k, "incident-edit", "{'id':'1','started':'-30m','pinned':true,'title-en':'The site is down','components':['r1']}"), 200);
    b = board_find(k->house->board, 1);
    assert_true(b->pinned && b->noticed_ms - b->started_ms > 29 * MINUTE_MS);
    assert_true(bulletin_touches(b, "r1"));
    kit_op(k, "incident-edit", "{'id':'1','ended':'-1m'}");
    kit_refused(k, 409, "conflict", "ended");
    kit_op(k, "incident-resolve", "{'id':'1','at':'-5m'}");
    assert_int_equal(kit_op(k, "incident-report", "{'id':'1','en':'## Why','fr':'## Pourquoi','public':true}"), 200);
    assert_true(board_find(k->house->board, 1)->report_public);
    kit_op(k, "incident-report", "{'id':'1','public':false}");
    assert_false(board_find(k->house->board, 1)->report_public);
}

static void test_texts(void **state)
{
    struct kit *k = *state;
    kit_op(k, "incident-open", "{'use':'dsik'}");
    kit_refused(k, 400, "invalid", "use");
    kit_op(k, "incident-open", "{'use':'disk'}");
    kit_refused(k, 400, "invalid", "set"); /* a gap is never published */
    assert_int_equal(kit_op(k, "incident-open", "{'use':'disk','set':['disk=sdb']}"), 200);
    assert_string_equal(doc_text(doc_get(bulletin(k), "title"), "en", ""), "Website: disk sdb broken");
    assert_string_equal(doc_text(doc_get(bulletin(k), "title"), "fr", ""), "Site web : disque sdb en panne");
    assert_string_equal(text_of(k, "phase"), "identified");
    assert_string_equal(text_of(k, "level"), "partial");
    assert_string_equal(board_find(k->house->board, 1)->updates[0].text.text[0], "We replace sdb.");
    assert_int_equal(kit_op(k, "incident-open", "{'use':'disk','components':['r1:major'],'title':'Mine','set':['disk=sdc']}"), 200);
    assert_string_equal(doc_text(doc_get(bulletin(k), "title"), "en", ""), "Mine"); /* what a person says stands */
    assert_string_equal(text_of(k, "level"), "major");
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_life_of_work), TEST(test_refusals), TEST(test_partners), TEST(test_drafts), TEST(test_corrections_and_report), TEST(test_texts)};
    return cmocka_run_group_tests_name("ops_maint", tests, NULL, NULL);
}
