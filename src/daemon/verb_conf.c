/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verb_conf.c: `vigie conf check` and `vigie conf doc`. */
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "checks/probe.h"
#include "daemon/files.h"
#include "daemon/verbs.h"
#include "io/file.h"

/* The machine's name does not matter for what is right or wrong. */
static struct conf_env env_of(void)
{
    return (struct conf_env){.kinds = probe_kinds, .read_secret = files_secret, .zone_known = files_zone_known, .zone_load = files_zone_load, .local_host = true, .machine_name = "localhost"};
}

/* The same shape as the API's. */
static void put_errors(struct doc *list, const struct conf_error *at, int n)
{
    for (int i = 0; i < n; i++) {
        struct doc *d = doc_push_object(list);
        doc_put_text(d, "file", at[i].file);
        doc_put_int(d, "line", at[i].line);
        doc_put_int(d, "column", at[i].column);
        doc_put_msg(d, "message", at[i].text);
        doc_put_text(d, "source", at[i].source);
    }
}

static void say_json(const struct conf_errors *es, const struct conf *c, const char *lang)
{
    struct arena *a = arena_new(0);
    struct doc *o = doc_object(a);
    struct buf b = BUF_MAX(4 << 20);
    put_errors(doc_put_list(o, "errors"), es->at, es->n);
    put_errors(doc_put_list(o, "warnings"), c ? c->warnings : NULL, c ? c->n_warnings : 0);
    doc_put_int(o, "more_errors", es->more);
    json_write(&b, o, lang, 2);
    buf_char(&b, '\n');
    file_print(1, buf_text(&b), b.len);
    buf_done(&b);
    arena_free(a);
}

static void say_errors(const struct conf_errors *es, const char *lang)
{
    struct buf b = BUF_MAX(1 << 20);
    for (int i = 0; i < es->n; i++)
        conf_error_print(&b, &es->at[i], lang);
    file_print(2, buf_text(&b), b.len);
    buf_done(&b);
    verb_say(2, lang, MSG("{1} {1|error|errors}; nothing would be applied"), "i", (int64_t)(es->n + es->more));
}

/* What is allowed and hardly meant. */
static void say_warnings(const struct conf *c, const char *lang)
{
    struct buf b = BUF_MAX(1 << 20);
    for (int i = 0; i < c->n_warnings; i++) {
        msg_print(&b, lang, MSG("warning: "), "");
        conf_error_print(&b, &c->warnings[i], lang);
    }
    file_print(2, buf_text(&b), b.len);
    buf_done(&b);
}

static int check(const struct files_place *place, bool part, bool json, const char *lang)
{
    struct files_set set;
    struct conf_errors errors = {0};
    struct conf *conf = NULL;
    struct err e = {0};
    struct conf_env env = env_of();
    env.part = part;
    env.local_host = !part;
    if (files_read(place, NULL, 0, &set, &e) < 0) {
        verb_error(lang, &e);
        return 1;
    }
    int r = conf_load(&env, set.at, set.n, &conf, &errors);
    if (json)
        say_json(&errors, conf, lang);
    else if (r < 0)
        say_errors(&errors, lang);
    else
        verb_say(1, lang, MSG("{1} {1|file|files} read: {2} {2|host|hosts}, {3} {3|check|checks}, {4} {4|contact|contacts}; no errors"), "iiii", (int64_t)set.n,
                 (int64_t)conf->n_hosts, (int64_t)conf->n_checks, (int64_t)conf->n_contacts);
    if (r == 0 && !json)
        say_warnings(conf, lang);
    conf_errors_done(&errors);
    conf_unref(conf);
    files_done(&set);
    return r < 0 ? 1 : 0;
}

int verb_conf_check(int argc, char **argv, const char *lang)
{
    const char *config = NULL, *data = NULL, *json = NULL, *part = NULL;
    char dir[1024];
    const struct verb_option rows[] = {{"config", 'c', false, &config, NULL, 0}, {"data", 0, false, &data, NULL, 0}, {"json", 0, true, &json, NULL, 0}, {"part", 0, true, &part, NULL, 0}, {0}};
    int words = verb_words(verb_options(argc, argv, rows, lang, "conf check"), argv, 1, lang, "conf check");
    if (words < 0)
        return 2;
    if (words == 1)
        config = argv[0];
    struct files_place place;
    files_find(config, data, dir, &place);
    place.required = config != NULL;
    if (part) /* that file alone */
        place.beside[0] = place.own[0] = 0;
    return check(&place, part != NULL, json != NULL, lang);
}

int verb_conf_doc(int argc, char **argv, const char *lang)
{
    const char *man = NULL, *json = NULL;
    const struct verb_option rows[] = {{"man", 0, true, &man, NULL, 0}, {"json", 0, true, &json, NULL, 0}, {0}};
    int words = verb_words(verb_options(argc, argv, rows, lang, "conf doc"), argv, 1, lang, "conf doc");
    if (words < 0)
        return 2;
    struct conf_env env = env_of();
    struct buf b = BUF_MAX(4 << 20);
    int r = conf_doc(&b, &env, words ? argv[0] : NULL, lang, json ? CONF_DOC_JSON : man ? CONF_DOC_MAN : CONF_DOC_TEXT);
    file_print(r < 0 ? 2 : 1, buf_text(&b), b.len);
    buf_done(&b);
    return r < 0 ? 1 : 0;
}
