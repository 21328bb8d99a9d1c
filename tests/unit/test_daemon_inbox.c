/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Issues as files: what is pushed is published, once, and what changes in a file follows; nobody is told of history (ST-3, ST-20). */
#include "base/timetext.h"
#include "daemon_kit.h"

#define DIR_OF "/srv/status"
#define YAML                                                                                                                  \
    "site: { title: Harbour, zone: UTC, lang: en, url: 'https://status.example.org/' }\n"                                     \
    "announce: { inbox: " DIR_OF " }\n"                                                                                        \
    "hosts: { box: { alive: no, checks: [{ passive: { name: web, attempts: 1 } }] } }\n"                                       \
    "components:\n  website: { name: { en: Website, fr: Site web } }\n  mail: { name: Mail }\n"

/* Files have times; those of the world are written into them: "@" is now, "@-1h" an hour ago. */
static const char *filled(struct kit *k, const char *text)
{
    struct buf b = BUF_MAX(1 << 16);
    for (; *text; text++) {
        char at[TIME_RFC3339_BYTES];
        int64_t ms = 0;
        if (*text != '@') {
            buf_char(&b, *text);
            continue;
        }
        if (text[1] == '+' || text[1] == '-') {
            char word[20];
            size_t n = strspn(text + 2, "0123456789smhd");
            str_copyn(word, sizeof word, text + 2, n);
            assert_int_equal(str_duration(word, 1000, &ms), 0);
            ms = text[1] == '-' ? -ms : ms;
            text += n + 1;
        }
        time_rfc3339(clock_wall_ms() + ms, 0, at);
        buf_printf(&b, "%.10s %.8s", at, at + 11);
    }
    const char *ret = arena_dup(k->arena, buf_text(&b));
    buf_done(&b);
    return ret;
}

static void push(struct kit *k, const char *file, const char *text)
{
    sim_file(arena_printf(k->arena, DIR_OF "/%s", file), text ? filled(k, text) : NULL);
    sim_run_for(2000);
}

static int setup(void **state)
{
    struct kit *k = kit_new(YAML);
    char path[200];
    str_print(path, sizeof path, "%s" DIR_OF, k->dir);
    assert_int_equal(file_mkdirs(path, 0755, NULL), 0);
    sim_mail_mode(SIM_MAIL_OK);
    kit_start(k);
    sim_run_for(5000);
    kit_op(k, "subscriber-add", "{'email':'reader@example.org','agreed':true}");
    *state = k;
    return 0;
}
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, kit_teardown)

static const struct bulletin *only(struct kit *k)
{
    if (board_count(k->house->board) != 1)
        fail_msg("%zu bulletins; logged: %s", board_count(k->house->board), k->said);
    return board_at(k->house->board, 0);
}

static int64_t mailed(struct kit *k, int64_t id)
{
    sim_run_for(60 * 1000);
    assert_int_equal(kit_op(k, "subscriber-report", arena_printf(k->arena, "{'id':'%lld'}", (long long)id)), 200);
    return doc_int(k->reply, "count", -1);
}

static enum level level(struct kit *k, const char *component)
{
    return bulletin_level(only(k), component, clock_wall_ms());
}

#define FRONT "---\ntitle: Website is down\ndate: @-5m\nresolved: false\nseverity: down\naffected: [Website]\nsection: issue\n---\n"

static void an_incident_lives_in_its_file(void **state)
{
    struct kit *k = *state;
    push(k, "web.md", FRONT "*Investigating* - We look. {{< track \"@-5m\" >}}\n");
    const struct bulletin *b = only(k);
    char key[20];
    str_copy(key, sizeof key, b->key);
    assert_string_equal(b->origin, "git");
    assert_int_equal(level(k, "website"), LEVEL_MAJOR);
    assert_int_equal(kit_get(k, "/"), 200);
    kit_has(buf_text(&k->text), "Website is down");
    assert_int_equal(mailed(k, b->id), 1);
    const char *file = kit_read(k, "../srv/status/web.md");
    const char *body = strstr(file, "*Investigating*"), *head = arena_dupn(k->arena, file, (size_t)(body - file));
    /* a paragraph on top */
    push(k, "web.md", arena_printf(k->arena, "%s*Identified* - A cable. {{< track \"@\" >}}\n\n%s", head, body));
    assert_int_equal(only(k)->n_updates, 2);
    assert_int_equal(only(k)->phase, PHASE_IDENTIFIED);
    assert_int_equal(mailed(k, only(k)->id), 2);
    /* the same again, and a file beside it: nothing */
    push(k, "README.md", "Only words.\n");
    assert_int_equal(only(k)->n_updates, 2);
    /* another word in a paragraph, another title, less bad */
    file = kit_read(k, "../srv/status/web.md");
    char *now = arena_dup(k->arena, file);
    memcpy(strstr(now, "A cable."), "A spade.", 8);
    memcpy(strstr(now, "is down\n"), "is slow\n", 8);
    push(k, "web.md", now);
    assert_string_equal(only(k)->title.text[0], "Website is slow");
    assert_string_equal(only(k)->updates[1].text.text[0], "A spade.");
    assert_true(only(k)->updates[1].edited_ms > 0);
    assert_int_equal(mailed(k, only(k)->id), 2); /* corrections are told to nobody */
    char *word = strstr(now, "severity: down");
    now = arena_printf(k->arena, "%.*sseverity: disrupted%s", (int)(word - now), now, word + strlen("severity: down"));
    push(k, "web.md", now);
    assert_int_equal(level(k, "website"), LEVEL_PARTIAL);
    /* over */
    word = strstr(now, "resolved: false");
    now = arena_printf(k->arena, "%.*sresolved: true\nresolvedWhen: @%s", (int)(word - now), now, word + strlen("resolved: false"));
    push(k, "web.md", now);
    assert_int_equal(only(k)->phase, PHASE_RESOLVED);
    assert_int_equal(level(k, "website"), LEVEL_OPERATIONAL);
    assert_string_equal(only(k)->key, key);
    int n = only(k)->n_updates;
    kit_stop(k); /* after a restart nothing is said again */
    kit_start(k);
    sim_run_for(10 * 1000);
    assert_int_equal(only(k)->n_updates, n);
    push(k, "web.md", NULL); /* what goes takes nothing away */
    assert_int_equal(only(k)->n_updates, n);
    assert_int_equal(kit_get(k, arena_printf(k->arena, "/incident/%s", key)), 200);
}

static void history_is_told_to_nobody(void **state)
{
    struct kit *k = *state;
    push(k, "old.md", "---\ntitle: Old\ndate: 2018-01-01 10:00:00\nresolved: true\nresolvedWhen: 2018-01-01 12:00:00\nseverity: down\naffected: [Mail]\nsection: issue\n---\nx\n");
    assert_int_equal(only(k)->phase, PHASE_RESOLVED);
    assert_int_equal(mailed(k, only(k)->id), 0);
    assert_int_equal(kit_get(k, "/issues/old/"), 301);
}

static void quiet_ones(void **state)
{
    struct kit *k = *state;
    push(k, "q.md", "---\ntitle: Quiet\ndate: @-1m\nresolved: false\nseverity: disrupted\naffected: [Mail]\nsection: issue\nquiet: true\n---\nx\n");
    assert_int_equal(only(k)->phase, PHASE_INVESTIGATING);
    assert_int_equal(mailed(k, only(k)->id), 0);
}

static void work_is_planned_and_moved(void **state)
{
    struct kit *k = *state;
    push(k, "disks.md", "---\ntitle: New disks\ndate: @+2d\nresolvedWhen: @+3d\nresolved: false\nseverity: notice\naffected: [Mail, Nothing]\nsection: issue\n---\nShort breaks.\n");
    const struct bulletin *b = only(k);
    assert_int_equal(b->kind, BULLETIN_WORK);
    assert_int_equal(b->phase, PHASE_CONFIRMED);
    assert_int_equal(b->n_components, 1);
    kit_has(k->said, "the component nothing"); /* a component that is not there is said */
    int64_t start = b->start_ms;
    push(k, "disks.md", "---\ntitle: New disks\ndate: @+4d\nresolvedWhen: @+5d\nresolved: false\nseverity: notice\naffected: [Mail]\nsection: issue\n---\nShort breaks.\n");
    assert_true(only(k)->start_ms > start);
    assert_int_equal(only(k)->sequence, 1);
}

static void what_staff_says_stays(void **state)
{
    struct kit *k = *state;
    push(k, "web.md", FRONT "We look.\n");
    sim_run_for(60 * 1000);
    assert_int_equal(kit_op(k, "incident-update", "{'id':'1','phase':'identified','text':'Said elsewhere.'}"), 200);
    push(k, "other.md", "no front matter\n");
    assert_int_equal(only(k)->n_updates, 2);
    assert_int_equal(only(k)->phase, PHASE_IDENTIFIED);
    assert_int_equal(kit_op(k, "incident-resolve", "{'id':'1'}"), 200);
    push(k, "other2.md", "no front matter\n"); /* the file still says that it is open */
    assert_int_equal(only(k)->phase, PHASE_RESOLVED);
    kit_op(k, "incident-retract", "{'id':'1'}");
    push(k, "web.md", FRONT "We look again.\n");
    assert_true(only(k)->retracted);
}

/* How bad it is now: whoever said it last. */
static void a_level_that_staff_set_stays(void **state)
{
    struct kit *k = *state;
    push(k, "web.md", FRONT "We look.\n");
    sim_run_for(60 * 1000);
    kit_op(k, "incident-update", "{'id':'1','components':['website:degraded']}");
    push(k, "other.md", "no front matter\n");
    assert_int_equal(level(k, "website"), LEVEL_DEGRADED);
    kit_stop(k);
    kit_start(k);
    sim_run_for(10 * 1000);
    assert_int_equal(level(k, "website"), LEVEL_DEGRADED);
    const char *file = kit_read(k, "../srv/status/web.md"), *word = strstr(file, "severity: down");
    push(k, "web.md", arena_printf(k->arena, "%.*sseverity: disrupted%s", (int)(word - file), file, word + strlen("severity: down")));
    assert_int_equal(level(k, "website"), LEVEL_PARTIAL);
}

static void broken_files(void **state)
{
    struct kit *k = *state;
    push(k, "bad.md", "---\ntitle: [\n---\n");
    assert_int_equal(board_count(k->house->board), 0);
    kit_has(k->said, "inbox: ");
    int lines = k->lines;
    push(k, "bad.md", "---\ntitle: [\n---\n"); /* said once */
    assert_int_equal(k->lines, lines);
    push(k, "web.md", FRONT "We look.\n"); /* the others are read all the same */
    assert_int_equal(only(k)->kind, BULLETIN_INCIDENT);
    sim_disk_fault(SIM_DISK_FULL);
    push(k, "late.md", "---\ntitle: Late\ndate: @-1m\nresolved: false\nseverity: disrupted\naffected: [Mail]\nsection: issue\n---\nx\n");
    sim_disk_fault(SIM_DISK_OK);
    sim_run_for(60 * 1000);
    assert_int_equal(board_count(k->house->board), 2);
    kit_stop(k);
    kit_start(k);
    assert_int_equal(board_count(k->house->board), 2); /* it was kept in the end */
}

static void many_files(void **state)
{
    struct kit *k = *state;
    for (int i = 0; i < 300; i++) {
        char path[100];
        str_print(path, sizeof path, DIR_OF "/%d.md", i);
        sim_file(path, "---\ntitle: Old\ndate: 2018-01-01 10:00:00\nresolved: true\nresolvedWhen: 2018-01-01 12:00:00\nseverity: down\naffected: [Mail]\nsection: issue\n---\nx\n");
    }
    sim_run_for(10 * 1000);
    assert_int_equal(board_count(k->house->board), 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(an_incident_lives_in_its_file), TEST(history_is_told_to_nobody), TEST(quiet_ones), TEST(work_is_planned_and_moved), TEST(what_staff_says_stays), TEST(a_level_that_staff_set_stays), TEST(broken_files), TEST(many_files)};
    return cmocka_run_group_tests_name("daemon_inbox", tests, NULL, NULL);
}
