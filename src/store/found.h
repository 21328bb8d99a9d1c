/* SPDX-License-Identifier: GPL-3.0-or-later */
/* found.h: keeps the book of findings (model/finding_book.h) in the store, and tells the history what it has to say.
 *
 * found_restore() at start, before anything runs; then found_save() after each change of the book: it gives what differs as one batch,
 * in the order of the calls. What the store refuses (a full disk) is marked and given again with the next call. */
#ifndef VIGIE_STORE_FOUND_H
#define VIGIE_STORE_FOUND_H

#include "model/finding_book.h"
#include "store/recorder.h"

extern const struct store_migration found_migrations[]; /* ends with a zeroed row */

int found_restore(struct store *s, struct book *b, struct err *e); /* blocking */
/* done may be NULL; else called once what the book held at the call is durable, or with an error. */
void found_save(struct store *s, struct book *b, store_done *done, void *arg);
/* The book's news as rows of the history: kind "found", "vanished" or "back". counted: only how many there are, as after a first look.
 * host: of the rows that are about many things. */
void found_tell(struct recorder *r, struct book *b, const char *host, int64_t now_ms, bool counted);

#endif
