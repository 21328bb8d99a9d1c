/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moving in from Cachet, Staytus and Uptime Kuma: what their rows become, what is told, and what hostile ones do (issue 4 §4, LES-11, ST-14). */
#include "move_kit.h"
#include "base/utf8.h"
#include <sqlite3.h>

#define CACHET_TABLES                                                                                                            \
    "CREATE TABLE `components` (`id` int, `name` text, `description` text, `link` text, `status` int, `order` int, `group_id` int, `enabled` int, `deleted_at` text);\n" \
    "CREATE TABLE `incidents` (`id` int, `component_id` int, `name` text, `status` int, `visible` int, `message` text, `scheduled_at` text, `created_at` text, `updated_at` text);\n"

static const struct move_component *component(const struct moving *g, const char *name)
{
    for (size_t i = 0; i < g->m->components.n; i++)
        if (str_eq(g->m->components.at[i]->name, name))
            return g->m->components.at[i];
    fail_msg("no component %s", name);
    return NULL;
}

/* ---- Cachet ---- */

static void cachet_incidents(void **state)
{
    struct moving *g = move_case("cachet", "cachet.sql");
    const struct doc *b = move_titled(g, "The website does not answer");
    assert_int_equal(doc_int(b, "id", 0), 17);
    assert_string_equal(doc_text(b, "phase", ""), "resolved");
    assert_string_equal(doc_get(b, "title")->kids.first->key, "fr"); /* the language of that page */
    assert_string_equal(move_said(g, b), "investigating 2024-05-02T17:55:00Z We look for the cause.|identified 2024-05-02T18:10:00Z A disk of the *RAID* is full.|"
                                         "monitoring 2024-05-02T19:00:00Z Space was made; we watch it.|resolved 2024-05-02T20:30:00Z All is well again.\n\nA report follows.|");
    assert_string_equal(move_suffered(g, b), "website degraded 17:55-20:30|");
    assert_string_equal(doc_get(b, "aliases")->kids.first->text, "/incidents/17");
    b = move_titled(g, "Mail is late"); /* no updates: what was edited last is its end */
    assert_string_equal(move_said(g, b), "investigating 2021-01-10T06:00:00Z The queue is long; it's being worked off.|resolved 2021-01-10T09:15:00Z -|");
    b = move_titled(g, "La base est en panne");
    assert_string_equal(move_suffered(g, b), "base-de-donnees major 07:00-|website degraded 07:00-|"); /* of incident_components */
    assert_true(doc_bool(b, "pinned", false));
    assert_string_equal(doc_text(b, "phase", ""), "identified");
    assert_true(doc_bool(move_titled(g, "Inner matter"), "draft", false));
    assert_int_equal(g->m->news.n, 6); /* what was deleted does not come */
    move_done(g);
}

static void cachet_works(void **state)
{
    struct moving *g = move_case("cachet", "cachet.sql");
    const struct doc *b = move_titled(g, "New switches");
    assert_string_equal(move_said(g, b), "confirmed 2024-08-01T09:00:00Z Short breaks are likely.|in_progress 2024-08-10T22:00:00Z -|completed 2024-08-10T23:30:00Z -|");
    assert_string_equal(move_suffered(g, b), "website planned 22:00-23:30|base-de-donnees planned 22:00-23:30|");
    assert_string_equal(doc_text(b, "effect", ""), "outage");
    b = move_titled(g, "New kernel");
    assert_string_equal(doc_text(b, "phase", ""), "confirmed");
    assert_string_equal(doc_get(b, "aliases")->kids.first->text, "/schedules/3");
    assert_int_equal(g->m->n_works, 2);
    move_done(g);
}

static void cachet_services_and_people(void **state)
{
    struct moving *g = move_case("cachet", "cachet.sql");
    struct buf yaml = BUF_MAX(1 << 16);
    assert_int_equal(g->m->components.n, 4);
    assert_string_equal(g->m->components.at[0]->name, "imap"); /* the order of the page: by group, then their own */
    assert_string_equal(component(g, "website")->group, "Hébergement");
    assert_string_equal(component(g, "website")->link, "https://www.example.org/");
    assert_string_equal(component(g, "smtp")->text, "Outgoing mail; \"submission\" on 587");
    assert_true(move_noted(g, "“Lab” is left out"));
    assert_true(move_noted(g, "the metric “Mails in the queue” is not taken"));
    assert_int_equal(g->m->people.n, 2);
    assert_int_equal(g->m->unverified, 1);
    assert_int_equal(doc_get(g->m->people.at[0], "services")->kids.n, 0); /* everything */
    assert_int_equal(doc_get(g->m->people.at[1], "services")->kids.n, 2); /* what was deleted is gone */
    move_yaml(g->m, "# head\n", &yaml);
    kit_has(buf_text(&yaml), "# head\ncomponents:\n  imap:");
    kit_has(buf_text(&yaml), "slow-page: { title: \"Slow page\", text: \"${name} is slow since ${since}.\\nWe look into it.\" }");
    buf_done(&yaml);
    move_done(g);
}

static const char *all_of(struct moving *g)
{
    struct buf out = BUF_MAX(1 << 20);
    for (size_t i = 0; i < g->m->news.n; i++)
        json_write(&out, g->m->news.at[i], "en", 0);
    const char *ret = arena_dup(g->m->arena, buf_text(&out));
    buf_done(&out);
    return ret;
}

static void the_same_from_postgresql(void **state)
{
    struct moving *my = move_case("cachet", "cachet.sql"), *pg = move_case("cachet", "cachet_pg.sql");
    assert_string_equal(all_of(my), all_of(pg));
    assert_int_equal(pg->m->people.n, 2);
    move_done(my);
    move_done(pg);
}

static void what_the_house_has_keeps_its_name(void **state)
{
    struct move_opts o = {.source = "cachet", .now_ms = MOVE_NOW, .impact = LEVEL_MAJOR};
    struct moving g = {.lang = "en", .m = move_new(mover_find("cachet"), &o)};
    struct err e = {0};
    struct buf yaml = BUF_MAX(1 << 16);
    char path[600];
    str_print(path, sizeof path, "%s/cases/move/cachet.sql", TESTS_DIR);
    g.from = path;
    move_known(g.m, "www", NULL);
    move_known(g.m, "www", "website");
    move_known(g.m, "imap", NULL);
    assert_int_equal(moving_read(&g, &e), 0);
    move_build(g.m);
    assert_string_equal(move_suffered(&g, move_titled(&g, "The website does not answer")), "www major 17:55-20:30|"); /* --impact */
    move_yaml(g.m, NULL, &yaml);
    kit_lacks(buf_text(&yaml), "imap");
    kit_lacks(buf_text(&yaml), "website");
    kit_has(buf_text(&yaml), "  smtp: {");
    buf_done(&yaml);
    move_free(g.m);
}

static void before_there_were_schedules(void **state)
{
    static const char dump[] = CACHET_TABLES "INSERT INTO components VALUES (1,'A','','',3,1,0,1,NULL),(2,'B','','',1,1,0,1,NULL);\n"
                                             "INSERT INTO incidents VALUES (4,0,'Planned','0',1,'text','2030-01-01 10:00:00','2016-01-01 00:00:00','2016-01-01 00:00:00'),"
                                             "(5,0,'Old plan','0',1,'text','2016-02-01 10:00:00','2016-01-01 00:00:00','2016-01-01 00:00:00'),"
                                             "(6,1,'Open',2,1,'x',NULL,'2016-03-01 00:00:00','2016-03-01 00:00:00');";
    struct moving *g = move_dump("cachet", dump, sizeof dump - 1, (struct move_opts){0});
    const struct doc *b = move_titled(g, "Planned");
    assert_string_equal(doc_text(b, "kind", ""), "maintenance");
    assert_string_equal(doc_text(b, "phase", ""), "confirmed");
    assert_string_equal(doc_text(move_titled(g, "Old plan"), "phase", ""), "completed"); /* nobody ever said so; it must not begin now */
    assert_true(move_noted(g, "never said to be complete"));
    assert_string_equal(move_suffered(g, move_titled(g, "Open")), "a partial 00:00-|"); /* as bad as the component is */
    move_done(g);
}

static void times_have_the_zone_that_is_said(void **state)
{
    static const char dump[] = CACHET_TABLES "INSERT INTO incidents VALUES (1,0,'x',1,1,'t',NULL,'2024-07-01 12:00:00','2024-07-01 12:00:00'),(2,0,'w',1,1,'t',NULL,'2024-01-01 12:00:00.25','2024-01-01 12:00:00'),"
                                             "(3,0,'y',1,1,'t',NULL,'2024-01-01 12:00:00+02','2024-01-01 12:00:00'),(4,0,'never',1,1,'t',NULL,'0000-00-00 00:00:00','2024-02-30 12:00:00');";
    struct zone *paris = files_zone("Europe/Paris");
    assert_non_null(paris);
    struct moving *g = move_dump("cachet", dump, sizeof dump - 1, (struct move_opts){.zone = paris, .zone_given = true});
    assert_string_equal(move_said(g, move_titled(g, "x")), "investigating 2024-07-01T10:00:00Z t|");
    assert_string_equal(move_said(g, move_titled(g, "w")), "investigating 2024-01-01T11:00:00Z t|");
    assert_string_equal(move_said(g, move_titled(g, "y")), "investigating 2024-01-01T10:00:00Z t|"); /* it says its own */
    assert_true(move_noted(g, "“never” is left out")); /* no time at all */
    assert_int_equal(g->m->news.n, 3);
    move_done(g);
    zone_free(paris);
}

static void twice_is_once(void **state)
{
    struct moving *a = move_case("cachet", "cachet.sql"), *b = move_case("cachet", "cachet.sql");
    struct map keys = {0};
    for (size_t i = 0; i < a->m->news.n; i++) {
        const char *key = doc_text(a->m->news.at[i], "key", "");
        assert_string_equal(key, doc_text(b->m->news.at[i], "key", ""));
        assert_null(map_set(&keys, key, a));
        assert_int_equal(strlen(key), BULLETIN_KEY_BYTES);
    }
    map_done(&keys);
    move_done(a);
    move_done(b);
}

/* ---- hostile ---- */

static void hostile_texts(void **state)
{
    static const char dump[] = CACHET_TABLES
        "INSERT INTO components VALUES (1,'<script>alert(1)</script>','${evil} \\0','javascript:alert(1)',1,1,0,1,NULL),(2,'\xe9t\xe9','latin \x93quotes\x94','',1,2,0,1,NULL),"
        "(3,'','','',1,3,0,1,NULL),(99999999999999999999,'huge','','',1,4,0,1,NULL),(-1,'minus','','',-5,-1,-1,1,NULL);\n"
        "INSERT INTO incidents VALUES (9223372036854775807,1,'a\x1b[31m\\0b',4,1,'\xff\xfe','x','2024-01-01 00:00:00','2024-01-02 00:00:00'),(0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL),"
        "(7,0,'',77,1,'\xe2\x80\xae',NULL,'2024-01-01 00:00:00','1999-01-01 00:00:00'),(-7,0,'neg',1,1,'t',NULL,'9999-12-31 23:59:59','2024-01-01 00:00:00');";
    struct moving *g = move_dump("cachet", dump, sizeof dump - 1, (struct move_opts){0});
    struct buf yaml = BUF_MAX(1 << 16);
    move_yaml(g->m, NULL, &yaml);
    assert_true(utf8_valid(buf_text(&yaml), yaml.len));
    kit_has(buf_text(&yaml), "$${evil}"); /* no variable of ours */
    kit_lacks(buf_text(&yaml), "javascript:");
    assert_string_equal(component(g, "ete")->title, "été");
    assert_string_equal(component(g, "ete")->text, "latin “quotes”");
    for (size_t i = 0; i < g->m->news.n; i++) { /* whatever came is good */
        struct bulletin *b = NULL;
        struct err e = {0};
        if (!doc_get(g->m->news.at[i], "id"))
            doc_put_int(g->m->news.at[i], "id", 1);
        assert_int_equal(bulletin_read(g->m->news.at[i], &b, &e), 0);
        bulletin_unref(b);
    }
    kit_lacks(all_of(g), "\\u001b");
    buf_done(&yaml);
    move_done(g);
}

static void many_and_long(void **state)
{
    struct buf dump = BUF_MAX(16 << 20);
    buf_str(&dump, CACHET_TABLES "CREATE TABLE incident_updates (id int, incident_id int, status int, message text, created_at text);\nINSERT INTO incidents VALUES (1,0,'");
    for (int i = 0; i < 200; i++)
        buf_str(&dump, "été ");
    buf_str(&dump, "',1,1,'");
    for (int i = 0; i < 9000; i++)
        buf_str(&dump, "été ");
    buf_str(&dump, "',NULL,'2024-01-01 00:00:00','2024-01-01 00:00:00');\nINSERT INTO incident_updates VALUES (1,2,1,'x','2024-01-01 00:00:00')");
    for (int i = 0; i < 2000; i++)
        buf_printf(&dump, ",(%d,1,2,'u%d','2024-01-01 00:00:%02d')", i + 2, i, i % 60);
    buf_str(&dump, ";");
    struct moving *g = move_dump("cachet", buf_text(&dump), dump.len, (struct move_opts){0});
    assert_int_equal(g->m->news.n, 1);
    assert_true(strlen(doc_first(doc_get(g->m->news.at[0], "title"))->text) <= BULLETIN_MAX_TITLE);
    assert_int_equal(doc_get(g->m->news.at[0], "updates")->kids.n, BULLETIN_MAX_UPDATES);
    assert_true(move_noted(g, "the rest is left out"));
    move_done(g);
    buf_done(&dump);
}

static void what_is_no_dump(void **state)
{
    static const struct {
        const char *text;
        size_t n;
        const char *says;
    } rows[] = {{"", 0, "no dump"}, {"\x1f\x8b\x08\0\0", 5, "zcat"}, {"PGDMP\1\2", 7, "pg_restore"}, {"<html>nothing</html>", 20, "no dump"}, {"INSERT INTO incidents VALUES (1,'x", 34, "cut"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char path[] = "/tmp/vigie-move-XXXXXX";
        int fd = mkstemp(path);
        struct move_opts o = {.source = "cachet", .now_ms = MOVE_NOW};
        struct moving g = {.lang = "en", .from = path, .m = move_new(mover_find("cachet"), &o)};
        struct err e = {0};
        struct buf b = BUF_MAX(1000);
        assert_int_equal(write(fd, rows[i].text, rows[i].n), (ssize_t)rows[i].n);
        close(fd);
        assert_true(moving_read(&g, &e) < 0);
        msg_render(&b, e.text, "en");
        kit_has(buf_text(&b), rows[i].says);
        buf_done(&b);
        move_free(g.m);
        unlink(path);
    }
}

/* ---- Staytus ---- */

static void staytus(void **state)
{
    struct moving *g = move_case("staytus", "staytus.sql");
    const struct doc *b = move_titled(g, "Web is down");
    assert_string_equal(move_said(g, b), "investigating 2021-06-01T12:00:00Z We look.|identified 2021-06-01T12:20:00Z A cable.|resolved 2021-06-01T13:00:00Z Done.|");
    assert_string_equal(move_suffered(g, b), "web major 12:00-12:20|web degraded 12:20-13:00|"); /* each update may change it */
    assert_string_equal(doc_get(b, "aliases")->kids.first->text, "/issue/4f2c9a");
    b = move_titled(g, "All is slow");
    assert_string_equal(move_suffered(g, b), "web degraded 12:00-|dns degraded 12:00-|");
    b = move_titled(g, "Router");
    assert_string_equal(move_said(g, b), "confirmed 2021-07-20T10:00:00Z A new one.|in_progress 2021-08-01T22:00:00Z -|in_progress 2021-08-01T22:10:00Z It is being screwed in.|completed 2021-08-01T22:50:00Z -|");
    assert_string_equal(move_suffered(g, b), "dns planned 22:00-22:50|");
    assert_int_equal(g->m->people.n, 1);
    assert_int_equal(g->m->unverified, 1);
    assert_string_equal(component(g, "web")->group, "Hosting");
    move_done(g);
}

/* ---- Uptime Kuma ---- */

static const char kuma_sql[] =
    "CREATE TABLE status_page (id INTEGER PRIMARY KEY, slug TEXT, title TEXT, password TEXT);INSERT INTO status_page VALUES (1,'main','Main',NULL);"
    "CREATE TABLE [group] (id INTEGER PRIMARY KEY, name TEXT, public BOOLEAN, weight INTEGER, status_page_id INTEGER);INSERT INTO [group] VALUES (1,'Web',1,1,1),(2,'Hidden',0,2,1);"
    "CREATE TABLE monitor (id INTEGER PRIMARY KEY, name TEXT, url TEXT, type TEXT, hostname TEXT);INSERT INTO monitor VALUES (1,'Shop','https://shop.example.org/','http',NULL),(2,'Gate',NULL,'ping','192.0.2.1'),(3,'Secret',NULL,'ping','192.0.2.2');"
    "CREATE TABLE monitor_group (id INTEGER PRIMARY KEY, monitor_id INTEGER, group_id INTEGER, weight INTEGER, send_url BOOLEAN);INSERT INTO monitor_group VALUES (1,1,1,1,1),(2,2,1,2,0),(3,3,2,1,0);"
    "CREATE TABLE incident (id INTEGER PRIMARY KEY, title TEXT, content TEXT, style TEXT, created_date DATETIME, last_updated_date DATETIME, pin BOOLEAN, active BOOLEAN, status_page_id INTEGER);"
    "INSERT INTO incident VALUES (1,'Slow','It *is* slow.','warning','2023-01-01 10:00:00','2023-01-01 12:00:00',0,1,1),(2,'Down','Now.','danger','2023-02-01 10:00:00',NULL,1,1,1);"
    "CREATE TABLE maintenance (id INTEGER PRIMARY KEY, title TEXT, description TEXT, active BOOLEAN, strategy TEXT, start_date DATETIME, end_date DATETIME, start_time TIME, end_time TIME, weekdays TEXT, timezone TEXT);"
    "INSERT INTO maintenance VALUES (1,'Disks','New ones.',1,'single','2023-03-01 20:00:00','2023-03-01 21:00:00',NULL,NULL,'[]',NULL),(2,'Updates','Each week.',1,'recurring-weekday',NULL,NULL,'03:00','05:00','[3,0]','Europe/Paris'),"
    "(3,'By hand','',1,'manual',NULL,NULL,NULL,NULL,'[]',NULL),(4,'Odd','',1,'cron',NULL,NULL,NULL,NULL,'[]',NULL);"
    "CREATE TABLE monitor_maintenance (id INTEGER PRIMARY KEY, monitor_id INTEGER, maintenance_id INTEGER);INSERT INTO monitor_maintenance VALUES (1,1,1),(2,2,2);";

static void make_database(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void kuma(void **state)
{
    char path[] = "/tmp/vigie-kuma-XXXXXX";
    struct buf yaml = BUF_MAX(1 << 16);
    close(mkstemp(path));
    make_database(path, kuma_sql);
    struct moving *g = move_read("uptime-kuma", path, (struct move_opts){0});
    assert_string_equal(move_said(g, move_titled(g, "Slow")), "investigating 2023-01-01T10:00:00Z It *is* slow.|resolved 2023-01-01T12:00:00Z -|");
    assert_string_equal(doc_text(move_titled(g, "Down"), "phase", ""), "investigating");
    assert_true(move_noted(g, "“Down” is open"));
    assert_string_equal(move_suffered(g, move_titled(g, "Disks")), "shop planned 20:00-21:00|");
    move_yaml(g->m, NULL, &yaml);
    kit_has(buf_text(&yaml), "shop: { name: \"Shop\", group: \"Web\", link: \"https://shop.example.org/\"");
    kit_lacks(buf_text(&yaml), "secret");
    kit_has(buf_text(&yaml), "updates: { title: \"Updates\", text: \"Each week.\", when: \"wed,sun 03:00-05:00\", zone: \"Europe/Paris\", components: [gate] }");
    assert_true(move_noted(g, "“By hand”") && move_noted(g, "“Odd”"));
    buf_done(&yaml);
    move_done(g);
    unlink(path);
}

/* Whatever its schema would do when it is read is not done; the file and its directory stay as they were. */
static void hostile_databases(void **state)
{
    static const char *const bad[] = {
        "CREATE TABLE x (a); CREATE VIEW incident AS SELECT 1 AS id, 'view' AS title, load_extension('/nowhere') AS content;",
        "CREATE VIEW monitor AS SELECT hex(zeroblob(1000000000)) AS name, 1 AS id;",
        "CREATE VIRTUAL TABLE incident USING fts5(title);",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        char path[] = "/tmp/vigie-kuma-XXXXXX", wal[64];
        struct move_opts o = {.source = "uptime-kuma", .now_ms = MOVE_NOW};
        struct moving g = {.lang = "en", .from = path, .m = move_new(mover_find("uptime-kuma"), &o)};
        struct err e = {0};
        sqlite3 *db = NULL;
        close(mkstemp(path));
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        sqlite3_exec(db, bad[i], NULL, NULL, NULL);
        sqlite3_close(db);
        assert_int_equal(moving_read(&g, &e), ERR_INVALID); /* none of the tables is a real one */
        str_print(wal, sizeof wal, "%s-wal", path);
        assert_false(file_exists(wal));
        move_free(g.m);
        unlink(path);
    }
    struct move_opts o = {.source = "uptime-kuma", .now_ms = MOVE_NOW};
    struct moving g = {.lang = "en", .from = "/nowhere/kuma.db?mode=rwc", .m = move_new(mover_find("uptime-kuma"), &o)};
    struct err e = {0};
    assert_int_equal(moving_read(&g, &e), ERR_NOT_FOUND);
    move_free(g.m);
}

/* Each byte of the first pages turned: an error or rows, never more. */
static void damaged_databases(void **state)
{
    char path[] = "/tmp/vigie-kuma-XXXXXX";
    struct buf good = BUF_MAX(1 << 20);
    close(mkstemp(path));
    make_database(path, kuma_sql);
    assert_int_equal(file_read(path, &good, NULL), 0);
    for (size_t at = 0; at < good.len; at += at < 200 ? 1 : 97) {
        struct move_opts o = {.source = "uptime-kuma", .now_ms = MOVE_NOW};
        struct moving g = {.lang = "en", .from = path, .m = move_new(mover_find("uptime-kuma"), &o)};
        struct err e = {0};
        FILE *f = fopen(path, "wbe");
        good.data[at] ^= 0x5a;
        fwrite(good.data, 1, good.len, f);
        fclose(f);
        good.data[at] ^= 0x5a;
        if (moving_read(&g, &e) == 0)
            move_build(g.m);
        move_free(g.m);
    }
    buf_done(&good);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cachet_incidents), cmocka_unit_test(cachet_works), cmocka_unit_test(cachet_services_and_people), cmocka_unit_test(the_same_from_postgresql),
        cmocka_unit_test(what_the_house_has_keeps_its_name), cmocka_unit_test(before_there_were_schedules), cmocka_unit_test(times_have_the_zone_that_is_said), cmocka_unit_test(twice_is_once),
        cmocka_unit_test(hostile_texts), cmocka_unit_test(many_and_long), cmocka_unit_test(what_is_no_dump), cmocka_unit_test(staytus), cmocka_unit_test(kuma), cmocka_unit_test(hostile_databases),
        cmocka_unit_test(damaged_databases)};
    return cmocka_run_group_tests_name("compat_move", tests, NULL, NULL);
}
