/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page as actors of ActivityPub, from WebFinger to the last Delete, with a made-up server that signs as real ones do: both ways of signing,
 * forged and replayed requests, keys that change, servers that are gone (ST-4, ST-13). */
#include "daemon_kit.h"
#include "announce/federation_int.h"
#include "base/hash.h"

#define YAML                                                                                                            \
    "site: { title: { en: Harbour, fr: Port }, zone: Europe/Paris, url: 'https://status.example.org/' }\n"              \
    "hosts: { box: { alive: no, checks: [{ passive: { name: web, attempts: 1 } }] } }\n"                                \
    "announce: { outsiders: anywhere }\n"                                                                                \
    "components:\n"                                                                                                     \
    "  website: { name: { en: Website, fr: Site web }, text: { en: All sites }, depends: [box/web] }\n"                 \
    "  Mail-Box: { name: { en: Mail, fr: Courriel } }\n"                                                                \
    "  status: { name: Status }\n"
#define FEDERATION "federation: { enabled: yes, hashtags: [harbour] }\n"
#define BASE "https://status.example.org"
#define PEER "http://social.example.net:8080"
#define READER PEER "/users/reader"
#define ACTIVITY "Accept: application/activity+json\n"

struct peer { /* their server's key, for one test */
    struct fed_key *key;
    char *pem, *public;
};
static struct peer theirs, other;

static void peer_make(struct peer *p)
{
    p->pem = fed_key_make();
    p->key = fed_key_read(p->pem);
    p->public = fed_key_public(p->key);
}

static void peer_done(struct peer *p)
{
    fed_key_free(p->key);
    mem_free(p->pem);
    mem_free(p->public);
}

static int keys_up(void **state)
{
    peer_make(&theirs);
    peer_make(&other);
    return 0;
}

static int keys_down(void **state)
{
    peer_done(&theirs);
    peer_done(&other);
    return 0;
}

/* The actor of a person there, as their server shows it. */
static void show_actor(struct kit *k, const char *name, const struct peer *p)
{
    struct buf b = BUF_MAX(1 << 16);
    buf_printf(&b, "{\"@context\":\"https://www.w3.org/ns/activitystreams\",\"id\":\"" PEER "/users/%s\",\"type\":\"Person\",\"inbox\":\"" PEER "/users/%s/inbox\",\"endpoints\":{\"sharedInbox\":\"" PEER "/inbox\"},"
                   "\"publicKey\":{\"id\":\"" PEER "/users/%s#main-key\",\"owner\":\"" PEER "/users/%s\",\"publicKeyPem\":", name, name, name, name);
    json_quote(&b, p->public);
    buf_str(&b, "}}");
    sim_http_answer("social.example.net", 8080, arena_printf(k->arena, "/users/%s", name), &(struct sim_answer){.status = 200, .headers = "Content-Type: application/activity+json\n", .body = buf_text(&b)});
    buf_done(&b);
}

static struct kit *up(const char *federation)
{
    char yaml[4000];
    str_print(yaml, sizeof yaml, "%s%s", YAML, federation);
    struct kit *k = kit_new(yaml);
    sim_host("social.example.net", "192.0.2.80");
    sim_http_answer("social.example.net", 8080, "*", &(struct sim_answer){.status = 202});
    show_actor(k, "reader", &theirs);
    kit_start(k);
    sim_run_for(5000);
    return k;
}

static int setup(void **state)
{
    *state = up(FEDERATION);
    return 0;
}
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, kit_teardown)

static void settle(void)
{
    sim_run_for(5000);
}

static int64_t count(struct kit *k, const char *sql)
{
    struct store_stmt q = {"q", sql};
    struct store_rows rows = {0};
    settle();
    assert_int_equal(store_read_now(k->house->store, &q, NULL, 0, 1, &rows, NULL), 0);
    int64_t n = store_cell_int(&rows, 0, 0);
    store_rows_done(&rows);
    return n;
}
#define FOLLOWERS "SELECT COUNT(*) FROM federation_follower"
#define SENT "SELECT COUNT(*) FROM outbox WHERE channel = 'federation' AND state = 'sent'"
#define WAITING "SELECT COUNT(*) FROM outbox WHERE channel = 'federation' AND state = 'due'"
#define SEEN "SELECT COUNT(*) FROM federation_seen"

/* ---- a server that signs ---- */

struct letter { /* how a request is signed, and what is wrong with it */
    enum httpsig_kind kind;
    const struct peer *peer;
    const char *path, *host, *key_id;
    const char *body, *signed_body; /* signed_body: what the digest is of */
    int64_t late_s;
    const char *const *parts;
    bool unsigned_;
};

static int deliver(struct kit *k, struct letter l)
{
    static const char *const cavage[] = {"(request-target)", "host", "date", "digest", NULL}, *const rfc[] = {"@method", "@target-uri", "content-digest", NULL};
    struct httpsig *sig = NEW(struct httpsig);
    struct buf date = BUF_MAX(64), base = BUF_MAX(HTTPSIG_MAX_BASE), signature = BUF_MAX(8000), input = BUF_MAX(8000), headers = BUF_MAX(20000);
    unsigned char digest[HTTPSIG_DIGEST_BYTES];
    char coded[64], digest_text[100], content_text[100];
    const char *body = l.signed_body ? l.signed_body : l.body, *host = l.host ? l.host : "status.example.org";
    int64_t now_s = clock_wall_ms() / 1000 - l.late_s;
    fed_digest(body, strlen(body), digest);
    hash_base64(digest, sizeof digest, coded, sizeof coded, 0);
    str_print(digest_text, sizeof digest_text, "SHA-256=%s", coded);
    str_print(content_text, sizeof content_text, "sha-256=:%s:", coded);
    httpsig_date_write(now_s, &date);
    struct httpsig_header h[] = {{"date", buf_text(&date)}, {"digest", digest_text}, {"content-digest", content_text}};
    struct httpsig_request rq = {.method = "POST", .scheme = "https", .authority = host, .target = l.path ? l.path : "/ap/inbox", .headers = h, .n_headers = 3};
    assert_int_equal(httpsig_make(sig, l.kind ? l.kind : HTTPSIG_CAVAGE, l.key_id ? l.key_id : READER "#main-key", l.parts ? l.parts : l.kind == HTTPSIG_RFC9421 ? rfc : cavage, now_s), 0);
    assert_int_equal(httpsig_base(sig, &rq, &base), 0);
    assert_int_equal(fed_key_sign((l.peer ? l.peer : &theirs)->key, buf_text(&base), base.len, sig->signature, sizeof sig->signature, &sig->signature_bytes), 0);
    httpsig_write(sig, &signature, &input);
    buf_printf(&headers, "Host: status.example.org\nDate: %s\nDigest: %s\nContent-Digest: %s\n", buf_text(&date), digest_text, content_text);
    if (!l.unsigned_)
        buf_printf(&headers, "Signature: %s\n", buf_text(&signature));
    if (input.len && !l.unsigned_)
        buf_printf(&headers, "Signature-Input: %s\n", buf_text(&input));
    int status = kit_ask(k, "POST", rq.target, buf_text(&headers), l.body);
    buf_done(&date);
    buf_done(&base);
    buf_done(&signature);
    buf_done(&input);
    buf_done(&headers);
    mem_free(sig);
    return status;
}

static const char *follow_of(struct kit *k, const char *who, const char *target, int n)
{
    return arena_printf(k->arena, "{\"@context\":\"https://www.w3.org/ns/activitystreams\",\"id\":\"" PEER "/follow/%d\",\"type\":\"Follow\",\"actor\":\"" PEER "/users/%s\",\"object\":\"" BASE "/ap/%s\"}", n, who, target);
}

static const char *undo_of(struct kit *k, const char *who, const char *target, int n)
{
    return arena_printf(k->arena, "{\"id\":\"" PEER "/undo/%d\",\"type\":\"Undo\",\"actor\":\"" PEER "/users/%s\",\"object\":%s}", n, who, follow_of(k, who, target, n));
}

static int hits(void)
{
    return sim_port_hits("social.example.net", 8080);
}

static const char *heard(void)
{
    return sim_port_heard("social.example.net", 8080);
}

/* The body of what they heard last, as a tree. */
static struct doc *heard_body(struct kit *k)
{
    const char *text = heard(), *at = strchr(text, '{');
    struct doc *d = NULL;
    if (!at || json_parse(k->arena, at, strlen(at), 1 << 20, &d, NULL))
        fail_msg("no activity in: %.2000s", text);
    return d;
}

static const char *text_of(const struct doc *d, const char *key)
{
    return doc_text(d, key, "");
}

/* ---- what is read ---- */

static void test_discovery(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_get(k, "/.well-known/webfinger?resource=acct:status@status.example.org"), 200);
    kit_has(buf_text(&k->raw), "Access-Control-Allow-Origin: *");
    kit_has(buf_text(&k->text), "\"subject\":\"acct:status@status.example.org\"");
    kit_has(buf_text(&k->text), "\"type\":\"application/activity+json\",\"href\":\"" BASE "/ap/page\"");
    assert_int_equal(kit_get(k, "/.well-known/webfinger?resource=" BASE "/ap/component/website"), 200);
    kit_has(buf_text(&k->text), "acct:website@status.example.org");
    assert_int_equal(kit_get(k, "/.well-known/webfinger?resource=acct:mail_box@status.example.org"), 200);
    kit_has(buf_text(&k->text), BASE "/ap/component/Mail-Box");
    assert_int_equal(kit_get(k, "/.well-known/webfinger?resource=acct:status_2@status.example.org"), 200); /* told apart from the page */
    kit_has(buf_text(&k->text), BASE "/ap/component/status\"");
    assert_int_equal(kit_get(k, "/.well-known/webfinger?resource=" BASE), 200);
    static const char *const strangers[] = {"acct:nobody@status.example.org", "acct:status@elsewhere.example.org", "https://elsewhere.example.org/ap/page", "status", "acct:@status.example.org"};
    for (size_t i = 0; i < COUNT(strangers); i++)
        assert_int_equal(kit_get(k, arena_printf(k->arena, "/.well-known/webfinger?resource=%s", strangers[i])), 404);
    assert_int_equal(kit_get(k, "/.well-known/webfinger"), 400);
    assert_int_equal(kit_get(k, "/.well-known/host-meta"), 200);
    kit_has(buf_text(&k->text), BASE "/.well-known/webfinger?resource={uri}");
    assert_int_equal(kit_get(k, "/.well-known/nodeinfo"), 200);
    kit_has(buf_text(&k->text), BASE "/nodeinfo/2.1");
    assert_int_equal(kit_get(k, "/nodeinfo/2.0"), 200);
    kit_has(buf_text(&k->text), "\"name\":\"vigie\"");
    assert_int_equal(kit_get(k, "/nodeinfo/3.0"), 404);
    assert_int_equal(kit_get(k, "/ap/icon.png"), 200);
    assert_memory_equal(buf_text(&k->text), "\x89PNG\r\n\x1a\n", 8);
}

static void test_actor(void **state)
{
    struct kit *k = *state;
    struct doc *d = NULL;
    assert_int_equal(kit_ask(k, "GET", "/ap/page", ACTIVITY, NULL), 200);
    kit_has(buf_text(&k->raw), "Vary: Accept");
    assert_int_equal(json_parse(k->arena, buf_text(&k->text), k->text.len, 1 << 20, &d, NULL), 0);
    assert_string_equal(text_of(d, "id"), BASE "/ap/page");
    assert_string_equal(text_of(d, "type"), "Service");
    assert_string_equal(text_of(d, "preferredUsername"), "status");
    assert_string_equal(text_of(d, "name"), "Harbour");
    assert_string_equal(text_of(doc_get(d, "nameMap"), "fr"), "Port");
    kit_has(text_of(d, "summary"), "<p lang=\"fr\">");
    assert_string_equal(text_of(doc_get(d, "endpoints"), "sharedInbox"), BASE "/ap/inbox");
    assert_string_equal(text_of(doc_get(d, "publicKey"), "owner"), BASE "/ap/page");
    kit_has(text_of(doc_get(d, "publicKey"), "publicKeyPem"), "-----BEGIN PUBLIC KEY-----");
    assert_int_equal(kit_ask(k, "GET", "/ap/component/website", ACTIVITY, NULL), 200);
    kit_has(buf_text(&k->text), "All sites");
    /* A person comes to the page. */
    assert_int_equal(kit_ask(k, "GET", "/ap/component/website", "Accept: text/html,*/*\n", NULL), 303);
    assert_string_equal(kit_header(k, "Location"), BASE "/component/website");
    /* A program that comes to a page is led to what it is there. */
    assert_int_equal(kit_ask(k, "GET", "/", ACTIVITY, NULL), 302);
    assert_string_equal(kit_header(k, "Location"), BASE "/ap/page");
    assert_int_equal(kit_ask(k, "GET", "/component/website", ACTIVITY, NULL), 302);
    assert_int_equal(kit_get(k, "/"), 200);
    kit_has(buf_text(&k->text), "<link rel=\"alternate\" type=\"application/activity+json\" href=\"" BASE "/ap/page\">");
    kit_has(buf_text(&k->text), "@status@status.example.org");
    assert_int_equal(kit_get(k, "/component/Mail-Box"), 200);
    kit_has(buf_text(&k->text), "@mail_box@status.example.org");
    static const char *const nothing[] = {"/ap/", "/ap/pages", "/ap/component/none", "/ap/component/", "/ap/page/none", "/ap/page/note/x", "/ap/page/note/aaaaaaaaaaaa", "/ap/page/outbox?page=0", "/ap/component/website/inbox/x"};
    for (size_t i = 0; i < COUNT(nothing); i++)
        assert_int_equal(kit_ask(k, "GET", nothing[i], ACTIVITY, NULL), 404);
    assert_int_equal(kit_get(k, "/ap/inbox"), 405);
    assert_int_equal(kit_post(k, "/ap/page", "{}"), 405);
}

static void test_off(void **state)
{
    struct kit *k = *state = up("");
    assert_int_equal(kit_get(k, "/.well-known/webfinger?resource=acct:status@status.example.org"), 404);
    assert_int_equal(kit_ask(k, "GET", "/ap/page", ACTIVITY, NULL), 404);
    assert_int_equal(kit_ask(k, "GET", "/", ACTIVITY, NULL), 200); /* the page itself */
    kit_lacks(buf_text(&k->text), "activity+json");
    assert_int_equal(deliver(k, (struct letter){.body = follow_of(k, "reader", "page", 1)}), 404);
    kit_free(k);
    static const char *const wrong[] = {"federation: { enabled: yes, name: 'Ops!' }\n", "federation: { enabled: yes, host: 'Not a host' }\n", "federation: { hashtags: ['#x'] }\n", "federation: { hosts: x }\n"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char yaml[4000];
        str_print(yaml, sizeof yaml, "%s%s", YAML, wrong[i]);
        k = kit_new(yaml);
        assert_true(kit_try_start(k) < 0);
        kit_free(k);
    }
    k = kit_new("federation: { enabled: yes }\n"); /* without an address */
    assert_true(kit_try_start(k) < 0);
    kit_has(buf_text(&k->errors), "url");
    kit_free(k);
    *state = up("");
}

/* ---- following ---- */

static void follow(struct kit *k, const char *who, const char *target, int n)
{
    assert_int_equal(deliver(k, (struct letter){.body = follow_of(k, who, target, n), .key_id = arena_printf(k->arena, PEER "/users/%s#main-key", who)}), 202);
    settle();
}

static void open_incident(struct kit *k, const char *component)
{
    if (kit_op(k, "incident-open", arena_printf(k->arena, "{'components':['%s:major'],'title':{'en':'Something <b>broke</b>','fr':'Panne'},'text':{'en':'We **look** for it. <script>x</script>'}}", component)) != 200)
        fail_msg("%s", kit_text(k));
    settle();
}

static const char *key_of(struct kit *k)
{
    const struct board *b = k->house->board;
    return arena_dup(k->arena, board_at(b, 0)->key);
}

static void test_life(void **state)
{
    struct kit *k = *state;
    follow(k, "reader", "page", 1);
    assert_int_equal(count(k, FOLLOWERS), 1);
    struct doc *d = heard_body(k);
    assert_string_equal(text_of(d, "type"), "Accept");
    assert_string_equal(text_of(d, "actor"), BASE "/ap/page");
    assert_string_equal(text_of(doc_get(d, "object"), "id"), PEER "/follow/1");
    kit_has(heard(), "POST /users/reader/inbox");
    assert_int_equal(kit_ask(k, "GET", "/ap/page/followers", ACTIVITY, NULL), 200);
    kit_has(buf_text(&k->text), "\"totalItems\":1");
    kit_lacks(buf_text(&k->text), "reader");
    open_incident(k, "website");
    d = heard_body(k);
    kit_has(heard(), "POST /inbox"); /* the shared one */
    kit_has(heard(), "ignature-"); /* RFC 9421 first */
    const struct doc *note = doc_get(d, "object");
    const char *key = key_of(k), *head = arena_printf(k->arena, BASE "/ap/page/note/%s", key);
    assert_string_equal(text_of(d, "type"), "Create");
    assert_string_equal(text_of(d, "id"), arena_printf(k->arena, "%s#create", head));
    assert_string_equal(text_of(note, "type"), "Note");
    assert_string_equal(text_of(note, "id"), head);
    assert_null(doc_get(note, "inReplyTo"));
    assert_string_equal(text_of(note, "url"), arena_printf(k->arena, BASE "/incident/%s", key));
    kit_has(text_of(note, "content"), "<p><strong>Investigating: Something &lt;b&gt;broke&lt;/b&gt;</strong></p>");
    kit_has(text_of(note, "content"), "<strong>look</strong>");
    kit_lacks(text_of(note, "content"), "<script>");
    kit_has(text_of(note, "content"), "Concerns: Website (Down)");
    kit_has(text_of(doc_get(note, "contentMap"), "fr"), "Panne");
    kit_has(text_of(doc_get(note, "contentMap"), "fr"), "Site web");
    kit_has(heard(), "{\"type\":\"Hashtag\",\"href\":\"" BASE "/component/website\",\"name\":\"#website\"}");
    kit_has(heard(), "\"name\":\"#harbour\"");
    /* What was sent is what is read at its address. */
    assert_int_equal(kit_ask(k, "GET", arena_printf(k->arena, "/ap/page/note/%s", key), ACTIVITY, NULL), 200);
    kit_has(buf_text(&k->text), "Something &lt;b&gt;broke");
    assert_int_equal(kit_ask(k, "GET", arena_printf(k->arena, "/incident/%s", key), ACTIVITY, NULL), 302);
    assert_string_equal(kit_header(k, "Location"), head);
    assert_int_equal(kit_ask(k, "GET", arena_printf(k->arena, "/ap/page/note/%s/1", key), ACTIVITY, NULL), 301); /* is the first */
    /* An update answers it. */
    assert_int_equal(kit_op(k, "incident-update", "{'id':'1','text':'A cable.','phase':'identified'}"), 200);
    settle();
    note = doc_get(heard_body(k), "object");
    assert_string_equal(text_of(note, "inReplyTo"), head);
    assert_string_equal(text_of(note, "id"), arena_printf(k->arena, "%s/2", head));
    kit_has(text_of(note, "content"), "Identified: ");
    /* A correction changes it. */
    assert_int_equal(kit_op(k, "incident-edit", "{'id':'1','update':2,'text':'A cable and a fuse.'}"), 200);
    settle();
    d = heard_body(k);
    assert_string_equal(text_of(d, "type"), "Update");
    assert_string_equal(text_of(doc_get(d, "object"), "id"), arena_printf(k->arena, "%s/2", head));
    kit_has(text_of(doc_get(d, "object"), "content"), "and a fuse");
    assert_true(doc_get(doc_get(d, "object"), "updated") != NULL);
    assert_int_equal(kit_op(k, "incident-edit", "{'id':'1','title':{'en':'Everything broke'}}"), 200);
    settle();
    d = heard_body(k);
    assert_string_equal(text_of(d, "type"), "Update");
    assert_string_equal(text_of(doc_get(d, "object"), "id"), head);
    kit_has(text_of(doc_get(d, "object"), "content"), "Everything broke");
    assert_int_equal(kit_op(k, "incident-resolve", "{'id':'1','text':'Well.'}"), 200);
    settle();
    /* The first one, which people pass on, says that it is over, too. */
    d = heard_body(k);
    assert_string_equal(text_of(d, "type"), "Update");
    assert_string_equal(text_of(doc_get(d, "object"), "id"), head);
    kit_has(text_of(doc_get(d, "object"), "content"), "Over: Everything broke");
    assert_int_equal(kit_ask(k, "GET", arena_printf(k->arena, "/ap/page/note/%s/3", key), ACTIVITY, NULL), 200);
    kit_has(buf_text(&k->text), "Over: Everything broke");
    /* All of it is in the outbox. */
    assert_int_equal(kit_ask(k, "GET", "/ap/page/outbox", ACTIVITY, NULL), 200);
    kit_has(buf_text(&k->text), "\"totalItems\":3");
    assert_int_equal(kit_ask(k, "GET", "/ap/page/outbox?page=1", ACTIVITY, NULL), 200);
    assert_int_equal(kit_count(buf_text(&k->text), "\"type\":\"Create\""), 3);
    assert_int_equal(kit_ask(k, "GET", "/ap/component/Mail-Box/outbox?page=1", ACTIVITY, NULL), 200);
    assert_int_equal(kit_count(buf_text(&k->text), "\"type\":\"Create\""), 0);
    /* Withdrawn: each note is taken back, and is a tombstone. */
    int before = hits();
    assert_int_equal(kit_op(k, "incident-retract", "{'id':'1'}"), 200);
    settle();
    assert_int_equal(hits() - before, 3);
    assert_string_equal(text_of(heard_body(k), "type"), "Delete");
    assert_int_equal(kit_ask(k, "GET", arena_printf(k->arena, "/ap/page/note/%s/2", key), ACTIVITY, NULL), 410);
    kit_has(buf_text(&k->text), "Tombstone");
    /* He goes; nobody is told. */
    assert_int_equal(deliver(k, (struct letter){.kind = HTTPSIG_RFC9421, .body = undo_of(k, "reader", "page", 1)}), 202);
    assert_int_equal(count(k, FOLLOWERS), 0);
    before = hits();
    open_incident(k, "website");
    assert_int_equal(hits(), before);
    assert_int_equal(count(k, "SELECT COUNT(*) FROM federation_audience"), 0);
}

/* One delivery a server and actor, however many follow; those of a component hear of it alone, by its own voice. */
static void test_shared_inbox(void **state)
{
    struct kit *k = *state;
    for (int i = 0; i < 5; i++) {
        const char *name = arena_printf(k->arena, "r%d", i);
        show_actor(k, name, &theirs);
        follow(k, name, "page", 10 + i);
    }
    show_actor(k, "m", &theirs);
    follow(k, "m", "component/Mail-Box", 20);
    assert_int_equal(count(k, FOLLOWERS), 6);
    assert_int_equal(count(k, "SELECT COUNT(*) FROM federation_audience"), 2);
    int before = hits();
    open_incident(k, "website");
    assert_int_equal(hits() - before, 1);
    open_incident(k, "Mail-Box");
    assert_int_equal(hits() - before, 3);
    assert_int_equal(kit_op(k, "followers", "{}"), 200);
    kit_has(kit_text(k), "\"host\":\"social.example.net:8080\"");
    kit_has(kit_text(k), "\"followers\":6");
    assert_int_equal(kit_op(k, "followers", "{'host':'social.example.net:8080'}"), 200);
    kit_has(kit_text(k), "/users/r3");
    /* Off by staff: told so, and gone. */
    before = hits();
    assert_int_equal(kit_op(k, "follower-remove", "{'who':'" PEER "/users/m'}"), 200);
    settle();
    assert_int_equal(count(k, FOLLOWERS), 5);
    assert_int_equal(hits() - before, 1);
    assert_string_equal(text_of(heard_body(k), "type"), "Reject");
    assert_int_equal(kit_op(k, "follower-remove", "{'who':'elsewhere.example.org'}"), 404);
    assert_int_equal(kit_op(k, "follower-block", "{'who':'social.example.net:8080'}"), 200);
    assert_int_equal(count(k, FOLLOWERS), 0);
    assert_int_equal(deliver(k, (struct letter){.body = follow_of(k, "reader", "page", 30)}), 202); /* politely ignored */
    assert_int_equal(count(k, FOLLOWERS), 0);
    kit_stop(k);
    kit_start(k);
    sim_run_for(1000);
    assert_int_equal(deliver(k, (struct letter){.body = follow_of(k, "reader", "page", 31)}), 202);
    assert_int_equal(count(k, FOLLOWERS), 0);
    assert_int_equal(kit_op(k, "followers", "{}"), 200);
    kit_has(kit_text(k), "\"blocked\":[{\"who\":\"social.example.net:8080\"");
    assert_int_equal(kit_op(k, "follower-unblock", "{'who':'social.example.net:8080'}"), 200);
    assert_int_equal(kit_op(k, "follower-unblock", "{'who':'social.example.net:8080'}"), 404);
    follow(k, "reader", "page", 32);
    assert_int_equal(count(k, FOLLOWERS), 1);
    assert_int_equal(kit_op(k, "follower-block", "{'who':'no host'}"), 400);
}

/* ---- what is refused ---- */

static void test_forged(void **state)
{
    struct kit *k = *state;
    static const char *const no_digest[] = {"(request-target)", "host", "date", NULL}, *const no_target[] = {"host", "date", "digest", NULL}, *const no_date[] = {"(request-target)", "host", "digest", NULL},
                      *const rfc_no_digest[] = {"@method", "@target-uri", NULL}, *const rfc_no_target[] = {"@method", "content-digest", NULL};
    const char *body = follow_of(k, "reader", "page", 1);
    struct letter wrong[] = {
        {.body = body, .unsigned_ = true},
        {.body = body, .peer = &other},
        {.body = body, .peer = &other, .kind = HTTPSIG_RFC9421},
        {.body = body, .signed_body = follow_of(k, "reader", "page", 2)},
        {.body = body, .signed_body = follow_of(k, "reader", "page", 2), .kind = HTTPSIG_RFC9421},
        {.body = body, .late_s = 7200}, {.body = body, .late_s = -7200}, {.body = body, .late_s = 7200, .kind = HTTPSIG_RFC9421},
        {.body = body, .host = "elsewhere.example.org"}, {.body = body, .host = "elsewhere.example.org", .kind = HTTPSIG_RFC9421},
        {.body = body, .parts = no_digest}, {.body = body, .parts = no_target}, {.body = body, .parts = no_date},
        {.body = body, .parts = rfc_no_digest, .kind = HTTPSIG_RFC9421}, {.body = body, .parts = rfc_no_target, .kind = HTTPSIG_RFC9421},
        {.body = body, .key_id = "http://evil.example.net:8080/users/reader#main-key"},
        {.body = body, .key_id = READER "#other-key"},
        {.body = follow_of(k, "nobody", "page", 3)}, /* signed by another's key of the same server */
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        int status = deliver(k, wrong[i]);
        if (status != 401)
            fail_msg("%zu: %d %s", i, status, buf_text(&k->text));
    }
    /* What nobody has to look at is dropped without a question. */
    int before = hits();
    static const char *const dropped[] = {
        "{\"id\":\"" PEER "/1\",\"type\":\"Like\",\"actor\":\"" READER "\",\"object\":\"" BASE "/ap/page/note/x\"}", "{\"type\":\"Create\",\"actor\":\"" READER "\",\"object\":{\"type\":\"Note\"}}",
        "{\"type\":\"Follow\",\"actor\":\"" READER "\",\"object\":\"" BASE "/ap/nobody\"}", "{\"type\":\"Undo\",\"actor\":\"" READER "\",\"object\":{\"type\":\"Like\"}}", "{\"type\":\"Delete\",\"actor\":\"" READER "\",\"object\":\"" READER "/1\"}",
    };
    for (size_t i = 0; i < COUNT(dropped); i++)
        assert_int_equal(kit_post(k, "/ap/inbox", dropped[i]), 202);
    assert_int_equal(hits(), before);
    static const char *const broken[] = {"{", "{}", "{\"type\":\"Follow\"}", "{\"type\":\"Follow\",\"actor\":\"javascript:x\"}", "{\"type\":\"Follow\",\"actor\":\"" READER "\",\"id\":\"x y\"}"};
    for (size_t i = 0; i < COUNT(broken); i++)
        assert_int_equal(kit_post(k, "/ap/inbox", broken[i]), 400);
    struct buf large = BUF_MAX(1 << 20);
    buf_str(&large, "{\"type\":\"Like\",\"x\":\"");
    while (large.len < FED_MAX_BODY)
        buf_str(&large, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    buf_str(&large, "\"}");
    assert_int_equal(kit_post(k, "/ap/inbox", buf_text(&large)), 413);
    buf_done(&large);
    assert_int_equal(count(k, FOLLOWERS), 0);
    assert_int_equal(count(k, SEEN), 0);
    assert_int_equal(count(k, WAITING), 0);
    assert_int_equal(count(k, SENT), 0);
}

/* Once: also after he has gone again, and over a restart. */
static void test_replayed(void **state)
{
    struct kit *k = *state;
    struct letter first = {.body = follow_of(k, "reader", "page", 1)};
    assert_int_equal(deliver(k, first), 202);
    assert_int_equal(deliver(k, first), 202);
    first.kind = HTTPSIG_RFC9421;
    assert_int_equal(deliver(k, first), 202);
    assert_int_equal(count(k, FOLLOWERS), 1);
    assert_int_equal(count(k, SENT), 1); /* one Accept */
    assert_int_equal(deliver(k, (struct letter){.body = undo_of(k, "reader", "page", 1)}), 202);
    assert_int_equal(count(k, FOLLOWERS), 0);
    assert_int_equal(deliver(k, first), 202);
    assert_int_equal(count(k, FOLLOWERS), 0);
    kit_stop(k);
    kit_start(k);
    sim_run_for(1000);
    assert_int_equal(deliver(k, first), 202);
    assert_int_equal(count(k, FOLLOWERS), 0);
    follow(k, "reader", "page", 2); /* he comes anew */
    assert_int_equal(count(k, FOLLOWERS), 1);
    /* Undo by the Follow's address alone */
    assert_int_equal(deliver(k, (struct letter){.body = "{\"id\":\"" PEER "/undo/9\",\"type\":\"Undo\",\"actor\":\"" READER "\",\"object\":\"" PEER "/follow/2\"}"}), 202);
    assert_int_equal(count(k, FOLLOWERS), 0);
}

/* Who forges without end makes us ask a server so often, and no more; it costs nobody else anything. */
static void test_flood(void **state)
{
    struct kit *k = *state;
    struct letter forged = {.body = follow_of(k, "reader", "page", 1), .peer = &other};
    int before = hits(), refused = 0, busy = 0;
    for (int i = 0; i < 300; i++) {
        int status = deliver(k, forged);
        refused += status == 401;
        busy += status == 429;
    }
    assert_int_equal(refused + busy, 300);
    assert_true(busy > 0 && hits() - before < 300);
    assert_int_equal(deliver(k, forged), 429);
    assert_true(atoi(kit_header(k, "Retry-After")) > 0);
    assert_int_equal(kit_get(k, "/.well-known/webfinger?resource=acct:status@status.example.org"), 200);
    assert_int_equal(count(k, SEEN), 0);
    sim_run_for(2 * MINUTE_MS);
    follow(k, "reader", "page", 2);
    assert_int_equal(count(k, FOLLOWERS), 1);
}

/* A server that does not answer holds a request for its time, and no longer. */
static void test_slow_server(void **state)
{
    struct kit *k = *state;
    sim_http_answer("social.example.net", 8080, "/users/reader", &(struct sim_answer){.status = 200, .delay_ms = 3600000});
    assert_int_equal(deliver(k, (struct letter){.body = follow_of(k, "reader", "page", 1)}), 401); /* after its time */
    assert_int_equal(count(k, FOLLOWERS), 0);
    show_actor(k, "reader", &theirs);
    follow(k, "reader", "page", 2);
    assert_int_equal(count(k, FOLLOWERS), 1);
}

/* What a server says of its people is looked at: another's inbox, another's key, something else altogether. */
static void test_strange_actors(void **state)
{
    struct kit *k = *state;
    static const char *const strange[] = {
        "", "[]", "{}", "<html>", "{\"id\":\"" READER "\"}",
        "{\"id\":\"" READER "\",\"inbox\":\"http://victim.example.org/x\",\"publicKey\":{\"id\":\"" READER "#main-key\",\"owner\":\"" READER "\",\"publicKeyPem\":\"%s\"}}",
        "{\"id\":\"" PEER "/users/other\",\"inbox\":\"" READER "/inbox\",\"publicKey\":{\"id\":\"" READER "#main-key\",\"owner\":\"" READER "\",\"publicKeyPem\":\"%s\"}}",
        "{\"id\":\"" READER "\",\"inbox\":\"" READER "/inbox\",\"publicKey\":{\"id\":\"" READER "#main-key\",\"owner\":\"" PEER "/users/other\",\"publicKeyPem\":\"%s\"}}",
        "{\"id\":\"" READER "\",\"inbox\":\"" READER "/inbox\",\"publicKey\":[1,\"x\",{\"id\":\"" READER "#old\"}]}",
        "{\"id\":\"" READER "\",\"inbox\":\"" READER "/inbox\",\"publicKey\":{\"id\":\"" READER "#main-key\",\"publicKeyPem\":\"-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----\"}}",
    };
    struct buf pem = BUF_MAX(8000);
    for (const char *c = theirs.public; *c; c++)
        buf_str(&pem, *c == '\n' ? "\\n" : (char[]){*c, 0});
    for (size_t i = 0; i < COUNT(strange); i++) {
        const char *at = strstr(strange[i], "%s");
        const char *body = at ? arena_printf(k->arena, "%.*s%s%s", (int)(at - strange[i]), strange[i], buf_text(&pem), at + 2) : strange[i];
        sim_http_answer("social.example.net", 8080, "/users/reader", &(struct sim_answer){.status = 200, .body = body});
        int status = deliver(k, (struct letter){.body = follow_of(k, "reader", "page", 1)});
        if (status != 401)
            fail_msg("%zu: %d", i, status);
    }
    buf_done(&pem);
    assert_int_equal(count(k, FOLLOWERS), 0);
    assert_int_equal(count(k, SEEN), 0);
}

/* A key that changed is asked for once more; a forger causes one question, and is refused. */
static void test_new_key(void **state)
{
    struct kit *k = *state;
    follow(k, "reader", "page", 1);
    int before = hits();
    assert_int_equal(deliver(k, (struct letter){.body = undo_of(k, "reader", "page", 1), .peer = &other}), 401);
    assert_int_equal(hits() - before, 1);
    show_actor(k, "reader", &other);
    assert_int_equal(deliver(k, (struct letter){.body = undo_of(k, "reader", "page", 1), .peer = &other}), 202);
    assert_int_equal(count(k, FOLLOWERS), 0);
    kit_has(heard(), "ignature: keyId=\"" BASE "/ap/page#main-key\""); /* our questions are signed */
}

static void test_gone(void **state)
{
    struct kit *k = *state;
    static const char delete[] = "{\"id\":\"" PEER "/delete/1\",\"type\":\"Delete\",\"actor\":\"" READER "\",\"object\":\"" READER "\"}";
    int before = hits();
    assert_int_equal(deliver(k, (struct letter){.body = delete, .peer = &other}), 202); /* a stranger: nothing is asked */
    assert_int_equal(hits(), before);
    follow(k, "reader", "page", 1);
    follow(k, "reader", "component/website", 2);
    assert_int_equal(deliver(k, (struct letter){.body = delete, .peer = &other}), 401); /* he is still there */
    assert_int_equal(count(k, FOLLOWERS), 2);
    sim_http_answer("social.example.net", 8080, "/users/reader", &(struct sim_answer){.status = 410});
    assert_int_equal(deliver(k, (struct letter){.body = delete, .peer = &other}), 202); /* his server says so itself */
    assert_int_equal(count(k, FOLLOWERS), 0);
}

/* ---- delivery ---- */

static void test_two_ways_of_signing(void **state)
{
    struct kit *k = *state;
    follow(k, "reader", "page", 1);
    sim_http_answer("social.example.net", 8080, "/inbox", &(struct sim_answer){.status = 401});
    int before = hits();
    open_incident(k, "website");
    assert_int_equal(hits() - before, 2); /* at once in the other way, then not before a while */
    kit_has(heard(), "ignature: keyId=");
    assert_int_equal(count(k, WAITING), 1);
    sim_http_answer("social.example.net", 8080, "/inbox", &(struct sim_answer){.status = 202});
    sim_run_for(60000);
    assert_int_equal(count(k, WAITING), 0);
    assert_string_equal(text_of(heard_body(k), "type"), "Create");
}

/* Their key, ours: what is sent can be verified by what we show, in both ways. */
static void test_signature_is_ours(void **state)
{
    struct kit *k = *state;
    struct federation *f = k->house->federation;
    struct httpsig *sig = NEW(struct httpsig);
    for (int kind = HTTPSIG_CAVAGE; kind <= HTTPSIG_RFC9421; kind++) {
        struct fed_signed s;
        struct httpsig_header h[12];
        struct buf base = BUF_MAX(HTTPSIG_MAX_BASE);
        assert_int_equal(fed_sign(f, (enum httpsig_kind)kind, "POST", "https://Social.example.net:443/inbox?x=1#y", BASE "/ap/page", "{}", 2, clock_wall_ms(), &s), 0);
        for (int i = 0; i < s.n_headers; i++)
            h[i] = (struct httpsig_header){s.headers[i].name, s.headers[i].value};
        struct httpsig_request rq = {.method = "POST", .scheme = "https", .authority = "social.example.net", .target = "/inbox?x=1", .headers = h, .n_headers = s.n_headers};
        assert_int_equal(httpsig_read(&rq, sig), 0);
        assert_int_equal(sig->kind, kind);
        assert_string_equal(sig->key_id, BASE "/ap/page#main-key");
        assert_int_equal(httpsig_base(sig, &rq, &base), 0);
        assert_true(fed_key_verify(f->public_pem, buf_text(&base), base.len, sig->signature, sig->signature_bytes));
        assert_false(fed_key_verify(theirs.public, buf_text(&base), base.len, sig->signature, sig->signature_bytes));
        assert_false(fed_key_verify("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", buf_text(&base), base.len, sig->signature, sig->signature_bytes));
        buf_done(&base);
        fed_signed_done(&s);
    }
    mem_free(sig);
}

/* A server that is away gets all of it later, each once; over a restart, too. */
static void test_away(void **state)
{
    struct kit *k = *state;
    follow(k, "reader", "page", 1);
    sim_host_mode("social.example.net", SIM_REFUSED);
    open_incident(k, "website");
    kit_op(k, "incident-update", "{'id':'1','text':'A cable.'}");
    assert_int_equal(count(k, WAITING), 2);
    kit_stop(k);
    kit_start(k);
    sim_run_for(60000);
    assert_int_equal(kit_op(k, "followers", "{}"), 200);
    kit_lacks(kit_text(k), "\"failing\":null");
    sim_host_mode("social.example.net", SIM_UP);
    int before = hits();
    sim_run_for(40 * MINUTE_MS);
    assert_int_equal(hits() - before, 2);
    assert_int_equal(count(k, WAITING), 0);
    assert_int_equal(kit_op(k, "followers", "{}"), 200);
    kit_has(kit_text(k), "\"failing\":null");
}

/* An inbox that says three times that it is not there has nobody behind it. */
static void test_inbox_gone(void **state)
{
    struct kit *k = *state;
    follow(k, "reader", "page", 1);
    sim_http_answer("social.example.net", 8080, "/inbox", &(struct sim_answer){.status = 410});
    for (int i = 0; i < 2; i++)
        open_incident(k, "website");
    assert_int_equal(count(k, FOLLOWERS), 1);
    open_incident(k, "website");
    assert_int_equal(count(k, FOLLOWERS), 0);
    assert_int_equal(count(k, WAITING), 0);
}

/* What the clock says has no update: a note of its own, readable at its address. */
static void test_reminder(void **state)
{
    struct kit *k = *state;
    follow(k, "reader", "page", 1);
    if (kit_op(k, "maintenance-plan", "{'components':['website'],'title':'Disks','text':'New ones.','start':'2026-03-03T20:00:00Z','end':'2026-03-03T22:00:00Z'}") != 200)
        fail_msg("%s", kit_text(k));
    settle();
    kit_has(text_of(doc_get(heard_body(k), "object"), "content"), "Planned work: Disks");
    int before = hits();
    sim_run_for(36 * HOUR_MS);
    assert_int_equal(hits() - before, 3); /* a day and an hour ahead, and that it begins */
    kit_has(text_of(doc_get(heard_body(k), "object"), "content"), "Work begins: Disks");
    struct store_stmt q = {"q", "SELECT payload FROM outbox WHERE channel = 'federation' AND unique_key LIKE '%:reminder:%' LIMIT 1"};
    struct store_rows rows = {0};
    struct doc *d = NULL;
    assert_int_equal(store_read_now(k->house->store, &q, NULL, 0, 1, &rows, NULL), 0);
    const char *payload = arena_dup(k->arena, store_cell_text(&rows, 0, 0));
    store_rows_done(&rows);
    assert_int_equal(json_parse(k->arena, payload, strlen(payload), 1000, &d, NULL), 0);
    assert_int_equal(kit_ask(k, "GET", arena_printf(k->arena, "/ap/page/note/%s/p%lld", key_of(k), (long long)doc_int(d, "p", 0)), ACTIVITY, NULL), 200);
    kit_has(buf_text(&k->text), "Reminder of planned work: Disks");
    kit_has(buf_text(&k->text), "\"inReplyTo\"");
    /* Withdrawn: the plan, that it began, and what the clock said. */
    before = hits();
    assert_int_equal(kit_op(k, "incident-retract", "{'id':'1'}"), 200);
    settle();
    assert_int_equal(hits() - before, 4);
    assert_int_equal(count(k, "SELECT COUNT(*) FROM outbox WHERE channel = 'federation' AND payload LIKE '%\"delete\",\"n\":\"p%' AND state = 'sent'"), 2);
}

/* The key stays the same, or all who follow would have to begin anew. */
static void test_same_key(void **state)
{
    struct kit *k = *state;
    char *first = mem_dup(k->house->federation->public_pem);
    kit_stop(k);
    kit_start(k);
    sim_run_for(1000);
    assert_string_equal(k->house->federation->public_pem, first);
    mem_free(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_discovery), TEST(test_actor), cmocka_unit_test_teardown(test_off, kit_teardown), TEST(test_life), TEST(test_shared_inbox), TEST(test_forged), TEST(test_replayed),
        TEST(test_flood), TEST(test_slow_server), TEST(test_strange_actors), TEST(test_new_key), TEST(test_gone), TEST(test_two_ways_of_signing), TEST(test_signature_is_ours), TEST(test_away), TEST(test_inbox_gone), TEST(test_reminder), TEST(test_same_key),
    };
    return cmocka_run_group_tests_name("announce_federation", tests, keys_up, keys_down);
}
