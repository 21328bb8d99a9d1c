# SPDX-License-Identifier: GPL-3.0-or-later
# packages: iproute2 iputils-ping
"""A small network of namespaces with real packets: monitor – router – two hosts.  A dead router is one problem that names
the cut; what lies behind it is unreachable, not down (MON-12); a dead host is that host alone."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from kit import *

TAG = f"vg{os.getpid() % 10000}"
MON, ROUTER, A, B = (f"{TAG}{x}" for x in "mrab")
servers = []


def ip(*words, ns=None):
    command = (["ip", "-n", ns] if ns else ["ip"]) + list(words)
    return subprocess.run(command, capture_output=True, text=True)


def must(*words, ns=None):
    p = ip(*words, ns=ns)
    if p.returncode:
        raise RuntimeError(f"ip {' '.join(words)}: {p.stderr}")


@atexit.register
def take_down():
    for s in servers:
        s.kill()
    for ns in (MON, ROUTER, A, B):
        ip("netns", "del", ns)


def link(one, other, n, name_one, name_other):
    """10.77.n.1 at the first end, 10.77.n.2 at the other."""
    must("link", "add", name_one, "netns", one, "type", "veth", "peer", "name", name_other, "netns", other)
    for ns, name, last in ((one, name_one, 1), (other, name_other, 2)):
        must("address", "add", f"10.77.{n}.{last}/24", "dev", name, ns=ns)
        must("link", "set", name, "up", ns=ns)


def build():
    for ns in (MON, ROUTER, A, B):
        must("netns", "add", ns)
        must("link", "set", "lo", "up", ns=ns)
    link(ROUTER, MON, 0, "to-mon", "eth0")
    link(ROUTER, A, 1, "to-a", "eth0")
    link(ROUTER, B, 2, "to-b", "eth0")
    for ns, n in ((MON, 0), (A, 1), (B, 2)):
        must("route", "add", "default", "via", f"10.77.{n}.1", ns=ns)
    must("netns", "exec", ROUTER, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    for ns in (A, B):
        servers.append(subprocess.Popen(["ip", "netns", "exec", ns, sys.executable, "-m", "http.server", "8000", "--directory", temp_dir()], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL))


CONFIG = """
site: { mail: { sendmail: %s } }
contacts: { ops: ops@example.org }
defaults: { every: 1s, retry: 1s, attempts: 2, timeout: 1s }
hosts:
  router1: { address: 10.77.0.1, alive: { icmp: { count: 2, every: 1s, timeout: 1s } } }
  web1: { address: 10.77.1.2, parents: [router1], alive: { icmp: { count: 2, every: 1s, timeout: 1s } }, checks: [{ tcp: 8000 }, { http: "http://10.77.1.2:8000/" }] }
  web2: { address: 10.77.2.2, parents: [router1], alive: { icmp: { count: 2, every: 1s, timeout: 1s } }, checks: [{ tcp: 8000 }, { icmp: { count: 3, rtt: { warn: 500ms } } }] }
"""


def network(t):
    try:
        build()
    except (RuntimeError, OSError) as e:
        if not re.search(r"not permitted|not supported|Unknown device type|denied|Read-only", str(e)):
            raise
        return t.skip("a network of namespaces", f"not permitted here ({str(e).strip().splitlines()[-1][:80]})")
    d = temp_dir()
    stub, kept = os.path.join(d, "sendmail"), os.path.join(d, "mails")
    pathlib.Path(stub).write_text(f"#!/bin/sh\nf=$(mktemp {kept}.XXXXXX.new); cat > $f; mv $f ${{f%.new}}\n")
    os.chmod(stub, 0o755)

    def mails():
        return [subject(p.read_text()) for p in sorted(pathlib.Path(d).glob("mails.*"), key=lambda p: p.stat().st_mtime) if p.suffix != ".new"]
    with Daemon(CONFIG % stub, prefix=["ip", "netns", "exec", MON]) as v:
        all_up = lambda: all(r["state"] in ("up", "ok") for r in v.rows().values())
        t.ok(until(all_up, 30), "all is up", v.rows())
        r = v.row("web2/icmp")
        t.ok(r["perfdata"] and "pl=0%" in r["perfdata"], "ping through the router", r)
        # the router dies
        must("link", "set", "to-mon", "down", ns=ROUTER)
        down = v.wait("router1", state="down", hard=True)
        t.ok(down, "the router's link is cut: the router is down", v.rows())
        one, two = v.wait("web1", state="unreachable", hard=True), v.wait("web2", state="unreachable", hard=True)
        t.ok(one and two and one["cut"] == two["cut"] == "router1", "what lies behind is unreachable, and the cut is named", (one, two))
        v.wait("web1/tcp", state="critical", hard=True)
        time.sleep(4)
        told = mails()
        t.ok(len(told) == 1 and "router1" in told[0], "one mail for all of it, about the router (MON-12)", told)
        s = v.cli("why", "web1")
        t.ok(s.rc == 0 and "router1" in s.out, "why names the router", s)
        s = v.cli("status", "--json").json["summary"]
        t.ok(s["down"] == 1 and s["unreachable"] == 2, "the summary: one down, two unreachable", s)
        # and lives again
        must("link", "set", "to-mon", "up", ns=ROUTER)
        must("route", "replace", "default", "via", "10.77.0.1", ns=MON)
        t.ok(until(all_up, 30), "the router is back: all is up again", v.rows())
        time.sleep(2)
        told = mails()
        t.ok(len(told) == 2 and "router1" in told[1], "one mail for the recovery", told)
        # one host dies
        must("link", "set", "eth0", "down", ns=A)
        r = v.wait("web1", state="down", hard=True)
        t.ok(r and not r["cut"], "a dead host is down, not unreachable", v.rows())
        t.ok(v.row("web2")["state"] == v.row("router1")["state"] == "up", "… and nobody else is", v.rows())
        v.wait("web1/tcp", state="critical", hard=True)
        time.sleep(3)
        told = mails()[2:]
        t.ok(len(told) == 1 and "web1" in told[0] and "tcp" not in told[0], "one mail: the host, not its services", told)
        must("link", "set", "eth0", "up", ns=A)
        must("route", "replace", "default", "via", "10.77.1.1", ns=A)
        t.ok(until(all_up, 30), "it is back", v.rows())
        # a service dies: its host answers
        servers[1].kill()
        t.ok(v.wait("web2/tcp", state="critical", hard=True, output=lambda o: "refused" in o), "a dead service: refused, its host is up", v.rows())
        t.eq(v.row("web2")["state"], "up", "… still")
        # a router that says no
        must("route", "add", "unreachable", "10.77.1.2/32", ns=ROUTER)
        r = v.wait("web1", state="down", hard=True)
        t.ok(r and re.search(r"unreachable|no answer", r["output"]), "the router says “unreachable”: the host is down, and the text says why", v.rows())
        t.eq(v.row("router1")["state"], "up", "… the router is not")


tap = Tap()
if os.geteuid() != 0 or not shutil.which("ip"):
    tap.skip("a network of namespaces", "needs root and ip")
else:
    tap.part(network)
tap.done()
