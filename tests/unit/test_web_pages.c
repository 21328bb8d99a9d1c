/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every page of the console: for its role and nobody below, in both languages, and with names and outputs that are markup. */
#include "daemon_kit.h"
#include "web/web_priv.h"

#define EVIL "<b>&\"'"
#define EVIL_YAML                                                                                                         \
    "site: { title: { en: \"<i>&\\\"'\" } }\n"                                                                           \
    "contacts: { ops: { mail: ops@example.org } }\n"                                                                     \
    "hosts:\n"                                                                                                           \
    "  \"<b>&\\\"'\": { address: 192.0.2.10, title: \"<i>t&\\\"'\", notes: \"<i>n&\\\"'\", groups: [\"<i>g&\\\"'\"], checks: [{ passive: { name: \"<i>c&\\\"'\", attempts: 1, notes: \"<i>m&\\\"'\" } }] }\n" \
    "  plain: { alive: no, checks: [{ passive: { name: job, attempts: 1 } }] }\n"
#define EVIL_URL "%3Cb%3E%26%22%27"
#define EVIL_CHECK_URL "%3Ci%3Ec%26%22%27"

/* An address of each row, with the names that are there. */
static const char *address(struct kit *k, const char *route)
{
    if (str_eq(route, "/console/host/{host}"))
        return "/console/host/web1";
    if (str_eq(route, "/console/check/{host}/{rest}"))
        return "/console/check/web1/job";
    if (str_eq(route, "/console/incidents/{id}"))
        return "/console/incidents/1";
    if (str_eq(route, "/console/incidents/act"))
        return "/console/incidents/act?action=open";
    if (str_eq(route, "/console/why"))
        return "/console/why?target=web1/job";
    if (str_eq(route, "/console/rows"))
        return "/console/rows?view=list&id=web1/job";
    return route;
}

static void each_for_its_role(struct kit *k, const struct page_row *rows, enum role r)
{
    for (const struct page_row *row = rows; row->path; row++) {
        bool get = str_eq(row->method, "GET");
        if (str_eq(row->path, "/console/live"))
            continue; /* a stream: test_web_live.c */
        int got = get ? kit_get(k, address(k, row->path)) : kit_form(k, row->path, "");
        int want = r >= row->role ? 200 : r == ROLE_NONE && get ? 303 : 403;
        if (str_eq(row->path, "/console/why") && want == 200)
            want = 303; /* it leads on */
        bool fits = get || want != 200 ? got == want : got == 400 || got == 404 || got == 200; /* an empty form gets as far as being read */
        if (!fits)
            fail_msg("%s %s as %s: %d, wanted %d", row->method, row->path, role_word(r), got, want);
        if (got == 303 && r == ROLE_NONE)
            assert_true(str_starts(kit_header(k, "Location"), "/login?next="));
    }
}

static void every_page_has_its_role(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "incident-open", "{'title':'Slow'}"), 200);
    for (enum role r = ROLE_NONE; r <= ROLE_ADMIN; r++) {
        kit_login(k, r);
        each_for_its_role(k, console_pages, r);
        each_for_its_role(k, live_pages, r);
    }
}

static void every_form_needs_its_token(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_ADMIN);
    for (const struct page_row *row = console_pages; row->path; row++) {
        if (str_eq(row->method, "GET"))
            continue;
        assert_true(row->form);
        assert_int_equal(kit_post(k, row->path, "x=1"), 403);
        assert_int_equal(kit_post(k, row->path, "csrf=&x=1"), 403);
        assert_int_equal(kit_post(k, row->path, "csrf=0123456789abcdef&x=1"), 403);
        assert_int_equal(kit_post(k, arena_printf(k->arena, "%s?csrf=0", row->path), "x=1"), 403);
    }
}

/* Without < > & " ' of a stranger's where markup could begin: none of the names is ever seen raw. */
static void stands_escaped(struct kit *k, const char *path)
{
    int got = kit_get(k, path);
    if (got != 200)
        fail_msg("%s: %d", path, got);
    const char *text = buf_text(&k->text);
    static const char *const raw[] = {"<b>&", "<i>", "<script>al", "\"'\"", "&\"", "<img"};
    for (size_t i = 0; i < COUNT(raw); i++) {
        const char *at = strstr(text, raw[i]);
        if (at)
            fail_msg("%s: “%s” stands in …%.200s", path, raw[i], at > text + 80 ? at - 80 : text);
    }
}

static const char *const evil_pages[] = {
    "/console", "/console/hosts", "/console/checks", "/console/events", "/console/planned", "/console/setup", "/console/add", "/console/host/" EVIL_URL, "/console/check/" EVIL_URL "/" EVIL_CHECK_URL,
    "/console/events?host=" EVIL_URL, "/console/checks?q=%3Ci%3E&group=%3Ci%3Eg%26%22%27", "/console/checks?q=%3Cscript%3Ealert(1)%3C/script%3E", "/console/checks?state=%3Ci%3E", "/console/rows?view=list&id=" EVIL_URL,
    "/console/rows?view=host&id=" EVIL_URL "/" EVIL_CHECK_URL, "/console/rows?view=seat&id=" EVIL_URL, "/",
};

static void all_evil_pages(struct kit *k)
{
    for (size_t i = 0; i < COUNT(evil_pages); i++) {
        stands_escaped(k, evil_pages[i]);
        stands_escaped(k, arena_printf(k->arena, "%s%slang=fr", evil_pages[i], strchr(evil_pages[i], '?') ? "&" : "?"));
    }
}

static void names_and_outputs_are_escaped(void **state)
{
    struct kit *k = kit_up(EVIL_YAML);
    kit_login(k, ROLE_ADMIN);
    all_evil_pages(k);
    kit_result(k, EVIL "/<i>c&\"'", STATE_CRITICAL, "<img src=x onerror=alert(1)>&\"'");
    kit_op(k, "result", "{'target':'plain/job','state':'critical','output':'<i>o</i>','details':'<i>more</i>\\n<script>alert(1)</script>','perfdata':'<i>=1;<i>;2'}");
    kit_op(k, "token-add", "{'name':'t','scope':'read'}");
    all_evil_pages(k);
    stands_escaped(k, "/console/check/plain/job");
    kit_get(k, "/console/check/plain/job");
    kit_has(buf_text(&k->text), "&lt;i&gt;more&lt;/i&gt;");
    /* What people write: an acknowledgement and planned work. */
    assert_int_equal(kit_form(k, "/console/act", "action=ack&sure=1&id=plain%2Fjob&comment=%3Ci%3Ecomment%26%22%27"), 303);
    assert_int_equal(kit_form(k, "/console/act", "action=plan&sure=1&id=" EVIL_URL "&comment=%3Ci%3Ework%26%22%27"), 303);
    sim_run_for(2000);
    all_evil_pages(k);
    stands_escaped(k, "/console/check/plain/job");
    kit_get(k, "/console/planned");
    kit_has(buf_text(&k->text), "&lt;i&gt;work&amp;&quot;&#39;");
    kit_free(k);
}

static void links_lead_back_to_the_same_thing(void **state)
{
    struct kit *k = kit_up(EVIL_YAML);
    kit_login(k, ROLE_ADMIN);
    assert_int_equal(kit_get(k, "/console/hosts"), 200);
    kit_has(buf_text(&k->text), "href=\"/console/host/" EVIL_URL "\"");
    assert_int_equal(kit_get(k, "/console/host/" EVIL_URL), 200);
    kit_has(buf_text(&k->text), "href=\"/console/check/" EVIL_URL "/" EVIL_CHECK_URL "\"");
    assert_int_equal(kit_get(k, "/console/why?target=" EVIL_URL "%2F" EVIL_CHECK_URL), 303);
    assert_string_equal(kit_header(k, "Location"), "/console/check/" EVIL_URL "/" EVIL_CHECK_URL);
    kit_free(k);
}

static void a_form_says_what_was_wrong(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_ADMIN);
    assert_int_equal(kit_form(k, "/console/add", "targets=%3Cscript%3E"), 400);
    kit_has(buf_text(&k->text), "value=\"&lt;script&gt;\"");
    kit_lacks(buf_text(&k->text), "<script>");
    assert_int_equal(kit_form(k, "/console/add", "targets=https%3A%2F%2Fexample.org%2F"), 200);
    kit_has(buf_text(&k->text), "name=\"sure\"");
    assert_null(kit_item(k, "example.org"));
    assert_int_equal(kit_form(k, "/console/add", "targets=https%3A%2F%2Fexample.org%2F&sure=1"), 303);
    assert_string_equal(kit_header(k, "Location"), "/console/host/example.org");
    assert_non_null(kit_item(k, "example.org/http"));
    assert_int_equal(kit_form(k, "/console/setup", "what=user-add&name=a+b&password=correct+horse+battery&role=viewer"), 400);
    assert_int_equal(kit_form(k, "/console/setup", "what=user-add&name=zoe&password=correct+horse+battery&role=viewer"), 200);
    kit_has(buf_text(&k->text), "zoe");
    assert_int_equal(kit_form(k, "/console/setup", "what=token-add&name=ci&scope=read,+ack&role=operator"), 200);
    kit_has(buf_text(&k->text), "vgt_");
    kit_get(k, "/console/setup");
    kit_lacks(buf_text(&k->text), "vgt_"); /* shown once */
    assert_int_equal(kit_form(k, "/console/setup", "what=setup-link"), 400); /* only what the page has */
    kit_write(k, "vigie.yaml", "hosts: { '<i>': { adress: x } }\n");
    assert_int_equal(kit_form(k, "/console/setup", "what=conf-apply"), 400);
    kit_has(buf_text(&k->text), "role=\"alert\"");
    kit_lacks(buf_text(&k->text), "<i>");
}

static void what_a_viewer_sees_has_nothing_to_press(void **state)
{
    struct kit *k = *state;
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    kit_login(k, ROLE_VIEWER);
    static const char *const pages[] = {"/console", "/console/hosts", "/console/checks", "/console/host/web1", "/console/check/web1/job", "/console/planned", "/console/events", "/console/incidents"};
    for (size_t i = 0; i < COUNT(pages); i++) {
        assert_int_equal(kit_get(k, pages[i]), 200);
        kit_lacks(buf_text(&k->text), "action=\"/console/act\"");
        kit_lacks(buf_text(&k->text), "/console/setup");
        kit_lacks(buf_text(&k->text), "/console/add");
        assert_int_equal(kit_count(buf_text(&k->text), "<html"), 1);
        assert_int_equal(kit_count(buf_text(&k->text), "</html>"), 1);
    }
}

static void a_full_disk_is_told_on_every_page(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_VIEWER);
    sim_disk_fault(SIM_DISK_FULL);
    kit_result(k, "web1/job", STATE_CRITICAL, "x");
    sim_run_for(10000);
    assert_int_equal(kit_get(k, "/console"), 200);
    kit_has(buf_text(&k->text), "Nothing can be kept at the moment");
    kit_has(buf_text(&k->text), "web1/job"); /* and it goes on watching */
    sim_disk_fault(SIM_DISK_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(every_page_has_its_role), KIT_TEST(every_form_needs_its_token), cmocka_unit_test(names_and_outputs_are_escaped), cmocka_unit_test(links_lead_back_to_the_same_thing),
        KIT_TEST(a_form_says_what_was_wrong), KIT_TEST(what_a_viewer_sees_has_nothing_to_press), KIT_TEST(a_full_disk_is_told_on_every_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
