/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text messages: the alphabet of telephones, lengths with the link kept, files as gammu-smsd and smsd want them, a server by request; each once (ANN-13). */
#include "announce/sms.h"
#include "announce/sms_text.h"
#include "daemon_kit.h"

#define SITE                                                                                             \
    "site: { title: { en: Harbour, fr: Port }, url: 'https://status.example.org/' }\n"                   \
    "components: { website: { name: { en: Website, fr: Site web } }, mail: { name: Mail } }\n"

static struct kit *up(const char *before, const char *after)
{
    struct kit *k = kit_new(NULL);
    mkdir(kit_path(k, "spool"), 0755);
    sim_host("sms", "192.0.2.77");
    sim_http_answer("sms", 80, "*", &(struct sim_answer){.status = 200});
    kit_write(k, "vigie.yaml", arena_printf(k->arena, SITE "sms: { %s%s%s", before, k->data, after));
    kit_start(k);
    sim_run_for(3000);
    return k;
}

static int no_setup(void **state)
{
    *state = NULL;
    return 0;
}
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, no_setup, kit_teardown)

static void say(struct kit *k, const char *op, const char *params)
{
    if (kit_op(k, op, params) != 200)
        fail_msg("%s: %s", op, kit_text(k));
    sim_run_for(5000);
}

/* The only file of the spool: its name; NULL: there is none. */
static const char *only(struct kit *k, int *ret_n)
{
    DIR *d = opendir(kit_path(k, "spool"));
    const char *name = NULL;
    *ret_n = 0;
    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.') {
            name = arena_dup(k->arena, e->d_name);
            ++*ret_n;
        }
    if (d)
        closedir(d);
    return name;
}

static const char *take(struct kit *k, const char **ret_text)
{
    int n;
    const char *name = only(k, &n);
    assert_int_equal(n, 1);
    const char *path = arena_printf(k->arena, "spool/%s", name);
    *ret_text = kit_read(k, path);
    unlink(kit_path(k, path));
    return name;
}

/* ---- pure ---- */

static void measure(const char *text, bool gsm, int units, int parts)
{
    struct sms_size z;
    sms_measure(text, &z);
    if (z.gsm != gsm || z.units != units || z.parts != parts)
        fail_msg("%s: %d %d %d", text, z.gsm, z.units, z.parts);
}

static void near(const char *text, const char *want)
{
    struct buf b = BUF_MAX(4000);
    sms_near(&b, text);
    assert_string_equal(buf_text(&b), want);
    buf_done(&b);
}

static void test_alphabet(void **state)
{
    struct buf b = BUF_MAX(4000);
    (void)state;
    assert_int_equal(sms_septets('a'), 1);
    assert_int_equal(sms_septets('@'), 1);
    assert_int_equal(sms_septets('`'), 0);
    assert_int_equal(sms_septets('['), 2);
    assert_int_equal(sms_septets(0x20AC), 2);
    assert_int_equal(sms_septets(0xE9), 1);
    assert_int_equal(sms_septets(0xEA), 0);
    assert_int_equal(sms_septets(0xC7), 1); /* a large c cedilla, and no small one */
    assert_int_equal(sms_septets(0), 0);
    measure("", true, 0, 1);
    measure("{€}", true, 6, 1);
    measure("жж", false, 2, 1);
    measure("😀", false, 2, 1);
    measure("\xff", false, 1, 1);
    for (int i = 0; i < 160; i++)
        buf_char(&b, 'x');
    measure(buf_text(&b), true, 160, 1);
    buf_char(&b, 'x');
    measure(buf_text(&b), true, 161, 2);
    buf_cut(&b, 70);
    measure(buf_text(&b), true, 70, 1);
    buf_cut(&b, 68);
    buf_str(&b, "жж");
    measure(buf_text(&b), false, 70, 1);
    buf_str(&b, "ж");
    measure(buf_text(&b), false, 71, 2);
    near("Fenêtre à l’œuvre : « ça » – 50 €…", "Fenetre à l'oeuvre : \" Ça \" - 50 €...");
    near("a\nb\tc\x1b[0m", "a b c [0m");
    near("Ωж`", "Ωж'");
    near("\xc3(", "?(");
    buf_clear(&b);
    sms_utf16(&b, "é😀");
    assert_int_equal(b.len, 8);
    assert_memory_equal(b.data, "\xfe\xff\x00\xe9\xd8\x3d\xde\x00", 8);
    buf_done(&b);
}

static void test_line_fits(void **state)
{
    struct kit *k = *state = up("spool: '", "/spool', to: [{ number: '+33612345678' }] }\n");
    struct bulletin b = {.key = "k3fo1q9x2mzt", .kind = BULLETIN_INCIDENT, .phase = PHASE_INVESTIGATING, .n_updates = 1, .refs = 1};
    struct update u = {.id = 1};
    struct publication p = {.key = "x", .notice = NOTICE_OPENED, .update = 1, .b = &b};
    static const char *const words[] = {"{[€]} ", "ж", "Ça fait « mal » – l’œuvre. ", "\xf0\x9f\x98\x80", "x"};
    b.updates = &u;
    for (size_t i = 0; i < COUNT(words); i++)
        for (int parts = 1; parts <= 3; parts++) {
            struct buf text = BUF_MAX(BULLETIN_MAX_TEXT), line = BUF_MAX(4000);
            struct sms_size z;
            while (text.len < 3000)
                buf_str(&text, words[i]);
            b.title.n = u.text.n = 0;
            wording_set(&b.title, k->arena, "en", "It broke", NULL);
            wording_set(&u.text, k->arena, "en", buf_text(&text), NULL);
            sms_line(k->house->telling, &p, "en", parts, &line);
            sms_measure(buf_text(&line), &z);
            if (z.parts > parts)
                fail_msg("%s: %d of %d: %s", words[i], z.parts, parts, buf_text(&line));
            kit_has(buf_text(&line), "https://status.example.org/incident/k3fo1q9x2mzt");
            buf_done(&text);
            buf_done(&line);
        }
}

static void test_files(void **state)
{
    struct conf_sms c = {.via = CONF_SMS_GAMMU, .parts = 1};
    struct buf name = BUF_MAX(300), body = BUF_MAX(4000);
    (void)state;
    sms_file(&c, "+33612345678", "It broke", LEVEL_MAJOR, 42, INT64_C(1772438400000), &name, &body);
    assert_string_equal(buf_text(&name), "OUTA20260302_080000_00_+33612345678_vigie42.txt");
    assert_string_equal(buf_text(&body), "It broke");
    buf_clear(&name);
    buf_clear(&body);
    sms_file(&c, "+33612345678", "\u00e9", LEVEL_OPERATIONAL, 43, INT64_C(1772438400000), &name, &body);
    assert_true(str_starts(buf_text(&name), "OUTC"));
    assert_int_equal(body.len, 4);
    buf_clear(&name);
    buf_clear(&body);
    c.via = CONF_SMS_SMSTOOLS;
    sms_file(&c, "+33612345678", "\u00e9t\u00e9", LEVEL_MAJOR, 42, 0, &name, &body);
    assert_string_equal(buf_text(&name), "vigie-42");
    assert_string_equal(buf_text(&body), "To: 33612345678\nAlphabet: UTF-8\nPriority: HIGH\n\n\u00e9t\u00e9");
    buf_clear(&body);
    c.parts = 2;
    sms_file(&c, "38500", "x", LEVEL_DEGRADED, 42, 0, &name, &body);
    assert_string_equal(buf_text(&body), "To: s38500\nAlphabet: UTF-8\nAutosplit: 3\n\nx");
    buf_done(&name);
    buf_done(&body);
}

/* ---- in the daemon ---- */

static void test_gammu(void **state)
{
    struct kit *k = *state = up("spool: '", "/spool', to: [{ number: '+33612345678', kinds: [incidents, resolved], lang: fr }, { number: '+4790000000', about: [mail] }] }\n");
    const char *text, *name;
    int n;
    say(k, "incident-open", "{'components':['website:major'],'title':{'en':'It broke','fr':'C’est la panne'},'text':{'en':'We look.','fr':'Nous cherchons.'}}");
    name = take(k, &text);
    assert_true(str_starts(name, "OUTA20260302_08"));
    kit_has(name, "_00_+33612345678_vigie");
    assert_true(str_ends(name, ".txt"));
    kit_has(text, "C'est la panne");
    kit_has(text, "https://status.example.org/incident/");
    say(k, "incident-update", "{'id':'1','text':'News.'}");
    assert_null(only(k, &n));
    kit_stop(k);
    kit_start(k);
    sim_run_for(HOUR_MS);
    assert_null(only(k, &n)); /* once */
    say(k, "incident-open", "{'components':['mail:degraded'],'title':'Slow','text':'We look.'}");
    only(k, &n);
    assert_int_equal(n, 2);
    assert_int_equal(kit_op(k, "sms-telephones", NULL), 200);
    kit_has(kit_text(k), "\"number\":\"+33612345678\",\"state\":\"ok\"");
    struct principal viewer = kit_who(ROLE_VIEWER);
    assert_int_equal(kit_op_as(k, "sms-telephones", NULL, &viewer), 200);
    kit_has(kit_text(k), "\"…5678\"");
    kit_lacks(kit_text(k), "+33612345678");
}

/* A directory that is not there, then is; a disk that is full; workers that hang: later, and once. */
static void test_trouble(void **state)
{
    struct kit *k = *state = up("via: smstools, spool: '", "/spool/', to: [{ number: '+33612345678' }] }\n");
    const char *text;
    int n;
    rmdir(kit_path(k, "spool"));
    say(k, "incident-open", "{'components':['website:major'],'title':'It broke','text':'We look.'}");
    assert_int_equal(kit_op(k, "sms-telephones", NULL), 200);
    kit_has(kit_text(k), "\"state\":\"failing\"");
    mkdir(kit_path(k, "spool"), 0755);
    sim_run_for(MINUTE_MS);
    assert_true(str_starts(take(k, &text), "vigie-"));
    assert_true(str_starts(text, "To: 33612345678\nAlphabet: UTF-8\nPriority: HIGH\n\nInvestigating: It broke. We look. https://"));
    sim_workers_hang(true);
    say(k, "incident-update", "{'id':'1','text':'News.'}");
    assert_int_equal(kit_op(k, "sms-telephones", NULL), 200);
    kit_has(kit_text(k), "\"waiting\":1");
    sim_workers_hang(false);
    sim_run_for(MINUTE_MS);
    take(k, &text);
    sim_run_for(HOUR_MS);
    assert_null(only(k, &n));
    sim_workers_hang(true); /* and the daemon ends meanwhile */
    say(k, "incident-update", "{'id':'1','text':'More.'}");
    sim_workers_hang(false);
}

static void test_server(void **state)
{
    struct kit *k = *state = up("via: url, url: 'http://sms/send', token: abc, body: '{\"to\":\"${number}\",\"text\":\"${line}\",\"up\":\"${level}\"}', to: [{ number: '+33612345678' }] }\n# ", "\n");
    sim_http_answer("sms", 80, "*", &(struct sim_answer){.status = 503});
    say(k, "incident-open", "{'components':['website:major'],'title':'It \\\\ broke','text':'We look.'}");
    const char *first = arena_dup(k->arena, sim_port_heard("sms", 80));
    kit_has(first, "Authorization: Bearer abc");
    kit_has(first, "{\"to\":\"+33612345678\",\"text\":\"Investigating: It \\\\ broke. We look. https://status.example.org/incident/");
    kit_has(first, "\",\"up\":\"major\"}");
    sim_http_answer("sms", 80, "*", &(struct sim_answer){.status = 200});
    sim_run_for(HOUR_MS);
    assert_int_equal(sim_port_hits("sms", 80), 2);
    assert_string_equal(sim_port_heard("sms", 80), first); /* Idempotency-Key and all */
}

static void test_try(void **state)
{
    struct kit *k = *state = up("spool: '", "/spool', to: [{ number: '+33612345678' }] }\n");
    const char *text;
    assert_int_equal(kit_op(k, "sms-test", "{'number':'+4790000000'}"), 200);
    sim_run_for(5000);
    kit_has(take(k, &text), "_+4790000000_");
    assert_string_equal(text, "This is a test: nothing has happened");
    kit_op(k, "sms-test", "{'number':'../../etc/passwd'}");
    kit_refused(k, 400, "invalid", "number");
    kit_write(k, "vigie.yaml", SITE);
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    assert_int_not_equal(kit_op(k, "sms-test", "{'number':'+4790000000'}"), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_alphabet), cmocka_unit_test(test_files), TEST(test_line_fits), TEST(test_gammu), TEST(test_trouble), TEST(test_server), TEST(test_try)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
