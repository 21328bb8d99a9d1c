/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wording.c: see wording.h. */
#include "model/wording.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"
#include <string.h>

static int find(const struct wording *w, const char *lang)
{
    for (int i = 0; i < w->n; i++)
        if (str_eq(w->lang[i], lang))
            return i;
    return -1;
}

/* "" or a language tag as BCP 47 has them, in small letters but for the region: "fr", "pt-BR". */
static bool is_tag(const char *lang)
{
    size_t n = strlen(lang);
    return n < WORDING_LANG_BYTES && strspn(lang, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == n && (n == 0 || n >= 2);
}

static void take_away(struct wording *w, int i)
{
    for (int k = i; k + 1 < w->n; k++) {
        w->lang[k] = w->lang[k + 1];
        w->text[k] = w->text[k + 1];
    }
    w->n--;
}

int wording_set(struct wording *w, struct arena *a, const char *lang, const char *text, struct err *e)
{
    int i = find(w, lang);
    if (!is_tag(lang))
        return err_set(e, ERR_INVALID, MSG("“{1}” is no language tag; one is en, fr or pt-BR"), "s", lang);
    if (!text || !text[0]) {
        if (i >= 0)
            take_away(w, i);
        return 0;
    }
    if (!utf8_valid(text, strlen(text)))
        return err_set(e, ERR_INVALID, MSG("this is not UTF-8 text"), "");
    if (i < 0 && w->n == WORDING_MAX)
        return err_set(e, ERR_LIMIT, MSG("a text has at most {1} languages"), "i", (int64_t)WORDING_MAX);
    if (i < 0)
        i = w->n++;
    w->lang[i] = arena_dup(a, lang);
    w->text[i] = arena_dup(a, text);
    return 0;
}

struct wording wording_copy(const struct wording *w, struct arena *a)
{
    struct wording copy = {.n = w->n};
    for (int i = 0; i < w->n; i++) {
        copy.lang[i] = arena_dup(a, w->lang[i]);
        copy.text[i] = arena_dup(a, w->text[i]);
    }
    return copy;
}

const char *wording_for(const struct wording *w, const char *lang, const char **ret_lang)
{
    int i = find(w, lang);
    if (ret_lang)
        *ret_lang = i < 0 && w->n && w->lang[0][0] ? w->lang[0] : NULL;
    return i >= 0 ? w->text[i] : w->n ? w->text[0] : NULL;
}

bool wording_has(const struct wording *w, const char *lang)
{
    return find(w, lang) >= 0;
}

bool wording_same(const struct wording *a, const struct wording *b)
{
    if (a->n != b->n)
        return false;
    for (int i = 0; i < a->n; i++)
        if (!str_eq(a->lang[i], b->lang[i]) || !str_eq(a->text[i], b->text[i]))
            return false;
    return true;
}

void wording_write(const struct wording *w, struct doc *obj, const char *key)
{
    struct doc *texts = doc_put_object(obj, key);
    for (int i = 0; i < w->n; i++)
        doc_put_text(texts, w->lang[i], w->text[i]);
}

static int read_one(struct wording *w, struct arena *a, const char *key, const char *lang, const char *text, size_t max_bytes, struct err *e)
{
    struct buf clean = BUF_MAX(max_bytes + 1);
    size_t n = strlen(text);
    int r;
    if (n > max_bytes)
        return err_field(e, ERR_INVALID, key, MSG("this text has {1} bytes; at most {2} fit"), "ii", (int64_t)n, (int64_t)max_bytes);
    utf8_clean(&clean, text, n, UTF8_KEEP_NEWLINES, max_bytes);
    r = wording_set(w, a, lang, buf_text(&clean), e);
    buf_done(&clean);
    if (r && e)
        str_copy(e->field, sizeof e->field, key);
    return r;
}

int wording_read(struct wording *w, struct arena *a, const struct doc *obj, const char *key, const char *lang, size_t max_bytes, struct err *e)
{
    const struct doc *d = doc_get(obj, key);
    struct wording read = {0};
    int r = 0;
    if (!d || d->kind == DOC_NULL)
        return 0;
    if (d->kind != DOC_TEXT && d->kind != DOC_OBJECT)
        return err_field(e, ERR_INVALID, key, MSG("“{1}” is a text, or texts by language: {{\"en\": …, \"fr\": …}"), "s", key);
    if (d->kind == DOC_TEXT)
        r = read_one(&read, a, key, lang, d->text, max_bytes, e);
    else
        for (const struct doc *kid = doc_first(d); kid && !r; kid = kid->next) {
            if (kid->kind != DOC_TEXT)
                return err_field(e, ERR_INVALID, key, MSG("“{1}” is a text, or texts by language: {{\"en\": …, \"fr\": …}"), "s", key);
            r = read_one(&read, a, key, kid->key, kid->text, max_bytes, e);
        }
    if (!r)
        *w = read;
    return r;
}
