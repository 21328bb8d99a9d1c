# SPDX-License-Identifier: GPL-3.0-or-later
# packages: apache2 apache2-utils nginx-light libnginx-mod-http-dav-ext minisign python3-botocore
"""Copies of the public site over HTTP (ST-4, ST-18, LES-20): WebDAV at Debian's Apache and nginx, S3 at a store that computes each signature
anew with botocore; what lies there is checked by minisign and sha256sum; a server that dies is seen, and its copy stays where it was."""
import hashlib
import http.server
import pathlib
import sys
import threading
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *

KEY, SECRET, REGION = "TESTKEY", "a/secret+with=signs", "eu-west-3"


# ---- servers ----

def apache(d, port):
    place = d / "apache"
    (place / "status").mkdir(parents=True)
    run("htpasswd", "-bc", d / "passwords", "status", "geheim")
    modules = "\n".join(f"LoadModule {n}_module /usr/lib/apache2/modules/mod_{n}.so" for n in ("mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "dav", "dav_fs", "dir", "mime"))
    user = "User www-data\nGroup www-data" if os.getuid() == 0 else ""
    (d / "apache.conf").write_text(f"""ServerRoot {d}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {d}/apache.pid
ErrorLog {d}/apache.log
{modules}
{user}
Mutex file:{d}
TypesConfig /etc/mime.types
DavLockDB {place}.lock
DocumentRoot {place}
<Directory {place}>
  Dav On
  DirectoryIndex index.html
  AuthType Basic
  AuthName x
  AuthUserFile {d}/passwords
  <LimitExcept GET HEAD>
    Require valid-user
  </LimitExcept>
</Directory>
""")
    run("chmod", "-R", "a+rwX", d)
    return server(["/usr/sbin/apache2", "-f", d / "apache.conf", "-DFOREGROUND"], port, d / "apache.out"), place / "status"


def nginx(d, port):
    place = d / "nginx"
    place.mkdir()
    modules = sorted(pathlib.Path("/usr/lib/nginx/modules").glob("ngx_http_dav_ext_module.so"))
    load = "".join(f"load_module {m};\n" for m in modules)
    user = "user root;" if os.getuid() == 0 else ""
    (d / "nginx.conf").write_text(f"""{load}daemon off; {user} pid {d}/nginx.pid; error_log {d}/nginx.log; events {{}}
http {{ access_log off; client_body_temp_path {d}/n1; proxy_temp_path {d}/n2; fastcgi_temp_path {d}/n3; uwsgi_temp_path {d}/n4; scgi_temp_path {d}/n5;
 include /etc/nginx/mime.types; client_max_body_size 50m;
 server {{ listen 127.0.0.1:{port}; root {place}; index index.html; location / {{ dav_methods PUT DELETE MKCOL; dav_access user:rw all:r; }} }} }}
""")
    return server(["/usr/sbin/nginx", "-p", d, "-c", d / "nginx.conf"], port, d / "nginx.out"), place


class Store(http.server.BaseHTTPRequestHandler):
    """A store that speaks just enough S3, and believes nobody."""
    protocol_version = "HTTP/1.1"
    objects, refused, headers_seen = {}, [], {}

    def log_message(self, *_):
        pass

    def signature_fits(self, body):
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        given = dict(re.findall(r"(\w+)=([^, ]+)", self.headers.get("Authorization", "")))
        names = given.get("SignedHeaders", "").split(";")
        if self.headers.get("x-amz-content-sha256") != hashlib.sha256(body).hexdigest() or "host" not in names or "x-amz-date" not in names:
            return False
        rq = AWSRequest(method=self.command, url=f"http://{self.headers['Host']}{self.path}", data=body, headers={n: self.headers[n] for n in names if n not in ("host", "x-amz-date")})
        rq.context["timestamp"] = self.headers["x-amz-date"]
        rq.headers["X-Amz-Date"] = self.headers["x-amz-date"]
        signer = S3SigV4Auth(Credentials(KEY, SECRET), "s3", REGION)
        return given.get("Credential", "").startswith(KEY + "/") and signer.signature(signer.string_to_sign(rq, signer.canonical_request(rq)), rq) == given.get("Signature")

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def run(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        where = f"{self.headers['Host'].split(':')[0]}{self.path}"
        if self.headers.get("Authorization") is None and self.command == "GET": # a reader
            self.answer(*((200, self.objects[where]) if where in self.objects else (403, b"")))
        elif not self.signature_fits(body):
            self.refused.append((self.command, self.path))
            self.answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        elif self.command == "PUT":
            self.objects[where] = body
            self.headers_seen[where] = dict(self.headers)
            self.answer(200)
        elif self.command == "DELETE":
            self.objects.pop(where, None)
            self.answer(204)
        else:
            self.answer(*((200, self.objects[where]) if where in self.objects else (403, b"<Error><Code>AccessDenied</Code></Error>")))
    do_GET = do_PUT = do_DELETE = run


def store():
    s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=s.serve_forever, daemon=True).start()
    return s.server_address[1]


# ---- what is looked at ----

CONFIG = """
site: { title: { en: Harbour, fr: Port }, url: "https://status.example.org" }
hosts: { quay: { alive: no, checks: [{ passive: { name: crane, attempts: 1 } }] } }
components:
  ferry: { name: { en: Ferry, fr: Bac }, depends: [quay/crane] }
  buoys: { name: { en: Buoys, fr: Bouées } }
mirrors:
  apache: { webdav: "http://127.0.0.1:%(apache)d/status/deep/", user: status, password: geheim, url: "http://127.0.0.1:%(apache)d/status/deep", look: 1m }
  nginx: { webdav: "http://127.0.0.1:%(nginx)d/", url: "http://127.0.0.1:%(nginx)d/", look: 1m }
  store: { s3: "http://127.0.0.1:%(s3)d/bucket/a~b", user: %(key)s, password: "%(secret)s", region: %(region)s, acl: public-read, url: "http://127.0.0.1:%(s3)d/bucket/a~b/", look: 1m }
  named: { s3: "http://localhost:%(s3)d/", user: %(key)s, password: "%(secret)s", region: %(region)s }
  liar: { s3: "http://127.0.0.1:%(s3)d/other/", user: %(key)s, password: wrong, region: %(region)s }
"""


def state(d):
    return {m["name"]: m for m in d.cli("mirror", "list", "--json").json["mirrors"]}


def fresh_on(place, word):
    page = place / "index.html"
    return page.exists() and word in page.read_text(errors="replace")


def check_tree(t, place, key, text):
    p = subprocess.run(["minisign", "-Vm", "manifest.txt", "-P", key], cwd=place, capture_output=True, text=True)
    t.ok(p.returncode == 0 and "Trusted comment: timestamp:" in p.stdout, f"{text}: minisign finds it signed by us", p.stdout + p.stderr)
    p = subprocess.run(["sha256sum", "--quiet", "-c", "manifest.txt"], cwd=place, capture_output=True, text=True)
    t.ok(p.returncode == 0, f"{text}: sha256sum finds every file as it was made", p.stdout + p.stderr)
    listed = len(re.findall(r"^[0-9a-f]{64}  ", (place / "manifest.txt").read_text(), re.M))
    there = sum(1 for f in place.rglob("*") if f.is_file() and ".DAV" not in f.parts and f.name not in ("manifest.txt", "manifest.txt.minisig"))
    t.ok(listed == there and listed > 50, f"{text}: nothing is there that is not listed ({listed} files)", there)


def as_tree(prefix):
    d = pathlib.Path(temp_dir())
    for name, body in Store.objects.items():
        if name.startswith(prefix):
            (d / name[len(prefix):]).parent.mkdir(parents=True, exist_ok=True)
            (d / name[len(prefix):]).write_bytes(body)
    return d


def copies(t):
    d = pathlib.Path(temp_dir())
    os.chmod(d, 0o755)
    ports = {"apache": free_port(), "nginx": free_port(), "s3": store(), "key": KEY, "secret": SECRET, "region": REGION}
    httpd, apache_place = apache(d, ports["apache"])
    web, nginx_place = nginx(d, ports["nginx"])
    with Daemon(CONFIG % ports) as v:
        t.ok(until(lambda: all(m["state"] == ("failing" if n == "liar" else "ok") for n, m in state(v).items()), 60), "four have a copy, the one with a wrong key fails", state(v))
        t.has(state(v)["liar"]["why"], "SignatureDoesNotMatch", text="the store's reason is shown")
        key = v.cli("mirror", "key").out.strip()
        t.ok(re.fullmatch(r"RW[A-Za-z0-9+/]{54}", key), "vigie mirror key prints the key", key)
        check_tree(t, apache_place / "deep", key, "Apache")
        check_tree(t, nginx_place, key, "nginx")
        check_tree(t, as_tree("127.0.0.1/bucket/a~b/"), key, "the store")
        check_tree(t, as_tree("localhost/"), key, "the store by the bucket's own name")
        page = Store.headers_seen["127.0.0.1/bucket/a~b/index.html"]
        t.ok(page.get("Content-Type") == "text/html; charset=utf-8" and page.get("Cache-Control") == "public, max-age=15" and page.get("x-amz-acl") == "public-read", "with its type, how long it may be kept, and who may read it", page)
        t.ok(not [r for r in Store.refused if not r[1].startswith("/other/")], "every signature is the one that botocore computes", Store.refused[:3])
        first = state(v)["nginx"]["sent"]
        v.cli("incident", "open", "buoys:major", "--title", "They drift", "-m", "word")
        t.ok(until(lambda: fresh_on(apache_place / "deep", "They drift") and fresh_on(nginx_place, "They drift") and b"They drift" in Store.objects["127.0.0.1/bucket/a~b/index.html"], 30), "an incident reaches all of them")
        t.ok(until(lambda: all(state(v)[n]["seen"] == "ok" for n in ("apache", "nginx", "store")), 120), "and they look well to readers", state(v))
        t.ok(state(v)["nginx"]["sent"] < first, "only what changed was sent", (first, state(v)["nginx"]))
        check_tree(t, nginx_place, key, "nginx, afterwards")
        # A page that somebody else wrote is found, and replaced.
        (nginx_place / "index.html").write_text("<html>Buy our pills</html>")
        t.ok(until(lambda: "Buy our pills" not in (nginx_place / "index.html").read_text(), 100), "what somebody else wrote there is replaced")
        end_one(httpd)
        v.cli("incident", "update", "1", "-m", "another word")
        t.ok(until(lambda: state(v)["apache"]["state"] == "failing" and fresh_on(nginx_place, "another word"), 30), "a server that dies stops no other", state(v))
    check_tree(t, apache_place / "deep", key, "what it had is whole, with the origin dead, too")
    damaged = nginx_place / "manifest.txt"
    damaged.write_text(damaged.read_text().replace("index.html", "index.htm1", 1))
    t.ok(subprocess.run(["minisign", "-Vm", "manifest.txt", "-P", key], cwd=nginx_place, capture_output=True).returncode != 0, "a list that somebody changed is not ours")


def end_one(p):
    os.killpg(p.pid, signal.SIGTERM)
    p.wait(10)


tap = Tap()
tap.part(copies)
tap.done()
