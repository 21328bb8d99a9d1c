/* SPDX-License-Identifier: GPL-3.0-or-later */
/* op_slice.c: answers that are too large for one turn of the loop: written as text, a little at a time, in slices of at
 * most OP_SLICE_US.  Between two slices the model may change: what is removed meanwhile is left out, never touched. */
#include "base/json.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "ops/ops_priv.h"

/* Steps are counted, too: a clock that stands still (the twin's) must not make one slice of all. */
enum { OP_SLICE_US = 1000, OP_SLICE_STEPS = 1000, OP_MAX_ANSWER = 256 << 20, ITEM_ROOM = 8192 };

static void slice(void *arg)
{
    struct op_call *c = arg;
    int64_t until_us = clock_mono_us() + OP_SLICE_US;
    for (int n = 1; c->step(c); n++) {
        if (n < OP_SLICE_STEPS && clock_mono_us() < until_us)
            continue;
        timer_set(&c->slice, 0);
        return;
    }
}

void op_slices(struct op_call *c, op_step *step)
{
    ASSERT(!c->step);
    c->text->max = OP_MAX_ANSWER;
    c->step = step;
    timer_init(&c->slice, c->house->loop, slice, c);
    slice(c);
}

void op_put_json(struct op_call *c, const struct item *it)
{
    struct arena *a = arena_new(ITEM_ROOM);
    struct doc *o = doc_object(a);
    op_put_item(o, it, c->house);
    json_write(c->text, o, c->lang, 0);
    arena_free(a);
}

void op_raw_text(struct op_call *c, const char *type)
{
    if (c->text->full) {
        op_fail(c, ERR_LIMIT, NULL, MSG("the answer would be larger than {1}; ask for a part of it"), "b", (int64_t)OP_MAX_ANSWER);
        return;
    }
    op_raw(c, type, buf_text(c->text), c->text->len);
}
