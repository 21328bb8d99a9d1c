# SPDX-License-Identifier: GPL-3.0-or-later
"""`meson install` with DESTDIR: what a package would hold; manual pages, unit, completion are well-formed."""
import sys
sys.dont_write_bytecode = True
from kit import *

BUILD = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(VIGIE))))


def have(program):
    return shutil.which(program) is not None


def installed(t):
    if not os.path.exists(os.path.join(BUILD, "build.ninja")) or not have("meson"):
        return t.skip("install", "the binary is not in a build directory, or there is no meson")
    dest = os.path.join(temp_dir(), "root")
    p = subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet"], env={**os.environ, "DESTDIR": dest}, capture_output=True, text=True, timeout=120)
    if not t.ok(p.returncode == 0, "meson install with DESTDIR", p.stdout + p.stderr):
        return
    files = {str(f.relative_to(dest)): f for f in pathlib.Path(dest).rglob("*") if f.is_file()}
    by_name = {f.name: f for f in files.values() if f.parent.name != "completions"}
    kinds = [k["name"] for k in vigie("check", "list", "--json").json["kinds"]]
    want = ["vigie", "vigie.1", "vigie.yaml.5", "vigie.service", "vigie.conf", "vigie.yaml"] + [f"vigie-probe-{k}.7" for k in kinds]
    t.ok(all(w in by_name or w + ".gz" in by_name for w in want), "binary, manual pages, a page for each kind of check, unit, user, example", [w for w in want if w not in by_name])
    t.ok(not [f for f in files if f.startswith(("etc/", "var/"))], "nothing in /etc and /var: those are the administrator's", list(files))
    binary = by_name["vigie"]
    t.ok(os.access(binary, os.X_OK) and subprocess.run([binary, "version"], capture_output=True).stdout.startswith(b"vigie "), "the installed binary runs", binary)
    manuals(t, [f for f in files.values() if "/man/" in str(f)])
    unit(t, by_name["vigie.service"], by_name["vigie.conf"], binary, dest)
    completion(t, next(f for f in files.values() if f.parent.name == "completions"))
    s = vigie("conf", "check", by_name["vigie.yaml"])
    t.ok(s.rc == 0, "the example configuration has no errors", s)
    plain = re.sub(r"(?m)^#(?! )|^# .*", "", by_name["vigie.yaml"].read_text()) # "# " is prose, "#x" an example
    pathlib.Path(dest, "all.yaml").write_text(plain)
    s = vigie("conf", "check", os.path.join(dest, "all.yaml"))
    t.ok(s.rc == 0 and "1 host" in s.out, "… nor with its comments taken away", (s, plain))


def manuals(t, pages):
    t.ok(len(pages) >= 20, "there are manual pages", pages)
    if not have("groff"):
        return t.skip("manual pages render without warnings", "no groff here")
    bad = []
    for page in pages:
        p = subprocess.run(["groff", "-man", "-Kutf8", "-Tutf8", "-ww", str(page)], capture_output=True, text=True)
        if p.returncode or p.stderr or not p.stdout.strip():
            bad.append((page.name, p.stderr[:300]))
    t.ok(not bad, "manual pages render without warnings", bad)
    names = [p for p in pages if not re.search(r"^\.SH NAME\n\S+ \\- \S", p.read_text(), re.M)]
    t.ok(not names, "each has a NAME that whatis can read", names)


def unit(t, service, sysusers, binary, dest):
    text = service.read_text()
    t.ok("@" not in re.sub(r"(?m)^#.*", "", text) and f"ExecStart={'/' + str(binary.relative_to(dest))} serve" in text, "the unit starts the binary where it is installed", text)
    if have("systemd-sysusers"):
        p = subprocess.run(["systemd-sysusers", "--dry-run", str(sysusers)], capture_output=True, text=True)
        t.ok(p.returncode == 0, "systemd-sysusers understands the user", p.stderr)
    if not have("systemd-analyze"):
        return t.skip("systemd-analyze verify", "no systemd here")
    with tempfile.TemporaryDirectory(prefix="vigie-unit-") as d: # verify wants the program to be there
        copy = pathlib.Path(d, "vigie.service")
        copy.write_text(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={binary}", text).replace("Documentation=", "#"))
        p = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning"}, timeout=60)
        mine = [l for l in (p.stdout + p.stderr).splitlines() if "vigie" in l]
        t.ok(not mine, "systemd-analyze verify has nothing to say", p.stdout + p.stderr)


def completion(t, path):
    if not have("bash"):
        return t.skip("completion", "no bash here")

    def complete(*words):
        script = f"source '{path}'; COMP_WORDS=({' '.join(repr(w) for w in words)}); COMP_CWORD={len(words) - 1}; _vigie; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        p = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env={**clean_env(), "PATH": os.path.dirname(VIGIE) + ":" + os.environ["PATH"]}, cwd=temp_dir())
        return p.stdout.split() if p.returncode == 0 else p.stderr
    t.ok(set(complete("vigie", "do")) == {"downtime"}, "completion: verbs", complete("vigie", "do"))
    t.ok("--comment" in complete("vigie", "ack", "--co"), "completion: options of a verb", complete("vigie", "ack", "--co"))
    t.ok("apply" in complete("vigie", "conf", "a"), "completion: second words", complete("vigie", "conf", "a"))
    t.ok("http" in complete("vigie", "probe", "ht"), "completion: kinds of checks", complete("vigie", "probe", "ht"))


tap = Tap()
tap.part(installed)
tap.done()
