# SPDX-License-Identifier: GPL-3.0-or-later
# packages: nodejs npm
"""Web Push as browsers and their services read it: Node.js stands for both. It makes the keys, opens what arrives with npm's http_ece (RFC
8188, 8291), and verifies who sent it (RFC 8292) with its own cryptography; services that are gone, busy or slow; kill -9 in the middle of two hundred."""
import pathlib
import shutil
import sys
import threading
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *

# Each browser is a path; a line of JSON for each message that came.
RECEIVER = """
import { createServer } from 'node:http';
import { createECDH, createPublicKey, randomBytes, verify } from 'node:crypto';
import ece from 'http_ece';
const browsers = new Map(), answers = new Map();
let slow = 0;
const server = createServer((rq, rs) => {
  const parts = [];
  rq.on('data', (p) => parts.push(p));
  rq.on('end', () => {
    const [, what, name] = rq.url.split('/');
    const body = Buffer.concat(parts);
    if (what === 'new') { // a browser subscribes
      const keys = createECDH('prime256v1'), auth = randomBytes(16);
      keys.generateKeys();
      browsers.set(name, { keys, auth });
      return rs.end(JSON.stringify({ endpoint: `http://127.0.0.1:${server.address().port}/push/${name}`, expirationTime: null, keys: { p256dh: keys.getPublicKey().toString('base64url'), auth: auth.toString('base64url') } }));
    }
    if (what === 'answer') { answers.set(name, body.length ? JSON.parse(body) : undefined); return rs.end(); }
    if (what === 'slow') { slow = Number(name); return rs.end(); }
    if (what !== 'push') { rs.statusCode = 404; return rs.end(); } // the daemon's own look at what listens on this machine
    const b = browsers.get(name), a = answers.get(name), said = { name, ttl: rq.headers.ttl, urgency: rq.headers.urgency, topic: rq.headers.topic, encoding: rq.headers['content-encoding'], bytes: body.length, refused: Boolean(a) };
    try {
      said.message = JSON.parse(ece.decrypt(body, { version: 'aes128gcm', privateKey: b.keys, authSecret: b.auth }).toString());
      const [, t, k] = rq.headers.authorization.match(/^vapid t=([^,]+), k=(.+)$/);
      const [head, claims, signature] = t.split('.'), point = Buffer.from(k, 'base64url');
      const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') }, format: 'jwk' });
      said.signed = verify('sha256', Buffer.from(`${head}.${claims}`), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
      said.head = JSON.parse(Buffer.from(head, 'base64url'));
      said.claims = JSON.parse(Buffer.from(claims, 'base64url'));
      said.key = k;
    } catch (e) { said.wrong = String(e); }
    console.log(JSON.stringify(said));
    setTimeout(() => rs.writeHead(a?.status ?? 201, a?.headers ?? {}).end(), slow);
  });
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
"""

CONFIG = """
site: { title: { en: Harbour, fr: Port }, url: "https://status.example.org", mail: { from: "status@example.org" }, trusted_proxies: ["127.0.0.1"] }
announce: { outsiders: anywhere }
hosts: { quay: { alive: no } }
components:
  ferry: { name: { en: Ferry, fr: Bac } }
  buoys: { name: { en: Buoys, fr: Bouées }, group: sea }
"""


class Receiver:
    def __init__(self, home):
        (home / "receiver.mjs").write_text(RECEIVER)
        self.process = subprocess.Popen(["node", home / "receiver.mjs"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        started.append(self.process)
        self.port = json.loads(self.process.stdout.readline())["port"]
        self.came = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.came.append(json.loads(line))

    def ask(self, path, body=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        c.request("POST", path, body=json.dumps(body) if body is not None else None)
        return c.getresponse().read()

    def browser(self, name):
        return json.loads(self.ask(f"/new/{name}"))

    def of(self, name, topic=None):
        return [m for m in list(self.came) if m["name"] == name and (topic is None or m["topic"] == topic)]


def npm():
    home = pathlib.Path(temp_dir())
    for name in ("package.json", "package-lock.json"):
        shutil.copy(pathlib.Path(__file__).resolve().parent / "npm_push" / name, home)
    p = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=home, capture_output=True, text=True, timeout=180)
    return home if p.returncode == 0 else None


def subscribe(d, sub, address="192.0.2.7", **choice):
    return d.http("POST", "/push/subscribe", {**sub, **choice}, {"X-Forwarded-For": address})


def browsers(d):
    return d.cli("subscriber", "browsers", "--json").json


def readers(t, d, r):
    anna, bruno, carla = (r.browser(n) for n in ("anna", "bruno", "carla"))
    t.eq(subscribe(d, anna).json, {"subscribed": True, "fresh": True}, "a browser is taken")
    subscribe(d, bruno, lang="fr", components=["ferry"])
    subscribe(d, carla, groups=["sea"], kinds=["resolved"])
    t.ok(until(lambda: all(r.of(n, "welcome") for n in ("anna", "bruno", "carla")), 20), "each gets a greeting", r.came)
    hello = r.of("bruno")[0]
    t.ok("wrong" not in hello and hello["encoding"] == "aes128gcm", "http_ece opens it", hello)
    t.has(hello["message"]["body"], "Vous serez prévenu ici", text="in the reader's language")
    page = d.http("GET", "/subscribe").text
    t.ok(hello["signed"] and hello["head"] == {"typ": "JWT", "alg": "ES256"} and f'data-key="{hello["key"]}"' in page, "signed with the key that the page gives to browsers", hello)
    now = time.time()
    t.ok(hello["claims"]["aud"] == f"http://127.0.0.1:{r.port}" and now < hello["claims"]["exp"] < now + 86400 and hello["claims"]["sub"] == "mailto:status@example.org", "for this service, for less than a day, with somebody to write to", hello["claims"])
    t.eq({k: browsers(d)[k] for k in ("browsers", "proven")}, {"browsers": 3, "proven": 3}, "three browsers are told")
    one = d.cli("incident", "open", "ferry:major", "--title-en", "No ferry", "--title-fr", "Pas de bac", "--en", "The **engine** is out.\n\n" + "Long words. " * 600, "--fr", "Le moteur est en panne.", "--json").json["bulletin"]
    t.ok(until(lambda: r.of("anna", one["key"]) and r.of("bruno", one["key"]), 20), "an incident reaches those whom it concerns", r.came)
    en, fr = r.of("anna", one["key"])[0], r.of("bruno", one["key"])[0]
    t.ok(en["message"]["title"].endswith("No ferry") and en["message"]["body"].startswith("The engine is out. Long words.") and en["message"]["body"].endswith("…"), "its words without their marks, cut to size", en)
    t.ok(en["bytes"] <= 3000 + 86 + 17 and en["urgency"] == "high" and 86000 < int(en["ttl"]) <= 86400, "it fits, wakes the telephone, and is kept for a day", en)
    t.eq([fr["message"][k] for k in ("body", "url", "tag", "lang")], ["Le moteur est en panne.", f"https://status.example.org/incident/{one['key']}?lang=fr", one["key"], "fr"], "with its address, in French")
    work = d.cli("maintenance", "plan", "buoys", "--start", "+2d", "--for", "2h", "-t", "New paint", "-m", "Away once.", "--json").json["bulletin"]
    t.ok(until(lambda: r.of("anna", work["key"]), 20), "planned work, too", r.came)
    t.ok(re.match(r".+ – .+\. Away once\.$", r.of("anna", work["key"])[0]["message"]["body"]), "with when it is", r.of("anna", work["key"]))
    d.cli("incident", "resolve", str(one["id"]), "-m", "All is well.")
    t.ok(until(lambda: len(r.of("anna", one["key"])) == 2, 20) and not r.of("carla", one["key"]), "the end reaches who wants to hear of it, and nobody else", r.came)
    t.eq(d.http("POST", "/push/unsubscribe", {"endpoint": anna["endpoint"], "keys": {"auth": "AAAAAAAAAAAAAAAAAAAAAA"}}).status, 404, "nobody ends another's subscription")
    t.eq(d.http("POST", "/push/unsubscribe", anna).status, 200, "its own browser does")
    r.ask("/answer/bruno", {"status": 410})
    r.ask("/answer/carla", {"status": 429, "headers": {"Retry-After": "5"}})
    two = d.cli("incident", "open", "ferry:major", "buoys:major", "--title", "Storm", "-m", "Wait.", "--json").json["bulletin"]
    d.cli("incident", "resolve", str(two["id"]), "-m", "Over.")
    t.ok(until(lambda: r.of("carla", two["key"]) and browsers(d)["browsers"] == 1, 20), "one that its service no longer knows is forgotten", browsers(d))
    r.ask("/answer/carla")
    t.ok(until(lambda: [m for m in r.of("carla", two["key"]) if not m["refused"]], 60), "one whose service asked for patience is told later", r.of("carla"))
    t.ok(not r.of("anna", two["key"]), "who ended it hears nothing")
    listed = d.cli("subscriber", "list", "--json").out + d.cli("subscriber", "browsers", "--json").out + d.log()
    t.ok("/push/" not in listed.replace("/push/subscribe", "").replace("/push/unsubscribe", ""), "no endpoint is listed or logged", listed[-500:])


def many(t, d, r):
    """Two hundred browsers, a slow service, and an end by kill -9 while it goes on."""
    n = 200
    before = browsers(d)["browsers"]
    taken = sum(subscribe(d, r.browser(f"m{i}"), f"198.51.100.{i}").status == 200 for i in range(n))
    t.ok(until(lambda: browsers(d)["proven"] == before + n, 60), f"{taken} browsers are greeted", browsers(d))
    r.ask("/slow/40")
    one = d.cli("incident", "open", "ferry:major", "--title", "Fog", "-m", "Wait.", "--json").json["bulletin"]
    until(lambda: sum(m["topic"] == one["key"] for m in list(r.came)) > 40, 20, 0.005)
    d.kill()
    at_kill = sum(m["topic"] == one["key"] for m in list(r.came))
    r.ask("/slow/0")
    d.start()
    each = lambda: [len(r.of(f"m{i}", one["key"])) for i in range(n)]
    t.ok(40 < at_kill < n and until(lambda: min(each()) >= 1, 60), f"killed after {at_kill} of {n}: all are told", each())
    time.sleep(1)
    t.ok(max(each()) <= 2 and sum(k == 2 for k in each()) <= 32, "at most those twice that were on their way", each())


def push(t):
    home = npm()
    if not home:
        t.skip("Web Push", "npm ci does not work here")
        return
    r = Receiver(home)
    with Daemon(CONFIG) as d:
        readers(t, d, r)
        many(t, d, r)
        wrong = [m for m in r.came if m.get("wrong") or not m.get("signed")]
        t.ok(len(r.came) > 400 and not wrong, f"each of {len(r.came)} messages was sealed and signed well", wrong[:2])


tap = Tap()
tap.part(push)
tap.done()
