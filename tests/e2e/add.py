# SPDX-License-Identifier: GPL-3.0-or-later
"""`vigie add` from end to end, in a network of its own (loopback alone): a mail domain, a zone, IRC, git, a site and a host:port,
each guessed, tried, added and found to work; the question on a terminal, --yes and --dry-run."""
import fcntl
import pty
import select
import struct
import sys
sys.dont_write_bytecode = True
from kit import *

RESOLVER, PRIMARY, PARENT = "127.0.0.53", "127.0.0.1", "127.0.0.2"
TYPES = {"A": 1, "NS": 2, "SOA": 6, "MX": 15, "TXT": 16, "AAAA": 28, "AXFR": 252}
RECORDS = {
    ("example.org", "SOA"): ["2026112401"], ("example.org", "NS"): ["ns1.example.org"], ("ns1.example.org", "A"): [PRIMARY],
    ("example.org", "MX"): ["10 mx.example.org"], ("mx.example.org", "A"): ["127.0.0.1"],
    ("example.org", "TXT"): ["v=spf1 mx -all"], ("_dmarc.example.org", "TXT"): ["v=DMARC1; p=reject"],
    ("org", "SOA"): ["1"], ("org", "NS"): ["ns.org"], ("ns.org", "A"): [PARENT],
    ("irc.example.org", "A"): ["127.0.0.1"], ("git.example.org", "A"): ["127.0.0.1"], ("www.example.org", "A"): ["127.0.0.1"],
}


# ---- names ----

def name_bytes(name):
    return b"".join(bytes([len(p)]) + p.encode() for p in name.split(".") if p) + b"\0"


def data_bytes(kind, text):
    if kind in ("A", "AAAA"):
        return socket.inet_pton(socket.AF_INET if kind == "A" else socket.AF_INET6, text)
    if kind == "NS":
        return name_bytes(text)
    if kind == "MX":
        preference, name = text.split()
        return struct.pack(">H", int(preference)) + name_bytes(name)
    if kind == "TXT":
        return bytes([len(text)]) + text.encode()
    return name_bytes("ns1.example.org") + name_bytes("hostmaster.example.org") + struct.pack(">5I", int(text), 3600, 3600, 3600, 3600)


def answer(address, query):
    """A resolver that knows everything, a primary for example.org, and its parent."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    name, (number,) = ".".join(labels).lower(), struct.unpack(">H", query[at + 1:at + 3])
    kind = next((k for k, v in TYPES.items() if v == number), "")
    ours = address == RESOLVER or name == "example.org" or name.endswith(".example.org") or (address == PARENT and name == "org")
    found = RECORDS.get((name, kind), []) if ours else []
    rcode = 5 if not ours or kind == "AXFR" else 0 if any(n == name or n.endswith("." + name) for n, _ in RECORDS) else 3
    flags = 0x8000 | (0 if address == RESOLVER else 0x0400 if rcode == 0 else 0) | (0x0080 if address == RESOLVER else 0) | (struct.unpack(">H", query[2:4])[0] & 0x0100) | rcode
    body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", number, 1, 60, len(d)) + d for d in (data_bytes(kind, x) for x in found))
    return query[:2] + struct.pack(">HHHHH", flags, 1, len(found), 0, 0) + query[12:at + 5] + body


def serve_names():
    def by_udp(s, address):
        while True:
            query, peer = s.recvfrom(4096)
            s.sendto(answer(address, query), peer)

    def by_tcp(s, address):
        while True:
            c, _ = s.accept()
            with c:
                c.settimeout(5)
                try:
                    head = c.recv(2)
                    if len(head) == 2:
                        reply = answer(address, c.recv(struct.unpack(">H", head)[0]))
                        c.sendall(struct.pack(">H", len(reply)) + reply)
                except OSError:
                    pass

    for address in (RESOLVER, PRIMARY, PARENT):
        u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        u.bind((address, 53))
        s = socket.create_server((address, 53))
        threading.Thread(target=by_udp, args=(u, address), daemon=True).start()
        threading.Thread(target=by_tcp, args=(s, address), daemon=True).start()


# ---- peers ----

def lines_of(c):
    f = c.makefile("rb")
    return iter(f.readline, b"")


def mail(c):
    c.sendall(b"220 mx.example.org ESMTP\r\n")
    for line in lines_of(c):
        if line.upper().startswith(b"EHLO"):
            c.sendall(b"250-mx.example.org\r\n250 STARTTLS\r\n")
        elif line.upper().startswith(b"QUIT"):
            c.sendall(b"221 bye\r\n")
            return
        else:
            c.sendall(b"502 no\r\n")


def irc(c):
    for line in lines_of(c):
        if line.startswith(b"USER"):
            c.sendall(b":irc.example.org 001 v :Welcome to the Harbour IRC\r\n:irc.example.org 004 v irc.example.org harbour-1 i n\r\n")
        elif line.startswith(b"QUIT"):
            return


def git(c):
    c.recv(1000)
    line = b"0123456789abcdef0123456789abcdef01234567 HEAD\0agent=git/2\n"
    c.sendall(b"%04x" % (len(line) + 4) + line + b"0000")


TARGETS = ["@example.org", "zone:example.org", "irc://irc.example.org", "git://git.example.org/a.git", "http://www.example.org/", "www.example.org:8080"]
IDS = ["example.org/mail_domain", "example.org/blocklist", "example.org/dns_zone", "irc.example.org/irc", "git.example.org/git", "www.example.org/http", "www.example.org/tcp-8080"]


class Terminal:
    """A command on a terminal of its own, in a language."""

    def __init__(self, *words, lang="C.UTF-8"):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm", LC_ALL=lang)
            os.execv(VIGIE, [VIGIE, *words])
        self.raw = ""

    def shows(self, part, seconds=40):
        def look():
            while select.select([self.fd], [], [], 0.05)[0]:
                try:
                    data = os.read(self.fd, 65536)
                except OSError:
                    break
                if not data:
                    break
                self.raw += data.decode("utf-8", "replace")
            return part in self.raw
        return until(look, seconds)

    def says(self, text):
        os.write(self.fd, text.encode())

    def status(self):
        self.shows("\0never", 0.5)
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)


def dry_run(t, d):
    s = d.cli("add", "--dry-run", *TARGETS, timeout=120)
    t.ok(s.rc == 0, "--dry-run shows what would be watched", s)
    for name in ("mail_domain: example.org", "blocklist: { lists:", "dns_zone: example.org", "irc: ", "git: ", "http: http://www.example.org/"):
        t.has(s.out, name, text=f"--dry-run: {name}")
    t.eq({host for host, _ in d.rows()}, {"home"}, "… and adds nothing")
    j = d.cli("add", "-n", "--json", *TARGETS, timeout=120).json
    tried = {(x["host"], x["check"]): x for x in j["trials"]}
    bad = [x for x in j["trials"] if x["state"] not in ("ok", "up")]
    t.ok(len(tried) == len(IDS) and not [x for x in bad if x["check"] != "tcp-8080"], "each is tried once, and works", bad)
    t.ok(tried["www.example.org", "http"]["timings_us"]["total"] > 0, "with its timings", tried)
    t.ok("HEAD is 0123456789ab" in tried["git.example.org", "git"]["output"], "git says its HEAD", tried["git.example.org", "git"])
    s = d.cli("add", "--dry-run", "nonsense://x", "www.example.org")
    t.ok(s.rc == 1 and "nonsense" in s.err and not s.out, "a word that means nothing refuses all", s)
    s = d.cli("add", "--dry-run", "www.example.org", "--lang", "fr")
    t.has(s.out, "icmp: www.example.org", text="a host alone is pinged")


def yes(t, d):
    s = d.cli("add", "--yes", *TARGETS, timeout=60)
    t.ok(s.rc == 0 and s.out.count(" is watched") == len(IDS), "--yes adds them all without a question", s)
    for id in IDS:
        want = "critical" if id.endswith("tcp-8080") else "ok"
        t.ok(d.wait(id, state=want), f"{id} is checked: {want}", d.row(id))
    t.has(d.row("example.org/blocklist")["output"], "not on 2 lists", text="the mail server of the domain is on no list")
    s = d.cli("add", "--yes", "http://www.example.org/")
    t.ok(s.rc == 0 and d.row("www.example.org/http-2") is not None, "a second one of a kind gets a number", s)
    s = d.cli("add", "-y", "home")
    t.ok(s.rc == 1 and "watched already" in s.err, "a host that is there is refused", s)


def on_a_terminal(t, d):
    s = Terminal("add", "http://www.example.org/terminal", "home", "--data", d.data)
    t.ok(s.shows("[Y/n]") and "home is watched already" in s.raw and "http-terminal" in s.raw and "200 " in s.raw and "▇" in s.raw, "what would be watched, its trial and a waterfall come before the question", s.raw)
    s.says("n\n")
    t.ok(s.status() == 1 and "Nothing was added" in s.raw and d.row("www.example.org/http-terminal") is None, "n adds nothing", s.raw)
    s = Terminal("add", "http://www.example.org/terminal", "--data", d.data, lang="fr_FR.UTF-8")
    t.ok(s.shows("[O/n]"), "the question in French", s.raw)
    s.says("o\n")
    t.ok(s.status() == 0 and d.wait("www.example.org/http-terminal", state="ok"), "o adds it", s.raw)
    s = Terminal("add", "--yes", "http://www.example.org/quick", "--data", d.data)
    t.ok(s.status() == 0 and "[Y/n]" not in s.raw and d.row("www.example.org/http-quick") is not None, "--yes asks nothing on a terminal either", s.raw)
    s = Terminal("add", "home", "--data", d.data)
    t.ok(s.status() == 1 and "[Y/n]" not in s.raw, "nothing is asked when nothing is left", s.raw)


def inside(t):
    serve_names()
    peers = [Tcp(mail, port=25), Tcp(irc, port=6667), Tcp(git, port=9418), Page(port=80)]
    with Daemon("hosts: { home: { alive: no, address: 127.0.0.1, checks: [{ passive: { name: job } }] } }\n") as d:
        dry_run(t, d)
        yes(t, d)
        on_a_terminal(t, d)
    for p in peers:
        p.stop()


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 0x41))  # SIOCSIFFLAGS: IFF_UP | IFF_RUNNING


t = Tap()
if os.environ.get("VIGIE_E2E_INSIDE"):
    loopback_up()
    resolv = os.path.join(temp_dir(), "resolv.conf")
    with open(resolv, "w") as f:
        f.write(f"nameserver {RESOLVER}\n")
    subprocess.run(["mount", "--bind", resolv, os.path.realpath("/etc/resolv.conf")], check=True)
    t.part(inside)
elif subprocess.run(["unshare", "-nm", "true"], capture_output=True).returncode == 0:
    os.environ["VIGIE_E2E_INSIDE"] = "1"
    os.execvp("unshare", ["unshare", "-nm", sys.executable, *sys.argv])
else:
    t.skip("add from end to end", "no network of our own: only root may make one")
t.done()
