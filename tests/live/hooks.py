# SPDX-License-Identifier: GPL-3.0-or-later
# packages: gammu-smsd smstools
"""Webhooks with a receiver that checks signatures with an hmac of its own: a server that is away, errs, breaks off, asks to wait, and a daemon that is
killed in between; each notice counts once by its id (ST-13, ANN-13; ST-23).
WebSub with a subscriber of npm that we did not write, and one of our own that checks all the rest. Text messages with Debian's gammu-smsd and smsd."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import hashlib
import hmac
import http.server
import shutil
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


class Reader(Receiver):
    """A subscriber of our own: echoes challenges, keeps feeds."""

    def __init__(self):
        super().__init__()
        self.questions, self.echo, outer = [], True, self

        def do_GET(handler):
            q = urllib.parse.parse_qs(urllib.parse.urlsplit(handler.path).query)
            outer.questions.append({k: v[0] for k, v in q.items()})
            body = (q.get("hub.challenge", [""])[0] if outer.echo else "no").encode()
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
        self.server.RequestHandlerClass.do_GET = do_GET


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def ask(d, mode, topic, callback, **more):
    return d.http("POST", "/websub", urllib.parse.urlencode({"hub.mode": mode, "hub.topic": topic, "hub.callback": callback, **{f"hub.{k}": v for k, v in more.items()}}), FORM)


def links(header):
    return {rel: url for url, rel in re.findall(r'<([^>]+)>;\s*rel="?(\w+)"?', header or "")}


def subscriptions(d):
    return d.cli("websub", "list", "--json").json["subscriptions"]


def websub(t):
    r = Reader()
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with Daemon(f"site: {{ url: '{base}' }}\nannounce: {{ outsiders: anywhere }}\ncomponents: {{ website: {{ name: Website }}, mail: {{ name: Mail }} }}\n", listen=f"127.0.0.1:{port}") as d:
        feed = d.http("GET", "/feed.atom?lang=en")
        rel = links(feed.headers["Link"])
        t.ok(rel.get("self") == f"{base}/feed.atom?lang=en" and rel.get("hub") == f"{base}/websub" and 'rel="hub"' in feed.body.decode(), "a feed names itself and its hub, by header and inside", feed.headers)
        cb = f"http://127.0.0.1:{r.port}/cb?who=me"
        t.eq(ask(d, "subscribe", rel["self"], cb, secret=SECRET, lease_seconds=7200).status, 202, "a wish is taken")
        t.ok(until(lambda: len(subscriptions(d)) == 1, 10) and r.questions[0]["hub.lease_seconds"] == "7200" and r.questions[0]["who"] == "me", "and stands when the callback repeats the challenge", r.questions)
        r.echo = False
        ask(d, "subscribe", rel["self"], f"http://127.0.0.1:{r.port}/other")
        t.ok(until(lambda: len(r.questions) == 2, 10), "another is asked", None)
        time.sleep(0.5)
        t.eq(len(subscriptions(d)), 1, "and does not stand when it does not")
        r.echo = True
        d.cli("incident", "open", "mail:major", "-t", "Mail is down", "-m", "We look.")
        t.ok(until(lambda: len(r.got) == 1, 20), "an incident opens: the feed comes", None)
        _, path, headers, body = r.got[0]
        now = d.http("GET", "/feed.atom?lang=en").body
        t.ok(path == "/cb?who=me" and body == now and b"Mail is down" in body and headers["Content-Type"].startswith("application/atom+xml"), "the very feed, with its type", headers.items())
        t.eq(links(headers["Link"]), rel, "with the links of the feed")
        t.eq(headers["X-Hub-Signature"], "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(), "signed with the secret of the subscriber")
        r.plan = [500]
        d.cli("incident", "update", "1", "-m", "A disk.")
        until(lambda: len(r.got) == 2, 20)
        d.kill()
        d.start()
        d.cli("incident", "resolve", "1", "-m", "Well.")
        t.ok(until(lambda: r.got and b"Well." in r.got[-1][3], 60), "an error and kill -9: what is new comes all the same", None)
        time.sleep(13)  # the one that failed is tried again, and has nothing to say any more
        t.eq([b"Well." in g[3] for g in r.got].count(True), 1, "and once")
        r.plan = [410]
        d.cli("incident", "open", "mail:major", "-m", "Again.")
        t.ok(until(lambda: subscriptions(d) == [], 20), "410 ends it", subscriptions(d))
        npm_client(t, d, rel)
    with Daemon(f"site: {{ url: '{base}' }}\ncomponents: {{ mail: {{ name: Mail }} }}\n", listen=f"127.0.0.1:{port}") as d:
        statuses = [ask(d, "subscribe", rel["self"], c).status for c in (f"http://127.0.0.1:{r.port}/", f"https://127.0.0.1:{r.port}/", "https://[::1]/", "https://10.0.0.1/", "https://localhost/", "file:///etc/passwd", "https://user@example.org/")]
        t.eq(statuses, [422, 422, 422, 422, 422, 400, 400], "private addresses and forged callbacks are refused")
        n = len(r.questions)
        flood = [ask(d, "subscribe", rel["self"], f"https://h{i}.example.org/").status for i in range(80)]
        t.ok(flood.count(429) >= 20 and set(flood) <= {202, 429}, "a flood is told to come later", flood)
        t.ok(len(r.questions) == n and subscriptions(d) == [], "and leaves nothing", subscriptions(d))
    r.close()


# Without a secret: this one sends a derived one, and checks signatures by another.
CLIENT = """
const pubsub = require("pubsubhubbub").createServer({callbackUrl: `http://127.0.0.1:${process.argv[2]}/`});
for (const e of ["subscribe", "unsubscribe", "denied", "error", "feed"])
    pubsub.on(e, x => console.log(JSON.stringify({event: e, topic: x.topic, hub: x.hub, body: x.feed ? x.feed.toString() : undefined, error: x.message})));
pubsub.on("listen", () => pubsub.subscribe(process.argv[3], process.argv[4], e => console.log(JSON.stringify({event: "asked", error: e ? e.message : undefined}))));
process.stdin.on("data", () => pubsub.unsubscribe(process.argv[3], process.argv[4], () => 0));
pubsub.listen(+process.argv[2]);
"""


def npm_client(t, d, rel):
    home = pathlib.Path(temp_dir())
    for name in ("package.json", "package-lock.json"):
        shutil.copy(pathlib.Path(__file__).resolve().parent / "npm" / name, home)
    if subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=home, capture_output=True, timeout=180).returncode:
        return t.skip("the subscriber of npm", "npm ci does not work here")
    (home / "client.js").write_text(CLIENT)
    port, out = free_port(), home / "out"
    with open(out, "w") as f:
        p = subprocess.Popen(["node", "client.js", str(port), rel["self"], rel["hub"]], cwd=home, stdin=subprocess.PIPE, stdout=f, stderr=f, start_new_session=True)
    started.append(p)
    events = lambda: [json.loads(line) for line in out.read_text().splitlines() if line.startswith("{")]
    t.ok(until(lambda: any(e["event"] == "subscribe" for e in events()) and len(subscriptions(d)) == 1, 20), "npm's pubsubhubbub subscribes", out.read_text())
    d.cli("incident", "open", "website:major", "-t", "Website is down", "-m", "We look.")
    t.ok(until(lambda: any(e["event"] == "feed" for e in events()), 20), "and takes the feed", out.read_text())
    got = next((e for e in events() if e["event"] == "feed"), {})
    t.ok(got.get("topic") == rel["self"] and got.get("hub") == rel["hub"] and "Website is down" in got.get("body", ""), "its topic, its hub, its words", got)
    p.stdin.write(b"x")
    p.stdin.flush()
    t.ok(until(lambda: any(e["event"] == "unsubscribe" for e in events()) and subscriptions(d) == [], 20), "and leaves", out.read_text())
    os.killpg(p.pid, signal.SIGTERM)
    p.wait(10)


SMS = "components: {{ website: {{ name: {{ en: Website, fr: Site web }} }} }}\nsite: {{ url: 'http://status.example.org' }}\nsms: {{ via: {via}, spool: '{spool}', to: [{{ number: '+33612345678', lang: fr }}] }}\n"
FRENCH = ("--title", "Ça déborde à l’été", "-m", "Nous réparons la boîte.", "--lang", "fr")


def gammu(t):
    """Debian's gammu-smsd with a telephone that is none: its FILES backend reads what we leave."""
    base = pathlib.Path(temp_dir())
    for name in ("out", "sent", "err", "in", "phone/sms/1", "phone/sms/2", "phone/sms/3", "phone/sms/4", "phone/sms/5", "phone/pbk", "phone/note", "phone/todo", "phone/calendar", "phone/fs", "phone/calls"):
        (base / name).mkdir(parents=True)
    (base / "rc").write_text(f"[gammu]\nmodel = dummy\nconnection = none\nport = {base}/phone\ngammuloc = /dev/null\nloglevel = textall\n\n[smsd]\nService = files\nLogFile = {base}/log\nDebugLevel = 255\nOutboxPath = {base}/out/\n"
                             f"SentSMSPath = {base}/sent/\nErrorSMSPath = {base}/err/\nInboxPath = {base}/in/\nCommTimeout = 1\nSendTimeout = 5\nCheckSecurity = 0\nCheckBattery = 0\nCheckSignal = 0\n")
    with open(base / "smsd.out", "wb") as f:
        p = subprocess.Popen(["gammu-smsd", "-c", str(base / "rc")], stdin=subprocess.DEVNULL, stdout=f, stderr=f, start_new_session=True, env=clean_env(LC_ALL="C.UTF-8"))
    started.append(p)
    with Daemon(SMS.format(via="gammu", spool=base / "out")) as d:
        d.cli("incident", "open", "website:major", *FRENCH)
        t.ok(until(lambda: len(list((base / "sent").iterdir())) == 1, 40), "gammu-smsd sends what we leave in its outbox", sorted(map(str, base.rglob("OUT*"))))
        log = (base / "log").read_text(errors="replace")
        t.ok("+33612345678" in log and "Ça déborde à l'été" in log and "7 bit SMS" in log and "http://status.example.org/incident/" in log, "in its own alphabet, one message, with the link", log[-3000:])
        t.ok(re.fullmatch(r"OUTA\d{8}_\d{6}_00_\+33612345678_vigie\d+\.txt", next((base / "sent").iterdir()).name), "by a name of its documentation", None)
        t.ok(until(lambda: '"ok"' in d.cli("sms", "list", "--json").out, 10), "the list says so", d.cli("sms", "list").out)
        d.cli("sms", "test", "+4790000000")
        t.ok(until(lambda: any("+4790000000" in f.name for f in (base / "sent").iterdir()), 40) and not list((base / "err").iterdir()), "a test arrives, and nothing fails", None)
    os.killpg(p.pid, signal.SIGTERM)
    p.wait(20)


def smstools(t):
    """Debian's smsd of SMS Server Tools 3, without a modem: it takes, checks and queues what we leave."""
    base = pathlib.Path(temp_dir())
    dirs = ("outgoing", "checked", "incoming", "sent", "failed", "report")
    for name in dirs:
        (base / name).mkdir()
    (base / "conf").write_text("devices = GSM1\n" + "".join(f"{n} = {base}/{n}\n" for n in dirs) + f"infofile = {base}/info\npidfile = {base}/pid\nlogfile = {base}/log\nloglevel = 7\ndelaytime = 1\n[GSM1]\ndevice = /dev/null\nincoming = no\n")
    with Daemon(SMS.format(via="smstools", spool=base / "outgoing")) as d:
        d.cli("incident", "open", "website:major", *FRENCH)
        t.ok(until(lambda: list((base / "outgoing").iterdir()), 20), "a file is in the spool", None)
        text = next((base / "outgoing").iterdir()).read_text()
        t.ok(text.startswith("To: 33612345678\nAlphabet: UTF-8\nPriority: HIGH\n\n") and "Ça déborde à l'été" in text, "as its documentation has it", text)
        with open(base / "smsd.out", "wb") as f:
            p = subprocess.Popen(["/usr/sbin/smsd", "-t", "-c" + str(base / "conf")], stdin=subprocess.DEVNULL, stdout=f, stderr=f, start_new_session=True)
        started.append(p)
        t.ok(until(lambda: list((base / "checked").iterdir()), 30) and not list((base / "failed").iterdir()), "smsd takes it into its queue", (base / "log").read_text(errors="replace")[-2000:] if (base / "log").exists() else None)
        os.killpg(p.pid, signal.SIGKILL)
        p.wait(10)


tap = Tap()
tap.part(all_shapes)
tap.part(retries)
tap.part(websub)
tap.part(gammu)
tap.part(smstools)
tap.done()
