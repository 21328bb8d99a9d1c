/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mirrors over HTTP (WebDAV, S3), the seal that copies carry, and looking at them where they are read (ST-4, ST-18, LES-20). */
#include "announce/mirror_int.h"
#include "announce/s3sign.h"
#include "daemon_kit.h"
#include "io/httpc.h"

/* ---- a server that keeps what it is brought ---- */

enum { MOST = 400 };
struct place {
    struct kit *k;
    struct {
        char *name, *body; /* a collection: body NULL, its name ends in a slash */
    } at[MOST];
    int n, puts, makes, drops, gets, refuse, flying;
    bool collections; /* those that are not there are missed */
    const char *login, *stumble; /* a name that is not taken: 507 */
    struct buf order;            /* of what was put */
    char authorization[1000];
};

static int find(const struct place *p, const char *name)
{
    for (int i = 0; i < p->n; i++)
        if (str_eq(p->at[i].name, name))
            return i;
    return -1;
}

static const char *body_of(const struct place *p, const char *name)
{
    int i = find(p, name);
    return i < 0 ? NULL : p->at[i].body;
}

static void keep(struct place *p, const char *name, const char *body)
{
    int i = find(p, name);
    if (i < 0) {
        assert_true(p->n < MOST);
        i = p->n++;
        p->at[i].name = arena_dup(p->k->arena, name);
    }
    p->at[i].body = body ? arena_dup(p->k->arena, body) : NULL;
}

static void lose(struct place *p, const char *name)
{
    int i = find(p, name);
    if (i >= 0)
        p->at[i] = p->at[--p->n];
}

static bool has_parent(const struct place *p, const char *name)
{
    const char *slash = strrchr(name, '/');
    char dir[700];
    str_copyn(dir, sizeof dir, name, slash ? (size_t)(slash + 1 - name) : 0);
    return !p->collections || find(p, dir) >= 0;
}

static int put(struct place *p, const char *name, const struct httpc_request *rq)
{
    p->puts++;
    if (p->stumble && str_eq(name, p->stumble))
        return 507;
    if (!has_parent(p, name))
        return 409;
    keep(p, name, arena_dupn(p->k->arena, rq->body, rq->body_bytes));
    buf_printf(&p->order, "%s\n", name);
    return 201;
}

static int make(struct place *p, const char *name)
{
    char up[700];
    p->makes++;
    if (find(p, name) >= 0)
        return 405;
    str_copyn(up, sizeof up, name, name[0] ? strlen(name) - 1 : 0);
    if (name[0] && !has_parent(p, up))
        return 409;
    keep(p, name, NULL);
    return 201;
}

static int get(struct place *p, const char *name, struct sim_answer *ret)
{
    p->gets++;
    ret->body = body_of(p, name);
    return ret->body ? 200 : 404;
}

static bool serve(void *arg, const struct httpc_request *rq, const char *target, struct sim_answer *ret)
{
    struct place *p = arg;
    char name[700] = "";
    assert_true(str_starts(target, "/status/"));
    str_copy(name, sizeof name, target + 8);
    for (int i = 0; i < rq->n_headers; i++)
        if (str_eq(rq->headers[i].name, "Authorization"))
            str_copy(p->authorization, sizeof p->authorization, rq->headers[i].value);
    if (p->refuse) {
        ret->status = p->refuse;
        ret->body = "<Error><Code>SlowDown</Code></Error>";
    } else if (p->login && !str_eq(rq->method, "GET") && !str_eq(rq->user, p->login)) {
        ret->status = 401;
    } else if (str_eq(rq->method, "PUT")) {
        ret->status = put(p, name, rq);
    } else if (str_eq(rq->method, "MKCOL")) {
        ret->status = make(p, name);
    } else if (str_eq(rq->method, "DELETE")) {
        p->drops++;
        ret->status = find(p, name) < 0 ? 404 : 204;
        lose(p, name);
    } else {
        ret->status = get(p, name, ret);
    }
    return true;
}

#define SITE \
    "site: { url: \"https://status.example.org\" }\n" \
    "contacts: { ops: { mail: ops@example.org }, fr: { mail: fr@example.org, lang: fr } }\n" \
    "hosts: { xhost1: { alive: no, checks: [{ passive: { name: xcheck-a, attempts: 1 } }] } }\n" \
    "components: { website: { name: Website, depends: [xhost1/xcheck-a] }, wiki: { name: Wiki } }\n"

static void open_place(struct place *p, struct kit *k, const char *host)
{
    *p = (struct place){.k = k, .order = BUF_MAX(1 << 20)};
    buf_str(&p->order, "\n");
    sim_http_serve(host, 80, serve, p);
}

static struct kit *up(struct place *p, const char *mirrors)
{
    struct kit *k = kit_new(NULL);
    sim_host("far.example.net", "192.0.2.80");
    open_place(p, k, "far.example.net");
    kit_write(k, "vigie.yaml", arena_printf(k->arena, SITE "mirrors:\n%s", mirrors));
    return k;
}

static void go(struct kit *k)
{
    kit_start(k);
    kit_result(k, "xhost1/xcheck-a", STATE_OK, "x");
    sim_run_for(10000);
}

static void done(struct kit *k, struct place *p)
{
    kit_free(k);
    buf_done(&p->order);
}

static const struct doc *mirror(struct kit *k, const char *name)
{
    assert_int_equal(kit_op(k, "mirrors", NULL), 200);
    DOC_EACH(doc_get(k->reply, "mirrors"), m)
        if (str_eq(doc_text(m, "name", ""), name))
            return m;
    fail_msg("there is no %s in %s", name, kit_text(k));
    return NULL;
}

static void is_in_state(struct kit *k, const char *name, const char *state)
{
    const char *got = doc_text(mirror(k, name), "state", "");
    if (!str_eq(got, state))
        fail_msg("%s is %s, not %s: %s", name, got, state, kit_text(k));
}

static void open_one(struct kit *k, const char *text)
{
    assert_int_equal(kit_op(k, "incident-open", arena_printf(k->arena, "{'components':['website'],'impact':'major','text':'x','title':'%s'}", text)), 200);
}

/* What lies there is the export, byte for byte. */
static void same_as_export(struct kit *k, const struct place *p)
{
    struct manifest m;
    struct manifest_entry e;
    const char *list = body_of(p, "manifest.txt");
    int n = 0, files = 0;
    assert_non_null(list);
    assert_string_equal(list, kit_read(k, "mirrors/far/manifest.txt"));
    assert_string_equal(body_of(p, "manifest.txt.minisig"), kit_read(k, "mirrors/far/manifest.txt.minisig"));
    assert_int_equal(manifest_begin(str_of(list), &m), 0);
    while (manifest_next(&m, &e)) {
        const char *name = arena_dupn(k->arena, e.file.p, e.file.n), *there = body_of(p, name);
        char sum[S3_SUM_BYTES];
        if (!there)
            fail_msg("%s is not there", name);
        s3_sum(there, strlen(there), sum);
        assert_string_equal(sum, e.sum);
        n++;
    }
    for (int i = 0; i < p->n; i++)
        files += p->at[i].body != NULL;
    assert_true(n > 50);
    assert_int_equal(files, n + 2);
}

static size_t position(const struct place *p, const char *name)
{
    const char *at = strstr(buf_text(&p->order), arena_printf(p->k->arena, "\n%s\n", name));
    if (!at)
        fail_msg("%s was not put: %s", name, buf_text(&p->order));
    return (size_t)(at - buf_text(&p->order));
}

#define DAV "  far: { webdav: \"http://far.example.net/status\", user: anna, password: geheim, url: \"http://far.example.net/status/\" }\n"

static void webdav_gets_all_then_what_changed(void **state)
{
    (void)state;
    struct place p;
    struct kit *k = up(&p, DAV);
    p.collections = true;
    p.login = "anna";
    go(k);
    is_in_state(k, "far", "ok");
    same_as_export(k, &p);
    assert_true(position(&p, "component/website/index.html") < position(&p, "index.html"));
    assert_true(position(&p, "static/vigie.css") < position(&p, "component/website/index.html"));
    assert_true(str_ends(buf_text(&p.order), "\nmanifest.txt.minisig\nmanifest.txt\n"));
    int all = p.puts;
    buf_clear(&p.order);
    buf_str(&p.order, "\n");
    p.puts = p.makes = p.gets = 0;
    open_one(k, "The site is down");
    sim_run_for(3000);
    same_as_export(k, &p);
    assert_true(p.puts < all);
    kit_lacks(buf_text(&p.order), "component/wiki/feed.atom");
    kit_has(buf_text(&p.order), "component/website/feed.atom");
    assert_int_equal(p.gets, 0); /* it is known what is there */
    assert_int_equal(p.makes, 2); /* incident/, incident/KEY/ */
    kit_lacks(buf_text(&p.order), "static/");
    const struct bulletin *b = board_at(k->house->board, 0);
    assert_true(position(&p, arena_printf(k->arena, "incident/%s/index.html", b->key)) < position(&p, "index.html"));
    kit_has(body_of(&p, "index.html"), "The site is down");
    /* A service goes: so do its files, after all that led to them. */
    kit_write(k, "vigie.yaml", arena_printf(k->arena, "site: { url: \"https://status.example.org\" }\nhosts: { xhost1: { alive: no, checks: [{ passive: { name: xcheck-a, attempts: 1 } }] } }\n"
                                                      "components: { website: { name: Website, depends: [xhost1/xcheck-a] } }\nmirrors:\n" DAV));
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    sim_run_for(3000);
    assert_null(body_of(&p, "component/wiki/index.html"));
    assert_true(p.drops > 5);
    same_as_export(k, &p);
    done(k, &p);
}

static void after_a_restart_its_manifest_tells(void **state)
{
    (void)state;
    struct place p;
    struct kit *k = up(&p, DAV);
    p.collections = true;
    go(k);
    int all = p.puts;
    kit_stop(k);
    p.puts = p.makes = p.gets = 0;
    buf_clear(&p.order);
    go(k);
    kit_lacks(buf_text(&p.order), "static/");
    is_in_state(k, "far", "ok");
    assert_true(p.gets >= 1 && p.puts > 0 && p.puts < all);
    assert_int_equal(p.makes, 0);
    same_as_export(k, &p);
    done(k, &p);
}

/* A file that is not taken ends the try; the others that were are not sent again. Another mirror has its copy all the while. */
static void one_that_fails_goes_on_where_it_was(void **state)
{
    (void)state;
    struct place p, q;
    struct kit *k = up(&p, DAV "  near: { webdav: \"http://near.example.net/status/\" }\n");
    sim_host("near.example.net", "192.0.2.81");
    open_place(&q, k, "near.example.net");
    p.stumble = "component/website/index.html";
    go(k);
    is_in_state(k, "far", "failing");
    kit_has(doc_text(mirror(k, "far"), "why", ""), "component/website/index.html");
    kit_has(kit_text(k), "was answered with 507");
    is_in_state(k, "near", "ok");
    assert_null(body_of(&p, "index.html"));
    assert_null(body_of(&p, "manifest.txt"));
    size_t css = kit_count(buf_text(&p.order), "static/vigie.css\n");
    assert_int_equal(css, 1);
    p.stumble = NULL;
    sim_run_for(30000);
    is_in_state(k, "far", "ok");
    assert_int_equal(kit_count(buf_text(&p.order), "static/vigie.css\n"), 1);
    same_as_export(k, &p);
    buf_done(&q.order);
    done(k, &p);
}

static void wrong_passwords_are_told(void **state)
{
    (void)state;
    struct place p;
    struct kit *k = up(&p, DAV);
    p.login = "somebody";
    go(k);
    is_in_state(k, "far", "failing");
    kit_has(kit_text(k), "401");
    assert_int_equal(p.n, 0);
    sim_host_mode("far.example.net", SIM_SILENT);
    assert_int_equal(kit_op(k, "mirror-push", "{'name':'far'}"), 200);
    sim_run_for(200000);
    is_in_state(k, "far", "failing");
    kit_write(k, "vigie.yaml", SITE); /* while it tries */
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    sim_run_for(HOUR_MS);
    done(k, &p);
}

static void s3_is_signed(void **state)
{
    (void)state;
    struct place p;
    struct kit *k = up(&p, "  far: { s3: \"http://far.example.net/status/\", user: AKID, password: geheim, region: eu-west-3, acl: public-read }\n");
    go(k);
    is_in_state(k, "far", "ok");
    same_as_export(k, &p);
    assert_int_equal(p.makes, 0);
    kit_has(p.authorization, "AWS4-HMAC-SHA256 Credential=AKID/20260302/eu-west-3/s3/aws4_request, SignedHeaders=cache-control;content-type;host;x-amz-acl;x-amz-content-sha256;x-amz-date, Signature=");
    p.refuse = 503;
    open_one(k, "It is down");
    sim_run_for(3000);
    is_in_state(k, "far", "failing");
    kit_has(kit_text(k), "503: SlowDown");
    kit_lacks(kit_text(k), "geheim");
    assert_int_equal(kit_op(k, "conf-show", NULL), 200);
    kit_lacks(kit_text(k), "geheim");
    done(k, &p);
}

/* ---- pure ---- */

/* The example of the specification: docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "PUT Object". */
static void s3_signs_as_specified(void **state)
{
    (void)state;
    char sum[S3_SUM_BYTES], date[S3_DATE_BYTES];
    struct buf path = BUF_MAX(200), out = BUF_MAX(2000);
    buf_char(&path, '/');
    s3_path_add(&path, "test$file.text");
    s3_sum("Welcome to Amazon S3.", 21, sum);
    s3_date(INT64_C(1369353600000), date);
    assert_string_equal(date, "20130524T000000Z");
    const struct httpc_header headers[] = {{"x-amz-storage-class", "REDUCED_REDUNDANCY"}, {"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-date", date}, {"x-amz-content-sha256", sum}};
    struct s3_ask ask = {.method = "PUT", .region = "us-east-1", .key = "AKIAIOSFODNN7EXAMPLE", .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", .host = "examplebucket.s3.amazonaws.com",
                         .path = buf_text(&path), .sum = sum, .date = date, .headers = headers, .n_headers = 4};
    s3_sign(&ask, &out);
    assert_string_equal(buf_text(&out), "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, "
                                        "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    buf_done(&path);
    buf_done(&out);
}

static void a_seal_tells_ours_from_others(void **state)
{
    (void)state;
    struct kit *k = kit_new(NULL);
    struct seal a, again, b;
    struct buf text = BUF_MAX(4096);
    char one[MINISIGN_KEY_TEXT], two[MINISIGN_KEY_TEXT];
    struct err e = {0};
    assert_int_equal(seal_open(k->data, &a, &e), 0);
    assert_int_equal(seal_open(k->data, &again, &e), 0);
    seal_key(&a, one);
    seal_key(&again, two);
    assert_string_equal(one, two);
    assert_true(str_starts(one, "RW") && strlen(one) == 56);
    struct stat st;
    assert_int_equal(stat(kit_path(k, "mirror.key"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    seal_sign(&a, "x.txt", "hello", 5, 1000, &text);
    kit_has(buf_text(&text), "trusted comment: timestamp:1\tfile:x.txt\thashed\n");
    assert_true(seal_ok(&a, "hello", 5, str_of(buf_text(&text))));
    assert_false(seal_ok(&a, "hellp", 5, str_of(buf_text(&text))));
    assert_false(seal_ok(&a, "hello", 5, str_of("")));
    *strstr(text.data, "timestamp:1") = 'T'; /* of the comment nothing may be changed either */
    assert_false(seal_ok(&a, "hello", 5, str_of(buf_text(&text))));
    unlink(kit_path(k, "mirror.key"));
    assert_int_equal(seal_open(k->data, &b, &e), 0);
    buf_clear(&text);
    seal_sign(&b, "x.txt", "hello", 5, 1000, &text);
    assert_false(seal_ok(&a, "hello", 5, str_of(buf_text(&text))));
    kit_write(k, "mirror.key", "something else\n");
    assert_int_equal(seal_open(k->data, &b, &e), ERR_INVALID);
    assert_string_equal(kit_read(k, "mirror.key"), "something else\n");
    buf_done(&text);
    kit_free(k);
}

static void names_that_lead_elsewhere_are_left_alone(void **state)
{
    (void)state;
    struct mirror_far far = {0};
    struct mirror_plan plan;
    struct arena *a = arena_new(0);
    static const char sum[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const char *there = arena_printf(a, "vigie site 2\nmade x\nnext -\n%s  ../up\n%s  /etc/passwd\n%s  gone.html\n%s  manifest.txt\n%s  a//b\n", sum, sum, sum, sum, sum);
    const char *here = arena_printf(a, "vigie site 2\nmade x\nnext -\n%s  ../up\n%s  index.html\n%s  incident/a/index.html\n%s  index.html\n%s  static/a.css\n", sum, sum, sum, sum, sum);
    mirror_far_read(&far, str_of(there), 0);
    assert_int_equal(mirror_plan_make(a, str_of(here), true, &far, false, &plan), 0);
    static const char *const want[] = {"static/a.css", "incident/a/index.html", "index.html", "gone.html", "manifest.txt.minisig", "manifest.txt"};
    assert_int_equal(plan.n, COUNT(want));
    for (int i = 0; i < plan.n; i++)
        assert_string_equal(plan.at[i].file, want[i]);
    assert_true(plan.at[3].drop && !plan.at[2].drop);
    mirror_far_read(&far, str_of("<html>not found</html>"), 0);
    assert_true(far.known && far.files.n == 0);
    mirror_far_forget(&far);
    arena_free(a);
}

/* ---- looking ---- */

static int mails_with(const char *to, const char *word)
{
    int n = 0;
    for (int i = 0; i < sim_mails(); i++)
        n += str_eq(sim_mail_at(i)->to, to) && strstr(sim_mail_at(i)->message, word) != NULL;
    return n;
}

static const char *seen(struct kit *k)
{
    return doc_text(mirror(k, "far"), "seen", "");
}

#define READ "  far: { directory: \"%s/copy\", url: \"http://far.example.net/status/\", every: 10m, look: 5m, grace: 15m }\n"

/* The server shows what the directory holds. */
static bool show(void *arg, const struct httpc_request *rq, const char *target, struct sim_answer *ret)
{
    struct place *p = arg;
    p->gets++;
    ret->body = p->refuse ? NULL : kit_read(p->k, arena_printf(p->k->arena, "copy/%s", target + strlen("/status/")));
    ret->status = p->refuse ? p->refuse : ret->body ? 200 : 404;
    const char *kept = body_of(p, target + strlen("/status/")); /* another than the one that we brought */
    ret->body = kept ? kept : ret->body;
    return true;
}

static struct kit *up_read(struct place *p)
{
    struct kit *k = up(p, "");
    kit_write(k, "vigie.yaml", arena_printf(k->arena, SITE "mirrors:\n" READ, k->data));
    sim_http_serve("far.example.net", 80, show, p);
    go(k);
    sim_run_for(20000);
    assert_string_equal(seen(k), "ok");
    return k;
}

static void one_out_of_reach_is_told_once(void **state)
{
    (void)state;
    struct place p;
    struct kit *k = up_read(&p);
    sim_run_for(2 * HOUR_MS);
    assert_string_equal(seen(k), "ok");
    assert_int_equal(sim_mails(), 0);
    p.refuse = 502;
    sim_run_for(10 * MINUTE_MS);
    assert_string_equal(seen(k), "unreachable");
    kit_has(kit_text(k), "502");
    assert_int_equal(sim_mails(), 0); /* not yet */
    p.refuse = 0;
    sim_run_for(5 * MINUTE_MS);
    assert_int_equal(sim_mails(), 0); /* nobody was told: nobody hears that it is over */
    p.refuse = 502;
    sim_run_for(30 * MINUTE_MS);
    assert_int_equal(sim_mails(), 2);
    assert_int_equal(mails_with("ops@example.org", "cannot be read"), 1);
    kit_op(k, "health", NULL);
    assert_int_equal(doc_int(k->reply, "mirrors_unwell", 0), 1);
    assert_int_equal(doc_int(k->reply, "mirrors_failing", 1), 0);
    kit_stop(k);
    go(k); /* a restart tells nothing anew */
    sim_run_for(HOUR_MS);
    assert_string_equal(seen(k), "unreachable");
    assert_int_equal(sim_mails(), 2);
    p.refuse = 0;
    sim_run_for(5 * MINUTE_MS);
    assert_int_equal(sim_mails(), 4);
    assert_int_equal(mails_with("ops@example.org", "is there, right"), 1);
    sim_run_for(2 * HOUR_MS);
    assert_int_equal(sim_mails(), 4);
    done(k, &p);
}

/* The origin brings its copies; what readers see stays as it was. */
static void one_that_stands_still_is_told(void **state)
{
    (void)state;
    struct place p;
    struct kit *k = up_read(&p);
    keep(&p, "manifest.txt", kit_read(k, "copy/manifest.txt"));
    keep(&p, "manifest.txt.minisig", kit_read(k, "copy/manifest.txt.minisig"));
    sim_run_for(60 * MINUTE_MS);
    assert_string_equal(seen(k), "stale");
    kit_has(kit_text(k), "should have come");
    assert_int_equal(mails_with("ops@example.org", "see what is past"), 1);
    assert_int_equal(sim_mails(), 2);
    done(k, &p);
}

static void one_that_shows_something_else_is_told(void **state)
{
    (void)state;
    struct place p;
    struct kit *k = up_read(&p);
    keep(&p, "index.html", "<html>Buy our pills</html>");
    sim_run_for(30 * MINUTE_MS);
    assert_string_equal(seen(k), "wrong");
    kit_has(kit_text(k), "index.html is another");
    assert_int_equal(mails_with("ops@example.org", "is not what we"), 1);
    lose(&p, "index.html");
    sim_run_for(10 * MINUTE_MS);
    assert_string_equal(seen(k), "ok");
    /* Somebody makes a list of his own: its sums fit, its signature does not. */
    const char *list = kit_read(k, "copy/manifest.txt");
    keep(&p, "manifest.txt", arena_printf(k->arena, "%s\n", list));
    sim_run_for(7 * MINUTE_MS);
    assert_string_equal(seen(k), "wrong");
    kit_has(kit_text(k), "not signed by us");
    done(k, &p);
}

/* What was found to be another is brought anew, all of it. */
static void a_damaged_copy_is_mended(void **state)
{
    (void)state;
    struct place p;
    struct kit *k = up(&p, "  far: { webdav: \"http://far.example.net/status\", url: \"http://far.example.net/status/\", look: 5m }\n");
    go(k);
    sim_run_for(20000);
    assert_string_equal(seen(k), "ok");
    keep(&p, "index.html", "<html>Buy our pills</html>");
    keep(&p, "static/vigie.css", "*{display:none}");
    sim_run_for(6 * MINUTE_MS);
    kit_has(body_of(&p, "index.html"), "Website");
    kit_lacks(body_of(&p, "static/vigie.css"), "*{display:none}");
    sim_run_for(2 * MINUTE_MS);
    assert_string_equal(seen(k), "ok");
    same_as_export(k, &p);
    done(k, &p);
}

static void the_configuration_says_where(void **state)
{
    (void)state;
    struct place p;
    struct kit *k = up(&p, DAV);
    go(k);
    static const char *const wrong[] = {"{ far: { webdav: \"ftp://x\" } }", "{ far: { webdav: \"https://a:b@x/\" } }", "{ far: { webdav: \"https:///x\" } }", "{ far: { s3: \"https://x/y\" } }",
                                        "{ far: { s3: \"https://x/y?z\", user: a, password: b } }", "{ far: { s3: \"https://x/y\", user: a, password: b, region: \"a b\" } }",
                                        "{ far: { s3: \"https://x/y\", webdav: \"https://x/y\", user: a, password: b } }", "{ far: { webdav: \"https://x/\", look: 1s } }"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        kit_write(k, "vigie.yaml", arena_printf(k->arena, SITE "mirrors: %s\n", wrong[i]));
        if (kit_op(k, "conf-apply", NULL) == 200)
            fail_msg("taken: %s", wrong[i]);
    }
    assert_int_equal(kit_op(k, "mirror-key", NULL), 200);
    assert_true(str_starts(doc_text(k->reply, "key", ""), "RW"));
    done(k, &p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(webdav_gets_all_then_what_changed), cmocka_unit_test(after_a_restart_its_manifest_tells), cmocka_unit_test(one_that_fails_goes_on_where_it_was),
        cmocka_unit_test(wrong_passwords_are_told),          cmocka_unit_test(s3_is_signed),                       cmocka_unit_test(s3_signs_as_specified),
        cmocka_unit_test(a_seal_tells_ours_from_others),     cmocka_unit_test(names_that_lead_elsewhere_are_left_alone), cmocka_unit_test(one_out_of_reach_is_told_once),
        cmocka_unit_test(one_that_stands_still_is_told),     cmocka_unit_test(one_that_shows_something_else_is_told), cmocka_unit_test(a_damaged_copy_is_mended),
        cmocka_unit_test(the_configuration_says_where),
    };
    return cmocka_run_group_tests_name("announce_copies", tests, NULL, NULL);
}
