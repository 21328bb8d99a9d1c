/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_doc.c: the reference of all keys, printed from the rows: for a terminal, as roff for the
 * manual, as JSON. A topic is a section ("site"), "check" for what every check takes, a kind of
 * check, or one key ("http.url"). */
#include "config/conf_int.h"

#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"

static const struct topic {
    const char *name;
    const struct conf_row *rows;
    const char *title; /* MSG */
} topics[] = {
    {"site", conf_rows_site, MSG("Settings of the daemon as a whole.")},
    {"defaults", conf_rows_defaults,
     MSG("What checks do unless they say otherwise: nearer than what a kind brings along, but for kinds whose results come by themselves.")},
    {"contacts", conf_rows_contact, MSG("Of each contact.")},
    {"periods", conf_rows_period, MSG("Of each time period; one text, or a list of texts, is its “when”.")},
    {"holidays", conf_rows_holidays, MSG("Lists of days.")},
    {"groups", conf_rows_group, MSG("Of each group.")},
    {"hosts", conf_rows_host, MSG("Of each host.")},
    {"templates", conf_rows_host, MSG("Of each template.")},
    {"apply", conf_rows_apply, MSG("Of each rule under “apply”.")},
    {"check", conf_rows_check, MSG("What every check takes, whatever its kind.")},
    {"services", conf_rows_aggregate, MSG("Of each service, and of each of its parts.")},
    {"components", conf_rows_component, MSG("Of each component.")},
    {"announce", conf_rows_announce, MSG("What vigie does by itself in telling users.")},
    {"mail_in", conf_rows_mail_in, MSG("Mails that publish.")},
    {"upstreams", conf_rows_upstream, MSG("Of each upstream.")},
    {"texts", conf_rows_text, MSG("Of each text.")},
    {"series", conf_rows_series, MSG("Of each series of planned work.")},
    {"mirrors", conf_rows_mirror, MSG("Of each mirror.")},
    {"login", conf_rows_login, MSG("Who logs in besides vigie’s own users, and how surely.")},
    {"irc", conf_rows_irc, MSG("Of each network.")},
    {"federation", conf_rows_federation, MSG("The public page as accounts that can be followed.")},
    {"webhooks", conf_rows_webhook, MSG("Of each webhook.")},
    {"sms", conf_rows_sms, MSG("Text messages to telephones.")},
    {"feeds", conf_rows_feeds, MSG("How feed readers hear of news.")},
};

struct printer {
    struct buf *out;
    const char *lang;
    enum conf_doc_form form;
    struct doc *list; /* JSON */
    const char *only; /* one key, or NULL */
    size_t found;
    bool entries; /* of a section that checks use: without “use” itself */
};

/* ---- one row */

/* "duration, 1s to 31d, default 60s". */
static void facts(struct buf *out, const struct conf_row *row, const char *lang)
{
    struct buf expected = BUF_MAX(1000);

    if (row->flags & CONF_REQUIRED)
        buf_printf(out, "%s; ", msg_tr(lang, MSG("required")));
    conf_type_expected(&expected, row);
    msg_render(out, buf_text(&expected), lang);
    if (row->by_default) {
        buf_str(out, "; ");
        msg_print(out, lang, MSG("default: {1}"), "s", row->by_default);
    }
    buf_done(&expected);
}

/* Roff takes a leading dot or quote, and every backslash, for itself. */
static void roff(struct buf *out, const char *text)
{
    if (text[0] == '.' || text[0] == '\'')
        buf_str(out, "\\&");
    for (; *text; text++) {
        if (*text == '\\')
            buf_str(out, "\\e");
        else if (*text == '-')
            buf_str(out, "\\-");
        else
            buf_char(out, *text);
    }
}

static void row_text(struct printer *p, const struct conf_row *row, const char *key)
{
    buf_printf(p->out, "  %s\n      ", key);
    facts(p->out, row, p->lang);
    buf_char(p->out, '\n');
    if (row->help)
        buf_printf(p->out, "      %s\n", msg_tr(p->lang, row->help));
    if (row->example)
        buf_printf(p->out, "      %s: %s\n", row->key, row->example);
}

static void row_man(struct printer *p, const struct conf_row *row, const char *key)
{
    struct buf b = BUF_MAX(8000);

    buf_str(p->out, ".TP\n\\fB");
    roff(p->out, key);
    buf_str(p->out, "\\fR\n");
    if (row->help) {
        roff(p->out, msg_tr(p->lang, row->help));
        buf_char(p->out, '\n');
    }
    buf_str(p->out, ".br\n");
    facts(&b, row, p->lang);
    roff(p->out, buf_text(&b));
    buf_char(p->out, '\n');
    if (row->example) {
        buf_clear(&b);
        buf_printf(&b, "%s: %s", row->key, row->example);
        buf_str(p->out, ".nf\n\\fI"); /* as typed: neither filled nor adjusted */
        roff(p->out, buf_text(&b));
        buf_str(p->out, "\\fR\n.fi\n");
    }
    buf_done(&b);
}

static void row_json(struct printer *p, const struct conf_row *row, const char *key)
{
    struct doc *o = doc_push_object(p->list);
    struct buf expected = BUF_MAX(1000), text = BUF_MAX(2000);

    doc_put_text(o, "key", key);
    doc_put_text(o, "type", msg_tr(p->lang, conf_type_name(row)));
    conf_type_expected(&expected, row);
    msg_render(&text, buf_text(&expected), p->lang);
    doc_put_text(o, "expected", buf_text(&text));
    doc_put_bool(o, "required", row->flags & CONF_REQUIRED);
    doc_put_bool(o, "positional", row->flags & CONF_POSITIONAL);
    doc_put_text(o, "default", row->by_default);
    doc_put_text(o, "unit", row->unit);
    if (row->words) {
        struct doc *words = doc_put_list(o, "words");

        for (int i = 0; row->words[i]; i++)
            doc_push_text(words, row->words[i]);
    }
    doc_put_text(o, "help", row->help ? msg_tr(p->lang, row->help) : NULL);
    doc_put_text(o, "example", row->example);
    buf_done(&expected);
    buf_done(&text);
}

static void print_row(struct printer *p, const struct conf_row *row, const char *key)
{
    static void (*const forms[])(struct printer *, const struct conf_row *, const char *) = {
        [CONF_DOC_TEXT] = row_text,
        [CONF_DOC_MAN] = row_man,
        [CONF_DOC_JSON] = row_json,
    };

    if (p->only && !str_eq(p->only, key) &&
        !(str_starts(key, p->only) && key[strlen(p->only)] == '.'))
        return;
    p->found++;
    forms[p->form](p, row, key);
}

static void print_rows(struct printer *p, const struct conf_row *rows, const char *prefix)
{
    for (; rows && rows->key; rows++) {
        struct buf key = BUF_MAX(200);

        if ((rows->flags & CONF_HIDDEN) || (p->entries && str_eq(rows->key, "use")))
            continue;
        buf_printf(&key, "%s%s", prefix, rows->key);
        print_row(p, rows, buf_text(&key));
        if (rows->type == CONF_GROUP || rows->type == CONF_LIST || rows->type == CONF_ITEMS) {
            buf_char(&key, '.');
            print_rows(p, rows->rows, buf_text(&key));
        }
        buf_done(&key);
    }
}

/* ---- topics */

static void heading(struct printer *p, const char *name, const char *title)
{
    if (p->form == CONF_DOC_JSON)
        return;
    if (p->form == CONF_DOC_MAN) {
        buf_str(p->out, ".SS ");
        roff(p->out, name);
        buf_char(p->out, '\n');
        roff(p->out, title);
        buf_char(p->out, '\n');
        return;
    }
    buf_printf(p->out, "%s%s: %s\n", p->out->len ? "\n" : "", name, title);
}

static const char *kind_title(const struct printer *p)
{
    return msg_tr(p->lang, MSG("A kind of check."));
}

/* JSON: one object, a list of rows under each topic. */
static void print_topic(struct printer *p, struct doc *all, const char *name,
                        const struct conf_row *rows, const char *title)
{
    if (!p->only)
        heading(p, name, title);
    if (p->form == CONF_DOC_JSON)
        p->list = doc_put_list(all, name);
    p->found +=
        !p->only && (rows == NULL || rows->key == NULL); /* a kind without options is no mistake */
    print_rows(p, rows, "");
}

static bool wanted(const char *topic, const char *name, const char **ret_only)
{
    size_t n = strlen(name);

    *ret_only = NULL;
    if (topic == NULL || str_eq(topic, name))
        return true;
    if (strncmp(topic, name, n) != 0 || topic[n] != '.')
        return false;
    *ret_only = topic + n + 1;
    return true;
}

static void print_unknown(struct printer *p, const struct conf_env *env, const char *topic)
{
    struct buf list = BUF_MAX(4000);

    for (size_t i = 0; i < COUNT(topics); i++)
        buf_printf(&list, "%s%s", i ? ", " : "", topics[i].name);
    for (int i = 0; env->kinds && env->kinds[i]; i++)
        buf_printf(&list, ", %s%s%s", env->kinds[i]->name, env->kinds[i]->library ? ", " : "", env->kinds[i]->library ? env->kinds[i]->library : "");
    msg_print(p->out, p->lang, MSG("There is nothing about “{1}”. There is: {2}"), "ss", topic,
              buf_text(&list));
    buf_char(p->out, '\n');
    buf_done(&list);
}

/* A section whose entries checks of this kind use. */
static void print_library(struct printer *p, struct doc *all, const struct conf_kind *kind, const char *topic)
{
    if (kind->library == NULL || !wanted(topic, kind->library, &p->only))
        return;
    p->entries = true;
    print_topic(p, all, kind->library, kind->rows, msg_tr(p->lang, MSG("Options by name, for checks that say “use”; general keys of a check as well.")));
    p->entries = false;
}

int conf_doc(struct buf *out, const struct conf_env *env, const char *topic, const char *lang,
              enum conf_doc_form form)
{
    struct arena *a = arena_new(0);
    struct printer p = {.out = out, .lang = lang, .form = form};
    struct doc *all = doc_object(a);

    for (size_t i = 0; i < COUNT(topics); i++)
        if (wanted(topic, topics[i].name, &p.only))
            print_topic(&p, all, topics[i].name, topics[i].rows, msg_tr(lang, topics[i].title));
    for (int i = 0; env->kinds && env->kinds[i]; i++)
        if (wanted(topic, env->kinds[i]->name, &p.only))
            print_topic(&p, all, env->kinds[i]->name, env->kinds[i]->rows, kind_title(&p));
    for (int i = 0; env->kinds && env->kinds[i]; i++)
        print_library(&p, all, env->kinds[i], topic);
    if (form == CONF_DOC_JSON) {
        json_write(out, all, lang, 2);
        buf_char(out, '\n');
    } else if (p.found == 0 && topic) {
        buf_clear(out);
        print_unknown(&p, env, topic);
    }
    arena_free(a);
    return topic && p.found == 0 ? ERR_NOT_FOUND : 0;
}
