# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong around a daemon: kill -9, a full disk, dead name servers, hostile servers, a second daemon."""
import sys
sys.dont_write_bytecode = True
import random
import ssl
from kit import *


# ---- kill -9 ----

ACKED, SOFT, FLIP = 6, 3, 4


class Ledger:
    """What was confirmed before the kill; None: asked, and the answer never came."""

    def __init__(self):
        self.acked, self.planned, self.attempt, self.settled = {}, {}, {}, {}


def bid(d, rng, led):
    """One random act; what it says stands in the ledger before it is sent as unknown, afterwards as certain."""
    what = rng.choice(["ack", "ack", "unack", "plan", "end", "soft", "soft", "flip", "flip"])
    n = rng.randrange({"soft": SOFT, "flip": FLIP}.get(what, ACKED))
    target = f"web1/{'soft' if what == 'soft' else 'flip' if what == 'flip' else 'bad'}{n}"
    if what in ("ack", "unack"):
        led.acked[n] = None
        r = d.api("POST", f"/api/v1/{what}", {"targets": [target], "comment": "mine"} if what == "ack" else {"targets": [target]}, timeout=10)
        if r.status in (200, 404, 409, 400):
            led.acked[n] = what == "ack"
    elif what == "plan":
        led.planned[n] = None
        r = d.api("POST", "/api/v1/downtimes", {"targets": [target], "comment": "work", "for": "1h"}, timeout=10)
        if r.status == 200:
            led.planned[n] = True
    elif what == "end":
        led.planned[n] = None
        r = True
        for x in d.api("GET", "/api/v1/downtimes", timeout=10).json["downtimes"]:
            if x.get("check") == f"bad{n}":
                r = d.api("DELETE", f"/api/v1/downtimes/{x['id']}", timeout=10).status == 200 and r
        led.planned[n] = False if r else None
    elif what == "soft":
        low, high = led.attempt.get(n, (0, 0))
        if high > 90: # or it would become hard
            led.attempt[n] = (0, high)
            d.api("POST", "/api/v1/results", {"target": target, "state": "ok", "output": "fine"}, timeout=10)
            led.attempt[n], high = (0, 0), 0
            led.settled[n] = 0
            return
        led.attempt[n] = (low, high + 1)
        r = d.api("POST", "/api/v1/results", {"target": target, "state": "critical", "output": "soft"}, timeout=10)
        led.attempt[n] = (r.json["attempt"], r.json["attempt"])
    else:
        state = rng.choice(["ok", "critical"])
        r = d.api("POST", "/api/v1/results", {"target": target, "state": state, "output": f"flip {state}"}, timeout=10)


def compare(d, led):
    """What does not agree with the ledger, after a restart."""
    bad, rows = [], d.rows()
    for n in range(ACKED):
        r = rows["web1", f"bad{n}"]
        if r["state"] != "critical" or not r["hard"] or not r["told"]:
            bad.append(("state", n, r))
        if led.acked.get(n) is not None and r["acknowledged"] != led.acked[n]:
            bad.append(("acknowledged", n, led.acked[n], r["ack"]))
        if led.planned.get(n) is not None and r["in_downtime"] != led.planned[n]:
            bad.append(("in downtime", n, led.planned[n], r["in_downtime"]))
        led.acked[n], led.planned[n] = r["acknowledged"], r["in_downtime"]
    for n in range(SOFT):
        r = rows["web1", f"soft{n}"]
        low, high = led.settled.get(n, 0), led.attempt.get(n, (0, 0))[1]
        if not low <= r["attempt"] <= max(high, 1) or (low and (r["state"], r["hard"]) != ("critical", False)):
            bad.append(("attempt", n, (low, high), r["state"], r["hard"], r["attempt"]))
        led.attempt[n] = (r["attempt"] if r["state"] == "critical" else 0,) * 2
    return bad


def left_over(session):
    """Living processes of a session."""
    alive = []
    for p in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            f = p.read_text().rpartition(")")[2].split()
            if int(f[3]) == session and f[0] != "Z":
                alive.append(int(p.parent.name))
    return alive


def kill_9(t):
    seed = int(os.environ.get("VIGIE_TEST_SEED") or random.randrange(1 << 30))
    print(f"# seed {seed} (VIGIE_TEST_SEED repeats it)", flush=True)
    rng, sink, led = random.Random(seed), Smtp(), Ledger()
    checks = [f"{{ passive: {{ name: bad{n}, attempts: 1, flap: no }} }}" for n in range(ACKED)] + [f"{{ passive: {{ name: soft{n}, attempts: 100, flap: no }} }}" for n in range(SOFT)] + \
             [f"{{ passive: {{ name: flip{n}, attempts: 1, flap: no }} }}" for n in range(FLIP)] + ["{ plugin: { name: child, command: 'sleep 30', every: 1s, timeout: 40s } }"]
    d = Daemon(f"site: {{ mail: {{ smtp: 'smtp://127.0.0.1:{sink.port}', from: vigie@example.org }} }}\ncontacts: {{ ops: ops@example.org }}\nhosts: {{ web1: {{ alive: no, checks: [{', '.join(checks)}] }} }}\n")
    d.start()
    for n in range(ACKED):
        d.api("POST", "/api/v1/results", {"target": f"web1/bad{n}", "state": "critical", "output": "bad"})
    t.ok(until(lambda: all(any(f"web1/bad{n}" in subject(m) for m in sink.mails) for n in range(ACKED))), "somebody is told of the first problems", [subject(m) for m in sink.mails])
    until(lambda: d.api("GET", "/api/v1/health").json["outbox"]["waiting"] == 0)
    wrong, orphans, unsent = [], [], []
    for turn in range(20):
        moment = threading.Timer(rng.uniform(0.02, 0.6), d.process.kill)
        led.settled = {n: a[0] for n, a in led.attempt.items()}
        moment.start()
        session = d.pid
        while d.process.poll() is None:
            try:
                bid(d, rng, led)
            except (OSError, http.client.HTTPException, ValueError, KeyError):
                break
        moment.join()
        d.process.wait()
        if turn in (5, 15):
            left = until(lambda: not left_over(session), 10)
            if not left:
                orphans.append(left_over(session))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(session, signal.SIGKILL)
        d.start()
        bad = compare(d, led)
        if bad:
            wrong.append((turn, bad))
    t.ok(not wrong, "20 × kill -9 at any moment: acknowledgements, planned work, attempts, states return", "\n".join(map(str, wrong)))
    t.ok(not orphans, "spawner and plugins end with the daemon", orphans)
    until(lambda: d.api("GET", "/api/v1/health").json["outbox"]["waiting"] == 0, 90)
    time.sleep(1)
    ids = {}
    for m in sink.mails:
        ids.setdefault(re.search(r"^Message-ID: <(.*)>", m[2], re.M).group(1), []).append("X-Vigie-Repeated" in m[2])
    t.ok(all(not any(seen[:1]) and all(seen[1:]) or len(seen) == 1 for seen in ids.values()), "a mail that comes twice says that it may (same Message-ID)", ids)
    told = [n for n in range(ACKED) if len({re.search(r"^Message-ID: <(.*)>", m[2], re.M).group(1) for m in sink.mails if f"web1/bad{n}" in subject(m)}) != 1]
    t.ok(not told, "nobody is told again of what they know", [subject(m) for m in sink.mails if "bad" in subject(m)])
    t.ok(d.cli("history", "web1", "--json").rc == 0 and d.stop() == 0, "and it ends well", d.log()[-1000:])
    s = subprocess.run(["python3", "-c", "import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute('pragma integrity_check').fetchone()[0])", os.path.join(d.data, "vigie.db")], capture_output=True, text=True)
    t.eq(s.stdout.strip(), "ok", "the database is whole")
    sink.stop()


# ---- full disk ----

def full_disk(t):
    name = "a full disk: keeps watching, says so, recovers"
    if os.geteuid() != 0:
        return t.skip(name, "needs root to mount a small file system")
    disk = temp_dir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m,mode=755", "tmpfs", disk], capture_output=True).returncode != 0:
        return t.skip(name, "mount is not permitted")
    page = Page()
    try:
        data = os.path.join(disk, "data")
        with Daemon(f"defaults: {{ every: 1s, retry: 1s, attempts: 2, timeout: 2s }}\nhosts: {{ web1: {{ alive: no, checks: [{{ http: {page.url} }}, {{ passive: {{ name: job, attempts: 1 }} }}] }} }}\n", data=data) as d:
            d.wait("web1/http", state="ok")
            with open(os.path.join(disk, "filler"), "wb", buffering=0) as f:
                with contextlib.suppress(OSError):
                    while True:
                        f.write(b"x" * 65536)
                with contextlib.suppress(OSError):
                    while True:
                        f.write(b"x" * 512)
            page.status = 500
            t.ok(d.wait("web1/http", state="critical", hard=True), "the disk is full: states go on", d.rows())
            s = d.cli("ack", "web1/http", "-m", "cannot be kept", timeout=130)
            h = d.api("GET", "/api/v1/health").json
            if s.rc == 0 and not h["store"]["failing"]: # a last page of the database had room
                for i in range(200):
                    d.api("POST", "/api/v1/results", {"target": "web1/job", "state": ("ok", "critical")[i % 2], "output": "x" * 4000})
                s = d.cli("ack", "web1/http", "-m", "cannot be kept", timeout=130)
            t.ok(s.rc == 1 and s.err.strip(), "an acknowledgement that cannot be kept is not confirmed", s)
            h = until(lambda: (lambda j: j["store"]["failing"] and j)(d.api("GET", "/api/v1/health").json))
            t.ok(h and h["ok"] is False and re.search(r"full|space", h["store"]["why"]), "health says so", h)
            r = d.http("GET", "/healthz")
            t.ok(r.status in (503, 507), "healthz: not well", r)
            link = d.api("POST", "/api/v1/setup-link")
            t.ok(link.status >= 400, "what must be kept is refused", link)
            # The console over the local socket, as administrator.
            t.ok(re.search(r"disk|kept|full|stored", d.api("GET", "/console").text), "the console says so", d.api("GET", "/console").text[:2000])
            hits = page.hits
            t.ok(until(lambda: page.hits > hits + 2), "it keeps checking", (hits, page.hits))
            os.unlink(os.path.join(disk, "filler"))
            t.ok(until(lambda: d.http("GET", "/healthz").status == 200, 60), "room again: well again", d.api("GET", "/api/v1/health").text)
            s = d.cli("ack", "web1/http", "-m", "kept now")
            t.ok(s.rc == 0 and d.row("web1/http")["acknowledged"], "and acknowledgements are kept", s)
            d.kill()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(d.pid, signal.SIGKILL)
            page.stop()
            d.start()
            r = d.row("web1/http")
            t.ok(r["acknowledged"] and r["state"] == "critical", "… also over kill -9", r)
    finally:
        for x in Daemon.all:
            x.end()
        subprocess.run(["umount", "-l", disk], capture_output=True)


# ---- servers that mean ill ----

def forever(c, first, again, pause=0.0):
    c.settimeout(30)
    c.sendall(first)
    while True:
        c.sendall(again)
        if pause:
            time.sleep(pause)


def web(c, answer):
    read_request(c)
    c.sendall(answer)


def tls_garbage(c):
    c.recv(4096)
    c.sendall(b"\x16\x03\x03\xff\xff" + os.urandom(4000))
    time.sleep(5)


def udp_silent():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 0))
    return s


OK_HEAD = b"HTTP/1.1 200 OK\r\n"
HOSTILE_WEB = {
    "endless-headers": lambda c: (read_request(c), forever(c, OK_HEAD, b"X-More: " + b"a" * 1000 + b"\r\n")),
    "endless-header": lambda c: (read_request(c), forever(c, OK_HEAD + b"X-More: ", b"a" * 65536)),
    "endless-body": lambda c: (read_request(c), forever(c, OK_HEAD + b"\r\n", b"a" * 65536)),
    "drip-headers": lambda c: (read_request(c), forever(c, OK_HEAD, b"X: y\r\n", 0.2)),
    "drip-body": lambda c: (read_request(c), forever(c, OK_HEAD + b"Content-Length: 100000\r\n\r\n", b"a", 0.2)),
    "drip-status": lambda c: (read_request(c), forever(c, b"HTTP", b"/", 0.2)),
    "never": lambda c: (read_request(c), time.sleep(10)),
    "not-even-reading": lambda c: time.sleep(10),
    "closes": lambda c: read_request(c),
    "cut-body": lambda c: web(c, OK_HEAD + b"Content-Length: 1000\r\n\r\nabc"),
    "no-http": lambda c: web(c, b"220 mail.example.org ESMTP\r\n"),
    "nul-status": lambda c: web(c, b"HTTP/1.1 200 \0\0\0\r\n\r\n"),
    "nul-header": lambda c: web(c, OK_HEAD + b"X: a\0b\r\nContent-Length: 0\r\n\r\n"),
    "bad-status": lambda c: web(c, b"HTTP/1.1 999999 X\r\n\r\n"),
    "bad-length": lambda c: web(c, OK_HEAD + b"Content-Length: -5\r\n\r\n"),
    "huge-length": lambda c: web(c, OK_HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n"),
    "bad-chunks": lambda c: web(c, OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"),
    "gzip-garbage": lambda c: web(c, OK_HEAD + b"Content-Encoding: gzip\r\nContent-Length: 10\r\n\r\n" + os.urandom(10)),
    "redirect-evil": lambda c: web(c, b"HTTP/1.1 302 X\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"),
    "redirect-nowhere": lambda c: web(c, b"HTTP/1.1 302 X\r\nLocation: \r\nContent-Length: 0\r\n\r\n"),
    "redirect-loop": lambda c: web(c, b"HTTP/1.1 302 X\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"),
    "redirect-long": lambda c: (lambda n: c.sendall(b"HTTP/1.1 302 X\r\nLocation: /" + os.urandom(8).hex().encode() + b"\r\nContent-Length: 0\r\n\r\n"))(read_request(c)),
    "invalid-utf8": lambda c: web(c, b"HTTP/1.1 500 \xff\xfe\xc3\x28 \x1b[31mred\x07\r\nContent-Length: 3\r\n\r\n\xff\xfe\xfd"),
    "many-100s": lambda c: (read_request(c), forever(c, b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.001)),
}
HOSTILE_TCP = {
    "endless-banner": lambda c: forever(c, b"", b"x" * 65536),
    "drip-banner": lambda c: forever(c, b"", b"x", 0.2),
    "nul-banner": lambda c: (c.sendall(b"\0" * 100 + b"220\xff\xfe"), time.sleep(5)),
    "silent": lambda c: time.sleep(10),
    "closes-at-once": lambda c: None,
    "resets": lambda c: (c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"), c.close()),
}
HOSTILE_TLS = {"garbage": tls_garbage, "plain": lambda c: (c.sendall(b"220 no TLS here\r\n"), time.sleep(5)), "silence": lambda c: time.sleep(10), "bye": lambda c: c.recv(100),
               "alert": lambda c: (c.recv(4096), c.sendall(b"\x15\x03\x03\x00\x02\x02\x28"))}
HOSTILE_PLUGINS = {
    "endless": "sh -c 'while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done'", "sleeps": "sleep 60", "child": "sh -c 'sleep 61 & sleep 61'", "closes": "sh -c 'exec >&- 2>&-; sleep 60'",
    "binary": "sh -c 'head -c 300000 /dev/urandom; exit 2'", "nul": "sh -c 'printf \"a\\\\000b\\\\377|x=1;;;;;\\\\n\\\\033[31m\"; exit 1'", "kills-itself": "sh -c 'kill -SEGV $$'", "signals-deaf": "sh -c 'trap \"\" TERM INT HUP; sleep 60; sleep 60'",
    "perf": "sh -c 'echo \"x | a=1e999 b=nan;;;; =3 c=1;2;3;4;5;6 long\"; exit 1'", "code": "sh -c 'exit 200'"}


def hostile_servers(t):
    servers, checks, udp = [], [], udp_silent()
    for table, kind in ((HOSTILE_WEB, "web"), (HOSTILE_TCP, "tcp"), (HOSTILE_TLS, "tls")):
        for name, fn in table.items():
            s = Tcp(fn)
            servers.append(s)
            if kind == "web":
                checks.append(f"{{ http: {{ name: web-{name}, url: 'http://127.0.0.1:{s.port}/', expect: {{ body: 'never there' }} }} }}")
            elif kind == "tcp":
                checks.append(f"{{ tcp: {{ name: tcp-{name}, port: '127.0.0.1:{s.port}', expect: 'SSH-2.0' }} }}")
            else:
                checks.append(f"{{ tls: {{ name: tls-{name}, target: '127.0.0.1:{s.port}' }} }}")
                checks.append(f"{{ http: {{ name: https-{name}, url: 'https://127.0.0.1:{s.port}/' }} }}")
    for name, command in HOSTILE_PLUGINS.items():
        checks.append("{ plugin: { name: plugin-%s, timeout: 1500ms, command: \"%s\" } }" % (name, command.replace("\\", "\\\\").replace('"', '\\"')))
    checks.append(f"{{ dns: {{ name: dns-silent, query: example.org, server: 127.0.0.1, port: {udp.getsockname()[1]} }} }}")
    page = Page()
    conf = "defaults: { every: 2s, retry: 2s, attempts: 2, timeout: 1500ms }\nhosts:\n  good: { alive: no, checks: [{ http: " + page.url + " }] }\n  evil:\n    alive: no\n    checks:\n" + "".join(f"      - {c}\n" for c in checks)
    with Daemon(conf) as d:
        d.wait("good/http", state="ok")
        first = d.rss_kb()
        rows = until(lambda: (lambda r: all(v["hard"] and v["state"] != "pending" for k, v in r.items() if k[0] == "evil" and k[1]) and r)(d.rows()), 60) or d.rows()
        for (host, check), r in rows.items():
            if host == "evil" and check:
                clean = r["output"].isprintable() or not re.search(r"[\x00-\x1f\x7f\ufffe\ud800-\udfff]", r["output"])
                t.ok(r["state"] in ("critical", "unknown", "warning") and r["output"].strip() and clean and len(r["output"]) < 10000, f"evil/{check}: {r['state']}, and a text", r)
        time.sleep(6)
        t.ok(d.alive(), "the daemon lives", d.log()[-3000:])
        now = d.row("good/http")
        ages = [k for k, r in d.rows().items() if k[1] and time.time() - __import__("calendar").timegm(time.strptime(r["last_check"][:19], "%Y-%m-%dT%H:%M:%S")) > 15]
        t.ok(now["state"] == "ok" and not ages, "every check goes on being made", ages)
        t.ok(d.rss_kb() < first + (600000 if "asan" in VIGIE else 60000), "memory stays bounded", (first, d.rss_kb()))
        time.sleep(1)
        sleepers = [p for p in left_over(d.pid) if b"sleep" in pathlib.Path(f"/proc/{p}/cmdline").read_bytes()[:6]]
        t.ok(len(sleepers) < 12, "plugins that ran out of time are killed with their children", sleepers)
        session = d.pid
        d.stop()
    t.ok(d.process.returncode == 0 and until(lambda: not left_over(session), 10), "it ends well, and leaves nothing running", left_over(session))
    for s in servers:
        s.stop()
    page.stop(), udp.close()


def dead_dns(t):
    udp = udp_silent()
    page = Page()
    with Daemon(f"defaults: {{ every: 1s, retry: 1s, attempts: 1, timeout: 1s }}\nhosts:\n  ns: {{ alive: no, checks: [{{ dns: {{ query: example.org, server: 127.0.0.1, port: {udp.getsockname()[1]} }} }}, {{ http: {{ url: 'http://no-such-name.invalid/' }} }}] }}\n  good: {{ alive: no, checks: [{{ http: {page.url} }}] }}\n") as d:
        r = d.wait("ns/dns", state="critical")
        t.ok(r and re.search(r"answer", r["output"]), "a DNS server that does not answer: critical, and what it was", d.rows())
        r = d.wait("ns/http", state=lambda s: s in ("critical", "unknown"))
        t.ok(r and "name" in r["output"] or r and "DNS" in r["output"], "a page whose name cannot be found: the text says that it was the name", r)
        t.ok(d.wait("good/http", state="ok"), "other checks go on", d.rows())
    udp.close(), page.stop()


# ---- start ----

def cannot_start(t):
    with Daemon("hosts: {}\n") as d:
        s = vigie("serve", "--data", d.data, "--listen", "127.0.0.1:0", timeout=20)
        t.ok(s.rc == 1 and d.data in s.err and str(d.pid) in s.err, "a second daemon with the same data: refused, and which process has it", s)
        t.ok(d.cli("health").rc == 0, "the first one is not disturbed", d.log())
        other = os.path.join(temp_dir(), "other")
        s = vigie("serve", "--data", other, "--listen", f"127.0.0.1:{d.port}", timeout=20)
        t.ok(s.rc == 1 and str(d.port) in s.err, "an address in use: refused, and which", s)
        s = vigie("serve", "--data", other, "--listen", "nonsense", timeout=20)
        t.ok(s.rc in (1, 2) and "nonsense" in s.err, "an address that is none", s)
    garbage = temp_dir()
    pathlib.Path(garbage, "vigie.db").write_bytes(os.urandom(8192))
    s = vigie("serve", "--data", garbage, "--listen", "127.0.0.1:0", timeout=20)
    t.ok(s.rc == 1 and s.err.strip() and "vigie.db" in s.err, "a database that is none: refused in words", s)
    t.ok(pathlib.Path(garbage, "vigie.db").stat().st_size == 8192, "… and left as it is", None)
    s = vigie("serve", "--data", "/proc/nowhere/data", "--listen", "127.0.0.1:0", timeout=20)
    t.ok(s.rc == 1 and "/proc/nowhere" in s.err, "a directory that cannot be made", s)
    s = vigie("serve", "--config", "/nowhere/vigie.yaml", "--data", other, "--listen", "127.0.0.1:0", timeout=20)
    t.ok(s.rc == 1 and "/nowhere/vigie.yaml" in s.err, "a configuration that is not there", s)


tap = Tap()
for part in (cannot_start, dead_dns, hostile_servers, kill_9, full_disk):
    tap.part(part)
tap.done()
