"""part_expand.py: 1,000 hosts x 20 checks from templates and apply rules, and Icinga 2 validating the same beside it."""


def expand_config(hosts):
    """Two templates with five checks each, five rules with one each, and one over a list of five."""
    out = "site: { vars: { domain: example.org, port: 8000 } }\ntemplates:\n"
    for t in range(2):
        out += f"  t{t}: {{ groups: [g{t}], labels: {{ t{t}: yes }}, vars: {{ base{t}: {1000 * t + 1000} }}, checks: [\n"
        out += "".join(f'    {{ tcp: {{ name: "t{t}-{i}", port: {2000 + 10 * t + i}, every: 1m, timeout: 5s }} }},\n' for i in range(5)) + "  ] }\n"
    out += "apply:\n"
    for r in range(5):
        out += f'  - for: hosts where role == "web" and not (env in [old, gone]) and "g{r % 2}" in groups\n'
        out += f'    checks: [ {{ http: {{ name: "r{r}", url: "http://${{host.name}}.${{domain}}:${{port}}/{r}" }} }} ]\n'
    out += '  - for: hosts where t0\n    each: vhosts\n    checks: [ { http: { name: "v ${item}", url: "http://${item}.${domain}/" } } ]\nhosts:\n'
    for h in range(hosts):
        out += f"  h{h}: {{ use: [t0, t1], address: 192.0.2.{h % 250 + 1}, alive: no, labels: {{ role: web, env: live }}, vars: {{ vhosts: [a{h}, b{h}, c{h}, d{h}, e{h}] }} }}\n"
    return out


def expand_icinga(hosts, d):
    out = f'include <itl>\nconst NodeName = "lab"\nconst ZoneName = "lab"\nobject CheckCommand "nothing" {{ command = [ "/bin/true" ] }}\n'
    for t in range(2):
        for i in range(5):
            out += f'apply Service "t{t}-{i}" {{ check_command = "nothing"\n vars.port = {2000 + 10 * t + i}\n check_interval = 1m\n check_timeout = 5s\n assign where host.vars.t{t} == "yes" }}\n'
    for r in range(5):
        out += f'apply Service "r{r}" {{ check_command = "nothing"\n vars.url = "http://" + host.name + "." + host.vars.domain + ":8000/{r}"\n assign where host.vars.role == "web" && !(host.vars.env in [ "old", "gone" ]) && host.vars.t{r % 2} == "yes" }}\n'
    out += 'apply Service "v " for (v in host.vars.vhosts) { check_command = "nothing"\n vars.url = "http://" + v + "." + host.vars.domain + "/" }\n'
    out += 'template Host "t0" { vars.t0 = "yes" }\ntemplate Host "t1" { vars.t1 = "yes" }\n'
    for h in range(hosts):
        out += f'object Host "h{h}" {{ import "t0"\n import "t1"\n address = "192.0.2.{h % 250 + 1}"\n check_command = "nothing"\n vars.role = "web"\n vars.env = "live"\n vars.domain = "example.org"\n vars.vhosts = [ "a{h}", "b{h}", "c{h}", "d{h}", "e{h}" ] }}\n'
    path = pathlib.Path(d, "icinga2.conf")
    path.write_text(out)
    dirs = [f"-D{n}={d}" for n in ("DataDir", "LogDir", "InitRunDir", "CacheDir", "SpoolDir")]
    t0, cpu = time.monotonic(), waited_us()
    p = subprocess.run(["icinga2", "daemon", "-C", "-c", str(path), "-DRunAsUser=root", "-DRunAsGroup=root", *dirs], capture_output=True, text=True)
    return (time.monotonic() - t0) * 1000, (waited_us() - cpu) / 1000, p.returncode, p.stdout


def bench_expand():
    d = tempfile.mkdtemp(prefix="vigie-bench-")
    full, empty = pathlib.Path(d, "vigie.yaml"), pathlib.Path(d, "empty.yaml")
    full.write_text(expand_config(1000))
    empty.write_text("hosts: { a: { address: 127.0.0.1, alive: no } }\n")
    ours, base = [], []
    for _ in range(7):
        for file, into in ((full, ours), (empty, base)):
            t0 = waited_us()
            p = subprocess.run([VIGIE, "conf", "check", str(file)], capture_output=True, text=True)
            into.append((waited_us() - t0) / 1000)
            assert p.returncode == 0, p.stdout + p.stderr
    ms = statistics.median(ours) - statistics.median(base)
    note = "icinga2 is not installed"
    if shutil.which("icinga2"):
        wall, cpu, code, text = expand_icinga(1000, d)
        services = re.search(r"Instantiated (\d+) Services", text)
        note = f"icinga2 daemon -C of the same: {cpu:.0f} ms CPU, {wall:.0f} ms, {services.group(1) if services else text[-200:]} services"
    say("expand 1,000 hosts x 20 checks", f"{ms:.1f}", "ms CPU", "<= 100", ms <= 100, note)
    shutil.rmtree(d, ignore_errors=True)
