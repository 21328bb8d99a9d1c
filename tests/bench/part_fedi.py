# SPDX-License-Identifier: GPL-3.0-or-later
"""The fediverse: an incident posted for ten thousand followers on five hundred servers, which are five hundred ports of one process: one signed
delivery a server, each durably kept before and after."""
import contextlib
import sqlite3

FEDI_SINK = r"""
import asyncio, sys
got = {}
class Server(asyncio.Protocol):
    def connection_made(self, t):
        self.t, self.b, self.port = t, b"", t.get_extra_info("sockname")[1]
    def data_received(self, d):
        self.b += d
        while True:
            head, end, rest = self.b.partition(b"\r\n\r\n")
            n = next((int(l[15:]) for l in head.split(b"\r\n") if l.lower().startswith(b"content-length:")), 0)
            if not end or len(rest) < n:
                return
            self.b = rest[n:]
            if head.startswith(b"GET /told "):
                said = b"%d %d %d" % (len(got), sum(got.values()), max(got.values(), default=0))
                self.t.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said))
                continue
            if not head.startswith(b"POST "): # who looks at what listens here
                self.t.close()
                return
            good = head.startswith(b"POST /inbox ") and b"\r\nSignature-Input: " in head and b'"type":"Create"' in rest[:n]
            got[self.port] = got.get(self.port, 0) + (1 if good else 1000)
            self.t.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
async def main():
    loop, ports = asyncio.get_running_loop(), []
    for _ in range(int(sys.argv[1])):
        s = await loop.create_server(Server, "127.0.0.1", 0)
        ports.append(s.sockets[0].getsockname()[1])
    print(*ports, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


def fedi_fill(path, ports, followers):
    db = sqlite3.connect(path)
    inbox = [f"http://127.0.0.1:{p}/inbox" for p in ports]
    with db:
        db.executemany("INSERT INTO federation_audience (inbox, target, host, since_ms) VALUES (?, 'page', ?, 0)", ((u, f"127.0.0.1:{p}") for u, p in zip(inbox, ports)))
        ids = dict(db.execute("SELECT inbox, id FROM federation_audience"))
        db.executemany("INSERT INTO federation_follower (actor, target, audience, inbox, host, follow, since_ms) VALUES (?, 'page', ?, ?, ?, '', 0)",
                       ((f"http://127.0.0.1:{ports[i % len(ports)]}/users/{i}", ids[inbox[i % len(ports)]], inbox[i % len(ports)], f"127.0.0.1:{ports[i % len(ports)]}") for i in range(followers)))
    db.close()


def fedi_ready(db):
    """The key is made in the background."""
    with contextlib.suppress(sqlite3.Error):
        c = sqlite3.connect(f"file:{db}?mode=ro", uri=True, timeout=10)
        try:
            return c.execute("SELECT COUNT(*) FROM federation_key").fetchone()[0]
        finally:
            c.close()


def bench_fedi():
    servers, followers = 500, 10000
    sink = start([sys.executable, "-c", FEDI_SINK, str(servers)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    ports = [int(p) for p in sink.stdout.readline().split()]
    d = Daemon("site: { url: 'https://status.example.org', discover: 0s }\nannounce: { outsiders: anywhere }\nfederation: { enabled: yes }\ncomponents: { website: { name: { en: Website, fr: Site web } } }\n")
    db = os.path.join(d.dir, "vigie.db")
    while not fedi_ready(db):
        time.sleep(0.05)
    fedi_fill(db, ports, followers)
    time.sleep(0.5)
    before, c0 = rss(d.pid), own_cpu_us(d.pid)
    t0 = time.monotonic()
    d.verb("incident", "open", "website:major", "-m", "We look for **the cause**.\n\nNothing is lost.")
    posted, told = time.monotonic() - t0, [0, 0, 0]
    while told[1] < servers and time.monotonic() - t0 < 60:
        time.sleep(0.02)
        told = [int(n) for n in urllib.request.urlopen(f"http://127.0.0.1:{ports[0]}/told").read().split()]
    seconds, us = time.monotonic() - t0, (own_cpu_us(d.pid) - c0) / max(told[1], 1)
    more = rss(d.pid) - before
    say("incident with 10,000 followers, the verb", f"{posted * 1000:.0f}", "ms", "(request <= 20, and a process)", None)
    say("deliveries to 500 servers", f"{seconds:.1f}", "s", "<= 10", told == [servers, servers, 1] and seconds <= 10, f"{told[0]} servers, {told[1]} deliveries, {us:.0f} us CPU each")
    say("memory while delivering", f"+{more / 1e6:.1f}", "MB", "<= 20", more <= 20e6, f"{before / 1e6:.1f} MB before")
    d.close()
    stop(sink)
