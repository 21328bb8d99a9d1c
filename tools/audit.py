#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit.py: what each kind of check has: a page, a unit test, a scenario, a test with hostile peers or a strange machine, a
live test beside a program of Debian. It looks for words, so it finds what is missing, not what is bad.

    tools/audit.py [BUILD] [--holes]       --holes: only kinds that lack something; ends with 1 when there are any
"""
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Kinds that hear nobody and read nothing: their results come by themselves, or from other checks.
NO_PEER = {"passive", "aggregate", "heartbeat"}
# Nothing in Debian to stand beside: it needs hardware, a kernel module, or the world.
NO_LIVE = NO_PEER | {"domain", "drbd", "vms", "containers", "sensors", "zfs", "bonding"}
HOSTILE = r"hostile|garbage|strange|nonsense|endless|flood|silen[ct]|\blies\b|liar|drip|huge|cut short|malformed|go_wrong|\\xff"


def read(pattern):
    return {p.name: p.read_text(encoding="utf-8", errors="replace") for p in sorted(ROOT.glob(pattern))}


def named(text, names):
    """As a check of a configuration, or as a word in quotes."""
    return any(re.search(rf'(?:- |\{{ ?|\[ ?|, ){n}\b *(?:[:}}\],]|$)|["\']{n}["\']', text, re.M) for n in names)


def main():
    args = [a for a in sys.argv[1:] if not a.startswith("-")]
    vigie = pathlib.Path(args[0] if args else ROOT / "build") / "src/daemon/vigie"
    kinds = json.loads(subprocess.run([vigie, "check", "list", "--json"], capture_output=True, text=True, check=True).stdout)["kinds"]
    unit, scn, live = read("tests/unit/*"), read("tests/scn/*.scn"), read("tests/live/*.py")
    rows = unit["test_checks_script.c"] + unit["script_plays.h"]
    shared = "\n".join(t for n, t in unit.items() if re.search(r"checks_(hostile|strange)", n))
    holes = 0
    print(f"{'kind':20} page unit scenario hostile live")
    for k in kinds:
        names = [n for n in (k["name"], k["alias"]) if n]
        own = unit.get(f"test_checks_{k['name']}.c")
        row = own is None and f'"{k["name"]}"' in rows
        has = [
            (ROOT / f"man/probe_{k['name']}.md").exists(),
            own is not None or row,
            any(named(t, names) for t in scn.values()),
            k["name"] in NO_PEER or row or named(shared, names) or bool(own and re.search(HOSTILE, own)),
            k["name"] in NO_LIVE or any(named(t, names) for t in live.values()),
        ]
        holes += not all(has)
        if not all(has) or "--holes" not in sys.argv:
            marks = ["yes" if h else "-" for h in has]
            marks[4] = "none" if k["name"] in NO_LIVE else marks[4]
            print(f"{k['name']:20} {marks[0]:4} {marks[1]:4} {marks[2]:8} {marks[3]:7} {marks[4]}")
    print(f"{len(kinds)} kinds, {holes} with holes")
    sys.exit(1 if holes and "--holes" in sys.argv else 0)


main()
