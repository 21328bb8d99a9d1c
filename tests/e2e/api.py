# SPDX-License-Identifier: GPL-3.0-or-later
"""The API and the doors around it: who may do what, wrong bodies, the description, /metrics, cookies, CSRF, hostile clients."""
import sys
sys.dont_write_bytecode = True
import html
import urllib.parse
from kit import *

CONFIG = """
site: { hosts: [status.example.org], url: "https://watch.example.org/" }
defaults: { every: 1h }
hosts:
  web1: { alive: no, checks: [{ passive: { name: job, attempts: 1 } }, { passive: { name: 'with space' } }, { heartbeat: { name: cron, token: a-secret-word } }] }
"""
PASSWORD = "correct horse battery"
# Routes that need no role: the last ones are the public's own mails, by links of their own.
PUBLIC = {"/healthz", "/api/v1/openapi.json", "/api/v1/heartbeat/{host}/{check}", *(f"/api/v1/announce/{x}" for x in (
    "subscribe", "subscribe/wish", "subscribe/confirm", "subscription", "subscription/set", "subscription/end", "push/subscribe", "push/unsubscribe"))}


def bearer(token):
    return {"Authorization": "Bearer " + token}


def error_of(r):
    """The error object, when the answer has its shape."""
    try:
        e = r.json["error"]
    except Exception:
        return None
    return e if set(e) >= {"code", "message", "field"} and isinstance(e["message"], str) and e["message"] else None


def form(d, path, fields, headers=None):
    h = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
    return d.http("POST", path, urllib.parse.urlencode(fields), h)


def cookies(r):
    return r.headers.get_all("Set-Cookie") or []


def session_of(r):
    for c in cookies(r):
        m = re.match(r"vigie=([^;]+)", c)
        if m:
            return m.group(1)


def csrf_of(r):
    m = re.search(r'name="csrf" value="([^"]+)"', r.text) or re.search(r'data-csrf="([^"]+)"', r.text)
    return m and html.unescape(m.group(1))


# ---- the first person, log-in ----

def set_up_link(t, d):
    link = d.find_setup_link()
    r = d.http("GET", link)
    t.ok(r.status == 200 and "password" in r.text, "the set-up link opens a form", r)
    t.ok(d.http("GET", link).status == 200, "looking at it does not use it up", None)
    t.eq(d.http("GET", "/setup/" + "0" * 64).status, 410, "a made-up link is refused")
    r = form(d, link, {"user": "camille", "password": PASSWORD, "again": "something else"})
    t.ok(r.status == 400 and not session_of(r), "two passwords that differ: refused", r.status)
    r = form(d, link, {"user": "camille", "password": "short", "again": "short"})
    t.ok(r.status == 400 and not session_of(r), "a short password: refused", r.status)
    r = form(d, link, {"user": "camille", "password": PASSWORD, "again": PASSWORD}, {"Origin": "https://evil.example"})
    t.ok(r.status == 403 and not session_of(r), "from another site: refused", r)
    r = form(d, link, {"user": "camille", "password": PASSWORD, "again": PASSWORD})
    t.ok(r.status == 303 and session_of(r), "the link makes the first person, and logs in", r)
    t.eq((d.http("GET", link).status, form(d, link, {"user": "eve", "password": PASSWORD, "again": PASSWORD}).status), (410, 410), "the link works once")
    s = d.cli("user", "list", "--json").json["users"]
    t.eq([(u["name"], u["role"]) for u in s], [("camille", "admin")], "there is one admin")
    raw = b"".join(p.read_bytes() for p in pathlib.Path(d.data).glob("vigie.db*"))
    t.ok(link.split("/")[-1].encode() not in raw and PASSWORD.encode() not in raw and session_of(r).encode() not in raw, "neither link, password nor session stand in the database", None)
    return session_of(r)


def log_in(t, d):
    r = form(d, "/login", {"user": "camille", "password": PASSWORD, "next": "/console/hosts"})
    t.ok(r.status == 303 and r.headers["Location"] == "/console/hosts", "log-in goes where one wanted to", r)
    c = [x for x in cookies(r) if x.startswith("vigie=")][0]
    t.ok("HttpOnly" in c and "SameSite=" in c and "Path=/" in c and "SameSite=None" not in c, "the cookie: HttpOnly, SameSite, Path", c)
    for evil in ("https://evil.example/", "//evil.example/", "/\\evil.example", "/console\r\nX-Evil: 1", "javascript:alert(1)"):
        r = form(d, "/login", {"user": "camille", "password": PASSWORD, "next": evil})
        t.ok(r.status == 303 and r.headers["Location"].startswith("/console") and "X-Evil" not in r.headers and "evil" not in urllib.parse.urlsplit(r.headers["Location"]).netloc, f"log-in does not lead to {evil.encode()!r}"[:60], r)
    session = session_of(r)
    r = d.http("GET", "/console", headers={"Cookie": "vigie=" + session})
    t.ok(r.status == 200 and csrf_of(r), "the console opens with it", r.status)
    t.ok("evil" not in r.text and session not in r.text, "the page does not show the session", None)
    r = d.http("GET", "/console")
    t.ok(r.status == 303 and r.headers["Location"].startswith("/login"), "without: to the log-in page", r)
    r = d.http("GET", "/console", headers={"Cookie": "vigie=" + "0" * 64})
    t.ok(r.status == 303, "with a made-up one: the same", r)
    r = form(d, "/login", {"user": "camille", "password": "wrong"})
    nobody = form(d, "/login", {"user": "no-such-person", "password": "wrong"})
    said = [re.search(r'role="alert">(.*?)<', x.text) for x in (r, nobody)]
    t.ok(r.status == nobody.status == 401 and all(said) and said[0].group(1) == said[1].group(1) and not session_of(r), "wrong password and unknown name get the same answer", (r.status, nobody.status, said))
    r = d.http("POST", "/login", urllib.parse.urlencode({"user": "camille", "password": PASSWORD}), {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "cross-site"})
    t.ok(r.status == 403 and not session_of(r), "a log-in form of another site: refused", r)
    # out
    page = d.http("GET", "/console", headers={"Cookie": "vigie=" + session})
    r = form(d, "/logout", {}, {"Cookie": "vigie=" + session})
    t.ok(r.status == 403, "log-out without the form's token: refused", r)
    r = form(d, "/logout", {"csrf": csrf_of(page)}, {"Cookie": "vigie=" + session})
    t.ok(r.status == 303 and d.http("GET", "/console", headers={"Cookie": "vigie=" + session}).status == 303, "log-out ends the session", r)


def guessing(t, d):
    """Last: the account and the address are slowed down afterwards."""
    seen = [form(d, "/login", {"user": "camille", "password": f"guess {i}"}).status for i in range(12)]
    t.ok(401 in seen[:5] and seen[-1] == 429 and seen.count(401) <= 8, "who guesses has to wait: 429", seen)
    r = form(d, "/login", {"user": "camille", "password": PASSWORD})
    t.ok(r.status == 429 and not session_of(r), "… with the right password, too", r.status)
    t.eq(d.cli("status").rc, 0, "the local socket works meanwhile")


# ---- who may do what ----

def roles(t, d):
    tokens = {role: d.cli("token", "add", role, "--role", role).out.strip() for role in ("viewer", "operator", "admin")}
    doc = d.http("GET", "/api/v1/openapi.json").json
    public, rank = PUBLIC, {"viewer": 1, "operator": 2, "admin": 3}
    bad = []
    for path, methods in doc["paths"].items():
        for method, op in methods.items():
            if path in public:
                continue
            real = path.replace("{host}", "web9").replace("{check}", "x").replace("{name}", "nobody").replace("{id}", "999999")
            body = {} if method in ("post", "put") else None
            none = d.http(method.upper(), real, body)
            if none.status != 401 or not error_of(none) or "Bearer" not in (none.headers["WWW-Authenticate"] or ""):
                bad.append((method, path, "nobody", none))
            wrong = d.http(method.upper(), real, body, bearer("vgt_" + "0" * 64))
            if wrong.status != 401:
                bad.append((method, path, "wrong token", wrong))
            need = op.get("x-role", "viewer")
            for role, token in tokens.items():
                if need not in rank or method != "get" and path in ("/api/v1/conf/apply", "/api/v1/conf/import", "/api/v1/setup-link", "/api/v1/export/site"):
                    continue
                r = d.http(method.upper(), real, body, bearer(token))
                if (r.status == 403) != (rank[role] < rank[need]) or r.status in (401, 500):
                    bad.append((method, path, role, need, r))
    t.ok(not bad, "every route: 401 without a token, 403 below its role, not above", "\n".join(map(str, bad))[:3000])
    r = d.http("POST", "/api/v1/export/site", {"directory": "/nowhere"}, bearer(tokens["admin"]))
    t.ok(r.status == 403 and error_of(r), "files are written for who is at the machine only", r)
    r = d.http("POST", "/api/v1/setup-link", {}, bearer(tokens["admin"]))
    t.ok(r.status == 403 and error_of(r), "a set-up link is made on the machine only", r)
    # scopes
    scoped = d.cli("token", "add", "backup", "--role", "operator", "--scope", "result").out.strip()
    post = {"target": "web1/job", "state": "ok", "output": "x"}
    t.ok(d.http("POST", "/api/v1/results", post, bearer(scoped)).status == 200, "scope result: may hand in results", None)
    r = d.http("POST", "/api/v1/ack", {"targets": ["web1/job"], "comment": "x"}, bearer(scoped))
    t.ok(r.status == 403 and error_of(r) and d.http("GET", "/api/v1/status", headers=bearer(scoped)).status == 403, "… and nothing else", r)
    reader = d.cli("token", "add", "reader", "--role", "admin", "--scope", "read").out.strip()
    t.ok(d.http("GET", "/api/v1/status", headers=bearer(reader)).status == 200 and d.http("POST", "/api/v1/results", post, bearer(reader)).status == 403, "scope read: sees, and changes nothing", None)
    brief = d.cli("token", "add", "brief", "--expires", "+1s").out.strip()
    t.ok(until(lambda: d.http("GET", "/api/v1/status", headers=bearer(brief)).status == 401, 10), "a token ends when it was said to", None)
    d.cli("token", "remove", "reader")
    t.eq(d.http("GET", "/api/v1/status", headers=bearer(reader)).status, 401, "a removed token is void")
    listed = d.cli("token", "list", "--json").out
    t.ok("backup" in listed and scoped not in listed, "token list does not show tokens", listed)
    return tokens


# ---- wrong bodies and methods ----

def wrong_requests(t, d, token):
    auth = bearer(token)
    cases = [ # text, method, path, body, headers, status, field
        ("no JSON", "POST", "/api/v1/ack", b"{nonsense", {}, (400,), None),
        ("cut JSON", "POST", "/api/v1/ack", b'{"targets":["web1/job"],"comment":"x"', {}, (400,), None),
        ("deep JSON", "POST", "/api/v1/ack", b"[" * 100000, {}, (400, 413), None),
        ("a list instead of an object", "POST", "/api/v1/ack", b"[]", {}, (400,), None),
        ("NUL in JSON", "POST", "/api/v1/ack", b'{"targets":["web1/job"],"comment":"a\\u0000b"}', {}, (400,), None),
        ("no UTF-8", "POST", "/api/v1/ack", b'{"targets":["web1/job"],"comment":"\xff\xfe"}', {}, (400,), None),
        ("missing", "POST", "/api/v1/ack", {"targets": ["web1/job"]}, {}, (400,), "comment"),
        ("empty", "POST", "/api/v1/ack", {"targets": ["web1/job"], "comment": ""}, {}, (400,), "comment"),
        ("an object for a text", "POST", "/api/v1/ack", {"targets": ["web1/job"], "comment": {"a": 1}}, {}, (400,), "comment"),
        ("a list for a text", "POST", "/api/v1/ack", {"targets": ["web1/job"], "comment": ["x"]}, {}, (400,), "comment"),
        ("an object in the list", "POST", "/api/v1/ack", {"targets": [{}], "comment": "x"}, {}, (400,), "targets"),
        ("neither yes nor no", "POST", "/api/v1/ack", {"targets": ["web1/job"], "comment": "x", "sticky": "perhaps"}, {}, (400,), "sticky"),
        ("no time", "POST", "/api/v1/ack", {"targets": ["web1/job"], "comment": "x", "expires": "whenever"}, {}, (400,), "expires"),
        ("unknown field", "POST", "/api/v1/ack", {"targets": ["web1/job"], "comment": "x", "colour": "red"}, {}, (400,), "colour"),
        ("unknown check", "POST", "/api/v1/ack", {"targets": ["web1/nothing"], "comment": "x"}, {}, (404,), None),
        ("unknown host", "GET", "/api/v1/hosts/web9", None, {}, (404,), None),
        ("wrong word", "POST", "/api/v1/results", {"target": "web1/job", "state": "fine", "output": "x"}, {}, (400,), "state"),
        ("wrong number", "GET", "/api/v1/status?limit=many", None, {}, (400,), "limit"),
        ("unknown query", "GET", "/api/v1/status?colour=red", None, {}, (400,), "colour"),
        ("another type", "POST", "/api/v1/ack", b"<x/>", {"Content-Type": "text/xml"}, (400, 415), None),
        ("too large", "POST", "/api/v1/results", b'{"target":"web1/job","state":"ok","output":"' + b"x" * (2 << 20) + b'"}', {}, (413,), None),
        ("too long a text", "POST", "/api/v1/ack", {"targets": ["web1/job"], "comment": "x" * 100000}, {}, (400, 413), "comment"),
        ("no such route", "GET", "/api/v1/nothing", None, {}, (404,), None),
        ("no such version", "GET", "/api/v9/status", None, {}, (404,), None),
        ("wrong duration", "POST", "/api/v1/downtimes", {"targets": ["web1"], "comment": "x", "for": "long"}, {}, (400,), "for"),
        ("end before start", "POST", "/api/v1/downtimes", {"targets": ["web1"], "comment": "x", "start": "+2h", "end": "+1h"}, {}, (400,), None),
    ]
    for text, method, path, body, headers, status, field in cases:
        if isinstance(body, bytes):
            headers = {"Content-Type": "application/json", **headers}
        r = d.http(method, path, body, {**auth, **headers})
        e = error_of(r)
        t.ok(r.status in status and e and (field is None or e["field"] == field), f"{text}: {status[0]} with code, message and field", r)
    for method, path, allow in (("DELETE", "/api/v1/status", "GET"), ("GET", "/api/v1/ack", "POST"), ("PUT", "/api/v1/downtimes", "GET, POST"), ("POST", "/healthz", "GET"), ("PATCH", "/metrics", "GET")):
        r = d.http(method, path, None, auth)
        got = {x.strip() for x in (r.headers["Allow"] or "").split(",")}
        t.ok(r.status == 405 and got >= set(allow.split(", ")) and error_of(r), f"{method} {path}: 405 with Allow", r)
    r = d.http("HEAD", "/api/v1/status", headers=auth)
    t.ok(r.status == 200 and not r.body, "HEAD", r)
    r = d.http("GET", "/api/v1/checks/web1/with%20space", headers=auth)
    t.ok(r.status == 200 and r.json["check"] == "with space", "names are decoded in paths", r)
    r = d.http("POST", "/api/v1/ack", urllib.parse.urlencode([("targets", "web1/nothing"), ("comment", "x")]), {**auth, "Content-Type": "application/x-www-form-urlencoded"})
    t.ok(r.status == 404 and error_of(r), "a form works like JSON", r)
    fr = d.http("GET", "/api/v1/hosts/web9", headers={**auth, "Accept-Language": "fr"})
    t.ok(error_of(fr)["message"] != error_of(d.http("GET", "/api/v1/hosts/web9", headers=auth))["message"], "messages in the reader's language", fr)


# ---- the description ----

def schema_ok(doc, s, where, bad):
    if not isinstance(s, dict):
        return bad.append((where, "no object", s))
    if "$ref" in s:
        at = doc
        for part in s["$ref"].removeprefix("#/").split("/"):
            at = at.get(part, {}) if isinstance(at, dict) else {}
        return at or bad.append((where, "dangling", s["$ref"]))
    kinds = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict, "number": (int, float)}
    if s.get("type") is not None and not all(k in (*kinds, "null") for k in ([s["type"]] if isinstance(s["type"], str) else s["type"])):
        bad.append((where, "type", s["type"]))
    if "default" in s and isinstance(s.get("type"), str) and not isinstance(s["default"], kinds[s["type"]]):
        bad.append((where, "default is no " + s["type"], s["default"]))
    if "enum" in s and (not s["enum"] or len(set(s["enum"])) != len(s["enum"])):
        bad.append((where, "enum", s["enum"]))
    if s.get("type") == "array" and "items" not in s:
        bad.append((where, "array without items", s))
    for k, v in s.get("properties", {}).items():
        schema_ok(doc, v, where + "." + k, bad)
    if "items" in s:
        schema_ok(doc, s["items"], where + "[]", bad)
    for k in s.get("required", []):
        if k not in s.get("properties", {}):
            bad.append((where, "required but not described", k))


def description(t, d, token):
    r = d.http("GET", "/api/v1/openapi.json")
    doc = r.json
    t.ok(r.status == 200 and doc["openapi"].startswith("3.1") and doc["info"]["title"] and doc["info"]["version"], "openapi.json is there for everybody", r)
    bad, ids = [], []
    for path, methods in doc["paths"].items():
        for method, op in methods.items():
            ids.append(op["operationId"])
            where = f"{method} {path}"
            names = set(re.findall(r"{(\w+)}", path))
            given = {p["name"] for p in op.get("parameters", []) if p["in"] == "path"}
            if names != given or not all(p.get("required") is True for p in op.get("parameters", []) if p["in"] == "path"):
                bad.append((where, "path parameters", names, given))
            if method not in ("get", "post", "put", "delete") or not op.get("summary") or not op.get("responses"):
                bad.append((where, "incomplete"))
            for p in op.get("parameters", []):
                schema_ok(doc, p.get("schema"), where + " " + p["name"], bad)
            if (method in ("post", "put")) != ("requestBody" in op):
                bad.append((where, "body"))
            for media in op.get("requestBody", {}).get("content", {}).values():
                schema_ok(doc, media["schema"], where + " body", bad)
            for code, resp in op["responses"].items():
                if not resp.get("description") or not re.fullmatch(r"default|[1-5](\d\d|XX)", code):
                    bad.append((where, "response", code))
                for media in resp.get("content", {}).values():
                    schema_ok(doc, media["schema"], where + " " + code, bad)
            open_to_all = path in PUBLIC
            if open_to_all != (op.get("security") == []):
                bad.append((where, "security of a public route should be []" if open_to_all else "security", op.get("security")))
    for name, s in doc["components"]["schemas"].items():
        schema_ok(doc, s, name, bad)
    t.ok(not bad, "it is valid in itself", "\n".join(map(str, bad)))
    t.eq(len(ids), len(set(ids)), "each operation has a name of its own")
    missing = []
    for path, methods in doc["paths"].items(): # what is described is there, and nothing beside it
        for method in ("get", "post", "put", "delete"):
            real = re.sub(r"{\w+}", "nothing", path)
            r = d.http(method.upper(), real, {} if method in ("post", "put") else None)
            if (r.status == 405) != (method not in methods):
                missing.append((method, path, r.status))
    t.ok(not missing, "every route of it answers, every other method is 405", missing)
    verbs = set(vigie("debug", "describe", "verbs").out.split("\n")) - {""}
    ops = {o["operationId"] for m in doc["paths"].values() for o in m.values()}
    t.ok({"status", "ack", "downtime", "result", "heartbeat", "conf-apply", "user-add", "token-add", "health", "metrics"} <= ops and len(verbs) > 30, "the operations of the command line are in it", ops)


def metrics(t, d, token):
    t.eq(d.http("GET", "/metrics").status, 401, "/metrics needs a token")
    r = d.http("GET", "/metrics", headers=bearer(token))
    t.ok(r.status == 200 and r.headers["Content-Type"].startswith("text/plain; version=0.0.4"), "/metrics: type of the Prometheus text format", r.headers["Content-Type"])
    types, helps, samples, bad, seen, current = {}, set(), [], [], set(), None
    label = r'[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*"'
    for line in r.text.splitlines():
        if line.startswith("# HELP "):
            current = line.split()[2]
            if current in helps:
                bad.append(("twice", line))
            helps.add(current)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            types[name] = kind
            if name != current or kind not in ("counter", "gauge", "histogram", "summary", "untyped"):
                bad.append(("type", line))
        else:
            m = re.fullmatch(rf"([a-zA-Z_:][\w:]*)(?:{{({label}(?:,{label})*)?}})? (NaN|[+-]Inf|-?\d[\d.]*(?:e[+-]?\d+)?)( \d+)?", line)
            if not m:
                bad.append(("sample", line))
                continue
            family = re.sub(r"_(bucket|sum|count)$", "", m.group(1)) if types.get(re.sub(r"_(bucket|sum|count)$", "", m.group(1))) == "histogram" else m.group(1)
            if family != current:
                bad.append(("outside its family", line))
            if (m.group(1), m.group(2)) in seen:
                bad.append(("same series twice", line))
            if types.get(family) == "counter" and not m.group(1).endswith("_total"):
                bad.append(("counter without _total", line))
            seen.add((m.group(1), m.group(2)))
            samples.append((m.group(1), dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', m.group(2) or "")), float(m.group(3).replace("Inf", "inf"))))
    t.ok(not bad and r.text.endswith("\n"), "it parses as Prometheus text", bad[:20])
    for family, kind in types.items():
        if kind == "histogram":
            b = [(float(l["le"].replace("Inf", "inf")), v) for n, l, v in samples if n == family + "_bucket"]
            total = [v for n, l, v in samples if n == family + "_count"]
            t.ok(b == sorted(b) and [v for _, v in b] == sorted(v for _, v in b) and b[-1][0] == float("inf") and total == [b[-1][1]] and any(n == family + "_sum" for n, _, _ in samples),
                 f"{family} is a whole histogram: buckets, sum, count", (b, total))
    states = {(l["host"], l["check"]): v for n, l, v in samples if n == "vigie_check_state"}
    t.ok(("web1", "job") in states and ("web1", "") in states, "the checks are in it", states)
    d.cli("result", "web1/job", "critical", "-m", "x")
    r = d.http("GET", "/metrics", headers=bearer(token))
    t.ok(re.search(r'^vigie_check_state\{host="web1",check="job"\} 2$', r.text, re.M), "a state as a number", r.text[-1000:])
    d.cli("result", "web1/job", "ok", "-m", "x")


# ---- the doors ----

def csrf(t, d, session):
    cookie = {"Cookie": "vigie=" + session}
    page = d.http("GET", "/console", headers=cookie)
    token = csrf_of(page)
    post = {"target": "web1/job", "state": "ok", "output": "by cookie"}
    r = d.http("POST", "/api/v1/results", post, cookie)
    t.ok(r.status == 403 and error_of(r), "a write with a cookie alone: 403", r)
    r = d.http("POST", "/api/v1/results", post, {**cookie, "X-CSRF-Token": "0" * len(token)})
    t.ok(r.status == 403, "… with a wrong X-CSRF-Token: 403", r)
    r = d.http("POST", "/api/v1/results", post, {**cookie, "X-CSRF-Token": token})
    t.ok(r.status == 200, "… with the right one it works", r)
    for path, fields in (("/console/act", {"what": "recheck", "targets": "web1/job"}), ("/console/setup", {"what": "user-add", "name": "eve", "password": PASSWORD, "role": "admin"}), ("/console/add", {"target": "http://127.0.0.1/"}), ("/console/planned/end", {"id": "1"})):
        r = form(d, path, fields, cookie)
        t.ok(r.status == 403, f"{path} without the form's token: 403", r.status)
    t.ok("eve" not in d.cli("user", "list").out, "nobody was added", None)
    r = d.http("GET", "/api/v1/status", headers=cookie)
    t.ok(r.status == 200, "reading with the cookie works", r.status)


def safe_headers(t, d, session):
    cookie = {"Cookie": "vigie=" + session}
    for path, h in (("/", {}), ("/console", cookie), ("/login", {}), ("/api/v1/status", cookie), ("/healthz", {}), ("/nothing", {}), ("/console/host/web1", cookie)):
        r = d.http("GET", path, headers=h)
        csp = r.headers["Content-Security-Policy"] or ""
        t.ok("default-src 'none'" in csp and "frame-ancestors 'none'" in csp and "unsafe-" not in csp and r.headers["X-Content-Type-Options"] == "nosniff" and r.headers["Referrer-Policy"],
             f"{path}: strict CSP, nosniff, Referrer-Policy", r)
        if path != "/":
            t.ok("no-store" in (r.headers["Cache-Control"] or ""), f"{path}: not to be kept", r.headers["Cache-Control"])
        if "html" in r.headers["Content-Type"]:
            t.ok(not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|javascript:|<style|\sstyle=", r.text), f"{path}: nothing that the CSP would refuse", re.findall(r"<script[^>]*>|\son\w+=[^ ]*|\sstyle=[^>]*", r.text)[:5])


def host_names(t, d):
    for host, want in (("127.0.0.1", 200), (f"127.0.0.1:{d.port}", 200), ("localhost:1", 200), ("[::1]:80", 200), ("status.example.org", 200), ("STATUS.example.org:8444", 200), ("watch.example.org", 200),
                       ("evil.example", 421), ("status.example.org.evil.example", 421), ("watch.example.or", 421), ("evil.example:8444", 421), ("localhost.evil.example", 421), ("", 421)):
        for path in ("/healthz", "/login", "/console"): # the public page is for everybody, by whatever name
            want_here = 303 if want == 200 and path == "/console" else want
            r = d.http("GET", path, headers={"Host": host})
            t.ok(r.status == want_here or (host == "" and r.status in (200, 400, 421)), f"Host {host or 'empty'}, {path}: {want_here}", r.status)


def raw(d, data, seconds=5, shut=False):
    with socket.create_connection(("127.0.0.1", d.port), timeout=seconds) as s:
        with contextlib.suppress(OSError): # refused in the middle
            s.sendall(data)
        got = b""
        with contextlib.suppress(OSError):
            if shut:
                s.shutdown(socket.SHUT_WR)
            while part := s.recv(65536):
                got += part
                if len(got) > 1 << 20:
                    break
        return got


def hostile_clients(t, d):
    close = b"\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    for path in (b"/../../etc/passwd", b"/static/../../../etc/passwd", b"/%2e%2e/%2e%2e/etc/passwd", b"/static/%2e%2e%2f%2e%2e%2fetc/passwd", b"/..%5c..%5cetc/passwd", b"/static//etc/passwd", b"/%00", b"/console%00", b"//evil.example/",
                 b"/static/..%c0%af..%c0%afetc/passwd", b"/%", b"/%zz", b"/\xff\xfe", b"/api/v1/hosts/..%2f..%2fconf", b"/" + b"a/" * 3000):
        got = raw(d, b"GET " + path + b" HTTP/1.1" + close)
        t.ok(re.match(rb"HTTP/1.1 (400|401|404|414|303|301|431)", got) and b"root:" not in got, f"path {path[:40]!r}: refused", got[:300])
    for text, data in (("no request", b"nonsense\r\n\r\n"), ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200))), ("NUL", b"GET /healthz HTTP/1.1\r\nHost: evil\0.localhost\r\nConnection: close\r\n\r\n"),
                       ("a header without end", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200000), ("many headers", b"GET / HTTP/1.1\r\n" + b"X-%d: a\r\n" * 1 + b"".join(b"X-%d: a\r\n" % i for i in range(5000)) + close),
                       ("a long URL", b"GET /" + b"a" * 100000 + b" HTTP/1.1" + close), ("two lengths", b"POST /api/v1/ack HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"),
                       ("length and chunks", b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), ("a negative length", b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n"),
                       ("a huge length", b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n"), ("chunks without end", b"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n")):
        got = raw(d, data, 3, shut=True)
        t.ok(not got.startswith(b"HTTP/1.1 2") and not got.startswith(b"HTTP/1.1 5"), f"{text}: refused", got[:200])
    t.ok(d.alive() and d.http("GET", "/healthz").status == 200, "the daemon answers as before", d.log()[-2000:])


def slow_clients(t, d, token):
    held = []
    for i in range(300):
        try:
            s = socket.create_connection(("127.0.0.1", d.port), timeout=5)
        except OSError:
            break
        s.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: " if i % 2 else b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nuser=")
        held.append(s)
    slowest = 0.0
    good = 0
    for _ in range(20):
        for s in held:
            with contextlib.suppress(OSError):
                s.send(b"a")
        began = time.monotonic()
        r = d.http("GET", "/api/v1/status", headers=bearer(token), timeout=10)
        good += r.status == 200
        slowest = max(slowest, time.monotonic() - began)
    t.ok(good == 20, f"{len(held)} slow clients: others are answered meanwhile", (good, slowest))
    for s in held:
        s.close()
    streams = []
    r = None
    for _ in range(250):
        s = socket.create_connection(("127.0.0.1", d.port), timeout=5)
        s.sendall(b"GET /console/live HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token.encode() + b"\r\n\r\n")
        streams.append(s)
    t.ok(d.http("GET", "/api/v1/status", headers=bearer(token)).status == 200 and d.http("GET", "/").status == 200, "250 event streams that nobody reads: others are answered", None)
    for s in streams:
        s.close()
    t.ok(until(lambda: re.search(r"^vigie_http_streams 0$", d.http("GET", "/metrics", headers=bearer(token)).text, re.M)), "closed streams are forgotten", None)


def secrets_masked(t, d, token):
    s = d.cli("conf", "show")
    t.ok(s.rc == 0 and "a-secret-word" not in s.out and "cron" in s.out, "conf show masks secrets", s)
    r = d.http("GET", "/api/v1/conf", headers=bearer(token))
    t.ok(r.status == 200 and "a-secret-word" not in r.text, "… by the API, too", r.status)
    t.ok("a-secret-word" not in d.log() and PASSWORD not in d.log(), "the log has none", None)


def all_of_it(t):
    with Daemon(CONFIG) as d:
        session = set_up_link(t, d)
        tokens = roles(t, d)
        for fn, args in ((log_in, ()), (wrong_requests, (tokens["admin"],)), (description, (tokens["viewer"],)), (metrics, (tokens["viewer"],)), (csrf, (session,)), (safe_headers, (session,)), (host_names, ()),
                         (hostile_clients, ()), (slow_clients, (tokens["viewer"],)), (secrets_masked, (tokens["admin"],)), (guessing, ())):
            only, sys.argv[1:] = sys.argv[1:], []
            t.part(fn, d, *args)
            sys.argv[1:] = only
    t.eq(d.process.returncode, 0, "and it ends well")


def opened(t):
    with Daemon("site: { guest: yes, open_metrics: yes }\nhosts: { web1: { alive: no, checks: [{ passive: { name: job } }] } }\n") as d:
        t.ok(d.http("GET", "/metrics").status == 200, "open_metrics: no token needed", None)
        r = d.http("GET", "/console")
        t.ok(r.status == 200 and "web1" in r.text, "guest: the console may be read", r.status)
        r = d.http("POST", "/api/v1/results", {"target": "web1/job", "state": "ok", "output": "x"})
        t.ok(r.status in (401, 403), "… and nothing changed", r)
        t.ok(d.http("GET", "/console/setup").status in (303, 403) and d.http("GET", "/api/v1/users").status in (401, 403) and d.http("GET", "/api/v1/conf").status in (401, 403), "… nor people and configuration seen", None)


def public_only(t):
    port = free_port()
    with Daemon(f"site: {{ listen_public: ['127.0.0.1:{port}'] }}\nhosts: {{ web1: {{ alive: no, checks: [{{ passive: {{ name: job }} }}] }} }}\ncomponents: {{ site: {{ name: Our site, depends: [web1/job], publish: auto }} }}\n") as d:
        staff, d.port = d.port, port
        r = d.http("GET", "/")
        t.ok(r.status == 200 and "Our site" in r.text and "web1" not in r.text and "<script" not in r.text, "the public address: the page, components only, no script", r.status)
        t.ok(d.http("GET", "/healthz").status == 200, "/healthz there, too", None)
        for path in ("/console", "/login", "/api/v1/status", "/metrics", "/setup/" + "0" * 64):
            t.eq(d.http("GET", path).status, 404, f"{path} is not there")
        d.port = staff
        r = d.http("GET", "/", headers={"Accept-Language": "fr"})
        t.ok('lang="fr"' in r.text, "in French for who asks", r.text[:100])
        etag = r.headers["ETag"]
        t.eq(d.http("GET", "/", headers={"Accept-Language": "fr", "If-None-Match": etag}).status, 304, "ETag")


tap = Tap()
for part in (all_of_it, opened, public_only):
    tap.part(part)
tap.done()
