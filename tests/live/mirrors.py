# SPDX-License-Identifier: GPL-3.0-or-later
# packages: rsync git lynx
"""Copies of the public site by Debian's rsync and git, one mirror of four failing (ST-4, ST-18): the others follow each change, what went is
removed, a reader that looks all the time sees whole pages, lynx reads the copy from file://, and with the origin dead it is still there."""
import pathlib
import sys
import threading
import urllib.parse
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *

CONFIG = """
site: { title: { en: Harbour, fr: Port }, url: "https://status.example.org" }
hosts: { quay: { alive: no, checks: [{ passive: { name: crane, attempts: 1 } }] } }
components:
  ferry: { name: { en: Ferry, fr: Bac }, depends: [quay/crane] }
  buoys: { name: { en: Buoys, fr: Bouées } }
mirrors:
  here: { directory: "%(d)s/here" }
  near: { rsync: "%(d)s/near/" }
  code: { git: "%(d)s/code.git" }
  away: { rsync: "%(d)s/no/such/place/" }
"""


def state(d):
    return {m["name"]: m for m in d.cli("mirror", "list", "--json").json["mirrors"]}


def in_git(place, name):
    p = subprocess.run(["git", "--git-dir", place / "code.git", "show", f"pages:{name}"], capture_output=True, text=True)
    return p.stdout if p.returncode == 0 else ""


def links(t, place):
    """Every link of every page leads to a file, from where the page stands."""
    n, lost = 0, []
    for page in place.rglob("*.html"):
        if page.name in ("fragment.html", "fragment.fr.html") or page.parent.name == "snippet":
            continue
        for link in re.findall(r' (?:href|src)="([^"]*)"', page.read_text()):
            if link.startswith(("https://", "#")):
                continue
            n += 1
            target = page.parent / urllib.parse.unquote(re.split("[?#]", link)[0])
            if link.startswith("/") or not target.is_file():
                lost.append(f"{page}: {link}")
    t.ok(n > 100 and not lost, f"{n} links of the copy lead to files", "\n".join(lost[:10]))


def copies(t):
    place = pathlib.Path(temp_dir())
    (place / "near").mkdir()
    subprocess.run(["git", "init", "-q", "--bare", place / "code.git"], check=True)
    with Daemon(CONFIG % {"d": place}) as d:
        t.ok(until(lambda: all(m["state"] == ("failing" if n == "away" else "ok") for n, m in state(d).items()), 40), "three mirrors have a copy, the fourth fails", state(d))
        t.has(d.cli("mirror", "list").out, "away", "failing", text="and is shown to people")
        torn, stop = [], threading.Event()

        def look():
            while not stop.is_set():
                for page in (place / "here/index.html", place / "here/api/v2/summary.json"):
                    text = page.read_text()
                    if not text.rstrip().endswith(("</html>", "}")):
                        torn.append(text[-80:])
        reader = threading.Thread(target=look)
        reader.start()
        for k in range(3):
            d.cli("incident", "open", "buoys:major", "--title", f"They drift {k}", "-m", f"word-{k}", "--json")
            t.ok(until(lambda: f"They drift {k}" in (place / "here/index.html").read_text() and f"They drift {k}" in (place / "near/index.html").read_text() and f"They drift {k}" in in_git(place, "index.html"), 30),
                 f"change {k} reaches directory, rsync and git")
        stop.set()
        reader.join()
        t.ok(not torn, "a reader that looked all the time saw whole pages", torn[:3])
        log = run("git", "--git-dir", place / "code.git", "log", "--oneline", "pages")
        t.ok(len(log.splitlines()) >= 4, "each change is a commit", log)
        links(t, place / "near")
        (place / "near/left-over.html").write_text("x")
        d.cli("mirror", "push", "near")
        t.ok(until(lambda: not (place / "near/left-over.html").exists(), 20), "what does not belong there is removed")
        bad = state(d)["away"]
        t.ok(bad["state"] == "failing" and bad["why"], "the one that fails says why", bad)
    text = run("lynx", "-dump", "-nolist", place / "near/index.html", env=clean_env())
    t.has(text, "They drift 2", "A copy, made", text="lynx reads the copy from file:// with the origin dead")
    t.has(run("lynx", "-dump", "-nolist", place / "near/index.fr.html", env=clean_env()), "Une copie, faite", text="in French, too")


tap = Tap()
tap.part(copies)
tap.done()
