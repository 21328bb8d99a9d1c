/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verb_checks.c: `vigie check list`: every kind of check, and one of them in full; `vigie version`. */
#include "base/json.h"
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

int verb_check_list(int argc, char **argv, const char *lang)
{
    const char *json = NULL;
    const struct verb_option rows[] = {{"json", 0, true, &json, NULL, 0}, {0}};
    int words = verb_words(verb_options(argc, argv, rows, lang, "check list"), argv, 1, lang, "check list");
    if (words < 0)
        return 2;
    if (words == 1) {
        char *one[] = {argv[0], NULL};
        return verb_conf_doc(1, one, lang);
    }
    struct buf b = BUF_MAX(1 << 20);
    if (json)
        list_json(&b, lang);
    for (int i = 0; !json && probes[i]; i++)
        buf_printf(&b, "%-10s  %s\n", probes[i]->kind.name, probes[i]->kind.help ? msg_tr(lang, probes[i]->kind.help) : "");
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
