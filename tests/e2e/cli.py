# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line from outside: help, exit statuses, suggestions, languages, `status --json`, `probe`, `conf check`."""
import sys
sys.dont_write_bytecode = True
import concurrent.futures
from kit import *

FRENCH = {"LC_ALL": "fr_FR.UTF-8"}
ROW_KEYS = {"host", "check", "state", "hard", "attempt", "max_attempts", "output", "since", "acknowledged", "in_downtime"}
RFC3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"


# ---- help, usage, suggestions ----

def help_has_examples(t):
    verbs = vigie("debug", "describe", "verbs").out.split("\n")[:-1]
    t.ok(len(verbs) > 30 and "ack" in verbs and "conf check" in verbs, "debug describe verbs lists the verbs", verbs)
    bad = []
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda v: (v, vigie(*v.split(), "--help"), vigie(*v.split(), "--help", env=FRENCH)), verbs))
    for v, s, _ in said:
        if s.rc != 0 or "Example:\n  vigie " + v not in s.out or s.err:
            bad.append((v, s))
    t.ok(not bad, "every verb's --help ends with 0 and has an example", bad)
    bad = [v for v, _, fr in said if "Exemple" not in fr.out]
    t.ok(not bad, "… in French, too", bad)
    everything = vigie("--help")
    missing = [v for v in verbs if not re.search(rf"^  {v} ", everything.out, re.M)]
    t.ok(everything.rc == 0 and not missing, "vigie --help names every verb", missing)
    t.has(vigie("help", "ack").out, "vigie ack TARGETS", text="vigie help VERB is VERB --help")
    t.has(vigie("-h").out, "vigie VERB --help", text="-h helps")


def usage_is_2(t):
    for words in ([], ["nonsense"], ["status", "--stat", "ok"], ["ack"], ["ack", "a/b"], ["conf"], ["user", "nonsense"], ["version", "x"], ["status", "-s"],
                  ["serve", "word"], ["serve", "--nonsense"], ["debug", "describe", "nonsense"], ["probe"], ["probe", "nonsense", "x"], ["why", "a", "b"],
                  ["conf", "check", "a", "b"], ["probe", "tcp", "127.0.0.1:1", "--timeout", "soon"]):
        s = vigie(*words)
        t.ok(s.rc == 2 and s.err.strip(), f"wrong usage ends with 2: vigie {' '.join(words)}", s)
    for words, want in ((["statsu"], "status"), (["conf", "chek"], "conf check"), (["tokn", "add"], "token"),
                        (["status", "--stat=ok"], "--state"), (["ack", "a/b", "--coment", "x"], "--comment"), (["serve", "--dta", "x"], "--data"),
                        (["probe", "htp", "x"], "http"), (["probe", "tcp", "x:1", "--plugn"], "--plugin"), (["conf", "check", "--confg", "x"], "--config")):
        s = vigie(*words)
        t.ok(s.rc == 2 and want in s.err.split("did you mean")[-1] and ("did you mean" in s.err or words[0] == "conf"), f"vigie {' '.join(words)}: did you mean {want}?", s)


def languages(t):
    en, fr, env = vigie("nonsense"), vigie("--lang", "fr", "nonsense"), vigie("nonsense", env=FRENCH)
    t.has(en.err, "there is no verb", text="English by default")
    t.ok(fr.err == env.err and "verbe" in fr.err and fr.err != en.err, "--lang fr and LC_ALL=fr_FR.UTF-8 say the same", (fr, env))
    t.eq(vigie("nonsense", "--lang", "en", env=FRENCH).err, en.err, "--lang en over a French environment")
    t.eq(vigie("nonsense", env={"LC_ALL": "de_DE.UTF-8"}).err, en.err, "another language falls back to English")
    for words in (["probe", "tcp", f"127.0.0.1:{free_port()}"], ["conf", "check"], ["check", "list"]):
        last, first, by_env = vigie(*words, "--lang", "fr"), vigie("--lang", "fr", *words), vigie(*words, env=FRENCH)
        t.ok(by_env.text == last.text == first.text and by_env.text != vigie(*words).text, f"--lang fr before or after the verb: vigie {' '.join(words[:1])}", (by_env, first, last))


def no_daemon(t):
    d = temp_dir()
    for words in (["status"], ["ack", "a/b", "-m", "x"], ["status", "--json"], ["conf", "show"]):
        s = vigie(*words, "--data", d)
        t.ok(s.rc == 1 and "no daemon answers at " + d in s.err and "vigie serve" in s.err and not s.out, f"no daemon: {' '.join(words)} says so, and what to do", s)
    s = vigie("status", "--data", d, env=FRENCH)
    t.ok(s.rc == 1 and d in s.err and "no daemon" not in s.err, "… in French", s)
    s = vigie("status", "--url", f"http://127.0.0.1:{free_port()}")
    t.ok(s.rc == 1 and "no answer" in s.err and "refused" in s.err, "--url where nobody listens", s)
    s = vigie("status", "--url", "nonsense")
    t.ok(s.rc in (1, 2) and "https://" in s.err, "--url that is none", s)


# ---- with a daemon ----

CONFIG = """
defaults: { every: 5m, attempts: 2 }
hosts:
  web1:
    address: 127.0.0.1
    alive: no
    groups: [web]
    checks:
      - tcp: %d
      - tcp: { name: closed, port: "%d" }
      - passive: { name: backup }
  web2: { alive: no, checks: [{ passive: { name: job } }] }
"""


def with_daemon(t):
    page, closed = Page(), free_port()
    with Daemon(CONFIG % (page.port, closed)) as d:
        d.wait("web1/tcp", state="ok")
        d.wait("web1/closed", state="critical")
        status_shape(t, d)
        status_terminal(t, d)
        verbs_answer(t, d)
        over_the_network(t, d)
    t.eq(d.process.returncode, 0, "SIGTERM ends the daemon with 0")
    page.stop()


def status_shape(t, d):
    s = d.cli("status", "--json")
    j = s.json
    t.ok(s.rc == 0 and set(j) >= {"summary", "checks"}, "status --json: summary and checks", s)
    t.ok(all(set(r) >= ROW_KEYS for r in j["checks"]), "every row has the keys that scripts lean on", j["checks"][:1])
    rows = {(r["host"], r["check"]): r for r in j["checks"]}
    t.eq(set(rows), {("web1", None), ("web1", "tcp"), ("web1", "closed"), ("web1", "backup"), ("web2", None), ("web2", "job")}, "a row a check, and one a host with check null")
    r = rows["web1", "closed"]
    t.ok(r["state"] == "critical" and r["attempt"] in (1, 2) and r["max_attempts"] == 2 and "refused" in r["output"], "a failing row", r)
    t.eq((rows["web1", "backup"]["state"], rows["web1", "tcp"]["state"], rows["web1", None]["state"]), ("pending", "ok", "up"), "words of the states")
    t.ok(all(re.fullmatch(RFC3339, r["since"]) for r in j["checks"] if r["since"]) and rows["web1", "tcp"]["since"], "times are RFC 3339 in UTC", rows)
    t.ok(all(type(r[k]) is bool for r in j["checks"] for k in ("hard", "acknowledged", "in_downtime")), "flags are true or false", rows)
    t.eq({k: j["summary"][k] for k in ("hosts", "checks", "ok", "critical", "pending")}, {"hosts": 2, "checks": 4, "ok": 1, "critical": 1, "pending": 2 + (rows["web2", None]["state"] == "pending")},
         "the summary counts the same")
    api = {(r["host"], r["check"]): r for r in d.api("GET", "/api/v1/checks").json["checks"]}
    t.eq({k: set(v) for k, v in api.items()}, {k: set(v) for k, v in rows.items()}, "GET /api/v1/checks gives the same objects")
    hosts = d.api("GET", "/api/v1/hosts").json["hosts"]
    t.ok([h["check"] for h in hosts] == [None, None] and all(set(h) >= ROW_KEYS for h in hosts), "GET /api/v1/hosts gives the hosts' own rows", hosts)


def status_terminal(t, d):
    s = d.cli("status")
    t.ok("\033" not in s.out, "no colours but on a terminal", s)
    lines = s.out.splitlines()
    t.ok(s.rc == 0 and "web1/closed" in lines[0], "status: problems first", s)
    t.has(s.out, "2 hosts:", text="status: a summary")
    fr = d.cli("status", "--lang", "fr")
    t.ok(fr.rc == 0 and "Critique" in fr.out and "2 hôtes" in fr.out, "status in French", fr)
    t.eq(d.cli("status", env=FRENCH).out.splitlines()[-3:], fr.out.splitlines()[-3:], "LC_ALL says the same as --lang")
    t.ok([l.split()[1:][:1] for l in d.cli("status", "--state", "critical").out.splitlines()[:1]] and "web1/tcp" not in d.cli("status", "--state", "critical").out, "--state filters", None)
    t.ok("web2" not in d.cli("status", "--group", "web").out.split("\n\n")[0], "--group filters", None)
    t.ok("web2/job" in d.cli("status", "web2*").out and "web1/tcp" not in d.cli("status", "web2*").out, "* in a target", d.cli("status", "web2*"))
    s = d.cli("status", "web9")
    t.ok(s.rc == 1 and "web9" in s.err, "an unknown target is refused with 1", s)
    s = d.cli("status", "web1/tpc")
    t.ok(s.rc == 1 and "tpc" in s.err and "tcp" in s.err, "an unknown check is refused with 1", s)
    s = d.cli("status", "--state", "critcal")
    t.ok(s.rc in (1, 2) and "critical" in s.err, "a wrong word says which are right", s)


def verbs_answer(t, d):
    for words in (["why", "web1/closed"], ["history", "web1"], ["events"], ["health"], ["conf", "show"], ["conf", "diff"], ["user", "list"], ["token", "list"], ["downtime", "list"],
                  ["debug", "stats"], ["debug", "openapi"], ["recheck", "web1/tcp"], ["result", "web1/backup", "ok", "-m", "42 GB"], ["unack", "web1/closed"], ["enable", "web1/tcp"],
                  ["as-configured", "web1/tcp"], ["conf", "apply"], ["ack", "web1/closed", "-m", "on it"], ["downtime", "web2", "-m", "disk", "--for", "1h"]):
        plain, as_json = d.cli(*words), d.cli(*words, "--json")
        good = plain.rc in (0, 1) and (as_json.rc != 0 or isinstance(as_json.json, dict)) and (plain.rc == 0 or plain.err)
        t.ok(good and (plain.rc == 0 or words[0] in ("unack",)), f"vigie {' '.join(words[:2])} answers, also as JSON", (plain, as_json))
    t.has(d.cli("why", "web1/closed").out, "refused", "line", text="why: the output and where it is configured")
    s = d.cli("ack", "web1/tcp", "-m", "nothing wrong")
    t.ok(s.rc == 1 and s.err, "acknowledging what is well is refused", s)
    s = d.cli("result", "web1/backup", "fine", "-m", "x")
    t.ok(s.rc in (1, 2) and "warning" in s.err, "a wrong state names the right ones", s)
    s = d.cli("downtime", "web1", "-m", "x", "--start", "yesterday-ish")
    t.ok(s.rc in (1, 2) and "yesterday-ish" in s.err, "a wrong time is quoted", s)
    s = d.cli("ack", "web1/closed", "web9/x", "-m", "both")
    t.ok(s.rc == 1 and "web9" in s.err, "one wrong target of two: refused", s)
    t.ok(not vigie("conf", "diff", "--data", d.data).out.startswith("~"), "conf diff: nothing to do", None)


def over_the_network(t, d):
    url = f"http://127.0.0.1:{d.port}"
    token = d.cli("token", "add", "screen", "--role", "viewer").out.strip()
    t.ok(re.fullmatch(r"\S{20,}", token), "token add prints the token alone", token)
    s = vigie("status", "--url", url)
    t.ok(s.rc == 1 and "token" in s.err, "--url without a token is refused and says what helps", s)
    s = vigie("status", "--json", "--url", url, "--token", token)
    t.ok(s.rc == 0 and s.json["summary"]["hosts"] == 2, "--url with --token", s)
    s = vigie("status", "--json", "--url", url + "/", env={"VIGIE_TOKEN": token})
    t.ok(s.rc == 0, "VIGIE_TOKEN, and a slash at the end of the URL", s)
    s = vigie("ack", "web1/closed", "-m", "x", "--url", url, "--token", token)
    t.ok(s.rc == 1 and s.err, "a viewer's token may not acknowledge", s)
    s = vigie("status", "--url", url, "--token", "nonsense")
    t.ok(s.rc == 1 and s.err, "a wrong token is refused", s)
    row = {"host": "web1", "check": "x", "kind": "tcp", "state": "critical", "hard": True, "attempt": 3, "max_attempts": 3, "since": "2026-01-01T00:00:00Z", "output": "gone \x1b[2J\x1b]0;mine\x07 \u009bH away",
           "acknowledged": False, "in_downtime": False}
    evil = Page(body=json.dumps({"summary": {}, "checks": [row]}).encode())
    evil.headers = ["Content-Type: application/json"]
    s = vigie("status", "--url", evil.url, "--token", "x" * 30)
    t.ok("gone" in s.out and not any(c in s.out for c in "\x1b\x07\u009b"), "what another daemon says does not move the cursor", s)
    evil.stop()


# ---- probe ----

def probe(t):
    page, banner = Page(body="Welcome to the page".encode()), Tcp(lambda c: (c.sendall(b"220 mail ready\r\n"), c.recv(10)))
    closed = free_port()
    cases = [
        (["tcp", f"127.0.0.1:{banner.port}"], 0), (["tcp", f"127.0.0.1:{closed}"], 2), (["tcp", f"127.0.0.1:{banner.port}", "expect=220 "], 0),
        (["tcp", f"127.0.0.1:{banner.port}", "expect=554"], 2), (["http", page.url], 0), (["http", page.url, "expect.body=Welcome"], 0), (["http", page.url, "expect.body=Nonsense"], 2),
        (["http", page.url, "expect.status=404"], 2), (["http", page.url, "warn=0ms"], 1), (["http", f"http://127.0.0.1:{closed}/"], 2), (["http", "http://no-such-name.invalid/"], None),
        (["dns", "example.org", "server=127.0.0.1", f"port={free_port(socket.SOCK_DGRAM)}", "--timeout", "1s"], 2), (["plugin", "/bin/true"], 0), (["plugin", "/bin/sh -c 'echo W; exit 1'"], 1),
        (["plugin", "/bin/sh -c 'echo C; exit 2'"], 2), (["plugin", "/bin/sh -c 'echo U; exit 3'"], 3), (["plugin", "/no/such/plugin"], 2), (["tls", f"127.0.0.1:{banner.port}"], 2),
        (["disks", "warn=100%", "crit=100%"], 0), (["load", "warn=10000", "crit=20000"], 0), (["memory", "warn=100%", "crit=100%"], 0), (["processes", "program=no-such-process"], 2),
        (["swap"], None), (["cpu"], 0), (["network"], None), (["units"], None), (["inodes", "warn=100%", "crit=100%"], 0), (["clock"], None)]
    for words, want in cases:
        s = vigie("probe", *words, "--plugin", timeout=30)
        line = s.out.splitlines()[0] if s.out else ""
        word = ["OK", "WARNING", "CRITICAL", "UNKNOWN"][s.rc] if 0 <= s.rc <= 3 else "?"
        t.ok((s.rc == want or want is None) and line.startswith(f"{words[0].upper()} {word} - ") and not s.err, f"probe --plugin {' '.join(words).replace(str(closed), 'PORT')[:60]}: {word}", s)
        if s.rc == 0 and words[0] in ("tcp", "http", "disks", "load", "memory"):
            perf = line.partition(" | ")[2]
            t.ok(perf and all(re.fullmatch(r"('[^']*'|[^'= ]+)=-?[\d.]+[a-zA-Z%]*(;[-\d.:@~]*){0,4}", p) for p in re.findall(r"(?:'[^']*'|[^ ])+", perf)), f"… {words[0]}: performance data as plugins print it", perf)
    t.has(vigie("probe", "http", page.url, "--plugin").out, "time=", "size=19B", text="http: time and size")
    for words in (["nonsense", "x"], ["tcp"], ["tcp", "127.0.0.1:1", "colour=red"], ["http", "nonsense://x"], ["passive"], ["tcp", "x:1", "--nonsense"], ["http", page.url, "warn=much"], ["http", page.url, "verify=perhaps"]):
        s = vigie("probe", *words, "--plugin")
        t.ok(s.rc == 3 and s.text.strip(), f"probe --plugin {' '.join(words)[:40]}: wrong usage is UNKNOWN", s)
    s = vigie("probe", "tcp", f"127.0.0.1:{banner.port}", "expct=220")
    t.ok(s.rc == 2 and "expect" in s.err, "a wrong key: did you mean", s)
    t.ok(vigie("probe", "file", "path=/etc/passwd").rc == 0, "the first word may be a setting, with a path", None)
    s = vigie("probe", "file", "pth=/etc/passwd")
    t.ok(s.rc == 2 and "path" in s.err, "… and a wrong one is told", s)
    t.ok(vigie("probe", "http", page.url + "?a=b").rc == 0, "an address may hold a =", None)
    good, bad = vigie("probe", "http", page.url), vigie("probe", "http", page.url, "expect.body=Nonsense")
    t.ok(good.rc == 0 and good.out.startswith("OK") and bad.rc == 1 and bad.out.startswith("CRITICAL"), "without --plugin: 0 well, 1 not", (good, bad))
    j = vigie("probe", "http", page.url, "--json").json
    t.ok(j["kind"] == "http" and j["state"] == "ok" and j["timings_us"]["total"] > 0 and j["perfdata"], "probe --json", j)
    t.has(vigie("probe", "http", page.url, env=FRENCH).out, "premier octet", text="probe in French")
    t.has(vigie("check", "list").out, *(c[0][0] for c in cases), text="check list names the kinds")
    t.ok("expect" in vigie("check", "list", "http").out and len(vigie("check", "list", "--json").json["kinds"]) >= 18, "check list KIND, --json", None)
    page.delay = 5
    began = time.monotonic()
    s = vigie("probe", "http", page.url, "--plugin", "--timeout", "300ms")
    t.ok(s.rc == 2 and time.monotonic() - began < 4.5, "--timeout ends it", s)
    page.stop(), banner.stop()


# ---- conf check ----

WRONG = [ # text, [(line, column or None, words of the message)]
    ("hosts:\n  web1:\n    adress: 192.0.2.1\n", [(3, 5, ["adress", "address"])]),
    ("hosts:\n  web1:\n    address: 192.0.2.1\n    checks:\n      - htpp: https://example.org/\n", [(5, None, ["htpp", "http"])]),
    ("hosts:\n  web1: { address: 192.0.2.1, checks: [{ tcp: 22 }, { tcp: 23 }] }\n", [(2, None, ["tcp", "name"])]),
    ("hosts:\n  web1: { alive: no, parents: [ruoter1] }\n  router1: { alive: no }\n", [(2, None, ["ruoter1", "router1"])]),
    ("hosts:\n  a: { alive: no, parents: [b] }\n  b: { alive: no, parents: [a] }\n", [(3, None, ["a → b → a"])]),
    ("defaults: { every: soon }\n", [(1, 20, ["soon"])]),
    ("defaults: { every: 0s }\n", [(1, 20, ["0s"])]),
    ("defaults: { attempts: 1000 }\n", [(1, 23, ["1000", "100"])]),
    ("contacts:\n  ops: { mail: not-an-address here }\n", [(2, None, ["not-an-address here"])]),
    ("contacts: { ops: {} }\n", [(1, None, ["mail"])]),
    ("hosts:\n  web1: { alive: no, contacts: [opps] }\ncontacts: { ops: ops@example.org }\n", [(2, None, ["opps", "ops"])]),
    ("components: { site: { name: Site, depends: [web1/http] } }\nhosts: { web1: { alive: no } }\n", [(1, None, ["web1/http"])]),
    ("hosts:\n\tweb1: 192.0.2.1\n", [(2, None, [])]),
    ("hosts: [1, 2\n", [(None, None, [])]),
    ("hosts: { web1: 192.0.2.1, web1: 192.0.2.2 }\n", [(1, None, ["web1"])]),
    ("site: { zone: Europe/Pariss }\n", [(1, None, ["Europe/Pariss"])]),
    ("site: { lang: de }\n", [(1, None, ["de", "fr"])]),
    ("hosts: { web1: { alive: no, checks: [{ http: { url: 'https://x/', expect: { regex: '(' } } }] } }\n", [(1, None, ["("])]),
    ("incidents: {}\n", [(1, 1, ["incidents"])]),
    ("- a\n- b\n", [(1, None, [])]),
    ("hosts: { web1: { alive: no, checks: [{ http: { url: 'https://x/', bearer: { file: /no/such/file } } }] } }\n", [(1, None, ["/no/such/file"])]),
]


def conf_check(t):
    d = temp_dir()
    path = os.path.join(d, "vigie.yaml")
    for text, wants in WRONG:
        pathlib.Path(path).write_text(text)
        s = vigie("conf", "check", path)
        marks = re.findall(rf"^{re.escape(path)}:(\d+):(\d+): (.*)", s.err, re.M)
        good = s.rc == 1 and len(marks) >= len(wants) and not s.out
        for line, column, words in wants:
            good = good and any((line is None or int(l) == line) and (column is None or int(c) == column) for l, c, _ in marks) and all(w in s.err for w in words)
        t.ok(good, f"conf check: {text.splitlines()[-1].strip()[:60]} → line{wants[0][0] and ' %d' % wants[0][0] or ''}, what was read", s)
    pathlib.Path(path).write_text("defaults: { every: soon }\nhosts:\n  web1: { adress: x, checks: [{ htpp: x }] }\n  web2: { alive: no, parents: [nobody] }\ncontactz: {}\n")
    s = vigie("conf", "check", path)
    t.ok(s.rc == 1 and all(re.search(rf":{n}:\d+: ", s.err) for n in (1, 3, 4, 5)) and re.search(r"\b5 errors", s.err), "all errors at once, and counted", s)
    fr = vigie("conf", "check", path, env=FRENCH)
    t.ok(fr.rc == 1 and "erreurs" in fr.err and re.search(rf"^{re.escape(path)}:1:20: ", fr.err, re.M), "… in French", fr)
    pathlib.Path(path).write_bytes(b"hosts: { w\xffb: 192.0.2.1 }\n")
    s = vigie("conf", "check", path)
    t.ok(s.rc == 1 and path in s.err, "bytes that are no UTF-8", s)
    s = vigie("conf", "check", os.path.join(d, "missing.yaml"))
    t.ok(s.rc == 1 and "missing.yaml" in s.err, "a file that is not there", s)
    pathlib.Path(path).write_text("hosts: { web1: { address: 192.0.2.1, checks: [{ tcp: 22 }] } }\n")
    s = vigie("conf", "check", path)
    t.ok(s.rc == 0 and re.search(r"1 file read: 1 host, [12] checks?, 0 contacts", s.out) and not s.err, "a good file: 0 and what it holds", s)
    os.makedirs(os.path.join(d, "conf.d"))
    pathlib.Path(d, "conf.d/more.yaml").write_text("hosts: { web1: { alive: no } }\n")
    s = vigie("conf", "check", path)
    t.ok(s.rc == 1 and "conf.d/more.yaml:1:" in s.err and "vigie.yaml" in s.err, "the same host in two files: both places", s)
    s = vigie("conf", "check", "--data", d)
    t.ok(s.rc == 1 and "conf.d/more.yaml:1:" in s.err, "--data reads the files of a data directory", s)
    s = vigie("conf", "check", "--json", path)
    t.ok(s.rc == 1 and s.out.startswith("{") and s.json["errors"][0]["line"] == 1, "conf check --json", s)
    pathlib.Path(path).write_text("defaults: { every: soon }\n")
    p = Daemon(data=os.path.join(temp_dir(), "data"), args=["--config", path])
    try:
        p.start()
        t.ok(False, "serve refuses a wrong configuration")
    except RuntimeError:
        t.ok(p.process.wait(10) == 1 and re.search(rf"{re.escape(path)}:1:20: ", p.log()), "serve refuses a wrong configuration with 1 and the place", p.log())


def conf_doc(t):
    s = vigie("conf", "doc")
    t.ok(s.rc == 0 and all(k in s.out for k in ("address", "every", "attempts", "trusted_proxies", "expect")), "conf doc describes the keys", s.out[:200])
    s = vigie("conf", "doc", "nonsense")
    t.ok(vigie("conf", "doc", "hosts").rc == 0 and s.rc == 1 and not s.out and "nonsense" in s.err, "conf doc PART, and one that is not there", s)
    t.ok(isinstance(json.loads(vigie("conf", "doc", "--json").out), (dict, list)), "conf doc --json is JSON", None)
    t.has(vigie("conf", "doc", "--man").out, ".SS site", ".TP", "\\fBaddress\\fR", text="conf doc --man is roff")
    t.has(vigie("version").out, "vigie ", text="version")
    t.eq(vigie("--version").out, vigie("version").out, "--version")


tap = Tap()
for part in (help_has_examples, usage_is_2, languages, no_daemon, with_daemon, probe, conf_check, conf_doc):
    tap.part(part)
tap.done()
