/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page "watch something" without script: what is posted, what comes back, and that nothing of it is markup. */
#include "daemon_kit.h"

#define ROWS "targets=x&target.0=https%3A%2F%2Fexample.org%2F&host.0=example.org&name.0=http&on.0=1&target.1=192.0.2.77%3A12345&host.1=gate&name.1=door&target.2=192.0.2.78&host.2=lamp&on.2=1"

static void seen_with_its_trial(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_ADMIN);
    sim_host("new1", "192.0.2.77");
    sim_port_open("new1", 12345);
    assert_int_equal(kit_form(k, "/console/add", "targets=192.0.2.77%3A12345+192.0.2.77%3A1+web1+12"), 200);
    const char *html = buf_text(&k->text);
    kit_has(html, "name=\"sure\" value=\"1\"");
    assert_int_equal(kit_count(html, "<li data-word="), 3);
    kit_has(html, "<p data-target=\"12\">");
    kit_has(kit_between(k, "data-word=\"192.0.2.77:12345\"", "</div></li>"), "s-ok");
    kit_has(kit_between(k, "data-word=\"192.0.2.77:1\"", "</div></li>"), "badge solid s-critical");
    kit_has(kit_between(k, "data-word=\"web1\"", "</div></li>"), "watched already");
    kit_has(kit_between(k, "data-word=\"web1\"", "</div></li>"), "disabled");
    assert_null(kit_item(k, "192.0.2.77"));
}

static void what_is_ticked_is_added_under_its_names(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_ADMIN);
    assert_int_equal(kit_form(k, "/console/add", "sure=1&" ROWS), 303);
    assert_string_equal(kit_header(k, "Location"), "/console/host/example.org");
    assert_non_null(kit_item(k, "example.org/http"));
    assert_non_null(kit_item(k, "lamp"));
    assert_null(kit_item(k, "gate"));
    assert_int_equal(kit_form(k, "/console/add", "sure=1&targets=x&target.0=192.0.2.79&host.0=x"), 400);
    kit_has(buf_text(&k->text), "Nothing is ticked");
    assert_int_equal(kit_form(k, "/console/add", "sure=1&targets="), 400);
}

/* The reason stands in the row that it is about; all that was typed is still there. */
static void a_refusal_keeps_what_was_typed(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_ADMIN);
    assert_int_equal(kit_form(k, "/console/add", "sure=1&on.1=1&targets=x&target.0=192.0.2.77%3A1&host.0=a&name.0=b&target.1=192.0.2.77%3A2&host.1=web1&name.1=job&target.2=192.0.2.77%3A3&host.2=c&name.2=d"), 409);
    kit_has(buf_text(&k->text), "web1 has a check job already");
    const char *second = kit_between(k, "data-word=\"192.0.2.77:2\"", "</li>");
    kit_has(second, "value=\"job\" data-field=\"names\"");
    kit_has(second, "aria-invalid=\"true\" aria-describedby=\"wrong.1\"");
    kit_has(second, " checked");
    const char *first = kit_between(k, "data-word=\"192.0.2.77:1\"", "</li>");
    kit_has(first, "value=\"a\"");
    kit_lacks(first, " checked");
    kit_lacks(first, "aria-invalid");
    assert_int_equal(kit_form(k, "/console/add", "sure=1&targets=x&on.0=1&target.0=192.0.2.77%3A1&host.0=%3Cb%3E%2F&name.0=b"), 400);
    kit_has(buf_text(&k->text), "&lt;b&gt;/");
    kit_lacks(buf_text(&k->text), "<b>/");
}

static void parts_for_the_script(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_ADMIN);
    assert_int_equal(kit_form(k, "/console/add/look", "targets=%40example.org+%3Cscript%3E"), 200);
    assert_int_equal(kit_count(buf_text(&k->text), "<li data-word="), 2);
    kit_lacks(buf_text(&k->text), "<script>");
    kit_lacks(buf_text(&k->text), "<html");
    assert_int_equal(kit_form(k, "/console/add/look", "targets="), 200);
    assert_int_equal(kit_form(k, "/console/add/try", "target=web1%3A2&host=web1&name="), 200);
    kit_has(buf_text(&k->text), "badge solid s-critical");
    assert_int_equal(kit_form(k, "/console/add/try", "target=web1%3A2&host=web1&name=job"), 409);
    kit_has(buf_text(&k->text), "data-field=\"names\"");
    assert_int_equal(kit_form(k, "/console/add/try", ""), 400);
    assert_int_equal(kit_post(k, "/console/add/try", "target=web1%3A2"), 403); /* without the token of the form */
    for (int i = 0; i < 100 && k->status != 429; i++)
        k->status = kit_form(k, "/console/add/try", "target=192.0.2.10%3A1");
    assert_int_equal(k->status, 429);
    kit_login(k, ROLE_OPERATOR); /* may not add, so has no use for the page */
    assert_int_equal(kit_form(k, "/console/add/try", "target=web1%3A2"), 403);
    assert_int_equal(kit_form(k, "/console/add/look", "targets=web1%3A2"), 403);
}

/* What a peer said is text. */
static void a_banner_is_no_markup(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_ADMIN);
    sim_host("evil", "192.0.2.66");
    sim_port_open("evil", 22);
    sim_port_banner("evil", 22, "<script>alert(1)</script>\r\n");
    assert_int_equal(kit_form(k, "/console/add/try", "target=192.0.2.66%3A22"), 200);
    kit_lacks(buf_text(&k->text), "<script>");
}

/* Numbers that are none, or too large, are no rows. */
static void strange_fields(void **state)
{
    static const char *const bodies[] = {"target.0=", "target.-1=x&on.-1=1", "target.99999999999999999999=x", "target.=x", "target.0.1=x", "target.200=x&on.200=1", "on.0=1&host.0=x", "target.1=192.0.2.9&on.1=1"};
    struct kit *k = *state;
    kit_login(k, ROLE_ADMIN);
    for (size_t i = 0; i < COUNT(bodies); i++)
        assert_int_equal(kit_form(k, "/console/add", arena_printf(k->arena, "sure=1&%s", bodies[i])), 400);
    assert_null(kit_read(k, "conf.d/added.yaml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(seen_with_its_trial),
        KIT_TEST(what_is_ticked_is_added_under_its_names),
        KIT_TEST(a_refusal_keeps_what_was_typed),
        KIT_TEST(parts_for_the_script),
        KIT_TEST(a_banner_is_no_markup),
        KIT_TEST(strange_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
