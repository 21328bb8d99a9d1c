/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cookies.c: takes Set-Cookie headers apart, and gives back what belongs to a request. It keeps nothing beyond an attempt. */
#include "checks/cookies.h"
#include "base/str.h"

#include <string.h>
#include <strings.h>

static char *copy(struct arena *a, struct str s)
{
    return arena_dupn(a, s.p, s.n);
}

static bool is_attribute(struct str name, const char *word)
{
    return name.n == strlen(word) && strncasecmp(name.p, word, name.n) == 0;
}

static bool domain_fits(const char *host, const char *domain, bool host_only)
{
    size_t n = strlen(host), k = strlen(domain);

    if (str_ieq(host, domain))
        return true;
    return !host_only && n > k && host[n - k - 1] == '.' && str_ieq(host + n - k, domain);
}

static bool path_fits(const char *path, const char *prefix)
{
    size_t n = strlen(prefix);

    if (strncmp(path, prefix, n) != 0)
        return false;
    return n == 0 || prefix[n - 1] == '/' || path[n] == '\0' || path[n] == '/' || path[n] == '?';
}

/* Up to the last slash of the request's path. */
static const char *usual_path(struct arena *a, const struct url *url)
{
    size_t n = strcspn(url->path, "?");

    while (n > 1 && url->path[n - 1] != '/')
        n--;
    return arena_dupn(a, url->path, n > 1 ? n - 1 : 1);
}

static void attribute(struct cookies *jar, const struct url *url, struct cookie *c, struct str part, bool *dead, bool *foreign)
{
    const char *equals = memchr(part.p, '=', part.n);
    struct str name = str_trim((struct str){part.p, equals ? (size_t)(equals - part.p) : part.n});
    struct str value = equals ? str_trim((struct str){equals + 1, part.n - (size_t)(equals + 1 - part.p)}) : (struct str){"", 0};

    if (is_attribute(name, "secure")) {
        c->secure = true;
    } else if (is_attribute(name, "path") && value.n > 0 && value.p[0] == '/') {
        c->path = copy(jar->arena, value);
    } else if (is_attribute(name, "max-age")) {
        *dead = *dead || (value.n > 0 && (value.p[0] == '0' || value.p[0] == '-'));
    } else if (is_attribute(name, "expires")) {
        *dead = *dead || memmem(value.p, value.n, "1970", 4) != NULL;
    } else if (is_attribute(name, "domain") && value.n > 0) {
        if (value.p[0] == '.')
            value = (struct str){value.p + 1, value.n - 1};
        c->domain = copy(jar->arena, value);
        c->host_only = false;
        *foreign = !strchr(c->domain, '.') || !domain_fits(url->host, c->domain, false);
    }
}

static struct cookie *find(struct cookies *jar, const struct cookie *c)
{
    for (int i = 0; i < jar->n; i++)
        if (str_eq(jar->at[i].name, c->name) && str_ieq(jar->at[i].domain, c->domain) && str_eq(jar->at[i].path, c->path))
            return &jar->at[i];
    return NULL;
}

void cookies_take(struct cookies *jar, const struct url *url, const char *header)
{
    struct str rest = str_of(header), part;
    bool dead = false, foreign = false;
    const char *equals;

    if (rest.n > COOKIE_MAX_BYTES || !str_next(&rest, ";", &part) || (equals = memchr(part.p, '=', part.n)) == NULL)
        return;
    struct str name = str_trim((struct str){part.p, (size_t)(equals - part.p)});
    struct cookie c = {.name = copy(jar->arena, name), .domain = url->host, .host_only = true,
                       .value = copy(jar->arena, str_trim((struct str){equals + 1, part.n - (size_t)(equals + 1 - part.p)}))};

    c.path = usual_path(jar->arena, url);
    while (str_next(&rest, ";", &part))
        attribute(jar, url, &c, str_trim(part), &dead, &foreign);
    if (name.n == 0 || foreign)
        return;
    struct cookie *old = find(jar, &c);

    if (old && dead)
        *old = jar->at[--jar->n];
    else if (old)
        *old = c;
    else if (!dead && jar->n < COOKIES_MAX)
        jar->at[jar->n++] = c;
}

void cookies_put(const struct cookies *jar, const struct url *url, struct buf *out)
{
    for (int i = 0; i < jar->n; i++) {
        const struct cookie *c = &jar->at[i];

        if ((c->secure && !url->https) || !domain_fits(url->host, c->domain, c->host_only) || !path_fits(url->path, c->path))
            continue;
        buf_printf(out, "%s%s=%s", out->len ? "; " : "", c->name, c->value);
    }
}
