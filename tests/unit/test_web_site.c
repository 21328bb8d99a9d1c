/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The public site as files: readable anywhere, nothing of staff in it, only what changed written again (ST-4, ST-18, LES-19..21). */
#include "daemon_kit.h"

#define YAML \
    "site: { title: { en: Harbour, fr: Port }, url: \"https://status.example.org/\" }\n" \
    "hosts: { xhost1: { alive: no, checks: [{ passive: { name: xcheck-a, attempts: 1 } }] } }\n" \
    "components:\n" \
    "  website: { name: { en: Website, fr: Site web }, group: hosting/web, depends: [xhost1/xcheck-a] }\n" \
    "  www.example.org: { name: One <&> domain, depends: [] }\n"

static int setup(void **state)
{
    *state = kit_up(YAML);
    kit_result(*state, "xhost1/xcheck-a", STATE_OK, "secret-output");
    return 0;
}

static int64_t export(struct kit *k, const char *what)
{
    int status = kit_op(k, "export-site", arena_printf(k->arena, "{'directory':'%s/site','every':'10m'}", k->data));
    if (status != 200)
        fail_msg("not exported: %s", kit_text(k));
    return doc_int(k->reply, what, 0);
}

static const char *file(struct kit *k, const char *name)
{
    const char *text = kit_read(k, arena_printf(k->arena, "site/%s", name));
    if (!text)
        fail_msg("there is no %s", name);
    return text;
}

static bool there(struct kit *k, const char *name)
{
    return file_exists(kit_path(k, arena_printf(k->arena, "site/%s", name)));
}

static const char *opened(struct kit *k, const char *params)
{
    assert_int_equal(kit_op(k, "incident-open", params), 200);
    return arena_dup(k->arena, board_at(k->house->board, 0)->key);
}

/* ---- every file of a tree ---- */

typedef void each_fn(struct kit *k, const char *name, const char *text);
static void each_file(struct kit *k, const char *dir, each_fn *fn)
{
    DIR *d = opendir(kit_path(k, arena_printf(k->arena, "site/%s", dir)));
    assert_non_null(d);
    for (struct dirent *ent; (ent = readdir(d));) {
        if (ent->d_name[0] == '.')
            continue;
        const char *name = arena_printf(k->arena, "%s%s%s", dir, dir[0] ? "/" : "", ent->d_name);
        struct stat st;
        assert_int_equal(lstat(kit_path(k, arena_printf(k->arena, "site/%s", name)), &st), 0);
        if (S_ISDIR(st.st_mode)) {
            assert_int_equal(st.st_mode & 0777, 0755);
            each_file(k, name, fn);
        } else {
            assert_int_equal(st.st_mode & 0777, 0644);
            fn(k, name, file(k, name));
        }
    }
    closedir(d);
}

/* A link of a page leads to a file of the tree, from where the page stands, without a server. */
static void follow(struct kit *k, const char *page, const char *at, size_t n)
{
    char link[1000], path[2000];
    assert_true(str_copyn(link, sizeof link, at, n));
    if (str_starts(link, "https://") || link[0] == '#')
        return;
    if (link[0] == '/' || !link[0] || strstr(link, "lang="))
        fail_msg("%s links to “%s”", page, link);
    link[strcspn(link, "?#")] = 0;
    const char *slash = strrchr(page, '/');
    str_print(path, sizeof path, "%.*s%s", slash ? (int)(slash + 1 - page) : 0, page, link);
    if (!there(k, path) || path[strlen(path) - 1] == '/')
        fail_msg("%s links to “%s”, which is not there", page, path);
}

static void links_hold(struct kit *k, const char *name, const char *text)
{
    static const char *const attributes[] = {" href=\"", " src=\"", " action=\""};
    if (!str_ends(name, ".html") || str_starts(name, "fragment") || str_starts(name, "snippet"))
        return;
    for (size_t i = 0; i < COUNT(attributes); i++)
        for (const char *at = text; (at = strstr(at, attributes[i]));) {
            at += strlen(attributes[i]);
            follow(k, name, at, strcspn(at, "\""));
        }
}

static void every_link_leads_to_a_file(void **state)
{
    struct kit *k = *state;
    opened(k, "{'components':['website'],'impact':'major','text':'See [here](/component/website?lang=fr) and.','title':'The site is down'}");
    assert_int_equal(kit_op(k, "maintenance-plan", "{'components':['website'],'start':'+2d','for':'1h','title':'New disks','text':'x'}"), 200);
    assert_true(export(k, "files") > 50);
    assert_int_equal(doc_int(k->reply, "skipped", 0), 0);
    each_file(k, "", links_hold);
    kit_has(file(k, "index.fr.html"), "<html lang=\"fr\">");
    kit_has(file(k, "component/www.example.org/index.html"), "One &lt;&amp;&gt; domain");
    kit_has(file(k, "static/vigie.css"), "{");
}

static void permanent_links_hold(void **state)
{
    struct kit *k = *state;
    const char *key = opened(k, "{'components':['website'],'impact':'major','text':'x','title':'The site is down'}");
    export(k, "files");
    const char *page = file(k, arena_printf(k->arena, "incident/%s/index.html", key));
    kit_has(page, "The site is down");
    kit_has(page, "href=\"../../static/vigie.css?");
    kit_has(page, "href=\"../../component/website/index.html\"");
    kit_has(page, arena_printf(k->arena, "href=\"../../incident/%s/index.fr.html\"", key));
    kit_has(file(k, "feed.atom"), arena_printf(k->arena, "https://status.example.org/incident/%s", key));
    kit_has(file(k, "feed.fr.atom"), "/feed.fr.atom");
    kit_has(file(k, "index.html"), arena_printf(k->arena, "href=\"incident/%s/index.html\"", key));
}

/* ---- nothing of staff ---- */

static void nothing_of_staff(struct kit *k, const char *name, const char *text)
{
    static const char *const never[] = {"xhost", "xcheck", "secret-output", "not-yet-said", "by-mistake", "anna", "/console", "/login", "conf.d"};
    if (str_eq(name, "widget.js") || str_eq(name, "widget.fr.js"))
        return;
    for (size_t i = 0; i < COUNT(never); i++)
        if (strstr(text, never[i]))
            fail_msg("%s has “%s”", name, never[i]);
}

static void drafts_and_staff_stay_out(void **state)
{
    struct kit *k = *state;
    const char *draft = opened(k, "{'components':['website'],'impact':'major','text':'not-yet-said','title':'not-yet-said','draft':true}");
    const char *wrong = opened(k, "{'components':['website'],'impact':'major','text':'by-mistake','title':'by-mistake'}");
    if (str_eq(draft, wrong))
        wrong = arena_dup(k->arena, board_at(k->house->board, 1)->key);
    export(k, "files");
    kit_has(file(k, arena_printf(k->arena, "incident/%s/index.html", wrong)), "by-mistake");
    assert_false(there(k, arena_printf(k->arena, "incident/%s/index.html", draft)));
    kit_op(k, "incident-retract", arena_printf(k->arena, "{'id':'%lld'}", (long long)board_find_key(k->house->board, wrong)->id));
    export(k, "files");
    each_file(k, "", nothing_of_staff);
    kit_has(file(k, arena_printf(k->arena, "incident/%s/index.html", wrong)), "This was withdrawn.");
    kit_lacks(file(k, "manifest.txt"), draft);
}

/* ---- only what changed ---- */

static void only_what_changed_is_written(void **state)
{
    struct kit *k = *state;
    const char *key = opened(k, "{'components':['website'],'impact':'major','text':'x','title':'The site is down'}");
    kit_op(k, "incident-resolve", "{'id':'1','text':'y'}");
    sim_run_for(72 * HOUR_MS); /* it is over, and not of today */
    int64_t all = export(k, "files");
    assert_int_equal(doc_int(k->reply, "written", 0), all);
    const char *page = file(k, arena_printf(k->arena, "incident/%s/index.html", key)), *style = file(k, "static/vigie.css");
    kit_has(page, "What it tells is over");
    sim_run_for(MINUTE_MS);
    assert_true(export(k, "rendered") < all);
    assert_true(doc_int(k->reply, "written", 0) < all / 2);
    assert_int_equal(doc_int(k->reply, "files", 0), all);
    assert_string_equal(file(k, arena_printf(k->arena, "incident/%s/index.html", key)), page);
    assert_string_equal(file(k, "static/vigie.css"), style);
    kit_op(k, "incident-edit", "{'id':'1','title':'The site was down'}");
    export(k, "files");
    kit_has(file(k, arena_printf(k->arena, "incident/%s/index.html", key)), "The site was down");
    kit_has(file(k, "feed.atom"), "The site was down");
}

/* Another process took over, or somebody wrote into it: all is compared, what is right stays, what is gone is removed. */
static void it_is_mended(void **state)
{
    struct kit *k = *state;
    int64_t all = export(k, "files");
    kit_stop(k);
    kit_start(k);
    sim_run_for(1000);
    kit_write(k, "site/static/vigie.css", "spoilt");
    kit_write(k, "site/badge.svg", "spoilt");
    kit_write(k, "vigie.yaml", "site: { title: Harbour }\nhosts: { xhost1: { alive: no, checks: [{ passive: { name: xcheck-a } }] } }\ncomponents: { website: { depends: [xhost1/xcheck-a] } }\n");
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    assert_true(there(k, "component/www.example.org/index.html"));
    assert_true(export(k, "removed") > 10);
    assert_true(doc_int(k->reply, "files", 0) < all);
    assert_false(there(k, "component/www.example.org"));
    kit_has(file(k, "static/vigie.css"), "{");
    kit_has(file(k, "badge.svg"), "<svg");
    kit_write(k, "site/manifest.txt", "vigie site 1\n0123456789abcdef 5 ../vigie.yaml\n0123456789abcdef 5 /etc/passwd\nx\n\n0123456789abcdef 5 old.html\n");
    kit_write(k, "site/old.html", "old");
    export(k, "files");
    assert_false(there(k, "old.html"));
    assert_true(file_exists(kit_path(k, "vigie.yaml")));
    kit_has(file(k, "manifest.txt"), " index.html\n");
}

static void files_of_others_are_not_touched(void **state)
{
    struct kit *k = *state;
    assert_int_equal(mkdir(kit_path(k, "site"), 0755), 0);
    kit_write(k, "site/index.html", "somebody else's");
    assert_int_equal(kit_op(k, "export-site", arena_printf(k->arena, "{'directory':'%s/site'}", k->data)), 409);
    assert_string_equal(file(k, "index.html"), "somebody else's");
    assert_int_equal(kit_op(k, "export-site", "{'directory':'relative'}"), 400);
    assert_int_equal(kit_op(k, "export-site", arena_printf(k->arena, "{'directory':'%s/other','url':'nothing'}", k->data)), 400);
    struct principal far = {.name = "ops", .via = "api", .role = ROLE_OPERATOR};
    assert_int_equal(kit_op_as(k, "export-site", arena_printf(k->arena, "{'directory':'%s/other'}", k->data), &far), 403);
    assert_false(file_exists(kit_path(k, "other")));
}

/* ---- how old it is ---- */

static void each_page_says_how_old_it_is(void **state)
{
    struct kit *k = *state;
    export(k, "files");
    kit_has(file(k, "index.html"), "A copy, made <time datetime=");
    kit_has(file(k, "index.html"), "The next one should be here by <time");
    kit_has(file(k, "index.html"), "href=\"https://status.example.org/?lang=en\"");
    kit_has(file(k, "index.fr.html"), "Une copie, faite le <time datetime=");
    kit_has(file(k, "manifest.txt"), "\nnext 20");
    assert_int_equal(kit_op(k, "export-site", arena_printf(k->arena, "{'directory':'%s/other','url':'https://mirror.example.net/'}", k->data)), 200);
    kit_has(kit_read(k, "other/index.html"), "It does not change by itself.");
    kit_has(kit_read(k, "other/feed.atom"), "https://mirror.example.net/feed.atom");
    kit_has(kit_read(k, "other/manifest.txt"), "\nnext -\n");
}

static void what_programs_read_is_there(void **state)
{
    struct kit *k = *state;
    static const char *const names[] = {"api/v2/summary.json", "api/v2/incidents/unresolved.json", "api/v1/endpoints/statuses", "index.json", "cc.xml", "feed.rss", "feed.json", "calendar.ics",
                                        "component/website/feed.atom", "group/hosting/feed.atom", "group/hosting/web/feed.atom", "badge.json", "widget/index.html", "widget.js", "fragment.html",
                                        "snippet/503.html", "history/index.html", "component/website/badge.svg"};
    export(k, "files");
    for (size_t i = 0; i < COUNT(names); i++)
        assert_true(file(k, names[i])[0]);
    kit_has(file(k, "snippet/503.html"), "lang=\"fr\"");
    kit_has(file(k, "api/v2/summary.json"), "\"indicator\"");
}

/* The end comes in the middle of one: everything that was lent comes back. */
static void the_daemon_may_end_meanwhile(void **state)
{
    struct kit *k = *state;
    struct principal admin = {.name = "anna", .via = "cli", .role = ROLE_ADMIN};
    kit_begin(k, "export-site", arena_printf(k->arena, "{'directory':'%s/site'}", k->data), &admin);
    kit_stop(k);
    kit_start(k);
    sim_run_for(1000);
    assert_true(export(k, "files") > 10);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, kit_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_link_leads_to_a_file), T(permanent_links_hold), T(drafts_and_staff_stay_out), T(only_what_changed_is_written), T(it_is_mended),
        T(files_of_others_are_not_touched), T(each_page_says_how_old_it_is), T(what_programs_read_is_there), T(the_daemon_may_end_meanwhile),
    };
    return cmocka_run_group_tests_name("web_site", tests, NULL, NULL);
}
