# SPDX-License-Identifier: GPL-3.0-or-later
# packages: nagios-nrpe-server zabbix-agent munin-node openssh-server
"""Agents of other systems from Debian: NRPE (both versions, with and without TLS), Zabbix, munin, a plugin over ssh: right, wrong, stuck, gone."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import grp
import pwd
import random
from _peers import *

USER, GROUP = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
STATES = {"ok", "warning", "critical", "unknown"}


def round_of(t, kind, checks, p, first):
    """Every check of the table ends as it says; then the server is stopped, goes on, ends."""
    text = "".join(f"      - {kind}: {{ name: {n}, {o} }}\n" for n, o, _, _ in checks)
    with Daemon(f"defaults: {{ every: 2s, attempts: 1, timeout: 4s }}\nhosts:\n  box:\n    address: 127.0.0.1\n    alive: no\n    checks:\n{text}") as v:
        until(lambda: all(r["state"] in STATES for k, r in v.rows().items() if k[1]), 40)
        rows = {k[1]: r for k, r in v.rows().items()}
        for name, _, want, say in checks:
            t.ok(rows[name]["state"] == want and re.search(say, rows[name]["output"]), f"{kind} {name}: {want}", rows[name])
        row = lambda: v.rows()[("box", first)]
        os.killpg(p.pid, signal.SIGSTOP)
        t.ok(until(lambda: row()["state"] == "critical" or None, 30), f"{kind} stuck: critical", row())
        os.killpg(p.pid, signal.SIGCONT)
        t.ok(until(lambda: row()["state"] == "ok" or None, 30), f"{kind} well again", row())
        os.killpg(p.pid, signal.SIGKILL)
        p.wait()
        t.ok(until(lambda: "refused" in row()["output"] or None, 30), f"{kind} gone: refused", row())


def nrpe(t):
    d = temp_dir()
    os.chmod(d, 0o777)
    user = "nagios" if USER == "root" else USER # it gives up root before it listens for good
    group = "nagios" if USER == "root" else GROUP

    def agent(name, *more):
        port = free_port()
        pathlib.Path(d, name).write_text(f"server_address=127.0.0.1\nserver_port={port}\nnrpe_user={user}\nnrpe_group={group}\npid_file={d}/{name}.pid\n"
            "allowed_hosts=127.0.0.1\ncommand[fine]=/bin/echo 'OK - fine|n=1;2;3'\ncommand[bad]=/bin/sh -c 'echo \"CRITICAL - bad\"; exit 2'\n")
        return port, server(["/usr/sbin/nrpe", "-c", f"{d}/{name}", "-f", *more], port, f"{d}/{name}.log")
    port, p = agent("secret")
    plain, _ = agent("plain", "-n")
    round_of(t, "nrpe", [
        ("tls", f"command: fine, server: ':{port}'", "ok", "OK - fine"),
        ("tls2", f"command: fine, server: ':{port}', version: '2'", "ok", "OK - fine"),
        ("verify", f"command: fine, server: ':{port}', verify: yes", "critical", "TLS"),
        ("plain", f"command: fine, server: ':{plain}', tls: no", "ok", "OK - fine"),
        ("plain2", f"command: fine, server: ':{plain}', tls: no, version: '2'", "ok", "OK - fine"),
        ("bad", f"command: bad, server: ':{plain}', tls: no", "critical", "CRITICAL - bad"),
        ("unknown", f"command: none, server: ':{plain}', tls: no", "unknown", "not defined"),
        ("version", f"command: _NRPE_CHECK, server: ':{plain}', tls: no", "ok", "NRPE v4"),
        ("args", f"command: fine, args: ['1'], server: ':{plain}', tls: no", "critical", "dont_blame_nrpe"),
        ("no-tls-there", f"command: fine, server: ':{plain}'", "critical", "."),
    ], p, "tls")


def low_port():
    """Zabbix' agent takes none above 32767."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", port))
            return port


def zabbix(t):
    d = temp_dir()
    port, shut = low_port(), low_port()

    def agent(port, allowed):
        pathlib.Path(d, f"{port}.conf").write_text(f"PidFile={d}/{port}.pid\nLogType=console\nServer={allowed}\nListenIP=127.0.0.1\nListenPort={port}\nHostname=box\nAllowRoot=1\nStartAgents=5\nTimeout=2\n")
        return server(["/usr/sbin/zabbix_agentd", "-f", "-c", f"{d}/{port}.conf"], port, f"{d}/{port}.log")
    agent(shut, "192.0.2.1")
    p = agent(port, "127.0.0.1")
    round_of(t, "zabbix", [
        ("ping", f"key: agent.ping, expect: '1', server: ':{port}'", "ok", "agent.ping is 1"),
        ("name", f"key: agent.hostname, expect: box, server: ':{port}'", "ok", "box"),
        ("wrong", f"key: agent.hostname, expect: other, server: ':{port}'", "critical", "wanted “other”"),
        ("uptime", f"key: system.uptime, crit: '1', server: ':{port}'", "critical", "limit 1"),
        ("disk", f"key: 'vfs.fs.size[/,pused]', server: ':{port}'", "ok", "is [0-9]"),
        ("unknown", f"key: no.such, server: ':{port}'", "unknown", "[Uu]nsupported|[Uu]nknown|does not know"),
        ("shut", f"key: agent.ping, server: ':{shut}'", "critical", "Server=|closed"),
    ], p, "ping")


# The directory of plugins is no option of munin-node, so it is told before its program is read.
BEGIN = '$Munin::Common::Defaults::MUNIN_CONFDIR = shift; $0 = "/usr/sbin/munin-node"; do $0; main();'


def munin(t):
    d, port = temp_dir(), free_port()
    os.makedirs(f"{d}/plugins")
    os.makedirs(f"{d}/plugin-conf.d")
    os.chmod(d, 0o755)
    pathlib.Path(d, "plugin-conf.d", "all").write_text(f"[*]\nuser {USER}\ngroup {GROUP}\n") # else nobody, who may not read here
    for name, config, fetch in (("load", "graph_title Load\\nload.label load\\nload.warning 2\\nload.critical 5", "load.value 3.5"), ("broken", "x.label x", "x.value U")):
        pathlib.Path(d, "plugins", name).write_text(f"#!/bin/sh\nif [ \"$1\" = config ]; then printf '{config}\\n'; else printf '{fetch}\\n'; fi\n")
        os.chmod(f"{d}/plugins/{name}", 0o755)
    pathlib.Path(d, "node.conf").write_text(f"log_level 4\nlog_file {d}/log\npid_file {d}/pid\nbackground 0\nsetsid 0\nuser {USER}\ngroup {GROUP}\nhost 127.0.0.1\nport {port}\nhost_name box\nallow ^127\\.0\\.0\\.1$\n")
    p = server(["perl", "-MMunin::Common::Defaults", "-e", BEGIN, d, "--config", f"{d}/node.conf"], port, f"{d}/out")
    round_of(t, "munin", [
        ("load", f"plugin: load, server: ':{port}'", "ok", "load 3.5"),
        ("ours", f"plugin: load, field: load, warn: 3, server: ':{port}'", "warning", "limit 3"),
        ("theirs", f"plugin: load, limits: yes, server: ':{port}'", "warning", "limit 2"),
        ("field", f"plugin: load, field: none, server: ':{port}'", "unknown", "no field"),
        ("u", f"plugin: broken, server: ':{port}'", "unknown", "unknown to the node"),
        ("unknown", f"plugin: none, server: ':{port}'", "unknown", "Unknown service"),
    ], p, "load")


def ssh(t):
    d, port = temp_dir(), free_port()
    os.makedirs("/run/sshd", mode=0o755, exist_ok=True) # the server of Debian insists on it
    for name in ("host", "good", "bad"):
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{d}/{name}")
    shutil.copy(f"{d}/good.pub", f"{d}/authorized")
    host_key = pathlib.Path(d, "host.pub").read_text().split()
    pathlib.Path(d, "known").write_text(f"[127.0.0.1]:{port} {host_key[0]} {host_key[1]}\n")
    other = pathlib.Path(d, "bad.pub").read_text().split()
    pathlib.Path(d, "changed").write_text(f"[127.0.0.1]:{port} {other[0]} {other[1]}\n")
    pathlib.Path(d, "empty").write_text("")
    pathlib.Path(d, "sshd.conf").write_text(f"Port {port}\nListenAddress 127.0.0.1\nHostKey {d}/host\nPidFile {d}/pid\nAuthorizedKeysFile {d}/authorized\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\nSetEnv HOME={d}\n")
    p = server(["/usr/sbin/sshd", "-D", "-e", "-f", f"{d}/sshd.conf"], port, f"{d}/log")
    common = f"server: ':{port}', user: {USER}, identity: {d}/good, options: [IdentitiesOnly=yes, IdentityAgent=none]"
    round_of(t, "ssh_command", [
        ("fine", f"command: \"echo 'OK - fine|n=1'\", {common}, known_hosts: {d}/known", "ok", "OK - fine"),
        ("quoted", f"command: printf %s., args: ['a b', \"it's $HOME; exit 2\"], {common}, known_hosts: {d}/known", "ok", r"^a b\.it's \$HOME[;:] exit 2\.$"),
        ("bad", f"command: 'echo CRITICAL - bad; exit 2', {common}, known_hosts: {d}/known", "critical", "CRITICAL - bad"),
        ("missing", f"command: /no/such/plugin, {common}, known_hosts: {d}/known", "critical", "127"),
        ("stranger", f"command: echo OK, server: ':{port}', user: {USER}, identity: {d}/bad, options: [IdentitiesOnly=yes, IdentityAgent=none], known_hosts: {d}/known", "critical", "Permission denied"),
        ("other-host", f"command: echo OK, {common}, known_hosts: {d}/changed", "critical", "[Hh]ost key|IDENTIFICATION"),
        ("unknown-host", f"command: echo OK, {common}, known_hosts: {d}/empty", "critical", "[Hh]ost key"),
        ("learnt", f"command: echo OK, {common}, known_hosts: {d}/new, host_keys: accept-new", "ok", "OK"),
    ], p, "fine")


tap = Tap()
for part in (nrpe, zabbix, munin, ssh):
    tap.part(part)
tap.done()
