# SPDX-License-Identifier: GPL-3.0-or-later
# packages: bind9 bind9-dnsutils chrony
"""bind9 and chronyd: a zone on two servers (serials, transfers, recursion, signatures), a block list, a mail domain, a time server."""
import getpass
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *

ZONE = """$TTL 300
@ SOA ns1 hostmaster {serial} 3600 600 86400 300
@ NS ns1
@ NS ns2
ns1 A 127.0.0.1
ns2 A 127.0.0.2
www A 192.0.2.10
@ MX 10 mx
mx A 127.0.0.1
@ TXT "v=spf1 mx -all"
_dmarc TXT "v=DMARC1; p=reject"
"""
LIST = """$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 127.0.0.1
2.0.0.127 A 127.0.0.2
2.0.0.127 TXT "listed for the test"
99.2.0.192 A 127.255.255.254
"""


def named(d, name, address, port, serial, transfer="none", recursion="no", policy=False):
    home = pathlib.Path(d, name)
    home.mkdir(exist_ok=True)
    v4, v6 = ("none", address) if ":" in address else (address, "none")
    (home / "zone").write_text(ZONE.format(serial=serial))
    (home / "list").write_text(LIST)
    sign = "dnssec-policy default; inline-signing yes; " if policy else ""
    (home / "named.conf").write_text(f"""options {{ directory "{home}"; pid-file none; listen-on port {port} {{ {v4}; }}; listen-on-v6 port {port} {{ {v6}; }}; session-keyfile none;
 managed-keys-directory "{home}"; recursion {recursion}; allow-transfer {{ {transfer}; }}; dnssec-validation no; notify no; }};
controls {{ }};
zone "example.org" {{ type primary; file "{home}/zone"; {sign}}};
zone "zen.example" {{ type primary; file "{home}/list"; }};
""")
    return server(["/usr/sbin/named", "-g", "-n", 1, "-c", home / "named.conf"], (address, port), home / "log")


def ours(kind, *words, timeout="4s"):
    s = vigie("probe", kind, *map(str, words), "--plugin", "--timeout", timeout)
    return {"state": ["ok", "warning", "critical", "unknown"][s.rc], "output": s.out}


def end(p):
    os.killpg(p.pid, signal.SIGKILL)
    p.wait()


def zone(t):
    d, port = temp_dir(), free_port()
    one, two = named(d, "one", "127.0.0.1", port, 5), named(d, "two", "::1", port, 5)
    s = ours("dns", "www.example.org", "server=127.0.0.1", f"port={port}", "authoritative=yes", "expect=192.0.2.10")
    t.ok(s["state"] == "ok", "an authoritative answer", s)
    s = ours("dns", "www.example.org", "server=127.0.0.1", f"port={port}", "tcp=yes")
    t.ok(s["state"] == "ok", "by TCP", s)
    s = ours("dns", "example.net", "server=127.0.0.1", f"port={port}")
    t.ok(s["state"] == "critical" and "REFUSED" in s["output"], "another zone is refused", s)
    s = ours("dns_zone", "example.org", "servers=127.0.0.1", f"port={port}", "delegation=no", "signed=yes")
    t.ok(s["state"] == "critical" and "without signatures" in s["output"], "unsigned, and that is said", s)
    config = f"defaults: {{ every: 1s, attempts: 1, timeout: 3s }}\nhosts:\n  zone:\n    alive: no\n    checks:\n      - dns_zone: {{ zone: example.org, servers: [127.0.0.1, \"::1\"], port: {port}, delegation: no, lag: 0s }}\n"
    with Daemon(config) as v:
        row = lambda: v.rows()[("zone", "dns_zone")]

        def becomes(state, say, text):
            t.ok(until(lambda: row()["state"] == state and say in row()["output"] or None, 30), text, row())
        becomes("ok", "serial 5 on 2", "two servers with one serial, one by IPv6; transfers and recursion refused")
        end(two)
        becomes("warning", "::1 does not answer", "one is gone")
        two = named(d, "two", "::1", port, 4)
        becomes("critical", "::1 has serial 4, others have 5", "an older serial (MON-4)")
        end(two)
        two = named(d, "two", "::1", port, 5, transfer="any")
        becomes("critical", "AXFR", "a transfer that is allowed")
        end(two)
        two = named(d, "two", "::1", port, 5, recursion="yes")
        becomes("critical", "recursion", "a resolver for everybody")
        end(two)
        two = named(d, "two", "::1", port, 5)
        becomes("ok", "serial 5 on 2", "well again")
        os.killpg(one.pid, signal.SIGSTOP)
        becomes("warning", "127.0.0.1 does not answer", "the first is stuck")
        os.killpg(one.pid, signal.SIGCONT)
    end(one)
    end(two)


def signed(t):
    d, port = temp_dir(), free_port()
    named(d, "signed", "127.0.0.1", port, 5, policy=True)
    look = lambda *more: ours("dns_zone", "example.org", "servers=127.0.0.1", f"port={port}", "delegation=no", "signed=yes", *more)
    t.ok(until(lambda: look()["state"] == "ok" or None, 30), "a zone that bind9 has signed", look())
    s = look("signature_warn=300d")
    t.ok(s["state"] == "warning" and "ends in" in s["output"], "when its signatures end", s)


def lists(t):
    d, port = temp_dir(), free_port()
    p = named(d, "lists", "127.0.0.1", port, 5)
    look = lambda address: ours("blocklist", "zen.example", f"address={address}", "server=127.0.0.1", f"port={port}")
    s = look("127.0.0.2")
    t.ok(s["state"] == "critical" and "listed for the test" in s["output"], "a listed address, with its reason (LES-23)", s)
    s = look("192.0.2.1")
    t.ok(s["state"] == "ok", "one that is not listed", s)
    s = look("192.0.2.99")
    t.ok(s["state"] == "unknown" and "127.255.255.254" in s["output"], "a list that does not answer us", s)
    domain = lambda *more: ours("mail_domain", "example.org", "server=127.0.0.1", f"port={port}", *more)
    s = domain("starttls=no")
    t.ok(s["state"] == "ok" and "DMARC" in s["output"], "a mail domain's records", s)
    s = domain("starttls=no", "dkim=mail")
    t.ok(s["state"] == "critical" and "DKIM" in s["output"], "a key that is missing", s)
    s = domain(f"smtp_port={free_port()}")
    t.ok(s["state"] == "critical" and "refuses" in s["output"], "a mail server that is gone", s)
    end(p)
    s = look("127.0.0.2")
    t.ok(s["state"] == "unknown", "the server of the lists is gone", s)


def clock(t):
    d, port = temp_dir(), free_port()
    look = lambda *more: ours("ntp", "127.0.0.1", f"port={port}", *more)

    def chronyd(*lines):
        pathlib.Path(d, "conf").write_text("\n".join([f"port {port}", "bindaddress 127.0.0.1", "cmdport 0", "allow 127.0.0.1", f"pidfile {d}/pid", *lines]) + "\n")
        with open(f"{d}/log", "ab") as log:
            p = subprocess.Popen(["/usr/sbin/chronyd", "-d", "-x", "-U", "-u", getpass.getuser(), "-f", f"{d}/conf"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        started.append(p)
        until(lambda: look()["output"].find("listens") < 0 or None, 20)
        return p
    p = chronyd("local stratum 8")
    s = look()
    t.ok(s["state"] == "ok" and "stratum 8" in s["output"], "chronyd's time is ours", s)
    s = look("samples=3", "stratum_crit=> 4")
    t.ok(s["state"] == "critical" and "stratum is 8" in s["output"], "too far from a reference clock", s)
    os.killpg(p.pid, signal.SIGSTOP)
    s = look()
    t.ok(s["state"] == "critical" and "does not answer" in s["output"], "stuck", s)
    os.killpg(p.pid, signal.SIGCONT)
    end(p)
    pathlib.Path(d, "pid").unlink(missing_ok=True)
    s = look()
    t.ok(s["state"] == "critical" and "listens" in s["output"], "gone", s)
    chronyd()
    s = look()
    t.ok(s["state"] == "critical" and "not synchronised" in s["output"], "a server without a source", s)


tap = Tap()
for part in (zone, signed, lists, clock):
    tap.part(part)
tap.done()
