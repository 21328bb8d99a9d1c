/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The door: log-in, log-out, set-up link, cookies and their flags, where one is led, language and theme. */
#include "daemon_kit.h"

#define GOOD "user=admin&password=correct+horse+battery"

static void prepare(struct kit *k)
{
    kit_login(k, ROLE_ADMIN);
    k->session[0] = 0;
}

static void the_cookie(void **state)
{
    struct kit *k = *state;
    prepare(k);
    assert_int_equal(kit_post(k, "/login", GOOD), 303);
    assert_string_equal(kit_header(k, "Location"), "/console");
    const char *c = kit_header(k, "Set-Cookie");
    kit_has(c, "; Path=/;");
    kit_has(c, "; HttpOnly");
    kit_has(c, "; SameSite=Lax");
    kit_lacks(c, "Secure");
    /* Behind a trusted proxy that speaks TLS: Secure. Who is not trusted cannot say so. */
    k->peer = "192.0.2.53";
    assert_int_equal(kit_ask(k, "POST", "/login", "X-Forwarded-Proto: https\nX-Forwarded-For: 192.0.2.200\n", GOOD), 303);
    kit_has(kit_header(k, "Set-Cookie"), "; Secure");
    k->peer = "192.0.2.54";
    assert_int_equal(kit_ask(k, "POST", "/login", "X-Forwarded-Proto: https\n", GOOD), 303);
    kit_lacks(kit_header(k, "Set-Cookie"), "Secure");
}

static void it_leads_nowhere_else(void **state)
{
    static const char *const evil[] = {"https%3A%2F%2Fevil.example%2F", "%2F%2Fevil.example%2F", "%2F%5Cevil.example", "%2F%09%2Fevil.example", "javascript%3Aalert(1)", "%0d%0aX-Evil%3A1",
                                       "%2Fconsole%0d%0aX-Evil%3A%201", "%2Fconsole%09", "evil.example", "", "%20%2F%2Fevil.example", "%2F%0a%2Fevil.example", "%2Fhealthz"};
    struct kit *k = *state;
    prepare(k);
    for (size_t i = 0; i < COUNT(evil); i++) {
        assert_int_equal(kit_post(k, "/login", arena_printf(k->arena, GOOD "&next=%s", evil[i])), 303);
        assert_string_equal(kit_header(k, "Location"), "/console");
        assert_string_equal(kit_header(k, "X-Evil"), "");
        assert_int_equal(kit_post(k, "/theme", arena_printf(k->arena, "theme=dark&next=%s", evil[i])), 303);
        if (!str_eq(evil[i], "%2Fhealthz")) /* a path of our own */
            assert_string_equal(kit_header(k, "Location"), "/console");
    }
    assert_int_equal(kit_post(k, "/login", GOOD "&next=%2Fconsole%2Fhosts%3Fx%3D1"), 303);
    assert_string_equal(kit_header(k, "Location"), "/console/hosts?x=1");
}

static void asked_for_a_page_one_gets_there(void **state)
{
    struct kit *k = *state;
    prepare(k);
    assert_int_equal(kit_get(k, "/console/host/a%20b%26c%23d"), 303);
    const char *where = kit_header(k, "Location");
    assert_true(str_starts(where, "/login?next="));
    kit_lacks(where, " ");
    kit_lacks(where, "#");
    assert_int_equal(kit_get(k, where), 200);
    kit_has(buf_text(&k->text), "name=\"next\" value=\"/console/host/a b&amp;c#d\"");
}

static void wrong_name_and_wrong_password_are_one(void **state)
{
    struct kit *k = *state;
    prepare(k);
    assert_int_equal(kit_post(k, "/login", "user=admin&password=wrong"), 401);
    const char *first = kit_between(k, "role=\"alert\">", "<");
    assert_string_equal(kit_header(k, "Set-Cookie"), "");
    kit_lacks(buf_text(&k->text), "wrong\"><"); /* the password is not given back */
    assert_int_equal(kit_post(k, "/login", "user=%3Cb%3E%22&password=wrong"), 401);
    assert_string_equal(kit_between(k, "role=\"alert\">", "<"), first);
    kit_has(buf_text(&k->text), "value=\"&lt;b&gt;&quot;\"");
    assert_int_equal(kit_post(k, "/login", ""), 401);
    assert_int_equal(kit_post(k, "/login", "user=admin"), 401);
}

static void another_site_cannot_log_one_in(void **state)
{
    static const struct {
        const char *headers;
        int status;
    } rows[] = {{"Origin: https://evil.example\n", 403}, {"Origin: null\n", 403}, {"Sec-Fetch-Site: cross-site\n", 403}, {"Sec-Fetch-Site: same-site\n", 403},
                {"Origin: http://localhost\n", 303},     {"Sec-Fetch-Site: same-origin\n", 303}, {"Sec-Fetch-Site: none\n", 303}, {NULL, 303}};
    struct kit *k = *state;
    prepare(k);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int got = kit_ask(k, "POST", "/login", rows[i].headers, GOOD);
        if (got != rows[i].status)
            fail_msg("%s: %d", rows[i].headers ? rows[i].headers : "no header", got);
    }
}

static void who_guesses_has_to_wait(void **state)
{
    struct kit *k = *state;
    prepare(k);
    int last = 0;
    for (int i = 0; i < 12; i++)
        last = kit_post(k, "/login", "user=admin&password=guess");
    assert_int_equal(last, 429);
    assert_int_equal(kit_post(k, "/login", GOOD), 429);
    /* Behind the trusted proxy every client has a count of its own; the limit of the account stays. */
    sim_run_for(2 * HOUR_MS);
    assert_int_equal(kit_post(k, "/login", GOOD), 303);
}

static void log_out(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_OPERATOR);
    assert_int_equal(kit_post(k, "/logout", ""), 403);
    assert_int_equal(kit_post(k, "/logout", "csrf=0000"), 403);
    assert_int_equal(kit_get(k, "/console"), 200);
    assert_int_equal(kit_get(k, "/logout"), 405);
    assert_int_equal(kit_form(k, "/logout", ""), 303);
    kit_has(kit_header(k, "Set-Cookie"), "vigie=; ");
    kit_has(kit_header(k, "Set-Cookie"), "Max-Age=0");
    assert_int_equal(kit_get(k, "/console"), 303); /* the old cookie is void */
}

static void the_set_up_link(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "setup-link", NULL), 200);
    const char *path = strstr(doc_text(k->reply, "url", ""), "/setup/");
    assert_int_equal(kit_get(k, path), 200);
    assert_int_equal(kit_get(k, "/setup/0000"), 410);
    assert_int_equal(kit_post(k, path, "user=camille&password=correct+horse+battery&again=another+one+altogether"), 400);
    assert_int_equal(kit_post(k, path, "user=camille&password=short&again=short"), 400);
    assert_int_equal(kit_post(k, path, "user=a+b&password=correct+horse+battery&again=correct+horse+battery"), 400);
    assert_int_equal(kit_ask(k, "POST", path, "Origin: https://evil.example\n", "user=camille&password=correct+horse+battery&again=correct+horse+battery"), 403);
    assert_int_equal(kit_post(k, path, "user=camille&password=correct+horse+battery&again=correct+horse+battery"), 303);
    kit_has(kit_header(k, "Set-Cookie"), "HttpOnly");
    assert_int_equal(kit_get(k, path), 410);
    assert_int_equal(kit_post(k, path, "user=eve&password=correct+horse+battery&again=correct+horse+battery"), 410);
}

static void theme_and_language(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_VIEWER);
    assert_int_equal(kit_post(k, "/theme", "theme=dark&next=%2Fconsole%2Fhosts"), 303);
    assert_true(str_starts(kit_header(k, "Set-Cookie"), "theme=dark; "));
    assert_string_equal(kit_header(k, "Location"), "/console/hosts");
    assert_int_equal(kit_post(k, "/theme", "theme=%22%3E%3Cb%3E"), 303);
    assert_true(str_starts(kit_header(k, "Set-Cookie"), "theme=; "));
    const char *cookie = arena_printf(k->arena, "Cookie: theme=dark; lang=fr; vigie=%s\n", k->session);
    k->session[0] = 0;
    kit_ask(k, "GET", "/login", "Cookie: theme=dark; lang=fr\n", NULL);
    kit_has(buf_text(&k->text), "<html lang=\"fr\" data-theme=\"dark\">");
    kit_ask(k, "GET", "/login?lang=en", "Cookie: theme=dark; lang=fr\n", NULL); /* the theme stays whatever the language */
    kit_has(buf_text(&k->text), "<html lang=\"en\" data-theme=\"dark\">");
    kit_ask(k, "GET", "/login", "Cookie: theme=\"><b>; lang=\"><b>\n", NULL);
    kit_has(buf_text(&k->text), "<html lang=\"en\">");
    assert_int_equal(kit_ask(k, "GET", "/console?lang=fr", cookie, NULL), 200);
    kit_ask(k, "GET", "/console?lang=en", cookie, NULL);
    assert_true(str_starts(kit_header(k, "Set-Cookie"), "lang=en; ")); /* in the console the choice is kept */
    kit_get(k, "/login?lang=fr");
    assert_string_equal(kit_header(k, "Set-Cookie"), ""); /* at the door nothing is */
    kit_ask(k, "GET", "/login", "Accept-Language: fr\n", NULL);
    kit_has(buf_text(&k->text), "<html lang=\"fr\">");
}

static void no_page_of_the_door_is_kept(void **state)
{
    struct kit *k = *state;
    kit_get(k, "/login");
    assert_string_equal(kit_header(k, "Cache-Control"), "no-store");
    kit_has(kit_header(k, "Content-Security-Policy"), "frame-ancestors 'none'");
    kit_has(buf_text(&k->text), "setup-link"); /* nobody can log in yet: it says how */
    kit_login(k, ROLE_VIEWER);
    assert_int_equal(kit_get(k, "/login"), 303); /* who is in needs no door */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(the_cookie), KIT_TEST(it_leads_nowhere_else), KIT_TEST(asked_for_a_page_one_gets_there), KIT_TEST(wrong_name_and_wrong_password_are_one), KIT_TEST(another_site_cannot_log_one_in),
        KIT_TEST(who_guesses_has_to_wait), KIT_TEST(log_out), KIT_TEST(the_set_up_link), KIT_TEST(theme_and_language), KIT_TEST(no_page_of_the_door_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
