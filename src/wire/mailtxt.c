/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailtxt.c: see mailtxt.h. */
#include "wire/mailtxt.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *word;
    enum spf_kind kind;
    bool asks;
} words[] = {
    {"all", SPF_ALL, false}, {"include", SPF_INCLUDE, true}, {"a", SPF_A, true}, {"mx", SPF_MX, true}, {"ptr", SPF_PTR, true},
    {"ip4", SPF_IP4, false}, {"ip6", SPF_IP6, false}, {"exists", SPF_EXISTS, true}, {"redirect", SPF_REDIRECT, true},
};
enum { WORDS = sizeof(words) / sizeof(words[0]), VERSION_BYTES = 6 };

bool spf_is(const char *text)
{
    return strncasecmp(text, "v=spf1", VERSION_BYTES) == 0 && (text[VERSION_BYTES] == '\0' || text[VERSION_BYTES] == ' ');
}

bool spf_asks(enum spf_kind kind)
{
    for (int i = 0; i < WORDS; i++)
        if (words[i].kind == kind)
            return words[i].asks;
    return false;
}

static struct spf_term term_read(struct str t)
{
    struct spf_term r = {.kind = SPF_BAD, .qualifier = '+'};
    size_t n = 0;

    if (t.n && strchr("+-~?", t.p[0])) {
        r.qualifier = t.p[0];
        t.p++, t.n--;
    }
    while (n < t.n && !strchr(":=/", t.p[n]))
        n++;
    for (int i = 0; i < WORDS; i++)
        if (strlen(words[i].word) == n && strncasecmp(words[i].word, t.p, n) == 0)
            r.kind = words[i].kind;
    if (r.kind == SPF_BAD && n && n < t.n && t.p[n] == '=')
        r.kind = SPF_MODIFIER;
    if (n < t.n && t.p[n] != '/') {
        r.domain = (struct str){t.p + n + 1, t.n - n - 1};
        for (size_t i = 0; r.kind != SPF_IP4 && r.kind != SPF_IP6 && i < r.domain.n; i++)
            if (r.domain.p[i] == '/') /* the length of a prefix */
                r.domain.n = i;
    }
    if ((r.kind == SPF_INCLUDE || r.kind == SPF_EXISTS || r.kind == SPF_REDIRECT) && r.domain.n == 0)
        r.kind = SPF_BAD;
    return r;
}

bool spf_next(struct str *rest, struct spf_term *ret)
{
    size_t n = 0;

    while (rest->n && *rest->p == ' ')
        rest->p++, rest->n--;
    if (rest->n == 0)
        return false;
    while (n < rest->n && rest->p[n] != ' ')
        n++;
    *ret = term_read((struct str){rest->p, n});
    rest->p += n;
    rest->n -= n;
    return true;
}

static struct str trimmed(const char *p, size_t n)
{
    while (n && (*p == ' ' || *p == '\t'))
        p++, n--;
    while (n && (p[n - 1] == ' ' || p[n - 1] == '\t'))
        n--;
    return (struct str){p, n};
}

bool tag_find(const char *text, const char *key, struct str *ret)
{
    for (;;) {
        size_t n = strcspn(text, ";"), equals = strcspn(text, "=;");
        struct str name = trimmed(text, equals);

        if (equals < n && name.n == strlen(key) && strncasecmp(name.p, key, name.n) == 0) {
            *ret = trimmed(text + equals + 1, n - equals - 1);
            return true;
        }
        if (text[n] == '\0')
            return false;
        text += n + 1;
    }
}
