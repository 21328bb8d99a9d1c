# SPDX-License-Identifier: GPL-3.0-or-later
# packages: openssl
"""Staff log in by OpenID Connect: through a provider that we did not write (npm oidc-provider), with its pages, claims in the token and by
userinfo, RS256 and ES256, new keys, log-out; and through one of our own that lies in every way that must not open the door."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *
import base64
import hashlib
import hmac
import html
import urllib.parse

PROVIDER = """
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';
const [port, back, out, alg, conform] = process.argv.slice(2);
const groups = { alice: ['admins', 'rest'], bob: ['staff'], eve: ['rest'] };
const key = (kid) => ({ ...(alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: 2048 })).privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg });
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: 'vigie & co', client_secret: 'a secret: %&+', redirect_uris: [back], post_logout_redirect_uris: [out], id_token_signed_response_alg: alg }],
  pkce: { required: () => true },
  claims: { openid: ['sub'], profile: ['preferred_username'], groups: ['groups'] },
  scopes: ['openid', 'profile', 'groups'],
  conformIdTokenClaims: conform === 'yes',
  jwks: { keys: [key('k' + Date.now())] },
  cookies: { keys: ['only for the test'] },
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  findAccount: (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, preferred_username: id, groups: groups[id] ?? [] }) }),
});
provider.listen(Number(port), '127.0.0.1');
"""


def at(v):
    return f"http://127.0.0.1:{v.port}"


def npm():
    home = pathlib.Path(temp_dir())
    for name in ("package.json", "package-lock.json"):
        shutil.copy(pathlib.Path(__file__).resolve().parent / "npm_oidc" / name, home)
    p = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=home, capture_output=True, text=True, timeout=180)
    (home / "provider.mjs").write_text(PROVIDER)
    return home if p.returncode == 0 else None


class Browser:
    """As little of one as the way needs: cookies by host and port, redirects followed one by one."""

    def __init__(self):
        self.jars = {}

    def ask(self, method, url, fields=None):
        u = urllib.parse.urlsplit(url)
        jar = self.jars.setdefault(u.netloc, {})
        c = http.client.HTTPConnection(u.hostname, u.port, timeout=30)
        try:
            headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in jar.items())} if jar else {}
            if fields is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            c.request(method, u.path + ("?" + u.query if u.query else ""), body=urllib.parse.urlencode(fields) if fields is not None else None, headers=headers)
            r = c.getresponse()
            body = r.read().decode("utf-8", "replace")
            for name, value in r.getheaders():
                if name.lower() == "set-cookie":
                    k, _, v = value.split(";")[0].partition("=")
                    jar[k] = v
                    if not v:
                        del jar[k]
            self.url, self.status, self.text = url, r.status, body
            self.location = urllib.parse.urljoin(url, r.getheader("Location")) if r.getheader("Location") else None
            return self
        finally:
            c.close()

    def follow(self, stop=None):
        for _ in range(20):
            if not self.location or (stop and self.location.startswith(stop)):
                return self
            self.ask("GET", self.location)
        raise RuntimeError("round and round: " + self.url)

    def through_the_pages(self, name, back):
        """The provider's own forms: who one is, and yes; ends before the way back."""
        self.follow(back)
        while not self.location:
            action, prompt = re.search(r'action="([^"]+)"', self.text), re.search(r'name="prompt" value="(\w+)"', self.text)
            if not prompt:
                raise RuntimeError(self.url + " " + re.sub("<style.*?<.style>", "", self.text, flags=re.S)[:1500])
            fields = {"prompt": prompt.group(1), **({"login": name, "password": "any"} if prompt.group(1) == "login" else {})}
            self.ask("POST", urllib.parse.urljoin(self.url, html.unescape(action.group(1))), fields).follow(back)
        return self

    def said(self):
        m = re.search(r'role="alert">([^<]*)', self.text)
        return html.unescape(m.group(1)) if m else self.text[:300]


def config(issuer, client="vigie & co", secret="'a secret: %&+'", more=""):
    return f"""login:
  oidc:
    issuer: {issuer}
    client_id: {client}
    client_secret: {secret}
    scopes: [openid, profile, groups]
    roles: {{ admins: admin, staff: operator }}
    title: Co-op
{more}"""


def real(t):
    home = npm()
    if not home:
        t.skip("a provider of npm", "npm ci does not work here")
        return
    for alg, conform in (("RS256", "yes"), ("ES256", "no")):
        port, mine = free_port(), free_port()
        back, out = f"http://127.0.0.1:{mine}/login/oidc/back", f"http://127.0.0.1:{mine}/login"

        def provider():
            return server(["node", home / "provider.mjs", port, back, out, alg, conform], port, home / f"log-{alg}", 60)
        p = provider()
        with Daemon(config(f"http://127.0.0.1:{port}"), listen=f"127.0.0.1:{mine}") as v:
            b = Browser()
            page = b.ask("GET", at(v) + "/login?next=/console/hosts").text
            t.has(page, "Log in with Co-op", 'href="/login/oidc?next=%2Fconsole%2Fhosts"', 'name="password"', text=f"{alg}: a button beside the form")
            b.ask("GET", at(v) + "/login/oidc?next=%2Fconsole%2Fhosts").through_the_pages("alice", back)
            b.ask("GET", b.location)
            t.ok(b.status == 303 and b.location == at(v) + "/console/hosts", f"{alg}: alice is let in, to where she wanted to go", (b.status, b.said(), v.log()[-1500:], (home / f"log-{alg}").read_text()[-800:]))
            t.eq(b.ask("GET", at(v) + "/api/v1/users").status, 200, "as an admin, by her group")
            eve = Browser()
            eve.ask("GET", at(v) + "/login/oidc").through_the_pages("eve", back)
            eve.ask("GET", eve.location)
            t.ok(eve.status == 403 and "no group" in eve.said(), "eve has no role", (eve.status, eve.said()))
            bob = Browser()
            bob.ask("GET", at(v) + "/login/oidc").through_the_pages("bob", back)
            stolen, twice = Browser(), bob.location
            stolen.ask("GET", twice)
            t.ok(stolen.status == 401 and "elsewhere" in stolen.said(), "what came back opens no other browser", (stolen.status, stolen.said()))
            bob.ask("GET", twice)
            t.eq(bob.status, 303, "but the one that was sent")
            bob.ask("GET", twice)
            t.ok(bob.status == 401, "once", bob.status)
            os.killpg(p.pid, signal.SIGTERM)
            p.wait()
            b.ask("GET", at(v) + "/login/oidc")
            t.ok(b.status == 303, "what is known of the provider is kept", b.status)
            p = provider() # with new keys
            bob = Browser()
            bob.ask("GET", at(v) + "/login/oidc").through_the_pages("bob", back)
            bob.ask("GET", bob.location)
            if bob.status != 303: # keys are asked for twice a minute at most
                time.sleep(31)
                bob.ask("GET", at(v) + "/login/oidc").through_the_pages("bob", back)
                bob.ask("GET", bob.location)
            t.eq(bob.status, 303, f"{alg}: new keys are fetched when they are needed")
            users = {u["name"]: (u["origin"], u["role"]) for u in json.loads(v.cli("user", "list", "--json").out)["users"]}
            t.eq(users, {"alice": ("oidc", "admin"), "bob": ("oidc", "operator")}, "who got in is listed")
            alice = Browser()
            alice.ask("GET", at(v) + "/login/oidc").through_the_pages("alice", back)
            alice.ask("GET", alice.location)
            csrf = re.search(r'name="csrf" value="([^"]+)"', alice.ask("GET", at(v) + "/console").text).group(1)
            alice.ask("POST", at(v) + "/logout", {"csrf": csrf})
            link = re.search(r'class="btn main" href="([^"]+)"', alice.text)
            t.ok(alice.status == 200 and link and "/session/end?client_id=" in link.group(1), "leaving offers to leave there, too", alice.text[:600])
            there = alice.ask("GET", html.unescape(link.group(1)))
            t.ok(there.status == 200 and "op.logoutForm" in there.text, "and the provider knows the place", (there.status, there.text[:400]))
            t.eq(alice.ask("GET", at(v) + "/console").status, 303, "out here in any case")
        os.killpg(p.pid, signal.SIGTERM)
        p.wait()


# ---- one that lies ----

def b64(x):
    return base64.urlsafe_b64encode(x if isinstance(x, bytes) else json.dumps(x).encode()).rstrip(b"=").decode()


class Liar:
    def __init__(self):
        d = temp_dir()
        self.keys = {}
        for kid in ("one", "two"):
            run("openssl", "genrsa", "-out", f"{d}/{kid}.pem", "2048")
            n = run("openssl", "rsa", "-in", f"{d}/{kid}.pem", "-noout", "-modulus").strip().split("=")[1]
            self.keys[kid] = (f"{d}/{kid}.pem", {"kty": "RSA", "kid": kid, "use": "sig", "n": b64(bytes.fromhex(n)), "e": "AQAB"})
        self.shown = ["one"]
        self.asked = {"keys": 0, "token": 0}
        self.change = {}
        liar = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *a):
                pass

            def say(self, body, status=200):
                body = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                if self.path.endswith("/openid-configuration"):
                    self.say({"issuer": liar.change.get("issuer", liar.url), "authorization_endpoint": liar.url + "/auth", "token_endpoint": liar.url + "/token", "jwks_uri": liar.url + "/keys",
                              "token_endpoint_auth_methods_supported": ["client_secret_post"], "authorization_response_iss_parameter_supported": True})
                elif self.path == "/keys":
                    liar.asked["keys"] += 1
                    self.say({"keys": [liar.keys[k][1] for k in liar.shown]})

            def do_POST(self):
                liar.asked["token"] += 1
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                liar.form = form
                if "body" in liar.change:
                    self.say(liar.change["body"], liar.change.get("status", 200))
                else:
                    self.say({"token_type": "Bearer", "id_token": liar.token()})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self):
        now = int(time.time())
        claims = {"iss": self.url, "sub": "4711", "aud": "vigie", "exp": now + 300, "iat": now, "nonce": self.nonce, "preferred_username": "mallory", "groups": ["staff"], **self.change.get("claims", {})}
        claims = {k: v for k, v in claims.items() if v is not None}
        header = {"alg": "RS256", "kid": "one", **self.change.get("header", {})}
        text = b64(header) + "." + b64(claims)
        if header["alg"] == "none":
            return text + "."
        if header["alg"] == "HS256": # with what everybody knows as the key
            return text + "." + b64(hmac.new(run("openssl", "rsa", "-in", self.keys["one"][0], "-pubout").encode(), text.encode(), hashlib.sha256).digest())
        path = self.keys[self.change.get("key", "one")][0]
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", path], input=text.encode(), capture_output=True, check=True).stdout
        if self.change.get("bend"):
            text = b64(header) + "." + b64({**claims, "groups": ["admins"]})
        return text + "." + b64(signature) + self.change.get("tail", "")


def lies(t):
    liar = Liar()
    with Daemon(config(liar.url, "vigie", "s"), listen=f"127.0.0.1:{free_port()}") as v:
        v.cli("user", "add", "local", "--role", "admin", env={"VIGIE_PASSWORD": "correct horse battery"})

        def log_in(query=None, **change):
            liar.change = change
            b = Browser()
            b.ask("GET", at(v) + "/login/oidc?next=/console/checks")
            if not b.location:
                return b
            q = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(b.location).query))
            liar.nonce, liar.q = q["nonce"], q
            back = {"state": q["state"], "code": "a code", "iss": liar.url, **(query or {})}
            return b.ask("GET", q["redirect_uri"] + "?" + urllib.parse.urlencode({k: x for k, x in back.items() if x is not None}))
        b = log_in()
        t.ok(b.status == 303 and b.location == at(v) + "/console/checks", "the truth opens", (b.status, b.said(), v.log()[-800:]))
        want = base64.urlsafe_b64encode(hashlib.sha256(liar.form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        t.ok(liar.q["code_challenge_method"] == "S256" and liar.q["code_challenge"] == want and liar.form["client_secret"] == "s" and liar.form["redirect_uri"] == liar.q["redirect_uri"], "the proof fits the challenge", liar.form)
        now = int(time.time())
        tokens = {
            "of another issuer": dict(claims={"iss": "https://id.example.org"}), "for another client": dict(claims={"aud": "other"}), "for nobody": dict(claims={"aud": None}),
            "for two, without azp": dict(claims={"aud": ["vigie", "other"]}), "with another's azp": dict(claims={"aud": ["vigie", "other"], "azp": "other"}),
            "of another log-in": dict(claims={"nonce": "x" * 64}), "without a nonce": dict(claims={"nonce": None}), "that is over": dict(claims={"exp": now - 120}), "without an end": dict(claims={"exp": None}),
            "with a wrong kind of end": dict(claims={"exp": "tomorrow"}), "from the future": dict(claims={"iat": now + 900}), "of long ago": dict(claims={"iat": now - 7200}), "that is not good yet": dict(claims={"nbf": now + 900}), "of nobody": dict(claims={"sub": ""}),
            "that is not signed": dict(header={"alg": "none"}), "signed with the public key": dict(header={"alg": "HS256"}), "signed by another": dict(key="two"), "changed on the way": dict(bend=True),
            "of an unknown key": dict(header={"kid": "three"}, key="two"), "with something that must be understood": dict(header={"crit": ["exp"]}), "with another algorithm": dict(header={"alg": "RS512"}),
            "with a tail": dict(tail="="), "in two parts": dict(body={"id_token": "e30.e30"}), "that is none": dict(body={"access_token": "x"}), "in a page": dict(body=b"<html>"), "that is refused": dict(body={"error": "invalid_grant"}, status=400),
        }
        for name, change in tokens.items():
            b = log_in(**change)
            t.ok(b.status in (401, 503) and "vigie=" not in str(b.jars) and b.ask("GET", at(v) + "/console").status == 303, f"a token {name} does not open", (b.status, b.said(), v.log()[-300:]))
        ways = {"of another issuer": {"iss": "https://id.example.org"}, "without the issuer that it promises": {"iss": None}, "with another state": {"state": "0" * 64}, "without a state": {"state": None}, "without a code": {"code": None}, "with an error": {"error": "access_denied", "code": None}}
        for name, query in ways.items():
            before = liar.asked["token"]
            b = log_in(query)
            t.ok(b.status in (401, 403) and liar.asked["token"] == before, f"an answer {name} goes no further", (b.status, b.said()))
        t.ok(liar.asked["keys"] < 6, "keys are not fetched at everybody's bidding", liar.asked)
        b = log_in(claims={"sub": "4712"})
        t.ok(b.status == 409 and "somebody else" in b.said(), "a name that is another's", (b.status, b.said()))
        b = log_in(claims={"sub": "4713", "preferred_username": "Two words"})
        t.ok(b.status == 403 and "no name" in b.said(), "a name that can be none here", (b.status, b.said()))
        b = log_in(claims={"preferred_username": "renamed"})
        t.eq(b.status, 303, "who is called otherwise now is still the same")
        t.eq(sorted(u["name"] for u in json.loads(v.cli("user", "list", "--json").out)["users"] if u["origin"] == "oidc"), ["mallory"], "under the first name")
        for next_ in ("https://elsewhere.example.org/", "//elsewhere.example.org", "/\\elsewhere.example.org", "/console\nX: y"):
            b = Browser()
            liar.change = {}
            b.ask("GET", at(v) + "/login/oidc?" + urllib.parse.urlencode({"next": next_}))
            q = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(b.location).query))
            liar.nonce = q["nonce"]
            b.ask("GET", q["redirect_uri"] + "?" + urllib.parse.urlencode({"state": q["state"], "code": "c", "iss": liar.url}))
            t.ok(b.status == 303 and b.location == at(v) + "/console", f"{next_!r} leads home", (b.status, b.location))
    other = Liar()
    other.change = {"issuer": "https://id.example.org"}
    with Daemon(config(other.url, "vigie", "s")) as v:
        b = Browser()
        b.ask("GET", at(v) + "/login/oidc")
        t.ok(b.status == 503 and "cannot be used" in b.said(), "a provider that calls itself otherwise is none", (b.status, b.said()))


tap = Tap()
tap.part(lies)
tap.part(real)
tap.done()
