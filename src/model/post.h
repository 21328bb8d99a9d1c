/* SPDX-License-Identifier: GPL-3.0-or-later */
/* post.h: what a person or program says of a bulletin, whatever way it came: a form, the command line, the API, IRC, mail, an import.
 * PURE.
 *
 * Work goes through tentative → confirmed → in progress → completed, or is cancelled; an incident may go from any phase to any
 * other, back from resolved too. Impacts are intervals: a post closes the open one of a component and opens another, from its `at_ms`;
 * resolving closes all. */
#ifndef VIGIE_MODEL_POST_H
#define VIGIE_MODEL_POST_H

#include "model/bulletin.h"

enum post_kind {
    POST_OPEN = 1, /* a new bulletin, with its first update */
    POST_UPDATE,   /* says more: a phase, a text, levels, when we expect the end, when we speak again */
    POST_CORRECT,  /* title, times, what it touches, pinned …: what was said wrong. Shown as edited, told to nobody */
    POST_CORRECT_UPDATE, /* text or time of one update */
    POST_PUBLISH,  /* a draft becomes public; title and text, when given, take the place of the draft's */
    POST_RETRACT,  /* it should never have been said */
    POST_MOVE,     /* work: other times; the calendar entry keeps its UID */
    POST_REPORT,   /* the report of the intervention, afterwards */
};
enum { POST_AS_IT_IS = -1 };
struct post_level {
    const char *component;
    enum level level;       /* OPERATIONAL ends its impact */
};
/* Numbers say POST_AS_IT_IS to leave a thing, times 0 to take it away; start from POST_OF(kind). Borrowed texts. */
struct post {
    enum post_kind kind;
    enum bulletin_kind what; /* OPEN */
    int phase;              /* POST_AS_IT_IS; OPEN: investigating, or confirmed */
    struct wording title, text;
    const struct post_level *levels;
    int n_levels;
    const char *const *components; /* OPEN, CORRECT: what it touches, besides `levels` */
    int n_components;       /* POST_AS_IT_IS */
    int64_t at_ms;          /* when it happened; 0: now */
    int64_t expected_ms, next_by_ms, started_ms, noticed_ms, ended_ms;
    int64_t start_ms, end_ms; /* work: OPEN, MOVE */
    int effect, emergency, pinned, report_public;
    const char *series;     /* OPEN */
    int64_t update_id;      /* CORRECT_UPDATE */
    bool draft;             /* OPEN: only staff see it yet */
    bool quiet;             /* nobody is mailed */
    const char *author, *origin;
};
#define POST_OF(k) \
    ((struct post){.kind = (k), .phase = POST_AS_IT_IS, .n_components = POST_AS_IT_IS, .expected_ms = POST_AS_IT_IS, .next_by_ms = POST_AS_IT_IS, \
                   .started_ms = POST_AS_IT_IS, .noticed_ms = POST_AS_IT_IS, .ended_ms = POST_AS_IT_IS, .effect = POST_AS_IT_IS, .emergency = POST_AS_IT_IS, \
                   .pinned = POST_AS_IT_IS, .report_public = POST_AS_IT_IS})

/* The bulletin after the post. OPEN: old NULL, with the id and key of the new one. ret_update_id: the update that was made or
 * corrected, 0 when none. ERR_INVALID (with the field), ERR_CONFLICT (the phase does not allow it, nothing would change),
 * ERR_LIMIT, ERR_NOT_FOUND (no such update). Component names are the caller's to check. */
int bulletin_post(const struct bulletin *old, const struct post *p, int64_t id, const char *key, int64_t now_ms, struct bulletin **ret,
                  int64_t *ret_update_id, struct err *e);

#endif
