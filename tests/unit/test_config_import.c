/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_config_import.c: other monitors' configurations (MON-7, MON-11).  tests/cases/import has NAME.conf|ini|json|yml and the
 * NAME.yaml and NAME.left that they must give; VIGIE_UPDATE=1 writes them.  Whatever comes out loads, with the real kinds. */
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "checks/probe.h"
#include "config/import.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct conf_env env = {.kinds = probe_kinds, .machine_name = "localhost"};

static void path_of(char *out, size_t bytes, const char *name)
{
    str_print(out, bytes, "%s/cases/import/%s", TESTS_DIR, name);
}

static char *slurp(const char *name, size_t *ret_n)
{
    char path[600], *text = mem_alloc(1 << 20);
    path_of(path, sizeof path, name);
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("%s is not there", path);
    *ret_n = fread(text, 1, (1 << 20) - 1, f);
    text[*ret_n] = '\0';
    fclose(f);
    return text;
}

static void is_golden(const char *name, const struct buf *b)
{
    size_t n;
    char path[600];
    path_of(path, sizeof path, name);
    if (getenv("VIGIE_UPDATE")) {
        FILE *f = fopen(path, "wb");
        fwrite(buf_text(b), 1, b->len, f);
        fclose(f);
    }
    char *want = slurp(name, &n);
    if (!str_eq(buf_text(b), want))
        fail_msg("%s is\n%sinstead of\n%s", name, buf_text(b), want);
    mem_free(want);
}

static void must_load(const struct buf *yaml, const struct import_result *r)
{
    struct conf_file file = {.name = "printed.yaml", .text = buf_text(yaml), .bytes = yaml->len};
    struct conf_errors es;
    struct conf *c = NULL;
    struct buf b = BUF_MAX(1 << 20);
    int failed = conf_load(&env, &file, 1, &c, &es);
    for (int i = 0; failed && i < es.n; i++)
        conf_error_print(&b, &es.at[i], "en");
    if (failed)
        fail_msg("what is printed does not load:\n%s%s", buf_text(&b), buf_text(yaml));
    assert_int_equal(c->n_hosts, r->hosts);
    assert_int_equal(c->n_contacts, r->contacts);
    buf_done(&b);
    conf_errors_done(&es);
    conf_unref(c);
}

static void print_notes(struct buf *b, const struct import_result *r, const char *lang)
{
    for (int i = 0; i < r->n_notes; i++) {
        buf_printf(b, "%u: ", r->notes[i].line);
        msg_render(b, r->notes[i].text, lang);
        buf_char(b, '\n');
    }
}

static void one_case(const char *kind, const char *name, const char *beside_name)
{
    char golden[100], left[100];
    struct import_result r;
    struct err e = {0};
    struct conf_file file = {.name = name}, beside = {.name = beside_name};
    char *text = slurp(name, &file.bytes), *more = beside_name ? slurp(beside_name, &beside.bytes) : NULL;
    file.text = text;
    beside.text = more;
    str_print(golden, sizeof golden, "%.*s.yaml", (int)strcspn(name, "."), name);
    str_print(left, sizeof left, "%.*s.left", (int)strcspn(name, "."), name);
    assert_non_null(import_find(kind));
    if (import_run(&env, import_find(kind), &file, more ? &beside : NULL, &r, &e) < 0) {
        struct buf b = BUF_MAX(4096);
        msg_render(&b, e.text, "en");
        fail_msg("%s: %s", name, buf_text(&b));
    }
    must_load(&r.yaml, &r);
    is_golden(golden, &r.yaml);
    struct buf notes = BUF_MAX(1 << 20);
    print_notes(&notes, &r, "fr");
    buf_clear(&notes);
    print_notes(&notes, &r, "en");
    is_golden(left, &notes);
    buf_done(&notes);
    import_done(&r);
    mem_free(text);
    mem_free(more);
}

#define CASE(test, kind, file, beside) \
    static void test(void **state) { one_case(kind, file, beside); }
CASE(portmon_lines, "portmon", "portmon.conf", NULL)
CASE(nefu_entries, "nefu", "nefu.conf", NULL)
CASE(sysmon_objects_with_a_ring, "sysmon", "sysmon.conf", NULL)
CASE(icmpmonitor_sections, "icmpmonitor", "icmpmonitor.ini", NULL)
CASE(monit_services, "monit", "monit.conf", NULL)
CASE(nagios_objects, "nagios", "nagios.cfg", NULL)
CASE(smokeping_nested_targets, "smokeping", "smokeping.conf", NULL)
CASE(gatus_endpoints, "gatus", "gatus.yml", NULL)
CASE(uptimekuma_backup, "uptimekuma", "uptimekuma.json", NULL)
CASE(blackbox_jobs_and_modules, "blackbox", "blackbox.yml", "blackbox.modules")
CASE(blackbox_file_sd, "blackbox", "sd.json", NULL)

/* ---- what is no such file, and ceilings */

static int import_text_of(const char *kind, const char *text, size_t n, struct import_result *r, struct err *e)
{
    struct conf_file file = {.name = "given", .text = text, .bytes = n};
    *e = (struct err){0};
    return import_run(&env, import_find(kind), &file, NULL, r, e);
}

static void other_files_are_refused_with_a_reason(void **state)
{
    static const char *const rows[][3] = {
        {"gatus", "a: [", "given:1"},      {"gatus", "a: b\n", "no list of endpoints"},   {"gatus", "", "empty"},     {"gatus", "a: b\na: c\n", "given:2"},
        {"uptimekuma", "{}", "monitorList"}, {"uptimekuma", "{\"monitorList\": 3}", "monitorList"}, {"blackbox", "modules: { a: { prober: tcp } }", "--modules"}, {"blackbox", "x: y", "scrape_configs"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct import_result r;
        struct err e;
        struct buf b = BUF_MAX(4096);
        assert_int_equal(import_text_of(rows[i][0], rows[i][1], strlen(rows[i][1]), &r, &e), ERR_INVALID);
        msg_render(&b, e.text, "en");
        if (!strstr(buf_text(&b), rows[i][2]))
            fail_msg("%s of “%s” says: %s", rows[i][0], rows[i][1], buf_text(&b));
        buf_done(&b);
        import_done(&r);
    }
}

/* Another monitor's dollars are no variables of ours. */
static void dollars_stay_what_they_are(void **state)
{
    static const char text[] = "endpoints:\n  - name: a\n    url: \"https://example.org/${host.name}\"\n    body: \"$${x} ${y}\"\n    method: POST\n";
    struct import_result r;
    struct err e;
    assert_int_equal(import_text_of("gatus", text, sizeof text - 1, &r, &e), 0);
    assert_int_equal(r.checks, 1);
    must_load(&r.yaml, &r);
    assert_non_null(strstr(buf_text(&r.yaml), "https://example.org/$${host.name}"));
    assert_non_null(strstr(buf_text(&r.yaml), "$$${x} $${y}"));
    import_done(&r);
}

static void any_bytes_end_in_something_that_loads(void **state)
{
    static const char *const texts[] = {"\0\1\2\xff\xfe", "host \"\" { } : : ;\n\t\t\n", "++++++++++++++++++++++\n", "object { ; } object x { ip",
                                        "[\n=\n[]\nhost=1\n", "\\\n\\\n\\", "- - - -", "{{{{", "*** Targets ***\n+\nhost=a\n+ \nhost=b\n", "a : b : c\n\thttp:0\n\thttp:99999 /\xff\n"};
    for (int k = 0; importers[k]; k++)
        for (size_t i = 0; i < COUNT(texts); i++) {
            struct import_result r;
            struct err e;
            size_t n = i == 0 ? 5 : strlen(texts[i]);
            if (import_text_of(importers[k]->name, texts[i], n, &r, &e) == 0 && r.yaml.len)
                must_load(&r.yaml, &r);
            import_done(&r);
        }
}

static void what_is_too_much_is_cut_and_told(void **state)
{
    struct buf b = BUF_MAX(IMPORT_MAX_BYTES + 100);
    struct import_result r;
    struct err e;
    for (int i = 0; i < 30000; i++)
        buf_printf(&b, "h%d.example.org 22 -x %d\n", i, i);
    assert_int_equal(import_text_of("portmon", buf_text(&b), b.len, &r, &e), 0);
    assert_int_equal(r.hosts, 30000);
    assert_int_equal(r.n_notes, IMPORT_MAX_NOTES);
    assert_true(r.more_notes > 30000);
    import_done(&r);
    while (!b.full)
        buf_str(&b, "0123456789abcdef0123456789abcdef");
    assert_int_equal(import_text_of("portmon", buf_text(&b), IMPORT_MAX_BYTES + 1, &r, &e), ERR_LIMIT);
    import_done(&r);
    buf_done(&b);
}

/* What a tool writes in one file of several is judged alone: `vigie conf check --part` (MON-5). */
static void a_part_may_name_what_is_elsewhere(void **state)
{
    static const struct {
        const char *text;
        bool as_part, alone;
    } rows[] = {{"hosts: { web1: { parents: [gw], contacts: [ops], checks: [{ tcp: 22 }] } }", true, false},
                {"hosts: { web1: { checks: [{ tcp: { port: 22, depends: [db/sql] } }] } }", true, false},
                {"hosts: { web1: { address: 192.0.2.1, checks: [{ tcp: 22 }] } }", true, true},
                {"hosts: { web1: { checks: [{ tcp: { prot: 22 } }] } }", false, false},
                {"hosts: { web1: { parent: [gw] } }", false, false}};
    for (size_t i = 0; i < 2 * COUNT(rows); i++) {
        const char *text = rows[i / 2].text;
        struct conf_env some = env;
        struct conf_file file = {.name = "part.yaml", .text = text, .bytes = strlen(text)};
        struct conf_errors es;
        struct conf *c = NULL;
        some.part = i % 2;
        assert_int_equal(conf_load(&some, &file, 1, &c, &es) == 0, some.part ? rows[i / 2].as_part : rows[i / 2].alone);
        conf_errors_done(&es);
        conf_unref(c);
    }
}

static void every_importer_says_what_it_reads(void **state)
{
    for (int i = 0; importers[i]; i++) {
        assert_non_null(importers[i]->help);
        assert_ptr_equal(import_find(importers[i]->name), importers[i]);
    }
    assert_null(import_find("cacti"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(portmon_lines), cmocka_unit_test(nefu_entries), cmocka_unit_test(sysmon_objects_with_a_ring), cmocka_unit_test(icmpmonitor_sections),
        cmocka_unit_test(monit_services), cmocka_unit_test(nagios_objects), cmocka_unit_test(smokeping_nested_targets), cmocka_unit_test(gatus_endpoints), cmocka_unit_test(uptimekuma_backup), cmocka_unit_test(blackbox_jobs_and_modules),
        cmocka_unit_test(blackbox_file_sd), cmocka_unit_test(other_files_are_refused_with_a_reason), cmocka_unit_test(dollars_stay_what_they_are), cmocka_unit_test(any_bytes_end_in_something_that_loads),
        cmocka_unit_test(what_is_too_much_is_cut_and_told), cmocka_unit_test(a_part_may_name_what_is_elsewhere), cmocka_unit_test(every_importer_says_what_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
