/* SPDX-License-Identifier: GPL-3.0-or-later */
/* finding_book.c: see finding_book.h. Entries stand in one vector by the natural order of their keys. */
#include "model/finding_book.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/vec.h"

enum { MISSES = 2, MAX_REMOVED = 2 * FINDING_MAX };
#define DAY_MS INT64_C(86400000)

struct news {
    enum book_news_kind kind;
    char *key; /* NULL: only counted */
};
struct book {
    VEC(struct book_entry *) at;
    VEC(struct news) news;
    VEC(char *) removed;
    size_t dirty_at; /* entries before it are clean, unless dirty_any says so */
    bool dirty_any;
    int beyond, news_of[3];
};

static const struct text {
    size_t at;
    size_t max;
    bool needed;
} texts[] = {
    {offsetof(struct finding, key), BOOK_MAX_KEY, true},       {offsetof(struct finding, source), BOOK_MAX_NAME, true},
    {offsetof(struct finding, host), BOOK_MAX_NAME, true},     {offsetof(struct finding, address), BOOK_MAX_NAME, false},
    {offsetof(struct finding, parents), BOOK_MAX_TEXT, false}, {offsetof(struct finding, check), BOOK_MAX_NAME, false},
    {offsetof(struct finding, yaml), BOOK_MAX_YAML, false},    {offsetof(struct finding, what), BOOK_MAX_TEXT, true},
    {offsetof(struct finding, evidence), BOOK_MAX_TEXT, true},
};
_Static_assert(sizeof(struct finding) == COUNT(texts) * sizeof(char *), "a text of a finding is missing");

static const char **text_at(struct finding *f, size_t i) { return (const char **)(void *)((char *)f + texts[i].at); }
static const char *text_of(const struct finding *f, size_t i) { return *(const char *const *)(const void *)((const char *)f + texts[i].at); }

static bool is_good(const struct finding *f)
{
    for (size_t i = 0; i < COUNT(texts); i++) {
        const char *text = text_of(f, i);
        if (text ? strlen(text) > texts[i].max : texts[i].needed)
            return false;
    }
    return f->key[0] && f->host[0] && (f->check != NULL) == (f->yaml != NULL);
}

static bool same(const struct finding *a, const struct finding *b)
{
    for (size_t i = 0; i < COUNT(texts); i++)
        if (!str_eq(text_of(a, i), text_of(b, i)))
            return false;
    return true;
}

/* One block: the entry and its texts. */
static struct book_entry *entry_new(const struct book_entry *from, const struct finding *f)
{
    size_t bytes = sizeof(struct book_entry);
    for (size_t i = 0; i < COUNT(texts); i++)
        bytes += text_of(f, i) ? strlen(text_of(f, i)) + 1 : 0;
    struct book_entry *en = mem_zero(bytes);
    char *space = (char *)(en + 1);
    *en = *from;
    en->f = *f;
    for (size_t i = 0; i < COUNT(texts); i++) {
        const char *text = text_of(f, i);
        if (!text)
            continue;
        size_t n = strlen(text) + 1;
        memcpy(space, text, n);
        *text_at(&en->f, i) = space;
        space += n;
    }
    return en;
}

/* ---- the vector ---- */

static int order(const char *a, const char *b)
{
    int natural = str_natural(a, b);
    return natural ? natural : strcmp(a, b);
}

/* Where the key is, or would be. */
static size_t place_of(const struct book *b, const char *key, bool *ret_found)
{
    size_t low = 0, high = b->at.n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int o = order(b->at.at[mid]->f.key, key);
        if (o == 0) {
            *ret_found = true;
            return mid;
        }
        low = o < 0 ? mid + 1 : low;
        high = o < 0 ? high : mid;
    }
    *ret_found = false;
    return low;
}

static void insert(struct book *b, size_t i, struct book_entry *en)
{
    VEC_PUSH(&b->at, en);
    memmove(&b->at.at[i + 1], &b->at.at[i], (b->at.n - 1 - i) * sizeof *b->at.at);
    b->at.at[i] = en;
}

static void mark(struct book *b, struct book_entry *en)
{
    en->dirty = true;
    b->dirty_any = true;
    b->dirty_at = 0;
}

static void drop(struct book *b, size_t i)
{
    struct book_entry *en = b->at.at[i];
    if (b->removed.n < MAX_REMOVED)
        VEC_PUSH(&b->removed, mem_dup(en->f.key));
    VEC_REMOVE(&b->at, i);
    mem_free(en);
}

static void tell(struct book *b, enum book_news_kind kind, const struct book_entry *en)
{
    if (b->news_of[kind]++ < BOOK_MAX_NEWS)
        VEC_PUSH(&b->news, ((struct news){kind, mem_dup(en->f.key)}));
}

/* ---- life ---- */

struct book *book_new(void) { return NEW(struct book); }

struct book *book_free(struct book *b)
{
    if (!b)
        return NULL;
    for (size_t i = 0; i < b->at.n; i++)
        mem_free(b->at.at[i]);
    for (size_t i = 0; i < b->news.n; i++)
        mem_free(b->news.at[i].key);
    for (size_t i = 0; i < b->removed.n; i++)
        mem_free(b->removed.at[i]);
    VEC_DONE(&b->at);
    VEC_DONE(&b->news);
    VEC_DONE(&b->removed);
    return mem_free(b);
}

int book_restore(struct book *b, const struct book_entry *row)
{
    bool found;
    if (!is_good(&row->f))
        return ERR_INVALID;
    size_t i = place_of(b, row->f.key, &found);
    if (found)
        return ERR_CONFLICT;
    if (b->at.n >= FINDING_MAX)
        return ERR_LIMIT;
    struct book_entry *en = entry_new(row, &row->f);
    en->dirty = en->seen = en->fresh = false;
    insert(b, i, en);
    return 0;
}

/* ---- a run ---- */

void book_begin(struct book *b, const char *source)
{
    for (size_t i = 0; i < b->at.n; i++)
        if (str_eq(b->at.at[i]->f.source, source))
            b->at.at[i]->seen = false;
    b->beyond = 0;
}

static void set_watched(struct book *b, struct book_entry *en, bool watched, bool by_people)
{
    enum book_state s = watched ? BOOK_WATCHED : en->state == BOOK_WATCHED ? BOOK_UNDECIDED : en->state;
    en->by_people = watched && by_people;
    if (s == en->state)
        return;
    en->state = s;
    mark(b, en);
}

static void take_new(struct book *b, size_t i, const struct finding *f, bool watched, bool by_people, int64_t now_ms)
{
    struct book_entry from = {.state = watched ? BOOK_WATCHED : BOOK_UNDECIDED, .by_people = watched && by_people, .first_ms = now_ms, .last_ms = now_ms};
    struct book_entry *en = entry_new(&from, f);
    en->seen = en->fresh = true;
    insert(b, i, en);
    mark(b, en);
    if (!watched)
        tell(b, BOOK_NEW, en);
}

int book_take(struct book *b, const struct finding *f, bool watched, bool by_people, int64_t now_ms)
{
    bool found;
    if (!is_good(f))
        return ERR_INVALID;
    size_t i = place_of(b, f->key, &found);
    if (!found) {
        if (b->at.n >= FINDING_MAX) {
            b->beyond++;
            return ERR_LIMIT;
        }
        take_new(b, i, f, watched, by_people, now_ms);
        return 0;
    }
    struct book_entry *en = b->at.at[i];
    if (!same(&en->f, f)) {
        b->at.at[i] = entry_new(en, f);
        mem_free(en);
        en = b->at.at[i];
    }
    if (en->gone_ms && en->state != BOOK_IGNORED)
        tell(b, BOOK_BACK, en);
    en->seen = true;
    en->missed = 0;
    en->gone_ms = 0;
    en->last_ms = now_ms;
    mark(b, en);
    set_watched(b, en, watched, by_people);
    return 0;
}

/* Returns whether it was missed for the first time. */
static bool miss(struct book *b, struct book_entry *en, int64_t now_ms)
{
    if (en->gone_ms || ++en->missed < MISSES)
        return !en->gone_ms;
    en->gone_ms = now_ms;
    mark(b, en);
    if (en->state == BOOK_WATCHED)
        tell(b, BOOK_GONE, en);
    return false;
}

static bool is_over(const struct book_entry *en, int64_t now_ms)
{
    if (!en->gone_ms || en->state == BOOK_WATCHED)
        return false;
    return en->state == BOOK_UNDECIDED || now_ms - en->gone_ms > BOOK_KEEP_DAYS * DAY_MS;
}

int book_end(struct book *b, const char *source, bool whole, int64_t now_ms)
{
    int doubts = 0;
    for (size_t i = 0; whole && i < b->at.n;) {
        struct book_entry *en = b->at.at[i];
        bool here = str_eq(en->f.source, source);
        if (here && !en->seen)
            doubts += miss(b, en, now_ms);
        if (here && is_over(en, now_ms))
            drop(b, i);
        else
            i++;
    }
    return doubts;
}

/* ---- decisions ---- */

static struct book_entry *find(const struct book *b, const char *key)
{
    bool found;
    size_t i = place_of(b, key, &found);
    return found ? b->at.at[i] : NULL;
}

void book_watched(struct book *b, const char *key, bool watched, bool by_people, int64_t now_ms)
{
    bool found;
    size_t i = place_of(b, key, &found);
    if (!found)
        return;
    set_watched(b, b->at.at[i], watched, by_people);
    if (is_over(b->at.at[i], now_ms))
        drop(b, i);
}

int book_decide(struct book *b, const char *key, enum book_state state)
{
    struct book_entry *en = find(b, key);
    if (!en)
        return ERR_NOT_FOUND;
    if (en->state == BOOK_WATCHED)
        return ERR_CONFLICT;
    if (en->state != state)
        mark(b, en);
    en->state = state;
    return 0;
}

int book_forget(struct book *b, const char *key)
{
    bool found;
    size_t i = place_of(b, key, &found);
    if (!found)
        return ERR_NOT_FOUND;
    drop(b, i);
    return 0;
}

/* ---- looking ---- */

size_t book_size(const struct book *b) { return b->at.n; }
const struct book_entry *book_at(const struct book *b, size_t i) { return b->at.at[i]; }
size_t book_after(const struct book *b, const char *key)
{
    bool found;
    size_t i = place_of(b, key, &found);
    return i + found;
}
const struct book_entry *book_find(const struct book *b, const char *key) { return find(b, key); }

void book_count(const struct book *b, struct book_counts *ret)
{
    *ret = (struct book_counts){.beyond = b->beyond};
    for (size_t i = 0; i < b->at.n; i++) {
        const struct book_entry *en = b->at.at[i];
        ret->undecided += en->state == BOOK_UNDECIDED;
        ret->watched += en->state == BOOK_WATCHED;
        ret->ignored += en->state == BOOK_IGNORED;
        ret->gone += en->state == BOOK_WATCHED && en->gone_ms;
    }
}

void book_news(struct book *b, void (*fn)(void *arg, const struct book_news *n), void *arg)
{
    for (size_t i = 0; i < b->news.n; i++) {
        struct news *n = &b->news.at[i];
        const struct book_entry *en = find(b, n->key);
        if (en)
            fn(arg, &(struct book_news){n->kind, en, 1});
        mem_free(n->key);
    }
    b->news.n = 0;
    for (int k = 0; k < (int)COUNT(b->news_of); k++) {
        if (b->news_of[k] > BOOK_MAX_NEWS)
            fn(arg, &(struct book_news){(enum book_news_kind)k, NULL, b->news_of[k] - BOOK_MAX_NEWS});
        b->news_of[k] = 0;
    }
}

const struct book_entry *book_take_dirty(struct book *b)
{
    if (!b->dirty_any)
        return NULL;
    for (; b->dirty_at < b->at.n; b->dirty_at++)
        if (b->at.at[b->dirty_at]->dirty) {
            b->at.at[b->dirty_at]->dirty = false;
            return b->at.at[b->dirty_at++];
        }
    b->dirty_at = 0;
    b->dirty_any = false;
    return NULL;
}

char *book_take_removed(struct book *b)
{
    return b->removed.n ? b->removed.at[--b->removed.n] : NULL;
}

static const char *const words[] = {"undecided", "watched", "ignored"};

const char *book_state_word(enum book_state s) { return words[s]; }

int book_state_from(const char *word)
{
    for (int i = 0; i < (int)COUNT(words); i++)
        if (str_eq(words[i], word))
            return i;
    return ERR_INVALID;
}

/* The text is discovery's own, so that the secret stands as one JSON string behind its key. */
void finding_show_yaml(const struct finding *f, struct buf *out)
{
    static const char key[] = "community: \"";
    const char *from = f->yaml ? f->yaml : "", *at;
    while ((at = strstr(from, key)) != NULL) {
        buf_add(out, from, (size_t)(at - from) + sizeof(key) - 1);
        for (from = at + sizeof(key) - 1; *from && *from != '"'; from++)
            from += *from == '\\' && from[1];
        buf_str(out, "(hidden)");
    }
    buf_str(out, from);
}
