/* SPDX-License-Identifier: GPL-3.0-or-later */
/* finding_book.h: what discovery found, run after run, and what people decided about it.  PURE: no clock, no I/O.
 *
 *     undecided → watched (the configuration has it, whoever wrote it there) | ignored (a person said so)
 *
 * A run is told with book_begin(), book_take() for each finding, book_end(). What a run of the same source misses twice in a row has
 * vanished: the first time may be a restart (LES-9). Something undecided that vanishes is dropped; something watched stays, as gone, until
 * the configuration has it no more; something ignored is remembered for BOOK_KEEP_DAYS, so that it does not come back as new.
 * News (what is new, what is gone, what is back) are told once, by book_news(). Whoever keeps the book takes what has changed with
 * book_take_dirty().  Times are wall clock, in ms.  All of it belongs to one thread. */
#ifndef VIGIE_MODEL_FINDING_BOOK_H
#define VIGIE_MODEL_FINDING_BOOK_H

#include "base/buf.h"
#include "model/finding.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BOOK_KEEP_DAYS = 90, BOOK_MAX_KEY = 500, BOOK_MAX_NAME = 255, BOOK_MAX_YAML = 2000, BOOK_MAX_TEXT = 1500, BOOK_MAX_NEWS = 20 };
enum book_state { BOOK_UNDECIDED, BOOK_WATCHED, BOOK_IGNORED };
enum book_news_kind { BOOK_NEW, BOOK_GONE, BOOK_BACK };

struct book_entry {
    struct finding f; /* texts are the entry's own; never NULL but for address, parents, check, yaml */
    enum book_state state;
    bool by_people;   /* watched, and not by vigie's own files of discovered things */
    int64_t first_ms, last_ms, gone_ms; /* gone 0: it is there */
    /* the book's own */
    int missed;
    bool seen, dirty, fresh;
};
struct book;
struct book_news {
    enum book_news_kind kind;
    const struct book_entry *entry; /* NULL: `n` more of that kind */
    int n;
};

struct book *book_new(void);
struct book *book_free(struct book *b);

/* A stored row, at start: raises no news. Texts are copied. ERR_LIMIT over FINDING_MAX, ERR_INVALID for a key that is no key. */
int book_restore(struct book *b, const struct book_entry *row);

void book_begin(struct book *b, const char *source);
/* watched: the configuration has it now. ERR_LIMIT over FINDING_MAX (counted, not kept), ERR_INVALID when a text is too long. */
int book_take(struct book *b, const struct finding *f, bool watched, bool by_people, int64_t now_ms);
/* The run is over. whole: it came to its end, else nothing is missed. Returns how many things were missed for the first time: whoever
 * asks looks again soon. */
int book_end(struct book *b, const char *source, bool whole, int64_t now_ms);

/* The configuration has changed: is this watched now? Unknown keys are ignored. */
void book_watched(struct book *b, const char *key, bool watched, bool by_people, int64_t now_ms);
/* A person's word: BOOK_UNDECIDED or BOOK_IGNORED. ERR_NOT_FOUND; ERR_CONFLICT for what is watched. */
int book_decide(struct book *b, const char *key, enum book_state state);
int book_forget(struct book *b, const char *key); /* ERR_NOT_FOUND */

size_t book_size(const struct book *b);
const struct book_entry *book_at(const struct book *b, size_t i); /* in natural order of keys */
size_t book_after(const struct book *b, const char *key); /* the place of the first one after the key */
const struct book_entry *book_find(const struct book *b, const char *key);
struct book_counts {
    int undecided, watched, ignored, gone; /* gone: watched, and no longer there */
    int beyond;                            /* did not fit, in the last run of any source */
};
void book_count(const struct book *b, struct book_counts *ret);

/* Calls fn for the news since the last call, at most BOOK_MAX_NEWS of a kind one by one, then how many more. */
void book_news(struct book *b, void (*fn)(void *arg, const struct book_news *n), void *arg);
/* What the store has to know: the next entry that has changed (its mark is cleared), then NULL; and keys that are gone. */
const struct book_entry *book_take_dirty(struct book *b);
char *book_take_removed(struct book *b); /* the caller frees (mem_free); NULL: none */

/* The YAML of a finding as it may be shown and logged: a community of SNMP in it is masked. Appends; nothing when it has none. */
void finding_show_yaml(const struct finding *f, struct buf *out);
const char *book_state_word(enum book_state s); /* "undecided", "watched", "ignored" */
int book_state_from(const char *word);          /* negative: none */

#endif
