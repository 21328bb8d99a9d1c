# SPDX-License-Identifier: GPL-3.0-or-later
# packages: leafnode tigervnc-standalone-server kamailio efingerd
"""Servers of small protocols, on loopback: news (leafnode), a screen (Xvnc), telephony (kamailio), finger (efingerd); each up,
stuck, another server in its place, nobody there."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _talks import *

# Stands in for inetd: one program for each connection, its standard input and output.
INETD = """
import socket, subprocess, sys
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    c, _ = s.accept()
    subprocess.Popen(sys.argv[2:], stdin=c, stdout=c, stderr=subprocess.DEVNULL)
    c.close()
"""


def by_inetd(d, *words):
    port = free_port()
    return server([sys.executable, "-c", INETD, port, *words], port, f"{d}/log"), port


def nntp(t):
    d = temp_dir()
    # it wants a name of its own, which this machine may not have: one for it alone
    if os.geteuid() != 0 or subprocess.run(["unshare", "--uts", "true"], capture_output=True).returncode:
        return t.skip("leafnode", "a host name of its own needs root")
    p, port = by_inetd(d, "unshare", "--uts", "sh", "-c", "hostname news.vigie.home.arpa && exec /usr/sbin/leafnode")
    if not until(lambda: ask("nntp", f"127.0.0.1:{port}")[0] == "ok", 5):
        return t.skip("leafnode", f"it does not serve here: {ask('nntp', f'127.0.0.1:{port}')}")
    four(t, "nntp", "nntp", port, "200 Leafnode", [p])
    case(t, "nntp, a capability that it has not", "critical", "X-NONE is not offered", "nntp", f"127.0.0.1:{port}", "require=X-NONE")
    case(t, "nntp, no TLS to be had", "critical", "STARTTLS is not offered", "tls", f"127.0.0.1:{port}", "starttls=nntp")


def vnc(t):
    d, port = temp_dir(), free_port()
    p = server(["/usr/bin/Xtigervnc", f":{port % 10000 + 100}", "-rfbport", port, "-SecurityTypes", "None", "-localhost", "-nolisten", "unix", "-nolisten", "tcp", "-geometry", "64x64", "-depth", 16], port, f"{d}/log")
    four(t, "vnc", "vnc", port, r"RFB 003\.008\), log-in: none", [p])
    pathlib.Path(d, "secret").write_bytes(bytes.fromhex("0123456789abcdef"))
    locked = free_port()
    server(["/usr/bin/Xtigervnc", f":{locked % 10000 + 100}", "-rfbport", locked, "-SecurityTypes", "VncAuth", "-rfbauth", f"{d}/secret", "-localhost", "-nolisten", "unix", "-nolisten", "tcp", "-geometry", "64x64", "-depth", 16], locked, f"{d}/log2")
    case(t, "vnc with a password", "ok", "log-in: password", "vnc", f"127.0.0.1:{locked}")


def sip(t):
    d, port = temp_dir(), free_port()
    pathlib.Path(d, "conf").write_text(f"""#!KAMAILIO
debug=0
log_stderror=yes
fork=yes
children=1
tcp_children=1
auto_aliases=no
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
loadmodule "sl.so"
request_route {{
    if (method=="OPTIONS") {{ sl_reply("200", "OK"); exit; }}
    sl_reply("404", "Not here");
}}
""")
    p = server(["/usr/sbin/kamailio", "-DD", "-E", "-f", f"{d}/conf", "-P", f"{d}/pid", "-Y", d, "-m", 32, "-M", 4], port, f"{d}/log")
    four(t, "sip by UDP", "sip", port, "200 OK.*kamailio", [p], wrong=False)
    four(t, "sip by TCP", "sip", port, "200 OK.*kamailio", [p], "udp=no")


    question = f"OPTIONS sip:127.0.0.1 SIP/2.0\\r\\nVia: SIP/2.0/UDP 127.0.0.1:{port};rport;branch=z9hG4bK1\\r\\nFrom: <sip:a@127.0.0.1>;tag=1\\r\\nTo: <sip:127.0.0.1>\\r\\nCall-ID: 1\\r\\nCSeq: 1 OPTIONS\\r\\nMax-Forwards: 9\\r\\nContent-Length: 0\\r\\n\\r\\n"
    four(t, "udp", "udp", port, "SIP/2.0 200 OK", [p], f"send={question}", "expect=200 OK", wrong=False)
    case(t, "udp, another answer than wanted", "critical", "404|200", "udp", f"127.0.0.1:{port}", f"send={question}", "expect=404 Not", timeout="1s")


def finger(t):
    d = temp_dir()
    p, port = by_inetd(d, "/usr/sbin/efingerd", "-n", "-f", "-u")
    four(t, "finger", "finger", port, "answered", [p], wrong=False)
    case(t, "finger, about a user", "ok", "answered", "finger", f"127.0.0.1:{port}", "user=root", timeout="15s")
    case(t, "finger, it does not say what is wanted", "critical", "X-NONE", "finger", f"127.0.0.1:{port}", "expect=X-NONE", timeout="15s")


tap = Tap()
for part in (nntp, vnc, sip, finger):
    tap.part(part)
tap.done()
