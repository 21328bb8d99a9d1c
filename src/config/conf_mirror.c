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
    {.key = "url",
     .type = CONF_TEXT,
     .offset = AT(url),
     .help = MSG("Where the copy is read, for feeds and other programs' shapes. Without it: the address of the site."),
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
    {0},
};
#undef AT

/* Programs get them as words of their own; none may look like an option, and a repository may not name a program. */
static void judge_place(struct conf_ctx *c, const struct node *map, const char *key, const char *text)
{
    if (text && (text[0] == '-' || !text[0] || strstr(text, "ext::") == text))
        conf_error_at(c, node_get(map, key), MSG("“{1}” is no place that a copy could go to"), "s", text);
}

static void judge(struct conf_ctx *c, const struct node *map, const struct conf_mirror *m)
{
    int n = (m->directory != NULL) + (m->rsync != NULL) + (m->git != NULL);
    if (n != 1)
        conf_error_at(c, map->key, MSG("a mirror has one place: “directory”, “rsync” or “git”"), "");
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
        struct row_set set = {.rows = conf_rows_mirror};
        struct buf expected = BUF_MAX(100);

        if (m)
            conf_error_at(c, kid->key, MSG("“{1}” exists already, in {2}"), "ss", kid->key->text, conf_where_text(c, m->where, c->scratch));
        if (m || !conf_name_read(c, kid->key))
            continue;
        if (kid->kind != NODE_MAP) {
            msg_pack(&expected, MSG("a mapping"), "");
            conf_error_expected(c, kid, kid->key->text, buf_text(&expected));
            buf_done(&expected);
            continue;
        }
        m = ARENA_NEW(c->arena, struct conf_mirror);
        set.base = m;
        conf_rows_default(c, conf_rows_mirror, m);
        conf_rows_read(c, &set, 1, kid, kid->key->text);
        judge(c, kid, m);
        m->name = intern_text(&c->intern, kid->key->text);
        m->where = conf_where_of(c, kid->key);
        m->print = conf_rows_hash(conf_rows_mirror, m, 10);
        map_set(&c->conf->mirror_by_name, m->name, m);
    }
}
