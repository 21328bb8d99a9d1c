# SPDX-License-Identifier: GPL-3.0-or-later
# packages: python3-feedparser libxml2-utils lynx khal
"""Readers that we did not write: feedparser, xmllint, khal, ical.js, the Statuspage client of npm, and lynx, each fed with what is published,
hostile titles included."""
import email.utils
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *
try:
    import feedparser
except ImportError: # it is Debian's, this Python is not
    if sys.executable == "/usr/bin/python3":
        raise
    os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])

HOSTILE = 'Mail "smtp" \\ </title><script>alert(\'x\')</script> ]]> ,;: & &amp; é \u202eא'
SEEN = HOSTILE.replace("\u202e", "") # what turns the text around is not taken in
CONFIG = """
site: { title: { en: "Harbour & Sons", fr: Port }, url: "http://127.0.0.1:%d" }
groups: { boats: { title: { en: Boats, fr: Bateaux } } }
hosts: { quay: { alive: no, checks: [{ passive: { name: crane, attempts: 1 } }] } }
components:
  ferry: { name: { en: Ferry, fr: Bac }, group: boats, publish: auto, after: 0s, depends: [quay/crane] }
  buoys: { name: { en: Buoys, fr: Bouées }, group: boats }
  pilot: { name: { en: Pilot, fr: Pilote } }
"""


def said(d, *words):
    r = d.cli(*words)
    if r.rc:
        raise RuntimeError(f"{words}: {r}")
    return r.json


def publish(d):
    """Two incidents, one over; one work ahead."""
    over = said(d, "incident", "open", "pilot", "--impact", "partial", "--title-en", "The pilot is ill", "--title-fr", "La pilote est malade", "--en", "We look for **another**.", "--fr", "Nous en cherchons une autre.", "--json")
    said(d, "incident", "resolve", str(over["bulletin"]["id"]), "-m", "She is back.\n\n- really", "--json")
    open_ = said(d, "incident", "open", "buoys:major", "--title", HOSTILE, "-m", "They drift.\nSee <https://example.org/?a=1&b=2>", "--json")
    work = said(d, "maintenance", "plan", "ferry", "buoys", "--start", "+2d", "--for", "90m", "--title", "New paint; first, the hull", "-m", "Away once.", "--json")
    return over["bulletin"]["key"], open_["bulletin"]["key"], work["bulletin"]["key"]


def get(d, path, headers=None):
    return d.http("GET", path, headers=headers)


def fetch(d, path):
    r = get(d, path)
    if r.status != 200:
        raise RuntimeError(f"{path}: {r}")
    return r


def feed_readers(t, d, keys):
    for path in ("/feed.atom", "/feed.rss", "/atom", "/rss", "/history.atom", "/history.rss", "/index.xml", "/feed.atom?per=update", "/feed.atom?lang=fr", "/component/buoys/feed.atom", "/component/buoys/feed.rss", "/group/boats/feed.atom", f"/incident/{keys[1]}/feed.atom"):
        r = fetch(d, path)
        f = feedparser.parse(r.body, response_headers={"content-type": r.headers["Content-Type"]})
        titles = [e.title for e in f.entries]
        t.ok(f.bozo == 0 and f.entries and all(e.get("id") and e.get("link") for e in f.entries), f"feedparser takes {path}", f"{f.get('bozo_exception')}\n{r.text[:1500]}")
        if "per=" not in path:
            t.ok(any("smtp" in x for x in titles), f"{path} has the hostile title", titles)
        p = subprocess.run(["xmllint", "--noout", "-"], input=r.body, capture_output=True)
        t.ok(p.returncode == 0, f"xmllint takes {path}", p.stderr.decode())
    f = feedparser.parse(fetch(d, "/feed.atom").body)
    t.ok("<script" not in "".join(c.value for e in f.entries for c in e.content), "no script comes out of a feed")
    t.eq({e.id for e in f.entries}, {f"tag:vigie,2026:{k}" for k in keys}, "entries are known by the keys of what they tell")
    r = fetch(d, "/feed.atom")
    t.eq(get(d, "/feed.atom", {"If-None-Match": r.headers["ETag"]}).status, 304, "a reader that has it gets 304")
    t.ok(email.utils.parsedate_to_datetime(r.headers["Last-Modified"]), "Last-Modified is a date")
    p = subprocess.run(["xmllint", "--noout", "-"], input=fetch(d, "/cc.xml").body + b"", capture_output=True)
    t.ok(p.returncode == 0, "xmllint takes cc.xml", p.stderr.decode())
    for path in ("/badge.svg", "/component/buoys/badge.svg?style=for-the-badge"):
        p = subprocess.run(["xmllint", "--noout", "-"], input=fetch(d, path).body, capture_output=True)
        t.ok(p.returncode == 0, f"xmllint takes {path}", p.stderr.decode())


def json_shapes(t, d, keys):
    for path in ("/feed.json", "/index.json", "/badge.json", "/api/v1/endpoints/statuses", "/api/v2/summary.json", "/api/v2/components.json", "/api/v2/incidents.json", "/api/v2/scheduled-maintenances.json"):
        r = fetch(d, path)
        t.ok(r.json is not None and r.headers["Access-Control-Allow-Origin"] == "*", f"{path} is JSON, for any origin", r)
    f = fetch(d, "/feed.json").json
    t.ok(f["version"] == "https://jsonfeed.org/version/1.1" and any(i["title"] == SEEN for i in f["items"]), "JSON Feed 1.1 has the title as it was written", f)
    cstate = fetch(d, "/index.json").json
    t.ok(cstate["is"] == "index" and cstate["summaryStatus"] == "down" and any(i["title"] == SEEN for s in cstate["systems"] for i in s["unresolvedIssues"]), "cState's index.json holds whatever the title", cstate)


def calendars(t, d, keys):
    r = fetch(d, "/calendar.ics")
    home = temp_dir()
    conf = pathlib.Path(home, "khal.conf")
    conf.write_text(f"[calendars]\n[[status]]\npath = {home}/cal\ntype = calendar\n[locale]\nlocal_timezone = UTC\ndefault_timezone = UTC\ntimeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\ndatetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n[sqlite]\npath = {home}/khal.db\n")
    ics = pathlib.Path(home, "status.ics")
    ics.write_bytes(r.body)
    run("khal", "-c", conf, "import", "--batch", "-a", "status", ics, env=clean_env())
    listed = run("khal", "-c", conf, "list", "-f", "{title}", "today", "7d", env=clean_env())
    t.has(listed, "New paint; first, the hull", "The pilot is ill", text="khal has the work and what is over of incidents")
    t.ok("smtp" not in listed, "what is open has no end yet and waits", listed)


def npm(d):
    """The clients, as the lock file beside this has them."""
    home = pathlib.Path(temp_dir())
    for name in ("package.json", "package-lock.json"):
        shutil.copy(pathlib.Path(__file__).resolve().parent / "npm" / name, home)
    p = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=home, capture_output=True, text=True, timeout=180)
    return home if p.returncode == 0 else None


def node(home, script, *args):
    path = pathlib.Path(home, "client.cjs")
    path.write_text(script)
    return json.loads(run("node", path, *args, env=clean_env(), timeout=60))


def clients(t, d, keys):
    home = npm(d)
    if not home:
        t.skip("the clients of npm", "npm ci does not work here")
        return
    got = node(home, """
const { Statuspage } = require('statuspage.io');
(async () => {
  const s = new Statuspage('x');
  s.setApiUrl(process.argv[2]);
  const sum = await s.api.getSummary(), all = await s.api.incidents.getAll(), up = await s.api.scheduledMaintenances.getUpcoming();
  console.log(JSON.stringify({ sum, status: (await s.api.getStatus()).status, components: (await s.api.getComponents()).components, open: (await s.api.incidents.getUnresolved()).incidents, all: all.incidents, up: up.scheduled_maintenances }));
})();
""", d.url)
    t.ok(got["status"]["indicator"] == "critical" and got["sum"]["status"] == got["status"], "statuspage.io reads the status", got["status"])
    t.eq([i["id"] for i in got["open"]], [keys[1]], "statuspage.io finds what is open")
    t.eq({i["id"] for i in got["all"]}, {keys[0], keys[1]}, "statuspage.io finds all incidents")
    t.ok(got["open"][0]["name"] == SEEN, "the title came through", got["open"][0]["name"])
    t.eq([m["id"] for m in got["up"]], [keys[2]], "statuspage.io finds the planned work")
    t.eq({c["name"]: c["status"] for c in got["components"] if not c["group"]}["Buoys"], "major_outage", "statuspage.io sees the component down")
    events = node(home, """
const ICAL = require('ical.js');
let text = '';
process.stdin.on('data', (b) => (text += b)).on('end', () => {
  const c = new ICAL.Component(ICAL.parse(require('fs').readFileSync(process.argv[2], 'utf8')));
  console.log(JSON.stringify(c.getAllSubcomponents('vevent').map((v) => { const e = new ICAL.Event(v); return { uid: e.uid, summary: e.summary, sequence: v.getFirstPropertyValue('sequence'), minutes: (e.endDate.toUnixTime() - e.startDate.toUnixTime()) / 60, impact: v.getFirstPropertyValue('x-maintnote-impact') }; })));
});
process.stdin.resume();
""", saved(fetch(d, "/calendar.ics").body))
    work = [e for e in events if e["uid"] == f"vigie-{keys[2]}"]
    t.ok(len(work) == 1 and work[0]["minutes"] == 90 and work[0]["summary"] == "New paint; first, the hull" and work[0]["impact"], "ical.js reads the planned work", events)


def saved(body):
    path = pathlib.Path(temp_dir(), "calendar.ics")
    path.write_bytes(body)
    return path


# What a reader without pictures finds on each page, and how far down at most (in lines of 100 letters): state, since when, what is done.
TEXTS = {
    "en": {"/": (16, "Buoys are down.", "Everything else works.", "Since", "What we are doing", "They drift."), "incident": (16, "Down", "Since", "Where we are", "Investigating"), "maintenance": (40, "New paint", "Away once.", "Ferry, Buoys"),
           "/history": (40, "Boats|Buoys", "The pilot is ill", "Pilot", "She is back."), "/component/buoys": (14, "Buoys", "Down", "Since"), "/subscribe": (14, "Be told by mail", "Your mail address"), "/nothing/here": (12, "There is no such page.", "To the state of the services")},
    "fr": {"/": (16, "Bouées : en panne.", "Tout le reste fonctionne.", "Depuis", "Ce que nous faisons", "They drift."), "incident": (16, "En panne", "Depuis", "Où nous en sommes"), "maintenance": (40, "Travaux prévus|Confirmé", "Bac, Bouées"),
           "/history": (40, "La pilote est malade", "Pilote"), "/component/buoys": (14, "Bouées", "En panne", "Depuis"), "/subscribe": (14, "Être prévenu", "Votre adresse de courriel"), "/nothing/here": (12, "Cette page n’existe pas.", "Vers l’état des services")},
}


def text_browser(t, d, keys):
    for lang, pages in TEXTS.items():
        for path, (lines, *words) in pages.items():
            where = {"incident": f"/incident/{keys[1]}", "maintenance": f"/maintenance/{keys[2]}"}.get(path, path)
            text = subprocess.run(["lynx", "-dump", "-nolist", "-width=100", "-display_charset=utf-8", "-assume_charset=utf-8", f"{d.url}{where}?lang={lang}"], capture_output=True, text=True, env=clean_env()).stdout # a 404 is an error to it
            top = re.sub(r"\s+", " ", "\n".join([line for line in text.splitlines() if line.strip()][:lines]))
            missing = [w for w in words if not any(one in top for one in w.split("|"))]
            t.ok(not missing, f"lynx reads {path}, {lang}: what counts is on top", f"missing {missing} in:\n{text}")
        text = run("lynx", "-dump", "-nolist", "-width=100", "-display_charset=utf-8", "-assume_charset=utf-8", f"{d.url}/?lang={lang}", env=clean_env())
        t.has(text.replace("\u00a0", " "), *{"en": ["Ferry", "New paint", "The pilot is ill"], "fr": ["Bac", "Travaux prévus", "La pilote est malade"]}[lang], text=f"lynx reads all of the page, {lang}")
        text = run("lynx", "-dump", "-nolist", "-width=100", "-display_charset=utf-8", "-assume_charset=utf-8", f"{d.url}/incident/{keys[1]}?lang={lang}", env=clean_env())
        t.has(text, "They drift.", "https://example.org/?a=1&b=2", text=f"lynx reads the incident, {lang}")


def main():
    t = Tap()
    port = free_port()
    with Daemon(CONFIG % port, listen=f"127.0.0.1:{port}") as d:
        d.url = f"http://127.0.0.1:{port}"
        said(d, "result", "quay/crane", "ok", "-m", "it stands", "--json")
        keys = publish(d)
        until(lambda: "smtp" in get(d, "/").text)
        for part in (feed_readers, json_shapes, calendars, clients, text_browser):
            t.part(part, d, keys)
    t.done()


main()
