/* SPDX-License-Identifier: GPL-3.0-or-later */
/* board.h: all bulletins, and what follows from them for each component.  PURE, on the main loop.
 *
 * The state of a component is derived and never stored: the worst impact of what is published and open; else planned work under way;
 * else what its checks say, as far as its policy publishes that; else operational.  Every page, feed, badge, API and topic asks
 * board_standing(), so that they agree.
 *
 * Policy (`publish:` of the component): auto: what the checks say counts once it has lasted for `after`; propose: it makes a draft
 * for staff (announce/), and counts only when it is published; manual: it never counts.  A component that nothing is known of
 * is unknown whatever its policy: silence never turns anything green (ST-21). */
#ifndef VIGIE_MODEL_BOARD_H
#define VIGIE_MODEL_BOARD_H

#include "model/bulletin.h"
#include "model/model.h"
#include "model/post.h"

enum { BOARD_MAX = 100000 }; /* bulletins */

struct board;
enum board_event_kind { BOARD_OPENED = 1, BOARD_UPDATED, BOARD_CORRECTED, BOARD_PUBLISHED, BOARD_RETRACTED, BOARD_MOVED, BOARD_REPORTED, BOARD_REMOVED /* a draft thrown away */, BOARD_IMPORTED,
                        BOARD_UNDONE /* could not be kept: now is what it was before, or NULL */ };
struct board_event {
    enum board_event_kind kind;
    const struct bulletin *now, *before; /* before NULL: OPENED, IMPORTED; now NULL: REMOVED, UNDONE of what was new */
    const struct update *update;         /* that was made or corrected; NULL */
    int64_t at_ms;
};
typedef void board_listener(void *arg, const struct board_event *e);

struct board *board_new(void);
struct board *board_free(struct board *b);
void board_listen(struct board *b, board_listener *fn, void *arg); /* at most 8, called in order */

/* Takes the reference. ERR_CONFLICT: its id or key is there already; ERR_LIMIT. No event: what the store had. */
int board_restore(struct board *b, struct bulletin *one, struct err *e);
/* As board_restore(), from outside: with an event; its id is kept when it is free, else the next one is given. */
int board_import(struct board *b, struct bulletin *one, int64_t now_ms, struct err *e);
/* OPEN with id 0, else the bulletin that the post is about. key: 12 random characters for a new one (the caller's: the model draws
 * no lots). *ret is the board's: take a reference to keep it. */
int board_post(struct board *b, int64_t id, const struct post *p, const char *key, int64_t now_ms, const struct bulletin **ret, struct err *e);
/* Throws a draft away; what was public stays (retract it). */
int board_remove(struct board *b, int64_t id, int64_t now_ms, struct err *e);
/* In the place of `made`, which the board still has, what was there before (NULL: nothing). */
void board_put_back(struct board *b, const struct bulletin *made, const struct bulletin *before, int64_t now_ms);
/* board_version() right after this very bulletin came; 0: the board has it no longer. */
uint64_t board_version_of(const struct board *b, const struct bulletin *one);
/* This number is taken: new ones come after it. */
void board_skip(struct board *b, int64_t id);
int64_t board_next(const struct board *b); /* the number of the next new one */

const struct bulletin *board_find(const struct board *b, int64_t id);
const struct bulletin *board_find_key(const struct board *b, const char *key);
const struct bulletin *board_find_alias(const struct board *b, const char *alias);
/* By the order of their start (incidents: started, work: its announced start), the newest first. */
size_t board_count(const struct board *b);
const struct bulletin *board_at(const struct board *b, size_t i);
uint64_t board_version(const struct board *b); /* grows with each change */
/* What everybody may read of it, as it is now, for another thread: it holds references, is never changed, and is read by board_count() and
 * board_at() alone. Without drafts. Freed by board_free(), on any thread. */
struct board *board_copy(const struct board *b);

/* What a component is for users now. */
struct component_standing {
    enum level level;
    int64_t since_ms;
    int64_t until_ms;              /* planned work: its announced end; 0 */
    const struct bulletin *because; /* what says so; NULL: the checks, or nothing */
    enum level checks;             /* what the checks say, whatever is published */
    int64_t checks_since_ms;
    int64_t look_again_ms;         /* by itself it may be another then (wall); INT64_MAX: not */
};
/* b NULL: nothing is published; then the checks alone speak. */
void board_standing(const struct board *b, const struct model *m, const struct conf_component *c, int64_t now_ms, struct component_standing *ret);
/* As it would be with a bulletin in the place of the one of its number: for a preview. */
void board_standing_with(const struct board *b, const struct bulletin *instead, const struct model *m, const struct conf_component *c, int64_t now_ms,
                         struct component_standing *ret);
enum level level_of_checks(enum component_state s);

#endif
