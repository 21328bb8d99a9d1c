/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The web probe against a small site with a log-in form (cookie, token, password), and against sites that go wrong; and the
 * cookies and texts below it. */
#include "checks/cookies.h"
#include "checks/web_steps.h"
#include "checks_fixture.h"

enum how { GOOD, NO_TOKEN, DOWN_INSIDE, SILENT_INSIDE, CIRCLE, GARBAGE, ELSEWHERE, FLOOD, RESETS };
struct site {
    enum how how;
    char last[9000]; /* the last request with a body */
    char agent[9000];
};

#define HEAD(status, headers) "HTTP/1.1 " status "\r\nConnection: close\r\n" headers "\r\n"

static void hear_all(int fd, char *out, size_t n)
{
    srv_hear(fd, out, n);
    const char *length = strcasestr(out, "Content-Length: "), *end = strstr(out, "\r\n\r\n");
    size_t want = length ? strtoul(length + 16, NULL, 10) : 0, at = strlen(out);

    while (end && at < n - 1 && at < (size_t)(end + 4 - out) + want) {
        ssize_t k = recv(fd, out + at, n - 1 - at, 0);

        if (k <= 0)
            return;
        at += (size_t)k;
        out[at] = '\0';
    }
}

static void log_in(struct site *site, int fd, const char *heard)
{
    bool good = strstr(heard, "Cookie: first=1") && strstr(heard, "csrf=a%26b%2Bc") && strstr(heard, "login=watch") &&
                strstr(heard, "password=p%40ss%20word") && strstr(heard, "Content-Type: application/x-www-form-urlencoded");

    snprintf(site->last, sizeof(site->last), "%s", heard);
    if (site->how == CIRCLE)
        srv_say(fd, HEAD("302 Found", "Location: /login\r\n"));
    else if (good)
        srv_say(fd, HEAD("303 See Other", "Set-Cookie: session=xyz; Path=/; HttpOnly\r\nSet-Cookie: first=; Max-Age=0\r\nLocation: /home\r\n"));
    else
        srv_say(fd, HEAD("403 Forbidden", ""));
}

static void serve(struct srv *s, int fd)
{
    struct site *site = s->arg;
    static char heard[9000];

    hear_all(fd, heard, sizeof(heard));
    if (strncmp(heard, "POST /login", 11) == 0) {
        log_in(site, fd, heard);
    } else if (strncmp(heard, "GET /login", 10) == 0 && site->how == CIRCLE && strstr(heard, "Cookie")) {
        srv_say(fd, HEAD("302 Found", "Location: /login\r\n"));
    } else if (strncmp(heard, "GET /login", 10) == 0) {
        srv_say(fd, HEAD("200 OK", "Set-Cookie: first=1\r\n"));
        srv_say(fd, site->how == NO_TOKEN ? "<form>" : "<input name=\"csrf\" value=\"a&amp;b&#43;c\">");
    } else if (site->how == SILENT_INSIDE) {
        srv_wait(fd);
    } else if (site->how == GARBAGE) {
        srv_say(fd, "\x01\x02nonsense\r\n\r\n");
    } else if (site->how == FLOOD) {
        srv_say(fd, HEAD("200 OK", ""));
        for (int i = 0; i < 60000; i++)
            srv_say(fd, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz");
    } else if (site->how == RESETS) {
        return;
    } else if (site->how == DOWN_INSIDE) {
        srv_say(fd, HEAD("500 Internal Server Error", ""));
    } else if (strstr(heard, "session=xyz") && !strstr(heard, "first=1")) {
        srv_say(fd, HEAD("200 OK", "X-Next: 77\r\n") "Welcome back {\"id\":5}");
    } else {
        srv_say(fd, HEAD("401 Unauthorized", ""));
    }
}

#define STEPS                                                                                                          \
    "[{\"name\":\"form\",\"get\":\"/login\",\"capture\":{\"csrf\":\"name=\\\"csrf\\\" value=\\\"([^\\\"]+)\\\"\"}},"     \
    "{\"name\":\"login\",\"post\":\"/login\",\"form\":{\"login\":\"${user}\",\"password\":\"${password}\",\"csrf\":\"${csrf}\"}}," \
    "{\"get\":\"/home\",\"expect\":{\"body\":\"Welcome\"},\"capture\":{\"next\":\"header:X-Next\"}},"                  \
    "{\"get\":\"/home?n=${next}\"}]"

static enum state visit(struct fx *f, enum how how, const char *more, int64_t timeout_ms)
{
    static struct site site;
    struct srv s;
    char url[100], settings[1500];

    site = (struct site){.how = how};
    srv_start(&s, serve, &site);
    snprintf(settings, sizeof(settings), "{\"user\":\"watch\",\"password\":\"p@ss word\",\"steps\":" STEPS "%s}", more);
    fx_run(f, "web", srv_at(&s, "http://", "/", url, sizeof(url)), settings, timeout_ms);
    srv_stop(&s);
    return f->state;
}

static void logs_in(void **state)
{
    struct fx *f = *state;

    assert_int_equal(visit(f, GOOD, "", 5000), STATE_OK);
    assert_has(f->text, "4 steps in");
    assert_has(f->perf, "time_form=");
    assert_has(f->perf, "time_login=");
    assert_has(f->perf, "time_step3=");
    assert_has(f->more, "login: ");
    assert_has(f->trace, "> GET http://127.0.0.1");
    assert_has(f->trace, "/home?n=77");
    assert_null(strstr(f->trace, "p%40ss")); /* what is secret is not shown */
    assert_int_equal(visit(f, GOOD, ",\"warn\":\"0.001ms\"", 5000), STATE_WARNING);
}

static void goes_wrong(void **state)
{
    static const struct {
        enum how how;
        const char *text;
    } cases[] = {
        {NO_TOKEN, "step 1 (form): the answer has nothing for “csrf”"},
        {DOWN_INSIDE, "step 2 (login): 500"},
        {CIRCLE, "redirects lead nowhere"},
        {GARBAGE, "step 2 (login): "},
        {RESETS, "step 2 (login): "},
        {SILENT_INSIDE, "step 2 (login): no answer"},
        {FLOOD, "step 3 (/home): 200 OK, but the page lacks “Welcome”"},
    };
    struct fx *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(visit(f, cases[i].how, "", 1500), STATE_CRITICAL);
        assert_has(f->text, cases[i].text);
    }
}

static void wrong_password(void **state)
{
    struct fx *f = *state;
    static struct site site;
    struct srv s;
    char url[100];

    srv_start(&s, serve, &site);
    srv_at(&s, "http://", "/", url, sizeof(url));
    assert_int_equal(fx_run(f, "web", url, "{\"user\":\"watch\",\"password\":\"wrong\",\"steps\":" STEPS "}", 3000), STATE_CRITICAL);
    assert_has(f->text, "step 2 (login): 403 Forbidden");
    srv_stop(&s);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", srv_free_port());
    assert_int_equal(fx_run(f, "web", url, "{\"steps\":[{\"get\":\"/\"}]}", 3000), STATE_CRITICAL);
    assert_has(f->text, "step 1 (/): ");
    assert_has(f->text, "refused");
}

static void options(void **state)
{
    struct fx *f = *state;
    const char *url = "http://x/";

    assert_has(fx_refused(f, "web", url, "{\"steps\":[{\"get\":\"/\",\"post\":\"/\"}]}"), "either “get” or “post”");
    assert_has(fx_refused(f, "web", url, "{\"steps\":[{\"expect\":{\"status\":200}}]}"), "either “get” or “post”");
    assert_has(fx_refused(f, "web", url, "{\"steps\":[{\"get\":\"/\",\"form\":{\"a\":\"b\"}}]}"), "needs “post”");
    assert_has(fx_refused(f, "web", url, "{\"steps\":[{\"post\":\"/\",\"form\":{\"a\":\"${token}\"}}]}"), "no step before captures");
    assert_has(fx_refused(f, "web", url, "{\"steps\":[{\"get\":\"/\",\"capture\":{\"a\":\"(\"}}]}"), "captures nothing");
    assert_has(fx_refused(f, "web", url, "{\"steps\":[{\"get\":\"/\",\"nonsense\":1}]}"), "nonsense");
    assert_has(fx_refused(f, "web", url, "{\"steps\":[]}"), "list of mappings");
    assert_has(fx_refused(f, "web", url, "{\"steps\":[\"/\"]}"), "is a mapping");
    assert_has(fx_refused(f, "web", url, "{}"), "steps");
}

static void jar_of_cookies(void **state)
{
    struct fx *f = *state;
    struct cookies jar = {.arena = f->arena};
    struct buf out = BUF_MAX(10000);
    struct url here, plain, other, sub, deeper;

    url_parse(f->arena, "https://www.example.org/shop/cart?x", &here);
    url_parse(f->arena, "http://www.example.org/shop/", &plain);
    url_parse(f->arena, "https://example.net/shop/", &other);
    url_parse(f->arena, "https://a.example.org/", &sub);
    url_parse(f->arena, "https://www.example.org/shopping", &deeper);
    cookies_take(&jar, &here, "a=1; Path=/");
    cookies_take(&jar, &here, "b=2");
    cookies_take(&jar, &here, "c=3; Domain=.example.org; Secure; Path=/");
    cookies_take(&jar, &here, "d=4; Domain=example.net");
    cookies_take(&jar, &here, "e=5; Domain=org");
    cookies_take(&jar, &here, "nonsense");
    assert_int_equal(jar.n, 3);
    cookies_put(&jar, &here, &out);
    assert_string_equal(buf_text(&out), "a=1; b=2; c=3");
    buf_clear(&out);
    cookies_put(&jar, &plain, &out);
    assert_string_equal(buf_text(&out), "a=1; b=2");
    buf_clear(&out);
    cookies_put(&jar, &other, &out);
    assert_string_equal(buf_text(&out), "");
    cookies_put(&jar, &sub, &out);
    assert_string_equal(buf_text(&out), "c=3");
    buf_clear(&out);
    cookies_put(&jar, &deeper, &out);
    assert_string_equal(buf_text(&out), "a=1; c=3");
    cookies_take(&jar, &here, "a=9; path=/");
    assert_int_equal(jar.n, 3);
    cookies_take(&jar, &here, "a=; Path=/; Max-Age=0");
    assert_int_equal(jar.n, 2);
    for (int i = 0; i < 200; i++) {
        char one[40];

        snprintf(one, sizeof(one), "n%d=1", i);
        cookies_take(&jar, &here, one);
    }
    assert_int_equal(jar.n, COOKIES_MAX);
    buf_done(&out);
}

static void texts(void **state)
{
    struct web_values v = {0};
    struct buf out = BUF_MAX(1000);

    web_value_set(&v, "a", "x y");
    web_value_set(&v, "a", "z&1");
    assert_int_equal(web_expand(&out, "-${a}-$b-${", &v, false), 0);
    assert_string_equal(buf_text(&out), "-z&1-$b-${");
    buf_clear(&out);
    assert_int_equal(web_expand(&out, "${a}", &v, true), 0);
    assert_string_equal(buf_text(&out), "z%261");
    assert_int_not_equal(web_expand(&out, "${none}", &v, true), 0);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(logs_in, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(goes_wrong, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(wrong_password, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(options, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(jar_of_cookies, fx_setup, fx_teardown),
        cmocka_unit_test(texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
