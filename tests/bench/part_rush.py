# SPDX-License-Identifier: GPL-3.0-or-later
# packages: postfix nginx-light
"""The hour in which everybody looks.  10,000 readers a second ask for the page, an incident is updated each second through the API, 10,000 mails
go into postfix' smtp-sink; nginx serves the same bytes in the same minute beside the same mails, so that what the machine does to both can
be told from what we do.  And: how long it takes to post for 10,000 subscribers, and until everybody can read it."""
import gzip
import http.client
import threading


def rush_house(sink):
    """A house with 24 services, 10,000 subscribers who hear of the beginning and the end, and an incident that is open already."""
    config = (f"site: {{ url: 'https://status.example.org', mail: {{ smtp: 'smtp://127.0.0.1:{sink}', from: 'Status <status@example.org>' }} }}\n"
              "hosts: { a: { alive: no, checks: [ { passive: { name: web } } ] } }\ncomponents:\n  website: { name: { en: Website, fr: Site web } }\n  mail: { name: Mail }\n")
    config += "".join(f"  c{i}: {{ name: {{ en: Service {i}, fr: Service {i} }}, depends: [a/web], publish: auto }}\n" for i in range(22))
    d = Daemon(config)
    db = sqlite3.connect(os.path.join(d.dir, "vigie.db"))
    with db:  # kinds 5: something does not work, and it works again
        db.executemany("INSERT INTO subscriber (address, lang, about, kinds, origin, nonce, since_ms) VALUES (?, ?, '', 5, 'staff', ?, 0)",
                       ((f"reader{i}@example.org", "fr" if i % 3 == 0 else "en", i) for i in range(10000)))
    db.close()
    d.verb("incident", "open", "c1:major", "-m", "Gone.", "--quiet")
    d.token = d.verb("token", "add", "bench", "--role", "operator")["token"]
    return d


class Client:
    """The API over one connection that stays."""

    def __init__(self, d):
        self.headers = {"Authorization": "Bearer " + d.token, "Content-Type": "application/json"}
        self.c = http.client.HTTPConnection("127.0.0.1", d.port, timeout=30)

    def post(self, path, body):
        self.c.request("POST", "/api/v1/announce/incidents" + path, json.dumps(body), self.headers)
        r = self.c.getresponse()
        text = r.read()
        if r.status != 200:
            raise SystemExit(f"post {path}: {r.status} {text[:300]}")
        return json.loads(text)["bulletin"]


def http_us(d):
    """CPU of the threads that answer readers, in µs."""
    total = 0
    for task in pathlib.Path(f"/proc/{d.pid}/task").iterdir():
        if (task / "comm").read_text().startswith("MHD"):
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1000


def rush_round(d, client, port, busy_us, seconds=8, rate=10000):
    """One round: opens (10,000 mails), then readers for some seconds while an update is posted each second. → figures of the generator, CPU µs a request"""
    one = client.post("", {"components": ["website:major"], "text": "We look for the cause."})
    before = busy_us()
    gen = subprocess.Popen([str(build / "tests/bench/bench_openloop"), str(port), "/", str(rate), str(seconds), "64"], stdout=subprocess.PIPE, text=True)
    n = 0
    while gen.poll() is None:
        client.post(f"/{one['id']}/updates", {"text": f"Still looking, {n}.", "phase": "identified"})
        n += 1
        try:
            gen.wait(1)
        except subprocess.TimeoutExpired:
            pass
    out = [int(x) for x in gen.stdout.read().split()]
    us = (busy_us() - before) / max(out[1] if len(out) == 7 else 1, 1)
    client.post(f"/{one['id']}/resolve", {"text": "It works again.", "quiet": True})
    return out, us


def bench_rush():
    tool = shutil.which("smtp-sink") or "/usr/sbin/smtp-sink"
    if not os.path.exists(tool):
        print("  rush: postfix is not installed (smtp-sink)")
        return
    sink_port = free_port()
    sink = start([tool, "-u", "nobody", f"127.0.0.1:{sink_port}", "200"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    d = rush_house(sink_port)
    client = Client(d)
    page = urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{d.port}/", headers={"Accept-Language": "en"})).read()
    p, port, nd = web_server()
    packed = gzip.compress(page, 6)
    pathlib.Path(nd, "www/index.html").write_bytes(page)
    pathlib.Path(nd, "www/index.html.gz").write_bytes(packed)
    conf = pathlib.Path(nd, "nginx.conf")
    conf.write_text(conf.read_text().replace("access_log off;", "access_log off; gzip_static on;"))
    p.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    worker = [c for c in children(p.pid) if c != p.pid] or [p.pid]
    ours, theirs = [], []
    db = os.path.join(d.dir, "vigie.db")
    for _ in range(3):
        for port_, busy, into in ((d.port, lambda: http_us(d), ours), (port, lambda: sum(own_cpu_us(x) for x in worker), theirs)):
            sent = mailing_sent(db)
            out, us = rush_round(d, client, port_, busy)
            mails = mailing_sent(db) - sent
            if len(out) != 7:
                print("    (a round went wrong:", out, ")")
                continue
            into.append((out, us, mails))
            wait_until = time.monotonic() + 60
            while mailing_sent(db) % 10000 and time.monotonic() < wait_until:
                time.sleep(0.2)
    p99, peer = statistics.median(o[3] for o, _, _ in ours), statistics.median(o[3] for o, _, _ in theirs)
    us, peer_us = statistics.median(u for _, u, _ in ours), statistics.median(u for _, u, _ in theirs)
    say("rush: 10,000/s, mails, an update a second: p99", f"{p99 / 1000:.2f}", "ms", "<= 5", p99 <= 5000,
        f"nginx beside the same mails {peer / 1000:.2f} ms; p50 {statistics.median(o[2] for o, _, _ in ours) / 1000:.2f} ms; requests were sent up to {statistics.median(o[5] for o, _, _ in ours) / 1000:.1f} ms late (p99); "
        f"{', '.join(f'{o[3] / 1000:.1f}' for o, _, _ in ours)} against {', '.join(f'{o[3] / 1000:.1f}' for o, _, _ in theirs)}")
    lost = sum(o[0] - o[1] + o[6] for o, _, _ in ours)
    say("  all answered with 200", f"{lost}", "lost", "0", lost == 0, f"mails in the same 8 s: {min(m for _, _, m in ours):,} and more; load {os.getloadavg()[0]:.1f}")
    say("  CPU a request in the rush, gzip", f"{us:.1f}", "us CPU", "<= nginx", us <= peer_us, f"nginx {peer_us:.1f} us, same {len(packed)} bytes (gzip_static)")
    stop(p)
    d.close()
    stop(sink)
    shutil.rmtree(nd, ignore_errors=True)


def bench_post():
    """Each post concerns all of the 10,000; the mails of the first ones are on their way all the time."""
    tool = shutil.which("smtp-sink") or "/usr/sbin/smtp-sink"
    if not os.path.exists(tool):
        print("  post: postfix is not installed (smtp-sink)")
        return
    sink_port = free_port()
    sink = start([tool, "-u", "nobody", f"127.0.0.1:{sink_port}", "200"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    d = rush_house(sink_port)
    client = Client(d)
    took, seen = [], []
    reader = http.client.HTTPConnection("127.0.0.1", d.port, timeout=30)

    def wait_for(mark, began, found):
        while True:
            reader.request("GET", "/", headers={"Accept-Language": "en"})
            if mark in reader.getresponse().read():
                found.append(time.monotonic() - began)
                return
            if time.monotonic() - began > 10:
                return
            time.sleep(0.0005)

    for i in range(200):
        mark = f"We look for cause number {i}."
        began = time.monotonic()
        eye = threading.Thread(target=wait_for, args=(mark.encode(), began, seen))
        eye.start()
        one = client.post("", {"components": ["website:major"], "text": mark})
        took.append(time.monotonic() - began)
        eye.join()
        client.post(f"/{one['id']}/resolve", {"text": "Found.", "quiet": True})
        time.sleep(0.02)
    p99 = lambda x: sorted(x)[len(x) * 99 // 100] * 1000
    say("an incident for 10,000 subscribers: the request, p99", f"{p99(took):.1f}", "ms", "<= 20", p99(took) <= 20, f"200 posts, p50 {statistics.median(took) * 1000:.1f} ms; mails under way: {mailing_sent(os.path.join(d.dir, 'vigie.db')):,}; load {os.getloadavg()[0]:.1f}")
    say("  until it is on the page, p99", f"{p99(seen):.1f}", "ms", "<= 50", len(seen) == 200 and p99(seen) <= 50, f"{len(seen)} of 200 seen, p50 {statistics.median(seen) * 1000:.1f} ms")
    d.close()
    stop(sink)
