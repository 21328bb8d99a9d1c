#!/usr/bin/env python3
"""Looks at the object files of a build: no writable globals outside a short list, and each exported function begins
with the name of its file, its room, or a prefix that its header owns."""
import functools
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parent.parent
build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build")
# Allowed writable globals, with the reason.
ALLOWED = {
    "log.c": "the sink, set once at start",
    "panic.c": "the hook, set once at start",
}
IO_MAY = ("io/",)  # the seam to libraries and the process: once-flags, the twin's world


@functools.lru_cache(maxsize=None)
def declared(room):
    """Names that the room's headers declare."""
    names = set()
    for h in list((root / "src" / room).rglob("*.h")):
        names |= set(re.findall(r"\b([a-z_]\w*)\s*\(", h.read_text()))
        names |= set(re.findall(r"extern\s+[^;]*?\b(\w+)(?:\[\])?\s*;", h.read_text()))
    return names


def parts(obj):
    """Room and source of an object file; None for what is not ours to judge."""
    m = re.search(r"src/(\w+)/lib\w+\.a\.p/(.+)\.o$|src/daemon/vigie\.p/(.+)\.o$", obj)
    if not m or "sanitize" in obj:
        return None
    return m.group(1) or "daemon", (m.group(2) or m.group(3)).replace("meson-generated_", "")


objects = [str(o) for o in sorted(build.glob("src/**/*.o")) if parts(str(o))]
# One call for all; sysv format names the section: pointers in .data.rel.ro are constant once the program is loaded.
out = subprocess.run(["nm", "-A", "-f", "sysv", "--defined-only", *objects], capture_output=True, text=True).stdout
bad = []
for line in out.splitlines():
    part = [x.strip() for x in line.split("|")]
    if len(part) < 7:
        continue
    obj, _, symbol = part[0].rpartition(":")
    room, source = parts(obj)
    name, kind, section = symbol.split(".")[0], part[2], part[6]
    if section.startswith(".data.rel.ro"):
        kind = "r"
    if name.startswith(("__", "DW.", ".L", "_", "completed")) or "asan" in name or "ubsan" in name:
        continue
    if kind in "BbDdC" and room != "io" and pathlib.Path(source).name not in ALLOWED:
        bad.append(f"{room}/{source}: writable global {name}")
    if kind == "T" and name not in declared(room) and name != "main":
        bad.append(f"{room}/{source}: {name}() is exported but no header of {room} declares it")
print("\n".join(bad) if bad else f"symbols: {len(objects)} files, no writable globals, nothing exported in secret")
sys.exit(1 if bad else 0)
