/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shapes of webhooks: the very bytes, what hostile words become, what is too long, signatures; pure (ST-13, ANN-13). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "announce/hook.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "channels/channel.h"

#define AT INT64_C(1772438400000) /* 2026-03-02 08:00:00 UTC */
#define LINK "https://status.example.org/incident/k3fo1q9x2mzt?lang=en"

struct scene {
    struct arena *a;
    struct conf_webhook hook;
    struct bulletin b;
    struct update u;
    struct impact impacts[2];
    const char *components[2];
    struct publication p;
    struct hook_story s;
    struct hook_made m;
};

static int setup(void **state)
{
    struct scene *c = NEW(struct scene);
    struct arena *a = c->a = arena_new(0);
    c->hook = (struct conf_webhook){.name = "x", .url = "https://hook.example.org/in", .length = 280};
    c->u = (struct update){.id = 4, .phase = PHASE_IDENTIFIED, .at_ms = AT, .posted_ms = AT};
    wording_set(&c->u.text, a, "en", "A **disk** is full.", NULL);
    c->impacts[0] = (struct impact){"mail", LEVEL_DEGRADED, AT - 3600000, AT};
    c->impacts[1] = (struct impact){"mail", LEVEL_MAJOR, AT, 0};
    c->components[0] = "mail";
    c->components[1] = "web";
    c->b = (struct bulletin){.id = 3, .key = "k3fo1q9x2mzt", .kind = BULLETIN_INCIDENT, .phase = PHASE_IDENTIFIED, .updates = &c->u, .n_updates = 1, .impacts = c->impacts, .n_impacts = 2,
                             .components = c->components, .n_components = 2, .started_ms = AT - 3600000, .posted_ms = AT - 3600000, .changed_ms = AT, .refs = 1};
    wording_set(&c->b.title, a, "en", "Mail is slow", NULL);
    c->p = (struct publication){.id = 7, .at_ms = AT, .key = "k3fo1q9x2mzt:update:0:4", .notice = NOTICE_UPDATE, .update = 4, .b = &c->b};
    c->s = (struct hook_story){.a = a, .hook = &c->hook, .p = &c->p, .whole = &c->b, .lang = "en", .base = "https://status.example.org", .site = "Harbour", .link = LINK,
                               .subject = "Identified: Mail is slow", .said = "A **disk** is full.", .plain = "A disk is full.", .html = "<p>A <strong>disk</strong> is full.</p>\n",
                               .line = "Identified: Mail is slow. A disk is full. " LINK, .id = "00112233445566778899aabbccddeeff", .now_ms = AT};
    *state = c;
    return 0;
}

static int teardown(void **state)
{
    struct scene *c = *state;
    hook_made_done(&c->m);
    arena_free(c->a);
    mem_free(c);
    return 0;
}
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static const char *made(struct scene *c, int format)
{
    struct err e = {0};
    hook_made_done(&c->m);
    c->hook.format = format;
    assert_int_equal(hook_make(&c->s, &c->m, &e), 0);
    return buf_text(&c->m.body);
}

static const char *header(const struct scene *c, const char *name)
{
    for (int i = 0; i < c->m.n_headers; i++)
        if (str_ieq(c->m.headers[i].name, name))
            return c->m.headers[i].value;
    return NULL;
}

static void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("“%s” is not in %s", part, text);
}

static void lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("“%s” is in %s", part, text);
}

/* ---- each shape ---- */

static void test_table(void **state)
{
    static const char *const words[] = {CONF_HOOK_FORMATS};
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_string_equal(hook_shapes[i]->name, words[i]);
    assert_null(hook_shapes[sizeof words / sizeof *words]);
}

static void test_vigie(void **state)
{
    struct scene *c = *state;
    assert_string_equal(made(c, CONF_HOOK_VIGIE),
                        "{\"version\":1,\"event\":\"incident.update\",\"id\":\"00112233445566778899aabbccddeeff\",\"test\":false,\"at\":\"2026-03-02T08:00:00Z\",\"lang\":\"en\","
                        "\"subject\":\"Identified: Mail is slow\",\"line\":\"Identified: Mail is slow. A disk is full. " LINK "\",\"site\":{\"name\":\"Harbour\",\"url\":\"https://status.example.org\"},"
                        "\"bulletin\":{\"key\":\"k3fo1q9x2mzt\",\"id\":3,\"kind\":\"incident\",\"phase\":\"identified\",\"title\":\"Mail is slow\",\"titles\":{\"en\":\"Mail is slow\"},\"level\":\"major\",\"peak\":\"major\","
                        "\"started\":\"2026-03-02T07:00:00Z\",\"noticed\":null,\"posted\":\"2026-03-02T07:00:00Z\",\"ended\":null,\"expected\":null,\"next_by\":null,\"retracted\":false},"
                        "\"update\":{\"id\":4,\"phase\":\"identified\",\"at\":\"2026-03-02T08:00:00Z\",\"posted\":\"2026-03-02T08:00:00Z\",\"edited\":null,\"text\":\"A **disk** is full.\",\"plain\":\"A disk is full.\",\"texts\":{\"en\":\"A **disk** is full.\"}},"
                        "\"components\":[{\"name\":\"mail\",\"title\":\"mail\",\"group\":null,\"before\":\"degraded\",\"level\":\"major\"},{\"name\":\"web\",\"title\":\"web\",\"group\":null,\"before\":\"operational\",\"level\":\"operational\"}],"
                        "\"links\":{\"page\":\"" LINK "\",\"feed\":\"https://status.example.org/incident/k3fo1q9x2mzt/feed.atom\"}}");
    assert_string_equal(c->m.method, "POST");
    assert_string_equal(c->m.url, c->hook.url);
    assert_string_equal(header(c, "Content-Type"), "application/json; charset=utf-8");
    assert_string_equal(header(c, "Idempotency-Key"), c->s.id);
    assert_string_equal(header(c, "X-Vigie-Delivery"), c->s.id);
    assert_string_equal(header(c, "X-Vigie-Event"), "incident.update");
    assert_null(header(c, "Authorization"));
    assert_null(header(c, "X-Vigie-Signature"));
    assert_null(header(c, "X-Vigie-Test"));
}

static void test_vigie_of_work(void **state)
{
    struct scene *c = *state;
    c->b.kind = BULLETIN_WORK;
    c->b.phase = PHASE_CONFIRMED;
    c->b.start_ms = AT + 3600000;
    c->b.end_ms = AT + 7200000;
    c->b.effect = EFFECT_OUTAGE;
    c->b.n_impacts = 0;
    c->p.notice = NOTICE_REMINDER;
    c->p.lead_ms = 3600000;
    const char *text = made(c, CONF_HOOK_VIGIE);
    has(text, "\"event\":\"maintenance.reminder\"");
    has(text, "\"lead_s\":3600");
    has(text, "\"level\":\"planned\"");
    has(text, "\"start\":\"2026-03-02T09:00:00Z\",\"end\":\"2026-03-02T10:00:00Z\",\"moved_from\":null,\"sequence\":0,\"effect\":\"outage\",\"emergency\":false");
}

static void test_slack(void **state)
{
    struct scene *c = *state;
    assert_string_equal(made(c, CONF_HOOK_SLACK),
                        "{\"attachments\":[{\"fallback\":\"Identified: Mail is slow. A disk is full. " LINK "\",\"color\":\"#b3201a\",\"title\":\"Identified: Mail is slow\",\"title_link\":\"" LINK "\","
                        "\"text\":\"A disk is full.\",\"fields\":[{\"title\":\"Concerns\",\"value\":\"mail (Down), web (Works)\",\"short\":false}],\"footer\":\"Harbour\",\"ts\":1772438400,\"mrkdwn_in\":[]}]}");
    c->s.plain = "<!channel> & <https://evil.example|good>";
    c->hook.room = "#ops";
    const char *text = made(c, CONF_HOOK_SLACK);
    has(text, "\"text\":\"&lt;!channel&gt; &amp; &lt;https://evil.example|good&gt;\"");
    has(text, "{\"channel\":\"#ops\",");
    lacks(text, "<!");
}

static void test_mattermost(void **state)
{
    struct scene *c = *state;
    assert_string_equal(made(c, CONF_HOOK_MATTERMOST),
                        "{\"attachments\":[{\"fallback\":\"Identified: Mail is slow. A disk is full. " LINK "\",\"color\":\"#b3201a\",\"title\":\"Identified: Mail is slow\",\"title_link\":\"" LINK "\","
                        "\"text\":\"A **disk** is full.\",\"fields\":[{\"title\":\"Concerns\",\"value\":\"mail (Down), web (Works)\",\"short\":false}],\"footer\":\"Harbour\"}]}");
    c->s.said = "@Channel @all: write to noc@example.org";
    has(made(c, CONF_HOOK_MATTERMOST), "\"text\":\"@\u200bChannel @\u200ball: write to noc@example.org\"");
}

static void test_matrix(void **state)
{
    struct scene *c = *state;
    c->hook.url = "https://matrix.example.org/";
    c->hook.room = "!ops:example.org";
    c->hook.token = "syt_secret";
    assert_string_equal(made(c, CONF_HOOK_MATRIX),
                        "{\"msgtype\":\"m.notice\",\"body\":\"Identified: Mail is slow\\n\\nA disk is full.\\n\\nmail (Down), web (Works)\\n\\n" LINK "\",\"format\":\"org.matrix.custom.html\","
                        "\"formatted_body\":\"<p><strong>Identified: Mail is slow</strong></p>\\n<p>A <strong>disk</strong> is full.</p>\\n<p><em>mail (Down), web (Works)</em></p>\\n<p><a href=\\\"" LINK "\\\">" LINK "</a></p>\"}");
    assert_string_equal(c->m.method, "PUT");
    assert_string_equal(c->m.url, "https://matrix.example.org/_matrix/client/v3/rooms/%21ops%3Aexample.org/send/m.room.message/00112233445566778899aabbccddeeff");
    assert_string_equal(header(c, "Authorization"), "Bearer syt_secret");
    c->s.subject = "<b>&";
    has(made(c, CONF_HOOK_MATRIX), "<strong>&lt;b&gt;&amp;</strong>");
}

static void test_ntfy(void **state)
{
    struct scene *c = *state;
    c->hook.url = "https://ntfy.example.org/status";
    assert_string_equal(made(c, CONF_HOOK_NTFY), "{\"topic\":\"status\",\"title\":\"Identified: Mail is slow\",\"message\":\"A disk is full.\\nmail (Down), web (Works)\",\"priority\":5,\"tags\":[\"rotating_light\"],\"click\":\"" LINK "\"}");
    assert_string_equal(c->m.url, "https://ntfy.example.org/");
    c->impacts[1].level = LEVEL_PARTIAL;
    has(made(c, CONF_HOOK_NTFY), "\"priority\":4,\"tags\":[\"warning\"]");
    c->s.test = true;
    has(made(c, CONF_HOOK_NTFY), "\"priority\":3,");
    assert_string_equal(header(c, "X-Vigie-Test"), "yes");
    c->b.phase = PHASE_RESOLVED;
    c->p.notice = NOTICE_RESOLVED;
    has(made(c, CONF_HOOK_NTFY), "\"priority\":3,\"tags\":[\"white_check_mark\"]");
}

static void test_discord(void **state)
{
    struct scene *c = *state;
    assert_string_equal(made(c, CONF_HOOK_DISCORD),
                        "{\"embeds\":[{\"title\":\"Identified: Mail is slow\",\"url\":\"" LINK "\",\"description\":\"A **disk** is full.\",\"color\":11739162,\"timestamp\":\"2026-03-02T08:00:00Z\","
                        "\"fields\":[{\"name\":\"Concerns\",\"value\":\"mail (Down), web (Works)\"}],\"footer\":{\"text\":\"Harbour\"}}],\"allowed_mentions\":{\"parse\":[]}}");
}

static void test_telegram(void **state)
{
    struct scene *c = *state;
    c->hook.url = NULL;
    c->hook.room = "-100123";
    c->hook.token = "12:abc";
    c->s.plain = "1 < 2 & 3";
    assert_string_equal(made(c, CONF_HOOK_TELEGRAM), "{\"chat_id\":\"-100123\",\"text\":\"<b>Identified: Mail is slow</b>\\n1 &lt; 2 &amp; 3\\n<i>mail (Down), web (Works)</i>\\n" LINK "\",\"parse_mode\":\"HTML\",\"link_preview_options\":{\"is_disabled\":true}}");
    assert_string_equal(c->m.url, "https://api.telegram.org/bot12:abc/sendMessage");
    assert_null(header(c, "Authorization"));
}

static void test_text(void **state)
{
    struct scene *c = *state;
    const char *keys[] = {"X-Api-Key"}, *values[] = {"abc"};
    assert_string_equal(made(c, CONF_HOOK_TEXT), c->s.line);
    assert_string_equal(header(c, "Content-Type"), "text/plain; charset=utf-8");
    c->hook.body = "{\"t\":\"${title}\",\"x\":\"${text}\",\"u\":\"${unknown}\",\"d\":\"$${}${\"}";
    c->s.plain = "a \"quoted\"\nline \\ of $${link}";
    assert_string_equal(made(c, CONF_HOOK_TEXT), "{\"t\":\"Mail is slow\",\"x\":\"a \\\"quoted\\\"\\nline \\\\ of $${link}\",\"u\":\"${unknown}\",\"d\":\"$${}${\"}");
    c->hook.type = "application/x-www-form-urlencoded";
    c->hook.body = "status=${text}&level=${level}&key=${key}&event=${event}";
    c->s.plain = "é & =+";
    c->hook.headers = (struct conf_pairs){.keys = keys, .values = values, .n = 1};
    assert_string_equal(made(c, CONF_HOOK_TEXT), "status=%C3%A9%20%26%20%3D%2B&level=major&key=k3fo1q9x2mzt&event=incident.update");
    assert_string_equal(header(c, "X-Api-Key"), "abc");
}

/* ---- lengths ---- */

static void test_lengths(void **state)
{
    struct scene *c = *state;
    char *much = mem_alloc(60001);
    for (int i = 0; i < 60000; i += 6)
        memcpy(much + i, "&words", 6); /* escaped, it is longer */
    for (int i = 590; i < 60000; i += 600)
        much[i] = ' ';
    much[60000] = 0;
    c->s.plain = c->s.said = c->s.subject = c->s.site = much;
    c->s.html = much;
    c->hook.room = "r";
    c->hook.token = "t";
    for (int f = 0; hook_shapes[f]; f++) {
        static const size_t most[] = {500000, 500000, 20000, 12000, 65536, 4096, 6000, 5 * 4096, 500000};
        c->hook.url = "https://hook.example.org/topic";
        if (f == CONF_HOOK_STATUSPAGE)
            continue; /* needs a sight: test_announce_hooks */
        const char *text = made(c, f);
        if (strlen(text) > most[f])
            fail_msg("%s: %zu bytes", hook_shapes[f]->name, strlen(text));
        if (f != CONF_HOOK_NTFY)
            has(text, "https://status.example.org/incident/k3fo1q9x2mzt");
    }
    mem_free(much);
}

static void test_short(void **state)
{
    struct scene *c = *state;
    assert_string_equal(hook_short(c->a, "abc", 3), "abc");
    assert_string_equal(hook_short(c->a, "abcd", 3), "ab…");
    assert_string_equal(hook_short(c->a, "déjà vu encore", 10), "déjà vu…");
    assert_string_equal(hook_short(c->a, "été", 3), "été");
    assert_string_equal(hook_short(c->a, "", 3), "");
    assert_string_equal(hook_short(c->a, "\xff\xff\xff\xff", 3), "\xff\xff…");
}

/* ---- signatures and ids ---- */

static void test_signature(void **state)
{
    struct scene *c = *state;
    char mac[65], id[HOOK_ID_BYTES], other[HOOK_ID_BYTES];
    /* RFC 4231, test case 2 */
    hook_sign("Jefe", -1, "what do ya want for nothing?", 28, mac);
    assert_string_equal(mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    c->hook.secret = "Jefe";
    c->hook.body = "what do ya want for nothing?";
    made(c, CONF_HOOK_TEXT);
    assert_string_equal(header(c, "X-Hub-Signature-256"), "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    hook_sign("Jefe", AT / 1000, c->hook.body, 28, mac);
    assert_string_equal(header(c, "X-Vigie-Signature"), arena_printf(c->a, "t=1772438400,v1=%s", mac));
    hook_id("webhook:k:update:0:4:chat", id);
    hook_id("webhook:k:update:0:4:chat", other);
    assert_string_equal(id, other);
    assert_int_equal(strlen(id), 32);
    hook_id("webhook:k:update:0:5:chat", other);
    assert_string_not_equal(id, other);
}

/* RFC 9110, 10.2.3 */
static void test_retry_after(void **state)
{
    (void)state;
    assert_int_equal(post_retry_after(NULL, AT), 0);
    assert_int_equal(post_retry_after("120", AT), 120000);
    assert_int_equal(post_retry_after("-5", AT), 0);
    assert_int_equal(post_retry_after("999999999999999999999", AT), 0);
    assert_int_equal(post_retry_after("86400", AT), 3500000);
    assert_int_equal(post_retry_after("Mon, 02 Mar 2026 08:02:00 GMT", AT), 120000);
    assert_int_equal(post_retry_after("Mon, 02 Mar 2026 07:02:00 GMT", AT), 0);
    assert_int_equal(post_retry_after("Mon, 02 Mar 2099 08:02:00 GMT", AT), 3500000);
    assert_int_equal(post_retry_after("Mon, 02 Foo 2026 08:02:00 GMT", AT), 0);
    assert_int_equal(post_retry_after("Mon, 02 Mar 2026 08:02:00 CET", AT), 0);
    assert_int_equal(post_retry_after("Mon, x2 Mar 2026 08:02:00 GMT", AT), 0);
    assert_int_equal(post_retry_after("soon", AT), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_table), TEST(test_vigie),   TEST(test_vigie_of_work), TEST(test_slack), TEST(test_mattermost), TEST(test_matrix),    TEST(test_ntfy),
        TEST(test_discord), TEST(test_telegram), TEST(test_text),        TEST(test_lengths), TEST(test_short),   TEST(test_signature), TEST(test_retry_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
