/* SPDX-License-Identifier: GPL-3.0-or-later */
/* machine.h: what the local machine says of itself. Called from workers: everything here may block. */
#ifndef VIGIE_IO_MACHINE_H
#define VIGIE_IO_MACHINE_H

#include "base/buf.h"
#include "base/err.h"
#include <stdint.h>

struct machine_fs { /* statvfs, in bytes and inodes */
    int64_t total_bytes, free_bytes, avail_bytes;
    int64_t inodes, inodes_free;
    bool read_only;
};
struct machine_clock { /* adjtimex */
    int64_t offset_us, max_error_us;
    bool synchronised;
};
int machine_read(const char *path, struct buf *out, struct err *e); /* /proc, /sys, /etc; the twin overlays them */
int machine_list(const char *dir, int max, int (*fn)(void *arg, const char *name), void *arg, struct err *e);
int machine_fs(const char *mount_point, struct machine_fs *ret, struct err *e);
int machine_clock(struct machine_clock *ret, struct err *e);
void machine_name(char *out, size_t n); /* host name */
int machine_cpus(void);

#endif
