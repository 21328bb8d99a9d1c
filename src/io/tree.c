/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tree.c: see tree.h. Everything goes relative to one descriptor of the directory, so that it may be renamed meanwhile. */
#include "io/tree.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "io/file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 64 << 10 };
static const char fresh_name[] = ".vigie-new";

struct tree {
    int fd;
    bool fresh; /* it stands under the name DIR.new */
    char *dir, *work;
    char made[TREE_MAX_PATH + 1]; /* the directory that was made or seen last */
};

static int fail(struct err *e, const struct tree *t, const char *path, int errnum)
{
    int code = err_from_errno(errnum);
    struct buf b = BUF_MAX(2 * PATH_MAX);
    buf_printf(&b, "%s%s%s", t->dir, path[0] ? "/" : "", path);
    if (errnum == ENOTDIR || errnum == EEXIST || errnum == EISDIR || errnum == ENOTEMPTY)
        code = err_set(e, ERR_CONFLICT, MSG("{1}: something else is there already"), "s", buf_text(&b));
    else if (code == ERR_DENIED)
        err_set(e, code, MSG("{1}: permission denied"), "s", buf_text(&b));
    else if (code == ERR_FULL)
        err_set(e, code, MSG("{1}: no space left on the device"), "s", buf_text(&b));
    else if (code == ERR_NOT_FOUND)
        err_set(e, code, MSG("{1} does not exist"), "s", buf_text(&b));
    else
        code = err_set(e, ERR_IO, MSG("{1}: input/output error {2}"), "si", buf_text(&b), (int64_t)errnum);
    buf_done(&b);
    return code;
}

/* ---- opening ---- */

static int open_dir(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int make_parent(const char *dir, struct err *e)
{
    const char *slash = strrchr(dir, '/');
    if (!slash || slash == dir)
        return 0;
    char *parent = mem_dupn(dir, (size_t)(slash - dir));
    int r = file_exists(parent) ? 0 : file_mkdirs(parent, 0755, e);
    mem_free(parent);
    return r;
}

static int make_fresh(struct tree *t, struct err *e)
{
    int r = make_parent(t->dir, e);
    if (r < 0)
        return r;
    t->fresh = true;
    if (mkdir(t->work, 0755) < 0 && errno != EEXIST)
        return fail(e, t, "", errno);
    t->fd = open_dir(t->work);
    if (t->fd < 0)
        return fail(e, t, "", errno);
    return fchmod(t->fd, 0755) < 0 ? fail(e, t, "", errno) : 0;
}

int tree_open(const char *dir, struct tree **ret_tree, struct err *e)
{
    size_t n = strlen(dir);
    while (n > 1 && dir[n - 1] == '/')
        n--;
    if (dir[0] != '/' || n < 2 || n > PATH_MAX - 100)
        return err_set(e, ERR_INVALID, MSG("“{1}” is no directory to write to: write its whole path, such as /srv/status"), "s", dir);
    struct tree *t = NEW(struct tree);
    t->dir = mem_dupn(dir, n);
    struct buf work = BUF_MAX(PATH_MAX);
    buf_printf(&work, "%s.new", t->dir);
    t->work = buf_take(&work);
    t->fd = open_dir(t->dir);
    int r = t->fd >= 0 ? 0 : errno == ENOENT ? make_fresh(t, e) : fail(e, t, "", errno);
    if (r < 0) {
        tree_free(t);
        return r;
    }
    *ret_tree = t;
    return 0;
}

struct tree *tree_free(struct tree *t)
{
    if (!t)
        return NULL;
    if (t->fd >= 0)
        close(t->fd);
    mem_free(t->dir);
    mem_free(t->work);
    return mem_free(t);
}

bool tree_is_new(const struct tree *t)
{
    return t->fresh;
}

bool tree_is_empty(const struct tree *t)
{
    int fd = openat(t->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    bool any = !d;
    for (struct dirent *ent; d && !any && (ent = readdir(d));)
        any = ent->d_name[0] != '.';
    if (d)
        closedir(d);
    else if (fd >= 0)
        close(fd);
    return !any;
}

bool tree_path_ok(const char *path)
{
    size_t n = strlen(path);
    if (n == 0 || n > TREE_MAX_PATH || path[n - 1] == '/')
        return false;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)path[i] < ' ' || path[i] == 0x7f || path[i] == '\\' || ((i == 0 || path[i - 1] == '/') && (path[i] == '.' || path[i] == '/')))
            return false;
    return true;
}

static int check(const char *path, struct err *e)
{
    return tree_path_ok(path) ? 0 : err_set(e, ERR_INVALID, MSG("“{1}” cannot be the name of a file here"), "s", path);
}

/* ---- writing ---- */

static int make_dirs(struct tree *t, const char *path, struct err *e)
{
    char part[TREE_MAX_PATH + 1];
    const char *last = strrchr(path, '/');
    if (!last || (strlen(t->made) == (size_t)(last - path) && memcmp(t->made, path, (size_t)(last - path)) == 0))
        return 0;
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        str_copyn(part, sizeof part, path, (size_t)(slash - path));
        int made = mkdirat(t->fd, part, 0755);
        /* Whoever serves it may be another user, whatever our umask. */
        if (made < 0 ? errno != EEXIST : fchmodat(t->fd, part, 0755, 0) < 0)
            return fail(e, t, part, errno);
    }
    str_copy(t->made, sizeof t->made, part);
    return 0;
}

static int write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t k = write(fd, p, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return errno;
        p += k;
        n -= (size_t)k;
    }
    return 0;
}

static int write_file(struct tree *t, const char *name, const void *p, size_t n)
{
    int fd = openat(t->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return errno;
    int errnum = fchmod(fd, 0644) < 0 ? errno : write_all(fd, p, n);
    if (close(fd) < 0 && !errnum)
        errnum = errno;
    return errnum;
}

int tree_put(struct tree *t, const char *path, const void *p, size_t n, struct err *e)
{
    int r = check(path, e), errnum;
    if (r == 0)
        r = make_dirs(t, path, e);
    if (r < 0)
        return r;
    if (t->fresh) {
        errnum = write_file(t, path, p, n);
        return errnum ? fail(e, t, path, errnum) : 0;
    }
    char temp[TREE_MAX_PATH + sizeof fresh_name + 1];
    const char *slash = strrchr(path, '/');
    str_print(temp, sizeof temp, "%.*s%s", slash ? (int)(slash + 1 - path) : 0, path, fresh_name);
    errnum = write_file(t, temp, p, n);
    if (!errnum && renameat(t->fd, temp, t->fd, path) < 0)
        errnum = errno;
    if (errnum) {
        (void)unlinkat(t->fd, temp, 0);
        return fail(e, t, path, errnum);
    }
    return 0;
}

int tree_drop(struct tree *t, const char *path, struct err *e)
{
    char part[TREE_MAX_PATH + 1];
    int r = check(path, e);
    if (r < 0)
        return r;
    if (unlinkat(t->fd, path, 0) < 0 && errno != ENOENT && errno != ENOTDIR)
        return fail(e, t, path, errno);
    t->made[0] = 0;
    str_copy(part, sizeof part, path);
    for (char *slash = strrchr(part, '/'); slash; slash = strrchr(part, '/')) {
        *slash = 0;
        if (unlinkat(t->fd, part, AT_REMOVEDIR) < 0)
            break;
    }
    return 0;
}

int tree_commit(struct tree *t, struct err *e)
{
    if (!t->fresh)
        return 0;
    if (rename(t->work, t->dir) < 0)
        return fail(e, t, "", errno);
    t->fresh = false;
    return 0;
}

/* ---- reading ---- */

/* Not blocking, so that a FIFO in the place of a file cannot hold us. */
static int open_file(struct tree *t, const char *path, struct stat *st)
{
    int fd = tree_path_ok(path) ? openat(t->fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
    if (fd >= 0 && (fstat(fd, st) < 0 || !S_ISREG(st->st_mode))) {
        close(fd);
        errno = EISDIR;
        return -1;
    }
    return fd;
}

int tree_read(struct tree *t, const char *path, struct buf *out, struct err *e)
{
    struct stat st;
    size_t room;
    ssize_t n = 1;
    int r = check(path, e), fd = r < 0 ? -1 : open_file(t, path, &st);
    if (fd < 0)
        return r < 0 ? r : fail(e, t, path, errno);
    while (n > 0) {
        char *at = buf_room(out, CHUNK, &room);
        n = room ? read(fd, at, room) : 0;
        if (n > 0)
            buf_filled(out, (size_t)n);
        if (n < 0 && errno == EINTR)
            n = 1;
    }
    r = n < 0 ? fail(e, t, path, errno) : 0;
    close(fd);
    if (r == 0 && (int64_t)out->len < (int64_t)st.st_size)
        return err_set(e, ERR_LIMIT, MSG("{1} is larger than {2}"), "sb", path, (int64_t)out->max);
    return r;
}

bool tree_same(struct tree *t, const char *path, const void *p, size_t n)
{
    char chunk[CHUNK / 4];
    struct stat st;
    const char *at = p;
    size_t left = n;
    int fd = t->fresh ? -1 : open_file(t, path, &st);
    bool same = fd >= 0 && (size_t)st.st_size == n;
    while (same && left > 0) {
        ssize_t k = read(fd, chunk, left < sizeof chunk ? left : sizeof chunk);
        if (k < 0 && errno == EINTR)
            continue;
        same = k > 0 && memcmp(chunk, at, (size_t)k) == 0;
        at += same ? k : 0;
        left -= same ? (size_t)k : 0;
    }
    if (fd >= 0)
        close(fd);
    return same;
}

uint64_t tree_print(struct tree *t, const char *path)
{
    struct stat st;
    if (!tree_path_ok(path) || fstatat(t->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    const int64_t what[] = {(int64_t)st.st_dev, (int64_t)st.st_ino, (int64_t)st.st_size, (int64_t)st.st_mtim.tv_sec, (int64_t)st.st_mtim.tv_nsec};
    return hash_bytes(what, sizeof what, 1) | 1;
}

/* ---- names ---- */

int tree_absolute(const char *path, struct buf *out, struct err *e)
{
    char here[PATH_MAX];
    if (path[0] != '/' && !getcwd(here, sizeof here))
        return err_set(e, ERR_IO, MSG("{1}: input/output error {2}"), "si", path, (int64_t)errno);
    if (path[0] != '/')
        buf_printf(out, "%s/", here);
    while (path[0] == '.' && path[1] == '/')
        path += 2;
    buf_str(out, str_eq(path, ".") ? "" : path);
    return out->full ? err_set(e, ERR_LIMIT, MSG("{1}: too long or too large"), "s", path) : 0;
}
