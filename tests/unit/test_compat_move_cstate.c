/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cState's files: what they become; and that what is written as such files reads back to the same (ST-14, LES-11). */
#include "move_kit.h"
#include "compat/move/cstate.h"

static void files(void **state)
{
    struct moving *g = move_case("cstate", "cstate");
    const struct doc *b = move_titled(g, "Media proxy \"down\"");
    assert_string_equal(move_said(g, b), "investigating 2018-04-25T04:13:00Z We look.|monitoring 2018-04-25T05:00:00Z We watch it.\n\nWith a second paragraph.|resolved 2018-04-25T05:54:00Z All is well.|");
    assert_string_equal(move_suffered(g, b), "media-proxy major 04:13-05:54|");
    assert_string_equal(doc_get(b, "aliases")->kids.first->text, "/issues/2018-04-25-proxy-down/");
    b = move_titled(g, "API is slow"); /* TOML */
    assert_string_equal(move_suffered(g, b), "api partial 03:04-|something-else partial 03:04-|");
    assert_true(doc_bool(b, "pinned", false));
    b = move_titled(g, "New disks");
    assert_string_equal(doc_text(b, "kind", ""), "maintenance");
    assert_string_equal(doc_text(b, "phase", ""), "confirmed");
    assert_int_equal(g->m->components.n, 3);
    assert_true(move_noted(g, "about.md is a page") && move_noted(g, "broken.md"));
    move_done(g);
}

/* ---- back and forth ---- */

static struct bulletin *bulletin_of(const char *json)
{
    struct arena *a = arena_new(0);
    char *copy = arena_dup(a, json);
    struct doc *d = NULL;
    struct bulletin *b = NULL;
    struct err e = {0};
    for (char *p = copy; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    assert_int_equal(json_parse(a, copy, strlen(copy), 1 << 20, &d, &e), 0);
    if (bulletin_read(d, &b, &e))
        fail_msg("%s", e.field);
    arena_free(a);
    return b;
}

static const char *text_of(struct arena *a, const struct bulletin *b)
{
    struct buf out = BUF_MAX(1 << 20);
    struct doc *o = doc_object(a);
    bulletin_write(b, o);
    json_write(&out, o, "en", 0);
    const char *ret = arena_dup(a, buf_text(&out));
    buf_done(&out);
    return ret;
}

/* A site of one file, read as one. */
static struct moving *read_site(const char *name, const char *text, size_t n)
{
    char dir[] = "/tmp/vigie-cstate-XXXXXX", path[200];
    assert_non_null(mkdtemp(dir));
    str_print(path, sizeof path, "%s/content/issues", dir);
    assert_int_equal(file_mkdirs(path, 0755, NULL), 0);
    str_print(path, sizeof path, "%s/content/issues/%s", dir, name);
    assert_int_equal(file_write(path, text, n, 0644, NULL), 0);
    struct moving *g = move_read("cstate", dir, (struct move_opts){0});
    kit_remove_tree(dir);
    return g;
}

static void round_trip(const char *json, const char *lang)
{
    struct arena *a = arena_new(0);
    struct bulletin *b = bulletin_of(json), *again = NULL;
    struct buf file = BUF_MAX(1 << 20);
    struct err e = {0};
    cstate_issue(b, NULL, lang, &file);
    struct moving *g = read_site("x.md", buf_text(&file), file.len);
    assert_int_equal(g->m->news.n, 1);
    assert_int_equal(bulletin_read(g->m->news.at[0], &again, &e), 0);
    assert_string_equal(text_of(a, again), text_of(a, b));
    bulletin_unref(again);
    bulletin_unref(b);
    move_done(g);
    buf_done(&file);
    arena_free(a);
}

#define INCIDENT(texts)                                                                                                                                    \
    "{'id':17,'key':'k3fo1q9x2mzt','kind':'incident','phase':'resolved','title':{'en':'It\\u0027s \\\"down\\\": #1','fr':'En panne'},'started':'2026-03-01T10:00:00.123Z','noticed':'2026-03-01T10:02:00Z'," \
    "'posted':'2026-03-01T10:05:00Z','changed':'2026-03-01T11:00:00Z','ended':'2026-03-01T11:00:00Z','components':['web','mail'],'impacts':[{'component':'web','level':'major','from':'2026-03-01T10:00:00.123Z','to':'2026-03-01T11:00:00Z'}]," \
    "'updates':[" texts "],'report':{'en':'# Report'},'report_public':true,'aliases':['/incidents/17'],'pinned':true,'origin':'cli','author':'anna'}"

static void identical(void **state)
{
    round_trip(INCIDENT("{'id':1,'phase':'investigating','text':{'en':'We look.'},'at':'2026-03-01T10:00:00.123Z','posted':'2026-03-01T10:05:00Z','levels':{'web':'major'}},"
                        "{'id':2,'phase':'resolved','text':{'en':'Two\\n\\nparagraphs.','fr':'Deux.'},'at':'2026-03-01T11:00:00Z','posted':'2026-03-01T11:00:00.999Z','quiet':true}"), "en");
    round_trip(INCIDENT("{'id':1,'phase':'investigating','text':{'fr':'On cherche.'},'at':'2026-03-01T10:00:00Z'}"), "en");
    round_trip(INCIDENT("{'id':1,'phase':'investigating','text':{'en':'On cherche.'},'at':'2026-03-01T10:00:00Z'},{'id':9,'phase':'identified','at':'2026-03-01T10:00:00Z'}"), "fr");
    round_trip(INCIDENT(""), "en");
    /* Texts that would be read otherwise. */
    round_trip(INCIDENT("{'id':1,'phase':'investigating','text':{'en':'  blanks around  '},'at':'2026-03-01T10:00:00Z'},"
                        "{'id':2,'phase':'identified','text':{'en':'{{< track \\\"2018-05-25 05:54:00\\\" >}} *Resolved* - no'},'at':'2026-03-01T10:01:00Z'},"
                        "{'id':3,'phase':'monitoring','text':{'en':'---\\nx: y\\n---\\n+++'},'at':'2026-03-01T10:02:00Z'}"), "en");
    round_trip("{'id':3,'key':'000000000001','kind':'maintenance','phase':'confirmed','title':{'':'New kernel'},'posted':'2026-03-01T10:05:00Z','changed':'2026-03-01T10:05:00Z','start':'2030-01-01T22:00:00Z',"
               "'end':'2030-01-01T23:00:00Z','sequence':3,'effect':'none','series':'weekly','moved_from':'2029-12-31T22:00:00Z','components':['web'],'updates':[{'id':1,'phase':'tentative','text':{'':'x'},'at':'2026-03-01T10:05:00Z'}],'draft':true}", "en");
}

static void titles_and_words_are_those_of_cstate(void **state)
{
    struct bulletin *b = bulletin_of(INCIDENT("{'id':1,'phase':'investigating','text':{'en':'We look.'},'at':'2026-03-01T10:00:00Z'},{'id':2,'phase':'resolved','text':{'en':'Done.'},'at':'2026-03-01T11:00:00Z'}"));
    struct arena *a = arena_new(0);
    struct doc *titles = doc_object(a);
    struct buf file = BUF_MAX(1 << 20);
    doc_put_text(titles, "web", "Web: \"the\" site");
    cstate_issue(b, titles, "en", &file);
    const char *text = buf_text(&file);
    kit_has(text, "title: \"It's \\\"down\\\": #1\"\ndate: 2026-03-01T10:00:00Z\nresolved: true\nresolvedWhen: 2026-03-01T11:00:00Z\nseverity: down\naffected: [\"Web: \\\"the\\\" site\", \"mail\"]\nsection: issue\npin: true\naliases: [\"/incidents/17\"]\n");
    kit_has(text, "*Resolved* - Done. {{< track \"2026-03-01 11:00:00\" >}}\n\n*Investigating* - We look. {{< track \"2026-03-01 10:00:00\" >}}\n");
    buf_done(&file);
    arena_free(a);
    bulletin_unref(b);
}

/* What a person changes in the file counts. */
static void edited(void **state)
{
    struct bulletin *b = bulletin_of("{'id':1,'key':'k3fo1q9x2mzt','kind':'incident','phase':'identified','title':{'en':'Slow'},'started':'2026-03-01T10:00:00Z','posted':'2026-03-01T10:00:00Z','components':['web'],"
                                     "'impacts':[{'component':'web','level':'partial','from':'2026-03-01T10:00:00Z'}],'updates':[{'id':1,'phase':'identified','text':{'en':'A cable.'},'at':'2026-03-01T10:00:00Z'}]}");
    struct buf file = BUF_MAX(1 << 20), now = BUF_MAX(1 << 20);
    cstate_issue(b, NULL, "en", &file);
    const char *text = buf_text(&file), *body = strstr(text, "*Identified*");
    buf_add(&now, text, (size_t)(body - text));
    buf_str(&now, "*Resolved* - Mended. {{< track \"2026-03-01 12:00:00\" >}}\n\n");
    buf_str(&now, body);
    char *flag = strstr(buf_text(&now), "resolved: false\n");
    memcpy(flag, "resolved: true \n", 16);
    struct moving *g = read_site("x.md", buf_text(&now), now.len);
    const struct doc *d = g->m->news.at[0];
    assert_string_equal(doc_text(d, "phase", ""), "resolved");
    assert_string_equal(doc_text(doc_get(d, "updates")->kids.last, "phase", ""), "resolved");
    assert_int_equal(doc_int(doc_get(d, "updates")->kids.last, "id", 0), 2);
    assert_int_equal(doc_int(d, "ended", 0), doc_int(doc_get(d, "updates")->kids.last, "at", 1)); /* by the newest paragraph */
    move_done(g);
    buf_done(&file);
    buf_done(&now);
    bulletin_unref(b);
}

static void hostile(void **state)
{
    static const char *const bad[] = {
        "", "---", "---\n", "---\n---", "---\ntitle: [\n---\n", "---\n- a\n---\n", "+++\na = \n+++\n", "{\"a\":", "{\"title\": 1}", "---\ntitle: x\ndate: yesterday\nseverity: down\n---\n",
        "---\ntitle: x\ndate: 2018-01-01\nseverity: down\nvigie: 'no json'\n---\n", "---\ntitle: x\ndate: 2018-01-01\nseverity: down\nvigie: '{\"id\":1}'\n---\n", "---\ntitle: {a: b}\ndate: [1]\nseverity: {}\naffected: {x: y}\n---\n{{< track",
        "---\ntitle: x\ndate: 2018-01-01\nseverity: down\naffected: x\nslug: ../../etc\n---\n{{< track \"x\" >}}{{< track >}}{{<track '2018-01-01 10:00' >}}", "---\na: &a [*a]\n---\n", "\xff\xfe---\n", "---\ntitle: \"\\0\"\nseverity: down\ndate: 2018-01-01\n---\n\x01",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct moving *g = read_site("x.md", bad[i], strlen(bad[i]));
        for (size_t k = 0; k < g->m->news.n; k++) {
            struct bulletin *b = NULL;
            if (!doc_get(g->m->news.at[k], "id"))
                doc_put_int(g->m->news.at[k], "id", 1);
            assert_int_equal(bulletin_read(g->m->news.at[k], &b, NULL), 0);
            bulletin_unref(b);
        }
        assert_true(g->m->news.n || g->m->notes.n);
        move_done(g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(files), cmocka_unit_test(identical), cmocka_unit_test(titles_and_words_are_those_of_cstate), cmocka_unit_test(edited), cmocka_unit_test(hostile)};
    return cmocka_run_group_tests_name("compat_move_cstate", tests, NULL, NULL);
}
