/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_news_text.c: words that nobody typed: titles made from components, and the texts of the configuration, filled in. */
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_news.h"
#include "ops/ops_priv.h"
#include <string.h>

enum { MAX_NAME = 60 };

/* ---- a title, when nobody gave one ---- */

static const char *level_phrase(enum level l)
{
    static const char *const texts[LEVELS] = {
        [LEVEL_OPERATIONAL] = MSG("{1}: notice"), [LEVEL_UNKNOWN] = MSG("{1}: notice"), [LEVEL_PLANNED] = MSG("{1}: planned work"),
        [LEVEL_DEGRADED] = MSG("{1}: slow or faulty"), [LEVEL_PARTIAL] = MSG("{1}: partly down"), [LEVEL_MAJOR] = MSG("{1}: down"),
    };
    return texts[l];
}

static void name_components(const struct news *n, const char *lang, struct buf *out)
{
    const struct conf *conf = model_conf(n->call->house->model);
    int many = n->post.n_levels + (n->post.n_components > 0 ? n->post.n_components : 0);
    for (int i = 0; i < many; i++) {
        const char *name = i < n->post.n_levels ? n->post.levels[i].component : n->post.components[i - n->post.n_levels];
        const struct conf_component *c = map_find(&conf->component_by_name, name);
        const char *title = c ? conf_pairs_lang(&c->title, lang) : NULL;
        buf_str(out, i ? ", " : "");
        buf_str(out, title ? title : name);
    }
}

static void make_title(struct news *n)
{
    enum level worst = n->post.what == BULLETIN_WORK ? LEVEL_PLANNED : LEVEL_OPERATIONAL;
    for (int i = 0; i < n->post.n_levels; i++)
        worst = n->post.levels[i].level > worst ? n->post.levels[i].level : worst;
    for (int i = 0; msg_langs[i]; i++) {
        struct buf names = BUF_MAX(BULLETIN_MAX_TITLE - 40), title = BUF_MAX(BULLETIN_MAX_TITLE);
        name_components(n, msg_langs[i], &names);
        if (names.len) {
            msg_print(&title, msg_langs[i], level_phrase(worst), "s", buf_text(&names));
            wording_set(&n->post.title, n->call->arena, msg_langs[i], buf_text(&title), NULL);
        }
        buf_done(&names);
        buf_done(&title);
    }
}

/* Nothing but a text: its first line, as far as it fits. */
static void title_of_text(struct news *n)
{
    for (int i = 0; i < n->post.text.n; i++) {
        char line[100];
        size_t len = strcspn(n->post.text.text[i], "\n");
        str_copyn(line, sizeof line, n->post.text.text[i], len);
        wording_set(&n->post.title, n->call->arena, n->post.text.lang[i], line, NULL);
    }
}

void news_title(struct news *n)
{
    make_title(n);
    if (!n->post.title.n)
        title_of_text(n);
}

/* ---- texts of the configuration ---- */

/* What stands for ${name}: said with the call, else one of ours; NULL. */
static const char *value_of(struct news *n, const char *name, const char *lang)
{
    size_t len = strlen(name);
    DOC_EACH(doc_get(n->call->params, "set"), d)
        if (strncmp(d->text, name, len) == 0 && d->text[len] == '=')
            return d->text + len + 1;
    if (!str_eq(name, "component") && !str_eq(name, "components"))
        return NULL;
    struct buf names = BUF_MAX(1000);
    name_components(n, lang, &names);
    const char *text = names.len ? arena_dup(n->call->arena, buf_text(&names)) : NULL;
    buf_done(&names);
    return text;
}

static bool fill(struct news *n, const char *text, const char *lang, struct buf *out)
{
    for (const char *p = text; *p;) {
        const char *end = p[0] == '$' && p[1] == '{' ? strchr(p, '}') : NULL;
        if (!end || end - p - 2 > MAX_NAME) {
            buf_char(out, *p++);
            continue;
        }
        const char *name = arena_dupn(n->call->arena, p + 2, (size_t)(end - p - 2)), *value = value_of(n, name, lang);
        if (!value) {
            op_fail(n->call, ERR_INVALID, "set", MSG("the text {1} has a gap “{2}”; say it with --set {2}=…"), "ss", n->use->name, name);
            return false;
        }
        buf_str(out, value);
        p = end + 1;
    }
    return true;
}

/* Each language of the text, where nobody said anything. */
static bool fill_all(struct news *n, const struct conf_pairs *from, struct wording *to, size_t max_bytes)
{
    struct err e = {0};
    int r = 0;
    for (int i = 0; i < from->n && r == 0; i++) {
        const char *lang = from->keys[i][0] ? from->keys[i] : news_lang(n->call);
        struct buf b = BUF_MAX(max_bytes);
        if (!fill(n, from->values[i], lang, &b)) {
            buf_done(&b);
            return false;
        }
        r = wording_set(to, n->call->arena, lang, buf_text(&b), &e);
        buf_done(&b);
    }
    if (r)
        op_error(n->call, r, &e);
    return r == 0;
}

bool news_fill(struct news *n)
{
    if (!n->use)
        return true;
    if (!n->post.title.n && !n->old && !fill_all(n, &n->use->title, &n->post.title, BULLETIN_MAX_TITLE))
        return false;
    return n->post.text.n || fill_all(n, &n->use->text, &n->post.text, BULLETIN_MAX_TEXT);
}
