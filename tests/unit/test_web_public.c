/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page for everybody: every state of a component, both languages, and nothing of hosts and checks. */
#include "daemon_kit.h"

#define YAML                                                                                                             \
    "site: { title: { en: Harbour, fr: Port } }\n"                                                                      \
    "groups: { web: { title: { en: The web, fr: La toile } } }\n"                                                                   \
    "hosts:\n"                                                                                                           \
    "  xhost1: { alive: no, checks: [{ passive: { name: xcheck-a, attempts: 1, freshness: 1h } }, { passive: { name: xcheck-b, attempts: 1 } }] }\n" \
    "  xhost2: { alive: no, checks: [{ passive: { name: xcheck-c, attempts: 1 } }] }\n"                                  \
    "components:\n"                                                                                                      \
    "  shop: { name: { en: Shop <&>, fr: Boutique }, group: web, publish: auto, after: 0s, depends: [xhost1/xcheck-a, xhost1/xcheck-b] }\n"        \
    "  mail: { name: Mail, publish: auto, after: 0s, depends: [xhost2/xcheck-c] }\n"

static const char *page(struct kit *k, const char *lang)
{
    sim_run_for(1000);
    assert_int_equal(kit_ask(k, "GET", "/", lang ? arena_printf(k->arena, "Accept-Language: %s\n", lang) : NULL, NULL), 200);
    static const char *const never[] = {"xhost", "xcheck", "secret-output", "<script", "Set-Cookie", "/console/host"};
    for (size_t i = 0; i < COUNT(never); i++)
        kit_lacks(buf_text(&k->text), never[i]);
    kit_has(kit_header(k, "Content-Security-Policy"), "default-src 'none'");
    assert_string_equal(kit_header(k, "Set-Cookie"), "");
    kit_has(kit_header(k, "Cache-Control"), "max-age=5");
    return arena_dup(k->arena, buf_text(&k->text));
}

static void all(struct kit *k, enum state s)
{
    static const char *const ids[] = {"xhost1/xcheck-a", "xhost1/xcheck-b", "xhost2/xcheck-c"};
    for (size_t i = 0; i < COUNT(ids); i++)
        kit_result(k, ids[i], s, "secret-output");
}

static void before_the_first_result(void **state)
{
    struct kit *k = kit_up(YAML);
    kit_has(page(k, "en"), "We are having a first look.");
    kit_has(page(k, "en"), "First look</span>");
    kit_free(k);
}

static void all_is_well_in_both_languages(void **state)
{
    struct kit *k = kit_up(YAML);
    all(k, STATE_OK);
    const char *en = page(k, "en"), *fr = page(k, "fr");
    kit_has(en, "<html lang=\"en\">");
    kit_has(en, "Everything works.");
    kit_has(en, "Harbour");
    kit_has(en, "Shop &lt;&amp;&gt;");
    kit_has(en, "The web");
    kit_has(fr, "<html lang=\"fr\">");
    kit_has(fr, "Boutique");
    kit_has(fr, "La toile");
    kit_has(fr, ">Port<");
    kit_lacks(fr, "Everything works.");
    assert_string_equal(page(k, NULL), en);
    assert_string_equal(page(k, "de"), en); /* English for all others */
    kit_free(k);
}

static void each_state_has_its_sentence(void **state)
{
    struct kit *k = kit_up(YAML);
    all(k, STATE_OK);
    kit_result(k, "xhost2/xcheck-c", STATE_CRITICAL, "secret-output");
    kit_has(page(k, "en"), "Mail is down.<br>Everything else works.");
    kit_has(page(k, "en"), "s-critical");
    kit_result(k, "xhost2/xcheck-c", STATE_WARNING, "secret-output");
    kit_has(page(k, "en"), "Mail is slow.");
    all(k, STATE_CRITICAL);
    kit_has(page(k, "en"), "Nothing works at the moment.");
    kit_op(k, "downtime", "{'targets':['xhost2/xcheck-c'],'comment':'secret-output','for':'1h'}");
    const char *text = page(k, "en");
    kit_has(text, "is down.");
    kit_has(text, "Planned work");
    kit_op(k, "downtime", "{'targets':['xhost1'],'comment':'secret-output','for':'1h'}");
    kit_has(page(k, "en"), "Everything is being worked on.");
    kit_has(page(k, "en"), "It should be done by");
    kit_free(k);
}

static void what_is_not_seen_any_more_is_unknown(void **state)
{
    struct kit *k = kit_up(YAML);
    all(k, STATE_OK);
    sim_run_for(2 * HOUR_MS); /* nobody calls: the freshness of one is over */
    const char *text = page(k, "en");
    kit_lacks(text, "Everything works.");
    kit_has(text, "We cannot see");
    kit_free(k);
}

static void an_operators_word_changes_it_at_once(void **state)
{
    struct kit *k = kit_up(YAML);
    all(k, STATE_OK);
    kit_result(k, "xhost2/xcheck-c", STATE_CRITICAL, "secret-output");
    kit_op(k, "ack", "{'targets':['xhost2/xcheck-c'],'comment':'secret-output'}");
    kit_has(page(k, "en"), "Mail is down."); /* somebody has it: it is down all the same */
    kit_result(k, "xhost2/xcheck-c", STATE_OK, "secret-output");
    kit_has(page(k, "en"), "Everything works.");
    kit_free(k);
}

static void without_components(void **state)
{
    struct kit *k = kit_up("hosts: { xhost1: { alive: no, checks: [{ passive: { name: xcheck-a } }] } }\n");
    kit_has(page(k, "en"), "No services are named here yet.");
    kit_has(page(k, "fr"), "<html lang=\"fr\">");
    kit_free(k);
}

static void a_new_configuration_shows_at_once(void **state)
{
    struct kit *k = kit_up(YAML);
    all(k, STATE_OK);
    kit_write(k, "vigie.yaml", "site: { title: Haven }\nhosts: { xhost2: { alive: no, checks: [{ passive: { name: xcheck-c, attempts: 1 } }] } }\ncomponents: { post: { name: Letters, depends: [xhost2/xcheck-c] } }\n");
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    const char *text = page(k, "fr");
    kit_has(text, "Haven");
    kit_has(text, "Letters");
    kit_lacks(text, "Boutique");
    kit_has(page(k, "en"), "Everything works.");
    kit_free(k);
}

static void methods(void **state)
{
    struct kit *k = kit_up(YAML);
    assert_int_equal(kit_post(k, "/", "x=1"), 405);
    assert_int_equal(kit_ask(k, "HEAD", "/", NULL, NULL), 200);
    assert_string_equal(buf_text(&k->text), "");
    page(k, "en");
    const char *etag = kit_header(k, "ETag");
    assert_int_equal(kit_ask(k, "GET", "/", arena_printf(k->arena, "If-None-Match: %s\n", etag), NULL), 304);
    kit_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_first_result), cmocka_unit_test(all_is_well_in_both_languages), cmocka_unit_test(each_state_has_its_sentence), cmocka_unit_test(what_is_not_seen_any_more_is_unknown),
        cmocka_unit_test(an_operators_word_changes_it_at_once), cmocka_unit_test(without_components), cmocka_unit_test(a_new_configuration_shows_at_once), cmocka_unit_test(methods),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
