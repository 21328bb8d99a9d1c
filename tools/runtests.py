#!/usr/bin/env python3
"""Runs every test of a build and adds up: the closing line is "N passed, N failed".

Kinds: the scripts that keep the house (layers, symbols, ...), unit tests, replay of fuzz corpora, scenarios, browser
tests, and with --live the real peers.  Everything speaks TAP.  Arguments that are no options pick tests by name."""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

root = pathlib.Path(__file__).resolve().parent.parent
build = pathlib.Path(sys.argv[1])
options = [a for a in sys.argv[2:] if a.startswith("--")]
wanted = [a for a in sys.argv[2:] if not a.startswith("--")]
verbose = "--verbose" in options
env = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", VIGIE=str((build / "src/daemon/vigie").resolve()), LC_ALL="C.UTF-8", TZ="UTC")


class Outcome:
    def __init__(self, name):
        self.name, self.passed, self.failed, self.skipped, self.output, self.seconds = name, 0, 0, 0, "", 0.0


def run(name, command, seconds, tap=True):
    out = Outcome(name)
    began = time.monotonic()
    try:
        p = subprocess.run(command, cwd=root, env=env, capture_output=True, timeout=seconds, stdin=subprocess.DEVNULL)
        text, status = (p.stdout + p.stderr).decode("utf-8", "replace"), p.returncode
    except subprocess.TimeoutExpired as e:
        text, status = ((e.stdout or b"") + (e.stderr or b"")).decode("utf-8", "replace") + f"\nnot finished within {seconds} s", 124
    out.seconds = time.monotonic() - began
    if tap:
        for line in text.splitlines():
            m = re.match(r"\s*(not ok|ok)\b(.*)", line)
            if not m:
                continue
            if "# SKIP" in m.group(2) or "# skip" in m.group(2):
                out.skipped += 1
            elif m.group(1) == "ok":
                out.passed += 1
            else:
                out.failed += 1
        if status != 0 and out.failed == 0 or out.passed + out.failed + out.skipped == 0:
            out.failed += 1
    else:
        out.passed, out.failed = (1, 0) if status == 0 else (0, 1)
    out.output = text
    return out


def plan():
    """(name, command, seconds, tap, alone)"""
    py = sys.executable
    for script in ("layers", "banned", "sizes"):
        yield f"house/{script}", [py, f"tools/{script}.py"], 60, False, False
    yield "house/po", [py, "tools/po.py", "check", "."], 60, False, False
    if "asan" not in build.name:
        yield "house/symbols", [py, "tools/symbols.py", str(build)], 120, False, False
    for exe in sorted((build / "tests/unit").glob("test_*")):
        if exe.is_file() and os.access(exe, os.X_OK):
            yield f"unit/{exe.name[5:]}", [str(exe)], 240, True, False
    for exe in sorted((build / "tests/fuzz").glob("replay_*")):
        if exe.is_file() and os.access(exe, os.X_OK):
            corpus = root / "tests/fuzz/corpus" / exe.name[7:]
            yield f"fuzz/{exe.name[7:]}", [str(exe), str(corpus)], 240, True, False
    runner = build / "tests/scn/scn_runner"
    if runner.exists():
        for scn in sorted((root / "tests/scn").glob("*.scn")):
            yield f"scn/{scn.stem}", [str(runner), str(scn)], 300, True, False
    for script in sorted((root / "tests/e2e").glob("*.py")):
        yield f"e2e/{script.stem}", [py, str(script)], 300, True, True
    if "--no-browser" not in options:
        for script in sorted((root / "tests/browser").glob("*.test.mjs")):
            yield f"browser/{script.stem}", ["node", "--test", "--test-reporter=tap", str(script)], 400, True, True
    if "--live" in options:
        for script in sorted((root / "tests/live").glob("*.py")):
            if not script.name.startswith("_"):
                yield f"live/{script.stem}", [py, str(script)], 400, True, True


jobs = [j for j in plan() if not wanted or any(w in j[0] for w in wanted)]
outcomes = []


def excerpt(lines):
    """All of a short output; of a long one what failed, with what follows it, and the end."""
    if verbose or len(lines) <= 60:
        return lines
    keep = set(range(len(lines) - 15, len(lines)))
    for i, line in enumerate(lines):
        if re.match(r"\s*not ok", line):
            keep |= set(range(i, min(i + 12, len(lines))))
    return [lines[i] for i in sorted(keep)]


def report(o):
    outcomes.append(o)
    mark = "ok  " if not o.failed else "FAIL"
    print(f"{mark} {o.name:34} {o.passed:4} passed{f', {o.failed} failed' if o.failed else ''}{f', {o.skipped} skipped' if o.skipped else ''}  {o.seconds:.1f} s", flush=True)
    if o.failed or verbose:
        print("     " + "\n     ".join(excerpt(o.output.splitlines())), flush=True)


with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
    for f in concurrent.futures.as_completed([pool.submit(run, *j[:4]) for j in jobs if not j[4]]):
        report(f.result())
for j in jobs:
    if not j[4]:
        continue
    o = run(*j[:4])
    if o.failed:  # whole programs, real clocks: one more try, and the first one is shown, not hidden
        print(f"AGAIN {o.name}: {o.failed} failed at the first try\n     " + "\n     ".join(excerpt(o.output.splitlines())), flush=True)
        o = run(*j[:4])
    report(o)
failed = sum(o.failed for o in outcomes)
skipped = sum(o.skipped for o in outcomes)
print(f"{sum(o.passed for o in outcomes)} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
sys.exit(1 if failed else 0)
