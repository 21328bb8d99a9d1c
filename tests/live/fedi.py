# SPDX-License-Identifier: GPL-3.0-or-later
# packages: openssl
"""The page followed by implementations of ActivityPub that we did not write: Fedify over http and over TLS, and an old server whose
signatures are made and verified by @peertube/http-signature: found, followed, told of incident, update, correction and withdrawal, each once, also over
a restart; forged, late and replayed requests change nothing (ST-4, ST-13; issue 4, sections 3 and 6)."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import queue
import sqlite3
import ssl
from _peers import *

HERE = pathlib.Path(__file__).resolve().parent / "npm_fedi"
CONFIG = """
site: {{ title: {{ en: Harbour, fr: Port }}, url: "{url}" }}
announce: {{ outsiders: anywhere }}
federation: {{ enabled: yes, hashtags: [harbour] }}
components:
  website: {{ name: {{ en: Website, fr: Site web }} }}
  mail: {{ name: {{ en: Mail, fr: Courriel }} }}
"""


def npm():
    """The packages (270 MB) stay beside the test, where they are ignored by git, or in a temporary directory."""
    if (HERE / "node_modules/.package-lock.json").exists():
        return HERE
    home = pathlib.Path(temp_dir())
    for name in ("package.json", "package-lock.json", "peer.mjs"):
        shutil.copy(HERE / name, home)
    p = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=home, capture_output=True, text=True, timeout=400)
    return home if p.returncode == 0 else None


class Peer:
    """peer.mjs: lines of JSON to it and from it."""

    def __init__(self, home, base, port, old_port, tls=()):
        env = clean_env(**({"NODE_EXTRA_CA_CERTS": tls[1]} if tls else {}))
        self.p = subprocess.Popen([home / "node_modules/node/bin/node", home / "peer.mjs", base, str(port), str(old_port), *tls], cwd=home, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        started.append(self.p)
        self.base, self.old, self.said, self.serial = base, f"http://localhost:{old_port}", [], 0
        self.lock = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()
        if not until(lambda: len(self.all(ready=lambda v: v)) == 2, 60):
            raise RuntimeError(f"the peer does not start: {self.said}")

    def _read(self):
        for line in self.p.stdout:
            with contextlib.suppress(ValueError):
                with self.lock:
                    self.said.append(json.loads(line))

    def all(self, **want):
        with self.lock:
            return [o for o in self.said if all(k in o and (v(o[k]) if callable(v) else o[k] == v) for k, v in want.items())]

    def one(self, seconds=None, **want):
        found = until(lambda: self.all(**want), seconds)
        return found[-1] if found else {}

    def do(self, what, **more):
        self.serial += 1
        self.p.stdin.write(json.dumps({"do": what, "serial": self.serial, **more}) + "\n")
        self.p.stdin.flush()
        return self.one(did=what, n=self.serial)

    def stop(self):
        with contextlib.suppress(OSError):
            self.p.stdin.close()
        self.p.wait(20)


class TlsFront:
    """What a web server in front of vigie does: TLS, and the same bytes behind it."""

    def __init__(self, port, cert, key):
        self.to, ctx = None, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ctx.load_cert_chain(cert, key)

        def serve(c):
            with ctx.wrap_socket(c, server_side=True) as s, socket.create_connection(("127.0.0.1", self.to)) as b:
                def back():
                    with contextlib.suppress(OSError):
                        while part := b.recv(65536):
                            s.sendall(part)
                    with contextlib.suppress(OSError):
                        s.shutdown(socket.SHUT_RDWR)
                t = threading.Thread(target=back, daemon=True)
                t.start()
                while part := s.recv(65536):
                    b.sendall(part)
                b.shutdown(socket.SHUT_WR)
                t.join(10)
        self.tcp = Tcp(serve, port)


def followers(d):
    return d.cli("followers", "list", "--json").json["count"]


def ready(d, path="/ap/page"):
    """The key is made in the background."""
    return until(lambda: d.http("GET", path, headers={"Accept": "application/activity+json"}).status == 200, 30)


def found(t, d, p, url):
    a = p.do("lookup", url=f"{url}/ap/page")
    t.ok(a.get("actor") and a.get("type") == "Service" and a.get("username") == "status" and a.get("name") == "Harbour", "Fedify finds the page as an actor", a)
    a = p.do("lookup", url=f"{url}/")
    t.eq(a.get("id"), f"{url}/ap/page", "the address of the page leads to it, too")
    a = p.do("lookup", url=f"{url}/ap/component/mail")
    t.ok(a.get("actor") and a.get("name") == "Harbour: Mail", "each component is one", a)
    n = p.do("nodeinfo", url=url)
    t.ok(n.get("software") == "vigie" and n.get("protocols") == ["activitypub"], "Fedify reads NodeInfo", n)


def life(t, d, p, url):
    """Follow, Accept, Create, reply, Update, Delete, Undo."""
    p.do("follow", url=f"{url}/ap/page", n="1")
    t.ok(p.one(got="Accept"), "the follow is accepted", p.said[-5:])
    t.ok(p.all(post="/users/reader/inbox", status=202, kind="rfc9421"), "Fedify took the Accept, signed as RFC 9421 says", p.all(post=lambda v: True))
    t.ok(until(lambda: followers(d) == 1), "one follows")
    p.do("again", url=f"{url}/ap/page", n="1")
    p.do("follow", url=f"{url}/ap/component/mail", n="2")
    t.ok(until(lambda: len(p.all(got="Accept")) == 2), "a component can be followed, too")
    t.ok(until(lambda: followers(d) == 2), "the same Follow again changes nothing", d.cli("followers", "list").out)
    made = d.cli("incident", "open", "website", "--impact", "major", "--title", "Bread & <butter>", "-m", "We **look** for it.", "--json")
    t.eq(made.rc, 0, "an incident is opened")
    key = made.json["bulletin"]["key"]
    head = f"{url}/ap/page/note/{key}"
    c = p.one(got="Create", note=head)
    t.ok("Bread &amp; &lt;butter&gt;" in c.get("content", "") and "<strong>look</strong>" in c["content"] and c["url"] == f"{url}/incident/{key}" and c["inReplyTo"] is None and c["published"] != "null", "Fedify gets it as a Note", c)
    t.ok("#harbour" in c.get("tags", []) and "#website" in c["tags"], "with its hashtags", c.get("tags"))
    d.cli("incident", "update", "1", "--phase", "identified", "-m", "A cable.")
    r = p.one(got="Create", note=f"{head}/2")
    t.ok(r.get("inReplyTo") == head and "A cable." in r.get("content", ""), "the update answers it", r)
    d.cli("incident", "edit", "1", "--update", "2", "-m", "A cable and a fuse.")
    u = p.one(got="Update", note=f"{head}/2")
    t.ok("and a fuse" in u.get("content", "") and u.get("updated"), "the correction changes it", u)
    read = p.do("lookup", url=f"{head}/2")
    t.ok("and a fuse" in (read.get("content") or "") and read.get("replies") == head, "its address shows the same", read)
    box = p.do("outbox", url=f"{url}/ap/page")
    t.eq((box.get("total"), box.get("ids")), (2, [f"{head}/2", head]), "Fedify walks through the outbox, newest first")
    t.eq(len(p.all(got="Create")), 2, "who follows a component that it does not concern hears nothing")
    d.cli("incident", "open", "mail", "--impact", "degraded", "--title", "Slow mail", "-m", "It is slow.")
    t.ok(until(lambda: len(p.all(got="Create")) == 4), "what concerns the component is told by both", [o["note"] for o in p.all(got="Create")])
    t.eq(sorted({o["actor"] for o in p.all(got="Create")}), [f"{url}/ap/component/mail", f"{url}/ap/page"], "each by its own voice")
    d.cli("incident", "retract", "1")
    t.ok(until(lambda: len(p.all(got="Delete")) == 2), "withdrawn: both notes are taken back", p.all(got="Delete"))
    t.eq(d.http("GET", f"/ap/page/note/{key}", headers={"Accept": "application/activity+json"}).status, 410, "and are gone at their addresses")


def restart(t, d, p, url):
    """While we are away nothing is lost; when we are back nothing comes twice."""
    before = len(p.all(got="Create"))
    d.cli("incident", "update", "2", "-m", "We found it.")
    t.ok(until(lambda: len(p.all(got="Create")) == before + 2), "an update is told before the restart")
    key = d.http("GET", "/ap/page", headers={"Accept": "application/activity+json"}).json["publicKey"]["publicKeyPem"]
    d.stop()
    t.ok(any("We found it." in o["content"] for o in p.all(got="Create")), "with the origin off the follower still has the last word")
    d.start()
    d.cli("incident", "resolve", "2", "-m", "All is well.")
    t.ok(until(lambda: len(p.all(got="Create")) == before + 4), "after it, what is new is told", len(p.all(got="Create")))
    time.sleep(1)
    t.eq(len(p.all(got="Create")), before + 4, "and nothing twice")
    t.eq(d.http("GET", "/ap/page", headers={"Accept": "application/activity+json"}).json["publicKey"]["publicKeyPem"], key, "the key is the same")
    p.do("undo", url=f"{url}/ap/page", n="1")
    p.do("undo", url=f"{url}/ap/component/mail", n="2")
    t.ok(until(lambda: followers(d) == 0), "who unfollows is off", d.cli("followers", "list").out)
    p.do("again", url=f"{url}/ap/page", n="1")
    time.sleep(0.5)
    t.eq(followers(d), 0, "his old Follow again does not bring him back")


def old_server(t, d, p, url):
    """Signatures of the older kind, made and verified by another library; what is wrong with them."""
    pem = d.http("GET", "/ap/page", headers={"Accept": "application/activity+json"}).json["publicKey"]["publicKeyPem"]
    me, inbox = f"{p.old}/users/old", f"{url}/ap/page/inbox"
    follow = lambda n: {"@context": "https://www.w3.org/ns/activitystreams", "id": f"{p.old}/follow/{n}", "type": "Follow", "actor": me, "object": f"{url}/ap/page"}
    for wrong in ("unsigned", "key", "digest", "late"):
        t.eq(p.do("old", to=inbox, activity=follow(wrong), wrong=wrong, pem=pem)["status"], 401, f"forged ({wrong}): 401")
    with contextlib.closing(sqlite3.connect(f"file:{d.data}/vigie.db?mode=ro", uri=True)) as db:
        t.eq(db.execute("SELECT COUNT(*) FROM federation_follower").fetchone()[0], 0, "and nothing is stored")
    t.eq(p.do("old", to=inbox, activity=follow(1))["status"], 202, "its Follow is taken")
    a = p.one(oldPost="/users/old/inbox", type="Accept")
    t.ok(a.get("verified") and a.get("digest") and a.get("algorithm", "").lower() in ("rsa-sha256", "hs2019"), "it refuses RFC 9421, then verifies our older signature", a)
    t.ok(p.all(refused="rfc9421"), "the newer one was tried first")
    t.ok(p.all(oldGet="/users/old", signed=True), "our question for its key is signed")
    tried = len(p.all(refused="rfc9421"))
    d.cli("incident", "open", "website", "--impact", "degraded", "--title", "Once more", "-m", "Slow again.")
    t.ok(p.one(oldPost="/inbox", type="Create").get("verified"), "it is told, at its shared inbox")
    t.eq(len(p.all(refused="rfc9421")), tried, "what it takes is remembered")
    t.eq(p.do("old", to=f"{url}/ap/inbox", activity=follow(1))["status"], 202, "the same Follow again is taken politely")
    time.sleep(0.5)
    t.eq(len(p.all(oldPost="/users/old/inbox", type="Accept")), 1, "and does nothing")
    delete = {"id": f"{me}#delete", "type": "Delete", "actor": me, "object": me}
    t.eq(p.do("old", to=f"{url}/ap/inbox", activity=delete, wrong="key")["status"], 401, "a forged Delete of a person is refused")
    p.do("gone")
    t.eq(p.do("old", to=f"{url}/ap/inbox", activity=delete, wrong="key")["status"], 202, "one whose server says that he is gone is taken")
    t.ok(until(lambda: followers(d) == 0), "he is off")


def over_http(t, home):
    port, peer_port, old_port = free_port(), free_port(), free_port()
    url = f"http://localhost:{port}"
    p = Peer(home, f"http://localhost:{peer_port}", peer_port, old_port)
    with Daemon(CONFIG.format(url=url), listen=f"127.0.0.1:{port}") as d:
        t.ok(ready(d), "the page can be followed")
        found(t, d, p, url)
        life(t, d, p, url)
        restart(t, d, p, url)
        old_server(t, d, p, url)
    p.stop()


def over_tls(t, home):
    base, port, peer_port, old_port = temp_dir(), free_port(), free_port(), free_port()
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", 3, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem", cwd=base)
    front = TlsFront(port, f"{base}/cert.pem", f"{base}/key.pem")
    url = f"https://localhost:{port}"
    p = Peer(home, f"https://localhost:{peer_port}", peer_port, old_port, (f"{base}/key.pem", f"{base}/cert.pem"))
    with Daemon(CONFIG.format(url=url), env={"SSL_CERT_FILE": f"{base}/cert.pem"}) as d:
        front.to = d.port
        t.ok(ready(d), "the page can be followed")
        t.eq(p.do("webfinger", resource=f"acct:status@localhost:{port}").get("subject"), f"acct:status@localhost:{port}", "WebFinger by its handle, over TLS")
        t.eq(p.do("webfinger", resource=f"acct:mail@localhost:{port}").get("subject"), f"acct:mail@localhost:{port}", "and of a component")
        t.eq(p.do("webfinger", resource=f"acct:nobody@localhost:{port}").get("subject"), None, "nobody else")
        found(t, d, p, url)
        life(t, d, p, url)
    p.stop()


tap = Tap()
home = npm()
if home:
    tap.part(over_http, home)
    tap.part(over_tls, home)
else:
    tap.skip("another's implementation of ActivityPub", "npm ci does not work here")
tap.done()
