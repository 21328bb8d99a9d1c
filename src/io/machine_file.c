/* SPDX-License-Identifier: GPL-3.0-or-later */
/* machine_file.c: stat, walks, digests and certificates, in both worlds (only machine_path() differs).
 * Judges nothing. */
#include "io/machine_file.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "io/sock_priv.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_BYTES = 65536, NAMES_BYTES = 8192 };

static int fail(struct err *e, const char *path, int errnum)
{
    int code = err_from_errno(errnum);

    if (code == ERR_NOT_FOUND)
        return err_set(e, code, MSG("{1} does not exist"), "s", path);
    if (code == ERR_DENIED)
        return err_set(e, code, MSG("{1}: permission denied"), "s", path);
    return err_set(e, code, MSG("{1}: input/output error {2}"), "si", path, (int64_t)errnum);
}

static struct machine_file told(const struct stat *st)
{
    return (struct machine_file){
        .kind = S_ISREG(st->st_mode) ? MACHINE_REGULAR : S_ISDIR(st->st_mode) ? MACHINE_DIRECTORY : S_ISLNK(st->st_mode) ? MACHINE_LINK : MACHINE_OTHER,
        .size_bytes = (int64_t)st->st_size,
        .mtime_ms = (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000,
        .mode = (int)(st->st_mode & 07777),
        .uid = (int64_t)st->st_uid,
        .gid = (int64_t)st->st_gid,
        .links = (int64_t)st->st_nlink,
    };
}

int machine_stat(const char *path, bool follow, struct machine_file *ret, struct err *e)
{
    struct buf real = BUF_MAX(PATH_MAX);
    struct stat st;

    machine_path(path, &real);
    int rc = real.full ? -1 : follow ? stat(buf_text(&real), &st) : lstat(buf_text(&real), &st);
    int errnum = real.full ? ENAMETOOLONG : errno;
    buf_done(&real);
    if (rc != 0)
        return fail(e, path, errnum);
    *ret = told(&st);
    return 0;
}

/* Inside both worlds: a link on the disk. */
int machine_link_real(const char *path, char *out, size_t n, struct err *e)
{
    struct buf real = BUF_MAX(PATH_MAX);
    char text[PATH_MAX];

    machine_path(path, &real);
    ssize_t got = real.full ? -1 : readlink(buf_text(&real), text, sizeof text);
    int errnum = real.full ? ENAMETOOLONG : errno;
    buf_done(&real);
    if (got < 0)
        return fail(e, path, errnum);
    str_copyn(out, n, text, (size_t)got);
    return 0;
}

void machine_owner(int64_t uid, int64_t gid, char user[64], char group[64])
{
    char space[NAMES_BYTES];
    struct passwd pw, *pw_at = NULL;
    struct group gr, *gr_at = NULL;

    if (getpwuid_r((uid_t)uid, &pw, space, sizeof space, &pw_at) == 0 && pw_at)
        str_copy(user, 64, pw_at->pw_name);
    else
        str_print(user, 64, "%lld", (long long)uid);
    if (getgrgid_r((gid_t)gid, &gr, space, sizeof space, &gr_at) == 0 && gr_at)
        str_copy(group, 64, gr_at->gr_name);
    else
        str_print(group, 64, "%lld", (long long)gid);
}

/* ---- walks ---- */

struct walker {
    const struct machine_walk *w;
    int (*fn)(void *arg, const char *path, const struct machine_file *f);
    void *arg;
    dev_t device;
    int entries, closed;
    struct buf path; /* as the caller knows it; grows and shrinks */
};

static int walk_dir(struct walker *k, int fd, int depth);

static int walk_below(struct walker *k, int dir_fd, const char *name, const struct stat *st, int depth)
{
    if (!S_ISDIR(st->st_mode) || depth >= k->w->max_depth || (k->w->stay && st->st_dev != k->device))
        return 0;
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        k->closed++;
        return 0;
    }
    return walk_dir(k, fd, depth + 1);
}

static int walk_entry(struct walker *k, int dir_fd, const char *name, int depth)
{
    struct stat st;
    size_t was = k->path.len;

    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return 0; /* gone meanwhile */
    if (k->entries++ >= k->w->max_entries)
        return ERR_LIMIT;
    if (was == 0 || buf_text(&k->path)[was - 1] != '/')
        buf_char(&k->path, '/');
    buf_str(&k->path, name);
    int code = k->path.full ? ERR_LIMIT : 0;
    struct machine_file f = told(&st);
    if (code == 0)
        code = k->fn(k->arg, buf_text(&k->path), &f);
    if (code == 0)
        code = walk_below(k, dir_fd, name, &st, depth);
    buf_cut(&k->path, was);
    return code;
}

/* Takes fd. */
static int walk_dir(struct walker *k, int fd, int depth)
{
    DIR *d = fdopendir(fd);
    struct dirent *ent;
    int code = 0;

    if (d == NULL) {
        close(fd);
        k->closed++;
        return 0;
    }
    while (code == 0 && (ent = readdir(d)) != NULL)
        if (!str_eq(ent->d_name, ".") && !str_eq(ent->d_name, ".."))
            code = walk_entry(k, fd, ent->d_name, depth);
    closedir(d);
    return code;
}

static int open_at(const char *path, int flags, struct err *e)
{
    struct buf real = BUF_MAX(PATH_MAX);

    machine_path(path, &real);
    /* Not blocking, so that a FIFO put in the way of a file cannot hold us. */
    int fd = real.full ? -1 : open(buf_text(&real), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);
    int errnum = real.full ? ENAMETOOLONG : errno;
    buf_done(&real);
    return fd >= 0 ? fd : fail(e, path, errnum);
}

int machine_walk(const char *dir, const struct machine_walk *w, int (*fn)(void *arg, const char *path, const struct machine_file *f),
                 void *arg, int *ret_closed, struct err *e)
{
    struct walker k = {.w = w, .fn = fn, .arg = arg, .path = BUF_MAX(PATH_MAX)};
    struct stat st;
    int fd = open_at(dir, O_DIRECTORY, e);

    if (fd < 0)
        return fd;
    if (fstat(fd, &st) == 0)
        k.device = st.st_dev;
    buf_str(&k.path, dir);
    int code = walk_dir(&k, fd, 1);
    buf_done(&k.path);
    *ret_closed = k.closed;
    if (code == ERR_LIMIT)
        return err_set(e, code, MSG("{1} has more than {2} entries"), "si", dir, (int64_t)w->max_entries);
    return code < 0 ? code : 0;
}

/* ---- content ---- */

int machine_digest(const char *path, int64_t max_bytes, char out[65], struct err *e)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n_digest = 0;
    int64_t all = 0;
    ssize_t n;
    int fd = open_at(path, 0, e);

    if (fd < 0)
        return fd;
    char *chunk = mem_alloc(READ_BYTES);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_DigestInit_ex(md, EVP_sha256(), NULL);
    while ((n = read(fd, chunk, READ_BYTES)) > 0 && (all += n) <= max_bytes)
        EVP_DigestUpdate(md, chunk, (size_t)n);
    int errnum = n < 0 ? errno : 0;
    EVP_DigestFinal_ex(md, digest, &n_digest);
    EVP_MD_CTX_free(md);
    mem_free(chunk);
    close(fd);
    if (errnum)
        return fail(e, path, errnum);
    if (all > max_bytes)
        return err_set(e, ERR_LIMIT, MSG("{1} is larger than {2}"), "sb", path, max_bytes);
    hash_hex(digest, 32, out);
    return 0;
}

int machine_read_from(const char *path, int64_t from, struct buf *out, struct err *e)
{
    struct stat st;
    ssize_t n = 0;
    int fd = open_at(path, 0, e);

    if (fd < 0)
        return fd;
    if (from < 0 && fstat(fd, &st) == 0)
        from = st.st_size + from > 0 ? st.st_size + from : 0;
    char *chunk = mem_alloc(READ_BYTES);
    while (!out->full && (n = pread(fd, chunk, READ_BYTES, (off_t)from)) > 0) {
        buf_add(out, chunk, (size_t)n);
        from += n;
    }
    int errnum = n < 0 ? errno : 0;
    mem_free(chunk);
    close(fd);
    return errnum ? fail(e, path, errnum) : 0;
}

/* ---- certificates ---- */

static int certs_read_pem(const char *p, size_t n, STACK_OF(X509) * into)
{
    BIO *in = BIO_new_mem_buf(p, (int)n);
    X509 *x;
    int count = 0;

    while (count < TLS_MAX_CHAIN && (x = PEM_read_bio_X509_AUX(in, NULL, NULL, NULL)) != NULL) {
        sk_X509_push(into, x);
        count++;
    }
    BIO_free(in);
    return count;
}

int machine_certs(const char *p, size_t n, struct arena *a, struct tls_info *ret, struct err *e)
{
    STACK_OF(X509) *all = sk_X509_new_null();
    const unsigned char *der = (const unsigned char *)p;
    X509 *x;

    if (n < INT_MAX && certs_read_pem(p, n, all) == 0 && (x = d2i_X509(NULL, &der, (long)n)) != NULL)
        sk_X509_push(all, x);
    int count = sk_X509_num(all);
    if (count > 0) {
        *ret = (struct tls_info){0};
        tls_chain_read(ret, all, a);
    }
    sk_X509_pop_free(all, X509_free);
    return count > 0 ? 0 : err_set(e, ERR_INVALID, MSG("there is no certificate in it"), "");
}
