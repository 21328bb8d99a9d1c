/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same sight in the shapes of other tools, as a badge, in a frame, and on the page: all agree, and no title breaks any (ST-8, ST-20, LES-21). */
#include "public_scene.h"

static const struct doc *sp(struct scene *s, const char *path)
{
    assert_true(shape_statuspage(scene_look(s, "en"), path));
    return scene_json(s);
}

static const char *indicator(struct scene *s)
{
    return doc_text(doc_get(sp(s, "status.json"), "status"), "indicator", "-");
}

static const char *status_of(const struct doc *summary, const char *name)
{
    DOC_EACH(doc_get(summary, "components"), c)
        if (str_eq(doc_text(c, "name", ""), name))
            return doc_text(c, "status", "");
    return "-";
}

static void all_is_well(void **state)
{
    struct scene *s = *state;
    const struct doc *d = sp(s, "summary.json");
    assert_string_equal(doc_text(doc_get(d, "status"), "indicator", ""), "none");
    assert_string_equal(doc_text(doc_get(d, "status"), "description", ""), "All Systems Operational");
    assert_string_equal(status_of(d, "Buoys"), "operational");
    assert_string_equal(doc_text(doc_get(d, "page"), "name", ""), "Harbour <&\" Sons");
    DOC_EACH(doc_get(d, "components"), c) {
        assert_int_equal(strlen(doc_text(c, "id", "")), 12);
        assert_true(doc_text(c, "created_at", "")[19] == '.');
    }
    assert_false(shape_statuspage(&s->p, "nothing.json"));
}

static void groups_hold_their_components(void **state)
{
    struct scene *s = *state;
    const struct doc *d = sp(s, "components.json");
    int groups = 0, found = 0;
    DOC_EACH(doc_get(d, "components"), g) {
        if (!doc_bool(g, "group", false))
            continue;
        groups++;
        DOC_EACH(doc_get(g, "components"), id)
            DOC_EACH(doc_get(d, "components"), c)
                found += str_eq(doc_text(c, "id", ""), id->text) && str_eq(doc_text(c, "group_id", ""), doc_text(g, "id", "-"));
    }
    assert_int_equal(groups, 2);
    assert_int_equal(found, 2);
}

static void each_level_has_its_words(void **state)
{
    static const struct {
        enum level level;
        const char *status, *indicator, *badge, *cstate;
    } rows[] = {
        {LEVEL_DEGRADED, "degraded_performance", "minor", ">Slow<", "disrupted"},
        {LEVEL_PARTIAL, "partial_outage", "major", ">Partly down<", "disrupted"},
        {LEVEL_MAJOR, "major_outage", "critical", ">Down<", "down"},
    };
    struct scene *s = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t id = scene_incident(s, HOSTILE, "buoys", rows[i].level)->id;
        const struct doc *d = sp(s, "summary.json");
        assert_string_equal(status_of(d, "Buoys"), rows[i].status);
        assert_string_equal(doc_text(doc_get(d, "status"), "indicator", ""), rows[i].indicator);
        const struct doc *one = doc_first(doc_get(d, "incidents"));
        assert_string_equal(doc_text(one, "name", ""), HOSTILE);
        assert_string_equal(doc_text(one, "impact", ""), rows[i].indicator);
        assert_string_equal(doc_text(one, "status", ""), "investigating");
        assert_string_equal(doc_text(doc_first(doc_get(doc_first(doc_get(one, "incident_updates")), "affected_components")), "new_status", ""), rows[i].status);
        shape_badge(scene_look(s, "en"), NULL, "flat");
        well_formed(scene_out(s));
        has(scene_out(s), rows[i].badge);
        shape_cstate(scene_look(s, "en"));
        assert_string_equal(doc_text(scene_json(s), "summaryStatus", ""), rows[i].cstate);
        public_now(scene_look(s, "en"));
        lacks(scene_out(s), "Everything works.");
        lacks(scene_out(s), "<script");
        scene_say(s, board_find(s->b, id), PHASE_RESOLVED, "Done.");
        for (int k = 0; k < 3; k++)
            fix_result(s->f, (const char *const[]){"h/a", "h/b", "h/c"}[k], STATE_OK, true);
        assert_string_equal(indicator(s), "none");
    }
}

/* An incident without any component, and one that only is watched still: nobody says "all good". */
static void an_open_incident_is_never_all_good(void **state)
{
    static const char *const never[] = {"All Systems Operational", "Everything works.", ">Works</text>", "\"message\":\"Works\"", "\"summaryStatus\":\"ok\""};
    static const enum phase phases[] = {PHASE_IDENTIFIED, PHASE_MONITORING};
    struct scene *s = *state;
    int64_t id = scene_incident(s, "Something", NULL, 0)->id;
    for (size_t i = 0; i < COUNT(phases); i++) {
        scene_say(s, board_find(s->b, id), phases[i], "More.");
        shape_statuspage(scene_look(s, "en"), "summary.json");
        for (size_t k = 0; k < COUNT(never); k++)
            lacks(scene_out(s), never[k]);
        public_now(scene_look(s, "en"));
        lacks(scene_out(s), never[1]);
        shape_badge(scene_look(s, "en"), NULL, NULL);
        lacks(scene_out(s), never[2]);
        shape_shields(scene_look(s, "en"), NULL);
        lacks(scene_out(s), never[3]);
        shape_cstate(scene_look(s, "en"));
        lacks(scene_out(s), never[4]);
        embed_fragment(scene_look(s, "en"));
        lacks(scene_out(s), never[1]);
    }
}

static void silence_is_not_green(void **state)
{
    struct scene *s = *state;
    fix_pass(s->f, 24 * HOUR_MS);
    const struct doc *d = sp(s, "summary.json");
    assert_string_equal(doc_text(doc_get(d, "status"), "indicator", ""), "minor");
    assert_string_equal(status_of(d, "Buoys"), "degraded_performance");
    shape_cctray(scene_look(s, "en"));
    lacks(scene_out(s), "Success");
}

static void planned_work_in_v2(void **state)
{
    struct scene *s = *state;
    const struct bulletin *w = scene_work(s, HOSTILE, 24 * HOUR_MS, HOUR_MS);
    const struct doc *one = doc_first(doc_get(sp(s, "scheduled-maintenances/upcoming.json"), "scheduled_maintenances"));
    assert_string_equal(doc_text(one, "status", ""), "scheduled");
    assert_string_equal(doc_text(one, "impact", ""), "maintenance");
    assert_string_equal(doc_text(one, "id", ""), w->key);
    assert_non_null(doc_text(one, "scheduled_until", NULL));
    assert_int_equal(doc_get(sp(s, "scheduled-maintenances/active.json"), "scheduled_maintenances")->kids.n, 0);
    assert_int_equal(doc_get(sp(s, "incidents.json"), "incidents")->kids.n, 0);
    scene_say(s, board_find(s->b, w->id), PHASE_CANCELLED, "It rains.");
    assert_int_equal(doc_get(sp(s, "scheduled-maintenances.json"), "scheduled_maintenances")->kids.n, 0);
}

static void shields_takes_no_other_keys(void **state)
{
    static const char *const keys[] = {"schemaVersion", "label", "message", "color"};
    struct scene *s = *state;
    scene_look(s, "fr");
    shape_shields(&s->p, sight_find(&s->s, "ferry"));
    const struct doc *d = scene_json(s);
    assert_int_equal(d->kids.n, COUNT(keys));
    for (size_t i = 0; i < COUNT(keys); i++)
        assert_non_null(doc_get(d, keys[i]));
    assert_string_equal(doc_text(d, "label", ""), "Bac");
    assert_string_equal(doc_text(d, "message", ""), "Fonctionne");
}

static void gatus_keys(void **state)
{
    struct scene *s = *state;
    shape_gatus(scene_look(s, "fr"));
    const struct doc *d = scene_json(s), *first = doc_first(d);
    assert_int_equal(d->kids.n, 3);
    assert_string_equal(doc_text(first, "key", ""), "bateaux_bac");
    assert_true(doc_bool(doc_first(doc_get(first, "results")), "success", false));
}

static void badges_of_every_style(void **state)
{
    static const char *const styles[] = {"flat", "flat-square", "plastic", "for-the-badge", "pill", "none such", NULL};
    struct scene *s = *state;
    for (size_t i = 0; i < COUNT(styles); i++) {
        scene_look(s, "en");
        shape_badge(&s->p, sight_find(&s->s, "ferry"), styles[i]);
        well_formed(scene_out(s));
        lacks(scene_out(s), "<script");
        lacks(scene_out(s), "style=");
    }
    has(scene_out(s), "Ferry &quot;one&quot; &lt;script&gt;");
}

static void embedded(void **state)
{
    struct scene *s = *state;
    scene_incident(s, HOSTILE, "buoys", LEVEL_MAJOR);
    embed_fragment(scene_look(s, "fr"));
    well_formed(scene_out(s));
    has(scene_out(s), "lang=\"fr\"");
    lacks(scene_out(s), "<script");
    lacks(scene_out(s), "<iframe");
    embed_widget(scene_look(s, "en"));
    lacks(scene_out(s), "<script");
    embed_widget_script(scene_look(s, "en"));
    lacks(scene_out(s), "</script");
    embed_error_page(scene_look(s, "en"));
    has(scene_out(s), "Is it just me?");
    has(scene_out(s), "je seul");
    lacks(scene_out(s), "<script");
    assert_true(s->out.len < 4000);
}

/* ---- pages ---- */

static void the_page_tells_what_is_open_and_planned(void **state)
{
    struct scene *s = *state;
    const struct post_level l[] = {{"buoys", LEVEL_PARTIAL}};
    struct post p = scene_opening("Buoys drift", "Les bouées dérivent", l);
    p.next_by_ms = s->f->now.wall_ms + HOUR_MS;
    scene_post(s, 0, p);
    scene_work(s, "New paint", 24 * HOUR_MS, HOUR_MS);
    public_now(scene_look(s, "en"));
    const char *html = scene_out(s);
    has(html, "Buoys are partly down.<br>Everything else works.");
    has(html, "Next word from us");
    has(html, "We <strong>look</strong> for the cause.");
    has(html, "New paint");
    has(html, "It will be away for some time.");
    has(html, "I cannot use this: Buoys.");
    has(html, "type=\"application/atom+xml\"");
    lacks(html, "anna-of-staff");
    assert_true(s->out.len < 60 << 10);
    fix_pass(s->f, 2 * HOUR_MS); /* the promise was not kept */
    public_now(scene_look(s, "en"));
    has(scene_out(s), "overdue: ");
    public_now(scene_look(s, "fr"));
    has(scene_out(s), "Les bouées dérivent");
    has(scene_out(s), "Travaux");
}

static void a_text_in_one_language_has_a_mark(void **state)
{
    struct scene *s = *state;
    const struct bulletin *b = scene_incident(s, "In English", "buoys", LEVEL_MAJOR);
    public_bulletin(scene_look(s, "fr"), b);
    has(scene_out(s), "lang=\"en\"");
    has(scene_out(s), "en anglais seulement");
    public_bulletin(scene_look(s, "en"), b);
    lacks(scene_out(s), "English only");
}

static void five_times_edits_and_a_report(void **state)
{
    struct scene *s = *state;
    const struct post_level l[] = {{"buoys", LEVEL_MAJOR}};
    struct post p = scene_opening("Late", NULL, l);
    p.at_ms = s->f->now.wall_ms - HOUR_MS;
    p.noticed_ms = s->f->now.wall_ms - HOUR_MS / 2;
    int64_t id = scene_post(s, 0, p)->id;
    scene_say(s, board_find(s->b, id), PHASE_RESOLVED, "Over.");
    struct post edit = POST_OF(POST_CORRECT_UPDATE);
    edit.update_id = 2;
    edit.text = scene_text("All over.", NULL);
    scene_post(s, id, edit);
    struct post report = POST_OF(POST_REPORT);
    report.text = scene_text("# Cause\nA <b>rope</b>.", NULL);
    scene_post(s, id, report);
    public_bulletin(scene_look(s, "en"), board_find(s->b, id));
    static const char *const parts[] = {"It started", "We noticed", "We first wrote", "We last changed this page", "It ended", "id=\"update-1\"", "id=\"update-2\"", "began ", "changed ", "All over.", "lasted"};
    for (size_t i = 0; i < COUNT(parts); i++)
        has(scene_out(s), parts[i]);
    lacks(scene_out(s), "rope"); /* only staff read the report yet */
    struct post open = POST_OF(POST_REPORT);
    open.report_public = 1;
    scene_post(s, id, open);
    public_bulletin(scene_look(s, "en"), board_find(s->b, id));
    has(scene_out(s), "<h3>Cause</h3>");
    has(scene_out(s), "&lt;b&gt;rope");
}

static void months_and_components(void **state)
{
    struct scene *s = *state;
    struct civil c;
    int64_t id = scene_incident(s, "It broke", "buoys", LEVEL_MAJOR)->id;
    scene_say(s, board_find(s->b, id), PHASE_RESOLVED, "It was a **rope**.");
    time_civil(s->f->now.wall_ms, NULL, &c);
    public_month(scene_look(s, "en"), c.year, c.month);
    has(scene_out(s), "It broke");
    has(scene_out(s), "It was a rope.");
    has(scene_out(s), "rel=\"prev\"");
    lacks(scene_out(s), "rel=\"next\"");
    public_month(scene_look(s, "en"), c.year - 1, c.month);
    has(scene_out(s), "Nothing happened.");
    scene_look(s, "en");
    public_component(&s->p, sight_find(&s->s, "buoys"));
    has(scene_out(s), "It broke");
    has(scene_out(s), "/component/buoys/feed.atom");
    scene_look(s, "en");
    public_component(&s->p, sight_find(&s->s, "ferry"));
    lacks(scene_out(s), "It broke");
    lacks(scene_out(s), "<script");
    has(scene_out(s), "No data yet.");
}

static void a_withdrawn_one_says_so(void **state)
{
    struct scene *s = *state;
    int64_t id = scene_incident(s, "Mistaken title", "buoys", LEVEL_MAJOR)->id;
    scene_post(s, id, POST_OF(POST_RETRACT));
    public_bulletin(scene_look(s, "en"), board_find(s->b, id));
    has(scene_out(s), "This was withdrawn.");
    lacks(scene_out(s), "Mistaken title");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(all_is_well), SCENE_TEST(groups_hold_their_components), SCENE_TEST(each_level_has_its_words), SCENE_TEST(an_open_incident_is_never_all_good),
        SCENE_TEST(silence_is_not_green), SCENE_TEST(planned_work_in_v2), SCENE_TEST(shields_takes_no_other_keys), SCENE_TEST(gatus_keys),
        SCENE_TEST(badges_of_every_style), SCENE_TEST(embedded), SCENE_TEST(the_page_tells_what_is_open_and_planned), SCENE_TEST(a_text_in_one_language_has_a_mark),
        SCENE_TEST(five_times_edits_and_a_report), SCENE_TEST(months_and_components), SCENE_TEST(a_withdrawn_one_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
