# SPDX-License-Identifier: GPL-3.0-or-later
"""Webhooks with a receiver that checks signatures with an hmac of its own: a server that is away, errs, breaks off, asks to wait, and a daemon that is
killed in between; each notice counts once by its id (ST-13, ANN-13; ST-23)."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import hashlib
import hmac
import http.server
import threading
import urllib.parse
from _peers import *

SECRET = "a word that only two know"
SITE = """
site: { title: { en: Harbour, fr: Port }, url: "http://status.example.org" }
components:
  website: { name: { en: Website, fr: Site web }, group: hosting }
  mail: { name: { en: Mail, fr: Courriel } }
"""


class Receiver:
    """Keeps what comes; `plan` says what the next answers are: a status, a mapping with headers, or "cut" (breaks off without one)."""

    def __init__(self, port=0):
        self.got, self.plan, outer = [], [], self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.got.append((self.command, self.path, self.headers, body))
                answer = outer.plan.pop(0) if outer.plan else 200
                if answer == "cut":
                    self.close_connection = True
                    self.connection.close()
                    return
                status, headers = (answer, {}) if isinstance(answer, int) else (answer["status"], answer["headers"])
                self.send_response(status)
                for k, v in headers.items():
                    self.send_header(k, v)
                self.send_header("Content-Length", "0")
                self.end_headers()
            do_PUT = do_POST

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def at(self, path):
        return [g for g in self.got if g[1] == path]

    def once(self, path):
        """What a receiver acts on that keeps the ids."""
        seen = {}
        for g in self.at(path):
            seen.setdefault(g[2]["Idempotency-Key"], g)
        return list(seen.values())


def signed(g):
    """As docs/public.md says, and as GitHub's receivers do."""
    headers, body = g[2], g[3]
    t, v1 = (p.split("=", 1)[1] for p in headers["X-Vigie-Signature"].split(","))
    own = hmac.compare_digest(v1, hmac.new(SECRET.encode(), t.encode() + b"." + body, hashlib.sha256).hexdigest()) and abs(time.time() - int(t)) < 300
    hub = hmac.compare_digest(headers["X-Hub-Signature-256"], "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest())
    return own and hub


def shapes(t, d, r):
    s = d.cli("webhook", "test", "own")
    t.ok("200" in s.out and s.rc == 0 and json.loads(r.at("/own")[0][3])["test"] is True, "a try says that it is one, and shows the answer", s)
    r.got.clear()
    d.cli("incident", "open", "website:major", "mail:degraded", "-t", "Web & \"mail\"", "-m", "We look for **it** @channel <!here>.")
    t.ok(until(lambda: len(r.got) == 11, 20), "each shape goes out once, Statuspage's for each component, too", [g[1] for g in r.got])
    bodies = {g[1]: g[3] for g in r.got}
    t.ok(all(signed(g) for g in r.at("/own")) and not signed_badly(r.at("/own")[0]), "both signatures hold, and not for another body", r.at("/own")[0][2])
    own = json.loads(bodies["/own"])
    t.ok(own["event"] == "incident.opened" and {c["name"]: (c["before"], c["level"]) for c in own["components"]} == {"website": ("operational", "major"), "mail": ("operational", "degraded")}, "its own shape has levels before and after", own)
    sp = [json.loads(g[3]) for g in r.at("/sp")]
    t.ok(sorted(k for b in sp for k in b if k in ("incident", "component_update")) == ["component_update", "component_update", "incident"], "Statuspage's bodies", sp)
    ids = {c["id"] for c in d.http("GET", "/api/v2/components.json").json["components"]}
    t.ok(all(b["component_update"]["component_id"] in ids for b in sp if "component_update" in b), "with the ids of its API", ids)
    matrix = next(g for g in r.got if g[0] == "PUT")
    t.ok(matrix[1].startswith("/_matrix/client/v3/rooms/%21x%3Aexample.org/send/m.room.message/") and matrix[1].endswith(matrix[2]["Idempotency-Key"]) and matrix[2]["Authorization"] == "Bearer tok", "Matrix: a transaction by the id", matrix[1])
    for path in ("/slack", "/mm", "/dc", "/bot1:ab/sendMessage", "/ntfy/"):
        t.ok(path in bodies and "http://status.example.org/incident/" in json.dumps(json.loads(bodies[path])), f"{path} is JSON with the link", bodies.get(path))
    t.ok("<!here>" not in bodies["/slack"].decode() and "@channel" not in bodies["/mm"].decode(), "nobody is called by a text", bodies["/mm"])
    form = urllib.parse.parse_qs(bodies["/form"].decode())
    t.ok(form["status"][0].startswith("Investigating: Web & \"mail\". We look for it @channel") and form["status"][0].count("http://") == 1, "a form of one's own", form)


def signed_badly(g):
    return signed((g[0], g[1], g[2], g[3] + b" "))


def retries(t):
    first = Receiver()
    port = first.port
    with Daemon(SITE + f"webhooks: {{ own: {{ url: 'http://127.0.0.1:{port}/own', secret: '{SECRET}' }}, other: {{ url: 'http://127.0.0.1:{port}/other' }} }}\n") as d:
        first.plan = [500, 500]  # both, in whatever order
        d.cli("incident", "open", "website:major", "-m", "Down.", "-t", "Down")
        t.ok(until(lambda: len(first.got) == 2, 20), "two tries meet an error", len(first.got))
        first.close()
        d.kill()
        d.start()
        time.sleep(1)
        d.cli("incident", "update", "1", "-m", "A disk.", "-p", "identified")  # nobody listens
        t.ok(until(lambda: "refused" in d.cli("webhook", "list", "--json").out, 30), "nobody listens, and the list says so", d.cli("webhook", "list").out)
        d.kill()
        second = Receiver(port)
        second.plan = ["cut"]  # takes one, and breaks off before its answer
        d.start()
        d.cli("incident", "resolve", "1", "-m", "Well.")
        t.ok(until(lambda: all(len(second.once(p)) == 3 for p in ("/own", "/other")), 60), "afterwards each has all three", [(g[1], g[2]["X-Vigie-Event"]) for g in second.got])
        d.kill()
        d.start()
        time.sleep(3)
        ids = {p: [g[2]["Idempotency-Key"] for g in second.at(p)] for p in ("/own", "/other")}
        t.ok(all(len(set(v)) == 3 for v in ids.values()) and sum(map(len, ids.values())) <= 8, "once by their ids, over errors, refusals, a broken answer and kill -9", ids)
        t.ok({g[2]["Idempotency-Key"] for g in first.got} <= set(ids["/own"]) | set(ids["/other"]), "a later try has the id of the first", ids)
        t.ok(all(signed(g) for g in second.at("/own")), "each try is signed anew", None)
        second.plan = [{"status": 429, "headers": {"Retry-After": "13"}}, {"status": 429, "headers": {"Retry-After": "13"}}]
        n = len(second.got)
        d.cli("incident", "open", "mail:degraded", "-m", "Slow.", "-t", "Slow")
        until(lambda: len(second.got) >= n + 2, 20)
        began = time.monotonic()
        t.ok(until(lambda: len(second.got) >= n + 4, 40) and time.monotonic() - began > 12, "Retry-After is kept", time.monotonic() - began)
        second.plan = [410, 410]
        d.cli("incident", "resolve", "2", "-m", "Well.")
        until(lambda: len(second.got) >= n + 6, 20)
        t.ok(until(lambda: d.cli("webhook", "list", "--json").out.count('"gone"') == 2, 10), "410: gone, and said so", d.cli("webhook", "list").out)
        n = len(second.got)
        d.cli("incident", "open", "mail:degraded", "-m", "Slow again.", "-t", "Slow")
        time.sleep(2)
        t.eq(len(second.got), n, "it rests")
        d.cli("webhook", "test", "own")
        d.cli("incident", "update", "3", "-m", "News.")
        t.ok(until(lambda: any(b"News." in g[3] for g in second.at("/own")), 20) and not any(b"News." in g[3] for g in second.at("/other")), "a try that goes well wakes it", None)
        second.close()


def all_shapes(t):
    r = Receiver()
    u = f"http://127.0.0.1:{r.port}"
    with Daemon(SITE + f"""webhooks:
  own: {{ url: "{u}/own", secret: "{SECRET}" }}
  sp: {{ url: "{u}/sp", format: statuspage }}
  slack: {{ url: "{u}/slack", format: slack, about: ["group:hosting"] }}
  mm: {{ url: "{u}/mm", format: mattermost, lang: fr }}
  matrix: {{ url: "{u}/", format: matrix, token: tok, room: "!x:example.org" }}
  ntfy: {{ url: "{u}/ntfy/status", format: ntfy }}
  dc: {{ url: "{u}/dc", format: discord }}
  tg: {{ url: "{u}", format: telegram, token: "1:ab", room: "-100" }}
  form: {{ url: "{u}/form", format: text, type: application/x-www-form-urlencoded, body: "status=${{line}}&x=${{nope}}" }}
  work: {{ url: "{u}/work", kinds: [maintenance] }}
""") as d:
        shapes(t, d, r)
    r.close()


tap = Tap()
tap.part(all_shapes)
tap.part(retries)
tap.done()
