#!/usr/bin/env python3
"""Refuses functions that DESIGN bans, everywhere or outside the rooms that may use them."""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
EVERYWHERE = """strcpy strcat sprintf vsprintf gets strtok atoi atol atof atoll sscanf fscanf scanf alloca rand srand strncpy strncat
system popen fork vfork localtime gmtime ctime asctime localtime_r gmtime_r strerror usleep uv_spawn tmpnam mktemp setlocale""".split()
# function: files that may
ONLY = {
    "malloc": ["base/mem.c"], "calloc": ["base/mem.c"], "realloc": ["base/mem.c"], "strdup": ["base/mem.c"], "strndup": [],
    "time": [], "gettimeofday": ["io/"], "clock_gettime": ["io/"], "nanosleep": ["io/"], "sleep": [], "socket": ["io/"], "connect": ["io/"],
    "open": ["io/"], "fopen": ["io/"], "posix_spawn": ["io/"], "posix_spawnp": ["io/"], "pthread_create": ["io/"], "pthread_mutex_lock": ["io/"],
    "getenv": ["io/"], "abort": ["base/panic.c"], "exit": ["io/spawner.c"], "_exit": ["io/"], "printf": [], "fprintf": ["io/", "base/log.c", "base/panic.c"],
    "signal": [], "sigaction": ["io/"], "select": [],
}


def strip(text):
    """Comments and string literals become blanks of the same length, so that line numbers stay."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


bad = []
for path in sorted((root / "src").rglob("*.[ch]")):
    name = str(path.relative_to(root / "src"))
    text = strip(path.read_text())
    for m in re.finditer(r"(?<![\w.>])([a-z_]\w*)\s*\(", text):
        f = m.group(1)
        line = text.count("\n", 0, m.start()) + 1
        if f in EVERYWHERE:
            bad.append(f"src/{name}:{line}: {f}() is banned")
        elif f in ONLY and not any(name == w or (w.endswith("/") and name.startswith(w)) for w in ONLY[f]):
            bad.append(f"src/{name}:{line}: {f}() belongs to {', '.join(ONLY[f]) or 'nobody'}")
print("\n".join(bad) if bad else "banned functions: none used")
sys.exit(1 if bad else 0)
