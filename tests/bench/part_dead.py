# SPDX-License-Identifier: GPL-3.0-or-later
"""50,000 checks and a network in which every packet vanishes: memory, the longest turns, whether vigie answers."""

DEAD_NET = ("ip link set lo up && ip tuntap add dev dead0 mode tun && ip addr add 10.255.255.1/8 dev dead0 && ip link set dead0 up && "
            "exec \"$@\"")


def dead_config(hosts=1000, checks=50):
    out = ["defaults: { every: 5m, timeout: 10s, attempts: 3 }", "hosts:"]
    for h in range(hosts):
        out.append(f"  h{h}:\n    address: 10.0.{h // 250}.{h % 250 + 1}\n    alive: no\n    checks:")
        for c in range(checks):
            out.append(f"      - tcp: {{ name: t{c}, port: {1000 + c} }}")
    return "\n".join(out) + "\n"


def bench_dead(seconds=90):
    ready = subprocess.run(["unshare", "-n", "sh", "-c", DEAD_NET, "sh", "true"], capture_output=True, text=True)
    if ready.returncode:
        print("  (no network namespace of one's own here: " + ready.stderr.strip()[:100] + ")")
        return
    d = tempfile.mkdtemp(prefix="vigie-bench-")
    pathlib.Path(d, "vigie.yaml").write_text(dead_config())
    with open(os.path.join(d, "log"), "w") as log:
        p = start(["unshare", "-n", "sh", "-c", DEAD_NET, "sh", VIGIE, "serve", "--data", d, "--listen", "127.0.0.1:8000"], stdout=log, stderr=log)

    def ask(*words):
        """Over the Unix socket, which no namespace hides; and how long the answer took."""
        t = time.monotonic()
        q = subprocess.run([VIGIE, *words, "--data", d, "--json"], capture_output=True, text=True)
        return (json.loads(q.stdout) if q.stdout.strip().startswith("{") else {}), time.monotonic() - t

    deadline = time.monotonic() + 60
    while not ask("health")[0] and time.monotonic() < deadline:
        time.sleep(0.2)
    sizes, took = [], []
    first = time.monotonic()
    while time.monotonic() - first < seconds:
        time.sleep(2)
        health, t = ask("health")
        took.append(t if health else 60)
        sizes.append(rss(p.pid))
    stats, health = ask("debug", "stats")[0], ask("health")[0]
    s = health.get("scheduler", {})
    slow = ", ".join(f"{k} {n}" for k, n in stats.get("probe_slow_turns", {}).items()) or "no probe"
    say("50,000 checks, dead network: memory, most", f"{max(sizes) / 1e6:.0f}", "MB", "<= 250", max(sizes) <= 250e6, f"{sizes[len(sizes) // 2] / 1e6:.0f} MB half-way, {sizes[-1] / 1e6:.0f} MB at the end")
    say("  vigie health, slowest of its answers", f"{max(took) * 1000:.0f}", "ms", "<= 500", max(took) <= 0.5, f"{len(took)} asked, with the start of the program that asks")
    say("  longest turn of the probe loop", f"{stats.get('probe_loop_longest_us', 0) / 1000:.1f}", "ms", "<= 50", stats.get("probe_loop_longest_us", 10**9) <= 50000,
        f"over 5 ms: {stats.get('probe_loop_held_over_5ms')} turns; at a stretch: {slow}; {s.get('in_flight')} under way, {s.get('waiting')} late, by {s.get('delay_p99_us', 0) / 1e6:.0f} s")
    stop(p)
    shutil.rmtree(d, ignore_errors=True)
