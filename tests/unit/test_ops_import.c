/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything out of one house and into an empty one: links, feeds and their order stay (ST-14, ST-17); what an import may not do. */
#include "daemon_kit.h"

#define YAML                                                                                                              \
    "site: { title: Harbour, url: 'https://status.example.org/' }\n"                                                      \
    "hosts: { box: { alive: no, checks: [{ passive: { name: web, attempts: 1 } }] } }\n"                                   \
    "components:\n"                                                                                                       \
    "  website: { name: { en: Website, fr: Site web } }\n"                                                                \
    "  mail: { name: Mail, group: Post }\n"

static const char *const shown[] = {"/feed.atom", "/feed.rss", "/feed.json", "/calendar.ics", "/feed.atom?lang=fr", "/component/website/feed.atom", "/group/Post/feed.atom", "/history.atom"};

static void import(struct kit *k, struct doc *bulletins, bool dry)
{
    struct principal admin = {.name = "anna", .via = "cli", .role = ROLE_ADMIN};
    struct doc *params = doc_object(k->arena), *o = doc_put_object(params, "bulletins");
    doc_put(o, "rows", doc_copy(k->arena, bulletins));
    doc_put_bool(params, "dry-run", dry);
    k->answered = false;
    op_run(k->house, op_find("incident-import"), params, &admin, "en", "192.0.2.99", kit_done, k);
    kit_wait(k);
}

static int64_t number(struct kit *k, const char *key)
{
    return doc_int(k->reply, key, -1);
}

static struct doc *exported(struct kit *k)
{
    assert_int_equal(kit_op(k, "incident-export", NULL), 200);
    return doc_get(k->reply, "bulletins");
}

static void live_a_little(struct kit *k)
{
    kit_op(k, "incident-open", "{'components':['website:major'],'title':'Down & <out>','text':'We *look*.'}");
    sim_run_for(61 * 1000);
    kit_op(k, "incident-update", "{'id':'1','phase':'identified','text':{'en':'A cable.','fr':'Un câble.'}}");
    kit_op(k, "incident-open", "{'components':['mail'],'title':'Draft','draft':true}");
    kit_op(k, "maintenance-plan", "{'components':['mail'],'start':'+2d','end':'+3d','title':'New disks','text':'Soon.'}");
    sim_run_for(3600 * 1000);
    kit_op(k, "incident-resolve", "{'id':'1','text':'All is well.'}");
    kit_op(k, "incident-report", "{'id':'1','text':'# What happened','public':true}");
    kit_op(k, "incident-open", "{'components':['mail:partial'],'title':'Late'}");
    kit_op(k, "incident-retract", "{'id':'4'}");
    kit_op(k, "incident-open", "{'components':['mail:degraded'],'title':'Slow','text':'x'}");
}

static void an_empty_house_has_all_of_it(void **state)
{
    struct buf all = BUF_MAX(1 << 20), feeds[COUNT(shown)];
    struct kit *k = kit_up(YAML);
    live_a_little(k);
    struct doc *rows = exported(k);
    size_t n = rows->kids.n;
    assert_int_equal(n, 5);
    json_write(&all, rows, "en", 0);
    for (size_t i = 0; i < COUNT(shown); i++) {
        feeds[i] = BUF_MAX(1 << 20);
        assert_int_equal(kit_get(k, shown[i]), 200);
        buf_str(&feeds[i], buf_text(&k->text));
    }
    const char *key = doc_text(rows->kids.first, "key", "");
    char path[100];
    str_print(path, sizeof path, "/incident/%s", key);
    kit_free(k);

    k = kit_up(YAML);
    sim_run_for(2 * 3600 * 1000);
    struct doc *d = NULL;
    assert_int_equal(json_parse(k->arena, buf_text(&all), all.len, all.len + 1, &d, NULL), 0);
    import(k, d, true);
    assert_int_equal(number(k, "would_import"), 5);
    assert_int_equal(board_count(k->house->board), 0);
    import(k, d, false);
    assert_int_equal(k->status, 200);
    assert_int_equal(number(k, "imported"), 5);
    assert_int_equal(number(k, "renumbered"), 0);
    struct buf again = BUF_MAX(1 << 20);
    json_write(&again, exported(k), "en", 0);
    assert_string_equal(buf_text(&again), buf_text(&all)); /* byte for byte */
    for (int restarted = 0; restarted < 2; restarted++) {
        for (size_t i = 0; i < COUNT(shown); i++) {
            assert_int_equal(kit_get(k, shown[i]), 200);
            assert_string_equal(buf_text(&k->text), buf_text(&feeds[i]));
        }
        assert_int_equal(kit_get(k, path), 200);
        if (!restarted) {
            kit_stop(k);
            kit_start(k);
        }
    }
    import(k, d, false); /* twice is once */
    assert_int_equal(number(k, "imported"), 0);
    assert_int_equal(number(k, "already"), 5);
    kit_free(k);
    for (size_t i = 0; i < COUNT(shown); i++)
        buf_done(&feeds[i]);
    buf_done(&all);
    buf_done(&again);
}

static int setup(void **state)
{
    *state = kit_up(YAML);
    return 0;
}
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, kit_teardown)

#define ONE "{'id':17,'key':'k3fo1q9x2mzt','kind':'incident','phase':'resolved','title':{'en':'Old'},'started':'2020-03-01T10:00:00Z','posted':'2020-03-01T10:05:00Z','changed':'2020-03-01T11:00:00Z','ended':'2020-03-01T11:00:00Z'," \
            "'components':['website','gone'],'updates':[{'id':1,'phase':'investigating','text':{'en':'x'},'at':'2020-03-01T10:00:00Z','posted':'2020-03-01T10:00:00Z'}],'aliases':['/incidents/17','/incident/17']}"

static void old_addresses_lead_to_the_new_ones(void **state)
{
    struct kit *k = *state;
    import(k, kit_json(k, "[" ONE "]"), false);
    assert_int_equal(number(k, "imported"), 1);
    assert_string_equal(doc_get(k->reply, "unknown_components")->kids.first->text, "gone");
    assert_int_equal(kit_get(k, "/incidents/17"), 301);
    assert_string_equal(kit_header(k, "Location"), "/incident/k3fo1q9x2mzt");
    assert_int_equal(kit_get(k, "/incident/17"), 301);
    assert_int_equal(kit_get(k, "/api/v1/incidents/17"), 200); /* its number, too */
    kit_op(k, "incident-open", "{'title':'New'}");
    assert_int_equal(doc_int(doc_get(k->reply, "bulletin"), "id", 0), 18);
    /* Another one that claims the same address and number. */
    struct doc *other = kit_json(k, "[" ONE "]");
    doc_put_text(other->kids.first, "key", "aaaaaaaaaaaa");
    import(k, other, false);
    assert_int_equal(number(k, "renumbered"), 1);
    assert_int_equal(kit_get(k, "/incidents/17"), 301);
    assert_string_equal(kit_header(k, "Location"), "/incident/k3fo1q9x2mzt");
    kit_stop(k);
    kit_start(k);
    assert_int_equal(kit_get(k, "/incidents/17"), 301);
    assert_string_equal(kit_header(k, "Location"), "/incident/k3fo1q9x2mzt");
}

static void what_is_wrong_is_left_out(void **state)
{
    struct kit *k = *state;
    struct doc *rows = kit_json(k, "[" ONE ",{'key':'bbbbbbbbbbbb'},7,'x',{'id':9223372036854775807,'key':'cccccccccccc','kind':'incident','phase':'identified','title':'No number','started':'2020-03-01T10:00:00Z','changed':'2020-03-01T10:00:00Z'},"
                                   "{'key':'dddddddddddd','kind':'incident','phase':'identified','title':'Ahead','started':'2020-03-01T10:00:00Z','changed':'2090-03-01T10:00:00Z'},"
                                   "{'key':'../../../etc','kind':'incident','phase':'identified','title':'x'}]");
    import(k, rows, false);
    assert_int_equal(k->status, 200);
    assert_int_equal(number(k, "imported"), 2);
    assert_int_equal(doc_get(k->reply, "refused")->kids.n, 5);
    assert_int_equal(doc_int(doc_get(k->reply, "refused")->kids.first, "row", 0), 2);
    assert_non_null(board_find(k->house->board, 18)); /* the number that nobody can hold became the next one */
    assert_string_equal(board_find(k->house->board, 18)->key, "cccccccccccc");
    kit_op(k, "incident-import", "{'bulletins':{'rows':7}}");
    assert_int_equal(number(k, "imported"), 0);
    kit_op(k, "incident-import", "{'bulletins':7}");
    kit_refused(k, 400, "invalid", "bulletins");
    struct buf many = BUF_MAX(1 << 16);
    buf_str(&many, "{'bulletins':{'rows':[0");
    for (int i = 0; i < 1000; i++)
        buf_str(&many, ",0");
    buf_str(&many, "]}}");
    kit_op(k, "incident-import", buf_text(&many));
    kit_refused(k, 413, "limit", "bulletins");
    buf_done(&many);
    struct principal worker = kit_who(ROLE_OPERATOR);
    assert_int_equal(kit_op_as(k, "incident-import", "{}", &worker), 403);
    assert_int_equal(kit_op_as(k, "incident-export", NULL, &worker), 403);
}

#define LATER(phase, more) "{'key':'k3fo1q9x2mzt','kind':'incident','phase':'" phase "','title':{'en':'Old'},'started':'2020-03-01T10:00:00Z','posted':'2020-03-01T10:05:00Z','changed':'2020-03-01T11:00:00Z'," \
            "'components':['website'],'impacts':[{'component':'website','level':'major','from':'2020-03-01T10:00:00Z'" more

/* The other page goes on living while this one is being made ready. */
static void what_was_said_since_is_added(void **state)
{
    struct kit *k = *state;
    const char *first = "[" LATER("investigating", "}],'origin':'import','updates':[{'id':1,'phase':'investigating','text':{'en':'x'},'at':'2020-03-01T10:00:00Z','posted':'2020-03-01T10:00:00Z'}]}]");
    const char *second = "[" LATER("resolved", ",'to':'2020-03-01T12:00:00Z'}],'origin':'import','ended':'2020-03-01T12:00:00Z','updates':[{'id':1,'phase':'investigating','text':{'en':'x'},'at':'2020-03-01T10:00:00Z'},"
                                               "{'id':2,'phase':'identified','text':{'en':'y'},'at':'2020-03-01T11:00:00Z'},{'id':3,'phase':'resolved','text':{'en':'z'},'at':'2020-03-01T12:00:00Z'}]}]");
    kit_op(k, "subscriber-add", "{'email':'reader@example.org','agreed':true}");
    import(k, kit_json(k, first), false);
    assert_int_equal(number(k, "imported"), 1);
    sim_disk_fault(SIM_DISK_FULL);
    import(k, kit_json(k, second), false);
    assert_true(k->status >= 500);
    assert_int_equal(board_at(k->house->board, 0)->n_updates, 1); /* not kept, not shown */
    sim_disk_fault(SIM_DISK_OK);
    sim_run_for(20 * 1000);
    import(k, kit_json(k, second), false);
    assert_int_equal(number(k, "added_to"), 1);
    const struct bulletin *b = board_at(k->house->board, 0);
    assert_int_equal(b->n_updates, 3);
    assert_int_equal(b->phase, PHASE_RESOLVED);
    assert_int_equal(b->impacts[0].to_ms, b->ended_ms);
    assert_string_equal(b->updates[1].text.text[0], "y");
    import(k, kit_json(k, second), false);
    assert_int_equal(number(k, "added_to"), 0);
    import(k, kit_json(k, first), false); /* an older state takes nothing back */
    assert_int_equal(number(k, "added_to"), 0);
    sim_run_for(600 * 1000);
    kit_op(k, "subscriber-report", "{'id':'1'}");
    assert_int_equal(number(k, "count"), 0);
}

/* A disk that is full: nothing of the part is shown; later it comes. */
static void a_full_disk(void **state)
{
    struct kit *k = *state;
    sim_disk_fault(SIM_DISK_FULL);
    import(k, kit_json(k, "[" ONE "]"), false);
    assert_true(k->status >= 500);
    assert_int_equal(board_count(k->house->board), 0);
    sim_disk_fault(SIM_DISK_OK);
    sim_run_for(20 * 1000);
    import(k, kit_json(k, "[" ONE "]"), false);
    assert_int_equal(number(k, "imported"), 1);
}

static void nobody_is_mailed(void **state)
{
    struct kit *k = *state;
    kit_op(k, "subscriber-add", "{'email':'reader@example.org','agreed':true}");
    struct doc *open = kit_json(k, "[" ONE "]");
    doc_put_text(open->kids.first, "phase", "identified");
    doc_put(open->kids.first, "ended", NULL);
    import(k, open, false);
    assert_int_equal(number(k, "imported"), 1);
    sim_run_for(600 * 1000);
    assert_int_equal(kit_op(k, "subscriber-report", "{'id':'17'}"), 200);
    assert_int_equal(number(k, "count"), 0);
}

/* ---- the configuration that comes along ---- */

static void the_configuration(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "conf-import", "{'source':'cachet','conf':{'yaml':'components:\\n  dns: { name: DNS }\\n'}}"), 200);
    assert_non_null(map_find(&model_conf(k->house->model)->component_by_name, "dns"));
    kit_has(kit_read(k, "conf.d/imported-cachet.yaml"), "dns");
    kit_op(k, "conf-import", "{'source':'cachet','conf':{'yaml':'components:\\n  www: { name: W }\\n'}}");
    assert_true(k->status >= 400); /* what a person may have edited is not overwritten */
    kit_has(kit_read(k, "conf.d/imported-cachet.yaml"), "dns");
    kit_op(k, "conf-import", "{'source':'more','conf':{'yaml':'components:\\n  mail: { name: twice }\\n'}}");
    assert_true(k->status >= 400);
    assert_null(kit_read(k, "conf.d/imported-more.yaml"));
    kit_op(k, "conf-import", "{'source':'../../etc/x','conf':{'yaml':'a: b\\n'}}");
    kit_refused(k, 400, "invalid", "source");
    kit_op(k, "conf-import", "{'source':'x','conf':{}}");
    kit_refused(k, 400, "invalid", "conf");
    struct principal remote = kit_who(ROLE_ADMIN); /* a configuration names programs: not from afar */
    assert_int_equal(kit_op_as(k, "conf-import", "{'source':'x','conf':{'yaml':'components:\\n  y: {}\\n'}}", &remote), 403);
    kit_op(k, "incident-import", "{'dry-run':true}");
    assert_int_equal(doc_get(k->reply, "components")->kids.n, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_empty_house_has_all_of_it), TEST(old_addresses_lead_to_the_new_ones), TEST(what_is_wrong_is_left_out), TEST(what_was_said_since_is_added), TEST(a_full_disk), TEST(nobody_is_mailed), TEST(the_configuration)};
    return cmocka_run_group_tests_name("ops_import", tests, NULL, NULL);
}
