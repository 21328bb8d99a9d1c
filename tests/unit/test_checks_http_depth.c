/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The http probe in depth: JSON answers, sizes, headers absent and matching, redirects expected, versions, phases, a proxy,
 * a client certificate; and the JSON paths below it. */
#include "base/json.h"
#include "checks/jsonpath.h"
#include "checks_fixture.h"

struct site {
    const char *answer;
    char heard[8192];
};

static void serve(struct srv *s, int fd)
{
    struct site *site = s->arg;

    srv_hear(fd, site->heard, sizeof(site->heard));
    srv_say(fd, site->answer);
}

#define PAGE(headers, body) "HTTP/1.1 200 OK\r\n" headers "Connection: close\r\n\r\n" body
#define JSON_PAGE                                                                                                      \
    PAGE("Content-Type: application/json\r\nX-Powered-By: PHP/5\r\nStrict-Transport-Security: max-age=31536000\r\n",   \
         "{\"status\":\"ok\",\"queue\":[1,2,3],\"items\":[{\"name\":\"alpha\",\"price\":2.5}],\"up\":true,\"none\":null}")

static enum state get(struct fx *f, struct srv *s, const char *expect)
{
    char url[200], settings[1000];

    snprintf(settings, sizeof(settings), "{\"expect\":%s}", expect);
    return fx_run(f, "http", srv_at(s, "http://", "/", url, sizeof(url)), settings, 5000);
}

static void json_answers(void **state)
{
    static const struct {
        const char *expect;
        enum state state;
        const char *text;
    } cases[] = {
        {"{\"json\":{\"$.status\":\"ok\",\"$.queue.length\":\"< 100\",\"$.items[0].name\":\"/^al/\"}}", STATE_OK, "200 OK"},
        {"{\"json\":{\"up\":\"true\",\"none\":\"null\",\"$.items[-1].price\":\">= 2.5\",\"queue[2]\":\"3\"}}", STATE_OK, "200"},
        {"{\"json\":{\"$.status\":\"fine\"}}", STATE_CRITICAL, "$.status is ok, wanted fine"},
        {"{\"json\":{\"$.queue.length\":\"> 5\"}}", STATE_CRITICAL, "$.queue.length is 3, wanted > 5"},
        {"{\"json\":{\"$.missing.part\":\"*\"}}", STATE_CRITICAL, "has no $.missing.part"},
        {"{\"json\":{\"$.status\":\"!= ok\"}}", STATE_CRITICAL, "wanted != ok"},
        {"{\"keys\":[\"status\",\"items[0].name\"]}", STATE_OK, "200"},
        {"{\"keys\":[\"status\",\"user.name\"]}", STATE_CRITICAL, "has no user.name"},
        {"{\"not_header\":\"X-Powered-By\"}", STATE_CRITICAL, "with the header X-Powered-By: PHP/5"},
        {"{\"not_header\":\"Server\"}", STATE_OK, "200"},
        {"{\"header_regex\":{\"strict-transport-security\":\"max-age=[0-9]{7}\"}}", STATE_OK, "200"},
        {"{\"header_regex\":{\"Content-Type\":\"^text/\"}}", STATE_CRITICAL, "the header Content-Type is “application/json”"},
        {"{\"header_regex\":{\"X-No\":\".\"}}", STATE_CRITICAL, "without the header X-No"},
        {"{\"min_size\":\"1k\"}", STATE_CRITICAL, "but only"},
        {"{\"max_size\":\"50\"}", STATE_CRITICAL, "or more"},
        {"{\"min_size\":\"10\",\"max_size\":\"1k\"}", STATE_OK, "200"},
        {"{\"version\":\"1.1\"}", STATE_OK, "200"},
        {"{\"redirect\":\"https://\"}", STATE_CRITICAL, "no redirect"},
        {"{\"url\":\"https://\"}", STATE_CRITICAL, "wanted https://"},
    };
    struct fx *f = *state;
    struct site site = {.answer = JSON_PAGE};
    struct srv s;

    srv_start(&s, serve, &site);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (get(f, &s, cases[i].expect) != cases[i].state)
            fail_msg("%s: %s", cases[i].expect, f->text);
        assert_has(f->text, cases[i].text);
    }
    site.answer = PAGE("", "<html>");
    assert_int_equal(get(f, &s, "{\"keys\":\"a\"}"), STATE_CRITICAL);
    assert_has(f->text, "cannot be read: JSON, line 1");
    site.answer = PAGE("", "{\"a\":1,\"a\":2}");
    assert_int_equal(get(f, &s, "{\"keys\":\"a\"}"), STATE_CRITICAL);
    srv_stop(&s);
}

static void redirects_expected(void **state)
{
    struct fx *f = *state;
    struct site site = {.answer = "HTTP/1.1 301 Moved\r\nLocation: https://www.example.org/x\r\nContent-Length: 0\r\n\r\n"};
    struct srv s;

    srv_start(&s, serve, &site);
    assert_int_equal(get(f, &s, "{\"redirect\":\"https://www.example.org/\"}"), STATE_OK);
    assert_has(f->text, "301 Moved to https://www.example.org/x");
    assert_int_equal(get(f, &s, "{\"redirect\":\"https://example.org/\"}"), STATE_CRITICAL);
    assert_has(f->text, "to https://www.example.org/x, wanted https://example.org/");
    assert_int_equal(s.hits, 2);
    srv_stop(&s);
}

static void phases(void **state)
{
    struct fx *f = *state;
    struct site site = {.answer = PAGE("", "x")};
    struct srv s;
    char url[200];

    srv_start(&s, serve, &site);
    srv_at(&s, "http://", "/", url, sizeof(url));
    assert_int_equal(fx_run(f, "http", url, "{\"phases\":{\"warn\":{\"first_byte\":\"0.0001ms\"}}}", 5000), STATE_WARNING);
    assert_has(f->text, "the first byte took");
    assert_int_equal(fx_run(f, "http", url, "{\"phases\":{\"warn\":{\"first_byte\":\"5s\"},\"crit\":{\"connect\":\"0.0001ms\"}}}", 5000), STATE_CRITICAL);
    assert_has(f->text, "the connection took");
    srv_stop(&s);
}

static void through_a_proxy(void **state)
{
    struct fx *f = *state;
    struct site site = {.answer = PAGE("", "from afar")};
    struct srv s;
    char settings[300];

    srv_start(&s, serve, &site);
    snprintf(settings, sizeof(settings),
             "{\"proxy\":{\"url\":\"http://127.0.0.1:%d\",\"user\":\"watch\",\"password\":\"secret\"},\"expect\":{\"body\":\"afar\"}}", s.port);
    assert_int_equal(fx_run(f, "http", "http://far.example.org/page", settings, 5000), STATE_OK);
    assert_has(site.heard, "GET http://far.example.org/page HTTP/1.1");
    assert_has(site.heard, "Host: far.example.org\r\n");
    assert_has(site.heard, "Proxy-Authorization: Basic d2F0Y2g6c2VjcmV0");
    snprintf(settings, sizeof(settings), "{\"proxy\":\"http://127.0.0.1:%d\"}", s.port);
    site.answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(fx_run(f, "http", "https://far.example.org/", settings, 5000), STATE_CRITICAL);
    assert_has(site.heard, "CONNECT far.example.org:443 HTTP/1.1");
    srv_stop(&s);
}

static void serve_known(struct srv *s, int fd)
{
    SSL *ssl = srv_secure(s, fd);
    char heard[4096];

    if (ssl && SSL_read(ssl, heard, sizeof(heard)) > 0)
        SSL_write(ssl, PAGE("", "for members"), sizeof(PAGE("", "for members")) - 1);
    if (ssl)
        SSL_shutdown(ssl);
    SSL_free(ssl);
}

static int accept_any(int ok, X509_STORE_CTX *store)
{
    return 1;
}

static void client_certificate(void **state)
{
    struct fx *f = *state;
    struct srv s;
    char url[200], path[200], settings[400];
    EVP_PKEY *key;
    X509 *x = cert_make(&key, 5);
    FILE *file = fopen(fx_path(path, sizeof(path), "client.pem"), "we");

    PEM_write_X509(file, x);
    PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    X509_free(x);
    EVP_PKEY_free(key);
    srv_start(&s, serve_known, NULL);
    srv_tls(&s, 40, NULL);
    SSL_CTX_set_verify(s.ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
    srv_at(&s, "https://", "/", url, sizeof(url));
    snprintf(settings, sizeof(settings), "{\"verify\":false,\"cert\":\"%s\",\"expect\":{\"body\":\"members\"}}", path);
    assert_int_equal(fx_run(f, "http", url, settings, 5000), STATE_OK);
    assert_int_equal(fx_run(f, "http", url, "{\"verify\":false}", 5000), STATE_CRITICAL);
    assert_int_equal(fx_run(f, "http", url, "{\"verify\":false,\"cert\":\"/none.pem\"}", 5000), STATE_CRITICAL);
    assert_has(f->text, "/none.pem cannot be read");
    srv_stop(&s);
    unlink(path);
}

static void options(void **state)
{
    struct fx *f = *state;
    const char *url = "http://x/";

    assert_has(fx_refused(f, "http", url, "{\"expect\":{\"json\":{\"a[\":\"1\"}}}"), "no place in a JSON document");
    assert_has(fx_refused(f, "http", url, "{\"expect\":{\"json\":{\"a\":\"< many\"}}}"), "no condition");
    assert_has(fx_refused(f, "http", url, "{\"expect\":{\"json\":{\"a\":\"/(/\"}}}"), "no condition");
    assert_has(fx_refused(f, "http", url, "{\"expect\":{\"keys\":\"a..b\"}}"), "no place");
    assert_has(fx_refused(f, "http", url, "{\"expect\":{\"header_regex\":{\"a\":\"(\"}}}"), "no regular expression");
    assert_has(fx_refused(f, "http", url, "{\"proxy\":\"https://p/\"}"), "no proxy");
    assert_has(fx_refused(f, "http", url, "{\"key\":\"/k\"}"), "without “cert”");
}

static void paths(void **state)
{
    struct fx *f = *state;
    static const char text[] = "{\"a\":{\"b c\":[10,{\"d\":\"x.y\"}]},\"length\":7,\"$x\":1}";
    struct doc *d;
    const struct doc *found;

    assert_int_equal(json_parse(f->arena, text, strlen(text), 1000, &d, NULL), 0);
    assert_ptr_equal(jsonpath_find(f->arena, d, "$"), d);
    found = jsonpath_find(f->arena, d, "$.a[\"b c\"][1].d");
    assert_string_equal(found->text, "x.y");
    assert_int_equal(jsonpath_find(f->arena, d, "a['b c'][-2]")->i, 10);
    assert_int_equal(jsonpath_find(f->arena, d, "a['b c'].length")->i, 2);
    assert_int_equal(jsonpath_find(f->arena, d, "$.length")->i, 7); /* a key of that name comes first */
    assert_int_equal(jsonpath_find(f->arena, d, "$x")->i, 1);
    assert_null(jsonpath_find(f->arena, d, "a['b c'][2]"));
    assert_null(jsonpath_find(f->arena, d, "a[0]"));
    assert_null(jsonpath_find(f->arena, d, "a.b.c"));
    assert_int_equal(jsonpath_check("$.a[0]['b']"), 0);
    assert_int_not_equal(jsonpath_check(""), 0);
    assert_int_not_equal(jsonpath_check("$."), 0);
    assert_int_not_equal(jsonpath_check("$[x]"), 0);
    assert_int_not_equal(jsonpath_check("a[0]b"), 0);
    assert_int_not_equal(jsonpath_check("a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(json_answers, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(redirects_expected, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(phases, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(through_a_proxy, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(client_certificate, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(options, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(paths, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
