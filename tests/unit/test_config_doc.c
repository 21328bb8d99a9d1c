/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_config_doc.c: the reference printed from the rows says everything, and its examples are true
 * (GEN-2). */
#include "config_kinds.h"

#include "base/json.h"

static struct buf doc(const char *topic, const char *lang, enum conf_doc_form form)
{
    struct buf b = BUF_MAX(1 << 20);

    conf_doc(&b, &some_env, topic, lang, form);
    return b;
}

static void has(const char *topic, const char *lang, enum conf_doc_form form, const char *part)
{
    struct buf b = doc(topic, lang, form);

    if (strstr(buf_text(&b), part) == NULL)
        fail_msg("\"%s\" is not in:\n%s", part, buf_text(&b));
    buf_done(&b);
}

static void for_a_terminal(void **state)
{
    (void)state;
    has("http", "en", CONF_DOC_TEXT,
        "  url\n      required; a URL such as https://example.org/, without user and password\n    "
        "  what to fetch\n      url: https://example.org/\n");
    has("http", "en", CONF_DOC_TEXT, "  expect.status\n");
    has("http.expect", "en", CONF_DOC_TEXT, "default: [200]");
    has("check", "en", CONF_DOC_TEXT, "default: 60s");
    has("site", "fr", CONF_DOC_TEXT, "site");
    has(NULL, "en", CONF_DOC_TEXT, "components");
    has("wat", "en", CONF_DOC_TEXT, "There is nothing about “wat”");
    has("site.wat", "en", CONF_DOC_TEXT, "There is nothing about “site.wat”");
}

static void for_the_manual(void **state)
{
    struct buf b = doc(NULL, "en", CONF_DOC_MAN);

    (void)state;
    has("site", "en", CONF_DOC_MAN, ".SS site\n");
    has("site", "en", CONF_DOC_MAN, ".TP\n\\fBmail.smtp\\fR\n");
    for (const char *p = buf_text(&b); p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
        assert_true(p[0] != '.' || str_starts(p, ".TP\n") || str_starts(p, ".SS ") ||
                    str_starts(p, ".br\n") || str_starts(p, ".nf\n") || str_starts(p, ".fi\n"));
    buf_done(&b);
}

static void as_json(void **state)
{
    struct buf b = doc(NULL, "en", CONF_DOC_JSON);
    struct arena *a = arena_new(0);
    struct doc *d;
    struct err e;

    (void)state;
    assert_int_equal(json_parse(a, buf_text(&b), b.len, 1 << 20, &d, &e), 0);
    assert_string_equal(doc_text(doc_get(d, "http")->kids.first, "key", ""), "url");
    assert_true(doc_bool(doc_get(d, "http")->kids.first, "required", false));
    arena_free(a);
    buf_done(&b);
}

static void hidden_keys_stay_hidden(void **state)
{
    struct buf b = doc("http", "en", CONF_DOC_TEXT);

    (void)state;
    assert_null(strstr(buf_text(&b), "  old\n"));
    conf_unref(load("hosts: { h: { checks: [ { http: { url: 'http://x/', old: x } } ] } }"));
    buf_done(&b);
}

/* Each own key has help and an example, and the example loads where it belongs. */
static void examples_are_true(void **state)
{
    static const struct {
        const char *topic, *before, *after;
    } places[] = {
        {"site", "site: { ", " }"},
        {"defaults", "defaults: { ", " }"},
        {"contacts", "contacts: { x: { mail: a@b, ", " } }"},
        {"groups", "groups: { x: { ", " } }"},
        {"hosts", "hosts: { x: { ", " } }"},
        {"templates", "templates: { x: { ", " } }"},
        {"apply", "apply: [ { for: hosts, ", " } ]"},
        {"check", "hosts: { x: { checks: [ { load: { ", " } } ] } }"},
        {"components", "components: { x: { ", " } }"},
    };
    int reads = 0, n = 0;
    struct conf_env env = {.kinds = some_kinds, .read_secret = some_secret, .arg = &reads};
    struct buf b = doc(NULL, "en", CONF_DOC_JSON), text = BUF_MAX(10000), errors = BUF_MAX(100000);
    struct arena *a = arena_new(0);
    struct doc *d;
    struct err e;

    (void)state;
    assert_int_equal(json_parse(a, buf_text(&b), b.len, 1 << 20, &d, &e), 0);
    for (size_t i = 0; i < COUNT(places); i++) {
        DOC_EACH(doc_get(d, places[i].topic), row)
        {
            const char *key = doc_text(row, "key", ""), *example = doc_text(row, "example", NULL),
                       *dot = strchr(key, '.');
            struct conf_file file = {.name = key};
            struct conf_errors es;
            struct conf *c = NULL;

            assert_non_null(doc_text(row, "help", NULL));
            if (example == NULL)
                fail_msg("%s.%s has no example", places[i].topic, key);
            buf_clear(&text);
            buf_str(&text, str_starts(places[i].before, "contacts") && str_eq(key, "mail")
                               ? "contacts: { x: { "
                               : str_starts(places[i].before, "apply") && str_eq(key, "for")
                               ? "apply: [ { "
                               : places[i].before);
            if (dot)
                buf_printf(&text, "%.*s: { %s: %s }%s", (int)(dot - key), key, dot + 1, example,
                           places[i].after);
            else
                buf_printf(&text, "%s: %s%s", key, example, places[i].after);
            file.text = buf_text(&text);
            file.bytes = text.len;
            conf_load(&env, &file, 1, &c, &es);
            for (int k = 0; k < es.n; k++) {
                buf_clear(&errors);
                conf_error_print(&errors, &es.at[k], "en");
                /* What an example names may be missing here, but must be what is missing. */
                if (!strstr(buf_text(&errors), "there is no ") &&
                    !strstr(buf_text(&errors), "/etc/vigie/mail.password"))
                    fail_msg("%s\n%s", buf_text(&text), buf_text(&errors));
            }
            conf_errors_done(&es);
            conf_unref(c);
            n++;
        }
    }
    assert_true(n > 50);
    buf_done(&errors);
    buf_done(&text);
    buf_done(&b);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(for_a_terminal),    cmocka_unit_test(for_the_manual),
        cmocka_unit_test(as_json),           cmocka_unit_test(hidden_keys_stay_hidden),
        cmocka_unit_test(examples_are_true),
    };

    return cmocka_run_group_tests_name("config_doc", tests, NULL, NULL);
}
