# SPDX-License-Identifier: GPL-3.0-or-later
# packages: nginx-light openssl postfix
"""Real servers on loopback: nginx with HTTP/2, client certificates, stapled OCSP answers, old protocols; a site with a log-in,
a WebSocket server, an RDAP and a whois server of our own; STARTTLS with postfix. Up, refused, stuck, and wrong."""
import base64
import hashlib
import http.server
import pathlib
import struct
import sys
import threading
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *

STATES = ["ok", "warning", "critical", "unknown"]


def conf(d, text):
    path = pathlib.Path(d, "probe.yaml")
    path.write_text(text)
    return path


class Checks:
    """One check after the other is asked of one daemon: all of them at once, then their rows."""
    def __init__(self, ca):
        self.ca, self.lines, self.wants = ca, [], []

    def add(self, name, kind, options, want, say=None):
        self.lines.append(f"      - {kind}: {{ name: {name}, {options} }}\n")
        self.wants.append((name, want, say))

    def judge(self, t):
        with Daemon(f"site: {{ ca_file: {self.ca} }}\ndefaults: {{ every: 5m, attempts: 1, timeout: 5s }}\nhosts:\n  peer:\n    address: 127.0.0.1\n    alive: no\n    checks:\n" + "".join(self.lines)) as v:
            until(lambda: all(r["state"] != "pending" for k, r in v.rows().items() if k[1]))
            rows = {k[1]: r for k, r in v.rows().items()}
        for name, want, say in self.wants:
            r = rows[name]
            t.ok(r["state"] == want and (say is None or re.search(say, r["output"])), f"{name}: {want}", r)


# ---- nginx ----

def staple(d, name, revoked=False, days=2):
    """An answer of the authority's own about one certificate."""
    args = ["openssl", "ocsp", "-index", "index", "-CA", "ca.pem", "-issuer", "ca.pem", "-rsigner", "ca.pem", "-rkey", "ca.key", "-cert", f"{name}.pem", "-ndays", days, "-respout", f"{name}.ocsp"]
    if revoked:
        run("openssl", "ca", "-batch", "-config", "ca.conf", "-cert", "ca.pem", "-keyfile", "ca.key", "-revoke", f"{name}.pem", "-crl_reason", "keyCompromise", cwd=d)
    run(*args, cwd=d)


def nginx(t):
    d = temp_dir()
    os.chmod(d, 0o755)
    authority(d)
    for name in ("web", "revoked", "client"):
        certificate(d, name, f"DNS:{name}.test,IP:127.0.0.1", -1, 60)
    staple(d, "web")
    staple(d, "revoked", revoked=True)
    run("openssl", "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-days", 60, "-subj", "/CN=weak.test", "-keyout", "weak.key", "-out", "weak.pem", cwd=d)
    ports = {name: free_port() for name in ("h2", "revoked", "client", "old", "weak", "plain")}
    block = lambda name, cert, more="", where="": f"server {{ listen 127.0.0.1:{ports[name]} ssl{where}; server_name {name}.test; ssl_certificate {d}/{cert}.pem; ssl_certificate_key {d}/{cert}.key; {more} location / {{ return 200 'Welcome'; }} location /json {{ default_type application/json; return 200 '{{\"status\":\"ok\",\"queue\":[1,2]}}'; }} }}\n"
    blocks = block("h2", "web", f"ssl_stapling on; ssl_stapling_file {d}/web.ocsp; ssl_protocols TLSv1.2 TLSv1.3;", " http2")
    blocks += block("revoked", "revoked", f"ssl_stapling on; ssl_stapling_file {d}/revoked.ocsp;")
    blocks += block("client", "web", f"ssl_client_certificate {d}/ca.pem; ssl_verify_client on;")
    blocks += block("old", "web", "ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers ALL:@SECLEVEL=0;")
    blocks += block("weak", "weak", "ssl_ciphers ALL:@SECLEVEL=0;")
    blocks += f"server {{ listen 127.0.0.1:{ports['plain']}; location / {{ return 301 https://web.test:{ports['h2']}/; }} }}\n"
    user = "user root;" if os.geteuid() == 0 else ""
    paths = "".join(f"{k}_temp_path {d}/{k};" for k in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    pathlib.Path(d, "nginx.conf").write_text(f"daemon off; master_process off; {user} pid {d}/nginx.pid; error_log {d}/error.log; events {{}}\nhttp {{ access_log off; {paths}\n{blocks}}}\n")
    p = server(["/usr/sbin/nginx", "-p", d, "-c", f"{d}/nginx.conf"], ports["h2"], f"{d}/log")
    c = Checks(f"{d}/ca.pem")
    url = lambda name, path="/": f"url: 'https://{'web' if name in ('h2', 'client', 'old') else name}.test:{ports[name]}{path}', address: 127.0.0.1"
    tls = lambda name: f"target: '127.0.0.1:{ports[name]}', server_name: {'web' if name in ('h2', 'client', 'old') else name}.test"
    c.add("h2", "http", url("h2") + ", expect: { version: 2, body: Welcome }", "ok", "200")
    c.add("no-h2", "http", url("old") + ", expect: { version: 2 }", "critical", "HTTP/1.1, wanted HTTP/2")
    c.add("json", "http", url("h2", "/json") + ", expect: { json: { $.status: ok, '$.queue.length': '< 3' }, header_regex: { Content-Type: '^application/json' } }", "ok")
    c.add("json-other", "http", url("h2", "/json") + ", expect: { json: { '$.queue.length': '> 3' } }", "critical", "is 2, wanted > 3")
    c.add("moved", "http", f"url: 'http://127.0.0.1:{ports['plain']}/', expect: {{ redirect: 'https://web.test:' }}", "ok", "301")
    c.add("known", "http", url("client") + f", cert: {d}/client.pem, key: {d}/client.key, expect: {{ body: Welcome }}", "ok", "200")
    c.add("unknown", "http", url("client"), "critical", "400")
    c.add("stapled", "tls", tls("h2") + ", ocsp: require, names: [web.test], issuer: Test authority, refuse: [SSLv3, TLSv1.0, TLSv1.1]", "ok", "good for")
    c.add("revoked", "tls", tls("revoked"), "critical", "revoked")
    c.add("no-staple", "tls", tls("old") + ", ocsp: require", "critical", "stapled no OCSP")
    c.add("old", "tls", tls("old") + ", refuse: [SSLv3, TLSv1.0, TLSv1.1]", "critical", "still speaks TLSv1.0, TLSv1.1")
    c.add("weak", "tls", tls("weak") + ", verify: no, min_version: TLSv1.0", "warning", "weak key: RSA 1024")
    c.add("pinned", "tls", tls("h2") + f", fingerprint: '{'00' * 32}'", "critical", "another one")
    c.add("closed", "tls", f"target: '127.0.0.1:{free_port()}'", "critical", "refused")
    c.judge(t)
    os.kill(p.pid, signal.SIGSTOP)
    try:
        for kind, target in (("tls", f"127.0.0.1:{ports['h2']}"), ("http", f"https://127.0.0.1:{ports['h2']}/")):
            s = vigie("probe", kind, target, "--plugin", "--timeout", "1s")
            t.ok(s.rc == 2, f"{kind}: a server that is stuck is critical", s)
    finally:
        os.kill(p.pid, signal.SIGCONT)


# ---- a site with a log-in, and other small servers ----

class Site(http.server.BaseHTTPRequestHandler):
    def log_message(self, *a):
        pass

    def page(self, status, text, *headers):
        self.send_response(status)
        for k, v in headers:
            self.send_header(k, v)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        jar = self.headers.get("Cookie", "")
        if self.path == "/login":
            self.page(200, '<form><input name="csrf" value="q&amp;1"></form>', ("Set-Cookie", "visit=1; Path=/"))
        elif self.path == "/home" and "session=good" in jar:
            self.page(200, "Welcome, watch")
        elif self.path.startswith("/rdap/domain/"):
            name = self.path.rpartition("/")[2]
            when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + (100 if name == "good.test" else 5) * 86400 + 3600))
            self.page(200 if name != "none.test" else 404, json.dumps({"objectClassName": "domain", "ldhName": name, "events": [{"eventAction": "expiration", "eventDate": when}]}))
        else:
            self.page(401, "who are you?")

    def do_POST(self):
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        good = sent == "login=watch&password=p%26w&csrf=q%261" and "visit=1" in self.headers.get("Cookie", "")
        self.page(303 if good else 403, "", ("Location", "/home"), ("Set-Cookie", "session=good; Path=/; HttpOnly"))


def websocket(c):
    """Upgrades, answers pings, echoes texts; /deaf answers nothing behind the upgrade."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += c.recv(4096)
    key = re.search(rb"Sec-WebSocket-Key: (\S+)", head).group(1)
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    c.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
    while len(h := c.recv(6)) == 6:
        n = h[1] & 127
        data = bytes(b ^ h[2 + i % 4] for i, b in enumerate(c.recv(n))) if n else b""
        if b"/deaf" not in head.splitlines()[0]:
            c.sendall(struct.pack("BB", 0x80 | (10 if h[0] & 15 == 9 else h[0] & 15), n) + data)


def small_servers(t):
    d = temp_dir()
    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    at = f"http://127.0.0.1:{site.server_port}"
    ws = Tcp(websocket)
    later = time.strftime("%d.%m.%Y", time.gmtime(time.time() + 90 * 86400))
    whois = Tcp(lambda c: (c.recv(100), c.sendall(f"domain: good.test\nexpires............: {later}\nregistrar: Test\n".encode())))
    steps = "steps: [{ get: /login, capture: { csrf: 'value=\"([^\"]+)\"' } }, { name: login, post: /login, form: { login: '${user}', password: '${password}', csrf: '${csrf}' } }, { get: /home, expect: { body: Welcome } }]"
    authority(d)
    c = Checks(f"{d}/ca.pem")
    c.add("log-in", "web", f"url: '{at}/', user: watch, password: 'p&w', {steps}", "ok", "3 steps")
    c.add("wrong-password", "web", f"url: '{at}/', user: watch, password: other, {steps}", "critical", r"step 2 \(login\): 403")
    c.add("socket", "websocket", f"url: 'ws://127.0.0.1:{ws.port}/', send: hello, expect: hello", "ok", "heard")
    c.add("deaf-socket", "websocket", f"url: 'ws://127.0.0.1:{ws.port}/deaf', timeout: 1s", "critical", "ping")
    c.add("no-socket", "websocket", f"url: 'ws://127.0.0.1:{site.server_port}/login'", "critical", "no upgrade: 200")
    c.add("rdap", "domain", f"domain: good.test, server: '{at}/rdap/'", "ok", "registered for")
    c.add("rdap-soon", "domain", f"domain: soon.test, server: '{at}/rdap/'", "critical", "ends in")
    c.add("rdap-none", "domain", f"domain: none.test, server: '{at}/rdap/'", "critical", "not registered")
    c.add("whois", "domain", f"domain: good.test, server: '127.0.0.1:{whois.port}'", "ok", "registered for")
    c.judge(t)
    site.shutdown()


# ---- postfix ----

def postfix(t):
    d, port = temp_dir(), free_port()
    os.chmod(d, 0o755)
    authority(d)
    certificate(d, "mail", "DNS:mail.test", -1, 40)
    for sub in ("queue", "data", "etc"):
        os.makedirs(f"{d}/{sub}")
    shutil.chown(f"{d}/data", "postfix")
    pathlib.Path(d, "etc/main.cf").write_text(f"compatibility_level = 3.6\nmyhostname = mail.test\nqueue_directory = {d}/queue\ndata_directory = {d}/data\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmaillog_file = /dev/stdout\nalias_maps =\nalias_database =\nsmtpd_tls_security_level = may\nsmtpd_tls_protocols = >=TLSv1.2\nsmtpd_tls_cert_file = {d}/mail.pem\nsmtpd_tls_key_file = {d}/mail.key\nmaillog_file_prefixes = /dev/stdout, /tmp, {d}\n")
    pathlib.Path(d, "etc/master.cf").write_text(f"127.0.0.1:{port} inet n - n - - smtpd\nrewrite unix - - n - - trivial-rewrite\ncleanup unix n - n - 0 cleanup\ntlsmgr unix - - n 1000? 1 tlsmgr\nanvil unix - - n - 1 anvil\nproxymap unix - - n - - proxymap\npostlog unix-dgram n - n - 1 postlogd\n")
    p = server(["/usr/sbin/postfix", "-c", f"{d}/etc", "start-fg"], port, f"{d}/log", 40)
    c = Checks(f"{d}/ca.pem")
    c.add("starttls", "tls", f"target: '127.0.0.1:{port}', server_name: mail.test, starttls: smtp, refuse: [SSLv3, TLSv1.0]", "ok", "certificate of mail")
    c.add("other-name", "tls", f"target: '127.0.0.1:{port}', server_name: elsewhere.test, starttls: smtp", "critical", "not trusted")
    c.add("wrong-protocol", "tls", f"target: '127.0.0.1:{port}', server_name: mail.test, starttls: imap, timeout: 2s", "critical")
    c.judge(t)


tap = Tap()
for part in (nginx, small_servers, postfix):
    tap.part(part)
tap.done()
