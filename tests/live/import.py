# SPDX-License-Identifier: GPL-3.0-or-later
# packages: monit smokeping prometheus-blackbox-exporter nagios4-core
"""Configurations as Debian's packages bring them along: what `vigie import` makes of them loads (MON-7, MON-10)."""
import pathlib
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _peers import *


def imported(t, text, kind, path, *more, hosts=None, checks=None, say=None):
    d = temp_dir()
    s = vigie("import", kind, path, *more, "--json")
    if not t.ok(s.rc == 0, f"{text}: {kind} is imported", s.out + s.err):
        return None
    found = json.loads(s.out)
    pathlib.Path(d, "vigie.yaml").write_text(found["yaml"])
    c = vigie("conf", "check", f"{d}/vigie.yaml", "--data", d)
    t.ok(c.rc == 0, f"{text}: what comes out loads", c.out + c.err + found["yaml"])
    t.ok(found["hosts"] >= (hosts or 1) and found["checks"] >= (checks or 0), f"{text}: {found['hosts']} hosts, {found['checks']} checks", found["yaml"])
    t.ok(all(n["message"] for n in found["left_out"]) and (say is None or any(re.search(say, n["message"]) for n in found["left_out"])), f"{text}: what is left out is told", found["left_out"])
    return found


def monit(t):
    for path in sorted(pathlib.Path("/etc/monit/conf-available").iterdir()):
        imported(t, path.name, "monit", path, checks=2)
    # All of it at once, as monit itself reads it, and what the main file alone has.
    d = temp_dir()
    whole = pathlib.Path("/etc/monit/monitrc").read_text() + "".join(p.read_text() + "\n" for p in sorted(pathlib.Path("/etc/monit/conf-available").iterdir()))
    pathlib.Path(d, "monitrc").write_text(whole)
    found = imported(t, "all of it", "monit", f"{d}/monitrc", checks=30)
    t.ok(found and "every: 2m" in found["yaml"], "the cycle of monitrc is that of the checks", found)
    s = vigie("import", "monit", "/etc/monit/monitrc")
    t.ok(s.rc == 1 and "nothing to watch" in s.err, "the main file alone watches nothing, and that is said", s.err)
    # Its examples are comments; without the signs they are a configuration.
    bare = "\n".join(re.sub(r"^#+ ?", "", line) if re.match(r"#+ {2,}(check|if|start|stop|group|every|depends|alert|with)\b", line) else line for line in whole.splitlines())
    pathlib.Path(d, "examples").write_text(bare)
    imported(t, "the examples of monitrc", "monit", f"{d}/examples", checks=30)


def smokeping(t):
    imported(t, "Targets", "smokeping", "/etc/smokeping/config.d/Targets", hosts=1)
    for path in sorted(pathlib.Path("/usr/share/doc/smokeping/examples").glob("config*")):
        if path.suffix != ".gz" and path.is_file() and "\n+" in path.read_text(errors="replace"):
            imported(t, path.name, "smokeping", path)


def blackbox(t):
    d = temp_dir()
    modules = pathlib.Path("/etc/prometheus/blackbox.yml")
    names = re.findall(r"^  (\w+):", modules.read_text(), re.M)
    jobs = [{"job_name": n, "metrics_path": "/probe", "params": {"module": [n]}, "static_configs": [{"targets": ["www.example.org:8080"]}]} for n in names]
    pathlib.Path(d, "prometheus.yml").write_text(json.dumps({"scrape_configs": jobs}))
    imported(t, "every module", "blackbox", f"{d}/prometheus.yml", "--modules", modules, hosts=1, checks=len(names) - 4)
    s = vigie("import", "blackbox", modules)
    t.ok(s.rc == 1 and "--modules" in s.err, "modules alone are no targets, and that is said", s.err)


def nagios(t):
    d = temp_dir()
    whole = "\n".join(p.read_text() for p in [*sorted(pathlib.Path("/etc/nagios4/objects").glob("*.cfg")), *sorted(pathlib.Path("/etc/nagios-plugins/config").glob("*.cfg"))])
    pathlib.Path(d, "objects.cfg").write_text(whole)
    found = imported(t, "all objects", "nagios", f"{d}/objects.cfg", hosts=1, checks=5)
    t.ok(found and "contacts:" in found["yaml"] and "HTTP" in found["yaml"], "services and contacts of the example", found)


def standard_input(t):
    p = subprocess.run([VIGIE, "import", "portmon", "-", "--all-comments"], input="127.0.0.1 22\nnonsense\n", capture_output=True, text=True, env=clean_env())
    t.ok(p.returncode == 0 and "- tcp: 22" in p.stdout and "# stdin:2: " in p.stdout, "standard input, remarks below", p.stdout + p.stderr)


tap = Tap()
for part in (monit, smokeping, blackbox, nagios, standard_input):
    tap.part(part)
tap.done()
