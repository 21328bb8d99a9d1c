# SPDX-License-Identifier: GPL-3.0-or-later
# packages: postgresql mariadb-server sqlite3 python3-yaml git
"""Moving in from another status page, and out (ST-14, ST-17, LES-11): its tables in real MariaDB, PostgreSQL and SQLite, dumped by
their own programs in every form, give the same bulletins; a house takes them in with links and numbers; a client of Cachet that we did
not write (npm cachet-api) finds them; another house takes them from this one's API; files of cState are YAML to a reader that is not ours."""
import glob
import json
import pathlib
import pwd
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *

ROOT = os.geteuid() == 0
CASES = pathlib.Path(__file__).resolve().parents[1] / "cases/move"
CONFIG = "site: { title: { en: Harbour }, url: 'https://status.example.org/' }\n"


def as_user(user):
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if ROOT else []


def seen(kind, *words, stdin=None):
    """What would come, without what the clock makes of it."""
    p = subprocess.run([VIGIE, "import", kind, *map(str, words), "--json"], input=stdin, capture_output=True, text=True, env=clean_env(), timeout=120)
    if p.returncode:
        raise RuntimeError(p.stderr)
    d = json.loads(p.stdout)
    return {k: d[k] for k in ("components", "incidents", "works", "updates", "subscribers", "unconfirmed", "yaml", "bulletins")}


def same(t, text, got, want):
    t.ok(got == want, text, None if got == want else [(a, b) for a, b in zip(json.dumps(got, indent=1).split("\n"), json.dumps(want, indent=1).split("\n")) if a != b][:20])


# ---- dumps of real servers ----

def mariadb(t, want, staytus):
    d, user = temp_dir(), "mysql" if ROOT else pwd.getpwuid(os.geteuid()).pw_name
    os.chmod(d, 0o755)
    if ROOT:
        shutil.chown(d, user)
    run("mariadb-install-db", "--no-defaults", f"--datadir={d}/data", *([f"--user={user}"] if ROOT else []), "--auth-root-authentication-method=normal", "--skip-test-db", cwd=d)
    port = free_port()
    server([*as_user(user), "/usr/sbin/mariadbd", "--no-defaults", f"--datadir={d}/data", f"--socket={d}/sock", f"--port={port}", "--bind-address=127.0.0.1", f"--pid-file={d}/pid", "--skip-name-resolve", "--sql-mode="], port, f"{d}/log", 60)
    client = ["mariadb", "--no-defaults", f"--socket={d}/sock", "-u", "root", "--default-character-set=utf8mb4"]
    for name in ("cachet", "staytus"):
        run(*client, "-e", f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        run(*client, name, input=(CASES / f"{name}.sql").read_text())
    for words in ([], ["--skip-extended-insert"], ["--complete-insert"], ["--hex-blob", "--replace"], ["--compact", "--complete-insert"], ["--skip-tz-utc"], ["--single-transaction", "--insert-ignore"]):
        dump = run("mariadb-dump", "--no-defaults", f"--socket={d}/sock", "-u", "root", "--default-character-set=utf8mb4", *words, "cachet")
        same(t, f"mariadb-dump {' '.join(words)} gives the same", seen("cachet", "-", stdin=dump), want)
    dump = run("mariadb-dump", "--no-defaults", f"--socket={d}/sock", "-u", "root", "--default-character-set=utf8mb4", "staytus")
    same(t, "a dump of Staytus gives the same", seen("staytus", "-", stdin=dump), staytus)


def postgres(t, want):
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
    bin, d, port, user = os.path.dirname(found[-1]), temp_dir(), free_port(), "postgres" if ROOT else pwd.getpwuid(os.geteuid()).pw_name
    os.chmod(d, 0o755)
    os.mkdir(f"{d}/run")
    if ROOT:
        shutil.chown(d, user)
        shutil.chown(f"{d}/run", user)
    run(*as_user(user), f"{bin}/initdb", "-D", f"{d}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N", cwd=d)
    server([*as_user(user), f"{bin}/postgres", "-D", f"{d}/data", "-k", f"{d}/run", "-p", port, "-h", "127.0.0.1", "-c", "fsync=off"], port, f"{d}/log", 40)
    psql = ["psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", f"{d}/run", "-p", str(port), "-U", "postgres"]
    until(lambda: subprocess.run([*psql, "-c", "SELECT 1"], capture_output=True).returncode == 0 or None, 30)
    run(*psql, input=(CASES / "cachet_pg.sql").read_text())
    for words in ([], ["--inserts"], ["--column-inserts"], ["--rows-per-insert=3"], ["--data-only", "--column-inserts"], ["--data-only"]):
        dump = run("pg_dump", "-h", f"{d}/run", "-p", port, "-U", "postgres", *words)
        same(t, f"pg_dump {' '.join(words)} gives the same", seen("cachet", "-", stdin=dump), want)


def sqlite(t, want):
    d = temp_dir()
    sql = (CASES / "cachet_pg.sql").read_text().replace("public.", "").replace("SET standard_conforming_strings = on;", "").replace("::character varying", "")
    blocks = re.findall(r"COPY (\w+) \((.*?)\) FROM stdin;\n(.*?)\\\.\n", sql, re.S)
    sql = re.sub(r"COPY \w+ \(.*?\) FROM stdin;\n.*?\\\.\n", "", sql, flags=re.S)
    for table, columns, rows in blocks:
        for row in rows.splitlines():
            values = ", ".join("NULL" if v == "\\N" else "'" + v.replace("\\n", "\n").replace("\\\\", "\\").replace("'", "''") + "'" for v in row.split("\t"))
            sql += f"INSERT INTO {table} ({columns}) VALUES ({values});\n"
    run("sqlite3", f"{d}/cachet.db", input=sql)
    same(t, "sqlite3 .dump gives the same", seen("cachet", "-", stdin=run("sqlite3", f"{d}/cachet.db", ".dump")), want)


# ---- memory ----

def large(t):
    """Three hundred megabytes of points that nobody wants, and an incident at the end."""
    program = ("import sys\nw=sys.stdout.write\nw('CREATE TABLE metric_points (id int, v text);\\n')\n"
               "line='INSERT INTO `metric_points` VALUES '+','.join('(%d,\\'2024-01-01 00:00:00\\')'%i for i in range(30000))+';\\n'\n"
               "for i in range(300): w(line)\n"
               "w('CREATE TABLE incidents (id int, name text, status int, message text, created_at text);\\nINSERT INTO incidents VALUES (1,\\'last\\',1,\\'x\\',\\'2024-01-01 00:00:00\\');\\n')\n")
    p = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    q = subprocess.Popen([VIGIE, "import", "cachet", "-", "--json"], stdin=p.stdout, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=clean_env())
    p.stdout.close()
    out, peak = q.stdout.read(), 0
    _, status, usage = os.wait4(q.pid, 0)
    q.returncode = os.waitstatus_to_exitcode(status)
    p.wait(10)
    t.ok(q.returncode == 0 and json.loads(out)["incidents"] == 1, "300 MB of what nobody wants are passed over")
    t.ok(usage.ru_maxrss < 60_000, "in little memory", f"{usage.ru_maxrss} KB")


# ---- a house ----

def http(d, path):
    return d.http("GET", path)


def moved(t, d):
    token = d.cli("token", "add", "admin", "--role", "admin", "--json").json["token"]
    shown = d.cli("import", "cachet", CASES / "cachet.sql")
    t.ok(shown.rc == 0 and shown.out.startswith("#") and "Nothing was changed" in shown.err and http(d, "/api/v1/incidents").json["data"] == [], "the first look changes nothing", shown)
    done = d.cli("import", "cachet", CASES / "cachet.sql", "--yes", "--subscribers")
    t.ok(done.rc == 0 and "6 incidents and works taken in" in done.out and "2 subscribers" in done.out, "one command takes it in", done)
    again = d.cli("import", "cachet", CASES / "cachet.sql", "--yes", "--subscribers")
    t.ok(again.rc == 0 and "0 incidents and works taken in, 6 were there already" in again.out, "a second time changes nothing", again)
    for old in ("/incidents/17", "/incident/17", "/schedules/2", "/component/1", "/component/1/shield?style=flat-square", "/subscribe/manage/abc", "/atom/Mail", "/unsubscribe/x/3"):
        r = http(d, old)
        where = r.headers.get("Location")
        t.ok(r.status in (301, 302) and http(d, where).status == 200, f"{old} leads to {where}", r)
    t.ok("The website does not answer" in http(d, "/history/2024-05").text and "Website" in http(d, "/").text, "the pages show it")
    t.ok("<svg" in http(d, http(d, "/component/1/shield").headers["Location"]).text, "the old badge is a badge")
    t.eq(http(d, "/api/v1/incidents/17").json["data"]["latest_human_status"], "Fixed", "its number stays in Cachet's API")
    people = d.http("GET", "/api/v1/subscribers", headers={"X-Cachet-Token": token}).json
    t.ok(people["meta"]["pagination"]["total"] == 2 and {p["email"]: len(p["subscriptions"]) for p in people["data"]} == {"all@example.org": 0, "mail@example.org": 2}, "subscribers have their components", people)
    return token


def npm(t, d):
    home = pathlib.Path(temp_dir())
    for name in ("package.json", "package-lock.json"):
        shutil.copy(pathlib.Path(__file__).resolve().parent / "npm" / name, home)
    if subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=home, capture_output=True, timeout=180).returncode:
        return t.skip("the client of npm", "npm ci does not work here")
    (home / "client.cjs").write_text("const C = require('cachet-api');\nconst c = new C({ url: process.argv[2], apiKey: 'none' });\n"
                                     "c.getIncidentsByComponentId(+process.argv[3]).then((r) => console.log(JSON.stringify(r)), (e) => console.log(JSON.stringify({ e: String(e) })));\n")
    ids = {c["name"]: c["id"] for c in http(d, "/api/v1/components").json["data"]}
    said = json.loads(run("node", home / "client.cjs", f"http://127.0.0.1:{d.port}", ids["Website"], env=clean_env()))
    t.ok([i["id"] for i in said if i["name"] == "The website does not answer"] == [17], "cachet-api finds the incident under its old number", said)


def from_the_api(t, d, token):
    """This house speaks Cachet's API: another one moves in from it."""
    with Daemon(CONFIG) as other:
        words = ["import", "cachet", "--url", f"http://127.0.0.1:{d.port}", "--token", token]
        done = other.cli(*words, "--yes", "--subscribers")
        t.ok(done.rc == 0 and "2 subscribers" in done.out, "from the API", done)
        mine, theirs = (json.loads(x.cli("incident", "list", "all", "--json").out)["bulletins"] for x in (other, d))
        short = lambda rows: sorted((b["id"], b["key"], b["kind"], b["phase"], b["started"] if b["kind"] == "incident" else b["start"]) for b in rows if b["kind"] == "incident")
        t.eq(short(mine), short(theirs), "incidents have the same numbers, links, phases and starts")
        said = lambda x: [(u["phase"], u["at"], list(u["text"].values())) for u in json.loads(x.cli("incident", "show", "17", "--json").out)["bulletin"]["updates"]]
        t.eq(said(other), said(d), "and all that was said")
        t.eq([c["name"] for c in http(other, "/api/v1/components").json["data"]], [c["name"] for c in http(d, "/api/v1/components").json["data"]], "components in their order")
        t.ok("0 incidents and works taken in" in other.cli(*words, "--yes").out, "a second time changes nothing")
        bad = other.cli("import", "cachet", "--url", f"http://127.0.0.1:{d.port}/nowhere")
        t.ok(bad.rc == 1 and "answers" in bad.err, "what is no Cachet is said", bad)


def files_of_cstate(t, d):
    import yaml
    site = pathlib.Path(temp_dir()) / "site"
    t.eq(d.cli("export", "cstate", site).rc, 0, "export cstate")
    config = yaml.safe_load((site / "config.yml").read_text())
    t.eq([s["name"] for s in config["params"]["systems"]], ["IMAP", "SMTP", "Website", "Base de données"], "config.yml is YAML, with the systems in their order")
    issues = {}
    for f in (site / "content/issues").glob("*.md"):
        front, body = f.read_text()[4:].split("\n---\n", 1)
        issues[yaml.safe_load(front)["title"]] = (yaml.safe_load(front), body)
    front, body = issues["The website does not answer"]
    t.ok(front["resolved"] is True and front["severity"] == "disrupted" and front["affected"] == ["Website"] and front["section"] == "issue" and body.count("{{< track") == 4, "an issue is one of cState", front)
    with Daemon(CONFIG) as other:
        back = other.cli("import", "cstate", site, "--yes")
        t.ok(back.rc == 0 and "6 incidents and works taken in" in back.out, "and back", back)
        whole = lambda x: json.loads(x.cli("export", "json").out)["bulletins"]
        same(t, "the files of cState lose nothing", whole(other), whole(d))
    with Daemon(CONFIG) as other:
        f = pathlib.Path(temp_dir()) / "all.json"
        t.eq(d.cli("export", "json", f).rc, 0, "export json")
        t.eq(other.cli("import", "json", f, "--yes").rc, 0, "import json")
        same(t, "one file loses nothing", whole(other), whole(d))
        feeds = lambda x: [re.sub(r"<(updated|lastBuildDate)>[^<]*</\1>", "", http(x, p).text, count=1) for p in ("/feed.atom", "/feed.rss", "/calendar.ics")]
        t.eq(feeds(other), feeds(d), "feeds and calendar are the same: no reader sees anything as new")


def git_push(t):
    """A push to a repository publishes; nobody logs in anywhere."""
    home = pathlib.Path(temp_dir())
    site, bare, work = home / "site", home / "status.git", home / "work"
    git = lambda *words, where=work: run("git", "-c", "user.name=Anna", "-c", "user.email=anna@example.org", *words, cwd=where)
    site.mkdir()
    run("git", "init", "-q", "--bare", "-b", "main", bare)
    (bare / "hooks/post-receive").write_text(f"#!/bin/sh\nexec git --work-tree={site} checkout -f main\n")
    os.chmod(bare / "hooks/post-receive", 0o755)
    run("git", "clone", "-q", bare, work)
    git("checkout", "-q", "-b", "main")
    issue = work / "content/issues/mail.md"
    issue.parent.mkdir(parents=True)
    now = lambda: time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())

    def push(text):
        issue.write_text(text)
        git("add", ".")
        git("commit", "-q", "-m", "mail")
        git("push", "-q", "origin", "main")
    with Daemon(f"site: {{ title: Harbour, zone: UTC }}\nannounce: {{ inbox: {site} }}\ncomponents: {{ mail: {{ name: Mail }} }}\n") as d:
        began = now()
        front = f"---\ntitle: Mail is late\ndate: {began}\nresolved: %s\nseverity: disrupted\naffected: [Mail]\nsection: issue\n---\n"
        push(front % "false" + f"*Investigating* - The queue is long. {{{{< track \"{began}\" >}}}}\n")
        pushed = time.monotonic()
        t.ok(until(lambda: "Mail is late" in http(d, "/").text), f"a push is on the page {1000 * (time.monotonic() - pushed):.0f} ms later")
        t.eq(http(d, "/api/v2/summary.json").json["status"]["indicator"], "major", "the service is partly down")
        time.sleep(1.1)
        push(front % "true" + f"*Resolved* - All went out. {{{{< track \"{now()}\" >}}}}\n\n*Investigating* - The queue is long. {{{{< track \"{began}\" >}}}}\n")
        t.ok(until(lambda: http(d, "/api/v2/summary.json").json["status"]["indicator"] == "none"), "the next push ends it")
        shown = json.loads(d.cli("incident", "show", "1", "--json").out)["bulletin"]
        t.eq([list(u["text"].values()) for u in shown["updates"]], [["The queue is long."], ["All went out."]], "with what was said")


def main():
    t = Tap()
    want, staytus = seen("cachet", CASES / "cachet.sql"), seen("staytus", CASES / "staytus.sql")
    t.part(mariadb, want, staytus)
    t.part(postgres, want)
    t.part(sqlite, want)
    t.part(large)
    t.part(git_push)
    with Daemon(CONFIG) as d:
        token = moved(t, d)
        for part, words in ((npm, ()), (from_the_api, (token,)), (files_of_cstate, ())):
            t.part(part, d, *words)
    t.done()


main()
