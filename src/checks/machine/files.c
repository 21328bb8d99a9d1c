/* SPDX-License-Identifier: GPL-3.0-or-later */
/* files.c: which files a pattern means. */
#include "checks/machine/files.h"

#include <string.h>

struct sieve {
    const struct files_walk *w;
    const char *glob; /* on the name; NULL */
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static bool has_glob(const char *text) { return strpbrk(text, "*?") != NULL; }

static int sift(void *arg, const char *path, const struct machine_file *f)
{
    const struct sieve *s = arg;
    struct machine_file target = *f;
    const char *name = base_name(path);

    if ((s->glob && !str_glob(s->glob, name)) || (s->w->name && !str_glob(s->w->name, name)))
        return 0;
    if (f->kind == MACHINE_LINK && machine_stat(path, true, &target, NULL) != 0)
        return 0;
    if (target.kind == MACHINE_REGULAR)
        s->w->fn(s->w->arg, path, &target);
    return 0;
}

int files_each(struct files_walk *w, struct err *e)
{
    const char *name = base_name(w->pattern);
    struct machine_walk walk = {.max_entries = FILES_MAX, .max_depth = w->depth > 0 ? w->depth : 1};
    struct sieve sieve = {.w = w, .glob = has_glob(name) ? name : NULL};
    struct machine_file f;
    char dir[4096];
    int code;

    str_copy(dir, sizeof(dir), w->pattern);
    if (sieve.glob) {
        dir[name - w->pattern > 1 ? name - w->pattern - 1 : 1] = '\0';
        return machine_walk(dir, &walk, sift, &sieve, &w->closed, e);
    }
    if ((code = machine_stat(w->pattern, true, &f, e)) != 0)
        return code;
    if (f.kind == MACHINE_DIRECTORY)
        return machine_walk(dir, &walk, sift, &sieve, &w->closed, e);
    w->fn(w->arg, w->pattern, &f);
    return 0;
}

void files_failed(struct attempt *own, enum state missing, int code, const struct err *e)
{
    attempt_fail(own, code, e);
    own->state = code == ERR_NOT_FOUND ? missing : STATE_UNKNOWN;
}

int64_t files_age_ms(const struct attempt *own, const struct machine_file *f)
{
    return own->at_ms > f->mtime_ms ? own->at_ms - f->mtime_ms : 0;
}

int files_check_path(const char *field, const char *path, struct err *e)
{
    if (path && path[0] == '/' && strlen(path) < 4000)
        return 0;
    return err_field(e, ERR_INVALID, field, MSG("“{1}” is no path that begins with /"), "s", path ? path : "");
}
