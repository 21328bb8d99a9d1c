# SPDX-License-Identifier: GPL-3.0-or-later
# packages: iproute2 nmap fping
"""Discovery of a /24 with 50 answering hosts, each a network namespace of its own on a bridge, with ssh and the web at every fifth; at the default
rate, within its budget of packets. Debian's nmap and fping sweep the same network in the same run."""
import json
import re
import shutil

DISCOVER_HOSTS, DISCOVER_NET = 50, "10.79.1"
# What lives in the namespaces: one process that opens its sockets in each of them.
DISCOVER_SERVERS = """
import ctypes, os, select, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
listeners = {}
for ns in sys.argv[1:]:
    with open("/run/netns/" + ns) as f:
        if libc.setns(f.fileno(), 0x40000000):
            sys.exit(1)
    for port, hello in ((22, b"SSH-2.0-bench\\r\\n"), (80, b"")):
        s = socket.create_server(("0.0.0.0", port))
        listeners[s.fileno()] = (s, hello)
print("ready", flush=True)
streams = {}
while True:
    for fd in select.select(list(listeners) + list(streams), [], [])[0]:
        if fd in listeners:
            c = listeners[fd][0].accept()[0]
            c.sendall(listeners[fd][1])
            streams[c.fileno()] = c
            continue
        c = streams.pop(fd)
        try:
            if c.recv(4096):
                c.sendall(b"HTTP/1.0 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
        except OSError:
            pass
        c.close()
"""


def discover_ip(*words, check=True):
    return subprocess.run(["ip", *map(str, words)], check=check, capture_output=True, text=True)


def discover_build(tag):
    """A namespace with a bridge, and one for each host: its addresses are spread over the /24."""
    hub, hosts = f"{tag}x", [f"{tag}h{i}" for i in range(DISCOVER_HOSTS)]
    discover_ip("netns", "add", hub)
    for words in (("link", "set", "lo", "up"), ("link", "add", "br0", "type", "bridge"), ("link", "set", "br0", "up"), ("address", "add", f"{DISCOVER_NET}.1/24", "dev", "br0")):
        discover_ip("-n", hub, *words)
    for i, ns in enumerate(hosts):
        discover_ip("netns", "add", ns)
        discover_ip("-n", hub, "link", "add", f"p{i}", "type", "veth", "peer", "name", "eth0", "netns", ns)
        discover_ip("-n", hub, "link", "set", f"p{i}", "master", "br0", "up")
        discover_ip("-n", ns, "address", "add", f"{DISCOVER_NET}.{3 + i * 5}/24", "dev", "eth0")
        discover_ip("-n", ns, "link", "set", "eth0", "up")
    return hub, hosts


def discover_timed(words, pattern):
    before = time.monotonic()
    p = subprocess.run(words, capture_output=True, text=True)
    return time.monotonic() - before, len(re.findall(pattern, p.stdout))


def discover_sent(hub):
    """Packets that left the bridge's own interface, as the kernel counts them."""
    return int(discover_ip("netns", "exec", hub, "cat", "/sys/class/net/br0/statistics/tx_packets").stdout)


def bench_discover():
    if os.geteuid() != 0 or not shutil.which("ip"):
        print("discovery: needs root and ip", file=sys.stderr)
        return
    tag = f"vd{os.getpid() % 10000}"
    servers = None
    try:
        hub, hosts = discover_build(tag)
        servers = start([sys.executable, "-c", DISCOVER_SERVERS, *hosts[::5]], stdout=subprocess.PIPE)
        servers.stdout.readline()
        time.sleep(2)  # the bridge learns
        sent = discover_sent(hub)
        out = subprocess.run(["ip", "netns", "exec", hub, str(build / "tests/bench/bench_discover"), f"{DISCOVER_NET}.0/24"], capture_output=True, text=True).stdout
        sent = discover_sent(hub) - sent
        lines = [json.loads(x) for x in out.splitlines()]
        found, end = [x for x in lines[:-1] if x["check"] is None], lines[-1]
        services = len(lines) - 1 - len(found)
        peers = []
        for name, words, pattern in (("nmap -sn", ["nmap", "-n", "-sn", f"{DISCOVER_NET}.0/24"], r"Host is up"), ("nmap, the 22 ports", ["nmap", "-n", "-sS", "-p", "21,22,25,53,80,110,143,389,443,445,465,587,631,993,995,3306,3389,5432,5666,8080,8443,9100", f"{DISCOVER_NET}.0/24"], r"Host is up"),
                                     ("fping -g", ["fping", "-a", "-q", "-g", f"{DISCOVER_NET}.0/24"], r"(?m)^\d")):
            if shutil.which(words[0]):
                seconds, n = discover_timed(["ip", "netns", "exec", hub, *words], pattern)
                peers.append(f"{name} {seconds:.1f} s, {n} hosts")
        good = len(found) == DISCOVER_HOSTS and services == 2 * len(hosts[::5])
        say("discovery of a /24, 50 hosts", f"{end['seconds']:.1f}", "s", "<= 15", end["seconds"] <= 15 and good, f"{len(found)} hosts, {services} services; beside it: {'; '.join(peers)}")
        budget = 2 * 254 + 150 * DISCOVER_HOSTS
        say("… packets, by our count", f"{end['packets']:,}", "", f"<= {budget:,}", end["packets"] <= budget, f"{end['packets'] / end['seconds']:.0f}/s at a rate of 250; the kernel counts {sent:,} sent")
    finally:
        if servers:
            stop(servers)
        for ns in [f"{tag}x"] + [f"{tag}h{i}" for i in range(DISCOVER_HOSTS)]:
            discover_ip("netns", "del", ns, check=False)
