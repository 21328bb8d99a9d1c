/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bulletin_doc.c: a bulletin as a tree, and back: one shape for the store, exports, imports and the API. */
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "model/bulletin.h"
#include <string.h>

enum { MAX_NAME = 200, MAX_ALIASES = 20 };
#define LATEST_MS (INT64_C(253402300799) * 1000) /* the end of the year 9999 */

/* ---- writing ---- */

static void write_impacts(struct doc *obj, const char *key, const struct impact *at, int n)
{
    struct doc *list = doc_put_list(obj, key);
    for (int i = 0; i < n; i++) {
        struct doc *d = doc_push_object(list);
        doc_put_text(d, "component", at[i].component);
        doc_put_text(d, "level", level_words[at[i].level]);
        doc_put_time(d, "from", at[i].from_ms);
        doc_put_time(d, "to", at[i].to_ms);
    }
}

static void write_update(struct doc *d, const struct update *u)
{
    doc_put_int(d, "id", u->id);
    doc_put_text(d, "phase", phase_words[u->phase]);
    wording_write(&u->text, d, "text");
    doc_put_time(d, "at", u->at_ms);
    doc_put_time(d, "posted", u->posted_ms);
    doc_put_time(d, "edited", u->edited_ms);
    doc_put_text(d, "author", u->author);
    doc_put_bool(d, "quiet", u->quiet);
    struct doc *levels = doc_put_object(d, "levels");
    for (int i = 0; i < u->n_levels; i++)
        doc_put_text(levels, u->levels[i].component, level_words[u->levels[i].level]);
}

static void write_texts(struct doc *obj, const char *key, const char *const *texts, int n)
{
    struct doc *list = doc_put_list(obj, key);
    for (int i = 0; i < n; i++)
        doc_push_text(list, texts[i]);
}

static const struct time_key {
    const char *key;
    size_t offset;
} time_keys[] = {
#define AT(member) offsetof(struct bulletin, member)
    {"started", AT(started_ms)}, {"noticed", AT(noticed_ms)}, {"posted", AT(posted_ms)},   {"changed", AT(changed_ms)}, {"ended", AT(ended_ms)},
    {"expected", AT(expected_ms)}, {"next_by", AT(next_by_ms)}, {"start", AT(start_ms)}, {"end", AT(end_ms)}, {"moved_from", AT(moved_from_ms)},
    {"reported", AT(report_ms)},
};
static const struct flag_key {
    const char *key;
    size_t offset;
} flag_keys[] = {{"draft", AT(draft)}, {"retracted", AT(retracted)}, {"pinned", AT(pinned)}, {"emergency", AT(emergency)}, {"report_public", AT(report_public)}};
#undef AT
#define FIELD(b, k, type) ((type *)(void *)((char *)(b) + (k)->offset))

void bulletin_write(const struct bulletin *b, struct doc *obj)
{
    doc_put_int(obj, "id", b->id);
    doc_put_text(obj, "key", b->key);
    doc_put_text(obj, "kind", bulletin_kind_words[b->kind]);
    doc_put_text(obj, "phase", phase_words[b->phase]);
    wording_write(&b->title, obj, "title");
    for (size_t i = 0; i < COUNT(time_keys); i++)
        doc_put_time(obj, time_keys[i].key, *FIELD(b, &time_keys[i], const int64_t));
    for (size_t i = 0; i < COUNT(flag_keys); i++)
        doc_put_bool(obj, flag_keys[i].key, *FIELD(b, &flag_keys[i], const bool));
    if (b->kind == BULLETIN_WORK) {
        doc_put_int(obj, "sequence", b->sequence);
        doc_put_text(obj, "effect", effect_words[b->effect]);
        doc_put_text(obj, "series", b->series);
    }
    write_texts(obj, "components", b->components, b->n_components);
    write_impacts(obj, "impacts", b->impacts, b->n_impacts);
    struct doc *updates = doc_put_list(obj, "updates");
    for (int i = 0; i < b->n_updates; i++)
        write_update(doc_push_object(updates), &b->updates[i]);
    wording_write(&b->report, obj, "report");
    doc_put_text(obj, "author", b->author);
    doc_put_text(obj, "origin", b->origin);
    write_texts(obj, "aliases", b->aliases, b->n_aliases);
}

/* ---- reading: nothing is believed ---- */

static int wrong(struct err *e, const char *key)
{
    return err_field(e, ERR_INVALID, key, MSG("“{1}” is missing, or is not what it should be"), "s", key);
}

static int read_name(struct arena *a, const struct doc *d, const char *key, const char **ret, struct err *e)
{
    if (!d || d->kind != DOC_TEXT || !d->text[0] || strlen(d->text) > MAX_NAME)
        return wrong(e, key);
    *ret = arena_dup(a, d->text);
    return 0;
}

/* One that may be missing. */
static int read_maybe(struct arena *a, const struct doc *obj, const char *key, const char **ret, struct err *e)
{
    const struct doc *d = doc_get(obj, key);
    return !d || d->kind == DOC_NULL || (d->kind == DOC_TEXT && !d->text[0]) ? 0 : read_name(a, d, key, ret, e);
}

static int read_time(const struct doc *obj, const char *key, int64_t *ret, struct err *e)
{
    const struct doc *d = doc_get(obj, key);
    int64_t ms = 0;
    if (d && d->kind == DOC_TEXT) { /* as JSON has it */
        if (time_parse_rfc3339(d->text, &ms))
            return wrong(e, key);
    } else if (d && (d->kind == DOC_INT || d->kind == DOC_TIME)) {
        ms = d->i;
    } else if (d && d->kind != DOC_NULL) {
        return wrong(e, key);
    }
    if (ms < 0 || ms > LATEST_MS)
        return wrong(e, key);
    *ret = ms;
    return 0;
}

static int read_word(const struct doc *obj, const char *key, int (*from)(const char *word), int otherwise, int *ret, struct err *e)
{
    const struct doc *d = doc_get(obj, key);
    int i = d && d->kind == DOC_TEXT ? from(d->text) : (!d || d->kind == DOC_NULL) ? otherwise : -1;
    if (i < 0)
        return wrong(e, key);
    *ret = i;
    return 0;
}

static int kind_from(const char *word)
{
    return str_eq(word, "incident") ? BULLETIN_INCIDENT : str_eq(word, "maintenance") ? BULLETIN_WORK : -1;
}

static int read_impacts(struct bulletin *b, const struct doc *obj, struct err *e)
{
    const struct doc *list = doc_get(obj, "impacts");
    struct impact *at = ARENA_ARRAY(b->arena, struct impact, list && list->kind == DOC_LIST ? list->kids.n + 1 : 1);
    int n = 0, r = 0, level = 0;
    if (list && list->kind == DOC_LIST && list->kids.n > BULLETIN_MAX_IMPACTS)
        return wrong(e, "impacts");
    DOC_EACH(list, d) {
        struct impact *i = &at[n];
        if ((r = read_name(b->arena, doc_get(d, "component"), "component", &i->component, e)) || (r = read_word(d, "level", level_from, -1, &level, e)) ||
            (r = read_time(d, "from", &i->from_ms, e)) || (r = read_time(d, "to", &i->to_ms, e)))
            return r;
        i->level = (enum level)level;
        if (!i->from_ms || (i->to_ms && i->to_ms < i->from_ms) || (n && i->from_ms < at[n - 1].from_ms))
            return wrong(e, "from");
        n++;
    }
    b->impacts = at;
    b->n_impacts = n;
    return 0;
}

static int read_levels(struct arena *a, struct update *u, const struct doc *d, struct err *e)
{
    const struct doc *levels = doc_get(d, "levels");
    struct impact *at = ARENA_ARRAY(a, struct impact, levels && levels->kind == DOC_OBJECT ? levels->kids.n + 1 : 1);
    if (levels && levels->kind == DOC_OBJECT && levels->kids.n > BULLETIN_MAX_COMPONENTS)
        return wrong(e, "levels");
    DOC_EACH(levels, l) {
        int level = l->kind == DOC_TEXT && l->key ? level_from(l->text) : -1;
        if (level < 0 || strlen(l->key) > MAX_NAME)
            return wrong(e, "levels");
        at[u->n_levels++] = (struct impact){.component = arena_dup(a, l->key), .level = (enum level)level};
    }
    u->levels = at;
    return 0;
}

static int read_update(struct bulletin *b, struct update *u, const struct doc *d, struct err *e)
{
    int phase = 0, r;
    u->id = doc_int(d, "id", 0);
    u->quiet = doc_bool(d, "quiet", false);
    if (u->id <= 0 || u->id > BULLETIN_MAX_ID)
        return wrong(e, "id");
    if ((r = read_word(d, "phase", phase_from, -1, &phase, e)) || (r = wording_read(&u->text, b->arena, d, "text", "", BULLETIN_MAX_TEXT, e)) ||
        (r = read_time(d, "at", &u->at_ms, e)) || (r = read_time(d, "posted", &u->posted_ms, e)) || (r = read_time(d, "edited", &u->edited_ms, e)) ||
        (r = read_maybe(b->arena, d, "author", &u->author, e)) || (r = read_levels(b->arena, u, d, e)))
        return r;
    if (!phase_fits(b->kind, (enum phase)phase))
        return wrong(e, "phase");
    u->phase = (enum phase)phase;
    return u->at_ms ? 0 : wrong(e, "at");
}

/* In the order of at_ms, then of id, whatever the order in which they came. False: its id is there already. */
static bool take_update(struct update *at, int n, struct update u)
{
    int i = n;
    for (int k = 0; k < n; k++)
        if (at[k].id == u.id)
            return false;
    for (; i > 0 && (at[i - 1].at_ms > u.at_ms || (at[i - 1].at_ms == u.at_ms && at[i - 1].id > u.id)); i--)
        at[i] = at[i - 1];
    at[i] = u;
    return true;
}

static int read_updates(struct bulletin *b, const struct doc *obj, struct err *e)
{
    const struct doc *list = doc_get(obj, "updates");
    size_t n = list && list->kind == DOC_LIST ? list->kids.n : 0;
    struct update *at = ARENA_ARRAY(b->arena, struct update, n + 1);
    if (n > BULLETIN_MAX_UPDATES)
        return wrong(e, "updates");
    DOC_EACH(list, d) {
        struct update u = {0};
        int r = read_update(b, &u, d, e);
        if (r)
            return r;
        if (!take_update(at, b->n_updates++, u))
            return wrong(e, "id");
    }
    b->updates = at;
    return 0;
}

static int read_texts(struct arena *a, const struct doc *obj, const char *key, size_t max, const char *const **ret, int *ret_n, struct err *e)
{
    const struct doc *list = doc_get(obj, key);
    size_t n = list && list->kind == DOC_LIST ? list->kids.n : 0;
    const char **at = ARENA_ARRAY(a, const char *, n + 1);
    int i = 0, r;
    if (n > max)
        return wrong(e, key);
    DOC_EACH(list, d)
        if ((r = read_name(a, d, key, &at[i++], e)))
            return r;
    *ret = at;
    *ret_n = i;
    return 0;
}

static int read_key(struct bulletin *b, const struct doc *obj, struct err *e)
{
    const char *key = doc_text(obj, "key", "");
    if (strlen(key) != BULLETIN_KEY_BYTES || strspn(key, "0123456789abcdefghijklmnopqrstuvwxyz") != BULLETIN_KEY_BYTES)
        return wrong(e, "key");
    b->key = arena_dup(b->arena, key);
    b->id = doc_int(obj, "id", 0);
    return b->id > 0 && b->id <= BULLETIN_MAX_ID ? 0 : wrong(e, "id");
}

static int read_plain(struct bulletin *b, const struct doc *obj, struct err *e)
{
    int kind = 0, phase = 0, effect = 0, r;
    if ((r = read_key(b, obj, e)) || (r = read_word(obj, "kind", kind_from, -1, &kind, e)) || (r = read_word(obj, "phase", phase_from, -1, &phase, e)) ||
        (r = read_word(obj, "effect", effect_from, EFFECT_NONE, &effect, e)))
        return r;
    b->kind = (enum bulletin_kind)kind;
    b->phase = (enum phase)phase;
    b->effect = (enum effect)effect;
    b->sequence = (int)doc_int(obj, "sequence", 0);
    if (!phase_fits(b->kind, b->phase))
        return wrong(e, "phase");
    if (b->sequence < 0 || b->sequence > 1000000)
        return wrong(e, "sequence");
    for (size_t i = 0; i < COUNT(time_keys); i++)
        if ((r = read_time(obj, time_keys[i].key, FIELD(b, &time_keys[i], int64_t), e)))
            return r;
    for (size_t i = 0; i < COUNT(flag_keys); i++)
        *FIELD(b, &flag_keys[i], bool) = doc_bool(obj, flag_keys[i].key, false);
    if (b->kind == BULLETIN_WORK && (!b->start_ms || b->end_ms <= b->start_ms))
        return wrong(e, "start");
    return 0;
}

/* What is over is over for all that it touched: an impact without an end would be counted for ever. */
static int check_end(const struct bulletin *b, struct err *e)
{
    if (bulletin_is_open(b))
        return 0;
    for (int i = 0; i < b->n_impacts; i++)
        if (!b->impacts[i].to_ms)
            return wrong(e, "to");
    return 0;
}

static int read_all(struct bulletin *b, const struct doc *obj, struct err *e)
{
    int r;
    if ((r = read_plain(b, obj, e)) || (r = wording_read(&b->title, b->arena, obj, "title", "", BULLETIN_MAX_TITLE, e)) ||
        (r = wording_read(&b->report, b->arena, obj, "report", "", BULLETIN_MAX_TEXT, e)) || (r = read_maybe(b->arena, obj, "series", &b->series, e)) ||
        (r = read_maybe(b->arena, obj, "author", &b->author, e)) || (r = read_maybe(b->arena, obj, "origin", &b->origin, e)) ||
        (r = read_texts(b->arena, obj, "components", BULLETIN_MAX_COMPONENTS, &b->components, &b->n_components, e)) ||
        (r = read_texts(b->arena, obj, "aliases", MAX_ALIASES, &b->aliases, &b->n_aliases, e)) || (r = read_impacts(b, obj, e)) || (r = read_updates(b, obj, e)))
        return r;
    return b->title.n ? check_end(b, e) : wrong(e, "title");
}

int bulletin_read(const struct doc *obj, struct bulletin **ret, struct err *e)
{
    struct arena *a = arena_new(0);
    struct bulletin *b = ARENA_NEW(a, struct bulletin);
    int r;
    *b = (struct bulletin){.arena = a, .refs = 1};
    r = obj && obj->kind == DOC_OBJECT ? read_all(b, obj, e) : wrong(e, "kind");
    if (r)
        bulletin_unref(b);
    else
        *ret = b;
    return r;
}
