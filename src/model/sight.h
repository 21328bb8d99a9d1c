/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sight.h: all that the public is told, at one moment: each component with its level, what is open, what is planned.  PURE.
 *
 * The one derivation: page, feeds, badges, widget, API and topics render a sight and never look at the board or at checks
 * themselves, so that they agree.  It is board_standing() for each component, and two things more: what has not been
 * seen for long is unknown (ST-21), and an open incident is never "all good" (ST-8). */
#ifndef VIGIE_MODEL_SIGHT_H
#define VIGIE_MODEL_SIGHT_H

#include "base/timetext.h"
#include "model/board.h"

enum { SIGHT_MAX_AHEAD = 100 }; /* works ahead that are shown */

struct sight_component {
    const struct conf_component *c;
    enum level level;
    int64_t since_ms;
    int64_t until_ms; /* planned work: its end; an incident: when it should be over; 0: not known */
    bool waiting;     /* nothing was ever seen of it */
    const struct bulletin *because; /* NULL: the checks, or nothing */
};
struct sight {
    const struct conf *conf; /* NULL: none yet */
    const struct board *board;
    const struct zone *zone; /* of the site */
    int64_t now_ms;
    struct sight_component *components; /* in the order of the configuration */
    int n, by_level[LEVELS];
    bool waiting;            /* nothing was seen of any of them yet */
    enum level worst;        /* of all components; DEGRADED at least while an incident is looked into */
    int64_t since_ms;        /* of the worst; when all is well: since all is well */
    int64_t last_ms;         /* when any of it was last checked; 0: never */
    int64_t look_again_ms;   /* by itself it may be another then (wall); INT64_MAX: not */
    const struct bulletin **incidents; /* open and public: pinned first, then the worst, then the newest */
    int n_incidents;
    const struct bulletin **works; /* open and public, by their start */
    int n_works;
    const struct bulletin *main; /* the one that the first sentence is about; NULL */
};
/* Looks; all lists live in a, bulletins are borrowed from the board (take references to keep them beyond this turn).
 * board may be NULL. */
void sight_see(struct sight *s, struct arena *a, const struct board *b, const struct model *m, const struct zone *zone, int64_t now_ms);
const struct sight_component *sight_find(const struct sight *s, const char *component); /* NULL: there is none */
/* The text of pairs for a language; *ret_lang is its language when it is another one, else NULL. NULL: there is none. */
const char *sight_text(const struct conf_pairs *p, const char *lang, const char **ret_lang);
/* What people call a component; its name when it has no title. An unknown name is its own title. */
const char *sight_title(const struct sight *s, const char *component, const char *lang, const char **ret_lang);
const char *sight_site(const struct sight *s, const char *lang, const char **ret_lang); /* of the house; "vigie" when unnamed */
/* Groups nest by what components call them: "hosting/web" stands below "hosting". The title is that of the last part ("web"). */
const char *sight_group_title(const struct sight *s, const char *group, const char *lang, const char **ret_lang);
bool sight_in_group(const struct conf_component *c, const char *group); /* in it, or below it */
/* Is this work late: its announced end has gone, and it goes on? */
bool sight_overruns(const struct bulletin *b, int64_t now_ms);

#endif
