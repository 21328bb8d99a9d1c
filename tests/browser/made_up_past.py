#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""made_up_past.py DATABASE CHECK…: ninety days of history of checks of the host "house", for a page that shall look like one (always the
same days: the bad ones are drawn from the names); and what was said of incidents was posted at the time of which it speaks."""
import json
import random
import sqlite3
import sys
import time

db = sqlite3.connect(sys.argv[1])
now, seq = time.time(), 0
with db:
    for check in sys.argv[2:]:
        draw = random.Random(check)
        at = now - 91 * 86400
        steps = [(at, "pending", "ok")]
        for _ in range(draw.choice((0, 0, 1, 1, 2, 3))):
            at = now - draw.randint(2, 88) * 86400 + draw.randint(0, 80000)
            bad = draw.choice(("warning", "warning", "critical"))
            steps += [(at, "ok", bad), (at + draw.randint(300, 9000), bad, "ok")]
        for t, was, becomes in sorted(steps):
            seq += 1
            db.execute("INSERT INTO history (node, epoch, seq, host, check_name, at_ms, kind, from_state, to_state, hard, attempt) VALUES ('past', 0, ?, 'house', ?, ?, 'state', ?, ?, 1, 1)",
                       (seq, check, int(t * 1000), was, becomes))
    for key, body in db.execute("SELECT id, body FROM bulletin").fetchall():
        b = json.loads(body)
        if b["kind"] != "incident":
            continue
        for update in b["updates"]:
            update["posted"] = update["at"]
        b["noticed"] = b["posted"] = b["started"]
        b["changed"] = b["updates"][-1]["at"]
        db.execute("UPDATE bulletin SET body = ? WHERE id = ?", (json.dumps(b), key))
db.close()
