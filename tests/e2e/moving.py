# SPDX-License-Identifier: GPL-3.0-or-later
"""“Move from Cachet in ten minutes”, step by step as the guide has it: its own commands, on a dump; then pages, old links, badges and
feeds (ST-14, ST-17, ST-20, LES-11)."""
import sys
sys.dont_write_bytecode = True
from kit import *

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


def main():
    t = Tap()
    for part in (guide, wrong_ways, beside_what_is_there, uptime_kuma):
        t.part(part)
    t.done()


main()
