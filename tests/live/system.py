# SPDX-License-Identifier: GPL-3.0-or-later
# packages: postfix puppet-agent apt
"""This machine as it is: processes, sockets, files, apt, a real queue of Postfix, what a real Puppet run leaves, Docker where it runs."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *

STATES = ["ok", "warning", "critical", "unknown"]


def probe(*words):
    s = vigie("probe", *words, "--plugin", "--timeout", "60s", timeout=90)
    return STATES[s.rc] if 0 <= s.rc <= 3 else s.rc, s.out + s.err


def found(t, text, want, say, *words):
    state, output = probe(*words)
    return t.ok(state == want and re.search(say, output), text, f"{state}: {output}") and output


def figure(output, label):
    m = re.search(rf"(?:^|[ |]){label}=([\d.]+)", output or "")
    return float(m.group(1)) if m else -1


# ---- processes, files, sockets ----

def processes(t):
    d = temp_dir()
    name = "vigie-sleeps"
    shutil.copy("/bin/sleep", f"{d}/{name}")
    found(t, "a program that does not run", "critical", "does not run", "process", name)
    p = [subprocess.Popen([f"{d}/{name}", "600"], start_new_session=True) for _ in range(2)]
    started.extend(p)
    out = found(t, "it runs, twice", "ok", "2 processes", "process", name)
    t.ok(figure(out, "threads") == 2 and figure(out, "memory") > 100000 and figure(out, "files") >= 3, "its threads, memory and open files are counted", out)
    found(t, "too many of it", "warning", "limit 1:1", "process", name, "warn=1:1")
    found(t, "by its command line", "ok", "2 processes", "process", "*", f"command=*{name} 600")
    found(t, "a user whose it is not", "critical", "does not run", "process", name, "user=nobody")
    p[0].send_signal(signal.SIGSTOP)
    found(t, "one that is stopped still is there", "ok", "2 processes", "process", name)
    for one in p:
        one.kill()
        one.wait()
    found(t, "gone", "critical", "does not run", "process", name)


def tables(t):
    used, free, _ = map(int, pathlib.Path("/proc/sys/fs/file-nr").read_text().split())
    out = found(t, "open files", "ok", "open file", "files")
    t.ok(abs(figure(out, "files") - (used - free)) <= max(2000, used // 5), "as many as the kernel says", f"{out}{used}")
    listener = socket.create_server(("127.0.0.1", 0))
    before = figure(probe("sockets")[1], "established")
    pairs = [socket.create_connection(listener.getsockname()) for _ in range(50)]
    taken = [listener.accept()[0] for _ in pairs]
    out = found(t, "sockets", "ok", "established", "sockets")
    t.ok(figure(out, "established") >= before + 100 - 40 and figure(out, "listen") >= 1, "50 connections on loopback are 100 established", f"{before}: {out}")
    for c in pairs:
        c.close()
    out = probe("sockets")[1]
    t.ok(figure(out, "close_wait") >= 50, "the other side closed 50: they are in close_wait", out)
    for c in taken:
        c.close()
    found(t, "uptime", "ok", "up for", "uptime")
    t.ok(probe("kernel")[0] in ("ok", "warning"), "the kernel’s taint is read")
    found(t, "the loopback interface", "ok", "lo is up", "interface", "lo")
    found(t, "an interface that is not there", "critical", "no interface", "interface", "nosuch0")
    found(t, "tracked connections", "ok", "tracked", "conntrack")
    found(t, "entropy", "ok", "entropy", "entropy")
    t.ok(probe("cpu")[0] == "ok", "the processors")
    found(t, "a network interface that must be up", "ok", "lo", "network", "lo", "up=lo")
    found(t, "one that is not there", "critical", "no interface nosuch0", "network", "up=nosuch0")
    state, out = probe("clock")
    t.ok(state in ("ok", "warning", "unknown", "critical") and re.search(r"clock|synchron", out), "the clock: kept right, or why not", f"{state}: {out}")
    runs = os.path.isdir("/run/systemd/system")
    for kind in ("units", "timers"):
        state, out = probe(kind)
        t.ok(state in ("ok", "warning", "critical") and ("no systemd" in out) != runs, f"{kind}: {'judged' if runs else 'it says that there is no systemd here'}", f"{state}: {out}")
    t.ok(probe("pressure")[0] in ("ok", "warning", "critical"), "pressure is read, or this kernel has none")


# ---- apt ----

def apt(t):
    p = subprocess.run(["apt-get", "-s", "-q", "-o", "Debug::NoLocking=1", "--with-new-pkgs", "upgrade"], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    theirs = len(re.findall(r"^Inst \S+ \[", p.stdout, re.M))
    state, out = probe("upgrades")
    t.ok(state == ("warning" if theirs else "ok") and figure(out, "upgrades") == theirs, f"as many upgrades as apt-get finds: {theirs}", f"{state}: {out}")
    security = len(re.findall(r"^Inst \S+ \[\S+\] \(.*[Ss]ecurity", p.stdout, re.M))
    t.ok(figure(out, "security") == security, f"{security} of them of security", out)
    found(t, "none counts when all are left out", "ok", "no upgrade waits", "upgrades", "exclude=*")
    state, out = probe("apt_lists")
    t.ok(state in ("ok", "warning"), "the age of the lists", f"{state}: {out}")
    state, out = probe("reboot")
    t.ok(state in ("ok", "warning") and figure(out, "services") >= 0, "what waits for a restart", f"{state}: {out}")


# ---- Postfix ----

def mail_queue(t):
    if os.geteuid() != 0:
        return t.skip("a queue of Postfix", "only root may have one of its own")
    d = temp_dir()
    os.chmod(d, 0o755)
    os.makedirs(f"{d}/etc")
    os.makedirs(f"{d}/lib")
    shutil.chown(f"{d}/lib", "postfix")
    pathlib.Path(d, "etc/main.cf").write_text(f"compatibility_level = 3.6\nqueue_directory = {d}/queue\ndata_directory = {d}/lib\nmyhostname = mx.test\nmydestination =\ninet_interfaces = loopback-only\nmaillog_file =\n")
    pathlib.Path(d, "etc/master.cf").write_text("")
    for name in ("incoming", "active", "deferred", "hold", "defer", "bounce", "corrupt", "flush", "private", "public", "pid", "saved", "trace", "maildrop"):
        os.makedirs(f"{d}/queue/{name}")
        shutil.chown(f"{d}/queue/{name}", "postfix", "postdrop" if name in ("maildrop", "public") else None)
        os.chmod(f"{d}/queue/{name}", 0o730 if name == "maildrop" else 0o700)
    where = ["postfix", f"directory={d}/queue"]
    found(t, "an empty queue", "ok", "0 messages wait", "mail_queue", *where)
    for i in range(3):
        s = subprocess.run(["/usr/sbin/sendmail", "-C", f"{d}/etc", "-f", "ana@mx.test", "bob@elsewhere.test"], input=f"Subject: {i}\n\nHello\n", capture_output=True, text=True)
        if s.returncode:
            return t.skip("messages in the queue", "sendmail without a running Postfix: " + (s.stderr.strip().splitlines() or ["?"])[-1][:80])
    out = found(t, "three messages dropped by sendmail", "ok", "3 messages", "mail_queue", *where)
    t.ok(figure(out, "incoming") == 3, "they are incoming", out)
    for one in os.listdir(f"{d}/queue/maildrop"): # as postsuper -h does, which wants the daemon's help here
        os.rename(f"{d}/queue/maildrop/{one}", f"{d}/queue/hold/{one}")
    out = found(t, "held", "ok", "3 messages", "mail_queue", *where)
    t.ok(figure(out, "hold") == 3 and figure(out, "incoming") == 0, "they are held", out)
    found(t, "too many", "critical", "limit 2", "mail_queue", *where, "crit=2")
    found(t, "no queue", "unknown", "does not exist|no such", "mail_queue", "postfix", f"directory={d}/none")


# ---- Puppet ----

def puppet(t):
    d = temp_dir()
    summary = f"{d}/public/last_run_summary.yaml"

    def apply(text):
        return subprocess.run(["puppet", "apply", "--confdir", f"{d}/conf", "--vardir", f"{d}/var", "--rundir", f"{d}/run", "--logdir", f"{d}/log", "--publicdir", f"{d}/public",
                               "--lastrunfile", summary, "-e", text], capture_output=True, text=True, timeout=120, env={**os.environ, "LC_ALL": "C.UTF-8"})
    found(t, "never run", "unknown", "does not exist", "puppet_run", summary)
    s = apply("notify { 'hello': }")
    if not os.path.exists(summary):
        return t.skip("a run of Puppet", (s.stderr.strip().splitlines() or ["it left no summary"])[-1][:80])
    out = found(t, "a good run", "ok", "resources", "puppet_run", summary)
    t.ok(figure(out, "resources") >= 1 and figure(out, "failed") == 0, "its resources are counted", out)
    apply("exec { '/bin/false': }")
    found(t, "a resource failed", "critical", "1 resource failed", "puppet_run", summary)
    text = re.sub(r"last_run: \d+", f"last_run: {int(time.time()) - 3 * 3600}", pathlib.Path(summary).read_text())
    pathlib.Path(summary).write_text(text.replace("failed: 1", "failed: 0").replace("failure: 1", "failure: 0"))
    found(t, "three hours ago", "warning", "has not run for", "puppet_run", summary)
    pathlib.Path(summary).write_bytes(os.urandom(500))
    found(t, "bytes that are no summary", "unknown", "no summary", "puppet_run", summary)


# ---- Docker ----

def docker(t):
    sock = next((s for s in ("/run/docker.sock", "/run/podman/podman.sock") if os.path.exists(s)), None)
    if not sock:
        state, out = probe("containers")
        t.ok(state == "unknown" and "Docker" in out, "without an engine it says so", f"{state}: {out}")
        t.skip("containers", "neither Docker nor Podman runs here")
    else:
        out = found(t, "containers are counted", "ok", "running", "containers", "*", f"socket={sock}")
    d = temp_dir()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{d}/s")
    listener.listen(5)
    state, out = STATES[(s := vigie("probe", "containers", "*", f"socket={d}/s", "--plugin", "--timeout", "2s")).rc], s.out
    t.ok(state == "critical" and "does not answer" in out, "an engine that is silent", f"{state}: {out}")


tap = Tap()
for part in (processes, tables, apt, mail_queue, puppet, docker):
    tap.part(part)
tap.done()
