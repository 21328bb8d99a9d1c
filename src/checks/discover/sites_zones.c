/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sites_zones.c: DNS zones of bind (named.conf), nsd and knot, and certificate files of mail servers. */
#include "checks/discover/sites.h"
#include "wire/srvconf.h"

/* Those that every server has for itself, and those that only point back to private networks. */
static bool is_own(const char *name)
{
    static const char *const own[] = {".", "localhost", "*.in-addr.arpa", "*.ip6.arpa", "127.in-addr.arpa", "*.rpz", "rpz.*", "*.invalid", "*.test", NULL};
    for (int i = 0; own[i]; i++)
        if (str_glob(own[i], name))
            return true;
    return strchr(name, '.') == NULL;
}

static void add_zone(struct sites *s, const char *server, struct str name, const char *file)
{
    char text[256];
    if (name.n && name.p[name.n - 1] == '.')
        name.n--;
    for (size_t i = 0; i < name.n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._", name.p[i]) || !name.p[i])
            return;
    if (!name.n || !str_copyn(text, sizeof text, name.p, name.n) || is_own(text))
        return;
    for (size_t i = 0; i < s->zones.n; i++)
        if (str_ieq(s->zones.at[i].name, text))
            return;
    if (s->zones.n < SITES_MAX_ZONES)
        VEC_PUSH(&s->zones, ((struct site_zone){server, arena_dup(s->arena, text), file}));
    else
        s->cut = true;
}

/* ---- bind ---- */

struct bind {
    char base[1024];
    int depth, zone_at;
    struct str zone;
    bool serves;
};

static bool serves(struct str type)
{
    static const char *const words[] = {"master", "primary", "slave", "secondary", NULL};
    for (int i = 0; words[i]; i++)
        if (str_is(type, words[i]))
            return true;
    return false;
}

static void bind_file(struct sites *s, const char *path, const struct buf *text, void *arg);

static void bind_directive(struct sites *s, struct bind *b, const struct srvconf *c)
{
    if (c->n == 2 && str_is(c->word[0], "include") && c->word[1].n < 900) {
        char pattern[1024];
        str_copyn(pattern, sizeof pattern, c->word[1].p, c->word[1].n);
        sites_each(s, b->base, pattern, bind_file, b);
    } else if (c->n == 2 && str_is(c->word[0], "type") && b->zone_at && b->depth == b->zone_at) {
        b->serves = serves(c->word[1]);
    }
}

static void bind_open(struct sites *s, struct bind *b, const struct srvconf *c)
{
    b->depth++;
    if (b->zone_at || c->n < 2 || !str_is(c->word[0], "zone"))
        return;
    b->zone_at = b->depth;
    b->zone = (struct str){arena_dupn(s->arena, c->word[1].p, c->word[1].n), c->word[1].n};
    b->serves = false;
}

static void bind_close(struct sites *s, struct bind *b, const char *file)
{
    if (b->zone_at && b->depth == b->zone_at) {
        if (b->serves)
            add_zone(s, "bind", b->zone, file);
        b->zone_at = 0;
    }
    b->depth -= b->depth > 0;
}

static void bind_file(struct sites *s, const char *path, const struct buf *text, void *arg)
{
    struct bind *b = arg;
    struct srvconf c = srvconf_of(buf_text(text), text->len);
    enum srvconf_what what;
    int from = b->depth;
    c.c_comments = true;
    while ((what = srvconf_braces(&c)) != SRVCONF_END) {
        if (what == SRVCONF_OPEN)
            bind_open(s, b, &c);
        else if (what == SRVCONF_DIRECTIVE)
            bind_directive(s, b, &c);
        else if (b->depth > from)
            bind_close(s, b, path);
    }
    while (b->depth > from)
        bind_close(s, b, path);
}

void sites_bind(struct sites *s, const char *path)
{
    struct bind b = {.depth = 0};
    sites_dir(path, b.base, sizeof b.base);
    sites_each(s, b.base, path, bind_file, &b);
}

/* ---- nsd, knot: sections whose name stands alone, "zone:" among them ---- */

struct yamlish {
    char base[1024];
    const char *server;
    bool in_zone;
};

static void yamlish_file(struct sites *s, const char *path, const struct buf *text, void *arg)
{
    struct yamlish *y = arg;
    struct srvconf c = srvconf_of(buf_text(text), text->len);
    while (srvconf_pairs(&c) != SRVCONF_END) {
        if (c.n == 2 && c.word[1].n == 0) {
            y->in_zone = str_is(c.word[0], "zone");
        } else if (c.n == 2 && str_is(c.word[0], "include") && c.word[1].n < 900) {
            char pattern[1024];
            str_copyn(pattern, sizeof pattern, c.word[1].p, c.word[1].n);
            sites_each(s, y->base, pattern, yamlish_file, y);
        } else if (c.n == 2 && y->in_zone && (str_is(c.word[0], "name") || str_is(c.word[0], "domain"))) {
            add_zone(s, y->server, c.word[1], path);
        }
    }
}

void sites_nsd(struct sites *s, const char *path, const char *server)
{
    struct yamlish y = {.server = server};
    sites_dir(path, y.base, sizeof y.base);
    sites_each(s, y.base, path, yamlish_file, &y);
}

/* ---- certificates of mail servers ---- */

static void cert_file(struct sites *s, const char *path, const struct buf *text, void *arg)
{
    const char *const *keys = arg;
    struct srvconf c = srvconf_of(buf_text(text), text->len);
    char base[1024];
    sites_dir(path, base, sizeof base);
    while (srvconf_pairs(&c) != SRVCONF_END)
        for (int i = 0; keys[i] && c.n == 2; i++) {
            struct str value = c.word[1];
            if (!str_is(c.word[0], keys[i]))
                continue;
            if (value.n && value.p[0] == '<') /* dovecot: the content of the file */
                value = str_trim((struct str){value.p + 1, value.n - 1});
            sites_add_cert(s, value, base, path);
        }
}

void sites_pairs_cert(struct sites *s, const char *path, const char *const *keys)
{
    char base[1024];
    sites_dir(path, base, sizeof base);
    sites_each(s, base, path, cert_file, (void *)(uintptr_t)keys);
}
