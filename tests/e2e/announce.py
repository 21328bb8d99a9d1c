# SPDX-License-Identifier: GPL-3.0-or-later
"""Incidents and planned work from the command line, the API and staff's forms, on a real daemon: one line to publish, kill -9 right after
the confirmation, hostile input (ST-3, ST-8, ST-10, ANN-8, ANN-14, LES-3)."""
import sys
sys.dont_write_bytecode = True
import time
from kit import *

CONFIG = """
site: { title: { en: Harbour, fr: Port } }
hosts:
  box: { alive: no, checks: [{ passive: { name: web, attempts: 1 } }, { passive: { name: mail, attempts: 1 } }] }
components:
  website: { name: { en: Website, fr: Site web }, depends: [box/web], after: 0s }
  mail: { name: { en: Mail, fr: Courriel }, depends: [box/mail], partners: [website], after: 0s }
texts:
  disk: { title: { en: "Disk ${disk} broken", fr: "Disque ${disk} en panne" }, text: { en: "We replace ${disk}." }, impact: partial, components: [website] }
"""


def shown(d, name):
    return next(c for c in d.http("GET", "/api/v2/summary.json").json["components"] if c["name"] == name)["status"]


def one_line(t):
    with Daemon(CONFIG) as d:
        d.cli("result", "box/web", "ok", "-m", "x")
        began = time.monotonic()
        s = d.cli("incident", "open", "website", "--impact", "major", "-m", "We look for the **cause**.", "--next-by", "+30m")
        took = time.monotonic() - began
        t.ok(s.rc == 0 and "Website: down" in s.out and "missing in “fr”" in s.out, "one line opens an incident, and says what is missing", s)
        t.ok(until(lambda: shown(d, "Website") == "major_outage", 5), "it is public")
        print(f"# posted by the command line in {took * 1000:.0f} ms")
        d.kill()
        d.start()
        t.ok(shown(d, "Website") == "major_outage", "kill -9 right after the confirmation: it is still public")
        t.has(d.cli("incident").out, "Website: down", text="vigie incident lists what is open")
        t.has(d.cli("incident", env={"LC_ALL": "fr_FR.UTF-8"}).out, "Site web : en panne", text="… in French")
        s = d.cli("incident", "update", "1", "-p", "identified", "--en", "A disk.", "--fr", "Un disque.", "mail:degraded")
        t.ok(s.rc == 0 and "missing" not in s.out, "an update in both languages", s)
        s = d.cli("incident", "resolve", "1", "-m", "All is well.")
        t.ok(s.rc == 0, "resolved", s)
        t.ok(until(lambda: shown(d, "Website") == "operational", 5), "the page follows")
        key = d.cli("incident", "show", "1", "--json").json["bulletin"]["key"]
        for lang, words in (("en", "A disk."), ("fr", "Un disque.")):
            r = d.http("GET", f"/incident/{key}?lang={lang}", headers={"Accept-Language": lang})
            t.ok(r.status in (200, 303), f"its link in {lang}", r)
            t.ok(r.status != 200 or words in r.text, f"… has the words in {lang}", r)


def drafts(t):
    with Daemon(CONFIG) as d:
        d.cli("result", "box/web", "ok", "-m", "x")
        d.cli("result", "box/web", "critical", "-m", "x")
        rows = until(lambda: d.cli("incident", "list", "drafts", "--json").json["bulletins"], 10)
        t.ok(rows and len(rows) == 1, "what the checks find is a draft", rows)
        t.ok(shown(d, "Website") == "operational", "… that nobody sees")
        d.kill()
        d.start()
        s = d.cli("incident", "publish", str(rows[0]["id"]))
        t.ok(s.rc == 0 and until(lambda: shown(d, "Website") == "major_outage", 5), "one line publishes it, also after kill -9", s)
        s = d.cli("incident", "open", "--use", "disk", "--set", "disk=sdb")
        t.ok(s.rc == 0 and "Disk sdb broken" in s.out, "a text of the configuration, filled in", s)


def planned(t):
    with Daemon(CONFIG) as d:
        s = d.cli("maintenance", "plan", "website", "--start", "+2s", "--for", "1h", "-m", "Disks.")
        t.ok(s.rc == 0, "work is planned", s)
        t.ok(until(lambda: shown(d, "Website") == "under_maintenance", 10), "it begins by itself")
        t.ok(until(lambda: [x for x in d.api("GET", "/api/v1/downtimes").json["downtimes"] if x["check"] == "web" and x["active"]], 5), "its checks are in downtime")
        s = d.cli("maintenance", "plan", "mail", "--start", "+10m", "--for", "1h")
        t.ok(s.rc == 1 and "partner website" in s.err, "work on its partner is refused", s)
        t.ok(d.cli("maintenance", "plan", "mail", "--start", "+10m", "--for", "1h", "--overlap").rc == 0, "… unless it is meant so")
        t.ok(d.cli("maintenance", "cancel", "1", "-m", "Not today.").rc == 0, "it is called off")
        t.ok(until(lambda: not [x for x in d.api("GET", "/api/v1/downtimes").json["downtimes"] if x["check"] == "web"], 5), "the downtime goes with it")


def refused(t):
    with Daemon(CONFIG) as d:
        for body, field in (({"components": ["websit"]}, "components"), ({"components": ["website:huge"]}, "components"), ({"impact": "planned"}, "impact"), ({}, "title"),
                            ({"title": "x" * 4000}, "title"), ({"title": "x", "text": "y" * 30000}, "text"), ({"title": "x", "at": "+3d"}, "at"), ({"title": {"e": "x"}}, "title"),
                            ({"title": "x", "nonsense": 1}, "nonsense"), ({"title": ["x"]}, "title"), ({"use": "nothing"}, "use"), ({"use": "disk"}, "set")):
            r = d.api("POST", "/api/v1/announce/incidents", body)
            t.ok(r.status in (400, 413) and r.json["error"]["field"] == field, f"refused with its field: {json.dumps(body)[:60]}", r)
        t.ok(d.api("GET", "/api/v1/announce/incidents?which=all").json["bulletins"] == [], "nothing of that was kept")
        r = d.http("POST", "/api/v1/announce/incidents", {"title": "x"})
        t.ok(r.status == 401, "a stranger may not", r)
        evil = "</textarea><script>alert(1)</script>\x1b[31m \u202e [x](javascript:alert(1)) ![i](http://example.org/x.png)"
        r = d.api("POST", "/api/v1/announce/incidents", {"title": evil, "text": evil})
        t.ok(r.status == 200, "hostile text is text", r)
        key = r.json["bulletin"]["key"]
        page = until(lambda: (lambda p: p if p.status == 200 else None)(d.http("GET", f"/incident/{key}")), 5)
        t.ok(page and "<script>alert" not in page.text and "javascript:" not in page.text.split("<main")[-1].replace("(javascript:alert(1))", "") and "\x1b" not in page.text and "<img" not in page.text, "… on the page, too", page)
        t.ok("\x1b[31m" not in d.cli("incident", "show", "1").out, "… and on the terminal")


tap = Tap()
for part in (one_line, drafts, planned, refused):
    tap.part(part)
tap.done()
