# SPDX-License-Identifier: GPL-3.0-or-later
# packages: smartmontools mdadm btrfs-progs lvm2 quota restic borgbackup openssl
"""Storage and files for real, as far as this machine permits: loop devices with btrfs and ext4 in a mount namespace of the
test's own, smartctl on whatever disk there is, restic and borg repositories, certificates, stamps, logs, queues."""
import os
import pathlib
import shutil
import sys
sys.dont_write_bytecode = True
if os.geteuid() == 0 and "VIGIE_OWN_MOUNTS" not in os.environ and shutil.which("unshare"):
    os.environ["VIGIE_OWN_MOUNTS"] = "1"
    os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, *sys.argv])
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *

loops = []


@atexit.register
def free_loops():
    for device in loops:
        subprocess.run(["umount", "-l", device], capture_output=True)
        subprocess.run(["losetup", "-d", device], capture_output=True)


def loop_device(path, megabytes):
    with open(path, "wb") as f:
        f.truncate(megabytes << 20)
    device = run("losetup", "-f", "--show", path).strip()
    loops.append(device)
    return device


def probe(*words):
    """state, text of `vigie probe`."""
    s = vigie("probe", *words, "--plugin")
    return ["ok", "warning", "critical", "unknown"][s.rc] if 0 <= s.rc <= 3 else s.rc, s.text.replace("\u00a0", " ").replace("\u202f", " ")


def checked(t, text, want, say, *words):
    state, said = probe(*words)
    return t.ok(state == want and re.search(say, said), f"{text}: {want}", f"{state}: {said}")


# ---- file systems ----

def possible(t, what, need):
    if os.geteuid() != 0 or "VIGIE_OWN_MOUNTS" not in os.environ:
        t.skip(what, "needs root and a mount namespace")
        return False
    if need not in pathlib.Path("/proc/filesystems").read_text():
        t.skip(what, f"this kernel has no {need}")
        return False
    try:
        loop_device(os.path.join(temp_dir(), "trial"), 1)
    except (RuntimeError, OSError) as e:
        t.skip(what, f"no loop devices here: {e}")
        return False
    return True


def read_only_and_mounts(t):
    if not possible(t, "a file system that becomes read-only", "ext4"):
        return
    d = temp_dir()
    device, mount = loop_device(f"{d}/image", 64), f"{d}/mnt"
    os.mkdir(mount)
    run("mkfs.ext4", "-q", device)
    run("mount", device, mount)
    with Daemon(f"defaults: {{ every: 1s, retry: 1s, attempts: 1 }}\nhosts: {{ here: {{ alive: no, checks: [{{ read_only: {{ include: [{mount}] }} }}, {{ mounts: {{ mounts: [{mount}], fstab: no }} }}, {{ disks: {{ include: [{mount}] }} }}] }} }}\n") as v:
        t.ok(v.wait("here/read_only", state="ok") and v.wait("here/mounts", state="ok") and v.wait("here/disks", state="ok"), "mounted and writable", v.rows())
        run("mount", "-o", "remount,ro", mount)
        r = v.wait("here/read_only", state="critical")
        t.ok(r and f"{mount} became read-only" in r["output"], "remounted read-only, as after an error: told", v.row("here/read_only"))
        run("mount", "-o", "remount,rw", mount)
        t.ok(v.wait("here/read_only", state="ok"), "writable again: fine again", v.row("here/read_only"))
        run("umount", mount)
        r = v.wait("here/mounts", state="critical")
        t.ok(r and f"{mount} is not mounted" in r["output"], "not mounted: told", v.row("here/mounts"))


def btrfs(t):
    if not possible(t, "btrfs on two devices", "btrfs") or not shutil.which("mkfs.btrfs"):
        return
    d = temp_dir()
    a, b, mount = loop_device(f"{d}/a", 200), loop_device(f"{d}/b", 200), f"{d}/mnt"
    os.mkdir(mount)
    run("mkfs.btrfs", "-q", "-L", "pair", "-d", "raid1", "-m", "raid1", a, b)
    run("mount", a, mount)
    checked(t, "btrfs with both devices", "ok", "no errors", "btrfs")
    run("umount", mount)
    run("losetup", "-d", b)
    loops.remove(b)
    subprocess.run(["btrfs", "device", "scan", "--forget"], capture_output=True)
    p = subprocess.run(["mount", "-o", "degraded", a, mount], capture_output=True, text=True)
    if p.returncode:
        t.skip("btrfs without one device", "cannot be mounted degraded here: " + p.stderr.strip())
        return
    checked(t, "btrfs without one device", "critical", "pair: 1 of 2 devices missing", "btrfs")
    run("umount", mount)


def arrays(t):
    if not os.path.exists("/proc/mdstat"):
        checked(t, "no md driver", "unknown", "has no arrays", "raid")
        t.skip("an array is degraded", "this kernel has no md")
        return
    d = temp_dir()
    try:
        a, b = loop_device(f"{d}/a", 32), loop_device(f"{d}/b", 32)
        run("mdadm", "--create", "/dev/md/vigietest", "--run", "--level=1", "--raid-devices=2", "--metadata=1.2", a, b)
    except RuntimeError as e:
        t.skip("an array is degraded", f"no arrays permitted here: {str(e)[:200]}")
        return
    try:
        name = os.path.basename(os.path.realpath("/dev/md/vigietest"))
        checked(t, "a whole array", "ok", "complete", "raid", name)
        run("mdadm", "/dev/md/vigietest", "--fail", b)
        checked(t, "a member failed", "critical", f"{name} is degraded: 1 of 2", "raid", name)
    finally:
        subprocess.run(["mdadm", "--stop", "/dev/md/vigietest"], capture_output=True)


def tools(t):
    disks = subprocess.run(["smartctl", "--scan"], capture_output=True, text=True).stdout.strip()
    state, said = probe("smart")
    t.ok((state in ("ok", "warning", "critical") and disks) or (state == "unknown" and "no disk here tells SMART values" in said) or "needs root" in said, "smartctl on this machine's disks", f"{state}: {said}\n{disks}")
    with contextlib.suppress(StopIteration):
        disk = next(n for n in sorted(os.listdir("/sys/block")) if n.startswith("vd"))
        checked(t, "a virtual disk has no SMART, and that is said", "unknown", f"/dev/{disk} tells no SMART values: .*Unable to detect device type", "smart", f"/dev/{disk}")
    state, said = probe("lvm_thin")
    t.ok(state == "unknown" and re.search("no thin pools|needs root|lvs", said) or state in ("ok", "warning"), "lvs on this machine", f"{state}: {said}")
    state, said = probe("quota")
    t.ok(state in ("ok", "warning") or (state == "unknown" and re.search("no file system here has quotas|repquota", said)), "repquota on this machine", f"{state}: {said}")
    state, said = probe("sensors")
    t.ok(state != "unknown" or "knows no sensors" in said, "the sensors of this machine", f"{state}: {said}")
    if not shutil.which("zpool"):
        checked(t, "without zpool", "unknown", "zpool is not installed: apt install zfsutils-linux", "zfs")
    if not os.path.exists("/proc/drbd"):
        checked(t, "without DRBD", "unknown", "DRBD is not loaded", "drbd")


# ---- files ----

def files(t):
    d = temp_dir()
    path = pathlib.Path(d, "config")
    path.write_text("ready\n")
    os.chmod(path, 0o640)
    digest = run("sha256sum", path).split()[0]
    checked(t, "a file as it should be", "ok", "changed", "file", path, "contains=ready", f"sha256={digest}", "mode=0640")
    path.write_text("changed\n")
    checked(t, "its content changed", "critical", "lacks “ready”", "file", path, "contains=ready")
    checked(t, "its digest changed", "critical", "was changed", "file", path, f"sha256={digest}")
    old = time.time() - 7200
    os.utime(path, (old, old))
    checked(t, "it is old", "warning", "2 h", "file", path, "age.warn=1h")
    checked(t, "it is gone", "critical", "does not exist", "file", f"{d}/none")
    os.mkdir(f"{d}/q")
    for i in range(30):
        pathlib.Path(d, "q", f"{i}.msg").write_text("x" * i)
    checked(t, "a queue", "warning", "30 files", "directory", f"{d}/q", "count.warn=20", "count.crit=100")
    for i in range(3000):
        os.link(f"{d}/q/0.msg", f"{d}/q/l{i}")
    checked(t, "a queue of thousands", "critical", "3030 files", "directory", f"{d}/q", "count.crit=100")
    checked(t, "a log that grows", "ok", "grew", "log_silence", f"{d}/q")
    checked(t, "a log that is silent", "critical", "silent for 2 h", "log_silence", path)
    checked(t, "a stamp", "ok", "succeeded", "cron", f"{d}/q/1.msg")
    checked(t, "an old stamp", "critical", "last success", "cron", path, "within=1h")
    if os.geteuid() == 0:
        p = subprocess.run([VIGIE, "probe", "file", "/etc/shadow", "contains=x", "--plugin"], capture_output=True, text=True, env=clean_env(), user="nobody", group="nogroup", extra_groups=[], cwd="/")
        t.ok(p.returncode == 3 and "permission denied" in p.stdout or p.returncode not in (0, 1, 2, 3), "a file that may not be read", p)


def certificates(t):
    d = temp_dir()
    authority(d)
    for name, end in (("good", 40), ("soon", 5.5), ("ended", -1)):
        certificate(d, name, f"DNS:{name}.test", -20, end)
        os.makedirs(f"{d}/live/{name}")
        os.symlink(f"../../{name}.pem", f"{d}/live/{name}/cert.pem")
    run("openssl", "x509", "-in", f"{d}/good.pem", "-outform", "DER", "-out", f"{d}/good.der")
    checked(t, "a certificate in DER", "ok", "1 certificate", "certificate_files", f"{d}/good.der")
    checked(t, "one that ends soon", "warning", "soon.* ends in 5 d", "certificate_files", f"{d}/soon.pem")
    checked(t, "one that has ended", "critical", "ended 1 d|ended 24 h", "certificate_files", f"{d}/ended.pem")
    checked(t, "laid out as certbot does", "critical", "and 1 more problem", "certificate_files", f"{d}/live")
    checked(t, "a key is none", "unknown", "no certificate in", "certificate_files", f"{d}/good.key")


def backups(t):
    d = temp_dir()
    os.makedirs(f"{d}/dumps")
    for day in range(6):
        f = pathlib.Path(d, "dumps", f"db-{day}.gz")
        f.write_bytes(b"x" * 10000)
        at = time.time() - 7200 - (5 - day) * 86400
        os.utime(f, (at, at))
    checked(t, "nightly dumps", "ok", "db-5.gz", "backup", f"{d}/dumps/db-*.gz")
    f.write_bytes(b"x" * 100)
    os.utime(f, (at, at))
    checked(t, "the last one is too small", "warning", "has only 100", "backup", f"{d}/dumps/db-*.gz")
    f.unlink()
    checked(t, "none last night", "critical", "is 1 d", "backup", f"{d}/dumps", "within=25h")
    if shutil.which("restic"):
        env = clean_env(RESTIC_PASSWORD="secret", HOME=d)
        run("restic", "-r", f"{d}/restic", "init", env=env)
        state, said = probe("backup", "password=secret", f"restic={d}/restic")
        t.ok(state == "critical" and "no backup in the repository" in said, "restic: an empty repository", f"{state}: {said}")
        run("restic", "-r", f"{d}/restic", "backup", f"{d}/dumps", env=env)
        checked(t, "restic: a fresh snapshot", "ok", "the newest backup", "backup", "password=secret", f"restic={d}/restic")
        checked(t, "restic: a wrong password", "unknown", "wrong password", "backup", "password=other", f"restic={d}/restic")
        checked(t, "restic: no repository", "unknown", "restic ended with status", "backup", "password=secret", f"restic={d}/none")
    if shutil.which("borg"):
        env = clean_env(BORG_PASSPHRASE="secret", HOME=d)
        run("borg", "init", "-e", "repokey", f"{d}/borg", env=env)
        run("borg", "create", f"{d}/borg::first", f"{d}/dumps", env=env)
        s = vigie("probe", "backup", "password=secret", f"borg={d}/borg", "--plugin", env={"HOME": d, "TZ": "America/Montreal"})
        t.ok(s.rc == 0 and "(first)" in s.text, "borg: a fresh archive, whatever the zone", s)
        s = vigie("probe", "backup", "password=other", f"borg={d}/borg", "--plugin", env={"HOME": d})
        t.ok(s.rc == 3 and re.search("passphrase", s.text), "borg: a wrong passphrase", s)


tap = Tap()
for part in (read_only_and_mounts, btrfs, arrays, tools, files, certificates, backups):
    tap.part(part)
tap.done()
