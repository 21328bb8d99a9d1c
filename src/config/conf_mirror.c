/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_mirror.c: the section `mirrors`: where copies of the public site go. */
#include "config/conf_int.h"

#include "base/msg.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define AT(member) offsetof(struct conf_mirror, member)
const struct conf_row conf_rows_mirror[] = {
    {.key = "directory",
     .type = CONF_TEXT,
     .offset = AT(directory),
     .help = MSG("A directory of this machine, by its whole path: new, empty, or that of a former export."),
     .example = "/srv/status"},
    {.key = "rsync",
     .type = CONF_TEXT,
     .offset = AT(rsync),
     .help = MSG("A place that rsync writes to, over ssh with the keys of the daemon’s user, or here."),
     .example = "status@mirror.example.net:/srv/status/"},
    {.key = "git",
     .type = CONF_TEXT,
     .offset = AT(git),
     .help = MSG("A repository: each change is a commit that is pushed, as pages of code hosters want it."),
     .example = "git@git.example.net:coop/status.git"},
    {.key = "branch",
     .type = CONF_TEXT,
     .offset = AT(branch),
     .by_default = "pages",
     .help = MSG("The branch that is pushed to."),
     .example = "gh-pages"},
    {.key = "webdav",
     .type = CONF_TEXT,
     .offset = AT(webdav),
     .help = MSG("The address of a directory on a WebDAV server, with “user” and “password”."),
     .example = "https://dav.example.net/status/"},
    {.key = "s3",
     .type = CONF_TEXT,
     .offset = AT(s3),
     .help = MSG("The address of a bucket, or of a directory in it, at a store that speaks S3; “user” is the key’s id, “password” the secret key. Either form will do: https://s3.example.net/BUCKET/ or https://BUCKET.s3.example.net/."),
     .example = "https://s3.example.net/status/"},
    {.key = "user",
     .type = CONF_TEXT,
     .offset = AT(user),
     .help = MSG("User at a WebDAV server, or the id of the key of S3."),
     .example = "status"},
    {.key = "password",
     .type = CONF_SECRET,
     .offset = AT(password),
     .help = MSG("Password at a WebDAV server, or the secret key of S3."),
     .example = "{ file: /etc/vigie/mirror.password }"},
    {.key = "region",
     .type = CONF_TEXT,
     .offset = AT(region),
     .by_default = "us-east-1",
     .help = MSG("The region of the bucket; many stores take any."),
     .example = "eu-west-3"},
    {.key = "acl",
     .type = CONF_TEXT,
     .offset = AT(acl),
     .help = MSG("Who may read files at S3; without it what the bucket says holds."),
     .example = "public-read"},
    {.key = "url",
     .type = CONF_TEXT,
     .offset = AT(url),
     .help = MSG("Where the copy is read: for feeds and other programs' shapes, and to look whether it is there. Without it: the address of the site, and nobody looks."),
     .example = "https://mirror.example.net"},
    {.key = "every",
     .type = CONF_DURATION,
     .offset = AT(every_ms),
     .by_default = "15m",
     .min = 60000,
     .max = 7 * DAY_MS,
     .unit = "ms",
     .help = MSG("How often a copy is made when nothing changes, as a sign of life."),
     .example = "1h"},
    {.key = "look",
     .type = CONF_DURATION,
     .offset = AT(look_ms),
     .by_default = "10m",
     .min = 60000,
     .max = 7 * DAY_MS,
     .unit = "ms",
     .help = MSG("How often it is looked at where it is read: is it there, of today, and what we brought?"),
     .example = "5m"},
    {.key = "grace",
     .type = CONF_DURATION,
     .offset = AT(grace_ms),
     .by_default = "15m",
     .min = 60000,
     .max = 7 * DAY_MS,
     .unit = "ms",
     .help = MSG("How long a mirror is stale, wrong or out of reach before the contacts are told."),
     .example = "1h"},
    {0},
};
#undef AT

/* Programs get them as words of their own; none may look like an option, and a repository may not name a program. */
static void judge_place(struct conf_ctx *c, const struct node *map, const char *key, const char *text)
{
    if (text && (text[0] == '-' || !text[0] || strstr(text, "ext::") == text))
        conf_error_at(c, node_get(map, key), MSG("“{1}” is no place that a copy could go to"), "s", text);
}

/* A request's host and path are signed as they stand: no user, query or fragment in them. */
static void judge_server(struct conf_ctx *c, const struct node *map, const char *key, const char *url)
{
    const char *host = url && str_starts(url, "https://") ? url + 8 : url && str_starts(url, "http://") ? url + 7 : NULL;
    bool fine = host && host[0] && host[0] != '/' && !strpbrk(host, "@?# \\\"<>") && strlen(url) < 1000;
    for (const char *p = url; fine && *p; p++)
        fine = (unsigned char)*p > ' ' && (unsigned char)*p < 0x7f;
    if (url && !fine)
        conf_error_at(c, node_get(map, key), MSG("“{1}” is no address that files can be put to; write https://dav.example.net/status/"), "s", url);
}

static void judge_keys(struct conf_ctx *c, const struct node *map, const struct conf_mirror *m)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    judge_server(c, map, "webdav", m->webdav);
    judge_server(c, map, "s3", m->s3);
    if (m->s3 && (!m->user || !m->password))
        conf_error_at(c, map->key, MSG("a store that speaks S3 wants “user” (the key’s id) and “password” (the secret key)"), "");
    if (m->region && (!m->region[0] || strspn(m->region, plain) != strlen(m->region)))
        conf_error_at(c, node_get(map, "region"), MSG("“{1}” is no region or rule of access"), "s", m->region);
    if (m->acl && (!m->acl[0] || strspn(m->acl, plain) != strlen(m->acl)))
        conf_error_at(c, node_get(map, "acl"), MSG("“{1}” is no region or rule of access"), "s", m->acl);
    if (m->user && strpbrk(m->user, "\r\n"))
        conf_error_at(c, node_get(map, "user"), MSG("“{1}” is no place that a copy could go to"), "s", m->user);
}

static void judge(struct conf_ctx *c, const struct node *map, const struct conf_mirror *m)
{
    int n = (m->directory != NULL) + (m->rsync != NULL) + (m->git != NULL) + (m->webdav != NULL) + (m->s3 != NULL);
    if (n != 1)
        conf_error_at(c, map->key, MSG("a mirror has one place: “directory”, “rsync”, “git”, “webdav” or “s3”"), "");
    judge_keys(c, map, m);
    if (m->directory && (m->directory[0] != '/' || strlen(m->directory) < 2))
        conf_error_at(c, node_get(map, "directory"), MSG("“{1}” is no directory to write to: write its whole path, such as /srv/status"), "s", m->directory);
    if (m->url && !str_istarts(m->url, "https://") && !str_istarts(m->url, "http://"))
        conf_error_at(c, node_get(map, "url"), MSG("“{1}” is no address of a site; write https://status.example.org"), "s", m->url);
    judge_place(c, map, "rsync", m->rsync);
    judge_place(c, map, "git", m->git);
    judge_place(c, map, "branch", m->branch);
    if (m->branch && strspn(m->branch, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") != strlen(m->branch))
        conf_error_at(c, node_get(map, "branch"), MSG("“{1}” is no place that a copy could go to"), "s", m->branch);
}

void conf_mirrors_read(struct conf_ctx *c, const struct node *map)
{
    NODE_EACH(map, kid)
    {
        struct conf_mirror *m = map_find(&c->conf->mirror_by_name, kid->key->text);

        m = conf_entry_read(c, kid, conf_rows_mirror, m ? &m->where : NULL, sizeof *m);
        if (!m)
            continue;
        judge(c, kid, m);
        m->name = intern_text(&c->intern, kid->key->text);
        m->where = conf_where_of(c, kid->key);
        m->print = conf_rows_hash(conf_rows_mirror, m, 10);
        map_set(&c->conf->mirror_by_name, m->name, m);
    }
}
