# SPDX-License-Identifier: GPL-3.0-or-later
# packages: iproute2 lldpd snmpd
"""Five namespaces with two routers and real packets: discovery finds who is there, who they are and what lies behind whom; what it proposes is taken
into the configuration as it is; then the first router's link is cut: one problem is told, all behind it is unreachable, and it comes back.

    mon ── (bridge in) r1 ── r2 ── b        r1 and r2 run snmpd and lldpd; r2 serves the web
                        └── a               a and b are off mon's link: only their routers know them"""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *

TAG = f"vq{os.getpid() % 10000}"
MON, R1, R2, A, B = (f"{TAG}{x}" for x in ("m", "r1", "r2", "a", "b"))
ALL = (MON, R1, R2, A, B)
NET, COMMUNITY = "10.78.0", "lookout"
DRIVER = pathlib.Path(VIGIE).parents[2] / "tests/bench/bench_discover"  # one run, without a daemon


def ip(*words, ns=None):
    return subprocess.run((["ip", "-n", ns] if ns else ["ip"]) + [str(w) for w in words], capture_output=True, text=True)


def must(*words, ns=None):
    p = ip(*words, ns=ns)
    if p.returncode:
        raise RuntimeError(f"ip {' '.join(map(str, words))}: {p.stderr}")


def inside(ns, *words):
    return ["ip", "netns", "exec", ns, *map(str, words)]


@atexit.register
def take_down():
    end_servers()
    for ns in ALL:
        ip("netns", "del", ns)


def link(one, other, name_one, name_other, address_one=None, address_other=None):
    must("link", "add", name_one, "netns", one, "type", "veth", "peer", "name", name_other, "netns", other)
    for ns, name, address in ((one, name_one, address_one), (other, name_other, address_other)):
        if address:
            must("address", "add", address + "/24", "dev", name, ns=ns)
        must("link", "set", name, "up", ns=ns)


def build():
    for ns in ALL:
        must("netns", "add", ns)
        must("link", "set", "lo", "up", ns=ns)
    must("link", "add", "br0", "type", "bridge", ns=R1)
    must("address", "add", f"{NET}.1/24", "dev", "br0", ns=R1)
    must("link", "set", "br0", "up", ns=R1)
    link(R1, MON, "to-mon", "eth0", None, f"{NET}.2")
    link(R1, R2, "to-r2", "eth0", None, f"{NET}.3")
    for port in ("to-mon", "to-r2"):
        must("link", "set", port, "master", "br0", ns=R1)
    link(R1, A, "to-a", "eth0", "10.78.1.1", "10.78.1.2")
    link(R2, B, "to-b", "eth0", "10.78.2.1", "10.78.2.2")
    routes()
    for ns in (R1, R2):
        run(*inside(ns, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"))


def routes():
    for ns, to, via in ((MON, "10.78.1.0/24", f"{NET}.1"), (MON, "10.78.2.0/24", f"{NET}.3"), (A, "default", "10.78.1.1"), (B, "default", "10.78.2.1"),
                        (R1, "10.78.2.0/24", f"{NET}.3"), (R2, "10.78.1.0/24", f"{NET}.1")):
        must("route", "replace", to, "via", via, ns=ns)


def background(log, words, **more):
    with open(log, "ab") as f:
        p = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=f, stderr=f, start_new_session=True, **more)
    started.append(p)
    return p


def router_programs(d, ns, name):
    """snmpd, and lldpd as its subagent; each sees a /run and a host name of its own."""
    pathlib.Path(d, f"{name}.conf").write_text(f"rocommunity {COMMUNITY}\nsysName {name}\nmaster agentx\nagentXSocket {d}/{name}.agentx\nagentXPerms 0777 0777\n")
    background(f"{d}/{name}.snmpd", inside(ns, "/usr/sbin/snmpd", "-f", "-Lo", "-C", "-c", f"{d}/{name}.conf", "-p", f"{d}/{name}.pid", "udp:161"), env=dict(os.environ, SNMP_PERSISTENT_DIR=f"{d}/{name}.state", MIBS=""))
    until(lambda: os.path.exists(f"{d}/{name}.agentx"), 20)
    inner = f"hostname {name}; mount -t tmpfs tmpfs /run; mkdir -p /run/lldpd; exec lldpd -d -x -X {d}/{name}.agentx -u {d}/{name}.lldpd"
    background(f"{d}/{name}.log", inside(ns, "unshare", "-u", "-m", "sh", "-c", inner))

    def said(*words):
        p = subprocess.run(["lldpcli", "-u", f"{d}/{name}.lldpd", *words], capture_output=True, text=True)
        return p.stdout or "done" if p.returncode == 0 else ""

    def configured(): # it waits for a lldpcli of its own to let it begin, which ours may have kept out
        return said("resume") and said("configure", "lldp", "tx-interval", "1") and "tx-delay=1\n" in said("-f", "keyvalue", "show", "configuration")
    if not until(configured, 20):
        raise RuntimeError("lldpd: " + pathlib.Path(f"{d}/{name}.log").read_text(errors="replace")[-1000:])


def neighbours(d, name):
    p = subprocess.run(["lldpcli", "-u", f"{d}/{name}.lldpd", "-f", "keyvalue", "show", "neighbors"], capture_output=True, text=True)
    return p.stdout


def frames(seconds):
    """LLDP frames that reach mon's link in a while, so that what is not heard is told from what is not said."""
    code = f"import socket,sys,time\ns=socket.socket(socket.AF_PACKET,socket.SOCK_RAW,socket.htons(0x88cc))\nend=time.time()+{seconds}\nn=0\nwhile time.time()<end:\n s.settimeout(max(0.01,end-time.time()))\n try: n+=len(s.recv(2000))>0\n except OSError: pass\nprint(n)"
    return int(run(*inside(MON, sys.executable, "-c", code)))


def discover(*words):
    """A run of its own in mon: the findings, and the line about its end."""
    p = subprocess.run(inside(MON, DRIVER, *words), capture_output=True, text=True, timeout=120)
    lines = [json.loads(x) for x in p.stdout.splitlines()]
    return lines[:-1], lines[-1] if lines else p


CONFIG = """
site: { mail: { sendmail: %s } }
contacts: { ops: ops@example.org }
defaults: { every: 1s, retry: 1s, attempts: 2, timeout: 1s }
"""


def refusals(t):
    found, end = discover("10.78.1.0/24")
    t.ok(not found and f"{NET}.0/24 (eth0)" in (end["error"] or "") and end["packets"] == 0, "a network that is not on link is refused, and nothing is sent; said is which are", end)
    found, end = discover("10.78.0.0/16")
    t.ok(not found and "/20" in (end["error"] or ""), "one that is too large, too", end)


def look(t):
    found, end = discover(f"{NET}.0/24", 0, 4000, "wrong", COMMUNITY)
    hosts = {f["host"]: f for f in found if not f["check"]}
    t.ok(end["error"] is None and end["seconds"] < 60, f"a run ends: {end['seconds']:.1f} s, {end['packets']} packets", end)
    t.eq(sorted(hosts), sorted(["r1", "r2", "10.78.1.2", "10.78.2.2"]), "found are the routers, by their names, and who stands in their ARP tables")
    if len(hosts) != 4:
        return found
    t.ok(hosts["r1"]["parents"] is None and "heard by LLDP on eth0" in hosts["r1"]["evidence"], "r1: heard by LLDP on our own link", hosts["r1"])
    t.ok(hosts["r1"]["address"] == f"{NET}.1" and "router" in hosts["r1"]["what"], "… a router", hosts["r1"])
    t.eq(hosts["r2"]["parents"], "r1", "r2 is behind r1")
    t.eq((hosts["10.78.1.2"]["parents"], hosts["10.78.2.2"]["parents"]), ("r1", "r2"), "a is behind r1, b behind r2")
    checks = {(f["host"], f["check"]): f for f in found if f["check"]}
    t.ok(("r2", "http") in checks and f"http://{NET}.3/" in checks["r2", "http"]["yaml"], "the web at r2 is found", list(checks))
    t.ok(("r1", "snmp") in checks and ("r2", "snmp") in checks and any(h == "r1" and c.startswith("if-to-r2") for h, c in checks), "SNMP, and the interfaces that are up", list(checks))
    port = next((f for (h, c), f in checks.items() if h == "r1" and c == "if-to-r2"), None)
    t.ok(port and "to r2" in port["what"], "… each with its neighbour by LLDP", port)
    return found


def again_without_privileges(t):
    if not shutil.which("setpriv"):
        return t.skip("without CAP_NET_RAW", "no setpriv")
    p = subprocess.run(inside(MON, "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--bounding-set", "-all", DRIVER, f"{NET}.0/24"), capture_output=True, text=True, timeout=120)
    lines = [json.loads(x) for x in p.stdout.splitlines()]
    if not lines:
        return t.skip("without CAP_NET_RAW", f"another user may not run it here ({p.stderr.strip()[-80:]})")
    found = {f["host"] for f in lines[:-1] if not f["check"]}
    t.eq(found, {f"{NET}.1", f"{NET}.3"}, "without privileges the table of neighbours and answers tell as much")


def cut(t, found):
    """By the daemon and its command line; found is what the first run told."""
    d = temp_dir()
    stub, kept = os.path.join(d, "sendmail"), os.path.join(d, "mails")
    pathlib.Path(stub).write_text(f"#!/bin/sh\nf=$(mktemp {kept}.XXXXXX.new); cat > $f; mv $f ${{f%.new}}\n")
    os.chmod(stub, 0o755)

    def mails():
        return [subject(p.read_text()) for p in sorted(pathlib.Path(d).glob("mails.*"), key=lambda p: p.stat().st_mtime) if p.suffix != ".new"]
    with Daemon(CONFIG % stub, prefix=["ip", "netns", "exec", MON]) as v:
        s = v.cli("discover", "--net", f"{NET}.0/24", "--community", COMMUNITY)
        t.ok(s.rc != 0 and "--yes" in s.err, "vigie discover asks nobody without a yes", s)
        s = v.cli("discover", "--net", "10.78.1.0/24", "--yes")
        t.ok(s.rc != 0 and f"{NET}.0/24 (eth0)" in s.out + s.err, "… nor others' networks", s)
        s = v.cli("discover", "--net", f"{NET}.0/24", "--yes", "--community", COMMUNITY, "--listen", "4s")
        t.ok(s.rc == 0 and all(x in s.out for x in ("r1", "r2", "10.78.1.2", "10.78.2.2")), "with it, it shows the hosts and what is behind them", s)
        t.ok("if-to-r2" in s.out and COMMUNITY not in s.out + json.dumps(v.api("GET", "/api/v1/discovered").json) + v.log(), "… and shows the community to nobody", s)
        s = v.cli("discover", "accept", "net/*")
        written = "".join(f"\n# {p.name}\n{p.read_text()}" for p in sorted(pathlib.Path(v.data).rglob("discovered/*.yaml")))
        t.ok(s.rc == 0 and "parents:" in written, "accepted: written as text below conf.d/discovered, and loaded", (s, written))
        mine = sorted({(f["host"], f["check"]) for f in found}, key=str)

        def well():
            rows = v.rows()
            return all(m in rows and rows[m]["state"] in ("up", "ok") for m in mine)
        ill = lambda: {m: r for m, r in ((m, v.rows().get(m)) for m in mine) if not r or r["state"] not in ("up", "ok")}
        t.ok(until(well, 60), "all that was proposed is well", ill())
        before = len(mails())
        must("link", "set", "to-mon", "down", ns=R1)
        t.ok(v.wait("r1", state="down", hard=True), "r1's link is cut: r1 is down", v.rows())
        behind = [v.wait(x, state="unreachable", hard=True) for x in ("r2", "10.78.1.2", "10.78.2.2")]
        t.ok(all(behind) and {r["cut"] for r in behind} == {"r1"}, "all behind it is unreachable, and r1 is named as the cut", behind)
        v.wait("r2/http", state="critical", hard=True)
        time.sleep(4)
        told = mails()[before:]
        t.ok(len(told) == 1 and "r1" in told[0], "one mail for all of it, about r1", told)
        must("link", "set", "to-mon", "up", ns=R1)
        routes()
        t.ok(until(well, 60), "the link is back: all is well again", ill())
        time.sleep(2)
        told = mails()[before:]
        t.ok(len(told) == 2 and "r1" in told[1], "one mail for the recovery", told)


def network(t):
    try:
        build()
    except (RuntimeError, OSError) as e:
        if not re.search(r"not permitted|not supported|Unknown device type|denied|Read-only", str(e)):
            raise
        return t.skip("a network of namespaces", f"not permitted here ({str(e).strip().splitlines()[-1][:80]})")
    d = temp_dir()
    os.chmod(d, 0o755)  # lldpd and lldpcli leave root behind
    for ns, name in ((R1, "r1"), (R2, "r2")):
        router_programs(d, ns, name)
    background(f"{d}/web", inside(R2, sys.executable, "-m", "http.server", "80", "--directory", d))
    for ns, address in ((MON, "10.78.1.2"), (MON, "10.78.2.2")): # packets pass, so that the routers know who is behind them
        until(lambda: subprocess.run(inside(ns, "ping", "-c1", "-W1", address), capture_output=True).returncode == 0, 20)
    t.ok(until(lambda: "r2" in neighbours(d, "r1") and "r1" in neighbours(d, "r2"), 40), "the routers hear each other by LLDP", neighbours(d, "r1"))
    t.ok(until(lambda: frames(3) >= 2, 40), "r1 says who it is on mon's link, every second")
    refusals(t)
    found = look(t)
    again_without_privileges(t)
    cut(t, found)


tap = Tap()
if os.geteuid() != 0 or not all(shutil.which(x) for x in ("ip", "lldpd", "snmpd", "ping", "unshare")):
    tap.skip("discovery of a network", "needs root, ip, ping, lldpd and snmpd")
else:
    tap.part(network)
tap.done()
