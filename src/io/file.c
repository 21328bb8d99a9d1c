/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file.c: reading, replacing and listing files, the lock of a data directory, and what little the
 * command line needs of a terminal.  Synchronous throughout; nothing here runs on a loop. */
#include "io/file.h"

#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/vec.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

enum { READ_BYTES = 16384, POPULATE_BYTES = 256 * 1024, ASK_MAX = 4096 };

/* ---- errors ---- */

static const struct {
    int code;
    const char *msgid;
} reasons[] = {
    {ERR_NOT_FOUND, MSG("{1} does not exist")},
    {ERR_DENIED, MSG("{1}: permission denied")},
    {ERR_CONFLICT, MSG("{1}: something else is there already")},
    {ERR_FULL, MSG("{1}: no space left on the device")},
    {ERR_LIMIT, MSG("{1}: too long or too large")},
};

static int fail(struct err *e, const char *path, int errnum)
{
    if (errnum == EISDIR)
        return err_set(e, ERR_CONFLICT, MSG("{1} is a directory"), "s", path);
    int code = err_from_errno(errnum);
    for (size_t i = 0; i < COUNT(reasons); i++)
        if (reasons[i].code == code)
            return err_set(e, code, reasons[i].msgid, "s", path);
    return err_set(e, ERR_IO, MSG("{1}: input/output error {2}"), "si", path, (int64_t)errnum);
}

/* ---- reading ---- */

/* A file larger than the buffer may be fills it, and marks it full. */
static bool more_than_fits(int fd)
{
    char one;
    return read(fd, &one, 1) > 0;
}

/* Large fresh memory is had in one call instead of a fault for every page, which in a virtual machine costs more than
 * reading the file does. Kernels before 5.14 refuse, which does no harm. */
static void have_pages(char *at, size_t n)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = ((uintptr_t)at + page - 1) & ~(page - 1), to = ((uintptr_t)at + n) & ~(page - 1);
    if (n >= POPULATE_BYTES && to > from)
        (void)madvise((void *)from, to - from, MADV_POPULATE_WRITE);
}

static int read_fd(int fd, struct buf *out)
{
    struct stat st;
    /* The size, where it is known, spares the copies of a growing buffer; /proc says 0. */
    size_t want = fstat(fd, &st) == 0 && st.st_size > 0 && (size_t)st.st_size < out->max ? (size_t)st.st_size + 1 : READ_BYTES, room;
    for (;;) {
        char *at = buf_room(out, want, &room);
        if (room == 0) {
            out->full = out->full || more_than_fits(fd);
            return 0;
        }
        have_pages(at, room);
        ssize_t n = read(fd, at, room);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return 0;
        buf_filled(out, (size_t)n);
        want = out->cap > out->len + 1 ? out->cap - out->len - 1 : READ_BYTES;
    }
}

/* Not blocking, so that a FIFO put in the way of a file cannot hold us. The standard input is what we were given: opened by its name it is
 * refused when it is another user's pipe, as that of a mail server, or a socket. */
static int open_to_read(const char *path)
{
    if (str_eq(path, "/dev/stdin"))
        return fcntl(0, F_DUPFD_CLOEXEC, 3);
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

int file_read(const char *path, struct buf *out, struct err *e)
{
    int fd = open_to_read(path);
    if (fd < 0)
        return fail(e, path, errno);
    int errnum = read_fd(fd, out);
    close(fd);
    if (errnum != 0)
        return fail(e, path, errnum);
    if (out->full)
        return err_set(e, ERR_LIMIT, MSG("{1} is larger than {2}"), "sb", path, (int64_t)out->max);
    return 0;
}

bool file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

/* ---- writing ---- */

static int write_fd(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return errno;
        p += done;
        n -= (size_t)done;
    }
    return 0;
}

static void dir_of(const char *path, char *out, size_t out_bytes)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        str_copy(out, out_bytes, ".");
    else if (slash == path)
        str_copy(out, out_bytes, "/");
    else
        str_copyn(out, out_bytes, path, (size_t)(slash - path));
}

static int sync_dir(const char *path)
{
    char dir[PATH_MAX];
    dir_of(path, dir, sizeof dir);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    /* Some file systems cannot sync a directory and say EINVAL: the rename stands anyhow. */
    int errnum = fsync(fd) != 0 && errno != EINVAL ? errno : 0;
    close(fd);
    return errnum;
}

static int write_temporary(int fd, const void *p, size_t n, int mode)
{
    int errnum = write_fd(fd, p, n);
    if (errnum == 0 && fchmod(fd, (mode_t)mode) != 0)
        errnum = errno;
    if (errnum == 0 && fsync(fd) != 0)
        errnum = errno;
    if (close(fd) != 0 && errnum == 0)
        errnum = errno;
    return errnum;
}

/* tmp: its name, with room for six characters before the last `suffix` ones. */
static int replace(const char *path, char *tmp, int suffix, const void *p, size_t n, int mode, struct err *e)
{
    int fd = mkostemps(tmp, suffix, O_CLOEXEC);
    if (fd < 0)
        return fail(e, path, errno);
    int errnum = write_temporary(fd, p, n, mode);
    if (errnum == 0 && rename(tmp, path) != 0)
        errnum = errno;
    if (errnum != 0) {
        unlink(tmp);
        return fail(e, path, errnum);
    }
    errnum = sync_dir(path);
    return errnum != 0 ? fail(e, path, errnum) : 0;
}

int file_write(const char *path, const void *p, size_t n, int mode, struct err *e)
{
    char tmp[PATH_MAX];
    if (str_print(tmp, sizeof tmp, "%s.XXXXXX", path) != (int)strlen(path) + 7)
        return fail(e, path, ENAMETOOLONG);
    return replace(path, tmp, 0, p, n, mode, e);
}

int file_put(const char *path, const void *p, size_t n, int mode, struct err *e)
{
    static const char lock[] = ".LOCK";
    char tmp[PATH_MAX];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    if (str_print(tmp, sizeof tmp, "%.*s.%s.XXXXXX%s", (int)(name - path), path, name, lock) != (int)(strlen(path) + 8 + sizeof lock - 1))
        return fail(e, path, ENAMETOOLONG);
    return replace(path, tmp, (int)sizeof lock - 1, p, n, mode, e);
}

int file_remove(const char *path, struct err *e)
{
    return unlink(path) == 0 ? 0 : fail(e, path, errno);
}

static bool is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int file_mkdirs(const char *path, int mode, struct err *e)
{
    char part[PATH_MAX];
    if (!str_copy(part, sizeof part, path))
        return fail(e, path, ENAMETOOLONG);
    for (char *at = part + 1;; at++) {
        if (part[0] == '\0' || (*at != '/' && *at != '\0'))
            continue;
        char kept = *at;
        *at = '\0';
        if (mkdir(part, (mode_t)mode) != 0 && !is_dir(part))
            return fail(e, part, errno);
        *at = kept;
        if (kept == '\0')
            return 0;
    }
}

/* ---- listing ---- */

struct names {
    char **at;
    size_t n, cap;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void names_read(DIR *d, const char *suffix, int max, struct names *names, bool *ret_more)
{
    struct dirent *ent;
    while ((ent = readdir(d)) != NULL) {
        if (ent->d_name[0] == '.' || (suffix != NULL && !str_ends(ent->d_name, suffix)))
            continue;
        if (names->n >= (size_t)max) {
            *ret_more = true;
            return;
        }
        VEC_PUSH(names, mem_dup(ent->d_name));
    }
}

int file_list(const char *dir, const char *suffix, int max, int (*fn)(void *arg, const char *name),
              void *arg, struct err *e)
{
    DIR *d = opendir(dir);
    if (d == NULL)
        return fail(e, dir, errno);
    struct names names = {0};
    bool more = false;
    names_read(d, suffix, max, &names, &more);
    closedir(d);
    if (names.n > 0)
        qsort(names.at, names.n, sizeof *names.at, by_name);
    int code = 0;
    for (size_t i = 0; i < names.n; i++) {
        if (code == 0)
            code = fn(arg, names.at[i]);
        mem_free(names.at[i]);
    }
    VEC_DONE(&names);
    if (code == 0 && more)
        code = err_set(e, ERR_LIMIT, MSG("{1} has more than {2} entries"), "si", dir, (int64_t)max);
    return code;
}

/* ---- the terminal ---- */

bool file_is_terminal(int fd)
{
    return isatty(fd) == 1;
}

int file_terminal_width(int fd)
{
    struct winsize ws;
    if (ioctl(fd, TIOCGWINSZ, &ws) == 0 && ws.ws_col >= 20)
        return ws.ws_col;
    return 80;
}

void file_print(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EAGAIN) {
            struct pollfd pfd = {fd, POLLOUT, 0};
            poll(&pfd, 1, -1);
            continue;
        }
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return;
        p += done;
        n -= (size_t)done;
    }
}

/* Some filesystems say EAGAIN where the page cache is not at hand; that is no wait such as a reader's. */
static bool never_waits(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

bool file_offer(int fd, const char *p, size_t n)
{
    struct iovec piece = {(void *)(uintptr_t)p, n};
    struct pollfd pfd = {fd, POLLOUT, 0};
    ssize_t done = pwritev2(fd, &piece, 1, -1, RWF_NOWAIT);

    if (done < 0 && (errno == EAGAIN ? never_waits(fd) : errno == EOPNOTSUPP || errno == EINVAL || errno == ENOSYS))
        if (poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLOUT)) /* terminals */
            done = write(fd, p, n);
    return done == (ssize_t)n;
}

static bool read_line(struct buf *out)
{
    size_t limit = out->len + ASK_MAX;
    char c;
    while (out->len < limit && !out->full) {
        ssize_t n = read(STDIN_FILENO, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        if (c == '\n')
            return true;
        buf_char(out, c);
    }
    return false;
}

int file_ask(const char *prompt, bool hidden, struct buf *out)
{
    struct termios before;
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0)
        return ERR_UNSUPPORTED;
    file_print(STDERR_FILENO, prompt, strlen(prompt));
    struct termios quiet = before;
    quiet.c_lflag &= (tcflag_t)~ECHO;
    quiet.c_lflag |= ECHONL;
    if (hidden)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    bool whole = read_line(out);
    if (hidden)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    return whole ? 0 : ERR_INVALID;
}

/* ---- one daemon a directory ---- */

static int lock_holder(int fd)
{
    char text[24] = "";
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    int64_t pid = 0;
    if (n <= 0)
        return 0;
    text[strcspn(text, "\n")] = '\0';
    return str_i64(text, &pid) == 0 && pid > 0 && pid <= INT_MAX ? (int)pid : 0;
}

int file_lock(const char *path, int *ret_pid, struct err *e)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
    if (fd < 0)
        return fail(e, path, errno);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int errnum = errno;
        int pid = lock_holder(fd);
        close(fd);
        if (errnum != EWOULDBLOCK)
            return fail(e, path, errnum);
        if (ret_pid != NULL)
            *ret_pid = pid;
        return err_set(e, ERR_CONFLICT, MSG("{1} is held by process {2}"), "si", path,
                       (int64_t)pid);
    }
    char text[24];
    int n = str_print(text, sizeof text, "%d\n", (int)getpid());
    int errnum = ftruncate(fd, 0) != 0 ? errno : write_fd(fd, text, (size_t)n);
    if (errnum != 0) {
        close(fd);
        return fail(e, path, errnum);
    }
    return 0; /* the descriptor stays open: the lock ends with the process */
}

/* ---- surroundings ---- */

void file_notify_systemd(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (path == NULL || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof to.sun_path)
        return;
    memcpy(to.sun_path, path, strlen(path));
    if (path[0] == '@')
        to.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to, len);
    close(fd);
}

const char *file_env(const char *name)
{
    return getenv(name);
}

void file_raise_limits(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
    setrlimit(RLIMIT_NOFILE, &limit);
}
