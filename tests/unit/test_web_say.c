/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Staff's pages of incidents: forms without script, looked at before they are posted, drafts published with one press; hostile text
 * (LES-1, ANN-11, ANN-14, ST-19). */
#include "daemon_kit.h"

#define YAML                                                                                                              \
    "hosts:\n  box: { alive: no, checks: [{ passive: { name: web, attempts: 1 } }] }\n"                                    \
    "components:\n"                                                                                                       \
    "  website: { name: { en: Website, fr: Site web }, depends: [box/web], after: 1m }\n"                                   \
    "  mail: { name: { en: Mail, fr: Courriel } }\n"

static int setup(void **state)
{
    struct kit *k = kit_up(YAML);
    kit_login(k, ROLE_OPERATOR);
    *state = k;
    return 0;
}
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, kit_teardown)

static const char *page(struct kit *k)
{
    return buf_text(&k->text);
}

static void test_open_by_form(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_get(k, "/console/incidents"), 200);
    kit_has(page(k), "/console/incidents/act?action=open");
    assert_int_equal(kit_get(k, "/console/incidents/act?action=open"), 200);
    kit_has(page(k), "name=\"level:website\"");
    assert_int_equal(kit_form(k, "/console/incidents/act", "action=open&do=look&level%3Awebsite=major&en=**Big**+%3Cscript%3E&title-en="), 200);
    kit_has(page(k), "<strong>Big</strong> &lt;script&gt;");
    kit_has(page(k), "Site web : en panne"); /* the title of the other language */
    kit_has(page(k), "The translation is missing");
    kit_has(page(k), "value=\"major\" selected"); /* what was typed is kept */
    assert_int_equal(board_count(k->house->board), 0);
    assert_int_equal(kit_form(k, "/console/incidents/act", "action=open&do=post&level%3Awebsite=major&en=Down.&fr=En+panne."), 303);
    assert_string_equal(kit_header(k, "Location"), "/console/incidents");
    const struct bulletin *b = board_find(k->house->board, 1);
    assert_int_equal(bulletin_worst(b, clock_wall_ms()), LEVEL_MAJOR);
    assert_string_equal(b->author, "operator");
    assert_int_equal(b->updates[0].text.n, 2);
    assert_int_equal(kit_get(k, "/console/incidents"), 200);
    kit_has(page(k), "Website: down");
    assert_int_equal(kit_get(k, "/console/incidents/1"), 200);
    kit_has(page(k), "What was said");
    assert_int_equal(kit_form(k, "/console/incidents/act", "action=update&id=1&do=post&phase=identified&level%3Awebsite=&level%3Amail=degraded&en=A+disk."), 303);
    assert_int_equal(bulletin_level(board_find(k->house->board, 1), "mail", clock_wall_ms()), LEVEL_DEGRADED);
    assert_int_equal(kit_form(k, "/console/incidents/act", "action=resolve&id=1&do=post&en=Well."), 303);
    assert_int_equal(board_find(k->house->board, 1)->phase, PHASE_RESOLVED);
    assert_int_equal(kit_form(k, "/console/incidents/act", "action=report&id=1&do=post&en=Why&public=yes"), 303);
    assert_true(board_find(k->house->board, 1)->report_public);
}

static void test_one_press(void **state)
{
    struct kit *k = *state;
    kit_op(k, "result", "{'target':'box/web','state':'ok','output':'x'}");
    kit_op(k, "result", "{'target':'box/web','state':'critical','output':'secret of the host'}");
    sim_run_for(2 * MINUTE_MS);
    assert_int_equal(kit_get(k, "/console/incidents"), 200);
    kit_has(page(k), "Drafts: publish or throw away");
    kit_has(page(k), "data-key=\"p\"");
    kit_lacks(page(k), "secret of the host"); /* drafts hold nothing of checks: they may become public */
    assert_int_equal(kit_form(k, "/console/incidents/act", "action=publish&do=post&id=1"), 303);
    assert_true(bulletin_is_public(board_find(k->house->board, 1)));
    assert_int_equal(kit_form(k, "/console/incidents/act", "action=publish&do=post&id=1"), 400); /* twice: said, not done */
    kit_has(page(k), "role=\"alert\"");
}

static void test_plan(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_get(k, "/console/incidents/act?action=plan"), 200);
    assert_int_equal(kit_form(k, "/console/incidents/act", "action=plan&do=post&touch=website&touch=mail&for=1h"), 400);
    kit_has(page(k), "role=\"alert\"");
    kit_has(page(k), "value=\"website\" checked");
    assert_int_equal(kit_form(k, "/console/incidents/act", "action=plan&do=post&touch=website&touch=mail&start=%2B2h&for=1h&effect=degraded&tentative=yes&en=Disks"), 303);
    assert_int_equal(board_find(k->house->board, 1)->phase, PHASE_TENTATIVE);
    assert_int_equal(board_find(k->house->board, 1)->n_components, 2);
    assert_int_equal(kit_form(k, "/console/incidents/act", "action=confirm&do=post&id=1"), 303);
    assert_int_equal(kit_form(k, "/console/incidents/act", "action=move&do=post&id=1&start=%2B5h&for=1h"), 303);
    assert_int_equal(kit_form(k, "/console/incidents/act", "action=cancel&do=post&id=1&fr=Plus+tard"), 303);
    assert_int_equal(board_find(k->house->board, 1)->phase, PHASE_CANCELLED);
}

static void test_refusals(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_get(k, "/console/incidents/act?action=nonsense"), 400);
    assert_int_equal(kit_get(k, "/console/incidents/act?action=update&id=99"), 404);
    assert_int_equal(kit_get(k, "/console/incidents/99"), 404);
    assert_int_equal(kit_post(k, "/console/incidents/act", "action=open&do=post&title-en=x"), 403); /* no token */
    assert_int_equal(kit_form(k, "/console/incidents/act", "action=open&do=post&level%3A%3Cb%3E=major&en=x"), 400);
    kit_lacks(page(k), "<b>major");
    assert_int_equal(kit_form(k, "/console/incidents/act", "action=open&do=post&title-en=%22%3E%3Cscript%3E&at=yesterday"), 400);
    kit_has(page(k), "value=\"&quot;&gt;&lt;script&gt;\"");
    assert_int_equal(board_count(k->house->board), 0);
    kit_login(k, ROLE_VIEWER);
    assert_int_equal(kit_get(k, "/console/incidents"), 200);
    kit_lacks(page(k), "action=open");
    assert_int_equal(kit_form(k, "/console/incidents/act", "action=open&do=post&title-en=x"), 403);
    assert_int_equal(kit_get(k, "/console/incidents/act?action=open"), 403);
}

static void test_correct_in_french(void **state)
{
    struct kit *k = *state;
    kit_op(k, "incident-open", "{'title-en':'Slow','en':'x'}");
    assert_int_equal(kit_get(k, "/console/incidents/act?action=edit&id=1&lang=fr"), 200);
    kit_has(page(k), "value=\"Slow\"");
    kit_has(page(k), "Titre en français");
    assert_int_equal(kit_form(k, "/console/incidents/act", "action=edit&id=1&do=post&title-en=Slow+mail"), 303);
    assert_string_equal(wording_for(&board_find(k->house->board, 1)->title, "en", NULL), "Slow mail");
    assert_int_equal(kit_get(k, "/console/incidents/1?lang=fr"), 200);
    kit_has(page(k), "[en]"); /* what is written in the other language is marked */
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_open_by_form), TEST(test_one_press), TEST(test_plan), TEST(test_refusals), TEST(test_correct_in_french)};
    return cmocka_run_group_tests_name("web_say", tests, NULL, NULL);
}
