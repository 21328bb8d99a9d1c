/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_ops_dictation.c: what people write on a phone, in English and French: to operations and their parameters; and what is
 * refused because it is not understood (ST-3, ANN-1). */
#include "base/timetext.h"
#include "daemon_kit.h"
#include "ops/dictation.h"

#define YAML                                                                                                              \
    "site: { title: Harbour, zone: Europe/Paris }\n"                                                                      \
    "components:\n"                                                                                                       \
    "  website: { name: { en: Website, fr: Site web } }\n"                                                                \
    "  web: { name: Web }\n"                                                                                              \
    "  mail: { name: { en: Mail, fr: Courriel } }\n"                                                                      \
    "  wiki: { name: { en: Wiki, fr: Encyclopédie } }\n"

static int setup(void **state)
{
    *state = kit_up(YAML);
    return 0;
}
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, kit_teardown)

static const struct bulletin *find(void *arg, const char *id)
{
    return announce_find(((struct kit *)arg)->house->announce, id);
}

/* Tuesday, 24 November 2026, 12:00 in Paris. */
static int64_t noon(void)
{
    int64_t ms;
    assert_int_equal(time_parse_rfc3339("2026-11-24T11:00:00Z", &ms), 0);
    return ms;
}

static int dictate(struct kit *k, const char *subject, const char *body, const struct bulletin *about, struct dictation *d, struct err *e)
{
    struct dictation_env env = {.conf = model_conf(k->house->model), .lang = "en", .now_ms = noon(), .zone = k->house->zone, .find = find, .arg = k};
    return dictation_read(k->arena, &env, subject, body, about, d, e);
}

/* "operation {parameters}", or what is wrong. */
static const char *said(struct kit *k, const char *subject, const char *body, const struct bulletin *about)
{
    struct dictation d;
    struct err e = {0};
    struct buf b = BUF_MAX(100000);
    int r = dictate(k, subject, body, about, &d, &e);
    if (r) {
        buf_printf(&b, "%s: ", err_name(r));
        msg_render(&b, e.text, "en");
    } else {
        buf_printf(&b, "%s ", d.op);
        json_write(&b, d.params, "en", 0);
    }
    for (char *p = b.data; p && *p; p++)
        *p = *p == '"' ? '\'' : *p;
    const char *text = arena_dup(k->arena, buf_text(&b));
    buf_done(&b);
    return text;
}

#define SAID(subject, body, wanted) assert_string_equal(said(k, subject, body, NULL), wanted)

static void test_an_incident_is_opened(void **state)
{
    struct kit *k = *state;
    SAID("website major: Login fails", "We look for it.\n", "incident-open {'components':['website:major'],'title':{'en':'Login fails'},'text':{'en':'We look for it.'}}");
    SAID("Website: Login fails", "", "incident-open {'components':['website'],'title':{'en':'Login fails'}}");
    SAID("mail down, website degraded identified quiet next 30m: Disk", "x", "incident-open {'components':['mail:major','website:degraded'],'phase':'identified','quiet':true,'next-by':'2026-11-24T11:30:00Z','title':{'en':'Disk'},'text':{'en':'x'}}");
    SAID("website mail partial: x", "", "incident-open {'components':['website:partial','mail:partial'],'title':{'en':'x'}}");
    SAID("draft WEB down: x", "", "incident-open {'components':['web:major'],'draft':true,'title':{'en':'x'}}");
    SAID("website down since noon", "", "incident-open {'components':['website:major'],'title':{'en':'website down since noon'}}");
    SAID("website down", "", "incident-open {'components':['website:major']}");
    SAID("website major: At 22:00: what?", "", "incident-open {'components':['website:major'],'title':{'en':'At 22:00: what?'}}");
}

static void test_french_is_understood(void **state)
{
    struct kit *k = *state;
    SAID("[fr] Site web panne: La connexion échoue", "Nous cherchons.", "incident-open {'components':['website:major'],'title':{'fr':'La connexion échoue'},'text':{'fr':'Nous cherchons.'}}");
    SAID("site web lent, encyclopedie dégradée [fr]: x", "", "incident-open {'components':['website:degraded','wiki:degraded'],'title':{'fr':'x'}}");
    SAID("ENCYCLOPÉDIE en panne: x", "", "incident-open {'components':['wiki:major'],'title':{'en':'x'}}");
    SAID("prévu courriel vendredi 22h-23h30 [fr]: Disque", "", "maintenance-plan {'components':['mail'],'start':'2026-11-27T21:00:00Z','for':'5400s','title':{'fr':'Disque'}}");
}

static void test_two_languages_in_one_mail(void **state)
{
    struct kit *k = *state;
    SAID("website major: Login fails", "We look for it.\n\nSoon more.\n\n[fr]\n# La connexion échoue\nNous cherchons.\n",
         "incident-open {'components':['website:major'],'title':{'en':'Login fails','fr':'La connexion échoue'},'text':{'en':'We look for it.\\n\\nSoon more.','fr':'Nous cherchons.'}}");
    SAID("website major", "fr:\nNous cherchons.\nEN:\nWe look.", "incident-open {'components':['website:major'],'text':{'en':'We look.','fr':'Nous cherchons.'}}");
}

static void test_work_is_planned(void **state)
{
    struct kit *k = *state;
    SAID("plan mail friday 22:00-23:30: New disk", "x", "maintenance-plan {'components':['mail'],'start':'2026-11-27T21:00:00Z','for':'5400s','title':{'en':'New disk'},'text':{'en':'x'}}");
    SAID("plan mail 2026-12-01 22:00 for 2h: x", "", "maintenance-plan {'components':['mail'],'start':'2026-12-01T21:00:00Z','for':'7200s','title':{'en':'x'}}");
    SAID("maintenance mail degraded tentative 1.7.2027 22:00 until 01:00: x", "", "maintenance-plan {'components':['mail'],'start':'2027-07-01T20:00:00Z','for':'10800s','effect':'degraded','tentative':true,'title':{'en':'x'}}");
    SAID("plan website tomorrow 9h: x", "", "maintenance-plan {'components':['website'],'start':'2026-11-25T08:00:00Z','title':{'en':'x'}}");
    SAID("plan website 9:00: x", "", "maintenance-plan {'components':['website'],'start':'2026-11-25T08:00:00Z','title':{'en':'x'}}"); /* 9:00 is over */
    SAID("plan website tuesday 9:00: x", "", "maintenance-plan {'components':['website'],'start':'2026-12-01T08:00:00Z','title':{'en':'x'}}");
    SAID("plan website tuesday 13:00: x", "", "maintenance-plan {'components':['website'],'start':'2026-11-24T12:00:00Z','title':{'en':'x'}}");
    SAID("emergency plan website today 13:00: x", "", "maintenance-plan {'components':['website'],'start':'2026-11-24T12:00:00Z','emergency':true,'title':{'en':'x'}}");
    kit_has(said(k, "plan website: x", "", NULL), "invalid: when does the work begin?");
}

static void test_what_is_not_understood(void **state)
{
    struct kit *k = *state;
    SAID("Lunch: pizza?", "Today at one.", "invalid: “Lunch” is neither a service nor a word that is known before the colon");
    kit_has(said(k, "Lunch today", "", NULL), "invalid: which service is it about?");
    kit_has(said(k, "", "", NULL), "invalid: which service is it about?");
    kit_has(said(k, "resolved", "", NULL), "not_found: which incident or work is it about?");
    kit_has(said(k, "[12] resolved", "", NULL), "not_found: there is no incident or planned work “12”");
    kit_has(said(k, "websites major: x", "", NULL), "“websites” is neither");
    kit_has(said(k, "website 25:00: x", "", NULL), "“25:00” is neither");
    kit_has(said(k, "website 2026-02-30 10:00: x", "", NULL), "“2026-02-30” is neither");
}

static const struct bulletin *opened(struct kit *k, const char *op, const char *params)
{
    if (kit_op(k, op, params) != 200)
        fail_msg("%s", kit_text(k));
    return announce_find(k->house->announce, doc_text(doc_get(k->reply, "bulletin"), "key", ""));
}

#define ABOUT(subject, body, wanted) assert_string_equal(said(k, subject, body, b), arena_printf(k->arena, wanted, b->key))

static void test_more_is_said_by_an_answer(void **state)
{
    struct kit *k = *state;
    const struct bulletin *b = opened(k, "incident-open", "{'components':['website:major'],'text':'x'}");
    ABOUT("Re: Website: down", "We found it.\n\nOn Tue, 24 Nov 2026 at 12:00, Harbour <status@example.org>\nwrote:\n> Website: down\n> more", "incident-update {'id':'%s','text':{'en':'We found it.'}}");
    ABOUT("Re: Website: down", "Resolved.\n\nAll is well.\n-- \nA. Person", "incident-resolve {'id':'%s','text':{'en':'All is well.'}}");
    ABOUT("RE: TR: Website: down", "identified next 1h: A disk is full.\nWe replace it.", "incident-update {'id':'%s','phase':'identified','next-by':'2026-11-24T12:00:00Z','text':{'en':'A disk is full.\\nWe replace it.'}}");
    ABOUT("Re: x", "website degraded", "incident-update {'id':'%s','components':['website:degraded']}");
    ABOUT("Re: x", "[fr]\nRésolu : tout va bien.", "incident-update {'id':'%s','text':{'fr':'Résolu : tout va bien.'}}"); /* a mark alone is no command */
    ABOUT("Re: x", "résolu: [fr] tout va bien.\nSent from my phone", "incident-resolve {'id':'%s','text':{'en':'[fr] tout va bien.'}}");
    ABOUT("Re: x", "quiet: A small thing.", "incident-update {'id':'%s','quiet':true,'text':{'en':'A small thing.'}}");
    kit_has(said(k, "Re: x", "> only what was quoted", b), "invalid: this mail says nothing");
    kit_has(said(k, "Re: x", "moved friday 22:00", b), "is an incident, not planned work");
}

static void test_more_is_said_by_its_key(void **state)
{
    struct kit *k = *state;
    const struct bulletin *b = opened(k, "incident-open", "{'components':['website:major'],'text':'x'}");
    char subject[100];
    str_print(subject, sizeof subject, "Re: [%s] resolved", b->key);
    ABOUT(subject, "All is well.", "incident-resolve {'id':'%s','text':{'en':'All is well.'}}");
    SAID("[1] monitoring: We watch it", "", arena_printf(k->arena, "incident-update {'id':'%s','phase':'monitoring','text':{'en':'We watch it'}}", b->key));
    SAID("#1 We found it", "", arena_printf(k->arena, "incident-update {'id':'%s','text':{'en':'We found it'}}", b->key));
    SAID("[1]", "resolved", arena_printf(k->arena, "incident-resolve {'id':'%s'}", b->key));
    SAID("[1] Disk: replaced", "", arena_printf(k->arena, "incident-update {'id':'%s','text':{'en':'Disk: replaced'}}", b->key));
}

static void test_work_goes_on(void **state)
{
    struct kit *k = *state;
    const struct bulletin *b = opened(k, "maintenance-plan", "{'components':['mail'],'start':'2026-12-01T22:00:00Z','for':'1h','text':'x','tentative':true}");
    ABOUT("Re: x", "confirmed", "maintenance-confirm {'id':'%s'}");
    ABOUT("Re: x", "moved 2026-12-02 22:00-23:00: Later.", "maintenance-move {'id':'%s','start':'2026-12-02T21:00:00Z','for':'3600s','text':{'en':'Later.'}}");
    ABOUT("Re: x", "cancelled\n\nThe part did not come.", "maintenance-cancel {'id':'%s','text':{'en':'The part did not come.'}}");
    ABOUT("Re: x", "annulé", "maintenance-cancel {'id':'%s'}");
    ABOUT("Re: x", "start", "maintenance-start {'id':'%s'}");
    ABOUT("Re: x", "done: All of it.", "maintenance-complete {'id':'%s','text':{'en':'All of it.'}}");
    ABOUT("Re: x", "We bring two people.", "incident-update {'id':'%s','text':{'en':'We bring two people.'}}");
    kit_has(said(k, "Re: x", "moved", b), "when does the work begin?");
    b = opened(k, "incident-open", "{'components':['website:major'],'text':'x','draft':true}");
    ABOUT("Re: x", "publish: We look for it.", "incident-publish {'id':'%s','text':{'en':'We look for it.'}}");
}

static void test_bodies_end_where_the_person_stops(void **state)
{
    struct kit *k = *state;
    assert_string_equal(dictation_body(k->arena, "\n a\n\nb \n--\nsignature"), "a\n\nb");
    assert_string_equal(dictation_body(k->arena, "a\n--- \nb"), "a\n--- \nb");
    assert_string_equal(dictation_body(k->arena, "a\n\nLe mar. 24 nov. 2026 à 12:00, Port <status@example.org> a écrit :\n\n> b"), "a");
    assert_string_equal(dictation_body(k->arena, "As follows:\n> b"), "As follows:");
    assert_string_equal(dictation_body(k->arena, "a\n-----Original Message-----\nFrom: b"), "a");
    assert_string_equal(dictation_body(k->arena, "a\nEnvoyé de mon téléphone"), "a");
    assert_string_equal(dictation_body(k->arena, ""), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_incident_is_opened), TEST(test_french_is_understood), TEST(test_two_languages_in_one_mail), TEST(test_work_is_planned), TEST(test_what_is_not_understood),
        TEST(test_more_is_said_by_an_answer), TEST(test_more_is_said_by_its_key), TEST(test_work_goes_on), TEST(test_bodies_end_where_the_person_stops),
    };
    return cmocka_run_group_tests_name("ops_dictation", tests, NULL, NULL);
}
