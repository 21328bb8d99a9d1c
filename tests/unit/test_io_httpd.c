/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The HTTP server over real sockets: published bytes, handlers, requests that are refused, and its pure half.
 * Listeners, event streams and clients that do not behave: test_io_httpd_peers.c. */
#include "io_httpd_kit.h"
#include <pthread.h>

/* ---- published bytes ---- */

static const char page[] =
    "a page that is long enough to be worth compressing, compressing, compressing, compressing, "
    "compressing, compressing, compressing, compressing, compressing, compressing, compressing, "
    "compressing, compressing, compressing, compressing, compressing, compressing, compressing!";

static void publish_page(struct world *w)
{
    struct httpd_header csp = {"Content-Security-Policy", "default-src 'self'"};
    httpd_publish(w->h, -1, "/", NULL, "text/html; charset=utf-8", page, sizeof page - 1, &csp, 1);
    httpd_publish(w->h, -1, "/small é", NULL, "text/plain", "s", 1, NULL, 0);
    httpd_publish(w->h, 0, "/only-first", NULL, "text/plain", "first", 5, NULL, 0);
    httpd_publish(w->h, -1, "/both", NULL, "text/plain", "all", 3, NULL, 0);
    httpd_publish(w->h, 1, "/both", NULL, "text/plain", "second", 6, NULL, 0);
}

static void a_published_page(void **state)
{
    struct world *w = *state;
    struct answer a;
    on_loop(w, publish_page);
    ask(w->port, "/", "", &a);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.body_bytes, sizeof page - 1);
    assert_memory_equal(a.body, page, sizeof page - 1);
    assert_true(field_is(&a, "Content-Type", "text/html; charset=utf-8"));
    assert_true(field_is(&a, "Content-Security-Policy", "default-src 'self'"));
    assert_true(field_is(&a, "Vary", "Accept-Encoding"));
    assert_non_null(field(&a, "Date"));
    ask_raw(w->port, RAW("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"), &a);
    assert_int_equal(a.status, 200);
    assert_int_equal(strtol(field(&a, "Content-Length"), NULL, 10), (long)sizeof page - 1);
    ask(w->port, "/small%20%C3%a9", "", &a);
    assert_int_equal(a.status, 200);
    assert_null(field(&a, "Vary"));
    ask(w->port, "http://localhost/both?x=1", "", &a);
    assert_string_equal(a.body, "all");
    assert_int_equal(atomic_load(&w->handled), 0);
}

static void listeners_have_their_own(void **state)
{
    struct world *w = *state;
    struct answer a;
    on_loop(w, publish_page);
    ask(w->port, "/only-first", "", &a);
    assert_string_equal(a.body, "first");
    ask(w->other_port, "/only-first", "", &a);
    assert_true(str_starts(a.body, "GET|/only-first|"));
    ask(w->port, "/both", "", &a);
    assert_string_equal(a.body, "all");
    ask(w->other_port, "/both", "", &a);
    assert_string_equal(a.body, "second");
}

static void compressed_when_welcome(void **state)
{
    struct world *w = *state;
    struct answer a;
    unsigned char out[4096];
    uLongf n = sizeof out;
    on_loop(w, publish_page);
    ask(w->port, "/", "Accept-Encoding: br;q=1, gzip;q=0.5\r\n", &a);
    assert_true(field_is(&a, "Content-Encoding", "gzip"));
    assert_true(a.body_bytes < sizeof page / 2);
    z_stream z = {.next_in = (unsigned char *)a.body,
                  .avail_in = (unsigned)a.body_bytes,
                  .next_out = out,
                  .avail_out = (unsigned)n};
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_out, sizeof page - 1);
    inflateEnd(&z);
    assert_memory_equal(out, page, sizeof page - 1);
    ask(w->port, "/", "Accept-Encoding: gzip;q=0\r\n", &a);
    assert_null(field(&a, "Content-Encoding"));
    ask(w->port, "/", "Accept-Encoding: identity\r\n", &a);
    assert_null(field(&a, "Content-Encoding"));
}

static void unchanged_pages_are_not_sent_again(void **state)
{
    struct world *w = *state;
    struct answer a;
    char headers[200], tag[64];
    on_loop(w, publish_page);
    for (int gzip = 0; gzip < 2; gzip++) {
        const char *accept = gzip ? "Accept-Encoding: gzip\r\n" : "";
        ask(w->port, "/", accept, &a);
        const char *etag = field(&a, "ETag");
        str_copyn(tag, sizeof tag, etag, strcspn(etag, "\r"));
        str_print(headers, sizeof headers, "%sIf-None-Match: \"x\", W/%s\r\n", accept, tag);
        ask(w->port, "/", headers, &a);
        assert_int_equal(a.status, 304);
        assert_true(field_is(&a, "ETag", tag));
        assert_true(field_is(&a, "Content-Security-Policy", "default-src 'self'"));
        str_print(headers, sizeof headers, "%sIf-None-Match: \"x\"\r\n", accept);
        ask(w->port, "/", headers, &a);
        assert_int_equal(a.status, 200);
    }
}

static void publish_languages(struct world *w)
{
    httpd_publish(w->h, -1, "/", "fr", "text/plain", "bonjour", 7, NULL, 0);
    httpd_publish(w->h, -1, "/", "en", "text/plain", "hello", 5, NULL, 0);
}

static void in_the_readers_language(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *path, *headers, *body;
    } rows[] = {
        {"/", "", "hello"},
        {"/", "Accept-Language: fr-CA,fr;q=0.9\r\n", "bonjour"},
        {"/", "Accept-Language: de\r\n", "hello"},
        {"/?lang=fr", "Accept-Language: en\r\n", "bonjour"},
        {"/?a=b&lang=en", "Accept-Language: fr\r\n", "hello"},
        {"/?lang=xx", "Accept-Language: fr\r\n", "bonjour"},
    };
    struct answer a;
    on_loop(w, publish_languages);
    for (size_t i = 0; i < COUNT(rows); i++) {
        ask(w->port, rows[i].path, rows[i].headers, &a);
        assert_string_equal(a.body, rows[i].body);
        assert_true(field_is(&a, "Vary", "Accept-Language"));
        assert_true(field_is(&a, "Content-Language", rows[i].body[0] == 'h' ? "en" : "fr"));
    }
}

static void publish_again(struct world *w)
{
    httpd_publish(w->h, -1, "/", NULL, "text/plain", "new", 3, NULL, 0);
}

static void withdraw(struct world *w)
{
    httpd_publish(w->h, -1, "/", NULL, NULL, NULL, 0, NULL, 0);
    httpd_publish(w->h, -1, "/nothing", NULL, NULL, NULL, 0, NULL, 0);
}

static void replaced_and_withdrawn(void **state)
{
    struct world *w = *state;
    struct answer a;
    struct httpd_stats st;
    on_loop(w, publish_page);
    on_loop(w, publish_again);
    on_loop(w, publish_again);
    ask(w->port, "/", "", &a);
    assert_string_equal(a.body, "new");
    on_loop(w, withdraw);
    ask(w->port, "/", "", &a);
    assert_true(str_starts(a.body, "GET|/|"));
    httpd_get_stats(w->h, &st);
    assert_int_equal(st.published_hits, 1);
    assert_int_equal(st.requests, 2);
}

/* ---- published bytes that change while they are read ---- */

enum { VERSIONS = 300 };

static void publish_version(struct world *w, int version)
{
    char text[600];
    memset(text, 'a' + version % 26, sizeof text);
    text[sizeof text - 1] = 0;
    for (int i = 0; i < 2; i++)
        httpd_publish(w->h, -1, "/changing", i ? "en" : "fr", "text/plain", text, sizeof text - 1, NULL, 0);
    char path[32];
    str_print(path, sizeof path, "/there/%d", version % 5);
    httpd_publish(w->h, -1, path, NULL, "text/plain", version % 2 ? text : NULL, sizeof text - 1, NULL, 0); /* some go again */
}

static void publish_versions(struct world *w)
{
    for (int i = 0; i < VERSIONS; i++)
        publish_version(w, i);
}

struct reader {
    int port, whole, torn;
    atomic_bool stop;
};

static void *read_on(void *arg)
{
    struct reader *r = arg;
    do {
        struct answer a;
        ask(r->port, "/changing", "Accept-Language: fr\r\n", &a);
        bool whole = a.status == 200 && a.body_bytes == 599 && strspn(a.body, (char[]){a.body[0], 0}) == 599;
        r->whole += whole;
        r->torn += !whole;
        ask(r->port, "/there/3", "", &a); /* published, or the handler's */
        r->torn += a.status != 200;
    } while (!atomic_load(&r->stop));
    return NULL;
}

static void readers_see_whole_versions(void **state)
{
    struct world *w = *state;
    struct reader readers[3] = {{0}};
    pthread_t threads[3];
    on_loop(w, publish_versions);
    for (int i = 0; i < 3; i++) {
        readers[i].port = w->port;
        pthread_create(&threads[i], NULL, read_on, &readers[i]);
    }
    for (int i = 0; i < 10; i++)
        on_loop(w, publish_versions);
    for (int i = 0; i < 3; i++) {
        atomic_store(&readers[i].stop, true);
        pthread_join(threads[i], NULL);
        assert_int_equal(readers[i].torn, 0);
        assert_true(readers[i].whole > 0);
    }
}

/* The body of a GET must not become the next request. */
static void a_published_page_asked_with_a_body(void **state)
{
    struct world *w = *state;
    struct answer a;
    on_loop(w, publish_page);
    int fd = dial_port(w->port);
    say(fd, RAW("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\nGET /smuggled "
                "HTTP/1.1\r\nHost: a\r\n\r\n"
                "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(hear(fd, &a, false));
    assert_int_equal(a.body_bytes, sizeof page - 1);
    assert_true(hear(fd, &a, false));
    assert_true(str_starts(a.body, "GET|/next|"));
    close(fd);
}

/* ---- handlers ---- */

static void a_request_comes_whole(void **state)
{
    struct world *w = *state;
    struct answer a;
    ask_raw(w->port,
            RAW("POST /a%20b//c?q=1%2B1&x=%00&q=2 HTTP/1.1\r\nHost: a\r\nX-In: in\r\nCookie: a=b; "
                "sid=\"s3\"\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
                "15\r\n\r\na=b&f=d+e%C3%A9"),
            &a);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body, "POST|/a b//c|q=1%2B1&x=%00&q=2|q=1+1|f=d "
                                "eé|sid=s3|x=in|body=15|local=0|uid=-1|listener=0");
    assert_true(field_is(&a, "X-Test", "yes"));
    assert_null(field(&a, "X-Injected"));
    ask_raw(w->port,
            RAW("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
            &a);
    assert_true(strstr(a.body, "|body=5|") != NULL);
    ask_raw(w->port, RAW("DELETE /x HTTP/1.1\r\nHost: a\r\n\r\n"), &a);
    assert_true(str_starts(a.body, "DELETE|/x|"));
    ask_raw(w->port, RAW("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n"), &a);
    assert_int_equal(a.status, 200);
}

static void one_connection_many_requests(void **state)
{
    struct world *w = *state;
    struct answer a;
    char rq[100];
    int fd = dial_port(w->port);
    for (int i = 0; i < 50; i++) {
        int n = str_print(rq, sizeof rq, "GET /%d?q=%d HTTP/1.1\r\nHost: a\r\n\r\n", i, i);
        say(fd, rq, (size_t)n);
        assert_true(hear(fd, &a, false));
        str_print(rq, sizeof rq, "GET|/%d|q=%d|q=%d|", i, i, i);
        assert_true(str_starts(a.body, rq));
    }
    close(fd);
}

static void answers_may_come_later(void **state)
{
    struct world *w = *state;
    struct answer a;
    ask(w->port, "/later", "", &a);
    assert_int_equal(a.status, 202);
    assert_string_equal(a.body, "later");
}

static void a_client_that_leaves_early(void **state)
{
    struct world *w = *state;
    struct answer a;
    for (int i = 0; i < 20; i++) {
        int fd = dial_port(w->port);
        say(fd, RAW("GET /later HTTP/1.1\r\nHost: a\r\n\r\n"));
        close(fd);
        ask(w->port, "/", "", &a);
        assert_int_equal(a.status, 200);
        for (int k = 0; k < 200 && atomic_load(&w->handled) < 2 * i + 2; k++)
            poll(NULL, 0, 10);
        poll(NULL, 0, 40); /* one at a time: the handler holds one */
    }
}

/* ---- what is refused ---- */

static void bad_requests_get_400(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *p;
        size_t n;
    } rows[] = {
        {RAW("GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("GET /%2e%2E/b HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("GET /./b HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("GET /a%2fb HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("GET /a%5cb HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("GET /a%zzb HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("GET /a%0ab HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("GET a HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")},
        {RAW("GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n")},
        {RAW("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: "
             "chunked\r\n\r\n0\r\n\r\n")},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer a;
        ask_raw(w->port, rows[i].p, rows[i].n, &a);
        if (a.status != 400)
            print_message("row %zu: %d %s\n", i, a.status, a.body);
        assert_int_equal(a.status, 400);
    }
    assert_int_equal(atomic_load(&w->handled), 0);
}

static void ceilings(void **state)
{
    struct world *w = *state;
    struct answer a;
    /* Far too much is refused at once; a little too much is read first, so that its sender sees the answer. */
    ask_raw(w->port, RAW("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\nabc"), &a);
    assert_int_equal(a.status, 413);
    struct buf over = BUF_MAX(3 << 20);
    buf_str(&over, "POST /api/v1/ack HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n");
    for (int i = 0; i < 1048577; i++)
        buf_char(&over, 'x');
    ask_raw(w->port, over.data, over.len, &a);
    assert_int_equal(a.status, 413);
    assert_non_null(strstr(a.body, "\"code\":\"limit\""));
    buf_done(&over);
    ask_raw(w->port,
            RAW("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nabc"),
            &a);
    assert_true(a.status == 413 || a.status == 400);
    struct buf b = BUF_MAX(3 << 20);
    buf_str(&b, "PATCH / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 17; i++) {
        buf_str(&b, "10000\r\n");
        for (int k = 0; k < 65536; k++)
            buf_char(&b, 'x');
        buf_str(&b, "\r\n");
    }
    buf_str(&b, "0\r\n\r\n");
    ask_raw(w->port, b.data, b.len, &a);
    assert_int_equal(a.status, 413);
    buf_clear(&b);
    buf_str(&b, "GET /");
    for (int i = 0; i < 9000; i++)
        buf_char(&b, 'x');
    buf_str(&b, " HTTP/1.1\r\nHost: a\r\n\r\n");
    ask_raw(w->port, b.data, b.len, &a);
    assert_int_equal(a.status, 414);
    buf_clear(&b);
    buf_str(&b, "GET /x HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < 70; i++)
        buf_printf(&b, "X-%d: a\r\n", i);
    buf_str(&b, "\r\n");
    ask_raw(w->port, b.data, b.len, &a);
    assert_int_equal(a.status, 431);
    buf_clear(&b);
    buf_str(&b, "GET /x HTTP/1.1\r\nHost: a\r\nX: ");
    for (int i = 0; i < 100000; i++)
        buf_char(&b, 'x');
    buf_str(&b, "\r\n\r\n");
    ask_raw(w->port, b.data, b.len, &a);
    assert_true(a.status == 431 || a.status == 413 || a.status == -1);
    buf_done(&b);
    assert_int_equal(atomic_load(&w->handled), 0);
}

static void a_body_at_the_ceiling_fits(void **state)
{
    struct world *w = *state;
    struct answer a;
    struct buf b = BUF_MAX(2 << 20);
    buf_printf(&b, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", HTTPD_MAX_BODY);
    for (int i = 0; i < HTTPD_MAX_BODY; i++)
        buf_char(&b, 'y');
    ask_raw(w->port, b.data, b.len, &a);
    assert_int_equal(a.status, 200);
    assert_true(strstr(a.body, "|body=1048576|") != NULL);
    buf_done(&b);
}

static void garbage_harms_nobody(void **state)
{
    struct world *w = *state;
    struct answer a;
    uint64_t x = 88172645463325252u;
    for (int i = 0; i < 100; i++) {
        char bytes[300];
        for (size_t k = 0; k < sizeof bytes; k++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            bytes[k] = i % 2 ? (char)x : " GET/HTP1.\r\n:%?&=;0a"[x % 20];
        }
        int fd = dial_port(w->port);
        say(fd, RAW("GET /"));
        say(fd, bytes, sizeof bytes);
        say(fd, RAW("\r\n\r\n"));
        close(fd);
    }
    ask(w->port, "/still-here", "", &a);
    assert_int_equal(a.status, 200);
}

/* ---- the pure half ---- */

static void paths_are_decoded_once(void **state)
{
    static const struct {
        const char *raw, *out;
    } rows[] = {
        {"/", "/"},          {"/a%20b", "/a b"}, {"/a%2520", "/a%20"}, {"/..a/b..", "/..a/b.."},
        {"/%C3%A9", "/é"},   {"/a//b", "/a//b"}, {"/a/..", NULL},      {"/.", NULL},
        {"/%2e", NULL},      {"/a%2Fb", NULL},   {"", NULL},           {"a", NULL},
        {"/%", NULL},        {"/%4", NULL},      {"/\x7f", NULL},      {"/a\tb", NULL},
        {"/%2e%2e/x", NULL},
    };
    char out[64];
    for (size_t i = 0; i < COUNT(rows); i++) {
        int rc = httpd_path_decode(rows[i].raw, out, sizeof out);
        assert_int_equal(rc, rows[i].out != NULL ? 0 : ERR_INVALID);
        if (rc == 0)
            assert_string_equal(out, rows[i].out);
    }
    assert_int_equal(httpd_path_decode("/abcd", out, 5), ERR_LIMIT);
    assert_string_equal(httpd_path_of_url("HTTP://a:80/x?y"), "/x?y");
    assert_string_equal(httpd_path_of_url("https://a"), "/");
    assert_string_equal(httpd_path_of_url("/x"), "/x");
}

static void accepted_codings(void **state)
{
    assert_false(httpd_path_accepts(NULL, "gzip"));
    assert_false(httpd_path_accepts("", "gzip"));
    assert_true(httpd_path_accepts("gzip", "gzip"));
    assert_true(httpd_path_accepts("deflate, GZIP ;q=0.1", "gzip"));
    assert_false(httpd_path_accepts("gzip; q=0.00, *", "gzip"));
    assert_true(httpd_path_accepts("*", "gzip"));
    assert_false(httpd_path_accepts("*;q=0", "gzip"));
    assert_false(httpd_path_accepts("gzipped", "gzip"));
    assert_true(httpd_path_etag_matches("*", "\"a\""));
    assert_true(httpd_path_etag_matches("\"b\",W/\"a\"", "\"a\""));
    assert_false(httpd_path_etag_matches("\"b\"", "\"a\""));
    assert_false(httpd_path_etag_matches(NULL, "\"a\""));
}

struct pairs {
    char text[200];
};

static void note_pair(void *arg, const char *name, const char *value)
{
    struct pairs *p = arg;
    str_print(p->text + strlen(p->text), sizeof p->text - strlen(p->text), "%s=%s;", name, value);
}

static void forms(void **state)
{
    struct httpd_request rq = {.query = "a=1&a=2&b&=x&%61b=c+d&z=%zz&n=%00x",
                               .arena = arena_new(0)};
    rq.body = "check=web1%2Fhttp&check=web2&&note=a%26b";
    rq.body_bytes = strlen(rq.body);
    assert_string_equal(httpd_query(&rq, "a"), "1");
    assert_string_equal(httpd_query(&rq, "b"), "");
    assert_string_equal(httpd_query(&rq, "ab"), "c d");
    assert_string_equal(httpd_query(&rq, "z"), "%zz");
    assert_null(httpd_query(&rq, "n"));
    assert_null(httpd_query(&rq, "c"));
    assert_string_equal(httpd_form(&rq, "note"), "a&b");
    struct pairs p = {0};
    httpd_form_each(&rq, note_pair, &p);
    assert_string_equal(p.text, "check=web1/http;check=web2;note=a&b;");
    rq.headers[0].name = "content-type";
    rq.headers[0].value = "application/json";
    rq.headers[1].name = "Cookie";
    rq.headers[1].value = "xa=0;a=1; b=\"2\" ;c";
    rq.headers[2].name = "cookie";
    rq.headers[2].value = "d=4";
    rq.n_headers = 3;
    assert_null(httpd_form(&rq, "note"));
    assert_string_equal(httpd_cookie(&rq, "a"), "1");
    assert_string_equal(httpd_cookie(&rq, "b"), "2");
    assert_string_equal(httpd_cookie(&rq, "d"), "4");
    assert_null(httpd_cookie(&rq, "c"));
    assert_null(httpd_cookie(&rq, "x"));
    arena_free(rq.arena);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_published_page),
        T(listeners_have_their_own),
        T(compressed_when_welcome),
        T(unchanged_pages_are_not_sent_again),
        T(in_the_readers_language),
        T(replaced_and_withdrawn),
        T(readers_see_whole_versions),
        T(a_published_page_asked_with_a_body),
        T(a_request_comes_whole),
        T(one_connection_many_requests),
        T(answers_may_come_later),
        T(a_client_that_leaves_early),
        T(bad_requests_get_400),
        T(ceilings),
        T(a_body_at_the_ceiling_fits),
        T(garbage_harms_nobody),
        cmocka_unit_test(paths_are_decoded_once),
        cmocka_unit_test(accepted_codings),
        cmocka_unit_test(forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
