/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cstate_front.c: front matter, and the paragraphs below it. */
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "compat/move/cstate.h"
#include "config/yaml_doc.h"
#include "wire/toml.h"
#include <string.h>

/* ---- front matter ---- */

/* A line that is nothing but the fence, at or behind from. */
static const char *fence(const char *from, const char *end, const char *mark)
{
    for (const char *p = from; p && end - p >= 3; p = memchr(p, '\n', (size_t)(end - p)), p = p ? p + 1 : NULL) {
        const char *q = p + 3;
        while (q < end && (*q == ' ' || *q == '\t' || *q == '\r'))
            q++;
        if (memcmp(p, mark, 3) == 0 && (q == end || *q == '\n'))
            return p;
    }
    return NULL;
}

static const char *behind_line(const char *p, const char *end)
{
    const char *nl = memchr(p, '\n', (size_t)(end - p));
    return nl ? nl + 1 : end;
}

/* The end of the object that begins at p; NULL: it never ends. */
static const char *object_end(const char *p, const char *end)
{
    int depth = 0;
    bool text = false;
    for (; p < end; p++) {
        if (text && *p == '\\')
            p++;
        else if (*p == '"')
            text = !text;
        else if (!text && (*p == '{' || *p == '}') && (depth += *p == '{' ? 1 : -1) == 0)
            return p + 1;
    }
    return NULL;
}

static int no_front(const char *name, struct err *e)
{
    return err_set(e, ERR_INVALID, MSG("{1} has no front matter: it begins with “---”, “+++” or a brace"), "s", name);
}

static int fenced(struct arena *a, const char *name, const char *p, const char *end, struct doc **ret, const char **ret_body, struct err *e)
{
    bool toml = *p == '+';
    const char *from = behind_line(p, end), *to = fence(from, end, toml ? "+++" : "---");
    struct err inner = {0};
    if (!to)
        return no_front(name, e);
    *ret_body = arena_dupn(a, behind_line(to, end), (size_t)(end - behind_line(to, end)));
    if (!toml)
        return yaml_doc(a, name, from, (size_t)(to - from), ret, e);
    int r = toml_parse(a, from, (size_t)(to - from), ret, &inner);
    return r ? err_set(e, r, "{1}: {2}", "sm", name, inner.text) : 0;
}

int cstate_front(struct arena *a, const char *name, const char *p, size_t n, struct doc **ret_fields, const char **ret_body, struct err *e)
{
    const char *end = p + n, *to;
    int r;
    if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
        p += 3;
    while (p < end && (*p == '\n' || *p == '\r' || *p == ' '))
        p++;
    if (n > CSTATE_MAX_FILE || end - p < 3)
        return no_front(name, e);
    if (fence(p, end, "---") == p || fence(p, end, "+++") == p) {
        r = fenced(a, name, p, end, ret_fields, ret_body, e);
    } else if (*p == '{' && (to = object_end(p, end))) {
        r = json_parse(a, p, (size_t)(to - p), CSTATE_MAX_FILE, ret_fields, e);
        *ret_body = arena_dupn(a, to, (size_t)(end - to));
    } else {
        return no_front(name, e);
    }
    return r == 0 && (*ret_fields)->kind != DOC_OBJECT ? no_front(name, e) : r;
}

/* ---- paragraphs ---- */

/* {{< track "…" >}} or {{% track … %}}: its time, and where it ends. */
static const char *track_at(struct arena *a, const char *p, const char **ret_time)
{
    const char *q = p + 3 + strspn(p + 3, " \t"), *end;
    if (!str_starts(q, "track"))
        return NULL;
    q += 5;
    q += strspn(q, " \t\"'`");
    end = strstr(q, p[2] == '<' ? ">}}" : "%}}");
    if (!end)
        return NULL;
    struct str time = {q, (size_t)(end - q)};
    while (time.n && strchr(" \t\"'`", time.p[time.n - 1]))
        time.n--;
    *ret_time = time.n < 60 ? arena_dupn(a, time.p, time.n) : "";
    return end + 3;
}

static const char *next_track(struct arena *a, const char *p, const char **ret_time, const char **ret_end)
{
    for (; (p = strstr(p, "{{")); p += 2)
        if ((p[2] == '<' || p[2] == '%') && (*ret_end = track_at(a, p, ret_time)))
            return p;
    return NULL;
}

/* "*Resolved* - text", "**Resolved** – text", "*Resolved*: text". */
static const char *leading_word(struct arena *a, const char *text, const char **ret_rest)
{
    size_t stars = strspn(text, "*_"), n = strcspn(text + stars, "*_\n");
    const char *p = text + stars + n, *mark;
    if (!stars || stars > 2 || !n || n > 20 || strspn(p, "*_") != stars)
        return NULL;
    mark = p + stars + strspn(p + stars, " ");
    if (str_starts(mark, "–") || str_starts(mark, "—"))
        mark += 3;
    else if (*mark == '-' || *mark == ':')
        mark++;
    else
        return NULL;
    *ret_rest = mark + strspn(mark, " ");
    return arena_dupn(a, text + stars, n);
}

static void say(struct arena *a, const char *p, size_t n, const char *time, struct cstate_said *ret)
{
    struct str s = str_trim((struct str){p, n});
    *ret = (struct cstate_said){.text = arena_dupn(a, s.p, s.n), .time = time};
    const char *rest, *word = leading_word(a, ret->text, &rest);
    if (word) {
        ret->word = word;
        ret->text = rest;
    }
}

int cstate_split(struct arena *a, const char *body, struct cstate_said *ret, int most)
{
    const char *time, *end, *at;
    int n = 0;
    while (n < most && (at = next_track(a, body, &time, &end))) {
        say(a, body, (size_t)(at - body), time, &ret[n++]);
        body = end;
    }
    struct str left = str_trim(str_of(body));
    if (left.n && n < most)
        say(a, left.p, left.n, NULL, &ret[n++]);
    return n;
}
