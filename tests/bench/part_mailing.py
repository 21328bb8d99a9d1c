# SPDX-License-Identifier: GPL-3.0-or-later
# packages: postfix
"""Mail to subscribers: an incident posted for ten thousand of them, into postfix' smtp-sink, over SMTP and on the disk's own terms."""
import sqlite3


def mailing_fill(path, n):
    db = sqlite3.connect(path)
    with db:
        db.executemany("INSERT INTO subscriber (address, lang, about, kinds, origin, nonce, since_ms) VALUES (?, ?, ?, 15, 'staff', ?, 0)",
                       ((f"reader{i}@example.org", "fr" if i % 3 == 0 else "en", "website" if i % 2 else "", i) for i in range(n)))
    db.close()


def mailing_sent(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        return db.execute("SELECT COUNT(*) FROM outbox WHERE channel = 'subscriber' AND state = 'sent'").fetchone()[0]
    finally:
        db.close()


def bench_mailing():
    tool = shutil.which("smtp-sink") or "/usr/sbin/smtp-sink"
    if not os.path.exists(tool):
        print("  mailing: postfix is not installed (smtp-sink)")
        return
    port, n = free_port(), 10000
    sink = start([tool, "-u", "nobody", f"127.0.0.1:{port}", "200"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    d = Daemon(f"site: {{ url: 'https://status.example.org', mail: {{ smtp: 'smtp://127.0.0.1:{port}', from: 'Status <status@example.org>' }} }}\n"
               "components: { website: { name: { en: Website, fr: Site web } }, mail: { name: Mail } }\n")
    db = os.path.join(d.dir, "vigie.db")
    mailing_fill(db, n)
    before = rss(d.pid)
    most = before
    t0 = time.monotonic()
    d.verb("incident", "open", "website:major", "-m", "We look for **the cause**.\n\nNothing is lost.")
    posted = time.monotonic() - t0
    sent, c0 = 0, own_cpu_us(d.pid)
    while sent < n and time.monotonic() - t0 < 120:
        time.sleep(0.25)
        sent = mailing_sent(db)
        most = max(most, rss(d.pid))
    seconds = time.monotonic() - t0
    us = (own_cpu_us(d.pid) - c0) / max(sent, 1)
    say("incident with 10,000 subscribers, the verb", f"{posted * 1000:.0f}", "ms", "(request <= 20, and a process)", None)
    say("mails into a sink", f"{sent / seconds:,.0f}", "/s", ">= 500", sent == n and sent / seconds >= 500, f"{sent} of {n} in {seconds:.1f} s, {us:.0f} us CPU a mail")
    say("memory while mailing", f"+{(most - before) / 1e6:.1f}", "MB", "<= 20", most - before <= 20e6, f"{before / 1e6:.1f} MB before")
    d.close()
    stop(sink)
