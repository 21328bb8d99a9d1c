/* SPDX-License-Identifier: GPL-3.0-or-later */
/* local_fs.c: which of the mounted file systems are real ones, and how full they are. */
#include "checks/machine/local.h"

#include <string.h>

enum { MAX_SHOWN = 1000 };

/* What keeps data and can fill up. Read-only images (squashfs, iso9660) are full by nature. */
static const char *const real_types[] = {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs",
    "nilfs2", "bcachefs", "vfat", "exfat", "ntfs", "ntfs3", "fuseblk", "hfsplus", "ufs", NULL};
static const char *const remote_types[] = {"nfs", "nfs4", "cifs", "smb3", "ceph", "fuse.sshfs", "fuse.glusterfs",
    "9p", "virtiofs", "lustre", NULL};

static bool in_list(const char *const *list, const char *word)
{
    for (; *list; list++)
        if (str_eq(*list, word))
            return true;
    return false;
}

/* The kernel writes blanks in paths as \040. */
const char *local_unescape(struct arena *arena, struct str s)
{
    char *out = arena_dupn(arena, s.p, s.n);
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' && i + 3 < s.n && s.p[i + 1] >= '0' && s.p[i + 1] <= '3') {
            out[n++] = (char)((s.p[i + 1] - '0') * 64 + (s.p[i + 2] - '0') * 8 + (s.p[i + 3] - '0'));
            i += 3;
        } else {
            out[n++] = s.p[i];
        }
    }
    out[n] = '\0';
    return out;
}

bool local_has_option(struct str options, const char *name)
{
    struct str word;

    while (str_next(&options, ",", &word))
        if (str_is(word, name))
            return true;
    return false;
}

static bool wanted(const struct local_fs_opts *o, const struct local_fs *f)
{
    if (local_listed(&o->exclude, f->mount) || local_listed(&o->exclude, f->type))
        return false;
    if (o->include.n)
        return local_listed(&o->include, f->mount);
    if (in_list(remote_types, f->type))
        return o->remote;
    return in_list(real_types, f->type) || (str_eq(f->mount, "/") && !str_eq(f->type, "rootfs"));
}

/* A device that is mounted twice (bind mounts) is one file system: the shortest path names it. A later mount on
 * the same path hides the earlier one. */
static bool merge(struct local_fs *out, int n, const struct local_fs *f)
{
    for (int i = 0; i < n; i++) {
        if (str_eq(out[i].mount, f->mount)) {
            out[i] = *f;
            return true;
        }
        if (f->source[0] == '/' && str_eq(out[i].source, f->source) && str_eq(out[i].type, f->type)) {
            if (strlen(f->mount) < strlen(out[i].mount))
                out[i] = *f;
            return true;
        }
    }
    return false;
}

static void mark_fstab(struct attempt *own, struct local_fs *out, int n)
{
    struct buf fstab = BUF_MAX(LOCAL_MAX_FILE);
    struct str rest, line, source, mount, type, options;

    if (machine_read("/etc/fstab", &fstab, NULL) == 0) {
        rest = (struct str){buf_text(&fstab), fstab.len};
        while (str_next(&rest, "\n", &line)) {
            if (!local_word(&line, &source) || source.p[0] == '#' || !local_word(&line, &mount) ||
                !local_word(&line, &type) || !local_word(&line, &options))
                continue;
            for (int i = 0; i < n; i++)
                if (str_is(mount, out[i].mount))
                    out[i].writable_in_fstab = !local_has_option(options, "ro");
        }
    }
    buf_done(&fstab);
}

bool local_filesystems(struct attempt *own, const struct local_fs_opts *o, struct local_fs *out, int *ret_n)
{
    struct buf mounts = BUF_MAX(LOCAL_MAX_FILE);
    struct str rest, line, source, mount, type;
    int n = 0;

    if (!local_read(own, "/proc/self/mounts", &mounts)) {
        buf_done(&mounts);
        return false;
    }
    rest = (struct str){buf_text(&mounts), mounts.len};
    while (n < LOCAL_MAX_FS && str_next(&rest, "\n", &line)) {
        struct local_fs f = {0};

        if (!local_word(&line, &source) || !local_word(&line, &mount) || !local_word(&line, &type))
            continue;
        f.source = local_unescape(own->arena, source);
        f.path = local_unescape(own->arena, mount);
        f.mount = attempt_quote(own, f.path, strlen(f.path), MAX_SHOWN);
        f.type = arena_dupn(own->arena, type.p, type.n);
        if (wanted(o, &f) && !merge(out, n, &f))
            out[n++] = f;
    }
    buf_done(&mounts);
    /* In a chroot the mount table does not tell what lies below "/": it is one all the same. */
    if (n == 0 && (o->include.n == 0 || local_listed(&o->include, "/")) && !local_listed(&o->exclude, "/"))
        out[n++] = (struct local_fs){.source = "/", .path = "/", .mount = "/", .type = "?"};
    mark_fstab(own, out, n);
    for (int i = 0; i < n; i++) {
        out[i].code = machine_fs(out[i].path, &out[i].fs, NULL);
        if (out[i].code == 0)
            out[i].read_only = out[i].fs.read_only; /* the mount's own "ro" may be our unit's, see machine_fs() */
    }
    *ret_n = n;
    return true;
}
