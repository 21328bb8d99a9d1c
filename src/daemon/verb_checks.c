/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verb_checks.c: `vigie check list`: every kind of check, and one of them in full; `vigie version`. */
#include "base/json.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "checks/probe.h"
#include "daemon/files.h"
#include "daemon/verbs.h"
#include "io/file.h"

static void list_json(struct buf *b, const char *lang)
{
    struct arena *a = arena_new(0);
    struct doc *o = doc_object(a), *list = doc_put_list(o, "kinds");
    for (int i = 0; probes[i]; i++) {
        const struct conf_kind *k = &probes[i]->kind;
        struct doc *d = doc_push_object(list);
        doc_put_text(d, "name", k->name);
        doc_put_text(d, "alias", k->alias);
        doc_put_text(d, "help", k->help ? msg_tr(lang, k->help) : NULL);
        doc_put_text(d, "area", k->area);
        doc_put_text(d, "example", k->example);
        struct doc *options = doc_put_list(d, "options");
        for (const struct conf_row *r = k->rows; r && r->key; r++) {
            struct doc *opt = doc_push_object(options);
            doc_put_text(opt, "key", r->key);
            doc_put_text(opt, "help", r->help ? msg_tr(lang, r->help) : NULL);
            doc_put_text(opt, "default", r->by_default);
            doc_put_text(opt, "unit", r->unit);
            doc_put_text(opt, "example", r->example);
        }
    }
    json_write(b, o, lang, 2);
    buf_char(b, '\n');
    arena_free(a);
}

/* The areas in the order of CONF_AREAS, as headings. */
static const struct area {
    const char *word, *title;
} areas[] = {
    {"reach", MSG("Reach: does it answer")},   {"web", MSG("Web")},           {"mail", MSG("Mail")},
    {"names", MSG("Names (DNS)")},             {"tls", MSG("TLS")},           {"messages", MSG("Talk and messages")},
    {"databases", MSG("Databases and caches")}, {"files", MSG("Files over the network")}, {"services", MSG("Other services")},
    {"devices", MSG("Devices")},               {"agents", MSG("Agents on other machines")}, {"machine", MSG("This machine")},
    {"results", MSG("Results from elsewhere")},
};

static void list_kind(struct buf *b, const struct conf_kind *k, bool colour, const char *lang)
{
    buf_printf(b, "  %-18s %s\n", k->name, msg_tr(lang, k->help));
    buf_printf(b, "  %18s %s- %s%s\n", "", colour ? "\033[2m" : "", k->example, colour ? "\033[0m" : "");
}

static int list_area(struct buf *b, const struct area *a, bool colour, const char *lang)
{
    int n = 0;
    for (int i = 0; probes[i]; i++) {
        if (!str_eq(probes[i]->kind.area, a->word))
            continue;
        if (n++ == 0)
            buf_printf(b, "%s%s%s%s\n", b->len ? "\n" : "", colour ? "\033[1m" : "", msg_tr(lang, a->title), colour ? "\033[0m" : "");
        list_kind(b, &probes[i]->kind, colour, lang);
    }
    return n;
}

/* NULL: every area. How many kinds there were. */
static int list_text(struct buf *b, const char *area, const char *lang)
{
    bool colour = file_is_terminal(1);
    int n = 0;
    for (size_t i = 0; i < COUNT(areas); i++)
        if (!area || str_eq(area, areas[i].word))
            n += list_area(b, &areas[i], colour, lang);
    if (n && !area) {
        buf_char(b, '\n');
        msg_print(b, lang, MSG("{1} kinds of checks. “vigie check list KIND” says more of one, “vigie probe KIND TARGET” tries it."), "i", (int64_t)n);
        buf_char(b, '\n');
    }
    return n;
}

int verb_check_list(int argc, char **argv, const char *lang)
{
    const char *json = NULL;
    const struct verb_option rows[] = {{"json", 0, true, &json, NULL, 0}, {0}};
    int words = verb_words(verb_options(argc, argv, rows, lang, "check list"), argv, 1, lang, "check list");
    if (words < 0)
        return 2;
    struct buf b = BUF_MAX(1 << 20);
    int n = 1;
    if (json && words == 0)
        list_json(&b, lang);
    else if (!json)
        n = list_text(&b, words ? argv[0] : NULL, lang);
    if (words && (json || (n == 0 || probe_find(argv[0])))) { /* no area, or also a kind: that one in full */
        char *one[] = {argv[0], json ? "--json" : NULL, NULL};
        buf_done(&b);
        return verb_conf_doc(json ? 2 : 1, one, lang);
    }
    file_print(1, buf_text(&b), b.len);
    buf_done(&b);
    return 0;
}

int verb_version(int argc, char **argv, const char *lang)
{
    const struct verb_option rows[] = {{0}};
    if (verb_words(verb_options(argc, argv, rows, lang, "version"), argv, 0, lang, "version") < 0)
        return 2;
    file_print(1, "vigie " VIGIE_VERSION "\n", sizeof "vigie " VIGIE_VERSION "\n" - 1);
    return 0;
}
