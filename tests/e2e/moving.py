# SPDX-License-Identifier: GPL-3.0-or-later
"""“Move from Cachet in ten minutes”, step by step as the guide has it: its own commands, on a dump; then pages, old links, badges and
feeds (ST-14, ST-17, ST-20, LES-11)."""
import sys
sys.dont_write_bytecode = True
from kit import *
import http.server

GUIDE = (ROOT / "docs/moving-from-cachet.md").read_text()
CASES = ROOT / "tests/cases/move"


def commands():
    """What stands in the guide as a command of ours, without its comment."""
    return [re.split(r"\s+#", line.strip())[0] for line in GUIDE.splitlines() if line.startswith("    vigie ")]


def follow(d, line, where):
    return d.cli(*line.split()[1:]) if "import" not in line and "export" not in line else vigie(*line.split()[1:], *(["--data", d.data] if "--data" not in line else []), cwd=where)


def guide(t):
    where = pathlib.Path(temp_dir())
    shutil.copy(CASES / "cachet.sql", where / "cachet.sql")
    yaml = re.search(r"```yaml\n(.*?)```", GUIDE, re.S).group(1)
    t.ok({"vigie import cachet cachet.sql", "vigie import cachet cachet.sql --yes --subscribers", "vigie incident list all"} <= set(commands()), "the guide has the commands that this follows", commands())
    with Daemon(yaml) as d:
        said = {}
        for line in commands():
            said[line] = s = follow(d, line, where)
            t.ok(s.rc == 0, line, s)
        t.ok(said["vigie import cachet cachet.sql"].out.startswith("# Taken over from cachet"), "the look is YAML", said["vigie import cachet cachet.sql"])
        t.ok("La base est en panne" in said["vigie incident list all"].out, "the list has what came", said["vigie incident list all"])
        old = re.findall(r"`(/(?:incidents?|schedules|component|atom|rss)(?:/[\w]+)*)`", GUIDE)
        t.ok(len(old) >= 7, "the guide names old addresses", old)
        for path in old:
            r = d.http("GET", path.replace("GROUP", "Mail"))
            t.ok(r.status == 200 or (r.status in (301, 302) and d.http("GET", r.headers["Location"]).status == 200), f"{path} leads on", r)
        page = d.http("GET", d.http("GET", "/incidents/17").headers["Location"])
        t.has(page.text, "The website does not answer", "A disk of the <em>RAID</em> is full.", "2024", text="the page of an old incident")
        t.ok("Lab" not in d.http("GET", "/").text and "Only for staff" not in d.http("GET", "/feed.atom").text, "what was hidden stays hidden")
        t.has(d.http("GET", "/feed.atom").text, "La base est en panne", text="the feed has what is open")
        exported = json.loads((where / "all.json").read_text())
        t.eq([b["id"] for b in exported["bulletins"]], [2, 3, 17, 21, 22, 23], "the export has all of it, by number")
        t.ok(len(list((where / "status-site/content/issues").glob("*.md"))) == 6, "and as files of cState")
    return where


def wrong_ways(t):
    with Daemon("site: { title: Harbour }\n") as d:
        for words, rc, part in ((["import", "cachet"], 2, "say from where"), (["import", "cachet", "x", "--url", "http://127.0.0.1:1"], 2, "say from where"), (["import", "staytus", "--url", "http://127.0.0.1:1"], 2, "say from where"),
                                (["import", "cachet", "/nowhere.sql"], 1, "does not exist"), (["import", "cachet", "/dev/null"], 1, "no dump"),
                                (["import", "cachet", CASES / "cachet.sql", "--zone", "Mars/Base"], 2, "no time zone"), (["import", "cachet", CASES / "cachet.sql", "--impact", "awful"], 2, "no impact"),
                                (["import", "cachet", CASES / "cachet.sql", "--source", "../x"], 2, "no name"), (["import", "cachet", "--url", f"http://127.0.0.1:{free_port()}"], 1, ""),
                                (["import", "cachet", "--url", "ftp://x"], 1, "no address of a site"), (["import", "uptime-kuma", CASES / "cachet.sql"], 1, "no database"), (["import", "cstate", "/"], 1, "content/issues"),
                                (["import", "json", CASES / "cachet.sql"], 1, ""), (["export", "cstate"], 2, "directory"), (["export", "json", "/nowhere/x.json"], 1, "")):
            s = vigie(*words, "--data", d.data)
            t.ok(s.rc == rc and part in s.err and s.err.strip(), f"vigie {' '.join(map(str, words))[:60]}: {rc}", s)
        near = vigie("import", "cachett", "x")
        t.ok(near.rc == 2 and "did you mean cachet" in near.err, "cachett", near)
        nobody = vigie("import", "cachet", CASES / "cachet.sql", "--yes", "--data", temp_dir())
        t.ok(nobody.rc == 1 and "no daemon answers" in nobody.err, "--yes without a daemon", nobody)
        french = vigie("--lang", "fr", "import", "cachet", CASES / "cachet.sql")
        t.has(french.err, "Rien n’a été changé", "le composant « Lab » est laissé de côté", text="in French")
        listed = vigie("import", "--list", "--json").json["kinds"]
        t.ok({"cachet", "staytus", "uptime-kuma", "cstate", "json", "uptimekuma"} <= {k["name"] for k in listed}, "--list has them", listed)


def beside_what_is_there(t):
    """A house that has components of that name or title keeps its own."""
    config = "site: { title: Harbour }\ncomponents:\n  www: { name: { en: Website, fr: Site web } }\n  smtp: { name: Outgoing mail }\n"
    with Daemon(config) as d:
        done = d.cli("import", "cachet", CASES / "cachet.sql", "--yes")
        t.eq(done.rc, 0, "import beside components that are there")
        names = {c["name"] for c in d.http("GET", "/api/v1/components").json["data"]}
        t.eq(names, {"Website", "Outgoing mail", "IMAP", "Base de données"}, "none is there twice")
        shown = json.loads(d.cli("incident", "show", "17", "--json").out)["bulletin"]
        t.eq(shown["components"], ["www"], "incidents are about the one that was there")


def uptime_kuma(t):
    import sqlite3
    where = pathlib.Path(temp_dir())
    db = sqlite3.connect(where / "kuma.db")
    db.executescript("""
        CREATE TABLE status_page (id INTEGER PRIMARY KEY, slug TEXT, title TEXT, password TEXT); INSERT INTO status_page VALUES (1,'main','Main',NULL);
        CREATE TABLE "group" (id INTEGER PRIMARY KEY, name TEXT, public BOOLEAN, weight INTEGER, status_page_id INTEGER); INSERT INTO "group" VALUES (1,'Web',1,1,1);
        CREATE TABLE monitor (id INTEGER PRIMARY KEY, name TEXT, url TEXT, type TEXT, hostname TEXT, port INTEGER, interval INTEGER, maxretries INTEGER, active BOOLEAN, accepted_statuscodes_json TEXT, push_token TEXT);
        INSERT INTO monitor VALUES (1,'Shop','https://shop.example.org/','http',NULL,NULL,60,2,1,'["200-299"]',NULL), (2,'Gate',NULL,'ping','192.0.2.1',NULL,60,0,0,NULL,NULL), (3,'Backup',NULL,'push',NULL,NULL,60,0,1,NULL,'abcdefghijklmnop');
        CREATE TABLE monitor_group (id INTEGER PRIMARY KEY, monitor_id INTEGER, group_id INTEGER, weight INTEGER, send_url BOOLEAN); INSERT INTO monitor_group VALUES (1,1,1,1,1),(2,2,1,2,0);
        CREATE TABLE incident (id INTEGER PRIMARY KEY, title TEXT, content TEXT, style TEXT, created_date DATETIME, last_updated_date DATETIME, pin BOOLEAN, active BOOLEAN, status_page_id INTEGER);
        INSERT INTO incident VALUES (1,'Slow','It *is* slow.','warning','2023-01-01 10:00:00','2023-01-01 12:00:00',0,1,1);
    """)
    db.commit()
    db.close()
    before = (where / "kuma.db").read_bytes()
    shown = vigie("import", "uptime-kuma", where / "kuma.db")
    t.has(shown.out, "http: ", "https://shop.example.org/", "abcdefghijklmnop", "components:", 'depends: ["', text="monitors, and components that depend on them")
    t.ok((where / "kuma.db").read_bytes() == before and os.listdir(where) == ["kuma.db"], "the database is as it was, and nothing beside it")
    with Daemon("site: { title: Harbour }\n") as d:
        done = d.cli("import", "uptime-kuma", where / "kuma.db", "--yes")
        t.ok(done.rc == 0 and "1 incident or work taken in" in done.out, "a house takes it in", done)
        t.has(d.cli("conf", "show").out, "shop", text="its checks are there")


# ---- the API of a Cachet that is slow to answer, large, or none ----

class Cachet(http.server.BaseHTTPRequestHandler):
    """Pages of two, a refusal now and then; what was asked is kept."""
    asked, mode = [], "well"

    def log_message(self, *_):
        pass

    def do_GET(self):
        path, _, query = self.path.partition("?")
        page = int(re.search(r"page=(\d+)", query.replace("per_page", "")).group(1))
        type(self).asked.append((self.command, path, page, self.headers.get("Time-Zone"), self.headers.get("X-Cachet-Token")))
        rows = {"/api/v1/components": [{"id": i, "name": f"C{i}", "status": 1, "order": i, "group_id": 0, "enabled": True} for i in range(1, 6)],
                "/api/v1/incidents": [{"id": i, "name": f"I{i}", "status": 4, "visible": 1, "message": "m", "component_id": i, "created_at": "2024-01-01 10:00:00", "updated_at": "2024-01-01 12:00:00",
                                       "updates": [{"id": i, "incident_id": i, "status": 4, "message": "done", "created_at": "2024-01-01 11:00:00"}]} for i in range(1, 6)]}.get(path)
        if self.mode == "moved":
            return self.send(301, b"", Location="https://elsewhere.example.org" + self.path)
        if self.mode == "html":
            return self.send(200, b"<html>hello</html>")
        if self.mode == "endless":
            return self.send(200, b'{"data":[' + b'{"a":1},' * 5_000_000 + b'{}]}')
        if rows is None:
            return self.send(404, b"{}")
        if self.mode == "busy" and len([a for a in self.asked if a[1:3] == (path, page)]) == 1:
            return self.send(429, b"{}", **{"Retry-After": "1"})
        data = {"meta": {"pagination": {"total_pages": 3, "current_page": page}}, "data": rows[2 * page - 2:2 * page]}
        self.send(200, json.dumps(data).encode())

    def send(self, status, body, **headers):
        self.send_response(status)
        for k, v in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(k, v)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)


def an_api(t):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cachet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    ask = lambda *more: vigie("import", "cachet", "--url", url, "--json", *more)
    d = ask("--token", "secret")
    t.ok(d.rc == 0 and d.json["components"] == 5 and d.json["incidents"] == 5 and d.json["updates"] == 10, "all pages of all lists", d)
    t.eq([a[2] for a in Cachet.asked if a[1] == "/api/v1/incidents"], [1, 2, 3], "each page once")
    t.ok({a[0] for a in Cachet.asked} == {"GET"} and {a[3:] for a in Cachet.asked} == {("UTC", "secret")}, "GET alone, in UTC, with the token", Cachet.asked)
    t.ok(any("/api/v1/schedules" in n for n in d.json["left_out"]), "a list that it does not have is told", d.json["left_out"])
    Cachet.mode, Cachet.asked = "busy", []
    d = ask()
    t.ok(d.rc == 0 and d.json["incidents"] == 5 and any("/api/v1/subscribers needs a token" in n for n in d.json["left_out"]), "who is asked to wait waits", d)
    for mode, part in (("moved", "is elsewhere now: https://elsewhere.example.org"), ("html", "does not answer as Cachet does"), ("endless", "sends more than is taken")):
        Cachet.mode = mode
        d = ask()
        t.ok(d.rc == 1 and part in d.err and d.err.startswith("vigie:"), f"an answer that is {mode}: said, and nothing taken", d)
    server.shutdown()


def main():
    t = Tap()
    for part in (guide, wrong_ways, beside_what_is_there, uptime_kuma, an_api):
        t.part(part)
    t.done()


main()
