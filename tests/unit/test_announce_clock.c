/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What follows by the clock, over restarts at every step: planned work, its reminders, its downtimes, promises (ANN-3, ANN-7, ANN-10, ST-9,
 * ST-10, PRA-20); drafts of what the checks say (LES-1); outages that nobody was told of (LES-2). */
#include "base/timetext.h"
#include "daemon_kit.h"

#define YAML                                                                                                              \
    "site: { mail: { smtp: 'smtp://127.0.0.1:25', from: vigie@example.org }, url: 'https://status.example.org' }\n"       \
    "contacts: { ops: { mail: ops@example.org } }\n"                                                                       \
    "hosts:\n"                                                                                                            \
    "  box: { alive: no, checks: [{ passive: { name: web, attempts: 1 } }, { passive: { name: mail, attempts: 1 } }, { passive: { name: other, attempts: 1 } }] }\n" \
    "components:\n"                                                                                                       \
    "  website: { name: { en: Website, fr: Site web }, depends: [box/web], after: 3m }\n"                                   \
    "  mail: { name: { en: Mail, fr: Courriel }, depends: [box/mail], after: 3m }\n"
#define DAY_MS (24 * HOUR_MS)

static int setup(void **state)
{
    *state = kit_up(YAML);
    return 0;
}
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, kit_teardown)

static void restart(struct kit *k)
{
    kit_stop(k);
    kit_start(k);
    sim_run_for(1000);
}

static const struct bulletin *one(struct kit *k, int64_t id)
{
    return board_find(k->house->board, id);
}

static void set(struct kit *k, const char *check, const char *state)
{
    if (kit_op(k, "result", arena_printf(k->arena, "{'target':'box/%s','state':'%s','output':'said'}", check, state)) != 200)
        fail_msg("%s", kit_text(k));
    sim_run_for(200);
}

static int64_t count_of(struct kit *k, const struct store_stmt *q)
{
    struct store_rows rows = {0};
    sim_run_for(2000);
    assert_int_equal(store_read_now(k->house->store, q, NULL, 0, 1, &rows, NULL), 0);
    int64_t n = store_cell_int(&rows, 0, 0);
    store_rows_done(&rows);
    return n;
}

static int64_t reminders(struct kit *k)
{
    static const struct store_stmt q = {"q1", "SELECT COUNT(*) FROM announced WHERE mark LIKE 'remind:%'"};
    return count_of(k, &q);
}

static int64_t staff_mails(struct kit *k)
{
    static const struct store_stmt q = {"q2", "SELECT COUNT(*) FROM outbox WHERE unique_key LIKE 'announce:%'"};
    return count_of(k, &q);
}

static bool in_downtime(struct kit *k, const char *check)
{
    return model_find(k->house->model, "box", check)->downtime_depth > 0;
}

static size_t n_windows(struct kit *k)
{
    return model_downtimes(k->house->model);
}

static void test_whole_life_of_work(void **state)
{
    struct kit *k = *state;
    int64_t start = clock_wall_ms() + 8 * DAY_MS;
    set(k, "web", "ok");
    kit_op(k, "maintenance-plan", "{'components':['website'],'start':'+8d','for':'2h','text':'Disks.'}");
    assert_int_equal(k->status, 200);
    sim_run_for(DAY_MS - HOUR_MS);
    assert_int_equal(reminders(k), 0);
    sim_run_for(2 * HOUR_MS);
    assert_int_equal(reminders(k), 1); /* 7 days before */
    restart(k);
    assert_int_equal(reminders(k), 1); /* once, also over a restart */
    sim_run_for(6 * DAY_MS);
    assert_int_equal(reminders(k), 2);
    restart(k);
    sim_run_for(22 * HOUR_MS + 30 * MINUTE_MS);
    assert_int_equal(reminders(k), 3);
    assert_int_equal(one(k, 1)->phase, PHASE_CONFIRMED);
    assert_false(in_downtime(k, "web"));
    restart(k);
    sim_run_for(start + MINUTE_MS - clock_wall_ms());
    assert_int_equal(one(k, 1)->phase, PHASE_IN_PROGRESS); /* by itself */
    assert_int_equal(one(k, 1)->started_ms / 1000, start / 1000);
    assert_true(in_downtime(k, "web"));
    assert_false(in_downtime(k, "mail"));
    set(k, "web", "critical"); /* nobody is told: it was planned */
    restart(k);
    assert_true(in_downtime(k, "web"));
    assert_int_equal(n_windows(k), 1); /* not one more at each start */
    sim_run_for(2 * HOUR_MS);
    assert_int_equal(one(k, 1)->phase, PHASE_IN_PROGRESS); /* over its time, and what it touched is bad */
    assert_int_equal(staff_mails(k), 1);
    assert_false(in_downtime(k, "web"));
    restart(k);
    sim_run_for(HOUR_MS);
    assert_int_equal(staff_mails(k), 1);
    set(k, "web", "ok");
    sim_run_for(MINUTE_MS);
    assert_int_equal(one(k, 1)->phase, PHASE_COMPLETED);
    assert_int_equal(reminders(k), 3);
    kit_op(k, "incident", "{'id':'1'}");
    assert_int_equal(doc_get(k->reply, "told")->kids.n, 4);
}

/* While the machine is off everything that was due comes to pass, but only what still makes sense is told. */
static void test_away_for_all_of_it(void **state)
{
    struct kit *k = *state;
    kit_op(k, "maintenance-plan", "{'components':['website'],'start':'+9d','for':'2h'}");
    int64_t start = one(k, 1)->start_ms;
    kit_stop(k);
    sim_run_for(8 * DAY_MS + 2 * HOUR_MS); /* two leads passed */
    kit_start(k);
    assert_int_equal(reminders(k), 1); /* the nearer one */
    kit_stop(k);
    sim_run_for(2 * DAY_MS);
    kit_start(k);
    sim_run_for(1000);
    assert_int_equal(one(k, 1)->phase, PHASE_COMPLETED);
    assert_int_equal(one(k, 1)->started_ms, start); /* as announced */
    assert_int_equal(one(k, 1)->ended_ms, start + 2 * HOUR_MS);
    assert_int_equal(n_windows(k), 0);
    assert_int_equal(reminders(k), 1);
}

/* Announced late: that lead is skipped, and it is said. */
static void test_late_announcement(void **state)
{
    struct kit *k = *state;
    kit_op(k, "maintenance-plan", "{'components':['website'],'start':'+12h','for':'1h','emergency':true}");
    sim_run_for(1000);
    assert_int_equal(reminders(k), 0);
    kit_op(k, "incident", "{'id':'1'}");
    assert_int_equal(doc_get(k->reply, "told")->kids.n, 2);
    assert_string_equal(doc_text(doc_get(k->reply, "told")->kids.first, "what", ""), "skipped");
    sim_run_for(11 * HOUR_MS + MINUTE_MS);
    assert_int_equal(reminders(k), 1);
}

/* One object: moving and cancelling the work moves and removes the downtimes (ST-10). */
static void test_windows_follow(void **state)
{
    struct kit *k = *state;
    kit_op(k, "maintenance-plan", "{'components':['website','mail'],'start':'+5m','for':'1h'}");
    sim_run_for(1000);
    assert_int_equal(n_windows(k), 2);
    kit_op(k, "maintenance-move", "{'id':'1','start':'+2h'}");
    sim_run_for(10 * MINUTE_MS);
    assert_int_equal(n_windows(k), 2);
    assert_false(in_downtime(k, "web"));
    assert_int_equal(one(k, 1)->phase, PHASE_CONFIRMED);
    kit_op(k, "maintenance-start", "{'id':'1'}"); /* earlier than planned */
    sim_run_for(1000);
    assert_true(in_downtime(k, "web"));
    assert_int_equal(n_windows(k), 2);
    kit_op(k, "maintenance-complete", "{'id':'1'}");
    sim_run_for(1000);
    assert_int_equal(n_windows(k), 0);
    kit_op(k, "maintenance-plan", "{'components':['mail'],'start':'+1m','for':'1h'}");
    sim_run_for(2 * MINUTE_MS);
    assert_true(in_downtime(k, "mail"));
    kit_op(k, "downtime-end", arena_printf(k->arena, "{'id':%lld}", (long long)model_downtime_at(k->house->model, 0)->id));
    kit_refused(k, 409, "conflict", "id"); /* it is the work's */
    kit_op(k, "maintenance-cancel", "{'id':'2'}");
    sim_run_for(1000);
    assert_false(in_downtime(k, "mail"));
    kit_op(k, "maintenance-plan", "{'components':['mail'],'start':'+1m','for':'1h','effect':'none'}");
    kit_op(k, "maintenance-plan", "{'components':['mail'],'start':'+1m','for':'1h','draft':true}");
    sim_run_for(2 * MINUTE_MS);
    assert_int_equal(n_windows(k), 0); /* nothing that anybody notices; nothing that was announced */
    kit_op(k, "downtime", "{'targets':['box'],'comment':'by hand'}");
    sim_run_for(2 * MINUTE_MS);
    assert_int_equal(n_windows(k), 1); /* what people made is theirs */
}

static void test_ended_while_bad(void **state)
{
    struct kit *k = *state;
    kit_op(k, "maintenance-plan", "{'components':['website'],'start':'+1m','for':'1h'}");
    sim_run_for(5 * MINUTE_MS);
    set(k, "web", "critical");
    assert_int_equal(kit_op(k, "maintenance-complete", "{'id':'1','text':'Done.'}"), 200);
    assert_int_equal(staff_mails(k), 1); /* says what is still bad */
}

static void test_promises(void **state)
{
    struct kit *k = *state;
    kit_op(k, "incident-open", "{'components':['website'],'impact':'major','text':'x','next-by':'+30m'}");
    sim_run_for(29 * MINUTE_MS);
    assert_int_equal(staff_mails(k), 0);
    sim_run_for(2 * MINUTE_MS);
    assert_int_equal(staff_mails(k), 1);
    kit_op(k, "incidents", NULL);
    assert_true(doc_bool(doc_get(k->reply, "bulletins")->kids.first, "late", false));
    restart(k);
    sim_run_for(HOUR_MS);
    assert_int_equal(staff_mails(k), 1); /* once */
    kit_op(k, "incident-update", "{'id':'1','text':'y','next-by':'+10m'}");
    sim_run_for(11 * MINUTE_MS);
    assert_int_equal(staff_mails(k), 2); /* each promise */
}

/* ---- drafts of what the checks say ---- */

static const struct bulletin *draft(struct kit *k)
{
    for (size_t i = 0; i < board_count(k->house->board); i++)
        if (board_at(k->house->board, i)->draft && bulletin_is_open(board_at(k->house->board, i)))
            return board_at(k->house->board, i);
    return NULL;
}

static void test_proposals(void **state)
{
    struct kit *k = *state;
    set(k, "web", "ok");
    set(k, "mail", "ok");
    set(k, "web", "critical");
    sim_run_for(2 * MINUTE_MS);
    assert_null(draft(k)); /* a flap is not worth one */
    set(k, "web", "ok");
    sim_run_for(10 * MINUTE_MS);
    assert_int_equal(board_count(k->house->board), 0);
    set(k, "web", "critical");
    sim_run_for(4 * MINUTE_MS);
    assert_non_null(draft(k));
    assert_string_equal(wording_for(&draft(k)->title, "fr", NULL), "Site web : en panne");
    assert_int_equal(bulletin_level(draft(k), "website", clock_wall_ms()), LEVEL_MAJOR);
    kit_op(k, "status", NULL);
    set(k, "mail", "warning");
    sim_run_for(4 * MINUTE_MS);
    assert_int_equal(board_count(k->house->board), 1); /* a storm is one draft */
    assert_string_equal(wording_for(&draft(k)->title, "en", NULL), "Website, Mail: down");
    restart(k);
    sim_run_for(MINUTE_MS);
    assert_int_equal(board_count(k->house->board), 1);
    int64_t id = draft(k)->id;
    assert_int_equal(kit_op(k, "incident-publish", arena_printf(k->arena, "{'id':'%lld'}", (long long)id)), 200); /* one key */
    assert_string_equal(doc_text(doc_get(k->reply, "shown")->kids.first, "level", ""), "degraded"); /* components by name: mail first */
    sim_run_for(HOUR_MS);
    assert_int_equal(board_count(k->house->board), 1); /* and no other draft of the same */
    set(k, "web", "ok");
    sim_run_for(HOUR_MS);
    assert_int_equal(bulletin_level(one(k, id), "website", clock_wall_ms()), LEVEL_MAJOR); /* what is public is the people's */
}

/* What follows from a change is not put off by what the look before it did. */
static void test_soon(void **state)
{
    struct kit *k = *state;
    kit_write(k, "vigie.yaml", YAML "  now: { name: Now, depends: [box/other], after: 0s }\n");
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    kit_op(k, "maintenance-plan", "{'components':['website'],'start':'+1h','for':'1h'}"); /* leaves marks of skipped leads */
    sim_run_for(1000);
    set(k, "other", "critical");
    sim_run_for(500);
    assert_non_null(draft(k));
}

static void test_draft_goes_by_itself(void **state)
{
    struct kit *k = *state;
    set(k, "web", "ok");
    set(k, "web", "critical");
    sim_run_for(4 * MINUTE_MS);
    assert_non_null(draft(k));
    set(k, "web", "ok");
    sim_run_for(MINUTE_MS);
    assert_int_equal(bulletin_worst(draft(k), clock_wall_ms()), LEVEL_OPERATIONAL); /* it notes that */
    set(k, "web", "critical");
    sim_run_for(4 * MINUTE_MS);
    assert_int_equal(board_count(k->house->board), 1); /* comes and goes: the same */
    assert_int_equal(bulletin_worst(draft(k), clock_wall_ms()), LEVEL_MAJOR);
    set(k, "web", "ok");
    sim_run_for(30 * MINUTE_MS);
    assert_int_equal(board_count(k->house->board), 0);
}

static void test_draft_with_words_stays(void **state)
{
    struct kit *k = *state;
    set(k, "web", "ok");
    set(k, "web", "critical");
    sim_run_for(4 * MINUTE_MS);
    kit_op(k, "incident-edit", arena_printf(k->arena, "{'id':'%lld','title':'The disk of the web server'}", (long long)draft(k)->id));
    assert_int_equal(k->status, 200);
    set(k, "mail", "critical");
    sim_run_for(4 * MINUTE_MS);
    assert_string_equal(wording_for(&draft(k)->title, "en", NULL), "The disk of the web server"); /* never overwritten */
    set(k, "web", "ok");
    set(k, "mail", "ok");
    sim_run_for(HOUR_MS);
    assert_non_null(draft(k));
}

static void test_missing(void **state)
{
    struct kit *k = *state;
    set(k, "web", "ok");
    set(k, "mail", "ok");
    set(k, "web", "critical");
    sim_run_for(30 * MINUTE_MS);
    kit_op(k, "incident-missing", NULL);
    assert_int_equal(doc_get(k->reply, "outages")->kids.n, 0); /* not long yet */
    sim_run_for(40 * MINUTE_MS);
    kit_op(k, "incident-missing", NULL);
    assert_int_equal(doc_get(k->reply, "outages")->kids.n, 1);
    assert_null(doc_text(doc_get(k->reply, "outages")->kids.first, "to", NULL));
    restart(k);
    set(k, "web", "ok");
    sim_run_for(MINUTE_MS);
    restart(k);
    kit_op(k, "incident-missing", NULL);
    const struct doc *o = doc_get(k->reply, "outages")->kids.first;
    assert_string_equal(doc_text(o, "component", ""), "website");
    assert_true(doc_int(o, "to", 0) - doc_int(o, "from", 0) > 69 * MINUTE_MS);
    kit_op(k, "incident-open", "{'components':['website:major'],'text':'x','at':'-1h'}"); /* told of afterwards */
    kit_op(k, "incident-missing", NULL);
    assert_int_equal(doc_get(k->reply, "outages")->kids.n, 0);
}

/* ---- series ---- */

static void test_series(void **state)
{
    struct kit *k = *state;
    kit_write(k, "vigie.yaml", YAML "series:\n  updates: { title: { en: Updates, fr: Mises à jour }, components: [website], when: \"wed 03:00-05:00\", effect: degraded, ahead: 15d }\n");
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    sim_run_for(MINUTE_MS);
    size_t n = board_count(k->house->board);
    assert_true(n == 2 || n == 3);
    const struct bulletin *b = board_at(k->house->board, n - 1);
    struct civil c;
    time_civil(b->start_ms, NULL, &c);
    assert_int_equal(c.weekday, 3);
    assert_int_equal(c.hour, 3);
    assert_int_equal(b->end_ms - b->start_ms, 2 * HOUR_MS);
    assert_string_equal(b->series, "updates");
    assert_int_equal(kit_op(k, "maintenance-cancel", arena_printf(k->arena, "{'id':'%lld','text':'Not this week.'}", (long long)b->id)), 200);
    const struct bulletin *last = board_at(k->house->board, 0);
    assert_int_equal(kit_op(k, "maintenance-move", arena_printf(k->arena, "{'id':'%lld','start':'+20d'}", (long long)last->id)), 200);
    restart(k);
    sim_run_for(MINUTE_MS);
    assert_int_equal(board_count(k->house->board), n); /* one skipped, one moved: neither comes again */
    sim_run_for(7 * DAY_MS);
    assert_int_equal(board_count(k->house->board), n + 1);
    kit_write(k, "vigie.yaml", YAML);
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    sim_run_for(MINUTE_MS);
    int open = 0;
    for (size_t i = 0; i < board_count(k->house->board); i++)
        open += bulletin_is_open(board_at(k->house->board, i)) && board_at(k->house->board, i)->start_ms > clock_wall_ms();
    assert_int_equal(open, 1); /* the moved one is a person's; the others were called off */
}

static void copy_zone(struct kit *k, const char *name)
{
    struct buf b = BUF_MAX(1 << 20);
    char to[300], from[300];
    str_print(from, sizeof from, "/usr/share/zoneinfo/%s", name);
    FILE *f = fopen(from, "rbe");
    assert_non_null(f);
    for (int c; (c = fgetc(f)) != EOF;)
        buf_char(&b, (char)c);
    fclose(f);
    str_print(to, sizeof to, "%s%s", k->dir, from);
    for (char *p = to + strlen(k->dir) + 1; (p = strchr(p, '/')); p++) {
        *p = 0;
        mkdir(to, 0755);
        *p = '/';
    }
    f = fopen(to, "wbe");
    assert_non_null(f);
    fwrite(b.data, 1, b.len, f);
    fclose(f);
    buf_done(&b);
}

/* An hour that comes twice holds one occurrence, one that does not come none; all others keep their hour. */
static void test_series_and_the_clock_of_the_zone(void **state)
{
    struct kit *k = *state;
    copy_zone(k, "Europe/Paris");
    kit_write(k, "vigie.yaml", YAML "series:\n  night: { title: Night, components: [website], when: \"sun 02:15-02:45\", zone: Europe/Paris, ahead: 366d }\n"
                                    "  month: { title: Month, when: [\"last day of month 22:00-24:00\", \"first tue of month 12:00-13:00\"], zone: Europe/Paris, ahead: 90d }\n");
    if (kit_op(k, "conf-apply", NULL) != 200)
        fail_msg("%s", kit_text(k));
    sim_run_for(MINUTE_MS);
    const struct zone *z = model_conf(k->house->model)->series[0]->window->zone;
    int nights = 0, months = 0, offsets[2] = {0};
    int64_t last = 0;
    assert_non_null(z);
    for (size_t i = board_count(k->house->board); i-- > 0;) {
        const struct bulletin *b = board_at(k->house->board, i);
        struct civil c, e;
        time_civil(b->start_ms, z, &c);
        time_civil(b->end_ms, z, &e);
        if (str_eq(b->series, "month")) {
            months++;
            assert_true((c.hour == 22 && e.day == 1 && e.hour == 0) || (c.hour == 12 && c.weekday == 2 && c.day <= 7));
            continue;
        }
        nights++;
        assert_true(c.weekday == 0 && c.hour == 2 && c.minute == 15 && e.hour == 2 && e.minute == 45);
        assert_true(b->start_ms - last > 6 * DAY_MS); /* once a week, also in autumn */
        last = b->start_ms;
        offsets[c.offset_s == 7200]++;
    }
    assert_true(nights >= 50 && nights <= 53);
    assert_true(months >= 5 && months <= 7);
    assert_true(offsets[0] > 10 && offsets[1] > 10); /* of both halves of the year */
}

static void test_configuration_refused(void **state)
{
    static const struct {
        const char *yaml, *says;
    } all[] = {
        {"announce: { remind: [1h, soon] }\n", "durations from 1m to a year"},
        {"announce: { remind: [1s] }\n", "durations from 1m to a year"},
        {"announce: { strat: no }\n", "start"},
        {"series: { x: { title: X, when: \"wed 3-5\" } }\n", "09:00"},
        {"series: { x: { title: X, when: \"wed 03:00-05:00\", components: [nothing] } }\n", "nothing"},
        {"series: { x: { when: \"wed 03:00-05:00\" } }\n", "title"},
        {"series: { x: { title: X } }\n", "when"},
        {"series: { x: soon }\n", "mapping"},
        {"texts: { x: [1] }\n", "mapping"},
        {"series: [x]\n", "mapping"},
        {"texts: { x: { title: X, impact: huge } }\n", "impact"},
        {"texts: { x: { title: X, components: [nothing] } }\n", "nothing"},
    };
    struct kit *k = *state;
    for (size_t i = 0; i < COUNT(all); i++) {
        kit_write(k, "vigie.yaml", arena_printf(k->arena, YAML "%s", all[i].yaml));
        if (kit_op(k, "conf-apply", NULL) != 400)
            fail_msg("taken: %s", all[i].yaml);
        kit_has(kit_text(k), all[i].says);
    }
    kit_write(k, "vigie.yaml", YAML "announce: { remind: no, start: no, complete: no, report_after: 2h, fold: 1h }\ntexts: { a: { title: A } }\n");
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    kit_has(kit_text(k), "announce");
    assert_int_equal(model_conf(k->house->model)->announce.n_leads, 0);
    kit_op(k, "conf-show", NULL);
    kit_has(kit_text(k), "report_after: 2h");
    kit_op(k, "maintenance-plan", "{'components':['website'],'start':'+1h','for':'1h'}");
    sim_run_for(HOUR_MS + MINUTE_MS);
    assert_int_equal(one(k, 1)->phase, PHASE_CONFIRMED); /* it waits for a person */
    assert_int_equal(staff_mails(k), 1);                 /* who is told */
}

static void configure(struct kit *k, const char *announce)
{
    kit_write(k, "vigie.yaml", arena_printf(k->arena, YAML "announce: { %s }\n", announce));
    assert_int_equal(kit_op(k, "conf-apply", NULL), 200);
    sim_run_for(1000);
}

/* Staff are reminded of a report until it is written, over a restart too; of what was less bad nobody is (ST-22). */
static void test_reports_are_asked_for(void **state)
{
    struct kit *k = *state;
    configure(k, "report_from: major, report_lead: 1d, report_every: 2d");
    assert_int_equal(kit_op(k, "incident-open", "{'components':['website:major'],'text':'x'}"), 200);
    assert_int_equal(kit_op(k, "incident-open", "{'components':['mail:degraded'],'text':'x'}"), 200);
    sim_run_for(MINUTE_MS);
    assert_int_equal(kit_op(k, "incident-resolve", "{'id':'1'}"), 200);
    assert_int_equal(kit_op(k, "incident-resolve", "{'id':'2'}"), 200);
    sim_run_for(DAY_MS - 10 * MINUTE_MS);
    assert_int_equal(staff_mails(k), 0);
    sim_run_for(20 * MINUTE_MS);
    assert_int_equal(staff_mails(k), 1);
    restart(k);
    sim_run_for(DAY_MS);
    assert_int_equal(staff_mails(k), 1);
    sim_run_for(DAY_MS);
    assert_int_equal(staff_mails(k), 2);
    assert_int_equal(kit_op(k, "incident-report", "{'id':'1','text':'A disk.'}"), 200);
    sim_run_for(10 * DAY_MS);
    assert_int_equal(staff_mails(k), 2);
}

static void test_reports_have_an_end(void **state)
{
    struct kit *k = *state;
    configure(k, "report_from: degraded, report_lead: 1h, report_every: 1h");
    assert_int_equal(kit_op(k, "incident-open", "{'components':['website:degraded'],'text':'x'}"), 200);
    sim_run_for(MINUTE_MS);
    assert_int_equal(kit_op(k, "incident-resolve", "{'id':'1'}"), 200);
    sim_run_for(DAY_MS);
    assert_int_equal(staff_mails(k), 5);
}

/* Work that begins by a person's word alone: asked once, with what is bad. */
static void test_go_or_no_go(void **state)
{
    struct kit *k = *state;
    configure(k, "go_no_go: 2h");
    set(k, "web", "critical");
    assert_int_equal(kit_op(k, "maintenance-plan", "{'components':['website'],'start':'+5h','for':'1h','text':'x','tentative':true}"), 200);
    assert_int_equal(kit_op(k, "maintenance-plan", "{'components':['mail'],'start':'+5h','for':'1h','text':'x'}"), 200); /* begins by itself */
    int64_t before = staff_mails(k);
    sim_run_for(3 * HOUR_MS - 10 * MINUTE_MS);
    assert_int_equal(staff_mails(k), before);
    sim_run_for(20 * MINUTE_MS);
    assert_int_equal(staff_mails(k), before + 1);
    restart(k);
    sim_run_for(HOUR_MS);
    assert_int_equal(staff_mails(k), before + 1);
    int asked = 0;
    for (int i = 0; i < sim_mails(); i++)
        asked += strstr(sim_mail_at(i)->message, "Go or no-go") && strstr(sim_mail_at(i)->message, "box/web");
    assert_int_equal(asked, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_whole_life_of_work), TEST(test_away_for_all_of_it), TEST(test_late_announcement), TEST(test_windows_follow), TEST(test_ended_while_bad),
                                       TEST(test_promises), TEST(test_proposals), TEST(test_soon), TEST(test_draft_goes_by_itself), TEST(test_draft_with_words_stays), TEST(test_missing), TEST(test_series), TEST(test_series_and_the_clock_of_the_zone), TEST(test_configuration_refused),
                                       TEST(test_reports_are_asked_for), TEST(test_reports_have_an_end), TEST(test_go_or_no_go)};
    return cmocka_run_group_tests_name("announce_clock", tests, NULL, NULL);
}
