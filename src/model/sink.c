/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sink.c: the door.  Text from outside becomes valid UTF-8 without control characters here, once,
 * and is cut to its ceiling.  A packed message (msg.h) of a probe keeps its separators, its pieces
 * are cleaned; from a stranger such bytes are control characters like any other. */
#include "model/sink.h"
#include "base/msg.h"
#include "base/utf8.h"
#include "model/inner.h"

#include <string.h>

static bool is_separator(char c)
{
    return c == 0x01 || c == 0x1f || c == 0x1a;
}

/* Cleans the text between separators. */
static void clean_packed(struct buf *out, const char *text, size_t max)
{
    while (*text && out->len < max) {
        size_t n = 0;
        if (is_separator(*text)) {
            buf_char(out, *text++);
            continue;
        }
        while (text[n] && !is_separator(text[n]))
            n++;
        utf8_clean(out, text, n, UTF8_ONE_LINE, max - out->len);
        text += n;
    }
}

void sink_clean(struct buf *out, const char *text, bool packed_too, int flags, size_t max)
{
    *out = BUF_MAX(max + 8);
    if (text && packed_too && text[0] == 0x01)
        clean_packed(out, text, max);
    else if (text)
        utf8_clean(out, text, strlen(text), flags, max);
}

static void take_clean(struct model *m, struct item *it, const struct result *r, bool packed_too,
                       struct moment now)
{
    struct result cleaned = *r;
    struct buf text, more, perfdata;

    sink_clean(&text, r->text, packed_too, UTF8_ONE_LINE, SINK_MAX_TEXT);
    sink_clean(&more, r->more, packed_too, UTF8_KEEP_NEWLINES, SINK_MAX_MORE);
    sink_clean(&perfdata, r->perfdata, false, UTF8_ONE_LINE, SINK_MAX_PERFDATA);
    cleaned.text = buf_text(&text);
    cleaned.more = buf_text(&more);
    cleaned.perfdata = buf_text(&perfdata);
    model_result(m, it, &cleaned, now);
    buf_done(&text);
    buf_done(&more);
    buf_done(&perfdata);
}

void sink_item(struct model *m, struct item *it, const struct result *r, struct moment now)
{
    take_clean(m, it, r, true, now);
}

static bool state_is_for(enum state s, bool is_host)
{
    if (s >= STATE_OK && s <= STATE_UNKNOWN)
        return true;
    return is_host && s >= STATE_UP && s <= STATE_UNREACHABLE;
}

int sink_result(struct model *m, const char *host, const char *check, const struct result *r,
                struct moment now, struct err *e)
{
    struct item *it = model_find(m, host, check);
    struct result passive = *r;

    if (!model_find_host(m, host))
        return err_field(e, ERR_NOT_FOUND, "host", MSG("there is no host {1}"), "s",
                         host ? host : "");
    if (!it)
        return err_field(e, ERR_NOT_FOUND, "check", MSG("host {1} has no check {2}"), "ss", host,
                         check);
    if (!state_is_for(r->state, it->is_host))
        return err_field(e, ERR_INVALID, "state",
                         MSG("{1} is not a state that can be reported here"), "s",
                         state_word(r->state));
    if (!it->enabled)
        return err_field(e, ERR_CONFLICT, check ? "check" : "host", MSG("{1} is switched off"), "s",
                         check ? check : host);
    passive.passive = true;
    if (passive.at_ms > now.wall_ms || passive.at_ms < 0)
        passive.at_ms = now.wall_ms;
    take_clean(m, it, &passive, false, now);
    return 0;
}
