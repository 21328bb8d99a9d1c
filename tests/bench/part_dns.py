# SPDX-License-Identifier: GPL-3.0-or-later
# packages: bind9-dnsutils
"""DNS: questions to a given server, against a sink of our own; dig beside it."""


def dns_peer(port, count):
    """CPU µs a question of dig, a process each."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(count):
        subprocess.run(["dig", "+short", "+time=2", "@127.0.0.1", "-p", str(port), "example.org"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e6 / count


def bench_dns():
    port = free_port()
    sink = start([str(build / "tests/bench/bench_dns_sink"), str(port)], stdout=subprocess.PIPE)
    sink.stdout.readline()
    settings = {"server": "127.0.0.1", "port": port, "authoritative": "yes", "expect": "192.0.2.1"}
    runs = []
    for _ in range(5):
        out = subprocess.run([str(build / "tests/bench/bench_engine"), "dns", "example.org", "100000", json.dumps(settings)], capture_output=True, text=True, check=True).stdout.split()
        assert int(out[1]) == 100000, out
        runs.append(float(out[0]))
    us = statistics.median(runs)
    peer = f"dig, a process a question: {1e6 / dns_peer(port, 50):,.0f}/s per core" if shutil.which("dig") else "dig is not installed"
    say("DNS checks, client side", f"{1e6 / us:,.0f}", "/s per core", ">= 25,000", 1e6 / us >= 25000, peer)
    stop(sink)
