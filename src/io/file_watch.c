/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file_watch.c: tells its owner that something changed in a set of directories (inotify), not what.
 *
 * A directory that does not exist is waited for at its nearest existing ancestor.  Network file
 * systems do not report what other machines change: the owner has a reload command for that. */
#include "io/file.h"

#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "base/vec.h"
#include "io/loop_priv.h"
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { WATCH_MAGIC = 0xf11e, WATCH_QUIET_MS = 300, WATCH_MAX_DIRS = 64, WATCH_RETRIES = 16 };
enum {
    /* Files are judged when they are complete, hence no IN_MODIFY. IN_CREATE: symbolic and hard
       links. */
    WATCH_FILES = IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB,
    WATCH_SELF = IN_DELETE_SELF | IN_MOVE_SELF,
    WATCH_GONE = IN_IGNORED | IN_MOVE_SELF | IN_UNMOUNT | IN_Q_OVERFLOW,
};

struct watch_dir {
    char *path;
    int wd;     /* -1: none */
    bool exact; /* wd is the directory itself, not an ancestor */
};
struct file_watch {
    unsigned magic;
    int fd;
    struct watch watch;
    struct timer quiet;
    void (*fn)(void *arg);
    void *arg;
    VEC(struct watch_dir) dirs;
};

static int dir_watch(struct file_watch *w, const char *path)
{
    return inotify_add_watch(w->fd, path, WATCH_FILES | WATCH_SELF | IN_ONLYDIR | IN_MASK_ADD);
}

/* Cuts the last name off; false at the root. */
static bool dir_up(char *path)
{
    char *slash = strrchr(path, '/');
    if (str_eq(path, "/") || str_eq(path, "."))
        return false;
    if (slash == NULL)
        str_copy(path, 2, ".");
    else
        slash[slash == path ? 1 : 0] = '\0';
    return true;
}

static int ancestor_watch(struct file_watch *w, const char *path)
{
    char up[PATH_MAX];
    str_copy(up, sizeof up, path);
    while (dir_up(up)) {
        int wd = dir_watch(w, up);
        if (wd >= 0)
            return wd;
    }
    return -1;
}

/* The directory may appear between the two looks: look again after the ancestor is watched, and as
 * long as the nearest ancestor changes. */
static void dir_find(struct file_watch *w, struct watch_dir *d)
{
    int before = -1;
    d->exact = false;
    for (int i = 0; i < WATCH_RETRIES; i++) {
        d->wd = dir_watch(w, d->path);
        d->exact = d->wd >= 0;
        if (d->exact)
            return;
        d->wd = ancestor_watch(w, d->path);
        if (d->wd == before)
            return;
        before = d->wd;
    }
}

/* Returns whether something changed that the owner wants to know. */
static bool event_take(struct file_watch *w, const struct inotify_event *ev)
{
    bool tell = (ev->mask & IN_Q_OVERFLOW) != 0;
    for (size_t i = 0; i < w->dirs.n; i++) {
        struct watch_dir *d = &w->dirs.at[i];
        if (d->wd != ev->wd && !(ev->mask & IN_Q_OVERFLOW))
            continue;
        bool was = d->exact;
        tell = tell || was;
        if ((ev->mask & IN_MOVE_SELF) && was)
            inotify_rm_watch(w->fd, d->wd);
        if (!was || (ev->mask & WATCH_GONE))
            dir_find(w, d);
        tell = tell || d->exact;
    }
    return tell;
}

static void on_events(void *arg, unsigned events)
{
    struct file_watch *w = arg;
    char space[8192] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t n;
    bool tell = false;
    while ((n = read(w->fd, space, sizeof space)) > 0) {
        for (char *at = space; at < space + n;) {
            const struct inotify_event *ev = (const struct inotify_event *)(void *)at;
            at += sizeof *ev + ev->len;
            tell |= event_take(w, ev);
        }
    }
    if (tell)
        timer_set(&w->quiet, WATCH_QUIET_MS);
}

static void on_quiet(void *arg)
{
    struct file_watch *w = arg;
    CHECK_OBJ(w, WATCH_MAGIC);
    w->fn(w->arg);
}

struct file_watch *file_watch_new(struct loop *l, void (*fn)(void *arg), void *arg)
{
    struct file_watch *w = NEW(struct file_watch);
    w->magic = WATCH_MAGIC;
    w->fn = fn;
    w->arg = arg;
    timer_init(&w->quiet, l, on_quiet, w);
    w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    /* Without descriptors nothing is watched; file_watch_add() says so. */
    if (w->fd >= 0)
        watch_start(&w->watch, l, w->fd, EPOLLIN, on_events, w);
    return w;
}

int file_watch_add(struct file_watch *w, const char *dir)
{
    CHECK_OBJ(w, WATCH_MAGIC);
    if (w->fd < 0)
        return ERR_IO;
    if (w->dirs.n >= WATCH_MAX_DIRS || strlen(dir) >= PATH_MAX)
        return ERR_LIMIT;
    struct watch_dir d = {.path = mem_dup(dir), .wd = -1};
    size_t n = strlen(d.path);
    while (n > 1 && d.path[n - 1] == '/')
        d.path[--n] = '\0';
    dir_find(w, &d);
    VEC_PUSH(&w->dirs, d);
    return d.wd >= 0 ? 0 : ERR_IO;
}

struct file_watch *file_watch_free(struct file_watch *w)
{
    if (w == NULL)
        return NULL;
    CHECK_OBJ(w, WATCH_MAGIC);
    timer_clear(&w->quiet);
    watch_drop(&w->watch);
    if (w->fd >= 0)
        close(w->fd);
    for (size_t i = 0; i < w->dirs.n; i++)
        mem_free(w->dirs.at[i].path);
    VEC_DONE(&w->dirs);
    w->magic = 0;
    return mem_free(w);
}
