/* SPDX-License-Identifier: GPL-3.0-or-later */
/* machine.c: what the kernel says of this machine.  Only asks; what it means is judged in checks/.
 */
#include "io/machine.h"

#include "base/msg.h"
#include "base/str.h"
#include "io/file.h"
#include "io/machine_file.h"
#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

int machine_read(const char *path, struct buf *out, struct err *e)
{
    return file_read(path, out, e);
}

int machine_list(const char *dir, int max, int (*fn)(void *arg, const char *name), void *arg,
                 struct err *e)
{
    return file_list(dir, NULL, max, fn, arg, e);
}

/* One line of mountinfo (proc(5)): the fifth field is the mount point, the last the superblock's options. */
static bool line_says_read_only(struct str line, const char *mount_point, bool *ret_found)
{
    struct str word, last = {0};
    for (int i = 0; str_next(&line, " ", &word); i++) {
        if (i == 4 && !str_is(word, mount_point))
            return false;
        last = word;
    }
    *ret_found = true;
    return last.n >= 2 && memcmp(last.p, "ro", 2) == 0 && (last.n == 2 || last.p[2] == ',');
}

/* A unit with ProtectSystem=strict sees every mount read-only in its own namespace; the superblock tells the truth.
 * When the mount is not listed, statvfs() is believed. */
static bool superblock_is_read_only(const char *mount_point)
{
    struct buf b = BUF_MAX(1 << 20);
    bool found = false, read_only = false;
    if (file_read("/proc/self/mountinfo", &b, NULL) == 0) {
        struct str rest = {buf_text(&b), b.len}, line;
        while (str_next(&rest, "\n", &line)) {
            bool here = false, says = line_says_read_only(line, mount_point, &here);
            if (here) { /* the last one mounted on the place counts */
                found = true;
                read_only = says;
            }
        }
    }
    buf_done(&b);
    return found ? read_only : true;
}

int machine_fs(const char *mount_point, struct machine_fs *ret, struct err *e)
{
    struct statvfs st;
    int rc;
    do {
        rc = statvfs(mount_point, &st);
    } while (rc != 0 && errno == EINTR);
    if (rc != 0) {
        int code = err_from_errno(errno);
        if (code == ERR_NOT_FOUND)
            return err_set(e, code, MSG("{1} does not exist"), "s", mount_point);
        return err_set(e, code, MSG("{1}: the file system does not answer ({2})"), "ss",
                       mount_point, err_name(code));
    }
    int64_t unit = (int64_t)(st.f_frsize ? st.f_frsize : st.f_bsize);
    *ret = (struct machine_fs){
        .total_bytes = (int64_t)st.f_blocks * unit,
        .free_bytes = (int64_t)st.f_bfree * unit,
        .avail_bytes = (int64_t)st.f_bavail * unit,
        .inodes = (int64_t)st.f_files,
        .inodes_free = (int64_t)st.f_ffree,
        .read_only = (st.f_flag & ST_RDONLY) != 0 && superblock_is_read_only(mount_point),
    };
    return 0;
}

int machine_clock(struct machine_clock *ret, struct err *e)
{
    struct timex t = {.modes = 0};
    int state = adjtimex(&t);
    if (state < 0)
        return err_set(e, err_from_errno(errno), MSG("the kernel’s clock state cannot be read"),
                       "");
    ret->offset_us = (t.status & STA_NANO) ? t.offset / 1000 : t.offset;
    ret->max_error_us = t.maxerror;
    ret->synchronised = state != TIME_ERROR && !(t.status & STA_UNSYNC);
    return 0;
}

void machine_name(char *out, size_t n)
{
    char name[256] = "";
    if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0')
        str_copy(name, sizeof name, "localhost");
    str_copy(out, n, name);
}

int machine_cpus(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

void machine_path(const char *path, struct buf *out)
{
    buf_str(out, path);
}

int machine_link(const char *path, char *out, size_t n, struct err *e)
{
    return machine_link_real(path, out, n, e);
}
