/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verb_move.c: `vigie import` of a status page: what would come and what cannot, and with --yes it comes. */
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "checks/probe.h"
#include "daemon/files.h"
#include "daemon/moving.h"
#include "daemon/verbs.h"
#include "io/file.h"
#include "io/loop.h"

struct asked { /* as typed */
    const char *url, *token, *zone, *text_lang, *source, *impact, *people, *yes, *json, *no_conf, *data, *to;
};

/* ---- saying ---- */

static void say_notes(const struct moving *g)
{
    struct buf b = BUF_MAX(4 << 20);
    for (size_t i = 0; i < g->m->notes.n; i++) {
        msg_render(&b, g->m->notes.at[i], g->lang);
        buf_char(&b, '\n');
    }
    if (g->m->more_notes) {
        msg_print(&b, g->lang, MSG("and {1} more"), "i", (int64_t)g->m->more_notes);
        buf_char(&b, '\n');
    }
    file_print(2, buf_text(&b), b.len);
    buf_done(&b);
}

static void say_counts(const struct moving *g)
{
    const struct move *m = g->m;
    int64_t works = m->n_works, incidents = (int64_t)m->news.n - works;
    verb_say(2, g->lang, MSG("{1} {1|component|components}, {2} {2|text|texts}; {3} {3|incident|incidents} and {4} {4|planned work|planned works} with {5} {5|update|updates}."), "iiiii",
             (int64_t)m->components.n, (int64_t)m->texts.n, incidents, works, (int64_t)m->n_updates);
    if (m->people.n || m->unverified)
        verb_say(2, g->lang, MSG("{1} {1|subscriber|subscribers} confirmed, {2} not; {3}"), "iim", (int64_t)m->people.n, (int64_t)m->unverified,
                 g->people ? MSG("those confirmed are taken") : MSG("--subscribers takes those confirmed"));
}

static void say_json(const struct moving *g, const struct buf *yaml)
{
    struct arena *a = arena_new(0);
    struct buf b = BUF_MAX(512 << 20);
    struct doc *o = doc_object(a), *list;
    const struct move *m = g->m;
    doc_put_int(o, "components", (int64_t)m->components.n);
    doc_put_int(o, "texts", (int64_t)m->texts.n);
    doc_put_int(o, "incidents", (int64_t)m->news.n - m->n_works);
    doc_put_int(o, "works", m->n_works);
    doc_put_int(o, "updates", m->n_updates);
    doc_put_int(o, "subscribers", (int64_t)m->people.n);
    doc_put_int(o, "unconfirmed", m->unverified);
    doc_put_text(o, "yaml", buf_text(yaml));
    list = doc_put_list(o, "left_out");
    for (size_t i = 0; i < m->notes.n; i++) {
        struct doc *d = doc_new(a, DOC_MSG);
        d->text = m->notes.at[i];
        doc_push(list, d);
    }
    list = doc_put_list(o, "bulletins");
    for (size_t i = 0; i < m->news.n; i++)
        doc_push(list, doc_copy(a, m->news.at[i]));
    json_write(&b, o, g->lang, 2);
    buf_char(&b, '\n');
    file_print(1, buf_text(&b), b.len);
    buf_done(&b);
    arena_free(a);
}

/* ---- the configuration loads, or is not given ---- */

static bool prove(const struct moving *g, const struct buf *yaml)
{
    struct conf_env env = {.kinds = probe_kinds, .read_secret = files_secret, .zone_known = files_zone_known, .machine_name = "localhost", .part = true};
    struct conf_file file = {.name = g->m->opts.source, .text = buf_text(yaml), .bytes = yaml->len};
    struct conf_errors errors = {0};
    struct conf *conf = NULL;
    struct buf b = BUF_MAX(1 << 20);
    if (!yaml->len)
        return true;
    int r = conf_load(&env, &file, 1, &conf, &errors);
    for (int i = 0; r && i < errors.n; i++)
        conf_error_print(&b, &errors.at[i], g->lang);
    file_print(2, buf_text(&b), b.len);
    buf_done(&b);
    conf_errors_done(&errors);
    conf_unref(conf);
    return r == 0;
}

static int show(struct moving *g, const struct buf *yaml)
{
    if (g->json) {
        say_json(g, yaml);
        return 0;
    }
    file_print(1, buf_text(yaml), yaml->len);
    say_notes(g);
    say_counts(g);
    verb_say(2, g->lang, MSG("Nothing was changed. --yes takes it in: the configuration into a file of its own, incidents with their links."), "");
    return 0;
}

static int finish(struct moving *g)
{
    struct buf yaml = BUF_MAX(CONF_MAX_FILE_BYTES), header = BUF_MAX(1000);
    msg_print(&header, g->lang, MSG("# Taken over from {1} by “vigie import”. Bind components to checks by “depends”: vigie conf doc components\n"), "s", g->m->as->name);
    if (g->m->as->from & MOVE_SQLITE)
        moving_monitors(g, &yaml);
    move_yaml(g->m, buf_text(&header), &yaml);
    int status = 1;
    if (prove(g, &yaml)) {
        if (g->yes)
            say_notes(g);
        status = g->yes ? moving_give(g, &yaml) : show(g, &yaml);
    }
    buf_done(&header);
    buf_done(&yaml);
    return status;
}

static int run(struct moving *g)
{
    struct err e = {0};
    if (!moving_ask(g) && g->yes)
        return 1;
    int r = g->url ? moving_read_api(g, &e) : moving_read(g, &e);
    if (r < 0) {
        verb_error(g->lang, &e);
        return 1;
    }
    move_build(g->m);
    if (!g->m->news.n && !g->m->components.n && !g->m->people.n) {
        say_notes(g);
        verb_say(2, g->lang, MSG("vigie import: nothing to take over was found in {1}"), "s", g->url ? g->url : g->from);
        return 1;
    }
    return finish(g);
}

/* ---- options ---- */

static bool is_source(const char *s)
{
    size_t n = strlen(s);
    return n > 0 && n <= 40 && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static bool read_options(struct move_opts *o, const struct asked *a, struct zone **ret_zone, const char *lang)
{
    int impact = a->impact ? level_from(a->impact) : LEVEL_DEGRADED;
    if (a->zone && !files_zone_known(NULL, a->zone)) {
        verb_say(2, lang, MSG("vigie import: “{1}” is no time zone that this system knows; see “timedatectl list-timezones”"), "s", a->zone);
        return false;
    }
    if (impact != LEVEL_OPERATIONAL && impact < LEVEL_DEGRADED) {
        verb_say(2, lang, MSG("vigie import: “{1}” is no impact; one is operational, degraded, partial or major"), "s", a->impact);
        return false;
    }
    if (a->source && !is_source(a->source)) {
        verb_say(2, lang, MSG("vigie import: “{1}” is no name for it; small letters, digits and dashes make one"), "s", a->source);
        return false;
    }
    *ret_zone = a->zone ? files_zone(a->zone) : NULL;
    o->zone = *ret_zone;
    o->zone_given = a->zone != NULL;
    o->impact = (enum level)impact;
    o->lang = a->text_lang;
    o->people = a->people != NULL;
    o->now_ms = clock_wall_ms();
    if (a->source)
        o->source = a->source;
    return true;
}

int verb_move(const struct mover *as, int argc, char **argv, const char *lang)
{
    struct asked a = {0};
    const struct verb_option rows[] = {{"url", 0, false, &a.url, NULL, 0},       {"token", 0, false, &a.token, NULL, 0},   {"zone", 0, false, &a.zone, NULL, 0},        {"text-lang", 0, false, &a.text_lang, NULL, 0},
                                       {"source", 0, false, &a.source, NULL, 0}, {"impact", 0, false, &a.impact, NULL, 0}, {"subscribers", 0, true, &a.people, NULL, 0}, {"yes", 'y', true, &a.yes, NULL, 0},
                                       {"json", 0, true, &a.json, NULL, 0},      {"no-conf", 0, true, &a.no_conf, NULL, 0}, {"data", 0, false, &a.data, NULL, 0},        {"to", 0, false, &a.to, NULL, 0},
                                       {0}};
    int words = verb_words(verb_options(argc, argv, rows, lang, "import"), argv, 1, lang, "import");
    struct move_opts o = {.source = as->name};
    struct zone *zone = NULL;
    if (words < 0 || !read_options(&o, &a, &zone, lang))
        return 2;
    bool api = (as->from & MOVE_API) != 0;
    if ((a.url != NULL) == (words == 1) || (a.url && !api)) {
        verb_say(2, lang, api ? MSG("vigie import {1}: say from where: a FILE, or --url ADDRESS") : MSG("vigie import {1}: say from where: {2}"), "sm", as->name, as->help);
        zone_free(zone);
        return 2;
    }
    struct moving g = {.lang = lang, .from = words ? argv[0] : NULL, .url = a.url, .token = a.token ? a.token : file_env("VIGIE_SOURCE_TOKEN"), .yes = a.yes != NULL, .json = a.json != NULL,
                       .people = a.people != NULL, .no_conf = a.no_conf != NULL};
    g.house = (struct cli_place){.lang = lang, .data = a.data, .url = a.to};
    g.m = move_new(as, &o);
    int status = run(&g);
    move_free(g.m);
    zone_free(zone);
    return status;
}
