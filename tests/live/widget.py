# SPDX-License-Identifier: GPL-3.0-or-later
# packages: chromium
"""Statuspage's own widget (npm @statuspage/status-widget) in Chromium, in a page of another origin, pointed at us: each state as it shows those
of Statuspage (ST-20; CORS)."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *

HERE = pathlib.Path(__file__).resolve().parent
CONFIG = """
site: { title: { en: Harbour } }
components:
  ferry: { name: { en: Ferry } }
  buoys: { name: { en: Buoys } }
"""
COLOURS = {"none": "rgb(46, 204, 113)", "minor": "rgb(241, 196, 15)", "major": "rgb(230, 126, 34)", "critical": "rgb(231, 76, 60)", "maintenance": "rgb(52, 152, 219)"}  # the widget's


def npm():
    home = pathlib.Path(temp_dir())
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / "npm" / name, home)
    p = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=home, capture_output=True, text=True, timeout=180)
    return home if p.returncode == 0 else None


def said(d, *words):
    r = d.cli(*words, "--json")
    if r.rc:
        raise RuntimeError(f"{words}: {r}")
    return str(r.json["bulletin"]["id"])


def states(d):
    """Brings the site into one state after the other: → indicator, its words."""
    yield "none", "All Systems Operational"
    one = said(d, "incident", "open", "ferry:degraded", "-m", "It is slow.")
    yield "minor", None
    said(d, "incident", "update", one, "ferry:partial", "-m", "It crosses now and then.")
    yield "major", None
    said(d, "incident", "update", one, "ferry:major", "-m", "It stands.")
    yield "critical", None
    said(d, "incident", "resolve", one, "-m", "It crosses.")
    work = said(d, "maintenance", "plan", "buoys", "--start", "-1m", "--for", "1h", "-m", "New lamps.")
    yield "maintenance", None
    said(d, "incident", "resolve", work, "-m", "Done.")
    yield "none", "All Systems Operational"


def widget(t, d, home):
    for indicator, text in states(d):
        now = until(lambda: (s := d.http("GET", "/api/v2/summary.json").json["status"])["indicator"] == indicator and s)
        t.ok(now, f"our summary says {indicator}", d.http("GET", "/api/v2/summary.json").json["status"])
        seen = json.loads(run("node", HERE / "_widget.mjs", d.url, home, env=clean_env(), timeout=90))
        t.eq([(s["shape"], s["css"], s["colour"]) for s in seen["shown"]], [(shape, indicator, COLOURS[indicator]) for shape in ("basic", "badge")], f"the widget shows {indicator}, in its colour")
        t.ok(all((text or now["description"]).lower() in s["text"].lower() for s in seen["shown"] if s["shape"] == "basic"), f"and says {now['description']}", seen)
        # The package trips over the last line of its own bundle, after its work.
        t.eq([w for w in seen["wrongs"] if "parcelRequire" not in w], [], "the browser has nothing against it")


def main():
    t = Tap()
    home = npm()
    if not home:
        t.skip("the widget of npm", "npm ci does not work here")
    else:
        port = free_port()
        with Daemon(CONFIG, listen=f"127.0.0.1:{port}") as d:
            d.url = f"http://127.0.0.1:{port}"
            t.part(widget, d, home)
    t.done()


main()
