/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cachet's API v1: what its clients read and write comes to the page and back, in forms and JSON, and hostile input leaves nothing (ST-6, ST-20, ST-21). */
#include "daemon_kit.h"
#include "model/board.h"

#define YAML \
    "site: { title: { en: Harbour, fr: Port }, zone: Europe/Paris, url: 'https://status.example.org/', listen: ['127.0.0.1:8444'], listen_public: ['127.0.0.1:8080'] }\n" \
    "hosts: { xhost: { alive: no, checks: [{ passive: { name: xcheck, attempts: 1 } }] } }\n" \
    "texts: { storm: { title: { en: Storm }, text: { en: 'It blows from ${where}.' } } }\n" \
    "components:\n" \
    "  ferry: { name: { en: Ferry, fr: Bac }, group: boats, publish: auto, after: 0s, depends: [xhost/xcheck] }\n" \
    "  buoys: { name: { en: Buoys, fr: Bouées }, text: { en: Red and green. }, group: boats }\n" \
    "  pilot: { name: { en: Pilot }, aliases: [/component/7, /affected/pilot/] }\n"

struct cachet_kit {
    struct kit *k;
    char token[120], reader[120];
};
static struct cachet_kit ck;

static const char *token_of(struct kit *k, const char *name, const char *role)
{
    assert_int_equal(kit_op(k, "token-add", arena_printf(k->arena, "{'name':'%s','role':'%s'}", name, role)), 200);
    return arena_dup(k->arena, doc_text(k->reply, "token", ""));
}

static int setup(void **state)
{
    struct kit *k = kit_up(YAML);
    kit_result(k, "xhost/xcheck", STATE_OK, "fine");
    sim_run_for(500);
    ck.k = k;
    str_copy(ck.token, sizeof ck.token, token_of(k, "monitor", "operator"));
    str_copy(ck.reader, sizeof ck.reader, token_of(k, "reader", "viewer"));
    *state = k;
    return 0;
}
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, kit_teardown)

/* ---- asking ---- */

static const struct doc *answer(struct kit *k)
{
    struct doc *d = NULL;
    const char *text = buf_text(&k->text);
    if (text[0] && json_parse(k->arena, text, strlen(text), 8 << 20, &d, NULL) < 0)
        fail_msg("no JSON: %.300s", text);
    return d;
}

static const struct doc *ask(struct kit *k, int status, const char *method, const char *path, const char *token, const char *body)
{
    char *copy = body ? arena_dup(k->arena, body) : NULL;
    for (char *p = copy; p && *body == '{' && *p; p++)
        *p = *p == '\'' ? '"' : *p;
    int got = kit_ask(k, method, path, token[0] ? arena_printf(k->arena, "X-Cachet-Token: %s\n", token) : NULL, copy);
    if (got != status)
        fail_msg("%s %s %s: %d, wanted %d: %.500s", method, path, body ? body : "", got, status, buf_text(&k->text));
    const struct doc *d = answer(k);
    if (status >= 400) {
        const struct doc *e = doc_first(doc_get(d, "errors"));
        assert_int_equal(doc_int(e, "status", 0), status);
        assert_true(doc_text(e, "detail", "")[0] && doc_text(e, "title", "")[0] && strlen(doc_text(e, "id", "")) == 36);
    }
    sim_run_for(100);
    return d;
}

static const struct doc *get(struct kit *k, const char *path)
{
    return ask(k, 200, "GET", path, "", NULL);
}

static const struct doc *put(struct kit *k, const char *method, const char *path, const char *body)
{
    return doc_get(ask(k, 200, method, path, ck.token, body), "data");
}

static int64_t component(struct kit *k, const char *name)
{
    DOC_EACH(doc_get(get(k, "/api/v1/components"), "data"), c)
        if (str_eq(doc_text(c, "name", ""), name))
            return doc_int(c, "id", 0);
    fail_msg("no component %s", name);
    return 0;
}

static int64_t status_of(struct kit *k, const char *name)
{
    return doc_int(doc_get(get(k, arena_printf(k->arena, "/api/v1/components/%lld", (long long)component(k, name))), "data"), "status", -1);
}

static size_t kept(struct kit *k) { return board_count(k->house->board); }

static const struct bulletin *only(struct kit *k)
{
    assert_int_equal(kept(k), 1);
    return board_at(k->house->board, 0);
}

#define path_of(k, fmt, number) arena_printf((k)->arena, fmt, (long long)(number))

/* ---- reading ---- */

static const struct doc *answer_of(const struct doc *whole)
{
    return doc_get(whole, "data");
}

static void anybody_reads(void **state)
{
    struct kit *k = *state;
    assert_string_equal(doc_text(get(k, "/api/v1/ping"), "data", ""), "Pong!");
    assert_string_equal(kit_header(k, "Access-Control-Allow-Origin"), "*");
    const struct doc *d = get(k, "/api/v1/version");
    assert_string_equal(doc_text(d, "data", ""), "2.4.1");
    assert_false(doc_bool(doc_get(doc_get(d, "meta"), "latest"), "prelease", true));
    d = get(k, "/api/v1/components");
    assert_int_equal(doc_int(doc_get(doc_get(d, "meta"), "pagination"), "total", 0), 3);
    const struct doc *c = doc_get(get(k, path_of(k, "/api/v1/components/%lld", component(k, "Buoys"))), "data");
    assert_string_equal(doc_text(c, "description", ""), "Red and green.");
    assert_string_equal(doc_text(c, "status_name", ""), "Operational");
    d = doc_first(doc_get(get(k, "/api/v1/components/groups"), "data"));
    assert_int_equal(doc_int(d, "id", 0), doc_int(c, "group_id", -1));
    assert_int_equal(doc_get(d, "enabled_components")->kids.n, 2);
    assert_string_equal(doc_text(d, "lowest_human_status", ""), "Operational");
    assert_string_equal(doc_text(doc_get(get(k, path_of(k, "/api/v1/components/groups/%lld", doc_int(d, "id", 0))), "data"), "name", ""), "boats");
    assert_int_equal(doc_get(get(k, "/api/v1/components?name=Pilot"), "data")->kids.n, 1);
    assert_int_equal(doc_get(get(k, "/api/v1/components?status=4"), "data")->kids.n, 0);
    assert_int_equal(doc_int(doc_get(doc_get(get(k, "/api/v1/metrics"), "meta"), "pagination"), "total_pages", 0), 1);
    assert_string_equal(doc_text(doc_first(doc_get(get(k, "/api/v1/incidents/templates"), "data")), "slug", ""), "storm");
    ask(k, 404, "GET", "/api/v1/components/4711", "", NULL);
    ask(k, 404, "GET", "/api/v1/incidents/1", "", NULL);
    ask(k, 404, "GET", "/api/v1/incidents/nothing", "", NULL);
    ask(k, 405, "DELETE", "/api/v1/ping", ck.token, NULL);
    assert_int_equal(kit_ask(k, "GET", "/api/v1/ping", "Accept: text/html\n", NULL), 406);
    assert_int_equal(kit_ask(k, "GET", "/api/v1/ping", "Accept: application/json; indent=4\n", NULL), 200);
}

static void what_needs_a_token(void **state)
{
    static const struct {
        const char *method, *path;
        int known; /* with a token */
    } rows[] = {{"POST", "incidents", 400}, {"PUT", "incidents/1", 404}, {"DELETE", "incidents/1", 404}, {"POST", "components", 501}, {"PUT", "components/1", 404}, {"POST", "components/groups", 501},
                {"POST", "schedules", 400}, {"POST", "metrics/1/points", 501}, {"GET", "subscribers", 403}, {"POST", "subscribers", 400}, {"DELETE", "subscribers/3", 403}, {"DELETE", "subscriptions/3", 404}};
    struct kit *k = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *path = arena_printf(k->arena, "/api/v1/%s", rows[i].path);
        ask(k, 401, rows[i].method, path, "", NULL);
        ask(k, 401, rows[i].method, path, "vgt_0000", NULL);
        ask(k, rows[i].known, rows[i].method, path, ck.token, NULL);
    }
    ask(k, 403, "POST", "/api/v1/incidents", ck.reader, "name=Gone&status=1");
    ask(k, 200, "GET", "/api/v1/components", "vgt_0000", NULL); /* no worse than none */
    assert_int_equal(kept(k), 0);
    assert_int_equal(doc_get(get(k, "/api/v1/incidents"), "data")->kids.n, 0);
}

static void numbers_of_components_stay(void **state)
{
    struct kit *k = *state;
    int64_t ferry = component(k, "Ferry"), pilot = component(k, "Pilot");
    assert_true(ferry > 0 && pilot > 0 && ferry != pilot && ferry < 1000000000);
    kit_stop(k);
    kit_write(k, "vigie.yaml", "components:\n  mast: { name: { en: Mast } }\n  pilot: { name: { en: Pilots } }\n  ferry: { name: { en: Ferry } }\n");
    kit_start(k);
    sim_run_for(5000);
    assert_int_equal(component(k, "Ferry"), ferry);
    assert_int_equal(component(k, "Pilots"), pilot); /* its name for people may change */
}

/* ---- incidents ---- */

static void an_incident_lives_in_json(void **state)
{
    struct kit *k = *state;
    int64_t buoys = component(k, "Buoys");
    const struct doc *d = put(k, "POST", "/api/v1/incidents",
                              arena_printf(k->arena, "{'name':'Adrift','status':'Investigating','message':'We look.','component_id':%lld,'component_status':'Major Outage','notify':1,'visible':1}", (long long)buoys));
    int64_t id = doc_int(d, "id", 0);
    assert_string_equal(doc_text(d, "human_status", ""), "Investigating");
    assert_int_equal(doc_int(d, "component_id", 0), buoys);
    assert_false(doc_bool(d, "is_resolved", true));
    assert_string_equal(doc_text(d, "permalink", ""), arena_printf(k->arena, "https://status.example.org/incident/%s", only(k)->key));
    assert_string_equal(only(k)->origin, "cachet");
    assert_int_equal(status_of(k, "Buoys"), 4);
    kit_get(k, "/");
    kit_has(buf_text(&k->text), "Adrift");

    d = put(k, "PUT", path_of(k, "/api/v1/incidents/%lld", id), arena_printf(k->arena, "{'status':2,'message':'A chain broke.','component_id':%lld,'component_status':2,'name':'Buoys adrift'}", (long long)buoys));
    assert_string_equal(doc_text(d, "name", ""), "Buoys adrift");
    assert_string_equal(doc_text(d, "latest_human_status", ""), "Identified");
    assert_string_equal(doc_text(d, "message", ""), "We look.");
    assert_string_equal(doc_text(doc_first(doc_get(d, "updates")), "message", ""), "A chain broke.");
    assert_int_equal(status_of(k, "Buoys"), 2);
    int updates = only(k)->n_updates;
    put(k, "PUT", path_of(k, "/api/v1/incidents/%lld", id), "{'status':'2','message':'A chain broke.','name':'Buoys adrift','latest_icon':'x','updates':[]}"); /* what was read, sent back */
    assert_int_equal(only(k)->n_updates, updates);

    d = put(k, "POST", path_of(k, "/api/v1/incidents/%lld/updates", id), "{'status':3,'message':'New chain.'}");
    assert_string_equal(doc_text(d, "human_status", ""), "Watching");
    assert_string_equal(doc_text(d, "permalink", ""), arena_printf(k->arena, "https://status.example.org/incident/%s#update-3", only(k)->key));
    put(k, "PUT", arena_printf(k->arena, "/api/v1/incidents/%lld/updates/3", (long long)id), "{'message':'A new chain.'}");
    d = doc_get(get(k, path_of(k, "/api/v1/incidents/%lld/updates", id)), "data");
    assert_int_equal(d->kids.n, 2);
    assert_string_equal(doc_text(doc_first(d), "message", ""), "A new chain.");
    assert_int_equal(doc_int(doc_get(get(k, path_of(k, "/api/v1/incidents/%lld/updates/2", id)), "data"), "status", 0), 2);
    ask(k, 501, "DELETE", path_of(k, "/api/v1/incidents/%lld/updates/2", id), ck.token, NULL);

    d = put(k, "PUT", path_of(k, "/api/v1/incidents/%lld", id), "{'status':4}");
    assert_true(doc_bool(d, "is_resolved", false));
    assert_int_equal(status_of(k, "Buoys"), 1);
    ask(k, 204, "DELETE", path_of(k, "/api/v1/incidents/%lld", id), ck.token, NULL);
    assert_int_equal(k->text.len, 0);
    ask(k, 404, "GET", path_of(k, "/api/v1/incidents/%lld", id), "", NULL);
    ask(k, 404, "DELETE", path_of(k, "/api/v1/incidents/%lld", id), ck.token, NULL);
}

/* As event handlers of Nagios do it: forms, and an end that comes as a new incident. */
static void an_end_told_as_an_incident_ends_the_open_one(void **state)
{
    struct kit *k = *state;
    int64_t pilot = component(k, "Pilot");
#define FORM "name=%%5BNagios%%5D+Pilot&message=CRITICAL+-+no+%%22answer%%22&status=%d&visible=1&component_id=%lld&component_status=%d&notify=1"
    const struct doc *d = put(k, "POST", "/api/v1/incidents", arena_printf(k->arena, FORM, 1, (long long)pilot, 4));
    int64_t id = doc_int(d, "id", 0);
    assert_string_equal(doc_text(d, "name", ""), "[Nagios] Pilot");
    assert_string_equal(doc_text(d, "message", ""), "CRITICAL - no \"answer\"");
    assert_int_equal(status_of(k, "Pilot"), 4);
    d = put(k, "POST", "/api/v1/incidents", arena_printf(k->arena, FORM, 4, (long long)pilot, 1));
    assert_int_equal(doc_int(d, "id", 0), id);
    assert_true(doc_bool(d, "is_resolved", false));
    assert_int_equal(status_of(k, "Pilot"), 1);
    d = put(k, "PUT", path_of(k, "/api/v1/incidents/%lld", id), "status=4&component_id=&component_status="); /* and then closes it once more */
    assert_int_equal(only(k)->n_updates, 2);
    /* Without an open one it is an incident that is over. */
    d = put(k, "POST", "/api/v1/incidents", "name=Fog&status=4&message=It+was+foggy.");
    assert_true(doc_int(d, "id", 0) != id && doc_bool(d, "is_resolved", false));
}

static void drafts_are_for_staff(void **state)
{
    struct kit *k = *state;
    int64_t id = doc_int(put(k, "POST", "/api/v1/incidents", "name=Secret&status=1&message=Not+yet&visible=0&stickied=1"), "id", 0);
    const char *path = path_of(k, "/api/v1/incidents/%lld", id);
    ask(k, 404, "GET", path, "", NULL);
    ask(k, 404, "GET", path, "vgt_0000", NULL);
    kit_lacks(buf_text(&k->text), "Secret");
    assert_int_equal(doc_get(get(k, "/api/v1/incidents"), "data")->kids.n, 0);
    const struct doc *d = doc_get(ask(k, 200, "GET", path, ck.reader, NULL), "data");
    assert_int_equal(doc_int(d, "visible", 1), 0);
    assert_true(doc_bool(d, "stickied", false));
    assert_string_equal(kit_header(k, "Cache-Control"), "no-store");
    put(k, "PUT", path, "status=2"); /* says nothing of `visible` */
    ask(k, 404, "GET", path, "", NULL);
    put(k, "PUT", path, "visible=1");
    get(k, path);
    ask(k, 400, "PUT", path, ck.token, "visible=0");
}

static void texts_and_times(void **state)
{
    struct kit *k = *state;
    const struct doc *d = put(k, "POST", "/api/v1/incidents", "{'name':'Storm','status':2,'template':'storm','vars':{'where':'the west'}}");
    assert_string_equal(doc_text(d, "message", ""), "It blows from the west.");
    assert_string_equal(doc_text(d, "human_status", ""), "Identified");
    /* The clock of the site is an hour or two ahead of UTC. */
    d = put(k, "POST", "/api/v1/incidents", "name=Past&status=4&occurred_at=2020-01-15+10:00");
    assert_string_equal(doc_text(d, "occurred_at", ""), "2020-01-15 10:00:00");
    int64_t id = doc_int(d, "id", 0);
    assert_true(board_find(k->house->board, id)->started_ms == INT64_C(1579078800000));
    assert_int_equal(kit_ask(k, "GET", path_of(k, "/api/v1/incidents/%lld", id), "Time-Zone: UTC\n", NULL), 200);
    kit_has(buf_text(&k->text), "\"occurred_at\":\"2020-01-15 09:00:00\"");
    put(k, "PUT", path_of(k, "/api/v1/incidents/%lld", id), "occurred_at=2020-01-15+09:30:59");
    assert_string_equal(doc_text(doc_get(get(k, path_of(k, "/api/v1/incidents/%lld", id)), "data"), "occurred_at", ""), "2020-01-15 09:30:00");
}

/* ---- lists ---- */

static int64_t id_at(const struct doc *list, size_t i)
{
    const struct doc *d = doc_first(doc_get(list, "data"));
    while (d && i--)
        d = d->next;
    return doc_int(d, "id", 0);
}

static void lists_have_pages(void **state)
{
    struct kit *k = *state;
    for (int i = 1; i <= 5; i++)
        put(k, "POST", "/api/v1/incidents", arena_printf(k->arena, "name=Number+%d&status=%d", i, i == 3 ? 2 : 1));
    const struct doc *d = get(k, "/api/v1/incidents"), *p = doc_get(doc_get(d, "meta"), "pagination");
    assert_int_equal(doc_int(p, "total_pages", 0), 1);
    assert_true(id_at(d, 0) == 5 && id_at(d, 4) == 1); /* newest first */
    d = get(k, "/api/v1/incidents?per_page=2&page=2&status=1");
    p = doc_get(doc_get(d, "meta"), "pagination");
    assert_int_equal(doc_int(p, "total", 0), 4);
    assert_int_equal(doc_int(p, "count", 0), 2);
    assert_int_equal(doc_int(p, "total_pages", 0), 2);
    assert_true(id_at(d, 0) == 4 && id_at(d, 1) == 5); /* who walks pages gets growing numbers */
    assert_string_equal(doc_text(doc_get(p, "links"), "previous_page", ""), "https://status.example.org/api/v1/incidents?per_page=2&status=1&page=1");
    assert_null(doc_text(doc_get(p, "links"), "next_page", NULL));
    d = get(k, "/api/v1/incidents?sort=status&order=desc");
    assert_int_equal(id_at(d, 0), 3);
    d = get(k, "/api/v1/incidents?page=99&per_page=2");
    assert_int_equal(doc_get(d, "data")->kids.n, 0);
    d = get(k, "/api/v1/incidents?page=-1&per_page=0&sort=%27&order=x");
    assert_int_equal(doc_get(d, "data")->kids.n, 5);
    d = get(k, "/api/v1/incidents?name=Number+2");
    assert_int_equal(id_at(d, 0), 2);
}

/* ---- components ---- */

static void the_state_of_a_component_is_an_incident(void **state)
{
    struct kit *k = *state;
    const char *path = path_of(k, "/api/v1/components/%lld", component(k, "Buoys"));
    const struct doc *d = put(k, "PUT", path, "{'status':3}");
    assert_string_equal(doc_text(d, "status_name", ""), "Partial Outage");
    assert_true(bulletin_is_open(only(k)) && str_eq(only(k)->origin, "cachet"));
    put(k, "PUT", path, "{'status':'3','id':1,'name':'x','tags':[],'created_at':'2020-01-01 00:00:00','status_name':'y'}"); /* the whole object comes back */
    assert_int_equal(only(k)->n_updates, 1);
    put(k, "PUT", path, "status=4");
    assert_int_equal(only(k)->n_updates, 2);
    assert_int_equal(status_of(k, "Buoys"), 4);
    d = put(k, "PUT", path, "status=1");
    assert_int_equal(doc_int(d, "status", 0), 1);
    assert_int_equal(only(k)->phase, PHASE_RESOLVED);
    put(k, "PUT", path, "status=1"); /* nothing to say */
    assert_int_equal(only(k)->n_updates, 3);
    ask(k, 400, "PUT", path, ck.token, "status=5");
    ask(k, 400, "PUT", path, ck.token, "{'status':{'a':1}}");
}

static void words_join_the_state_that_was_set(void **state)
{
    struct kit *k = *state;
    int64_t buoys = component(k, "Buoys");
    put(k, "PUT", path_of(k, "/api/v1/components/%lld", buoys), "status=4");
    int64_t id = only(k)->id;
    const struct doc *d = put(k, "POST", "/api/v1/incidents", arena_printf(k->arena, "name=Adrift&message=We+look.&status=1&component_id=%lld&component_status=4", (long long)buoys));
    assert_int_equal(doc_int(d, "id", 0), id);
    assert_string_equal(doc_text(d, "name", ""), "Adrift");
    /* A second one about the same is one of its own: words stand there now. */
    put(k, "POST", "/api/v1/incidents", arena_printf(k->arena, "name=Again&message=More.&status=1&component_id=%lld&component_status=4", (long long)buoys));
    assert_int_equal(kept(k), 2);
    put(k, "PUT", path_of(k, "/api/v1/components/%lld", buoys), "status=1");
    for (size_t i = 0; i < kept(k); i++)
        assert_false(bulletin_is_open(board_at(k->house->board, i)));
}

/* What staff said is theirs: a client's "all well" does not end it. */
static void what_staff_said_stays(void **state)
{
    struct kit *k = *state;
    const char *path = path_of(k, "/api/v1/components/%lld", component(k, "Buoys"));
    assert_int_equal(kit_op(k, "incident-open", "{'components':['buoys'],'impact':'major','title':'Gone'}"), 200);
    put(k, "PUT", path, "status=2"); /* less than is shown */
    assert_int_equal(doc_int(put(k, "PUT", path, "status=1"), "status", 0), 4);
    assert_true(bulletin_is_open(only(k)));
}

static void status_says_what_the_page_says(void **state)
{
    struct kit *k = *state;
    const struct doc *d = doc_get(ask(k, 200, "GET", "/api/v1/status", ck.reader, NULL), "data");
    assert_string_equal(doc_text(d, "status", ""), "success");
    assert_string_equal(doc_text(d, "message", ""), "All systems are operational");
    put(k, "PUT", path_of(k, "/api/v1/components/%lld", component(k, "Buoys")), "status=4");
    d = doc_get(ask(k, 200, "GET", "/api/v1/status", ck.reader, NULL), "data");
    assert_string_equal(doc_text(d, "message", ""), "Some systems are experiencing issues");
    kit_result(k, "xhost/xcheck", STATE_CRITICAL, "gone");
    d = doc_get(ask(k, 200, "GET", "/api/v1/status", ck.reader, NULL), "data");
    assert_string_equal(doc_text(d, "status", ""), "danger");
    assert_string_equal(doc_text(d, "message", ""), "Some systems are experiencing major issues");
    assert_int_equal(kit_get(k, "/api/v1/status"), 401); /* that of this house */
}

static void silence_is_not_operational(void **state)
{
    struct kit *k = *state;
    kit_stop(k);
    kit_write(k, "vigie.yaml", YAML "  never: { name: { en: Never }, publish: auto, depends: [xhost/other] }\n");
    kit_write(k, "vigie.yaml", "hosts: { yhost: { alive: no, checks: [{ passive: { name: other } }] } }\ncomponents: { never: { name: { en: Never }, publish: auto, depends: [yhost/other] } }\n");
    kit_start(k);
    sim_run_for(5000);
    assert_int_equal(status_of(k, "Never"), 0);
}

/* ---- planned work ---- */

static void work_is_planned_moved_and_done(void **state)
{
    struct kit *k = *state;
    int64_t ferry = component(k, "Ferry");
    const struct doc *d = put(k, "POST", "/api/v1/schedules",
                              arena_printf(k->arena, "name=Paint&status=0&message=New+paint.&scheduled_at=2035-06-01+22:00&completed_at=2035-06-01+23:30&components%%5B%%5D=%lld&notify=1", (long long)ferry));
    int64_t id = doc_int(d, "id", 0);
    const char *path = path_of(k, "/api/v1/schedules/%lld", id);
    assert_string_equal(doc_text(d, "human_status", ""), "Upcoming");
    assert_string_equal(doc_text(d, "completed_at", ""), "2035-06-01 23:30:00");
    assert_int_equal(doc_int(doc_first(doc_get(d, "components")), "component_id", 0), ferry);
    assert_int_equal(doc_get(get(k, "/api/v1/schedules"), "data")->kids.n, 1);
    assert_int_equal(doc_get(get(k, "/api/v1/incidents"), "data")->kids.n, 0);
    d = put(k, "PUT", path, "{'scheduled_at':'2035-06-02 22:00','completed_at':'2035-06-02 23:00','name':'Paint and oil'}");
    assert_string_equal(doc_text(d, "scheduled_at", ""), "2035-06-02 22:00:00");
    assert_string_equal(doc_text(d, "name", ""), "Paint and oil");
    assert_string_equal(doc_text(put(k, "PUT", path, "status=1"), "human_status", ""), "In Progress");
    assert_string_equal(doc_text(put(k, "PUT", path, "status=2&message=Dry."), "human_status", ""), "Complete");
    ask(k, 204, "DELETE", path, ck.token, NULL);
    ask(k, 404, "GET", path, "", NULL);
    d = put(k, "POST", "/api/v1/schedules", arena_printf(k->arena, "{'name':'Oil','status':0,'scheduled_at':'2035-06-01 22:00','components':[%lld]}", (long long)ferry));
    assert_int_equal(doc_get(d, "components")->kids.n, 1);
    ask(k, 400, "POST", "/api/v1/schedules", ck.token, "{'name':'Oil','status':0,'scheduled_at':'2035-06-01 22:00','components':[4711]}");
    ask(k, 400, "POST", "/api/v1/schedules", ck.token, "{'name':'Oil','status':0,'scheduled_at':'tomorrow'}");
}

/* ---- bad input ---- */

static void hostile_bodies_leave_nothing(void **state)
{
    static const char *const bodies[] = {
        "", "name=", "name=x", "status=1", "name=x&status=9", "name=x&status=-1", "name=x&status=0", "name=x&status=one", "name=%00&status=1", "name=%ff%fe&status=1", "name=x&message=%c3%28&status=1",
        "name=x&status=1&component_id=4711&component_status=1", "name=x&status=1&component_status=4", "name=x&status=1&visible=perhaps", "name=x&status=1&occurred_at=yesterday",
        "name=x&status=1&occurred_at=2999-01-01+00:00", "name=%20%20&status=1", "name[]=x&status=1", "name[a]=x&status[b]=1", "=&&&=%&%zz",
        "{", "{}", "{'name':[],'status':1}", "{'name':{'en':'x'},'status':1}", "{'name':'x','status':[1]}", "{'name':'x','status':1,'status':2}", "{'name':'x','status':1.5}", "{'name':'x','status':true,'visible':{}}",
        "{'name':'x','status':1,'template':'no such'}", "{'name':'x','status':1,'occurred_at':{}}",
    };
    struct kit *k = *state;
    for (size_t i = 0; i < COUNT(bodies); i++)
        if (!str_eq(bodies[i], "{'name':'x','status':true,'visible':{}}"))
            ask(k, 400, "POST", "/api/v1/incidents", ck.token, bodies[i]);
    ask(k, 400, "POST", "/api/v1/incidents", ck.token, "{'name':'x','status':true,'visible':{}}");
    struct buf b = BUF_MAX(1 << 18);
    for (int i = 0; i < 30000; i++)
        buf_char(&b, '[');
    ask(k, 413, "POST", "/api/v1/incidents", ck.token, arena_printf(k->arena, "{'name':'x','status':1,'meta':%s", buf_text(&b)));
    buf_clear(&b);
    for (int i = 0; i < 3000; i++)
        buf_printf(&b, "%s'k%d':1", i ? "," : "{", i);
    ask(k, 400, "POST", "/api/v1/incidents", ck.token, arena_printf(k->arena, "%s}", buf_text(&b)));
    buf_clear(&b);
    for (int i = 0; i < 30000; i++)
        buf_char(&b, 'x');
    ask(k, 400, "POST", "/api/v1/incidents", ck.token, arena_printf(k->arena, "name=%s&status=1", buf_text(&b)));
    ask(k, 400, "POST", "/api/v1/incidents", ck.token, arena_printf(k->arena, "name=x&message=%s&status=1", buf_text(&b)));
    assert_int_equal(kit_ask(k, "POST", "/api/v1/incidents", arena_printf(k->arena, "X-Cachet-Token: %s\nContent-Type: text/xml\n", ck.token), "<name>x</name>"), 400);
    buf_done(&b);
    assert_int_equal(kept(k), 0);
}

/* Text of others is shown as text. */
static void markup_stays_text(void **state)
{
    struct kit *k = *state;
    const struct doc *d = put(k, "POST", "/api/v1/incidents", "name=%3Cscript%3Ealert(1)%3C/script%3E&status=1&message=%3Cimg+src=x+onerror=alert(2)%3E");
    assert_string_equal(doc_text(d, "name", ""), "<script>alert(1)</script>");
    kit_get(k, "/");
    kit_lacks(buf_text(&k->text), "<script>alert");
    kit_lacks(buf_text(&k->text), "<img src=x");
}

/* Where only the public comes, it reads and does not write. */
static void the_public_address_only_reads(void **state)
{
    struct kit *k = *state;
    const char *headers = arena_printf(k->arena, "Host: whatever.example.net\nX-Cachet-Token: %s\nContent-Type: application/x-www-form-urlencoded\n", ck.token);
    struct sim_request rq = {.method = "POST", .path = "/api/v1/incidents", .headers = headers, .body = "name=x&status=1", .peer = "192.0.2.99", .port = 8080};
    struct sim_reply *r = sim_http(&rq);
    assert_true(r->status >= 400 && r->status < 500);
    sim_reply_free(r);
    rq = (struct sim_request){.path = "/api/v1/components", .headers = "Host: whatever.example.net\n", .peer = "192.0.2.99", .port = 8080};
    r = sim_http(&rq);
    assert_int_equal(r->status, 200);
    sim_reply_free(r);
    assert_int_equal(kept(k), 0);
}

/* ---- subscribers: the list of this house, for an administrator's token ---- */

static void subscribers(void **state)
{
    struct kit *k = *state;
    const char *admin = token_of(k, "boss", "admin");
    const struct doc *d = answer_of(ask(k, 200, "GET", "/api/v1/components", "", NULL));
    int64_t buoys = 0;
    DOC_EACH(d, c)
        if (str_eq(doc_text(c, "name", ""), "Buoys"))
            buoys = doc_int(c, "id", 0);
    d = answer_of(ask(k, 200, "POST", "/api/v1/subscribers", admin, arena_printf(k->arena, "{'email':'reader@example.org','verify':true,'components':[%lld]}", (long long)buoys)));
    assert_string_equal(doc_text(d, "email", ""), "reader@example.org");
    assert_false(doc_bool(d, "global", true));
    assert_int_equal(doc_int(doc_get(d, "subscriptions")->kids.first, "component_id", 0), buoys);
    assert_non_null(doc_text(d, "verified_at", NULL));
    int64_t id = doc_int(d, "id", 0);
    assert_true(id > 0);
    d = answer_of(ask(k, 200, "POST", "/api/v1/subscribers", admin, "email=asked%40example.org")); /* he is mailed, and not on the list */
    assert_null(doc_text(d, "verified_at", NULL));
    ask(k, 200, "POST", "/api/v1/subscribers", admin, "{'email':'all@example.org','verify':1}");
    const struct doc *whole = ask(k, 200, "GET", "/api/v1/subscribers?per_page=1&page=2", admin, NULL);
    assert_int_equal(doc_int(doc_get(doc_get(whole, "meta"), "pagination"), "total", 0), 2);
    assert_string_equal(doc_text(doc_get(whole, "data")->kids.first, "email", ""), "all@example.org");
    assert_true(doc_bool(doc_get(whole, "data")->kids.first, "global", false));
    kit_lacks(buf_text(&k->text), "verify_code\":\"");
    ask(k, 400, "POST", "/api/v1/subscribers", admin, "email=nobody");
    ask(k, 204, "DELETE", arena_printf(k->arena, "/api/v1/subscribers/%lld", (long long)id), admin, NULL);
    ask(k, 404, "DELETE", arena_printf(k->arena, "/api/v1/subscribers/%lld", (long long)id), admin, NULL);
    whole = ask(k, 200, "GET", "/api/v1/subscribers", admin, NULL);
    assert_int_equal(doc_get(whole, "data")->kids.n, 1);
}

/* ---- browsers of other sites, and old addresses ---- */

static void preflights(void **state)
{
    struct kit *k = *state;
    static const char *const paths[] = {"/api/v1/components", "/api/v1/incidents/3", "/api/v1/status", "/api/v1/ping"}, *const others[] = {"/api/v1/users", "/api/v1/status/x", "/console", "/api/v1/componentsx"};
    for (size_t i = 0; i < COUNT(paths); i++) {
        assert_int_equal(kit_ask(k, "OPTIONS", paths[i], "Origin: https://elsewhere.example.org\nAccess-Control-Request-Method: PUT\nAccess-Control-Request-Headers: X-Cachet-Token\n", NULL), 204);
        assert_string_equal(kit_header(k, "Access-Control-Allow-Origin"), "*");
        kit_has(kit_header(k, "Access-Control-Allow-Headers"), "X-Cachet-Token");
        kit_has(kit_header(k, "Access-Control-Allow-Methods"), "PUT");
        assert_string_equal(kit_header(k, "Access-Control-Allow-Credentials"), "");
    }
    for (size_t i = 0; i < COUNT(others); i++) { /* nothing of our own is shared */
        assert_true(kit_ask(k, "OPTIONS", others[i], "Origin: https://elsewhere.example.org\nAccess-Control-Request-Method: GET\n", NULL) >= 300);
        assert_string_equal(kit_header(k, "Access-Control-Allow-Origin"), "");
    }
    assert_int_equal(kit_ask(k, "OPTIONS", "/api/v1/components", "Origin: https://elsewhere.example.org\n", NULL) >= 400, 1); /* no question */
    ask(k, 200, "POST", "/api/v1/incidents", ck.token, "name=x&status=1&message=y");
    assert_string_equal(kit_header(k, "Access-Control-Allow-Origin"), "*");
}

static void leads_to(struct kit *k, const char *old, const char *now)
{
    int status = kit_get(k, old);
    if ((status != 301 && status != 302) || !str_eq(kit_header(k, "Location"), now))
        fail_msg("%s: %d, %s", old, status, kit_header(k, "Location"));
}

static void old_addresses(void **state)
{
    struct kit *k = *state;
    const struct doc *d = answer_of(ask(k, 200, "GET", "/api/v1/components", "", NULL));
    int64_t ferry = 0;
    DOC_EACH(d, c)
        if (str_eq(doc_text(c, "name", ""), "Ferry"))
            ferry = doc_int(c, "id", 0);
    leads_to(k, "/component/7", "/component/pilot");
    leads_to(k, "/component/7/", "/component/pilot");
    leads_to(k, "/component/7/shield", "/component/pilot/badge.svg");
    leads_to(k, "/component/7/shield?style=flat-square", "/component/pilot/badge.svg?style=flat-square");
    leads_to(k, "/component/7/shield?style=%22%0d%0ax:y", "/component/pilot/badge.svg?style=%22%0D%0Ax%3Ay");
    leads_to(k, "/affected/pilot/index.svg", "/component/pilot/badge.svg");
    leads_to(k, "/affected/pilot/index.xml", "/component/pilot/feed.rss");
    leads_to(k, arena_printf(k->arena, "/component/%lld/shield", (long long)ferry), "/component/ferry/badge.svg");
    leads_to(k, "/atom/boats", "/group/boats/feed.atom");
    leads_to(k, "/rss/nowhere", "/feed.rss");
    leads_to(k, "/subscribe/manage/abcdef", "/subscribe");
    leads_to(k, "/subscribe/verify/abcdef", "/subscribe");
    leads_to(k, "/unsubscribe/abcdef/3", "/subscribe");
    assert_int_equal(kit_get(k, "/component/77/shield"), 404);
    assert_int_equal(kit_get(k, "/component/7/other"), 404);
    assert_int_equal(kit_get(k, "/component/999999999999999999999999/shield"), 404);
    assert_int_equal(kit_get(k, "/affected/pilotx"), 404);
    assert_int_equal(kit_get(k, "/subscribe"), 200);
    assert_int_equal(kit_get(k, "/rss"), 200);
    assert_int_equal(kit_get(k, "/atom"), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(anybody_reads), TEST(what_needs_a_token), TEST(numbers_of_components_stay), TEST(an_incident_lives_in_json), TEST(an_end_told_as_an_incident_ends_the_open_one),
        TEST(drafts_are_for_staff), TEST(texts_and_times), TEST(lists_have_pages), TEST(the_state_of_a_component_is_an_incident), TEST(words_join_the_state_that_was_set),
        TEST(what_staff_said_stays), TEST(status_says_what_the_page_says), TEST(silence_is_not_operational), TEST(work_is_planned_moved_and_done), TEST(hostile_bodies_leave_nothing),
        TEST(markup_stays_text), TEST(the_public_address_only_reads), TEST(subscribers), TEST(preflights), TEST(old_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
