/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_machine.c: the machine that the simulated world runs on: a healthy small server named "sim" with two
 * processors, until the script says otherwise.  Counters that grow with time are made up when read. */
#include "io/file.h"
#include "io/machine.h"
#include "io/machine_file.h"
#include "io/sim/sim_int.h"

#define GB INT64_C(1000000000)

/* ---- overlays ---- */

static const struct {
    const char *path, *text;
} defaults[] = {
    {"/proc/loadavg", "0.12 0.10 0.08 1/120 4242\n"},
    {"/proc/meminfo", "MemTotal:        4000000 kB\nMemFree:         2000000 kB\nMemAvailable:    3000000 kB\n"
                      "Buffers:          100000 kB\nCached:           900000 kB\nSwapCached:            0 kB\n"
                      "Shmem:             10000 kB\nSReclaimable:      50000 kB\nSwapTotal:       1000000 kB\nSwapFree:        1000000 kB\n"},
    {"/proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/vda2 partition\t1000000\t0\t-2\n"},
    {"/proc/net/dev", "Inter-|   Receive                                                |  Transmit\n"
                      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
                      "    lo: 1000 10 0 0 0 0 0 0 1000 10 0 0 0 0 0 0\n"
                      "  eth0: 100000 1000 0 0 0 0 0 0 100000 1000 0 0 0 0 0 0\n"},
    {"/proc/net/tcp", "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"},
    {"/proc/net/tcp6", "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"},
    {"/proc/1/stat", "1 (init) S 0 1 1 0 -1\n"},
    {"/proc/2/stat", "2 (sshd) S 1 2 2 0 -1\n"},
    {"/proc/sys/kernel/hostname", "sim\n"},
    {"/sys/class/net/eth0/operstate", "up\n"},
    {"/sys/class/net/eth0/carrier", "1\n"},
    {"/sys/class/net/eth0/speed", "1000\n"},
    {"/sys/class/net/lo/operstate", "unknown\n"},
};

static struct sim_text *text_at(struct sim_world *w, const char *path)
{
    for (size_t i = 0; i < w->procs.n; i++) {
        if (str_eq(w->procs.at[i].key, path))
            return &w->procs.at[i];
    }
    return NULL;
}

void sim_proc(const char *path, const char *text)
{
    struct sim_world *w = sim_world();
    struct sim_text *at = text_at(w, path);
    if (!at) {
        VEC_PUSH(&w->procs, ((struct sim_text){mem_dup(path), NULL}));
        at = &w->procs.at[w->procs.n - 1];
    }
    sim_text_set(&at->text, text);
}

bool sim_machine_owns(const char *path)
{
    return str_starts(path, "/proc/") || str_starts(path, "/sys/") || str_eq(path, "/proc") || str_eq(path, "/sys") ||
           text_at(sim_world(), path) != NULL;
}

/* ---- made up when read ---- */

static void add_mounts(struct buf *out)
{
    const struct sim_world *w = sim_world();
    for (size_t i = 0; i < w->filesystems.n; i++)
        if (!w->filesystems.at[i].gone)
            buf_printf(out, "/dev/vd%c1 %s ext4 %s,relatime 0 0\n", (char)('a' + i % 26), w->filesystems.at[i].mount, w->filesystems.at[i].read_only ? "ro" : "rw");
    buf_str(out, "proc /proc proc rw 0 0\nsysfs /sys sysfs rw 0 0\n");
}

static void add_mountinfo(struct buf *out)
{
    const struct sim_world *w = sim_world();
    for (size_t i = 0; i < w->filesystems.n; i++)
        if (!w->filesystems.at[i].gone)
            buf_printf(out, "%zu 1 254:%zu / %s rw,relatime shared:1 - ext4 /dev/vd%c1 %s\n", i + 20, i, w->filesystems.at[i].mount,
                   (char)('a' + i % 26), w->filesystems.at[i].read_only ? "ro" : "rw");
    buf_str(out, "90 20 0:5 / /proc rw - proc proc rw\n");
}

static void add_uptime(struct buf *out)
{
    int64_t cs = clock_boot_ms() / 10;
    buf_printf(out, "%lld.%02lld %lld.00\n", (long long)(cs / 100), (long long)(cs % 100), (long long)(cs / 100));
}

/* Two processors, each a tenth busy. */
static void add_stat(struct buf *out)
{
    long long ticks = (long long)(clock_mono_ms() / 10);
    buf_printf(out, "cpu  %lld 0 %lld %lld 0 0 0 0 0 0\n", ticks / 10, ticks / 10, ticks * 2 - ticks / 5);
    for (int i = 0; i < 2; i++)
        buf_printf(out, "cpu%d %lld 0 %lld %lld 0 0 0 0 0 0\n", i, ticks / 20, ticks / 20, ticks - ticks / 10);
    buf_printf(out, "ctxt 1000\nbtime %lld\nprocesses 4242\nprocs_running 1\nprocs_blocked 0\n",
               (long long)((clock_wall_ms() - clock_boot_ms()) / 1000));
}

static const struct {
    const char *path;
    void (*add)(struct buf *out);
} living[] = {{"/proc/mounts", add_mounts},
              {"/proc/self/mounts", add_mounts},
              {"/proc/self/mountinfo", add_mountinfo},
              {"/proc/uptime", add_uptime},
              {"/proc/stat", add_stat}};

bool sim_machine_text(const char *path, struct buf *out)
{
    const struct sim_text *at = text_at(sim_world(), path);
    if (at) {
        buf_str(out, at->text);
        return at->text != NULL;
    }
    for (size_t i = 0; i < COUNT(living); i++) {
        if (str_eq(living[i].path, path)) {
            living[i].add(out);
            return true;
        }
    }
    return false;
}

/* ---- file systems ---- */

static struct sim_fs *fs_at(struct sim_world *w, const char *mount)
{
    for (size_t i = 0; i < w->filesystems.n; i++) {
        if (str_eq(w->filesystems.at[i].mount, mount))
            return &w->filesystems.at[i];
    }
    return NULL;
}

/* The one that holds the path, as statvfs() finds it. */
static const struct sim_fs *fs_of(const struct sim_world *w, const char *path)
{
    const struct sim_fs *best = NULL;
    for (size_t i = 0; i < w->filesystems.n; i++) {
        const struct sim_fs *fs = &w->filesystems.at[i];
        size_t n = strlen(fs->mount);
        bool inside = strncmp(path, fs->mount, n) == 0 && (path[n] == '\0' || path[n] == '/' || n == 1);
        if (inside && (!best || n > strlen(best->mount)))
            best = fs;
    }
    return best && best->gone && str_eq(best->mount, path) ? NULL : best;
}

static struct sim_fs *fs_make(const char *mount)
{
    struct sim_world *w = sim_world();
    struct sim_fs *fs = fs_at(w, mount);
    if (fs)
        return fs;
    VEC_PUSH(&w->filesystems, ((struct sim_fs){.mount = mem_dup(mount), .total_bytes = 100 * GB, .inodes = 6000000, .used_percent = 40, .inodes_used_percent = 5}));
    return &w->filesystems.at[w->filesystems.n - 1];
}

void sim_disk(const char *mount_point, int64_t total_bytes, double used_percent)
{
    struct sim_fs *fs = fs_make(mount_point);
    fs->used_percent = used_percent;
    fs->gone = false;
    if (total_bytes > 0)
        fs->total_bytes = total_bytes;
}

void sim_disk_inodes(const char *mount_point, double used_percent)
{
    fs_make(mount_point)->inodes_used_percent = used_percent;
}

void sim_disk_hang(const char *mount_point, bool on) { fs_make(mount_point)->hang = on; }

void sim_disk_gone(const char *mount_point)
{
    fs_make(mount_point)->gone = true;
}

void sim_disk_read_only(const char *mount_point, bool on) { fs_make(mount_point)->read_only = on; }

void sim_time_offset(int64_t offset_us, bool synchronised)
{
    sim_world()->clock_offset_us = offset_us;
    sim_world()->clock_unsync = !synchronised;
}

void sim_env(const char *name, const char *value)
{
    struct sim_world *w = sim_world();
    for (size_t i = 0; i < w->envs.n; i++) {
        if (str_eq(w->envs.at[i].key, name)) {
            sim_text_set(&w->envs.at[i].text, value);
            return;
        }
    }
    VEC_PUSH(&w->envs, ((struct sim_text){mem_dup(name), mem_dup(value)}));
}

const char *file_env(const char *name)
{
    const struct sim_world *w = sim_world();
    for (size_t i = 0; i < w->envs.n; i++) {
        if (str_eq(w->envs.at[i].key, name))
            return w->envs.at[i].text;
    }
    return NULL;
}

void sim_machine_init(struct sim_world *w)
{
    for (size_t i = 0; i < COUNT(defaults); i++)
        sim_proc(defaults[i].path, defaults[i].text);
    sim_disk("/", 0, 40);
}

void sim_machine_done(struct sim_world *w)
{
    for (size_t i = 0; i < w->procs.n; i++) {
        mem_free(w->procs.at[i].key);
        mem_free(w->procs.at[i].text);
    }
    for (size_t i = 0; i < w->envs.n; i++) {
        mem_free(w->envs.at[i].key);
        mem_free(w->envs.at[i].text);
    }
    for (size_t i = 0; i < w->filesystems.n; i++)
        mem_free(w->filesystems.at[i].mount);
    VEC_DONE(&w->procs);
    VEC_DONE(&w->envs);
    VEC_DONE(&w->filesystems);
}

/* ---- the twin of machine.h ---- */

int machine_read(const char *path, struct buf *out, struct err *e) { return file_read(path, out, e); }

/* The first part of a path below dir, or false. */
static bool child_of(const char *path, const char *dir, char *out, size_t n)
{
    size_t len = strlen(dir);
    while (len > 0 && dir[len - 1] == '/')
        len--;
    if (strncmp(path, dir, len) != 0 || path[len] != '/')
        return false;
    const char *name = path + len + 1;
    return str_copyn(out, n, name, strcspn(name, "/"));
}

int machine_list(const char *dir, int max, int (*fn)(void *arg, const char *name), void *arg, struct err *e)
{
    if (!sim_machine_owns(dir))
        return file_list(dir, NULL, max, fn, arg, e);
    struct sim_world *w = sim_world();
    struct map seen = {0};
    struct arena *a = arena_new(0);
    char name[256];
    int code = 0, n = 0;
    for (size_t i = 0; i < w->procs.n && code == 0; i++) {
        if (!w->procs.at[i].text || !child_of(w->procs.at[i].key, dir, name, sizeof(name)) || map_find(&seen, name))
            continue;
        char *copy = arena_dup(a, name);
        map_set(&seen, copy, copy);
        if (n++ < max)
            code = fn(arg, copy);
    }
    map_done(&seen);
    arena_free(a);
    if (n == 0)
        return err_set(e, ERR_NOT_FOUND, "{1} does not exist", "s", dir);
    return code;
}

int machine_fs(const char *mount_point, struct machine_fs *ret, struct err *e)
{
    struct sim_world *w = sim_world();
    const struct sim_fs *fs = fs_of(w, mount_point);
    if (!fs)
        return err_set(e, ERR_NOT_FOUND, "{1} does not exist", "s", mount_point);
    w->job_hung = w->job_hung || fs->hang;
    int64_t used = (int64_t)((double)fs->total_bytes * fs->used_percent / 100);
    *ret = (struct machine_fs){.total_bytes = fs->total_bytes,
                               .free_bytes = fs->total_bytes - used,
                               .avail_bytes = fs->total_bytes - used,
                               .inodes = fs->inodes,
                               .inodes_free = fs->inodes - (int64_t)((double)fs->inodes * fs->inodes_used_percent / 100),
                               .read_only = fs->read_only};
    if (w->fault == SIM_DISK_FULL && w->root && str_starts(mount_point, w->root))
        ret->free_bytes = ret->avail_bytes = 0;
    return 0;
}

int machine_clock(struct machine_clock *ret, struct err *e)
{
    const struct sim_world *w = sim_world();
    *ret = (struct machine_clock){w->clock_offset_us, 1000, !w->clock_unsync};
    return 0;
}

void machine_name(char *out, size_t n) { str_copy(out, n, "sim"); }

int machine_cpus(void) { return 2; }

void machine_path(const char *path, struct buf *out) { sim_path_real(path, out); }

int machine_link(const char *path, char *out, size_t n, struct err *e)
{
    const struct sim_text *at = text_at(sim_world(), path);
    if (!sim_machine_owns(path))
        return machine_link_real(path, out, n, e);
    if (!at || !at->text)
        return err_set(e, ERR_NOT_FOUND, "{1} does not exist", "s", path);
    str_copyn(out, n, at->text, strcspn(at->text, "\n"));
    return 0;
}
