/* SPDX-License-Identifier: GPL-3.0-or-later */
/* guess.c: from a word that somebody typed to a host and a check. It asks nobody: no look-up, no connection. */
#include "checks/guess.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "checks/services.h"
#include "checks/url.h"
#include "io/addr.h"

#include <string.h>

static bool is_host(const char *text)
{
    struct addr a;
    size_t label = 0;

    if (addr_parse(text, 0, &a) == 0)
        return true;
    if (text[0] == '\0' || strlen(text) > 253)
        return false;
    for (const char *p = text; *p; p++) {
        bool alnum = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');

        if (*p == '.' && label == 0)
            return false;
        label = *p == '.' ? 0 : label + 1;
        if (label > 63 || (!alnum && !strchr("-_.", *p)) || (*p == '-' && label == 1))
            return false;
    }
    return true;
}

static int refuse(const char *text, struct err *e)
{
    return err_field(e, ERR_INVALID, "target",
                     MSG("“{1}” is nothing that could be watched; write a URL, a host, HOST:PORT, HOST:SERVICE, mail:DOMAIN or zone:DOMAIN"),
                     "s", text);
}

/* "/login?x" → "http-login"; "/" → "http". */
static void name_by_path(const char *path, char *out, size_t n)
{
    size_t at = (size_t)str_print(out, n, "http");

    for (const char *p = path; *p && *p != '?' && at + 2 < n; p++) {
        bool keep = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');

        if (keep && p > path && p[-1] == '/')
            out[at++] = '-';
        if (keep || *p == '-' || *p == '_' || *p == '.')
            out[at++] = *p;
    }
    out[at] = '\0';
}

static int guess_url(const char *text, struct guess *g, struct err *e)
{
    struct arena *arena = arena_new(0);
    struct url u;
    int code = 0;

    if (url_parse(arena, text, &u) != 0 || u.user || !is_host(u.host) ||
        !str_copy(g->host, sizeof(g->host), u.host) ||
        str_print(g->yaml, sizeof(g->yaml), "http: %s", u.text) >= (int)sizeof(g->yaml) - 1)
        code = refuse(text, e);
    else
        name_by_path(u.path, g->check, sizeof(g->check));
    if (code == 0 && !str_eq(g->check, "http"))
        str_print(g->yaml, sizeof(g->yaml), "http: { name: %s, url: \"%s\" }", g->check, u.text);
    arena_free(arena);
    return code;
}

/* What has a scheme or a word of its own in front: the rest becomes the target of a check. */
static const struct {
    const char *before, *kind, *port; /* port: when none is written; NULL: a name alone, without address */
    const char *more;                 /* YAML */
} schemes[] = {
    {"mail:", "mail_domain", NULL, ""},      {"@", "mail_domain", NULL, ""},         {"zone:", "dns_zone", NULL, ""},
    {"irc://", "irc", "6667", ""},           {"ircs://", "irc", "6697", ", tls: yes"}, {"git://", "git", "9418", ""},
    {"ssh://", "ssh", "22", ""},             {"mail_domain:", "mail_domain", NULL, ""}, {"blocklist:", "blocklist", NULL, ""},
};
/* Two that many mail servers ask, and that answer small sites for nothing. */
#define LISTS "zen.spamhaus.org, bl.spamcop.net"

/* "git@host:2222/path" → host and port as they go into a target; ERR_INVALID. */
static int authority_split(const char *text, struct guess *g, char *port, size_t n, const char *by_default)
{
    const char *at = strchr(text, '@'), *end = text + strcspn(text, "/");
    char whole[300];
    int number;

    text = at && at < end ? at + 1 : text;
    if (!str_copyn(whole, sizeof(whole), text, (size_t)(end - text)))
        return ERR_INVALID;
    if (is_host(whole) && str_copy(g->host, sizeof(g->host), whole) && str_copy(port, n, by_default))
        return 0;
    if (addr_split(whole, g->host, sizeof(g->host), &number) != 0 || !is_host(g->host) || number < 1 || number > 65535)
        return ERR_INVALID;
    str_print(port, n, "%d", number);
    return 0;
}

static int guess_scheme(size_t i, const char *rest, struct guess *g, struct err *e)
{
    char port[16];
    const char *path = rest + strcspn(rest, "/"), *open, *close;
    struct addr a;

    str_copy(g->check, sizeof(g->check), schemes[i].kind);
    if (schemes[i].port == NULL) {
        if (!is_host(rest) || addr_parse(rest, 0, &a) == 0 || !str_copy(g->host, sizeof(g->host), rest))
            return refuse(rest, e);
        if (str_eq(schemes[i].kind, "blocklist"))
            str_print(g->yaml, sizeof(g->yaml), "blocklist: { lists: [" LISTS "], mail: %s }", rest);
        else
            str_print(g->yaml, sizeof(g->yaml), "%s: %s", schemes[i].kind, rest);
        return 0;
    }
    if (authority_split(rest, g, port, sizeof(port), schemes[i].port) != 0 || strpbrk(path, "\"\\\n\r"))
        return refuse(rest, e);
    str_copy(g->address, sizeof(g->address), g->host);
    open = strchr(g->host, ':') ? "[" : "", close = open[0] ? "]" : "";
    if (str_eq(schemes[i].kind, "git") && path[0] && path[1])
        str_print(g->yaml, sizeof(g->yaml), "git: { target: \"%s%s%s:%s\", path: \"%s\" }", open, g->host, close, port, path);
    else if (schemes[i].more[0])
        str_print(g->yaml, sizeof(g->yaml), "%s: { target: \"%s%s%s:%s\"%s }", schemes[i].kind, open, g->host, close, port, schemes[i].more);
    else
        str_print(g->yaml, sizeof(g->yaml), "%s: \"%s%s%s:%s\"", schemes[i].kind, open, g->host, close, port);
    return 0;
}

/* A quoted YAML text; hosts have no characters that would need an escape. */
static void put_check(struct guess *g, const struct service *s, int port)
{
    struct addr a;
    bool v6 = addr_parse(g->host, 0, &a) == 0 && addr_is_v6(&a);
    const char *open = v6 ? "[" : "", *close = v6 ? "]" : "";
    const char *kind = s ? s->check : "tcp";

    if (str_eq(kind, "http") || str_eq(kind, "https")) {
        str_copy(g->check, sizeof(g->check), "http");
        str_print(g->yaml, sizeof(g->yaml), "http: %s://%s%s%s/", kind, open, g->host, close);
        return;
    }
    if (s)
        str_copy(g->check, sizeof(g->check), s->name);
    else
        str_print(g->check, sizeof(g->check), "tcp-%d", port);
    if (str_eq(kind, "tcp"))
        str_print(g->yaml, sizeof(g->yaml), "tcp: { name: %s, port: %d }", g->check, port);
    else if (str_eq(kind, g->check)) /* with the host, so that the certificate is compared with its name */
        str_print(g->yaml, sizeof(g->yaml), "%s: \"%s%s%s:%d\"", kind, open, g->host, close, port);
    else
        str_print(g->yaml, sizeof(g->yaml), "%s: { name: %s, target: \"%s%s%s:%d\" }", kind, g->check, open, g->host, close, port);
}

int guess_words(const char *text, struct arena *a, const char *ret_words[GUESS_MOST])
{
    const char *domain = str_istarts(text, "mail:") ? text + 5 : text[0] == '@' ? text + 1 : NULL;

    if (domain == NULL) {
        ret_words[0] = arena_dup(a, text);
        return 1;
    }
    ret_words[0] = arena_printf(a, "mail_domain:%s", domain);
    ret_words[1] = arena_printf(a, "blocklist:%s", domain);
    return 2;
}

int guess_target(const char *text, struct guess *ret, struct err *e)
{
    struct guess g = {0};
    int port, code = 0;

    if (text == NULL)
        return refuse("", e);
    for (size_t i = 0; i < COUNT(schemes); i++)
        if (str_istarts(text, schemes[i].before)) {
            code = guess_scheme(i, text + strlen(schemes[i].before), &g, e);
            if (code == 0)
                *ret = g;
            return code;
        }
    if (str_istarts(text, "http://") || str_istarts(text, "https://")) {
        code = guess_url(text, &g, e);
    } else if (strchr(text, '/')) {
        char url[1100];

        str_print(url, sizeof(url), "https://%s", text);
        code = strstr(text, "://") ? refuse(text, e) : guess_url(url, &g, e);
    } else if (service_split(text, g.host, sizeof(g.host), &port) != 0) {
        code = refuse(text, e);
    } else {
        if (g.host[0] == '\0') /* a host may be called "ssh", too; a number is no host */
            str_copy(g.host, sizeof(g.host), text), port = 0;
        if (!is_host(g.host) || g.host[strspn(g.host, "0123456789")] == '\0')
            return refuse(text, e);
        str_copy(g.address, sizeof(g.address), g.host);
        if (port)
            put_check(&g, service_at(port), port);
    }
    if (code == 0)
        *ret = g;
    return code;
}
