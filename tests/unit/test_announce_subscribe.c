/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Subscribers by mail, from the public form to the last notice: confirmed by a button, told of what concerns them and once, over restarts
 * and a mail server that is away; forged, old and hostile input (ST-12, ANN-2..5, ANN-16). */
#include "daemon_kit.h"
#include "ops/ops_subscribe.h"
#include "wire/csv.h"
#include "wire/dsn.h"

#define YAML                                                                                                              \
    "site: { title: { en: Harbour, fr: Port }, zone: Europe/Paris, mail: { smtp: 'smtp://127.0.0.1:25', from: 'Harbour <status@example.org>' }, url: 'https://status.example.org/' }\n" \
    "hosts: { box: { alive: no, checks: [{ passive: { name: web, attempts: 1 } }, { passive: { name: mail, attempts: 1 } }] } }\n" \
    "components:\n"                                                                                                       \
    "  website: { name: { en: Website, fr: Site web }, group: hosting, depends: [box/web] }\n"                            \
    "  mail: { name: { en: Mail, fr: Courriel }, depends: [box/mail] }\n"                                                 \
    "  lists: { name: Lists, group: hosting/lists, depends: [box/mail] }\n"
#define DAY_MS (24 * HOUR_MS)

static int setup(void **state)
{
    *state = kit_up(YAML);
    return 0;
}
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, kit_teardown)

static void restart(struct kit *k)
{
    kit_stop(k);
    kit_start(k);
    sim_run_for(1000);
}

static void settle(struct kit *k)
{
    (void)k;
    sim_run_for(5000);
}

/* The text of a mail, with quoted-printable undone. */
static const char *mail_text(struct kit *k, int i)
{
    const char *m = sim_mail_at(i)->message;
    struct buf b = BUF_MAX(1 << 20);
    for (; *m; m++) {
        if (m[0] == '=' && m[1] == '\r' && m[2] == '\n') {
            m += 2;
        } else if (m[0] == '=' && strspn(m + 1, "0123456789ABCDEF") >= 2) {
            char hex[3] = {m[1], m[2], 0};
            buf_char(&b, (char)strtol(hex, NULL, 16));
            m += 2;
        } else if (m[0] != '\r') {
            buf_char(&b, *m);
        }
    }
    const char *copy = arena_dup(k->arena, buf_text(&b));
    buf_done(&b);
    return copy;
}

static int mails_to(const char *address)
{
    int n = 0;
    for (int i = 0; i < sim_mails(); i++)
        n += str_eq(sim_mail_at(i)->to, address);
    return n;
}

/* The path of a link in a mail: from "/subscri…" to its end. */
static const char *link_in(struct kit *k, const char *text, const char *path)
{
    const char *at = strstr(text, path);
    if (!at)
        fail_msg("no link %s in %.3000s", path, text);
    return arena_dupn(k->arena, at, strcspn(at, "? \n>\""));
}

static int64_t count(struct kit *k, const char *sql)
{
    struct store_stmt q = {"q", sql};
    struct store_rows rows = {0};
    settle(k);
    assert_int_equal(store_read_now(k->house->store, &q, NULL, 0, 1, &rows, NULL), 0);
    int64_t n = store_cell_int(&rows, 0, 0);
    store_rows_done(&rows);
    return n;
}
#define SUBSCRIBERS "SELECT COUNT(*) FROM subscriber"

static void add(struct kit *k, const char *email, const char *more)
{
    assert_int_equal(kit_op(k, "subscriber-add", arena_printf(k->arena, "{'email':'%s','agreed':true%s}", email, more)), 200);
}

static void open_incident(struct kit *k, const char *component)
{
    if (kit_op(k, "incident-open", arena_printf(k->arena, "{'components':['%s:major'],'text':'We **look** for it.','title':'Something broke'}", component)) != 200)
        fail_msg("%s", kit_text(k));
    settle(k);
}

/* ---- the way in ---- */

static void test_form_to_notice(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_get(k, "/subscribe?lang=fr"), 200);
    kit_has(buf_text(&k->text), "Site web");
    kit_has(buf_text(&k->text), "name=\"email\"");
    assert_string_equal(kit_header(k, "Set-Cookie"), "");
    assert_int_equal(kit_post(k, "/subscribe?lang=fr", "email=Reader@Example.ORG&component=website&kind=incidents&kind=resolved&lang=fr"), 200);
    settle(k);
    assert_int_equal(count(k, SUBSCRIBERS), 0); /* nothing is kept yet */
    assert_int_equal(sim_mails(), 1);
    assert_string_equal(sim_mail_at(0)->to, "Reader@example.org");
    const char *text = mail_text(k, 0), *link = link_in(k, text, "/subscribe/confirm/");
    kit_has(text, "Auto-Submitted: auto-generated");
    assert_int_equal(kit_get(k, link), 200); /* a scanner confirms nobody */
    assert_int_equal(kit_get(k, link), 200);
    assert_int_equal(count(k, SUBSCRIBERS), 0);
    assert_int_equal(kit_post(k, link, ""), 200);
    assert_int_equal(count(k, SUBSCRIBERS), 1);
    open_incident(k, "mail"); /* not his */
    assert_int_equal(sim_mails(), 1);
    open_incident(k, "website");
    assert_int_equal(sim_mails(), 2);
    text = mail_text(k, 1);
    kit_has(text, "multipart/alternative");
    kit_has(text, "List-Unsubscribe-Post: List-Unsubscribe=One-Click");
    kit_has(text, "Auto-Submitted: auto-generated");
    kit_has(text, "List-Id: <status.example.org>");
    kit_has(text, "Something broke (en anglais seulement)");
    kit_has(text, "<strong>look</strong>");
    kit_has(text, "Site web (");
    kit_has(text, "CET (2 mars");
    kit_has(text, "https://status.example.org/incident/");
    kit_op(k, "incident-update", "{'id':'2','text':'Found.','phase':'identified'}"); /* not of a kind he chose */
    settle(k);
    assert_int_equal(sim_mails(), 2);
    kit_op(k, "incident-resolve", "{'id':'2','text':'Well.'}");
    settle(k);
    assert_int_equal(sim_mails(), 3);
    kit_has(sim_mail_at(2)->subject, "Terminé : Something broke");
    const char *id = link_in(k, strstr(mail_text(k, 1), "Message-ID: <") + 13, ""), *answers = strstr(mail_text(k, 2), "References: <");
    assert_non_null(answers);
    assert_true(str_starts(answers + 13, id)); /* one thread */
}

static void test_own_link(void **state)
{
    struct kit *k = *state;
    add(k, "reader@example.org", "");
    open_incident(k, "mail");
    assert_int_equal(sim_mails(), 1);
    const char *text = mail_text(k, 0), *end = link_in(k, strstr(text, "List-Unsubscribe: <"), "/subscription/"), *own = link_in(k, strstr(text, "-- \n"), "/subscription/");
    assert_int_equal(kit_get(k, own), 200);
    kit_has(buf_text(&k->text), "reader@example.org");
    assert_int_equal(kit_post(k, own, "group=hosting&kind=incidents&lang=en"), 200);
    open_incident(k, "mail");
    assert_int_equal(sim_mails(), 1);
    open_incident(k, "lists"); /* below the group */
    assert_int_equal(sim_mails(), 2);
    assert_int_equal(kit_post(k, own, "lang=en"), 400); /* nothing to be told of */
    assert_int_equal(kit_get(k, end), 200);
    assert_int_equal(count(k, SUBSCRIBERS), 1);
    assert_int_equal(kit_post(k, end, "List-Unsubscribe=One-Click"), 200);
    assert_int_equal(count(k, SUBSCRIBERS), 0);
    assert_int_equal(kit_post(k, end, "List-Unsubscribe=One-Click"), 200); /* gone is gone */
    assert_int_equal(kit_get(k, own), 404);
    add(k, "reader@example.org", "");
    assert_int_equal(kit_get(k, own), 404); /* an old link opens no new subscription */
}

static void test_forged_and_old_links(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_post(k, "/subscribe", "email=a@example.org&kind=incidents"), 200);
    settle(k);
    char *link = arena_dup(k->arena, link_in(k, mail_text(k, 0), "/subscribe/confirm/"));
    size_t n = strlen(link);
    link[n - 1] = link[n - 1] == 'A' ? 'B' : 'A';
    assert_int_equal(kit_post(k, link, ""), 400);
    link[30] ^= 1;
    assert_int_equal(kit_get(k, link), 400);
    static const char *const bad[] = {"/subscribe/confirm/x", "/subscribe/confirm/.", "/subscribe/confirm/..", "/subscribe/confirm/%00.%00", "/subscribe/confirm/"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        int status = kit_post(k, bad[i], "");
        assert_true(status >= 400 && status < 500);
    }
    assert_int_equal(kit_get(k, "/subscription/1.aaaaaaaaaaaaaaaaaaaaaaaa"), 404);
    assert_int_equal(kit_get(k, "/subscription/../../etc/passwd"), 400);
    link = arena_dup(k->arena, link_in(k, mail_text(k, 0), "/subscribe/confirm/"));
    restart(k); /* the secret stays */
    assert_int_equal(kit_get(k, link), 200);
    sim_run_for(3 * DAY_MS);
    assert_true(kit_post(k, link, "") >= 400);
    kit_has(buf_text(&k->text), "too old");
    assert_int_equal(count(k, SUBSCRIBERS), 0);
}

static void test_nobody_learns_who_is_known(void **state)
{
    struct kit *k = *state;
    add(k, "known@example.org", "");
    assert_int_equal(kit_post(k, "/subscribe", "email=known@example.org&kind=incidents"), 200);
    const char *known = arena_dup(k->arena, buf_text(&k->text));
    assert_int_equal(kit_post(k, "/subscribe", "email=other@example.org&kind=incidents"), 200);
    assert_string_equal(buf_text(&k->text), known);
    settle(k);
    assert_int_equal(mails_to("known@example.org"), 1);
    assert_int_equal(mails_to("other@example.org"), 1);
}

static void test_floods(void **state)
{
    struct kit *k = *state;
    for (int i = 0; i < 8; i++) /* one address: three an hour, and the answer stays */
        assert_int_equal(kit_post(k, "/subscribe", "email=victim@example.org&kind=incidents"), 200);
    settle(k);
    assert_int_equal(mails_to("victim@example.org"), 3);
    int refused = 0;
    for (int i = 0; i < 30; i++)
        refused += kit_post(k, "/subscribe", arena_printf(k->arena, "email=v%d@example.org&kind=incidents", i)) == 429;
    assert_int_equal(refused, 28);
    k->peer = "192.0.2.77";
    assert_int_equal(kit_post(k, "/subscribe", "email=else@example.org&kind=incidents"), 200);
    settle(k);
    assert_int_equal(sim_mails(), 6);
    assert_int_equal(count(k, SUBSCRIBERS), 0);
}

static void test_hostile_addresses(void **state)
{
    struct kit *k = *state;
    static const char *const bad[] = {
        "a%40example.org%0D%0ABcc:%20b%40example.org", "a%40example.org%0Ab%40example.org", "a%40example.org,b%40example.org", "root", "a%40localhost", "%40example.org", "a%40", "-f%40example.org",
        "a%20b%40example.org", "%3Ca%40example.org%3E%3Cb%40example.org%3E", "a%40exa%00mple.org", "a%40%5B127.0.0.1%5D", "%22a%22%40example.org", "a%40example..org", "a%7Csh%40example.org", "%C3%A9%40example.org",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        int status = kit_post(k, "/subscribe", arena_printf(k->arena, "email=%s&kind=incidents", bad[i]));
        if (status < 400 || status >= 500)
            fail_msg("%s: %d", bad[i], status);
    }
    assert_int_equal(kit_post(k, "/subscribe", "email=a@example.org&kind=incidents&component=nothing"), 400);
    assert_int_equal(kit_post(k, "/subscribe", "email=a@example.org&kind=incidents&component=website,mail"), 400);
    settle(k);
    assert_int_equal(sim_mails(), 0);
    /* A title that would begin a header. */
    add(k, "reader@example.org", "");
    kit_op(k, "incident-open", "{'components':['mail:major'],'title':'A\\r\\nBcc: b@example.org','text':'--vigie\\n.\\nBcc: c@example.org'}");
    settle(k);
    for (int i = 0; i < sim_mails(); i++) {
        assert_null(strstr(sim_mail_at(i)->message, "\nBcc: b@"));
        assert_string_equal(sim_mail_at(i)->to, "reader@example.org");
    }
}

/* ---- the way out ---- */

static void test_life_of_work(void **state)
{
    struct kit *k = *state;
    add(k, "reader@example.org", ",'components':['website']");
    add(k, "other@example.org", ",'components':['mail']");
    add(k, "incidents@example.org", ",'kinds':['incidents']");
    kit_op(k, "maintenance-plan", "{'components':['website'],'start':'+26h','for':'2h','text':'Disks.','title':'New disks'}");
    settle(k);
    assert_int_equal(sim_mails(), 1);
    kit_has(mail_text(k, 0), "BEGIN:VCALENDAR");
    kit_has(mail_text(k, 0), "SEQUENCE:0");
    kit_has(mail_text(k, 0), "X-MAINTNOTE-STATUS:CONFIRMED");
    kit_has(mail_text(k, 0), "multipart/mixed");
    kit_op(k, "maintenance-move", "{'id':'1','start':'+50h'}");
    settle(k);
    assert_int_equal(sim_mails(), 2);
    kit_has(sim_mail_at(1)->subject, "Another date: New disks");
    kit_has(mail_text(k, 1), "SEQUENCE:1");
    restart(k);
    sim_run_for(27 * HOUR_MS); /* a day ahead */
    assert_int_equal(sim_mails(), 3);
    kit_has(sim_mail_at(2)->subject, "Reminder of planned work");
    restart(k);
    sim_run_for(22 * HOUR_MS + 30 * MINUTE_MS); /* an hour ahead */
    assert_int_equal(sim_mails(), 4);
    sim_run_for(HOUR_MS);
    assert_int_equal(sim_mails(), 5);
    kit_has(sim_mail_at(4)->subject, "Work begins");
    restart(k);
    sim_run_for(2 * HOUR_MS);
    assert_int_equal(sim_mails(), 6);
    kit_has(sim_mail_at(5)->subject, "Work is done");
    assert_int_equal(mails_to("reader@example.org"), 6);
    sim_run_for(DAY_MS);
    assert_int_equal(sim_mails(), 6);
    kit_op(k, "subscriber-report", "{'id':'1'}");
    assert_int_equal(doc_int(k->reply, "sent", 0), 6);
}

static void test_quiet_and_drafts(void **state)
{
    struct kit *k = *state;
    add(k, "reader@example.org", "");
    kit_op(k, "incident-open", "{'components':['mail:major'],'quiet':true}");
    kit_op(k, "incident-open", "{'components':['mail:major'],'draft':true,'text':'Draft.'}");
    kit_op(k, "incident-update", "{'id':'2','text':'More of the draft.'}");
    settle(k);
    assert_int_equal(sim_mails(), 0);
    kit_op(k, "incident-publish", "{'id':'2'}");
    settle(k);
    assert_int_equal(sim_mails(), 1);
    kit_op(k, "incident-edit", "{'id':'2','title':'Another title'}"); /* a correction is told to nobody */
    settle(k);
    assert_int_equal(sim_mails(), 1);
}

static void add_many(struct kit *k, int n)
{
    static const struct store_stmt many = {
        "many", "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ?1)"
                " INSERT INTO subscriber (address, lang, about, kinds, origin, nonce, since_ms) SELECT 'r' || i || '@example.org', 'en', CASE WHEN i % 2 = 0 THEN 'website' ELSE 'group:hosting' END, 15, 'staff', i, 0 FROM c"};
    struct store_batch *b = store_batch_new();
    struct store_value v = STORE_I(n);
    store_batch_add(b, &many, &v, 1);
    store_write(k->house->store, b, NULL, NULL);
    settle(k);
}

/* Each once: the address of each mail, seen at most `most` times; returns how many addresses there are. */
static int each_once(struct kit *k, int n, int most, int *ret_doubled)
{
    int *seen = mem_zero(((size_t)n + 1) * sizeof(int)), all = 0;
    (void)k;
    *ret_doubled = 0;
    for (int i = 0; i < sim_mails(); i++) {
        int at = atoi(sim_mail_at(i)->to + 1);
        assert_true(at >= 1 && at <= n);
        all += seen[at]++ == 0;
        *ret_doubled += seen[at] == 2;
        if (seen[at] > most)
            fail_msg("%s was mailed %d times", sim_mail_at(i)->to, seen[at]);
    }
    mem_free(seen);
    return all;
}

enum { MANY = 1500 };

static void test_kill_in_the_middle(void **state)
{
    struct kit *k = *state;
    int doubled;
    add_many(k, MANY);
    kit_op(k, "incident-open", "{'components':['website:major'],'text':'Down.'}");
    for (int i = 0; i < 12; i++) {
        sim_run_for(20 + 37 * i);
        sim_crash(i % 2); /* kill -9, or a power cut */
        kit_start(k);
    }
    sim_run_for(HOUR_MS);
    assert_int_equal(each_once(k, MANY, 2, &doubled), MANY);
    if (doubled > 12 * 32) /* no more than were being handed over */
        fail_msg("%d had it twice", doubled);
    assert_int_equal(count(k, "SELECT COUNT(*) FROM outbox WHERE state <> 'sent'"), 0);
    assert_int_equal(count(k, "SELECT COUNT(*) FROM publication WHERE done_ms = 0"), 0);
}

static void test_server_away_for_an_hour(void **state)
{
    struct kit *k = *state;
    int doubled;
    add_many(k, MANY);
    sim_mail_mode(SIM_MAIL_DOWN);
    kit_op(k, "incident-open", "{'components':['website:major'],'text':'Down.'}");
    sim_run_for(30 * MINUTE_MS);
    restart(k);
    sim_run_for(30 * MINUTE_MS);
    assert_int_equal(sim_mails(), 0);
    sim_mail_mode(SIM_MAIL_OK);
    sim_run_for(HOUR_MS);
    assert_int_equal(each_once(k, MANY, 1, &doubled), MANY);
}

static void test_gone_meanwhile(void **state)
{
    struct kit *k = *state;
    add(k, "reader@example.org", "");
    add(k, "stays@example.org", "");
    sim_mail_mode(SIM_MAIL_DOWN);
    open_incident(k, "mail");
    assert_int_equal(kit_op(k, "subscriber-remove", "{'email':'reader@example.org'}"), 200);
    sim_mail_mode(SIM_MAIL_OK);
    sim_run_for(HOUR_MS);
    assert_int_equal(mails_to("reader@example.org"), 0);
    assert_int_equal(mails_to("stays@example.org"), 1);
    assert_int_equal(kit_op(k, "subscriber-remove", "{'email':'reader@example.org'}"), 404);
}

static void test_bounces(void **state)
{
    struct kit *k = *state;
    add(k, "gone@example.org", "");
    add(k, "full@example.org", "");
    assert_int_equal(kit_op(k, "subscriber-bounce", "{'email':'gone@example.org','for-good':true}"), 200);
    assert_int_equal(kit_op(k, "subscriber-bounce", "{'email':'full@example.org'}"), 200);
    open_incident(k, "mail");
    assert_int_equal(mails_to("gone@example.org"), 0);
    assert_int_equal(mails_to("full@example.org"), 1);
    const char *own = link_in(k, strstr(mail_text(k, 0), "-- \n"), "/subscription/") + strlen("/subscription/");
    for (int i = 0; i < 4; i++) /* five in a row */
        assert_int_equal(kit_op(k, "subscriber-bounce", arena_printf(k->arena, "{'link':'%s'}", own)), 200);
    open_incident(k, "mail");
    assert_int_equal(mails_to("full@example.org"), 1);
    assert_int_equal(kit_op(k, "subscriber-bounce", "{'link':'1.aaaaaaaaaaaaaaaaaaaaaaaa'}"), 404); /* forged */
    assert_int_equal(kit_op(k, "subscriber-bounce", "{'for-good':true}"), 400);
}

static void test_lists(void **state)
{
    struct kit *k = *state;
    add(k, "a@example.org", ",'components':['website'],'client':'=Club'");
    add(k, "b@example.org", ",'groups':['hosting']");
    open_incident(k, "mail");
    kit_op(k, "subscribers", NULL);
    assert_int_equal(doc_int(k->reply, "count", 0), 2);
    kit_op(k, "subscribers", "{'incident':'1'}");
    assert_int_equal(doc_int(k->reply, "count", -1), 0);
    open_incident(k, "lists");
    kit_op(k, "subscribers", "{'incident':'2'}");
    assert_int_equal(doc_int(k->reply, "count", -1), 1);
    assert_int_equal(kit_op(k, "subscriber-export", NULL), 200);
    kit_has(doc_text(k->reply, "csv", ""), "\"a@example.org\",en,\"website\",\"incidents updates resolved maintenance\",\"'=Club\",staff,");
    assert_int_equal(kit_op(k, "incident-open", "{'components':['website:major'],'text':'x','dry-run':true}"), 200);
    assert_int_equal(doc_int(doc_get(k->reply, "recipients"), "count", 0), 2);
    assert_int_equal(kit_op(k, "incident-open", "{'components':['website:major'],'text':'x','dry-run':true,'quiet':true}"), 200);
    assert_int_equal(doc_int(doc_get(k->reply, "recipients"), "count", -1), 0);
    settle(k);
    assert_int_equal(sim_mails(), 1); /* of the second incident alone */
    assert_int_equal(kit_op(k, "subscriber-report", "{'id':'2','csv':true}"), 200);
    kit_has(doc_text(k->reply, "csv", ""), "\"b@example.org\",mail,opened,sent,");
    struct principal viewer = kit_who(ROLE_VIEWER);
    assert_int_equal(kit_op_as(k, "subscribers", NULL, &viewer), 403);
}

static void import(struct kit *k, const char *rows, int run, bool rest)
{
    if (kit_op(k, "subscriber-import", arena_printf(k->arena, "{'source':'crm','run':%d,'rest':%s,'people':{'rows':[%s]}}", run, rest ? "true" : "false", rows)) != 200)
        fail_msg("%s", kit_text(k));
    settle(k);
}

/* ST-23: clients by a list of others: only whom it concerns; who is gone from the list, or ended it, gets nothing more. */
static void test_lists_of_clients(void **state)
{
    struct kit *k = *state;
    add(k, "own@example.org", ",'components':['website']");
    import(k, "{'email':'one@example.org','client':'One','services':['website'],'line':2},{'email':'two@example.org','client':'Two','services':['Courriel'],'lang':'fr_CA','line':3}", 1, false);
    assert_int_equal(doc_int(k->reply, "kept", 0), 2);
    import(k, "{'email':'own@example.org','services':['mail'],'line':4},{'email':'bad@','line':5},{'email':'x@example.org','services':['nothing'],'line':6}", 1, true);
    assert_int_equal(doc_int(k->reply, "kept", 0), 1);
    assert_int_equal(doc_get(k->reply, "refused")->kids.n, 2);
    assert_int_equal(doc_int(doc_first(doc_get(k->reply, "refused")), "line", 0), 5);
    assert_int_equal(count(k, SUBSCRIBERS), 3);
    open_incident(k, "mail");
    assert_int_equal(sim_mails(), 1);
    assert_string_equal(sim_mail_at(0)->to, "two@example.org");
    const char *end = link_in(k, strstr(mail_text(k, 0), "List-Unsubscribe: <"), "/subscription/");
    assert_int_equal(kit_post(k, end, "List-Unsubscribe=One-Click"), 200);
    import(k, "{'email':'two@example.org','services':['mail'],'line':2},{'email':'three@example.org','services':['mail'],'line':3}", 2, true);
    open_incident(k, "mail");
    assert_int_equal(sim_mails(), 2); /* he ended it: no list brings him back */
    assert_string_equal(sim_mail_at(1)->to, "three@example.org");
    open_incident(k, "website"); /* the first is gone from the list; who came by himself stays */
    assert_int_equal(sim_mails(), 3);
    assert_string_equal(sim_mail_at(2)->to, "own@example.org");
    assert_int_equal(kit_op(k, "subscriber-import", "{'source':'crm','run':9,'rest':true,'dry-run':true,'people':{'rows':[]}}"), 200);
    assert_int_equal(count(k, SUBSCRIBERS), 2);
}

/* ---- the pure half ---- */

static void test_dsn(void **state)
{
    (void)state;
    static const char report[] =
        "From: MAILER-DAEMON@example.org\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n"
        "\n"
        "--b\n"
        "Content-Description: Notification\n"
        "\n"
        "Final-Recipient: rfc822; nobody@example.net\n"
        "\n"
        "--b\n"
        "Content-Description: Delivery report\n"
        "Content-Type: message/delivery-status\n"
        "\n"
        "Reporting-MTA: dns; mx.example.org\n"
        "\n"
        "Final-Recipient: rfc822; slow@example.org\n"
        "Action: delayed\n"
        "Status: 4.4.1\n"
        "\n"
        "Final-Recipient: rfc822; reader@example.org\n"
        "Original-Recipient: rfc822;reader@example.org\n"
        "Action: Failed\n"
        "Status: 5.1.1 (no such mailbox)\n"
        "\n"
        "--b\n"
        "Content-Type: message/rfc822-headers\n"
        "\n"
        "Subject: Planned work\n"
        "List-Unsubscribe:\n"
        " <https://status.example.org/subscription/12.abcdefghijklmnopqrstuvwx/end>\n"
        "--b--\n"
        "";
    struct dsn d;
    assert_true(dsn_read(report, sizeof report - 1, &d));
    assert_string_equal(d.recipient, "reader@example.org"); /* who failed, not who is late, nor what other parts say */
    assert_string_equal(d.action, "failed");
    assert_string_equal(d.status, "5.1.1");
    assert_string_equal(d.unsubscribe, "https://status.example.org/subscription/12.abcdefghijklmnopqrstuvwx/end");
    for (size_t n = 0; n < sizeof report - 1; n++)
        dsn_read(report, n, &d);
    assert_false(dsn_read("Final-Recipient: rfc822; a@example.org\n", 39, &d));
}

static void test_csv(void **state)
{
    (void)state;
    static const char text[] = "\xef\xbb\xbf" "Email;\"Name\"\r\n\r\na@example.org;\"Club \"\"one\"\"; two\r\nthree\"\r\n;\nb";
    struct arena *a = arena_new(0);
    const char *cells[CSV_MAX_CELLS];
    struct csv c;
    int n, line;
    csv_begin(&c, text, sizeof text - 1);
    assert_int_equal(csv_next(&c, a, cells, &n, &line, NULL), 1);
    assert_string_equal(cells[0], "Email");
    assert_string_equal(cells[1], "Name");
    assert_int_equal(csv_next(&c, a, cells, &n, &line, NULL), 1);
    assert_int_equal(line, 3);
    assert_string_equal(cells[1], "Club \"one\"; two\r\nthree");
    assert_int_equal(csv_next(&c, a, cells, &n, &line, NULL), 1);
    assert_int_equal(line, 5);
    assert_int_equal(n, 2);
    assert_int_equal(csv_next(&c, a, cells, &n, &line, NULL), 1);
    assert_string_equal(cells[0], "b");
    assert_int_equal(csv_next(&c, a, cells, &n, &line, NULL), 0);
    csv_begin(&c, "a,\"b", 4);
    assert_int_equal(csv_next(&c, a, cells, &n, &line, NULL), ERR_INVALID);
    arena_free(a);
}

static void test_links_pure(void **state)
{
    (void)state;
    unsigned char one[SUBSCRIBER_SECRET_BYTES] = {1}, two[SUBSCRIBER_SECRET_BYTES] = {2};
    struct arena *a = arena_new(0);
    struct buf link = BUF_MAX(SUBSCRIBER_LINK_BYTES);
    struct subscriber s = {.address = "a@example.org", .lang = "fr", .about = "website,group:hosting", .kinds = 5}, got;
    subscriber_wish_write(one, &s, 1000, &link);
    assert_int_equal(subscriber_wish_read(one, buf_text(&link), 1000, a, &got, NULL), 0);
    assert_string_equal(got.address, s.address);
    assert_string_equal(got.about, s.about);
    assert_string_equal(got.lang, "fr");
    assert_int_equal(got.kinds, 5);
    assert_int_equal(subscriber_wish_read(one, buf_text(&link), 1001, a, &got, NULL), ERR_TIMEOUT);
    assert_int_equal(subscriber_wish_read(two, buf_text(&link), 1000, a, &got, NULL), ERR_INVALID);
    buf_clear(&link);
    subscriber_link_write(one, 17, 4, &link);
    assert_int_equal(subscriber_link_id(buf_text(&link)), 17);
    assert_true(subscriber_link_ok(one, buf_text(&link), 17, 4));
    assert_false(subscriber_link_ok(one, buf_text(&link), 17, 5));
    assert_false(subscriber_link_ok(one, buf_text(&link), 18, 4));
    assert_false(subscriber_link_ok(two, buf_text(&link), 17, 4));
    buf_done(&link);
    arena_free(a);
}

static void test_limits_pure(void **state)
{
    (void)state;
    struct subscriber_limit *l = NEW(struct subscriber_limit);
    for (int i = 0; i < 3; i++)
        assert_true(subscriber_limit_take(l, 9, 3, 1000, i));
    assert_false(subscriber_limit_take(l, 9, 3, 1000, 5));
    assert_true(subscriber_limit_take(l, 9, 3, 1000, 1001));
    for (uint64_t h = 100; h < 100000; h++)
        assert_true(subscriber_limit_take(l, h, 1, 1000, 2000));
    assert_int_equal(subscriber_client_hash("2001:db8::1", 1), subscriber_client_hash("2001:db8::2:3", 1));
    assert_int_not_equal(subscriber_client_hash("2001:db8::1", 1), subscriber_client_hash("2001:db8:0:1::1", 1));
    assert_int_not_equal(subscriber_client_hash("192.0.2.1", 1), subscriber_client_hash("192.0.2.2", 1));
    mem_free(l);
}

static const char *with(struct kit *k, const char *params, const char *more)
{
    const char *at = strchr(params, '@');
    return arena_printf(k->arena, "%.*s%s%s", (int)(at - params), params, more, at + 1);
}

/* Whom a dry run names is whom the same post mails then, in their languages; nothing leaves before (ANN-11). */
static void test_preview_is_what_is_sent(void **state)
{
    struct kit *k = *state;
    add(k, "a@example.org", ",'components':['website']");
    add(k, "b@example.org", ",'lang':'fr'");
    add(k, "c@example.org", ",'components':['mail']");
    add(k, "d@example.org", ",'kinds':['resolved']");
    static const char *const posts[][2] = {{"incident-open", "{'components':['website:major'],'text':'x'@}"}, {"incident-resolve", "{'id':'1','text':'y'@}"}, {"maintenance-plan", "{'components':['mail'],'start':'+3h','for':'1h','text':'x'@}"}};
    for (size_t i = 0; i < COUNT(posts); i++) {
        int before = sim_mails();
        const char *params = with(k, posts[i][1], ",'dry-run':true");
        assert_int_equal(kit_op(k, posts[i][0], params), 200);
        const struct doc *r = doc_get(k->reply, "recipients"), *way = doc_first(doc_get(r, "ways"));
        int64_t n = doc_int(r, "count", -1);
        assert_true(n > 0);
        assert_string_equal(doc_text(way, "way", ""), "mail");
        assert_int_equal(doc_int(way, "count", 0), n);
        settle(k);
        assert_int_equal(sim_mails(), before);
        assert_int_equal(kit_op(k, posts[i][0], with(k, posts[i][1], "")), 200);
        settle(k);
        assert_int_equal(sim_mails(), before + n);
        DOC_EACH(doc_get(r, "addresses"), d) {
            int got = 0;
            for (int m = before; m < sim_mails(); m++)
                got += str_eq(sim_mail_at(m)->to, d->text);
            assert_int_equal(got, 1);
        }
    }
}

/* A report for users, and a withdrawal, go to those who were on the list when it was published. */
static void test_reports_and_withdrawals_are_mailed(void **state)
{
    struct kit *k = *state;
    add(k, "a@example.org", "");
    open_incident(k, "website");
    add(k, "late@example.org", "");
    assert_int_equal(kit_op(k, "incident-resolve", "{'id':'1','quiet':true}"), 200);
    int before = sim_mails();
    assert_int_equal(kit_op(k, "incident-report", "{'id':'1','text':'Staff only.'}"), 200);
    settle(k);
    assert_int_equal(sim_mails(), before);
    assert_int_equal(kit_op(k, "incident-report", "{'id':'1','text':'A disk was full.','public':true}"), 200);
    settle(k);
    assert_int_equal(sim_mails(), before + 1);
    assert_string_equal(sim_mail_at(before)->to, "a@example.org");
    kit_has(mail_text(k, before), "A disk was full.");
    assert_int_equal(kit_op(k, "incident-retract", "{'id':'1'}"), 200);
    settle(k);
    assert_int_equal(sim_mails(), before + 2);
    kit_has(mail_text(k, before + 1), "Withdrawn");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_form_to_notice), TEST(test_own_link), TEST(test_forged_and_old_links), TEST(test_nobody_learns_who_is_known), TEST(test_floods), TEST(test_hostile_addresses), TEST(test_life_of_work),
        TEST(test_quiet_and_drafts), TEST(test_kill_in_the_middle), TEST(test_server_away_for_an_hour), TEST(test_gone_meanwhile), TEST(test_bounces), TEST(test_lists), TEST(test_lists_of_clients), TEST(test_preview_is_what_is_sent), TEST(test_reports_and_withdrawals_are_mailed), cmocka_unit_test(test_csv), cmocka_unit_test(test_dsn),
        cmocka_unit_test(test_links_pure), cmocka_unit_test(test_limits_pure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
