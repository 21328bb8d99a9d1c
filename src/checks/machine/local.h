/* SPDX-License-Identifier: GPL-3.0-or-later */
/* local.h: what the probes of the local machine share: a job on a worker, and reading /proc.
 *
 * look() runs on a worker with an attempt of its own: it says its result there (attempt_say and kin), which is
 * moved to the real attempt on the probe loop. A job that hangs for ever (a dead NFS) keeps only its own copy. */
#ifndef VIGIE_CHECKS_LOCAL_H
#define VIGIE_CHECKS_LOCAL_H

#include "checks/attempt.h"
#include "io/machine.h"

enum { LOCAL_MAX_FILE = 4 << 20 };

void local_start(struct attempt *a, void (*look)(struct attempt *own));
/* The same; but when look() said nothing, then() goes on on the probe loop (with a program, say) and ends the attempt.
 * a->job is the probe's own all the time; stop() calls local_stop() and whatever stops the other. */
void local_then(struct attempt *a, void (*look)(struct attempt *own), void (*then)(struct attempt *a));
void local_stop(struct attempt *a);
void local_fs_late(struct attempt *a); /* for who looks at file systems: says that one hangs */
/* Reads a file; false with UNKNOWN and the reason said, and the buffer freed. */
bool local_read(struct attempt *own, const char *path, struct buf *out);
/* UNKNOWN: what stands in the file is not what the kernel writes there. */
void local_strange(struct attempt *own, const char *path);
/* Next word of *rest, blanks around it skipped; false at the end. */
bool local_word(struct str *rest, struct str *ret_word);
bool local_is_number(struct str word); /* begins with a digit? */
int64_t local_number(struct str digits); /* leading digits; 0 without; stops at INT64_MAX */
/* Adds a line to the long output, cleaned: names of files may hold anything. */
void local_line(struct attempt *own, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Value in bytes of a row "Key:  123 kB" of /proc/meminfo; -1 when there is none. */
int64_t local_meminfo(const struct buf *text, const char *key);
/* "name" in the list of globs? */
bool local_listed(const struct conf_texts *globs, const char *name);

/* File systems (disks and inodes). */
enum { LOCAL_MAX_FS = 256 };
struct local_fs {
    const char *path, *mount; /* the mount point as it is, and clean, to be named */
    const char *type, *source;
    bool read_only, writable_in_fstab;
    int code; /* of the look at it */
    struct machine_fs fs;
};
struct local_fs_opts {
    struct conf_texts include, exclude;
    bool remote;
    struct conf_level warn, crit;
};
/* Which ones; the thresholds are each probe's own. */
#define LOCAL_FS_ROWS(base)                                                                                            \
    {.key = "include", .type = CONF_TEXTS, .offset = (base) + offsetof(struct local_fs_opts, include),                 \
     .flags = CONF_POSITIONAL, .help = MSG("mount points to watch (* and ? allowed); all real ones by default"),       \
     .example = "[/, /home]"},                                                                                         \
    {.key = "exclude", .type = CONF_TEXTS, .offset = (base) + offsetof(struct local_fs_opts, exclude),                 \
     .help = MSG("mount points or types to leave out"), .example = "[/mnt/*, vfat]"},                                  \
    {.key = "remote", .type = CONF_BOOL, .offset = (base) + offsetof(struct local_fs_opts, remote), .by_default = "no", \
     .help = MSG("watch network file systems, too"), .example = "yes"}
/* Is the word one of the list with commas? */
bool local_has_option(struct str options, const char *name);
/* A path of the mount table: blanks are written as \040 there. */
const char *local_unescape(struct arena *arena, struct str s);
/* What is mounted and real, in the order of the kernel; false when it could not be read (said). */
bool local_filesystems(struct attempt *own, const struct local_fs_opts *o, struct local_fs *out, int *ret_n);

#endif
