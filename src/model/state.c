/* SPDX-License-Identifier: GPL-3.0-or-later */
/* state.c: the words and the order of the states.  The machine is standing.c. */
#include "model/state.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

static const struct {
    const char *word;
    int rank;
} states[STATE_COUNT] = {
    [STATE_PENDING] = {"pending", 0}, [STATE_OK] = {"ok", 1},
    [STATE_WARNING] = {"warning", 3}, [STATE_CRITICAL] = {"critical", 5},
    [STATE_UNKNOWN] = {"unknown", 2}, [STATE_UP] = {"up", 1},
    [STATE_DOWN] = {"down", 5},       [STATE_UNREACHABLE] = {"unreachable", 4},
};

const char *state_word(enum state s)
{
    return (unsigned)s < STATE_COUNT ? states[s].word : states[STATE_UNKNOWN].word;
}

int state_from_word(const char *word)
{
    for (int i = 0; i < STATE_COUNT; i++)
        if (str_eq(word, states[i].word))
            return i;
    return ERR_INVALID;
}

int state_rank(enum state s)
{
    return (unsigned)s < STATE_COUNT ? states[s].rank : 0;
}
