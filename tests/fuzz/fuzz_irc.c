/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_irc.c: any bytes as what an IRC server says: lines keep their ceilings, what is read can be written without a line ending early,
 * and what is cut fits. */
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "base/utf8.h"
#include "wire/irc.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void seen(void *arg, bool set, char mode, const char *param)
{
    *(size_t *)arg += strlen(param ? param : "") + (size_t)set + (mode != 0);
}

static void write_back(const struct irc_line *l)
{
    struct buf out = BUF_MAX(4 * IRC_MAX_LINE);
    if (irc_format(&out, l->command, l->params, l->n) == 0) {
        ASSERT(out.len >= 2 && out.len <= IRC_MAX_LINE && memchr(out.data, '\n', out.len) == out.data + out.len - 1);
        ASSERT(memchr(out.data, '\r', out.len) == out.data + out.len - 2);
    } else {
        ASSERT(out.len == 0);
    }
    buf_done(&out);
}

static void cut(const char *text, size_t most)
{
    struct buf out = BUF_MAX(16 * IRC_MAX_LINE);
    irc_shorten(&out, text, most);
    ASSERT(out.len <= most && utf8_valid(buf_text(&out), out.len) && !strpbrk(buf_text(&out), "\r\n"));
    buf_done(&out);
}

static void look(char *text, struct irc_support *s, size_t *sum)
{
    struct irc_line l;
    char tag[64];
    if (irc_parse(text, &l))
        return;
    ASSERT(l.command[0] && l.n <= IRC_MAX_PARAMS && !l.params[l.n]);
    irc_tag(&l, "account", tag, sizeof tag);
    irc_support_read(s, &l);
    irc_modes_each(s, &l, 1, seen, sum);
    *sum += irc_same(s->casemap, irc_param(&l, 0), irc_param(&l, 1)) + irc_mask_fits(s->casemap, irc_param(&l, 0), l.nick, l.user, l.host) + irc_is_channel(s, irc_param(&l, 0));
    cut(irc_param(&l, 1), (size_t)(strlen(irc_param(&l, 0)) * 7 % 500));
    write_back(&l);
    if (l.n)
        irc_strip((char *)l.params[l.n - 1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct irc_lines *lines = NEW(struct irc_lines);
    struct irc_support s;
    const char *p = (const char *)data;
    size_t n = size, sum = 0;
    irc_support_init(&s);
    for (char *line; (line = irc_lines_next(lines, &p, &n));) {
        ASSERT(strlen(line) < sizeof lines->text && !strpbrk(line, "\n"));
        look(line, &s, &sum);
    }
    ASSERT(n == 0);
    mem_free(lines);
    return 0;
}
