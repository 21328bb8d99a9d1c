/* SPDX-License-Identifier: GPL-3.0-or-later */
/* websub_topic.c: which feed an address means.  Pure. */
#include "announce/websub.h"
#include "base/msg.h"
#include "base/str.h"
#include <string.h>

enum { PARTS = 12 };

static int none(struct err *e)
{
    return err_field(e, ERR_INVALID, "hub.topic", MSG("that is no address of a feed here"), "");
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Percent-decoded; NULL: broken, or bytes that no name has. */
static const char *decoded(struct arena *a, const char *p, size_t n)
{
    char *out = arena_dupn(a, p, n);
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        int c = (unsigned char)p[i];
        if (c == '%') {
            int high = i + 2 < n ? hex(p[i + 1]) : -1, low = i + 2 < n ? hex(p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return NULL;
            c = high * 16 + low;
            i += 2;
        }
        if (c < ' ' || c == 0x7f)
            return NULL;
        out[len++] = (char)c;
    }
    out[len] = 0;
    return out;
}

/* lang=fr and per=update, in any order, each once; nothing else. */
static bool query_read(struct arena *a, const char *query, struct websub_topic *t)
{
    struct str rest = str_of(query), one;
    bool lang = false, per = false;
    while (str_next(&rest, "&", &one)) {
        const char *word = arena_dupn(a, one.p, one.n);
        if (!lang && str_starts(word, "lang=") && (str_eq(word + 5, "en") || str_eq(word + 5, "fr"))) {
            t->lang = word + 5;
            lang = true;
        } else if (!per && str_eq(word, "per=update")) {
            t->per_update = per = true;
        } else {
            return false;
        }
    }
    return true;
}

/* /FILE, /component/NAME/FILE, /incident/KEY/FILE, /maintenance/KEY/FILE, /group/NAME…/FILE (names of groups may have slashes). */
static bool path_read(struct arena *a, const char *path, struct websub_topic *t)
{
    const char *parts[PARTS];
    int n = 0;
    while (*path == '/') {
        size_t len = strcspn(++path, "/");
        if (n == PARTS || !len || !(parts[n] = decoded(a, path, len)))
            return false;
        if (strchr(parts[n], '/') || str_eq(parts[n], "..") || str_eq(parts[n], "."))
            return false;
        n++;
        path += len;
    }
    if (*path || n == 0)
        return false;
    t->file = parts[n - 1];
    if (n == 1)
        return true;
    if (n == 3 && str_eq(parts[0], "component"))
        t->component = parts[1];
    else if (n == 3 && (str_eq(parts[0], "incident") || str_eq(parts[0], "maintenance")))
        t->key = parts[1];
    else if (n >= 3 && str_eq(parts[0], "group"))
        for (int i = 1; i < n - 1; i++)
            t->group = t->group ? arena_printf(a, "%s/%s", t->group, parts[i]) : parts[i];
    else
        return false;
    return true;
}

int websub_topic_read(struct arena *a, const char *topic, const char *base, const char *lang, struct websub_topic *ret, struct err *e)
{
    size_t n = strlen(base);
    struct websub_topic t = {.base = base, .lang = lang};
    if (strlen(topic) > WEBSUB_MAX_URL || strncmp(topic, base, n) != 0 || topic[n] != '/')
        return none(e);
    const char *query = strchr(topic + n, '?');
    if (strchr(topic, '#') || (query && !query_read(a, query + 1, &t)))
        return none(e);
    if (!path_read(a, query ? arena_dupn(a, topic + n, (size_t)(query - topic) - n) : topic + n, &t))
        return none(e);
    *ret = t;
    return 0;
}
