/* SPDX-License-Identifier: GPL-3.0-or-later */
/* host_facts.c: checks that make sense on a machine that has something: a table of what shows that it is there.
 * Also the units that whoever runs the machine has enabled. */
#include "checks/discover/host.h"
#include "base/msg.h"
#include "base/str.h"
#include "io/machine.h"
#include "io/machine_file.h"

struct fact {
    const char *check, *yaml; /* yaml NULL: the check's name alone */
    const char *path[3];      /* one of them is there; its last part may be a pattern. None: always */
    const char *also;         /* and this; NULL */
    const char *has;          /* and the first path's text has this word; NULL */
    const char *what;
};
#define SYSTEMD "/run/systemd/system"
#define APT "/usr/bin/apt-get"
static const struct fact facts[] = {
    {.check = "disks", .what = MSG("file systems: space")},
    {.check = "inodes", .what = MSG("file systems: inodes")},
    {.check = "memory", .what = MSG("memory")},
    {.check = "swap", .what = MSG("swap")},
    {.check = "load", .what = MSG("load")},
    {.check = "cpu", .what = MSG("processors")},
    {.check = "network", .what = MSG("network interfaces: errors and losses")},
    {.check = "processes", .what = MSG("processes: number, zombies")},
    {.check = "units", .path = {SYSTEMD}, .what = MSG("units of systemd that failed")},
    {.check = "clock", .what = MSG("the clock")},
    {.check = "timers", .path = {SYSTEMD}, .what = MSG("timers of systemd")},
    {.check = "kernel", .path = {"/proc/sys/kernel/tainted"}, .what = MSG("the kernel: out of memory, taints")},
    {.check = "read_only", .path = {"/proc/mounts"}, .what = MSG("file systems that became read-only")},
    {.check = "pressure", .path = {"/proc/pressure/cpu"}, .what = MSG("pressure on processors, memory and disks")},
    {.check = "conntrack", .path = {"/proc/sys/net/netfilter/nf_conntrack_max"}, .what = MSG("the table of connections of the firewall")},
    {.check = "bonding", .path = {"/proc/net/bonding/*"}, .what = MSG("bonded interfaces")},
    {.check = "raid", .path = {"/proc/mdstat"}, .has = "active", .what = MSG("software RAID")},
    {.check = "zfs", .path = {"/proc/spl/kstat/zfs/*"}, .what = MSG("pools of ZFS")},
    {.check = "btrfs", .path = {"/sys/fs/btrfs/*-*-*-*-*"}, .what = MSG("file systems of Btrfs")},
    {.check = "lvm_thin", .path = {"/sys/module/dm_thin_pool"}, .what = MSG("thin pools of LVM")},
    {.check = "drbd", .path = {"/proc/drbd"}, .what = MSG("replicated disks (DRBD)")},
    {.check = "smart", .path = {"/sys/block/sd*", "/sys/block/nvme*"}, .also = "/usr/sbin/smartctl", .what = MSG("health of disks (SMART)")},
    {.check = "sensors", .path = {"/sys/class/hwmon/hwmon*"}, .what = MSG("temperatures and fans")},
    {.check = "upgrades", .path = {APT}, .what = MSG("upgrades that wait (apt)")},
    {.check = "apt_lists", .path = {APT}, .what = MSG("age of the package lists (apt)")},
    {.check = "reboot", .path = {APT}, .what = MSG("whether the machine should be started again")},
    {.check = "puppet_run",
     .path = {"/var/lib/puppet/state/last_run_summary.yaml", "/var/cache/puppet/state/last_run_summary.yaml",
              "/opt/puppetlabs/puppet/cache/state/last_run_summary.yaml"},
     .what = MSG("the last run of Puppet")},
    {.check = "containers", .path = {"/run/docker.sock", "/run/podman/podman.sock"}, .what = MSG("containers")},
    {.check = "vms", .path = {"/run/libvirt/libvirt-sock"}, .what = MSG("virtual machines (libvirt)")},
    {.check = "mail_queue", .yaml = "mail_queue: postfix", .path = {"/var/spool/postfix/deferred"}, .what = MSG("the mail queue of Postfix")},
    {.check = "mail_queue", .yaml = "mail_queue: exim", .path = {"/var/spool/exim4/input"}, .what = MSG("the mail queue of Exim")},
    {.check = "certificate_files", .yaml = "certificate_files: [/etc/letsencrypt/live]", .path = {"/etc/letsencrypt/live/*"},
     .what = MSG("certificates of Let’s Encrypt")},
    {.check = "cron-daily", .yaml = "cron: { name: cron-daily, job: daily }", .path = {"/var/spool/anacron/cron.daily"}, .what = MSG("the daily jobs of cron")},
};
_Static_assert(COUNT(facts) <= 64, "bits of seen.facts");

/* ---- looking ---- */

struct matching {
    const char *pattern;
    bool found;
};

static int on_name(void *arg, const char *name)
{
    struct matching *m = arg;
    m->found = str_glob(m->pattern, name);
    return m->found;
}

static bool is_there(const char *path)
{
    struct machine_file f;
    struct buf some = BUF_MAX(16);
    const char *slash = strrchr(path, '/');
    char dir[256];
    if (slash && strpbrk(slash, "*?")) {
        struct matching m = {.pattern = slash + 1};
        str_copyn(dir, sizeof dir, path, (size_t)(slash - path));
        (void)machine_list(dir, 10000, on_name, &m, NULL);
        return m.found;
    }
    bool there = machine_stat(path, true, &f, NULL) == 0;
    if (!there) { /* the kernel's own files, in the twin */
        int code = machine_read(path, &some, NULL);
        there = code == 0 || some.full;
    }
    buf_done(&some);
    return there;
}

static bool has_word(const char *path, const char *word)
{
    struct buf text = BUF_MAX(1 << 20);
    bool has = false;
    if (machine_read(path, &text, NULL) == 0 || text.full)
        has = strstr(buf_text(&text), word) != NULL;
    buf_done(&text);
    return has;
}

static bool holds(const struct fact *f)
{
    bool any = f->path[0] == NULL;
    for (size_t i = 0; i < COUNT(f->path) && f->path[i] && !any; i++)
        any = is_there(f->path[i]);
    return any && (!f->also || is_there(f->also)) && (!f->has || has_word(f->path[0], f->has));
}

/* ---- units ---- */

/* Part of every system, over after its start, or told of by another check. */
static bool is_house(const char *unit)
{
    static const char *const patterns[] = {"systemd-*", "*getty@*", "vigie*", "ssh.service", "sshd.service", "e2scrub*", "console-setup*", "keyboard-setup*", "networking*",
                                           "remote-fs*", "unattended-upgrades*", "grub-*", "blk-availability*", "lvm2-*", "dm-event*", "ModemManager*", "wpa_supplicant*",
                                           "open-vm-tools*", "cloud-*", "dbus*", "apparmor*", "ufw*", "nftables*", "netfilter-*", "rsync.service", "anacron*", NULL};
    for (int i = 0; patterns[i]; i++)
        if (str_glob(patterns[i], unit))
            return true;
    return false;
}

static int on_unit(void *arg, const char *name)
{
    struct seen *s = arg;
    if (s->n_units == HOST_MAX_UNITS)
        return 1;
    if (str_ends(name, ".service") && strlen(name) < 90 && !strpbrk(name, " \t\\*?[/@\"") && !is_house(name))
        s->units[s->n_units++] = arena_dup(s->arena, name);
    return 0;
}

void host_facts(struct seen *s)
{
    for (size_t i = 0; i < COUNT(facts); i++)
        s->facts |= holds(&facts[i]) ? UINT64_C(1) << i : 0;
    if (is_there(SYSTEMD))
        (void)machine_list("/etc/systemd/system/multi-user.target.wants", 1000, on_unit, s, NULL);
}

/* ---- telling ---- */

static void tell_fact(const struct seen *s, struct discover *d, const struct fact *f)
{
    struct buf what = BUF_MAX(500), evidence = BUF_MAX(500);
    char key[256], yaml[128];
    msg_pack(&what, f->what, "");
    if (f->path[0])
        msg_pack(&evidence, MSG("{1} is there"), "s", f->path[0]);
    else
        msg_pack(&evidence, MSG("every machine has that"), "");
    str_print(key, sizeof key, "%s/fact/%s", s->host, f->yaml ? f->yaml : f->check);
    for (char *c = key + strlen(s->host) + 6; *c; c++)
        *c = *c == ' ' ? '_' : *c;
    str_copy(yaml, sizeof yaml, f->yaml ? f->yaml : f->check);
    host_found(s, d, key, f->check, yaml, buf_text(&what), buf_text(&evidence));
    buf_done(&what);
    buf_done(&evidence);
}

/* A service that answers is watched by asking it. */
static bool is_asked(const struct seen *s, const char *unit)
{
    for (size_t i = 0; i < s->ports.n; i++)
        if (str_eq(s->ports.at[i].unit, unit) && s->ports.at[i].kind != PORT_SKIP)
            return true;
    return false;
}

static void tell_unit(const struct seen *s, struct discover *d, const char *unit)
{
    struct buf what = BUF_MAX(500), evidence = BUF_MAX(500);
    char key[256], yaml[256], check[128];
    msg_pack(&what, MSG("the service {1}"), "s", unit);
    msg_pack(&evidence, MSG("enabled in {1}"), "s", "/etc/systemd/system/multi-user.target.wants");
    str_print(key, sizeof key, "%s/unit/%s", s->host, unit);
    str_print(yaml, sizeof yaml, "unit: %s", unit);
    str_copyn(check, sizeof check, unit, strlen(unit) - strlen(".service"));
    host_found(s, d, key, check, yaml, buf_text(&what), buf_text(&evidence));
    buf_done(&what);
    buf_done(&evidence);
}

void host_tell_facts(const struct seen *s, struct discover *d)
{
    for (size_t i = 0; i < COUNT(facts); i++)
        if (s->facts >> i & 1)
            tell_fact(s, d, &facts[i]);
    for (int i = 0; i < s->n_units; i++)
        if (!is_asked(s, s->units[i]))
            tell_unit(s, d, s->units[i]);
}
