#!/usr/bin/env python3
"""fuzz.py BUILD TARGET|all SECONDS: runs libFuzzer targets, as many at a time as there are
processors (FUZZ_JOBS), over their corpora; new inputs go to a
folder of the build, so that the tree keeps only what somebody chose (fuzz.py BUILD TARGET merge adds them)."""
import concurrent.futures
import os
import pathlib
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parent.parent
build, target, seconds = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], int(sys.argv[3])
targets = sorted(p for p in (build / "tests/fuzz").glob("fuzz_*") if p.is_file() and os.access(p, os.X_OK))
if target != "all":
    targets = [p for p in targets if p.name == f"fuzz_{target}"]
if not targets:
    sys.exit(f"there is no fuzz target {target}")


def fuzz(exe):
    name = exe.name[5:]
    fresh = build / "corpus" / name
    fresh.mkdir(parents=True, exist_ok=True)
    corpus = root / "tests/fuzz/corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    p = subprocess.run([str(exe.resolve()), f"-max_total_time={seconds}", "-max_len=8192", "-timeout=60", "-rss_limit_mb=2048", "-print_final_stats=1",
                        str(fresh), str(corpus)], capture_output=True, cwd=build, env=dict(os.environ, ASAN_OPTIONS="detect_leaks=1"))
    text = p.stderr.decode("utf-8", "replace")
    runs = [line.split(":")[-1].strip() for line in text.splitlines() if "number_of_executed_units" in line]
    return name, p.returncode, runs[0] if runs else "?", text


status = 0
with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("FUZZ_JOBS", os.cpu_count() or 2))) as pool:
    for name, code, runs, text in pool.map(fuzz, targets):
        print(f"{'ok  ' if code == 0 else 'FAIL'} {name}: {runs} inputs in {seconds} s")
        if code:
            status = 1
            print("\n".join(text.splitlines()[-40:]))
sys.exit(status)
