/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Webhooks in the whole daemon: whom it concerns, each once over a server that is away and restarts, answers as their servers mean them, how they
 * fare, a try (ST-13, ANN-12, ANN-13). */
#include "daemon_kit.h"

#define SITE                                                                                                                             \
    "site: { title: { en: Harbour, fr: Port }, url: 'https://status.example.org/' }\n"                                                   \
    "components:\n"                                                                                                                      \
    "  website: { name: { en: Website, fr: Site web }, group: hosting/web }\n"                                                           \
    "  mail: { name: { en: Mail, fr: Courriel } }\n"
#define DAY_MS (24 * HOUR_MS)

static struct kit *up(const char *hooks)
{
    struct kit *k = kit_new(NULL);
    char host[2] = "a", address[20];
    for (int i = 0; i < 9; i++, host[0]++) {
        str_print(address, sizeof address, "192.0.2.%d", 100 + i);
        sim_host(host, address);
        sim_http_answer(host, 80, "*", &(struct sim_answer){.status = 200, .body = "fine"});
    }
    kit_write(k, "vigie.yaml", arena_printf(k->arena, SITE "%s", hooks));
    kit_start(k);
    sim_run_for(3000);
    return k;
}

static int no_setup(void **state)
{
    *state = NULL;
    return 0;
}
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, no_setup, kit_teardown)

static void restart(struct kit *k)
{
    kit_stop(k);
    kit_start(k);
}

static void say(struct kit *k, const char *op, const char *params)
{
    if (kit_op(k, op, params) != 200)
        fail_msg("%s: %s", op, kit_text(k));
    sim_run_for(5000);
}
#define OPEN(k) say(k, "incident-open", "{'components':['website:major','mail:degraded'],'title':{'en':'It broke','fr':'En panne'},'text':{'en':'We look.','fr':'Nous cherchons.'}}")

static const char *heard(struct kit *k, const char *host)
{
    return arena_dup(k->arena, sim_port_heard(host, 80));
}

static const char *body(struct kit *k, const char *host)
{
    const char *at = strstr(sim_port_heard(host, 80), "\n\n");
    return at ? arena_dup(k->arena, at + 2) : "";
}

static const char *header(struct kit *k, const char *text, const char *name)
{
    const char *at = strstr(text, name);
    assert_non_null(at);
    return arena_dupn(k->arena, at, strcspn(at, "\n"));
}

static const char *hook_state(struct kit *k, const char *name, const char *key)
{
    assert_int_equal(kit_op(k, "webhooks", NULL), 200);
    DOC_EACH(doc_get(k->reply, "webhooks"), o)
        if (str_eq(doc_text(o, "name", ""), name))
            return arena_dup(k->arena, doc_text(o, key, "-"));
    return "none";
}

static int64_t figure(struct kit *k, const char *name, const char *key)
{
    hook_state(k, name, key);
    DOC_EACH(doc_get(k->reply, "webhooks"), o)
        if (str_eq(doc_text(o, "name", ""), name))
            return doc_int(o, key, -1);
    return -1;
}

/* ---- whom it concerns ---- */

static void test_statuspage(void **state)
{
    struct kit *k = *state = up("webhooks: { sp: { url: 'http://a/in', format: statuspage } }\n");
    OPEN(k);
    assert_int_equal(sim_port_hits("a", 80), 3); /* the incident, and two components */
    assert_int_equal(figure(k, "sp", "delivered"), 3);
    say(k, "incident-update", "{'id':'1','text':'A disk.','phase':'identified','components':['mail:major']}");
    assert_int_equal(sim_port_hits("a", 80), 5);
    say(k, "incident-update", "{'id':'1','text':'Still.','phase':'identified'}"); /* no component changes */
    assert_int_equal(sim_port_hits("a", 80), 6);
    const char *b = body(k, "a");
    struct doc *d = NULL;
    assert_int_equal(json_parse(k->arena, b, strlen(b), 1 << 20, &d, NULL), 0);
    struct doc *incident = doc_get(d, "incident"), *updates = doc_get(incident, "incident_updates");
    assert_string_equal(doc_text(doc_get(d, "page"), "status_indicator", ""), "critical");
    assert_string_equal(doc_text(incident, "status", ""), "identified");
    assert_string_equal(doc_text(incident, "impact", ""), "critical");
    assert_string_equal(doc_text(updates->kids.first, "body", ""), "Still."); /* all that was said, the newest first */
    assert_int_equal(updates->kids.n, 3);
    /* The ids are those of the API. */
    assert_int_equal(kit_get(k, "/api/v2/incidents.json"), 200);
    kit_has(buf_text(&k->text), arena_printf(k->arena, "\"id\":\"%s\",\"name\":\"It broke\"", doc_text(incident, "id", "")));
    kit_has(buf_text(&k->text), doc_text(doc_get(incident, "components")->kids.first, "id", ""));
    say(k, "incident-resolve", "{'id':'1','text':'Well.'}");
    assert_int_equal(sim_port_hits("a", 80), 9);
    kit_has(sim_port_heard("a", 80), "\"old_status\":\"major_outage\",\"new_status\":\"operational\"");
}

static void test_concerned(void **state)
{
    struct kit *k = *state = up("webhooks:\n"
                                "  all: { url: 'http://a/' }\n"
                                "  mail: { url: 'http://b/', about: [mail], lang: fr, format: text }\n"
                                "  group: { url: 'http://c/', about: ['group:hosting'], kinds: [incidents, resolved] }\n"
                                "  work: { url: 'http://d/', kinds: [maintenance] }\n"
                                "  words: { url: 'http://e/', kinds: [corrections] }\n");
    say(k, "incident-open", "{'components':['mail:degraded'],'title':{'en':'Slow','fr':'Lent'},'text':{'en':'We look.','fr':'Nous cherchons.'}}");
    assert_int_equal(sim_port_hits("a", 80), 1);
    assert_int_equal(sim_port_hits("b", 80), 1);
    assert_int_equal(sim_port_hits("c", 80) + sim_port_hits("d", 80) + sim_port_hits("e", 80), 0);
    kit_has(body(k, "b"), "Lent");
    kit_has(body(k, "b"), "https://status.example.org/incident/");
    OPEN(k);
    assert_int_equal(sim_port_hits("c", 80), 1);
    say(k, "incident-update", "{'id':'2','text':'News.','quiet':true}"); /* nobody is to be told */
    assert_int_equal(sim_port_hits("a", 80), 2);
    say(k, "incident-update", "{'id':'2','text':'News.'}");
    assert_int_equal(sim_port_hits("a", 80), 3);
    assert_int_equal(sim_port_hits("c", 80), 1);
    say(k, "incident-edit", "{'id':'2','title':'Another title'}");
    assert_int_equal(sim_port_hits("e", 80), 1);
    kit_has(sim_port_heard("e", 80), "X-Vigie-Event: incident.corrected");
    say(k, "incident-retract", "{'id':'2'}");
    assert_int_equal(sim_port_hits("e", 80), 2);
    kit_has(body(k, "e"), "\"retracted\":true");
    assert_int_equal(sim_port_hits("a", 80), 3);
    say(k, "maintenance-plan", "{'components':['mail'],'start':'+30h','for':'1h','title':'Disks','text':'New.'}");
    assert_int_equal(sim_port_hits("d", 80), 1);
    kit_has(body(k, "d"), "\"event\":\"maintenance.planned\"");
    sim_run_for(7 * HOUR_MS);
    kit_has(body(k, "d"), "\"event\":\"maintenance.reminder\"");
}

/* ---- each once ---- */

static void test_away_for_an_hour(void **state)
{
    struct kit *k = *state = up("webhooks: { one: { url: 'http://a/', secret: hush }, two: { url: 'http://b/' } }\n");
    sim_http_answer("a", 80, "*", &(struct sim_answer){.status = 500, .body = "no"});
    OPEN(k);
    assert_int_equal(sim_port_hits("a", 80), 1);
    const char *first = heard(k, "a"), *id = header(k, first, "Idempotency-Key: ");
    assert_int_equal(sim_port_hits("b", 80), 1); /* one that fails holds up nobody */
    sim_run_for(20 * MINUTE_MS);
    restart(k);
    sim_run_for(20 * MINUTE_MS);
    assert_string_equal(hook_state(k, "one", "state"), "failing");
    kit_has(hook_state(k, "one", "why"), "500");
    assert_int_equal(figure(k, "one", "waiting"), 1);
    sim_host_mode("a", SIM_REFUSED);
    sim_run_for(20 * MINUTE_MS);
    sim_host_mode("a", SIM_UP);
    sim_http_answer("a", 80, "*", &(struct sim_answer){.status = 204});
    sim_run_for(20 * MINUTE_MS);
    int hits = sim_port_hits("a", 80);
    assert_string_equal(header(k, sim_port_heard("a", 80), "Idempotency-Key: "), id);
    assert_string_equal(strstr(sim_port_heard("a", 80), "\n\n"), strstr(first, "\n\n")); /* the same bytes */
    assert_string_not_equal(header(k, sim_port_heard("a", 80), "X-Vigie-Signature: "), header(k, first, "X-Vigie-Signature: "));
    assert_string_equal(hook_state(k, "one", "state"), "ok");
    restart(k);
    sim_run_for(DAY_MS);
    assert_int_equal(sim_port_hits("a", 80), hits);
    assert_int_equal(sim_port_hits("b", 80), 1);
}

static void test_killed(void **state)
{
    struct kit *k = *state = up("webhooks: { one: { url: 'http://a/' } }\n");
    assert_int_equal(kit_op(k, "incident-open", "{'components':['website:major'],'title':'It broke','text':'We look.'}"), 200);
    sim_crash(true); /* as soon as it is confirmed */
    kit_start(k);
    sim_run_for(MINUTE_MS);
    assert_int_equal(sim_port_hits("a", 80), 1);
    sim_crash(true);
    kit_start(k);
    sim_run_for(HOUR_MS);
    assert_int_equal(sim_port_hits("a", 80), 1);
}

/* ---- answers ---- */

static void test_come_back_later(void **state)
{
    struct kit *k = *state = up("webhooks: { one: { url: 'http://a/' } }\n");
    sim_http_answer("a", 80, "*", &(struct sim_answer){.status = 429, .headers = "Retry-After: 1800"});
    OPEN(k);
    sim_run_for(29 * MINUTE_MS);
    assert_int_equal(sim_port_hits("a", 80), 1);
    sim_http_answer("a", 80, "*", &(struct sim_answer){.status = 200});
    sim_run_for(3 * MINUTE_MS);
    assert_int_equal(sim_port_hits("a", 80), 2);
    sim_run_for(DAY_MS);
    assert_int_equal(sim_port_hits("a", 80), 2);
}

static void test_gone(void **state)
{
    struct kit *k = *state = up("webhooks: { one: { url: 'http://a/' }, two: { url: 'http://b/' } }\n");
    sim_http_answer("a", 80, "*", &(struct sim_answer){.status = 410});
    OPEN(k);
    sim_run_for(HOUR_MS);
    assert_int_equal(sim_port_hits("a", 80), 1);
    assert_string_equal(hook_state(k, "one", "state"), "gone");
    kit_has(hook_state(k, "one", "why"), "410");
    assert_int_equal(figure(k, "one", "given_up"), 1);
    kit_has(k->said, "given up");
    say(k, "incident-update", "{'id':'1','text':'News.'}");
    assert_int_equal(sim_port_hits("a", 80), 1); /* it rests */
    assert_int_equal(sim_port_hits("b", 80), 2);
    sim_http_answer("a", 80, "*", &(struct sim_answer){.status = 200});
    assert_int_equal(kit_op(k, "webhook-test", "{'name':'one'}"), 200);
    assert_true(doc_bool(k->reply, "ok", false));
    say(k, "incident-update", "{'id':'1','text':'More.'}");
    assert_int_equal(sim_port_hits("a", 80), 3);
}

static void test_refused_for_good(void **state)
{
    struct kit *k = *state = up("webhooks: { one: { url: 'http://a/' } }\n");
    sim_http_answer("a", 80, "*", &(struct sim_answer){.status = 301, .headers = "Location: http://b/"}); /* Statuspage's rule: a failure */
    OPEN(k);
    sim_run_for(HOUR_MS);
    assert_int_equal(sim_port_hits("a", 80), 1);
    assert_int_equal(sim_port_hits("b", 80), 0);
    assert_string_equal(hook_state(k, "one", "state"), "failing");
}

static void test_taken_out(void **state)
{
    struct kit *k = *state = up("webhooks: { one: { url: 'http://a/' } }\n");
    sim_http_answer("a", 80, "*", &(struct sim_answer){.status = 500});
    OPEN(k);
    kit_write(k, "vigie.yaml", SITE);
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    sim_run_for(HOUR_MS);
    assert_int_equal(sim_port_hits("a", 80), 1);
    assert_string_equal(hook_state(k, "one", "state"), "none");
}

/* ---- a try ---- */

static void test_try(void **state)
{
    struct kit *k = *state = up("webhooks: { one: { url: 'http://a/deep-secret', secret: hush, lang: fr }, sp: { url: 'http://b/', format: statuspage } }\n");
    struct principal viewer = kit_who(ROLE_VIEWER);
    assert_int_equal(kit_op(k, "webhook-test", "{'name':'one'}"), 200);
    kit_has(kit_text(k), "\"ok\":true,\"status\":200");
    kit_has(kit_text(k), "\"body\":\"fine\"");
    kit_has(body(k, "a"), "\"test\":true");
    kit_has(body(k, "a"), "Ceci est un essai");
    kit_has(sim_port_heard("a", 80), "X-Vigie-Test: yes");
    kit_has(sim_port_heard("a", 80), "X-Hub-Signature-256: sha256=");
    assert_int_equal(kit_op(k, "webhook-test", "{'name':'sp'}"), 200);
    kit_has(body(k, "b"), "\"incident\":{");
    sim_host_mode("a", SIM_REFUSED);
    assert_int_equal(kit_op(k, "webhook-test", "{'name':'one'}"), 200);
    assert_false(doc_bool(k->reply, "ok", true));
    kit_has(kit_text(k), "refused");
    sim_host_mode("a", SIM_SILENT);
    assert_int_equal(kit_op(k, "webhook-test", "{'name':'one'}"), 200);
    assert_false(doc_bool(k->reply, "ok", true));
    kit_op(k, "webhook-test", "{'name':'nope'}");
    kit_refused(k, 404, "not_found", "name");
    assert_int_equal(kit_op_as(k, "webhook-test", "{'name':'one'}", &viewer), 403);
    assert_int_equal(kit_op(k, "conf-show", NULL), 200);
    kit_lacks(buf_text(&k->raw), "deep-secret");
    kit_lacks(buf_text(&k->raw), "hush");
    kit_begin(k, "webhook-test", "{'name':'one'}", &viewer); /* and one is under way when the daemon ends */
    kit_begin(k, "webhook-test", "{'name':'sp'}", &(struct principal){.name = "anna", .via = "cli", .role = ROLE_ADMIN});
}

/* What is wrong is told before anything is sent, and without the secret itself. */
static void test_configuration(void **state)
{
    static const char *const bad[] = {"url: 'ftp://x/deep-secret'", "url: 'http://user@x/deep-secret'", "url: 'http://x/deep\\secret'", "url: 'http://x/\u00e9deep-secret'", "url: 'http://x deep-secret'", "format: telegram, room: a, token: 'deep/secret?'",
                                      "format: matrix, url: 'http://x'", "format: ntfy, url: 'http://x/'", "url: 'http://x', body: y", "url: 'http://x', headers: { 'A b': c }", "url: 'http://x', kinds: [all]", "url: 'http://x', about: [nope]",
                                      "url: 'http://x', lang: de", "url: 'http://x', format: teams", "url: 'http://x', length: 3"};
    struct kit *k = *state = up("webhooks: { one: { url: 'http://a/' } }\n");
    for (size_t i = 0; i < COUNT(bad); i++) {
        kit_write(k, "vigie.yaml", arena_printf(k->arena, SITE "webhooks: { one: { %s } }\n", bad[i]));
        if (kit_op(k, "conf-apply", NULL) == 200 && doc_bool(k->reply, "applied", true))
            fail_msg("%s is taken: %s", bad[i], kit_text(k));
    }
    OPEN(k);
    assert_int_equal(sim_port_hits("a", 80), 1); /* the last good one is in force */
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_statuspage), TEST(test_concerned), TEST(test_away_for_an_hour), TEST(test_killed), TEST(test_come_back_later), TEST(test_gone), TEST(test_refused_for_good), TEST(test_taken_out), TEST(test_try), TEST(test_configuration)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
