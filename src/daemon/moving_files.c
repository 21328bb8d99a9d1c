/* SPDX-License-Identifier: GPL-3.0-or-later */
/* moving_files.c: a directory of cState: its configuration and each issue, one row a file. */
#include "daemon/moving_files.h"
#include "base/msg.h"
#include "base/str.h"
#include "compat/move/cstate.h"
#include "config/yaml_doc.h"
#include "io/file.h"
#include "wire/toml.h"
#include <string.h>

enum { ISSUES, CONFIG, MOST_FILES = 50000 };

struct reading {
    struct moving *g;
    const char *dir;
    int n;
    struct err *e;
};

/* "2018-04-25 Mail Down.md" → "2018-04-25-mail-down", as Hugo makes addresses of names. */
static const char *slug_of(struct arena *a, const char *file)
{
    size_t n = strlen(file), k = 0;
    char *slug = arena_dupn(a, file, n > 3 && str_ends(file, ".md") ? n - 3 : n);
    for (char *p = slug; *p; p++)
        slug[k++] = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p == ' ' ? '-' : *p;
    slug[k] = 0;
    return slug;
}

static int read_issue(void *arg, const char *file)
{
    struct reading *x = arg;
    struct move *m = x->g->m;
    struct buf text = BUF_MAX(CSTATE_MAX_FILE);
    struct err e = {0};
    struct doc *row = NULL;
    const char *body = "", *path = arena_printf(m->arena, "%s/%s", x->dir, file);
    int r = file_read(path, &text, &e);
    if (r == 0)
        r = cstate_front(m->arena, file, buf_text(&text), text.len, &row, &body, &e);
    if (r == 0) {
        doc_put_text(row, " file", file);
        doc_put_text(row, " slug", slug_of(m->arena, file));
        doc_put_text(row, " body", body);
        move_row(m, ISSUES, row);
    } else if (!str_eq(file, "_index.md")) {
        move_note(m, "{1}", "m", e.text);
    }
    x->n++;
    buf_done(&text);
    return m->full;
}

static int read_config(struct moving *g, const char *dir, struct err *e)
{
    static const char *const names[] = {"config.yml", "config.yaml", "hugo.yml", "hugo.yaml", "config.toml", "hugo.toml", NULL};
    struct arena *a = g->m->arena;
    struct buf text = BUF_MAX(CSTATE_MAX_FILE);
    struct doc *d = NULL;
    int r = ERR_NOT_FOUND, i = 0;
    for (; names[i] && r == ERR_NOT_FOUND; i++)
        r = file_read(arena_printf(a, "%s/%s", dir, names[i]), &text, e);
    const char *name = names[i - 1];
    if (r == 0)
        r = str_ends(name, ".toml") ? toml_parse(a, buf_text(&text), text.len, &d, e) : yaml_doc(a, name, buf_text(&text), text.len, &d, e);
    if (r == 0)
        move_row(g->m, CONFIG, d);
    else if (r == ERR_NOT_FOUND)
        move_note(g->m, MSG("there is no config.yml; components are those that issues name"), "");
    buf_done(&text);
    return r == ERR_NOT_FOUND ? 0 : r;
}

int moving_read_directory(struct moving *g, const char *dir, struct err *e)
{
    struct arena *a = g->m->arena;
    const char *const places[] = {"content/issues", "content/en/issues", "content/fr/issues", "issues", ".", NULL};
    struct reading x = {.g = g, .e = e};
    int r = read_config(g, dir, e);
    for (int i = 0; places[i] && r == 0 && !x.n; i++) {
        x.dir = arena_printf(a, "%s/%s", dir, places[i]);
        if (file_list(x.dir, ".md", MOST_FILES, read_issue, &x, NULL) == ERR_DENIED)
            r = err_set(e, ERR_DENIED, MSG("{1} cannot be read"), "s", x.dir);
    }
    if (r == 0 && !x.n)
        r = err_set(e, ERR_NOT_FOUND, MSG("{1} has no content/issues; is it a site of cState?"), "s", dir);
    return r;
}
