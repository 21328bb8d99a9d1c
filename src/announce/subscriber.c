/* SPDX-License-Identifier: GPL-3.0-or-later */
/* subscriber.c: who wants to hear of what, and the ceilings on those who ask.  Pure. */
#include "announce/subscriber.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/vec.h"
#include "channels/channel.h"
#include "io/addr.h"
#include "model/sight.h"
#include <ctype.h>
#include <netinet/in.h>

const char *const subscriber_kind_words[5] = {"incidents", "updates", "resolved", "maintenance", NULL};

int subscriber_kind_from(const char *word)
{
    for (int i = 0; subscriber_kind_words[i]; i++)
        if (str_eq(word, subscriber_kind_words[i]))
            return 1 << i;
    return 0;
}

/* A domain needs a dot: "root" and "x@localhost" are nobody's who fills in a public form. */
int subscriber_address(const char *text, char *out, size_t n, struct err *e)
{
    int r = mail_address(text, out, n, e);
    if (r)
        return r;
    char *at = strchr(out, '@');
    const char *dot = at ? strrchr(at, '.') : NULL;
    if (!at || at == out || !dot || dot == at + 1 || !dot[1] || strstr(at, "..") || strpbrk(out, "`|$;&'\"!{}%"))
        return err_field(e, ERR_INVALID, "email", MSG("“{1}” is not a mail address."), "s", text);
    for (char *c = at; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return 0;
}

/* ---- what of it ---- */

bool subscriber_next(const char **rest, char *out, size_t n)
{
    while (*rest && **rest) {
        size_t len = strcspn(*rest, ",");
        bool fits = len > 0 && str_copyn(out, n, *rest, len);
        *rest += len + ((*rest)[len] == ',');
        if (fits)
            return true;
    }
    return false;
}

static const char *group_of(const char *word)
{
    return str_starts(word, "group:") ? word + 6 : NULL;
}

static bool touches_group(const struct conf *c, const struct bulletin *b, const char *group)
{
    for (int i = 0; i < b->n_components; i++) {
        const struct conf_component *one = map_find(&c->component_by_name, b->components[i]);
        if (one && sight_in_group(one, group))
            return true;
    }
    return false;
}

bool subscriber_about_known(const struct conf *c, const char *word)
{
    const char *group = group_of(word);
    if (!group)
        return map_find(&c->component_by_name, word) != NULL;
    for (int i = 0; i < c->n_components; i++)
        if (sight_in_group(c->components[i], group))
            return true;
    return false;
}

bool subscriber_concerned(const struct subscriber *s, const struct conf *c, const struct bulletin *b)
{
    const char *rest = s->about;
    char word[2 * CONF_MAX_NAME + 8];
    if (!rest || !rest[0] || !b->n_components)
        return true;
    while (subscriber_next(&rest, word, sizeof word)) {
        const char *group = group_of(word);
        if (group ? touches_group(c, b, group) : bulletin_touches(b, word))
            return true;
    }
    return false;
}

/* ---- ceilings ---- */

uint64_t subscriber_client_hash(const char *address, uint64_t seed)
{
    struct addr a;
    if (address && addr_parse(address, 0, &a) == 0 && addr_is_v6(&a)) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&a.sa;
        return hash_bytes(in6->sin6_addr.s6_addr, 8, seed); /* the last 64 bits are anybody's to choose */
    }
    return hash_text(address, seed);
}

/* The oldest of the few places of a hash makes room: who floods pushes out himself. */
bool subscriber_limit_take(struct subscriber_limit *l, uint64_t hash, int most, int64_t within_ms, int64_t now_ms)
{
    size_t first = (size_t)(hash % (SUBSCRIBER_SLOTS / SUBSCRIBER_WAYS)) * SUBSCRIBER_WAYS, oldest = first;
    for (size_t i = first; i < first + SUBSCRIBER_WAYS; i++) {
        if (l->slots[i].n && l->slots[i].hash == hash && now_ms - l->slots[i].since_ms < within_ms)
            return l->slots[i].n < most && ++l->slots[i].n > 0;
        if (!l->slots[i].n || (l->slots[oldest].n && l->slots[i].since_ms < l->slots[oldest].since_ms))
            oldest = i;
    }
    for (size_t i = first; i < first + SUBSCRIBER_WAYS; i++)
        if (l->slots[i].n && l->slots[i].hash == hash)
            oldest = i; /* its time is over */
    l->slots[oldest].hash = hash;
    l->slots[oldest].since_ms = now_ms;
    l->slots[oldest].n = 1;
    return true;
}

int subscriber_choice_judge(const struct conf *c, const struct subscriber *s, struct err *e)
{
    const char *rest = s->about;
    char word[2 * CONF_MAX_NAME + 8];
    int n = 0;
    if (s->about && strlen(s->about) > SUBSCRIBER_MAX_ABOUT)
        return err_field(e, ERR_LIMIT, "about", MSG("That is too much to choose; choose groups, or everything."), "");
    while (subscriber_next(&rest, word, sizeof word))
        if (!subscriber_about_known(c, word))
            return err_field(e, ERR_INVALID, "about", MSG("There is no service or group “{1}” here."), "s", word);
        else if (++n > SUBSCRIBER_MAX_WISHES)
            return err_field(e, ERR_LIMIT, "about", MSG("That is too much to choose; choose groups, or everything."), "");
    return s->kinds ? 0 : err_field(e, ERR_INVALID, "kinds", MSG("Choose at least one thing to be told of."), "");
}
