#!/usr/bin/env python3
"""Sizes that the house shares: function median <= 15 lines, 95 % under 60, file <= 600 (over 1,200 refused), header <= 200,
test:code >= 1:1.  --print shows them; without it, only the defects fail."""
import pathlib
import re
import statistics
import sys

root = pathlib.Path(__file__).resolve().parent.parent


def functions(text):
    """(name, lines) of each function body: a brace in column 0 opens it, one in column 0 closes it."""
    lines = text.splitlines()
    start, name = None, None
    for i, line in enumerate(lines):
        if line == "{" and i and ")" in "".join(lines[max(0, i - 4):i]):
            start = i
            m = re.findall(r"(\w+)\s*\(", " ".join(lines[max(0, i - 4):i]))
            name = m[0] if m else "?"
        elif line.startswith("}") and start is not None:
            yield name, i - start - 1
            start = None


sources = sorted((root / "src").rglob("*.c"))
headers = sorted((root / "src").rglob("*.h"))
twin = [p for p in sources + headers if "sim" in p.parts]  # the simulated world: only tests link it
tests = [p for d in ("tests", "tools") for p in (root / d).rglob("*") if p.suffix in (".c", ".h", ".py", ".scn", ".ts", ".mjs", ".js", ".sh") and "node_modules" not in str(p)]
lengths = []
bad = []
code = 0
for p in sources + headers:
    n = len(p.read_text().splitlines())
    code += n if p not in twin else 0
    limit = 1200 if p.suffix == ".c" else 400
    if n > limit:
        bad.append(f"{p.relative_to(root)}: {n} lines (limit {limit})")
for p in sources:
    for name, n in functions(p.read_text()):
        lengths.append((n, name, p.relative_to(root)))
lengths.sort()
test_lines = sum(len(p.read_text(errors="replace").splitlines()) for p in tests + twin)
p95 = lengths[int(len(lengths) * 0.95)][0] if lengths else 0
summary = (f"{len(sources)} files, {len(headers)} headers, {code} lines; {len(lengths)} functions: median "
           f"{statistics.median([n for n, *_ in lengths]):.0f}, 95 % under {p95 + 1}, longest {lengths[-1][0]} ({lengths[-1][1]}); tests {test_lines} lines "
           f"({test_lines / max(code, 1):.2f} : 1)")
if p95 >= 60:
    bad.append(f"95 % of functions are under {p95 + 1} lines, wanted 60")
if lengths and lengths[-1][0] > 150:
    bad.append(f"{lengths[-1][2]}: {lengths[-1][1]} has {lengths[-1][0]} lines (limit 150)")
print(summary)
if "--print" in sys.argv:
    for p in sources:
        n = len(p.read_text().splitlines())
        if n > 600:
            print(f"  over 600: {p.relative_to(root)} {n}")
    for n, name, p in lengths[-10:]:
        print(f"  long: {p} {name} {n}")
    sys.exit(0)
print("\n".join(bad))
sys.exit(1 if bad else 0)
