# SPDX-License-Identifier: GPL-3.0-or-later
# packages: snmp
"""SNMP: gets of v2c and v3 authPriv against a sink of our own, and Net-SNMP's snmpget against the same."""


def snmp_peer(port, words, count):
    """CPU µs a get of snmpget, a process each."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    state = tempfile.mkdtemp()
    for _ in range(count):
        subprocess.run(["snmpget", "-Oqv", *words, f"127.0.0.1:{port}", "1.3.6.1.2.1.1.3.0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ, MIBS="", SNMP_PERSISTENT_DIR=state), check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    shutil.rmtree(state, ignore_errors=True)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e6 / count


def bench_snmp():
    port = free_port()
    sink = start([str(build / "tests/bench/bench_snmp_sink"), str(port)], stdout=subprocess.PIPE)
    sink.stdout.readline()
    v3 = {"user": "bench", "auth": {"protocol": "sha", "password": "benchauth"}, "priv": {"protocol": "aes", "password": "benchpriv"}}
    words3 = ["-v3", "-u", "bench", "-l", "authPriv", "-a", "SHA", "-A", "benchauth", "-x", "AES", "-X", "benchpriv"]
    for name, more, words, bar, count in (("v2c", {}, ["-v2c", "-c", "public"], 40000, 100000), ("v3 SHA AES", v3, words3, 20000, 50000)):
        runs = []
        for _ in range(5):
            out = subprocess.run([str(build / "tests/bench/bench_engine"), "snmp", "sysUpTime.0", str(count), json.dumps(dict({"address": "127.0.0.1", "port": port}, **more))], capture_output=True, text=True, check=True).stdout.split()
            assert int(out[1]) == count, out
            runs.append(float(out[0]))
        us = statistics.median(runs)
        peer = f"snmpget, a process a get as monitoring plugins do it: {1e6 / snmp_peer(port, words, 100):,.0f}/s per core" if shutil.which("snmpget") else "snmpget is not installed"
        say(f"SNMP gets {name}, client side", f"{1e6 / us:,.0f}", "/s per core", f">= {bar:,}", 1e6 / us >= bar, peer)
    stop(sink)
