/* SPDX-License-Identifier: GPL-3.0-or-later */
/* files.c: see files.h. */
#include "daemon/files.h"
#include "base/msg.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/timetext.h"
#include "io/file.h"
#include <string.h>

#define SYSTEM_CONFIG "/etc/vigie/vigie.yaml"
#define SYSTEM_DATA "/var/lib/vigie"

static void parent_of(const char *path, char *out, size_t n)
{
    const char *slash = strrchr(path, '/');
    if (slash)
        str_copyn(out, n, path, (size_t)(slash - path));
    else
        str_copy(out, n, ".");
}

void files_find(const char *config_file, const char *data_dir, char data[1024], struct files_place *ret)
{
    *ret = (struct files_place){.required = config_file != NULL};
    str_copy(data, 1024, data_dir ? data_dir : SYSTEM_DATA);
    size_t n = strlen(data);
    while (n > 1 && data[n - 1] == '/')
        data[--n] = 0;
    if (config_file)
        str_copy(ret->main, sizeof ret->main, config_file);
    else if (data_dir)
        str_print(ret->main, sizeof ret->main, "%.1000s/vigie.yaml", data);
    else
        str_copy(ret->main, sizeof ret->main, SYSTEM_CONFIG);
    char dir[900];
    parent_of(ret->main, dir, sizeof dir);
    str_print(ret->beside, sizeof ret->beside, "%s/conf.d", dir);
    str_print(ret->own, sizeof ret->own, "%.1000s/conf.d", data);
    str_print(ret->added, sizeof ret->added, "%s/added.yaml", ret->own);
    str_print(ret->found, sizeof ret->found, "%s/discovered", ret->own);
    str_print(ret->beside_found, sizeof ret->beside_found, "%s/discovered", ret->beside);
    if (str_eq(ret->beside, ret->own))
        ret->beside[0] = ret->beside_found[0] = 0;
}

struct reading {
    struct files_set *set;
    const char *dir, *label;
    const struct files_place *place;
    const struct files_new *news;
    int n_news;
    struct err *e;
};

/* Takes the text (mem_free). */
static int add_text(struct files_set *s, const char *label, char *text, size_t n, struct err *e)
{
    if (s->n < CONF_MAX_FILES) {
        s->at[s->n++] = (struct conf_file){.name = arena_dup(s->arena, label), .text = text, .bytes = n};
        return 0;
    }
    mem_free(text);
    return err_set(e, ERR_LIMIT, MSG("more than {1} configuration files"), "i", (int64_t)CONF_MAX_FILES);
}

static int add_file(struct files_set *s, const char *path, const char *label, struct err *e)
{
    struct buf b = BUF_MAX(CONF_MAX_FILE_BYTES);
    int r = file_read(path, &b, e);
    size_t n = b.len;
    if (r == 0)
        r = add_text(s, label, buf_take(&b), n, e); /* as read: a copy of a large file would cost its pages twice */
    buf_done(&b);
    return r;
}

static bool is_new(const struct reading *r, const char *path)
{
    for (int i = 0; i < r->n_news; i++)
        if (str_eq(r->news[i].path, path))
            return true;
    return false;
}

bool files_is_own(const struct files_place *p, const char *path)
{
    size_t n = strlen(p->found);
    return str_eq(path, p->added) || (strncmp(path, p->found, n) == 0 && path[n] == '/');
}

static void mark_own(const struct reading *r, const char *path)
{
    r->set->at[r->set->n - 1].own = files_is_own(r->place, path);
}

static int read_entry(void *arg, const char *name)
{
    struct reading *r = arg;
    char path[2200];
    str_print(path, sizeof path, "%s/%s", r->dir, name);
    if (is_new(r, path))
        return 0;
    int code = add_file(r->set, path, path, r->e);
    if (code == 0)
        mark_own(r, path);
    return code;
}

/* The new texts of this directory. */
static int read_news(struct reading *r)
{
    size_t n = strlen(r->dir);
    int code = 0;
    for (int i = 0; code == 0 && i < r->n_news; i++) {
        const struct files_new *f = &r->news[i];
        if (strncmp(f->path, r->dir, n) != 0 || f->path[n] != '/' || strchr(f->path + n + 1, '/'))
            continue;
        code = add_text(r->set, f->path, mem_dupn(buf_text(&f->text), f->text.len), f->text.len, r->e);
        if (code == 0)
            mark_own(r, f->path);
    }
    return code;
}

static int read_dir(struct reading *r, const char *dir)
{
    int code = 0;
    r->dir = dir;
    if (dir[0] && file_exists(dir))
        code = file_list(dir, ".yaml", CONF_MAX_FILES, read_entry, r, r->e);
    return code == 0 && dir[0] ? read_news(r) : code;
}

int files_read(const struct files_place *p, const struct files_new *news, int n_news, struct files_set *ret, struct err *e)
{
    struct files_set s = {.arena = arena_new(65536)};
    struct reading from = {.set = &s, .place = p, .news = news, .n_news = n_news, .e = e};
    s.at = mem_array(CONF_MAX_FILES, sizeof *s.at);
    int r = 0;
    if (p->required || file_exists(p->main))
        r = add_file(&s, p->main, p->main, e);
    if (r == 0)
        r = read_dir(&from, p->beside);
    if (r == 0)
        r = read_dir(&from, p->own);
    if (r == 0)
        r = read_dir(&from, p->beside_found);
    if (r == 0)
        r = read_dir(&from, p->found);
    if (r < 0) {
        files_done(&s);
        return r;
    }
    *ret = s;
    return 0;
}

void files_done(struct files_set *s)
{
    for (int i = 0; i < s->n; i++)
        mem_free((char *)(uintptr_t)s->at[i].text);
    s->at = mem_free(s->at);
    s->arena = arena_free(s->arena);
    s->n = 0;
}

int files_secret(void *arg, const char *path, struct buf *out, struct err *e)
{
    (void)arg;
    struct buf b = BUF_MAX(4096);
    int r = file_read(path, &b, e);
    if (r == 0) {
        struct str t = str_trim((struct str){buf_text(&b), b.len});
        buf_add(out, t.p, t.n);
    }
    buf_done(&b);
    return r;
}

struct zone *files_zone(const char *name)
{
    struct zone *z = NULL;
    char path[300];
    if (!name || !name[0] || strstr(name, "..") || name[0] == '/' || strlen(name) > 100)
        return NULL;
    struct buf b = BUF_MAX(256 * 1024);
    str_print(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    if (file_read(path, &b, NULL) == 0)
        zone_parse(buf_text(&b), b.len, &z);
    buf_done(&b);
    return z;
}

struct zone *files_zone_load(void *arg, const char *name)
{
    return files_zone(name);
}

bool files_zone_known(void *arg, const char *name)
{
    (void)arg;
    struct zone *z = files_zone(name);
    bool known = z || str_eq(name, "UTC");
    zone_free(z);
    return known;
}
