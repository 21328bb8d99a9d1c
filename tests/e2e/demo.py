# SPDX-License-Identifier: GPL-3.0-or-later
"""vigie serve --demo (ST-25): anybody on the machine looks at everything, nobody changes anything, by whatever way; nothing listens to the
outside or connects there, and nothing is left behind."""
from kit import *

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Demo(Daemon):
    def start(self, *words):
        self.tmp = temp_dir()
        log = open(self.log_path, "ab")
        self.began = 0
        self.process = subprocess.Popen([VIGIE, "serve", "--demo", "--listen", "127.0.0.1:0", *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=clean_env(TMPDIR=self.tmp), start_new_session=True)
        log.close()
        self.hello = until(lambda: re.search(r"http://127\.0\.0\.1:(\d+)/console", self.log()) or self.process.poll() is not None)
        if not self.hello or self.hello is True:
            raise RuntimeError("the demonstration did not start:\n" + self.log())
        self.port = int(self.hello.group(1))
        self.data = str(next(pathlib.Path(self.tmp).iterdir()))
        return self


def looks(t, v):
    until(lambda: "New mail server" in v.http("GET", "/").text)
    page = v.http("GET", "/").text
    t.has(page, "Harbour Co-op (demonstration)", "Files are slow to appear", "New mail server", "Websites", text="the public page has a story")
    t.has(v.http("GET", "/", headers={"Accept-Language": "fr"}).text, "Coopérative du Port (démonstration)", "Les fichiers tardent à apparaître", "Courriel", text="in French, too")
    t.ok(re.search(r"9\d\.\d", page), "and ninety days", page[:3000])
    for path in ("/console", "/console/hosts", "/console/host/storage1", "/console/check/storage1/raid", "/console/map", "/console/incidents", "/console/planned", "/console/events", "/history"):
        r = v.http("GET", path)
        t.ok(r.status == 200 and ("made-up data" in r.text or path == "/history"), f"{path} without a log-in, and it says what it is", r.text[:400])
    until(lambda: v.http("GET", "/api/v1/status").json.get("summary") is not None)
    t.ok("being rebuilt" in v.http("GET", "/console").text, "problems are shown")
    t.ok("status" in v.http("GET", "/api/v2/summary.json").json, "other tools' shapes, too")
    t.ok("demonstration" not in "\n".join(x for x in v.log().splitlines() if x.startswith("demonstration:")), "the whole story was told", v.log())
    t.eq(v.http("GET", "/login").status, 303, "nobody needs to log in")


def refuses(t, v):
    """Every operation that there is, from the description that the program gives of itself."""
    api = v.http("GET", "/api/v1/openapi.json").json
    before = v.http("GET", "/api/v1/announce/incidents").text
    n, bad = 0, []
    for path, methods in api["paths"].items():
        for method in methods:
            if method.upper() in ("GET", "HEAD") or method not in ("post", "put", "delete", "patch"):
                continue
            r = v.http(method.upper(), re.sub(r"\{\w+\}", "1", path), body={} if method != "delete" else None)
            n += 1
            if r.status != 403 or "demonstration" not in r.text:
                bad.append((method, path, r.status, r.text[:200]))
    t.ok(n > 50 and not bad, f"{n} operations that write are refused over HTTP", bad)
    verbs = [["ack", "storage1/raid", "-m", "x"], ["incident", "open", "website", "-m", "x"], ["user", "remove", "x"], ["user", "setup-link"], ["token", "add", "x"], ["add", "https://example.org"], ["conf", "apply"],
             ["discover"], ["mirror", "push"], ["subscriber", "add", "a@example.org"], ["maintenance", "plan", "mail", "--start", "+1h", "--for", "1h"], ["downtime", "web1", "--for", "1h", "-m", "x"], ["export", "site", "/tmp/x"]]
    for words in verbs:
        s = v.cli(*words, env={"VIGIE_PASSWORD": "correct horse battery"})
        t.ok(s.rc not in (0, 2) and "demonstration" in s.text, f"vigie {' '.join(words[:2])} is refused", s)
    for path in ("/login", "/subscribe", "/console/act", "/console/setup", "/api/push/x", "/inbox", "/setup/" + "0" * 64, "/nowhere", "/api/v1/incidents"):
        for headers, body in ((FORM, "a=b"), ({"Content-Type": "application/json"}, "{}")):
            r = v.http("POST", path, body=body, headers=headers)
            t.ok(r.status == 403 and "demonstration" in r.text, f"POST {path} is refused", r)
    r = v.http("POST", "/subscribe", body="address=a%40example.org", headers={**FORM, "Accept-Language": "fr"})
    t.ok(r.status == 403 and "démonstration" in r.text, "in the reader's language", r.text[:300])
    t.eq(v.http("POST", "/theme", body="theme=dark&next=/console", headers=FORM).status, 303, "the light may be dimmed")
    t.eq(v.http("GET", "/api/v1/announce/incidents").text, before, "nothing has changed")
    t.eq(v.cli("status").rc in (0, 1, 2), True, "the command line looks, too")


def stays_here(t, v):
    """What the process has open: only this machine."""
    bad = []
    for pid in {v.pid, *map(int, subprocess.run(["pgrep", "-P", str(v.pid)], capture_output=True, text=True).stdout.split())}:
        inodes = set()
        for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                m = re.match(r"socket:\[(\d+)\]", os.readlink(fd))
                inodes.update([m.group(1)] if m else [])
        for table in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
            for line in pathlib.Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
                f = line.split()
                if f[9] in inodes and not f[1].startswith("0100007F:"):
                    bad.append((table, f[1], f[2]))
    t.eq(bad, [], "no socket but on the loopback")
    for where in ("0.0.0.0:0", "[::]:0", ":0", "192.0.2.1:8444", "0"):
        s = vigie("serve", "--demo", "--listen", where, timeout=20)
        t.ok(s.rc == 2 and "loopback" in s.text, f"--listen {where} is refused", s)
    s = vigie("serve", "--demo", "--data", "/tmp/x", timeout=20)
    t.ok(s.rc == 2, "a data directory of one's own is refused", s)


def ends(t, v):
    t.ok(os.path.isdir(v.data), "its data are in a directory for a while")
    v.signal(signal.SIGINT)
    t.eq(v.process.wait(30), 0, "Ctrl-C ends it")
    t.eq(list(pathlib.Path(v.tmp).iterdir()), [], "and nothing is left")


tap = Tap()
demo = Demo()
tap.part(lambda t: demo.start())
tap.part(looks, demo)
tap.part(refuses, demo)
tap.part(stays_here, demo)
tap.part(ends, demo)
tap.done()
