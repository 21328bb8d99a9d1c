# SPDX-License-Identifier: GPL-3.0-or-later
# packages: openssh-server bind9 nginx-light dnsutils monitoring-plugins-basic monitoring-plugins-standard liburiparser1
"""Real servers from Debian on loopback: nginx with certificates good and bad, bind with a small zone, sshd; vigie beside the plugins."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *

# ---- nginx ----

def nginx(t):
    d = temp_dir()
    os.chmod(d, 0o755)
    authority(d)
    ports = {}
    blocks = ""
    for name, names, start, end in (("good", "DNS:good.test,IP:127.0.0.1", -1, 25), ("soon", "DNS:soon.test", -1, 5.5), ("urgent", "DNS:urgent.test", -1, 1.5), ("expired", "DNS:expired.test", -10, -1), ("future", "DNS:future.test", 1, 10), ("other", "DNS:elsewhere.test", -1, 25)):
        certificate(d, name, names, start, end)
        ports[name] = free_port()
        blocks += f"server {{ listen 127.0.0.1:{ports[name]} ssl; ssl_certificate {d}/{name}.pem; ssl_certificate_key {d}/{name}.key; location / {{ return 200 'Welcome'; }} location /500 {{ return 500; }} location /go {{ return 302 /; }} }}\n"
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", 25, "-subj", "/CN=selfmade.test", "-addext", "subjectAltName=DNS:selfmade.test", "-keyout", "selfmade.key", "-out", "selfmade.pem", cwd=d)
    ports["selfmade"], plain = free_port(), free_port()
    blocks += f"server {{ listen 127.0.0.1:{ports['selfmade']} ssl; ssl_certificate {d}/selfmade.pem; ssl_certificate_key {d}/selfmade.key; location / {{ return 200 'Welcome'; }} }}\n"
    blocks += f"server {{ listen 127.0.0.1:{plain}; location / {{ return 301 https://good.test:{ports['good']}/; }} }}\n"
    user = "user root;" if os.geteuid() == 0 else ""
    paths = "".join(f"{k}_temp_path {d}/{k};" for k in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    pathlib.Path(d, "nginx.conf").write_text(f"daemon off; {user} pid {d}/nginx.pid; error_log {d}/error.log; events {{}}\nhttp {{ access_log off; {paths}\n{blocks}}}\n")
    server(["/usr/sbin/nginx", "-p", d, "-c", f"{d}/nginx.conf"], ports["good"], f"{d}/log")
    checks = ""
    for name, port in ports.items():
        checks += f"      - http: {{ name: https-{name}, url: 'https://{name}.test:{port}/', address: 127.0.0.1 }}\n"
        checks += f"      - tls: {{ name: tls-{name}, target: '127.0.0.1:{port}', server_name: {name}.test }}\n"
    good = ports["good"]
    checks += f"      - http: {{ name: text, url: 'https://good.test:{good}/', address: 127.0.0.1, expect: {{ status: 200, body: Welcome }} }}\n"
    checks += f"      - http: {{ name: broken, url: 'https://good.test:{good}/500', address: 127.0.0.1 }}\n"
    checks += f"      - http: {{ name: redirect, url: 'https://good.test:{good}/go', address: 127.0.0.1, expect: {{ body: Welcome }} }}\n"
    checks += f"      - http: {{ name: http2, url: 'https://good.test:{good}/', address: 127.0.0.1, http2: yes }}\n"
    checks += f"      - http: {{ name: unverified, url: 'https://selfmade.test:{ports['selfmade']}/', address: 127.0.0.1, verify: no }}\n"
    checks += f"      - http: {{ name: by-address, url: 'https://127.0.0.1:{good}/' }}\n"
    checks += f"      - tcp: {{ name: tcp-tls, port: '127.0.0.1:{good}', tls: yes, server_name: good.test }}\n"
    with Daemon(f"site: {{ ca_file: {d}/ca.pem }}\ndefaults: {{ every: 5m, attempts: 1 }}\nhosts:\n  web:\n    alive: no\n    checks:\n{checks}") as v:
        until(lambda: all(r["state"] != "pending" for k, r in v.rows().items() if k[1]))
        rows = {k[1]: r for k, r in v.rows().items()}
        for name, want, say in (("good", "ok", "200"), ("expired", "critical", "ended|expired"), ("other", "critical", "name|elsewhere"), ("selfmade", "critical", "trust|self")):
            theirs, output = plugin("check_curl", "-H", f"{name}.test", "-I", "127.0.0.1", "-p", ports[name], "-S", "-D", "--ca-cert", f"{d}/ca.pem")
            r = rows["https-" + name]
            t.ok(r["state"] == want and (theirs == "ok") == (want == "ok") and re.search(say, r["output"]), f"https, {name}: check_curl and vigie agree: {want}", f"{theirs}: {output}\n{r}")
            t.ok(rows["tls-" + name]["state"] == want, f"tls, {name}: {want}", rows["tls-" + name])
        for name, want in (("good", "ok"), ("soon", "warning"), ("urgent", "critical"), ("expired", "critical")):
            theirs, output = plugin("check_http", "-H", f"{name}.test", "-I", "127.0.0.1", "-p", ports[name], "-S", "--sni", "-C", "14,3")
            t.ok(rows["tls-" + name]["state"] == rows["https-" + name]["state"] == want == theirs, f"days left, {name}: check_http -C 14,3 and vigie find {want}", f"{theirs}: {output}\n{rows['tls-' + name]}\n{rows['https-' + name]}")
        t.ok(rows["https-future"]["state"] == rows["tls-future"]["state"] == "critical", "not valid yet: critical", rows["https-future"])
        days = re.search(r"(?:^| )days=([\d.]+)", rows["tls-good"]["perfdata"] or "")
        t.ok(days and 24 <= float(days.group(1)) <= 25, "the days left are counted", rows["tls-good"]["perfdata"])
        for name, want in (("text", "ok"), ("broken", "critical"), ("redirect", "ok"), ("http2", "ok"), ("unverified", "ok"), ("by-address", "ok"), ("tcp-tls", "ok")):
            t.ok(rows[name]["state"] == want, f"{name}: {want}", rows[name])
        r = rows["text"]
        t.ok(r["timings_us"].get("tls", 0) > 0 and r["timings_us"]["total"] >= r["timings_us"]["tls"], "timings: TLS is among them", r["timings_us"])
    together(t, "TLS where none is", {"state": ["ok", "warning", "critical", "unknown"][vigie("probe", "tls", f"127.0.0.1:{plain}", "--plugin").rc], "output": ""}, "critical", "check_http", "-H", "127.0.0.1", "-p", plain, "-S")


# ---- bind ----

ZONE = """$TTL 60
@ IN SOA ns.zone.test. admin.zone.test. 2026010101 3600 600 86400 60
@ IN NS ns
ns IN A 127.0.0.1
www IN A 192.0.2.10
www IN A 192.0.2.11
www IN AAAA 2001:db8::10
alias IN CNAME www
@ IN MX 10 mx1
@ IN MX 20 mx2
mx1 IN A 192.0.2.20
mx2 IN A 192.0.2.21
text IN TXT "v=spf1 -all" "two parts"
_sip._tcp IN SRV 1 2 5060 www
ca IN CAA 0 issue "example.org"
"""


def bindable(port):
    with contextlib.suppress(OSError):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind(("127.0.0.1", port))
        return True
    return False


def bind(t):
    d = temp_dir()
    port, address = (53 if bindable(53) else free_port()), "127.0.0.1" # check_dns asks port 53 only
    pathlib.Path(d, "zone").write_text(ZONE)
    pathlib.Path(d, "broken").write_text("this is no zone\n")
    pathlib.Path(d, "named.conf").write_text(f"""options {{ directory "{d}"; pid-file "{d}/pid"; session-keyfile "{d}/session"; listen-on port {port} {{ {address}; }}; listen-on-v6 {{ none; }}; recursion no; managed-keys-directory "{d}"; dnssec-validation no; }};
controls {{ }};
zone "zone.test" {{ type primary; file "zone"; }};
zone "broken.test" {{ type primary; file "broken"; }};
""")
    shutil.copy("/usr/sbin/named", d) # a copy: an AppArmor profile of the packaged path would not let it read here
    server([f"{d}/named", "-g", "-c", f"{d}/named.conf"], (address, port), f"{d}/log")
    until(lambda: "all zones loaded" in pathlib.Path(d, "log").read_text(errors="replace")) # it listens before
    cases = [ # name of the check, query, options, state, check_dig's words or None
        ("a", "www.zone.test", "expect: [192.0.2.11, 192.0.2.10]", "ok", ["-l", "www.zone.test", "-a", "192.0.2.10"]),
        ("a-other", "www.zone.test", "expect: [192.0.2.99]", "critical", None),
        ("a-one", "www.zone.test", "expect: [192.0.2.10], match: contains", "ok", None),
        ("aaaa", "www.zone.test", "type: AAAA, expect: ['2001:db8::10']", "ok", ["-l", "www.zone.test", "-T", "AAAA", "-a", "2001:db8::10"]),
        ("cname", "alias.zone.test", "type: CNAME, expect: [www.zone.test]", "ok", ["-l", "alias.zone.test", "-T", "CNAME", "-a", "www.zone.test."]),
        ("a-by-cname", "alias.zone.test", "expect: [192.0.2.10, 192.0.2.11]", "ok", ["-l", "alias.zone.test"]),
        ("mx", "zone.test", "type: MX, expect: ['20 mx2.zone.test', '10 mx1.zone.test']", "ok", ["-l", "zone.test", "-T", "MX", "-a", "10 mx1.zone.test."]),
        ("txt", "text.zone.test", "type: TXT, match: contains, expect: ['v=spf1 -alltwo parts']", "ok", ["-l", "text.zone.test", "-T", "TXT"]),
        ("soa", "zone.test", "type: SOA", "ok", ["-l", "zone.test", "-T", "SOA", "-a", "2026010101"]),
        ("ns", "zone.test", "type: NS, expect: [ns.zone.test]", "ok", ["-l", "zone.test", "-T", "NS", "-a", "ns.zone.test."]),
        ("srv", "_sip._tcp.zone.test", "type: SRV, expect: ['1 2 5060 www.zone.test']", "ok", ["-l", "_sip._tcp.zone.test", "-T", "SRV"]),
        ("caa", "ca.zone.test", "type: CAA", "ok", ["-l", "ca.zone.test", "-T", "CAA"]),
        ("nxdomain", "nothing.zone.test", "type: A", "critical", ["-l", "nothing.zone.test"]),
        ("nxdomain-wanted", "nothing.zone.test", "rcode: NXDOMAIN", "ok", None),
        ("no-such-type", "www.zone.test", "type: MX", "critical", ["-l", "www.zone.test", "-T", "MX"]),
        ("servfail", "www.broken.test", "type: A", "critical", None),
        ("refused", "www.example.org", "type: A", "critical", None),
    ]
    checks = "".join(f"      - dns: {{ name: {n}, query: {q}, server: {address}, port: {port}, {o} }}\n" for n, q, o, _, _ in cases)
    with Daemon(f"defaults: {{ every: 5m, attempts: 1 }}\nhosts:\n  ns:\n    alive: no\n    checks:\n{checks}") as v:
        until(lambda: all(r["state"] != "pending" for k, r in v.rows().items() if k[1]))
        rows = {k[1]: r for k, r in v.rows().items()}
        for name, _, _, want, words in cases:
            if words:
                together(t, f"dns {name}", rows[name], want, "check_dig", "-H", address, "-p", port, *words)
            else:
                t.ok(rows[name]["state"] == want and rows[name]["output"], f"dns {name}: {want}", rows[name])
        t.ok("SERVFAIL" in rows["servfail"]["output"] and "REFUSED" in rows["refused"]["output"], "the result code is named", (rows["servfail"]["output"], rows["refused"]["output"]))
        t.ok("192.0.2.99" in rows["a-other"]["output"] or "192.0.2.10" in rows["a-other"]["output"], "a wrong answer is quoted", rows["a-other"]["output"])
        if port == 53:
            together(t, "dns a", rows["a"], "ok", "check_dns", "-H", "www.zone.test", "-s", address, "-a", "192.0.2.10,192.0.2.11")
            together(t, "dns nxdomain", rows["nxdomain"], "critical", "check_dns", "-H", "nothing.zone.test", "-s", address)
            together(t, "dns servfail", rows["servfail"], "critical", "check_dns", "-H", "www.broken.test", "-s", address)
            together(t, "dns other answer", rows["a-other"], "critical", "check_dns", "-H", "www.zone.test", "-s", address, "-a", "192.0.2.99")
        else:
            t.skip("check_dns", "it asks port 53 only, which is not free for us")


# ---- sshd ----

def ssh(t):
    d, port = temp_dir(), free_port()
    made = None
    if os.geteuid() == 0 and not os.path.isdir("/run/sshd"):
        os.makedirs(made := "/run/sshd", mode=0o755)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{d}/key")
    pathlib.Path(d, "conf").write_text(f"Port {port}\nListenAddress 127.0.0.1\nHostKey {d}/key\nPidFile none\nUsePAM no\n")
    try:
        server(["/usr/sbin/sshd", "-D", "-e", "-f", f"{d}/conf"], port, f"{d}/log")
        probe = lambda *w: {"state": ["ok", "warning", "critical", "unknown"][(s := vigie("probe", "tcp", *w, "--plugin", "--timeout", "3s")).rc], "output": s.out}
        together(t, "sshd", probe(f"127.0.0.1:{port}", "expect=SSH-2.0"), "ok", "check_ssh", "-p", port, "127.0.0.1")
        closed = free_port()
        together(t, "no sshd", probe(f"127.0.0.1:{closed}", "expect=SSH-2.0"), "critical", "check_ssh", "-p", closed, "127.0.0.1")
        banner = Tcp(lambda c: (c.sendall(b"220 not ssh\r\n"), c.recv(100)))
        together(t, "another server at its port", probe(f"127.0.0.1:{banner.port}", "expect=SSH-2.0"), "critical", "check_ssh", "-t", 3, "-p", banner.port, "127.0.0.1")
        s = vigie("add", f"127.0.0.1:{port}", "--data", temp_dir())
        t.ok(s.rc == 1, "add without a daemon is refused", s)
    finally:
        if made:
            with contextlib.suppress(OSError):
                os.rmdir(made)


tap = Tap()
for part in (nginx, bind, ssh):
    tap.part(part)
tap.done()
