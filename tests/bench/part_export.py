# SPDX-License-Identifier: GPL-3.0-or-later
"""The public site as files: 5,000 incidents of ten years, whole, and after one more word. The peer is known by its own figure: cState 6 with
Hugo takes minutes for 2,000 of them, because each of its pages looks through all the others."""
import sqlite3


def export_rows(n, components):
    """Incidents, each over after an hour, with three updates in two languages."""
    now = time.time()
    stamp = lambda t: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))
    for i in range(1, n + 1):
        t = now - 10 * 365 * 86400 + i * (10 * 365 - 5) * 86400 / n
        c = f"c{i % components}"
        text = lambda w: {"en": f"{w}: the disk of machine {i} is full, and mail waits. **Nothing is lost.**", "fr": f"{w} : le disque est plein, le courrier attend."}
        updates = [{"id": k + 1, "phase": p, "text": text(p), "at": stamp(t + k * 1200), "posted": stamp(t + k * 1200), "author": "staff",
                    "levels": {c: "major" if k < 2 else "operational"}} for k, p in enumerate(["investigating", "identified", "resolved"])]
        body = {"id": i, "key": f"k{i:011d}", "kind": "incident", "phase": "resolved", "title": {"en": f"Mail is late {i}", "fr": f"Courrier en retard {i}"}, "started": stamp(t), "noticed": stamp(t),
                "posted": stamp(t), "changed": stamp(t + 2400), "ended": stamp(t + 2400), "components": [c], "impacts": [{"component": c, "level": "major", "from": stamp(t), "to": stamp(t + 2400)}],
                "updates": updates, "author": "staff", "origin": "cli"}
        yield i, body["key"], int((t + 2400) * 1000), json.dumps(body)


def bench_export():
    components = 20
    config = "site: { title: { en: Example } }\nhosts: { a: { alive: no, checks: [ { passive: { name: web } } ] } }\ncomponents:\n"
    config += "".join(f"  c{i}: {{ name: {{ en: Service {i}, fr: Service {i} }}, depends: [a/web] }}\n" for i in range(components))
    d = Daemon(config)
    stop(d.p)
    with sqlite3.connect(os.path.join(d.dir, "vigie.db")) as db:
        db.executemany("INSERT INTO bulletin (id, key, changed_ms, body) VALUES (?, ?, ?, ?)", export_rows(5000, components))
    db.close()
    d.p = start([VIGIE, "serve", "--data", d.dir, "--listen", f"127.0.0.1:{d.port}"], stdout=d.log, stderr=d.log)
    d.pid = d.p.pid
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            d.get("/healthz")
            break
        except OSError:
            time.sleep(0.05)
    site = os.path.join(d.dir, "site")
    whole = d.verb("export", "site", site)
    say("export of 5,000 incidents, whole", f"{whole['took_ms']:,}", "ms", "<= 2,000", whole["took_ms"] <= 2000, f"{whole['files']:,} files, {whole['written_bytes'] / 1e6:.0f} MB; cState 6 with Hugo: minutes for 2,000")
    took = []
    for k in range(5):
        d.verb("incident", "open", f"c{k}", "--impact", "degraded", "-m", f"It is slow {k}.", "--title", "Slow")
        one = d.verb("export", "site", site)
        took.append(one["took_ms"])
    say("export after one change", f"{statistics.median(took):,}", "ms", "<= 100", statistics.median(took) <= 100, f"{one['rendered']} rendered, {one['written']} written, {one['removed']} removed")
    d.close()
