/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The http probe against servers on loopback: status, text, headers, redirects, credentials, certificate; and the
 * pure parts below it (URLs, status sets, patterns). */
#include "checks/http_judge.h"
#include "checks/url.h"
#include "checks_fixture.h"

struct site { /* answers by path; keeps what it heard last */
    const char *paths[8][2];
    char heard[8192];
};

static void serve(struct srv *s, int fd)
{
    struct site *site = s->arg;

    srv_hear(fd, site->heard, sizeof(site->heard));
    for (int i = 0; i < 8 && site->paths[i][0]; i++) {
        const char *path = strchr(site->heard, ' ');

        if (path && strncmp(path + 1, site->paths[i][0], strlen(site->paths[i][0])) == 0 &&
            path[1 + strlen(site->paths[i][0])] == ' ') {
            srv_say(fd, site->paths[i][1]);
            return;
        }
    }
    srv_say(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

#define OK_PAGE "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 11\r\n\r\nhello world"

static enum state get(struct fx *f, struct srv *s, const char *path, const char *settings)
{
    char url[200];

    return fx_run(f, "http", srv_at(s, "http://", path, url, sizeof(url)), settings, 5000);
}

static void a_page(void **state)
{
    struct fx *f = *state;
    struct site site = {.paths = {{"/", OK_PAGE}}};
    struct srv s;

    srv_start(&s, serve, &site);
    assert_int_equal(get(f, &s, "/", NULL), STATE_OK);
    assert_has(f->text, "200 OK in ");
    assert_has(f->perf, "time=");
    assert_has(f->perf, "size=11B");
    assert_has(f->perf, "time_first_byte=");
    assert_has(site.heard, "User-Agent: vigie/");
    assert_true(f->timings.total_us > 0);
    assert_int_equal(get(f, &s, "/none", NULL), STATE_CRITICAL);
    assert_has(f->text, "404 Not Found in ");
    assert_has(f->text, "wanted 200-399");
    assert_true(f->answered);
    assert_int_equal(get(f, &s, "/none", "{\"expect\":{\"status\":[\"4xx\"]}}"), STATE_OK);
    srv_stop(&s);
}

static void what_is_expected(void **state)
{
    struct fx *f = *state;
    struct site site = {.paths = {{"/", OK_PAGE}}};
    struct srv s;

    srv_start(&s, serve, &site);
    assert_int_equal(get(f, &s, "/", "{\"expect\":{\"body\":\"hello\",\"not_body\":\"error\",\"regex\":\"w.rld$\"}}"), STATE_OK);
    assert_int_equal(get(f, &s, "/", "{\"expect\":{\"body\":\"Welcome\"}}"), STATE_CRITICAL);
    assert_has(f->text, "lacks “Welcome”");
    assert_int_equal(get(f, &s, "/", "{\"expect\":{\"not_body\":[\"nothing\",\"world\"]}}"), STATE_CRITICAL);
    assert_has(f->text, "says “world”");
    assert_int_equal(get(f, &s, "/", "{\"expect\":{\"regex\":\"^world\"}}"), STATE_CRITICAL);
    assert_has(f->text, "does not match ^world");
    assert_int_equal(get(f, &s, "/", "{\"expect\":{\"header\":{\"content-type\":\"TEXT/html\"}}}"), STATE_OK);
    assert_int_equal(get(f, &s, "/", "{\"expect\":{\"header\":{\"X-Cache\":\"hit\"}}}"), STATE_CRITICAL);
    assert_has(f->text, "without the header X-Cache: hit");
    assert_int_equal(get(f, &s, "/", "{\"warn\":\"0.001ms\"}"), STATE_WARNING);
    assert_has(f->text, "(limit 0.001ms)");
    srv_stop(&s);
}

static void what_is_sent(void **state)
{
    struct fx *f = *state;
    struct site site = {.paths = {{"/", OK_PAGE}}};
    struct srv s;

    srv_start(&s, serve, &site);
    assert_int_equal(get(f, &s, "/", "{\"user\":\"bob\",\"password\":\"pw\",\"headers\":{\"X-A\":\"1\"}}"), STATE_OK);
    assert_has(site.heard, "Authorization: Basic Ym9iOnB3");
    assert_has(site.heard, "X-A: 1");
    assert_int_equal(get(f, &s, "/", "{\"bearer\":\"tok\"}"), STATE_OK);
    assert_has(site.heard, "Authorization: Bearer tok");
    assert_int_equal(get(f, &s, "/", "{\"body\":\"a=1\"}"), STATE_OK);
    assert_has(site.heard, "POST / HTTP/1.1");
    assert_int_equal(get(f, &s, "/", "{\"method\":\"HEAD\"}"), STATE_OK);
    assert_has(site.heard, "HEAD / HTTP/1.1");
    srv_stop(&s);
}

static void redirects(void **state)
{
    struct fx *f = *state;
    struct site other = {.paths = {{"/", OK_PAGE}}};
    struct srv s, elsewhere;
    char away[200], body[400];

    srv_start(&elsewhere, serve, &other);
    snprintf(away, sizeof(away), "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/\r\nContent-Length: 0\r\n\r\n", elsewhere.port);
    struct site site = {.paths = {{"/", OK_PAGE},
                                  {"/a/b", "HTTP/1.1 301 Moved\r\nLocation: ../\r\nContent-Length: 0\r\n\r\n"},
                                  {"/loop", "HTTP/1.1 302 Found\r\nLocation: /loop2\r\nContent-Length: 0\r\n\r\n"},
                                  {"/loop2", "HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n"},
                                  {"/chain", "HTTP/1.1 307 Temporary\r\nLocation: /a/b\r\nContent-Length: 0\r\n\r\n"},
                                  {"/bad", "HTTP/1.1 302 Found\r\nLocation: ftp://x/\r\nContent-Length: 0\r\n\r\n"},
                                  {"/away", away}}};
    srv_start(&s, serve, &site);
    assert_int_equal(get(f, &s, "/a/b", NULL), STATE_OK);
    assert_int_equal(get(f, &s, "/a/b", "{\"expect\":{\"status\":\"301\"}}"), STATE_OK);
    assert_has(f->text, "301 Moved");
    assert_int_equal(get(f, &s, "/a/b", "{\"redirects\":0}"), STATE_OK); /* 3xx is in the default set */
    assert_int_equal(get(f, &s, "/loop", NULL), STATE_CRITICAL);
    assert_has(f->text, "in circles");
    assert_int_equal(get(f, &s, "/chain", "{\"redirects\":1}"), STATE_CRITICAL);
    assert_has(f->text, "more than 1 redirect, last to ../");
    assert_int_equal(get(f, &s, "/bad", NULL), STATE_CRITICAL);
    assert_has(f->text, "no web address");
    /* what is secret stays at home */
    snprintf(body, sizeof(body), "{\"user\":\"bob\",\"password\":\"pw\",\"headers\":{\"Cookie\":\"s=1\",\"X-Key\":\"k\"}}");
    assert_int_equal(get(f, &s, "/away", body), STATE_OK);
    assert_has(site.heard, "X-Key: k");
    assert_null(strstr(other.heard, "X-Key"));
    assert_null(strstr(other.heard, "Cookie"));
    assert_null(strstr(other.heard, "Authorization"));
    assert_has(other.heard, "GET / HTTP/1.1");
    srv_stop(&s);
    srv_stop(&elsewhere);
}

static void serve_tls(struct srv *s, int fd)
{
    SSL *ssl = srv_secure(s, fd);
    char dust[4096];

    if (ssl == NULL)
        return;
    SSL_read(ssl, dust, sizeof(dust));
    SSL_write(ssl, OK_PAGE, sizeof(OK_PAGE) - 1);
    SSL_shutdown(ssl);
    SSL_free(ssl);
}

static void certificates(void **state)
{
    struct fx *f = *state;
    struct srv s;
    char url[100], ca[200];

    srv_start(&s, serve_tls, NULL);
    srv_tls(&s, 10, fx_path(ca, sizeof(ca), "ca.pem"));
    snprintf(url, sizeof(url), "https://127.0.0.1:%d/", s.port);
    assert_int_equal(fx_run(f, "http", url, NULL, 5000), STATE_CRITICAL);
    assert_has(f->text, "certificate"); /* nobody trusts it */
    f->conf.site.ca_file = ca;
    assert_int_equal(fx_run(f, "http", url, NULL, 5000), STATE_WARNING);
    assert_has(f->text, "certificate of localhost ends in 10");
    assert_has(f->perf, "days=10;");
    assert_has(f->perf, "time_tls=");
    assert_int_equal(fx_run(f, "http", url, "{\"certificate\":{\"warn\":\"5d\"}}", 5000), STATE_OK);
    assert_has(f->more, "subject: localhost");
    assert_int_equal(fx_run(f, "http", url, "{\"server_name\":\"example.org\"}", 5000), STATE_CRITICAL);
    f->conf.site.ca_file = NULL;
    assert_int_equal(fx_run(f, "http", url, "{\"verify\":false,\"certificate\":{\"warn\":\"< 1d\"}}", 5000), STATE_OK);
    srv_stop(&s);
    unlink(ca);
}

static void options(void **state)
{
    struct fx *f = *state;

    assert_has(fx_refused(f, "http", "http://example.org/", "{\"method\":\"GET X\"}"), "no method");
    assert_has(fx_refused(f, "http", "http://example.org/", "{\"headers\":{\"A\":\"b\\nC: d\"}}"), "no header");
    fx_refused(f, "http", "gopher://example.org/", NULL);
    fx_refused(f, "http", "http://example.org/", "{\"expect\":{\"status\":\"999\"}}");
    f->address = NULL;
    assert_has(fx_refused(f, "http", NULL, NULL), "no address");
}

static void urls(void **state)
{
    static const struct {
        const char *base, *location, *want; /* want NULL: refused */
    } cases[] = {
        {"http://h/a/b?c", "d", "http://h/a/d"},
        {"http://h/a/b", "../../x/./y", "http://h/x/y"},
        {"http://h/a", "?q", "http://h/a?q"},
        {"http://h/a?x", "#f", "http://h/a?x"},
        {"https://h:8443/a", "//other/z", "https://other/z"},
        {"https://h:8443/a", "/z", "https://h:8443/z"},
        {"http://[::1]:81/a", "b c", "http://[::1]:81/b%20c"},
        {"http://h/", "HTTPS://OTHER:443", "https://other/"},
        {"http://h/", "javascript:alert(1)", NULL},
        {"http://h/", "http://", NULL},
        {"http://h/", "http://a b/", NULL},
        {"http://h/", "http://h:99999/", NULL},
        {"http://h/", "/a\x01" "b", NULL},
    };
    struct arena *a = arena_new(0);

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct url base, got;

        assert_int_equal(url_parse(a, cases[i].base, &base), 0);
        if (cases[i].want == NULL) {
            assert_int_not_equal(url_join(a, &base, cases[i].location, &got), 0);
            continue;
        }
        assert_int_equal(url_join(a, &base, cases[i].location, &got), 0);
        assert_string_equal(got.text, cases[i].want);
    }
    struct url u;

    assert_int_equal(url_parse(a, "http://bob:p%40ss%3a@h:81/x", &u), 0);
    assert_string_equal(u.user, "bob");
    assert_string_equal(u.password, "p@ss:");
    assert_string_equal(u.text, "http://h:81/x"); /* never shown */
    arena_free(a);
}

static void status_sets(void **state)
{
    const char *const items[] = {"200", "4xx", "500-502"};
    const char *const wrong[] = {"2x"};
    struct conf_texts set = {items, 3}, none = {0}, bad = {wrong, 1};

    assert_true(http_status_fits(&set, 200) && http_status_fits(&set, 404) && http_status_fits(&set, 502));
    assert_false(http_status_fits(&set, 201) || http_status_fits(&set, 503));
    assert_true(http_status_fits(&none, 302) && !http_status_fits(&none, 404));
    assert_int_equal(http_status_check(&set), 0);
    assert_int_not_equal(http_status_check(&bad), 0);
}

static void hard_patterns_end(void **state)
{
    char text[3001];

    memset(text, 'a', 3000);
    text[2999] = '!';
    text[3000] = '\0';
    assert_int_equal(http_search("^(a+)+$", text, 3000), ERR_LIMIT);
    assert_int_equal(http_search("a{3}", text, 3000), 1);
    assert_int_equal(http_search("b", text, 3000), 0);
    assert_int_equal(http_search("(", text, 3000), ERR_INVALID);
    assert_int_equal(http_search("b", "\xff\xfe\0b", 4), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_page, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(what_is_expected, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(what_is_sent, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(redirects, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(certificates, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(options, fx_setup, fx_teardown),
        cmocka_unit_test(urls),
        cmocka_unit_test(status_sets),
        cmocka_unit_test(hard_patterns_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
