#!/usr/bin/env python3
"""bench.py BUILD [NAME…]: the figures, each beside a peer in the same run, medians of several runs.

Everything is on loopback, bounded in count and time. CPU is what the kernel says of the process and its children
(utime + stime); a bar is printed beside each figure, and whether it was met. No figure here is a test."""
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

root = pathlib.Path(__file__).resolve().parent.parent.parent
build = pathlib.Path(sys.argv[1]).resolve()
wanted = sys.argv[2:]
VIGIE = str(build / "src/daemon/vigie")
TICK = os.sysconf("SC_CLK_TCK")
started = []
results = []


def free_port():
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    port = s.getsockname()[1]
    s.close()
    return port


def start(command, **kw):
    p = subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL, **kw)
    started.append(p)
    return p


def stop(p):
    if p.poll() is None:
        p.send_signal(signal.SIGTERM)
        try:
            p.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            p.wait()
    started.remove(p)


def children(pid):
    out = [pid]
    try:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for c in (task / "children").read_text().split():
                out += children(int(c))
    except OSError:
        pass
    return out


def cpu(pid):
    """Seconds of CPU of a process, its living descendants and the dead ones that were waited for."""
    total = 0
    for p in children(pid):
        try:
            f = pathlib.Path(f"/proc/{p}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(f[i]) for i in (11, 12, 13, 14))
    return total / TICK


def own_cpu_us(pid):
    """CPU of the process alone in µs, finer than ticks."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total / 1000


def waited_us():
    """CPU of all children that were waited for, finer than the ticks of os.times()."""
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (r.ru_utime + r.ru_stime) * 1e6


def rss(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) * 1024


def say(name, figure, unit, bar, met, peer=""):
    results.append((name, figure, unit, bar, met))
    print(f"  {name:44} {figure:>10} {unit:8} bar {bar:22} {'met' if met else 'MISSED' if met is not None else ''}  {peer}", flush=True)


class Daemon:
    def __init__(self, config="", listen=None, extra=()):
        self.dir = tempfile.mkdtemp(prefix="vigie-bench-")
        pathlib.Path(self.dir, "vigie.yaml").write_text(config)
        self.port = listen or free_port()
        self.log = open(os.path.join(self.dir, "log"), "w")
        self.p = start([VIGIE, "serve", "--data", self.dir, "--listen", f"127.0.0.1:{self.port}"], stdout=self.log, stderr=self.log)
        self.pid = self.p.pid
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                self.get("/healthz")
                return
            except OSError:
                time.sleep(0.01)
        raise SystemExit("vigie did not start: " + pathlib.Path(self.dir, "log").read_text()[:2000])

    def get(self, path):
        return urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30).read().decode()

    def verb(self, *words):
        p = subprocess.run([VIGIE, *words, "--data", self.dir, "--json"], capture_output=True, text=True)
        if p.returncode not in (0, 1):
            raise SystemExit(p.stderr)
        return json.loads(p.stdout) if p.stdout.strip() else {}

    def results(self):
        return self.verb("health")["scheduler"]["results"]

    def close(self):
        stop(self.p)
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)


def rate_of(config, seconds=15, settle=6):
    """CPU of the daemon (and its children) a check, over a while."""
    d = Daemon(config)
    time.sleep(settle)
    n0, c0 = d.results(), cpu(d.pid)
    time.sleep(seconds)
    n1, c1 = d.results(), cpu(d.pid)
    stats = d.verb("debug", "stats")
    bad = [c for c in d.verb("status")["checks"] if c["state"] in ("critical", "warning", "unknown", "down")]
    d.close()
    if bad:
        print("    (not well:", bad[0]["host"], bad[0]["check"], bad[0]["output"], ")")
    return (c1 - c0) / max(n1 - n0, 1) * 1e6, (n1 - n0) / seconds, stats


def many(kind, n, every, address="127.0.0.1", per_host=50):
    out = ["site: { max_in_flight: 500 }", "defaults: { every: %s, timeout: 5s, attempts: 3 }" % every, "hosts:"]
    for h in range((n + per_host - 1) // per_host):
        out.append(f"  h{h}:\n    address: {address}\n    alive: no\n    checks:")
        for i in range(min(per_host, n - h * per_host)):
            out.append(f"      - {kind(h * per_host + i)}")
    return "\n".join(out) + "\n"


def nagios(command, n, seconds=20, interval=1):
    """CPU seconds of a whole nagios4 per check; the same targets, fairly set up (no environment macros, large installation tweaks)."""
    if not shutil.which("nagios4"):
        return None
    d = tempfile.mkdtemp(prefix="nagios-bench-")
    os.makedirs(f"{d}/spool")
    os.makedirs(f"{d}/rw")
    objects = [f"define command{{\n command_name c\n command_line {command}\n}}", "define command{\n command_name none\n command_line /bin/true\n}",
               "define timeperiod{\n timeperiod_name always\n alias always\n" + "".join(f" {day} 00:00-24:00\n" for day in "sunday monday tuesday wednesday thursday friday saturday".split()) + "}",
               "define contact{\n contact_name me\n alias me\n host_notification_commands none\n service_notification_commands none\n host_notification_period always\n service_notification_period always\n}",
               "define host{\n host_name h\n alias h\n address 127.0.0.1\n max_check_attempts 1\n contacts me\n check_period always\n notification_period always\n}"]
    for i in range(n):
        objects.append(f"define service{{\n host_name h\n service_description s{i}\n check_command c\n check_interval {interval}\n retry_interval {interval}\n max_check_attempts 3\n contacts me\n check_period always\n notification_period always\n}}")
    pathlib.Path(d, "objects.cfg").write_text("\n".join(objects))
    main = f"""log_file={d}/log
cfg_file={d}/objects.cfg
object_cache_file={d}/cache
status_file={d}/status.dat
status_update_interval=30
nagios_user=root
nagios_group=root
check_external_commands=0
command_file={d}/rw/cmd
lock_file={d}/lock
temp_file={d}/tmp
temp_path={d}
query_socket={d}/rw/qh
check_result_path={d}/spool
log_archive_path={d}
state_retention_file={d}/ret
check_for_updates=0
interval_length=1
use_large_installation_tweaks=1
enable_environment_macros=0
execute_host_checks=0
service_inter_check_delay_method=s
max_service_check_spread=1
"""
    pathlib.Path(d, "nagios.cfg").write_text(main)
    os.system(f"chmod -R a+rwX {d}")
    p = start(["nagios4", f"{d}/nagios.cfg"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(5)

    c0 = cpu(p.pid)
    t0 = time.monotonic()
    time.sleep(seconds)
    c1 = cpu(p.pid)
    took = time.monotonic() - t0
    # Checks done: from the retention of each service's last check the interval is 1 s when nagios keeps up; take what it says.
    p.send_signal(signal.SIGTERM)
    time.sleep(2)
    if c1 == c0:
        raise SystemExit("nagios4 did not run: " + pathlib.Path(d, "log").read_text()[-2000:])
    text = pathlib.Path(d, "ret").read_text() if os.path.exists(f"{d}/ret") else ""
    lat = [float(x) for x in re.findall(r"check_latency=([\d.]+)", text)]
    if p in started:
        stop(p)
    shutil.rmtree(d, ignore_errors=True)
    late = statistics.mean(lat) if lat else 0
    # A core that falls behind does fewer checks than asked: every check waits `late` more.
    done = n * took / (interval + max(late, 0))
    return (c1 - c0) / done * 1e6


def bench_tcp():
    port = free_port()
    sink = start([str(build / "tests/bench/bench_sink"), str(port)], stdout=subprocess.DEVNULL)
    us, rate, stats = rate_of(many(lambda i: f"tcp: {{ name: t{i}, port: {port} }}", 1000, "1s"))
    client, fast = engine("tcp", f"127.0.0.1:{port}", 10000)
    peer = nagios(f"/usr/lib/nagios/plugins/check_tcp -H 127.0.0.1 -p {port}", 200)
    stop(sink)
    say("TCP check, client side", f"{client:.1f}", "us CPU", "<= 50", client <= 50, f"{fast:.0f} checks/s")
    say("  the same within the whole daemon", f"{us:.1f}", "us CPU", "-", None, f"{rate:.0f} checks/s asked")
    say("scheduling delay p99 at 1,000 checks/s", f"{stats['delay_p99_us'] / 1000:.1f}", "ms", "<= 50", stats["delay_p99_us"] <= 50000,
        f"loop held over 5 ms: main {stats['loop_held_over_5ms']}, probe {stats['probe_loop_held_over_5ms']} ({', '.join(f'{k} {n}' for k, n in stats['probe_slow_turns'].items()) or 'no probe'})")
    if peer:
        say("  Nagios 4 with check_tcp", f"{peer:.0f}", "us CPU", ">= 20 x ours", peer / us >= 20, f"{peer / us:.0f} x")


def engine(kind, target, count, *more, runs=5):
    """The client side alone: median CPU µs a check."""
    out = []
    for _ in range(runs):
        text = subprocess.run([str(build / "tests/bench/bench_engine"), kind, target, str(count), *more], capture_output=True, text=True)
        if not text.stdout:
            raise SystemExit(f"bench_engine {kind}: {text.stderr}")
        us, ok, rate = text.stdout.split()
        if int(ok) < count * 0.99:
            print(f"    (only {ok} of {count} were OK)")
        out.append((float(us), float(rate)))
    return statistics.median([x[0] for x in out]), statistics.median([x[1] for x in out])


def web_server(tls=None):
    d = tempfile.mkdtemp(prefix="nginx-bench-")
    port = free_port()
    os.makedirs(f"{d}/www")
    pathlib.Path(d, "www/index.html").write_text("<!doctype html><title>x</title><p>Welcome\n" * 20)
    listen = f"127.0.0.1:{port}" + (" ssl" if tls else "")
    cert = f"ssl_certificate {tls}/cert.pem; ssl_certificate_key {tls}/key.pem; ssl_session_cache off; ssl_session_tickets off;" if tls else ""
    pathlib.Path(d, "nginx.conf").write_text(f"""worker_processes 1; pid {d}/pid; error_log {d}/err; daemon off; user root;
events {{ worker_connections 4096; }}
http {{ access_log off; root {d}/www; keepalive_requests 100000000; types {{ text/html html; }} {cert}
server {{ listen {listen}; }} }}""")
    p = start(["nginx", "-c", f"{d}/nginx.conf", "-p", d], stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    return p, port, d


def bench_http():
    p, port, d = web_server()
    us, rate, _ = rate_of(many(lambda i: f"http: {{ name: t{i}, url: 'http://127.0.0.1:{port}/' }}", 1000, "1s"))
    client, fast = engine("http", f"http://127.0.0.1:{port}/", 5000)
    peer = nagios(f"/usr/lib/nagios/plugins/check_http -H 127.0.0.1 -p {port}", 150)
    stop(p)
    shutil.rmtree(d, ignore_errors=True)
    say("HTTP check, no keep-alive, client side", f"{client:.1f}", "us CPU", "<= 125", client <= 125, f"{fast:.0f} checks/s")
    say("  the same within the whole daemon", f"{us:.1f}", "us CPU", "-", None, f"{rate:.0f} checks/s asked")
    if peer:
        say("  Nagios 4 with check_http", f"{peer:.0f}", "us CPU", ">= 20 x ours", peer / us >= 20, f"{peer / us:.0f} x")


def bench_https():
    ca = tempfile.mkdtemp(prefix="ca-bench-")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{ca}/key.pem", "-out", f"{ca}/cert.pem", "-days", "90", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:true"], capture_output=True, check=True)
    p, port, d = web_server(ca)
    us, rate = engine("http", f"https://127.0.0.1:{port}/", 300, f"{ca}/cert.pem")
    stop(p)
    shutil.rmtree(d, ignore_errors=True)
    shutil.rmtree(ca, ignore_errors=True)
    say("HTTPS check, fresh handshake, verified", f"{us / 1000:.2f}", "ms CPU", "<= 1.5", us <= 1500, f"{rate:.0f} checks/s, client side")


def bench_icmp():
    us, rate, _ = rate_of(many(lambda i: f"icmp: {{ name: t{i}, count: 1, target: 127.{1 + i // 65025}.{(i // 255) % 255}.{1 + i % 254} }}", 10000, "5s", per_host=500), seconds=15, settle=8)
    peer = None
    if shutil.which("fping"):
        targets = "\n".join(f"127.{1 + i // 65025}.{(i // 255) % 255}.{1 + i % 254}" for i in range(10000))
        t0 = waited_us()
        subprocess.run(["fping", "-q", "-c", "1", "-i", "1"], input=targets, text=True, capture_output=True)
        peer = (waited_us() - t0) / 10000
    say("ICMP echo, 10,000 targets, whole daemon", f"{us:.1f}", "us CPU", "-", None, f"{rate:.0f} checks/s; fping {peer:.1f} us" if peer else f"{rate:.0f} checks/s")
    out = engine("icmp", "127.", 10000)[0]
    say("ICMP echo, client side, 10,000 targets", f"{out:.1f}", "us CPU", "<= 10, <= fping", out <= 10 and (not peer or out <= peer), f"fping {peer:.1f} us" if peer else "")


def bench_plugin():
    us, rate, _ = rate_of(many(lambda i: f"plugin: {{ name: t{i}, command: /bin/true }}", 200, "1s"))
    peer = nagios("/bin/true", 200)
    say("plugin execution (/bin/true), all in", f"{us / 1000:.2f}", "ms CPU", "<= 1.25, < Nagios", us <= 1250 and (not peer or us < peer), f"{rate:.0f}/s" + (f"; Nagios 4 {peer / 1000:.2f} ms" if peer else ""))


def big_config(n=10000, change=""):
    out = ["defaults: { every: 5m }", "hosts:"]
    for h in range(n // 10):
        out.append(f"  host{h}:\n    address: 127.0.{h // 250}.{1 + h % 250}\n    alive: no\n    groups: [g{h % 20}]\n    checks:")
        for i in range(10):
            out.append(f"      - http: {{ name: site{i}, url: 'http://host{h}.example.org/page{i}', every: {300 + i + (60 if change == str(h) else 0)}s, attempts: 3 }}")
    return "\n".join(out) + "\n"


def bench_config():
    d = tempfile.mkdtemp(prefix="vigie-bench-")
    path = pathlib.Path(d, "vigie.yaml")
    path.write_text(big_config())
    floor = [float(subprocess.run([str(build / "tests/bench/bench_yamlpass"), str(path), "1"], capture_output=True, text=True).stdout.split()[0]) for _ in range(7)]
    base, ours = [], []
    empty = pathlib.Path(d, "empty.yaml")
    empty.write_text("hosts: { a: { address: 127.0.0.1, alive: no } }\n")
    for _ in range(7):
        for file, into in ((path, ours), (empty, base)):
            t0 = waited_us()
            subprocess.run([VIGIE, "conf", "check", str(file)], capture_output=True)
            into.append(waited_us() - t0)
    us, yaml = statistics.median(ours) - statistics.median(base), statistics.median(floor)
    say("validate 10,000 services", f"{us / 1000:.1f}", "ms CPU", "<= 2.5 x libyaml", us <= 2.5 * yaml, f"libyaml alone {yaml / 1000:.1f} ms: {us / yaml:.2f} x")
    d0 = Daemon("hosts: { a: { alive: no } }\n")
    time.sleep(2)
    idle = rss(d0.pid)
    d0.close()
    d1 = Daemon(big_config())
    time.sleep(8)
    full = rss(d1.pid)
    say("resident, no services", f"{idle / 1e6:.1f}", "MB", "<= 20", idle <= 20e6)
    say("resident a service above that", f"{(full - idle) / 10000:.0f}", "bytes", "<= 1024", (full - idle) / 10000 <= 1024, f"{full / 1e6:.1f} MB with 10,000")
    before = d1.verb("debug", "stats")
    times = []
    for i in range(5):
        pathlib.Path(d1.dir, "vigie.yaml").write_text(big_config(change=str(i)))
        t0 = time.monotonic()
        reply = d1.verb("conf", "apply")
        times.append(time.monotonic() - t0)
        assert len(reply.get("changes", [])) >= 10, reply
    after = d1.verb("debug", "stats")
    held = after["loop_held_over_5ms"] - before["loop_held_over_5ms"]
    ms = statistics.median(times) * 1000
    say("reload of one changed host, 10,000 services", f"{ms:.0f}", "ms", "<= 100", ms <= 100, f"turns over 5 ms: {held}, longest {after['loop_longest_us'] / 1000:.1f} ms")
    d1.close()
    shutil.rmtree(d, ignore_errors=True)


def bench_start():
    times = []
    for _ in range(7):
        d = tempfile.mkdtemp(prefix="vigie-bench-")
        port = free_port()
        t0 = time.monotonic()
        p = start([VIGIE, "serve", "--data", d, "--listen", f"127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).read()
                break
            except OSError:
                time.sleep(0.002)
        times.append(time.monotonic() - t0)
        stop(p)
        shutil.rmtree(d, ignore_errors=True)
    ms = statistics.median(times) * 1000
    say("start to first page, no configuration", f"{ms:.0f}", "ms", "<= 200", ms <= 200)


def load(port, path, pid, seconds=5):
    """CPU µs a request under wrk, of the server alone."""
    c0 = own_cpu_us(pid) if isinstance(pid, int) else sum(own_cpu_us(x) for x in pid)
    out = subprocess.run(["wrk", "-t1", "-c32", f"-d{seconds}s", f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True).stdout
    c1 = own_cpu_us(pid) if isinstance(pid, int) else sum(own_cpu_us(x) for x in pid)
    n = int(re.search(r"(\d+) requests in", out).group(1))
    return (c1 - c0) / n, n / seconds


def bench_public():
    config = "site: { title: { en: Example } }\nhosts: { a: { alive: no, checks: [ { passive: { name: web } } ] } }\ncomponents:\n"
    config += "".join(f"  c{i}: {{ name: {{ en: Service {i}, fr: Service {i} }}, depends: [a/web], publish: auto }}\n" for i in range(12))
    d = Daemon(config)
    page = urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{d.port}/", headers={"Accept-Language": "en"})).read()
    p, port, nd = web_server()
    pathlib.Path(nd, "www/index.html").write_bytes(page)
    worker = [c for c in children(p.pid) if c != p.pid] or [p.pid]
    ours, theirs = [], []
    for _ in range(3):
        ours.append(load(d.port, "/", d.pid))
        theirs.append(load(port, "/", worker))
    us, peer = statistics.median([x[0] for x in ours]), statistics.median([x[0] for x in theirs])
    say("public page, CPU a request", f"{us:.1f}", "us CPU", "<= nginx", us <= peer, f"nginx {peer:.1f} us, same {len(page)} bytes; {ours[0][1]:.0f}/s against {theirs[0][1]:.0f}/s")
    out = [int(x) for x in subprocess.run([str(build / "tests/bench/bench_openloop"), str(d.port), "/", "10000", "5", "64"], capture_output=True, text=True).stdout.split()]
    if len(out) == 7:
        say("public page, p99 at 10,000/s open loop", f"{out[3] / 1000:.2f}", "ms", "<= 5", out[3] <= 5000, f"{out[1]} of {out[0]} answered, p50 {out[2] / 1000:.2f} ms, most {out[4] / 1000:.1f} ms")
    stop(p)
    d.close()
    shutil.rmtree(nd, ignore_errors=True)


# A part is part_NAME.py: more bench_… functions, with all of the above at hand.
for part in sorted(pathlib.Path(__file__).parent.glob("part_*.py")):
    exec(compile(part.read_text(), str(part), "exec"), globals())
benches = {k[6:]: v for k, v in list(globals().items()) if k.startswith("bench_")}
try:
    print(f"{os.cpu_count()} cores, {os.uname().release}; load before: {os.getloadavg()[0]:.1f}")
    for name, run in benches.items():
        if not wanted or name in wanted:
            print(name, flush=True)
            run()
finally:
    for p in list(started):
        stop(p)
missed = [r[0] for r in results if r[4] is False]
print(f"{len([r for r in results if r[4]])} bars met, {len(missed)} missed" + (": " + "; ".join(missed) if missed else ""))
