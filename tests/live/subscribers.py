# SPDX-License-Identifier: GPL-3.0-or-later
# packages: postfix
"""Subscribers by mail, with postfix' smtp-sink as the mail server: the public form, the mail's button, notices as an independent library reads
them, one-click unsubscription, a server that puts off and breaks off, kill -9 in the middle; each has each notice once (ST-12, ANN-2..5, 12, 16; ST-23)."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import sqlite3
import urllib.parse
from _mails import *
from _peers import *

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def config(port):
    return f"""
site: {{ title: {{ en: Harbour, fr: Port }}, zone: Europe/Paris, url: "http://status.example.org", mail: {{ smtp: "smtp://127.0.0.1:{port}", from: "Harbour <status@example.org>" }} }}
components:
  website: {{ name: {{ en: Website, fr: Site web }} }}
  mail: {{ name: {{ en: Mail, fr: Courriel }} }}
"""


def post(d, path, **fields):
    return d.http("POST", path, urllib.parse.urlencode(fields, doseq=True), FORM)


def listed(d):
    return d.cli("subscriber", "list", "--json").json["count"]


def in_and_out(t, d, box):
    r = post(d, "/subscribe?lang=fr", email="reader@example.org", component="website", kind=["incidents", "resolved", "maintenance"], lang="fr")
    t.eq(r.status, 200, "the form is taken")
    t.ok(until(lambda: to(box, "reader@example.org"), 20), "a mail to confirm comes", read(box))
    link = path_in(plain(to(box, "reader@example.org")[0]), "/subscribe/confirm/")
    t.eq(d.http("GET", link).status, 200, "its link opens a page")
    t.eq(listed(d), 0, "a look confirms nobody")
    t.eq(d.http("POST", link, "", FORM).status, 200, "its button confirms")
    d.cli("incident", "open", "mail:major", "-m", "Not his.")
    d.cli("incident", "open", "website:major", "-t", "Website is down", "-m", "We look for **it**.")
    t.ok(until(lambda: len(to(box, "reader@example.org")) == 2, 20), "one notice, of what he chose", read(box))
    m = to(box, "reader@example.org")[1]
    t.ok(m.get_content_type() == "multipart/alternative" and "<strong>it</strong>" in m.get_body(("html",)).get_content(), "text and HTML", m)
    t.ok(m["Auto-Submitted"] == "auto-generated" and m["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click" and m["List-Id"], "the headers of a list", m)
    t.ok(m["From"].addresses[0].addr_spec == "status@example.org" and "anglais seulement" in plain(m), "from us, and the foreign language is marked", plain(m))
    d.cli("incident", "resolve", "2", "-m", "Well.")
    t.ok(until(lambda: len(to(box, "reader@example.org")) == 3, 20), "and that it is over", None)
    over = to(box, "reader@example.org")[2]
    t.ok(over["In-Reply-To"] == m["Message-ID"] and "Terminé" in over["Subject"], "in the same thread", over.items())
    return path_in(m["List-Unsubscribe"], "/subscription/")


def work(t, d, box, end):
    d.cli("maintenance", "plan", "website", "--start", "+30h", "--for", "2h", "-t", "New disks", "-m", "All of them.")
    t.ok(until(lambda: len(to(box, "reader@example.org")) == 4, 20), "planned work is told", None)
    m = to(box, "reader@example.org")[3]
    ics = [p for p in m.walk() if p.get_content_type() == "text/calendar"]
    text = ics[0].get_content() if ics else ""
    text = text if isinstance(text, str) else text.decode()
    t.ok("BEGIN:VEVENT" in text and "X-MAINTNOTE-STATUS:CONFIRMED" in text and ics[0].get_filename().endswith(".ics"), "with its calendar entry", text)
    t.ok("UTC" in plain(m) and re.search(r"CES?T", plain(m)), "in the zone of the site and in UTC", plain(m))
    t.eq(d.http("GET", end).status, 200, "a look at the one-click address asks")
    t.eq(listed(d), 1, "and ends nothing")
    t.eq(d.http("POST", end, "List-Unsubscribe=One-Click", FORM).status, 200, "one click ends it")
    t.eq(listed(d), 0, "he is off the list")


def clients(t, d, base):
    """As a spreadsheet and as CiviCRM gives them: both of its APIs, and its export."""
    pathlib.Path(base, "list.csv").write_bytes("\ufeffCourriel;Organisation;Langue;Services\r\nun@example.org;\"Club \"\"Un\"\"; Québec\";fr_CA;Site web|mail\r\n\r\npas une adresse;X;;mail\r\n".encode())
    r = d.cli("subscriber", "import", f"{base}/list.csv", "--dry-run")
    t.ok(r.rc == 1 and "line 4" in r.err and "nothing was kept" in r.out, "a dry run says what cannot be read", r)
    t.eq(listed(d), 0, "and keeps nothing")
    d.cli("subscriber", "import", f"{base}/list.csv", "--source", "sheet")
    row = d.cli("subscriber", "list", "--json").json["subscribers"]
    t.ok(len(row) == 1 and row[0]["client"] == 'Club "Un"; Québec' and row[0]["components"] == ["website", "mail"] and row[0]["lang"] == "fr", "CSV with semicolons, names as people know them", row)
    pathlib.Path(base, "v4.json").write_text(json.dumps([{"id": 1, "display_name": "Deux", "email_primary.email": "deux@example.org", "preferred_language": "fr_FR", "services": ["mail"]}, {"id": 2, "display_name": "Trois", "email_primary.email": None}]))
    pathlib.Path(base, "v3.json").write_text(json.dumps({"is_error": 0, "count": 1, "values": {"7": {"contact_id": "7", "display_name": "Quatre", "email": "quatre@example.org", "services": "mail"}}}))
    r = d.cli("subscriber", "import", f"{base}/v4.json", "--source", "civi")
    t.ok("1 kept, 1" in r.out, "CiviCRM, API 4", r)
    r = d.cli("subscriber", "import", f"{base}/v3.json", "--source", "civi", "--replace")
    names = sorted(x["email"] for x in d.cli("subscriber", "list", "--json").json["subscribers"])
    t.ok(r.rc == 0 and names == ["quatre@example.org", "un@example.org"], "API 3, in the place of what this source said before", names)
    out = d.cli("subscriber", "export").out
    t.ok(out.startswith("email,") and "quatre@example.org" in out, "the list goes out as CSV", out)
    for a in names:
        d.cli("subscriber", "remove", a)


def many(t, d, base, port):
    n, box = 400, f"{base}/many"
    db = sqlite3.connect(f"{d.data}/vigie.db", timeout=20)
    with db:
        db.executemany("INSERT INTO subscriber (address, lang, about, kinds, origin, nonce, since_ms) VALUES (?, 'en', '', 15, 'staff', 1, 0)", ((f"r{i}@example.org",) for i in range(n)))
    db.close()
    slow = sink(box, port, "-M", "150")  # it goes away after so many
    d.cli("incident", "open", "mail:major", "-m", "For all.")
    until(lambda: slow.poll() is not None or len(read(box)) >= 140, 30)
    d.kill()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(slow.pid, signal.SIGTERM)
    slow.wait(10)
    sink(box + "2", port)
    d.start()
    got = lambda: [a for b in (box, box + "2") for a, _ in read(b)]
    t.ok(until(lambda: len(set(got())) == n, 90), "kill -9 and a server that goes away: everybody was told", len(set(got())))
    time.sleep(1)
    count = {}
    for a in got():
        count[a] = count.get(a, 0) + 1
    twice = [a for a in count if count[a] > 1]
    t.ok(max(count.values()) <= 2 and len(twice) <= 64, f"nobody more than twice, and twice only who was in doubt ({len(twice)})", count)
    t.ok(until(lambda: d.cli("subscriber", "report", "4", "--json").json["sent"] == n, 20), "the report says so", d.cli("subscriber", "report", "4", "--json").out[-300:])


def whole(t):
    base, port = temp_dir(), free_port()
    os.chmod(base, 0o755)  # the sink is nobody
    box = f"{base}/box"
    first = sink(box, port)
    with Daemon(config(port)) as d:
        end = in_and_out(t, d, box)
        work(t, d, box, end)
        clients(t, d, base)
        os.killpg(first.pid, signal.SIGTERM)
        first.wait(10)
        many(t, d, base, port)


tap = Tap()
tap.part(whole)
tap.done()
