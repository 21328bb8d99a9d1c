/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sites_files.c: files that include one another, and the lists of what was found in them. */
#include "checks/discover/sites.h"
#include "base/str.h"

enum { MAX_PATH = 1024 };

void sites_done(struct sites *s)
{
    VEC_DONE(&s->sites);
    VEC_DONE(&s->certs);
    VEC_DONE(&s->zones);
}

void sites_dir(const char *path, char *out, size_t n)
{
    const char *slash = strrchr(path, '/');
    str_copyn(out, n, path, slash ? (size_t)(slash - path) : 0);
}

static void one_file(struct sites *s, const char *path, sites_file *fn, void *arg)
{
    struct buf text = BUF_MAX(SITES_MAX_FILE);
    if (s->files >= SITES_MAX_FILES || s->depth >= SITES_MAX_DEPTH || s->bytes >= SITES_MAX_BYTES) {
        s->cut = true;
        return;
    }
    s->files++;
    if (s->from->read(s->from->arg, path, &text) == 0 || text.full) {
        s->cut = s->cut || text.full;
        s->bytes += text.len;
        s->depth++;
        fn(s, arena_dup(s->arena, path), &text, arg);
        s->depth--;
    }
    buf_done(&text);
}

/* ---- patterns: one part of the path after the other ---- */

struct walk {
    struct sites *s;
    const char *dir, *part, *rest; /* rest: after the part; NULL: it was the last */
    sites_file *fn;
    void *arg;
};

static void expand(struct walk *w);

static void go_on(const struct walk *w, const char *name)
{
    char path[MAX_PATH];
    if (strlen(w->dir) + strlen(name) + 2 > sizeof path)
        return;
    str_print(path, sizeof path, "%s/%s", w->dir, name);
    if (!w->rest) {
        one_file(w->s, path, w->fn, w->arg);
        return;
    }
    struct walk next = {.s = w->s, .dir = path, .part = w->rest, .fn = w->fn, .arg = w->arg};
    expand(&next);
}

static int on_name(void *arg, const char *name)
{
    const struct walk *w = arg;
    char part[256];
    if (!str_copyn(part, sizeof part, w->part, strcspn(w->part, "/")) || w->s->files >= SITES_MAX_FILES)
        return 1;
    if (name[0] != '.' && str_glob(part, name))
        go_on(w, name);
    return 0;
}

static void expand(struct walk *w)
{
    char part[256];
    w->part += strspn(w->part, "/");
    size_t n = strcspn(w->part, "/");
    if (!n || !str_copyn(part, sizeof part, w->part, n))
        return;
    w->rest = w->part[n] ? w->part + n : NULL;
    if (strpbrk(part, "*?"))
        w->s->from->list(w->s->from->arg, w->dir[0] ? w->dir : "/", on_name, w);
    else
        go_on(w, part);
}

void sites_each(struct sites *s, const char *base, const char *pattern, sites_file *fn, void *arg)
{
    struct walk w = {.s = s, .dir = pattern[0] == '/' ? "" : base, .part = pattern, .fn = fn, .arg = arg};
    if (strlen(pattern) < MAX_PATH)
        expand(&w);
}

/* ---- what was found ---- */

/* A name that stands for one site: no pattern, no variable, with a dot in it. */
static bool is_name(struct str name)
{
    bool dot = false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        if (!plain && c != '.')
            return false;
        dot = dot || (c == '.' && i > 0 && i + 1 < name.n);
    }
    return dot && name.n < 254 && name.p[0] != '.' && name.p[0] != '-';
}

static const char *lower(struct arena *a, struct str s)
{
    char *p = arena_dupn(a, s.p, s.n);
    for (char *c = p; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    return p;
}

void sites_add(struct sites *s, const char *server, struct str name, int port, bool tls, const char *file)
{
    if (!is_name(name) || port < 1 || port > 65535)
        return;
    const char *low = lower(s->arena, name);
    for (size_t i = 0; i < s->sites.n; i++)
        if (s->sites.at[i].port == port && str_eq(s->sites.at[i].name, low)) {
            s->sites.at[i].tls |= tls;
            return;
        }
    if (s->sites.n < SITES_MAX)
        VEC_PUSH(&s->sites, ((struct site){server, low, file, port, tls}));
    else
        s->cut = true;
}

void sites_add_cert(struct sites *s, struct str path, const char *base, const char *file)
{
    char full[MAX_PATH];
    if (path.n == 0 || path.n > 500 || memchr(path.p, '$', path.n) || memchr(path.p, ':', path.n) || strlen(base) > 500)
        return;
    str_print(full, sizeof full, "%s%s%.*s", path.p[0] == '/' ? "" : base, path.p[0] == '/' ? "" : "/", (int)path.n, path.p);
    for (size_t i = 0; i < s->certs.n; i++)
        if (str_eq(s->certs.at[i].path, full))
            return;
    if (s->certs.n < SITES_MAX_CERTS)
        VEC_PUSH(&s->certs, ((struct site_cert){arena_dup(s->arena, full), file}));
    else
        s->cut = true;
}
