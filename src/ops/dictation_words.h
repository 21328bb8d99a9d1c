/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dictation_words.h: the words of a line that is dictated, one by one. */
#ifndef VIGIE_OPS_DICTATION_WORDS_H
#define VIGIE_OPS_DICTATION_WORDS_H

#include "ops/dictation.h"

enum token_kind { TOKEN_END, TOKEN_UNKNOWN, TOKEN_FILLER, TOKEN_COMPONENT, TOKEN_IMPACT, TOKEN_PHASE, TOKEN_PLAN, TOKEN_PUBLISH, TOKEN_WORK /* a phase of work */, TOKEN_MOVE, TOKEN_OVER /* resolved or completed */,
                  TOKEN_DRAFT, TOKEN_QUIET, TOKEN_TENTATIVE, TOKEN_EMERGENCY, TOKEN_LANG, TOKEN_FOR, TOKEN_UNTIL, TOKEN_NEXT, TOKEN_DATE, TOKEN_TIME, TOKEN_RANGE, TOKEN_LENGTH };
struct token {
    enum token_kind kind;
    int value;                /* enum level, enum phase; index of msg_langs */
    const char *text;         /* as typed; of a component its name */
    int64_t day;              /* DATE: day number */
    int minute, until;        /* TIME, RANGE: of the day */
    int64_t ms;               /* LENGTH */
    bool weekday;             /* a DATE that was said as one */
};
/* The next word of *rest, which is moved behind it. Of what is unknown the text is one word. */
void token_next(struct arena *a, const struct dictation_env *env, const char **rest, struct token *ret);
/* Where the part with commands ends: a colon that stands in no time; NULL: there is none. */
const char *dictation_colon(const char *text);
/* Small letters without accents. */
void dictation_fold(const char *text, size_t n, struct buf *out);

#endif
