/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_read_only.c: file systems that became read-only, as the kernel does after errors: against /etc/fstab, and
 * against what this check saw before. disks tells the first, too, but only of those it watches. */
#include "base/hash.h"
#include "checks/machine/local.h"
#include "checks/machine/several.h"

#include <math.h>

enum { REMEMBERED = 64 };

struct read_only_opts {
    struct local_fs_opts fs;
};
struct read_only_memory { /* mounts seen writable */
    uint64_t writable[REMEMBERED];
    int n;
};

#define AT(member) offsetof(struct read_only_opts, member)
static const struct conf_row rows[] = {
    {.key = "include", .type = CONF_TEXTS, .offset = AT(fs.include), .flags = CONF_POSITIONAL,
     .help = MSG("mount points to watch (* and ? allowed); all real ones by default"), .example = "[/, /home]"},
    {.key = "exclude", .type = CONF_TEXTS, .offset = AT(fs.exclude), .help = MSG("mount points or types to leave out"), .example = "[/mnt/*, vfat]"},
    {.key = "remote", .type = CONF_BOOL, .offset = AT(fs.remote), .by_default = "no", .help = MSG("watch network file systems, too"), .example = "yes"},
    {0},
};

/* Was it writable before? Remembers when it is. */
static bool was_writable(struct read_only_memory *m, const char *mount, bool is)
{
    uint64_t key = hash_text(mount, 0);

    for (int i = 0; m && i < m->n; i++)
        if (m->writable[i] == key)
            return true;
    if (m && is && m->n < REMEMBERED)
        m->writable[m->n++] = key;
    return false;
}

static void look(struct attempt *own)
{
    const struct read_only_opts *o = own->opts;
    struct local_fs *all = ARENA_ARRAY(own->arena, struct local_fs, LOCAL_MAX_FS);
    struct several v = {own, 0};
    int n = 0, closed = 0;

    if (!local_filesystems(own, &o->fs, all, &n))
        return;
    attempt_say(own, STATE_OK, MSG("all {1} file systems are as writable as they should be"), "i", (int64_t)n);
    for (int i = 0; i < n; i++) {
        bool before = was_writable(own->memory, all[i].mount, !all[i].code && !all[i].read_only);

        local_line(own, "%s (%s): %s", all[i].mount, all[i].type, all[i].code ? "?" : all[i].read_only ? "ro" : "rw");
        if (all[i].code || !all[i].read_only)
            continue;
        closed++;
        if (all[i].writable_in_fstab)
            several_bad(&v, STATE_CRITICAL, MSG("{1} is read-only, although /etc/fstab says otherwise"), "s", all[i].mount);
        else if (before)
            several_bad(&v, STATE_CRITICAL, MSG("{1} became read-only"), "s", all[i].mount);
    }
    several_end(&v);
    if (n == 0)
        attempt_say(own, STATE_UNKNOWN, MSG("there is no such file system"), "");
    attempt_perf(own, "read_only", closed, "", NULL, NULL, 0, NAN);
}

static void start(struct attempt *a) { local_start(a, look); }

const struct probe probe_read_only = {
    .kind = {.name = "read_only",
             .area = "machine",
             .example = "read_only:",
             .help = MSG("watches for file systems that became read-only"),
             .rows = rows,
             .opts_bytes = sizeof(struct read_only_opts),
             .timeout_ms = 30000},
    .start = start,
    .stop = local_stop,
    .late = local_fs_late,
    .local = true,
    .memory_bytes = sizeof(struct read_only_memory),
};
