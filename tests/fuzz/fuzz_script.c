/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_script.c: any bytes as what a peer says, for every way of hearing and keeping.  The first byte chooses the way.
 * A unit never reaches beyond what was heard, what is kept has no NUL and a bounded length. */
#include "base/panic.h"
#include "checks/script/script.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct script_refusal refusals[] = {{"^-ERR", STATE_CRITICAL, "{1}"}, {"busy", STATE_CRITICAL, "{1}"}, {0}};
static const struct script_step ways[] = {
    {SCRIPT_LINE, .want = "220|* OK"},
    {SCRIPT_REPLY, .want = "250"},
    {SCRIPT_LINES, .until = "a1 |.\r\n|END", .want = "a1 OK"},
    {SCRIPT_TEXT, .want = "</stream:features>", .refusals = refusals},
    {SCRIPT_TEXT, .want = "a+b(c|d)*e", .match = SCRIPT_REGEX},
    {SCRIPT_ZERO, .want = "1: PONG"},
    {SCRIPT_BYTES, .size = 4, .want = "\\x20\\x02"},
    {SCRIPT_FRAME, .framing = SCRIPT_MYSQL},
    {SCRIPT_FRAME, .framing = SCRIPT_POSTGRES},
    {SCRIPT_FRAME, .framing = SCRIPT_AMQP},
    {SCRIPT_FRAME, .framing = SCRIPT_PKT},
    {SCRIPT_FRAME, .framing = SCRIPT_VNC},
    {SCRIPT_FRAME},
    {SCRIPT_FRAME, .framing = SCRIPT_BULK},
    {SCRIPT_FRAME, .framing = SCRIPT_BER},
    {SCRIPT_ALL},
};
static const struct script_take takes[] = {
    {"x", TAKE_LINE, .at = 4},         {"x", TAKE_LAST, .at = 3},   {"x", TAKE_LIST, "* ", 2},        {"x", TAKE_LIST, NULL, 4, true},
    {"x", TAKE_AFTER, "version"},      {"x", TAKE_GROUP, "v(.*)$"}, {"x", TAKE_ZTEXT, .at = 1},       {"x", TAKE_U8, .at = 1},
    {"x", TAKE_U16LE, .at = 1},        {"x", TAKE_U32},             {"x", TAKE_LONG, "productS"},     {"x", TAKE_COUNT, "a"},
    {"x", TAKE_ALL, .at = 1},
};

static void keep(const struct script_take *t, const char *p, size_t n)
{
    struct buf b = BUF_MAX(20 * 1024);

    (void)script_take(t, p, n, &b);
    ASSERT(strlen(buf_text(&b)) == b.len);
    buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct script_step *s;
    struct script_unit u;
    const char *p;

    if (size == 0)
        return 0;
    s = &ways[data[0] % (sizeof(ways) / sizeof(ways[0]))];
    p = (const char *)++data;
    size--;
    if (script_scan(s, p, size, true, &u) == 0) {
        ASSERT(u.n <= size && u.body <= u.n);
        (void)script_matches(s->match, s->want, p + u.body, u.n - u.body);
        (void)script_refused(s, p, u.n);
        for (size_t i = 0; i < sizeof(takes) / sizeof(takes[0]); i++)
            keep(&takes[i], p + u.body, u.n - u.body);
    }
    return 0;
}
