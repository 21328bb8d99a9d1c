/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers as a person reads them: every operation's, from the running daemon, and as JSON. */
#include "daemon_kit.h"
#include "cli/cli_priv.h"

struct out {
    struct cli cli;
    int saved, fd;
    char said[1 << 18];
};
static struct out out;

static void open_out(void)
{
    char path[] = "/tmp/vigie-print-XXXXXX";
    out = (struct out){.cli = {.lang = "en", .arena = arena_new(0)}};
    out.fd = mkstemp(path);
    unlink(path);
}

static void close_out(void)
{
    arena_free(out.cli.arena);
    close(out.fd);
}

static void catch(int fd)
{
    fflush(stdout);
    assert_int_equal(ftruncate(out.fd, 0), 0);
    lseek(out.fd, 0, SEEK_SET);
    out.saved = dup(fd);
    dup2(out.fd, fd);
}

static const char *caught(int fd)
{
    dup2(out.saved, fd);
    close(out.saved);
    ssize_t n = pread(out.fd, out.said, sizeof out.said - 1, 0);
    out.said[n > 0 ? n : 0] = 0;
    return out.said;
}

/* Asks, takes the reply through JSON as the client does, and prints it. */
static const char *printed(struct kit *k, const char *op, const char *params)
{
    struct doc *reply, *given = params ? kit_json(k, params) : doc_object(k->arena);
    if (kit_op(k, op, params) != 200)
        fail_msg("%s: %s", op, kit_text(k));
    const char *json = arena_dup(k->arena, kit_text(k));
    assert_int_equal(json_parse(k->arena, json, strlen(json), 1 << 20, &reply, NULL), 0);
    catch(1);
    print_reply(&out.cli, op_find(op), given, reply);
    return caught(1);
}

static int setup(void **state)
{
    open_out();
    return kit_setup(state);
}

static int teardown(void **state)
{
    close_out();
    return kit_teardown(state);
}
#define PRINT_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static void status_problems_first(void **state)
{
    struct kit *k = *state;
    kit_result(k, "box/job", STATE_WARNING, "rather warm");
    kit_result(k, "web1/job", STATE_CRITICAL, "disk full");
    kit_op(k, "ack", "{'targets':['web1/job'],'comment':'mine'}");
    const char *t = printed(k, "status", NULL);
    const char *warm = strstr(t, "rather warm"), *full = strstr(t, "disk full"), *ok = strstr(t, "OK ");
    assert_true(warm && full && ok && warm < full && full < ok); /* nobody has it, somebody has it, well */
    kit_has(t, "[anna: mine]");
    kit_has(t, "3 hosts: ");
    kit_has(t, "1 problem that nobody has.");
    kit_lacks(t, "\033");
    out.cli.colour = true;
    kit_has(printed(k, "status", NULL), "\033[1;7;33m");
    out.cli.colour = false;
    out.cli.width = 60;
    struct str rest = str_of(printed(k, "status", "{'targets':['web1']}")), line;
    while (str_next(&rest, "\n", &line))
        if (line.n && strncmp(line.p, "3 hosts", 7) != 0)
            assert_true(line.n <= 60 + 16); /* columns; bytes may be more */
    out.cli.lang = "fr";
    kit_has(printed(k, "status", NULL), "Critique");
}

static void all_well(void **state)
{
    struct kit *k = *state;
    kit_has(printed(k, "status", NULL), "Nobody needs to do anything.");
    kit_has(printed(k, "status", "{'q':'nothing like that'}"), "3 hosts");
}

static void each_answer_in_words(void **state)
{
    struct kit *k = *state;
    kit_result(k, "web1/job", STATE_CRITICAL, "disk full");
    static const struct {
        const char *op, *params, *has;
    } rows[] = {
        {"why", "{'target':'web1/job'}", "  · somebody was told"}, {"ack", "{'targets':['web1/job','web1/tcp'],'comment':'x'}", "web1/job: acknowledged\nweb1/tcp: not done: "},
        {"unack", "{'targets':['web1/job']}", "web1/job: released\n"}, {"recheck", "{'targets':['web1/tcp']}", "OK           web1/tcp  connected"}, {"disable", "{'targets':['box']}", "box: switched off\n"},
        {"enable", "{'targets':['box']}", "box: switched on\n"}, {"as-configured", "{'targets':['box']}", "box"}, {"result", "{'target':'web1/job','state':'ok','output':'fine'}", "web1/job  fine\n"},
        {"downtimes", NULL, "No work is planned.\n"}, {"downtime", "{'targets':['web1'],'comment':'kernel'}", "kernel\n"}, {"downtimes", NULL, "web1"}, {"history", "{'target':'web1/job'}", "disk full"},
        {"events", "{'since':'+1d'}", "Nothing happened in that time.\n"}, {"conf-diff", NULL, "The files say what runs already.\n"}, {"conf-apply", NULL, "The files say what runs already.\n"},
        {"conf-show", "{'host':'box'}", "box:"}, {"add", "{'targets':['https://example.org/','one.example.org']}", "example.org/http is watched: "}, {"remove", "{'target':'one.example.org'}", "- host one.example.org"},
        {"user-list", NULL, "Nobody may log in yet"}, {"user-add", "{'name':'camille','password':'" KIT_PASSWORD "','role':'admin'}", "Done.\n"}, {"user-list", NULL, "camille  admin"},
        {"token-list", NULL, "There are no tokens.\n"}, {"token-add", "{'name':'ci','scope':'read'}", "vgt_"}, {"token-list", NULL, "ci"}, {"token-remove", "{'name':'ci'}", "Done.\n"}, {"setup-link", NULL, "/setup/"},
        {"health", NULL, "ok: true\n"}, {"stats", NULL, "attempts: "}, {"openapi", NULL, "\"openapi\": \"3.1.0\""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *t = printed(k, rows[i].op, rows[i].params);
        if (!strstr(t, rows[i].has))
            fail_msg("%s: “%s” is not in: %s", rows[i].op, rows[i].has, t);
        assert_true(str_ends(t, "\n"));
    }
}

static void a_diff(void **state)
{
    struct kit *k = *state;
    kit_write(k, "vigie.yaml", "defaults: { every: 1h }\nhosts: { router1: { address: 192.0.2.9 }, new1: { address: 192.0.2.3 } }\n");
    const char *t = printed(k, "conf-diff", NULL);
    kit_has(t, "+ host new1");
    kit_has(t, "- host web1");
    kit_has(t, "~ host router1");
    kit_has(t, "; “vigie conf apply” applies them.");
    kit_has(printed(k, "conf-apply", NULL), " applied.\n");
}

static void json_is_json(void **state)
{
    struct kit *k = *state;
    struct doc *back;
    out.cli.json = true;
    static const char *const names[] = {"status", "hosts", "health", "user-list", "conf-diff", "stats", "downtimes"};
    for (size_t i = 0; i < COUNT(names); i++) {
        const char *t = printed(k, names[i], NULL);
        assert_int_equal(json_parse(k->arena, t, strlen(t), 1 << 20, &back, NULL), 0);
    }
}

static void a_refusal(void **state)
{
    struct kit *k = *state;
    struct doc *reply;
    kit_write(k, "vigie.yaml", "hosts:\n  web1:\n    adress: x\n");
    kit_op(k, "conf-apply", NULL);
    const char *json = arena_dup(k->arena, kit_text(k));
    assert_int_equal(json_parse(k->arena, json, strlen(json), 1 << 20, &reply, NULL), 0);
    catch(2);
    print_refusal(&out.cli, reply);
    const char *t = caught(2);
    kit_has(t, "vigie.yaml:3:5: ");
    kit_has(t, "        adress: x\n        ^\n"); /* the caret stands below what is wrong */
    kit_has(t, "vigie: the configuration has 1 error");
    out.cli.json = true;
    catch(1);
    print_refusal(&out.cli, reply);
    t = caught(1);
    assert_int_equal(json_parse(k->arena, t, strlen(t), 1 << 20, &reply, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRINT_TEST(status_problems_first), PRINT_TEST(all_well), PRINT_TEST(each_answer_in_words), PRINT_TEST(a_diff), PRINT_TEST(json_is_json), PRINT_TEST(a_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
