/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verb_export.c: `vigie export json` and `vigie export cstate`: all that was published, whole, out of a house; written by whoever asks,
 * with his rights. */
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "cli/cli.h"
#include "compat/move/cstate.h"
#include "daemon/verbs.h"
#include "io/file.h"
#include "io/tree.h"

enum { MAX_EXPORT = 256 << 20, MAX_SMALL = 4 << 20 };

struct place {
    const char *data, *url, *token;
};

static int words_of(int argc, char **argv, struct place *p, int most, const char *lang, const char *verb)
{
    const struct verb_option rows[] = {{"data", 0, false, &p->data, NULL, 0}, {"url", 0, false, &p->url, NULL, 0}, {"token", 0, false, &p->token, NULL, 0}, {0}};
    return verb_words(verb_options(argc, argv, rows, lang, verb), argv, most, lang, verb);
}

static bool fetch(const struct place *p, const char *lang, struct buf *ret)
{
    struct cli_place house = {.lang = lang, .data = p->data, .url = p->url, .token = p->token};
    struct arena *a = arena_new(0);
    bool ok = cli_fetch(&house, "incident-export", doc_object(a), ret) == 200;
    arena_free(a);
    return ok;
}

int verb_export_json(int argc, char **argv, const char *lang)
{
    struct place p = {0};
    struct buf all = BUF_MAX(MAX_EXPORT);
    struct err e = {0};
    int words = words_of(argc, argv, &p, 1, lang, "export json"), status = 1;
    if (words < 0)
        return 2;
    if (fetch(&p, lang, &all)) {
        bool out = !words || str_eq(argv[0], "-");
        int r = 0;
        if (out)
            file_print(1, buf_text(&all), all.len);
        else
            r = file_write(argv[0], buf_text(&all), all.len, 0600, &e);
        if (r)
            verb_error(lang, &e);
        status = r != 0;
    }
    buf_done(&all);
    return status;
}

/* ---- cState ---- */

struct writing {
    struct arena *arena;
    struct doc *all, *titles;
    struct tree *tree;
    const char *lang;
    int issues, left_out;
};

static const char *worded(const struct doc *texts, const char *lang, const char *otherwise)
{
    const struct doc *first = doc_first(texts);
    const char *t = doc_text(texts, lang, NULL);
    return t ? t : first && first->kind == DOC_TEXT ? first->text : otherwise;
}

static int write_config(struct writing *w, struct err *e)
{
    struct buf b = BUF_MAX(MAX_SMALL);
    const struct doc *components = doc_get(w->all, "components");
    w->titles = doc_object(w->arena);
    DOC_EACH(components, c)
    doc_put_text(w->titles, doc_text(c, "name", "?"), worded(doc_get(c, "title"), w->lang, doc_text(c, "name", "?")));
    cstate_config(components, worded(doc_get(w->all, "title"), w->lang, "Status"), w->lang, doc_text(w->all, "site", ""), &b);
    int r = tree_put(w->tree, "config.yml", buf_text(&b), b.len, e);
    buf_done(&b);
    return r;
}

static int write_issue(struct writing *w, const struct doc *row, struct err *e)
{
    struct bulletin *b = NULL;
    struct buf text = BUF_MAX(2 * CSTATE_MAX_FILE);
    char path[80];
    int r = bulletin_read(row, &b, e);
    if (r == 0) {
        cstate_issue(b, w->titles, w->lang, &text);
        str_print(path, sizeof path, "content/issues/%s.md", b->key);
        bool fits = !text.full && text.len <= CSTATE_MAX_FILE;
        r = fits ? tree_put(w->tree, path, buf_text(&text), text.len, e) : 0;
        w->issues += fits;
        w->left_out += !fits;
    }
    bulletin_unref(b);
    buf_done(&text);
    return r;
}

static int write_all(struct writing *w, const char *dir, struct err *e)
{
    struct buf whole = BUF_MAX(8192);
    int r = tree_absolute(dir, &whole, e);
    if (r == 0)
        r = tree_open(buf_text(&whole), &w->tree, e);
    if (r == 0)
        r = write_config(w, e);
    DOC_EACH(r == 0 ? doc_get(w->all, "bulletins") : NULL, row)
    if (r == 0)
        r = write_issue(w, row, e);
    if (r == 0)
        r = tree_commit(w->tree, e);
    tree_free(w->tree);
    buf_done(&whole);
    return r;
}

int verb_export_cstate(int argc, char **argv, const char *lang)
{
    struct place p = {0};
    struct buf all = BUF_MAX(MAX_EXPORT);
    struct err e = {0};
    int words = words_of(argc, argv, &p, 1, lang, "export cstate"), status = 1;
    if (words == 0)
        verb_say(2, lang, MSG("vigie export cstate: say into which directory"), "");
    if (words < 1)
        return 2;
    struct writing w = {.arena = arena_new(0)};
    if (fetch(&p, lang, &all)) {
        int r = json_parse(w.arena, buf_text(&all), all.len, MAX_EXPORT, &w.all, &e);
        w.lang = r == 0 && doc_text(w.all, "lang", NULL) ? doc_text(w.all, "lang", "en") : "en";
        if (r == 0)
            r = write_all(&w, argv[0], &e);
        if (r)
            verb_error(lang, &e);
        else
            verb_say(1, lang, MSG("{1} {1|issue|issues} written to {2}."), "is", (int64_t)w.issues, argv[0]);
        if (w.left_out)
            verb_say(2, lang, MSG("{1} {1|is|are} too long for a file and left out."), "i", (int64_t)w.left_out);
        status = r != 0;
    }
    buf_done(&all);
    arena_free(w.arena);
    return status;
}
