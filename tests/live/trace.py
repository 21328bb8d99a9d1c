# SPDX-License-Identifier: GPL-3.0-or-later
# packages: iproute2
"""The way to a host over real routers in namespaces: monitor – r1 – (r2 or r3) – host. Up, another way, a silent router, a
host that is gone, a routing loop, a router that says no; IPv4 and IPv6; forged and broken ICMP on the way."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from kit import *

TAG = f"vt{os.getpid() % 10000}"
MON, R1, R2, R3, WEB = (f"{TAG}{x}" for x in "mxyzw")
ALL = (MON, R1, R2, R3, WEB)


def ip(*words, ns=None, check=True):
    p = subprocess.run((["ip", "-n", ns] if ns else ["ip"]) + list(words), capture_output=True, text=True)
    if check and p.returncode:
        raise RuntimeError(f"ip {' '.join(words)}: {p.stderr}")


@atexit.register
def take_down():
    for ns in ALL:
        ip("netns", "del", ns, check=False)


def inside(ns, *words, **more):
    return subprocess.run(["ip", "netns", "exec", ns, *words], capture_output=True, text=True, **more)


def link(n, one, other):
    """10.78.n.1 and fd78:n::1 at the first end, .2 at the other; the devices are called l<n>."""
    ip("link", "add", f"l{n}", "netns", one, "type", "veth", "peer", "name", f"l{n}", "netns", other)
    for ns, last in ((one, 1), (other, 2)):
        ip("address", "add", f"10.78.{n}.{last}/24", "dev", f"l{n}", ns=ns)
        ip("address", "add", f"fd78:{n}::{last}/64", "dev", f"l{n}", "nodad", ns=ns)
        ip("link", "set", f"l{n}", "up", ns=ns)


def route(ns, n, last, net="default"):
    for family, via in (("-4", f"10.78.{n}.{last}"), ("-6", f"fd78:{n}::{last}")):
        to = net if net == "default" else (f"10.78.{net}.0/24" if family == "-4" else f"fd78:{net}::/64")
        ip(family, "route", "replace", to, "via", via, ns=ns)


def build():
    for ns in ALL:
        ip("netns", "add", ns)
        ip("link", "set", "lo", "up", ns=ns)
        # what a router tells is limited by default: too little for one that is asked again and again by a test
        inside(ns, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding; echo 0 > /proc/sys/net/ipv4/icmp_ratelimit; echo 0 > /proc/sys/net/ipv6/icmp/ratelimit; echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter; echo 0 > /proc/sys/net/ipv4/conf/default/rp_filter; for f in /proc/sys/net/ipv4/conf/*/send_redirects; do echo 0 > $f; done; echo 0 > /proc/sys/net/ipv4/ping_group_range")
    link(1, R1, MON)
    link(2, R1, R2)
    link(3, R1, R3)
    link(4, R2, WEB)
    link(5, R3, WEB)
    ip("address", "add", "10.78.9.9/32", "dev", "lo", ns=WEB)
    ip("address", "add", "fd78:9::9/128", "dev", "lo", ns=WEB)
    route(MON, 1, 1)
    route(WEB, 4, 1)
    for ns, n in ((R2, 4), (R3, 5)):
        route(ns, n, 2, 9)
    route(R2, 2, 1)
    route(R3, 3, 1)
    route(R1, 2, 2, 9)


CONFIG = """
site: { mail: { sendmail: /bin/true } }
contacts: { ops: ops@example.org }
defaults: { every: 1s, retry: 1s, attempts: 1 }
hosts:
  web:
    address: 10.78.9.9
    alive: passive
    checks:
      - trace: { wait: 300ms, tries: 1, timeout: 8s }
      - trace: { name: wanted, via: [10.78.2.0/24], not_via: [10.78.3.0/24], wait: 300ms, tries: 1, timeout: 8s }
      - trace: { name: six, target: "fd78:9::9", wait: 300ms, tries: 1, timeout: 8s }
"""


# Run in the monitor's namespace: ICMP “time exceeded” and worse that nobody asked for, quoting our likely ports or nothing.
NOISE = """
import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
def total(b):
    n = sum(struct.unpack(f"!{len(b) // 2}H", b))
    n = (n >> 16) + (n & 0xffff)
    return ~(n + (n >> 16)) & 0xffff
mine, web = socket.inet_aton("10.78.1.2"), socket.inet_aton("10.78.9.9")
for port in range(20000, 32040, 41):
    for kind, code in ((11, 0), (3, 3), (3, 200), (12, 0)):
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, 0, 0, 1, 17, 0, mine, web)
        body = ip + struct.pack("!HHHH", port, 33434, 8, 0)
        body = body[:[len(body), 20, 3, 0][port // 41 % 4]]
        body += b"\\0" * (len(body) % 2)
        head = struct.pack("!BBHI", kind, code, 0, 0xffffffff)
        p = struct.pack("!BBHI", kind, code, total(head + body), 0xffffffff) + body
        try:
            s.sendto(p, ("10.78.1.2", 0))
        except OSError:
            pass
"""


def ways(t):
    try:
        build()
    except (RuntimeError, OSError) as e:
        if not re.search(r"not permitted|not supported|Unknown device type|denied|Read-only", str(e)):
            raise
        return t.skip("ways over namespaces", f"not permitted here ({str(e).strip().splitlines()[-1][:80]})")
    with Daemon(CONFIG, prefix=["ip", "netns", "exec", MON]) as v:
        r = v.wait("web/trace", state="ok", output=lambda o: o.startswith("3 hops to 10.78.9.9"))
        t.ok(r, "up: three hops", v.rows())
        r = v.wait("web/six", state="ok", output=lambda o: o.startswith("3 hops to fd78:9::9"))
        t.ok(r, "… by IPv6, too", v.rows())
        t.ok(v.wait("web/wanted", state="ok"), "… over the network it should take", v.rows())
        time.sleep(4)  # three runs are learnt
        inside(MON, sys.executable, "-c", NOISE, timeout=60)
        t.ok(all(v.row(f"web/{c}")["state"] == "ok" for c in ("trace", "six", "wanted")), "forged and broken ICMP changes nothing", v.rows())

        route(R1, 3, 2, 9)  # the other router
        r = v.wait("web/trace", state="warning")
        t.ok(r and "path changed after hop 1: 10.78.2.2 → 10.78.3.2" in r["output"], "another router: told, with both", v.rows())
        r = v.wait("web/six", state="warning")
        t.ok(r and "fd78:2::2 → fd78:3::2" in r["output"], "… by IPv6, too", v.rows())
        r = v.wait("web/wanted", state="warning")
        t.ok(r and "10.78.3.2 (hop 2), which it must not" in r["output"], "… it must not be that one", v.rows())
        route(R1, 2, 2, 9)
        t.ok(v.wait("web/trace", state="ok") and v.wait("web/six", state="ok"), "the usual way again", v.rows())

        # a router that forwards but tells nothing: no change
        ip("-4", "rule", "add", "from", "10.78.2.2", "table", "77", ns=R2)
        ip("-4", "route", "add", "blackhole", "default", "table", "77", ns=R2)
        time.sleep(3)
        t.eq(v.row("web/trace")["state"], "ok", "a silent router is no change")
        ip("-4", "rule", "del", "from", "10.78.2.2", "table", "77", ns=R2)

        # the router dies
        ip("link", "set", "l4", "down", ns=WEB)
        r = v.wait("web/trace", state="critical", output=lambda o: "10.78" in o)
        t.ok(r and re.search(r"no answer from 10.78.9.9 after hop 2, 10.78.2.2|10.78.2.2 \(hop 2\) says: host unreachable", r["output"]), "the host is cut off: the last that answered is named", v.rows())
        ip("link", "set", "l2", "down", ns=R2)
        r = v.wait("web/trace", state="critical", output=lambda o: "10.78.1.1" in o)
        t.ok(r, "its router is dead: the one before is named", v.rows())
        # a loop between r1 and r3
        route(R1, 3, 2, 9)
        route(R3, 3, 1, 9)
        r = v.wait("web/trace", state="critical", output=lambda o: "routing loop" in o)
        t.ok(r, "a routing loop is told as one", v.rows())
        # a router that says no
        ip("-4", "route", "replace", "prohibit", "10.78.9.0/24", ns=R1)
        r = v.wait("web/trace", state="critical", output=lambda o: "forbidden" in o)
        t.ok(r and "10.78.1.1 (hop 1) says: forbidden" in r["output"], "a router says no: who and what", v.rows())


tap = Tap()
if os.geteuid() != 0 or not shutil.which("ip"):
    tap.skip("ways over namespaces", "needs root and ip")
else:
    tap.part(ways)
tap.done()
