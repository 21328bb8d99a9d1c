/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bulletin.h: what the house publishes: an incident, or planned work, with all that was ever said of it.  PURE.
 *
 * A bulletin never changes: a post (post.h) makes a new one from the former, which whoever renders, exports or sends may
 * keep as long as it likes, on any thread (references are counted).  Its `id`, `key` and those of its updates stay for ever, also over
 * export and import: addresses, feeds and calendars are made from them.
 *
 * Five times are kept apart (LES-4): when it started, was noticed, was posted, was last updated, and ended. */
#ifndef VIGIE_MODEL_BULLETIN_H
#define VIGIE_MODEL_BULLETIN_H

#include "base/arena.h"
#include "base/doc.h"
#include "base/err.h"
#include "model/wording.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    BULLETIN_MAX_TITLE = 300, BULLETIN_MAX_TEXT = 20000, /* bytes, a language */
    BULLETIN_MAX_UPDATES = 500, BULLETIN_MAX_IMPACTS = 2000, BULLETIN_MAX_COMPONENTS = 200, BULLETIN_KEY_BYTES = 12,
};
#define BULLETIN_MAX_ID ((INT64_C(1) << 53) - 1) /* of it and of an update: what every reader of JSON can hold */

/* What users notice, in the order of weight: the worst counts. */
enum level { LEVEL_OPERATIONAL, LEVEL_UNKNOWN, LEVEL_PLANNED, LEVEL_DEGRADED, LEVEL_PARTIAL, LEVEL_MAJOR, LEVELS };
enum bulletin_kind { BULLETIN_INCIDENT, BULLETIN_WORK, BULLETIN_KINDS };
enum phase {
    PHASE_INVESTIGATING, PHASE_IDENTIFIED, PHASE_MONITORING, PHASE_RESOLVED,                     /* of an incident */
    PHASE_TENTATIVE, PHASE_CONFIRMED, PHASE_IN_PROGRESS, PHASE_COMPLETED, PHASE_CANCELLED, PHASES /* of work */
};
/* What planned work does to what it touches: the words of X-MAINTNOTE-IMPACT. */
enum effect { EFFECT_NONE, EFFECT_REDUNDANCY, EFFECT_DEGRADED, EFFECT_OUTAGE, EFFECTS };

struct impact { /* what a component suffered, and when: intervals are never rewritten, so history can be counted from them */
    const char *component;
    enum level level;          /* DEGRADED, PARTIAL, MAJOR; for work PLANNED */
    int64_t from_ms, to_ms;    /* to 0: still */
};
struct update {
    int64_t id;                /* 1, 2, … in its bulletin */
    enum phase phase;
    int64_t at_ms;             /* when it happened */
    int64_t posted_ms;         /* when it was said */
    int64_t edited_ms;         /* 0: as it was first said */
    struct wording text;       /* Markdown */
    const char *author;        /* of the staff; not public */
    const struct impact *levels; /* what this update changed: to_ms unused */
    int n_levels;
    bool quiet;                /* nobody is mailed of it */
};
struct bulletin {
    int64_t id;                /* 1, 2, … of this house: short, for people and for tools that want numbers */
    const char *key;           /* 12 of 0-9 a-z: the permanent link /incident/KEY */
    enum bulletin_kind kind;
    enum phase phase;
    bool draft;                /* only staff see it */
    bool retracted;            /* was public by mistake: the link says so, nothing else shows it */
    bool pinned, emergency;
    struct wording title;
    const struct update *updates; /* in the order of at_ms, then of id */
    int n_updates;
    const struct impact *impacts; /* in the order of from_ms */
    int n_impacts;
    const char *const *components; /* what it touches, even when nothing of it suffers yet (work) or any more */
    int n_components;
    int64_t started_ms, noticed_ms, posted_ms, changed_ms, ended_ms; /* 0: not (yet) */
    int64_t expected_ms;       /* when we think that it will be over; 0: nobody said */
    int64_t next_by_ms;        /* when we promised to speak again; 0: no promise */
    /* Planned work: */
    int64_t start_ms, end_ms;  /* as announced */
    int sequence;              /* of the calendar entry: grows with each change */
    enum effect effect;
    const char *series;        /* the recurring window that it is one of, by name; NULL */
    int64_t moved_from_ms;     /* the start that was announced before; 0: never moved */
    /* Afterwards: */
    struct wording report;     /* the report of the intervention */
    int64_t report_ms;
    bool report_public;
    const char *author, *origin; /* who opened it, and by what: "web", "cli", "api", "irc", "mail", "check", "import" */
    const char *const *aliases; /* other addresses that lead here: "/incidents/17" of what it was imported from; NULL-ended or NULL */
    int n_aliases;
    /* its own */
    struct arena *arena;
    char id_text[24];          /* the board's key */
    uint64_t version;          /* of the board when this came */
    int refs;                  /* atomic */
};

struct bulletin *bulletin_ref(const struct bulletin *b);    /* from any thread */
struct bulletin *bulletin_unref(const struct bulletin *b);  /* takes NULL, returns NULL */
bool bulletin_is_open(const struct bulletin *b);  /* an incident not resolved; work neither completed nor cancelled */
bool bulletin_is_public(const struct bulletin *b); /* neither draft nor retracted */
const struct update *bulletin_update(const struct bulletin *b, int64_t id); /* NULL: none */
/* The worst that a component suffers by it at a moment, OPERATIONAL when nothing. */
enum level bulletin_level(const struct bulletin *b, const char *component, int64_t at_ms);
enum level bulletin_worst(const struct bulletin *b, int64_t at_ms); /* of all it touches */
enum level bulletin_peak(const struct bulletin *b);                 /* that ever was */
bool bulletin_touches(const struct bulletin *b, const char *component);

/* As a tree, whole: what the store keeps, what the API and an export give to staff, and back.  bulletin_read() believes
 * nothing: sizes, order and words are checked, ERR_INVALID with the field. A new bulletin has one reference. */
void bulletin_write(const struct bulletin *b, struct doc *obj);
int bulletin_read(const struct doc *obj, struct bulletin **ret, struct err *e);

/* Words, stable in API and files; NULL-ended tables: "operational", "unknown", "planned", "degraded", "partial", "major" … */
extern const char *const level_words[LEVELS + 1], *const phase_words[PHASES + 1], *const effect_words[EFFECTS + 1], *const bulletin_kind_words[BULLETIN_KINDS + 1];
int level_from(const char *word);  /* or -1 */
int phase_from(const char *word);
int effect_from(const char *word);
bool phase_fits(enum bulletin_kind kind, enum phase p);
/* For people: MSG ids: "Investigating", "Identified" … */
const char *phase_title(enum phase p);

#endif
