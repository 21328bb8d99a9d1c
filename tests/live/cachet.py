# SPDX-License-Identifier: GPL-3.0-or-later
# packages: curl
"""A client of Cachet that we did not write (npm cachet-api), and curl with forms as event handlers of Nagios send them: both feed the
page of a house that has never seen Cachet (ST-6, ST-20)."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *

CONFIG = """
site: { title: { en: Harbour } }
components:
  ferry: { name: { en: Ferry } }
  buoys: { name: { en: Buoys } }
"""
CLIENT = """
const Cachet = require('cachet-api');
const [url, apiKey, what, ...args] = process.argv.slice(2);
const c = new Cachet({ url, apiKey });
const call = { component: () => c.getComponentById(+args[0]), incidents: () => c.getIncidentsByComponentId(+args[0]), open: () => c.reportIncident(JSON.parse(args[0])), remove: () => c.deleteIncidentById(+args[0]) }[what];
call().then((r) => console.log(JSON.stringify({ r: r === undefined ? null : r })), (e) => console.log(JSON.stringify({ e: String(e.message || e) })));
"""


def npm():
    home = pathlib.Path(temp_dir())
    for name in ("package.json", "package-lock.json"):
        shutil.copy(pathlib.Path(__file__).resolve().parent / "npm" / name, home)
    p = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=home, capture_output=True, text=True, timeout=180)
    (home / "client.cjs").write_text(CLIENT)
    return home if p.returncode == 0 else None


def curl(d, token, method, path, **fields):
    words = ["curl", "-sS", "-X", method, "-H", f"X-Cachet-Token: {token}", "-H", "Expect: 100-continue", "-w", "\n%{http_code}", d.url + path]
    for k, v in fields.items():
        words += ["--data-urlencode", f"{k}={v}"]
    body, _, status = run(*words, env=clean_env()).rpartition("\n")
    return int(status), json.loads(body) if body else None


def get(d, path):
    return d.http("GET", path).json


def client(t, d, token, ids):
    home = npm()
    if not home:
        t.skip("the client of npm", "npm ci does not work here")
        return

    def ask(*words):
        return json.loads(run("node", home / "client.cjs", d.url, token, *words, env=clean_env(), timeout=60))
    t.eq(ask("component", ids["Buoys"])["r"]["name"], "Buoys", "cachet-api reads a component")
    made = ask("open", json.dumps({"name": "Adrift", "message": "We look.", "status": "Investigating", "visible": True, "notify": False, "component_id": ids["Buoys"], "component_status": "Major Outage"}))
    t.ok(made.get("r") and made["r"]["data"]["human_status"] == "Investigating", "cachet-api opens an incident", made)
    t.ok(until(lambda: "Adrift" in d.http("GET", "/").text), "users see it on the page")
    t.eq(get(d, "/api/v2/summary.json")["status"]["indicator"], "critical", "the other shapes agree")
    listed = ask("incidents", ids["Buoys"])["r"]
    t.eq([i["name"] for i in listed], ["Adrift"], "cachet-api finds it by its component")
    status, said = curl(d, token, "PUT", f"/api/v1/incidents/{listed[0]['id']}", status=2, message="A chain broke.", component_id=ids["Buoys"], component_status=2)
    t.ok(status == 200 and said["data"]["latest_human_status"] == "Identified", "it is changed", said)
    t.eq(ask("component", ids["Buoys"])["r"]["status_name"], "Performance Issues", "cachet-api sees the change")
    t.ok("e" not in ask("remove", str(listed[0]["id"])), "cachet-api deletes it")
    t.eq(ask("incidents", ids["Buoys"])["r"], [], "it is gone")
    t.ok("e" in ask("component", "4711"), "a component that is not there is an error for cachet-api")


def handler(t, d, token, ids):
    """Looks the component up by name, tells of the failure, then of the end by an incident of its own, and closes the first page's."""
    by_name = {c["name"]: c["id"] for c in get(d, "/api/v1/components")["data"]}
    name = "[Nagios] Ferry"
    status, made = curl(d, token, "POST", "/api/v1/incidents", name=name, message="CRITICAL - Socket timeout & “more”", status=1, visible=1, component_id=by_name["Ferry"], component_status=4, notify="true")
    t.ok(status == 200 and made["data"]["message"] == "CRITICAL - Socket timeout & “more”", "curl opens an incident by a form", made)
    status, over = curl(d, token, "POST", "/api/v1/incidents", name=name, message="OK", status=4, visible=1, component_id=by_name["Ferry"], component_status=1, notify="true")
    t.ok(status == 200 and over["data"]["id"] == made["data"]["id"], "the end that comes as a new incident ends the open one", over)
    left = [i for i in get(d, "/api/v1/incidents")["data"] if i["name"] == name and i["status"] != 4]
    t.eq(left, [], "nothing of it is open")
    t.eq(get(d, "/api/v2/summary.json")["status"]["indicator"], "none", "all is well on the page")
    t.eq(curl(d, "vgt_wrong", "POST", "/api/v1/incidents", name="x", status=1)[0], 401, "a wrong token is refused")
    t.eq(d.http("POST", "/api/v1/incidents", b"x" * 1_200_000, {"X-Cachet-Token": token}).status, 413, "a body of more than a megabyte is refused")


def main():
    t = Tap()
    with Daemon(CONFIG) as d:
        d.url = f"http://127.0.0.1:{d.port}"
        token = d.cli("token", "add", "monitor", "--role", "operator", "--json").json["token"]
        ids = {c["name"]: str(c["id"]) for c in get(d, "/api/v1/components")["data"]}
        for part in (client, handler):
            t.part(part, d, token, ids)
    t.done()


main()
