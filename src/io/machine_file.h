/* SPDX-License-Identifier: GPL-3.0-or-later */
/* machine_file.h: files of this machine as things to watch: what they are, walks through directories, digests,
 * certificates.  Called from workers: everything here may block.  Reading and listing are in machine.h. */
#ifndef VIGIE_IO_MACHINE_FILE_H
#define VIGIE_IO_MACHINE_FILE_H

#include "base/buf.h"
#include "base/err.h"
#include "io/tls.h"
#include <stdint.h>

enum machine_kind { MACHINE_REGULAR, MACHINE_DIRECTORY, MACHINE_LINK, MACHINE_OTHER };
struct machine_file {
    enum machine_kind kind;
    int64_t size_bytes;
    int64_t mtime_ms; /* wall; last change of the content */
    int mode;         /* 07777 */
    int64_t uid, gid, links;
};
/* follow: what a symbolic link points to. */
int machine_stat(const char *path, bool follow, struct machine_file *ret, struct err *e);
/* What a symbolic link says (of /proc/PID/fd, too), cut at n; the twin's /proc has it as the text of that path. */
int machine_link(const char *path, char *out, size_t n, struct err *e);
/* Names of a user and a group; the number as text when there is none. */
void machine_owner(int64_t uid, int64_t gid, char user[64], char group[64]);

struct machine_walk {
    int max_entries; /* ERR_LIMIT when there are more */
    int max_depth;   /* 1: only what lies directly in it */
    bool stay;       /* on this file system */
};
/* Calls fn for everything below dir (links are not followed) until it returns other than 0. *ret_closed counts
 * directories that could not be read. */
int machine_walk(const char *dir, const struct machine_walk *w, int (*fn)(void *arg, const char *path, const struct machine_file *f),
                 void *arg, int *ret_closed, struct err *e);
/* SHA-256 in hex; ERR_LIMIT over max_bytes. */
int machine_digest(const char *path, int64_t max_bytes, char out[65], struct err *e);
/* Appends what stands from `from` on (negative: so many bytes before the end), at most what the buffer holds. */
int machine_read_from(const char *path, int64_t from, struct buf *out, struct err *e);
/* Certificates in a text: PEM (all blocks, keys are skipped), or one in DER. ERR_INVALID when there is none. */
int machine_certs(const char *p, size_t n, struct arena *a, struct tls_info *ret, struct err *e);

/* Inside io/: where a path really lies (the twin has a root of its own). */
void machine_path(const char *path, struct buf *out);
int machine_link_real(const char *path, char *out, size_t n, struct err *e);

#endif
