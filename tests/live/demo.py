# SPDX-License-Identifier: GPL-3.0-or-later
# packages: strace
"""The demonstration, seen by the kernel: whatever it connects or sends to is this machine (ST-25)."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *


def seen(t):
    d = temp_dir()
    port = free_port()
    server(["strace", "-f", "-qq", "-s", "0", "-e", "trace=socket,connect,bind,sendto,sendmsg,sendmmsg", "-o", f"{d}/calls", VIGIE, "demo", "--listen", f"127.0.0.1:{port}"], port, f"{d}/log", 60)
    import urllib.request
    for path in ("/", "/console", "/console/host/storage1", "/feed.atom", "/api/v2/summary.json", "/history"):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as r:
            t.eq(r.status, 200, path)
    time.sleep(8) # two rounds of results
    calls = pathlib.Path(f"{d}/calls").read_text()
    bound = re.findall(r"bind\(.*sin6?_port=htons\((\d+)\).*?(?:inet_addr\(\"([^\"]+)\"\)|inet_pton\(AF_INET6, \"([^\"]+)\")", calls)
    t.ok(bound and all((a or b) in ("127.0.0.1", "::1") for _, a, b in bound), "what listens is bound to the loopback", bound)
    gone = [line for line in calls.splitlines() if re.search(r"\b(connect|sendto|sendmsg|sendmmsg)\(", line) and "AF_INET" in line and "127.0.0.1" not in line and "::1" not in line]
    t.eq(gone, [], "nothing is connected or sent to elsewhere")
    t.ok("htons(53)" not in calls, "no name is looked up")
    t.ok("SOCK_RAW" not in "".join(line for line in calls.splitlines() if "connect" in line), "and nothing goes beside the stack")


tap = Tap()
tap.part(seen)
tap.done()
