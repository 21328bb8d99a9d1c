/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results that are handed in, and heartbeats: states as words and exit statuses, secrets, hostile texts. */
#include "base/utf8.h"
#include "daemon_kit.h"

static enum state state_after(struct kit *k, const char *target, const char *word)
{
    kit_op(k, "result", arena_printf(k->arena, "{'target':'%s','state':'%s','output':'x'}", target, word));
    return k->status == 200 ? (enum state)kit_item(k, target)->st.state : STATE_COUNT;
}

static void states_by_word_and_by_number(void **state)
{
    static const struct {
        const char *word;
        enum state check, host;
    } rows[] = {{"ok", STATE_OK, STATE_UP},           {"warning", STATE_WARNING, STATE_UP}, {"critical", STATE_CRITICAL, STATE_DOWN}, {"0", STATE_OK, STATE_UP},
                {"1", STATE_WARNING, STATE_DOWN},     {"2", STATE_CRITICAL, STATE_DOWN},    {"3", STATE_UNKNOWN, STATE_DOWN},         {"unknown", STATE_UNKNOWN, STATE_COUNT},
                {"up", STATE_COUNT, STATE_UP},        {"down", STATE_COUNT, STATE_DOWN}};
    struct kit *k = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum state s = state_after(k, "web1/job", rows[i].word);
        if (s != rows[i].check)
            fail_msg("%s for a check: %d %s", rows[i].word, s, kit_text(k));
        if (s == STATE_COUNT)
            kit_refused(k, 400, "invalid", "state");
        if (rows[i].host != STATE_COUNT && str_is((struct str){rows[i].word, strlen(rows[i].word)}, "up"))
            assert_int_equal(state_after(k, "router1", rows[i].word), STATE_UP);
    }
}

static void wrong_ones(void **state)
{
    struct kit *k = *state;
    kit_op(k, "result", "{'target':'web1/job','state':'fine','output':'x'}");
    kit_refused(k, 400, "invalid", "state");
    kit_op(k, "result", "{'target':'web1/job','state':'4','output':'x'}");
    kit_refused(k, 400, "invalid", "state");
    kit_op(k, "result", "{'target':'web1/job','state':'ok'}");
    kit_refused(k, 400, "invalid", "output");
    kit_op(k, "result", "{'target':'web1/jbo','state':'ok','output':'x'}");
    kit_refused(k, 404, "not_found", "target");
    assert_int_equal(kit_item(k, "web1/job")->st.state, STATE_PENDING);
}

/* Text from outside is cleaned at the door: no control characters, no packed message of a stranger's making. */
static void texts_are_cleaned(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_op(k, "result", "{'target':'web1/job','state':'ok','output':'\\u0001evil\\u001fs\\u001b[31mred\\nline','details':'a\\nb\\u0007'}"), 200);
    for (const char *p = kit_item(k, "web1/job")->text; *p; p++)
        assert_true((unsigned char)*p >= ' ');
    assert_string_equal(kit_item(k, "web1/job")->more, "a\nb");
    char *huge = ARENA_ARRAY(k->arena, char, 4001);
    memset(huge, 'x', 4000);
    assert_int_equal(kit_op(k, "result", arena_printf(k->arena, "{'target':'web1/job','state':'ok','output':'%s'}", huge)), 200);
    assert_true(strlen(kit_item(k, "web1/job")->text) <= SINK_MAX_TEXT + 3);
}

static int beat(struct kit *k, const char *path) { return kit_get(k, path); }

static void a_heartbeat_needs_its_secret(void **state)
{
    struct kit *k = *state;
    static const char *const wrong[] = {"web1/backup", "web1/backup?token=", "web1/backup?token=a-secret-wor", "web1/backup?token=a-secret-wordx", "web1/backup?token=A-SECRET-WORD",
                                        "web1/nothing?token=a-secret-word", "nohost/backup?token=a-secret-word", "web1/job?token=a-secret-word", "web1/tcp?token="};
    const char *first = NULL;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(beat(k, arena_printf(k->arena, "/api/v1/heartbeat/%s", wrong[i])), 403);
        const char *said = arena_dup(k->arena, buf_text(&k->text));
        first = first ? first : said;
        assert_string_equal(said, first); /* names are not to be guessed here */
    }
    assert_int_equal(kit_item(k, "web1/backup")->st.state, STATE_PENDING);
    assert_int_equal(beat(k, "/api/v1/heartbeat/web1/backup?token=a-secret-word"), 200);
    assert_int_equal(kit_item(k, "web1/backup")->st.state, STATE_OK);
    assert_int_equal(kit_post(k, "/api/v1/heartbeat/web1/backup", "token=a-secret-word&status=down&output=disk+full"), 200);
    assert_int_equal(kit_item(k, "web1/backup")->st.state, STATE_CRITICAL);
    assert_string_equal(kit_item(k, "web1/backup")->text, "disk full");
    assert_int_equal(beat(k, "/api/v1/heartbeat/web1/backup?token=a-secret-word&status=sideways"), 400);
}

/* A link that a logged-in person is made to follow must not count as a heartbeat. */
static void a_session_is_no_secret(void **state)
{
    struct kit *k = *state;
    kit_login(k, ROLE_ADMIN);
    assert_int_equal(beat(k, "/api/v1/heartbeat/web1/backup"), 403);
    assert_int_equal(kit_item(k, "web1/backup")->st.state, STATE_PENDING);
    struct principal op = kit_who(ROLE_OPERATOR);
    assert_int_equal(kit_op_as(k, "heartbeat", "{'host':'web1','check':'backup'}", &op), 200);
}

static void one_that_is_switched_off(void **state)
{
    struct kit *k = *state;
    kit_op(k, "disable", "{'targets':['web1/backup','web1/job']}");
    assert_int_equal(beat(k, "/api/v1/heartbeat/web1/backup?token=a-secret-word"), 409);
    kit_op(k, "result", "{'target':'web1/job','state':'ok','output':'x'}");
    kit_refused(k, 409, "conflict", "check");
}

/* Whatever a caller writes, the check ends in a state with a clean text, and nothing grows beyond its ceiling. */
static void hostile_callers(void **state)
{
    static const char *const texts[] = {"", "%00%00%00", "%ff%fe%c3", "%01{1}%1fs%1fevil", "%1b[2J%1b]0;title%07", "%e2%80%ae%e2%81%a6reversed",
                                        "a%0ab%0dc%09d", "%3Cscript%3Ealert(1)%3C/script%3E", "%ed%a0%80", "%f4%90%80%80"};
    struct kit *k = *state;
    struct buf url = BUF_MAX(400 * 1024);
    for (size_t i = 0; i < COUNT(texts); i++) {
        int status = beat(k, arena_printf(k->arena, "/api/v1/heartbeat/web1/backup?token=a-secret-word&output=%s", texts[i]));
        const char *kept = kit_item(k, "web1/backup")->text;
        if (status != 200 && status != 400)
            fail_msg("%s: %d", texts[i], status);
        for (const char *p = kept ? kept : ""; *p; p++)
            assert_true((unsigned char)*p >= ' ' && *p != 0x7f);
        assert_true(!kept || utf8_valid(kept, strlen(kept)));
    }
    buf_str(&url, "/api/v1/heartbeat/web1/backup?token=a-secret-word&output=");
    for (int i = 0; i < 100000; i++)
        buf_str(&url, "%C3"); /* half a character, again and again */
    (void)beat(k, buf_text(&url));
    assert_true(!kit_item(k, "web1/backup")->text || strlen(kit_item(k, "web1/backup")->text) <= SINK_MAX_TEXT + 3);
    buf_done(&url);
    assert_int_equal(beat(k, "/api/v1/heartbeat/web1/backup?token=a-secret-word&output=well"), 200);
    assert_string_equal(kit_item(k, "web1/backup")->text, "well");
}

/* Passive results by the thousand: the last counts, history and memory keep their ceilings. */
static void a_flood_of_results(void **state)
{
    struct kit *k = *state;
    for (int i = 0; i < 3000; i++)
        assert_int_equal(kit_op(k, "result", i % 2 ? "{'target':'web1/job','state':'ok','output':'even'}" : "{'target':'web1/job','state':'critical','output':'odd','perfdata':'a=1;;;; b=|x'}"), 200);
    assert_string_equal(kit_item(k, "web1/job")->text, "even");
    assert_int_equal(kit_item(k, "web1/job")->st.state, STATE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(states_by_word_and_by_number), KIT_TEST(wrong_ones), KIT_TEST(texts_are_cleaned), KIT_TEST(a_heartbeat_needs_its_secret), KIT_TEST(a_session_is_no_secret), KIT_TEST(one_that_is_switched_off),
        KIT_TEST(hostile_callers), KIT_TEST(a_flood_of_results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
