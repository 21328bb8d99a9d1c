/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_file.c: files of the twin: real ones below the root given by sim_root(), without waiting for the
 * disk, with faults on demand.  Watches see what this process changes, nothing else. */
#include "io/file.h"
#include "io/sim/sim_int.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WATCH_MS = 300, FD_BYTES = 16384 };

/* ---- where, and whether ---- */

void sim_root(const char *dir) { sim_text_set(&sim_world()->root, dir); }

void sim_disk_fault(enum sim_fault fault) { sim_world()->fault = fault; }

void sim_path_real(const char *path, struct buf *out)
{
    const char *root = sim_world()->root;
    bool outside = root && path[0] == '/' && !str_starts(path, root) && !str_starts(path, "/usr/share/zoneinfo");
    buf_str(out, outside ? root : "");
    buf_str(out, path);
}

/* NUL-terminated copy; the caller frees. */
static char *real_path(const char *path)
{
    struct buf b = BUF_MAX(PATH_MAX);
    sim_path_real(path, &b);
    return buf_take(&b);
}

int sim_fault_error(const char *path, struct err *e)
{
    switch (sim_world()->fault) {
    case SIM_DISK_FULL:
        return err_set(e, ERR_FULL, "{1}: no space left on the device", "s", path);
    case SIM_DISK_ERROR:
        return err_set(e, ERR_IO, "{1}: input/output error {2}", "si", path, (int64_t)EIO);
    case SIM_DISK_READ_ONLY:
        return err_set(e, ERR_DENIED, "{1}: permission denied", "s", path);
    case SIM_DISK_OK:
        break;
    }
    return 0;
}

static int fail(struct err *e, const char *path, int errnum)
{
    int code = err_from_errno(errnum);
    if (code == ERR_NOT_FOUND)
        return err_set(e, code, "{1} does not exist", "s", path);
    if (code == ERR_DENIED)
        return err_set(e, code, "{1}: permission denied", "s", path);
    return err_set(e, code, "{1}: input/output error {2}", "si", path, (int64_t)errnum);
}

/* ---- reading ---- */

static int read_all(const char *real, struct buf *out)
{
    char chunk[FD_BYTES];
    int fd = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return errno;
    ssize_t n = 0;
    while (!out->full && (n = read(fd, chunk, sizeof(chunk))) > 0)
        buf_add(out, chunk, (size_t)n);
    int errnum = n < 0 ? errno : 0;
    close(fd);
    return errnum;
}

int file_read(const char *path, struct buf *out, struct err *e)
{
    int errnum = 0;
    if (sim_machine_owns(path)) {
        errnum = sim_machine_text(path, out) ? 0 : ENOENT;
    } else {
        char *real = real_path(path);
        errnum = read_all(real, out);
        mem_free(real);
    }
    if (errnum)
        return fail(e, path, errnum);
    return out->full ? err_set(e, ERR_LIMIT, "{1} is larger than {2}", "sb", path, (int64_t)out->max) : 0;
}

bool file_exists(const char *path)
{
    if (sim_machine_owns(path)) {
        struct buf b = BUF_MAX(1 << 20);
        bool there = sim_machine_text(path, &b);
        buf_done(&b);
        return there;
    }
    char *real = real_path(path);
    struct stat st;
    bool there = stat(real, &st) == 0;
    mem_free(real);
    return there;
}

struct names {
    char **at;
    size_t n, cap;
};

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int read_names(const char *real, const char *suffix, struct names *names)
{
    DIR *d = opendir(real);
    if (!d)
        return errno;
    for (struct dirent *ent; (ent = readdir(d));) {
        if (ent->d_name[0] != '.' && (!suffix || str_ends(ent->d_name, suffix)))
            VEC_PUSH(names, mem_dup(ent->d_name));
    }
    closedir(d);
    if (names->n > 0)
        qsort(names->at, names->n, sizeof(*names->at), by_name);
    return 0;
}

int file_list(const char *dir, const char *suffix, int max, int (*fn)(void *arg, const char *name), void *arg, struct err *e)
{
    struct names names = {0};
    char *real = real_path(dir);
    int errnum = read_names(real, suffix, &names), code = 0;
    mem_free(real);
    if (errnum)
        return fail(e, dir, errnum);
    for (size_t i = 0; i < names.n; i++) {
        if (code == 0 && i < (size_t)max)
            code = fn(arg, names.at[i]);
        mem_free(names.at[i]);
    }
    if (code == 0 && names.n > (size_t)max)
        code = err_set(e, ERR_LIMIT, "{1} has more than {2} entries", "si", dir, (int64_t)max);
    VEC_DONE(&names);
    return code;
}

/* ---- writing ---- */

static int write_all(const char *real, const void *p, size_t n, int mode)
{
    char tmp[PATH_MAX];
    str_print(tmp, sizeof(tmp), "%s.tmp", real);
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0)
        return errno;
    int errnum = 0;
    for (const char *at = p; n > 0 && !errnum;) {
        ssize_t done = write(fd, at, n);
        if (done < 0 && errno != EINTR)
            errnum = errno;
        at += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
    /* Files are as old as the simulated clock says. */
    int64_t now_ms = clock_wall_ms();
    struct timespec at = {.tv_sec = now_ms / 1000, .tv_nsec = now_ms % 1000 * 1000000};
    (void)futimens(fd, (const struct timespec[2]){at, at});
    close(fd);
    if (!errnum && rename(tmp, real) != 0)
        errnum = errno;
    return errnum;
}

int file_write(const char *path, const void *p, size_t n, int mode, struct err *e)
{
    int code = sim_fault_error(path, e);
    if (code)
        return code;
    char *real = real_path(path);
    int errnum = write_all(real, p, n, mode);
    mem_free(real);
    if (errnum)
        return fail(e, path, errnum);
    sim_watch_touch(path);
    return 0;
}

int file_put(const char *path, const void *p, size_t n, int mode, struct err *e)
{
    return file_write(path, p, n, mode, e);
}

int file_remove(const char *path, struct err *e)
{
    char *real = real_path(path);
    int errnum = unlink(real) == 0 ? 0 : errno;
    mem_free(real);
    if (errnum)
        return fail(e, path, errnum);
    sim_watch_touch(path);
    return 0;
}

static int make_dirs(char *real, int mode)
{
    for (char *at = real + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char kept = *at;
        *at = '\0';
        struct stat st;
        if (mkdir(real, (mode_t)mode) != 0 && !(stat(real, &st) == 0 && S_ISDIR(st.st_mode)))
            return errno;
        *at = kept;
        if (!kept)
            return 0;
    }
}

int file_mkdirs(const char *path, int mode, struct err *e)
{
    char *real = real_path(path);
    struct stat st;
    bool there = stat(real, &st) == 0 && S_ISDIR(st.st_mode);
    int code = there ? 0 : sim_fault_error(path, e);
    int errnum = there || code ? 0 : make_dirs(real, mode);
    mem_free(real);
    if (code || errnum)
        return code ? code : fail(e, path, errnum);
    if (!there)
        sim_watch_touch(path);
    return 0;
}

void sim_file(const char *path, const char *text)
{
    char *real = real_path(path);
    char *dir = mem_dup(real), *slash = strrchr(dir, '/');
    if (slash && slash != dir) {
        *slash = '\0';
        (void)make_dirs(dir, 0755);
    }
    if (text ? write_all(real, text, strlen(text), 0644) != 0 : unlink(real) != 0 && errno != ENOENT)
        PANIC(path);
    mem_free(dir);
    mem_free(real);
    sim_watch_touch(path);
}

/* ---- watches ---- */

struct file_watch {
    struct sim_obj obj;
    struct timer timer;
    VEC(char *) dirs; /* real paths, without a slash at the end */
};

struct file_watch *file_watch_new(struct loop *l, void (*fn)(void *arg), void *arg)
{
    struct file_watch *w = NEW(struct file_watch);
    timer_init(&w->timer, l, fn, arg);
    sim_obj_add(&w->obj, SIM_OBJ_WATCH);
    return w;
}

int file_watch_add(struct file_watch *w, const char *dir)
{
    char *real = real_path(dir);
    size_t n = strlen(real);
    while (n > 1 && real[n - 1] == '/')
        real[--n] = '\0';
    VEC_PUSH(&w->dirs, real);
    return 0;
}

struct file_watch *file_watch_free(struct file_watch *w)
{
    if (!w)
        return NULL;
    timer_clear(&w->timer);
    for (size_t i = 0; i < w->dirs.n; i++)
        mem_free(w->dirs.at[i]);
    VEC_DONE(&w->dirs);
    sim_obj_remove(&w->obj);
    return mem_free(w);
}

/* An entry of the directory changed, or the directory itself (or one above it) came into being. */
static bool concerns(const char *dir, const char *real)
{
    size_t n = strlen(dir);
    if (strncmp(real, dir, n) == 0 && real[n] == '/')
        return strchr(real + n + 1, '/') == NULL;
    return str_starts(dir, real);
}

void sim_watch_touch(const char *path)
{
    char *real = real_path(path);
    for (struct sim_obj *o = sim_obj_first(SIM_OBJ_WATCH); o; o = sim_obj_after(o)) {
        struct file_watch *w = CONTAINER(o, struct file_watch, obj);
        for (size_t i = 0; i < w->dirs.n; i++) {
            if (concerns(w->dirs.at[i], real))
                timer_set(&w->timer, WATCH_MS);
        }
    }
    mem_free(real);
}

/* ---- the rest ---- */

int file_lock(const char *path, int *ret_pid, struct err *e)
{
    int code = sim_fault_error(path, e);
    if (code == ERR_IO || code == ERR_DENIED)
        return code;
    struct sim_life *life = sim_world()->life;
    if (map_find(&life->locks, path)) {
        if (ret_pid)
            *ret_pid = 4242;
        return err_set(e, ERR_CONFLICT, "{1} is held by process {2}", "si", path, (int64_t)4242);
    }
    char *copy = mem_dup(path);
    map_set(&life->locks, copy, copy);
    return 0;
}

int file_ask(const char *prompt, bool hidden, struct buf *out) { return ERR_UNSUPPORTED; }

bool file_is_terminal(int fd) { return false; }

int file_terminal_width(int fd) { return 80; }

void file_print(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done <= 0)
            return;
        p += done;
        n -= (size_t)done;
    }
}

bool file_offer(int fd, const char *p, size_t n)
{
    struct pollfd pfd = {fd, POLLOUT, 0};
    return poll(&pfd, 1, 0) == 1 && (pfd.revents & (POLLOUT | POLLERR)) == POLLOUT && write(fd, p, n) == (ssize_t)n;
}

void file_notify_systemd(const char *state) { sim_text_set(&sim_world()->systemd, state); }

const char *sim_systemd_state(void) { return sim_world()->systemd ? sim_world()->systemd : ""; }

void file_raise_limits(void)
{
}
