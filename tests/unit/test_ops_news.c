/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operations on incidents: open, update, resolve, list, show; what is refused; what stays over a restart (ST-3, ST-8, LES-4, ANN-14). */
#include "daemon_kit.h"

#define YAML                                                                                                              \
    "site: { url: 'https://status.example.org/' }\n"                                                                      \
    "hosts:\n"                                                                                                            \
    "  box: { alive: no, checks: [{ passive: { name: web, attempts: 1 } }] }\n"                                            \
    "components:\n"                                                                                                       \
    "  website: { name: { en: Website, fr: Site web }, depends: [box/web] }\n"                                             \
    "  mail: { name: { en: Mail, fr: Courriel } }\n"

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

static const char *shown(struct kit *k, const char *component)
{
    DOC_EACH(doc_get(k->reply, "shown"), d)
        if (str_eq(doc_text(d, "component", ""), component))
            return doc_text(d, "level", "");
    return "-";
}

static const char *title(struct kit *k, const char *lang)
{
    return doc_text(doc_get(bulletin(k), "title"), lang, "-");
}

static void test_open_one_line(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "incident-open", "{'components':['website'],'impact':'major','text':'We look.'}"), 200);
    assert_int_equal(doc_int(bulletin(k), "id", 0), 1);
    assert_string_equal(shown(k, "website"), "major");
    assert_string_equal(title(k, "en"), "Website: down"); /* a title in both languages by itself */
    assert_string_equal(title(k, "fr"), "Site web : en panne");
    assert_true(str_starts(doc_text(bulletin(k), "url", ""), "https://status.example.org/incident/"));
    assert_string_equal(doc_get(bulletin(k), "text_missing")->kids.first->text, "fr"); /* said before anybody wonders */
    assert_int_equal(kit_op(k, "incidents", NULL), 200);
    assert_int_equal(doc_get(k->reply, "bulletins")->kids.n, 1);
}

static void test_life(void **state)
{
    struct kit *k = *state;
    kit_op(k, "incident-open", "{'components':['website:partial','mail:degraded'],'title-en':'Slow','title-fr':'Lent','en':'We look.','fr':'Nous cherchons.'}");
    assert_int_equal(doc_get(bulletin(k), "text_missing")->kids.n, 0);
    const char *key = doc_text(bulletin(k), "key", "");
    assert_int_equal(kit_op(k, "incident-update", arena_printf(k->arena, "{'id':'%s','phase':'identified','components':['mail:operational'],'text':'A disk.','next-by':'+30m'}", key)), 200);
    assert_string_equal(shown(k, "mail"), "operational");
    assert_string_equal(shown(k, "website"), "partial");
    assert_int_equal(kit_op(k, "incident-update", "{'id':'1','impact':'major'}"), 200); /* of all it touches */
    assert_string_equal(shown(k, "mail"), "major");
    kit_stop(k);
    kit_start(k); /* all of it was kept */
    assert_int_equal(kit_op(k, "incident", "{'id':'1'}"), 200);
    assert_string_equal(doc_text(bulletin(k), "key", ""), key);
    assert_string_equal(shown(k, "website"), "major");
    assert_int_equal(doc_get(bulletin(k), "updates")->kids.n, 3);
    assert_int_equal(kit_op(k, "incident-resolve", "{'id':'1','text':'All is well.'}"), 200);
    assert_string_equal(shown(k, "website"), "unknown"); /* its check never said anything */
    assert_string_equal(doc_text(bulletin(k), "phase", ""), "resolved");
    assert_int_equal(kit_op(k, "incident-resolve", "{'id':'1'}"), 409);
    kit_op(k, "incidents", NULL);
    assert_int_equal(doc_get(k->reply, "bulletins")->kids.n, 0);
    kit_op(k, "incidents", "{'which':'recent'}");
    assert_int_equal(doc_get(k->reply, "bulletins")->kids.n, 1);
}

static void test_dry_run(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "incident-open", "{'components':['website'],'impact':'major','en':'We look.','dry-run':true}"), 200);
    assert_string_equal(shown(k, "website"), "major"); /* as it would be */
    const struct doc *fr = doc_get(k->reply, "preview")->kids.last;
    assert_string_equal(doc_text(fr, "title", ""), "Site web : en panne");
    assert_string_equal(doc_text(fr, "text_lang", ""), "en"); /* falls back, marked */
    kit_op(k, "incidents", "{'which':'all'}");
    assert_int_equal(doc_get(k->reply, "bulletins")->kids.n, 0);
    assert_int_equal(board_count(k->house->board), 0);
}

static void test_refusals(void **state)
{
    struct kit *k = *state;
    struct buf huge = BUF_MAX(1 << 20);
    struct principal viewer = kit_who(ROLE_VIEWER);
    kit_op(k, "incident-open", "{'components':['websit'],'text':'x'}");
    kit_refused(k, 400, "invalid", "components");
    assert_string_equal(kit_error(k, "message"), "there is no component websit; did you mean website?");
    kit_op(k, "incident-open", "{'components':['website:awful'],'text':'x'}");
    kit_refused(k, 400, "invalid", "components");
    kit_op(k, "incident-open", "{'impact':'planned'}");
    kit_refused(k, 400, "invalid", "impact");
    kit_op(k, "incident-open", "{}");
    kit_refused(k, 400, "invalid", "title");
    kit_op(k, "incident-open", "{'title':'x','at':'+3d'}");
    kit_refused(k, 400, "invalid", "at");
    for (int i = 0; i < 2500; i++)
        buf_str(&huge, "0123456789");
    kit_op(k, "incident-open", arena_printf(k->arena, "{'title':'x','text':'%s'}", buf_text(&huge)));
    kit_refused(k, 400, "invalid", "text");
    kit_op(k, "incident-open", arena_printf(k->arena, "{'title-fr':'%.3000s'}", buf_text(&huge)));
    kit_refused(k, 400, "invalid", "title-fr");
    kit_op(k, "incident-open", "{'title':{'en':'x','tlh-and-more':'y'}}");
    kit_refused(k, 400, "invalid", "title");
    kit_op(k, "incident-update", "{'id':'9','text':'x'}");
    kit_refused(k, 404, "not_found", "id");
    kit_op(k, "incident", "{'id':'../../etc'}");
    kit_refused(k, 404, "not_found", "id");
    assert_int_equal(kit_op_as(k, "incident-open", "{'title':'x'}", &viewer), 403);
    assert_int_equal(kit_op_as(k, "incidents", NULL, &viewer), 200);
    assert_int_equal(board_count(k->house->board), 0); /* nothing of that was kept */
    buf_done(&huge);
}

static void test_hostile_text(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "incident-open", "{'title':'a\\u0007b\\u001b[31m','text':'line\\n<script>x</script>\\u202e'}"), 200);
    assert_null(strchr(title(k, "en"), '\a'));
    assert_null(strchr(title(k, "en"), '\033'));
    kit_op(k, "incident", "{'id':'1'}");
    const char *text = doc_text(doc_get(doc_get(bulletin(k), "updates")->kids.first, "text"), "en", "");
    assert_non_null(strstr(text, "<script>")); /* kept as text; whoever shows it escapes it */
    assert_non_null(strchr(text, '\n'));
}

/* What cannot be kept is not published. */
static void test_disk_full(void **state)
{
    struct kit *k = *state;
    kit_op(k, "incident-open", "{'components':['mail'],'impact':'degraded','text':'Slow.'}");
    sim_disk_fault(SIM_DISK_FULL);
    kit_begin(k, "incident-update", "{'id':'1','impact':'major','text':'Worse.'}", &(struct principal){.name = "anna", .via = "cli", .role = ROLE_ADMIN});
    assert_int_equal(kit_wait(k), 507);
    assert_int_equal(bulletin_worst(board_find(k->house->board, 1), clock_wall_ms()), LEVEL_DEGRADED);
    kit_op(k, "incident-open", "{'components':['website'],'impact':'major','text':'Down.'}");
    assert_int_equal(k->status, 507);
    assert_int_equal(board_count(k->house->board), 1);
    sim_disk_fault(SIM_DISK_OK);
    sim_run_for(20000);
    assert_int_equal(kit_op(k, "incident-update", "{'id':'1','impact':'partial','text':'Worse.'}"), 200);
    kit_stop(k);
    kit_start(k);
    assert_int_equal(board_count(k->house->board), 1);
    assert_int_equal(board_find(k->house->board, 1)->n_updates, 2);
    assert_int_equal(bulletin_worst(board_find(k->house->board, 1), clock_wall_ms()), LEVEL_PARTIAL);
}

/* A row that nobody can read costs that row, not the start; its number is not given again. */
static void test_bad_row(void **state)
{
    static const struct store_stmt spoil = {"spoil", "UPDATE bulletin SET body = '{\"id\":2,\"key\":\"x\"}' WHERE id = 2"};
    struct kit *k = *state;
    kit_op(k, "incident-open", "{'title':'one'}");
    kit_op(k, "incident-open", "{'title':'two'}");
    struct store_batch *b = store_batch_new();
    store_batch_add(b, &spoil, NULL, 0);
    store_write(k->house->store, b, NULL, NULL);
    sim_run_for(1000);
    kit_stop(k);
    kit_start(k);
    assert_int_equal(board_count(k->house->board), 1);
    assert_non_null(strstr(k->said, "bulletin 2"));
    kit_op(k, "incident-open", "{'title':'three'}");
    assert_int_equal(doc_int(bulletin(k), "id", 0), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_open_one_line), TEST(test_life), TEST(test_dry_run), TEST(test_refusals), TEST(test_hostile_text), TEST(test_disk_full), TEST(test_bad_row)};
    return cmocka_run_group_tests_name("ops_news", tests, NULL, NULL);
}
