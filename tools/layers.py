#!/usr/bin/env python3
"""Refuses an include that src/LAYERS does not allow, and rooms that it does not know."""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
layers = {}
for line in (root / "src/LAYERS").read_text().splitlines():
    line = line.split("#")[0].strip()
    if line:
        room, _, may = line.partition(":")
        layers[room.strip()] = may.split()

bad = []
for path in sorted((root / "src").rglob("*.[ch]")):
    room = path.relative_to(root / "src").parts[0]
    if room not in layers:
        bad.append(f"{path}: room {room} is not in src/LAYERS")
        continue
    for number, line in enumerate(path.read_text().splitlines(), 1):
        m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if not m:
            continue
        other = m.group(1).split("/")[0] if "/" in m.group(1) else room
        if "/" not in m.group(1):
            bad.append(f"{path}:{number}: write the room: \"{room}/{m.group(1)}\"")
        elif other != room and layers[room] != ["*"] and other not in layers[room]:
            bad.append(f"{path}:{number}: {room} may not include {other} (src/LAYERS)")
        elif m.group(1).endswith("_priv.h") and other != room:
            bad.append(f"{path}:{number}: {m.group(1)} is private to {other}")
print("\n".join(bad) if bad else f"layers: {len(layers)} rooms, no forbidden arrow")
sys.exit(1 if bad else 0)
