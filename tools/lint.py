#!/usr/bin/env python3
"""The house's scripts in one go; then cppcheck and clang-tidy where they are installed."""
import pathlib
import shutil
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parent.parent
build = sys.argv[1]
py = sys.executable
commands = [[py, "tools/layers.py"], [py, "tools/banned.py"], [py, "tools/symbols.py", build], [py, "tools/sizes.py"], [py, "tools/po.py", "check", "."]]
if shutil.which("cppcheck"):
    commands.append(["cppcheck", "--quiet", "--error-exitcode=1", "--inline-suppr", "--enable=warning,portability", "--std=c11", "-Isrc",
                     "--suppress=missingIncludeSystem", "-D__GNUC__", "src"])
status = 0
for c in commands:
    status |= subprocess.run(c, cwd=root).returncode
sys.exit(1 if status else 0)
