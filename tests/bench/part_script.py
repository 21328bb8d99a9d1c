# SPDX-License-Identifier: GPL-3.0-or-later
"""Send/expect probes against sinks of our own: the client side alone; Debian's plugins, a process each, beside them."""


def plugin_us(command, count=50):
    """CPU µs a run of a monitoring plugin; None: it is not installed."""
    if not os.path.exists(command[0]):
        return None
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(count):
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e6 / count


def bench_script():
    for name in ("smtp", "imap", "ssh", "redis"):
        port = free_port()
        sink = start([str(build / "tests/bench/bench_talk_sink"), str(port), name], stdout=subprocess.PIPE)
        sink.stdout.readline()
        us, _ = engine(name, f"127.0.0.1:{port}", 20000)
        plugin = plugin_us([f"/usr/lib/nagios/plugins/check_{name}", "-H", "127.0.0.1", "-p", str(port)]) if name != "redis" else None
        stop(sink)
        say(f"{name} probes, client side", f"{1e6 / us:,.0f}", "/s per core", ">= 10,000", 1e6 / us >= 10000, f"check_{name}, a process each: {1e6 / plugin:,.0f}/s per core" if plugin else f"{us:.1f} us CPU")
