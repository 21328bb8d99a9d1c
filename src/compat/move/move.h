/* SPDX-License-Identifier: GPL-3.0-or-later */
/* move.h: moving in from another status page: its rows, whatever they were read from (a dump, its API, its database, its files), become
 * components and texts of the configuration, bulletins, and people to be mailed.
 *
 * PURE: no file is opened and nobody is asked here.  Whoever reads hands rows in (move_row(), in any order), then calls move_build()
 * once, and finds what came of it in the struct.  What cannot be taken is said in notes.
 *
 * Two runs over the same rows give the same bulletins: their keys follow from the source's name and its own numbers, so that importing
 * again makes nothing twice.  Old addresses become aliases.  Times without a zone are those of `zone`.
 * One thread; all of it lives in the arena. */
#ifndef VIGIE_COMPAT_MOVE_H
#define VIGIE_COMPAT_MOVE_H

#include "base/buf.h"
#include "base/doc.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "model/bulletin.h"

enum { MOVE_MAX_TABLES = 20, MOVE_MAX_ROWS = 200000 /* a table */, MOVE_MAX_BYTES = 512 << 20, MOVE_MAX_NOTES = 500, MOVE_MAX_THINGS = 5000, MOVE_NAME_BYTES = 64 };

struct zone;
struct move;
enum move_from { MOVE_DUMP = 1, MOVE_API = 2, MOVE_SQLITE = 4, MOVE_DIRECTORY = 8, MOVE_JSON = 16 };
struct move_page { /* of the source's API: a list in pages */
    const char *path; /* below the address of the site */
    int table;
    bool closed;      /* needs a token; without one it is left out */
};
struct mover {
    const char *name;               /* "cachet" */
    const char *help;               /* MSG: what FILE is */
    unsigned from;                  /* bits: what it can be read from */
    const char *const *tables;      /* NULL-ended; the number of a table is its place here */
    const struct move_page *pages;  /* of MOVE_API, ends with a zeroed row */
    void (*build)(struct move *m);
};
extern const struct mover *const movers[]; /* NULL at the end */
const struct mover *mover_find(const char *name);

struct move_opts {
    const char *source;      /* "cachet": where keys and the file's name come from */
    const char *lang;        /* of the texts; NULL: the source knows, or nobody does */
    const struct zone *zone; /* of times that do not say theirs */
    bool zone_given;         /* a person said so: what the source itself says of its zone does not count */
    enum level impact;       /* of incidents whose impact was not kept */
    int64_t now_ms;
    bool people;             /* subscribers, too */
};
struct move_component {
    const char *name, *title, *text, *link, *group, *depends, *alias; /* depends: a YAML list; alias: its old path; NULL */
    const struct doc *titles, *texts; /* by language, instead of the two; NULL */
    int64_t order;
    bool known; /* the house has it already */
};
struct move_text {
    const char *name, *title, *text;
    bool known;
};
struct move {
    const struct mover *as;
    struct move_opts opts;
    struct arena *arena;
    VEC(struct doc *) rows[MOVE_MAX_TABLES];
    struct map names, known; /* names given; titles (small) → names that the house has */
    /* what came of it */
    VEC(struct move_component *) components;
    VEC(struct move_text *) texts;
    VEC(struct doc *) news;   /* bulletins, as bulletin_read() takes them; id may be missing */
    VEC(struct doc *) people; /* email, services: rows of the operation subscriber-import */
    VEC(const char *) notes;  /* packed */
    VEC(const char *) series; /* YAML below `series:` */
    int n_updates, n_works, more_notes, unverified;
    bool full;                /* a ceiling was reached, and said */
};
struct move *move_new(const struct mover *as, const struct move_opts *o);
struct move *move_free(struct move *m);
/* The house has a component or text of this name already; titles in any language. Before move_build(). */
void move_known(struct move *m, const char *name, const char *title);
/* The number of a table, by its name with or without a prefix ("chq_incidents"), or -1. */
int move_table(const struct mover *as, const char *name);
/* An object of the arena: texts, numbers, lists … by column. Taken. */
void move_row(struct move *m, int table, struct doc *row);
void move_build(struct move *m);
/* What the house does not have yet of components, texts and series; nothing when there is none. header: lines of a comment, or NULL. */
void move_yaml(const struct move *m, const char *header, struct buf *out);
void move_note(struct move *m, const char *msgid, const char *types, ...);

#endif
