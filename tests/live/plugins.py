# SPDX-License-Identifier: GPL-3.0-or-later
# packages: monitoring-plugins-basic monitoring-plugins-standard dnsutils iputils-ping bind9 openssh-server nginx-light
"""Debian's monitoring plugins under vigie, unchanged, beside vigie's own checks of the same targets: both must find the same."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from kit import *

PLUGINS = "/usr/lib/nagios/plugins"
RANK = {"ok": 0, "up": 0, "warning": 1, "critical": 2, "down": 2, "unknown": 3}


def perf(text):
    """label → (value, unit, warn, crit, min, max), numbers in base units."""
    units = {"ms": 1e-3, "us": 1e-6, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
    out = {}
    for label, rest in re.findall(r"('[^']*'|[^'= ]+)=(\S+)", text or ""):
        fields = rest.split(";")
        m = re.match(r"(-?[\d.]+(?:e-?\d+)?)(\S*)$", fields[0])
        if m:
            k = units.get(m.group(2), 1)
            out[label.strip("'")] = [float(m.group(1)) * k] + [float(f) * k if re.fullmatch(r"-?[\d.]+", f) else None for f in fields[1:]]
    return out


def close(a, b, share=0.02, least=0.0):
    return a is not None and b is not None and abs(a - b) <= max(least, share * max(abs(a), abs(b)))


class Pairs:
    """Checks in twos: a plugin and one of ours, with the state that both must find."""

    def __init__(self):
        self.rows = []

    def add(self, name, want, plugin, own):
        self.rows.append((name, want, plugin, own))

    def yaml(self):
        out = "defaults: { every: 5m, retry: 1s, attempts: 1, timeout: 10s }\nhosts:\n  here:\n    address: 127.0.0.1\n    alive: no\n    checks:\n"
        for name, _, plugin, own in self.rows:
            kind, _, options = own.partition(" ")
            out += f"      - plugin: {{ name: debian-{name}, timeout: 20s, command: {json.dumps(plugin)} }}\n      - {kind}: {{ name: own-{name}, {options} }}\n"
        return out

    def judge(self, t, d):
        until(lambda: all(r["state"] != "pending" for k, r in d.rows().items() if k[1]), 60)
        rows = d.rows()
        for name, want, plugin, own in self.rows:
            theirs, ours = rows["here", "debian-" + name], rows["here", "own-" + name]
            t.ok(theirs["state"] == ours["state"] == want, f"{name}: {plugin.split()[0]} and {own.split()[0]} find {want}", f"{theirs['state']}: {theirs['output']}\n{ours['state']}: {ours['output']}")
        return rows


def wrong_plugin_names(t):
    missing = [p for p in ("check_http", "check_tcp", "check_disk", "check_load", "check_ping", "check_dns", "check_procs", "check_ssh") if not os.path.exists(f"{PLUGINS}/{p}")]
    return t.ok(not missing, "Debian's plugins are here (monitoring-plugins-basic, -standard)", missing)


# ---- over the network ----

def network(t):
    good, broken, missing, slow, moved = Page(body=b"Welcome to the page"), Page(status=500), Page(status=404), Page(delay=1.2), Page(status=302)
    moved.headers.append(f"Location: {good.url}")
    auth = Tcp(lambda c: (lambda rq: c.sendall((b"HTTP/1.1 200 OK\r\n" if b"d2F0Y2g6c2VjcmV0" in rq else b"HTTP/1.1 401 X\r\nWWW-Authenticate: Basic realm=x\r\n") + b"Content-Length: 2\r\nConnection: close\r\n\r\nok"))(read_request(c)))
    banner = Tcp(lambda c: (c.sendall(b"220 mail ready\r\n"), c.recv(100)))
    silent = Tcp(lambda c: time.sleep(30))
    closed = free_port()
    pairs = Pairs()

    def page(name, want, port, debian="", own=""):
        pairs.add(name, want, f"check_http -H 127.0.0.1 -p {port} {debian}", f"http url: 'http://127.0.0.1:{port}/'{', ' + own if own else ''}")
    page("http-up", "ok", good.port)
    page("http-text", "ok", good.port, "-s Welcome", "expect: { body: Welcome }")
    page("http-text-missing", "critical", good.port, "-s Goodbye", "expect: { body: Goodbye }")
    page("http-regex", "ok", good.port, "-r 'W[a-z]+ to'", "expect: { regex: 'W[a-z]+ to' }")
    page("http-regex-missing", "critical", good.port, "-r '^[0-9]+$'", "expect: { regex: '^[0-9]+$' }")
    page("http-500", "critical", broken.port)
    page("http-404-wanted", "ok", missing.port, "-e 'HTTP/1.1 404'", "expect: { status: 404 }")
    page("http-slow-warning", "warning", slow.port, "-w 1 -c 5", "warn: 1s, crit: 5s")
    page("http-slow-critical", "critical", slow.port, "-w 0.2 -c 1", "warn: 200ms, crit: 1s")
    page("http-fast", "ok", good.port, "-w 1 -c 5", "warn: 1s, crit: 5s")
    page("http-refused", "critical", closed)
    page("http-redirect-followed", "ok", moved.port, "-f follow -s Welcome", "expect: { body: Welcome }")
    page("http-redirect-wanted", "ok", moved.port, "-e 302", "expect: { status: 302 }")
    page("http-auth", "ok", auth.port, "-a watch:secret", "user: watch, password: secret, expect: { status: 200 }")
    page("http-no-auth", "critical", auth.port, "-e 200", "expect: { status: 200 }")
    pairs.add("http-silent", "critical", f"check_http -H 127.0.0.1 -p {silent.port} -t 2", f"http url: 'http://127.0.0.1:{silent.port}/', timeout: 2s")
    pairs.add("tcp-up", "ok", f"check_tcp -H 127.0.0.1 -p {banner.port}", f"tcp port: '127.0.0.1:{banner.port}'")
    pairs.add("tcp-refused", "critical", f"check_tcp -H 127.0.0.1 -p {closed}", f"tcp port: '127.0.0.1:{closed}'")
    pairs.add("tcp-expect", "ok", f"check_tcp -H 127.0.0.1 -p {banner.port} -e '220 '", f"tcp port: '127.0.0.1:{banner.port}', expect: '220 '")
    pairs.add("tcp-macros", "ok", f"check_tcp -H $HOSTADDRESS$ -p {banner.port}", f"tcp port: {banner.port}")
    pairs.add("smtp", "ok", f"check_smtp -H 127.0.0.1 -p {Smtp().port}", f"tcp port: '127.0.0.1:{banner.port}', expect: '220 '")
    pairs.add("ping", "ok", "check_ping -H 127.0.0.1 -w 500,20% -c 1000,60% -p 3", "icmp target: 127.0.0.1, count: 3, rtt: { warn: 500ms, crit: 1s }")
    with Daemon(pairs.yaml()) as d:
        rows = pairs.judge(t, d)
        both = {n: (perf(rows["here", "debian-" + n].get("perfdata")), perf(rows["here", "own-" + n].get("perfdata"))) for n, *_ in pairs.rows}
        a, b = both["http-slow-warning"]
        t.ok(1.2 <= a["time"][0] < 4 and 1.2 <= b["time"][0] < 4, "the slow page: both measured it", (a, b))
        t.ok("404" in rows["here", "debian-http-404-wanted"]["output"] and "404" in rows["here", "own-http-404-wanted"]["output"], "both name the status", None)
        a, b = both["http-up"]
        t.ok(a["time"][0] < 1 and b["time"][0] < 1 and b["size"][0] == 19 and a["size"][0] > 19, "the fast one, too; size: the body's for ours, headers with it for theirs", (a, b))
        a, b = both["http-slow-critical"]
        t.ok(close(a["time"][1], 0.2) and close(b["time"][1], 0.2) and close(a["time"][2], 1) and close(b["time"][2], 1), "thresholds stand in the performance data", (a, b))
        a, b = both["ping"]
        t.ok(a["pl"][0] == b["pl"][0] == 0 and a["rta"][0] < 0.1 and b["rta"][0] < 0.1, "ping: no loss, short times", (a, b))
    for s in (good, broken, missing, slow, moved, auth, banner, silent):
        s.stop()


# ---- this machine ----

def machine(t):
    pairs = Pairs()
    pairs.add("disk", "ok", "check_disk -w 1% -c 1% -p /", "disks include: /, warn: 99%, crit: 99%")
    pairs.add("disk-full", "critical", "check_disk -w 100% -c 100% -p /", "disks include: /, warn: 0%, crit: 0%")
    pairs.add("inodes", "ok", "check_disk -w 1% -c 1% -W 1% -K 1% -p /", "inodes include: /, warn: 99%, crit: 99%")
    pairs.add("load", "ok", "check_load -w 1000,1000,1000 -c 2000,2000,2000", "load warn: 1000, crit: 2000")
    pairs.add("load-high", "critical", "check_load -w 0,0,0 -c 0,0,0", "load warn: 0, crit: 0, over: 1")
    pairs.add("procs", "ok", "check_procs -w 20000 -c 30000", "processes warn: 20000, crit: 30000")
    pairs.add("procs-many", "critical", "check_procs -w 1 -c 1", "processes warn: 1, crit: 1")
    pairs.add("procs-name", "ok", "check_procs -C vigie -c 1:100", "processes program: vigie, crit: '1:100'")
    pairs.add("procs-missing", "critical", "check_procs -C no-such-program -c 1:100", "processes program: no-such-program, crit: '1:100'")
    if "vigie" != pathlib.Path(VIGIE).name[:15]:
        pairs.rows = [r for r in pairs.rows if r[0] != "procs-name"]
    swap = re.search(r"SwapTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1) != "0"
    if swap:
        pairs.add("swap", "ok", "check_swap -w 0% -c 0%", "swap warn: 100%, crit: 100%")
    with Daemon(pairs.yaml()) as d:
        rows = pairs.judge(t, d)
        d.cli("recheck", *(f"here/{k[1]}" for k in rows if k[1] and re.search("disk$|inodes$|load$|procs$", k[1])))
        rows = d.rows()
        both = {n: (perf(rows["here", "debian-" + n].get("perfdata")), perf(rows["here", "own-" + n].get("perfdata"))) for n, *_ in pairs.rows}
        a, b = both["disk"]
        t.ok(close(a["/"][0], b["/"][0], 0.01, 200e6) and close(a["/"][4], b["/"][4], 0.01), "disk: the same bytes used, and in all", (a, b))
        df = subprocess.run(["df", "--output=pcent", "/"], capture_output=True, text=True).stdout.split()[-1].rstrip("%")
        ours = int(re.search(r"(\d+)\s*%", rows["here", "own-disk"]["output"]).group(1))
        t.ok(abs(ours - int(df)) <= 1, "disk: the percentage of df", (rows["here", "own-disk"]["output"], df))
        free = int(re.search(r"inode=(\d+)%", rows["here", "debian-inodes"]["output"]).group(1))
        ours = int(re.search(r"(\d+)\s*%", rows["here", "own-inodes"]["output"]).group(1))
        t.ok(abs(100 - free - ours) <= 1, "inodes: the same percentage", (rows["here", "debian-inodes"]["output"], rows["here", "own-inodes"]["output"]))
        a, b = both["load"]
        t.ok(all(close(a[k][0], b[k][0], 0.1, 0.5) for k in ("load1", "load5", "load15")), "load: the same averages", (a, b))
        a, b = both["procs"]
        t.ok(close(a["procs"][0], b["processes"][0], 0.1, 20), "processes: the same number, but for what comes and goes", (a, b))
    if not swap:
        t.skip("swap: the same", "this machine has none")


# ---- vigie as a plugin ----

def as_a_plugin(t):
    page = Page(body=b"Welcome")
    for options, debian in (("", ""), ("expect.body=Welcome", "-s Welcome"), ("expect.body=Nothing", "-s Nothing"), ("warn=0ms", "-w 0")):
        ours = subprocess.run(f"'{VIGIE}' probe http {page.url} {options} --plugin", shell=True, capture_output=True, text=True, env=clean_env())
        theirs = subprocess.run(f"{PLUGINS}/check_http -H 127.0.0.1 -p {page.port} {debian}", shell=True, capture_output=True, text=True)
        t.ok(ours.returncode == theirs.returncode and "|" in ours.stdout and "time" in perf(ours.stdout.partition("|")[2]), f"by a shell: probe http {options} --plugin ends like check_http {debian}", (ours, theirs))
    with Daemon(f"hosts: {{ here: {{ address: 127.0.0.1, alive: no, checks: [{{ plugin: {{ name: by-vigie, command: \"{VIGIE} probe http {page.url} --plugin\" }} }}, {{ plugin: {{ name: negated, command: \"negate -o CRITICAL -- {PLUGINS}/check_dummy 0\" }} }}] }} }}\n") as d:
        r = d.wait("here/by-vigie", state="ok")
        t.ok(r and r["output"].startswith("HTTP OK") and "time" in perf(r["perfdata"]), "vigie's plugin under vigie: text and performance data", d.rows())
        t.ok(d.wait("here/negated", state="critical"), "negate, from the plugin directory by its name", d.row("here/negated"))
    page.stop()


tap = Tap()
if wrong_plugin_names(tap):
    for part in (network, machine, as_a_plugin):
        tap.part(part)
tap.done()
