/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Our part of a channel's topic: found among others, which stay as they are; read as people write it; written so that it fits, with its link;
 * and read back as it was meant (ST-5, ANN-13). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "announce/topic.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"

static const struct topic_style style = {"Status:", " | "};
#define NOW INT64_C(1796040000000) /* 2026-11-30 12:00:00 UTC */
#define HOUR INT64_C(3600000)

struct scene {
    struct conf *conf;
    struct arena *a;
    struct buf out;
};

static int setup(void **v)
{
    static const char yaml[] = "components: { mail: { name: { en: Mail, fr: Courriel } }, web: { name: Website }, lists: {}, dns: {}, Site: { name: { fr: Site web } }, \"two words\": {} }\n";
    static struct conf_errors errors;
    struct scene *s = NEW(struct scene);
    struct conf_env env = {0};
    struct conf_file file = {"t.yaml", yaml, sizeof yaml - 1};
    assert_int_equal(conf_load(&env, &file, 1, &s->conf, &errors), 0);
    conf_errors_done(&errors);
    s->a = arena_new(0);
    s->out = BUF_MAX(4000);
    *v = s;
    return 0;
}

static int teardown(void **v)
{
    struct scene *s = *v;
    conf_unref(s->conf);
    arena_free(s->a);
    buf_done(&s->out);
    mem_free(s);
    return 0;
}

static const char *replaced(struct scene *s, const char *topic, const char *part)
{
    buf_clear(&s->out);
    topic_replace(&style, topic, part, &s->out);
    return buf_text(&s->out);
}

static void test_parts(void **v)
{
    struct scene *s = *v;
    size_t at, n;
    assert_string_equal(replaced(s, "", "Status: OK"), "Status: OK");
    assert_string_equal(replaced(s, "  ", "Status: OK"), "Status: OK");
    assert_string_equal(replaced(s, "Welcome", "Status: OK"), "Status: OK | Welcome");
    assert_string_equal(replaced(s, "Welcome |  status: down mail  |x|  y ", "Status: OK"), "Welcome |  Status: OK  |x|  y ");
    assert_string_equal(replaced(s, "a|Status: DOWN mail|b", "Status: OK"), "a|Status: OK|b");
    assert_string_equal(replaced(s, "a | \x02Status:\x02 DOWN mail | \x03" "04red\x03 | Status: second", "Status: OK"), "a | Status: OK | \x03" "04red\x03 | Status: second");
    assert_string_equal(replaced(s, "My Status: x", "Status: OK"), "Status: OK | My Status: x");
    assert_true(topic_find(&style, "a | Status:", &at, &n) && at == 4 && n == 7);
    assert_false(topic_find(&style, "a | Stat", &at, &n));
    assert_int_equal(topic_others(&style, "a | Status: OK | b"), 8);
    assert_int_equal(topic_others(&style, "ab"), 5);
    assert_int_equal(topic_others(&style, ""), 0);
}

static int read_code(struct scene *s, const char *part, struct topic_status *t, struct err *e)
{
    return topic_read(&style, s->conf, NULL, NOW, part, s->a, t, e);
}

static struct topic_status read_part(struct scene *s, const char *part)
{
    struct topic_status t;
    struct err e = {0};
    if (read_code(s, part, &t, &e)) {
        struct buf b = BUF_MAX(1000);
        msg_render(&b, e.text, "en");
        fail_msg("“%s”: %s", part, buf_text(&b));
    }
    return t;
}

static void is(const struct topic_status *t, enum level level, const char *names, const char *text)
{
    char got[600] = "";
    for (int i = 0; i < t->n; i++)
        str_print(got + strlen(got), sizeof got - strlen(got), "%s%s:%s", i ? " " : "", t->at[i].name, level_words[t->at[i].level]);
    assert_int_equal(t->level, level);
    assert_string_equal(got, names);
    assert_string_equal(t->text, text);
}

static void test_read(void **v)
{
    struct scene *s = *v;
    struct topic_status t = read_part(s, "Status: OK");
    is(&t, LEVEL_OPERATIONAL, "", "");
    t = read_part(s, "status:ok - all is well - again");
    is(&t, LEVEL_OPERATIONAL, "", "all is well - again");
    t = read_part(s, "Status: DOWN mail, web - disk full on ceres");
    is(&t, LEVEL_MAJOR, "mail:major web:major", "disk full on ceres");
    t = read_part(s, "Status: down mail web — disk full https://status.example.org/incident/k3fo1q9x2mzt ");
    is(&t, LEVEL_MAJOR, "mail:major web:major", "disk full");
    assert_string_equal(t.link, "https://status.example.org/incident/k3fo1q9x2mzt");
    t = read_part(s, "Status: DOWN mail, DEGRADED lists, web https://status.example.org/");
    is(&t, LEVEL_MAJOR, "mail:major lists:degraded web:degraded", "");
    assert_string_equal(t.link, "https://status.example.org/");
    t = read_part(s, "Status: panne courriel, site web – disque plein");
    is(&t, LEVEL_MAJOR, "mail:major Site:major", "disque plein");
    t = read_part(s, "Status: DEGRADED mail, … - slow");
    assert_true(t.more);
    is(&t, LEVEL_DEGRADED, "mail:degraded", "slow");
    t = read_part(s, "\x02Status:\x02 \x03" "04" "DOWN\x03 mail, mail");
    is(&t, LEVEL_MAJOR, "mail:major", "");
}

static void test_read_work(void **v)
{
    struct scene *s = *v;
    struct topic_status t = read_part(s, "Status: MAINT dns, two words 22:00-23:00 UTC - kernel upgrade");
    is(&t, LEVEL_PLANNED, "dns:planned two words:planned", "kernel upgrade");
    assert_true(t.start_ms == NOW + 10 * HOUR && t.end_ms == NOW + 11 * HOUR);
    t = read_part(s, "Status: travaux dns 23:30-01:00");
    assert_true(t.start_ms == NOW + 11 * HOUR + HOUR / 2 && t.end_ms == NOW + 13 * HOUR);
    t = read_part(s, "Status: MAINT dns 11:00-13:00 UTC"); /* it is under way */
    assert_true(t.start_ms == NOW - HOUR && t.end_ms == NOW + HOUR);
    t = read_part(s, "Status: MAINT dns 9:00-10:00 UTC"); /* that is tomorrow */
    assert_true(t.start_ms == NOW + 21 * HOUR);
    t = read_part(s, "Status: MAINT 2026-12-02 22:00-2026-12-04T03:00 UTC dns - new rack");
    assert_true(t.start_ms == NOW + 58 * HOUR && t.end_ms == NOW + 87 * HOUR);
    is(&t, LEVEL_PLANNED, "dns:planned", "new rack");
}

static void test_refused(void **v)
{
    struct scene *s = *v;
    static const struct {
        const char *part, *says;
    } bad[] = {
        {"Status:", "a state is expected"},        {"Status: - x", "“-” is no state"},           {"Status: fine", "“fine” is no state"},         {"Status: DOWN mial", "did you mean mail?"},
        {"Status: DOWN xyzzy", "no component xyzzy"}, {"Status: MAINT dns 25:00-26:00", "no times"}, {"Status: MAINT dns 22:00-23:00 PST", "not in PST"}, {"Status: MAINT dns 22:00-", "no times"},
        {"Status: MAINT dns 2026-11-29", "times are written"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct topic_status t;
        struct err e = {0};
        struct buf b = BUF_MAX(1000);
        assert_int_equal(read_code(s, bad[i].part, &t, &e), ERR_INVALID);
        msg_render(&b, e.text, "en");
        if (!strstr(buf_text(&b), bad[i].says))
            fail_msg("“%s”: %s", bad[i].part, buf_text(&b));
        buf_done(&b);
    }
}

static const char *written(struct scene *s, const struct topic_status *t, size_t most)
{
    buf_clear(&s->out);
    if (!topic_write(&style, t, NULL, NOW, most, &s->out))
        return NULL;
    assert_true(s->out.len <= most && utf8_valid(buf_text(&s->out), s->out.len));
    return buf_text(&s->out);
}

static void test_write(void **v)
{
    struct scene *s = *v;
    struct topic_status t = {.text = "", .link = ""};
    assert_string_equal(written(s, &t, 300), "Status: OK");
    t = (struct topic_status){.level = LEVEL_MAJOR, .at = {{"mail", LEVEL_MAJOR}, {"web", LEVEL_MAJOR}, {"lists", LEVEL_DEGRADED}}, .n = 3, .text = "disk full | on\r\nceres", .link = "https://status.example.org/incident/k3fo1q9x2mzt"};
    assert_string_equal(written(s, &t, 300), "Status: DOWN mail, web, DEGRADED lists - disk full / on ceres https://status.example.org/incident/k3fo1q9x2mzt");
    bool seen_cut = false;
    for (size_t most = 0; most < 130; most++) {
        const char *text = written(s, &t, most);
        assert_true((text != NULL) == (most >= strlen("Status: DOWN …")));
        if (most >= strlen("Status: DOWN … https://status.example.org/incident/k3fo1q9x2mzt"))
            assert_non_null(strstr(text, "https://status.example.org/incident/k3fo1q9x2mzt"));
        seen_cut |= text && strstr(text, "mail, …");
    }
    assert_true(seen_cut);
    t = (struct topic_status){.level = LEVEL_PLANNED, .at = {{"dns", LEVEL_PLANNED}}, .n = 1, .text = "kernel", .link = "", .start_ms = NOW + 10 * HOUR, .end_ms = NOW + 11 * HOUR};
    assert_string_equal(written(s, &t, 300), "Status: MAINT dns 22:00-23:00 UTC - kernel");
    t.start_ms += 24 * HOUR;
    t.end_ms += 60 * HOUR;
    assert_string_equal(written(s, &t, 300), "Status: MAINT dns 2026-12-01 22:00-2026-12-03T11:00 UTC - kernel");
}

/* What we write means what it meant, when somebody changes a word of it. */
static void test_back(void **v)
{
    struct scene *s = *v;
    static const char *const parts[] = {"Status: OK", "Status: DOWN mail, web, DEGRADED lists - disk full - twice https://status.example.org/x", "Status: MAINT dns, two words 22:00-23:00 UTC - kernel", "Status: MAINT dns 2026-12-01 22:00-2026-12-03T11:00 UTC",
                                         "Status: UNKNOWN two words, mail", "Status: DEGRADED - we look", "Status: PARTIAL mail, …", "Status: DOWN mail https://status.example.org/x"};
    for (size_t i = 0; i < COUNT(parts); i++) {
        struct topic_status t = read_part(s, parts[i]);
        assert_string_equal(written(s, &t, 300), parts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_parts, setup, teardown), cmocka_unit_test_setup_teardown(test_read, setup, teardown),  cmocka_unit_test_setup_teardown(test_read_work, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_refused, setup, teardown), cmocka_unit_test_setup_teardown(test_write, setup, teardown), cmocka_unit_test_setup_teardown(test_back, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
