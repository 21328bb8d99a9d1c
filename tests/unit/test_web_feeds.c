/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feeds and calendars: identities that stay, what bumps them, hostile titles, languages, folding (ST-14, ST-17, LES-4). */
#include "public_scene.h"

static const struct feed_of all = {.self = "/feed.atom?lang=en"};

static const char *atom(struct scene *s, const char *lang, struct feed_of of)
{
    of.self = of.self ? of.self : all.self;
    feed_atom(scene_look(s, lang), &of);
    well_formed(scene_out(s));
    return scene_out(s);
}

static void empty(void **state)
{
    struct scene *s = *state;
    has(atom(s, "en", all), "<updated>1970-01-01T00:00:00Z</updated>");
    assert_int_equal(feed_modified(&s->p, &all), 0);
    feed_calendar(scene_look(s, "en"), &all);
    has(scene_out(s), "END:VCALENDAR");
}

static void an_entry_has_all_that_was_said(void **state)
{
    struct scene *s = *state;
    const struct bulletin *b = scene_incident(s, "Ferry is late", "ferry", LEVEL_DEGRADED);
    b = scene_say(s, b, PHASE_IDENTIFIED, "A *rope*.");
    const char *text = atom(s, "en", all);
    has(text, "<id>tag:vigie,2026:abcdefgh0001</id>");
    has(text, "href=\"https://status.example.org/incident/abcdefgh0001\"");
    has(text, "&lt;strong&gt;look&lt;/strong&gt;");
    has(text, "&lt;em&gt;rope&lt;/em&gt;");
    has(text, "<category term=\"identified\"");
    lacks(text, "anna");
    has(atom(s, "fr", all), "xml:lang=\"fr\"");
    has(scene_out(s), "<entry xml:lang=\"en\">"); /* nobody wrote it in French */
}

static void hostile_titles_break_nothing(void **state)
{
    struct scene *s = *state;
    struct buf longest = BUF_MAX(400);
    scene_incident(s, HOSTILE, "ferry", LEVEL_MAJOR);
    while (longest.len < BULLETIN_MAX_TITLE - 3)
        buf_str(&longest, "é");
    scene_incident(s, buf_text(&longest), NULL, 0);
    scene_work(s, HOSTILE, (24 * HOUR_MS), HOUR_MS);
    const char *text = atom(s, "en", all);
    lacks(text, "<script");
    feed_rss(scene_look(s, "en"), &all);
    well_formed(scene_out(s));
    lacks(scene_out(s), "<script");
    feed_json(scene_look(s, "en"), &all);
    const struct doc *d = scene_json(s);
    assert_int_equal(doc_get(d, "items")->kids.n, 3);
    bool found = false;
    DOC_EACH(doc_get(d, "items"), it)
        found |= str_eq(doc_text(it, "title", ""), HOSTILE);
    assert_true(found);
    buf_done(&longest);
}

static void what_is_said_bumps_it_and_a_correction_does_not(void **state)
{
    struct scene *s = *state;
    const struct bulletin *a = scene_incident(s, "first", "ferry", LEVEL_MAJOR);
    const struct bulletin *b = scene_incident(s, "second", "ferry", LEVEL_MAJOR);
    int64_t id_a = a->id, id_b = b->id, said = bulletin_said_ms(b);
    struct feed_item items[FEED_ENTRIES];
    assert_int_equal(feed_select(scene_look(s, "en"), &all, items), 2);
    assert_int_equal(items[0].b->id, id_b);
    struct post fix = POST_OF(POST_CORRECT);
    fix.started_ms = s->f->now.wall_ms - HOUR_MS;
    scene_post(s, id_a, fix); /* its start was another */
    feed_select(scene_look(s, "en"), &all, items);
    assert_int_equal(items[0].b->id, id_b);
    assert_int_equal(items[0].updated_ms, said);
    scene_say(s, board_find(s->b, id_a), PHASE_IDENTIFIED, "more");
    feed_select(scene_look(s, "en"), &all, items);
    assert_int_equal(items[0].b->id, id_a);
    assert_true(items[0].updated_ms > said);
}

static void drafts_and_withdrawn_ones_are_not_in_it(void **state)
{
    struct scene *s = *state;
    const struct post_level l[] = {{"ferry", LEVEL_MAJOR}};
    struct post p = scene_opening("secret", NULL, l);
    p.draft = true;
    scene_post(s, 0, p);
    const struct bulletin *b = scene_incident(s, "mistake", "ferry", LEVEL_MAJOR);
    scene_post(s, b->id, POST_OF(POST_RETRACT));
    lacks(atom(s, "en", all), "<entry");
    feed_calendar(scene_look(s, "en"), &all);
    lacks(scene_out(s), "VEVENT");
}

static void by_component_group_and_update(void **state)
{
    struct scene *s = *state;
    const struct bulletin *b = scene_incident(s, "of the ferry", "ferry", LEVEL_MAJOR);
    scene_say(s, b, PHASE_IDENTIFIED, "second word");
    scene_incident(s, "of the buoys", "buoys", LEVEL_MAJOR);
    const char *text = atom(s, "en", (struct feed_of){.component = "ferry"});
    has(text, "of the ferry");
    lacks(text, "of the buoys");
    text = atom(s, "en", (struct feed_of){.group = "boats"});
    has(text, "of the ferry");
    has(text, "of the buoys"); /* boats/small is below it */
    text = atom(s, "en", (struct feed_of){.group = "boats/small"});
    lacks(text, "of the ferry");
    text = atom(s, "en", (struct feed_of){.per_update = true, .component = "ferry"});
    has(text, "<id>tag:vigie,2026:abcdefgh0001/1</id>");
    has(text, "<id>tag:vigie,2026:abcdefgh0001/2</id>");
    has(text, "#update-2");
    has(text, "of the ferry: We found the cause");
}

static void the_newest_fifty(void **state)
{
    struct scene *s = *state;
    struct feed_item items[FEED_ENTRIES];
    for (int i = 0; i < 70; i++)
        scene_incident(s, "one of many", "ferry", LEVEL_MAJOR);
    const struct bulletin *first = board_find(s->b, 1);
    scene_say(s, first, PHASE_IDENTIFIED, "the oldest speaks again");
    assert_int_equal(feed_select(scene_look(s, "en"), &all, items), FEED_ENTRIES);
    assert_int_equal(items[0].b->id, 1);
    for (int i = 1; i < FEED_ENTRIES; i++)
        assert_int_equal(items[i].b->id, 71 - i);
}

/* RFC 5545, 3.1: lines end with CRLF and have at most 75 octets. */
static void lines_are_folded(const char *ics)
{
    while (*ics) {
        size_t n = strcspn(ics, "\r\n");
        assert_true(n <= 75);
        assert_true(ics[n] == '\r' && ics[n + 1] == '\n');
        ics += n + 2;
    }
}

static void a_calendar(void **state)
{
    struct scene *s = *state;
    const struct bulletin *w = scene_work(s, HOSTILE, (24 * HOUR_MS), 2 * HOUR_MS);
    int64_t id = w->id;
    feed_calendar(scene_look(s, "en"), &all);
    lines_are_folded(scene_out(s));
    has(scene_out(s), "UID:vigie-abcdefgh0001\r\n");
    has(scene_out(s), "SEQUENCE:0\r\n");
    has(scene_out(s), "STATUS:CONFIRMED\r\n");
    has(scene_out(s), "X-MAINTNOTE-IMPACT:OUTAGE\r\n");
    has(scene_out(s), "X-MAINTNOTE-STATUS:CONFIRMED\r\n");

    has(scene_out(s), "X-MAINTNOTE-PROVIDER:status.example.org\r\n");
    struct post move = POST_OF(POST_MOVE);
    move.start_ms = w->start_ms + HOUR_MS;
    move.end_ms = w->end_ms + HOUR_MS;
    scene_post(s, id, move);
    feed_calendar(scene_look(s, "en"), &all);
    has(scene_out(s), "UID:vigie-abcdefgh0001\r\n");
    has(scene_out(s), "SEQUENCE:1\r\n");
    scene_say(s, board_find(s->b, id), PHASE_CANCELLED, "It rains.");
    feed_calendar(scene_look(s, "en"), &all);
    has(scene_out(s), "STATUS:CANCELLED\r\n");
    has(scene_out(s), "SEQUENCE:2\r\n");
    has(scene_out(s), "X-MAINTNOTE-STATUS:CANCELLED\r\n");
    lines_are_folded(scene_out(s));
}

static void incidents_come_into_the_calendar_when_they_are_over(void **state)
{
    struct scene *s = *state;
    const struct bulletin *b = scene_incident(s, "It broke", "ferry", LEVEL_MAJOR);
    feed_calendar(scene_look(s, "en"), &all);
    lacks(scene_out(s), "It broke");
    scene_say(s, b, PHASE_RESOLVED, "Done.\nReally, done; yes");
    feed_calendar(scene_look(s, "en"), &all);
    has(scene_out(s), "SUMMARY:It broke\r\n");
    has(scene_out(s), "done\\; yes");
    lacks(scene_out(s), "X-MAINTNOTE");
}

/* The clock alone changes no byte: that is what an ETag stands on. */
static void time_alone_changes_nothing(void **state)
{
    struct scene *s = *state;
    void (*const kinds[])(struct pub *, const struct feed_of *) = {feed_atom, feed_rss, feed_json, feed_calendar};
    const struct bulletin *b = scene_incident(s, "It broke", "ferry", LEVEL_MAJOR);
    scene_work(s, "Work", (24 * HOUR_MS), HOUR_MS);
    scene_say(s, b, PHASE_RESOLVED, "Done.");
    for (size_t i = 0; i < COUNT(kinds); i++) {
        kinds[i](scene_look(s, "fr"), &all);
        char *before = mem_dup(scene_out(s));
        fix_pass(s->f, 40 * 24 * HOUR_MS);
        kinds[i](scene_look(s, "fr"), &all);
        assert_string_equal(scene_out(s), before);
        mem_free(before);
    }
}

static void xml_forbids_some_characters(void **state)
{
    struct buf b = BUF_MAX(100);
    (void)state;
    feed_xml(&b, "a\x01\x0b\xef\xbf\xbe\xef\xbf\xbf<&>\"é\xff");
    assert_string_equal(buf_text(&b), "a&lt;&amp;&gt;&quot;é");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(empty), SCENE_TEST(an_entry_has_all_that_was_said), SCENE_TEST(hostile_titles_break_nothing), SCENE_TEST(what_is_said_bumps_it_and_a_correction_does_not),
        SCENE_TEST(drafts_and_withdrawn_ones_are_not_in_it), SCENE_TEST(by_component_group_and_update), SCENE_TEST(the_newest_fifty), SCENE_TEST(a_calendar),
        SCENE_TEST(incidents_come_into_the_calendar_when_they_are_over), SCENE_TEST(time_alone_changes_nothing), SCENE_TEST(xml_forbids_some_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
