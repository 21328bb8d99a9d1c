/* SPDX-License-Identifier: GPL-3.0-or-later */
/* url.c: splitting and joining URLs. Bytes that do not belong into a URL are refused, not repaired; the one
 * exception is a blank or a byte over 127 in a Location, which servers send: it is percent-encoded. */
#include "checks/url.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <string.h>

static bool host_byte(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

static int take_host(struct arena *arena, struct str *rest, struct url *u)
{
    char host[256];
    size_t n = 0;
    bool v6 = rest->n && rest->p[0] == '[';

    for (size_t i = v6; i < rest->n && n < sizeof(host) - 1; i++) {
        char c = rest->p[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (!host_byte((unsigned char)c) && !(v6 && c == ':'))
            break;
        host[n++] = c;
    }
    rest->p += n + v6;
    rest->n -= n + v6;
    if (v6) {
        if (rest->n == 0 || rest->p[0] != ']')
            return ERR_INVALID;
        rest->p++;
        rest->n--;
    }
    u->host = arena_dupn(arena, host, n);
    return n ? 0 : ERR_INVALID;
}

static int take_port(struct str *rest, struct url *u)
{
    int port = 0;
    size_t i = 1;

    u->port = u->https ? 443 : 80;
    if (rest->n == 0 || rest->p[0] != ':')
        return 0;
    for (; i < rest->n && rest->p[i] >= '0' && rest->p[i] <= '9'; i++) {
        port = port * 10 + (rest->p[i] - '0');
        if (port > 65535)
            return ERR_INVALID;
    }
    if (i > 1)
        u->port = port;
    rest->p += i;
    rest->n -= i;
    return u->port ? 0 : ERR_INVALID;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %40 → @ */
static const char *decoded(struct arena *arena, const char *p, size_t n)
{
    char *out = arena_dupn(arena, p, n);
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        if (p[i] == '%' && i + 2 < n && hex(p[i + 1]) >= 0 && hex(p[i + 2]) >= 0) {
            out[at++] = (char)(hex(p[i + 1]) * 16 + hex(p[i + 2]));
            i += 2;
        } else {
            out[at++] = p[i];
        }
    }
    out[at] = '\0';
    return out;
}

static void take_user(struct arena *arena, struct str *rest, struct url *u)
{
    size_t end = 0;
    const char *colon;

    while (end < rest->n && !strchr("/?#", rest->p[end]))
        end++;
    while (end > 0 && rest->p[end - 1] != '@')
        end--;
    if (end == 0)
        return;
    colon = memchr(rest->p, ':', end - 1);
    if (colon) {
        u->user = decoded(arena, rest->p, (size_t)(colon - rest->p));
        u->password = decoded(arena, colon + 1, (size_t)(rest->p + end - 1 - colon - 1));
    } else {
        u->user = decoded(arena, rest->p, end - 1);
        u->password = "";
    }
    rest->p += end;
    rest->n -= end;
}

/* Path and query, made safe for a request line. */
static int take_path(struct arena *arena, struct str rest, struct url *u)
{
    struct buf b = BUF_MAX(URL_MAX_BYTES);
    bool bad = false;

    if (rest.n == 0 || rest.p[0] != '/')
        buf_char(&b, '/');
    for (size_t i = 0; i < rest.n && rest.p[i] != '#'; i++) {
        unsigned char c = (unsigned char)rest.p[i];

        if (c < 0x20 || c == 0x7f)
            bad = true;
        else if (c == ' ' || c > 0x7f || c == '"' || c == '<' || c == '>' || c == '\\')
            buf_printf(&b, "%%%02X", c);
        else
            buf_char(&b, (char)c);
    }
    u->path = arena_dup(arena, buf_text(&b));
    bad = bad || b.full;
    buf_done(&b);
    return bad ? ERR_INVALID : 0;
}

static void put_text(struct arena *arena, struct url *u)
{
    const char *scheme = u->https ? "https" : "http";
    bool v6 = strchr(u->host, ':') != NULL;

    if (u->port == (u->https ? 443 : 80))
        u->text = arena_printf(arena, "%s://%s%s%s%s", scheme, v6 ? "[" : "", u->host, v6 ? "]" : "", u->path);
    else
        u->text = arena_printf(arena, "%s://%s%s%s:%d%s", scheme, v6 ? "[" : "", u->host, v6 ? "]" : "", u->port,
                               u->path);
}

int url_parse(struct arena *arena, const char *text, struct url *ret)
{
    struct url u = {0};
    struct str rest;

    if (str_istarts(text, "https://"))
        u.https = true;
    else if (!str_istarts(text, "http://"))
        return ERR_INVALID;
    rest = str_of(text + (u.https ? 8 : 7));
    if (rest.n > URL_MAX_BYTES)
        return ERR_INVALID;
    take_user(arena, &rest, &u);
    if (take_host(arena, &rest, &u) || take_port(&rest, &u))
        return ERR_INVALID;
    if (rest.n && !strchr("/?#", rest.p[0]))
        return ERR_INVALID;
    if (take_path(arena, rest, &u))
        return ERR_INVALID;
    put_text(arena, &u);
    *ret = u;
    return 0;
}

/* Has it "scheme:" in front? */
static bool has_scheme(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    return n > 0 && text[n] == ':';
}

/* Removes "." and ".." segments; query stays. In place, never longer. */
static void remove_dots(char *path)
{
    size_t end = strcspn(path, "?"), out = 0;

    for (size_t i = 0; i < end;) {
        size_t n = 1 + strcspn(path + i + 1, "/?");

        if (n == 2 && path[i + 1] == '.') {
            if (i + n == end)
                path[out++] = '/';
        } else if (n == 3 && path[i + 1] == '.' && path[i + 2] == '.') {
            while (out > 0 && path[--out] != '/')
                ;
            if (i + n == end)
                path[out++] = '/';
        } else {
            memmove(path + out, path + i, n);
            out += n;
        }
        i += n;
    }
    memmove(path + out, path + end, strlen(path + end) + 1);
}

int url_join(struct arena *arena, const struct url *base, const char *location, struct url *ret)
{
    const char *scheme = base->https ? "https" : "http";
    bool v6 = strchr(base->host, ':') != NULL;
    size_t keep = 0;
    char *path;

    if (strlen(location) > URL_MAX_BYTES)
        return ERR_INVALID;
    if (str_istarts(location, "http://") || str_istarts(location, "https://"))
        return url_parse(arena, location, ret);
    if (str_starts(location, "//"))
        return url_parse(arena, arena_printf(arena, "%s:%s", scheme, location), ret);
    if (has_scheme(location))
        return ERR_UNSUPPORTED;
    if (location[0] != '/') {
        keep = strcspn(base->path, "?");
        if (location[0] && location[0] != '?' && location[0] != '#')
            while (keep > 0 && base->path[keep - 1] != '/')
                keep--;
        if (location[0] == '\0' || location[0] == '#')
            keep = strlen(base->path);
    }
    path = arena_printf(arena, "%.*s%.*s", (int)keep, base->path, (int)strcspn(location, "#"), location);
    remove_dots(path);
    return url_parse(arena,
                     arena_printf(arena, "%s://%s%s%s:%d%s", scheme, v6 ? "[" : "", base->host, v6 ? "]" : "",
                                  base->port, path), ret);
}

bool url_same_origin(const struct url *a, const struct url *b)
{
    return a->https == b->https && a->port == b->port && strcmp(a->host, b->host) == 0;
}
