# SPDX-License-Identifier: GPL-3.0-or-later
# packages: snmpd snmp
"""Net-SNMP's agent and tools: vigie and snmpget read the same; wrong communities, users and passwords; stuck; gone."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *

USERS = [ # name, auth as Net-SNMP and we say it, priv likewise
    ("md5des", "MD5", "md5", "DES", "des"), ("shaaes", "SHA", "sha", "AES", "aes"), ("s224", "SHA-224", "sha224", "AES", "aes"),
    ("s256", "SHA-256", "sha256", "AES", "aes"), ("s384", "SHA-384", "sha384", "AES", "aes"), ("s512", "SHA-512", "sha512", "AES", "aes"),
    ("a192", "SHA-256", "sha256", "AES-192", "aes192"), ("a256", "SHA-512", "sha512", "AES-256", "aes256"),
    ("c192", "SHA-224", "sha224", "AES-192-C", "aes192c"), ("c256", "SHA", "sha", "AES-256-C", "aes256c"), ("plain", "SHA", "sha", None, "none")]


def agent(d, port):
    lines = "rocommunity public 127.0.0.1\nsysName test-agent\nsysLocation Rack 7\n"
    for name, auth, _, priv, _ in USERS:
        lines += f'createUser {name} {auth} "authpassword"' + (f' {priv} "privpassword"\n' if priv else "\n") + f"rouser {name} {'priv' if priv else 'auth'}\n"
    pathlib.Path(d, "snmpd.conf").write_text(lines)
    env = dict(os.environ, SNMP_PERSISTENT_DIR=f"{d}/state", MIBS="")
    with open(f"{d}/log", "ab") as log:
        p = subprocess.Popen(["/usr/sbin/snmpd", "-f", "-Lo", "-C", "-c", f"{d}/snmpd.conf", "-p", f"{d}/pid", f"udp:127.0.0.1:{port}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=env)
    started.append(p)
    until(lambda: theirs(d, port, "-v2c", "-c", "public", "1.3.6.1.2.1.1.5.0") or None, 20)
    return p


def theirs(d, port, *words):
    p = subprocess.run(["snmpget", "-Oqv", "-r", "0", "-t", "2", *words[:-1], f"127.0.0.1:{port}", words[-1]], capture_output=True, text=True, env=dict(os.environ, SNMP_PERSISTENT_DIR=f"{d}/state", MIBS=""))
    return p.stdout.strip().strip('"') if p.returncode == 0 else None


def ours(port, *words, timeout="3s"):
    s = vigie("probe", "snmp", *words, "address=127.0.0.1", f"port={port}", "--plugin", "--timeout", timeout)
    return {"state": ["ok", "warning", "critical", "unknown"][s.rc], "output": s.out}


def snmp(t):
    d, port = temp_dir(), free_port()
    p = agent(d, port)
    for oid in ("1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.6.0", "1.3.6.1.2.1.2.1.0", "1.3.6.1.2.1.25.2.2.0", "1.3.6.1.2.1.25.2.3.1.5.1", "1.3.6.1.2.1.2.2.1.2.1"):
        for version in ("1", "2c"):
            value, s = theirs(d, port, f"-v{version}", "-c", "public", oid), ours(port, oid, f"version={version}")
            t.ok(value and s["state"] == "ok" and f"= {value}" in s["output"], f"v{version}: {oid} is {value} for snmpget and for us", s)
    for name, auth, mine, priv, cipher in USERS:
        words = ["-v3", "-u", name, "-l", "authPriv" if priv else "authNoPriv", "-a", auth, "-A", "authpassword"] + (["-x", priv, "-X", "privpassword"] if priv else [])
        value = theirs(d, port, *words, "1.3.6.1.2.1.1.5.0")
        s = ours(port, "sysName.0", f"user={name}", f"auth.protocol={mine}", "auth.password=authpassword", *([f"priv.protocol={cipher}", "priv.password=privpassword"] if priv else []))
        t.ok(value == "test-agent" and s["state"] == "ok" and "test-agent" in s["output"], f"v3 {auth} {priv}: both read it", (value, s))
    full = ["user=shaaes", "auth.protocol=sha", "auth.password=authpassword", "priv.protocol=aes", "priv.password=privpassword"]
    for text, words, say in (("another user", [full[0] + "x"] + full[1:], "does not know this user"), ("another password of auth", full[:2] + ["auth.password=wrongpassword"] + full[3:], "password of auth"),
                             ("another password of priv", full[:4] + ["priv.password=wrongpassword"], "password of priv"), ("a lower level", full[:3], "security level|authorizationError"), ("another hash", ["user=shaaes", "auth.protocol=sha256"] + full[2:], "password of auth")):
        s = ours(port, "sysName.0", *words)
        t.ok(s["state"] in ("critical", "unknown") and re.search(say, s["output"]), f"v3, {text}: said so", s)
    s = ours(port, "sysName.0", "community=wrong", timeout="1s")
    t.ok(s["state"] == "critical" and "wrong community" in s["output"], "another community: silence", s)
    s = ours(port, "1.3.6.1.2.1.1.99.0")
    t.ok(s["state"] == "unknown" and "has no" in s["output"], "an object that is not there", s)
    s = ours(port, "sysName.0", "expect=other")
    t.ok(s["state"] == "critical" and "test-agent" in s["output"], "another value than expected", s)
    names = subprocess.run(["snmpbulkwalk", "-Oqv", "-v2c", "-c", "public", f"127.0.0.1:{port}", "1.3.6.1.2.1.31.1.1.1.1"], capture_output=True, text=True, env=dict(os.environ, SNMP_PERSISTENT_DIR=f"{d}/state", MIBS="")).stdout.replace('"', "").split()
    for version in ("1", "2c"):
        s = ours(port, "walk=ifName", f"version={version}")
        t.ok(names and all(n in s["output"] for n in names), f"v{version}: a walk finds the interfaces that snmpbulkwalk finds", (names, s))
    config = f"defaults: {{ every: 2s, attempts: 1, timeout: 2s }}\nhosts:\n  agent:\n    address: 127.0.0.1\n    alive: no\n    checks:\n      - snmp: {{ name: v2, oid: sysName.0, port: {port} }}\n      - snmp: {{ name: v3, oid: sysName.0, port: {port}, user: shaaes, auth: {{ protocol: sha, password: authpassword }}, priv: {{ protocol: aes, password: privpassword }} }}\n      - snmp: {{ name: rate, oid: ifInOctets.1, port: {port}, rate: yes }}\n"
    with Daemon(config) as v:
        state = lambda name, want: until(lambda: v.rows()[("agent", name)]["state"] == want or None, 30)
        t.ok(state("v2", "ok") and state("v3", "ok") and until(lambda: "/s" in v.rows()[("agent", "rate")]["output"] or None, 30), "a daemon reads it again and again, and makes rates", v.rows())
        os.killpg(p.pid, signal.SIGSTOP)
        t.ok(state("v2", "critical") and state("v3", "critical"), "stuck: critical", v.rows())
        os.killpg(p.pid, signal.SIGCONT)
        t.ok(state("v2", "ok") and state("v3", "ok"), "and well again", v.rows())
        os.killpg(p.pid, signal.SIGKILL)
        p.wait()
        t.ok(until(lambda: v.rows()[("agent", "v2")]["state"] == "critical" and "listens" in v.rows()[("agent", "v2")]["output"] or None, 30), "gone: no agent listens", v.rows())
        agent(d, port)
        t.ok(state("v2", "ok") and state("v3", "ok"), "started again (its boots counted up): both versions are well", v.rows())


def interfaces(t):
    """All interfaces of this machine, as snmpd tells of them: status, traffic that we make, versions, restart, stuck, gone."""
    d, port = temp_dir(), free_port()
    p = agent(d, port)
    named = sorted(os.listdir("/sys/class/net"))
    look = lambda *more, timeout="5s": (lambda s: {"state": ["ok", "warning", "critical", "unknown"][s.rc], "output": s.out, "text": s.text})(vigie("probe", "snmp_interfaces", "address=127.0.0.1", f"port={port}", "duplex=any", *more, "--plugin", "--timeout", timeout))
    for version in ("1", "2c"):
        s = look("interfaces=*", f"version={version}", "down=ignore")
        t.ok(s["state"] == "ok" and f"{len(named)} interface" in s["output"], f"v{version}: as many interfaces as this machine has", (named, s))
    s = look("interfaces=*", "down=ignore", "user=shaaes", "auth.protocol=sha", "auth.password=authpassword", "priv.protocol=aes", "priv.password=privpassword")
    t.ok(s["state"] == "ok" and f"{len(named)} interface" in s["output"], "v3: the same", s)
    s = look("up=lo")
    t.ok(s["state"] == "ok", "the loopback is up", s)
    s = look("up=nothing9")
    t.ok(s["state"] == "critical" and "no interface nothing9" in s["output"], "one that is not there", s)
    s = look("interfaces=lo", "community=wrong", timeout="1s")
    t.ok(s["state"] == "critical" and "wrong community" in s["output"], "another community: silence", s)
    config = f"defaults: {{ every: 1s, retry: 1s, attempts: 1, timeout: 2s }}\nhosts:\n  agent:\n    address: 127.0.0.1\n    alive: no\n    checks:\n      - snmp_interfaces: {{ interfaces: [lo], port: {port}, traffic: {{ warn: \"> 1 Tbit/s\" }}, timeout: 2s }}\n"
    with Daemon(config) as v:
        row = lambda: v.rows()[("agent", "snmp_interfaces")]
        r = until(lambda: "lo_in=" in ((r := row()).get("perfdata") or "") and r or None, 30)
        t.ok(r and r["state"] == "ok" and "lo_out=" in r["perfdata"] and "lo_errors=0" in r["perfdata"], "a daemon makes rates of 64-bit counters", v.rows())
        os.killpg(p.pid, signal.SIGSTOP)
        t.ok(until(lambda: row()["state"] == "critical" or None, 30), "stuck: critical", v.rows())
        os.killpg(p.pid, signal.SIGCONT)
        t.ok(until(lambda: row()["state"] == "ok" or None, 30), "and well again", v.rows())
        os.killpg(p.pid, signal.SIGKILL)
        p.wait()
        t.ok(until(lambda: row()["state"] == "critical" and "listens" in row()["output"] or None, 30), "gone: no agent listens", v.rows())
        agent(d, port)
        t.ok(until(lambda: row()["state"] == "ok" or None, 30), "started again: well, and no rate is made of what went back", v.rows())


tap = Tap()
tap.part(snmp)
tap.part(interfaces)
tap.done()
