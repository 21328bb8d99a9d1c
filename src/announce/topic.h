/* SPDX-License-Identifier: GPL-3.0-or-later */
/* topic.h: the part of a channel's topic that is ours, read and written.  PURE.
 *
 *     Status: DOWN mail, web, DEGRADED lists - disk full on ceres https://status.example.org/incident/k3fo1q9x2mzt | meeting on friday
 *     Status: MAINT dns 22:00-23:00 CET - kernel upgrade
 *     Status: OK
 *
 * A topic is parts with a separator between them; ours is the first that begins with the prefix.  The others are never touched, byte for
 * byte.  A state is a word: OK UNKNOWN MAINT DEGRADED PARTIAL DOWN; people may write it in small letters, and in French; it is
 * written so in every language, so that people and programs find it.  Components stand by name; people may write their titles. */
#ifndef VIGIE_ANNOUNCE_TOPIC_H
#define VIGIE_ANNOUNCE_TOPIC_H

#include "base/timetext.h"
#include "model/sight.h"

enum { TOPIC_MAX_PARTS = 64, TOPIC_MAX_BYTES = 512 };
#define TOPIC_AHEAD_MS (INT64_C(24) * 3600 * 1000) /* work that begins within so long is shown, when nothing is wrong */

struct topic_style {
    const char *prefix, *separator;
};
/* Our part, without blanks around it; false: there is none. */
bool topic_find(const struct topic_style *st, const char *topic, size_t *ret_at, size_t *ret_n);
/* The topic with our part in the place of the former one, or in front of all others. */
void topic_replace(const struct topic_style *st, const char *topic, const char *part, struct buf *out);
/* How many bytes the others and the separators take. */
size_t topic_others(const struct topic_style *st, const char *topic);

struct topic_component {
    const char *name;
    enum level level;
};
struct topic_status {
    enum level level; /* the first word */
    struct topic_component at[TOPIC_MAX_PARTS];
    int n;
    bool more;        /* the list was cut: of those that it does not name nothing is said */
    int64_t start_ms, end_ms; /* of work; 0: not said */
    const char *text; /* "" */
    const char *link; /* "" */
};
/* Reads our part. ERR_INVALID with a text for whoever wrote it: no state, no such component, no time. Texts live in a. */
int topic_read(const struct topic_style *st, const struct conf *c, const struct zone *z, int64_t now_ms, const char *part, struct arena *a, struct topic_status *ret, struct err *e);
/* Writes it in at most most_bytes: the words are cut first, then the list, at last the link. False: not even the state fits. */
bool topic_write(const struct topic_style *st, const struct topic_status *s, const struct zone *z, int64_t now_ms, size_t most_bytes, struct buf *out);

/* What the public is told, as far as it is about these components and groups (with commas; "": everything). The bulletin that it is mostly
 * about goes to *ret_main (NULL: none); text and link are left to the caller. False: nothing is known yet. */
bool topic_see(const struct sight *s, const char *about, struct topic_status *ret, const struct bulletin **ret_main);

extern const char *const topic_words[LEVELS]; /* "OK", "UNKNOWN", "MAINT" … */
int topic_level(const char *word);            /* in any spelling, French too; -1 */
/* A component by its name, or by what people call it in any language; NULL. */
const struct conf_component *topic_component(const struct conf *c, const char *name);
/* Reads [2026-11-25] 22:00-23:00 [UTC] from words, as `topic_read` does: how many words were taken; 0: they are no times, or no possible ones (*e). */
int topic_times(const char *const *words, int n, const struct zone *z, int64_t now_ms, int64_t *ret_start, int64_t *ret_end, struct err *e);

#endif
