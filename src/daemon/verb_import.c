/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verb_import.c: `vigie import KIND FILE`: another monitor's configuration as YAML of ours, on standard output; what was left
 * out, and why, on standard error. */
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "checks/probe.h"
#include "compat/move/move.h"
#include "config/import.h"
#include "daemon/files.h"
#include "daemon/verbs.h"
#include "io/file.h"

struct importing {
    const char *lang, *file;
    bool json, comments;
};

static void list_one(const struct importing *g, struct doc *kinds, struct buf *b, const char *name, const char *help)
{
    struct doc *d = doc_push_object(kinds);
    doc_put_text(d, "name", name);
    doc_put_text(d, "help", msg_tr(g->lang, help));
    if (!g->json)
        buf_printf(b, "%-12s  %s\n", name, msg_tr(g->lang, help));
}

static void list(const struct importing *g)
{
    struct arena *a = arena_new(0);
    struct doc *o = doc_object(a), *kinds = doc_put_list(o, "kinds");
    struct buf b = BUF_MAX(65536);
    for (int i = 0; importers[i]; i++)
        list_one(g, kinds, &b, importers[i]->name, importers[i]->help);
    for (int i = 0; movers[i]; i++)
        list_one(g, kinds, &b, movers[i]->name, movers[i]->help);
    if (g->json) {
        json_write(&b, o, g->lang, 2);
        buf_char(&b, '\n');
    }
    file_print(1, buf_text(&b), b.len);
    buf_done(&b);
    arena_free(a);
}

static void put_note(struct buf *b, const struct importing *g, const struct import_note *n)
{
    if (g->comments)
        buf_str(b, "# ");
    if (n->line)
        buf_printf(b, "%s:%u: ", g->file, n->line);
    else
        buf_printf(b, "%s: ", g->file);
    msg_render(b, n->text, g->lang);
    buf_char(b, '\n');
}

static void put_notes(struct buf *b, const struct importing *g, const struct import_result *r)
{
    if (g->comments && r->n_notes)
        buf_str(b, "\n");
    for (int i = 0; i < r->n_notes; i++)
        put_note(b, g, &r->notes[i]);
    if (r->more_notes) {
        buf_str(b, g->comments ? "# " : "");
        msg_print(b, g->lang, MSG("and {1} more"), "i", (int64_t)r->more_notes);
        buf_char(b, '\n');
    }
}

static void say_json(const struct importing *g, const struct import_result *r)
{
    struct buf b = BUF_MAX(256 << 20);
    struct doc *o = doc_object(r->arena);
    doc_put_int(o, "hosts", r->hosts);
    doc_put_int(o, "checks", r->checks);
    doc_put_int(o, "contacts", r->contacts);
    doc_put_text(o, "yaml", buf_text(&r->yaml));
    struct doc *notes = doc_put_list(o, "left_out");
    for (int i = 0; i < r->n_notes; i++) {
        struct doc *d = doc_push_object(notes);
        doc_put_text(d, "file", g->file);
        if (r->notes[i].line)
            doc_put_int(d, "line", r->notes[i].line);
        doc_put_msg(d, "message", r->notes[i].text);
    }
    doc_put_int(o, "more_left_out", r->more_notes);
    json_write(&b, o, g->lang, 2);
    buf_char(&b, '\n');
    file_print(1, buf_text(&b), b.len);
    buf_done(&b);
}

static void say(const struct importing *g, const struct import_result *r)
{
    struct buf notes = BUF_MAX(16 << 20);
    put_notes(&notes, g, r);
    file_print(1, buf_text(&r->yaml), r->yaml.len);
    file_print(g->comments ? 1 : 2, buf_text(&notes), notes.len);
    verb_say(2, g->lang, MSG("{1} {1|host|hosts}, {2} {2|check|checks}, {3} {3|contact|contacts}; {4} {4|remark|remarks}"), "iiii", (int64_t)r->hosts, (int64_t)r->checks, (int64_t)r->contacts,
             (int64_t)(r->n_notes + r->more_notes));
    buf_done(&notes);
}

static int read_one(const char *path, struct buf *b, struct conf_file *ret, struct err *e)
{
    bool standard = str_eq(path, "-");
    int r = file_read(standard ? "/dev/stdin" : path, b, e);
    *ret = (struct conf_file){.name = standard ? "stdin" : path, .text = buf_text(b), .bytes = b->len};
    return r;
}

static int import(const struct importing *g, const struct importer *as, const char *modules)
{
    struct conf_env env = {.kinds = probe_kinds, .read_secret = files_secret, .zone_known = files_zone_known, .machine_name = "localhost"};
    struct buf text = BUF_MAX(IMPORT_MAX_BYTES + 1), more = BUF_MAX(IMPORT_MAX_BYTES + 1);
    struct conf_file file, beside;
    struct import_result result = {0};
    struct importing said = *g;
    struct err e = {0};
    int r = read_one(g->file, &text, &file, &e);
    if (r == 0 && modules)
        r = read_one(modules, &more, &beside, &e);
    if (r == 0) {
        said.file = file.name;
        r = import_run(&env, as, &file, modules ? &beside : NULL, &result, &e);
        if (r == 0 && g->json)
            say_json(&said, &result);
        else if (r == 0)
            say(&said, &result);
    }
    if (r < 0)
        verb_error(g->lang, &e);
    bool nothing = r == 0 && result.hosts == 0;
    if (nothing)
        verb_say(2, g->lang, MSG("vigie import: nothing to watch was found in {1}"), "s", file.name);
    import_done(&result);
    buf_done(&text);
    buf_done(&more);
    return r < 0 || nothing;
}

static int unknown(const char *word, const char *lang)
{
    const char *names[40] = {NULL};
    int n = 0;
    for (int i = 0; importers[i] && n < 39; i++)
        names[n++] = importers[i]->name;
    for (int i = 0; movers[i] && n < 39; i++)
        names[n++] = movers[i]->name;
    const char *near = str_nearest(word, names);
    if (near)
        verb_say(2, lang, MSG("vigie import: “{1}” cannot be imported; did you mean {2}?"), "ss", word, near);
    else
        verb_say(2, lang, MSG("vigie import: “{1}” cannot be imported; “vigie import --list” shows the kinds"), "s", word);
    return 2;
}

int verb_import(int argc, char **argv, const char *lang)
{
    const struct mover *page = argc > 0 ? mover_find(argv[0]) : NULL;
    if (page)
        return verb_move(page, argc - 1, argv + 1, lang);
    const char *json = NULL, *all = NULL, *comments = NULL, *modules = NULL;
    const struct verb_option rows[] = {{"json", 0, true, &json, NULL, 0}, {"list", 0, true, &all, NULL, 0}, {"all-comments", 0, true, &comments, NULL, 0}, {"modules", 0, false, &modules, NULL, 0}, {0}};
    int words = verb_words(verb_options(argc, argv, rows, lang, "import"), argv, 2, lang, "import");
    if (words < 0)
        return 2;
    struct importing g = {.lang = lang, .file = words > 1 ? argv[1] : "-", .json = json != NULL, .comments = comments != NULL};
    if (all) {
        list(&g);
        return 0;
    }
    if (words == 0) {
        verb_say(2, lang, MSG("vigie import: say what: vigie import monit /etc/monit/monitrc; “vigie import --list” shows the kinds"), "");
        return 2;
    }
    const struct importer *as = import_find(argv[0]);
    return as ? import(&g, as, modules) : unknown(argv[0], lang);
}
