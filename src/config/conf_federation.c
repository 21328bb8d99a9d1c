/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_federation.c: the section `federation`: the public page as accounts that people of Mastodon and its kin can follow. */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/str.h"

#include <string.h>

enum { PLAIN_MOST = 40 };
#define AT(member) offsetof(struct conf_federation, member)
const struct conf_row conf_rows_federation[] = {
    {.key = "enabled",
     .type = CONF_BOOL,
     .offset = AT(enabled),
     .by_default = "no",
     .help = MSG("Accounts of Mastodon and other servers that speak ActivityPub can follow the public page and each component. Needs “url” of the site."),
     .example = "yes"},
    {.key = "name",
     .type = CONF_TEXT,
     .offset = AT(name),
     .by_default = "status",
     .help = MSG("What the page is called there, before the @. Followers know it by that name for ever."),
     .example = "status"},
    {.key = "host",
     .type = CONF_TEXT,
     .offset = AT(host),
     .help = MSG("What stands behind the @, when it is another host than that of the site: there, /.well-known/webfinger must lead to the site."),
     .example = "example.org"},
    {.key = "hashtags",
     .type = CONF_TEXTS,
     .offset = AT(hashtags),
     .help = MSG("Words that each post is found by, without #; the components it concerns are added."),
     .example = "[status]"},
    {0},
};
#undef AT

static bool name_ok(const char *name)
{
    size_t n = strlen(name);

    return n > 0 && n <= 30 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

static bool host_ok(const char *host)
{
    size_t n = strlen(host);

    return n > 0 && n < 254 && strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-.:[]") == n && host[0] != '.' && host[0] != '-';
}

static bool hashtag_ok(const char *word)
{
    size_t n = strlen(word);

    for (const char *c = word; *c; c++)
        if ((unsigned char)*c < 0x80 && !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *c))
            return false;
    return n > 0 && n <= 60;
}

void conf_federation_read(struct conf_ctx *c, const struct node *map)
{
    struct conf_federation *f = &c->conf->federation;
    struct row_set set = {.rows = conf_rows_federation, .base = f};

    conf_rows_read(c, &set, 1, map, "federation");
    f->where = conf_where_of(c, map->key);
    if (f->name && !name_ok(f->name))
        conf_error_at(c, node_get(map, "name"), MSG("“{1}” cannot be followed: a name there is made of a to z, 0 to 9 and _, at most 30"), "s", f->name);
    if (f->host && !host_ok(f->host))
        conf_error_at(c, node_get(map, "host"), MSG("“{1}” is no name of a host, in small letters, as in status@example.org"), "s", f->host);
    for (int i = 0; i < f->hashtags.n; i++)
        if (!hashtag_ok(f->hashtags.at[i]))
            conf_error_at(c, node_get(map, "hashtags"), MSG("“{1}” is no hashtag: letters, digits and _, without #"), "s", f->hashtags.at[i]);
}

/* Once the site is known: without an address of its own nobody could come back to ask. */
void conf_federation_link(struct conf_ctx *c)
{
    struct conf_federation *f = &c->conf->federation;
    const char *url = c->conf->site.url;

    f->print = conf_rows_hash(conf_rows_federation, f, 11);
    if (f->enabled && (!url || (!str_istarts(url, "https://") && !str_istarts(url, "http://"))))
        conf_error_where(c, f->where, MSG("nobody can follow a page without an address: give “url” of the site, such as https://status.example.org"), "");
}

/* ---- names ---- */

bool conf_federation_on(const struct conf *c)
{
    return c && c->federation.enabled && c->site.url;
}

void conf_federation_host(const struct conf *c, char *out, size_t n)
{
    const char *url = c->site.url, *usual = str_istarts(url, "https://") ? ":443" : ":80";
    const char *host = strstr(url, "://") ? strstr(url, "://") + 3 : url;
    size_t len = strcspn(host, "/?#"), port = strlen(usual);

    if (c->federation.host) {
        str_copy(out, n, c->federation.host);
        return;
    }
    if (len > port && memcmp(host + len - port, usual, port) == 0)
        len -= port;
    str_copyn(out, n, host, len);
    for (char *p = out; *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
}

/* What a component is called behind the @: small letters, digits and _, as every server takes them. */
static void plain_name(const char *name, char *out, size_t n)
{
    size_t len = 0;

    for (; *name && len + 1 < n && len < PLAIN_MOST; name++) {
        char c = *name >= 'A' && *name <= 'Z' ? (char)(*name + 32) : *name;
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

        if (((unsigned char)c & 0xc0) != 0x80) /* a letter of several bytes is one "_" */
            out[len++] = plain ? c : '_';
    }
    out[len] = 0;
}

/* Two that would be called alike are told apart by a number: the page first, then in the order of the configuration. */
void conf_federation_name(const struct conf *c, const struct conf_component *component, char *out, size_t n)
{
    char other[PLAIN_MOST + 1];
    int before = 0;

    if (!component) {
        str_copy(out, n, c->federation.name);
        return;
    }
    plain_name(component->name, out, n);
    before += str_eq(out, c->federation.name);
    for (int i = 0; i < c->n_components && c->components[i] != component; i++) {
        plain_name(c->components[i]->name, other, sizeof other);
        before += str_eq(out, other);
    }
    if (before)
        str_print(out + strlen(out), n - strlen(out), "_%d", before + 1);
}
