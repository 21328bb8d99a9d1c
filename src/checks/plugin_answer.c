/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plugin_answer.c: see plugin_answer.h. */
#include "checks/plugin_answer.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "checks/attempt.h"

enum { QUOTE_BYTES = 300 };

static void put_output(struct attempt *a, struct str out)
{
    buf_clear(&a->text);
    buf_clear(&a->more);
    buf_clear(&a->perf);
    plugin_split(out.p, out.n, &a->text, &a->more, &a->perf);
    buf_cut(&a->text, utf8_fit(buf_text(&a->text), a->text.len, a->text.len));
}

static void out_of_bounds(struct attempt *a, int status)
{
    if (status == 126)
        attempt_say(a, STATE_CRITICAL, MSG("return code of 126 is out of bounds; the plugin may not be executable"), "");
    else if (status == 127)
        attempt_say(a, STATE_CRITICAL, MSG("return code of 127 is out of bounds; the plugin may be missing"), "");
    else
        attempt_say(a, STATE_CRITICAL, MSG("return code of {1} is out of bounds"), "i", (int64_t)status);
}

void plugin_answer(struct attempt *a, int status, struct str out, struct str errout)
{
    static const enum state state_of[] = {STATE_OK, STATE_WARNING, STATE_CRITICAL, STATE_UNKNOWN};

    put_output(a, out);
    errout = str_trim(errout);
    if (status < 0 || status >= (int)COUNT(state_of)) {
        out_of_bounds(a, status);
        return;
    }
    a->state = state_of[status];
    if (a->text.len == 0 && a->more.len == 0 && errout.n)
        attempt_say(a, a->state, MSG("the plugin only said on stderr: {1}"), "s", attempt_quote(a, errout.p, errout.n, QUOTE_BYTES));
    else if (a->text.len == 0)
        attempt_say(a, a->state, MSG("(no output from the plugin)"), "");
}
