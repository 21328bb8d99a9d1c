# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job from outside: add, break, recover; acknowledge, plan, re-check; reload; heartbeats, passive results; mail."""
import sys
sys.dont_write_bytecode = True
from kit import *

FAST = "defaults: { every: 1s, retry: 1s, attempts: 3, timeout: 2s }\n"


# ---- add, break, recover ----

def a_newcomers_day(t):
    page = Page()
    with Daemon() as d:
        t.ok(d.wait(f"{socket.gethostname()}/disks", state=lambda s: s != "pending") or any(r["kind"] == "disks" for r in d.rows().values()), "without a configuration the machine itself is watched at once", d.rows().keys())
        s = d.cli("add", page.url)
        t.ok(s.rc == 0 and "127.0.0.1" in s.out, "vigie add URL says what it watches", s)
        row = d.wait("127.0.0.1/http", state="ok", seconds=10)
        t.ok(row and row["kind"] == "http" and row["output"].startswith("200"), "the first result is there in a moment", d.rows())
        added = pathlib.Path(d.data, "conf.d/added.yaml").read_text()
        t.has(added, page.url, text="it stands in conf.d/added.yaml")
        t.ok(any(r["kind"] == "disks" for r in d.rows().values()), "the machine is watched as before", d.rows().keys())
        s = d.cli("add", "nonsense://x")
        t.ok(s.rc == 1 and s.err, "add what cannot be guessed: refused", s)
        t.eq(pathlib.Path(d.data, "conf.d/added.yaml").read_text(), added, "… and nothing was written")
        banner = Tcp(lambda c: c.sendall(b"* OK ready\r\n"))
        s = d.cli("add", f"localhost:{banner.port}", "--json")
        t.ok(s.rc == 0 and d.wait("localhost/" + s.json["watch"][0]["check"], state="ok", kind="tcp"), "vigie add HOST:PORT", (s, d.rows()))
        s = d.cli("remove", "localhost")
        t.ok(s.rc == 0 and not [k for k in d.rows() if k[0] == "localhost"], "vigie remove takes it away again", (s, d.rows()))
        t.ok(d.row("127.0.0.1/http")["state"] == "ok", "… and leaves the rest", None)
        s = d.cli("remove", "localhost")
        t.ok(s.rc == 1 and s.err, "remove what is not there: refused", s)
        banner.stop()
    page.stop()


def soft_hard_recovery(t):
    page = Page()
    with Daemon(FAST + f"hosts:\n  web1: {{ alive: no, checks: [{{ http: {page.url} }}] }}\n") as d:
        d.wait("web1/http", state="ok", hard=True)
        page.status = 500
        seen = set()

        def look():
            r = d.row("web1/http")
            seen.add((r["state"], r["hard"], r["attempt"]))
            return r["state"] == "critical" and r["hard"] and r
        r = until(look, every=0.02)
        t.ok(r and "500" in r["output"], "a broken page becomes critical, hard", seen)
        t.ok(("critical", False, 1) in seen and ("critical", True, 3) in seen and not any(h for s, h, n in seen if s == "critical" and n < 3), "soft first: attempts 1 and 2 of 3", seen)
        h = d.cli("history", "web1/http", "--json").json["events"]
        kinds = [(e["kind"], e["to"], e["hard"]) for e in reversed(h)]
        t.ok(h and all(e["host"] == "web1" for e in h), "history keeps it", kinds)
        page.status = 200
        r = d.wait("web1/http", state="ok", hard=True)
        t.ok(r and r["attempt"] == 1, "and recovers at once", r)
        page.stop()
        t.ok(d.wait("web1/http", state="critical", output=lambda o: "refused" in o), "refused is critical", d.row("web1/http"))
        page.start()
        t.ok(d.wait("web1/http", state="ok"), "and back", d.row("web1/http"))
        page.delay = 30
        t.ok(d.wait("web1/http", state="critical", output=lambda o: re.search(r"2\s(s|sec)", o)), "too slow ends by the check's time-out", d.row("web1/http"))
    page.stop()


def what_people_bid(t):
    page = Page(status=500)
    conf = f"defaults: {{ every: 1h, retry: 1s, attempts: 2 }}\nhosts:\n  web1: {{ alive: no, checks: [{{ http: {page.url} }}, {{ passive: {{ name: job }} }}] }}\n"
    with Daemon(conf) as d:
        r = d.wait("web1/http", state="critical", hard=True)
        t.ok(r, "hard after two attempts", d.rows())
        s = d.cli("ack", "web1/http", "-m", "on it: <é>")
        r = d.row("web1/http")
        t.ok(s.rc == 0 and r["acknowledged"] and r["ack"]["comment"] == "on it: <é>" and r["ack"]["author"], "ack: who and what", (s, r))
        s = d.cli("unack", "web1/http")
        t.ok(s.rc == 0 and not d.row("web1/http")["acknowledged"], "unack", s)
        d.cli("ack", "web1/http", "-m", "again", "--expires", "+1s")
        t.ok(d.wait("web1/http", acknowledged=False, seconds=10), "an acknowledgement with an end ends by itself", d.row("web1/http"))
        s = d.cli("ack", "web1/http", "-m", "past", "--expires", "2020-01-01T00:00:00Z")
        t.ok(s.rc == 1, "an end in the past is refused", s)
        d.cli("ack", "web1/http", "-m", "once more")
        hits, page.status = page.hits, 200
        s = d.cli("recheck", "web1/http")
        r = d.row("web1/http")
        t.ok(s.rc == 0 and page.hits == hits + 1 and r["state"] == "ok", "recheck: the result is there when the command returns", (s, r))
        t.ok(not r["acknowledged"], "recovery ends the acknowledgement", r)
        # planned work
        s = d.cli("downtime", "web1", "-m", "new disk", "--for", "1h")
        t.ok(s.rc == 0 and d.row("web1/http")["in_downtime"] and d.row("web1")["in_downtime"], "downtime of a host covers its checks", (s, d.rows()))
        listed = d.cli("downtime", "list", "--json").json["downtimes"]
        t.ok(len(listed) == 1 and listed[0]["comment"] == "new disk", "downtime list", listed)
        s = d.cli("downtime", "end", str(listed[0]["id"]))
        t.ok(s.rc == 0 and not d.row("web1/http")["in_downtime"] and d.cli("downtime", "list", "--json").json["downtimes"] == [], "downtime end", s)
        s = d.cli("downtime", "web1/http", "-m", "short", "--for", "1s")
        t.ok(s.rc == 0 and d.wait("web1/http", in_downtime=False, seconds=10), "downtime ends by itself", d.row("web1/http"))
        s = d.cli("downtime", "web1/http", "-m", "later", "--start", "+1s", "--for", "1h")
        t.ok(s.rc == 0 and not d.row("web1/http")["in_downtime"] and d.wait("web1/http", in_downtime=True, seconds=10), "downtime begins by itself", (s, d.row("web1/http")))
        for x in d.cli("downtime", "list", "--json").json["downtimes"]:
            d.cli("downtime", "end", str(x["id"]))
        s = d.cli("downtime", "web1/http", "-m", "flexible", "--for", "2s", "--end", "+1h", "--flexible")
        t.ok(s.rc == 0 and not d.row("web1/http")["in_downtime"], "a flexible downtime waits for the first problem", (s, d.row("web1/http")))
        page.status = 503
        d.cli("recheck", "web1/http")
        t.ok(d.wait("web1/http", in_downtime=True, seconds=10), "… begins with it", d.row("web1/http"))
        t.ok(d.wait("web1/http", in_downtime=False, seconds=10), "… and lasts as long as was said", d.row("web1/http"))
        # switches
        d.wait("web1/http", state="critical", hard=True)
        s = d.cli("disable", "web1/http", "-m", "moving")
        hits, page.status = page.hits, 200
        time.sleep(1.5)
        t.ok(s.rc == 0 and d.row("web1/http")["enabled"] is False and page.hits == hits, "disable: it is not checked any more", (s, page.hits, hits))
        s = d.cli("enable", "web1/http")
        t.ok(s.rc == 0 and d.cli("recheck", "web1/http").rc == 0 and d.wait("web1/http", enabled=True, state="ok"), "enable: it is checked again", (s, d.row("web1/http")))
        # passive results
        t.eq(d.row("web1/job")["state"], "pending", "a passive check waits")
        for state, want in (("critical", "critical"), ("1", "warning"), ("unknown", "unknown"), ("0", "ok")):
            s = d.cli("result", "web1/job", state, "-m", f"said {state}", "--perfdata", "size=42GB")
            r = d.row("web1/job")
            t.ok(s.rc == 0 and r["state"] == want and r["output"] == f"said {state}" and r["perfdata"] == "size=42GB", f"result {state}: {want}", (s, r))
        s = d.cli("result", "web1/http", "critical", "-m", "from elsewhere")
        t.ok(s.rc in (0, 1), "a result for an active check is taken or refused in words", s)
    page.stop()


# ---- the configuration changes ----

def reload_touches_what_changed(t):
    a, b = Page(status=500), Page(status=500)
    base = "defaults: { every: 1h, retry: 1h, attempts: 3 }\nhosts:\n"
    host_a = f"  web1: {{ alive: no, checks: [{{ http: {a.url} }}] }}\n"
    host_b = f"  web2: {{ alive: no, checks: [{{ http: {{ url: \"{b.url}\", attempts: 1 }} }}] }}\n"
    with Daemon(base + host_a + host_b) as d:
        d.wait("web1/http", state="critical", attempt=1)
        d.wait("web2/http", state="critical", hard=True)
        d.cli("recheck", "web1/http")
        d.cli("ack", "web2/http", "-m", "kept")
        d.cli("downtime", "web1", "-m", "kept, too", "--for", "1h")
        keys = ("state", "hard", "attempt", "since", "acknowledged", "in_downtime", "next_check", "last_check", "output", "ack", "enabled")
        before = {k: {f: v[f] for f in keys} for k, v in d.rows().items()}
        t.ok(before["web1", "http"]["attempt"] == 2 and not before["web1", "http"]["hard"], "soft, attempt 2 of 3", before)
        hits = a.hits, b.hits
        d.configure(base + host_a + host_b + "  web3: { alive: no, checks: [{ passive: { name: new } }] }\n")
        s = d.cli("conf", "diff")
        t.ok(s.rc == 0 and re.search(r"^\+ .*web3", s.out, re.M) and "web1" not in s.out and not d.row("web3/new"), "conf diff shows what would change, and changes nothing", s)
        s = d.cli("conf", "apply")
        t.ok(s.rc == 0 and "web3" in s.out and d.row("web3/new"), "conf apply shows and applies it", s)

        def same(text):
            now = d.rows()
            after = {k: {f: now[k][f] for f in keys} for k in before if k in now}
            t.eq(after, before, text)
            t.eq((a.hits, b.hits), hits, "… and nothing was checked for it")
        same("attempts, acknowledgement, downtime, schedule of all else are as before")
        # SIGHUP
        d.configure(base + host_a + host_b)
        d.signal(signal.SIGHUP)
        t.ok(until(lambda: not d.row("web3/new")), "SIGHUP applies the file", d.log())
        same("SIGHUP touches nothing else")
        # a file of its own
        d.configure("hosts: { web4: { alive: no, checks: [{ passive: { name: dropped } }] } }\n", "conf.d/web4.yaml")
        t.ok(until(lambda: d.row("web4/dropped")), "a file that appears in conf.d/ is taken in by itself", d.log())
        same("… and touches nothing else")
        # wrong ones
        d.configure("hosts: { web5: { alive: no, chekcs: [] } }\n", "conf.d/wrong.yaml")
        t.ok(until(lambda: re.search(r"conf\.d/wrong\.yaml:1:\d+: .*chekcs.*checks", d.log())), "a wrong file is refused, with file, line, column and what would be right", d.log())
        s = d.cli("conf", "apply")
        t.ok(s.rc == 1 and re.search(r"conf\.d/wrong\.yaml:1:\d+", s.err), "conf apply says the same", s)
        same("… nothing of it is applied, the rest runs on")
        t.ok(d.row("web4/dropped") and not d.row("web5"), "… as it was", d.rows().keys())
        os.unlink(os.path.join(d.data, "conf.d/wrong.yaml"))
        os.unlink(os.path.join(d.data, "conf.d/web4.yaml"))
        t.ok(until(lambda: not d.row("web4")), "a file that goes away takes its hosts along", d.log())
        # changed: only the changed one
        d.configure(base + host_a.replace("http: ", "http: ").replace("}] }", "}], title: Changed }") + host_b)
        d.cli("conf", "apply")
        t.eq(d.row("web1")["title"], "Changed", "a title changes")
        same("a title changes nothing of the check")
        d.configure(base + f"  web1: {{ alive: no, title: Changed, checks: [{{ http: {{ url: \"{a.url}\", attempts: 5 }} }}] }}\n" + host_b)
        d.cli("conf", "apply")
        r = d.row("web1/http")
        t.ok(r["max_attempts"] == 5 and r["attempt"] == 2 and r["state"] == "critical" and d.row("web2/http")["acknowledged"], "another number of attempts keeps the count", r)
        d.configure(base + host_a.replace("web1:", "www1:").replace("alive: no", "alive: no, was: web1") + host_b)
        s = d.cli("conf", "apply")
        r = d.row("www1/http")
        t.ok(s.rc == 0 and r and r["attempt"] == 2 and r["in_downtime"] and not d.row("web1"), "was: renames and keeps the state", (s, r))
    a.stop(), b.stop()


# ---- those who call ----

def heartbeats(t):
    conf = FAST.replace("attempts: 3", "attempts: 1") + "hosts:\n  cron: { alive: no, checks: [{ heartbeat: { name: nightly, every: 2s, grace: 1s, token: s3cret-word-42 } }, { heartbeat: { name: open, every: 1h, grace: 1h } }, { passive: { name: fresh, freshness: 2s } }] }\n"
    with Daemon(conf) as d:
        path = "/api/v1/heartbeat/cron/nightly"
        t.eq(d.row("cron/nightly")["state"], "pending", "no call yet: pending")
        r = d.http("GET", path + "?token=s3cret-word-42")
        t.ok(r.status == 200 and d.row("cron/nightly")["state"] == "ok", "the URL is called: ok", r)
        wrong, missing = d.http("GET", path + "?token=other"), d.http("GET", "/api/v1/heartbeat/cron/nothing?token=other")
        t.ok(wrong.status == missing.status and wrong.status in (403, 404) and wrong.json["error"]["message"] == missing.json["error"]["message"], "a wrong token and a wrong name get the same answer", (wrong, missing))
        t.ok(d.http("GET", path).status in (401, 403, 404) and d.http("GET", "/api/v1/heartbeat/cron/open").status in (401, 403, 404), "no token: refused", None)
        t.ok(d.wait("cron/nightly", state="critical"), "the call does not come: critical", d.row("cron/nightly"))
        r = d.http("POST", path, {"token": "s3cret-word-42", "output": "done: 42 GB"})
        row = d.row("cron/nightly")
        t.ok(r.status == 200 and row["state"] == "ok" and row["output"] == "done: 42 GB", "by POST, with a text: ok again", (r, row))
        r = d.http("GET", path + "?token=s3cret-word-42&status=down&output=disk+full")
        row = d.row("cron/nightly")
        t.ok(r.status == 200 and row["state"] == "critical" and row["output"] == "disk full", "it may report a failure itself", row)
        d.cli("result", "cron/fresh", "ok", "-m", "now")
        t.ok(d.wait("cron/fresh", state="unknown"), "a passive result grows stale by `freshness`", d.row("cron/fresh"))
        token = d.cli("token", "add", "job", "--role", "operator", "--scope", "result").out.strip()
        r = d.http("POST", "/api/v1/results", {"target": "cron/fresh", "state": "warning", "output": "by token"}, {"Authorization": "Bearer " + token})
        t.ok(r.status == 200 and r.json["state"] == "warning", "a token with scope result hands in results", r)


# ---- mail ----

def mail(t):
    page, sink = Page(), Smtp()
    conf = ("defaults: { every: 1s, retry: 1s, attempts: 2 }\n"
            f"site: {{ mail: {{ smtp: 'smtp://127.0.0.1:{sink.port}', from: 'vigie@example.org' }} }}\n"
            "contacts: { ops: { mail: ops@example.org }, boss: { mail: boss@example.org, lang: fr } }\n"
            f"hosts:\n  web1: {{ alive: no, contacts: [ops], checks: [{{ http: {page.url} }}, {{ passive: {{ name: job, attempts: 1 }} }}, {{ passive: {{ name: quiet, attempts: 1, notify: no }} }}, {{ passive: {{ name: chef, attempts: 1, contacts: [boss] }} }}] }}\n")
    with Daemon(conf) as d:
        d.wait("web1/http", state="ok")
        page.status = 500
        t.ok(until(lambda: sink.mails), "a hard problem sends a mail", d.log())
        d.wait("web1/http", state="critical", hard=True)
        t.ok(d.wait("web1/http", told=True), "the row says that somebody was told", d.row("web1/http"))
        time.sleep(2.5)
        t.eq(len(sink.mails), 1, "exactly one, however often the check fails")
        m = sink.mails[0]
        t.eq((m[0], m[1]), ("vigie@example.org", ["ops@example.org"]), "from the configured sender to the contact")
        t.has(subject(m) + "\n" + body(m), "web1/http", "500", text="it names what failed and what was found")
        t.has(m[2], "Message-ID: <", "Date: ", "Auto-Submitted: auto-generated", text="a proper message")
        page.status = 200
        until(lambda: len(sink.mails) > 1)
        time.sleep(1.5)
        t.eq(len(sink.mails), 2, "one mail at recovery")
        ids = [re.search(r"^Message-ID: <(.*)>", x[2], re.M).group(1) for x in sink.mails]
        t.ok(ids[0] != ids[1] and f"In-Reply-To: <{ids[0]}>" in sink.mails[1][2], "the recovery answers the problem's mail", sink.mails[1][2])
        # not told
        page.status = 503
        d.wait("web1/http", state="critical", hard=False)
        page.status = 200
        d.wait("web1/http", state="ok")
        d.cli("result", "web1/quiet", "critical", "-m", "notify: no")
        d.cli("downtime", "web1/job", "-m", "work", "--for", "1h")
        d.cli("result", "web1/job", "critical", "-m", "in downtime")
        time.sleep(1.5)
        t.eq(len(sink.mails), 2, "soft states, notify: no and planned work send nothing")
        s = d.cli("why", "web1/job")
        t.ok(s.rc == 0 and "nobody is told" in s.out, "why says so", s)
        # another language
        d.cli("result", "web1/chef", "critical", "-m", "en panne")
        until(lambda: len(sink.mails) > 2)
        t.ok(len(sink.mails) == 3 and sink.mails[2][1] == ["boss@example.org"], "a check's own contact", [x[1] for x in sink.mails])
        fr = subject(sink.mails[2]) + body(sink.mails[2])
        t.ok(re.search(r"[Pp]roblème|[Cc]ritique|[Pp]anne :", fr.replace("en panne", "")), "in the contact's language", fr)
        d.cli("result", "web1/chef", "ok", "-m", "répare")
        until(lambda: len(sink.mails) > 3)
        # acknowledged: told no more, but of the recovery
        # the server is away: one each, afterwards
        sink.stop()
        count = len(sink.mails)
        page.status = 500
        d.wait("web1/http", state="critical", hard=True)
        time.sleep(1)
        r = d.api("GET", "/api/v1/health").json["outbox"]
        t.ok(r["waiting"] >= 1, "the mail server is away: the mail waits in the outbox", r)
        sink.start()
        t.ok(until(lambda: len(sink.mails) > count, 90), "the server is back: the mail comes", d.api("GET", "/api/v1/health").json["outbox"])
        page.status = 200
        until(lambda: len(sink.mails) > count + 1, 60)
        time.sleep(2)
        t.eq([subject(x).count("web1/http") for x in sink.mails[count:]], [1, 1], "one problem and one recovery, no more")
        t.eq(d.api("GET", "/api/v1/health").json["outbox"], {"waiting": 0, "failing": 0}, "the outbox is empty")
    page.stop(), sink.stop()


def sendmail(t):
    d = temp_dir()
    stub, kept = os.path.join(d, "sendmail"), os.path.join(d, "mails")
    pathlib.Path(stub).write_text(f"#!/bin/sh\n{{ echo \"ARGS $*\"; cat; echo END; }} >> {kept}\n")
    os.chmod(stub, 0o755)
    with Daemon(f"site: {{ mail: {{ sendmail: {stub} }} }}\ncontacts: {{ ops: ops@example.org }}\nhosts: {{ web1: {{ alive: no, checks: [{{ passive: {{ name: job, attempts: 1 }} }}] }} }}\n") as v:
        v.cli("result", "web1/job", "critical", "-m", "back-up failed: -f evil\nX-Evil: yes")
        text = until(lambda: os.path.exists(kept) and "END" in pathlib.Path(kept).read_text() and pathlib.Path(kept).read_text())
        t.ok(text and "ops@example.org" in text.split("\n")[0] and "-i" in text.split("\n")[0], "sendmail gets the mail", text)
        t.ok(text and "\nX-Evil" not in text.split("\n\n")[0], "an output cannot add a header", text)
        v.cli("result", "web1/job", "ok", "-m", "fine")
        t.ok(until(lambda: pathlib.Path(kept).read_text().count("END") == 2), "and the recovery", pathlib.Path(kept).read_text())
        r = v.row("web1/job")
        t.ok(r["state"] == "ok", "well again", r)


tap = Tap()
for part in (a_newcomers_day, soft_hard_recovery, what_people_bid, reload_touches_what_changed, heartbeats, mail, sendmail):
    tap.part(part)
tap.done()
