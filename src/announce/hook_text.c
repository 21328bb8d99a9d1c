/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hook_text.c: a body of one's own, with names to be filled in: the bridge to everything that has no shape here (docs/public.md). */
#include "announce/hook.h"
#include "base/json.h"
#include "base/str.h"
#include <string.h>

enum { NAME_MOST = 40 };

enum hook_escape hook_escape_of(const char *type)
{
    return strstr(type, "json") ? HOOK_JSON : str_istarts(type, "application/x-www-form-urlencoded") ? HOOK_FORM : HOOK_PLAIN;
}

static void put(struct buf *out, const char *value, enum hook_escape how)
{
    struct buf quoted = BUF_MAX(HOOK_MAX_BODY);
    if (how == HOOK_PLAIN) {
        buf_str(out, value);
    } else if (how == HOOK_JSON) {
        json_quote(&quoted, value);
        if (quoted.len >= 2)
            buf_add(out, quoted.data + 1, quoted.len - 2); /* the quotes are the template's */
    } else {
        for (const unsigned char *c = (const unsigned char *)value; *c; c++)
            if (strchr("-._~", *c) || (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z'))
                buf_char(out, (char)*c);
            else
                buf_printf(out, "%%%02X", *c);
    }
    buf_done(&quoted);
}

static const char *value_of(const char *name, size_t n, const struct hook_name *names, int count)
{
    for (int i = 0; i < count; i++)
        if (strlen(names[i].name) == n && memcmp(names[i].name, name, n) == 0)
            return names[i].value;
    return NULL;
}

void hook_fill(struct buf *out, const char *text, const struct hook_name *names, int n, enum hook_escape how)
{
    while (*text) {
        const char *open = strstr(text, "${"), *close = open ? strchr(open, '}') : NULL;
        if (!close) {
            buf_str(out, text);
            return;
        }
        size_t len = (size_t)(close - open - 2);
        const char *value = len && len < NAME_MOST ? value_of(open + 2, len, names, n) : NULL;
        buf_add(out, text, (size_t)(open - text));
        if (value)
            put(out, value, how);
        else
            buf_add(out, open, 2);
        text = value ? close + 1 : open + 2;
    }
}

int hook_names(const struct hook_story *s, struct hook_name out[HOOK_NAMES])
{
    const struct bulletin *b = s->p->b;
    char at[TIME_RFC3339_BYTES];
    const char *title = wording_for(&b->title, s->lang, NULL);
    time_rfc3339(s->p->at_ms, 0, at);
    const struct hook_name all[] = {
        {"line", s->line},
        {"subject", s->subject},
        {"title", title ? title : b->key},
        {"text", s->plain},
        {"markdown", s->said},
        {"html", s->html},
        {"link", s->link},
        {"event", hook_event(s->p, s->a)},
        {"kind", bulletin_kind_words[b->kind]},
        {"phase", phase_words[b->phase]},
        {"level", level_words[hook_level(s)]},
        {"components", hook_concerned(s)},
        {"site", s->site},
        {"url", s->base},
        {"key", b->key},
        {"id", s->id},
        {"lang", s->lang},
        {"at", arena_dup(s->a, at)},
    };
    _Static_assert(COUNT(all) <= HOOK_NAMES, "room for all");
    memcpy(out, all, sizeof all);
    return (int)COUNT(all);
}

static void make(const struct hook_story *s, struct hook_made *m)
{
    const struct conf_webhook *w = s->hook;
    struct hook_name names[HOOK_NAMES];
    int n = hook_names(s, names);
    m->type = w->type ? w->type : w->body ? "application/json; charset=utf-8" : "text/plain; charset=utf-8";
    hook_fill(&m->body, w->body ? w->body : "${line}", names, n, hook_escape_of(m->type));
}

const struct hook_shape hook_text = {.name = "text", .make = make};
